// tier2/build*.c: graphs of small programs that tier 1 has run, looked at by what they contain.
// Each graph is verified when it is built (builds with KILN_DEBUG).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "runtime/string.h"
#include "tier1/tier1.h"
#include "tier2/build.h"
#include "tier2/passes.h"
#include "tier2/tier2.h"
#include "vm/kiln_int.h"
#include "vm/tier.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static Kiln *k;
static VM *vm;
static Graph *graph;

static int set_up(void **state) {
    (void)state;
    k = kiln_create(NULL);
    vm = k ? vm_of_kiln(k) : NULL;
    return k == NULL;
}
static int tear_down(void **state) {
    (void)state;
    if (graph)
        t2_graph_free(graph);
    graph = NULL;
    return kiln_destroy(k);
}

static Value eval(const char *text) {
    KilnRef *result = NULL;
    if (kiln_eval(k, text, "test", &result) != KILN_OK)
        fail_msg("%s: %s", text, kiln_error_text(k));
    return vm_ref_value(result);
}

static Code *code_of(const char *name) {
    Code *code = value_closure(eval(name))->code;
    assert_int_equal(code->tag, CODE_TAG);
    return code;
}

static const char *dump(void) { return rt_string_to_utf8(vm, t2_dump(graph), NULL); }

static void build_at(const char *name, uint32_t osr_pc) {
    if (graph)
        t2_graph_free(graph);
    graph = t2_build(vm, code_of(name), osr_pc);
    if (!graph->failure)
        t2_settle(graph);
}
// From its beginning, after `program`.
static void build(const char *program, const char *name) {
    eval(program);
    build_at(name, UINT32_MAX);
    assert_int_equal(graph->failure, BAILOUT_NONE);
}
// From the first loop that jumps backwards.
static void build_loop(const char *program, const char *name) {
    eval(program);
    const Code *code = code_of(name);
    uint32_t pc = 0;
    while (word_op(t1_code_word(code, pc)) != OP_LOOP &&
           word_op(t1_code_word(code, pc)) != OP_LOOP_MOVE) {
        pc += t1_code_length_at(code, pc);
        assert_true(pc < code->word_count);
    }
    build_at(name, pc);
    assert_int_equal(graph->failure, BAILOUT_NONE);
}

