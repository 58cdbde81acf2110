;; Runs an R7RS program of this folder in Chez Scheme: scheme --libdirs peers/chez --script peers/chez/run.ss FILE ARG...
;; The program's import form is replaced by one of (adapter); the rest is compiled as one R6RS program, whose variables
;; nobody else can change: Chez's usual way.
(let* ((arguments (cdr (command-line)))
       (forms (call-with-input-file (car arguments)
                (lambda (port)
                  (let loop ((forms '()))
                    (let ((form (read port)))
                      (if (eof-object? form)
                          (reverse forms)
                          (loop (cons form forms)))))))))
  (command-line arguments)
  (eval `(top-level-program (import (adapter)) ,@(cdr forms))))
