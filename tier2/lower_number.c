// Lowering: integers, doubles, boxing, arithmetic on whatever comes.
//
// Integers are within the range of fixnums (50 bits), so sums never overflow 64 bits and whether a
// result is a fixnum again is a test of its upper bits.
#include "tier2/lower_int.h"
#include <stdio.h>

// ---- boxing

LLVMValueRef t2_emit_box_int(Lower *l, LLVMValueRef n) {
    return LLVMBuildAdd(l->builder, n, t2_emit_word(l, FIXNUM_BIAS), "");
}

LLVMValueRef t2_emit_unbox_int(Lower *l, LLVMValueRef v) {
    return LLVMBuildSub(l->builder, v, t2_emit_word(l, FIXNUM_BIAS), "");
}

LLVMValueRef t2_emit_box_double(Lower *l, LLVMValueRef d) {
    return LLVMBuildAdd(l->builder, LLVMBuildBitCast(l->builder, d, l->i64, ""),
                        t2_emit_word(l, FLONUM_OFFSET), "");
}

LLVMValueRef t2_emit_unbox_double(Lower *l, LLVMValueRef v) {
    return LLVMBuildBitCast(
        l->builder, LLVMBuildSub(l->builder, v, t2_emit_word(l, FLONUM_OFFSET), ""), l->f64, "");
}

LLVMValueRef t2_emit_box_bool(Lower *l, LLVMValueRef b) {
    return LLVMBuildSelect(l->builder, b, t2_emit_word(l, VALUE_TRUE), t2_emit_word(l, VALUE_FALSE),
                           "");
}

static LLVMValueRef truthy(Lower *l, const Node *n) {
    LLVMValueRef v = t2_emit_input(l, n, 0);
    ClassSet set = t2_emit_known(n->inputs[0]);
    if (!(set & CLASS(NIL)))
        return t2_emit_compare_word(l, LLVMIntNE, v, VALUE_FALSE);
    if (!(set & CLASS(FALSE)))
        return t2_emit_compare_word(l, LLVMIntNE, v, VALUE_NIL);
    static_assert((VALUE_FALSE ^ VALUE_NIL) == 0x10);
    LLVMValueRef merged = LLVMBuildAnd(l->builder, v, t2_emit_word(l, ~UINT64_C(0x10)), "");
    return t2_emit_compare_word(l, LLVMIntNE, merged, VALUE_FALSE);
}

// ---- integers

static LLVMValueRef intrinsic(Lower *l, const char *name, LLVMTypeRef type, LLVMValueRef *arguments,
                              uint32_t count) {
    unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
    LLVMTypeRef function = LLVMIntrinsicGetType(l->context, id, &type, 1);
    return LLVMBuildCall2(l->builder, function,
                          LLVMGetIntrinsicDeclaration(l->module, id, &type, 1), arguments, count,
                          "");
}

static LLVMValueRef is_within(Lower *l, LLVMValueRef n, int64_t low, int64_t high) {
    LLVMValueRef up = LLVMBuildSub(l->builder, n, t2_emit_word(l, (uint64_t)low), "");
    return t2_emit_compare_word(l, LLVMIntULT, up, (uint64_t)(high - low) + 1);
}

// Is a 64-bit integer a fixnum?
static LLVMValueRef fits(Lower *l, LLVMValueRef n) {
    enum { FIXNUM_BITS = 50 };
    static_assert(FIXNUM_MAX - FIXNUM_MIN == (INT64_C(1) << FIXNUM_BITS) - 1);
    return is_within(l, n, FIXNUM_MIN, FIXNUM_MAX);
}

