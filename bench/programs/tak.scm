;; Takeuchi's function, n times: calls of three arguments, most of them to compute arguments.
(import (scheme base) (bench))

(define (tak x y z)
  (if (not (< y x))
      z
      (tak (tak (- x 1) y z)
           (tak (- y 1) z x)
           (tak (- z 1) x y))))

(define (run n)
  (do ((i 0 (+ i 1))
       (sum 0 (+ sum (tak 18 12 6))))
      ((= i n) sum)))

(benchmark run
  '((1000 7000)
    (30 210)))
