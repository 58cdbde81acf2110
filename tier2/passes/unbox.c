// unbox: how phis and selects are held.
//
// What: a phi whose values are all fixnums, all flonums or all booleans is held as int64_t, double
// or a bit, when one of its inputs is there so or one of its users wants it so. LLVM does not do
// it, and a float loop with boxed phis takes 2.5 times as long. (Leroy, "Unboxed objects and
// polymorphic typing", 1992, for why boxing is a coercion; the choice by users and inputs is
// ours.)
//
// How: such a phi is replaced by BOX(raw phi), so that everybody who wants it tagged finds that,
// and the raw phi's inputs are UNBOX(input), which is what was boxed when it was. The pairs that
// meet are cancelled at once. At last, states name the raw values themselves: an exit boxes them,
// so that nothing is boxed where only exits look.
#include "tier2/passes.h"

typedef struct Kind {
    ClassSet set;
    Rep rep;
    NodeOp box, unbox;
} Kind;

static const Kind kinds[] = {
    {CLASS(FIXNUM), REP_INT, N_BOX_INT, N_UNBOX_INT},
    {CLASS(FLONUM), REP_DOUBLE, N_BOX_DOUBLE, N_UNBOX_DOUBLE},
    {CLASS_BOOLEAN, REP_BOOL, N_BOX_BOOL, N_TRUTHY},
};
enum { KIND_COUNT = sizeof kinds / sizeof *kinds };

static const Kind *kind_of(const Node *n) {
    if ((n->op != N_PHI && n->op != N_SELECT) || n->rep != REP_TAGGED || !n->type.set)
        return NULL;
    for (int i = 0; i < KIND_COUNT; i++)
        if (t2_is_a(n, kinds[i].set))
            return &kinds[i];
    return NULL;
}

enum { WANTED = 1, CHOSEN = 2 }; // Node.mark

static bool is_raw(const Kind *kind, const Node *n) {
    return n->op == kind->box || (n->op == N_CONSTANT && (t2_class_of(n->value) & kind->set)) ||
           n->mark & CHOSEN;
}

static uint32_t first_value(const Node *n) { return n->op == N_SELECT ? 1 : 0; }

// By what it is made of: of something raw that is no constant.
static bool is_made_raw(const Kind *kind, const Node *n) {
    for (uint32_t i = first_value(n); i < n->input_count; i++)
        if (n->inputs[i]->op != N_CONSTANT && is_raw(kind, n->inputs[i]))
            return true;
    return false;
}

typedef struct List {
    Node **nodes;
    uint32_t count;
} List;

static void mark_wanted(Node *n) {
    for (int i = 0; i < KIND_COUNT; i++) {
        Node *x = n->op == kinds[i].unbox ? t2_root(n->inputs[0]) : NULL;
        if (x && kind_of(x) == &kinds[i])
            x->mark |= WANTED;
    }
}

// Chosen ones pass it on: to what they are made of, and to what is made of them.
static void choose(List *list) {
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t k = 0; k < list->count; k++) {
            Node *n = list->nodes[k];
            const Kind *kind = kind_of(n);
            if (n->mark & CHOSEN || !(n->mark & WANTED || is_made_raw(kind, n)))
                continue;
            n->mark |= CHOSEN;
            changed = true;
            for (uint32_t i = first_value(n); i < n->input_count; i++) {
                Node *x = n->inputs[i];
                if (kind_of(x) == kind)
                    x->mark |= WANTED;
            }
        }
    }
}

static Node *raw_of(Graph *graph, const Kind *kind, Node *x, Node *place) {
    if (x->op == kind->box)
        return x->inputs[0];
    if (x->op == N_CONSTANT && kind->rep == REP_INT && value_is_fixnum(x->value))
        return t2_constant_int(graph, value_fixnum(x->value));
    if (x->op == N_CONSTANT && kind->rep == REP_DOUBLE && value_is_flonum(x->value))
        return t2_constant_double(graph, value_double(x->value));
    if (x->op == N_CONSTANT && kind->rep == REP_BOOL)
        return t2_constant_bool(graph, value_is_truthy(x->value));
    Node *raw = t2_new_before(graph, place, kind->unbox, 1, &x);
    return raw;
}

