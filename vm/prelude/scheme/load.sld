;; R7RS (scheme load).
(define-library (scheme load)
  (import (kiln load))
  (export load))
