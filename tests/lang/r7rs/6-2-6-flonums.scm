;; R7RS 6.2.2-6.2.6 flonums: shortest printing, infinities, NaN, negative zero, IEEE arithmetic. Implicates: runtime/num*.c and the number printer.
(import (scheme base) (scheme inexact) (scheme write))

;; Printing is the shortest text that reads back as the same flonum.
1.0 ;; expect: 1.0
-1.0 ;; expect: -1.0
0.0 ;; expect: 0.0
-0.0 ;; expect: -0.0
0.1 ;; expect: 0.1
-.5 ;; expect: -0.5
5. ;; expect: 5.0
100.0 ;; expect: 100.0
1e3 ;; expect: 1000.0
123.456 ;; expect: 123.456
1e10 ;; expect: 10000000000.0
1e20 ;; expect: 100000000000000000000.0
123456789012345680000.0 ;; expect: 123456789012345680000.0
0.001 ;; expect: 0.001
0.3 ;; expect: 0.3
(* 3 0.1) ;; expect: 0.30000000000000004
(/ 1.0 3) ;; expect: 0.3333333333333333
(/ 2.0 3) ;; expect: 0.6666666666666666
(sqrt 2) ;; expect: 1.4142135623730951
(+ 0.1 0.7) ;; expect: 0.7999999999999999
4.35 ;; expect: 4.35
(* 4.35 100) ;; expect: 434.99999999999994
1.1 ;; expect: 1.1
(* 1.1 1.1) ;; expect: 1.2100000000000002
2.5e-1 ;; expect: 0.25
9007199254740991.0 ;; expect: 9007199254740991.0
9007199254740993.0 ;; expect: 9007199254740992.0
0.1000000000000000055511151231257827 ;; expect: 0.1
0.30000000000000001665 ;; expect: 0.3
1.7976931348623159e308 ;; expect: +inf.0
1e400 ;; expect: +inf.0
-1e400 ;; expect: -inf.0
1e-400 ;; expect: 0.0
-1e-400 ;; expect: -0.0
(display 1.5) ;; expect output: 1.5
(write -0.0) ;; expect output: -0.0
(begin (display '(1.0 +inf.0 -inf.0 +nan.0)) 0) ;; expect output: (1.0 +inf.0 -inf.0 +nan.0)

;; Reading the printed text gives back the identical flonum.
(define (round-trips? x) (eqv? x (string->number (number->string x))))
(map round-trips? '(0.0 -0.0 1e21 1e22 1e23 9.999999999999999e22 1e-7 1e-6 1e-5 1e-3 1.5e-10)) ;; expect: (#t #t #t #t #t #t #t #t #t #t #t)
(map round-trips? '(4.9406564584124654e-324 9.881312916824931e-324 2.2250738585072014e-308 2.225073858507201e-308 1.7976931348623157e308)) ;; expect: (#t #t #t #t #t)
(map round-trips? '(+inf.0 -inf.0 5e-324 123456789.123456789 6.02214076e23 -1.602176634e-19)) ;; expect: (#t #t #t #t #t #t)
(let loop ((x 1.1) (n 0)) (if (= n 900) 'all (if (round-trips? x) (loop (* x 2.1) (+ n 1)) x))) ;; expect: all
(let loop ((x 1.1) (n 0)) (if (= n 900) 'all (if (round-trips? x) (loop (/ x 2.3) (+ n 1)) x))) ;; expect: all
(let loop ((k -1074)) (if (> k 1023) 'all (if (round-trips? (inexact (expt 2 k))) (loop (+ k 1)) k))) ;; expect: all
(let loop ((k -323)) (if (> k 308) 'all (if (= (string->number (string-append "1e" (number->string k))) (inexact (expt 10 k))) (loop (+ k 1)) k))) ;; expect: all
(nan? (string->number (number->string +nan.0))) ;; expect: #t
(eqv? 1e100 (string->number (number->string 1e100))) ;; expect: #t
(eqv? 1.5e22 (string->number "1.5e22")) ;; expect: #t
(eqv? 1e21 (string->number (number->string 1e21))) ;; expect: #t
;; The decimal nearest to a tie is read correctly.
(= 9007199254740993 (exact 9007199254740993.0)) ;; expect: #f
(exact 9007199254740992.999999999999999999) ;; expect: 9007199254740992
(exact 9007199254740993.000000000000000001) ;; expect: 9007199254740994
(= 2.2250738585072011e-308 2.225073858507201e-308) ;; expect: #t
(= 2.2250738585072012e-308 2.2250738585072014e-308) ;; expect: #t
(= 0.5e-323 4.9406564584124654e-324) ;; expect: #t

;; Infinities and NaN.
(/ 1.0 0.0) ;; expect: +inf.0
(/ -1.0 0.0) ;; expect: -inf.0
(/ 1.0 -0.0) ;; expect: -inf.0
(/ 0.0 0.0) ;; expect: +nan.0
(/ 0.0) ;; expect: +inf.0
(/ -0.0) ;; expect: -inf.0
(/ 1 0.0) ;; expect: +inf.0
(/ +inf.0) ;; expect: 0.0
(/ -inf.0) ;; expect: -0.0
(+ +inf.0 1) ;; expect: +inf.0
(+ +inf.0 +inf.0) ;; expect: +inf.0
(+ +inf.0 -inf.0) ;; expect: +nan.0
(- +inf.0 +inf.0) ;; expect: +nan.0
(- +inf.0) ;; expect: -inf.0
(* +inf.0 -2) ;; expect: -inf.0
(* +inf.0 0.0) ;; expect: +nan.0
(* +nan.0 2) ;; expect: +nan.0
(- +nan.0) ;; expect: +nan.0
(/ +inf.0 +inf.0) ;; expect: +nan.0
(/ 5 +inf.0) ;; expect: 0.0
(+ 1/2 +inf.0) ;; expect: +inf.0
(* 1e200 1e200) ;; expect: +inf.0
(* 1e-200 1e-200) ;; expect: 0.0
(* -1e-200 1e-200) ;; expect: -0.0
(+ 1.7976931348623157e308 1e292) ;; expect: +inf.0
(list +inf.0 -inf.0 +nan.0) ;; expect: (+inf.0 -inf.0 +nan.0)
(eqv? +inf.0 (/ 1. 0.)) ;; expect: #t
(equal? (list +inf.0) (list -inf.0)) ;; expect: #f

;; Negative zero.
(- 0.0) ;; expect: -0.0
(- -0.0) ;; expect: 0.0
(+ -0.0 -0.0) ;; expect: -0.0
(+ -0.0 0.0) ;; expect: 0.0
(- 0.0 0.0) ;; expect: 0.0
(- -0.0 0.0) ;; expect: -0.0
(* -1.0 0.0) ;; expect: -0.0
(* -0.0 -0.0) ;; expect: 0.0
(/ 0.0 -5.0) ;; expect: -0.0
(eqv? 0.0 -0.0) ;; expect: #f
(equal? 0.0 -0.0) ;; expect: #f
(eqv? -0.0 -0.0) ;; expect: #t
(eqv? 0 0.0) ;; expect: #f
(eqv? 1 1.0) ;; expect: #f
(eqv? 100000000.0 100000000.0) ;; expect: #t
(atan 0.0 -1.0) ;; expect: 3.141592653589793
(atan -0.0 -1.0) ;; expect: -3.141592653589793

;; Rounding to nearest even in the basic operations.
(+ 9007199254740992.0 1.0) ;; expect: 9007199254740992.0
(+ 9007199254740992.0 3.0) ;; expect: 9007199254740996.0
(- 1.0 0.9) ;; expect: 0.09999999999999998
(* 0.1 0.1) ;; expect: 0.010000000000000002
(/ 1.0 49) ;; expect: 0.02040816326530612
(* 49 (/ 1.0 49)) ;; expect: 0.9999999999999999
(let loop ((i 0) (s 0.0)) (if (= i 10) s (loop (+ i 1) (+ s 0.1)))) ;; expect: 0.9999999999999999
(let loop ((x 1.0) (n 0)) (if (= (+ 1.0 x) 1.0) n (loop (/ x 2.0) (+ n 1)))) ;; expect: 53
(let loop ((x 1.0) (n 0)) (if (= x 0.0) n (loop (/ x 2.0) (+ n 1)))) ;; expect: 1075
