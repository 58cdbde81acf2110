// Numbers: the whole tower, exact and inexact, real and complex.
//
// Duty: what every other module asks of numbers. The modules behind it: num_arith.c (generic
// arithmetic and comparison), num_bignum.c (exact integers), num_ratnum.c, num_complex.c,
// num_transcendental.c, num_integer.c (division families, bits), num_random.c, num_parse.c,
// num_print.c.
//
// Invariants, which all constructors here keep:
//   - an exact integer in fixnum range is a fixnum, any other a Bignum without leading zero limbs;
//   - a Ratnum is in lowest terms with a denominator above 1;
//   - a Compnum has two exact parts, the imaginary one not 0, or two flonums (the imaginary one may
//   be 0.0);
//   - a flonum's NaN is canonical (value.h).
// So two exact numbers are equal when their parts are, and eqv? needs no arithmetic.
//
// Comparison of an exact number with a flonum is exact: it compares with the flonum's true value,
// so that = and < are transitive. Arithmetic of the two converts the exact one, correctly rounded,
// with one exception: exact 0 times any number is exact 0.
//
// Functions that take a VM may fail: they answer VALUE_FAILURE with the condition set.
#ifndef KILN_RUNTIME_NUMBERS_H
#define KILN_RUNTIME_NUMBERS_H

#include "runtime/state.h"

// ---- what kind of number

_Static_assert(TYPE_RATNUM == TYPE_BIGNUM + 1 && TYPE_COMPNUM == TYPE_RATNUM + 1,
               "number types are tested as a range");

static inline bool value_is_boxed_number(Value v) {
    return value_is_object(v) && object_type(value_object(v)) - TYPE_BIGNUM <= 2u;
}
static inline bool value_is_number(Value v) {
    return value_is_fixnum(v) || value_is_flonum(v) || value_is_boxed_number(v);
}
static inline bool value_is_real(Value v) {
    return value_is_fixnum(v) || value_is_flonum(v) ||
           (value_is_object(v) && object_type(value_object(v)) - TYPE_BIGNUM <= 1u);
}
static inline bool value_is_exact_integer(Value v) {
    return value_is_fixnum(v) || value_is_bignum(v);
}
static inline bool value_is_exact_rational(Value v) {
    return value_is_fixnum(v) ||
           (value_is_object(v) && object_type(value_object(v)) - TYPE_BIGNUM <= 1u);
}
// Of a number.
static inline bool number_is_exact(Value v) {
    return !value_is_flonum(v) && !(value_is_compnum(v) && value_is_flonum(value_compnum(v)->real));
}
// An integer in the sense of integer?: exact, or a flonum without fraction.
static inline bool value_is_integer(Value v) {
    if (value_is_fixnum(v))
        return true;
    if (!value_is_flonum(v))
        return value_is_bignum(v);
    double d = value_double(v);
    return d - d == 0 && __builtin_trunc(d) == d;
}

// ---- conversion from and to C

Value rt_int(VM *vm, int64_t n);
Value rt_uint(VM *vm, uint64_t n);
// Value of an exact integer; false when v is none or does not fit.
bool rt_int_value(Value v, int64_t *out);
bool rt_uint_value(Value v, uint64_t *out);
// Nearest double (ties to even; beyond the range infinite) of a real number.
double rt_num_to_double(Value v);
// Exact value of a finite double: an integer or a ratnum.
Value rt_exact_from_double(VM *vm, double d);
// numerator/denominator in lowest terms, of exact integers; the denominator is not 0.
Value rt_ratio(VM *vm, Value numerator, Value denominator);
// Complex number of two real parts, normalised as the invariants say.
Value rt_rectangular(VM *vm, Value real, Value imaginary);

// ---- arithmetic on any two numbers

typedef enum NumberOrder { // rt_num_compare
    ORDER_LESS = -1,
    ORDER_EQUAL = 0,
    ORDER_GREATER = 1,
    ORDER_NONE = 2 // one of them is a NaN
} NumberOrder;

// Everything; the inline functions below try the common cases first.
Value rt_num_add_slow(VM *vm, Value a, Value b);
Value rt_num_sub_slow(VM *vm, Value a, Value b);
Value rt_num_mul_slow(VM *vm, Value a, Value b);
Value rt_num_div(VM *vm, Value a, Value b); // division-by-zero when b is exact 0
Value rt_num_negate(VM *vm, Value a);

