// include, include-ci and cond-expand: forms that stand for other forms, in programs and in
// libraries.
#include "runtime/port.h"
#include "runtime/reader.h"
#include "runtime/string.h"
#include "runtime/symbol.h"
#include "vm/cache.h"
#include "vm/include_int.h"

PrimitiveFn0 rt_prim_features; // runtime/primitives/system.def

// ---- files

const char *vm_source_folder(VM *vm, uint32_t source) {
    const char *name = rt_source_name(vm, source);
    const char *slash = strrchr(name, '/');
    if (!slash)
        return "";
    size_t length = (size_t)(slash - name) + 1;
    char *folder = rt_raw_new_atomic(vm, length + 1);
    memcpy(folder, name, length);
    folder[length] = 0;
    return folder;
}

bool vm_path_is_sx(const char *path, bool otherwise) {
    size_t length = strlen(path);
    if (length > 3 && strcmp(path + length - 3, ".sx") == 0)
        return true;
    if (length > 4 &&
        (strcmp(path + length - 4, ".scm") == 0 || strcmp(path + length - 4, ".sld") == 0))
        return false;
    return otherwise;
}

Value vm_read_file(VM *vm, const char *path, bool sx, bool fold_case, SourceMap *map) {
    Value name = rt_string_from_c(vm, path);
    if (name == VALUE_FAILURE)
        return VALUE_FAILURE;
    Value port = rt_port_open_file(vm, name, PORT_INPUT | PORT_TEXTUAL, false);
    if (port == VALUE_FAILURE)
        return VALUE_FAILURE;
    if (fold_case)
        object_set_flags(value_object(port), port_flags(port) | PORT_FOLD_CASE);
    Reader reader;
    rt_reader_init(vm, &reader, port, sx ? READ_SX : READ_SCHEME);
    reader.source = rt_source_add(vm, path, VALUE_FALSE);
    reader.map = map;
    reader.literals = true;
    Value data = rt_read_all(vm, &reader);
    Value condition = vm->condition;
    if (!rt_port_close(vm, port) && data != VALUE_FAILURE)
        return VALUE_FAILURE;
    if (data == VALUE_FAILURE)
        vm->condition = condition;
    return data;
}

Value vm_include_forms(Expander *x, const Form *form) {
    VM *vm = x->vm;
    ptrdiff_t count = rt_list_length(form->datum);
    if (count < 2)
        return vm_bad_syntax(x, form), VALUE_FAILURE;
    bool fold_case = vm_form_name(form) == rt_intern(vm, "include-ci");
    Value forms = VALUE_NULL;
    for (Value rest = value_cdr(form->datum); rest != VALUE_NULL; rest = value_cdr(rest)) {
        if (!value_is_string(value_car(rest)))
            return vm_bad_part(x, form, rest, rt_list(vm, 1, value_car(rest)), "not a file name:"),
                   VALUE_FAILURE;
        size_t length;
        char *name = rt_string_to_utf8(vm, value_car(rest), &length);
        if (!name)
            return VALUE_FAILURE;
        const char *folder =
            name[0] == '/' ? "" : vm_source_folder(vm, position_source(form->position));
        size_t prefix = strlen(folder);
        char *path = rt_raw_new_atomic(vm, prefix + length + 1);
        memcpy(path, folder, prefix);
        memcpy(path + prefix, name, length + 1);
        if (!x->map)
            x->map = rt_source_map_new(vm);
        vm_cache_doubt(x);
        vm_cache_file(vm, path);
        Value data =
            vm_read_file(vm, path, vm_path_is_sx(path, x->environment->sx), fold_case, x->map);
        vm_cache_file(vm, path);
        if (data == VALUE_FAILURE) {
            // A file that is missing is an error of the include form; an error in the file has its
            // own place.
            if (rt_is_condition(vm, vm->condition, CONDITION_CONDITION) &&
                rt_condition_field(vm->condition, CONDITION_FIELD_POSITION) == VALUE_FALSE)
                rt_condition_set_field(vm->condition, CONDITION_FIELD_POSITION,
                                       rt_position_value(vm, vm_position_car(x, rest)));
            return VALUE_FAILURE;
        }
        forms = forms == VALUE_NULL ? data : rt_list_append(vm, forms, data);
    }
    return forms;
}

// ---- cond-expand

static bool has_feature(VM *vm, Value symbol) {
    for (Value list = rt_prim_features(vm); value_is_pair(list); list = value_cdr(list))
        if (value_car(list) == symbol)
            return true;
    return false;
}

int vm_feature_holds(Expander *x, const Form *form, Value pair) {
    VM *vm = x->vm;
    Value requirement = value_car(pair);
    if (rt_stack_low(vm)) {
        rt_fail_depth(vm);
        return -1;
    }
    if (value_is_identifier(requirement)) {
        Value symbol = vm_identifier_symbol(requirement);
        return rt_string_is(value_symbol(symbol)->name, "else") || has_feature(vm, symbol);
    }
    ptrdiff_t length = rt_list_length(requirement);
    if (length < 1 || !value_is_identifier(value_car(requirement)))
        goto bad;
    Value rest = value_cdr(requirement),
          name = value_symbol(vm_identifier_symbol(value_car(requirement)))->name;
    if (rt_string_is(name, "library") && length == 2) {
        Value library = vm_strip(vm, value_car(rest));
        bool exists = vm_library_exists(vm, library);
        vm_cache_doubt(x);
        vm_cache_library(vm, library, exists);
        return exists;
    }
    if (rt_string_is(name, "not") && length == 2) {
        int holds = vm_feature_holds(x, form, rest);
        return holds < 0 ? -1 : !holds;
    }
    bool all = rt_string_is(name, "and");
    if (!all && !rt_string_is(name, "or"))
        goto bad;
    for (; rest != VALUE_NULL; rest = value_cdr(rest)) {
        int holds = vm_feature_holds(x, form, rest);
        if (holds < 0 || holds != all)
            return holds;
    }
    return all;
bad:
    vm_bad_part(x, form, pair, rt_list(vm, 1, requirement), "not a feature requirement:");
    return -1;
}

Value vm_cond_expand_forms(Expander *x, const Form *form) {
    if (rt_list_length(form->datum) < 2)
        return vm_bad_syntax(x, form), VALUE_FAILURE;
    for (Value rest = value_cdr(form->datum); rest != VALUE_NULL; rest = value_cdr(rest)) {
        if (rt_list_length(value_car(rest)) < 1)
            return vm_bad_part(x, form, rest, VALUE_NULL,
                               "expected a clause (requirement form ...)"),
                   VALUE_FAILURE;
        int holds = vm_feature_holds(x, form, value_car(rest));
        if (holds < 0)
            return VALUE_FAILURE;
        if (holds)
            return value_cdr(value_car(rest));
    }
    return VALUE_NULL;
}
