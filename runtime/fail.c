// Conditions: record types, constructors for every kind of failure, their text.
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/init_int.h"
#include "runtime/list.h"
#include "runtime/numbers.h"
#include "runtime/printer.h"
#include "runtime/record.h"
#include "runtime/string.h"
#include "runtime/symbol.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

enum { SHOWN_CHARACTERS = 160 }; // of one irritant in a message

_Static_assert(CONDITION_KINDS <= sizeof((VM *)0)->condition_types / sizeof(Value),
               "room in struct VM");

void rt_conditions_init(VM *vm) {
    static const char *const fields[CONDITION_FIELDS] = {"message", "irritants", "who", "position",
                                                         "backtrace"};
    static const struct {
        const char *name;
        ConditionKind parent;
    } rows[] = {
#define X(id, text, up) {text, CONDITION_##up},
        CONDITION_TYPES(X)
#undef X
    };
    for (int i = 0; i < CONDITION_KINDS; i++) {
        bool root = i == CONDITION_CONDITION;
        vm->condition_types[i] = rt_record_type_new_c(
            vm, rows[i].name, root ? VALUE_FALSE : vm->condition_types[rows[i].parent],
            root ? CONDITION_FIELDS : 0, fields);
    }
}

Value rt_condition_new(VM *vm, ConditionKind kind, Value message, Value irritants, Value who) {
    Value c = rt_record_new(vm, vm->condition_types[kind], NULL);
    Value *field = &FRESH(value_record(c)->field[0]);
    field[CONDITION_FIELD_MESSAGE] = message;
    field[CONDITION_FIELD_IRRITANTS] = irritants;
    field[CONDITION_FIELD_WHO] = who;
    field[CONDITION_FIELD_POSITION] = VALUE_FALSE;
    field[CONDITION_FIELD_BACKTRACE] = VALUE_FALSE;
    return c;
}

bool rt_is_condition(const VM *vm, Value v, ConditionKind kind) {
    return rt_record_is(v, vm->condition_types[kind]);
}
Value rt_condition_field(Value condition, int field) {
    return value_record(condition)->field[field];
}
void rt_condition_set_field(Value condition, int field, Value v) {
    rt_heap_store(&value_record(condition)->field[field], v);
}

static Value fail_with(VM *vm, ConditionKind kind, Value message, Value irritants, Value who) {
    vm->condition = rt_condition_new(vm, kind, message, irritants, who);
    return VALUE_FAILURE;
}

static Value format_message(VM *vm, const char *format, va_list list) {
    char text[512];
    int n = vsnprintf(text, sizeof text, format, list);
    if (n >= (int)sizeof text)
        memcpy(text + sizeof text - 4, "...", 4);
    return rt_string_from_c(vm, text);
}

Value rt_fail(VM *vm, ConditionKind kind, Value irritants, const char *format, ...) {
    va_list list;
    va_start(list, format);
    Value message = format_message(vm, format, list);
    va_end(list);
    return fail_with(vm, kind, message, irritants, VALUE_DEFAULT);
}

Value rt_fail_at(VM *vm, ConditionKind kind, Position position, Value who, Value irritants,
                 const char *format, ...) {
    va_list list;
    va_start(list, format);
    Value message = format_message(vm, format, list);
    va_end(list);
    fail_with(vm, kind, message, irritants, who);
    rt_condition_set_field(vm->condition, CONDITION_FIELD_POSITION,
                           rt_position_value(vm, position));
    return VALUE_FAILURE;
}

Value rt_fail_type(VM *vm, int argument, const char *expected, Value got) {
    return rt_fail(vm, CONDITION_TYPE, rt_cons(vm, got, VALUE_NULL),
                   "argument %d: expected %s, got", argument, expected);
}

Value rt_fail_range(VM *vm, int argument, const char *expected, Value got) {
    return rt_fail(vm, CONDITION_RANGE, rt_cons(vm, got, VALUE_NULL),
                   "argument %d: expected %s, got", argument, expected);
}

