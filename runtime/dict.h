// Dictionaries of SX: {:a 1 "b" 2}. Keyed by equal?, in the order of insertion.
//
// Duty: the functions of dictionaries for C code and their primitives. A dictionary is a Table
// (table.h) of kind equal under its own type; every rt_table_* function works on it. Two
// dictionaries are equal? when they have equal values under equal keys, in whatever order.
#ifndef KILN_RUNTIME_DICT_H
#define KILN_RUNTIME_DICT_H

#include "runtime/table.h"

static inline bool value_is_dict(Value v) { return value_has_type(v, TYPE_DICT); }

Value rt_dict_new(VM *vm);
// VALUE_FAILURE and false: the condition is set.
static inline Value rt_dict_get(VM *vm, Value dict, Value key, Value otherwise) {
    return rt_table_get(vm, dict, key, otherwise);
}
[[nodiscard]] static inline bool rt_dict_put(VM *vm, Value dict, Value key, Value value) {
    return rt_table_put(vm, dict, key, value);
}
[[nodiscard]] static inline bool rt_dict_delete(VM *vm, Value dict, Value key, bool *found) {
    return rt_table_delete(vm, dict, key, found);
}
static inline size_t rt_dict_count(Value dict) { return rt_table_count(dict); }
// Iteration: TableCursor, rt_table_cursor_init, rt_table_next.

#endif
