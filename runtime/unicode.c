// Unicode properties and case mappings.
#include "runtime/unicode.h"
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/string.h"
#include <errno.h>
#include <stdlib.h>
#include <unicase.h>
#include <unictype.h>

static inline bool is_ascii_upper(uint32_t c) { return c - 'A' < 26; }
static inline bool is_ascii_lower(uint32_t c) { return c - 'a' < 26; }

// ---- characters

uint32_t rt_char_upcase(uint32_t c) {
    if (c < 0x80)
        return is_ascii_lower(c) ? c - 32 : c;
    return uc_toupper(c);
}

uint32_t rt_char_downcase(uint32_t c) {
    if (c < 0x80)
        return is_ascii_upper(c) ? c + 32 : c;
    return uc_tolower(c);
}

// Simple case folding (statuses C and S of CaseFolding.txt) is the lower case of the upper case but
// for the dotted and dotless i, which stay as they are, and Cherokee, which folds to its upper
// case.
uint32_t rt_char_foldcase(uint32_t c) {
    if (c < 0x80)
        return is_ascii_upper(c) ? c + 32 : c;
    if (c == 0x130 || c == 0x131)
        return c;
    uint32_t upper = uc_toupper(c);
    if (upper >= 0x13A0 && upper <= 0x13F5)
        return upper;
    return uc_tolower(upper);
}

bool rt_char_is_alphabetic(uint32_t c) {
    return c < 0x80 ? is_ascii_upper(c) || is_ascii_lower(c) : uc_is_property_alphabetic(c);
}

int rt_char_digit_value(uint32_t c) {
    if (c < 0x80)
        return c - '0' < 10 ? (int)(c - '0') : -1;
    return uc_decimal_value(c);
}

bool rt_char_is_numeric(uint32_t c) { return rt_char_digit_value(c) >= 0; }

bool rt_char_is_whitespace(uint32_t c) {
    return c < 0x80 ? c == ' ' || c - '\t' < 5 : uc_is_property_white_space(c);
}

bool rt_char_is_upper(uint32_t c) {
    return c < 0x80 ? is_ascii_upper(c) : uc_is_property_uppercase(c);
}

bool rt_char_is_lower(uint32_t c) {
    return c < 0x80 ? is_ascii_lower(c) : uc_is_property_lowercase(c);
}

// ---- strings

// The mapping of a Latin-1 character where it is one Latin-1 character, else -1: for the upper case
// of ß, µ and ÿ and the folding of ß and µ.
static inline int map_latin1(uint8_t c, CaseMapping mapping) {
    bool upper = is_ascii_upper(c) || (c >= 0xC0 && c <= 0xDE && c != 0xD7);
    bool lower = is_ascii_lower(c) || (c >= 0xE0 && c <= 0xFE && c != 0xF7);
    bool special = c == 0xB5 || c == 0xDF;
    if (mapping == CASE_UPPER)
        return special || c == 0xFF ? -1 : lower ? c - 32 : c;
    if (mapping == CASE_FOLD && special)
        return -1;
    return upper ? c + 32 : c;
}

// Into `to`, as long as all characters stay Latin-1.
static bool map_narrow(const uint8_t *from, uint8_t *to, size_t n, CaseMapping mapping) {
    for (size_t i = 0; i < n; i++) {
        int c = map_latin1(from[i], mapping);
        if (c < 0)
            return false;
        to[i] = (uint8_t)c;
    }
    return true;
}

// The characters of a string as code points; NULL with the condition set when memory is short.
static const uint32_t *codes_of(VM *vm, Value string) {
    const String *s = value_string(string);
    if (string_is_wide(string))
        return s->data;
    if (!rt_heap_reserve(vm, s->length, sizeof(uint32_t)))
        return NULL;
    uint32_t *codes = rt_raw_new_atomic(vm, s->length * sizeof *codes);
    for (size_t i = 0; i < s->length; i++)
        codes[i] = ((const uint8_t *)s->data)[i];
    return codes;
}

Value rt_string_map_case(VM *vm, Value string, CaseMapping mapping) {
    size_t length = string_length(string);
    if (length == 0)
        return rt_string_new(vm, 0, false);
    if (!string_is_wide(string)) {
        Value result = rt_string_new(vm, length, false);
        if (result == VALUE_FAILURE)
            return result;
        if (map_narrow(value_string(string)->data, value_string(result)->data, length, mapping))
            return result;
    }
    const uint32_t *codes = codes_of(vm, string);
    if (codes == NULL)
        return VALUE_FAILURE;
    // libunistring answers malloc'ed memory, in which no character becomes more than three.
    if (!rt_heap_reserve(vm, length, 3 * sizeof(uint32_t)))
        return VALUE_FAILURE;
    size_t n;
    uint32_t *mapped = mapping == CASE_UPPER   ? u32_toupper(codes, length, NULL, NULL, NULL, &n)
                       : mapping == CASE_LOWER ? u32_tolower(codes, length, NULL, NULL, NULL, &n)
                                               : u32_casefold(codes, length, NULL, NULL, NULL, &n);
    if (mapped == NULL)
        return rt_fail_memory(vm, length * sizeof(uint32_t));
    Value result = rt_string_from_codes(vm, mapped, n);
    free(mapped);
    return result;
}

bool rt_string_compare_folded(VM *vm, Value a, Value b, int *order) {
    // As far as both are ASCII, folding is done character by character.
    size_t n = string_length(a), m = string_length(b), common = n < m ? n : m, i = 0;
    for (; i < common; i++) {
        uint32_t c = string_char(a, i), d = string_char(b, i);
        if ((c | d) >= 0x80)
            break;
        c = rt_char_foldcase(c);
        d = rt_char_foldcase(d);
        if (c == d)
            continue;
        *order = c < d ? -1 : 1;
        return true;
    }
    if (i == common) {
        // One is the other's beginning, or they are the same; what follows cannot fold to nothing.
        *order = (n > m) - (n < m);
        return true;
    }
    Value x = rt_substring(vm, a, i, n), y = rt_substring(vm, b, i, m);
    if (x == VALUE_FAILURE || y == VALUE_FAILURE)
        return false;
    x = rt_string_map_case(vm, x, CASE_FOLD);
    y = x == VALUE_FAILURE ? x : rt_string_map_case(vm, y, CASE_FOLD);
    if (y == VALUE_FAILURE)
        return false;
    *order = rt_string_compare(x, y);
    return true;
}
