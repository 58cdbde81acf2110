// Send sites and lookup. Misses of a site go to one cache of the VM, then to the method tables.
#include "runtime/send.h"
#include "runtime/equal.h"
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/init_int.h"
#include "runtime/list.h"
#include "runtime/numbers.h"
#include "runtime/record.h"
#include "runtime/string.h"
#include "runtime/table.h"

enum { COMMON_ENTRIES = 2048 }; // a power of two

typedef struct CommonEntry {
    Value key, selector, method;
    uint64_t epoch; // 0: free
} CommonEntry;

typedef struct Sends {
    Value kind[KIND_COUNT];
    CommonEntry common[COMMON_ENTRIES];
} Sends;

PrimitiveFn2 rt_prim_make_send_site, rt_prim_send_lookup, rt_prim_super_lookup,
    rt_prim_lookup_method, rt_prim_set_behavior, rt_prim_change_type, rt_prim_same_value,
    rt_prim_are_fixnums, rt_prim_are_numbers, rt_prim_num_eq2;
PrimitiveFn1 rt_prim_methods_changed, rt_prim_behavior_of, rt_prim_new_instance,
    rt_prim_send_site_state;

void rt_sends_init(VM *vm) {
    vm->sends = rt_raw_new(vm, sizeof *vm->sends);
    vm->send_epoch = 1;
    for (int i = 0; i < KIND_COUNT; i++)
        vm->sends->kind[i] = VALUE_FALSE;
}

// ---- keys and behaviours

SendKind rt_send_kind(Value v) {
    if (value_is_flonum(v))
        return KIND_FLONUM;
    if (value_is_pair(v))
        return KIND_PAIR;
    if (value_is_char(v))
        return KIND_CHAR;
    switch (v) {
    case VALUE_NULL:
        return KIND_NULL;
    case VALUE_NIL:
        return KIND_NIL;
    case VALUE_TRUE:
        return KIND_TRUE;
    case VALUE_FALSE:
        return KIND_FALSE;
    default:
        return KIND_SPECIAL;
    }
}

static bool is_behavior(Value v) {
    return value_is_record(v) && rt_record_field_count(v) > BEHAVIOR_METHODS;
}

static Value behavior_of_key(const VM *vm, Value key) {
    if (value_is_fixnum(key))
        return vm->sends->kind[value_fixnum(key)];
    Value behavior = value_record_type(key)->behavior;
    return behavior != VALUE_NONE ? behavior : vm->sends->kind[KIND_OBJECT + TYPE_RECORD];
}

// ---- epochs

void (*rt_sends_changed_hook)(VM *vm, Value selector);
void (*rt_objects_changed_hook)(VM *vm);

static void begin_epoch(VM *vm, Value selector) {
    vm->send_epoch++;
    if (rt_sends_changed_hook)
        rt_sends_changed_hook(vm, selector);
}

Value rt_prim_behavior_of(VM *vm, Value v) { return behavior_of_key(vm, rt_send_key(v)); }

Value rt_prim_set_behavior(VM *vm, Value of, Value behavior) {
    if (behavior != VALUE_FALSE && !is_behavior(behavior))
        return rt_fail_type(vm, 2, "behaviour", behavior);
    if (value_is_record_type(of))
        value_record_type(of)->behavior = behavior;
    else if (value_is_record(of))
        vm->sends->kind[KIND_OBJECT + TYPE_RECORD] = behavior;
    else
        vm->sends->kind[value_fixnum(rt_send_key(of))] = behavior;
    begin_epoch(vm, VALUE_FALSE);
    return VALUE_UNSPECIFIED;
}

Value rt_prim_methods_changed(VM *vm, Value selector) {
    if (!value_is_symbol(selector) && selector != VALUE_FALSE)
        return rt_fail_type(vm, 1, "symbol or #f", selector);
    begin_epoch(vm, selector);
    return VALUE_UNSPECIFIED;
}

// ---- lookup

static inline Value field_of(Value record, size_t i) { return value_record(record)->field[i]; }

