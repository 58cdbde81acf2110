// Records and small fixed objects: functions for C code, then the primitives.
#include "runtime/record.h"
#include "runtime/fail.h"
#include "runtime/list.h"
#include "runtime/numbers.h"
#include "runtime/range.h"
#include "runtime/string.h"
#include "runtime/symbol.h"
#include "runtime/vector.h"

// ---- record types

// The elements of a vector (or none, when it is #f), then more; as a new vector.
static Value extend(VM *vm, Value vector, const Value *more, size_t count) {
    size_t inherited = value_is_vector(vector) ? vector_length(vector) : 0;
    Value v = rt_vector_new(vm, inherited + count, VALUE_TRUE);
    if (v == VALUE_FAILURE)
        return v;
    Value *item = &FRESH(value_vector(v)->item[0]);
    if (inherited > 0)
        memcpy(item, value_vector(vector)->item, inherited * sizeof(Value));
    if (more != NULL && count > 0)
        memcpy(item + inherited, more, count * sizeof(Value));
    return v;
}

Value rt_record_type_new(VM *vm, Value name, Value parent, int field_count, const Value *fields,
                         const bool *mutables) {
    const RecordType *above = parent == VALUE_FALSE ? NULL : value_record_type(parent);
    size_t inherited = above != NULL ? vector_length(above->fields) : 0;
    if (inherited + (size_t)field_count > RECORD_MAX_FIELDS)
        return rt_fail(vm, CONDITION_RANGE, VALUE_NULL,
                       "a record type has at most %d fields, got %zu", RECORD_MAX_FIELDS,
                       inherited + (size_t)field_count);
    if (above != NULL && above->depth + 1 > RECORD_MAX_DEPTH)
        return rt_fail(vm, CONDITION_RANGE, VALUE_NULL, "a record type has at most %d ancestors",
                       RECORD_MAX_DEPTH);
    Value all_fields =
        extend(vm, above != NULL ? above->fields : VALUE_FALSE, fields, (size_t)field_count);
    if (all_fields == VALUE_FAILURE)
        return VALUE_FAILURE;
    Value all_mutables =
        extend(vm, above != NULL ? above->mutables : VALUE_FALSE, NULL, (size_t)field_count);
    if (all_mutables == VALUE_FAILURE)
        return VALUE_FAILURE;
    for (int i = 0; mutables != NULL && i < field_count; i++)
        FRESH(value_vector(all_mutables)->item[inherited + (size_t)i]) =
            value_from_bool(mutables[i]);

    RecordType *type = rt_object_new(vm, TYPE_RECORD_TYPE, 0, 0, sizeof *type);
    Value self = value_from_pointer(type);
    type->name = name;
    type->parent = parent;
    type->fields = all_fields;
    type->mutables = all_mutables;
    type->depth = above != NULL ? above->depth + 1 : 0;
    type->behavior = VALUE_NONE;
    type->display = extend(vm, above != NULL ? above->display : VALUE_FALSE, &self, 1);
    return type->display == VALUE_FAILURE ? VALUE_FAILURE : self;
}

Value rt_record_type_new_c(VM *vm, const char *name, Value parent, int field_count,
                           const char *const *fields) {
    Value symbols = rt_vector_new(vm, (size_t)field_count, VALUE_FALSE);
    if (symbols == VALUE_FAILURE)
        return symbols;
    for (int i = 0; i < field_count; i++)
        rt_heap_store(&value_vector(symbols)->item[i], rt_intern(vm, fields[i]));
    return rt_record_type_new(vm, rt_intern(vm, name), parent, field_count,
                              value_vector(symbols)->item, NULL);
}

int rt_record_type_field_index(Value type, Value name) {
    Value fields = value_record_type(type)->fields;
    for (size_t i = vector_length(fields); i-- > 0;)
        if (value_vector(fields)->item[i] == name)
            return (int)i;
    return -1;
}

const char *rt_record_type_label(VM *vm, Value type) {
    Value name = value_record_type(type)->name;
    if (!value_is_symbol(name))
        return "record";
    size_t length;
    char *text = rt_string_to_utf8(vm, value_symbol(name)->name, &length);
    if (text == NULL)
        return "record";
    if (length > 2 && text[0] == '<' && text[length - 1] == '>') {
        memmove(text, text + 1, length - 2);
        text[length - 2] = '\0';
    }
    return text;
}

