;; Takeuchi's function with a continuation captured at each call, n times.
(import (scheme base) (bench))

(define (ctak x y z)
  (call-with-current-continuation
   (lambda (k) (ctak-to k x y z))))

(define (ctak-to k x y z)
  (if (not (< y x))
      (k z)
      (call-with-current-continuation
       (lambda (k)
         (ctak-to
          k
          (call-with-current-continuation (lambda (k) (ctak-to k (- x 1) y z)))
          (call-with-current-continuation (lambda (k) (ctak-to k (- y 1) z x)))
          (call-with-current-continuation (lambda (k) (ctak-to k (- z 1) x y))))))))

(define (run n)
  (do ((i 0 (+ i 1))
       (sum 0 (+ sum (ctak 18 12 6))))
      ((= i n) sum)))

(benchmark run
  '((30 210)
    (3 21)))
