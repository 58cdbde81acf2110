// runtime/request.c: requests cut out of a stream.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "runtime/request.h"
#include <stdlib.h>
#include <string.h>

static RequestScanner scanner;
static Request found;

// The next request of *text, which moves behind it.
static RequestKind next(const char **text) {
    free(found.text);
    *text += rt_request_scan(&scanner, *text, strlen(*text), &found);
    return found.kind;
}

static int start(void **state) {
    (void)state;
    rt_request_init(&scanner, 64);
    found = (Request){0};
    return 0;
}

static int stop(void **state) {
    (void)state;
    free(found.text);
    rt_request_free(&scanner);
    return 0;
}

#define CHECK_WHOLE(input, expected)                                                               \
    do {                                                                                           \
        assert_int_equal(next(input), REQUEST_WHOLE);                                              \
        assert_int_equal(found.size, strlen(expected));                                            \
        assert_memory_equal(found.text, expected, found.size);                                     \
    } while (0)

static void test_whole(void **state) {
    (void)state;
    const char *text = " (eval 1 (a))\n; no\n  (call 22 f)(x)";
    CHECK_WHOLE(&text, "(eval 1 (a))");
    assert_int_equal(found.line, 1);
    assert_int_equal(found.column, 2);
    assert_int_equal(found.number, 1);
    CHECK_WHOLE(&text, "(call 22 f)");
    assert_int_equal(found.line, 3);
    assert_int_equal(found.column, 3);
    assert_int_equal(found.number, 22);
    CHECK_WHOLE(&text, "(x)");
    assert_int_equal(found.number, -1);
    assert_int_equal(next(&text), REQUEST_NONE);
}

static void test_brackets_that_are_none(void **state) {
    (void)state;
    const char *text = "(\")\\\")\" #\\) |)\\|| #|)#||#|# ;)\n #;(a) 'x)(#u8(1))(a#\\ b)";
    CHECK_WHOLE(&text, "(\")\\\")\" #\\) |)\\|| #|)#||#|# ;)\n #;(a) 'x)");
    CHECK_WHOLE(&text, "(#u8(1))");
    CHECK_WHOLE(&text, "(a#\\ b)");
}

// Where a token ends, and so whether # or a bracket begins another.
static void test_ends_of_tokens(void **state) {
    (void)state;
    const char *text = "(#\\;#\\\" #\\ #|)|#)(#0=#\\) #0##|)|#)(,@#\\) "
                       ",#\\))(a\xC2\xA0#|)|#)(\u3000#\\)\u2003#\\()(#\\\u3000#|)|#)";
    CHECK_WHOLE(&text, "(#\\;#\\\" #\\ #|)|#)");
    CHECK_WHOLE(&text, "(#0=#\\) #0##|)|#)");
    CHECK_WHOLE(&text, "(,@#\\) ,#\\))");
    CHECK_WHOLE(&text, "(a\xC2\xA0#|)|#)");
    CHECK_WHOLE(&text, "(\u3000#\\)\u2003#\\()");
    CHECK_WHOLE(&text, "(#\\\u3000#|)|#)");
    assert_int_equal(*text, 0);
}

static void test_byte_by_byte(void **state) {
    (void)state;
    const char *text = "(eval 7 \"λ(\" #\\() ";
    size_t whole = 0;
    for (const char *at = text; *at; at++) {
        size_t used = rt_request_scan(&scanner, at, 1, &found);
        assert_int_equal(used, 1);
        if (found.kind == REQUEST_WHOLE) {
            whole++;
            assert_int_equal(found.size, strlen(text) - 1);
        }
    }
    assert_int_equal(whole, 1);
}

static void test_cancels(void **state) {
    (void)state;
    const char *text =
        "(cancel 5)( cancel\t6 )(cancel 7 8)(cancels 9)(cancel x)(cancel 1234567890123456)";
    static const struct {
        int cancels;
        int64_t number;
    } expected[] = {{1, 5}, {1, 6}, {0, 7}, {0, 9}, {0, -1}, {0, -1}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        assert_int_equal(next(&text), REQUEST_WHOLE);
        assert_int_equal(found.cancels, expected[i].cancels);
        assert_int_equal(found.number, expected[i].number);
    }
}

static void test_malformed(void **state) {
    (void)state;
    const char *text = "(a)) rest (b)\n  foo (c)\n(d)";
    CHECK_WHOLE(&text, "(a)");
    assert_int_equal(next(&text), REQUEST_MALFORMED);
    assert_string_equal(found.problem, "a closing bracket without an opening one");
    assert_int_equal(found.column, 4);
    assert_int_equal(next(&text), REQUEST_MALFORMED);
    assert_int_equal(found.line, 2);
    assert_int_equal(found.column, 3);
    CHECK_WHOLE(&text, "(d)");
}

static void test_given_up(void **state) {
    (void)state;
    const char *text = "(eval 3 \"a (\x18(b)\x18";
    assert_int_equal(next(&text), REQUEST_MALFORMED);
    assert_int_equal(found.number, 3);
    CHECK_WHOLE(&text, "(b)");
    assert_int_equal(next(&text), REQUEST_NONE);
    rt_request_end(&scanner, &found);
    assert_int_equal(found.kind, REQUEST_NONE);
    text = "(eval 4 (";
    assert_int_equal(next(&text), REQUEST_NONE);
    rt_request_end(&scanner, &found);
    assert_int_equal(found.kind, REQUEST_MALFORMED);
    assert_int_equal(found.number, 4);
}

static void test_too_long(void **state) {
    (void)state;
    const char *text =
        "(eval 8 \"0123456789012345678901234567890123456789012345678901234567890123456789)\")(b)";
    assert_int_equal(next(&text), REQUEST_MALFORMED);
    assert_string_equal(found.problem, "the request is longer than allowed");
    assert_int_equal(found.number, 8);
    CHECK_WHOLE(&text, "(b)");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_whole, start, stop),
        cmocka_unit_test_setup_teardown(test_brackets_that_are_none, start, stop),
        cmocka_unit_test_setup_teardown(test_ends_of_tokens, start, stop),
        cmocka_unit_test_setup_teardown(test_byte_by_byte, start, stop),
        cmocka_unit_test_setup_teardown(test_cancels, start, stop),
        cmocka_unit_test_setup_teardown(test_malformed, start, stop),
        cmocka_unit_test_setup_teardown(test_given_up, start, stop),
        cmocka_unit_test_setup_teardown(test_too_long, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
