// simplify: constant folding, copy propagation, beta, inlining of small procedures, dead code.
//
// Idea: the rewriting part of Waddell and Dybvig, "Fast and Effective Procedure Inlining" (SAS
// 1997), in fixed rounds instead of on demand. A round first counts (Info below), then walks the
// form once, inwards: what is known of a variable is in place before its scope is walked, and a
// procedure that is called at one place is moved there before its body is walked. Rounds are
// repeated while they change something, at most ROUNDS times.
//
//   (let ((x 1) (y z)) … x … y)        constants, unassigned variables and sealed globals replace
//   the variable
//   ((lambda (a &optional b) …) 1)     let, also for a lambda reached by name: when it is called
//   only there, or
//                                      small and not recursive. Copies share a budget of growth.
//   (if 1 a b) (if (not x) a b) (if (if x #t #f) a b) (if (let (…) t) a b) (if (seq … t) a b)
//   [+ 1 2]                            certain primitives of the table below, when they cannot fail
//   and stay small unused bindings, unused values     when their evaluation could be left out
//   (vm_node_is_discardable)
//
// Invariants:
//   - Order and number of effects stay. Only lambdas, constants and names of never-assigned
//   variables move.
//   - An error stays where it is: nothing that can fail is dropped or moved, an arity mismatch
//   stays a call.
//   - refs, sets and calls are never below the truth within a round: what is copied is counted;
//   what is
//     dropped may stay counted until the next round.
//   - Each node is walked once a round; a copy costs of the budget, which the size of the form
//   bounds.
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "vm/passes.h"

enum {
    ROUNDS = 4,
    SMALL_PROCEDURE = 12, // nodes of a body that is copied to its calls
    SMALL_BRANCH = 2,     // nodes of a branch that may be duplicated
};

typedef struct Info { // of a variable, in Var.mark during a round
    Node *value;      // CONST, LOCAL or GLOBAL that replaces it, or NULL
    Node *lambda;     // LAMBDA node it is bound to, or NULL
    Var *copy;        // while a procedure is copied: the variable's copy
    bool recursive;   // its lambda may reach itself by name
    bool open;        // counting is inside the inits of its Fix
    bool walked;      // the lambda has been simplified in this round
    bool taken;       // the lambda has moved to its only call
} Info;

typedef struct Simplify {
    VM *vm;
    bool failed, changed;
    int64_t budget; // nodes that copies may still add
    Var **vars;     // all with a mark
    size_t var_count, var_room;
    const Primitive *list, *not;
} Simplify;

typedef enum Context { FOR_VALUE, FOR_TEST, FOR_EFFECT } Context;

static Node *simplify(Simplify *s, Node *node, Context context);

static Info *info_of(const Var *var) { return var->mark; }

static void add_info(Simplify *s, Var *var) {
    if (s->var_count == s->var_room) {
        s->var_room = s->var_room ? 2 * s->var_room : 64;
        Var **grown = rt_raw_new(s->vm, s->var_room * sizeof *grown);
        if (s->var_count)
            memcpy(grown, s->vars, s->var_count * sizeof *grown);
        s->vars = grown;
    }
    s->vars[s->var_count++] = var;
    var->mark = rt_raw_new(s->vm, sizeof(Info));
}

// ---- counting at the start of a round

static void prepare(Node **slot, void *context) {
    Simplify *s = context;
    Node *node = *slot;
    if (rt_stack_low(s->vm))
        s->failed = true;
    if (s->failed)
        return;
    switch (node->kind) {
    case NODE_LOCAL:
        if (info_of(node->local.var)->open)
            info_of(node->local.var)->recursive = true;
        return;
    case NODE_LAMBDA:
        for (Lambda *l = node->lambda; l != NULL; l = l->next)
            for (uint32_t i = 0, n = lambda_param_count(l); i < n; i++)
                add_info(s, l->params[i]);
        break;
    case NODE_LET:
    case NODE_FIX: {
        bool fix = node->kind == NODE_FIX;
        uint32_t count = node->let.count;
        for (uint32_t i = 0; i < count; i++) {
            add_info(s, node->let.vars[i]);
            info_of(node->let.vars[i])->open = fix;
        }
        for (uint32_t i = 0; i < count; i++)
            prepare(&node->let.inits[i], s);
        for (uint32_t i = 0; i < count; i++)
            info_of(node->let.vars[i])->open = false;
        prepare(&node->let.body, s);
        return;
    }
    default:
        break;
    }
    vm_node_each_child(node, prepare, s);
}

