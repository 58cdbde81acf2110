// Roots, powers, logarithms and trigonometric functions over the whole tower.
//
// Complex values come from <complex.h>, whose branch cuts (C23 annex G, after Kahan) are those of
// R7RS where the zero of a part has a sign. A real or exact argument on a cut has no signed zero:
// the one that R7RS's defining formula implies is supplied here.
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/num_int.h"
#include <complex.h>
#include <math.h>

#define ZERO value_from_fixnum(0)
#define ONE value_from_fixnum(1)

static Value flonum(double d) { return value_from_foreign_double(d); }
static Value flonum_pair(VM *vm, double x, double y) {
    return rt_rectangular(vm, flonum(x), flonum(y));
}

// m * 2^e without concern for the range of int.
static double scale(double m, int64_t e) {
    return ldexp(m, e < -5000 ? -5000 : e > 5000 ? 5000 : (int)e);
}

// ---- exact arguments beyond the range of doubles

// Is v's nearest double a usable stand-in for it?
static bool in_range(double d) { return isfinite(d) && fabs(d) > 0x1p-1000; }

// log of an exact rational above 0.
static double exact_log(VM *vm, Value v) {
    double d = rt_num_to_double(v);
    if (d > 0.5 && d < 2) { // the difference to 1 is what counts
        Value difference = rt_rat_sub(vm, v, ONE);
        if (difference != VALUE_FAILURE)
            return log1p(rt_num_to_double(difference));
    }
    if (in_range(d))
        return log(d);
    int64_t e;
    double m = rt_rat_frexp(v, &e);
    return log(m) + (double)e * M_LN2;
}

// Square root of an exact rational at least 0.
static double exact_sqrt(Value v) {
    double d = rt_num_to_double(v);
    if (in_range(d) || v == ZERO)
        return sqrt(d);
    int64_t e;
    double m = rt_rat_frexp(v, &e);
    return e % 2 ? scale(sqrt(2 * m), (e - 1) / 2) : scale(sqrt(m), e / 2);
}

// atan2 of any two reals.
static double real_atan2(Value y, Value x) {
    double dy = rt_num_to_double(y), dx = rt_num_to_double(x);
    if (value_is_flonum(y) || value_is_flonum(x) || (in_range(dy) && in_range(dx)))
        return atan2(dy, dx);
    int64_t ey, ex;
    dy = rt_rat_frexp(y, &ey);
    dx = rt_rat_frexp(x, &ex);
    int64_t e = dy == 0 ? ex : dx == 0 ? ey : ey > ex ? ey : ex;
    return atan2(scale(dy, ey - e), scale(dx, ex - e));
}

// ---- exponential and logarithm

Value rt_prim_exp(VM *vm, Value z) {
    if (z == ZERO)
        return ONE;
    if (value_is_real(z))
        return flonum(exp(rt_num_to_double(z)));
    if (!value_is_compnum(z))
        return rt_fail_type(vm, 1, "number", z);
    return rt_complex_from_c(vm, cexp(rt_complex_to_c(z)));
}

// z is a number, but not exact 0.
static Value natural_log(VM *vm, Value z) {
    if (z == ONE)
        return ZERO;
    if (value_is_flonum(z)) {
        double d = value_double(z);
        return signbit(d) && !isnan(d) ? flonum_pair(vm, log(-d), M_PI) : flonum(log(d));
    }
    if (value_is_exact_rational(z)) {
        if (rt_rat_sign(z) > 0)
            return flonum(exact_log(vm, z));
        Value positive = rt_rat_negate(vm, z);
        return positive == VALUE_FAILURE ? positive
                                         : flonum_pair(vm, exact_log(vm, positive), M_PI);
    }
    if (!number_is_exact(z))
        return rt_complex_from_c(vm, clog(rt_complex_to_c(z)));
    Value x = rt_real_part(z), y = rt_imaginary_part(z);
    Value norm = rt_rat_add(vm, rt_rat_mul(vm, x, x), rt_rat_mul(vm, y, y));
    if (norm == VALUE_FAILURE)
        return norm;
    return flonum_pair(vm, exact_log(vm, norm) / 2, real_atan2(y, x));
}

