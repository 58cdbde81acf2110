// blocks: chains of blocks become one.
//
// A block that is the only one behind the only one before it is put at its end. Branches that go
// the same way twice become jumps, those on NOT are turned round.
#include "tier2/passes.h"

static void turn_round(Block *block) {
    Node *branch = block->last;
    while (block->successors[0] != block->successors[1] && branch->inputs[0]->op == N_NOT) {
        branch->inputs[0] = branch->inputs[0]->inputs[0];
        Block *first = block->successors[0];
        block->successors[0] = block->successors[1];
        block->successors[1] = first;
        if (branch->index)
            branch->index = 1024 - branch->index;
    }
}

// May `to` be put at the end of `from`?
static bool is_chain(const Block *from, const Block *to) {
    return from->last->op == N_JUMP && to->predecessor_count == 1 && to != from && !to->is_header;
}

static void join(Graph *graph, Block *from, Block *to) {
    t2_remove(from->last);
    for (Node *n = to->first, *next; n; n = next) {
        next = n->next;
        t2_remove(n);
        if (n->op == N_PHI) {
            t2_replace(n, n->inputs[0]);
            continue;
        }
        t2_append(from, n);
    }
    for (int which = 0; which < 2; which++) {
        Block *next = to->successors[which];
        from->successors[which] = next;
        to->successors[which] = NULL;
        for (uint32_t p = 0; next && p < next->predecessor_count; p++)
            if (next->predecessors[p] == to)
                next->predecessors[p] = from;
    }
    from->cold &= to->cold;
    if (to->heat > from->heat)
        from->heat = to->heat;
    to->predecessor_count = 0;
}

void t2_pass_blocks(Graph *graph) {
    bool changed = false;
    for (uint32_t b = 0; b < graph->block_count; b++) {
        Block *block = graph->order[b];
        if (block != graph->entry && block->predecessor_count == 0)
            continue; // put elsewhere already
        while (is_chain(block, block->successors[0])) {
            join(graph, block, block->successors[0]);
            changed = true;
        }
        if (block->last->op != N_BRANCH)
            continue;
        turn_round(block);
        if (block->successors[0] == block->successors[1] &&
            block->successors[0]->first->op != N_PHI) {
            t2_remove_edge(block, 1);
            t2_remove(block->last);
            t2_append(block, t2_node_new(graph, N_JUMP, 0, NULL));
            changed = true;
        }
    }
    if (changed) {
        t2_order(graph);
        t2_resolve_all(graph);
    }
}
