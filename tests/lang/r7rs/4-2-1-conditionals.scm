;; R7RS 4.2.1 conditionals. Implicates: vm/expand (derived forms), core IR folding of constants
(import (scheme base) (scheme write))

;; cond
(cond ((> 3 2) 'greater) ((< 3 2) 'less)) ;; expect: greater
(cond ((> 3 3) 'greater) ((< 3 3) 'less) (else 'equal)) ;; expect: equal
(cond ((assv 'b '((a 1) (b 2))) => cadr) (else #f)) ;; expect: 2
(cond (#f 1) (2)) ;; expect: 2
(cond ((memv 3 '(1 2 3 4)))) ;; expect: (3 4)
(cond (#f => car) ('(1) => car) (else 3)) ;; expect: 1
(cond (else 1 2 3)) ;; expect: 3
(cond (1 (define-free) 2)) ;; expect error: unbound variable: define-free
(cond ((assv 'z '((a 1))) => cadr) (else 'none)) ;; expect: none
(let ((n 0)) (cond ((begin (set! n (+ n 1)) n) => (lambda (v) (list v n))))) ;; expect: (1 1)
(cond ('() 'empty-is-true) (else 'no)) ;; expect: empty-is-true
(cond (#t => (lambda (x) (not x)))) ;; expect: #f
(let ((else #f)) (cond (else 'shadowed) (#t 'not-else))) ;; expect: not-else
(let ((=> #f)) (cond (#t => 'ok))) ;; expect: ok
(cond ((values 1) => (lambda (x) (+ x 1)))) ;; expect: 2
(let loop ((i 0)) (cond ((= i 1000000) 'done) (else (loop (+ i 1))))) ;; expect: done
(cond (else)) ;; expect error: cond: bad syntax
(cond (else 1) (#t 2)) ;; expect error: cond: bad syntax
(cond 5) ;; expect error: cond: bad syntax
(cond (1 => 5)) ;; expect error: call: expected procedure, got 5
(cond ((= 1 2) (display "a")) ((= 1 1) (display "b") (display "c")) (else (display "d"))) ;; expect output: bc

;; case
(case (* 2 3) ((2 3 5 7) 'prime) ((1 4 6 8 9) 'composite)) ;; expect: composite
(begin (case (car '(c d)) ((a) 'a) ((b) 'b)) 'unspecified) ;; expect: unspecified
(case (car '(c d)) ((a e i o u) 'vowel) ((w y) 'semivowel) (else => (lambda (x) x))) ;; expect: c
(case 'a ((a) => (lambda (x) (list x x))) (else 'no)) ;; expect: (a a)
(case 5 ((1 2 3) => (lambda (x) 'low)) ((4 5 6) => (lambda (x) (* x x))) (else 'no)) ;; expect: 25
(case #\b ((#\a) 1) ((#\b #\c) 2) (else 3)) ;; expect: 2
(case '() ((()) 'null) (else 'other)) ;; expect: null
(case #f ((#t) 'true) ((#f) 'false)) ;; expect: false
(case 2.0 ((2) 'exact) ((2.0) 'inexact) (else 'none)) ;; expect: inexact
(case 100000000000000000000 ((100000000000000000000) 'big) (else 'none)) ;; expect: big
(case 1/2 ((1/2) 'half) (else 'none)) ;; expect: half
(case (string #\a) (("a") 'same) (else 'not-eqv)) ;; expect: not-eqv
(case (list 1) (((1)) 'same) (else 'not-eqv)) ;; expect: not-eqv
(case 'x (() 'never) (else 'ok)) ;; expect: ok
(case 'b ((a) 1) ((b) (define-nothing)) (else 3)) ;; expect error: unbound variable: define-nothing
(case 3 ((3) 1 2 3)) ;; expect: 3
(let ((n 0)) (case (begin (set! n (+ n 1)) n) ((5) 'a) ((4) 'b) ((1) n))) ;; expect: 1
(map (lambda (k) (case k ((if quote else) 'keyword) ((=>) 'arrow) (else 'other))) '(if else => x)) ;; expect: (keyword keyword arrow other)
(case 'else ((a) 1) (else 2)) ;; expect: 2
(map (lambda (n) (case n ((0) 'zero) ((1 2 3 4 5 6 7 8 9 10) 'small) ((-1 -2) 'neg) ((1000) 'k) (else 'many))) '(0 7 10 -2 1000 11)) ;; expect: (zero small small neg k many)
(case 1 (else 'only)) ;; expect: only
(case) ;; expect error: case: bad syntax
(case 1 (1 2)) ;; expect error: case: bad syntax

;; and
(and (= 2 2) (> 2 1)) ;; expect: #t
(and (= 2 2) (< 2 1)) ;; expect: #f
(and 1 2 'c '(f g)) ;; expect: (f g)
(and) ;; expect: #t
(and #f (car 5)) ;; expect: #f
(and 1) ;; expect: 1
(and '() 2) ;; expect: 2
(let ((n 0)) (and (begin (set! n (+ n 1)) #t) #f (set! n 100)) n) ;; expect: 1
(let loop ((i 0)) (and #t (if (= i 1000000) 'tail (loop (+ i 1))))) ;; expect: tail
(call-with-values (lambda () (and 1 (values 2 3))) list) ;; expect: (2 3)

;; or
(or (= 2 2) (> 2 1)) ;; expect: #t
(or (= 2 2) (< 2 1)) ;; expect: #t
(or #f #f #f) ;; expect: #f
(or (memq 'b '(a b c)) (/ 3 0)) ;; expect: (b c)
(or) ;; expect: #f
(or #f 5) ;; expect: 5
(or 0 #f) ;; expect: 0
(let ((n 0)) (or (begin (set! n (+ n 1)) #f) n)) ;; expect: 1
(let ((t 5)) (or #f t)) ;; expect: 5
(let ((temp 6) (x 7)) (or #f temp)) ;; expect: 6
(let loop ((i 0)) (or #f (if (= i 1000000) 'tail (loop (+ i 1))))) ;; expect: tail

;; when, unless
(when (= 1 1.0) (display "1") (display "2")) ;; expect output: 12
(unless (= 1 1.0) (display "1") (display "2")) ;; expect output: 
(when #t 1 2 3) ;; expect: 3
(unless #f 1 2 3) ;; expect: 3
(begin (when #f (display "never")) 'quiet) ;; expect: quiet
(unless #t (display "never")) ;; expect output: 
(when) ;; expect error: when: bad syntax
(unless) ;; expect error: unless: bad syntax
(let ((if list) (begin vector)) (when #t 'hygienic)) ;; expect: hygienic
(let ((not (lambda (x) x)) (if list)) (unless #f 'hygienic)) ;; expect: hygienic

;; cond-expand as an expression
(cond-expand (r7rs 'yes) (else 'no)) ;; expect: yes
(cond-expand (no-such-feature-q 'yes) (else 'no)) ;; expect: no
(cond-expand ((and r7rs (not no-such-feature-q)) 1) (else 2)) ;; expect: 1
(cond-expand ((or no-such-feature-q r7rs) 1) (else 2)) ;; expect: 1
(cond-expand ((library (scheme base)) 'has) (else 'lacks)) ;; expect: has
(cond-expand ((library (no such library)) 'has) (else 'lacks)) ;; expect: lacks
(cond-expand ((and) 'all) (else 'none)) ;; expect: all
(cond-expand ((or) 'any) (else 'none)) ;; expect: none
(+ 1 (cond-expand (full-unicode 1) (else 1))) ;; expect: 2
(let () (cond-expand (r7rs (define a 1) (define b 2)) (else (define a 3))) (+ a b)) ;; expect: 3
(cond-expand (no-such-feature-q (unbalanced-nonsense 1 2)) (r7rs 'skipped)) ;; expect: skipped
