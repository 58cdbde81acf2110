;; R7RS 5.5 record-type definitions. Implicates: runtime records, vm/expand (define-record-type), tier2 known layouts
(import (scheme base) (scheme write))

(define-record-type <pare> (kons x y) pare? (x kar set-kar!) (y kdr))
(pare? (kons 1 2)) ;; expect: #t
(pare? (cons 1 2)) ;; expect: #f
(kar (kons 1 2)) ;; expect: 1
(kdr (kons 1 2)) ;; expect: 2
(let ((k (kons 1 2))) (set-kar! k 3) (kar k)) ;; expect: 3

(map pare? (list 1 'a "s" #\c #t '() (vector 1 2) (lambda () 1) (current-output-port))) ;; expect: (#f #f #f #f #f #f #f #f #f)
(let ((k (kons 1 2))) (list (pair? k) (vector? k) (procedure? k) (symbol? k) (null? k) (string? k))) ;; expect: (#f #f #f #f #f #f)
(kar (kons (kons 1 2) 3)) (kar (kar (kons (kons 1 2) 3))) ;; expect: 1
(procedure? kons) ;; expect: #t
(map kar (map kons '(1 2 3) '(4 5 6))) ;; expect: (1 2 3)
(apply kons '(1 2)) 'ok ;; expect: ok
(let ((k (kons 1 2))) (eqv? k k)) ;; expect: #t
(eq? (kons 1 2) (kons 1 2)) ;; expect: #f
(eqv? (kons 1 2) (kons 1 2)) ;; expect: #f
(let ((k (kons 1 2))) (equal? k k)) ;; expect: #t
(let ((a (kons 1 2)) (b (kons 1 2))) (set-kar! a 9) (list (kar a) (kar b))) ;; expect: (9 1)
(kar 5) ;; expect error: kar: argument 1
(kar '(1 . 2)) ;; expect error: kar: argument 1
(set-kar! 5 1) ;; expect error: set-kar!: argument 1
(kons 1) ;; expect error: kons: expected 2 arguments, got 1
(kons 1 2 3) ;; expect error: kons: expected 2 arguments, got 3
(kar) ;; expect error: kar: expected 1 argument, got 0
(pare?) ;; expect error: pare?: expected 1 argument, got 0
set-kdr! ;; expect error: unbound variable: set-kdr!

;; constructor shapes
(define-record-type point (make-point y x) point? (x point-x set-point-x!) (y point-y set-point-y!))
(let ((p (make-point 1 2))) (list (point-x p) (point-y p))) ;; expect: (2 1)
(define-record-type partial (make-partial a) partial? (a partial-a) (b partial-b set-partial-b!) (c partial-c))
(let ((p (make-partial 1))) (set-partial-b! p 2) (list (partial-a p) (partial-b p))) ;; expect: (1 2)
(define-record-type empty (make-empty) empty?)
(empty? (make-empty)) ;; expect: #t
(eq? (make-empty) (make-empty)) ;; expect: #f
(define-record-type bare (make-bare) bare? (f bare-f set-bare-f!))
(let ((b (make-bare))) (set-bare-f! b 'set) (bare-f b)) ;; expect: set

;; types are distinct
(define-record-type dog (make-dog name) dog? (name dog-name set-dog-name!))
(define-record-type cat (make-cat name) cat? (name cat-name set-cat-name!))
(list (dog? (make-dog 'rex)) (cat? (make-dog 'rex)) (dog? (make-cat 'tom)) (cat? (make-cat 'tom))) ;; expect: (#t #f #f #t)
(dog-name (make-cat 'tom)) ;; expect error: dog-name: argument 1
(set-dog-name! (make-cat 'tom) 'x) ;; expect error: set-dog-name!: argument 1
(equal? (make-dog 'rex) (make-cat 'rex)) ;; expect: #f
(define old-dog (make-dog 'old))
(define old-dog? dog?)
(define-record-type dog (make-dog name) dog? (name dog-name))
;; define-record-type is generative: evaluating it again makes a new type.
(list (dog? old-dog) (old-dog? old-dog) (old-dog? (make-dog 'new))) ;; expect: (#f #t #f)
(define (make-type) (define-record-type local (make) local? (f get)) (list make local?))
(let* ((a (make-type)) (b (make-type))) (list ((cadr a) ((car a))) ((cadr a) ((car b))))) ;; expect: (#t #f)

;; internal definition, capture, mutation
(let () (define-record-type loc (make-loc a b) loc? (a loc-a) (b loc-b set-loc-b!)) (define l (make-loc 1 2)) (set-loc-b! l (+ (loc-a l) (loc-b l))) (loc-b l)) ;; expect: 3
(define (f p) (define-record-type inner (mk v) inner? (v val)) (val (mk p)))
(list (f 1) (f 2)) ;; expect: (1 2)
(let ((kar (lambda (x) 'shadow))) (kar (kons 1 2))) ;; expect: shadow
(define-record-type node (make-node value next) node? (value node-value) (next node-next set-node-next!))
(define (list->nodes l) (if (null? l) #f (make-node (car l) (list->nodes (cdr l)))))
(define (nodes->list n) (if n (cons (node-value n) (nodes->list (node-next n))) '()))
(nodes->list (list->nodes '(1 2 3))) ;; expect: (1 2 3)
(let ((n (make-node 'self #f))) (set-node-next! n n) (eq? n (node-next (node-next n)))) ;; expect: #t
(let loop ((i 0) (p (make-point 0 0))) (if (= i 100000) (list (point-x p) (point-y p)) (begin (set-point-x! p (+ (point-x p) 1)) (loop (+ i 1) (make-point (+ (point-y p) 2) (point-x p)))))) ;; expect: (100000 200000)
(define-record-type big (make-big a b c d e f g h i j) big? (a big-a) (b big-b) (c big-c) (d big-d) (e big-e) (f big-f) (g big-g) (h big-h) (i big-i) (j big-j set-big-j!))
(let ((b (make-big 1 2 3 4 5 6 7 8 9 10))) (set-big-j! b 'ten) (list (big-a b) (big-e b) (big-i b) (big-j b))) ;; expect: (1 5 9 ten)

;; field names are only names; macros may define record types
(define-record-type clash (make-clash car if) clash? (car clash-car) (if clash-if))
(let ((c (make-clash 1 2))) (list (clash-car c) (clash-if c) (car '(3)) (if #t 4 5))) ;; expect: (1 2 3 4)
(define-syntax define-box-type (syntax-rules () ((_ make pred get set) (define-record-type box (make content) pred (content get set)))))
(define-box-type make-b b? b-ref b-set!)
(let ((b (make-b 1))) (b-set! b 2) (list (b? b) (b-ref b))) ;; expect: (#t 2)
(let () (define-box-type make-b1 b1? b1-ref b1-set!) (define-box-type make-b2 b2? b2-ref b2-set!) (list (b1? (make-b2 1)) (b2? (make-b2 1)))) ;; expect: (#f #t)
(guard (e (#t (list 'raised (kar e)))) (raise (kons 'payload 2))) ;; expect: (raised payload)
(define-record-type) ;; expect error: define-record-type: bad syntax
(define-record-type bad-rec (make-bad nope) bad? (f bad-f)) ;; expect error: define-record-type: bad syntax
