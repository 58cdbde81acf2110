;; SRFI 1: List Library.
;;
;; The procedures whose names end in ! may change their arguments and need not: most of them are the pure ones.
(define-library (srfi 1)
  (export
   cons list xcons cons* make-list list-tabulate list-copy circular-list iota
   pair? null? proper-list? circular-list? dotted-list? not-pair? null-list? list=
   car cdr caar cadr cdar cddr caaar caadr cadar caddr cdaar cdadr cddar cdddr caaaar caaadr caadar caaddr cadaar
   cadadr caddar cadddr cdaaar cdaadr cdadar cdaddr cddaar cddadr cdddar cddddr list-ref
   first second third fourth fifth sixth seventh eighth ninth tenth car+cdr
   take drop take-right drop-right take! drop-right! split-at split-at! last last-pair
   length length+ append concatenate reverse append! concatenate! reverse! append-reverse append-reverse!
   zip unzip1 unzip2 unzip3 unzip4 unzip5 count
   map for-each fold unfold pair-fold reduce fold-right unfold-right pair-fold-right reduce-right
   append-map append-map! map! map-in-order pair-for-each filter-map
   filter partition remove filter! partition! remove!
   find find-tail any every list-index take-while drop-while take-while! span break span! break!
   delete delete-duplicates delete! delete-duplicates! member memq memv
   assoc assq assv alist-cons alist-copy alist-delete alist-delete!
   lset<= lset= lset-adjoin lset-union lset-union! lset-intersection lset-intersection! lset-difference
   lset-difference! lset-xor lset-xor! lset-diff+intersection lset-diff+intersection!
   set-car! set-cdr!)
  (import (kiln core) (kiln primitives) (kiln list))
  (begin

    (define (check-procedure who argument f)
      (if (not (procedure? f)) (%wrong-type who argument "procedure" f)))

    ;; ---- comparing and taking apart

    (define (list= same? . lists)
      (check-procedure 'list= 1 same?)
      (or (null? lists)
          (let loop ((a (car lists)) (more (cdr lists)))
            (or (null? more)
                (let ((b (car more)))
                  (and (or (eq? a b) (equal-lists? same? a b))
                       (loop b (cdr more))))))))
    (define (equal-lists? same? a b)
      (let loop ((a a) (b b))
        (if (null-list? a)
            (null-list? b)
            (and (not (null-list? b))
                 (same? (car a) (car b))
                 (loop (cdr a) (cdr b))))))

    (define (car+cdr pair) (values (car pair) (cdr pair)))
    (define (split-at list k) (values (take list k) (drop list k)))
    (define (split-at! list k) (split-at list k))
    (define (take! list k) (take list k))
    (define (drop-right! list k) (drop-right list k))
    (define (concatenate! lists) (apply append! lists))

    (define (zip list . lists) (apply map (lambda items items) list lists))
    (define (unzip1 lists) (map first lists))
    (define (unzip2 lists) (values (map first lists) (map second lists)))
    (define (unzip3 lists) (values (map first lists) (map second lists) (map third lists)))
    (define (unzip4 lists)
      (values (map first lists) (map second lists) (map third lists) (map fourth lists)))
    (define (unzip5 lists)
      (values (map first lists) (map second lists) (map third lists) (map fourth lists) (map fifth lists)))

    ;; ---- pairs of lists

    (define (all-pairs? lists) (every pair? lists))

    ;; f may change the pair it gets: the next ones are found first.
    (define pair-for-each
      (case-lambda
        ((f list)
         (check-procedure 'pair-for-each 1 f)
         (let loop ((l list))
           (if (pair? l)
               (let ((rest (cdr l)))
                 (f l)
                 (loop rest)))))
        ((f . lists)
         (check-procedure 'pair-for-each 1 f)
         (let loop ((ls lists))
           (if (all-pairs? ls)
               (let ((rests (map cdr ls)))
                 (apply f ls)
                 (loop rests)))))))

    (define pair-fold
      (case-lambda
        ((f init list)
         (check-procedure 'pair-fold 1 f)
         (let loop ((acc init) (l list))
           (if (pair? l)
               (let ((rest (cdr l)))
                 (loop (f l acc) rest))
               acc)))
        ((f init . lists)
         (check-procedure 'pair-fold 1 f)
         (let loop ((acc init) (ls lists))
           (if (all-pairs? ls)
               (let ((rests (map cdr ls)))
                 (loop (apply f (append ls (list acc))) rests))
               acc)))))

    (define pair-fold-right
      (case-lambda
        ((f init list)
         (check-procedure 'pair-fold-right 1 f)
         (let loop ((l list))
           (if (pair? l)
               (let ((rest (loop (cdr l)))) (f l rest))
               init)))
        ((f init . lists)
         (check-procedure 'pair-fold-right 1 f)
         (let loop ((ls lists))
           (if (all-pairs? ls)
               (let ((rest (loop (map cdr ls)))) (apply f (append ls (list rest))))
               init)))))

    (define (append-map! f . lists) (apply append-map f lists))
    (define (map! f . lists) (apply map f lists))
    (define (map-in-order f . lists) (apply map f lists))

    ;; ---- selecting

    (define (filter! keep? list) (filter keep? list))
    (define (remove! drop? list) (remove drop? list))
    (define (partition! in? list) (partition in? list))
    (define (take-while! keep? list) (take-while keep? list))
    (define (span! in? list) (span in? list))
    (define (break! out? list) (break out? list))
    (define (delete! x list . same?) (apply delete x list same?))
    (define (delete-duplicates! list . same?) (apply delete-duplicates list same?))

    (define alist-delete
      (case-lambda
        ((key alist) (%alist-delete key alist))
        ((key alist same?)
         (check-procedure 'alist-delete 3 same?)
         (remove (lambda (entry) (same? key (car entry))) alist))))
    (define (alist-delete! key alist . same?) (apply alist-delete key alist same?))

    ;; ---- lists as sets. In calls of same?, elements of earlier lists come first.

    (define (subset? same? a b)
      (every (lambda (x) (any (lambda (y) (same? x y)) b)) a))

    (define (lset<= same? . lists)
      (check-procedure 'lset<= 1 same?)
      (or (null? lists)
          (let loop ((a (car lists)) (more (cdr lists)))
            (or (null? more)
                (and (or (eq? a (car more)) (subset? same? a (car more)))
                     (loop (car more) (cdr more)))))))

    (define (lset= same? . lists)
      (check-procedure 'lset= 1 same?)
      (or (null? lists)
          (let loop ((a (car lists)) (more (cdr lists)))
            (or (null? more)
                (and (or (eq? a (car more))
                         (and (subset? same? a (car more))
                              (subset? (lambda (x y) (same? y x)) (car more) a)))
                     (loop (car more) (cdr more)))))))

    (define (lset-adjoin same? list . items)
      (check-procedure 'lset-adjoin 1 same?)
      (fold (lambda (x set) (if (any (lambda (y) (same? y x)) set) set (cons x set))) list items))

    (define (lset-union same? . lists)
      (check-procedure 'lset-union 1 same?)
      (reduce (lambda (list set)
                (cond ((null? list) set)
                      ((null? set) list)
                      ((eq? list set) set)
                      (else
                       (fold (lambda (x set) (if (any (lambda (y) (same? y x)) set) set (cons x set)))
                             set list))))
              '() lists))
    (define (lset-union! same? . lists) (apply lset-union same? lists))

    (define (lset-intersection same? list . lists)
      (check-procedure 'lset-intersection 1 same?)
      (filter (lambda (x)
                (every (lambda (other) (any (lambda (y) (same? x y)) other)) lists))
              list))
    (define (lset-intersection! same? list . lists) (apply lset-intersection same? list lists))

    (define (lset-difference same? list . lists)
      (check-procedure 'lset-difference 1 same?)
      (filter (lambda (x)
                (every (lambda (other) (not (any (lambda (y) (same? x y)) other))) lists))
              list))
    (define (lset-difference! same? list . lists) (apply lset-difference same? list lists))

    (define (lset-xor same? . lists)
      (check-procedure 'lset-xor 1 same?)
      (reduce (lambda (b a)
                (let ((only-a (filter (lambda (x) (not (any (lambda (y) (same? x y)) b))) a)))
                  (fold (lambda (y result) (if (any (lambda (x) (same? x y)) a) result (cons y result)))
                        only-a b)))
              '() lists))
    (define (lset-xor! same? . lists) (apply lset-xor same? lists))

    (define (lset-diff+intersection same? list . lists)
      (check-procedure 'lset-diff+intersection 1 same?)
      (partition (lambda (x)
                   (every (lambda (other) (not (any (lambda (y) (same? x y)) other))) lists))
                 list))
    (define (lset-diff+intersection! same? list . lists) (apply lset-diff+intersection same? list lists))))
