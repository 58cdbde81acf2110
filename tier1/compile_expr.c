// Nodes to instructions: everything but calls, bindings and primitives. Destinations: see
// compile_int.h.
#include "tier1/compile_int.h"

// ---- delivering values

void t1_go_on(Compiler *c, Dest dest) {
    if (dest.next != NO_LABEL)
        t1_jump(c, dest.next);
}

uint32_t t1_target(Compiler *c, Dest dest) {
    return dest.kind == DEST_REGISTER ? dest.reg : t1_registers(c, 1);
}

// Is the test that comes now the first thing that a loop does, perhaps after loading one global?
static void note_loop_test(Compiler *c, Op op, Test test, LabelId label) {
    Place *head = c->head;
    if (!head || op < OP_JNUM || op > OP_JNGEI_ANY)
        return;
    uint32_t limit = SHORTCUT_NO_CELL, pc = (uint32_t)c->word_count;
    if (pc != c->head_pc) {
        uint32_t first = c->words[c->head_pc];
        if (pc != c->head_pc + 2 || word_op(first) != OP_GLOBAL || word_a(first) != test.bx ||
            c->last_bound > c->head_pc)
            return;
        limit = c->words[c->head_pc + 1];
    }
    head->test = rt_raw_new(c->vm, sizeof *head->test);
    *head->test =
        (LoopTest){.op = op, .a = test.a, .bx = test.bx, .pc = pc, .label = label, .limit = limit};
}

void t1_emit_test(Compiler *c, Dest dest, Test test) {
    bool jump_if_true = dest.fall == FALL_FALSE;
    note_loop_test(c, jump_if_true ? test.yes : test.no, test, jump_if_true ? dest.yes : dest.no);
    t1_word(c, op_abx(jump_if_true ? test.yes : test.no, test.a, test.bx));
    t1_distance(c, jump_if_true ? dest.yes : dest.no, test.has_x2);
    if (test.has_x2)
        t1_word(c, test.x2);
    if (dest.fall == FALL_NONE)
        t1_jump(c, dest.yes);
}

void t1_test_register(Compiler *c, Dest dest, uint32_t reg) {
    t1_emit_test(c, dest, (Test){.yes = OP_JTRUE, .no = OP_JNTRUE, .a = t1_use(c, reg, 0)});
}

void t1_deliver(Compiler *c, Dest dest, uint32_t reg) {
    switch (dest.kind) {
    case DEST_EFFECT:
        t1_go_on(c, dest);
        break;
    case DEST_REGISTER:
        t1_move(c, dest.reg, reg);
        t1_go_on(c, dest);
        break;
    case DEST_RETURN:
        t1_word(c, op_abc(OP_RET, t1_use(c, reg, 0), 0, 0));
        break;
    case DEST_TEST:
        t1_test_register(c, dest, reg);
        break;
    }
}

// Control goes to one of the labels of a test.
static void go_to(Compiler *c, Dest dest, bool truth) {
    if (dest.fall != (truth ? FALL_TRUE : FALL_FALSE))
        t1_jump(c, truth ? dest.yes : dest.no);
}

void t1_deliver_constant(Compiler *c, Dest dest, Value v) {
    switch (dest.kind) {
    case DEST_EFFECT:
        t1_go_on(c, dest);
        break;
    case DEST_REGISTER:
        t1_load_constant(c, dest.reg, v);
        t1_go_on(c, dest);
        break;
    case DEST_RETURN: {
        uint32_t k = t1_constant(c, v);
        if (k <= UINT16_MAX)
            t1_word(c, op_abx(OP_RETK, 0, k));
        else {
            uint32_t reg = t1_registers(c, 1);
            t1_load_constant(c, reg, v);
            t1_word(c, op_abc(OP_RET, t1_use(c, reg, 0), 0, 0));
            c->top = reg;
        }
        break;
    }
    case DEST_TEST:
        go_to(c, dest, value_is_truthy(v));
        break;
    }
}

// ---- variables

Value t1_global_constant(const Node *node) {
    Value cell = node->global.cell;
    bool sealed = object_flags(value_object(cell)) & CELL_SEALED;
    Value v = value_cell(cell)->value;
    return sealed && v != VALUE_UNBOUND ? v : VALUE_NONE;
}

