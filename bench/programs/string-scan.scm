;; Counts vowels, words and the occurrences of a pattern in a string of 12,000 characters, n times.
(import (scheme base) (bench))

(define text
  (let ((sentence "the quick brown fox jumps over the lazy dog, then sleeps all day "))
    (do ((i 0 (+ i 1))
         (parts '() (cons sentence parts)))
        ((= i 188) (apply string-append parts)))))

(define (count-vowels s)
  (let ((end (string-length s)))
    (let loop ((i 0) (count 0))
      (if (= i end)
          count
          (loop (+ i 1)
                (case (string-ref s i)
                  ((#\a #\e #\i #\o #\u) (+ count 1))
                  (else count)))))))

(define (count-words s)
  (let ((end (string-length s)))
    (let loop ((i 0) (in-word? #f) (count 0))
      (if (= i end)
          count
          (let ((space? (char=? (string-ref s i) #\space)))
            (loop (+ i 1)
                  (not space?)
                  (if (and (not space?) (not in-word?)) (+ count 1) count)))))))

(define (match? pattern s at)
  (let ((length (string-length pattern)))
    (let loop ((i 0))
      (or (= i length)
          (and (char=? (string-ref pattern i) (string-ref s (+ at i)))
               (loop (+ i 1)))))))

(define (count-pattern pattern s)
  (let ((last (- (string-length s) (string-length pattern))))
    (let loop ((i 0) (count 0))
      (if (> i last)
          count
          (loop (+ i 1) (if (match? pattern s i) (+ count 1) count))))))

(define (run n)
  (let loop ((i 0) (sum 0))
    (if (= i n)
        sum
        (loop (+ i 1)
              (+ sum (count-vowels text) (count-words text) (count-pattern "then" text))))))

(benchmark run
  '((700 3948000)
    (70 394800)))
