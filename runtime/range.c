// Checked indices and ranges.
#include "runtime/range.h"

// An exact integer; one that is no fixnum lies outside of every range.
static bool is_exact_integer(Value v) { return value_is_fixnum(v) || value_is_bignum(v); }

bool rt_index_fail(VM *vm, int argument, Value v, size_t limit) {
    if (is_exact_integer(v))
        rt_fail_index(vm, argument, v, limit);
    else
        rt_fail_type(vm, argument, "index", v);
    return false;
}

bool rt_count(VM *vm, int argument, Value v, size_t *count) {
    if (value_is_index_below(v, (size_t)1 << 48)) {
        *count = (size_t)value_fixnum(v);
        return true;
    }
    if (is_exact_integer(v))
        rt_fail_range(vm, argument, "index", v);
    else
        rt_fail_type(vm, argument, "index", v);
    return false;
}

bool rt_range(VM *vm, int argc, const Value *argv, int at, size_t length, size_t *start,
              size_t *end) {
    *start = 0;
    *end = length;
    // start is checked against the whole first: when both are wrong the message speaks of the
    // first.
    if (argc > at && !rt_index(vm, at + 1, argv[at], length + 1, start))
        return false;
    if (argc > at + 1) {
        if (!rt_index(vm, at + 2, argv[at + 1], length + 1, end))
            return false;
        if (*start > *end) {
            rt_index_fail(vm, at + 1, argv[at], *end + 1);
            return false;
        }
    }
    return true;
}

bool rt_copy_range(VM *vm, int argc, const Value *argv, size_t to_length, size_t from_length,
                   size_t *at, size_t *start, size_t *end) {
    if (!rt_index(vm, 2, argv[1], to_length + 1, at))
        return false;
    if (!rt_range(vm, argc, argv, 3, from_length, start, end))
        return false;
    if (*end - *start <= to_length - *at)
        return true;
    rt_fail(vm, CONDITION_RANGE, VALUE_NULL,
            "argument 2: %zu elements do not fit at index %zu of length %zu", *end - *start, *at,
            to_length);
    return false;
}
