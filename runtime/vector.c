// Vectors: functions for C code, then the primitives of R7RS 6.8 and of SRFI 133 without callbacks.
#include "runtime/vector.h"
#include "runtime/fail.h"
#include "runtime/list.h"
#include "runtime/range.h"

// ---- making

// Items are zero, which is no value: the caller sets all of them before anything else sees the
// vector.
static Value allocate(VM *vm, size_t length) {
    if (length > VECTOR_SURE_LENGTH) {
        if (length > VECTOR_MAX_LENGTH)
            return rt_fail_memory(vm, length * sizeof(Value));
        if (!rt_heap_reserve(vm, length, sizeof(Value)))
            return VALUE_FAILURE;
    }
    return value_from_pointer(
        rt_object_new(vm, TYPE_VECTOR, 0, (uint32_t)length, length * sizeof(Value)));
}

Value rt_vector_new(VM *vm, size_t length, Value fill) {
    Value v = allocate(vm, length);
    if (v == VALUE_FAILURE)
        return v;
    Value *item = &FRESH(value_vector(v)->item[0]);
    for (size_t i = 0; i < length; i++)
        item[i] = fill;
    return v;
}

Value rt_vector_from_array(VM *vm, const Value *items, size_t length) {
    Value v = allocate(vm, length);
    if (v != VALUE_FAILURE && length > 0)
        memcpy(&FRESH(value_vector(v)->item[0]), items, length * sizeof(Value));
    return v;
}

Value rt_vector_from_list(VM *vm, Value list) {
    Value v = allocate(vm, (size_t)rt_list_length(list));
    if (v == VALUE_FAILURE)
        return v;
    for (Value *item = &FRESH(value_vector(v)->item[0]); value_is_pair(list);
         list = value_cdr(list))
        *item++ = value_car(list);
    return v;
}

Value rt_vector_to_list(VM *vm, Value vector, size_t start, size_t end) {
    Value list = VALUE_NULL;
    while (end > start)
        list = rt_cons(vm, value_vector(vector)->item[--end], list);
    return list;
}

// ---- checks

static bool check_vector(VM *vm, int argument, Value v) {
    if (value_is_vector(v))
        return true;
    rt_fail_type(vm, argument, "vector", v);
    return false;
}

static bool check_mutable(VM *vm, int argument, Value v) {
    if (value_is_vector(v) && !(object_flags(value_object(v)) & VECTOR_LITERAL))
        return true;
    rt_fail_type(vm, argument, value_is_vector(v) ? "mutable vector" : "vector", v);
    return false;
}

// A vector and the range that follows it in the arguments.
static bool check_range(VM *vm, int argc, const Value *argv, size_t *start, size_t *end) {
    return check_vector(vm, 1, argv[0]) &&
           rt_range(vm, argc, argv, 1, vector_length(argv[0]), start, end);
}

// ---- R7RS 6.8

Value rt_prim_is_vector(VM *vm, Value v) { return value_from_bool(value_is_vector(v)); }

Value rt_prim_make_vector(VM *vm, int argc, const Value *argv) {
    size_t length;
    if (!rt_count(vm, 1, argv[0], &length))
        return VALUE_FAILURE;
    return rt_vector_new(vm, length, argc > 1 ? argv[1] : VALUE_UNSPECIFIED);
}

Value rt_prim_vector(VM *vm, int argc, const Value *argv) {
    return rt_vector_from_array(vm, argv, (size_t)argc);
}

Value rt_prim_vector_length(VM *vm, Value v) {
    if (!check_vector(vm, 1, v))
        return VALUE_FAILURE;
    return value_from_fixnum((int64_t)vector_length(v));
}

Value rt_prim_vector_ref(VM *vm, Value v, Value k) {
    size_t i;
    if (!check_vector(vm, 1, v) || !rt_index(vm, 2, k, vector_length(v), &i))
        return VALUE_FAILURE;
    return value_vector(v)->item[i];
}

Value rt_prim_vector_set(VM *vm, Value v, Value k, Value item) {
    size_t i;
    if (!check_mutable(vm, 1, v) || !rt_index(vm, 2, k, vector_length(v), &i))
        return VALUE_FAILURE;
    rt_heap_store(&value_vector(v)->item[i], item);
    return VALUE_UNSPECIFIED;
}

Value rt_prim_vector_to_list(VM *vm, int argc, const Value *argv) {
    size_t start, end;
    if (!check_range(vm, argc, argv, &start, &end))
        return VALUE_FAILURE;
    if (!rt_heap_reserve_parts(vm, end - start, sizeof(Pair)))
        return VALUE_FAILURE;
    return rt_vector_to_list(vm, argv[0], start, end);
}

Value rt_prim_list_to_vector(VM *vm, Value list) {
    if (rt_list_length(list) < 0)
        return rt_fail_type(vm, 1, "list", list);
    return rt_vector_from_list(vm, list);
}

Value rt_prim_vector_fill(VM *vm, int argc, const Value *argv) {
    size_t start, end;
    if (!check_mutable(vm, 1, argv[0]) ||
        !rt_range(vm, argc, argv, 2, vector_length(argv[0]), &start, &end))
        return VALUE_FAILURE;
    for (size_t i = start; i < end; i++)
        rt_heap_store(&value_vector(argv[0])->item[i], argv[1]);
    return VALUE_UNSPECIFIED;
}

Value rt_prim_vector_copy(VM *vm, int argc, const Value *argv) {
    size_t start, end;
    if (!check_range(vm, argc, argv, &start, &end))
        return VALUE_FAILURE;
    return rt_vector_from_array(vm, value_vector(argv[0])->item + start, end - start);
}

