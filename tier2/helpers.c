// C functions that compiled code calls. See helpers.h.
#include "tier2/helpers.h"
#include "runtime/interrupt.h"
#include "runtime/settings.h"

bool t2_help_poll(VM *vm) {
    rt_interrupt_tier(vm);
    return atomic_load_explicit(&vm->interrupts, memory_order_relaxed) == 0;
}

bool t2_help_hot(VM *vm, const T2NativeHead *data) {
    return t2_policy_is_hot(vm, data->version, data);
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

// What a primitive answers that is called with arguments in registers; VALUE_FAILURE: tier 1 is to
// call it. That is right for those that are done over when they fail.
static Value call_primitive(VM *vm, Value callee, int argc, const Value *argv) {
    const Primitive *p = value_primitive(callee)->row;
    if (argc > NATIVE_ARGUMENTS || argc < p->min || (p->max >= 0 && argc > p->max) ||
        p->effects & (FX_WRITE | FX_RUNS | FX_CAPTURE) || p->control != CONTROL_NONE ||
        atomic_load_explicit(&vm->interrupts, memory_order_relaxed))
        return VALUE_FAILURE;
    if (argc == 2 && p->binary)
        return p->binary(vm, argv[0], argv[1]);
    switch (p->fixed) {
    case 0:
        return p->fn.f0(vm);
    case 1:
        return p->fn.f1(vm, argv[0]);
    case 2:
        return p->fn.f2(vm, argv[0], argv[1]);
    case 3:
        return p->fn.f3(vm, argv[0], argv[1], argv[2]);
    case 4:
        return p->fn.f4(vm, argv[0], argv[1], argv[2], argv[3]);
    default:
        return p->fn.fv(vm, argc, argv);
    }
}

[[gnu::noinline]] static Value try_primitive(VM *vm, Value callee, Code *code, Value a0, Value a1,
                                             Value a2, Value a3, Value a4, Value a5) {
    const Value argv[NATIVE_ARGUMENTS] = {a0, a1, a2, a3, a4, a5};
    return call_primitive(vm, callee, (int)(uintptr_t)code, argv);
}

__attribute__((preserve_none)) Value t2_help_apply(NATIVE_PARAMETERS) {
    if (value_is_primitive(closure)) {
        Value result = try_primitive(vm, closure, code, a0, a1, a2, a3, a4, a5);
        if (result != VALUE_FAILURE) {
            vm->native_site = NULL;
            return result;
        }
    }
    [[clang::musttail]] return t1_native_apply(vm, closure, code, a0, a1, a2, a3, a4, a5);
}
