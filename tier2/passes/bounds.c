// bounds: checks of the indexes of a loop are made once, before it.
//
// What: where i goes from a by steps of s and each turn begins with a test against n,
//
//   (let loop ((i a)) (if (< i n) (begin … (vector-ref v (+ base i k)) … (loop (+ i 1)))))
//
// base + i + k lies between base + a + k and base + n - 1 + k in every turn. When v, base and n do
// not change in the loop, two guards in front of it take the place of the check in each turn
// (Gupta, "Optimizing array bound checks using flow analysis", 1993). The sums base + i + k need no
// check for overflow then.
//
// Where i is no such counter but at least 0 by its type (j in the sieve, whose step is a variable),
// the guard of n alone will do.
//
// Forms of the test: i < n, i <= n, and i = n as the end, in which case a <= n is guarded as well
// and the step is 1; the same downwards with n as the lower end.
//
// The guards leave by the loop's entry state. They fail where the loop would have ended before the
// index that is out of range; where that happened too often, the checks stay.
//
// Runs after unbox (variables of loops are integers) and hoist (lengths stand before loops).
#include "tier2/passes.h"

typedef struct Counter { // i
    Node *phi, *start;   // start NULL: none that counts, only bounded from above
    int64_t step;
} Counter;

// What holds behind the test in each turn.
typedef struct Range {
    Counter counter;
    Node *limit;   // upwards: i < limit, or i <= limit; downwards: i > limit, i >= limit
    bool closed;   // i may be the limit
    bool equality; // the test is i = limit; start must not lie beyond it
    Block *inside; // blocks that this one dominates are behind the test
    bool guarded;  // the guard that an equality needs is there
} Range;

enum { RANGES_MAX = 8 }; // of one loop

typedef struct Bounds {
    Graph *graph;
    Block *header;
    Node *place;
    Range ranges[RANGES_MAX];
    unsigned range_count;
} Bounds;

static bool is_invariant(const Bounds *f, const Node *n) {
    return !t2_in_loop(n->block, f->header);
}

// x + c with a constant c, as x and c.
static Node *split(Node *n, int64_t *offset) {
    *offset = 0;
    for (;;) {
        n = t2_root(n);
        bool add = n->op == N_ADD_INT || n->op == N_ADD_CHECKED;
        bool sub = n->op == N_SUB_INT || n->op == N_SUB_CHECKED;
        if ((!add && !sub) || n->inputs[1]->op != N_INTEGER)
            return n;
        int64_t c = n->inputs[1]->index;
        *offset += add ? c : -c;
        n = n->inputs[0];
    }
}

// ---- counters and tests

static bool is_counter(const Bounds *f, Node *phi, Counter *counter) {
    if (phi->op != N_PHI || phi->block != f->header || phi->rep != REP_INT)
        return false;
    uint32_t entry = t2_loop_entry_index(f->header);
    *counter = (Counter){.phi = phi, .start = phi->inputs[entry]};
    for (uint32_t i = 0; i < phi->input_count; i++) {
        if (i == entry)
            continue;
        int64_t step;
        if (split(phi->inputs[i], &step) != phi || step == 0 ||
            (counter->step && counter->step != step))
            return false;
        counter->step = step;
    }
    return counter->step != 0;
}

static bool is_always_passed(const Bounds *f, const Block *block) {
    for (uint32_t p = 0; p < f->header->predecessor_count; p++) {
        const Block *from = f->header->predecessors[p];
        if (t2_dominates(f->header, from) && !t2_dominates(block, from))
            return false;
    }
    return true;
}

// What staying in the loop says of one input of a comparison.
static bool read_test(const Bounds *f, const Node *test, bool holds, bool second, Range *range) {
    Node *i = t2_root(test->inputs[second]), *limit = test->inputs[!second];
    if (!is_invariant(f, limit) || is_invariant(f, i))
        return false;
    if (!is_counter(f, i, &range->counter))
        range->counter = (Counter){.phi = i};
    range->limit = limit;
    bool up = range->counter.step >= 0;
    if (test->op == N_EQ_INT) {
        range->equality = true;
        range->closed = false;
        return !holds && (range->counter.step == 1 || range->counter.step == -1);
    }
    range->equality = false;
    // i < limit, i <= limit, i > limit or i >= limit:
    bool below = second != holds;
    range->closed = (test->op == N_LE_INT) == holds;
    return below == up;
}