// ---- records

Value rt_record_new(VM *vm, Value type, const Value *fields) {
    size_t n = rt_record_type_field_count(type);
    Record *r =
        rt_object_new(vm, TYPE_RECORD, 0, (uint32_t)n, offsetof(Record, field) + n * sizeof(Value));
    FRESH(r->type) = type;
    for (size_t i = 0; i < n; i++)
        FRESH(r->field[i]) = fields != NULL ? fields[i] : VALUE_FALSE;
    return value_from_pointer(r);
}

static bool check_type(VM *vm, int argument, Value v) {
    if (value_is_record_type(v))
        return true;
    rt_fail_type(vm, argument, "record type", v);
    return false;
}

Value rt_prim_make_record_type(VM *vm, Value name, Value parent, Value fields, Value mutables) {
    if (!value_is_symbol(name))
        return rt_fail_type(vm, 1, "symbol", name);
    if (parent != VALUE_FALSE && !check_type(vm, 2, parent))
        return VALUE_FAILURE;
    ptrdiff_t n = rt_list_length(fields);
    if (n < 0 || n > RECORD_MAX_FIELDS)
        return rt_fail_type(vm, 3, "list of symbols", fields);
    for (Value l = fields; value_is_pair(l); l = value_cdr(l))
        if (!value_is_symbol(value_car(l)))
            return rt_fail_type(vm, 3, "list of symbols", fields);
    if (mutables != VALUE_TRUE && rt_list_length(mutables) != n)
        return rt_fail_type(vm, 4, "#t or a list of booleans, one a field", mutables);
    Value names = rt_vector_from_list(vm, fields);
    if (names == VALUE_FAILURE)
        return names;
    bool *flags = NULL;
    if (mutables != VALUE_TRUE) {
        flags = rt_raw_new_atomic(vm, (size_t)n + 1);
        for (size_t i = 0; value_is_pair(mutables); mutables = value_cdr(mutables))
            flags[i++] = value_car(mutables) != VALUE_FALSE;
    }
    return rt_record_type_new(vm, name, parent, (int)n, value_vector(names)->item, flags);
}

Value rt_prim_record(VM *vm, int argc, const Value *argv) {
    if (!check_type(vm, 1, argv[0]))
        return VALUE_FAILURE;
    size_t n = rt_record_type_field_count(argv[0]);
    if ((size_t)(argc - 1) != n)
        return rt_fail(vm, CONDITION_ARITY, VALUE_NULL, "%s has %zu field%s, got %d value%s",
                       rt_record_type_label(vm, argv[0]), n, n == 1 ? "" : "s", argc - 1,
                       argc == 2 ? "" : "s");
    return rt_record_new(vm, argv[0], argv + 1);
}

// A record of that type and an index of its fields; the type and index come from a macro.
static bool check_field(VM *vm, Value record, Value type, Value index, size_t *i) {
    if (__builtin_expect(value_is_record(record), 1) && value_record(record)->type == type &&
        value_is_index_below(index, rt_record_field_count(record))) {
        *i = (size_t)value_fixnum(index);
        return true;
    }
    if (!check_type(vm, 2, type))
        return false;
    if (!rt_record_is(record, type)) {
        rt_fail_type(vm, 1, rt_record_type_label(vm, type), record);
        return false;
    }
    return rt_index(vm, 3, index, rt_record_type_field_count(type), i);
}

Value rt_prim_record_ref(VM *vm, Value record, Value type, Value index) {
    size_t i;
    if (!check_field(vm, record, type, index, &i))
        return VALUE_FAILURE;
    return value_record(record)->field[i];
}

Value rt_prim_record_set(VM *vm, Value record, Value type, Value index, Value v) {
    size_t i;
    if (!check_field(vm, record, type, index, &i))
        return VALUE_FAILURE;
    if (value_vector(value_record_type(type)->mutables)->item[i] == VALUE_FALSE)
        return rt_fail(vm, CONDITION_ASSIGNMENT,
                       rt_list(vm, 1, value_vector(value_record_type(type)->fields)->item[i]),
                       "field of %s is immutable:", rt_record_type_label(vm, type));
    rt_heap_store(&value_record(record)->field[i], v);
    return VALUE_UNSPECIFIED;
}

