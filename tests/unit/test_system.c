// runtime/system.c, file_prims.c: the process, time, memory figures, folders.
#include "runtime/list.h"
#include "runtime/numbers.h"
#include "runtime/port.h"
#include "runtime/primitive.h"
#include "runtime/symbol.h"
#include "runtime/system.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static Value call(const char *name, int argc, const Value *argv) {
    const Primitive *p = rt_primitive_find(name);
    assert_non_null(p);
    return rt_primitive_call(vm, p, argc, argv);
}
#define CALL(name, ...)                                                                            \
    call(name, sizeof((Value[]){__VA_ARGS__}) / sizeof(Value), (Value[]){__VA_ARGS__})
static Value string(const char *text) { return rt_string_from_c(vm, text); }
static const char *text_of(Value v) {
    assert_true(value_is_string(v));
    return rt_string_to_utf8(vm, v, NULL);
}

static void test_command_line(void **state) {
    (void)state;
    assert_true(CALL("command-line") == VALUE_NULL);
    rt_system_set_command_line(vm, 3, (const char *const[]){"prog", "λ", "a\xFF"});
    Value list = CALL("command-line");
    assert_int_equal(rt_list_length(list), 3);
    assert_string_equal(text_of(value_car(value_cdr(list))), "λ");
    assert_string_equal(text_of(value_car(value_cdr(value_cdr(list)))), "a\uFFFD");
}

static void test_environment(void **state) {
    (void)state;
    setenv("KILN_TEST_VARIABLE", "x=λ", 1);
    assert_string_equal(text_of(CALL("get-environment-variable", string("KILN_TEST_VARIABLE"))),
                        "x=λ");
    assert_true(CALL("get-environment-variable", string("KILN_TEST_NONE")) == VALUE_FALSE);
    assert_true(CALL("get-environment-variable", string("KILN_TEST_VARIABLE=x")) == VALUE_FALSE);
    assert_true(CALL("get-environment-variable", string("")) == VALUE_FALSE);
    Value nul = rt_string_from_utf8(vm, "KILN_TEST_VARIABLE\0z", 20);
    assert_true(CALL("get-environment-variable", nul) == VALUE_FALSE);
    assert_true(CALL("get-environment-variable", VALUE_TRUE) == VALUE_FAILURE);
    assert_string_equal(failure_text(),
                        "get-environment-variable: argument 1: expected string, got #t");
    bool found = false;
    Value list = CALL("get-environment-variables");
    for (; value_is_pair(list); list = value_cdr(list))
        if (rt_string_is(value_car(value_car(list)), "KILN_TEST_VARIABLE"))
            found = strcmp(text_of(value_cdr(value_car(list))), "x=λ") == 0;
    assert_true(found);
}

static void test_exit_status(void **state) {
    (void)state;
    assert_int_equal(rt_exit_status(VALUE_TRUE), 0);
    assert_int_equal(rt_exit_status(VALUE_UNSPECIFIED), 0);
    assert_int_equal(rt_exit_status(VALUE_FALSE), 1);
    assert_int_equal(rt_exit_status(value_from_fixnum(7)), 7);
    assert_int_equal(rt_exit_status(value_from_fixnum(255)), 255);
    assert_int_equal(rt_exit_status(value_from_fixnum(256)), 255); // never 0
    assert_int_equal(rt_exit_status(value_from_fixnum(-1)), 255);
}

// What is buffered is written out; a failure to do so makes a status of success one of failure.
static void test_emergency_exit(void **state) {
    (void)state;
    for (int full = 0; full < 2; full++) {
        char path[] = "/tmp/kiln-test-exit-XXXXXX";
        close(mkstemp(path));
        Value name = string(full ? "/dev/full" : path);
        pid_t child = fork();
        if (child == 0) {
            freopen("/dev/null", "w", stderr);
            CALL("display", string("kept"), CALL("open-output-file", name));
            CALL("emergency-exit", value_from_fixnum(full ? 0 : 5));
            _exit(99);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), full ? 1 : 5);
        if (!full)
            assert_string_equal(text_of(CALL("read-line", CALL("open-input-file", name))), "kept");
        unlink(path);
    }
}

