// Shared by the modules of the number tower (num_*.c) and by nobody else.
//
// Duty: rationals, complex numbers and roots for each other; exact integers are in num_bignum.h.
// Arguments have been checked by the callers: a function here that takes rationals is given exact
// rationals.
#ifndef KILN_RUNTIME_NUM_INT_H
#define KILN_RUNTIME_NUM_INT_H

#include "runtime/num_bignum.h"
#include "runtime/numbers.h"

// What numbers keep for a VM; vm->roots[ROOT_NUMBERS] points at it. Atomic memory: it holds no
// Value.
typedef struct NumberState {
    uint64_t random[4]; // xoshiro256**; all 0: not seeded yet
    // num_print.c: 10^k to 128 bits, most significant word first, for k from POWER_TEN_FIRST; the
    // first word is 0 while an entry has not been needed.
    uint64_t power_ten[617][2];
} NumberState;

NumberState *rt_number_state(VM *vm);

// ---- exact rationals (num_ratnum.c)

Value rt_rat_numerator(Value v);
Value rt_rat_denominator(Value v);
Value rt_rat_add(VM *vm, Value a, Value b);
Value rt_rat_sub(VM *vm, Value a, Value b);
Value rt_rat_mul(VM *vm, Value a, Value b);
Value rt_rat_div(VM *vm, Value a, Value b); // b is not 0
Value rt_rat_negate(VM *vm, Value a);
Value rt_rat_power(VM *vm, Value base, uint64_t exponent);
// Both exact rationals.
int rt_rat_compare(Value a, Value b);
// An exact rational with a double that is no NaN.
int rt_rat_compare_double(Value a, double d);
int rt_rat_sign(Value a);
// a * 2^shift.
Value rt_rat_scale(VM *vm, Value a, int64_t shift);
// Nearest double of a * 2^-e, where e is chosen so that the result is in [0.5, 1) or 1; 0 for 0.
double rt_rat_frexp(Value a, int64_t *e);
double rt_rat_to_double(Value a);
typedef enum Rounding { ROUND_FLOOR, ROUND_CEILING, ROUND_TRUNCATE, ROUND_EVEN } Rounding;
Value rt_rat_round(VM *vm, Value a, Rounding mode);

// ---- complex numbers (num_complex.c): any numbers, at least one of them a Compnum

Value rt_real_part(Value v);
Value rt_imaginary_part(Value v);
Value rt_complex_add(VM *vm, Value a, Value b);
Value rt_complex_sub(VM *vm, Value a, Value b);
Value rt_complex_mul(VM *vm, Value a, Value b);
Value rt_complex_div(VM *vm, Value a, Value b);
double _Complex rt_complex_to_c(Value v); // a real's imaginary part is 0.0
Value rt_complex_from_c(VM *vm, double _Complex z);
Value rt_polar(VM *vm, Value magnitude, Value angle);
Value rt_magnitude(VM *vm, Value v);

// ---- num_transcendental.c

Value rt_num_sqrt(VM *vm, Value v);
Value rt_num_expt(VM *vm, Value base, Value exponent);

// A pair of results as two values.
Value rt_two_values(VM *vm, Value first, Value second);

// Keep v's object alive up to here although only pointers into it were in use.
static inline void value_keep(Value v) { __asm__ volatile("" : : "r"(v)); }

#endif
