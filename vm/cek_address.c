// Addresses of variables for the CEK: how many ribs to climb, which slot; which closures are
// constant. See cek_int.h. What is constant is the rule of tier1/compile.c, word by word.
#include "runtime/fail.h"
#include "vm/cek_int.h"

typedef struct Address {
    VM *vm;
    uint32_t level; // ribs around the node being walked
    bool failed;
} Address;

const char vm_cek_constant = 0;

// ---- constant closures: Var.mark of a variable bound to one is CEK_CONSTANT

static bool is_constant(const Lambda *first) {
    if (first->contified)
        return false;
    for (uint32_t i = 0; i < first->free_count; i++)
        if (first->free[i]->mark != CEK_CONSTANT)
            return false;
    return true;
}

static void mark_let(const Node *node) {
    for (uint32_t i = 0; i < node->let.count; i++) {
        const Node *init = node->let.inits[i];
        bool constant = init->kind == NODE_LAMBDA  ? is_constant(init->lambda)
                        : init->kind == NODE_LOCAL ? init->local.var->mark == CEK_CONSTANT
                                                   : false;
        if (constant)
            node->let.vars[i]->mark = CEK_CONSTANT;
    }
}

// The largest set whose members need only one another.
static void mark_fix(const Node *node) {
    enum { ROUNDS = 4 };
    for (uint32_t i = 0; i < node->let.count; i++)
        if (!node->let.vars[i]->contified)
            node->let.vars[i]->mark = CEK_CONSTANT;
    bool changed = true;
    for (uint32_t round = 0; changed; round++) {
        changed = false;
        for (uint32_t i = 0; i < node->let.count; i++) {
            Var *var = node->let.vars[i];
            if (var->mark == CEK_CONSTANT &&
                (round >= ROUNDS || !is_constant(node->let.inits[i]->lambda))) {
                var->mark = NULL;
                changed = true;
            }
        }
    }
}

static void clear_marks(const Node *node) {
    for (uint32_t i = 0; i < node->let.count; i++)
        node->let.vars[i]->mark = NULL;
}

// ---- addresses

static void place(Var *var, uint32_t level, uint32_t slot) {
    var->level = level;
    var->slot = slot;
}

static void walk(Node **slot, void *context) {
    Address *a = context;
    Node *node = *slot;
    if (rt_stack_low(a->vm))
        a->failed = true;
    if (a->failed)
        return;
    uint32_t level = a->level;
    switch (node->kind) {
    case NODE_LOCAL:
        node->local.depth = level - 1 - node->local.var->level;
        return;
    case NODE_LAMBDA:
        node->lambda->code = is_constant(node->lambda) ? CEK_CONSTANT : NULL;
        for (Lambda *l = node->lambda; l != NULL; l = l->next) {
            for (uint32_t i = 0, n = lambda_param_count(l); i < n; i++)
                place(l->params[i], level, i);
            a->level = level + 1;
            walk(&l->body, a);
            a->level = level;
        }
        return;
    case NODE_LET:
    case NODE_FIX: {
        bool fix = node->kind == NODE_FIX;
        if (fix)
            mark_fix(node);
        for (uint32_t i = 0; i < node->let.count; i++)
            place(node->let.vars[i], level, i);
        a->level = level + fix;
        for (uint32_t i = 0; i < node->let.count; i++)
            walk(&node->let.inits[i], a);
        if (!fix)
            mark_let(node);
        a->level = level + 1;
        walk(&node->let.body, a);
        a->level = level;
        clear_marks(node);
        return;
    }
    default:
        vm_node_each_child(node, walk, a);
    }
}

bool vm_cek_address(VM *vm, Lambda *top) {
    Address a = {.vm = vm, .level = 1};
    walk(&top->body, &a);
    if (a.failed)
        rt_fail_depth(vm);
    return !a.failed;
}
