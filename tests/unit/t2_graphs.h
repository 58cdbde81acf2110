// Small graphs, made by hand: what the tests of tier 2's passes share.
//
// A test makes blocks and nodes in the order of execution, ends the graph, runs passes and counts
// or looks at what is left. Every state names a code of twenty registers that nobody runs.
#ifndef KILN_TESTS_T2_GRAPHS_H
#define KILN_TESTS_T2_GRAPHS_H

#include "runtime/primitive.h"
#include "tier2/passes.h"
#include "unit.h"

static Graph *graph;
static Block *here; // where nodes are put
static Code *code;

[[maybe_unused]] static Code *code_new(uint32_t free_count) {
    Code *c = rt_raw_new(vm, sizeof *c);
    c->tag = CODE_TAG;
    c->words = rt_raw_new_atomic(vm, 100 * sizeof *c->words);
    c->word_count = 100;
    c->registers = 20;
    c->free_count = (uint16_t)free_count;
    c->first = c;
    c->lambda = rt_raw_new(vm, 512); // position 0
    c->top = true;                   // the name
    return c;
}

[[maybe_unused]] static Node *node(NodeOp op, uint32_t count, Node *const *inputs) {
    Node *n = t2_node_new(graph, op, count, inputs);
    t2_append(here, n);
    return n;
}
static Node *running;

static void begin(void) {
    code = code_new(4);
    graph = t2_graph_new(vm, code, UINT32_MAX);
    here = graph->entry;
    running = node(N_RUNNING, 0, NULL);
}

#define OP(op, ...)                                                                                \
    node(N_##op, sizeof((Node *[]){__VA_ARGS__}) / sizeof(Node *), (Node *[]){__VA_ARGS__})

[[maybe_unused]] static Node *parameter(int64_t index) {
    Node *n = node(N_PARAMETER, 0, NULL);
    n->index = index;
    return n;
}
[[maybe_unused]] static Node *fixnum(int64_t n) { return t2_constant(graph, value_from_fixnum(n)); }
[[maybe_unused]] static Node *integer(int64_t n) { return t2_constant_int(graph, n); }

// A state at word pc whose registers from 0 on are these.
[[maybe_unused]] static FrameState *state_of(uint32_t pc, uint32_t count, Node *const *registers) {
    FrameState *s = t2_state_new(graph, count);
    s->code = code;
    s->pc = pc;
    s->dst = -1;
    s->closure = running;
    for (uint32_t i = 0; i < count; i++)
        s->registers[i] = registers[i];
    return s;
}
#define STATE(pc, ...)                                                                             \
    state_of(pc, sizeof((Node *[]){__VA_ARGS__}) / sizeof(Node *), (Node *[]){__VA_ARGS__})

[[maybe_unused]] static Node *with_state(Node *n, FrameState *s) {
    n->state = s;
    return n;
}
[[maybe_unused]] static Node *guard_class(Node *x, ClassSet set, FrameState *s) {
    Node *n = with_state(t2_node_new(graph, N_GUARD_CLASS, 1, &x), s);
    n->index = set;
    n->type = t2_type_of_node(n);
    t2_append(here, n);
    return n;
}
[[maybe_unused]] static Node *is_class(Node *x, ClassSet set) {
    Node *n = OP(IS_CLASS, x);
    n->index = set;
    return n;
}
[[maybe_unused]] static Node *fix(Node *x, FrameState *s) {
    return OP(UNBOX_INT, guard_class(x, CLASS(FIXNUM), s));
}
[[maybe_unused]] static Node *flo(Node *x, FrameState *s) {
    return OP(UNBOX_DOUBLE, guard_class(x, CLASS(FLONUM), s));
}
// A call of x, which may do anything; its result goes to register 19.
[[maybe_unused]] static Node *call(Node *x, FrameState *s) {
    FrameState *after = t2_state_new(graph, s->count);
    memcpy(after, s, sizeof *s + s->count * sizeof *s->registers);
    after->dst = 19;
    return with_state(OP(CALL, x), after);
}

[[maybe_unused]] static Block *block(void) { return t2_block_new(graph); }
static void jump(Block *to) {
    node(N_JUMP, 0, NULL);
    t2_add_edge(graph, here, 0, to);
}
static void branch(Node *condition, Block *when_true, Block *when_false) {
    OP(BRANCH, condition);
    t2_add_edge(graph, here, 0, when_true);
    t2_add_edge(graph, here, 1, when_false);
}
// A phi with its first input; others by t2_add_input.
[[maybe_unused]] static Node *phi(Node *first) {
    Node *n = t2_node_new(graph, N_PHI, 1, &first);
    n->rep = REP_TAGGED;
    t2_append(here, n);
    return n;
}
[[maybe_unused]] static Block *header(FrameState *entry) {
    Block *b = block();
    b->entry_state = entry;
    jump(b);
    here = b;
    return b;
}

static void end(void) {
    t2_order(graph);
    t2_verify(graph, "test");
}
[[maybe_unused]] static void show(void) {
    fprintf(stderr, "%s\n", rt_string_to_utf8(vm, t2_dump(graph), NULL));
}
[[maybe_unused]] static void run(void (*pass)(Graph *)) {
    pass(graph);
    t2_verify(graph, "the pass");
}

[[maybe_unused]] static unsigned count(NodeOp op) {
    unsigned n = 0;
    for (uint32_t b = 0; b < graph->block_count; b++)
        for (Node *x = graph->blocks[b]->first; x; x = x->next)
            n += x->op == op;
    return n;
}
[[maybe_unused]] static Node *find(NodeOp op) {
    for (uint32_t b = 0; b < graph->block_count; b++)
        for (Node *x = graph->blocks[b]->first; x; x = x->next)
            if (x->op == op)
                return x;
    return NULL;
}

#define PASS_TEST(fn) UNIT_TEST(fn)

#endif
