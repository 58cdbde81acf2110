// struct VM: everything a running virtual machine owns.
//
// Duty: the one structure that all folders share. It lies in memory that the collector scans, so
// any Value or pointer in it keeps its object alive. Each group of fields names its owner; the
// parts of vm/ and the tiers hang behind pointers, because the runtime knows no program.
//
// A process has one heap (libgc) and at most one VM at a time on a thread; VMs may follow one
// another (rt_vm_create after rt_vm_destroy).
#ifndef KILN_RUNTIME_STATE_H
#define KILN_RUNTIME_STATE_H

#include "runtime/object.h"
#include "runtime/primitive.h"
#include <stdatomic.h>

enum { HEAP_SIZE_CLASSES = 17 }; // objects of 16, 32, … 256 bytes have free lists; index bytes/16

enum {                  // bits of vm->interrupts, polled by the evaluators at calls and back edges
    INTERRUPT_USER = 1, // Ctrl-C
    INTERRUPT_MEMORY = 2,    // the heap passed its limit
    INTERRUPT_TIMER = 4,     // a deadline passed
    INTERRUPT_HOST = 8,      // the host asked to stop
    INTERRUPT_LIMIT = 16,    // a limit of the program may be over (interrupt.h)
    INTERRUPT_TIER = 128,    // a tier has something to do on the program's thread (rt_tier_event)
    INTERRUPT_CHANNEL = 256, // a session's channel has something to do (channel.h)
    INTERRUPT_CANCEL = 512,  // the request that runs is cancelled
    INTERRUPT_EVENTS = 31 | INTERRUPT_TIER | INTERRUPT_CHANNEL | INTERRUPT_CANCEL,
    // Modes: they stay while every call is wanted (interrupt.h).
    INTERRUPT_STEPS = 32, // steps are counted
    INTERRUPT_TRACE = 64, // calls are traced
};

enum { NATIVE_ARGUMENTS_MAX = 64, NATIVE_EXIT_VALUES = 1024 };

// The dynamic environment; a continuation saves it and brings it back. Immutable, shared.
typedef struct Dynamic { // a TYPE_VECTOR of three, so that SX can build it
    Value handlers;      // list of exception handlers, innermost first
    Value parameters;    // list of (parameter . box), innermost first
    Value winders;       // list of #(before after dynamic), innermost first
} Dynamic;

struct SourceTable; // source.h
struct SymbolTable; // symbol.h
struct Language;    // vm/: libraries, environments, macros
struct Tier;        // vm/tier.h
struct PortState;   // port.h
struct Sends;       // send.c

typedef struct VM {
    // heap.c: free lists by size class, popped inline. Pairs are tracked, class 1.
    void *free_tracked[HEAP_SIZE_CLASSES];
    void *free_loose[HEAP_SIZE_CLASSES];
    void *free_atomic[HEAP_SIZE_CLASSES];

    uint8_t *cards; // rt_heap_cards (heap.h), for machine code

    // fail.c: the pending condition of a primitive that returned VALUE_FAILURE
    Value condition;

    // evaluators
    // INTERRUPT_*. Changed by rt_interrupt_set and rt_interrupt_clear alone, which keep
    // native_limit.
    _Atomic unsigned interrupts;
    Value limits; // interrupt.c: those in force, innermost first
    struct LimitTimer *limit_timer;
    Value trace;              // vm/trace.c: the trace under way, a vector; else VALUE_NONE
    struct StackState *stack; // state.c: the C stack of its own
    char *stack_limit;        // C code that recurses fails with rt_fail_depth below it
    Value dynamic;            // current dynamic environment: a vector, see Dynamic
    Value uncaught_backtrace; // calls under way when an object that is no condition went unhandled
    Value raise_hook;         // SX procedure of one argument that raises a primitive's condition
    Value rewind_hook; // SX procedure (procedure winders arguments): leaves and enters extents of
                       // dynamic-wind until these winders are in force, then makes the call
    Value exit_status; // set by %exit: what the host should exit with; VALUE_NONE: not asked

    // names
    struct SymbolTable *symbols;
    Value *primitive_objects; // one a row of primitives.def

    // source.c: names and texts of everything read, for positions
    struct SourceTable *sources;

    // record types of conditions (fail.h), in the order of ConditionKind
    Value condition_types[32];

    struct PortState *ports;
    struct Channels *channels; // channel.c: those of sessions; NULL: none yet
    struct Sends *sends;
    uint64_t send_epoch; // send.h: of the entries that hold; from 1
    struct Language *language;
    struct Tier *tier;
    void *tier_state;
    // tiers 1 and 2: the innermost frame on the VM stack, as of the last time that C code was
    // called; where a call finds the stack too short
    Value *frame_base, *frame_limit;

    // native code (tier1/native.h)
    // A function whose C frame would begin below native_limit does not begin. It is native_end,
    // where the C stack is short, or while interrupts wait the highest address.
    _Atomic(char *) native_limit;
    char *native_end;
    Value *exit_values;      // [NATIVE_EXIT_VALUES] what an exit hands over
    Value *unwind_top;       // next free word of the unwind buffer
    uint64_t unwind_keep;    // whether the frames that are unwound are kept (1) or thrown away (0)
    void *native_site;       // where t1_native_apply is called: a Code, NULL: not given
    uint64_t native_site_pc; // word index after the call's instruction, and NATIVE_TAIL
    Value native_arguments[NATIVE_ARGUMENTS_MAX]; // those that are not in registers

    uint64_t exit_countdown; // tests: guards until one fails on purpose (tier2/policy.c)

    // kiln.c: the embedding's own structure
    struct Kiln *host;

    // the program
    Value command_line; // list of strings
    size_t heap_limit;  // bytes; passing it sets INTERRUPT_MEMORY
    uint64_t gensym_counter;
    Value roots[16]; // for modules that need a root and have no structure of their own
} VM;

// Make a VM, the process's heap at the first call. NULL when memory is short.
VM *rt_vm_create(void);
// End it: closes and flushes its ports, lets its heap go. Values of it are dead.
void rt_vm_destroy(VM *vm);

// Run fn(vm, arg) on the VM's own large C stack (grown lazily, with a guard page); answers when fn
// returns. Nested calls run on the stack they are on.
void rt_stack_run(VM *vm, void (*fn)(VM *vm, void *arg), void *arg);

// Make the dynamic environment that of a nested evaluation: handlers and winders of the evaluation
// around it, which is suspended, are out of its reach; parameters keep their values. Its caller
// puts vm->dynamic back.
void rt_dynamic_isolate(VM *vm);

// True when the C stack is too short for another level of recursion: the caller fails with
// rt_fail_depth.
static inline bool rt_stack_low(const VM *vm) {
    return (char *)__builtin_frame_address(0) < vm->stack_limit;
}

#endif
