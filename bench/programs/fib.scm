;; Doubly recursive Fibonacci numbers: calls, small additions and comparisons.
(import (scheme base) (bench))

(define (fib n)
  (if (< n 2)
      n
      (+ (fib (- n 1)) (fib (- n 2)))))

(benchmark fib
  '((36 14930352)
    (29 514229)))
