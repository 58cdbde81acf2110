// The verifier of graphs: the invariants at the top of ir.h, checked after each pass in builds with
// KILN_DEBUG. A violation is a bug of the pass named in the message.
//
// Dominators are not computed again: those in the graph are right when the dominator of each block
// is at or above each of its predecessors, which is checked first.
#include "runtime/assert.h"
#include "tier2/ir.h"

#ifdef KILN_DEBUG

#include <stdlib.h>

typedef struct Verify {
    const Graph *graph;
    const char *after;
    const Node *node;   // being looked at
    uint32_t *position; // of each node in its block, from 1; 0: in none
} Verify;

#define CHECK(condition, format, ...)                                                              \
    ASSERT(condition, "graph after %s, v%u (%s): " format, v->after, v->node ? v->node->id : 0,    \
           v->node ? t2_node_info[v->node->op].name : "no node" __VA_OPT__(, ) __VA_ARGS__)
#define CHECK_BLOCK(condition, block, format, ...)                                                 \
    ASSERT(condition, "graph after %s, block %u: " format, v->after,                               \
           (block)->id __VA_OPT__(, ) __VA_ARGS__)

static const Node *resolved(const Node *node) {
    while (node && node->forward)
        node = node->forward;
    return node;
}

// ---- blocks

static void check_edges(const Verify *v, const Block *block) {
    CHECK_BLOCK(block->last, block, "empty");
    int wanted = block->last->op == N_BRANCH ? 2 : block->last->op == N_JUMP ? 1 : 0;
    for (int i = 0; i < 2; i++) {
        const Block *to = block->successors[i];
        CHECK_BLOCK((to != NULL) == (i < wanted), block, "successor %d", i);
        if (!to)
            continue;
        CHECK_BLOCK(to->id < v->graph->block_count && v->graph->blocks[to->id] == to, block,
                    "goes to a block that is not in order");
        uint32_t edges = 0, entries = 0;
        for (int k = 0; k < 2; k++)
            edges += block->successors[k] == to;
        for (uint32_t p = 0; p < to->predecessor_count; p++)
            entries += to->predecessors[p] == block;
        CHECK_BLOCK(edges == entries, block, "%u edges to block %u, which knows %u", edges, to->id,
                    entries);
    }
    for (uint32_t p = 0; p < block->predecessor_count; p++) {
        const Block *from = block->predecessors[p];
        CHECK_BLOCK(from->successors[0] == block || from->successors[1] == block, block,
                    "block %u does not go here", from->id);
        CHECK_BLOCK(from->id < v->graph->block_count && v->graph->blocks[from->id] == from, block,
                    "a predecessor is not in order");
    }
}

static void check_dominator(const Verify *v, const Block *block) {
    if (block == v->graph->entry) {
        CHECK_BLOCK(block->id == 0 && block->predecessor_count == 0, block,
                    "the entry is not the first, or has predecessors");
        return;
    }
    CHECK_BLOCK(block->predecessor_count > 0 && block->dominator, block, "is not reached");
    CHECK_BLOCK(block->dominator->id < block->id, block, "comes before its dominator");
    for (uint32_t p = 0; p < block->predecessor_count; p++)
        CHECK_BLOCK(t2_dominates(block->dominator, block->predecessors[p]), block,
                    "dominator %u does not dominate predecessor %u", block->dominator->id,
                    block->predecessors[p]->id);
}

static void check_header(const Verify *v, const Block *block) {
    uint32_t outside = 0, back = 0;
    for (uint32_t p = 0; p < block->predecessor_count; p++) {
        const Block *from = block->predecessors[p];
        if (t2_dominates(block, from))
            back++;
        else
            outside++;
        if (block->is_header)
            CHECK_BLOCK(!from->successors[1], block, "critical edge from block %u into a header",
                        from->id);
    }
    CHECK_BLOCK(block->is_header == (back > 0), block, "header: %d, back edges: %u",
                block->is_header, back);
    CHECK_BLOCK(!block->is_header || outside == 1, block, "a header with %u edges from outside",
                outside);
    CHECK_BLOCK(!block->is_header || block->loop == block, block, "a header of another loop");
    CHECK_BLOCK(!block->is_header || block->entry_state, block, "a header without entry state");
}

