// Records and record types with single inheritance; boxes, promises, parameters.
//
// Duty: making and testing records from C, and the primitives on small fixed objects: records,
// boxes, promises, parameters, booleans, keywords, the singular constants.
//
// A type's `display` lists its ancestors from the root and then itself, so that "is v a T" is one
// load and one comparison: display[depth of T] == T.
#ifndef KILN_RUNTIME_RECORD_H
#define KILN_RUNTIME_RECORD_H

#include "runtime/heap.h"

enum { RECORD_MAX_FIELDS = 65535, RECORD_MAX_DEPTH = 1000 };

// A record type. name: symbol; parent: RecordType or #f; fields: symbols of its own fields, which
// follow the parent's; mutables: parallel to fields, NULL: all are mutable. VALUE_FAILURE with the
// condition set when there are too many fields or ancestors.
Value rt_record_type_new(VM *vm, Value name, Value parent, int field_count, const Value *fields,
                         const bool *mutables);
// The same with C strings, interned.
Value rt_record_type_new_c(VM *vm, const char *name, Value parent, int field_count,
                           const char *const *fields);
// Number of all fields, the inherited ones included.
static inline size_t rt_record_type_field_count(Value type) {
    return vector_length(value_record_type(type)->fields);
}
// Is type T or a descendant of T?
static inline bool rt_record_type_is(Value type, Value of) {
    const RecordType *t = value_record_type(type);
    const RecordType *ancestor = value_record_type(of);
    return t->depth >= ancestor->depth && value_vector(t->display)->item[ancestor->depth] == of;
}
// Is v a record of that type or of a descendant?
static inline bool rt_record_is(Value v, Value type) {
    return value_is_record(v) && rt_record_type_is(value_record(v)->type, type);
}
static inline size_t rt_record_field_count(Value record) {
    return object_aux(value_object(record));
}
// A record; `fields` are all its fields, NULL: all #f.
Value rt_record_new(VM *vm, Value type, const Value *fields);
// Index of a field in all fields of a type (the innermost of that name), or -1.
int rt_record_type_field_index(Value type, Value name);
// The name of a type for messages: without the angle brackets of <point>. Memory of the collector.
const char *rt_record_type_label(VM *vm, Value type);

Value rt_box(VM *vm, Value value);
// A promise that is forced already (done) or will call thunk.
Value rt_promise_new(VM *vm, bool done, Value value_or_thunk);
Value rt_parameter_new(VM *vm, Value value, Value converter);

#endif
