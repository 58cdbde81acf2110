;; The product of two n by n matrices of flonums, kept as vectors of rows.
(import (scheme base) (bench))

(define (make-matrix n f)
  (let ((m (make-vector n)))
    (do ((i 0 (+ i 1)))
        ((= i n) m)
      (let ((row (make-vector n 0.0)))
        (do ((j 0 (+ j 1)))
            ((= j n))
          (vector-set! row j (f i j)))
        (vector-set! m i row)))))

(define (multiply a b n)
  (make-matrix n
    (lambda (i j)
      (let ((row (vector-ref a i)))
        (let loop ((k 0) (sum 0.0))
          (if (= k n)
              sum
              (loop (+ k 1)
                    (+ sum (* (vector-ref row k)
                              (vector-ref (vector-ref b k) j))))))))))

(define (run n)
  (let* ((a (make-matrix n (lambda (i j) (inexact (- (modulo (+ i (* 2 j)) 10) 4)))))
         (b (make-matrix n (lambda (i j) (inexact (- (modulo (+ (* 3 i) j) 7) 3)))))
         (c (multiply a b n)))
    (let loop ((i 0) (trace 0.0))
      (if (= i n)
          (exact trace)
          (loop (+ i 1) (+ trace (vector-ref (vector-ref c i) i)))))))

(benchmark run
  '((300 16)
    (130 42)))
