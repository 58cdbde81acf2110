// Primitives as operations of the graph: those that are frequent, by name. See build_int.h.
//
// One row an intrinsic. Its function looks at the arguments' types, guards what it supposes, and
// answers the result; NULL: the C function is to be called. Guards are as for the instructions that
// some of these primitives have, so a site that fails too often calls the C function as well, and
// where that fails tier 1 runs the instruction again to raise.
#include "tier2/build_int.h"
#include <math.h>
#include <stdlib.h>

typedef struct Intrinsic {
    const char *name;
    Node *(*build)(Builder *b, const struct Intrinsic *row, uint32_t count, Node **args);
    int arguments; // -1: any number
    int64_t what;  // operation, class set …
    double (*function1)(double);
    double (*function2)(double, double);
} Intrinsic;
#define BUILD(name)                                                                                \
    static Node *name(Builder *b, [[maybe_unused]] const Intrinsic *row,                           \
                      [[maybe_unused]] uint32_t count, [[maybe_unused]] Node **args)

static Node *unspecified(Builder *b) { return t2_value(b, VALUE_UNSPECIFIED); }
static Node *boolean(Builder *b, bool is) { return t2_constant_bool(b->graph, is); }
// May a site suppose types at all?
static bool trusted(const Builder *b) { return !t2_is_generic(b, EXIT_TYPE); }

// ---- pairs and lists

static Node *pair(Builder *b, Node *x) { return t2_guard_class(b, x, CLASS(PAIR), EXIT_TYPE); }

// car, cdr and what is composed of them: the letters between c and r, from the last to the first.
BUILD(pair_path) {
    if (!trusted(b))
        return NULL;
    Node *x = args[0];
    size_t length = strlen(row->name);
    for (size_t i = length - 2; i > 0; i--)
        x = emit1(b, row->name[i] == 'a' ? N_CAR : N_CDR, pair(b, x));
    return x;
}
BUILD(set_pair) {
    if (!trusted(b))
        return NULL;
    Node *x = pair(b, args[0]);
    emit2(b, (NodeOp)row->what, x, args[1]);
    return unspecified(b);
}
BUILD(cons) { return emit2(b, N_NEW_PAIR, args[0], args[1]); }
BUILD(list) {
    enum { LONGEST = 8 };
    if (count > LONGEST)
        return NULL;
    Node *tail = t2_value(b, VALUE_NULL);
    for (uint32_t i = count; i-- > 0;)
        tail = emit2(b, N_NEW_PAIR, args[i], tail);
    return tail;
}
BUILD(several_values) {
    enum { MOST = 8 };
    if (count == 1)
        return args[0];
    return count <= MOST ? t2_emit(b, N_NEW_VALUES, count, args) : NULL;
}

// ---- boxes

BUILD(box) { return emit1(b, N_NEW_BOX, args[0]); }
BUILD(unbox) {
    if (!trusted(b))
        return NULL;
    return emit1(b, N_BOX_REF, t2_guard_class(b, args[0], CLASS(BOX), EXIT_TYPE));
}
BUILD(set_box) {
    if (!trusted(b))
        return NULL;
    emit2(b, N_BOX_SET, t2_guard_class(b, args[0], CLASS(BOX), EXIT_TYPE), args[1]);
    return unspecified(b);
}

// ---- vectors, bytevectors, strings

static bool indexed(const Builder *b) { return trusted(b) && !t2_is_generic(b, EXIT_BOUNDS); }

