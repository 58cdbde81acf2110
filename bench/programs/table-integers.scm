;; Puts n integers into a hash table, looks each up, deletes every third and adds up the rest.
(import (scheme base) (srfi 69) (bench))

(define (key i) (modulo (* i 7919) 16777213))

(define (run n)
  (let ((table (make-hash-table eqv?)))
    (do ((i 0 (+ i 1)))
        ((= i n))
      (hash-table-set! table (key i) i))
    (let ((found (let loop ((i 0) (sum 0))
                   (if (= i n)
                       sum
                       (loop (+ i 1) (+ sum (hash-table-ref/default table (key i) 0)))))))
      (do ((i 0 (+ i 3)))
          ((>= i n))
        (hash-table-delete! table (key i)))
      (let loop ((i 0) (sum found))
        (if (= i n)
            (+ sum (hash-table-size table))
            (loop (+ i 1) (+ sum (hash-table-ref/default table (key i) -1))))))))

(benchmark run
  '((700000 408332749999)
    (70000 4083274999)))
