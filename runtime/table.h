// Hash tables that remember the order of insertion: the core of hash tables and dictionaries.
//
// Duty: one mechanism for TYPE_TABLE (kinds eq, eqv, equal, string) and TYPE_DICT (equal).
//
//   slot         0       1       2       3       4       5       6       7
//   hashes   [ h2    |  0    | h0    |  0    | h1    |  0    |  0    |  0    ]
//   entries  [ k2 v2 |  .    | k0 v0 |  .    | k1 v1 |  .    |  .    |  .    ]
//   places   [ 2     |  .    | 0     |  .    | 1     |  .    |  .    |  .    ]
//   order    [ 2+1   | 4+1   | 0+1   | 0 ...   slot + 1, in order of insertion; `used` of them
//
// The number of slots is a power of two. At most half of them are taken, in large tables three
// quarters: those wait for memory, and the less of it there is the better.
//
// `hashes` has 32 bits of each key's hash, never 0, which is a free slot. Key and value lie in the
// same slot of `entries`, so that a lookup's two cache misses overlap. Probing is linear; deletion
// moves later slots back: there are no tombstones. `order` remembers the insertions, `places` is
// its inverse. Deletion leaves a hole (0) in the order, squeezed out when the order is full. Up to
// TABLE_LINEAR entries there are no arrays but `entries`, which are in order and are scanned.
//
// Invariants: `order` is 0 from `used` on; a slot is free in `hashes` exactly when it is in
// `entries`. Growing and squeezing make new arrays and leave the old ones as they were. A cursor
// keeps the arrays it began with, so inserting and deleting during an iteration is safe; each key
// that stays in the table is visited exactly once.
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
    Value key; // VALUE_NONE: free
    Value value;
} TableEntry;

// TYPE_TABLE and TYPE_DICT. flags: TableKind | TABLE_WEAK
typedef struct Table {
    TableEntry *entries; // scanned memory: [mask + 1], without hashes [capacity]
    uint32_t *hashes;    // atomic memory: [mask + 1]; NULL: none
    uint32_t *places;    // atomic memory: [mask + 1]; NULL: none
    uint32_t *order;     // atomic memory: [capacity]; NULL: none
    uint64_t mask;
    uint32_t count;    // keys
    uint32_t used;     // places of the order that are used, holes included
    uint32_t capacity; // places there is room for
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

// The entry at a place below t->used, NULL for a hole. In weak tables its key is complemented.
static inline const TableEntry *table_entry_at(const Table *t, uint32_t place) {
    if (t->order == NULL)
        return t->entries[place].key == VALUE_NONE ? NULL : &t->entries[place];
    return t->order[place] == 0 ? NULL : &t->entries[t->order[place] - 1];
}

typedef struct TableCursor {
    Value table;
    TableEntry *entries; // the arrays the iteration began with
    uint32_t *order;
    uint32_t used;    // their end; follows the table's while they are the table's
    uint32_t place;   // to look at next
    Value key, value; // of the entry that rt_table_next found
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
