;; SRFI 152: String Library (reduced).
(define-library (srfi 152)
  (export
   string? string-null? string-every string-any make-string string string-tabulate string-unfold string-unfold-right
   string->vector string->list vector->string list->string reverse-list->string
   string-length string-ref substring string-copy string-take string-drop string-take-right string-drop-right
   string-pad string-pad-right string-trim string-trim-right string-trim-both string-replace
   string=? string<? string>? string<=? string>=? string-ci=? string-ci<? string-ci>? string-ci<=? string-ci>=?
   string-prefix-length string-suffix-length string-prefix? string-suffix?
   string-index string-index-right string-skip string-skip-right string-contains string-contains-right
   string-take-while string-take-while-right string-drop-while string-drop-while-right string-break string-span
   string-append string-concatenate string-concatenate-reverse string-join
   string-fold string-fold-right string-map string-for-each string-count string-filter string-remove
   string-replicate string-segment string-split
   read-string write-string string-set! string-fill! string-copy!)
  (import (kiln core)
          (except (kiln primitives) string-pad-right string-trim string-trim-right string-trim-both string-join string-split)
          (kiln list))
  (begin

    ;; ---- arguments

    (define (check-string who argument s)
      (if (not (string? s)) (%wrong-type who argument "string" s)))
    (define (check-procedure who argument f)
      (if (not (procedure? f)) (%wrong-type who argument "procedure" f)))
    (define (check-count who argument n)
      (if (not (and (exact-integer? n) (>= n 0))) (%wrong-type who argument "count" n)))

    ;; (with-range who string argument range (start end) body …): range is a list of at most start and end, the first
    ;; of which has number `argument`.
    (define-syntax with-range
      (syntax-rules ()
        ((_ who s argument range (start end) body0 body ...)
         (begin
           (check-string who (if (= argument 1) 2 1) s)
           (let* ((n (string-length s))
                  (end (if (and (pair? range) (pair? (cdr range))) (cadr range) n))
                  (start (if (pair? range) (car range) 0)))
             (if (not (and (exact-integer? end) (<= 0 end n))) (%wrong-type who (+ argument 1) "end index" end))
             (if (not (and (exact-integer? start) (<= 0 start end))) (%wrong-type who argument "start index" start))
             body0 body ...)))))

    ;; First index from start, or last one below end, whose character is (want #t) or is not (want #f) accepted; else #f.
    (define (scan s start end accept? want)
      (let loop ((i start))
        (and (< i end)
             (if (eq? (and (accept? (string-ref s i)) #t) want) i (loop (+ i 1))))))
    (define (scan-right s start end accept? want)
      (let loop ((i (- end 1)))
        (and (>= i start)
             (if (eq? (and (accept? (string-ref s i)) #t) want) i (loop (- i 1))))))

    ;; ---- predicates

    (define (string-every accept? s . range)
      (check-procedure 'string-every 1 accept?)
      (with-range 'string-every s 3 range (start end)
        (let loop ((i start) (last #t))
          (if (< i end)
              (let ((x (accept? (string-ref s i)))) (and x (loop (+ i 1) x)))
              last))))
    (define (string-any accept? s . range)
      (check-procedure 'string-any 1 accept?)
      (with-range 'string-any s 3 range (start end)
        (let loop ((i start))
          (and (< i end) (or (accept? (string-ref s i)) (loop (+ i 1)))))))

    ;; ---- making

    (define (string-tabulate f n)
      (check-procedure 'string-tabulate 1 f)
      (check-count 'string-tabulate 2 n)
      (list->string (list-tabulate n f)))

    ;; mapper answers characters or strings.
    (define (text x) (if (char? x) (string x) x))
    (define (no-text x) "")
    (define (string-unfold stop? mapper successor seed . more)
      (let ((base (if (pair? more) (text (car more)) ""))
            (make-final (if (and (pair? more) (pair? (cdr more))) (cadr more) no-text)))
        (let loop ((seed seed) (parts (list base)))
          (if (stop? seed)
              (apply string-append (reverse (cons (text (make-final seed)) parts)))
              (let ((part (text (mapper seed)))) (loop (successor seed) (cons part parts)))))))
    (define (string-unfold-right stop? mapper successor seed . more)
      (let ((base (if (pair? more) (text (car more)) ""))
            (make-final (if (and (pair? more) (pair? (cdr more))) (cadr more) no-text)))
        (let loop ((seed seed) (parts (list base)))
          (if (stop? seed)
              (apply string-append (text (make-final seed)) parts)
              (let ((part (text (mapper seed)))) (loop (successor seed) (cons part parts)))))))
    (define (reverse-list->string list) (list->string (reverse list)))

    ;; ---- parts

    (define (check-size who s n)
      (check-string who 1 s)
      (if (not (and (exact-integer? n) (<= 0 n (string-length s)))) (%wrong-type who 2 "number of its characters" n)))
    (define (string-take s n)
      (check-size 'string-take s n)
      (substring s 0 n))
    (define (string-drop s n)
      (check-size 'string-drop s n)
      (substring s n (string-length s)))
    (define (string-take-right s n)
      (check-size 'string-take-right s n)
      (substring s (- (string-length s) n) (string-length s)))
    (define (string-drop-right s n)
      (check-size 'string-drop-right s n)
      (substring s 0 (- (string-length s) n)))

    (define (padding more) (if (pair? more) (car more) #\space))
    (define (range-of more) (if (pair? more) (cdr more) '()))
    (define (string-pad s n . more)
      (check-count 'string-pad 2 n)
      (with-range 'string-pad s 4 (range-of more) (start end)
        (let ((size (- end start)))
          (if (>= size n)
              (substring s (- end n) end)
              (string-append (make-string (- n size) (padding more)) (substring s start end))))))
    (define (string-pad-right s n . more)
      (check-count 'string-pad-right 2 n)
      (with-range 'string-pad-right s 4 (range-of more) (start end)
        (let ((size (- end start)))
          (if (>= size n)
              (substring s start (+ start n))
              (string-append (substring s start end) (make-string (- n size) (padding more)))))))

    (define (trimmed more) (if (pair? more) (car more) char-whitespace?))
    (define (string-trim s . more)
      (with-range 'string-trim s 3 (range-of more) (start end)
        (substring s (or (scan s start end (trimmed more) #f) end) end)))
    (define (string-trim-right s . more)
      (with-range 'string-trim-right s 3 (range-of more) (start end)
        (let ((last (scan-right s start end (trimmed more) #f)))
          (substring s start (if last (+ last 1) start)))))
    (define (string-trim-both s . more)
      (with-range 'string-trim-both s 3 (range-of more) (start end)
        (let ((first (scan s start end (trimmed more) #f)))
          (if first
              (substring s first (+ 1 (scan-right s start end (trimmed more) #f)))
              ""))))

    (define (string-replace s with start1 end1 . range)
      (with-range 'string-replace s 3 (list start1 end1) (start end)
        (string-append (substring s 0 start) (apply string-copy with range)
                       (substring s end (string-length s)))))

    ;; ---- prefixes and suffixes

    (define (split-ranges range)
      (if (and (pair? range) (pair? (cdr range)))
          (values (list (car range) (cadr range)) (cddr range))
          (values range '())))
    (define (string-prefix-length a b . range)
      (let-values (((range-a range-b) (split-ranges range)))
        (with-range 'string-prefix-length a 3 range-a (start-a end-a)
          (with-range 'string-prefix-length b 5 range-b (start-b end-b)
            (let loop ((i start-a) (j start-b))
              (if (and (< i end-a) (< j end-b) (char=? (string-ref a i) (string-ref b j)))
                  (loop (+ i 1) (+ j 1))
                  (- i start-a)))))))
    (define (string-suffix-length a b . range)
      (let-values (((range-a range-b) (split-ranges range)))
        (with-range 'string-suffix-length a 3 range-a (start-a end-a)
          (with-range 'string-suffix-length b 5 range-b (start-b end-b)
            (let loop ((i (- end-a 1)) (j (- end-b 1)))
              (if (and (>= i start-a) (>= j start-b) (char=? (string-ref a i) (string-ref b j)))
                  (loop (- i 1) (- j 1))
                  (- end-a i 1)))))))
    (define (string-prefix? a b . range)
      (let-values (((range-a range-b) (split-ranges range)))
        (with-range 'string-prefix? a 3 range-a (start end)
          (= (- end start) (apply string-prefix-length a b range)))))
    (define (string-suffix? a b . range)
      (let-values (((range-a range-b) (split-ranges range)))
        (with-range 'string-suffix? a 3 range-a (start end)
          (= (- end start) (apply string-suffix-length a b range)))))

    ;; ---- searching

    (define (string-index s accept? . range)
      (check-procedure 'string-index 2 accept?)
      (with-range 'string-index s 3 range (start end) (scan s start end accept? #t)))
    (define (string-index-right s accept? . range)
      (check-procedure 'string-index-right 2 accept?)
      (with-range 'string-index-right s 3 range (start end) (scan-right s start end accept? #t)))
    (define (string-skip s accept? . range)
      (check-procedure 'string-skip 2 accept?)
      (with-range 'string-skip s 3 range (start end) (scan s start end accept? #f)))
    (define (string-skip-right s accept? . range)
      (check-procedure 'string-skip-right 2 accept?)
      (with-range 'string-skip-right s 3 range (start end) (scan-right s start end accept? #f)))

    (define (string-contains s sub . range)
      (let-values (((range-s range-sub) (split-ranges range)))
        (let ((sub (apply string-copy sub range-sub)))
          (with-range 'string-contains s 3 range-s (start end)
            (let ((found (string-index-of (substring s 0 end) sub start))) found)))))
    (define (string-contains-right s sub . range)
      (let-values (((range-s range-sub) (split-ranges range)))
        (let ((sub (apply string-copy sub range-sub)))
          (with-range 'string-contains-right s 3 range-s (start end)
            (let ((found (string-last-index-of (substring s start end) sub))) (and found (+ found start)))))))

    (define (string-take-while s accept? . range)
      (check-procedure 'string-take-while 2 accept?)
      (with-range 'string-take-while s 3 range (start end)
        (substring s start (or (scan s start end accept? #f) end))))
    (define (string-take-while-right s accept? . range)
      (check-procedure 'string-take-while-right 2 accept?)
      (with-range 'string-take-while-right s 3 range (start end)
        (let ((last (scan-right s start end accept? #f)))
          (substring s (if last (+ last 1) start) end))))
    (define (string-drop-while s accept? . range)
      (check-procedure 'string-drop-while 2 accept?)
      (apply string-trim s accept? range))
    (define (string-drop-while-right s accept? . range)
      (check-procedure 'string-drop-while-right 2 accept?)
      (apply string-trim-right s accept? range))
    (define (string-span s accept? . range)
      (check-procedure 'string-span 2 accept?)
      (with-range 'string-span s 3 range (start end)
        (let ((i (or (scan s start end accept? #f) end)))
          (values (substring s start i) (substring s i end)))))
    (define (string-break s accept? . range)
      (check-procedure 'string-break 2 accept?)
      (with-range 'string-break s 3 range (start end)
        (let ((i (or (scan s start end accept? #t) end)))
          (values (substring s start i) (substring s i end)))))

    ;; ---- joining and splitting

    (define (string-concatenate strings) (apply string-append strings))
    (define string-concatenate-reverse
      (case-lambda
        ((strings) (apply string-append (reverse strings)))
        ((strings final) (apply string-append (append-reverse strings (list final))))
        ((strings final end) (string-concatenate-reverse strings (substring final 0 end)))))

    (define string-join
      (case-lambda
        ((strings) (string-join strings " " 'infix))
        ((strings delimiter) (string-join strings delimiter 'infix))
        ((strings delimiter grammar)
         (case grammar
           ((infix) (joined strings delimiter))
           ((strict-infix)
            (if (null? strings) (error "string-join: strict-infix needs at least one string"))
            (joined strings delimiter))
           ((prefix) (apply string-append (append-map (lambda (s) (list delimiter s)) strings)))
           ((suffix) (apply string-append (append-map (lambda (s) (list s delimiter)) strings)))
           (else (%wrong-type 'string-join 3 "infix, strict-infix, prefix or suffix" grammar))))))
    (define (joined strings delimiter)
      (if (null? strings)
          ""
          (apply string-append (car strings)
                 (append-map (lambda (s) (list delimiter s)) (cdr strings)))))

    (define (string-split s delimiter . more)
      (check-string 'string-split 2 delimiter)
      (let* ((grammar (if (pair? more) (car more) 'infix))
             (limit (if (and (pair? more) (pair? (cdr more))) (cadr more) #f))
             (range (if (and (pair? more) (pair? (cdr more))) (cddr more) '())))
        (with-range 'string-split s 5 range (start end)
          (let* ((parts (split-text (substring s start end) delimiter limit))
                 (parts (if (and (memq grammar '(prefix)) (pair? parts) (string=? (car parts) ""))
                            (cdr parts)
                            parts)))
            (cond ((= start end)
                   (if (eq? grammar 'strict-infix)
                       (error "string-split: strict-infix needs a string that is not empty")
                       '()))
                  ((and (eq? grammar 'suffix) (pair? parts) (string=? (last parts) "")) (drop-right parts 1))
                  (else parts))))))
    (define (split-text s delimiter limit)
      (if (string=? delimiter "")
          (map string (string->list s))
          (let ((size (string-length delimiter)))
            (let loop ((from 0) (left (or limit -1)) (parts '()))
              (let ((i (and (not (= left 0)) (string-index-of s delimiter from))))
                (if i
                    (loop (+ i size) (- left 1) (cons (substring s from i) parts))
                    (reverse (cons (substring s from (string-length s)) parts))))))))

    (define (string-segment s n)
      (check-string 'string-segment 1 s)
      (if (not (and (exact-integer? n) (> n 0))) (%wrong-type 'string-segment 2 "positive count" n))
      (let ((size (string-length s)))
        (let loop ((i 0) (parts '()))
          (if (>= i size)
              (reverse parts)
              (loop (+ i n) (cons (substring s i (min size (+ i n))) parts))))))

    ;; The characters from index `from` to `to` of the string repeated without end in both directions.
    (define (string-replicate s from to . range)
      (with-range 'string-replicate s 4 range (start end)
        (let ((size (- end start)) (n (- to from)))
          (cond ((< n 0) (%wrong-type 'string-replicate 3 "end index" to))
                ((= n 0) "")
                ((= size 0) (error "string-replicate: nothing to replicate"))
                (else
                 (string-tabulate (lambda (i) (string-ref s (+ start (modulo (+ from i) size)))) n))))))

    ;; ---- folding and filtering

    (define (string-fold f init s . range)
      (check-procedure 'string-fold 1 f)
      (with-range 'string-fold s 4 range (start end)
        (let loop ((i start) (acc init))
          (if (< i end) (loop (+ i 1) (f (string-ref s i) acc)) acc))))
    (define (string-fold-right f init s . range)
      (check-procedure 'string-fold-right 1 f)
      (with-range 'string-fold-right s 4 range (start end)
        (let loop ((i (- end 1)) (acc init))
          (if (>= i start) (loop (- i 1) (f (string-ref s i) acc)) acc))))
    (define (string-filter keep? s . range)
      (check-procedure 'string-filter 1 keep?)
      (list->string (filter keep? (apply string->list s range))))
    (define (string-remove drop? s . range)
      (check-procedure 'string-remove 1 drop?)
      (list->string (remove drop? (apply string->list s range))))))
