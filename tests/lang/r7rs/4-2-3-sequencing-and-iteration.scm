;; R7RS 4.2.3 sequencing, 4.2.4 iteration. Implicates: vm/expand, core IR contification, tier1 loops, tier2 entry from loops
(import (scheme base) (scheme write))

;; begin
(define x 0)
(and (= x 0) (begin (set! x 5) (+ x 1))) ;; expect: 6
(begin (display "4 plus 1 equals ") (display (+ 4 1))) ;; expect output: 4 plus 1 equals 5
(begin 1) ;; expect: 1
(begin 1 2 3) ;; expect: 3
(begin (define in-begin 7) (define (in-begin-f) (+ in-begin 1)))
(in-begin-f) ;; expect: 8
(begin (begin (define nested-begin 9)) (+ nested-begin 1)) ;; expect: 10
(let () (begin (define a 1) (define b 2)) (begin (define c 3)) (list a b c)) ;; expect: (1 2 3)
(let () (begin) (define a 1) (begin) a) ;; expect: 1
(let ((x 0)) (begin (set! x (+ x 1)) (set! x (* x 10))) x) ;; expect: 10
(call-with-values (lambda () (begin 1 (values 2 3))) list) ;; expect: (2 3)
(begin (write 1) (begin (write 2) (write 3)) (write 4)) ;; expect output: 1234
(let loop ((i 0)) (begin 'x (if (= i 1000000) 'tail (begin 'y (loop (+ i 1)))))) ;; expect: tail
(+ (begin 1 2) (begin 3 4)) ;; expect: 6
(let ((begin list)) (begin 1 2)) ;; expect: (1 2)

;; do
(do ((vec (make-vector 5)) (i 0 (+ i 1))) ((= i 5) vec) (vector-set! vec i i)) ;; expect: #(0 1 2 3 4)
(let ((x '(1 3 5 7 9))) (do ((x x (cdr x)) (sum 0 (+ sum (car x)))) ((null? x) sum))) ;; expect: 25
(do ((i 0 (+ i 1)) (j 10 (- j 1))) ((= i j) (list i j))) ;; expect: (5 5)
(do ((a 1 b) (b 2 a) (n 0 (+ n 1))) ((= n 3) (list a b))) ;; expect: (2 1)
(do ((i 0 (+ i 1))) ((= i 3)) (write i)) ;; expect output: 012
(do ((i 0 (+ i 1))) ((= i 3) (write 'end) (write i)) (write-char #\.)) ;; expect output: ...end3
(do () (#t 'at-once)) ;; expect: at-once
(let ((n 0)) (do () ((= n 4) n) (set! n (+ n 1)))) ;; expect: 4
(do ((i 0 (+ i 1)) (acc '() (cons i acc))) ((= i 4) (reverse acc))) ;; expect: (0 1 2 3)
(do ((i 0 (+ i 1)) (keep 'k)) ((= i 2) keep)) ;; expect: k
(let ((fs (do ((i 0 (+ i 1)) (fs '() (cons (lambda () i) fs))) ((= i 3) fs)))) (map (lambda (f) (f)) fs)) ;; expect: (2 1 0)
(let ((fs (do ((i 0 (+ i 1)) (fs '() (cons (lambda () (set! i (+ i 10)) i) fs))) ((= i 3) fs)))) (let* ((a ((car fs))) (b ((car fs))) (c ((cadr fs)))) (list a b c))) ;; expect: (12 22 11)
(do ((i 0 (+ i 1)) (s 0 (+ s i))) ((= i 1000000) s)) ;; expect: 499999500000
(do ((i 0 (+ i 1)) (x 0.0 (+ x 0.5))) ((= i 1000) x)) ;; expect: 500.0
(do ((i 0 (+ i 1)) (p 1 (* p 2))) ((= i 100) p)) ;; expect: 1267650600228229401496703205376
(do ((i 3 (- i 1)) (x 1 (if (= i 2) 1.5 (* x 2)))) ((= i 0) x)) ;; expect: 3.0
(do ((i 0 (+ i 1)) (rows '() (cons (do ((j 0 (+ j 1)) (r '() (cons (* i j) r))) ((= j 3) (reverse r))) rows))) ((= i 3) (reverse rows))) ;; expect: ((0 0 0) (0 1 2) (0 2 4))
(call-with-current-continuation (lambda (break) (do ((i 0 (+ i 1))) (#f) (if (= i 7) (break (* i 100)))))) ;; expect: 700
(call-with-values (lambda () (do ((i 0 (+ i 1))) ((= i 2) (values i 'two)))) list) ;; expect: (2 two)
(let ((do-count 0)) (do ((i 0 (begin (set! do-count (+ do-count 1)) (+ i 1)))) ((= i 3)) #t) do-count) ;; expect: 3
(do ((i 0)) ) ;; expect error: do: bad syntax
(do ((i 0 1 2)) (#t i)) ;; expect error: do: bad syntax
(let ((loop 'user) (if list) (i 5)) (do ((k 0 (+ k 1))) ((= k 2) (list loop i)) k)) ;; expect: (user 5)

;; named let
(let loop ((numbers '(3 -2 1 6 -5)) (nonneg '()) (neg '()))
  (cond ((null? numbers) (list nonneg neg))
        ((>= (car numbers) 0) (loop (cdr numbers) (cons (car numbers) nonneg) neg))
        ((< (car numbers) 0) (loop (cdr numbers) nonneg (cons (car numbers) neg))))) ;; expect: ((6 1 3) (-5 -2))
(let loop () 5) ;; expect: 5
(let f ((n 5)) (if (= n 0) 1 (* n (f (- n 1))))) ;; expect: 120
(let f ((n 10) (a 0) (b 1)) (if (= n 0) a (f (- n 1) b (+ a b)))) ;; expect: 55
(let f ((t '((1 2) (3 (4 5)) 6))) (cond ((null? t) 0) ((pair? t) (+ (f (car t)) (f (cdr t)))) (else t))) ;; expect: 21
(let ((f (lambda (x) 'outer))) (let f ((x (f 1))) x)) ;; expect: outer
(let ((g (let loop ((i 3)) (lambda () (if (= i 0) 'done ((loop (- i 1)))))))) (g)) ;; expect: done
(let loop ((i 0)) (define j (+ i 1)) (if (= j 5) (list i j) (loop j))) ;; expect: (4 5)
(let loop ((i 0) (x 'a)) (if (< i 3) (let ((i (+ i 1))) (loop i (list x))) x)) ;; expect: (((a)))
(let outer ((i 0) (acc '())) (if (= i 3) (reverse acc) (let inner ((j 0) (acc acc)) (if (= j i) (outer (+ i 1) (cons 'x acc)) (inner (+ j 1) (cons (list i j) acc)))))) ;; expect: (x (1 0) x (2 0) (2 1) x)
(let loop ((n 1000000)) (if (= n 0) 'flat (loop (- n 1)))) ;; expect: flat
(let deep ((n 100000)) (if (= n 0) 0 (+ 1 (deep (- n 1))))) ;; expect: 100000
(let loop ((i 0)) (set! i (+ i 1)) (if (< i 10) (loop i) i)) ;; expect: 10
(let loop ((i 0) (fs '())) (if (= i 3) (map (lambda (f) (f)) fs) (loop (+ i 1) (cons (lambda () i) fs)))) ;; expect: (2 1 0)
(let loop ((i 0)) (let ((escaped loop)) (if (= i 0) (apply escaped (list 5)) i))) ;; expect: 5
(let loop ((n 5) (even #t)) (if (= n 0) even (loop (- n 1) (not even)))) ;; expect: #f
(let loop ((a 1)) (loop)) ;; expect error: loop: expected 1 argument, got 0
(let even? ((n 10)) (if (= n 0) #t (let odd? ((n (- n 1))) (if (= n 0) #f (even? (- n 1)))))) ;; expect: #t
(let loop ((x 1) (x 2)) x) ;; expect error: let: bad syntax

;; Mutual tail calls between procedures that are not one loop
(define (ping n) (if (= n 0) 'ping (pong (- n 1))))
(define (pong n) (if (= n 0) 'pong (ping (- n 1))))
(ping 1000001) ;; expect: pong
(define (tail-apply n) (if (= n 0) 'applied (apply tail-apply (list (- n 1)))))
(tail-apply 300000) ;; expect: applied
(define (cps n k) (if (= n 0) (k 'end) (cps (- n 1) (lambda (v) (k v)))))
(cps 100000 (lambda (v) (list v))) ;; expect: (end)
