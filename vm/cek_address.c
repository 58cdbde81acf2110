// Addresses of variables for the CEK: how many ribs to climb, which slot. See cek_int.h.
#include "runtime/fail.h"
#include "vm/cek_int.h"

typedef struct Address {
    VM *vm;
    uint32_t level; // ribs around the node being walked
    bool failed;
} Address;

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
        for (uint32_t i = 0; i < node->let.count; i++)
            place(node->let.vars[i], level, i);
        a->level = level + fix;
        for (uint32_t i = 0; i < node->let.count; i++)
            walk(&node->let.inits[i], a);
        a->level = level + 1;
        walk(&node->let.body, a);
        a->level = level;
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
