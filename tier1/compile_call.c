// Calls, closures, let and fix, jumps of contified procedures.
#include "runtime/send.h"
#include "tier1/compile_int.h"

// ---- calls

uint32_t t1_window(Compiler *c, uint32_t count) {
    uint32_t window = t1_registers(c, FRAME_HEADER + count);
    c->top = window + FRAME_HEADER;
    return window;
}

bool t1_window_fits(const Compiler *c, uint32_t count) {
    return (uint64_t)c->top + FRAME_HEADER + count <= WINDOW_MAX;
}

// A window for a call in tail position, which has no use for the words of a return, and none for
// the callee when it is not taken from the window: these may be registers in use.
static uint32_t tail_window(Compiler *c, uint32_t count, bool callee) {
    if (c->top + FRAME_HEADER + count > LOW_REGISTERS)
        return t1_window(c, count);
    uint32_t shared = callee ? FRAME_CALLEE : FRAME_HEADER;
    c->top = c->top < shared ? 0 : c->top - shared;
    return t1_window(c, count);
}

static uint32_t window_for(Compiler *c, uint32_t count, bool callee, Dest dest) {
    return dest.kind == DEST_RETURN ? tail_window(c, count, callee) : t1_window(c, count);
}

CallSite *t1_call_site(Compiler *c, Cell *cell, Code *code, Position operator_position) {
    CallSite *site = rt_raw_new(c->vm, sizeof *site);
    *site = (CallSite){.cell = cell, .code = code, .operator_position = operator_position};
    return site;
}

void t1_emit_call(Compiler *c, CallKind kind, uint32_t window, uint32_t argc, CallSite *site,
                  Position position, Dest dest) {
    static const Op ops[2][5] = {
        {OP_CALL, OP_CALL_GLOBAL, OP_CALL_KNOWN, OP_CALL_FIXED, OP_CALL_SELF},
        {OP_TAIL_CALL, OP_TAIL_CALL_GLOBAL, OP_TAIL_CALL_KNOWN, OP_TAIL_CALL_FIXED,
         OP_TAIL_CALL_SELF},
    };
    bool tail = dest.kind == DEST_RETURN;
    uint32_t to = tail ? 0 : dest.kind == DEST_REGISTER ? dest.reg : window;
    bool low = window + FRAME_HEADER + argc <= LOW_REGISTERS && to < LOW_REGISTERS;
    uint32_t callee = window + FRAME_CALLEE;
    if (!low && kind == CALL_OF_GLOBAL) { // the wide call has its callee in the window
        t1_site(c, site->operator_position, -1, SITE_PLAIN, 0);
        t1_word(c, op_abc(OP_GLOBAL, def_register(callee), 0, 0));
        t1_word(c, t1_constant(c, value_from_pointer(site->cell)));
        t1_store_high(c, callee);
        site->cell = NULL;
    } else if (!low && kind == CALL_OF_FIXED) {
        t1_load_constant(c, callee, site->callee);
        site->callee = VALUE_NONE;
    } else if (!low && kind == CALL_OF_SELF) {
        t1_word(c, op_abc(OP_SELF, def_register(callee), 0, 0));
        t1_store_high(c, callee);
    }
    uint32_t k = t1_constant_new(c, value_from_pointer(site));
    t1_site(c, position, -1, SITE_PLAIN, 0);
    if (low) {
        t1_word(c, op_abc(ops[tail][kind], window, argc, to));
    } else {
        t1_word(c, op_abc(tail ? OP_TAIL_CALL_WIDE : OP_CALL_WIDE, 0, 0, 0));
        t1_word(c, wac_make(real_register(window), argc));
        if (!tail)
            t1_word(c, real_register(to));
    }
    t1_word(c, k);
    if (!tail)
        t1_deliver(c, dest, to);
}

static void gen_arguments(Compiler *c, uint32_t count, Node **args) {
    uint32_t first = c->top;
    for (uint32_t i = 0; i < count; i++) {
        c->top = first + i;
        uint32_t reg = t1_registers(c, 1);
        // While it is computed, its own register is free for what it needs.
        c->top = reg;
        t1_gen_into(c, args[i], reg);
    }
    c->top = first + count;
}

// The lambda that is certainly called, first clause, or NULL.
static Lambda *known_callee(const Node *fn) {
    if (fn->kind == NODE_LOCAL)
        return place_of(fn->local.var)->known;
    if (fn->kind == NODE_LAMBDA)
        return fn->lambda;
    return NULL;
}

// What is certainly called, as a constant, or VALUE_NONE.
static Value constant_callee(const Node *fn) {
    if (fn->kind == NODE_CONST)
        return fn->constant;
    if (fn->kind == NODE_GLOBAL)
        return t1_global_constant(fn);
    if (fn->kind == NODE_LOCAL && place_of(fn->local.var)->kind == PLACE_FIXED)
        return place_of(fn->local.var)->fixed;
    return VALUE_NONE;
}

