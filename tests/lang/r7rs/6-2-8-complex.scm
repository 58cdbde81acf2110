;; R7RS 6.2 complex numbers, exact and inexact, rectangular and polar. Implicates: runtime/num*.c (complex), number reader and printer.
(import (scheme base) (scheme inexact) (scheme complex) (scheme write))

(define (near? a b) (<= (magnitude (- a b)) (* 1e-13 (+ 1 (magnitude b)))))
(define pi 3.141592653589793)

;; Writing.
1+2i ;; expect: 1+2i
1-2i ;; expect: 1-2i
-1-2i ;; expect: -1-2i
+i ;; expect: +i
-i ;; expect: -i
+2i ;; expect: +2i
-2i ;; expect: -2i
1+i ;; expect: 1+i
1-i ;; expect: 1-i
0+5i ;; expect: +5i
1/2+3/4i ;; expect: 1/2+3/4i
-1/2-3/4i ;; expect: -1/2-3/4i
+1/3i ;; expect: +1/3i
1.0+2.0i ;; expect: 1.0+2.0i
-0.5-0.25i ;; expect: -0.5-0.25i
5+0i ;; expect: 5
(eqv? 5 5+0i) ;; expect: #t
1.5-0.0i ;; expect: 1.5-0.0i
+inf.0+nan.0i ;; expect: +inf.0+nan.0i
1.0-inf.0i ;; expect: 1.0-inf.0i
(number->string 3-4i) ;; expect: "3-4i"
(number->string 10+15i 16) ;; expect: "a+fi"
(write 1/2-7i) ;; expect output: 1/2-7i
(display '(+i 2-i)) ;; expect output: (+i 2-i)
123456789012345678901234567890+987654321098765432109876543210i ;; expect: 123456789012345678901234567890+987654321098765432109876543210i

;; Parts and construction.
(make-rectangular 3 4) ;; expect: 3+4i
(make-rectangular 3 0) ;; expect: 3
(make-rectangular 0 1) ;; expect: +i
(make-rectangular 1/2 -1) ;; expect: 1/2-i
(make-rectangular 1.5 2.5) ;; expect: 1.5+2.5i
(real-part 3+4i) ;; expect: 3
(imag-part 3+4i) ;; expect: 4
(real-part 5) ;; expect: 5
(imag-part 5) ;; expect: 0
(zero? (imag-part 1.5)) ;; expect: #t
(real-part 1.5) ;; expect: 1.5
(real-part 1/2+1/3i) ;; expect: 1/2
(imag-part 1/2-1/3i) ;; expect: -1/3
(imag-part -i) ;; expect: -1
(magnitude 3+4i) ;; expect: 5
(magnitude -5) ;; expect: 5
(magnitude -1/2) ;; expect: 1/2
(magnitude -2.5) ;; expect: 2.5
(magnitude 3.0-4.0i) ;; expect: 5.0
(magnitude 5/13+12/13i) ;; expect: 1
(near? (magnitude 1+i) 1.4142135623730951) ;; expect: #t
(near? (magnitude 3e200+4e200i) 5e200) ;; expect: #t
(= (angle 1) 0) ;; expect: #t
(near? (angle -1) pi) ;; expect: #t
(near? (angle -1.0) pi) ;; expect: #t
(near? (angle +i) (/ pi 2)) ;; expect: #t
(near? (angle -i) (/ pi -2)) ;; expect: #t
(near? (angle 1+i) (/ pi 4)) ;; expect: #t
(near? (angle -1-i) (* -3/4 pi)) ;; expect: #t
(= (make-polar 2 0) 2) ;; expect: #t
(near? (make-polar 2 pi) -2) ;; expect: #t
(near? (make-polar 1 (/ pi 2)) +i) ;; expect: #t
(near? (make-polar 5 0.9272952180016122) 3+4i) ;; expect: #t
(let ((z 2.5-1.5i)) (near? (make-polar (magnitude z) (angle z)) z)) ;; expect: #t
(let ((z 2.5-1.5i)) (eqv? (make-rectangular (real-part z) (imag-part z)) z)) ;; expect: #t
(near? 2@1 (make-polar 2 1)) ;; expect: #t
(near? -1@0.5 (make-polar -1 0.5)) ;; expect: #t
(real? 3@0) ;; expect: #t

;; Exact arithmetic.
(+ 1+2i 3-4i) ;; expect: 4-2i
(+ 1+2i 1-2i) ;; expect: 2
(exact? (+ 1+2i 1-2i)) ;; expect: #t
(+ 1 +i) ;; expect: 1+i
(- 1+2i 1) ;; expect: +2i
(- 1+2i +2i) ;; expect: 1
(- 3-4i) ;; expect: -3+4i
(* +i +i) ;; expect: -1
(* 1+2i 3-4i) ;; expect: 11+2i
(* 2 1+2i) ;; expect: 2+4i
(* 1+i 1-i) ;; expect: 2
(* 0 1+i) ;; expect: 0
(/ 1+2i 3-4i) ;; expect: -1/5+2/5i
(/ +i) ;; expect: -i
(/ 1 +i) ;; expect: -i
(/ 2+4i 2) ;; expect: 1+2i
(/ 1+i 1+i) ;; expect: 1
(/ 5 1+2i) ;; expect: 1-2i
(* 1/2+1/2i 2-2i) ;; expect: 2
(square 1+i) ;; expect: +2i
(* 1+i 1+i 1+i 1+i) ;; expect: -4
(+ 1+i 0.5) ;; expect: 1.5+1.0i
(* 1.0+2.0i 3.0-4.0i) ;; expect: 11.0+2.0i
(- 1.5+2.5i 0.5+0.5i) ;; expect: 1.0+2.0i
(near? (/ 1.0+2.0i 3.0-4.0i) -0.2+0.4i) ;; expect: #t
(* 100000000000+i 100000000000-i) ;; expect: 10000000000000000000001
(exact 1.5-0.25i) ;; expect: 3/2-1/4i
(inexact 1/2+2i) ;; expect: 0.5+2.0i
(map zero? '(+i 1+i 0 0.0)) ;; expect: (#f #f #t #t)
(eqv? 1+2i 1+2i) ;; expect: #t
(eqv? 1+2i 1.0+2.0i) ;; expect: #f
(equal? '(1+2i) (list (make-rectangular 1 2))) ;; expect: #t
(memv 1/2+i '(1 1/2+i 3)) ;; expect: (1/2+i 3)

;; Powers and roots.
(expt +i 2) ;; expect: -1
(expt +i 3) ;; expect: -i
(expt +i 4) ;; expect: 1
(expt 1+i 10) ;; expect: +32i
(expt 1+2i 3) ;; expect: -11-2i
(expt 1+i -2) ;; expect: -1/2i
(expt 1/2+1/2i 2) ;; expect: +1/2i
(expt 1+i 0) ;; expect: 1
(expt 0 1+i) ;; expect: 0
(sqrt -9) ;; expect: +3i
(sqrt -1) ;; expect: +i
(near? (sqrt 3+4i) 2+i) ;; expect: #t
(near? (sqrt -3+4i) 1+2i) ;; expect: #t
(near? (sqrt -3-4i) 1-2i) ;; expect: #t
(near? (sqrt +2i) 1+i) ;; expect: #t
(near? (sqrt -2i) 1-i) ;; expect: #t
(near? (square (sqrt 1.0+1.0i)) 1.0+1.0i) ;; expect: #t
(near? (sqrt 1+i) 1.09868411346781+0.45508986056222733i) ;; expect: #t
(near? (expt +i +i) 0.20787957635076193) ;; expect: #t
(near? (expt 2 1+i) (* 2 (exp (* +i (log 2))))) ;; expect: #t
(near? (expt 1.0+1.0i 0.5) (sqrt 1+i)) ;; expect: #t
(>= (real-part (sqrt -1.5-2i)) 0) ;; expect: #t

;; Elementary functions.
(near? (exp (make-rectangular 0 pi)) -1) ;; expect: #t
(near? (exp 1+i) 1.4686939399158851+2.2873552871788423i) ;; expect: #t
(near? (log +i) (make-rectangular 0 (/ pi 2))) ;; expect: #t
(near? (log -i) (make-rectangular 0 (/ pi -2))) ;; expect: #t
(near? (log -1.0+0.0i) (make-rectangular 0 pi)) ;; expect: #t
(near? (log -1.0-0.0i) (make-rectangular 0 (- pi))) ;; expect: #t
(near? (angle -1.0+0.0i) pi) ;; expect: #t
(near? (angle -1.0-0.0i) (- pi)) ;; expect: #t
(near? (log 1+i) 0.34657359027997264+0.7853981633974483i) ;; expect: #t
(near? (exp (log 3-4i)) 3-4i) ;; expect: #t
(near? (sin 1+i) 1.2984575814159773+0.6349639147847361i) ;; expect: #t
(near? (cos 1+i) 0.8337300251311491-0.9888977057628651i) ;; expect: #t
(near? (tan 1+i) 0.2717525853195117+1.0839233273386946i) ;; expect: #t
(near? (sin +i) +1.1752011936438014i) ;; expect: #t
(near? (asin 2) 1.5707963267948966-1.3169578969248166i) ;; expect: #t
(near? (sin (asin 2)) 2) ;; expect: #t
(near? (cos (acos 2)) 2) ;; expect: #t
(near? (sin (asin 1+i)) 1+i) ;; expect: #t
(near? (cos (acos 1+i)) 1+i) ;; expect: #t
(near? (tan (atan 1/2+i)) 1/2+i) ;; expect: #t
(near? (asin 1+i) 0.6662394324925153+1.0612750619050355i) ;; expect: #t
(near? (atan 1+i) 1.0172219678978514+0.40235947810852507i) ;; expect: #t
(near? (+ (asin 1/2+2i) (acos 1/2+2i)) (/ pi 2)) ;; expect: #t
(real? (exp 1+0i)) ;; expect: #t
