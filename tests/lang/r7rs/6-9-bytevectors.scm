;; R7RS 6.9 bytevectors. Implicates: runtime collections (bytevectors), runtime text (UTF-8)
(import (scheme base) (scheme write))

#u8(0 10 5) ;; expect: #u8(0 10 5)
'#u8(255) ;; expect: #u8(255)
#u8() ;; expect: #u8()
(map bytevector? (list #u8(1) (bytevector) #(1) "a" '(1))) ;; expect: (#t #t #f #f #f)
(vector? #u8(1)) ;; expect: #f
(make-bytevector 2 12) ;; expect: #u8(12 12)
(make-bytevector 0) ;; expect: #u8()
(bytevector-length (make-bytevector 5)) ;; expect: 5
(make-bytevector 2 256) ;; expect error: make-bytevector: argument 2
(make-bytevector -1 0) ;; expect error: make-bytevector: argument 1
(bytevector 1 3 5 1 3 5) ;; expect: #u8(1 3 5 1 3 5)
(bytevector) ;; expect: #u8()
(bytevector 0 255) ;; expect: #u8(0 255)
(bytevector 256) ;; expect error: bytevector: argument 1
(bytevector 1 -1) ;; expect error: bytevector: argument 2
(bytevector-length #u8(1 2 3)) ;; expect: 3
(bytevector-length #(1)) ;; expect error: bytevector-length: argument 1
(bytevector-u8-ref '#u8(1 1 2 3 5 8 13 21) 5) ;; expect: 8
(bytevector-u8-ref #u8(255 128) 0) ;; expect: 255
(bytevector-u8-ref #u8(1 2) 2) ;; expect error: bytevector-u8-ref: argument 2
(bytevector-u8-ref #u8(1 2) -1) ;; expect error: bytevector-u8-ref: argument 2
(bytevector-u8-ref "ab" 0) ;; expect error: bytevector-u8-ref: argument 1
(let ((bv (bytevector 1 2 3 4))) (bytevector-u8-set! bv 1 3) bv) ;; expect: #u8(1 3 3 4)
(bytevector-u8-set! (bytevector 1) 0 256) ;; expect error: bytevector-u8-set!: argument 3
(bytevector-u8-set! (bytevector 1) 0 -1) ;; expect error: bytevector-u8-set!: argument 3
(bytevector-u8-set! (bytevector 1) 1 0) ;; expect error: bytevector-u8-set!: argument 2
(let ((bv (make-bytevector 256 0))) (do ((i 0 (+ i 1))) ((= i 256)) (bytevector-u8-set! bv i (- 255 i))) (list (bytevector-u8-ref bv 0) (bytevector-u8-ref bv 127) (bytevector-u8-ref bv 255))) ;; expect: (255 128 0)

;; copying
(define a #u8(1 2 3 4 5))
(bytevector-copy a 2 4) ;; expect: #u8(3 4)
(bytevector-copy a) ;; expect: #u8(1 2 3 4 5)
(bytevector-copy a 3) ;; expect: #u8(4 5)
(bytevector-copy a 5) ;; expect: #u8()
(let ((c (bytevector-copy a))) (bytevector-u8-set! c 0 99) (list c a)) ;; expect: (#u8(99 2 3 4 5) #u8(1 2 3 4 5))
(bytevector-copy a 6) ;; expect error: bytevector-copy: argument 2
(bytevector-copy a 1 6) ;; expect error: bytevector-copy: argument 3
(define a (bytevector 1 2 3 4 5))
(define b (bytevector 10 20 30 40 50))
(bytevector-copy! b 1 a 0 2)
b ;; expect: #u8(10 1 2 40 50)
(let ((v (bytevector 1 2 3 4 5))) (bytevector-copy! v 1 v 0 3) v) ;; expect: #u8(1 1 2 3 5)
(let ((v (bytevector 1 2 3 4 5))) (bytevector-copy! v 0 v 2) v) ;; expect: #u8(3 4 5 4 5)
(let ((v (bytevector 1 2))) (guard (e (#t v)) (bytevector-copy! v 1 #u8(8 9)))) ;; expect: #u8(1 2)
(let ((v (bytevector 1 2 3))) (bytevector-copy! v 1 #u8(7 8 9) 2) v) ;; expect: #u8(1 9 3)
(bytevector-append #u8(0 1 2) #u8(3 4 5)) ;; expect: #u8(0 1 2 3 4 5)
(bytevector-append) ;; expect: #u8()
(bytevector-append #u8(1)) ;; expect: #u8(1)
(bytevector-append #u8(1) #u8() #u8(2) #u8(3 4)) ;; expect: #u8(1 2 3 4)
(bytevector-append #u8(1) #(2)) ;; expect error: bytevector-append: argument 2

;; UTF-8
(utf8->string #u8(#x41)) ;; expect: "A"
(string->utf8 "λ") ;; expect: #u8(206 187)
(utf8->string #u8(#xCE #xBB)) ;; expect: "λ"
(utf8->string #u8()) ;; expect: ""
(string->utf8 "") ;; expect: #u8()
(utf8->string #u8(65 66 67 68) 1) ;; expect: "BCD"
(utf8->string #u8(65 66 67 68) 1 3) ;; expect: "BC"
(string->utf8 "abcd" 1) ;; expect: #u8(98 99 100)
(string->utf8 "abcd" 1 3) ;; expect: #u8(98 99)
;; The bounds of string->utf8 count characters, those of utf8->string bytes.
(string->utf8 "aλb" 1 2) ;; expect: #u8(206 187)
(utf8->string #u8(97 206 187 98) 1 3) ;; expect: "λ"
(string->utf8 "\x7f;\x80;\x7ff;\x800;\xffff;\x10000;\x10ffff;") ;; expect: #u8(127 194 128 223 191 224 160 128 239 191 191 240 144 128 128 244 143 191 191)
(map char->integer (string->list (utf8->string #u8(240 159 152 128 226 130 172)))) ;; expect: (128512 8364)
(string-length (utf8->string #u8(240 159 152 128))) ;; expect: 1
(let ((s "héllo ∀x 😀")) (string=? s (utf8->string (string->utf8 s)))) ;; expect: #t
(equal? #u8(1 2) (bytevector 1 2)) ;; expect: #t
(write (bytevector 0 127 255)) ;; expect output: #u8(0 127 255)
