// Text to numbers: the grammar of R7RS 7.1.1.
//
//     number  = prefixes complex
//     complex = real | real @ real | real? imaginary
//     real    = sign? ureal | ±inf.0 | ±nan.0
//     ureal   = digits | digits / digits | decimal
//
// One pass over the text without backtracking: after a real, the next character says what it was
// part of. Decimals are correctly rounded: short ones by one exact operation of doubles (W.
// Clinger, "How to read floating point numbers accurately"), others by strtod, those of other
// radices by the division of exact integers.
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/num_int.h"
#include <locale.h>
#include <math.h>
#include <stdlib.h>

typedef struct NumberParser {
    VM *vm;
    const char *at, *end;
    int radix;
    char exactness; // 'e', 'i' or 0
} NumberParser;

// Value of a digit in the largest radix, 36 for what is none.
static inline int digit_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'Z')
        return c - 'A' + 10;
    return 36;
}
static inline char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }
static inline bool is_sign(char c) { return c == '+' || c == '-'; }
// The character at offset i from here, 0 beyond the end.
static inline char peek(const NumberParser *p, ptrdiff_t i) {
    return p->end - p->at > i ? lower(p->at[i]) : 0;
}

static const char *skip_digits(const char *at, const char *end, int radix) {
    while (at < end && digit_value(*at) < radix)
        at++;
    return at;
}

// Memory for `size` bytes: local when it is large enough. NULL with the condition set.
static void *scratch(VM *vm, size_t size, void *local, size_t local_size) {
    if (size <= local_size)
        return local;
    return rt_heap_reserve(vm, size, 4) ? rt_raw_new_atomic(vm, size) : NULL;
}

// Exact integer of the digits in [from, to), where one point may stand between them.
static Value parse_digits(NumberParser *p, const char *from, const char *to, bool negative) {
    const uint64_t limit = (UINT64_MAX - 35) / 36;
    uint64_t n = 0;
    const char *at = from;
    for (; at < to && n <= limit; at++)
        if (*at != '.')
            n = n * (uint64_t)p->radix + (uint64_t)digit_value(*at);
    if (at == to) {
        Value v = rt_uint(p->vm, n);
        return negative ? rt_int_negate(p->vm, v) : v;
    }
    unsigned char local[256], *digit = scratch(p->vm, (size_t)(to - from), local, sizeof local);
    if (!digit)
        return VALUE_FAILURE;
    size_t count = 0;
    for (at = from; at < to; at++)
        if (*at != '.')
            digit[count++] = (unsigned char)digit_value(*at);
    return rt_int_from_digits(p->vm, digit, count, p->radix, negative);
}

// ---- decimals

typedef struct Decimal { // [mantissa, end) * radix^exponent, the point not counted
    const char *mantissa, *mantissa_end, *point; // point: NULL when there is none
    int64_t exponent;                            // as written, held within ±2^48
} Decimal;

// As a double, radix 10.
static Value decimal_to_flonum(NumberParser *p, const Decimal *d, bool negative) {
    static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    int64_t scale = d->exponent - (d->point ? d->mantissa_end - d->point - 1 : 0);
    if (d->mantissa_end - d->mantissa <= 17) {
        uint64_t n = 0;
        for (const char *at = d->mantissa; at < d->mantissa_end; at++)
            if (*at != '.')
                n = n * 10 + (uint64_t)(*at - '0');
        if (n <= UINT64_C(1) << 53 && scale >= -22 && scale <= 22) { // one rounding
            double x = scale < 0 ? (double)n / power[-scale] : (double)n * power[scale];
            return value_from_double(negative ? -x : x);
        }
    }
    size_t length = (size_t)(d->mantissa_end - d->mantissa);
    char local[256], *text = scratch(p->vm, length + 32, local, sizeof local);
    if (!text)
        return VALUE_FAILURE;
    memcpy(text, d->mantissa, length);
    text[length++] = 'e';
    text[length + rt_int_write(value_from_fixnum(d->exponent), 10, text + length)] = 0;
    // The host program's locale may write another point. The C locale is a constant of the library.
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    double x = strtod_l(text, NULL, c_locale);
    freelocale(c_locale);
    return value_from_double(negative ? -x : x);
}

// Exactly, any radix.
static Value decimal_to_exact(NumberParser *p, const Decimal *d, bool negative) {
    Value mantissa = parse_digits(p, d->mantissa, d->mantissa_end, negative);
    if (mantissa == value_from_fixnum(0))
        return mantissa;
    int64_t scale = d->exponent - (d->point ? d->mantissa_end - d->point - 1 : 0);
    Value factor = rt_int_power(p->vm, value_from_fixnum(p->radix),
                                scale < 0 ? -(uint64_t)scale : (uint64_t)scale);
    return scale < 0 ? rt_ratio(p->vm, mantissa, factor) : rt_rat_mul(p->vm, mantissa, factor);
}

// The exponent marker of R7RS, and those of R5RS that ask for a precision.
static inline bool is_marker(char c) {
    return c == 'e' || c == 's' || c == 'f' || c == 'd' || c == 'l';
}

// Exponent of a decimal in radix 10, 0 if none follows.
static int64_t parse_exponent(NumberParser *p, bool *present) {
    *present = false;
    if (p->radix != 10 || !is_marker(peek(p, 0)))
        return 0;
    const char *at = p->at + 1;
    bool negative = at < p->end && *at == '-';
    if (at < p->end && is_sign(*at))
        at++;
    const char *end = skip_digits(at, p->end, 10);
    if (end == at)
        return 0;
    const int64_t most = INT64_C(1) << 48;
    int64_t n = 0;
    for (; at < end; at++)
        n = n > most / 10 - 1 ? most : n * 10 + (*at - '0');
    p->at = end;
    *present = true;
    return negative ? -n : n;
}

