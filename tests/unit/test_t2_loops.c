// tier2/passes/speculate.c, hoist.c, bounds.c on small graphs.
#include "t2_graphs.h"

static void all_before_bounds(void) {
    run(t2_pass_number);
    run(t2_pass_infer);
    run(t2_pass_speculate);
    run(t2_pass_dead);
    run(t2_pass_infer);
    run(t2_pass_unbox);
    run(t2_pass_number);
    run(t2_pass_infer);
    run(t2_pass_hoist);
    run(t2_pass_unbox);
}

static unsigned count_in_loops(NodeOp op) {
    unsigned n = 0;
    for (uint32_t b = 0; b < graph->block_count; b++)
        for (Node *x = graph->blocks[b]->first; x; x = x->next)
            n += x->op == op && x->block->loop;
    return n;
}

// (let loop ((i 0) (x a) (y b)) (if (< i 10) (loop (+ i 1) y (fl+ x y)) x)): x and y are passed on
// to each other.
static void test_speculate(void **unused) {
    (void)unused;
    begin();
    Node *a = parameter(0), *b = parameter(1);
    Block *body = block(), *done = block();
    FrameState *entry = STATE(10, fixnum(0), a, b);
    Block *loop = header(entry);
    Node *i = phi(fixnum(0)), *x = phi(a), *y = phi(b);
    FrameState *s = STATE(10, i, x, y);
    with_state(OP(POLL), s);
    branch(OP(LT_INT, fix(i, s), integer(10)), body, done);
    here = body;
    Node *gx = guard_class(x, CLASS(FLONUM), s), *gy = guard_class(y, CLASS(FLONUM), s);
    Node *sum = OP(ADD_DOUBLE, OP(UNBOX_DOUBLE, gx), OP(UNBOX_DOUBLE, gy));
    t2_add_input(graph, i, OP(BOX_INT, with_state(OP(ADD_CHECKED, fix(i, s), integer(1)), s)));
    t2_add_input(graph, x, gy);
    t2_add_input(graph, y, OP(BOX_DOUBLE, sum));
    jump(loop);
    here = done;
    OP(RETURN, x);
    end();
    all_before_bounds();
    run(t2_pass_dead);
    assert_int_equal(count(N_GUARD_CLASS), 2);
    assert_int_equal(count_in_loops(N_GUARD_CLASS), 0);
    assert_ptr_equal(find(N_GUARD_CLASS)->state, entry);
    assert_int_equal(count_in_loops(N_UNBOX_DOUBLE), 0);
    t2_graph_free(graph);
}

// What goes back is not known: the guard stays where it is.
static void test_no_speculation(void **unused) {
    (void)unused;
    begin();
    Node *a = parameter(0);
    Block *body = block(), *done = block();
    Block *loop = header(STATE(10, a));
    Node *x = phi(a);
    FrameState *s = STATE(10, x);
    with_state(OP(POLL), s);
    Node *g = guard_class(x, CLASS(FLONUM), s);
    branch(OP(LT_DOUBLE, OP(UNBOX_DOUBLE, g), t2_constant_double(graph, 1.0)), body, done);
    here = body;
    t2_add_input(graph, x, call(x, s));
    jump(loop);
    here = done;
    OP(RETURN, x);
    end();
    all_before_bounds();
    assert_int_equal(count_in_loops(N_GUARD_CLASS), 1);
    t2_graph_free(graph);
}

static Node *checked_v, *checked_at;
static FrameState *entry_state;

// A loop from `start` (NULL: parameter 1) to parameter 2 over a vector, parameter 0; `test` is what
// ends it. It reads item i + offset.
static void vector_loop(Node *start, NodeOp op, bool down, int64_t offset) {
    Node *v = parameter(0), *n = parameter(2);
    start = start ? start : parameter(1);
    Block *body = block(), *done = block();
    entry_state = STATE(10, v, start, n);
    Block *loop = header(entry_state);
    Node *i = phi(start);
    FrameState *s = STATE(10, v, i, n);
    with_state(OP(POLL), s);
    Node *a = fix(i, s), *b = fix(n, s);
    if (op == N_LT_INT && !down)
        branch(OP(LT_INT, a, b), body, done);
    else if (op == N_LT_INT)
        branch(OP(LT_INT, a, b), done, body);
    else
        branch(OP(EQ_INT, a, b), done, body);
    here = body;
    FrameState *t = STATE(14, v, i, n);
    Node *g = guard_class(v, CLASS(VECTOR), t);
    Node *at = offset ? with_state(OP(ADD_CHECKED, fix(i, t), integer(offset)), t) : fix(i, t);
    Node *checked = with_state(OP(GUARD_INDEX, at, OP(VECTOR_LENGTH, g)), t);
    checked_v = g;
    checked_at = at;
    call(OP(VECTOR_REF, g, checked), t);
    Node *next = with_state(OP(ADD_CHECKED, fix(i, t), integer(down ? -1 : 1)), t);
    t2_add_input(graph, i, OP(BOX_INT, next));
    jump(loop);
    here = done;
    OP(RETURN, i);
    end();
}

