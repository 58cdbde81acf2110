// tier2/passes/infer.c, number.c, unbox.c, dead.c, blocks.c on small graphs.
#include "runtime/record.h"
#include "runtime/symbol.h"
#include "t2_graphs.h"

// (let loop ((i 0)) (if (< i n) (loop (+ i 1)) i)), n a parameter.
static Node *loop_i, *loop_n;
static void counting_loop(void) {
    begin();
    Node *n = parameter(0);
    Block *body = block(), *done = block();
    Block *loop = header(STATE(10, n, fixnum(0)));
    Node *i = phi(fixnum(0));
    FrameState *s = STATE(10, n, i);
    with_state(OP(POLL), s);
    Node *a = fix(i, s), *b = fix(n, s);
    branch(OP(LT_INT, a, b), body, done);
    here = body;
    FrameState *t = STATE(14, n, i);
    Node *sum = with_state(OP(ADD_CHECKED, fix(i, t), integer(1)), t);
    t2_add_input(graph, i, OP(BOX_INT, sum));
    jump(loop);
    here = done;
    OP(RETURN, i);
    loop_i = i;
    loop_n = n;
    end();
}

static void test_counter(void **unused) {
    (void)unused;
    counting_loop();
    run(t2_pass_number);
    assert_int_equal(count(N_UNBOX_INT), 2); // i once, n once
    run(t2_pass_infer);
    assert_int_equal(count(N_ADD_CHECKED), 0); // i < n: no overflow
    assert_int_equal(count(N_ADD_INT), 1);
    assert_int_equal(count(N_GUARD_CLASS), 1); // of n; i is a fixnum
    assert_int_equal(loop_i->type.set, CLASS(FIXNUM));
    assert_int_equal(loop_i->type.low, 0);
    run(t2_pass_unbox);
    Node *i = find(N_PHI);
    assert_int_equal(i->rep, REP_INT);
    run(t2_pass_dead);
    assert_int_equal(count(N_BOX_INT), 1); // for the result
    // States name the integer.
    Node *poll = find(N_POLL);
    assert_ptr_equal(poll->state->registers[1], i);
    t2_graph_free(graph);
}

// The same loop counting down to 0 from a parameter: (if (<= i 0) i (loop (- i 1))).
static void test_counting_down(void **unused) {
    (void)unused;
    begin();
    Node *n = parameter(0);
    FrameState *entry = STATE(8, n);
    Node *start = guard_class(n, CLASS(FIXNUM), entry);
    Block *body = block(), *done = block();
    Block *loop = header(STATE(10, start));
    Node *i = phi(start);
    FrameState *s = STATE(10, i);
    with_state(OP(POLL), s);
    branch(OP(LE_INT, fix(i, s), integer(0)), done, body);
    here = body;
    Node *less = with_state(OP(SUB_CHECKED, fix(i, s), integer(1)), s);
    t2_add_input(graph, i, OP(BOX_INT, less));
    jump(loop);
    here = done;
    OP(RETURN, i);
    end();
    run(t2_pass_number);
    run(t2_pass_infer);
    assert_int_equal(count(N_SUB_CHECKED), 0);
    assert_int_equal(count(N_GUARD_CLASS), 1);
    t2_graph_free(graph);
}

// x - 1 and x + y of two parameters; another sum of the first, in a loop that ends when it is told.
static void sums(bool wide) {
    begin();
    graph->wide = wide;
    Node *x = parameter(0), *y = parameter(1);
    FrameState *s = STATE(8, x, y);
    Node *a = fix(x, s), *b = fix(y, s);
    Node *less = with_state(OP(SUB_CHECKED, a, integer(1)), s);
    Node *sum = with_state(OP(ADD_CHECKED, less, b), s);
    OP(RETURN, OP(BOX_INT, sum));
    end();
    run(t2_pass_number);
    run(t2_pass_infer);
    run(t2_pass_small);
}

