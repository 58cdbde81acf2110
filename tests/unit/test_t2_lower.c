// tier2/lower*.c and engine.c: each operation as machine code, on values at its edges. Graphs are
// made by hand; exits end in a function of this test, which takes the record apart.
#include "runtime/array.h"
#include "runtime/equal.h"
#include "runtime/list.h"
#include "runtime/numbers.h"
#include "runtime/record.h"
#include "runtime/symbol.h"
#include "runtime/vector.h"
#include "t2_graphs.h"
#include "tier2/engine_int.h"
#include <math.h>

enum { LEFT = (int)VALUE_EOF }; // what a function answers that left by an exit

#define SIXTH value_from_fixnum(6) // argument of all calls

static T2Artifact *artifact;
static T2NativeHead head;
static Value exit_values[NATIVE_EXIT_VALUES], unwind_records[4096];

// The exit taken last.
static struct {
    const ExitDescriptor *exit;
    Value values[NATIVE_EXIT_VALUES];
    unsigned count;
} left;

static Value located(const ExitDescriptor *exit, const Value *values, Location at) {
    double d;
    switch ((LocationKind)at.kind) {
    case LOCATION_DEAD:
        return VALUE_UNSPECIFIED;
    case LOCATION_CONSTANT:
        return exit->constants[at.index];
    case LOCATION_VALUE:
        assert_true(at.index < exit->value_count);
        return values[at.index];
    case LOCATION_INTEGER:
        return value_from_fixnum((int64_t)values[at.index]);
    case LOCATION_DOUBLE:
        memcpy(&d, &values[at.index], sizeof d);
        return value_from_double(d);
    case LOCATION_BOOLEAN:
        return value_from_bool(values[at.index] != 0);
    case LOCATION_SUNK:
        return VALUE_NONE;
    }
    return VALUE_NONE;
}
static Value left_register(uint32_t frame, uint32_t r) {
    const ExitFrame *f = &left.exit->frames[frame];
    return r < f->count ? located(left.exit, left.values, f->registers[r]) : VALUE_UNSPECIFIED;
}

// A native function's parameters under names of their own.
#define NATIVE(name)                                                                               \
    __attribute__((preserve_none)) static Value name(VM *its_vm, Value its_closure,                \
                                                     Code *its_code, Value a0, Value a1, Value a2, \
                                                     Value a3, Value a4, Value a5)
NATIVE(take_exit) {
    left.exit = (const ExitDescriptor *)(uintptr_t)its_closure;
    memcpy(left.values, its_vm->exit_values, left.exit->value_count * sizeof(Value));
    left.count++;
    return VALUE_EOF;
}
static unsigned overflows;
NATIVE(take_overflow) {
    overflows++;
    return a0 + (a5 - FIXNUM_BIAS);
}
static unsigned applied;
NATIVE(take_apply) {
    applied = (unsigned)(uintptr_t)its_code;
    return its_closure;
}

static int set_up(void **state) {
    char *why = NULL;
    if (unit_set_up(state) || !t2_engine_start(&why))
        return 1;
    vm->exit_values = exit_values;
    vm->unwind_top = unwind_records;
    t2_engine_define("t1_native_exit", (const void *)take_exit);
    t2_engine_define("t1_native_overflow", (const void *)take_overflow);
    t2_engine_define("t2_help_apply", (const void *)take_apply);
    artifact = NULL;
    t2_settings.chaos = false;
    left.count = overflows = applied = 0;
    return 0;
}
static void drop(void) {
    t2_artifact_free(artifact);
    artifact = NULL;
    if (graph)
        t2_graph_free(graph);
    graph = NULL;
}
static int tear_down(void **state) {
    drop();
    return unit_tear_down(state);
}
#define LOWER_TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

static void make(void) {
    end();
    artifact = t2_artifact_new("test", "here", &head);
    assert_int_equal(t2_artifact_make(artifact, graph), BAILOUT_NONE);
    assert_non_null(artifact->entry);
    assert_true(artifact->code_bytes > 0);
}
// By itself: a call of a native function preserves no register, also not the one by which code of
// the address sanitizer finds its variables.
[[gnu::noinline]] static Value invoke(Value a, Value b, Value c) {
    return artifact->entry(vm, VALUE_NIL, code, a, b, c, VALUE_NONE, VALUE_NONE, SIXTH);
}
// What the next graph answers for these arguments; then it is gone.
static Value once(Value a, Value b, Value c) {
    make();
    Value result = invoke(a, b, c);
    drop();
    return result;
}
static void answer(Node *n) {
    switch ((Rep)n->rep) {
    case REP_INT:
        n = OP(BOX_INT, n);
        break;
    case REP_DOUBLE:
        n = OP(BOX_DOUBLE, n);
        break;
    case REP_BOOL:
        n = OP(BOX_BOOL, n);
        break;
    default:
        break;
    }
    OP(RETURN, n);
}
static Node *unboxed(int64_t index) {
    Node *p = parameter(index);
    p->type = t2_type_of_set(CLASS(FIXNUM));
    return OP(UNBOX_INT, p);
}
static Node *undouble(int64_t index) {
    Node *p = parameter(index);
    p->type = t2_type_of_set(CLASS(FLONUM));
    return OP(UNBOX_DOUBLE, p);
}
#define FIX(n) value_from_fixnum(n)
#define FLO(d) value_from_double(d)

// ---- numbers

