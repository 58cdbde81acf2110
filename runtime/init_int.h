// Set-up of the runtime's parts, called by rt_vm_create in this order.
#ifndef KILN_RUNTIME_INIT_INT_H
#define KILN_RUNTIME_INIT_INT_H

#include "runtime/state.h"

void rt_symbols_init(VM *vm);
void rt_sources_init(VM *vm);
void rt_sends_init(VM *vm);
void rt_conditions_init(VM *vm);
void rt_dynamic_init(VM *vm);
void rt_ports_init(VM *vm);
// Flush and close every port of the VM, the standard ones flushed only. Failures were reported by
// rt_ports_flush_all, if the host asked.
void rt_ports_close_all(VM *vm);

#endif
