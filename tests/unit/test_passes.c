// vm/passes/*.c: what each pass makes of small forms, as exact dumps. Forms are written as
// core_text.h says.
#include "vm/passes.h"
#include <stdio.h>

#include "core_text.h"

// One pass, and its result dumped; the counts are made before and after, as vm_passes_run does.
static const char *after(Node *(*pass)(VM *, Node *), const char *text) {
    Node *node = core_read(text);
    node = pass(vm, node);
    assert_non_null(node);
    assert_true(vm_node_count(vm, node));
    vm_node_verify(vm, node, CORE_EXPANDED);
    return dump_of(node);
}

static const char *all(const char *text) {
    Lambda *top = vm_passes_run(vm, core_read(text));
    assert_non_null(top);
    return dump_of(top->body);
}

#define AFTER(pass, text, expected) assert_string_equal(after(vm_pass_##pass, text), expected)
#define ALL(text, expected) assert_string_equal(all(text), expected)

// ---- letrec

static void test_letrec_lambdas(void **state) {
    (void)state;
    // Each component a Fix of its own, dependencies outside.
    AFTER(letrec, "(fix ((f (lambda () (g))) (g (lambda () 1))) (f))",
          "(fix ((g.0 (lambda () 1))) (fix ((f.1 (lambda () (g.0)))) (f.1)))");
    AFTER(letrec, "(fix ((f (lambda () (g))) (g (lambda () (f)))) (f))",
          "(fix ((f.0 (lambda () (g.1)))\n"
          "      (g.1 (lambda () (f.0))))\n"
          "  (f.0))");
}

static void test_letrec_values(void **state) {
    (void)state;
    AFTER(letrec, "(fix ((x 1) (y (h x)) (f (lambda () (k x y)))) (f))",
          "(let ((x.0 1)) (let ((y.1 (h x.0))) (fix ((f.2 (lambda () (k x.0 y.1)))) (f.2))))");
    // Effects stay in order, although nothing else ties them.
    AFTER(letrec, "(fix ((x (h 1)) (y (h 2))) (k x y))",
          "(let ((x.0 (h 1))) (let ((y.1 (h 2))) (k x.0 y.1)))");
    AFTER(letrec, "(fix ((a (begin (f) 1)) (b (h a)) (f (lambda () 2))) b)",
          "(fix ((f.0 (lambda () 2))) (let ((a.1 (seq (f.0) 1))) (let ((b.2 (h a.1))) b.2)))");
}

static void test_letrec_complex(void **state) {
    (void)state;
    AFTER(letrec, "(fix ((x (h (lambda () x)))) x)",
          "(let ((x.0 #!unbound)) (seq (init! x.0 (h (lambda () x.0))) x.0))");
    // A lambda that is assigned is an ordinary value.
    AFTER(letrec, "(fix ((f (lambda () 1))) (set! f 2) f)",
          "(let ((f.0 (lambda () 1))) (seq (set! f.0 2) f.0))");
    // The init of y needs f, which needs x, which comes after y.
    AFTER(letrec, "(fix ((y (h f)) (x (h 1)) (f (lambda () x))) y)",
          "(let ((y.0 #!unbound)\n"
          "      (x.1 #!unbound))\n"
          "  (fix ((f.2 (lambda () x.1))) (seq (init! y.0 (h f.2)) (init! x.1 (h 1)) y.0)))");
}

// Which variables of a form are checked: their names.
static void collect_checked(Node **slot, void *context) {
    char *text = context;
    Node *node = *slot;
    if (node->kind == NODE_LET || node->kind == NODE_FIX)
        for (uint32_t i = 0; i < node->let.count; i++)
            if (node->let.vars[i]->checked) {
                strcat(text, text_of(value_symbol(node->let.vars[i]->name)->name));
                strcat(text, " ");
            }
    vm_node_each_child(node, collect_checked, context);
}

static void test_letrec_checks(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"(fix ((x y) (y (h 1))) x)", "y "},
        {"(fix ((x (h (lambda () x)))) x)", "x "},
        {"(fix ((y (h f)) (x (h 1)) (f (lambda () x))) y)", "x "},
        {"(fix ((y (h f)) (x (h 1)) (f (lambda () (g))) (g (lambda () (f) x))) y)", "x "},
        // Nothing that runs before x has its value holds f.
        {"(fix ((y (h 0)) (x (h y)) (f (lambda () x)) (z (h f))) z)", ""},
        {"(fix ((f (lambda () x)) (x 1)) (f))", ""},
        {"(fix ((x (h 1)) (y (h x))) y)", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64] = "";
        Node *node = vm_pass_letrec(vm, core_read(cases[i][0]));
        collect_checked(&node, text);
        assert_string_equal(text, cases[i][1]);
    }
}

