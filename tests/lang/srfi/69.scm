;; SRFI 69, hash tables. Implicates: vm/prelude/srfi/69.sld, runtime/table.c
(import (scheme base) (scheme char) (scheme write) (srfi 69))

(define t (make-hash-table))
(hash-table? t) ;; expect: #t
(map hash-table? (list 5 '() "t")) ;; expect: (#f #f #f)
(hash-table-set! t "a" 1)
(hash-table-set! t '(b) 2)
(hash-table-ref t "a") ;; expect: 1
(hash-table-ref t (list 'b) (lambda () 'none)) ;; expect: 2
(hash-table-ref t "c" (lambda () 'none)) ;; expect: none
(hash-table-ref t "a" (lambda () 'none) list) ;; expect: (1)
(hash-table-ref t "c") ;; expect error: hash-table-ref: no value for key "c"
(hash-table-ref/default t "c" 7) ;; expect: 7
(hash-table-size t) ;; expect: 2
(list (hash-table-exists? t "a") (hash-table-exists? t "c") (hash-table-contains? t '(b))) ;; expect: (#t #f #t)
(begin (hash-table-set! t "a" 10) (list (hash-table-size t) (hash-table-ref t "a"))) ;; expect: (2 10)
(begin (hash-table-update! t "a" (lambda (x) (+ x 1))) (hash-table-ref t "a")) ;; expect: 11
(begin (hash-table-update! t "n" (lambda (x) (+ x 1)) (lambda () 0)) (hash-table-ref t "n")) ;; expect: 1
(hash-table-update! t "m" (lambda (x) x)) ;; expect error: hash-table-update!: no value for key "m"
(begin (hash-table-update!/default t "k" (lambda (x) (cons 1 x)) '()) (hash-table-ref t "k")) ;; expect: (1)
(begin (hash-table-delete! t "k") (hash-table-delete! t "n") (hash-table-delete! t 'absent) (hash-table-size t)) ;; expect: 2
(hash-table-keys t) ;; expect: ("a" (b))
(hash-table-values t) ;; expect: (11 2)
(hash-table->alist t) ;; expect: (("a" . 11) ((b) . 2))
(hash-table-walk t (lambda (k v) (write (list k v)))) ;; expect output: ("a" 11)((b) 2)
(hash-table-fold t (lambda (k v acc) (+ v acc)) 0) ;; expect: 13
(hash-table-fold (lambda (k v acc) (+ v acc)) 0 t) ;; expect: 13
(let ((c (hash-table-copy t))) (hash-table-set! c "a" 0) (list (hash-table-ref c "a") (hash-table-ref t "a"))) ;; expect: (0 11)
(let ((a (alist->hash-table '((a . 1) (b . 2) (a . 3))))) (list (hash-table-ref a 'a) (hash-table-size a))) ;; expect: (1 2)
(let ((a (alist->hash-table '((a . 1)))) (b (alist->hash-table '((a . 5) (c . 6))))) (hash-table-merge! a b) (hash-table->alist a)) ;; expect: ((a . 5) (c . 6))
(let ((a (hash-table-copy t))) (hash-table-clear! a) (list (hash-table-size a) (hash-table-empty? a) (hash-table-empty? t))) ;; expect: (0 #t #f)

;; primitive equivalences
(define (kind t) (hash-table-equivalence-function t))
(list (eq? (kind (make-hash-table eq?)) eq?) (eq? (kind (make-hash-table eqv?)) eqv?) (eq? (kind (make-hash-table)) equal?) (eq? (kind (make-hash-table string=?)) string=?)) ;; expect: (#t #t #t #t)
(let ((q (make-hash-table eq?))) (hash-table-set! q (list 1) 'x) (hash-table-ref/default q (list 1) 'other)) ;; expect: other
(let ((v (make-hash-table eqv?))) (hash-table-set! v 100000000000000000000 'big) (hash-table-set! v 2.0 'flo) (list (hash-table-ref/default v 100000000000000000000 #f) (hash-table-ref/default v 2 #f))) ;; expect: (big #f)
(let ((s (make-hash-table string=? string-hash))) (hash-table-set! s "k" 1) (hash-table-ref s (string #\k))) ;; expect: 1
(hash-table-set! (make-hash-table string=?) 5 1) ;; expect error: expected string, got 5
(procedure? (hash-table-hash-function t)) ;; expect: #t
(= ((hash-table-hash-function t) '(1 "x")) ((hash-table-hash-function t) (list 1 "x"))) ;; expect: #t

;; equivalences of the program
(define ci (make-hash-table string-ci=? string-ci-hash))
(hash-table? ci) ;; expect: #t
(begin (hash-table-set! ci "Key" 1) (hash-table-set! ci "KEY" 2) (list (hash-table-size ci) (hash-table-ref ci "key") (hash-table-keys ci))) ;; expect: (1 2 ("Key"))
(let ((ci (make-hash-table string-ci=?))) (hash-table-set! ci "A" 1) (hash-table-ref/default ci "a" #f)) ;; expect: 1
(let ((n (make-hash-table =))) (hash-table-set! n 1 'one) (hash-table-ref/default n 1.0 #f)) ;; expect: one
(define (mod-same? a b) (= (modulo a 10) (modulo b 10)))
(define m (make-hash-table mod-same? (lambda (x . bound) (modulo x 10))))
(begin (hash-table-set! m 3 'three) (hash-table-set! m 14 'four) (list (hash-table-ref m 13) (hash-table-ref m 4) (hash-table-size m))) ;; expect: (three four 2)
(begin (hash-table-update! m 23 (lambda (x) (list x))) (hash-table-ref m 3)) ;; expect: (three)
(begin (hash-table-delete! m 93) (list (hash-table-size m) (hash-table-exists? m 3) (hash-table->alist m))) ;; expect: (1 #f ((14 . four)))
(let ((c (hash-table-copy m))) (hash-table-set! c 5 'five) (list (hash-table-size c) (hash-table-size m))) ;; expect: (2 1)
(let ((slow (make-hash-table mod-same?))) (do ((i 0 (+ i 1))) ((= i 100)) (hash-table-set! slow i i)) (list (hash-table-size slow) (hash-table-ref slow 7))) ;; expect: (10 97)
(let ((collide (make-hash-table equal? (lambda (x) 1)))) (hash-table-set! collide 'a 1) (hash-table-set! collide 'b 2) (list (hash-table-ref collide 'a) (hash-table-ref collide 'b))) ;; expect: (1 2)
(let ((collide (make-hash-table mod-same? (lambda (x) 1)))) (hash-table-set! collide 1 'a) (hash-table-set! collide 2 'b) (hash-table-delete! collide 11) (list (hash-table-size collide) (hash-table-ref collide 12))) ;; expect: (1 b)
(begin (hash-table-clear! m) (hash-table-size m)) ;; expect: 0

;; changing a table while it is walked
(let ((w (alist->hash-table '((a . 1) (b . 2))))) (hash-table-walk w (lambda (k v) (hash-table-delete! w k))) (hash-table-size w)) ;; expect: 0

;; hashes
(= (hash "abc") (hash (string #\a #\b #\c))) ;; expect: #t
(= (string-hash "abc") (string-hash (string-copy "abc"))) ;; expect: #t
(= (string-ci-hash "ABC") (string-ci-hash "abc")) ;; expect: #t
(< -1 (hash '(1 2 3) 10) 10) ;; expect: #t
(exact-integer? (hash-by-identity 'a)) ;; expect: #t

;; errors
(hash-table-ref 5 1) ;; expect error: hash-table-ref: argument 1: expected hash-table, got 5
(hash-table-set! 'x 1 2) ;; expect error: hash-table-set!: argument 1: expected hash-table, got x
(hash-table-size '()) ;; expect error: hash-table-size: argument 1: expected hash-table, got ()
(hash-table-update! t 1 5) ;; expect error: hash-table-update!: argument 3: expected procedure, got 5
(make-hash-table 5) ;; expect error: make-hash-table: argument 1: expected procedure, got 5
(alist->hash-table '(1)) ;; expect error: alist->hash-table: argument 1: expected association list, got (1)