static inline Value rt_num_add(VM *vm, Value a, Value b) {
    if (value_both_fixnum(a, b)) {
        Value sum = fixnum_add_raw(a, b);
        if (value_is_fixnum(sum))
            return sum;
    } else if (value_is_flonum(a) && value_is_flonum(b)) {
        return value_from_double(value_double(a) + value_double(b));
    }
    return rt_num_add_slow(vm, a, b);
}
static inline Value rt_num_sub(VM *vm, Value a, Value b) {
    if (value_both_fixnum(a, b)) {
        Value difference = fixnum_sub_raw(a, b);
        if (value_is_fixnum(difference))
            return difference;
    } else if (value_is_flonum(a) && value_is_flonum(b)) {
        return value_from_double(value_double(a) - value_double(b));
    }
    return rt_num_sub_slow(vm, a, b);
}
static inline Value rt_num_mul(VM *vm, Value a, Value b) {
    if (value_both_fixnum(a, b)) {
        int64_t product;
        if (!__builtin_mul_overflow(value_fixnum(a), value_fixnum(b), &product) &&
            fixnum_fits(product))
            return value_from_fixnum(product);
    } else if (value_is_flonum(a) && value_is_flonum(b)) {
        return value_from_double(value_double(a) * value_double(b));
    }
    return rt_num_mul_slow(vm, a, b);
}

// ---- comparison

// Order of two reals.
NumberOrder rt_num_compare(Value a, Value b);
// `=` of two numbers.
bool rt_num_equal(Value a, Value b);
// eqv? of two numbers: same exactness, same value; 0.0 is not -0.0, a NaN is any NaN.
bool rt_num_eqv(Value a, Value b);
// Hash of a number, equal for numbers that are rt_num_eqv.
uint64_t rt_num_hash(Value v);
// -1, 0 or 1 of a real; a NaN is 0.
int rt_num_sign(Value v);

// VALUE_TRUE or VALUE_FALSE, or VALUE_FAILURE for an operand of the wrong type.
Value rt_num_eq_slow(VM *vm, Value a, Value b);
Value rt_num_lt_slow(VM *vm, Value a, Value b);
Value rt_num_le_slow(VM *vm, Value a, Value b);
Value rt_num_gt_slow(VM *vm, Value a, Value b);
Value rt_num_ge_slow(VM *vm, Value a, Value b);

#define NUMBER_COMPARISON(name, op)                                                                \
    static inline Value rt_num_##name(VM *vm, Value a, Value b) {                                  \
        if (value_both_fixnum(a, b))                                                               \
            return value_from_bool(a op b);                                                        \
        if (value_is_flonum(a) && value_is_flonum(b))                                              \
            return value_from_bool(value_double(a) op value_double(b));                            \
        return rt_num_##name##_slow(vm, a, b);                                                     \
    }
NUMBER_COMPARISON(eq, ==)
NUMBER_COMPARISON(lt, <)
NUMBER_COMPARISON(le, <=)
NUMBER_COMPARISON(gt, >)
NUMBER_COMPARISON(ge, >=)
#undef NUMBER_COMPARISON

// ---- integers, exact or flonums without fraction

// Fail with the argument's number when it is no integer, with division-by-zero when b is 0 or 0.0.
Value rt_num_quotient(VM *vm, Value a, Value b);  // truncated
Value rt_num_remainder(VM *vm, Value a, Value b); // sign of a
Value rt_num_modulo(VM *vm, Value a, Value b);    // sign of b
Value rt_num_floor_quotient(VM *vm, Value a, Value b);

// ---- exactness

Value rt_num_exact(VM *vm, Value v);   // fails for infinities and NaNs
Value rt_num_inexact(VM *vm, Value v); // fails only when v is no number

// ---- text

// The number that `text` denotes in the syntax of R7RS 7.1.1 with default radix 2..36: a number,
// VALUE_FALSE when it denotes none, VALUE_FAILURE when it denotes an exact number too large for the
// heap. Beyond R7RS: exponent markers s f d l; a radix point in any radix (what number->string
// writes).
Value rt_number_parse(VM *vm, const char *text, size_t length, int radix);
// String of a number; radix 2..36. VALUE_FAILURE when it is too large for the heap.
Value rt_number_to_string(VM *vm, Value v, int radix);

enum { FLONUM_TEXT_MAX = 32 };
// Shortest decimal text that reads back as d, with NUL; its length. Positional for exponents -7 < e
// < 21.
size_t rt_flonum_format(VM *vm, double d, char text[FLONUM_TEXT_MAX]);

// ---- random numbers

// Uniform 64 bits. The state hangs on vm->roots[ROOT_NUMBERS], seeded by the system at first use.
uint64_t rt_random_bits(VM *vm);

enum { ROOT_NUMBERS = 0 }; // index in vm->roots: NumberState (num_int.h)

#endif
