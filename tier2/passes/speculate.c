// speculate: the types of loop variables are guarded once, where the loop is entered.
//
// What: a variable of a loop that is tested for a class in each turn, and that is of that class
// whenever the loop goes round again, needs the test only for its first value:
//
//   (define (sum v acc) (let loop ((i 0) (acc acc)) … (loop (+ i 1) (fl+ acc …))))
//
// infer cannot know what `acc` is at first. A guard of it on the edge into the loop makes the phi
// a flonum, the guards in the loop hold, and unbox keeps it in a register.
//
// The guard leaves by the loop's entry state: nothing of the loop has happened yet. It may fail
// where the loop would not have got to its own guard; a site where that happened too often is left
// alone (t2_leaves_often).
//
// Variables that are passed on to each other are taken together: optimistically all are of their
// classes, and those for which that is not so are dropped until nothing changes.
#include "tier2/passes.h"

enum {
    ROUNDS = 3,    // as deep as loops are nested: a guard in front of an inner one counts for the
                   // outer one
    PHIS_DEEP = 4, // joins within the loop that are looked through
};

typedef struct Speculate {
    Graph *graph;
    Node **phis; // candidates; Node.mark: the class
    uint32_t count;
} Speculate;

// Classes whose values can be held unboxed.
static bool is_useful(ClassSet set) { return set == CLASS(FIXNUM) || set == CLASS(FLONUM); }

static void find_candidates(Speculate *s) {
    Graph *graph = s->graph;
    s->count = 0;
    for (uint32_t b = 0; b < graph->block_count; b++)
        for (Node *n = graph->order[b]->first; n; n = n->next)
            n->mark = 0;
    for (uint32_t b = 0; b < graph->block_count; b++)
        for (Node *n = graph->order[b]->first; n; n = n->next) {
            if (n->op != N_GUARD_CLASS || n->block->cold || !is_useful((ClassSet)n->index))
                continue;
            Node *phi = t2_root(n);
            if (phi->op != N_PHI || !phi->block->is_header || phi->mark || phi->rep != REP_TAGGED ||
                t2_is_a(phi, (ClassSet)n->index) || !t2_in_loop(n->block, phi->block))
                continue;
            phi->mark = (uint32_t)n->index;
            s->phis[s->count++] = phi;
        }
}

// Is x of the class when the candidates are of theirs?
static bool is_of(Node *x, ClassSet set, int deep) {
    x = t2_resolve(x);
    if (t2_is_a(x, set))
        return true;
    Node *root = t2_root(x);
    if (root->mark == set || t2_is_a(root, set))
        return true;
    if (root->op != N_PHI || root->block->is_header || deep == 0)
        return false;
    for (uint32_t i = 0; i < root->input_count; i++)
        if (!is_of(root->inputs[i], set, deep - 1))
            return false;
    return true;
}

static bool keeps_class(Node *phi) {
    uint32_t entry = t2_loop_entry_index(phi->block);
    ClassSet set = phi->mark;
    if (!(t2_resolve(phi->inputs[entry])->type.set & set))
        return false;
    for (uint32_t i = 0; i < phi->input_count; i++)
        if (i != entry && !is_of(phi->inputs[i], set, PHIS_DEEP))
            return false;
    return true;
}

static void drop_wrong(Speculate *s) {
    for (bool changed = true; changed;) {
        changed = false;
        uint32_t kept = 0;
        for (uint32_t i = 0; i < s->count; i++) {
            Node *phi = s->phis[i];
            if (keeps_class(phi) && !t2_leaves_often(phi->block, EXIT_TYPE)) {
                s->phis[kept++] = phi;
            } else {
                phi->mark = 0;
                changed = true;
            }
        }
        s->count = kept;
    }
}

static void put_guard(Speculate *s, Node *phi) {
    uint32_t entry = t2_loop_entry_index(phi->block);
    Node *x = t2_resolve(phi->inputs[entry]);
    if (t2_is_a(x, phi->mark))
        return;
    Node *guard = t2_new_before(s->graph, t2_loop_entry(phi->block)->last, N_GUARD_CLASS, 1, &x);
    guard->index = phi->mark;
    guard->type = t2_result_type(guard);
    guard->state = phi->block->entry_state;
    guard->reason = EXIT_TYPE;
    phi->inputs[entry] = guard;
}

void t2_pass_speculate(Graph *graph) {
    Speculate s = {.graph = graph};
    for (int round = 0; round < ROUNDS; round++) {
        s.phis = t2_allocate(graph, graph->node_count * sizeof *s.phis);
        find_candidates(&s);
        drop_wrong(&s);
        if (!s.count)
            break;
        for (uint32_t i = 0; i < s.count; i++) {
            put_guard(&s, s.phis[i]);
            s.phis[i]->type = t2_type_of_set(s.phis[i]->mark); // as infer will find
        }
    }
}
