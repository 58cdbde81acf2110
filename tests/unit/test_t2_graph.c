// tier2/graph.c, types.c: nodes, edges, order, loops, states; the algebra of types.
#include "t2_graphs.h"

#include "runtime/record.h"
#include "runtime/symbol.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static Node *truth(void) { return is_class(running, CLASS(CLOSURE)); }

// ---- nodes

static void test_constants(void **state) {
    (void)state;
    begin();
    assert_true(fixnum(5) == fixnum(5));
    assert_true(integer(5) == integer(5));
    assert_true(fixnum(5) != integer(5));
    assert_true(t2_constant_double(graph, 0.0) != t2_constant_double(graph, -0.0));
    assert_true(fixnum(5)->block == graph->entry);
    Node *five = fixnum(5);
    t2_remove(five);
    assert_true(fixnum(5) != five); // one that stands nowhere is not used again
    // What is on the heap is held, once.
    uint32_t before = graph->held_count;
    Value pair = rt_cons(vm, VALUE_NULL, VALUE_NULL);
    t2_constant(graph, pair);
    t2_hold(graph, pair);
    assert_int_equal(graph->held_count, before + 1);
    assert_true(graph->held[before] == pair);
}

static void test_held_survives(void **state) {
    (void)state;
    begin();
    for (int i = 0; i < 200; i++)
        t2_hold(graph, rt_cons(vm, value_from_fixnum(i), VALUE_NULL));
    rt_heap_collect();
    for (int i = 0; i < 200; i++)
        rt_cons(vm, VALUE_FALSE, VALUE_FALSE);
    for (uint32_t i = 0; i < 200; i++)
        assert_true(value_car(graph->held[graph->held_count - 200 + i]) == value_from_fixnum(i));
}

static void test_replacement(void **state) {
    (void)state;
    begin();
    Node *a = parameter(0), *b = parameter(1), *c = parameter(2);
    Node *use = OP(NEW_PAIR, a, b);
    FrameState *s = STATE(3, a, NULL, b);
    Node *guard = guard_class(use, CLASS(PAIR), s);
    OP(RETURN, use);
    t2_replace(a, b);
    t2_replace(b, c);
    assert_true(t2_resolve(a) == c);
    t2_resolve_all(graph);
    assert_true(use->inputs[0] == c && use->inputs[1] == c);
    assert_true(guard->state->registers[0] == c && !guard->state->registers[1]);
    assert_true(guard->state->registers[2] == c);
}

static void test_places(void **state) {
    (void)state;
    begin();
    Node *a = parameter(0), *b = parameter(1);
    Node *x = t2_node_new(graph, N_NEW_PAIR, 2, (Node *[]){a, b});
    t2_insert_before(b, x);
    assert_true(a->next == x && x->next == b && b->previous == x);
    t2_remove(x);
    assert_true(a->next == b && b->previous == a && !x->block);
    t2_insert_after(b, x);
    assert_true(graph->entry->last == x);
}

// ---- edges and order

static void test_order(void **state) {
    (void)state;
    begin();
    Block *yes = block(), *no = block(), *end_block = block(), *lost = block();
    branch(truth(), yes, no);
    here = yes;
    jump(end_block);
    here = no;
    jump(end_block);
    here = lost;
    jump(end_block);
    here = end_block;
    Node *one = integer(1), *two = integer(2), *three = integer(3);
    Node *p = t2_node_new(graph, N_PHI, 3, (Node *[]){one, two, three});
    p->rep = REP_INT;
    t2_append(end_block, p);
    OP(RETURN, OP(BOX_INT, p));
    end();
    assert_int_equal(graph->block_count, 4); // what is not reached is gone, and its input
    assert_int_equal(p->input_count, 2);
    assert_true(p->inputs[0] == one && p->inputs[1] == two);
    assert_true(end_block->dominator == graph->entry);
    assert_true(yes->dominator == graph->entry);
    assert_true(t2_dominates(graph->entry, end_block));
    assert_false(t2_dominates(yes, end_block));
    assert_false(end_block->is_header);
    for (uint32_t i = 0; i < graph->block_count; i++)
        assert_int_equal(graph->order[i]->id, i);
}

static void test_edges_removed(void **state) {
    (void)state;
    begin();
    Block *join = block(), *other = block();
    Block *from = here;
    branch(truth(), join, other);
    here = other;
    jump(join);
    here = join;
    Node *p = t2_node_new(graph, N_PHI, 2, (Node *[]){integer(1), integer(2)});
    p->rep = REP_INT;
    t2_append(join, p);
    OP(RETURN, OP(BOX_INT, p));
    end();
    // The first way goes: the second becomes the only one.
    t2_remove(from->last);
    t2_remove_edge(from, 0);
    here = from;
    node(N_JUMP, 0, NULL);
    end();
    assert_true(from->successors[0] == other && !from->successors[1]);
    assert_int_equal(p->input_count, 1);
    assert_int_equal(p->inputs[0]->index, 2);
    Block *middle = t2_split_edge(graph, from, 0);
    end();
    assert_true(from->successors[0] == middle && middle->successors[0] == other);
    assert_true(other->predecessors[0] == middle);
}

