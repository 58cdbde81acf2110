;; SRFI 152, string library. Implicates: vm/prelude/srfi/152.sld, runtime/text_library.c
(import (except (scheme base) string-for-each) (scheme char) (srfi 152))

(list (string-every char-alphabetic? "abc") (string-every char-alphabetic? "a1") (string-every char-alphabetic? "")) ;; expect: (#t #f #t)
(list (string-any char-numeric? "ab1") (string-any char-numeric? "1ab" 1)) ;; expect: (#t #f)
(string-tabulate (lambda (i) (integer->char (+ i 97))) 4) ;; expect: "abcd"
(string-unfold null? car cdr '(#\a "bc" #\d)) ;; expect: "abcd"
(string-unfold null? car cdr '(#\a) "<" (lambda (x) ">")) ;; expect: "<a>"
(string-unfold-right null? car cdr '(#\a #\b) ">" (lambda (x) "<")) ;; expect: "<ba>"
(reverse-list->string '(#\a #\b)) ;; expect: "ba"
(list (string-take "hello" 2) (string-drop "hello" 2) (string-take-right "hello" 2) (string-drop-right "hello" 2)) ;; expect: ("he" "llo" "lo" "hel")
(list (string-pad "325" 5) (string-pad "8871325" 5) (string-pad "ab" 4 #\*) (string-pad-right "325" 5 #\.) (string-pad-right "8871325" 5)) ;; expect: ("  325" "71325" "**ab" "325.." "88713")
(list (string-trim "  ab ") (string-trim-right " ab  ") (string-trim-both "  ab ") (string-trim-both "xxaxx" (lambda (c) (char=? c #\x))) (string-trim-both "   ")) ;; expect: ("ab " " ab" "ab" "a" "")
(string-replace "The TCL programmer" "awful" 4 7) ;; expect: "The awful programmer"
(string-replace "abc" "xyz" 1 1 1 2) ;; expect: "aybc"
(list (string-prefix-length "abcx" "abcy") (string-suffix-length "xabc" "yabc") (string-prefix-length "xab" "ab" 1)) ;; expect: (3 3 2)
(list (string-prefix? "ab" "abc") (string-prefix? "b" "abc") (string-suffix? "bc" "abc") (string-prefix? "" "")) ;; expect: (#t #f #t #t)
(list (string-index "a1b2" char-numeric?) (string-index-right "a1b2c" char-numeric?) (string-skip "12a" char-numeric?) (string-skip-right "a12" char-numeric?) (string-index "abc" char-numeric?)) ;; expect: (1 3 2 0 #f)
(list (string-contains "eek -- what a geek." "ee" 12 18) (string-contains "abab" "b") (string-contains-right "abab" "ab") (string-contains "abc" "x") (string-contains "abc" "")) ;; expect: (15 1 2 #f 0)
(list (string-take-while "12ab" char-numeric?) (string-drop-while "12ab" char-numeric?) (string-take-while-right "ab12" char-numeric?) (string-drop-while-right "ab12" char-numeric?)) ;; expect: ("12" "ab" "12" "ab")
(string-span "12ab" char-numeric?) ;; expect: "12" "ab"
(string-break "ab12" char-numeric?) ;; expect: "ab" "12"
(list (string-concatenate '("a" "b")) (string-concatenate-reverse '("c" "b") "axx" 1)) ;; expect: ("ab" "bca")
(list (string-join '("a" "b" "c")) (string-join '("a" "b") ", ") (string-join '("a" "b") ";" 'suffix) (string-join '("a" "b") "/" 'prefix) (string-join '())) ;; expect: ("a b c" "a, b" "a;b;" "/a/b" "")
(string-join '() "," 'strict-infix) ;; expect error: strict-infix
(list (string-fold cons '() "abc") (string-fold-right cons '() "abc") (string-fold cons '() "abc" 1 2)) ;; expect: ((#\c #\b #\a) (#\a #\b #\c) (#\b))
(list (string-count "a1b2" char-numeric?) (string-filter char-numeric? "a1b2") (string-remove char-numeric? "a1b2")) ;; expect: (2 "12" "ab")
(list (string-replicate "abcdef" -2 8) (string-replicate "abc" 1 1) (string-replicate "xabcx" 0 4 1 4)) ;; expect: ("efabcdefab" "" "abca")
(string-segment "abcdefg" 3) ;; expect: ("abc" "def" "g")
(list (string-split "a,b,,c" ",") (string-split "" ",") (string-split "abc" "") (string-split "a,b,c" "," 'infix 1)) ;; expect: (("a" "b" "" "c") () ("a" "b" "c") ("a" "b,c"))
(list (string-split "a;b;" ";" 'suffix) (string-split "/a/b" "/" 'prefix) (string-split "ab" "," 'strict-infix)) ;; expect: (("a" "b") ("a" "b") ("ab"))
(list (string-ci=? "aB" "Ab") (string<? "a" "b" "c")) ;; expect: (#t #t)
(string-take "ab" 3) ;; expect error: string-take: argument 2
(string-index 5 char-numeric?) ;; expect error: string-index: argument 1: expected string, got 5
(string-index "a" 5) ;; expect error: string-index: argument 2: expected procedure, got 5
(string-pad "abc" 2 #\x 3 9) ;; expect error: string-pad: argument 5: expected end index, got 9
