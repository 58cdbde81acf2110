// Exact rationals: integers and ratnums in any mixture (Knuth, TAOCP 4.5.1).
#include "runtime/assert.h"
#include "runtime/heap.h"
#include "runtime/num_int.h"
#include <math.h>

Value rt_rat_numerator(Value v) { return value_is_ratnum(v) ? value_ratnum(v)->numerator : v; }
Value rt_rat_denominator(Value v) {
    return value_is_ratnum(v) ? value_ratnum(v)->denominator : value_from_fixnum(1);
}
static inline Value numerator_of(Value v) { return rt_rat_numerator(v); }
static inline Value denominator_of(Value v) { return rt_rat_denominator(v); }

static const Value ONE = FIXNUM_BIAS + 1;

// n/d, which are coprime, d above 0; either may be VALUE_FAILURE.
static Value ratio_of_coprimes(VM *vm, Value n, Value d) {
    if (n == VALUE_FAILURE || d == VALUE_FAILURE)
        return VALUE_FAILURE;
    if (d == ONE)
        return n;
    Ratnum *r = rt_object_new(vm, TYPE_RATNUM, 0, 0, sizeof *r);
    FRESH(r->numerator) = n;
    FRESH(r->denominator) = d;
    return value_from_pointer(r);
}

// Both divided by their greatest common divisor; answers it, or VALUE_FAILURE.
static Value reduce(VM *vm, Value *a, Value *b) {
    Value gcd = rt_int_gcd(vm, *a, *b);
    if (gcd == VALUE_FAILURE || gcd == ONE)
        return gcd;
    *a = rt_int_exact_quotient(vm, *a, gcd);
    *b = rt_int_exact_quotient(vm, *b, gcd);
    return *a == VALUE_FAILURE || *b == VALUE_FAILURE ? VALUE_FAILURE : gcd;
}

Value rt_ratio(VM *vm, Value numerator, Value denominator) {
    if (numerator == VALUE_FAILURE || denominator == VALUE_FAILURE)
        return VALUE_FAILURE;
    if (rt_int_sign(denominator) < 0) {
        numerator = rt_int_negate(vm, numerator);
        denominator = rt_int_negate(vm, denominator);
    }
    if (denominator == ONE)
        return numerator;
    if (reduce(vm, &numerator, &denominator) == VALUE_FAILURE)
        return VALUE_FAILURE;
    return ratio_of_coprimes(vm, numerator, denominator);
}

static Value product(VM *vm, Value a, Value b) {
    return a == ONE ? b : b == ONE ? a : rt_int_mul(vm, a, b);
}

static Value add_signed(VM *vm, Value a, Value b, bool subtract) {
    Value n = numerator_of(a), d = denominator_of(a), m = numerator_of(b), e = denominator_of(b);
    if (d == ONE && e == ONE)
        return subtract ? rt_int_sub(vm, n, m) : rt_int_add(vm, n, m);
    // With g = gcd(d, e) the sum is (n (e/g) ± m (d/g)) / (d (e/g)), and what can still cancel
    // divides g.
    Value d_rest = d, e_rest = e, gcd = d == ONE || e == ONE ? ONE : reduce(vm, &d_rest, &e_rest);
    if (gcd == VALUE_FAILURE)
        return VALUE_FAILURE;
    Value left = product(vm, n, e_rest), right = product(vm, m, d_rest);
    Value sum = subtract ? rt_int_sub(vm, left, right) : rt_int_add(vm, left, right);
    if (gcd == ONE)
        return ratio_of_coprimes(vm, sum, product(vm, d, e));
    if (reduce(vm, &sum, &gcd) == VALUE_FAILURE)
        return VALUE_FAILURE;
    return ratio_of_coprimes(vm, sum, product(vm, product(vm, d_rest, e_rest), gcd));
}
Value rt_rat_add(VM *vm, Value a, Value b) { return add_signed(vm, a, b, false); }
Value rt_rat_sub(VM *vm, Value a, Value b) { return add_signed(vm, a, b, true); }

Value rt_rat_mul(VM *vm, Value a, Value b) {
    if (a == VALUE_FAILURE || b == VALUE_FAILURE)
        return VALUE_FAILURE;
    Value n = numerator_of(a), d = denominator_of(a), m = numerator_of(b), e = denominator_of(b);
    if (d == ONE && e == ONE)
        return rt_int_mul(vm, n, m);
    if (rt_int_sign(n) == 0 || rt_int_sign(m) == 0)
        return value_from_fixnum(0);
    if (e != ONE && reduce(vm, &n, &e) == VALUE_FAILURE)
        return VALUE_FAILURE;
    if (d != ONE && reduce(vm, &m, &d) == VALUE_FAILURE)
        return VALUE_FAILURE;
    return ratio_of_coprimes(vm, product(vm, n, m), product(vm, d, e));
}

