;; Errors of R7RS 4: bad syntax of every expression form, unbound variables, arity, what is not applicable. Implicates: vm expander, calls in every tier.
(import (scheme base) (scheme lazy) (scheme case-lambda))

;; 4.1.1 variable references
no-such-variable ;; expect error: unbound variable: no-such-variable
(list 1 no-such-variable) ;; expect error: unbound variable: no-such-variable
(no-such-procedure 1 2) ;; expect error: unbound variable: no-such-procedure
((lambda (x) (+ x no-such-variable)) 1) ;; expect error: unbound variable: no-such-variable
if ;; expect error: if: bad syntax
(list lambda) ;; expect error: lambda: bad syntax
else ;; expect error: else: bad syntax
(+ 1 =>) ;; expect error: =>: bad syntax
;; 4.1.2 literal expressions
(quote) ;; expect error: quote: bad syntax
(quote a b) ;; expect error: quote: bad syntax
(quote . a) ;; expect error: quote: bad syntax
;; 4.1.3 procedure calls
() ;; expect error: bad syntax
(+ 1 . 2) ;; expect error: bad syntax
(5) ;; expect error: call: expected procedure, got 5
(5 6 7) ;; expect error: call: expected procedure, got 5
("car" '(1)) ;; expect error: call: expected procedure, got "car"
('car '(1)) ;; expect error: call: expected procedure, got car
((car (list #f)) 1) ;; expect error: call: expected procedure, got #f
(let ((f '(1 2))) (f 0)) ;; expect error: call: expected procedure, got (1 2)
(+ 1 ((lambda () 3.5) ) (3.5)) ;; expect error: call: expected procedure, got 3.5
(define (f0) 0)
(define (f2 a b) (list a b))
(define (f1+ a . r) (list a r))
(f0 1) ;; expect error: f0: expected 0 arguments, got 1
(f2) ;; expect error: f2: expected 2 arguments, got 0
(f2 1) ;; expect error: f2: expected 2 arguments, got 1
(f2 1 2 3) ;; expect error: f2: expected 2 arguments, got 3
(f1+) ;; expect error: f1+: expected at least 1 argument, got 0
((lambda (x) x)) ;; expect error: expected 1 argument, got 0
((lambda (x) x) 1 2) ;; expect error: expected 1 argument, got 2
((lambda (x y . z) x) 1) ;; expect error: expected at least 2 arguments, got 1
(apply f2 '(1 2 3 4)) ;; expect error: f2: expected 2 arguments, got 4
(car) ;; expect error: car: expected 1 argument, got 0
(car '(1) '(2)) ;; expect error: car: expected 1 argument, got 2
(cons 1) ;; expect error: cons: expected 2 arguments, got 1
(let ((g car)) (g)) ;; expect error: car: expected 1 argument, got 0
(let loop ((i 0)) (if (< i 3) (loop) i)) ;; expect error: loop: expected 1 argument, got 0
;; 4.1.4 procedures
(lambda) ;; expect error: lambda: bad syntax
(lambda (x)) ;; expect error: lambda: bad syntax
(lambda (x x) x) ;; expect error: lambda: bad syntax
(lambda (x y . x) x) ;; expect error: lambda: bad syntax
(lambda (1) 1) ;; expect error: lambda: bad syntax
(lambda ("x") 1) ;; expect error: lambda: bad syntax
(lambda (x . 1) x) ;; expect error: lambda: bad syntax
(lambda 5 1) ;; expect error: lambda: bad syntax
(lambda . x) ;; expect error: lambda: bad syntax
;; 4.1.5 conditionals
(if) ;; expect error: if: bad syntax
(if #t) ;; expect error: if: bad syntax
(if #t 1 2 3) ;; expect error: if: bad syntax
(if . #t) ;; expect error: if: bad syntax
(if #t 1 . 2) ;; expect error: if: bad syntax
(lambda () (if)) ;; expect error: if: bad syntax
;; 4.1.6 assignments
(set! never-defined 1) ;; expect error: set!: unbound variable: never-defined
(let () (set! never-defined-either 1) 2) ;; expect error: set!: unbound variable: never-defined-either
(set!) ;; expect error: set!: bad syntax
(set! f0) ;; expect error: set!: bad syntax
(set! f0 1 2) ;; expect error: set!: bad syntax
(set! 5 1) ;; expect error: set!: bad syntax
(set! (car x) 1) ;; expect error: set!: bad syntax
;; 4.1.7 inclusion
(include) ;; expect error: include: bad syntax
(include 5) ;; expect error: include: bad syntax
(include "no-such-file-anywhere.scm") ;; expect error: no-such-file-anywhere.scm
;; 4.2.1 conditionals
(cond) ;; expect error: cond: bad syntax
(cond 1) ;; expect error: cond: bad syntax
(cond ()) ;; expect error: cond: bad syntax
(cond (else)) ;; expect error: cond: bad syntax
(cond (else 1) (#t 2)) ;; expect error: cond: bad syntax
(cond (1 =>)) ;; expect error: cond: bad syntax
(cond (1 => car cdr)) ;; expect error: cond: bad syntax
(cond (#f . 1)) ;; expect error: cond: bad syntax
(cond (1 => 5)) ;; expect error: call: expected procedure, got 5
(cond ((assv 'b '((a 1) (b 2))) => (lambda () 1))) ;; expect error: expected 0 arguments, got 1
(case) ;; expect error: case: bad syntax
(case 1 (1 2)) ;; expect error: case: bad syntax
(case 1 ((1))) ;; expect error: case: bad syntax
(case 1 (else)) ;; expect error: case: bad syntax
(case 1 (else 1) ((1) 2)) ;; expect error: case: bad syntax
(case 1 2) ;; expect error: case: bad syntax
(case 1 ((1) => 5)) ;; expect error: call: expected procedure, got 5
(and . 1) ;; expect error: and: bad syntax
(or 1 . 2) ;; expect error: or: bad syntax
(when) ;; expect error: when: bad syntax
(when #t) ;; expect error: when: bad syntax
(unless) ;; expect error: unless: bad syntax
(unless #f) ;; expect error: unless: bad syntax
(cond-expand 5) ;; expect error: cond-expand: bad syntax
(cond-expand ((no-such-operator r7rs) 1)) ;; expect error: cond-expand: bad syntax
;; 4.2.2 binding constructs
(let) ;; expect error: let: bad syntax
(let ((x 1))) ;; expect error: let: bad syntax
(let ((x)) x) ;; expect error: let: bad syntax
(let ((x 1 2)) x) ;; expect error: let: bad syntax
(let (x) x) ;; expect error: let: bad syntax
(let x) ;; expect error: let: bad syntax
(let 5 1) ;; expect error: let: bad syntax
(let ((1 2)) 3) ;; expect error: let: bad syntax
(let (("x" 2)) 3) ;; expect error: let: bad syntax
(let ((x 1) (x 2)) x) ;; expect error: let: bad syntax
(let ((x 1) . y) x) ;; expect error: let: bad syntax
(let ((x . 1)) x) ;; expect error: let: bad syntax
(let* ((x 1))) ;; expect error: let*: bad syntax
(let*) ;; expect error: let*: bad syntax
(let* ((x)) x) ;; expect error: let*: bad syntax
(let* (x) x) ;; expect error: let*: bad syntax
(let* ((5 1)) 1) ;; expect error: let*: bad syntax
(letrec) ;; expect error: letrec: bad syntax
(letrec ((x 1))) ;; expect error: letrec: bad syntax
(letrec ((x)) x) ;; expect error: letrec: bad syntax
(letrec ((x 1) (x 2)) x) ;; expect error: letrec: bad syntax
(letrec* ((x 1) (x 2)) x) ;; expect error: letrec*: bad syntax
(letrec* (x) x) ;; expect error: letrec*: bad syntax
(letrec ((x x)) x) ;; expect error: variable used before its initialisation: x
(letrec ((a b) (b 1)) a) ;; expect error: variable used before its initialisation: b
(letrec ((f (lambda () y)) (x (f)) (y 1)) x) ;; expect error: variable used before its initialisation
(letrec* ((a b) (b 1)) a) ;; expect error: variable used before its initialisation: b
(letrec* ((f (lambda () b)) (a (f)) (b 1)) a) ;; expect error: variable used before its initialisation: b
(let-values) ;; expect error: let-values: bad syntax
(let-values ((a)) 1) ;; expect error: let-values: bad syntax
(let-values (((a) (values 1)))) ;; expect error: let-values: bad syntax
(let-values (((a a) (values 1 2))) a) ;; expect error: let-values: bad syntax
(let-values (((a) (values 1)) ((a) (values 2))) a) ;; expect error: let-values: bad syntax
(let-values (((a b) (values 1))) a) ;; expect error: expected 2
(let-values (((a b) (values 1 2 3))) a) ;; expect error: expected 2
(let-values (((a b . c) (values 1))) a) ;; expect error: expected at least 2
(let*-values) ;; expect error: let*-values: bad syntax
(let*-values ((5 1)) 1) ;; expect error: let*-values: bad syntax
(let*-values (((a) (values 1 2))) a) ;; expect error: expected 1
;; 4.2.3 sequencing
(+ 1 (begin)) ;; expect error: begin: bad syntax
(+ 1 (begin . 2)) ;; expect error: begin: bad syntax
;; 4.2.4 iteration
(let loop) ;; expect error: let: bad syntax
(let loop ((x 1))) ;; expect error: let: bad syntax
(let loop ((x 1) (x 2)) x) ;; expect error: let: bad syntax
(do) ;; expect error: do: bad syntax
(do ((i 0))) ;; expect error: do: bad syntax
(do ((i 0)) ()) ;; expect error: do: bad syntax
(do ((i 0 1 2)) (#t)) ;; expect error: do: bad syntax
(do (i) (#t)) ;; expect error: do: bad syntax
(do ((5 0)) (#t)) ;; expect error: do: bad syntax
(do ((i 0) (i 1)) (#t)) ;; expect error: do: bad syntax
(do 5 (#t)) ;; expect error: do: bad syntax
;; 4.2.5 delayed evaluation
(delay) ;; expect error: delay: bad syntax
(delay 1 2) ;; expect error: delay: bad syntax
(delay-force) ;; expect error: delay-force: bad syntax
(force) ;; expect error: force: expected 1 argument, got 0
(make-promise) ;; expect error: make-promise: expected 1 argument, got 0
(force (delay (car '()))) ;; expect error: car: argument 1: expected pair, got ()
(force (delay-force 5)) ;; expect error: 5
;; 4.2.6 dynamic bindings
(define numeric (make-parameter 10 (lambda (x) (if (number? x) x (error "not a number" x)))))
(parameterize) ;; expect error: parameterize: bad syntax
(parameterize ((numeric 1))) ;; expect error: parameterize: bad syntax
(parameterize ((numeric)) 1) ;; expect error: parameterize: bad syntax
(parameterize (numeric) 1) ;; expect error: parameterize: bad syntax
(parameterize ((5 1)) 1) ;; expect error: parameterize
(parameterize (((lambda () 1) 1)) 1) ;; expect error: parameterize
(parameterize ((numeric 'a)) (numeric)) ;; expect error: not a number a
(make-parameter 'b (lambda (x) (if (number? x) x (error "not a number" x)))) ;; expect error: not a number b
(numeric) ;; expect: 10
(make-parameter) ;; expect error: make-parameter: expected 1 to 2 arguments, got 0
;; 4.2.7 exception handling
(guard) ;; expect error: guard: bad syntax
(guard e 1) ;; expect error: guard: bad syntax
(guard (5 (#t 1)) 1) ;; expect error: guard: bad syntax
(guard () 1) ;; expect error: guard: bad syntax
(guard (e (#t 1))) ;; expect error: guard: bad syntax
(guard (e (else)) (raise 1)) ;; expect error: bad syntax
(guard (e (else 1) (#t 2)) (raise 1)) ;; expect error: bad syntax
(guard (e (#f 'never)) (raise 'falls-through)) ;; expect error: falls-through
(guard (e ((string? e) 'never)) (error "reraised as it was" 1 'x)) ;; expect error: reraised as it was 1 x
(guard (e (#t (raise (list 'again e)))) (raise 'first)) ;; expect error: (again first)
(guard (e ((car e) 1)) (raise 5)) ;; expect error: car: argument 1: expected pair, got 5
;; 4.2.8 quasiquotation
(quasiquote) ;; expect error: quasiquote: bad syntax
(quasiquote 1 2) ;; expect error: quasiquote: bad syntax
,f0 ;; expect error: unquote: bad syntax
(list ,@'(1)) ;; expect error: unquote-splicing: bad syntax
`(1 ,@5 2) ;; expect error: expected list, got 5
`(1 ,no-such-variable) ;; expect error: unbound variable: no-such-variable
;; 4.2.9 case-lambda
(define cl (case-lambda ((a) 1) ((a b) 2) ((a b c d . r) 4)))
(cl) ;; expect error: got 0
(cl 1 2 3) ;; expect error: got 3
(case-lambda 5) ;; expect error: case-lambda: bad syntax
(case-lambda (5 1)) ;; expect error: case-lambda: bad syntax
(case-lambda ((a a) 1)) ;; expect error: case-lambda: bad syntax
(case-lambda ((a))) ;; expect error: case-lambda: bad syntax
;; 4.3 macros
(define-syntax two (syntax-rules () ((_ a b) (list a b))))
(two 1) ;; expect error: two: bad syntax
(two 1 2 3) ;; expect error: two: bad syntax
(two . 1) ;; expect error: two: bad syntax
two ;; expect error: two: bad syntax
(set! two 5) ;; expect error: bad syntax
(define-syntax to (syntax-rules (->) ((_ a -> b) (cons a b))))
(to 1 -> 2) ;; expect: (1 . 2)
(to 1 2 3) ;; expect error: to: bad syntax
(let ((-> 1)) (to 1 -> 2)) ;; expect error: to: bad syntax
(define-syntax pairs (syntax-rules () ((_ (a ...) (b ...)) '((a b) ...))))
(pairs (1 2) (3 4)) ;; expect: ((1 3) (2 4))
(pairs (1 2) (3)) ;; expect error: bad syntax
(define-syntax vec (syntax-rules () ((_ #(a b)) (+ a b))))
(vec #(1 2 3)) ;; expect error: vec: bad syntax
(define-syntax) ;; expect error: define-syntax: bad syntax
(define-syntax m) ;; expect error: define-syntax: bad syntax
(define-syntax 5 (syntax-rules () ((_) 1))) ;; expect error: define-syntax: bad syntax
(define-syntax m (syntax-rules () ((_) 1)) 2) ;; expect error: define-syntax: bad syntax
(define-syntax m 5) ;; expect error: define-syntax
(define-syntax m (syntax-rules)) ;; expect error: syntax-rules: bad syntax
(define-syntax m (syntax-rules 5 ((_) 1))) ;; expect error: syntax-rules: bad syntax
(define-syntax m (syntax-rules (5) ((_) 1))) ;; expect error: syntax-rules: bad syntax
(define-syntax m (syntax-rules () 5)) ;; expect error: syntax-rules: bad syntax
(define-syntax m (syntax-rules () ((_)))) ;; expect error: syntax-rules: bad syntax
(define-syntax m (syntax-rules () ((_) 1 2))) ;; expect error: syntax-rules: bad syntax
(define-syntax m (syntax-rules () ((_ a a) 1))) ;; expect error: syntax-rules: bad syntax
(define-syntax m (syntax-rules () ((_ a (b a)) 1))) ;; expect error: syntax-rules: bad syntax
(define-syntax m (syntax-rules () ((_ a ... b ...) 1))) ;; expect error: syntax-rules: bad syntax
(define-syntax m (syntax-rules () ((_ (... a)) 1))) ;; expect error: syntax-rules: bad syntax
(define-syntax m (syntax-rules () ((_ a ...) a))) ;; expect error: syntax-rules: bad syntax
(define-syntax m (syntax-rules () ((_ a) '(a ...)))) ;; expect error: syntax-rules: bad syntax
(define-syntax m (syntax-rules () ((_ (a ...) ...) '(a ...)))) ;; expect error: syntax-rules: bad syntax
(let-syntax) ;; expect error: let-syntax: bad syntax
(let-syntax ((m)) 1) ;; expect error: let-syntax: bad syntax
(let-syntax ((5 (syntax-rules () ((_) 1)))) 1) ;; expect error: let-syntax: bad syntax
(letrec-syntax (m) 1) ;; expect error: letrec-syntax: bad syntax
(syntax-error "told by the program" 1 x) ;; expect error: told by the program
(define-syntax only-symbols (syntax-rules () ((_ (a ...)) (syntax-error "a list is not allowed here" (a ...))) ((_ a) 'a)))
(only-symbols x) ;; expect: x
(only-symbols (x y)) ;; expect error: a list is not allowed here