// ---- copies

static Node *copy(Simplify *s, const Node *node);

static Node **copy_all(Simplify *s, uint32_t count, Node **nodes) {
    if (count == 0)
        return NULL;
    Node **result = rt_raw_new(s->vm, (size_t)count * sizeof *result);
    for (uint32_t i = 0; i < count; i++)
        result[i] = copy(s, nodes[i]);
    return result;
}

static Var *copy_var(Simplify *s, Var *var) {
    Var *fresh = vm_var_new(s->vm, var->name);
    fresh->checked = var->checked;
    fresh->refs = var->refs;
    fresh->sets = var->sets;
    fresh->calls = var->calls;
    add_info(s, fresh);
    info_of(fresh)->recursive = info_of(var)->recursive;
    info_of(var)->copy = fresh;
    return fresh;
}

static Var **copy_vars(Simplify *s, uint32_t count, Var **vars) {
    if (count == 0)
        return NULL;
    Var **result = rt_raw_new(s->vm, (size_t)count * sizeof *result);
    for (uint32_t i = 0; i < count; i++)
        result[i] = copy_var(s, vars[i]);
    return result;
}

static void forget_copies(uint32_t count, Var **vars) {
    for (uint32_t i = 0; i < count; i++)
        info_of(vars[i])->copy = NULL;
}

static Lambda *copy_lambda(Simplify *s, const Lambda *l) {
    Lambda *fresh = rt_raw_new(s->vm, sizeof *fresh);
    *fresh = *l;
    fresh->params = copy_vars(s, lambda_param_count(l), l->params);
    fresh->body = copy(s, l->body);
    forget_copies(lambda_param_count(l), l->params);
    if (l->next)
        fresh->next = copy_lambda(s, l->next);
    return fresh;
}

// A use of a variable in a copy: of its copy, when it is bound inside of what is copied.
static Var *copied_use(Var *var, bool *inner) {
    Var *fresh = info_of(var)->copy;
    *inner = fresh != NULL;
    return fresh ? fresh : var;
}

// Only small nodes are copied, so the recursion is shallow.
static Node *copy(Simplify *s, const Node *node) {
    Node *fresh = rt_raw_new(s->vm, sizeof *fresh);
    *fresh = *node;
    bool inner;
    switch (node->kind) {
    case NODE_CONST:
    case NODE_GLOBAL:
        break;
    case NODE_LOCAL:
        fresh->local.var = copied_use(node->local.var, &inner);
        if (!inner)
            fresh->local.var->refs++;
        break;
    case NODE_SET_LOCAL:
        fresh->local.var = copied_use(node->local.var, &inner);
        if (!inner)
            fresh->local.var->sets++;
        fresh->local.value = copy(s, node->local.value);
        break;
    case NODE_SET_GLOBAL:
    case NODE_DEFINE:
        fresh->global.value = copy(s, node->global.value);
        break;
    case NODE_IF:
        fresh->branch.test = copy(s, node->branch.test);
        fresh->branch.then = copy(s, node->branch.then);
        fresh->branch.otherwise = copy(s, node->branch.otherwise);
        break;
    case NODE_LAMBDA:
        fresh->lambda = copy_lambda(s, node->lambda);
        break;
    case NODE_CALL:
        fresh->call.args = copy_all(s, node->call.count, node->call.args);
        fresh->call.fn = copy(s, node->call.fn);
        if (fresh->call.fn->kind == NODE_LOCAL &&
            fresh->call.fn->local.var == node->call.fn->local.var)
            fresh->call.fn->local.var->calls++;
        break;
    case NODE_SEQ:
        fresh->seq.items = copy_all(s, node->seq.count, node->seq.items);
        break;
    case NODE_LET:
        fresh->let.inits = copy_all(s, node->let.count, node->let.inits);
        fresh->let.vars = copy_vars(s, node->let.count, node->let.vars);
        fresh->let.body = copy(s, node->let.body);
        forget_copies(node->let.count, node->let.vars);
        break;
    case NODE_FIX:
        fresh->let.vars = copy_vars(s, node->let.count, node->let.vars);
        fresh->let.inits = copy_all(s, node->let.count, node->let.inits);
        fresh->let.body = copy(s, node->let.body);
        forget_copies(node->let.count, node->let.vars);
        break;
    case NODE_PRIM:
        fresh->prim.args = copy_all(s, node->prim.count, node->prim.args);
        break;
    case NODE_KIND_COUNT:
        break;
    }
    return fresh;
}

