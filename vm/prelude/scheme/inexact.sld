;; R7RS (scheme inexact).
(define-library (scheme inexact)
  (import (kiln primitives))
  (export acos asin atan cos exp finite? infinite? log nan? sin sqrt tan))
