// Environments, scopes and the search for what an identifier means. See language.h.
#include "runtime/heap.h"
#include "vm/language.h"
#include "vm/library.h"

// ---- tables of identifiers

enum { TABLE_SMALL = 8 }; // entries that are searched one by one

static uint32_t key_hash(Value key) {
    return (uint32_t)((key >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 32);
}

IdentifierEntry *vm_table_find(const IdentifierTable *table, Value key) {
    if (!table->index) {
        for (uint32_t i = 0; i < table->count; i++)
            if (table->entry[i].key == key)
                return &table->entry[i];
        return NULL;
    }
    for (uint32_t i = key_hash(key);; i++) {
        uint32_t number = table->index[i & table->mask];
        if (number == 0)
            return NULL;
        if (table->entry[number - 1].key == key)
            return &table->entry[number - 1];
    }
}

static void index_put(IdentifierTable *table, uint32_t number) {
    uint32_t i = key_hash(table->entry[number].key);
    while (table->index[i & table->mask] != 0)
        i++;
    table->index[i & table->mask] = number + 1;
}

void vm_table_reserve(VM *vm, IdentifierTable *table, uint32_t count) {
    if (count <= table->capacity)
        return;
    uint32_t capacity = table->capacity ? table->capacity : 4;
    while (capacity < count)
        capacity *= 2;
    IdentifierEntry *entry = rt_raw_new(vm, capacity * sizeof *entry);
    if (table->count)
        memcpy(entry, table->entry, table->count * sizeof *entry);
    table->entry = entry;
    table->capacity = capacity;
    if (capacity <= TABLE_SMALL)
        return;
    table->mask = 2 * capacity - 1;
    table->index = rt_raw_new_atomic(vm, 2 * (size_t)capacity * sizeof *table->index);
    memset(table->index, 0, 2 * (size_t)capacity * sizeof *table->index);
    for (uint32_t i = 0; i < table->count; i++)
        index_put(table, i);
}

IdentifierEntry *vm_table_add(VM *vm, IdentifierTable *table, Value key) {
    IdentifierEntry *found = vm_table_find(table, key);
    if (found)
        return found;
    vm_table_reserve(vm, table, table->count + 1);
    IdentifierEntry *entry = &table->entry[table->count];
    *entry = (IdentifierEntry){.key = key};
    if (table->index)
        index_put(table, table->count);
    table->count++;
    return entry;
}

// ---- identifiers and scopes

Value vm_alias_new(VM *vm, Value base, Scope *scope) {
    Alias *alias = rt_object_new(vm, TYPE_ALIAS, 0, 0, sizeof *alias);
    alias->base = base;
    alias->scope = scope;
    vm->language->aliases++;
    return value_from_pointer(alias);
}

Value vm_identifier_symbol(Value identifier) {
    while (value_is_alias(identifier))
        identifier = value_alias(identifier)->base;
    return identifier;
}

Scope *vm_scope_new(VM *vm, Scope *outer) {
    Scope *scope = rt_raw_new(vm, sizeof *scope);
    scope->outer = outer;
    scope->environment = outer->environment;
    return scope;
}

static void mark_bound(Value identifier) {
    if (value_is_alias(identifier))
        object_set_flags(value_object(identifier),
                         object_flags(value_object(identifier)) | ALIAS_BOUND);
}

Binding *vm_scope_find(const Scope *scope, Value identifier, Position *position) {
    const IdentifierEntry *entry = vm_table_find(&scope->table, identifier);
    if (entry && entry->item) {
        if (position)
            *position = entry->position;
        return entry->item;
    }
    for (const WholeImport *whole = scope->whole; whole; whole = whole->next) {
        entry = vm_table_find(&whole->library->exports, identifier);
        if (!entry)
            continue;
        if (position)
            *position = whole->position;
        return entry->item;
    }
    return NULL;
}

Binding *vm_scope_bind(VM *vm, Scope *scope, Value identifier, Position position) {
    if (scope->whole && vm_scope_find(scope, identifier, NULL))
        return NULL;
    IdentifierEntry *entry = vm_table_add(vm, &scope->table, identifier);
    if (entry->item)
        return NULL;
    mark_bound(identifier);
    Binding *binding = rt_raw_new(vm, sizeof *binding);
    binding->position = position;
    entry->item = binding;
    entry->position = position;
    return binding;
}

Binding *vm_scope_bind_var(VM *vm, Scope *scope, Value identifier, Position position) {
    Binding *binding = vm_scope_bind(vm, scope, identifier, position);
    if (!binding)
        return NULL;
    binding->kind = BINDING_LOCAL;
    binding->ready = true;
    binding->var = vm_var_new(vm, vm_identifier_symbol(identifier));
    return binding;
}

// ---- looking up

// The binding of a name in the innermost fallback that has it.
static Denotation fallback(const Scope *scope, Denotation otherwise) {
    Value symbol = vm_identifier_symbol(otherwise.key);
    for (; scope; scope = scope->outer) {
        if (!scope->fallback)
            continue;
        IdentifierEntry *entry = vm_table_find(&scope->fallback->exports, symbol);
        if (entry)
            return (Denotation){
                .binding = entry->item, .environment = scope->fallback->environment, .key = symbol};
    }
    return otherwise;
}

static bool is_placeholder(const Binding *b) { return b->kind == BINDING_GLOBAL && !b->defined; }

Denotation vm_lookup(Scope *scope, Value identifier) {
    const Scope *from = scope;
    for (;;) {
        Scope *s = scope;
        if (!value_is_alias(identifier) || object_flags(value_object(identifier)) & ALIAS_BOUND) {
            for (; s; s = s->outer) {
                Binding *binding = vm_scope_find(s, identifier, NULL);
                if (!binding)
                    continue;
                Denotation found = {.binding = binding,
                                    .environment = s->outer ? NULL : s->environment,
                                    .key = identifier};
                return is_placeholder(found.binding) ? fallback(from, found) : found;
            }
        }
        if (!value_is_alias(identifier))
            return fallback(from,
                            (Denotation){.environment = scope->environment, .key = identifier});
        scope = value_alias(identifier)->scope;
        identifier = value_alias(identifier)->base;
    }
}

bool vm_resolve(VM *vm, Scope *scope, Value identifier, Denotation *out) {
    *out = vm_lookup(scope, identifier);
    if (!out->binding || out->binding->kind != BINDING_LAZY)
        return true;
    return vm_library_force(vm, out->binding);
}

// A variable without a definition is not bound, although code that refers to it has its cell
// already.
static const Binding *meaning(Denotation d) {
    const Binding *b = d.binding;
    while (b && b->original)
        b = b->original;
    return b && is_placeholder(b) ? NULL : b;
}

bool vm_same_meaning(Scope *scope_a, Value a, Scope *scope_b, Value b) {
    Denotation of_a = vm_lookup(scope_a, a), of_b = vm_lookup(scope_b, b);
    const Binding *means_a = meaning(of_a), *means_b = meaning(of_b);
    if (means_a || means_b)
        return means_a == means_b;
    return vm_identifier_symbol(a) == vm_identifier_symbol(b);
}

// ---- environments

Environment *vm_environment_new(VM *vm, EnvironmentKind kind) {
    Environment *environment = rt_object_new(vm, TYPE_ENVIRONMENT, 0, 0, sizeof *environment);
    environment->scope = rt_raw_new(vm, sizeof *environment->scope);
    environment->scope->environment = environment;
    environment->kind = kind;
    return environment;
}

Value vm_cell_new(VM *vm, Value name, const Environment *home) {
    Cell *cell = rt_object_new(vm, TYPE_CELL, 0, 0, sizeof *cell);
    cell->value = VALUE_UNBOUND;
    cell->name = name;
    cell->home = !home           ? VALUE_FALSE
                 : home->library ? home->library->name
                                 : value_from_pointer(home);
    return value_from_pointer(cell);
}

Binding *vm_variable_reference(VM *vm, Denotation d) {
    Binding *binding = d.binding;
    Environment *environment = d.environment;
    if (!binding) {
        IdentifierEntry *entry = vm_table_add(vm, &environment->scope->table, d.key);
        mark_bound(d.key);
        binding = rt_raw_new(vm, sizeof *binding);
        binding->kind = BINDING_GLOBAL;
        binding->home = environment;
        binding->cell = vm_cell_new(vm, vm_identifier_symbol(d.key), environment);
        entry->item = binding;
        return binding;
    }
    // A variable that its library assigns is shared: a copy would miss the assignments.
    if (environment && environment->kind == ENVIRONMENT_INTERACTIVE &&
        binding->home != environment && object_flags(value_object(binding->cell)) & CELL_SEALED)
        return vm_environment_copy_import(vm, environment, d.key, binding);
    return binding;
}

// An import becomes a variable of the environment's own, so that defining or assigning it reaches
// all code of the environment, also what was compiled before, and no library's.
Binding *vm_environment_copy_import(VM *vm, Environment *environment, Value key,
                                    Binding *imported) {
    IdentifierEntry *entry = vm_table_add(vm, &environment->scope->table, key);
    Binding *copy = rt_raw_new(vm, sizeof *copy);
    *copy = *imported;
    copy->home = environment;
    copy->original = imported;
    copy->cell = vm_cell_new(vm, vm_identifier_symbol(key), environment);
    value_cell(copy->cell)->value = value_cell(imported->cell)->value;
    entry->item = copy;
    return copy;
}

Value vm_environment_cell(VM *vm, Value environment, Value symbol) {
    Denotation d;
    if (!vm_resolve(vm, value_environment(environment)->scope, symbol, &d))
        return VALUE_NONE;
    if (!d.binding || d.binding->kind != BINDING_GLOBAL)
        return VALUE_NONE;
    return vm_variable_reference(vm, d)->cell;
}

static Value add_names(VM *vm, const IdentifierTable *table, Value names) {
    for (uint32_t i = 0; i < table->count; i++) {
        const Binding *b = table->entry[i].item;
        if (!b || value_is_alias(table->entry[i].key))
            continue;
        if (b->kind == BINDING_GLOBAL && !b->defined)
            continue;
        names = rt_cons(vm, table->entry[i].key, names);
    }
    return names;
}

Value vm_environment_names(VM *vm, Value environment) {
    const Scope *scope = value_environment(environment)->scope;
    Value names = VALUE_NULL;
    for (const WholeImport *whole = scope->whole; whole; whole = whole->next)
        names = add_names(vm, &whole->library->exports, names);
    return add_names(vm, &scope->table, names);
}
