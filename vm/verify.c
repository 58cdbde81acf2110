// Verifier of core IR, in debug builds after the expander and after each pass.
//
// Invariants, at every stage:
//   - the nodes form a tree: no node is reached twice, no child is missing;
//   - a variable is bound at one place, and referred to only below that place (for Fix, in its
//   inits too);
//   - Global, SetGlobal, Define name cells; a guarded Prim too;
//   - a Prim's arguments are in the range of its row;
//   - a Lambda's keys are keywords, as many as its keyword parameters;
//   - Const holds a value that a program may meet, or one of the marks VALUE_DEFAULT and
//   VALUE_UNBOUND.
// From CORE_BOUND: the inits of Fix are lambdas, and no variable of Fix is assigned.
// CORE_LOWERED: no SetLocal; checked variables are boxed; owner, outer and free variables are those
// of the tree; a jump calls a contified variable with as many arguments as it has parameters, and
// nothing else refers to a contified variable.
#include "runtime/assert.h"
#include "runtime/heap.h"
#include "runtime/string.h"
#include "vm/core.h"

#ifdef KILN_DEBUG

typedef struct Scope { // variables in scope, innermost first
    struct Scope *outer;
    Lambda *lambda; // whose activation: of contified procedures the one around
} Scope;

typedef struct Verify {
    VM *vm;
    CoreStage stage;
    void **seen; // open hash set of nodes and variables reached
    size_t count, room;
    bool deep; // gave up: nested too deeply for the C stack
} Verify;

// Adds p; false when it was there.
static bool seen_add(Verify *v, void *p) {
    if (2 * (v->count + 1) > v->room) {
        size_t old_room = v->room;
        void **old = v->seen;
        v->room = old_room ? 2 * old_room : 256;
        v->seen = rt_raw_new(v->vm, v->room * sizeof *v->seen);
        v->count = 0;
        for (size_t i = 0; i < old_room; i++)
            if (old[i])
                seen_add(v, old[i]);
    }
    size_t i = ((uintptr_t)p * UINT64_C(0x9E3779B97F4A7C15) >> 20) & (v->room - 1);
    for (; v->seen[i]; i = (i + 1) & (v->room - 1))
        if (v->seen[i] == p)
            return false;
    v->seen[i] = p;
    v->count++;
    return true;
}

static const char *name_of(VM *vm, Value name) {
    if (!value_is_symbol(name))
        return "?";
    const char *text = rt_string_to_utf8(vm, value_symbol(name)->name, NULL);
    return text ? text : "?";
}

#define CHECK(condition, format, ...)                                                              \
    ASSERT(condition, "core IR at %u:%u: " format, position_line(node->position),                  \
           position_column(node->position) __VA_OPT__(, ) __VA_ARGS__)

// Var.mark is the scope that binds it, while that scope is open.
static void open_var(Verify *v, const Node *node, Var *var, Scope *scope) {
    CHECK(var != NULL, "a binder without variable");
    CHECK(seen_add(v, var), "variable %s is bound twice", name_of(v->vm, var->name));
    CHECK(var->mark == NULL, "variable %s: a pass left its mark", name_of(v->vm, var->name));
    CHECK(value_is_object(var->name), "a variable's name is no identifier");
    if (v->stage == CORE_LOWERED)
        CHECK(var->owner == scope->lambda, "variable %s has another owner",
              name_of(v->vm, var->name));
    var->mark = scope;
}
static void close_var(Var *var) { var->mark = NULL; }

static void check(Verify *v, Node *node, Scope *scope);

static void check_all(Verify *v, const Node *node, uint32_t count, Node **nodes, Scope *scope) {
    for (uint32_t i = 0; i < count; i++) {
        CHECK(nodes[i] != NULL, "child %u is missing", i);
        check(v, nodes[i], scope);
    }
}

