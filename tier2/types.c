// Types: sets of classes, ranges, what is known of records, constants and closures. See ir.h.
#include "runtime/object.h"
#include "runtime/record.h"
#include "tier2/ir.h"

// No string is longer.
static const int64_t length_max = (INT64_C(1) << 47);

// ---- classes

ClassSet t2_class_of_type(unsigned type) {
    switch (type) {
#define OF(id)                                                                                     \
    case TYPE_##id:                                                                                \
        return CLASS(id);
        OF(STRING)
        OF(SYMBOL)
        OF(BIGNUM)
        OF(RATNUM)
        OF(COMPNUM)
        OF(VECTOR)
        OF(BYTEVECTOR)
        OF(ARRAY)
        OF(BOX)
        OF(VALUES)
        OF(CLOSURE)
        OF(PRIMITIVE)
        OF(RECORD)
        OF(TABLE)
        OF(DICT)
#undef OF
    default:
        return 0;
    }
}

ClassSet t2_class_of(Value value) {
    if (value_is_fixnum(value))
        return CLASS(FIXNUM);
    if (value_is_flonum(value))
        return CLASS(FLONUM);
    if (value_is_char(value))
        return CLASS(CHAR);
    if (value_is_pair(value))
        return CLASS(PAIR);
    switch (value) {
    case VALUE_FALSE:
        return CLASS(FALSE);
    case VALUE_TRUE:
        return CLASS(TRUE);
    case VALUE_NIL:
        return CLASS(NIL);
    case VALUE_NULL:
        return CLASS(NULL);
    case VALUE_DEFAULT:
        return CLASS(DEFAULT);
    case VALUE_UNBOUND:
        return CLASS(UNBOUND);
    default:
        break;
    }
    if (!value_is_object(value))
        return CLASS(SPECIAL);
    ClassSet set = t2_class_of_type(object_type(value_object(value)));
    return set ? set : CLASS(OBJECT);
}

// ---- types

Type t2_type_of_set(ClassSet set) {
    Type type = {.set = set};
    if (set == CLASS(FIXNUM)) {
        type.low = FIXNUM_MIN;
        type.high = FIXNUM_MAX;
    }
    return type;
}

Type t2_type_of_range(int64_t low, int64_t high) {
    return (Type){.set = CLASS(FIXNUM), .low = low, .high = high};
}

Type t2_type_of_value(Value value) {
    Type type = {.set = t2_class_of(value), .constant = value};
    if (type.set == CLASS(FIXNUM))
        type.low = type.high = value_fixnum(value);
    else if (type.set == CLASS(RECORD)) {
        type.record = value_record(value)->type;
        type.exact = true;
    } else if (type.set == CLASS(CLOSURE)) {
        Code *code = value_closure(value)->code;
        type.code = code && code->tag == CODE_TAG ? code : NULL;
    }
    return type;
}

// The nearest type that both are or inherit from; VALUE_NONE: none.
static Value common_record_type(Value a, Value b) {
    if (a == VALUE_NONE || b == VALUE_NONE)
        return VALUE_NONE;
    while (a != b && !rt_record_type_is(b, a)) {
        a = value_record_type(a)->parent;
        if (!value_is_record_type(a))
            return VALUE_NONE;
    }
    return a;
}

Type t2_type_join(Type a, Type b) {
    if (!a.set)
        return b;
    if (!b.set)
        return a;
    Type type = {.set = a.set | b.set};
    if (type.set == CLASS(FIXNUM)) {
        type.low = a.low < b.low ? a.low : b.low;
        type.high = a.high > b.high ? a.high : b.high;
    } else if (type.set == CLASS(RECORD)) {
        type.record = common_record_type(a.record, b.record);
        type.exact = a.exact && b.exact && a.record == b.record;
    } else if (type.set == CLASS(CLOSURE)) {
        type.code = a.code == b.code ? a.code : NULL;
    }
    if (a.constant == b.constant)
        type.constant = a.constant;
    return type;
}

