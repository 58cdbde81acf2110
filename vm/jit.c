// Primitives of (kiln sx jit): control of the tier that compiles what is hot, and insight into it
// (vm/tier.h). They answer in every mode: where nothing is compiled they say so.
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/list.h"
#include "runtime/string.h"
#include "runtime/symbol.h"
#include "vm/tier.h"

PrimitiveFn0 vm_prim_jit_stats, vm_prim_jit_report, vm_prim_jit_exclusions, vm_prim_jit_reset,
    vm_prim_jit_wait;
PrimitiveFn1 vm_prim_explain;
PrimitiveFn2 vm_prim_jit_exclude;

Value vm_prim_jit_stats(VM *vm) {
    Value mode[2] = {rt_intern(vm, "mode"), rt_intern(vm, vm->tier->name)};
    Value rest = vm_jit_control ? vm_jit_control->stats(vm) : VALUE_NULL;
    return rt_cons(vm, mode[0], rt_cons(vm, mode[1], rest));
}

Value vm_prim_jit_report(VM *vm) {
    return vm_jit_control ? vm_jit_control->report(vm) : VALUE_NULL;
}

Value vm_prim_explain(VM *vm, Value procedure) {
    if (value_is_primitive(procedure))
        return rt_list(vm, 1, rt_string_from_c(vm, "a primitive, written in C"));
    if (!value_is_closure(procedure))
        return rt_fail_type(vm, 1, "procedure", procedure);
    if (vm_jit_control)
        return vm_jit_control->explain(vm, procedure);
    return rt_list(vm, 1, rt_string_from_c(vm, "this Kiln has no compiler to machine code"));
}

// A closure, or a name: a symbol or string.
Value vm_prim_jit_exclude(VM *vm, Value what, Value exclude) {
    if (value_is_symbol(what))
        what = value_symbol(what)->name;
    if (!value_is_closure(what) && !value_is_string(what))
        return rt_fail_type(vm, 1, "procedure or name", what);
    if (value_is_string(what) && string_length(what) == 0)
        return rt_fail_range(vm, 1, "name that is not empty", what);
    if (vm_jit_control)
        vm_jit_control->exclude(vm, what, exclude != VALUE_FALSE);
    return VALUE_UNSPECIFIED;
}

Value vm_prim_jit_exclusions(VM *vm) {
    return vm_jit_control ? vm_jit_control->exclusions(vm) : VALUE_NULL;
}

Value vm_prim_jit_reset(VM *vm) {
    if (vm_jit_control)
        vm_jit_control->reset(vm);
    return VALUE_UNSPECIFIED;
}

Value vm_prim_jit_wait(VM *vm) {
    if (vm_jit_control)
        vm_jit_control->wait(vm);
    return VALUE_UNSPECIFIED;
}
