// Generic arithmetic and comparison, predicates, exactness.
#include "runtime/fail.h"
#include "runtime/hash.h"
#include "runtime/heap.h"
#include "runtime/num_int.h"
#include <math.h>

#define ZERO value_from_fixnum(0)
#define ONE value_from_fixnum(1)

Value rt_two_values(VM *vm, Value first, Value second) {
    if (first == VALUE_FAILURE || second == VALUE_FAILURE)
        return VALUE_FAILURE;
    Values *v = rt_object_new(vm, TYPE_VALUES, 0, 2, 2 * sizeof(Value));
    FRESH(v->item[0]) = first;
    FRESH(v->item[1]) = second;
    return value_from_pointer(v);
}

double rt_num_to_double(Value v) {
    if (value_is_flonum(v))
        return value_double(v);
    if (value_is_fixnum(v))
        return (double)value_fixnum(v);
    return rt_rat_to_double(v);
}

// ---- the four operations

typedef enum Operands {
    OPERANDS_EXACT,
    OPERANDS_FLONUM,
    OPERANDS_COMPLEX,
    OPERANDS_WRONG
} Operands;

// How a and b are to be combined; OPERANDS_FLONUM: both real, at least one a flonum.
static inline Operands classify(Value a, Value b) {
    bool exact_a = value_is_exact_rational(a), exact_b = value_is_exact_rational(b);
    if (exact_a && exact_b)
        return OPERANDS_EXACT;
    if ((exact_a || value_is_flonum(a)) && (exact_b || value_is_flonum(b)))
        return OPERANDS_FLONUM;
    return value_is_number(a) && value_is_number(b) ? OPERANDS_COMPLEX : OPERANDS_WRONG;
}

static Value not_numbers(VM *vm, Value a, Value b) {
    return value_is_number(a) ? rt_fail_type(vm, 2, "number", b) : rt_fail_type(vm, 1, "number", a);
}
static Value not_reals(VM *vm, Value a, Value b) {
    return value_is_real(a) ? rt_fail_type(vm, 2, "real", b) : rt_fail_type(vm, 1, "real", a);
}

Value rt_num_add_slow(VM *vm, Value a, Value b) {
    if (value_is_compnum(a) && value_is_compnum(b))
        return rt_complex_add(vm, a, b);
    switch (classify(a, b)) {
    case OPERANDS_EXACT:
        return rt_rat_add(vm, a, b);
    case OPERANDS_FLONUM:
        return value_from_double(rt_num_to_double(a) + rt_num_to_double(b));
    case OPERANDS_COMPLEX:
        return rt_complex_add(vm, a, b);
    default:
        return not_numbers(vm, a, b);
    }
}

Value rt_num_sub_slow(VM *vm, Value a, Value b) {
    if (value_is_compnum(a) && value_is_compnum(b))
        return rt_complex_sub(vm, a, b);
    switch (classify(a, b)) {
    case OPERANDS_EXACT:
        return rt_rat_sub(vm, a, b);
    case OPERANDS_FLONUM:
        return value_from_double(rt_num_to_double(a) - rt_num_to_double(b));
    case OPERANDS_COMPLEX:
        return rt_complex_sub(vm, a, b);
    default:
        return not_numbers(vm, a, b);
    }
}

Value rt_num_mul_slow(VM *vm, Value a, Value b) {
    if (value_is_compnum(a) && value_is_compnum(b))
        return rt_complex_mul(vm, a, b);
    switch (classify(a, b)) {
    case OPERANDS_EXACT:
        return rt_rat_mul(vm, a, b);
    case OPERANDS_FLONUM:
        if (a == ZERO || b == ZERO)
            return ZERO;
        return value_from_double(rt_num_to_double(a) * rt_num_to_double(b));
    case OPERANDS_COMPLEX:
        return rt_complex_mul(vm, a, b);
    default:
        return not_numbers(vm, a, b);
    }
}

Value rt_num_div(VM *vm, Value a, Value b) {
    if (value_is_flonum(a) && value_is_flonum(b))
        return value_from_double(value_double(a) / value_double(b));
    Operands kind = classify(a, b);
    if (kind == OPERANDS_WRONG)
        return not_numbers(vm, a, b);
    if (b == ZERO)
        return rt_fail_division(vm);
    if (kind == OPERANDS_EXACT)
        return rt_rat_div(vm, a, b);
    if (kind == OPERANDS_COMPLEX)
        return rt_complex_div(vm, a, b);
    return value_from_double(rt_num_to_double(a) / rt_num_to_double(b));
}

Value rt_num_negate(VM *vm, Value a) {
    if (value_is_flonum(a))
        return value_from_double(-value_double(a));
    if (value_is_exact_rational(a))
        return rt_rat_negate(vm, a);
    if (!value_is_compnum(a))
        return rt_fail_type(vm, 1, "number", a);
    Value real = rt_num_negate(vm, value_compnum(a)->real);
    return rt_rectangular(vm, real, rt_num_negate(vm, value_compnum(a)->imaginary));
}

