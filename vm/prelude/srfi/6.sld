;; SRFI 6: Basic String Ports.
(define-library (srfi 6)
  (export open-input-string open-output-string get-output-string)
  (import (kiln primitives)))
