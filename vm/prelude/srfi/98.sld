;; SRFI 98: An interface to access environment variables.
(define-library (srfi 98)
  (export get-environment-variable get-environment-variables)
  (import (kiln primitives)))
