// Typed arrays: functions for C code, then the primitives.
#include "runtime/array.h"
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/list.h"
#include "runtime/numbers.h"
#include "runtime/range.h"
#include "runtime/string.h"
#include "runtime/symbol.h"
#include <stdio.h>

static const struct {
    const char *name;
    size_t width;
} element_types[ELEMENT_TYPE_COUNT] = {
#define X(id, name, type) {name, sizeof(type)},
    ELEMENT_TYPES(X)
#undef X
};

const char *rt_element_type_name(ElementType type) { return element_types[type].name; }
size_t rt_element_width(ElementType type) { return element_types[type].width; }

// ---- making

// Product of the dims; false when it does not fit size_t.
static bool size_of(int rank, const size_t *dims, size_t *size) {
    *size = 1;
    for (int i = 0; i < rank; i++)
        if (dims[i] == 0) {
            *size = 0;
            return true;
        }
    for (int i = 0; i < rank; i++)
        if (__builtin_mul_overflow(*size, dims[i], size))
            return false;
    return true;
}

// An array of that shape over data that exists.
static Value new_header(VM *vm, ElementType type, int rank, const size_t *dims, void *data,
                        size_t size) {
    Array *a = rt_object_new(vm, TYPE_ARRAY, (unsigned)type, (uint32_t)rank,
                             offsetof(Array, dim) + (size_t)rank * sizeof a->dim[0]);
    a->data = data;
    a->size = size;
    for (int i = 0; i < rank; i++)
        a->dim[i] = dims[i];
    return value_from_pointer(a);
}

Value rt_array_new(VM *vm, ElementType type, int rank, const size_t *dims) {
    size_t size, width = rt_element_width(type);
    if (!size_of(rank, dims, &size))
        return rt_fail_memory(vm, SIZE_MAX);
    if (!rt_heap_reserve(vm, size, width))
        return VALUE_FAILURE;
    void *data = NULL;
    if (size > 0 && type == ELEMENT_ANY) {
        data = rt_raw_new(vm, size * width);
        for (size_t i = 0; i < size; i++)
            ((Value *)data)[i] = VALUE_FALSE;
    } else if (size > 0) {
        data = rt_raw_new_atomic(vm, size * width);
        memset(data, 0, size * width);
    }
    return new_header(vm, type, rank, dims, data, size);
}

bool rt_array_same_shape(Value a, Value b) {
    int rank = array_rank(a);
    return array_element_type(a) == array_element_type(b) && rank == array_rank(b) &&
           (rank == 0 ||
            memcmp(value_array(a)->dim, value_array(b)->dim, (size_t)rank * sizeof(size_t)) == 0);
}

// ---- elements

Value rt_array_get(VM *vm, Value array, size_t i) {
    const void *data = value_array(array)->data;
    switch (array_element_type(array)) {
    case ELEMENT_U8:
        return value_from_fixnum(((const uint8_t *)data)[i]);
    case ELEMENT_S8:
        return value_from_fixnum(((const int8_t *)data)[i]);
    case ELEMENT_U16:
        return value_from_fixnum(((const uint16_t *)data)[i]);
    case ELEMENT_S16:
        return value_from_fixnum(((const int16_t *)data)[i]);
    case ELEMENT_U32:
        return value_from_fixnum(((const uint32_t *)data)[i]);
    case ELEMENT_S32:
        return value_from_fixnum(((const int32_t *)data)[i]);
    case ELEMENT_U64:
        return rt_uint(vm, ((const uint64_t *)data)[i]);
    case ELEMENT_S64:
        return rt_int(vm, ((const int64_t *)data)[i]);
    case ELEMENT_F32:
        return value_from_foreign_double((double)((const float *)data)[i]);
    case ELEMENT_F64:
        return value_from_foreign_double(((const double *)data)[i]);
    case ELEMENT_BOOL:
        return value_from_bool(((const uint8_t *)data)[i]);
    default:
        return ((const Value *)data)[i];
    }
}

