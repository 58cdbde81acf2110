// (kiln http): digests. SHA-256 (FIPS 180-4) and HMAC (RFC 2104) for what strangers must not be
// able to make up; XXH3 for the tags of bodies, which only have to differ.
#define XXH_INLINE_ALL
#include "runtime/fail.h"
#include "runtime/modules/http_int.h"
#include "runtime/string.h"
#include "runtime/vector.h"
#include <stdio.h>
#include <xxhash.h>

enum { BLOCK = 64, DIGEST = 32 }; // bytes

typedef struct Sha {
    uint32_t state[8];
    uint8_t block[BLOCK]; // what has not made a whole one yet
    uint64_t length;      // bytes so far
} Sha;

static uint32_t rotate(uint32_t x, int n) { return x >> n | x << (32 - n); }

static uint32_t big_endian(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void compress(Sha *sha, const uint8_t *block) {
    // The first 32 bits of the fractions of the cube roots of the first 64 primes.
    static const uint32_t constant[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
        0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
        0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
        0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
        0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
        0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
        0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
        0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
        0xc67178f2};
    uint32_t w[64], v[8];
    for (int i = 0; i < 16; i++)
        w[i] = big_endian(block + 4 * (size_t)i);
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        uint32_t s0 = rotate(a, 7) ^ rotate(a, 18) ^ a >> 3;
        uint32_t s1 = rotate(b, 17) ^ rotate(b, 19) ^ b >> 10;
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    memcpy(v, sha->state, sizeof v);
    for (int i = 0; i < 64; i++) {
        uint32_t a = v[0], b = v[1], c = v[2], e = v[4], f = v[5], g = v[6];
        uint32_t s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
        uint32_t one = v[7] + s1 + ((e & f) ^ (~e & g)) + constant[i] + w[i];
        uint32_t s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
        uint32_t two = s0 + ((a & b) ^ (a & c) ^ (b & c));
        memmove(v + 1, v, 7 * sizeof *v);
        v[4] += one;
        v[0] = one + two;
    }
    for (int i = 0; i < 8; i++)
        sha->state[i] += v[i];
}

static void begin(Sha *sha) {
    // The same of the square roots of the first 8 primes.
    *sha = (Sha){.state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
                           0x1f83d9ab, 0x5be0cd19}};
}

static void add(Sha *sha, const uint8_t *bytes, size_t size) {
    size_t kept = sha->length % BLOCK;
    sha->length += size;
    while (size) {
        if (kept == 0 && size >= BLOCK) {
            compress(sha, bytes);
            bytes += BLOCK;
            size -= BLOCK;
            continue;
        }
        size_t part = BLOCK - kept < size ? BLOCK - kept : size;
        memcpy(sha->block + kept, bytes, part);
        kept += part;
        bytes += part;
        size -= part;
        if (kept == BLOCK) {
            compress(sha, sha->block);
            kept = 0;
        }
    }
}

static void finish(Sha *sha, uint8_t *digest) {
    uint64_t bits = 8 * sha->length;
    static const uint8_t padding[BLOCK] = {0x80};
    size_t kept = sha->length % BLOCK;
    add(sha, padding, kept < BLOCK - 8 ? BLOCK - 8 - kept : 2 * BLOCK - 8 - kept);
    uint8_t length[8];
    for (int i = 0; i < 8; i++)
        length[i] = (uint8_t)(bits >> (56 - 8 * i));
    add(sha, length, sizeof length);
    for (size_t i = 0; i < DIGEST; i++)
        digest[i] = (uint8_t)(sha->state[i / 4] >> (24 - 8 * (i % 4)));
}

// The bytes of a string, as UTF-8, or of a bytevector, in place; NULL with the condition.
static const uint8_t *data(VM *vm, int argument, Value v, size_t *length) {
    if (value_is_string(v))
        return (const uint8_t *)rt_string_to_utf8(vm, v, length);
    if (!value_is_bytevector(v)) {
        rt_fail_type(vm, argument, "string or bytevector", v);
        return NULL;
    }
    *length = bytevector_length(v);
    return value_bytevector(v)->byte;
}

Value rt_http_sha_256(VM *vm, Value v) {
    size_t length;
    const uint8_t *bytes = data(vm, 1, v, &length);
    if (!bytes)
        return VALUE_FAILURE;
    Sha sha;
    begin(&sha);
    add(&sha, bytes, length);
    uint8_t digest[DIGEST];
    finish(&sha, digest);
    return rt_bytevector_from_bytes(vm, digest, DIGEST);
}

Value rt_http_hmac_sha_256(VM *vm, Value key, Value v) {
    size_t key_length, length;
    const uint8_t *key_bytes = data(vm, 1, key, &key_length);
    const uint8_t *bytes = key_bytes ? data(vm, 2, v, &length) : NULL;
    if (!bytes)
        return VALUE_FAILURE;
    uint8_t block[BLOCK] = {0}, digest[DIGEST];
    Sha sha;
    begin(&sha);
    if (key_length > BLOCK) {
        add(&sha, key_bytes, key_length);
        finish(&sha, block);
        begin(&sha);
    } else
        memcpy(block, key_bytes, key_length);
    for (size_t i = 0; i < BLOCK; i++)
        block[i] ^= 0x36;
    add(&sha, block, BLOCK);
    add(&sha, bytes, length);
    finish(&sha, digest);
    for (size_t i = 0; i < BLOCK; i++)
        block[i] ^= 0x36 ^ 0x5c;
    begin(&sha);
    add(&sha, block, BLOCK);
    add(&sha, digest, DIGEST);
    finish(&sha, digest);
    return rt_bytevector_from_bytes(vm, digest, DIGEST);
}

// 128 bits as 32 hexadecimal digits.
Value rt_http_body_tag(VM *vm, Value v) {
    size_t length;
    const uint8_t *bytes = data(vm, 1, v, &length);
    if (!bytes)
        return VALUE_FAILURE;
    XXH128_hash_t hash = XXH3_128bits(bytes, length);
    char text[33];
    snprintf(text, sizeof text, "%016llx%016llx", (unsigned long long)hash.high64,
             (unsigned long long)hash.low64);
    return rt_string_from_c(vm, text);
}
