// Exact integers over GMP's limb functions.
#include "runtime/num_bignum.h"
#include "runtime/assert.h"
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/numbers.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

// ---- scratch limbs

mp_limb_t *limb_temp(LimbTemp *temp, size_t count) {
    temp->limb = temp->local;
    if (count > sizeof temp->local / sizeof temp->local[0]) {
        temp->limb =
            count <= SIZE_MAX / sizeof(mp_limb_t) ? malloc(count * sizeof(mp_limb_t)) : NULL;
        if (!temp->limb) {
            // Results of this order were reserved before; the heap itself ends the process
            // likewise.
            fprintf(stderr, "kiln: out of memory for %zu bytes of a number\n",
                    count * sizeof(mp_limb_t));
            abort();
        }
    }
    return temp->limb;
}

void limb_temp_free(LimbTemp *temp) {
    if (temp->limb != temp->local)
        free(temp->limb);
}

// ---- making integers

enum { ROOM_UNCHECKED = 2048 }; // limbs that are allocated without asking

// The heap has room for `size` limbs, `copies` times over (temporaries of GMP).
static bool limbs_reserve(VM *vm, size_t size, size_t copies) {
    if (size <= ROOM_UNCHECKED)
        return true;
    if (size > UINT32_MAX) { // the header's limit
        rt_fail_memory(vm,
                       size > SIZE_MAX / sizeof(mp_limb_t) ? SIZE_MAX : size * sizeof(mp_limb_t));
        return false;
    }
    return rt_heap_reserve_parts(vm, copies, size * sizeof(mp_limb_t));
}

Bignum *rt_bignum_room(VM *vm, size_t size) {
    if (!limbs_reserve(vm, size, 1))
        return NULL;
    // While it is being made its header says how much room there is.
    return rt_object_new_atomic(vm, TYPE_BIGNUM, 0, (uint32_t)size, size * sizeof(mp_limb_t));
}

// Magnitude and sign to a fixnum, if it is one.
static inline bool fits_fixnum(uint64_t magnitude, bool negative) {
    return magnitude <= (uint64_t)FIXNUM_MAX + negative;
}
static inline Value fixnum_of(uint64_t magnitude, bool negative) {
    return value_from_fixnum(negative ? -(int64_t)magnitude : (int64_t)magnitude);
}

Value rt_bignum_finish(VM *vm, Bignum *b, size_t size, bool negative) {
    size_t room = object_aux(b);
    ASSERT(size <= room, "%zu limbs in room for %zu", size, room);
    while (size > 0 && b->limb[size - 1] == 0)
        size--;
    if (size == 0)
        return value_from_fixnum(0);
    if (size == 1 && fits_fixnum(b->limb[0], negative))
        return fixnum_of(b->limb[0], negative);
    if (size < room / 2 && room > 32)
        return rt_int_from_limbs(vm, b->limb, size, negative);
    *object_header(b) = header_make(TYPE_BIGNUM, negative ? BIGNUM_NEGATIVE : 0, (uint32_t)size);
    return value_from_pointer(b);
}

Value rt_int_from_limbs(VM *vm, const mp_limb_t *limb, size_t size, bool negative) {
    while (size > 0 && limb[size - 1] == 0)
        size--;
    if (size == 0)
        return value_from_fixnum(0);
    if (size == 1 && fits_fixnum(limb[0], negative))
        return fixnum_of(limb[0], negative);
    Bignum *b = rt_bignum_room(vm, size);
    if (!b)
        return VALUE_FAILURE;
    mpn_copyi(b->limb, limb, (mp_size_t)size);
    return rt_bignum_finish(vm, b, size, negative);
}

static Value int_from_word(VM *vm, uint64_t magnitude, bool negative) {
    if (fits_fixnum(magnitude, negative))
        return fixnum_of(magnitude, negative);
    Bignum *b = rt_bignum_room(vm, 1);
    b->limb[0] = magnitude;
    return rt_bignum_finish(vm, b, 1, negative);
}
static Value int_from_two_words(VM *vm, unsigned __int128 magnitude, bool negative) {
    mp_limb_t limb[2] = {(mp_limb_t)magnitude, (mp_limb_t)(magnitude >> 64)};
    return rt_int_from_limbs(vm, limb, 2, negative);
}