// The clause of such a closure that takes exactly these arguments, or NULL. Other tiers' closures
// are not ours.
static Code *constant_clause(Value v, uint32_t argc) {
    if (v == VALUE_NONE || !value_is_closure(v))
        return NULL;
    Code *code = t1_closure_code(v);
    if (!code || code->tag != CODE_TAG)
        return NULL;
    for (; code; code = code->next) {
        if (argc < code->required)
            continue;
        if (code->binding == BIND_EXACT
                ? argc == code->required
                : code->binding != BIND_OPTIONAL || argc <= code->required + code->optional)
            return code->binding == BIND_EXACT ? code : NULL;
    }
    return NULL;
}

static void gen_jump(Compiler *c, Node *node);

// ---- calls whose window does not fit

static void emit_primitive1(Compiler *c, const char *name, uint32_t to, uint32_t from,
                            Position position) {
    int row = primitive_index(rt_primitive_find(name));
    uint32_t b = t1_use(c, from, 0);
    t1_site(c, position, row, SITE_PLAIN, 0);
    t1_word(c, op_abc(OP_PRIM1, def_register(to), b, 0));
    t1_word(c, prm_make((uint32_t)row, 0, 0));
    t1_store_high(c, to);
}

static void emit_cons(Compiler *c, uint32_t to, uint32_t car, uint32_t cdr, Position position) {
    uint32_t a = t1_use(c, car, 0), b = t1_use(c, cdr, 1);
    t1_site(c, position, primitive_index(rt_primitive_find("cons")), SITE_PLAIN, 0);
    t1_word(c, op_abc(OP_CONS, def_register(to), a, b));
    t1_store_high(c, to);
}

// Calls that are nested deeply, or with very many arguments each, have no room for all their
// windows. From WINDOW_MAX on the arguments are collected in a list, and the call is one of apply.
// Two registers serve all such calls that are nested in one another: the arguments so far, last one
// first, and the list of those lists that wait for the call under way. Nothing changes a list, so a
// continuation that is captured by an argument may be entered again.
// fn NULL: `procedure` is called.
static void gen_call_by_list(Compiler *c, Node *fn, Value procedure, uint32_t argc, Node **args,
                             Position position, Dest dest) {
    uint32_t saved = c->top;
    bool outermost = !c->in_call_by_list;
    if (outermost) {
        c->by_list = t1_registers(c, 2);
        c->in_call_by_list = true;
    }
    uint32_t list = c->by_list, waiting = list + 1;
    if (!outermost)
        emit_cons(c, waiting, list, waiting, position);
    t1_load_constant(c, list, VALUE_NULL);
    for (uint32_t i = 0; i < argc && !c->failed; i++) {
        uint32_t arg = t1_registers(c, 1);
        c->top = arg; // as in gen_arguments
        t1_gen_into(c, args[i], arg);
        emit_cons(c, list, arg, list, position);
    }
    uint32_t window = window_for(c, 2, true, dest), first = window + FRAME_HEADER;
    (void)t1_registers(c, 2);
    if (fn)
        t1_gen_into(c, fn, first);
    else
        t1_load_constant(c, first, procedure);
    emit_primitive1(c, "reverse", first + 1, list, position);
    if (outermost) {
        c->in_call_by_list = false;
    } else {
        emit_primitive1(c, "car", list, waiting, position);
        emit_primitive1(c, "cdr", waiting, waiting, position);
    }
    t1_load_constant(c, window + FRAME_CALLEE,
                     rt_primitive_object(c->vm, rt_primitive_find("apply")));
    c->top = window;
    t1_emit_call(c, CALL_ANY, window, 2, t1_call_site(c, NULL, NULL, position), position, dest);
    c->top = saved;
}

// Are the lambda's free values in registers 1 to `count`? Then they are put into that order, in
// which the lambda, which has not been compiled, finds them where it wants them: behind k.
static bool is_in_place(Lambda *l, uint32_t count) {
    Var *sorted[1 + LIFTED_MAX] = {0};
    for (uint32_t i = 0; i < l->free_count; i++)
        if (t1_is_captured(l, l->free[i])) {
            const Place *p = place_of(l->free[i]);
            if (p->kind != PLACE_REGISTER || p->index < 1 || p->index > count || sorted[p->index])
                return false; // two variables may be names of one register
            sorted[p->index] = l->free[i];
        }
    for (uint32_t i = 0, next = 1; i < l->free_count; i++)
        if (t1_is_captured(l, l->free[i]))
            l->free[i] = sorted[next++];
    return true;
}

