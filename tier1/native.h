// Native code: what tier 1 and a compiler of its bytecode have to agree on.
//
// Duty: how native functions are called, how they leave (exits, unwinding), what describes the
// frames that they stand for. Tier 1 owns the machinery (native.c); it knows nothing of how the
// code was made, so tests make it of C functions.
//
// A native function runs on the C stack in place of one frame of tier 1, its inlined callees in
// place of several. What it answers is what that frame returns, or VALUE_UNWIND.
//
//   tier 1 ──NATIVE──> f ──> g ──t1_native_interpret──> tier 1 (nested activation) ──NATIVE──> h
//                      │                                     │
//                      └─ a guard fails: t1_native_exit ─────┘  rebuilds the frame(s), interprets
//                                                               to their end, answers f's caller
//
// Unwinding: whoever needs all frames as heap frames (capture, stack overflow, invalidation, a
// raise that wants a backtrace, interrupts) leaves what is to be done afterwards in T1 and answers
// VALUE_UNWIND. Each native function compares what a call answers with VALUE_UNWIND and, when
// vm->unwind_keep is set, appends its record at vm->unwind_top before it answers VALUE_UNWIND
// itself. The base loop of the evaluation makes heap frames of the records and does the pending
// action. Frames that were unwound go on in tier 1.
//
// Invariants: effects never lie between the state an exit describes and the exit. Records are
// innermost first. Nothing else runs between start and stop of an unwinding. See README.md.
#ifndef KILN_TIER1_NATIVE_H
#define KILN_TIER1_NATIVE_H

#include "tier1/code.h"

// ---- calls

enum { NATIVE_ARGUMENTS = 6 }; // in registers; NATIVE_ARGUMENTS_MAX in all (runtime/state.h)

// The prototype of all native functions and of those of tier 1 that stand in for them. `code` is
// the clause that runs; its parameters are bound already (code->exact of them for a call; after
// binding, when optional or rest parameters are filled in). Arguments from NATIVE_ARGUMENTS on are
// in vm->native_arguments[i], read before anything else is called; missing ones are anything.
// Arity has been tested by the caller.
#define NATIVE_PARAMETERS                                                                          \
    VM *vm, Value closure, Code *code, Value a0, Value a1, Value a2, Value a3, Value a4, Value a5
typedef Value Native(NATIVE_PARAMETERS) __attribute__((preserve_none));

// Code.native of code that has none of its own, so that native callers need not test: interprets
// the clause in an activation of its own.
Native t1_native_interpret;
// Calls any object with up to NATIVE_ARGUMENTS_MAX arguments; `code` is that number, as an integer.
// For callees that are no closures of ours, or whose clause does not take the arguments as they
// are. A call that fails is raised where it stands, so whoever calls this says where: just before,
// vm->native_site = the Code, vm->native_site_pc = the word after the instruction, with NATIVE_TAIL
// when it is tail-called.
enum { NATIVE_TAIL_BIT = 32 };
#define NATIVE_TAIL (UINT64_C(1) << NATIVE_TAIL_BIT)
Native t1_native_apply;

// What native code does with the result of a C function that may have run other SX code (a
// primitive that calls the host) or changed how code is to run (traces, limits): the value, or
// VALUE_UNWIND, as after a call.
Value t1_native_result(VM *vm, Value value);
// Assign a cell that has a value, and tell what watches it. VALUE_UNWIND: the frame is to go, as
// after a call, with a descriptor whose innermost frame has dst -1 and the pc of the next
// instruction; VALUE_UNSPECIFIED: go on.
Value t1_native_set_global(VM *vm, Cell *cell, Value value);

// An entry into the middle of a loop (on-stack replacement): a Native whose a0 is the frame's base
// as an integer; it reads the registers it wants from there before anything else. It does not look
// at native_limit: whoever enters has done so.

// ---- exits

