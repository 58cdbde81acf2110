;; Errors of R7RS 7.1 external representations, met by read. Implicates: runtime reader.
(import (scheme base) (scheme read))

(define (from s) (read (open-input-string s)))
;; Lists.
(from "(1 2") ;; expect error: read:
(from "(") ;; expect error: read:
(from "((1) (2)") ;; expect error: read:
(from ")") ;; expect error: read:
(from " ) 1") ;; expect error: read:
(from "(1 . )") ;; expect error: read:
(from "( . 1)") ;; expect error: read:
(from "(1 . 2 3)") ;; expect error: read:
(from "(1 . 2 . 3)") ;; expect error: read:
(from "(1 .") ;; expect error: read:
(from "(1 . 2") ;; expect error: read:
(from ".") ;; expect error: read:
(from "( . )") ;; expect error: read:
(from "(1 #;)") ;; expect error: read:
(from "'") ;; expect error: read:
(from "`") ;; expect error: read:
(from ",") ;; expect error: read:
(from ",@") ;; expect error: read:
(from "(')") ;; expect error: read:
;; Vectors and bytevectors.
(from "#(1 2") ;; expect error: read:
(from "#(1 . 2)") ;; expect error: read:
(from "#u8(1 2") ;; expect error: read:
(from "#u8(256)") ;; expect error: read:
(from "#u8(-1)") ;; expect error: read:
(from "#u8(1.5)") ;; expect error: read:
(from "#u8(a)") ;; expect error: read:
(from "#u8(\"a\")") ;; expect error: read:
(from "#u8(#\\a)") ;; expect error: read:
(from "#u8(1 . 2)") ;; expect error: read:
(from "#u8((1))") ;; expect error: read:
(from "#u8") ;; expect error: read:
(from "#u9(1)") ;; expect error: read:
;; Strings.
(from "\"abc") ;; expect error: read:
(from "\"abc\\\"") ;; expect error: read:
(from "\"\\q\"") ;; expect error: read:
(from "\"\\") ;; expect error: read:
(from "\"\\x;\"") ;; expect error: read:
(from "\"\\xzz;\"") ;; expect error: read:
(from "\"\\x41\"") ;; expect error: read:
(from "\"\\xD800;\"") ;; expect error: read:
(from "\"\\x110000;\"") ;; expect error: read:
(from "\"a\\   b\"") ;; expect error: read:
;; Characters.
(from "#\\") ;; expect error: read:
(from "#\\foo") ;; expect error: read:
(from "#\\spac") ;; expect error: read:
(from "#\\ab") ;; expect error: read:
(from "#\\xD800") ;; expect error: read:
(from "#\\x110000") ;; expect error: read:
(from "#\\xgg") ;; expect error: read:
;; Symbols between bars.
(from "|abc") ;; expect error: read:
(from "|a\\") ;; expect error: read:
(from "|\\xD800;|") ;; expect error: read:
;; Comments and directives.
(from "#|abc") ;; expect error: read:
(from "#| #| |#") ;; expect error: read:
(from "#;") ;; expect error: read:
(from "#!no-such-directive") ;; expect error: read:
;; Other # syntax.
(from "#") ;; expect error: read:
(from "#q") ;; expect error: read:
(from "#<procedure>") ;; expect error: read:
(from "#tru") ;; expect error: read:
(from "#falsey") ;; expect error: read:
(from "#)") ;; expect error: read:
;; Numbers.
(from "#e") ;; expect error: read:
(from "#x") ;; expect error: read:
(from "#xg") ;; expect error: read:
(from "#b2") ;; expect error: read:
(from "#o9") ;; expect error: read:
(from "#d1f") ;; expect error: read:
(from "#e+nan.0") ;; expect error: read:
(from "#e+inf.0") ;; expect error: read:
(from "#x#x1") ;; expect error: read:
;; Datum labels.
(from "#0#") ;; expect error: read:
(from "(#0=a #1#)") ;; expect error: read:
(from "#0=") ;; expect error: read:
(from "#0=#0#") ;; expect error: read:

;; All of them satisfy read-error?, and the port goes on after what was consumed.
(define (outcome s) (guard (e ((read-error? e) 'read-error) (#t 'other)) (from s)))
(map outcome '("(" ")" "(1 . )" "#(" "\"x" "\"\\q\"" "#\\foo" "|a" "#|" "#q" "#u8(256)" "#xg" "#0#" "'" "#;")) ;; expect: (read-error read-error read-error read-error read-error read-error read-error read-error read-error read-error read-error read-error read-error read-error read-error)
(outcome "(1 2)") ;; expect: (1 2)
(eof-object? (outcome "")) ;; expect: #t
(let ((p (open-input-string ") a"))) (guard (e ((read-error? e) (read p))) (read p))) ;; expect: a
