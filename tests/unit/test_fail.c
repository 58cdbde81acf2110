// runtime/fail.c, source.c, symbol.c, settings.c: conditions and their texts, positions, interning,
// settings.
#include "runtime/list.h"
#include "runtime/settings.h"
#include "runtime/symbol.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

static void test_texts(void **state) {
    (void)state;
    assert_true(rt_fail_type(vm, 2, "pair", value_from_fixnum(5)) == VALUE_FAILURE);
    rt_fail_name(vm, rt_primitive_find("car"));
    assert_string_equal(failure_text(), "car: argument 2: expected pair, got 5");
    rt_fail_index(vm, 1, value_from_fixnum(10), 3);
    assert_string_equal(failure_text(), "argument 1: index 10 is out of range 0 to 2");
    rt_fail_index(vm, 1, value_from_fixnum(0), 0);
    assert_string_equal(failure_text(), "argument 1: index 0 is out of range: it is empty");
    rt_fail_index(vm, 3, VALUE_TRUE, 3);
    assert_string_equal(failure_text(), "argument 3: expected index, got #t");
    Value f = rt_intern(vm, "f");
    rt_fail_arity(vm, f, 2, 2, 3);
    assert_string_equal(failure_text(), "f: expected 2 arguments, got 3");
    rt_fail_arity(vm, f, 1, 1, 0);
    assert_string_equal(failure_text(), "f: expected 1 argument, got 0");
    rt_fail_arity(vm, f, 1, 2, 3);
    assert_string_equal(failure_text(), "f: expected 1 to 2 arguments, got 3");
    rt_fail_arity(vm, f, 2, -1, 0);
    assert_string_equal(failure_text(), "f: expected at least 2 arguments, got 0");
    rt_fail_division(vm);
    rt_fail_name(vm, rt_primitive_find("quotient"));
    assert_string_equal(failure_text(), "quotient: division by zero");
}

static void test_kinds(void **state) {
    (void)state;
    rt_fail_type(vm, 1, "pair", VALUE_NULL);
    assert_true(rt_is_condition(vm, vm->condition, CONDITION_TYPE));
    assert_true(rt_is_condition(vm, vm->condition, CONDITION_ERROR));
    assert_true(rt_is_condition(vm, vm->condition, CONDITION_CONDITION));
    assert_false(rt_is_condition(vm, vm->condition, CONDITION_RANGE));
    assert_false(rt_is_condition(vm, VALUE_NULL, CONDITION_CONDITION));
    rt_fail_raise(vm, value_from_fixnum(42));
    assert_string_equal(failure_text(), "42");
}

static void test_long_irritants(void **state) {
    (void)state;
    Value list = VALUE_NULL;
    for (int i = 0; i < 1000; i++)
        list = rt_cons(vm, value_from_fixnum(i), list);
    rt_heap_store(&value_pair(list)->car, list); // circular, too
    rt_fail(vm, CONDITION_ERROR, list, "too many");
    assert_true(strlen(failure_text()) < 2000);
    rt_fail(vm, CONDITION_ERROR, VALUE_NULL, "%s", "plain");
    assert_string_equal(failure_text(), "plain");
}

static void test_positions(void **state) {
    (void)state;
    Position p = position_make(3, 70000, 12);
    assert_int_equal(position_source(p), 3);
    assert_int_equal(position_line(p), 70000);
    assert_int_equal(position_column(p), 12);
    assert_true(rt_position_from_value(rt_position_value(vm, p)) == p);
    assert_true(rt_position_value(vm, 0) == VALUE_FALSE);
    assert_int_equal(position_line(position_make(1, UINT32_MAX, UINT32_MAX)), 0xFFFFFF);

    uint32_t source = rt_source_add(vm, "memory", rt_string_from_c(vm, "one\ntwo\r\n\nfour"));
    assert_string_equal(rt_source_name(vm, source), "memory");
    assert_string_equal(rt_source_name(vm, 999), "?");
    static const char *const lines[] = {"one", "two", "", "four"};
    for (uint32_t i = 0; i < 4; i++)
        assert_true(rt_string_is(rt_source_line(vm, source, i + 1), lines[i]));
    assert_true(rt_source_line(vm, source, 5) == VALUE_FALSE);
    assert_true(rt_source_line(vm, source, 0) == VALUE_FALSE);
    for (int i = 0; i < 200; i++)
        rt_source_add(vm, "another", VALUE_FALSE);
    assert_string_equal(rt_source_name(vm, source), "memory");
}

