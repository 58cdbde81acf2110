;; Writes n records to a string port as text, reads them back line by line and datum by datum.
(import (scheme base) (scheme write) (scheme read) (bench))

(define (write-records n)
  (let ((out (open-output-string)))
    (do ((i 0 (+ i 1)))
        ((= i n) (get-output-string out))
      (write (list i "name" 'symbol (* i i)) out)
      (write-char #\newline out))))

(define (count-characters text)
  (let ((in (open-input-string text)))
    (let loop ((count 0))
      (if (eof-object? (read-char in))
          count
          (loop (+ count 1))))))

(define (count-lines text)
  (let ((in (open-input-string text)))
    (let loop ((count 0) (length 0))
      (let ((line (read-line in)))
        (if (eof-object? line)
            (+ count length)
            (loop (+ count 1) (+ length (string-length line))))))))

(define (sum-data text)
  (let ((in (open-input-string text)))
    (let loop ((sum 0))
      (let ((datum (read in)))
        (if (eof-object? datum)
            sum
            (loop (+ sum (car datum) (cadr (cddr datum)))))))))

(define (run n)
  (let ((text (write-records n)))
    (+ (count-characters text) (count-lines text) (sum-data text))))

(benchmark run
  '((300000 9000000020385282)
    (6000 72000346528)))