// ---- prims

static void test_prims(void **state) {
    (void)state;
    AFTER(prims, "(car x)", "[car x]");
    AFTER(prims, "(?car x)", "[guard car x]");
    AFTER(prims, "(+ 1 2 3)", "[+ 1 2 3]");
    AFTER(prims, "(f (car x))", "(f [car x])");
    // A wrong number of arguments is an error when the call runs.
    AFTER(prims, "(car)", "(car)");
    AFTER(prims, "(cons 1 2 3)", "(cons 1 2 3)");
    // What has been assigned once may be assigned again.
    Value cell = core_cell("?cdr");
    object_set_flags(value_object(cell), CELL_ASSIGNED);
    AFTER(prims, "(?cdr x)", "(?cdr x)");
}

// ---- simplify

static void test_folding(void **state) {
    (void)state;
    AFTER(simplify, "(+ 1 2)", "3");
    AFTER(simplify, "(if (< 1 2) (f) (g))", "(f)");
    AFTER(simplify, "(if (not x) 1 2)", "(if x 2 1)");
    AFTER(simplify, "(* 2 (+ 1 2) 3)", "18");
    AFTER(simplify, "(if (null? '()) 1 2)", "1");
    // Not: what fails, what may grow, what has an identity, what a guard may replace.
    AFTER(simplify, "(+ 1 'a)", "[+ 1 'a]");
    AFTER(simplify, "(quotient 1 0)", "[quotient 1 0]");
    AFTER(simplify, "(expt 10 1000000)", "[expt 10 1000000]");
    AFTER(simplify, "(cons 1 2)", "[cons 1 2]");
    AFTER(simplify, "(?+ 1 2)", "[guard + 1 2]");
}

static void test_copy_propagation(void **state) {
    (void)state;
    AFTER(simplify, "(let ((x 1)) (f x x))", "(f 1 1)");
    AFTER(simplify, "(lambda (y) (let ((x y)) (f x)))", "(lambda (y.0) (f y.0))");
    AFTER(simplify, "(let ((c car)) (c z))", "[car z]");
    // y changes between the binding and the use.
    AFTER(simplify, "(lambda (y) (let ((x y)) (set! y 2) x))",
          "(lambda (y.0) (let ((x.1 y.0)) (seq (set! y.0 2) x.1)))");
    AFTER(simplify, "(let ((x z)) (f x))", "(let ((x.0 z)) (f x.0))");
}

static void test_beta(void **state) {
    (void)state;
    AFTER(simplify, "((lambda (a b) (f b a)) (g) (h))",
          "(let ((a.0 (g))\n"
          "      (b.1 (h)))\n"
          "  (f b.1 a.0))");
    AFTER(simplify, "((lambda (a &optional b) (f a b)) 1)", "(f 1 #!default)");
    AFTER(simplify, "((lambda (a &rest r) (f a r)) 1 2 3)", "(let ((r.0 [list 2 3])) (f 1 r.0))");
    AFTER(simplify, "((lambda (&rest r) (f r)))", "(f '())");
    AFTER(simplify, "((case-lambda ((a) (f a)) ((a b) (g a b))) 1 2)", "(g 1 2)");
    // Wrong number of arguments: an error when it runs.
    AFTER(simplify, "((lambda (a) a))", "((lambda (a.0) a.0))");
    // The named let's fix moves out of the operator; the arguments stay first.
    AFTER(simplify, "((fix ((loop (lambda (i) (loop i)))) loop) (g))",
          "(fix ((loop.0 (lambda (i.1) (loop.0 i.1)))) (loop.0 (g)))");
}

static void test_inlining(void **state) {
    (void)state;
    // Called once: moved. Called often: copied when small. Recursive: neither.
    AFTER(simplify, "(let ((f (lambda (x) (g x x x)))) (+ 1 (f (h))))",
          "[+ 1 (let ((x.0 (h))) (g x.0 x.0 x.0))]");
    AFTER(simplify, "(let ((inc (lambda (x) (+ x 1)))) (f (inc a) (inc 2)))",
          "(f (let ((x.0 a)) [+ x.0 1]) 3)");
    AFTER(simplify, "(fix ((f (lambda (x) (f x)))) (f 1))",
          "(fix ((f.0 (lambda (x.1) (f.0 x.1)))) (f.0 1))");
    AFTER(simplify, "(fix ((f (lambda (x) (g x))) (g (lambda (x) (f x)))) (f 1))",
          "(fix ((f.0 (lambda (x.2) (g.1 x.2)))\n"
          "      (g.1 (lambda (x.3) (f.0 x.3))))\n"
          "  (f.0 1))");
    AFTER(simplify, "(let ((f (lambda (x) x))) (f))", "(let ((f.0 (lambda (x.1) x.1))) (f.0))");
}

