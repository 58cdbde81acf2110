;; R7RS 6.1 equivalence predicates. Implicates: runtime equality (eq?, eqv?, equal? with cycles), tier2 folding of comparisons
(import (scheme base) (scheme inexact) (scheme write) (scheme read))

;; eqv?
(eqv? 'a 'a) ;; expect: #t
(eqv? 'a 'b) ;; expect: #f
(eqv? 2 2) ;; expect: #t
(eqv? 2 2.0) ;; expect: #f
(eqv? '() '()) ;; expect: #t
(eqv? 100000000 100000000) ;; expect: #t
(eqv? 0.0 +nan.0) ;; expect: #f
(eqv? (cons 1 2) (cons 1 2)) ;; expect: #f
(eqv? (lambda () 1) (lambda () 2)) ;; expect: #f
(let ((p (lambda (x) x))) (eqv? p p)) ;; expect: #t
(eqv? #f 'nil) ;; expect: #f
;; Unspecified in the report: any boolean will do.
(map boolean? (list (eqv? "" "") (eqv? '#() '#()) (eqv? (lambda (x) x) (lambda (x) x)) (eqv? (lambda (x) x) (lambda (y) y)) (eqv? 1.0e0 1.0e0) (eqv? +nan.0 +nan.0))) ;; expect: (#t #t #t #t #t #t)
(define gen-counter (lambda () (let ((n 0)) (lambda () (set! n (+ n 1)) n))))
(let ((g (gen-counter))) (eqv? g g)) ;; expect: #t
(eqv? (gen-counter) (gen-counter)) ;; expect: #f
(define gen-loser (lambda () (let ((n 0)) (lambda () (set! n (+ n 1)) 27))))
(let ((g (gen-loser))) (eqv? g g)) ;; expect: #t
(boolean? (eqv? (gen-loser) (gen-loser))) ;; expect: #t
(boolean? (letrec ((f (lambda () (if (eqv? f g) 'both 'f))) (g (lambda () (if (eqv? f g) 'both 'g)))) (eqv? f g))) ;; expect: #t
(letrec ((f (lambda () (if (eqv? f g) 'f 'both))) (g (lambda () (if (eqv? f g) 'g 'both)))) (eqv? f g)) ;; expect: #f
(map boolean? (list (eqv? '(a) '(a)) (eqv? "a" "a") (eqv? '(b) (cdr '(a b))))) ;; expect: (#t #t #t)
(let ((x '(a))) (eqv? x x)) ;; expect: #t
(eqv? #t #t) ;; expect: #t
(eqv? #t #f) ;; expect: #f
(eqv? #f '()) ;; expect: #f
(eqv? #\a #\a) ;; expect: #t
(eqv? #\a #\A) ;; expect: #f
(eqv? #\x3bb (integer->char 955)) ;; expect: #t
(eqv? #\a 97) ;; expect: #f
(eqv? 'abc (string->symbol "abc")) ;; expect: #t
(eqv? "abc" 'abc) ;; expect: #f
(let ((s (string #\a))) (eqv? s s)) ;; expect: #t
(eqv? (string #\a) (string #\a)) ;; expect: #f
(eqv? (vector 1) (vector 1)) ;; expect: #f
(eqv? (bytevector 1) (bytevector 1)) ;; expect: #f
(eqv? (make-vector 0) 'x) ;; expect: #f
;; numbers: same exactness and same value
(eqv? 100000000000000000000 100000000000000000000) ;; expect: #t
(eqv? (* 99999999999 99999999999) (- (* 99999999999 99999999999) 1)) ;; expect: #f
(eqv? (expt 2 70) (* (expt 2 35) (expt 2 35))) ;; expect: #t
(eqv? 1/2 2/4) ;; expect: #t
(eqv? 1/2 0.5) ;; expect: #f
(eqv? 1.5 (/ 3.0 2)) ;; expect: #t
(eqv? 0.0 -0.0) ;; expect: #f
(eqv? 0 -0) ;; expect: #t
(eqv? 0 0.0) ;; expect: #f
(eqv? +inf.0 +inf.0) ;; expect: #t
(eqv? +inf.0 -inf.0) ;; expect: #f
(eqv? (expt 2 100) (inexact (expt 2 100))) ;; expect: #f
(let ((x (+ 1/3 1/3))) (eqv? x 2/3)) ;; expect: #t
(let ((a (string->number "12345678901234567890"))) (eqv? a 12345678901234567890)) ;; expect: #t

;; eq?
(eq? 'a 'a) ;; expect: #t
(eq? (list 'a) (list 'a)) ;; expect: #f
(eq? '() '()) ;; expect: #t
(eq? car car) ;; expect: #t
(let ((x '(a))) (eq? x x)) ;; expect: #t
(let ((x '#())) (eq? x x)) ;; expect: #t
(let ((p (lambda (x) x))) (eq? p p)) ;; expect: #t
(map boolean? (list (eq? '(a) '(a)) (eq? "a" "a") (eq? "" "") (eq? 2 2) (eq? #\A #\A) (let ((n (+ 2 3))) (eq? n n)))) ;; expect: (#t #t #t #t #t #t)
(eq? #t #t) ;; expect: #t
(eq? #f #f) ;; expect: #t
(eq? #f '()) ;; expect: #f
(eq? 'nil '()) ;; expect: #f
(eq? (string->symbol "x y") (string->symbol "x y")) ;; expect: #t
(eq? "" '()) ;; expect: #f
(let* ((l (list 1 2)) (m l)) (eq? l m)) ;; expect: #t
(let ((l (list 1 2))) (eq? (cdr l) (cdr l))) ;; expect: #t
(eq? (eof-object) (eof-object)) ;; expect: #t
(let ((v (vector (list 1)))) (eq? (vector-ref v 0) (vector-ref v 0))) ;; expect: #t
(let ((k (lambda () 1))) (eq? (car (list k)) k)) ;; expect: #t

;; equal?
(equal? 'a 'a) ;; expect: #t
(equal? '(a) '(a)) ;; expect: #t
(equal? '(a (b) c) '(a (b) c)) ;; expect: #t
(equal? "abc" "abc") ;; expect: #t
(equal? 2 2) ;; expect: #t
(equal? (make-vector 5 'a) (make-vector 5 'a)) ;; expect: #t
(equal? '#1=(a b . #1#) '#2=(a b a b . #2#)) ;; expect: #t
(boolean? (equal? (lambda (x) x) (lambda (y) y))) ;; expect: #t
(equal? 2 2.0) ;; expect: #f
(equal? 1.5 1.5) ;; expect: #t
(equal? 1/2 (/ 2 4)) ;; expect: #t
(equal? (expt 10 30) (expt 10 30)) ;; expect: #t
(equal? '(a b) '(a c)) ;; expect: #f
(equal? '(a b) '(a b c)) ;; expect: #f
(equal? '(a . b) '(a b)) ;; expect: #f
(equal? "abc" "abd") ;; expect: #f
(equal? "abc" 'abc) ;; expect: #f
(equal? #u8(1 2 3) (bytevector 1 2 3)) ;; expect: #t
(equal? #u8(1 2 3) #(1 2 3)) ;; expect: #f
(equal? '#(1 2 (3 "x" #\y #u8(4))) (vector 1 2 (list 3 (string #\x) #\y (bytevector 4)))) ;; expect: #t
(equal? '#(1 2) '#(1 2 3)) ;; expect: #f
(equal? '() '#()) ;; expect: #f
(equal? '() #f) ;; expect: #f
(equal? "" (string)) ;; expect: #t
(equal? '#() (vector)) ;; expect: #t
(equal? "\x3bb;" (string #\x3bb)) ;; expect: #t
(equal? '#1=(a #1# b) '#2=(a #2# b)) ;; expect: #t
(equal? '#1=(a . #1#) '#2=(b . #2#)) ;; expect: #f
(equal? '#1=#(1 #1# 2) '#2=#(1 #2# 2)) ;; expect: #t
(equal? '#1=#(1 #1# 2) '#2=#(1 #2# 3)) ;; expect: #f
(let ((a (list 1 2 3)) (b (list 1 2 3))) (set-cdr! (cddr a) a) (set-cdr! (cddr b) b) (equal? a b)) ;; expect: #t
(let ((a (list 1 2)) (b (list 1 2 1 2 1 2))) (set-cdr! (cdr a) a) (set-cdr! (list-tail b 5) b) (equal? a b)) ;; expect: #t
(let ((v (vector 1 #f)) (w (vector 1 #f))) (vector-set! v 1 (list v)) (vector-set! w 1 (list w)) (equal? v w)) ;; expect: #t
(let ((v (vector #f)) (l (list #f))) (vector-set! v 0 v) (set-car! l l) (equal? v l)) ;; expect: #f
;; shared structure that unfolds to 2^40 nodes
(letrec ((dag (lambda (n x) (if (= n 0) x (dag (- n 1) (cons x x)))))) (equal? (dag 40 '()) (dag 40 '()))) ;; expect: #t
(equal? (make-list 200000 'x) (make-list 200000 'x)) ;; expect: #t
(letrec ((nest (lambda (n) (do ((i 0 (+ i 1)) (x '() (list x))) ((= i n) x))))) (equal? (nest 100000) (nest 100000))) ;; expect: #t
(let ((h (lambda () 'same))) (equal? (list h) (list h))) ;; expect: #t
(map (lambda (x) (list (eqv? x x) (equal? x x))) (list 'a 1 "s" #\c '() #t '(1) (vector) car)) ;; expect: ((#t #t) (#t #t) (#t #t) (#t #t) (#t #t) (#t #t) (#t #t) (#t #t) (#t #t))
(eqv? 1) ;; expect error: eqv?: expected 2 arguments, got 1
(eq? 1 2 3) ;; expect error: eq?: expected 2 arguments, got 3
(equal? 1) ;; expect error: equal?: expected 2 arguments, got 1