Value rt_int(VM *vm, int64_t n) {
    if (fixnum_fits(n))
        return value_from_fixnum(n);
    return int_from_word(vm, n < 0 ? -(uint64_t)n : (uint64_t)n, n < 0);
}
Value rt_uint(VM *vm, uint64_t n) { return int_from_word(vm, n, false); }

bool rt_int_value(Value v, int64_t *out) {
    if (value_is_fixnum(v)) {
        *out = value_fixnum(v);
        return true;
    }
    if (!value_is_bignum(v))
        return false;
    IntView x;
    int_view(&x, v);
    if (x.size > 1 || x.limb[0] > (uint64_t)INT64_MAX + x.negative)
        return false;
    *out = (int64_t)(x.negative ? -x.limb[0] : x.limb[0]);
    return true;
}
bool rt_uint_value(Value v, uint64_t *out) {
    if (!value_is_exact_integer(v))
        return false;
    IntView x;
    int_view(&x, v);
    if (x.negative || x.size > 1)
        return false;
    *out = x.size ? x.limb[0] : 0;
    return true;
}

// A read-only mpz over a view.
static mpz_srcptr int_mpz(mpz_t z, const IntView *x) {
    return mpz_roinit_n(z, x->limb, x->negative ? -(mp_size_t)x->size : (mp_size_t)x->size);
}

// ---- sums and products

// a + b, or a - b when flip is set.
static Value add_signed(VM *vm, Value a, Value b, bool flip) {
    if (a == VALUE_FAILURE || b == VALUE_FAILURE)
        return VALUE_FAILURE;
    IntView va, vb;
    int_view(&va, a);
    int_view(&vb, b);
    vb.negative ^= flip;
    const IntView *x = &va, *y = &vb;
    if (x->size <= 1 && y->size <= 1) {
        __int128 n = x->size ? x->limb[0] : 0, m = y->size ? y->limb[0] : 0;
        __int128 sum = (x->negative ? -n : n) + (y->negative ? -m : m);
        return int_from_two_words(vm, (unsigned __int128)(sum < 0 ? -sum : sum), sum < 0);
    }
    if (x->size < y->size) {
        x = &vb;
        y = &va;
    }
    size_t size = x->size;
    bool negative = x->negative;
    Bignum *r;
    if (y->size == 0)
        return flip && x == &vb ? rt_int_negate(vm, b) : x == &va ? a : b;
    if (x->negative == y->negative) {
        r = rt_bignum_room(vm, size + 1);
        if (!r)
            return VALUE_FAILURE;
        r->limb[size] = mpn_add(r->limb, x->limb, (mp_size_t)size, y->limb, (mp_size_t)y->size);
        size++;
    } else {
        int order = x->size > y->size ? 1 : mpn_cmp(x->limb, y->limb, (mp_size_t)size);
        if (order == 0)
            return value_from_fixnum(0);
        r = rt_bignum_room(vm, size);
        if (!r)
            return VALUE_FAILURE;
        if (order > 0) {
            mpn_sub(r->limb, x->limb, (mp_size_t)size, y->limb, (mp_size_t)y->size);
        } else {
            mpn_sub_n(r->limb, y->limb, x->limb, (mp_size_t)size);
            negative = y->negative;
        }
    }
    return rt_bignum_finish(vm, r, size, negative);
}

Value rt_int_add(VM *vm, Value a, Value b) { return add_signed(vm, a, b, false); }
Value rt_int_sub(VM *vm, Value a, Value b) { return add_signed(vm, a, b, true); }

