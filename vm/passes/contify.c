// contify: procedures of a Fix that always return to one place become loops of the activation
// around them.
//
// Idea: Fluet and Weeks, "Contification Using Dominators" (ICFP 2001), in the simpler form that a
// tree with known scopes allows (their A_call; Kelsey, "A Correspondence between CPS and SSA",
// 1995). Every position that is not a tail position begins a continuation (Cont). The procedures of
// a Fix are contified when every reference to any of them is a call with the right number of
// arguments, and all these calls have one and the same continuation, tail calls among the
// procedures themselves aside. Such a call is a jump with arguments: no closure, no frame.
//
//   (+ 1 (fix ((loop (lambda (i) (if … (loop [- i 1]) …)))) (loop 9)))
//        └──────────────── continuation c ─────────────────────────┘     both calls: c or loop's
//        own
//
// When c is not the continuation of the Fix itself but of a place within its body, the Fix moves
// there, into another lambda even: creating a closure has no effect and all calls are there.
//
// A Fix is decided when its scope has been walked. By then those within are decided, and the
// continuation of a contified procedure has been linked to the one it returns to; so one walk finds
// all.
//
// Invariants: Var.contified for all variables of a Fix or for none; Lambda.contified with it; the
// calls have NODE_JUMP and stand in tail position relative to the Fix.
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "vm/passes.h"

typedef struct FixInfo FixInfo;

typedef struct Cont {
    struct Cont *link; // of a contified procedure's body: where it returns to
    Node **hole;       // the expression whose value it receives
    FixInfo *of;       // it is the continuation of a procedure of that Fix
} Cont;

typedef struct Use {
    Node *call;
    Cont *cont;
    struct Use *next;
} Use;

struct FixInfo { // in Var.mark of each variable of the Fix
    Use *uses;   // good calls
    uint64_t use_count;
    bool in_body;    // the body is being walked
    bool body_calls; // one of the good calls is there
    bool bad;        // one of its lambdas cannot be contified
};

typedef struct Contify {
    VM *vm;
    bool failed;
} Contify;

static Cont *cont_new(Contify *c, Node **hole, FixInfo *of) {
    Cont *cont = rt_raw_new(c->vm, sizeof *cont);
    cont->hole = hole;
    cont->of = of;
    return cont;
}

// With path halving, so that chains of nested loops stay short.
static Cont *cont_find(Cont *cont) {
    while (cont->link) {
        if (cont->link->link)
            cont->link = cont->link->link;
        cont = cont->link;
    }
    return cont;
}

static void walk(Contify *c, Node **slot, Cont *cont);

static void walk_fresh(Contify *c, Node **slot) { walk(c, slot, cont_new(c, slot, NULL)); }
static void walk_value(Node **slot, void *context) { walk_fresh(context, slot); }

static void walk_call(Contify *c, Node *node, Cont *cont) {
    for (uint32_t i = 0; i < node->call.count; i++)
        walk_fresh(c, &node->call.args[i]);
    Node *fn = node->call.fn;
    if (fn->kind != NODE_LOCAL) {
        walk_fresh(c, &node->call.fn);
        return;
    }
    FixInfo *fix = fn->local.var->mark;
    if (!fix)
        return;
    const Lambda *l = fn->local.var->init->lambda;
    if (l->required != node->call.count)
        return; // an uncounted reference: the Fix stays as it is
    Use *use = rt_raw_new(c->vm, sizeof *use);
    *use = (Use){.call = node, .cont = cont, .next = fix->uses};
    fix->uses = use;
    fix->use_count++;
    fix->body_calls |= fix->in_body;
}

// The one continuation to which all calls return, or NULL.
static Cont *common_cont(const FixInfo *fix) {
    Cont *common = NULL;
    for (const Use *use = fix->uses; use; use = use->next) {
        Cont *cont = cont_find(use->cont);
        if (cont->of == fix || cont == common)
            continue;
        if (common)
            return NULL;
        common = cont;
    }
    return common;
}

static void walk_fix(Contify *c, Node **slot, Cont *cont) {
    Node *node = *slot;
    uint32_t count = node->let.count;
    FixInfo *fix = rt_raw_new(c->vm, sizeof *fix);
    Cont **own = rt_raw_new(c->vm, (size_t)count * sizeof(Cont *));
    uint64_t references = 0;
    for (uint32_t i = 0; i < count; i++) {
        Lambda *l = node->let.inits[i]->lambda;
        fix->bad |= l->next != NULL || lambda_param_count(l) != l->required;
        references += node->let.vars[i]->refs;
        own[i] = cont_new(c, &l->body, fix);
    }
    for (uint32_t i = 0; i < count; i++)
        node->let.vars[i]->mark = fix->bad ? NULL : fix;
    for (uint32_t i = 0; i < count; i++) {
        Lambda *l = node->let.inits[i]->lambda;
        if (fix->bad)
            walk_value(&node->let.inits[i], c);
        else
            walk(c, &l->body, own[i]);
    }
    fix->in_body = true;
    walk(c, &node->let.body, cont);
    for (uint32_t i = 0; i < count; i++)
        node->let.vars[i]->mark = NULL;
    if (c->failed || fix->bad || !fix->body_calls || fix->use_count != references)
        return;
    Cont *target = common_cont(fix);
    if (!target)
        return;
    for (uint32_t i = 0; i < count; i++) {
        own[i]->link = target;
        node->let.vars[i]->contified = true;
        node->let.inits[i]->lambda->contified = true;
    }
    for (Use *use = fix->uses; use; use = use->next)
        use->call->flags |= NODE_JUMP;
    if (target == cont_find(cont))
        return;
    *slot = node->let.body;
    // The hole may have been the body's own slot in the Fix.
    Node **hole = target->hole == &node->let.body ? slot : target->hole;
    node->let.body = *hole;
    *hole = node;
}

static void walk(Contify *c, Node **slot, Cont *cont) {
    Node *node = *slot;
    if (rt_stack_low(c->vm))
        c->failed = true;
    if (c->failed)
        return;
    switch (node->kind) {
    case NODE_IF:
        walk_fresh(c, &node->branch.test);
        walk(c, &node->branch.then, cont);
        walk(c, &node->branch.otherwise, cont);
        break;
    case NODE_SEQ:
        for (uint32_t i = 0; i + 1 < node->seq.count; i++)
            walk_fresh(c, &node->seq.items[i]);
        walk(c, &node->seq.items[node->seq.count - 1], cont);
        break;
    case NODE_LET:
        for (uint32_t i = 0; i < node->let.count; i++)
            walk_fresh(c, &node->let.inits[i]);
        walk(c, &node->let.body, cont);
        break;
    case NODE_FIX:
        walk_fix(c, slot, cont);
        break;
    case NODE_CALL:
        walk_call(c, node, cont);
        break;
    case NODE_CONST:
    case NODE_LOCAL:
    case NODE_GLOBAL:
        break;
    case NODE_SET_LOCAL:
    case NODE_SET_GLOBAL:
    case NODE_DEFINE:
    case NODE_LAMBDA: // its bodies return to whoever called it
    case NODE_PRIM:
        vm_node_each_child(node, walk_value, c);
        break;
    case NODE_KIND_COUNT:
        break;
    }
}

Node *vm_pass_contify(VM *vm, Node *node) {
    Contify c = {.vm = vm};
    Node *root = node;
    walk(&c, &root, cont_new(&c, &root, NULL));
    if (!c.failed)
        return root;
    rt_fail_depth(vm);
    return NULL;
}
