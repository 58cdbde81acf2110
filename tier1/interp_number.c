// Handlers of arithmetic and numeric tests.
//
// A site begins as its base opcode, which looks at the operands and writes the variant for them:
// fixnums, flonums or anything. A variant that meets something else writes the last one
// (opcodes.def).
#include "runtime/numbers.h"
#include "tier1/interp_int.h"

// ---- quickening

enum { KIND_FIX = 1, KIND_FLO = 2, KIND_ANY = 3 }; // distance from the base opcode
static_assert(OP_ADD_FIX == OP_ADD + KIND_FIX && OP_ADD_FLO == OP_ADD + KIND_FLO &&
              OP_ADD_ANY == OP_ADD + KIND_ANY);
static_assert(OP_QUO_FIX == OP_QUO + KIND_FIX && OP_QUO_ANY == OP_QUO + 2);
static_assert(OP_JLT_FIX == OP_JLT + KIND_FIX && OP_JLT_FLO == OP_JLT + KIND_FLO &&
              OP_JLT_ANY == OP_JLT + KIND_ANY);

static inline int kind_of(Value a, Value b) {
    if (value_both_fixnum(a, b))
        return KIND_FIX;
    return value_is_flonum(a) && value_is_flonum(b) ? KIND_FLO : KIND_ANY;
}
static inline int kind_of1(Value a) {
    return value_is_fixnum(a) ? KIND_FIX : value_is_flonum(a) ? KIND_FLO : KIND_ANY;
}

SLOW_HANDLER(quicken_bc) {
    set_op(pc, word_op(*pc) + kind_of(RB, RC));
    DISPATCH();
}
SLOW_HANDLER(quicken_ab) {
    set_op(pc, word_op(*pc) + kind_of(RA, RB));
    DISPATCH();
}
// An immediate is exact; a flonum and exact 0 are left to the general case, which knows what is
// special about it.
SLOW_HANDLER(quicken_b) {
    int kind = kind_of1(RB);
    set_op(pc, word_op(*pc) + (kind == KIND_FLO && FIELD_SC == 0 ? KIND_ANY : kind));
    DISPATCH();
}
SLOW_HANDLER(quicken_a) {
    set_op(pc, word_op(*pc) + kind_of1(RA));
    DISPATCH();
}
SLOW_HANDLER(quicken_integers) {
    set_op(pc, word_op(*pc) + (value_both_fixnum(RB, RC) ? KIND_FIX : 2));
    DISPATCH();
}
SLOW_HANDLER(quicken_integer) {
    set_op(pc, word_op(*pc) + (value_is_fixnum(RB) ? KIND_FIX : 2));
    DISPATCH();
}
// A variant has met something else.
SLOW_HANDLER(widen) {
    Op base_op = t1_op_info[word_op(*pc)].base;
    bool integer = base_op >= OP_QUO && base_op <= OP_MODI_ANY;
    set_op(pc, base_op + (integer ? 2 : KIND_ANY));
    DISPATCH();
}
static_assert(OP_MODI_ANY - OP_QUO == 17, "the integer families are one range");

// ---- + - * /

// A fixnum has its 14 top bits set: one comparison tells whether all of them are fixnums, overflow
// included.
static inline bool fix_add(Value a, Value b, Value *result) {
    *result = fixnum_add_raw(a, b);
    return value_is_fixnum(a & b & *result);
}
static inline bool fix_sub(Value a, Value b, Value *result) {
    *result = fixnum_sub_raw(a, b);
    return value_is_fixnum(a & b & *result);
}
// The same with a small number, which is known to be one.
static inline bool fix_add_small(Value a, Value b, Value *result) {
    *result = a + (b - FIXNUM_BIAS);
    return value_is_fixnum(a & *result);
}
static inline bool fix_sub_small(Value a, Value b, Value *result) {
    *result = a - (b - FIXNUM_BIAS);
    return value_is_fixnum(a & *result);
}
static inline bool fix_mul(Value a, Value b, Value *result) {
    int64_t product;
    if (!value_both_fixnum(a, b) ||
        __builtin_mul_overflow(value_fixnum(a), value_fixnum(b), &product))
        return false;
    *result = value_from_fixnum(product);
    return fixnum_fits(product);
}
static inline bool fix_div(Value a, Value b, Value *result) {
    if (!value_both_fixnum(a, b))
        return false;
    int64_t x = value_fixnum(a), y = value_fixnum(b);
    if (y == 0 || x % y != 0)
        return false;
    *result = value_from_fixnum(x / y);
    return fixnum_fits(x / y);
}