static void find_ranges(Bounds *f, Block *block) {
    Node *branch = block->last;
    if (branch->op != N_BRANCH || !is_always_passed(f, block))
        return;
    Node *test = branch->inputs[0];
    if (test->op != N_LT_INT && test->op != N_LE_INT && test->op != N_EQ_INT)
        return;
    for (int which = 0; which < 2; which++) {
        Block *inside = block->successors[which], *outside = block->successors[1 - which];
        if (t2_in_loop(outside, f->header) || inside->predecessor_count != 1)
            continue;
        for (int second = 0; second < 2 && f->range_count < RANGES_MAX; second++) {
            Range *range = &f->ranges[f->range_count];
            *range = (Range){.inside = inside};
            if (read_test(f, test, which == 0, second, range))
                f->range_count++;
        }
    }
}

// ---- guards in front of the loop

static Node *put(Bounds *f, NodeOp op, Node *a, Node *b) {
    Node *n = t2_new_before(f->graph, f->place, op, 2, (Node *[]){a, b});
    if (t2_has_flag(n, NODE_MAY_EXIT)) {
        n->state = f->header->entry_state;
        n->reason = EXIT_BOUNDS;
    }
    return n;
}

static Node *put_sum(Bounds *f, Node *a, int64_t b) {
    return b ? put(f, N_ADD_CHECKED, a, t2_constant_int(f->graph, b)) : a;
}

// False: it would always fail.
static bool put_guard(Bounds *f, NodeOp op, Node *a, Node *b) {
    Node *test = put(f, op, a, b);
    Type decided = t2_result_type(test);
    if (decided.set != CLASS_BOOLEAN) {
        t2_remove(test);
        return decided.set == CLASS(TRUE);
    }
    Node *guard = t2_new_before(f->graph, f->place, N_GUARD_TRUE, 1, &test);
    guard->state = f->header->entry_state;
    guard->reason = EXIT_BOUNDS;
    return true;
}

static bool guard_equality(Bounds *f, Range *range) {
    if (!range->equality || range->guarded)
        return true;
    Node *start = range->counter.start, *limit = range->limit;
    bool up = range->counter.step > 0;
    range->guarded = put_guard(f, N_LE_INT, up ? start : limit, up ? limit : start);
    return range->guarded;
}

// ---- checks

// An index: base + i + offset; base NULL: none.
typedef struct Index {
    Node *base;
    int64_t offset;
} Index;

static const Range *range_of(const Bounds *f, const Node *i, const Block *block) {
    for (unsigned k = 0; k < f->range_count; k++)
        if (f->ranges[k].counter.phi == i && t2_dominates(f->ranges[k].inside, block))
            return &f->ranges[k];
    return NULL;
}

static Range *read_index(Bounds *f, Node *check, Index *index) {
    *index = (Index){0};
    Node *x = split(check->inputs[0], &index->offset);
    const Range *range = range_of(f, x, check->block);
    if (!range && (x->op == N_ADD_INT || x->op == N_ADD_CHECKED)) {
        for (int k = 0; k < 2 && !range; k++) {
            int64_t offset;
            Node *i = split(x->inputs[k], &offset);
            range = is_invariant(f, x->inputs[!k]) ? range_of(f, i, check->block) : NULL;
            if (range) {
                index->base = x->inputs[!k];
                index->offset += offset;
            }
        }
    }
    return (Range *)range;
}

enum { OFFSET_MAX = 1 << 20 };

