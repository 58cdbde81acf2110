;; Errors of R7RS 6.4 pairs and lists and 6.5 symbols. Implicates: runtime list and symbol primitives, pair access in every tier.
(import (scheme base) (scheme cxr))

(define (ring . l) (let loop ((p l)) (if (null? (cdr p)) (begin (set-cdr! p l) l) (loop (cdr p)))))
(car 5) ;; expect error: car: argument 1: expected pair, got 5
(car '()) ;; expect error: car: argument 1: expected pair, got ()
(car "abc") ;; expect error: car: argument 1: expected pair, got "abc"
(car #(1)) ;; expect error: car: argument 1: expected pair, got #(1)
(cdr '()) ;; expect error: cdr: argument 1: expected pair, got ()
(cdr 'a) ;; expect error: cdr: argument 1: expected pair, got a
(cadr '(1)) ;; expect error: cadr
(cddr '(1)) ;; expect error: cddr
(caar '(1)) ;; expect error: caar
(cdar '(1)) ;; expect error: cdar
(caddr '(1 2)) ;; expect error: caddr
(cdddr '(1 2)) ;; expect error: cdddr
(cadddr '(1 2 3)) ;; expect error: cadddr
(set-car! 5 1) ;; expect error: set-car!: argument 1: expected pair, got 5
(set-cdr! '() 1) ;; expect error: set-cdr!: argument 1: expected pair, got ()
(set-car! (list 1)) ;; expect error: set-car!: expected 2 arguments, got 1
(length 5) ;; expect error: length: argument 1: expected list, got 5
(length '(1 . 2)) ;; expect error: length: argument 1: expected list, got (1 . 2)
(length '(1 2 . 3)) ;; expect error: length: argument 1: expected list, got (1 2 . 3)
(length (ring 1 2)) ;; expect error: length: argument 1: expected list, got
(length (cons 0 (ring 1 2 3))) ;; expect error: length: argument 1: expected list, got
(append 5 '(1)) ;; expect error: append: argument 1: expected list, got 5
(append '(1 . 2) '(3)) ;; expect error: append: argument 1: expected list, got (1 . 2)
(append '(1) 2 '(3)) ;; expect error: append: argument 2: expected list, got 2
(append '(1) '(2 . 3) '(4)) ;; expect error: append: argument 2: expected list, got (2 . 3)
(reverse 5) ;; expect error: reverse: argument 1: expected list, got 5
(reverse '(1 2 . 3)) ;; expect error: reverse: argument 1: expected list, got (1 2 . 3)
(list-tail '(1 2) 3) ;; expect error: list-tail
(list-tail '(1 2) -1) ;; expect error: list-tail: argument 2
(list-tail '(1 . 2) 2) ;; expect error: list-tail
(list-tail '() 1) ;; expect error: list-tail
(list-tail '(1 2) 'a) ;; expect error: list-tail: argument 2: expected index, got a
(list-ref '(1 2) 2) ;; expect error: list-ref
(list-ref '() 0) ;; expect error: list-ref
(list-ref '(1 2) -1) ;; expect error: list-ref: argument 2
(list-ref '(1 2) 1.0) ;; expect error: list-ref: argument 2: expected index, got 1.0
(list-ref '(1 . 2) 1) ;; expect error: list-ref
(list-set! (list 1 2) 2 'x) ;; expect error: list-set!
(list-set! (list 1 2) 'a 'x) ;; expect error: list-set!: argument 2: expected index, got a
(list-set! 5 0 'x) ;; expect error: list-set!
(make-list -1) ;; expect error: make-list: argument 1
(make-list 'a 0) ;; expect error: make-list: argument 1: expected index, got a
(make-list 2 3 4) ;; expect error: make-list: expected 1 to 2 arguments, got 3
(memq 'c '(a b . c)) ;; expect error: memq: argument 2: expected list
(memq 'a 5) ;; expect error: memq: argument 2: expected list, got 5
(memv 1 '(2 . 3)) ;; expect error: memv: argument 2: expected list
(member "a" 'b) ;; expect error: member: argument 2: expected list, got b
(member 1 '(1 2) 5) ;; expect error: expected procedure, got 5
(assq 'c '((a 1) 5)) ;; expect error: assq
(assq 'c '((a . 1) . 5)) ;; expect error: assq: argument 2: expected association list
(assq 'a 5) ;; expect error: assq: argument 2: expected association list, got 5
(assv 1 '(1 2)) ;; expect error: assv
(assoc "a" '((b 1) . c)) ;; expect error: assoc: argument 2: expected association list
(assoc 1 '((1 . 2)) 5) ;; expect error: expected procedure, got 5
(cons) ;; expect error: cons: expected 2 arguments, got 0
(pair?) ;; expect error: pair?: expected 1 argument, got 0
(null? 1 2) ;; expect error: null?: expected 1 argument, got 2
(let loop ((l '(1 2 . 3)) (n 0)) (if (null? l) n (loop (cdr l) (+ n (car l))))) ;; expect error: expected pair, got 3

(symbol->string "a") ;; expect error: symbol->string: argument 1: expected symbol, got "a"
(symbol->string 5) ;; expect error: symbol->string: argument 1: expected symbol, got 5
(string->symbol 'a) ;; expect error: string->symbol: argument 1: expected string, got a
(string->symbol 5) ;; expect error: string->symbol: argument 1: expected string, got 5
(symbol=? 'a 1) ;; expect error: symbol=?: argument 2: expected symbol, got 1
(symbol=? 'a 'b "c") ;; expect error: symbol=?: argument 3: expected symbol, got "c"
