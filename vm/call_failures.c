// Failures of calls and variables. See call_failures.h.
#include "vm/call_failures.h"
#include "runtime/fail.h"
#include "runtime/list.h"
#include "runtime/string.h"
#include "runtime/symbol.h"
#include "vm/expand.h"
#include "vm/language.h"
#include "vm/suggest.h"

Value vm_lambda_who(VM *vm, const Lambda *lambda) {
    if (value_is_symbol(lambda->name))
        return lambda->name;
    if (lambda->position == 0)
        return rt_intern(vm, "procedure");
    StringBuilder b;
    rt_builder_init(&b, vm);
    Position p = lambda->position;
    rt_builder_format(&b, "procedure at %s:%u:%u", rt_source_name(vm, position_source(p)),
                      position_line(p), position_column(p));
    return rt_intern_string(vm, rt_builder_finish(&b));
}

// Names that code of the cell's environment can see.
static Value visible_names(VM *vm, const Cell *cell) {
    if (value_is_environment(cell->home))
        return vm_environment_names(vm, cell->home);
    if (!value_is_pair(cell->home))
        return VALUE_NULL;
    Value condition = vm->condition, environment = vm_library(vm, cell->home);
    vm->condition = condition;
    return environment == VALUE_FAILURE ? VALUE_NULL : vm_environment_names(vm, environment);
}

void vm_fail_unbound(VM *vm, Value cell, const char *prefix) {
    Value name = value_cell(cell)->name, near = VALUE_FALSE;
    if (value_is_symbol(name))
        near = vm_suggest(vm, visible_names(vm, value_cell(cell)), name);
    StringBuilder b;
    rt_builder_init(&b, vm);
    rt_builder_c(&b, prefix);
    rt_builder_c(&b, "unbound variable: ");
    if (value_is_symbol(name))
        rt_builder_string(&b, value_symbol(name)->name);
    if (near != VALUE_FALSE) {
        rt_builder_c(&b, "; did you mean ");
        rt_builder_string(&b, value_symbol(near)->name);
        rt_builder_c(&b, "?");
    }
    vm->condition =
        rt_condition_new(vm, CONDITION_UNBOUND, rt_builder_finish(&b), VALUE_NULL, VALUE_FALSE);
}
