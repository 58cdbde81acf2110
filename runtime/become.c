// Exchanging the identity of objects, and finding all records of a type: by a walk over the heap.
//
// Objects have no forwarding words, which every access would pay for; become: pays instead,
// milliseconds a call. Words of scanned memory are values or C pointers; one that equals the
// pointer of an object is a reference to it (NaN-boxing: no number looks like one).
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/send.h"
#include "runtime/table.h"
#include "runtime/vector.h"
#include <stdlib.h>

PrimitiveFn1 rt_prim_instances_of;
PrimitiveFn3 rt_prim_replace_references;

enum { HEADER_TOP = 0xFFFB }; // value.h: the first word of an object

// ---- instances

typedef struct Instances {
    Value type;
    Value *found; // NULL: they are counted
    size_t count, room;
} Instances;

static void find_instance(void *base, size_t bytes, bool is_object, void *context) {
    Instances *in = context;
    if (!is_object || bytes < 8 + sizeof(Value) || *(Value *)base >> 48 != HEADER_TOP)
        return;
    Value v = value_from_pointer((char *)base + 8);
    if (!value_is_record(v) || value_record(v)->type != in->type)
        return;
    if (in->found && in->count < in->room)
        rt_heap_store(&in->found[in->count], v);
    in->count++;
}

Value rt_prim_instances_of(VM *vm, Value type) {
    if (!value_is_record_type(type))
        return rt_fail_type(vm, 1, "record type", type);
    Instances in = {.type = type};
    rt_heap_walk(vm, find_instance, &in);
    if (in.count == 0)
        return VALUE_NULL;
    // The vector is there before the second walk; between the two no program runs.
    Value vector = rt_vector_new(vm, in.count, VALUE_FALSE);
    if (vector == VALUE_FAILURE)
        return VALUE_FAILURE;
    in.found = &FRESH(value_vector(vector)->item[0]);
    in.room = in.count;
    in.count = 0;
    rt_heap_walk(vm, find_instance, &in);
    Value list = VALUE_NULL;
    for (size_t i = in.count < in.room ? in.count : in.room; i-- > 0;)
        list = rt_cons(vm, value_vector(vector)->item[i], list);
    return list;
}

// ---- references

typedef struct Replacement {
    Value from, to; // from VALUE_NONE: free
} Replacement;

typedef struct Replacing {
    Replacement *slot; // malloc'ed, out of the walk's sight; a power of two, at most half full
    size_t mask;
    Value least, most; // of all `from`
    Value *tables;     // those met, while there is room
    size_t table_count, table_room;
} Replacing;

static Replacement *slot_of(const Replacing *r, Value v) {
    size_t i = (v >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 20;
    for (;; i++) {
        Replacement *s = &r->slot[i & r->mask];
        if (s->from == v || s->from == VALUE_NONE)
            return s;
    }
}

static void replace_word(const Replacing *r, Value *word) {
    if (*word < r->least || *word > r->most)
        return;
    const Replacement *s = slot_of(r, *word);
    if (s->from != VALUE_NONE)
        rt_heap_store(word, s->to);
}

static void note_table(Replacing *r, void *base, size_t bytes) {
    if (bytes < 8 + sizeof(Table) || *(Value *)base >> 48 != HEADER_TOP)
        return;
    Value v = value_from_pointer((char *)base + 8);
    if (!value_has_type(v, TYPE_TABLE) && !value_has_type(v, TYPE_DICT))
        return;
    if (r->table_count < r->table_room)
        rt_heap_store(&r->tables[r->table_count], v);
    r->table_count++;
}

static void count_tables(void *base, size_t bytes, bool is_object, void *context) {
    if (is_object)
        note_table(context, base, bytes);
}

static void replace_in(void *base, size_t bytes, bool is_object, void *context) {
    Replacing *r = context;
    if (is_object)
        note_table(r, base, bytes);
    for (Value *word = base, *end = word + bytes / sizeof *word; word < end; word++)
        replace_word(r, word);
}

// Addresses are hashes: a table that has a changed key is built anew.
static bool rehash(VM *vm, const Replacing *r, Value table) {
    if (rt_table_is_weak(table))
        return true; // TABLE_WEAK keys are complements: they were not changed
    bool changed = false;
    TableCursor cursor;
    bool found;
    rt_table_cursor_init(&cursor, table);
    while (rt_table_next(vm, &cursor, &found) && found)
        for (size_t i = 0; i <= r->mask && !changed; i++)
            changed = r->slot[i].from != VALUE_NONE && r->slot[i].to == cursor.key;
    if (!changed)
        return true;
    Value alist = rt_table_to_alist(vm, table);
    rt_table_clear(table);
    for (; value_is_pair(alist); alist = value_cdr(alist))
        if (!rt_table_put(vm, table, value_car(value_car(alist)), value_cdr(value_car(alist))))
            return false;
    return true;
}

static void add_replacement(Replacing *r, Value from, Value to) {
    *slot_of(r, from) = (Replacement){from, to};
    if (from < r->least)
        r->least = from;
    if (from > r->most)
        r->most = from;
}

Value rt_prim_replace_references(VM *vm, Value from, Value to, Value both) {
    if (!value_is_vector(from))
        return rt_fail_type(vm, 1, "vector", from);
    if (!value_is_vector(to) || vector_length(to) != vector_length(from))
        return rt_fail_type(vm, 2, "vector of the same length", to);
    size_t n = vector_length(from), room = 4;
    for (size_t i = 0; i < n; i++) {
        Value a = value_vector(from)->item[i], b = value_vector(to)->item[i];
        if (!value_is_object(a) || value_is_symbol(a))
            return rt_fail_type(vm, 1, "vector of objects with an identity", a);
        if (both != VALUE_FALSE && (!value_is_object(b) || value_is_symbol(b)))
            return rt_fail_type(vm, 2, "vector of objects with an identity", b);
    }
    while (room < 4 * n)
        room *= 2;
    Replacing r = {.slot = calloc(room, sizeof *r.slot), .mask = room - 1, .least = ~(Value)0};
    if (!r.slot)
        return rt_fail(vm, CONDITION_MEMORY, VALUE_NULL, "no memory to replace %zu references", n);
    for (size_t i = 0; i < n; i++) {
        Value a = value_vector(from)->item[i], b = value_vector(to)->item[i];
        if (a == b)
            continue;
        add_replacement(&r, a, b);
        if (both != VALUE_FALSE)
            add_replacement(&r, b, a);
    }
    rt_heap_walk(vm, count_tables, &r);
    Value tables = rt_vector_new(vm, r.table_count + 1, VALUE_FALSE);
    if (tables == VALUE_FAILURE) {
        free(r.slot);
        return VALUE_FAILURE;
    }
    r.tables = &FRESH(value_vector(tables)->item[0]);
    r.table_room = r.table_count;
    r.table_count = 0;
    rt_heap_walk(vm, replace_in, &r);
    bool ok = true;
    for (size_t i = 0; ok && i < r.table_room; i++)
        if (r.tables[i] != VALUE_FALSE)
            ok = rehash(vm, &r, r.tables[i]);
    free(r.slot);
    if (rt_objects_changed_hook)
        rt_objects_changed_hook(vm);
    return ok ? VALUE_UNSPECIFIED : VALUE_FAILURE;
}
