;; SRFI 60: Integers as Bits.
(define-library (srfi 60)
  (export
   logand bitwise-and logior bitwise-ior logxor bitwise-xor lognot bitwise-not bitwise-if bitwise-merge
   logtest any-bits-set? logcount bit-count integer-length log2-binary-factors first-set-bit
   logbit? bit-set? copy-bit bit-field copy-bit-field ash arithmetic-shift rotate-bit-field
   reverse-bit-field integer->list list->integer booleans->integer)
  (import (kiln core) (kiln primitives) (kiln list) (only (srfi 151) bitwise-if copy-bit bit-field first-set-bit
                                                          any-bit-set? bit-field-replace bit-field-rotate
                                                          bit-field-reverse bits->list list->bits))
  (begin

    (define logand bitwise-and)
    (define logior bitwise-ior)
    (define logxor bitwise-xor)
    (define lognot bitwise-not)
    (define bitwise-merge bitwise-if)
    (define logtest any-bit-set?)
    (define any-bits-set? any-bit-set?)
    (define logcount bit-count)
    (define log2-binary-factors first-set-bit)
    (define logbit? bit-set?)
    (define ash arithmetic-shift)
    (define (copy-bit-field to from start end) (bit-field-replace to from start end))
    (define (rotate-bit-field n count start end) (bit-field-rotate n count start end))
    (define (reverse-bit-field n start end) (bit-field-reverse n start end))

    ;; Highest bit first.
    (define (integer->list n . length) (reverse (apply bits->list n length)))
    (define (list->integer list) (list->bits (reverse list)))
    (define (booleans->integer . bits) (list->integer bits))))
