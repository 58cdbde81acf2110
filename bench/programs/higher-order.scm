;; map, for-each, vector-map, apply and a fold with small procedures over lists of 1,000 elements; n times.
(import (scheme base) (bench))

(define (iota n)
  (let loop ((i (- n 1)) (list '()))
    (if (< i 0)
        list
        (loop (- i 1) (cons i list)))))

(define (fold f start list)
  (if (null? list)
      start
      (fold f (f (car list) start) (cdr list))))

(define (run n)
  (let* ((numbers (iota 1000))
         (squares (map (lambda (x) (* x x)) numbers))
         (vector (list->vector numbers)))
    (let loop ((i 0) (total 0))
      (if (= i n)
          total
          (let ((evens 0))
            (for-each (lambda (x) (if (even? x) (set! evens (+ evens 1)))) numbers)
            (loop (+ i 1)
                  (+ total
                     evens
                     (fold + 0 (map (lambda (x) (* x 2)) numbers))
                     (apply + (map (lambda (x y) (- y x)) numbers squares))
                     (vector-ref (vector-map (lambda (x) (+ x i)) vector) 999))))))))

(benchmark run
  '((3000 1000007995500)
    (300 100000394550)))
