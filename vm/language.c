// Set-up of the language part of a VM, its environments, and the primitives of language.def.
#include "vm/language.h"
#include "runtime/assert.h"
#include "runtime/dict.h"
#include "runtime/port.h"
#include "runtime/printer.h"
#include "runtime/string.h"
#include "runtime/symbol.h"
#include "runtime/vector.h"
#include "vm/expand_int.h"
#include "vm/include_int.h"
#include "vm/tier.h"

// ---- set-up

// Names of macros and environments for the printer: what SX can see of the objects of vm/.
static Value object_name(VM *vm, Value object) {
    return value_is_macro(object) ? value_macro(object)->name : VALUE_FALSE;
}
static Value alias_symbol(VM *vm, Value alias) { return vm_identifier_symbol(alias); }

bool vm_language_init(VM *vm) {
    Language *l = rt_raw_new(vm, sizeof *l);
    vm->language = l;
    l->loading = VALUE_NULL;
    l->interaction = VALUE_NONE;
    l->folder = VALUE_FALSE;
#define X(field, name)                                                                             \
    l->prim.field = rt_primitive_find(name);                                                       \
    ASSERT(l->prim.field != NULL, "no primitive named %s", name);
    LANGUAGE_PRIMITIVES(X)
#undef X
    l->symbol.underscore = rt_intern(vm, "_");
    l->symbol.optional = rt_intern(vm, "&optional");
    l->symbol.key = rt_intern(vm, "&key");
    l->symbol.rest = rt_intern(vm, "&rest");
    l->symbol.other_keys = rt_intern(vm, "&allow-other-keys");
    l->symbol.keys = rt_keyword(vm, "keys");
    l->symbol.else_keyword = rt_keyword(vm, "else");
    vm->ports->closure_name = vm_closure_name;
    vm->ports->object_name = object_name;
    vm->ports->alias_symbol = alias_symbol;
    vm_libraries_init(vm);
    return true;
}

void vm_library_set_folder(VM *vm, const char *folder) {
    vm->language->folder = folder ? rt_string_from_c(vm, folder) : VALUE_FALSE;
}

void vm_library_set_program(VM *vm, const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash)
        return;
    size_t length = (size_t)(slash - path) + 1;
    char *folder = rt_raw_new_atomic(vm, length + 1);
    memcpy(folder, path, length);
    folder[length] = 0;
    vm_library_set_folder(vm, folder);
}

// ---- environments

// Libraries of R7RS; their bindings, and then those of (kiln sx), are what an interactive
// environment has.
static const char *const report_libraries[] = {
    "base", "case-lambda",     "char", "complex", "cxr",  "eval", "file",  "inexact", "lazy",
    "load", "process-context", "r5rs", "read",    "repl", "time", "write",
};

static Value library_name(VM *vm, const char *first, const char *second) {
    return rt_list(vm, 2, rt_intern(vm, first), rt_intern(vm, second));
}

static bool import_library(VM *vm, Environment *into, Value name) {
    Value form = rt_list(vm, 2, rt_intern(vm, "import"), name);
    return vm_import(vm, into, form, NULL, 0);
}

// Keywords that a top level needs before it has imported anything.
static void bind_core(VM *vm, Environment *environment, const char *name) {
    Value symbol = rt_intern(vm, name);
    IdentifierEntry *entry = vm_table_add(vm, &environment->scope->table, symbol);
    entry->item = vm_table_find(&vm->language->core->scope->table, symbol)->item;
}

static Environment *new_top_level(VM *vm, EnvironmentKind kind) {
    Environment *environment = vm_environment_new(vm, kind);
    bind_core(vm, environment, "import");
    bind_core(vm, environment, "define-library");
    return environment;
}

static bool import_report(VM *vm, Environment *environment) {
    for (size_t i = 0; i < sizeof report_libraries / sizeof *report_libraries; i++)
        if (!import_library(vm, environment, library_name(vm, "scheme", report_libraries[i])))
            return false;
    return true;
}

Value vm_environment_new_interactive(VM *vm, bool sx) {
    Environment *environment = new_top_level(vm, ENVIRONMENT_INTERACTIVE);
    Value value = value_from_pointer(environment);
    if (!import_report(vm, environment))
        return VALUE_FAILURE;
    if (sx && !import_library(vm, environment, library_name(vm, "kiln", "sx")))
        return VALUE_FAILURE;
    if (vm->language->interaction == VALUE_NONE)
        vm->language->interaction = value;
    return value;
}