static void test_dead_code(void **state) {
    (void)state;
    AFTER(simplify, "(let ((x 1) (y (cons 1 2))) 5)", "5");
    AFTER(simplify, "(let ((x (f))) 5)", "(seq (f) 5)");
    AFTER(simplify, "(let ((x (car z))) 5)", "(seq [car z] 5)");
    AFTER(simplify, "(begin 1 (f) (lambda () 2) (begin (g) 3) 4)", "(seq (f) (g) 4)");
    AFTER(simplify, "(begin undefined-yet 4)", "(seq undefined-yet 4)");
    AFTER(simplify, "(begin (if (f) 1 2) 4)", "(seq (f) 4)");
    AFTER(simplify, "(fix ((f (lambda () 1))) 5)", "5");
    AFTER(simplify, "(let ((x (f))) x)", "(f)");
}

static void test_conditions(void **state) {
    (void)state;
    AFTER(simplify, "(if (let ((t (f))) (if t t (g))) 1 2)", "(if (f) 1 (if (g) 1 2))");
    AFTER(simplify, "(if (if (f) (g) #f) a b)", "(if (f) (if (g) a b) b)");
    AFTER(simplify, "(if (if (f) #f #t) a b)", "(if (f) b a)");
    AFTER(simplify, "(if (begin (f) (g)) a b)", "(seq (f) (if (g) a b))");
    AFTER(simplify, "(if (if (null? x) #t #f) a b)", "(if [null? x] a b)");
    AFTER(simplify, "(lambda (x) (if (null? x) #t #f))", "(lambda (x.0) [null? x.0])");
    // Its value is not a boolean: the deciding value stays.
    AFTER(simplify, "(lambda (x) (let ((t (f x))) (if t t (g))))",
          "(lambda (x.0) (let ((t.1 (f x.0))) (if t.1 t.1 (g))))");
    AFTER(simplify, "(lambda (x) (let ((t (null? x))) (if t t (g))))",
          "(lambda (x.0) (if [null? x.0] #t (g)))");
    AFTER(simplify, "(if nil 1 2)", "(if nil 1 2)"); // a global variable here
}

// ---- assign

static void test_assign(void **state) {
    (void)state;
    AFTER(assign, "(lambda (x) (set! x (+ x 1)) x)",
          "(lambda (x.0)\n"
          "  (let ((x.1 [%make-box x.0])) (seq [%box-set! x.1 (+ [%box-ref x.1] 1)] [%box-ref "
          "x.1])))");
    AFTER(assign, "(let ((x 1) (y 2)) (set! x y) x)",
          "(let ((x.0 [%make-box 1])\n"
          "      (y.1 2))\n"
          "  (seq [%box-set! x.0 y.1] [%box-ref x.0]))");
    // (f) may return twice: each time x is a new variable.
    AFTER(assign, "(let ((x 1) (y (f))) (set! x y) x)",
          "(let ((x.0 1)\n"
          "      (y.1 (f)))\n"
          "  (let ((x.2 [%make-box x.0])) (seq [%box-set! x.2 y.1] [%box-ref x.2])))");
}

static void test_assign_checked(void **state) {
    (void)state;
    ALL("(fix ((x (h (lambda () x)))) x)", "(let ((x.0 [%make-box #!unbound]))\n"
                                           "  (seq [%box-set! x.0 (h (lambda () [%box-ref-checked "
                                           "x.0 'x]))] [%box-ref-checked x.0 'x]))");
}

// ---- contify

static void test_loops(void **state) {
    (void)state;
    AFTER(contify, "(fix ((loop (lambda (i) (if (f i) (loop (g i)) i)))) (loop 0))",
          "(labels ((loop.0 (lambda (i.1) (if (f i.1) (jump loop.0 (g i.1)) i.1)))) (jump loop.0 "
          "0))");
    // Not in tail position: no loop.
    AFTER(contify, "(fix ((loop (lambda (i) (+ 1 (loop i))))) (loop 0))",
          "(fix ((loop.0 (lambda (i.1) (+ 1 (loop.0 i.1))))) (loop.0 0))");
    // Used as a value: no loop.
    AFTER(contify, "(fix ((loop (lambda (i) (loop i)))) (f loop))",
          "(fix ((loop.0 (lambda (i.1) (loop.0 i.1)))) (f loop.0))");
    // Wrong number of arguments: no loop.
    AFTER(contify, "(fix ((loop (lambda (i) (loop)))) (loop 1))",
          "(fix ((loop.0 (lambda (i.1) (loop.0)))) (loop.0 1))");
}