// (call/cc (lambda (k) …)): the lambda's free values are passed to it with k, so that no closure
// has to be made that is gone at once. False: it is not that.
static bool gen_capture(Compiler *c, Node *node, Dest dest) {
    Value constant = node->call.count == 1 ? constant_callee(node->call.fn) : VALUE_NONE;
    const Code *callee = constant_clause(constant, 1);
    if (!callee || !callee->call_cc || node->call.args[0]->kind != NODE_LAMBDA)
        return false;
    Lambda *l = node->call.args[0]->lambda;
    uint32_t count = t1_capture_count(l), saved = c->top;
    if (l->next || t1_exact_clause(l, 1) != l || count > LIFTED_MAX || l->code)
        return false;
    bool tail = dest.kind == DEST_RETURN;
    uint32_t window = window_for(c, count + 1, false, dest);
    uint32_t to = tail ? 0 : dest.kind == DEST_REGISTER ? dest.reg : window;
    if (window + FRAME_HEADER + count + 1 > LOW_REGISTERS || to >= LOW_REGISTERS) {
        c->top = saved;
        return false;
    }
    Value procedure = t1_fixed_closure(c, l);
    Code *code = t1_closure_code(procedure);
    code->lifted = (uint8_t)count;
    code->required += count;
    code->free_count = 0;
    bool in_place = is_in_place(l, count);
    (void)t1_registers(c, in_place ? count + 1 : 1); // for k; a slow path copies the others
    for (uint32_t i = 0; i < l->free_count && !in_place; i++)
        if (t1_is_captured(l, l->free[i])) {
            uint32_t reg = t1_registers(c, 1);
            t1_gen_into(c, vm_node_local(c->vm, l->free[i], node->position), reg);
        }
    uint32_t k = t1_constant(c, procedure);
    t1_site(c, node->position, -1, SITE_PLAIN, 0);
    t1_word(c, op_abc(tail ? OP_TAIL_CALL_CC : OP_CALL_CC, window, in_place ? 1 : count + 1, to));
    t1_word(c, k);
    c->top = window;
    if (!tail)
        t1_deliver(c, dest, to);
    c->top = saved;
    return true;
}

// Do two operands have the same value for certain, evaluated one after the other?
static bool is_same_operand(const Node *a, const Node *b) {
    return a->kind == b->kind && ((a->kind == NODE_LOCAL && a->local.var == b->local.var) ||
                                  (a->kind == NODE_CONST && a->constant == b->constant));
}

// ((%send-lookup 'site receiver) receiver argument ...) as one instruction. False: it is not that,
// or in tail position, or its registers are too high.
static bool gen_send(Compiler *c, Node *node, Dest dest) {
    const Node *fn = node->call.fn;
    uint32_t argc = node->call.count, saved = c->top;
    if (fn->kind != NODE_PRIM || fn->prim.cell != VALUE_NONE || fn->prim.count != 2 || argc == 0 ||
        strcmp(fn->prim.prim->name, "%send-lookup") != 0 || dest.kind == DEST_RETURN)
        return false;
    const Node *site = fn->prim.args[0];
    if (site->kind != NODE_CONST || !value_is_send_site(site->constant) ||
        !is_same_operand(fn->prim.args[1], node->call.args[0]))
        return false;
    uint32_t window = t1_window(c, argc);
    uint32_t to = dest.kind == DEST_REGISTER ? dest.reg : window;
    if (window + FRAME_HEADER + argc > LOW_REGISTERS || to >= LOW_REGISTERS) {
        c->top = saved;
        return false;
    }
    gen_arguments(c, argc, node->call.args);
    c->top = window;
    uint32_t k = t1_constant(c, site->constant);
    uint32_t call = t1_constant_new(c, value_from_pointer(t1_call_site(c, NULL, NULL, 0)));
    t1_site(c, node->position, -1, SITE_PLAIN, 0);
    t1_word(c, op_abc(OP_SEND, window, argc, to));
    t1_word(c, k);
    t1_word(c, call);
    t1_deliver(c, dest, to);
    c->top = saved;
    return true;
}

void t1_gen_call(Compiler *c, Node *node, Dest dest) {
    if (node->flags & NODE_JUMP) {
        gen_jump(c, node);
        return;
    }
    if (gen_capture(c, node, dest) || gen_send(c, node, dest))
        return;
    if (t1_gen_call_in_place(c, node, dest))
        return;
    uint32_t saved = c->top, argc = node->call.count;
    Node *fn = node->call.fn;
    if (!t1_window_fits(c, argc)) {
        gen_call_by_list(c, fn, VALUE_NONE, argc, node->call.args, node->position, dest);
        return;
    }
    CallKind kind = CALL_ANY;
    CallSite *site = NULL;
    Lambda *callee = known_callee(fn), *clause = callee ? t1_exact_clause(callee, argc) : NULL;
    Value constant = constant_callee(fn);
    Code *code = clause ? (t1_code_for(c, callee), clause->code) : constant_clause(constant, argc);
    if (code) {
        // A procedure without free values is one closure, so within it its name is the running one.
        bool self = fn->kind == NODE_LOCAL && code == c->code &&
                    (constant != VALUE_NONE || place_of(fn->local.var)->kind == PLACE_SELF);
        kind = self ? CALL_OF_SELF : constant != VALUE_NONE ? CALL_OF_FIXED : CALL_OF_KNOWN;
        site = t1_call_site(c, NULL, code, 0);
        if (kind == CALL_OF_FIXED)
            site->callee = constant;
    } else if (fn->kind == NODE_GLOBAL && t1_global_constant(fn) == VALUE_NONE) {
        kind = CALL_OF_GLOBAL;
        site = t1_call_site(c, value_cell(fn->global.cell), NULL, fn->position);
    } else {
        site = t1_call_site(c, NULL, NULL, 0);
    }
    bool in_window = kind == CALL_ANY || kind == CALL_OF_KNOWN;
    uint32_t window = window_for(c, argc, in_window, dest);
    gen_arguments(c, argc, node->call.args);
    if (in_window)
        t1_gen_into(c, fn, window + FRAME_CALLEE);
    c->top = window;
    t1_emit_call(c, kind, window, argc, site, node->position, dest);
    c->top = saved;
}

