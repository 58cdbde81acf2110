;; R7RS 6.12 environments and evaluation. Implicates: vm libraries (environment), vm/expand, vm embedding of eval
(import (scheme base) (scheme eval) (scheme repl) (scheme r5rs) (scheme write))

(eval '(* 7 3) (environment '(scheme base))) ;; expect: 21
(let ((f (eval '(lambda (f x) (f x x)) (null-environment 5)))) (f + 10)) ;; expect: 20
(guard (e (#t 'error-is-signaled)) (eval '(define foo 32) (environment '(scheme base)))) ;; expect: error-is-signaled
(define base (environment '(scheme base)))
(eval 5 base) ;; expect: 5
(eval ''(a b) base) ;; expect: (a b)
(eval '(let ((x 1) (y 2)) (list x y)) base) ;; expect: (1 2)
(eval '(let loop ((i 0)) (if (= i 100000) 'done (loop (+ i 1)))) base) ;; expect: done
(eval (list 'quote (list 1 2)) base) ;; expect: (1 2)
(eval (list + 1 2) base) ;; expect: 3
(eval `(,car '(9 8)) base) ;; expect: 9
((eval 'car base) '(1 2)) ;; expect: 1
(eq? car (eval 'car base)) ;; expect: #t
(map (lambda (op) (eval (list op 6 3) base)) '(+ - * /)) ;; expect: (9 3 18 2)
(eval '(call/cc (lambda (k) (+ 1 (k 5)))) base) ;; expect: 5
(call/cc (lambda (k) (eval `(+ 1 (,k 'out)) base))) ;; expect: out
(guard (e (#t e)) (eval '(raise 'inside) base)) ;; expect: inside
(call-with-values (lambda () (eval '(values 1 2) base)) list) ;; expect: (1 2)
(eval '(let-syntax ((m (syntax-rules () ((_ a) (list a a))))) (m 1)) base) ;; expect: (1 1)
(eval '(let () (define (f n) (if (= n 0) 1 (* n (f (- n 1))))) (f 10)) base) ;; expect: 3628800
(let ((x 'local)) (guard (e (#t 'not-visible)) (eval 'x base))) ;; expect: not-visible
(eval '(let ((e (lambda (x) (* x x)))) (map e '(1 2 3))) base) ;; expect: (1 4 9)

;; environment takes import sets
(eval '(quote a) (environment '(prefix (scheme base) b:))) ;; expect error: unbound variable
(eval '(b:car (b:list 1 2)) (environment '(prefix (scheme base) b:))) ;; expect: 1
(eval '(plus 1 2) (environment '(rename (only (scheme base) +) (+ plus)))) ;; expect: 3
(eval '(first (list 1 2)) (environment '(only (scheme base) list) '(rename (only (scheme base) car) (car first)))) ;; expect: 1
(eval 'cdr (environment '(only (scheme base) car))) ;; expect error: unbound variable: cdr
(eval 'car (environment '(except (scheme base) car))) ;; expect error: unbound variable: car
(eval '(caddr (list 1 2 (string-upcase "x"))) (environment '(scheme base) '(scheme cxr) '(scheme char))) ;; expect: "X"
(eval '(if #t 1 2) (environment '(only (scheme base) if))) ;; expect: 1
(environment '(no such library)) ;; expect error: no such library

;; interaction-environment
(define here (interaction-environment))
(eval '(define from-eval 5) here)
(eval '(+ from-eval 1) here) ;; expect: 6
(eval '(begin (define ev-a 1) (define (ev-f) (+ ev-a 10))) here)
(eval '(ev-f) here) ;; expect: 11
(eval '(set! ev-a 5) here)
(eval '(ev-f) here) ;; expect: 15
(eval '(define-syntax ev-m (syntax-rules () ((_ x) (list 'm x)))) here)
(eval '(ev-m 1) here) ;; expect: (m 1)
(eval '(define-values (ev-p ev-q) (values 1 2)) here)
(eval '(list ev-p ev-q) here) ;; expect: (1 2)
(eval '(define-record-type ev-rec (make-ev x) ev? (x ev-x)) here)
(eval '(ev-x (make-ev 7)) here) ;; expect: 7

;; the environments of R5RS
(eval '(if #t (let ((x 1)) x) 2) (null-environment 5)) ;; expect: 1
(eval '(car '(1 2)) (scheme-report-environment 5)) ;; expect: 1
(eval '(let loop ((i 0)) (if (< i 5) (loop (+ i 1)) i)) (scheme-report-environment 5)) ;; expect: 5
(eval 'car (null-environment 5)) ;; expect error: unbound variable: car
(eval '(if) base) ;; expect error: if: bad syntax
(eval 'no-such-variable-q base) ;; expect error: unbound variable: no-such-variable-q
