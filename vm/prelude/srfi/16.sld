;; SRFI 16: Syntax for procedures of variable arity.
(define-library (srfi 16)
  (export case-lambda)
  (import (kiln core)))