Value rt_prim_record_is(VM *vm, Value v, Value type) {
    return check_type(vm, 2, type) ? value_from_bool(rt_record_is(v, type)) : VALUE_FAILURE;
}

Value rt_prim_is_record(VM *vm, Value v) { return value_from_bool(value_is_record(v)); }
Value rt_prim_is_record_type(VM *vm, Value v) { return value_from_bool(value_is_record_type(v)); }

Value rt_prim_record_type_of(VM *vm, Value v) {
    return value_is_record(v) ? value_record(v)->type : rt_fail_type(vm, 1, "record", v);
}
Value rt_prim_record_type_name(VM *vm, Value type) {
    return check_type(vm, 1, type) ? value_record_type(type)->name : VALUE_FAILURE;
}
Value rt_prim_record_type_parent(VM *vm, Value type) {
    return check_type(vm, 1, type) ? value_record_type(type)->parent : VALUE_FAILURE;
}
Value rt_prim_record_type_fields(VM *vm, Value type) {
    if (!check_type(vm, 1, type))
        return VALUE_FAILURE;
    Value fields = value_record_type(type)->fields;
    return rt_vector_to_list(vm, fields, 0, vector_length(fields));
}
Value rt_prim_record_type_mutables(VM *vm, Value type) {
    if (!check_type(vm, 1, type))
        return VALUE_FAILURE;
    Value mutables = value_record_type(type)->mutables;
    return rt_vector_to_list(vm, mutables, 0, vector_length(mutables));
}
Value rt_prim_record_type_index(VM *vm, Value type, Value name) {
    if (!check_type(vm, 1, type))
        return VALUE_FAILURE;
    int i = rt_record_type_field_index(type, name);
    return i < 0 ? VALUE_FALSE : value_from_fixnum(i);
}

// ---- boxes

Value rt_box(VM *vm, Value value) {
    Box *box = rt_object_new(vm, TYPE_BOX, 0, 0, sizeof *box);
    FRESH(box->value) = value;
    return value_from_pointer(box);
}

Value rt_prim_box(VM *vm, Value v) { return rt_box(vm, v); }
Value rt_prim_is_box(VM *vm, Value v) { return value_from_bool(value_is_box(v)); }
Value rt_prim_unbox(VM *vm, Value box) {
    return value_is_box(box) ? value_box(box)->value : rt_fail_type(vm, 1, "box", box);
}
Value rt_prim_set_box(VM *vm, Value box, Value v) {
    if (!value_is_box(box))
        return rt_fail_type(vm, 1, "box", box);
    rt_heap_store(&value_box(box)->value, v);
    return VALUE_UNSPECIFIED;
}

// ---- promises: the state is a pair (done? . value or thunk), shared along a chain of delay-force

Value rt_promise_new(VM *vm, bool done, Value value_or_thunk) {
    Value state = rt_cons(vm, value_from_bool(done), value_or_thunk);
    Promise *promise = rt_object_new(vm, TYPE_PROMISE, 0, 0, sizeof *promise);
    FRESH(promise->state) = state;
    return value_from_pointer(promise);
}

static bool check_promise(VM *vm, int argument, Value v) {
    if (value_is_promise(v))
        return true;
    rt_fail_type(vm, argument, "promise", v);
    return false;
}

Value rt_prim_is_promise(VM *vm, Value v) { return value_from_bool(value_is_promise(v)); }

Value rt_prim_new_promise(VM *vm, Value done, Value value_or_thunk) {
    return rt_promise_new(vm, value_is_truthy(done), value_or_thunk);
}

Value rt_prim_promise_done(VM *vm, Value promise) {
    return check_promise(vm, 1, promise) ? value_car(value_promise(promise)->state) : VALUE_FAILURE;
}

Value rt_prim_promise_value(VM *vm, Value promise) {
    return check_promise(vm, 1, promise) ? value_cdr(value_promise(promise)->state) : VALUE_FAILURE;
}

