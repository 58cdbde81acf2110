;; SRFI 2: AND-LET*.
(define-library (srfi 2)
  (export and-let*)
  (import (kiln core))
  (begin

    (define-syntax and-let*
      (syntax-rules ()
        ((_ ()) #t)
        ((_ () body0 body ...) (let () body0 body ...))
        ((_ ((variable expression)))
         expression)
        ((_ ((expression)))
         expression)
        ((_ (variable))
         variable)
        ((_ ((variable expression) . clauses) . body)
         (let ((variable expression))
           (if variable (and-let* clauses . body) #f)))
        ((_ ((expression) . clauses) . body)
         (if expression (and-let* clauses . body) #f))
        ((_ (variable . clauses) . body)
         (if variable (and-let* clauses . body) #f))))))
