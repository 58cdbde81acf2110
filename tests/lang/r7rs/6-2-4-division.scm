;; R7RS 6.2.6 integer division: floor/, truncate/ and their families, quotient, remainder, modulo. Implicates: runtime/num*.c (integer division), tier fast paths of division.
(import (scheme base) (scheme inexact))

(floor/ 5 2) ;; expect: 2 1
(floor/ -5 2) ;; expect: -3 1
(floor/ 5 -2) ;; expect: -3 -1
(floor/ -5 -2) ;; expect: 2 -1
(truncate/ 5 2) ;; expect: 2 1
(truncate/ -5 2) ;; expect: -2 -1
(truncate/ 5 -2) ;; expect: -2 1
(truncate/ -5 -2) ;; expect: 2 -1
(truncate/ -5.0 2) ;; expect: -2.0 -1.0
(floor/ 5.0 2) ;; expect: 2.0 1.0
(floor/ -5 2.0) ;; expect: -3.0 1.0
(floor/ 6 3) ;; expect: 2 0
(floor/ -6 3) ;; expect: -2 0
(floor/ 0 7) ;; expect: 0 0
(floor/ 1 7) ;; expect: 0 1
(floor/ -1 7) ;; expect: -1 6
(floor/ 1 -7) ;; expect: -1 -6
(truncate/ 1 -7) ;; expect: 0 1
(truncate/ -1 7) ;; expect: 0 -1

(map floor-quotient '(13 -13 13 -13) '(4 4 -4 -4)) ;; expect: (3 -4 -4 3)
(map floor-remainder '(13 -13 13 -13) '(4 4 -4 -4)) ;; expect: (1 3 -3 -1)
(map truncate-quotient '(13 -13 13 -13) '(4 4 -4 -4)) ;; expect: (3 -3 -3 3)
(map truncate-remainder '(13 -13 13 -13) '(4 4 -4 -4)) ;; expect: (1 -1 1 -1)
(map quotient '(13 -13 13 -13) '(4 4 -4 -4)) ;; expect: (3 -3 -3 3)
(map remainder '(13 -13 13 -13) '(4 4 -4 -4)) ;; expect: (1 -1 1 -1)
(map modulo '(13 -13 13 -13) '(4 4 -4 -4)) ;; expect: (1 3 -3 -1)
(modulo -13 4.0) ;; expect: 3.0
(remainder -13 4.0) ;; expect: -1.0
(quotient 7.0 2) ;; expect: 3.0
(modulo 5 5) ;; expect: 0
(modulo -5 5) ;; expect: 0
(modulo 0 -5) ;; expect: 0
(remainder -4 2) ;; expect: 0
(quotient 0 -3) ;; expect: 0
(modulo 6 -4) ;; expect: -2
(modulo 13.0 -4.0) ;; expect: -3.0
(quotient 1e18 3) ;; expect: 333333333333333300.0

;; Bignum by bignum, bignum by fixnum, fixnum by bignum, all signs.
(define big 100000000000000000000000000000000000000007)
(define mid 12345678901234567890)
(quotient big mid) ;; expect: 8100000072900000663471
(remainder big mid) ;; expect: 74538000007453817
(modulo big mid) ;; expect: 74538000007453817
(quotient (- big) mid) ;; expect: -8100000072900000663471
(remainder (- big) mid) ;; expect: -74538000007453817
(modulo (- big) mid) ;; expect: 12271140901227114073
(modulo big (- mid)) ;; expect: -12271140901227114073
(modulo (- big) (- mid)) ;; expect: -74538000007453817
(floor/ (- big) mid) ;; expect: -8100000072900000663472 12271140901227114073
(truncate/ (- big) mid) ;; expect: -8100000072900000663471 -74538000007453817
(quotient big 7) ;; expect: 14285714285714285714285714285714285714286
(remainder big 7) ;; expect: 5
(modulo (- big) 7) ;; expect: 2
(modulo big -7) ;; expect: -2
(quotient 7 big) ;; expect: 0
(remainder 7 big) ;; expect: 7
(modulo -7 big) ;; expect: 100000000000000000000000000000000000000000
(modulo 7 (- big)) ;; expect: -100000000000000000000000000000000000000000
(floor/ -7 big) ;; expect: -1 100000000000000000000000000000000000000000
(quotient big big) ;; expect: 1
(remainder big big) ;; expect: 0
(quotient (- big) big) ;; expect: -1
(modulo (* big 3) big) ;; expect: 0

;; The most negative value of a machine or fixnum width divided by -1.
(quotient (- (expt 2 49)) -1) ;; expect: 562949953421312
(quotient (- (expt 2 61)) -1) ;; expect: 2305843009213693952
(quotient (- (expt 2 63)) -1) ;; expect: 9223372036854775808
(quotient (- (expt 2 64)) -1) ;; expect: 18446744073709551616
(remainder (- (expt 2 49)) -1) ;; expect: 0
(modulo (- (expt 2 63)) -1) ;; expect: 0
(/ (- (expt 2 49)) -1) ;; expect: 562949953421312
(/ (- (expt 2 63)) -1) ;; expect: 9223372036854775808
(floor/ (- (expt 2 49)) -1) ;; expect: 562949953421312 0
(quotient (- (expt 2 63)) (- (expt 2 63))) ;; expect: 1
(quotient 562949953421312 562949953421312) ;; expect: 1
(remainder 562949953421311 562949953421312) ;; expect: 562949953421311

;; n = d*q + r, and the sign of r, over a grid.
(define ns (list 0 1 -1 7 -7 8 -8 562949953421311 -562949953421312 562949953421312 9223372036854775807 -9223372036854775808 (expt 7 40) (- (expt 7 40))))
(define ds (list 1 -1 2 -2 3 -3 7 -7 562949953421311 -562949953421312 4294967296 9223372036854775807 -9223372036854775808 (expt 3 50) (- (expt 3 50))))
(define (all-pairs ok?) (let loop ((n ns) (bad '())) (if (null? n) (reverse bad) (loop (cdr n) (let inner ((d ds) (bad bad)) (if (null? d) bad (inner (cdr d) (if (ok? (car n) (car d)) bad (cons (list (car n) (car d)) bad)))))))))
(all-pairs (lambda (n d) (call-with-values (lambda () (floor/ n d)) (lambda (q r) (= n (+ (* q d) r)))))) ;; expect: ()
(all-pairs (lambda (n d) (call-with-values (lambda () (truncate/ n d)) (lambda (q r) (= n (+ (* q d) r)))))) ;; expect: ()
(all-pairs (lambda (n d) (let ((r (modulo n d))) (and (< (abs r) (abs d)) (or (zero? r) (eq? (negative? r) (negative? d))))))) ;; expect: ()
(all-pairs (lambda (n d) (let ((r (remainder n d))) (and (< (abs r) (abs d)) (or (zero? r) (eq? (negative? r) (negative? n))))))) ;; expect: ()
(all-pairs (lambda (n d) (= (floor-quotient n d) (floor (/ n d))))) ;; expect: ()
(all-pairs (lambda (n d) (= (truncate-quotient n d) (truncate (/ n d))))) ;; expect: ()
(all-pairs (lambda (n d) (and (= (quotient n d) (truncate-quotient n d)) (= (remainder n d) (truncate-remainder n d)) (= (modulo n d) (floor-remainder n d))))) ;; expect: ()
