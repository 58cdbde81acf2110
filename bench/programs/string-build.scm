;; Builds n lines of numbers and words by string-append and number->string and measures them.
(import (scheme base) (bench))

(define words '#("alpha" "beta" "gamma" "delta" "epsilon" "zeta" "eta"))

(define (line i)
  (string-append "line " (number->string i) ": "
                 (vector-ref words (modulo i 7)) "-" (vector-ref words (modulo (* i 3) 7))
                 " = " (number->string (* i i))))

(define (run n)
  (let loop ((i 0) (total 0) (marks 0))
    (if (= i n)
        (+ (* total 10) (modulo marks 10))
        (let ((s (string-append (line i) ";")))
          (loop (+ i 1)
                (+ total (string-length s))
                (+ marks (if (string=? (substring s 5 6) "7") 1 0)))))))

(benchmark run
  '((1500000 595692711)
    (70000 24926411)))
