;; In how many ways n queens can stand on a board of n by n: short lists, made and walked.
(import (scheme base) (bench))

(define (one-to n)
  (let loop ((i n) (list '()))
    (if (= i 0)
        list
        (loop (- i 1) (cons i list)))))

(define (safe? row distance placed)
  (or (null? placed)
      (and (not (= (car placed) (+ row distance)))
           (not (= (car placed) (- row distance)))
           (safe? row (+ distance 1) (cdr placed)))))

(define (try left tried placed)
  (if (null? left)
      (if (null? tried) 1 0)
      (+ (if (safe? (car left) 1 placed)
             (try (append tried (cdr left)) '() (cons (car left) placed))
             0)
         (try (cdr left) (cons (car left) tried) placed))))

(define (run n) (try (one-to n) '() '()))

(benchmark run
  '((12 14200)
    (10 724)))
