// infer: types of all values, then what follows from them.
//
// What: an optimistic analysis over the blocks that can be reached (Wegman and Zadeck, "Constant
// propagation with conditional branches", 1991) of classes, ranges, records, closures' code. Guards
// and branches refine what they tested for the blocks they dominate, so that in
//
//   (let loop ((i 0)) (if (< i n) (begin … (loop (+ i 1)))))
//
// i is at least 0, and i + 1 needs no check for overflow, being at most n. Besides ranges, it knows
// which of two integers is below the other (`(< i (vector-length v))` makes the bounds check of
// (vector-ref v i) true).
//
// How: blocks are walked in preorder of the dominator tree. A node's `type` is what is known where
// the walk stands; what a test adds is noted in a log and taken back when the walk leaves the
// blocks it dominates. A phi joins, over the edges that can be taken, the types its inputs have at
// their ends. Headers of loops begin with the edge from outside and grow round by round; ranges
// that grow again are widened and narrowed once at the end (Cousot and Cousot, "Abstract
// interpretation", 1977). When no header grows any more, a last walk replaces what is decided.
//
// Invariant: after the pass a node's type holds wherever the node does.
#include "tier2/passes.h"

typedef struct Undo {
    Node *node;
    Type type;
} Undo;

typedef struct Relation { // a + offset <= b; none is a constant or something plus one
    Node *a, *b;
    int64_t offset;
} Relation;

typedef struct Scope { // of a block on the path from the entry to where the walk stands
    Block *block;
    uint32_t undo_count, relation_count;
} Scope;

typedef struct Phi { // Node.scratch of phis
    Type joined;     // over the edges met in this round
    uint8_t grown;   // rounds in which it did
} Phi;

// Block.mark: EDGE_TAKEN << which, and whether it is reached. Block.scratch: the guard in it that
// certainly fails.
enum { EDGE_TAKEN = 1, BLOCK_REACHED = 4 };

// Rounds after which a header's phi that still grows may be anything; how far facts about two
// integers are looked for.
enum { ROUNDS = 10, RELATIONS_TRIED = 48, RELATIONS_DEEP = 3 };

typedef struct Infer {
    Graph *graph;
    Block **preorder;
    Scope *scopes;
    uint32_t scope_count;
    Undo *undo;
    uint32_t undo_count, undo_room;
    Relation *relations;
    uint32_t relation_count, relation_room;
    bool apply;
    bool contradiction; // what was assumed since it was reset cannot be
} Infer;

// ---- what is known where the walk stands

static void *grown(Graph *graph, const void *old, uint32_t count, uint32_t *room, size_t size) {
    if (count < *room)
        return (void *)old;
    uint32_t more = *room ? 2 * *room : 64;
    void *fresh = t2_allocate(graph, more * size);
    if (count)
        memcpy(fresh, old, count * size);
    *room = more;
    return fresh;
}

static void know(Infer *f, Node *n, Type type);

// What a node's better known result says of its input.
static void know_input(Infer *f, Node *n, Type type) {
    Node *a = n->inputs[0];
    switch ((NodeOp)n->op) {
    case N_GUARD_CLASS:
    case N_GUARD_SMALL:
    case N_GUARD_IS:
    case N_GUARD_RECORD:
    case N_GUARD_CODE:
    case N_GUARD_INDEX:
    case N_BOX_INT:
    case N_UNBOX_INT:
    case N_BOX_BOOL:
        know(f, a, type);
        break;
    case N_ADD_INT:
    case N_ADD_CHECKED:
    case N_SUB_INT:
    case N_SUB_CHECKED:
        if (n->inputs[1]->op == N_INTEGER) {
            int64_t c = n->inputs[1]->index;
            if (n->op == N_SUB_INT || n->op == N_SUB_CHECKED)
                c = -c;
            int64_t low = type.low - c, high = type.high - c;
            low = low < FIXNUM_MIN ? FIXNUM_MIN : low > FIXNUM_MAX ? FIXNUM_MAX : low;
            high = high < FIXNUM_MIN ? FIXNUM_MIN : high > FIXNUM_MAX ? FIXNUM_MAX : high;
            know(f, a, t2_type_of_range(low, high));
        }
        break;
    default:
        break;
    }
}

