;; Errors of R7RS 6.6 characters and 6.7 strings. Implicates: runtime text primitives, range checks, immutable literals.
(import (scheme base) (scheme char))

(char->integer "a") ;; expect error: char->integer: argument 1: expected char, got "a"
(char->integer 97) ;; expect error: char->integer: argument 1: expected char, got 97
(integer->char -1) ;; expect error: integer->char: argument 1
(integer->char #xD800) ;; expect error: integer->char: argument 1
(integer->char #xDFFF) ;; expect error: integer->char: argument 1
(integer->char #x110000) ;; expect error: integer->char: argument 1
(integer->char (expt 2 64)) ;; expect error: integer->char: argument 1
(integer->char 97.0) ;; expect error: integer->char: argument 1
(integer->char #\a) ;; expect error: integer->char: argument 1
(char-upcase "a") ;; expect error: char-upcase: argument 1: expected char, got "a"
(char-downcase 1) ;; expect error: char-downcase: argument 1: expected char, got 1
(char-foldcase 'a) ;; expect error: char-foldcase: argument 1: expected char, got a
(char-alphabetic? "a") ;; expect error: char-alphabetic?: argument 1: expected char, got "a"
(char-numeric? 1) ;; expect error: char-numeric?: argument 1: expected char, got 1
(char-whitespace? 'a) ;; expect error: char-whitespace?: argument 1: expected char, got a
(char-upper-case? 1) ;; expect error: char-upper-case?: argument 1: expected char, got 1
(char-lower-case? 1) ;; expect error: char-lower-case?: argument 1: expected char, got 1
(digit-value 5) ;; expect error: digit-value: argument 1: expected char, got 5
(char=? #\a 97) ;; expect error: char=?: argument 2: expected char, got 97
(char<? "a" #\b) ;; expect error: char<?: argument 1: expected char, got "a"
(char<? #\b #\a 1) ;; expect error: char<?: argument 3: expected char, got 1
(char-ci=? #\a 'a) ;; expect error: char-ci=?: argument 2: expected char, got a

(string-length 'a) ;; expect error: string-length: argument 1: expected string, got a
(string-length) ;; expect error: string-length: expected 1 argument, got 0
(string-ref "abc" 3) ;; expect error: string-ref: argument 2: index 3 is out of range 0 to 2
(string-ref "abc" 10) ;; expect error: string-ref: argument 2: index 10 is out of range 0 to 2
(string-ref "abc" -1) ;; expect error: string-ref: argument 2
(string-ref "" 0) ;; expect error: string-ref: argument 2: index 0 is out of range
(string-ref "abc" 1.0) ;; expect error: string-ref: argument 2: expected index, got 1.0
(string-ref "abc" (expt 2 70)) ;; expect error: string-ref: argument 2
(string-ref "λ😀" 2) ;; expect error: string-ref: argument 2: index 2 is out of range 0 to 1
(string-ref 'abc 0) ;; expect error: string-ref: argument 1: expected string, got abc
(string-set! (string #\a) 1 #\b) ;; expect error: string-set!: argument 2: index 1 is out of range 0 to 0
(string-set! (string #\a) -1 #\b) ;; expect error: string-set!: argument 2
(string-set! (string #\a) 0 "b") ;; expect error: string-set!: argument 3: expected char, got "b"
(string-set! 'a 0 #\b) ;; expect error: string-set!: argument 1: expected string, got a
(make-string -1) ;; expect error: make-string: argument 1
(make-string 'a #\x) ;; expect error: make-string: argument 1: expected index, got a
(make-string 1.5 #\x) ;; expect error: make-string: argument 1: expected index, got 1.5
(make-string 2 "a") ;; expect error: make-string: argument 2: expected char, got "a"
(string=? "a" 'a) ;; expect error: string=?: argument 2: expected string, got a
(string=? 'a "a") ;; expect error: string=?: argument 1: expected string, got a
(string<? "b" "a" 5) ;; expect error: string<?: argument 3: expected string, got 5
(string-ci=? "a" #\a) ;; expect error: string-ci=?: argument 2: expected string, got #\a
(string-upcase 'a) ;; expect error: string-upcase: argument 1: expected string, got a
(string-downcase #\a) ;; expect error: string-downcase: argument 1: expected string, got #\a
(string-foldcase 5) ;; expect error: string-foldcase: argument 1: expected string, got 5
(substring "abc" 2 1) ;; expect error: substring: argument
(substring "abc" 0 4) ;; expect error: substring: argument 3
(substring "abc" 4 4) ;; expect error: substring: argument
(substring "abc" -1 2) ;; expect error: substring: argument 2
(substring 'abc 0 1) ;; expect error: substring: argument 1: expected string, got abc
(string-append "a" 'b) ;; expect error: string-append: argument 2: expected string, got b
(string-append #\a) ;; expect error: string-append: argument 1: expected string, got #\a
(string-append "a" "b" 5) ;; expect error: string-append: argument 3: expected string, got 5
(string->list 'a) ;; expect error: string->list: argument 1: expected string, got a
(string->list "abc" 4) ;; expect error: string->list: argument 2
(string->list "abc" 2 1) ;; expect error: string->list: argument
(string->list "abc" 0 4) ;; expect error: string->list: argument 3
(list->string '(#\a 1)) ;; expect error: list->string
(list->string '(#\a . #\b)) ;; expect error: list->string: argument 1
(list->string 5) ;; expect error: list->string: argument 1: expected list, got 5
(list->string "abc") ;; expect error: list->string: argument 1: expected list, got "abc"
(string-copy 'a) ;; expect error: string-copy: argument 1: expected string, got a
(string-copy "abc" 4) ;; expect error: string-copy: argument 2
(string-copy "abc" 1 4) ;; expect error: string-copy: argument 3
(string-copy "abc" 2 1) ;; expect error: string-copy: argument
(string-copy! (make-string 2 #\x) 0 "abc") ;; expect error: string-copy!
(string-copy! (make-string 3 #\x) 1 "abc") ;; expect error: string-copy!
(string-copy! (make-string 3 #\x) 4 "") ;; expect error: string-copy!: argument 2
(string-copy! (make-string 3 #\x) 0 "abc" 4) ;; expect error: string-copy!: argument 4
(string-copy! (make-string 3 #\x) 0 "abc" 2 1) ;; expect error: string-copy!: argument
(string-copy! (make-string 3 #\x) 0 'abc) ;; expect error: string-copy!: argument 3: expected string, got abc
(string-fill! (make-string 3 #\x) 5) ;; expect error: string-fill!: argument 2: expected char, got 5
(string-fill! (make-string 3 #\x) #\y 4) ;; expect error: string-fill!: argument 3
(string-fill! (make-string 3 #\x) #\y 0 4) ;; expect error: string-fill!: argument 4
(string-fill! (make-string 3 #\x) #\y 2 1) ;; expect error: string-fill!: argument

;; Literals and the names of symbols are immutable.
(define (g) "***")
(string-set! (g) 0 #\?) ;; expect error: string-set!: argument 1
(g) ;; expect: "***"
(string-set! (symbol->string 'immutable) 0 #\?) ;; expect error: string-set!: argument 1
(string-fill! "abc" #\x) ;; expect error: string-fill!: argument 1
(string-copy! "abc" 0 "x") ;; expect error: string-copy!: argument 1
(string-set! (car '("quoted")) 0 #\x) ;; expect error: string-set!: argument 1
(let ((s (string-copy (g)))) (string-set! s 0 #\?) s) ;; expect: "?**"

;; A failed operation changed nothing.
(define s (string-copy "abc"))
(string-copy! s 1 "xyz") ;; expect error: string-copy!
s ;; expect: "abc"
(string-fill! s #\z 1 9) ;; expect error: string-fill!
s ;; expect: "abc"
