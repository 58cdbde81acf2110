// Equivalence: eq?, eqv?, equal?, and a hash for each.
//
// Duty: R7RS 6.1. equal? descends into pairs, strings, vectors, bytevectors, typed arrays and
// dictionaries; it terminates on circular structures (Adams and Dybvig, "Efficient nondestructive
// equality checking for trees and graphs", 2008) and never recurses on the C stack.
// Invariant: objects that are the same by a predicate have the same hash of its kind.
#ifndef KILN_RUNTIME_EQUAL_H
#define KILN_RUNTIME_EQUAL_H

#include "runtime/hash.h"
#include "runtime/object.h"
#include "runtime/state.h"

static inline bool rt_eq(Value a, Value b) { return a == b; }
bool rt_eqv_slow(Value a, Value b); // words differ
static inline bool rt_eqv(Value a, Value b) { return a == b || rt_eqv_slow(a, b); }
// False with the condition set only when memory for the comparison itself is short.
[[nodiscard]] bool rt_equal(VM *vm, Value a, Value b, bool *result);

// Two objects whose words differ may still be equal? only when this holds for both.
static inline bool equal_looks_inside(Value v) {
    return value_is_pointer(v) ? value_is_pair(v) || (object_type(value_object(v)) != TYPE_SYMBOL &&
                                                      object_type(value_object(v)) != TYPE_KEYWORD)
                               : value_is_flonum(v);
}

static inline uint64_t rt_eq_hash(Value v) { return hash_word(v); }
uint64_t rt_eqv_hash(Value v);
// Looks at a bounded part of the object, so it ends on circular ones too.
uint64_t rt_equal_hash(Value v);

#endif