static void check_no_guards_in_loop(void) {
    assert_int_equal(count_in_loops(N_GUARD_CLASS), 0);
    assert_int_equal(count_in_loops(N_VECTOR_LENGTH), 0);
    assert_int_equal(count_in_loops(N_GUARD_INDEX), 0);
    assert_int_equal(count_in_loops(N_ADD_CHECKED), 0);
    for (uint32_t b = 0; b < graph->block_count; b++)
        for (Node *n = graph->blocks[b]->first; n; n = n->next)
            if (n->state && !n->block->loop)
                assert_ptr_equal(n->state, entry_state);
}

static void test_bounds_up(void **unused) {
    (void)unused;
    begin();
    vector_loop(fixnum(0), N_LT_INT, false, 0);
    all_before_bounds();
    run(t2_pass_bounds);
    run(t2_pass_number);
    run(t2_pass_infer);
    run(t2_pass_dead);
    check_no_guards_in_loop();
    assert_int_equal(count(N_GUARD_TRUE), 1); // n - 1 < length; 0 <= 0 needs none
    t2_graph_free(graph);
}

static void test_bounds_offset(void **unused) {
    (void)unused;
    begin();
    vector_loop(NULL, N_LT_INT, false, -3);
    all_before_bounds();
    run(t2_pass_bounds);
    run(t2_pass_number);
    run(t2_pass_infer);
    run(t2_pass_dead);
    check_no_guards_in_loop();
    assert_int_equal(count(N_GUARD_TRUE), 2);
    t2_graph_free(graph);
}

static void test_bounds_equality(void **unused) {
    (void)unused;
    begin();
    vector_loop(NULL, N_EQ_INT, false, 0);
    all_before_bounds();
    run(t2_pass_bounds);
    run(t2_pass_number);
    run(t2_pass_infer);
    run(t2_pass_dead);
    check_no_guards_in_loop();
    assert_int_equal(count(N_GUARD_TRUE), 3); // start <= n, 0 <= start, n - 1 < length
    t2_graph_free(graph);
}

static void test_bounds_down(void **unused) {
    (void)unused;
    begin();
    vector_loop(NULL, N_LT_INT, true, 0);
    all_before_bounds();
    run(t2_pass_bounds);
    run(t2_pass_number);
    run(t2_pass_infer);
    run(t2_pass_dead);
    check_no_guards_in_loop();
    assert_int_equal(count(N_GUARD_TRUE), 2); // 0 <= n, start < length
    t2_graph_free(graph);
}

// (vector-ref v (+ (* row w) i)): base + i.
static void test_bounds_base(void **unused) {
    (void)unused;
    begin();
    Node *v = parameter(0), *base = parameter(1), *n = parameter(2);
    entry_state = STATE(10, v, base, n, fixnum(0));
    Block *body = block(), *done = block();
    Block *loop = header(entry_state);
    Node *i = phi(fixnum(0));
    FrameState *s = STATE(10, v, base, n, i);
    with_state(OP(POLL), s);
    branch(OP(LT_INT, fix(i, s), fix(n, s)), body, done);
    here = body;
    Node *g = guard_class(v, CLASS(VECTOR), s);
    Node *at = with_state(OP(ADD_CHECKED, fix(base, s), fix(i, s)), s);
    Node *checked = with_state(OP(GUARD_INDEX, at, OP(VECTOR_LENGTH, g)), s);
    OP(VECTOR_SET, g, checked, fixnum(0));
    t2_add_input(graph, i, OP(BOX_INT, with_state(OP(ADD_CHECKED, fix(i, s), integer(1)), s)));
    jump(loop);
    here = done;
    OP(RETURN, i);
    end();
    all_before_bounds();
    run(t2_pass_bounds);
    run(t2_pass_number);
    run(t2_pass_infer);
    run(t2_pass_dead);
    check_no_guards_in_loop();
    t2_graph_free(graph);
}

