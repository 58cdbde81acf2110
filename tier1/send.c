// What methods are, as facts that compiled code relies on (runtime/send.h, native.h).
//
// A fact is a cell that no program sees, watched like a variable's (watch.c): `home` is the key of
// receivers, `name` the selector, `value` what rt_send_method answered. When methods change, those
// of the selector are looked up again; where the answer is another one, the cell counts as
// assigned, and code that relies on it goes away. So a method that is added to one class leaves
// alone what is compiled for others.
//
// Facts are held by the code that relies on them and by nothing else: the table holds their
// addresses only, and drops dead ones at the end of each marking.
#include "runtime/send.h"
#include "runtime/heap.h"
#include "runtime/symbol.h"
#include "tier1/machine_int.h"
#include "tier1/native.h"

enum { BUCKETS = 256 }; // a power of two

struct SendFacts {
    WeakList buckets[BUCKETS]; // of Cell *, by selector
    Cell *objects;             // see t1_objects_fact; NULL: nobody asked since the last change
};

static void sweep(void *object) {
    struct SendFacts *facts = object;
    for (size_t b = 0; b < BUCKETS; b++)
        rt_weak_list_sweep(&facts->buckets[b]);
}

static WeakList *bucket_of(struct SendFacts *facts, Value selector) {
    return &facts->buckets[(selector >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 40 & (BUCKETS - 1)];
}

static Cell *new_cell(VM *vm, Value key, Value selector, Value procedure) {
    Cell *cell = rt_object_new(vm, TYPE_CELL, 0, 0, sizeof *cell);
    *cell = (Cell){.value = procedure, .name = selector, .home = key};
    return cell;
}

// Facts that no longer hold leave the bucket before anything else happens.
static void check_bucket(VM *vm, WeakList *bucket, Value selector) {
    for (size_t i = 0; i < bucket->count;) {
        Cell *cell = (Cell *)bucket->item[i];
        if ((selector != VALUE_FALSE && cell->name != selector) ||
            rt_send_method(vm, cell->home, cell->name) == cell->value) {
            i++;
            continue;
        }
        bucket->item[i] = bucket->item[--bucket->count];
        object_set_flags(cell, object_flags(cell) | CELL_ASSIGNED);
        t1_watch_invalidate(vm, cell);
    }
}

static void sends_changed(VM *vm, Value selector) {
    struct SendFacts *facts = vm->tier_state ? t1_of(vm)->send_facts : NULL;
    if (!facts)
        return;
    if (selector != VALUE_FALSE)
        check_bucket(vm, bucket_of(facts, selector), selector);
    else
        for (size_t b = 0; b < BUCKETS; b++)
            check_bucket(vm, &facts->buckets[b], VALUE_FALSE);
}

static void objects_changed(VM *vm) {
    struct SendFacts *facts = vm->tier_state ? t1_of(vm)->send_facts : NULL;
    Cell *cell = facts ? facts->objects : NULL;
    if (!cell)
        return;
    facts->objects = NULL;
    object_set_flags(cell, object_flags(cell) | CELL_ASSIGNED);
    t1_watch_invalidate(vm, cell);
}

static struct SendFacts *facts_of(VM *vm) {
    T1 *t = t1_of(vm);
    if (!t->send_facts) {
        t->send_facts = rt_raw_new(vm, sizeof *t->send_facts);
        rt_heap_add_weak(vm, t->send_facts, sweep);
        rt_sends_changed_hook = sends_changed;
        rt_objects_changed_hook = objects_changed;
    }
    return t->send_facts;
}

Cell *t1_send_fact(VM *vm, Value key, Value selector) {
    WeakList *bucket = bucket_of(facts_of(vm), selector);
    for (size_t i = 0; i < bucket->count; i++) {
        Cell *cell = (Cell *)bucket->item[i];
        if (cell->home == key && cell->name == selector && cell->value != VALUE_NONE)
            return cell;
    }
    Cell *cell = new_cell(vm, key, selector, rt_send_method(vm, key, selector));
    if (cell->value == VALUE_NONE) // a stub becomes a method without telling
        return cell;
    rt_weak_list_add(vm, bucket, cell);
    return cell;
}

Cell *t1_objects_fact(VM *vm) {
    struct SendFacts *facts = facts_of(vm);
    if (!facts->objects)
        facts->objects = new_cell(vm, VALUE_FALSE, rt_intern(vm, "objects"), VALUE_TRUE);
    return facts->objects;
}
