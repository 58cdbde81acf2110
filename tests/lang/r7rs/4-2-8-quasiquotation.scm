;; R7RS 4.2.8 quasiquotation. Implicates: vm/expand (quasiquote), runtime reader abbreviations
(import (scheme base) (scheme inexact) (scheme write))

`(list ,(+ 1 2) 4) ;; expect: (list 3 4)
(equal? (let ((name 'a)) `(list ,name ',name)) '(list a (quote a))) ;; expect: #t
`(a ,(+ 1 2) ,@(map abs '(4 -5 6)) b) ;; expect: (a 3 4 5 6 b)
`((foo ,(- 10 3)) ,@(cdr '(c)) . ,(car '(cons))) ;; expect: ((foo 7) . cons)
`#(10 5 ,(sqrt 4) ,@(map sqrt '(16 9)) 8) ;; expect: #(10 5 2 4 3 8)
(let ((foo '(foo bar)) (@baz 'baz)) `(list ,@foo , @baz)) ;; expect: (list foo bar baz)
(equal? `(a `(b ,(+ 1 2) ,(foo ,(+ 1 3) d) e) f) '(a (quasiquote (b (unquote (+ 1 2)) (unquote (foo 4 d)) e)) f)) ;; expect: #t
(equal? (let ((name1 'x) (name2 'y)) `(a `(b ,,name1 ,',name2 d) e)) '(a (quasiquote (b (unquote x) (unquote (quote y)) d)) e)) ;; expect: #t
(let ((a 3)) `((1 2) ,a ,4 ,'five 6)) ;; expect: ((1 2) 3 4 five 6)
`((1 2) 3 4 five 6) ;; expect: ((1 2) 3 4 five 6)
(let ((a 3)) (cons '(1 2) (cons a (cons 4 (cons 'five '(6)))))) ;; expect: ((1 2) 3 4 five 6)
(let ((a 3)) (list (list 1 2) a 4 'five 6)) ;; expect: ((1 2) 3 4 five 6)
(quasiquote (list (unquote (+ 1 2)) 4)) ;; expect: (list 3 4)
(car '(quasiquote (list (unquote (+ 1 2)) 4))) ;; expect: quasiquote
(equal? '(quasiquote (list (unquote (+ 1 2)) 4)) '`(list ,(+ 1 2) 4)) ;; expect: #t

;; atoms and simple shapes
`a ;; expect: a
`5 ;; expect: 5
`"s" ;; expect: "s"
`() ;; expect: ()
`#() ;; expect: #()
`,(+ 1 2) ;; expect: 3
`(,1) ;; expect: (1)
`(1 . ,(+ 1 1)) ;; expect: (1 . 2)
`(1 . (2 . (,(+ 1 2) . ()))) ;; expect: (1 2 3)
`(1 unquote (+ 1 1)) ;; expect: (1 . 2)
`(,@'() . tail) ;; expect: tail
`(,@'(1 2) . 3) ;; expect: (1 2 . 3)
`(,@'(1 2) . ,(+ 1 2)) ;; expect: (1 2 . 3)
`(,@'(1 2) ,@'(3 4)) ;; expect: (1 2 3 4)
`(0 ,@'() 1 ,@'() 2) ;; expect: (0 1 2)
`(1 ,@5) ;; expect: (1 . 5)
`((,@'(1)) ,@'(2)) ;; expect: ((1) 2)
`(a (b ,(* 2 3)) ((c ,@(list 1 2)) d)) ;; expect: (a (b 6) ((c 1 2) d))
`(#\a "b" 1.5 #t ,#f) ;; expect: (#\a "b" 1.5 #t #f)

;; vectors
`#(,(+ 1 1)) ;; expect: #(2)
`#(1 ,@'(2 3) 4) ;; expect: #(1 2 3 4)
`#(,@'()) ;; expect: #()
`#(a #(b ,(+ 1 2))) ;; expect: #(a #(b 3))
`(1 #(2 ,@(list 3 4)) ,@(vector->list #(5 6))) ;; expect: (1 #(2 3 4) 5 6)
`#((a . ,(* 2 2)) ,@(map list '(1 2))) ;; expect: #((a . 4) (1) (2))

;; sharing of the last spliced tail, freshness of the rest
(let ((l (list 1 2))) (equal? `(0 ,@l) (cons 0 l))) ;; expect: #t
(let ((mk (lambda (x) `(,x end)))) (let ((a (mk 1)) (b (mk 2))) (set-car! a 'changed) (list a b))) ;; expect: ((changed end) (2 end))
(let ((l (list 1 2 3))) (let ((r `(,@l 4))) (set-car! r 'x) l)) ;; expect: (1 2 3)

;; order does not matter to the value, each is evaluated once
(let ((n 0)) (define (next) (set! n (+ n 1)) 'v) `(,(next) ,@(list (next) (next))) n) ;; expect: 3

;; levels
(equal? `(1 `(2 ,(3 ,(+ 1 3)))) '(1 (quasiquote (2 (unquote (3 4)))))) ;; expect: #t
(equal? `(1 `,(+ 1 ,(+ 2 3))) '(1 (quasiquote (unquote (+ 1 5))))) ;; expect: #t
(equal? `(a `(b ,@(c ,@(list 1 2)))) '(a (quasiquote (b (unquote-splicing (c 1 2)))))) ;; expect: #t
(equal? `(a `(b ,,@(list 1 2))) '(a (quasiquote (b (unquote 1 2))))) ;; expect: #t
(equal? ``,,(+ 1 2) '(quasiquote (unquote 3))) ;; expect: #t
(equal? `#(1 `#(2 ,(3 ,(+ 1 3)))) (vector 1 (list 'quasiquote (vector 2 '(unquote (3 4)))))) ;; expect: #t
(equal? `(1 ',(+ 1 2)) '(1 (quote 3))) ;; expect: #t
(let ((x 5)) (equal? `(let ((y ',x)) `(y ,y ,',x)) '(let ((y (quote 5))) (quasiquote (y (unquote y) (unquote (quote 5))))))) ;; expect: #t

;; hygiene: names used by the expansion may be rebound
(let ((cons list) (append vector) (list 5) (list->vector 6)) `(1 ,list ,@'(2 3) 4)) ;; expect: (1 5 2 3 4)
(let ((quasiquote list)) `a) ;; expect error: unbound variable: a
(let ((unquote 1)) `(a . b)) ;; expect: (a . b)
(define-syntax qq-wrap (syntax-rules () ((_ e) `(e ,e ,@(list e)))))
(let ((v 1)) (qq-wrap v)) ;; expect: (v 1 1)
(define-syntax qq-sum (syntax-rules () ((_ x ...) `(,(+ x ...) x ...))))
(qq-sum 1 2 3) ;; expect: (6 1 2 3)
(quasiquote) ;; expect error: quasiquote: bad syntax
(quasiquote 1 2) ;; expect error: quasiquote: bad syntax
