;; R7RS 4.3.1 binding constructs for syntactic keywords, and hygiene. Implicates: vm/expand (scopes, renaming)
(import (scheme base) (scheme write))

(let-syntax ((given-that (syntax-rules () ((given-that test stmt1 stmt2 ...) (if test (begin stmt1 stmt2 ...))))))
  (let ((if #t)) (given-that if (set! if 'now)) if)) ;; expect: now
(let ((x 'outer)) (let-syntax ((m (syntax-rules () ((m) x)))) (let ((x 'inner)) (m)))) ;; expect: outer
(letrec-syntax
    ((my-or (syntax-rules ()
              ((my-or) #f)
              ((my-or e) e)
              ((my-or e1 e2 ...) (let ((temp e1)) (if temp temp (my-or e2 ...)))))))
  (let ((x #f) (y 7) (temp 8) (let odd?) (if even?))
    (my-or x (let temp) (if y) y))) ;; expect: 7

;; let-syntax: transformers see the outer scope; letrec-syntax: they see each other
(let-syntax () 5) ;; expect: 5
(letrec-syntax () 5) ;; expect: 5
(let-syntax ((a (syntax-rules () ((_) 'a))) (b (syntax-rules () ((_ x) (list x x))))) (b (a))) ;; expect: (a a)
(let-syntax ((f (syntax-rules () ((_) 'outer)))) (let-syntax ((f (syntax-rules () ((_) 'inner))) (g (syntax-rules () ((_) (f))))) (list (f) (g)))) ;; expect: (inner outer)
(let-syntax ((f (syntax-rules () ((_) 'outer)))) (letrec-syntax ((f (syntax-rules () ((_) 'inner))) (g (syntax-rules () ((_) (f))))) (list (f) (g)))) ;; expect: (inner inner)
(letrec-syntax ((ev? (syntax-rules () ((_) #t) ((_ x . r) (od? . r)))) (od? (syntax-rules () ((_) #f) ((_ x . r) (ev? . r))))) (list (ev? 1 2 3 4) (ev? 1 2 3) (od? 1))) ;; expect: (#t #f #t)
(let ((f (lambda (x) (list 'proc x)))) (let-syntax ((f (syntax-rules () ((_ x) (list 'macro x)))) (g (syntax-rules () ((_ x) (f x))))) (list (f 1) (g 1)))) ;; expect: ((macro 1) (proc 1))
(let-syntax ((m (syntax-rules () ((_ x) (define x 5))))) (define y 1) (let () (m z) (+ z 1))) ;; expect: 6
(let-syntax ((foo (syntax-rules () ((_ a) (* a a))))) (define x 3) (foo x)) ;; expect: 9
(let ((x 1)) (let-syntax ((get (syntax-rules () ((_) x))) (put! (syntax-rules () ((_ v) (set! x v))))) (let ((x 'shadow)) (put! 10) (list x (get))))) ;; expect: (shadow 10)
(let-syntax ((m (syntax-rules () ((_) 1)))) (let ((m (lambda () 2))) (m))) ;; expect: 2
(let ((m (lambda () 2))) (let-syntax ((m (syntax-rules () ((_) 1)))) (m))) ;; expect: 1

;; names the macro introduces do not capture names of the use
(define-syntax swap! (syntax-rules () ((_ a b) (let ((tmp a)) (set! a b) (set! b tmp)))))
(let ((tmp 1) (other 2)) (swap! tmp other) (list tmp other)) ;; expect: (2 1)
(let ((a 1) (b 2)) (swap! a b) (swap! b a) (list a b)) ;; expect: (1 2)
(let ((v (vector 1 2)) (set! 5)) (+ set! (vector-ref v 0))) ;; expect: 6
(define-syntax my-or2 (syntax-rules () ((_ a b) (let ((t a)) (if t t b)))))
(let ((t 5)) (my-or2 #f t)) ;; expect: 5
(let ((if list) (t 5)) (my-or2 #f t)) ;; expect: 5
(let ((let list) (if vector)) (my-or2 #f 'fine)) ;; expect: fine
(define-syntax while
  (syntax-rules () ((_ test body ...) (let loop () (when test body ... (loop))))))
(let ((loop 0)) (while (< loop 5) (set! loop (+ loop 1))) loop) ;; expect: 5
(let ((i 0) (when list)) (while (< i 3) (set! i (+ i 1))) i) ;; expect: 3
(let ((out '()) (i 0)) (while (< i 2) (let ((j 0)) (while (< j 2) (set! out (cons (list i j) out)) (set! j (+ j 1)))) (set! i (+ i 1))) (reverse out)) ;; expect: ((0 0) (0 1) (1 0) (1 1))
(define-syntax bind-x (syntax-rules () ((_ e) (let ((x 'macro)) e))))
(let ((x 'user)) (bind-x x)) ;; expect: user
(define-syntax bind-given (syntax-rules () ((_ v e) (let ((v 'macro)) e))))
(let ((x 'user)) (bind-given x x)) ;; expect: macro
(define-syntax two-scopes (syntax-rules () ((_ v) (let ((v 1)) (let ((x 2)) (list v x))))))
(two-scopes x) ;; expect: (1 2)
(define-syntax lambda-x (syntax-rules () ((_ e) (lambda (x) (list x e)))))
(let ((x 'use)) ((lambda-x x) 'arg)) ;; expect: (arg use)
(define-syntax do-x (syntax-rules () ((_ e) (do ((x 0 (+ x 1)) (acc '() (cons e acc))) ((= x 2) acc)))))
(let ((x 'use)) (do-x x)) ;; expect: (use use)
(define-syntax rec-x (syntax-rules () ((_ e) (letrec ((x (lambda () e))) (x)))))
(let ((x 'use)) (rec-x x)) ;; expect: use
(define-syntax define-inside (syntax-rules () ((_ e) (let () (define x 'inside) (list x e)))))
(let ((x 'use)) (define-inside x)) ;; expect: (inside use)

;; names the macro refers to keep the meaning of its definition
(define helper (lambda (x) (list 'helped x)))
(define-syntax use-helper (syntax-rules () ((_ x) (helper x))))
(let ((helper vector)) (use-helper 1)) ;; expect: (helped 1)
(let ((list vector)) (use-helper 1)) ;; expect: (helped 1)
(define (helper x) (list 'redefined x))
(use-helper 1) ;; expect: (redefined 1)
(define-syntax late (syntax-rules () ((_) (defined-after))))
(define (defined-after) 'later)
(late) ;; expect: later
(let ((y 1)) (define-syntax get-y (syntax-rules () ((_) y))) (let ((y 2)) (let ((y 3)) (get-y)))) ;; expect: 1
(define-syntax m1 (syntax-rules () ((_ e) (let ((a 1)) (m2 a e)))))
(define-syntax m2 (syntax-rules () ((_ v e) (let ((a 2)) (list v a e)))))
(let ((a 0)) (m1 a)) ;; expect: (1 2 0)
(let ((a 0)) (m2 a (m1 a))) ;; expect: (0 2 (1 2 0))
;; one temporary for each expansion
(define-syntax swap3 (syntax-rules () ((_ a b c) (begin (swap! a b) (swap! b c)))))
(let ((tmp 1) (x 2) (y 3)) (swap3 tmp x y) (list tmp x y)) ;; expect: (2 3 1)
(define-syntax temporaries
  (syntax-rules ()
    ((_ () (t ...) (e ...)) ((lambda (t ...) (list t ...)) e ...))
    ((_ (x . r) (t ...) es) (temporaries r (t ... tmp) es))))
(temporaries (a b c) () (1 2 3)) ;; expect: (1 2 3)
(define-syntax my-let-star
  (syntax-rules () ((_ () b ...) (let () b ...)) ((_ ((n v) . r) b ...) (let ((n v)) (my-let-star r b ...)))))
(my-let-star ((a 1) (b (+ a 1)) (a (* b 10))) (list a b)) ;; expect: (20 2)

;; keywords as variables and variables as keywords
(let ((define 5)) (+ define 1)) ;; expect: 6
(let ((else 1)) (+ else 1)) ;; expect: 2
(let ((quote car)) (quote (list 1 2))) ;; expect: 1
(let ((let-syntax 3)) let-syntax) ;; expect: 3
(let-syntax ((if (syntax-rules () ((_ a b c) (cond (a c) (else b)))))) (if #t 'swapped 'straight)) ;; expect: straight
(let-syntax ((car (syntax-rules () ((_ x) (cdr x))))) (car '(1 2))) ;; expect: (2)
(let () (define-syntax list (syntax-rules () ((_ x ...) (vector x ...)))) (list 1 2)) ;; expect: #(1 2)
(let-syntax ((quote (syntax-rules () ((_ x) (list x))))) '5) ;; expect: (5)
(define-syntax else-test (syntax-rules () ((_ k) (cond (#f 1) (k 2)))))
(else-test else) ;; expect: 2
(let ((else #t)) (else-test else)) ;; expect: 2
(let ((else #f)) (cond (#f 1) (else 2) (#t 3))) ;; expect: 3

;; body level
(let () (define-syntax inc (syntax-rules () ((_ x) (+ x 1)))) (define a (inc 1)) (inc a)) ;; expect: 3
(let () (define (f) (k 5)) (define-syntax k (syntax-rules () ((_ x) (* x 2)))) (f)) ;; expect: 10
(let ((x 1)) (define-syntax def (syntax-rules () ((_ n v) (define n v)))) (def x 2) (def y (+ x 1)) (list x y)) ;; expect: (2 3)
(let-syntax ((foo 5)) 1) ;; expect error: let-syntax: bad syntax
(let-syntax) ;; expect error: let-syntax: bad syntax
(letrec-syntax ((a)) 1) ;; expect error: letrec-syntax: bad syntax
