;; Harmonic numbers up to n as exact fractions; and Bernoulli numbers up to n/20 by Akiyama and Tanigawa.
(import (scheme base) (bench))

(define (harmonic n)
  (do ((i 1 (+ i 1))
       (sum 0 (+ sum (/ 1 i))))
      ((> i n) sum)))

(define (bernoulli n)
  (let ((a (make-vector (+ n 1) 0)))
    (do ((m 0 (+ m 1)))
        ((> m n) (vector-ref a 0))
      (vector-set! a m (/ 1 (+ m 1)))
      (do ((j m (- j 1)))
          ((< j 1))
        (vector-set! a (- j 1) (* j (- (vector-ref a (- j 1)) (vector-ref a j))))))))

(define (run n)
  (let ((h (harmonic n)) (b (bernoulli (quotient n 20))))
    (modulo (+ (numerator h) (denominator h) (numerator b) (denominator b)) 1000000007)))

(benchmark run
  '((12000 364003553)
    (3000 309473836)))
