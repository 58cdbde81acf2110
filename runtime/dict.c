// Dictionaries: primitives on tables of kind equal under their own type.
#include "runtime/dict.h"
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/list.h"

Value rt_dict_new(VM *vm) { return rt_table_new_typed(vm, TYPE_DICT, TABLE_EQUAL, TABLE_STRONG); }

static bool check_dict(VM *vm, int argument, Value v) {
    if (value_is_dict(v))
        return true;
    rt_fail_type(vm, argument, "dictionary", v);
    return false;
}

// Put keys and values, alternating, from argv[from] on; their number must be even.
static bool put_all(VM *vm, Value dict, int from, int argc, const Value *argv) {
    for (int i = from; i < argc; i += 2)
        if (!rt_dict_put(vm, dict, argv[i], argv[i + 1]))
            return false;
    return true;
}

static bool check_even(VM *vm, int argc, const Value *argv) {
    if (argc % 2 == 0)
        return true;
    rt_fail(vm, CONDITION_ARITY, VALUE_NULL, "expected keys and values in pairs, got %d argument%s",
            argc, argc == 1 ? "" : "s");
    return false;
}

Value rt_prim_dict(VM *vm, int argc, const Value *argv) {
    if (!check_even(vm, argc, argv))
        return VALUE_FAILURE;
    Value dict = rt_dict_new(vm);
    return put_all(vm, dict, 0, argc, argv) ? dict : VALUE_FAILURE;
}

Value rt_prim_is_dict(VM *vm, Value v) { return value_from_bool(value_is_dict(v)); }

Value rt_prim_dict_get(VM *vm, Value dict, Value key, Value otherwise) {
    if (!check_dict(vm, 1, dict))
        return VALUE_FAILURE;
    return rt_dict_get(vm, dict, key, otherwise);
}

Value rt_prim_dict_ref(VM *vm, int argc, const Value *argv) {
    if (!check_dict(vm, 1, argv[0]))
        return VALUE_FAILURE;
    Value value = rt_dict_get(vm, argv[0], argv[1], argc > 2 ? argv[2] : VALUE_NONE);
    if (value != VALUE_NONE)
        return value;
    return rt_fail(vm, CONDITION_RANGE, rt_list(vm, 1, argv[1]), "key is not in the dictionary:");
}

Value rt_prim_dict_set(VM *vm, Value dict, Value key, Value value) {
    if (!check_dict(vm, 1, dict) || !rt_dict_put(vm, dict, key, value))
        return VALUE_FAILURE;
    return VALUE_UNSPECIFIED;
}

Value rt_prim_dict_delete(VM *vm, Value dict, Value key) {
    if (!check_dict(vm, 1, dict) || !rt_dict_delete(vm, dict, key, NULL))
        return VALUE_FAILURE;
    return VALUE_UNSPECIFIED;
}

Value rt_prim_dict_clear(VM *vm, Value dict) {
    if (!check_dict(vm, 1, dict))
        return VALUE_FAILURE;
    rt_table_clear(dict);
    return VALUE_UNSPECIFIED;
}

Value rt_prim_dict_has_key(VM *vm, Value dict, Value key) {
    bool found;
    if (!check_dict(vm, 1, dict) || !rt_table_has(vm, dict, key, &found))
        return VALUE_FAILURE;
    return value_from_bool(found);
}

Value rt_prim_dict_size(VM *vm, Value dict) {
    if (!check_dict(vm, 1, dict))
        return VALUE_FAILURE;
    return value_from_fixnum((int64_t)rt_dict_count(dict));
}

Value rt_prim_dict_keys(VM *vm, Value dict) {
    return check_dict(vm, 1, dict) ? rt_table_keys(vm, dict) : VALUE_FAILURE;
}
Value rt_prim_dict_vals(VM *vm, Value dict) {
    return check_dict(vm, 1, dict) ? rt_table_values(vm, dict) : VALUE_FAILURE;
}
Value rt_prim_dict_to_alist(VM *vm, Value dict) {
    return check_dict(vm, 1, dict) ? rt_table_to_alist(vm, dict) : VALUE_FAILURE;
}
Value rt_prim_dict_copy(VM *vm, Value dict) {
    return check_dict(vm, 1, dict) ? rt_table_copy(vm, dict) : VALUE_FAILURE;
}

// The first entry of a key wins, as assoc sees it.
Value rt_prim_alist_to_dict(VM *vm, Value list) {
    if (rt_list_length(list) < 0)
        return rt_fail_type(vm, 1, "association list", list);
    Value dict = rt_dict_new(vm);
    for (Value l = list; value_is_pair(l); l = value_cdr(l)) {
        Value entry = value_car(l);
        if (!value_is_pair(entry))
            return rt_fail_type(vm, 1, "association list", list);
        bool known;
        if (!rt_table_has(vm, dict, value_car(entry), &known))
            return VALUE_FAILURE;
        if (!known && !rt_dict_put(vm, dict, value_car(entry), value_cdr(entry)))
            return VALUE_FAILURE;
    }
    return dict;
}

// A copy with more entries.
Value rt_prim_dict_assoc(VM *vm, int argc, const Value *argv) {
    if (!check_dict(vm, 1, argv[0]))
        return VALUE_FAILURE;
    if (!check_even(vm, argc - 1, argv + 1))
        return VALUE_FAILURE;
    Value copy = rt_table_copy(vm, argv[0]);
    return copy != VALUE_FAILURE && put_all(vm, copy, 1, argc, argv) ? copy : VALUE_FAILURE;
}

// A copy without some keys.
Value rt_prim_dict_dissoc(VM *vm, int argc, const Value *argv) {
    if (!check_dict(vm, 1, argv[0]))
        return VALUE_FAILURE;
    Value copy = rt_table_copy(vm, argv[0]);
    if (copy == VALUE_FAILURE)
        return copy;
    for (int i = 1; i < argc; i++)
        if (!rt_dict_delete(vm, copy, argv[i], NULL))
            return VALUE_FAILURE;
    return copy;
}

// Later dictionaries win; a key keeps the place of its first occurrence.
Value rt_prim_dict_merge(VM *vm, int argc, const Value *argv) {
    for (int i = 0; i < argc; i++)
        if (!check_dict(vm, i + 1, argv[i]))
            return VALUE_FAILURE;
    if (argc == 0)
        return rt_dict_new(vm);
    Value result = rt_table_copy(vm, argv[0]);
    if (result == VALUE_FAILURE)
        return result;
    for (int i = 1; i < argc; i++) {
        const Table *t = value_table(argv[i]);
        for (uint32_t place = 0; place < t->used; place++) {
            const TableEntry *e = table_entry_at(t, place);
            if (e != NULL && !rt_dict_put(vm, result, e->key, e->value))
                return VALUE_FAILURE;
        }
    }
    return result;
}