// ---- constant folding

// Primitives whose result on constants is a constant of bounded size, whatever the arguments'
// values.
static const char *const foldable[] = {
    "+",        "-",         "*",          "/",
    "=",        "<",         ">",          "<=",
    ">=",       "quotient",  "modulo",     "remainder",
    "zero?",    "positive?", "negative?",  "odd?",
    "even?",    "abs",       "min",        "max",
    "not",      "eq?",       "eqv?",       "null?",
    "pair?",    "number?",   "integer?",   "exact?",
    "inexact?", "symbol?",   "string?",    "char?",
    "boolean?", "vector?",   "procedure?", "char->integer",
    "char=?",   "char<?",    "floor",      "ceiling",
    "round",    "truncate",  "square",     "exact->inexact",
    "inexact",  "keyword?",  "nil?",
};

// A constant without identity or parts: of bounded size.
static bool is_atom(Value v) {
    return value_is_fixnum(v) || value_is_flonum(v) || value_is_char(v) || value_is_special(v) ||
           value_is_symbol(v) || value_is_keyword(v);
}

enum { FOLD_ARGUMENTS = 4 };

static Node *fold(Simplify *s, Node *node) {
    const Primitive *p = node->prim.prim;
    uint32_t count = node->prim.count;
    if (node->prim.cell != VALUE_NONE || count == 0 || count > FOLD_ARGUMENTS)
        return node;
    if (p->effects & (FX_READ | FX_WRITE | FX_CAPTURE))
        return node;
    Value argv[FOLD_ARGUMENTS];
    for (uint32_t i = 0; i < count; i++) {
        if (node->prim.args[i]->kind != NODE_CONST || !is_atom(node->prim.args[i]->constant))
            return node;
        argv[i] = node->prim.args[i]->constant;
        if (argv[i] == VALUE_DEFAULT || argv[i] == VALUE_UNBOUND)
            return node;
    }
    bool listed = false;
    for (size_t i = 0; i < sizeof foldable / sizeof *foldable && !listed; i++)
        listed = strcmp(foldable[i], p->name) == 0;
    if (!listed)
        return node;
    Value pending = s->vm->condition;
    Value result = rt_primitive_call(s->vm, p, (int)count, argv);
    s->vm->condition = pending;
    if (result == VALUE_FAILURE)
        return node; // to be raised when it runs
    s->changed = true;
    return vm_node_const(s->vm, result, node->position);
}

// ---- small questions

static bool is_const(const Node *node, bool truth) {
    return node->kind == NODE_CONST && value_is_truthy(node->constant) == truth;
}

// Is its value always #t or #f?
static bool is_boolean(const Node *node) {
    for (;;)
        switch (node->kind) {
        case NODE_CONST:
            return node->constant == VALUE_TRUE || node->constant == VALUE_FALSE;
        case NODE_PRIM:
            return node->prim.cell == VALUE_NONE && strcmp(node->prim.prim->result, "boolean") == 0;
        case NODE_SEQ:
            node = node->seq.items[node->seq.count - 1];
            break;
        case NODE_LET:
        case NODE_FIX:
            node = node->let.body;
            break;
        default:
            return false;
        }
}

static bool is_local(const Node *node, const Var *var) {
    return node->kind == NODE_LOCAL && node->local.var == var;
}

// May it stand at two places instead of one?
static bool is_small(const Node *node) {
    if (vm_node_is_trivial(node))
        return node->kind != NODE_LAMBDA;
    return node->kind == NODE_GLOBAL;
}

static void drop_local(Node *node) {
    if (node->kind == NODE_LOCAL)
        node->local.var->refs--;
}

// A fresh node that stands for the same trivial value, counted.
static Node *again(Simplify *s, const Node *value, Position position) {
    Node *node = copy(s, value);
    if (position)
        node->position = position;
    return node;
}

