;; The sum of 1/i^2 for i from 1 to n.
(import (scheme base) (bench))

(define (basel n)
  (let loop ((i 1.0) (sum 0.0))
    (if (<= i n)
        (loop (+ i 1.0) (+ sum (/ 1.0 (* i i))))
        sum)))

(define (run n)
  (exact (round (* 1e9 (basel (inexact n))))))

(benchmark run
  '((50000000 1644934047)
    (2000000 1644933567)))