// ---- real numbers

// VALUE_FALSE when no unsigned real begins here.
static Value parse_unsigned(NumberParser *p, bool negative) {
    const char *start = p->at;
    const char *end = p->at = skip_digits(p->at, p->end, p->radix);
    bool point = peek(p, 0) == '.';
    if (end > start && peek(p, 0) == '/') {
        p->at++;
        const char *denominator = p->at;
        p->at = skip_digits(p->at, p->end, p->radix);
        if (p->at == denominator)
            return VALUE_FALSE;
        Value n = parse_digits(p, start, end, negative);
        Value d = parse_digits(p, denominator, p->at, false);
        if (d == value_from_fixnum(0))
            return VALUE_FALSE;
        return rt_ratio(p->vm, n, d);
    }
    Decimal decimal = {.mantissa = start, .mantissa_end = end};
    if (point) {
        decimal.point = end;
        p->at = decimal.mantissa_end = skip_digits(end + 1, p->end, p->radix);
    }
    if (decimal.mantissa_end - start == point)
        return VALUE_FALSE; // no digit
    bool exponent;
    decimal.exponent = parse_exponent(p, &exponent);
    if (!point && !exponent)
        return parse_digits(p, start, end, negative);
    if (p->exactness == 'e')
        return decimal_to_exact(p, &decimal, negative);
    if (p->radix == 10)
        return decimal_to_flonum(p, &decimal, negative);
    Value exact = decimal_to_exact(p, &decimal, false);
    if (exact == VALUE_FAILURE)
        return exact;
    double magnitude = rt_num_to_double(exact);
    return value_from_double(negative ? -magnitude : magnitude);
}

static bool follows(const NumberParser *p, const char *text) {
    for (ptrdiff_t i = 0; text[i]; i++)
        if (peek(p, i) != text[i])
            return false;
    return true;
}

// *has_sign: it began with a sign.
static Value parse_real(NumberParser *p, bool *has_sign) {
    char sign = peek(p, 0);
    *has_sign = is_sign(sign);
    if (!*has_sign)
        return parse_unsigned(p, false);
    p->at++;
    bool infinite = follows(p, "inf.0");
    if (!infinite && !follows(p, "nan.0"))
        return parse_unsigned(p, sign == '-');
    if (p->exactness == 'e')
        return VALUE_FALSE; // denotes no exact number
    p->at += 5;
    double d = infinite ? INFINITY : NAN;
    return value_from_foreign_double(sign == '-' ? -d : d);
}

// ---- complex numbers

// ±i at the very end: the sign counts 1.
static bool at_unit(const NumberParser *p) {
    return p->end - p->at == 2 && is_sign(*p->at) && peek(p, 1) == 'i' && p->radix <= 18;
}
static Value unit(const NumberParser *p) { return value_from_fixnum(*p->at == '-' ? -1 : 1); }
static bool at_last_i(const NumberParser *p) { return p->end - p->at == 1 && peek(p, 0) == 'i'; }

static Value parse_complex(NumberParser *p) {
    if (at_unit(p))
        return rt_rectangular(p->vm, value_from_fixnum(0), unit(p));
    bool has_sign;
    Value real = parse_real(p, &has_sign);
    if (real == VALUE_FALSE || real == VALUE_FAILURE || p->at == p->end)
        return real;
    if (has_sign && at_last_i(p))
        return rt_rectangular(p->vm, value_from_fixnum(0), real);
    if (is_sign(*p->at)) {
        if (at_unit(p))
            return rt_rectangular(p->vm, real, unit(p));
        Value imaginary = parse_real(p, &has_sign);
        if (imaginary == VALUE_FALSE || imaginary == VALUE_FAILURE)
            return imaginary;
        return at_last_i(p) ? rt_rectangular(p->vm, real, imaginary) : VALUE_FALSE;
    }
    if (*p->at != '@')
        return VALUE_FALSE;
    p->at++;
    Value angle = parse_real(p, &has_sign);
    if (angle == VALUE_FALSE || angle == VALUE_FAILURE)
        return angle;
    return p->at == p->end ? rt_polar(p->vm, real, angle) : VALUE_FALSE;
}

Value rt_number_parse(VM *vm, const char *text, size_t length, int radix) {
    if (length == 0)
        return VALUE_FALSE;
    NumberParser p = {.vm = vm, .at = text, .end = text + length, .radix = radix};
    bool radix_given = false;
    while (peek(&p, 0) == '#') {
        char c = peek(&p, 1);
        if (c == 'e' || c == 'i') {
            if (p.exactness)
                return VALUE_FALSE;
            p.exactness = c;
        } else {
            int given = c == 'x' ? 16 : c == 'd' ? 10 : c == 'o' ? 8 : c == 'b' ? 2 : 0;
            if (!given || radix_given)
                return VALUE_FALSE;
            radix_given = true;
            p.radix = given;
        }
        p.at += 2;
    }
    // Most of what a reader asks for is a symbol.
    char first = peek(&p, 0);
    if (!is_sign(first) && first != '.' && digit_value(first) >= p.radix)
        return VALUE_FALSE;
    Value v = parse_complex(&p);
    if (v == VALUE_FALSE || v == VALUE_FAILURE || !p.exactness)
        return v;
    if (p.exactness == 'i')
        return rt_num_inexact(vm, v); // what has no point was read exactly
    if (value_is_flonum(v) && !isfinite(value_double(v)))
        return VALUE_FALSE;
    return rt_num_exact(vm, v); // polar ones are still to be made exact
}