BUILD(length_of_vector) {
    if (!trusted(b))
        return NULL;
    return emit1(b, N_VECTOR_LENGTH, t2_guard_class(b, args[0], CLASS(VECTOR), EXIT_TYPE));
}
BUILD(vector_ref) {
    if (!indexed(b))
        return NULL;
    Node *v = t2_guard_class(b, args[0], CLASS(VECTOR), EXIT_TYPE);
    Node *i = t2_index(b, args[1], emit1(b, N_VECTOR_LENGTH, v));
    return emit2(b, N_VECTOR_REF, v, i);
}
BUILD(vector_set) {
    if (!indexed(b))
        return NULL;
    Node *v = t2_guard_class(b, args[0], CLASS(VECTOR), EXIT_TYPE);
    if (v->op != N_NEW_VECTOR)
        t2_guard(b, emit1(b, N_VECTOR_MUTABLE, v), true, EXIT_TYPE);
    Node *i = t2_index(b, args[1], emit1(b, N_VECTOR_LENGTH, v));
    emit3(b, N_VECTOR_SET, v, i, args[2]);
    return unspecified(b);
}
BUILD(vector) {
    enum { LONGEST = 8 };
    return count > 0 && count <= LONGEST ? t2_emit(b, N_NEW_VECTOR, count, args) : NULL;
}
BUILD(length_of_bytevector) {
    if (!trusted(b))
        return NULL;
    return emit1(b, N_BYTEVECTOR_LENGTH, t2_guard_class(b, args[0], CLASS(BYTEVECTOR), EXIT_TYPE));
}
BUILD(byte_ref) {
    if (!indexed(b))
        return NULL;
    Node *v = t2_guard_class(b, args[0], CLASS(BYTEVECTOR), EXIT_TYPE);
    return emit2(b, N_BYTE_REF, v, t2_index(b, args[1], emit1(b, N_BYTEVECTOR_LENGTH, v)));
}
BUILD(byte_set) {
    if (!indexed(b))
        return NULL;
    Node *v = t2_guard_class(b, args[0], CLASS(BYTEVECTOR), EXIT_TYPE);
    Node *i = t2_index(b, args[1], emit1(b, N_BYTEVECTOR_LENGTH, v));
    emit3(b, N_BYTE_SET, v, i, t2_index(b, args[2], t2_int(b, 256)));
    return unspecified(b);
}
BUILD(length_of_string) {
    if (!trusted(b))
        return NULL;
    return emit1(b, N_STRING_LENGTH, t2_guard_class(b, args[0], CLASS(STRING), EXIT_TYPE));
}
BUILD(string_ref) {
    if (!indexed(b))
        return NULL;
    Node *s = t2_guard_class(b, args[0], CLASS(STRING), EXIT_TYPE);
    Node *i = t2_index(b, args[1], emit1(b, N_STRING_LENGTH, s));
    return emit1(b, N_BOX_CHAR, emit2(b, N_STRING_REF, s, i));
}
BUILD(string_set) {
    if (!indexed(b))
        return NULL;
    Node *s = t2_guard_class(b, args[0], CLASS(STRING), EXIT_TYPE);
    Node *i = t2_index(b, args[1], emit1(b, N_STRING_LENGTH, s));
    t2_exits(b, emit3(b, N_STRING_SET, s, i, t2_character(b, args[2], EXIT_TYPE)), EXIT_TYPE);
    return unspecified(b);
}

// ---- characters

BUILD(char_to_integer) { return trusted(b) ? t2_character(b, args[0], EXIT_TYPE) : NULL; }
BUILD(integer_to_char) {
    if (!indexed(b))
        return NULL;
    // Those below the surrogates; others are rare.
    return emit1(b, N_BOX_CHAR, t2_index(b, args[0], t2_int(b, 0xD800)));
}
BUILD(compare_chars) {
    if (!trusted(b))
        return NULL;
    Node *x = t2_character(b, args[0], EXIT_TYPE), *y = t2_character(b, args[1], EXIT_TYPE);
    bool back = row->name[4] == '>';
    return emit2(b, (NodeOp)row->what, back ? y : x, back ? x : y);
}

// ---- tests

