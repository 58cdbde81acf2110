;; SRFI 2, 6, 8, 9, 11, 16, 23, 26, 28, 31, 34, 39, 87, 98, 111, 112, 145, 219. Implicates: their files in vm/prelude/srfi
(import (except (scheme base) define) (scheme write) (srfi 2) (srfi 6) (srfi 8) (srfi 9) (srfi 11) (srfi 16) (srfi 23)
        (srfi 26) (srfi 28) (srfi 30) (srfi 31) (srfi 34) (srfi 39) (srfi 62) (srfi 87) (srfi 98) (srfi 111) (srfi 112)
        (srfi 145) (srfi 219))

;; 2
(and-let* ((x 5) ((> x 3)) (y (* x 2))) (+ x y)) ;; expect: 15
(and-let* ((x 5) ((> x 7)) (y (error "not reached"))) y) ;; expect: #f
(and-let* ()) ;; expect: #t
(and-let* () 1 2) ;; expect: 2
(let ((x 3)) (and-let* (x) (* x 2))) ;; expect: 6
(and-let* ((x 3))) ;; expect: 3
(and-let* ((x #f)) (car x)) ;; expect: #f

;; 8, 11, 16
(receive (a . rest) (values 1 2 3) (list a rest)) ;; expect: (1 (2 3))
(receive all (values 1 2) all) ;; expect: (1 2)
(let*-values (((a b) (values 1 2)) ((c) (values (+ a b)))) c) ;; expect: 3
((case-lambda ((a) 'one) ((a b) 'two) (all 'many)) 1 2) ;; expect: two

;; 26
((cut cons <> 2) 1) ;; expect: (1 . 2)
((cut list 1 <> 3 <>) 2 4) ;; expect: (1 2 3 4)
((cut list 1 <...>) 2 3) ;; expect: (1 2 3)
((cut list <> <...>) 1 2 3) ;; expect: (1 2 3)
((cut <> 5) square) ;; expect: 25
((cut list)) ;; expect: ()
(let ((n 0)) (let ((f (cut list (begin (set! n (+ n 1)) n) <>))) (f 'a) (f 'b))) ;; expect: (2 b)
(let ((n 0)) (let ((f (cute list (begin (set! n (+ n 1)) n) <>))) (f 'a) (f 'b))) ;; expect: (1 b)
(let ((list vector) (lambda 5)) ((cut list <> lambda) 1)) ;; expect: #(1 5)
((cut cons <> 2)) ;; expect error: expected 1 argument, got 0
(cut list <...> 1) ;; expect error: <...>

;; 28
(format "~a and ~s~%" "x" "y") ;; expect: "x and \"y\"\n"
(format "~~") ;; expect: "~"
(format "~a") ;; expect error: format: no argument is left
(format "~q" 1) ;; expect error: format: unknown directive

;; 31
((rec (f n) (if (= n 0) 1 (* n (f (- n 1))))) 5) ;; expect: 120
(let ((x (rec y (list 1 (lambda () y))))) (eq? x ((cadr x)))) ;; expect: #t

;; 34
(guard (e ((symbol? e) (list 'sym e)) (else 'other)) (raise 'boom)) ;; expect: (sym boom)

;; 39
(define p (make-parameter 10 (lambda (x) (* x 2))))
(list (p) (parameterize ((p 3)) (p)) (p)) ;; expect: (20 6 20)

;; 87
(case 5 ((1 2) 'low) ((5) => (lambda (x) (* x 2))) (else => list)) ;; expect: 10
(case 9 ((1) 1) (else => list)) ;; expect: (9)

;; 98, 111, 112
(get-environment-variable "KILN_NO_SUCH_VARIABLE") ;; expect: #f
(let ((b (box 1))) (set-box! b 2) (list (box? b) (box? 5) (unbox b))) ;; expect: (#t #f 2)
(unbox 5) ;; expect error: unbox: argument 1: expected box, got 5
(implementation-name) ;; expect: "Kiln"
(string? (implementation-version)) ;; expect: #t

;; 145
(assume (= 1 1)) ;; expect: #t
(assume (= 1 2) "one is not two") ;; expect error: invalid assumption: (= 1 2) "one is not two"

;; 219
(define (((curried a) b) c) (list a b c))
(((curried 1) 2) 3) ;; expect: (1 2 3)
(define (plain x) (* x 2))
(plain 4) ;; expect: 8