Value rt_int_mul(VM *vm, Value a, Value b) {
    if (a == VALUE_FAILURE || b == VALUE_FAILURE)
        return VALUE_FAILURE;
    IntView va, vb;
    int_view(&va, a);
    int_view(&vb, b);
    const IntView *x = &va, *y = &vb;
    if (x->size < y->size) {
        x = &vb;
        y = &va;
    }
    if (y->size == 0)
        return value_from_fixnum(0);
    bool negative = x->negative != y->negative;
    if (x->size == 1)
        return int_from_two_words(vm, (unsigned __int128)x->limb[0] * y->limb[0], negative);
    size_t size = x->size + y->size;
    if (!limbs_reserve(vm, size, 4))
        return VALUE_FAILURE;
    Bignum *r = rt_bignum_room(vm, size);
    if (!r)
        return VALUE_FAILURE;
    if (y->size == 1)
        r->limb[size - 1] = mpn_mul_1(r->limb, x->limb, (mp_size_t)x->size, y->limb[0]);
    else if (x->limb == y->limb)
        mpn_sqr(r->limb, x->limb, (mp_size_t)x->size);
    else
        mpn_mul(r->limb, x->limb, (mp_size_t)x->size, y->limb, (mp_size_t)y->size);
    return rt_bignum_finish(vm, r, size, negative);
}

Value rt_int_negate(VM *vm, Value a) {
    if (value_is_fixnum(a))
        return rt_int(vm, -value_fixnum(a));
    if (a == VALUE_FAILURE)
        return a;
    IntView x;
    int_view(&x, a);
    return rt_int_from_limbs(vm, x.limb, x.size, !x.negative);
}
Value rt_int_abs(VM *vm, Value a) {
    return a != VALUE_FAILURE && rt_int_sign(a) < 0 ? rt_int_negate(vm, a) : a;
}

int rt_int_sign(Value a) {
    if (value_is_fixnum(a))
        return (value_fixnum(a) > 0) - (value_fixnum(a) < 0);
    return object_flags(value_bignum(a)) & BIGNUM_NEGATIVE ? -1 : 1;
}

// ---- comparison

int int_view_compare(const IntView *x, const IntView *y) {
    if (x->size != y->size)
        return x->size < y->size ? -1 : 1;
    return x->size ? mpn_cmp(x->limb, y->limb, (mp_size_t)x->size) : 0;
}

int rt_int_compare(Value a, Value b) {
    if (value_both_fixnum(a, b))
        return (a > b) - (a < b);
    IntView x, y;
    int_view(&x, a);
    int_view(&y, b);
    if (x.negative != y.negative)
        return x.negative ? -1 : 1;
    int order = int_view_compare(&x, &y);
    return x.negative ? -order : order;
}

bool rt_int_equal(Value a, Value b) {
    if (a == b)
        return true;
    if (value_is_fixnum(a) || value_is_fixnum(b))
        return false;
    return rt_int_compare(a, b) == 0;
}

bool rt_int_is_odd(Value a) {
    return value_is_fixnum(a) ? value_fixnum(a) & 1 : value_bignum(a)->limb[0] & 1;
}

size_t int_view_bits(const IntView *x) {
    return x->size ? x->size * 64 - (size_t)__builtin_clzll(x->limb[x->size - 1]) : 0;
}
size_t rt_int_bits(Value a) {
    IntView x;
    int_view(&x, a);
    return int_view_bits(&x);
}

// |x| * |y| into p, which has room for both sizes; returns the size.
static size_t multiply_views(mp_limb_t *p, const IntView *x, const IntView *y) {
    if (x->size == 0 || y->size == 0)
        return 0;
    if (x->size < y->size) {
        const IntView *swap = x;
        x = y;
        y = swap;
    }
    size_t size = x->size + y->size;
    mpn_mul(p, x->limb, (mp_size_t)x->size, y->limb, (mp_size_t)y->size);
    return size - (p[size - 1] == 0);
}

int int_view_compare_products(const IntView *a, const IntView *b, const IntView *c,
                              const IntView *d) {
    bool left_zero = !a->size || !b->size, right_zero = !c->size || !d->size;
    if (left_zero || right_zero)
        return (int)right_zero - (int)left_zero;
    // A product of n and m bits has n + m bits or one less.
    size_t left_bits = int_view_bits(a) + int_view_bits(b);
    size_t right_bits = int_view_bits(c) + int_view_bits(d);
    if (left_bits > right_bits + 1)
        return 1;
    if (right_bits > left_bits + 1)
        return -1;
    LimbTemp left, right;
    size_t left_size = multiply_views(limb_temp(&left, a->size + b->size), a, b);
    size_t right_size = multiply_views(limb_temp(&right, c->size + d->size), c, d);
    int order = left_size != right_size ? (left_size < right_size ? -1 : 1)
                                        : mpn_cmp(left.limb, right.limb, (mp_size_t)left_size);
    limb_temp_free(&left);
    limb_temp_free(&right);
    return order;
}

