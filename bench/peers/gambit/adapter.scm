;; What stands before each program when Gambit compiles it: gsc -exe -prelude '(include "adapter.scm")'. What the
;; programs use of R7RS-small, SRFI 69 and SRFI 132, where Gambit 4.9.3 has it not or otherwise.
(declare (standard-bindings) (extended-bindings) (block))

(define-macro (import . sets) '(begin))

;; (guard (e clause ...) body ...), without re-raising in the place of the raise: no program here needs that.
(define-macro (guard binding . body)
  (let ((leave (gensym)) (e (car binding)) (clauses (cdr binding)))
    `((call-with-current-continuation
       (lambda (,leave)
         (with-exception-handler
          (lambda (,e)
            (,leave (lambda ()
                      (cond ,@clauses
                            ,@(if (assq 'else clauses) '() `((else (raise ,e))))))))
          (lambda ()
            (let ((result (let () ,@body)))
              (lambda () result)))))))))

;; Gambit's raise returns what the handler returns.
(define (raise-continuable x) (raise x))

(define (exact x) (inexact->exact x))
(define (inexact x) (exact->inexact x))

(define (make-hash-table equivalence) (make-table test: equivalence))
(define (hash-table-set! table key value) (table-set! table key value))
(define (hash-table-ref/default table key default) (table-ref table key default))
(define (hash-table-delete! table key) (table-set! table key))
(define (hash-table-size table) (table-length table))
(define (hash-table-keys table) (map car (table->list table)))

(define (vector-map f v)
  (let* ((n (vector-length v)) (result (make-vector n)))
    (do ((i 0 (+ i 1)))
        ((= i n) result)
      (vector-set! result i (f (vector-ref v i))))))

(define (list-sort less? list)
  (define (merge a b)
    (let loop ((a a) (b b) (merged '()))
      (cond ((null? a) (append-reverse merged b))
            ((null? b) (append-reverse merged a))
            ((less? (car b) (car a)) (loop a (cdr b) (cons (car b) merged)))
            (else (loop (cdr a) b (cons (car a) merged))))))
  (define (append-reverse a b)
    (if (null? a)
        b
        (append-reverse (cdr a) (cons (car a) b))))
  (define (sort list n)
    (cond ((= n 0) '())
          ((= n 1) (cons (car list) '()))
          (else
           (let ((half (quotient n 2)))
             (merge (sort list half) (sort (list-tail list half) (- n half)))))))
  (sort list (length list)))

(define (vector-sort less? v) (list->vector (list-sort less? (vector->list v))))

(define (input-file) (list-ref (command-line) 2))

(define (benchmark run known)
  (let* ((size (string->number (list-ref (command-line) 1)))
         (start (f64vector-ref (##process-statistics) 0))
         (system (f64vector-ref (##process-statistics) 1))
         (result (run size))
         (end (##process-statistics)))
    (for-each display
              (list "cpu " (- (+ (f64vector-ref end 0) (f64vector-ref end 1)) start system)
                    "\nresult " result "\n"))))
