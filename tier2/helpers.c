// C functions that compiled code calls. See helpers.h.
#include "tier2/helpers.h"
#include "runtime/interrupt.h"

bool t2_help_poll(VM *vm) {
    rt_interrupt_tier(vm);
    return atomic_load_explicit(&vm->interrupts, memory_order_relaxed) == 0;
}
