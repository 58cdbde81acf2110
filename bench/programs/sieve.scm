;; The number of primes below n by Eratosthenes' sieve.
(import (scheme base) (bench))

(define (run n)
  (let ((prime? (make-vector n #t)))
    (let loop ((i 2) (count 0))
      (cond ((= i n) count)
            ((vector-ref prime? i)
             (do ((j (* i i) (+ j i)))
                 ((>= j n))
               (vector-set! prime? j #f))
             (loop (+ i 1) (+ count 1)))
            (else (loop (+ i 1) count))))))

(benchmark run
  '((15000000 970704)
    (600000 49098)))
