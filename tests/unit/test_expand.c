// The expander: hygiene, syntax-rules, bodies, environments of three kinds, libraries, SX forms,
// positions of errors. The code is run by the CEK: a test asserts values.
#include "runtime/list.h"
#include "unit.h"

#include "runtime/port.h"
#include "runtime/printer.h"
#include "runtime/reader.h"
#include "runtime/symbol.h"
#include "vm/expand.h"
#include "vm/library.h"
#include "vm/tier.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static Value environment; // of the test

static int set_up(void **state) {
    if (unit_set_up(state))
        return 1;
    vm->tier = (Tier *)(uintptr_t)&vm_tier_cek;
    return !vm_language_init(vm);
}

static const char *text_of(Value v) { return rt_string_to_utf8(vm, v, NULL); }

// Evaluate all forms of a text; the last value as `write` prints it, or "LINE:COLUMN MESSAGE" of
// the failure.
static const char *run_in(Value env, const char *text, ReadMode mode) {
    Reader reader;
    rt_reader_init(vm, &reader, rt_port_from_utf8(vm, text, strlen(text)), mode);
    reader.source = rt_source_add(vm, "test", rt_string_from_c(vm, text));
    reader.map = rt_source_map_new(vm);
    reader.literals = true;
    Value result = VALUE_UNSPECIFIED;
    for (;;) {
        Value form = rt_read(vm, &reader);
        if (form == VALUE_EOF)
            return text_of(rt_write_to_string(vm, result, WRITE_WRITE));
        if (form == VALUE_FAILURE)
            break;
        result = vm_eval_form_at(vm, form, env, reader.map, reader.position);
        if (result == VALUE_FAILURE)
            break;
    }
    Position p =
        rt_position_from_value(rt_condition_field(vm->condition, CONDITION_FIELD_POSITION));
    const char *message = failure_text();
    size_t size = strlen(message) + 32;
    char *failure = rt_raw_new_atomic(vm, size);
    snprintf(failure, size, "%u:%u %s", position_line(p), position_column(p), message);
    return failure;
}

static void gives_in(Value env, const char *text, const char *expected) {
    const char *got = run_in(env, text, READ_SCHEME);
    if (strcmp(got, expected) != 0)
        fail_msg("%s\n  expected %s\n  got      %s", text, expected, got);
}

static Value program(const char *imports) {
    Value env = vm_environment_new_program(vm);
    gives_in(env, imports, "#<unspecified>");
    return env;
}

// In an environment of its own with R7RS, which the following calls of `gives` share.
static void start(void) { environment = vm_environment_new_interactive(vm, false); }
static void gives(const char *text, const char *expected) { gives_in(environment, text, expected); }

// ---- hygiene

static void test_hygiene(void **state) {
    start();
    gives(
        "(define-syntax swap! (syntax-rules () ((_ a b) (let ((tmp a)) (set! a b) (set! b tmp)))))"
        "(let ((tmp 1) (other 2)) (swap! tmp other) (list tmp other))",
        "(2 1)");
    gives("(define-syntax my-or (syntax-rules () ((_) #f) ((_ e) e)"
          " ((_ e r ...) (let ((t e)) (if t t (my-or r ...))))))"
          "(let ((t 5) (if list)) (my-or #f t))",
          "5");
    gives("(let ((x 'outer)) (let-syntax ((m (syntax-rules () ((m) x)))) (let ((x 'inner)) (m))))",
          "outer");
    gives("(let ((=> #f)) (cond (#t => 'ok)))", "ok");
    gives("(let ((else #f)) (cond (else 1) (#t 2)))", "2");
    gives(
        "(define-syntax while (syntax-rules () ((_ c b ...) (let loop () (when c b ... (loop))))))"
        "(let ((i 0) (loop 'mine)) (while (< i 3) (set! i (+ i 1))) (list i loop))",
        "(3 mine)");
    // A macro that makes macros, twice.
    gives("(define-syntax def (syntax-rules () ((_ name value) (define-syntax name"
          " (syntax-rules () ((_ x) (let ((y value)) (list x y))))))))"
          "(def pair-up 2) (let ((y 1)) (pair-up y))",
          "(1 2)");
    gives("(let-syntax ((m (syntax-rules () ((m x) (let-syntax ((n (syntax-rules (k)"
          " ((n x) 'bound) ((n y) 'free)))) (n z)))))) (m k))",
          "bound");
    gives("(define-syntax quoted (syntax-rules () ((_ a) '(a b #(b c))))) (quoted z)",
          "(z b #(b c))");
}