Type t2_type_meet(Type a, Type b) {
    Type type = {.set = a.set & b.set};
    if (!type.set)
        return type;
    if (a.constant != VALUE_NONE && b.constant != VALUE_NONE && a.constant != b.constant)
        return (Type){0};
    type.constant = a.constant != VALUE_NONE ? a.constant : b.constant;
    if (type.set == CLASS(FIXNUM)) {
        type.low = FIXNUM_MIN;
        type.high = FIXNUM_MAX;
        if (a.set == CLASS(FIXNUM)) {
            type.low = a.low;
            type.high = a.high;
        }
        if (b.set == CLASS(FIXNUM)) {
            type.low = b.low > type.low ? b.low : type.low;
            type.high = b.high < type.high ? b.high : type.high;
        }
        if (type.low > type.high)
            return (Type){0};
    } else if (type.set == CLASS(RECORD)) {
        type.exact = a.exact || b.exact;
        if (a.record == VALUE_NONE || b.record == VALUE_NONE)
            type.record = a.record | b.record; // one is 0
        else if (rt_record_type_is(b.record, a.record))
            type.record = b.record;
        else if (rt_record_type_is(a.record, b.record))
            type.record = a.record;
        else
            return (Type){0};
        if ((a.exact && a.record != type.record) || (b.exact && b.record != type.record))
            return (Type){0};
    } else if (type.set == CLASS(CLOSURE)) {
        if (a.code && b.code && a.code != b.code)
            return (Type){0};
        type.code = a.code ? a.code : b.code;
    }
    return type;
}

bool t2_type_same(Type a, Type b) {
    return a.set == b.set && a.low == b.low && a.high == b.high && a.record == b.record &&
           a.exact == b.exact && a.constant == b.constant && a.code == b.code;
}

// ---- types of results

static Type of_class(ClassSet set) { return t2_type_of_set(set); }

// An integer of 64 bits is a fixnum by what the operations promise.
static Type in_fixnums(__int128 low, __int128 high) {
    return t2_type_of_range(low < FIXNUM_MIN ? FIXNUM_MIN : (int64_t)low,
                            high > FIXNUM_MAX ? FIXNUM_MAX : (int64_t)high);
}

static Type of_product(Type a, Type b) {
    __int128 p[] = {(__int128)a.low * b.low, (__int128)a.low * b.high, (__int128)a.high * b.low,
                    (__int128)a.high * b.high};
    __int128 low = p[0], high = p[0];
    for (int i = 1; i < 4; i++) {
        low = p[i] < low ? p[i] : low;
        high = p[i] > high ? p[i] : high;
    }
    if (low > FIXNUM_MAX || high < FIXNUM_MIN) // always leaves
        return t2_type_of_set(CLASS(FIXNUM));
    return in_fixnums(low, high);
}

static int64_t magnitude(Type t) {
    int64_t a = t.low < 0 ? -t.low : t.low, b = t.high < 0 ? -t.high : t.high;
    return a > b ? a : b;
}

static Type of_remainder(Type a, Type b) {
    int64_t most = magnitude(b) - 1;
    most = most < 0 ? 0 : most;
    int64_t low = a.low >= 0 ? 0 : a.low > -most ? a.low : -most;
    int64_t high = a.high <= 0 ? 0 : a.high < most ? a.high : most;
    return t2_type_of_range(low, high);
}

static Type of_modulo(Type a, Type b) {
    int64_t most = magnitude(b) - 1;
    most = most < 0 ? 0 : most;
    if (b.low >= 0 && a.low >= 0)
        return t2_type_of_range(0, a.high < most ? a.high : most);
    return t2_type_of_range(b.low < 0 ? -most : 0, b.high > 0 ? most : 0);
}

// The least 2^k - 1 that is at least n.
static int64_t mask_above(int64_t n) {
    return n <= 0 ? 0 : (int64_t)(UINT64_MAX >> __builtin_clzll((unsigned long long)n));
}

// Bits that a value of the range may have different from its sign.
static int64_t bits_of(Type t) {
    int64_t a = t.low < 0 ? ~t.low : t.low, b = t.high < 0 ? ~t.high : t.high;
    return mask_above(a > b ? a : b);
}

static Type of_bits(NodeOp op, Type a, Type b) {
    if (op == N_AND_INT) {
        if (a.low >= 0 && b.low >= 0)
            return t2_type_of_range(0, a.high < b.high ? a.high : b.high);
        if (a.low >= 0)
            return t2_type_of_range(0, a.high);
        if (b.low >= 0)
            return t2_type_of_range(0, b.high);
    }
    int64_t most = bits_of(a) | bits_of(b);
    if (a.low >= 0 && b.low >= 0)
        return t2_type_of_range(0, most);
    return t2_type_of_range(-most - 1, most);
}

