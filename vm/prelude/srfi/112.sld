;; SRFI 112: Environment Inquiry. What is not known is #f.
(define-library (srfi 112)
  (export implementation-name implementation-version cpu-architecture machine-name os-name os-version)
  (import (kiln core) (kiln primitives))
  (begin

    (define (implementation-name) "Kiln")
    (define (known . names)
      (let loop ((names names))
        (cond ((null? names) #f)
              ((memq (car names) (features)) (symbol->string (car names)))
              (else (loop (cdr names))))))
    (define (cpu-architecture) (known 'x86-64 'aarch64 'arm64))
    (define (machine-name) (get-environment-variable "HOSTNAME"))
    (define (os-name) (known 'gnu-linux 'linux 'darwin 'windows 'unix))
    (define (os-version) #f)))
