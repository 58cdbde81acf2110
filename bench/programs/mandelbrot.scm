;; Counts the points of an n by n grid over the Mandelbrot set that stay within 50 rounds.
(import (scheme base) (bench))

(define limit 50)

(define (inside? cr ci)
  (let loop ((zr 0.0) (zi 0.0) (i 0))
    (if (= i limit)
        #t
        (let ((zr2 (* zr zr)) (zi2 (* zi zi)))
          (if (> (+ zr2 zi2) 4.0)
              #f
              (loop (+ (- zr2 zi2) cr)
                    (+ (* 2.0 (* zr zi)) ci)
                    (+ i 1)))))))

(define (run n)
  (let ((step (/ 2.0 (inexact n))))
    (let rows ((y 0) (count 0))
      (if (= y n)
          count
          (let ((ci (- (* step (inexact y)) 1.0)))
            (let columns ((x 0) (count count))
              (if (= x n)
                  (rows (+ y 1) count)
                  (columns (+ x 1)
                           (if (inside? (- (* step (inexact x)) 1.5) ci)
                               (+ count 1)
                               count)))))))))

(benchmark run
  '((800 254359)
    (200 15909)))
