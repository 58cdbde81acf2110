;; R7RS 6.2.5 and 6.2.7 syntax of numbers, number->string and string->number. Implicates: the number parser shared by reader and string->number, number printer.
(import (scheme base) (scheme inexact) (scheme complex))

(string->number "100") ;; expect: 100
(string->number "100" 16) ;; expect: 256
(string->number "1e2") ;; expect: 100.0
(string->number "-100") ;; expect: -100
(string->number "+100") ;; expect: 100
(string->number "007") ;; expect: 7
(string->number "0") ;; expect: 0
(string->number "-0") ;; expect: 0
(string->number "-0.0") ;; expect: -0.0
(string->number "1/2") ;; expect: 1/2
(string->number "-4/6") ;; expect: -2/3
(string->number "10/5") ;; expect: 2
(string->number "1.") ;; expect: 1.0
(string->number ".5") ;; expect: 0.5
(string->number "-.5") ;; expect: -0.5
(string->number "+.5") ;; expect: 0.5
(string->number "1.5e3") ;; expect: 1500.0
(string->number "1E3") ;; expect: 1000.0
(string->number "1e+3") ;; expect: 1000.0
(string->number "25e-1") ;; expect: 2.5
(string->number ".5e1") ;; expect: 5.0
(string->number "5.e1") ;; expect: 50.0
(string->number "+inf.0") ;; expect: +inf.0
(string->number "-inf.0") ;; expect: -inf.0
(nan? (string->number "+nan.0")) ;; expect: #t
(nan? (string->number "-nan.0")) ;; expect: #t
(string->number "+INF.0") ;; expect: +inf.0
(string->number "+i") ;; expect: +i
(string->number "-i") ;; expect: -i
(string->number "1+2i") ;; expect: 1+2i
(string->number "1/2-3/4i") ;; expect: 1/2-3/4i
(string->number "1.5+.5i") ;; expect: 1.5+0.5i
(string->number "1e1+1e1i") ;; expect: 10.0+10.0i
(string->number "+inf.0-inf.0i") ;; expect: +inf.0-inf.0i
(= (string->number "1@0") 1) ;; expect: #t
(string->number "123456789012345678901234567890") ;; expect: 123456789012345678901234567890
(string->number "-123456789012345678901234567890/10") ;; expect: -12345678901234567890123456789

