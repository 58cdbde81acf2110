;; Sorts a list of n strings and a vector of n integers with the library's procedures (SRFI 132).
(import (scheme base) (srfi 132) (bench))

(define (numbers n)
  (let loop ((i 0) (seed 12345) (list '()))
    (if (= i n)
        list
        (loop (+ i 1)
              (modulo (* seed 16807) 2147483647)
              (cons (quotient seed 64) list)))))

(define (run n)
  (let* ((list (numbers n))
         (strings (list-sort string<? (map number->string list)))
         (vector (vector-sort > (list->vector list))))
    (let loop ((i 0) (strings strings) (sum 0))
      (if (= i n)
          (modulo sum 1000003)
          (loop (+ i 1)
                (cdr strings)
                (+ sum (* (modulo i 8)
                          (+ (string-length (car strings)) (vector-ref vector i)))))))))

(benchmark run
  '((150000 161447)
    (15000 671034)))
