// The ordered hash table.
#include "runtime/table.h"
#include "runtime/assert.h"
#include "runtime/equal.h"
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/list.h"
#include "runtime/string.h"

_Static_assert(sizeof(TableEntry) == 16, "four entries a cache line");

#define TABLE_MAX_CAPACITY (UINT32_C(1) << 30)

enum { NOT_FOUND = -1, BROKEN = -2 }; // results of the searches below

// ---- weak tables keep complements

static inline Value key_mask(const Table *t) {
    return object_flags(t) & TABLE_WEAK ? ~(Value)0 : 0;
}
// A hole stays a hole.
static inline Value entry_key(const Table *t, const TableEntry *e) {
    return e->key == VALUE_NONE ? VALUE_NONE : e->key ^ key_mask(t);
}

// ---- searching

static inline uint32_t slot_hash(uint64_t slot) { return (uint32_t)(slot >> 32); }
static inline uint32_t slot_entry(uint64_t slot) { return (uint32_t)slot - 1; }

static inline uint32_t key_hash(TableKind kind, Value key) {
    switch (kind) {
    case TABLE_EQ:
        return (uint32_t)rt_eq_hash(key);
    case TABLE_EQV:
        return (uint32_t)rt_eqv_hash(key);
    case TABLE_STRING:
        return (uint32_t)rt_string_hash(key);
    default:
        // Symbols and keywords, the usual keys of dictionaries, are their own identity.
        return (uint32_t)(equal_looks_inside(key) ? rt_equal_hash(key) : rt_eq_hash(key));
    }
}

// Does the entry's key equal key? Their words differ. Answers 1, 0 or BROKEN.
static inline int keys_match(VM *vm, TableKind kind, Value stored, Value key) {
    switch (kind) {
    case TABLE_EQ:
        return 0;
    case TABLE_EQV:
        return rt_eqv_slow(stored, key);
    case TABLE_STRING:
        return rt_string_equal(stored, key);
    default: {
        if (!equal_looks_inside(key))
            return 0;
        if (value_is_string(key))
            return value_is_string(stored) && rt_string_equal(stored, key);
        bool same;
        if (!rt_equal(vm, stored, key, &same))
            return BROKEN;
        return same;
    }
    }
}

// The entry of `key`, which is stored as `stored_key`; NOT_FOUND or BROKEN. Inlined for each kind.
static inline int64_t search_as(VM *vm, const Table *t, TableKind kind, Value key, Value stored_key,
                                uint64_t *slot_at) {
    if (t->index == NULL) {
        for (uint32_t i = 0; i < t->used; i++)
            if (t->entries[i].key == stored_key)
                return i;
        // No two keys differ in their words and are the same: done.
        if (kind == TABLE_EQ || (kind == TABLE_EQUAL && !equal_looks_inside(key)))
            return NOT_FOUND;
        for (uint32_t i = 0; i < t->used; i++) {
            if (t->entries[i].key == VALUE_NONE)
                continue;
            int match = keys_match(vm, kind, t->entries[i].key, key);
            if (match != 0)
                return match < 0 ? BROKEN : i;
        }
        return NOT_FOUND;
    }
    uint32_t hash = key_hash(kind, key);
    uint64_t at = hash & t->mask;
    for (uint64_t slot; (slot = t->index[at]) != 0; at = (at + 1) & t->mask) {
        if (slot_hash(slot) != hash)
            continue;
        uint32_t i = slot_entry(slot);
        Value stored = t->entries[i].key;
        int match = stored == stored_key ? 1 : keys_match(vm, kind, stored, key);
        if (match == 0)
            continue;
        *slot_at = at;
        return match < 0 ? BROKEN : i;
    }
    return NOT_FOUND;
}

static int64_t search_eqv(VM *vm, const Table *t, Value key, uint64_t *slot_at) {
    return search_as(vm, t, TABLE_EQV, key, key, slot_at);
}
static int64_t search_equal(VM *vm, const Table *t, Value key, uint64_t *slot_at) {
    return search_as(vm, t, TABLE_EQUAL, key, key, slot_at);
}
static int64_t search_string(VM *vm, const Table *t, Value key, uint64_t *slot_at) {
    return search_as(vm, t, TABLE_STRING, key, key, slot_at);
}

static inline int64_t search(VM *vm, const Table *t, Value key, uint64_t *slot_at) {
    switch ((TableKind)(object_flags(t) & TABLE_KIND_MASK)) {
    case TABLE_EQ:
        return search_as(vm, t, TABLE_EQ, key, key ^ key_mask(t), slot_at);
    case TABLE_EQV:
        return search_eqv(vm, t, key, slot_at);
    case TABLE_STRING:
        return search_string(vm, t, key, slot_at);
    default:
        return search_equal(vm, t, key, slot_at);
    }
}

// ---- growing

