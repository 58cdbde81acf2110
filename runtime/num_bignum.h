// Exact integers: fixnums and bignums over GMP's limb functions (mpn).
//
// Duty: arithmetic of exact integers of any size. Arguments are exact integers, fixnum or bignum in
// any mixture; results are normalised. Limbs are written straight into the result's own atomic
// memory. A result that the heap has no room for answers VALUE_FAILURE with the condition set;
// nothing else fails. An operand that is VALUE_FAILURE makes the result VALUE_FAILURE, here and in
// num_ratnum.c, so that a computation can be written in one go and tested at its end.
//
// Temporary limbs are on the C stack while they are few, else from malloc: no function here calls
// the collector while it holds them, so they cannot leak. mpz serves only what mpn lacks (gcd, size
// in a base).
#ifndef KILN_RUNTIME_NUM_BIGNUM_H
#define KILN_RUNTIME_NUM_BIGNUM_H

#include "runtime/state.h"
#include <gmp.h>

_Static_assert(sizeof(mp_limb_t) == sizeof(uint64_t) && GMP_LIMB_BITS == 64 && GMP_NAIL_BITS == 0,
               "bignums hold GMP's limbs");

// Sign and magnitude of an exact integer as limbs. Points into the bignum or at `small`: neither
// may be moved or collected while the view is in use.
typedef struct IntView {
    const mp_limb_t *limb; // least significant first, the top one not 0
    size_t size;           // limbs; 0 for the integer 0
    bool negative;
    mp_limb_t small;
} IntView;

static inline void int_view(IntView *view, Value v) {
    if (value_is_fixnum(v)) {
        int64_t n = value_fixnum(v);
        view->negative = n < 0;
        view->small = n < 0 ? -(uint64_t)n : (uint64_t)n;
        view->limb = &view->small;
        view->size = n != 0;
    } else {
        view->limb = value_bignum(v)->limb;
        view->size = object_aux(value_bignum(v));
        view->negative = object_flags(value_bignum(v)) & BIGNUM_NEGATIVE;
    }
}

size_t int_view_bits(const IntView *x);
// Order of magnitudes.
int int_view_compare(const IntView *x, const IntView *y);
// Order of |a|*|b| and |c|*|d|.
int int_view_compare_products(const IntView *a, const IntView *b, const IntView *c,
                              const IntView *d);

// Scratch limbs.
typedef struct LimbTemp {
    mp_limb_t *limb;
    mp_limb_t local[64];
} LimbTemp;
mp_limb_t *limb_temp(LimbTemp *temp, size_t count);
void limb_temp_free(LimbTemp *temp);

// Room for a bignum of up to `size` limbs, not yet a valid object; NULL with the condition set.
Bignum *rt_bignum_room(VM *vm, size_t size);
// Make it one: drop leading zero limbs of its first `size` (at most those asked for), normalise.
Value rt_bignum_finish(VM *vm, Bignum *b, size_t size, bool negative);
// Integer of limbs that lie anywhere outside the heap's reach of change.
Value rt_int_from_limbs(VM *vm, const mp_limb_t *limb, size_t size, bool negative);

Value rt_int_add(VM *vm, Value a, Value b);
Value rt_int_sub(VM *vm, Value a, Value b);
Value rt_int_mul(VM *vm, Value a, Value b);
Value rt_int_negate(VM *vm, Value a);
Value rt_int_abs(VM *vm, Value a);
int rt_int_sign(Value a);
int rt_int_compare(Value a, Value b);
// Order of |a|*|b| and |c|*|d|, without allocating from the heap.
int rt_int_compare_products(Value a, Value b, Value c, Value d);
bool rt_int_equal(Value a, Value b);
bool rt_int_is_odd(Value a);

// Truncated division; b is not 0. Either result may be NULL when it is not wanted. False: failed.
[[nodiscard]] bool rt_int_divide(VM *vm, Value a, Value b, Value *quotient, Value *remainder);
// The same rounded towards minus infinity, remainder with the sign of b.
[[nodiscard]] bool rt_int_floor_divide(VM *vm, Value a, Value b, Value *quotient, Value *remainder);
// a/b where b is known to divide a.
Value rt_int_exact_quotient(VM *vm, Value a, Value b);
Value rt_int_gcd(VM *vm, Value a, Value b);
Value rt_int_power(VM *vm, Value base, uint64_t exponent);
// Integer part of the square root of a >= 0 and what is left; remainder may be NULL.
[[nodiscard]] bool rt_int_sqrt(VM *vm, Value a, Value *root, Value *remainder);
bool rt_int_is_square(Value a);
// Exact n-th root of a >= 0, or VALUE_FALSE when there is none; n >= 1.
Value rt_int_exact_root(VM *vm, Value a, unsigned long n);

// a * 2^count, rounded towards minus infinity when count is negative.
Value rt_int_shift(VM *vm, Value a, int64_t count);
// Bits of |a|; 0 for 0.
size_t rt_int_bits(Value a);
// Number of trailing zero bits of a, which is not 0.
size_t rt_int_trailing_zeros(Value a);
// On infinite two's complement.
typedef enum BitOperation { BIT_AND, BIT_OR, BIT_XOR } BitOperation;
Value rt_int_bitwise(VM *vm, BitOperation op, Value a, Value b);
Value rt_int_not(VM *vm, Value a);
bool rt_int_bit(Value a, uint64_t index);
uint64_t rt_int_bit_count(Value a); // of a negative number: its 0 bits
size_t rt_int_length(Value a);      // bits without sign

// Nearest double, ties to even.
double rt_int_to_double(Value a);
// d is finite and has no fraction.
Value rt_int_from_double(VM *vm, double d);
// The double nearest to (-1)^negative * (m + something in (0,1) if sticky) * 2^e; bit 63 of m is
// set.
double rt_double_round(uint64_t m, int64_t e, bool sticky, bool negative);

// Characters that rt_int_write needs at most, sign included.
size_t rt_int_text_size(Value a, int radix);
// Digits of a in lower case, no NUL; returns their number. `text` has rt_int_text_size characters.
size_t rt_int_write(Value a, int radix, char *text);
// Integer of digit values 0..radix-1, most significant first; VALUE_FAILURE when the heap has no
// room.
Value rt_int_from_digits(VM *vm, const unsigned char *digit, size_t count, int radix,
                         bool negative);

#endif