Value rt_fail_index(VM *vm, int argument, Value got, size_t limit) {
    if (!value_is_exact_integer(got))
        return rt_fail_type(vm, argument, "index", got);
    Value text = rt_write_limited(vm, got, SHOWN_CHARACTERS);
    const char *shown = rt_string_to_utf8(vm, text, NULL);
    if (limit == 0)
        return rt_fail(vm, CONDITION_RANGE, VALUE_NULL,
                       "argument %d: index %s is out of range: it is empty", argument, shown);
    return rt_fail(vm, CONDITION_RANGE, VALUE_NULL,
                   "argument %d: index %s is out of range 0 to %zu", argument, shown, limit - 1);
}

Value rt_fail_division(VM *vm) {
    return rt_fail(vm, CONDITION_DIVISION, VALUE_NULL, "division by zero");
}

Value rt_fail_arity(VM *vm, Value who, int min, int max, int given) {
    char text[128];
    if (max < 0)
        snprintf(text, sizeof text, "expected at least %d argument%s, got %d", min,
                 min == 1 ? "" : "s", given);
    else if (min == max)
        snprintf(text, sizeof text, "expected %d argument%s, got %d", min, min == 1 ? "" : "s",
                 given);
    else
        snprintf(text, sizeof text, "expected %d to %d arguments, got %d", min, max, given);
    return fail_with(vm, CONDITION_ARITY, rt_string_from_c(vm, text), VALUE_NULL, who);
}

Value rt_fail_depth(VM *vm) {
    return rt_fail(vm, CONDITION_DEPTH, VALUE_NULL, "nested too deeply");
}

Value rt_fail_memory(VM *vm, size_t bytes) {
    char wanted[64] = "";
    if (bytes == SIZE_MAX)
        strcpy(wanted, ": the size is beyond any memory");
    else if (bytes)
        snprintf(wanted, sizeof wanted, ": %zu MB more were needed", (bytes >> 20) + 1);
    return rt_fail(vm, CONDITION_MEMORY, VALUE_NULL, "out of memory%s; the limit is %zu MB", wanted,
                   vm->heap_limit >> 20);
}

Value rt_fail_errno(VM *vm, const char *what, Value path, int error) {
    return rt_fail(vm, CONDITION_FILE, rt_cons(vm, path, VALUE_NULL), "%s: %s:", what,
                   strerror(error));
}

Value rt_fail_raise(VM *vm, Value object) {
    vm->condition = object;
    return VALUE_FAILURE;
}

void rt_fail_name(VM *vm, const Primitive *p) {
    if (!rt_is_condition(vm, vm->condition, CONDITION_CONDITION))
        return;
    if (rt_condition_field(vm->condition, CONDITION_FIELD_WHO) != VALUE_DEFAULT)
        return;
    // An internal primitive's name tells its user nothing.
    Value who =
        p->name[0] == '%' && p->name[1] ? rt_intern(vm, p->name + 1) : rt_intern(vm, p->name);
    rt_condition_set_field(vm->condition, CONDITION_FIELD_WHO, who);
}

Value rt_condition_text(VM *vm, Value c) {
    StringBuilder b;
    rt_builder_init(&b, vm);
    if (!rt_is_condition(vm, c, CONDITION_CONDITION))
        return rt_write_limited(vm, c, 4 * SHOWN_CHARACTERS);
    Value who = rt_condition_field(c, CONDITION_FIELD_WHO);
    if (value_is_symbol(who)) {
        rt_builder_string(&b, value_symbol(who)->name);
        rt_builder_bytes(&b, ": ", 2);
    } else if (value_is_string(who)) {
        rt_builder_string(&b, who);
        rt_builder_bytes(&b, ": ", 2);
    }
    Value message = rt_condition_field(c, CONDITION_FIELD_MESSAGE);
    rt_builder_string(
        &b, value_is_string(message) ? message : rt_write_limited(vm, message, SHOWN_CHARACTERS));
    Value rest = rt_condition_field(c, CONDITION_FIELD_IRRITANTS);
    for (int shown = 0; value_is_pair(rest); rest = value_cdr(rest)) {
        if (++shown > 20) {
            rt_builder_bytes(&b, " ...", 4);
            break;
        }
        rt_builder_bytes(&b, " ", 1);
        rt_builder_string(&b, rt_write_limited(vm, value_car(rest), SHOWN_CHARACTERS));
    }
    return rt_builder_finish(&b);
}
