;; SRFI 35: Conditions.
;;
;; A condition is a record of Kiln's condition type, so that it is reported like any other, with one more field: its parts,
;; (type . ((field . value) …)) each, one of a simple condition and several of a compound one.
(define-library (srfi 35)
  (export make-condition-type condition-type? make-condition condition? condition-has-type? condition-ref
          make-compound-condition extract-condition define-condition-type condition
          &condition &message message-condition? condition-message &serious serious-condition? &error error?)
  (import (kiln core) (rename (kiln primitives) (condition? any-condition?)) (kiln list))
  (begin

    ;; ---- types

    (define-record-type <condition-type>
      (new-type name parent fields)
      condition-type?
      (name type-name)
      (parent type-parent)
      (fields type-fields)) ; the inherited ones as well

    (define (check-type who argument type)
      (if (not (condition-type? type)) (%wrong-type who argument "condition type" type)))

    (define (make-condition-type name parent fields)
      (if (not (symbol? name)) (%wrong-type 'make-condition-type 1 "symbol" name))
      (check-type 'make-condition-type 2 parent)
      (if (not (and (list? fields) (every symbol? fields)))
          (%wrong-type 'make-condition-type 3 "list of symbols" fields))
      (for-each (lambda (field)
                  (if (memq field (type-fields parent))
                      (%wrong-type 'make-condition-type 3 "fields that the parent has not" field)))
                fields)
      (new-type name parent (append (type-fields parent) fields)))

    (define (subtype? type of)
      (or (eq? type of)
          (let ((parent (type-parent type)))
            (and parent (subtype? parent of)))))

    ;; ---- conditions

    (define condition-record (%make-record-type 'condition (%condition-type 'condition) '(parts) #t))
    (define (condition? x) (%record? x condition-record))
    (define (parts who c)
      (if (not (condition? c)) (%wrong-type who 1 "condition" c))
      (%record-ref c condition-record 5))

    (define (from-parts parts)
      (let ((text (any (lambda (part) (assq 'message (cdr part))) parts)))
        (%record condition-record
                 (if (and text (string? (cdr text))) (cdr text) (symbol->string (type-name (car (car parts)))))
                 '() #f #f #f parts)))

    ;; Each field of the type exactly once.
    (define (make-part type entries)
      (check-type 'make-condition 1 type)
      (for-each (lambda (entry)
                  (if (not (memq (car entry) (type-fields type)))
                      (error "make-condition: no such field:" (car entry))))
                entries)
      (cons type
            (map (lambda (field)
                   (or (assq field entries) (error "make-condition: missing field:" field)))
                 (type-fields type))))
    (define (make-condition type . plist)
      (let loop ((rest plist) (entries '()))
        (cond ((null? rest) (from-parts (list (make-part type (reverse entries)))))
              ((null? (cdr rest)) (error "make-condition: field without a value:" (car rest)))
              (else (loop (cddr rest) (cons (cons (car rest) (cadr rest)) entries))))))

    (define (condition-has-type? c type)
      (check-type 'condition-has-type? 2 type)
      (any (lambda (part) (subtype? (car part) type)) (parts 'condition-has-type? c)))
    (define (condition-ref c field)
      (let ((entry (any (lambda (part) (assq field (cdr part))) (parts 'condition-ref c))))
        (if entry (cdr entry) (%wrong-type 'condition-ref 2 "field of the condition" field))))
    (define (make-compound-condition c . more)
      (from-parts (append-map (lambda (c) (parts 'make-compound-condition c)) (cons c more))))
    (define (extract-condition c type)
      (check-type 'extract-condition 2 type)
      (let ((part (find (lambda (part) (subtype? (car part) type)) (parts 'extract-condition c))))
        (if (not part) (%wrong-type 'extract-condition 2 "type of the condition" type))
        (from-parts
         (list (cons type (filter (lambda (entry) (memq (car entry) (type-fields type))) (cdr part)))))))

    ;; ---- syntax

    (define-syntax condition
      (syntax-rules ()
        ((_ (type (field value) ...) ...)
         (from-parts (list (make-part type (list (cons 'field value) ...)) ...)))))

    (define (ref-of-type c type field)
      (let ((part (and (condition? c)
                       (find (lambda (part) (subtype? (car part) type)) (parts 'condition-ref c)))))
        (if part
            (cdr (assq field (cdr part)))
            (%wrong-type 'condition-ref 1 "condition of the accessor's type" c))))
    (define-syntax define-condition-type
      (syntax-rules ()
        ((_ name parent predicate (field accessor) ...)
         (begin
           (define name (make-condition-type 'name parent '(field ...)))
           (define (predicate x) (and (condition? x) (condition-has-type? x name)))
           (define (accessor c) (ref-of-type c name 'field)) ...))))

    ;; ---- standard types

    (define &condition (new-type '&condition #f '()))
    (define-condition-type &message &condition message-condition? (message condition-message))
    (define-condition-type &serious &condition serious-condition?)
    (define-condition-type &error &serious error?)))