// The result, and whether it is a fixnum. operation: N_ADD_INT, N_SUB_INT, N_MUL_INT.
static LLVMValueRef integer_result(Lower *l, NodeOp operation, LLVMValueRef a, LLVMValueRef b,
                                   LLVMValueRef *ok) {
    LLVMValueRef n;
    if (operation == N_MUL_INT) {
        LLVMValueRef arguments[] = {a, b};
        LLVMValueRef both = intrinsic(l, "llvm.smul.with.overflow", l->i64, arguments, 2);
        n = LLVMBuildExtractValue(l->builder, both, 0, "");
        LLVMValueRef over = LLVMBuildExtractValue(l->builder, both, 1, "");
        *ok = LLVMBuildAnd(l->builder, fits(l, n), LLVMBuildNot(l->builder, over, ""), "");
        return n;
    }
    n = operation == N_ADD_INT ? LLVMBuildNSWAdd(l->builder, a, b, "")
                               : LLVMBuildNSWSub(l->builder, a, b, "");
    *ok = fits(l, n);
    return n;
}

static LLVMValueRef checked(Lower *l, const Node *n, NodeOp operation) {
    LLVMValueRef ok,
        result = integer_result(l, operation, t2_emit_input(l, n, 0), t2_emit_input(l, n, 1), &ok);
    if (t2_is_checked_small(n))
        ok = is_within(l, result, T2_SMALL_MIN, T2_SMALL_MAX);
    t2_emit_guard(l, n, ok);
    return result;
}

static LLVMValueRef modulo(Lower *l, LLVMValueRef a, LLVMValueRef b) {
    LLVMValueRef r = LLVMBuildSRem(l->builder, a, b, "");
    LLVMValueRef other_sign =
        t2_emit_compare_word(l, LLVMIntSLT, LLVMBuildXor(l->builder, r, b, ""), 0);
    LLVMValueRef wrong =
        LLVMBuildAnd(l->builder, t2_emit_compare_word(l, LLVMIntNE, r, 0), other_sign, "");
    return LLVMBuildSelect(l->builder, wrong, LLVMBuildNSWAdd(l->builder, r, b, ""), r, "");
}

// ---- doubles

static LLVMValueRef unary(Lower *l, const Node *n, const char *name) {
    LLVMValueRef a = t2_emit_input(l, n, 0);
    return intrinsic(l, name, l->f64, &a, 1);
}

static LLVMValueRef math(Lower *l, const Node *n) {
    LLVMValueRef arguments[4];
    char name[32];
    ASSERT(n->input_count <= 4, "math function of %u arguments", n->input_count);
    for (uint32_t i = 0; i < n->input_count; i++)
        arguments[i] = t2_emit_input(l, n, i);
    // The C library's functions are known by where they are.
    snprintf(name, sizeof name, "math@%llx", (unsigned long long)(uintptr_t)n->pointer);
    LLVMValueRef call = t2_emit_call_c(l, name, n->pointer, l->f64, arguments, n->input_count);
    t2_emit_call_reads_nothing(l, call);
    return call;
}

// The conversion of what is out of range may give anything, but it is the same anything.
static LLVMValueRef double_to_int(Lower *l, const Node *n) {
    LLVMValueRef d = t2_emit_input(l, n, 0);
    LLVMValueRef i = LLVMBuildFreeze(l->builder, LLVMBuildFPToSI(l->builder, d, l->i64, ""), "");
    LLVMValueRef back = LLVMBuildSIToFP(l->builder, i, l->f64, "");
    LLVMValueRef same = LLVMBuildFCmp(l->builder, LLVMRealOEQ, back, d, "");
    t2_emit_guard(l, n, LLVMBuildAnd(l->builder, same, fits(l, i), ""));
    return i;
}

// ---- whatever comes: fixnums and flonums in line, all else by the primitive

typedef enum Generic {
    GENERIC_ADD,
    GENERIC_SUB,
    GENERIC_MUL,
    GENERIC_DIV,
    GENERIC_QUO,
    GENERIC_REM,
    GENERIC_MOD,
    GENERIC_LT,
    GENERIC_LE,
    GENERIC_GT,
    GENERIC_GE,
    GENERIC_EQ,
    GENERIC_OTHER,
} Generic;

