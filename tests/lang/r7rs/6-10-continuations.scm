;; R7RS 6.10 control features: call/cc and dynamic-wind. Implicates: tier1 continuations and frames, vm/cek, exits and unwinding
(import (scheme base) (scheme write))

(call-with-current-continuation (lambda (exit) (for-each (lambda (x) (if (negative? x) (exit x))) '(54 0 37 -3 245 19)) #t)) ;; expect: -3
(define list-length
  (lambda (obj)
    (call-with-current-continuation
      (lambda (return)
        (letrec ((r (lambda (obj) (cond ((null? obj) 0) ((pair? obj) (+ (r (cdr obj)) 1)) (else (return #f))))))
          (r obj))))))
(list-length '(1 2 3 4)) ;; expect: 4
(list-length '(a b . c)) ;; expect: #f
(let ((path '()) (c #f))
  (let ((add (lambda (s) (set! path (cons s path)))))
    (dynamic-wind
      (lambda () (add 'connect))
      (lambda () (add (call-with-current-continuation (lambda (c0) (set! c c0) 'talk1))))
      (lambda () (add 'disconnect)))
    (if (< (length path) 4) (c 'talk2) (reverse path)))) ;; expect: (connect talk1 disconnect connect talk2 disconnect)

;; escaping
(call/cc (lambda (k) 5)) ;; expect: 5
(call/cc (lambda (k) (k 5) 6)) ;; expect: 5
(+ 1 (call/cc (lambda (k) (+ 10 (k 5))))) ;; expect: 6
(call/cc (lambda (a) (call/cc (lambda (b) (a 'outer))) 'not)) ;; expect: outer
(list 1 (call/cc (lambda (k) (vector-map (lambda (x) (if (= x 2) (k 'found) x)) #(1 2 3)))) 3) ;; expect: (1 found 3)
(call/cc call/cc) 'ok ;; expect: ok
((call/cc (lambda (k) (lambda (x) (* x 2)))) 5) ;; expect: 10
(((call/cc (lambda (c) c)) (lambda (x) x)) 'hello) ;; expect: hello
(let ((k (call/cc (lambda (c) c)))) (if (procedure? k) (k 7) k)) ;; expect: 7
(let ((n 0)) (call/cc (lambda (k) (set! n 1) (k #f) (set! n 2))) n) ;; expect: 1
(define (deep-escape n k) (if (= n 0) (k 'bottom) (+ 1 (deep-escape (- n 1) k))))
(call/cc (lambda (k) (deep-escape 100000 k))) ;; expect: bottom
(let loop ((i 0)) (if (= i 100000) i (loop (call/cc (lambda (k) (k (+ i 1))))))) ;; expect: 100000
(let loop ((i 0)) (if (= i 100000) i (call/cc (lambda (k) (loop (+ i 1)))))) ;; expect: 100000
(call-with-current-continuation 5) ;; expect error: expected procedure, got 5

;; re-entry, many times
(let ((k #f) (n 0)) (let ((v (call/cc (lambda (c) (set! k c) 0)))) (set! n (+ n 1)) (if (< v 5) (k (+ v 1)) (list v n)))) ;; expect: (5 6)
(let ((k #f) (log '())) (let ((v (call/cc (lambda (c) (set! k c) 1)))) (set! log (cons (list 'a v) log))) (if (< (length log) 3) (k (length log)) (reverse log))) ;; expect: ((a 1) (a 1) (a 2))
;; The stack above a captured point is not disturbed by what runs later.
(define (sum-to n) (if (= n 0) (call/cc (lambda (c) (set! saved-k c) 0)) (+ n (sum-to (- n 1)))))
(define saved-k #f)
(let ((results '()) (again 0)) (let ((v (sum-to 100))) (set! results (cons v results)) (set! again (+ again 1)) (if (< again 4) (saved-k again) (reverse results)))) ;; expect: (5050 5051 5052 5053)
(let ((results '()) (first-k #f)) (let ((v (sum-to 1000))) (set! results (cons v results)) (if (not first-k) (set! first-k saved-k)) (cond ((= (length results) 1) (sum-to 5) (first-k 7)) ((= (length results) 2) (first-k 9)) (else (reverse results))))) ;; expect: (500500 500507 500509)
;; Local variables are locations: a set! survives re-entry, a fresh binding does not.
(let ((k #f) (n 0)) (let ((x 0)) (call/cc (lambda (c) (set! k c))) (set! x (+ x 1)) (set! n (+ n 1)) (if (< n 3) (k #f) (list x n)))) ;; expect: (3 3)
(let ((k #f) (count 0)) (let ((y (begin (call/cc (lambda (c) (set! k c))) (list 'fresh)))) (set-car! y (cons count (car y))) (set! count (+ count 1)) (if (< count 3) (k #f) y))) ;; expect: ((2 . fresh))
;; A let loop's variables when its continuation is entered again
(let ((k #f) (runs 0)) (let ((r (let loop ((i 0) (acc '())) (if (= i 3) (reverse acc) (loop (+ i 1) (cons (if (= i 1) (call/cc (lambda (c) (set! k c) 'first)) i) acc)))))) (set! runs (+ runs 1)) (if (= runs 1) (k 'second) r))) ;; expect: (0 second 2)

;; map is re-entrant: a second return from one element leaves earlier results alone
(let ((k #f) (results '()))
  (let ((r (map (lambda (x) (if (= x 2) (call/cc (lambda (c) (if (not k) (set! k c)) x)) x)) '(1 2 3))))
    (set! results (cons r results))
    (if (= (length results) 1) (k 'again) (reverse results)))) ;; expect: ((1 2 3) (1 again 3))
(let ((kk #f) (r '()))
  (let ((l (map (lambda (n) (call/cc (lambda (k) (if (= n 3) (set! kk k)) n))) '(1 2 3 4))))
    (set! r (cons l r))
    (if (< (length r) 3) (kk (* 100 (length r))) (reverse r)))) ;; expect: ((1 2 3 4) (1 2 100 4) (1 2 200 4))
(let ((k #f) (results '()))
  (let ((r (vector-map (lambda (x) (if (= x 2) (call/cc (lambda (c) (if (not k) (set! k c)) x)) x)) #(1 2 3))))
    (set! results (cons r results))
    (if (= (length results) 1) (k 'again) (reverse results)))) ;; expect: (#(1 2 3) #(1 again 3))

;; generators and coroutines
(define (tree->generator tree)
  (define return #f)
  (define (resume)
    (let walk ((t tree))
      (cond ((null? t) #f)
            ((pair? t) (walk (car t)) (walk (cdr t)))
            (else (call/cc (lambda (k) (set! resume (lambda () (k #f))) (return t))))))
    (set! resume (lambda () (return 'end)))
    (return 'end))
  (lambda () (call/cc (lambda (r) (set! return r) (resume)))))
(define (collect gen) (let loop ((acc '())) (let ((v (gen))) (if (eq? v 'end) (reverse acc) (loop (cons v acc))))))
(collect (tree->generator '((1 2) (3 (4)) 5))) ;; expect: (1 2 3 4 5)
(define (same-fringe? a b) (let ((ga (tree->generator a)) (gb (tree->generator b))) (let loop () (let* ((x (ga)) (y (gb))) (cond ((not (eqv? x y)) #f) ((eq? x 'end) #t) (else (loop)))))))
(list (same-fringe? '(1 (2 3)) '((1 2) 3)) (same-fringe? '(1 2) '(1 3)) (same-fringe? '() '(1))) ;; expect: (#t #f #f)
(define (make-gen proc)
  (define return #f)
  (define (yield v) (call/cc (lambda (k) (set! next (lambda () (k #f))) (return v))))
  (define (next) (proc yield) (set! next (lambda () (return 'end))) (return 'end))
  (lambda () (call/cc (lambda (r) (set! return r) (next)))))
(collect (make-gen (lambda (yield) (for-each yield '(a b c))))) ;; expect: (a b c)
(collect (make-gen (lambda (yield) (do ((i 0 (+ i 1))) ((= i 3)) (yield i) (yield (* i i)))))) ;; expect: (0 0 1 1 2 4)
(let ((g (make-gen (lambda (yield) (let loop ((i 0)) (yield i) (loop (+ i 1))))))) (let loop ((n 0) (last #f)) (if (= n 10000) last (loop (+ n 1) (g))))) ;; expect: 9999
(define queue '())
(define (spawn thunk) (set! queue (append queue (list thunk))))
(define (pause) (call/cc (lambda (k) (spawn (lambda () (k #f))) (run-next))))
(define (run-next) (let ((t (car queue))) (set! queue (cdr queue)) (t)))
(define (run-all procs) (let ((out '()) (left (length procs))) (call/cc (lambda (done) (for-each (lambda (p) (spawn (lambda () (p (lambda (v) (set! out (cons v out)))) (set! left (- left 1)) (if (= left 0) (done #f) (run-next))))) procs) (run-next))) (reverse out)))
(run-all (map (lambda (name) (lambda (emit) (emit (list name 1)) (pause) (emit (list name 2)) (pause) (emit (list name 3)))) '(x y))) ;; expect: ((x 1) (y 1) (x 2) (y 2) (x 3) (y 3))

;; backtracking
(define fail-stack '())
(define (fail) (if (null? fail-stack) 'exhausted (let ((k (car fail-stack))) (set! fail-stack (cdr fail-stack)) (k k))))
(define (amb choices) (let ((cc (call/cc (lambda (k) k)))) (if (null? choices) (fail) (let ((c (car choices))) (set! choices (cdr choices)) (set! fail-stack (cons cc fail-stack)) c))))
(call/cc (lambda (done) (let* ((a (amb '(1 2 3 4 5 6 7))) (b (amb '(1 2 3 4 5 6 7))) (c (amb '(1 2 3 4 5 6 7)))) (if (and (= (* c c) (+ (* a a) (* b b))) (< b a)) (done (list a b c)) (fail))))) ;; expect: (4 3 5)

;; dynamic-wind
(define (trace thunk) (let ((log '())) (let ((v (thunk (lambda (x) (set! log (cons x log)))))) (list v (reverse log)))))
(trace (lambda (t) (dynamic-wind (lambda () (t 'in)) (lambda () (t 'body) 'v) (lambda () (t 'out))))) ;; expect: (v (in body out))
(trace (lambda (t) (call/cc (lambda (k) (dynamic-wind (lambda () (t 'in)) (lambda () (k 'escaped)) (lambda () (t 'out))))))) ;; expect: (escaped (in out))
(trace (lambda (t) (call/cc (lambda (k) (dynamic-wind (lambda () (t 'in1)) (lambda () (dynamic-wind (lambda () (t 'in2)) (lambda () (k 'x)) (lambda () (t 'out2)))) (lambda () (t 'out1))))))) ;; expect: (x (in1 in2 out2 out1))
(trace (lambda (t) (let ((k #f) (n 0)) (dynamic-wind (lambda () (t 'in)) (lambda () (call/cc (lambda (c) (set! k c))) (t 'body)) (lambda () (t 'out))) (set! n (+ n 1)) (if (< n 3) (k #f) 'done)))) ;; expect: (done (in body out in body out in body out))
(trace (lambda (t) (let ((k #f) (n 0)) (dynamic-wind (lambda () (t 'a-in)) (lambda () (dynamic-wind (lambda () (t 'b-in)) (lambda () (call/cc (lambda (c) (set! k c)))) (lambda () (t 'b-out)))) (lambda () (t 'a-out))) (set! n (+ n 1)) (if (= n 1) (dynamic-wind (lambda () (t 'c-in)) (lambda () (k #f)) (lambda () (t 'c-out))) 'end)))) ;; expect: (end (a-in b-in b-out a-out c-in c-out a-in b-in b-out a-out))
;; Between two points with a common extent only the differing extents are left and entered.
(trace (lambda (t) (dynamic-wind (lambda () (t 'common-in)) (lambda () (let ((k #f) (n 0)) (dynamic-wind (lambda () (t 'x-in)) (lambda () (call/cc (lambda (c) (set! k c)))) (lambda () (t 'x-out))) (set! n (+ n 1)) (if (= n 1) (dynamic-wind (lambda () (t 'y-in)) (lambda () (k #f)) (lambda () (t 'y-out)))) n)) (lambda () (t 'common-out))))) ;; expect: (2 (common-in x-in x-out y-in y-out x-in x-out common-out))
;; A jump within one extent runs neither before nor after.
(trace (lambda (t) (dynamic-wind (lambda () (t 'in)) (lambda () (let ((k #f) (n 0)) (call/cc (lambda (c) (set! k c))) (set! n (+ n 1)) (t n) (if (< n 3) (k #f) 'stay))) (lambda () (t 'out))))) ;; expect: (stay (in 1 2 3 out))
(trace (lambda (t) (call/cc (lambda (k) (dynamic-wind (lambda () (t 'in)) (lambda () 'body) (lambda () (t 'out) (k 'from-after))))))) ;; expect: (from-after (in out))
(trace (lambda (t) (call/cc (lambda (k) (dynamic-wind (lambda () (t 'in) (k 'from-before)) (lambda () (t 'never)) (lambda () (t 'never))))))) ;; expect: (from-before (in))
(trace (lambda (t) (call/cc (lambda (k) (dynamic-wind (lambda () (t 'in)) (lambda () (dynamic-wind (lambda () (t 'in2)) (lambda () (k 'first)) (lambda () (t 'out2) (k 'second)))) (lambda () (t 'out))))))) ;; expect: (second (in in2 out2 out))
(trace (lambda (t) (guard (e (#t (t 'handler) e)) (dynamic-wind (lambda () (t 'in)) (lambda () (raise 'r)) (lambda () (t 'out)))))) ;; expect: (r (in out handler))
(trace (lambda (t) (let ((g (make-gen (lambda (yield) (dynamic-wind (lambda () (t 'in)) (lambda () (yield 1) (yield 2)) (lambda () (t 'out))))))) (let* ((a (g)) (b (g)) (c (g))) (list a b c))))) ;; expect: ((1 2 end) (in out in out in out))
(let ((n 0)) (let loop ((i 0)) (if (< i 10000) (begin (call/cc (lambda (k) (dynamic-wind (lambda () (set! n (+ n 1))) (lambda () (k #f)) (lambda () (set! n (+ n 1)))))) (loop (+ i 1))))) n) ;; expect: 20000
(define (nest-winds n t) (if (= n 0) (t) (dynamic-wind (lambda () #f) (lambda () (nest-winds (- n 1) t)) (lambda () #f))))
(call/cc (lambda (k) (nest-winds 5000 (lambda () (k 'out-of-5000))))) ;; expect: out-of-5000
(dynamic-wind 1 2 3) ;; expect error: expected procedure
