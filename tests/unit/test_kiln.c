// The embedding interface: evaluation, errors, calls, conversion, references, host functions, VM
// after VM.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "vm/kiln.h"
#include <stdio.h>
#include <string.h>

static Kiln *k;

static int set_up(void **state) {
    (void)state;
    k = kiln_create(NULL);
    return k == NULL;
}

static int tear_down(void **state) {
    (void)state;
    return kiln_destroy(k);
}

static int64_t eval_int(const char *text) {
    KilnRef *v = NULL;
    if (kiln_eval(k, text, "test", &v) != KILN_OK)
        fail_msg("%s: %s", text, kiln_error_text(k));
    int64_t n = 0;
    assert_true(kiln_to_int(k, v, &n));
    kiln_release(k, v);
    return n;
}

static void eval_error(const char *text, const char *expected) {
    KilnRef *v = NULL;
    assert_int_equal(kiln_eval(k, text, "test", &v), KILN_ERROR);
    assert_null(v);
    if (!strstr(kiln_error_text(k), expected))
        fail_msg("expected %s, got %s", expected, kiln_error_text(k));
}

static void test_eval(void **state) {
    (void)state;
    assert_int_equal(eval_int("(+ 1 2)"), 3);
    assert_int_equal(eval_int("(define x 40) (set! x (+ x 1)) (+ x 1)"), 42);
    assert_int_equal(eval_int("x"), 41); // the environment lasts
    assert_int_equal(kiln_eval(k, "", "test", NULL), KILN_OK);
}

static void test_errors(void **state) {
    (void)state;
    eval_error("(car 5)", "car: argument 1: expected pair, got 5");
    eval_error("(undefined-name)", "unbound variable: undefined-name");
    eval_error("(if)", "if: bad syntax");
    eval_error(")", "read: ");
    eval_error("(raise 'thing)", "thing");
    assert_int_equal(eval_int("(+ 2 2)"), 4); // and the session goes on
}

static void test_report(void **state) {
    (void)state;
    eval_error("(define (f x) (+ 1 (car x)))\n(+ 1 (f 7))", "car: argument 1");
    const char *report = kiln_error_report(k);
    assert_non_null(strstr(report, "test:1:20: error: car: argument 1: expected pair, got 7\n"));
    assert_non_null(strstr(report, "1 | (define (f x) (+ 1 (car x)))\n"));
    assert_non_null(strstr(report, "in f at test:1:20\n"));
}

static void test_incomplete(void **state) {
    (void)state;
    assert_int_equal(kiln_eval(k, "(+ 1", "test", NULL), KILN_INCOMPLETE);
    assert_int_equal(kiln_eval(k, "\"abc", "test", NULL), KILN_INCOMPLETE);
    assert_int_equal(kiln_eval(k, "(define incomplete-1 1) (", "test", NULL), KILN_INCOMPLETE);
    eval_error("incomplete-1", "unbound variable"); // nothing of it was evaluated
    assert_int_equal(kiln_eval(k, "(+ 1 2))", "test", NULL), KILN_ERROR);
}

static void test_exit(void **state) {
    (void)state;
    assert_int_equal(kiln_eval(k, "(define exited 1) (exit 7) (set! exited 2)", "test", NULL),
                     KILN_EXIT);
    assert_int_equal(kiln_exit_status(k), 7);
    assert_int_equal(eval_int("exited"), 1);
}

static void test_call(void **state) {
    (void)state;
    KilnRef *f = NULL, *sum = NULL, *two = kiln_int(k, 2), *big = kiln_int(k, INT64_MAX);
    assert_int_equal(kiln_eval(k, "(lambda (a b) (- a b))", "test", &f), KILN_OK);
    assert_int_equal(kiln_type(k, f), KILN_PROCEDURE);
    assert_int_equal(kiln_call(k, f, 2, (KilnRef *[]){big, two}, &sum), KILN_OK);
    int64_t n;
    assert_true(kiln_to_int(k, sum, &n));
    assert_true(n == INT64_MAX - 2);
    assert_int_equal(kiln_call(k, f, 1, (KilnRef *[]){two}, NULL), KILN_ERROR);
    assert_non_null(strstr(kiln_error_text(k), "expected 2 arguments, got 1"));
    assert_int_equal(kiln_call(k, two, 0, NULL, NULL), KILN_ERROR);
    assert_non_null(strstr(kiln_error_text(k), "expected procedure"));
}