void t1_gen_prim_call(Compiler *c, Node *node, Dest dest) {
    uint32_t saved = c->top, argc = node->prim.count;
    if (!t1_window_fits(c, argc)) {
        Value cell = node->prim.cell, procedure = rt_primitive_object(c->vm, node->prim.prim);
        Node *fn = cell == VALUE_NONE ? NULL : vm_node_global(c->vm, cell, node->position);
        gen_call_by_list(c, fn, procedure, argc, node->prim.args, node->position, dest);
        return;
    }
    uint32_t window = window_for(c, argc, node->prim.cell == VALUE_NONE, dest);
    gen_arguments(c, argc, node->prim.args);
    CallKind kind = CALL_ANY;
    Cell *cell = NULL;
    if (node->prim.cell != VALUE_NONE) {
        kind = CALL_OF_GLOBAL;
        cell = value_cell(node->prim.cell);
    } else {
        t1_load_constant(c, window + FRAME_CALLEE, rt_primitive_object(c->vm, node->prim.prim));
    }
    c->top = window;
    t1_emit_call(c, kind, window, argc, t1_call_site(c, cell, NULL, node->position), node->position,
                 dest);
    c->top = saved;
}

// ---- closures

static uint32_t capture_of(Compiler *c, Var *var) {
    const Place *p = place_of(var);
    if (p->kind == PLACE_FREE)
        return CAPTURE_FREE | p->index;
    return real_register(t1_variable(c, var));
}

// A closure of `first`, which captures something, into a register.
static void emit_closure(Compiler *c, Lambda *first, uint32_t to) {
    uint32_t saved = c->top, count = t1_capture_count(first), n = 0;
    uint32_t *captures = rt_raw_new_atomic(c->vm, (size_t)count * sizeof *captures);
    for (uint32_t i = 0; i < first->free_count; i++)
        if (t1_is_captured(first, first->free[i]))
            captures[n++] = capture_of(c, first->free[i]);
    uint32_t k = t1_constant(c, value_from_pointer(t1_code_for(c, first)));
    t1_word(c, op_abc(OP_CLOSURE, def_register(to), 0, 0));
    t1_word(c, k);
    t1_word(c, count);
    for (uint32_t i = 0; i < count; i += 2)
        t1_word(c, captures[i] | (i + 1 < count ? captures[i + 1] << 16 : 0));
    t1_store_high(c, to);
    c->top = saved;
}

void t1_gen_lambda(Compiler *c, Lambda *first, Dest dest) {
    if (dest.kind == DEST_EFFECT || dest.kind == DEST_TEST) {
        t1_deliver_constant(c, dest, VALUE_TRUE); // a procedure is true
        return;
    }
    if (t1_capture_count(first) == 0) {
        t1_deliver_constant(c, dest, t1_fixed_closure(c, first));
        return;
    }
    uint32_t saved = c->top, to = t1_target(c, dest);
    emit_closure(c, first, to);
    t1_deliver(c, dest, to);
    c->top = saved;
}

// ---- let

static void bind_let(Compiler *c, Var *var, Node *init) {
    Place *p = t1_place(c, var);
    if (var->refs == 0) {
        // The register is never read, but a place is needed.
        p->kind = PLACE_REGISTER;
        p->index = c->top;
        t1_gen(c, init, dest_effect());
        return;
    }
    if (init->kind == NODE_LAMBDA) {
        p->known = init->lambda;
        if (t1_capture_count(init->lambda) == 0) {
            p->kind = PLACE_FIXED;
            p->fixed = t1_fixed_closure(c, init->lambda);
            return;
        }
    }
    if (init->kind == NODE_LOCAL) {
        const Place *of = place_of(init->local.var);
        p->known = of->known;
        // Another name of it. A jump may change a loop's parameter, but ends the scope of this one.
        if (of->kind == PLACE_FIXED || of->kind == PLACE_REGISTER) {
            p->kind = of->kind;
            p->index = of->index;
            p->fixed = of->fixed;
            return;
        }
    }
    uint32_t reg = t1_registers(c, 1);
    c->top = reg;
    t1_gen_into(c, init, reg);
    c->top = reg + 1;
    p->kind = PLACE_REGISTER;
    p->index = reg;
}

