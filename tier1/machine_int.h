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
//                    control operations
//   native.c         activations between native frames, exits, unwinding (native.h)
//   tier1.c          the VM stack, evaluations, the tier itself
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
//
// Activations. Where native frames lie below, the interpreter runs in an activation of its own, on
// top of them on both stacks: its lowest frame returns to C. What needs the frames below (captures,
// backtraces, a full stack) cannot be done there; it is noted as pending (Pending), everything
// unwinds, and the base loop does it again with all frames on the heap and the context as it was.
#ifndef KILN_TIER1_MACHINE_INT_H
#define KILN_TIER1_MACHINE_INT_H

#include "runtime/fail.h"
#include "runtime/heap.h"
#include "tier1/frame.h"
#include "tier1/native.h"

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

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

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
// The opcode of the instruction at pc, and another in its place: where NATIVE stands, what it
// stands for.
static inline Op op_at(const Value *constants, const uint32_t *pc) {
    Op op = word_op(*pc);
    return UNLIKELY(op == OP_NATIVE) ? (Op)t1_code_of(constants)->entry_op : op;
}
static inline void set_op(const Value *constants, const uint32_t *pc, Op op) {
    if (UNLIKELY(word_op(*pc) == OP_NATIVE))
        t1_code_of(constants)->entry_op = (uint8_t)op;
    else
        *(uint8_t *)pc = (uint8_t)op;
}

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
    CONTROL_FRAME_NATIVE, // nothing: in place of a frame whose native code runs; never on the heap
    CONTROL_FRAME_KINDS
} ControlKind;
enum { CONTROL_FRAME_TAIL = 1, CONTROL_FRAME_RESULT = 2, CONTROL_FRAME_REGISTERS = 4 };

typedef struct Evaluation {
    struct Evaluation *outer; // the evaluation that waits for this one
    bool ended;
    Value *floor;     // its part of the VM stack begins here
    HeapFrame *below; // what its lowest frame on the stack returns to; NULL: its host
    bool stale;       // its native frames must not go on (t1_native_unwind_all)
} Evaluation;

typedef struct Activation {   // of the interpreter, in its C frame; native frames lie below
    struct Activation *outer; // NULL: none in this evaluation
    Value *base;              // of its lowest frame
    Value *frame_base;        // vm->frame_base below it
} Activation;

typedef enum PendingKind { // what is to be done when everything has been unwound
    PENDING_NONE,
    PENDING_RESUME, // go on in the innermost frame
    PENDING_FAILED, // the same; the instruction is a PRIM0 … PRIMV that has failed
    PENDING_VALUE,  // the innermost call answers `value`
    PENDING_CALL,   // call `value`
    PENDING_ENTER,  // run `code` of the closure `value`; the arguments are its parameters
    PENDING_INVOKE, // the full continuation `value`
    PENDING_LEAVE, // leave to `marker`, in the activation it is in, which goes on: call `value`, or
                   // if it is VALUE_NONE answer r0
    PENDING_RAISE, // vm->condition, in a control frame of the kind `control`, if it is one
    PENDING_STOP,  // end the evaluation with vm->condition, which wants a backtrace
    PENDING_HALT,  // end the evaluation
} PendingKind;
typedef struct Pending {
    PendingKind kind;
    HeapFrame *frame; // of the context; NULL: it has none
    bool tail;        // its call is in tail position (a failing one is shown with its frame);
                      // else, without frame, it is a call by native code, which leaves a record
    const Code *site_code; // of the context; NULL: that of the innermost frame
    const uint32_t *site_next;
    Value value;
    Code *code;
    Value *marker;    // LEAVE: base of a control frame
    Value *arguments; // [count]
    uint32_t count;
    Position position; // RAISE: as for t1_raise_in
    uint8_t control;
    Value r0, r3;
} Pending;

// A native function to be tail-called by the C function that runs an activation, which is gone by
// then.
typedef struct Request {
    Native *entry; // NULL: nothing is asked for
    Value closure;
    Code *code;
    Value first[NATIVE_ARGUMENTS];
} Request;

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
    // native.c
    Activation *activation; // innermost of this evaluation, NULL: no native frame lies below
    Pending pending;
    Request request;
    Value *unwind;                     // start of the unwind buffer
    Value *unwind_first, *unwind_held; // the collector is to see what lies between there
    uint32_t exit_values;              // of vm->exit_values are in use
    struct SendFacts *send_facts;      // send.c; NULL: nobody asked
} T1;