// The method of a selector from a behaviour upwards, or VALUE_FALSE.
static Value find_method(VM *vm, Value behavior, Value selector) {
    while (is_behavior(behavior)) {
        Value methods = field_of(behavior, BEHAVIOR_METHODS);
        if (value_is_table(methods)) {
            Value method = rt_table_get(vm, methods, selector, VALUE_FALSE);
            if (value_is_record(method) && rt_record_field_count(method) > METHOD_READY &&
                value_is_procedure(field_of(method, METHOD_PROCEDURE)))
                return method;
        }
        behavior = field_of(behavior, BEHAVIOR_PARENT);
    }
    return VALUE_FALSE;
}

Value rt_prim_lookup_method(VM *vm, Value behavior, Value selector) {
    if (!value_is_symbol(selector))
        return rt_fail_type(vm, 2, "symbol", selector);
    return find_method(vm, behavior, selector);
}

static void remember(SendSite *site, uint64_t epoch, Value key, Value procedure) {
    if (site->epoch != epoch) {
        for (int i = 0; i < SEND_SITE_ENTRIES; i++)
            site->entry[i] = (SendEntry){.key = VALUE_NONE};
        site->epoch = epoch;
    }
    for (int i = 0; i < SEND_SITE_ENTRIES; i++)
        if (site->entry[i].key == VALUE_NONE) {
            site->entry[i] = (SendEntry){.key = key, .method = procedure};
            return;
        }
}

// What a site calls for a key, found in a behaviour.
[[gnu::noinline]] static Value lookup(VM *vm, SendSite *site, Value key, Value behavior) {
    Sends *s = vm->sends;
    site->misses++;
    uint64_t hash = (key >> 4) * UINT64_C(0x9E3779B97F4A7C15) ^ (site->selector >> 4) * 31;
    CommonEntry *common = &s->common[(hash >> 20) & (COMMON_ENTRIES - 1)];
    Value procedure;
    if (common->key == key && common->selector == site->selector && common->epoch == vm->send_epoch)
        procedure = common->method;
    else {
        Value method = find_method(vm, behavior, site->selector);
        if (method == VALUE_FALSE) {
            procedure = site->miss; // which other sites may not share
        } else {
            procedure = field_of(method, METHOD_PROCEDURE);
            if (field_of(method, METHOD_READY) == VALUE_FALSE)
                return procedure;
            *common = (CommonEntry){key, site->selector, procedure, vm->send_epoch};
        }
    }
    remember(site, vm->send_epoch, key, procedure);
    return procedure;
}

Value rt_send_lookup(VM *vm, SendSite *site, Value receiver) {
    Value key = rt_send_key(receiver), procedure = rt_send_cached(vm, site, key);
    return procedure != VALUE_NONE ? procedure : lookup(vm, site, key, behavior_of_key(vm, key));
}

Value rt_prim_send_lookup(VM *vm, Value site, Value receiver) {
    if (!value_is_send_site(site))
        return rt_fail_type(vm, 1, "send site", site);
    return rt_send_lookup(vm, value_send_site(site), receiver);
}

Value rt_send_method(VM *vm, Value key, Value selector) {
    Value from = value_is_record(key) ? field_of(key, BEHAVIOR_PARENT) : behavior_of_key(vm, key);
    Value method = find_method(vm, from, selector);
    if (method == VALUE_FALSE)
        return VALUE_FALSE;
    return field_of(method, METHOD_READY) != VALUE_FALSE ? field_of(method, METHOD_PROCEDURE)
                                                         : VALUE_NONE;
}

// A site of super sends belongs to one method, so its key is always the same: the behaviour.
Value rt_prim_super_lookup(VM *vm, Value site, Value behavior) {
    if (!value_is_send_site(site))
        return rt_fail_type(vm, 1, "send site", site);
    if (!is_behavior(behavior))
        return rt_fail_type(vm, 2, "behaviour", behavior);
    SendSite *s = value_send_site(site);
    Value procedure = rt_send_cached(vm, s, behavior);
    return procedure != VALUE_NONE ? procedure
                                   : lookup(vm, s, behavior, field_of(behavior, BEHAVIOR_PARENT));
}

