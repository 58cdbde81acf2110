// small: integers are taken to be well below the limits of fixnums where that saves checks.
//
// What: (- x 1) of a fixnum x may be none, so it is checked; and so is each sum of two. A program
// whose integers are as large as that is rare. Where x has to be tested for its class anyway, the
// test asks for an integer of T2_SMALL_MIN … T2_SMALL_MAX instead, which costs one instruction
// more, and all checks that follow from it are gone: x plus or minus a constant, the sum and
// difference of two such integers. Variables of loops are small when they begin so and the sums
// that they go on with are checked for being small, which costs what the check for a fixnum did.
//
//   (define (tak x y z) … (tak (- x 1) y z) …)    x, y, z: guard-small; (- x 1): no check
//
// A guard that fails for this leaves with a reason of its own, EXIT_RANGE: where that has happened
// too often, in a function or one that is inlined, nothing is taken to be small any more
// (Graph.wide).
//
// How: checks that would be gone ask for what they need: of guards, and of phis, which ask their
// inputs. A guard is not asked by a check in a loop further out, which runs less often. Phis are
// taken optimistically: all may be small, but for those with an input that cannot be made so, until
// nothing changes. Then infer is run, which finds what now is known.
//
// Runs last of what looks at checks: hoist and bounds have removed what they can for nothing.
#include "tier2/passes.h"

enum { // Node.mark
    MAY_BE_SMALL = 1,
    FEEDS_PHI = 2,
    ASKED = 4,
};
enum { SUMS_DEEP = 4 }; // sums of sums that are looked through

static bool is_check(const Node *n) { return n->op == N_ADD_CHECKED || n->op == N_SUB_CHECKED; }
static bool is_sum(const Node *n) {
    return is_check(n) || n->op == N_ADD_INT || n->op == N_SUB_INT;
}

static int64_t reach_of_type(Type type) {
    if (type.set != CLASS(FIXNUM))
        return -FIXNUM_MIN;
    int64_t low = type.low < 0 ? -type.low : type.low,
            high = type.high < 0 ? -type.high : type.high;
    return low > high ? low : high;
}

static bool is_small(const Node *n) {
    return n->type.set == CLASS(FIXNUM) && n->type.low >= T2_SMALL_MIN &&
           n->type.high <= T2_SMALL_MAX;
}

// The guard that tells whether an integer is small, or can do so; NULL: there is none.
static Node *guard_of(const Node *n) {
    Node *guard = n->op == N_UNBOX_INT ? n->inputs[0] : NULL;
    if (guard && (guard->op == N_GUARD_SMALL ||
                  (guard->op == N_GUARD_CLASS && guard->index == (int64_t)CLASS(FIXNUM))))
        return guard;
    return NULL;
}

static bool may_be_small(const Node *n) {
    return is_small(n) || guard_of(n) || is_check(n) || n->mark & MAY_BE_SMALL;
}

// Int phis that could be kept small, all others unmarked; what feeds them.
static void find_phis(Graph *graph) {
    for (uint32_t b = 0; b < graph->block_count; b++)
        for (Node *n = graph->order[b]->first; n; n = n->next)
            n->mark = n->op == N_PHI && n->rep == REP_INT ? MAY_BE_SMALL : 0;
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t b = 0; b < graph->block_count; b++)
            for (Node *phi = graph->order[b]->first; phi && phi->op == N_PHI; phi = phi->next)
                for (uint32_t i = 0; phi->mark & MAY_BE_SMALL && i < phi->input_count; i++)
                    if (!may_be_small(phi->inputs[i])) {
                        phi->mark = 0;
                        changed = true;
                    }
    }
    for (uint32_t b = 0; b < graph->block_count; b++)
        for (Node *phi = graph->order[b]->first; phi && phi->op == N_PHI; phi = phi->next)
            for (uint32_t i = 0; phi->mark & MAY_BE_SMALL && i < phi->input_count; i++)
                phi->inputs[i]->mark |= FEEDS_PHI;
}

// The largest magnitude that n has when all is small that may be, seen from a check of that depth.
// phis: whether phis may be asked.
static int64_t reach_of(const Node *n, uint32_t depth, bool phis, int deep) {
    int64_t reach = reach_of_type(n->type);
    const Node *guard = guard_of(n);
    bool asked = guard ? guard->op == N_GUARD_SMALL || guard->block->depth <= depth
                 : n->mark & MAY_BE_SMALL ? phis || n->mark & ASKED
                                          : false;
    if (asked && reach > T2_SMALL_MAX)
        return T2_SMALL_MAX;
    if (!is_sum(n) || deep == 0)
        return reach;
    int64_t sum = reach_of(n->inputs[0], depth, phis, deep - 1) +
                  reach_of(n->inputs[1], depth, phis, deep - 1);
    return sum < reach ? sum : reach;
}

static void ask(Node *n, int deep) {
    if (is_small(n) || n->mark & ASKED)
        return;
    Node *guard = guard_of(n);
    if (guard) {
        guard->op = N_GUARD_SMALL;
        guard->index = 0;
        guard->reason = EXIT_RANGE;
        return;
    }
    if (n->mark & MAY_BE_SMALL) {
        n->mark |= ASKED;
        for (uint32_t i = 0; i < n->input_count; i++) {
            Node *input = n->inputs[i];
            if (is_check(input)) {
                input->index = 1;
                input->reason = EXIT_RANGE;
            } else
                ask(input, 0);
        }
        return;
    }
    for (uint32_t i = 0; deep > 0 && is_sum(n) && i < 2; i++)
        ask(n->inputs[i], deep - 1);
}

// Asks for what makes the check superfluous, if that can be had.
static bool ask_for(Node *check, bool phis) {
    uint32_t depth = check->block->depth;
    int64_t reach = reach_of(check->inputs[0], depth, phis, SUMS_DEEP) +
                    reach_of(check->inputs[1], depth, phis, SUMS_DEEP);
    if (reach > FIXNUM_MAX)
        return false;
    ask(check->inputs[0], SUMS_DEEP);
    ask(check->inputs[1], SUMS_DEEP);
    return true;
}

void t2_pass_small(Graph *graph) {
    if (graph->wide)
        return;
    find_phis(graph);
    bool changed = false;
    // What feeds phis comes second: when these are asked, it has to be checked in any case.
    for (int feeding = 0; feeding < 2; feeding++)
        for (uint32_t b = 0; b < graph->block_count; b++)
            for (Node *n = graph->order[b]->first; n; n = n->next)
                if (is_check(n) && !n->block->cold && !n->index &&
                    (n->mark & FEEDS_PHI ? 1 : 0) == feeding)
                    changed |= ask_for(n, !feeding);
    if (changed)
        t2_pass_infer(graph);
}
