// fold: a node by a simpler one that is the same.
//
// What: tests that types decide, operations on constants, pairs of boxing and unboxing, identities
// of arithmetic, division by powers of two, generic arithmetic on known types. Called by infer for
// each node, with the types that hold where the node stands.
//
// Left to LLVM: everything that does not make another pass see more.
#include "runtime/primitive.h"
#include "runtime/record.h"
#include "tier2/passes.h"
#include <math.h>

// ---- types of tests

static Type of_truth(bool b) { return t2_type_of_set(b ? CLASS(TRUE) : CLASS(FALSE)); }
static Type undecided(void) { return t2_type_of_set(CLASS_BOOLEAN); }

static bool is_constant(const Node *n) {
    return n->op == N_CONSTANT || n->op == N_INTEGER || n->op == N_DOUBLE || n->op == N_BOOLEAN;
}

static Type compare_ints(NodeOp op, const Node *x, const Node *y) {
    Type a = x->type, b = y->type;
    if (a.set != CLASS(FIXNUM) || b.set != CLASS(FIXNUM))
        return undecided();
    bool same = x == y;
    switch (op) {
    case N_LT_INT:
        if (a.high < b.low)
            return of_truth(true);
        return same || a.low >= b.high ? of_truth(false) : undecided();
    case N_LE_INT:
        if (same || a.high <= b.low)
            return of_truth(true);
        return a.low > b.high ? of_truth(false) : undecided();
    default:
        if (same || (a.low == a.high && b.low == b.high && a.low == b.low))
            return of_truth(true);
        return a.high < b.low || a.low > b.high ? of_truth(false) : undecided();
    }
}

static Type is_class(Type a, ClassSet set) {
    if (!(a.set & ~set))
        return of_truth(true);
    return a.set & set ? undecided() : of_truth(false);
}

static Type is_record(Type a, Value type, bool exact) {
    if (!(a.set & CLASS(RECORD)))
        return of_truth(false);
    if (a.set != CLASS(RECORD) || a.record == VALUE_NONE)
        return undecided();
    if (exact && a.record == type)
        return a.exact ? of_truth(true) : undecided();
    if (rt_record_type_is(a.record, type))
        return of_truth(!exact);
    if (a.exact)
        return of_truth(false);
    return rt_record_type_is(type, a.record) ? undecided() : of_truth(false);
}

static Type is_code(Type a, const Code *code) {
    if (!(a.set & CLASS(CLOSURE)))
        return of_truth(false);
    if (a.set != CLASS(CLOSURE) || !a.code)
        return undecided();
    return of_truth(a.code == code);
}

static Type is_same(Node *x, Node *y) {
    Type a = x->type, b = y->type;
    if (t2_root(x) == t2_root(y))
        return of_truth(true);
    if (!(a.set & b.set))
        return of_truth(false);
    if (a.constant != VALUE_NONE && b.constant != VALUE_NONE)
        return of_truth(a.constant == b.constant);
    if (a.set == b.set && !(a.set & ~T2_SINGLE_WORDS) && !(a.set & (a.set - 1)))
        return of_truth(true);
    if (a.set == CLASS(FIXNUM) && b.set == CLASS(FIXNUM) && (a.high < b.low || a.low > b.high))
        return of_truth(false);
    return undecided();
}

// Numbers for which eqv? is not eq?.
static const ClassSet looked_into = CLASS_NUMBER & ~CLASS(FIXNUM);

static Type of_arithmetic(const Node *n) {
    ClassSet a = n->inputs[0]->type.set, b = n->inputs[1]->type.set;
    const char *name = n->primitive->name;
    ClassSet real = CLASS(FIXNUM) | CLASS(FLONUM) | CLASS(BIGNUM) | CLASS(RATNUM);
    bool sum = name[1] == 0 && (name[0] == '+' || name[0] == '-');
    bool product = name[1] == 0 && (name[0] == '*' || name[0] == '/');
    if (!sum && !product)
        return t2_type_of_node(n);
    if ((a | b) == CLASS(FLONUM))
        return t2_type_of_set(CLASS(FLONUM));
    if ((a | b) & ~real)
        return t2_type_of_set(CLASS_NUMBER);
    // Exact 0 times a flonum is exact 0.
    if (sum && (a == CLASS(FLONUM) || b == CLASS(FLONUM)))
        return t2_type_of_set(CLASS(FLONUM));
    ClassSet set = ((a | b) & CLASS(FLONUM)) | CLASS(FIXNUM) | CLASS(BIGNUM);
    if ((a | b) & CLASS(RATNUM) || name[0] == '/')
        set |= CLASS(RATNUM);
    return t2_type_of_set(set);
}

