// hoist: what does not change in a loop is done before it.
//
// What: pure operations, loads of memory that the loop does not write, guards and checked
// arithmetic, all of inputs from outside of the loop, innermost loops first. LLVM moves pure
// operations by itself, but nothing that stands behind an exit; so guards have to go before it sees
// them, with what they need.
//
// A guard that moves gets the loop's entry state: leaving there is as right as leaving in the first
// turn. It may now fail although the loop would not have got there, so only guards that each turn
// passes are moved (their blocks dominate the edges back), and only where such guards have not
// failed before. A load moves only when its object is of the right class by itself, not by a test
// that stays in the loop (t2_runs_anywhere).
#include "tier2/passes.h"

typedef struct Hoist {
    Graph *graph;
    Block *header;
    Node *place;       // in front of which things go
    MemorySet written; // in the loop
} Hoist;

static bool is_invariant(const Hoist *h, const Node *n) { return !t2_in_loop(n->block, h->header); }

static bool inputs_invariant(const Hoist *h, const Node *n) {
    for (uint32_t i = 0; i < n->input_count; i++)
        if (!is_invariant(h, n->inputs[i]))
            return false;
    return true;
}

// Does each turn of the loop pass the block?
static bool is_always_passed(const Hoist *h, const Block *block) {
    for (uint32_t p = 0; p < h->header->predecessor_count; p++) {
        const Block *from = h->header->predecessors[p];
        if (t2_dominates(h->header, from) && !t2_dominates(block, from))
            return false;
    }
    return true;
}

static bool may_leave_at_entry(const Hoist *h, const Node *n) {
    return is_always_passed(h, n->block) && !t2_leaves_often(h->header, (ExitReason)n->reason);
}

static bool moves(const Hoist *h, const Node *n) {
    unsigned flags = t2_node_info[n->op].flags;
    switch ((NodeOp)n->op) {
    case N_POLL:
    case N_SUNK:
    case N_CONSTANT:
    case N_INTEGER:
    case N_DOUBLE:
    case N_BOOLEAN:
    case N_BOX_INT: // cheap, and mostly for exits
    case N_BOX_DOUBLE:
    case N_BOX_BOOL:
    case N_BOX_CHAR:
        return false;
    case N_ADD_CHECKED:
    case N_SUB_CHECKED:
    case N_MUL_CHECKED:
    case N_DOUBLE_TO_INT:
        return inputs_invariant(h, n) && may_leave_at_entry(h, n);
    default:
        break;
    }
    if (flags & NODE_GUARD)
        return inputs_invariant(h, n) && may_leave_at_entry(h, n);
    if (n->block->cold || !t2_runs_anywhere(n))
        return false;
    if (flags & NODE_PURE)
        return inputs_invariant(h, n);
    if (flags & NODE_READS && !(flags & (NODE_CALLS | NODE_WRITES)))
        return !(t2_reads(n) & h->written) && inputs_invariant(h, n);
    return false;
}

static void move(Hoist *h, Node *n) {
    t2_remove(n);
    t2_insert_before(h->place, n);
    if (n->state)
        n->state = h->header->entry_state;
    // What was known by tests within the loop is not known here.
    if (n->op != N_GLOBAL)
        n->type = t2_result_type(n);
}

static void hoist_loop(Graph *graph, Block *header) {
    Hoist h = {.graph = graph, .header = header, .place = t2_loop_entry(header)->last};
    uint32_t last = header->id;
    for (uint32_t b = header->id; b < graph->block_count; b++) {
        Block *block = graph->order[b];
        if (!t2_in_loop(block, header))
            continue;
        last = b;
        for (Node *n = block->first; n; n = n->next)
            h.written |= t2_writes(n);
    }
    for (uint32_t b = header->id; b <= last; b++) {
        Block *block = graph->order[b];
        if (!t2_in_loop(block, header))
            continue;
        for (Node *n = block->first, *next; n; n = next) {
            next = n->next;
            if (n->op != N_PHI && moves(&h, n))
                move(&h, n);
        }
    }
}

void t2_pass_hoist(Graph *graph) {
    for (uint32_t b = graph->block_count; b-- > 0;)
        if (graph->order[b]->is_header)
            hoist_loop(graph, graph->order[b]);
}
