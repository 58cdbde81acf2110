;; R7RS 5.1, 5.2, 5.6, 5.7 programs, import declarations, libraries. Implicates: vm libraries, vm/expand (define-library, import)
(define-library (example grid)
  (export make rows cols ref each (rename put! set!))
  (import (scheme base))
  (begin
    ;; Create an NxM grid.
    (define (make n m)
      (let ((grid (make-vector n)))
        (do ((i 0 (+ i 1)))
            ((= i n) grid)
          (let ((v (make-vector m #false)))
            (vector-set! grid i v)))))
    (define (rows grid) (vector-length grid))
    (define (cols grid) (vector-length (vector-ref grid 0)))
    ;; Return #false if out of range.
    (define (ref grid n m)
      (and (< -1 n (rows grid))
           (< -1 m (cols grid))
           (vector-ref (vector-ref grid n) m)))
    (define (put! grid n m v) (vector-set! (vector-ref grid n) m v))
    (define (each grid proc)
      (do ((j 0 (+ j 1)))
          ((= j (rows grid)))
        (do ((k 0 (+ k 1)))
            ((= k (cols grid)))
          (proc j k (ref grid j k)))))))

(define-library (example life)
  (export life life-print)
  (import (except (scheme base) set!) (scheme write) (example grid))
  (begin
    (define (life-count grid i j)
      (define (count i j) (if (ref grid i j) 1 0))
      (+ (count (- i 1) (- j 1))
         (count (- i 1) j)
         (count (- i 1) (+ j 1))
         (count i (- j 1))
         (count i (+ j 1))
         (count (+ i 1) (- j 1))
         (count (+ i 1) j)
         (count (+ i 1) (+ j 1))))
    (define (life-alive? grid i j)
      (case (life-count grid i j)
        ((3) #true)
        ((2) (ref grid i j))
        (else #false)))
    (define (life-print grid)
      (each grid
       (lambda (i j v)
         (display (if v "*" "-"))
         (when (= j (- (cols grid) 1)) (display "|")))))
    ;; Returns the grid after the given number of generations.
    (define (life grid iterations)
      (do ((i 0 (+ i 1))
           (grid0 grid grid1)
           (grid1 (make (rows grid) (cols grid)) grid0))
          ((= i iterations) grid0)
        (each grid0
         (lambda (j k v)
           (let ((a (life-alive? grid0 j k)))
             (set! grid1 j k a))))))))

(define-library (test counter)
  (export next! reset! (rename internal-name external-name) count-macro define-counted)
  (import (scheme base))
  (begin
    (define n 0)
    (define (next!) (set! n (+ n 1)) n)
    (define (reset!) (set! n 0))
    (define internal-name 'renamed)
    (define (hidden) 'hidden)
    (define-syntax count-macro (syntax-rules () ((_ e) (list (hidden) (next!) e))))
    (define-syntax define-counted (syntax-rules () ((_ name) (define name (next!)))))))

;; Several declarations of one kind, in any order; cond-expand and nested libraries; a record and a parameter.
(define-library (test 1 parts)
  (import (scheme base))
  (export part-a)
  (export part-b (rename part-c c) point point? point-x size with-size)
  (begin (define part-a 'a))
  (cond-expand (r7rs (begin (define part-b 'b))) (else (begin (define part-b 'not-r7rs))))
  (cond-expand ((library (no such library)) (import (no such library))) (else (import (scheme char))))
  (cond-expand ((and (library (scheme base)) (not no-such-feature-q)) (begin (define part-c (char-upcase #\c)))))
  (begin (define-record-type point (make-point x) point? (x point-x)))
  (begin (define size (make-parameter 1)) (define-syntax with-size (syntax-rules () ((_ s e) (parameterize ((size s)) e))))))

(define-library (test reexport)
  (export next! (rename car first-of) twice)
  (import (scheme base) (test counter))
  (begin (define (twice) (next!) (next!))))

(define-library (test 2 shadows)
  (export car list-of)
  (import (except (scheme base) car) (prefix (only (scheme base) car) base-))
  (begin (define (car x) (list 'my-car (base-car x))) (define (list-of x) (list x (car x)))))

(define-library (test log)
  (export note! notes)
  (import (scheme base))
  (begin (define all '()) (define (note! x) (set! all (cons x all))) (define (notes) all)))

(define-library (test once)
  (export log-length)
  (import (scheme base) (test log))
  (begin (note! 'loaded) (define (log-length) (length (notes)))))

(define-library (test empty))

(define-library (test included)
  (export included-square included-cube included-name)
  (import (scheme base))
  (include "include/definitions.inc" "include/more-definitions.inc"))

(import (scheme base)
        (scheme write)
        (only (example life) life life-print)
        (rename (prefix (example grid) grid-) (grid-make make-grid)))

(define grid (make-grid 6 6))
(grid-set! grid 1 1 #true)
(grid-set! grid 2 2 #true)
(grid-set! grid 3 0 #true)
(grid-set! grid 3 1 #true)
(grid-set! grid 3 2 #true)
(life-print grid) ;; expect output: ------|-*----|--*---|***---|------|------|
(life-print (life grid 1)) ;; expect output: ------|------|*-*---|-**---|-*----|------|
(life-print (life grid 0)) ;; expect output: ------|-*----|--*---|***---|------|------|
(life-print (life grid 4)) ;; expect output: ------|------|--*---|---*--|-***--|------|
(grid-rows grid) ;; expect: 6
(define big-grid (make-grid 24 24))
(for-each (lambda (at) (grid-set! big-grid (car at) (cadr at) #true)) '((1 1) (2 2) (3 0) (3 1) (3 2)))
;; 80 generations move the glider twenty cells down and to the right.
(let ((cells '())) (grid-each (life big-grid 80) (lambda (i j v) (when v (set! cells (cons (list i j) cells))))) (reverse cells)) ;; expect: ((21 21) (22 22) (23 20) (23 21) (23 22))
(grid-ref grid 100 0) ;; expect: #f
(let ((x 1)) (set! x 2) x) ;; expect: 2
make ;; expect error: unbound variable: make
life-count ;; expect error: unbound variable: life-count

;; import sets
(import (test counter))
(next!) ;; expect: 1
(next!) ;; expect: 2
external-name ;; expect: renamed
internal-name ;; expect error: unbound variable: internal-name
hidden ;; expect error: unbound variable: hidden
(let ((list vector)) (count-macro 'x)) ;; expect: (hidden 3 x)
(let ((hidden 5) (next! 6)) (count-macro hidden)) ;; expect: (hidden 4 5)
(define-counted fifth)
fifth ;; expect: 5
(import (prefix (test counter) c:))
(c:next!) ;; expect: 6
(next!) ;; expect: 7
(import (rename (test counter) (next! bump!) (reset! zero!)))
(begin (zero!) (bump!)) ;; expect: 1
(import (only (rename (prefix (test counter) k-) (k-next! k!)) k!))
(k!) ;; expect: 2
(import (rename (only (test counter) next! reset!) (next! reset-2!) (reset! next-2!)))
(begin (next-2!) (reset-2!)) ;; expect: 1
(import (except (prefix (test counter) e-) e-reset!))
(e-next!) ;; expect: 2
e-reset! ;; expect error: unbound variable: e-reset!
(import (test reexport))
(twice) ;; expect: 4
(next!) ;; expect: 5
(first-of '(1 2)) ;; expect: 1
(import (prefix (test 1 parts) p-))
(list p-part-a p-part-b p-c) ;; expect: (a b #\C)
(p-point? 5) ;; expect: #f
(list (p-with-size 9 (p-size)) (p-size)) ;; expect: (9 1)
p-make-point ;; expect error: unbound variable: p-make-point
(import (prefix (test 2 shadows) s-))
(s-list-of '(1 2)) ;; expect: ((1 2) (my-car 1))
(car '(1 2)) ;; expect: 1
(import (test log))
(import (test once))
(import (prefix (test once) again-))
(list (log-length) (again-log-length) (notes)) ;; expect: (1 1 (loaded))
(import (test empty))
(import (only (test included) included-cube))
(included-cube 3) ;; expect: 27
included-square ;; expect error: unbound variable: included-square

;; renaming syntax
(import (prefix (only (scheme base) if let cond else) my-))
(my-if #t 'yes 'no) ;; expect: yes
(my-let ((a 1)) (my-cond (#f 2) (my-else a))) ;; expect: 1
(import (rename (only (scheme base) define lambda) (define def) (lambda fun)))
(def (sq x) (* x x))
((fun (f) (f 5)) sq) ;; expect: 25

;; errors
(import (no such library)) ;; expect error: no such library
(import (only (scheme base) no-such-name-q)) ;; expect error: no-such-name-q
(import (except (scheme base) no-such-name-q)) ;; expect error: no-such-name-q
(import (rename (scheme base) (no-such-name-q x))) ;; expect error: no-such-name-q
