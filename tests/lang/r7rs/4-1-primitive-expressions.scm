;; R7RS 4.1 primitive expression types. Implicates: vm/expand, vm/cek, tier1 compiler
(import (scheme base) (scheme eval) (scheme process-context) (scheme file) (scheme write))

;; 4.1.1 variable references
(define x 28)
x ;; expect: 28
undefined-variable-q ;; expect error: unbound variable: undefined-variable-q
(lambda () another-undefined-q) (if #f #f) 'ok ;; expect: ok
((lambda () another-undefined-q)) ;; expect error: unbound variable: another-undefined-q
(define (later) (defined-later 1))
(define (defined-later n) (+ n 1))
(later) ;; expect: 2

;; 4.1.2 literal expressions
(quote a) ;; expect: a
(quote #(a b c)) ;; expect: #(a b c)
(quote (+ 1 2)) ;; expect: (+ 1 2)
'a ;; expect: a
'#(a b c) ;; expect: #(a b c)
'() ;; expect: ()
'(+ 1 2) ;; expect: (+ 1 2)
(equal? '(quote a) (list 'quote 'a)) ;; expect: #t
(equal? ''a (list 'quote 'a)) ;; expect: #t
(car ''a) ;; expect: quote
'145932 ;; expect: 145932
145932 ;; expect: 145932
'"abc" ;; expect: "abc"
"abc" ;; expect: "abc"
'#\a ;; expect: #\a
#\a ;; expect: #\a
'#(a 10) ;; expect: #(a 10)
#(a 10) ;; expect: #(a 10)
'#u8(64 65) ;; expect: #u8(64 65)
#u8(64 65) ;; expect: #u8(64 65)
'#t ;; expect: #t
#t ;; expect: #t
'(1 . (2 . (3 . ()))) ;; expect: (1 2 3)
'(a . b) ;; expect: (a . b)
'(a #(b (c)) "d" #\e 1.5) ;; expect: (a #(b (c)) "d" #\e 1.5)
#((a b) c) ;; expect: #((a b) c)
(let ((f (lambda () '(lit)))) (eq? (f) (f))) ;; expect: #t
(quote) ;; expect error: quote: bad syntax
(quote a b) ;; expect error: quote: bad syntax
(let ((quote -)) '5) ;; expect: -5

;; 4.1.3 procedure calls
(+ 3 4) ;; expect: 7
((if #f + *) 3 4) ;; expect: 12
((car (list + -)) 10 4) ;; expect: 14
(((lambda (a) (lambda (b) (- a b))) 10) 3) ;; expect: 7
((lambda () 'thunk)) ;; expect: thunk
(5 3) ;; expect error: call: expected procedure, got 5
('a) ;; expect error: call: expected procedure, got a
("s" 1) ;; expect error: call: expected procedure, got "s"
((list 1 2) 0) ;; expect error: call: expected procedure
(let ((f #f)) (f)) ;; expect error: call: expected procedure, got #f
(let loop ((i 0)) (if (= i 3) (i) (loop (+ i 1)))) ;; expect error: call: expected procedure, got 3

;; 4.1.4 procedures
(procedure? (lambda (x) (+ x x))) ;; expect: #t
((lambda (x) (+ x x)) 4) ;; expect: 8
(define reverse-subtract (lambda (x y) (- y x)))
(reverse-subtract 7 10) ;; expect: 3
(define add4 (let ((x 4)) (lambda (y) (+ x y))))
(add4 6) ;; expect: 10
((lambda x x) 3 4 5 6) ;; expect: (3 4 5 6)
((lambda (x y . z) z) 3 4 5 6) ;; expect: (5 6)
((lambda x x)) ;; expect: ()
((lambda (x . y) (list x y)) 1) ;; expect: (1 ())
((lambda (x y . z) (list x y z)) 1 2) ;; expect: (1 2 ())
((lambda (a b c d e f g h) (list h g f e d c b a)) 1 2 3 4 5 6 7 8) ;; expect: (8 7 6 5 4 3 2 1)
((lambda (a b c d e f g h i j . k) k) 1 2 3 4 5 6 7 8 9 10 11 12) ;; expect: (11 12)
(define (two a b) (list a b))
(two 1) ;; expect error: two: expected 2 arguments, got 1
(two 1 2 3) ;; expect error: two: expected 2 arguments, got 3
(define (some a . rest) rest)
(some) ;; expect error: some: expected at least 1 argument, got 0
(define (none) 'none)
(none 1) ;; expect error: none: expected 0 arguments, got 1
((lambda (x) (set! x (+ x 1)) x) 1) ;; expect: 2
(let ((l (list 1 2))) (apply (lambda args (set-car! args 9)) l) l) ;; expect: (1 2)
((lambda (x) (define y (* x 2)) (define (z) (+ y 1)) (z)) 5) ;; expect: 11
(define (fresh) (lambda () 1))
(define (make-cell v) (list (lambda () v) (lambda (n) (set! v n))))
(define c1 (make-cell 1))
(define c2 (make-cell 2))
((cadr c1) 10)
(list ((car c1)) ((car c2))) ;; expect: (10 2)
(map (lambda (f) (f)) (map (lambda (i) (lambda () (* i i))) '(1 2 3))) ;; expect: (1 4 9)
(lambda) ;; expect error: lambda: bad syntax
(lambda (x)) ;; expect error: lambda: bad syntax
(lambda (1) 2) ;; expect error: lambda: bad syntax
(lambda (x x) x) ;; expect error: lambda: bad syntax
((lambda (lambda) (+ lambda 1)) 4) ;; expect: 5

;; 4.1.5 conditionals
(if (> 3 2) 'yes 'no) ;; expect: yes
(if (> 2 3) 'yes 'no) ;; expect: no
(if (> 3 2) (- 3 2) (+ 3 2)) ;; expect: 1
(if '() 'true 'false) ;; expect: true
(if 0 'true 'false) ;; expect: true
(if "" 'true 'false) ;; expect: true
(if 'nil 'true 'false) ;; expect: true
(if #f 'true 'false) ;; expect: false
(if (not #f) 'true (car 5)) ;; expect: true
(if #f (car 5) 'else) ;; expect: else
(if #t 'only) ;; expect: only
(if (if #f #t #f) 1 (if #t 2 3)) ;; expect: 2
(if) ;; expect error: if: bad syntax
(if 1) ;; expect error: if: bad syntax
(if 1 2 3 4) ;; expect error: if: bad syntax
(let ((if list)) (if 1 2 3)) ;; expect: (1 2 3)

;; 4.1.6 assignments
(define x 2)
(+ x 1) ;; expect: 3
(set! x 4)
(+ x 1) ;; expect: 5
(set! never-defined-q 1) ;; expect error: unbound variable: never-defined-q
(let ((y 1)) (set! y (+ y x)) y) ;; expect: 5
(let ((y 1)) (let ((f (lambda () (set! y (* y 3))))) (f) (f) y)) ;; expect: 9
(set! x) ;; expect error: set!: bad syntax
(set! x 1 2) ;; expect error: set!: bad syntax
(set! (car x) 2) ;; expect error: set!: bad syntax
(begin (set! x (list x x)) x) ;; expect: (4 4)

;; 4.1.7 inclusion
(include "include/definitions.inc")
(included-square 7) ;; expect: 49
included-name ;; expect: included
(+ 1 (include "include/expression.inc")) ;; expect: 43
(let () (include "include/definitions.inc") (set! included-name 'inner) included-name) ;; expect: inner
included-name ;; expect: included
(let () (include "include/definitions.inc" "include/more-definitions.inc") (list included-name (included-cube 3))) ;; expect: (included 27)
(include-ci "include/mixed-case.inc")
mixed-case-name ;; expect: shouting
(define tmp (get-environment-variable "KILN_TEST_TMP"))
(define inc-path (string-append tmp "/generated.inc"))
(call-with-output-file inc-path (lambda (port) (write '(define generated (* 6 9)) port)))
(eval (list 'let '() (list 'include inc-path) 'generated) (environment '(scheme base))) ;; expect: 54
(guard (e (#t 'raised)) (eval '(include "no-such-file-here.inc") (environment '(scheme base)))) ;; expect: raised