// ---- sites

Value rt_prim_make_send_site(VM *vm, Value selector, Value miss) {
    if (!value_is_symbol(selector))
        return rt_fail_type(vm, 1, "symbol", selector);
    if (!value_is_procedure(miss))
        return rt_fail_type(vm, 2, "procedure", miss);
    SendSite *site = rt_object_new(vm, TYPE_SEND_SITE, 0, 0, sizeof *site);
    site->selector = selector;
    site->miss = miss;
    for (int i = 0; i < SEND_SITE_ENTRIES; i++)
        site->entry[i] = (SendEntry){.key = VALUE_NONE};
    return value_from_pointer(site);
}

Value rt_prim_send_site_state(VM *vm, Value v) {
    if (!value_is_send_site(v))
        return rt_fail_type(vm, 1, "send site", v);
    const SendSite *site = value_send_site(v);
    Value list = VALUE_NULL;
    for (int i = SEND_SITE_ENTRIES; i-- > 0;)
        if (site->epoch == vm->send_epoch && site->entry[i].key != VALUE_NONE)
            list = rt_cons(vm, rt_cons(vm, site->entry[i].key, site->entry[i].method), list);
    list = rt_cons(vm, value_from_fixnum((int64_t)site->misses), list);
    return rt_cons(vm, site->selector, list);
}

// ---- instances

Value rt_prim_new_instance(VM *vm, Value type) {
    if (!value_is_record_type(type))
        return rt_fail_type(vm, 1, "record type", type);
    size_t count = rt_record_type_field_count(type);
    Record *r = rt_object_new(vm, TYPE_RECORD, 0, (uint32_t)count, (1 + count) * sizeof(Value));
    FRESH(r->type) = type;
    for (size_t i = 0; i < count; i++)
        FRESH(r->field[i]) = VALUE_NIL;
    return value_from_pointer(r);
}

Value rt_prim_change_type(VM *vm, Value record, Value type) {
    if (!value_is_record(record))
        return rt_fail_type(vm, 1, "record", record);
    if (!value_is_record_type(type))
        return rt_fail_type(vm, 2, "record type", type);
    if (rt_record_field_count(record) != rt_record_type_field_count(type))
        return rt_fail(vm, CONDITION_TYPE, rt_list(vm, 1, type),
                       "a record of %zu fields cannot become one of %zu:",
                       rt_record_field_count(record), rt_record_type_field_count(type));
    rt_heap_store(&value_record(record)->type, type);
    if (rt_objects_changed_hook)
        rt_objects_changed_hook(vm);
    return VALUE_UNSPECIFIED;
}

// ---- equality and tests that guests inline

Value rt_prim_same_value(VM *vm, Value a, Value b) {
    if (value_is_number(a))
        return value_is_number(b) ? rt_prim_num_eq2(vm, a, b) : VALUE_FALSE;
    if (value_is_object(a)) {
        switch (object_type(value_object(a))) {
        // Whether a string can equal a symbol is up to the guest.
        case TYPE_STRING:
            return value_is_symbol(b)
                       ? VALUE_NIL
                       : value_from_bool(value_is_string(b) && rt_string_equal(a, b));
        case TYPE_SYMBOL:
            return value_is_string(b) ? VALUE_NIL : value_from_bool(a == b);
        default:
            return VALUE_NIL;
        }
    }
    // Characters and singular objects are the same word; a pair may be anything.
    return value_is_pair(a) ? VALUE_NIL : value_from_bool(a == b);
}

Value rt_prim_are_fixnums(VM *vm, Value a, Value b) {
    return value_from_bool(value_is_fixnum(a) && value_is_fixnum(b));
}

Value rt_prim_are_numbers(VM *vm, Value a, Value b) {
    return value_from_bool(value_is_number(a) && value_is_number(b));
}
