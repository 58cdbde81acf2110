;; R7RS 4.2.9 case-lambda. Implicates: vm/expand, tier1 entry by argument count
(import (scheme base) (scheme case-lambda) (scheme write))

(define range
  (case-lambda
   ((e) (range 0 e))
   ((b e) (do ((r '() (cons e r)) (e (- e 1) (- e 1))) ((< e b) r)))))
(range 3) ;; expect: (0 1 2)
(range 3 5) ;; expect: (3 4)
(define plus
  (case-lambda
   (() 0)
   ((x) x)
   ((x y) (list 'two x y))
   ((x y . rest) (list 'many x y rest))))
(plus) ;; expect: 0
(plus 1) ;; expect: 1
(plus 1 2) ;; expect: (two 1 2)
(plus 1 2 3) ;; expect: (many 1 2 (3))
(plus 1 2 3 4 5) ;; expect: (many 1 2 (3 4 5))
(procedure? plus) ;; expect: #t
(apply plus '(1 2)) ;; expect: (two 1 2)
(apply plus 1 '(2 3)) ;; expect: (many 1 2 (3))
(map plus '(1 2)) ;; expect: (1 2)
(map plus '(1 2) '(3 4)) ;; expect: ((two 1 3) (two 2 4))
((case-lambda ((a) 'one) (all (list 'all all))) 1) ;; expect: one
((case-lambda ((a) 'one) (all (list 'all all)))) ;; expect: (all ())
((case-lambda ((a) 'one) (all (list 'all all))) 1 2) ;; expect: (all (1 2))
;; The first clause that fits is taken.
((case-lambda (all 'first) ((a) 'second)) 1) ;; expect: first
((case-lambda ((a . r) 'first) ((a b) 'second)) 1 2) ;; expect: first
((case-lambda ((a b) 'exact) ((a . r) 'rest)) 1 2) ;; expect: exact
((case-lambda ((a b) 'exact) ((a . r) (list 'rest r))) 1) ;; expect: (rest ())
((case-lambda ((a b) 'exact) ((a . r) (list 'rest r))) 1 2 3) ;; expect: (rest (2 3))
(guard (e (#t 'no-clause)) ((case-lambda ((a) a) ((a b) b)))) ;; expect: no-clause
(guard (e (#t 'no-clause)) ((case-lambda ((a) a) ((a b) b)) 1 2 3)) ;; expect: no-clause
(guard (e (#t 'no-clause)) ((case-lambda) 1)) ;; expect: no-clause
(procedure? (case-lambda)) ;; expect: #t

;; bodies
((case-lambda ((a) (define b (* a 2)) (set! a 1) (+ a b))) 5) ;; expect: 11
((case-lambda ((a) 1 2 (list a)) (() 'none)) 3) ;; expect: (3)
(let ((n 10)) (define f (case-lambda (() n) ((v) (set! n v) n))) (let* ((a (f)) (b (f 20)) (c (f))) (list a b c))) ;; expect: (10 20 20)
(let ((x 1)) ((case-lambda ((y) (let ((x (+ x y))) ((case-lambda (() x) ((z) z))))) ) 5)) ;; expect: 6
(define counter (let ((n 0)) (case-lambda (() (set! n (+ n 1)) n) ((step) (set! n (+ n step)) n))))
(counter) ;; expect: 1
(counter 10) ;; expect: 11
(counter) ;; expect: 12
;; tail calls from one clause to another
(define down (case-lambda ((n) (down n '())) ((n acc) (if (= n 0) 'done (down (- n 1) acc)))))
(down 1000000) ;; expect: done
(define down2 (case-lambda ((n) (if (= n 0) 'done2 (down2 (- n 1) 'x))) ((n x) (down2 n))))
(down2 300000) ;; expect: done2
;; in other forms
(call-with-values (lambda () (values 1 2)) plus) ;; expect: (two 1 2)
(call-with-values (lambda () (values)) plus) ;; expect: 0
(let ((case-lambda list)) (case-lambda 1 2)) ;; expect: (1 2)
(define-syntax opt (syntax-rules () ((_ (v d) body) (case-lambda (() (let ((v d)) body)) ((v) body)))))
(let ((g (opt (x 5) (* x x)))) (list (g) (g 3))) ;; expect: (25 9)
(let ((lambda list) (if vector)) ((case-lambda ((a) a) ((a b) b)) 1 'hygienic)) ;; expect: hygienic
(case-lambda 5) ;; expect error: case-lambda: bad syntax
(case-lambda ((x))) ;; expect error: case-lambda: bad syntax
(case-lambda ((x x) x)) ;; expect error: case-lambda: bad syntax