// One element as its C type.
typedef union Element {
    int64_t s;
    uint64_t u;
    double f;
    Value any;
} Element;

// Least and most of the integer types up to 32 bits and s64.
static const struct {
    int64_t least, most;
} bounds[] = {
    [ELEMENT_U8] = {0, UINT8_MAX},          [ELEMENT_S8] = {INT8_MIN, INT8_MAX},
    [ELEMENT_U16] = {0, UINT16_MAX},        [ELEMENT_S16] = {INT16_MIN, INT16_MAX},
    [ELEMENT_U32] = {0, UINT32_MAX},        [ELEMENT_S32] = {INT32_MIN, INT32_MAX},
    [ELEMENT_S64] = {INT64_MIN, INT64_MAX},
};

static bool to_element(VM *vm, ElementType type, Value v, int argument, Element *e) {
    switch (type) {
    case ELEMENT_ANY:
        e->any = v;
        return true;
    case ELEMENT_BOOL:
        if (v == VALUE_TRUE || v == VALUE_FALSE) {
            e->u = v == VALUE_TRUE;
            return true;
        }
        rt_fail_type(vm, argument, "boolean", v);
        return false;
    case ELEMENT_F32:
    case ELEMENT_F64:
        if (value_is_real(v)) {
            e->f = rt_num_to_double(v);
            return true;
        }
        rt_fail_type(vm, argument, "real", v);
        return false;
    case ELEMENT_U64:
        if (rt_uint_value(v, &e->u))
            return true;
        break;
    default:
        if (rt_int_value(v, &e->s) && e->s >= bounds[type].least && e->s <= bounds[type].most)
            return true;
    }
    if (!value_is_exact_integer(v)) {
        rt_fail_type(vm, argument, "integer", v);
    } else {
        char expected[32];
        const char *name = rt_element_type_name(type);
        snprintf(expected, sizeof expected, "%s integer of %s bits",
                 name[0] == 'u' ? "unsigned" : "signed", name + 1);
        rt_fail_range(vm, argument, expected, v);
    }
    return false;
}

static void put_element(Value array, size_t i, Element e) {
    void *data = value_array(array)->data;
    switch (array_element_type(array)) {
    case ELEMENT_U8:
    case ELEMENT_S8:
    case ELEMENT_BOOL:
        ((uint8_t *)data)[i] = (uint8_t)e.u;
        break;
    case ELEMENT_U16:
    case ELEMENT_S16:
        ((uint16_t *)data)[i] = (uint16_t)e.u;
        break;
    case ELEMENT_U32:
    case ELEMENT_S32:
        ((uint32_t *)data)[i] = (uint32_t)e.u;
        break;
    case ELEMENT_F32:
        ((float *)data)[i] = (float)e.f;
        break;
    case ELEMENT_F64:
        ((double *)data)[i] = e.f;
        break;
    default: // u64, s64, any: 64 bits as they are
        ((uint64_t *)data)[i] = e.u;
    }
}

bool rt_array_put(VM *vm, Value array, size_t i, Value v, int argument) {
    Element e;
    if (!to_element(vm, array_element_type(array), v, argument, &e))
        return false;
    put_element(array, i, e);
    return true;
}

// ---- checks

static bool check_array(VM *vm, int argument, Value v) {
    if (value_is_array(v))
        return true;
    rt_fail_type(vm, argument, "array", v);
    return false;
}

// An element type: a symbol or keyword with its name.
static bool check_type(VM *vm, int argument, Value v, ElementType *type) {
    if (value_is_symbol(v) || value_is_keyword(v))
        for (int i = 0; i < ELEMENT_TYPE_COUNT; i++)
            if (rt_string_is(value_symbol(v)->name, element_types[i].name)) {
                *type = (ElementType)i;
                return true;
            }
    rt_fail_type(vm, argument, "element type (u8 s8 u16 s16 u32 s32 u64 s64 f32 f64 bool any)", v);
    return false;
}

