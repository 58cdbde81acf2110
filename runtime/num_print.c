// Numbers to text.
//
// Flonums in radix 10: the shortest digits that read back as the same flonum, and of those the
// closest ones (R. Giulietti, "The Schubfach way to render doubles", 2020). The idea:
//
//     v = c * 2^q lies in a rounding interval of width about 2^q. With k the largest integer for
//     which 10^k <= 2^q, the interval holds at least one multiple of 10^k and at most one of
//     10^(k+1). So it is enough to look at v / 10^k, computed with 128-bit powers of ten to 2
//     fractional bits and a sticky one: the neighbours s, s+1 and, one digit shorter, s/10 * 10 and
//     s/10 * 10 + 10.
//
// The powers are worked out when first needed and kept with the VM. In other radices flonums are
// rare: there the shortest digits come from exact integers (R. Burger, K. Dybvig, "Printing
// Floating-Point Numbers Quickly and Accurately", 1996).
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/num_int.h"
#include "runtime/string.h"
#include <math.h>

// ---- flonums, radix 10

enum { POWER_TEN_FIRST = -292, POWER_TEN_LAST = 324 };
_Static_assert(sizeof((NumberState *)0)->power_ten / sizeof((NumberState *)0)->power_ten[0] ==
                   POWER_TEN_LAST - POWER_TEN_FIRST + 1,
               "one entry a power");

// floor(log2(10^e)) and floor(log10(2^e)), for the exponents of doubles.
static inline int floor_log2_pow10(int e) { return (e * 1741647) >> 19; }
static inline int floor_log10_pow2(int e) { return (e * 1262611) >> 22; }
// floor(log10(3/4 * 2^e))
static inline int floor_log10_three_quarters_pow2(int e) { return (e * 1262611 - 524031) >> 22; }

// 10^k * 2^n, n such that bit 127 is the top one, rounded up.
static void compute_power_ten(int k, uint64_t power[2]) {
    mpz_t n, d;
    mpz_init(n);
    mpz_init_set_ui(d, 1);
    mpz_ui_pow_ui(n, 10, (unsigned long)(k < 0 ? -k : k));
    size_t bits = mpz_sizeinbase(n, 2);
    if (k < 0) { // 10^-k has `bits` bits and is no power of two
        mpz_mul_2exp(d, d, bits + 127);
        mpz_cdiv_q(n, d, n);
    } else if (bits <= 128) {
        mpz_mul_2exp(n, n, 128 - bits);
    } else {
        mpz_cdiv_q_2exp(n, n, bits - 128);
    }
    power[0] = mpz_getlimbn(n, 1);
    power[1] = mpz_getlimbn(n, 0);
    mpz_clear(n);
    mpz_clear(d);
}

// power * c / 2^128, the last bit set when anything was cut off (odd).
static uint64_t multiply_round_to_odd(const uint64_t power[2], uint64_t c) {
    unsigned __int128 low = (unsigned __int128)power[1] * c;
    unsigned __int128 product = (unsigned __int128)power[0] * c + (uint64_t)(low >> 64);
    return (uint64_t)(product >> 64) | ((uint64_t)product > 1);
}

// d = digits * 10^*exponent; d is finite and above 0.
static uint64_t shortest_digits(VM *vm, double d, int *exponent) {
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
    int biased = (int)(bits >> 52);
    uint64_t c = biased ? fraction | UINT64_C(1) << 52 : fraction;
    int q = (biased ? biased : 1) - 1075;
    // Above a power of two the interval reaches twice as far up as down.
    bool narrow_below = fraction == 0 && biased > 1;
    int k = narrow_below ? floor_log10_three_quarters_pow2(q) : floor_log10_pow2(q);
    int h = q + floor_log2_pow10(-k) + 1;
    uint64_t *power = rt_number_state(vm)->power_ten[-k - POWER_TEN_FIRST];
    if (power[0] == 0)
        compute_power_ten(-k, power);

    // In units of a quarter of 10^k: the value and the ends of its interval, which belong to it
    // when c is even.
    uint64_t low = multiply_round_to_odd(power, (4 * c - 2 + narrow_below) << h) + (c & 1);
    uint64_t value = multiply_round_to_odd(power, (4 * c) << h);
    uint64_t high = multiply_round_to_odd(power, (4 * c + 2) << h) - (c & 1);
    uint64_t s = value / 4;
    *exponent = k;
    if (s >= 10) {
        uint64_t shorter = s / 10;
        bool below_fits = low <= 40 * shorter, above_fits = 40 * shorter + 40 <= high;
        if (below_fits != above_fits) {
            s = shorter + above_fits;
            *exponent = k + 1;
            while (s % 10 == 0) {
                s /= 10;
                ++*exponent;
            }
            return s;
        }
    }
    bool below_fits = low <= 4 * s, above_fits = 4 * s + 4 <= high;
    uint64_t middle = 4 * s + 2;
    if (below_fits != above_fits)
        s += above_fits;
    else
        s += value > middle || (value == middle && (s & 1));
    while (s % 10 == 0) { // a power of ten may be among them
        s /= 10;
        ++*exponent;
    }
    return s;
}

