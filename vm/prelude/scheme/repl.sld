;; R7RS (scheme repl).
(define-library (scheme repl)
  (import (kiln primitives))
  (export interaction-environment))
