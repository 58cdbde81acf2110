;; R7RS (scheme time).
(define-library (scheme time)
  (import (kiln primitives))
  (export current-jiffy current-second jiffies-per-second))
