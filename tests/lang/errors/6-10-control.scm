;; Errors of R7RS 6.10 control features, 6.11 exceptions and 6.12 environments. Implicates: prelude higher-order procedures, calls, conditions and handlers, eval.
(import (scheme base) (scheme char) (scheme eval) (scheme repl))

;; 6.10 apply, map and their kin
(apply) ;; expect error: apply: expected at least
(apply 5 '()) ;; expect error: expected procedure, got 5
(apply 5 1 '(2)) ;; expect error: expected procedure, got 5
(apply + 1 2) ;; expect error: apply: argument 3: expected list, got 2
(apply + 5) ;; expect error: apply: argument 2: expected list, got 5
(apply + '(1 . 2)) ;; expect error: apply: argument 2: expected list, got (1 . 2)
(apply + 1 '(2 3 . 4)) ;; expect error: apply: argument 3: expected list, got (2 3 . 4)
(apply + (let ((l (list 1 2))) (set-cdr! (cdr l) l) l)) ;; expect error: apply: argument 2: expected list
(apply car '(1 2)) ;; expect error: car: expected 1 argument, got 2
(apply car '(1)) ;; expect error: car: argument 1: expected pair, got 1
(apply (lambda (a b . c) c) '(1)) ;; expect error: expected at least 2 arguments, got 1
(map) ;; expect error: map: expected at least
(map car) ;; expect error: map: expected at least
(map 5 '(1)) ;; expect error: expected procedure, got 5
(map car '(1)) ;; expect error: car: argument 1: expected pair, got 1
(map (lambda (x) x) '(1) '(2)) ;; expect error: expected 1 argument, got 2
(map (lambda (x y) x) '(1)) ;; expect error: expected 2 arguments, got 1
(map + '(1 2) '(a b)) ;; expect error: +: argument 2: expected number, got a
(for-each 'a '(1)) ;; expect error: expected procedure, got a
(for-each (lambda (x) (error "stop at" x)) '(1 2 3)) ;; expect error: stop at 1
(vector-map 5 #(1)) ;; expect error: expected procedure, got 5
(vector-map car) ;; expect error: vector-map: expected at least
(vector-map (lambda () 1) #(1)) ;; expect error: expected 0 arguments, got 1
(vector-for-each car #((1) 2)) ;; expect error: car: argument 1: expected pair, got 2
(string-map char-upcase 'abc) ;; expect error: expected string, got abc
(string-map (lambda (c) 5) "abc") ;; expect error: expected char, got 5
(string-map 5 "a") ;; expect error: expected procedure, got 5
(string-for-each char-upcase #(1)) ;; expect error: expected string, got #(1)
(string-for-each 5 "a") ;; expect error: expected procedure, got 5
(call-with-current-continuation 5) ;; expect error: expected procedure, got 5
(call-with-current-continuation) ;; expect error: expected 1 argument, got 0
(call-with-current-continuation (lambda () 1)) ;; expect error: expected 0 arguments, got 1
(call-with-values 5 list) ;; expect error: expected procedure, got 5
(call-with-values (lambda () 1) 5) ;; expect error: expected procedure, got 5
(call-with-values (lambda () (values 1 2)) (lambda (a) a)) ;; expect error: expected 1 argument, got 2
(call-with-values (lambda () (values)) (lambda (a) a)) ;; expect error: expected 1 argument, got 0
(call-with-values (lambda (x) x) list) ;; expect error: expected 1 argument, got 0
(dynamic-wind 5 (lambda () 1) (lambda () 2)) ;; expect error: expected procedure, got 5
(dynamic-wind (lambda () 1) 5 (lambda () 2)) ;; expect error: expected procedure, got 5
(dynamic-wind (lambda () 1)) ;; expect error: dynamic-wind: expected 3 arguments, got 1
(define trace '())
(define (note x) (set! trace (cons x trace)))
(dynamic-wind (lambda () (note 'in)) (lambda () (car 5)) (lambda () (note 'out))) ;; expect error: car: argument 1: expected pair, got 5
(dynamic-wind (lambda () (note 'in2)) (lambda () (guard (e (#t (note 'handled))) (error "inner"))) (lambda () (note 'out2)))
(reverse trace) ;; expect: (in out in2 handled out2)
(procedure?) ;; expect error: procedure?: expected 1 argument, got 0

;; 6.11 exceptions
(raise 'some-symbol) ;; expect error: some-symbol
(raise 42) ;; expect error: 42
(raise '(a "b" #\c)) ;; expect error: (a "b" #\c)
(raise "text") ;; expect error: "text"
(raise #f) ;; expect error: #f
(raise (list 1 2.5)) ;; expect error: (1 2.5)
(raise) ;; expect error: raise: expected 1 argument, got 0
(raise-continuable 'continuable) ;; expect error: continuable
(error "msg" 1 "a") ;; expect error: msg 1 "a"
(error "only a message") ;; expect error: only a message
(error "several:" 'sym #\c '(1 "two") 3.5) ;; expect error: several: sym #\c (1 "two") 3.5
(error) ;; expect error: error: expected at least 1 argument, got 0
(with-exception-handler 5 (lambda () 1)) ;; expect error: expected procedure, got 5
(with-exception-handler (lambda (e) 1) 5) ;; expect error: expected procedure, got 5
(with-exception-handler (lambda (e) 1)) ;; expect error: with-exception-handler: expected 2 arguments, got 1
(with-exception-handler (lambda (e) 0) (lambda () (+ 1 (raise 'an-error)))) ;; expect error: handler
(with-exception-handler (lambda (e) 0) (lambda () (+ 1 (error "not continuable")))) ;; expect error: handler
(with-exception-handler (lambda (e) 0) (lambda () (+ 1 (raise-continuable 'fine)))) ;; expect: 1
(guard (outer (#t 'outer-saw-a-second-exception)) (with-exception-handler (lambda (e) 'returned) (lambda () (raise 'first)))) ;; expect: outer-saw-a-second-exception
(with-exception-handler (lambda (e) (raise (list 'from-handler e))) (lambda () (raise 'x))) ;; expect error: (from-handler x)
(with-exception-handler (lambda (e) (car e)) (lambda () (raise-continuable 5))) ;; expect error: car: argument 1: expected pair, got 5
(with-exception-handler (lambda () 1) (lambda () (raise 'x))) ;; expect error: expected 0 arguments, got 1
(with-exception-handler (lambda (k) (raise k)) (lambda () (with-exception-handler (lambda (e) (raise (list e 'inner))) (lambda () (raise 'deep))))) ;; expect error: (deep inner)
(error-object-message 5) ;; expect error: error-object-message: argument 1
(error-object-irritants 'a) ;; expect error: error-object-irritants: argument 1
(guard (e ((error-object? e) (list (error-object-message e) (error-object-irritants e)))) (error "msg" 1 "a" 'b)) ;; expect: ("msg" (1 "a" b))
(map error-object? (list 5 'a "text" '(1))) ;; expect: (#f #f #f #f)
(map file-error? (list 5 'a "text")) ;; expect: (#f #f #f)
(map read-error? (list 5 'a "text")) ;; expect: (#f #f #f)
(guard (e ((error-object? e) (list (file-error? e) (read-error? e)))) (error "plain")) ;; expect: (#f #f)
(guard (e (#t 'caught)) (car 5)) ;; expect: caught
(guard (e (#t 'caught)) (undefined-procedure 5)) ;; expect: caught
(guard (e (#t 'caught)) ((lambda (x) x))) ;; expect: caught
(guard (e (#t 'caught)) (vector-ref (vector 1) 1)) ;; expect: caught
(guard (e (#t 'caught)) (5 5)) ;; expect: caught
(guard (e (#t 'caught)) (quotient 1 0)) ;; expect: caught
(guard (e (#t 'caught)) (string->symbol 5)) ;; expect: caught
(guard (e (#t 'caught)) (letrec ((a b) (b 1)) a)) ;; expect: caught
(guard (e (#t 'caught)) (eval '(if) (environment '(scheme base)))) ;; expect: caught

;; 6.12 environments and evaluation
(eval 'no-such-variable (environment '(scheme base))) ;; expect error: unbound variable: no-such-variable
(eval '(car 5) (environment '(scheme base))) ;; expect error: car: argument 1: expected pair, got 5
(eval '(if) (environment '(scheme base))) ;; expect error: if: bad syntax
(eval 'cdr (environment '(only (scheme base) car))) ;; expect error: unbound variable: cdr
(eval '(lambda (x x) 1) (environment '(scheme base))) ;; expect error: lambda: bad syntax
(environment '(no such library)) ;; expect error: library (no such library) not found
(environment '(only (scheme base) no-such-name)) ;; expect error: does not export
(environment 5) ;; expect error: 5
(eval 1 5) ;; expect error: eval: argument 2
(eval) ;; expect error: eval: expected
