;; R7RS (scheme eval).
(define-library (scheme eval)
  (import (kiln primitives))
  (export environment eval))