// Variables come into scope together, but an init cannot see them, so each may be placed when it is
// bound.
void t1_gen_let(Compiler *c, Node *node, Dest dest) {
    uint32_t saved = c->top;
    for (uint32_t i = 0; i < node->let.count; i++)
        bind_let(c, node->let.vars[i], node->let.inits[i]);
    t1_gen(c, node->let.body, dest);
    c->top = saved;
}

// ---- fix: closures

// Which members of the group are closures without free values: the largest set whose members
// capture only one another.
static void find_fixed(Compiler *c, Node *node) {
    enum { ROUNDS = 4 };
    uint32_t count = node->let.count;
    for (uint32_t i = 0; i < count; i++) {
        Place *p = t1_place(c, node->let.vars[i]);
        p->known = node->let.inits[i]->lambda;
        p->kind = PLACE_FIXED; // until the opposite is found
    }
    bool changed = true;
    for (uint32_t round = 0; changed; round++) {
        changed = false;
        for (uint32_t i = 0; i < count; i++) {
            Place *p = place_of(node->let.vars[i]);
            if (p->kind != PLACE_FIXED)
                continue;
            // After some rounds doubt is enough: the work stays linear.
            if (round >= ROUNDS || t1_capture_count(p->known) > 0) {
                p->kind = PLACE_REGISTER;
                changed = true;
            }
        }
    }
}

static void gen_fix_closures(Compiler *c, Node *node) {
    uint32_t count = node->let.count;
    find_fixed(c, node);
    for (uint32_t i = 0; i < count; i++) {
        Place *p = place_of(node->let.vars[i]);
        if (p->kind == PLACE_FIXED)
            p->fixed = t1_fixed_closure(c, p->known);
        else
            p->index = t1_registers(c, 1);
    }
    for (uint32_t i = 0; i < count; i++) {
        Place *p = place_of(node->let.vars[i]);
        if (p->kind != PLACE_FIXED)
            emit_closure(c, p->known, p->index);
    }
    // Captures of members that were made later.
    for (uint32_t i = 0; i < count; i++) {
        Place *p = place_of(node->let.vars[i]);
        if (p->kind == PLACE_FIXED)
            continue;
        const Lambda *first = p->known;
        uint32_t index = 0;
        for (uint32_t f = 0; f < first->free_count; f++) {
            Var *var = first->free[f];
            if (!t1_is_captured(first, var))
                continue;
            const Place *q = place_of(var);
            // The members' registers are the highest in use, in the order in which the closures are
            // made.
            if (q->kind == PLACE_REGISTER && q->index > p->index) {
                uint32_t a = t1_use(c, p->index, 0), b = t1_use(c, q->index, 1);
                t1_word(c, op_abc(OP_CAPTURE, a, b, 0));
                t1_word(c, index);
            }
            index++;
        }
    }
}

// ---- fix: loops

// Flonums that a loop computes with and free variables that it reads are kept in registers:
// instructions take neither as operands, and loading them again in every turn costs as much as the
// computation. Only the outermost loop of a procedure looks for them, so the work is linear.
typedef struct Keep {
    Compiler *c;
    bool loops; // a jump to the fix was met
    uint32_t constant_count, variable_count;
    Value constant[KEPT_CONSTANTS];
    Place *variable[KEPT_VARIABLES];
} Keep;

static void find_kept(Node **slot, void *context) {
    Keep *k = context;
    Node *node = *slot;
    if (--k->c->scan_budget < 0 || rt_stack_low(k->c->vm))
        return;
    switch (node->kind) {
    case NODE_LOCAL: {
        Place *p = place_of(node->local.var);
        if (!p || p->kind != PLACE_FREE || k->variable_count == KEPT_VARIABLES)
            return;
        for (uint32_t i = 0; i < k->variable_count; i++)
            if (k->variable[i] == p)
                return;
        k->variable[k->variable_count++] = p;
        return;
    }
    case NODE_LAMBDA:
        if (node->lambda->contified)
            break;
        return;
    case NODE_PRIM:
        for (uint32_t i = 0; i < node->prim.count; i++) {
            const Node *arg = node->prim.args[i];
            if (arg->kind != NODE_CONST || !value_is_flonum(arg->constant))
                continue;
            bool known = k->constant_count == KEPT_CONSTANTS;
            for (uint32_t n = 0; n < k->constant_count; n++)
                known |= k->constant[n] == arg->constant;
            if (!known)
                k->constant[k->constant_count++] = arg->constant;
        }
        break;
    case NODE_CALL:
        if (node->flags & NODE_JUMP) {
            const Place *p = place_of(node->call.fn->local.var);
            k->loops |= p && p->kind == PLACE_LABEL;
        }
        break;
    default:
        break;
    }
    vm_node_each_child(node, find_kept, k);
}