Value rt_prim_promise_set(VM *vm, Value promise, Value done, Value value_or_thunk) {
    if (!check_promise(vm, 1, promise))
        return VALUE_FAILURE;
    const Pair *state = value_pair(value_promise(promise)->state);
    rt_heap_store(&state->car, value_from_bool(value_is_truthy(done)));
    rt_heap_store(&state->cdr, value_or_thunk);
    return VALUE_UNSPECIFIED;
}

// R7RS 7.3, promise-update!: the promise takes over what the next one of its chain knows, and both
// share it from then on.
Value rt_prim_promise_chain(VM *vm, Value promise, Value next) {
    if (!check_promise(vm, 1, promise) || !check_promise(vm, 2, next))
        return VALUE_FAILURE;
    const Pair *to = value_pair(value_promise(promise)->state);
    const Pair *from = value_pair(value_promise(next)->state);
    rt_heap_store(&to->car, from->car);
    rt_heap_store(&to->cdr, from->cdr);
    rt_heap_store(&value_promise(next)->state, value_promise(promise)->state);
    return VALUE_UNSPECIFIED;
}

// ---- parameters

Value rt_parameter_new(VM *vm, Value value, Value converter) {
    Parameter *parameter = rt_object_new(vm, TYPE_PARAMETER, 0, 0, sizeof *parameter);
    parameter->value = value;
    parameter->converter = converter;
    return value_from_pointer(parameter);
}

static bool check_parameter(VM *vm, Value v) {
    if (value_is_parameter(v))
        return true;
    rt_fail_type(vm, 1, "parameter", v);
    return false;
}

Value rt_prim_new_parameter(VM *vm, Value value, Value converter) {
    if (converter != VALUE_FALSE && !value_is_procedure(converter))
        return rt_fail_type(vm, 2, "procedure or #f", converter);
    return rt_parameter_new(vm, value, converter);
}

Value rt_prim_is_parameter(VM *vm, Value v) { return value_from_bool(value_is_parameter(v)); }
Value rt_prim_parameter_value(VM *vm, Value v) {
    return check_parameter(vm, v) ? value_parameter(v)->value : VALUE_FAILURE;
}
Value rt_prim_parameter_converter(VM *vm, Value v) {
    return check_parameter(vm, v) ? value_parameter(v)->converter : VALUE_FAILURE;
}
Value rt_prim_parameter_set(VM *vm, Value v, Value value) {
    if (!check_parameter(vm, v))
        return VALUE_FAILURE;
    value_parameter(v)->value = value;
    return VALUE_UNSPECIFIED;
}

// ---- booleans, nil, keywords, singular objects

static bool is_boolean(Value v) { return v == VALUE_TRUE || v == VALUE_FALSE; }

Value rt_prim_is_boolean(VM *vm, Value v) { return value_from_bool(is_boolean(v)); }

// nil is falsy like #f, so (not nil) is #t.
Value rt_prim_not(VM *vm, Value v) { return value_from_bool(value_is_falsy(v)); }

Value rt_prim_boolean_eq2(VM *vm, Value a, Value b) {
    if (!is_boolean(a))
        return rt_fail_type(vm, 1, "boolean", a);
    if (!is_boolean(b))
        return rt_fail_type(vm, 2, "boolean", b);
    return value_from_bool(a == b);
}

Value rt_prim_boolean_eq(VM *vm, int argc, const Value *argv) {
    for (int i = 0; i < argc; i++)
        if (!is_boolean(argv[i]))
            return rt_fail_type(vm, i + 1, "boolean", argv[i]);
    for (int i = 1; i < argc; i++)
        if (argv[i] != argv[0])
            return VALUE_FALSE;
    return VALUE_TRUE;
}

Value rt_prim_is_nil(VM *vm, Value v) { return value_from_bool(v == VALUE_NIL); }

Value rt_prim_is_keyword(VM *vm, Value v) { return value_from_bool(value_is_keyword(v)); }

Value rt_prim_keyword_to_string(VM *vm, Value v) {
    return value_is_keyword(v) ? value_keyword(v)->name : rt_fail_type(vm, 1, "keyword", v);
}

Value rt_prim_string_to_keyword(VM *vm, Value v) {
    return value_is_string(v) ? rt_keyword_string(vm, v) : rt_fail_type(vm, 1, "string", v);
}

Value rt_prim_unspecified(VM *vm) { return VALUE_UNSPECIFIED; }
