;; SRFI 27, 60, 151. Implicates: vm/prelude/srfi/27.sld, 60.sld, 151.sld, runtime/num*
(import (scheme base) (srfi 27) (only (srfi 60) logand logior logxor lognot ash logtest logbit? logcount integer->list list->integer booleans->integer rotate-bit-field reverse-bit-field copy-bit-field log2-binary-factors)
        (srfi 151))

(bitwise-eqv 12 10) ;; expect: -7
(list (bitwise-nand 12 10) (bitwise-nor 12 10) (bitwise-andc1 12 10) (bitwise-andc2 12 10) (bitwise-orc1 12 10) (bitwise-orc2 12 10)) ;; expect: (-9 -15 2 4 -5 -3)
(bitwise-if 3 1 8) ;; expect: 9
(list (arithmetic-shift 8 2) (arithmetic-shift 8 -1) (arithmetic-shift -100000000000000000000000000000000 -100)) ;; expect: (32 4 -79)
(list (bit-count 12) (integer-length 128) (integer-length -1) (bit-count (expt 2 100))) ;; expect: (2 8 0 1)
(list (bit-set? 1 1) (bit-set? 0 1) (bit-set? 10000000 -1)) ;; expect: (#f #t #t)
(list (copy-bit 0 0 #t) (copy-bit 2 0 #t) (copy-bit 2 15 #f)) ;; expect: (1 4 11)
(list (bit-swap 0 2 4) (bit-swap 3 0 5)) ;; expect: (1 12)
(list (any-bit-set? 3 6) (any-bit-set? 3 12) (every-bit-set? 4 6) (every-bit-set? 7 6)) ;; expect: (#t #f #t #f)
(map first-set-bit '(1 2 0 -28 40)) ;; expect: (0 1 -1 2 3)
(list (bit-field 214 0 4) (bit-field 214 4 8) (bit-field 214 3 3)) ;; expect: (6 13 0)
(list (bit-field-any? 10 1 2) (bit-field-any? 10 2 3) (bit-field-every? 30 1 5) (bit-field-every? 26 1 5)) ;; expect: (#t #f #t #f)
(list (bit-field-clear 42 1 4) (bit-field-set 42 1 4)) ;; expect: (32 46)
(list (bit-field-replace 42 2 1 4) (bit-field-replace-same 15 0 1 3)) ;; expect: (36 9)
(list (bit-field-rotate 6 0 0 10) (bit-field-rotate 6 -1 0 4) (bit-field-rotate 6 1 1 2) (bit-field-rotate 6 1 2 4)) ;; expect: (6 3 6 10)
(list (bit-field-reverse 6 0 3) (bit-field-reverse 6 1 3) (bit-field-reverse 1 0 32)) ;; expect: (3 6 2147483648)
(bits->list 6) ;; expect: (#f #t #t)
(bits->list 1 3) ;; expect: (#t #f #f)
(list->bits '(#t #f #t #f #f)) ;; expect: 5
(bits->vector 11) ;; expect: #(#t #t #f #t)
(vector->bits #(#f #t)) ;; expect: 2
(bits #t #f #t) ;; expect: 5
(bitwise-fold cons '() 43) ;; expect: (#t #f #t #f #t #t)
(let ((n 0)) (bitwise-for-each (lambda (b) (if b (set! n (+ n 1)))) 43) n) ;; expect: 4
(bitwise-unfold (lambda (i) (= i 10)) even? (lambda (i) (+ i 1)) 0) ;; expect: 341
(let ((g (make-bitwise-generator 6))) (let* ((a (g)) (b (g)) (c (g)) (d (g))) (list a b c d))) ;; expect: (#f #t #t #f)
(bit-field 5 3 1) ;; expect error: bit-field: argument 3

(list (logand 12 10) (logior 12 10) (logxor 12 10) (lognot 0) (ash 1 10) (logtest 4 6) (logbit? 2 4) (logcount 7)) ;; expect: (8 14 6 -1 1024 #t #t 3)
(list (integer->list 6) (integer->list 6 4) (list->integer '(#t #t #f)) (booleans->integer #t #f)) ;; expect: ((#t #t #f) (#f #t #t #f) 6 2)
(list (rotate-bit-field 4 3 0 4) (reverse-bit-field 167 0 8) (copy-bit-field 15 0 1 3) (log2-binary-factors 8)) ;; expect: (2 229 9 3)

(let ((n (random-integer 10))) (and (exact-integer? n) (<= 0 n 9))) ;; expect: #t
(< 0 (random-real) 1) ;; expect: #t
(random-integer 1) ;; expect: 0
(let ((n (random-integer (expt 10 50)))) (< -1 n (expt 10 50))) ;; expect: #t
(random-integer 0) ;; expect error: random-integer: argument 1
(list (random-source? default-random-source) (random-source? (make-random-source)) (random-source? 5)) ;; expect: (#t #t #f)
(define (draws next n) (if (= n 0) '() (let ((x (next))) (cons x (draws next (- n 1))))))
(define (repeats? source) (let* ((next (random-source-make-integers source)) (state (random-source-state-ref source)) (a (draws (lambda () (next 1000)) 10))) (random-source-state-set! source state) (equal? a (draws (lambda () (next 1000)) 10))))
(list (repeats? default-random-source) (repeats? (make-random-source))) ;; expect: (#t #t)
(let ((a (make-random-source)) (b (make-random-source))) (random-source-pseudo-randomize! a 1 2) (random-source-pseudo-randomize! b 1 2) (let ((x ((random-source-make-integers a) (expt 2 100))) (y ((random-source-make-integers b) (expt 2 100)))) (= x y))) ;; expect: #t
(let ((a (make-random-source)) (b (make-random-source))) (random-source-pseudo-randomize! a 1 2) (random-source-pseudo-randomize! b 1 3) (let ((x ((random-source-make-integers a) (expt 2 100))) (y ((random-source-make-integers b) (expt 2 100)))) (= x y))) ;; expect: #f
(let* ((s (make-random-source)) (next (random-source-make-reals s))) (random-source-randomize! s) (let loop ((i 0)) (or (= i 1000) (and (< 0 (next) 1) (loop (+ i 1)))))) ;; expect: #t
(let* ((s (make-random-source)) (next (random-source-make-reals s 1/10)) (x (next))) (and (exact? x) (< 0 x 1))) ;; expect: #t
(let* ((next (random-source-make-integers (make-random-source))) (counts (make-vector 4 0))) (let loop ((i 0)) (if (< i 4000) (let ((k (next 4))) (vector-set! counts k (+ 1 (vector-ref counts k))) (loop (+ i 1))))) (let loop ((i 0)) (or (= i 4) (and (< 800 (vector-ref counts i) 1200) (loop (+ i 1)))))) ;; expect: #t
(random-source-state-ref 5) ;; expect error: random-source-state-ref: argument 1