static void know(Infer *f, Node *n, Type type) {
    bool set_alone = type.constant == VALUE_NONE && type.record == VALUE_NONE && !type.code &&
                     type.set != CLASS(FIXNUM);
    if (set_alone && !(n->type.set & ~type.set))
        return;
    Type better = t2_type_meet(n->type, type);
    if (t2_type_same(better, n->type))
        return;
    f->undo = grown(f->graph, f->undo, f->undo_count, &f->undo_room, sizeof *f->undo);
    f->undo[f->undo_count++] = (Undo){.node = n, .type = n->type};
    f->contradiction |= n->type.set && !better.set;
    n->type = better;
    if (n->input_count && better.set)
        know_input(f, n, better);
}

// x + offset, of what n is; the sums are in range.
static Node *split(Node *n, int64_t *offset) {
    n = t2_root(n);
    bool add = n->op == N_ADD_INT || n->op == N_ADD_CHECKED;
    bool sub = n->op == N_SUB_INT || n->op == N_SUB_CHECKED;
    *offset = 0;
    if ((!add && !sub) || n->inputs[1]->op != N_INTEGER)
        return n;
    *offset = add ? n->inputs[1]->index : -n->inputs[1]->index;
    return t2_root(n->inputs[0]);
}

static void relate(Infer *f, Node *a, Node *b, bool strict) {
    int64_t x, y;
    a = split(a, &x);
    b = split(b, &y);
    if (a->op == N_INTEGER || b->op == N_INTEGER || a == b)
        return; // ranges say it
    f->relations =
        grown(f->graph, f->relations, f->relation_count, &f->relation_room, sizeof *f->relations);
    f->relations[f->relation_count++] = (Relation){.a = a, .b = b, .offset = x - y + strict};
}

// Does a + offset <= b follow from what is known? (Bodik, Gupta and Sarkar, "ABCD: eliminating
// array bounds checks on demand", 2000, without its phis: ranges see to those.)
static bool follows(const Infer *f, const Node *a, int64_t offset, const Node *b, int deep,
                    uint32_t *tries) {
    if (a == b)
        return offset <= 0;
    for (uint32_t i = f->relation_count; deep && i-- > 0 && *tries; --*tries) {
        const Relation *r = &f->relations[i];
        if (r->a == a && follows(f, r->b, offset - r->offset, b, deep - 1, tries))
            return true;
    }
    return false;
}

// Is a certainly below b, or at most b?
static bool is_below(const Infer *f, Node *a, Node *b, bool strict) {
    int64_t x, y;
    a = split(a, &x);
    b = split(b, &y);
    uint32_t tries = RELATIONS_TRIED;
    return follows(f, a, x - y + strict, b, RELATIONS_DEEP, &tries);
}

static Type without(Type type, ClassSet set) {
    Type rest = t2_type_of_set(type.set & ~set);
    if (rest.set == type.set)
        return type;
    return t2_type_meet(type, rest);
}

static int64_t low_of(const Node *n) {
    return n->type.set == CLASS(FIXNUM) ? n->type.low : FIXNUM_MIN;
}
static int64_t high_of(const Node *n) {
    return n->type.set == CLASS(FIXNUM) ? n->type.high : FIXNUM_MAX;
}

// a < b, or a <= b.
static void assume_order(Infer *f, Node *a, Node *b, bool strict) {
    int64_t high = high_of(b) - strict, low = low_of(a) + strict;
    if (high < FIXNUM_MIN || low > FIXNUM_MAX) {
        know(f, a, (Type){0});
        return;
    }
    know(f, a, t2_type_of_range(FIXNUM_MIN, high));
    know(f, b, t2_type_of_range(low, FIXNUM_MAX));
    relate(f, a, b, strict);
}

// a is not c.
static void assume_not(Infer *f, Node *a, int64_t c) {
    if (low_of(a) == c && high_of(a) == c)
        know(f, a, (Type){0});
    else if (low_of(a) == c)
        know(f, a, t2_type_of_range(c + 1, FIXNUM_MAX));
    else if (high_of(a) == c)
        know(f, a, t2_type_of_range(FIXNUM_MIN, c - 1));
}

