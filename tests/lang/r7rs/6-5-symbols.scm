;; R7RS 6.5 symbols. Implicates: runtime symbols, runtime printer (vertical bars), runtime reader
(import (scheme base) (scheme write) (scheme read))

(symbol? 'foo) ;; expect: #t
(symbol? (car '(a b))) ;; expect: #t
(symbol? "bar") ;; expect: #f
(symbol? 'nil) ;; expect: #t
(symbol? '()) ;; expect: #f
(symbol? #f) ;; expect: #f
(map symbol? (list 1 #\a car (string->symbol "") '|a b| '+ '...)) ;; expect: (#f #f #f #t #t #t #t)

(symbol=? 'a 'a) ;; expect: #t
(symbol=? 'a 'b) ;; expect: #f
(symbol=? 'a 'a 'a) ;; expect: #t
(symbol=? 'a 'a 'b) ;; expect: #f
(symbol=? 'a 'A) ;; expect: #f
(symbol=? 'abc (string->symbol "abc") '|abc|) ;; expect: #t
(symbol=? 'a "a") ;; expect error: symbol=?: argument 2

(symbol->string 'flying-fish) ;; expect: "flying-fish"
(symbol->string 'Martin) ;; expect: "Martin"
(symbol->string (string->symbol "Malvina")) ;; expect: "Malvina"
(symbol->string '|two words|) ;; expect: "two words"
(symbol->string '||) ;; expect: ""
(symbol->string 5) ;; expect error: symbol->string: argument 1
(symbol->string "a") ;; expect error: symbol->string: argument 1

(string->symbol "mISSISSIppi") ;; expect: mISSISSIppi
(eqv? 'bitBlt (string->symbol "bitBlt")) ;; expect: #t
(eqv? 'LollyPop (string->symbol (symbol->string 'LollyPop))) ;; expect: #t
(string=? "K. Harper, M.D." (symbol->string (string->symbol "K. Harper, M.D."))) ;; expect: #t
(eq? (string->symbol "new one") (string->symbol (string-append "new" " one"))) ;; expect: #t
(let ((s (string #\a #\b))) (let ((sym (string->symbol s))) (string-set! s 0 #\z) (list sym (symbol->string sym)))) ;; expect: (ab "ab")
(string->symbol 'a) ;; expect error: string->symbol: argument 1
(eq? 'λ (string->symbol (symbol->string 'λ))) ;; expect: #t
(string->symbol "λ") ;; expect: |λ|
(string-length (symbol->string 'λx)) ;; expect: 2

;; spelling
(eq? 'abc '|abc|) ;; expect: #t
(eq? 'abc '|a\x62;c|) ;; expect: #t
(eq? 'Abc 'abc) ;; expect: #f
(eq? '|Hello| 'Hello) ;; expect: #t
(symbol->string '|\x3bb;|) ;; expect: "λ"
(symbol->string '|a\tb|) ;; expect: "a\tb"
(string-length (symbol->string '|a\|b|)) ;; expect: 3
(map symbol->string '(! $ % & * + - / : < = > ? ^ _ ~ ...)) ;; expect: ("!" "$" "%" "&" "*" "+" "-" "/" ":" "<" "=" ">" "?" "^" "_" "~" "...")
(map symbol? '(-> ->x +x -x .x ..x +.x -.x +@ <=? a.b a@b)) ;; expect: (#t #t #t #t #t #t #t #t #t #t #t #t)
(let ((|a b| 5)) (+ |a b| 1)) ;; expect: 6
'FooBar ;; expect: FooBar

;; what write makes of odd names can be read back
(define (round-trip s) (let ((out (open-output-string))) (write (string->symbol s) out) (let ((back (read (open-input-string (get-output-string out))))) (and (symbol? back) (string=? s (symbol->string back))))))
(map round-trip '("abc" "" "two words" "1" "+1" "-" "." "a|b" "a\\b" "#foo" "Abc" "(" ")" "\"" ";" "'" "a\nb" "\t" "-1.5e3" "+i" "1/2" "λ" "+inf.0" "a.b" "..." "|")) ;; expect: (#t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t)
(string->symbol "two words") ;; expect: |two words|
(string->symbol "") ;; expect: ||
(string->symbol "1") ;; expect: |1|
(string->symbol "a(b") ;; expect: |a(b|
(display (string->symbol "two words")) ;; expect output: two words
(write 'plain) ;; expect output: plain
(write '(a . |b c|)) ;; expect output: (a . |b c|)
