// Commands written in SX: the table, arguments, statuses, failures.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "vm/command.h"
#include "vm/guest.h"
#include <string.h>

static const GuestText libraries[] = {
    {"(test demo)", "demo.sx",
     (const unsigned char *)"(define-library (test demo) (export demo)"
                            " (import (kiln sx) (kiln command))"
                            " (begin (define (demo arguments)"
                            "   (let ((first (if (pair? arguments) (car arguments) \"\")))"
                            "     (cond ((string=? first \"fail\") (car 5))"
                            "           ((string=? first \"misuse\") (usage-error \"no ~a\" 1))"
                            "           ((string=? first \"exit\") (exit 7))"
                            "           ((string=? first \"value\") 'done)"
                            "           ((string=? first \"nil\") nil)"
                            "           (else (apply + (map string-length arguments))))))))"},
    {NULL, NULL, NULL},
};
static const GuestText texts[] = {{NULL, NULL, NULL}};
static const GuestFile files[] = {{.extension = NULL}};
static const Command commands[] = {
    {"demo", "(test demo)", "demo", "a demonstration", (const unsigned char *)"kiln demo\n"},
    {"lost", "(test lost)", "lost", "has no library", (const unsigned char *)"kiln lost\n"},
    {NULL, NULL, NULL, NULL, NULL},
};
static const Guests guests = {libraries, texts, files, commands};

static Kiln *k;

static int set_up(void **state) {
    (void)state;
    vm_guests_register(&guests);
    k = kiln_create(NULL);
    return k == NULL;
}

static int tear_down(void **state) {
    (void)state;
    return kiln_destroy(k);
}

static KilnStatus run(const char *name, int *status, const char *const *arguments) {
    const Command *command = vm_command_find(name);
    assert_non_null(command);
    *status = -1;
    return vm_command_run(k, command, arguments, status);
}

#define ARGUMENTS(...) ((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static void test_table(void **state) {
    (void)state;
    assert_string_equal(vm_command_find("demo")->library, "(test demo)");
    assert_null(vm_command_find("dem"));
    assert_null(vm_command_find("")); // and the end of each table is none
    int own = 0, all = 0;
    while (vm_command_at(all)) {
        own += vm_command_at(all) != &commands[0] && vm_command_at(all) != &commands[1];
        all++;
    }
    assert_int_equal(all, own + 2);
    assert_ptr_equal(vm_command_at(own), &commands[0]); // the VM's own come first
    for (int i = 0; i < all; i++) {
        const char *text = (const char *)vm_command_at(i)->text;
        assert_true(strncmp(text, "kiln ", 5) == 0); // what `kiln help NAME` shows
        assert_int_equal(text[strlen(text) - 1], '\n');
    }
}

static void test_statuses(void **state) {
    (void)state;
    int status;
    assert_int_equal(run("demo", &status, ARGUMENTS()), KILN_OK);
    assert_int_equal(status, 0);
    assert_int_equal(run("demo", &status, ARGUMENTS("a b", "", "λ𝄞", "'x")), KILN_OK);
    assert_int_equal(status, 3 + 0 + 2 + 2);
    assert_int_equal(run("demo", &status, ARGUMENTS("nil")), KILN_OK);
    assert_int_equal(status, 0);
    assert_int_equal(run("demo", &status, ARGUMENTS("misuse")), KILN_OK);
    assert_int_equal(status, 2);
    assert_int_equal(run("demo", &status, ARGUMENTS("exit")), KILN_EXIT);
    assert_int_equal(kiln_exit_status(k), 7);
}

static void test_failures(void **state) {
    (void)state;
    int status;
    assert_int_equal(run("demo", &status, ARGUMENTS("fail")), KILN_ERROR);
    assert_non_null(strstr(kiln_error_text(k), "expected pair, got 5"));
    assert_int_equal(status, -1);
    assert_int_equal(run("demo", &status, ARGUMENTS("value")), KILN_ERROR);
    assert_non_null(strstr(kiln_error_text(k), "expected an exit status"));
    assert_int_equal(run("lost", &status, ARGUMENTS()), KILN_ERROR);
    assert_non_null(strstr(kiln_error_text(k), "(test lost)"));
    // Bytes that are no UTF-8 are taken as text takes them.
    assert_int_equal(run("demo", &status, ARGUMENTS("\xff")), KILN_OK);
    assert_int_equal(status, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_table, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_statuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failures, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
