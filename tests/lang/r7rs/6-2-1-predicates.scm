;; R7RS 6.2.1-6.2.6 numerical types, exactness and predicates. Implicates: runtime/num*.c (classification), the reader's number syntax.
(import (scheme base) (scheme inexact) (scheme complex))

;; The tower: each type is a subset of the one above it.
(map number? (list 1 1/2 0.5 1+2i +inf.0 +nan.0)) ;; expect: (#t #t #t #t #t #t)
(map number? (list 'a "1" #\1 '() #t (vector 1))) ;; expect: (#f #f #f #f #f #f)
(complex? 3+4i) ;; expect: #t
(complex? 3) ;; expect: #t
(complex? 1.5-2.5i) ;; expect: #t
(complex? "3") ;; expect: #f
(real? 3) ;; expect: #t
(real? 3+4i) ;; expect: #f
(real? -2.5+0i) ;; expect: #t
(real? -2.5+0.0i) ;; expect: #f
(real? #e1e10) ;; expect: #t
(real? +inf.0) ;; expect: #t
(real? -inf.0) ;; expect: #t
(real? +nan.0) ;; expect: #t
(real? 'x) ;; expect: #f
(real? (make-rectangular 1 0)) ;; expect: #t
(rational? 9007199254740993) ;; expect: #t
(rational? -inf.0) ;; expect: #f
(rational? +inf.0) ;; expect: #f
(rational? +nan.0) ;; expect: #f
(rational? 3.5) ;; expect: #t
(rational? 6/10) ;; expect: #t
(rational? 6/3) ;; expect: #t
(rational? 1+i) ;; expect: #f
(rational? "1/2") ;; expect: #f
(integer? 3+0i) ;; expect: #t
(integer? 3.0) ;; expect: #t
(integer? 3.5) ;; expect: #f
(integer? 8/4) ;; expect: #t
(integer? 8/3) ;; expect: #f
(integer? +inf.0) ;; expect: #f
(integer? +nan.0) ;; expect: #f
(integer? -0.0) ;; expect: #t
(integer? 1e300) ;; expect: #t
(integer? 100000000000000000000000000) ;; expect: #t
(integer? 1+i) ;; expect: #f
(integer? #\3) ;; expect: #f

;; Exactness.
(exact? 3.0) ;; expect: #f
(exact? #e3.0) ;; expect: #t
(inexact? 3.) ;; expect: #t
(exact? 1/3) ;; expect: #t
(inexact? 1/3) ;; expect: #f
(exact? 1+2i) ;; expect: #t
(inexact? 1.0+2.0i) ;; expect: #t
(exact? 1+2.0i) ;; expect: #f
(inexact? +inf.0) ;; expect: #t
(exact? +nan.0) ;; expect: #f
(exact? 1267650600228229401496703205376) ;; expect: #t
(inexact? #i7) ;; expect: #t
(exact? #i1/2) ;; expect: #f
(exact-integer? 32) ;; expect: #t
(exact-integer? 32.0) ;; expect: #f
(exact-integer? 32/5) ;; expect: #f
(exact-integer? -36893488147419103232) ;; expect: #t
(exact-integer? 32/4) ;; expect: #t
(exact-integer? 1+i) ;; expect: #f
(exact-integer? 'x) ;; expect: #f

(finite? 3) ;; expect: #t
(finite? +inf.0) ;; expect: #f
(finite? -inf.0) ;; expect: #f
(finite? +nan.0) ;; expect: #f
(finite? 3.0+inf.0i) ;; expect: #f
(finite? 1e308) ;; expect: #t
(finite? 1/3) ;; expect: #t
(finite? 3.0+4.0i) ;; expect: #t
(infinite? 3) ;; expect: #f
(infinite? +inf.0) ;; expect: #t
(infinite? -inf.0) ;; expect: #t
(infinite? +nan.0) ;; expect: #f
(infinite? 3.0+inf.0i) ;; expect: #t
(infinite? +nan.0-inf.0i) ;; expect: #t
(nan? +nan.0) ;; expect: #t
(nan? 32) ;; expect: #f
(nan? +nan.0+5.0i) ;; expect: #t
(nan? 1+2i) ;; expect: #f
(nan? +inf.0) ;; expect: #f
(nan? (- +inf.0 +inf.0)) ;; expect: #t

;; exact and inexact.
(exact 2.0) ;; expect: 2
(exact 0.5) ;; expect: 1/2
(exact -0.75) ;; expect: -3/4
(exact 0.1) ;; expect: 3602879701896397/36028797018963968
(exact -0.0) ;; expect: 0
(exact 1e18) ;; expect: 1000000000000000000
(exact 1e23) ;; expect: 99999999999999991611392
(exact 7) ;; expect: 7
(exact 7/3) ;; expect: 7/3
(exact 1.5+2.0i) ;; expect: 3/2+2i
(= (exact 4.9406564584124654e-324) (/ 1 (expt 2 1074))) ;; expect: #t
(= (exact 1.7976931348623157e308) (* (- (expt 2 53) 1) (expt 2 971))) ;; expect: #t
(inexact 1/3) ;; expect: 0.3333333333333333
(inexact 2/3) ;; expect: 0.6666666666666666
(inexact 1/7) ;; expect: 0.14285714285714285
(inexact 5) ;; expect: 5.0
(inexact 0.25) ;; expect: 0.25
(inexact 1/2+3/4i) ;; expect: 0.5+0.75i
(inexact 9007199254740992) ;; expect: 9007199254740992.0
(inexact 9007199254740993) ;; expect: 9007199254740992.0
(inexact 9007199254740995) ;; expect: 9007199254740996.0
(inexact -9007199254740993) ;; expect: -9007199254740992.0
(inexact 18446744073709551615) ;; expect: 18446744073709552000.0
(= (inexact (+ (expt 2 100) (expt 2 47))) (inexact (expt 2 100))) ;; expect: #t
(= (inexact (+ (expt 2 100) (expt 2 47) 1)) (inexact (+ (expt 2 100) (expt 2 48)))) ;; expect: #t
(inexact (/ (expt 10 400) (* 4 (expt 10 399)))) ;; expect: 2.5
(inexact (/ (+ (expt 3 500) 1) (expt 3 500))) ;; expect: 1.0
(inexact (expt 10 400)) ;; expect: +inf.0
(inexact (- (expt 10 400))) ;; expect: -inf.0
(inexact (/ 1 (expt 10 400))) ;; expect: 0.0
(= (inexact (/ 1 (expt 2 1074))) 4.9406564584124654e-324) ;; expect: #t
(= (inexact (/ 3 (expt 2 1074))) 1.4821969375237396e-323) ;; expect: #t
(exact (inexact 123456789/1024)) ;; expect: 123456789/1024

;; Exactness is contagious the right way round.
(exact? (+ 1 2.0)) ;; expect: #f
(+ 1/2 0.5) ;; expect: 1.0
(* 2 0.5) ;; expect: 1.0
(exact? (+ 1/2 1/2)) ;; expect: #t
(exact? (* 1/2 4)) ;; expect: #t
