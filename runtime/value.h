// Values: one 64-bit word each, NaN-boxed so that pointers stand as themselves.
//
// Duty: the only file of the project with bit masks of values. Everything else goes through the
// functions below.
//
//   top 16 bits      meaning
//   0x0000           pointer or special constant
//                      low nibble 0: pair (16-byte aligned, two words, no header)
//                      low nibble 8: other object (header word at p-8, fields from p)
//                      low nibble 2: special constant (small)
//   0x0001..0xFFF9   flonum, its bits plus 2^48
//   0xFFFA           character
//   0xFFFB           header words; never a value
//   0xFFFC..0xFFFF   fixnum, 50 bits, biased: (0xFFFE << 48) + n
//
// Why this way round: libgc sees every pointer as it is and takes no number for one; a test for a
// pair needs no load; both-fixnum is one AND and one comparison; fixnums compare as raw words; an
// addition is a + (b - BIAS), and its overflow check is the type check.
//
// Invariants: the word 0 is never a value (memory fresh from the collector reads as "no value").
// A flonum's NaN is one of the two canonical quiet NaNs.
#ifndef KILN_RUNTIME_VALUE_H
#define KILN_RUNTIME_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint64_t Value;

// Special constants. False and nil differ in one bit, so that "is it falsy" is one test.
#define VALUE_SPECIAL(n) ((Value)(((n) << 4) | 2))
#define VALUE_FALSE VALUE_SPECIAL(0) // #f
#define VALUE_NIL VALUE_SPECIAL(1)   // nil of SX: the unit value, falsy
#define VALUE_NULL VALUE_SPECIAL(2)  // '()
#define VALUE_TRUE VALUE_SPECIAL(4)  // #t
#define VALUE_UNSPECIFIED VALUE_SPECIAL(6)
#define VALUE_EOF VALUE_SPECIAL(8)
#define VALUE_DEFAULT VALUE_SPECIAL(10) // "argument not given"; never seen by programs
#define VALUE_UNBOUND VALUE_SPECIAL(12) // content of a variable before its definition
#define VALUE_FAILURE VALUE_SPECIAL(14) // a primitive failed; vm->condition says how
#define VALUE_UNWIND VALUE_SPECIAL(16)  // the stack is being unwound (tiers 1 and 2)
#define VALUE_NONE ((Value)0)           // no value at all

#define FIXNUM_MIN (-(INT64_C(1) << 49))
#define FIXNUM_MAX ((INT64_C(1) << 49) - 1)
#define FIXNUM_BIAS (UINT64_C(0xFFFE) << 48)
#define FIXNUM_FIRST (UINT64_C(0xFFFC) << 48)
#define FLONUM_OFFSET (UINT64_C(1) << 48)
#define CHAR_TAG (UINT64_C(0xFFFA) << 48)
#define HEADER_TAG (UINT64_C(0xFFFB) << 48)
#define VALUE_TOP16 (UINT64_C(0xFFFF) << 48)
#define CHAR_MAX_CODE 0x10FFFF

// ---- fixnums

static inline bool value_is_fixnum(Value v) { return v >= FIXNUM_FIRST; }
static inline bool value_both_fixnum(Value a, Value b) { return (a & b) >= FIXNUM_FIRST; }
static inline bool fixnum_fits(int64_t n) { return n >= FIXNUM_MIN && n <= FIXNUM_MAX; }
// n must fit.
static inline Value value_from_fixnum(int64_t n) { return FIXNUM_BIAS + (uint64_t)n; }
static inline int64_t value_fixnum(Value v) { return (int64_t)(v - FIXNUM_BIAS); }
// Sum and difference of two fixnums; when the result is not a fixnum it overflowed.
static inline Value fixnum_add_raw(Value a, Value b) { return a + (b - FIXNUM_BIAS); }
static inline Value fixnum_sub_raw(Value a, Value b) { return a - (b - FIXNUM_BIAS); }
// An index: a fixnum in [0, limit). limit is at most 2^48.
static inline bool value_is_index_below(Value v, size_t limit) {
    return v - FIXNUM_BIAS < (uint64_t)limit;
}

