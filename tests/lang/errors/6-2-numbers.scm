;; Errors of R7RS 6.2 numbers: types, ranges, division by zero. Implicates: runtime/num*.c, primitives.def (argument types), arithmetic in every tier.
(import (scheme base) (scheme inexact) (scheme complex))

(define (add a b) (+ a b))
(+ 1 'a) ;; expect error: +: argument 2: expected number, got a
(+ 'a 1) ;; expect error: +: argument 1: expected number, got a
(+ 1 2 "x") ;; expect error: +: argument 3: expected number, got "x"
(+ 'a) ;; expect error: +: argument 1: expected number, got a
(add 1 '()) ;; expect error: +: argument 2: expected number, got ()
(add #t 1.5) ;; expect error: +: argument 1: expected number, got #t
(apply + '(1 2 x)) ;; expect error: +: argument 3: expected number, got x
(- "5" 1) ;; expect error: -: argument 1: expected number, got "5"
(- 'a) ;; expect error: -: argument 1: expected number, got a
(-) ;; expect error: -: expected at least 1 argument, got 0
(* 2 #\a) ;; expect error: *: argument 2: expected number, got #\a
(* 'x) ;; expect error: *: argument 1: expected number, got x
(/ 1 'a) ;; expect error: /: argument 2: expected number, got a
(/) ;; expect error: /: expected at least 1 argument, got 0
(/ 1 0) ;; expect error: /: division by zero
(/ 0) ;; expect error: /: division by zero
(/ 0 0) ;; expect error: /: division by zero
(/ 1/2 0) ;; expect error: /: division by zero
(/ 6 3 0) ;; expect error: /: division by zero
(/ (expt 10 30) 0) ;; expect error: /: division by zero
(/ 1+i 0) ;; expect error: /: division by zero
(/ 1.5 0) ;; expect error: /: division by zero
(= 1 'a) ;; expect error: =: argument 2: expected number, got a
(= 'a 1) ;; expect error: =: argument 1: expected number, got a
(= 1 2 'a) ;; expect error: =: argument 3: expected number, got a
(< 1 'a) ;; expect error: <: argument 2: expected real, got a
(< 2 1 'a) ;; expect error: <: argument 3: expected real, got a
(< +i 1) ;; expect error: <: argument 1: expected real, got +i
(> "1" 0) ;; expect error: >: argument 1: expected real, got "1"
(<= 1 #f) ;; expect error: <=: argument 2: expected real, got #f
(>= 1 2+i) ;; expect error: >=: argument 2: expected real, got 2+i
(zero? 'a) ;; expect error: zero?: argument 1: expected number, got a
(positive? +i) ;; expect error: positive?: argument 1: expected real, got +i
(negative? "x") ;; expect error: negative?: argument 1: expected real, got "x"
(odd? 1.5) ;; expect error: odd?: argument 1: expected integer, got 1.5
(even? 1/2) ;; expect error: even?: argument 1: expected integer, got 1/2
(even? +inf.0) ;; expect error: even?: argument 1: expected integer, got +inf.0
(odd? 'a) ;; expect error: odd?: argument 1: expected integer, got a
(max) ;; expect error: max: expected at least 1 argument, got 0
(max 1 'a) ;; expect error: max: argument 2: expected real, got a
(min 'a) ;; expect error: min: argument 1: expected real, got a
(min 1 +i) ;; expect error: min: argument 2: expected real, got +i
(abs 'x) ;; expect error: abs: argument 1: expected real, got x
(exact? 'a) ;; expect error: exact?: argument 1: expected number, got a
(inexact? "1") ;; expect error: inexact?: argument 1: expected number, got "1"
(finite? 'a) ;; expect error: finite?: argument 1: expected number, got a
(infinite? 'a) ;; expect error: infinite?: argument 1: expected number, got a
(nan? 'a) ;; expect error: nan?: argument 1: expected number, got a
(square 'a) ;; expect error: square: argument 1: expected number, got a

;; Integer division, by every name.
(quotient 1 0) ;; expect error: quotient: division by zero
(remainder 1 0) ;; expect error: remainder: division by zero
(modulo 1 0) ;; expect error: modulo: division by zero
(floor/ 1 0) ;; expect error: floor/: division by zero
(truncate/ 1 0) ;; expect error: truncate/: division by zero
(floor-quotient 1 0) ;; expect error: division by zero
(floor-remainder 1 0) ;; expect error: division by zero
(truncate-quotient 1 0) ;; expect error: division by zero
(truncate-remainder 1 0) ;; expect error: division by zero
(quotient 0 0) ;; expect error: quotient: division by zero
(modulo (expt 10 30) 0) ;; expect error: modulo: division by zero
(quotient 1.0 0.0) ;; expect error: quotient: division by zero
(modulo 5.0 0) ;; expect error: modulo: division by zero
(quotient 1.5 2) ;; expect error: quotient: argument 1: expected integer, got 1.5
(quotient 3 'a) ;; expect error: quotient: argument 2: expected integer, got a
(remainder 1/2 2) ;; expect error: remainder: argument 1: expected integer, got 1/2
(modulo 3 2.5) ;; expect error: modulo: argument 2: expected integer, got 2.5
(modulo +inf.0 2) ;; expect error: modulo: argument 1: expected integer, got +inf.0
(floor/ 1/2 2) ;; expect error: floor/: argument 1: expected integer, got 1/2
(truncate/ 5 +i) ;; expect error: truncate/: argument 2: expected integer, got +i
(gcd 1.5) ;; expect error: gcd: argument 1: expected integer, got 1.5
(gcd 4 'a) ;; expect error: gcd: argument 2: expected integer, got a
(lcm 4 1/2) ;; expect error: lcm: argument 2: expected integer, got 1/2

(numerator 'a) ;; expect error: numerator: argument 1
(denominator +nan.0) ;; expect error: denominator: argument 1
(numerator +i) ;; expect error: numerator: argument 1
(floor 'a) ;; expect error: floor: argument 1: expected real, got a
(ceiling +i) ;; expect error: ceiling: argument 1: expected real, got +i
(round "x") ;; expect error: round: argument 1: expected real, got "x"
(truncate #f) ;; expect error: truncate: argument 1: expected real, got #f
(rationalize 'x 1) ;; expect error: rationalize: argument 1: expected real, got x
(rationalize 1 'x) ;; expect error: rationalize: argument 2: expected real, got x
(exact +nan.0) ;; expect error: exact:
(exact +inf.0) ;; expect error: exact:
(exact -inf.0) ;; expect error: exact:
(exact 1.0+inf.0i) ;; expect error: exact:
(exact 'a) ;; expect error: exact: argument 1: expected number, got a
(inexact "1") ;; expect error: inexact: argument 1: expected number, got "1"
(exact (/ 0.0 0.0)) ;; expect error: exact:

(exp 'a) ;; expect error: exp: argument 1: expected number, got a
(log "1") ;; expect error: log: argument 1: expected number, got "1"
(log 2 'a) ;; expect error: log: argument 2: expected number, got a
(sin 'a) ;; expect error: sin: argument 1: expected number, got a
(atan 'a) ;; expect error: atan: argument 1: expected number, got a
(atan 1 'a) ;; expect error: atan: argument 2: expected real, got a
(atan +i 1) ;; expect error: atan: argument 1: expected real, got +i
(sqrt 'a) ;; expect error: sqrt: argument 1: expected number, got a
(exact-integer-sqrt -1) ;; expect error: exact-integer-sqrt: argument 1
(exact-integer-sqrt 4.0) ;; expect error: exact-integer-sqrt: argument 1
(exact-integer-sqrt 1/4) ;; expect error: exact-integer-sqrt: argument 1
(expt 'a 2) ;; expect error: expt: argument 1: expected number, got a
(expt 2 'a) ;; expect error: expt: argument 2: expected number, got a
(expt 0 -1) ;; expect error: expt: division by zero
(expt 2) ;; expect error: expt: expected 2 arguments, got 1
(make-rectangular 'a 1) ;; expect error: make-rectangular: argument 1: expected real, got a
(make-rectangular 1 +i) ;; expect error: make-rectangular: argument 2: expected real, got +i
(make-polar 1 'a) ;; expect error: make-polar: argument 2: expected real, got a
(real-part 'a) ;; expect error: real-part: argument 1: expected number, got a
(imag-part "x") ;; expect error: imag-part: argument 1: expected number, got "x"
(magnitude 'a) ;; expect error: magnitude: argument 1: expected number, got a
(angle 'a) ;; expect error: angle: argument 1: expected number, got a

(number->string 'a) ;; expect error: number->string: argument 1: expected number, got a
(number->string 10 1) ;; expect error: number->string: argument 2
(number->string 10 'a) ;; expect error: number->string: argument 2
(string->number 5) ;; expect error: string->number: argument 1: expected string, got 5
(string->number "1" 1) ;; expect error: string->number: argument 2
(string->number "1" "10") ;; expect error: string->number: argument 2

;; 6.1 and 6.3: arity and types of the predicates.
(eq? 1) ;; expect error: eq?: expected 2 arguments, got 1
(eqv? 1 2 3) ;; expect error: eqv?: expected 2 arguments, got 3
(equal?) ;; expect error: equal?: expected 2 arguments, got 0
(not) ;; expect error: not: expected 1 argument, got 0
(boolean=? #t 1) ;; expect error: boolean=?: argument 2
(boolean=? 'a 'a) ;; expect error: boolean=?: argument 1

;; An operation that failed had no effect and the program goes on.
(define n 5)
(set! n (+ n 'oops)) ;; expect error: +: argument 2: expected number, got oops
n ;; expect: 5
(guard (e (#t (list 'caught (+ n 1)))) (quotient n 0)) ;; expect: (caught 6)