// Links, places of phis and of the end; numbers the nodes.
static void check_list(Verify *v, const Block *block) {
    uint32_t position = 0;
    bool phis = true;
    const Node *previous = NULL;
    for (const Node *n = block->first; n; previous = n, n = n->next) {
        v->node = n;
        CHECK(n->op < N_COUNT && n->id < v->graph->node_count, "no such operation or number");
        CHECK(n->block == block && n->previous == previous, "is not where it stands");
        CHECK(v->position[n->id] == 0, "stands twice");
        v->position[n->id] = ++position;
        bool ends = t2_node_info[n->op].flags & NODE_ENDS;
        CHECK(ends == (n->next == NULL), "end of the block: %d, next: %d", ends, n->next != NULL);
        CHECK(n->op != N_PHI || phis, "a phi after other nodes");
        phis = n->op == N_PHI;
        bool outer = n->op == N_PARAMETER || n->op == N_RUNNING || n->op == N_REGISTER;
        CHECK(!outer || block == v->graph->entry, "outside of the entry block");
    }
    v->node = NULL;
    CHECK_BLOCK(block->last == previous, block, "its last node is not the last");
}

// ---- nodes

// Is the value there at the end of `at`, or, with `user`, just before that node of it?
static void check_available(const Verify *v, const Node *value, const Block *at, const Node *user,
                            const char *what, uint32_t index) {
    value = resolved(value);
    CHECK(value, "%s %u is missing", what, index);
    CHECK(value->block, "%s %u, v%u, is in no block", what, index, value->id);
    CHECK(value->rep != REP_NONE, "%s %u, v%u, has no value", what, index, value->id);
    if (user && value->block == at)
        CHECK(v->position[value->id] < v->position[user->id], "%s %u, v%u, comes later", what,
              index, value->id);
    else
        CHECK(t2_dominates(value->block, at), "%s %u, v%u of block %u, is not there in block %u",
              what, index, value->id, value->block->id, at->id);
}

// The representation that ir.def asks of input i; REP_NONE: any.
static Rep wanted_rep(const Node *node, uint32_t i) {
    if (node->op == N_PHI || (node->op == N_SELECT && i > 0))
        return (Rep)node->rep;
    const uint8_t *inputs = t2_node_info[node->op].inputs;
    uint32_t last = 0;
    for (uint32_t k = 0; k < sizeof t2_node_info->inputs; k++)
        if (inputs[k] != REP_NONE)
            last = k;
    return (Rep)inputs[i < last ? i : last];
}

static void check_inputs(const Verify *v, const Node *node) {
    const NodeInfo *info = &t2_node_info[node->op];
    CHECK(info->input_count < 0 || node->input_count == (uint32_t)info->input_count, "%u inputs",
          node->input_count);
    bool open = node->op == N_PHI || node->op == N_SELECT;
    CHECK(open ? node->rep != REP_NONE : node->rep == info->rep, "representation %u", node->rep);
    CHECK(node->op != N_PHI || node->input_count == node->block->predecessor_count,
          "%u inputs for %u predecessors", node->input_count, node->block->predecessor_count);
    for (uint32_t i = 0; i < node->input_count; i++) {
        if (node->op == N_PHI)
            check_available(v, node->inputs[i], node->block->predecessors[i], NULL, "input", i);
        else
            check_available(v, node->inputs[i], node->block, node, "input", i);
        Rep wanted = wanted_rep(node, i);
        CHECK(wanted == REP_NONE || resolved(node->inputs[i])->rep == wanted,
              "input %u, v%u, has another representation", i, resolved(node->inputs[i])->id);
    }
}

// `at`, `user` as for check_available.
static void check_state(const Verify *v, const FrameState *state, const Block *at,
                        const Node *user) {
    for (const FrameState *s = state; s; s = s->caller) {
        CHECK(s->code && s->code->tag == CODE_TAG, "a state without code");
        // Behind a tail call there may be nothing.
        CHECK(s->pc < s->code->word_count + (s != state), "state at word %u of %u", s->pc,
              s->code->word_count);
        CHECK(s->count <= s->code->registers, "state of %u registers of %u", s->count,
              s->code->registers);
        CHECK(s == state || s->dst >= 0, "a caller's state that takes no result");
        CHECK(s->dst < 0 || (uint32_t)s->dst >= s->count || !s->registers[s->dst],
              "register %d takes the result and is live", s->dst);
        check_available(v, s->closure, at, user, "closure of state", 0);
        for (uint32_t i = 0; i < s->count; i++)
            if (s->registers[i])
                check_available(v, s->registers[i], at, user, "register", i);
    }
}

