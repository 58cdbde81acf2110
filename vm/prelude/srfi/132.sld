;; SRFI 132: Sort Libraries. Every sort here is stable.
(define-library (srfi 132)
  (export
   list-sorted? vector-sorted? list-sort list-stable-sort list-sort! list-stable-sort! vector-sort
   vector-stable-sort vector-sort! vector-stable-sort! list-merge list-merge! vector-merge vector-merge!
   list-delete-neighbor-dups list-delete-neighbor-dups! vector-delete-neighbor-dups
   vector-delete-neighbor-dups! vector-find-median vector-find-median! vector-select! vector-separate!)
  (import (kiln core) (kiln primitives) (kiln list))
  (begin

    (define (check-procedure who argument f)
      (if (not (procedure? f)) (%wrong-type who argument "procedure" f)))
    (define (end-of v range)
      (if (and (pair? range) (pair? (cdr range))) (cadr range) (vector-length v)))
    (define (start-of range) (if (pair? range) (car range) 0))

    (define (list-sorted? less? list)
      (check-procedure 'list-sorted? 1 less?)
      (or (null? list)
          (let loop ((l list))
            (or (null? (cdr l))
                (and (not (less? (cadr l) (car l)))
                     (loop (cdr l)))))))
    (define (vector-sorted? less? v . range)
      (list-sorted? less? (apply vector->list v range)))

    (define (list-stable-sort less? list) (list-sort less? list))
    (define (list-sort! less? list) (list-sort less? list))
    (define (list-stable-sort! less? list) (list-sort less? list))
    (define (vector-stable-sort less? v . range) (apply vector-sort less? v range))
    (define (vector-stable-sort! less? v . range) (apply vector-sort! less? v range))

    (define (list-merge less? a b)
      (check-procedure 'list-merge 1 less?)
      (let loop ((a a) (b b) (merged '()))
        (cond ((null? a) (append-reverse merged b))
              ((null? b) (append-reverse merged a))
              ((less? (car b) (car a)) (loop a (cdr b) (cons (car b) merged)))
              (else (loop (cdr a) b (cons (car a) merged))))))
    (define (list-merge! less? a b) (list-merge less? a b))

    (define vector-merge
      (case-lambda
        ((less? a b) (list->vector (list-merge less? (vector->list a) (vector->list b))))
        ((less? a b start1) (vector-merge less? a b start1 (vector-length a) 0 (vector-length b)))
        ((less? a b start1 end1) (vector-merge less? a b start1 end1 0 (vector-length b)))
        ((less? a b start1 end1 start2) (vector-merge less? a b start1 end1 start2 (vector-length b)))
        ((less? a b start1 end1 start2 end2)
         (list->vector (list-merge less? (vector->list a start1 end1) (vector->list b start2 end2))))))
    (define vector-merge!
      (case-lambda
        ((less? to a b) (vector-merge! less? to a b 0))
        ((less? to a b start . ranges)
         (vector-copy! to start (apply vector-merge less? a b ranges)))))

    ;; Of neighbours that are the same the first one stays.
    (define (list-delete-neighbor-dups same? list)
      (check-procedure 'list-delete-neighbor-dups 1 same?)
      (if (null? list)
          '()
          (let loop ((l (cdr list)) (last (car list)) (kept (cons (car list) '())))
            (cond ((null? l) (reverse kept))
                  ((same? last (car l)) (loop (cdr l) last kept))
                  (else (loop (cdr l) (car l) (cons (car l) kept)))))))
    (define (list-delete-neighbor-dups! same? list) (list-delete-neighbor-dups same? list))
    (define (vector-delete-neighbor-dups same? v . range)
      (list->vector (list-delete-neighbor-dups same? (apply vector->list v range))))
    ;; The index behind the last element that stays.
    (define (vector-delete-neighbor-dups! same? v . range)
      (let ((kept (apply vector-delete-neighbor-dups same? v range)) (start (start-of range)))
        (vector-copy! v start kept)
        (+ start (vector-length kept))))

    (define vector-find-median
      (case-lambda
        ((less? v knil) (median (vector-sort less? v) knil (lambda (a b) (/ (+ a b) 2))))
        ((less? v knil mean) (median (vector-sort less? v) knil mean))))
    (define vector-find-median!
      (case-lambda
        ((less? v knil) (vector-find-median! less? v knil (lambda (a b) (/ (+ a b) 2))))
        ((less? v knil mean)
         (vector-sort! less? v)
         (median v knil mean))))
    (define (median sorted knil mean)
      (let* ((n (vector-length sorted)) (half (quotient n 2)))
        (cond ((= n 0) knil)
              ((odd? n) (vector-ref sorted half))
              (else (mean (vector-ref sorted (- half 1)) (vector-ref sorted half))))))

    ;; The k-th smallest element, counted from 0.
    (define (vector-select! less? v k . range)
      (let ((start (start-of range)))
        (if (not (and (exact-integer? k) (<= 0 k) (< k (- (end-of v range) start))))
            (%wrong-type 'vector-select! 3 "index of an element" k))
        (apply vector-sort! less? v range)
        (vector-ref v (+ start k))))
    ;; The k smallest elements come first.
    (define (vector-separate! less? v k . range)
      (apply vector-sort! less? v range))))
