// Text functions of SX that need no procedure of the program: searching, splitting, joining,
// trimming.
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/list.h"
#include "runtime/numbers.h"
#include "runtime/range.h"
#include "runtime/string.h"
#include "runtime/unicode.h"

static bool check_string(VM *vm, int argument, Value v) {
    if (value_is_string(v))
        return true;
    rt_fail_type(vm, argument, "string", v);
    return false;
}

// ---- searching

Value rt_prim_string_index_of(VM *vm, int argc, const Value *argv) {
    size_t from = 0;
    if (!check_string(vm, 1, argv[0]) || !check_string(vm, 2, argv[1]))
        return VALUE_FAILURE;
    if (argc > 2 && !rt_index(vm, 3, argv[2], string_length(argv[0]) + 1, &from))
        return VALUE_FAILURE;
    ptrdiff_t at = rt_string_search(argv[0], from, argv[1]);
    return at < 0 ? VALUE_FALSE : value_from_fixnum(at);
}

static bool has_at(Value s, size_t at, Value part) {
    size_t n = string_length(part);
    for (size_t i = 0; i < n; i++)
        if (string_char(s, at + i) != string_char(part, i))
            return false;
    return true;
}

Value rt_prim_string_last_index_of(VM *vm, Value s, Value part) {
    if (!check_string(vm, 1, s) || !check_string(vm, 2, part))
        return VALUE_FAILURE;
    if (string_length(part) > string_length(s))
        return VALUE_FALSE;
    for (size_t at = string_length(s) - string_length(part) + 1; at-- > 0;)
        if (has_at(s, at, part))
            return value_from_fixnum((int64_t)at);
    return VALUE_FALSE;
}

Value rt_prim_string_contains(VM *vm, Value s, Value part) {
    if (!check_string(vm, 1, s) || !check_string(vm, 2, part))
        return VALUE_FAILURE;
    return value_from_bool(rt_string_search(s, 0, part) >= 0);
}

Value rt_prim_string_starts_with(VM *vm, Value s, Value part) {
    if (!check_string(vm, 1, s) || !check_string(vm, 2, part))
        return VALUE_FAILURE;
    return value_from_bool(string_length(part) <= string_length(s) && has_at(s, 0, part));
}

Value rt_prim_string_ends_with(VM *vm, Value s, Value part) {
    if (!check_string(vm, 1, s) || !check_string(vm, 2, part))
        return VALUE_FAILURE;
    size_t n = string_length(s), m = string_length(part);
    return value_from_bool(m <= n && has_at(s, n - m, part));
}

Value rt_prim_is_string_null(VM *vm, Value s) {
    return check_string(vm, 1, s) ? value_from_bool(string_length(s) == 0) : VALUE_FAILURE;
}

// ---- splitting and joining

// Add characters [start, end) as a string of its own.
static bool add_part(VM *vm, ListBuilder *parts, Value s, size_t start, size_t end) {
    Value part = rt_substring(vm, s, start, end);
    if (part == VALUE_FAILURE)
        return false;
    rt_list_builder_add(parts, part);
    return true;
}

static Value split_at_whitespace(VM *vm, Value s) {
    ListBuilder parts;
    rt_list_builder_init(&parts, vm);
    size_t n = string_length(s), i = 0;
    for (;;) {
        while (i < n && rt_char_is_whitespace(string_char(s, i)))
            i++;
        if (i == n)
            return parts.first;
        size_t start = i;
        while (i < n && !rt_char_is_whitespace(string_char(s, i)))
            i++;
        if (!add_part(vm, &parts, s, start, i))
            return VALUE_FAILURE;
    }
}

// Without separator: words between whitespace. An empty separator: single characters.
Value rt_prim_string_split(VM *vm, int argc, const Value *argv) {
    Value s = argv[0];
    if (!check_string(vm, 1, s))
        return VALUE_FAILURE;
    if (argc == 1)
        return split_at_whitespace(vm, s);
    Value separator = argv[1];
    if (!check_string(vm, 2, separator))
        return VALUE_FAILURE;
    ListBuilder parts;
    rt_list_builder_init(&parts, vm);
    size_t n = string_length(s), width = string_length(separator), start = 0;
    if (width == 0) {
        for (size_t i = 0; i < n; i++)
            if (!add_part(vm, &parts, s, i, i + 1))
                return VALUE_FAILURE;
        return parts.first;
    }
    for (ptrdiff_t at; (at = rt_string_search(s, start, separator)) >= 0;) {
        if (!add_part(vm, &parts, s, start, (size_t)at))
            return VALUE_FAILURE;
        start = (size_t)at + width;
    }
    return add_part(vm, &parts, s, start, n) ? parts.first : VALUE_FAILURE;
}

