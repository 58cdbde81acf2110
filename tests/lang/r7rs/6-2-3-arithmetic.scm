;; R7RS 6.2.6 + - * /, abs, square, gcd, lcm, numerator, denominator, floor, ceiling, round, truncate, rationalize. Implicates: runtime/num*.c (rationals, generic arithmetic).
(import (scheme base) (scheme inexact))

(+ 3 4) ;; expect: 7
(+ 3) ;; expect: 3
(+) ;; expect: 0
(+ 1 2 3 4 5 6 7 8 9 10) ;; expect: 55
(+ 1.5 2) ;; expect: 3.5
(+ 1/2 1/3) ;; expect: 5/6
(+ 1/2 1/2) ;; expect: 1
(+ 1/6 1/3 1/2) ;; expect: 1
(+ 1/2 -1/2) ;; expect: 0
(+ 0.1 0.2) ;; expect: 0.30000000000000004
(apply + '(1 2 3)) ;; expect: 6
(* 4) ;; expect: 4
(*) ;; expect: 1
(* 2 3 4) ;; expect: 24
(* 2/3 3/2) ;; expect: 1
(* 2/3 3/4) ;; expect: 1/2
(* -1/2 4) ;; expect: -2
(* 1/2 1/2 1/2) ;; expect: 1/8
(* 1.5 2) ;; expect: 3.0
(* 0.1 3) ;; expect: 0.30000000000000004
(* -7 -6) ;; expect: 42
(- 3 4) ;; expect: -1
(- 3 4 5) ;; expect: -6
(- 3) ;; expect: -3
(- 1/2) ;; expect: -1/2
(- 1/2 1/3) ;; expect: 1/6
(- 0) ;; expect: 0
(- 1.5 1) ;; expect: 0.5
(- 10 1 2 3) ;; expect: 4
(/ 3 4 5) ;; expect: 3/20
(/ 3) ;; expect: 1/3
(/ 1 2) ;; expect: 1/2
(/ 6 4) ;; expect: 3/2
(/ 6 3) ;; expect: 2
(/ -6 4) ;; expect: -3/2
(/ 6 -4) ;; expect: -3/2
(/ -6 -4) ;; expect: 3/2
(/ -1) ;; expect: -1
(/ 1/2) ;; expect: 2
(/ -2/3) ;; expect: -3/2
(/ 1/2 3/4) ;; expect: 2/3
(/ 0 5) ;; expect: 0
(/ 0 5/7) ;; expect: 0
(/ 1 3.0) ;; expect: 0.3333333333333333
(/ 9 2.0) ;; expect: 4.5
(/ 0.5) ;; expect: 2.0
(/ 1000000007 1000000007) ;; expect: 1
(/ 5 1) ;; expect: 5
(= 1/2 2/4) ;; expect: #t
(list 2/4 -6/3 10/5 -4/6) ;; expect: (1/2 -2 2 -2/3)
(eqv? 1/2 (/ 2 4)) ;; expect: #t
(equal? (/ 9 3) 3) ;; expect: #t

(abs -7) ;; expect: 7
(abs 7) ;; expect: 7
(abs 0) ;; expect: 0
(abs -7/2) ;; expect: 7/2
(abs -1.5) ;; expect: 1.5
(abs -0.0) ;; expect: 0.0
(abs -inf.0) ;; expect: +inf.0
(abs -100000000000000000000) ;; expect: 100000000000000000000
(square 42) ;; expect: 1764
(square 2.0) ;; expect: 4.0
(square -3) ;; expect: 9
(square 2/3) ;; expect: 4/9
(square 10000000000) ;; expect: 100000000000000000000

(gcd 32 -36) ;; expect: 4
(gcd) ;; expect: 0
(gcd 7) ;; expect: 7
(gcd -7) ;; expect: 7
(gcd 0 5) ;; expect: 5
(gcd 0 -5) ;; expect: 5
(gcd 0 0) ;; expect: 0
(gcd 12 18 27) ;; expect: 3
(gcd 17 4) ;; expect: 1
(gcd 12.0 18) ;; expect: 6.0
(gcd (expt 2 80) (expt 6 50)) ;; expect: 1125899906842624
(gcd 1000000000000000000000 350) ;; expect: 50
(lcm 32 -36) ;; expect: 288
(lcm 32.0 -36) ;; expect: 288.0
(lcm) ;; expect: 1
(lcm -7) ;; expect: 7
(lcm 0 5) ;; expect: 0
(lcm 2 3 4 5 6) ;; expect: 60
(lcm 1000000007 998244353) ;; expect: 998244359987710471
(lcm 4294967296 6442450944) ;; expect: 12884901888

(numerator (/ 6 4)) ;; expect: 3
(denominator (/ 6 4)) ;; expect: 2
(denominator (inexact (/ 6 4))) ;; expect: 2.0
(numerator 0.75) ;; expect: 3.0
(denominator 0.75) ;; expect: 4.0
(numerator -5/10) ;; expect: -1
(denominator -5/10) ;; expect: 2
(numerator 7) ;; expect: 7
(denominator 7) ;; expect: 1
(denominator 0) ;; expect: 1
(numerator 0) ;; expect: 0
(denominator 3.0) ;; expect: 1.0
(denominator 0.0) ;; expect: 1.0

(floor -4.3) ;; expect: -5.0
(ceiling -4.3) ;; expect: -4.0
(truncate -4.3) ;; expect: -4.0
(round -4.3) ;; expect: -4.0
(floor 3.5) ;; expect: 3.0
(ceiling 3.5) ;; expect: 4.0
(truncate 3.5) ;; expect: 3.0
(round 3.5) ;; expect: 4.0
(round 7/2) ;; expect: 4
(round 7) ;; expect: 7
(map round (list 0.5 1.5 2.5 -1.5 -2.5)) ;; expect: (0.0 2.0 2.0 -2.0 -2.0)
(map round '(1/2 3/2 5/2 -1/2 -3/2 -5/2)) ;; expect: (0 2 2 0 -2 -2)
(map round '(1/3 2/3 -1/3 -2/3 7/3 8/3)) ;; expect: (0 1 0 -1 2 3)
(map floor '(7/2 -7/2 5 -5 1/3 -1/3)) ;; expect: (3 -4 5 -5 0 -1)
(map ceiling '(7/2 -7/2 5 -5 1/3 -1/3)) ;; expect: (4 -3 5 -5 1 0)
(map truncate '(7/2 -7/2 5 -5 1/3 -1/3)) ;; expect: (3 -3 5 -5 0 0)
(ceiling -0.5) ;; expect: -0.0
(truncate -0.5) ;; expect: -0.0
(floor -0.5) ;; expect: -1.0
(map floor '(+inf.0 -inf.0)) ;; expect: (+inf.0 -inf.0)
(map round '(+inf.0 -inf.0 +nan.0)) ;; expect: (+inf.0 -inf.0 +nan.0)
(round 4503599627370497.5) ;; expect: 4503599627370498.0
(round 0.49999999999999994) ;; expect: 0.0
(= (floor 1e300) 1e300) ;; expect: #t
(exact (floor 2.5)) ;; expect: 2
(exact (round 1e18)) ;; expect: 1000000000000000000
(floor 100000000000000000001/2) ;; expect: 50000000000000000000
(round 100000000000000000001/2) ;; expect: 50000000000000000000
(round 100000000000000000003/2) ;; expect: 50000000000000000002

(rationalize (exact .3) 1/10) ;; expect: 1/3
(rationalize .3 1/10) ;; expect: 0.3333333333333333
(rationalize 3/10 1/10) ;; expect: 1/3
(rationalize -3/10 1/10) ;; expect: -1/3
(rationalize 1/2 0) ;; expect: 1/2
(rationalize 1/2 1) ;; expect: 0
(rationalize 5 1/2) ;; expect: 5
(rationalize 31415926/10000000 1/100) ;; expect: 22/7
(rationalize 31415926/10000000 1/1000000) ;; expect: 355/113
(rationalize 7/3 1/2) ;; expect: 2
(rationalize -1/2 1/4) ;; expect: -1/2

;; Exact results stay exact through long chains.
(let loop ((i 1) (acc 0)) (if (> i 10) acc (loop (+ i 1) (+ acc (/ 1 i))))) ;; expect: 7381/2520
(let loop ((i 1) (acc 1)) (if (> i 6) acc (loop (+ i 1) (+ 1 (/ 1 acc))))) ;; expect: 21/13
(* 1/3 3 1.0) ;; expect: 1.0
(- (+ 1e16 1) 1e16) ;; expect: 0.0
(+ 1/3 0.5) ;; expect: 0.8333333333333333
