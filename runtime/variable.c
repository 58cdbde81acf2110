// Boxes that hold assigned variables (primitives/variables.def).
#include "runtime/fail.h"
#include "runtime/heap.h"

Value rt_prim_make_variable_box(VM *vm, Value v) {
    Box *box = rt_object_new(vm, TYPE_BOX, 0, 0, sizeof *box);
    FRESH(box->value) = v;
    return value_from_pointer(box);
}

Value rt_prim_variable_box_ref(VM *vm, Value box) {
    if (!value_is_box(box))
        return rt_fail_type(vm, 1, "box", box);
    return value_box(box)->value;
}

Value rt_prim_variable_box_ref_checked(VM *vm, Value box, Value name) {
    if (!value_is_box(box))
        return rt_fail_type(vm, 1, "box", box);
    Value v = value_box(box)->value;
    if (v == VALUE_UNBOUND)
        return rt_fail_at(vm, CONDITION_UNBOUND, 0, VALUE_FALSE, rt_cons(vm, name, VALUE_NULL),
                          "variable used before its initialisation:");
    return v;
}

Value rt_prim_variable_box_set(VM *vm, Value box, Value v) {
    if (!value_is_box(box))
        return rt_fail_type(vm, 1, "box", box);
    rt_heap_store(&value_box(box)->value, v);
    return VALUE_UNSPECIFIED;
}
