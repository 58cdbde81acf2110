;; R7RS 6.2.6 exp, log, sin ... atan, sqrt, exact-integer-sqrt, expt over reals. Implicates: runtime/num*.c (roots, powers, elementary functions).
(import (scheme base) (scheme inexact) (scheme complex))

(define (near? a b) (<= (magnitude (- a b)) (* 1e-13 (+ 1 (magnitude b)))))
(define pi 3.141592653589793)

(sqrt 9) ;; expect: 3
(sqrt 0) ;; expect: 0
(sqrt 1) ;; expect: 1
(sqrt 16) ;; expect: 4
(sqrt 1/4) ;; expect: 1/2
(sqrt 4/9) ;; expect: 2/3
(sqrt 144/169) ;; expect: 12/13
(sqrt 16.0) ;; expect: 4.0
(sqrt 2) ;; expect: 1.4142135623730951
(sqrt 2.0) ;; expect: 1.4142135623730951
(sqrt 0.25) ;; expect: 0.5
(sqrt 1/2) ;; expect: 0.7071067811865476
(sqrt +inf.0) ;; expect: +inf.0
(sqrt 0.0) ;; expect: 0.0
(sqrt (expt 10 40)) ;; expect: 100000000000000000000
(sqrt (square 123456789012345678901234567890)) ;; expect: 123456789012345678901234567890
(sqrt (/ (expt 3 80) (expt 2 100))) ;; expect: 12157665459056928801/1125899906842624
(exact? (sqrt 15241578750190521)) ;; expect: #t
(sqrt 15241578750190521) ;; expect: 123456789
(exact? (sqrt 15241578750190522)) ;; expect: #f
(sqrt -1) ;; expect: +i
(sqrt -4) ;; expect: +2i
(sqrt -1/4) ;; expect: +1/2i
(near? (sqrt -2.0) (make-rectangular 0 1.4142135623730951)) ;; expect: #t
(near? (sqrt (+ (expt 10 40) 1)) 1e20) ;; expect: #t
(= (sqrt (expt 10 400)) (expt 10 200)) ;; expect: #t

