// The dynamic environment, raising, multiple values: what the evaluators share of control.
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/init_int.h"
#include "runtime/record.h"
#include "runtime/string.h"
#include "runtime/vector.h"

enum { DYNAMIC_FIELDS = sizeof(Dynamic) / sizeof(Value) };

void rt_dynamic_init(VM *vm) {
    vm->uncaught_backtrace = VALUE_NULL;
    vm->dynamic = rt_vector_new(vm, DYNAMIC_FIELDS, VALUE_NULL);
}

void rt_dynamic_isolate(VM *vm) {
    const Dynamic *outer = (const Dynamic *)value_vector(vm->dynamic)->item;
    if (outer->handlers == VALUE_NULL && outer->winders == VALUE_NULL)
        return;
    const Dynamic inner = {
        .handlers = VALUE_NULL, .parameters = outer->parameters, .winders = VALUE_NULL};
    vm->dynamic = rt_vector_from_array(vm, (const Value *)&inner, DYNAMIC_FIELDS);
}

Value rt_prim_dynamic(VM *vm) { return vm->dynamic; }

Value rt_prim_set_dynamic(VM *vm, Value dynamic) {
    if (!value_is_vector(dynamic) || vector_length(dynamic) != DYNAMIC_FIELDS)
        return rt_fail_type(vm, 1, "dynamic environment", dynamic);
    vm->dynamic = dynamic;
    return VALUE_UNSPECIFIED;
}

// A new dynamic environment in force; the old one.
static Value replace_dynamic(VM *vm, Dynamic inner) {
    Value old = vm->dynamic;
    vm->dynamic = rt_vector_from_array(vm, (const Value *)&inner, DYNAMIC_FIELDS);
    return old;
}
static Dynamic current(const VM *vm) { return *(const Dynamic *)value_vector(vm->dynamic)->item; }

Value rt_prim_push_handlers(VM *vm, Value handlers) {
    if (!value_is_pair(handlers) && handlers != VALUE_NULL)
        return rt_fail_type(vm, 1, "list", handlers);
    Dynamic d = current(vm);
    d.handlers = handlers;
    return replace_dynamic(vm, d);
}

Value rt_prim_push_binding(VM *vm, Value parameter, Value value) {
    Dynamic d = current(vm);
    d.parameters = rt_cons(vm, rt_cons(vm, parameter, rt_box(vm, value)), d.parameters);
    return replace_dynamic(vm, d);
}

Value rt_prim_push_winder(VM *vm, Value before, Value after) {
    Dynamic d = current(vm);
    const Value winder[] = {before, after, vm->dynamic};
    d.winders = rt_cons(vm, rt_vector_from_array(vm, winder, 3), d.winders);
    return replace_dynamic(vm, d);
}

Value rt_prim_set_raise_hook(VM *vm, Value procedure) {
    if (!value_is_procedure(procedure))
        return rt_fail_type(vm, 1, "procedure", procedure);
    vm->raise_hook = procedure;
    return VALUE_UNSPECIFIED;
}

Value rt_prim_set_rewind_hook(VM *vm, Value procedure) {
    if (!value_is_procedure(procedure))
        return rt_fail_type(vm, 1, "procedure", procedure);
    vm->rewind_hook = procedure;
    return VALUE_UNSPECIFIED;
}

Value rt_prim_values(VM *vm, int argc, const Value *argv) {
    if (argc == 1)
        return argv[0];
    Values *v = rt_object_new(vm, TYPE_VALUES, 0, (uint32_t)argc, (size_t)argc * sizeof(Value));
    for (int i = 0; i < argc; i++)
        FRESH(v->item[i]) = argv[i];
    return value_from_pointer(v);
}

Value rt_prim_raise(VM *vm, Value object) { return rt_fail_raise(vm, object); }

Value rt_prim_error(VM *vm, int argc, const Value *argv) {
    Value irritants = VALUE_NULL;
    for (int i = argc - 1; i > 0; i--)
        irritants = rt_cons(vm, argv[i], irritants);
    return rt_fail_raise(vm,
                         rt_condition_new(vm, CONDITION_ERROR, argv[0], irritants, VALUE_FALSE));
}

Value rt_prim_condition_type(VM *vm, Value name) {
    if (!value_is_symbol(name))
        return rt_fail_type(vm, 1, "symbol", name);
    for (int i = 0; i < CONDITION_KINDS; i++)
        if (value_record_type(vm->condition_types[i])->name == name)
            return vm->condition_types[i];
    return rt_fail_range(vm, 1, "name of a condition type", name);
}

Value rt_prim_wrong_type(VM *vm, Value who, Value argument, Value expected, Value got) {
    if (!value_is_symbol(who))
        return rt_fail_type(vm, 1, "symbol", who);
    if (!value_is_fixnum(argument))
        return rt_fail_type(vm, 2, "index", argument);
    if (!value_is_string(expected))
        return rt_fail_type(vm, 3, "string", expected);
    const char *text = rt_string_to_utf8(vm, expected, NULL);
    if (!text)
        return VALUE_FAILURE;
    rt_fail_type(vm, (int)value_fixnum(argument), text, got);
    rt_condition_set_field(vm->condition, CONDITION_FIELD_WHO, who);
    return VALUE_FAILURE;
}

Value rt_prim_note_uncaught(VM *vm, Value backtrace) {
    vm->uncaught_backtrace = backtrace;
    return VALUE_UNSPECIFIED;
}

Value rt_prim_is_condition(VM *vm, Value v) {
    return value_from_bool(rt_is_condition(vm, v, CONDITION_CONDITION));
}

Value rt_prim_condition_text(VM *vm, Value v) { return rt_condition_text(vm, v); }

Value rt_prim_is_procedure(VM *vm, Value v) { return value_from_bool(value_is_procedure(v)); }
