// Primitives of characters, symbols and strings: R7RS 6.5 to 6.7 and (scheme char).
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/list.h"
#include "runtime/numbers.h"
#include "runtime/range.h"
#include "runtime/string.h"
#include "runtime/symbol.h"
#include "runtime/unicode.h"
#include "runtime/vector.h"

// ---- checks

static bool check_char(VM *vm, int argument, Value v) {
    if (value_is_char(v))
        return true;
    rt_fail_type(vm, argument, "char", v);
    return false;
}

static bool check_string(VM *vm, int argument, Value v) {
    if (value_is_string(v))
        return true;
    rt_fail_type(vm, argument, "string", v);
    return false;
}

static bool check_mutable(VM *vm, int argument, Value v) {
    if (value_is_string(v) && !(object_flags(value_object(v)) & STRING_LITERAL))
        return true;
    rt_fail_type(vm, argument, value_is_string(v) ? "mutable string" : "string", v);
    return false;
}

static bool check_symbol(VM *vm, int argument, Value v) {
    if (value_is_symbol(v))
        return true;
    rt_fail_type(vm, argument, "symbol", v);
    return false;
}

static bool check_range(VM *vm, int argc, const Value *argv, size_t *start, size_t *end) {
    return check_string(vm, 1, argv[0]) &&
           rt_range(vm, argc, argv, 1, string_length(argv[0]), start, end);
}

// A comparison of any number of arguments, all checked before the first is compared, and its form
// for two. `holds` is an expression of a and b.
#define COMPARISON(name, check, holds)                                                             \
    Value rt_prim_##name##2(VM * vm, Value a, Value b) {                                           \
        if (!check(vm, 1, a) || !check(vm, 2, b))                                                  \
            return VALUE_FAILURE;                                                                  \
        return value_from_bool(holds);                                                             \
    }                                                                                              \
    Value rt_prim_##name(VM *vm, int argc, const Value *argv) {                                    \
        for (int i = 0; i < argc; i++)                                                             \
            if (!check(vm, i + 1, argv[i]))                                                        \
                return VALUE_FAILURE;                                                              \
        for (int i = 1; i < argc; i++) {                                                           \
            Value a = argv[i - 1], b = argv[i];                                                    \
            if (!(holds))                                                                          \
                return VALUE_FALSE;                                                                \
        }                                                                                          \
        return VALUE_TRUE;                                                                         \
    }

// ---- characters

Value rt_prim_is_char(VM *vm, Value v) { return value_from_bool(value_is_char(v)); }

Value rt_prim_char_to_integer(VM *vm, Value c) {
    return check_char(vm, 1, c) ? value_from_fixnum(value_char(c)) : VALUE_FAILURE;
}

Value rt_prim_integer_to_char(VM *vm, Value n) {
    if (value_is_fixnum(n) && char_code_valid(value_fixnum(n)))
        return value_from_char((uint32_t)value_fixnum(n));
    if (value_is_exact_integer(n))
        return rt_fail_range(vm, 1, "Unicode scalar value", n);
    return rt_fail_type(vm, 1, "integer", n);
}

// Characters are ordered as their words are.
COMPARISON(char_eq, check_char, a == b)
COMPARISON(char_lt, check_char, a < b)
COMPARISON(char_gt, check_char, a > b)
COMPARISON(char_le, check_char, a <= b)
COMPARISON(char_ge, check_char, a >= b)

static inline uint32_t folded(Value c) { return rt_char_foldcase(value_char(c)); }
COMPARISON(char_ci_eq, check_char, folded(a) == folded(b))
COMPARISON(char_ci_lt, check_char, folded(a) < folded(b))
COMPARISON(char_ci_gt, check_char, folded(a) > folded(b))
COMPARISON(char_ci_le, check_char, folded(a) <= folded(b))
COMPARISON(char_ci_ge, check_char, folded(a) >= folded(b))

