// runtime/heap.c: allocation of both kinds, collections, weak boxes, finalizers, the limit, the
// stack.
#include "runtime/record.h"
#include "runtime/table.h"
#include "runtime/vector.h"
#include "unit.h"
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

// Calls fn in a frame of its own, so that what it leaves in registers and on the stack is
// overwritten by others.
[[gnu::noinline]] static void apart(void (*fn)(void)) { fn(); }

[[gnu::noinline]] static void clear_stack(void) {
    volatile char junk[8192];
    memset((char *)junk, 0, sizeof junk);
}

static void test_alignment_and_zero(void **state) {
    (void)state;
    for (size_t size = 8; size < 2000; size += 8) {
        char *p = rt_object_new(vm, TYPE_VECTOR, 0, 0, size);
        assert_int_equal((uintptr_t)p & 15, 8);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xAB, size);
        uint64_t *raw = rt_raw_new(vm, size);
        assert_int_equal((uintptr_t)raw & 15, 0);
        for (size_t i = 0; i < size / 8; i++)
            assert_true(raw[i] == 0);
    }
}

// A long list of vectors and strings keeps its contents through collections.
static void test_survival(void **state) {
    (void)state;
    Value list = VALUE_NULL;
    for (int i = 0; i < 20000; i++) {
        Value v = rt_vector_new(vm, (size_t)(i % 7), value_from_fixnum(i));
        uint8_t *bytes = rt_raw_new_atomic(vm, 24);
        memset(bytes, i, 24);
        list = rt_cons(vm, rt_cons(vm, v, value_from_pointer(bytes)), list);
        if (i % 5000 == 0)
            rt_heap_collect();
    }
    rt_heap_collect();
    for (int i = 19999; i >= 0; i--, list = value_cdr(list)) {
        Value v = value_car(value_car(list));
        assert_int_equal(vector_length(v), i % 7);
        for (int j = 0; j < i % 7; j++)
            assert_true(value_vector(v)->item[j] == value_from_fixnum(i));
        const uint8_t *bytes = (const uint8_t *)(uintptr_t)value_cdr(value_car(list));
        assert_int_equal(bytes[0], i & 0xFF);
        assert_int_equal(bytes[23], i & 0xFF);
    }
    assert_true(list == VALUE_NULL);
}

// Large objects do not all begin at the same place of a page; they are found, kept and told dead
// like others.
static void test_large(void **state) {
    (void)state;
    enum { COUNT = 300, ITEMS = 300 };
    Value keep = rt_vector_new(vm, COUNT, VALUE_FALSE),
          boxes = rt_vector_new(vm, COUNT, VALUE_FALSE);
    uint64_t lines[64] = {0};
    for (size_t i = 0; i < COUNT; i++) {
        Value v = rt_vector_new(vm, ITEMS, VALUE_NULL);
        rt_heap_store(&value_vector(v)->item[ITEMS - 1],
                      rt_cons(vm, value_from_fixnum((int64_t)i), VALUE_NULL));
        rt_heap_store(&value_vector(keep)->item[i], v);
        rt_heap_store(&value_vector(boxes)->item[i], rt_weak_box(vm, v));
        lines[((uintptr_t)value_object(v) & 4095) / 64]++;
        uint64_t *raw = rt_raw_new(vm, 3000);
        assert_int_equal((uintptr_t)raw & 15, 0);
        for (size_t k = 0; k < 3000 / 8; k++)
            assert_true(raw[k] == 0);
        memset(raw, 0xFF, 3000);
    }
    for (size_t i = 0; i < 64; i++)
        assert_true(lines[i] < COUNT / 8);
    for (int round = 0; round < 3; round++) {
        rt_heap_collect();
        for (size_t i = 0; i < COUNT; i++) {
            Value v = value_vector(keep)->item[i];
            assert_true(rt_heap_is_live(v));
            assert_true(value_weak_box(value_vector(boxes)->item[i])->value == v);
            assert_int_equal(vector_length(v), ITEMS);
            assert_true(value_vector(v)->item[0] == VALUE_NULL);
            assert_true(value_car(value_vector(v)->item[ITEMS - 1]) ==
                        value_from_fixnum((int64_t)i));
        }
    }
    for (size_t i = 0; i < COUNT; i++)
        rt_heap_store(&value_vector(keep)->item[i], VALUE_FALSE);
    clear_stack();
    rt_heap_collect();
    size_t dead = 0;
    for (size_t i = 0; i < COUNT; i++)
        dead += value_weak_box(value_vector(boxes)->item[i])->value == VALUE_FALSE;
    assert_true(dead > COUNT / 2);
}