static Node *sequence2(Simplify *s, Node *first, Node *second) {
    if (vm_node_is_discardable(first))
        return second;
    Node *items[2] = {first, second};
    return vm_node_seq(s->vm, 2, items, second->position);
}

// ---- if

// The rewritings of an if whose test has been simplified, branches not.
static Node *simplify_if(Simplify *s, Node *node, Context context) {
    Node *test = simplify(s, node->branch.test, FOR_TEST);
    for (;;) { // each turn moves a part of the test outwards or drops it
        if (test->kind == NODE_PRIM && test->prim.prim == s->not&&test->prim.cell == VALUE_NONE) {
            test = test->prim.args[0];
        } else if (test->kind == NODE_IF && is_const(test->branch.then, false) &&
                   is_const(test->branch.otherwise, true)) {
            test = test->branch.test;
        } else if (test->kind == NODE_IF && is_const(test->branch.then, true) &&
                   is_const(test->branch.otherwise, false)) {
            test = test->branch.test;
            s->changed = true;
            continue;
        } else
            break;
        Node *then = node->branch.then;
        node->branch.then = node->branch.otherwise;
        node->branch.otherwise = then;
        s->changed = true;
    }
    // (if (let (…) t) a b) => (let (…) (if t a b)); the same for fix and seq.
    if (test->kind == NODE_LET || test->kind == NODE_FIX || test->kind == NODE_SEQ) {
        Node *outer = test, **hole = NULL;
        for (;; test = *hole) {
            if (test->kind == NODE_LET || test->kind == NODE_FIX)
                hole = &test->let.body;
            else if (test->kind == NODE_SEQ)
                hole = &test->seq.items[test->seq.count - 1];
            else
                break;
        }
        *hole = node;
        node->branch.test = test;
        s->changed = true;
        node->branch.then = simplify(s, node->branch.then, context);
        node->branch.otherwise = simplify(s, node->branch.otherwise, context);
        return outer;
    }
    if (test->kind == NODE_CONST || test->kind == NODE_LAMBDA) {
        s->changed = true;
        bool truth = test->kind == NODE_LAMBDA || value_is_truthy(test->constant);
        return simplify(s, truth ? node->branch.then : node->branch.otherwise, context);
    }
    node->branch.test = test;
    Node *then = node->branch.then = simplify(s, node->branch.then, context);
    Node *otherwise = node->branch.otherwise = simplify(s, node->branch.otherwise, context);
    if (context == FOR_EFFECT && vm_node_is_discardable(then) &&
        vm_node_is_discardable(otherwise)) {
        s->changed = true;
        return test;
    }
    if (then->kind == NODE_CONST && otherwise->kind == NODE_CONST &&
        then->constant == otherwise->constant) {
        s->changed = true;
        return sequence2(s, test, then);
    }
    if (is_const(then, true) && is_const(otherwise, false) &&
        (context == FOR_TEST || (then->constant == VALUE_TRUE &&
                                 otherwise->constant == VALUE_FALSE && is_boolean(test)))) {
        s->changed = true;
        return test;
    }
    if (test->kind == NODE_IF && s->budget >= SMALL_BRANCH) {
        // (if (if a b #f) x y) => (if a (if b x y) y), (if (if a #t b) x y) => (if a x (if b x y))
        Node *b = NULL, *twice = NULL;
        if (is_const(test->branch.otherwise, false))
            b = test->branch.then, twice = otherwise;
        else if (is_const(test->branch.then, true))
            b = test->branch.otherwise, twice = then;
        if (b && is_small(twice)) {
            s->budget -= SMALL_BRANCH;
            s->changed = true;
            Node *inner = vm_node_if(s->vm, b, then, otherwise, node->position);
            if (twice == otherwise) {
                node->branch.then = inner;
                node->branch.otherwise = again(s, twice, 0);
            } else {
                node->branch.then = again(s, twice, 0);
                node->branch.otherwise = inner;
            }
            node->branch.test = test->branch.test;
        }
    }
    return node;
}

// ---- seq