// Before the loop of `node`, whose labels have their places. True: some were loaded.
static bool keep_in_registers(Compiler *c, Node *node, Keep *k) {
    *k = (Keep){.c = c};
    for (uint32_t i = 0; i < node->let.count; i++)
        find_kept(&node->let.inits[i]->lambda->body, k);
    if (!k->loops || c->scan_budget < 0)
        return false;
    for (uint32_t i = 0; i < k->constant_count; i++) {
        uint32_t reg = t1_registers(c, 1);
        t1_load_constant(c, reg, k->constant[i]);
        c->kept[i].constant = k->constant[i];
        c->kept[i].reg = reg;
    }
    c->kept_count = k->constant_count;
    for (uint32_t i = 0; i < k->variable_count; i++) {
        Place *p = k->variable[i];
        uint32_t reg = t1_registers(c, 1);
        t1_word(c, op_abx(OP_FREE, def_register(reg), p->index));
        t1_store_high(c, reg);
        // The free value's number is found again when the loop is done.
        p->kind = PLACE_REGISTER;
        p->free_index = p->index;
        p->index = reg;
    }
    return c->in_loop = true;
}

static void leave_registers(Compiler *c, const Keep *k) {
    for (uint32_t i = 0; i < k->variable_count; i++) {
        k->variable[i]->kind = PLACE_FREE;
        k->variable[i]->index = k->variable[i]->free_index;
    }
    c->kept_count = 0;
    c->in_loop = false;
}

static void gen_labels(Compiler *c, Node *node, Dest dest) {
    uint32_t count = node->let.count, saved = c->top;
    LabelId end = NO_LABEL;
    Dest early = dest; // of all parts but the last
    if (dest.kind == DEST_TEST)
        early.fall = FALL_NONE;
    else if (dest.kind != DEST_RETURN && dest.next == NO_LABEL)
        early.next = end = t1_label(c);
    for (uint32_t i = 0; i < count; i++) {
        Lambda *l = node->let.inits[i]->lambda;
        Place *p = t1_place(c, node->let.vars[i]);
        p->kind = PLACE_LABEL;
        p->known = l;
        p->label = t1_label(c);
    }
    Keep keep;
    bool kept = !c->in_loop && keep_in_registers(c, node, &keep);
    for (uint32_t i = 0; i < count; i++) {
        Lambda *l = node->let.inits[i]->lambda;
        Place *p = place_of(node->let.vars[i]);
        p->index = t1_registers(c, l->required);
        for (uint32_t k = 0; k < l->required; k++) {
            Place *param = t1_place(c, l->params[k]);
            param->kind = PLACE_REGISTER;
            param->index = p->index + k;
        }
    }
    t1_gen(c, node->let.body, early);
    for (uint32_t i = 0; i < count; i++) {
        Lambda *l = node->let.inits[i]->lambda;
        Place *p = place_of(node->let.vars[i]);
        t1_bind(c, p->label);
        c->head = p;
        c->head_pc = (uint32_t)c->word_count;
        t1_gen(c, l->body, i + 1 == count ? dest : early);
    }
    if (end != NO_LABEL)
        t1_bind(c, end);
    if (kept)
        leave_registers(c, &keep);
    c->top = saved;
}

void t1_gen_fix(Compiler *c, Node *node, Dest dest) {
    if (node->let.vars[0]->contified) {
        gen_labels(c, node, dest);
        return;
    }
    uint32_t saved = c->top;
    gen_fix_closures(c, node);
    t1_gen(c, node->let.body, dest);
    c->top = saved;
}

// ---- jumps

// Which parameters of a loop are read by which argument of a jump to it. Looks at a bounded number
// of nodes.
typedef struct Reads {
    uint32_t first, count; // the parameters' virtual registers
    uint32_t argument;     // the one being looked at
    uint32_t *last;        // [count] last argument that reads the parameter, + 1; 0: none
    int budget;
} Reads;
enum { READS_BUDGET = 400 };

static void note_read(Reads *r, const Var *var) {
    const Place *p = place_of(var);
    if (!p || p->kind != PLACE_REGISTER)
        return; // not placed yet: bound within the argument
    if (p->index >= r->first && p->index < r->first + r->count)
        r->last[p->index - r->first] = r->argument + 1;
}

static void find_reads(Node **slot, void *context) {
    Reads *r = context;
    Node *node = *slot;
    if (--r->budget < 0)
        return;
    if (node->kind == NODE_LOCAL)
        note_read(r, node->local.var);
    if (node->kind == NODE_LAMBDA) {
        const Lambda *l = node->lambda;
        // A contified one is walked; of a closure the free variables are read.
        if (!l->contified) {
            r->budget -= (int)(l->free_count < READS_BUDGET ? l->free_count : READS_BUDGET);
            for (uint32_t i = 0; i < l->free_count && r->budget >= 0; i++)
                note_read(r, l->free[i]);
            return;
        }
    }
    vm_node_each_child(node, find_reads, r);
}

// ---- shortcuts (opcodes.def)