Type t2_result_type(const Node *n) {
    switch ((NodeOp)n->op) {
    case N_LT_INT:
    case N_LE_INT:
    case N_EQ_INT:
        return compare_ints((NodeOp)n->op, n->inputs[0], n->inputs[1]);
    case N_IS_CLASS:
        return is_class(n->inputs[0]->type, (ClassSet)n->index);
    case N_IS_RECORD:
        return is_record(n->inputs[0]->type, n->value, n->index);
    case N_IS_CODE:
        return is_code(n->inputs[0]->type, n->code);
    case N_IS_SAME:
        return is_same(n->inputs[0], n->inputs[1]);
    case N_IS_EQV: {
        Type same = is_same(n->inputs[0], n->inputs[1]);
        if (same.set == CLASS(TRUE))
            return same;
        ClassSet both = n->inputs[0]->type.set & n->inputs[1]->type.set;
        return both & looked_into ? undecided() : same;
    }
    case N_NOT: {
        ClassSet set = n->inputs[0]->type.set;
        return set == CLASS(TRUE)    ? of_truth(false)
               : set == CLASS(FALSE) ? of_truth(true)
                                     : undecided();
    }
    case N_SELECT: {
        ClassSet set = n->inputs[0]->type.set;
        return set == CLASS(TRUE)    ? n->inputs[1]->type
               : set == CLASS(FALSE) ? n->inputs[2]->type
                                     : t2_type_join(n->inputs[1]->type, n->inputs[2]->type);
    }
    case N_GUARD_INDEX: {
        // In range, so below the greatest limit; and a limit of 0 or less is never passed.
        Type limit = n->inputs[1]->type;
        int64_t high = limit.set == CLASS(FIXNUM) ? limit.high - 1 : FIXNUM_MAX;
        return high < 0 ? (Type){0} : t2_type_meet(n->inputs[0]->type, t2_type_of_range(0, high));
    }
    case N_ARITHMETIC:
        return of_arithmetic(n);
    default:
        return t2_type_of_node(n);
    }
}

// ---- nodes

static Node *unary(Graph *graph, Node *n, NodeOp op, Node *a) {
    return t2_new_before(graph, n, op, 1, &a);
}
static Node *binary(Graph *graph, Node *n, NodeOp op, Node *a, Node *b) {
    return t2_new_before(graph, n, op, 2, (Node *[]){a, b});
}
static Node *integer(Graph *graph, int64_t n) { return t2_constant_int(graph, n); }

static bool is_int(const Node *n, int64_t value) { return n->op == N_INTEGER && n->index == value; }

static bool is_commutative(NodeOp op) {
    switch (op) {
    case N_ADD_CHECKED:
    case N_MUL_CHECKED:
    case N_ADD_INT:
    case N_MUL_INT:
    case N_AND_INT:
    case N_OR_INT:
    case N_XOR_INT:
    case N_EQ_INT:
    case N_ADD_DOUBLE:
    case N_MUL_DOUBLE:
        return true;
    default:
        return false;
    }
}

// k when the node is the constant 2^k, else -1.
static int power_of_two(const Node *n) {
    if (n->op != N_INTEGER || n->index <= 0 || (n->index & (n->index - 1)))
        return -1;
    return __builtin_ctzll((uint64_t)n->index);
}

