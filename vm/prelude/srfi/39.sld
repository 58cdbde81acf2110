;; SRFI 39: Parameter objects.
(define-library (srfi 39)
  (export make-parameter parameterize)
  (import (kiln core) (kiln control)))
