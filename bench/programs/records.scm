;; A queue of n accounts as records: made, read, tested, changed.
(import (scheme base) (bench))

(define-record-type account
  (make-account id owner balance)
  account?
  (id account-id)
  (owner account-owner)
  (balance account-balance set-account-balance!))

(define (transfer! from to amount)
  (if (and (account? from) (account? to) (>= (account-balance from) amount))
      (begin
        (set-account-balance! from (- (account-balance from) amount))
        (set-account-balance! to (+ (account-balance to) amount))
        1)
      0))

(define (run n)
  (let ((accounts (make-vector 1000 #f)))
    (do ((i 0 (+ i 1)))
        ((= i 1000))
      (vector-set! accounts i (make-account i 'nobody 1000)))
    (let loop ((i 0) (done 0))
      (if (< i n)
          (let* ((k (modulo (* i 7) 1000))
                 (from (vector-ref accounts k))
                 (to (vector-ref accounts (modulo (+ (* i 13) 1) 1000))))
            ;; Every tenth account is closed and opened again.
            (if (= 0 (modulo i 10))
                (vector-set! accounts k
                             (make-account (account-id from) 'somebody (account-balance from))))
            (loop (+ i 1) (+ done (transfer! from to (modulo i 100)))))
          (let sum ((i 0) (total done))
            (if (= i 1000)
                total
                (let ((a (vector-ref accounts i)))
                  (sum (+ i 1) (+ total (* (modulo (account-id a) 10) (account-balance a)))))))))))

(benchmark run
  '((10000000 20332656)
    (500000 5475747)))