// ---- comparison

NumberOrder rt_num_compare(Value a, Value b) {
    if (value_is_flonum(a)) {
        double x = value_double(a);
        if (isnan(x))
            return ORDER_NONE;
        if (!value_is_flonum(b))
            return (NumberOrder)-rt_rat_compare_double(b, x);
        double y = value_double(b);
        if (isnan(y))
            return ORDER_NONE;
        return (NumberOrder)((x > y) - (x < y));
    }
    if (!value_is_flonum(b))
        return (NumberOrder)rt_rat_compare(a, b);
    double y = value_double(b);
    return isnan(y) ? ORDER_NONE : (NumberOrder)rt_rat_compare_double(a, y);
}

bool rt_num_equal(Value a, Value b) {
    bool complex_a = value_is_compnum(a), complex_b = value_is_compnum(b);
    if (!complex_a && !complex_b)
        return rt_num_compare(a, b) == ORDER_EQUAL;
    return rt_num_compare(rt_real_part(a), rt_real_part(b)) == ORDER_EQUAL &&
           rt_num_compare(rt_imaginary_part(a), rt_imaginary_part(b)) == ORDER_EQUAL;
}

bool rt_num_eqv(Value a, Value b) {
    if (a == b)
        return true;
    if (value_is_flonum(a) && value_is_flonum(b))
        return isnan(value_double(a)) && isnan(value_double(b));
    if (!value_is_object(a) || !value_is_object(b))
        return false;
    if (object_type(value_object(a)) != object_type(value_object(b)))
        return false;
    switch (object_type(value_object(a))) {
    case TYPE_BIGNUM:
        return rt_int_equal(a, b);
    case TYPE_RATNUM:
        return rt_int_equal(value_ratnum(a)->numerator, value_ratnum(b)->numerator) &&
               rt_int_equal(value_ratnum(a)->denominator, value_ratnum(b)->denominator);
    case TYPE_COMPNUM:
        return rt_num_eqv(value_compnum(a)->real, value_compnum(b)->real) &&
               rt_num_eqv(value_compnum(a)->imaginary, value_compnum(b)->imaginary);
    default:
        return false;
    }
}

uint64_t rt_num_hash(Value v) {
    if (value_is_fixnum(v))
        return hash_word(v);
    if (value_is_flonum(v))
        return hash_word(isnan(value_double(v)) ? 0 : v);
    if (value_is_bignum(v)) {
        IntView x;
        int_view(&x, v);
        uint64_t h = x.negative;
        for (size_t i = 0; i < x.size; i++)
            h = hash_combine(h, x.limb[i]);
        return h;
    }
    if (value_is_ratnum(v))
        return hash_combine(rt_num_hash(value_ratnum(v)->numerator),
                            rt_num_hash(value_ratnum(v)->denominator));
    return hash_combine(~rt_num_hash(value_compnum(v)->real),
                        rt_num_hash(value_compnum(v)->imaginary));
}

int rt_num_sign(Value v) {
    if (!value_is_flonum(v))
        return rt_rat_sign(v);
    double d = value_double(v);
    return (d > 0) - (d < 0);
}

Value rt_num_eq_slow(VM *vm, Value a, Value b) {
    if (!value_is_number(a) || !value_is_number(b))
        return not_numbers(vm, a, b);
    return value_from_bool(rt_num_equal(a, b));
}

#define ORDERING(name, test)                                                                       \
    Value rt_num_##name##_slow(VM *vm, Value a, Value b) {                                         \
        if (!value_is_real(a) || !value_is_real(b))                                                \
            return not_reals(vm, a, b);                                                            \
        NumberOrder order = rt_num_compare(a, b);                                                  \
        return value_from_bool(test);                                                              \
    }
ORDERING(lt, order == ORDER_LESS)
ORDERING(le, order == ORDER_LESS || order == ORDER_EQUAL)
ORDERING(gt, order == ORDER_GREATER)
ORDERING(ge, order == ORDER_GREATER || order == ORDER_EQUAL)
#undef ORDERING

// ---- exactness

Value rt_num_exact(VM *vm, Value v) {
    if (value_is_exact_rational(v))
        return v;
    if (value_is_flonum(v)) {
        double d = value_double(v);
        if (!isfinite(d))
            return rt_fail_range(vm, 1, "finite number", v);
        return rt_exact_from_double(vm, d);
    }
    if (!value_is_compnum(v))
        return rt_fail_type(vm, 1, "number", v);
    if (number_is_exact(v))
        return v;
    double x = value_double(value_compnum(v)->real), y = value_double(value_compnum(v)->imaginary);
    if (!isfinite(x) || !isfinite(y))
        return rt_fail_range(vm, 1, "finite number", v);
    Value real = rt_exact_from_double(vm, x);
    return rt_rectangular(vm, real, rt_exact_from_double(vm, y));
}

