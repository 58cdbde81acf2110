// analyse: who owns which variable, what each closure needs, what is in tail position, what things
// cost.
//
// Idea of the free variables: the walk enters lambdas like a stack. A variable that is free in a
// lambda is free in all lambdas between it and its owner, so it is enough to know the innermost
// open lambda that has it in its list: Var.mark. A use adds it to the lambdas from the current one
// out to there. When a lambda is left, the marks of its free variables go back to the lambda around
// it. The work is the size of the form plus that of all lists.
//
// Invariants: counts must be up to date. Afterwards Var.owner, Lambda.outer, first, free, cost are
// set; NODE_TAIL is set on the calls and Prims in tail position of a lambda that is a closure. A
// contified lambda has no closure: its variables belong to the lambda around it, its uses too, and
// its body is in tail position when the Fix is. Var.counts is true of those parameters of contified
// lambdas that are certainly numbers, and whose next value nothing but an addition computes: it
// cannot fail, so it may as well be computed after the other arguments.
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "vm/passes.h"
#include <string.h>

typedef struct Analyse {
    VM *vm;
    Lambda *current; // clause whose activation holds what is met
    uint32_t cost;   // nodes met so far
    bool failed;
} Analyse;

static void walk(Analyse *a, Node *node, bool tail);

static void add_free(Analyse *a, Lambda *first, Var *var) {
    // Capacities are powers of two from 4, so a full list shows by its count.
    uint32_t n = first->free_count;
    if (n == 0 || (n >= 4 && (n & (n - 1)) == 0)) {
        Var **grown = rt_raw_new(a->vm, (n == 0 ? 4 : 2 * (size_t)n) * sizeof *grown);
        if (n)
            memcpy(grown, first->free, (size_t)n * sizeof *grown);
        first->free = grown;
    }
    first->free[first->free_count++] = var;
}

static void use(Analyse *a, Var *var) {
    if (a->current == var->owner)
        return;
    Lambda *innermost = a->current->first;
    for (Lambda *first = innermost; first != var->mark; first = first->outer->first) {
        add_free(a, first, var);
        if (first->outer == var->owner)
            break;
    }
    var->mark = innermost;
}

static void own(Analyse *a, Var *var) {
    var->owner = a->current;
    var->mark = NULL;
}

// Leaves the marks where the lambda around can use them.
static void leave(Lambda *first) {
    for (uint32_t i = 0; i < first->free_count; i++) {
        Var *var = first->free[i];
        var->mark = first->outer == var->owner ? NULL : first->outer->first;
    }
}

static void walk_closure(Analyse *a, Lambda *first) {
    Lambda *outer = a->current;
    first->free = NULL;
    first->free_count = 0;
    for (Lambda *l = first; l != NULL; l = l->next) {
        uint32_t before = a->cost;
        l->first = first;
        l->outer = outer;
        a->current = l;
        for (uint32_t i = 0, n = lambda_param_count(l); i < n; i++)
            own(a, l->params[i]);
        walk(a, l->body, true);
        l->cost = a->cost - before;
    }
    leave(first);
    for (Lambda *l = first->next; l != NULL; l = l->next) {
        l->free = first->free;
        l->free_count = first->free_count;
    }
    a->current = outer;
}

static void walk_contified(Analyse *a, Lambda *l, bool tail) {
    uint32_t before = a->cost;
    l->first = l;
    l->outer = a->current;
    for (uint32_t i = 0; i < l->required; i++)
        own(a, l->params[i]);
    walk(a, l->body, tail);
    l->cost = a->cost - before;
}

// ---- parameters that count

static void may_count(const Node *fix) {
    for (uint32_t i = 0; i < fix->let.count; i++) {
        if (!fix->let.vars[i]->contified)
            continue;
        const Lambda *l = fix->let.inits[i]->lambda;
        for (uint32_t k = 0; k < l->required; k++)
            l->params[k]->counts = true; // until a jump is met that says the opposite
    }
}

static bool is_number(const Node *node) {
    return node->kind == NODE_CONST &&
           (value_is_fixnum(node->constant) || value_is_flonum(node->constant));
}

