;; SRFI 219: Define higher-order lambda.
(define-library (srfi 219)
  (export (rename curried-define define))
  (import (kiln core))
  (begin

    (define-syntax curried-define
      (syntax-rules ()
        ((_ ((head . outer) . parameters) body0 body ...)
         (curried-define (head . outer) (lambda parameters body0 body ...)))
        ((_ (name . parameters) body0 body ...)
         (define (name . parameters) body0 body ...))
        ((_ name expression)
         (define name expression))))))
