// C functions that compiled code calls. See helpers.h.
#include "tier2/helpers.h"
#include "runtime/interrupt.h"
#include "runtime/settings.h"

bool t2_help_poll(VM *vm) {
    rt_interrupt_tier(vm);
    return atomic_load_explicit(&vm->interrupts, memory_order_relaxed) == 0;
}

bool t2_help_capture(VM *vm) {
    static uint64_t entries;
    // Not twice in a row: the call that was unwound is made again.
    uint64_t interval = rt_setting_number(SETTING_CAPTURE_AT, 1);
    if (++entries % (interval > 1 ? interval : 2) != 0)
        return false;
    t1_native_unwind_all(vm);
    return true;
}