Value rt_num_inexact(VM *vm, Value v) {
    if (value_is_flonum(v))
        return v;
    if (value_is_exact_rational(v))
        return value_from_double(rt_num_to_double(v));
    if (!value_is_compnum(v))
        return rt_fail_type(vm, 1, "number", v);
    return number_is_exact(v) ? rt_complex_from_c(vm, rt_complex_to_c(v)) : v;
}

Value rt_prim_exact(VM *vm, Value z) { return rt_num_exact(vm, z); }
Value rt_prim_inexact(VM *vm, Value z) { return rt_num_inexact(vm, z); }

// ---- primitives: arithmetic

// Index of the first argument that is no number, or -1.
static int first_wrong(int argc, const Value *argv, bool (*is_right)(Value)) {
    for (int i = 0; i < argc; i++)
        if (!is_right(argv[i]))
            return i;
    return -1;
}
static bool is_number(Value v) { return value_is_number(v); }
static bool is_real(Value v) { return value_is_real(v); }

// Left fold of all arguments, which are checked first so that a failure names the right one.
static Value fold(VM *vm, int argc, const Value *argv, PrimitiveFn2 *step) {
    int wrong = first_wrong(argc, argv, is_number);
    if (wrong >= 0)
        return rt_fail_type(vm, wrong + 1, "number", argv[wrong]);
    Value result = argv[0];
    for (int i = 1; i < argc && result != VALUE_FAILURE; i++)
        result = step(vm, result, argv[i]);
    return result;
}

Value rt_prim_add2(VM *vm, Value a, Value b) { return rt_num_add(vm, a, b); }
Value rt_prim_sub2(VM *vm, Value a, Value b) { return rt_num_sub(vm, a, b); }
Value rt_prim_mul2(VM *vm, Value a, Value b) { return rt_num_mul(vm, a, b); }
Value rt_prim_div2(VM *vm, Value a, Value b) { return rt_num_div(vm, a, b); }

Value rt_prim_add(VM *vm, int argc, const Value *argv) {
    return argc == 0 ? ZERO : fold(vm, argc, argv, rt_prim_add2);
}
Value rt_prim_mul(VM *vm, int argc, const Value *argv) {
    return argc == 0 ? ONE : fold(vm, argc, argv, rt_prim_mul2);
}
Value rt_prim_sub(VM *vm, int argc, const Value *argv) {
    return argc == 1 ? rt_num_negate(vm, argv[0]) : fold(vm, argc, argv, rt_prim_sub2);
}
Value rt_prim_div(VM *vm, int argc, const Value *argv) {
    if (argc > 1)
        return fold(vm, argc, argv, rt_prim_div2);
    if (!value_is_number(argv[0]))
        return rt_fail_type(vm, 1, "number", argv[0]);
    return rt_num_div(vm, ONE, argv[0]);
}

Value rt_prim_abs(VM *vm, Value x) {
    if (!value_is_real(x))
        return rt_fail_type(vm, 1, "real", x);
    return rt_magnitude(vm, x);
}
Value rt_prim_square(VM *vm, Value z) {
    if (!value_is_number(z))
        return rt_fail_type(vm, 1, "number", z);
    return rt_num_mul(vm, z, z);
}

// ---- primitives: comparison

// Does `step` hold for all neighbours? All arguments are checked, even behind a pair for which it
// does not.
static Value chain(VM *vm, int argc, const Value *argv, bool any_number, PrimitiveFn2 *step) {
    int wrong = first_wrong(argc, argv, any_number ? is_number : is_real);
    if (wrong >= 0)
        return rt_fail_type(vm, wrong + 1, any_number ? "number" : "real", argv[wrong]);
    for (int i = 1; i < argc; i++)
        if (step(vm, argv[i - 1], argv[i]) == VALUE_FALSE)
            return VALUE_FALSE;
    return VALUE_TRUE;
}

#define COMPARISON(name, any_number)                                                               \
    Value rt_prim_num_##name##2(VM * vm, Value a, Value b) { return rt_num_##name(vm, a, b); }     \
    Value rt_prim_num_##name(VM *vm, int argc, const Value *argv) {                                \
        return chain(vm, argc, argv, any_number, rt_prim_num_##name##2);                           \
    }
COMPARISON(eq, true)
COMPARISON(lt, false)
COMPARISON(le, false)
COMPARISON(gt, false)
COMPARISON(ge, false)
#undef COMPARISON