// A shape: a list of dims, or one size for rank 1.
static bool check_dims(VM *vm, int argument, Value v, int *rank, size_t dims[ARRAY_MAX_RANK]) {
    if (value_is_exact_integer(v)) {
        *rank = 1;
        return rt_count(vm, argument, v, &dims[0]);
    }
    ptrdiff_t n = rt_list_length(v);
    if (n < 0 || n > ARRAY_MAX_RANK) {
        rt_fail_type(vm, argument, n < 0 ? "list of sizes" : "list of at most 8 sizes", v);
        return false;
    }
    *rank = (int)n;
    for (int i = 0; i < n; i++, v = value_cdr(v))
        if (!rt_count(vm, argument, value_car(v), &dims[i]))
            return false;
    return true;
}

// An index of axis i that is none, or out of range. Returns false.
static bool fail_axis(VM *vm, int axis, Value index, size_t size) {
    if (!value_is_fixnum(index) || size == 0)
        return rt_index_fail(vm, axis + 2, index, size);
    rt_fail(vm, CONDITION_RANGE, VALUE_NULL,
            "argument %d: index %lld is out of range 0 to %zu of axis %d", axis + 2,
            (long long)value_fixnum(index), size - 1, axis);
    return false;
}

// The place of the element with `n` indices, which are the arguments from the second on.
static bool check_indices(VM *vm, Value array, int n, const Value *indices, size_t *place) {
    const Array *a = value_array(array);
    int rank = array_rank(array);
    if (n != rank) {
        rt_fail(vm, CONDITION_ARITY, VALUE_NULL, "array of rank %d takes %d %s, got %d", rank, rank,
                rank == 1 ? "index" : "indices", n);
        return false;
    }
    *place = 0;
    for (int i = 0; i < n; i++) {
        if (!value_is_index_below(indices[i], a->dim[i]))
            return fail_axis(vm, i, indices[i], a->dim[i]);
        *place = *place * a->dim[i] + (size_t)value_fixnum(indices[i]);
    }
    return true;
}

// ---- primitives

Value rt_prim_is_array(VM *vm, Value v) { return value_from_bool(value_is_array(v)); }

Value rt_prim_make_array(VM *vm, int argc, const Value *argv) {
    ElementType type;
    int rank;
    size_t dims[ARRAY_MAX_RANK];
    Element fill;
    if (!check_type(vm, 1, argv[0], &type) || !check_dims(vm, 2, argv[1], &rank, dims) ||
        (argc > 2 && !to_element(vm, type, argv[2], 3, &fill)))
        return VALUE_FAILURE;
    Value array = rt_array_new(vm, type, rank, dims);
    if (array == VALUE_FAILURE || argc < 3)
        return array;
    for (size_t i = 0; i < value_array(array)->size; i++)
        put_element(array, i, fill);
    return array;
}

// Type, shape, elements in row-major order.
Value rt_prim_array(VM *vm, int argc, const Value *argv) {
    ElementType type;
    int rank;
    size_t dims[ARRAY_MAX_RANK], size;
    if (!check_type(vm, 1, argv[0], &type) || !check_dims(vm, 2, argv[1], &rank, dims))
        return VALUE_FAILURE;
    if (!size_of(rank, dims, &size))
        size = SIZE_MAX;
    if (size != (size_t)(argc - 2))
        return rt_fail(vm, CONDITION_ARITY, VALUE_NULL, "the shape wants %zu elements, got %d",
                       size, argc - 2);
    Value array = rt_array_new(vm, type, rank, dims);
    if (array == VALUE_FAILURE)
        return array;
    for (int i = 2; i < argc; i++)
        if (!rt_array_put(vm, array, (size_t)(i - 2), argv[i], i + 1))
            return VALUE_FAILURE;
    return array;
}

