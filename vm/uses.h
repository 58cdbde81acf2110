// What code refers to: primitives, global variables, facts it takes for granted (prim-check,
// deps-check).
//
// Duty: gathering it. Each tier reads its own code (Tier.uses) and tells what it finds; core is
// read here, for the CEK and for programs that are not run.
#ifndef KILN_VM_USES_H
#define KILN_VM_USES_H

#include "vm/core.h"

typedef enum UseKind {
    USE_PRIMITIVE, // of a primitive object
    USE_GLOBAL,    // of a cell: reads or calls it
    USE_ASSIGNED,  // defines or assigns it
    USE_WATCHED,   // takes for granted what it holds
    USE_PROCEDURE, // of a closure, which was the constant value of some variable
} UseKind;

typedef struct Uses Uses;

// `what` is a primitive object, a cell or a closure, as the kind says.
void vm_use(Uses *u, UseKind kind, Value what);
// A constant in code.
void vm_use_constant(Uses *u, Value v);
// All of a node. False: nested too deeply.
bool vm_uses_core(Uses *u, Node *node);
VM *vm_uses_vm(const Uses *u);

#endif
