;; R7RS (scheme case-lambda).
(define-library (scheme case-lambda)
  (import (kiln core))
  (export case-lambda))