static void test_conversion(void **state) {
    (void)state;
    double d;
    KilnRef *half = NULL;
    assert_int_equal(kiln_eval(k, "1/2", "test", &half), KILN_OK);
    assert_int_equal(kiln_type(k, half), KILN_NUMBER);
    assert_true(kiln_to_double(k, half, &d));
    assert_true(d == 0.5);
    int64_t n = 5;
    assert_false(kiln_to_int(k, half, &n));
    assert_int_equal(n, 5);

    static const char text[] = "caf\xc3\xa9\0x";
    KilnRef *s = kiln_string(k, text, 7);
    size_t length;
    assert_int_equal(kiln_length(k, s), 6);
    assert_memory_equal(kiln_to_text(k, s, &length), text, 8);
    assert_int_equal(length, 7);
    assert_string_equal(kiln_written(k, s, false), "\"caf\xc3\xa9\\x0;x\"");

    KilnRef *items[] = {kiln_int(k, 1), kiln_nil(k), kiln_bool(k, true), kiln_symbol(k, "a b")};
    KilnRef *list = kiln_list(k, 4, items), *vector = kiln_vector(k, 4, items);
    assert_string_equal(kiln_written(k, list, false), "(1 nil #t |a b|)");
    assert_string_equal(kiln_written(k, vector, false), "#(1 nil #t |a b|)");
    assert_int_equal(kiln_length(k, list), 4);
    KilnRef *third = kiln_at(k, vector, 2);
    assert_true(kiln_truthy(k, third));
    assert_null(kiln_at(k, vector, 4));
    assert_null(kiln_at(k, list, 4));
    KilnRef *fourth = kiln_at(k, list, 3);
    assert_string_equal(kiln_to_text(k, fourth, NULL), "a b");
    assert_false(kiln_truthy(k, items[1]));
    assert_int_equal(kiln_length(k, items[0]), -1);

    KilnRef *dict = NULL, *key = NULL;
    assert_int_equal(kiln_eval(k, "{:a 1 \"b\" 2}", "test", &dict), KILN_OK);
    assert_int_equal(kiln_eval(k, ":a", "test", &key), KILN_OK);
    KilnRef *value = kiln_get(k, dict, key);
    assert_true(kiln_to_int(k, value, &n));
    assert_int_equal(n, 1);
    assert_null(kiln_get(k, dict, items[0]));
}

// References keep values alive through collections; released ones may go.
static void test_references(void **state) {
    (void)state;
    KilnRef *kept[100];
    for (int i = 0; i < 100; i++) {
        char text[64];
        snprintf(text, sizeof text, "(make-vector 1000 %d)", i);
        assert_int_equal(kiln_eval(k, text, "test", &kept[i]), KILN_OK);
    }
    assert_int_equal(kiln_eval(k, "(gc)", "test", NULL), KILN_OK);
    for (int i = 0; i < 100; i++) {
        KilnRef *item = kiln_at(k, kept[i], 999);
        int64_t n;
        assert_true(kiln_to_int(k, item, &n));
        assert_int_equal(n, i);
        kiln_release(k, item);
        kiln_release(k, kept[i]);
    }
}

static KilnRef *twice(Kiln *kiln, int argc, KilnRef *const *argv, void *data) {
    (void)data;
    KilnRef *once = NULL, *result = NULL;
    if (kiln_call(kiln, argv[0], argc - 1, argv + 1, &once) != KILN_OK)
        return kiln_fail(kiln, kiln_error_text(kiln));
    if (kiln_call(kiln, argv[0], 1, (KilnRef *[]){once}, &result) != KILN_OK)
        return kiln_fail(kiln, kiln_error_text(kiln));
    return result;
}

static void test_host_functions(void **state) {
    (void)state;
    assert_int_equal(kiln_define_function(k, "twice", twice, 2, 2, NULL), KILN_OK);
    assert_int_equal(eval_int("(twice (lambda (x) (* x x)) 3)"), 81);
    assert_int_equal(eval_int("(twice (lambda (x) (twice (lambda (y) (+ y 1)) x)) 0)"), 4);
    eval_error("(twice car)", "twice: expected 2 arguments, got 1");
    eval_error("(twice car 5)", "twice: car: argument 1: expected pair, got 5");
    assert_int_equal(eval_int("(guard (e (#t 9)) (twice car 5))"), 9);
    KilnRef *v = kiln_int(k, 8);
    assert_int_equal(kiln_define(k, "eight", v), KILN_OK);
    assert_int_equal(eval_int("(+ eight 1)"), 9);
    assert_null(kiln_global(k, "no-such-global"));
}

static void test_one_at_a_time(void **state) {
    (void)state;
    assert_null(kiln_create(NULL));
    KilnOptions options = {.mode = "no such mode"};
    assert_null(kiln_create(&options));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_eval, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_errors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_report, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_incomplete, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_exit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_call, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_conversion, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_references, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_host_functions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_at_a_time, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
