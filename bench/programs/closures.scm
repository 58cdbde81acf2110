;; Makes closures that keep variables, composes and calls them; n rounds.
(import (scheme base) (bench))

(define (make-counter step)
  (let ((count 0))
    (lambda ()
      (set! count (+ count step))
      count)))

(define (compose f g) (lambda (x) (f (g x))))
(define (adder n) (lambda (x) (+ x n)))

(define (run n)
  (let ((counter (make-counter 3)))
    (let loop ((i 0) (sum 0))
      (if (= i n)
          (+ sum (counter))
          (let ((f (compose (adder i) (compose (adder 1) (adder 2)))))
            (counter)
            (loop (+ i 1) (+ sum (f (modulo i 10)))))))))

(benchmark run
  '((2500000 3125025000003)
    (250000 31252500003)))
