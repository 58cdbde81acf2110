;; SRFI 133: Vector Library (R7RS-compatible).
(define-library (srfi 133)
  (export
   make-vector vector vector-unfold vector-unfold-right vector-copy vector-reverse-copy vector-append
   vector-concatenate vector-append-subvectors
   vector? vector-empty? vector= vector-ref vector-length
   vector-fold vector-fold-right vector-map vector-map! vector-for-each vector-count vector-cumulate
   vector-index vector-index-right vector-skip vector-skip-right vector-binary-search vector-any vector-every
   vector-partition
   vector-set! vector-swap! vector-fill! vector-reverse! vector-copy! vector-reverse-copy! vector-unfold!
   vector-unfold-right!
   vector->list reverse-vector->list list->vector reverse-list->vector vector->string string->vector)
  (import (kiln core) (kiln primitives) (kiln list))
  (begin

    (define (check-procedure who argument f)
      (if (not (procedure? f)) (%wrong-type who argument "procedure" f)))
    (define (check-count who argument n)
      (if (not (and (exact-integer? n) (>= n 0))) (%wrong-type who argument "count" n)))

    (define (shortest vectors)
      (apply min (map vector-length vectors)))
    (define (refs vectors i)
      (map (lambda (v) (vector-ref v i)) vectors))

    ;; ---- making. f gets the index and the seeds, and answers the element and the next seeds.

    (define (vector-unfold f n . seeds)
      (check-procedure 'vector-unfold 1 f)
      (check-count 'vector-unfold 2 n)
      (let ((v (make-vector n)))
        (fill-up f v 0 n seeds)
        v))
    (define (vector-unfold! f v start end . seeds)
      (check-procedure 'vector-unfold! 1 f)
      (check-range 'vector-unfold! v start end)
      (fill-up f v start end seeds))
    (define (fill-up f v start end seeds)
      (let loop ((i start) (seeds seeds))
        (if (< i end)
            (call-with-values (lambda () (apply f i seeds))
              (lambda (x . seeds)
                (vector-set! v i x)
                (loop (+ i 1) seeds))))))

    (define (vector-unfold-right f n . seeds)
      (check-procedure 'vector-unfold-right 1 f)
      (check-count 'vector-unfold-right 2 n)
      (let ((v (make-vector n)))
        (fill-down f v 0 n seeds)
        v))
    (define (vector-unfold-right! f v start end . seeds)
      (check-procedure 'vector-unfold-right! 1 f)
      (check-range 'vector-unfold-right! v start end)
      (fill-down f v start end seeds))
    (define (fill-down f v start end seeds)
      (let loop ((i (- end 1)) (seeds seeds))
        (if (>= i start)
            (call-with-values (lambda () (apply f i seeds))
              (lambda (x . seeds)
                (vector-set! v i x)
                (loop (- i 1) seeds))))))

    (define (check-range who v start end)
      (if (not (vector? v)) (%wrong-type who 2 "vector" v))
      (if (not (and (exact-integer? end) (<= 0 end (vector-length v)))) (%wrong-type who 4 "end index" end))
      (if (not (and (exact-integer? start) (<= 0 start end))) (%wrong-type who 3 "start index" start)))

    ;; (vector-append-subvectors v start end …)
    (define (vector-append-subvectors . arguments)
      (let loop ((rest arguments) (parts '()))
        (cond ((null? rest) (vector-concatenate (reverse parts)))
              ((and (pair? (cdr rest)) (pair? (cddr rest)))
               (loop (cdr (cddr rest)) (cons (vector-copy (car rest) (cadr rest) (caddr rest)) parts)))
              (else (error "vector-append-subvectors: expected vector, start and end, got" rest)))))

    ;; ---- comparing

    (define (vector= same? . vectors)
      (check-procedure 'vector= 1 same?)
      (or (null? vectors)
          (let loop ((a (car vectors)) (more (cdr vectors)))
            (or (null? more)
                (and (same-elements? same? a (car more))
                     (loop (car more) (cdr more)))))))
    (define (same-elements? same? a b)
      (or (eq? a b)
          (let ((n (vector-length a)))
            (and (= n (vector-length b))
                 (let loop ((i 0))
                   (or (= i n)
                       (and (same? (vector-ref a i) (vector-ref b i))
                            (loop (+ i 1)))))))))

    ;; ---- going through

    (define (vector-fold-right f init . vectors)
      (check-procedure 'vector-fold-right 1 f)
      (let loop ((i (- (shortest vectors) 1)) (acc init))
        (if (< i 0)
            acc
            (loop (- i 1) (apply f acc (refs vectors i))))))

    (define (vector-map! f v . vectors)
      (check-procedure 'vector-map! 1 f)
      (let* ((vectors (cons v vectors)) (n (shortest vectors)))
        (let loop ((i 0))
          (if (< i n)
              (begin
                (vector-set! v i (apply f (refs vectors i)))
                (loop (+ i 1)))))))

    (define (vector-cumulate f init v)
      (check-procedure 'vector-cumulate 1 f)
      (let* ((n (vector-length v)) (result (make-vector n)))
        (let loop ((i 0) (acc init))
          (if (< i n)
              (let ((x (f acc (vector-ref v i))))
                (vector-set! result i x)
                (loop (+ i 1) x))
              result))))

    (define (vector-skip found? . vectors)
      (check-procedure 'vector-skip 1 found?)
      (apply vector-index (lambda items (not (apply found? items))) vectors))
    (define (vector-index-right found? . vectors)
      (check-procedure 'vector-index-right 1 found?)
      (let ((n (vector-length (car vectors))))
        (for-each (lambda (v)
                    (if (not (= (vector-length v) n))
                        (error "vector-index-right: the vectors differ in length:" n (vector-length v))))
                  vectors)
        (let loop ((i (- n 1)))
          (and (>= i 0)
               (if (apply found? (refs vectors i)) i (loop (- i 1)))))))
    (define (vector-skip-right found? . vectors)
      (check-procedure 'vector-skip-right 1 found?)
      (apply vector-index-right (lambda items (not (apply found? items))) vectors))

    ;; (compare element x) is negative, zero or positive.
    (define (vector-binary-search v x compare)
      (check-procedure 'vector-binary-search 3 compare)
      (let loop ((low 0) (high (vector-length v)))
        (and (< low high)
             (let* ((i (quotient (+ low high) 2)) (order (compare (vector-ref v i) x)))
               (cond ((= order 0) i)
                     ((< order 0) (loop (+ i 1) high))
                     (else (loop low i)))))))

    ;; A vector of the elements that hold, then those that do not, and the number of the former.
    (define (vector-partition in? v)
      (check-procedure 'vector-partition 1 in?)
      (let-values (((in out) (partition in? (vector->list v))))
        (values (list->vector (append in out)) (length in))))))
