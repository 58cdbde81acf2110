;; SRFI 34: Exception Handling for Programs.
(define-library (srfi 34)
  (export with-exception-handler guard raise else =>)
  (import (kiln core) (kiln primitives) (kiln control)))