Value rt_prim_vector_copy_into(VM *vm, int argc, const Value *argv) {
    size_t at, start, end;
    if (!check_mutable(vm, 1, argv[0]) || !check_vector(vm, 3, argv[2]) ||
        !rt_copy_range(vm, argc, argv, vector_length(argv[0]), vector_length(argv[2]), &at, &start,
                       &end))
        return VALUE_FAILURE;
    if (end > start) {
        const Value *to = value_vector(argv[0])->item + at;
        memmove((Value *)to, value_vector(argv[2])->item + start, (end - start) * sizeof(Value));
        rt_heap_touch(to);
    }
    return VALUE_UNSPECIFIED;
}

// Vectors given as an array of Values, checked, into one.
static Value append_all(VM *vm, const Value *vectors, size_t n) {
    size_t length = 0; // cannot overflow: at most 2^32 elements in each
    for (size_t i = 0; i < n; i++)
        length += vector_length(vectors[i]);
    Value v = allocate(vm, length);
    if (v == VALUE_FAILURE)
        return v;
    Value *item = &FRESH(value_vector(v)->item[0]);
    for (size_t i = 0; i < n; i++) {
        memcpy(item, value_vector(vectors[i])->item, vector_length(vectors[i]) * sizeof(Value));
        item += vector_length(vectors[i]);
    }
    return v;
}

Value rt_prim_vector_append(VM *vm, int argc, const Value *argv) {
    for (int i = 0; i < argc; i++)
        if (!check_vector(vm, i + 1, argv[i]))
            return VALUE_FAILURE;
    return append_all(vm, argv, (size_t)argc);
}

// ---- SRFI 133

Value rt_prim_is_vector_empty(VM *vm, Value v) {
    return check_vector(vm, 1, v) ? value_from_bool(vector_length(v) == 0) : VALUE_FAILURE;
}

Value rt_prim_vector_concatenate(VM *vm, Value list) {
    if (rt_list_length(list) < 0)
        return rt_fail_type(vm, 1, "list", list);
    for (Value l = list; value_is_pair(l); l = value_cdr(l))
        if (!value_is_vector(value_car(l)))
            return rt_fail_type(vm, 1, "list of vectors", list);
    Value vectors = rt_vector_from_list(vm, list);
    if (vectors == VALUE_FAILURE)
        return vectors;
    return append_all(vm, value_vector(vectors)->item, vector_length(vectors));
}

Value rt_prim_vector_swap(VM *vm, Value v, Value i, Value j) {
    size_t a, b;
    if (!check_mutable(vm, 1, v) || !rt_index(vm, 2, i, vector_length(v), &a) ||
        !rt_index(vm, 3, j, vector_length(v), &b))
        return VALUE_FAILURE;
    const Value *item = value_vector(v)->item;
    Value swap = item[a];
    rt_heap_store(&item[a], item[b]);
    rt_heap_store(&item[b], swap);
    return VALUE_UNSPECIFIED;
}

// Within one object: nothing becomes reachable from it that was not.
static void reverse_items(const Value *items, size_t n) {
    Value *item = (Value *)items;
    for (size_t i = 0, j = n; i + 1 < j; i++) {
        Value swap = item[i];
        item[i] = item[--j];
        item[j] = swap;
    }
}

Value rt_prim_vector_reverse(VM *vm, int argc, const Value *argv) {
    size_t start, end;
    if (!check_mutable(vm, 1, argv[0]) ||
        !rt_range(vm, argc, argv, 1, vector_length(argv[0]), &start, &end))
        return VALUE_FAILURE;
    reverse_items(value_vector(argv[0])->item + start, end - start);
    return VALUE_UNSPECIFIED;
}

Value rt_prim_vector_reverse_copy(VM *vm, int argc, const Value *argv) {
    Value copy = rt_prim_vector_copy(vm, argc, argv);
    if (copy != VALUE_FAILURE)
        reverse_items(value_vector(copy)->item, vector_length(copy));
    return copy;
}

Value rt_prim_vector_reverse_copy_into(VM *vm, int argc, const Value *argv) {
    // Overlapping ranges are copied first, then turned round where they have come to lie.
    if (rt_prim_vector_copy_into(vm, argc, argv) == VALUE_FAILURE)
        return VALUE_FAILURE;
    size_t at = (size_t)value_fixnum(argv[1]), start, end;
    if (!rt_range(vm, argc, argv, 3, vector_length(argv[2]), &start, &end))
        return VALUE_FAILURE;
    reverse_items(value_vector(argv[0])->item + at, end - start);
    return VALUE_UNSPECIFIED;
}

Value rt_prim_reverse_vector_to_list(VM *vm, int argc, const Value *argv) {
    size_t start, end;
    if (!check_range(vm, argc, argv, &start, &end))
        return VALUE_FAILURE;
    if (!rt_heap_reserve_parts(vm, end - start, sizeof(Pair)))
        return VALUE_FAILURE;
    Value list = VALUE_NULL;
    for (size_t i = start; i < end; i++)
        list = rt_cons(vm, value_vector(argv[0])->item[i], list);
    return list;
}

Value rt_prim_reverse_list_to_vector(VM *vm, Value list) {
    Value v = rt_prim_list_to_vector(vm, list);
    if (v != VALUE_FAILURE)
        reverse_items(value_vector(v)->item, vector_length(v));
    return v;
}
