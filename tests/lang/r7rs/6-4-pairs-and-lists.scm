;; R7RS 6.4 pairs and lists. Implicates: runtime collections (pairs), vm prelude (list procedures)
(import (scheme base) (scheme cxr) (scheme inexact) (scheme char) (scheme write))

(define x (list 'a 'b 'c))
(define y x)
y ;; expect: (a b c)
(list? y) ;; expect: #t
(set-cdr! x 4)
x ;; expect: (a . 4)
(eqv? x y) ;; expect: #t
y ;; expect: (a . 4)
(list? y) ;; expect: #f
(set-cdr! x x)
(list? x) ;; expect: #f
'(a . (b . (c . (d . (e . ()))))) ;; expect: (a b c d e)
'(a . (b . (c . d))) ;; expect: (a b c . d)

;; pair?
(pair? '(a . b)) ;; expect: #t
(pair? '(a b c)) ;; expect: #t
(pair? '()) ;; expect: #f
(pair? '#(a b)) ;; expect: #f
(map pair? (list "ab" 'a 1 car (list) (cons 1 2))) ;; expect: (#f #f #f #f #f #t)

;; cons car cdr set-car! set-cdr!
(cons 'a '()) ;; expect: (a)
(cons '(a) '(b c d)) ;; expect: ((a) b c d)
(cons "a" '(b c)) ;; expect: ("a" b c)
(cons 'a 3) ;; expect: (a . 3)
(cons '(a b) 'c) ;; expect: ((a b) . c)
(car '(a b c)) ;; expect: a
(car '((a) b c d)) ;; expect: (a)
(car '(1 . 2)) ;; expect: 1
(car '()) ;; expect error: car: argument 1: expected pair, got ()
(cdr '((a) b c d)) ;; expect: (b c d)
(cdr '(1 . 2)) ;; expect: 2
(cdr '()) ;; expect error: cdr: argument 1: expected pair, got ()
(car 5) ;; expect error: car: argument 1: expected pair, got 5
(cdr "abc") ;; expect error: cdr: argument 1: expected pair, got "abc"
(car) ;; expect error: car: expected 1 argument, got 0
(cons 1) ;; expect error: cons: expected 2 arguments, got 1
(define (f) (list 'not-a-constant-list))
(let ((l (f))) (set-car! l 3) l) ;; expect: (3)
(let ((p (cons 1 2))) (set-car! p 'x) (set-cdr! p '(y)) p) ;; expect: (x y)
(set-car! '() 1) ;; expect error: set-car!: argument 1
(set-cdr! 5 1) ;; expect error: set-cdr!: argument 1

;; compositions
(caar '((1 . 2) 3)) ;; expect: 1
(cadr '(1 2 3)) ;; expect: 2
(cdar '((1 . 2) 3)) ;; expect: 2
(cddr '(1 2 3)) ;; expect: (3)
(define deep '((((1 . 2) . (3 . 4)) . ((5 . 6) . (7 . 8))) . (((9 . 10) . (11 . 12)) . ((13 . 14) . (15 . 16)))))
(list (caaar deep) (caadr deep) (cadar deep) (caddr deep)) ;; expect: ((1 . 2) (9 . 10) (5 . 6) (13 . 14))
(list (cdaar deep) (cdadr deep) (cddar deep) (cdddr deep)) ;; expect: ((3 . 4) (11 . 12) (7 . 8) (15 . 16))
(list (caaaar deep) (caaadr deep) (caadar deep) (caaddr deep) (cadaar deep) (cadadr deep) (caddar deep) (cadddr deep)) ;; expect: (1 9 5 13 3 11 7 15)
(list (cdaaar deep) (cdaadr deep) (cdadar deep) (cdaddr deep) (cddaar deep) (cddadr deep) (cdddar deep) (cddddr deep)) ;; expect: (2 10 6 14 4 12 8 16)
(cadr '(1)) ;; expect error: cadr: argument 1
(caddr '(1 2)) ;; expect error: caddr: argument 1

;; null? list? make-list list length
(list? '(a b c)) ;; expect: #t
(list? '()) ;; expect: #t
(list? '(a . b)) ;; expect: #f
(let ((x (list 'a))) (set-cdr! x x) (list? x)) ;; expect: #f
(let ((x (list 1 2 3 4))) (set-cdr! (cdddr x) (cdr x)) (list? x)) ;; expect: #f
(map list? (list 5 "a" '#(1) '(1 2 . 3) '(()))) ;; expect: (#f #f #f #f #t)
(map null? (list '() '(1) #f "" '#() 0)) ;; expect: (#t #f #f #f #f #f)
(make-list 2 3) ;; expect: (3 3)
(make-list 0 'x) ;; expect: ()
(length (make-list 5)) ;; expect: 5
(let ((l (make-list 2 (list 1)))) (eq? (car l) (cadr l))) ;; expect: #t
(list 'a (+ 3 4) 'c) ;; expect: (a 7 c)
(list) ;; expect: ()
(let* ((l (list 1 2)) (m (apply list l))) (list (equal? l m) (eq? l m))) ;; expect: (#t #f)
(length '(a b c)) ;; expect: 3
(length '(a (b) (c d e))) ;; expect: 3
(length '()) ;; expect: 0
(length 5) ;; expect error: length: argument 1
(length '(1 2 . 3)) ;; expect error: length: argument 1
(let ((x (list 1 2))) (set-cdr! (cdr x) x) (guard (e (#t 'raised)) (length x))) ;; expect: raised

;; append reverse
(append '(x) '(y)) ;; expect: (x y)
(append '(a) '(b c d)) ;; expect: (a b c d)
(append '(a (b)) '((c))) ;; expect: (a (b) (c))
(append '(a b) '(c . d)) ;; expect: (a b c . d)
(append '() 'a) ;; expect: a
(append) ;; expect: ()
(append 5) ;; expect: 5
(append '(1) '() '(2 3) '() '(4)) ;; expect: (1 2 3 4)
(append '() '()) ;; expect: ()
(append '(1) 2) ;; expect: (1 . 2)
(let* ((a (list 1 2)) (b (list 3)) (c (append a b))) (list (eq? (cddr c) b) (eq? c a) a)) ;; expect: (#t #f (1 2))
(append 1 '(2)) ;; expect error: append: argument 1
(append '(1 . 2) '(3)) ;; expect error: append: argument 1
(reverse '(a b c)) ;; expect: (c b a)
(reverse '(a (b c) d (e (f)))) ;; expect: ((e (f)) d (b c) a)
(reverse '()) ;; expect: ()
(let* ((a (list 1 2 3)) (b (reverse a))) (set-car! b 'x) a) ;; expect: (1 2 3)
(reverse '(1 . 2)) ;; expect error: reverse: argument 1

;; list-tail list-ref list-set! list-copy
(list-tail '(a b c d) 2) ;; expect: (c d)
(list-tail '(a b) 2) ;; expect: ()
(list-tail '(a b . c) 2) ;; expect: c
(list-tail 'anything 0) ;; expect: anything
(let ((l (list 1 2 3))) (eq? (list-tail l 1) (cdr l))) ;; expect: #t
(guard (e (#t 'raised)) (list-tail '(a b) 3)) ;; expect: raised
(list-ref '(a b c d) 2) ;; expect: c
(list-ref '(a b c d) (exact (round 1.8))) ;; expect: c
(list-ref '(a b . c) 1) ;; expect: b
(guard (e (#t 'raised)) (list-ref '(a b) 2)) ;; expect: raised
(guard (e (#t 'raised)) (list-ref '(a b) -1)) ;; expect: raised
(let ((ls (list 'one 'two 'five!))) (list-set! ls 2 'three) ls) ;; expect: (one two three)
(guard (e (#t 'raised)) (list-set! (list 1 2) 2 'x)) ;; expect: raised
(define a '(1 8 2 8))
(define b (list-copy a))
(set-car! b 3)
b ;; expect: (3 8 2 8)
a ;; expect: (1 8 2 8)
(list-copy '()) ;; expect: ()
(list-copy '(1 2 . 3)) ;; expect: (1 2 . 3)
(list-copy 5) ;; expect: 5
(let* ((in (list 1)) (l (list in 2)) (c (list-copy l))) (list (eq? l c) (eq? (car l) (car c)))) ;; expect: (#f #t)

;; memq memv member
(memq 'a '(a b c)) ;; expect: (a b c)
(memq 'b '(a b c)) ;; expect: (b c)
(memq 'a '(b c d)) ;; expect: #f
(memq (list 'a) '(b (a) c)) ;; expect: #f
(member (list 'a) '(b (a) c)) ;; expect: ((a) c)
(member "B" '("a" "b" "c") string-ci=?) ;; expect: ("b" "c")
(memv 101 '(100 101 102)) ;; expect: (101 102)
(memv 1.5 '(1 1.5 2)) ;; expect: (1.5 2)
(memv 2 '(2.0 2)) ;; expect: (2)
(memq 'x '()) ;; expect: #f
(member 2.0 '(1 2 3) =) ;; expect: (2 3)
(member 5 '(1 6 9) (lambda (a b) (= 1 (abs (- a b))))) ;; expect: (6 9)
(let ((l (list 1 2 3))) (eq? (memv 2 l) (cdr l))) ;; expect: #t
(member '#(1 "x") '((1) #(1 "x") y)) ;; expect: (#(1 "x") y)

;; assq assv assoc
(define e '((a 1) (b 2) (c 3)))
(assq 'a e) ;; expect: (a 1)
(assq 'b e) ;; expect: (b 2)
(assq 'd e) ;; expect: #f
(assq (list 'a) '(((a)) ((b)) ((c)))) ;; expect: #f
(assoc (list 'a) '(((a)) ((b)) ((c)))) ;; expect: ((a))
(assoc 2.0 '((1 1) (2 4) (3 9)) =) ;; expect: (2 4)
(assv 5 '((2 3) (5 7) (11 13))) ;; expect: (5 7)
(assv 100000000000000000000 '((1 . one) (100000000000000000000 . big))) ;; expect: (100000000000000000000 . big)
(assoc "b" '(("a" . 1) ("b" . 2))) ;; expect: ("b" . 2)
(assoc "B" '(("a" . 1) ("b" . 2)) string-ci=?) ;; expect: ("b" . 2)
(assoc 5 '((1 . a) (6 . b)) (lambda (a b) (= 1 (abs (- a b))))) ;; expect: (6 . b)
(assq 'x '()) ;; expect: #f
(let ((al (list (cons 'k 1)))) (set-cdr! (assq 'k al) 2) al) ;; expect: ((k . 2))
(assq 'a '((b . 1) (a . 2) (a . 3))) ;; expect: (a . 2)
