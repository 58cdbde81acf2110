// Inside of the interpreter: the machine's state, and what its files give each other.
//
// Duty: handlers run in registers (vm, base, pc, constants) and know nothing else. Whatever is rare
// is plain C over a T1: a handler saves its registers as a context, calls a function of apply.c or
// continue.c, and goes on as the context then says (t1_resume).
//
//   interp.c         dispatch, moves, variables, jumps, calls, returns
//   interp_number.c  arithmetic, comparisons
//   interp_data.c    pairs, vectors, strings, records, any primitive
//   interp_control.c  calls of continuations, call/cc and primitives, the common case
//   apply.c          calls in general: binding, primitives, failures, interrupts, backtraces
//   continue.c       heap frames: capturing, spilling, returning to them; prompts; frames of
//   control operations tier1.c          the VM stack, evaluations, the tier itself
//
// The context is a call under way, seen from its caller: the result of the call goes to R[dst] of
// the frame `base`, which then goes on at `next`; or, with `tail`, the result is what that frame
// returns. Everything else (values, failures, calls of other procedures) is done to the context.
//
// Control frames. Some calls have to go on with something when they return: call-with-values calls
// the consumer, an interrupt makes the call that it came before. That is a frame on the VM stack
// like any other, so that it can be captured and entered again, of a code that is one INTERNAL
// instruction; its registers are
//   R0, R3 what the kind says; R1 the context's `tail` as a fixnum; R2 the result it is waiting
//   for.
// When it is resumed it is gone, and the context is again that of the call it stands for.
#ifndef KILN_TIER1_MACHINE_INT_H
#define KILN_TIER1_MACHINE_INT_H

#include "runtime/fail.h"
#include "runtime/heap.h"
#include "tier1/frame.h"

// ---- handlers

typedef struct T1Table T1Table;
#define T1_PARAMETERS                                                                              \
    VM *vm, Value *base, const uint32_t *pc, Value *constants, const T1Table *table, Value value
#define T1_ARGUMENTS vm, base, pc, constants, table, value
typedef Value T1Handler(T1_PARAMETERS) __attribute__((preserve_none));
struct T1Table {
    T1Handler *op[256];
};
extern const T1Table t1_table;

#define OP(ID, ...) T1Handler t1_op_##ID;
#include "tier1/opcodes.def"
#undef OP

enum { // words of each instruction with its extensions
#define OP(ID, text, BASE, A, B, C, X1, X2, X3, ...)                                               \
    WORDS_##ID = 1 + (FIELD_##X1 != FIELD_NO) + (FIELD_##X2 != FIELD_NO) + (FIELD_##X3 != FIELD_NO),
#include "tier1/opcodes.def"
#undef OP
};

#define HANDLER(name) __attribute__((preserve_none)) Value name(T1_PARAMETERS)
// A slow path. Never inlined: it calls C, and the handler would set up a frame of the machine for
// it each time.
#define SLOW_HANDLER(name) [[gnu::cold, gnu::noinline]] static HANDLER(name)
#define OPCODE(ID) HANDLER(t1_op_##ID)
#define GO(handler) [[clang::musttail]] return handler(T1_ARGUMENTS)
#define DISPATCH() [[clang::musttail]] return table->op[*(const uint8_t *)pc](T1_ARGUMENTS)
// On to the next instruction; ID is the one that runs.
#define NEXT(ID)                                                                                   \
    do {                                                                                           \
        pc += WORDS_##ID;                                                                          \
        DISPATCH();                                                                                \
    } while (0)
// The same after a call of C, which leaves nothing in the registers that are not preserved.
#define NEXT_AFTER_CALL(ID)                                                                        \
    do {                                                                                           \
        table = &t1_table;                                                                         \
        value = VALUE_NONE;                                                                        \
        NEXT(ID);                                                                                  \
    } while (0)
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

// Fields are read as bytes from the instruction itself: one load each.
#define FIELD_A (((const uint8_t *)pc)[1])
#define FIELD_B (((const uint8_t *)pc)[2])
#define FIELD_C (((const uint8_t *)pc)[3])
#define FIELD_SC (((const int8_t *)pc)[3])
#define RA (base[FIELD_A])
#define RB (base[FIELD_B])
#define RC (base[FIELD_C])
static inline uint32_t field_bx(const uint32_t *pc) {
    uint16_t u;
    memcpy(&u, (const char *)pc + 2, sizeof u);
    return u;
}
static inline int32_t field_sbx(const uint32_t *pc) {
    int16_t i;
    memcpy(&i, (const char *)pc + 2, sizeof i);
    return i;
}
static inline void set_op(const uint32_t *pc, Op op) { *(uint8_t *)pc = (uint8_t)op; }

// ---- state

typedef enum ControlKind { // Code.control
    CONTROL_FRAME_NONE,
    CONTROL_FRAME_BOTTOM, // nothing: what is below an activation, in place of a frame that is gone
    CONTROL_FRAME_RETURN, // answer R2
    CONTROL_FRAME_VALUES, // call R0 with the values R2
    CONTROL_FRAME_ESCAPE, // answer R2; marker of the escape R0
    CONTROL_FRAME_PROMPT, // answer R2; R0 is the tag
    CONTROL_FRAME_HIDE,  // answer R2; for backtraces: the call that it returns to is not shown, see
                         // %capture-prompt
    CONTROL_FRAME_ENTRY, // answer R2; for backtraces: the call at word R3 of the Code R0 that
                         // called the prompt's thunk
    CONTROL_FRAME_RESUME,   // call R0 with the list R3
    CONTROL_FRAME_OPERATOR, // call R2 with the list R3; R0: for backtraces, the operator's position
    CONTROL_FRAME_BRANCH,   // go on at word R0, or R3 if R2 is false
    CONTROL_FRAME_TRACE,    // show R2, answer it; R0 is the trace, R3 the depth of the call
    CONTROL_FRAME_KINDS
} ControlKind;
enum { CONTROL_FRAME_TAIL = 1, CONTROL_FRAME_RESULT = 2, CONTROL_FRAME_REGISTERS = 4 };