// May the logarithm of an argument be taken? Exact 0 has none, 0.0 has an infinite one.
static bool check_log(VM *vm, int argument, Value z) {
    if (!value_is_number(z))
        rt_fail_type(vm, argument, "number", z);
    else if (z == ZERO)
        rt_fail_range(vm, argument, "number other than 0", z);
    else
        return true;
    return false;
}

Value rt_prim_log2(VM *vm, Value z, Value base) {
    if (!check_log(vm, 1, z) || !check_log(vm, 2, base))
        return VALUE_FAILURE;
    // The quotient of two rounded logarithms would miss the whole results of the usual bases.
    if (value_is_real(z) && value_is_real(base)) {
        double d = rt_num_to_double(z), b = rt_num_to_double(base);
        if (in_range(d) && d > 0 && (b == 2 || b == 10) && z != ONE)
            return flonum(b == 2 ? log2(d) : log10(d));
    }
    Value numerator = natural_log(vm, z), denominator = natural_log(vm, base);
    if (numerator == VALUE_FAILURE || denominator == VALUE_FAILURE)
        return VALUE_FAILURE;
    return rt_num_div(vm, numerator, denominator);
}

Value rt_prim_log(VM *vm, int argc, const Value *argv) {
    if (argc == 2)
        return rt_prim_log2(vm, argv[0], argv[1]);
    return check_log(vm, 1, argv[0]) ? natural_log(vm, argv[0]) : VALUE_FAILURE;
}

// ---- trigonometric functions

#define TRIGONOMETRIC(name, at_zero)                                                               \
    Value rt_prim_##name(VM *vm, Value z) {                                                        \
        if (z == ZERO)                                                                             \
            return at_zero;                                                                        \
        if (value_is_real(z))                                                                      \
            return flonum(name(rt_num_to_double(z)));                                              \
        if (!value_is_compnum(z))                                                                  \
            return rt_fail_type(vm, 1, "number", z);                                               \
        return rt_complex_from_c(vm, c##name(rt_complex_to_c(z)));                                 \
    }
TRIGONOMETRIC(sin, ZERO)
TRIGONOMETRIC(cos, ONE)
TRIGONOMETRIC(tan, ZERO)
#undef TRIGONOMETRIC

// asin or acos of a real beyond [-1, 1] lies on the cut: asin z = -i log(iz + sqrt(1 - z^2)) with
// an exact zero belongs to the lower edge on the right and to the upper one on the left.
static Value inverse(VM *vm, Value z, double (*real)(double),
                     double complex (*general)(double complex)) {
    if (value_is_real(z)) {
        double d = rt_num_to_double(z);
        if (isnan(d) || fabs(d) <= 1)
            return flonum(real(d));
        return rt_complex_from_c(vm, general(__builtin_complex(d, d > 0 ? -0.0 : 0.0)));
    }
    if (!value_is_compnum(z))
        return rt_fail_type(vm, 1, "number", z);
    return rt_complex_from_c(vm, general(rt_complex_to_c(z)));
}
Value rt_prim_asin(VM *vm, Value z) { return z == ZERO ? ZERO : inverse(vm, z, asin, casin); }
Value rt_prim_acos(VM *vm, Value z) { return z == ONE ? ZERO : inverse(vm, z, acos, cacos); }

Value rt_prim_atan2(VM *vm, Value y, Value x) {
    if (!value_is_real(y))
        return rt_fail_type(vm, 1, "real", y);
    if (!value_is_real(x))
        return rt_fail_type(vm, 2, "real", x);
    if (y == ZERO && value_is_exact_rational(x)) {
        if (x == ZERO)
            return rt_fail_division(vm);
        if (rt_rat_sign(x) > 0)
            return ZERO;
    }
    return flonum(real_atan2(y, x));
}

Value rt_prim_atan(VM *vm, int argc, const Value *argv) {
    if (argc == 2)
        return rt_prim_atan2(vm, argv[0], argv[1]);
    Value z = argv[0];
    if (z == ZERO)
        return ZERO;
    if (value_is_real(z))
        return flonum(atan(rt_num_to_double(z)));
    if (!value_is_compnum(z))
        return rt_fail_type(vm, 1, "number", z);
    double complex c = rt_complex_to_c(z);
    if (rt_real_part(z) == ZERO) { // on the imaginary axis, where both cuts and the poles are
        Value y = rt_imaginary_part(z);
        if (y == ONE || y == value_from_fixnum(-1))
            return rt_fail_division(vm);
        if (cimag(c) < 0)
            c = __builtin_complex(-0.0, cimag(c));
    }
    return rt_complex_from_c(vm, catan(c));
}

