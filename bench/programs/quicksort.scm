;; Sorts a vector of n pseudo-random integers in place.
(import (scheme base) (bench))

(define (random-vector n)
  (let ((v (make-vector n 0)))
    (let loop ((i 0) (seed 12345))
      (if (= i n)
          v
          (begin
            (vector-set! v i (quotient seed 64))
            (loop (+ i 1) (modulo (* seed 16807) 2147483647)))))))

(define (quicksort! v low high)
  (if (< low high)
      (let ((pivot (vector-ref v (quotient (+ low high) 2))))
        (let loop ((i low) (j high))
          (if (> i j)
              (begin
                (quicksort! v low j)
                (quicksort! v i high))
              (let ((i (let up ((i i)) (if (< (vector-ref v i) pivot) (up (+ i 1)) i)))
                    (j (let down ((j j)) (if (> (vector-ref v j) pivot) (down (- j 1)) j))))
                (if (<= i j)
                    (let ((t (vector-ref v i)))
                      (vector-set! v i (vector-ref v j))
                      (vector-set! v j t)
                      (loop (+ i 1) (- j 1)))
                    (loop i j))))))))

(define (run n)
  (let ((v (random-vector n)))
    (quicksort! v 0 (- n 1))
    (let loop ((i 1) (sum 0))
      (cond ((= i n) (modulo sum 1000003))
            ((> (vector-ref v (- i 1)) (vector-ref v i)) 'not-sorted)
            (else (loop (+ i 1) (+ sum (* (modulo i 8) (vector-ref v i)))))))))

(benchmark run
  '((1000000 394741)
    (100000 458383)))
