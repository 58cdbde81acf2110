;; Procedures over lists, vectors, strings and bytevectors that call procedures of the program.
;;
;; They are SX, not C, so that no C frame stands between two SX frames: continuations captured inside a callback hold
;; nothing but SX frames. The cases of one and two sequences are written out; results are built without
;; mutation, so that a continuation captured in a callback may be entered any number of times.
(define-library (kiln list)
  (export map for-each append-map filter-map fold fold-right reduce reduce-right
          filter remove partition delete-duplicates find find-tail any every list-index count
          take-while drop-while span break unfold unfold-right
          member assoc delete
          vector-map vector-for-each vector-fold vector-count vector-index vector-any vector-every vector-find
          string-map string-for-each string-count
          list-tabulate vector-tabulate build-string
          list-sort sort sort! vector-sort vector-sort!)
  (import (kiln core) (kiln primitives))
  (begin

    (define-syntax check-procedure
      (syntax-rules ()
        ((_ who argument f)
         (if (not (procedure? f)) (%wrong-type who argument "procedure" f)))))

    ;; The end of a list that a loop walked: anything but '() was no list.
    (define-syntax check-end
      (syntax-rules ()
        ((_ who argument tail result)
         (if (null? tail) result (%wrong-type who argument "list" tail)))))

    ;; ---- several lists

    ;; cars and cdrs of lists of which none has ended, else #f.
    (define (all-pairs? lists)
      (or (null? lists)
          (and (pair? (car lists)) (all-pairs? (cdr lists)))))
    (define (cars lists)
      (if (null? lists) '() (cons (car (car lists)) (cars (cdr lists)))))
    (define (cdrs lists)
      (if (null? lists) '() (cons (cdr (car lists)) (cdrs (cdr lists)))))
    ;; Some list of these must have ended properly.
    (define (check-ends who lists argument)
      (let loop ((ls lists) (n argument))
        (if (pair? ls)
            (if (or (pair? (car ls)) (null? (car ls)))
                (loop (cdr ls) (+ n 1))
                (%wrong-type who n "list" (car ls))))))

    (define map
      (case-lambda
        ((f list)
         (check-procedure 'map 1 f)
         (let map1 ((l list))
           (if (pair? l)
               (let ((x (f (car l))))
                 (cons x (map1 (cdr l))))
               (check-end 'map 2 l '()))))
        ((f list1 list2)
         (check-procedure 'map 1 f)
         (let map2 ((a list1) (b list2))
           (if (and (pair? a) (pair? b))
               (let ((x (f (car a) (car b))))
                 (cons x (map2 (cdr a) (cdr b))))
               (begin (check-ends 'map (list a b) 2) '()))))
        ((f list . more)
         (check-procedure 'map 1 f)
         (let mapn ((ls (cons list more)))
           (if (all-pairs? ls)
               (let ((x (apply f (cars ls))))
                 (cons x (mapn (cdrs ls))))
               (begin (check-ends 'map ls 2) '()))))))

    (define for-each
      (case-lambda
        ((f list)
         (check-procedure 'for-each 1 f)
         (let loop ((l list))
           (if (pair? l)
               (begin (f (car l)) (loop (cdr l)))
               (check-end 'for-each 2 l (if #f #f)))))
        ((f list1 list2)
         (check-procedure 'for-each 1 f)
         (let loop ((a list1) (b list2))
           (if (and (pair? a) (pair? b))
               (begin (f (car a) (car b)) (loop (cdr a) (cdr b)))
               (check-ends 'for-each (list a b) 2))))
        ((f list . more)
         (check-procedure 'for-each 1 f)
         (let loop ((ls (cons list more)))
           (if (all-pairs? ls)
               (begin (apply f (cars ls)) (loop (cdrs ls)))
               (check-ends 'for-each ls 2))))))

    ;; ---- folds (SRFI 1)

    (define fold
      (case-lambda
        ((f init list)
         (check-procedure 'fold 1 f)
         (let loop ((acc init) (l list))
           (if (pair? l)
               (loop (f (car l) acc) (cdr l))
               (check-end 'fold 3 l acc))))
        ((f init list1 list2)
         (check-procedure 'fold 1 f)
         (let loop ((acc init) (a list1) (b list2))
           (if (and (pair? a) (pair? b))
               (loop (f (car a) (car b) acc) (cdr a) (cdr b))
               (begin (check-ends 'fold (list a b) 3) acc))))
        ((f init . lists)
         (check-procedure 'fold 1 f)
         (let loop ((acc init) (ls lists))
           (if (all-pairs? ls)
               (loop (apply f (append (cars ls) (list acc))) (cdrs ls))
               (begin (check-ends 'fold ls 3) acc))))))

    (define fold-right
      (case-lambda
        ((f init list)
         (check-procedure 'fold-right 1 f)
         (let loop ((l list))
           (if (pair? l)
               (let ((rest (loop (cdr l)))) (f (car l) rest))
               (check-end 'fold-right 3 l init))))
        ((f init . lists)
         (check-procedure 'fold-right 1 f)
         (let loop ((ls lists))
           (if (all-pairs? ls)
               (let ((rest (loop (cdrs ls)))) (apply f (append (cars ls) (list rest))))
               (begin (check-ends 'fold-right ls 3) init))))))

    (define (reduce f identity list)
      (check-procedure 'reduce 1 f)
      (if (pair? list) (fold f (car list) (cdr list)) (check-end 'reduce 3 list identity)))

    (define (reduce-right f identity list)
      (check-procedure 'reduce-right 1 f)
      (if (pair? list)
          (let loop ((l list))
            (if (pair? (cdr l))
                (let ((rest (loop (cdr l)))) (f (car l) rest))
                (car l)))
          (check-end 'reduce-right 3 list identity)))

    (define (append-map f list . more)
      (apply append (apply map f list more)))

    (define (filter-map f list . more)
      (filter (lambda (x) x) (apply map f list more)))

    ;; ---- selection

    (define (filter keep? list)
      (check-procedure 'filter 1 keep?)
      (let loop ((l list))
        (if (pair? l)
            (let ((x (car l)))
              (if (keep? x)
                  (cons x (loop (cdr l)))
                  (loop (cdr l))))
            (check-end 'filter 2 l '()))))

    (define (remove drop? list)
      (check-procedure 'remove 1 drop?)
      (filter (lambda (x) (not (drop? x))) list))

    (define (partition in? list)
      (check-procedure 'partition 1 in?)
      (let loop ((l list) (in '()) (out '()))
        (if (pair? l)
            (if (in? (car l))
                (loop (cdr l) (cons (car l) in) out)
                (loop (cdr l) in (cons (car l) out)))
            (check-end 'partition 2 l (values (reverse in) (reverse out))))))

    (define delete-duplicates
      (case-lambda
        ((list) (delete-duplicates list equal?))
        ((list same?)
         (check-procedure 'delete-duplicates 2 same?)
         (let loop ((l list) (kept '()))
           (if (pair? l)
               (let ((x (car l)))
                 (loop (cdr l)
                       (if (find-tail (lambda (y) (same? y x)) kept) kept (cons x kept))))
               (check-end 'delete-duplicates 1 l (reverse kept)))))))

    (define (find-tail found? list)
      (check-procedure 'find-tail 1 found?)
      (let loop ((l list))
        (if (pair? l)
            (if (found? (car l)) l (loop (cdr l)))
            (check-end 'find-tail 2 l #f))))

    (define (find found? list)
      (let ((tail (find-tail found? list)))
        (and tail (car tail))))

    (define any
      (case-lambda
        ((f list)
         (check-procedure 'any 1 f)
         (let loop ((l list))
           (if (pair? l)
               (if (pair? (cdr l))
                   (or (f (car l)) (loop (cdr l)))
                   (f (car l)))
               (check-end 'any 2 l #f))))
        ((f . lists)
         (check-procedure 'any 1 f)
         (let loop ((ls lists))
           (if (all-pairs? ls)
               (or (apply f (cars ls)) (loop (cdrs ls)))
               (begin (check-ends 'any ls 2) #f))))))

    (define every
      (case-lambda
        ((f list)
         (check-procedure 'every 1 f)
         (if (pair? list)
             (let loop ((l list))
               (if (pair? (cdr l))
                   (and (f (car l)) (loop (cdr l)))
                   (f (car l))))
             (check-end 'every 2 list #t)))
        ((f . lists)
         (check-procedure 'every 1 f)
         (let loop ((ls lists) (last #t))
           (if (all-pairs? ls)
               (let ((x (apply f (cars ls))))
                 (and x (loop (cdrs ls) x)))
               (begin (check-ends 'every ls 2) last))))))

    (define list-index
      (case-lambda
        ((found? list)
         (check-procedure 'list-index 1 found?)
         (let loop ((l list) (i 0))
           (if (pair? l)
               (if (found? (car l)) i (loop (cdr l) (+ i 1)))
               (check-end 'list-index 2 l #f))))
        ((found? . lists)
         (let loop ((ls lists) (i 0))
           (and (all-pairs? ls)
                (if (apply found? (cars ls)) i (loop (cdrs ls) (+ i 1))))))))

    (define (count f . lists)
      (check-procedure 'count 1 f)
      (let loop ((ls lists) (n 0))
        (if (all-pairs? ls)
            (loop (cdrs ls) (if (apply f (cars ls)) (+ n 1) n))
            n)))

    (define (take-while keep? list)
      (check-procedure 'take-while 1 keep?)
      (let loop ((l list))
        (if (and (pair? l) (keep? (car l)))
            (cons (car l) (loop (cdr l)))
            '())))

    (define (drop-while drop? list)
      (check-procedure 'drop-while 1 drop?)
      (let loop ((l list))
        (if (and (pair? l) (drop? (car l))) (loop (cdr l)) l)))

    (define (span in? list)
      (check-procedure 'span 1 in?)
      (let loop ((l list) (head '()))
        (if (and (pair? l) (in? (car l)))
            (loop (cdr l) (cons (car l) head))
            (values (reverse head) l))))

    (define (break out? list)
      (check-procedure 'break 1 out?)
      (span (lambda (x) (not (out? x))) list))

    (define unfold
      (case-lambda
        ((stop? mapper successor seed) (unfold stop? mapper successor seed (lambda (x) '())))
        ((stop? mapper successor seed tail)
         (let loop ((seed seed))
           (if (stop? seed)
               (tail seed)
               (let ((x (mapper seed)))
                 (cons x (loop (successor seed)))))))))

    (define unfold-right
      (case-lambda
        ((stop? mapper successor seed) (unfold-right stop? mapper successor seed '()))
        ((stop? mapper successor seed tail)
         (let loop ((seed seed) (list tail))
           (if (stop? seed)
               list
               (loop (successor seed) (cons (mapper seed) list)))))))

    ;; ---- searching with a predicate of the program

    (define member
      (case-lambda
        ((x list) (%member x list))
        ((x list same?)
         (check-procedure 'member 3 same?)
         (let loop ((l list))
           (if (pair? l)
               (if (same? x (car l)) l (loop (cdr l)))
               (check-end 'member 2 l #f))))))

    (define assoc
      (case-lambda
        ((key alist) (%assoc key alist))
        ((key alist same?)
         (check-procedure 'assoc 3 same?)
         (let loop ((l alist))
           (if (pair? l)
               (let ((entry (car l)))
                 (if (not (pair? entry)) (%wrong-type 'assoc 2 "association list" alist))
                 (if (same? key (car entry)) entry (loop (cdr l))))
               (check-end 'assoc 2 l #f))))))

    (define delete
      (case-lambda
        ((x list) (filter (lambda (y) (not (equal? x y))) list))
        ((x list same?)
         (check-procedure 'delete 3 same?)
         (filter (lambda (y) (not (same? x y))) list))))

    ;; ---- vectors

    (define (shortest length sequences)
      (let loop ((n (length (car sequences))) (rest (cdr sequences)))
        (if (null? rest) n (loop (min n (length (car rest))) (cdr rest)))))
    (define (refs ref sequences i)
      (if (null? sequences)
          '()
          (cons (ref (car sequences) i) (refs ref (cdr sequences) i))))

    ;; Results are gathered in a list first: a vector that is filled in place would be shared by all re-entries.
    (define vector-map
      (case-lambda
        ((f v)
         (check-procedure 'vector-map 1 f)
         (let ((n (vector-length v)))
           (let loop ((i 0) (results '()))
             (if (< i n)
                 (loop (+ i 1) (cons (f (vector-ref v i)) results))
                 (%reverse-list->vector results n)))))
        ((f v . more)
         (check-procedure 'vector-map 1 f)
         (let* ((vectors (cons v more)) (n (shortest vector-length vectors)))
           (let loop ((i 0) (results '()))
             (if (< i n)
                 (loop (+ i 1) (cons (apply f (refs vector-ref vectors i)) results))
                 (%reverse-list->vector results n)))))))

    (define (%reverse-list->vector list n)
      (let ((v (make-vector n)))
        (let loop ((i (- n 1)) (l list))
          (if (< i 0)
              v
              (begin (vector-set! v i (car l)) (loop (- i 1) (cdr l)))))))

    (define vector-for-each
      (case-lambda
        ((f v)
         (check-procedure 'vector-for-each 1 f)
         (let ((n (vector-length v)))
           (let loop ((i 0))
             (if (< i n)
                 (begin (f (vector-ref v i)) (loop (+ i 1)))))))
        ((f v . more)
         (check-procedure 'vector-for-each 1 f)
         (let* ((vectors (cons v more)) (n (shortest vector-length vectors)))
           (let loop ((i 0))
             (if (< i n)
                 (begin (apply f (refs vector-ref vectors i)) (loop (+ i 1)))))))))

    ;; SRFI 133: (f state element …)
    (define (vector-fold f init . vectors)
      (check-procedure 'vector-fold 1 f)
      (let ((n (shortest vector-length vectors)))
        (let loop ((i 0) (acc init))
          (if (< i n)
              (loop (+ i 1) (apply f acc (refs vector-ref vectors i)))
              acc))))

    (define (vector-count f . vectors)
      (check-procedure 'vector-count 1 f)
      (let ((n (shortest vector-length vectors)))
        (let loop ((i 0) (found 0))
          (if (< i n)
              (loop (+ i 1) (if (apply f (refs vector-ref vectors i)) (+ found 1) found))
              found))))

    (define (vector-index f . vectors)
      (check-procedure 'vector-index 1 f)
      (let ((n (shortest vector-length vectors)))
        (let loop ((i 0))
          (and (< i n)
               (if (apply f (refs vector-ref vectors i)) i (loop (+ i 1)))))))

    (define (vector-find f v)
      (let ((i (vector-index f v)))
        (and i (vector-ref v i))))

    (define (vector-any f . vectors)
      (check-procedure 'vector-any 1 f)
      (let ((n (shortest vector-length vectors)))
        (let loop ((i 0))
          (and (< i n)
               (or (apply f (refs vector-ref vectors i)) (loop (+ i 1)))))))

    (define (vector-every f . vectors)
      (check-procedure 'vector-every 1 f)
      (let ((n (shortest vector-length vectors)))
        (let loop ((i 0) (last #t))
          (if (< i n)
              (let ((x (apply f (refs vector-ref vectors i))))
                (and x (loop (+ i 1) x)))
              last))))

    ;; ---- strings

    (define string-map
      (case-lambda
        ((f s)
         (check-procedure 'string-map 1 f)
         (let ((n (string-length s)))
           (let loop ((i 0) (results '()))
             (if (< i n)
                 (loop (+ i 1) (cons (map-char (f (string-ref s i))) results))
                 (list->string (reverse results))))))
        ((f s . more)
         (check-procedure 'string-map 1 f)
         (let* ((strings (cons s more)) (n (shortest string-length strings)))
           (let loop ((i 0) (results '()))
             (if (< i n)
                 (loop (+ i 1) (cons (map-char (apply f (refs string-ref strings i))) results))
                 (list->string (reverse results))))))))

    (define (map-char x)
      (if (char? x) x
          (raise (%record (%condition-type 'type-error) "result of the procedure: expected char, got"
                          (list x) 'string-map #f #f))))

    (define string-for-each
      (case-lambda
        ((f s)
         (check-procedure 'string-for-each 1 f)
         (let ((n (string-length s)))
           (let loop ((i 0))
             (if (< i n)
                 (begin (f (string-ref s i)) (loop (+ i 1)))))))
        ((f s . more)
         (check-procedure 'string-for-each 1 f)
         (let* ((strings (cons s more)) (n (shortest string-length strings)))
           (let loop ((i 0))
             (if (< i n)
                 (begin (apply f (refs string-ref strings i)) (loop (+ i 1)))))))))

    (define string-count
      (case-lambda
        ((s f) (string-count s f 0 (string-length s)))
        ((s f start) (string-count s f start (string-length s)))
        ((s f start end)
         (check-procedure 'string-count 2 f)
         (let loop ((i start) (n 0))
           (if (< i end)
               (loop (+ i 1) (if (f (string-ref s i)) (+ n 1) n))
               n)))))

    ;; ---- tabulation

    (define (list-tabulate n f)
      (check-procedure 'list-tabulate 2 f)
      (let loop ((i 0))
        (if (< i n)
            (let ((x (f i))) (cons x (loop (+ i 1))))
            '())))

    (define (vector-tabulate f n)
      (check-procedure 'vector-tabulate 1 f)
      (list->vector (list-tabulate n f)))

    (define (build-string n f)
      (check-procedure 'build-string 2 f)
      (list->string (list-tabulate n f)))

    ;; ---- sorting: merge sort, stable; the comparison may be re-entered, since nothing but fresh pairs is made

    ;; The first n elements of l, sorted.
    (define (sort-prefix less? l n)
      (cond ((= n 1) (list (car l)))
            ((= n 2)
             (let ((a (car l)) (b (cadr l)))
               (if (less? b a) (list b a) (list a b))))
            (else
             (let ((half (quotient n 2)))
               (merge less?
                      (sort-prefix less? l half)
                      (sort-prefix less? (list-tail l half) (- n half)))))))

    ;; Takes from b only what is smaller than a's first, so equal elements keep their order.
    (define (merge less? a b)
      (let loop ((a a) (b b) (merged '()))
        (cond ((null? a) (append-reverse merged b))
              ((null? b) (append-reverse merged a))
              ((less? (car b) (car a)) (loop a (cdr b) (cons (car b) merged)))
              (else (loop (cdr a) b (cons (car a) merged))))))

    (define (list-sort less? list)
      (check-procedure 'list-sort 1 less?)
      (let ((n (length list)))
        (if (= n 0) '() (sort-prefix less? list n))))

    (define vector-sort
      (case-lambda
        ((less? v)
         (if (procedure? less?)
             (list->vector (list-sort less? (vector->list v)))
             (vector-sort v less?)))
        ((less? v start)
         (vector-sort less? v start (vector-length v)))
        ((less? v start end)
         (list->vector (list-sort less? (vector->list v start end))))))

    (define vector-sort!
      (case-lambda
        ((less? v)
         (if (procedure? less?)
             (vector-copy! v 0 (vector-sort less? v))
             (vector-sort! v less?)))
        ((less? v start) (vector-sort! less? v start (vector-length v)))
        ((less? v start end) (vector-copy! v start (vector-sort less? v start end)))))

    ;; (sort sequence less?) or (sort less? sequence)
    (define (sort a b)
      (cond ((procedure? a) (sort b a))
            ((not (procedure? b)) (%wrong-type 'sort 2 "procedure" b))
            ((vector? a) (vector-sort b a))
            (else (list-sort b a))))

    (define (sort! a b)
      (cond ((procedure? a) (sort! b a))
            ((vector? a) (vector-sort! b a) a)
            (else (list-sort b a))))))
