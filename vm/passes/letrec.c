// letrec: Fix of anything becomes Fix of lambdas, Let and SetLocal.
//
// Idea: Ghuloum and Dybvig, "Fixing Letrec (reloaded)", Scheme Workshop 2009, for letrec*. The
// bindings of one Fix are the vertices of a graph: an edge leads from a binding to each binding
// that its init mentions, and from each binding whose init may have an effect to the one before it,
// which keeps effects in order. Strongly connected components, dependencies first, become nested
// forms:
//
//   one binding that does not reach itself       lambda: Fix        anything else: Let
//   otherwise                                    Let of the complex ones to #!unbound,
//                                                  Fix of the lambdas, then each complex init, in
//                                                  source order, by an initialising SetLocal
//
// "Lambda" means: bound to a lambda expression and never assigned. Constants take no part in the
// order, so a procedure that mentions one never pays for it, unless an init before it may read it:
// that is an error, which has to show.
//
// Checks: a complex variable bound by SetLocal is `checked` when some complex init that runs before
// or while it is initialised reaches it through the lambdas of the Fix; the reads of all others
// cannot come too early, because nothing that runs so early holds a procedure that could read it.
// Lambdas have their value from the start.
//
// Invariants: after the pass Fix binds lambdas alone, and none of its variables is assigned; refs
// and sets of variables are those before the pass but for the SetLocals it made.
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "vm/passes.h"
#include <stdlib.h>

typedef struct Binding Binding;

typedef struct FixInfo {
    Binding *bindings;
    uint32_t count;
    Binding *current; // whose init is being walked; NULL: the body
} FixInfo;

struct Binding {
    FixInfo *fix;
    Var *var;
    Node *init;
    Binding **edge; // what the init mentions, in order; may repeat
    uint32_t edge_count, edge_room;
    bool lambda;  // a lambda that is never assigned
    bool ordered; // takes part in the order of effects
    bool loops;   // has an edge to itself
    bool reached; // by the walk that finds the checked variables
    // Tarjan's algorithm
    uint32_t number, low; // number 0: not yet visited
    bool on_stack;
    Binding *below; // next on the stack
};

typedef struct Letrec {
    VM *vm;
    bool failed;
} Letrec;

static void add_edge(Letrec *c, Binding *from, Binding *to) {
    if (from->edge_count > 0 && from->edge[from->edge_count - 1] == to)
        return;
    if (from->edge_count == from->edge_room) {
        from->edge_room = from->edge_room ? 2 * from->edge_room : 4;
        Binding **grown = rt_raw_new(c->vm, (size_t)from->edge_room * sizeof(Binding *));
        if (from->edge_count)
            memcpy(grown, from->edge, (size_t)from->edge_count * sizeof(Binding *));
        from->edge = grown;
    }
    from->edge[from->edge_count++] = to;
    if (from == to)
        from->loops = true;
}

// ---- which variables need a check

// Everything that a complex init can reach through lambdas, `from` being the init that runs.
static void reach(Letrec *c, Binding *from, Binding *at) {
    if (rt_stack_low(c->vm)) {
        c->failed = true;
        return;
    }
    for (uint32_t i = 0; i < at->edge_count; i++) {
        Binding *to = at->edge[i];
        if (to->reached)
            continue;
        to->reached = true;
        if (to->lambda)
            reach(c, from, to);
        else if (to >= from)
            to->var->checked = true;
    }
}

// Inits run in source order; what an earlier one has reached needs no second look: its verdict is
// the stricter.
static void find_checked(Letrec *c, FixInfo *fix) {
    for (uint32_t i = 0; i < fix->count; i++) {
        Binding *b = &fix->bindings[i];
        if (!b->lambda && b->init->kind != NODE_CONST)
            reach(c, b, b);
    }
    // A constant that may be read too early gets its value in its turn, not at once.
    for (uint32_t i = 0; i < fix->count; i++)
        if (fix->bindings[i].var->checked && !fix->bindings[i].lambda)
            fix->bindings[i].ordered = true;
}

// ---- components

typedef struct Components {
    Letrec *letrec;
    Binding *stack;
    uint32_t next_number;
    // the result: a chain of forms, the outermost first; `hole` takes what comes inside
    Node *outermost;
    Node **hole;
    Position position;
} Components;

static void wrap(Components *c, Node *node, Node **hole) {
    *c->hole = node;
    c->hole = hole;
}

static int compare_source_order(const void *a, const void *b) {
    const Binding *x = *(Binding *const *)a, *y = *(Binding *const *)b;
    return x < y ? -1 : x > y;
}

static void emit_one(Components *c, NodeKind kind, Binding *b) {
    VM *vm = c->letrec->vm;
    Node *node = kind == NODE_FIX ? vm_node_fix(vm, 1, &b->var, &b->init, b->init, c->position)
                                  : vm_node_let(vm, 1, &b->var, &b->init, b->init, c->position);
    b->var->checked = false;
    wrap(c, node, &node->let.body);
}

