// Typed arrays of any rank, row-major.
//
// Duty: numeric arrays of SX (rank 0 to ARRAY_MAX_RANK) and their primitives. Elements are C
// numbers, booleans of one byte, or Values ("any").
//
// Invariants: size is the product of the dims and size * element width fits size_t. `data` points
// at the start of its memory, which arrays made by array-reshape share; NULL when size is 0. A
// boolean's byte is 0 or 1.
#ifndef KILN_RUNTIME_ARRAY_H
#define KILN_RUNTIME_ARRAY_H

#include "runtime/object.h"
#include "runtime/state.h"

// Suffix, name, C type.
#define ELEMENT_TYPES(X)                                                                           \
    X(U8, "u8", uint8_t)                                                                           \
    X(S8, "s8", int8_t)                                                                            \
    X(U16, "u16", uint16_t)                                                                        \
    X(S16, "s16", int16_t)                                                                         \
    X(U32, "u32", uint32_t)                                                                        \
    X(S32, "s32", int32_t)                                                                         \
    X(U64, "u64", uint64_t)                                                                        \
    X(S64, "s64", int64_t)                                                                         \
    X(F32, "f32", float)                                                                           \
    X(F64, "f64", double)                                                                          \
    X(BOOL, "bool", uint8_t)                                                                       \
    X(ANY, "any", Value)

typedef enum ElementType {
#define X(id, name, type) ELEMENT_##id,
    ELEMENT_TYPES(X)
#undef X
        ELEMENT_TYPE_COUNT
} ElementType;

enum { ARRAY_MAX_RANK = 8 };

static inline ElementType array_element_type(Value v) {
    return (ElementType)object_flags(value_object(v));
}
static inline int array_rank(Value v) { return (int)object_aux(value_object(v)); }
const char *rt_element_type_name(ElementType type);
size_t rt_element_width(ElementType type);

// An array of zeros (boxed elements: #f). VALUE_FAILURE with the condition set when it does not
// fit.
Value rt_array_new(VM *vm, ElementType type, int rank, const size_t *dims);
// Element i in row-major order, i < size.
Value rt_array_get(VM *vm, Value array, size_t i);
// Store; false with the condition set (naming `argument`) when v is no element of the array's type.
bool rt_array_put(VM *vm, Value array, size_t i, Value v, int argument);
// Same type, dims and elements; elements "any" are left to the caller (equal.c).
bool rt_array_same_shape(Value a, Value b);

#endif
