;; R7RS 6.2.6 =, <, >, <=, >=, zero?, positive?, negative?, odd?, even?, max, min. Implicates: runtime/num*.c (compare), tier fast paths of comparison.
(import (scheme base) (scheme inexact) (scheme complex))

(= 1 1) ;; expect: #t
(= 1 2) ;; expect: #f
(= 1 1.0) ;; expect: #t
(= 1/2 0.5) ;; expect: #t
(= 1/2 1/2) ;; expect: #t
(= 1/3 0.3333333333333333) ;; expect: #f
(= 0.0 -0.0) ;; expect: #t
(= 0 -0.0) ;; expect: #t
(= 1 1 1) ;; expect: #t
(= 1 1 2) ;; expect: #f
(= 1 2 1) ;; expect: #f
(= 1.0 1 2/2 1+0i) ;; expect: #t
(= +inf.0 +inf.0) ;; expect: #t
(= +inf.0 -inf.0) ;; expect: #f
(= +nan.0 +nan.0) ;; expect: #f
(= +nan.0 1) ;; expect: #f
(= 1+2i 1+2i) ;; expect: #t
(= 1+2i 1.0+2.0i) ;; expect: #t
(= 1+2i 1-2i) ;; expect: #f
(= 3 3+0.0i) ;; expect: #t
(= 100000000000000000000 1e20) ;; expect: #t
(= 100000000000000000001 1e20) ;; expect: #f
(= 9007199254740993 9007199254740992.0) ;; expect: #f
(= 9007199254740992 9007199254740992.0) ;; expect: #t
(= (expt 2 70) (* (expt 2 35) (expt 2 35))) ;; expect: #t
(= 1267650600228229401496703205376 1267650600228229401496703205377) ;; expect: #f

;; = is transitive across exactness: a flonum is compared by its exact value.
(let ((a 9007199254740992) (b 9007199254740992.0) (c 9007199254740993)) (list (= a b) (= b c) (= a c))) ;; expect: (#t #f #f)
(< 9007199254740992.0 9007199254740993) ;; expect: #t
(< 9007199254740993 9007199254740992.0) ;; expect: #f
(> 9007199254740993 9007199254740992.0) ;; expect: #t
(<= 9007199254740993 9007199254740992.0) ;; expect: #f
(< 1/3 0.3333333333333333) ;; expect: #f
(> 1/3 0.3333333333333333) ;; expect: #t
(< 0.1 1/10) ;; expect: #f
(> 0.1 1/10) ;; expect: #t

(< 1 2) ;; expect: #t
(< 2 1) ;; expect: #f
(< 1 1) ;; expect: #f
(< 1 2 3) ;; expect: #t
(< 1 3 2) ;; expect: #f
(< 1 2 2) ;; expect: #f
(< 3 2 4) ;; expect: #f
(> 3 2 1) ;; expect: #t
(> 3 2 2) ;; expect: #f
(<= 1 1 2) ;; expect: #t
(<= 1 2 1) ;; expect: #f
(>= 2 1 1) ;; expect: #t
(>= 1 2) ;; expect: #f
(< -1/2 -1/3 0 1/3 1/2) ;; expect: #t
(< -1e300 (- (expt 10 100)) -1 -0.5 0 1e-300 1/2 1 1e18 (expt 10 100) 1e300) ;; expect: #t
(< 3/7 4/9) ;; expect: #t
(> -3/7 -4/9) ;; expect: #t
(< 0.5 2/3) ;; expect: #t
(< -0.0 0.0) ;; expect: #f
(<= 0.0 -0.0) ;; expect: #t
(< 1e308 +inf.0) ;; expect: #t
(< (expt 10 400) +inf.0) ;; expect: #t
(< -inf.0 (- (expt 10 400))) ;; expect: #t
(> (expt 10 400) 1e308) ;; expect: #t
(< -inf.0 +inf.0) ;; expect: #t
(< +inf.0 +inf.0) ;; expect: #f
(<= +inf.0 +inf.0) ;; expect: #t
(list (< +nan.0 1) (> +nan.0 1) (<= +nan.0 1) (>= +nan.0 1) (= +nan.0 1)) ;; expect: (#f #f #f #f #f)
(list (< 1 +nan.0) (> 1 +nan.0) (<= 1/2 +nan.0) (>= (expt 2 80) +nan.0)) ;; expect: (#f #f #f #f)
(<= 1 +nan.0 3) ;; expect: #f
(<= +nan.0 +nan.0) ;; expect: #f
(< (expt 2 64) (+ (expt 2 64) 1)) ;; expect: #t
(> (- (expt 2 64)) (- (- (expt 2 64)) 1)) ;; expect: #t
(< -18446744073709551616 5) ;; expect: #t
(< 18446744073709551616 5) ;; expect: #f
(let ((calls 0)) (< 3 2 (begin (set! calls (+ calls 1)) 1)) calls) ;; expect: 1

(map zero? '(0 0.0 -0.0 0/5 1 -1 1/2 1e-300)) ;; expect: (#t #t #t #t #f #f #f #f)
(zero? +nan.0) ;; expect: #f
(zero? 0+0.0i) ;; expect: #t
(zero? +i) ;; expect: #f
(map positive? (list 1 0 -1 1/2 -1/2 0.5 -0.0 +inf.0 -inf.0 +nan.0 (expt 2 80) (- (expt 2 80)))) ;; expect: (#t #f #f #t #f #t #f #t #f #f #t #f)
(map negative? (list 1 0 -1 1/2 -1/2 0.5 -0.0 +inf.0 -inf.0 +nan.0 (expt 2 80) (- (expt 2 80)))) ;; expect: (#f #f #t #f #t #f #f #f #t #f #f #t)
(map odd? '(0 1 -1 2 -2 3 7.0 8.0 -7.0)) ;; expect: (#f #t #t #f #f #t #t #f #t)
(map even? '(0 1 -1 2 -2 3 7.0 8.0 -8.0 -0.0)) ;; expect: (#t #f #f #t #t #f #f #t #t #t)
(odd? 1267650600228229401496703205377) ;; expect: #t
(even? 1267650600228229401496703205377) ;; expect: #f
(even? -1267650600228229401496703205376) ;; expect: #t
(odd? 1e300) ;; expect: #f

(max 3 4) ;; expect: 4
(max 3.9 4) ;; expect: 4.0
(max 1) ;; expect: 1
(max 1 2 3 2 1) ;; expect: 3
(max -1 -2) ;; expect: -1
(max 1/2 1/3) ;; expect: 1/2
(max 1 2.0 3) ;; expect: 3.0
(max 1/2 0.25) ;; expect: 0.5
(max 100000000000000000000 1) ;; expect: 100000000000000000000
(max 1 -inf.0) ;; expect: 1.0
(max 1 +inf.0) ;; expect: +inf.0
(min 3 4) ;; expect: 3
(min 3 4.9) ;; expect: 3.0
(min 1) ;; expect: 1
(min 3 1 2) ;; expect: 1
(min 1/2 1/3) ;; expect: 1/3
(min 1 2 0.5) ;; expect: 0.5
(min -100000000000000000000 1) ;; expect: -100000000000000000000
(min 1 +inf.0) ;; expect: 1.0
(exact? (max 1 2 3)) ;; expect: #t
(inexact? (min 1 2 3.0)) ;; expect: #t