static void check_states(const Verify *v, const Node *node) {
    uint16_t flags = t2_node_info[node->op].flags;
    bool exits = flags & (NODE_GUARD | NODE_MAY_EXIT);
    bool calls = (flags & NODE_CALLS) && !(flags & NODE_ENDS);
    CHECK((node->state != NULL) == (exits || calls), "state: %d", node->state != NULL);
    if (!node->state)
        return;
    check_state(v, node->state, node->block, node);
    if (calls && node->op != N_SET_GLOBAL)
        CHECK(node->state->dst >= 0, "a call whose state takes no result");
    else
        CHECK(node->state->dst < 0, "an exit whose state takes a result");
    CHECK(node->reason < EXIT_REASON_COUNT, "reason %u", node->reason);
}

static void check_rest(const Verify *v, const Node *node) {
    switch ((NodeOp)node->op) {
    case N_CONSTANT:
    case N_GUARD_IS:
    case N_GUARD_RECORD:
    case N_IS_RECORD:
    case N_NEW_RECORD:
    case N_GLOBAL:
    case N_SET_GLOBAL:
        CHECK(node->value != VALUE_NONE, "no value");
        break;
    case N_GUARD_CLASS:
    case N_IS_CLASS:
        CHECK(node->index > 0 && node->index <= (int64_t)CLASS_ALL, "class set %ld",
              (long)node->index);
        break;
    case N_GUARD_CODE:
    case N_IS_CODE:
    case N_NEW_CLOSURE:
        CHECK(node->code && node->code->tag == CODE_TAG, "no code");
        CHECK(node->op != N_NEW_CLOSURE || node->input_count == node->code->free_count,
              "%u free values of %u", node->input_count, node->code->free_count);
        break;
    case N_CALL_CODE:
    case N_TAIL_CALL_CODE:
        CHECK(node->code && node->code->tag == CODE_TAG, "no code");
        CHECK(node->input_count == node->code->exact + 1, "%u arguments for %u",
              node->input_count - 1, node->code->exact);
        break;
    case N_CALL:
    case N_TAIL_CALL:
        CHECK(node->input_count > 0, "nothing is called");
        break;
    case N_PRIMITIVE:
        CHECK(node->primitive && node->primitive->control == CONTROL_NONE, "no primitive");
        CHECK(node->index ? node->primitive->binary && node->input_count == 2
                          : (int)node->input_count >= node->primitive->min &&
                                (node->primitive->max < 0 ||
                                 (int)node->input_count <= node->primitive->max),
              "%u arguments of %s", node->input_count, node->primitive->name);
        break;
    case N_ARITHMETIC:
    case N_COMPARE:
        CHECK(node->primitive, "no primitive");
        break;
    case N_MATH_DOUBLE:
        CHECK(node->pointer, "no function");
        break;
    case N_REGISTER:
        CHECK(v->graph->osr_pc != UINT32_MAX, "in a graph that begins at the beginning");
        break;
    case N_PARAMETER:
        CHECK(v->graph->osr_pc == UINT32_MAX, "in a graph that begins in a loop");
        break;
    default:
        break;
    }
}

void t2_verify(const Graph *graph, const char *after) {
    if (graph->failure)
        return;
    Verify verify = {.graph = graph, .after = after}, *v = &verify;
    v->position = calloc(graph->node_count + 1, sizeof *v->position);
    if (!v->position)
        return;
    for (uint32_t i = 0; i < graph->block_count; i++) {
        const Block *block = graph->blocks[i];
        CHECK_BLOCK(block->id < graph->block_count && graph->blocks[block->id] == block, block,
                    "is not in order");
        check_edges(v, block);
        check_list(v, block);
    }
    for (uint32_t i = 0; i < graph->block_count; i++) {
        check_dominator(v, graph->blocks[i]);
        check_header(v, graph->blocks[i]);
    }
    for (uint32_t i = 0; i < graph->block_count; i++) {
        const Block *block = graph->blocks[i];
        for (const Node *n = block->first; n; n = n->next) {
            v->node = n;
            check_inputs(v, n);
            check_states(v, n);
            check_rest(v, n);
        }
        v->node = NULL;
        if (block->is_header)
            for (uint32_t p = 0; p < block->predecessor_count; p++)
                if (!t2_dominates(block, block->predecessors[p]))
                    check_state(v, block->entry_state, block->predecessors[p], NULL);
    }
    free(v->position);
}

#else

void t2_verify(const Graph *graph, const char *after) {
    (void)graph;
    (void)after;
}

#endif