static void test_small(void **unused) {
    (void)unused;
    sums(false);
    assert_int_equal(count(N_GUARD_CLASS), 0);
    assert_int_equal(count(N_GUARD_SMALL), 2);
    assert_int_equal(count(N_SUB_CHECKED) + count(N_ADD_CHECKED), 0);
    Node *guard = find(N_GUARD_SMALL);
    assert_int_equal(guard->reason, EXIT_RANGE);
    assert_int_equal(guard->type.low, T2_SMALL_MIN);
    assert_int_equal(guard->type.high, T2_SMALL_MAX);
    t2_graph_free(graph);
    sums(true); // larger ones have been met
    assert_int_equal(count(N_GUARD_CLASS), 2);
    assert_int_equal(count(N_GUARD_SMALL), 0);
    assert_int_equal(count(N_SUB_CHECKED), 1);
    assert_int_equal(count(N_ADD_CHECKED), 1);
    t2_graph_free(graph);
}

// (let loop ((i 0)) (if (f (+ i x)) i (loop (+ i step)))): i + x needs no check when i and x are
// small; i + step is checked for that. Where `step` may be anything large, i is not.
static Node *next_of_small;
static void small_loop(bool far) {
    begin();
    Node *x = parameter(0);
    Node *f = parameter(1);
    Block *body = block(), *done = block();
    Block *loop = header(STATE(10, x, f, fixnum(0)));
    Node *i = phi(integer(0));
    i->rep = REP_INT;
    FrameState *s = STATE(10, x, f, i);
    with_state(OP(POLL), s);
    Node *sum = with_state(OP(ADD_CHECKED, i, fix(x, s)), s);
    branch(OP(TRUTHY, call(OP(BOX_INT, sum), s)), done, body);
    here = body;
    Node *next = with_state(OP(ADD_CHECKED, i, integer(1)), s);
    next_of_small = next;
    t2_add_input(graph, i, far ? OP(STRING_LENGTH, guard_class(f, CLASS(STRING), s)) : next);
    jump(loop);
    here = done;
    OP(RETURN, OP(BOX_INT, i));
    end();
    run(t2_pass_infer);
    if (far) // as large as any fixnum
        i->inputs[1]->type = t2_type_of_set(CLASS(FIXNUM));
    run(t2_pass_small);
}

static void test_small_loop(void **unused) {
    (void)unused;
    small_loop(false);
    assert_int_equal(count(N_GUARD_SMALL), 1);
    assert_int_equal(count(N_ADD_CHECKED), 1);
    assert_ptr_equal(find(N_ADD_CHECKED), next_of_small);
    assert_int_equal(next_of_small->index, 1);
    assert_int_equal(next_of_small->reason, EXIT_RANGE);
    assert_int_equal(next_of_small->type.high, T2_SMALL_MAX);
    t2_graph_free(graph);
    small_loop(true);
    assert_int_equal(next_of_small->index, 0);
    t2_graph_free(graph);
}

// What a test says holds only where it passed.
static void test_branches(void **unused) {
    (void)unused;
    begin();
    Node *x = parameter(0);
    FrameState *s = STATE(1, x);
    Block *yes = block(), *no = block();
    branch(is_class(x, CLASS(PAIR)), yes, no);
    here = yes;
    OP(RETURN, OP(CAR, guard_class(x, CLASS(PAIR), s)));
    here = no;
    OP(RETURN, OP(BOX_BOOL, is_class(x, CLASS(PAIR))));
    end();
    run(t2_pass_infer);
    assert_int_equal(count(N_GUARD_CLASS), 0);
    assert_int_equal(count(N_IS_CLASS), 1); // the second is known to be false
    assert_int_equal(find(N_CAR)->inputs[0]->type.set, CLASS_ALL);
    assert_true(no->last->inputs[0]->op == N_CONSTANT);
    assert_true(no->last->inputs[0]->value == VALUE_FALSE);
    t2_graph_free(graph);
}

// A branch that is decided goes, with what it led to; a guard that must fail ends its block.
static void test_decided(void **unused) {
    (void)unused;
    begin();
    Node *x = parameter(0);
    FrameState *s = STATE(1, x);
    Node *g = guard_class(x, CLASS(PAIR), s);
    Block *yes = block(), *no = block(), *end_block = block();
    branch(is_class(g, CLASS(PAIR) | CLASS(NULL)), yes, no);
    here = yes;
    guard_class(g, CLASS(NULL), s);
    jump(end_block);
    here = no;
    jump(end_block);
    here = end_block;
    Node *p = phi(fixnum(1));
    t2_add_input(graph, p, fixnum(2));
    OP(RETURN, p);
    end();
    run(t2_pass_infer);
    assert_int_equal(graph->block_count, 2);
    assert_int_equal(count(N_EXIT), 1);
    assert_int_equal(count(N_RETURN), 0);
    assert_ptr_equal(find(N_EXIT)->state, s);
    t2_graph_free(graph);
}

