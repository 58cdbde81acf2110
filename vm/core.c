// Core IR: constructors and walking. See core.h.
#include "vm/core.h"
#include "runtime/assert.h"
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/string.h"
#include <limits.h>

static Node **copy_nodes(VM *vm, uint32_t count, Node **nodes) {
    if (count == 0)
        return NULL;
    Node **copy = rt_raw_new(vm, (size_t)count * sizeof *copy);
    memcpy(copy, nodes, (size_t)count * sizeof *copy);
    return copy;
}

static Var **copy_vars(VM *vm, uint32_t count, Var **vars) {
    if (count == 0)
        return NULL;
    Var **copy = rt_raw_new(vm, (size_t)count * sizeof *copy);
    memcpy(copy, vars, (size_t)count * sizeof *copy);
    return copy;
}

Node *vm_node_new(VM *vm, NodeKind kind, Position position) {
    Node *node = rt_raw_new(vm, sizeof *node);
    node->kind = kind;
    node->position = position;
    return node;
}

Node *vm_node_const(VM *vm, Value v, Position position) {
    Node *node = vm_node_new(vm, NODE_CONST, position);
    node->constant = v;
    return node;
}

Node *vm_node_local(VM *vm, Var *var, Position position) {
    Node *node = vm_node_new(vm, NODE_LOCAL, position);
    node->local.var = var;
    return node;
}

Node *vm_node_set_local(VM *vm, Var *var, Node *value, bool initialises, Position position) {
    Node *node = vm_node_new(vm, NODE_SET_LOCAL, position);
    node->local.var = var;
    node->local.value = value;
    if (initialises)
        node->flags |= NODE_INIT;
    return node;
}

Node *vm_node_global(VM *vm, Value cell, Position position) {
    Node *node = vm_node_new(vm, NODE_GLOBAL, position);
    node->global.cell = cell;
    return node;
}

static Node *global_with_value(VM *vm, NodeKind kind, Value cell, Node *value, Position position) {
    Node *node = vm_node_new(vm, kind, position);
    node->global.cell = cell;
    node->global.value = value;
    return node;
}

Node *vm_node_set_global(VM *vm, Value cell, Node *value, Position position) {
    return global_with_value(vm, NODE_SET_GLOBAL, cell, value, position);
}

Node *vm_node_define(VM *vm, Value cell, Node *value, Position position) {
    return global_with_value(vm, NODE_DEFINE, cell, value, position);
}

Node *vm_node_if(VM *vm, Node *test, Node *then, Node *otherwise, Position position) {
    Node *node = vm_node_new(vm, NODE_IF, position);
    node->branch.test = test;
    node->branch.then = then;
    node->branch.otherwise = otherwise;
    return node;
}

Node *vm_node_lambda(VM *vm, Lambda *lambda) {
    Node *node = vm_node_new(vm, NODE_LAMBDA, lambda->position);
    node->lambda = lambda;
    return node;
}

Node *vm_node_call(VM *vm, Node *fn, uint32_t count, Node **args, Position position) {
    Node *node = vm_node_new(vm, NODE_CALL, position);
    node->call.fn = fn;
    node->call.args = copy_nodes(vm, count, args);
    node->call.count = count;
    return node;
}

Node *vm_node_prim_row(VM *vm, const Primitive *prim, uint32_t count, Node **args,
                       Position position) {
    Node *node = vm_node_new(vm, NODE_PRIM, position);
    node->prim.prim = prim;
    node->prim.args = copy_nodes(vm, count, args);
    node->prim.count = count;
    node->prim.cell = VALUE_NONE;
    return node;
}

Node *vm_node_prim(VM *vm, const char *name, uint32_t count, Node **args, Position position) {
    const Primitive *prim = rt_primitive_find(name);
    ASSERT(prim != NULL, "no primitive named %s", name);
    return vm_node_prim_row(vm, prim, count, args, position);
}

Node *vm_node_seq(VM *vm, uint32_t count, Node **items, Position position) {
    ASSERT(count > 0, "a sequence without items");
    if (count == 1)
        return items[0];
    Node *node = vm_node_new(vm, NODE_SEQ, position);
    node->seq.items = copy_nodes(vm, count, items);
    node->seq.count = count;
    return node;
}

static Node *binding(VM *vm, NodeKind kind, uint32_t count, Var **vars, Node **inits, Node *body,
                     Position position) {
    if (count == 0)
        return body;
    Node *node = vm_node_new(vm, kind, position);
    node->let.vars = copy_vars(vm, count, vars);
    node->let.inits = copy_nodes(vm, count, inits);
    node->let.count = count;
    node->let.body = body;
    for (uint32_t i = 0; i < count; i++)
        vars[i]->init = inits[i];
    return node;
}

