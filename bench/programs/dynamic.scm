;; n times: dynamic-wind left by its end and by an escape; a parameter bound around a call and read inside.
(import (scheme base) (bench))

(define depth (make-parameter 0))
(define entered 0)
(define left 0)

(define (wound body)
  (dynamic-wind
   (lambda () (set! entered (+ entered 1)))
   body
   (lambda () (set! left (+ left 1)))))

(define (deeper i)
  (parameterize ((depth (+ (depth) i)))
    (+ (depth) 1)))

(define (escape i)
  (call-with-current-continuation
   (lambda (k)
     (wound (lambda () (k i))))))

(define (run n)
  (let loop ((i 0) (sum 0))
    (if (= i n)
        (+ sum entered (* 2 left))
        (loop (+ i 1)
              (+ sum (wound (lambda () (deeper i))) (escape i))))))

(benchmark run
  '((700000 490004200000)
    (70000 4900420000)))
