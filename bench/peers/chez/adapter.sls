;; What the programs use of R7RS-small, SRFI 69 and SRFI 132, by Chez Scheme's own procedures; and the counterpart of
;; programs/bench.sld.
(library (adapter)
  (export
   ;; syntax
   define lambda let let* letrec if cond case and or when unless do set! begin quote quasiquote else => define-syntax
   syntax-rules ... _ guard parameterize define-values let-values case-lambda define-record-type
   ;; numbers
   + - * / = < > <= >= quotient remainder modulo abs max min exact inexact round floor truncate sqrt sin cos atan exp
   log expt zero? even? odd? number? numerator denominator number->string string->number
   ;; pairs, symbols, characters
   cons car cdr caar cadr cddr cdddr caddr set-car! set-cdr! pair? null? list list? length append reverse list-ref
   list-tail memq memv member assq assv assoc eq? eqv? equal? not boolean? symbol? symbol->string string->symbol
   char=? char<? char->integer integer->char char-upcase char-downcase char-alphabetic? char-numeric? char-whitespace?
   char-upper-case? char-lower-case?
   ;; strings, vectors
   string? make-string string string-length string-ref string-set! string=? string<? string>? substring string-append
   string->list list->string string-copy make-vector vector vector? vector-length vector-ref vector-set! vector->list
   list->vector vector-fill!
   ;; control
   map for-each vector-map vector-for-each apply procedure? values call-with-values call-with-current-continuation
   dynamic-wind make-parameter raise raise-continuable with-exception-handler
   ;; ports
   eof-object? open-input-string open-output-string get-output-string read-char write-char newline display write read
   read-line call-with-input-file
   ;; others
   error make-hash-table hash-table-set! hash-table-ref/default hash-table-delete! hash-table-size hash-table-keys
   list-sort vector-sort benchmark input-file)
  (import (except (chezscheme) define-record-type error vector-sort make-hash-table)
          (rename (only (chezscheme) define-record-type error) (define-record-type r6rs-record) (error r6rs-error)))

  (define-syntax define-record-type
    (lambda (form)
      (syntax-case form ()
        ((_ name (constructor argument ...) predicate (field accessor . modifier) ...)
         (with-syntax (((spec ...)
                        (map (lambda (field accessor modifier)
                               (if (null? (syntax->datum modifier))
                                   #`(immutable #,field #,accessor)
                                   #`(mutable #,field #,accessor #,(car (syntax->list modifier)))))
                             #'(field ...) #'(accessor ...) #'(modifier ...))))
           #'(r6rs-record (name constructor predicate)
               (fields spec ...)
               (sealed #t)))))))

  (define (error message . irritants) (apply r6rs-error #f message irritants))

  (define read-line
    (case-lambda
      (() (get-line (current-input-port)))
      ((port) (get-line port))))

  (define (make-hash-table equivalence)
    (cond ((eq? equivalence string=?) (make-hashtable string-hash string=?))
          ((eq? equivalence eqv?) (make-eqv-hashtable))
          ((eq? equivalence eq?) (make-eq-hashtable))
          (else (make-hashtable equal-hash equal?))))
  (define (hash-table-set! table key value) (hashtable-set! table key value))
  (define (hash-table-ref/default table key default) (hashtable-ref table key default))
  (define (hash-table-delete! table key) (hashtable-delete! table key))
  (define (hash-table-size table) (hashtable-size table))
  (define (hash-table-keys table) (vector->list (hashtable-keys table)))

  (define (vector-sort less? vector)
    (let ((copy (vector-copy vector)))
      (vector-sort! less? copy)
      copy))

  (define (input-file) (list-ref (command-line) 2))

  (define (cpu-second)
    (let ((t (current-time 'time-process)))
      (+ (time-second t) (/ (time-nanosecond t) 1e9))))

  (define (benchmark run known)
    (let* ((size (string->number (list-ref (command-line) 1)))
           (start (cpu-second))
           (result (run size)))
      (printf "cpu ~a\nresult ~a\n" (- (cpu-second) start) result))))
