// Integer division, divisors, rounding to integers, bits: what needs integers, flonums without
// fraction included.
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/num_int.h"
#include <math.h>

#define ZERO value_from_fixnum(0)
#define ONE value_from_fixnum(1)

// Exact value of an integer in the sense of integer?.
static Value exact_integer(VM *vm, Value v) {
    return value_is_flonum(v) ? rt_int_from_double(vm, value_double(v)) : v;
}
static Value inexact_if(bool inexact, Value v) {
    return inexact && v != VALUE_FAILURE ? value_from_double(rt_int_to_double(v)) : v;
}

// ---- division

// Quotient and remainder, either may be NULL, truncated or floored. Flonums take the way of exact
// integers, because a rounded quotient of doubles can be one too large.
static bool divide(VM *vm, Value a, Value b, bool floored, Value *quotient, Value *remainder) {
    if (!value_is_integer(a) || !value_is_integer(b)) {
        bool first = !value_is_integer(a);
        rt_fail_type(vm, first ? 1 : 2, "integer", first ? a : b);
        return false;
    }
    if (b == ZERO || (value_is_flonum(b) && value_double(b) == 0)) {
        rt_fail_division(vm);
        return false;
    }
    bool inexact = value_is_flonum(a) || value_is_flonum(b);
    a = exact_integer(vm, a);
    b = exact_integer(vm, b);
    if (!(floored ? rt_int_floor_divide : rt_int_divide)(vm, a, b, quotient, remainder))
        return false;
    if (quotient)
        *quotient = inexact_if(inexact, *quotient);
    if (remainder)
        *remainder = inexact_if(inexact, *remainder);
    return true;
}

Value rt_num_quotient(VM *vm, Value a, Value b) {
    if (value_both_fixnum(a, b) && b != ZERO)
        return rt_int(vm, value_fixnum(a) / value_fixnum(b));
    Value quotient;
    return divide(vm, a, b, false, &quotient, NULL) ? quotient : VALUE_FAILURE;
}

Value rt_num_remainder(VM *vm, Value a, Value b) {
    if (value_both_fixnum(a, b) && b != ZERO)
        return value_from_fixnum(value_fixnum(a) % value_fixnum(b));
    Value remainder;
    return divide(vm, a, b, false, NULL, &remainder) ? remainder : VALUE_FAILURE;
}

Value rt_num_modulo(VM *vm, Value a, Value b) {
    if (value_both_fixnum(a, b) && b != ZERO) {
        int64_t d = value_fixnum(b), r = value_fixnum(a) % d;
        return value_from_fixnum(r != 0 && (r < 0) != (d < 0) ? r + d : r);
    }
    Value remainder;
    return divide(vm, a, b, true, NULL, &remainder) ? remainder : VALUE_FAILURE;
}

Value rt_num_floor_quotient(VM *vm, Value a, Value b) {
    Value quotient;
    return divide(vm, a, b, true, &quotient, NULL) ? quotient : VALUE_FAILURE;
}

Value rt_prim_quotient(VM *vm, Value n, Value d) { return rt_num_quotient(vm, n, d); }
Value rt_prim_remainder(VM *vm, Value n, Value d) { return rt_num_remainder(vm, n, d); }
Value rt_prim_modulo(VM *vm, Value n, Value d) { return rt_num_modulo(vm, n, d); }
Value rt_prim_floor_quotient(VM *vm, Value n, Value d) { return rt_num_floor_quotient(vm, n, d); }

static Value both_results(VM *vm, Value n, Value d, bool floored) {
    Value quotient, remainder;
    if (!divide(vm, n, d, floored, &quotient, &remainder))
        return VALUE_FAILURE;
    return rt_two_values(vm, quotient, remainder);
}
Value rt_prim_floor_divide(VM *vm, Value n, Value d) { return both_results(vm, n, d, true); }
Value rt_prim_truncate_divide(VM *vm, Value n, Value d) { return both_results(vm, n, d, false); }

// ---- divisors

// Folds gcd or lcm; inexact when any argument is.
static Value fold_integers(VM *vm, int argc, const Value *argv, Value start,
                           Value (*step)(VM *vm, Value a, Value b)) {
    bool inexact = false;
    for (int i = 0; i < argc; i++) {
        if (!value_is_integer(argv[i]))
            return rt_fail_type(vm, i + 1, "integer", argv[i]);
        inexact |= value_is_flonum(argv[i]);
    }
    Value result = start;
    for (int i = 0; i < argc && result != VALUE_FAILURE; i++)
        result = step(vm, result, exact_integer(vm, argv[i]));
    return inexact_if(inexact, result);
}