BUILD(is_class) { return t2_is_class(b, args[0], (ClassSet)row->what); }
BUILD(is_special) { return emit2(b, N_IS_SAME, args[0], t2_value(b, (Value)row->what)); }
// Of numbers that are no flonums their classes tell; whether a flonum has a fraction they do not.
BUILD(is_integer) {
    if (args[0]->type.set & CLASS(FLONUM) && !trusted(b))
        return NULL;
    Node *x = t2_guard_class(b, args[0], CLASS_ALL & ~CLASS(FLONUM), EXIT_TYPE);
    return t2_is_class(b, x, CLASS(FIXNUM) | CLASS(BIGNUM));
}
BUILD(is_exact) {
    if (!trusted(b))
        return NULL;
    ClassSet exact = CLASS(FIXNUM) | CLASS(BIGNUM) | CLASS(RATNUM);
    Node *x = t2_guard_class(b, args[0], exact | CLASS(FLONUM), EXIT_TYPE);
    return t2_is_class(b, x, row->what ? exact : CLASS(FLONUM));
}
BUILD(is_procedure) {
    // Continuations and parameters are of the class of all other objects.
    if (args[0]->type.set & CLASS(OBJECT) && !trusted(b))
        return NULL;
    Node *x = t2_guard_class(b, args[0], CLASS_ALL & ~CLASS(OBJECT), EXIT_TYPE);
    return t2_is_class(b, x, CLASS(CLOSURE) | CLASS(PRIMITIVE));
}
BUILD(negation) { return emit1(b, N_NOT, t2_truth(b, args[0])); }
BUILD(same) {
    if (args[0]->op == N_CONSTANT && args[1]->op == N_CONSTANT)
        return boolean(b, args[0]->value == args[1]->value);
    return emit2(b, N_IS_SAME, args[0], args[1]);
}
BUILD(eqv) { return t2_eqv(b, args[0], args[1]); }
// Where either is of a class that eqv? tells apart, equal? is eqv?.
BUILD(equal) {
    ClassSet deep = CLASS(PAIR) | CLASS(STRING) | CLASS(VECTOR) | CLASS(BYTEVECTOR) | CLASS(ARRAY) |
                    CLASS(BOX) | CLASS(VALUES) | CLASS(RECORD) | CLASS(TABLE) | CLASS(DICT) |
                    CLASS(OBJECT);
    if (args[0]->type.set & deep && args[1]->type.set & deep)
        return NULL;
    return t2_eqv(b, args[0], args[1]);
}

// ---- sends

BUILD(lookup) { return t2_lookup(b, row->what, args); }
// Where a character or symbol is compared with a constant of its kind.
BUILD(same_value) {
    for (int i = 0; i < 2; i++) {
        ClassSet set = args[i]->type.set & (CLASS(CHAR) | CLASS(SYMBOL));
        if (args[i]->op != N_CONSTANT || !set)
            continue;
        if (args[1 - i]->type.set & ~set && !trusted(b))
            return NULL;
        return same(b, row, 2, (Node *[]){t2_guard_class(b, args[1 - i], set, EXIT_TYPE), args[i]});
    }
    return NULL;
}

// ---- numbers

static Node *choose(Builder *b, Node *condition, Node *x, Node *y) {
    return emit3(b, N_SELECT, condition, x, y);
}