static void check_lambda(Verify *v, const Node *node, Scope *outer, Lambda *host) {
    for (Lambda *l = node->lambda; l != NULL; l = l->next) {
        Scope scope = {.outer = outer, .lambda = host ? host : l};
        CHECK(value_is_symbol(l->name) || value_has_type(l->name, TYPE_ALIAS) ||
                  l->name == VALUE_FALSE,
              "a lambda's name is no symbol");
        CHECK(l->body != NULL, "a lambda without body");
        uint32_t count = lambda_param_count(l);
        for (uint32_t i = 0; i < count; i++)
            open_var(v, node, l->params[i], &scope);
        for (uint32_t i = 0; i < l->keyword; i++)
            CHECK(l->keys && value_is_keyword(l->keys[i]), "key %u is no keyword", i);
        if (v->stage == CORE_LOWERED) {
            CHECK(l->outer == outer->lambda, "lambda %s has another outer lambda",
                  name_of(v->vm, l->name));
            if (!host)
                for (uint32_t i = 0; i < l->free_count; i++)
                    CHECK(l->free[i]->mark != NULL, "free variable %s is not in scope",
                          name_of(v->vm, l->free[i]->name));
        }
        check(v, l->body, &scope);
        for (uint32_t i = 0; i < count; i++)
            close_var(l->params[i]);
    }
}

static void check_var_use(Verify *v, const Node *node, Var *var, Scope *scope) {
    CHECK(var != NULL, "a reference without variable");
    CHECK(var->mark != NULL, "variable %s is not in scope", name_of(v->vm, var->name));
    if (v->stage != CORE_LOWERED)
        return;
    CHECK(!var->checked || var->boxed, "variable %s is checked but not boxed",
          name_of(v->vm, var->name));
    if (var->owner == scope->lambda)
        return;
    // Reached from an inner lambda: one of its free variables. Lambdas have few.
    bool found = false;
    for (uint32_t i = 0; i < scope->lambda->free_count && !found; i++)
        found = scope->lambda->free[i] == var;
    CHECK(found, "variable %s is not among the free variables of %s", name_of(v->vm, var->name),
          name_of(v->vm, scope->lambda->name));
}

static void check_binding(Verify *v, Node *node, Scope *outer) {
    bool fix = node->kind == NODE_FIX;
    uint32_t count = node->let.count;
    CHECK(count > 0, "a binding of nothing");
    CHECK(node->let.body != NULL, "a binding without body");
    Scope scope = {.outer = outer, .lambda = outer->lambda};
    if (!fix)
        check_all(v, node, count, node->let.inits, outer);
    for (uint32_t i = 0; i < count; i++) {
        Var *var = node->let.vars[i];
        open_var(v, node, var, &scope);
        CHECK(var->init == node->let.inits[i], "variable %s: init is another node",
              name_of(v->vm, var->name));
    }
    for (uint32_t i = 0; fix && i < count; i++) {
        Node *init = node->let.inits[i];
        CHECK(init != NULL, "child %u is missing", i);
        if (v->stage >= CORE_BOUND)
            CHECK(init->kind == NODE_LAMBDA, "fix binds %s to what is no lambda",
                  name_of(v->vm, node->let.vars[i]->name));
        if (v->stage == CORE_LOWERED && node->let.vars[i]->contified) {
            CHECK(seen_add(v, init), "a node occurs twice");
            check_lambda(v, init, &scope, scope.lambda);
        } else
            check(v, init, &scope);
    }
    check(v, node->let.body, &scope);
    for (uint32_t i = 0; i < count; i++)
        close_var(node->let.vars[i]);
}

static void check_call(Verify *v, Node *node, Scope *scope) {
    CHECK(node->call.fn != NULL, "a call without operator");
    check_all(v, node, node->call.count, node->call.args, scope);
    if (!(node->flags & NODE_JUMP)) {
        check(v, node->call.fn, scope);
        return;
    }
    CHECK(node->call.fn->kind == NODE_LOCAL, "a jump to what is no variable");
    Var *var = node->call.fn->local.var;
    CHECK(var->contified, "a jump to %s, which is not contified", name_of(v->vm, var->name));
    CHECK(var->mark != NULL, "a jump to %s out of its scope", name_of(v->vm, var->name));
    CHECK(v->stage != CORE_LOWERED || var->owner == scope->lambda, "a jump to %s out of its lambda",
          name_of(v->vm, var->name));
    Lambda *l = var->init->lambda;
    CHECK(!l->next && lambda_max_args(l) == (int)node->call.count &&
              l->required == node->call.count,
          "a jump to %s with %u arguments", name_of(v->vm, var->name), node->call.count);
    CHECK(seen_add(v, node->call.fn), "a node occurs twice");
}

