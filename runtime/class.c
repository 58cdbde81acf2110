// What kind of object a value is, for programs: type-of, and the classes that generic functions
// dispatch on.
#include "runtime/heap.h"
#include "runtime/record.h"
#include "runtime/symbol.h"
#include <math.h>

// Classes of what is no object on the heap, and of flonums by what the numeric predicates say about
// them. The class of an object is CLASS_OBJECT + its type, that of a record its type itself.
typedef enum Class {
    CLASS_INTEGER, // exact
    CLASS_RATIONAL,
    CLASS_FLONUM_INTEGER,
    CLASS_FLONUM_FRACTION,
    CLASS_FLONUM_NOT_FINITE,
    CLASS_PAIR,
    CLASS_NULL,
    CLASS_NIL,
    CLASS_BOOLEAN,
    CLASS_CHAR,
    CLASS_SPECIAL,
    CLASS_OBJECT,
} Class;

static int class_of_immediate(Value v) {
    if (value_is_fixnum(v))
        return CLASS_INTEGER;
    if (value_is_pair(v))
        return CLASS_PAIR;
    if (value_is_flonum(v)) {
        double d = value_double(v);
        return !isfinite(d)    ? CLASS_FLONUM_NOT_FINITE
               : d == floor(d) ? CLASS_FLONUM_INTEGER
                               : CLASS_FLONUM_FRACTION;
    }
    if (value_is_char(v))
        return CLASS_CHAR;
    if (v == VALUE_NULL)
        return CLASS_NULL;
    if (v == VALUE_NIL)
        return CLASS_NIL;
    if (v == VALUE_TRUE || v == VALUE_FALSE)
        return CLASS_BOOLEAN;
    return CLASS_SPECIAL;
}

Value rt_prim_class_of(VM *vm, Value v) {
    if (!value_is_object(v))
        return value_from_fixnum(class_of_immediate(v));
    unsigned type = object_type(value_object(v));
    if (type == TYPE_RECORD)
        return value_record(v)->type;
    if (type == TYPE_BIGNUM)
        return value_from_fixnum(CLASS_INTEGER);
    if (type == TYPE_RATNUM)
        return value_from_fixnum(CLASS_RATIONAL);
    return value_from_fixnum((int64_t)CLASS_OBJECT + type);
}

Value rt_prim_type_of(VM *vm, Value v) {
    static const char *const names[] = {
        [CLASS_INTEGER] = "integer",
        [CLASS_RATIONAL] = "rational",
        [CLASS_FLONUM_INTEGER] = "real",
        [CLASS_FLONUM_FRACTION] = "real",
        [CLASS_FLONUM_NOT_FINITE] = "real",
        [CLASS_PAIR] = "pair",
        [CLASS_NULL] = "null",
        [CLASS_NIL] = "nil",
        [CLASS_BOOLEAN] = "boolean",
        [CLASS_CHAR] = "char",
    };
    static const char *const object_names[TYPE_COUNT] = {
#define X(id, name) [TYPE_##id] = name,
        OBJECT_TYPES(X)
#undef X
    };
    if (!value_is_object(v)) {
        int class = class_of_immediate(v);
        if (class == CLASS_SPECIAL)
            return rt_intern(vm, v == VALUE_EOF ? "eof-object" : "unspecified");
        return rt_intern(vm, names[class]);
    }
    if (value_is_procedure(v))
        return rt_intern(vm, "procedure");
    unsigned type = object_type(value_object(v));
    switch (type) {
    case TYPE_RECORD:
        return rt_intern(vm, rt_record_type_label(vm, value_record(v)->type));
    case TYPE_BIGNUM:
        return rt_intern(vm, "integer");
    case TYPE_RATNUM:
        return rt_intern(vm, "rational");
    case TYPE_COMPNUM:
        return rt_intern(vm, "complex");
    case TYPE_DICT:
        return rt_intern(vm, "dict");
    default:
        return rt_intern(vm, object_names[type]);
    }
}