#define CHARACTER_FUNCTIONS(X)                                                                     \
    X(char_upcase, value_from_char(rt_char_upcase(c)))                                             \
    X(char_downcase, value_from_char(rt_char_downcase(c)))                                         \
    X(char_foldcase, value_from_char(rt_char_foldcase(c)))                                         \
    X(char_is_alphabetic, value_from_bool(rt_char_is_alphabetic(c)))                               \
    X(char_is_numeric, value_from_bool(rt_char_is_numeric(c)))                                     \
    X(char_is_whitespace, value_from_bool(rt_char_is_whitespace(c)))                               \
    X(char_is_upper, value_from_bool(rt_char_is_upper(c)))                                         \
    X(char_is_lower, value_from_bool(rt_char_is_lower(c)))
#define X(name, result)                                                                            \
    Value rt_prim_##name(VM *vm, Value v) {                                                        \
        if (!check_char(vm, 1, v))                                                                 \
            return VALUE_FAILURE;                                                                  \
        uint32_t c = value_char(v);                                                                \
        return result;                                                                             \
    }
CHARACTER_FUNCTIONS(X)
#undef X

Value rt_prim_digit_value(VM *vm, Value v) {
    if (!check_char(vm, 1, v))
        return VALUE_FAILURE;
    int digit = rt_char_digit_value(value_char(v));
    return digit < 0 ? VALUE_FALSE : value_from_fixnum(digit);
}

// ---- symbols

Value rt_prim_is_symbol(VM *vm, Value v) { return value_from_bool(value_is_symbol(v)); }

Value rt_prim_symbol_to_string(VM *vm, Value v) {
    return check_symbol(vm, 1, v) ? value_symbol(v)->name : VALUE_FAILURE;
}

Value rt_prim_string_to_symbol(VM *vm, Value v) {
    return check_string(vm, 1, v) ? rt_intern_string(vm, v) : VALUE_FAILURE;
}

COMPARISON(symbol_eq, check_symbol, a == b)

Value rt_prim_symbol_lt(VM *vm, Value a, Value b) {
    if (!check_symbol(vm, 1, a) || !check_symbol(vm, 2, b))
        return VALUE_FAILURE;
    return value_from_bool(rt_string_compare(value_symbol(a)->name, value_symbol(b)->name) < 0);
}

Value rt_prim_symbol_append(VM *vm, int argc, const Value *argv) {
    StringBuilder b;
    rt_builder_init(&b, vm);
    for (int i = 0; i < argc; i++) {
        if (!check_symbol(vm, i + 1, argv[i]))
            return VALUE_FAILURE;
        rt_builder_string(&b, value_symbol(argv[i])->name);
    }
    Value name = rt_builder_finish(&b);
    return name == VALUE_FAILURE ? name : rt_intern_string(vm, name);
}

// The prefix: a string or a symbol.
Value rt_prim_generate_symbol(VM *vm, int argc, const Value *argv) {
    if (argc == 0)
        return rt_gensym(vm, "g");
    Value prefix = value_is_symbol(argv[0]) ? value_symbol(argv[0])->name : argv[0];
    if (!check_string(vm, 1, prefix))
        return VALUE_FAILURE;
    const char *text = rt_string_to_utf8(vm, prefix, NULL);
    return text == NULL ? VALUE_FAILURE : rt_gensym(vm, text);
}

// ---- strings: making

Value rt_prim_is_string(VM *vm, Value v) { return value_from_bool(value_is_string(v)); }

Value rt_prim_make_string(VM *vm, int argc, const Value *argv) {
    size_t length;
    if (!rt_count(vm, 1, argv[0], &length))
        return VALUE_FAILURE;
    if (argc > 1 && !check_char(vm, 2, argv[1]))
        return VALUE_FAILURE;
    uint32_t fill = argc > 1 ? value_char(argv[1]) : ' ';
    Value s = rt_string_new(vm, length, fill > 0xFF);
    if (s == VALUE_FAILURE || !rt_string_fill(vm, s, 0, length, fill))
        return VALUE_FAILURE;
    return s;
}

Value rt_prim_string(VM *vm, int argc, const Value *argv) {
    uint32_t all = 0;
    for (int i = 0; i < argc; i++) {
        if (!check_char(vm, i + 1, argv[i]))
            return VALUE_FAILURE;
        all |= value_char(argv[i]);
    }
    Value s = rt_string_new(vm, (size_t)argc, all > 0xFF);
    if (s == VALUE_FAILURE)
        return s;
    for (int i = 0; i < argc; i++)
        (void)string_put(vm, s, (size_t)i, value_char(argv[i]));
    return s;
}

