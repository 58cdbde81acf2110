// Inside of the CEK: addresses of variables.
#ifndef KILN_VM_CEK_INT_H
#define KILN_VM_CEK_INT_H

#include "vm/core.h"

// Give each variable of a lowered top-level lambda its place, and each Local its distance: every
// activation, Let and Fix makes one rib, whose slots are its variables in order. False: nested too
// deeply, condition set.
[[nodiscard]] bool vm_cek_address(VM *vm, Lambda *top);

#endif
