// Random numbers: xoshiro256** (D. Blackman, S. Vigna, "Scrambled linear pseudorandom number
// generators"), seeded by the system, or by the program through splitmix64 as its authors advise.
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/num_int.h"
#include <sys/random.h>
#include <time.h>

NumberState *rt_number_state(VM *vm) {
    if (vm->roots[ROOT_NUMBERS] == VALUE_NONE) {
        NumberState *state = rt_raw_new_atomic(vm, sizeof *state);
        memset(state, 0, sizeof *state);
        vm->roots[ROOT_NUMBERS] = value_from_pointer(state);
    }
    return value_object(vm->roots[ROOT_NUMBERS]);
}

static inline uint64_t rotate_left(uint64_t x, int k) { return x << k | x >> (64 - k); }

static uint64_t split_mix(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static bool is_seeded(const uint64_t s[4]) { return (s[0] | s[1] | s[2] | s[3]) != 0; }

static void seed_from_system(uint64_t s[4]) {
    while (!is_seeded(s)) {
        if (getrandom(s, 4 * sizeof *s, 0) == (ssize_t)(4 * sizeof *s))
            continue;
        // No entropy to be had (an old kernel, a sandbox): the clock must do.
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        uint64_t mix = (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
        for (int i = 0; i < 4; i++)
            s[i] = split_mix(&mix);
    }
}

uint64_t rt_random_bits(VM *vm) {
    uint64_t *s = rt_number_state(vm)->random;
    if (!is_seeded(s))
        seed_from_system(s);
    uint64_t result = rotate_left(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

// ---- primitives

// Draw as many bits as the limit has until they are below it: at most two draws on average.
Value rt_prim_random_integer(VM *vm, Value limit) {
    if (!value_is_exact_integer(limit))
        return rt_fail_type(vm, 1, "exact integer", limit);
    if (rt_int_sign(limit) <= 0)
        return rt_fail_range(vm, 1, "positive integer", limit);
    IntView bound;
    int_view(&bound, limit);
    size_t size = bound.size;
    uint64_t mask = UINT64_MAX >> __builtin_clzll(bound.limb[size - 1]);
    if (size == 1) {
        uint64_t n;
        do
            n = rt_random_bits(vm) & mask;
        while (n >= bound.limb[0]);
        return rt_uint(vm, n);
    }
    Bignum *r = rt_bignum_room(vm, size);
    if (!r)
        return VALUE_FAILURE;
    do {
        for (size_t i = 0; i < size; i++)
            r->limb[i] = rt_random_bits(vm);
        r->limb[size - 1] &= mask;
    } while (mpn_cmp(r->limb, bound.limb, (mp_size_t)size) >= 0);
    return rt_bignum_finish(vm, r, size, false);
}

// Strictly between 0 and 1: the middles of 2^52 equal intervals.
Value rt_prim_random_real(VM *vm) {
    return value_from_double(((double)(rt_random_bits(vm) >> 12) + 0.5) * 0x1p-52);
}

Value rt_prim_random_seed(VM *vm, Value seed) {
    if (!value_is_exact_integer(seed))
        return rt_fail_type(vm, 1, "exact integer", seed);
    IntView x;
    int_view(&x, seed);
    uint64_t mix = x.negative;
    for (size_t i = 0; i < x.size; i++) {
        mix ^= x.limb[i];
        mix = split_mix(&mix);
    }
    uint64_t *s = rt_number_state(vm)->random;
    do
        for (int i = 0; i < 4; i++)
            s[i] = split_mix(&mix);
    while (!is_seeded(s));
    return VALUE_UNSPECIFIED;
}
