;; R7RS 6.7 strings. Implicates: runtime text (string primitives, narrow and wide representation, Unicode case mapping), string reader and printer.
(import (scheme base) (scheme char) (scheme write))

;; Syntax of literals.
"The word \"recursion\" has many meanings." ;; expect: "The word \"recursion\" has many meanings."
(string-length "The word \"recursion\" has many meanings.") ;; expect: 39
(string-length "Another example:\ntwo lines of text") ;; expect: 34
"Here's text \
   containing just one line" ;; expect: "Here's text containing just one line"
(char->integer (string-ref "\x03B1; is named GREEK SMALL LETTER ALPHA." 0)) ;; expect: 945
(string-length "\x03B1; is named GREEK SMALL LETTER ALPHA.") ;; expect: 36
(map char->integer (string->list "\a\b\t\n\r\"\\\|")) ;; expect: (7 8 9 10 13 34 92 124)
(map char->integer (string->list "\x41;\x0;\x10FFFF;")) ;; expect: (65 0 1114111)
(string=? "\x41;bc" "Abc") ;; expect: #t
"a\
   b" ;; expect: "ab"
"a   \
   b" ;; expect: "a   b"
"a \   
   b" ;; expect: "a b"
(string-length "a
b") ;; expect: 3
(string-length "") ;; expect: 0
"" ;; expect: ""
"back\\slash" ;; expect: "back\\slash"
(display "say \"hi\"\\") ;; expect output: say "hi"\\
(write "say \"hi\"") ;; expect output: "say \\"hi\\""
(display "line\nbreak") ;; expect output: line\nbreak
(string-length "λ") ;; expect: 1
(string-length "a😀b") ;; expect: 3
(string=? "λ" "\x3bb;") ;; expect: #t
(display "λ😀é") ;; expect output: λ😀é

;; Constructors and access.
(map string? (list "a" "" 'a #\a (string) (make-string 2 #\x) (symbol->string 'q) '("a"))) ;; expect: (#t #t #f #f #t #t #t #f)
(make-string 3 #\*) ;; expect: "***"
(make-string 0 #\*) ;; expect: ""
(string-length (make-string 5)) ;; expect: 5
(make-string 2 #\λ) ;; expect: "λλ"
(string) ;; expect: ""
(string #\a) ;; expect: "a"
(string #\a #\b #\c) ;; expect: "abc"
(string-length (string #\a #\λ #\😀)) ;; expect: 3
(string-ref "abc" 0) ;; expect: #\a
(string-ref "abc" 2) ;; expect: #\c
(char->integer (string-ref "aλ😀" 1)) ;; expect: 955
(char->integer (string-ref "aλ😀" 2)) ;; expect: 128512
(let ((s (make-string 3 #\*))) (string-set! s 0 #\?) s) ;; expect: "?**"
(let ((s (string #\a #\b #\c))) (string-set! s 2 #\z) s) ;; expect: "abz"

;; A string changes width when a wider character is stored, and keeps its identity.
(let* ((s (make-string 3 #\a)) (t s)) (string-set! s 1 #\λ) (list (string=? s "aλa") (eq? s t) (string-length t))) ;; expect: (#t #t 3)
(let ((s (make-string 3 #\a))) (string-set! s 1 #\λ) (string-set! s 1 #\b) s) ;; expect: "aba"
(let ((s (make-string 2 #\ÿ))) (string-set! s 0 #\x100) (map char->integer (string->list s))) ;; expect: (256 255)
(let ((s (make-string 4 #\é))) (string-set! s 3 #\😀) (map char->integer (string->list s))) ;; expect: (233 233 233 128512)
(let ((s (string-copy "abcdef"))) (string-set! s 5 #\x10FFFF) (substring s 0 5)) ;; expect: "abcde"
(let ((s (make-string 1000 #\a))) (string-set! s 500 #\😀) (list (string-length s) (string-ref s 499) (char->integer (string-ref s 500)) (string-ref s 501))) ;; expect: (1000 #\a 128512 #\a)
(let ((s (string-copy "wide😀"))) (string-set! s 4 #\r) (list s (string=? s "wider") (equal? s "wider") (eq? (string->symbol s) 'wider))) ;; expect: ("wider" #t #t #t)
(let ((s (string-copy "abc"))) (string-fill! s #\λ) (string=? s "λλλ")) ;; expect: #t
(let ((s (string-copy "abcde"))) (string-fill! s #\😀 1 3) (map char->integer (string->list s))) ;; expect: (97 128512 128512 100 101)
(let ((s (string-copy "abcde"))) (string-copy! s 1 "λμ") (string=? s "aλμde")) ;; expect: #t
(let ((t "plain")) (let ((s (string-append t "λ"))) (string=? (substring s 0 5) t))) ;; expect: #t
(string=? (string-append "a" "é" "λ" "😀") "aéλ😀") ;; expect: #t
(string-length (string-append "é" "λ" "😀")) ;; expect: 3

;; Comparison.
(string=? "abc" "abc") ;; expect: #t
(string=? "abc" "abd") ;; expect: #f
(string=? "abc" "ab") ;; expect: #f
(string=? "" "") ;; expect: #t
(string=? "a" "a" "a") ;; expect: #t
(string=? "a" "a" "b") ;; expect: #f
(string=? "a" "b" "a") ;; expect: #f
(string<? "abc" "abd") ;; expect: #t
(string<? "ab" "abc") ;; expect: #t
(string<? "abc" "ab") ;; expect: #f
(string<? "" "a") ;; expect: #t
(string<? "abc" "abc") ;; expect: #f
(string<? "Z" "a") ;; expect: #t
(string<? "a" "b" "c") ;; expect: #t
(string<? "a" "c" "b") ;; expect: #f
(string<? "ÿ" "Ā") ;; expect: #t
(string<? "zz" "é") ;; expect: #t
(string<? "ﬀ" "😀") ;; expect: #t
(string>? "b" "a") ;; expect: #t
(string>? "c" "b" "a") ;; expect: #t
(string>? "abc" "ab") ;; expect: #t
(string>? "a" "a") ;; expect: #f
(string<=? "a" "a" "b") ;; expect: #t
(string<=? "b" "a") ;; expect: #f
(string>=? "b" "b" "a") ;; expect: #t
(string>=? "a" "b") ;; expect: #f
(string-ci=? "AbC" "aBc") ;; expect: #t
(string-ci=? "abc" "abd") ;; expect: #f
(string-ci=? "Straße" "STRASSE") ;; expect: #t
(string-ci=? "ΧΑΟΣ" "χαος" "χαοσ") ;; expect: #t
(string-ci<? "abc" "ABD") ;; expect: #t
(string-ci<? "a" "B" "c") ;; expect: #t
(string-ci>? "B" "a") ;; expect: #t
(string-ci<=? "A" "a" "B") ;; expect: #t
(string-ci>=? "b" "B" "a") ;; expect: #t
(string-ci>=? "a" "B") ;; expect: #f
(equal? "abc" (string #\a #\b #\c)) ;; expect: #t
(eqv? (string #\a) (string #\a)) ;; expect: #f
(equal? "abc" 'abc) ;; expect: #f

;; Case mapping of whole strings.
(string-upcase "abc") ;; expect: "ABC"
(string-upcase "aBc1!") ;; expect: "ABC1!"
(string-downcase "ABC") ;; expect: "abc"
(string-foldcase "ABC") ;; expect: "abc"
(string-upcase "") ;; expect: ""
(string=? (string-upcase "Straße") "STRASSE") ;; expect: #t
(string-length (string-upcase "ß")) ;; expect: 2
(string=? (string-downcase "STRASSE") "strasse") ;; expect: #t
(string=? (string-downcase "STRAẞE") "straße") ;; expect: #t
(string=? (string-foldcase "Straße") "strasse") ;; expect: #t
(string=? (string-upcase "ﬁn") "FIN") ;; expect: #t
(string=? (string-upcase "ŉ") "\x2BC;N") ;; expect: #t
(string=? (string-upcase "éλя") "ÉΛЯ") ;; expect: #t
(string=? (string-downcase "ÉΛЯ") "éλя") ;; expect: #t
(string=? (string-upcase "ÿ") "\x178;") ;; expect: #t
(string=? (string-foldcase "ΧΑΟΣΣ") "χαοσσ") ;; expect: #t
(and (member (string-downcase "ΧΑΟΣ") '("χαος" "χαοσ")) #t) ;; expect: #t
(string=? (string-downcase "ΧΑΟΣ") "χαος") ;; expect: #t
(string=? (string-downcase "ΧΑΟΣΣ") "χαοσς") ;; expect: #t
(string=? (string-downcase "ΧΑΟΣ Σ") "χαος σ") ;; expect: #t
(string=? (string-downcase "ΣΑ") "σα") ;; expect: #t
(string=? (string-upcase "χαος") "ΧΑΟΣ") ;; expect: #t
(let ((s "abc")) (string-upcase s) s) ;; expect: "abc"

;; substring, append, lists, copying.
(substring "hello" 1 3) ;; expect: "el"
(substring "hello" 0 5) ;; expect: "hello"
(substring "hello" 2 2) ;; expect: ""
(substring "hello" 5 5) ;; expect: ""
(string=? (substring "aλ😀b" 1 3) "λ😀") ;; expect: #t
(string-append) ;; expect: ""
(string-append "a") ;; expect: "a"
(string-append "foo" "" "bar" "baz") ;; expect: "foobarbaz"
(let* ((a (string #\a)) (b (string-append a))) (string-set! b 0 #\z) a) ;; expect: "a"
(apply string-append (map symbol->string '(x y z))) ;; expect: "xyz"
(string->list "abc") ;; expect: (#\a #\b #\c)
(string->list "") ;; expect: ()
(string->list "abcde" 2) ;; expect: (#\c #\d #\e)
(string->list "abcde" 2 4) ;; expect: (#\c #\d)
(string->list "abcde" 5) ;; expect: ()
(list->string '(#\a #\b)) ;; expect: "ab"
(list->string '()) ;; expect: ""
(list->string (reverse (string->list "stressed"))) ;; expect: "desserts"
(string-length (list->string (list #\a #\😀))) ;; expect: 2
(string-copy "abc") ;; expect: "abc"
(string-copy "abcde" 2) ;; expect: "cde"
(string-copy "abcde" 1 3) ;; expect: "bc"
(string-copy "abcde" 5) ;; expect: ""
(let* ((a (string-copy "abc")) (b (string-copy a))) (string-set! b 0 #\z) (list a b)) ;; expect: ("abc" "zbc")
(define a "12345")
(define b (string-copy "abcde"))
(string-copy! b 1 a 0 2)
b ;; expect: "a12de"
(let ((s (string-copy "abcde"))) (string-copy! s 0 "xyz") s) ;; expect: "xyzde"
(let ((s (string-copy "abcde"))) (string-copy! s 3 "wxyz" 2) s) ;; expect: "abcyz"
(let ((s (string-copy "abcde"))) (string-copy! s 5 "") s) ;; expect: "abcde"
(let ((s (string-copy "abcde"))) (string-copy! s 2 "xyz" 1 1) s) ;; expect: "abcde"
(let ((s (string-copy "abcdef"))) (string-copy! s 2 s 0 4) s) ;; expect: "ababcd"
(let ((s (string-copy "abcdef"))) (string-copy! s 0 s 2 6) s) ;; expect: "cdefef"
(let ((s (string-copy "abcdef"))) (string-copy! s 0 s) s) ;; expect: "abcdef"
(let ((s (make-string 3 #\a))) (string-fill! s #\b) s) ;; expect: "bbb"
(let ((s (string-copy "abcde"))) (string-fill! s #\- 3) s) ;; expect: "abc--"
(let ((s (string-copy "abcde"))) (string-fill! s #\- 1 3) s) ;; expect: "a--de"
(let ((s (string-copy "abcde"))) (string-fill! s #\- 2 2) s) ;; expect: "abcde"

;; Symbols made of strings.
(string->symbol "mISSISSIppi") ;; expect: mISSISSIppi
(symbol->string 'flying-fish) ;; expect: "flying-fish"
(symbol->string 'Martin) ;; expect: "Martin"
(symbol->string (string->symbol "Malvina")) ;; expect: "Malvina"
(eq? 'bitBlt (string->symbol "bitBlt")) ;; expect: #t
(eq? 'LollyPop (string->symbol (symbol->string 'LollyPop))) ;; expect: #t
(string=? "K. Harper, M.D." (symbol->string (string->symbol "K. Harper, M.D."))) ;; expect: #t
(string->symbol "two words") ;; expect: |two words|
(let ((s (string-copy "abc"))) (let ((y (string->symbol s))) (string-set! s 0 #\z) (symbol->string y))) ;; expect: "abc"
(string-length (symbol->string (string->symbol ""))) ;; expect: 0

;; Many and long strings.
(let loop ((i 0) (s "")) (if (= i 1000) (string-length s) (loop (+ i 1) (string-append s "ab")))) ;; expect: 2000
(let* ((n 10000) (s (make-string n))) (let loop ((i 0)) (if (< i n) (begin (string-set! s i (integer->char (+ 32 (modulo i 1000)))) (loop (+ i 1))))) (let loop ((i 0)) (cond ((= i n) 'all) ((= (char->integer (string-ref s i)) (+ 32 (modulo i 1000))) (loop (+ i 1))) (else i)))) ;; expect: all
