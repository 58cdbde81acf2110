;; R7RS (scheme lazy).
(define-library (scheme lazy)
  (import (kiln core) (kiln primitives) (kiln control))
  (export delay delay-force force make-promise promise?))
