;; Errors of R7RS 6.13 ports and 6.14 system interface: closed ports, wrong kinds of port, missing files. Implicates: runtime ports.
(import (scheme base) (scheme read) (scheme write) (scheme file) (scheme load))

(define (closed-input s) (let ((p (open-input-string s))) (close-port p) p))
(define (closed-output) (let ((p (open-output-string))) (close-port p) p))
(define (closed-bytes) (let ((p (open-input-bytevector (bytevector 1 2)))) (close-port p) p))

;; Not a port, or the wrong kind.
(read-char 5) ;; expect error: read-char: argument 1
(peek-char 'a) ;; expect error: peek-char: argument 1
(read-line "text") ;; expect error: read-line: argument 1
(char-ready? 5) ;; expect error: char-ready?: argument 1
(read 5) ;; expect error: read: argument 1
(read-char (open-output-string)) ;; expect error: read-char: argument 1
(read-line (open-output-string)) ;; expect error: read-line: argument 1
(read (open-output-string)) ;; expect error: read: argument 1
(read-char (open-input-bytevector (bytevector 1))) ;; expect error: read-char: argument 1
(peek-char (open-input-bytevector (bytevector 1))) ;; expect error: peek-char: argument 1
(read-u8 (open-input-string "a")) ;; expect error: read-u8: argument 1
(peek-u8 (open-input-string "a")) ;; expect error: peek-u8: argument 1
(u8-ready? (open-input-string "a")) ;; expect error: u8-ready?: argument 1
(read-u8 (open-output-bytevector)) ;; expect error: read-u8: argument 1
(read-bytevector 1 (open-input-string "a")) ;; expect error: read-bytevector: argument 2
(read-bytevector! (bytevector 1 2) (open-input-string "a")) ;; expect error: read-bytevector!: argument 2
(write-char #\a (open-input-string "x")) ;; expect error: write-char: argument 2
(write 1 (open-input-string "x")) ;; expect error: write: argument 2
(display 1 5) ;; expect error: display: argument 2
(newline 5) ;; expect error: newline: argument 1
(write-string "a" (open-input-string "x")) ;; expect error: write-string: argument 2
(write-char #\a (open-output-bytevector)) ;; expect error: write-char: argument 2
(write-u8 1 (open-output-string)) ;; expect error: write-u8: argument 2
(write-bytevector (bytevector 1) (open-output-string)) ;; expect error: write-bytevector: argument 2
(flush-output-port 5) ;; expect error: flush-output-port: argument 1
(close-port 5) ;; expect error: close-port: argument 1
(close-input-port (open-output-string)) ;; expect error: close-input-port: argument 1
(close-output-port (open-input-string "a")) ;; expect error: close-output-port: argument 1
(close-input-port 'a) ;; expect error: close-input-port: argument 1
(input-port-open? 5) ;; expect error: input-port-open?: argument 1
(get-output-string (open-input-string "a")) ;; expect error: get-output-string: argument 1
(get-output-string (open-output-bytevector)) ;; expect error: get-output-string: argument 1
(get-output-bytevector (open-output-string)) ;; expect error: get-output-bytevector: argument 1
(get-output-string 5) ;; expect error: get-output-string: argument 1
(call-with-port 5 (lambda (p) p)) ;; expect error: got 5
(parameterize ((current-output-port 5)) (display "x")) ;; expect error: 5

;; Wrong arguments besides the port.
(open-input-string 5) ;; expect error: open-input-string: argument 1: expected string, got 5
(open-input-string 'a) ;; expect error: open-input-string: argument 1: expected string, got a
(open-input-bytevector "a") ;; expect error: open-input-bytevector: argument 1: expected bytevector, got "a"
(read-string 'a (open-input-string "abc")) ;; expect error: read-string: argument 1: expected index, got a
(read-string -1 (open-input-string "abc")) ;; expect error: read-string: argument 1
(read-bytevector -1 (open-input-bytevector (bytevector 1))) ;; expect error: read-bytevector: argument 1
(read-bytevector! 5 (open-input-bytevector (bytevector 1))) ;; expect error: read-bytevector!: argument 1: expected bytevector, got 5
(read-bytevector! (bytevector 1 2) (open-input-bytevector (bytevector 1)) 3) ;; expect error: read-bytevector!: argument 3
(read-bytevector! (bytevector 1 2) (open-input-bytevector (bytevector 1)) 0 3) ;; expect error: read-bytevector!: argument 4
(write-char "a" (open-output-string)) ;; expect error: write-char: argument 1: expected char, got "a"
(write-char 97) ;; expect error: write-char: argument 1: expected char, got 97
(write-string 'a (open-output-string)) ;; expect error: write-string: argument 1: expected string, got a
(write-string "abc" (open-output-string) 4) ;; expect error: write-string: argument 3
(write-string "abc" (open-output-string) 0 4) ;; expect error: write-string: argument 4
(write-string "abc" (open-output-string) 2 1) ;; expect error: write-string: argument
(write-u8 256 (open-output-bytevector)) ;; expect error: write-u8: argument 1: expected byte, got 256
(write-u8 -1 (open-output-bytevector)) ;; expect error: write-u8: argument 1: expected byte, got -1
(write-u8 #\a (open-output-bytevector)) ;; expect error: write-u8: argument 1: expected byte, got #\a
(write-bytevector "a" (open-output-bytevector)) ;; expect error: write-bytevector: argument 1: expected bytevector, got "a"
(write-bytevector (bytevector 1 2) (open-output-bytevector) 3) ;; expect error: write-bytevector: argument 3
(write) ;; expect error: write: expected
(display) ;; expect error: display: expected

;; Closed ports.
(read-char (closed-input "x")) ;; expect error: read-char
(peek-char (closed-input "x")) ;; expect error: peek-char
(read-line (closed-input "x")) ;; expect error: read-line
(read-string 1 (closed-input "x")) ;; expect error: read-string
(char-ready? (closed-input "x")) ;; expect error: char-ready?
(read (closed-input "x")) ;; expect error: read
(read-u8 (closed-bytes)) ;; expect error: read-u8
(peek-u8 (closed-bytes)) ;; expect error: peek-u8
(read-bytevector 1 (closed-bytes)) ;; expect error: read-bytevector
(write-char #\a (closed-output)) ;; expect error: write-char
(write-string "a" (closed-output)) ;; expect error: write-string
(write 1 (closed-output)) ;; expect error: write
(display 1 (closed-output)) ;; expect error: display
(newline (closed-output)) ;; expect error: newline
(let ((p (open-output-bytevector))) (close-output-port p) (write-u8 1 p)) ;; expect error: write-u8
(let ((p (open-input-string "x"))) (close-port p) (close-port p) (input-port-open? p)) ;; expect: #f
(let ((p (open-input-string "x"))) (call-with-port p read-char) (read-char p)) ;; expect error: read-char

;; Files.
(open-input-file "/no/such/directory/file") ;; expect error: open-input-file
(open-output-file "/no/such/directory/file") ;; expect error: open-output-file
(open-binary-input-file "/no/such/directory/file") ;; expect error: open-binary-input-file
(open-binary-output-file "/no/such/directory/file") ;; expect error: open-binary-output-file
(call-with-input-file "/no/such/directory/file" read-char) ;; expect error: /no/such/directory/file
(call-with-output-file "/no/such/directory/file" newline) ;; expect error: /no/such/directory/file
(with-input-from-file "/no/such/directory/file" read-char) ;; expect error: /no/such/directory/file
(with-output-to-file "/no/such/directory/file" newline) ;; expect error: /no/such/directory/file
(delete-file "/no/such/directory/file") ;; expect error: delete-file
(load "/no/such/directory/file.scm") ;; expect error: /no/such/directory/file.scm
(open-input-file 5) ;; expect error: open-input-file: argument 1: expected string, got 5
(file-exists? 'a) ;; expect error: file-exists?: argument 1: expected string, got a
(file-exists? "/no/such/directory/file") ;; expect: #f
(define (kind thunk) (guard (e ((file-error? e) 'file) ((read-error? e) 'read) (#t 'other)) (thunk)))
(kind (lambda () (open-input-file "/no/such/directory/file"))) ;; expect: file
(kind (lambda () (open-output-file "/no/such/directory/file"))) ;; expect: file
(kind (lambda () (open-binary-input-file "/no/such/directory/file"))) ;; expect: file
(kind (lambda () (with-input-from-file "/no/such/directory/file" read))) ;; expect: file
(kind (lambda () (delete-file "/no/such/directory/file"))) ;; expect: file
(kind (lambda () (read (open-input-string "(")))) ;; expect: read
(kind (lambda () (read-char 5))) ;; expect: other
(kind (lambda () (error "neither"))) ;; expect: other
