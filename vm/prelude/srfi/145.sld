;; SRFI 145: Assumptions.
(define-library (srfi 145)
  (export assume)
  (import (kiln core) (kiln primitives))
  (begin

    (define-syntax assume
      (syntax-rules ()
        ((_ expression message ...)
         (or expression (error "invalid assumption:" 'expression message ...)))))))