static char *copy_text(char *out, const char *text) {
    size_t length = strlen(text);
    memcpy(out, text, length);
    return out + length;
}
static char *repeat(char *out, char c, int count) {
    if (count > 0)
        memset(out, c, (size_t)count);
    return count > 0 ? out + count : out;
}

// 0.DIGITS * radix^point with a point, at least one digit on either side.
static char *write_positional(char *out, const char *digits, int count, int point) {
    if (point <= 0) {
        out = repeat(copy_text(out, "0."), '0', -point);
        memcpy(out, digits, (size_t)count);
        return out + count;
    }
    int whole = point < count ? point : count;
    memcpy(out, digits, (size_t)whole);
    out = repeat(out + whole, '0', point - whole);
    *out++ = '.';
    if (whole == count) {
        *out++ = '0';
    } else {
        memcpy(out, digits + whole, (size_t)(count - whole));
        out += count - whole;
    }
    return out;
}

size_t rt_flonum_format(VM *vm, double d, char text[FLONUM_TEXT_MAX]) {
    char *out = text, *end;
    if (!isfinite(d)) {
        end = copy_text(out, isnan(d) ? "+nan.0" : d > 0 ? "+inf.0" : "-inf.0");
    } else {
        if (signbit(d))
            *out++ = '-';
        if (d == 0) {
            end = copy_text(out, "0.0");
        } else {
            int exponent;
            uint64_t s = shortest_digits(vm, fabs(d), &exponent);
            char buffer[20], *digits = buffer + sizeof buffer;
            do
                *--digits = (char)('0' + s % 10);
            while ((s /= 10) != 0);
            int count = (int)(buffer + sizeof buffer - digits), scientific = exponent + count - 1;
            if (scientific > -7 && scientific < 21) {
                end = write_positional(out, digits, count, scientific + 1);
            } else {
                // R7RS 6.2.7: the result contains a decimal point.
                *out++ = digits[0];
                *out++ = '.';
                if (count == 1) {
                    *out++ = '0';
                } else {
                    memcpy(out, digits + 1, (size_t)count - 1);
                    out += count - 1;
                }
                *out++ = 'e';
                end = out + rt_int_write(value_from_fixnum(scientific), 10, out);
            }
        }
    }
    *end = 0;
    return (size_t)(end - text);
}

// ---- flonums, other radices

enum {
    RADIX_DIGITS_MAX = 56,                            // 53 in radix 2
    RADIX_TEXT_MAX = RADIX_DIGITS_MAX + 1074 + 1 + 4, // zeros behind or before the point
};

// Shortest digits of d > 0 (Burger and Dybvig's free format); d = 0.DIGITS * radix^*point.
static int radix_digits(double d, int radix, char digits[RADIX_DIGITS_MAX], int *point) {
    int e;
    uint64_t c = (uint64_t)ldexp(frexp(d, &e), 53);
    e -= 53;
    while (e < -1074) { // subnormal: no more bits than it has
        c >>= 1;
        e++;
    }
    bool even = (c & 1) == 0, narrow_below = c == UINT64_C(1) << 52 && e > -1074;
    // d = r/s; the interval of numbers that read as d reaches from (r - down)/s to (r + up)/s.
    mpz_t r, s, up, down, digit, sum;
    mpz_init_set_ui(r, c);
    mpz_init_set_ui(s, 1);
    mpz_init_set_ui(up, 1);
    mpz_init_set_ui(down, 1);
    mpz_init(digit);
    mpz_init(sum);
    mpz_mul_2exp(r, r, 1 + narrow_below + (e > 0 ? (unsigned)e : 0));
    mpz_mul_2exp(s, s, 1 + narrow_below + (e < 0 ? (unsigned)-e : 0));
    mpz_mul_2exp(up, up, narrow_below + (e > 0 ? (unsigned)e : 0));
    mpz_mul_2exp(down, down, e > 0 ? (unsigned)e : 0);

    // The least k with (r + up)/s < radix^k (or <=); the estimate may be one too small.
    int k = (int)ceil(log2(d) / log2(radix) - 1e-10);
    mpz_ui_pow_ui(digit, (unsigned long)radix, (unsigned long)(k < 0 ? -k : k));
    if (k >= 0) {
        mpz_mul(s, s, digit);
    } else {
        mpz_mul(r, r, digit);
        mpz_mul(up, up, digit);
        mpz_mul(down, down, digit);
    }
    mpz_add(sum, r, up);
    if (mpz_cmp(sum, s) >= (even ? 0 : 1)) {
        mpz_mul_ui(s, s, (unsigned long)radix);
        k++;
    }
    int count = 0;
    for (bool last = false; !last && count < RADIX_DIGITS_MAX;) {
        mpz_mul_ui(r, r, (unsigned long)radix);
        mpz_mul_ui(up, up, (unsigned long)radix);
        mpz_mul_ui(down, down, (unsigned long)radix);
        mpz_fdiv_qr(digit, r, r, s);
        unsigned long value = mpz_get_ui(digit);
        mpz_add(sum, r, up);
        bool low = mpz_cmp(r, down)<(even ? 1 : 0), high = mpz_cmp(sum, s)>(even ? -1 : 0);
        last = low || high;
        if (low && high) { // both neighbours will do: the closer one
            mpz_mul_2exp(r, r, 1);
            if (mpz_cmp(r, s) >= 0)
                value++;
        } else if (high) {
            value++;
        }
        digits[count++] = (char)(value < 10 ? '0' + value : 'a' + value - 10);
    }
    mpz_clears(r, s, up, down, digit, sum, NULL);
    *point = k;
    return count;
}

