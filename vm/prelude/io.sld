;; Procedures over ports that call procedures of the program.
(define-library (kiln io)
  (export call-with-port call-with-input-file call-with-output-file with-input-from-file with-output-to-file
          call-with-output-string with-output-to-string with-input-from-string call-with-input-string
          port-for-each port->list port->string port->lines)
  (import (kiln core) (kiln primitives) (kiln control))
  (begin

    ;; The port is closed when f returns, and stays open when f is left by a continuation (it may be re-entered).
    (define (call-with-port port f)
      (let ((result (f port)))
        (close-port port)
        result))

    (define (call-with-input-file path f) (call-with-port (open-input-file path) f))
    (define (call-with-output-file path f) (call-with-port (open-output-file path) f))

    (define (with-input-from-file path thunk)
      (call-with-input-file path
        (lambda (port) (parameterize ((current-input-port port)) (thunk)))))
    (define (with-output-to-file path thunk)
      (call-with-output-file path
        (lambda (port) (parameterize ((current-output-port port)) (thunk)))))

    (define (call-with-output-string f)
      (let ((port (open-output-string)))
        (f port)
        (get-output-string port)))
    (define (with-output-to-string thunk)
      (call-with-output-string
       (lambda (port) (parameterize ((current-output-port port)) (thunk)))))
    (define (call-with-input-string string f) (f (open-input-string string)))
    (define (with-input-from-string string thunk)
      (parameterize ((current-input-port (open-input-string string))) (thunk)))

    ;; Call f on what reader reads from the port until its end.
    (define (port-for-each f reader port)
      (let loop ()
        (let ((x (reader port)))
          (if (not (eof-object? x))
              (begin (f x) (loop))))))
    (define (port->list reader port)
      (let loop ((items '()))
        (let ((x (reader port)))
          (if (eof-object? x) (reverse items) (loop (cons x items))))))
    (define (port->lines port) (port->list read-line port))
    (define (port->string port)
      (let loop ((parts '()))
        (let ((part (read-string 65536 port)))
          (if (eof-object? part)
              (apply string-append (reverse parts))
              (loop (cons part parts))))))))
