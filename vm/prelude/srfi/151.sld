;; SRFI 151: Bitwise Operations.
(define-library (srfi 151)
  (export
   bitwise-not bitwise-and bitwise-ior bitwise-xor bitwise-eqv bitwise-nand bitwise-nor bitwise-andc1
   bitwise-andc2 bitwise-orc1 bitwise-orc2 arithmetic-shift bit-count integer-length bitwise-if
   bit-set? copy-bit bit-swap any-bit-set? every-bit-set? first-set-bit
   bit-field bit-field-any? bit-field-every? bit-field-clear bit-field-set bit-field-replace
   bit-field-replace-same bit-field-rotate bit-field-reverse
   bits->list list->bits bits->vector vector->bits bits
   bitwise-fold bitwise-for-each bitwise-unfold make-bitwise-generator)
  (import (kiln core) (kiln primitives) (kiln list))
  (begin

    (define (bitwise-eqv . ns)
      (fold (lambda (n acc) (bitwise-not (bitwise-xor acc n))) -1 ns))
    (define (bitwise-nand a b) (bitwise-not (bitwise-and a b)))
    (define (bitwise-nor a b) (bitwise-not (bitwise-ior a b)))
    (define (bitwise-andc1 a b) (bitwise-and (bitwise-not a) b))
    (define (bitwise-andc2 a b) (bitwise-and a (bitwise-not b)))
    (define (bitwise-orc1 a b) (bitwise-ior (bitwise-not a) b))
    (define (bitwise-orc2 a b) (bitwise-ior a (bitwise-not b)))
    (define (bitwise-if mask a b)
      (bitwise-ior (bitwise-and mask a) (bitwise-and (bitwise-not mask) b)))

    (define (mask size) (- (arithmetic-shift 1 size) 1))
    (define (field-mask start end) (arithmetic-shift (mask (- end start)) start))
    (define (check-field who start end)
      (if (not (and (exact-integer? start) (>= start 0))) (%wrong-type who 2 "index" start))
      (if (not (and (exact-integer? end) (>= end start))) (%wrong-type who 3 "end index" end)))

    ;; ---- single bits

    (define (copy-bit index n bit)
      (if bit
          (bitwise-ior n (arithmetic-shift 1 index))
          (bitwise-and n (bitwise-not (arithmetic-shift 1 index)))))
    (define (bit-swap i j n)
      (let ((bit-i (bit-set? i n)) (bit-j (bit-set? j n)))
        (copy-bit j (copy-bit i n bit-j) bit-i)))
    (define (any-bit-set? test n) (not (= 0 (bitwise-and test n))))
    (define (every-bit-set? test n) (= test (bitwise-and test n)))
    ;; -1 of 0.
    (define (first-set-bit n)
      (- (integer-length (bitwise-and n (- n))) 1))

    ;; ---- fields

    (define (bit-field n start end)
      (check-field 'bit-field start end)
      (bitwise-and (mask (- end start)) (arithmetic-shift n (- start))))
    (define (bit-field-any? n start end) (not (= 0 (bit-field n start end))))
    (define (bit-field-every? n start end) (= (mask (- end start)) (bit-field n start end)))
    (define (bit-field-clear n start end)
      (check-field 'bit-field-clear start end)
      (bitwise-and n (bitwise-not (field-mask start end))))
    (define (bit-field-set n start end)
      (check-field 'bit-field-set start end)
      (bitwise-ior n (field-mask start end)))
    (define (bit-field-replace to from start end)
      (check-field 'bit-field-replace start end)
      (bitwise-if (field-mask start end) (arithmetic-shift from start) to))
    (define (bit-field-replace-same to from start end)
      (check-field 'bit-field-replace-same start end)
      (bitwise-if (field-mask start end) from to))
    (define (bit-field-rotate n count start end)
      (check-field 'bit-field-rotate start end)
      (let ((width (- end start)))
        (if (= width 0)
            n
            (let* ((count (modulo count width)) (field (bit-field n start end)))
              (bit-field-replace n
                                 (bitwise-ior (arithmetic-shift field count)
                                              (arithmetic-shift field (- count width)))
                                 start end)))))
    (define (bit-field-reverse n start end)
      (check-field 'bit-field-reverse start end)
      (let loop ((i start) (reversed 0))
        (if (= i end)
            (bit-field-replace n reversed start end)
            (loop (+ i 1)
                  (bitwise-ior (arithmetic-shift reversed 1) (if (bit-set? i n) 1 0))))))

    ;; ---- sequences of bits, lowest first

    (define bits->list
      (case-lambda
        ((n) (bits->list n (integer-length n)))
        ((n length)
         (let loop ((i (- length 1)) (list '()))
           (if (< i 0) list (loop (- i 1) (cons (bit-set? i n) list)))))))
    (define (list->bits list)
      (fold-right (lambda (bit n) (+ (* 2 n) (if bit 1 0))) 0 list))
    (define (bits->vector n . length) (list->vector (apply bits->list n length)))
    (define (vector->bits v) (list->bits (vector->list v)))
    (define (bits . list) (list->bits list))

    (define (bitwise-fold f init n)
      (let ((length (integer-length n)))
        (let loop ((i 0) (acc init))
          (if (< i length) (loop (+ i 1) (f (bit-set? i n) acc)) acc))))
    (define (bitwise-for-each f n)
      (let ((length (integer-length n)))
        (let loop ((i 0))
          (if (< i length)
              (begin (f (bit-set? i n)) (loop (+ i 1)))))))
    (define (bitwise-unfold stop? mapper successor seed)
      (let loop ((i 0) (n 0) (state seed))
        (if (stop? state)
            n
            (loop (+ i 1) (copy-bit i n (mapper state)) (successor state)))))
    (define (make-bitwise-generator n)
      (lambda ()
        (let ((bit (bit-set? 0 n)))
          (set! n (arithmetic-shift n -1))
          bit)))))