static Node *after_phis(Block *block) {
    Node *n = block->first;
    while (n->op == N_PHI)
        n = n->next;
    return n;
}

// The raw twin, without inputs as yet: those of others that are chosen are not there.
static void put_twin(Graph *graph, Node *n) {
    const Kind *kind = kind_of(n);
    Node *twin = t2_node_new(graph, (NodeOp)n->op, n->input_count, NULL);
    twin->rep = kind->rep;
    twin->type = n->type;
    t2_insert_after(n, twin);
    n->scratch = twin;
    Node *box = t2_node_new(graph, kind->box, 1, &twin);
    box->type = n->type;
    if (n->op == N_PHI)
        t2_insert_before(after_phis(n->block), box);
    else
        t2_insert_after(twin, box);
    t2_replace(n, box);
}

static void fill_twin(Graph *graph, Node *n) {
    Node *twin = n->scratch;
    const Kind *kind = NULL;
    for (int i = 0; i < KIND_COUNT; i++)
        if (kinds[i].rep == (Rep)twin->rep)
            kind = &kinds[i];
    for (uint32_t i = 0; i < n->input_count; i++) {
        Node *x = t2_resolve(n->inputs[i]);
        if (i < first_value(n)) {
            twin->inputs[i] = x;
            continue;
        }
        Node *place = n->op == N_PHI ? n->block->predecessors[i]->last : twin;
        twin->inputs[i] = raw_of(graph, kind, x, place);
    }
    t2_remove(n);
}

// UNBOX(BOX(x)) is x, and the other way round.
static void cancel(Graph *graph, Node *n) {
    Node *x = n->input_count == 1 ? t2_resolve(n->inputs[0]) : NULL;
    for (int i = 0; i < KIND_COUNT; i++)
        if (n->op == kinds[i].unbox && x->op == kinds[i].box) {
            t2_replace(n, x->inputs[0]);
            t2_remove(n);
            return;
        }
}

static Node *raw_name(Node *n) {
    return n && (n->op == N_BOX_INT || n->op == N_BOX_DOUBLE || n->op == N_BOX_BOOL) ? n->inputs[0]
                                                                                     : n;
}

static void name_raw(FrameState *state, void *context) {
    for (uint32_t i = 0; i < state->count; i++)
        state->registers[i] = raw_name(state->registers[i]);
}

void t2_pass_unbox(Graph *graph) {
    List list = {.nodes = t2_allocate(graph, graph->node_count * sizeof(Node *))};
    for (uint32_t b = 0; b < graph->block_count; b++)
        for (Node *n = graph->order[b]->first; n; n = n->next) {
            n->mark = 0;
            if (kind_of(n))
                list.nodes[list.count++] = n;
        }
    for (uint32_t b = 0; b < graph->block_count; b++)
        for (Node *n = graph->order[b]->first; n; n = n->next)
            mark_wanted(n);
    choose(&list);
    uint32_t chosen = 0;
    for (uint32_t k = 0; k < list.count; k++)
        if (list.nodes[k]->mark & CHOSEN)
            list.nodes[chosen++] = list.nodes[k];
    for (uint32_t k = 0; k < chosen; k++)
        put_twin(graph, list.nodes[k]);
    for (uint32_t k = 0; k < chosen; k++)
        fill_twin(graph, list.nodes[k]);
    if (chosen) {
        for (uint32_t b = 0; b < graph->block_count; b++)
            for (Node *n = graph->order[b]->first, *next; n; n = next) {
                next = n->next;
                cancel(graph, n);
            }
        t2_resolve_all(graph);
    }
    t2_each_state(graph, name_raw, NULL);
    for (uint32_t b = 0; b < graph->block_count; b++)
        for (Node *n = graph->order[b]->first; n; n = n->next)
            for (uint32_t i = 0; n->op == N_SUNK && i < n->input_count; i++)
                n->inputs[i] = raw_name(n->inputs[i]);
}
