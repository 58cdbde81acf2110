;; SRFI 1, list library. Implicates: vm/prelude/srfi/1.sld, vm/prelude/list.sld, runtime/list.c
(import (scheme base) (scheme write) (srfi 1))

;; constructors
(xcons 1 2) ;; expect: (2 . 1)
(cons* 1 2 '(3 4)) ;; expect: (1 2 3 4)
(cons* 1) ;; expect: 1
(list-tabulate 4 (lambda (i) (* i i))) ;; expect: (0 1 4 9)
(iota 5) ;; expect: (0 1 2 3 4)
(iota 5 0 -1) ;; expect: (0 -1 -2 -3 -4)
(iota 0) ;; expect: ()
(let ((c (circular-list 1 2))) (list (car c) (cadr c) (caddr c))) ;; expect: (1 2 1)

;; predicates
(map proper-list? (list '() '(1) '(1 . 2) 5 (circular-list 1))) ;; expect: (#t #t #f #f #f)
(map dotted-list? (list '() '(1) '(1 . 2) 5 (circular-list 1))) ;; expect: (#f #f #t #t #f)
(map circular-list? (list '() '(1) '(1 . 2) 5 (circular-list 1))) ;; expect: (#f #f #f #f #t)
(map not-pair? '(() 1 (1))) ;; expect: (#t #t #f)
(null-list? '()) ;; expect: #t
(list= eq?) ;; expect: #t
(list= eq? '(a)) ;; expect: #t
(list= eq? '(a b) '(a b) '(a b)) ;; expect: #t
(list= eq? '(a b) '(a b) '(a c)) ;; expect: #f
(list= = '(1 2) '(1)) ;; expect: #f
(list= = '(1) '(1 2)) ;; expect: #f

;; selectors
(map (lambda (f) (f '(1 2 3 4 5 6 7 8 9 10))) (list first second third fourth fifth sixth seventh eighth ninth tenth)) ;; expect: (1 2 3 4 5 6 7 8 9 10)
(car+cdr '(1 . 2)) ;; expect: 1 2
(take '(a b c d e) 2) ;; expect: (a b)
(drop '(a b c d e) 2) ;; expect: (c d e)
(take '(1 2 3 . d) 2) ;; expect: (1 2)
(drop '(1 2 3 . d) 3) ;; expect: d
(take-right '(a b c d e) 2) ;; expect: (d e)
(drop-right '(a b c d e) 2) ;; expect: (a b c)
(take-right '(1 2 3 . d) 2) ;; expect: (2 3 . d)
(drop-right '(1 2 3 . d) 0) ;; expect: (1 2 3)
(take! (list 1 2 3) 2) ;; expect: (1 2)
(drop-right! (list 1 2 3) 2) ;; expect: (1)
(split-at '(a b c d) 2) ;; expect: (a b) (c d)
(split-at! (list 1 2) 0) ;; expect: () (1 2)
(last '(a b c)) ;; expect: c
(last-pair '(a b . c)) ;; expect: (b . c)
(take '(1) 2) ;; expect error: take: argument
(first '()) ;; expect error: first: argument 1

;; miscellaneous
(length+ '(1 2)) ;; expect: 2
(length+ (circular-list 1)) ;; expect: #f
(concatenate '((1) (2 3) ())) ;; expect: (1 2 3)
(append-reverse '(3 2 1) '(4 5)) ;; expect: (1 2 3 4 5)
(append-reverse! (list 3 2 1) 4) ;; expect: (1 2 3 . 4)
(append! (list 1) '() (list 2)) ;; expect: (1 2)
(concatenate! (list (list 1) (list 2))) ;; expect: (1 2)
(reverse! (list 1 2 3)) ;; expect: (3 2 1)
(zip '(1 2 3) '(a b)) ;; expect: ((1 a) (2 b))
(unzip1 '((1) (2))) ;; expect: (1 2)
(unzip2 '((1 a) (2 b))) ;; expect: (1 2) (a b)
(unzip3 '((1 a x) (2 b y))) ;; expect: (1 2) (a b) (x y)
(count even? '(3 1 4 1 5 9 2 5 6)) ;; expect: 3
(count < '(1 2 4 8) '(2 4 6 8 10 12 14 16)) ;; expect: 3
(count < '(3 1 4 1) (circular-list 1 10)) ;; expect: 2

;; fold, unfold and map
(fold + 0 '(1 2 3)) ;; expect: 6
(fold cons* '() '(a b c) '(1 2 3 4 5)) ;; expect: (c 3 b 2 a 1)
(fold list 0 '(1 2) '(3 4) '(5 6)) ;; expect: (2 4 6 (1 3 5 0))
(fold-right cons '() '(1 2 3)) ;; expect: (1 2 3)
(fold-right (lambda (x l) (if (even? x) (cons x l) l)) '() '(1 2 3 4)) ;; expect: (2 4)
(fold-right cons* '() '(a b c) '(1 2 3 4 5)) ;; expect: (a 1 b 2 c 3)
(pair-fold cons '() '(a b c)) ;; expect: ((c) (b c) (a b c))
(pair-fold (lambda (pair tail) (set-cdr! pair tail) pair) '() (list 1 2 3)) ;; expect: (3 2 1)
(pair-fold-right cons '() '(a b c)) ;; expect: ((a b c) (b c) (c))
(reduce max 0 '(3 1 4)) ;; expect: 4
(reduce + 0 '()) ;; expect: 0
(reduce - 0 '(1 2 3 4)) ;; expect: 2
(reduce-right append '() '((1) (2) (3))) ;; expect: (1 2 3)
(reduce-right - 0 '(1 2 3 4)) ;; expect: -2
(unfold (lambda (x) (> x 5)) (lambda (x) (* x x)) (lambda (x) (+ x 1)) 1) ;; expect: (1 4 9 16 25)
(unfold null-list? car cdr '(1 2) (lambda (x) '(end))) ;; expect: (1 2 end)
(unfold-right zero? (lambda (x) (* x x)) (lambda (x) (- x 1)) 4) ;; expect: (1 4 9 16)
(unfold-right null-list? car cdr '(1 2 3) '(tail)) ;; expect: (3 2 1 tail)
(append-map (lambda (x) (list x (- x))) '(1 3)) ;; expect: (1 -1 3 -3)
(append-map list '(1 2) '(a b)) ;; expect: (1 a 2 b)
(append-map! list '(1 2)) ;; expect: (1 2)
(map! + (list 1 2) '(10 20)) ;; expect: (11 22)
(let ((n 0)) (map-in-order (lambda (x) (set! n (+ n 1)) (list x n)) '(a b c))) ;; expect: ((a 1) (b 2) (c 3))
(map + '(1 2 3) (circular-list 10)) ;; expect: (11 12 13)
(pair-for-each (lambda (p) (write p)) '(1 2)) ;; expect output: (1 2)(2)
(pair-for-each (lambda (p q) (write (list p q))) '(1 2) '(a b c)) ;; expect output: ((1 2) (a b c))((2) (b c))
(filter-map (lambda (x) (and (number? x) (* x x))) '(a 1 b 3 c 7)) ;; expect: (1 9 49)
(filter-map (lambda (x y) (and (< x y) (+ x y))) '(1 5 3) '(2 4 6)) ;; expect: (3 9)

;; filtering and searching
(partition symbol? '(one 2 3 four five 6)) ;; expect: (one four five) (2 3 6)
(partition! odd? (list 1 2 3)) ;; expect: (1 3) (2)
(filter! odd? (list 1 2 3)) ;; expect: (1 3)
(remove! odd? (list 1 2 3)) ;; expect: (2)
(find even? '(3 1 4 1 5)) ;; expect: 4
(find even? '(3 1)) ;; expect: #f
(find-tail even? '(3 1 37 -8 -5 0 0)) ;; expect: (-8 -5 0 0)
(take-while even? '(2 18 3 10 22 9)) ;; expect: (2 18)
(drop-while even? '(2 18 3 10 22 9)) ;; expect: (3 10 22 9)
(span even? '(2 18 3 10)) ;; expect: (2 18) (3 10)
(break even? '(3 1 4 1 5 9)) ;; expect: (3 1) (4 1 5 9)
(span! even? (list 2 3)) ;; expect: (2) (3)
(break! even? (list 2 3)) ;; expect: () (2 3)
(any integer? '(a 3 b 2.7)) ;; expect: #t
(any < '(3 1 4 1 5) '(2 7 1 8 2)) ;; expect: #t
(any memv '(1 2) '((5 6) (3 2 1))) ;; expect: (2 1)
(any odd? '()) ;; expect: #f
(every < '(1 2) '(3 4 0)) ;; expect: #t
(every + '(1 2) '(3 4)) ;; expect: 6
(every odd? '()) ;; expect: #t
(list-index even? '(3 1 4 1 5 9)) ;; expect: 2
(list-index < '(3 1 4 1 5 9 2 5 6) '(2 7 1 8 2)) ;; expect: 1
(list-index = '(3 1 4 1 5 9 2 5 6) '(2 7 1 8 2)) ;; expect: #f

;; deletion and association lists
(delete 1 '(1 2 1.0 3)) ;; expect: (2 1.0 3)
(delete 5 '(1 7 3 9) <) ;; expect: (1 3)
(delete! 1 (list 1 2)) ;; expect: (2)
(delete-duplicates '(a b a c a b c z)) ;; expect: (a b c z)
(delete-duplicates '((a . 3) (b . 7) (c . 1) (a . 9) (b . 11)) (lambda (x y) (eq? (car x) (car y)))) ;; expect: ((a . 3) (b . 7) (c . 1))
(delete-duplicates! (list 1 1)) ;; expect: (1)
(member 2.0 '(1 2 3) =) ;; expect: (2 3)
(assoc 2.0 '((1 one) (2 two)) =) ;; expect: (2 two)
(alist-cons 'a 1 '((b . 2))) ;; expect: ((a . 1) (b . 2))
(let* ((a (list (cons 1 2))) (b (alist-copy a))) (set-cdr! (car b) 9) (list a b)) ;; expect: (((1 . 2)) ((1 . 9)))
(alist-delete 'a '((a . 1) (b . 2) (a . 3))) ;; expect: ((b . 2))
(alist-delete 5 '((3 . x) (7 . y)) <) ;; expect: ((3 . x))
(alist-delete! 'a (list (cons 'a 1))) ;; expect: ()

;; sets
(lset<= eq? '(a) '(a b a) '(a b c c)) ;; expect: #t
(lset<= eq? '(a z) '(a b)) ;; expect: #f
(lset<= eq?) ;; expect: #t
(lset= eq? '(b e a) '(a e b) '(e e b a)) ;; expect: #t
(lset= eq? '(a) '(a b)) ;; expect: #f
(lset-adjoin eq? '(a b c d c e) 'd 'a 'g 'b 'i) ;; expect: (i g a b c d c e)
(lset-union eq? '(a b c d e) '(a e i o u)) ;; expect: (u o i a b c d e)
(lset-union eq? '(a a c) '(x a x)) ;; expect: (x a a c)
(lset-union eq?) ;; expect: ()
(lset-union eq? '(a b c)) ;; expect: (a b c)
(lset-intersection eq? '(a b c d e) '(a e i o u)) ;; expect: (a e)
(lset-intersection eq? '(a x y a) '(x a x z)) ;; expect: (a x a)
(lset-difference eq? '(a b c d e) '(a e i o u)) ;; expect: (b c d)
(lset-difference eq? '(a b c)) ;; expect: (a b c)
(lset= eq? '(d c b i o u) (lset-xor eq? '(a b c d e) '(a e i o u))) ;; expect: #t
(lset-xor eq?) ;; expect: ()
(lset-diff+intersection eq? '(a b c d e) '(a e) '(c)) ;; expect: (b d) (a c e)
(lset-intersection! eq? (list 1 2) '(2)) ;; expect: (2)

;; errors
(fold 5 0 '(1)) ;; expect error: fold: argument 1: expected procedure, got 5
(filter odd? 5) ;; expect error: filter: argument 2: expected list, got 5
(lset-union 5 '(1)) ;; expect error: lset-union: argument 1: expected procedure, got 5
(pair-fold 5 0 '(1)) ;; expect error: pair-fold: argument 1: expected procedure, got 5