Value vm_environment_new_program(VM *vm) {
    return value_from_pointer(new_top_level(vm, ENVIRONMENT_PROGRAM));
}

// ---- primitives: environments

PrimitiveFnV vm_prim_environment;
PrimitiveFn0 vm_prim_interaction_environment;
PrimitiveFn1 vm_prim_scheme_report_environment, vm_prim_null_environment, vm_prim_is_environment,
    vm_prim_environment_names, vm_prim_documentation;
PrimitiveFn2 vm_prim_macroexpand, vm_prim_pattern_vector, vm_prim_pattern_dict;
PrimitiveFn3 vm_prim_pattern_list;

Value vm_prim_environment(VM *vm, int argc, const Value *argv) {
    Environment *environment = vm_environment_new(vm, ENVIRONMENT_PROGRAM);
    Value form = rt_cons(vm, rt_intern(vm, "import"), rt_list_from_array(vm, argv, (size_t)argc));
    if (!vm_import(vm, environment, form, NULL, 0))
        return VALUE_FAILURE;
    environment->fixed = true;
    return value_from_pointer(environment);
}

Value vm_prim_interaction_environment(VM *vm) {
    Language *l = vm->language;
    if (l->interaction != VALUE_NONE)
        return l->interaction;
    return vm_environment_new_interactive(vm, false);
}

static bool check_version(VM *vm, Value version) {
    if (version == value_from_fixnum(5) || version == value_from_fixnum(7))
        return true;
    rt_fail_range(vm, 1, "5 or 7", version);
    return false;
}

Value vm_prim_scheme_report_environment(VM *vm, Value version) {
    if (!check_version(vm, version))
        return VALUE_FAILURE;
    Environment *environment = vm_environment_new(vm, ENVIRONMENT_PROGRAM);
    bool ok = version == value_from_fixnum(5)
                  ? import_library(vm, environment, library_name(vm, "scheme", "r5rs"))
                  : import_report(vm, environment);
    environment->fixed = true;
    return ok ? value_from_pointer(environment) : VALUE_FAILURE;
}

// The keywords of the report's libraries alone.
Value vm_prim_null_environment(VM *vm, Value version) {
    Value report = vm_prim_scheme_report_environment(vm, version);
    if (report == VALUE_FAILURE)
        return VALUE_FAILURE;
    const IdentifierTable *all = &value_environment(report)->scope->table;
    Environment *environment = vm_environment_new(vm, ENVIRONMENT_PROGRAM);
    for (uint32_t i = 0; i < all->count; i++) {
        const Binding *b = all->entry[i].item;
        // What is LAZY may be a macro or a procedure: the library's body tells.
        if (b->kind == BINDING_LAZY && !vm_library_force(vm, all->entry[i].item))
            return VALUE_FAILURE;
        if (b->kind == BINDING_FORM || b->kind == BINDING_MACRO)
            vm_table_add(vm, &environment->scope->table, all->entry[i].key)->item =
                all->entry[i].item;
    }
    environment->fixed = true;
    return value_from_pointer(environment);
}

Value vm_prim_is_environment(VM *vm, Value v) { return value_from_bool(value_is_environment(v)); }

Value vm_prim_environment_names(VM *vm, Value environment) {
    if (!value_is_environment(environment))
        return rt_fail_type(vm, 1, "environment", environment);
    return vm_environment_names(vm, environment);
}

// ---- primitives: source

PrimitiveFn1 vm_prim_load, vm_prim_is_identifier, vm_prim_identifier_to_symbol;

Value vm_prim_load(VM *vm, Value path) {
    if (!value_is_string(path))
        return rt_fail_type(vm, 1, "string", path);
    char *name = rt_string_to_utf8(vm, path, NULL);
    if (!name)
        return VALUE_FAILURE;
    SourceMap *map = rt_source_map_new(vm);
    Value data = vm_read_file(vm, name, vm_path_is_sx(name, true), false, map);
    if (data == VALUE_FAILURE)
        return VALUE_FAILURE;
    ListBuilder forms;
    rt_list_builder_init(&forms, vm);
    for (; value_is_pair(data); data = value_cdr(data))
        rt_list_builder_add(&forms, vm_located_form(vm, value_car(data), map));
    return forms.first;
}