// (let ((n (vector-length v))) (let loop ((i 0)) (if (< i n) (begin (vector-ref v i) …)))): the
// test is the bounds check.
static void test_bounds_by_test(void **unused) {
    (void)unused;
    begin();
    Node *x = parameter(0);
    FrameState *before = STATE(1, x);
    Node *v = guard_class(x, CLASS(VECTOR), before);
    Node *n = OP(VECTOR_LENGTH, v);
    Block *body = block(), *done = block();
    Block *loop = header(STATE(10, v, fixnum(0)));
    Node *i = phi(fixnum(0));
    FrameState *s = STATE(10, v, i);
    with_state(OP(POLL), s);
    Node *a = fix(i, s);
    branch(OP(LT_INT, a, n), body, done);
    here = body;
    Node *v2 = guard_class(v, CLASS(VECTOR), s);
    Node *at = with_state(OP(GUARD_INDEX, a, OP(VECTOR_LENGTH, v2)), s);
    Node *item = OP(VECTOR_REF, v2, at);
    Node *after_it = with_state(OP(ADD_CHECKED, a, integer(1)), s);
    Node *at2 = with_state(OP(GUARD_INDEX, after_it, n), s); // nothing says that
    call(OP(VECTOR_REF, v2, at2), s);
    call(item, s);
    t2_add_input(graph, i, OP(BOX_INT, with_state(OP(ADD_CHECKED, a, integer(1)), s)));
    jump(loop);
    here = done;
    OP(RETURN, i);
    end();
    run(t2_pass_number);
    run(t2_pass_infer);
    assert_int_equal(count(N_GUARD_INDEX), 1);
    assert_ptr_equal(find(N_GUARD_INDEX)->inputs[0], after_it);
    assert_int_equal(count(N_ADD_CHECKED), 0);
    t2_graph_free(graph);
}

// i < n and n <= m: i + 1 <= m, i - 1 < m.
static void test_chain_of_tests(void **unused) {
    (void)unused;
    begin();
    FrameState *s = STATE(1, fixnum(0));
    Node *i = fix(parameter(0), s), *n = fix(parameter(1), s), *m = fix(parameter(2), s);
    with_state(OP(GUARD_TRUE, OP(LE_INT, n, m)), s);
    with_state(OP(GUARD_TRUE, OP(LT_INT, i, n)), s);
    Node *next = with_state(OP(ADD_CHECKED, i, integer(1)), s);
    Node *last = with_state(OP(SUB_CHECKED, i, integer(1)), s);
    Node *after_next = with_state(OP(ADD_CHECKED, i, integer(2)), s);
    OP(RETURN, OP(NEW_VECTOR, OP(BOX_BOOL, OP(LE_INT, next, m)), OP(BOX_BOOL, OP(LT_INT, last, m)),
                  OP(BOX_BOOL, OP(LE_INT, after_next, m)), OP(BOX_BOOL, OP(LT_INT, m, i))));
    end();
    run(t2_pass_infer);
    Node *all = find(N_NEW_VECTOR);
    assert_true(all->inputs[0]->op == N_CONSTANT && all->inputs[0]->value == VALUE_TRUE);
    assert_true(all->inputs[1]->op == N_CONSTANT && all->inputs[1]->value == VALUE_TRUE);
    assert_true(all->inputs[2]->op == N_BOX_BOOL);
    assert_true(all->inputs[3]->op == N_CONSTANT && all->inputs[3]->value == VALUE_FALSE);
    t2_graph_free(graph);
}

// ---- number