static Value lcm_step(VM *vm, Value a, Value b) {
    if (a == ZERO || b == ZERO)
        return ZERO;
    Value gcd = rt_int_gcd(vm, a, b);
    return rt_int_abs(vm, rt_int_mul(vm, a, rt_int_exact_quotient(vm, b, gcd)));
}

Value rt_prim_gcd(VM *vm, int argc, const Value *argv) {
    return fold_integers(vm, argc, argv, ZERO, rt_int_gcd);
}
Value rt_prim_lcm(VM *vm, int argc, const Value *argv) {
    return fold_integers(vm, argc, argv, ONE, lcm_step);
}

// ---- parts of a rational, rounding

static bool is_rational(Value v) {
    return value_is_flonum(v) ? isfinite(value_double(v)) : value_is_exact_rational(v);
}

Value rt_prim_numerator(VM *vm, Value q) {
    if (!is_rational(q))
        return rt_fail_type(vm, 1, "rational number", q);
    if (!value_is_flonum(q))
        return rt_rat_numerator(q);
    double d = value_double(q);
    if (trunc(d) == d)
        return q; // keeps -0.0
    return inexact_if(true, rt_rat_numerator(rt_exact_from_double(vm, d)));
}

Value rt_prim_denominator(VM *vm, Value q) {
    if (!is_rational(q))
        return rt_fail_type(vm, 1, "rational number", q);
    if (!value_is_flonum(q))
        return rt_rat_denominator(q);
    return inexact_if(true, rt_rat_denominator(rt_exact_from_double(vm, value_double(q))));
}

static Value round_real(VM *vm, Value x, Rounding mode, double (*rounded)(double)) {
    if (value_is_flonum(x))
        return value_from_double(rounded(value_double(x)));
    if (!value_is_exact_rational(x))
        return rt_fail_type(vm, 1, "real", x);
    return rt_rat_round(vm, x, mode);
}
Value rt_prim_floor(VM *vm, Value x) { return round_real(vm, x, ROUND_FLOOR, floor); }
Value rt_prim_ceiling(VM *vm, Value x) { return round_real(vm, x, ROUND_CEILING, ceil); }
Value rt_prim_truncate(VM *vm, Value x) { return round_real(vm, x, ROUND_TRUNCATE, trunc); }
Value rt_prim_round(VM *vm, Value x) { return round_real(vm, x, ROUND_EVEN, nearbyint); }

// ---- rationalize

// The simplest rational in [low, high], 0 < low <= high: walk down the continued fractions of both
// while their terms agree. The convergent so far is h/k, the one before g/j.
static Value simplest_between(VM *vm, Value low, Value high) {
    Value g = ZERO, h = ONE, j = ONE, k = ZERO;
    for (;;) {
        if (low == VALUE_FAILURE || high == VALUE_FAILURE)
            return VALUE_FAILURE;
        Value term = rt_rat_round(vm, low, ROUND_FLOOR), top = rt_rat_round(vm, high, ROUND_FLOOR);
        if (term == VALUE_FAILURE || top == VALUE_FAILURE)
            return VALUE_FAILURE;
        bool whole = !value_is_ratnum(low), last = whole || !rt_int_equal(term, top);
        if (last && !whole)
            term = rt_int_add(vm, term, ONE);
        Value next = rt_rat_add(vm, rt_int_mul(vm, term, h), g);
        g = h;
        h = next;
        next = rt_rat_add(vm, rt_int_mul(vm, term, k), j);
        j = k;
        k = next;
        if (last)
            return rt_ratio(vm, h, k);
        Value swap = rt_rat_div(vm, ONE, rt_rat_sub(vm, high, term));
        high = rt_rat_div(vm, ONE, rt_rat_sub(vm, low, term));
        low = swap;
    }
}

static Value simplest_within(VM *vm, Value x, Value tolerance) {
    Value low = rt_rat_sub(vm, x, tolerance), high = rt_rat_add(vm, x, tolerance);
    if (low == VALUE_FAILURE || high == VALUE_FAILURE)
        return VALUE_FAILURE;
    int low_sign = rt_rat_sign(low), high_sign = rt_rat_sign(high);
    if (low_sign <= 0 && high_sign >= 0)
        return ZERO;
    if (low_sign > 0)
        return simplest_between(vm, low, high);
    return rt_rat_negate(vm, simplest_between(vm, rt_rat_negate(vm, high), rt_rat_negate(vm, low)));
}