typedef struct Shortcut {
    Op op;
    uint32_t var;       // register that is compared
    uint32_t limit;     // LT, LE, NE: register; LTI, NEI: number; LTG: constant of a cell
    uint32_t to;        // where the test goes when the condition holds, a word
    Cell *const *cells; // guards of the test
} Shortcut;

static bool shortcut(Shortcut *s, Op op, uint32_t var, int64_t limit) {
    s->op = op;
    s->var = var;
    s->limit = (uint32_t)limit;
    return true;
}

// The shortcut back to a loop, when there is one: to that outcome of its test which leads here.
static bool find_shortcut(Compiler *c, const Place *loop, Shortcut *s) {
    const LoopTest *test = loop->test;
    if (!test)
        return false;
    const Label *label = &c->labels[test->label];
    bool jumps = label->position != LABEL_OPEN && label->position > test->pc;
    uint32_t words = t1_op_info[test->op].words;
    s->to = jumps ? label->position : test->pc + words;
    s->cells = test->cell;
    // The primitive's value there.
    bool is = jumps == !!(t1_op_info[test->op].flags & OPF_WHEN_TRUE);
    int32_t number = (int16_t)test->bx;
    switch (test->op) {
    case OP_JLT:
    case OP_JNLT:
        if (test->limit != SHORTCUT_NO_CELL)
            return is && shortcut(s, OP_LOOP_LTG, test->a, test->limit);
        return is ? shortcut(s, OP_LOOP_LT, test->a, test->bx)
                  : shortcut(s, OP_LOOP_LE, test->bx, test->a);
    case OP_JLE:
    case OP_JNLE:
        if (test->limit != SHORTCUT_NO_CELL)
            return false;
        return is ? shortcut(s, OP_LOOP_LE, test->a, test->bx)
                  : shortcut(s, OP_LOOP_LT, test->bx, test->a);
    case OP_JNUM:
    case OP_JNNUM:
        return !is && test->limit == SHORTCUT_NO_CELL && shortcut(s, OP_LOOP_NE, test->a, test->bx);
    case OP_JLTI:
    case OP_JNLTI:
        return is && shortcut(s, OP_LOOP_LTI, test->a, number);
    case OP_JGEI:
    case OP_JNGEI:
        return !is && shortcut(s, OP_LOOP_LTI, test->a, number);
    case OP_JLEI:
    case OP_JNLEI:
        return is && shortcut(s, OP_LOOP_LTI, test->a, (int64_t)number + 1);
    case OP_JGTI:
    case OP_JNGTI:
        return !is && shortcut(s, OP_LOOP_LTI, test->a, (int64_t)number + 1);
    case OP_JNUMI:
    case OP_JNNUMI:
        return !is && shortcut(s, OP_LOOP_NEI, test->a, number);
    default:
        return false;
    }
}

// The compared register's new value is R[from] + addend: a number, or a constant's index. cell:
// guard of the addition, or NULL.
static void emit_shortcut(Compiler *c, const Shortcut *s, uint32_t from, uint32_t addend,
                          Cell *cell) {
    Cell *const cells[] = {s->cells[0], s->cells[1], cell};
    uint32_t pc = (uint32_t)c->word_count;
    bool registers = t1_op_info[s->op].field[2] == FIELD_SRC;
    t1_guard_shortcut(c, pc, cells, sizeof cells / sizeof *cells);
    t1_word(c, op_abc(s->op, s->var, from, registers ? s->limit : addend & 0xFF));
    t1_word(c, s->to - (pc + SHORTCUT_WORDS));
    t1_word(c, registers ? addend : s->limit);
}

typedef struct Move {
    uint32_t to, from;
} Move;

// Is the argument the parameter in this register itself?
static bool stays(const Node *arg, uint32_t reg) {
    return arg->kind == NODE_LOCAL && place_of(arg->local.var)->kind == PLACE_REGISTER &&
           place_of(arg->local.var)->index == reg;
}

static void loop_move(Compiler *c, const Place *loop, Move move) {
    t1_word(c, op_abc(OP_LOOP_MOVE, move.to, move.from, 0));
    t1_distance(c, loop->label, 1);
    t1_word(c, t1_counter_start(vm_hot_hook.loops));
}

// The shortcut that includes the last argument, if that is a step of the variable compared.
static bool step_shortcut(Compiler *c, const Shortcut *s, const Node *arg) {
    Step step;
    if (!t1_is_step(arg, &step) || place_of(step.var)->kind != PLACE_REGISTER ||
        place_of(step.var)->index >= LOW_REGISTERS)
        return false;
    Shortcut used = *s;
    if (value_is_flonum(step.constant)) {
        if (s->op == OP_LOOP_LT)
            used.op = OP_LOOP_LTF;
        else if (s->op == OP_LOOP_LE)
            used.op = OP_LOOP_LEF;
        else
            return false;
        const uint32_t *kept = t1_kept(c, step.constant);
        if (!kept || *kept >= LOW_REGISTERS)
            return false;
        double n = value_double(step.constant);
        Value addend = value_from_double(step.subtracts ? -n : n);
        emit_shortcut(c, &used, place_of(step.var)->index, t1_constant(c, addend), step.cell);
    } else {
        emit_shortcut(c, &used, place_of(step.var)->index, (uint32_t)step.addend, step.cell);
    }
    return true;
}

