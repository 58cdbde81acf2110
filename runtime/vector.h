// Vectors and bytevectors.
//
// Duty: making them from C, and their primitives (R7RS 6.8, 6.9). Lengths fit the header's 32 bits;
// the makers answer VALUE_FAILURE with the condition set when a length does not fit the heap.
// Lengths of up to VECTOR_SURE_LENGTH never fail. Vectors flagged VECTOR_LITERAL are constants of
// a program: primitives that change vectors refuse them.
#ifndef KILN_RUNTIME_VECTOR_H
#define KILN_RUNTIME_VECTOR_H

#include "runtime/heap.h"

enum { VECTOR_SURE_LENGTH = 4096 };
#define VECTOR_MAX_LENGTH ((size_t)UINT32_MAX)

Value rt_vector_new(VM *vm, size_t length, Value fill);
Value rt_vector_from_array(VM *vm, const Value *items, size_t length);
// `list` must be proper.
Value rt_vector_from_list(VM *vm, Value list);
// Elements [start, end), range valid, as a list.
Value rt_vector_to_list(VM *vm, Value vector, size_t start, size_t end);

// Bytes are not set.
Value rt_bytevector_new(VM *vm, size_t length);
Value rt_bytevector_from_bytes(VM *vm, const void *bytes, size_t length);

#endif