int rt_int_compare_products(Value a, Value b, Value c, Value d) {
    IntView va, vb, vc, vd;
    int_view(&va, a);
    int_view(&vb, b);
    int_view(&vc, c);
    int_view(&vd, d);
    return int_view_compare_products(&va, &vb, &vc, &vd);
}

// ---- division

bool rt_int_divide(VM *vm, Value a, Value b, Value *quotient, Value *remainder) {
    if (value_both_fixnum(a, b)) {
        int64_t n = value_fixnum(a), d = value_fixnum(b);
        if (quotient)
            *quotient = rt_int(vm, n / d);
        if (remainder)
            *remainder = value_from_fixnum(n % d);
        return true;
    }
    IntView x, y;
    int_view(&x, a);
    int_view(&y, b);
    ASSERT(y.size > 0, "division by zero of %zu limbs", x.size);
    bool negative = x.negative != y.negative;
    if (int_view_compare(&x, &y) < 0) {
        if (quotient)
            *quotient = value_from_fixnum(0);
        if (remainder)
            *remainder = a;
        return true;
    }
    if (y.size == 1) {
        mp_limb_t rest;
        if (quotient) {
            Bignum *q = rt_bignum_room(vm, x.size);
            if (!q)
                return false;
            rest = mpn_divrem_1(q->limb, 0, x.limb, (mp_size_t)x.size, y.limb[0]);
            *quotient = rt_bignum_finish(vm, q, x.size, negative);
        } else {
            rest = mpn_mod_1(x.limb, (mp_size_t)x.size, y.limb[0]);
        }
        if (remainder)
            *remainder = int_from_word(vm, rest, x.negative);
        return true;
    }
    size_t quotient_size = x.size - y.size + 1;
    if (!limbs_reserve(vm, x.size, 4))
        return false;
    Bignum *q = quotient ? rt_bignum_room(vm, quotient_size) : NULL;
    if (quotient && !q)
        return false;
    Bignum *r = remainder ? rt_bignum_room(vm, y.size) : NULL;
    if (remainder && !r)
        return false;
    LimbTemp spare;
    mp_limb_t *unwanted = limb_temp(&spare, q && r ? 0 : q ? y.size : quotient_size);
    mpn_tdiv_qr(q ? q->limb : unwanted, r ? r->limb : unwanted, 0, x.limb, (mp_size_t)x.size,
                y.limb, (mp_size_t)y.size);
    limb_temp_free(&spare);
    if (q)
        *quotient = rt_bignum_finish(vm, q, quotient_size, negative);
    if (r)
        *remainder = rt_bignum_finish(vm, r, y.size, x.negative);
    return !(q && *quotient == VALUE_FAILURE) && !(r && *remainder == VALUE_FAILURE);
}

bool rt_int_floor_divide(VM *vm, Value a, Value b, Value *quotient, Value *remainder) {
    Value rest;
    if (!rt_int_divide(vm, a, b, quotient, &rest))
        return false;
    int sign = rt_int_sign(rest);
    if (sign != 0 && sign != rt_int_sign(b)) {
        if (quotient)
            *quotient = rt_int_sub(vm, *quotient, value_from_fixnum(1));
        rest = rt_int_add(vm, rest, b);
    }
    if (remainder)
        *remainder = rest;
    return rest != VALUE_FAILURE && !(quotient && *quotient == VALUE_FAILURE);
}

Value rt_int_exact_quotient(VM *vm, Value a, Value b) {
    if (a == VALUE_FAILURE || b == VALUE_FAILURE)
        return VALUE_FAILURE;
    if (b == value_from_fixnum(1))
        return a;
    Value quotient;
    return rt_int_divide(vm, a, b, &quotient, NULL) ? quotient : VALUE_FAILURE;
}

