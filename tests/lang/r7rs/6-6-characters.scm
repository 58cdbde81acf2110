;; R7RS 6.6 characters. Implicates: runtime text (character primitives, Unicode tables), the reader's and printer's character names.
(import (scheme base) (scheme char) (scheme write))

;; Names and notations.
(map char->integer '(#\alarm #\backspace #\delete #\escape #\newline #\null #\return #\space #\tab)) ;; expect: (7 8 127 27 10 0 13 32 9)
(char->integer #\a) ;; expect: 97
(char->integer #\A) ;; expect: 65
(char->integer #\() ;; expect: 40
(char->integer #\)) ;; expect: 41
(char->integer #\;) ;; expect: 59
(char->integer #\") ;; expect: 34
(char->integer #\#) ;; expect: 35
(char->integer #\\) ;; expect: 92
(char->integer #\ ) ;; expect: 32
(char->integer #\x) ;; expect: 120
(char->integer #\x0) ;; expect: 0
(char->integer #\x41) ;; expect: 65
(char->integer #\x03BB) ;; expect: 955
(char->integer #\x3bb) ;; expect: 955
(char->integer #\x1F600) ;; expect: 128512
(char->integer #\x10FFFF) ;; expect: 1114111
(char->integer #\xD7FF) ;; expect: 55295
(char->integer #\xE000) ;; expect: 57344
(char->integer #\λ) ;; expect: 955
(char->integer #\😀) ;; expect: 128512
(char=? #\x03BB #\λ) ;; expect: #t
(char=? #\x #\x78) ;; expect: #t
(eqv? #\a #\a) ;; expect: #t
(eqv? #\a #\A) ;; expect: #f
(eqv? #\space #\ ) ;; expect: #t
(length '(#\a(1))) ;; expect: 2
(length '(#\( #\))) ;; expect: 2
(map char? (list #\a #\space "a" 'a 97 (string-ref "abc" 0))) ;; expect: (#t #t #f #f #f #t)

;; Written and displayed forms.
#\a ;; expect: #\a
#\x61 ;; expect: #\a
#\space ;; expect: #\space
#\newline ;; expect: #\newline
#\tab ;; expect: #\tab
#\( ;; expect: #\(
'(#\a #\") ;; expect: (#\a #\")
(display #\a) ;; expect output: a
(display '(#\a "b" #\()) ;; expect output: (a b ()
(write #\a) ;; expect output: #\\a
(define (reads-back? c) (let ((p (open-output-string))) (write c p) (eqv? c (read-char-text (get-output-string p)))))
(define (read-char-text s) (let ((n (string-length s))) (cond ((= n 3) (string-ref s 2)) ((assoc s '(("#\\alarm" #\alarm) ("#\\backspace" #\backspace) ("#\\delete" #\delete) ("#\\escape" #\escape) ("#\\newline" #\newline) ("#\\null" #\null) ("#\\return" #\return) ("#\\space" #\space) ("#\\tab" #\tab))) => cadr) ((char=? (string-ref s 2) #\x) (integer->char (string->number (substring s 3 n) 16))) (else #f))))
(let loop ((i 0)) (cond ((= i 256) 'all) ((reads-back? (integer->char i)) (loop (+ i 1))) (else i))) ;; expect: all

;; Conversion.
(eqv? (integer->char 955) #\λ) ;; expect: #t
(integer->char 65) ;; expect: #\A
(char->integer (integer->char 1114111)) ;; expect: 1114111
(char->integer (integer->char 55295)) ;; expect: 55295
(char->integer (integer->char 57344)) ;; expect: 57344
(let loop ((i 0)) (cond ((= i 55296) 'all) ((= i (char->integer (integer->char i))) (loop (+ i 1))) (else i))) ;; expect: all

;; Comparison.
(char<? #\a #\b) ;; expect: #t
(char<? #\b #\a) ;; expect: #f
(char<? #\a #\a) ;; expect: #f
(char<? #\A #\a) ;; expect: #t
(char<? #\z #\é) ;; expect: #t
(char<? #\x7F #\x80 #\xFF #\x100 #\xFFFF #\x10000 #\x10FFFF) ;; expect: #t
(char=? #\a #\a #\a) ;; expect: #t
(char=? #\a #\a #\b) ;; expect: #f
(char=? #\a #\b #\a) ;; expect: #f
(char>? #\c #\b #\a) ;; expect: #t
(char>? #\c #\b #\b) ;; expect: #f
(char<=? #\a #\a #\b) ;; expect: #t
(char<=? #\b #\a) ;; expect: #f
(char>=? #\b #\b #\a) ;; expect: #t
(char>=? #\a #\b) ;; expect: #f
(char-ci=? #\a #\A) ;; expect: #t
(char-ci=? #\a #\A #\a) ;; expect: #t
(char-ci=? #\a #\b) ;; expect: #f
(char-ci=? #\é #\É) ;; expect: #t
(char-ci=? #\σ #\ς #\Σ) ;; expect: #t
(char-ci<? #\a #\B #\c) ;; expect: #t
(char-ci<? #\B #\a) ;; expect: #f
(char-ci>? #\B #\a) ;; expect: #t
(char-ci<=? #\a #\A #\b) ;; expect: #t
(char-ci>=? #\B #\b #\A) ;; expect: #t
(char-ci>=? #\a #\B) ;; expect: #f

;; Classes.
(map char-alphabetic? '(#\a #\Z #\é #\λ #\中 #\1 #\space #\_ #\.)) ;; expect: (#t #t #t #t #t #f #f #f #f)
(map char-numeric? '(#\0 #\9 #\a #\x0664 #\x0AE6 #\space #\-)) ;; expect: (#t #t #f #t #t #f #f)
(map char-whitespace? '(#\space #\tab #\newline #\return #\x0C #\xA0 #\x2003 #\x3000 #\a #\_)) ;; expect: (#t #t #t #t #t #t #t #t #f #f)
(map char-upper-case? '(#\A #\Z #\a #\É #\é #\Σ #\1 #\space #\中)) ;; expect: (#t #t #f #t #f #t #f #f #f)
(map char-lower-case? '(#\a #\z #\A #\é #\É #\σ #\ς #\1 #\space #\中)) ;; expect: (#t #t #f #t #f #t #t #f #f #f)
(char-lower-case? #\ß) ;; expect: #t
(char-alphabetic? #\x1D400) ;; expect: #t
(char-upper-case? #\x10400) ;; expect: #t
(char-whitespace? #\x200B) ;; expect: #f
(char-whitespace? #\null) ;; expect: #f
(let loop ((i 0) (n 0)) (if (= i 128) n (loop (+ i 1) (if (char-alphabetic? (integer->char i)) (+ n 1) n)))) ;; expect: 52
(let loop ((i 0) (n 0)) (if (= i 128) n (loop (+ i 1) (if (char-numeric? (integer->char i)) (+ n 1) n)))) ;; expect: 10
(let loop ((i 0) (n 0)) (if (= i 128) n (loop (+ i 1) (if (char-whitespace? (integer->char i)) (+ n 1) n)))) ;; expect: 6

;; digit-value
(digit-value #\3) ;; expect: 3
(digit-value #\x0664) ;; expect: 4
(digit-value #\x0AE6) ;; expect: 0
(digit-value #\x0EA6) ;; expect: #f
(digit-value #\0) ;; expect: 0
(digit-value #\9) ;; expect: 9
(digit-value #\a) ;; expect: #f
(digit-value #\space) ;; expect: #f
(digit-value #\xB2) ;; expect: #f
(digit-value #\x0966) ;; expect: 0
(digit-value #\x096F) ;; expect: 9
(digit-value #\xFF17) ;; expect: 7
(digit-value #\x1D7D8) ;; expect: 0

;; Case.
(char-upcase #\a) ;; expect: #\A
(char-upcase #\A) ;; expect: #\A
(char-upcase #\1) ;; expect: #\1
(char-downcase #\A) ;; expect: #\a
(char-downcase #\a) ;; expect: #\a
(char-foldcase #\A) ;; expect: #\a
(char-foldcase #\a) ;; expect: #\a
(eqv? (char-upcase #\i) #\I) ;; expect: #t
(eqv? (char-downcase #\I) #\i) ;; expect: #t
(eqv? (char-upcase #\ß) #\ß) ;; expect: #t
(eqv? (char-downcase #\É) #\é) ;; expect: #t
(eqv? (char-upcase #\é) #\É) ;; expect: #t
(eqv? (char-upcase #\ÿ) #\x178) ;; expect: #t
(eqv? (char-upcase #\xB5) #\x39C) ;; expect: #t
(eqv? (char-downcase #\Σ) #\σ) ;; expect: #t
(eqv? (char-upcase #\σ) #\Σ) ;; expect: #t
(eqv? (char-upcase #\ς) #\Σ) ;; expect: #t
(eqv? (char-foldcase #\Σ) #\σ) ;; expect: #t
(eqv? (char-foldcase #\ς) #\σ) ;; expect: #t
(eqv? (char-downcase #\x10400) #\x10428) ;; expect: #t
(eqv? (char-upcase #\x10428) #\x10400) ;; expect: #t
(eqv? (char-upcase #\中) #\中) ;; expect: #t
(eqv? (char-upcase #\х) #\Х) ;; expect: #t
(let loop ((i 0)) (cond ((= i 55296) 'all) ((eqv? (char-foldcase (integer->char i)) (char-foldcase (char-foldcase (integer->char i)))) (loop (+ i 1))) (else i))) ;; expect: all
