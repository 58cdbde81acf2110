;; R7RS 4.3.2 pattern language of syntax-rules. Implicates: vm/expand (syntax-rules matcher and templates)
(import (scheme base) (scheme write))

(define-syntax be-like-begin
  (syntax-rules ()
    ((be-like-begin name)
     (define-syntax name (syntax-rules () ((name expr (... ...)) (begin expr (... ...))))))))
(be-like-begin sequence)
(sequence 1 2 3 4) ;; expect: 4
(let ((=> #f)) (cond (#t => 'ok))) ;; expect: ok

;; clauses are tried in order; the keyword's own position is ignored
(define-syntax count-args
  (syntax-rules () ((_) 0) ((_ a) 1) ((_ a b) 2) ((_ a b c ...) 'many)))
(list (count-args) (count-args x) (count-args x y) (count-args x y z w)) ;; expect: (0 1 2 many)
(define-syntax first-wins (syntax-rules () ((_ x) 'general) ((_ 5) 'never)))
(first-wins 5) ;; expect: general
(define-syntax anything (syntax-rules () ((x a) '(x a))))
(anything 1) ;; expect: (x 1)
(define-syntax kw-pos (syntax-rules () ((not-the-name a) (list a a))))
(kw-pos 1) ;; expect: (1 1)

;; literal data in patterns are compared with equal?
(define-syntax lit-data
  (syntax-rules () ((_ 1) 'one) ((_ "s") 'string) ((_ #\c) 'char) ((_ #t) 'true) ((_ ()) 'null) ((_ 1.5) 'real) ((_ x) 'other)))
(list (lit-data 1) (lit-data "s") (lit-data #\c) (lit-data #t) (lit-data ()) (lit-data 1.5) (lit-data 2)) ;; expect: (one string char true null real other)

;; underscore matches anything and binds nothing
(define-syntax second (syntax-rules () ((_ _ x _ ...) x)))
(second 1 2 3 4) ;; expect: 2
(define-syntax under (syntax-rules () ((_ (_ x) _) 'x)))
(under (1 two) (3)) ;; expect: two
(define-syntax under-lit (syntax-rules (_) ((m _) 'underscore) ((m x) 'other)))
(list (under-lit _) (under-lit 5)) ;; expect: (underscore other)

;; ellipsis
(define-syntax my-list (syntax-rules () ((_ x ...) (list x ...))))
(my-list) ;; expect: ()
(my-list 1) ;; expect: (1)
(my-list 1 2 3) ;; expect: (1 2 3)
(define-syntax my-let (syntax-rules () ((_ ((n v) ...) b1 b ...) ((lambda (n ...) b1 b ...) v ...))))
(my-let ((a 1) (b 2)) (define c 3) (+ a b c)) ;; expect: 6
(my-let () 5) ;; expect: 5
(define-syntax pairs (syntax-rules () ((_ (a b) ...) '((b . a) ...))))
(pairs (1 2) (3 4)) ;; expect: ((2 . 1) (4 . 3))
(define-syntax wrap-each (syntax-rules () ((_ k x ...) (list (cons k x) ...))))
(wrap-each 'a 1 2) ;; expect: ((a . 1) (a . 2))
(define-syntax split (syntax-rules () ((_ (a ...) (b ...)) '(a ... then b ...))))
(split (1 2) (3)) ;; expect: (1 2 then 3)
(split () ()) ;; expect: (then)
(define-syntax zip (syntax-rules () ((_ (a ...) (b ...)) '((a b) ...))))
(zip (1 2 3) (x y z)) ;; expect: ((1 x) (2 y) (3 z))
(define-syntax dup (syntax-rules () ((_ x ...) '(x ... x ...))))
(dup 1 2) ;; expect: (1 2 1 2)

;; nested ellipsis
(define-syntax nested (syntax-rules () ((_ (a b ...) ...) '((a ...) (b ... ...) ((b ...) ...)))))
(nested (1 2 3) (4) (5 6)) ;; expect: ((1 4 5) (2 3 6) ((2 3) () (6)))
(nested) ;; expect: (() () ())
(define-syntax flat3 (syntax-rules () ((_ ((a ...) ...) ...) '(a ... ... ...))))
(flat3 ((1 2) (3)) () ((4) () (5 6))) ;; expect: (1 2 3 4 5 6)
(define-syntax outer-inner (syntax-rules () ((_ (k v ...) ...) '((k (k v) ...) ...))))
(outer-inner (a 1 2) (b) (c 3)) ;; expect: ((a (a 1) (a 2)) (b) (c (c 3)))
(define-syntax my-cond2 (syntax-rules (else) ((_ (t e ...) ... (else d)) (cond (t e ...) ... (else d)))))
(my-cond2 (#f 1) ((= 1 1) 2 3) (else 4)) ;; expect: 3
(define-syntax my-let-values1 (syntax-rules () ((_ (((n ...) e) ...) body) (list '((n ...) ...) (list e ...) body))))
(my-let-values1 (((a b) 1) ((c) 2)) 3) ;; expect: (((a b) (c)) (1 2) 3)
(define-syntax deep-const (syntax-rules () ((_ c (x ...) ...) '((c x ...) ...))))
(deep-const k (1) (2 3)) ;; expect: ((k 1) (k 2 3))

;; patterns after an ellipsis, dotted tails
(define-syntax last-of (syntax-rules () ((_ x ... y) 'y)))
(last-of 1 2 3) ;; expect: 3
(last-of 1) ;; expect: 1
(define-syntax but-last (syntax-rules () ((_ x ... y) '(x ...))))
(but-last 1 2 3) ;; expect: (1 2)
(define-syntax ends (syntax-rules () ((_ a x ... y z) '(a (x ...) y z))))
(ends 1 2 3) ;; expect: (1 () 2 3)
(ends 1 2 3 4 5) ;; expect: (1 (2 3) 4 5)
(define-syntax dotted (syntax-rules () ((_ a . r) '(a r))))
(dotted 1 2 3) ;; expect: (1 (2 3))
(dotted 1) ;; expect: (1 ())
(dotted 1 . 2) ;; expect: (1 2)
(define-syntax ell-dot (syntax-rules () ((_ (a ... . r)) '((a ...) r))))
(ell-dot (1 2 . 3)) ;; expect: ((1 2) 3)
(ell-dot (1 2)) ;; expect: ((1 2) ())
(ell-dot 5) ;; expect: (() 5)
(define-syntax tail-dot (syntax-rules () ((_ (a ... b c . r)) '((a ...) b c r))))
(tail-dot (1 2 3 4 . 5)) ;; expect: ((1 2) 3 4 5)
(tail-dot (1 2)) ;; expect: (() 1 2 ())
(define-syntax tail-nested (syntax-rules () ((_ ((n v) ... body)) '((n ...) (v ...) body))))
(tail-nested ((a 1) (b 2) (f x))) ;; expect: ((a b) (1 2) (f x))
(define-syntax proper-end (syntax-rules () ((_ (a b)) 'two) ((_ (a . b)) 'pair) ((_ x) 'atom)))
(list (proper-end (1 2)) (proper-end (1 2 3)) (proper-end (1 . 2)) (proper-end 5) (proper-end ())) ;; expect: (two pair pair atom atom)
(define-syntax template-dot (syntax-rules () ((_ a b ...) '(b ... . a))))
(template-dot 0 1 2) ;; expect: (1 2 . 0)

;; vector patterns
(define-syntax vec (syntax-rules () ((_ #(a b)) (list 'two a b)) ((_ #(a ...)) (list 'many a ...)) ((_ x) 'no)))
(vec #(1 2)) ;; expect: (two 1 2)
(vec #(1 2 3)) ;; expect: (many 1 2 3)
(vec #()) ;; expect: (many)
(vec (1 2)) ;; expect: no
(define-syntax vec-tail (syntax-rules () ((_ #(a ... (b c) d)) '#((a ...) b c #(d a ...)))))
(vec-tail #(1 2 (3 4) 5)) ;; expect: #((1 2) 3 4 #(5 1 2))
(define-syntax vec-nest (syntax-rules () ((_ #(k (v ...)) ...) '#((k v ...) ...))))
(vec-nest #(a (1 2)) #(b ())) ;; expect: #((a 1 2) (b))
(define-syntax to-vec (syntax-rules () ((_ x ...) #(x ... end))))
(to-vec 1 2) ;; expect: #(1 2 end)

;; literals
(define-syntax arrow (syntax-rules (=> to) ((_ a => b) '(implies a b)) ((_ a to b) '(range a b)) ((_ a x b) '(other a x b))))
(list (arrow 1 => 2) (arrow 1 to 2) (arrow 1 from 2)) ;; expect: ((implies 1 2) (range 1 2) (other 1 from 2))
(let ((to 5)) (arrow 1 to 2)) ;; expect: (other 1 to 2)
(define-syntax my-if (syntax-rules (then else) ((_ c then t else e) (if c t e))))
(my-if (= 1 1) then 'yes else 'no) ;; expect: yes
(my-if (= 1 1) then 'yes otherwise 'no) ;; expect error: my-if: bad syntax
(define-syntax for (syntax-rules (in from) ((_ x in l b ...) (map (lambda (x) b ...) l)) ((_ x from a to b) '(x a b))))
(for x in '(1 2 3) (* x x)) ;; expect: (1 4 9)
(for y upto 5) ;; expect error: for: bad syntax
(define-syntax lit-ellipsis (syntax-rules (...) ((_ ...) 'dots) ((_ x) 'other)))
(list (lit-ellipsis ...) (lit-ellipsis 5)) ;; expect: (dots other)

;; escaped and custom ellipsis
(define-syntax dots (syntax-rules () ((_ a ...) '(a ... (... ...)))))
(dots 1 2) ;; expect: (1 2 ...)
(define-syntax dots2 (syntax-rules () ((_ a) '(... (a ...)))))
(dots2 x) ;; expect: (x ...)
(define-syntax custom (syntax-rules ::: () ((_ a :::) '(a ::: end))))
(custom 1 2 3) ;; expect: (1 2 3 end)
(define-syntax custom2 (syntax-rules ::: () ((_ (a b :::) ...) '(a (b :::) ...))))
(custom2 (1 2 3) x) ;; expect: (1 (2 3) x)
(define-syntax custom-esc (syntax-rules ___ () ((_ a ___) '(a ___ (___ ___)))))
(custom-esc 1 2) ;; expect: (1 2 ___)
(define-syntax def-lister (syntax-rules ::: () ((_ name) (define-syntax name (syntax-rules () ((_ x ...) (list x ...)))))))
(def-lister lister)
(lister 1 2 3) ;; expect: (1 2 3)
(define-syntax custom-lit (syntax-rules ::: (k) ((_ k x :::) '(x :::)) ((_ x) 'none)))
(list (custom-lit k 1 2) (custom-lit 1)) ;; expect: ((1 2) none)

;; macros that define macros
(define-syntax def-const (syntax-rules () ((_ name val) (define-syntax name (syntax-rules () ((_) val))))))
(def-const seven 7)
(seven) ;; expect: 7
(define-syntax def-alias (syntax-rules () ((_ new old) (define-syntax new (syntax-rules () ((_ . args) (old . args)))))))
(def-alias my-begin begin)
(my-begin 1 2) ;; expect: 2
(define-syntax def-curried
  (syntax-rules () ((_ name (a ...) body) (define-syntax name (syntax-rules () ((_ a ... rest (... ...)) (list body rest (... ...))))))))
(def-curried cur (p q) (+ p q))
(cur 1 2 3 4) ;; expect: (3 3 4)
(define-syntax with-getter (syntax-rules () ((_ get v body) (let ((x v)) (let-syntax ((get (syntax-rules () ((_) x)))) body)))))
(let ((x 'user)) (with-getter g 'hidden (list x (g)))) ;; expect: (user hidden)
(define-syntax define-two (syntax-rules () ((_ a b v) (begin (define a v) (define b (+ a 1))))))
(define-two one-v two-v 1)
(list one-v two-v) ;; expect: (1 2)
(define-syntax make-counter-macros (syntax-rules () ((_ next!) (begin (define n 0) (define (next!) (set! n (+ n 1)) n)))))
(let () (define n 'untouched) (make-counter-macros tick!) (list (begin (tick!) (tick!)) n)) ;; expect: (2 untouched)

;; recursion and continuation-passing macros
(define-syntax my-reverse (syntax-rules () ((_ () acc) 'acc) ((_ (x . r) (a ...)) (my-reverse r (x a ...)))))
(my-reverse (1 2 3) ()) ;; expect: (3 2 1)
(define-syntax k-rev (syntax-rules () ((_ (k ...) () (acc ...)) (k ... acc ...)) ((_ k (x . r) (acc ...)) (k-rev k r (x acc ...)))))
(k-rev (list 'rev) (1 2 3) ()) ;; expect: (rev 3 2 1)
(define-syntax my-let*2 (syntax-rules () ((_ () . b) (let () . b)) ((_ (b1 . bs) . b) (let (b1) (my-let*2 bs . b)))))
(my-let*2 ((a 1) (b (+ a 1))) (define c b) (list a b c)) ;; expect: (1 2 2)
(define-syntax same-id? (syntax-rules () ((_ a b) (let-syntax ((t (syntax-rules (a) ((_ a) #t) ((_ x) #f)))) (t b)))))
(list (same-id? foo foo) (same-id? foo bar)) ;; expect: (#t #f)
(define-syntax symbol-macro? (syntax-rules () ((_ x) (let-syntax ((t (syntax-rules () ((_ x v) #t) ((_ y v) #f)))) (t anything 5)))))
(list (symbol-macro? abc) (symbol-macro? (a b)) (symbol-macro? 12)) ;; expect: (#t #f #f)
(define-syntax ten (syntax-rules () ((_) 10)))
(define-syntax plus-ten (syntax-rules () ((_ x) (+ (ten) x))))
(plus-ten (plus-ten 1)) ;; expect: 21
(define-syntax quoted (syntax-rules () ((_ x ...) '(x ... fixed))))
(quoted a (b c) "d") ;; expect: (a (b c) "d" fixed)
(eq? 'fixed (car (reverse (quoted a)))) ;; expect: #t

;; no clause matches; syntax-error
(count-args . 5) ;; expect error: count-args: bad syntax
(seven 1) ;; expect error: seven: bad syntax
(define-syntax simple-let
  (syntax-rules ()
    ((_ (head ... ((x . y) val) . tail) body1 body2 ...) (syntax-error "expected an identifier but got" (x . y)))
    ((_ ((name val) ...) body1 body2 ...) ((lambda (name ...) body1 body2 ...) val ...))))
(simple-let ((a 1) (b 2)) (+ a b)) ;; expect: 3
(simple-let ((a 1) ((b c) 2)) (+ a b)) ;; expect error: expected an identifier but got
(syntax-error "plain syntax-error" 1 2) ;; expect error: plain syntax-error
(if #t 'taken (let () 'not-reached)) ;; expect: taken
(define-syntax bad-rules (syntax-rules 5)) ;; expect error: syntax-rules: bad syntax
(define-syntax bad-dup (syntax-rules () ((_ a a) 1))) ;; expect error: syntax-rules: bad syntax
