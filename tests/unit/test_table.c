// runtime/table.c, table_prims.c: hash tables, cursors, weak keys.
#include "calls.h"
#include <stdio.h>

static const TableKind all_kinds[] = {TABLE_EQ, TABLE_EQV, TABLE_EQUAL, TABLE_STRING};

// A key of that kind of table; distinct numbers make distinct keys, each time a new object where it
// can be.
static Value key_of(TableKind kind, int i) {
    char text[24];
    switch (kind) {
    case TABLE_EQ:
        return value_from_fixnum(i);
    case TABLE_EQV:
        return value_from_double(i * 0.5);
    case TABLE_EQUAL:
        return rt_list(vm, 2, value_from_fixnum(i), value_from_char('x'));
    default:
        snprintf(text, sizeof text, "key %d", i);
        return rt_string_from_c(vm, text);
    }
}

static Value get(Value table, Value key) {
    Value v = rt_table_get(vm, table, key, VALUE_FALSE);
    assert_true(v != VALUE_FAILURE);
    return v;
}

static void put(Value table, Value key, int value) {
    assert_true(rt_table_put(vm, table, key, value_from_fixnum(value)));
}

static bool drop(Value table, Value key) {
    bool found;
    assert_true(rt_table_delete(vm, table, key, &found));
    return found;
}

// What the invariants of table.h say.
static void verify(Value table) {
    const Table *t = value_table(table);
    uint32_t live = 0;
    for (uint32_t place = 0; place < t->capacity; place++) {
        const TableEntry *e = table_entry_at(t, place);
        if (e == NULL)
            continue;
        assert_true(place < t->used);
        live++;
        if (t->hashes != NULL) {
            size_t slot = (size_t)(e - t->entries);
            assert_true(t->hashes[slot] != 0);
            assert_int_equal(t->places[slot], place);
            // No free slot between a key's home and its slot.
            for (uint64_t at = t->hashes[slot] & t->mask; at != slot; at = (at + 1) & t->mask)
                assert_true(t->hashes[at] != 0);
        }
    }
    assert_int_equal(live, t->count);
    if (t->hashes != NULL) {
        uint32_t taken = 0;
        for (uint64_t at = 0; at <= t->mask; at++) {
            taken += t->hashes[at] != 0;
            assert_int_equal(t->hashes[at] != 0, t->entries[at].key != VALUE_NONE);
        }
        assert_int_equal(taken, t->count);
    }
}

static void test_every_kind(void **state) {
    (void)state;
    for (size_t k = 0; k < sizeof all_kinds / sizeof all_kinds[0]; k++) {
        TableKind kind = all_kinds[k];
        Value t = rt_table_new(vm, kind, TABLE_STRONG);
        assert_true(get(t, key_of(kind, 1)) == VALUE_FALSE);
        assert_false(drop(t, key_of(kind, 1)));
        for (int i = 0; i < 1000; i++) {
            put(t, key_of(kind, i), i);
            if (i < 40)
                verify(t);
        }
        for (int i = 0; i < 1000; i++)
            put(t, key_of(kind, i), 2 * i);
        assert_int_equal(rt_table_count(t), 1000);
        for (int i = 0; i < 1000; i++)
            assert_int_equal(value_fixnum(get(t, key_of(kind, i))), 2 * i);
        assert_true(get(t, key_of(kind, 1000)) == VALUE_FALSE);
        for (int i = 0; i < 1000; i += 3)
            assert_true(drop(t, key_of(kind, i)));
        verify(t);
        for (int i = 0; i < 1000; i++)
            assert_int_equal(get(t, key_of(kind, i)) == VALUE_FALSE, i % 3 == 0);
        rt_table_clear(t);
        assert_int_equal(rt_table_count(t), 0);
        put(t, key_of(kind, 5), 5);
        assert_int_equal(value_fixnum(get(t, key_of(kind, 5))), 5);
        verify(t);
    }
}

// Against an array, with many collisions of places, deletions and holes.
static void test_random(void **state) {
    (void)state;
    uint64_t random = 12345;
    for (int round = 0; round < 20; round++) {
        Value t = rt_table_new(vm, TABLE_EQ, TABLE_STRONG);
        int model[64];
        for (int i = 0; i < 64; i++)
            model[i] = -1;
        for (int step = 0; step < 2000; step++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
            int key = (int)(random >> 40) % (round < 10 ? 12 : 64),
                action = (int)(random >> 33) % 5;
            Value k = value_from_fixnum(key);
            if (action < 2) {
                put(t, k, step);
                model[key] = step;
            } else if (action < 4) {
                assert_int_equal(drop(t, k), model[key] >= 0);
                model[key] = -1;
            } else {
                Value v = get(t, k);
                assert_int_equal(v == VALUE_FALSE ? -1 : value_fixnum(v), model[key]);
            }
            verify(t);
        }
    }
}

