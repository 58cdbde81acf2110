// The ordered hash table.
#include "runtime/table.h"
#include "runtime/assert.h"
#include "runtime/equal.h"
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/list.h"
#include "runtime/string.h"

_Static_assert(sizeof(TableEntry) == 16, "four entries a cache line");

#define TABLE_MAX_CAPACITY (UINT32_C(3) << 29) // of 2^31 slots; slot + 1 has 32 bits

enum { NOT_FOUND = -1, BROKEN = -2 }; // results of the searches below

// ---- weak tables keep complements

static inline Value key_mask(const Table *t) {
    return object_flags(t) & TABLE_WEAK ? ~(Value)0 : 0;
}
static inline Value entry_key(const Table *t, const TableEntry *e) { return e->key ^ key_mask(t); }

// ---- searching

// 32 bits of a hash, 0 left out.
static inline uint32_t slot_hash(uint64_t hash) { return (uint32_t)hash + ((uint32_t)hash == 0); }

static inline uint32_t key_hash(TableKind kind, Value key) {
    switch (kind) {
    case TABLE_EQ:
        return slot_hash(rt_eq_hash(key));
    case TABLE_EQV:
        return slot_hash(rt_eqv_hash(key));
    case TABLE_STRING:
        return slot_hash(rt_string_hash(key));
    default:
        // Symbols and keywords, the usual keys of dictionaries, are their own identity.
        return slot_hash(equal_looks_inside(key) ? rt_equal_hash(key) : rt_eq_hash(key));
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

// Where a search ended.
typedef struct Probe {
    uint32_t hash; // of the key   } set only where
    uint64_t free; // a free slot  } there are hashes
} Probe;

// The slot of `key`, which is stored as `stored_key`; NOT_FOUND or BROKEN. Inlined for each kind.
[[gnu::always_inline]] static inline int64_t search_as(VM *vm, const Table *t, TableKind kind,
                                                       Value key, Value stored_key, Probe *probe) {
    if (t->hashes == NULL) {
        for (uint32_t i = 0; i < t->used; i++)
            if (t->entries[i].key == stored_key)
                return i;
        // Where no two keys differ in their words and are the same: done.
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
    for (uint32_t found; (found = t->hashes[at]) != 0; at = (at + 1) & t->mask) {
        if (found != hash)
            continue;
        Value stored = t->entries[at].key;
        if (stored == stored_key)
            return (int64_t)at;
        int match = keys_match(vm, kind, stored, key);
        if (match != 0)
            return match < 0 ? BROKEN : (int64_t)at;
    }
    *probe = (Probe){hash, at};
    return NOT_FOUND;
}

// Apart, so that the common kinds keep few registers.
[[gnu::noinline]] static int64_t search_general(VM *vm, const Table *t, Value key, Probe *probe) {
    switch ((TableKind)(object_flags(t) & TABLE_KIND_MASK)) {
    case TABLE_EQ:
        return search_as(vm, t, TABLE_EQ, key, key ^ key_mask(t), probe);
    case TABLE_EQV:
        return search_as(vm, t, TABLE_EQV, key, key, probe);
    case TABLE_STRING:
        return search_as(vm, t, TABLE_STRING, key, key, probe);
    default:
        return search_as(vm, t, TABLE_EQUAL, key, key, probe);
    }
}

static inline int64_t search(VM *vm, const Table *t, Value key, Probe *probe) {
    if (object_flags(t) == TABLE_EQ)
        return search_as(vm, t, TABLE_EQ, key, key, probe);
    return search_general(vm, t, key, probe);
}

// ---- growing

// Room for at least half as many keys again as there are entries: half of a power of two, or three
// quarters where a table is LARGE.
enum { LARGE = 1 << 15 }; // keys
static uint32_t capacity_for(uint32_t count) {
    uint32_t wanted = count + count / 2 + 1, capacity = TABLE_LINEAR;
    while (capacity < wanted && capacity < LARGE)
        capacity *= 2;
    if (capacity < wanted)
        capacity = LARGE / 2 * 3;
    while (capacity < wanted)
        capacity *= 2;
    return capacity;
}
static size_t slots_for(uint32_t capacity) {
    return capacity <= TABLE_LINEAR ? capacity
           : capacity <= LARGE      ? 2 * (size_t)capacity
                                    : (size_t)capacity / 3 * 4;
}

// Give `to` the entries of `from` (which may be the same) without holes, in new arrays with room
// for capacity keys. A collection on the way may delete entries of weak tables, so nothing is read
// before the last allocation.
static bool rebuild(VM *vm, const Table *from, Table *to, uint32_t capacity) {
    bool hashed = capacity > TABLE_LINEAR;
    size_t slots = slots_for(capacity);
    if (hashed && !rt_heap_reserve(vm, slots, sizeof(TableEntry) + 3 * sizeof(uint32_t)))
        return false;
    TableEntry *entries = rt_raw_new(vm, slots * sizeof *entries);
    uint32_t *hashes = NULL, *places = NULL, *order = NULL;
    if (hashed) {
        hashes = rt_raw_new_atomic(vm, slots * sizeof *hashes);
        places = rt_raw_new_atomic(vm, slots * sizeof *places);
        order = rt_raw_new_atomic(vm, capacity * sizeof *order);
        memset(hashes, 0, slots * sizeof *hashes);
        memset(order, 0, capacity * sizeof *order);
    }

    TableKind kind = (TableKind)(object_flags(from) & TABLE_KIND_MASK);
    uint64_t mask = slots - 1;
    uint32_t n = 0;
    for (uint32_t place = 0; place < from->used; place++) {
        const TableEntry *e = table_entry_at(from, place);
        if (e == NULL)
            continue;
        uint64_t at = n;
        if (hashed) {
            uint32_t hash = from->hashes != NULL ? from->hashes[e - from->entries]
                                                 : key_hash(kind, entry_key(from, e));
            for (at = hash & mask; hashes[at] != 0;)
                at = (at + 1) & mask;
            hashes[at] = hash;
            places[at] = n;
            order[n] = (uint32_t)at + 1;
        }
        entries[at] = *e;
        n++;
    }
    to->entries = entries;
    to->hashes = hashes;
    to->places = places;
    to->order = order;
    to->mask = mask;
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

// Delete the entry in a slot: leave a hole in the order, and move back the entries behind it that
// would not be found past a free slot.
static void remove_slot(Table *t, uint64_t gap) {
    t->count--;
    if (t->hashes == NULL) {
        t->entries[gap] = (TableEntry){VALUE_NONE, VALUE_NONE};
        while (t->used > 0 && t->entries[t->used - 1].key == VALUE_NONE)
            t->used--;
        return;
    }
    uint32_t *hashes = t->hashes;
    uint64_t mask = t->mask;
    t->order[t->places[gap]] = 0;
    for (uint64_t at = (gap + 1) & mask; hashes[at] != 0; at = (at + 1) & mask) {
        uint64_t home = hashes[at] & mask;
        if (((at - home) & mask) < ((at - gap) & mask))
            continue;
        hashes[gap] = hashes[at];
        t->entries[gap] = t->entries[at];
        t->places[gap] = t->places[at];
        t->order[t->places[gap]] = (uint32_t)gap + 1;
        gap = at;
    }
    hashes[gap] = 0;
    t->entries[gap] = (TableEntry){VALUE_NONE, VALUE_NONE};
    while (t->used > 0 && t->order[t->used - 1] == 0)
        t->used--;
}

// At the end of a marking: delete the entries of dead keys.
static void sweep(void *object) {
    Table *t = object;
    for (uint32_t place = t->used; place-- > 0;) {
        const TableEntry *e = table_entry_at(t, place);
        if (e == NULL)
            continue;
        Value key = entry_key(t, e);
        if (value_is_pointer(key) && !rt_heap_is_live(key))
            remove_slot(t, (uint64_t)(e - t->entries));
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
    Probe probe;
    int64_t at = search(vm, t, key, &probe);
    if (__builtin_expect(at >= 0, 1))
        return t->entries[at].value;
    return at == NOT_FOUND ? otherwise : VALUE_FAILURE;
}

bool rt_table_has(VM *vm, Value table, Value key, bool *found) {
    Probe probe;
    int64_t at = search(vm, value_table(table), key, &probe);
    *found = at >= 0;
    return at != BROKEN;
}

bool rt_table_put(VM *vm, Value table, Value key, Value value) {
    Table *t = value_table(table);
    Probe probe;
    int64_t at = search(vm, t, key, &probe);
    if (at >= 0) {
        t->entries[at].value = value;
        return true;
    }
    if (at == BROKEN)
        return false;
    if (t->used == t->capacity) {
        bool had_hashes = t->hashes != NULL;
        if (!grow(vm, t))
            return false;
        if (t->hashes != NULL) {
            if (!had_hashes)
                probe.hash = key_hash((TableKind)(object_flags(t) & TABLE_KIND_MASK), key);
            for (probe.free = probe.hash & t->mask; t->hashes[probe.free] != 0;)
                probe.free = (probe.free + 1) & t->mask;
        }
    }
    uint64_t slot = t->used;
    if (t->hashes != NULL) {
        slot = probe.free;
        t->hashes[slot] = probe.hash;
        t->places[slot] = t->used;
        t->order[t->used] = (uint32_t)slot + 1;
    }
    t->entries[slot] = (TableEntry){key ^ key_mask(t), value};
    t->used++;
    t->count++;
    return true;
}

bool rt_table_delete(VM *vm, Value table, Value key, bool *found) {
    Table *t = value_table(table);
    Probe probe;
    int64_t at = search(vm, t, key, &probe);
    if (found != NULL)
        *found = at >= 0;
    if (at < 0)
        return at != BROKEN;
    remove_slot(t, (uint64_t)at);
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
    *cursor =
        (TableCursor){.table = table, .entries = t->entries, .order = t->order, .used = t->used};
}

bool rt_table_next(VM *vm, TableCursor *cursor, bool *found) {
    const Table *t = value_table(cursor->table);
    bool current = cursor->entries == t->entries;
    // Places stay the same within one set of arrays, new keys follow. Arrays that the table has
    // left stay as they were: their keys are looked up again, since they may be gone or have other
    // values.
    Table old = {.entries = cursor->entries, .order = cursor->order};
    if (current)
        cursor->used = t->used;
    *found = true;
    while (cursor->place < cursor->used) {
        const TableEntry *e = table_entry_at(current ? t : &old, cursor->place++);
        if (e == NULL)
            continue;
        Value key = entry_key(t, e), value = e->value;
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
    if (!rt_heap_reserve_parts(vm, t->count, what == LIST_PAIRS ? 2 * sizeof(Pair) : sizeof(Pair)))
        return VALUE_FAILURE;
    // From the end, so that the list needs no second pass. In weak tables collections on the way
    // delete entries and shorten the order, but no place moves.
    Value list = VALUE_NULL;
    for (uint32_t place = t->used; place-- > 0;) {
        const TableEntry *e = place < t->used ? table_entry_at(t, place) : NULL;
        if (e == NULL)
            continue;
        Value key = entry_key(t, e), value = e->value;
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