static Node *simplify_seq(Simplify *s, Node *node, Context context) {
    // Nested sequences, as macros make them, are spliced before anything is simplified: one walk
    // over all items.
    typedef struct Level {
        Node *seq;
        uint32_t next;
        struct Level *outer;
    } Level;
    uint32_t count = 0, room = node->seq.count + 4;
    Node **items = rt_raw_new(s->vm, (size_t)room * sizeof *items);
    Level *level = rt_raw_new(s->vm, sizeof *level);
    level->seq = node;
    while (level) {
        if (level->next == level->seq->seq.count) {
            level = level->outer;
            continue;
        }
        Node *item = level->seq->seq.items[level->next++];
        if (item->kind == NODE_SEQ) {
            Level *inner = rt_raw_new(s->vm, sizeof *inner);
            inner->seq = item;
            inner->outer = level;
            level = inner;
            s->changed = true;
            continue;
        }
        if (count == room) {
            room *= 2;
            Node **grown = rt_raw_new(s->vm, (size_t)room * sizeof *grown);
            memcpy(grown, items, (size_t)count * sizeof *grown);
            items = grown;
        }
        items[count++] = item;
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        bool last = i + 1 == count;
        Node *item = simplify(s, items[i], last ? context : FOR_EFFECT);
        if (!last && vm_node_is_discardable(item)) {
            drop_local(item);
            s->changed = true;
            continue;
        }
        items[kept++] = item;
    }
    return vm_node_seq(s->vm, kept, items, node->position);
}

// ---- let and fix

// What a variable bound to this init may be replaced by, or NULL.
static Node *replacement(const Var *var, Node *init) {
    if (var->sets > 0 || var->checked)
        return NULL;
    if (init->kind == NODE_LAMBDA || !vm_node_is_trivial(init))
        return NULL;
    return init;
}

// (let ((t e)) (if t t b)), t not used elsewhere: what `or` expands to.
static bool is_or(const Node *node) {
    if (node->let.count != 1 || node->let.body->kind != NODE_IF)
        return false;
    const Var *t = node->let.vars[0];
    const Node *branch = node->let.body;
    return t->refs == 2 && t->sets == 0 && is_local(branch->branch.test, t) &&
           is_local(branch->branch.then, t);
}

// Drop the bindings nobody uses. The node itself, or its body when none is left.
static Node *drop_unused(Simplify *s, Node *node) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < node->let.count; i++) {
        Var *var = node->let.vars[i];
        Node *init = node->let.inits[i];
        if (info_of(var)->taken ||
            (var->refs == 0 && var->sets == 0 && vm_node_is_discardable(init))) {
            if (!info_of(var)->taken)
                drop_local(init);
            s->changed = true;
            continue;
        }
        node->let.vars[kept] = var;
        node->let.inits[kept++] = init;
    }
    node->let.count = kept;
    return kept == 0 ? node->let.body : node;
}

// inits: have they been simplified; body: has the body.
static Node *simplify_let(Simplify *s, Node *node, Context context, bool inits, bool body) {
    uint32_t count = node->let.count;
    for (uint32_t i = 0; i < count; i++) {
        Var *var = node->let.vars[i];
        if (!inits)
            node->let.inits[i] = simplify(s, node->let.inits[i], FOR_VALUE);
        Info *info = info_of(var);
        info->value = body ? NULL : replacement(var, node->let.inits[i]);
        if (!body && var->sets == 0 && node->let.inits[i]->kind == NODE_LAMBDA) {
            info->lambda = node->let.inits[i];
            info->walked = true;
        }
    }
    if (s->failed)
        return node;
    if (!body)
        node->let.body = simplify(s, node->let.body, context);
    Node *result = drop_unused(s, node);
    if (result != node || node->let.count != 1)
        return result;
    Var *var = node->let.vars[0];
    Node *init = node->let.inits[0];
    if (var->sets > 0)
        return node;
    if (var->refs == 0) {
        s->changed = true;
        return sequence2(s, init, node->let.body);
    }
    if (is_local(node->let.body, var)) {
        s->changed = true;
        return init;
    }
    if (is_or(node) && (context == FOR_TEST || is_boolean(init))) {
        s->changed = true;
        var->refs = 0;
        Node *branch = node->let.body;
        branch->branch.test = init;
        branch->branch.then = vm_node_const(s->vm, VALUE_TRUE, init->position);
        return branch;
    }
    return node;
}

static void simplify_lambda(Simplify *s, Node *node) {
    for (Lambda *l = node->lambda; l != NULL; l = l->next)
        l->body = simplify(s, l->body, FOR_VALUE);
}

