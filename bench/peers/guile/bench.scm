;; The counterpart of programs/bench.sld.
(define-module (bench)
  #:export (benchmark input-file))

(define (input-file) (list-ref (command-line) 2))

(define (cpu-second)
  (exact->inexact (/ (get-internal-run-time) internal-time-units-per-second)))

(define (benchmark run known)
  (let* ((size (string->number (list-ref (command-line) 1)))
         (start (cpu-second))
         (result (run size)))
    (simple-format #t "cpu ~A\nresult ~A\n" (- (cpu-second) start) result)))