static void test_loop_moves_to_its_continuation(void **state) {
    (void)state;
    AFTER(contify, "(fix ((loop (lambda (i) (loop i)))) (+ 1 (loop 0)))",
          "(+ 1 (labels ((loop.0 (lambda (i.1) (jump loop.0 i.1)))) (jump loop.0 0)))");
    AFTER(contify, "(fix ((loop (lambda (i) (loop i)))) (lambda (y) (loop y)))",
          "(lambda (y.0) (labels ((loop.1 (lambda (i.2) (jump loop.1 i.2)))) (jump loop.1 y.0)))");
    // Two continuations: no loop.
    AFTER(contify, "(fix ((loop (lambda (i) (loop i)))) (+ (loop 1) (loop 2)))",
          "(fix ((loop.0 (lambda (i.1) (loop.0 i.1)))) (+ (loop.0 1) (loop.0 2)))");
}

static void test_nested_loops(void **state) {
    (void)state;
    // The inner loop leaves by a jump to the outer one.
    AFTER(contify,
          "(fix ((outer (lambda (i) (fix ((inner (lambda (j) (if (f j) (inner (g j)) (outer (g "
          "i)))))) (inner i)))))"
          " (outer 0))",
          "(labels ((outer.0 (lambda (i.1)\n"
          "                    (labels ((inner.2 (lambda (j.3)\n"
          "                                        (if (f j.3)\n"
          "                                          (jump inner.2 (g j.3))\n"
          "                                          (jump outer.0 (g i.1))))))\n"
          "                      (jump inner.2 i.1)))))\n"
          "  (jump outer.0 0))");
    // A join point called from a loop.
    AFTER(contify,
          "(fix ((done (lambda (x) (h x)))) (fix ((loop (lambda (i) (if (f i) (loop i) (done "
          "i))))) (loop 0)))",
          "(labels ((done.0 (lambda (x.1) (h x.1))))\n"
          "  (labels ((loop.2 (lambda (i.3) (if (f i.3) (jump loop.2 i.3) (jump done.0 i.3)))))\n"
          "    (jump loop.2 0)))");
    // Mutually recursive states.
    AFTER(contify,
          "(fix ((even (lambda (n) (if (f n) 1 (odd n)))) (odd (lambda (n) (if (f n) 2 (even "
          "n))))) (even 9))",
          "(labels ((even.0 (lambda (n.2) (if (f n.2) 1 (jump odd.1 n.2))))\n"
          "         (odd.1 (lambda (n.3) (if (f n.3) 2 (jump even.0 n.3)))))\n"
          "  (jump even.0 9))");
}

// ---- analyse, effects

static Lambda *lambda_in(const char *text) {
    Lambda *top = vm_passes_run(vm, core_read(text));
    assert_non_null(top);
    Node *node = top->body;
    while (node->kind != NODE_LAMBDA) {
        assert_int_equal(node->kind, NODE_DEFINE);
        node = node->global.value;
    }
    return node->lambda;
}

static void test_free_variables(void **state) {
    (void)state;
    Lambda *l = lambda_in("(define f (lambda (a b) (lambda (c) (lambda () (g a c)))))");
    assert_int_equal(l->free_count, 0);
    Lambda *inner = l->body->lambda;
    assert_int_equal(inner->free_count, 1); // a, for the innermost
    assert_ptr_equal(inner->free[0], l->params[0]);
    Lambda *innermost = inner->body->lambda;
    assert_int_equal(innermost->free_count, 2);
    assert_ptr_equal(innermost->outer, inner);
    assert_ptr_equal(l->params[0]->owner, l);
    // The clauses of a case-lambda share one list.
    l = lambda_in("(define f (lambda (a b) (case-lambda (() a) ((x) (lambda () (g b x))))))");
    Lambda *first = l->body->lambda;
    assert_int_equal(first->free_count, 2);
    assert_ptr_equal(first->next->free, first->free);
    assert_ptr_equal(first->next->first, first);
    assert_int_equal(first->next->body->lambda->free_count, 2);
}

static void test_contified_has_no_activation(void **state) {
    (void)state;
    Lambda *l = lambda_in(
        "(define f (lambda (n) (fix ((loop (lambda (i) (if (g i) (loop (h n i)) i)))) (loop n))))");
    Node *fix = l->body;
    assert_int_equal(fix->kind, NODE_FIX);
    assert_true(fix->let.vars[0]->contified);
    Lambda *loop = fix->let.inits[0]->lambda;
    assert_ptr_equal(loop->outer, l);
    assert_ptr_equal(loop->params[0]->owner, l);
    assert_int_equal(l->free_count, 0);
}

