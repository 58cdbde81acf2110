// The table of primitives.
//
// Duty: the C side of primitives.def. One row a primitive: where it is documented, its C function,
// how many arguments it takes, of what types, what it does to the world, one line of documentation.
// The CEK, both tiers, prim-check and the manual read these rows and nothing else.
//
// Contract of a primitive's C function:
//   - it checks all its arguments before its first effect;
//   - on failure it leaves a condition (fail.h) and returns VALUE_FAILURE; the evaluator puts the
//     primitive's name into the condition and raises it in the right dynamic context;
//   - it never calls back into SX and never blocks other than on a port;
//   - fixed arity: (VM *, Value a, Value b, …), up to four; otherwise (VM *, int argc, const Value
//   *argv).
#ifndef KILN_RUNTIME_PRIMITIVE_H
#define KILN_RUNTIME_PRIMITIVE_H

#include "runtime/object.h"

typedef struct VM VM;

enum {               // effects
    FX_PURE = 0,     // the result depends on the arguments alone
    FX_READ = 1,     // reads mutable state
    FX_WRITE = 2,    // changes state that a program can see
    FX_ALLOC = 4,    // allocates
    FX_FAIL = 8,     // may fail
    FX_CAPTURE = 16, // control: the evaluator itself carries it out
    FX_RUNS = 32, // may run SX code in an evaluation of its own, or change how code is run (traces,
                  // limits): tiers call it as they call procedures
};

// Control operations, carried out by the evaluator (CEK and each tier): they have no C function.
#define CONTROL_OPS(X)                                                                             \
    X(APPLY)          /* (apply f a … list) */                                                     \
    X(CALL_VALUES)    /* (call-with-values producer consumer) */                                   \
    X(CAPTURE)        /* (%capture f), call/cc: f gets the current continuation */                 \
    X(ESCAPE)         /* (%call-with-escape f), call/ec: f gets an escape, by a marker here */     \
    X(LEAVE)          /* (%leave k thunk): unwinds to k's marker, calls thunk in its place */      \
    X(LEAVE_CAPTURE)  /* (%leave-with-slice k f): the same; f gets what was unwound */             \
    X(PROMPT)         /* (%prompt tag thunk): calls thunk below a prompt */                        \
    X(CAPTURE_PROMPT) /* (%capture-prompt tag f): unwinds to the prompt, f gets the slice */       \
    X(EVAL)           /* (eval expr env) */                                                        \
    X(ABORT)          /* (%abort condition): ends the evaluation; the host gets the condition */   \
    X(EXIT)           /* (%exit status): ends the evaluation; the host is told to exit */          \
    X(BACKTRACE)      /* (%backtrace): list of (name . position), innermost first */

typedef enum ControlOp {
    CONTROL_NONE = 0,
#define X(id) CONTROL_##id,
    CONTROL_OPS(X)
#undef X
} ControlOp;

typedef Value PrimitiveFn0(VM *vm);
typedef Value PrimitiveFn1(VM *vm, Value a);
typedef Value PrimitiveFn2(VM *vm, Value a, Value b);
typedef Value PrimitiveFn3(VM *vm, Value a, Value b, Value c);
typedef Value PrimitiveFn4(VM *vm, Value a, Value b, Value c, Value d);
typedef Value PrimitiveFnV(VM *vm, int argc, const Value *argv);

typedef struct Primitive {
    const char *library; // where it is documented: "base", "char", "sx", "internal" …
    const char *name;
    union {
        PrimitiveFn0 *f0;
        PrimitiveFn1 *f1;
        PrimitiveFn2 *f2;
        PrimitiveFn3 *f3;
        PrimitiveFn4 *f4;
        PrimitiveFnV *fv;
    } fn;
    PrimitiveFn2 *binary;  // variadic ones that have a form for exactly two arguments, else NULL
    int8_t fixed;          // 0..4: which fixed form fn has; -1: fn.fv
    int16_t min, max;      // arguments; max -1: any number
    ControlOp control;     // not CONTROL_NONE: fn is NULL
    unsigned effects;      // FX_*
    const char *arguments; // types of the arguments, one word each, the last may end in "…"
    const char *result;    // type of the result
    const char *doc;       // one line
} Primitive;

extern const Primitive rt_primitives[];
extern const int rt_primitive_count;

// Index of a row: its opcode-like number, stable within one build.
static inline int primitive_index(const Primitive *p) { return (int)(p - rt_primitives); }

// The row of that name, or NULL.
const Primitive *rt_primitive_find(const char *name);

// Call a primitive that is not a control operation; argc must be in its range. Result, or
// VALUE_FAILURE with vm->condition set. The condition names the primitive.
Value rt_primitive_call(VM *vm, const Primitive *p, int argc, const Value *argv);

// Every row's procedure object, made once: same row, same object.
Value rt_primitive_object(VM *vm, const Primitive *p);

#endif