static void test_order(void **state) {
    (void)state;
    CHECK("(define t (%make-table 'equal #f)) (%table-set! t 'b 1) (%table-set! t 'a 2) "
          "(%table-set! t 'c 3)"
          "(%table-set! t 'b 4) (%table-delete! t 'a) (%table-set! t 'a 5) (hash-table->alist t)",
          "((b . 4) (c . 3) (a . 5))");
    CHECK("(define t (%make-table 'string #f)) (%table-set! t \"x\" 1) (%table-set! t \"w\" 2)"
          "(list (hash-table-keys t) (hash-table-values t) (hash-table-size t))",
          "((\"x\" \"w\") (1 2) 2)");
    Value t = rt_table_new(vm, TABLE_EQV, TABLE_STRONG);
    for (int i = 0; i < 500; i++)
        put(t, value_from_fixnum(i * 7919 % 1009), i);
    for (int i = 0; i < 500; i += 2)
        drop(t, value_from_fixnum(i * 7919 % 1009));
    for (int i = 500; i < 900; i++)
        put(t, value_from_fixnum(i * 7919 % 1009), i);
    int last = -1, count = 0;
    for (Value l = rt_table_values(vm, t); value_is_pair(l); l = value_cdr(l), count++) {
        assert_true(value_fixnum(value_car(l)) > last);
        last = (int)value_fixnum(value_car(l));
    }
    assert_int_equal(count, 650);
    assert_int_equal(rt_list_length(rt_table_keys(vm, rt_table_copy(vm, t))), 650);
    verify(rt_table_copy(vm, t));
}

static void test_cursors(void **state) {
    (void)state;
    CHECK("(define t (%make-table 'eq #f)) (%table-set! t 'a 1) (%table-set! t 'b 2) (define c "
          "(%cursor t))"
          "(define x (%cursor-next! c)) (define k (%cursor-key c)) (%table-delete! t 'a) "
          "(%table-set! t 'b 3)"
          "(%cursor-next! c) (list x k (%cursor-key c) (%cursor-value c) (%cursor-next! c))",
          "(#t a b 3 #f)");
    CHECK("(%cursor '(1))", "cursor: argument 1: expected hash table or dictionary, got (1)");
    CHECK("(%cursor-next! 'x)", "cursor-next!: argument 1: expected cursor, got x");
    // Every tenth step inserts so much that the arrays are replaced; keys of the beginning are seen
    // exactly once unless they were deleted before their turn.
    for (int size = 1; size < 200; size += 13) {
        Value t = rt_table_new(vm, TABLE_EQ, TABLE_STRONG);
        for (int i = 0; i < size; i++)
            put(t, value_from_fixnum(i), i);
        int seen[256] = {0}, extra = 1000;
        TableCursor cursor;
        rt_table_cursor_init(&cursor, t);
        for (bool found; rt_table_next(vm, &cursor, &found) && found;) {
            int key = (int)value_fixnum(cursor.key);
            if (key >= 1000)
                break;
            seen[key]++;
            if (key % 2 == 0 && key + 1 < size)
                drop(t, value_from_fixnum(key + 1));
            if (key % 10 == 0)
                for (int i = 0; i < 100; i++)
                    put(t, value_from_fixnum(extra++), 0);
        }
        for (int i = 0; i < size; i++)
            assert_int_equal(seen[i], i % 2 == 0);
    }
    // Clearing ends an iteration; an empty table has none.
    Value t = rt_table_new(vm, TABLE_EQ, TABLE_STRONG);
    TableCursor cursor;
    bool found;
    rt_table_cursor_init(&cursor, t);
    assert_true(rt_table_next(vm, &cursor, &found) && !found);
    for (int i = 0; i < 20; i++)
        put(t, value_from_fixnum(i), i);
    rt_table_cursor_init(&cursor, t);
    assert_true(rt_table_next(vm, &cursor, &found) && found);
    rt_table_clear(t);
    assert_true(rt_table_next(vm, &cursor, &found) && !found);
}

