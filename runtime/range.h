// Checked indices and ranges: what every primitive with an index argument uses.
//
// Duty: one wording for indices that are no integers or lie outside. All functions return false
// with the condition set; `argument` counts from 1.
#ifndef KILN_RUNTIME_RANGE_H
#define KILN_RUNTIME_RANGE_H

#include "runtime/fail.h"

// Slow path of rt_index: v is no index below limit. Sets the condition, returns false.
bool rt_index_fail(VM *vm, int argument, Value v, size_t limit);

// v is an exact integer in [0, limit).
static inline bool rt_index(VM *vm, int argument, Value v, size_t limit, size_t *index) {
    if (__builtin_expect(value_is_index_below(v, limit), 1)) {
        *index = (size_t)value_fixnum(v);
        return true;
    }
    return rt_index_fail(vm, argument, v, limit);
}

// A count or length: an exact integer from 0 to 2^48 - 1. Whether memory for it is there is
// rt_heap_reserve's question.
bool rt_count(VM *vm, int argument, Value v, size_t *count);

// The optional arguments [start [end]] of a primitive, at argv[at] and argv[at + 1], for an object
// of `length` elements: 0 <= start <= end <= length. Those not given are 0 and length.
bool rt_range(VM *vm, int argc, const Value *argv, int at, size_t length, size_t *start,
              size_t *end);

// The arguments (to at from [start [end]]) of a copying primitive: argv[1], and [start end] at
// argv[3]. The range must fit into `to_length` elements from *at on.
bool rt_copy_range(VM *vm, int argc, const Value *argv, size_t to_length, size_t from_length,
                   size_t *at, size_t *start, size_t *end);

#endif
