;; SRFI 69: Basic hash tables, and what SRFI 90 and 125 name likewise.
;;
;; Tables for eq?, eqv?, equal? and string=? are primitive. A table for another equivalence is a record: entries with the
;; same hash code are in one bucket, (key . value) each, in the order of insertion; the buckets are in an eqv table by their
;; code. Without a hash function all entries have code 0: nothing else is right for an unknown equivalence.
(define-library (srfi 69)
  (export make-hash-table hash-table? alist->hash-table
          hash-table-equivalence-function hash-table-hash-function
          hash-table-ref hash-table-ref/default hash-table-set! hash-table-delete! hash-table-exists?
          hash-table-contains? hash-table-update! hash-table-update!/default
          hash-table-size hash-table-count hash-table-keys hash-table-values hash-table-walk hash-table-fold
          hash-table->alist hash-table-copy hash-table-merge! hash-table-clear! hash-table-empty?
          hash string-hash string-ci-hash hash-by-identity)
  (import (kiln core) (kiln list)
          (rename (kiln primitives)
                  (hash-table? primitive-table?) (hash-table-size table-size) (hash-table-keys table-keys)
                  (hash-table-values table-values) (hash-table->alist table->alist)
                  (hash-table-copy table-copy) (hash-table-clear! table-clear!)
                  (hash-table-contains? table-contains?)))
  (begin

    ;; ---- tables of other equivalences

    (define-record-type custom-table
      (make-custom same? hash buckets size)
      custom?
      (same? custom-same?)
      (hash custom-hash)
      (buckets custom-buckets)
      (size custom-size set-custom-size!))

    (define (new-custom same? hash) (make-custom same? hash (%make-table 'eqv #f) 0))

    (define (bucket t key) (%table-ref (custom-buckets t) ((custom-hash t) key) '()))
    (define (custom-entry t key)
      (let ((same? (custom-same? t)))
        (let loop ((entries (bucket t key)))
          (cond ((null? entries) #f)
                ((same? (caar entries) key) (car entries))
                (else (loop (cdr entries)))))))

    (define (custom-set! t key value)
      (let ((entry (custom-entry t key)))
        (if entry
            (set-cdr! entry value)
            (let ((code ((custom-hash t) key)) (buckets (custom-buckets t)))
              (%table-set! buckets code (append (%table-ref buckets code '()) (list (cons key value))))
              (set-custom-size! t (+ (custom-size t) 1))))))
    (define (custom-delete! t key)
      (let ((entry (custom-entry t key)))
        (if entry
            (let* ((code ((custom-hash t) key)) (buckets (custom-buckets t))
                   (rest (remove (lambda (other) (eq? other entry)) (%table-ref buckets code '()))))
              (if (null? rest)
                  (%table-delete! buckets code)
                  (%table-set! buckets code rest))
              (set-custom-size! t (- (custom-size t) 1))))))
    (define (custom->alist t)
      (append-map (lambda (entries) (map (lambda (entry) (cons (car entry) (cdr entry))) entries))
                  (table-values (custom-buckets t))))

    ;; ---- making

    (define (same-number? a b) (= a b))

    ;; The primitive kind for an equivalence, or #f.
    (define (kind-of same?)
      (cond ((eq? same? equal?) 'equal)
            ((eq? same? eqv?) 'eqv)
            ((eq? same? eq?) 'eq)
            ((eq? same? string=?) 'string)
            ((eq? same? char=?) 'eqv)
            ((eq? same? symbol=?) 'eq)
            (else #f)))

    (define make-hash-table
      (case-lambda
        (() (%make-table 'equal #f))
        ((same?)
         (check-procedure 'make-hash-table 1 same?)
         (let ((kind (kind-of same?)))
           (cond (kind (%make-table kind #f))
                 ((eq? same? string-ci=?) (new-custom same? string-ci-hash))
                 ((eq? same? =) (new-custom same? (lambda (x) (if (number? x) (eqv-hash (inexact x)) 0))))
                 (else (new-custom same? (lambda (x) 0))))))
        ((same? hash . more)
         (check-procedure 'make-hash-table 1 same?)
         (check-procedure 'make-hash-table 2 hash)
         (let ((kind (kind-of same?)))
           (if kind (%make-table kind #f) (new-custom same? hash))))))

    (define (alist->hash-table alist . arguments)
      (let ((t (apply make-hash-table arguments)))
        (for-each (lambda (entry)
                    (if (not (pair? entry)) (%wrong-type 'alist->hash-table 1 "association list" alist))
                    (if (not (hash-table-contains? t (car entry)))
                        (hash-table-set! t (car entry) (cdr entry))))
                  alist)
        t))

    (define (check-procedure who argument f)
      (if (not (procedure? f)) (%wrong-type who argument "procedure" f)))
    (define-syntax check
      (syntax-rules ()
        ((_ who t) (if (not (primitive-table? t)) (check-custom who t)))))
    (define (check-custom who t)
      (if (not (custom? t)) (%wrong-type who 1 "hash-table" t)))

    (define (hash-table? x) (or (primitive-table? x) (custom? x)))

    (define (hash-table-equivalence-function t)
      (check 'hash-table-equivalence-function t)
      (if (custom? t)
          (custom-same? t)
          (case (%table-kind t) ((eq) eq?) ((eqv) eqv?) ((string) string=?) (else equal?))))
    (define (hash-table-hash-function t)
      (check 'hash-table-hash-function t)
      (if (custom? t)
          (custom-hash t)
          (case (%table-kind t) ((eq) hash-by-identity) ((eqv) eqv-hash) ((string) string-hash) (else hash))))

    ;; ---- one entry

    (define missing (list 'missing))
    (define (lookup t key default)
      (if (primitive-table? t)
          (%table-ref t key default)
          (let ((entry (custom-entry t key)))
            (if entry (cdr entry) default))))

    (define (no-value who key)
      (raise (%record (%condition-type 'range-error) "no value for key" (list key) who #f #f)))

    (define hash-table-ref
      (case-lambda
        ((t key)
         (check 'hash-table-ref t)
         (let ((value (lookup t key missing)))
           (if (eq? value missing) (no-value 'hash-table-ref key) value)))
        ((t key failure)
         (check 'hash-table-ref t)
         (let ((value (lookup t key missing)))
           (if (eq? value missing) (failure) value)))
        ((t key failure success)
         (check 'hash-table-ref t)
         (let ((value (lookup t key missing)))
           (if (eq? value missing) (failure) (success value))))))
    (define (hash-table-ref/default t key default)
      (check 'hash-table-ref/default t)
      (lookup t key default))

    (define (hash-table-set! t key value)
      (check 'hash-table-set! t)
      (if (primitive-table? t) (%table-set! t key value) (custom-set! t key value)))
    (define (hash-table-delete! t key)
      (check 'hash-table-delete! t)
      (if (primitive-table? t) (%table-delete! t key) (custom-delete! t key)))
    (define (hash-table-contains? t key)
      (check 'hash-table-contains? t)
      (if (primitive-table? t) (table-contains? t key) (and (custom-entry t key) #t)))
    (define (hash-table-exists? t key) (hash-table-contains? t key))

    (define hash-table-update!
      (case-lambda
        ((t key f)
         (hash-table-update! t key f (lambda () (no-value 'hash-table-update! key))))
        ((t key f failure)
         (check 'hash-table-update! t)
         (check-procedure 'hash-table-update! 3 f)
         (let ((value (lookup t key missing)))
           (hash-table-set! t key (f (if (eq? value missing) (failure) value)))))
        ((t key f failure success)
         (check 'hash-table-update! t)
         (check-procedure 'hash-table-update! 3 f)
         (let ((value (lookup t key missing)))
           (hash-table-set! t key (f (if (eq? value missing) (failure) (success value))))))))
    (define (hash-table-update!/default t key f default)
      (check 'hash-table-update!/default t)
      (check-procedure 'hash-table-update!/default 3 f)
      (hash-table-set! t key (f (lookup t key default))))

    ;; ---- the whole

    (define (hash-table-size t)
      (check 'hash-table-size t)
      (if (primitive-table? t) (table-size t) (custom-size t)))
    (define (hash-table-empty? t) (= 0 (hash-table-size t)))

    ;; Number of entries, or of those for which (f key value) holds, f first or last.
    (define hash-table-count
      (case-lambda
        ((t) (hash-table-size t))
        ((a b)
         (let ((f (if (procedure? a) a b)) (t (if (procedure? a) b a)))
           (hash-table-fold t (lambda (key value n) (if (f key value) (+ n 1) n)) 0)))))

    (define (hash-table->alist t)
      (check 'hash-table->alist t)
      (if (primitive-table? t) (table->alist t) (custom->alist t)))
    (define (hash-table-keys t)
      (check 'hash-table-keys t)
      (if (primitive-table? t) (table-keys t) (map car (custom->alist t))))
    (define (hash-table-values t)
      (check 'hash-table-values t)
      (if (primitive-table? t) (table-values t) (map cdr (custom->alist t))))

    (define (hash-table-walk t f)
      (check 'hash-table-walk t)
      (check-procedure 'hash-table-walk 2 f)
      (for-each (lambda (entry) (f (car entry) (cdr entry))) (hash-table->alist t)))

    ;; (hash-table-fold table f init), or as in SRFI 125 (hash-table-fold f init table).
    (define (hash-table-fold a b c)
      (if (procedure? a)
          (hash-table-fold c a b)
          (begin
            (check 'hash-table-fold a)
            (check-procedure 'hash-table-fold 2 b)
            (fold (lambda (entry acc) (b (car entry) (cdr entry) acc)) c (hash-table->alist a)))))

    (define (hash-table-copy t . mutable?)
      (check 'hash-table-copy t)
      (if (primitive-table? t)
          (table-copy t)
          (let ((copy (new-custom (custom-same? t) (custom-hash t))))
            (hash-table-walk t (lambda (key value) (custom-set! copy key value)))
            copy)))
    (define (hash-table-merge! t other)
      (check 'hash-table-merge! t)
      (if (not (hash-table? other)) (%wrong-type 'hash-table-merge! 2 "hash-table" other))
      (hash-table-walk other (lambda (key value) (hash-table-set! t key value)))
      t)
    (define (hash-table-clear! t)
      (check 'hash-table-clear! t)
      (if (primitive-table? t)
          (table-clear! t)
          (begin
            (table-clear! (custom-buckets t))
            (set-custom-size! t 0))))))
