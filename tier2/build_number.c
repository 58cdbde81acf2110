// Arithmetic and comparisons by what their sites have seen. See build_int.h.
//
// A site's variant says what operands it has met: fixnums, flonums, or more than one kind. What is
// known of the operands' types here may say more, since a function's feedback is that of all its
// callers. A site whose guards keep failing becomes ARITHMETIC or COMPARE, which take everything.
#include "tier2/build_int.h"

static const char *const arithmetic_names[] = {
    [ARITH_ADD] = "+",        [ARITH_SUB] = "-",         [ARITH_MUL] = "*",     [ARITH_DIV] = "/",
    [ARITH_QUO] = "quotient", [ARITH_REM] = "remainder", [ARITH_MOD] = "modulo"};
static const char *const relation_names[] = {
    [RELATION_EQ] = "=", [RELATION_LT] = "<", [RELATION_LE] = "<="};

// ---- kinds of operands

static Kind kind_of_type(const Node *x) {
    if (x->rep == REP_INT || t2_is_a(x, CLASS(FIXNUM)))
        return KIND_FIX;
    if (x->rep == REP_DOUBLE || t2_is_a(x, CLASS(FLONUM)))
        return KIND_FLO;
    return KIND_ANY;
}

Kind t2_kind_seen(const Instruction *in) {
    bool integer = in->info->base >= OP_QUO && in->info->base <= OP_MODI;
    switch (in->op - in->info->base) {
    case 0:
        return KIND_NEVER;
    case 1:
        return KIND_FIX;
    case 2:
        return integer ? KIND_ANY : KIND_FLO;
    default:
        return KIND_ANY;
    }
}

static bool has_variants(const Instruction *in) {
    return in->info->base != in->op ||
           (in->op + 1 < OP_COUNT && t1_op_info[in->op + 1].base == in->op);
}

static bool names_register(const Instruction *in, uint32_t r) {
    const uint32_t byte[] = {word_a(in->word), word_b(in->word), word_c(in->word)};
    for (int i = 0; i < 3; i++)
        if ((in->info->field[i] == FIELD_SRC || in->info->field[i] == FIELD_DST) && byte[i] == r)
            return true;
    return false;
}

Kind t2_kind_near(const Builder *b, const Node *x) {
    enum { NEAR = 12 };
    Kind kind = kind_of_type(x);
    if (kind != KIND_ANY)
        return kind;
    const Function *f = b->function;
    const CodeBlock *block = &f->shape->blocks[f->block];
    bool has_dst = f->in.info->field[0] == FIELD_DST;
    uint32_t pc = f->in.next;
    for (int i = 0; i < NEAR && pc < block->end; i++) {
        Instruction in = t2_instruction(f->code, pc);
        pc = in.next;
        if (!has_variants(&in) || in.op == OP_GLOBAL || in.op == OP_GLOBAL_READY)
            continue;
        Kind seen = t2_kind_seen(&in);
        if (seen != KIND_FIX && seen != KIND_FLO)
            continue;
        if (has_dst && names_register(&in, word_a(f->in.word)))
            return seen;
        for (uint32_t r = 0; r < f->code->registers && r < 256; r++)
            if (f->registers[r] == x && names_register(&in, r))
                return seen;
    }
    // Where there are flonums, fixnums mostly count and index.
    return f->shape->flonums ? KIND_FLO : f->shape->fixnums ? KIND_FIX : KIND_ANY;
}

// Is it an exact number whose double can stand for it in an addition? Exact 0 has rules of its own.
static bool is_nonzero_fixnum(const Node *x) {
    return t2_is_a(x, CLASS(FIXNUM)) && (x->type.low > 0 || x->type.high < 0);
}

// What to suppose of two operands; NEVER: the site has not run, and is left when it does. A
// constant second operand is exact among flonums too.
static Kind suppose(const Builder *b, Kind seen, const Node *x, const Node *y, bool zero_fits) {
    Kind kx = kind_of_type(x), ky = kind_of_type(y);
    if (kx == KIND_FLO && ky == KIND_FLO)
        return KIND_FLO;
    if (seen == KIND_NEVER)
        return t2_is_generic(b, EXIT_BRANCH) ? KIND_ANY : KIND_NEVER;
    if (t2_is_generic(b, EXIT_TYPE))
        return KIND_ANY;
    bool y_fits = ky == KIND_ANY || ky == seen ||
                  (y->op == N_CONSTANT && (zero_fits || is_nonzero_fixnum(y)));
    return (kx == KIND_ANY || kx == seen) && y_fits ? seen : KIND_ANY;
}

// ---- doubles

static Node *as_double(Builder *b, Node *x) {
    if (kind_of_type(x) != KIND_FIX)
        return t2_flonum(b, x, EXIT_TYPE);
    Node *n = t2_unbox_int(b, x);
    return n->op == N_INTEGER ? t2_constant_double(b->graph, (double)n->index)
                              : emit1(b, N_INT_TO_DOUBLE, n);
}

