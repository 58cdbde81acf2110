// tier2/passes/escape.c on small graphs.
#include "runtime/symbol.h"
#include "t2_graphs.h"

// A pair that only an exit sees.
static void test_still(void **unused) {
    (void)unused;
    begin();
    Node *x = parameter(0), *y = parameter(1);
    Node *pair = OP(NEW_PAIR, x, y);
    FrameState *s = STATE(5, pair);
    call(x, s); // kills what number would know
    Node *sum = with_state(OP(ADD_CHECKED, fix(OP(CAR, pair), s), fix(OP(CDR, pair), s)), s);
    OP(RETURN, OP(BOX_INT, sum));
    end();
    run(t2_pass_escape);
    assert_int_equal(count(N_NEW_PAIR), 0);
    assert_int_equal(count(N_CAR) + count(N_CDR), 0);
    assert_int_equal(count(N_SUNK), 1);
    Node *sunk = find(N_SUNK);
    assert_int_equal(sunk->index, TYPE_NONE);
    assert_ptr_equal(sunk->inputs[0], x);
    assert_ptr_equal(sunk->inputs[1], y);
    assert_ptr_equal(s->registers[0], sunk);
    t2_graph_free(graph);
}

static void test_escapes(void **unused) {
    (void)unused;
    begin();
    Node *x = parameter(0);
    Node *passed = OP(NEW_PAIR, x, x), *stored = OP(NEW_PAIR, x, x), *returned = OP(NEW_BOX, x);
    FrameState *s = STATE(5, x);
    FrameState *after = STATE(6, x);
    after->dst = 19;
    with_state(OP(CALL, x, passed), after);
    OP(SET_CAR, guard_class(x, CLASS(PAIR), s), stored);
    OP(RETURN, returned);
    end();
    run(t2_pass_escape);
    assert_int_equal(count(N_NEW_PAIR), 2);
    assert_int_equal(count(N_NEW_BOX), 1);
    t2_graph_free(graph);
}

// A closure that holds a box, which is written: taken apart from outside.
static void test_nest(void **unused) {
    (void)unused;
    begin();
    Node *x = parameter(0);
    Code *inner = code_new(2);
    Node *box = OP(NEW_BOX, fixnum(0));
    Node *closure = OP(NEW_CLOSURE, box, x);
    closure->code = inner;
    closure->type = t2_type_of_node(closure);
    FrameState *s = STATE(5, closure, box);
    FrameState *before = STATE(4, closure);
    call(x, before);
    Node *held = OP(FREE, closure);
    Node *sum = with_state(OP(ADD_CHECKED, fix(OP(BOX_REF, held), before), integer(1)), before);
    Node *boxed = OP(BOX_INT, sum);
    OP(BOX_SET, held, boxed);
    call(x, s);
    OP(RETURN, OP(BOX_REF, box));
    end();
    run(t2_pass_escape);
    assert_int_equal(count(N_NEW_BOX) + count(N_NEW_CLOSURE), 0);
    assert_int_equal(count(N_BOX_REF) + count(N_BOX_SET) + count(N_FREE), 0);
    const FrameState *last = NULL, *first = NULL;
    for (Node *n = graph->entry->first; n; n = n->next)
        if (n->op == N_CALL) {
            first = first ? first : n->state;
            last = n->state;
        }
    Node *sunk = last->registers[0];
    assert_int_equal(sunk->op, N_SUNK);
    assert_int_equal(sunk->index, TYPE_CLOSURE);
    assert_ptr_equal(sunk->code, inner);
    assert_ptr_equal(sunk->inputs[0], last->registers[1]); // one box
    assert_ptr_equal(last->registers[1]->inputs[0], boxed);
    assert_int_equal(last->registers[1]->index, TYPE_BOX);
    assert_ptr_equal(first->registers[0]->inputs[0]->inputs[0], fixnum(0));
    assert_ptr_equal(graph->entry->last->inputs[0], boxed);
    t2_graph_free(graph);
}

