;; R7RS (scheme read).
(define-library (scheme read)
  (import (kiln primitives))
  (export read))