static uint64_t word_gcd(uint64_t a, uint64_t b) { // binary; neither is 0
    int twos = __builtin_ctzll(a | b);
    a >>= __builtin_ctzll(a);
    do {
        b >>= __builtin_ctzll(b);
        if (a > b) {
            uint64_t swap = a;
            a = b;
            b = swap;
        }
        b -= a;
    } while (b != 0);
    return a << twos;
}

Value rt_int_gcd(VM *vm, Value a, Value b) {
    if (a == VALUE_FAILURE || b == VALUE_FAILURE)
        return VALUE_FAILURE;
    IntView x, y;
    int_view(&x, a);
    int_view(&y, b);
    if (x.size == 0)
        return rt_int_abs(vm, b);
    if (y.size == 0)
        return rt_int_abs(vm, a);
    if (x.size == 1 && y.size == 1)
        return int_from_word(vm, word_gcd(x.limb[0], y.limb[0]), false);
    if (x.size == 1)
        return int_from_word(vm, mpn_gcd_1(y.limb, (mp_size_t)y.size, x.limb[0]), false);
    if (y.size == 1)
        return int_from_word(vm, mpn_gcd_1(x.limb, (mp_size_t)x.size, y.limb[0]), false);
    if (!limbs_reserve(vm, x.size > y.size ? x.size : y.size, 4))
        return VALUE_FAILURE;
    mpz_t gcd, zx, zy;
    mpz_init(gcd);
    mpz_gcd(gcd, int_mpz(zx, &x), int_mpz(zy, &y));
    Value result = rt_int_from_limbs(vm, mpz_limbs_read(gcd), mpz_size(gcd), false);
    mpz_clear(gcd);
    return result;
}

// ---- powers and roots

size_t rt_int_trailing_zeros(Value a) {
    IntView x;
    int_view(&x, a);
    return x.size ? mpn_scan1(x.limb, 0) : 0;
}

// Left-to-right binary powering of an odd number; twos are only shifted in at the end.
Value rt_int_power(VM *vm, Value base, uint64_t exponent) {
    if (exponent == 0)
        return value_from_fixnum(1);
    if (exponent == 1 || base == VALUE_FAILURE || base == value_from_fixnum(0) ||
        base == value_from_fixnum(1))
        return base;
    bool negative = rt_int_sign(base) < 0 && (exponent & 1);
    size_t twos = rt_int_trailing_zeros(base);
    Value odd = rt_int_shift(vm, rt_int_abs(vm, base), -(int64_t)twos);
    size_t bits, shift, total;
    if (odd == VALUE_FAILURE)
        return odd;
    if (__builtin_mul_overflow(rt_int_bits(odd), exponent, &bits) ||
        __builtin_mul_overflow(twos, exponent, &shift) ||
        __builtin_add_overflow(bits, shift, &total) || total > (size_t)INT64_MAX) {
        rt_fail_memory(vm, SIZE_MAX);
        return VALUE_FAILURE;
    }
    if (odd == value_from_fixnum(1)) {
        Value power = rt_int_shift(vm, odd, (int64_t)shift);
        return negative && power != VALUE_FAILURE ? rt_int_negate(vm, power) : power;
    }
    if (!limbs_reserve(vm, total / 64 + 5, 4))
        return VALUE_FAILURE;

    IntView x;
    int_view(&x, odd);
    // A square of n limbs writes 2n of them, even when the highest stays 0: hence the slack.
    LimbTemp first, second;
    mp_limb_t *power = limb_temp(&first, bits / 64 + 5), *next = limb_temp(&second, bits / 64 + 5);
    size_t size = x.size;
    mpn_copyi(power, x.limb, (mp_size_t)size);
    for (int i = 62 - __builtin_clzll(exponent); i >= 0; i--) {
        mpn_sqr(next, power, (mp_size_t)size);
        size = 2 * size - (next[2 * size - 1] == 0);
        if (exponent >> i & 1) {
            mpn_mul(power, next, (mp_size_t)size, x.limb, (mp_size_t)x.size);
            size += x.size;
            size -= power[size - 1] == 0;
        } else {
            mp_limb_t *swap = power;
            power = next;
            next = swap;
        }
    }
    size_t whole = shift / 64, result_size = size + whole + 1;
    Value result = VALUE_FAILURE;
    Bignum *r = rt_bignum_room(vm, result_size);
    if (r) {
        mpn_zero(r->limb, (mp_size_t)whole);
        if (shift % 64) {
            r->limb[result_size - 1] =
                mpn_lshift(r->limb + whole, power, (mp_size_t)size, shift % 64);
        } else {
            mpn_copyi(r->limb + whole, power, (mp_size_t)size);
            r->limb[result_size - 1] = 0;
        }
        result = rt_bignum_finish(vm, r, result_size, negative);
    }
    limb_temp_free(&first);
    limb_temp_free(&second);
    return result;
}

