;; A generator over n elements that leaves and enters itself by call/cc, once for each element.
(import (scheme base) (bench))

;; (make-generator walk): walk is called with the procedure that hands out an element. The generator gives the
;; elements one after the other, then #f.
(define (make-generator walk)
  (define return #f)
  (define (resume-first ignored)
    (walk (lambda (element)
            (call-with-current-continuation
             (lambda (k)
               (set! resume k)
               (return element)))))
    (set! resume (lambda (ignored) (return #f)))
    (return #f))
  (define resume resume-first)
  (lambda ()
    (call-with-current-continuation
     (lambda (k)
       (set! return k)
       (resume #f)))))

(define (run n)
  (let ((next (make-generator
               (lambda (yield)
                 (do ((i 1 (+ i 1)))
                     ((> i n))
                   (yield i))))))
    (let loop ((sum 0))
      (let ((element (next)))
        (if element
            (loop (+ sum element))
            sum)))))

(benchmark run
  '((1000000 500000500000)
    (100000 5000050000)))