Value vm_prim_is_identifier(VM *vm, Value v) { return value_from_bool(value_is_identifier(v)); }

Value vm_prim_identifier_to_symbol(VM *vm, Value identifier) {
    if (!value_is_identifier(identifier))
        return rt_fail_type(vm, 1, "identifier", identifier);
    return vm_identifier_symbol(identifier);
}

// ---- primitives: tools

Value vm_prim_macroexpand(VM *vm, Value datum, Value once) {
    Value environment = vm_prim_interaction_environment(vm);
    if (environment == VALUE_FAILURE)
        return VALUE_FAILURE;
    Scope *scope = value_environment(environment)->scope;
    Expander x = {
        .vm = vm, .language = vm->language, .environment = value_environment(environment)};
    if (once == VALUE_FALSE) {
        Form form;
        return vm_classify(&x, datum, 0, scope, &form) ? vm_strip(vm, form.datum) : VALUE_FAILURE;
    }
    Denotation d;
    if (!value_is_pair(datum) || !value_is_identifier(value_car(datum)))
        return datum;
    if (!vm_resolve(vm, scope, value_car(datum), &d))
        return VALUE_FAILURE;
    if (!d.binding || d.binding->kind != BINDING_MACRO)
        return datum;
    if (!vm_expand_macro(&x, value_macro(d.binding->macro), datum, scope, &datum))
        return VALUE_FAILURE;
    return vm_strip(vm, datum);
}

Value vm_prim_documentation(VM *vm, Value procedure) {
    if (value_is_primitive(procedure))
        return rt_string_from_c(vm, value_primitive(procedure)->row->doc);
    if (!value_is_procedure(procedure))
        return rt_fail_type(vm, 1, "procedure", procedure);
    if (!value_is_closure(procedure))
        return VALUE_FALSE;
    const Lambda *lambda = vm->tier->closure_lambda(procedure);
    return lambda && lambda->documentation != VALUE_NONE ? lambda->documentation : VALUE_FALSE;
}

// ---- primitives: patterns

// The user wrote a pattern, and no call.
static Value fail_pattern(VM *vm, ConditionKind kind, const char *expected, Value got) {
    return rt_fail_at(vm, kind, 0, rt_intern(vm, "pattern"), rt_cons(vm, got, VALUE_NULL),
                      "expected %s, got", expected);
}

Value vm_prim_pattern_list(VM *vm, Value v, Value count, Value open) {
    if (!value_is_fixnum(count))
        return rt_fail_type(vm, 2, "fixnum", count);
    int64_t left = value_fixnum(count);
    Value rest = v;
    for (; left > 0 && value_is_pair(rest); left--)
        rest = value_cdr(rest);
    if (left == 0 && (open != VALUE_FALSE || rest == VALUE_NULL))
        return v;
    char expected[64];
    snprintf(expected, sizeof expected, "list of %s%lld element%s",
             open != VALUE_FALSE ? "at least " : "", (long long)value_fixnum(count),
             value_fixnum(count) == 1 ? "" : "s");
    return fail_pattern(vm, CONDITION_TYPE, expected, v);
}

Value vm_prim_pattern_vector(VM *vm, Value v, Value count) {
    if (!value_is_fixnum(count))
        return rt_fail_type(vm, 2, "fixnum", count);
    if (value_is_vector(v) && (int64_t)vector_length(v) >= value_fixnum(count))
        return v;
    char expected[64];
    snprintf(expected, sizeof expected, "vector of at least %lld element%s",
             (long long)value_fixnum(count), value_fixnum(count) == 1 ? "" : "s");
    return fail_pattern(vm, value_is_vector(v) ? CONDITION_RANGE : CONDITION_TYPE, expected, v);
}

Value vm_prim_pattern_dict(VM *vm, Value v, Value key) {
    if (v == VALUE_NIL)
        return VALUE_NIL;
    if (!value_is_dict(v))
        return fail_pattern(vm, CONDITION_TYPE, "dictionary", v);
    return rt_dict_get(vm, v, key, VALUE_NIL);
}