static void test_loads(void **unused) {
    (void)unused;
    begin();
    Node *x = parameter(0), *y = parameter(1);
    FrameState *s = STATE(1, x, y);
    Node *p = guard_class(x, CLASS(PAIR), s), *q = guard_class(y, CLASS(PAIR), s);
    Node *first = OP(CAR, p);
    OP(SET_CDR, q, first);    // another class of memory
    Node *again = OP(CAR, p); // first
    OP(SET_CAR, q, y);        // may be the same pair
    Node *third = OP(CAR, p); // a load
    Node *known = OP(CAR, q); // y
    Node *fresh = OP(NEW_PAIR, third, again);
    OP(SET_CAR, fresh, known); // cannot be p
    Node *fourth = OP(CAR, p); // third
    call(x, s);
    Node *fifth = OP(CAR, p); // a load
    OP(RETURN, OP(NEW_VECTOR, first, again, third, known, fourth, fifth, OP(CAR, fresh), fresh));
    end();
    run(t2_pass_number);
    Node *all = find(N_NEW_VECTOR);
    assert_int_equal(count(N_CAR), 4); // first, third, fifth, and of fresh after the call
    assert_ptr_equal(all->inputs[1], first);
    assert_ptr_equal(all->inputs[2], third);
    assert_ptr_equal(all->inputs[3], y);
    assert_ptr_equal(all->inputs[4], third);
    assert_ptr_equal(all->inputs[5], fifth);
    t2_graph_free(graph);
}

// Fields that are not mutable survive calls, and stores to those that are.
static void test_fixed_loads(void **unused) {
    (void)unused;
    begin();
    const char *const names[] = {"fixed", "open"};
    const bool mutables[] = {false, true};
    Value fields[] = {rt_intern(vm, names[0]), rt_intern(vm, names[1])};
    Value type = rt_record_type_new(vm, rt_intern(vm, "r"), VALUE_FALSE, 2, fields, mutables);
    t2_hold(graph, type);
    Node *x = parameter(0);
    FrameState *s = STATE(1, x);
    Node *r = with_state(t2_node_new(graph, N_GUARD_RECORD, 1, &x), s);
    r->value = type;
    r->type = t2_type_of_node(r);
    t2_append(here, r);
    Node *all[6];
    for (int i = 0; i < 6; i++) {
        if (i == 2)
            call(x, s);
        all[i] = OP(FIELD, r);
        all[i]->index = i % 2;
        if (i == 3)
            OP(SET_FIELD, r, x)->index = 1;
    }
    node(N_NEW_VECTOR, 6, all);
    OP(RETURN, here->last);
    end();
    run(t2_pass_number);
    Node *result = find(N_NEW_VECTOR);
    assert_ptr_equal(result->inputs[2], all[0]);
    assert_ptr_equal(result->inputs[4], all[0]);
    assert_ptr_equal(result->inputs[1], all[1]);
    assert_ptr_equal(result->inputs[3], all[3]);
    assert_ptr_equal(result->inputs[5], x);
    t2_graph_free(graph);
}

static void test_loads_in_loops(void **unused) {
    (void)unused;
    begin();
    Node *x = parameter(0);
    FrameState *before = STATE(1, x);
    Node *b = guard_class(x, CLASS(BOX), before);
    Node *pair = guard_class(OP(BOX_REF, b), CLASS(PAIR), before);
    Node *first = OP(CAR, pair), *rest = OP(CDR, pair);
    Block *loop = header(STATE(10, b));
    with_state(OP(POLL), STATE(10, b));
    Node *second = OP(CAR, pair);
    OP(SET_CDR, pair, second);
    Node *rest2 = OP(CDR, pair); // second
    Block *again = block(), *done = block();
    branch(OP(TRUTHY, rest2), again, done);
    here = again;
    jump(loop);
    here = done;
    OP(RETURN, OP(NEW_VECTOR, first, second, rest, rest2));
    end();
    run(t2_pass_number);
    Node *all = find(N_NEW_VECTOR);
    assert_ptr_equal(all->inputs[1], first); // nothing writes a car there
    assert_ptr_equal(all->inputs[3], first);
    assert_int_equal(count(N_CDR), 1);
    t2_graph_free(graph);
}