static void test_hidden_globals(void **state) {
    start();
    gives("(define-syntax def-counter (syntax-rules () ((_ next) (begin (define count 0)"
          " (define (next) (set! count (+ count 1)) count)))))"
          "(define count 'mine) (def-counter a) (def-counter b) (a) (a) (list (a) (b) count)",
          "(3 1 mine)");
    // A reference before the definition of the same hidden name.
    gives("(define-syntax two (syntax-rules () ((_ f) (begin (define (f x) (g x)) (define (g x) (* "
          "x x))))))"
          "(two square-of) (square-of 10)",
          "100");
    gives("(define-syntax jabberwocky (syntax-rules () ((_ hatter) (begin (define march-hare 42)"
          " (define-syntax hatter (syntax-rules () ((_) march-hare)))))))"
          "(jabberwocky mad-hatter) (mad-hatter)",
          "42");
    gives("march-hare", "1:1 unbound variable: march-hare");
}

// ---- syntax-rules

static void test_patterns(void **state) {
    start();
    gives("(define-syntax m (syntax-rules () ((_ (a b ...) ...) '((a ...) ((b ...) ...)))))"
          "(m (1 2 3) (4) (5 6))",
          "((1 4 5) ((2 3) () (6)))");
    gives("(define-syntax tail (syntax-rules () ((_ a ... y z) '((a ...) y z)))) (tail 1 2 3 4)",
          "((1 2) 3 4)");
    gives("(tail 1)", "1:1 tail: bad syntax: no matching clause");
    gives("(define-syntax dotted (syntax-rules () ((_ (a ... b . c)) '((a ...) b c)))) (dotted (1 "
          "2 3 . 4))",
          "((1 2) 3 4)");
    gives("(define-syntax vec (syntax-rules () ((_ #(a b ...)) '(a #(b ... a))))) (vec #(1 2 3))",
          "(1 #(2 3 1))");
    gives(
        "(define-syntax flat (syntax-rules () ((_ (a ...) ...) '(a ... ...)))) (flat (1 2) () (3))",
        "(1 2 3)");
    gives("(define-syntax lit (syntax-rules (=>) ((_ a => b) '(a b)) ((_ . r) 'no)))"
          "(list (lit 1 => 2) (let ((=> 0)) (lit 1 => 2)))",
          "((1 2) no)");
    gives("(define-syntax esc (syntax-rules () ((_ a) '(a (... ...) (... (a ...)))))) (esc 1)",
          "(1 ... (1 ...))");
    gives("(define-syntax my (syntax-rules ::: () ((_ a :::) '(a ::: ...)))) (my 1 2)",
          "(1 2 ...)");
    gives("(define-syntax under (syntax-rules (_) ((m _) 'one) ((m a) 'other))) (list (under _) "
          "(under 1))",
          "(one other)");
    gives("(define-syntax l (syntax-rules (...) ((_ a ...) 'literal) ((_ . r) 'rest))) (list (l 1 "
          "...) (l 1 2))",
          "(literal rest)");
    gives("(define-syntax datum (syntax-rules () ((_ 1 \"a\" #\\b) 'yes) ((_ . r) 'no)))"
          "(list (datum 1 \"a\" #\\b) (datum 1 \"b\" #\\b))",
          "(yes no)");
}