// A counter in a box, added to in a loop, on one of two ways: it becomes a variable.
static void test_changing_in_loop(void **unused) {
    (void)unused;
    begin();
    Node *x = parameter(0);
    Node *box = OP(NEW_BOX, fixnum(0));
    Block *odd = block(), *next = block(), *done = block(), *again = block();
    FrameState *entry = STATE(10, box, x);
    Block *loop = header(entry);
    FrameState *s = STATE(10, box, x);
    with_state(OP(POLL), s);
    Node *v = call(x, s);
    branch(OP(TRUTHY, v), odd, next);
    here = odd;
    Node *sum = with_state(OP(ADD_CHECKED, fix(OP(BOX_REF, box), s), integer(1)), s);
    OP(BOX_SET, box, OP(BOX_INT, sum));
    jump(next);
    here = next;
    branch(OP(TRUTHY, call(v, s)), again, done);
    here = again;
    jump(loop);
    here = done;
    OP(RETURN, OP(BOX_REF, box));
    end();
    run(t2_pass_escape);
    assert_int_equal(count(N_NEW_BOX), 0);
    run(t2_pass_number);
    run(t2_pass_infer);
    run(t2_pass_unbox);
    run(t2_pass_dead);
    assert_int_equal(count(N_PHI), 2);
    assert_int_equal(find(N_PHI)->rep, REP_INT);
    assert_int_equal(count(N_GUARD_CLASS), 0);
    Node *poll = find(N_POLL);
    Node *sunk = poll->state->registers[0];
    assert_int_equal(sunk->op, N_SUNK);
    assert_ptr_equal(sunk->inputs[0], loop->first); // the integer itself
    // On the way in, it holds 0.
    Node *before = loop->entry_state->registers[0];
    assert_int_equal(before->op, N_SUNK);
    assert_ptr_equal(before->inputs[0], fixnum(0));
    t2_graph_free(graph);
}

// A pair that a loop carries round: two variables.
static Node *carried(bool named_behind) {
    begin();
    Node *x = parameter(0);
    Node *first = OP(NEW_PAIR, fixnum(0), x);
    Block *body = block(), *done = block();
    FrameState *entry = STATE(10, first);
    Block *loop = header(entry);
    Node *p = phi(first);
    FrameState *s = STATE(10, p);
    with_state(OP(POLL), s);
    Node *n = fix(OP(CAR, p), s);
    branch(OP(LT_INT, n, integer(10)), body, done);
    here = body;
    Node *next = with_state(OP(ADD_CHECKED, n, integer(1)), s);
    Node *pair = OP(NEW_PAIR, OP(BOX_INT, next), call(OP(CDR, p), s));
    if (named_behind)
        call(x, STATE(12, pair, first));
    t2_add_input(graph, p, pair);
    jump(loop);
    here = done;
    OP(RETURN, OP(CDR, p));
    end();
    run(t2_pass_escape);
    return p;
}

static void test_joined(void **unused) {
    (void)unused;
    carried(false);
    assert_int_equal(count(N_NEW_PAIR), 0);
    assert_int_equal(count(N_CAR) + count(N_CDR), 0);
    run(t2_pass_infer);
    run(t2_pass_unbox);
    run(t2_pass_dead);
    assert_int_equal(count(N_PHI), 2);
    Node *sunk = find(N_POLL)->state->registers[0];
    assert_int_equal(sunk->op, N_SUNK);
    assert_int_equal(sunk->inputs[0]->rep, REP_INT);
    t2_graph_free(graph);
}

// In a state behind the phi, the first pair would be another one than the phi's.
static void test_identity(void **unused) {
    (void)unused;
    carried(true);
    assert_int_equal(count(N_NEW_PAIR), 2);
    assert_int_equal(count(N_SUNK), 0);
    t2_graph_free(graph);
}

// One of the ways brings a pair from elsewhere.
static void test_joined_not(void **unused) {
    (void)unused;
    begin();
    Node *x = parameter(0);
    Node *q = guard_class(x, CLASS(PAIR), STATE(1, x));
    Block *a = block(), *b = block(), *both = block();
    branch(OP(TRUTHY, OP(CAR, q)), a, b);
    here = a;
    Node *pair = OP(NEW_PAIR, x, x);
    jump(both);
    here = b;
    jump(both);
    here = both;
    Node *p = phi(pair);
    t2_add_input(graph, p, q);
    OP(RETURN, OP(CDR, p));
    end();
    run(t2_pass_escape);
    assert_int_equal(count(N_NEW_PAIR), 1);
    t2_graph_free(graph);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PASS_TEST(test_still),      PASS_TEST(test_escapes),
        PASS_TEST(test_nest),       PASS_TEST(test_changing_in_loop),
        PASS_TEST(test_joined),     PASS_TEST(test_identity),
        PASS_TEST(test_joined_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
