;; Ackermann's function of 3 and n: tail calls and recursion some thousands of frames deep.
(import (scheme base) (bench))

(define (ackermann m n)
  (cond ((= m 0) (+ n 1))
        ((= n 0) (ackermann (- m 1) 1))
        (else (ackermann (- m 1) (ackermann m (- n 1))))))

(define (run n) (ackermann 3 n))

(benchmark run
  '((10 8189)
    (8 2045)))
