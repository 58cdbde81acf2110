// again: a function that calls itself in tail position is a loop.
//
//   (define (safe? row distance placed)
//     (or (null? placed) (and … (safe? row (+ distance 1) (cdr placed)))))
//
// What: such calls become jumps to a header behind the entry, whose phis are the parameters. What
// is done for loops is then done for them: guards of what does not change go in front, numbers stay
// in registers. (The builder does this for procedures that call themselves by name,
// OP_TAIL_CALL_SELF; here it is for those that are called by a variable which is relied on.)
//
// The header polls, since it might go round for ever; leaving there, and at what is hoisted in
// front of it, begins the function's bytecode anew with the parameters of that turn.
#include "tier2/passes.h"

typedef struct Again {
    Graph *graph;
    Node *running;
    Node **parameters; // [code->exact]
    Block *header;
    Node **phis; // [code->exact + 1], that of the closure first; NULL: none
} Again;

static bool is_again(const Graph *graph, const Node *n) {
    return n->op == N_TAIL_CALL_CODE && n->code == graph->code &&
           n->input_count == graph->code->exact + 1;
}

static bool find_sources(Again *a) {
    const Code *code = a->graph->code;
    for (Node *n = a->graph->entry->first; n; n = n->next) {
        n->mark = 0;
        if (n->op == N_RUNNING) {
            a->running = n;
        } else if (n->op == N_PARAMETER) {
            if (n->index >= (int64_t)code->exact || a->parameters[n->index])
                return false;
            a->parameters[n->index] = n;
        }
    }
    return a->running != NULL;
}

// Node.mark: is it used, by more than states as the closure that runs and for its free values.
static void mark_uses(Again *a) {
    Graph *graph = a->graph;
    for (uint32_t b = 0; b < graph->block_count; b++)
        for (Node *n = graph->order[b]->first; n; n = n->next) {
            for (uint32_t i = is_again(graph, n) ? 1 : 0; i < n->input_count; i++)
                n->inputs[i]->mark = 1;
            for (const FrameState *s = n->state; s; s = s->caller)
                for (uint32_t i = 0; i < s->count; i++)
                    if (s->registers[i])
                        s->registers[i]->mark = 1;
        }
}

// Everything of the entry but what comes from outside goes to the header.
static void split_entry(Again *a) {
    Block *entry = a->graph->entry, *header = t2_block_new(a->graph);
    header->heat = entry->heat;
    for (Node *n = entry->first, *next; n; n = next) {
        next = n->next;
        switch ((NodeOp)n->op) {
        case N_PARAMETER:
        case N_RUNNING:
        case N_CONSTANT:
        case N_INTEGER:
        case N_DOUBLE:
        case N_BOOLEAN:
            break;
        default:
            t2_remove(n);
            t2_append(header, n);
        }
    }
    for (int which = 0; which < 2; which++) {
        Block *to = entry->successors[which];
        header->successors[which] = to;
        entry->successors[which] = NULL;
        for (uint32_t p = 0; to && p < to->predecessor_count; p++)
            if (to->predecessors[p] == entry)
                to->predecessors[p] = header;
    }
    t2_append(entry, t2_node_new(a->graph, N_JUMP, 0, NULL));
    t2_add_edge(a->graph, entry, 0, header);
    a->header = header;
}

static Node *put_phi(Again *a, Node *source) {
    Node *phi = t2_node_new(a->graph, N_PHI, 1, &source);
    phi->rep = REP_TAGGED;
    phi->type = t2_type_of_set(CLASS_ALL);
    t2_insert_before(a->header->first, phi);
    return phi;
}

static FrameState *state_at_start(Again *a, bool inside) {
    const Code *code = a->graph->code;
    FrameState *s = t2_state_new(a->graph, code->exact);
    s->code = a->graph->code;
    s->dst = -1;
    s->closure = inside && a->phis[0] ? a->phis[0] : a->running;
    for (uint32_t i = 0; i < code->exact; i++)
        s->registers[i] = inside ? a->phis[i + 1] : a->phis[i + 1] ? a->parameters[i] : NULL;
    return s;
}

static void jump_again(Again *a, Node *call) {
    Block *block = call->block;
    for (uint32_t i = 0; i <= a->graph->code->exact; i++)
        if (a->phis[i])
            t2_add_input(a->graph, a->phis[i], call->inputs[i]);
    t2_remove(call);
    t2_append(block, t2_node_new(a->graph, N_JUMP, 0, NULL));
    t2_add_edge(a->graph, block, 0, a->header);
}

// Uses of what the phis stand for, but for their own first inputs.
static void rename_sources(Again *a) {
    for (uint32_t i = 0; i <= a->graph->code->exact; i++)
        if (a->phis[i])
            t2_replace(i ? a->parameters[i - 1] : a->running, a->phis[i]);
    t2_resolve_all(a->graph);
    for (uint32_t i = 0; i <= a->graph->code->exact; i++)
        if (a->phis[i]) {
            Node *source = i ? a->parameters[i - 1] : a->running;
            source->forward = NULL;
            a->phis[i]->inputs[0] = source;
        }
}

void t2_pass_again(Graph *graph) {
    const Code *code = graph->code;
    Again a = {.graph = graph};
    uint32_t calls = 0;
    for (uint32_t b = 0; b < graph->block_count; b++)
        calls += is_again(graph, graph->order[b]->last);
    if (!calls || graph->osr_pc != UINT32_MAX)
        return;
    a.parameters = t2_allocate(graph, (code->exact + 1) * sizeof(Node *));
    a.phis = t2_allocate(graph, (code->exact + 1) * sizeof(Node *));
    if (!find_sources(&a))
        return;
    mark_uses(&a);
    uint32_t blocks = graph->block_count;
    Block **order = graph->order;
    split_entry(&a);
    // Which closure it is shows only in its free values, or when it is a value itself.
    if (code->free_count || a.running->mark)
        a.phis[0] = put_phi(&a, a.running);
    for (uint32_t i = 0; i < code->exact; i++)
        if (a.parameters[i] && a.parameters[i]->mark)
            a.phis[i + 1] = put_phi(&a, a.parameters[i]);
    rename_sources(&a);
    a.header->entry_state = state_at_start(&a, false);
    a.header->generic = graph->generic;
    Node *poll = t2_node_new(graph, N_POLL, 0, NULL);
    poll->state = state_at_start(&a, true);
    poll->reason = EXIT_POLL;
    Node *first = a.header->first;
    while (first->op == N_PHI)
        first = first->next;
    t2_insert_before(first, poll);
    for (uint32_t b = 0; b < blocks; b++)
        if (is_again(graph, order[b]->last))
            jump_again(&a, order[b]->last);
    if (is_again(graph, a.header->last))
        jump_again(&a, a.header->last);
    t2_order(graph);
}