Node *vm_node_let(VM *vm, uint32_t count, Var **vars, Node **inits, Node *body, Position position) {
    return binding(vm, NODE_LET, count, vars, inits, body, position);
}

Node *vm_node_fix(VM *vm, uint32_t count, Var **vars, Node **inits, Node *body, Position position) {
    return binding(vm, NODE_FIX, count, vars, inits, body, position);
}

Var *vm_var_new(VM *vm, Value name) {
    Var *var = rt_raw_new(vm, sizeof *var);
    var->name = name;
    return var;
}

Lambda *vm_lambda_new(VM *vm, Value name, Position position, uint32_t required, Var **params,
                      Node *body) {
    Lambda *lambda = rt_raw_new(vm, sizeof *lambda);
    lambda->name = name;
    lambda->position = position;
    lambda->params = copy_vars(vm, required, params);
    lambda->required = required;
    lambda->body = body;
    return lambda;
}

void vm_node_each_child(Node *node, void (*fn)(Node **child, void *context), void *context) {
    switch (node->kind) {
    case NODE_CONST:
    case NODE_LOCAL:
    case NODE_GLOBAL:
        break;
    case NODE_SET_LOCAL:
        fn(&node->local.value, context);
        break;
    case NODE_SET_GLOBAL:
    case NODE_DEFINE:
        fn(&node->global.value, context);
        break;
    case NODE_IF:
        fn(&node->branch.test, context);
        fn(&node->branch.then, context);
        fn(&node->branch.otherwise, context);
        break;
    case NODE_LAMBDA:
        for (Lambda *l = node->lambda; l != NULL; l = l->next)
            fn(&l->body, context);
        break;
    case NODE_CALL:
        for (uint32_t i = 0; i < node->call.count; i++)
            fn(&node->call.args[i], context);
        fn(&node->call.fn, context);
        break;
    case NODE_SEQ:
        for (uint32_t i = 0; i < node->seq.count; i++)
            fn(&node->seq.items[i], context);
        break;
    case NODE_LET:
    case NODE_FIX:
        for (uint32_t i = 0; i < node->let.count; i++)
            fn(&node->let.inits[i], context);
        fn(&node->let.body, context);
        break;
    case NODE_PRIM:
        for (uint32_t i = 0; i < node->prim.count; i++)
            fn(&node->prim.args[i], context);
        break;
    case NODE_KIND_COUNT:
        break;
    }
}

// ---- counting

typedef struct CountWalk {
    VM *vm;
    bool failed;
    uint32_t next_id;
} CountWalk;

static void reset_var(CountWalk *w, Var *var, Node *init) {
    var->refs = var->sets = var->calls = 0;
    var->id = w->next_id++;
    var->init = init;
}

static void count_child(Node **child, void *context);

// Binders are met before their uses, so each is reset here.
static void count_binders(CountWalk *w, Node *node) {
    if (node->kind == NODE_LAMBDA) {
        for (Lambda *l = node->lambda; l != NULL; l = l->next)
            for (uint32_t i = 0, n = lambda_param_count(l); i < n; i++)
                reset_var(w, l->params[i], NULL);
    } else if (node->kind == NODE_LET || node->kind == NODE_FIX) {
        for (uint32_t i = 0; i < node->let.count; i++)
            reset_var(w, node->let.vars[i], node->let.inits[i]);
    }
}

static void count_child(Node **child, void *context) {
    CountWalk *w = context;
    Node *node = *child;
    if (rt_stack_low(w->vm)) {
        w->failed = true;
        return;
    }
    switch (node->kind) {
    case NODE_LOCAL:
        node->local.var->refs++;
        return;
    case NODE_CONST:
    case NODE_GLOBAL:
        return;
    case NODE_SET_LOCAL:
        node->local.var->sets++;
        break;
    case NODE_CALL:
        if (node->call.fn->kind == NODE_LOCAL)
            node->call.fn->local.var->calls++;
        break;
    default:
        count_binders(w, node);
    }
    vm_node_each_child(node, count_child, w);
}

bool vm_node_count(VM *vm, Node *node) {
    CountWalk w = {.vm = vm};
    count_child(&node, &w);
    if (w.failed)
        rt_fail_depth(vm);
    return !w.failed;
}

// ---- cost

typedef struct CostWalk {
    VM *vm;
    uint32_t cost, limit;
} CostWalk;