uint32_t t1_variable(Compiler *c, Var *var) {
    const Place *p = place_of(var);
    if (p->kind == PLACE_REGISTER)
        return p->index;
    uint32_t reg = t1_registers(c, 1);
    t1_gen_into(c, &(Node){.kind = NODE_LOCAL, .local.var = var}, reg);
    return reg;
}

static void gen_local(Compiler *c, const Node *node, Dest dest) {
    const Place *p = place_of(node->local.var);
    uint32_t saved = c->top;
    if (dest.kind == DEST_EFFECT) {
        t1_go_on(c, dest);
        return;
    }
    switch (p->kind) {
    case PLACE_REGISTER:
        t1_deliver(c, dest, p->index);
        return;
    case PLACE_FIXED:
        t1_deliver_constant(c, dest, p->fixed);
        return;
    case PLACE_FREE:
    case PLACE_SELF: {
        uint32_t to = t1_target(c, dest);
        uint32_t a = def_register(to);
        t1_word(c, p->kind == PLACE_SELF ? op_abc(OP_SELF, a, 0, 0) : op_abx(OP_FREE, a, p->index));
        t1_store_high(c, to);
        t1_deliver(c, dest, to);
        c->top = saved;
        return;
    }
    case PLACE_LABEL:
        break;
    }
    ASSERT(false, "a contified variable is used as a value");
}

static void gen_global(Compiler *c, const Node *node, Dest dest) {
    Value constant = t1_global_constant(node);
    if (constant != VALUE_NONE) {
        t1_deliver_constant(c, dest, constant);
        return;
    }
    // A variable that has a value will always have one.
    if (dest.kind == DEST_EFFECT && value_cell(node->global.cell)->value != VALUE_UNBOUND) {
        t1_go_on(c, dest);
        return;
    }
    uint32_t saved = c->top, to = t1_target(c, dest);
    uint32_t k = t1_constant(c, node->global.cell);
    t1_site(c, node->position, -1, SITE_PLAIN, 0);
    t1_word(c, op_abc(OP_GLOBAL, def_register(to), 0, 0));
    t1_word(c, k);
    t1_store_high(c, to);
    t1_deliver(c, dest, to);
    c->top = saved;
}

static void gen_store(Compiler *c, const Node *node, Dest dest) {
    uint32_t saved = c->top, value = t1_operand(c, node->global.value);
    uint32_t k = t1_constant(c, node->global.cell), a = t1_use(c, value, 0);
    t1_site(c, node->position, -1, SITE_PLAIN, 0);
    t1_word(c, op_abc(node->kind == NODE_DEFINE ? OP_DEFINE : OP_SETGLOBAL, a, 0, 0));
    t1_word(c, k);
    c->top = saved;
    t1_deliver_constant(c, dest, VALUE_UNSPECIFIED);
}

// ---- operands

void t1_gen_into(Compiler *c, Node *node, uint32_t reg) { t1_gen(c, node, dest_register(reg)); }

const uint32_t *t1_kept(const Compiler *c, Value constant) {
    for (uint32_t i = 0; i < c->kept_count; i++)
        if (c->kept[i].constant == constant)
            return &c->kept[i].reg;
    return NULL;
}

uint32_t t1_operand(Compiler *c, Node *node) {
    if (node->kind == NODE_LOCAL && place_of(node->local.var)->kind == PLACE_REGISTER)
        return place_of(node->local.var)->index;
    const uint32_t *kept = node->kind == NODE_CONST ? t1_kept(c, node->constant) : NULL;
    if (kept)
        return *kept;
    uint32_t reg = t1_registers(c, 1);
    t1_gen_into(c, node, reg);
    return reg;
}

// ---- if

// Nothing happens when it is evaluated for its effect.
static bool is_idle(const Node *node) {
    return node->kind == NODE_CONST || node->kind == NODE_LOCAL || node->kind == NODE_LAMBDA;
}

