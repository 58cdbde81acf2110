;; R7RS 4.2.6 dynamic bindings. Implicates: runtime parameters, vm prelude (parameterize, dynamic-wind), continuations
(import (scheme base) (scheme write))

(define radix
  (make-parameter
   10
   (lambda (x) (if (and (exact-integer? x) (<= 2 x 16)) x (error "invalid radix")))))
(define (f n) (number->string n (radix)))
(f 12) ;; expect: "12"
(parameterize ((radix 2)) (f 12)) ;; expect: "1100"
(f 12) ;; expect: "12"
(parameterize ((radix 0)) (f 12)) ;; expect error: invalid radix
(f 12) ;; expect: "12"

(define p (make-parameter 1))
(define q (make-parameter 2))
(p) ;; expect: 1
(procedure? p) ;; expect: #t
(list (parameterize ((p 5)) (p)) (p)) ;; expect: (5 1)
(parameterize () 7) ;; expect: 7
(parameterize ((p 10) (q 20)) (list (p) (q))) ;; expect: (10 20)
(parameterize ((p 10)) (parameterize ((q 20)) (parameterize ((p 30)) (list (p) (q))))) ;; expect: (30 20)
(parameterize ((p 10)) (list (parameterize ((p (+ (p) 1))) (p)) (p))) ;; expect: (11 10)
(parameterize ((p (q)) (q (p))) (list (p) (q))) ;; expect: (2 1)
(parameterize ((p 3)) (define a (p)) (define b (* a 2)) (list a b)) ;; expect: (3 6)
(call-with-values (lambda () (parameterize ((p 3)) (values (p) (q)))) list) ;; expect: (3 2)
(let ((g (lambda () (p)))) (parameterize ((p 'dynamic)) (g))) ;; expect: dynamic
(let ((g (parameterize ((p 'inside)) (lambda () (p))))) (g)) ;; expect: 1
(let ((alias p)) (parameterize ((alias 'through)) (p))) ;; expect: through
(parameterize (((car (list p q)) 'computed)) (p)) ;; expect: computed
(map (lambda (prm) (prm)) (list p q)) ;; expect: (1 2)

;; converters
(define cv (make-parameter 5 (lambda (x) (* x 2))))
(cv) ;; expect: 10
(parameterize ((cv 7)) (cv)) ;; expect: 14
(cv) ;; expect: 10
(parameterize ((cv 1)) (parameterize ((cv (cv))) (cv))) ;; expect: 4
(let ((n 0)) (define c (make-parameter 0 (lambda (x) (set! n (+ n 1)) x))) (parameterize ((c 1)) (c) (c)) (c) n) ;; expect: 2
(let ((log '())) (define c (make-parameter 0 (lambda (x) (set! log (cons x log)) x))) (parameterize ((c 1)) 'body) (reverse log)) ;; expect: (0 1)
(make-parameter 'bad (lambda (x) (error "conversion refused" x))) ;; expect error: conversion refused bad
;; A converter that refuses leaves every binding of the same parameterize as it was.
(guard (e (#t (list (p) (cv)))) (parameterize ((p 99) (cv 'not-a-number)) 'never)) ;; expect: (1 10)

;; leaving by other ways
(list (call/cc (lambda (k) (parameterize ((p 'in)) (k (p))))) (p)) ;; expect: (in 1)
(list (guard (e (#t e)) (parameterize ((p 'in)) (raise (p)))) (p)) ;; expect: (in 1)
(list (guard (e (#t (p))) (parameterize ((p 'in)) (raise 'x)))) ;; expect: (1)
;; A handler runs in the dynamic environment of raise, less the current handler.
(with-exception-handler (lambda (e) (p)) (lambda () (parameterize ((p 'at-raise)) (raise-continuable 'c)))) ;; expect: at-raise
(parameterize ((p 'outer)) (with-exception-handler (lambda (e) (list e (p))) (lambda () (parameterize ((p 'inner)) (list (raise-continuable (p)) (p)))))) ;; expect: ((inner inner) inner)
;; A continuation carries its bindings.
(let ((k #f) (log '()) (n 0))
  (parameterize ((p 'bound))
    (call/cc (lambda (c) (set! k c)))
    (set! log (cons (p) log)))
  (set! log (cons (p) log))
  (set! n (+ n 1))
  (if (< n 3) (parameterize ((p 'elsewhere)) (k #f)))
  (reverse log)) ;; expect: (bound 1 bound 1 bound 1)
(let* ((gen-k #f) (out '()))
  (define (visit) (set! out (cons (p) out)))
  (dynamic-wind visit (lambda () (parameterize ((p 'body)) (visit))) visit)
  (reverse out)) ;; expect: (1 body 1)
(parameterize ((p 'wound)) (let ((out '())) (dynamic-wind (lambda () (set! out (cons (p) out))) (lambda () (parameterize ((p 'deeper)) (set! out (cons (p) out)))) (lambda () (set! out (cons (p) out)))) (reverse out))) ;; expect: (wound deeper wound)

;; tail of the body, depth
(define (nest n) (if (= n 0) (p) (parameterize ((p n)) (nest (- n 1)))))
(nest 10000) ;; expect: 1
(let loop ((i 0)) (if (= i 10000) (p) (begin (parameterize ((p i)) (p)) (loop (+ i 1))))) ;; expect: 1

;; the standard port parameters
(let ((port (open-output-string))) (parameterize ((current-output-port port)) (display "kept") (write 'x)) (get-output-string port)) ;; expect: "keptx"
(parameterize ((current-input-port (open-input-string "abc"))) (let* ((a (read-char)) (b (read-char))) (list a b))) ;; expect: (#\a #\b)
(let ((port (open-output-string))) (parameterize ((current-error-port port)) (display "err" (current-error-port))) (get-output-string port)) ;; expect: "err"
(let ((port (open-output-string))) (guard (e (#t 'escaped)) (parameterize ((current-output-port port)) (display "lost") (raise 'x))) (display "shown")) ;; expect output: shown

;; hygiene and errors
(let ((dynamic-wind list) (p2 (make-parameter 1))) (parameterize ((p2 2)) (p2))) ;; expect: 2
(parameterize ((p)) 1) ;; expect error: parameterize: bad syntax
(parameterize) ;; expect error: parameterize: bad syntax
(guard (e (#t 'raised)) (parameterize ((5 1)) 2)) ;; expect: raised
(define local-p (let ((hidden (make-parameter 'h))) (lambda (thunk) (parameterize ((hidden 'i)) (list (hidden) (thunk) (hidden))))))
(local-p (lambda () (local-p (lambda () 'in)))) ;; expect: (i (i in i) i)