// A variable below more ellipses than in its pattern.
static void test_excess_ellipses(void **state) {
    start();
    gives("(define-syntax all (syntax-rules () ((_ (a ...) (b ...)) '((a b ...) ...)))) (all (1 2) "
          "(3 4))",
          "((1 3 4) (2 3 4))");
    gives("(define-syntax own (syntax-rules () ((_ (a b ...) ...) '((a b) ... ...)))) (own (1 2 3) "
          "(4 5))",
          "((1 2) (1 3) (4 5))");
    gives("(define-syntax both (syntax-rules () ((_ x ...) '((x x ...) ...)))) (both 1 2)",
          "((1 1 2) (2 1 2))");
    gives("(define-syntax uneven (syntax-rules () ((_ (a ...) (b ...)) '((a b) ...)))) (uneven (1 "
          "2) (3))",
          "1:77 uneven: bad syntax: parts that are repeated together have different lengths");
}

static void test_definition_errors(void **state) {
    start();
    gives("(define-syntax m (syntax-rules () ((_ a a) 1)))",
          "1:41 syntax-rules: bad syntax: duplicate pattern variable a");
    gives("(define-syntax m (syntax-rules () ((_ a ...) a)))",
          "1:46 syntax-rules: bad syntax: too few ellipses after the pattern variable a");
    gives("(define-syntax m (syntax-rules () ((_ a) (a ...))))",
          "1:45 syntax-rules: bad syntax: an ellipsis follows a template without a variable to "
          "repeat");
    gives("(define-syntax m (syntax-rules () ((_ a ... b ...) 1)))",
          "1:47 syntax-rules: bad syntax: two ellipses in one list");
    gives("(define-syntax m (syntax-rules () ((_ ... a) 1)))",
          "1:39 syntax-rules: bad syntax: an ellipsis follows no pattern");
    gives("(define-syntax m (syntax-rules () (_ 1)))",
          "1:35 syntax-rules: bad syntax: expected ((keyword pattern ...) template)");
    gives("(define-syntax m 5)", "1:18 define-syntax: bad syntax: expected (syntax-rules ...)");
    gives("(define-syntax loop (syntax-rules () ((_) (loop)))) (loop)",
          "1:53 loop: macro expansion does not end");
}

// ---- constants

static void test_quote(void **state) {
    start();
    gives("(define-syntax cyc (syntax-rules () ((_ d) '(a . d)))) (cyc #0=(x . #0#))",
          "(a . #0=(x . #0#))");
    gives("(define-syntax keep (syntax-rules () ((_ d) (let ((v '(d d sym))) (eq? (car v) (cadr "
          "v))))))"
          "(keep (1 2))",
          "#t");
    gives("`(1 ,@'(2 3) . ,(+ 2 2))", "(1 2 3 . 4)");
    gives("`#(1 ,(+ 1 1) ,@(list 3))", "#(1 2 3)");
    gives("`(a `(b ,(c ,(+ 1 2))))", "(a `(b ,(c 3)))");
    gives("`(a `(b ,,@(list 1 2)))", "(a `(b (unquote 1 2)))");
    gives("(let ((x '(1 2))) (eq? x `,x))", "#t");
    gives("`(1 . ,@2)", "1:2 quasiquote: bad syntax: unquote-splicing is not an element of a list");
}

// ---- bodies

static void test_bodies(void **state) {
    start();
    gives("(let () (define (even? n) (if (= n 0) #t (odd? (- n 1)))) (define (odd? n) (if (= n 0) "
          "#f (even? (- n 1))))"
          " (even? 1000))",
          "#t");
    gives("(let ((x 1)) (define y (+ x 1)) (set! x 5) (define-values (a . b) (values x y 3)) (list "
          "x y a b))",
          "(5 2 5 (2 3))");
    gives("(let () (define-record-type point (make x) point? (x px)) (define p (make 4)) (list "
          "(point? p) (px p)))",
          "(#t 4)");
    gives("(let () (define-syntax m (syntax-rules () ((_ n v) (define n v)))) (begin (m a 1) (m b "
          "2)) (list a b))",
          "(1 2)");
    gives("(define (f x) (define x 2) x) (f 1)", "2");
    gives("(letrec ((a (lambda () b)) (b (car (list (a))))) b)",
          "1:24 variable used before its initialisation: b");
    gives("(let () (define x 1))", "1:1 let: bad syntax: no expression after the definitions");
    gives("(let () (define x 1) (define x 2) x)",
          "1:30 define: bad syntax: duplicate definition of x");
    gives("(if #t (define x 1))",
          "1:8 define: bad syntax: a definition is only allowed at top level or in a body");
}

