;; Errors of R7RS 6.8 vectors and 6.9 bytevectors. Implicates: runtime vector and bytevector primitives, range checks in every tier, UTF-8 decoding.
(import (scheme base))

(define v (vector 1 2 3))
(vector-ref v 3) ;; expect error: vector-ref: argument 2: index 3 is out of range 0 to 2
(vector-ref v 10) ;; expect error: vector-ref: argument 2: index 10 is out of range 0 to 2
(vector-ref v -1) ;; expect error: vector-ref: argument 2
(vector-ref v 1.0) ;; expect error: vector-ref: argument 2: expected index, got 1.0
(vector-ref v 'a) ;; expect error: vector-ref: argument 2: expected index, got a
(vector-ref v (expt 2 62)) ;; expect error: vector-ref: argument 2
(vector-ref v (expt 2 64)) ;; expect error: vector-ref: argument 2
(vector-ref #() 0) ;; expect error: vector-ref: argument 2: index 0 is out of range
(vector-ref '(1 2) 0) ;; expect error: vector-ref: argument 1: expected vector, got (1 2)
(vector-ref "abc" 0) ;; expect error: vector-ref: argument 1: expected vector, got "abc"
(vector-ref v) ;; expect error: vector-ref: expected 2 arguments, got 1
(vector-set! v 3 0) ;; expect error: vector-set!: argument 2: index 3 is out of range 0 to 2
(vector-set! v -1 0) ;; expect error: vector-set!: argument 2
(vector-set! '(1) 0 0) ;; expect error: vector-set!: argument 1: expected vector, got (1)
(vector-set! v 0) ;; expect error: vector-set!: expected 3 arguments, got 2
(vector-length '(1)) ;; expect error: vector-length: argument 1: expected vector, got (1)
(let loop ((i 0) (sum 0)) (loop (+ i 1) (+ sum (vector-ref v i)))) ;; expect error: vector-ref: argument 2: index 3 is out of range 0 to 2
(make-vector -1) ;; expect error: make-vector: argument 1
(make-vector 'a 0) ;; expect error: make-vector: argument 1: expected index, got a
(make-vector 2.5 0) ;; expect error: make-vector: argument 1: expected index, got 2.5
(make-vector) ;; expect error: make-vector: expected 1 to 2 arguments, got 0
(vector->list v 4) ;; expect error: vector->list: argument 2
(vector->list v 2 1) ;; expect error: vector->list: argument
(vector->list v 0 4) ;; expect error: vector->list: argument 3
(vector->list '(1)) ;; expect error: vector->list: argument 1: expected vector, got (1)
(list->vector 5) ;; expect error: list->vector: argument 1: expected list, got 5
(list->vector '(1 . 2)) ;; expect error: list->vector: argument 1: expected list, got (1 . 2)
(vector->string #(#\a 1)) ;; expect error: vector->string
(vector->string #(#\a) 2) ;; expect error: vector->string: argument 2
(vector->string "a") ;; expect error: vector->string: argument 1: expected vector, got "a"
(string->vector 'a) ;; expect error: string->vector: argument 1: expected string, got a
(string->vector "abc" 2 5) ;; expect error: string->vector: argument 3
(vector-copy v 4) ;; expect error: vector-copy: argument 2
(vector-copy v 2 1) ;; expect error: vector-copy: argument
(vector-copy v 0 4) ;; expect error: vector-copy: argument 3
(vector-copy 'a) ;; expect error: vector-copy: argument 1: expected vector, got a
(vector-copy! (make-vector 2 0) 0 v) ;; expect error: vector-copy!
(vector-copy! (make-vector 3 0) 1 v) ;; expect error: vector-copy!
(vector-copy! (make-vector 3 0) -1 v) ;; expect error: vector-copy!: argument 2
(vector-copy! (make-vector 3 0) 4 v 0 0) ;; expect error: vector-copy!: argument 2
(vector-copy! (make-vector 3 0) 0 v 2 1) ;; expect error: vector-copy!: argument
(vector-copy! (make-vector 3 0) 0 '(1)) ;; expect error: vector-copy!: argument 3: expected vector, got (1)
(vector-append #(1) '(2)) ;; expect error: vector-append: argument 2: expected vector, got (2)
(vector-fill! v 0 4) ;; expect error: vector-fill!: argument 3
(vector-fill! v 0 0 4) ;; expect error: vector-fill!: argument 4
(vector-fill! v 0 2 1) ;; expect error: vector-fill!: argument
(vector-fill! v 0 -1) ;; expect error: vector-fill!: argument 3
(vector-fill! '(1) 0) ;; expect error: vector-fill!: argument 1: expected vector, got (1)
v ;; expect: #(1 2 3)

(define b (bytevector 1 2 3))
(bytevector 256) ;; expect error: bytevector: argument 1: expected byte, got 256
(bytevector 1 -1) ;; expect error: bytevector: argument 2: expected byte, got -1
(bytevector 'a) ;; expect error: bytevector: argument 1: expected byte, got a
(bytevector 1.0) ;; expect error: bytevector: argument 1: expected byte, got 1.0
(bytevector (expt 2 64)) ;; expect error: bytevector: argument 1: expected byte
(make-bytevector 2 256) ;; expect error: make-bytevector: argument 2: expected byte, got 256
(make-bytevector -1 0) ;; expect error: make-bytevector: argument 1
(make-bytevector 'a) ;; expect error: make-bytevector: argument 1: expected index, got a
(bytevector-length "abc") ;; expect error: bytevector-length: argument 1: expected bytevector, got "abc"
(bytevector-u8-ref b 3) ;; expect error: bytevector-u8-ref: argument 2: index 3 is out of range 0 to 2
(bytevector-u8-ref b -1) ;; expect error: bytevector-u8-ref: argument 2
(bytevector-u8-ref #(1) 0) ;; expect error: bytevector-u8-ref: argument 1: expected bytevector, got #(1)
(bytevector-u8-set! b 3 0) ;; expect error: bytevector-u8-set!: argument 2: index 3 is out of range 0 to 2
(bytevector-u8-set! b 0 256) ;; expect error: bytevector-u8-set!: argument 3: expected byte, got 256
(bytevector-u8-set! b 0 -1) ;; expect error: bytevector-u8-set!: argument 3: expected byte, got -1
(bytevector-u8-set! b 0 #\a) ;; expect error: bytevector-u8-set!: argument 3: expected byte, got #\a
(bytevector-copy b 4) ;; expect error: bytevector-copy: argument 2
(bytevector-copy b 2 1) ;; expect error: bytevector-copy: argument
(bytevector-copy b 0 4) ;; expect error: bytevector-copy: argument 3
(bytevector-copy! (make-bytevector 2 0) 0 b) ;; expect error: bytevector-copy!
(bytevector-copy! (make-bytevector 3 0) 4 b 0 0) ;; expect error: bytevector-copy!: argument 2
(bytevector-copy! (make-bytevector 3 0) 0 b 2 1) ;; expect error: bytevector-copy!: argument
(bytevector-append b "x") ;; expect error: bytevector-append: argument 2: expected bytevector, got "x"
b ;; expect: #u8(1 2 3)

;; Bytes that are not UTF-8: a stray or missing continuation, overlong forms, surrogates, beyond U+10FFFF.
(utf8->string (bytevector 255)) ;; expect error: utf8->string
(utf8->string (bytevector 97 128 98)) ;; expect error: utf8->string
(utf8->string (bytevector #xC3)) ;; expect error: utf8->string
(utf8->string (bytevector #xC3 #x28)) ;; expect error: utf8->string
(utf8->string (bytevector #xC0 #x80)) ;; expect error: utf8->string
(utf8->string (bytevector #xE0 #x80 #xAF)) ;; expect error: utf8->string
(utf8->string (bytevector #xE2 #x82)) ;; expect error: utf8->string
(utf8->string (bytevector #xED #xA0 #x80)) ;; expect error: utf8->string
(utf8->string (bytevector #xF0 #x80 #x80 #x80)) ;; expect error: utf8->string
(utf8->string (bytevector #xF4 #x90 #x80 #x80)) ;; expect error: utf8->string
(utf8->string (bytevector #xF8 #x88 #x80 #x80 #x80)) ;; expect error: utf8->string
(utf8->string (bytevector #xC3 #xA9 97) 1) ;; expect error: utf8->string
(utf8->string (bytevector #xC3 #xA9 97) 0 1) ;; expect error: utf8->string
(utf8->string (bytevector 97 255 98) 2 3) ;; expect: "b"
(utf8->string b 4) ;; expect error: utf8->string: argument 2
(utf8->string "abc") ;; expect error: utf8->string: argument 1: expected bytevector, got "abc"
(string->utf8 b) ;; expect error: string->utf8: argument 1: expected string, got #u8(1 2 3)
(string->utf8 "abc" 2 1) ;; expect error: string->utf8: argument
(string->utf8 "abc" 0 4) ;; expect error: string->utf8: argument 3
