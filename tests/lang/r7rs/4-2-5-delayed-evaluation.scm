;; R7RS 4.2.5 delayed evaluation. Implicates: runtime promises, vm prelude (force), vm/expand
(import (scheme base) (scheme lazy) (scheme write))

(force (delay (+ 1 2))) ;; expect: 3
(let ((p (delay (+ 1 2)))) (list (force p) (force p))) ;; expect: (3 3)
(define integers (letrec ((next (lambda (n) (delay (cons n (next (+ n 1))))))) (next 0)))
(define head (lambda (stream) (car (force stream))))
(define tail (lambda (stream) (cdr (force stream))))
(head (tail (tail integers))) ;; expect: 2
(define (stream-filter p? s)
  (delay-force
   (if (null? (force s))
       (delay '())
       (let ((h (car (force s)))
             (t (cdr (force s))))
         (if (p? h)
             (delay (cons h (stream-filter p? t)))
             (stream-filter p? t))))))
(head (tail (tail (stream-filter odd? integers)))) ;; expect: 5
(define count 0)
(define p (delay (begin (set! count (+ count 1)) (if (> count x) count (force p)))))
(define x 5)
(promise? p) ;; expect: #t
(force p) ;; expect: 6
(promise? p) ;; expect: #t
(begin (set! x 10) (force p)) ;; expect: 6
(promise? (car (list (delay (* 3 7)) 13))) ;; expect: #t

;; forced once, whatever happens inside
(let ((n 0)) (let ((q (delay (begin (set! n (+ n 1)) n)))) (force q) (force q) (let ((a (force q))) (list a n)))) ;; expect: (1 1)
(begin (delay (display "never")) 'quiet) ;; expect: quiet
(delay (car 5)) 'not-run ;; expect: not-run
(let ((q (delay (begin (display "once") 1)))) (force q) (force q)) ;; expect output: once
(let ((q (delay (begin (display "hi") 1)))) (let ((r (delay (+ (force q) (force q))))) (write (force r)) (write (force r)))) ;; expect output: hi22
(define r (delay (begin (set! count-r (+ count-r 1)) (if (= count-r 1) (force r)) count-r)))
(define count-r 0)
;; The inner force ends first and its value, 2, is the promise's for good.
(let* ((a (force r)) (b (force r))) (list a b count-r)) ;; expect: (2 2 2)
(let ((first? #t)) (define f (delay (if first? (begin (set! first? #f) (force f)) 'second))) (force f)) ;; expect: second
;; A promise whose body raises is not fulfilled and may be forced again.
(let ((n 0)) (define q (delay (begin (set! n (+ n 1)) (if (= n 1) (raise 'first-time) n)))) (let* ((a (guard (e (#t e)) (force q))) (b (force q))) (list a b))) ;; expect: (first-time 2)

;; a delay that returns a promise does not force it; delay-force does
(promise? (force (delay (delay 1)))) ;; expect: #t
(force (force (delay (delay 1)))) ;; expect: 1
(force (delay-force (delay 1))) ;; expect: 1
(force (delay-force (delay-force (delay-force (delay 'deep))))) ;; expect: deep
(let ((n 0)) (define q (delay-force (begin (set! n (+ n 1)) (delay n)))) (let* ((a (force q)) (b (force q))) (list a b n))) ;; expect: (1 1 1)
(let* ((n 0) (inner (delay (begin (set! n (+ n 1)) n))) (outer (delay-force inner))) (let* ((a (force outer)) (b (force inner)) (c (force outer))) (list a b c n))) ;; expect: (1 1 1 1)

;; iterative forcing takes constant space
(define (loop n) (if (= n 0) (delay 'bottom) (delay-force (loop (- n 1)))))
(force (loop 1000000)) ;; expect: bottom
(define (from n) (delay (cons n (from (+ n 1)))))
(define (nth s n) (delay-force (if (= n 0) (delay (car (force s))) (nth (cdr (force s)) (- n 1)))))
(force (nth (from 0) 100000)) ;; expect: 100000
(define (smap f s) (delay (let ((c (force s))) (cons (f (car c)) (smap f (cdr c))))))
(define (take s n) (if (= n 0) '() (let ((c (force s))) (cons (car c) (take (cdr c) (- n 1))))))
(take (smap (lambda (n) (* n n)) (from 1)) 5) ;; expect: (1 4 9 16 25)
(define (sieve s) (delay (let* ((c (force s)) (k (car c))) (cons k (sieve (stream-filter (lambda (m) (not (= 0 (modulo m k)))) (cdr c)))))))
(take (sieve (from 2)) 10) ;; expect: (2 3 5 7 11 13 17 19 23 29)
(define fibs (delay (cons 0 (delay (cons 1 (let add ((a fibs) (b (cdr (force fibs)))) (delay (cons (+ (head a) (head b)) (add (tail a) (tail b))))))))))
(take fibs 12) ;; expect: (0 1 1 2 3 5 8 13 21 34 55 89)

;; make-promise, promise?, force of other objects
(promise? (make-promise 5)) ;; expect: #t
(force (make-promise 5)) ;; expect: 5
(force (make-promise (list 1 2))) ;; expect: (1 2)
(let ((q (delay 1))) (eq? q (make-promise q))) ;; expect: #t
(force (make-promise (make-promise 'x))) ;; expect: x
(promise? 5) ;; expect: #f
(promise? (lambda () 1)) ;; expect: #f
(promise? '()) ;; expect: #f
(promise? (delay 1)) ;; expect: #t
(promise? (delay-force (delay 1))) ;; expect: #t
(define prm (make-parameter 'creation))
;; The parameters and the handler are those of the first force.
(let ((q (parameterize ((prm 'making)) (delay (prm))))) (parameterize ((prm 'forcing)) (force q))) ;; expect: forcing
(let ((q (delay (raise-continuable 'c)))) (with-exception-handler (lambda (e) (list 'handled e)) (lambda () (force q)))) ;; expect: (handled c)
;; An object that is no promise may be returned or refused.
(guard (e (#t 'free)) (if (eqv? (force 5) 5) 'free 'wrong)) ;; expect: free
(procedure? force) ;; expect: #t

;; environment and dynamic context
(let ((y 1)) (let ((q (delay y))) (set! y 2) (force q))) ;; expect: 2
(let ((y 1)) (define q (delay y)) (let ((y 5)) (force q))) ;; expect: 1
(let ((delay list)) (delay 1)) ;; expect: (1)
(let ((lambda list) (make-promise vector)) (force (delay 'hygienic))) ;; expect: hygienic
(delay) ;; expect error: delay: bad syntax
(delay 1 2) ;; expect error: delay: bad syntax
(delay-force) ;; expect error: delay-force: bad syntax
(force) ;; expect error: force: expected 1 argument, got 0