// Cells of the free lists are handed out once, whatever collections come between.
static void test_no_cell_twice(void **state) {
    (void)state;
    enum { COUNT = 3000 };
    Value keep = rt_vector_new(vm, COUNT, VALUE_FALSE);
    for (size_t i = 0; i < COUNT; i++) {
        uint64_t *cell = rt_raw_new_atomic(vm, 32);
        cell[0] = cell[3] = i;
        rt_heap_store(&value_vector(keep)->item[i], value_from_pointer(cell));
        if (i % 37 == 0)
            rt_heap_collect();
    }
    for (size_t i = 0; i < COUNT; i++) {
        const uint64_t *cell = (const uint64_t *)(uintptr_t)value_vector(keep)->item[i];
        assert_true(cell[0] == i && cell[3] == i);
    }
}

// What only an old object refers to lives through a young collection when the barrier told of it.
static void test_young(void **state) {
    (void)state;
    enum { COUNT = 2000 };
    Value keep = rt_vector_new(vm, COUNT, VALUE_FALSE), pairs = VALUE_NULL;
    for (size_t i = 0; i < COUNT; i++)
        pairs = rt_cons(vm, VALUE_FALSE, pairs);
    Value table = rt_table_new(vm, TABLE_EQ, TABLE_STRONG);
    for (int round = 0; round < 30; round++) {
        rt_heap_collect_young();
        Value at = pairs;
        for (size_t i = 0; i < COUNT; i++, at = value_cdr(at)) {
            Value n = value_from_fixnum((int64_t)i + round);
            rt_heap_store(&value_vector(keep)->item[i], rt_cons(vm, n, VALUE_NULL));
            rt_heap_store(&value_pair(at)->car, rt_cons(vm, n, VALUE_NULL));
            assert_true(
                rt_table_put(vm, table, value_from_fixnum((int64_t)i), rt_cons(vm, n, VALUE_NULL)));
        }
        rt_heap_collect_young();
        for (size_t i = 0; i < COUNT; i++) // takes the cells of what was lost
            rt_cons(vm, VALUE_NULL, VALUE_NULL);
        at = pairs;
        for (size_t i = 0; i < COUNT; i++, at = value_cdr(at)) {
            Value n = value_from_fixnum((int64_t)i + round);
            assert_true(value_car(value_vector(keep)->item[i]) == n);
            assert_true(value_car(value_car(at)) == n);
            Value found = rt_table_get(vm, table, value_from_fixnum((int64_t)i), VALUE_NONE);
            assert_true(value_is_pair(found) && value_car(found) == n);
        }
    }
}

// In builds with assertions, and with KILN_GC=check: a store without the barrier is found.
static void store(bool barrier) {
    Value box = rt_box(vm, VALUE_FALSE);
    rt_heap_collect();
    Value young = rt_cons(vm, VALUE_TRUE, VALUE_NULL);
    if (barrier)
        rt_heap_store(&value_box(box)->value, young);
    else
        FRESH(value_box(box)->value) = young;
    rt_heap_collect_young();
}
static void test_check(void **state) {
    (void)state;
#ifdef KILN_DEBUG
    for (int barrier = 0; barrier < 2; barrier++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            signal(SIGABRT, SIG_DFL);
            if (!barrier && !freopen("/dev/null", "w", stderr))
                _exit(2);
            store(barrier);
            _exit(0);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        if (barrier)
            assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        else
            assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    }
#endif
}

static Value weak_boxes;

static void make_weak(void) {
    for (size_t i = 0; i < 50; i++)
        rt_heap_store(&value_vector(weak_boxes)->item[i],
                      rt_weak_box(vm, rt_cons(vm, value_from_fixnum(1), VALUE_NULL)));
}

