// What the unit tests of the runtime share: CMocka with its prerequisites, a VM for each test.
#ifndef KILN_TESTS_UNIT_H
#define KILN_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/string.h"

static VM *vm;

static int unit_set_up(void **state) {
    (void)state;
    vm = rt_vm_create();
    return vm == NULL;
}

static int unit_tear_down(void **state) {
    (void)state;
    rt_vm_destroy(vm);
    return 0;
}

// The text of the pending condition, as a user reads it.
[[maybe_unused]] static const char *failure_text(void) {
    return rt_string_to_utf8(vm, rt_condition_text(vm, vm->condition), NULL);
}

#define UNIT_TEST(fn) cmocka_unit_test_setup_teardown(fn, unit_set_up, unit_tear_down)

#endif