bool rt_int_sqrt(VM *vm, Value a, Value *root, Value *remainder) {
    if (value_is_fixnum(a)) {
        // Below 2^52 the rounded root is never above the true one by enough to reach the next
        // integer.
        int64_t n = value_fixnum(a), s = (int64_t)sqrt((double)n);
        *root = value_from_fixnum(s);
        if (remainder)
            *remainder = value_from_fixnum(n - s * s);
        return true;
    }
    IntView x;
    int_view(&x, a);
    size_t root_size = (x.size + 1) / 2;
    if (!limbs_reserve(vm, x.size, 3))
        return false;
    Bignum *s = rt_bignum_room(vm, root_size);
    Bignum *r = remainder ? rt_bignum_room(vm, x.size) : NULL;
    if (!s || (remainder && !r))
        return false;
    mp_size_t rest = mpn_sqrtrem(s->limb, r ? r->limb : NULL, x.limb, (mp_size_t)x.size);
    *root = rt_bignum_finish(vm, s, root_size, false);
    if (remainder)
        *remainder = rt_bignum_finish(vm, r, (size_t)rest, false);
    return *root != VALUE_FAILURE && !(remainder && *remainder == VALUE_FAILURE);
}

bool rt_int_is_square(Value a) {
    IntView x;
    int_view(&x, a);
    if (x.negative)
        return false;
    return x.size == 0 || mpn_perfect_square_p(x.limb, (mp_size_t)x.size);
}

Value rt_int_exact_root(VM *vm, Value a, unsigned long n) {
    IntView x;
    int_view(&x, a);
    if (x.size == 0 || n == 1)
        return a;
    if (!limbs_reserve(vm, x.size, 4))
        return VALUE_FAILURE;
    mpz_t root, zx;
    mpz_init(root);
    Value result = VALUE_FALSE;
    if (mpz_root(root, int_mpz(zx, &x), n))
        result = rt_int_from_limbs(vm, mpz_limbs_read(root), mpz_size(root), false);
    mpz_clear(root);
    return result;
}

// ---- bits

static Value shift_left(VM *vm, const IntView *x, uint64_t count) {
    if (x->size == 0)
        return value_from_fixnum(0);
    size_t whole = count / 64, size = x->size + whole + 1;
    Bignum *r = rt_bignum_room(vm, size);
    if (!r)
        return VALUE_FAILURE;
    mpn_zero(r->limb, (mp_size_t)whole);
    if (count % 64) {
        r->limb[size - 1] = mpn_lshift(r->limb + whole, x->limb, (mp_size_t)x->size, count % 64);
    } else {
        mpn_copyi(r->limb + whole, x->limb, (mp_size_t)x->size);
        r->limb[size - 1] = 0;
    }
    return rt_bignum_finish(vm, r, size, x->negative);
}

static Value shift_right(VM *vm, const IntView *x, uint64_t count) {
    size_t whole = count / 64;
    if (whole >= x->size)
        return value_from_fixnum(x->negative ? -1 : 0);
    size_t size = x->size - whole;
    bool lost = x->negative && mpn_scan1(x->limb, 0) < count;
    Bignum *r = rt_bignum_room(vm, size + 1);
    if (!r)
        return VALUE_FAILURE;
    if (count % 64)
        mpn_rshift(r->limb, x->limb + whole, (mp_size_t)size, count % 64);
    else
        mpn_copyi(r->limb, x->limb + whole, (mp_size_t)size);
    r->limb[size] = lost ? mpn_add_1(r->limb, r->limb, (mp_size_t)size, 1) : 0;
    return rt_bignum_finish(vm, r, size + 1, x->negative);
}

