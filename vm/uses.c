// What code refers to. See uses.h.
#include "vm/uses.h"
#include "runtime/fail.h"
#include "runtime/list.h"
#include "runtime/string.h"
#include "runtime/symbol.h"
#include "runtime/vector.h"
#include "vm/expand.h"
#include "vm/include_int.h"
#include "vm/kiln_int.h"
#include "vm/language.h"
#include "vm/library.h"
#include "vm/passes.h"
#include "vm/tier.h"
#include <stdlib.h>

typedef struct Use {
    Value what;
    UseKind kind;
} Use;

struct Uses {
    VM *vm;
    Use *item; // scanned memory, in the order in which they were met
    size_t count, room;
    uint32_t *index; // hash table of number + 1; 0: free
    size_t mask;
    bool failed;
};

VM *vm_uses_vm(const Uses *u) { return u->vm; }

static size_t hash(Value what, UseKind kind) {
    return (size_t)((what >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 20) + kind;
}

static uint32_t *place_of(const Uses *u, Value what, UseKind kind) {
    for (size_t i = hash(what, kind) & u->mask;; i = (i + 1) & u->mask) {
        uint32_t number = u->index[i];
        if (number == 0 || (u->item[number - 1].what == what && u->item[number - 1].kind == kind))
            return &u->index[i];
    }
}

static void grow(Uses *u) {
    u->room = u->room ? 2 * u->room : 64;
    Use *item = rt_raw_new(u->vm, u->room * sizeof *item);
    if (u->count)
        memcpy(item, u->item, u->count * sizeof *item);
    u->item = item;
    u->mask = 2 * u->room - 1;
    u->index = rt_raw_new(u->vm, (u->mask + 1) * sizeof *u->index);
    for (size_t i = 0; i < u->count; i++)
        *place_of(u, item[i].what, item[i].kind) = (uint32_t)i + 1;
}

void vm_use(Uses *u, UseKind kind, Value what) {
    if (kind == USE_GLOBAL && value_is_primitive(value_cell(what)->value)) {
        kind = USE_PRIMITIVE;
        what = value_cell(what)->value;
    }
    if (u->count == u->room)
        grow(u);
    uint32_t *place = place_of(u, what, kind);
    if (*place)
        return;
    u->item[u->count++] = (Use){.what = what, .kind = kind};
    *place = (uint32_t)u->count;
}

void vm_use_constant(Uses *u, Value v) {
    if (value_is_primitive(v))
        vm_use(u, USE_PRIMITIVE, v);
    else if (value_is_closure(v))
        vm_use(u, USE_PROCEDURE, v);
}

// ---- core

static void walk(Node **slot, void *context) {
    Uses *u = context;
    Node *node = *slot;
    if (rt_stack_low(u->vm))
        u->failed = true;
    if (u->failed)
        return;
    switch (node->kind) {
    case NODE_CONST:
        vm_use_constant(u, node->constant);
        break;
    case NODE_GLOBAL:
        vm_use(u, USE_GLOBAL, node->global.cell);
        break;
    case NODE_SET_GLOBAL:
    case NODE_DEFINE:
        vm_use(u, USE_ASSIGNED, node->global.cell);
        break;
    case NODE_PRIM:
        vm_use(u, USE_PRIMITIVE, rt_primitive_object(u->vm, node->prim.prim));
        if (node->prim.cell != VALUE_NONE)
            vm_use(u, USE_WATCHED, node->prim.cell);
        break;
    default:
        break;
    }
    vm_node_each_child(node, walk, u);
}

bool vm_uses_core(Uses *u, Node *node) {
    walk(&node, u);
    return !u->failed;
}

// ---- names

// The binding of a library's variable that holds a procedure, or NULL.
static const Binding *binding_of(const Library *library, Value closure) {
    if (!library->environment)
        return NULL;
    const IdentifierTable *table = &library->environment->scope->table;
    for (uint32_t i = 0; i < table->count; i++) {
        const Binding *b = table->entry[i].item;
        if (b && b->kind == BINDING_GLOBAL && b->home == library->environment &&
            value_cell(b->cell)->value == closure)
            return b;
    }
    return NULL;
}

// The variable a procedure is the constant value of, a cell; VALUE_NONE: not known.
static Value cell_of(VM *vm, Value closure) {
    const IdentifierTable *libraries = &vm->language->libraries;
    for (uint32_t i = 0; i < libraries->count; i++) {
        const Binding *b = binding_of(libraries->entry[i].item, closure);
        if (b)
            return b->cell;
    }
    return VALUE_NONE;
}

// Column `library` of a primitive's row as the name of a library; #f: none exports it.
static Value library_of(VM *vm, const Primitive *p) {
    if (strcmp(p->library, "internal") == 0)
        return VALUE_FALSE;
    if (strcmp(p->library, "sx") == 0)
        return rt_list(vm, 2, rt_intern(vm, "kiln"), rt_intern(vm, "sx"));
    if (strncmp(p->library, "srfi-", 5) == 0)
        return rt_list(vm, 2, rt_intern(vm, "srfi"),
                       value_from_fixnum(strtol(p->library + 5, NULL, 10)));
    return rt_list(vm, 2, rt_intern(vm, "scheme"), rt_intern(vm, p->library));
}

// #(kind name library how)
static Value describe(VM *vm, const Tier *tier, const Use *use) {
    static const char *const kinds[] = {
        [USE_PRIMITIVE] = "primitive", [USE_GLOBAL] = "global",    [USE_ASSIGNED] = "assigned",
        [USE_WATCHED] = "watched",     [USE_PROCEDURE] = "global",
    };
    Value row[4] = {rt_intern(vm, kinds[use->kind]), VALUE_FALSE, VALUE_FALSE, VALUE_FALSE};
    Value cell = use->what;
    if (use->kind == USE_PRIMITIVE) {
        const Primitive *p = value_primitive(use->what)->row;
        const char *how = p->control != CONTROL_NONE ? "control" : "call";
        if (tier->carries_out)
            how = tier->carries_out(p);
        row[1] = rt_intern(vm, p->name);
        row[2] = library_of(vm, p);
        row[3] = rt_intern(vm, how ? how : "missing");
        cell = VALUE_NONE;
    } else if (use->kind == USE_PROCEDURE) {
        cell = cell_of(vm, use->what);
        row[1] = vm_closure_name(vm, use->what);
    }
    if (cell != VALUE_NONE) {
        row[1] = value_cell(cell)->name;
        // An interactive environment's variable may be a copy of a library's.
        Value held = value_cell(cell)->value, origin = cell;
        if (!value_is_pair(value_cell(cell)->home) && value_is_closure(held))
            origin = cell_of(vm, held);
        if (origin != VALUE_NONE && value_is_pair(value_cell(origin)->home))
            row[2] = value_cell(origin)->home;
    }
    if (!value_is_symbol(row[1]))
        return VALUE_NONE;
    return rt_vector_from_array(vm, row, 4);
}

// ---- programs

// Expand the forms of a file and read their core. Imports and definitions of macros take effect, so
// that what follows expands; nothing else runs.
static bool uses_of_file(Uses *u, Value path) {
    VM *vm = u->vm;
    char *name = rt_string_to_utf8(vm, path, NULL);
    if (!name)
        return false;
    bool scheme = vm_is_scheme_file(name);
    SourceMap *map = rt_source_map_new(vm);
    Value data = vm_read_file(vm, name, !scheme, false, map);
    if (data == VALUE_FAILURE || data == VALUE_NULL)
        return data != VALUE_FAILURE;
    Value environment = vm_file_environment(vm, scheme, value_car(data));
    if (environment == VALUE_FAILURE)
        return false;
    for (; value_is_pair(data); data = value_cdr(data)) {
        Node *node = vm_expand(vm, value_car(data), environment, map);
        Lambda *top = node ? vm_passes_run(vm, node) : NULL;
        if (!top)
            return false;
        if (!vm_uses_core(u, top->body)) {
            rt_fail_depth(vm);
            return false;
        }
    }
    return true;
}

// ---- primitives

PrimitiveFn1 vm_prim_bytecode_inspect;
PrimitiveFn3 vm_prim_uses;

Value vm_prim_bytecode_inspect(VM *vm, Value procedure) {
    if (!value_is_closure(procedure))
        return rt_fail_type(vm, 1, "procedure that is no primitive", procedure);
    if (!vm->tier->listing)
        return rt_fail(vm, CONDITION_ERROR, VALUE_NULL, "mode %s has no bytecode", vm->tier->name);
    return vm->tier->listing(vm, procedure);
}

static const Tier *tier_named(VM *vm, Value mode) {
    if (mode == VALUE_NIL)
        return vm->tier;
    Value name = value_is_symbol(mode) ? value_symbol(mode)->name : mode;
    const char *text = value_is_string(name) ? rt_string_to_utf8(vm, name, NULL) : "";
    const Tier *tier = text ? vm_tier_find(text) : NULL;
    if (!tier)
        rt_fail_type(vm, 3, "name of a mode", mode);
    return tier;
}

Value vm_prim_uses(VM *vm, Value what, Value follow, Value mode) {
    const Tier *tier = tier_named(vm, mode);
    if (!tier)
        return VALUE_FAILURE;
    Uses u = {.vm = vm};
    grow(&u);
    if (value_is_closure(what)) {
        vm->tier->uses(&u, what);
    } else if (value_is_primitive(what))
        vm_use(&u, USE_PRIMITIVE, what);
    else if (!value_is_string(what))
        return rt_fail_type(vm, 1, "procedure or name of a file", what);
    else if (!uses_of_file(&u, what))
        return VALUE_FAILURE;
    // What it calls follows it in the list, and what that calls in turn.
    for (size_t i = 0; follow != VALUE_FALSE && i < u.count; i++) {
        const Use use = u.item[i];
        Value next = use.kind == USE_PROCEDURE ? use.what
                     : use.kind == USE_GLOBAL  ? value_cell(use.what)->value
                                               : VALUE_NONE;
        if (value_is_closure(next) && next != what)
            vm->tier->uses(&u, next);
    }
    if (u.failed)
        return rt_fail_depth(vm);
    ListBuilder rows;
    rt_list_builder_init(&rows, vm);
    for (size_t i = 0; i < u.count; i++) {
        Value row = describe(vm, tier, &u.item[i]);
        if (row != VALUE_NONE)
            rt_list_builder_add(&rows, row);
    }
    return rows.first;
}