static Type integers(const Node *node) {
    Type a = node->inputs[0]->type, b = node->inputs[1]->type;
    if (a.set != CLASS(FIXNUM) || b.set != CLASS(FIXNUM))
        return t2_type_of_set(CLASS(FIXNUM));
    __int128 low, high;
    switch ((NodeOp)node->op) {
    case N_ADD_CHECKED:
    case N_ADD_INT:
        low = (__int128)a.low + b.low;
        high = (__int128)a.high + b.high;
        break;
    case N_SUB_CHECKED:
    case N_SUB_INT:
        low = (__int128)a.low - b.high;
        high = (__int128)a.high - b.low;
        break;
    case N_MUL_CHECKED:
    case N_MUL_INT:
        return of_product(a, b);
    case N_QUO_INT: {
        int64_t most = magnitude(a);
        return a.low >= 0 && b.low >= 0 ? t2_type_of_range(0, a.high)
                                        : t2_type_of_range(-most, most);
    }
    case N_REM_INT:
        return of_remainder(a, b);
    case N_MOD_INT:
        return of_modulo(a, b);
    case N_AND_INT:
    case N_OR_INT:
    case N_XOR_INT:
        return of_bits((NodeOp)node->op, a, b);
    case N_SHR_INT:
        return t2_type_of_range(a.low < 0 ? a.low : 0, a.high > 0 ? a.high : 0);
    default:
        return t2_type_of_set(CLASS(FIXNUM));
    }
    if (low > FIXNUM_MAX || high < FIXNUM_MIN)
        return t2_type_of_set(CLASS(FIXNUM));
    Type type = in_fixnums(low, high);
    if (!t2_is_checked_small(node))
        return type;
    Type small = t2_type_of_range(T2_SMALL_MIN, T2_SMALL_MAX);
    Type both = t2_type_meet(type, small);
    return both.set ? both : small; // or always leaves
}

static Type of_phi(const Node *phi) {
    Type type = {0};
    for (uint32_t i = 0; i < phi->input_count; i++)
        if (phi->inputs[i] && phi->inputs[i] != phi)
            type = t2_type_join(type, phi->inputs[i]->type);
    return phi->input_count ? type : t2_type_of_set(CLASS_ALL);
}

// Result types of ARITHMETIC and of primitives, by the word their row has for it.
static Type of_primitive(const Primitive *p) {
    static const struct {
        const char *word;
        ClassSet set;
    } words[] = {
        {"boolean", CLASS_BOOLEAN},
        {"number", CLASS_NUMBER},
        {"real", CLASS_NUMBER & ~CLASS(COMPNUM)},
        {"integer", CLASS(FIXNUM) | CLASS(BIGNUM) | CLASS(FLONUM)},
        {"index", CLASS(FIXNUM)},
        {"byte", CLASS(FIXNUM)},
        {"string", CLASS(STRING)},
        {"symbol", CLASS(SYMBOL)},
        {"char", CLASS(CHAR)},
        {"pair", CLASS(PAIR)},
        {"list", CLASS(PAIR) | CLASS(NULL)},
        {"vector", CLASS(VECTOR)},
        {"bytevector", CLASS(BYTEVECTOR)},
    };
    if (p && p->result && strcmp(p->library, "internal") != 0)
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (strcmp(p->result, words[i].word) == 0)
                return t2_type_of_set(words[i].set);
    return t2_type_of_set(CLASS_ALL);
}

static Type by_rep(const Node *node) {
    switch ((Rep)node->rep) {
    case REP_INT:
        return of_class(CLASS(FIXNUM));
    case REP_DOUBLE:
        return of_class(CLASS(FLONUM));
    case REP_BOOL:
        return of_class(CLASS_BOOLEAN);
    case REP_NONE:
    case REP_TAGGED:
        break;
    }
    return of_class(CLASS_ALL);
}