Value rt_prim_rationalize(VM *vm, Value x, Value tolerance) {
    if (!value_is_real(x))
        return rt_fail_type(vm, 1, "real", x);
    if (!value_is_real(tolerance))
        return rt_fail_type(vm, 2, "real", tolerance);
    if (!value_is_flonum(x) && !value_is_flonum(tolerance))
        return simplest_within(vm, x, rt_magnitude(vm, tolerance));
    double value = rt_num_to_double(x), slack = rt_num_to_double(tolerance);
    if (isnan(value) || isnan(slack) || (isinf(value) && isinf(slack)))
        return value_from_double(NAN);
    if (isinf(slack))
        return value_from_double(0);
    if (isinf(value))
        return value_from_double(value);
    Value exact_x = rt_num_exact(vm, x), exact_slack = rt_num_exact(vm, tolerance);
    Value result = simplest_within(vm, exact_x, rt_magnitude(vm, exact_slack));
    return result == VALUE_FAILURE ? result : value_from_double(rt_rat_to_double(result));
}

// ---- square roots of integers

Value rt_prim_exact_integer_sqrt(VM *vm, Value n) {
    if (!value_is_exact_integer(n))
        return rt_fail_type(vm, 1, "exact integer", n);
    if (rt_int_sign(n) < 0)
        return rt_fail_range(vm, 1, "non-negative integer", n);
    Value root, rest;
    if (!rt_int_sqrt(vm, n, &root, &rest))
        return VALUE_FAILURE;
    return rt_two_values(vm, root, rest);
}

// ---- bits (SRFI 151)

static Value fold_bits(VM *vm, int argc, const Value *argv, Value start, BitOperation op) {
    for (int i = 0; i < argc; i++)
        if (!value_is_exact_integer(argv[i]))
            return rt_fail_type(vm, i + 1, "exact integer", argv[i]);
    Value result = start;
    for (int i = 0; i < argc && result != VALUE_FAILURE; i++)
        result = rt_int_bitwise(vm, op, result, argv[i]);
    return result;
}
static Value two_bits(VM *vm, BitOperation op, Value a, Value b) {
    if (!value_is_exact_integer(a))
        return rt_fail_type(vm, 1, "exact integer", a);
    if (!value_is_exact_integer(b))
        return rt_fail_type(vm, 2, "exact integer", b);
    return rt_int_bitwise(vm, op, a, b);
}

Value rt_prim_bitwise_and(VM *vm, int argc, const Value *argv) {
    return fold_bits(vm, argc, argv, value_from_fixnum(-1), BIT_AND);
}
Value rt_prim_bitwise_ior(VM *vm, int argc, const Value *argv) {
    return fold_bits(vm, argc, argv, ZERO, BIT_OR);
}
Value rt_prim_bitwise_xor(VM *vm, int argc, const Value *argv) {
    return fold_bits(vm, argc, argv, ZERO, BIT_XOR);
}
Value rt_prim_bitwise_and2(VM *vm, Value a, Value b) { return two_bits(vm, BIT_AND, a, b); }
Value rt_prim_bitwise_ior2(VM *vm, Value a, Value b) { return two_bits(vm, BIT_OR, a, b); }
Value rt_prim_bitwise_xor2(VM *vm, Value a, Value b) { return two_bits(vm, BIT_XOR, a, b); }

Value rt_prim_bitwise_not(VM *vm, Value n) {
    return value_is_exact_integer(n) ? rt_int_not(vm, n) : rt_fail_type(vm, 1, "exact integer", n);
}

Value rt_prim_arithmetic_shift(VM *vm, Value n, Value count) {
    if (!value_is_exact_integer(n))
        return rt_fail_type(vm, 1, "exact integer", n);
    if (!value_is_exact_integer(count))
        return rt_fail_type(vm, 2, "exact integer", count);
    // A bignum count is beyond every size: left of all memory, or right of every bit.
    if (value_is_fixnum(count))
        return rt_int_shift(vm, n, value_fixnum(count));
    if (rt_int_sign(count) < 0)
        return value_from_fixnum(rt_int_sign(n) < 0 ? -1 : 0);
    return n == ZERO ? n : rt_fail_memory(vm, SIZE_MAX);
}

Value rt_prim_bit_count(VM *vm, Value n) {
    if (!value_is_exact_integer(n))
        return rt_fail_type(vm, 1, "exact integer", n);
    return rt_uint(vm, rt_int_bit_count(n));
}

Value rt_prim_integer_length(VM *vm, Value n) {
    if (!value_is_exact_integer(n))
        return rt_fail_type(vm, 1, "exact integer", n);
    return rt_uint(vm, rt_int_length(n));
}

Value rt_prim_is_bit_set(VM *vm, Value index, Value n) {
    if (!value_is_exact_integer(index))
        return rt_fail_type(vm, 1, "exact integer", index);
    if (!value_is_exact_integer(n))
        return rt_fail_type(vm, 2, "exact integer", n);
    if (rt_int_sign(index) < 0)
        return rt_fail_range(vm, 1, "non-negative integer", index);
    uint64_t i;
    if (!rt_uint_value(index, &i))
        i = UINT64_MAX; // further left than any limb
    return value_from_bool(rt_int_bit(n, i));
}
