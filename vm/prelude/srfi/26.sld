;; SRFI 26: Notation for Specializing Parameters without Currying.
;;
;; Slots are recognised by their names, so that it does not matter whether a program binds <> to something.
(define-library (srfi 26)
  (export cut cute)
  (import (kiln core) (kiln primitives) (kiln list))
  (begin

    (define (slot? x)
      (and (%identifier? x) (eq? (%identifier->symbol x) '<>)))
    (define (rest-slot? x)
      (and (%identifier? x) (eq? (%identifier->symbol x) '<...>)))

    ;; Parameters, arguments and bindings of a cut: (specialize slot-or-expression bind?), where bind? tells whether expressions
    ;; are to be evaluated beforehand.
    (define (specialize lambda-keyword let-keyword apply-name items bind?)
      (let loop ((rest items) (parameters '()) (arguments '()) (bindings '()))
        (cond ((and (pair? rest) (slot? (car rest)))
               (let ((name (gensym "slot")))
                 (loop (cdr rest) (cons name parameters) (cons name arguments) bindings)))
              ((and (pair? rest) (rest-slot? (car rest)))
               (if (pair? (cdr rest)) (error "cut: <...> must be the last one"))
               (let ((name (gensym "rest")))
                 (finish lambda-keyword let-keyword bindings (append-reverse parameters name)
                         (cons apply-name (reverse (cons name arguments))))))
              ((pair? rest)
               (if bind?
                   (let ((name (gensym "value")))
                     (loop (cdr rest) parameters (cons name arguments) (cons (list name (car rest)) bindings)))
                   (loop (cdr rest) parameters (cons (car rest) arguments) bindings)))
              (else
               (finish lambda-keyword let-keyword bindings (reverse parameters) (reverse arguments))))))
    (define (finish lambda-keyword let-keyword bindings parameters call)
      (let ((procedure (list lambda-keyword parameters call)))
        (if (null? bindings)
            procedure
            (list let-keyword (reverse bindings) procedure))))

    (defmacro specialized (lambda-keyword let-keyword apply-name bind? . items)
      (specialize lambda-keyword let-keyword apply-name items bind?))

    (define-syntax cut
      (syntax-rules ()
        ((_ item ...) (specialized lambda let apply #f item ...))))
    (define-syntax cute
      (syntax-rules ()
        ((_ item ...) (specialized lambda let apply #t item ...))))))
