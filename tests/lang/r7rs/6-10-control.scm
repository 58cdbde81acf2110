;; R7RS 6.10 control features: procedures, apply, map and the for-each family, values. Implicates: vm prelude, tier1 calls
(import (scheme base) (scheme inexact) (scheme char) (scheme write))

;; procedure?
(procedure? car) ;; expect: #t
(procedure? 'car) ;; expect: #f
(procedure? (lambda (x) (* x x))) ;; expect: #t
(procedure? '(lambda (x) (* x x))) ;; expect: #f
(call-with-current-continuation procedure?) ;; expect: #t
(map procedure? (list map call/cc (make-parameter 1) values dynamic-wind "car" 5 '())) ;; expect: (#t #t #t #t #t #f #f #f)

;; apply
(apply + (list 3 4)) ;; expect: 7
(define compose (lambda (f g) (lambda args (f (apply g args)))))
((compose sqrt *) 12 75) ;; expect: 30
(apply + '()) ;; expect: 0
(apply list 1 2 '(3 4)) ;; expect: (1 2 3 4)
(apply list 1 2 '()) ;; expect: (1 2)
(apply (lambda (a . r) (list a r)) 1 '(2 3)) ;; expect: (1 (2 3))
(apply apply (list list 1 '(2 3))) ;; expect: (1 2 3)
(apply + (make-list 10000 1)) ;; expect: 10000
(apply max (let loop ((i 0) (l '())) (if (= i 1000) l (loop (+ i 1) (cons i l))))) ;; expect: 999
(apply + 1) ;; expect error: apply: argument 2
(apply + 1 2) ;; expect error: apply: argument 3
(apply + '(1 . 2)) ;; expect error: apply: argument 2
(apply 5 '()) ;; expect error: expected procedure, got 5
(apply (lambda (x) x) '(1 2)) ;; expect error: expected 1 argument, got 2

;; map
(map cadr '((a b) (d e) (g h))) ;; expect: (b e h)
(map (lambda (n) (expt n n)) '(1 2 3 4 5)) ;; expect: (1 4 27 256 3125)
(map + '(1 2 3) '(4 5 6 7)) ;; expect: (5 7 9)
(let* ((count 0) (r (map (lambda (ignored) (set! count (+ count 1)) count) '(a b)))) (and (member r '((1 2) (2 1))) #t)) ;; expect: #t
(map car '()) ;; expect: ()
(map list '(1 2 3) '(a b c) '("x" "y")) ;; expect: ((1 a "x") (2 b "y"))
(map + '(1 2) '()) ;; expect: ()
(map (lambda (x y z w) (list x y z w)) '(1) '(2) '(3) '(4)) ;; expect: ((1 2 3 4))
(let ((l '(1 2 3))) (map (lambda (x) x) l) (eq? l (map (lambda (x) x) l))) ;; expect: #f
(let ((ones (list 1))) (set-cdr! ones ones) (map + ones '(1 2 3))) ;; expect: (2 3 4)
(map (lambda (f) (f 16)) (list sqrt - list)) ;; expect: (4 -16 (16))
(length (map (lambda (x) x) (make-list 200000 'x))) ;; expect: 200000
(map (lambda (x) (map (lambda (y) (* x y)) '(1 2))) '(3 4)) ;; expect: ((3 6) (4 8))
(guard (e (#t 'raised)) (map 5 '(1))) ;; expect: raised

;; string-map
(string-map char-foldcase "AbdEgH") ;; expect: "abdegh"
(string-map (lambda (c) (integer->char (+ 1 (char->integer c)))) "HAL") ;; expect: "IBM"
(string-map (lambda (c k) ((if (eqv? k #\u) char-upcase char-downcase) c)) "studlycaps xxx" "ululululul") ;; expect: "StUdLyCaPs"
(string-map char-upcase "") ;; expect: ""
(string-map (lambda (a b c) (if (char<? a b) c a)) "abcz" "bbbb" "XYZ") ;; expect: "Xbc"
(string-map (lambda (c) #\λ) "abc") ;; expect: "λλλ"
(let ((s "abc")) (eq? s (string-map (lambda (c) c) s))) ;; expect: #f
(guard (e (#t 'raised)) (string-map (lambda (c) 5) "abc")) ;; expect: raised

;; vector-map
(vector-map cadr '#((a b) (d e) (g h))) ;; expect: #(b e h)
(vector-map (lambda (n) (expt n n)) '#(1 2 3 4 5)) ;; expect: #(1 4 27 256 3125)
(vector-map + '#(1 2 3) '#(4 5 6 7)) ;; expect: #(5 7 9)
(let* ((count 0) (r (vector-map (lambda (ignored) (set! count (+ count 1)) count) '#(a b)))) (and (member r '(#(1 2) #(2 1))) #t)) ;; expect: #t
(vector-map car #()) ;; expect: #()
(vector-map list #(1 2) #(a b c) #(x y)) ;; expect: #((1 a x) (2 b y))
(guard (e (#t 'raised)) (vector-map car '(1 2))) ;; expect: raised

;; for-each and its relatives
(let ((v (make-vector 5))) (for-each (lambda (i) (vector-set! v i (* i i))) '(0 1 2 3 4)) v) ;; expect: #(0 1 4 9 16)
(for-each write '()) ;; expect output: 
(for-each (lambda (a b) (write (list a b))) '(1 2 3) '(x y)) ;; expect output: (1 x)(2 y)
(for-each write '(1 "a" #\b)) ;; expect output: 1"a"#\\b
(let ((ones (list 1))) (set-cdr! ones ones) (let ((n 0)) (for-each (lambda (a b) (set! n (+ n (* a b)))) ones '(1 2 3)) n)) ;; expect: 6
(let ((v '())) (string-for-each (lambda (c) (set! v (cons (char->integer c) v))) "abcde") v) ;; expect: (101 100 99 98 97)
(string-for-each (lambda (a b) (write-char a) (write-char b)) "abc" "12") ;; expect output: a1b2
(let ((n 0)) (string-for-each (lambda (a b c) (set! n (+ n 1))) "abcd" "abc" "ab") n) ;; expect: 2
(let ((n 0)) (string-for-each (lambda (c) (set! n 1)) "") n) ;; expect: 0
(let ((v (make-list 5))) (vector-for-each (lambda (i) (list-set! v i (* i i))) '#(0 1 2 3 4)) v) ;; expect: (0 1 4 9 16)
(vector-for-each (lambda (a b) (write (+ a b))) #(1 2 3) #(10 20)) ;; expect output: 1122
(let ((n 0)) (vector-for-each (lambda (x) (set! n 1)) #()) n) ;; expect: 0
(let ((v (vector 1 2 3))) (vector-for-each (lambda (x) (vector-set! v 2 'seen)) v) v) ;; expect: #(1 2 seen)

;; values and call-with-values
(call-with-values (lambda () (values 4 5)) (lambda (a b) b)) ;; expect: 5
(call-with-values * -) ;; expect: -1
(call-with-values (lambda () (values)) list) ;; expect: ()
(call-with-values (lambda () 1) list) ;; expect: (1)
(call-with-values (lambda () (values 1 2 3)) (lambda (a . r) (list a r))) ;; expect: (1 (2 3))
(values 1 2) ;; expect: 1 2
(values 'only) ;; expect: only
(values "a" #\b '(c)) ;; expect: "a" #\b (c)
(+ 1 (values 2)) ;; expect: 3
(call-with-values (lambda () (if #t (values 1 2) 'no)) cons) ;; expect: (1 . 2)
(call-with-values (lambda () (let ((x 1)) (begin 0 (values x x)))) list) ;; expect: (1 1)
(call-with-values (lambda () (call/cc (lambda (k) (k 1 2 3)))) list) ;; expect: (1 2 3)
(call-with-values (lambda () (call/cc (lambda (k) (call-with-values (lambda () (values 1 2)) k)))) list) ;; expect: (1 2)
(call-with-values (lambda () (dynamic-wind (lambda () #f) (lambda () (values 1 2)) (lambda () (values 3 4)))) list) ;; expect: (1 2)
(begin (values 1 2) 'ignored) ;; expect: ignored
(call-with-values (lambda () (apply values '(1 2 3))) +) ;; expect: 6
(let loop ((i 0)) (if (= i 100000) (values i 'end) (call-with-values (lambda () (values (+ i 1) 0)) (lambda (n z) (loop n))))) ;; expect: 100000 end
(call-with-values (lambda () (apply values (make-list 300 1))) +) ;; expect: 300
(guard (e (#t 'raised)) (call-with-values (lambda () (values 1 2)) (lambda (a) a))) ;; expect: raised