typedef enum ExitReason { // why a guard failed: kept with the site, read when code is made again
#define EXIT_REASONS(X)                                                                            \
    X(TYPE, "type")           /* operand of another type than seen */                              \
    X(OVERFLOW, "overflow")   /* result is no fixnum */                                            \
    X(BOUNDS, "bounds")       /* index out of range */                                             \
    X(CALLEE, "callee")       /* another procedure than seen */                                    \
    X(BRANCH, "branch")       /* a branch never taken before */                                    \
    X(FAILED, "failure")      /* a primitive failed: tier 1 repeats it, and raises */              \
    X(RAISE, "raise")         /* the same of PRIM0 … PRIMV, not repeated: vm->condition waits */   \
    X(RANGE, "range")         /* a fixnum that is larger than was taken for granted */             \
    X(UNBOUND, "unbound")     /* variable without a value */                                       \
    X(POLL, "poll")           /* an interrupt */                                                   \
    X(INVALID, "invalidated") /* a watched fact changed during a call */                           \
    X(GENERIC, "generic")     /* something that is left to tier 1 */
#define X(id, name) EXIT_##id,
    EXIT_REASONS(X)
#undef X
        EXIT_REASON_COUNT
} ExitReason;
extern const char *const t1_exit_reason_names[EXIT_REASON_COUNT];

typedef enum LocationKind { // where a value is when an exit is taken
    LOCATION_DEAD,          // nowhere: VALUE_UNSPECIFIED
    LOCATION_CONSTANT,      // ExitDescriptor.constants[index]
    LOCATION_VALUE,         // value `index` of the record, a Value
    LOCATION_INTEGER,       // the same, a raw int64_t in the range of fixnums
    LOCATION_DOUBLE,        // the same, a raw double
    LOCATION_BOOLEAN,       // the same, 0 or 1
    LOCATION_SUNK,          // sunk object `index`
} LocationKind;
typedef struct Location {
    uint32_t kind : 8, index : 24;
} Location;

// An object that was not allocated, to be made now. One table an exit, shared by its frames: all
// are allocated first, then filled, so identity and cycles survive. Types: TYPE_NONE, a pair (car,
// cdr); BOX; CLOSURE (its free values); RECORD, VECTOR, VALUES (their items); RATNUM (numerator,
// denominator).
typedef struct SunkObject {
    uint8_t type;
    uint32_t count; // fields
    Location extra; // closure: its Code (LOCATION_CONSTANT, a raw pointer); record: its type
    const Location *fields;
} SunkObject;

typedef struct ExitFrame {
    Code *code;
    uint32_t pc;      // word index where it goes on
    int32_t dst;      // register that takes the result of the call before pc, described as dead;
                      // -1: none, the instruction at pc runs
    Location closure; // that runs
    uint32_t count;   // registers described: R[0] … R[count-1]; others are dead
    const Location *registers;
} ExitFrame;

// Immutable but for `taken`. Memory belongs to the maker of the code, alive while the code is.
typedef struct ExitDescriptor {
    uint64_t taken;
    uint8_t reason; // ExitReason
    uint32_t value_count;
    uint32_t frame_count;    // innermost first
    const ExitFrame *frames; // all but the first have the form of calls, dst >= 0
    uint32_t sunk_count;
    const SunkObject *sunk;
    const Value *constants; // in memory the collector sees
    uint32_t guard_pc;      // word index in frames[0].code of the instruction that is to blame
    void *function;         // `data` of the code whose exit it is (t1_native_install), which keeps
                            // the descriptor, `constants` and all Codes named here alive
} ExitDescriptor;

enum { EXIT_VALUES_MAX = NATIVE_EXIT_VALUES - 1 }; // of one descriptor

