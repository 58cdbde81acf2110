;; R7RS (scheme process-context).
(define-library (scheme process-context)
  (import (kiln primitives) (kiln control))
  (export command-line emergency-exit exit get-environment-variable get-environment-variables))
