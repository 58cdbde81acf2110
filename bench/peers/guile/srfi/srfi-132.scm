;; What the programs use of SRFI 132.
(define-module (srfi srfi-132)
  #:export (list-sort vector-sort))

(define (list-sort less? list) (sort list less?))
(define (vector-sort less? vector) (sort vector less?))
