// The hash of text: 16 bytes a round, two seeded multiplications each (folded 128-bit products, an
// idea of Wang Yi's wyhash). Generic over where a byte lies, so that a wide string whose characters
// are all below 256 hashes like the narrow string with the same text.
#ifndef KILN_RUNTIME_HASH_INT_H
#define KILN_RUNTIME_HASH_INT_H

#include "runtime/hash.h"
#include <stdatomic.h>

extern _Atomic uint64_t rt_hash_seed_word; // 0: not chosen yet

// `width` bytes from position i, least significant first; wide: of uint32_t data, one a character.
static inline uint64_t hash_load(const void *data, size_t i, int width, bool wide) {
    uint64_t word = 0;
    if (wide) {
        const uint32_t *code = (const uint32_t *)data + i;
        for (int k = 0; k < width; k++)
            word |= (uint64_t)(code[k] & 0xFF) << (8 * k);
    } else if (width == 8) {
        memcpy(&word, (const uint8_t *)data + i, 8);
    } else if (width == 4) {
        uint32_t half;
        memcpy(&half, (const uint8_t *)data + i, 4);
        word = half;
    } else {
        word = ((const uint8_t *)data)[i];
    }
    return word;
}

static inline uint64_t hash_text(const void *data, size_t length, bool wide) {
    uint64_t h = atomic_load_explicit(&rt_hash_seed_word, memory_order_relaxed);
    if (__builtin_expect(h == 0, 0))
        h = rt_hash_seed();
    uint64_t secret = (h << 32 | h >> 32) ^ UINT64_C(0x8BB84B93962EACC9);
    uint64_t a = 0, b = 0;
    if (length > 16) {
        for (size_t i = 0; i < length - 16; i += 16)
            h = hash_mix(hash_load(data, i, 8, wide) ^ secret, hash_load(data, i + 8, 8, wide) ^ h);
        a = hash_load(data, length - 16, 8, wide);
        b = hash_load(data, length - 8, 8, wide);
    } else if (length >= 8) {
        a = hash_load(data, 0, 8, wide);
        b = hash_load(data, length - 8, 8, wide);
    } else if (length >= 4) {
        a = hash_load(data, 0, 4, wide);
        b = hash_load(data, length - 4, 4, wide);
    } else if (length > 0) {
        a = hash_load(data, 0, 1, wide) | hash_load(data, length >> 1, 1, wide) << 8;
        b = hash_load(data, length - 1, 1, wide);
    }
    return hash_mix(secret ^ length, hash_mix(a ^ secret, b ^ h));
}

#endif