static void test_primitives(void **state) {
    (void)state;
    CHECK("(%make-table 'foo #f)",
          "make-table: argument 1: expected kind of table: eq, eqv, equal or string, got foo");
    CHECK("(%make-table 'equal #t)",
          "make-table: argument 1: expected eq, the kind of weak tables, got equal");
    CHECK("(%table-ref 5 1 2)", "table-ref: argument 1: expected hash table, got 5");
    CHECK("(%table-set! (%make-table 'string #f) 'a 1)",
          "table-set!: argument 2: expected string, got a");
    CHECK("(%table-ref (%make-table 'eq #f) 'a 'none)", "none");
    CHECK("(define t (%make-table 'eqv #f)) (%table-set! t 100000000000000000000 1)"
          "(list (%table-ref t 100000000000000000000 #f) (hash-table-contains? t 1) (%table-kind "
          "t) (%table-weak? t))",
          "(1 #f eqv #f)");
    CHECK("(define t (%make-table 'equal #f)) (%table-set! t '(1 #(2)) 'x) (%table-set! t 2.5 'y) "
          "(%table-set! t \"s\" 'z)"
          "(list (%table-ref t (list 1 (vector 2)) #f) (%table-ref t 2.5 #f) (%table-ref t (string "
          "#\\s) #f) (%table-ref t 's #f))",
          "(x y z #f)");
    CHECK("(define t (%make-table 'eq #f)) (%table-set! t 1 2) (define u (hash-table-copy t #t)) "
          "(%table-set! u 1 3)"
          "(hash-table-clear! t) (list (hash-table-size t) (%table-ref u 1 #f))",
          "(0 3)");
    CHECK("(define t (%make-table 'eq #f)) (%table-set! t 1 2) (list (%table-delete! t 1) "
          "(%table-delete! t 1))",
          "(#t #f)");
}

static void test_million(void **state) {
    (void)state;
    Value t = rt_table_new(vm, TABLE_EQ, TABLE_STRONG);
    for (int i = 0; i < 1000000; i++)
        put(t, value_from_fixnum(i), i);
    assert_int_equal(rt_table_count(t), 1000000);
    for (int i = 0; i < 1000000; i++)
        assert_true(get(t, value_from_fixnum(i)) == value_from_fixnum(i));
    for (int i = 0; i < 1000000; i += 2)
        assert_true(drop(t, value_from_fixnum(i)));
    for (int i = 0; i < 1000000; i += 2)
        put(t, value_from_fixnum(i + 1000000), i);
    assert_int_equal(rt_table_count(t), 1000000);
    verify(t);
    // A queue: the arrays do not grow beyond what is in them.
    Value queue = rt_table_new(vm, TABLE_EQ, TABLE_STRONG);
    for (int i = 0; i < 100000; i++) {
        put(queue, value_from_fixnum(i), i);
        if (i >= 10)
            assert_true(drop(queue, value_from_fixnum(i - 10)));
    }
    assert_int_equal(rt_table_count(queue), 10);
    assert_true(value_table(queue)->capacity <= 32);
}

// Out of line, so that no key stays in a register or on the stack of the caller.
[[gnu::noinline]] static void fill_weak(Value table, Value kept) {
    for (int i = 0; i < 3000; i++) {
        Value key = rt_string_from_c(vm, "a weak key");
        put(table, key, i);
        if (i % 10 == 0)
            rt_heap_store(&value_vector(kept)->item[i / 10], key);
    }
}
[[gnu::noinline]] static void clear_stack(void) {
    volatile char space[16384];
    for (size_t i = 0; i < sizeof space; i++)
        space[i] = 0;
}

static void test_weak(void **state) {
    (void)state;
    Value t = rt_table_new(vm, TABLE_EQ, TABLE_WEAK_KEYS);
    Value kept = rt_vector_new(vm, 300, VALUE_FALSE);
    fill_weak(t, kept);
    clear_stack();
    rt_heap_collect();
    rt_heap_collect();
    // A few dead keys may be taken for alive by a conservative collector.
    assert_true(rt_table_count(t) >= 300 && rt_table_count(t) < 400);
    verify(t);
    for (int i = 0; i < 300; i++)
        assert_int_equal(value_fixnum(get(t, value_vector(kept)->item[i])), 10 * i);
    // In order, keys as they are; a copy is weak, too.
    Value keys = rt_table_keys(vm, t);
    assert_true(rt_list_length(keys) >= 300 && value_is_string(value_car(keys)));
    Value copy = rt_table_copy(vm, t);
    assert_true(rt_table_is_weak(copy));
    // Keys that are no objects stay.
    put(t, value_from_fixnum(7), 1);
    put(t, rt_intern(vm, "interned"), 2);
    rt_heap_collect();
    assert_int_equal(value_fixnum(get(t, value_from_fixnum(7))), 1);
    assert_int_equal(value_fixnum(get(t, rt_intern(vm, "interned"))), 2);
    // Small weak tables have no index.
    Value small = rt_table_new(vm, TABLE_EQ, TABLE_WEAK_KEYS);
    Value alive = rt_string_from_c(vm, "alive");
    put(small, alive, 1);
    rt_heap_collect();
    assert_int_equal(value_fixnum(get(small, alive)), 1);
    verify(small);
    assert_true(value_is_string(alive) && rt_list_length(keys) >= 300);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_every_kind), UNIT_TEST(test_random),     UNIT_TEST(test_order),
        UNIT_TEST(test_cursors),    UNIT_TEST(test_primitives), UNIT_TEST(test_million),
        UNIT_TEST(test_weak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
