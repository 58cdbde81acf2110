;; Names made of other names, for macros that define several things.
;;
;; (%derive-names (keyword part ...) ("make-" name) (name "?") ((name "-" field) ...))
;; expands to (keyword part ... make-name name? (name-field ...)): the names are the user's, what the caller's
;; template put into (keyword part ...) stays hygienic.
(define-library (kiln names)
  (export %derive-names)
  (import (kiln core) (kiln primitives))
  (begin

    (define (part->string part)
      (if (string? part) part (symbol->string (%identifier->symbol part))))

    (define (derive spec)
      (cond ((null? spec) '())
            ((pair? (car spec)) (cons (derive (car spec)) (derive (cdr spec))))
            (else (string->symbol (apply string-append (parts->strings spec))))))
    (define (parts->strings parts)
      (if (null? parts)
          '()
          (cons (part->string (car parts)) (parts->strings (cdr parts)))))
    (define (derive-each specs)
      (if (null? specs)
          '()
          (cons (derive (car specs)) (derive-each (cdr specs)))))

    (defmacro %derive-names (target . specs)
      (append target (derive-each specs)))))
