// Calls of primitives written as text: CHECK("(car '(1 2))", "1").
//
// The forms of the text are evaluated in order: constants, 'datum, names bound by (define name
// form), and calls of primitives. The last value, as `write` shows it, or the text of the failure
// must be the expected one.
#ifndef KILN_TESTS_CALLS_H
#define KILN_TESTS_CALLS_H

// Before unit.h, whose variable vm their parameters would shadow.
#include "runtime/array.h"
#include "runtime/dict.h"
#include "runtime/equal.h"
#include "runtime/list.h"
#include "runtime/primitive.h"
#include "runtime/printer.h"
#include "runtime/reader.h"
#include "runtime/record.h"
#include "runtime/symbol.h"
#include "runtime/table.h"
#include "runtime/vector.h"

#include "unit.h"

enum { CALLS_MOST_ARGUMENTS = 32 };

static Value calls_evaluate(Value form, Value names) {
    if (value_is_symbol(form)) {
        Value v = rt_dict_get(vm, names, form, VALUE_NONE);
        if (v == VALUE_NONE)
            fail_msg("unbound: %s", rt_string_to_utf8(vm, value_symbol(form)->name, NULL));
        return v;
    }
    if (!value_is_pair(form))
        return form;
    Value rest = value_cdr(form);
    const char *head = rt_string_to_utf8(vm, value_symbol(value_car(form))->name, NULL);
    if (strcmp(head, "quote") == 0)
        return value_car(rest);
    if (strcmp(head, "define") == 0) {
        Value v = calls_evaluate(value_car(value_cdr(rest)), names);
        if (v != VALUE_FAILURE)
            assert_true(rt_dict_put(vm, names, value_car(rest), v));
        return v;
    }
    const Primitive *p = rt_primitive_find(head);
    if (p == NULL)
        fail_msg("no primitive %s", head);
    Value argv[CALLS_MOST_ARGUMENTS];
    int argc = 0;
    for (; value_is_pair(rest); rest = value_cdr(rest)) {
        assert_true(argc < CALLS_MOST_ARGUMENTS);
        argv[argc] = calls_evaluate(value_car(rest), names);
        if (argv[argc++] == VALUE_FAILURE)
            return VALUE_FAILURE;
    }
    if (argc < p->min || (p->max >= 0 && argc > p->max))
        fail_msg("%s: %d arguments", head, argc);
    Value result = rt_primitive_call(vm, p, argc, argv);
    // The form for two arguments must not differ.
    if (p->binary != NULL && argc == 2) {
        Value second = p->binary(vm, argv[0], argv[1]);
        if (second == VALUE_FAILURE)
            rt_fail_name(vm, p);
        assert_int_equal(second == VALUE_FAILURE, result == VALUE_FAILURE);
    }
    return result;
}

[[maybe_unused]] static Value calls_value(const char *text) {
    Reader reader;
    rt_reader_init(vm, &reader, rt_port_from_utf8(vm, text, strlen(text)), READ_SX);
    Value forms = rt_read_all(vm, &reader);
    if (forms == VALUE_FAILURE)
        fail_msg("cannot read %s: %s", text, failure_text());
    Value names = rt_dict_new(vm), result = VALUE_UNSPECIFIED;
    for (; value_is_pair(forms); forms = value_cdr(forms)) {
        result = calls_evaluate(value_car(forms), names);
        if (result == VALUE_FAILURE)
            break;
    }
    return result;
}

[[maybe_unused]] static void calls_check(const char *text, const char *expected, const char *file,
                                         int line) {
    Value result = calls_value(text);
    const char *shown =
        result == VALUE_FAILURE
            ? failure_text()
            : rt_string_to_utf8(vm, rt_write_to_string(vm, result, WRITE_WRITE), NULL);
    _assert_string_equal(shown, expected, file, line);
}
#define CHECK(text, expected) calls_check(text, expected, __FILE__, __LINE__)

#endif