Value rt_int_shift(VM *vm, Value a, int64_t count) {
    if (count == 0 || a == VALUE_FAILURE)
        return a;
    if (value_is_fixnum(a)) {
        int64_t n = value_fixnum(a);
        if (count < 0)
            return value_from_fixnum(n >> (count < -63 ? 63 : -count));
        if (count < 14)
            return rt_int(vm, n * (INT64_C(1) << count));
    }
    IntView x;
    int_view(&x, a);
    return count > 0 ? shift_left(vm, &x, (uint64_t)count) : shift_right(vm, &x, -(uint64_t)count);
}

// Limb i of x in two's complement; *carry is 1 before limb 0.
static inline mp_limb_t twos_complement_limb(const IntView *x, size_t i, mp_limb_t *carry) {
    mp_limb_t limb = i < x->size ? x->limb[i] : 0;
    if (!x->negative)
        return limb;
    limb = ~limb + *carry;
    *carry &= limb == 0;
    return limb;
}

static inline mp_limb_t combine(BitOperation op, mp_limb_t a, mp_limb_t b) {
    return op == BIT_AND ? a & b : op == BIT_OR ? a | b : a ^ b;
}

Value rt_int_bitwise(VM *vm, BitOperation op, Value a, Value b) {
    if (value_both_fixnum(a, b))
        return value_from_fixnum(
            (int64_t)combine(op, (mp_limb_t)value_fixnum(a), (mp_limb_t)value_fixnum(b)));
    IntView x, y;
    int_view(&x, a);
    int_view(&y, b);
    size_t size = (x.size > y.size ? x.size : y.size) + 1;
    bool negative = combine(op, x.negative, y.negative);
    Bignum *r = rt_bignum_room(vm, size);
    if (!r)
        return VALUE_FAILURE;
    mp_limb_t carry_x = 1, carry_y = 1;
    for (size_t i = 0; i < size; i++)
        r->limb[i] = combine(op, twos_complement_limb(&x, i, &carry_x),
                             twos_complement_limb(&y, i, &carry_y));
    if (negative)
        mpn_neg(r->limb, r->limb, (mp_size_t)size);
    return rt_bignum_finish(vm, r, size, negative);
}

Value rt_int_not(VM *vm, Value a) { return rt_int_sub(vm, value_from_fixnum(-1), a); }

bool rt_int_bit(Value a, uint64_t index) {
    IntView x;
    int_view(&x, a);
    if (index / 64 >= x.size)
        return x.negative;
    bool bit = x.limb[index / 64] >> (index % 64) & 1;
    // -n is ~n + 1: as n up to its lowest 1, inverted above.
    return x.negative && index > mpn_scan1(x.limb, 0) ? !bit : bit;
}

uint64_t rt_int_bit_count(Value a) {
    IntView x;
    int_view(&x, a);
    if (x.size == 0)
        return 0;
    uint64_t ones = mpn_popcount(x.limb, (mp_size_t)x.size);
    return x.negative ? ones - 1 + mpn_scan1(x.limb, 0) : ones;
}

size_t rt_int_length(Value a) {
    IntView x;
    int_view(&x, a);
    if (x.size == 0)
        return 0;
    size_t bits = int_view_bits(&x);
    return x.negative && mpn_scan1(x.limb, 0) == bits - 1 ? bits - 1 : bits;
}

// ---- doubles

double rt_double_round(uint64_t m, int64_t e, bool sticky, bool negative) {
    int64_t top = e + 63; // the value is in [2^top, 2^(top+1))
    if (top > 1023)
        return negative ? -INFINITY : INFINITY;
    int64_t precision = top >= -1022 ? 53 : 53 - (-1022 - top);
    if (precision < 0)
        return negative ? -0.0 : 0.0;
    unsigned drop = (unsigned)(64 - precision); // 11..64
    uint64_t kept = drop == 64 ? 0 : m >> drop, half = UINT64_C(1) << (drop - 1);
    uint64_t rest = drop == 64 ? m : m & ((half << 1) - 1);
    if (rest > half || (rest == half && (sticky || (kept & 1))))
        kept++;
    double d = ldexp((double)kept, (int)(e + drop));
    return negative ? -d : d;
}

