;; Builds and walks complete binary trees, depths 4 to n, one of them long-lived: allocation and collection.
(import (scheme base) (bench))

(define-record-type node
  (make-node left right)
  node?
  (left node-left)
  (right node-right))

(define (build depth)
  (if (= depth 0)
      (make-node #f #f)
      (make-node (build (- depth 1)) (build (- depth 1)))))

(define (count tree)
  (if (node-left tree)
      (+ 1 (count (node-left tree)) (count (node-right tree)))
      1))

(define (run n)
  (let ((kept (build n)))
    (let loop ((depth 4) (total 0))
      (if (> depth n)
          (+ total (count kept))
          (let ((rounds (expt 2 (+ 4 (- n depth)))))
            (let again ((i 0) (total total))
              (if (= i rounds)
                  (loop (+ depth 2) total)
                  (again (+ i 1) (+ total (count (build depth)))))))))))

(benchmark run
  '((16 14723759)
    (12 658095)))