// A step that changes: i is no counter.
static void test_bounds_stay(void **unused) {
    (void)unused;
    begin();
    Node *v = parameter(0), *n = parameter(1), *step = parameter(2);
    entry_state = STATE(10, v, n, step, fixnum(0));
    Block *body = block(), *done = block();
    Block *loop = header(entry_state);
    Node *i = phi(fixnum(0));
    FrameState *s = STATE(10, v, n, step, i);
    with_state(OP(POLL), s);
    branch(OP(LT_INT, fix(i, s), fix(n, s)), body, done);
    here = body;
    Node *g = guard_class(v, CLASS(VECTOR), s);
    Node *checked = with_state(OP(GUARD_INDEX, fix(i, s), OP(VECTOR_LENGTH, g)), s);
    OP(VECTOR_SET, g, checked, fixnum(0));
    t2_add_input(graph, i, OP(BOX_INT, with_state(OP(ADD_CHECKED, fix(i, s), fix(step, s)), s)));
    jump(loop);
    here = done;
    OP(RETURN, i);
    end();
    all_before_bounds();
    run(t2_pass_bounds);
    assert_int_equal(count_in_loops(N_GUARD_INDEX), 1);
    assert_int_equal(count_in_loops(N_ADD_CHECKED), 1);
    t2_graph_free(graph);
}

// The inner loop of a sieve: j goes by steps of i, and the vector was made of n items.
static void test_bounds_without_counter(void **unused) {
    (void)unused;
    begin();
    Node *n = parameter(0), *step = parameter(1);
    FrameState *before = STATE(1, n, step);
    Node *v = with_state(t2_node_new(graph, N_PRIMITIVE, 1, &n), before);
    v->primitive = rt_primitive_find("make-vector");
    v->type = t2_type_of_node(v);
    t2_append(here, v);
    Node *by = OP(AND_INT, fix(step, before), integer(63)); // 0 … 63
    Block *body = block(), *done = block();
    FrameState *entry = STATE(10, v, n, by, fixnum(0));
    Block *loop = header(entry);
    Node *j = phi(fixnum(0));
    FrameState *s = STATE(10, v, n, by, j);
    with_state(OP(POLL), s);
    branch(OP(LT_INT, fix(j, s), fix(n, s)), body, done);
    here = body;
    Node *checked = with_state(OP(GUARD_INDEX, fix(j, s), OP(VECTOR_LENGTH, v)), s);
    OP(VECTOR_SET, v, checked, fixnum(0));
    t2_add_input(graph, j, OP(BOX_INT, with_state(OP(ADD_CHECKED, fix(j, s), by), s)));
    jump(loop);
    here = done;
    OP(RETURN, j);
    end();
    all_before_bounds();
    run(t2_pass_bounds);
    run(t2_pass_dead);
    assert_int_equal(count_in_loops(N_GUARD_INDEX), 0);
    assert_int_equal(count_in_loops(N_GUARD_CLASS), 0);
    assert_int_equal(count(N_GUARD_CLASS), 2); // of n before the vector is made, of the step
    assert_int_equal(count(N_GUARD_TRUE), 0);  // n is the length
    assert_int_equal(count(N_VECTOR_LENGTH), 0);
    t2_graph_free(graph);
}

// Loads move when nothing in the loop writes what they read; guards behind a test do not move.
static void test_hoist(void **unused) {
    (void)unused;
    begin();
    Node *b = parameter(0), *p = parameter(1), *q = parameter(2);
    FrameState *before = STATE(1, b, p, q);
    Node *box = guard_class(b, CLASS(BOX), before), *pair = guard_class(p, CLASS(PAIR), before);
    entry_state = STATE(10, box, pair, q);
    Block *rare = block(), *next = block(), *done = block();
    Block *loop = header(entry_state);
    FrameState *s = STATE(10, box, pair, q);
    with_state(OP(POLL), s);
    Node *car = OP(CAR, pair), *content = OP(BOX_REF, box);
    Node *g = guard_class(car, CLASS(FIXNUM), s);
    OP(BOX_SET, box, g);
    branch(OP(TRUTHY, content), rare, next);
    here = rare;
    OP(SET_CDR, pair, guard_class(q, CLASS(PAIR), s));
    jump(next);
    here = next;
    branch(OP(TRUTHY, OP(CDR, pair)), block(), done);
    here = graph->blocks[graph->block_count - 1];
    jump(loop);
    here = done;
    OP(RETURN, q);
    end();
    run(t2_pass_hoist);
    assert_int_equal(count_in_loops(N_CAR), 0);
    assert_int_equal(count_in_loops(N_BOX_REF), 1);
    assert_int_equal(count_in_loops(N_CDR), 1);
    assert_int_equal(count_in_loops(N_GUARD_CLASS), 1); // of q
    assert_ptr_equal(g->state, entry_state);
    t2_graph_free(graph);
}

