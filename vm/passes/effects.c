// effects: which lambdas and nodes may capture a continuation.
//
// Idea: a call graph over the lambdas whose calls are all known by name. A lambda captures when it
// holds a control primitive, a call of something unknown, or a call of a lambda that captures; the
// last is propagated backwards along the calls until nothing changes, each edge once. Then every
// node learns from its parts.
//
// "Captures" speaks of what a node does when nothing fails: the handler of a failure or an
// interrupt runs on behalf of the evaluator, which leaves compiled code through an exit first
// (architecture, section 6).
//
// Invariants: NODE_CAPTURE_FREE exactly on the nodes whose evaluation reaches nothing that may
// capture; a LAMBDA node itself always is. Lambda.captures is that of its body.
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "vm/passes.h"

typedef struct Caller {
    Lambda *lambda;
    struct Caller *next;
} Caller;

typedef struct Known { // in Var.mark of a variable that is certainly bound to a lambda
    Lambda *first;
    Caller *callers; // lambdas that call it
} Known;

typedef struct Effects {
    VM *vm;
    Lambda *current;
    Lambda **work; // lambdas found to capture whose callers do not know yet
    size_t work_count, work_room;
    bool failed;
} Effects;

static void mark_captures(Effects *e, Lambda *l) {
    if (l->captures)
        return;
    l->captures = true;
    if (e->work_count == e->work_room) {
        e->work_room = e->work_room ? 2 * e->work_room : 32;
        Lambda **grown = rt_raw_new(e->vm, e->work_room * sizeof *grown);
        if (e->work_count)
            memcpy(grown, e->work, e->work_count * sizeof *grown);
        e->work = grown;
    }
    e->work[e->work_count++] = l;
}

// A call by name: the clauses of a case-lambda count as one.
static Known *known_callee(const Node *call) {
    return call->call.fn->kind == NODE_LOCAL ? call->call.fn->local.var->mark : NULL;
}

static bool prim_captures(const Node *node) {
    return node->prim.cell != VALUE_NONE || (node->prim.prim->effects & FX_CAPTURE);
}

static void open_known(Effects *e, Node *node) {
    for (uint32_t i = 0; i < node->let.count; i++) {
        Var *var = node->let.vars[i];
        Node *init = node->let.inits[i];
        if (init->kind != NODE_LAMBDA || var->boxed)
            continue;
        Known *known = rt_raw_new(e->vm, sizeof *known);
        known->first = init->lambda;
        init->lambda->code = known; // until the propagation is done
        var->mark = known;
    }
}

// First walk: direct causes, and the edges of the graph.
static void gather(Node **slot, void *context) {
    Effects *e = context;
    Node *node = *slot;
    if (rt_stack_low(e->vm))
        e->failed = true;
    if (e->failed)
        return;
    switch (node->kind) {
    case NODE_LAMBDA: {
        Lambda *outer = e->current;
        for (Lambda *l = node->lambda; l != NULL; l = l->next) {
            l->captures = false;
            e->current = node->lambda; // the first clause stands for all
            gather(&l->body, e);
        }
        e->current = outer;
        return;
    }
    case NODE_LET:
    case NODE_FIX:
        open_known(e, node);
        break;
    case NODE_CALL: {
        Known *callee = known_callee(node);
        if (!callee)
            mark_captures(e, e->current);
        else if (!callee->callers || callee->callers->lambda != e->current) {
            Caller *caller = rt_raw_new(e->vm, sizeof *caller);
            *caller = (Caller){.lambda = e->current, .next = callee->callers};
            callee->callers = caller;
        }
        break;
    }
    case NODE_PRIM:
        if (prim_captures(node))
            mark_captures(e, e->current);
        break;
    default:
        break;
    }
    vm_node_each_child(node, gather, e);
}

static void propagate(Effects *e) {
    while (e->work_count > 0) {
        Lambda *l = e->work[--e->work_count];
        Known *known = l->code;
        for (Caller *c = known ? known->callers : NULL; c; c = c->next)
            mark_captures(e, c->lambda);
    }
}

// Second walk: the flags of the nodes.
typedef struct Flags { // of the parts of one node
    Effects *effects;
    bool free;
} Flags;

static void flag(Node **slot, void *context) {
    Flags *outer = context;
    Effects *e = outer->effects;
    Node *node = *slot;
    if (rt_stack_low(e->vm))
        e->failed = true;
    if (e->failed)
        return;
    Flags own = {.effects = e, .free = true};
    vm_node_each_child(node, flag, &own);
    switch (node->kind) {
    case NODE_LAMBDA:
        own.free = true;
        for (Lambda *l = node->lambda; l != NULL; l = l->next) {
            l->captures = node->lambda->captures;
            l->code = NULL;
        }
        break;
    case NODE_CALL: {
        Known *callee = known_callee(node);
        if (!callee || callee->first->captures)
            own.free = false;
        break;
    }
    case NODE_PRIM:
        if (prim_captures(node))
            own.free = false;
        break;
    default:
        break;
    }
    if (own.free)
        node->flags |= NODE_CAPTURE_FREE;
    else
        node->flags &= ~(unsigned)NODE_CAPTURE_FREE;
    outer->free &= own.free;
}

static void close_known(Node **slot, void *context) {
    Effects *e = context;
    Node *node = *slot;
    if (rt_stack_low(e->vm))
        e->failed = true;
    if (e->failed)
        return;
    if (node->kind == NODE_LET || node->kind == NODE_FIX)
        for (uint32_t i = 0; i < node->let.count; i++)
            node->let.vars[i]->mark = NULL;
    vm_node_each_child(node, close_known, e);
}

bool vm_pass_effects(VM *vm, Lambda *top) {
    Effects e = {.vm = vm, .current = top};
    top->captures = false;
    gather(&top->body, &e);
    propagate(&e);
    Flags flags = {.effects = &e, .free = true};
    flag(&top->body, &flags);
    close_known(&top->body, &e);
    if (e.failed)
        rt_fail_depth(vm);
    return !e.failed;
}