static void test_integers(void **state) {
    static const struct {
        NodeOp op;
        int64_t a, b, result;
    } rows[] = {
        {N_ADD_INT, 2, -5, -3},
        {N_SUB_INT, 2, -5, 7},
        {N_MUL_INT, -4, 6, -24},
        {N_QUO_INT, -7, 2, -3},
        {N_QUO_INT, 7, -2, -3},
        {N_REM_INT, -7, 2, -1},
        {N_REM_INT, 7, -2, 1},
        {N_MOD_INT, -7, 2, 1},
        {N_MOD_INT, 7, -2, -1},
        {N_MOD_INT, -6, 3, 0},
        {N_MOD_INT, 5, 5, 0},
        {N_AND_INT, -4, 7, 4},
        {N_OR_INT, 8, 3, 11},
        {N_XOR_INT, -1, 5, -6},
        {N_SHL_INT, -3, 4, -48},
        {N_SHR_INT, -5, 1, -3},
        {N_SHR_INT, FIXNUM_MIN, 63, -1},
        {N_ADD_CHECKED, 1, 1, 2},
        {N_SUB_CHECKED, 1, 2, -1},
        {N_MUL_CHECKED, -3, 9, -27},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin();
        Node *n = t2_node_new(graph, rows[i].op, 2, (Node *[]){unboxed(0), unboxed(1)});
        if (t2_node_info[rows[i].op].flags & NODE_MAY_EXIT)
            n->state = STATE(3);
        t2_append(here, n);
        answer(n);
        Value result = once(FIX(rows[i].a), FIX(rows[i].b), VALUE_NONE);
        if (result != FIX(rows[i].result))
            fail_msg("%s %ld %ld", t2_node_info[rows[i].op].name, rows[i].a, rows[i].b);
    }
    static const struct {
        NodeOp op;
        bool less, same, more;
    } tests[] = {{N_LT_INT, true, false, false},
                 {N_LE_INT, true, true, false},
                 {N_EQ_INT, false, true, false}};
    for (size_t i = 0; i < 3; i++) {
        begin();
        answer(node(tests[i].op, 2, (Node *[]){unboxed(0), unboxed(1)}));
        make();
        assert_int_equal(invoke(FIX(-1), FIX(1), 0), value_from_bool(tests[i].less));
        assert_int_equal(invoke(FIX(FIXNUM_MIN), FIX(FIXNUM_MIN), 0),
                         value_from_bool(tests[i].same));
        assert_int_equal(invoke(FIX(FIXNUM_MAX), FIX(FIXNUM_MIN), 0),
                         value_from_bool(tests[i].more));
        drop();
    }
}

static void test_overflow(void **state) {
    static const struct {
        NodeOp op;
        int64_t a, b;
        bool fits;
    } rows[] = {
        {N_ADD_CHECKED, FIXNUM_MAX, 0, true},
        {N_ADD_CHECKED, FIXNUM_MAX, 1, false},
        {N_ADD_CHECKED, FIXNUM_MIN, -1, false},
        {N_ADD_CHECKED, FIXNUM_MIN, FIXNUM_MAX, true},
        {N_SUB_CHECKED, FIXNUM_MIN, 1, false},
        {N_SUB_CHECKED, 0, FIXNUM_MIN, false},
        {N_SUB_CHECKED, -1, FIXNUM_MIN, true},
        {N_MUL_CHECKED, INT64_C(1) << 25, INT64_C(1) << 24, false},
        {N_MUL_CHECKED, INT64_C(1) << 25, -(INT64_C(1) << 24), true},
        {N_MUL_CHECKED, FIXNUM_MIN, FIXNUM_MIN, false},
        {N_MUL_CHECKED, FIXNUM_MIN, -1, false},
        {N_MUL_CHECKED, FIXNUM_MAX, FIXNUM_MAX, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin();
        Node *x = unboxed(0), *y = unboxed(1);
        Node *n = t2_node_new(graph, rows[i].op, 2, (Node *[]){x, y});
        n->state = STATE(7, x, NULL, y);
        t2_append(here, n);
        answer(n);
        make();
        left.count = 0;
        Value result = invoke(FIX(rows[i].a), FIX(rows[i].b), VALUE_NONE);
        assert_int_equal(left.count, !rows[i].fits);
        if (!rows[i].fits) {
            assert_int_equal(result, LEFT);
            assert_int_equal(left.exit->reason, EXIT_OVERFLOW);
            assert_int_equal(left.exit->guard_pc, 7);
            assert_int_equal(left.exit->frame_count, 1);
            assert_ptr_equal(left.exit->function, &head);
            assert_int_equal(left.exit->frames[0].pc, 7);
            assert_int_equal(left.exit->frames[0].dst, -1);
            assert_int_equal(left_register(0, 0), FIX(rows[i].a));
            assert_int_equal(left_register(0, 1), VALUE_UNSPECIFIED);
            assert_int_equal(left_register(0, 2), FIX(rows[i].b));
        }
        drop();
    }
}

static double plus(double a, double b) { return a + 2 * b; }

static void test_doubles(void **state) {
    static const struct {
        NodeOp op;
        double a, b, result;
    } rows[] = {
        {N_ADD_DOUBLE, 1.5, 2, 3.5},   {N_SUB_DOUBLE, 1.5, 2, -0.5},
        {N_MUL_DOUBLE, 1.5, 2, 3},     {N_DIV_DOUBLE, 1, 0, INFINITY},
        {N_DIV_DOUBLE, 3, 2, 1.5},     {N_NEG_DOUBLE, 0.0, 0, -0.0},
        {N_NEG_DOUBLE, -2, 0, 2},      {N_ABS_DOUBLE, -0.0, 0, 0.0},
        {N_SQRT_DOUBLE, 2.25, 0, 1.5}, {N_SQRT_DOUBLE, -0.0, 0, -0.0},
        {N_FLOOR_DOUBLE, -1.5, 0, -2}, {N_CEIL_DOUBLE, -1.5, 0, -1},
        {N_TRUNC_DOUBLE, -1.5, 0, -1}, {N_ROUND_DOUBLE, 2.5, 0, 2},
        {N_ROUND_DOUBLE, 3.5, 0, 4},   {N_ROUND_DOUBLE, -0.5, 0, -0.0},
        {N_MATH_DOUBLE, 1, 3, 7},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin();
        Node *n = t2_node_new(graph, rows[i].op, t2_node_info[rows[i].op].input_count == 1 ? 1 : 2,
                              (Node *[]){undouble(0), undouble(1)});
        n->pointer = (void *)plus;
        t2_append(here, n);
        answer(n);
        Value result = once(FLO(rows[i].a), FLO(rows[i].b), VALUE_NONE);
        if (result != FLO(rows[i].result))
            fail_msg("%s %g %g", t2_node_info[rows[i].op].name, rows[i].a, rows[i].b);
    }
    static const struct {
        NodeOp op;
        bool less, same, nan;
    } tests[] = {{N_LT_DOUBLE, true, false, false},
                 {N_LE_DOUBLE, true, true, false},
                 {N_EQ_DOUBLE, false, true, false}};
    for (size_t i = 0; i < 3; i++) {
        begin();
        answer(node(tests[i].op, 2, (Node *[]){undouble(0), undouble(1)}));
        make();
        assert_int_equal(invoke(FLO(-1), FLO(1), 0), value_from_bool(tests[i].less));
        assert_int_equal(invoke(FLO(0.0), FLO(-0.0), 0), value_from_bool(tests[i].same));
        assert_int_equal(invoke(FLO(NAN), FLO(NAN), 0), value_from_bool(tests[i].nan));
        drop();
    }
}

static void test_conversions(void **state) {
    begin();
    answer(OP(INT_TO_DOUBLE, unboxed(0)));
    assert_int_equal(once(FIX(FIXNUM_MIN), 0, 0), FLO((double)FIXNUM_MIN));
    begin();
    Node *d = undouble(0);
    answer(with_state(OP(DOUBLE_TO_INT, d), STATE(4, d)));
    make();
    assert_int_equal(invoke(FLO(-3), 0, 0), FIX(-3));
    assert_int_equal(invoke(FLO(-0.0), 0, 0), FIX(0));
    assert_int_equal(invoke(FLO((double)FIXNUM_MAX), 0, 0), FIX(FIXNUM_MAX));
    assert_int_equal(left.count, 0);
    static const double others[] = {1.5, NAN, INFINITY, -INFINITY, 1e300, (double)FIXNUM_MAX + 1};
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(invoke(FLO(others[i]), 0, 0), LEFT);
        assert_int_equal(left.count, i + 1);
        assert_int_equal(left_register(0, 0), FLO(others[i]));
    }
    drop();
    begin();
    Node *c = parameter(0);
    c->type = t2_type_of_set(CLASS(CHAR));
    OP(RETURN, OP(BOX_CHAR, OP(ADD_INT, OP(UNBOX_CHAR, c), integer(1))));
    assert_int_equal(once(value_from_char(0x10FFFE), 0, 0), value_from_char(0x10FFFF));
}

