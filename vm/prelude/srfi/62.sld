;; SRFI 62: S-expression comments. The reader has them always.
(define-library (srfi 62)
  (export)
  (import (kiln core)))