static void test_loops(void **state) {
    (void)state;
    begin();
    FrameState *s = STATE(1, running);
    Block *outer = header(s);
    Block *body = block(), *out = block();
    branch(truth(), body, out);
    here = body;
    Block *inner = header(s);
    Block *again = block(), *left = block();
    branch(truth(), again, left);
    here = again;
    jump(inner);
    here = left;
    jump(outer);
    here = out;
    OP(RETURN, fixnum(0));
    end();
    assert_true(outer->is_header && inner->is_header);
    assert_int_equal(outer->depth, 1);
    assert_int_equal(inner->depth, 2);
    assert_int_equal(again->depth, 2);
    assert_int_equal(left->depth, 1);
    assert_int_equal(out->depth, 0);
    assert_true(again->loop == inner && left->loop == outer && !out->loop);
    assert_true(inner->parent_loop == outer && !outer->parent_loop);
}

// ---- types

static Type of(Value v) { return t2_type_of_value(v); }
static bool is_range(Type t, int64_t low, int64_t high) {
    return t.set == CLASS(FIXNUM) && t.low == low && t.high == high;
}

static void test_classes(void **state) {
    (void)state;
    assert_int_equal(t2_class_of(VALUE_FALSE), CLASS(FALSE));
    assert_int_equal(t2_class_of(VALUE_NULL), CLASS(NULL));
    assert_int_equal(t2_class_of(VALUE_UNSPECIFIED), CLASS(SPECIAL));
    assert_int_equal(t2_class_of(value_from_fixnum(-1)), CLASS(FIXNUM));
    assert_int_equal(t2_class_of(value_from_double(-0.0)), CLASS(FLONUM));
    assert_int_equal(t2_class_of(value_from_char('x')), CLASS(CHAR));
    assert_int_equal(t2_class_of(rt_cons(vm, 1, 2)), CLASS(PAIR));
    assert_int_equal(t2_class_of(rt_intern(vm, "a")), CLASS(SYMBOL));
    assert_int_equal(t2_class_of(rt_string_from_c(vm, "a")), CLASS(STRING));
    assert_int_equal(t2_class_of(rt_keyword(vm, "a")), CLASS(OBJECT));
}

static void test_join_and_meet(void **state) {
    (void)state;
    Type three = of(value_from_fixnum(3)), nine = of(value_from_fixnum(9));
    assert_true(is_range(t2_type_join(three, nine), 3, 9));
    assert_true(t2_type_join(three, nine).constant == VALUE_NONE);
    assert_true(t2_type_join(three, three).constant == value_from_fixnum(3));
    assert_true(t2_type_same(t2_type_join(three, (Type){0}), three));
    Type mixed = t2_type_join(three, of(VALUE_NULL));
    assert_int_equal(mixed.set, CLASS(FIXNUM) | CLASS(NULL));
    assert_true(
        is_range(t2_type_meet(mixed, t2_type_of_set(CLASS(FIXNUM))), FIXNUM_MIN, FIXNUM_MAX));
    assert_true(is_range(t2_type_meet(t2_type_of_range(0, 10), t2_type_of_range(5, 20)), 5, 10));
    assert_int_equal(t2_type_meet(t2_type_of_range(0, 1), t2_type_of_range(5, 20)).set, 0);
    assert_int_equal(t2_type_meet(three, of(VALUE_NULL)).set, 0);
}

static void test_record_types(void **state) {
    (void)state;
    Value base = rt_record_type_new_c(vm, "base", VALUE_FALSE, 0, NULL);
    Value left = rt_record_type_new_c(vm, "left", base, 0, NULL);
    Value right = rt_record_type_new_c(vm, "right", base, 0, NULL);
    Value alien = rt_record_type_new_c(vm, "alien", VALUE_FALSE, 0, NULL);
    Type l = {.set = CLASS(RECORD), .record = left}, r = {.set = CLASS(RECORD), .record = right};
    Type b = {.set = CLASS(RECORD), .record = base}, a = {.set = CLASS(RECORD), .record = alien};
    assert_true(t2_type_join(l, r).record == base);
    assert_true(t2_type_join(l, b).record == base);
    assert_true(t2_type_join(l, a).record == VALUE_NONE);
    assert_int_equal(t2_type_join(l, a).set, CLASS(RECORD));
    assert_true(t2_type_meet(l, b).record == left);
    assert_true(t2_type_meet(b, l).record == left);
}

static Node *ranged(int64_t low, int64_t high) {
    Node *n = OP(UNBOX_INT, parameter(0));
    n->type = t2_type_of_range(low, high);
    return n;
}