static void test_messages(void **state) {
    start();
    gives("(if)", "1:1 if: bad syntax: expected (if test consequent [alternate])");
    gives("(let ((x 1)\n      (x 2)) x)", "2:8 let: bad syntax: duplicate variable x");
    gives("(let ((x)) x)",
          "1:7 let: bad syntax: expected a binding (variable expression), got (x)");
    gives("(lambda (a b a) 1)", "1:14 lambda: bad syntax: duplicate parameter a");
    gives("(lambda (a . 5) 1)", "1:10 lambda: bad syntax: not a parameter: 5");
    gives("(cond (else 1) (2 3))", "1:7 cond: bad syntax: else is not the last clause");
    gives("(case 1 (1 2))", "1:10 case: bad syntax: expected a list of data");
    gives("(do ((i 0 1 2)) (#t))",
          "1:6 do: bad syntax: expected (variable init [step]), got (i 0 1 2)");
    gives("(set! 5 1)", "1:7 set!: bad syntax: not a variable: 5");
    gives("(list else)", "1:7 else: bad syntax: a keyword is not an expression");
    gives("(car . 5)", "1:1 bad syntax: a call has a dotted end");
    gives("()", "1:1 bad syntax: () is not an expression");
    gives("(syntax-error \"no good:\" (a b) 3)", "1:1 no good: (a b) 3");
    gives("(define-syntax m (syntax-rules () ((_ x) (if)))) (list\n (m 1))",
          "2:2 if: bad syntax: expected (if test consequent [alternate])");
    gives("(define-syntax m (syntax-rules () ((_ x) (list x)))) (m\n  (if))",
          "2:3 if: bad syntax: expected (if test consequent [alternate])");
}

// ---- environments

static void test_interactive(void **state) {
    start();
    gives("(define (f x) (car x)) (f '(1 2))", "1");
    gives("(define (car x) 'mine) (f '(1 2))", "mine"); // at once for all code of the environment
    gives("(map cadr '((1 2) (3 4)))", "(2 4)");        // and for no library's
    gives("(set! cdr (lambda (x) 'too)) (cdr '(1 2))", "too");
    gives("(define (g) (later)) (define (later) 3) (g)", "3");
    gives("(define-library (late) (export later) (import (scheme base)) (begin (define (later) 4)))"
          "(import (late)) (g)",
          "4");
    gives("(define if list) (if 1 2 3)", "(1 2 3)");
    Value other = vm_environment_new_interactive(vm, false);
    gives_in(other, "(list (car '(1 2)) (if #t 1 2))", "(1 1)");
}

static void test_program(void **state) {
    Value env = program("(import (scheme base))");
    gives_in(env, "(set! car cdr)",
             "1:7 set!: bad syntax: car is imported: imported variables are constants");
    gives_in(env, "(define (car x) 'mine) (car '(1))", "mine");
    gives_in(env, "(set! car cdr) (car '(1))", "()");
    gives_in(env, "(display 1)", "1:2 unbound variable: display");
    Value empty = vm_environment_new_program(vm);
    gives_in(empty, "(define x 1)", "1:9 unbound variable: x");
}

// ---- libraries

