// assign: assigned variables become boxes.
//
// Idea: assignment conversion (Kranz and others, "ORBIT", SIGPLAN 1986). A variable is then bound
// once and never changes, so closures copy it, registers hold it, and a continuation that is
// entered a second time sees the assignments made since: they are in the box, which the frames
// share. Variables that no closure captures get a box too, for frames are copied when a
// continuation is captured.
//
//   parameter x        x' is the parameter, and the body is (let ((x [%make-box x'])) body)
//   (let ((x E)) B)    (let ((x [%make-box E])) B); but when an init that comes after E may capture
//   a continuation, E is
//                      bound to x' first and the box made within: entering the let's body twice
//                      makes two boxes
//   x                  [%box-ref x], for checked variables [%box-ref-checked x 'x]
//   (set! x E)         [%box-set! x E]
//
// Invariants: no SetLocal is left; Var.boxed says that a variable holds a box; checked variables
// are boxed.
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "vm/language.h"
#include "vm/passes.h"

typedef struct Assign {
    VM *vm;
    bool failed;
    const Primitive *make, *ref, *ref_checked, *set;
} Assign;

static void walk(Node **slot, void *context);

static Node *make_box(Assign *c, Node *value) {
    return vm_node_prim_row(c->vm, c->make, 1, &value, value->position);
}

// A variable that holds x's first value until its box is made.
static Var *first_value(Assign *c, const Var *x) { return vm_var_new(c->vm, x->name); }

static void convert_lambda(Assign *c, Lambda *l) {
    uint32_t count = lambda_param_count(l), boxes = 0;
    for (uint32_t i = 0; i < count; i++)
        boxes += l->params[i]->sets > 0;
    if (boxes == 0)
        return;
    Var **vars = rt_raw_new(c->vm, (size_t)boxes * sizeof *vars);
    Node **inits = rt_raw_new(c->vm, (size_t)boxes * sizeof *inits);
    boxes = 0;
    for (uint32_t i = 0; i < count; i++) {
        Var *x = l->params[i];
        if (x->sets == 0)
            continue;
        l->params[i] = first_value(c, x);
        x->boxed = true;
        vars[boxes] = x;
        inits[boxes++] = make_box(c, vm_node_local(c->vm, l->params[i], l->position));
    }
    l->body = vm_node_let(c->vm, boxes, vars, inits, l->body, l->position);
}

static void convert_let(Assign *c, Node *node) {
    uint32_t count = node->let.count, late = 0;
    bool after = false; // an init behind this one may return twice
    for (uint32_t i = count; i-- > 0;) {
        Var *x = node->let.vars[i];
        bool once = vm_node_is_discardable(node->let.inits[i]);
        if (x->sets > 0 && !after) {
            x->boxed = true;
            node->let.inits[i] = make_box(c, node->let.inits[i]);
        } else if (x->sets > 0)
            late++;
        after |= !once;
    }
    if (late == 0)
        return;
    Var **vars = rt_raw_new(c->vm, (size_t)late * sizeof *vars);
    Node **inits = rt_raw_new(c->vm, (size_t)late * sizeof *inits);
    late = 0;
    for (uint32_t i = 0; i < count; i++) {
        Var *x = node->let.vars[i];
        if (x->sets == 0 || x->boxed)
            continue;
        x->boxed = true;
        node->let.vars[i] = first_value(c, x);
        vars[late] = x;
        inits[late++] = make_box(c, vm_node_local(c->vm, node->let.vars[i], node->position));
    }
    node->let.body = vm_node_let(c->vm, late, vars, inits, node->let.body, node->position);
}

static void walk(Node **slot, void *context) {
    Assign *c = context;
    if (rt_stack_low(c->vm))
        c->failed = true;
    if (c->failed)
        return;
    Node *node = *slot;
    // Uses first: the reads that binders make below must stay what they are.
    vm_node_each_child(node, walk, c);
    switch (node->kind) {
    case NODE_LAMBDA:
        for (Lambda *l = node->lambda; l != NULL; l = l->next)
            convert_lambda(c, l);
        break;
    case NODE_LET:
        convert_let(c, node);
        break;
    case NODE_LOCAL:
        if (node->local.var->sets > 0) {
            Var *x = node->local.var;
            bool checked = x->checked;
            Node *args[2] = {vm_node_local(c->vm, x, node->position), NULL};
            if (checked)
                args[1] = vm_node_const(c->vm, vm_identifier_symbol(x->name), node->position);
            *slot = vm_node_prim_row(c->vm, checked ? c->ref_checked : c->ref, checked ? 2 : 1,
                                     args, node->position);
        }
        break;
    case NODE_SET_LOCAL: {
        Node *args[2] = {vm_node_local(c->vm, node->local.var, node->position), node->local.value};
        *slot = vm_node_prim_row(c->vm, c->set, 2, args, node->position);
        break;
    }
    default:
        break;
    }
}

Node *vm_pass_assign(VM *vm, Node *node) {
    Assign c = {.vm = vm,
                .make = rt_primitive_find("%make-box"),
                .ref = rt_primitive_find("%box-ref"),
                .ref_checked = rt_primitive_find("%box-ref-checked"),
                .set = rt_primitive_find("%box-set!")};
    walk(&node, &c);
    if (!c.failed)
        return node;
    rt_fail_depth(vm);
    return NULL;
}
