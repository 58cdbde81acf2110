;; R7RS 6.14 system interface. Implicates: runtime primitives of the process, vm libraries (load, features)
(import (scheme base) (scheme load) (scheme file) (scheme process-context) (scheme time) (scheme write) (scheme repl) (scheme eval))

(define tmp (get-environment-variable "KILN_TEST_TMP"))
(string? tmp) ;; expect: #t
(define (path name) (string-append tmp "/" name))

;; load
(call-with-output-file (path "load-1.scm") (lambda (p) (for-each (lambda (d) (write d p) (newline p)) '((define loaded-value 5) (define (loaded-f x) (* x loaded-value)) (set! loaded-value 6)))))
(load (path "load-1.scm") (interaction-environment))
(eval '(loaded-f 7) (interaction-environment)) ;; expect: 42
(eval 'loaded-value (interaction-environment)) ;; expect: 6
(call-with-output-file (path "load-2.scm") (lambda (p) (write '(display "loading") p) (write '(display (list 1 "x")) p)))
(load (path "load-2.scm") (environment '(scheme base) '(scheme write))) ;; expect output: loading(1 x)
(guard (e ((file-error? e) 'file-error) (#t 'other)) (load (path "no-such-file.scm"))) ;; expect: file-error
(call-with-output-file (path "load-3.scm") (lambda (p) (write '(raise 'from-loaded-file) p)))
(guard (e (#t e)) (load (path "load-3.scm") (environment '(scheme base)))) ;; expect: from-loaded-file

;; file-exists?, delete-file
(file-exists? (path "load-1.scm")) ;; expect: #t
(file-exists? (path "nothing-here")) ;; expect: #f
(file-exists? tmp) ;; expect: #t
(begin (delete-file (path "load-1.scm")) (file-exists? (path "load-1.scm"))) ;; expect: #f
(guard (e ((file-error? e) 'file-error)) (delete-file (path "nothing-here"))) ;; expect: file-error

;; command line and environment
(let ((c (command-line))) (and (list? c) (pair? c) (let loop ((l c)) (or (null? l) (and (string? (car l)) (loop (cdr l))))))) ;; expect: #t
(string? (get-environment-variable "PATH")) ;; expect: #t
(get-environment-variable "KILN_NO_SUCH_VARIABLE_Q") ;; expect: #f
(let ((vars (get-environment-variables))) (and (list? vars) (pair? (assoc "KILN_TEST_TMP" vars)))) ;; expect: #t
(equal? tmp (cdr (assoc "KILN_TEST_TMP" (get-environment-variables)))) ;; expect: #t
(get-environment-variable 5) ;; expect error: get-environment-variable: argument 1
(map procedure? (list exit emergency-exit)) ;; expect: (#t #t)

;; time
(real? (current-second)) ;; expect: #t
(> (current-second) 1500000000) ;; expect: #t
(let* ((a (current-jiffy)) (b (current-jiffy))) (and (exact-integer? a) (>= b a))) ;; expect: #t
(let ((n (jiffies-per-second))) (and (exact-integer? n) (> n 0) (= n (jiffies-per-second)))) ;; expect: #t
(define (time-length) (let ((list (make-list 100000)) (start (current-jiffy))) (length list) (/ (- (current-jiffy) start) (jiffies-per-second))))
(>= (time-length) 0) ;; expect: #t

;; features
(let ((f (features))) (and (list? f) (let loop ((l f)) (or (null? l) (and (symbol? (car l)) (loop (cdr l))))))) ;; expect: #t
(and (memq 'r7rs (features)) #t) ;; expect: #t
(cond-expand (full-unicode (and (memq 'full-unicode (features)) #t)) (else (not (memq 'full-unicode (features))))) ;; expect: #t
(cond-expand (exact-closed (and (memq 'exact-closed (features)) #t)) (else (not (memq 'exact-closed (features))))) ;; expect: #t
(cond-expand (ratios (and (memq 'ratios (features)) #t)) (else (not (memq 'ratios (features))))) ;; expect: #t
(memq 'no-such-feature-q (features)) ;; expect: #f