static void test_libraries(void **state) {
    Value env = program("(define-library (counter) (export next! (rename peek look) reset!)"
                        " (import (scheme base))"
                        " (begin (define count 0) (define (next!) (set! count (+ count 1)) count) "
                        "(define (peek) count)"
                        "  (define-syntax reset! (syntax-rules () ((_) (set! count 0))))))"
                        "(import (scheme base) (prefix (only (counter) next! look) c:) (rename "
                        "(counter) (reset! zero!)))");
    gives_in(env, "(c:next!) (c:next!) (next!) (c:look)", "3");
    gives_in(env, "(zero!) (look)", "0");
    gives_in(env, "peek", "1:1 unbound variable: peek");
    gives_in(env, "(import (only (counter) peek))", "1:25 import: (counter) does not export peek");
    gives_in(env, "(import (except (counter) next! nothing))",
             "1:33 import: (counter) does not export nothing");
    gives_in(env, "(import (missing library))", "1:9 import: library (missing library) not found");
    gives_in(env,
             "(define-library (one) (export look) (import (scheme base)) (begin (define look 1)))"
             "(import (one))",
             "1:92 import: look of (one) conflicts with look of (counter), imported at test:1:311");
}

static void test_library_errors(void **state) {
    Value env = program("(import (scheme base))");
    gives_in(env,
             "(define-library (a) (import (b))) (define-library (b) (import (c)))"
             "(define-library (c) (import (a))) (import (a))",
             "1:96 import: circular: (a) imports (b) imports (c) imports (a)");
    gives_in(env, "(define-library (e1) (export x)) (import (e1))",
             "1:30 (e1) exports x, which it does not define");
    gives_in(env,
             "(define-library (e2) (import (scheme base)) (begin (define x 1)\n(define x 2))) "
             "(import (e2))",
             "2:9 define: x is already defined at test:1:60");
    gives_in(env,
             "(define-library (e3) (import (scheme base)) (begin (define car 1))) (import (e3))",
             "1:60 define: car is imported at test:1:30 and cannot be defined");
    gives_in(env, "(define-library (e4) (begins))",
             "1:22 define-library: bad syntax: not a declaration: (begins)");
    gives_in(env, "(define-library (scheme base))",
             "1:1 define-library: a built-in library has that name: (scheme base)");
    gives_in(env, "(define-library (e5) (import (scheme base)) (begin (car 5))) (import (e5))",
             "1:52 car: argument 1: expected pair, got 5");
    // After a failure it can be defined anew.
    gives_in(env,
             "(define-library (e5) (export x) (import (scheme base)) (begin (define x 5))) (import "
             "(e5)) x",
             "5");
}

static Value cell_of(const char *library, const char *name) {
    Value list = rt_list(vm, 1, rt_intern(vm, library));
    return vm_environment_cell(vm, vm_library(vm, list), rt_intern(vm, name));
}

static void test_sealing(void **state) {
    program("(define-library (sealed) (export f) (import (scheme base))"
            " (begin (define f 1) (define g 2) (set! g 3) (define h 4) (define i 5)"
            "  (define-syntax change (syntax-rules () ((_) (set! h 1))))))"
            "(import (sealed))");
    assert_int_equal(object_flags(value_object(cell_of("sealed", "f"))) & CELL_SEALED, CELL_SEALED);
    assert_int_equal(object_flags(value_object(cell_of("sealed", "g"))) & CELL_SEALED, 0);
    assert_int_equal(object_flags(value_object(cell_of("sealed", "h"))) & CELL_SEALED,
                     0); // a macro may
    assert_int_equal(object_flags(value_object(cell_of("sealed", "i"))) & CELL_SEALED, CELL_SEALED);
}

// A built-in library's body runs when one of its names is first met, not at the import.
static void test_lazy(void **state) {
    Value env = program("(import (scheme base))");
    Library *base =
        vm_library_open(vm, rt_list(vm, 2, rt_intern(vm, "kiln"), rt_intern(vm, "list")), 0);
    assert_int_equal(base->state, LIBRARY_OPEN);
    gives_in(env, "(car (cons 1 2))", "1");
    assert_int_equal(base->state, LIBRARY_OPEN);
    gives_in(env, "(map car '((1)))", "(1)");
    assert_int_equal(base->state, LIBRARY_READY);
}