static void gen_if_test(Compiler *c, Node *node, Dest dest) {
    Node *then = node->branch.then, *otherwise = node->branch.otherwise;
    // A constant branch is one of the labels.
    LabelId yes = NO_LABEL, no = NO_LABEL;
    if (then->kind == NODE_CONST)
        yes = value_is_truthy(then->constant) ? dest.yes : dest.no;
    if (otherwise->kind == NODE_CONST)
        no = value_is_truthy(otherwise->constant) ? dest.yes : dest.no;
    if (yes != NO_LABEL && no != NO_LABEL) {
        LabelId next = dest.fall == FALL_TRUE    ? dest.yes
                       : dest.fall == FALL_FALSE ? dest.no
                                                 : NO_LABEL;
        Fall fall = next == NO_LABEL ? FALL_NONE
                    : next == yes    ? FALL_TRUE
                    : next == no     ? FALL_FALSE
                                     : FALL_NONE;
        t1_gen(c, node->branch.test, dest_test(yes, no, fall));
        return;
    }
    if (no != NO_LABEL) {
        LabelId here = t1_label(c);
        t1_gen(c, node->branch.test, dest_test(here, no, FALL_TRUE));
        t1_bind(c, here);
        t1_gen(c, then, dest);
        return;
    }
    LabelId here = t1_label(c);
    if (yes != NO_LABEL) {
        t1_gen(c, node->branch.test, dest_test(yes, here, FALL_FALSE));
    } else {
        LabelId there = t1_label(c);
        t1_gen(c, node->branch.test, dest_test(there, here, FALL_TRUE));
        t1_bind(c, there);
        Dest first = dest;
        first.fall = FALL_NONE;
        t1_gen(c, then, first);
    }
    t1_bind(c, here);
    t1_gen(c, otherwise, dest);
}

static void gen_if(Compiler *c, Node *node, Dest dest) {
    if (t1_gen_record_if(c, node, dest))
        return;
    if (dest.kind == DEST_TEST) {
        gen_if_test(c, node, dest);
        return;
    }
    Node *then = node->branch.then, *otherwise = node->branch.otherwise;
    LabelId end = dest.next;
    if (dest.kind != DEST_RETURN && end == NO_LABEL)
        end = t1_label(c);
    Dest first = dest;
    first.next = end;
    LabelId yes = t1_label(c), no = t1_label(c);
    if (dest.kind == DEST_EFFECT && is_idle(then)) {
        t1_gen(c, node->branch.test, dest_test(end, no, FALL_FALSE));
        t1_bind(c, no);
        t1_gen(c, otherwise, dest);
    } else if (dest.kind == DEST_EFFECT && is_idle(otherwise)) {
        t1_gen(c, node->branch.test, dest_test(yes, end, FALL_TRUE));
        t1_bind(c, yes);
        t1_gen(c, then, dest);
    } else {
        t1_gen(c, node->branch.test, dest_test(yes, no, FALL_TRUE));
        t1_bind(c, yes);
        t1_gen(c, then, first);
        t1_bind(c, no);
        t1_gen(c, otherwise, dest);
    }
    if (dest.kind != DEST_RETURN && dest.next == NO_LABEL)
        t1_bind(c, end);
}

// ---- nodes

void t1_gen(Compiler *c, Node *node, Dest dest) {
    if (c->failed)
        return;
    if (rt_stack_low(c->vm)) {
        c->failed = true;
        rt_fail_depth(c->vm);
        return;
    }
    switch (node->kind) {
    case NODE_CONST:
        t1_deliver_constant(c, dest, node->constant);
        return;
    case NODE_LOCAL:
        gen_local(c, node, dest);
        return;
    case NODE_GLOBAL:
        gen_global(c, node, dest);
        return;
    case NODE_SET_GLOBAL:
    case NODE_DEFINE:
        gen_store(c, node, dest);
        return;
    case NODE_IF:
        gen_if(c, node, dest);
        return;
    case NODE_LAMBDA:
        t1_gen_lambda(c, node->lambda, dest);
        return;
    case NODE_CALL:
        t1_gen_call(c, node, dest);
        return;
    case NODE_SEQ:
        for (uint32_t i = 0; i + 1 < node->seq.count; i++)
            t1_gen(c, node->seq.items[i], dest_effect());
        t1_gen(c, node->seq.items[node->seq.count - 1], dest);
        return;
    case NODE_LET:
        t1_gen_let(c, node, dest);
        return;
    case NODE_FIX:
        t1_gen_fix(c, node, dest);
        return;
    case NODE_PRIM:
        t1_gen_prim(c, node, dest);
        return;
    case NODE_SET_LOCAL:
    case NODE_KIND_COUNT:
        break;
    }
    ASSERT(false, "the compiler met a node of kind %d", (int)node->kind);
}