static void emit_many(Components *c, Binding **members, uint32_t count) {
    VM *vm = c->letrec->vm;
    qsort(members, count, sizeof *members, compare_source_order);
    Var **vars = rt_raw_new(vm, count * sizeof *vars);
    Node **inits = rt_raw_new(vm, (count + 1) * sizeof *inits);
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++)
        if (!members[i]->lambda) {
            vars[n] = members[i]->var;
            inits[n++] = vm_node_const(vm, VALUE_UNBOUND, c->position);
        }
    if (n > 0) {
        Node *let = vm_node_let(vm, n, vars, inits, members[0]->init, c->position);
        wrap(c, let, &let->let.body);
    }
    uint32_t lambdas = 0;
    for (uint32_t i = 0; i < count; i++)
        if (members[i]->lambda) {
            vars[lambdas] = members[i]->var;
            inits[lambdas++] = members[i]->init;
        }
    if (lambdas > 0) {
        Node *fix = vm_node_fix(vm, lambdas, vars, inits, members[0]->init, c->position);
        wrap(c, fix, &fix->let.body);
    }
    if (n == 0)
        return;
    n = 0;
    for (uint32_t i = 0; i < count; i++)
        if (!members[i]->lambda) {
            Binding *b = members[i];
            inits[n++] = vm_node_set_local(vm, b->var, b->init, true, b->init->position);
            b->var->sets++;
        }
    inits[n] = inits[0]; // replaced by what comes inside
    Node *seq = vm_node_seq(vm, n + 1, inits, c->position);
    wrap(c, seq, &seq->seq.items[n]);
}

static void emit(Components *c, Binding *root) {
    uint32_t count = 0;
    for (Binding *b = c->stack;; b = b->below) {
        count++;
        if (b == root)
            break;
    }
    Binding **members = rt_raw_new(c->letrec->vm, (size_t)count * sizeof(Binding *));
    for (uint32_t i = 0; i < count; i++) {
        members[i] = c->stack;
        c->stack->on_stack = false;
        c->stack = c->stack->below;
    }
    if (count == 1 && root->lambda)
        emit_one(c, NODE_FIX, root);
    else if (count == 1 && !root->loops)
        emit_one(c, NODE_LET, root);
    else
        emit_many(c, members, count);
}

static void visit(Components *c, Binding *b) {
    if (rt_stack_low(c->letrec->vm)) {
        c->letrec->failed = true;
        return;
    }
    b->number = b->low = ++c->next_number;
    b->below = c->stack;
    b->on_stack = true;
    c->stack = b;
    for (uint32_t i = 0; i < b->edge_count && !c->letrec->failed; i++) {
        Binding *to = b->edge[i];
        if (to->number == 0) {
            visit(c, to);
            if (to->low < b->low)
                b->low = to->low;
        } else if (to->on_stack && to->number < b->low)
            b->low = to->number;
    }
    if (b->low == b->number && !c->letrec->failed)
        emit(c, b);
}

// ---- the walk

static void walk(Node **slot, void *context);

static void note_use(Letrec *c, Var *var) {
    Binding *to = var->mark;
    if (to && to->fix->current)
        add_edge(c, to->fix->current, to);
}

static void walk_fix(Letrec *c, Node **slot) {
    Node *node = *slot;
    FixInfo *fix = rt_raw_new(c->vm, sizeof *fix);
    fix->count = node->let.count;
    fix->bindings = rt_raw_new(c->vm, (size_t)fix->count * sizeof *fix->bindings);
    for (uint32_t i = 0; i < fix->count; i++) {
        Binding *b = &fix->bindings[i];
        b->fix = fix;
        b->var = node->let.vars[i];
        b->init = node->let.inits[i];
        b->lambda = b->init->kind == NODE_LAMBDA && b->var->sets == 0;
        b->ordered = !b->lambda && (b->init->kind != NODE_CONST || b->var->sets > 0);
        b->var->mark = b;
    }
    for (uint32_t i = 0; i < fix->count; i++) {
        fix->current = &fix->bindings[i];
        walk(&fix->bindings[i].init, c);
    }
    fix->current = NULL;
    walk(&node->let.body, c);
    for (uint32_t i = 0; i < fix->count; i++)
        fix->bindings[i].var->mark = NULL;

    find_checked(c, fix);
    Binding *before = NULL;
    for (uint32_t i = 0; i < fix->count; i++) {
        Binding *b = &fix->bindings[i];
        if (!b->ordered)
            continue;
        if (before)
            add_edge(c, b, before);
        before = b;
    }
    Components components = {.letrec = c, .position = node->position};
    components.hole = &components.outermost;
    for (uint32_t i = 0; i < fix->count && !c->failed; i++)
        if (fix->bindings[i].number == 0)
            visit(&components, &fix->bindings[i]);
    if (c->failed)
        return;
    *components.hole = node->let.body;
    *slot = components.outermost;
}

static void walk(Node **slot, void *context) {
    Letrec *c = context;
    Node *node = *slot;
    if (c->failed)
        return;
    if (rt_stack_low(c->vm)) {
        c->failed = true;
        return;
    }
    if (node->kind == NODE_FIX) {
        walk_fix(c, slot);
        return;
    }
    if (node->kind == NODE_LOCAL || node->kind == NODE_SET_LOCAL)
        note_use(c, node->local.var);
    vm_node_each_child(node, walk, c);
}

Node *vm_pass_letrec(VM *vm, Node *node) {
    Letrec c = {.vm = vm};
    walk(&node, &c);
    if (!c.failed)
        return node;
    rt_fail_depth(vm);
    return NULL;
}
