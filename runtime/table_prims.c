// Primitives of hash tables, hash functions and cursors. SRFI 69 and its relatives are SX on top of
// them.
#include "runtime/equal.h"
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/list.h"
#include "runtime/numbers.h"
#include "runtime/range.h"
#include "runtime/string.h"
#include "runtime/symbol.h"
#include "runtime/table.h"
#include "runtime/unicode.h"

static const char *const kind_names[] = {
    [TABLE_EQ] = "eq", [TABLE_EQV] = "eqv", [TABLE_EQUAL] = "equal", [TABLE_STRING] = "string"};

static bool check_table(VM *vm, Value v) {
    if (value_is_table(v))
        return true;
    rt_fail_type(vm, 1, "hash table", v);
    return false;
}

// A table, and a key that may be in it.
static bool check_key(VM *vm, Value table, Value key) {
    if (!check_table(vm, table))
        return false;
    if (rt_table_kind(table) != TABLE_STRING || value_is_string(key))
        return true;
    rt_fail_type(vm, 2, "string", key);
    return false;
}

Value rt_prim_make_table(VM *vm, Value kind, Value weak) {
    if (value_is_symbol(kind))
        for (int i = TABLE_EQ; i <= TABLE_STRING; i++) {
            if (!rt_string_is(value_symbol(kind)->name, kind_names[i]))
                continue;
            if (value_is_falsy(weak))
                return rt_table_new(vm, (TableKind)i, TABLE_STRONG);
            if (i != TABLE_EQ)
                return rt_fail_range(vm, 1, "eq, the kind of weak tables", kind);
            return rt_table_new(vm, TABLE_EQ, TABLE_WEAK_KEYS);
        }
    return rt_fail_type(vm, 1, "kind of table: eq, eqv, equal or string", kind);
}

Value rt_prim_is_table(VM *vm, Value v) { return value_from_bool(value_is_table(v)); }

Value rt_prim_table_kind(VM *vm, Value table) {
    return check_table(vm, table) ? rt_intern(vm, kind_names[rt_table_kind(table)]) : VALUE_FAILURE;
}

Value rt_prim_is_table_weak(VM *vm, Value table) {
    return check_table(vm, table) ? value_from_bool(rt_table_is_weak(table)) : VALUE_FAILURE;
}

Value rt_prim_table_size(VM *vm, Value table) {
    if (!check_table(vm, table))
        return VALUE_FAILURE;
    return value_from_fixnum((int64_t)rt_table_count(table));
}

Value rt_prim_table_ref(VM *vm, Value table, Value key, Value otherwise) {
    return check_key(vm, table, key) ? rt_table_get(vm, table, key, otherwise) : VALUE_FAILURE;
}

Value rt_prim_table_set(VM *vm, Value table, Value key, Value value) {
    if (!check_key(vm, table, key) || !rt_table_put(vm, table, key, value))
        return VALUE_FAILURE;
    return VALUE_UNSPECIFIED;
}

Value rt_prim_table_delete(VM *vm, Value table, Value key) {
    bool found;
    if (!check_key(vm, table, key) || !rt_table_delete(vm, table, key, &found))
        return VALUE_FAILURE;
    return value_from_bool(found);
}

Value rt_prim_table_contains(VM *vm, Value table, Value key) {
    bool found;
    if (!check_key(vm, table, key) || !rt_table_has(vm, table, key, &found))
        return VALUE_FAILURE;
    return value_from_bool(found);
}

Value rt_prim_table_clear(VM *vm, Value table) {
    if (!check_table(vm, table))
        return VALUE_FAILURE;
    rt_table_clear(table);
    return VALUE_UNSPECIFIED;
}

// The second argument of R6RS and SRFI 125, mutable?, changes nothing: all tables are.
Value rt_prim_table_copy(VM *vm, int argc, const Value *argv) {
    return check_table(vm, argv[0]) ? rt_table_copy(vm, argv[0]) : VALUE_FAILURE;
}

