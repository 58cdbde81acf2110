;; SRFI 9: Defining Record Types.
(define-library (srfi 9)
  (export define-record-type)
  (import (kiln core)))