Value rt_prim_string_append2(VM *vm, Value a, Value b) {
    if (!check_string(vm, 1, a) || !check_string(vm, 2, b))
        return VALUE_FAILURE;
    return rt_string_append2(vm, a, b);
}

Value rt_prim_string_append(VM *vm, int argc, const Value *argv) {
    size_t length = 0; // cannot overflow: the sum of what lies in memory, each at most 2^40
    bool wide = false;
    for (int i = 0; i < argc; i++) {
        if (!check_string(vm, i + 1, argv[i]))
            return VALUE_FAILURE;
        length += string_length(argv[i]);
        wide |= string_is_wide(argv[i]);
    }
    Value s = rt_string_new(vm, length, wide);
    if (s == VALUE_FAILURE)
        return s;
    size_t at = 0;
    for (int i = 0; i < argc; i++) {
        // Never widens: s is as wide as the widest.
        (void)rt_string_copy_into(vm, s, at, argv[i], 0, string_length(argv[i]));
        at += string_length(argv[i]);
    }
    return s;
}

Value rt_prim_list_to_string(VM *vm, Value list) {
    ptrdiff_t length = rt_list_length(list);
    if (length < 0)
        return rt_fail_type(vm, 1, "list", list);
    uint32_t all = 0;
    for (Value l = list; value_is_pair(l); l = value_cdr(l)) {
        if (!value_is_char(value_car(l)))
            return rt_fail_type(vm, 1, "list of chars", list);
        all |= value_char(value_car(l));
    }
    Value s = rt_string_new(vm, (size_t)length, all > 0xFF);
    if (s == VALUE_FAILURE)
        return s;
    for (size_t i = 0; value_is_pair(list); list = value_cdr(list))
        (void)string_put(vm, s, i++, value_char(value_car(list)));
    return s;
}

Value rt_prim_vector_to_string(VM *vm, int argc, const Value *argv) {
    size_t start, end;
    if (!value_is_vector(argv[0]))
        return rt_fail_type(vm, 1, "vector", argv[0]);
    if (!rt_range(vm, argc, argv, 1, vector_length(argv[0]), &start, &end))
        return VALUE_FAILURE;
    const Value *item = value_vector(argv[0])->item;
    uint32_t all = 0;
    for (size_t i = start; i < end; i++) {
        if (!value_is_char(item[i]))
            return rt_fail_type(vm, 1, "vector of chars", argv[0]);
        all |= value_char(item[i]);
    }
    Value s = rt_string_new(vm, end - start, all > 0xFF);
    if (s == VALUE_FAILURE)
        return s;
    for (size_t i = start; i < end; i++)
        (void)string_put(vm, s, i - start, value_char(item[i]));
    return s;
}

// ---- strings: parts

Value rt_prim_string_length(VM *vm, Value s) {
    return check_string(vm, 1, s) ? value_from_fixnum((int64_t)string_length(s)) : VALUE_FAILURE;
}

Value rt_prim_string_ref(VM *vm, Value s, Value k) {
    size_t i;
    if (!check_string(vm, 1, s) || !rt_index(vm, 2, k, string_length(s), &i))
        return VALUE_FAILURE;
    return value_from_char(string_char(s, i));
}

Value rt_prim_string_set(VM *vm, Value s, Value k, Value c) {
    size_t i;
    if (!check_mutable(vm, 1, s) || !rt_index(vm, 2, k, string_length(s), &i) ||
        !check_char(vm, 3, c))
        return VALUE_FAILURE;
    return string_put(vm, s, i, value_char(c)) ? VALUE_UNSPECIFIED : VALUE_FAILURE;
}

// substring and string-copy.
Value rt_prim_string_copy(VM *vm, int argc, const Value *argv) {
    size_t start, end;
    if (!check_range(vm, argc, argv, &start, &end))
        return VALUE_FAILURE;
    return rt_substring(vm, argv[0], start, end);
}

Value rt_prim_string_copy_into(VM *vm, int argc, const Value *argv) {
    size_t at, start, end;
    if (!check_mutable(vm, 1, argv[0]) || !check_string(vm, 3, argv[2]) ||
        !rt_copy_range(vm, argc, argv, string_length(argv[0]), string_length(argv[2]), &at, &start,
                       &end) ||
        !rt_string_copy_into(vm, argv[0], at, argv[2], start, end))
        return VALUE_FAILURE;
    return VALUE_UNSPECIFIED;
}