// ---- square root

// Exact root of an exact rational at least 0, or VALUE_FALSE.
static Value rational_sqrt(VM *vm, Value v) {
    Value n = rt_rat_numerator(v), d = rt_rat_denominator(v);
    if (!rt_int_is_square(n) || !rt_int_is_square(d))
        return VALUE_FALSE;
    if (!rt_int_sqrt(vm, n, &n, NULL) || !rt_int_sqrt(vm, d, &d, NULL))
        return VALUE_FAILURE;
    return rt_ratio(vm, n, d);
}

// The root of x+yi is u + (y/2u)i with u = sqrt((|z| + x)/2): exact when |z| and u are.
static Value exact_complex_sqrt(VM *vm, Value z) {
    Value x = rt_real_part(z), y = rt_imaginary_part(z);
    Value norm = rt_rat_add(vm, rt_rat_mul(vm, x, x), rt_rat_mul(vm, y, y));
    Value magnitude = norm == VALUE_FAILURE ? norm : rational_sqrt(vm, norm);
    if (magnitude == VALUE_FAILURE)
        return magnitude;
    if (magnitude != VALUE_FALSE) {
        Value square = rt_rat_div(vm, rt_rat_add(vm, magnitude, x), value_from_fixnum(2));
        Value u = square == VALUE_FAILURE ? square : rational_sqrt(vm, square);
        if (u == VALUE_FAILURE)
            return u;
        if (u != VALUE_FALSE)
            return rt_rectangular(vm, u, rt_rat_div(vm, y, rt_rat_add(vm, u, u)));
    }
    double complex c = rt_complex_to_c(z);
    if ((in_range(creal(c)) || x == ZERO) && in_range(cimag(c)))
        return rt_complex_from_c(vm, csqrt(c));
    // Out of range: the root of z / 4^k, times 2^k.
    int64_t ex, ey;
    rt_rat_frexp(x, &ex);
    rt_rat_frexp(y, &ey);
    int64_t k = (x == ZERO || ey > ex ? ey : ex) / 2;
    Value small_x = rt_rat_scale(vm, x, -2 * k), small_y = rt_rat_scale(vm, y, -2 * k);
    if (small_x == VALUE_FAILURE || small_y == VALUE_FAILURE)
        return VALUE_FAILURE;
    c = csqrt(__builtin_complex(rt_num_to_double(small_x), rt_num_to_double(small_y)));
    return flonum_pair(vm, scale(creal(c), k), scale(cimag(c), k));
}

Value rt_num_sqrt(VM *vm, Value z) {
    if (value_is_flonum(z)) {
        double d = value_double(z);
        return d < 0 ? rt_rectangular(vm, ZERO, flonum(sqrt(-d))) : flonum(sqrt(d));
    }
    if (value_is_exact_rational(z)) {
        bool negative = rt_rat_sign(z) < 0;
        Value positive = negative ? rt_rat_negate(vm, z) : z;
        Value root = positive == VALUE_FAILURE ? positive : rational_sqrt(vm, positive);
        if (root == VALUE_FALSE)
            root = flonum(exact_sqrt(positive));
        return negative ? rt_rectangular(vm, ZERO, root) : root;
    }
    if (!value_is_compnum(z))
        return rt_fail_type(vm, 1, "number", z);
    if (number_is_exact(z))
        return exact_complex_sqrt(vm, z);
    double complex root = csqrt(rt_complex_to_c(z));
    // R7RS: positive real part, or zero real part and non-negative imaginary part, also below the
    // cut.
    if (creal(root) == 0 && cimag(root) < 0)
        root = __builtin_complex(0.0, -cimag(root));
    return rt_complex_from_c(vm, root);
}
Value rt_prim_sqrt(VM *vm, Value z) { return rt_num_sqrt(vm, z); }

// ---- powers