static void test_time(void **state) {
    (void)state;
    Value first = CALL("current-jiffy");
    assert_true(value_is_fixnum(first));
    assert_true(CALL("sleep", value_from_double(0.005)) == VALUE_UNSPECIFIED);
    Value second = CALL("current-jiffy"), rate = CALL("jiffies-per-second");
    assert_true(value_fixnum(second) - value_fixnum(first) >= value_fixnum(rate) / 1000 * 5);
    assert_true(value_double(CALL("current-second")) > 1.7e9);
    assert_true(value_double(CALL("cpu-second")) >= 0);
    assert_true(CALL("sleep", value_from_fixnum(-1)) == VALUE_FAILURE);
    assert_string_equal(failure_text(),
                        "sleep: argument 1: expected number of seconds from 0 to 10^9, got -1");
    assert_true(CALL("sleep", value_from_foreign_double(__builtin_nan(""))) == VALUE_FAILURE);
    assert_true(CALL("sleep", VALUE_TRUE) == VALUE_FAILURE);
}

static void test_features(void **state) {
    (void)state;
    Value list = CALL("features"), r7rs = rt_intern(vm, "r7rs");
    bool found = false;
    for (; value_is_pair(list); list = value_cdr(list)) {
        assert_true(value_is_symbol(value_car(list)));
        found |= value_car(list) == r7rs;
    }
    assert_true(found);
    assert_true(string_length(CALL("implementation-version")) > 0);
    assert_true(CALL("current-process-id") == value_from_fixnum(getpid()));
}

static void test_memory(void **state) {
    (void)state;
    assert_true(CALL("%gc") == VALUE_UNSPECIFIED);
    Value list = CALL("memory-statistics");
    assert_int_equal(rt_list_length(list), 8);
    assert_true(value_car(value_car(list)) == rt_keyword(vm, "heap-used"));
    for (; value_is_pair(list); list = value_cdr(list)) {
        uint64_t figure;
        assert_true(rt_uint_value(value_cdr(value_car(list)), &figure));
        if (value_car(value_car(list)) != rt_keyword(vm, "heap-limit"))
            assert_true(figure > 0);
    }
}

static void test_folders(void **state) {
    (void)state;
    char path[64];
    snprintf(path, sizeof path, "/tmp/kiln-test-folder-%d", (int)getpid());
    Value folder = string(path);
    assert_true(CALL("create-directory", folder) == VALUE_UNSPECIFIED);
    assert_true(CALL("create-directory", folder) == VALUE_FAILURE);
    assert_true(CALL("directory?", folder) == VALUE_TRUE);
    static const char *const names[] = {"b", "a", "λ"};
    for (int i = 0; i < 3; i++) {
        Value name = rt_string_append2(vm, string(path), string("/"));
        name = rt_string_append2(vm, name, string(names[i]));
        CALL("close-port", CALL("open-output-file", name));
        assert_true(CALL("directory?", name) == VALUE_FALSE);
    }
    Value list = CALL("directory-list", folder);
    assert_int_equal(rt_list_length(list), 3);
    assert_string_equal(text_of(value_car(list)), "a");
    assert_string_equal(text_of(value_car(value_cdr(value_cdr(list)))), "λ");
    assert_true(CALL("delete-directory", folder) == VALUE_FAILURE); // not empty
    Value old = CALL("current-directory");
    assert_true(CALL("set-current-directory!", folder) == VALUE_UNSPECIFIED);
    assert_string_equal(text_of(CALL("current-directory")), path);
    assert_true(CALL("rename-file", string("a"), string("c")) == VALUE_UNSPECIFIED);
    assert_true(CALL("file-exists?", string("c")) == VALUE_TRUE);
    assert_true(CALL("file-size", string("c")) == value_from_fixnum(0));
    assert_true(value_double(CALL("file-modified", string("c"))) > 1.7e9);
    assert_int_equal(rt_list_length(CALL("directory-list")), 3);
    for (list = CALL("directory-list"); value_is_pair(list); list = value_cdr(list))
        assert_true(CALL("delete-file", value_car(list)) == VALUE_UNSPECIFIED);
    CALL("set-current-directory!", old);
    assert_true(CALL("delete-directory", folder) == VALUE_UNSPECIFIED);
    assert_true(CALL("directory-list", folder) == VALUE_FAILURE);
    Value first = CALL("create-temporary-file", string("kiln-test-"));
    Value second = CALL("create-temporary-file", string("kiln-test-"));
    assert_false(rt_string_equal(first, second));
    assert_true(CALL("file-exists?", first) == VALUE_TRUE);
    CALL("delete-file", first);
    CALL("delete-file", second);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_command_line),   UNIT_TEST(test_environment), UNIT_TEST(test_exit_status),
        UNIT_TEST(test_emergency_exit), UNIT_TEST(test_time),        UNIT_TEST(test_features),
        UNIT_TEST(test_memory),         UNIT_TEST(test_folders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
