;; SRFI 133, vector library. Implicates: vm/prelude/srfi/133.sld, vm/prelude/list.sld, runtime/vector.c
(import (scheme base) (scheme write) (srfi 133))

(vector-unfold (lambda (i) (* i i)) 4) ;; expect: #(0 1 4 9)
(vector-unfold (lambda (i x) (values x (- x 1))) 5 0) ;; expect: #(0 -1 -2 -3 -4)
(vector-unfold-right (lambda (i x) (values (cons i x) (+ x 1))) 3 0) ;; expect: #((0 . 2) (1 . 1) (2 . 0))
(vector-reverse-copy #(5 4 3 2 1 0) 1 5) ;; expect: #(1 2 3 4)
(vector-concatenate '(#(a b) #(c))) ;; expect: #(a b c)
(vector-append-subvectors #(a b c d) 1 3 #(e f) 0 1) ;; expect: #(b c e)
(map vector-empty? '(#() #(1))) ;; expect: (#t #f)
(vector= eq? #(a b) #(a b) #(a b)) ;; expect: #t
(vector= eq? #(a b) #(a)) ;; expect: #f
(vector= = #(1 2) #(1 3)) ;; expect: #f
(list (vector= eq?) (vector= eq? #(a))) ;; expect: (#t #t)
(vector-fold (lambda (acc x) (cons x acc)) '() #(1 2 3)) ;; expect: (3 2 1)
(vector-fold (lambda (acc x y) (+ acc (* x y))) 0 #(1 2 3) #(4 5)) ;; expect: 14
(vector-fold-right (lambda (acc x) (cons x acc)) '() #(1 2 3)) ;; expect: (1 2 3)
(vector-map + #(1 2 3) #(10 20)) ;; expect: #(11 22)
(let ((v (vector 1 2 3))) (vector-map! (lambda (x) (* x x)) v) v) ;; expect: #(1 4 9)
(let ((v (vector 1 2 3))) (vector-map! + v #(10 20)) v) ;; expect: #(11 22 3)
(vector-for-each (lambda (x y) (display (list x y))) #(1 2) #(a b c)) ;; expect output: (1 a)(2 b)
(vector-count even? #(3 1 4 1 5 9 2 5 6)) ;; expect: 3
(vector-count < #(1 3 6 9) #(2 4 6 8 10 12)) ;; expect: 2
(vector-cumulate + 0 #(3 1 4 1 5)) ;; expect: #(3 4 8 9 14)
(vector-index even? #(3 1 4 1)) ;; expect: 2
(vector-index < #(3 1 4 1 5 9) #(2 7 1 8)) ;; expect: 1
(vector-index-right even? #(3 4 2 1)) ;; expect: 2
(vector-skip number? #(1 2 a b 3)) ;; expect: 2
(vector-skip-right number? #(1 a b 3)) ;; expect: 2
(list (vector-index even? #()) (vector-skip even? #(2 4))) ;; expect: (#f #f)
(define (order a b) (- a b))
(map (lambda (x) (vector-binary-search #(1 3 5 7 9) x order)) '(1 5 9 4)) ;; expect: (0 2 4 #f)
(vector-any (lambda (x) (and (> x 2) (* x 10))) #(1 3 5)) ;; expect: 30
(vector-any < #(3 1) #(2 2)) ;; expect: #t
(vector-every odd? #(1 3)) ;; expect: #t
(vector-every (lambda (x y) (+ x y)) #(1 2) #(3 4 5)) ;; expect: 6
(vector-partition number? #(a 1 b 2)) ;; expect: #(1 2 a b) 2
(let ((v (vector 1 2 3))) (vector-swap! v 0 2) v) ;; expect: #(3 2 1)
(let ((v (vector 1 2 3 4))) (vector-reverse! v 1 3) v) ;; expect: #(1 3 2 4)
(let ((v (vector 1 2 3 4))) (vector-reverse-copy! v 1 #(a b c) 0 2) v) ;; expect: #(1 b a 4)
(let ((v (vector 1 2 3 4))) (vector-unfold! (lambda (i) (* i 10)) v 1 3) v) ;; expect: #(1 10 20 4)
(let ((v (vector 1 2 3 4))) (vector-unfold-right! (lambda (i x) (values x (+ x 1))) v 1 3 0) v) ;; expect: #(1 1 0 4)
(reverse-vector->list #(1 2 3)) ;; expect: (3 2 1)
(reverse-list->vector '(1 2 3)) ;; expect: #(3 2 1)
(vector-unfold 5 3) ;; expect error: vector-unfold: argument 1: expected procedure, got 5
(vector-unfold! (lambda (i) i) (vector 1) 0 2) ;; expect error: vector-unfold!: argument 4
(vector-fold 5 0 #(1)) ;; expect error: vector-fold: argument 1: expected procedure, got 5