// A load that only a test allows stays behind it.
static void test_hoist_not(void **unused) {
    (void)unused;
    begin();
    Node *p = parameter(0);
    entry_state = STATE(10, p);
    Block *yes = block(), *done = block();
    Block *loop = header(entry_state);
    FrameState *s = STATE(10, p);
    with_state(OP(POLL), s);
    branch(is_class(p, CLASS(PAIR)), yes, done);
    here = yes;
    Node *car = OP(CAR, guard_class(p, CLASS(PAIR), s));
    call(car, s);
    jump(loop);
    here = done;
    OP(RETURN, p);
    end();
    run(t2_pass_infer);
    assert_int_equal(count(N_GUARD_CLASS), 0);
    run(t2_pass_hoist);
    assert_int_equal(count_in_loops(N_CAR), 1);
    t2_graph_free(graph);
}

// (define (f a b) (if (< a b) (f (+ a 1) b) a)): a loop in which nothing is guarded.
static void test_again(void **unused) {
    (void)unused;
    begin();
    code->exact = 2;
    code->free_count = 0;
    Node *a = parameter(0), *b = parameter(1);
    FrameState *s = STATE(0, a, b);
    Block *yes = block(), *no = block();
    branch(OP(LT_INT, fix(a, s), fix(b, s)), yes, no);
    here = yes;
    FrameState *t = STATE(4, a, b);
    Node *next = OP(BOX_INT, with_state(OP(ADD_CHECKED, fix(a, t), integer(1)), t));
    OP(TAIL_CALL_CODE, running, next, b)->code = code;
    here = no;
    OP(RETURN, a);
    end();
    run(t2_pass_again);
    assert_int_equal(count(N_TAIL_CALL_CODE), 0);
    assert_int_equal(count(N_PHI), 2);
    const FrameState *poll = find(N_POLL)->state;
    assert_int_equal(poll->pc, 0);
    assert_int_equal(poll->registers[0]->op, N_PHI);
    assert_ptr_equal(find(N_POLL)->block->entry_state->registers[0], a);
    all_before_bounds();
    run(t2_pass_dead);
    assert_int_equal(count(N_PHI), 1); // b is what it was
    assert_int_equal(count_in_loops(N_GUARD_CLASS), 0);
    assert_int_equal(count_in_loops(N_ADD_CHECKED), 0);
    t2_graph_free(graph);
}

// Of another closure with free values, of another number of arguments: the closure is a phi too, or
// the call stays.
static void test_again_closure(void **unused) {
    (void)unused;
    begin();
    code->exact = 1;
    Node *a = parameter(0);
    Node *other = with_state(OP(GUARD_CODE, OP(FREE, running)), STATE(0, a));
    other->code = code;
    other->type = t2_type_of_node(other);
    OP(TAIL_CALL_CODE, other, a)->code = code;
    end();
    run(t2_pass_again);
    assert_int_equal(count(N_TAIL_CALL_CODE), 0);
    Node *free = find(N_FREE);
    assert_int_equal(free->inputs[0]->op, N_PHI);
    assert_ptr_equal(free->inputs[0]->inputs[0], running);
    assert_ptr_equal(free->inputs[0]->inputs[1], other);
    assert_ptr_equal(other->state->closure, free->inputs[0]);
    t2_graph_free(graph);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PASS_TEST(test_speculate),
        PASS_TEST(test_no_speculation),
        PASS_TEST(test_bounds_up),
        PASS_TEST(test_bounds_offset),
        PASS_TEST(test_bounds_equality),
        PASS_TEST(test_bounds_down),
        PASS_TEST(test_bounds_base),
        PASS_TEST(test_bounds_stay),
        PASS_TEST(test_bounds_without_counter),
        PASS_TEST(test_hoist),
        PASS_TEST(test_hoist_not),
        PASS_TEST(test_again),
        PASS_TEST(test_again_closure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