// Generic operations agree with the C functions on all pairs of numbers, and leave where these
// fail.
static void test_generic(void **state) {
    static const char *const names[] = {
        "+",  "-", "*",  "/", "quotient",          "<", "remainder", "modulo",
        "<=", ">", ">=", "=", "exact-integer-sqrt"};
    Value big = rt_num_add(vm, FIX(FIXNUM_MAX), FIX(1));
    Value values[] = {FIX(0),        FIX(1),  FIX(-7),   FIX(FIXNUM_MAX), FIX(FIXNUM_MIN),
                      FIX(3),        FLO(.5), FLO(NAN),  FLO(0.0),        FLO(-0.0),
                      FLO(INFINITY), big,     VALUE_TRUE};
    size_t count_values = sizeof values / sizeof *values;
    for (size_t i = 0; i + 1 < sizeof names / sizeof *names; i++) {
        const Primitive *p = rt_primitive_find(names[i]);
        PrimitiveFn2 *function = p->binary ? p->binary : p->fn.f2;
        bool compares = strchr("<>=", *names[i]) != NULL;
        begin();
        Node *x = parameter(0), *y = parameter(1);
        Node *n = OP(ARITHMETIC, x, y);
        if (compares) {
            n->op = N_COMPARE;
            n->rep = REP_BOOL;
        }
        n->primitive = p;
        n->state = STATE(9, x, y);
        answer(n);
        make();
        for (size_t k = 0; k < count_values * count_values; k++) {
            Value a = values[k / count_values], b = values[k % count_values];
            left.count = 0;
            Value wanted = function(vm, a, b), result = invoke(a, b, 0);
            if (wanted == VALUE_FAILURE) {
                assert_int_equal(result, LEFT);
                assert_int_equal(left.exit->reason, EXIT_FAILED);
                assert_int_equal(left_register(0, 1), b);
            } else if (!rt_eqv(result, wanted))
                fail_msg("%s on pair %zu", names[i], k);
        }
        drop();
    }
}

// ---- tests

enum { SAMPLES = 64 };
static Value samples[SAMPLES];
static unsigned sample_count;
static void add_sample(Value v) {
    assert_true(sample_count < SAMPLES);
    samples[sample_count++] = v;
}
static void make_samples(void) {
    sample_count = 0;
    static const Value plain[] = {VALUE_FALSE,   VALUE_NIL, VALUE_NULL,    VALUE_TRUE,
                                  VALUE_DEFAULT, VALUE_EOF, VALUE_UNBOUND, VALUE_UNSPECIFIED};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        add_sample(plain[i]);
    static const int64_t fixnums[] = {0, -1, 1, FIXNUM_MIN, FIXNUM_MAX};
    for (size_t i = 0; i < 5; i++)
        add_sample(FIX(fixnums[i]));
    static const double flonums[] = {0.0, -0.0, 1.5, INFINITY, -INFINITY, NAN, -NAN, 5e-324};
    for (size_t i = 0; i < 8; i++)
        add_sample(FLO(flonums[i]));
    add_sample(value_from_char(0));
    add_sample(value_from_char(CHAR_MAX_CODE));
    add_sample(rt_cons(vm, VALUE_NIL, VALUE_NIL));
    for (unsigned type = 1; type < TYPE_COUNT; type++)
        add_sample(value_from_pointer(rt_object_new(vm, type, 0, 0, 64)));
}

