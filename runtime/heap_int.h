// What state.c needs of the heap, and nobody else.
#ifndef KILN_RUNTIME_HEAP_INT_H
#define KILN_RUNTIME_HEAP_INT_H

#include "runtime/state.h"

// Memory for a VM, scanned and never collected; sets the heap up at the first call. NULL: no
// memory.
VM *rt_heap_new_vm(void);
void rt_heap_free_vm(VM *vm);
// Which VM's free lists the collector drops; sets its heap limit.
void rt_heap_attach(VM *vm);
void rt_heap_detach(void);

#endif