// The end of a jump with a shortcut that includes the variable's move, or nothing.
static void end_with_shortcut(Compiler *c, const Place *loop, const Shortcut *s, const Move *move,
                              uint32_t moves) {
    Move mine = {.to = s->var, .from = s->var};
    for (uint32_t i = 0; i < moves; i++)
        if (move[i].to == s->var && move[i].from < LOW_REGISTERS)
            mine = move[i];
        else
            t1_move(c, move[i].to, move[i].from);
    emit_shortcut(c, s, mine.from, 0, NULL);
    loop_move(c, loop, mine);
}

// Is the argument computed after the others, right into its parameter?
static bool comes_last(const Place *loop, uint32_t i, const Node *arg) {
    return arg->kind == NODE_PRIM && loop->known->params[i]->counts;
}

// Which argument is computed last; the number of arguments: none.
static uint32_t last_argument(const Place *loop, const Node *jump, uint32_t compared) {
    uint32_t count = jump->call.count, ordinary = count, counter = count;
    for (uint32_t i = 0; i < count; i++) {
        const Node *arg = jump->call.args[i];
        if (stays(arg, loop->index + i))
            continue;
        if (!comes_last(loop, i, arg))
            ordinary = i;
        else if (counter == count || counter != compared)
            counter = i;
    }
    return counter < count ? counter : ordinary;
}

// The parameters get their values at once. An argument is computed right into its parameter when no
// later one reads the old value, or when it may as well be computed after them (Var.counts); else
// into a temporary that is moved at the end. On the way back the last move is part of the LOOP. If
// the loop begins with a comparison there is a shortcut to what comes after that; it includes the
// last addition or move when that is to the variable that is compared.
static void gen_jump(Compiler *c, Node *node) {
    enum { FEW = 16 };
    const Place *p = place_of(node->call.fn->local.var);
    uint32_t count = node->call.count, saved = c->top, moves = 0;
    Move few_moves[FEW], *move = few_moves;
    uint32_t few_last[FEW] = {0}, *last = few_last;
    if (count > FEW) {
        move = rt_raw_new_atomic(c->vm, (size_t)count * sizeof *move);
        last = rt_raw_new_atomic(c->vm, (size_t)count * sizeof *last);
        memset(last, 0, (size_t)count * sizeof *last);
    }
    if (count > 1) {
        Reads reads = {.first = p->index, .count = count, .last = last, .budget = READS_BUDGET};
        for (uint32_t i = 1; i < count && reads.budget >= 0; i++) {
            reads.argument = i;
            find_reads(&node->call.args[i], &reads);
        }
        if (reads.budget < 0)
            for (uint32_t i = 0; i < count; i++)
                last[i] = count;
    }
    bool back = label_is_bound(c, p->label);
    Shortcut s = {.var = UINT32_MAX};
    bool has_shortcut = back && find_shortcut(c, p, &s), stepped = false;
    uint32_t final = last_argument(p, node, s.var - p->index);
    for (uint32_t i = 0; i < count; i++) {
        Node *arg = node->call.args[i];
        uint32_t to = p->index + i;
        if (i == final || stays(arg, to) || comes_last(p, i, arg))
            continue;
        if (last[i] <= i + 1) {
            t1_gen_into(c, arg, to);
            continue;
        }
        uint32_t from = t1_registers(c, 1);
        c->top = from;
        t1_gen_into(c, arg, from);
        c->top = from + 1;
        move[moves++] = (Move){.to = to, .from = from};
    }
    if (final < count && comes_last(p, final, node->call.args[final])) {
        while (moves > 0) {
            moves--;
            t1_move(c, move[moves].to, move[moves].from);
        }
        for (uint32_t i = 0; i < count; i++)
            if (i != final && comes_last(p, i, node->call.args[i]))
                t1_gen_into(c, node->call.args[i], p->index + i);
    }
    if (final < count) {
        Node *arg = node->call.args[final];
        if (has_shortcut && moves == 0 && p->index + final == s.var)
            stepped = step_shortcut(c, &s, arg);
        t1_gen_into(c, arg, p->index + final);
    }
    if (has_shortcut && !stepped) {
        end_with_shortcut(c, p, &s, move, moves);
        c->top = saved;
        return;
    }
    bool fused = back && moves > 0 && move[moves - 1].to < LOW_REGISTERS &&
                 move[moves - 1].from < LOW_REGISTERS;
    for (uint32_t i = 0; i + fused < moves; i++)
        t1_move(c, move[i].to, move[i].from);
    if (fused) {
        loop_move(c, p, move[moves - 1]);
    } else if (back) {
        t1_loop(c, p->label);
    } else {
        t1_jump(c, p->label);
    }
    c->top = saved;
}