Value rt_rat_div(VM *vm, Value a, Value b) {
    if (a == VALUE_FAILURE || b == VALUE_FAILURE)
        return VALUE_FAILURE;
    Value n = numerator_of(b), d = denominator_of(b);
    if (denominator_of(a) == ONE && d == ONE)
        return rt_ratio(vm, a, n);
    if (rt_int_sign(n) < 0) {
        n = rt_int_negate(vm, n);
        d = rt_int_negate(vm, d);
    }
    return rt_rat_mul(vm, a, ratio_of_coprimes(vm, d, n));
}

Value rt_rat_negate(VM *vm, Value a) {
    if (!value_is_ratnum(a))
        return rt_int_negate(vm, a);
    return ratio_of_coprimes(vm, rt_int_negate(vm, numerator_of(a)), denominator_of(a));
}

Value rt_rat_power(VM *vm, Value base, uint64_t exponent) {
    if (!value_is_ratnum(base))
        return rt_int_power(vm, base, exponent);
    Value n = rt_int_power(vm, numerator_of(base), exponent);
    return ratio_of_coprimes(vm, n, rt_int_power(vm, denominator_of(base), exponent));
}

Value rt_rat_scale(VM *vm, Value a, int64_t shift) {
    if (shift >= 0 && !value_is_ratnum(a))
        return rt_int_shift(vm, a, shift);
    Value factor = rt_int_shift(vm, ONE, shift < 0 ? -shift : shift);
    return shift < 0 ? rt_rat_div(vm, a, factor) : rt_rat_mul(vm, a, factor);
}

// ---- comparison

int rt_rat_sign(Value a) { return rt_int_sign(numerator_of(a)); }

int rt_rat_compare(Value a, Value b) {
    if (!value_is_ratnum(a) && !value_is_ratnum(b))
        return rt_int_compare(a, b);
    int sign = rt_rat_sign(a), other = rt_rat_sign(b);
    if (sign != other)
        return sign < other ? -1 : 1;
    return sign * rt_int_compare_products(numerator_of(a), denominator_of(b), numerator_of(b),
                                          denominator_of(a));
}

// A view of m * 2^shift in limbs of the caller's; shift is at most 1,126 (m normalised, d
// subnormal).
enum { SHIFTED_LIMBS = 20 };
static void view_shifted(IntView *view, mp_limb_t limb[SHIFTED_LIMBS], uint64_t m, unsigned shift) {
    mpn_zero(limb, SHIFTED_LIMBS);
    limb[shift / 64] = m << (shift % 64);
    if (shift % 64)
        limb[shift / 64 + 1] = m >> (64 - shift % 64);
    view->limb = limb;
    view->negative = false;
    view->size = SHIFTED_LIMBS;
    while (view->size > 0 && limb[view->size - 1] == 0)
        view->size--;
}

// |d| = m * 2^exponent, d finite.
static uint64_t decompose(double d, int *exponent) {
    uint64_t m = (uint64_t)ldexp(frexp(fabs(d), exponent), 53);
    *exponent -= 53;
    return m;
}

static int integer_compare_double(Value a, double d) {
    if (isinf(d))
        return d > 0 ? -1 : 1;
    if (fabs(d) < 0x1p63) {
        int64_t n, whole = (int64_t)d;
        if (!rt_int_value(a, &n))
            return rt_int_sign(a);
        if (n != whole)
            return n < whole ? -1 : 1;
        double fraction = d - (double)whole;
        return (fraction < 0) - (fraction > 0);
    }
    int sign = rt_int_sign(a), exponent;
    if (sign == 0 || (sign < 0) != (d < 0))
        return d < 0 ? 1 : -1;
    uint64_t m = decompose(d, &exponent);
    IntView x, y;
    mp_limb_t limb[SHIFTED_LIMBS];
    int_view(&x, a);
    view_shifted(&y, limb, m, (unsigned)exponent);
    return sign * int_view_compare(&x, &y);
}

int rt_rat_compare_double(Value a, double d) {
    if (!value_is_ratnum(a))
        return integer_compare_double(a, d);
    // Rounding is monotonic, so only when the nearest double is d itself is there more to look at.
    double nearest = rt_rat_to_double(a);
    if (nearest != d)
        return nearest < d ? -1 : 1;
    if (isinf(d))
        return d > 0 ? -1 : 1;
    if (d == 0)
        return rt_rat_sign(a);
    int exponent;
    uint64_t m = decompose(d, &exponent);
    IntView n, den, left, right;
    mp_limb_t left_limb[SHIFTED_LIMBS], right_limb[SHIFTED_LIMBS];
    int_view(&n, numerator_of(a));
    int_view(&den, denominator_of(a));
    view_shifted(&left, left_limb, 1, exponent < 0 ? (unsigned)-exponent : 0);
    view_shifted(&right, right_limb, m, exponent > 0 ? (unsigned)exponent : 0);
    int order = int_view_compare_products(&n, &left, &den, &right);
    return n.negative ? -order : order;
}

