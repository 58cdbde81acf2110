;; R7RS 6.11 exceptions. Implicates: runtime conditions, vm prelude (with-exception-handler, raise), unwinding in each tier
(import (scheme base) (scheme write) (scheme read) (scheme file))

(call-with-current-continuation (lambda (k) (with-exception-handler (lambda (x) (k 'exception)) (lambda () (+ 1 (raise 'an-error)))))) ;; expect: exception
(call-with-current-continuation
 (lambda (k)
  (with-exception-handler
   (lambda (x) (display "condition: ") (write x) (newline) (k 'exception))
   (lambda () (+ 1 (raise 'an-error)))))) ;; expect output: condition: an-error\n
;; After the handler of raise returns, a second exception is raised in the outer handler's environment.
(guard (e (#t (display "second"))) (with-exception-handler (lambda (x) (display "something went wrong\n")) (lambda () (+ 1 (raise 'an-error))))) ;; expect output: something went wrong\nsecond
(with-exception-handler
  (lambda (con) (cond ((string? con) (display con)) (else (display "a warning has been issued"))) 42)
  (lambda () (+ (raise-continuable "should be a number") 23))) ;; expect output: should be a number
(with-exception-handler (lambda (con) 42) (lambda () (+ (raise-continuable "should be a number") 23))) ;; expect: 65
(define (null-list? l) (cond ((pair? l) #f) ((null? l) #t) (else (error "null-list?: argument out of domain" l))))
(list (null-list? '(1)) (null-list? '())) ;; expect: (#f #t)
(null-list? 5) ;; expect error: null-list?: argument out of domain 5

;; uncaught
(raise 'some-symbol) ;; expect error: some-symbol
(raise 42) ;; expect error: 42
(raise (list 1 "two" #\3)) ;; expect error: (1 "two" #\3)
(raise-continuable 'continuable) ;; expect error: continuable
(error "msg" 1 "a") ;; expect error: msg 1 "a"
(error "only a message") ;; expect error: only a message
(error "with a list" '(1 "x" #\y) 'sym 1.5) ;; expect error: with a list (1 "x" #\y) sym 1.5

;; with-exception-handler
(with-exception-handler (lambda (e) 'unused) (lambda () 'no-exception)) ;; expect: no-exception
(call-with-values (lambda () (with-exception-handler list (lambda () (values 1 2)))) list) ;; expect: (1 2)
(with-exception-handler (lambda (e) (* e 2)) (lambda () (list (raise-continuable 1) (raise-continuable 2)))) ;; expect: (2 4)
(with-exception-handler (lambda (e) (list 'outer e)) (lambda () (with-exception-handler (lambda (e) (raise-continuable (list 'inner e))) (lambda () (raise-continuable 1))))) ;; expect: (outer (inner 1))
;; A handler runs with the outer handler installed.
(call/cc (lambda (k) (with-exception-handler (lambda (e) (k (list 'outer e))) (lambda () (with-exception-handler (lambda (e) (raise (list 'from-inner e))) (lambda () (raise 1))))))) ;; expect: (outer (from-inner 1))
(call/cc (lambda (k) (with-exception-handler (lambda (e) (k (error-object-message e))) (lambda () (with-exception-handler (lambda (e) (error "in handler")) (lambda () (car 5))))))) ;; expect: "in handler"
;; After the handled region the old handler is back.
(with-exception-handler (lambda (e) 'outer) (lambda () (let* ((a (with-exception-handler (lambda (e) 'inner) (lambda () (raise-continuable 1)))) (b (raise-continuable 2))) (list a b)))) ;; expect: (inner outer)
(with-exception-handler (lambda (e) 'outer) (lambda () (call/cc (lambda (k) (with-exception-handler (lambda (e) 'inner) (lambda () (k #f))))) (raise-continuable 1))) ;; expect: outer
;; A continuation that is entered again brings back its handler.
(let ((k #f) (log '())) (with-exception-handler (lambda (e) (set! log (cons (list 'h e) log))) (lambda () (call/cc (lambda (c) (set! k c))) (raise-continuable (length log)))) (if (< (length log) 3) (k #f)) (reverse log)) ;; expect: ((h 0) (h 1) (h 2))
(let ((log '())) (call/cc (lambda (k) (with-exception-handler (lambda (e) (set! log (cons 'handler log)) (k #f)) (lambda () (dynamic-wind (lambda () (set! log (cons 'in log))) (lambda () (raise 'x)) (lambda () (set! log (cons 'out log)))))))) (reverse log)) ;; expect: (in handler out)
(guard (e (#t 'raised)) (with-exception-handler 5 (lambda () 1))) ;; expect: raised
(with-exception-handler (lambda (e) 1)) ;; expect error: with-exception-handler: expected 2 arguments, got 1
;; Errors of primitives come to handlers as raise does.
(call/cc (lambda (k) (with-exception-handler (lambda (e) (k (error-object? e))) (lambda () (+ 1 (vector-ref #(1) 5)))))) ;; expect: #t
(call/cc (lambda (k) (with-exception-handler (lambda (e) (k 'caught)) (lambda () (+ 1 (undefined-proc-q 5)))))) ;; expect: caught
(guard (e (#t 'secondary)) (with-exception-handler (lambda (e) 'ignored) (lambda () (error "not continuable")))) ;; expect: secondary
(guard (e ((string? e) 'secondary-is-not-the-string) (else 'secondary)) (with-exception-handler (lambda (e) 'ignored) (lambda () (raise "payload")))) ;; expect: secondary
(with-exception-handler (lambda (e) 10) (lambda () (let loop ((i 0) (s 0)) (if (= i 10000) s (loop (+ i 1) (+ s (raise-continuable i))))))) ;; expect: 100000
(define (nested-handlers n) (if (= n 0) (raise-continuable 'x) (with-exception-handler (lambda (e) (raise-continuable (list e))) (lambda () (nested-handlers (- n 1))))))
(with-exception-handler (lambda (e) e) (lambda () (nested-handlers 4))) ;; expect: ((((x))))

;; error objects
(define (catch thunk) (call/cc (lambda (k) (with-exception-handler k thunk))))
(define e1 (catch (lambda () (error "the message" 1 'two "three" '(4)))))
(error-object? e1) ;; expect: #t
(error-object-message e1) ;; expect: "the message"
(error-object-irritants e1) ;; expect: (1 two "three" (4))
(error-object-irritants (catch (lambda () (error "none")))) ;; expect: ()
(map error-object? (list 'x "s" 5 '() #f (list "msg" 1))) ;; expect: (#f #f #f #f #f #f)
(error-object? (catch (lambda () (raise 'sym)))) ;; expect: #f
(catch (lambda () (raise 'sym))) ;; expect: sym
(eq? e1 (catch (lambda () (raise e1)))) ;; expect: #t
(string? (error-object-message (catch (lambda () (car 5))))) ;; expect: #t
(list? (error-object-irritants (catch (lambda () (car 5))))) ;; expect: #t
(let ((irritant (list 1 2))) (eq? irritant (car (error-object-irritants (catch (lambda () (error "m" irritant))))))) ;; expect: #t
(error-object-message 'x) ;; expect error: error-object-message: argument 1
(list (read-error? e1) (file-error? e1)) ;; expect: (#f #f)
(map read-error? (list 'x 5 "s")) ;; expect: (#f #f #f)
(map file-error? (list 'x 5 "s")) ;; expect: (#f #f #f)
(let ((e (catch (lambda () (open-input-file "/no/such/directory/no-such-file"))))) (list (file-error? e) (read-error? e))) ;; expect: (#t #f)
(let ((e (catch (lambda () (read (open-input-string "(1 2")))))) (list (read-error? e) (file-error? e))) ;; expect: (#t #f)
(read-error? (catch (lambda () (read (open-input-string ")"))))) ;; expect: #t
(read-error? (catch (lambda () (read (open-input-string "#(1 . 2)"))))) ;; expect: #t
(file-error? (catch (lambda () (delete-file "/no/such/directory/no-such-file")))) ;; expect: #t