// Flonums without tests. Whatever is no flonum decodes to a NaN: pointers and specials to 0xFFFF…,
// characters and fixnums to 0xFFF9… and above. A NaN among the operands makes the result a NaN, or
// a comparison unordered; so only then the operands have to be looked at.
//
// Variables of loops go through memory from one iteration to the next, so latency counts. On x86
// decoding and encoding are done in the vector register where the double is wanted: the way through
// an integer register costs 6 cycles more.
//
// An integer becomes a double in a register that is cleared first: the conversion leaves half of it
// as it was, and would wait for whatever wrote that last.
#ifdef __x86_64__
typedef uint64_t Lanes __attribute__((vector_size(16)));
static const Lanes flonum_offset = {FLONUM_OFFSET, FLONUM_OFFSET};
static inline double decode(Value v) {
    double d;
    memcpy(&d, &v, sizeof d);
    __asm__("psubq %1, %0" : "+x"(d) : "m"(flonum_offset));
    return d;
}
static inline Value encode(double d) {
    Value v;
    __asm__("paddq %1, %0" : "+x"(d) : "m"(flonum_offset));
    memcpy(&v, &d, sizeof v);
    return v;
}
static inline double whole(int64_t n) {
    double d;
    __asm__("pxor %0, %0\n\tcvtsi2sdq %1, %0" : "=&x"(d) : "r"(n));
    return d;
}
#else
static inline double whole(int64_t n) { return (double)n; }
static inline double decode(Value v) { return value_double(v); }
static inline Value encode(double d) { return value_from_double(d); }
#endif

// Two numbers of which one at least is a flonum and the other one or a fixnum. Exact 0 has rules of
// its own; any other fixnum is exactly a double.
static inline bool both_double(Value a, Value b, double *x, double *y) {
    if (value_is_flonum(a))
        *x = value_double(a);
    else if (value_is_fixnum(a) && a != FIXNUM_BIAS && value_is_flonum(b))
        *x = whole(value_fixnum(a));
    else
        return false;
    if (value_is_flonum(b))
        *y = value_double(b);
    else if (value_is_fixnum(b) && b != FIXNUM_BIAS)
        *y = whole(value_fixnum(b));
    else
        return false;
    return true;
}