// No overflow of what the guards have bounded.
static void drop_overflow_checks(const Range *range, Node *n) {
    for (;;) {
        n = t2_root(n);
        if (!t2_dominates(range->inside, n->block))
            return;
        if (n->input_count == 2 && n->inputs[1]->op == N_INTEGER &&
            (n->inputs[1]->index > OFFSET_MAX || n->inputs[1]->index < -OFFSET_MAX))
            return;
        if (n->op == N_ADD_CHECKED)
            n->op = N_ADD_INT;
        else if (n->op == N_SUB_CHECKED)
            n->op = N_SUB_INT;
        else
            return;
        n->state = NULL;
        if (n->inputs[1]->op != N_INTEGER)
            return;
        n = n->inputs[0];
    }
}

static bool move_check(Bounds *f, Node *check) {
    Index index;
    Node *length = check->inputs[1];
    Range *range = is_invariant(f, length) ? read_index(f, check, &index) : NULL;
    if (!range || index.offset > OFFSET_MAX || index.offset < -OFFSET_MAX)
        return false;
    const Counter *counter = &range->counter;
    bool up = counter->step >= 0;
    Type type = counter->phi->type;
    bool high_alone = !counter->start;
    if (high_alone && (index.base || type.set != CLASS(FIXNUM) || type.low + index.offset < 0))
        return false;
    Node *zero = t2_constant_int(f->graph, 0);
    Node *first = counter->start, *limit = range->limit;
    if (!guard_equality(f, range))
        return false;
    int64_t past = range->closed ? 0 : up ? -1 : 1; // of the last i from the limit
    Node *low = up ? first : limit, *high = up ? limit : first;
    int64_t low_offset = index.offset + (up ? 0 : past),
            high_offset = index.offset + (up ? past : 0);
    if (high_alone)
        low = zero;
    if (index.base) {
        low = put(f, N_ADD_CHECKED, low, index.base);
        high = put(f, N_ADD_CHECKED, high, index.base);
    }
    if ((!high_alone && !put_guard(f, N_LE_INT, zero, put_sum(f, low, low_offset))) ||
        !put_guard(f, N_LT_INT, put_sum(f, high, high_offset), length))
        return false;
    drop_overflow_checks(range, check->inputs[0]);
    t2_replace(check, check->inputs[0]);
    t2_remove(check);
    return true;
}

// The step of a loop that an equality ends.
static void drop_step_checks(Bounds *f) {
    for (unsigned k = 0; k < f->range_count; k++) {
        const Range *range = &f->ranges[k];
        Node *phi = range->counter.phi;
        for (uint32_t i = 0; range->guarded && i < phi->input_count; i++) {
            Node *next = t2_root(phi->inputs[i]);
            if (t2_dominates(range->inside, next->block) &&
                (next->op == N_ADD_CHECKED || next->op == N_SUB_CHECKED) &&
                next->inputs[0] == phi) {
                next->op = next->op == N_ADD_CHECKED ? N_ADD_INT : N_SUB_INT;
                next->state = NULL;
            }
        }
    }
}

static bool treat_loop(Graph *graph, Block *header) {
    if (t2_leaves_often(header, EXIT_BOUNDS))
        return false;
    Bounds f = {.graph = graph, .header = header, .place = t2_loop_entry(header)->last};
    bool changed = false;
    for (uint32_t b = header->id; b < graph->block_count; b++)
        if (t2_in_loop(graph->order[b], header))
            find_ranges(&f, graph->order[b]);
    if (!f.range_count)
        return false;
    for (uint32_t b = header->id; b < graph->block_count; b++) {
        Block *block = graph->order[b];
        if (!t2_in_loop(block, header) || !is_always_passed(&f, block))
            continue;
        for (Node *n = block->first, *next; n; n = next) {
            next = n->next;
            if (n->op == N_GUARD_INDEX && move_check(&f, n))
                changed = true;
        }
    }
    drop_step_checks(&f);
    return changed;
}

void t2_pass_bounds(Graph *graph) {
    bool changed = false;
    for (uint32_t b = graph->block_count; b-- > 0;)
        if (graph->order[b]->is_header)
            changed |= treat_loop(graph, graph->order[b]);
    if (changed)
        t2_resolve_all(graph);
}
