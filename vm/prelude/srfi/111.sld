;; SRFI 111: Boxes.
(define-library (srfi 111)
  (export box box? unbox set-box!)
  (import (kiln primitives)))