static bool counts_on(const Node *arg, const Var *param) {
    if (is_number(arg))
        return true;
    if (arg->kind == NODE_LOCAL)
        return arg->local.var == param;
    if (arg->kind != NODE_PRIM || arg->prim.count != 2 || arg->prim.cell != VALUE_NONE)
        return false;
    const char *name = arg->prim.prim->name;
    if (strcmp(name, "+") != 0 && strcmp(name, "-") != 0)
        return false;
    const Node *x = arg->prim.args[0], *y = arg->prim.args[1];
    return (is_number(x) && y->kind == NODE_LOCAL && y->local.var == param) ||
           (is_number(y) && x->kind == NODE_LOCAL && x->local.var == param);
}

static void look_at_jump(const Node *jump) {
    const Lambda *l = jump->call.fn->local.var->init->lambda;
    for (uint32_t i = 0; i < l->required; i++)
        if (l->params[i]->counts && !counts_on(jump->call.args[i], l->params[i]))
            l->params[i]->counts = false;
}

static void walk(Analyse *a, Node *node, bool tail) {
    if (rt_stack_low(a->vm))
        a->failed = true;
    if (a->failed)
        return;
    if (node->kind != NODE_SEQ)
        a->cost++;
    node->flags &= ~(unsigned)NODE_TAIL;
    switch (node->kind) {
    case NODE_CONST:
    case NODE_GLOBAL:
        break;
    case NODE_LOCAL:
        use(a, node->local.var);
        break;
    case NODE_SET_LOCAL:
        walk(a, node->local.value, false);
        use(a, node->local.var);
        break;
    case NODE_SET_GLOBAL:
    case NODE_DEFINE:
        walk(a, node->global.value, false);
        break;
    case NODE_IF:
        walk(a, node->branch.test, false);
        walk(a, node->branch.then, tail);
        walk(a, node->branch.otherwise, tail);
        break;
    case NODE_LAMBDA:
        walk_closure(a, node->lambda);
        break;
    case NODE_CALL:
        for (uint32_t i = 0; i < node->call.count; i++)
            walk(a, node->call.args[i], false);
        // The operator of a jump is a label, not a value.
        if (node->flags & NODE_JUMP)
            look_at_jump(node);
        else
            walk(a, node->call.fn, false);
        if (tail)
            node->flags |= NODE_TAIL;
        break;
    case NODE_SEQ:
        for (uint32_t i = 0; i < node->seq.count; i++)
            walk(a, node->seq.items[i], tail && i + 1 == node->seq.count);
        break;
    case NODE_LET:
        for (uint32_t i = 0; i < node->let.count; i++)
            walk(a, node->let.inits[i], false);
        for (uint32_t i = 0; i < node->let.count; i++)
            own(a, node->let.vars[i]);
        walk(a, node->let.body, tail);
        break;
    case NODE_FIX:
        for (uint32_t i = 0; i < node->let.count; i++)
            own(a, node->let.vars[i]);
        may_count(node);
        for (uint32_t i = 0; i < node->let.count; i++) {
            if (node->let.vars[i]->contified)
                walk_contified(a, node->let.inits[i]->lambda, tail);
            else
                walk(a, node->let.inits[i], false);
        }
        walk(a, node->let.body, tail);
        break;
    case NODE_PRIM:
        for (uint32_t i = 0; i < node->prim.count; i++)
            walk(a, node->prim.args[i], false);
        if (tail)
            node->flags |= NODE_TAIL;
        break;
    case NODE_KIND_COUNT:
        break;
    }
}

// ---- the marks that own() left

static void clear_marks(Node **slot, void *context) {
    Analyse *a = context;
    Node *node = *slot;
    if (rt_stack_low(a->vm))
        a->failed = true;
    if (a->failed)
        return;
    if (node->kind == NODE_LAMBDA) {
        for (Lambda *l = node->lambda; l != NULL; l = l->next)
            for (uint32_t i = 0, n = lambda_param_count(l); i < n; i++)
                l->params[i]->mark = NULL;
    } else if (node->kind == NODE_LET || node->kind == NODE_FIX) {
        for (uint32_t i = 0; i < node->let.count; i++)
            node->let.vars[i]->mark = NULL;
    }
    vm_node_each_child(node, clear_marks, a);
}

bool vm_pass_analyse(VM *vm, Lambda *top) {
    Analyse a = {.vm = vm};
    walk_closure(&a, top);
    clear_marks(&top->body, &a);
    if (a.failed)
        rt_fail_depth(vm);
    return !a.failed;
}
