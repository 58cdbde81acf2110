;; R7RS 6.3 booleans. Implicates: runtime values (truth), runtime primitives
(import (scheme base) (scheme write))

#t ;; expect: #t
#f ;; expect: #f
'#f ;; expect: #f
#true ;; expect: #t
#false ;; expect: #f
'#true ;; expect: #t
(list #t #f #true #false) ;; expect: (#t #f #t #f)

(not #t) ;; expect: #f
(not 3) ;; expect: #f
(not (list 3)) ;; expect: #f
(not #f) ;; expect: #t
(not '()) ;; expect: #f
(not (list)) ;; expect: #f
(not 'nil) ;; expect: #f
(not "") ;; expect: #f
(not 0) ;; expect: #f
(not 0.0) ;; expect: #f
(not #\null) ;; expect: #f
(not (vector)) ;; expect: #f
(not not) ;; expect: #f
(not (not 5)) ;; expect: #t
(map not '(#t #f 1 ())) ;; expect: (#f #t #f #f)
(let ((not list)) (not 1)) ;; expect: (1)
;; Only #f counts as false.
(map (lambda (x) (if x 'true 'false)) (list #f #t '() 0 0.0 "" (vector) (bytevector) #\space 'nil 'false car)) ;; expect: (false true true true true true true true true true true true)

(boolean? #f) ;; expect: #t
(boolean? 0) ;; expect: #f
(boolean? '()) ;; expect: #f
(boolean? #t) ;; expect: #t
(boolean? 'true) ;; expect: #f
(boolean? "#t") ;; expect: #f
(boolean? (not 1)) ;; expect: #t
(boolean? (eq? 'a 'b)) ;; expect: #t

(boolean=? #t #t) ;; expect: #t
(boolean=? #f #f) ;; expect: #t
(boolean=? #t #f) ;; expect: #f
(boolean=? #f #f #f) ;; expect: #t
(boolean=? #t #t #f) ;; expect: #f
(boolean=? #f #t #t #t) ;; expect: #f
(boolean=? #t #t #t #t #t) ;; expect: #t
(boolean=? 1 #t) ;; expect error: boolean=?: argument 1
(boolean=? #t 'true) ;; expect error: boolean=?: argument 2
(not) ;; expect error: not: expected 1 argument, got 0
(not 1 2) ;; expect error: not: expected 1 argument, got 2
(boolean? 1 2) ;; expect error: boolean?: expected 1 argument, got 2

(write #t) ;; expect output: #t
(display (list #t #f)) ;; expect output: (#t #f)
(eq? #true #t) ;; expect: #t
(eq? #false #f) ;; expect: #t
