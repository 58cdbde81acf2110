;; What every program here ends with: (benchmark run '((size result) ...)).
;; Calls (run size) once and prints what bench/run reads. The size is the first argument of the command line, else
;; the first of the list. A result that is not the one listed for its size is an error.
(define-library (bench)
  (export benchmark input-file)
  (import (scheme base) (scheme write) (scheme time) (scheme process-context)
          (only (kiln sx) cpu-second))
  (begin

    ;; The file a program reads, when it reads one: the second argument.
    (define (input-file)
      (if (or (null? (cdr (command-line))) (null? (cddr (command-line))))
          (error "usage: PROGRAM SIZE FILE"))
      (list-ref (command-line) 2))

    (define (print name value)
      (display name)
      (display " ")
      (display value)
      (newline))

    (define (benchmark run known)
      (let* ((arguments (cdr (command-line)))
             (size (if (null? arguments) (car (car known)) (string->number (car arguments))))
             (expected (assv size known))
             (cpu (cpu-second))
             (start (current-jiffy))
             (result (run size))
             (end (current-jiffy)))
        (print "cpu" (- (cpu-second) cpu))
        (print "wall" (inexact (/ (- end start) (jiffies-per-second))))
        (print "result" result)
        (if (and expected (not (equal? result (cadr expected))))
            (error "wrong result" result (cadr expected)))))))