// Any set among any that are known to be possible: the test of each value agrees with its class.
static void test_classes(void **state) {
    make_samples();
    enum { ROUNDS = 400 };
    static const ClassSet plausible[] = {CLASS_ALL,
                                         CLASS_ALL & ~CLASS(UNBOUND),
                                         CLASS_NUMBER,
                                         CLASS(PAIR) | CLASS(NULL),
                                         CLASS_BOOLEAN,
                                         CLASS_FALSY,
                                         CLASS(FIXNUM) | CLASS(FLONUM),
                                         CLASS(FIXNUM) | CLASS(CHAR),
                                         CLASS(PAIR) | CLASS(STRING) | CLASS(VECTOR),
                                         CLASS(FLONUM) | CLASS(CHAR)};
    uint64_t random = 1;
    for (unsigned round = 0; round < ROUNDS; round++) {
        ClassSet pick[3];
        for (unsigned i = 0; i < 3; i++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            pick[i] = (ClassSet)(random >> 33) & CLASS_ALL;
        }
        ClassSet known = round % 3 == 0   ? CLASS_ALL
                         : round % 3 == 1 ? plausible[round / 3 % 10]
                                          : pick[0];
        ClassSet set = round < 27       ? (ClassSet)1 << round
                       : round % 2 == 0 ? plausible[round / 2 % 10]
                                        : pick[1] & pick[2];
        begin();
        Node *x = parameter(0);
        x->type = t2_type_of_set(known);
        Node *is = is_class(x, set);
        Block *yes = block(), *no = block();
        branch(is, yes, no);
        here = yes;
        Node *guarded = guard_class(x, set, STATE(2, x, is));
        OP(RETURN, guarded);
        here = no;
        // Fails, for the test said so.
        OP(RETURN, guard_class(x, set, STATE(5, x, is)));
        make();
        for (unsigned i = 0; i < sample_count; i++) {
            ClassSet class = t2_class_of(samples[i]);
            if (!(class & known))
                continue;
            left.count = 0;
            Value result = invoke(samples[i], 0, 0);
            bool in = class & set;
            if (result != (in ? samples[i] : VALUE_EOF) || left.count != !in)
                fail_msg("sample %u, known %x, set %x", i, known, set);
            if (!in) {
                assert_int_equal(left.exit->guard_pc, 5);
                assert_int_equal(left_register(0, 0), samples[i]);
                assert_int_equal(left_register(0, 1), VALUE_FALSE);
            }
        }
        drop();
    }
    // Truth, for what may be which of the two false values.
    for (unsigned i = 0; i < 3; i++) {
        begin();
        Node *x = parameter(0);
        x->type.set = i == 0   ? CLASS_ALL
                      : i == 1 ? CLASS_ALL & ~CLASS(NIL)
                               : CLASS_ALL & ~CLASS(FALSE);
        ClassSet known = x->type.set;
        answer(OP(TRUTHY, x));
        make();
        for (unsigned k = 0; k < sample_count; k++)
            if (t2_class_of(samples[k]) & known)
                assert_int_equal(invoke(samples[k], 0, 0),
                                 value_from_bool(value_is_truthy(samples[k])));
        drop();
    }
}

static Value record_type(const char *name, Value parent) {
    Value type = rt_record_type_new(vm, rt_intern(vm, name), parent, 0, NULL, NULL);
    assert_true(value_is_record_type(type));
    return type;
}
static Value record_of(Value type) {
    Record *r = rt_object_new(vm, TYPE_RECORD, 0, 0, 16);
    FRESH(r->type) = type;
    return value_from_pointer(r);
}

static void test_records(void **state) {
    Value top = record_type("top", VALUE_FALSE), below = record_type("below", top),
          beside = record_type("beside", top), lowest = record_type("lowest", below);
    Value records[] = {record_of(top),    record_of(below), record_of(beside),
                       record_of(lowest), FIX(1),           VALUE_FALSE,
                       rt_cons(vm, 1, 2), FLO(1),           rt_string_from_c(vm, "x")};
    Value types[] = {top, below, beside, lowest};
    for (unsigned t = 0; t < 4; t++)
        for (int typed = 0; typed < 2; typed++) {
            begin();
            Node *x = parameter(0);
            if (typed)
                x->type = t2_type_of_set(CLASS(RECORD));
            Node *is = OP(IS_RECORD, x);
            is->value = types[t];
            Block *yes = block(), *no = block();
            branch(is, yes, no);
            for (int i = 0; i < 2; i++) {
                here = i ? yes : no;
                Node *guard = with_state(OP(GUARD_RECORD, x), STATE(1, x));
                guard->value = types[t];
                OP(RETURN, guard);
            }
            make();
            for (unsigned r = 0; r < (typed ? 4 : 9); r++) {
                Value result = invoke(records[r], 0, 0);
                assert_int_equal(result,
                                 rt_record_is(records[r], types[t]) ? records[r] : VALUE_EOF);
            }
            drop();
        }
    begin();
    Node *x = parameter(0);
    x->type = t2_type_of_set(CLASS(RECORD));
    OP(RETURN, OP(RECORD_TYPE, x));
    assert_int_equal(once(records[3], 0, 0), lowest);
}

static Value closure_of(Code *c) {
    Closure *closure = rt_object_new(vm, TYPE_CLOSURE, 0, 1, sizeof *closure);
    FRESH(closure->code) = c;
    FRESH(closure->free[0]) = FIX(11);
    return value_from_pointer(closure);
}

static void test_identity(void **state) {
    begin();
    Node *x = parameter(0);
    Code *other = code_new(1), *own = code_new(1);
    Node *is = OP(IS_CODE, x);
    is->code = own;
    Block *yes = block(), *no = block();
    branch(is, yes, no);
    here = no;
    Node *guard = with_state(OP(GUARD_CODE, x), STATE(1, x));
    guard->code = own;
    OP(RETURN, guard);
    here = yes;
    guard = with_state(OP(GUARD_CODE, x), STATE(1, x));
    guard->code = own;
    OP(RETURN, guard);
    make();
    Value mine = closure_of(own), others = closure_of(other);
    // A vector whose first word is the code.
    Value vector = rt_vector_new(vm, 2, (Value)(uintptr_t)own);
    assert_int_equal(invoke(mine, 0, 0), mine);
    assert_int_equal(left.count, 0);
    assert_int_equal(invoke(others, 0, 0), LEFT);
    assert_int_equal(invoke(vector, 0, 0), LEFT);
    assert_int_equal(invoke(FIX(3), 0, 0), LEFT);
    drop();

    begin();
    x = parameter(0);
    guard = with_state(OP(GUARD_IS, x), STATE(1, x));
    guard->value = mine;
    t2_hold(graph, mine);
    OP(RETURN, guard);
    make();
    assert_int_equal(invoke(mine, 0, 0), mine);
    assert_int_equal(invoke(others, 0, 0), LEFT);
    drop();

    begin();
    answer(OP(IS_SAME, parameter(0), parameter(1)));
    make();
    assert_int_equal(invoke(mine, mine, 0), VALUE_TRUE);
    assert_int_equal(invoke(mine, others, 0), VALUE_FALSE);
    drop();

    make_samples();
    Value big = rt_num_add(vm, FIX(FIXNUM_MAX), FIX(1));
    Value numbers[] = {FLO(0.0),
                       FLO(-0.0),
                       FLO(NAN),
                       FLO(-NAN),
                       big,
                       rt_num_add(vm, FIX(FIXNUM_MAX), FIX(1)),
                       rt_num_sub(vm, FIX(0), big),
                       FIX(1),
                       mine,
                       rt_cons(vm, 1, 1),
                       VALUE_NULL};
    size_t n = sizeof numbers / sizeof *numbers;
    begin();
    answer(OP(IS_EQV, parameter(0), parameter(1)));
    make();
    for (size_t i = 0; i < n * n; i++)
        assert_int_equal(invoke(numbers[i / n], numbers[i % n], 0),
                         value_from_bool(rt_eqv(numbers[i / n], numbers[i % n])));
}