static Node *double_arithmetic(Builder *b, Arith op, Node *x, Node *y) {
    static const NodeOp ops[] = {[ARITH_ADD] = N_ADD_DOUBLE,
                                 [ARITH_SUB] = N_SUB_DOUBLE,
                                 [ARITH_MUL] = N_MUL_DOUBLE,
                                 [ARITH_DIV] = N_DIV_DOUBLE};
    x = as_double(b, x);
    y = as_double(b, y);
    return emit2(b, ops[op], x, y);
}

// ---- integers

// The quotient of the least fixnum and -1 is none.
static void guard_quotient(Builder *b, Node *x, Node *y) {
    if (y->type.low > -1 || y->type.high < -1 || x->type.low > FIXNUM_MIN)
        return;
    Node *minus_one = emit2(b, N_EQ_INT, y, t2_int(b, -1));
    Node *least = emit2(b, N_EQ_INT, x, t2_int(b, FIXNUM_MIN));
    t2_guard(b, emit3(b, N_SELECT, minus_one, least, t2_constant_bool(b->graph, false)), false,
             EXIT_OVERFLOW);
}

static Node *divide(Builder *b, Arith op, Node *x, Node *y) {
    if (y->type.low <= 0 && y->type.high >= 0)
        t2_guard(b, emit2(b, N_EQ_INT, y, t2_int(b, 0)), false, EXIT_FAILED);
    switch (op) {
    case ARITH_REM:
        return emit2(b, N_REM_INT, x, y);
    case ARITH_MOD:
        return emit2(b, N_MOD_INT, x, y);
    case ARITH_DIV: // else a ratio
        t2_guard(b, emit2(b, N_EQ_INT, emit2(b, N_REM_INT, x, y), t2_int(b, 0)), true, EXIT_TYPE);
        break;
    default:
        break;
    }
    guard_quotient(b, x, y);
    return emit2(b, N_QUO_INT, x, y);
}

static Node *integer_arithmetic(Builder *b, Arith op, Node *x, Node *y) {
    static const NodeOp ops[] = {
        [ARITH_ADD] = N_ADD_CHECKED, [ARITH_SUB] = N_SUB_CHECKED, [ARITH_MUL] = N_MUL_CHECKED};
    x = t2_fixnum(b, x, EXIT_TYPE);
    y = t2_fixnum(b, y, EXIT_TYPE);
    if (op >= ARITH_DIV)
        return divide(b, op, x, y);
    return t2_exits(b, emit2(b, ops[op], x, y), EXIT_OVERFLOW);
}

// ---- anything

static Node *any_arithmetic(Builder *b, Arith op, Node *x, Node *y) {
    Node *node = emit2(b, N_ARITHMETIC, t2_tagged(b, x), t2_tagged(b, y));
    node->primitive = t2_primitive_named(arithmetic_names[op]);
    return t2_exits(b, node, EXIT_FAILED);
}

Node *t2_arithmetic(Builder *b, Arith op, Kind kind, Node *x, Node *y) {
    kind = suppose(b, kind, x, y, false);
    if (kind == KIND_NEVER) {
        t2_leave(b, EXIT_BRANCH);
        return NULL;
    }
    if (kind == KIND_FIX && t2_is_generic(b, EXIT_OVERFLOW))
        kind = KIND_ANY;
    if (op >= ARITH_QUO)
        return kind == KIND_FIX ? integer_arithmetic(b, op, x, y) : any_arithmetic(b, op, x, y);
    if (kind == KIND_ANY) {
        Kind kx = kind_of_type(x), ky = kind_of_type(y);
        bool doubles = (kx == KIND_FLO || is_nonzero_fixnum(x)) &&
                       (ky == KIND_FLO || is_nonzero_fixnum(y)) &&
                       (kx == KIND_FLO || ky == KIND_FLO);
        return doubles ? double_arithmetic(b, op, x, y) : any_arithmetic(b, op, x, y);
    }
    return kind == KIND_FIX ? integer_arithmetic(b, op, x, y) : double_arithmetic(b, op, x, y);
}

Node *t2_negate(Builder *b, Node *x) {
    Kind kind = t2_is_generic(b, EXIT_TYPE) ? kind_of_type(x) : t2_kind_near(b, x);
    if (kind == KIND_FLO)
        return emit1(b, N_NEG_DOUBLE, t2_flonum(b, x, EXIT_TYPE));
    if (kind == KIND_FIX && !t2_is_generic(b, EXIT_OVERFLOW))
        return t2_exits(b, emit2(b, N_SUB_CHECKED, t2_int(b, 0), t2_fixnum(b, x, EXIT_TYPE)),
                        EXIT_OVERFLOW);
    return t2_primitive_call(b, t2_primitive_named("-"), false, 1, &x);
}

// ---- comparisons

