;; R7RS 2.1-2.4 and 7.1.1 lexical structure, 7.1.2 external representations. Implicates: runtime reader and printer.
(import (scheme base) (scheme read) (scheme write) (scheme char) (scheme complex) (scheme inexact))

(define (from s) (read (open-input-string s)))
(define (all-from s) (let ((p (open-input-string s))) (let loop ((acc '())) (let ((x (read p))) (if (eof-object? x) (reverse acc) (loop (cons x acc)))))))
(define (written x) (let ((p (open-output-string))) (write x p) (get-output-string p)))

;; Comments.
(list 1 ; to the end of the line
      2) ;; expect: (1 2)
(list 1 #| block |# 2) ;; expect: (1 2)
(list 1 #| outer #| inner |# still outer |# 2) ;; expect: (1 2)
(list 1 #|| bars ||# 2) ;; expect: (1 2)
(list 1 #||# 2) ;; expect: (1 2)
(list 1 #| #||||# |# 2) ;; expect: (1 2)
(list 1 #| a
  b ; |# 2) ;; expect: (1 2)
(list 1 #;2 3) ;; expect: (1 3)
(list 1 #; 2 3) ;; expect: (1 3)
(list 1 #;(+ 2 (* 3 4)) 5) ;; expect: (1 5)
(list 1 #;#;2 3 4) ;; expect: (1 4)
(list 1 #;"a)b" 2) ;; expect: (1 2)
(list 1 #;#\) 2) ;; expect: (1 2)
(list 1 #;'quoted 2) ;; expect: (1 2)
(list 1 #;#(a b) 2 #;#u8(1)) ;; expect: (1 2)
'(a . #;hidden b) ;; expect: (a . b)
'(a . b #;hidden) ;; expect: (a . b)
'(a #;b) ;; expect: (a)
(list #| ; |# 1) ;; expect: (1)
(list 1 #;(a #|b|# #;c) 2) ;; expect: (1 2)
(all-from "#| only a comment |#") ;; expect: ()
(all-from "; only a comment") ;; expect: ()
(all-from "#;x") ;; expect: ()
(all-from "1;c\n2 #|c|#3") ;; expect: (1 2 3)
'#(1 #;2 3 #| 4 |#) ;; expect: #(1 3)
(all-from "#u8(1 #;2 3 #|4|#)") ;; expect: (#u8(1 3))

#| A comment
   before a definition. |#
(define fact
  (lambda (n)
    (if (= n 0) #;(= n 1)
        1       ; base case
        (* n (fact (- n 1))))))
(fact 5) ;; expect: 120

;; Identifiers.
(map symbol? '(... + +soup+ <=? ->string a34kTMNs lambda list->vector q V17a |two words| |two\x20;words| the-word-recursion-has-many-meanings)) ;; expect: (#t #t #t #t #t #t #t #t #t #t #t #t #t)
(map symbol? '(! $ % & * / : < = > ? ^ _ ~ !a $b %c &d *e /f :g <h =i >j ?k ^l _m ~n)) ;; expect: (#t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t)
(map symbol? '(a.b a+b a-b a@b a1 +.a -.b .c ..d +a -a)) ;; expect: (#t #t #t #t #t #t #t #t #t #t #t)
(eq? '|two words| '|two\x20;words|) ;; expect: #t
(eq? 'abc '|abc|) ;; expect: #t
(eq? 'abc 'aBc) ;; expect: #f
(eq? '|H\x65;llo| 'Hello) ;; expect: #t
(eq? '|\x9;\x9;| '|\t\t|) ;; expect: #t
(symbol->string '|a\|b|) ;; expect: "a|b"
(symbol->string '|a\\b|) ;; expect: "a\\b"
(symbol->string '||) ;; expect: ""
(symbol->string '|1|) ;; expect: "1"
(symbol->string '|a"b|) ;; expect: "a\"b"
(symbol->string '|(;)|) ;; expect: "(;)"
(symbol->string '|λ|) ;; expect: "λ"
(symbol->string 'λ) ;; expect: "λ"
'|foo bar| ;; expect: |foo bar|
'|| ;; expect: ||
'|12| ;; expect: |12|
'|a(b| ;; expect: |a(b|
'|.| ;; expect: |.|
'|+1| ;; expect: |+1|
'|-i| ;; expect: |-i|
'|abc| ;; expect: abc
'|a;b| ;; expect: |a;b|
'|a'b| ;; expect: |a'b|
'|+inf.0| ;; expect: |+inf.0|
(let ((|odd name| 5)) (+ |odd name| 1)) ;; expect: 6
(let ((λ 1) (naïve 2)) (+ λ naïve)) ;; expect: 3
(map (lambda (s) (eq? (string->symbol s) (from (written (string->symbol s))))) '("a" "A" "" " " "1" "-" "+" "." "..." "1/2" "+i" "#" "#t" "a#" "|" "\\" "\"" "'" "`" "," "a,b" "(" ")" ";" "\n" "\t" "é" "λ" "#\\a" "1+" "-1x" "+nan.0" "a|b" ":k" "x:")) ;; expect: (#t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t)

;; Case and the fold-case directives.
(from "#!fold-case ABC") ;; expect: abc
(all-from "Abc #!fold-case Abc #!no-fold-case Abc") ;; expect: (Abc abc Abc)
(all-from "#!fold-case |Abc| \"Abc\" #\\A DEF") ;; expect: (Abc "Abc" #\A def)
(from "#!fold-case #\\SPACE") ;; expect: #\space
(all-from "#!fold-case (Abc #!no-fold-case Def)") ;; expect: ((abc Def))
(all-from "#!fold-case #T #TRUE #FALSE") ;; expect: (#t #t #f)
(eq? (from "#!fold-case STRASSE") 'strasse) ;; expect: #t

;; Booleans.
(list #t #f #true #false) ;; expect: (#t #f #t #f)
(list #T #F #TRUE #False) ;; expect: (#t #f #t #f)
(list (eq? #t #true) (eq? #f #false)) ;; expect: (#t #t)

;; Numbers as data.
'(+5 -.5 1e3 #e1.5 #x-ff/2 1/2+3i) ;; expect: (5 -0.5 1000.0 3/2 -255/2 1/2+3i)
'(1 . 2) ;; expect: (1 . 2)
'(1 .5) ;; expect: (1 0.5)
'(1 . .5) ;; expect: (1 . 0.5)
'(1.) ;; expect: (1.0)
'(- 1) ;; expect: (- 1)
'(-1) ;; expect: (-1)
'(+) ;; expect: (+)
'(... .5 -...) ;; expect: (... 0.5 -...)

;; Strings and characters.
"\x41;" ;; expect: "A"
"a\x3bb;b" ;; expect: "aλb"
(string-length "\x0;\x1F600;") ;; expect: 2
"one \
    line" ;; expect: "one line"
"one\
line" ;; expect: "oneline"
(map char->integer (string->list "\a\b\t\n\r\"\\\|")) ;; expect: (7 8 9 10 13 34 92 124)
(string-length "tab	here") ;; expect: 8
(string=? "a;b" "a\x3b;b") ;; expect: #t
(string=? "#|x|#" (string #\# #\| #\x #\| #\#)) ;; expect: #t
'(#\a #\space #\x41 #\() ;; expect: (#\a #\space #\A #\()
'(#\a) ;; expect: (#\a)
'(#\)) ;; expect: (#\))
'(#\x) ;; expect: (#\x)
'(#\;) ;; expect: (#\;)
(string-length (from "\"a\\x41;\\n\"")) ;; expect: 3
(string-length (from "\"a\\\n   b\"")) ;; expect: 2
(map char->integer (string->list (from "\"a\r\nb\""))) ;; expect: (97 10 98)

;; Lists, dotted pairs, vectors, bytevectors.
'() ;; expect: ()
'( ) ;; expect: ()
'(a) ;; expect: (a)
'(a . ()) ;; expect: (a)
'(a . (b . (c . ()))) ;; expect: (a b c)
'(a b . c) ;; expect: (a b . c)
'(a . (b . c)) ;; expect: (a b . c)
'((a . b) . (c . d)) ;; expect: ((a . b) c . d)
'(a .b) ;; expect: (a .b)
'(a . |b|) ;; expect: (a . b)
'(a .(b)) ;; expect: (a b)
'(a ."b") ;; expect: (a . "b")
'((((())))) ;; expect: ((((()))))
'(a(b)c"d"e) ;; expect: (a (b) c "d" e)
#(1 2 3) ;; expect: #(1 2 3)
'#() ;; expect: #()
'#(a (b c) #(d) "e" #\f) ;; expect: #(a (b c) #(d) "e" #\f)
#(a b) ;; expect: #(a b)
(equal? '`a '(quasiquote a)) ;; expect: #t
(vector? '#(1)) ;; expect: #t
#u8(0 10 5) ;; expect: #u8(0 10 5)
#u8() ;; expect: #u8()
'#u8(255 #xff #b11 #e1.0) ;; expect: #u8(255 255 3 1)
#U8(1 2) ;; expect: #u8(1 2)
(bytevector-length #u8(1 2 3)) ;; expect: 3

;; Abbreviations.
(car ''a) ;; expect: quote
(length '',a) ;; expect: 2
(equal? ''a '(quote a)) ;; expect: #t
(equal? '`(a ,b ,@c) '(quasiquote (a (unquote b) (unquote-splicing c)))) ;; expect: #t
(equal? '(1 ' 2) '(1 (quote 2))) ;; expect: #t
(equal? '('a) '((quote a))) ;; expect: #t
(equal? (from "(a 'b `c ,d ,@e)") '(a (quote b) (quasiquote c) (unquote d) (unquote-splicing e))) ;; expect: #t
(equal? (from "'#(a)") (list 'quote (vector 'a))) ;; expect: #t
(equal? (from "'(a . 'b)") '(quote (a quote b))) ;; expect: #t

;; Datum labels.
(let ((x (list 'a 'b 'c))) (set-cdr! (cddr x) x) x) ;; expect: #0=(a b c . #0#)
'#0=(a b c . #0#) ;; expect: #0=(a b c . #0#)
(let ((x '#0=(a b . #0#))) (eq? x (cddr x))) ;; expect: #t
(let ((x '(#1=(a) #1#))) (eq? (car x) (cadr x))) ;; expect: #t
(let ((x '(#0="abc" #0#))) (eq? (car x) (cadr x))) ;; expect: #t
(let ((v '#5=#(1 #5#))) (eq? v (vector-ref v 1))) ;; expect: #t
(let ((x '(#1=(a) #2=(b) #1# #2# #1#))) (list (eq? (car x) (list-ref x 2)) (eq? (cadr x) (list-ref x 3)) (eq? (car x) (list-ref x 4)))) ;; expect: (#t #t #t)
(let ((x (from "#0=(a #1=(b #0# . #1#))"))) (list (eq? x (cadr (cadr x))) (eq? (cadr x) (cddr (cadr x))))) ;; expect: (#t #t)
(let ((x (from "(#0=1 #0# #0#)"))) x) ;; expect: (1 1 1)
(let ((x (from "(#0=(1) . #0#)"))) (eq? (car x) (cdr x))) ;; expect: #t
(let ((x (from "#0='(a . #0#)"))) (eq? x (cdr (cadr x)))) ;; expect: #t
(from "(1 #10=(2) 3)") ;; expect: (1 (2) 3)
(let ((a (list 1 2))) (write-simple (list a a))) ;; expect output: ((1 2) (1 2))
(let ((a (list 1 2))) (write-shared (list a a))) ;; expect output: (#0=(1 2) #0#)
(let ((a (list 1 2))) (write (list a a))) ;; expect output: ((1 2) (1 2))
(let ((v (vector 1 2))) (vector-set! v 0 v) (write v)) ;; expect output: #0=#(#0# 2)
(let ((a (list 'x))) (set-car! a a) (write (list 1 a))) ;; expect output: (1 #0=(#0#))
(let ((x (list 'a 'b 'c))) (set-cdr! (cddr x) x) (display x)) ;; expect output: #0=(a b c . #0#)

;; Tokens end at delimiters; whitespace of any kind separates.
(all-from "a\tb\nc\rd e") ;; expect: (a b c d e)
(all-from "(a)(b)") ;; expect: ((a) (b))
(all-from "1(2)\"3\";4\n5") ;; expect: (1 (2) "3" 5)
(all-from "") ;; expect: ()
(all-from "   \n\t ") ;; expect: ()
(eof-object? (from "")) ;; expect: #t
(let ((p (open-input-string "(a) b"))) (read p) (read-char p)) ;; expect: #\space
(let ((p (open-input-string "abc)"))) (read p) (read-char p)) ;; expect: #\)
(let ((p (open-input-string "\"s\"x"))) (read p) (read-char p)) ;; expect: #\x
(length (from (string-append (make-string 2000 #\() (make-string 2000 #\))))) ;; expect: 1
(length (from (string-append "(" (make-string 5000 #\x) ")"))) ;; expect: 1

;; What write prints reads back equal.
(define (same? x) (equal? x (from (written x))))
(map same? (list 'a '(a . b) '(1 (2 #(3 "x\ny\"z\\")) . 4) #u8(0 255) '() #t "" "\x7;\x0;\x3bb;" '|a b| (string->symbol "") 1.5 -0.0 1/3 +i (expt 2 100) #\space #\x0 #\λ ''a '`(a ,b ,@c) '(quote) '(quote . a) '(quote a b) '(unquote x) (list 'quote (list 'quote 'a)))) ;; expect: (#t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t)
(written "a\"b\\c") ;; expect: "\"a\\\"b\\\\c\""
(written '(quote a b)) ;; expect: "(quote a b)"