typedef struct Evaluation {
    struct Evaluation *outer; // the evaluation that waits for this one
    bool ended;
    Value *floor;     // its part of the VM stack begins here
    HeapFrame *below; // what its lowest frame on the stack returns to; NULL: its host
} Evaluation;

typedef struct Context {
    Value *base;
    Value *constants;
    const uint32_t *next;
    uint32_t dst;
    uint32_t window; // registers of `base` that are live
    bool tail;
    const Code *site_code; // for positions: the call stands before this word; NULL: a call from C
    const uint32_t *site_next;
} Context;

typedef struct T1 { // vm->tier_state
    VM *vm;
    Evaluation *evaluation;
    Context at;
    Value result; // what to answer the host with, when `done`
    bool done;
    bool raising;   // the raise hook is being called: a failure now would be raised for ever
    bool unsettled; // the context's frame has just been captured, see t1_settle
    Value *stack, *stack_end;
    // KILN_CAPTURE_AT: every call finds the stack too short, and each capture_at-th moves the
    // frames; 0: only those that pass frame_end do
    uint64_t capture_at, calls;
    Value *frame_end;
    Value control[CONTROL_FRAME_KINDS]; // closures of control frames
} T1;

typedef struct Continuation { // TYPE_CONTINUATION
    HeapFrame *frames;
    Value dynamic;          // full, escape: the dynamic environment to bring back
    Evaluation *evaluation; // full, escape: whose frames
    // Only a slice has more:
    HeapFrame *end; // where it stops, which does not belong to it (a prompt's frame)
} Continuation;
enum {                       // header flags
    CONTINUATION_SLICE = 1,  // composable, from %capture-prompt and %leave-with-slice
    CONTINUATION_ESCAPE = 2, // from %call-with-escape; has no frames
};

// The extents of dynamic-wind that a dynamic environment is in.
static inline Value t1_winders(Value dynamic) {
    return ((const Dynamic *)value_vector(dynamic)->item)->winders;
}

static inline T1 *t1_of(const VM *vm) { return vm->tier_state; }
static inline ControlKind t1_code_control(const Code *code) { return (ControlKind)code->control; }

// The context of the instruction whose successor is `next`.
static inline T1 *t1_context(VM *vm, Value *base, Value *constants, const uint32_t *next,
                             uint32_t dst, uint32_t window, bool tail) {
    T1 *t = t1_of(vm);
    const Code *code = t1_code_of(constants);
    vm->frame_base = base;
    t->at = (Context){.base = base,
                      .constants = constants,
                      .next = next,
                      .dst = dst,
                      .window = window,
                      .tail = tail,
                      .site_code = code,
                      .site_next = next};
    return t;
}

// ---- interp.c

T1Handler t1_resume;    // go on as the context says
T1Handler t1_slow_site; // run the primitive of the instruction at pc, all of it
// The context's call answers a value.
void t1_answer(T1 *t, Value value);

// ---- apply.c

// Call a procedure in the context. The arguments may lie in the context's window.
void t1_apply(T1 *t, Value procedure, uint32_t argc, const Value *argv);
// vm->condition is pending: raise it in the context. position: 0: that of the context's site.
void t1_raise(T1 *t, Position position);
// The same for a condition that waits for a name.
void t1_raise_as(T1 *t, const char *who);
// A jump was interrupted: it is made when the handler has returned.
void t1_interrupt_at(T1 *t, const uint32_t *target);
// Fill in what the condition that is pending does not say, then call the raise hook in the context.
void t1_complete_condition(T1 *t, Position position);
void t1_call_hook(T1 *t);
// The calls under way, innermost first: (name . position) each.
Value t1_backtrace(T1 *t);
// End the evaluation: the host gets VALUE_FAILURE.
void t1_halt(T1 *t);
// A list as an array in memory of the collector.
Value *t1_list_array(VM *vm, Value list, uint32_t *count);

// ---- continue.c

// The frame at t->at.base returns a value.
void t1_return(T1 *t, Value value);
// Move all frames of the context's continuation to the heap; the innermost, NULL when there are
// none. The context is then the bottom of an activation.
HeapFrame *t1_move_frames(T1 *t);
// Whether that is to happen before a call whose frame would be at `base`.
static inline bool t1_stack_short(T1 *t, const Value *base) {
    if (__builtin_expect(base < t->vm->frame_limit, 1))
        return false;
    return t->capture_at == 0 || base >= t->frame_end || ++t->calls % t->capture_at == 0;
}
// After a capture whose caller must be known after all (for a failure): the context's frame is a
// frame again.
void t1_settle(T1 *t);
// A control frame in the context; the context is then a call that it waits for.
void t1_push_control(T1 *t, ControlKind kind, Value r0, Value r3);
// A call of a closure that may have to be shown (vm/trace.h), and a continuation that was entered.
// The arguments may have moved.
const Value *t1_trace_call(T1 *t, Value closure, const Lambda *lambda, uint32_t argc,
                           const Value *argv);
// The control frame at t->at.base goes on.
void t1_resume_control(T1 *t);
void t1_apply_continuation(T1 *t, Value continuation, uint32_t argc, const Value *argv);
void t1_control(T1 *t, const Primitive *p, uint32_t argc, const Value *argv);

// ---- tier1.c

// First word of the VM stack that nothing uses.
Value *t1_stack_top(const VM *vm);

#endif
