;; Six nested loops of n rounds each around one addition.
(import (scheme base) (bench))

(define (run n)
  (let ((count 0))
    (do ((a 0 (+ a 1))) ((= a n))
      (do ((b 0 (+ b 1))) ((= b n))
        (do ((c 0 (+ c 1))) ((= c n))
          (do ((d 0 (+ d 1))) ((= d n))
            (do ((e 0 (+ e 1))) ((= e n))
              (do ((f 0 (+ f 1))) ((= f n))
                (set! count (+ count 1))))))))
    count))

(benchmark run
  '((20 64000000)
    (13 4826809)))
