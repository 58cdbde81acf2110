;; R7RS (scheme write).
(define-library (scheme write)
  (import (kiln primitives))
  (export display write write-shared write-simple))