static void check(Verify *v, Node *node, Scope *scope) {
    if (rt_stack_low(v->vm))
        v->deep = true;
    if (v->deep)
        return;
    CHECK(seen_add(v, node), "a node of kind %d occurs twice", node->kind);
    CHECK((unsigned)node->kind < NODE_KIND_COUNT, "no such kind of node: %d", node->kind);
    CHECK(!(node->flags & NODE_JUMP) || node->kind == NODE_CALL, "a jump that is no call");
    switch (node->kind) {
    case NODE_CONST:
        CHECK(node->constant != VALUE_NONE && node->constant != VALUE_FAILURE &&
                  node->constant != VALUE_UNWIND,
              "a constant that is no value");
        break;
    case NODE_LOCAL:
        check_var_use(v, node, node->local.var, scope);
        CHECK(!(v->stage == CORE_LOWERED && node->local.var->contified),
              "%s is contified but not only called", name_of(v->vm, node->local.var->name));
        break;
    case NODE_SET_LOCAL:
        CHECK(v->stage != CORE_LOWERED, "an assignment of %s is left",
              name_of(v->vm, node->local.var->name));
        check_var_use(v, node, node->local.var, scope);
        CHECK(node->local.value != NULL, "an assignment without value");
        check(v, node->local.value, scope);
        break;
    case NODE_SET_GLOBAL:
    case NODE_DEFINE:
        CHECK(node->global.value != NULL, "an assignment without value");
        check(v, node->global.value, scope);
        [[fallthrough]];
    case NODE_GLOBAL:
        CHECK(value_is_cell(node->global.cell), "a global variable without cell");
        break;
    case NODE_IF:
        CHECK(node->branch.test && node->branch.then && node->branch.otherwise,
              "an if without a part");
        check(v, node->branch.test, scope);
        check(v, node->branch.then, scope);
        check(v, node->branch.otherwise, scope);
        break;
    case NODE_LAMBDA:
        CHECK(node->lambda != NULL, "a lambda node without lambda");
        check_lambda(v, node, scope, NULL);
        break;
    case NODE_CALL:
        check_call(v, node, scope);
        break;
    case NODE_SEQ:
        CHECK(node->seq.count > 0, "an empty sequence");
        check_all(v, node, node->seq.count, node->seq.items, scope);
        break;
    case NODE_LET:
    case NODE_FIX:
        check_binding(v, node, scope);
        break;
    case NODE_PRIM:
        CHECK(node->prim.prim != NULL, "a prim without row");
        CHECK((int64_t)node->prim.count >= node->prim.prim->min &&
                  (node->prim.prim->max < 0 || (int64_t)node->prim.count <= node->prim.prim->max),
              "%s with %u arguments", node->prim.prim->name, node->prim.count);
        CHECK(node->prim.cell == VALUE_NONE || value_is_cell(node->prim.cell),
              "%s: the guard is no cell", node->prim.prim->name);
        check_all(v, node, node->prim.count, node->prim.args, scope);
        break;
    case NODE_KIND_COUNT:
        break;
    }
}

static void check_assigned(Node **child, void *context) {
    Node *node = *child;
    if (rt_stack_low(context))
        return;
    if (node->kind == NODE_SET_LOCAL) {
        Node *init = node->local.var->init;
        CHECK(!init || init->kind != NODE_LAMBDA || !node->local.var->mark,
              "a variable of fix is assigned");
    }
    bool fix = node->kind == NODE_FIX;
    for (uint32_t i = 0; fix && i < node->let.count; i++)
        node->let.vars[i]->mark = node;
    vm_node_each_child(node, check_assigned, context);
    for (uint32_t i = 0; fix && i < node->let.count; i++)
        node->let.vars[i]->mark = NULL;
}

void vm_node_verify(VM *vm, Node *node, CoreStage stage) {
    Verify v = {.vm = vm, .stage = stage};
    // At top level there is no activation until the passes have made one.
    Scope scope = {0};
    check(&v, node, &scope);
    if (v.deep)
        return;
    if (stage >= CORE_BOUND)
        check_assigned(&node, vm);
}

#else

void vm_node_verify(VM *vm, Node *node, CoreStage stage) {
    (void)vm;
    (void)node;
    (void)stage;
}

#endif
