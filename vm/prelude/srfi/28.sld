;; SRFI 28: Basic Format Strings: ~a ~s ~% ~~.
(define-library (srfi 28)
  (export format)
  (import (kiln core) (kiln primitives))
  (begin

    (define (format template . arguments)
      (if (not (string? template)) (%wrong-type 'format 1 "string" template))
      (let ((n (string-length template)) (out (open-output-string)))
        (let loop ((i 0) (arguments arguments))
          (cond ((= i n) (get-output-string out))
                ((not (char=? (string-ref template i) #\~))
                 (write-char (string-ref template i) out)
                 (loop (+ i 1) arguments))
                ((= (+ i 1) n) (error "format: the text ends within a directive:" template))
                (else
                 (let ((c (char-downcase (string-ref template (+ i 1)))))
                   (case c
                     ((#\%) (newline out) (loop (+ i 2) arguments))
                     ((#\~) (write-char #\~ out) (loop (+ i 2) arguments))
                     ((#\a #\s)
                      (if (null? arguments) (error "format: no argument is left for" (string #\~ c)))
                      ((if (char=? c #\a) display write) (car arguments) out)
                      (loop (+ i 2) (cdr arguments)))
                     (else (error "format: unknown directive" (string #\~ c))))))))))))
