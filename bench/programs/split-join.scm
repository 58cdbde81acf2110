;; Splits a line of 100 fields at its commas, turns the fields round, joins them with semicolons; n times.
(import (scheme base) (bench))

(define line
  (let loop ((i 99) (parts '()))
    (if (< i 0)
        (apply string-append parts)
        (loop (- i 1)
              (cons (string-append "field" (number->string i))
                    (if (= i 99) parts (cons "," parts)))))))

(define (split s separator)
  (let loop ((i (- (string-length s) 1)) (end (string-length s)) (fields '()))
    (cond ((< i 0) (cons (substring s 0 end) fields))
          ((char=? (string-ref s i) separator)
           (loop (- i 1) i (cons (substring s (+ i 1) end) fields)))
          (else (loop (- i 1) end fields)))))

(define (join fields separator)
  (let loop ((fields (reverse fields)) (parts '()))
    (cond ((null? fields) "")
          ((null? (cdr fields)) (apply string-append (car fields) parts))
          (else (loop (cdr fields) (cons separator (cons (car fields) parts)))))))

(define (run n)
  (let loop ((i 0) (sum 0))
    (if (= i n)
        sum
        (let ((joined (join (reverse (split line #\,)) ";")))
          (loop (+ i 1) (+ sum (string-length joined) (length (split joined #\;))))))))

(benchmark run
  '((12000 10668000)
    (1000 889000)))