;; What is not a number gives #f.
(map string->number '("" "+" "-" "." "..." "e" "e5" "1e" "1e+" "abc" "i" "--1" "+-1" "1-" "1+")) ;; expect: (#f #f #f #f #f #f #f #f #f #f #f #f #f #f #f)
(map string->number '("1 2" " 1" "1 " "1,000" "0x10" "1.2.3" "1e2.5" "1/2/3" "/2" "1/" "1./2" "1/2.0" "1/2e3")) ;; expect: (#f #f #f #f #f #f #f #f #f #f #f #f #f)
(map string->number '("1+2" "1+2j" "i1" "1i" "+ii" "1+i2" "+inf" "inf.0" "nan.0" "+nan" "+inf.00" "1@" "@1" "1@2i")) ;; expect: (#f #f #f #f #f #f #f #f #f #f #f #f #f #f)
(map string->number '("#" "#x" "#e" "#xg" "#b2" "#o8" "#d1f" "#x#x1" "#e#i1" "#e#e1" "#y1" "1#x" "-#x1")) ;; expect: (#f #f #f #f #f #f #f #f #f #f #f #f #f)
(string->number "12" 2) ;; expect: #f
(string->number "8" 8) ;; expect: #f
(string->number "g" 16) ;; expect: #f
(string->number "a") ;; expect: #f

;; Radices and prefixes.
(string->number "1010" 2) ;; expect: 10
(string->number "-101/11" 2) ;; expect: -5/3
(string->number "777" 8) ;; expect: 511
(string->number "ff" 16) ;; expect: 255
(string->number "FF" 16) ;; expect: 255
(string->number "-Ff" 16) ;; expect: -255
(string->number "99" 10) ;; expect: 99
(string->number "1e2" 16) ;; expect: 482
(string->number "#xff") ;; expect: 255
(string->number "#XFF") ;; expect: 255
(string->number "#b-101") ;; expect: -5
(string->number "#o17") ;; expect: 15
(string->number "#d17") ;; expect: 17
(string->number "#xff" 10) ;; expect: 255
(string->number "#d10" 16) ;; expect: 10
(string->number "#b101" 16) ;; expect: 5
(string->number "#e1.5") ;; expect: 3/2
(string->number "#E1e3") ;; expect: 1000
(string->number "#e-.25") ;; expect: -1/4
(string->number "#e1e-3") ;; expect: 1/1000
(string->number "#e1.2e2") ;; expect: 120
(string->number "#e0.1") ;; expect: 1/10
(= (string->number "#e1e400") (expt 10 400)) ;; expect: #t
(= (string->number "#e1e-400") (/ 1 (expt 10 400))) ;; expect: #t
(string->number "#i10") ;; expect: 10.0
(string->number "#i1/3") ;; expect: 0.3333333333333333
(string->number "#I-7") ;; expect: -7.0
(string->number "#x#e10") ;; expect: 16
(string->number "#e#x10") ;; expect: 16
(string->number "#i#xff") ;; expect: 255.0
(string->number "#x#iff/2") ;; expect: 127.5
(string->number "#b#i101") ;; expect: 5.0
(string->number "#e1.5+2.5i") ;; expect: 3/2+5/2i
(string->number "#i1+2i") ;; expect: 1.0+2.0i
(string->number "#xa+bi") ;; expect: 10+11i
(string->number "#x-ff/2") ;; expect: -255/2
(string->number "1+i" 2) ;; expect: 1+i

;; The same spellings as literals.
(list #xff #b1010 #o17 #d42 #xFF #x-ff #b+11) ;; expect: (255 10 15 42 255 -255 3)
(list #e1.5 #e1e3 #i1/2 #i3 #e-0.75) ;; expect: (3/2 1000 0.5 3.0 -3/4)
(list #x#e1F #e#x1F #i#b11 #b#i11) ;; expect: (31 31 3.0 3.0)
(list #xff/2 #b101/11 #o-7/10) ;; expect: (255/2 5/3 -7/8)
(list +5 -5 +.5 -.5 5. 1e3 1E3 1e-2 +1.5e+2) ;; expect: (5 -5 0.5 -0.5 5.0 1000.0 1000.0 0.01 150.0)
(list 1/2 -1/2 +1/2 3/6 0/3) ;; expect: (1/2 -1/2 1/2 1/2 0)
(list +i -i 1+i 1/2+3i -1.5-2.5i +inf.0+inf.0i) ;; expect: (+i -i 1+i 1/2+3i -1.5-2.5i +inf.0+inf.0i)
(list 00012 -000 01/02) ;; expect: (12 0 1/2)
(map symbol? '(+ - ... +a -a -- +- +.a ->x .a +@ -..)) ;; expect: (#t #t #t #t #t #t #t #t #t #t #t #t)
(map number? '(+1 -1 +.1 +i -i +inf.0 1+i)) ;; expect: (#t #t #t #t #t #t #t)
(map symbol? '(+inf -nan +ix +info.0 i inf.0)) ;; expect: (#t #t #t #t #t #t)

;; number->string.
(number->string 0) ;; expect: "0"
(number->string -15) ;; expect: "-15"
(number->string 255 16) ;; expect: "ff"
(number->string -255 16) ;; expect: "-ff"
(number->string 255 2) ;; expect: "11111111"
(number->string 255 8) ;; expect: "377"
(number->string 255 10) ;; expect: "255"
(number->string 1/3) ;; expect: "1/3"
(number->string -255/16 16) ;; expect: "-ff/10"
(number->string 5/3 2) ;; expect: "101/11"
(number->string 1.5) ;; expect: "1.5"
(number->string 100.0) ;; expect: "100.0"
(number->string -0.0) ;; expect: "-0.0"
(number->string +inf.0) ;; expect: "+inf.0"
(number->string -inf.0) ;; expect: "-inf.0"
(number->string +nan.0) ;; expect: "+nan.0"
(number->string 1+2i) ;; expect: "1+2i"
(number->string 562949953421312) ;; expect: "562949953421312"
(number->string 562949953421312 2) ;; expect: "10000000000000000000000000000000000000000000000000"
(number->string 18446744073709551615 16) ;; expect: "ffffffffffffffff"
(number->string 18446744073709551616 8) ;; expect: "2000000000000000000000"
(number->string 3735928559 16) ;; expect: "deadbeef"

;; (string->number (number->string z radix) radix) is z for every radix.
(define samples (list 0 1 -1 7 255 -256 562949953421311 -562949953421313 (expt 3 90) (- (expt 5 77)) 1/2 -22/7 (/ (expt 2 70) (expt 3 50)) 1+2i 1/2-5/3i))
(define (all-round-trip radix) (let loop ((l samples)) (cond ((null? l) 'all) ((eqv? (car l) (string->number (number->string (car l) radix) radix)) (loop (cdr l))) (else (car l)))))
(map all-round-trip '(2 8 10 16)) ;; expect: (all all all all)
(let loop ((n 0)) (if (= n 5000) 'all (if (= n (string->number (number->string n 16) 16) (string->number (number->string n 2) 2)) (loop (+ n 1)) n))) ;; expect: all
(let loop ((k 0)) (if (= k 200) 'all (if (= (expt 10 k) (string->number (string-append "1" (make-string k #\0)))) (loop (+ k 1)) k))) ;; expect: all
(let loop ((k 0)) (if (= k 200) 'all (if (equal? (number->string (- (expt 16 k)) 16) (string-append "-1" (make-string k #\0))) (loop (+ k 1)) k))) ;; expect: all
