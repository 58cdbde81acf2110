;; SRFI 41, 132. Implicates: vm/prelude/srfi/41.sld, 132.sld, sorting in vm/prelude/list.sld
(import (except (scheme base) vector-fill!) (scheme write) (srfi 41) (srfi 132))

;; 132
(list (list-sorted? < '(1 2 2 3)) (list-sorted? < '(2 1)) (list-sorted? < '()) (vector-sorted? < #(5 1 2 0) 1 3)) ;; expect: (#t #f #t #t)
(list-sort < '(3 1 2)) ;; expect: (1 2 3)
(list-stable-sort (lambda (a b) (< (car a) (car b))) '((2 a) (1 b) (2 c) (1 d))) ;; expect: ((1 b) (1 d) (2 a) (2 c))
(vector-sort < #(3 1 2)) ;; expect: #(1 2 3)
(vector-sort < #(9 3 1 2) 1) ;; expect: #(1 2 3)
(let ((v (vector 5 4 3 2 1))) (vector-sort! < v 1 4) v) ;; expect: #(5 2 3 4 1)
(list-merge < '(1 3 5) '(2 3 6)) ;; expect: (1 2 3 3 5 6)
(vector-merge < #(1 3) #(2 4)) ;; expect: #(1 2 3 4)
(vector-merge < #(9 1 3) #(2 4) 1 3 0 1) ;; expect: #(1 2 3)
(let ((v (make-vector 5 0))) (vector-merge! < v #(1 3) #(2 4) 1) v) ;; expect: #(0 1 2 3 4)
(list-delete-neighbor-dups = '(1 1 2 3 3 1)) ;; expect: (1 2 3 1)
(vector-delete-neighbor-dups = #(1 1 2 2)) ;; expect: #(1 2)
(let* ((v (vector 1 1 2 2 3)) (n (vector-delete-neighbor-dups! = v))) (list n (vector-ref v 0) (vector-ref v 1) (vector-ref v 2))) ;; expect: (3 1 2 3)
(list (vector-find-median < #(3 1 2) 'none) (vector-find-median < #(4 1 3 2) 'none) (vector-find-median < #() 'none) (vector-find-median < #(4 1 3 2) 'none list)) ;; expect: (2 5/2 none (2 3))
(list (vector-select! < (vector 5 3 1 4) 0) (vector-select! < (vector 5 3 1 4) 2)) ;; expect: (1 4)
(let ((v (vector 5 3 1 4))) (vector-separate! < v 2) (list (vector-ref v 0) (vector-ref v 1))) ;; expect: (1 3)
(list-sort 5 '(1)) ;; expect error: list-sort: argument 1: expected procedure, got 5
(let loop ((i 0) (l '())) (if (< i 1000) (loop (+ i 1) (cons (modulo (* i 7919) 1000) l)) (list-sorted? < (list-sort < l)))) ;; expect: #t

;; 41
(define nats (stream-from 0))
(stream->list 5 nats) ;; expect: (0 1 2 3 4)
(stream-ref nats 1000) ;; expect: 1000
(list (stream? nats) (stream? 5) (stream-null? stream-null) (stream-pair? nats) (stream-pair? stream-null)) ;; expect: (#t #f #t #t #f)
(stream->list (stream 1 2 3)) ;; expect: (1 2 3)
(stream->list (stream-map + (stream 1 2 3) nats)) ;; expect: (1 3 5)
(stream->list 3 (stream-filter odd? nats)) ;; expect: (1 3 5)
(stream->list (stream-take 3 (stream-drop 2 nats))) ;; expect: (2 3 4)
(stream->list (stream-take-while (lambda (x) (< x 3)) nats)) ;; expect: (0 1 2)
(stream-car (stream-drop-while (lambda (x) (< x 3)) nats)) ;; expect: 3
(stream-fold + 0 (stream 1 2 3)) ;; expect: 6
(stream->list (stream-append (stream 1) (stream) (stream 2 3))) ;; expect: (1 2 3)
(stream->list (stream-concat (stream (stream 1 2) stream-null (stream 3)))) ;; expect: (1 2 3)
(stream->list 5 (stream-constant 'a 'b)) ;; expect: (a b a b a)
(stream->list 4 (stream-iterate (lambda (x) (* x 2)) 1)) ;; expect: (1 2 4 8)
(stream->list (stream-range 0 10 3)) ;; expect: (0 3 6 9)
(stream->list (stream-range 3 0)) ;; expect: (3 2 1)
(stream->list (stream-scan + 0 (stream 1 2 3))) ;; expect: (0 1 3 6)
(stream->list (stream-reverse (stream 1 2 3))) ;; expect: (3 2 1)
(stream-length (stream 1 2 3)) ;; expect: 3
(stream->list (stream-zip (stream 1 2) (stream 'a 'b 'c))) ;; expect: ((1 a) (2 b))
(stream->list (stream-unfold (lambda (x) (* x x)) (lambda (x) (< x 4)) (lambda (x) (+ x 1)) 0)) ;; expect: (0 1 4 9)
(let-values (((evens odds) (stream-unfolds (lambda (x) (if (= x 6) (values x '() '()) (if (even? x) (values (+ x 1) (list x) #f) (values (+ x 1) #f (list x))))) 0))) (list (stream->list evens) (stream->list odds))) ;; expect: ((0 2 4) (1 3 5))
(stream->list (stream-of (* x y) (x in (stream-range 1 4)) (odd? x) (y in (stream 10 20)))) ;; expect: (10 20 30 60)
(stream->list (stream-of y (x in (stream 1 2)) (y is (+ x 100)))) ;; expect: (101 102)
(stream-match (stream 1 2 3) (() 'empty) ((a b . c) (list a b (stream->list c)))) ;; expect: (1 2 (3))
(stream-match (stream 1 2) ((a) 'one) ((_ b) (> b 5) 'big) ((_ b) b)) ;; expect: 2
(stream-match stream-null (() 'empty) (x 'other)) ;; expect: empty
(stream->list (list->stream '(1 2))) ;; expect: (1 2)
(stream->list (port->stream (open-input-string "abc"))) ;; expect: (#\a #\b #\c)
(stream-for-each display (stream 1 2 3)) ;; expect output: 123
(define-stream (sieve s) (stream-cons (stream-car s) (sieve (stream-filter (lambda (x) (not (= 0 (modulo x (stream-car s))))) (stream-cdr s)))))
(stream->list 8 (sieve (stream-from 2))) ;; expect: (2 3 5 7 11 13 17 19)
(let* ((n 0) (s (stream-cons (begin (set! n (+ n 1)) n) stream-null))) (let* ((a n) (b (stream-car s)) (c (stream-car s))) (list a b c))) ;; expect: (0 1 1)
(stream-let loop ((n 0)) (stream-cons n (loop (+ n 1))))
(stream-car stream-null) ;; expect error: stream-car: argument 1
(stream-cdr 5) ;; expect error: stream-cdr: argument 1: expected stream, got 5
(stream->list -1 nats) ;; expect error: stream->list: argument 1
(stream-ref (stream-filter (lambda (x) (= 0 (modulo x 10007))) nats) 1) ;; expect: 10007
