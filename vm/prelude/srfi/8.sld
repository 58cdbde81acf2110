;; SRFI 8: receive.
(define-library (srfi 8)
  (export receive)
  (import (kiln core) (kiln primitives))
  (begin

    (define-syntax receive
      (syntax-rules ()
        ((_ parameters expression body0 body ...)
         (call-with-values (lambda () expression) (lambda parameters body0 body ...)))))))