static void test_guards(void **state) {
    begin();
    Node *i = unboxed(0), *limit = unboxed(1);
    Node *guard = with_state(OP(GUARD_INDEX, i, limit), STATE(1, i, limit));
    answer(guard);
    make();
    assert_int_equal(invoke(FIX(0), FIX(1), 0), FIX(0));
    assert_int_equal(invoke(FIX(4), FIX(5), 0), FIX(4));
    assert_int_equal(left.count, 0);
    assert_int_equal(invoke(FIX(5), FIX(5), 0), LEFT);
    assert_int_equal(left.exit->reason, EXIT_BOUNDS);
    assert_int_equal(invoke(FIX(-1), FIX(5), 0), LEFT);
    assert_int_equal(left_register(0, 0), FIX(-1));
    drop();
    begin();
    Node *less = OP(LT_INT, unboxed(0), unboxed(1)), *equal = OP(EQ_INT, unboxed(0), unboxed(1));
    with_state(OP(GUARD_TRUE, less), STATE(1, less))->reason = EXIT_BRANCH;
    with_state(OP(GUARD_FALSE, equal), STATE(2, equal))->reason = EXIT_BRANCH;
    Node *select = OP(SELECT, OP(NOT, equal), unboxed(1), unboxed(0));
    select->rep = REP_INT;
    answer(select);
    make();
    assert_int_equal(invoke(FIX(0), FIX(1), 0), FIX(1));
    assert_int_equal(invoke(FIX(1), FIX(1), 0), LEFT);
    assert_int_equal(left.exit->guard_pc, 1);
    assert_int_equal(left.exit->reason, EXIT_BRANCH);
    assert_int_equal(left_register(0, 0), VALUE_FALSE);
    drop();
    begin();
    Node *kept = parameter(0);
    with_state(node(N_POLL, 0, NULL), STATE(6, kept));
    OP(RETURN, kept);
    make();
    assert_int_equal(invoke(FIX(8), 0, 0), FIX(8));
    atomic_store(&vm->interrupts, INTERRUPT_USER);
    assert_int_equal(invoke(FIX(9), 0, 0), LEFT);
    assert_int_equal(left.exit->reason, EXIT_POLL);
    assert_int_equal(left_register(0, 0), FIX(9));
    // What has been compiled is no reason to leave.
    atomic_store(&vm->interrupts, INTERRUPT_TIER);
    assert_int_equal(invoke(FIX(7), 0, 0), FIX(7));
    assert_int_equal(atomic_load(&vm->interrupts), 0);
}

// ---- memory

static Node *typed(int64_t index, ClassSet set) {
    Node *p = parameter(index);
    p->type = t2_type_of_set(set);
    return p;
}

static void test_pairs(void **state) {
    begin();
    Node *p = typed(0, CLASS(PAIR));
    Node *fresh = OP(NEW_PAIR, OP(CDR, p), OP(CAR, p));
    OP(SET_CAR, p, parameter(1));
    OP(SET_CDR, p, parameter(2));
    OP(RETURN, fresh);
    make();
    Value pair = rt_cons(vm, FIX(1), FIX(2)), list[40];
    for (int i = 0; i < 40; i++) // beyond what the free list holds
        list[i] = invoke(pair, FIX(1), FIX(2));
    for (int i = 0; i < 40; i++) {
        assert_true(value_is_pair(list[i]));
        assert_int_equal(value_car(list[i]), FIX(2));
        assert_int_equal(value_cdr(list[i]), FIX(1));
    }
    invoke(pair, VALUE_TRUE, VALUE_NULL);
    assert_int_equal(value_car(pair), VALUE_TRUE);
    assert_int_equal(value_cdr(pair), VALUE_NULL);
}

static void test_vectors(void **state) {
    begin();
    Node *v = typed(0, CLASS(VECTOR));
    Node *length = OP(VECTOR_LENGTH, v), *last = OP(SUB_INT, length, integer(1));
    Node *old = OP(VECTOR_REF, v, last);
    OP(VECTOR_SET, v, last, parameter(1));
    OP(RETURN, OP(NEW_VECTOR, OP(BOX_INT, length), old, OP(VECTOR_REF, v, last),
                  OP(BOX_BOOL, OP(VECTOR_MUTABLE, v))));
    make();
    Value vector = rt_vector_new(vm, 70000, FIX(5));
    Value result = invoke(vector, FIX(6), 0);
    assert_int_equal(vector_length(result), 4);
    assert_int_equal(value_vector(result)->item[0], FIX(70000));
    assert_int_equal(value_vector(result)->item[1], FIX(5));
    assert_int_equal(value_vector(result)->item[2], FIX(6));
    assert_int_equal(value_vector(result)->item[3], VALUE_TRUE);
    object_set_flags(value_object(vector), VECTOR_LITERAL);
    assert_int_equal(value_vector(invoke(vector, FIX(6), 0))->item[3], VALUE_FALSE);
    drop();
    begin();
    Node *b = typed(0, CLASS(BYTEVECTOR)), *first = integer(0);
    Node *byte = OP(BYTE_REF, b, first);
    OP(BYTE_SET, b, first, unboxed(1));
    answer(OP(ADD_INT, byte, OP(MUL_INT, OP(BYTEVECTOR_LENGTH, b), integer(1000))));
    make();
    Bytevector *bytes = rt_object_new_atomic(vm, TYPE_BYTEVECTOR, 0, 3, 8);
    bytes->byte[0] = 200;
    assert_int_equal(invoke(value_from_pointer(bytes), FIX(255), 0), FIX(3200));
    assert_int_equal(bytes->byte[0], 255);
}