static Generic generic_of(const Primitive *p) {
    static const struct {
        const char *name;
        Generic generic;
    } rows[] = {{"+", GENERIC_ADD},         {"-", GENERIC_SUB},
                {"*", GENERIC_MUL},         {"/", GENERIC_DIV},
                {"quotient", GENERIC_QUO},  {"truncate-quotient", GENERIC_QUO},
                {"remainder", GENERIC_REM}, {"truncate-remainder", GENERIC_REM},
                {"modulo", GENERIC_MOD},    {"floor-remainder", GENERIC_MOD},
                {"<", GENERIC_LT},          {"<=", GENERIC_LE},
                {">", GENERIC_GT},          {">=", GENERIC_GE},
                {"=", GENERIC_EQ}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(p->name, rows[i].name) == 0)
            return rows[i].generic;
    return GENERIC_OTHER;
}

// Alternatives that meet: each brings its result.
typedef struct Meeting {
    LLVMBasicBlockRef slow, end, from[3];
    LLVMValueRef result[3];
    unsigned count;
} Meeting;

static void meet(Lower *l, Meeting *m, LLVMValueRef result) {
    m->from[m->count] = LLVMGetInsertBlock(l->builder);
    m->result[m->count++] = result;
    LLVMBuildBr(l->builder, m->end);
}

static LLVMValueRef both(Lower *l, const Node *n, ClassSet set) {
    LLVMValueRef a =
        t2_emit_test_class(l, t2_emit_input(l, n, 0), t2_emit_known(n->inputs[0]), set);
    LLVMValueRef b =
        t2_emit_test_class(l, t2_emit_input(l, n, 1), t2_emit_known(n->inputs[1]), set);
    return LLVMBuildAnd(l->builder, a, b, "");
}

static LLVMValueRef both_fixnums(Lower *l, const Node *n) {
    if (t2_is_a(n->inputs[0], CLASS(FIXNUM)) || t2_is_a(n->inputs[1], CLASS(FIXNUM)))
        return both(l, n, CLASS(FIXNUM));
    LLVMValueRef common =
        LLVMBuildAnd(l->builder, t2_emit_input(l, n, 0), t2_emit_input(l, n, 1), "");
    return t2_emit_compare_word(l, LLVMIntUGE, common, FIXNUM_FIRST);
}

static bool may_be(const Node *n, ClassSet set) {
    return (t2_emit_known(n->inputs[0]) & set) && (t2_emit_known(n->inputs[1]) & set);
}

static LLVMIntPredicate int_predicate(Generic g) {
    switch (g) {
    case GENERIC_LT:
        return LLVMIntSLT;
    case GENERIC_LE:
        return LLVMIntSLE;
    case GENERIC_GT:
        return LLVMIntSGT;
    case GENERIC_GE:
        return LLVMIntSGE;
    default:
        return LLVMIntEQ;
    }
}

static LLVMRealPredicate real_predicate(Generic g) {
    switch (g) {
    case GENERIC_LT:
        return LLVMRealOLT;
    case GENERIC_LE:
        return LLVMRealOLE;
    case GENERIC_GT:
        return LLVMRealOGT;
    case GENERIC_GE:
        return LLVMRealOGE;
    default:
        return LLVMRealOEQ;
    }
}

// Fixnums: the result goes to the meeting unless it is none.
static void fixnum_case(Lower *l, const Node *n, Generic g, Meeting *m) {
    LLVMValueRef a = t2_emit_unbox_int(l, t2_emit_input(l, n, 0)),
                 b = t2_emit_unbox_int(l, t2_emit_input(l, n, 1));
    LLVMBasicBlockRef good;
    LLVMValueRef ok, result;
    switch (g) {
    case GENERIC_ADD:
    case GENERIC_SUB:
    case GENERIC_MUL:
        result = integer_result(l,
                                g == GENERIC_ADD   ? N_ADD_INT
                                : g == GENERIC_SUB ? N_SUB_INT
                                                   : N_MUL_INT,
                                a, b, &ok);
        good = t2_emit_block_here(l, "");
        t2_emit_branch(l, ok, good, m->slow, 1);
        t2_emit_go(l, good);
        break;
    default: // division: by what is positive
        good = t2_emit_block_here(l, "");
        t2_emit_branch(l, t2_emit_compare_word(l, LLVMIntSGT, b, 0), good, m->slow, 1);
        t2_emit_go(l, good);
        result = g == GENERIC_QUO   ? LLVMBuildSDiv(l->builder, a, b, "")
                 : g == GENERIC_REM ? LLVMBuildSRem(l->builder, a, b, "")
                                    : modulo(l, a, b);
    }
    meet(l, m, t2_emit_box_int(l, result));
}