static void test_weak_boxes(void **state) {
    (void)state;
    Value kept = rt_cons(vm, value_from_fixnum(7), VALUE_NULL);
    Value strong = rt_weak_box(vm, kept), immediate = rt_weak_box(vm, value_from_fixnum(3));
    volatile Value holder = weak_boxes = rt_vector_new(vm, 50, VALUE_FALSE);
    apart(make_weak);
    clear_stack();
    rt_heap_collect();
    int cleared = 0;
    for (size_t i = 0; i < 50; i++)
        cleared += value_weak_box(value_vector(holder)->item[i])->value == VALUE_FALSE;
    assert_true(cleared >= 48); // a stale word may hold one or two
    assert_true(value_weak_box(strong)->value == kept);
    assert_true(value_weak_box(immediate)->value == value_from_fixnum(3));
    assert_true(value_car(kept) == value_from_fixnum(7));
}

static int finalized;

static void count_finalized(void *object) {
    assert_int_equal(object_type(object), TYPE_FOREIGN);
    finalized++;
}

static void make_finalized(void) {
    for (int i = 0; i < 20; i++)
        rt_heap_set_finalizer(rt_object_new(vm, TYPE_FOREIGN, 0, 0, sizeof(Foreign)),
                              count_finalized);
}

static void test_finalizers(void **state) {
    (void)state;
    finalized = 0;
    apart(make_finalized);
    clear_stack();
    rt_heap_collect();
    rt_heap_collect();
    assert_true(finalized >= 18 && finalized <= 20);
}

static void test_reserve(void **state) {
    (void)state;
    assert_true(rt_heap_reserve(vm, 1000, 8));
    assert_false(rt_heap_reserve(vm, SIZE_MAX, 16));
    assert_true(rt_is_condition(vm, vm->condition, CONDITION_MEMORY));
    assert_non_null(strstr(failure_text(), "out of memory"));
    assert_false(rt_heap_reserve(vm, vm->heap_limit / 8 + 1, 8));
    assert_true(rt_heap_reserve_parts(vm, 1000, 8));
    assert_false(rt_heap_reserve_parts(vm, SIZE_MAX, 16));
    assert_false(rt_heap_reserve_parts(vm, 8, vm->heap_limit / 8 + 1));
    assert_non_null(strstr(failure_text(), "the limit is"));
}

// Live memory beyond the limit asks for an interrupt; garbage beyond it does not.
static void test_limit(void **state) {
    (void)state;
    vm->heap_limit = rt_heap_size() + (8 << 20);
    for (int i = 0; i < 400; i++)
        rt_vector_new(vm, 12000, VALUE_NULL);
    assert_int_equal(atomic_load(&vm->interrupts), 0);
    Value list = VALUE_NULL;
    for (int i = 0; i < 400 && !atomic_load(&vm->interrupts); i++)
        list = rt_cons(vm, rt_vector_new(vm, 12000, VALUE_NULL), list);
    assert_int_equal(atomic_load(&vm->interrupts), INTERRUPT_MEMORY);
    assert_true(value_is_pair(list));
}

static int depth_reached;

static void descend(int depth) {
    volatile char frame[512];
    frame[0] = (char)depth;
    depth_reached = depth;
    if (!rt_stack_low(vm))
        descend(depth + 1);
    frame[1] = frame[0];
}

static void recurse(VM *inside, void *arg) {
    Value pair = rt_cons(inside, value_from_fixnum(5), VALUE_NULL); // on this stack only
    rt_heap_collect();
    assert_true(value_car(pair) == value_from_fixnum(5));
    descend(0);
    *(bool *)arg = true;
}

static void run_nested(VM *inside, void *arg) { rt_stack_run(inside, recurse, arg); }

static void test_stack(void **state) {
    (void)state;
    bool done = false;
    rt_stack_run(vm, recurse, &done);
    assert_true(done);
    assert_true(depth_reached > 10000);
    done = false;
    rt_stack_run(vm, run_nested, &done);
    assert_true(done);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_alignment_and_zero),
        UNIT_TEST(test_survival),
        UNIT_TEST(test_large),
        UNIT_TEST(test_no_cell_twice),
        UNIT_TEST(test_young),
        UNIT_TEST(test_check),
        UNIT_TEST(test_weak_boxes),
        UNIT_TEST(test_finalizers),
        UNIT_TEST(test_reserve),
        UNIT_TEST(test_limit),
        UNIT_TEST(test_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
