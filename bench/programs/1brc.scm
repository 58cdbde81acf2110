;; The one-billion-row challenge with n rows: lines "station;temperature" of a file, the least, mean and largest
;; temperature of each station. Line by line, with the standard library, as one would write it.
(import (scheme base) (scheme file) (scheme inexact) (srfi 69) (srfi 132) (bench))

(define-record-type summary
  (make-summary least largest sum count)
  summary?
  (least summary-least set-summary-least!)
  (largest summary-largest set-summary-largest!)
  (sum summary-sum set-summary-sum!)
  (count summary-count set-summary-count!))

(define (semicolon line)
  (let loop ((i 0))
    (if (char=? (string-ref line i) #\;)
        i
        (loop (+ i 1)))))

(define (add! table station temperature)
  (let ((s (hash-table-ref/default table station #f)))
    (if s
        (begin
          (if (< temperature (summary-least s)) (set-summary-least! s temperature))
          (if (> temperature (summary-largest s)) (set-summary-largest! s temperature))
          (set-summary-sum! s (+ (summary-sum s) temperature))
          (set-summary-count! s (+ (summary-count s) 1)))
        (hash-table-set! table station (make-summary temperature temperature temperature 1)))))

(define (read-rows port table)
  (let loop ((rows 0))
    (let ((line (read-line port)))
      (if (eof-object? line)
          rows
          (let ((i (semicolon line)))
            (add! table
                  (substring line 0 i)
                  (string->number (substring line (+ i 1) (string-length line))))
            (loop (+ rows 1)))))))

(define (tenths x) (exact (round (* 10.0 x))))

;; One number for all stations in the order of their names.
(define (digest table)
  (let loop ((stations (list-sort string<? (hash-table-keys table))) (digest 0))
    (if (null? stations)
        digest
        (let ((s (hash-table-ref/default table (car stations) #f)))
          (loop (cdr stations)
                (modulo (+ (* digest 31)
                           (tenths (summary-least s))
                           (tenths (summary-largest s))
                           (tenths (/ (summary-sum s) (inexact (summary-count s)))))
                        1000003))))))

(define (run n)
  (let* ((table (make-hash-table string=?))
         (rows (call-with-input-file (input-file) (lambda (port) (read-rows port table)))))
    (if (= rows n)
        (digest table)
        (error "the file has another number of rows" rows n))))

(benchmark run
  '((1000000 226355)
    (100000 196667)
    (10000000 927190)))
