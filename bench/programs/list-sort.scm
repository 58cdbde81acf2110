;; Sorts a list of n integers by merging, written out: recursion, cons, car and cdr.
(import (scheme base) (bench))

(define (random-list n)
  (let loop ((i 0) (seed 12345) (list '()))
    (if (= i n)
        list
        (loop (+ i 1)
              (modulo (* seed 16807) 2147483647)
              (cons (quotient seed 64) list)))))

(define (merge a b)
  (cond ((null? a) b)
        ((null? b) a)
        ((< (car b) (car a)) (cons (car b) (merge a (cdr b))))
        (else (cons (car a) (merge (cdr a) b)))))

(define (every-other list)
  (if (or (null? list) (null? (cdr list)))
      list
      (cons (car list) (every-other (cddr list)))))

(define (merge-sort list)
  (if (or (null? list) (null? (cdr list)))
      list
      (merge (merge-sort (every-other list))
             (merge-sort (every-other (cdr list))))))

(define (run n)
  (let loop ((list (merge-sort (random-list n))) (i 0) (last -1) (sum 0))
    (cond ((null? list) (modulo sum 1000003))
          ((< (car list) last) 'not-sorted)
          (else (loop (cdr list) (+ i 1) (car list) (+ sum (* (modulo i 8) (car list))))))))

(benchmark run
  '((300000 906871)
    (30000 269076)))
