// What every tier must do, on hand-made core (core_text.h), without expander and libraries.
// Included by the test program of each, which defines `tier` first. Every program runs with all
// passes and with those alone that lowering needs; both must agree.
#ifndef KILN_TESTS_TIER_TESTS_H
#define KILN_TESTS_TIER_TESTS_H

#include "runtime/interrupt.h"
#include "vm/passes.h"
#include "vm/tier.h"
#include <stdio.h>
#include <stdlib.h>

#include "core_text.h"

static const Tier *tier;

static Value run_once(const char *text) {
    Lambda *top = vm_passes_run(vm, core_read(text));
    assert_non_null(top);
    return tier->run(vm, top);
}

// What `write` prints of the value, or "error: " and the condition's text.
static const char *result_text(Value value) {
    if (value != VALUE_FAILURE)
        return text_of(rt_write_to_string(vm, value, WRITE_WRITE));
    Value text = rt_string_append2(vm, rt_string_from_c(vm, "error: "),
                                   rt_condition_text(vm, vm->condition));
    return text_of(text);
}

static void check(const char *text, const char *expected) {
    vm->roots[15] = VALUE_NULL; // global variables begin anew
    unsetenv("KILN_IR_PASSES");
    assert_string_equal(result_text(run_once(text)), expected);
    vm->roots[15] = VALUE_NULL;
    setenv("KILN_IR_PASSES", "off", 1);
    assert_string_equal(result_text(run_once(text)), expected);
    unsetenv("KILN_IR_PASSES");
}

// ---- expressions

static void test_expressions(void **state) {
    (void)state;
    check("(+ 1 (* 2 3))", "7");
    check("(if (null? '()) 'yes 'no)", "yes");
    check("(if '() 1 2)", "1");
    check("(begin (define x 1) (set! x (+ x 1)) x)", "2");
    check("((lambda (x) (set! x (+ x 1)) (lambda () x)))",
          "error: procedure: expected 1 argument, got 0");
    check("(let ((x 1)) (let ((f (lambda () (set! x (+ x 1)) x))) (f) (f)))", "3");
    check("(fix ((even (lambda (n) (if (= n 0) #t (odd (- n 1))))) (odd (lambda (n) (if (= n 0) #f "
          "(even (- n 1))))))"
          " (list (even 10) (even 7)))",
          "(#t #f)");
    check("((case-lambda (() 0) ((a) 1) ((a b) 2) ((a b c &rest r) r)) 1 2 3 4 5)", "(4 5)");
    check("(fix ((a 1) (b (+ a 1)) (f (lambda () (+ a b)))) (f))", "3");
}

