// Layouts of heap objects, one struct a type.
//
// Duty: what lies behind the pointer of each object type. A pointer to an object points at its
// first field; the header word stands before it (value.h). Pairs have no header.
// aux is the header's 32-bit field, flags its 8-bit field; both are 0 unless a comment says so.
#ifndef KILN_RUNTIME_OBJECT_H
#define KILN_RUNTIME_OBJECT_H

#include "runtime/value.h"

// One row a type: enum suffix, name in messages and dumps.
#define OBJECT_TYPES(X)                                                                            \
    X(STRING, "string")                                                                            \
    X(SYMBOL, "symbol")                                                                            \
    X(KEYWORD, "keyword")                                                                          \
    X(BIGNUM, "bignum")                                                                            \
    X(RATNUM, "ratnum")                                                                            \
    X(COMPNUM, "compnum")                                                                          \
    X(VECTOR, "vector")                                                                            \
    X(BYTEVECTOR, "bytevector")                                                                    \
    X(ARRAY, "array")                                                                              \
    X(BOX, "box")                                                                                  \
    X(VALUES, "values")                                                                            \
    X(CLOSURE, "closure")                                                                          \
    X(PRIMITIVE, "primitive")                                                                      \
    X(CONTINUATION, "continuation")                                                                \
    X(PARAMETER, "parameter")                                                                      \
    X(PROMISE, "promise")                                                                          \
    X(RECORD, "record")                                                                            \
    X(RECORD_TYPE, "record-type")                                                                  \
    X(TABLE, "hash-table")                                                                         \
    X(DICT, "dictionary")                                                                          \
    X(PORT, "port")                                                                                \
    X(CELL, "cell")                                                                                \
    X(ENVIRONMENT, "environment")                                                                  \
    X(MACRO, "macro")                                                                              \
    X(ALIAS, "identifier")                                                                         \
    X(FRAME, "frame")                                                                              \
    X(WEAK_BOX, "weak-box")                                                                        \
    X(FOREIGN, "foreign")                                                                          \
    X(SEND_SITE, "send-site")

typedef enum ObjectType {
    TYPE_NONE = 0, // no object: a header word is never all zero in its type
#define X(id, name) TYPE_##id,
    OBJECT_TYPES(X)
#undef X
        TYPE_COUNT
} ObjectType;

// ---- text

// Mutable string. Characters are 1 byte each while all are below 256, else 4 bytes each
// (flag STRING_WIDE). `data` is atomic memory of its own, so that a wider character can replace it.
typedef struct String {
    size_t length;    // characters
    void *const data; // uint8_t[length] or uint32_t[length]; NULL when length is 0
    uint64_t hash;    // 0: not computed; every mutation resets it
} String;
enum { STRING_WIDE = 1, STRING_LITERAL = 2 }; // LITERAL: string-set! and the like fail

// Symbols and keywords: interned by name unless made by generate-symbol.
typedef struct Symbol {
    Value name;    // String, flagged literal; a keyword's without its colon
    uint64_t hash; // of the name
} Symbol;
enum { SYMBOL_UNINTERNED = 1 };

// ---- numbers (numbers.h has their invariants)

typedef struct Bignum { // aux: number of limbs, flag BIGNUM_NEGATIVE; never in fixnum range
    uint64_t limb[1];   // least significant first, the top one not 0
} Bignum;
enum { BIGNUM_NEGATIVE = 1 };
typedef struct Ratnum { // lowest terms, denominator above 1
    const Value numerator, denominator;
} Ratnum;
typedef struct Compnum { // parts are both exact or both flonums; an exact imaginary part is not 0
    const Value real, imaginary;
} Compnum;

// ---- aggregates

typedef struct Vector { // aux: length
    const Value item[1];
} Vector;
enum { VECTOR_LITERAL = 1 };
typedef struct Bytevector { // aux: length in bytes; atomic memory
    uint8_t byte[8];
} Bytevector;
typedef struct Box {
    const Value value;
} Box;
typedef struct Values { // aux: count, never 1
    const Value item[1];
} Values;
typedef struct Promise { // two promises may share one state (delay-force)
    const Value state;   // pair (done? . value-or-thunk)
} Promise;
typedef struct WeakBox { // atomic memory; `value` becomes VALUE_FALSE when nothing else holds it
    Value value;
} WeakBox;

// Typed array of any rank, row-major.
typedef struct Array { // aux: rank, flags: ElementType (array.h)
    void *data;        // atomic memory of `size` elements (scanned memory for boxed elements)
    size_t size;       // elements in all
    size_t dim[1];     // rank of them
} Array;

