;; Counts how often each of 5,000 words occurs among n: a hash table with strings as keys.
(import (scheme base) (srfi 69) (bench))

(define kinds 5000)

(define words
  (let ((v (make-vector kinds "")))
    (do ((i 0 (+ i 1)))
        ((= i kinds) v)
      (vector-set! v i (string-append "word-" (number->string (* i 7919)))))))

(define (run n)
  (let ((counts (make-hash-table string=?)))
    (let loop ((i 0) (seed 42))
      (if (< i n)
          (let ((word (vector-ref words (modulo (quotient seed 64) kinds))))
            (hash-table-set! counts word (+ 1 (hash-table-ref/default counts word 0)))
            (loop (+ i 1) (modulo (* seed 16807) 2147483647)))))
    (let loop ((i 0) (sum 0) (most 0))
      (if (= i kinds)
          (+ (* 1000 (modulo sum 1000003)) most)
          (let ((count (hash-table-ref/default counts (vector-ref words i) 0)))
            (loop (+ i 1) (+ sum (* i count)) (max most count)))))))

(benchmark run
  '((2500000 771451582)
    (250000 344431082)))
