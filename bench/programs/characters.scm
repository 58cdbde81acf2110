;; Case, class and code of characters: a Caesar cipher over a text of mixed characters, n times there and back.
(import (scheme base) (scheme char) (bench))

(define text "It was a bright cold day in April, and the clocks were striking thirteen. 1984 (pp. 3-27)")

(define (rotate c by)
  (cond ((char-upper-case? c) (turn c by 65))
        ((char-lower-case? c) (turn c by 97))
        (else c)))

(define (turn c by base)
  (integer->char (+ base (modulo (+ (- (char->integer c) base) by) 26))))

(define (cipher s by)
  (let* ((length (string-length s)) (result (make-string length)))
    (do ((i 0 (+ i 1)))
        ((= i length) result)
      (string-set! result i (rotate (string-ref s i) by)))))

(define (checksum s)
  (let loop ((i 0) (sum 0))
    (if (= i (string-length s))
        sum
        (let ((c (string-ref s i)))
          (loop (+ i 1)
                (+ sum
                   (char->integer (char-upcase c))
                   (if (char-alphabetic? c) 1 0)
                   (if (char-numeric? c) 10 0)
                   (if (char-whitespace? c) 100 0)))))))

(define (run n)
  (let loop ((i 0) (sum 0))
    (if (= i n)
        sum
        (let* ((there (cipher text (modulo i 26)))
               (back (cipher there (- 26 (modulo i 26)))))
          (loop (+ i 1)
                (+ sum (checksum there) (if (string=? back text) 1 0)))))))

(benchmark run
  '((40000 301000212)
    (4000 30100272)))
