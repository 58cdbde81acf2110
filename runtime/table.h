// Hash tables that remember the order of insertion: the core of hash tables and dictionaries.
//
// Duty: one mechanism for TYPE_TABLE (kinds eq, eqv, equal, string) and TYPE_DICT (equal).
//
//   index    [ h3|2 |  .  | h9|0 |  .  | h1|1 |  .  |  .  |  .  ]   power of two, at most half full
//                            │              │
//   entries  [ k0 v0 | k1 v1 | k2 v2 | (hole) | … ]                 in order of insertion
//              0                                used     capacity
//
// An index slot holds 32 bits of the key's hash and the number of its entry + 1; 0 is a free slot.
// Probing is linear; deletion moves later slots back, so that there are no tombstones in the index.
// Deleted entries leave a hole (key 0), squeezed out when the entries are full. Up to
// TABLE_LINEAR entries there is no index: the entries are scanned.
//
// Invariants: entries from `used` on are 0. An index slot exists for each entry that is no hole and
// for no other. Entries are never moved within one entries array: growing or squeezing makes a new
// one. A cursor keeps the array it began with, so inserting and deleting during an iteration is
// safe; each key that stays in the table is visited exactly once.
//
// Weak tables (eq alone) keep the complement of each key, which the collector takes for no pointer;
// at the end of each marking the entries whose key died are deleted. The values are held strongly.
#ifndef KILN_RUNTIME_TABLE_H
#define KILN_RUNTIME_TABLE_H

#include "runtime/object.h"
#include "runtime/state.h"

typedef enum TableKind { TABLE_EQ, TABLE_EQV, TABLE_EQUAL, TABLE_STRING } TableKind;
typedef enum TableWeakness { TABLE_STRONG, TABLE_WEAK_KEYS } TableWeakness;
enum { TABLE_KIND_MASK = 3, TABLE_WEAK = 4 }; // the object's flags
enum { TABLE_LINEAR = 8 };

typedef struct TableEntry {
    Value key; // VALUE_NONE: a hole
    Value value;
} TableEntry;

// TYPE_TABLE and TYPE_DICT. flags: TableKind | TABLE_WEAK
typedef struct Table {
    TableEntry *entries; // scanned memory, [capacity]; NULL when capacity is 0
    uint64_t *index;     // atomic memory, [mask + 1]; NULL: none
    uint64_t mask;
    uint32_t count;    // entries that are no holes
    uint32_t used;     // entries used, holes included
    uint32_t capacity; // entries there is room for
} Table;

static inline bool value_is_table(Value v) { return value_has_type(v, TYPE_TABLE); }
static inline Table *value_table(Value v) { return (Table *)value_object(v); }
static inline size_t rt_table_count(Value table) { return value_table(table)->count; }
static inline TableKind rt_table_kind(Value table) {
    return (TableKind)(object_flags(value_object(table)) & TABLE_KIND_MASK);
}
static inline bool rt_table_is_weak(Value table) {
    return object_flags(value_object(table)) & TABLE_WEAK;
}

// All functions below take tables and dictionaries alike. Keys of a TABLE_STRING are strings: the
// caller has checked. VALUE_FAILURE and false mean that the condition is set (memory is short).

Value rt_table_new(VM *vm, TableKind kind, TableWeakness weakness);
// The value of key, or `otherwise`.
Value rt_table_get(VM *vm, Value table, Value key, Value otherwise);
[[nodiscard]] bool rt_table_put(VM *vm, Value table, Value key, Value value);
// *found (may be NULL): was it there?
[[nodiscard]] bool rt_table_delete(VM *vm, Value table, Value key, bool *found);
[[nodiscard]] bool rt_table_has(VM *vm, Value table, Value key, bool *found);
void rt_table_clear(Value table);
// A copy without holes, of the same kind and order; a TYPE_DICT's copy is a TYPE_DICT.
Value rt_table_copy(VM *vm, Value table);

// ---- iteration in the order of insertion

typedef struct TableCursor {
    Value table;
    TableEntry *entries; // the array the iteration began with
    uint32_t used;       // its end; follows the table's while the array is the table's
    uint32_t position;   // next entry to look at
    Value key, value;    // of the entry that rt_table_next found
} TableCursor;

void rt_table_cursor_init(TableCursor *cursor, Value table);
// Advance. *found false: the end. Lives in a local or in scanned memory.
[[nodiscard]] bool rt_table_next(VM *vm, TableCursor *cursor, bool *found);

// Lists of keys, of values, of (key . value), in order.
Value rt_table_keys(VM *vm, Value table);
Value rt_table_values(VM *vm, Value table);
Value rt_table_to_alist(VM *vm, Value table);

// An empty object of the core for dict.c.
Value rt_table_new_typed(VM *vm, unsigned type, TableKind kind, TableWeakness weakness);

#endif