Value rt_prim_table_keys(VM *vm, Value table) {
    return check_table(vm, table) ? rt_table_keys(vm, table) : VALUE_FAILURE;
}
Value rt_prim_table_values(VM *vm, Value table) {
    return check_table(vm, table) ? rt_table_values(vm, table) : VALUE_FAILURE;
}
Value rt_prim_table_to_alist(VM *vm, Value table) {
    return check_table(vm, table) ? rt_table_to_alist(vm, table) : VALUE_FAILURE;
}

// ---- cursors over tables and dictionaries: Foreign objects, told from others by their release
// function, which is never called

static void is_cursor(void *cursor) { (void)cursor; }

static TableCursor *check_cursor(VM *vm, Value v) {
    if (value_is_foreign(v) && value_foreign(v)->release == is_cursor)
        return value_foreign(v)->pointer;
    rt_fail_type(vm, 1, "cursor", v);
    return NULL;
}

Value rt_prim_cursor(VM *vm, Value table) {
    if (!value_is_table(table) && !value_has_type(table, TYPE_DICT))
        return rt_fail_type(vm, 1, "hash table or dictionary", table);
    TableCursor *cursor = rt_raw_new(vm, sizeof *cursor);
    rt_table_cursor_init(cursor, table);
    cursor->key = cursor->value = VALUE_UNSPECIFIED;
    Foreign *object = rt_object_new(vm, TYPE_FOREIGN, 0, 0, sizeof *object);
    object->kind = rt_intern(vm, "cursor");
    object->pointer = cursor;
    object->release = is_cursor;
    return value_from_pointer(object);
}

Value rt_prim_cursor_next(VM *vm, Value v) {
    TableCursor *cursor = check_cursor(vm, v);
    bool found;
    if (cursor == NULL || !rt_table_next(vm, cursor, &found))
        return VALUE_FAILURE;
    return value_from_bool(found);
}

Value rt_prim_cursor_key(VM *vm, Value v) {
    const TableCursor *cursor = check_cursor(vm, v);
    return cursor == NULL ? VALUE_FAILURE : cursor->key;
}

Value rt_prim_cursor_value(VM *vm, Value v) {
    const TableCursor *cursor = check_cursor(vm, v);
    return cursor == NULL ? VALUE_FAILURE : cursor->value;
}

// ---- hash functions: exact integers from 0, below the bound when one is given

static Value hash_result(VM *vm, int argc, const Value *argv, uint64_t h) {
    h >>= 64 - 49; // a fixnum that is not negative
    if (argc > 1) {
        size_t bound;
        if (!rt_count(vm, 2, argv[1], &bound))
            return VALUE_FAILURE;
        if (bound == 0)
            return rt_fail_range(vm, 2, "positive integer", argv[1]);
        h %= bound;
    }
    return value_from_fixnum((int64_t)h);
}

Value rt_prim_hash(VM *vm, int argc, const Value *argv) {
    return hash_result(vm, argc, argv, rt_equal_hash(argv[0]));
}
Value rt_prim_eqv_hash(VM *vm, int argc, const Value *argv) {
    return hash_result(vm, argc, argv, rt_eqv_hash(argv[0]));
}
Value rt_prim_eq_hash(VM *vm, int argc, const Value *argv) {
    return hash_result(vm, argc, argv, rt_eq_hash(argv[0]));
}

Value rt_prim_string_hash(VM *vm, int argc, const Value *argv) {
    if (!value_is_string(argv[0]))
        return rt_fail_type(vm, 1, "string", argv[0]);
    return hash_result(vm, argc, argv, rt_string_hash(argv[0]));
}

Value rt_prim_string_ci_hash(VM *vm, int argc, const Value *argv) {
    if (!value_is_string(argv[0]))
        return rt_fail_type(vm, 1, "string", argv[0]);
    Value folded = rt_string_map_case(vm, argv[0], CASE_FOLD);
    if (folded == VALUE_FAILURE)
        return folded;
    return hash_result(vm, argc, argv, rt_string_hash(folded));
}

Value rt_prim_symbol_hash(VM *vm, int argc, const Value *argv) {
    if (!value_is_symbol(argv[0]))
        return rt_fail_type(vm, 1, "symbol", argv[0]);
    return hash_result(vm, argc, argv, rt_string_hash(value_symbol(argv[0])->name));
}