// The extreme one; inexact when any argument is, a NaN when any argument is one.
static Value extreme(VM *vm, int argc, const Value *argv, NumberOrder wanted) {
    int wrong = first_wrong(argc, argv, is_real);
    if (wrong >= 0)
        return rt_fail_type(vm, wrong + 1, "real", argv[wrong]);
    Value best = argv[0];
    bool inexact = value_is_flonum(best);
    for (int i = 1; i < argc; i++) {
        inexact |= value_is_flonum(argv[i]);
        NumberOrder order = rt_num_compare(argv[i], best);
        if (order == wanted || (order == ORDER_NONE && rt_num_compare(best, best) == ORDER_EQUAL))
            best = argv[i];
    }
    return inexact ? rt_num_inexact(vm, best) : best;
}
Value rt_prim_max(VM *vm, int argc, const Value *argv) {
    return extreme(vm, argc, argv, ORDER_GREATER);
}
Value rt_prim_min(VM *vm, int argc, const Value *argv) {
    return extreme(vm, argc, argv, ORDER_LESS);
}

// ---- primitives: predicates

Value rt_prim_is_number(VM *vm, Value v) { return value_from_bool(value_is_number(v)); }
Value rt_prim_is_real(VM *vm, Value v) { return value_from_bool(value_is_real(v)); }
Value rt_prim_is_rational(VM *vm, Value v) {
    return value_from_bool(value_is_exact_rational(v) ||
                           (value_is_flonum(v) && isfinite(value_double(v))));
}
Value rt_prim_is_integer(VM *vm, Value v) { return value_from_bool(value_is_integer(v)); }
Value rt_prim_is_exact_integer(VM *vm, Value v) {
    return value_from_bool(value_is_exact_integer(v));
}
Value rt_prim_is_exact_rational(VM *vm, Value v) {
    return value_from_bool(value_is_exact_rational(v));
}

Value rt_prim_is_exact(VM *vm, Value z) {
    if (!value_is_number(z))
        return rt_fail_type(vm, 1, "number", z);
    return value_from_bool(number_is_exact(z));
}
Value rt_prim_is_inexact(VM *vm, Value z) {
    if (!value_is_number(z))
        return rt_fail_type(vm, 1, "number", z);
    return value_from_bool(!number_is_exact(z));
}

// Does any part, or does each part, of z satisfy a predicate of doubles? Exact numbers are finite.
static bool part_is(Value part, bool (*test)(double)) {
    return test(value_is_flonum(part) ? value_double(part) : 0);
}
static bool double_is_finite(double d) { return isfinite(d); }
static bool double_is_infinite(double d) { return isinf(d); }
static bool double_is_nan(double d) { return isnan(d); }

Value rt_prim_is_finite(VM *vm, Value z) {
    if (!value_is_number(z))
        return rt_fail_type(vm, 1, "number", z);
    return value_from_bool(part_is(rt_real_part(z), double_is_finite) &&
                           part_is(rt_imaginary_part(z), double_is_finite));
}
Value rt_prim_is_infinite(VM *vm, Value z) {
    if (!value_is_number(z))
        return rt_fail_type(vm, 1, "number", z);
    return value_from_bool(part_is(rt_real_part(z), double_is_infinite) ||
                           part_is(rt_imaginary_part(z), double_is_infinite));
}
Value rt_prim_is_nan(VM *vm, Value z) {
    if (!value_is_number(z))
        return rt_fail_type(vm, 1, "number", z);
    return value_from_bool(part_is(rt_real_part(z), double_is_nan) ||
                           part_is(rt_imaginary_part(z), double_is_nan));
}

Value rt_prim_is_zero(VM *vm, Value z) {
    if (value_is_fixnum(z))
        return value_from_bool(z == ZERO);
    if (!value_is_number(z))
        return rt_fail_type(vm, 1, "number", z);
    return value_from_bool(rt_num_equal(z, ZERO));
}
Value rt_prim_is_positive(VM *vm, Value x) {
    if (!value_is_real(x))
        return rt_fail_type(vm, 1, "real", x);
    return value_from_bool(rt_num_sign(x) > 0);
}
Value rt_prim_is_negative(VM *vm, Value x) {
    if (!value_is_real(x))
        return rt_fail_type(vm, 1, "real", x);
    return value_from_bool(rt_num_sign(x) < 0);
}

// 1 odd, 0 even, -1 no integer.
static int parity(Value v) {
    if (value_is_exact_integer(v))
        return rt_int_is_odd(v);
    if (!value_is_integer(v))
        return -1;
    return fmod(value_double(v), 2) != 0;
}
Value rt_prim_is_odd(VM *vm, Value n) {
    int odd = parity(n);
    return odd < 0 ? rt_fail_type(vm, 1, "integer", n) : value_from_bool(odd);
}
Value rt_prim_is_even(VM *vm, Value n) {
    int odd = parity(n);
    return odd < 0 ? rt_fail_type(vm, 1, "integer", n) : value_from_bool(!odd);
}