// Exact base, exact integer exponent that is not 0.
static Value exact_power(VM *vm, Value base, Value exponent) {
    bool negative = rt_int_sign(exponent) < 0;
    if (base == ZERO)
        return negative ? rt_fail_division(vm) : ZERO;
    if (base == ONE)
        return ONE;
    if (base == value_from_fixnum(-1))
        return rt_int_is_odd(exponent) ? base : ONE;
    Value count = rt_int_abs(vm, exponent);
    uint64_t n;
    if (!rt_uint_value(count, &n))
        return rt_fail_memory(vm, SIZE_MAX);
    Value power = rt_rat_power(vm, base, n);
    return negative ? rt_rat_div(vm, ONE, power) : power;
}

static size_t larger(size_t a, size_t b) { return a > b ? a : b; }
static size_t rational_bits(Value v) {
    return larger(rt_int_bits(rt_rat_numerator(v)), rt_int_bits(rt_rat_denominator(v)));
}

// Exact complex base by repeated squaring; exponent not 0.
static Value exact_complex_power(VM *vm, Value base, Value exponent) {
    Value count = rt_int_abs(vm, exponent);
    uint64_t n;
    Value y = rt_imaginary_part(base);
    if (rt_real_part(base) == ZERO && (y == ONE || y == value_from_fixnum(-1))) {
        Value turns = rt_int_bitwise(vm, BIT_AND, count, value_from_fixnum(3)); // i^4 = 1
        if (turns == VALUE_FAILURE)
            return turns;
        n = (uint64_t)value_fixnum(turns);
    } else if (!rt_uint_value(count, &n)) {
        return rt_fail_memory(vm, SIZE_MAX);
    }
    // What the result takes at least, before time is spent on the way there.
    size_t bits = larger(rational_bits(rt_real_part(base)), rational_bits(y)), words;
    if (__builtin_mul_overflow(bits / 2, n / 64, &words))
        words = SIZE_MAX;
    if (!rt_heap_reserve(vm, words, 8))
        return VALUE_FAILURE;
    Value power = ONE;
    for (; n != 0; n >>= 1) {
        if (n & 1)
            power = rt_num_mul(vm, power, base);
        if (power == VALUE_FAILURE)
            return power;
        if (n > 1)
            base = rt_num_mul(vm, base, base);
        if (base == VALUE_FAILURE)
            return base;
    }
    return rt_int_sign(exponent) < 0 ? rt_num_div(vm, ONE, power) : power;
}

static double complex complex_power(double complex base, uint64_t n) {
    double complex power = 1;
    for (; n != 0; n >>= 1) {
        if (n & 1)
            power *= base;
        if (n > 1)
            base *= base;
    }
    return power;
}

// e^(exponent * log base), the definition; base is not 0.
static Value general_power(VM *vm, Value base, Value exponent) {
    Value logarithm = natural_log(vm, base);
    if (logarithm == VALUE_FAILURE)
        return logarithm;
    Value product = rt_num_mul(vm, exponent, logarithm);
    return product == VALUE_FAILURE ? product : rt_prim_exp(vm, product);
}

static Value integer_power(VM *vm, Value base, Value exponent) {
    if (exponent == ZERO)
        return ONE;
    if (value_is_exact_rational(base))
        return exact_power(vm, base, exponent);
    if (value_is_flonum(base)) {
        // A large odd exponent is even as a double, so the sign is put on afterwards.
        double d = value_double(base), power = pow(fabs(d), rt_int_to_double(exponent));
        return flonum(signbit(d) && rt_int_is_odd(exponent) ? -power : power);
    }
    if (number_is_exact(base))
        return exact_complex_power(vm, base, exponent);
    int64_t n;
    if (rt_int_value(exponent, &n) && n >= -(1 << 20) && n <= 1 << 20) {
        double complex power = complex_power(rt_complex_to_c(base), (uint64_t)(n < 0 ? -n : n));
        return rt_complex_from_c(vm, n < 0 ? 1.0 / power : power);
    }
    double complex c = rt_complex_to_c(base);
    if (creal(c) == 0 && cimag(c) == 0)
        return rt_int_sign(exponent) < 0 ? rt_fail_division(vm) : flonum_pair(vm, 0, 0);
    return general_power(vm, base, exponent);
}