typedef struct Continuation { // TYPE_CONTINUATION
    HeapFrame *const frames;
    const Value dynamic;          // full, escape: the dynamic environment to bring back
    Evaluation *const evaluation; // full, escape: whose frames
    // Only a slice has more:
    HeapFrame *const end; // where it stops, which does not belong to it (a prompt's frame)
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

// Is it what stands for no frame, at the bottom of an activation?
static inline bool t1_is_bottom_closure(Value closure) {
    return t1_code_control(t1_closure_code(closure)) == CONTROL_FRAME_BOTTOM;
}
static inline bool t1_is_bottom(const Value *base) {
    return t1_is_bottom_closure(frame_closure(base));
}

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
// The primitive of PRIM0 … PRIMV at pc has failed: raise vm->condition.
[[gnu::cold, gnu::noinline]] T1Handler t1_failed_prim;
// The context's call answers a value.
void t1_answer(T1 *t, Value value);

// ---- apply.c

// Call a procedure in the context. The arguments may lie in the context's window.
void t1_apply(T1 *t, Value procedure, uint32_t argc, const Value *argv);
// vm->condition is pending: raise it in the context. position: 0: that of the context's site.
void t1_raise(T1 *t, Position position);
// The same in a control frame of that kind, which goes on with what the hook answers.
void t1_raise_in(T1 *t, Position position, ControlKind control, Value r0, Value r3);
// The same for a condition that waits for a name.
void t1_raise_as(T1 *t, const char *who);
// A jump was interrupted: it is made when the handler has returned.
void t1_interrupt_at(T1 *t, const uint32_t *target);
// The calls under way, innermost first: (name . position) each.
Value t1_backtrace(T1 *t);
// End the evaluation: the host gets VALUE_FAILURE.
void t1_halt(T1 *t);
// A list as an array in memory of the collector.
Value *t1_list_array(VM *vm, Value list, uint32_t *count);
// The evaluation ends with vm->condition, which gets a backtrace.
void t1_stop(T1 *t);
// A call of the code, not counted by a handler.
void t1_count_entry(VM *vm, Code *code);

// ---- continue.c

// The frame at t->at.base returns a value.
void t1_return(T1 *t, Value value);
// Move all frames of the context's continuation to the heap; the innermost, NULL when there are
// none. The context is then the bottom of an activation.
HeapFrame *t1_move_frames(T1 *t);
// The context's frame as a heap frame.
HeapFrame *t1_context_frame(T1 *t);
// Heap frames of those that the frame at `base` returns to, down to its activation's lowest.
typedef struct FrameList {
    HeapFrame *first, *last;
} FrameList;
static inline void t1_add_frame(FrameList *list, HeapFrame *f) {
    if (list->last)
        HEAP_STORE_POINTER(list->last->next, f);
    else
        list->first = f;
    list->last = f;
}
void t1_copy_callers(T1 *t, const Value *base, FrameList *list);
// The list comes on top of the evaluation's heap frames, and the context becomes the bottom.
void t1_put_below(T1 *t, const FrameList *list);
// The context becomes an activation without frames: what it answers goes to Evaluation.below.
void t1_at_bottom(T1 *t);
// The innermost heap frame becomes the only frame on the stack, and the context.
const HeapFrame *t1_reinstate(T1 *t);
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
// The context of the call that the control frame at `marker`, in this activation, stands for.
void t1_leave_to(T1 *t, Value *marker);
void t1_apply_continuation(T1 *t, Value continuation, uint32_t argc, const Value *argv);
void t1_control(T1 *t, const Primitive *p, uint32_t argc, const Value *argv);

// ---- native.c

// Do native frames lie below?
static inline bool t1_is_nested(const T1 *t) { return t->activation != NULL; }
// Unwind to the base loop, which makes the call in the context.
void t1_unwind_call(T1 *t, Value procedure, uint32_t argc, const Value *argv);
// The same for other things, as `pending` says but for frame and site. keep: the frames are wanted.
void t1_unwind(T1 *t, Pending pending, bool keep);
// Throw away all above the control frame at `marker`, which lies in an outer activation.
void t1_unwind_to(T1 *t, Value *marker, Value procedure, Value value);
// The base loop: everything has been unwound; do what is pending, go on. What t1_resume answers.
Value t1_rewind(T1 *t);
// In front of the records of the unwind buffer that stand for frames of the interpreter. Then come
// the base of the innermost, and the Code that it had entered native code of, or 0.
extern const ExitDescriptor t1_frames_record;
enum { FRAMES_RECORD = 3 }; // words
// C frames this far above vm->native_limit may still enter native code.
enum { NATIVE_ROOM = 64 << 10 };
static inline bool t1_native_short(const VM *vm) {
    return (uintptr_t)__builtin_frame_address(0) - NATIVE_ROOM <
           (uintptr_t)atomic_load_explicit(&vm->native_limit, memory_order_relaxed);
}
// Buffers, for so many bytes of native frames at most.
void t1_native_prepare(T1 *t, size_t stack_bytes);
// Where the C stack ends for native code: an outermost evaluation begins here.
void t1_native_set_end(T1 *t);
// What the collector has to see.
void t1_native_scan(const T1 *t);

// ---- tier1.c

// First word of the VM stack that nothing uses.
Value *t1_stack_top(const VM *vm);

#endif