static Node *simplify_fix(Simplify *s, Node *node, Context context) {
    uint32_t count = node->let.count;
    for (uint32_t i = 0; i < count; i++)
        info_of(node->let.vars[i])->lambda = node->let.inits[i];
    node->let.body = simplify(s, node->let.body, context);
    for (uint32_t i = 0; i < count && !s->failed; i++) {
        Var *var = node->let.vars[i];
        Info *info = info_of(var);
        if (info->taken || var->refs == 0)
            continue;
        info->walked = true;
        simplify_lambda(s, node->let.inits[i]);
    }
    if (s->failed)
        return node;
    return drop_unused(s, node);
}

// ---- calls

// The clause that takes that many arguments, when binding them is simple.
static Lambda *clause_for(Lambda *l, uint32_t argc) {
    for (; l != NULL; l = l->next) {
        if (argc < l->required)
            continue;
        int max = lambda_max_args(l);
        if (max >= 0 && argc > (uint32_t)max)
            continue;
        if (l->keyword > 0 && argc != l->required)
            return NULL;
        return l;
    }
    return NULL;
}

// Body of a clause with its parameters bound to arguments that have been simplified; `walked`: the
// body too.
static Node *bind_arguments(Simplify *s, Lambda *l, Node *call, Context context, bool walked) {
    uint32_t argc = call->call.count, count = lambda_param_count(l);
    uint32_t positional = l->required + l->optional;
    s->changed = true;
    if (count == 0)
        return walked ? l->body : simplify(s, l->body, context);
    Node **inits = rt_raw_new(s->vm, (size_t)count * sizeof *inits);
    for (uint32_t i = 0; i < count; i++) {
        bool rest = l->rest && i + 1 == count;
        if (i < argc && i < positional)
            inits[i] = call->call.args[i];
        else if (!rest)
            inits[i] = vm_node_const(s->vm, VALUE_DEFAULT, call->position);
        else if (argc <= positional)
            inits[i] = vm_node_const(s->vm, VALUE_NULL, call->position);
        else
            inits[i] = vm_node_prim_row(s->vm, s->list, argc - positional,
                                        call->call.args + positional, call->position);
    }
    Node *let = vm_node_let(s->vm, count, l->params, inits, l->body, call->position);
    return simplify_let(s, let, context, true, walked);
}

// A call of a variable bound to a known lambda, arguments simplified: its body in place, or NULL.
static Node *inline_call(Simplify *s, Node *call, Context context) {
    Var *var = call->call.fn->local.var;
    Info *info = info_of(var);
    if (!info->lambda || info->recursive || info->taken)
        return NULL;
    Lambda *l = clause_for(info->lambda->lambda, call->call.count);
    if (!l || (l->rest && !s->list))
        return NULL;
    if (var->refs == 1) { // this one
        info->taken = true;
        var->refs = 0;
        return bind_arguments(s, l, call, context, info->walked);
    }
    uint32_t cost = vm_node_cost(s->vm, l->body, SMALL_PROCEDURE + 1);
    if (cost > SMALL_PROCEDURE || s->budget < cost)
        return NULL;
    s->budget -= cost;
    Lambda *next = l->next;
    l->next = NULL;
    Lambda *fresh = copy_lambda(s, l);
    l->next = next;
    var->refs--;
    var->calls--;
    return bind_arguments(s, fresh, call, context, false);
}

static bool all_trivial(uint32_t count, Node **nodes) {
    for (uint32_t i = 0; i < count; i++)
        if (!vm_node_is_trivial(nodes[i]))
            return false;
    return true;
}

static Node *simplify_prim(Simplify *s, Node *node, Context context);

