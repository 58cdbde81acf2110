;; Errors of R7RS 5: imports, definitions, records, libraries. Implicates: vm expander and libraries, records.
(import (scheme base))

;; 5.2 import declarations
(import (no such library)) ;; expect error: library (no such library) not found
(import (scheme base 99)) ;; expect error: library (scheme base 99) not found
(import (only (no such library) x)) ;; expect error: library (no such library) not found
(import (only (scheme base) no-such-name)) ;; expect error: does not export
(import (except (scheme base) no-such-name)) ;; expect error: does not export
(import (rename (scheme base) (no-such-name x))) ;; expect error: does not export
(import (only (prefix (scheme base) p:) car)) ;; expect error: does not export
(import (only (only (scheme base) car) cdr)) ;; expect error: does not export
(import 5) ;; expect error: import: bad syntax
(import ()) ;; expect error: import: bad syntax
(import "scheme base") ;; expect error: import: bad syntax
(import (rename (scheme base) car)) ;; expect error: import: bad syntax
(import (rename (scheme base) (car))) ;; expect error: import: bad syntax
(import (prefix (scheme base))) ;; expect error: import: bad syntax
(import (only (scheme base) 5)) ;; expect error: import: bad syntax
(let () (import (scheme write)) 1) ;; expect error: import

;; 5.3 definitions
(define) ;; expect error: define: bad syntax
(define x 1 2) ;; expect error: define: bad syntax
(define 5 1) ;; expect error: define: bad syntax
(define "x" 1) ;; expect error: define: bad syntax
(define (f)) ;; expect error: define: bad syntax
(define (f x x) x) ;; expect error: bad syntax
(define (f 1) 1) ;; expect error: bad syntax
(define (5 x) x) ;; expect error: define: bad syntax
(define . x) ;; expect error: define: bad syntax
(define uses-later (later-defined)) ;; expect error: unbound variable: later-defined
(+ 1 (define in-an-expression 2)) ;; expect error: define: bad syntax
(if #t (define in-a-branch 2)) ;; expect error: define: bad syntax
(let () (define a 1) (define a 2) a) ;; expect error: bad syntax
(let () (define a 1) (define-values (a b) (values 1 2)) a) ;; expect error: bad syntax
(let () (define (a) 1) (define b 2) (define (a) 3) (a)) ;; expect error: bad syntax
(let () (define a 1)) ;; expect error: bad syntax
(lambda () (define a 1)) ;; expect error: bad syntax
(let () (define a b) (define b 1) a) ;; expect error: variable used before its initialisation: b
(let () (define (get) b) (define a (get)) (define b 1) a) ;; expect error: variable used before its initialisation: b
(let ((b 5)) (define a (+ b 1)) (define b 1) a) ;; expect error: variable used before its initialisation: b
(define-values) ;; expect error: define-values: bad syntax
(define-values (a b)) ;; expect error: define-values: bad syntax
(define-values 5 1) ;; expect error: define-values: bad syntax
(define-values (a a) (values 1 2)) ;; expect error: define-values: bad syntax
(define-values (a b) (values 1)) ;; expect error: expected 2
(define-values (a b) (values 1 2 3)) ;; expect error: expected 2
(define-values (a b . c) (values 1)) ;; expect error: expected at least 2

;; 5.5 record types
(define-record-type point (make-point x y) point? (x point-x set-point-x!) (y point-y))
(define-record-type other (make-other x) other? (x other-x))
(make-point 1) ;; expect error: make-point: expected 2 arguments, got 1
(make-point 1 2 3) ;; expect error: make-point: expected 2 arguments, got 3
(point-x 5) ;; expect error: point-x: argument 1
(point-x (make-other 1)) ;; expect error: point-x: argument 1
(point-x (vector 1 2)) ;; expect error: point-x: argument 1
(point-x) ;; expect error: point-x: expected 1 argument, got 0
(set-point-x! 'a 1) ;; expect error: set-point-x!: argument 1
(set-point-x! (make-point 1 2)) ;; expect error: set-point-x!: expected 2 arguments, got 1
(set-point-y! (make-point 1 2) 3) ;; expect error: unbound variable: set-point-y!
(point? 1 2) ;; expect error: point?: expected 1 argument, got 2
(car (make-point 1 2)) ;; expect error: car: argument 1: expected pair
(vector-ref (make-point 1 2) 0) ;; expect error: vector-ref: argument 1: expected vector
(define-record-type) ;; expect error: define-record-type: bad syntax
(define-record-type p) ;; expect error: define-record-type: bad syntax
(define-record-type 5 (make-p) p?) ;; expect error: define-record-type: bad syntax
(define-record-type p (make-p no-such-field) p? (x p-x)) ;; expect error: define-record-type: bad syntax
(define-record-type p (make-p x x) p? (x p-x)) ;; expect error: define-record-type: bad syntax
(define-record-type p (make-p x) p? (x p-x) (x p-x2)) ;; expect error: define-record-type: bad syntax
(define-record-type p (make-p x) p? (x p-x set-p-x! extra)) ;; expect error: define-record-type: bad syntax
(define-record-type p (make-p x) p? (5 p-x)) ;; expect error: define-record-type: bad syntax
(define-record-type p (5 x) p? (x p-x)) ;; expect error: define-record-type: bad syntax

;; 5.6 libraries
(define-library) ;; expect error: define-library: bad syntax
(define-library 5) ;; expect error: define-library: bad syntax
(define-library ()) ;; expect error: define-library: bad syntax
(define-library (errors bad-declaration) (no-such-declaration)) ;; expect error: define-library: bad syntax
(define-library (errors bad-export) (export 5)) ;; expect error: bad syntax
(define-library (errors bad-rename) (export (rename a))) ;; expect error: bad syntax
(let () (define-library (errors inner) (export)) 1) ;; expect error: define-library
(define-library (errors small) (export shown (rename inside outside)) (import (scheme base)) (begin (define shown 1) (define inside 2) (define hidden 3)))
(import (only (errors small) hidden)) ;; expect error: does not export
(import (only (errors small) inside)) ;; expect error: does not export
(import (errors small))
(list shown outside) ;; expect: (1 2)
hidden ;; expect error: unbound variable: hidden
inside ;; expect error: unbound variable: inside
(define-library (errors frugal) (export uses-cdr) (import (only (scheme base) define car)) (begin (define (uses-cdr x) (cdr x))))
(import (errors frugal))
(uses-cdr '(1 2)) ;; expect error: unbound variable: cdr

;; An imported binding is not assignable.
(import (only (scheme base) list-copy))
(set! list-copy 5) ;; expect error: set!
(let () (set! shown 5) shown) ;; expect error: set!
shown ;; expect: 1