Value rt_prim_array_ref(VM *vm, int argc, const Value *argv) {
    size_t place;
    if (!check_array(vm, 1, argv[0]) || !check_indices(vm, argv[0], argc - 1, argv + 1, &place))
        return VALUE_FAILURE;
    return rt_array_get(vm, argv[0], place);
}

Value rt_prim_array_ref1(VM *vm, Value array, Value index) {
    size_t place;
    if (!check_array(vm, 1, array) || !check_indices(vm, array, 1, &index, &place))
        return VALUE_FAILURE;
    return rt_array_get(vm, array, place);
}

Value rt_prim_array_set(VM *vm, int argc, const Value *argv) {
    size_t place;
    if (!check_array(vm, 1, argv[0]) || !check_indices(vm, argv[0], argc - 2, argv + 1, &place) ||
        !rt_array_put(vm, argv[0], place, argv[argc - 1], argc))
        return VALUE_FAILURE;
    return VALUE_UNSPECIFIED;
}

Value rt_prim_array_row_major_ref(VM *vm, Value array, Value k) {
    size_t i;
    if (!check_array(vm, 1, array) || !rt_index(vm, 2, k, value_array(array)->size, &i))
        return VALUE_FAILURE;
    return rt_array_get(vm, array, i);
}

Value rt_prim_array_row_major_set(VM *vm, Value array, Value k, Value v) {
    size_t i;
    if (!check_array(vm, 1, array) || !rt_index(vm, 2, k, value_array(array)->size, &i) ||
        !rt_array_put(vm, array, i, v, 3))
        return VALUE_FAILURE;
    return VALUE_UNSPECIFIED;
}

Value rt_prim_array_shape(VM *vm, Value array) {
    if (!check_array(vm, 1, array))
        return VALUE_FAILURE;
    Value shape = VALUE_NULL;
    for (int i = array_rank(array); i-- > 0;)
        shape = rt_cons(vm, value_from_fixnum((int64_t)value_array(array)->dim[i]), shape);
    return shape;
}

Value rt_prim_array_rank(VM *vm, Value array) {
    return check_array(vm, 1, array) ? value_from_fixnum(array_rank(array)) : VALUE_FAILURE;
}

Value rt_prim_array_size(VM *vm, Value array) {
    if (!check_array(vm, 1, array))
        return VALUE_FAILURE;
    return value_from_fixnum((int64_t)value_array(array)->size);
}

Value rt_prim_array_type(VM *vm, Value array) {
    if (!check_array(vm, 1, array))
        return VALUE_FAILURE;
    return rt_intern(vm, rt_element_type_name(array_element_type(array)));
}

Value rt_prim_array_reshape(VM *vm, Value array, Value shape) {
    int rank;
    size_t dims[ARRAY_MAX_RANK], size;
    if (!check_array(vm, 1, array) || !check_dims(vm, 2, shape, &rank, dims))
        return VALUE_FAILURE;
    const Array *a = value_array(array);
    if (!size_of(rank, dims, &size) || size != a->size)
        return rt_fail(vm, CONDITION_RANGE, VALUE_NULL,
                       "argument 2: the array has %zu elements, the shape another number", a->size);
    return new_header(vm, array_element_type(array), rank, dims, a->data, size);
}

Value rt_prim_array_copy(VM *vm, Value array) {
    if (!check_array(vm, 1, array))
        return VALUE_FAILURE;
    const Array *a = value_array(array);
    ElementType type = array_element_type(array);
    Value copy = rt_array_new(vm, type, array_rank(array), a->dim);
    if (copy != VALUE_FAILURE && a->size > 0)
        memcpy(value_array(copy)->data, a->data, a->size * rt_element_width(type));
    return copy;
}

Value rt_prim_array_fill(VM *vm, Value array, Value v) {
    Element e;
    if (!check_array(vm, 1, array) || !to_element(vm, array_element_type(array), v, 2, &e))
        return VALUE_FAILURE;
    for (size_t i = 0; i < value_array(array)->size; i++)
        put_element(array, i, e);
    return VALUE_UNSPECIFIED;
}

