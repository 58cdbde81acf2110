// dead: what nobody uses, and phis that stand for one value.
//
// Nodes live when something that has an effect, that may leave or that ends a block needs them, by
// its inputs or its state. States of loop entries count: guards are hoisted to them. Guards stay;
// what decides that they hold is infer.
#include "tier2/passes.h"

// ---- phis

// The one value of a phi besides itself, guarded or not; NULL: there are two.
static Node *only_value(Node *phi) {
    Node *value = NULL;
    for (uint32_t i = 0; i < phi->input_count; i++) {
        Node *x = t2_resolve(phi->inputs[i]);
        if (x == value || t2_root(x) == phi)
            continue;
        if (value)
            return NULL;
        value = x;
    }
    return value;
}

static void simplify_phis(Graph *graph) {
    bool any = false;
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t b = 0; b < graph->block_count; b++)
            for (Node *n = graph->order[b]->first, *next; n && n->op == N_PHI; n = next) {
                next = n->next;
                Node *value = only_value(n);
                if (!value)
                    continue;
                t2_replace(n, value);
                t2_remove(n);
                changed = any = true;
            }
    }
    if (any)
        t2_resolve_all(graph);
}

// ---- what lives

typedef struct Live {
    Node **work;
    uint32_t count;
    uint32_t mark; // of states
} Live;

static void live(Live *l, Node *n) {
    if (n && !n->mark) {
        n->mark = 1;
        l->work[l->count++] = n;
    }
}

static void live_state(Live *l, const FrameState *state) {
    for (FrameState *s = (FrameState *)state; s && s->mark != l->mark;
         s = (FrameState *)s->caller) {
        s->mark = l->mark;
        live(l, s->closure);
        for (uint32_t i = 0; i < s->count; i++)
            live(l, s->registers[i]);
    }
}

// Constants that exits name are Values: there is nothing to be boxed.
static Node *constant_name(Graph *graph, Node *n) {
    if (n && n->op == N_INTEGER && fixnum_fits(n->index))
        return t2_constant(graph, value_from_fixnum(n->index));
    if (n && n->op == N_DOUBLE)
        return t2_constant(graph, value_from_foreign_double(n->number));
    if (n && n->op == N_BOOLEAN)
        return t2_constant(graph, value_from_bool(n->index));
    return n;
}

static void name_constants(FrameState *state, void *context) {
    for (uint32_t i = 0; i < state->count; i++)
        state->registers[i] = constant_name(context, state->registers[i]);
}

void t2_pass_dead(Graph *graph) {
    simplify_phis(graph);
    t2_each_state(graph, name_constants, graph);
    for (uint32_t b = 0; b < graph->block_count; b++)
        for (Node *n = graph->order[b]->first; n; n = n->next) {
            for (uint32_t i = 0; n->op == N_SUNK && i < n->input_count; i++)
                n->inputs[i] = constant_name(graph, n->inputs[i]);
            n->mark = 0;
        }
    Live l = {.work = t2_allocate(graph, graph->node_count * sizeof(Node *)),
              .mark = ++graph->state_mark};
    for (uint32_t b = 0; b < graph->block_count; b++) {
        Block *block = graph->order[b];
        live_state(&l, block->entry_state);
        for (Node *n = block->first; n; n = n->next)
            if (!t2_is_droppable(n))
                live(&l, n);
    }
    while (l.count) {
        Node *n = l.work[--l.count];
        for (uint32_t i = 0; i < n->input_count; i++)
            live(&l, n->inputs[i]);
        live_state(&l, n->state);
    }
    for (uint32_t b = 0; b < graph->block_count; b++)
        for (Node *n = graph->order[b]->first, *next; n; n = next) {
            next = n->next;
            if (!n->mark)
                t2_remove(n);
        }
}
