;; SRFI 30: Nested Multi-line Comments. The reader has them always.
(define-library (srfi 30)
  (export)
  (import (kiln core)))
