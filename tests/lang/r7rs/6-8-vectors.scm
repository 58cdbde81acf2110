;; R7RS 6.8 vectors. Implicates: runtime collections (vectors), tier2 bounds checks
(import (scheme base) (scheme inexact) (scheme write))

#(0 (2 2 2 2) "Anna") ;; expect: #(0 (2 2 2 2) "Anna")
(map vector? (list #(1) (vector) '(1) "a" #u8(1) 'v)) ;; expect: (#t #t #f #f #f #f)
(vector 'a 'b 'c) ;; expect: #(a b c)
(vector) ;; expect: #()
(make-vector 3 'x) ;; expect: #(x x x)
(make-vector 0) ;; expect: #()
(vector-length (make-vector 7)) ;; expect: 7
(let ((v (make-vector 2 (list 1)))) (eq? (vector-ref v 0) (vector-ref v 1))) ;; expect: #t
(vector-length #()) ;; expect: 0
(vector-length '#(1 (2 3) #(4 5))) ;; expect: 3
(vector-length '(1)) ;; expect error: vector-length: argument 1: expected vector, got (1)
(make-vector -1) ;; expect error: make-vector: argument 1
(make-vector 1.5) ;; expect error: make-vector: argument 1

;; vector-ref, vector-set!
(vector-ref '#(1 1 2 3 5 8 13 21) 5) ;; expect: 8
(vector-ref '#(1 1 2 3 5 8 13 21) (exact (round (* 2 (acos -1))))) ;; expect: 13
(let ((vec (vector 0 '(2 2 2 2) "Anna"))) (vector-set! vec 1 '("Sue" "Sue")) vec) ;; expect: #(0 ("Sue" "Sue") "Anna")
(vector-ref (vector 1 2) 2) ;; expect error: vector-ref: argument 2
(vector-ref (vector 1 2) -1) ;; expect error: vector-ref: argument 2
(vector-ref (vector 1 2) 1.0) ;; expect error: vector-ref: argument 2
(vector-ref (vector 1 2) 100000000000000000000) ;; expect error: vector-ref: argument 2
(vector-ref '(1 2) 0) ;; expect error: vector-ref: argument 1
(vector-ref #() 0) ;; expect error: vector-ref: argument 2
(vector-set! (vector 1 2) 2 'x) ;; expect error: vector-set!: argument 2
(vector-set! 5 0 'x) ;; expect error: vector-set!: argument 1
(vector-ref (vector 1)) ;; expect error: vector-ref: expected 2 arguments, got 1
(let ((v (vector 1 2 3))) (do ((i 0 (+ i 1))) ((= i 3) v) (vector-set! v i (* 10 (vector-ref v i))))) ;; expect: #(10 20 30)
(let ((v (vector 1 #f))) (vector-set! v 1 v) (eq? v (vector-ref (vector-ref v 1) 1))) ;; expect: #t
(let ((v (make-vector 1000 0))) (do ((i 0 (+ i 1))) ((= i 100000)) (let ((k (modulo (* i 7) 1000))) (vector-set! v k (+ 1 (vector-ref v k))))) (list (vector-ref v 0) (vector-ref v 999))) ;; expect: (100 100)

;; conversions
(vector->list '#(dah dah didah)) ;; expect: (dah dah didah)
(vector->list '#(dah dah didah) 1) ;; expect: (dah didah)
(vector->list '#(dah dah didah) 1 2) ;; expect: (dah)
(vector->list #(1 2 3) 3) ;; expect: ()
(vector->list #(1 2 3) 1 1) ;; expect: ()
(vector->list #()) ;; expect: ()
(list->vector '(dididit dah)) ;; expect: #(dididit dah)
(list->vector '()) ;; expect: #()
(list->vector '(1 . 2)) ;; expect error: list->vector: argument 1
(vector->list #(1 2 3) 4) ;; expect error: vector->list: argument 2
(vector->list #(1 2 3) 0 4) ;; expect error: vector->list: argument 3
(vector->list #(1 2 3) 2 1) ;; expect error: vector->list: argument
(string->vector "ABC") ;; expect: #(#\A #\B #\C)
(string->vector "ABCDE" 1 3) ;; expect: #(#\B #\C)
(string->vector "ABC" 1) ;; expect: #(#\B #\C)
(string->vector "") ;; expect: #()
(vector->string #(#\1 #\2 #\3)) ;; expect: "123"
(vector->string #(#\a #\b #\c #\d) 1 3) ;; expect: "bc"
(vector->string #(#\a #\b) 2) ;; expect: ""
(guard (e (#t 'raised)) (vector->string #(#\a 5))) ;; expect: raised

;; vector-copy, vector-copy!, vector-append, vector-fill!
(define a #(1 8 2 8))
(define b (vector-copy a))
(vector-set! b 0 3)
b ;; expect: #(3 8 2 8)
a ;; expect: #(1 8 2 8)
(define c (vector-copy b 1 3))
c ;; expect: #(8 2)
(vector-copy #(1 2 3) 1) ;; expect: #(2 3)
(vector-copy #(1 2 3) 3) ;; expect: #()
(vector-copy #(1 2 3) 0 0) ;; expect: #()
(vector-copy #(1 2 3) 4) ;; expect error: vector-copy: argument 2
(let* ((in (list 1)) (v (vector in)) (w (vector-copy v))) (list (eq? v w) (eq? (vector-ref v 0) (vector-ref w 0)))) ;; expect: (#f #t)
(define a (vector 1 2 3 4 5))
(define b (vector 10 20 30 40 50))
(vector-copy! b 1 a 0 2)
b ;; expect: #(10 1 2 40 50)
(let ((v (vector 1 2 3 4 5))) (vector-copy! v 1 v 0 3) v) ;; expect: #(1 1 2 3 5)
(let ((v (vector 1 2 3 4 5))) (vector-copy! v 0 v 2) v) ;; expect: #(3 4 5 4 5)
(let ((v (vector 1 2 3))) (vector-copy! v 1 #(a b)) v) ;; expect: #(1 a b)
(let ((v (vector 1 2 3))) (vector-copy! v 3 #()) v) ;; expect: #(1 2 3)
(let ((v (vector 1 2 3))) (vector-copy! v 0 #(a b c) 1 1) v) ;; expect: #(1 2 3)
(guard (e (#t 'raised)) (vector-copy! (vector 1 2) 1 #(a b))) ;; expect: raised
(let ((v (vector 1 2 3))) (guard (e (#t v)) (vector-copy! v 2 #(a b)))) ;; expect: #(1 2 3)
(guard (e (#t 'raised)) (vector-copy! (vector 1 2) -1 #(a))) ;; expect: raised
(vector-append #(a b c) #(d e f)) ;; expect: #(a b c d e f)
(vector-append) ;; expect: #()
(vector-append #(1)) ;; expect: #(1)
(vector-append #(1) #() #(2 3) #(4)) ;; expect: #(1 2 3 4)
(let ((v (vector 1))) (eq? v (vector-append v))) ;; expect: #f
(vector-append #(1) '(2)) ;; expect error: vector-append: argument 2
(define a (vector 1 2 3 4 5))
(vector-fill! a 'smash 2 4)
a ;; expect: #(1 2 smash smash 5)
(let ((v (vector 1 2 3))) (vector-fill! v 0) v) ;; expect: #(0 0 0)
(let ((v (vector 1 2 3))) (vector-fill! v 'x 1) v) ;; expect: #(1 x x)
(let ((v (vector 1 2 3))) (vector-fill! v 'x 3) v) ;; expect: #(1 2 3)
(guard (e (#t 'raised)) (vector-fill! (vector 1 2) 'x 0 3)) ;; expect: raised
(let* ((l '(3 1 2)) (v (list->vector l))) (vector-set! v 0 'x) l) ;; expect: (3 1 2)
(vector->list (list->vector (vector->list #(1 2)))) ;; expect: (1 2)
