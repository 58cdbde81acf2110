// Strings: text of 1 or 4 bytes a character, UTF-8 at the edges, builders.
//
// Duty: everything that looks into a string's `data`. A string is narrow (1 byte a character) while
// all its characters are below 256, else wide (4 bytes); storing a wider character replaces the
// data.
//
// Invariants: a string made here is wide only when it needs to be; string_put can leave a wide
// string whose characters are all narrow, so equality and hash never depend on the width. `data` is
// NULL exactly when length is 0. Every character is a Unicode scalar value. Strings flagged
// STRING_LITERAL are never changed: primitives check, the functions below trust their caller.
//
// Whatever makes a string of a length that the program chose asks the heap first: it answers
// VALUE_FAILURE with the condition set when the text does not fit. Texts of up to
// STRING_SURE_LENGTH characters never fail.
#ifndef KILN_RUNTIME_STRING_H
#define KILN_RUNTIME_STRING_H

#include "runtime/object.h"
#include "runtime/state.h"

enum { STRING_SURE_LENGTH = 4096 };
#define STRING_MAX_LENGTH ((size_t)1 << 40)

// ---- UTF-8: strict as table 3-7 of The Unicode Standard has it: no overlong forms, no surrogates,
// nothing above U+10FFFF

typedef enum Utf8Status {
    UTF8_OK,
    UTF8_INVALID,   // length: bytes that one U+FFFD stands for (maximal subpart, section 3.9)
    UTF8_TRUNCATED, // the bytes begin a valid sequence and end within it
} Utf8Status;
typedef struct Utf8Step {
    uint32_t code;   // 0xFFFD unless UTF8_OK
    uint32_t length; // bytes, at least 1
    Utf8Status status;
} Utf8Step;

// The character that begins at bytes; available >= 1.
Utf8Step rt_utf8_decode(const char *bytes, size_t available);
// Encode a scalar value; bytes written (1 to 4).
size_t rt_utf8_encode(uint32_t code, char out[static 4]);
static inline size_t rt_utf8_width(uint32_t code) {
    return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

// ---- making strings

// Characters are not set, but for a string of length 0. Program-chosen lengths are checked.
Value rt_string_new(VM *vm, size_t length, bool wide);
// From UTF-8; what is not valid becomes U+FFFD.
Value rt_string_from_utf8(VM *vm, const char *bytes, size_t length);
// From UTF-8; fails with an encoding-error that says which byte is wrong.
Value rt_string_from_utf8_checked(VM *vm, const char *bytes, size_t length);
Value rt_string_from_c(VM *vm, const char *utf8);
// From one byte a character (ASCII, Latin-1).
Value rt_string_from_latin1(VM *vm, const char *bytes, size_t length);
// From code points, all valid; narrow when they allow it.
Value rt_string_from_codes(VM *vm, const uint32_t *codes, size_t length);
// Flag as immutable; answers the string.
Value rt_string_make_literal(Value string);

// UTF-8 of a whole string: fresh memory of the collector, NUL-terminated. *length (may be NULL) is
// without the NUL; the string may itself contain NULs. NULL with the condition set when memory is
// short.
char *rt_string_to_utf8(VM *vm, Value string, size_t *length);
// Bytes of UTF-8 of characters [start, end), and the encoding itself; answers past the last byte.
size_t rt_string_utf8_size(Value string, size_t start, size_t end);
char *rt_string_encode(Value string, size_t start, size_t end, char *out);

// ---- reading and changing

static inline size_t string_length(Value v) { return value_string(v)->length; }
// All characters below 128: one pass over narrow data.
bool rt_string_is_ascii(Value string);
// Same text as this ASCII C string?
bool rt_string_is(Value string, const char *ascii);

// Character i = code, i in range; widens when needed. False with the condition set when memory is
// short.
bool string_put(VM *vm, Value string, size_t i, uint32_t code);
// Characters [start, end) of `from` over those of `to` from `at`, ranges valid; they may overlap.
bool rt_string_copy_into(VM *vm, Value to, size_t at, Value from, size_t start, size_t end);
bool rt_string_fill(VM *vm, Value string, size_t start, size_t end, uint32_t code);

Value rt_string_append2(VM *vm, Value a, Value b);
// A fresh string of characters [start, end), range valid.
Value rt_substring(VM *vm, Value string, size_t start, size_t end);
Value rt_string_copy(VM *vm, Value string);

bool rt_string_equal(Value a, Value b);
// Order by code points: negative, 0, positive.
int rt_string_compare(Value a, Value b);
// Index of the first occurrence of needle at or after `from` (<= length), or -1.
ptrdiff_t rt_string_search(Value string, size_t from, Value needle);

// ---- hashing (seeded for the process, see hash.h); never 0; kept in the string until it changes
uint64_t rt_string_hash(Value string);

// ---- builders: text that grows at its end

// Lives in a local or in scanned memory. After a failure (heap limit) it swallows what it is given
// and finish answers VALUE_FAILURE.
typedef struct StringBuilder {
    VM *vm;
    void *data;      // uint8_t or uint32_t [capacity]
    size_t length;   // characters
    size_t capacity; // characters
    bool wide;
    bool failed;
} StringBuilder;

void rt_builder_init(StringBuilder *b, VM *vm);
void rt_builder_char(StringBuilder *b, uint32_t code);
void rt_builder_bytes(StringBuilder *b, const char *utf8, size_t length); // invalid: U+FFFD
void rt_builder_c(StringBuilder *b, const char *utf8);
void rt_builder_string(StringBuilder *b, Value string);
void rt_builder_range(StringBuilder *b, Value string, size_t start, size_t end);
[[gnu::format(printf, 2, 3)]] void rt_builder_format(StringBuilder *b, const char *format, ...);
// Forget the characters from `length` on.
void rt_builder_truncate(StringBuilder *b, size_t length);
// The text so far as a fresh string; the builder is empty afterwards and may be used again.
Value rt_builder_finish(StringBuilder *b);

#endif