static LLVMValueRef flonum_result(Lower *l, const Node *n, Generic g) {
    LLVMValueRef a = t2_emit_unbox_double(l, t2_emit_input(l, n, 0)),
                 b = t2_emit_unbox_double(l, t2_emit_input(l, n, 1));
    switch (g) {
    case GENERIC_ADD:
        return LLVMBuildFAdd(l->builder, a, b, "");
    case GENERIC_SUB:
        return LLVMBuildFSub(l->builder, a, b, "");
    case GENERIC_MUL:
        return LLVMBuildFMul(l->builder, a, b, "");
    case GENERIC_DIV:
        return LLVMBuildFDiv(l->builder, a, b, "");
    default:
        return LLVMBuildFCmp(l->builder, real_predicate(g), a, b, "");
    }
}

static LLVMValueRef generic(Lower *l, const Node *n) {
    Generic g = generic_of(n->primitive);
    bool compares = g >= GENERIC_LT && g <= GENERIC_EQ;
    bool fixnums = g != GENERIC_DIV && g != GENERIC_OTHER && may_be(n, CLASS(FIXNUM));
    bool flonums = (g <= GENERIC_DIV || compares) && may_be(n, CLASS(FLONUM));
    Meeting m = {.slow = t2_emit_block_here(l, "slow")};
    m.end = LLVMInsertBasicBlockInContext(l->context, m.slow, "met");
    LLVMMoveBasicBlockAfter(m.end, m.slow);
    if (fixnums) {
        LLVMBasicBlockRef yes = t2_emit_block_here(l, "fixnums"), no = t2_emit_block_here(l, "");
        t2_emit_branch(l, both_fixnums(l, n), yes, no, 0);
        t2_emit_go(l, yes);
        // Fixnums compare as their words do.
        if (compares)
            meet(l, &m,
                 t2_emit_compare(l, int_predicate(g), t2_emit_input(l, n, 0),
                                 t2_emit_input(l, n, 1)));
        else
            fixnum_case(l, n, g, &m);
        t2_emit_go(l, no);
    }
    if (flonums) {
        LLVMBasicBlockRef yes = t2_emit_block_here(l, "flonums");
        t2_emit_branch(l, both(l, n, CLASS(FLONUM)), yes, m.slow, 1);
        t2_emit_go(l, yes);
        LLVMValueRef result = flonum_result(l, n, g);
        meet(l, &m, compares ? result : t2_emit_box_double(l, result));
    } else
        LLVMBuildBr(l->builder, m.slow);
    t2_emit_go(l, m.slow);
    LLVMValueRef result = t2_emit_call_primitive(l, n, true);
    meet(l, &m, compares ? t2_emit_compare_word(l, LLVMIntEQ, result, VALUE_TRUE) : result);
    t2_emit_go(l, m.end);
    LLVMValueRef phi = LLVMBuildPhi(l->builder, compares ? l->i1 : l->i64, "");
    LLVMAddIncoming(phi, m.result, m.from, m.count);
    return phi;
}

// ---- nodes