static Node *fold_division(Graph *graph, Node *n, Node *a, Node *b) {
    bool positive = a->type.set == CLASS(FIXNUM) && a->type.low >= 0;
    int k = power_of_two(b);
    if (is_int(b, 1))
        return n->op == N_QUO_INT ? a : integer(graph, 0);
    if (n->op == N_QUO_INT)
        return k >= 0 && positive ? binary(graph, n, N_SHR_INT, a, integer(graph, k)) : NULL;
    // The remainder by 2^k of two's complement is its low bits when it has the divisor's sign.
    if (k >= 0 && (positive || n->op == N_MOD_INT))
        return binary(graph, n, N_AND_INT, a, integer(graph, b->index - 1));
    if (n->op == N_MOD_INT && positive && b->type.set == CLASS(FIXNUM) && b->type.low > 0)
        return binary(graph, n, N_REM_INT, a, b);
    return NULL;
}

static Node *fold_integer(Graph *graph, Node *n) {
    if (is_commutative((NodeOp)n->op) && n->inputs[0]->op == N_INTEGER &&
        n->inputs[1]->op != N_INTEGER) {
        Node *swapped = n->inputs[0];
        n->inputs[0] = n->inputs[1];
        n->inputs[1] = swapped;
    }
    if (t2_is_checked_small(n))
        return NULL; // another node would not be small
    Node *a = n->inputs[0], *b = n->inputs[1];
    switch ((NodeOp)n->op) {
    case N_ADD_INT:
        // (x + c) + d: both sums are in range, and so is x + (c + d).
        if (b->op == N_INTEGER && a->op == N_ADD_INT && a->inputs[1]->op == N_INTEGER)
            return binary(graph, n, N_ADD_INT, a->inputs[0],
                          integer(graph, a->inputs[1]->index + b->index));
        [[fallthrough]];
    case N_ADD_CHECKED:
    case N_OR_INT:
    case N_XOR_INT:
    case N_SHL_INT:
    case N_SHR_INT:
        return is_int(b, 0) ? a : NULL;
    case N_SUB_INT:
        if (b->op == N_INTEGER && !is_int(b, 0))
            return binary(graph, n, N_ADD_INT, a, integer(graph, -b->index));
        [[fallthrough]];
    case N_SUB_CHECKED:
        return is_int(b, 0) ? a : a == b ? integer(graph, 0) : NULL;
    case N_MUL_INT:
    case N_MUL_CHECKED:
        return is_int(b, 1) ? a : is_int(b, 0) ? b : NULL;
    case N_AND_INT:
        // A mask that leaves all bits there may be.
        if (b->op == N_INTEGER && b->index >= 0 && (b->index & (b->index + 1)) == 0 &&
            a->type.set == CLASS(FIXNUM) && a->type.low >= 0 && a->type.high <= b->index)
            return a;
        return is_int(b, 0) ? b : is_int(b, -1) ? a : NULL;
    case N_QUO_INT:
    case N_REM_INT:
    case N_MOD_INT:
        return fold_division(graph, n, a, b);
    default:
        return NULL;
    }
}

// The node without its check when the result is certainly a fixnum.
static void drop_overflow_check(Node *n) {
    Type a = n->inputs[0]->type, b = n->inputs[1]->type;
    if (a.set != CLASS(FIXNUM) || b.set != CLASS(FIXNUM))
        return;
    __int128 low, high;
    NodeOp op;
    if (n->op == N_ADD_CHECKED) {
        low = (__int128)a.low + b.low;
        high = (__int128)a.high + b.high;
        op = N_ADD_INT;
    } else if (n->op == N_SUB_CHECKED) {
        low = (__int128)a.low - b.high;
        high = (__int128)a.high - b.low;
        op = N_SUB_INT;
    } else {
        __int128 p[] = {(__int128)a.low * b.low, (__int128)a.low * b.high, (__int128)a.high * b.low,
                        (__int128)a.high * b.high};
        low = high = p[0];
        for (int i = 1; i < 4; i++) {
            low = p[i] < low ? p[i] : low;
            high = p[i] > high ? p[i] : high;
        }
        op = N_MUL_INT;
    }
    bool small = t2_is_checked_small(n);
    if (low < (small ? T2_SMALL_MIN : FIXNUM_MIN) || high > (small ? T2_SMALL_MAX : FIXNUM_MAX))
        return;
    n->op = (uint16_t)op;
    n->index = 0;
    n->state = NULL;
}