(exact-integer-sqrt 4) ;; expect: 2 0
(exact-integer-sqrt 5) ;; expect: 2 1
(exact-integer-sqrt 0) ;; expect: 0 0
(exact-integer-sqrt 1) ;; expect: 1 0
(exact-integer-sqrt 2) ;; expect: 1 1
(exact-integer-sqrt 3) ;; expect: 1 2
(exact-integer-sqrt 8) ;; expect: 2 4
(exact-integer-sqrt 99) ;; expect: 9 18
(exact-integer-sqrt 100) ;; expect: 10 0
(exact-integer-sqrt 562949953421311) ;; expect: 23726566 19268955
(exact-integer-sqrt 9223372036854775807) ;; expect: 3037000499 5928526806
(exact-integer-sqrt (- (expt 2 104) 1)) ;; expect: 4503599627370495 9007199254740990
(exact-integer-sqrt (expt 10 60)) ;; expect: 1000000000000000000000000000000 0
(let loop ((n 0)) (if (= n 2000) 'all (call-with-values (lambda () (exact-integer-sqrt n)) (lambda (s r) (if (and (= n (+ (* s s) r)) (<= 0 r) (< n (square (+ s 1)))) (loop (+ n 1)) n))))) ;; expect: all
(let loop ((k 40)) (if (= k 140) 'all (call-with-values (lambda () (exact-integer-sqrt (- (expt 2 k) 1))) (lambda (s r) (if (and (= (- (expt 2 k) 1) (+ (* s s) r)) (< (- (expt 2 k) 1) (square (+ s 1)))) (loop (+ k 1)) k))))) ;; expect: all

(expt 2 10) ;; expect: 1024
(expt 2 0) ;; expect: 1
(expt 0 0) ;; expect: 1
(expt 0 5) ;; expect: 0
(= (expt 0.0 0) 1) ;; expect: #t
(expt 0.0 0.0) ;; expect: 1.0
(expt 0.0 2) ;; expect: 0.0
(expt 0.0 2.5) ;; expect: 0.0
(expt 1 1000000) ;; expect: 1
(expt -1 1000001) ;; expect: -1
(expt -1 1000000) ;; expect: 1
(expt -2 3) ;; expect: -8
(expt -2 4) ;; expect: 16
(expt 2 -2) ;; expect: 1/4
(expt -2 -3) ;; expect: -1/8
(expt 2/3 3) ;; expect: 8/27
(expt 2/3 -3) ;; expect: 27/8
(expt -1/2 3) ;; expect: -1/8
(expt 1/2 10) ;; expect: 1/1024
(expt 2.0 3) ;; expect: 8.0
(expt 2.0 -1) ;; expect: 0.5
(expt 2.0 0.5) ;; expect: 1.4142135623730951
(expt 2 0.5) ;; expect: 1.4142135623730951
(= (expt 4 1/2) 2) ;; expect: #t
(= (expt 9/4 1/2) 3/2) ;; expect: #t
(near? (expt 8 1/3) 2) ;; expect: #t
(near? (expt 2 1/2) 1.4142135623730951) ;; expect: #t
(expt 10 20) ;; expect: 100000000000000000000
(expt 10 -3) ;; expect: 1/1000
(expt 10. 3) ;; expect: 1000.0
(expt 2 64) ;; expect: 18446744073709551616
(expt -3 41) ;; expect: -36472996377170786403
(expt 7 50) ;; expect: 1798465042647412146620280340569649349251249
(expt 1.5 2) ;; expect: 2.25
(expt +inf.0 2) ;; expect: +inf.0
(expt 2.0 +inf.0) ;; expect: +inf.0
(expt 0.5 +inf.0) ;; expect: 0.0
(expt 2.0 -inf.0) ;; expect: 0.0
(expt 2. 2000) ;; expect: +inf.0
(expt -2.0 3) ;; expect: -8.0
(expt -2.0 2) ;; expect: 4.0
(= (expt 2 -1074) (/ 1 (expt 2 1074))) ;; expect: #t
(near? (expt 2.5 3.5) 24.705294220065465) ;; expect: #t
(near? (expt -1 0.5) +i) ;; expect: #t
(near? (expt -8.0 1/3) 1.0+1.7320508075688772i) ;; expect: #t

(= (exp 0) 1) ;; expect: #t
(exp 0.0) ;; expect: 1.0
(exp 1) ;; expect: 2.718281828459045
(exp -inf.0) ;; expect: 0.0
(exp +inf.0) ;; expect: +inf.0
(near? (exp 1/2) 1.6487212707001282) ;; expect: #t
(near? (exp -1.0) 0.36787944117144233) ;; expect: #t
(= (log 1) 0) ;; expect: #t
(log 1.0) ;; expect: 0.0
(log 0.0) ;; expect: -inf.0
(log +inf.0) ;; expect: +inf.0
(near? (log 2) 0.6931471805599453) ;; expect: #t
(near? (log 10.0) 2.302585092994046) ;; expect: #t
(near? (log (exp 3)) 3) ;; expect: #t
(near? (log 1024 2) 10) ;; expect: #t
(near? (log 1000 10) 3) ;; expect: #t
(near? (log 8 4) 1.5) ;; expect: #t
(near? (log 2 1/2) -1) ;; expect: #t
(near? (log (expt 10 400)) 921.0340371976183) ;; expect: #t
(near? (log (/ 1 (expt 10 400))) -921.0340371976183) ;; expect: #t
(near? (log (/ (+ (expt 10 400) 1) (expt 10 399))) 2.302585092994046) ;; expect: #t
(near? (log -1) (make-rectangular 0 pi)) ;; expect: #t
(near? (log -1.0) (make-rectangular 0 pi)) ;; expect: #t

(= (sin 0) 0) ;; expect: #t
(sin 0.0) ;; expect: 0.0
(sin -0.0) ;; expect: -0.0
(near? (sin 1) 0.8414709848078965) ;; expect: #t
(near? (sin (/ pi 6)) 1/2) ;; expect: #t
(= (cos 0) 1) ;; expect: #t
(cos 0.0) ;; expect: 1.0
(near? (cos 1) 0.5403023058681398) ;; expect: #t
(near? (cos pi) -1) ;; expect: #t
(= (tan 0) 0) ;; expect: #t
(near? (tan 1) 1.5574077246549023) ;; expect: #t
(near? (tan (/ pi 4)) 1) ;; expect: #t
(near? (+ (square (sin 0.7)) (square (cos 0.7))) 1) ;; expect: #t
(= (asin 0) 0) ;; expect: #t
(near? (asin 1) (/ pi 2)) ;; expect: #t
(near? (asin -1.0) (- (/ pi 2))) ;; expect: #t
(near? (asin 1/2) (/ pi 6)) ;; expect: #t
(= (acos 1) 0) ;; expect: #t
(near? (acos 0) (/ pi 2)) ;; expect: #t
(near? (acos -1) pi) ;; expect: #t
(near? (acos 0.5) (/ pi 3)) ;; expect: #t
(= (atan 0) 0) ;; expect: #t
(near? (atan 1) (/ pi 4)) ;; expect: #t
(near? (atan -1) (- (/ pi 4))) ;; expect: #t
(near? (atan +inf.0) (/ pi 2)) ;; expect: #t
(near? (atan -inf.0) (- (/ pi 2))) ;; expect: #t
;; The table of (atan y x) by quadrant and axis.
(near? (atan 1 1) (/ pi 4)) ;; expect: #t
(near? (atan 1 -1) (* 3/4 pi)) ;; expect: #t
(near? (atan -1 -1) (* -3/4 pi)) ;; expect: #t
(near? (atan -1 1) (/ pi -4)) ;; expect: #t
(= (atan 0 1) 0) ;; expect: #t
(near? (atan 1 0) (/ pi 2)) ;; expect: #t
(near? (atan -1 0) (/ pi -2)) ;; expect: #t
(near? (atan 0 -1) pi) ;; expect: #t
(atan 0.0 1.0) ;; expect: 0.0
(atan -0.0 1.0) ;; expect: -0.0
(atan 0.0 -1.0) ;; expect: 3.141592653589793
(atan -0.0 -1.0) ;; expect: -3.141592653589793
(atan 1.0 0.0) ;; expect: 1.5707963267948966
(atan -1.0 0.0) ;; expect: -1.5707963267948966
(atan 0.0 0.0) ;; expect: 0.0
(atan -0.0 0.0) ;; expect: -0.0
(atan 0.0 -0.0) ;; expect: 3.141592653589793
(atan -0.0 -0.0) ;; expect: -3.141592653589793
(near? (atan 1/2 -1/2) (* 3/4 pi)) ;; expect: #t
(map nan? (list (sin +nan.0) (cos +nan.0) (exp +nan.0) (log +nan.0) (sqrt +nan.0) (atan +nan.0))) ;; expect: (#t #t #t #t #t #t)
