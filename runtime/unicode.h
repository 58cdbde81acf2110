// Unicode properties and case mappings, by libunistring, with short ways for ASCII and Latin-1.
//
// Duty: the only module that includes libunistring's headers. Mappings do not depend on any locale.
// Of single characters they are the simple ones; of strings the full ones (ß to SS, final sigma).
#ifndef KILN_RUNTIME_UNICODE_H
#define KILN_RUNTIME_UNICODE_H

#include "runtime/state.h"

uint32_t rt_char_upcase(uint32_t c);
uint32_t rt_char_downcase(uint32_t c);
uint32_t rt_char_foldcase(uint32_t c);
bool rt_char_is_alphabetic(uint32_t c);
bool rt_char_is_numeric(uint32_t c); // a decimal digit of any script
bool rt_char_is_whitespace(uint32_t c);
bool rt_char_is_upper(uint32_t c);
bool rt_char_is_lower(uint32_t c);
int rt_char_digit_value(uint32_t c); // 0 to 9, or -1

typedef enum CaseMapping { CASE_UPPER, CASE_LOWER, CASE_FOLD } CaseMapping;

// A fresh string. VALUE_FAILURE with the condition set when memory is short.
Value rt_string_map_case(VM *vm, Value string, CaseMapping mapping);

// Order of two strings after full case folding. False with the condition set when memory is short.
[[nodiscard]] bool rt_string_compare_folded(VM *vm, Value a, Value b, int *order);

#endif