static size_t write_flonum_radix(double d, int radix, char *text) {
    char digits[RADIX_DIGITS_MAX], *out = text;
    int point, count = radix_digits(fabs(d), radix, digits, &point);
    if (d < 0)
        *out++ = '-';
    return (size_t)(write_positional(out, digits, count, point) - text);
}

// ---- any number

static size_t real_text_size(Value v, int radix) {
    if (value_is_flonum(v))
        return radix == 10 ? FLONUM_TEXT_MAX : RADIX_TEXT_MAX;
    if (!value_is_ratnum(v))
        return rt_int_text_size(v, radix);
    return rt_int_text_size(value_ratnum(v)->numerator, radix) + 1 +
           rt_int_text_size(value_ratnum(v)->denominator, radix);
}

static size_t write_real(VM *vm, Value v, int radix, char *text) {
    if (value_is_flonum(v)) {
        double d = value_double(v);
        if (radix == 10 || !isfinite(d) || d == 0)
            return rt_flonum_format(vm, d, text);
        return write_flonum_radix(d, radix, text);
    }
    if (!value_is_ratnum(v))
        return rt_int_write(v, radix, text);
    size_t length = rt_int_write(value_ratnum(v)->numerator, radix, text);
    text[length++] = '/';
    return length + rt_int_write(value_ratnum(v)->denominator, radix, text + length);
}

static size_t write_number(VM *vm, Value v, int radix, char *text) {
    if (!value_is_compnum(v))
        return write_real(vm, v, radix, text);
    Value real = value_compnum(v)->real, imaginary = value_compnum(v)->imaginary;
    size_t length = real == value_from_fixnum(0) ? 0 : write_real(vm, real, radix, text);
    char *start = text + length;
    bool unit = imaginary == value_from_fixnum(1) || imaginary == value_from_fixnum(-1);
    size_t part = write_real(vm, imaginary, radix, start + 1);
    if (start[1] == '-' || start[1] == '+') // it has its sign
        memmove(start, start + 1, part);
    else
        *start = '+', part++;
    if (unit)
        part = 1;
    start[part] = 'i';
    return length + part + 1;
}

Value rt_number_to_string(VM *vm, Value v, int radix) {
    char local[512], *text = local;
    size_t size = 8 + (value_is_compnum(v) ? real_text_size(rt_real_part(v), radix) +
                                                 real_text_size(rt_imaginary_part(v), radix)
                                           : real_text_size(v, radix));
    if (size > sizeof local) {
        if (!rt_heap_reserve(vm, size, 4))
            return VALUE_FAILURE;
        text = rt_raw_new_atomic(vm, size);
    }
    size_t length = write_number(vm, v, radix, text);
    return rt_string_from_latin1(vm, text, length);
}

// Radix of a primitive's optional second argument; 0 when it is wrong.
static int radix_argument(VM *vm, int argc, const Value *argv) {
    int64_t radix = 10;
    if (argc < 2)
        return 10;
    if (!value_is_exact_integer(argv[1])) {
        rt_fail_type(vm, 2, "radix", argv[1]);
        return 0;
    }
    if (rt_int_value(argv[1], &radix) && radix >= 2 && radix <= 36)
        return (int)radix;
    rt_fail_range(vm, 2, "radix from 2 to 36", argv[1]);
    return 0;
}

Value rt_prim_number_to_string(VM *vm, int argc, const Value *argv) {
    if (!value_is_number(argv[0]))
        return rt_fail_type(vm, 1, "number", argv[0]);
    int radix = radix_argument(vm, argc, argv);
    return radix ? rt_number_to_string(vm, argv[0], radix) : VALUE_FAILURE;
}

Value rt_prim_string_to_number(VM *vm, int argc, const Value *argv) {
    if (!value_is_string(argv[0]))
        return rt_fail_type(vm, 1, "string", argv[0]);
    int radix = radix_argument(vm, argc, argv);
    if (!radix)
        return VALUE_FAILURE;
    if (!rt_string_is_ascii(argv[0]))
        return VALUE_FALSE;
    size_t length;
    const char *text = value_string(argv[0])->data;
    if (!string_is_wide(argv[0])) {
        length = string_length(argv[0]);
    } else {
        text = rt_string_to_utf8(vm, argv[0], &length);
        if (!text)
            return VALUE_FAILURE;
    }
    Value result = rt_number_parse(vm, text, length, radix);
    value_keep(argv[0]);
    return result;
}
