;; SRFI 31: A special form rec for recursive evaluation.
(define-library (srfi 31)
  (export rec)
  (import (kiln core))
  (begin

    (define-syntax rec
      (syntax-rules ()
        ((_ (name . parameters) body0 body ...)
         (letrec ((name (lambda parameters body0 body ...))) name))
        ((_ name expression)
         (letrec ((name expression)) name))))))
