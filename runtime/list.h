// Pairs and lists.
//
// Duty: lists for C code, and the list primitives (R7RS 6.4, SRFI 1 without callbacks). Nothing
// here recurses along a list; what a program gives is checked for improper tails and cycles.
#ifndef KILN_RUNTIME_LIST_H
#define KILN_RUNTIME_LIST_H

#include "runtime/heap.h"

enum { LIST_IMPROPER = -1, LIST_CIRCULAR = -2 };

// Number of elements, or LIST_IMPROPER (does not end in '()), or LIST_CIRCULAR.
ptrdiff_t rt_list_length(Value list);

// A list of n Values given as arguments.
Value rt_list(VM *vm, int n, ...);
Value rt_list_from_array(VM *vm, const Value *items, size_t n);
// A list of the same elements; `list` must be proper.
Value rt_list_reverse(VM *vm, Value list);
// The same by changing the pairs; `tail` follows.
Value rt_list_reverse_in_place(Value list, Value tail);
// Elements of `list` (proper), then `tail` itself.
Value rt_list_append(VM *vm, Value list, Value tail);

// A list that grows at its end: first is the list so far.
typedef struct ListBuilder {
    VM *vm;
    Value first; // '() while empty
    Value last;  // last pair
} ListBuilder;

static inline void rt_list_builder_init(ListBuilder *b, VM *vm) {
    *b = (ListBuilder){.vm = vm, .first = VALUE_NULL, .last = VALUE_NULL};
}
static inline void rt_list_builder_add(ListBuilder *b, Value item) {
    Value pair = rt_cons(b->vm, item, VALUE_NULL);
    if (b->first == VALUE_NULL)
        b->first = pair;
    else
        rt_heap_store(&value_pair(b->last)->cdr, pair);
    b->last = pair;
}

#endif