static void test_source_map(void **state) {
    (void)state;
    SourceMap *map = rt_source_map_new(vm);
    Value pairs[500];
    for (uint32_t i = 0; i < 500; i++) {
        pairs[i] = rt_cons(vm, VALUE_NULL, VALUE_NULL);
        rt_source_map_add(vm, map, pairs[i], i + 1, i + 1000);
    }
    for (uint32_t i = 0; i < 500; i++) {
        assert_true(rt_source_map_pair(map, pairs[i]) == i + 1);
        assert_true(rt_source_map_car(map, pairs[i]) == i + 1000);
    }
    assert_true(rt_source_map_pair(map, rt_cons(vm, VALUE_NULL, VALUE_NULL)) == 0);
    assert_true(rt_source_map_pair(NULL, pairs[0]) == 0);
}

static void test_symbols(void **state) {
    (void)state;
    Value a = rt_intern(vm, "alpha");
    assert_true(value_is_symbol(a));
    assert_true(a == rt_intern_string(vm, rt_string_from_c(vm, "alpha")));
    assert_true(a != rt_intern(vm, "Alpha"));
    assert_true(rt_keyword(vm, "alpha") != a && value_is_keyword(rt_keyword(vm, "alpha")));
    assert_true(rt_keyword(vm, "alpha") == rt_keyword(vm, "alpha"));
    Value g = rt_gensym(vm, "g"), h = rt_gensym(vm, "g");
    assert_true(g != h && value_is_symbol(g));
    assert_false(rt_string_equal(value_symbol(g)->name, value_symbol(h)->name));
    char name[32];
    Value many[20000];
    for (int i = 0; i < 20000; i++) {
        snprintf(name, sizeof name, "symbol-%d", i);
        many[i] = rt_intern(vm, name);
    }
    for (int i = 0; i < 20000; i++) {
        snprintf(name, sizeof name, "symbol-%d", i);
        assert_true(many[i] == rt_intern(vm, name));
    }
    assert_true(a == rt_intern(vm, "alpha"));
    // The symbol's own name does not follow the string it was made of.
    Value text = rt_string_from_c(vm, "beta"), b = rt_intern_string(vm, text);
    assert_true(string_put(vm, text, 0, 'z'));
    assert_true(b == rt_intern(vm, "beta"));
}

static void test_settings(void **state) {
    (void)state;
    const char *name = rt_settings[SETTING_HASH_SEED].name;
    unsetenv(name);
    assert_null(rt_setting(SETTING_HASH_SEED));
    assert_int_equal(rt_setting_number(SETTING_HASH_SEED, 9), 9);
    static const struct {
        const char *text;
        uint64_t value;
    } rows[] = {{"0", 0},
                {"12", 12},
                {"3k", 3072},
                {"2M", 2 << 20},
                {"1g", 1 << 30},
                {"-1", 9},
                {"x", 9},
                {"12x", 9},
                {"99999999999999999999", 9},
                {"99999999999999g", 9},
                {"", 9}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        setenv(name, rows[i].text, 1);
        assert_true(rt_setting_number(SETTING_HASH_SEED, 9) == rows[i].value);
    }
    unsetenv(name);
    setenv("KILN_TRACE", "ir,gcx", 1);
    assert_true(rt_setting_has(SETTING_TRACE, "ir"));
    assert_true(rt_setting_has(SETTING_TRACE, "gcx"));
    assert_false(rt_setting_has(SETTING_TRACE, "gc"));
    unsetenv("KILN_TRACE");
    assert_false(rt_setting_has(SETTING_TRACE, "ir"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_texts),     UNIT_TEST(test_kinds),      UNIT_TEST(test_long_irritants),
        UNIT_TEST(test_positions), UNIT_TEST(test_source_map), UNIT_TEST(test_symbols),
        UNIT_TEST(test_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