static Node *simplify_call(Simplify *s, Node *node, Context context) {
    // Forms around the operator move out of the call: a fix may pass the arguments, which come
    // first, for it does nothing.
    Node *fn = node->call.fn;
    if (fn->kind == NODE_FIX) {
        node->call.fn = fn->let.body;
        if (node->call.fn->kind == NODE_LOCAL)
            node->call.fn->local.var->calls++;
        fn->let.body = node;
        s->changed = true;
        return simplify(s, fn, context);
    }
    for (uint32_t i = 0; i < node->call.count; i++)
        node->call.args[i] = simplify(s, node->call.args[i], FOR_VALUE);
    bool walked = fn->kind != NODE_LAMBDA;
    if (walked)
        fn = node->call.fn = simplify(s, fn, FOR_VALUE);
    if (s->failed)
        return node;
    if ((fn->kind == NODE_LET || fn->kind == NODE_SEQ) &&
        all_trivial(node->call.count, node->call.args)) {
        Node **hole = fn->kind == NODE_LET ? &fn->let.body : &fn->seq.items[fn->seq.count - 1];
        node->call.fn = *hole;
        if (node->call.fn->kind == NODE_LOCAL)
            node->call.fn->local.var->calls++;
        *hole = node;
        s->changed = true;
        return fn;
    }
    if (fn->kind == NODE_LAMBDA) {
        Lambda *l = clause_for(fn->lambda, node->call.count);
        if (l && (!l->rest || s->list))
            return bind_arguments(s, l, node, context, walked);
        if (!walked)
            simplify_lambda(s, fn);
        return node;
    }
    if (fn->kind == NODE_LOCAL) {
        Node *inlined = inline_call(s, node, context);
        return inlined ? inlined : node;
    }
    Node *prim = vm_prims_convert(s->vm, node);
    if (prim == node)
        return node;
    s->changed = true;
    return simplify_prim(s, prim, context);
}

// Arguments have been simplified.
static Node *simplify_prim(Simplify *s, Node *node, Context context) {
    if (node->prim.prim == s->not&&node->prim.cell == VALUE_NONE) {
        Node *arg = node->prim.args[0];
        if (context == FOR_TEST && arg->kind == NODE_PRIM &&
            arg->prim.prim == s->not&&arg->prim.cell == VALUE_NONE) {
            s->changed = true;
            return arg->prim.args[0];
        }
    }
    return fold(s, node);
}

// ---- all

static Node *simplify_local(Simplify *s, Node *node) {
    Info *info = info_of(node->local.var);
    if (!info->value)
        return node;
    node->local.var->refs--;
    s->changed = true;
    return again(s, info->value, node->position);
}

static Node *simplify(Simplify *s, Node *node, Context context) {
    if (rt_stack_low(s->vm))
        s->failed = true;
    if (s->failed)
        return node;
    switch (node->kind) {
    case NODE_CONST:
    case NODE_GLOBAL:
        return node;
    case NODE_LOCAL:
        return simplify_local(s, node);
    case NODE_SET_LOCAL:
        node->local.value = simplify(s, node->local.value, FOR_VALUE);
        return node;
    case NODE_SET_GLOBAL:
    case NODE_DEFINE:
        node->global.value = simplify(s, node->global.value, FOR_VALUE);
        return node;
    case NODE_IF:
        return simplify_if(s, node, context);
    case NODE_LAMBDA:
        simplify_lambda(s, node);
        return node;
    case NODE_CALL:
        return simplify_call(s, node, context);
    case NODE_SEQ:
        return simplify_seq(s, node, context);
    case NODE_LET:
        return simplify_let(s, node, context, false, false);
    case NODE_FIX:
        return simplify_fix(s, node, context);
    case NODE_PRIM:
        for (uint32_t i = 0; i < node->prim.count; i++)
            node->prim.args[i] = simplify(s, node->prim.args[i], FOR_VALUE);
        return s->failed ? node : simplify_prim(s, node, context);
    case NODE_KIND_COUNT:
        break;
    }
    return node;
}

Node *vm_pass_simplify(VM *vm, Node *node) {
    Simplify s = {.vm = vm, .list = rt_primitive_find("list"), .not= rt_primitive_find("not")};
    for (int round = 0; round < ROUNDS; round++) {
        s.changed = false;
        // What the first round left of the budget is enough for the others.
        if (round == 0)
            s.budget = 64 + vm_node_cost(vm, node, 1 << 20) / 2;
        else if (!vm_node_count(vm, node))
            return NULL;
        s.var_count = 0;
        prepare(&node, &s);
        if (!s.failed)
            node = simplify(&s, node, FOR_VALUE);
        for (size_t i = 0; i < s.var_count; i++)
            s.vars[i]->mark = NULL;
        if (s.failed) {
            rt_fail_depth(vm);
            return NULL;
        }
        if (!s.changed)
            break;
    }
    return node;
}
