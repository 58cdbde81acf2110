// Failures of calls and variables: what every tier says in the same words.
#ifndef KILN_VM_CALL_FAILURES_H
#define KILN_VM_CALL_FAILURES_H

#include "vm/core.h"

// Makes vm->condition: unbound variable: NAME; did you mean OTHER?     prefix: "" or "set!: "
void vm_fail_unbound(VM *vm, Value cell, const char *prefix);

// The name in a message, a symbol: of an anonymous procedure its place.
Value vm_lambda_who(VM *vm, const Lambda *lambda);

#endif
