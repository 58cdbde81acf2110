;; SRFI 23: Error reporting mechanism.
(define-library (srfi 23)
  (export error)
  (import (kiln primitives)))
