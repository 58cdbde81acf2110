;; R7RS load. The forms are evaluated one after the other by eval, so that continuations captured in them are whole.
(define-library (kiln load)
  (export load)
  (import (kiln core) (kiln primitives))
  (begin

    (define load
      (case-lambda
        ((path) (load path (interaction-environment)))
        ((path environment)
         (let loop ((forms (%load path)))
           (if (pair? forms)
               (begin
                 (eval (car forms) environment)
                 (loop (cdr forms))))))))))