static void assume_equal(Infer *f, Node *a, Node *b, bool equal) {
    if (equal) {
        Type both = t2_type_meet(a->type, b->type);
        know(f, a, both);
        know(f, b, both);
        return;
    }
    if (b->op == N_INTEGER)
        assume_not(f, a, b->index);
    else if (a->op == N_INTEGER)
        assume_not(f, b, a->index);
    else if (is_below(f, a, b, false))
        assume_order(f, a, b, true);
    else if (is_below(f, b, a, false))
        assume_order(f, b, a, true);
}

static void assume_same(Infer *f, Node *a, Node *b, bool same) {
    if (same) {
        Type both = t2_type_meet(a->type, b->type);
        know(f, a, both);
        know(f, b, both);
        return;
    }
    for (int i = 0; i < 2; i++) {
        Node *x = i ? b : a, *y = i ? a : b;
        if (x->op == N_CONSTANT && value_is_special(x->value) && x->type.set != CLASS(SPECIAL))
            know(f, y, without(y->type, x->type.set));
    }
}

// The condition is known to hold, or not to.
static void assume(Infer *f, Node *condition, bool holds) {
    know(f, condition, t2_type_of_set(holds ? CLASS(TRUE) : CLASS(FALSE)));
    Node *a = condition->input_count ? condition->inputs[0] : NULL;
    Node *b = condition->input_count > 1 ? condition->inputs[1] : NULL;
    switch ((NodeOp)condition->op) {
    case N_NOT:
        assume(f, a, !holds);
        break;
    case N_TRUTHY:
        know(f, a, holds ? without(a->type, CLASS_FALSY) : t2_type_of_set(CLASS_FALSY));
        if (a->op == N_BOX_BOOL)
            assume(f, a->inputs[0], holds);
        break;
    case N_IS_CLASS:
        know(f, a,
             holds ? t2_type_of_set((ClassSet)condition->index)
                   : without(a->type, (ClassSet)condition->index));
        break;
    case N_IS_RECORD:
        if (holds)
            know(f, a,
                 (Type){
                     .set = CLASS(RECORD), .record = condition->value, .exact = condition->index});
        break;
    case N_IS_CODE:
        if (holds)
            know(f, a, (Type){.set = CLASS(CLOSURE), .code = condition->code});
        break;
    case N_IS_SAME:
        assume_same(f, a, b, holds);
        break;
    case N_LT_INT:
        if (holds)
            assume_order(f, a, b, true);
        else
            assume_order(f, b, a, false);
        break;
    case N_LE_INT:
        if (holds)
            assume_order(f, a, b, false);
        else
            assume_order(f, b, a, true);
        break;
    case N_EQ_INT:
        assume_equal(f, a, b, holds);
        break;
    default:
        break;
    }
}

// ---- nodes

static Type type_by_relations(const Infer *f, const Node *n, Type type) {
    if (type.set != CLASS_BOOLEAN)
        return type;
    Node *a = n->inputs[0], *b = n->inputs[1];
    if (n->op == N_LT_INT) {
        if (is_below(f, a, b, true))
            return t2_type_of_set(CLASS(TRUE));
        if (is_below(f, b, a, false))
            return t2_type_of_set(CLASS(FALSE));
    } else if (n->op == N_LE_INT) {
        if (is_below(f, a, b, false))
            return t2_type_of_set(CLASS(TRUE));
        if (is_below(f, b, a, true))
            return t2_type_of_set(CLASS(FALSE));
    } else if (n->op == N_EQ_INT) {
        if (is_below(f, a, b, true) || is_below(f, b, a, true))
            return t2_type_of_set(CLASS(FALSE));
    }
    return type;
}

// Operations whose results say what they are by themselves: what the builder knows, stays.
static bool is_source(const Node *n) {
    return n->input_count == 0 || n->op == N_CALL || n->op == N_CALL_CODE;
}