static void cost_child(Node **child, void *context) {
    CostWalk *w = context;
    if (w->cost >= w->limit)
        return;
    if (rt_stack_low(w->vm)) {
        w->cost = w->limit;
        return;
    }
    if ((*child)->kind != NODE_SEQ)
        w->cost++;
    vm_node_each_child(*child, cost_child, w);
}

uint32_t vm_node_cost(VM *vm, Node *node, uint32_t limit) {
    CostWalk w = {.vm = vm, .limit = limit};
    cost_child(&node, &w);
    return w.cost;
}

// ---- effects

// How many nodes vm_node_is_discardable looks at: enough for the bindings that occur, and asked of
// every node of a form it stays linear.
enum { DISCARD_BUDGET = 24 };

static bool is_discardable(const Node *node, int *budget) {
    if (--*budget < 0)
        return false;
    switch (node->kind) {
    case NODE_CONST:
    case NODE_LAMBDA:
        return true;
    case NODE_LOCAL:
        return !node->local.var->checked;
    // A variable that has a value keeps having one.
    case NODE_GLOBAL:
        return value_cell(node->global.cell)->value != VALUE_UNBOUND;
    case NODE_IF:
        return is_discardable(node->branch.test, budget) &&
               is_discardable(node->branch.then, budget) &&
               is_discardable(node->branch.otherwise, budget);
    case NODE_SEQ:
        for (uint32_t i = 0; i < node->seq.count; i++)
            if (!is_discardable(node->seq.items[i], budget))
                return false;
        return true;
    case NODE_LET:
    case NODE_FIX:
        for (uint32_t i = 0; i < node->let.count; i++)
            if (!is_discardable(node->let.inits[i], budget))
                return false;
        return is_discardable(node->let.body, budget);
    case NODE_PRIM:
        if (node->prim.cell != VALUE_NONE)
            return false;
        if (node->prim.prim->effects & (FX_WRITE | FX_FAIL | FX_CAPTURE))
            return false;
        for (uint32_t i = 0; i < node->prim.count; i++)
            if (!is_discardable(node->prim.args[i], budget))
                return false;
        return true;
    case NODE_SET_LOCAL:
    case NODE_SET_GLOBAL:
    case NODE_DEFINE:
    case NODE_CALL:
    case NODE_KIND_COUNT:
        return false;
    }
    return false;
}

bool vm_node_is_discardable(const Node *node) {
    int budget = DISCARD_BUDGET;
    return is_discardable(node, &budget);
}

bool vm_node_is_trivial(const Node *node) {
    switch (node->kind) {
    case NODE_CONST:
    case NODE_LAMBDA:
        return true;
    case NODE_LOCAL:
        return node->local.var->sets == 0 && !node->local.var->checked;
    case NODE_GLOBAL:
        return object_flags(value_object(node->global.cell)) & CELL_SEALED &&
               value_cell(node->global.cell)->value != VALUE_UNBOUND;
    default:
        return false;
    }
}

// ---- arity

static bool takes(const Lambda *first, int count) {
    for (const Lambda *l = first; l; l = l->next) {
        int max = lambda_max_args(l);
        if (count >= (int)l->required && (max < 0 || count <= max))
            return true;
    }
    return false;
}

Value vm_fail_arity(VM *vm, const Lambda *first, Value who, int given) {
    int least = INT_MAX, most = 0;
    bool unbounded = false;
    for (const Lambda *l = first; l; l = l->next) {
        int max = lambda_max_args(l);
        if ((int)l->required < least)
            least = (int)l->required;
        if (max < 0) {
            unbounded = true;
            max = (int)l->required;
        }
        if (max > most)
            most = max;
    }
    // Beyond `most` an unbounded procedure takes any number, so that is where to look for gaps.
    int gap = least;
    while (gap <= most && takes(first, gap))
        gap++;
    if (gap > most)
        return rt_fail_arity(vm, who, least, unbounded ? -1 : most, given);
    StringBuilder b;
    rt_builder_init(&b, vm);
    for (int n = least, shown = 0; n <= most; n++)
        if (takes(first, n))
            rt_builder_format(&b, "%s%d", shown++ ? ", " : "", n);
    const char *counts = rt_string_to_utf8(vm, rt_builder_finish(&b), NULL);
    rt_fail(vm, CONDITION_ARITY, VALUE_NULL, "expected one of %s%s arguments, got %d",
            counts ? counts : "", unbounded ? " or more" : "", given);
    rt_condition_set_field(vm->condition, CONDITION_FIELD_WHO, who);
    return VALUE_FAILURE;
}
