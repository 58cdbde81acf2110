;; What every program here ends with: (benchmark run '((size result) ...)).
;; Calls (run size) once and prints what bench/run reads. The size is the first argument of the command line, else
;; the first of the list. A result that is not the one listed for its size is an error.
;; With --warmup N (bench/warmup): N times the last size of the list, how long it took until that ran at full speed.
(define-library (bench)
  (export benchmark input-file)
  (import (scheme base) (scheme write) (scheme time) (scheme process-context) (srfi 132)
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
      (let ((arguments (cdr (command-line))))
        (if (and (pair? arguments) (equal? (car arguments) "--warmup"))
            (warm-up run (list-ref known (- (length known) 1)) (string->number (cadr arguments)))
            (once run known))))

    (define (milliseconds jiffies)
      (/ (round (* 10000. (/ jiffies (jiffies-per-second)))) 10))

    (define (median times)
      (list-ref (list-sort < times) (quotient (length times) 2)))

    ;; Full speed is the median of the last third. It is reached with the first iteration that has nine tenths of it, as
    ;; have the two behind it in the median: one that others have slowed down does not count.
    (define (warm-up run size-and-result n)
      (let loop ((i 0) (times '()))
        (if (< i n)
            (let* ((start (current-jiffy))
                   (result (run (car size-and-result))))
              (if (not (equal? result (cadr size-and-result)))
                  (error "wrong result" result (cadr size-and-result)))
              (loop (+ i 1) (cons (- (current-jiffy) start) times)))
            (let* ((full (median (list-head times (quotient n 3))))
                   (times (reverse times)))
              (let find ((rest times) (count 0) (spent 0))
                (if (or (< (length rest) 3) (<= (* 9 (median (list-head rest 3))) (* 10 full)))
                    (begin
                      (print "first" (milliseconds (car times)))
                      (print "full" (milliseconds full))
                      (print "iterations" count)
                      (print "until" (milliseconds spent)))
                    (find (cdr rest) (+ count 1) (+ spent (car rest)))))))))

    (define (list-head list n)
      (if (= n 0) '() (cons (car list) (list-head (cdr list) (- n 1)))))

    (define (once run known)
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