static bool guard_holds(const Infer *f, const Node *n) {
    Node *a = n->inputs[0];
    switch ((NodeOp)n->op) {
    case N_GUARD_CLASS:
        return !(a->type.set & ~(ClassSet)n->index);
    case N_GUARD_SMALL:
        return a->type.set == CLASS(FIXNUM) && a->type.low >= T2_SMALL_MIN &&
               a->type.high <= T2_SMALL_MAX;
    case N_GUARD_TRUE:
        return a->type.set == CLASS(TRUE);
    case N_GUARD_FALSE:
        return a->type.set == CLASS(FALSE);
    case N_GUARD_IS:
        return a->type.constant == n->value ||
               (a->type.set == n->type.set && !(a->type.set & ~T2_SINGLE_WORDS));
    case N_GUARD_RECORD:
        return a->type.set == CLASS(RECORD) &&
               t2_type_same(t2_type_meet(a->type, n->type), a->type);
    case N_GUARD_CODE:
        return a->type.set == CLASS(CLOSURE) && a->type.code == n->code;
    case N_GUARD_INDEX: {
        Node *limit = n->inputs[1];
        return low_of(a) >= 0 && a->type.set == CLASS(FIXNUM) &&
               (high_of(a) < low_of(limit) || is_below(f, a, limit, true));
    }
    default:
        return false;
    }
}

static bool guard_fails(const Node *n) {
    const Node *a = n->inputs[0];
    switch ((NodeOp)n->op) {
    case N_GUARD_TRUE:
        return a->type.set == CLASS(FALSE);
    case N_GUARD_FALSE:
        return a->type.set == CLASS(TRUE);
    case N_GUARD_IS:
        return !(a->type.set & t2_class_of(n->value)) ||
               (a->type.constant != VALUE_NONE && a->type.constant != n->value);
    case N_GUARD_CLASS:
    case N_GUARD_SMALL:
    case N_GUARD_RECORD:
    case N_GUARD_CODE:
    case N_GUARD_INDEX:
        return !n->type.set;
    default:
        return false;
    }
}

// What follows once the guard has passed.
static void after_guard(Infer *f, Node *n) {
    Node *a = n->inputs[0];
    switch ((NodeOp)n->op) {
    case N_GUARD_TRUE:
    case N_GUARD_FALSE:
        assume(f, a, n->op == N_GUARD_TRUE);
        break;
    case N_GUARD_INDEX:
        know(f, a, n->type);
        know(f, n->inputs[1], t2_type_of_range(1, FIXNUM_MAX));
        relate(f, a, n->inputs[1], true);
        break;
    default:
        know(f, a, n->type);
    }
}

// False when n is a guard that certainly fails.
static bool visit(Infer *f, Node *n) {
    for (uint32_t i = 0; i < n->input_count; i++)
        n->inputs[i] = t2_resolve(n->inputs[i]);
    bool guard = t2_has_flag(n, NODE_GUARD) && n->input_count;
    if (!is_source(n)) {
        n->type = t2_result_type(n);
        if (n->op == N_LT_INT || n->op == N_LE_INT || n->op == N_EQ_INT)
            n->type = type_by_relations(f, n, n->type);
    }
    if (guard && guard_fails(n))
        return false;
    if (f->apply) {
        if (guard && guard_holds(f, n)) {
            if (n->rep != REP_NONE)
                t2_replace(n, n->inputs[0]);
            t2_remove(n);
            return true;
        }
        Node *same = t2_fold(f->graph, n);
        if (same) {
            know(f, same, n->type);
            t2_replace(n, same);
            t2_remove(n);
            return true;
        }
    }
    f->contradiction = false;
    if (guard)
        after_guard(f, n);
    else if (n->op == N_PRIMITIVE && t2_made_length(n))
        know(f, n->inputs[0], t2_type_of_range(0, UINT32_MAX)); // else it would have failed
    return !f->contradiction;
}

// ---- blocks

static void enter(Infer *f, Block *block) {
    while (f->scope_count && f->scopes[f->scope_count - 1].block != block->dominator) {
        const Scope *left = &f->scopes[--f->scope_count];
        while (f->undo_count > left->undo_count) {
            const Undo *u = &f->undo[--f->undo_count];
            u->node->type = u->type;
        }
        f->relation_count = left->relation_count;
    }
    f->scopes[f->scope_count++] =
        (Scope){.block = block, .undo_count = f->undo_count, .relation_count = f->relation_count};
}