// What to suppose of two numbers, KIND_ANY: nothing.
static Kind kind_of_two(const Builder *b, const Node *x, const Node *y) {
    Kind kx = t2_kind_near(b, x), ky = t2_kind_near(b, y);
    return kx == KIND_ANY ? ky : ky == KIND_ANY || kx == ky ? kx : KIND_ANY;
}
BUILD(arithmetic) {
    return t2_arithmetic(b, (Arith)row->what, kind_of_two(b, args[0], args[1]), args[0], args[1]);
}
BUILD(subtract) {
    return count == 1 ? t2_negate(b, args[0])
           : count == 2
               ? t2_arithmetic(b, ARITH_SUB, kind_of_two(b, args[0], args[1]), args[0], args[1])
               : NULL;
}
BUILD(divide) {
    Node *one = t2_value(b, value_from_fixnum(1));
    if (count == 2)
        return t2_arithmetic(b, ARITH_DIV, kind_of_two(b, args[0], args[1]), args[0], args[1]);
    if (count != 1)
        return NULL;
    if (t2_kind_near(b, args[0]) != KIND_FLO || !trusted(b))
        return t2_arithmetic(b, ARITH_DIV, KIND_ANY, one, args[0]);
    return emit2(b, N_DIV_DOUBLE, t2_constant_double(b->graph, 1),
                 t2_flonum(b, args[0], EXIT_TYPE));
}
static Node *compare_two(Builder *b, const Intrinsic *row, Kind kind, Node *x, Node *y) {
    bool back = row->name[0] == '>';
    return t2_compare(b, (Relation)row->what, kind, back ? y : x, back ? x : y);
}
// All arguments have to be numbers, also where the outcome is known before they are looked at.
BUILD(compare) {
    enum { MOST = 8 };
    if (count == 2)
        return compare_two(b, row, kind_of_two(b, args[0], args[1]), args[0], args[1]);
    if (count < 2 || count > MOST || !trusted(b))
        return NULL;
    Kind kind = t2_kind_near(b, args[0]);
    for (uint32_t i = 1; i < count; i++)
        if (t2_kind_near(b, args[i]) != kind)
            return NULL;
    if (kind == KIND_ANY)
        return NULL;
    Node *number[MOST];
    for (uint32_t i = 0; i < count; i++)
        number[i] =
            kind == KIND_FIX ? t2_fixnum(b, args[i], EXIT_TYPE) : t2_flonum(b, args[i], EXIT_TYPE);
    Node *is = compare_two(b, row, kind, number[0], number[1]);
    for (uint32_t i = 2; i < count; i++)
        is = choose(b, is, compare_two(b, row, kind, number[i - 1], number[i]), boolean(b, false));
    return is;
}
BUILD(sign_test) {
    Node *zero = t2_value(b, value_from_fixnum(0)), *x = args[0];
    bool positive = row->name[0] == 'p';
    return t2_compare(b, (Relation)row->what, t2_kind_near(b, x), positive ? zero : x,
                      positive ? x : zero);
}
BUILD(parity) {
    if (!trusted(b))
        return NULL;
    Node *low = emit2(b, N_AND_INT, t2_fixnum(b, args[0], EXIT_TYPE), t2_int(b, 1));
    return emit2(b, N_EQ_INT, low, t2_int(b, row->what));
}
BUILD(absolute) {
    Kind kind = t2_kind_near(b, args[0]);
    if (kind == KIND_FLO && trusted(b))
        return emit1(b, N_ABS_DOUBLE, t2_flonum(b, args[0], EXIT_TYPE));
    if (kind != KIND_FIX || !trusted(b) || t2_is_generic(b, EXIT_OVERFLOW))
        return NULL;
    Node *x = t2_fixnum(b, args[0], EXIT_TYPE), *zero = t2_int(b, 0);
    if (x->type.low >= 0)
        return x;
    Node *negative = t2_exits(b, emit2(b, N_SUB_CHECKED, zero, x), EXIT_OVERFLOW);
    return choose(b, emit2(b, N_LT_INT, x, zero), negative, x);
}
BUILD(square) { return t2_arithmetic(b, ARITH_MUL, t2_kind_near(b, args[0]), args[0], args[0]); }
// A NaN among flonums is the result.
BUILD(extreme) {
    bool most = row->what;
    Kind kind = kind_of_two(b, args[0], args[1]);
    if (!trusted(b))
        return NULL;
    if (kind == KIND_FIX) {
        Node *x = t2_fixnum(b, args[0], EXIT_TYPE), *y = t2_fixnum(b, args[1], EXIT_TYPE);
        return choose(b, emit2(b, N_LT_INT, most ? y : x, most ? x : y), x, y);
    }
    if (kind != KIND_FLO)
        return NULL;
    Node *x = t2_flonum(b, args[0], EXIT_TYPE), *y = t2_flonum(b, args[1], EXIT_TYPE);
    Node *other = choose(b, emit2(b, N_EQ_DOUBLE, x, x), y, x);
    return choose(b, emit2(b, N_LE_DOUBLE, most ? y : x, most ? x : y), x, other);
}
// What is inexact already is seldom asked to be.
BUILD(inexact) {
    if (t2_is_a(args[0], CLASS(FLONUM)))
        return args[0];
    if (!trusted(b) && !t2_is_a(args[0], CLASS(FIXNUM)))
        return NULL;
    return emit1(b, N_INT_TO_DOUBLE, t2_fixnum(b, args[0], EXIT_TYPE));
}
BUILD(exact) {
    if (!trusted(b))
        return NULL;
    if (t2_is_a(args[0], CLASS(FIXNUM)))
        return args[0];
    return t2_exits(b, emit1(b, N_DOUBLE_TO_INT, t2_flonum(b, args[0], EXIT_TYPE)), EXIT_TYPE);
}
BUILD(rounding) {
    if (t2_is_a(args[0], CLASS(FIXNUM)))
        return args[0];
    return trusted(b) ? emit1(b, (NodeOp)row->what, t2_flonum(b, args[0], EXIT_TYPE)) : NULL;
}
BUILD(square_root) {
    if (!trusted(b) || t2_is_a(args[0], CLASS_ALL & ~CLASS(FLONUM)))
        return NULL;
    Node *x = t2_flonum(b, args[0], EXIT_TYPE);
    t2_guard(b, emit2(b, N_LE_DOUBLE, t2_constant_double(b->graph, 0), x), true, EXIT_TYPE);
    return emit1(b, N_SQRT_DOUBLE, x);
}