#define ARITHMETIC(ID, fix, relation, general, SECOND, QUICKEN)                                    \
    SLOW_HANDLER(slow_##ID) {                                                                      \
        vm->frame_base = base;                                                                     \
        Value result = general(vm, RB, SECOND);                                                    \
        if (UNLIKELY(result == VALUE_FAILURE))                                                     \
            GO(t1_slow_site);                                                                      \
        RA = result;                                                                               \
        NEXT_AFTER_CALL(ID);                                                                       \
    }                                                                                              \
    OPCODE(ID) { GO(QUICKEN); }                                                                    \
    OPCODE(ID##_FIX) {                                                                             \
        Value result;                                                                              \
        if (UNLIKELY(!fix(RB, SECOND, &result)))                                                   \
            GO(widen);                                                                             \
        RA = result;                                                                               \
        NEXT(ID);                                                                                  \
    }                                                                                              \
    OPCODE(ID##_ANY) {                                                                             \
        Value result;                                                                              \
        if (!fix(RB, SECOND, &result)) {                                                           \
            double x, y;                                                                           \
            if (!both_double(RB, SECOND, &x, &y))                                                  \
                GO(slow_##ID);                                                                     \
            result = value_from_double(x relation y);                                              \
        }                                                                                          \
        RA = result;                                                                               \
        NEXT(ID);                                                                                  \
    }
#define ARITHMETIC2(ID, fix, relation, general)                                                    \
    ARITHMETIC(ID, fix, relation, general, RC, quicken_bc)                                         \
    SLOW_HANDLER(nan_##ID) {                                                                       \
        Value a = RB, b = RC;                                                                      \
        if (!value_is_flonum(a) || !value_is_flonum(b))                                            \
            GO(widen);                                                                             \
        RA = value_from_double(value_double(a) relation value_double(b));                          \
        NEXT(ID);                                                                                  \
    }                                                                                              \
    OPCODE(ID##_FLO) {                                                                             \
        double result = decode(RB) relation decode(RC);                                            \
        if (UNLIKELY(result != result))                                                            \
            GO(nan_##ID);                                                                          \
        RA = encode(result);                                                                       \
        NEXT(ID);                                                                                  \
    }
#define ARITHMETIC_IMMEDIATE(ID, fix, relation, general)                                           \
    ARITHMETIC(ID, fix, relation, general, value_from_fixnum(FIELD_SC), quicken_b)                 \
    SLOW_HANDLER(nan_##ID) {                                                                       \
        Value a = RB;                                                                              \
        if (!value_is_flonum(a))                                                                   \
            GO(widen);                                                                             \
        RA = value_from_double(value_double(a) relation whole(FIELD_SC));                          \
        NEXT(ID);                                                                                  \
    }                                                                                              \
    OPCODE(ID##_FLO) {                                                                             \
        double result = decode(RB) relation whole(FIELD_SC);                                       \
        if (UNLIKELY(result != result))                                                            \
            GO(nan_##ID);                                                                          \
        RA = encode(result);                                                                       \
        NEXT(ID);                                                                                  \
    }

ARITHMETIC2(ADD, fix_add, +, rt_num_add)
ARITHMETIC2(SUB, fix_sub, -, rt_num_sub)
ARITHMETIC2(MUL, fix_mul, *, rt_num_mul)
ARITHMETIC2(DIV, fix_div, /, rt_num_div)
ARITHMETIC_IMMEDIATE(ADDI, fix_add_small, +, rt_num_add)
ARITHMETIC_IMMEDIATE(SUBI, fix_sub_small, -, rt_num_sub)
ARITHMETIC_IMMEDIATE(MULI, fix_mul, *, rt_num_mul)

// ---- integer division

static inline int64_t divide(int64_t x, int64_t y) {
    // Division of 32 bits is several times faster on many machines.
    if (((uint64_t)(x | y) >> 32) == 0)
        return (uint32_t)x / (uint32_t)y;
    return x / y;
}
static inline int64_t fix_quotient(int64_t x, int64_t y) { return divide(x, y); }
static inline int64_t fix_remainder(int64_t x, int64_t y) {
    if (((uint64_t)(x | y) >> 32) == 0)
        return (uint32_t)x % (uint32_t)y;
    return x % y;
}
static inline int64_t fix_modulo(int64_t x, int64_t y) {
    int64_t r = fix_remainder(x, y);
    return r != 0 && (r ^ y) < 0 ? r + y : r;
}

#define INTEGER(ID, fix, general, SECOND, IS_FIX, QUICKEN)                                         \
    SLOW_HANDLER(slow_##ID) {                                                                      \
        vm->frame_base = base;                                                                     \
        Value result = general(vm, RB, SECOND);                                                    \
        if (UNLIKELY(result == VALUE_FAILURE))                                                     \
            GO(t1_slow_site);                                                                      \
        RA = result;                                                                               \
        NEXT_AFTER_CALL(ID);                                                                       \
    }                                                                                              \
    OPCODE(ID) { GO(QUICKEN); }                                                                    \
    OPCODE(ID##_FIX) {                                                                             \
        Value a = RB, b = SECOND;                                                                  \
        if (UNLIKELY(!IS_FIX || value_fixnum(b) == 0))                                             \
            GO(widen);                                                                             \
        int64_t result = fix(value_fixnum(a), value_fixnum(b));                                    \
        if (UNLIKELY(!fixnum_fits(result)))                                                        \
            GO(widen);                                                                             \
        RA = value_from_fixnum(result);                                                            \
        NEXT(ID);                                                                                  \
    }                                                                                              \
    OPCODE(ID##_ANY) {                                                                             \
        Value a = RB, b = SECOND;                                                                  \
        if (!IS_FIX || value_fixnum(b) == 0)                                                       \
            GO(slow_##ID);                                                                         \
        int64_t result = fix(value_fixnum(a), value_fixnum(b));                                    \
        if (UNLIKELY(!fixnum_fits(result)))                                                        \
            GO(slow_##ID);                                                                         \
        RA = value_from_fixnum(result);                                                            \
        NEXT(ID);                                                                                  \
    }
#define INTEGER2(ID, fix, general)                                                                 \
    INTEGER(ID, fix, general, RC, value_both_fixnum(a, b), quicken_integers)
#define INTEGER_IMMEDIATE(ID, fix, general)                                                        \
    INTEGER(ID, fix, general, value_from_fixnum(FIELD_SC), value_is_fixnum(a), quicken_integer)

INTEGER2(QUO, fix_quotient, rt_num_quotient)
INTEGER2(REM, fix_remainder, rt_num_remainder)
INTEGER2(MOD, fix_modulo, rt_num_modulo)
INTEGER_IMMEDIATE(QUOI, fix_quotient, rt_num_quotient)
INTEGER_IMMEDIATE(REMI, fix_remainder, rt_num_remainder)
INTEGER_IMMEDIATE(MODI, fix_modulo, rt_num_modulo)

OPCODE(NEG) {
    Value a = RB;
    if (value_is_fixnum(a)) {
        Value result = fixnum_sub_raw(value_from_fixnum(0), a);
        if (UNLIKELY(!value_is_fixnum(result)))
            GO(t1_slow_site);
        RA = result;
    } else if (value_is_flonum(a))
        RA = value_from_double(-value_double(a));
    else
        GO(t1_slow_site);
    NEXT(NEG);
}

// ---- comparisons

// The rest of a test that has called C.
#define BRANCH_AFTER_CALL(ID, condition)                                                           \
    do {                                                                                           \
        pc += WORDS_##ID + ((condition) ? (int32_t)pc[1] : 0);                                     \
        table = &t1_table;                                                                         \
        value = VALUE_NONE;                                                                        \
        DISPATCH();                                                                                \
    } while (0)

// `sense` is empty or !: which outcome jumps.
#define COMPARISON(ID, relation, sense, general, SECOND, IS_FIX, IS_FLO, FLO_SECOND, DECODED,      \
                   QUICKEN)                                                                        \
    SLOW_HANDLER(slow_##ID) {                                                                      \
        vm->frame_base = base;                                                                     \
        Value result = general(vm, RA, SECOND);                                                    \
        if (UNLIKELY(result == VALUE_FAILURE))                                                     \
            GO(t1_slow_site);                                                                      \
        BRANCH_AFTER_CALL(ID, sense(result == VALUE_TRUE));                                        \
    }                                                                                              \
    OPCODE(ID) { GO(QUICKEN); }                                                                    \
    OPCODE(ID##_FIX) {                                                                             \
        Value a = RA, b = SECOND;                                                                  \
        if (UNLIKELY(!IS_FIX))                                                                     \
            GO(widen);                                                                             \
        BRANCH(ID, sense(a relation b));                                                           \
    }                                                                                              \
    SLOW_HANDLER(nan_##ID) {                                                                       \
        Value a = RA;                                                                              \
        if (!IS_FLO)                                                                               \
            GO(widen);                                                                             \
        BRANCH(ID, sense(value_double(a) relation FLO_SECOND));                                    \
    }                                                                                              \
    OPCODE(ID##_FLO) {                                                                             \
        double x = decode(RA), y = DECODED;                                                        \
        if (UNLIKELY(__builtin_isunordered(y, x)))                                                 \
            GO(nan_##ID);                                                                          \
        BRANCH(ID, sense(x relation y));                                                           \
    }                                                                                              \
    OPCODE(ID##_ANY) {                                                                             \
        Value a = RA, b = SECOND;                                                                  \
        bool is;                                                                                   \
        double x, y;                                                                               \
        if (IS_FIX)                                                                                \
            is = a relation b;                                                                     \
        else if (both_double(a, b, &x, &y))                                                        \
            is = x relation y;                                                                     \
        else                                                                                       \
            GO(slow_##ID);                                                                         \
        BRANCH(ID, sense is);                                                                      \
    }
#define COMPARISON2(ID, relation, general)                                                         \
    COMPARISON(J##ID, relation, , general, RB, value_both_fixnum(a, b),                            \
               (value_is_flonum(a) && value_is_flonum(RB)), value_double(RB), decode(RB),          \
               quicken_ab)                                                                         \
    COMPARISON(JN##ID, relation, !, general, RB, value_both_fixnum(a, b),                          \
               (value_is_flonum(a) && value_is_flonum(RB)), value_double(RB), decode(RB),          \
               quicken_ab)
#define COMPARISON_IMMEDIATE(ID, relation, general)                                                \
    COMPARISON(J##ID, relation, , general, value_from_fixnum(field_sbx(pc)), value_is_fixnum(a),   \
               value_is_flonum(a), whole(field_sbx(pc)), whole(field_sbx(pc)), quicken_a)          \
    COMPARISON(JN##ID, relation, !, general, value_from_fixnum(field_sbx(pc)), value_is_fixnum(a), \
               value_is_flonum(a), whole(field_sbx(pc)), whole(field_sbx(pc)), quicken_a)

COMPARISON2(NUM, ==, rt_num_eq)
COMPARISON2(LT, <, rt_num_lt)
COMPARISON2(LE, <=, rt_num_le)
COMPARISON_IMMEDIATE(NUMI, ==, rt_num_eq)
COMPARISON_IMMEDIATE(LTI, <, rt_num_lt)
COMPARISON_IMMEDIATE(LEI, <=, rt_num_le)
COMPARISON_IMMEDIATE(GTI, >, rt_num_gt)
COMPARISON_IMMEDIATE(GEI, >=, rt_num_ge)

// ---- shortcuts of loops

// One more turn, unless it is the one that makes the loop hot: that one is left to the LOOP behind.
static inline bool counts_on(const uint32_t *pc) {
#ifdef KILN_NO_PROFILE
    (void)pc;
    return true;
#else
    uint32_t *counter = (uint32_t *)pc + SHORTCUT_COUNTER, turns = *counter + 1;
    if (UNLIKELY(turns == 0))
        return false;
    *counter = turns;
    return true;
#endif
}

#define GO_AGAIN(ID)                                                                               \
    do {                                                                                           \
        pc += WORDS_##ID + (int32_t)pc[1];                                                         \
        SEPARATE("again");                                                                         \
        DISPATCH();                                                                                \
    } while (0)
#define SHORTCUT(ID, limit_, addend_, relation, FLONUMS)                                           \
    static_assert(WORDS_##ID == SHORTCUT_WORDS);                                                   \
    OPCODE(ID) {                                                                                   \
        Value from = RB, limit = limit_, to = from + (Value)(int64_t)(addend_);                    \
        if (LIKELY(value_is_fixnum(from & to & limit))) {                                          \
            if (to relation limit && !t1_polled(vm) && counts_on(pc)) {                            \
                RA = to;                                                                           \
                GO_AGAIN(ID);                                                                      \
            }                                                                                      \
        } else                                                                                     \
            FLONUMS;                                                                               \
        pc += WORDS_##ID;                                                                          \
        SEPARATE("on");                                                                            \
        DISPATCH();                                                                                \
    }
#define ADDEND ((int32_t)pc[2])
// A value that stays where it is is not written: the next turn would wait for it to come back.
#define FLONUMS(ID, relation)                                                                      \
    if (ADDEND == 0 && decode(RB) relation decode(RC) && !t1_polled(vm) && counts_on(pc)) {        \
        if (FIELD_A != FIELD_B)                                                                    \
            RA = RB;                                                                               \
        GO_AGAIN(ID);                                                                              \
    }
SHORTCUT(LOOP_LT, RC, ADDEND, <, FLONUMS(LOOP_LT, <))
SHORTCUT(LOOP_LE, RC, ADDEND, <=, FLONUMS(LOOP_LE, <=))
SHORTCUT(LOOP_NE, RC, ADDEND, !=, {})
SHORTCUT(LOOP_LTI, value_from_fixnum((int32_t)pc[2]), FIELD_SC, <, {})
SHORTCUT(LOOP_NEI, value_from_fixnum((int32_t)pc[2]), FIELD_SC, !=, {})
SHORTCUT(LOOP_LTG, value_cell(constants[pc[2]])->value, FIELD_SC, <, {})
#define SHORTCUT_FLONUM(ID, relation)                                                              \
    OPCODE(ID) {                                                                                   \
        double to = decode(RB) + decode(constants[pc[2]]);                                         \
        if (LIKELY(to relation decode(RC)) && !t1_polled(vm) && counts_on(pc)) {                   \
            RA = encode(to);                                                                       \
            GO_AGAIN(ID);                                                                          \
        }                                                                                          \
        pc += WORDS_##ID;                                                                          \
        SEPARATE("on");                                                                            \
        DISPATCH();                                                                                \
    }
SHORTCUT_FLONUM(LOOP_LTF, <)
SHORTCUT_FLONUM(LOOP_LEF, <=)

#define PARITY(ID, relation)                                                                       \
    OPCODE(ID) {                                                                                   \
        Value a = RA;                                                                              \
        if (UNLIKELY(!value_is_fixnum(a)))                                                         \
            GO(t1_slow_site);                                                                      \
        BRANCH(ID, (a & 1) relation 0);                                                            \
    }
static_assert((FIXNUM_BIAS & 1) == 0, "a fixnum's parity is its word's");
PARITY(JEVEN, ==)
PARITY(JNEVEN, !=)
PARITY(JODD, !=)
PARITY(JNODD, ==)

// ---- characters

#define CHARACTERS(ID, condition)                                                                  \
    OPCODE(ID) {                                                                                   \
        Value a = RA, b = RB;                                                                      \
        if (UNLIKELY(!value_is_char(a) || !value_is_char(b)))                                      \
            GO(t1_slow_site);                                                                      \
        BRANCH(ID, condition);                                                                     \
    }
CHARACTERS(JCHAR_EQ, a == b)
CHARACTERS(JNCHAR_EQ, a != b)
CHARACTERS(JCHAR_LT, a < b)
CHARACTERS(JNCHAR_LT, a >= b)
CHARACTERS(JCHAR_LE, a <= b)
CHARACTERS(JNCHAR_LE, a > b)
OPCODE(JCHAR_IS) {
    Value a = RA;
    if (UNLIKELY(!value_is_char(a)))
        GO(t1_slow_site);
    BRANCH(JCHAR_IS, a == constants[field_bx(pc)]);
}
OPCODE(JNCHAR_IS) {
    Value a = RA;
    if (UNLIKELY(!value_is_char(a)))
        GO(t1_slow_site);
    BRANCH(JNCHAR_IS, a != constants[field_bx(pc)]);
}