static void test_strings(void **state) {
    begin();
    Node *s = typed(0, CLASS(STRING)), *i = unboxed(1), *c = unboxed(2);
    Node *old = OP(STRING_REF, s, i);
    with_state(OP(STRING_SET, s, i, c), STATE(3, s));
    answer(OP(ADD_INT, OP(MUL_INT, OP(STRING_LENGTH, s), integer(1000000)), old));
    make();
    Value narrow = rt_string_from_c(vm, "abc"), wide = rt_string_from_c(vm, "a\u20acc");
    assert_true(string_is_wide(wide));
    value_string(narrow)->hash = 1;
    assert_int_equal(invoke(narrow, FIX(2), FIX(255)), FIX(3000000 + 'c'));
    assert_int_equal(string_char(narrow, 2), 255);
    assert_int_equal(value_string(narrow)->hash, 0);
    assert_int_equal(invoke(wide, FIX(1), FIX(0x10FFFF)), FIX(3000000 + 0x20ac));
    assert_int_equal(string_char(wide, 1), 0x10FFFF);
    assert_int_equal(left.count, 0);
    assert_int_equal(invoke(narrow, FIX(2), FIX(256)), LEFT);
    assert_int_equal(string_char(narrow, 2), 255);
    object_set_flags(value_object(wide), STRING_WIDE | STRING_LITERAL);
    assert_int_equal(invoke(wide, FIX(1), FIX('x')), LEFT);
    assert_int_equal(left_register(0, 0), wide);
    assert_int_equal(string_char(wide, 1), 0x10FFFF);
}

static void test_objects(void **state) {
    begin();
    Node *a = parameter(0), *b = parameter(1);
    Node *box = OP(NEW_BOX, a);
    Node *old = OP(BOX_REF, box);
    OP(BOX_SET, box, b);
    Code *c = code_new(2);
    Node *closure = OP(NEW_CLOSURE, old, t2_constant(graph, VALUE_UNSPECIFIED));
    FRESH(closure->code) = c;
    OP(SET_FREE, closure, box)->index = 1;
    Node *free0 = OP(FREE, closure);
    Value type = record_type("r", VALUE_FALSE);
    t2_hold(graph, type);
    Node *record = OP(NEW_RECORD, free0, box, closure);
    record->value = type;
    OP(SET_FIELD, record, b)->index = 0;
    Node *field = OP(FIELD, record);
    field->index = 0;
    Node *values = OP(NEW_VALUES, record, field);
    Node *none = OP(VALUES_COUNT, values), *second = OP(VALUES_REF, values);
    second->index = 1;
    OP(RETURN, OP(NEW_VECTOR, values, OP(BOX_INT, none), second));
    make();
    Value result = invoke(FIX(1), FIX(2), 0);
    const Value *item = value_vector(result)->item;
    assert_int_equal(item[1], FIX(2));
    assert_int_equal(item[2], FIX(2));
    const Values *v = value_values(item[0]);
    assert_int_equal(object_aux(v), 2);
    assert_int_equal(v->item[1], FIX(2));
    const Record *r = value_record(v->item[0]);
    assert_int_equal(*object_header(r), header_make(TYPE_RECORD, 0, 3));
    assert_int_equal(r->type, type);
    assert_int_equal(r->field[0], FIX(2));
    assert_int_equal(value_box(r->field[1])->value, FIX(2));
    const Closure *k = value_closure(r->field[2]);
    assert_int_equal(*object_header(k), header_make(TYPE_CLOSURE, 0, 2));
    assert_ptr_equal(k->code, c);
    assert_int_equal(k->free[0], FIX(1));
    assert_int_equal(k->free[1], r->field[1]);
    drop();
    // Nothing in it; more than a free list's largest class.
    begin();
    OP(RETURN, node(N_NEW_VECTOR, 0, NULL));
    assert_int_equal(vector_length(once(0, 0, 0)), 0);
    begin();
    Node *many[40];
    for (int i = 0; i < 40; i++)
        many[i] = fixnum(i);
    OP(RETURN, node(N_NEW_VECTOR, 40, many));
    result = once(0, 0, 0);
    assert_int_equal(vector_length(result), 40);
    for (int i = 0; i < 40; i++)
        assert_int_equal(value_vector(result)->item[i], FIX(i));
}

static void test_globals(void **state) {
    begin();
    Cell *cell = rt_object_new(vm, TYPE_CELL, 0, 0, sizeof *cell);
    cell->value = FIX(1);
    t2_hold(graph, value_from_pointer(cell));
    Node *old = node(N_GLOBAL, 0, NULL);
    old->value = value_from_pointer(cell);
    Node *set = with_state(OP(SET_GLOBAL, parameter(0)), STATE(2, old));
    set->value = value_from_pointer(cell);
    OP(RETURN, old);
    make();
    object_set_flags(cell, CELL_ASSIGNED);
    assert_int_equal(invoke(FIX(2), 0, 0), FIX(1));
    assert_int_equal(cell->value, FIX(2));
    object_set_flags(cell, 0);
    assert_int_equal(invoke(FIX(3), 0, 0), FIX(2));
    assert_int_equal(cell->value, FIX(3));
    assert_int_equal(object_flags(cell), CELL_ASSIGNED);
}

// ---- control

// The sum of 0 … n-1, and how often: phis of three kinds.
static void test_loop(void **state) {
    begin();
    Node *n = unboxed(0);
    Block *out = block(), *body;
    Block *loop = header(STATE(1, parameter(0)));
    Node *i = phi(integer(0)), *sum = phi(t2_constant_double(graph, 0)),
         *flip = phi(t2_constant_bool(graph, false));
    i->rep = REP_INT;
    sum->rep = REP_DOUBLE;
    flip->rep = REP_BOOL;
    body = block();
    branch(OP(LT_INT, i, n), body, out);
    here = body;
    t2_add_input(graph, i, OP(ADD_INT, i, integer(1)));
    t2_add_input(graph, sum, OP(ADD_DOUBLE, sum, OP(INT_TO_DOUBLE, i)));
    t2_add_input(graph, flip, OP(NOT, flip));
    jump(loop);
    here = out;
    OP(RETURN, OP(NEW_PAIR, OP(BOX_DOUBLE, sum), OP(BOX_BOOL, flip)));
    make();
    Value result = invoke(FIX(1001), 0, 0);
    assert_int_equal(value_car(result), FLO(500500));
    assert_int_equal(value_cdr(result), VALUE_TRUE);
}