// Smallest power of two that leaves at least half as much room again as there are entries.
static uint32_t capacity_for(uint32_t count) {
    uint32_t wanted = count + count / 2 + 1, capacity = TABLE_LINEAR;
    while (capacity < wanted)
        capacity *= 2;
    return capacity;
}

static void index_insert(uint64_t *index, uint64_t mask, uint32_t hash, uint32_t entry) {
    uint64_t at = hash & mask;
    while (index[at] != 0)
        at = (at + 1) & mask;
    index[at] = (uint64_t)hash << 32 | (entry + 1);
}

// The hash of each entry, taken from the index.
static void collect_hashes(const Table *t, uint32_t *hashes) {
    for (uint64_t at = 0; at <= t->mask; at++)
        if (t->index[at] != 0)
            hashes[slot_entry(t->index[at])] = slot_hash(t->index[at]);
}

// Give `to` the entries of `from` (which may be the same) without holes, in new memory for capacity
// entries. A collection on the way may delete entries of weak tables, so nothing is read before the
// last allocation.
static bool rebuild(VM *vm, const Table *from, Table *to, uint32_t capacity) {
    size_t slots = capacity > TABLE_LINEAR ? 2 * (size_t)capacity : 0;
    if (capacity > TABLE_LINEAR &&
        !rt_heap_reserve(vm, capacity,
                         sizeof(TableEntry) + 2 * sizeof(uint64_t) + sizeof(uint32_t)))
        return false;
    TableEntry *entries = rt_raw_new(vm, capacity * sizeof *entries);
    uint64_t *index = slots > 0 ? rt_raw_new_atomic(vm, slots * sizeof *index) : NULL;
    uint32_t *hashes = index != NULL && from->index != NULL
                           ? rt_raw_new_atomic(vm, from->capacity * sizeof *hashes)
                           : NULL;
    if (index != NULL)
        memset(index, 0, slots * sizeof *index);
    if (hashes != NULL)
        collect_hashes(from, hashes);

    TableKind kind = (TableKind)(object_flags(from) & TABLE_KIND_MASK);
    uint32_t n = 0;
    for (uint32_t i = 0; i < from->used; i++) {
        const TableEntry *e = &from->entries[i];
        if (e->key == VALUE_NONE)
            continue;
        if (index != NULL) {
            uint32_t hash = hashes != NULL ? hashes[i] : key_hash(kind, entry_key(from, e));
            index_insert(index, slots - 1, hash, n);
        }
        entries[n++] = *e;
    }
    to->entries = entries;
    to->index = index;
    to->mask = slots > 0 ? slots - 1 : 0;
    to->count = to->used = n;
    to->capacity = capacity;
    return true;
}

static bool grow(VM *vm, Table *t) {
    uint32_t capacity = capacity_for(t->count);
    if (capacity > TABLE_MAX_CAPACITY) {
        rt_fail_memory(vm, SIZE_MAX);
        return false;
    }
    return rebuild(vm, t, t, capacity);
}

// ---- deleting

// Free a slot, moving back those behind it that would not be found past a gap.
static void index_remove(Table *t, uint64_t gap) {
    uint64_t *index = t->index, mask = t->mask;
    for (uint64_t at = (gap + 1) & mask; index[at] != 0; at = (at + 1) & mask) {
        uint64_t home = slot_hash(index[at]) & mask;
        if (((at - home) & mask) >= ((at - gap) & mask)) {
            index[gap] = index[at];
            gap = at;
        }
    }
    index[gap] = 0;
}

static void entry_remove(Table *t, uint32_t i) {
    t->entries[i] = (TableEntry){VALUE_NONE, VALUE_NONE};
    t->count--;
    while (t->used > 0 && t->entries[t->used - 1].key == VALUE_NONE)
        t->used--;
}

// At the end of a marking: delete the entries of dead keys. Hashes of eq tables need only the
// address.
static void sweep(void *object) {
    Table *t = object;
    for (uint32_t i = t->used; i-- > 0;) {
        Value key = entry_key(t, &t->entries[i]);
        if (key == VALUE_NONE || !value_is_pointer(key) || rt_heap_is_live(key))
            continue;
        if (t->index != NULL) {
            uint32_t hash = key_hash(TABLE_EQ, key);
            uint64_t at = hash & t->mask;
            while (slot_entry(t->index[at]) != i)
                at = (at + 1) & t->mask;
            index_remove(t, at);
        }
        entry_remove(t, i);
    }
}

// ---- interface

Value rt_table_new_typed(VM *vm, unsigned type, TableKind kind, TableWeakness weakness) {
    ASSERT(weakness == TABLE_STRONG || kind == TABLE_EQ, "a weak table of kind %d", kind);
    unsigned flags = (unsigned)kind | (weakness == TABLE_WEAK_KEYS ? TABLE_WEAK : 0u);
    Table *t = rt_object_new(vm, type, flags, 0, sizeof *t);
    if (weakness == TABLE_WEAK_KEYS)
        rt_heap_add_weak(vm, t, sweep);
    return value_from_pointer(t);
}

