// Inside of the CEK: addresses of variables, constant closures.
#ifndef KILN_VM_CEK_INT_H
#define KILN_VM_CEK_INT_H

#include "vm/core.h"

// Give each variable of a lowered top-level lambda its place, and each Local its distance: every
// activation, Let and Fix makes one rib, whose slots are its variables in order. False: nested too
// deeply, condition set.
//
// Closures without free values are constants: a lambda expression that needs nothing of its
// surroundings, but for variables bound to such closures, answers the same object each time. That
// is so in every tier, for a program can tell by eq?. What is found constant has CEK_CONSTANT as
// its Lambda.code, later the closure.
[[nodiscard]] bool vm_cek_address(VM *vm, Lambda *top);
extern const char vm_cek_constant;
#define CEK_CONSTANT ((void *)&vm_cek_constant)

#endif
