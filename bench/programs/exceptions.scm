;; n times: an error raised three calls deep and caught by a guard; a raise-continuable that is answered.
(import (scheme base) (bench))

(define (check i)
  (if (= 0 (modulo i 3))
      (raise 'third)
      i))

(define (middle i) (+ 1 (check i)))

(define (attempt i)
  (guard (e ((symbol? e) 100))
    (+ 1 (middle i))))

(define (ask i)
  (with-exception-handler
   (lambda (c) (+ c 1))
   (lambda () (+ i (raise-continuable i)))))

(define (run n)
  (let loop ((i 0) (sum 0))
    (if (= i n)
        sum
        (loop (+ i 1) (+ sum (attempt i) (ask i))))))

(benchmark run
  '((500000 333350500033)
    (50000 3335050033)))
