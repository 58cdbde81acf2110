;; SRFI 27: Sources of Random Bits.
;;
;; The default source is the one behind random-integer and random-real. Reading its state draws a seed from it, with
;; which it goes on. Other sources are SplitMix64 generators (Steele, Lea, Flood 2014).
(define-library (srfi 27)
  (export random-integer random-real default-random-source make-random-source random-source?
          random-source-state-ref random-source-state-set! random-source-randomize!
          random-source-pseudo-randomize! random-source-make-integers random-source-make-reals)
  (import (kiln core) (kiln primitives))
  (begin

    (define-record-type random-source
      (new-source state)
      random-source?
      (state source-state set-source-state!)) ; 64 bits; #f: the default source

    (define default-random-source (new-source #f))
    (define (make-random-source) (new-source 0))

    (define (check who source)
      (if (not (random-source? source)) (%wrong-type who 1 "random source" source)))

    (define word (expt 2 64))
    (define (low x) (bitwise-and x (- word 1)))
    (define (mix z shift multiplier)
      (low (* multiplier (bitwise-xor z (arithmetic-shift z (- shift))))))
    (define (next! source)
      (let* ((state (low (+ (source-state source) #x9E3779B97F4A7C15)))
             (z (mix (mix state 30 #xBF58476D1CE4E5B9) 27 #x94D049BB133111EB)))
        (set-source-state! source state)
        (bitwise-xor z (arithmetic-shift z -31))))

    (define (random-source-state-ref source)
      (check 'random-source-state-ref source)
      (or (source-state source)
          (let ((seed (random-integer word)))
            (random-seed! seed)
            seed)))
    (define (random-source-state-set! source state)
      (check 'random-source-state-set! source)
      (if (not (and (exact-integer? state) (<= 0 state) (< state word)))
          (%wrong-type 'random-source-state-set! 2 "state of a random source" state))
      (set-state! source state))
    (define (set-state! source state)
      (if (source-state source)
          (set-source-state! source state)
          (random-seed! state)))

    (define (random-source-randomize! source)
      (check 'random-source-randomize! source)
      (set-state! source (low (+ (* (current-jiffy) 1000003) (current-process-id)
                                 (exact (floor (* 1000000 (current-second))))))))
    (define (random-source-pseudo-randomize! source i j)
      (check 'random-source-pseudo-randomize! source)
      (if (not (and (exact-integer? i) (>= i 0))) (%wrong-type 'random-source-pseudo-randomize! 2 "index" i))
      (if (not (and (exact-integer? j) (>= j 0))) (%wrong-type 'random-source-pseudo-randomize! 3 "index" j))
      (set-state! source (mix (+ (* i #x9E3779B97F4A7C15) j 1) 29 #xBF58476D1CE4E5B9)))

    ;; Words enough for n, and 64 bits more, of which what would favour small numbers is thrown away.
    (define (integer-below source n)
      (let* ((words (+ 1 (quotient (+ (integer-length n) 63) 64)))
             (limit (expt word words))
             (usable (- limit (modulo limit n))))
        (let retry ()
          (let draw ((i words) (x 0))
            (cond ((> i 0) (draw (- i 1) (+ (* x word) (next! source))))
                  ((< x usable) (modulo x n))
                  (else (retry)))))))

    (define (random-source-make-integers source)
      (check 'random-source-make-integers source)
      (if (source-state source)
          (lambda (n)
            (if (not (and (exact-integer? n) (> n 0)))
                (%wrong-type 'random-integer 1 "positive exact integer" n))
            (integer-below source n))
          random-integer))

    (define random-source-make-reals
      (case-lambda
        ((source)
         (check 'random-source-make-reals source)
         (if (source-state source)
             (lambda () (/ (+ 0.5 (arithmetic-shift (next! source) -12)) 4503599627370496.0))
             random-real))
        ((source unit)
         (check 'random-source-make-reals source)
         (if (not (and (real? unit) (< 0 unit 1))) (%wrong-type 'random-source-make-reals 2 "number between 0 and 1" unit))
         (if (inexact? unit)
             (random-source-make-reals source)
             (let* ((integers (random-source-make-integers source))
                    (steps (- (ceiling (/ 1 unit)) 1)))
               (lambda () (/ (+ 1 (integers steps)) (+ steps 1))))))))))