static void write_file(const char *path, const char *text) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void test_files(void **state) {
    char folder[] = "/tmp/kiln-expand-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char library[64], included[64], form[160];
    snprintf(library, sizeof library, "%s/shapes.sld", folder);
    snprintf(included, sizeof included, "%s/body.scm", folder);
    write_file(library,
               "(define-library (shapes) (export area Twice) (import (scheme base)) (include "
               "\"body.scm\")\n"
               " (cond-expand ((and r7rs (library (scheme base)) (not no-such)) (begin (define "
               "kind 'full)))\n"
               "  (else (begin (define kind 'none)))) (export kind) (include-ci \"body2.scm\"))");
    write_file(included, "(define (area r) (* r r))");
    char second[64];
    snprintf(second, sizeof second, "%s/body2.scm", folder);
    write_file(second, "(DEFINE (twice X) (* 2 x)) (define |Twice| twice)");
    vm_library_set_folder(vm, folder);
    Value env = program("(import (scheme base) (shapes))");
    gives_in(env, "(list (area 3) (Twice 4) kind)", "(9 8 full)");
    snprintf(form, sizeof form, "(let () (include \"%s\") (area 5))", included);
    gives_in(env, form, "25");
    unlink(library);
    unlink(included);
    unlink(second);
    rmdir(folder);
}

static void test_eval_environments(void **state) {
    Value env = program("(import (scheme base) (scheme eval) (scheme r5rs))");
    gives_in(env, "(eval '(* 2 3) (environment '(only (scheme base) * quote)))", "6");
    gives_in(env, "(eval '(define x 1) (environment '(scheme base)))",
             "1:1 define: nothing can be defined in this environment");
    gives_in(env, "(eval '(if #t 'yes 'no) (null-environment 5))", "yes");
    gives_in(env, "(eval 'car (null-environment 5))", "0:0 unbound variable: car");
    gives_in(env, "(procedure? (eval 'exact->inexact (scheme-report-environment 5)))", "#t");
    gives_in(env, "(null-environment 4)",
             "1:1 null-environment: argument 1: expected 5 or 7, got 4");
}

// ---- SX

static void sx_gives(const char *text, const char *expected) {
    Value env = vm_environment_new_program(vm);
    run_in(env, "(import (kiln core) (kiln primitives))", READ_SX);
    value_environment(env)->sx = true;
    const char *got = run_in(env, text, READ_SX);
    if (strcmp(got, expected) != 0)
        fail_msg("%s\n  expected %s\n  got      %s", text, expected, got);
}

static void test_parameters(void **state) {
    sx_gives("((fn (a &optional (b (+ a 1)) c &rest r) (list a b c r)) 1)", "(1 2 nil ())");
    sx_gives("((fn (a &optional (b (+ a 1)) c &rest r) (list a b c r)) 1 5 6 7 8)",
             "(1 5 6 (7 8))");
    sx_gives("((fn (a &key (b 2) c) (list a b c)) 1 :c 3)", "(1 2 3)");
    sx_gives("(defn f \"doubles\" (x) (* 2 x)) (list (f 4) (%documentation f))", "(8 \"doubles\")");
    sx_gives("((fn fact (n) (if (= n 0) 1 (* n (fact (- n 1))))) 5)", "120");
    sx_gives("(fn (a &key b &optional c) a)", "1:15 fn: bad syntax: out of place: &optional");
    sx_gives("(fn (a &optional a) a)", "1:18 fn: bad syntax: duplicate parameter a");
    sx_gives("(list (if #f 1) (when #f 1) (cond (#f 1)))", "(nil nil nil)");
    sx_gives("(cond (#f 1) (:else 2))", "2");
}

static void test_destructuring(void **state) {
    sx_gives("(let (((a (b c) . d) (list 1 (list 2 3) 4 5))) (list a b c d))", "(1 2 3 (4 5))");
    sx_gives("(let ((#(a _ b) (vector 1 2 3 4))) (list a b))", "(1 3)");
    sx_gives("(let (({:keys (a b)} {:a 1})) (list a b))", "(1 nil)");
    sx_gives("(let* (({x :pos (p q) :pair} {:pos 1 :pair (list 2 3)}) (y x)) (list x p q y))",
             "(1 2 3 1)");
    sx_gives("((fn ((a b) {:keys (c)}) (list a b c)) (list 1 2) {:c 3})", "(1 2 3)");
    sx_gives("(let (((a b) (list 1))) a)", "1:8 pattern: expected list of 2 elements, got (1)");
    sx_gives("(let (((a a) (list 1 2))) a)", "1:11 let: bad syntax: duplicate variable a");
    sx_gives("{:a (+ 1 2) \"b\" {:c (list 4)}}", "{:a 3 \"b\" {:c (4)}}");
}