// Exact value of base^(p/q), base an exact rational above 0, or VALUE_FALSE.
static Value exact_root_power(VM *vm, Value base, Value exponent) {
    Value p = rt_rat_numerator(exponent);
    uint64_t q;
    // No root but of 1 is an integer when it is higher than the number has bits.
    if (!rt_uint_value(rt_rat_denominator(exponent), &q))
        q = UINT64_MAX;
    if (base != ONE && q > rational_bits(base))
        return VALUE_FALSE;
    if (base == ONE)
        return ONE;
    Value n = rt_int_exact_root(vm, rt_rat_numerator(base), q);
    if (n == VALUE_FALSE || n == VALUE_FAILURE)
        return n;
    Value d = rt_int_exact_root(vm, rt_rat_denominator(base), q);
    if (d == VALUE_FALSE || d == VALUE_FAILURE)
        return d;
    Value root = rt_ratio(vm, n, d);
    return root == VALUE_FAILURE ? root : exact_power(vm, root, p);
}

static bool is_zero(Value z) { return rt_num_equal(z, ZERO); }

// 0 to a power that is no exact integer: 0 where its real part is positive.
static Value zero_power(VM *vm, Value base, Value exponent) {
    if (value_is_flonum(base) && value_is_real(exponent))
        return flonum(pow(value_double(base), rt_num_to_double(exponent)));
    Value real = rt_real_part(exponent);
    if (value_is_flonum(real) && isnan(value_double(real)))
        return real;
    bool inexact = !number_is_exact(exponent) || !number_is_exact(base);
    if (rt_num_sign(real) > 0)
        return inexact ? flonum(0) : ZERO;
    if (is_zero(exponent))
        return flonum(1);
    return rt_fail_division(vm);
}

// |base|^e of a real that is not 0.
static double magnitude_power(Value base, double e) {
    double b = fabs(rt_num_to_double(base));
    if (value_is_flonum(base) || in_range(b) || !isfinite(e))
        return pow(b, e);
    // (m 2^k)^e = m^e 2^(ke), where ke, to twice the precision, is a whole number and a fraction.
    int64_t k;
    double m = fabs(rt_rat_frexp(base, &k)), product = (double)k * e;
    double rest = fma((double)k, e, -product), whole = nearbyint(product);
    if (fabs(product) > 1e6)
        return product > 0 ? INFINITY : 0;
    return scale(pow(m, e) * exp2(product - whole + rest), (int64_t)whole);
}

Value rt_num_expt(VM *vm, Value base, Value exponent) {
    if (!value_is_number(base))
        return rt_fail_type(vm, 1, "number", base);
    if (!value_is_number(exponent))
        return rt_fail_type(vm, 2, "number", exponent);
    if (value_is_exact_integer(exponent))
        return integer_power(vm, base, exponent);
    if (is_zero(base))
        return zero_power(vm, base, exponent);
    if (value_is_ratnum(exponent)) {
        Value q = rt_rat_denominator(exponent);
        if (q == value_from_fixnum(2)) {
            Value root = rt_num_sqrt(vm, base);
            if (root == VALUE_FAILURE)
                return root;
            if (number_is_exact(root) || rt_rat_numerator(exponent) == ONE)
                return integer_power(vm, root, rt_rat_numerator(exponent));
        } else if (value_is_exact_rational(base) && rt_rat_sign(base) > 0) {
            Value power = exact_root_power(vm, base, exponent);
            if (power != VALUE_FALSE)
                return power;
        }
    }
    if (!value_is_real(base) || !value_is_real(exponent))
        return general_power(vm, base, exponent);
    double e = rt_num_to_double(exponent), power = magnitude_power(base, e);
    if (rt_num_sign(base) >= 0 || isnan(e))
        return flonum(power);
    if (trunc(e) == e)
        return flonum(fabs(fmod(e, 2)) == 1 ? -power : power);
    double angle = M_PI * fmod(e, 2);
    return flonum_pair(vm, power * cos(angle), power * sin(angle));
}
Value rt_prim_expt(VM *vm, Value base, Value exponent) { return rt_num_expt(vm, base, exponent); }