// Adds to the phis behind an edge what their inputs are at its end.
static void take_edge(Infer *f, Block *from, int which) {
    Block *to = from->successors[which];
    from->mark |= EDGE_TAKEN << which;
    to->mark |= BLOCK_REACHED;
    if (to->first->op != N_PHI)
        return;
    uint32_t index = 0;
    bool second = which == 1 && from->successors[0] == to;
    for (;; index++)
        if (to->predecessors[index] == from && !second)
            break;
        else
            second &= to->predecessors[index] != from;
    for (Node *phi = to->first; phi && phi->op == N_PHI; phi = phi->next) {
        Phi *p = phi->scratch;
        Node *input = t2_resolve(phi->inputs[index]);
        p->joined = t2_type_join(p->joined, input->type);
    }
}

// Both edges: what a branch tested is known at the end of one of them.
static void leave(Infer *f, Block *block) {
    Node *last = block->last;
    if (last->op != N_BRANCH) {
        if (block->successors[0])
            take_edge(f, block, 0);
        return;
    }
    Node *condition = last->inputs[0];
    ClassSet set = condition->type.set;
    uint32_t undo_count = f->undo_count, relation_count = f->relation_count;
    for (int which = 0; which < 2; which++) {
        if (set == (which ? CLASS(TRUE) : CLASS(FALSE)))
            continue;
        f->contradiction = false;
        assume(f, condition, which == 0);
        if (!f->contradiction)
            take_edge(f, block, which);
        while (f->undo_count > undo_count) {
            const Undo *u = &f->undo[--f->undo_count];
            u->node->type = u->type;
        }
        f->relation_count = relation_count;
    }
}

// What the only edge into a block says.
static void assume_edge(Infer *f, const Block *block) {
    if (block->predecessor_count != 1)
        return;
    const Block *from = block->predecessors[0];
    if (from->last->op == N_BRANCH && from->successors[0] != from->successors[1])
        assume(f, t2_resolve(from->last->inputs[0]), from->successors[0] == block);
}

static void walk_block(Infer *f, Block *block) {
    enter(f, block);
    assume_edge(f, block);
    Node *n = block->first;
    for (; n && n->op == N_PHI; n = n->next) {
        Phi *p = n->scratch;
        if (!block->is_header)
            n->type = p->joined;
        else if (!f->apply)
            n->type = t2_type_join(n->type, p->joined);
    }
    for (Node *next; n; n = next) {
        next = n->next;
        if (!visit(f, n))
            break;
    }
    block->scratch = n;
    if (!n)
        leave(f, block);
}

static void walk(Infer *f) {
    f->scope_count = 0;
    for (uint32_t i = 0; i < f->graph->block_count; i++) {
        Block *block = f->preorder[i];
        if (block->mark & BLOCK_REACHED)
            walk_block(f, block);
    }
    while (f->undo_count) {
        const Undo *u = &f->undo[--f->undo_count];
        u->node->type = u->type;
    }
    f->relation_count = 0;
}

static int64_t widen_low(int64_t low) { return low >= 0 ? 0 : low >= -1 ? -1 : FIXNUM_MIN; }
static int64_t widen_high(int64_t high) {
    static const int64_t steps[] = {0, 255, CHAR_MAX_CODE, INT32_MAX, INT64_C(1) << 47};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (high <= steps[i])
            return steps[i];
    return FIXNUM_MAX;
}

// True when a header's phis have grown by what came over the edges from behind.
static bool grow_headers(Infer *f, uint32_t round) {
    bool changed = false;
    for (uint32_t i = 0; i < f->graph->block_count; i++) {
        Block *block = f->graph->order[i];
        if (!block->is_header || !(block->mark & BLOCK_REACHED))
            continue;
        for (Node *n = block->first; n && n->op == N_PHI; n = n->next) {
            Phi *p = n->scratch;
            Type all = t2_type_join(n->type, p->joined);
            if (t2_type_same(all, n->type))
                continue;
            changed = true;
            p->grown++;
            if (round >= ROUNDS)
                all = n->rep == REP_INT ? t2_type_of_range(INT64_MIN, INT64_MAX)
                                        : t2_type_of_set(CLASS_ALL);
            else if (all.set == CLASS(FIXNUM) && n->type.set == CLASS(FIXNUM) && p->grown > 1) {
                if (all.low < n->type.low)
                    all.low = widen_low(all.low);
                if (all.high > n->type.high)
                    all.high = widen_high(all.high);
            }
            n->type = all;
        }
    }
    return changed;
}