static void test_order_of_evaluation(void **state) {
    (void)state;
    const char *log = "(define seen '()) (define n (lambda (x) (set! seen (cons x seen)) x)) ";
    static const char *const cases[][2] = {
        {"((begin (n 'f) list) (n 1) (n 2) (n 3)) (reverse seen)", "(1 2 3 f)"},
        {"(+ (n 1) (n 2)) (reverse seen)", "(1 2)"},
        {"(let ((x (n 1)) (y (n 2))) (n 3)) (reverse seen)", "(1 2 3)"},
        {"((lambda (a b) (n b) (n a)) (n 1) (n 2)) (reverse seen)", "(1 2 2 1)"},
        {"(fix ((a (n 1)) (f (lambda () (n 9))) (b (n 2)) (c (f))) (n 3)) (reverse seen)",
         "(1 2 9 3)"},
        // The guard of a primitive is looked at after the arguments.
        {"(?+ (n 1) (begin (set! ?+ (lambda (a b) (* 10 b))) (n 2)))", "20"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        strcpy(text, log);
        strcat(text, cases[i][0]);
        check(text, cases[i][1]);
    }
}

static void test_parameters_of_procedures(void **state) {
    (void)state;
    check("((lambda (a &rest r) (cons a r)) 1 2 3)", "(1 2 3)");
    check("((lambda (a &optional b) a) 1)", "1");
    check("((lambda (a &optional b) b) 1 2)", "2");
    check("((named f (a &optional b) b))", "error: f: expected 1 to 2 arguments, got 0");
    check("((named f (a &optional b) b) 1 2 3)", "error: f: expected 1 to 2 arguments, got 3");
    check("((named f (a &rest b) b))", "error: f: expected at least 1 argument, got 0");
    check("((named f (a &key b c) (list a b c)) 1 :c 3 :b 2)", "(1 2 3)");
    check("((named f (&key b) b) :b 1 :b 2)", "1");
    check("((named f (a &key b) b) 1 :x 3)", "error: f: unknown keyword :x");
    check("((named f (a &key b) b) 1 :b)", "error: f: no value for keyword :b");
    check("((named f (a &key b) b) 1 2)", "error: f: expected 1 argument, got 2");
    check("((named f (a &key b &allow-other-keys) b) 1 :x 3 :b 4)", "4");
    check("((named f (&key a &rest r) (list a r)) :a 1 2 3)", "(1 (2 3))");
    check("((named f (&key a &rest r) (list a r)) :a 1 :z 3)", "(1 (:z 3))");
    check("((named f (a &optional b &key c) c) 1 :c 5)", "5");
    check("((named f (a &optional b &key c) (list b c)) 1 2 :c 5)", "(2 5)");
    check("((case-lambda ((a) 1) ((a b) 2)))",
          "error: procedure: expected 1 to 2 arguments, got 0");
}

// ---- failures

static void test_messages(void **state) {
    (void)state;
    check("(car 5)", "error: car: argument 1: expected pair, got 5");
    check("(car)", "error: car: expected 1 argument, got 0");
    check("(5 1)", "error: call: expected procedure, got 5");
    check("(nowhere)", "error: unbound variable: nowhere");
    check("(set! nowhere 1)", "error: set!: unbound variable: nowhere");
    check("(fix ((x (begin (define f (lambda () x)) (f)))) x)",
          "error: variable used before its initialisation: x");
    check("(fix ((x y) (y 1) (z (set! y 2))) x)",
          "error: variable used before its initialisation: y");
    check("(apply car '(1 . 2))", "error: apply: argument 2: expected list, got (1 . 2)");
    check("(apply (named f (a) a) 1 2 '(3))", "error: f: expected 1 argument, got 3");
    check("(raise 'oops)", "error: oops");
    check("(error \"bad thing:\" 1 \"two\")", "error: bad thing: 1 \"two\"");
    check("(%capture-prompt 'none (lambda (k) k))",
          "error: capture-prompt: there is no prompt with tag none");
}

static void test_position_and_backtrace(void **state) {
    (void)state;
    // (define inner (lambda () (car 5))) (define outer (lambda () (+ 1 (inner)))), calls with
    // positions.
    Node *five = vm_node_const(vm, value_from_fixnum(5), 0);
    Position at_car = position_make(1, 10, 4), at_inner = position_make(1, 20, 4),
             at_outer = position_make(1, 30, 1);
    Node *car = vm_node_call(vm, vm_node_global(vm, core_cell("car"), 0), 1, &five, at_car);
    Value inner_name = rt_intern(vm, "inner"), outer_name = rt_intern(vm, "outer");
    Node *inner = vm_node_lambda(vm, vm_lambda_new(vm, inner_name, 0, 0, NULL, car));
    Node *args[2] = {
        vm_node_const(vm, value_from_fixnum(1), 0),
        vm_node_call(vm, vm_node_global(vm, core_cell("inner"), 0), 0, NULL, at_inner)};
    Node *plus =
        vm_node_call(vm, vm_node_global(vm, core_cell("+"), 0), 2, args, position_make(1, 20, 1));
    Node *outer = vm_node_lambda(vm, vm_lambda_new(vm, outer_name, 0, 0, NULL, plus));
    Node *call = vm_node_call(vm, vm_node_global(vm, core_cell("outer"), 0), 0, NULL, at_outer);
    Node *items[4] = {vm_node_define(vm, core_cell("inner"), inner, 0),
                      vm_node_define(vm, core_cell("outer"), outer, 0),
                      // Not a tail call of the form.
                      vm_node_define(vm, core_cell("result"), call, 0)};
    Lambda *top = vm_passes_run(vm, vm_node_seq(vm, 3, items, 0));
    assert_true(tier->run(vm, top) == VALUE_FAILURE);
    Value condition = vm->condition;
    assert_true(rt_position_from_value(rt_condition_field(condition, CONDITION_FIELD_POSITION)) ==
                at_car);
    Value trace = rt_condition_field(condition, CONDITION_FIELD_BACKTRACE);
    assert_int_equal(rt_list_length(trace), 3);
    const Value names[3] = {inner_name, outer_name, rt_intern(vm, "top level")};
    const Position positions[3] = {at_car, at_inner, at_outer};
    for (int i = 0; i < 3; i++, trace = value_cdr(trace)) {
        assert_true(value_car(value_car(trace)) == names[i]);
        assert_true(rt_position_from_value(value_cdr(value_car(trace))) == positions[i]);
    }
}

static void test_anonymous_procedures_are_named_by_place(void **state) {
    (void)state;
    uint32_t source = rt_source_add(vm, "a.scm", VALUE_FALSE);
    Lambda *l = vm_lambda_new(vm, VALUE_FALSE, position_make(source, 3, 7), 0, NULL,
                              vm_node_const(vm, VALUE_TRUE, 0));
    Node *arg = vm_node_const(vm, VALUE_TRUE, 0);
    Node *call = vm_node_call(vm, vm_node_lambda(vm, l), 1, &arg, 0);
    assert_string_equal(result_text(tier->run(vm, vm_passes_run(vm, call))),
                        "error: procedure at a.scm:3:7: expected 0 arguments, got 1");
}

static void test_raise_hook(void **state) {
    (void)state;
    // What the hook answers takes the place of the failing call.
    check("(%set-raise-hook! (lambda (c) 41)) (+ 1 (car 5))", "42");
    check("(%set-raise-hook! (lambda (c) 41)) (+ 1 (nowhere))", "42");
    check("(%set-raise-hook! (lambda (c) (list 'caught c))) (raise 'x)", "(caught x)");
    check("(%set-raise-hook! (lambda (c) (%abort (list 'gone c)))) (+ 1 (raise 'x))",
          "error: (gone x)");
    // A failure inside the hook is raised again, in the hook.
    check("(define n 0) (%set-raise-hook! (lambda (c) (if (= n 0) (begin (set! n 1) (+ 1 (raise "
          "'b))) 10))) (raise 'a)",
          "11");
    // A hook that cannot be called does not loop.
    check("(%set-raise-hook! (lambda () 1)) (raise 'x)",
          "error: procedure: expected 0 arguments, got 1");
    check("(%set-raise-hook! (lambda (c) (%capture (lambda (k) (k 5))))) (+ 1 (raise 'x))", "6");
    vm->raise_hook = VALUE_NONE;
}

// ---- control

static void test_values(void **state) {
    (void)state;
    check("(call-with-values (lambda () (values 1 2 3)) list)", "(1 2 3)");
    check("(call-with-values (lambda () (values)) list)", "()");
    check("(call-with-values (lambda () 7) list)", "(7)");
    check("(call-with-values (lambda () (%capture (lambda (k) (k 1 2)))) list)", "(1 2)");
    check("(apply + 1 2 '(3 4))", "10");
    check("(apply list '())", "()");
    check("(apply apply (list + '(1 2)))", "3");
}

static void test_continuations(void **state) {
    (void)state;
    check("(+ 1 (%capture (lambda (k) (+ 10 (k 1)))))", "2");
    // Entered several times: what was evaluated before is as it was the first time.
    check("(define k #f) (define n 0) (define all '())"
          "(let ((l (list 'a (%capture (lambda (c) (set! k c) 0)) 'b)))"
          "  (set! all (cons l all)) (set! n (+ n 1)) (if (< n 3) (k n) all))",
          "((a 2 b) (a 1 b) (a 0 b))");
    // Each entry of a let has variables of its own.
    check("(define k #f) (define n 0)"
          "(let ((x 0) (y (%capture (lambda (c) (set! k c) 0))))"
          "  (set! x (+ x 1)) (set! n (+ n 1)) (if (< n 3) (k n) (list x y)))",
          "(1 2)");
    // Assignments made since are seen.
    check("(let ((n 0) (k #f)) (%capture (lambda (c) (set! k c))) (set! n (+ n 1)) (if (< n 5) (k "
          "0) n))",
          "5");
    // A generator that is left and entered again.
    check("(define saved #f) (define out #f)"
          "(define walk (lambda (l) (if (null? l) (out 'end)"
          "  (begin (%capture (lambda (c) (set! saved c) (out (car l)))) (walk (cdr l))))))"
          "(define next (lambda () (%capture (lambda (o) (set! out o) (if saved (saved 0) (walk "
          "'(1 2 3)))))))"
          "(let ((a (next))) (let ((b (next))) (let ((c (next))) (list a b c (next)))))",
          "(1 2 3 end)");
}

static void test_continuation_of_an_earlier_form(void **state) {
    (void)state;
    vm->roots[15] = VALUE_NULL;
    assert_string_equal(
        result_text(run_once("(define k #f) (+ 1 (%capture (lambda (c) (set! k c) 1)))")), "2");
    assert_string_equal(result_text(run_once("(* 100 (k 10))")), "11");
}

static void test_continuation_restores_the_dynamic_environment(void **state) {
    (void)state;
    check("(let ((d (%dynamic)) (k #f) (n 0))"
          "  (%capture (lambda (c) (set! k c)))"
          "  (set! n (+ n 1))"
          "  (if (= n 1) (begin (%set-dynamic! (vector '(h) '() '())) (k 0)) (eq? d (%dynamic))))",
          "#t");
    // An ordinary return does not.
    check("(begin ((lambda () (%set-dynamic! (vector '(h) '() '())) 1)) (vector-ref (%dynamic) 0))",
          "(h)");
}

static void test_parameter_objects(void **state) {
    (void)state;
    check("(define p (%make-parameter 1 #f)) (p)", "1");
    check("(define p (%make-parameter 1 #f))"
          "(let ((d (%dynamic))) (%set-dynamic! (vector '() (list (cons p (%make-box 2))) '()))"
          "  (let ((r (p))) (%set-dynamic! d) (list r (p))))",
          "(2 1)");
    check("(define p (%make-parameter 1 #f)) (p 5)",
          "error: parameter: expected 0 arguments, got 1");
}

static void test_prompts(void **state) {
    (void)state;
    check("(%prompt 'p (lambda () 5))", "5");
    check("(+ 1 (%prompt 'p (lambda () (+ 10 (%capture-prompt 'p (lambda (k) 5))))))", "6");
    check("(+ 1 (%prompt 'p (lambda () (+ 10 (%capture-prompt 'p (lambda (k) (k 5)))))))", "16");
    // Composable and multi-shot.
    check("(%prompt 'p (lambda () (* 2 (%capture-prompt 'p (lambda (k) (+ (k 1) (k (k 10))))))))",
          "42");
    // The slice has no prompt of its own.
    check("(%prompt 'p (lambda () (+ 1 (%capture-prompt 'p (lambda (k)"
          "  (%prompt 'p (lambda () (k (%capture-prompt 'p (lambda (j) 'inner)))))))))) ",
          "inner");
    // The innermost prompt of that tag; others belong to the slice.
    check("(%prompt 'a (lambda () (cons 1 (%prompt 'b (lambda () (cons 2 (%capture-prompt 'a "
          "(lambda (k) (k '())))))))))",
          "(1 2)");
    check("(%prompt 'b (lambda () (cons 0 (%prompt 'a (lambda () (cons 1 (%prompt 'b (lambda () "
          "(cons 2 (%capture-prompt 'a"
          "  (lambda (k) (k '())))))))))))) ",
          "(0 1 2)");
    check("(%prompt 'b (lambda () (cons 0 (%prompt 'a (lambda () (cons 1 (%prompt 'b (lambda () "
          "(cons 2 (%capture-prompt 'b"
          "  (lambda (k) (k (k '())))))))))))))",
          "(0 1 2 2)");
    // A full continuation taken inside keeps the prompts around it.
    check("(%prompt 'p (lambda () (+ 1 (%capture (lambda (k) (k (%capture-prompt 'p (lambda (s) (s "
          "1)))))))))",
          "2");
}

static void test_exit_and_abort(void **state) {
    (void)state;
    assert_true(run_once("(+ 1 (%exit 3))") == VALUE_FAILURE);
    assert_true(vm->exit_status == value_from_fixnum(3));
    vm->exit_status = VALUE_NONE;
    assert_true(run_once("(+ 1 (%abort 'x))") == VALUE_FAILURE);
    assert_true(vm->condition == rt_intern(vm, "x"));
    assert_true(vm->exit_status == VALUE_NONE);
}

static void test_apply_from_c(void **state) {
    (void)state;
    Value f = run_once("(named f (a b) (- a b))");
    const Value argv[2] = {value_from_fixnum(7), value_from_fixnum(2)};
    assert_true(tier->apply(vm, f, 2, argv) == value_from_fixnum(5));
    assert_true(tier->closure_lambda(f)->name == rt_intern(vm, "f"));
    assert_true(tier->apply(vm, rt_primitive_object(vm, rt_primitive_find("-")), 2, argv) ==
                value_from_fixnum(5));
    assert_true(tier->apply(vm, f, 1, argv) == VALUE_FAILURE);
    assert_string_equal(failure_text(), "f: expected 2 arguments, got 1");
    assert_true(tier->apply(vm, VALUE_TRUE, 0, NULL) == VALUE_FAILURE);
    assert_string_equal(failure_text(), "call: expected procedure, got #t");
}

// ---- backtraces: the same as the oracle's

// Value or backtrace, the same as the oracle's.
[[maybe_unused]] static void check_trace(const char *text) {
    static char expected[8192];
    const Tier *tiers[] = {&vm_tier_cek, tier};
    for (int i = 0; i < 2; i++) {
        vm->roots[15] = VALUE_NULL;
        tier = tiers[i];
        Value v = run_once(text);
        if (v == VALUE_FAILURE)
            v = rt_condition_field(vm->condition, CONDITION_FIELD_BACKTRACE);
        if (i == 0)
            strcpy(expected, result_text(v));
        else if (strcmp(result_text(v), expected) != 0)
            fail_msg("%s\n  cek:   %s\n  %s: %s", text, expected, tier->name, result_text(v));
    }
}

[[maybe_unused]] static void check_backtraces(void) {
#define INNER                                                                                      \
    "(define inner (named inner () (begin %s))) (define outer (named outer () (list (inner)))) "   \
    "(list (outer))"
    static const char *const cases[] = {
        "(list (car 5))",
        "(car 5)",
        "(%backtrace)",
        "(list (%backtrace))",
        "(5)",
        "(list (5))",
        "(list (nowhere 1))",
        "((lambda (x) x))",
        "(list ((lambda (x) x)))",
        "(apply car '(5))",
        "(list (apply car '(5)))",
        "(list (call-with-values (lambda () (%backtrace)) list))",
        "(call-with-values (lambda () (list (%backtrace))) list)",
        "(list (call-with-values (lambda () 1) (lambda () 1)))",
        "(call-with-values 5 list)",
        "(list (%prompt 'p (lambda () (list (%backtrace)))))",
        "(%prompt 'p (lambda () (list (%backtrace))))",
        "(list (%capture (lambda (k) (list (%backtrace)))))",
        "(%capture (lambda (k) (list (%backtrace))))",
        "(list (%capture (lambda () 1)))",
        "(list (%capture 5))",
        "(list (%prompt 'p (lambda () (list (%capture-prompt 'p (lambda (k) (list (k "
        "(%backtrace)))))))))",
        "(list (%prompt 'p (lambda () (list (%capture-prompt 'p (lambda (k) (list "
        "(%backtrace))))))))",
        "(list (%prompt 'p (named body () (begin (list (%capture-prompt 'p (lambda (k) (list (k "
        "1))))) (list (%backtrace))))))",
        "(list (%capture-prompt 'none (lambda (k) k)))",
        "(begin (set! nowhere 1) 2)",
        "(< 'a 1)",
        "(if (< 'a 1) 1 2)",
        "(+ 1 2 'c)",
        "(fix ((loop (lambda (i) (if (= i 3) (list (car i)) (loop (+ i 1)))))) (loop 0))",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1024], hooked[1200];
        snprintf(text, sizeof text, INNER, cases[i]);
        vm->raise_hook = VALUE_NONE;
        check_trace(text);
        // What a handler sees.
        snprintf(hooked, sizeof hooked,
                 "(%%set-raise-hook! (named hook (c) (list (%%backtrace)))) %s", text);
        check_trace(hooked);
        vm->raise_hook = VALUE_NONE;
    }
}

