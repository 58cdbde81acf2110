// Interrupts: what the polls of the evaluators find, and the limits a program sets itself.
//
// Duty: taking what has come; time and step limits (call-with-time-limit, call-with-step-limit).
//
// vm->interrupts has bits of two kinds. Events (INTERRUPT_EVENTS) are taken by whoever acts on
// them. Modes (INTERRUPT_STEPS, INTERRUPT_TRACE) stay for as long as something wants to see every
// call: with a bit set, each call and each turn of a loop takes the evaluators' slow path. So
// neither costs anything while it is off.
//
// A limit is a vector made by rt_prim_make_limit; those in force are the list vm->limits, innermost
// first. What enters and leaves them is dynamic-wind, so a limit does not count while control is
// outside. Time limits share one timer, whose signal (SIGRTMIN + 7, to the VM's thread) sets
// INTERRUPT_LIMIT; it is repeated until the limit has been dealt with, so that none is lost to a
// system call which begins just then. The bit alone says nothing: the clock decides.
//
// When a limit is exceeded, limit-exceeded is raised and its count begins anew: code that handles
// the condition inside of the limit has as much again, and at least what it takes to leave.
#ifndef KILN_RUNTIME_INTERRUPT_H
#define KILN_RUNTIME_INTERRUPT_H

#include "runtime/state.h"

// Set bits: from any thread, and from signal handlers. Native code, which polls native_limit, sees
// them at the next entry of a function. Answers the bits as they were.
static inline unsigned rt_interrupt_set(VM *vm, unsigned bits) {
    unsigned before = atomic_fetch_or(&vm->interrupts, bits);
    atomic_store(&vm->native_limit, (char *)UINTPTR_MAX);
    return before;
}
// Clear bits, on the VM's own thread.
void rt_interrupt_clear(VM *vm, unsigned bits);
// What INTERRUPT_TIER asks for. Called where a poll finds it; must not run SX code. NULL: nothing.
extern void (*rt_tier_event)(VM *vm);
// Does that, if it is asked for.
void rt_interrupt_tier(VM *vm);

typedef enum Interrupted {
    INTERRUPTED_NOT,
    INTERRUPTED_RAISE, // vm->condition is to be raised; the program may handle it and go on
    INTERRUPTED_HALT,  // the evaluation ends with vm->condition: the host's decision
} Interrupted;

// What a poll that found vm->interrupts set has to do. Takes one event; others stay for the next
// poll.
Interrupted rt_interrupt_take(VM *vm);

// Is a system call that was interrupted to be given up? Forgets the signals of limits that are not
// over.
bool rt_interrupt_waits(VM *vm);
// Give it up: VALUE_FAILURE, with the condition. What ends the whole evaluation is left to its next
// poll.
Value rt_interrupt_fail(VM *vm);

// Count one step against the limits in force. Called by polls that find INTERRUPT_STEPS.
void rt_limit_step(VM *vm);

// Limits and trace as they are, and as they were: for evaluations that are left in the middle.
typedef struct Modes {
    Value limits, trace;
} Modes;
static inline Modes rt_modes(const VM *vm) { return (Modes){vm->limits, vm->trace}; }
void rt_modes_restore(VM *vm, Modes modes);

void rt_interrupts_destroy(VM *vm);

#endif