typedef struct RecordType {
    Value name;     // symbol
    Value parent;   // RecordType or #f
    Value fields;   // vector of symbols: all fields, the inherited ones first
    Value mutables; // vector of booleans, parallel to fields
    Value display;  // vector of RecordTypes: ancestors from the root, then itself: subtype test is
                    // one comparison at index depth
    uint64_t depth; // number of ancestors
    Value behavior; // what its records answer messages with (send.h); VALUE_NONE: nothing of their
                    // own
} RecordType;
typedef struct Record { // aux: number of fields
    const Value type;   // RecordType
    const Value field[1];
} Record;

// ---- procedures

struct Primitive; // primitive.h
typedef struct PrimitiveObject {
    const struct Primitive *row;
} PrimitiveObject;
// A procedure made by a lambda expression. What `code` points at belongs to the tier that made it.
typedef struct Closure { // aux: number of free values
    void *const code;
    const Value free[1];
} Closure;
typedef struct Parameter { // applied to no arguments it answers its current value
    Value value;           // outside of every parameterize
    Value converter;       // procedure or #f
} Parameter;
// A global variable. Every environment that imports it holds the same cell.
typedef struct Cell {
    Value value;    // VALUE_UNBOUND before its definition
    Value name;     // symbol
    Value home;     // library name (list), environment object of a program or the REPL, or #f
    void *watchers; // what depends on `value` never changing (tiers); NULL: nothing
} Cell;
enum {
    CELL_SEALED = 1,   // a library's variable that nothing can assign: `value` is a constant
    CELL_ASSIGNED = 2, // changed after its first definition
};

// A C pointer with a finalizer.
typedef struct Foreign {
    Value kind; // symbol
    void *pointer;
    void (*release)(void *pointer); // NULL: nothing to do
} Foreign;

// ---- typed access; the type must have been tested

#define OBJECT_ACCESS(Type, name, ID)                                                              \
    static inline bool value_is_##name(Value v) { return value_has_type(v, TYPE_##ID); }           \
    static inline Type *value_##name(Value v) { return (Type *)value_object(v); }
OBJECT_ACCESS(String, string, STRING)
OBJECT_ACCESS(Symbol, symbol, SYMBOL)
OBJECT_ACCESS(Symbol, keyword, KEYWORD)
OBJECT_ACCESS(Bignum, bignum, BIGNUM)
OBJECT_ACCESS(Ratnum, ratnum, RATNUM)
OBJECT_ACCESS(Compnum, compnum, COMPNUM)
OBJECT_ACCESS(Vector, vector, VECTOR)
OBJECT_ACCESS(Bytevector, bytevector, BYTEVECTOR)
OBJECT_ACCESS(Array, array, ARRAY)
OBJECT_ACCESS(Box, box, BOX)
OBJECT_ACCESS(Values, values, VALUES)
OBJECT_ACCESS(Closure, closure, CLOSURE)
OBJECT_ACCESS(PrimitiveObject, primitive, PRIMITIVE)
OBJECT_ACCESS(Parameter, parameter, PARAMETER)
OBJECT_ACCESS(Promise, promise, PROMISE)
OBJECT_ACCESS(Record, record, RECORD)
OBJECT_ACCESS(RecordType, record_type, RECORD_TYPE)
OBJECT_ACCESS(Cell, cell, CELL)
OBJECT_ACCESS(WeakBox, weak_box, WEAK_BOX)
OBJECT_ACCESS(Foreign, foreign, FOREIGN)
#undef OBJECT_ACCESS

static inline size_t vector_length(Value v) { return object_aux(value_object(v)); }
static inline size_t bytevector_length(Value v) { return object_aux(value_object(v)); }
static inline bool string_is_wide(Value v) { return object_flags(value_object(v)) & STRING_WIDE; }
// Character i of a string, i in range.
static inline uint32_t string_char(Value v, size_t i) {
    const String *s = value_string(v);
    return string_is_wide(v) ? ((const uint32_t *)s->data)[i] : ((const uint8_t *)s->data)[i];
}
// Anything that can be applied.
static inline bool value_is_procedure(Value v) {
    if (!value_is_object(v))
        return false;
    unsigned t = object_type(value_object(v));
    return t == TYPE_CLOSURE || t == TYPE_PRIMITIVE || t == TYPE_CONTINUATION ||
           t == TYPE_PARAMETER;
}

#endif
