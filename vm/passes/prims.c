// prims: calls of cells that hold primitives become Prim nodes.
//
// Idea: a sealed cell is a constant, so its Prim needs no guard. Any other cell that holds a
// primitive now, and was never assigned, is likely to hold it later: the Prim keeps the cell as its
// guard, and is an ordinary call when the cell then holds something else. The guard is looked at
// after the arguments, as the operator of a call is.
//
// Invariants: a Prim's number of arguments is in its row's range. A call with a wrong number stays
// a call, so that the error is raised when and if it runs.
#include "runtime/fail.h"
#include "vm/passes.h"

Node *vm_prims_convert(VM *vm, Node *call) {
    Node *fn = call->call.fn;
    Value held, guard = VALUE_NONE;
    if (fn->kind == NODE_CONST)
        held = fn->constant;
    else if (fn->kind == NODE_GLOBAL) {
        Value cell = fn->global.cell;
        unsigned flags = object_flags(value_object(cell));
        if (!(flags & CELL_SEALED)) {
            if (flags & CELL_ASSIGNED)
                return call;
            guard = cell;
        }
        held = value_cell(cell)->value;
    } else
        return call;
    if (!value_is_primitive(held))
        return call;
    const Primitive *prim = value_primitive(held)->row;
    int64_t count = call->call.count;
    if (count < prim->min || (prim->max >= 0 && count > prim->max))
        return call;
    Node *node = vm_node_prim_row(vm, prim, call->call.count, call->call.args, call->position);
    node->prim.cell = guard;
    return node;
}

typedef struct Prims {
    VM *vm;
    bool failed;
} Prims;

static void walk(Node **slot, void *context) {
    Prims *c = context;
    if (rt_stack_low(c->vm))
        c->failed = true;
    if (c->failed)
        return;
    vm_node_each_child(*slot, walk, c);
    if ((*slot)->kind == NODE_CALL)
        *slot = vm_prims_convert(c->vm, *slot);
}

Node *vm_pass_prims(VM *vm, Node *node) {
    Prims c = {.vm = vm};
    walk(&node, &c);
    if (!c.failed)
        return node;
    rt_fail_depth(vm);
    return NULL;
}