static LLVMValueRef lower(Lower *l, const Node *n) {
    LLVMBuilderRef b = l->builder;
#define A t2_emit_input(l, n, 0)
#define B t2_emit_input(l, n, 1)
    switch ((NodeOp)n->op) {
    case N_BOX_INT:
        return t2_emit_box_int(l, A);
    case N_UNBOX_INT:
        return t2_emit_unbox_int(l, A);
    case N_BOX_DOUBLE:
        return t2_emit_box_double(l, A);
    case N_UNBOX_DOUBLE:
        return t2_emit_unbox_double(l, A);
    case N_BOX_BOOL:
        return t2_emit_box_bool(l, A);
    case N_TRUTHY:
        return truthy(l, n);
    case N_INT_TO_DOUBLE:
        return LLVMBuildSIToFP(b, A, l->f64, "");
    case N_BOX_CHAR:
        return LLVMBuildOr(b, A, t2_emit_word(l, CHAR_TAG), "");
    case N_UNBOX_CHAR:
        return LLVMBuildAnd(b, A, t2_emit_word(l, UINT32_MAX), "");
    case N_ADD_CHECKED:
        return checked(l, n, N_ADD_INT);
    case N_SUB_CHECKED:
        return checked(l, n, N_SUB_INT);
    case N_MUL_CHECKED:
        return checked(l, n, N_MUL_INT);
    case N_ADD_INT:
        return LLVMBuildNSWAdd(b, A, B, "");
    case N_SUB_INT:
        return LLVMBuildNSWSub(b, A, B, "");
    case N_MUL_INT:
        return LLVMBuildNSWMul(b, A, B, "");
    case N_QUO_INT:
        return LLVMBuildSDiv(b, A, B, "");
    case N_REM_INT:
        return LLVMBuildSRem(b, A, B, "");
    case N_MOD_INT:
        return modulo(l, A, B);
    case N_AND_INT:
        return LLVMBuildAnd(b, A, B, "");
    case N_OR_INT:
        return LLVMBuildOr(b, A, B, "");
    case N_XOR_INT:
        return LLVMBuildXor(b, A, B, "");
    case N_SHL_INT:
        return LLVMBuildShl(b, A, B, "");
    case N_SHR_INT:
        return LLVMBuildAShr(b, A, B, "");
    case N_LT_INT:
        return t2_emit_compare(l, LLVMIntSLT, A, B);
    case N_LE_INT:
        return t2_emit_compare(l, LLVMIntSLE, A, B);
    case N_EQ_INT:
        return t2_emit_compare(l, LLVMIntEQ, A, B);
    case N_ADD_DOUBLE:
        return LLVMBuildFAdd(b, A, B, "");
    case N_SUB_DOUBLE:
        return LLVMBuildFSub(b, A, B, "");
    case N_MUL_DOUBLE:
        return LLVMBuildFMul(b, A, B, "");
    case N_DIV_DOUBLE:
        return LLVMBuildFDiv(b, A, B, "");
    case N_NEG_DOUBLE:
        return LLVMBuildFNeg(b, A, "");
    case N_ABS_DOUBLE:
        return unary(l, n, "llvm.fabs");
    case N_SQRT_DOUBLE:
        return unary(l, n, "llvm.sqrt");
    case N_FLOOR_DOUBLE:
        return unary(l, n, "llvm.floor");
    case N_CEIL_DOUBLE:
        return unary(l, n, "llvm.ceil");
    case N_TRUNC_DOUBLE:
        return unary(l, n, "llvm.trunc");
    case N_ROUND_DOUBLE:
        return unary(l, n, "llvm.roundeven");
    case N_MATH_DOUBLE:
        return math(l, n);
    case N_LT_DOUBLE:
        return LLVMBuildFCmp(b, LLVMRealOLT, A, B, "");
    case N_LE_DOUBLE:
        return LLVMBuildFCmp(b, LLVMRealOLE, A, B, "");
    case N_EQ_DOUBLE:
        return LLVMBuildFCmp(b, LLVMRealOEQ, A, B, "");
    case N_DOUBLE_TO_INT:
        return double_to_int(l, n);
    case N_ARITHMETIC:
    case N_COMPARE:
        return generic(l, n);
    default:
        return NULL;
    }
#undef A
#undef B
}

bool t2_lower_number(Lower *l, const Node *n) {
    LLVMValueRef v = lower(l, n);
    if (v)
        l->values[n->id] = v;
    return v != NULL;
}