static Node *fold_double(Graph *graph, Node *n) {
    double a = n->inputs[0]->number, b = n->input_count > 1 ? n->inputs[1]->number : 0;
    for (uint32_t i = 0; i < n->input_count; i++)
        if (n->inputs[i]->op != N_DOUBLE)
            return NULL;
    switch ((NodeOp)n->op) {
    case N_ADD_DOUBLE:
        return t2_constant_double(graph, a + b);
    case N_SUB_DOUBLE:
        return t2_constant_double(graph, a - b);
    case N_MUL_DOUBLE:
        return t2_constant_double(graph, a * b);
    case N_DIV_DOUBLE:
        return t2_constant_double(graph, a / b);
    case N_NEG_DOUBLE:
        return t2_constant_double(graph, -a);
    case N_ABS_DOUBLE:
        return t2_constant_double(graph, fabs(a));
    case N_SQRT_DOUBLE:
        return t2_constant_double(graph, sqrt(a));
    default:
        return NULL;
    }
}

// The raw form of a tagged value that is known to be of the class: what was boxed, or a constant.
static Node *raw_of(Graph *graph, Node *x, NodeOp box) {
    if (x->op == box)
        return x->inputs[0];
    if (x->op != N_CONSTANT)
        return NULL;
    if (box == N_BOX_INT && value_is_fixnum(x->value))
        return t2_constant_int(graph, value_fixnum(x->value));
    if (box == N_BOX_DOUBLE && value_is_flonum(x->value))
        return t2_constant_double(graph, value_double(x->value));
    if (box == N_BOX_CHAR && value_is_char(x->value))
        return t2_constant_int(graph, value_char(x->value));
    return NULL;
}

static Node *fold_same(Graph *graph, Node *n) {
    for (int i = 0; i < 2; i++) {
        Node *x = n->inputs[i], *y = n->inputs[1 - i];
        if (x->op != N_BOX_BOOL || y->op != N_CONSTANT)
            continue;
        if (y->value == VALUE_TRUE)
            return x->inputs[0];
        if (y->value == VALUE_FALSE)
            return unary(graph, n, N_NOT, x->inputs[0]);
    }
    static const NodeOp boxes[] = {N_BOX_INT, N_BOX_CHAR};
    for (int i = 0; i < 2; i++) {
        Node *x = raw_of(graph, n->inputs[0], boxes[i]), *y = raw_of(graph, n->inputs[1], boxes[i]);
        if (x && y)
            return binary(graph, n, N_EQ_INT, x, y);
    }
    return NULL;
}

static Node *fold_select(Graph *graph, Node *n) {
    Node *test = n->inputs[0], *a = n->inputs[1], *b = n->inputs[2];
    if (a == b)
        return a;
    if (test->op == N_NOT) {
        n->inputs[0] = test->inputs[0];
        n->inputs[1] = b;
        n->inputs[2] = a;
        return NULL;
    }
    if (a->op == N_BOOLEAN && b->op == N_BOOLEAN)
        return a->index ? test : unary(graph, n, N_NOT, test);
    return NULL;
}

// Generic arithmetic of what turned out to be flonums, or small enough.
static Node *as_double(Graph *graph, Node *n, Node *x) {
    if (x->type.set == CLASS(FLONUM))
        return unary(graph, n, N_UNBOX_DOUBLE, x);
    return unary(graph, n, N_INT_TO_DOUBLE, unary(graph, n, N_UNBOX_INT, x));
}

static bool may_be_zero(Type t) { return t.set == CLASS(FIXNUM) && t.low <= 0 && t.high >= 0; }