static void test_results(void **state) {
    (void)state;
    begin();
    Node *a = ranged(0, 10), *b = ranged(-3, 7);
    assert_true(is_range(OP(ADD_INT, a, b)->type, -3, 17));
    assert_true(is_range(OP(SUB_INT, a, b)->type, -7, 13));
    assert_true(is_range(OP(MUL_INT, a, b)->type, -30, 70));
    assert_true(is_range(OP(ADD_CHECKED, ranged(0, FIXNUM_MAX), a)->type, 0, FIXNUM_MAX));
    assert_true(is_range(OP(REM_INT, b, integer(5))->type, -3, 4));
    assert_true(is_range(OP(MOD_INT, b, integer(5))->type, 0, 4));
    assert_true(is_range(OP(MOD_INT, a, integer(5))->type, 0, 4));
    assert_true(is_range(OP(MOD_INT, a, integer(-5))->type, -4, 0));
    assert_true(is_range(OP(QUO_INT, a, ranged(1, 9))->type, 0, 10));
    assert_true(is_range(OP(AND_INT, b, integer(255))->type, 0, 255));
    assert_true(is_range(OP(OR_INT, a, ranged(0, 16))->type, 0, 31));
    assert_true(is_range(OP(XOR_INT, b, integer(-1))->type, -8, 7));
    assert_true(is_range(OP(SHR_INT, b, integer(1))->type, -3, 7));
    assert_true(is_range(OP(GUARD_INDEX, b, ranged(0, 5))->type, 0, 4));
    assert_true(is_range(OP(BOX_INT, a)->type, 0, 10));
    assert_int_equal(OP(TRUTHY, OP(BOX_INT, a))->type.set, CLASS(TRUE));
    assert_int_equal(OP(NEW_PAIR, running, running)->type.set, CLASS(PAIR));
    assert_int_equal(OP(SELECT, truth(), a, b)->rep, REP_INT);
    assert_true(is_range(OP(SELECT, truth(), a, b)->type, -3, 10));
}

// ---- the verifier (builds with KILN_DEBUG)

#ifdef KILN_DEBUG
// Does it abort?
static bool is_wrong(void) {
    fflush(stdout);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int nowhere = open("/dev/null", O_WRONLY);
        dup2(nowhere, STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        t2_verify(graph, "test");
        _exit(0);
    }
    int status = 0;
    assert_true(waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static Node *sum, *guard;
static Block *loop;
// A graph with a guard, a sum and a loop, nothing wrong with it.
static void begin_right(void) {
    if (graph)
        t2_graph_free(graph);
    begin();
    Node *a = parameter(0);
    FrameState *s = STATE(1, a);
    guard = guard_class(a, CLASS(FIXNUM), s);
    sum = OP(ADD_INT, OP(UNBOX_INT, guard), integer(1));
    loop = header(s);
    Node *value = phi(guard);
    Block *again = block(), *out = block();
    branch(truth(), again, out);
    here = again;
    t2_add_input(graph, value, OP(BOX_INT, sum));
    jump(loop);
    here = out;
    OP(RETURN, value);
    end();
    assert_false(is_wrong());
}

static void test_verifier(void **state) {
    (void)state;
    begin_right();
    sum->inputs[0] = guard; // a Value in place of an integer
    assert_true(is_wrong());
    begin_right();
    guard->state = NULL;
    assert_true(is_wrong());
    begin_right();
    FrameState *after = STATE(1, guard->inputs[0]);
    after->dst = 3; // a guard does not go on after its instruction
    guard->state = after;
    assert_true(is_wrong());
    begin_right();
    guard->state = STATE(1, sum); // not there yet
    assert_true(is_wrong());
    begin_right();
    guard->state = STATE(100, running); // beyond the code
    assert_true(is_wrong());
    begin_right();
    loop->first->input_count = 1; // of two predecessors
    assert_true(is_wrong());
    begin_right();
    loop->entry_state = NULL;
    assert_true(is_wrong());
    begin_right();
    t2_remove(sum);
    assert_true(is_wrong());
    begin_right();
    t2_remove(graph->entry->last);
    assert_true(is_wrong());
    begin_right();
    loop->dominator = loop->successors[0];
    assert_true(is_wrong());
    begin_right();
    guard->index = 0;
    assert_true(is_wrong());
}
#endif

static int free_graph(void **state) {
    if (graph)
        t2_graph_free(graph);
    graph = NULL;
    return unit_tear_down(state);
}

int main(void) {
#define GRAPH_TEST(fn) cmocka_unit_test_setup_teardown(fn, unit_set_up, free_graph)
    const struct CMUnitTest tests[] = {
        GRAPH_TEST(test_constants),     GRAPH_TEST(test_held_survives),
        GRAPH_TEST(test_replacement),   GRAPH_TEST(test_places),
        GRAPH_TEST(test_order),         GRAPH_TEST(test_edges_removed),
        GRAPH_TEST(test_loops),         GRAPH_TEST(test_classes),
        GRAPH_TEST(test_join_and_meet), GRAPH_TEST(test_record_types),
        GRAPH_TEST(test_results),
#ifdef KILN_DEBUG
        GRAPH_TEST(test_verifier),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