double rt_int_to_double(Value a) {
    if (value_is_fixnum(a))
        return (double)value_fixnum(a);
    IntView x;
    int_view(&x, a);
    size_t n = x.size;
    int lead = __builtin_clzll(x.limb[n - 1]);
    uint64_t m = x.limb[n - 1] << lead;
    bool sticky = false;
    if (n > 1) {
        if (lead)
            m |= x.limb[n - 2] >> (64 - lead);
        sticky = mpn_scan1(x.limb, 0) < (n - 1) * 64 - (size_t)lead;
    }
    if (n > 32)
        return x.negative ? -INFINITY : INFINITY;
    return rt_double_round(m, (int64_t)(n * 64) - lead - 64, sticky, x.negative);
}

Value rt_int_from_double(VM *vm, double d) {
    if (fabs(d) < 0x1p63)
        return rt_int(vm, (int64_t)d);
    int exponent;
    mp_limb_t m = (mp_limb_t)ldexp(frexp(fabs(d), &exponent), 64);
    unsigned shift = (unsigned)exponent - 64; // |d| = m * 2^shift, shift in 0..960
    mp_limb_t limb[17] = {};
    limb[shift / 64] = m << (shift % 64);
    if (shift % 64)
        limb[shift / 64 + 1] = m >> (64 - shift % 64);
    return rt_int_from_limbs(vm, limb, 17, d < 0);
}

// ---- digits

static char digit_char(unsigned digit) {
    return (char)(digit < 10 ? '0' + digit : 'a' + digit - 10);
}

size_t rt_int_text_size(Value a, int radix) {
    if (value_is_fixnum(a))
        return 52;
    IntView x;
    mpz_t z;
    int_view(&x, a);
    return mpz_sizeinbase(int_mpz(z, &x), radix) +
           3; // sign, mpn_get_str's spare one, its leading 0
}

size_t rt_int_write(Value a, int radix, char *text) {
    if (value_is_fixnum(a)) {
        char buffer[52];
        size_t at = sizeof buffer;
        int64_t n = value_fixnum(a);
        uint64_t magnitude = n < 0 ? -(uint64_t)n : (uint64_t)n, base = (uint64_t)radix;
        do {
            buffer[--at] = digit_char((unsigned)(magnitude % base));
            magnitude /= base;
        } while (magnitude);
        if (n < 0)
            buffer[--at] = '-';
        memcpy(text, buffer + at, sizeof buffer - at);
        return sizeof buffer - at;
    }
    IntView x;
    int_view(&x, a);
    char *out = text;
    if (x.negative)
        *out++ = '-';
    // mpn_get_str destroys its operand, unless the radix is a power of two.
    LimbTemp copy;
    mpn_copyi(limb_temp(&copy, x.size + 1), x.limb, (mp_size_t)x.size);
    size_t count = mpn_get_str((unsigned char *)out, radix, copy.limb, (mp_size_t)x.size);
    limb_temp_free(&copy);
    size_t zeros = 0;
    while (zeros + 1 < count && out[zeros] == 0)
        zeros++;
    count -= zeros;
    for (size_t i = 0; i < count; i++)
        out[i] = digit_char((unsigned char)out[i + zeros]);
    return (size_t)(out - text) + count;
}

Value rt_int_from_digits(VM *vm, const unsigned char *digit, size_t count, int radix,
                         bool negative) {
    while (count > 0 && *digit == 0) {
        digit++;
        count--;
    }
    if (count == 0)
        return value_from_fixnum(0);
    if (count <= 12) { // 36^12 < 2^63
        uint64_t n = 0;
        for (size_t i = 0; i < count; i++)
            n = n * (uint64_t)radix + digit[i];
        return int_from_word(vm, n, negative);
    }
    size_t size = (size_t)((double)count * log2(radix) / 64) + 3;
    if (!limbs_reserve(vm, size, 4))
        return VALUE_FAILURE;
    Bignum *r = rt_bignum_room(vm, size);
    if (!r)
        return VALUE_FAILURE;
    size_t used = (size_t)mpn_set_str(r->limb, digit, count, radix);
    return rt_bignum_finish(vm, r, used, negative);
}
