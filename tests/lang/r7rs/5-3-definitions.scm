;; R7RS 5.3, 5.4 variable and syntax definitions. Implicates: vm/expand (bodies, define-values), core IR Define and Fix
(import (scheme base) (scheme write))

;; 5.3.1 top level
(define add3 (lambda (x) (+ x 3)))
(add3 3) ;; expect: 6
(define first car)
(first '(1 2)) ;; expect: 1
(define (f0) 'none)
(f0) ;; expect: none
(define (f1 . all) all)
(f1 1 2) ;; expect: (1 2)
(define (f2 a b . rest) (list a b rest))
(f2 1 2 3 4) ;; expect: (1 2 (3 4))
(define x 1)
(define x (+ x 1))
x ;; expect: 2
(define (g) (h))
(define (h) 'first-h)
(g) ;; expect: first-h
(define (h) 'second-h)
(g) ;; expect: second-h
(define y 10) (define z (* y 2)) (list y z) ;; expect: (10 20)
(begin (define b1 1) (begin (define b2 2)) (define b3 (+ b1 b2)))
b3 ;; expect: 3
(define (fact n) (if (= n 0) 1 (* n (fact (- n 1)))))
(fact 25) ;; expect: 15511210043330985984000000
(define old-fact fact)
(define (fact n) 100)
(old-fact 5) ;; expect: 500
;; Redefining a library's name in the program leaves the library alone.
(define (cadr x) 'mine)
(cadr '(1 2)) ;; expect: mine
(map (lambda (p) (car (cdr p))) '((1 2))) ;; expect: (2)
(define assertion-list (list cadr car))
((car assertion-list) 5) ;; expect: mine
(define k 1)
(define (get-k) k)
(set! k 2)
(get-k) ;; expect: 2
(define never-used (lambda () (undefined-thing-q)))
(procedure? never-used) ;; expect: #t
(define) ;; expect error: define: bad syntax
(define 5 6) ;; expect error: define: bad syntax
(define q1 1 2) ;; expect error: define: bad syntax
(define (dup-arg a a) a) ;; expect error: bad syntax
(define (no-body)) ;; expect error: bad syntax
q-not-defined-q ;; expect error: unbound variable: q-not-defined-q
(define (use-before) (defined-too-late-q))
(use-before) ;; expect error: unbound variable: defined-too-late-q

;; 5.3.2 internal definitions
(let ((x 5)) (define foo (lambda (y) (bar x y))) (define bar (lambda (a b) (+ (* a b) a))) (foo (+ x 3))) ;; expect: 45
(let ((x 5)) (letrec* ((foo (lambda (y) (bar x y))) (bar (lambda (a b) (+ (* a b) a)))) (foo (+ x 3)))) ;; expect: 45
(let () (define a 1) (define b (+ a 1)) (define c (* b 10)) (list a b c)) ;; expect: (1 2 20)
(let () (define (ev? n) (or (= n 0) (od? (- n 1)))) (define (od? n) (and (> n 0) (ev? (- n 1)))) (list (ev? 100) (od? 7) (ev? 7))) ;; expect: (#t #t #f)
(define (outer n) (define m (* n 2)) (define (inner k) (+ m k)) (inner n))
(outer 5) ;; expect: 15
(let ((x 1)) (define (get) x) (let () (define x 2) (list x (get)))) ;; expect: (2 1)
(let ((x 'outer)) (define y 'inner) (begin (define z (list x y))) z) ;; expect: (outer inner)
(let () (define x 1) (set! x (+ x 1)) x) ;; expect: 2
(let* ((x 1)) (define y x) (+ x y)) ;; expect: 2
(letrec ((x 1)) (define y 2) (+ x y)) ;; expect: 3
((lambda args (define n (length args)) n) 1 2 3) ;; expect: 3
(let loop ((i 0)) (define next (+ i 1)) (if (< next 5) (loop next) next)) ;; expect: 5
(when #t (let () (define w 'in-when) w)) ;; expect: in-when
(define (f-shadow list) (define car list) (+ car 1))
(f-shadow 4) ;; expect: 5
(let () (define (a) (b)) (define (b) (c)) (define (c) 'end) (a)) ;; expect: end
(let () (define x 'x) (define (f) (define x 'y) x) (list (f) x)) ;; expect: (y x)
(map (lambda (n) (define sq (* n n)) (define (twice) (* 2 sq)) (twice)) '(1 2 3)) ;; expect: (2 8 18)
(let () (define fs (map (lambda (i) (define j i) (lambda () (set! j (+ j 1)) j)) '(10 20))) (let* ((a ((car fs))) (b ((car fs))) (c ((cadr* fs)))) (list a b c))) ;; expect error: unbound variable: cadr*
(let () (define-values (a b) (values 1 2)) (define c (+ a b)) (list a b c)) ;; expect: (1 2 3)
(let () (define x 1) (define x 2) x) ;; expect error: bad syntax

;; 5.3.3 define-values
(define-values (x y) (exact-integer-sqrt 17))
(list x y) ;; expect: (4 1)
(let () (define-values (x y) (values 1 2)) (+ x y)) ;; expect: 3
(define-values (p . q) (values 1 2 3))
(list p q) ;; expect: (1 (2 3))
(define-values all (values 1 2 3))
all ;; expect: (1 2 3)
(define-values (one) (values 'single))
one ;; expect: single
(define-values (one-b) 'plain)
one-b ;; expect: plain
(define-values () (values))
(define-values (v1 v2 . v3) (values 1 2))
(list v1 v2 v3) ;; expect: (1 2 ())
(define-values (get put) (let ((state 0)) (values (lambda () state) (lambda (v) (set! state v)))))
(begin (put 5) (get)) ;; expect: 5
(let () (define-values (a . b) (values 1 2 3)) (define-values c (values 4)) (list a b c)) ;; expect: (1 (2 3) (4))
(let () (define-values (ev od) (values (lambda (n) (if (= n 0) #t (od (- n 1)))) (lambda (n) (if (= n 0) #f (ev (- n 1)))))) (ev 10)) ;; expect: #t
(let () (define-values (a b) (values 1 2)) (set! a 10) (list a b)) ;; expect: (10 2)
(let ((a 'outer)) (define-values (b) (values a)) b) ;; expect: outer
(define-values (one two) (values 'again 2))
(list one two) ;; expect: (again 2)
(guard (e (#t 'raised)) (let () (define-values (a b) (values 1)) a)) ;; expect: raised
(guard (e (#t 'raised)) (let () (define-values (a) (values 1 2)) a)) ;; expect: raised
(define-values) ;; expect error: define-values: bad syntax

;; 5.4 define-syntax
(let ((x 1) (y 2))
  (define-syntax swap! (syntax-rules () ((swap! a b) (let ((tmp a)) (set! a b) (set! b tmp)))))
  (swap! x y)
  (list x y)) ;; expect: (2 1)
(define-syntax my-unless (syntax-rules () ((_ c e ...) (if c #f (begin e ...)))))
(my-unless #f 1 2) ;; expect: 2
(define (use-macro x) (my-unless x 'ran))
(use-macro #f) ;; expect: ran
(define-syntax my-unless (syntax-rules () ((_ c e ...) 'redefined)))
(my-unless #f 1 2) ;; expect: redefined
(use-macro #f) ;; expect: ran
(define-syntax gen-def (syntax-rules () ((_ n e) (define n e))))
(gen-def generated (+ 1 2))
generated ;; expect: 3
(define-syntax hidden-def (syntax-rules () ((_ getter e) (begin (define secret e) (define (getter) secret)))))
(let () (define secret 'open) (hidden-def get-secret 'closed) (list secret (get-secret))) ;; expect: (open closed)
(let () (define-syntax two (syntax-rules () ((_) 2))) (define a (two)) (define-syntax three (syntax-rules () ((_) (+ a 1)))) (three)) ;; expect: 3
(let ((m 5)) (define-syntax m (syntax-rules () ((_) 'macro))) (m)) ;; expect: macro
(define-syntax m (syntax-rules () ((_) 'macro)))
(define m 'variable)
m ;; expect: variable
(define v 'variable)
(define-syntax v (syntax-rules () ((_) 'macro)))
(v) ;; expect: macro
(define-syntax) ;; expect error: define-syntax: bad syntax
(define-syntax (bad x) 5) ;; expect error: define-syntax: bad syntax
(define-syntax not-a-transformer 5) ;; expect error: define-syntax: bad syntax
