;; The first n digits of pi by Gibbons' unbounded spigot, added up with weights: arithmetic on growing integers.
(import (scheme base) (bench))

(define (run n)
  (let loop ((q 1) (r 0) (t 1) (k 1) (m 3) (x 3) (count 0) (sum 0))
    (cond ((= count n) sum)
          ((< (+ (* 4 q) (- r t)) (* m t))
           (loop (* 10 q)
                 (* 10 (- r (* m t)))
                 t
                 k
                 (- (quotient (* 10 (+ (* 3 q) r)) t) (* 10 m))
                 x
                 (+ count 1)
                 (+ sum (* m (+ (modulo count 7) 1)))))
          (else
           (loop (* q k)
                 (* (+ (* 2 q) r) x)
                 (* t x)
                 (+ k 1)
                 (quotient (+ (* q (+ (* 7 k) 2)) (* r x)) (* t x))
                 (+ x 2)
                 count
                 sum)))))

(benchmark run
  '((3000 55213)
    (700 12624)))