enum { DOMAIN_ALL, DOMAIN_POSITIVE, DOMAIN_UNIT };

static void guard_domain(Builder *b, Node *x, int64_t domain) {
    if (domain == DOMAIN_POSITIVE)
        t2_guard(b, emit2(b, N_LT_DOUBLE, t2_constant_double(b->graph, 0), x), true, EXIT_TYPE);
    else if (domain == DOMAIN_UNIT)
        t2_guard(b,
                 emit2(b, N_LE_DOUBLE, emit1(b, N_ABS_DOUBLE, x), t2_constant_double(b->graph, 1)),
                 true, EXIT_TYPE);
}
// Elementary functions of flonums. Beyond their domain results are complex.
BUILD(elementary) {
    if (!trusted(b) || count > 2)
        return NULL;
    Node *x[2];
    for (uint32_t i = 0; i < count; i++)
        if (t2_is_a(args[i], CLASS_ALL & ~CLASS(FLONUM)))
            return NULL;
    if (count == 2 && !row->function2)
        return NULL;
    for (uint32_t i = 0; i < count; i++)
        x[i] = t2_flonum(b, args[i], EXIT_TYPE);
    if (count == 1)
        guard_domain(b, x[0], row->what);
    Node *node = t2_emit(b, N_MATH_DOUBLE, count, x);
    node->pointer =
        count == 1 ? (void *)(uintptr_t)row->function1 : (void *)(uintptr_t)row->function2;
    node->index = primitive_index(t2_primitive_named(row->name));
    return node;
}

// ---- bits

static bool are_fixnums_supposed(const Builder *b, uint32_t count, Node **args) {
    for (uint32_t i = 0; i < count; i++)
        if (!(args[i]->type.set & CLASS(FIXNUM)))
            return false;
    return trusted(b);
}
BUILD(bits) {
    if (count == 0 || !are_fixnums_supposed(b, count, args))
        return NULL;
    Node *x = t2_fixnum(b, args[0], EXIT_TYPE);
    for (uint32_t i = 1; i < count; i++)
        x = emit2(b, (NodeOp)row->what, x, t2_fixnum(b, args[i], EXIT_TYPE));
    return x;
}
BUILD(bitwise_not) {
    if (!are_fixnums_supposed(b, 1, args))
        return NULL;
    return emit2(b, N_XOR_INT, t2_fixnum(b, args[0], EXIT_TYPE), t2_int(b, -1));
}
// Shifts by a known distance, or of a known number to the left.
BUILD(shift) {
    enum { FIXNUM_BITS = 50 };
    if (!are_fixnums_supposed(b, 2, args))
        return NULL;
    const Node *distance = args[1];
    Type by = distance->type.set == CLASS(FIXNUM) ? distance->type : t2_type_of_set(CLASS(FIXNUM));
    if (by.high <= 0) {
        Node *x = t2_fixnum(b, args[0], EXIT_TYPE), *n = t2_fixnum(b, args[1], EXIT_TYPE);
        n = emit2(b, N_SUB_INT, t2_int(b, 0), n);
        if (by.low < -63) // whatever is shifted further is gone
            n = choose(b, emit2(b, N_LT_INT, n, t2_int(b, 63)), n, t2_int(b, 63));
        return emit2(b, N_SHR_INT, x, n);
    }
    if (by.low == by.high && by.low < FIXNUM_BITS - 2 && !t2_is_generic(b, EXIT_OVERFLOW)) {
        Node *x = t2_fixnum(b, args[0], EXIT_TYPE);
        return t2_exits(b, emit2(b, N_MUL_CHECKED, x, t2_int(b, INT64_C(1) << by.low)),
                        EXIT_OVERFLOW);
    }
    if (args[0]->op == N_CONSTANT && value_is_fixnum(args[0]->value) && indexed(b) &&
        value_fixnum(args[0]->value) >= 0) {
        int64_t x = value_fixnum(args[0]->value);
        int width = x ? 64 - __builtin_clzll((unsigned long long)x) : 1;
        Node *n = t2_index(b, args[1], t2_int(b, FIXNUM_BITS - width));
        return emit2(b, N_SHL_INT, t2_int(b, x), n);
    }
    return NULL;
}

