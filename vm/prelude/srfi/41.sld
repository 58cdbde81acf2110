;; SRFI 41: Streams, after the semantics of its text: cars and cdrs are both delayed, each evaluated at most once.
;;
;; A stream is a record around a promise, of the null stream or of a pair of a promise of the car and the stream of the cdr.
(define-library (srfi 41)
  (export
   stream-null stream-cons stream? stream-null? stream-pair? stream-car stream-cdr stream-lambda
   define-stream list->stream port->stream stream stream->list stream-append stream-concat stream-constant
   stream-drop stream-drop-while stream-filter stream-fold stream-for-each stream-from stream-iterate
   stream-length stream-let stream-map stream-match stream-of stream-range stream-ref stream-reverse
   stream-scan stream-take stream-take-while stream-unfold stream-unfolds stream-zip)
  (import (kiln core) (kiln primitives) (kiln control) (kiln list))
  (begin

    ;; ---- primitives

    (define-record-type stream-type
      (make-stream promise)
      stream?
      (promise stream-promise))
    (define-record-type stream-pair-type
      (make-stream-pair head tail)
      stream-pair-object?
      (head pair-head)   ; promise
      (tail pair-tail))  ; stream

    (define-syntax stream-lazy
      (syntax-rules ()
        ((_ expression) (make-stream (delay-force (stream-promise (check-stream expression)))))))
    (define (check-stream x)
      (if (stream? x) x (%wrong-type 'stream-lambda 1 "stream" x)))

    (define stream-null (make-stream (make-promise 'null)))
    (define-syntax stream-cons
      (syntax-rules ()
        ((_ head tail)
         (make-stream (make-promise (make-stream-pair (delay head) (stream-lazy tail)))))))

    (define (stream-force who stream)
      (if (not (stream? stream)) (%wrong-type who 1 "stream" stream))
      (force (stream-promise stream)))
    (define (stream-null? x) (and (stream? x) (eq? (stream-force 'stream-null? x) 'null)))
    (define (stream-pair? x) (and (stream? x) (stream-pair-object? (stream-force 'stream-pair? x))))
    (define (forced-pair who stream)
      (let ((pair (stream-force who stream)))
        (if (eq? pair 'null) (%wrong-type who 1 "stream that is not empty" stream))
        pair))
    (define (stream-car stream) (force (pair-head (forced-pair 'stream-car stream))))
    (define (stream-cdr stream) (pair-tail (forced-pair 'stream-cdr stream)))

    (define-syntax stream-lambda
      (syntax-rules ()
        ((_ parameters body0 body ...)
         (lambda parameters (stream-lazy (let () body0 body ...))))))

    ;; ---- derived

    (define-syntax define-stream
      (syntax-rules ()
        ((_ (name . parameters) body0 body ...)
         (define name (stream-lambda parameters body0 body ...)))))
    (define-syntax stream-let
      (syntax-rules ()
        ((_ tag ((name value) ...) body0 body ...)
         ((letrec ((tag (stream-lambda (name ...) body0 body ...))) tag) value ...))))
    (define-syntax stream
      (syntax-rules ()
        ((_) stream-null)
        ((_ x y ...) (stream-cons x (stream y ...)))))

    (define (check-count who argument n)
      (if (not (and (exact-integer? n) (>= n 0))) (%wrong-type who argument "count" n)))
    (define (check-procedure who argument f)
      (if (not (procedure? f)) (%wrong-type who argument "procedure" f)))
    (define (any-null? streams) (any stream-null? streams))

    (define (list->stream list)
      (if (not (list? list)) (%wrong-type 'list->stream 1 "list" list))
      (stream-let loop ((l list))
        (if (null? l) stream-null (stream-cons (car l) (loop (cdr l))))))
    (define (port->stream . port)
      (let ((port (if (pair? port) (car port) (current-input-port))))
        (stream-let loop ((c (read-char port)))
          (if (eof-object? c) stream-null (stream-cons c (loop (read-char port)))))))

    (define stream->list
      (case-lambda
        ((stream)
         (let loop ((s stream) (items '()))
           (if (stream-null? s) (reverse items) (loop (stream-cdr s) (cons (stream-car s) items)))))
        ((n stream)
         (check-count 'stream->list 1 n)
         (let loop ((n n) (s stream) (items '()))
           (if (or (= n 0) (stream-null? s))
               (reverse items)
               (loop (- n 1) (stream-cdr s) (cons (stream-car s) items)))))))

    (define (stream-append . streams)
      (stream-let loop ((streams streams))
        (cond ((null? streams) stream-null)
              ((null? (cdr streams)) (car streams))
              ((stream-null? (car streams)) (loop (cdr streams)))
              (else (stream-cons (stream-car (car streams))
                                 (loop (cons (stream-cdr (car streams)) (cdr streams))))))))
    (define (stream-concat streams)
      (stream-let loop ((streams streams))
        (cond ((stream-null? streams) stream-null)
              ((stream-null? (stream-car streams)) (loop (stream-cdr streams)))
              (else (stream-cons (stream-car (stream-car streams))
                                 (loop (stream-cons (stream-cdr (stream-car streams)) (stream-cdr streams))))))))
    (define (stream-constant . items)
      (if (null? items)
          stream-null
          (stream-let loop ((rest items))
            (if (null? rest) (loop items) (stream-cons (car rest) (loop (cdr rest)))))))

    (define (stream-drop n stream)
      (check-count 'stream-drop 1 n)
      (stream-let loop ((n n) (s stream))
        (if (or (= n 0) (stream-null? s)) s (loop (- n 1) (stream-cdr s)))))
    (define (stream-drop-while drop? stream)
      (check-procedure 'stream-drop-while 1 drop?)
      (stream-let loop ((s stream))
        (if (and (stream-pair? s) (drop? (stream-car s))) (loop (stream-cdr s)) s)))
    (define (stream-take n stream)
      (check-count 'stream-take 1 n)
      (stream-let loop ((n n) (s stream))
        (if (or (= n 0) (stream-null? s))
            stream-null
            (stream-cons (stream-car s) (loop (- n 1) (stream-cdr s))))))
    (define (stream-take-while keep? stream)
      (check-procedure 'stream-take-while 1 keep?)
      (stream-let loop ((s stream))
        (if (and (stream-pair? s) (keep? (stream-car s)))
            (stream-cons (stream-car s) (loop (stream-cdr s)))
            stream-null)))
    (define (stream-filter keep? stream)
      (check-procedure 'stream-filter 1 keep?)
      (stream-let loop ((s stream))
        (cond ((stream-null? s) stream-null)
              ((keep? (stream-car s)) (stream-cons (stream-car s) (loop (stream-cdr s))))
              (else (loop (stream-cdr s))))))

    (define (stream-fold f init stream)
      (check-procedure 'stream-fold 1 f)
      (let loop ((acc init) (s stream))
        (if (stream-null? s) acc (loop (f acc (stream-car s)) (stream-cdr s)))))
    (define (stream-for-each f . streams)
      (check-procedure 'stream-for-each 1 f)
      (let loop ((streams streams))
        (if (not (any-null? streams))
            (begin
              (apply f (map stream-car streams))
              (loop (map stream-cdr streams))))))
    (define (stream-map f . streams)
      (check-procedure 'stream-map 1 f)
      (stream-let loop ((streams streams))
        (if (any-null? streams)
            stream-null
            (stream-cons (apply f (map stream-car streams)) (loop (map stream-cdr streams))))))
    (define (stream-zip . streams) (apply stream-map list streams))
    (define (stream-scan f init stream)
      (check-procedure 'stream-scan 1 f)
      (stream-let loop ((acc init) (s stream))
        (if (stream-null? s)
            (stream-cons acc stream-null)
            (stream-cons acc (loop (f acc (stream-car s)) (stream-cdr s))))))

    (define stream-from
      (case-lambda
        ((first) (stream-from first 1))
        ((first step)
         (stream-let loop ((x first)) (stream-cons x (loop (+ x step)))))))
    (define (stream-iterate f seed)
      (check-procedure 'stream-iterate 1 f)
      (stream-let loop ((x seed)) (stream-cons x (loop (f x)))))
    (define stream-range
      (case-lambda
        ((first past) (stream-range first past (if (< first past) 1 -1)))
        ((first past step)
         (let ((before? (if (> step 0) < >)))
           (stream-let loop ((x first))
             (if (before? x past) (stream-cons x (loop (+ x step))) stream-null))))))

    (define (stream-length stream)
      (let loop ((n 0) (s stream))
        (if (stream-null? s) n (loop (+ n 1) (stream-cdr s)))))
    (define (stream-ref stream n)
      (check-count 'stream-ref 2 n)
      (let loop ((n n) (s stream))
        (cond ((stream-null? s) (%wrong-type 'stream-ref 2 "index of an element" n))
              ((= n 0) (stream-car s))
              (else (loop (- n 1) (stream-cdr s))))))
    (define (stream-reverse stream)
      (stream-let loop ((s stream) (reversed stream-null))
        (if (stream-null? s)
            reversed
            (loop (stream-cdr s) (stream-cons (stream-car s) reversed)))))

    (define (stream-unfold mapper continue? successor seed)
      (stream-let loop ((seed seed))
        (if (continue? seed)
            (stream-cons (mapper seed) (loop (successor seed)))
            stream-null)))

    ;; f answers the next seed, then one value a stream: (x) the next element, #f none now, () the end.
    (define (stream-unfolds f seed)
      (define (steps seed)
        (stream-let loop ((seed seed))
          (call-with-values (lambda () (f seed))
            (lambda (next . results) (stream-cons results (loop next))))))
      (define (result-stream i steps)
        (stream-let loop ((s steps))
          (let ((result (list-ref (stream-car s) i)))
            (cond ((pair? result) (stream-cons (car result) (loop (stream-cdr s))))
                  ((not result) (loop (stream-cdr s)))
                  (else stream-null)))))
      (let* ((all (steps seed)) (n (length (stream-car all))))
        (apply values (list-tabulate n (lambda (i) (result-stream i all))))))

    (define-syntax stream-of
      (syntax-rules ()
        ((_ expression clause ...) (stream-of-clauses expression stream-null clause ...))))
    (define-syntax stream-of-clauses
      (syntax-rules (in is)
        ((_ expression base) (stream-cons expression base))
        ((_ expression base (name in stream) clause ...)
         (stream-let loop ((s stream))
           (if (stream-null? s)
               base
               (let ((name (stream-car s)))
                 (stream-of-clauses expression (loop (stream-cdr s)) clause ...)))))
        ((_ expression base (name is value) clause ...)
         (let ((name value)) (stream-of-clauses expression base clause ...)))
        ((_ expression base test clause ...)
         (if test (stream-of-clauses expression base clause ...) base))))

    ;; A clause is (pattern [fender] expression); patterns are (), (p …), (p … . rest), rest and _.
    (define-syntax stream-match
      (syntax-rules ()
        ((_ stream clause ...)
         (let ((s stream))
           (if (not (stream? s)) (%wrong-type 'stream-match 1 "stream" s))
           (stream-match-clauses s clause ...)))))
    (define-syntax stream-match-clauses
      (syntax-rules ()
        ((_ s) (error "stream-match: no pattern matches"))
        ((_ s clause more ...)
         (let ((next (lambda () (stream-match-clauses s more ...))))
           (stream-match-clause s next clause)))))
    (define-syntax stream-match-clause
      (syntax-rules ()
        ((_ s next (pattern fender expression))
         (stream-match-pattern s next pattern (if fender expression (next))))
        ((_ s next (pattern expression))
         (stream-match-pattern s next pattern expression))))
    (define-syntax stream-match-pattern
      (syntax-rules (_)
        ((_ s next () result) (if (stream-null? s) result (next)))
        ((_ s next (_ . rest) result)
         (if (stream-pair? s)
             (let ((tail (stream-cdr s))) (stream-match-pattern tail next rest result))
             (next)))
        ((_ s next (name . rest) result)
         (if (stream-pair? s)
             (let ((name (stream-car s)) (tail (stream-cdr s)))
               (stream-match-pattern tail next rest result))
             (next)))
        ((_ s next _ result) result)
        ((_ s next name result) (let ((name s)) result))))))
