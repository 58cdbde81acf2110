;; Control: dynamic environments, winders, continuations, exceptions, parameters, delimited control.
;;
;; The dynamic environment (%dynamic) is a vector #(handlers parameters winders); it is never changed, only
;; replaced. Ordinary calls and returns leave it alone, so whoever replaces it puts the old one back when the
;; thunk returns; a continuation brings back the one it was captured under.
(define-library (kiln control)
  (export call-with-current-continuation call/cc call/ec dynamic-wind
          with-exception-handler raise-continuable %guard %guard-all
          error-object? error-object-message error-object-irritants read-error? file-error?
          make-parameter parameterize
          make-promise force
          exit %exit-handler call-with-escape-continuation
          reset shift
          %dynamic-handlers %call-with-handlers %current-winders %rewind! %control-error %call-with-reset %call-with-shift
          %condition-message %condition-irritants %condition-who %condition-backtrace %condition-position %make-condition)
  (import (kiln core) (kiln primitives))
  (begin

    ;; ---- dynamic environments

    (define (%dynamic-handlers) (vector-ref (%dynamic) 0))
    (define (%current-winders) (vector-ref (%dynamic) 2))

    ;; Call thunk in another dynamic environment. Several values pass through as one object.
    (define (call-with-dynamic dynamic thunk)
      (let ((old (%dynamic)))
        (%set-dynamic! dynamic)
        (let ((result (thunk)))
          (%set-dynamic! old)
          result)))

    (define (%call-with-handlers handlers thunk)
      (let* ((old (%push-handlers! handlers))
             (result (thunk)))
        (%set-dynamic! old)
        result))

    (define (%control-error message . irritants)
      (raise (%make-condition 'control-error message irritants)))

    ;; ---- conditions

    (define (%make-condition type message irritants)
      (%record (%condition-type type) message irritants #f #f #f))

    (define condition-type (%condition-type 'condition))
    (define (field who c index)
      (if (not (condition? c)) (%wrong-type who 1 "condition" c))
      (%record-ref c condition-type index))
    (define (%condition-message c) (field 'condition-message c 0))
    (define (%condition-irritants c) (field 'condition-irritants c 1))
    (define (%condition-who c) (field 'condition-who c 2))
    (define (%condition-position c) (field 'condition-position c 3))
    (define (%condition-backtrace c) (or (field 'condition-backtrace c 4) '()))

    (define (error-object? x) (condition? x))
    (define (error-object-message c) (field 'error-object-message c 0))
    (define (error-object-irritants c) (field 'error-object-irritants c 1))
    (define read-error-type (%condition-type 'read-error))
    (define file-error-type (%condition-type 'file-error))
    (define (read-error? x) (%record? x read-error-type))
    (define (file-error? x) (%record? x file-error-type))

    ;; ---- winders
    ;;
    ;; A winder is #(before after dynamic): the thunks of a dynamic-wind and the dynamic environment of its call, in
    ;; which they run.

    (define (dynamic-wind before thunk after)
      (if (not (procedure? before)) (%wrong-type 'dynamic-wind 1 "procedure" before))
      (if (not (procedure? thunk)) (%wrong-type 'dynamic-wind 2 "procedure" thunk))
      (if (not (procedure? after)) (%wrong-type 'dynamic-wind 3 "procedure" after))
      (before)
      (let* ((old (%push-winder! before after))
             (result (thunk)))
        (%set-dynamic! old)
        (after)
        result))

    ;; Leave and enter extents until the winders in force are `target`: afters from the inside out up to the common
    ;; extent, then befores from the outside in. Each runs under the winders that enclose it.
    (define (%rewind! target)
      (let ((current (%current-winders)))
        (if (not (eq? current target))
            (let ((here (length current)) (there (length target)))
              (cond ((> here there)
                     (leave current)
                     (%rewind! target))
                    ((> there here)
                     (%rewind! (cdr target))
                     (enter target))
                    (else
                     (leave current)
                     (%rewind! (cdr target))
                     (enter target)))))))

    (define (leave winders)
      (let ((winder (car winders)))
        (%set-dynamic! (vector-ref winder 2))
        ((vector-ref winder 1))))

    (define (enter winders)
      (let* ((winder (car winders)) (d (vector-ref winder 2)))
        (%set-dynamic! d)
        ((vector-ref winder 0))
        (%set-dynamic! (vector (vector-ref d 0) (vector-ref d 1) winders))))

    ;; ---- continuations

    ;; The evaluator compares winders when a continuation is called, and calls this when they differ.
    (%set-rewind-hook!
     (lambda (procedure winders arguments)
       (%rewind! winders)
       (apply procedure arguments)))

    (define (call/cc f) (%capture f))
    (define call-with-current-continuation call/cc)

    ;; Escape only: once f has returned or was left, calling its argument is an error.
    (define (call/ec f) (%call-with-escape f))
    (define call-with-escape-continuation call/ec)

    ;; ---- delimited control (Danvy and Filinski 1990)
    ;;
    ;; The prompt's own dynamic environment is remembered in the parameters of the dynamic environment, under this key, so
    ;; that shift can leave the extents between itself and the prompt, and its continuation can enter them again. Of the
    ;; handlers it brings back those between itself and the prompt; beyond are those of whoever calls it.

    (define reset-key (%make-parameter #f #f))

    (define (%call-with-reset thunk)
      (let ((d (%dynamic)))
        (let ((result
               (%prompt reset-key
                        (lambda ()
                          (%set-dynamic!
                           (vector (vector-ref d 0)
                                   (cons (cons reset-key (box d)) (vector-ref d 1))
                                   (vector-ref d 2)))
                          (thunk)))))
          (%set-dynamic! d)
          result)))

    (define (%call-with-shift f)
      (let* ((inside (%dynamic))
             (marker (assq reset-key (vector-ref inside 1))))
        (if (not marker)
            (%control-error "shift: there is no enclosing reset"))
        (let ((outer (unbox (cdr marker))))
          (%rewind! (vector-ref outer 2))
          (%capture-prompt
           reset-key
           (lambda (slice)
             (define (resume xs)
               (%call-with-reset
                (lambda ()
                  (let ((handlers (%dynamic-handlers)))
                    (%rewind! (vector-ref inside 2))
                    (%set-dynamic!
                     (vector (graft (vector-ref inside 0) (vector-ref outer 0) handlers)
                             (vector-ref inside 1)
                             (vector-ref inside 2)))
                    (apply slice xs)))))
             (%call-with-reset (lambda () (f (lambda xs (resume xs))))))))))

    ;; A list with `new` in place of its tail `old`; as it is where that is no tail of it, as in a handler.
    (define (graft list old new)
      (if (or (eq? old new) (not (let tail? ((l list)) (or (eq? l old) (and (pair? l) (tail? (cdr l)))))))
          list
          (let copy ((l list))
            (if (eq? l old) new (cons (car l) (copy (cdr l)))))))

    (define-syntax reset
      (syntax-rules ()
        ((_ body0 body ...) (%call-with-reset (lambda () body0 body ...)))))
    (define-syntax shift
      (syntax-rules ()
        ((_ k body0 body ...) (%call-with-shift (lambda (k) body0 body ...)))))

    ;; ---- exceptions

    (define (with-exception-handler handler thunk)
      (if (not (procedure? handler)) (%wrong-type 'with-exception-handler 1 "procedure" handler))
      (if (not (procedure? thunk)) (%wrong-type 'with-exception-handler 2 "procedure" thunk))
      (%call-with-handlers (cons handler (%dynamic-handlers)) thunk))

    ;; Nobody handled it: the evaluation is left, with all its extents.
    ;; A condition knows where it was raised; of another object the report tells the calls under way.
    (define (abandon object)
      (if (not (condition? object)) (%note-uncaught! (%backtrace)))
      (%rewind! '())
      (%abort object))

    (define (raise-continuable object)
      (let ((handlers (%dynamic-handlers)))
        (if (null? handlers)
            (abandon object)
            (%call-with-handlers (cdr handlers) (lambda () ((car handlers) object))))))

    ;; What the evaluator calls when a primitive fails, in the place of that primitive's call: `raise` is such a primitive.
    (define (raise-from-primitive object)
      (let ((handlers (%dynamic-handlers)))
        (if (null? handlers)
            (abandon object)
            (begin
              (%call-with-handlers (cdr handlers) (lambda () ((car handlers) object)))
              (%call-with-handlers
               (cdr handlers)
               (lambda ()
                 (%control-error "handler returned from a non-continuable exception:" object)))))))

    ;; What the core form guard becomes. handler: (condition reraise) -> value, run in guard's own dynamic environment.
    ;; Nothing is captured but the way from the raise to here, which reraise goes back; it is called in tail position,
    ;; so that what it goes back to is what was left. Where guard is not under way any more (in a continuation of
    ;; shift, which may have been taken out of it), it handles nothing.
    (define (%guard body handler)
      (call-handled
       body
       (lambda (k condition)
         (let ((inside (%dynamic)))
           ((or (%leave-with-slice
                 k
                 (lambda (back)
                   (handler condition
                            (lambda ()
                              (%rewind! (vector-ref inside 2))
                              (back (lambda ()
                                      (%set-dynamic! inside)
                                      (raise-continuable condition)))))))
                (lambda () (raise-continuable condition))))))))

    ;; A guard one of whose clauses always applies. handler: condition -> value.
    (define (%guard-all body handler)
      (call-handled
       body
       (lambda (k condition)
         (%leave k (lambda () (handler condition)))
         (raise-continuable condition))))

    ;; Call body with an exception handler (k condition), k: an escape to here.
    (define (call-handled body handle)
      (%call-with-escape
       (lambda (k)
         (let* ((old (%push-handlers! (cons (lambda (condition) (handle k condition))
                                            (%dynamic-handlers))))
                (result (body)))
           (%set-dynamic! old)
           result))))

    ;; ---- parameters

    (define make-parameter
      (case-lambda
        ((value) (%make-parameter value #f))
        ((value converter)
         (if (not (procedure? converter)) (%wrong-type 'make-parameter 2 "procedure" converter))
         (%make-parameter (converter value) converter))))

    (define (convert parameter value)
      (if (not (parameter? parameter)) (%wrong-type 'parameterize 1 "parameter" parameter))
      (let ((converter (%parameter-converter parameter)))
        (if converter (converter value) value)))

    ;; parameters and values: lists of the same length.
    (define (call-with-parameters parameters values thunk)
      (let loop ((ps parameters) (vs values) (entries '()))
        (if (pair? ps)
            (loop (cdr ps) (cdr vs) (cons (cons (car ps) (box (convert (car ps) (car vs)))) entries))
            (let ((d (%dynamic)))
              (call-with-dynamic
               (vector (vector-ref d 0) (append entries (vector-ref d 1)) (vector-ref d 2))
               thunk)))))

    ;; The same with one.
    (define (call-with-parameter parameter value thunk)
      (let* ((old (%push-binding! parameter (convert parameter value)))
             (result (thunk)))
        (%set-dynamic! old)
        result))

    (define-syntax parameterize
      (syntax-rules ()
        ((_ ((parameter value)) body0 body ...)
         (call-with-parameter parameter value (lambda () body0 body ...)))
        ((_ ((parameter value) ...) body0 body ...)
         (call-with-parameters (list parameter ...) (list value ...) (lambda () body0 body ...)))))

    ;; ---- promises: the state (done? . value-or-thunk) is shared along chains of delay-force, which therefore run in
    ;; constant space (R7RS 7.3).

    (define (make-promise x)
      (if (promise? x) x (%make-promise #t x)))

    (define (force promise)
      (if (not (promise? promise))
          promise
          (let loop ()
            (if (%promise-done? promise)
                (%promise-value promise)
                (let ((next ((%promise-value promise))))
                  (if (not (%promise-done? promise))
                      (%promise-chain! promise next))
                  (loop))))))

    ;; ---- the end

    ;; #f, or what exit calls first, with the status: to leave what it must not end.
    (define %exit-handler (%make-parameter #f #f))

    (define (exit . status)
      (let ((status (if (pair? status) (car status) #t)) (handler (%exit-handler)))
        (if handler (handler status))
        (%rewind! '())
        (%exit status)))

    (%set-raise-hook! raise-from-primitive)))
