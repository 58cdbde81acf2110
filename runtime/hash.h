// Hashing: mixing, the process's seed, bytes.
//
// Duty: the hash functions that every table uses. Text is hashed with a seed that differs from
// process to process, so that nobody can prepare keys that all collide; KILN_HASH_SEED=n fixes it.
// No order a program can see depends on a hash: tables iterate in the order of insertion.
#ifndef KILN_RUNTIME_HASH_H
#define KILN_RUNTIME_HASH_H

#include "runtime/value.h"

// Product of two words folded to one: every bit of the result depends on every bit of both.
static inline uint64_t hash_mix(uint64_t a, uint64_t b) {
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}
// A word spread over all 64 bits; 0 is only one of many values that may come out.
static inline uint64_t hash_word(uint64_t w) {
    return hash_mix(w ^ UINT64_C(0x8BB84B93962EACC9), UINT64_C(0x9E3779B97F4A7C15));
}
// Hash of a sequence: start with any h, add the hash of each element in order.
static inline uint64_t hash_combine(uint64_t h, uint64_t element) {
    return hash_mix(h ^ UINT64_C(0xA0761D6478BD642F), element ^ UINT64_C(0xE7037ED1A0B428DB));
}

// The process's seed, chosen at its first use.
uint64_t rt_hash_seed(void);
// Seeded hash of bytes; rt_string_hash of a narrow string with these bytes is the same.
uint64_t rt_hash_bytes(const void *bytes, size_t length);

#endif