// Elements from `place` on, which lie below dimension `level`, as nested lists. At most
// ARRAY_MAX_RANK deep.
static Value to_list(VM *vm, Value array, int level, size_t place) {
    const Array *a = value_array(array);
    if (level == array_rank(array))
        return rt_array_get(vm, array, place);
    size_t stride = 1;
    for (int i = level + 1; i < array_rank(array); i++)
        stride *= a->dim[i];
    Value list = VALUE_NULL;
    for (size_t i = a->dim[level]; i-- > 0;)
        list = rt_cons(vm, to_list(vm, array, level + 1, place + i * stride), list);
    return list;
}

Value rt_prim_array_to_list(VM *vm, Value array) {
    if (!check_array(vm, 1, array))
        return VALUE_FAILURE;
    const Array *a = value_array(array);
    // With dims of 0 the lists may outnumber the elements: (0 …) is one list, (k 0) are k.
    size_t lists = 1, total = a->size;
    for (int i = 0; i < array_rank(array); i++)
        if (__builtin_mul_overflow(lists, a->dim[i], &lists) ||
            __builtin_add_overflow(total, lists, &total))
            return rt_fail_memory(vm, SIZE_MAX);
    if (!rt_heap_reserve_parts(vm, total, sizeof(Pair)))
        return VALUE_FAILURE;
    return to_list(vm, array, 0, 0);
}

// Store nested lists into the array; false when their lengths are not its dims. *stop: the
// condition is set.
static bool from_list(VM *vm, Value array, int level, Value list, size_t *place, bool *stop) {
    const Array *a = value_array(array);
    if (level == array_rank(array)) {
        if (rt_array_put(vm, array, *place, list, 2)) {
            ++*place;
            return true;
        }
        *stop = true;
        return false;
    }
    if (rt_list_length(list) != (ptrdiff_t)a->dim[level])
        return false;
    for (; value_is_pair(list); list = value_cdr(list))
        if (!from_list(vm, array, level + 1, value_car(list), place, stop))
            return false;
    return true;
}

// The rank is the third argument; without it, it is how deep the first elements are nested.
Value rt_prim_list_to_array(VM *vm, int argc, const Value *argv) {
    ElementType type;
    size_t dims[ARRAY_MAX_RANK], given = ARRAY_MAX_RANK, size;
    if (!check_type(vm, 1, argv[0], &type))
        return VALUE_FAILURE;
    if (argc > 2 && !rt_index(vm, 3, argv[2], ARRAY_MAX_RANK + 1, &given))
        return VALUE_FAILURE;
    // Boxed elements may be lists themselves.
    if (argc < 3 && type == ELEMENT_ANY)
        given = 1;
    int rank = 0;
    for (Value v = argv[1]; (size_t)rank < given; rank++) {
        ptrdiff_t n = rt_list_length(v);
        if (n < 0 && argc < 3 && rank > 0)
            break;
        if (n < 0)
            return rt_fail_type(vm, 2, "nested list of that rank", argv[1]);
        dims[rank] = (size_t)n;
        if (n == 0) {
            // Below an empty list nothing is nested.
            while (argc > 2 && (size_t)++rank < given)
                dims[rank] = 0;
            if (argc < 3)
                rank++;
            break;
        }
        v = value_car(v);
    }
    if (!size_of(rank, dims, &size))
        return rt_fail_memory(vm, SIZE_MAX);
    Value array = rt_array_new(vm, type, rank, dims);
    if (array == VALUE_FAILURE)
        return array;
    size_t place = 0;
    bool stop = false;
    if (from_list(vm, array, 0, argv[1], &place, &stop))
        return array;
    return stop ? VALUE_FAILURE : rt_fail_type(vm, 2, "nested lists of equal lengths", argv[1]);
}
