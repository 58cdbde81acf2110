;; R7RS 4.2.7 exception handling (guard). Implicates: vm prelude (guard, dynamic-wind), runtime conditions, unwinding in each tier
(import (scheme base) (scheme write))

(guard (condition ((assq 'a condition) => cdr) ((assq 'b condition))) (raise (list (cons 'a 42)))) ;; expect: 42
(guard (condition ((assq 'a condition) => cdr) ((assq 'b condition))) (raise (list (cons 'b 23)))) ;; expect: (b . 23)
(guard (e (#t 'caught)) (raise 'oops)) ;; expect: caught
(guard (e (#t e)) (raise 'oops)) ;; expect: oops
(guard (e (else (list 'else e))) (raise 1)) ;; expect: (else 1)
(guard (e (#f 'never)) 'no-raise) ;; expect: no-raise
(guard (e ((symbol? e) (list 'sym e)) ((string? e) (list 'str e))) (raise "s")) ;; expect: (str "s")
(guard (e ((symbol? e) 1) ((string? e) 2)) (raise 3)) ;; expect error: 3
(guard (outer (#t (list 'outer outer))) (guard (e ((string? e) 'inner)) (raise 'x))) ;; expect: (outer x)
(guard (outer (#t (list 'outer outer))) (guard (e ((symbol? e) 'inner)) (raise 'x))) ;; expect: inner
(guard (e (#t (list 'rethrown e))) (guard (e (#t (raise (list e)))) (raise 'x))) ;; expect: (rethrown (x))
(guard (e (#t (error-object-message e))) (error "the message" 1 2)) ;; expect: "the message"
(guard (e (#t (error-object-irritants e))) (error "the message" 1 "two" '(3))) ;; expect: (1 "two" (3))
(guard (e ((error-object? e) 'object) (else 'other)) (error "m")) ;; expect: object
(guard (e ((error-object? e) 'object) (else 'other)) (raise 'm)) ;; expect: other
(guard (e ((error-object? e) 'object) (else 'other)) (car 5)) ;; expect: object
(guard (e ((error-object? e) 'object) (else 'other)) (vector-ref (vector 1 2) 2)) ;; expect: object
(guard (e ((error-object? e) 'object) (else 'other)) (quotient 1 0)) ;; expect: object
(guard (e ((error-object? e) 'object) (else 'other)) unbound-in-guard-q) ;; expect: object
(guard (e ((error-object? e) 'object) (else 'other)) (5 5)) ;; expect: object
(guard (e ((error-object? e) 'object) (else 'other)) ((lambda (x) x))) ;; expect: object
(guard (e (#t (eq? e #f))) (raise #f)) ;; expect: #t
(guard (e ((null? e) 'null)) (raise '())) ;; expect: null
(guard (e (#t 1)) (guard (e (#f 2)) (raise 'through))) ;; expect: 1

;; clauses are those of cond
(guard (e (e)) (raise 7)) ;; expect: 7
(guard (e ((memv e '(1 2 3)) => cdr) (else 'none)) (raise 2)) ;; expect: (3)
(guard (e ((memv e '(1 2 3)) => cdr) (else 'none)) (raise 9)) ;; expect: none
(guard (e (#t 1 2 3)) (raise 'x)) ;; expect: 3
(guard (e ((begin (display "test1 ") #f) 1) ((begin (display "test2") #t) 2)) (raise 'x)) ;; expect output: test1 test2
(call-with-values (lambda () (guard (e (#t (values e 2))) (raise 1))) list) ;; expect: (1 2)
(call-with-values (lambda () (guard (e (#t 'no)) (values 1 2 3))) list) ;; expect: (1 2 3)
(guard (e (#t 'handled)) (define a 1) (define b 2) (+ a b)) ;; expect: 3
(let ((=> #f)) (guard (e (#t => 'ok)) (raise 'x))) ;; expect: ok
(let ((e 'outer)) (list (guard (e (#t e)) (raise 'inner)) e)) ;; expect: (inner outer)
(guard (e ((begin (set! e 'changed) #t) e)) (raise 'x)) ;; expect: changed

;; the body's continuation and its dynamic extent
(+ 1 (guard (e (#t 10)) (+ 100 (raise 'x)))) ;; expect: 11
(let ((log '())) (define (note x) (set! log (cons x log))) (guard (e (#t (note e))) (dynamic-wind (lambda () (note 'in)) (lambda () (raise 'boom)) (lambda () (note 'out)))) (reverse log)) ;; expect: (in out boom)
;; No clause matches: the raise goes on in the dynamic environment of the original call, so the winds are entered again.
(let ((log '()))
  (define (note x) (set! log (cons x log)))
  (guard (outer (#t (note 'outer)))
    (guard (e ((begin (note 'test) #f) 'never))
      (dynamic-wind (lambda () (note 'in)) (lambda () (raise 'boom)) (lambda () (note 'out)))))
  (reverse log)) ;; expect: (in out test in out outer)
;; raise-continuable through a guard that declines returns to the body
(with-exception-handler (lambda (e) 42) (lambda () (guard (e ((string? e) 'str)) (+ 1 (raise-continuable 'c))))) ;; expect: 43
(with-exception-handler (lambda (e) (list 'h e)) (lambda () (guard (a (#f 'never)) (guard (b (#f 'never)) (list 'back (raise-continuable 'c)))))) ;; expect: (back (h c))
(guard (e (#t (list 'guard e))) (with-exception-handler (lambda (e) (raise (list 'again e))) (lambda () (raise 'first)))) ;; expect: (guard (again first))
(guard (e ((string? e) e)) (with-exception-handler (lambda (e) "from handler") (lambda () (raise-continuable 1)))) ;; expect: "from handler"
(let ((k #f) (n 0)) (guard (e (#t (set! n (+ n 1)) (if (< n 3) (k 'again) (list n e)))) (call/cc (lambda (c) (set! k c))) (raise 'r))) ;; expect: (3 r)
(call/cc (lambda (k) (guard (e (#t 'never)) (k 'escaped)))) ;; expect: escaped
(call/cc (lambda (k) (guard (e (#t (k (list 'via-k e)))) (raise 1)) 'not-here)) ;; expect: (via-k 1)

;; in loops, in depth, from procedures called by library procedures
(let loop ((i 0) (acc '())) (if (= i 4) (reverse acc) (loop (+ i 1) (cons (guard (e (#t (* e 10))) (if (odd? i) (raise i) i)) acc)))) ;; expect: (0 10 2 30)
(define (deep n) (if (= n 0) (raise 'bottom) (+ 1 (deep (- n 1)))))
(guard (e (#t e)) (deep 10000)) ;; expect: bottom
(define (guarded n) (if (= n 0) (raise 'core) (guard (e ((string? e) 'no)) (+ 1 (guarded (- n 1))))))
(guard (e (#t e)) (guarded 50)) ;; expect: core
(guard (e (#t e)) (map (lambda (x) (if (= x 2) (raise 'in-map) x)) '(1 2 3))) ;; expect: in-map
(guard (e (#t e)) (vector-for-each (lambda (x) (if (= x 2) (raise x))) #(1 2 3))) ;; expect: 2
(guard (e (#t e)) (call-with-values (lambda () (raise 'producer)) list)) ;; expect: producer
(guard (e (#t e)) (dynamic-wind (lambda () (raise 'before)) (lambda () 'body) (lambda () #f))) ;; expect: before
(guard (e (#t e)) (dynamic-wind (lambda () #f) (lambda () 'body) (lambda () (raise 'after)))) ;; expect: after
(let loop ((i 0) (sum 0)) (if (= i 20000) sum (loop (+ i 1) (+ sum (guard (e (#t e)) (raise 1)))))) ;; expect: 20000

;; hygiene and errors
(let ((call/cc list) (with-exception-handler vector) (raise-continuable list) (condition 5)) (guard (e (#t (list e condition))) (raise 'h))) ;; expect: (h 5)
(guard) ;; expect error: guard: bad syntax
(guard (5 (#t 1)) 2) ;; expect error: guard: bad syntax
(guard (e (#t 1))) ;; expect error: guard: bad syntax
(guard (e ((raise 'from-test) 1)) (raise 'x)) ;; expect error: from-test
