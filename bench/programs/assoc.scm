;; Looks up symbols with assq, integers with assv and strings with assoc in lists of 100 pairs; n times 100.
(import (scheme base) (bench))

(define count 100)

(define (pairs key)
  (let loop ((i (- count 1)) (list '()))
    (if (< i 0)
        list
        (loop (- i 1) (cons (cons (key i) i) list)))))

(define (name i) (string-append "key" (number->string i)))
(define (symbol i) (string->symbol (name i)))

(define (run n)
  (let ((by-symbol (pairs symbol)) (by-number (pairs (lambda (i) (* 3 i)))) (by-string (pairs name))
        (symbols (list->vector (map symbol '(0 17 42 63 99))))
        (strings (list->vector (map name '(0 17 42 63 99)))))
    (let loop ((i 0) (sum 0))
      (if (= i (* n 100))
          sum
          (loop (+ i 1)
                (+ sum
                   (cdr (assq (vector-ref symbols (modulo i 5)) by-symbol))
                   (cdr (assv (* 3 (modulo i 100)) by-number))
                   (cdr (assoc (vector-ref strings (modulo i 5)) by-string))))))))

(benchmark run
  '((6000 82740000)
    (600 8274000)))