static Node *fold_arithmetic(Graph *graph, Node *n) {
    Node *a = n->inputs[0], *b = n->inputs[1];
    ClassSet x = a->type.set, y = b->type.set, both = CLASS(FIXNUM) | CLASS(FLONUM);
    const char *name = n->primitive->name;
    if (name[1] || ((x | y) & ~both))
        return NULL;
    if (x == CLASS(FIXNUM) && y == CLASS(FIXNUM)) {
        // It was made generic because it has overflowed: only without a check.
        NodeOp op = name[0] == '+' ? N_ADD_CHECKED : name[0] == '-' ? N_SUB_CHECKED : N_MUL_CHECKED;
        if (name[0] == '/')
            return NULL;
        __int128 low = 0, high = 0;
        if (op == N_MUL_CHECKED) {
            int64_t limit = INT64_C(1) << 24;
            if (a->type.low < -limit || a->type.high > limit || b->type.low < -limit ||
                b->type.high > limit)
                return NULL;
        } else {
            low = op == N_ADD_CHECKED ? (__int128)a->type.low + b->type.low
                                      : (__int128)a->type.low - b->type.high;
            high = op == N_ADD_CHECKED ? (__int128)a->type.high + b->type.high
                                       : (__int128)a->type.high - b->type.low;
        }
        if (low < FIXNUM_MIN || high > FIXNUM_MAX)
            return NULL;
        Node *p = unary(graph, n, N_UNBOX_INT, a), *q = unary(graph, n, N_UNBOX_INT, b);
        NodeOp plain = op == N_ADD_CHECKED   ? N_ADD_INT
                       : op == N_SUB_CHECKED ? N_SUB_INT
                                             : N_MUL_INT;
        return unary(graph, n, N_BOX_INT, binary(graph, n, plain, p, q));
    }
    if ((x | y) == both && x & y) // a sum, perhaps, but one of them is not known
        return NULL;
    NodeOp op = name[0] == '+'   ? N_ADD_DOUBLE
                : name[0] == '-' ? N_SUB_DOUBLE
                : name[0] == '*' ? N_MUL_DOUBLE
                                 : N_DIV_DOUBLE;
    // Exact 0 times a flonum is exact 0; dividing by exact 0 fails.
    if ((op == N_MUL_DOUBLE || op == N_DIV_DOUBLE) &&
        (may_be_zero(a->type) || may_be_zero(b->type)))
        return NULL;
    Node *p = as_double(graph, n, a), *q = as_double(graph, n, b);
    return unary(graph, n, N_BOX_DOUBLE, binary(graph, n, op, p, q));
}

static Node *fold_compare(Graph *graph, Node *n) {
    Node *a = n->inputs[0], *b = n->inputs[1];
    ClassSet x = a->type.set, y = b->type.set;
    const char *name = n->primitive->name;
    bool swapped = name[0] == '>';
    bool strict = name[1] == 0;
    NodeOp op;
    if (swapped) {
        Node *t = a;
        a = b;
        b = t;
    }
    if (x == CLASS(FIXNUM) && y == CLASS(FIXNUM)) {
        op = name[0] == '=' ? N_EQ_INT : strict ? N_LT_INT : N_LE_INT;
        return binary(graph, n, op, unary(graph, n, N_UNBOX_INT, a),
                      unary(graph, n, N_UNBOX_INT, b));
    }
    // A fixnum is exact as a double, so the comparison is by exact values still.
    if ((x == CLASS(FLONUM) || x == CLASS(FIXNUM)) && (y == CLASS(FLONUM) || y == CLASS(FIXNUM))) {
        op = name[0] == '=' ? N_EQ_DOUBLE : strict ? N_LT_DOUBLE : N_LE_DOUBLE;
        Node *p = as_double(graph, n, a), *q = as_double(graph, n, b);
        return binary(graph, n, op, p, q);
    }
    return NULL;
}

// By what the type says, for nodes that do nothing but answer.
static Node *constant_by_type(Graph *graph, Node *n) {
    if (is_constant(n) || !(t2_has_flag(n, NODE_PURE) || n->op == N_COMPARE))
        return NULL;
    if (n->op == N_COMPARE || n->op == N_SUNK)
        return NULL;
    Type t = n->type;
    if (n->rep == REP_BOOL && (t.set == CLASS(TRUE) || t.set == CLASS(FALSE)))
        return t2_constant_bool(graph, t.set == CLASS(TRUE));
    if (n->rep == REP_INT && t.set == CLASS(FIXNUM) && t.low == t.high)
        return t2_constant_int(graph, t.low);
    if (n->rep == REP_TAGGED && t.set == CLASS(FIXNUM) && t.low == t.high)
        return t2_constant(graph, value_from_fixnum(t.low));
    if (n->rep == REP_TAGGED && t.constant != VALUE_NONE)
        return t2_constant(graph, t.constant);
    return NULL;
}