// ---- doubles

// |n|/|d| as m * 2^e with bit 63 of m set; *sticky: something is left below m.
static uint64_t divide_to_word(const IntView *n, const IntView *d, int64_t *e, bool *sticky) {
    // Scaled by a power of two so that the quotient has 65 or 66 bits.
    int64_t shift = 65 - (int64_t)int_view_bits(n) + (int64_t)int_view_bits(d);
    const IntView *scaled = shift >= 0 ? n : d;
    size_t count = (size_t)(shift >= 0 ? shift : -shift), whole = count / 64;
    size_t size = scaled->size + whole + 1;
    LimbTemp shifted;
    mp_limb_t *limb = limb_temp(&shifted, size);
    mpn_zero(limb, (mp_size_t)whole);
    limb[size - 1] = 0;
    if (count % 64)
        limb[size - 1] =
            mpn_lshift(limb + whole, scaled->limb, (mp_size_t)scaled->size, count % 64);
    else
        mpn_copyi(limb + whole, scaled->limb, (mp_size_t)scaled->size);
    size -= limb[size - 1] == 0;
    const mp_limb_t *dividend = shift >= 0 ? limb : n->limb, *divisor = shift >= 0 ? d->limb : limb;
    size_t dividend_size = shift >= 0 ? size : n->size, divisor_size = shift >= 0 ? d->size : size;
    ASSERT(dividend_size - divisor_size < 3, "quotient of %zu and %zu limbs", dividend_size,
           divisor_size);
    mp_limb_t quotient[4] = {};
    LimbTemp rest;
    limb_temp(&rest, divisor_size);
    mpn_tdiv_qr(quotient, rest.limb, 0, dividend, (mp_size_t)dividend_size, divisor,
                (mp_size_t)divisor_size);
    *sticky = !mpn_zero_p(rest.limb, (mp_size_t)divisor_size);
    limb_temp_free(&rest);
    limb_temp_free(&shifted);
    int drop = 64 - __builtin_clzll(quotient[1]); // 1 or 2 bits above the low word
    if (quotient[0] & ((UINT64_C(1) << drop) - 1))
        *sticky = true;
    *e = drop - shift;
    return quotient[1] << (64 - drop) | quotient[0] >> drop;
}

double rt_rat_to_double(Value a) {
    if (!value_is_ratnum(a))
        return rt_int_to_double(a);
    IntView n, d;
    int64_t e;
    bool sticky;
    if (value_both_fixnum(numerator_of(a), denominator_of(a))) // both exact as doubles
        return (double)value_fixnum(numerator_of(a)) / (double)value_fixnum(denominator_of(a));
    int_view(&n, numerator_of(a));
    int_view(&d, denominator_of(a));
    uint64_t m = divide_to_word(&n, &d, &e, &sticky);
    return rt_double_round(m, e, sticky, n.negative);
}

double rt_rat_frexp(Value a, int64_t *e) {
    IntView n, d;
    bool sticky = false;
    int_view(&n, numerator_of(a));
    int_view(&d, denominator_of(a));
    *e = 0;
    if (n.size == 0)
        return 0;
    uint64_t m = divide_to_word(&n, &d, e, &sticky);
    *e += 64;
    return rt_double_round(m, -64, sticky, n.negative);
}

Value rt_exact_from_double(VM *vm, double d) {
    if (trunc(d) == d)
        return rt_int_from_double(vm, d);
    int exponent;
    int64_t m = (int64_t)ldexp(frexp(d, &exponent), 53); // 2^exponent * m / 2^53
    int twos = __builtin_ctzll((uint64_t)m);
    return ratio_of_coprimes(vm, rt_int(vm, m >> twos),
                             rt_int_shift(vm, ONE, 53 - twos - exponent));
}

// ---- rounding

Value rt_rat_round(VM *vm, Value a, Rounding mode) {
    if (!value_is_ratnum(a))
        return a;
    Value n = numerator_of(a), d = denominator_of(a), quotient, rest;
    if (!rt_int_floor_divide(vm, n, d, &quotient, &rest))
        return VALUE_FAILURE;
    bool up = false;
    switch (mode) {
    case ROUND_FLOOR:
        break;
    case ROUND_CEILING:
        up = true;
        break;
    case ROUND_TRUNCATE:
        up = rt_int_sign(n) < 0;
        break;
    case ROUND_EVEN: {
        Value twice = rt_int_add(vm, rest, rest);
        if (twice == VALUE_FAILURE)
            return twice;
        int order = rt_int_compare(twice, d);
        up = order > 0 || (order == 0 && rt_int_is_odd(quotient));
    }
    }
    return up ? rt_int_add(vm, quotient, ONE) : quotient;
}