static unsigned count(NodeOp op) {
    unsigned n = 0;
    for (uint32_t i = 0; i < graph->block_count; i++)
        for (const Node *node = graph->blocks[i]->first; node; node = node->next)
            n += node->op == op;
    return n;
}
static const Node *nth(NodeOp op, unsigned n) {
    for (uint32_t i = 0; i < graph->block_count; i++)
        for (const Node *node = graph->blocks[i]->first; node; node = node->next)
            if (node->op == op && n-- == 0)
                return node;
    fail_msg("no such %s in\n%s", t2_node_info[op].name, dump());
    return NULL;
}
#define COUNT(op, expected)                                                                        \
    do {                                                                                           \
        if (count(N_##op) != (expected))                                                           \
            fail_msg("%u of " #op " in\n%s", count(N_##op), dump());                               \
    } while (0)

static bool relies_on(const char *name) {
    for (uint32_t i = 0; i < graph->fact_count; i++)
        if (rt_string_is(value_symbol(graph->facts[i].cell->name)->name, name))
            return true;
    return false;
}

static const Block *header(void) {
    for (uint32_t i = 0; i < graph->block_count; i++)
        if (graph->blocks[i]->is_header)
            return graph->blocks[i];
    fail_msg("no loop in\n%s", dump());
    return NULL;
}

// Calls it often enough for all its sites to know what they meet.
#define OFTEN(call) "(let loop ((often 100)) (if (> often 0) (begin " call " (loop (- often 1)))))"

// ---- straight code and branches

static void test_arithmetic(void **state) {
    (void)state;
    build("(define (f a b) (* (+ a 1) (- b a)))" OFTEN("(f 3 4)"), "f");
    COUNT(GUARD_CLASS, 2); // b, and a once for both uses
    COUNT(ADD_CHECKED, 1);
    COUNT(SUB_CHECKED, 1);
    COUNT(MUL_CHECKED, 1);
    COUNT(RETURN, 1);
    assert_int_equal(nth(N_MUL_CHECKED, 0)->reason, EXIT_OVERFLOW);
    // The product's state is that of its own instruction: both operands, nothing else.
    const FrameState *s = nth(N_MUL_CHECKED, 0)->state;
    assert_int_equal(s->dst, -1);
    unsigned live = 0;
    for (uint32_t i = 0; i < s->count; i++)
        live += s->registers[i] != NULL;
    assert_int_equal(live, 2);
    assert_true(relies_on("+"));
    assert_true(relies_on("*"));
    assert_false(relies_on("f"));
}

static void test_flonums(void **state) {
    (void)state;
    build("(define (f a b) (if (< a 2) (/ (+ a 1) b) (sqrt a)))" OFTEN(
              "(begin (f 1.5 2.5) (f 4.0 1.0))"),
          "f");
    COUNT(LT_DOUBLE, 1);
    COUNT(ADD_DOUBLE, 1);
    COUNT(DIV_DOUBLE, 1);
    COUNT(SQRT_DOUBLE, 1);
    COUNT(GUARD_TRUE, 1); // the root's argument is not negative
    COUNT(ARITHMETIC, 0);
    COUNT(PRIMITIVE, 0);
}

static void test_kinds_mixed(void **state) {
    (void)state;
    build("(define (f a b) (+ a b))" OFTEN("(begin (f 1 2) (f 1.5 2) (f 1/2 3))"), "f");
    COUNT(ARITHMETIC, 1);
    COUNT(GUARD_CLASS, 0);
    assert_string_equal(nth(N_ARITHMETIC, 0)->primitive->name, "+");
}

// Sites that note nothing: types, instructions near by, or the function as a whole decide.
static void test_kinds_supposed(void **state) {
    (void)state;
    build(
        "(define (f x y) (if (< 0 x y 10) (min x (+ y 1)) (- x)))" OFTEN("(begin (f 3 5) (f 5 3))"),
        "f");
    COUNT(PRIMITIVE, 0);
    COUNT(LT_INT, 4); // three, and one of the minimum
    COUNT(SUB_CHECKED, 1);
    build("(define (g i x) (max (* (exact->inexact i) x) (abs x)))" OFTEN("(g 3 1.5)"), "g");
    COUNT(PRIMITIVE, 0);
    COUNT(INT_TO_DOUBLE, 1);
    COUNT(ABS_DOUBLE, 1);
    COUNT(SELECT, 2);
}

// Exact 0 times a flonum is exact 0: no flonum may stand for it.
static void test_exact_zero(void **state) {
    (void)state;
    build("(define (mul a b) (* a b)) (define (f x) (mul x 0))" OFTEN("(mul 1.5 2.5)")
              OFTEN("(f 1.5)"),
          "f");
    COUNT(MUL_DOUBLE, 0);
    COUNT(ARITHMETIC, 1);
}

static void test_cold(void **state) {
    (void)state;
    build("(define (f x) (if (= x 0) (+ x 1) (* x 2)))" OFTEN("(f 5)"), "f");
    COUNT(ADD_CHECKED, 0);
    COUNT(MUL_CHECKED, 1);
    COUNT(EXIT, 1);
    assert_int_equal(nth(N_EXIT, 0)->reason, EXIT_BRANCH);
    assert_true(nth(N_EXIT, 0)->block->cold);
    const Node *branch = nth(N_BRANCH, 0);
    assert_true(branch->block->successors[0] == nth(N_EXIT, 0)->block);
    assert_int_equal(branch->index, 1);
}

// A test that has had one outcome is a guard, so that its operand's class is known afterwards.
static void test_class_known(void **state) {
    (void)state;
    build("(define (f x) (if (pair? x) (vector-ref (car x) 0) (+ x 1)))" OFTEN("(f '(#(1)))"), "f");
    COUNT(BRANCH, 0);
    COUNT(CAR, 1);
    COUNT(GUARD_CLASS, 2); // pair, vector
    assert_int_equal(nth(N_GUARD_CLASS, 0)->reason, EXIT_BRANCH);
    COUNT(GUARD_INDEX, 1);
}

static void test_joins(void **state) {
    (void)state;
    build(
        "(define (f a b) (let ((m (if (< a b) a b))) (cons m a)))" OFTEN("(begin (f 1 2) (f 2 1))"),
        "f");
    COUNT(PHI, 1); // m alone: a is the same on both ways
    COUNT(NEW_PAIR, 1);
}

static void test_not_run(void **state) {
    (void)state;
    eval("(define (f x) (+ x 1))");
    build_at("f", UINT32_MAX);
    assert_int_equal(graph->failure, BAILOUT_NOT_RUN);
}

// ---- loops

static const char sum[] =
    "(define (sum n k) (let loop ((i 0) (s 0)) (if (< i n) (loop (+ i 1) (+ s k)) s)))"
    "(sum 100 3)";

static void test_loop(void **state) {
    (void)state;
    build(sum, "sum");
    const Block *h = header();
    COUNT(PHI, 2); // n and k are not assigned in the loop
    COUNT(POLL, 1);
    assert_true(nth(N_POLL, 0)->block == h);
    assert_int_equal(h->predecessor_count, 2);
    assert_non_null(h->entry_state);
    assert_int_equal(h->entry_state->dst, -1);
    assert_int_equal(h->entry_state->pc, nth(N_POLL, 0)->state->pc);
    assert_true(nth(N_PHI, 0)->type.set == CLASS_ALL);
    assert_int_equal(h->depth, 1);
    COUNT(PARAMETER, 2);
    COUNT(REGISTER, 0);
}

static void test_entry_into_loop(void **state) {
    (void)state;
    build_loop(sum, "sum");
    COUNT(PARAMETER, 0);
    COUNT(REGISTER, 4); // n, k, i, s
    COUNT(PHI, 2);
    assert_int_equal(header()->depth, 1);
}

static void test_loops_nested(void **state) {
    (void)state;
    build("(define (grid n) (let rows ((i 0) (s 0)) (if (< i n) (let columns ((j 0) (s s))"
          " (if (< j n) (columns (+ j 1) (+ s i)) (rows (+ i 1) s))) s))) (grid 40)",
          "grid");
    unsigned deepest = 0, headers = 0;
    for (uint32_t i = 0; i < graph->block_count; i++) {
        const Block *b = graph->blocks[i];
        headers += b->is_header;
        if (b->depth > deepest)
            deepest = b->depth;
        if (b->is_header && b->depth == 2)
            assert_true(b->parent_loop && b->parent_loop->depth == 1);
    }
    assert_int_equal(headers, 2);
    assert_int_equal(deepest, 2);
    COUNT(POLL, 2);
    // From the inner loop it is one loop with two ways back.
    build_loop("(grid 40)", "grid");
    assert_int_equal(graph->failure, BAILOUT_NONE);
    (void)header();
}

static void test_self_tail_call(void **state) {
    (void)state;
    // The procedure is also a value, so it is no loop of tier 1.
    build("(define (outer n) (define (count i) (if (= i 0) count (count (- i 1)))) (count n))"
          "(define counter (outer 3))" OFTEN("(counter 5)"),
          "counter");
    assert_int_equal(header()->depth, 1);
    COUNT(TAIL_CALL_CODE, 0);
    COUNT(PHI, 1);
}

// ---- variables

static void test_globals(void **state) {
    (void)state;
    build("(define a 1) (define b 2) (set! b 3) (define (f) (cons a b))" OFTEN("(f)"), "f");
    COUNT(GLOBAL, 1);
    assert_true(relies_on("a"));
    assert_false(relies_on("b"));
    build("(define c 1) (define (g x) (set! c x) c)" OFTEN("(g 1)"), "g");
    COUNT(SET_GLOBAL, 1);
    COUNT(GLOBAL, 1);
    const FrameState *s = nth(N_SET_GLOBAL, 0)->state;
    assert_int_equal(s->dst, -1);
    assert_false(relies_on("c"));
}

static void test_closures(void **state) {
    (void)state;
    build("(define (adder n) (lambda (x) (+ x n))) (define add3 (adder 3))" OFTEN("(add3 4)"),
          "add3");
    COUNT(FREE, 1);
    build(OFTEN("(adder 4)"), "adder");
    COUNT(NEW_CLOSURE, 1);
    assert_non_null(nth(N_NEW_CLOSURE, 0)->type.code);
    // Members of a group that are filled in later.
    build("(define (group n) (define (a x) (if (= x n) b (b x))) (define (b x) (if (= x n) a x))"
          " (list a b))" OFTEN("(group 1)"),
          "group");
    COUNT(NEW_CLOSURE, 2);
    COUNT(SET_FREE, 1);
}

// ---- calls

static const char fib[] =
    "(define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2))))) (fib 15)";

static void test_inlined_once(void **state) {
    (void)state;
    build(fib, "fib");
    assert_int_equal(graph->inlined, 2);
    COUNT(CALL_CODE, 4);
    COUNT(CALL, 0);
    assert_true(relies_on("fib"));
    const Node *call = nth(N_CALL_CODE, 0);
    assert_true(call->state->dst >= 0);
    assert_non_null(call->state->caller);
    assert_true(call->state->caller->dst >= 0);
    assert_null(call->state->caller->caller);
    assert_true(call->code == code_of("fib"));
}

// A tail call in an inlined function is an ordinary one, whose state leaves that function out.
static void test_tail_call_inlined(void **state) {
    (void)state;
    build("(define (one x) (+ x 1)) (define (two x) (+ x 2)) (define (three x) (* x 3))"
          "(define (middle g x) (g x)) (define (f g x) (cons (middle g x) x))" OFTEN(
              "(begin (f one 1) (f two 1) (f three 1))"),
          "f");
    COUNT(CALL, 1);
    const Node *call = nth(N_CALL, 0);
    assert_true(call->state->code == code_of("f"));
    assert_true(call->state->dst >= 0);
    assert_null(call->state->caller);
    COUNT(TAIL_CALL, 0);
}

static void test_higher_order(void **state) {
    (void)state;
    build("(define (f v) (let ((s 0)) (vector-for-each (lambda (x) (set! s (+ s x))) v) s))"
          "(define (g v) (vector-for-each (lambda (x) (display x)) v))" OFTEN("(g #())")
              OFTEN("(f #(1 2 3))"),
          "f");
    COUNT(CALL, 0);
    COUNT(CALL_CODE, 0);
    COUNT(GUARD_CODE, 0);
    COUNT(VECTOR_REF, 1);
    COUNT(ADD_CHECKED, 2); // the index and the sum
    (void)header();
}

static void test_callees(void **state) {
    (void)state;
    // One procedure only: guarded, then inlined.
    build("(define (apply-it f x) (f x)) (define (one x) (+ x 1)) (define (two x) (+ x 2))"
          "(define (three x) (* x 3))" OFTEN("(apply-it one 1)"),
          "apply-it");
    COUNT(GUARD_CODE, 1);
    assert_int_equal(nth(N_GUARD_CODE, 0)->reason, EXIT_CALLEE);
    COUNT(ADD_CHECKED, 1);
    COUNT(TAIL_CALL, 0);
    // Several: an ordinary call.
    build(OFTEN("(begin (apply-it one 1) (apply-it two 1) (apply-it three 1))"), "apply-it");
    COUNT(GUARD_CODE, 0);
    COUNT(TAIL_CALL, 1);
    assert_true(nth(N_TAIL_CALL, 0)->code == code_of("apply-it"));
    // A primitive.
    build("(define (h l) (let ((first car)) (first l)))" OFTEN("(h '(1))"), "h");
    COUNT(CAR, 1);
    COUNT(TAIL_CALL, 0);
    // A primitive, as far as has been seen.
    build("(define (via f x) (f x))" OFTEN("(via car '(1))"), "via");
    COUNT(GUARD_IS, 1);
    assert_int_equal(nth(N_GUARD_IS, 0)->reason, EXIT_CALLEE);
    COUNT(CAR, 1);
    COUNT(TAIL_CALL, 0);
    build(OFTEN("(via one 1)"), "via");
    COUNT(GUARD_IS, 0);
    COUNT(TAIL_CALL, 1);
}

static void test_arguments_bound(void **state) {
    (void)state;
    build("(define (all a . more) (if (pair? more) (car more) a))"
          "(define (f x) (all x 2 3))" OFTEN("(f 1)"),
          "f");
    COUNT(TAIL_CALL, 0);
    COUNT(NEW_PAIR, 2);
    build("(define (g x) (cons (all x) x))" OFTEN("(g 1)"), "g");
    COUNT(CALL, 0);
}

static void test_values(void **state) {
    (void)state;
    build("(define (f n) (call-with-values (lambda () (values n (+ n 1))) (lambda (a b) (* a "
          "b))))" OFTEN("(f 3)"),
          "f");
    COUNT(TAIL_CALL, 0);
    COUNT(VALUES_REF, 0);
    COUNT(MUL_CHECKED, 1);
    // While the producer runs, the frame of call-with-values is there.
    const FrameState *s = nth(N_ADD_CHECKED, 0)->state;
    assert_non_null(s->caller);
    assert_true(s->caller->code->control != 0);
    assert_true(s->caller->caller && s->caller->caller->code == code_of("f"));
    // What the producer answers may be unknown.
    build("(define (two n) (if (= n 0) (values 1 2) (two (- n 1))))"
          "(define (g n) (call-with-values (lambda () (two n)) (lambda (a b) (+ a b))))" OFTEN(
              "(g 3)"),
          "g");
    COUNT(VALUES_REF, 2);
    COUNT(TAIL_CALL, 0);
    const Node *count_right = nth(N_GUARD_TRUE, 0);
    assert_true(count_right->state->code->control != 0);
    assert_int_equal(count_right->state->dst, -1);
}

static void test_captures(void **state) {
    (void)state;
    eval(OFTEN("(call-with-current-continuation (lambda (k) (k 1)))"));
    build_at("call-with-current-continuation", UINT32_MAX);
    assert_int_equal(graph->failure, BAILOUT_CAPTURES);
    // Who calls it captures in its place; who calls that is compiled, and the call stays one.
    eval("(define (f) (call-with-current-continuation (lambda (k) (k 1))))" OFTEN("(f)"));
    build_at("f", UINT32_MAX);
    assert_int_equal(graph->failure, BAILOUT_CAPTURES);
    build("(define (g) (f))" OFTEN("(g)"), "g");
    COUNT(TAIL_CALL_CODE, 1);
}

// ---- records, guarded primitives that were redefined

static void test_records(void **state) {
    (void)state;
    build("(define-record-type point (make-point x y) point? (x px set-px!) (y py))"
          "(define (f p) (set-px! p (+ (px p) (py p))) (make-point (py p) (px p)))" OFTEN(
              "(f (make-point 1 2))"),
          "f");
    COUNT(GUARD_RECORD, 1);
    COUNT(FIELD, 4);
    COUNT(SET_FIELD, 1);
    COUNT(NEW_RECORD, 1);
    COUNT(CALL, 0);
    COUNT(CALL_CODE, 0);
}

static void test_redefined(void **state) {
    (void)state;
    build("(define (f l) (car l))" OFTEN("(f '(1))"), "f");
    COUNT(CAR, 1);
    build("(define (car l) (cons 'mine l))" OFTEN("(f 5)"), "f");
    COUNT(CAR, 0);
    COUNT(NEW_PAIR, 1); // the new one, inlined
}

// ---- threads

static void *run_passes(void *unused) {
    (void)unused;
    t2_run_passes(graph);
    return NULL;
}

// Passes do the same on a thread that the collector does not know, while the program goes on,
// changes what the builder has seen, and collects garbage.
static void test_passes_elsewhere(void **state) {
    (void)state;
    static const char program[] =
        "(define-record-type p (make-p x y) p? (x p-x) (y p-y set-p-y!))"
        "(define (add r n) (set-p-y! r (+ (p-y r) n)) r)"
        "(define (g v r) (let loop ((i 0) (s 0.5)) (cond ((= i (vector-length v)) (p-y (add r 1)))"
        "  ((p? (vector-ref v i)) (loop (+ i 1) (+ s 1.5))) (else (loop (+ i 1) (* s 0.5))))))"
        "(define (f v k) (if (eq? k 'sum) (g v (make-p 1 2)) (let ((q (make-p k k))) (p-x "
        "q))))" OFTEN("(f (vector 1 (make-p 1 2) 3) 'sum)") OFTEN("(f '#() 3)");
    static const char changes[] =
        "(set! g list) (f '(1) 'sum) (f 'a 'sum) (f \"abc\" 1/2) (define (car x) x)"
        "(do-times (i 1000) (f (list i) 'sum)) (gc)";
    build(program, "f");
    COUNT(CALL, 0);
    run_passes(NULL);
    char *expected = strdup(dump());
    build("", "f");
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, run_passes, NULL), 0);
    eval(changes);
    pthread_join(thread, NULL);
    assert_int_equal(graph->failure, BAILOUT_NONE);
    assert_string_equal(dump(), expected);
    free(expected);
}

// ---- text

static void test_dump(void **state) {
    (void)state;
    build("(define (f x) (cdr x))" OFTEN("(f '(1))"), "f");
    const char *text = dump();
    assert_non_null(strstr(text, "graph f: 2 blocks, 2 bytecodes, 0 calls inlined\n"));
    assert_non_null(strstr(text, "relies on objects, cdr\n"));
    assert_non_null(
        strstr(text, "v3 = guard-class pair v1   pair   exit type f:0 {0 v1}\n    v4 = cdr v3"));
    assert_non_null(strstr(text, "    return v4\n"));
}

int main(void) {
    vm_tier_register(&t1_tier);
#define BUILD_TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        BUILD_TEST(test_arithmetic),
        BUILD_TEST(test_flonums),
        BUILD_TEST(test_kinds_mixed),
        BUILD_TEST(test_kinds_supposed),
        BUILD_TEST(test_exact_zero),
        BUILD_TEST(test_cold),
        BUILD_TEST(test_class_known),
        BUILD_TEST(test_joins),
        BUILD_TEST(test_not_run),
        BUILD_TEST(test_loop),
        BUILD_TEST(test_entry_into_loop),
        BUILD_TEST(test_loops_nested),
        BUILD_TEST(test_self_tail_call),
        BUILD_TEST(test_globals),
        BUILD_TEST(test_closures),
        BUILD_TEST(test_inlined_once),
        BUILD_TEST(test_tail_call_inlined),
        BUILD_TEST(test_higher_order),
        BUILD_TEST(test_callees),
        BUILD_TEST(test_arguments_bound),
        BUILD_TEST(test_values),
        BUILD_TEST(test_captures),
        BUILD_TEST(test_records),
        BUILD_TEST(test_redefined),
        BUILD_TEST(test_passes_elsewhere),
        BUILD_TEST(test_dump),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