static void test_tail_calls(void **state) {
    (void)state;
    Lambda *l = lambda_in("(define f (lambda (x) (if (g x) (h x) (begin (k x) (+ 1 (car x))))))");
    Node *body = l->body;
    assert_false(body->branch.test->flags & NODE_TAIL);
    assert_true(body->branch.then->flags & NODE_TAIL);
    Node *seq = body->branch.otherwise;
    assert_false(seq->seq.items[0]->flags & NODE_TAIL);
    assert_true(seq->seq.items[1]->flags & NODE_TAIL);
    assert_false(seq->seq.items[1]->prim.args[1]->flags & NODE_TAIL);
}

static void test_captures(void **state) {
    (void)state;
    assert_false(lambda_in("(define f (lambda (x) (+ x 1)))")->captures);
    assert_true(lambda_in("(define f (lambda (x) (g x)))")->captures);
    assert_true(lambda_in("(define f (lambda (x) (?+ x 1)))")->captures);
    assert_true(lambda_in("(define f (lambda (x) (%capture x)))")->captures);
    // Known calls carry it backwards; recursion alone is no capture.
    Lambda *l =
        lambda_in("(define f (lambda (n) (fix ((a (lambda (i) (+ 1 (a i))))"
                  "                            (b (lambda (i) (+ (c i) (c i))))"
                  "                            (c (lambda (i) (+ 1 (d i) (c i))))"
                  "                            (d (lambda (i) (+ (g i) (d i) 1 2 3 4 5 6 7 8 9))))"
                  "                        (+ (a n) (a n) (b n) (b n) (d 1)))))");
    assert_true(l->captures);
    int seen = 0;
    for (Node *n = l->body; n->kind == NODE_FIX; n = n->let.body)
        for (uint32_t i = 0; i < n->let.count; i++) {
            const char *name = text_of(value_symbol(n->let.vars[i]->name)->name);
            assert_int_equal(n->let.inits[i]->lambda->captures, strcmp(name, "a") != 0);
            seen++;
        }
    assert_true(seen >= 3);
}

// ---- all of them

static void test_whole(void **state) {
    (void)state;
    ALL("(define sum (lambda (v) ((fix ((loop (lambda (i s) (if (= i 10) s (loop (+ i 1) (+ s "
        "(vector-ref v i)))))))"
        " loop) 0 0)))",
        "(define sum\n"
        "  (lambda (v.0)\n"
        "    (labels ((loop.1 (lambda (i.2 s.3)\n"
        "                       (if [= i.2 10] s.3 (jump loop.1 [+ i.2 1] [+ s.3 [vector-ref v.0 "
        "i.2]])))))\n"
        "      (jump loop.1 0 0))))");
}

static void test_too_deep(void **state) {
    (void)state;
    Node *node = vm_node_const(vm, VALUE_TRUE, 0);
    for (int i = 0; i < 100000; i++) {
        Node *test = vm_node_global(vm, core_cell("x"), 0);
        node = vm_node_if(vm, test, node, vm_node_const(vm, VALUE_NULL, 0), 0);
    }
    char *limit = vm->stack_limit;
    vm->stack_limit = (char *)__builtin_frame_address(0) - (64 << 10);
    assert_null(vm_passes_run(vm, node));
    vm->stack_limit = limit;
    assert_true(rt_is_condition(vm, vm->condition, CONDITION_DEPTH));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_letrec_lambdas),
        UNIT_TEST(test_letrec_values),
        UNIT_TEST(test_letrec_complex),
        UNIT_TEST(test_letrec_checks),
        UNIT_TEST(test_prims),
        UNIT_TEST(test_folding),
        UNIT_TEST(test_copy_propagation),
        UNIT_TEST(test_beta),
        UNIT_TEST(test_inlining),
        UNIT_TEST(test_dead_code),
        UNIT_TEST(test_conditions),
        UNIT_TEST(test_assign),
        UNIT_TEST(test_assign_checked),
        UNIT_TEST(test_loops),
        UNIT_TEST(test_loop_moves_to_its_continuation),
        UNIT_TEST(test_nested_loops),
        UNIT_TEST(test_free_variables),
        UNIT_TEST(test_contified_has_no_activation),
        UNIT_TEST(test_tail_calls),
        UNIT_TEST(test_captures),
        UNIT_TEST(test_whole),
        UNIT_TEST(test_too_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