Node *t2_compare(Builder *b, Relation op, Kind kind, Node *x, Node *y) {
    static const NodeOp integers[] = {
        [RELATION_EQ] = N_EQ_INT, [RELATION_LT] = N_LT_INT, [RELATION_LE] = N_LE_INT};
    static const NodeOp doubles[] = {
        [RELATION_EQ] = N_EQ_DOUBLE, [RELATION_LT] = N_LT_DOUBLE, [RELATION_LE] = N_LE_DOUBLE};
    Kind kx = kind_of_type(x), ky = kind_of_type(y);
    // The operands may have been exchanged: a constant is exact in either place.
    Kind seen = kind;
    kind = x->op == N_CONSTANT ? suppose(b, seen, y, x, true) : suppose(b, seen, x, y, true);
    if (kind == KIND_NEVER) {
        t2_leave(b, EXIT_BRANCH);
        return NULL;
    }
    if (kx == KIND_FIX && ky == KIND_FIX)
        kind = KIND_FIX;
    else if (kind == KIND_ANY && kx != KIND_ANY && ky != KIND_ANY)
        kind = KIND_FLO; // one of each
    if (kind == KIND_FIX) {
        x = t2_fixnum(b, x, EXIT_TYPE);
        y = t2_fixnum(b, y, EXIT_TYPE);
        return emit2(b, integers[op], x, y);
    }
    if (kind == KIND_FLO) {
        x = as_double(b, x);
        y = as_double(b, y);
        return emit2(b, doubles[op], x, y);
    }
    Node *node = emit2(b, N_COMPARE, t2_tagged(b, x), t2_tagged(b, y));
    node->primitive = t2_primitive_named(relation_names[op]);
    return t2_exits(b, node, EXIT_FAILED);
}

// ---- instructions

static bool arithmetic_instruction(Builder *b) {
    const Instruction *in = &b->function->in;
    Arith op;
    bool immediate = false;
    switch (in->info->base) {
    case OP_ADDI:
        immediate = true;
        [[fallthrough]];
    case OP_ADD:
        op = ARITH_ADD;
        break;
    case OP_SUBI:
        immediate = true;
        [[fallthrough]];
    case OP_SUB:
        op = ARITH_SUB;
        break;
    case OP_MULI:
        immediate = true;
        [[fallthrough]];
    case OP_MUL:
        op = ARITH_MUL;
        break;
    case OP_DIV:
        op = ARITH_DIV;
        break;
    case OP_QUOI:
        immediate = true;
        [[fallthrough]];
    case OP_QUO:
        op = ARITH_QUO;
        break;
    case OP_REMI:
        immediate = true;
        [[fallthrough]];
    case OP_REM:
        op = ARITH_REM;
        break;
    case OP_MODI:
        immediate = true;
        [[fallthrough]];
    case OP_MOD:
        op = ARITH_MOD;
        break;
    default:
        return false;
    }
    Node *x = t2_register(b, word_b(in->word));
    Node *y = immediate ? t2_value(b, value_from_fixnum(word_sc(in->word)))
                        : t2_register(b, word_c(in->word));
    Node *value = t2_arithmetic(b, op, t2_kind_seen(in), x, y);
    if (value)
        t2_set_register(b, word_a(in->word), value);
    return true;
}

static bool compare_instruction(Builder *b) {
    const Instruction *in = &b->function->in;
    Relation op = RELATION_EQ;
    bool immediate = false, exchanged = false;
    switch (in->info->base) {
    case OP_JNUMI:
    case OP_JNNUMI:
        immediate = true;
        break;
    case OP_JNUM:
    case OP_JNNUM:
        break;
    case OP_JGTI:
    case OP_JNGTI:
        exchanged = true;
        [[fallthrough]];
    case OP_JLTI:
    case OP_JNLTI:
        immediate = true;
        [[fallthrough]];
    case OP_JLT:
    case OP_JNLT:
        op = RELATION_LT;
        break;
    case OP_JGEI:
    case OP_JNGEI:
        exchanged = true;
        [[fallthrough]];
    case OP_JLEI:
    case OP_JNLEI:
        immediate = true;
        [[fallthrough]];
    case OP_JLE:
    case OP_JNLE:
        op = RELATION_LE;
        break;
    default:
        return false;
    }
    Node *x = t2_register(b, word_a(in->word));
    Node *y = immediate ? t2_value(b, value_from_fixnum(word_sbx(in->word)))
                        : t2_register(b, word_b(in->word));
    Node *is = t2_compare(b, op, t2_kind_seen(in), exchanged ? y : x, exchanged ? x : y);
    if (is)
        t2_test(b, is);
    return true;
}

bool t2_number_instruction(Builder *b) {
    const Instruction *in = &b->function->in;
    if (in->op == OP_NEG) {
        t2_set_register(b, word_a(in->word), t2_negate(b, t2_register(b, word_b(in->word))));
        return true;
    }
    return arithmetic_instruction(b) || compare_instruction(b);
}
