// Failures: how C code tells that something went wrong in the program.
//
// Duty: conditions and their types. A function that can fail returns VALUE_FAILURE (or false) after
// one of the rt_fail_* functions has put the condition into vm->condition. Conditions are records,
// so that SX and guests can define subtypes. What a user reads of a condition is
//     WHO: MESSAGE IRRITANT …          e.g.  car: argument 1: expected pair, got 5
#ifndef KILN_RUNTIME_FAIL_H
#define KILN_RUNTIME_FAIL_H

#include "runtime/source.h"
#include "runtime/state.h"

// Enum suffix, name of the record type, parent.
#define CONDITION_TYPES(X)                                                                         \
    X(CONDITION, "condition", CONDITION) /* root; its parent is none */                            \
    X(WARNING, "warning", CONDITION)                                                               \
    X(ERROR, "error", CONDITION) /* (error message irritant …) */                                  \
    X(TYPE, "type-error", ERROR)                                                                   \
    X(RANGE, "range-error", ERROR)                                                                 \
    X(ARITY, "arity-error", ERROR)                                                                 \
    X(UNBOUND, "unbound-variable", ERROR)                                                          \
    X(ASSIGNMENT, "assignment-error", ERROR)                                                       \
    X(DIVISION, "division-by-zero", ERROR)                                                         \
    X(SYNTAX, "syntax-error", ERROR)                                                               \
    X(READ, "read-error", ERROR)                                                                   \
    X(FILE, "file-error", ERROR)                                                                   \
    X(IO, "io-error", ERROR)                                                                       \
    X(PIPE, "broken-pipe", IO) /* nobody reads what is written */                                  \
    X(ENCODING, "encoding-error", ERROR)                                                           \
    X(LIBRARY, "library-error", ERROR)                                                             \
    X(CONTROL, "control-error", ERROR) /* no restart of that name, handler returned, … */          \
    X(MEMORY, "out-of-memory", ERROR)                                                              \
    X(DEPTH, "nesting-too-deep", ERROR)                                                            \
    X(INTERRUPT, "interrupt", CONDITION)                                                           \
    X(LIMIT, "limit-exceeded", CONDITION) /* a time or step limit of the program */                \
    X(SQLITE, "sqlite-error", ERROR)      /* irritants: SQL text, code (a symbol) */               \
    X(JSON, "json-error", READ)           /* irritants: line, column */                            \
    X(HTTP, "http-error", IO)                                                                      \
    X(PROCESS, "process-error", IO)

typedef enum ConditionKind {
#define X(id, name, parent) CONDITION_##id,
    CONDITION_TYPES(X)
#undef X
        CONDITION_KINDS
} ConditionKind;

enum {                         // fields of every condition
    CONDITION_FIELD_MESSAGE,   // string (or whatever the program gave to error)
    CONDITION_FIELD_IRRITANTS, // list
    CONDITION_FIELD_WHO, // symbol or #f; VALUE_DEFAULT while the primitive's name is to be filled
                         // in
    CONDITION_FIELD_POSITION,  // where it was raised (rt_position_value) or #f
    CONDITION_FIELD_BACKTRACE, // list of (name . position), innermost first, or #f
    CONDITION_FIELDS
};

// Make vm->condition and return VALUE_FAILURE. `argument` counts from 1.
//   type:   WHO: argument N: expected EXPECTED, got GOT
//   index:  WHO: argument N: index GOT is out of range 0 to LIMIT-1   (limit 0: "…: it is empty")
//   range:  WHO: argument N: expected EXPECTED, got GOT   (right type, wrong value; a range-error)
Value rt_fail_type(VM *vm, int argument, const char *expected, Value got);
Value rt_fail_index(VM *vm, int argument, Value got, size_t limit);
Value rt_fail_range(VM *vm, int argument, const char *expected, Value got);
Value rt_fail_division(VM *vm);                                      // WHO: division by zero
Value rt_fail_arity(VM *vm, Value who, int min, int max, int given); // max -1: any number
Value rt_fail_depth(VM *vm);                                         // WHO: nested too deeply
Value rt_fail_memory(VM *vm, size_t bytes);                          // out of memory: …
// KIND with a printf-formatted message; irritants are appended when written. `irritants` is a list.
[[gnu::format(printf, 4, 5)]] Value rt_fail(VM *vm, ConditionKind kind, Value irritants,
                                            const char *format, ...);
// The same with position and WHO (#f: none) given: the expander's and the reader's errors.
[[gnu::format(printf, 6, 7)]] Value rt_fail_at(VM *vm, ConditionKind kind, Position position,
                                               Value who, Value irritants, const char *format, ...);
// A file operation on `path` failed with that errno: file-error "cannot open PATH: No such file …".
Value rt_fail_errno(VM *vm, const char *what, Value path, int error);
// Raise any object: it becomes vm->condition as it is.
Value rt_fail_raise(VM *vm, Value object);

// Put the name of the primitive that failed into vm->condition, where it waits for one (WHO is
// VALUE_DEFAULT). Whoever calls a primitive's C function directly does this when it answers
// VALUE_FAILURE.
void rt_fail_name(VM *vm, const struct Primitive *p);

// A condition of that kind, not raised.
Value rt_condition_new(VM *vm, ConditionKind kind, Value message, Value irritants, Value who);
// Is v a condition record (of that kind or a subtype)?
bool rt_is_condition(const VM *vm, Value v, ConditionKind kind);
// Field of a condition (CONDITION_FIELD_*).
Value rt_condition_field(Value condition, int field);
void rt_condition_set_field(Value condition, int field, Value v);
// The text a user reads, without position: a string. Any object is allowed: raised non-conditions
// are written. Long or circular irritants are shortened.
Value rt_condition_text(VM *vm, Value condition);

#endif