static void test_repeated_guards(void **unused) {
    (void)unused;
    begin();
    Node *x = parameter(0);
    FrameState *s = STATE(1, x);
    Node *first = guard_class(x, CLASS(FIXNUM), s);
    Node *second = guard_class(x, CLASS(FIXNUM), s);
    Node *third = guard_class(second, CLASS(FIXNUM), s);
    Node *sum = with_state(OP(ADD_CHECKED, OP(UNBOX_INT, second), OP(UNBOX_INT, third)), s);
    Node *same = with_state(OP(ADD_CHECKED, OP(UNBOX_INT, x), OP(UNBOX_INT, x)), s);
    Node *product = with_state(OP(MUL_CHECKED, sum, same), s);
    OP(RETURN, OP(BOX_INT, product));
    end();
    run(t2_pass_number);
    assert_int_equal(count(N_GUARD_CLASS), 1);
    assert_int_equal(count(N_UNBOX_INT), 1);
    assert_int_equal(count(N_ADD_CHECKED), 1);
    assert_ptr_equal(find(N_UNBOX_INT)->inputs[0], first);
    t2_graph_free(graph);
}

// ---- unbox

// (let loop ((x 1.0) (i 0)) (if (< i 10) (loop (* x 2.0) (+ i 1)) x))
static void test_float_loop(void **unused) {
    (void)unused;
    begin();
    Node *one = t2_constant(graph, value_from_double(1.0));
    Block *body = block(), *done = block();
    Block *loop = header(STATE(10, one, fixnum(0)));
    Node *x = phi(one), *i = phi(fixnum(0));
    FrameState *s = STATE(10, x, i);
    with_state(OP(POLL), s);
    branch(OP(LT_INT, fix(i, s), integer(10)), body, done);
    here = body;
    Node *twice = OP(MUL_DOUBLE, flo(x, s), t2_constant_double(graph, 2.0));
    Node *next = with_state(OP(ADD_CHECKED, fix(i, s), integer(1)), s);
    t2_add_input(graph, x, OP(BOX_DOUBLE, twice));
    t2_add_input(graph, i, OP(BOX_INT, next));
    jump(loop);
    here = done;
    OP(RETURN, x);
    end();
    run(t2_pass_number);
    run(t2_pass_infer);
    run(t2_pass_unbox);
    run(t2_pass_dead);
    assert_int_equal(count(N_GUARD_CLASS), 0);
    assert_int_equal(count(N_UNBOX_DOUBLE), 0);
    assert_int_equal(count(N_BOX_DOUBLE), 1); // for RETURN, behind the loop
    assert_int_equal(count(N_BOX_INT), 0);
    assert_int_equal(count(N_PHI), 2);
    Node *poll = find(N_POLL);
    assert_int_equal(poll->state->registers[0]->rep, REP_DOUBLE);
    assert_int_equal(poll->state->registers[1]->rep, REP_INT);
    assert_int_equal(poll->state->registers[1]->type.high, 10);
    t2_graph_free(graph);
}

static void test_boolean_phi(void **unused) {
    (void)unused;
    begin();
    Node *x = parameter(0);
    Block *yes = block(), *no = block(), *both = block(), *a = block(), *b = block();
    Node *test = is_class(x, CLASS(PAIR));
    branch(test, yes, no);
    here = yes;
    Node *null = OP(BOX_BOOL, is_class(OP(CAR, x), CLASS(NULL)));
    jump(both);
    here = no;
    jump(both);
    here = both;
    Node *p = phi(null);
    t2_add_input(graph, p, t2_constant(graph, VALUE_FALSE));
    branch(OP(TRUTHY, p), a, b);
    here = a;
    OP(RETURN, fixnum(1));
    here = b;
    OP(RETURN, fixnum(2));
    end();
    run(t2_pass_infer);
    run(t2_pass_unbox);
    run(t2_pass_dead);
    assert_int_equal(count(N_TRUTHY), 0);
    assert_int_equal(count(N_BOX_BOOL), 0);
    assert_int_equal(find(N_PHI)->rep, REP_BOOL);
    t2_graph_free(graph);
}

// ---- fold

