;; n factorial, its digits added up: products of a large and a small integer, then division of large ones.
(import (scheme base) (bench))

(define (factorial n)
  (let loop ((i 1) (product 1))
    (if (> i n)
        product
        (loop (+ i 1) (* product i)))))

(define (digit-sum n)
  (let loop ((n n) (sum 0))
    (if (= n 0)
        sum
        (loop (quotient n 10) (+ sum (remainder n 10))))))

(define (run n) (digit-sum (factorial n)))

(benchmark run
  '((14000 217242)
    (2500 30618)))
