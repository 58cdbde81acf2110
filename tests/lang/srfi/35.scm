;; SRFI 35, conditions. Implicates: vm/prelude/srfi/35.sld
(import (scheme base) (srfi 35))

(define-condition-type &c &condition c? (x c-x))
(define-condition-type &c1 &c c1? (a c1-a))
(define-condition-type &c2 &c c2? (b c2-b))
(define v1 (make-condition &c1 'x "V1" 'a "a1"))
(list (c? v1) (c1? v1) (c2? v1) (c-x v1) (c1-a v1)) ;; expect: (#t #t #f "V1" "a1")
(define v2 (condition (&c2 (x "V2") (b "b2"))))
(list (c? v2) (c1? v2) (c2? v2) (c-x v2) (c2-b v2)) ;; expect: (#t #f #t "V2" "b2")
(define v3 (condition (&c1 (x "V3/1") (a "a3")) (&c2 (b "b3") (x "V3/2"))))
(list (c? v3) (c1? v3) (c2? v3) (c-x v3) (c1-a v3) (c2-b v3)) ;; expect: (#t #t #t "V3/1" "a3" "b3")
(define v4 (make-compound-condition v1 v2))
(list (c-x v4) (c1-a v4) (c2-b v4)) ;; expect: ("V1" "a1" "b2")
(define v5 (make-compound-condition v2 v3))
(list (c-x v5) (c1-a v5) (c2-b v5)) ;; expect: ("V2" "a3" "b2")
(let ((e (extract-condition v3 &c2))) (list (c2? e) (c1? e) (c-x e) (c2-b e))) ;; expect: (#t #f "V3/2" "b3")
(map (lambda (c) (condition-has-type? c &c1)) (list v1 v2 v3)) ;; expect: (#t #f #t)
(condition-ref v3 'b) ;; expect: "b3"
(define m (condition (&error) (&message (message "it failed"))))
(list (error? m) (serious-condition? m) (message-condition? m) (condition-message m)) ;; expect: (#t #t #t "it failed")
(guard (e ((and (condition? e) (error? e)) (condition-message e))) (raise m)) ;; expect: "it failed"
(raise m) ;; expect error: it failed
(map condition? (list m 5 'a)) ;; expect: (#t #f #f)
(list (condition-type? &c) (condition-type? v1)) ;; expect: (#t #f)
(error? (guard (e (#t e)) (car 5))) ;; expect: #f

(c-x m) ;; expect error: expected condition of the accessor's type
(make-condition &c1 'x 1) ;; expect error: make-condition: missing field: a
(make-condition &c 'x 1 'y 2) ;; expect error: make-condition: no such field: y
(make-condition 5) ;; expect error: make-condition: argument 1: expected condition type, got 5
(condition-ref v1 'b) ;; expect error: condition-ref: argument 2
(extract-condition v1 &c2) ;; expect error: extract-condition: argument 2
(make-condition-type '&d &c1 '(x)) ;; expect error: make-condition-type: argument 3
