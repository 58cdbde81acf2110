// Reports: how a failure is shown to a user.
//
//     prog.sx:3:7: error: car: argument 1: expected pair, got 5
//         3 |   (car x)
//           |   ^
//       in first-of at prog.sx:3:3
//       in main at prog.sx:9:1
#ifndef KILN_VM_REPORT_H
#define KILN_VM_REPORT_H

#include "runtime/source.h"
#include "runtime/state.h"

// Report of an unhandled condition, or of any raised object: a string Value that ends in a newline.
// `colour`: with terminal escapes.
Value vm_report(VM *vm, Value condition, bool colour);

// A top-level form at that place has failed with vm->condition. When nothing in it tells of a place
// outside of the built-in libraries (tail calls leave no trace), the form is added to its
// backtrace.
void vm_report_note_form(VM *vm, Position form);

// Is that place in one of the built-in libraries?
bool vm_is_built_in(VM *vm, Position position);

#endif