Type t2_type_of_node(const Node *node) {
    const Type *a = node->input_count > 0 && node->inputs[0] ? &node->inputs[0]->type : NULL;
    switch ((NodeOp)node->op) {
    case N_CONSTANT: // what was found when they were made: see ir.h
    case N_GUARD_IS:
        return node->type.set ? node->type : of_class(CLASS_ALL);
    case N_INTEGER:
        return t2_type_of_range(node->index, node->index);
    case N_BOOLEAN:
        return of_class(node->index ? CLASS(TRUE) : CLASS(FALSE));
    case N_RUNNING:
        return of_class(CLASS(CLOSURE));
    case N_PHI:
        return of_phi(node);
    case N_BOX_INT:
        return a && a->set == CLASS(FIXNUM) ? t2_type_of_range(a->low, a->high)
                                            : of_class(CLASS(FIXNUM));
    case N_UNBOX_INT:
        return a && a->set == CLASS(FIXNUM) ? t2_type_of_range(a->low, a->high)
                                            : of_class(CLASS(FIXNUM));
    case N_BOX_DOUBLE:
        return of_class(CLASS(FLONUM));
    case N_BOX_BOOL:
        return a ? of_class(a->set & CLASS_BOOLEAN) : of_class(CLASS_BOOLEAN);
    case N_BOX_CHAR:
        return of_class(CLASS(CHAR));
    case N_UNBOX_CHAR:
    case N_STRING_REF:
        return t2_type_of_range(0, CHAR_MAX_CODE);
    case N_TRUTHY:
        if (a && !(a->set & CLASS_FALSY))
            return of_class(CLASS(TRUE));
        return of_class(a && !(a->set & ~CLASS_FALSY) ? CLASS(FALSE) : CLASS_BOOLEAN);
    case N_GUARD_CLASS:
        return a ? t2_type_meet(*a, of_class((ClassSet)node->index))
                 : of_class((ClassSet)node->index);
    case N_GUARD_SMALL: {
        Type small = t2_type_of_range(T2_SMALL_MIN, T2_SMALL_MAX);
        return a ? t2_type_meet(*a, small) : small;
    }
    case N_GUARD_RECORD: {
        Type type = {.set = CLASS(RECORD), .record = node->value, .exact = node->index};
        return a ? t2_type_meet(*a, type) : type;
    }
    case N_GUARD_CODE: {
        Type type = {.set = CLASS(CLOSURE), .code = node->code};
        return a ? t2_type_meet(*a, type) : type;
    }
    case N_GUARD_INDEX: {
        Type limit = node->input_count > 1 && node->inputs[1] ? node->inputs[1]->type
                                                              : of_class(CLASS(FIXNUM));
        Type type = t2_type_of_range(
            0, limit.set == CLASS(FIXNUM) && limit.high > 0 ? limit.high - 1 : length_max);
        return a ? t2_type_meet(*a, type) : type;
    }
    case N_ADD_CHECKED:
    case N_SUB_CHECKED:
    case N_MUL_CHECKED:
    case N_ADD_INT:
    case N_SUB_INT:
    case N_MUL_INT:
    case N_QUO_INT:
    case N_REM_INT:
    case N_MOD_INT:
    case N_AND_INT:
    case N_OR_INT:
    case N_XOR_INT:
    case N_SHR_INT:
        return a && node->inputs[1] ? integers(node) : of_class(CLASS(FIXNUM));
    case N_VECTOR_LENGTH:
    case N_BYTEVECTOR_LENGTH:
    case N_VALUES_COUNT:
        return t2_type_of_range(0, (int64_t)UINT32_MAX);
    case N_STRING_LENGTH:
        return t2_type_of_range(0, length_max);
    case N_BYTE_REF:
        return t2_type_of_range(0, 255);
    case N_SELECT:
        if (node->input_count == 3 && node->inputs[1] && node->inputs[2])
            return t2_type_join(node->inputs[1]->type, node->inputs[2]->type);
        return of_class(CLASS_ALL);
    case N_RECORD_TYPE:
        return of_class(CLASS(OBJECT));
    case N_NEW_PAIR:
        return of_class(CLASS(PAIR));
    case N_NEW_BOX:
        return of_class(CLASS(BOX));
    case N_NEW_CLOSURE:
        return (Type){.set = CLASS(CLOSURE), .code = node->code};
    case N_NEW_RECORD:
        return (Type){.set = CLASS(RECORD), .record = node->value, .exact = true};
    case N_NEW_VALUES:
        return of_class(CLASS(VALUES));
    case N_NEW_VECTOR:
        return of_class(CLASS(VECTOR));
    case N_SUNK:
        switch (node->index) {
        case TYPE_NONE:
            return of_class(CLASS(PAIR));
        case TYPE_CLOSURE:
            return (Type){.set = CLASS(CLOSURE), .code = node->code};
        case TYPE_RECORD:
            return (Type){.set = CLASS(RECORD), .record = node->value, .exact = true};
        default:
            return of_class(CLASS_ALL);
        }
    case N_ARITHMETIC:
        return of_class(CLASS_NUMBER);
    case N_PRIMITIVE:
        return of_primitive(node->primitive);
    default:
        return by_rep(node);
    }
}
