;; Fills a vector of 1,000 integers and adds them up, n times.
(import (scheme base) (bench))

(define size 1000)

(define (run n)
  (let ((v (make-vector size 0)))
    (let again ((round 0) (total 0))
      (if (= round n)
          total
          (begin
            (let fill ((i 0))
              (if (< i size)
                  (begin
                    (vector-set! v i (+ i round))
                    (fill (+ i 1)))))
            (let add ((i 0) (sum 0))
              (if (< i size)
                  (add (+ i 1) (+ sum (vector-ref v i)))
                  (again (+ round 1) (+ total sum)))))))))

(benchmark run
  '((40000 819960000000)
    (3000 5997000000)))