static void test_fold(void **unused) {
    (void)unused;
    begin();
    FrameState *s = STATE(1, fixnum(0));
    Node *x = fix(parameter(0), s);
    Node *masked = OP(AND_INT, x, integer(1023)); // 0 … 1023
    Node *q = OP(QUO_INT, masked, integer(8));
    Node *r = OP(REM_INT, masked, integer(8));
    Node *m = OP(MOD_INT, x, integer(16));
    Node *odd = OP(QUO_INT, x, integer(8)); // its sign is not known
    Node *sum = with_state(OP(ADD_CHECKED, masked, integer(0)), s);
    Node *product = with_state(OP(MUL_CHECKED, masked, masked), s);
    Node *below = OP(LT_INT, masked, integer(1024));
    OP(RETURN, OP(NEW_VECTOR, OP(BOX_INT, q), OP(BOX_INT, r), OP(BOX_INT, m), OP(BOX_INT, odd),
                  OP(BOX_INT, sum), OP(BOX_INT, product), OP(BOX_BOOL, below)));
    end();
    run(t2_pass_infer);
    run(t2_pass_dead);
    Node *all = find(N_NEW_VECTOR);
    assert_int_equal(all->inputs[0]->inputs[0]->op, N_SHR_INT);
    assert_int_equal(all->inputs[1]->inputs[0]->op, N_AND_INT);
    assert_int_equal(all->inputs[2]->inputs[0]->op, N_AND_INT);
    assert_int_equal(all->inputs[2]->inputs[0]->inputs[1]->index, 15);
    assert_int_equal(all->inputs[3]->inputs[0]->op, N_QUO_INT);
    assert_ptr_equal(all->inputs[4]->inputs[0], masked);
    assert_int_equal(all->inputs[5]->inputs[0]->op, N_MUL_INT);
    assert_true(all->inputs[6]->op == N_CONSTANT && all->inputs[6]->value == VALUE_TRUE);
    t2_graph_free(graph);
}

// Generic arithmetic on what turns out to be flonums.
static void test_generic(void **unused) {
    (void)unused;
    begin();
    Node *x = parameter(0), *y = parameter(1);
    FrameState *s = STATE(1, x, y);
    Node *f = guard_class(x, CLASS(FLONUM), s), *g = guard_class(y, CLASS(FIXNUM), s);
    Node *sum = with_state(OP(ARITHMETIC, f, g), s), *product = with_state(OP(ARITHMETIC, g, f), s);
    sum->primitive = rt_primitive_find("+");
    product->primitive = rt_primitive_find("*");
    Node *less = with_state(OP(COMPARE, f, sum), s);
    less->primitive = rt_primitive_find("<");
    OP(RETURN, OP(NEW_VECTOR, sum, product, OP(BOX_BOOL, less)));
    end();
    run(t2_pass_infer);
    assert_int_equal(count(N_ADD_DOUBLE), 1);
    assert_int_equal(count(N_ARITHMETIC), 1); // exact 0 times a flonum is exact 0
    assert_int_equal(find(N_ARITHMETIC)->primitive->name[0], '*');
    assert_int_equal(count(N_COMPARE), 0);
    assert_int_equal(count(N_LT_DOUBLE), 1);
    t2_graph_free(graph);
}

static void test_blocks(void **unused) {
    (void)unused;
    begin();
    Node *x = parameter(0);
    Block *a = block(), *b = block(), *c = block();
    jump(a);
    here = a;
    branch(OP(NOT, is_class(x, CLASS(PAIR))), b, c);
    here = b;
    OP(RETURN, fixnum(1));
    here = c;
    OP(RETURN, fixnum(2));
    end();
    run(t2_pass_blocks);
    assert_int_equal(graph->block_count, 3);
    assert_int_equal(graph->entry->last->op, N_BRANCH);
    assert_ptr_equal(graph->entry->successors[0], c);
    assert_int_equal(graph->entry->last->inputs[0]->op, N_IS_CLASS);
    t2_graph_free(graph);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PASS_TEST(test_counter),        PASS_TEST(test_counting_down),
        PASS_TEST(test_small),          PASS_TEST(test_small_loop),
        PASS_TEST(test_branches),       PASS_TEST(test_decided),
        PASS_TEST(test_bounds_by_test), PASS_TEST(test_chain_of_tests),
        PASS_TEST(test_loads),          PASS_TEST(test_loads_in_loops),
        PASS_TEST(test_fixed_loads),    PASS_TEST(test_repeated_guards),
        PASS_TEST(test_float_loop),     PASS_TEST(test_boolean_phi),
        PASS_TEST(test_fold),           PASS_TEST(test_generic),
        PASS_TEST(test_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