// A guard failed. Before: vm->exit_values[0 … value_count-1] hold the record's values. Tail-called;
// `closure` is the ExitDescriptor, the other arguments are not looked at. Answers what the
// outermost frame returns, or VALUE_UNWIND. When the innermost frame has dst >= 0 (a call was made,
// and its result is at hand), the result is in vm->exit_values[value_count].
Native t1_native_exit;
// What a native function does when a call answers VALUE_UNWIND (or a helper says that its frame is
// to go):
//   if (vm->unwind_keep) { Value *p = vm->unwind_top; p[0] = descriptor; p[1…] = values;
//                          vm->unwind_top = p + 1 + value_count; }
//   return VALUE_UNWIND;
// The descriptor's innermost frame has the form of a call, or dst -1 for "after the effect".

// The C stack is short or an interrupt waits, seen at the entry of a function, before its first
// effect: leaves the call as what is to be done, unwinds. Tail-called with the function's own
// arguments. (If there is nothing to wait for after all, it calls the function.)
Native t1_native_overflow;

// ---- what VM holds for native code (runtime/state.h)
//
//   native_limit        a function whose frame address is below it tail-calls t1_native_overflow
//   exit_values         [EXIT_VALUES_MAX + 1]
//   unwind_top          next free word of the unwind buffer, which has no end to be tested: a
//   record
//                       must not be larger than twice the frame on the C stack that it stands for
//   unwind_keep         whether frames are kept (1) or thrown away (0)
//   native_arguments    [NATIVE_ARGUMENTS_MAX]; argument i is at index i
//   native_site, native_site_pc

// The closure of the frame of (call-with-values producer consumer) while the producer runs: four
// registers, R0 the consumer, R1 fixnum 1 when the call is in tail position (the frame below is
// that of the call all the same), else 0, R2 takes the values, R3 #f; it goes on at word 0. So such
// a call can be inlined and still be described.
Value t1_native_values_frame(VM *vm);

// ---- installing

// Make `function` the code's native function: calls of tier 1 go there (the opcode byte of its
// first word becomes NATIVE; what stood there is in Code.entry_op), and so do native callers.
// `data`, collector's memory (rt_raw_new), is what must live as long as the code may run; each
// activation keeps it alive by having its address in its C frame. The code has at most
// NATIVE_ARGUMENTS_MAX parameters.
void t1_native_install(VM *vm, Code *code, Native *function, void *data);
// Back to interpretation: for exclusion, invalidation, eviction. Activations that run are not
// touched.
void t1_native_remove(VM *vm, Code *code);
// A watched fact on which installed code depends is no longer true, its code has been removed:
// native frames must not go on. The innermost native function of each evaluation leaves when
// anything that may have run other code returns to it: a call, t1_native_result,
// t1_native_set_global.
void t1_native_unwind_all(VM *vm);
// The cell of the fact that receivers of a key (runtime/send.h; a behaviour: sends to super from
// there) understand a selector as they do now: its value is that procedure, VALUE_FALSE when there
// is none, VALUE_NONE when nothing can be taken for granted. To be relied on like a variable.
Cell *t1_send_fact(VM *vm, Value key, Value selector);
// The same of the fact that objects are what they are: that none has become another, or a record of
// another type. Code that has objects, or what is known of them, as constants relies on it.
Cell *t1_objects_fact(VM *vm);
// Called when the value of a cell changed that t1_watch_native was told of. NULL: none.
extern void (*t1_native_invalidated)(VM *vm, void *data);
// Called when no native frame is on the stack, now and then; NULL: none.
extern void (*t1_native_idle)(VM *vm);
// How often exits were taken at the word `pc` of a code for a reason; saturates at 255.
unsigned t1_exit_count(const Code *code, uint32_t pc, ExitReason reason);
// Called after each exit has been counted, before it is carried out: the maker may decide to make
// the code again. NULL: none.
extern void (*t1_native_exited)(VM *vm, const ExitDescriptor *exit);
// Called with a function's `data` when a frame of it was unwound because the program wanted its
// frames (a capture, a raise), or when it calls a continuation. A function of which that is true
// often is better off in tier 1, where the rest of it runs in any case. `kept` false: an escape
// has discarded the frame, which costs less, but more than in tier 1. NULL: none.
extern void (*t1_native_unwound)(VM *vm, void *data, bool kept);

#endif