static void test_exit_values(void **state) {
    begin();
    Node *i = unboxed(0), *d = undouble(1), *t = parameter(2);
    Node *less = OP(LT_INT, i, integer(10));
    Node *pair = node(N_SUNK, 2, (Node *[]){i, t});
    pair->index = TYPE_NONE;
    Code *c = code_new(2);
    Node *closure = node(N_SUNK, 2, (Node *[]){pair, d});
    closure->index = TYPE_CLOSURE;
    closure->code = c;
    // Inlined: its caller goes on at word 30 with the result in register 4.
    FrameState *outer = STATE(30, d, OP(BOX_INT, i), OP(BOX_DOUBLE, d), fixnum(77));
    outer->dst = 4;
    FrameState *inner = STATE(12, t, less, integer(5), t2_constant_double(graph, 2.5), closure,
                              t2_constant_bool(graph, true), i, d);
    inner->caller = outer;
    Node *exit = with_state(node(N_EXIT, 0, NULL), inner);
    exit->reason = EXIT_GENERIC;
    make();
    assert_int_equal(invoke(FIX(-4), FLO(0.25), VALUE_NULL), LEFT);
    const ExitDescriptor *e = left.exit;
    assert_int_equal(e->reason, EXIT_GENERIC);
    assert_int_equal(e->frame_count, 2);
    assert_int_equal(e->frames[0].pc, 12);
    assert_int_equal(e->frames[1].pc, 30);
    assert_int_equal(e->frames[1].dst, 4);
    // i, t, RUNNING's word, d and less: each once.
    assert_int_equal(e->value_count, 5);
    assert_int_equal(left_register(0, 0), VALUE_NULL);
    assert_int_equal(left_register(0, 1), VALUE_TRUE);
    assert_int_equal(left_register(0, 2), FIX(5));
    assert_int_equal(left_register(0, 3), FLO(2.5));
    assert_int_equal(e->frames[0].registers[4].kind, LOCATION_SUNK);
    assert_int_equal(left_register(0, 5), VALUE_TRUE);
    assert_int_equal(left_register(0, 6), FIX(-4));
    assert_int_equal(left_register(0, 7), FLO(0.25));
    assert_int_equal(left_register(1, 0), FLO(0.25));
    assert_int_equal(left_register(1, 1), FIX(-4));
    assert_int_equal(left_register(1, 2), FLO(0.25));
    assert_int_equal(left_register(1, 3), FIX(77));
    assert_int_equal(located(e, left.values, e->frames[0].closure), VALUE_NIL);
    assert_int_equal(e->sunk_count, 2);
    const SunkObject *o = &e->sunk[e->frames[0].registers[4].index];
    assert_int_equal(o->type, TYPE_CLOSURE);
    assert_int_equal(e->constants[o->extra.index], (Value)(uintptr_t)c);
    assert_int_equal(o->count, 2);
    assert_int_equal(located(e, left.values, o->fields[1]), FLO(0.25));
    assert_int_equal(o->fields[0].kind, LOCATION_SUNK);
    const SunkObject *p = &e->sunk[o->fields[0].index];
    assert_int_equal(p->type, TYPE_NONE);
    assert_int_equal(located(e, left.values, p->fields[0]), FIX(-4));
    assert_int_equal(located(e, left.values, p->fields[1]), VALUE_NULL);
}

// ---- calls

static Value called_closure, called_arguments[8];
static Code *called_code;
static Value called_answer;
NATIVE(callee) {
    called_closure = its_closure;
    called_code = its_code;
    Value arguments[] = {
        a0, a1, a2, a3, a4, a5, its_vm->native_arguments[6], its_vm->native_arguments[7]};
    memcpy(called_arguments, arguments, sizeof arguments);
    return called_answer;
}

static void check_called(Value closure, const Code *c) {
    assert_int_equal(called_closure, closure);
    assert_ptr_equal(called_code, c);
    for (int i = 0; i < 8; i++)
        assert_int_equal(called_arguments[i], FIX(i));
    called_closure = 0;
}

static void test_calls(void **state) {
    Code *c = code_new(1);
    c->native = (void *)callee;
    c->exact = 8;
    Value closure = closure_of(c);
    for (int how = 0; how < 4; how++) {
        static const NodeOp ops[] = {N_CALL, N_CALL_CODE, N_TAIL_CALL, N_TAIL_CALL_CODE};
        begin();
        t2_hold(graph, value_from_pointer(c));
        Node *inputs[9] = {parameter(0)};
        for (int i = 0; i < 8; i++)
            inputs[1 + i] = fixnum(i);
        Node *n = t2_node_new(graph, ops[how], 9, inputs);
        n->code = c;
        if (how < 2) {
            FrameState *after = STATE(5, parameter(1), NULL);
            after->dst = 1;
            n->state = after;
        }
        t2_append(here, n);
        if (how < 2)
            OP(RETURN, n);
        make();
        called_answer = FIX(-1);
        assert_int_equal(invoke(closure, FIX(50), 0), FIX(-1));
        check_called(closure, c);
        if (how < 2) {
            // Frames are thrown away, then kept.
            called_answer = VALUE_UNWIND;
            vm->unwind_keep = 0;
            vm->unwind_top = unwind_records;
            assert_int_equal(invoke(closure, FIX(50), 0), VALUE_UNWIND);
            assert_ptr_equal(vm->unwind_top, unwind_records);
            vm->unwind_keep = 1;
            assert_int_equal(invoke(closure, FIX(51), 0), VALUE_UNWIND);
            const ExitDescriptor *e = (const ExitDescriptor *)(uintptr_t)unwind_records[0];
            assert_ptr_equal(vm->unwind_top, unwind_records + 1 + e->value_count);
            assert_int_equal(e->frames[0].pc, 5);
            assert_int_equal(e->frames[0].dst, 1);
            assert_int_equal(located(e, unwind_records + 1, e->frames[0].registers[0]), FIX(51));
            assert_ptr_equal(e->function, &head);
        }
        if (how % 2 == 0) {
            // Whatever does not take the arguments as they are.
            called_closure = 0;
            c->exact = 7;
            assert_int_equal(invoke(closure, 0, 0), closure);
            assert_int_equal(applied, 8);
            c->exact = 8;
            assert_int_equal(invoke(FIX(9), 0, 0), FIX(9));
            Value vector = rt_vector_new(vm, 1, (Value)(uintptr_t)c);
            assert_int_equal(invoke(vector, 0, 0), vector);
            assert_int_equal(called_closure, 0);
        }
        drop();
    }
}