// ---- the table

#define EXACT_INTEGER (CLASS(FIXNUM) | CLASS(BIGNUM))
#define REAL (CLASS_NUMBER & ~CLASS(COMPNUM))

static const Intrinsic intrinsics[] = {
#define INTRINSIC(name, build, arguments, what, function1, function2)                              \
    {name, build, arguments, (int64_t)(what), function1, function2},
#include "tier2/build_prims.def"
#undef INTRINSIC
};
enum { INTRINSIC_COUNT = sizeof intrinsics / sizeof *intrinsics };
static_assert(INTRINSIC_COUNT < UINT8_MAX, "an index and 0 for none fit a byte");

static int compare_names(const void *a, const void *b) {
    return strcmp((*(const Intrinsic *const *)a)->name, (*(const Intrinsic *const *)b)->name);
}

// By row of primitives.def. Filled in at the first use; the same every time.
static const Intrinsic *intrinsic_of(const Primitive *p) {
    enum { ROWS = 4096 };
    static uint8_t by_row[ROWS];
    static bool ready;
    if (!ready) {
        const Intrinsic *sorted[INTRINSIC_COUNT];
        for (size_t i = 0; i < INTRINSIC_COUNT; i++)
            sorted[i] = &intrinsics[i];
        qsort(sorted, INTRINSIC_COUNT, sizeof *sorted, compare_names);
        for (int row = 0; row < rt_primitive_count && row < ROWS; row++) {
            const Intrinsic key = {.name = rt_primitives[row].name}, *wanted = &key;
            const Intrinsic **found =
                bsearch(&wanted, sorted, INTRINSIC_COUNT, sizeof *sorted, compare_names);
            if (found)
                by_row[row] = (uint8_t)(*found - intrinsics + 1);
        }
        ready = true;
    }
    int row = primitive_index(p);
    return row < ROWS && by_row[row] ? &intrinsics[by_row[row] - 1] : NULL;
}

// ---- entries

const Primitive *t2_primitive_named(const char *name) {
    // Names here are literals: few, and compared as addresses.
    enum { ENTRIES = 256 };
    static struct {
        const char *name;
        const Primitive *p;
    } known[ENTRIES];
    size_t at = ((uintptr_t)name >> 2) % ENTRIES;
    if (known[at].name != name) {
        known[at].name = name;
        known[at].p = rt_primitive_find(name);
        ASSERT(known[at].p, "no primitive %s", name);
    }
    return known[at].p;
}

static bool is_primitive_instruction(Op op) { return op >= OP_PRIM0 && op <= OP_PRIMV; }

Node *t2_primitive_call(Builder *b, const Primitive *p, bool binary, uint32_t count, Node **args) {
    Node *node = t2_emit(b, N_PRIMITIVE, count, args);
    node->primitive = p;
    node->index = binary;
    node->type = t2_type_of_node(node);
    // What changes something is not to be run again when it has failed.
    bool raises = p->effects & FX_WRITE && is_primitive_instruction(b->function->in.op);
    return t2_exits(b, node, raises ? EXIT_RAISE : EXIT_FAILED);
}

bool t2_never_answers(const Primitive *p) {
    return strcmp(p->result, "none") == 0 && !(p->effects & FX_WRITE);
}

Node *t2_intrinsic(Builder *b, const Primitive *p, uint32_t count, Node **args) {
    const Intrinsic *row = intrinsic_of(p);
    if (!row || (row->arguments >= 0 && row->arguments != (int)count))
        return NULL;
    return row->build(b, row, count, args);
}

Node *t2_primitive(Builder *b, const Primitive *p, bool binary, uint32_t count, Node **args) {
    if (t2_never_answers(p)) {
        t2_leave(b, EXIT_FAILED);
        return NULL;
    }
    Node *value = t2_intrinsic(b, p, count, args);
    return value || !b->block ? value : t2_primitive_call(b, p, binary, count, args);
}