// ---- resources

static void test_deep_recursion(void **state) {
    (void)state;
    check("(define f (lambda (n) (if (= n 0) 0 (+ 1 (f (- n 1)))))) (f 300000)", "300000");
    check("(define build (lambda (n) (if (= n 0) '() (cons n (build (- n 1)))))) (length (build "
          "100000))",
          "100000");
}

static void test_tail_calls_take_no_memory(void **state) {
    (void)state;
    size_t limit = vm->heap_limit;
    vm->heap_limit = rt_heap_used() + (24 << 20);
    check("(define f (lambda (n) (if (= n 0) 'done (g (- n 1))))) (define g (lambda (n) (apply f "
          "(list n)))) (f 200000)",
          "done");
    check("(define f (lambda (n) (if (= n 0) 'done (call-with-values (lambda () (- n 1)) f)))) (f "
          "200000)",
          "done");
    check("(fix ((f (lambda (n) (if (= n 0) 'done (let ((m (- n 1))) (begin 1 (f m))))))) (f "
          "200000))",
          "done");
    check(
        "(define f (lambda (n) (%capture (lambda (k) (if (= n 0) 'done (f (- n 1))))))) (f 200000)",
        "done");
    check("(define f (lambda (n) (if (= n 0) 'done (raise n))))"
          "(%set-raise-hook! (lambda (n) (%capture-prompt 'p (lambda (k) (loop (- n 1))))))"
          "(define loop (lambda (n) (%prompt 'p (lambda () (f n))))) (loop 20000)",
          "done");
    vm->raise_hook = VALUE_NONE;
    vm->heap_limit = limit;
}