Node *t2_fold(Graph *graph, Node *n) {
    Node *a = n->input_count ? n->inputs[0] : NULL;
    Node *constant = constant_by_type(graph, n);
    if (constant)
        return constant;
    switch ((NodeOp)n->op) {
    case N_UNBOX_INT:
        return raw_of(graph, a, N_BOX_INT);
    case N_UNBOX_DOUBLE:
        return raw_of(graph, a, N_BOX_DOUBLE);
    case N_UNBOX_CHAR:
        return raw_of(graph, a, N_BOX_CHAR);
    case N_TRUTHY:
        return a->op == N_BOX_BOOL ? a->inputs[0] : NULL;
    case N_BOX_INT:
        if (a->op == N_INTEGER)
            return t2_constant(graph, value_from_fixnum(a->index));
        return a->op == N_UNBOX_INT ? a->inputs[0] : NULL;
    case N_BOX_DOUBLE:
        if (a->op == N_DOUBLE)
            return t2_constant(graph, value_from_foreign_double(a->number));
        return a->op == N_UNBOX_DOUBLE ? a->inputs[0] : NULL;
    case N_BOX_CHAR:
        if (a->op == N_INTEGER)
            return t2_constant(graph, value_from_char((uint32_t)a->index));
        return a->op == N_UNBOX_CHAR ? a->inputs[0] : NULL;
    case N_BOX_BOOL:
        return a->op == N_BOOLEAN ? t2_constant(graph, value_from_bool(a->index)) : NULL;
    case N_INT_TO_DOUBLE:
        return a->op == N_INTEGER ? t2_constant_double(graph, (double)a->index) : NULL;
    case N_NOT:
        if (a->op == N_NOT)
            return a->inputs[0];
        return a->op == N_BOOLEAN ? t2_constant_bool(graph, !a->index) : NULL;
    case N_SELECT:
        return fold_select(graph, n);
    case N_IS_EQV:
        if (!(a->type.set & n->inputs[1]->type.set & looked_into))
            n->op = N_IS_SAME;
        else
            return NULL;
        [[fallthrough]];
    case N_IS_SAME:
        return fold_same(graph, n);
    case N_ADD_CHECKED:
    case N_SUB_CHECKED:
    case N_MUL_CHECKED:
        drop_overflow_check(n);
        [[fallthrough]];
    case N_ADD_INT:
    case N_SUB_INT:
    case N_MUL_INT:
    case N_QUO_INT:
    case N_REM_INT:
    case N_MOD_INT:
    case N_AND_INT:
    case N_OR_INT:
    case N_XOR_INT:
    case N_SHL_INT:
    case N_SHR_INT:
    case N_EQ_INT:
        return fold_integer(graph, n);
    case N_ADD_DOUBLE:
    case N_SUB_DOUBLE:
    case N_MUL_DOUBLE:
    case N_DIV_DOUBLE:
    case N_NEG_DOUBLE:
    case N_ABS_DOUBLE:
    case N_SQRT_DOUBLE:
        return fold_double(graph, n);
    case N_VECTOR_LENGTH:
        if (a->op == N_NEW_VECTOR)
            return integer(graph, a->input_count);
        [[fallthrough]];
    case N_BYTEVECTOR_LENGTH:
        // What a vector was successfully made of is a fixnum.
        return t2_made_length(a) ? unary(graph, n, N_UNBOX_INT, t2_made_length(a)) : NULL;
    case N_VALUES_COUNT:
        return a->op == N_NEW_VALUES ? integer(graph, a->input_count) : NULL;
    case N_VECTOR_MUTABLE:
        return a->op == N_NEW_VECTOR || t2_made_length(a) ? t2_constant_bool(graph, true) : NULL;
    case N_RECORD_TYPE:
        return a->op == N_NEW_RECORD ? t2_constant(graph, a->value) : NULL;
    case N_ARITHMETIC:
        return fold_arithmetic(graph, n);
    case N_COMPARE:
        return fold_compare(graph, n);
    case N_GUARD_TRUE:
    case N_GUARD_FALSE:
        if (a->op == N_NOT) {
            n->inputs[0] = a->inputs[0];
            n->op = n->op == N_GUARD_TRUE ? N_GUARD_FALSE : N_GUARD_TRUE;
        }
        return NULL;
    default:
        return NULL;
    }
}