Value rt_prim_string_join(VM *vm, int argc, const Value *argv) {
    Value list = argv[0];
    if (rt_list_length(list) < 0)
        return rt_fail_type(vm, 1, "list of strings", list);
    for (Value l = list; value_is_pair(l); l = value_cdr(l))
        if (!value_is_string(value_car(l)))
            return rt_fail_type(vm, 1, "list of strings", list);
    if (argc > 1 && !check_string(vm, 2, argv[1]))
        return VALUE_FAILURE;
    StringBuilder b;
    rt_builder_init(&b, vm);
    for (Value l = list; value_is_pair(l); l = value_cdr(l)) {
        if (l != list) {
            if (argc > 1)
                rt_builder_string(&b, argv[1]);
            else
                rt_builder_char(&b, ' ');
        }
        rt_builder_string(&b, value_car(l));
    }
    return rt_builder_finish(&b);
}

Value rt_prim_string_replace_all(VM *vm, Value s, Value from, Value to) {
    if (!check_string(vm, 1, s) || !check_string(vm, 2, from) || !check_string(vm, 3, to))
        return VALUE_FAILURE;
    if (string_length(from) == 0)
        return rt_fail_range(vm, 2, "string that is not empty", from);
    StringBuilder b;
    rt_builder_init(&b, vm);
    size_t start = 0;
    for (ptrdiff_t at; (at = rt_string_search(s, start, from)) >= 0;) {
        rt_builder_range(&b, s, start, (size_t)at);
        rt_builder_string(&b, to);
        if (b.failed)
            break;
        start = (size_t)at + string_length(from);
    }
    rt_builder_range(&b, s, start, string_length(s));
    return rt_builder_finish(&b);
}

Value rt_prim_string_repeat(VM *vm, Value s, Value count) {
    size_t n, length, total;
    if (!check_string(vm, 1, s) || !rt_count(vm, 2, count, &n))
        return VALUE_FAILURE;
    length = string_length(s);
    if (__builtin_mul_overflow(n, length, &total))
        return rt_fail_memory(vm, SIZE_MAX);
    Value result = rt_string_new(vm, total, string_is_wide(s));
    if (result == VALUE_FAILURE || total == 0)
        return result;
    // What is there is doubled each time; nothing widens.
    (void)rt_string_copy_into(vm, result, 0, s, 0, length);
    for (size_t done = length; done < total;) {
        size_t more = done < total - done ? done : total - done;
        (void)rt_string_copy_into(vm, result, done, result, 0, more);
        done += more;
    }
    return result;
}

Value rt_prim_string_reverse(VM *vm, Value s) {
    if (!check_string(vm, 1, s))
        return VALUE_FAILURE;
    size_t n = string_length(s);
    Value result = rt_string_new(vm, n, string_is_wide(s));
    if (result == VALUE_FAILURE)
        return result;
    for (size_t i = 0; i < n; i++)
        (void)string_put(vm, result, i, string_char(s, n - 1 - i));
    return result;
}

// ---- trimming and padding

enum { TRIM_LEFT = 1, TRIM_RIGHT = 2 };

static Value trim(VM *vm, Value s, int sides) {
    if (!check_string(vm, 1, s))
        return VALUE_FAILURE;
    size_t start = 0, end = string_length(s);
    if (sides & TRIM_LEFT)
        while (start < end && rt_char_is_whitespace(string_char(s, start)))
            start++;
    if (sides & TRIM_RIGHT)
        while (end > start && rt_char_is_whitespace(string_char(s, end - 1)))
            end--;
    return rt_substring(vm, s, start, end);
}

Value rt_prim_string_trim(VM *vm, Value s) { return trim(vm, s, TRIM_LEFT | TRIM_RIGHT); }
Value rt_prim_string_trim_left(VM *vm, Value s) { return trim(vm, s, TRIM_LEFT); }
Value rt_prim_string_trim_right(VM *vm, Value s) { return trim(vm, s, TRIM_RIGHT); }

// To exactly `length` characters: filled up, or cut, at the given side (as SRFI 13).
static Value pad(VM *vm, int argc, const Value *argv, int side) {
    size_t length;
    if (!check_string(vm, 1, argv[0]) || !rt_count(vm, 2, argv[1], &length))
        return VALUE_FAILURE;
    if (argc > 2 && !value_is_char(argv[2]))
        return rt_fail_type(vm, 3, "char", argv[2]);
    Value s = argv[0];
    size_t n = string_length(s);
    if (length <= n) {
        return side == TRIM_LEFT ? rt_substring(vm, s, n - length, n)
                                 : rt_substring(vm, s, 0, length);
    }
    uint32_t fill = argc > 2 ? value_char(argv[2]) : ' ';
    Value result = rt_string_new(vm, length, string_is_wide(s) || fill > 0xFF);
    if (result == VALUE_FAILURE)
        return result;
    size_t at = side == TRIM_LEFT ? length - n : 0;
    size_t gap = side == TRIM_LEFT ? 0 : n;
    (void)rt_string_copy_into(vm, result, at, s, 0, n);
    (void)rt_string_fill(vm, result, gap, gap + length - n, fill);
    return result;
}

Value rt_prim_string_pad_left(VM *vm, int argc, const Value *argv) {
    return pad(vm, argc, argv, TRIM_LEFT);
}
Value rt_prim_string_pad_right(VM *vm, int argc, const Value *argv) {
    return pad(vm, argc, argv, TRIM_RIGHT);
}
