// runtime/module.c: objects of C libraries, and opening a module.
#include "runtime/module.h"
#include "runtime/primitive.h"
#include "runtime/symbol.h"

#include "unit.h"

static int released; // how often

static void release(void *pointer) { released += *(int *)pointer; }
static void release_other(void *pointer) { (void)pointer; }

static void test_foreign(void **state) {
    (void)state;
    int one = 1;
    Value v = rt_foreign_new(vm, "thing", &one, release);
    assert_true(rt_foreign_is(v, release));
    assert_false(rt_foreign_is(v, release_other));
    assert_false(rt_foreign_is(VALUE_NIL, release));
    assert_ptr_equal(rt_foreign_check(vm, 1, "thing", v, release), &one);
    assert_null(rt_foreign_check(vm, 2, "other", v, release_other));
    assert_string_equal(failure_text(), "argument 2: expected other, got #<foreign thing>");
    released = 0;
    rt_foreign_forget(v);
    assert_null(rt_foreign_check(vm, 1, "thing", v, release));
    assert_string_equal(failure_text(), "argument 1: the thing is closed");
    assert_int_equal(released, 0);
}

[[gnu::noinline]] static void drop_many(int count, int *what, bool forget) {
    for (int i = 0; i < count; i++) {
        Value v = rt_foreign_new(vm, "thing", what, release);
        if (forget)
            rt_foreign_forget(v);
    }
}

// What is dropped is released once; what was forgotten before is not.
static void test_release(void **state) {
    (void)state;
    enum { COUNT = 1000 };
    int one = 1, thousand = 100000;
    released = 0;
    drop_many(COUNT, &one, false);
    drop_many(COUNT, &thousand, true);
    for (int i = 0; i < 5; i++)
        rt_heap_collect();
    // The collector may take words on the stack for pointers to a few.
    assert_in_range(released, COUNT - 20, COUNT);
}

// The program of this test lies a folder below the modules.
static void test_open(void **state) {
    (void)state;
    const Primitive *open = rt_primitive_find("%sqlite-open");
    assert_non_null(open);
    Value bad[4] = {VALUE_NIL, VALUE_NIL, VALUE_NIL, VALUE_NIL};
    assert_true(rt_primitive_call(vm, open, 4, bad) == VALUE_FAILURE);
    assert_string_equal(failure_text(), "sqlite-open: argument 1: expected string, got nil");
    Value good[4] = {rt_string_from_c(vm, ":memory:"), rt_intern(vm, "create"),
                     value_from_fixnum(0), value_from_fixnum(0)};
    Value db = rt_primitive_call(vm, open, 4, good);
    assert_true(db != VALUE_FAILURE);
    Value query[4] = {db, rt_string_from_c(vm, "SELECT 6 * 7"), VALUE_NULL, rt_intern(vm, "value")};
    assert_true(rt_primitive_call(vm, rt_primitive_find("%sqlite-execute"), 4, query) ==
                value_from_fixnum(42));
    assert_true(rt_primitive_call(vm, rt_primitive_find("%sqlite-close!"), 1, &db) !=
                VALUE_FAILURE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_foreign),
        UNIT_TEST(test_release),
        UNIT_TEST(test_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
