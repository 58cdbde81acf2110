;; R7RS 6.13.1, 6.13.2 ports and input. Implicates: runtime ports, runtime reader
(import (scheme base) (scheme cxr) (scheme read) (scheme write) (scheme file) (scheme char) (scheme process-context))

;; kinds of ports
(define in (open-input-string "abc"))
(define out (open-output-string))
(define bin (open-input-bytevector #u8(1 2 3)))
(define bout (open-output-bytevector))
(map input-port? (list in out bin bout 5)) ;; expect: (#t #f #t #f #f)
(map output-port? (list in out bin bout 5)) ;; expect: (#f #t #f #t #f)
(map port? (list in out bin bout 5 "s" '())) ;; expect: (#t #t #t #t #f #f #f)
(list (textual-port? in) (textual-port? out) (binary-port? bin) (binary-port? bout)) ;; expect: (#t #t #t #t)
(list (textual-port? 5) (binary-port? "x")) ;; expect: (#f #f)
(map port? (list (current-input-port) (current-output-port) (current-error-port))) ;; expect: (#t #t #t)
(list (input-port? (current-input-port)) (output-port? (current-output-port)) (textual-port? (current-error-port))) ;; expect: (#t #t #t)
(list (input-port-open? in) (output-port-open? out)) ;; expect: (#t #t)
(let ((p (open-input-string "x"))) (close-port p) (input-port-open? p)) ;; expect: #f
(let ((p (open-input-string "x"))) (close-input-port p) (close-input-port p) (input-port-open? p)) ;; expect: #f
(let ((p (open-output-string))) (close-output-port p) (output-port-open? p)) ;; expect: #f
(let ((p (open-input-string "x"))) (close-port p) (guard (e (#t 'raised)) (read-char p))) ;; expect: raised
(let ((p (open-output-bytevector))) (close-port p) (guard (e (#t 'raised)) (write-u8 1 p))) ;; expect: raised
(call-with-port (open-input-string "xyz") read-char) ;; expect: #\x
(let ((p (open-input-string "xyz"))) (call-with-port p read-char) (input-port-open? p)) ;; expect: #f
(call-with-values (lambda () (call-with-port (open-input-string "q") (lambda (p) (values 1 (read-char p))))) list) ;; expect: (1 #\q)

;; string and bytevector ports
(parameterize ((current-output-port (open-output-string)))
  (display "piece")
  (display " by piece ")
  (display "by piece.")
  (newline)
  (get-output-string (current-output-port))) ;; expect: "piece by piece by piece.\n"
(let ((p (open-output-string))) (get-output-string p)) ;; expect: ""
(let ((p (open-output-string))) (write 'a p) (let ((first (get-output-string p))) (write 'b p) (list first (get-output-string p)))) ;; expect: ("a" "ab")
(let ((p (open-output-bytevector))) (write-u8 1 p) (write-bytevector #u8(2 3 4) p) (get-output-bytevector p)) ;; expect: #u8(1 2 3 4)
(get-output-bytevector (open-output-bytevector)) ;; expect: #u8()
(let ((p (open-output-string))) (string-for-each (lambda (c) (write-char c p)) "λ∀😀") (get-output-string p)) ;; expect: "λ∀😀"

;; characters
(define p (open-input-string "ab"))
(let* ((a (peek-char p)) (b (peek-char p)) (c (read-char p)) (d (read-char p)) (e (peek-char p)) (f (read-char p)) (g (read-char p))) (list a b c d (eof-object? e) (eof-object? f) (eof-object? g))) ;; expect: (#\a #\a #\a #\b #t #t #t)
(eof-object? (read-char (open-input-string ""))) ;; expect: #t
(eof-object? (eof-object)) ;; expect: #t
(map eof-object? (list #f '() "" 'eof #\x4)) ;; expect: (#f #f #f #f #f)
(char-ready? (open-input-string "x")) ;; expect: #t
(char-ready? (open-input-string "")) ;; expect: #t
(let ((p (open-input-string "λ😀"))) (let* ((a (read-char p)) (b (read-char p))) (map char->integer (list a b)))) ;; expect: (955 128512)
(parameterize ((current-input-port (open-input-string "xy z"))) (let* ((a (read-char)) (b (peek-char)) (c (read-char)) (d (read))) (list a b c d))) ;; expect: (#\x #\y #\y z)
(read-char 5) ;; expect error: read-char: argument 1
(guard (e (#t 'raised)) (read-char (open-input-bytevector #u8(65)))) ;; expect: raised
(guard (e (#t 'raised)) (read-u8 (open-input-string "A"))) ;; expect: raised
(guard (e (#t 'raised)) (read-char (open-output-string))) ;; expect: raised

;; lines and strings
(define (lines s) (let ((p (open-input-string s))) (let loop ((acc '())) (let ((l (read-line p))) (if (eof-object? l) (reverse acc) (loop (cons l acc)))))))
(lines "one\ntwo\n\nfour") ;; expect: ("one" "two" "" "four")
(lines "one\n") ;; expect: ("one")
(lines "\n\n") ;; expect: ("" "")
(lines "") ;; expect: ()
(parameterize ((current-input-port (open-input-string "l1\nl2"))) (let* ((a (read-line)) (b (read-line)) (c (read-line))) (list a b (eof-object? c)))) ;; expect: ("l1" "l2" #t)
(read-string 3 (open-input-string "abcdef")) ;; expect: "abc"
(read-string 10 (open-input-string "abc")) ;; expect: "abc"
(eof-object? (read-string 1 (open-input-string ""))) ;; expect: #t
(let ((p (open-input-string "abcdefgh"))) (let* ((a (read-string 3 p)) (b (read-string 3 p)) (c (read-string 3 p)) (d (read-string 3 p))) (list a b c (eof-object? d)))) ;; expect: ("abc" "def" "gh" #t)
(read-string 2 (open-input-string "λμν")) ;; expect: "λμ"

;; bytes
(define (bytes) (open-input-bytevector #u8(1 2 3 4 5)))
(let ((p (bytes))) (let* ((a (peek-u8 p)) (b (read-u8 p)) (c (read-u8 p))) (list a b c))) ;; expect: (1 1 2)
(eof-object? (read-u8 (open-input-bytevector #u8()))) ;; expect: #t
(eof-object? (peek-u8 (open-input-bytevector #u8()))) ;; expect: #t
(u8-ready? (bytes)) ;; expect: #t
(read-bytevector 3 (bytes)) ;; expect: #u8(1 2 3)
(read-bytevector 10 (bytes)) ;; expect: #u8(1 2 3 4 5)
(eof-object? (read-bytevector 3 (open-input-bytevector #u8()))) ;; expect: #t
(let ((b (make-bytevector 5 0))) (let ((n (read-bytevector! b (bytes)))) (list n b))) ;; expect: (5 #u8(1 2 3 4 5))
(let ((b (make-bytevector 5 0))) (let ((n (read-bytevector! b (bytes) 3))) (list n b))) ;; expect: (2 #u8(0 0 0 1 2))
(let ((b (make-bytevector 5 0))) (let ((n (read-bytevector! b (bytes) 1 3))) (list n b))) ;; expect: (2 #u8(0 1 2 0 0))
(let ((b (make-bytevector 8 9))) (let ((n (read-bytevector! b (bytes)))) (list n b))) ;; expect: (5 #u8(1 2 3 4 5 9 9 9))
(eof-object? (read-bytevector! (make-bytevector 2 0) (open-input-bytevector #u8()))) ;; expect: #t

;; read
(define (read-all s) (let ((p (open-input-string s))) (let loop ((acc '())) (let ((d (read p))) (if (eof-object? d) (reverse acc) (loop (cons d acc)))))))
(read-all "a 1 \"s\" #\\x (b . c) #(1 2) #u8(3)") ;; expect: (a 1 "s" #\x (b . c) #(1 2) #u8(3))
(read-all "") ;; expect: ()
(read-all "  ; only a comment\n #| and |# #;(another)") ;; expect: ()
(read-all "(1 #;2 3) #;4 5") ;; expect: ((1 3) 5)
(read-all "(a #| b #| c |# d |# e)") ;; expect: ((a e))
(equal? (read-all "'a `(b ,c ,@d)") '((quote a) (quasiquote (b (unquote c) (unquote-splicing d))))) ;; expect: #t
(read-all "#t #f #true #false") ;; expect: (#t #f #t #f)
(read-all "FooBar #!fold-case FooBar #!no-fold-case FooBar") ;; expect: (FooBar foobar FooBar)
(read-all "(1 . (2 . (3 . ())))") ;; expect: ((1 2 3))
(read-all "-1 +5 1/2 1e3 #xff #b101 #e1.5 #i1/2") ;; expect: (-1 5 1/2 1000.0 255 5 3/2 0.5)
(let ((p (open-input-string "(a)b"))) (read p) (read-char p)) ;; expect: #\b
(let ((p (open-input-string "abc)"))) (read p) (read-char p)) ;; expect: #\)
(let ((x (read (open-input-string "#0=(a b . #0#)")))) (list (car x) (cadr x) (eq? x (cddr x)))) ;; expect: (a b #t)
(let ((x (read (open-input-string "(#0=(1) #0# #1=\"s\" #1#)")))) (list (eq? (car x) (cadr x)) (eq? (caddr x) (list-ref x 3)))) ;; expect: (#t #t)
(let ((x (read (open-input-string "#5=#(1 #5# 3)")))) (eq? x (vector-ref x 1))) ;; expect: #t
(map (lambda (s) (guard (e ((read-error? e) 'read-error)) (read (open-input-string s)))) '("(" ")" "(1 . )" "(. 1)" "\"abc" "#(1" "(1 . 2 3)" "#u8(256)" "|abc" "#<x>")) ;; expect: (read-error read-error read-error read-error read-error read-error read-error read-error read-error read-error)

;; files
(define tmp (get-environment-variable "KILN_TEST_TMP"))
(define (path name) (string-append tmp "/" name))
(call-with-output-file (path "a.txt") (lambda (p) (write '(some "data" #\x) p) (newline p) (display "second λ line" p)))
(file-exists? (path "a.txt")) ;; expect: #t
(call-with-input-file (path "a.txt") read) ;; expect: (some "data" #\x)
(call-with-input-file (path "a.txt") (lambda (p) (read-line p) (read-line p))) ;; expect: "second λ line"
(with-output-to-file (path "b.txt") (lambda () (display "via ") (write "current")))
(with-input-from-file (path "b.txt") (lambda () (let* ((a (read)) (b (read)) (c (read))) (list a b (eof-object? c))))) ;; expect: (via "current" #t)
(let ((p (open-output-file (path "b.txt")))) (write-string "replaced" p) (close-output-port p) (call-with-input-file (path "b.txt") read-line)) ;; expect: "replaced"
(let ((p (open-binary-output-file (path "c.bin")))) (write-bytevector #u8(0 255 10 13 206 187) p) (close-port p) (let* ((q (open-binary-input-file (path "c.bin"))) (b (read-bytevector 100 q))) (close-port q) b)) ;; expect: #u8(0 255 10 13 206 187)
(let* ((p (open-input-file (path "a.txt"))) (a (read p)) (b (textual-port? p))) (close-input-port p) (list a b (input-port-open? p))) ;; expect: ((some "data" #\x) #t #f)
(call-with-output-file (path "big.txt") (lambda (p) (do ((i 0 (+ i 1))) ((= i 20000)) (write i p) (newline p))))
(call-with-input-file (path "big.txt") (lambda (p) (let loop ((s 0)) (let ((d (read p))) (if (eof-object? d) s (loop (+ s d))))))) ;; expect: 199990000
(begin (delete-file (path "a.txt")) (file-exists? (path "a.txt"))) ;; expect: #f
(guard (e ((file-error? e) 'file-error)) (open-input-file (path "a.txt"))) ;; expect: file-error
(guard (e ((file-error? e) 'file-error)) (with-input-from-file (path "none.txt") read)) ;; expect: file-error
(guard (e ((file-error? e) 'file-error)) (open-output-file (path "no-dir/x"))) ;; expect: file-error
(guard (e ((file-error? e) 'file-error)) (delete-file (path "none.txt"))) ;; expect: file-error
