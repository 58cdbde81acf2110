;; Two coroutines that hand a number to and fro, and a generator that walks a tree in depth, n times each.
(import (scheme base) (bench))

;; (body yield value): what the coroutine does; yield leaves it with a value and answers the next one it gets.
(define (make-coroutine body)
  (define return #f)
  (define (yield value)
    (call-with-current-continuation
     (lambda (k)
       (set! resume k)
       (return value))))
  (define resume
    (lambda (value) (body yield value)))
  (lambda (value)
    (call-with-current-continuation
     (lambda (k)
       (set! return k)
       (resume value)))))

(define (adder step)
  (make-coroutine
   (lambda (yield value)
     (let loop ((value value))
       (loop (yield (+ value step)))))))

(define (to-and-fro n)
  (let ((one (adder 1)) (two (adder 2)))
    (do ((i 0 (+ i 1))
         (value 0 (two (one value))))
        ((= i n) value))))

(define (tree leaves)
  (if (= leaves 1)
      1
      (let ((half (quotient leaves 2)))
        (cons (tree half) (tree (- leaves half))))))

;; The leaves, one by one, then #f.
(define (walker tree)
  (make-coroutine
   (lambda (yield ignored)
     (let walk ((tree tree))
       (if (pair? tree)
           (begin
             (walk (car tree))
             (walk (cdr tree)))
           (yield tree)))
     (let loop ()
       (yield #f)
       (loop)))))

(define (count-leaves tree)
  (let ((next (walker tree)))
    (let loop ((sum 0))
      (let ((leaf (next #f)))
        (if leaf
            (loop (+ sum leaf))
            sum)))))

(define (run n)
  (+ (to-and-fro n) (count-leaves (tree n))))

(benchmark run
  '((300000 1200000)
    (30000 120000)))