Value rt_prim_string_fill(VM *vm, int argc, const Value *argv) {
    size_t start, end;
    if (!check_mutable(vm, 1, argv[0]) || !check_char(vm, 2, argv[1]) ||
        !rt_range(vm, argc, argv, 2, string_length(argv[0]), &start, &end) ||
        !rt_string_fill(vm, argv[0], start, end, value_char(argv[1])))
        return VALUE_FAILURE;
    return VALUE_UNSPECIFIED;
}

Value rt_prim_string_to_list(VM *vm, int argc, const Value *argv) {
    size_t start, end;
    if (!check_range(vm, argc, argv, &start, &end))
        return VALUE_FAILURE;
    if (!rt_heap_reserve_parts(vm, end - start, sizeof(Pair)))
        return VALUE_FAILURE;
    Value list = VALUE_NULL;
    while (end > start)
        list = rt_cons(vm, value_from_char(string_char(argv[0], --end)), list);
    return list;
}

Value rt_prim_string_to_vector(VM *vm, int argc, const Value *argv) {
    size_t start, end;
    if (!check_range(vm, argc, argv, &start, &end))
        return VALUE_FAILURE;
    Value v = rt_vector_new(vm, end - start, VALUE_FALSE);
    if (v == VALUE_FAILURE)
        return v;
    for (size_t i = start; i < end; i++)
        FRESH(value_vector(v)->item[i - start]) = value_from_char(string_char(argv[0], i));
    return v;
}

// ---- strings: comparison

COMPARISON(string_eq, check_string, rt_string_equal(a, b))
COMPARISON(string_lt, check_string, rt_string_compare(a, b) < 0)
COMPARISON(string_gt, check_string, rt_string_compare(a, b) > 0)
COMPARISON(string_le, check_string, rt_string_compare(a, b) <= 0)
COMPARISON(string_ge, check_string, rt_string_compare(a, b) >= 0)

// After folding, which may fail for want of memory.
#define FOLDED_COMPARISON(name, holds)                                                             \
    Value rt_prim_##name##2(VM * vm, Value a, Value b) {                                           \
        int order;                                                                                 \
        if (!check_string(vm, 1, a) || !check_string(vm, 2, b) ||                                  \
            !rt_string_compare_folded(vm, a, b, &order))                                           \
            return VALUE_FAILURE;                                                                  \
        return value_from_bool(holds);                                                             \
    }                                                                                              \
    Value rt_prim_##name(VM *vm, int argc, const Value *argv) {                                    \
        for (int i = 0; i < argc; i++)                                                             \
            if (!check_string(vm, i + 1, argv[i]))                                                 \
                return VALUE_FAILURE;                                                              \
        for (int i = 1; i < argc; i++) {                                                           \
            int order;                                                                             \
            if (!rt_string_compare_folded(vm, argv[i - 1], argv[i], &order))                       \
                return VALUE_FAILURE;                                                              \
            if (!(holds))                                                                          \
                return VALUE_FALSE;                                                                \
        }                                                                                          \
        return VALUE_TRUE;                                                                         \
    }
FOLDED_COMPARISON(string_ci_eq, order == 0)
FOLDED_COMPARISON(string_ci_lt, order < 0)
FOLDED_COMPARISON(string_ci_gt, order > 0)
FOLDED_COMPARISON(string_ci_le, order <= 0)
FOLDED_COMPARISON(string_ci_ge, order >= 0)

// ---- strings: case

Value rt_prim_string_upcase(VM *vm, Value s) {
    return check_string(vm, 1, s) ? rt_string_map_case(vm, s, CASE_UPPER) : VALUE_FAILURE;
}
Value rt_prim_string_downcase(VM *vm, Value s) {
    return check_string(vm, 1, s) ? rt_string_map_case(vm, s, CASE_LOWER) : VALUE_FAILURE;
}
Value rt_prim_string_foldcase(VM *vm, Value s) {
    return check_string(vm, 1, s) ? rt_string_map_case(vm, s, CASE_FOLD) : VALUE_FAILURE;
}