// Calls itself; finds no room; parameters beyond the registers.
static void test_recursion(void **state) {
    begin();
    Node *first = typed(0, CLASS(FIXNUM)), *seventh = parameter(6), *n = OP(UNBOX_INT, first);
    Block *more = block(), *done = block();
    branch(OP(EQ_INT, n, integer(0)), done, more);
    here = done;
    OP(RETURN, seventh);
    here = more;
    Node *inputs[] = {running,   OP(BOX_INT, OP(SUB_INT, n, integer(1))),
                      fixnum(1), fixnum(2),
                      fixnum(3), fixnum(4),
                      fixnum(5), OP(NEW_PAIR, seventh, first)};
    Node *again = t2_node_new(graph, N_CALL_CODE, 8, inputs);
    again->code = code;
    FrameState *after = STATE(5, NULL);
    after->dst = 0;
    code->exact = 7;
    again->state = after;
    t2_append(here, again);
    OP(RETURN, again);
    make();
    vm->native_arguments[6] = VALUE_NULL;
    Value list = invoke(FIX(1000), 0, 0);
    for (int i = 1; i <= 1000; i++, list = value_car(list))
        assert_int_equal(value_cdr(list), FIX(i));
    assert_int_equal(list, VALUE_NULL);
    atomic_store(&vm->native_limit, (char *)UINTPTR_MAX);
    assert_int_equal(invoke(FIX(5), 0, 0), FIX(5) + SIXTH - FIXNUM_BIAS);
    assert_int_equal(overflows, 1);
}

static void test_primitives(void **state) {
    begin();
    Node *x = parameter(0), *y = parameter(1);
    Node *list = with_state(OP(PRIMITIVE, x, y, x), STATE(3, x));
    list->primitive = rt_primitive_find("list");
    Node *length = with_state(OP(PRIMITIVE, list), STATE(4, y));
    length->primitive = rt_primitive_find("length");
    Node *sum = with_state(OP(PRIMITIVE, length, y), STATE(5, x, y));
    sum->primitive = rt_primitive_find("+");
    sum->index = 1;
    Node *again = with_state(OP(PRIMITIVE, sum, length, length), STATE(6, x, y));
    again->primitive = rt_primitive_find("+");
    OP(RETURN, OP(NEW_PAIR, list, again));
    make();
    Value result = invoke(VALUE_TRUE, FIX(4), 0);
    assert_int_equal(value_cdr(result), FIX(13));
    assert_int_equal(value_car(value_car(result)), VALUE_TRUE);
    assert_int_equal(value_car(value_cdr(value_car(result))), FIX(4));
    assert_int_equal(invoke(VALUE_TRUE, VALUE_NULL, 0), LEFT);
    assert_int_equal(left.exit->reason, EXIT_FAILED);
    assert_int_equal(left.exit->guard_pc, 5);
    assert_int_equal(left_register(0, 0), VALUE_TRUE);
    assert_int_equal(left_register(0, 1), VALUE_NULL);
}

// Entered in the middle: registers come from the frame.
static void test_osr(void **state) {
    begin();
    graph->osr_pc = 8;
    Node *r = node(N_REGISTER, 0, NULL);
    r->index = 3;
    Node *s = node(N_REGISTER, 0, NULL);
    s->index = 70;
    OP(RETURN, OP(NEW_PAIR, r, s));
    make();
    Value frame[80];
    frame[3] = FIX(3);
    frame[70] = FIX(70);
    atomic_store(&vm->native_limit, (char *)UINTPTR_MAX); // not looked at
    Value result = invoke((Value)(uintptr_t)frame, 0, 0);
    assert_int_equal(value_car(result), FIX(3));
    assert_int_equal(value_cdr(result), FIX(70));
}

static void test_chaos(void **state) {
    begin();
    t2_settings.chaos = true;
    Node *x = parameter(0);
    for (uint32_t i = 0; i < 5; i++)
        x = guard_class(x, CLASS_ALL & ~CLASS(FIXNUM), STATE(i, x));
    OP(RETURN, x);
    make();
    vm->exit_countdown = 4;
    assert_int_equal(invoke(VALUE_TRUE, 0, 0), LEFT);
    assert_int_equal(left.exit->guard_pc, 3);
    assert_int_equal(vm->exit_countdown, 0);
    vm->exit_countdown = 100;
    assert_int_equal(invoke(VALUE_TRUE, 0, 0), VALUE_TRUE);
    assert_int_equal(vm->exit_countdown, 95);
}

// ---- texts, memory

static void test_texts(void **state) {
    begin();
    answer(with_state(OP(ADD_CHECKED, unboxed(0), integer(1)), STATE(1)));
    end();
    for (int i = 0; i < 2; i++) {
        Bailout failure = BAILOUT_NONE;
        artifact = t2_artifact_new("name", "file:1:2", &head);
        char *text = t2_engine_text(artifact, graph, i ? T2_TEXT_ASM : T2_TEXT_LLVM, &failure);
        assert_non_null(text);
        assert_non_null(strstr(text, "name file:1:2"));
        assert_non_null(strstr(text, i ? "ret" : "musttail call"));
        free(text);
        t2_artifact_free(artifact);
    }
    artifact = NULL;
}

static long resident_pages(void) {
    long size = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    assert_int_equal(fscanf(f, "%ld %ld", &size, &resident), 2);
    fclose(f);
    return resident;
}

// Code that is made and dropped leaves nothing behind.
static void test_memory(void **state) {
#if __has_feature(address_sanitizer)
    skip(); // it holds back what has been freed
#endif
    long before = 0;
    for (int i = 0; i < 600; i++) {
        begin();
        Node *x = unboxed(0);
        Node *n = with_state(OP(ADD_CHECKED, x, integer(i)), STATE(1, x));
        answer(with_state(OP(MUL_CHECKED, n, n), STATE(2, x)));
        assert_int_equal(once(FIX(2), 0, 0), FIX((2 + i) * (2 + i)));
        if (i == 200)
            before = resident_pages();
    }
    assert_true(resident_pages() - before < 400);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        LOWER_TEST(test_integers),    LOWER_TEST(test_overflow), LOWER_TEST(test_doubles),
        LOWER_TEST(test_conversions), LOWER_TEST(test_generic),  LOWER_TEST(test_classes),
        LOWER_TEST(test_records),     LOWER_TEST(test_identity), LOWER_TEST(test_guards),
        LOWER_TEST(test_pairs),       LOWER_TEST(test_vectors),  LOWER_TEST(test_strings),
        LOWER_TEST(test_objects),     LOWER_TEST(test_globals),  LOWER_TEST(test_loop),
        LOWER_TEST(test_exit_values), LOWER_TEST(test_calls),    LOWER_TEST(test_recursion),
        LOWER_TEST(test_primitives),  LOWER_TEST(test_osr),      LOWER_TEST(test_chaos),
        LOWER_TEST(test_texts),       LOWER_TEST(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