// ---- flonums

static inline bool value_is_flonum(Value v) {
    return v - FLONUM_OFFSET < (UINT64_C(0xFFFA) << 48) - FLONUM_OFFSET;
}
// d must not be a NaN with a payload from outside the program: use value_from_foreign_double then.
static inline Value value_from_double(double d) {
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    return bits + FLONUM_OFFSET;
}
static inline Value value_from_foreign_double(double d) {
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    if (d != d)
        bits = UINT64_C(0x7FF8) << 48;
    return bits + FLONUM_OFFSET;
}
static inline double value_double(Value v) {
    double d;
    uint64_t bits = v - FLONUM_OFFSET;
    memcpy(&d, &bits, sizeof d);
    return d;
}

// ---- characters (Unicode scalar values)

static inline bool value_is_char(Value v) { return (v & VALUE_TOP16) == CHAR_TAG; }
static inline Value value_from_char(uint32_t c) { return CHAR_TAG | c; }
static inline uint32_t value_char(Value v) { return (uint32_t)v; }
static inline bool char_code_valid(int64_t c) {
    return (c >= 0 && c < 0xD800) || (c > 0xDFFF && c <= CHAR_MAX_CODE);
}

// ---- truth

static inline bool value_is_falsy(Value v) { return (v & ~UINT64_C(0x10)) == VALUE_FALSE; }
static inline bool value_is_truthy(Value v) { return !value_is_falsy(v); }
static inline Value value_from_bool(bool b) { return b ? VALUE_TRUE : VALUE_FALSE; }
static inline bool value_is_special(Value v) { return v < 0x1000 && (v & 15) == 2; }

// ---- pointers

typedef struct Pair {
    const Value car, cdr;
} Pair;

static inline bool value_is_pair(Value v) { return (v & (VALUE_TOP16 | 15)) == 0; }
static inline Pair *value_pair(Value v) { return (Pair *)(uintptr_t)v; }
static inline Value value_car(Value v) { return value_pair(v)->car; }
static inline Value value_cdr(Value v) { return value_pair(v)->cdr; }

// Any object but a pair.
static inline bool value_is_object(Value v) { return (v & (VALUE_TOP16 | 15)) == 8; }
static inline void *value_object(Value v) { return (void *)(uintptr_t)v; }
static inline Value value_from_pointer(const void *p) { return (Value)(uintptr_t)p; }
// A pair or another object: something on the heap.
static inline bool value_is_pointer(Value v) { return (v & (VALUE_TOP16 | 7)) == 0; }

// ---- header words: 0xFFFB | aux (32 bits) | flags (8 bits) | type (8 bits)

static inline uint64_t header_make(unsigned type, unsigned flags, uint32_t aux) {
    return HEADER_TAG | ((uint64_t)aux << 16) | ((uint64_t)(flags & 0xFF) << 8) | (type & 0xFF);
}
static inline uint64_t *object_header(const void *p) { return (uint64_t *)(uintptr_t)p - 1; }
static inline unsigned object_type(const void *p) { return *object_header(p) & 0xFF; }
static inline unsigned object_flags(const void *p) { return (*object_header(p) >> 8) & 0xFF; }
static inline uint32_t object_aux(const void *p) { return (uint32_t)(*object_header(p) >> 16); }
static inline void object_set_flags(void *p, unsigned flags) {
    uint64_t *h = object_header(p);
    *h = (*h & ~UINT64_C(0xFF00)) | ((uint64_t)(flags & 0xFF) << 8);
}
static inline void object_set_aux(void *p, uint32_t aux) {
    uint64_t *h = object_header(p);
    *h = (*h & ~(UINT64_C(0xFFFFFFFF) << 16)) | ((uint64_t)aux << 16);
}
static inline bool value_has_type(Value v, unsigned type) {
    return value_is_object(v) && object_type(value_object(v)) == type;
}

#endif
