;; SRFI 11: Syntax for receiving multiple values.
(define-library (srfi 11)
  (export let-values let*-values)
  (import (kiln core)))
