// Tracing of calls (vm-trace): what is shown and how; each tier tells what it calls.
//
//   (fact 2)
//   | (fact 1)
//   | | (fact 0)
//   | | => 1
//   | => 1
//   => 2
//
// While vm->trace is set, so is INTERRUPT_TRACE, and each call comes to the tier's slow path. A
// call that is shown leaves a mark in the continuation, which knows the trace and the depth, and
// shows the value that passes it. A tail call is made from where its caller's mark is the innermost
// thing, so it leaves none of its own, and is shown in the caller's column: its value is the
// caller's. Tail calls therefore run in constant memory under trace as well.
#ifndef KILN_VM_TRACE_H
#define KILN_VM_TRACE_H

#include "vm/core.h"

// Is the call of this closure to be shown?
bool vm_trace_wants(VM *vm, Value closure, const Lambda *lambda);
// Show a call at a depth; what it calls in turn is one deeper.
void vm_trace_call(VM *vm, int64_t depth, const Lambda *lambda, uint32_t argc, const Value *argv);
// A value passes a mark of that trace and depth.
void vm_trace_return(VM *vm, Value trace, int64_t depth, Value value);
// Depth of a call that is not made in place of another.
int64_t vm_trace_depth(const VM *vm);
// A continuation was entered; its innermost mark of vm->trace has this depth (-1: it has none).
void vm_trace_jump(VM *vm, int64_t depth);

#endif
