// The registry of guests, and the primitives that their front ends need of the expander: sources,
// positions, environments.
#include "vm/guest.h"
#include "runtime/fail.h"
#include "runtime/list.h"
#include "runtime/source.h"
#include "runtime/string.h"
#include "runtime/symbol.h"
#include "runtime/vector.h"
#include "vm/expand.h"
#include "vm/language.h"
#include "vm/tier.h"
#include <string.h>

static const Guests *registered;

void vm_guests_register(const Guests *guests) { registered = guests; }

static const GuestText *find(const GuestText *row, const char *name) {
    for (; row && row->name; row++)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

const GuestText *vm_guest_library(const char *name) {
    return registered ? find(registered->libraries, name) : NULL;
}

const GuestFile *vm_guest_of_file(const char *path) {
    const char *dot = strrchr(path, '.');
    if (!registered || !dot)
        return NULL;
    for (const GuestFile *row = registered->files; row->extension; row++)
        if (strcmp(row->extension, dot) == 0)
            return row;
    return NULL;
}

const GuestFile *vm_guest_file_at(int i) {
    return registered && registered->files[i].extension ? &registered->files[i] : NULL;
}

const Command *vm_guest_command_at(int i) {
    return registered && registered->commands[i].name ? &registered->commands[i] : NULL;
}

// "(kiln smalltalk)" as a list of symbols.
Value vm_guest_library_name(VM *vm, const char *text) {
    Value name = VALUE_NULL;
    const char *end = text + strlen(text) - 1;
    while (end > text) {
        const char *start = end;
        while (start[-1] != '(' && start[-1] != ' ')
            start--;
        Value part = rt_string_from_utf8(vm, start, (size_t)(end - start));
        name = rt_cons(vm, rt_intern_string(vm, part), name);
        end = start - 1;
    }
    return name;
}

Value vm_eval_importing(VM *vm, const char *const *libraries, Value form) {
    Value environment = vm_environment_new_program(vm);
    if (environment == VALUE_FAILURE)
        return VALUE_FAILURE;
    for (; *libraries; libraries++) {
        Value import =
            rt_list(vm, 2, rt_intern(vm, "import"), vm_guest_library_name(vm, *libraries));
        if (vm_eval_form(vm, import, environment, NULL) == VALUE_FAILURE)
            return VALUE_FAILURE;
    }
    return vm_eval_form(vm, form, environment, NULL);
}

Value vm_guest_run(VM *vm, const GuestFile *guest, const char *path) {
    Value file = rt_string_from_c(vm, path);
    if (file == VALUE_FAILURE)
        return VALUE_FAILURE;
    const char *const libraries[] = {guest->library, NULL};
    return vm_eval_importing(vm, libraries, rt_list(vm, 2, rt_intern(vm, guest->procedure), file));
}

// ---- primitives

PrimitiveFn0 vm_prim_program_environment, vm_prim_new_positions;
PrimitiveFn1 vm_prim_guest_text, vm_prim_closure_arity, vm_prim_source_name;
PrimitiveFn2 vm_prim_new_source, vm_prim_located_form;
PrimitiveFn4 vm_prim_set_position;

Value vm_prim_guest_text(VM *vm, Value name) {
    if (!value_is_string(name))
        return rt_fail_type(vm, 1, "string", name);
    const char *text = rt_string_to_utf8(vm, name, NULL);
    if (!text)
        return VALUE_FAILURE;
    const GuestText *row = registered ? find(registered->texts, text) : NULL;
    return row ? rt_string_from_c(vm, (const char *)row->text) : VALUE_FALSE;
}

Value vm_prim_program_environment(VM *vm) { return vm_environment_new_program(vm); }

Value vm_prim_new_source(VM *vm, Value name, Value text) {
    if (!value_is_string(name))
        return rt_fail_type(vm, 1, "string", name);
    if (!value_is_string(text) && text != VALUE_FALSE)
        return rt_fail_type(vm, 2, "string or #f", text);
    const char *c = rt_string_to_utf8(vm, name, NULL);
    return c ? value_from_fixnum(rt_source_add(vm, c, text)) : VALUE_FAILURE;
}

Value vm_prim_source_name(VM *vm, Value source) {
    if (!value_is_fixnum(source) || value_fixnum(source) < 0 || value_fixnum(source) > UINT32_MAX)
        return rt_fail_type(vm, 1, "number of a source", source);
    return rt_string_from_c(vm, rt_source_name(vm, (uint32_t)value_fixnum(source)));
}

static Value positions_kind(VM *vm) { return rt_intern(vm, "positions"); }

Value vm_positions_object(VM *vm, SourceMap *map) {
    Foreign *f = rt_object_new(vm, TYPE_FOREIGN, 0, 0, sizeof *f);
    f->kind = positions_kind(vm);
    f->pointer = map;
    return value_from_pointer(f);
}

Value vm_prim_new_positions(VM *vm) { return vm_positions_object(vm, rt_source_map_new(vm)); }

static SourceMap *map_of(VM *vm, Value positions) {
    bool is = value_is_foreign(positions) && value_foreign(positions)->kind == positions_kind(vm);
    return is ? value_foreign(positions)->pointer : NULL;
}

// The place is line << 16 | column, as in conditions.
Value vm_prim_set_position(VM *vm, Value positions, Value pair, Value source, Value place) {
    SourceMap *map = map_of(vm, positions);
    if (!map)
        return rt_fail_type(vm, 1, "positions", positions);
    if (!value_is_pair(pair))
        return rt_fail_type(vm, 2, "pair", pair);
    Position p = rt_position_from_value(rt_cons(vm, source, place));
    if (!p)
        return rt_fail_type(vm, 3, "number of a source", source);
    rt_source_map_add(vm, map, pair, p, p);
    return pair;
}

Value vm_prim_located_form(VM *vm, Value form, Value positions) {
    SourceMap *map = map_of(vm, positions);
    return map ? vm_located_form(vm, form, map) : rt_fail_type(vm, 2, "positions", positions);
}

Value vm_prim_closure_arity(VM *vm, Value procedure) {
    if (!value_is_procedure(procedure))
        return rt_fail_type(vm, 1, "procedure", procedure);
    const Lambda *lambda = value_is_closure(procedure) ? vm->tier->closure_lambda(procedure) : NULL;
    return lambda ? value_from_fixnum(lambda->required) : VALUE_FALSE;
}