static void test_memory_limit(void **state) {
    (void)state;
    size_t limit = vm->heap_limit;
    vm->heap_limit = rt_heap_used() + (16 << 20);
    assert_true(run_once("(define f (lambda (n) (+ 1 (f n)))) (f 0)") == VALUE_FAILURE);
    assert_true(rt_is_condition(vm, vm->condition, CONDITION_MEMORY));
    rt_heap_collect();
    // Life goes on.
    vm->heap_limit = rt_heap_used() + (64 << 20);
    assert_string_equal(result_text(run_once("(+ 1 2)")), "3");
    vm->heap_limit = limit;
    rt_interrupt_clear(vm, ~(unsigned)INTERRUPT_TIER);
}

static void test_interrupts(void **state) {
    (void)state;
    rt_interrupt_set(vm, INTERRUPT_USER);
    assert_string_equal(result_text(run_once("(list 1 2)")), "error: interrupted");
    assert_true(rt_is_condition(vm, vm->condition, CONDITION_INTERRUPT));
    // When the handler returns, the interrupted call is made.
    run_once("(%set-raise-hook! (lambda (c) 'ignored))");
    rt_interrupt_set(vm, INTERRUPT_USER);
    assert_string_equal(result_text(run_once("(cons (car '(1)) 2)")), "(1 . 2)");
    // A host's stop is not to be handled.
    rt_interrupt_set(vm, INTERRUPT_HOST | INTERRUPT_USER);
    assert_string_equal(result_text(run_once("(list 1 2)")), "error: stopped by the host");
    rt_interrupt_set(vm, INTERRUPT_TIMER);
    assert_string_equal(result_text(run_once("(list 1 2)")), "error: time limit exceeded");
    vm->raise_hook = VALUE_NONE;
    assert_int_equal(atomic_load(&vm->interrupts), 0);
}

// All of them, for the table of the program's own.
#define TIER_TESTS                                                                                 \
    UNIT_TEST(test_expressions), UNIT_TEST(test_order_of_evaluation),                              \
        UNIT_TEST(test_parameters_of_procedures), UNIT_TEST(test_messages),                        \
        UNIT_TEST(test_position_and_backtrace),                                                    \
        UNIT_TEST(test_anonymous_procedures_are_named_by_place), UNIT_TEST(test_raise_hook),       \
        UNIT_TEST(test_values), UNIT_TEST(test_continuations),                                     \
        UNIT_TEST(test_continuation_of_an_earlier_form),                                           \
        UNIT_TEST(test_continuation_restores_the_dynamic_environment),                             \
        UNIT_TEST(test_parameter_objects), UNIT_TEST(test_prompts),                                \
        UNIT_TEST(test_exit_and_abort), UNIT_TEST(test_apply_from_c),                              \
        UNIT_TEST(test_deep_recursion), UNIT_TEST(test_tail_calls_take_no_memory),                 \
        UNIT_TEST(test_memory_limit), UNIT_TEST(test_interrupts)

#endif