// What came over the edges in a round in which nothing grew holds too, and is less where a range
// was widened too far.
static void narrow_headers(Infer *f) {
    for (uint32_t i = 0; i < f->graph->block_count; i++) {
        Block *block = f->graph->order[i];
        if (block->is_header && block->mark & BLOCK_REACHED)
            for (Node *n = block->first; n && n->op == N_PHI; n = n->next)
                n->type = ((Phi *)n->scratch)->joined;
    }
}

static void begin_round(Infer *f) {
    for (uint32_t i = 0; i < f->graph->block_count; i++) {
        Block *block = f->graph->order[i];
        for (Node *n = block->first; n && n->op == N_PHI; n = n->next)
            ((Phi *)n->scratch)->joined = (Type){0};
    }
}

// Whether there are loops: without them, one walk sees everything.
static bool begin(Infer *f) {
    bool loops = false;
    for (uint32_t i = 0; i < f->graph->block_count; i++) {
        Block *block = f->graph->order[i];
        block->mark = 0;
        loops |= block->is_header;
        for (Node *n = block->first; n && n->op == N_PHI; n = n->next) {
            n->scratch = t2_allocate(f->graph, sizeof(Phi));
            n->type = (Type){0};
        }
    }
    f->graph->entry->mark = BLOCK_REACHED;
    return loops;
}

// ---- what is decided becomes so

// What comes behind a node that is the last to run goes.
static void cut(Infer *f, Block *block, Node *last) {
    while (block->last != last)
        t2_remove(block->last);
    while (block->successors[0])
        t2_remove_edge(block, 0);
}

// Leaving is what is left of a guard that always fails.
static void cut_at_guard(Infer *f, Block *block, Node *guard) {
    cut(f, block, guard);
    Node *exit = t2_node_new(f->graph, N_EXIT, 0, NULL);
    exit->state = guard->state;
    exit->reason = guard->reason;
    t2_append(block, exit);
    t2_remove(guard);
}

// A branch that is decided, or that is never reached although nothing before it says so.
static bool decide_branch(Infer *f, Block *block) {
    unsigned taken = block->mark & 3 * EDGE_TAKEN;
    if (taken == 3 * EDGE_TAKEN)
        return false;
    if (!(taken & EDGE_TAKEN << 1))
        t2_remove_edge(block, 1);
    if (!(taken & EDGE_TAKEN))
        t2_remove_edge(block, 0);
    t2_remove(block->last);
    t2_append(block, t2_node_new(f->graph, taken ? N_JUMP : N_UNREACHABLE, 0, NULL));
    return true;
}

static void finish(Infer *f) {
    Graph *graph = f->graph;
    bool edges = false;
    for (uint32_t i = 0; i < graph->block_count; i++) {
        Block *block = graph->order[i];
        if (!(block->mark & BLOCK_REACHED)) {
            edges = true;
        } else if (block->scratch) {
            cut_at_guard(f, block, block->scratch);
            edges = true;
        } else if (block->last->op == N_BRANCH) {
            edges |= decide_branch(f, block);
        }
    }
    if (edges)
        t2_order(graph);
    t2_resolve_all(graph);
}

void t2_pass_infer(Graph *graph) {
    Infer f = {.graph = graph, .preorder = t2_dominator_preorder(graph)};
    f.scopes = t2_allocate(graph, (graph->block_count + 1) * sizeof *f.scopes);
    bool loops = begin(&f);
    uint32_t round = 0;
    while (loops) {
        begin_round(&f);
        walk(&f);
        loops = grow_headers(&f, round++);
    }
    narrow_headers(&f);
    f.apply = true;
    begin_round(&f);
    walk(&f);
    finish(&f);
}
