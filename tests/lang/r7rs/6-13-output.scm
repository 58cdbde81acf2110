;; R7RS 6.13.3 output. Implicates: runtime printer (labels, escapes), runtime ports
(import (scheme base) (scheme write) (scheme read))

;; write and display
(write "a\"b\\c") ;; expect output: "a\\"b\\\\c"
(display "a\"b\\c") ;; expect output: a"b\\c
(write #\a) ;; expect output: #\\a
(display #\a) ;; expect output: a
(write '(1 "two" #\3 four 5.5 #t)) ;; expect output: (1 "two" #\\3 four 5.5 #t)
(display '(1 "two" #\3 four 5.5 #t)) ;; expect output: (1 two 3 four 5.5 #t)
(display '#("a" (#\b "c"))) ;; expect output: #(a (b c))
(write '()) ;; expect output: ()
(write '(a . b)) ;; expect output: (a . b)
(write '(a (b . (c . (d))))) ;; expect output: (a (b c d))
(write '(1 . (2 . 3))) ;; expect output: (1 2 . 3)
(write '#(1 #(2) ())) ;; expect output: #(1 #(2) ())
(write #u8(1 2)) ;; expect output: #u8(1 2)
(write '|a b|) ;; expect output: |a b|
(write -1/2) ;; expect output: -1/2
(write 100000000000000000000) ;; expect output: 100000000000000000000
(list 1.0 -0.5 +inf.0 -inf.0) ;; expect: (1.0 -0.5 +inf.0 -inf.0)
(map (lambda (c) (let ((p (open-output-string))) (write c p) (get-output-string p))) (list #\space #\newline #\tab #\null #\delete #\escape #\backspace #\alarm #\return #\( #\;)) ;; expect: ("#\\space" "#\\newline" "#\\tab" "#\\null" "#\\delete" "#\\escape" "#\\backspace" "#\\alarm" "#\\return" "#\\(" "#\\;")
(newline) ;; expect output: \n
(begin (write 1) (newline) (write 2)) ;; expect output: 1\n2

;; write-char, write-string, write-u8, write-bytevector
(write-char #\a) ;; expect output: a
(write-char #\newline) ;; expect output: \n
(write-string "abc") ;; expect output: abc
(write-string "a\"b") ;; expect output: a"b
(define (out f) (let ((p (open-output-string))) (f p) (get-output-string p)))
(out (lambda (p) (write-string "abcdef" p 2))) ;; expect: "cdef"
(out (lambda (p) (write-string "abcdef" p 2 4))) ;; expect: "cd"
(out (lambda (p) (write-string "" p))) ;; expect: ""
(out (lambda (p) (write-char #\λ p) (write-string "μν" p 1))) ;; expect: "λν"
(define (bout f) (let ((p (open-output-bytevector))) (f p) (get-output-bytevector p)))
(bout (lambda (p) (write-u8 0 p) (write-u8 255 p))) ;; expect: #u8(0 255)
(bout (lambda (p) (write-bytevector #u8(1 2 3 4) p))) ;; expect: #u8(1 2 3 4)
(bout (lambda (p) (write-bytevector #u8(1 2 3 4) p 1))) ;; expect: #u8(2 3 4)
(bout (lambda (p) (write-bytevector #u8(1 2 3 4) p 1 3))) ;; expect: #u8(2 3)
(out (lambda (p) (write 'a p) (display " " p) (write "b" p) (newline p) (flush-output-port p))) ;; expect: "a \"b\"\n"
(write-u8 256 (open-output-bytevector)) ;; expect error: write-u8: argument 1
(guard (e (#t 'raised)) (write-char #\a (open-output-bytevector))) ;; expect: raised
(guard (e (#t 'raised)) (write-u8 1 (open-output-string))) ;; expect: raised
(guard (e (#t 'raised)) (write 'x (open-input-string ""))) ;; expect: raised

;; datum labels: write marks cycles only, write-shared marks all sharing, write-simple marks nothing
(let ((x (list 'a 'b))) (set-cdr! (cdr x) x) (write x)) ;; expect output: #0=(a b . #0#)
(let ((x (list 'a 'b))) (set-cdr! (cdr x) x) (display x)) ;; expect output: #0=(a b . #0#)
(let ((x (list 'a 'b))) (set-car! (cdr x) x) (write x)) ;; expect output: #0=(a #0#)
(let ((v (vector 1 2))) (vector-set! v 1 v) (write v)) ;; expect output: #0=#(1 #0#)
(let ((x (list 1 2))) (write (list x x))) ;; expect output: ((1 2) (1 2))
(let ((x (list 1 2))) (display (list x x))) ;; expect output: ((1 2) (1 2))
(let ((x (list 1 2))) (write-shared (list x x))) ;; expect output: (#0=(1 2) #0#)
(let ((x (list 1 2))) (write-simple (list x x))) ;; expect output: ((1 2) (1 2))
(let ((x (list 1 2)) (y (vector 3))) (write-shared (list x y y x))) ;; expect output: (#0=(1 2) #1=#(3) #1# #0#)
(let ((x (list 'a 'b))) (set-cdr! (cdr x) x) (write-shared x)) ;; expect output: #0=(a b . #0#)
(let ((tail (list 2 3))) (write-shared (list tail (cons 1 tail)))) ;; expect output: (#0=(2 3) (1 . #0#))
(let ((x (list 1))) (write (list 'pre (let ((c (list 'c))) (set-cdr! c c) c) x x))) ;; expect output: (pre #0=(c . #0#) (1) (1))
(let ((a (list 'a)) (b (list 'b))) (set-cdr! a a) (set-cdr! b b) (write (list a b))) ;; expect output: (#0=(a . #0#) #1=(b . #1#))
(write-simple '(a "b" #\c)) ;; expect output: (a "b" #\\c)
(write-shared '(1 2 3)) ;; expect output: (1 2 3)
(write-shared '(a a 1 1)) ;; expect output: (a a 1 1)
(let* ((x (list 1 2)) (d (list x x)) (s (out (lambda (p) (write-shared d p)))) (back (read (open-input-string s)))) (list (equal? d back) (eq? (car back) (cadr back)))) ;; expect: (#t #t)
(let* ((x (vector 1 2 3))) (vector-set! x 1 (list x)) (let ((back (read (open-input-string (out (lambda (p) (write x p))))))) (eq? back (car (vector-ref back 1))))) ;; expect: #t
(define (round-trip x) (equal? x (read (open-input-string (out (lambda (p) (write x p)))))))
(map round-trip (list 'a "a\nb\t\"\\" #\x0 1/3 1.5 '(1 . 2) '#(a #u8(1 2) "λ") '|weird sym| '() '(quote x) '(quasiquote (a (unquote b))) "\x7f;\x0;")) ;; expect: (#t #t #t #t #t #t #t #t #t #t #t #t)
(let ((deep (do ((i 0 (+ i 1)) (x '() (list x))) ((= i 10000) x)))) (string-length (out (lambda (p) (write deep p))))) ;; expect: 20002