Value rt_table_new(VM *vm, TableKind kind, TableWeakness weakness) {
    return rt_table_new_typed(vm, TYPE_TABLE, kind, weakness);
}

Value rt_table_get(VM *vm, Value table, Value key, Value otherwise) {
    const Table *t = value_table(table);
    uint64_t slot;
    int64_t i = search(vm, t, key, &slot);
    if (__builtin_expect(i >= 0, 1))
        return t->entries[i].value;
    return i == NOT_FOUND ? otherwise : VALUE_FAILURE;
}

bool rt_table_has(VM *vm, Value table, Value key, bool *found) {
    uint64_t slot;
    int64_t i = search(vm, value_table(table), key, &slot);
    *found = i >= 0;
    return i != BROKEN;
}

bool rt_table_put(VM *vm, Value table, Value key, Value value) {
    Table *t = value_table(table);
    uint64_t slot;
    int64_t i = search(vm, t, key, &slot);
    if (i >= 0) {
        t->entries[i].value = value;
        return true;
    }
    if (i == BROKEN)
        return false;
    if (t->used == t->capacity && !grow(vm, t))
        return false;
    if (t->index != NULL) {
        TableKind kind = (TableKind)(object_flags(t) & TABLE_KIND_MASK);
        index_insert(t->index, t->mask, key_hash(kind, key), t->used);
    }
    t->entries[t->used] = (TableEntry){key ^ key_mask(t), value};
    t->used++;
    t->count++;
    return true;
}

bool rt_table_delete(VM *vm, Value table, Value key, bool *found) {
    Table *t = value_table(table);
    uint64_t slot;
    int64_t i = search(vm, t, key, &slot);
    if (found != NULL)
        *found = i >= 0;
    if (i < 0)
        return i != BROKEN;
    if (t->index != NULL)
        index_remove(t, slot);
    entry_remove(t, (uint32_t)i);
    return true;
}

void rt_table_clear(Value table) {
    Table *t = value_table(table);
    *t = (Table){0};
}

Value rt_table_copy(VM *vm, Value table) {
    const Table *t = value_table(table);
    Value copy = rt_table_new_typed(vm, object_type(t), rt_table_kind(table),
                                    rt_table_is_weak(table) ? TABLE_WEAK_KEYS : TABLE_STRONG);
    if (t->count > 0 && !rebuild(vm, t, value_table(copy), capacity_for(t->count)))
        return VALUE_FAILURE;
    return copy;
}

// ---- iteration

void rt_table_cursor_init(TableCursor *cursor, Value table) {
    const Table *t = value_table(table);
    *cursor = (TableCursor){.table = table, .entries = t->entries, .used = t->used};
}

bool rt_table_next(VM *vm, TableCursor *cursor, bool *found) {
    const Table *t = value_table(cursor->table);
    bool current = cursor->entries == t->entries;
    // Within one array entries keep their places, new ones follow. An array that the table has left
    // stays as it was: its keys are looked up again, since they may be gone or have other values.
    if (current)
        cursor->used = t->used;
    *found = true;
    while (cursor->position < cursor->used) {
        const TableEntry *e = &cursor->entries[cursor->position++];
        Value key = entry_key(t, e);
        if (key == VALUE_NONE)
            continue;
        Value value = e->value;
        if (!current) {
            value = rt_table_get(vm, cursor->table, key, VALUE_NONE);
            if (value == VALUE_FAILURE)
                return false;
            if (value == VALUE_NONE)
                continue;
        }
        cursor->key = key;
        cursor->value = value;
        return true;
    }
    *found = false;
    return true;
}

typedef enum Listing { LIST_KEYS, LIST_VALUES, LIST_PAIRS } Listing;

static Value list_entries(VM *vm, Value table, Listing what) {
    const Table *t = value_table(table);
    if (!rt_heap_reserve(vm, t->count, what == LIST_PAIRS ? 2 * sizeof(Pair) : sizeof(Pair)))
        return VALUE_FAILURE;
    // From the end, so that the list needs no second pass. In weak tables collections on the way
    // delete entries, but move none.
    Value list = VALUE_NULL;
    for (uint32_t i = t->used; i-- > 0;) {
        Value key = entry_key(t, &t->entries[i]), value = t->entries[i].value;
        if (key == VALUE_NONE)
            continue;
        Value item = what == LIST_KEYS     ? key
                     : what == LIST_VALUES ? value
                                           : rt_cons(vm, key, value);
        list = rt_cons(vm, item, list);
    }
    return list;
}

Value rt_table_keys(VM *vm, Value table) { return list_entries(vm, table, LIST_KEYS); }
Value rt_table_values(VM *vm, Value table) { return list_entries(vm, table, LIST_VALUES); }
Value rt_table_to_alist(VM *vm, Value table) { return list_entries(vm, table, LIST_PAIRS); }