static void test_defmacro(void **state) {
    sx_gives("(defmacro unless2 (test &rest body) `(if ,test nil (begin ,@body))) (unless2 #f 1 2)",
             "2");
    sx_gives("(defmacro swap ((a b)) (list 'list b a)) (swap (1 2))", "(2 1)");
    sx_gives("(define (helper x) (list '+ x 1)) (defmacro inc2 (x) (helper x)) (inc2 4)", "5");
    sx_gives("(defmacro m (x) (car x))\n (m 5)", "1:17 car: argument 1: expected pair, got 5");
    sx_gives("(-> 5 (- 2) list)", "(3)");
    sx_gives("(->> 5 (- 2) (list 1))", "(1 -3)");
}

// ---- expansion without running

static void test_expand_only(void **state) {
    start();
    Value form = rt_list(vm, 2, rt_intern(vm, "car"), value_from_fixnum(5));
    Node *node = vm_expand(vm, form, environment, NULL);
    assert_non_null(node);
    assert_int_equal(node->kind, NODE_CALL);
    assert_string_equal(text_of(vm_node_dump(vm, node)), "(car 5)");
    Value define = rt_list(vm, 3, rt_intern(vm, "define"), rt_intern(vm, "x"), form);
    Value begin = rt_list(vm, 3, rt_intern(vm, "begin"), define, rt_intern(vm, "x"));
    node = vm_expand(vm, begin, environment, NULL);
    assert_int_equal(node->kind, NODE_SEQ);
    assert_int_equal(node->seq.items[0]->kind, NODE_DEFINE);
    assert_int_equal(value_cell(node->seq.items[0]->global.cell)->value,
                     VALUE_UNBOUND); // nothing ran
}

// Data that only a program can make.
static void test_odd_data(void **state) {
    start();
    Value pair = rt_cons(vm, rt_intern(vm, "list"), VALUE_NULL);
    rt_heap_store(&value_pair(pair)->cdr, pair);
    assert_null(vm_expand(vm, pair, environment, NULL));
    assert_string_equal(failure_text(), "bad syntax: the form is circular");
    Value nested = rt_cons(vm, VALUE_NULL, VALUE_NULL); // ((( … )))
    rt_heap_store(&value_pair(nested)->car, nested);
    vm->stack_limit = (char *)__builtin_frame_address(0) - (1 << 20);
    assert_null(vm_expand(vm, nested, environment, NULL));
    assert_non_null(strstr(failure_text(), "nested too deeply"));
    vm->stack_limit = NULL;
    Value begin = rt_cons(vm, rt_intern(vm, "begin"), pair);
    assert_null(vm_expand(vm, begin, environment, NULL));
    Value unnamed =
        vm_expand(vm, rt_list(vm, 2, value_from_fixnum(1), VALUE_TRUE), environment, NULL) != NULL;
    assert_true(unnamed);
}

int main(void) {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, unit_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_hygiene),
        TEST(test_hidden_globals),
        TEST(test_patterns),
        TEST(test_excess_ellipses),
        TEST(test_definition_errors),
        TEST(test_quote),
        TEST(test_bodies),
        TEST(test_messages),
        TEST(test_interactive),
        TEST(test_program),
        TEST(test_libraries),
        TEST(test_library_errors),
        TEST(test_sealing),
        TEST(test_lazy),
        TEST(test_files),
        TEST(test_eval_environments),
        TEST(test_parameters),
        TEST(test_destructuring),
        TEST(test_defmacro),
        TEST(test_expand_only),
        TEST(test_odd_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
