// Bytevectors: R7RS 6.9, and numbers in them as in R6RS.
#include "runtime/fail.h"
#include "runtime/list.h"
#include "runtime/numbers.h"
#include "runtime/range.h"
#include "runtime/string.h"
#include "runtime/symbol.h"
#include "runtime/vector.h"
#include <stdio.h>

// ---- making

Value rt_bytevector_new(VM *vm, size_t length) {
    if (length > VECTOR_SURE_LENGTH) {
        if (length > VECTOR_MAX_LENGTH)
            return rt_fail_memory(vm, length);
        if (!rt_heap_reserve(vm, length, 1))
            return VALUE_FAILURE;
    }
    return value_from_pointer(
        rt_object_new_atomic(vm, TYPE_BYTEVECTOR, 0, (uint32_t)length, length));
}

Value rt_bytevector_from_bytes(VM *vm, const void *bytes, size_t length) {
    Value v = rt_bytevector_new(vm, length);
    if (v != VALUE_FAILURE && length > 0)
        memcpy(value_bytevector(v)->byte, bytes, length);
    return v;
}

// ---- checks

static bool check_bytevector(VM *vm, int argument, Value v) {
    if (value_is_bytevector(v))
        return true;
    rt_fail_type(vm, argument, "bytevector", v);
    return false;
}

static bool check_byte(VM *vm, int argument, Value v, uint8_t *byte) {
    if (value_is_index_below(v, 256)) {
        *byte = (uint8_t)value_fixnum(v);
        return true;
    }
    if (value_is_exact_integer(v))
        rt_fail_range(vm, argument, "byte", v);
    else
        rt_fail_type(vm, argument, "byte", v);
    return false;
}

static bool check_range(VM *vm, int argc, const Value *argv, size_t *start, size_t *end) {
    return check_bytevector(vm, 1, argv[0]) &&
           rt_range(vm, argc, argv, 1, bytevector_length(argv[0]), start, end);
}

// ---- R7RS 6.9

Value rt_prim_is_bytevector(VM *vm, Value v) { return value_from_bool(value_is_bytevector(v)); }

Value rt_prim_make_bytevector(VM *vm, int argc, const Value *argv) {
    size_t length;
    uint8_t fill = 0;
    if (!rt_count(vm, 1, argv[0], &length))
        return VALUE_FAILURE;
    if (argc > 1 && !check_byte(vm, 2, argv[1], &fill))
        return VALUE_FAILURE;
    Value v = rt_bytevector_new(vm, length);
    if (v != VALUE_FAILURE)
        memset(value_bytevector(v)->byte, fill, length);
    return v;
}

Value rt_prim_bytevector(VM *vm, int argc, const Value *argv) {
    uint8_t byte;
    for (int i = 0; i < argc; i++)
        if (!check_byte(vm, i + 1, argv[i], &byte))
            return VALUE_FAILURE;
    Value v = rt_bytevector_new(vm, (size_t)argc);
    if (v == VALUE_FAILURE)
        return v;
    for (int i = 0; i < argc; i++)
        value_bytevector(v)->byte[i] = (uint8_t)value_fixnum(argv[i]);
    return v;
}

Value rt_prim_bytevector_length(VM *vm, Value v) {
    if (!check_bytevector(vm, 1, v))
        return VALUE_FAILURE;
    return value_from_fixnum((int64_t)bytevector_length(v));
}

Value rt_prim_bytevector_u8_ref(VM *vm, Value v, Value k) {
    size_t i;
    if (!check_bytevector(vm, 1, v) || !rt_index(vm, 2, k, bytevector_length(v), &i))
        return VALUE_FAILURE;
    return value_from_fixnum(value_bytevector(v)->byte[i]);
}

Value rt_prim_bytevector_u8_set(VM *vm, Value v, Value k, Value item) {
    size_t i;
    uint8_t byte;
    if (!check_bytevector(vm, 1, v) || !rt_index(vm, 2, k, bytevector_length(v), &i) ||
        !check_byte(vm, 3, item, &byte))
        return VALUE_FAILURE;
    value_bytevector(v)->byte[i] = byte;
    return VALUE_UNSPECIFIED;
}

Value rt_prim_bytevector_copy(VM *vm, int argc, const Value *argv) {
    size_t start, end;
    if (!check_range(vm, argc, argv, &start, &end))
        return VALUE_FAILURE;
    return rt_bytevector_from_bytes(vm, value_bytevector(argv[0])->byte + start, end - start);
}

Value rt_prim_bytevector_copy_into(VM *vm, int argc, const Value *argv) {
    size_t at, start, end;
    if (!check_bytevector(vm, 1, argv[0]) || !check_bytevector(vm, 3, argv[2]) ||
        !rt_copy_range(vm, argc, argv, bytevector_length(argv[0]), bytevector_length(argv[2]), &at,
                       &start, &end))
        return VALUE_FAILURE;
    memmove(value_bytevector(argv[0])->byte + at, value_bytevector(argv[2])->byte + start,
            end - start);
    return VALUE_UNSPECIFIED;
}

Value rt_prim_bytevector_fill(VM *vm, int argc, const Value *argv) {
    size_t start, end;
    uint8_t byte;
    if (!check_bytevector(vm, 1, argv[0]) || !check_byte(vm, 2, argv[1], &byte) ||
        !rt_range(vm, argc, argv, 2, bytevector_length(argv[0]), &start, &end))
        return VALUE_FAILURE;
    memset(value_bytevector(argv[0])->byte + start, byte, end - start);
    return VALUE_UNSPECIFIED;
}

Value rt_prim_bytevector_append(VM *vm, int argc, const Value *argv) {
    size_t length = 0; // cannot overflow: at most 2^32 bytes in each
    for (int i = 0; i < argc; i++) {
        if (!check_bytevector(vm, i + 1, argv[i]))
            return VALUE_FAILURE;
        length += bytevector_length(argv[i]);
    }
    Value v = rt_bytevector_new(vm, length);
    if (v == VALUE_FAILURE)
        return v;
    uint8_t *byte = value_bytevector(v)->byte;
    for (int i = 0; i < argc; i++) {
        memcpy(byte, value_bytevector(argv[i])->byte, bytevector_length(argv[i]));
        byte += bytevector_length(argv[i]);
    }
    return v;
}

Value rt_prim_utf8_to_string(VM *vm, int argc, const Value *argv) {
    size_t start, end;
    if (!check_range(vm, argc, argv, &start, &end))
        return VALUE_FAILURE;
    const char *bytes = (const char *)value_bytevector(argv[0])->byte;
    return rt_string_from_utf8_checked(vm, bytes + start, end - start);
}

Value rt_prim_string_to_utf8(VM *vm, int argc, const Value *argv) {
    size_t start, end;
    if (!value_is_string(argv[0]))
        return rt_fail_type(vm, 1, "string", argv[0]);
    if (!rt_range(vm, argc, argv, 1, string_length(argv[0]), &start, &end))
        return VALUE_FAILURE;
    Value v = rt_bytevector_new(vm, rt_string_utf8_size(argv[0], start, end));
    if (v != VALUE_FAILURE)
        rt_string_encode(argv[0], start, end, (char *)value_bytevector(v)->byte);
    return v;
}

// ---- R6RS (kiln bytevector)

Value rt_prim_bytevector_equal(VM *vm, Value a, Value b) {
    if (!check_bytevector(vm, 1, a) || !check_bytevector(vm, 2, b))
        return VALUE_FAILURE;
    size_t length = bytevector_length(a);
    return value_from_bool(length == bytevector_length(b) &&
                           memcmp(value_bytevector(a)->byte, value_bytevector(b)->byte, length) ==
                               0);
}

Value rt_prim_bytevector_to_list(VM *vm, int argc, const Value *argv) {
    size_t start, end;
    if (!check_range(vm, argc, argv, &start, &end))
        return VALUE_FAILURE;
    if (!rt_heap_reserve(vm, end - start, sizeof(Pair)))
        return VALUE_FAILURE;
    Value list = VALUE_NULL;
    while (end > start)
        list = rt_cons(vm, value_from_fixnum(value_bytevector(argv[0])->byte[--end]), list);
    return list;
}

Value rt_prim_list_to_bytevector(VM *vm, Value list) {
    ptrdiff_t length = rt_list_length(list);
    if (length < 0)
        return rt_fail_type(vm, 1, "list", list);
    for (Value l = list; value_is_pair(l); l = value_cdr(l))
        if (!value_is_index_below(value_car(l), 256))
            return rt_fail_type(vm, 1, "list of bytes", list);
    Value v = rt_bytevector_new(vm, (size_t)length);
    if (v == VALUE_FAILURE)
        return v;
    for (uint8_t *byte = value_bytevector(v)->byte; value_is_pair(list); list = value_cdr(list))
        *byte++ = (uint8_t)value_fixnum(value_car(list));
    return v;
}

static bool machine_is_little(void) { return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__; }

Value rt_prim_native_endianness(VM *vm) {
    return rt_intern(vm, machine_is_little() ? "little" : "big");
}

// Order of bytes given as a symbol.
static bool check_endianness(VM *vm, int argument, Value v, bool *little) {
    bool is_little = value_is_symbol(v) && rt_string_is(value_symbol(v)->name, "little");
    bool is_big = value_is_symbol(v) && rt_string_is(value_symbol(v)->name, "big");
    *little = is_little;
    if (!is_little && !is_big)
        rt_fail_type(vm, argument, "endianness: little or big", v);
    return is_little || is_big;
}

// The place of `size` bytes at k.
static bool check_place(VM *vm, Value v, Value k, size_t size, size_t *at) {
    if (!check_bytevector(vm, 1, v))
        return false;
    if (bytevector_length(v) >= size)
        return rt_index(vm, 2, k, bytevector_length(v) - size + 1, at);
    rt_fail(vm, CONDITION_RANGE, VALUE_NULL,
            "argument 1: expected bytevector of at least %zu bytes, got one of %zu", size,
            bytevector_length(v));
    return false;
}

// The same for the native procedures, which R6RS wants aligned.
static bool check_aligned_place(VM *vm, Value v, Value k, size_t size, size_t *at) {
    if (!check_place(vm, v, k, size, at))
        return false;
    if (*at % size == 0)
        return true;
    rt_fail(vm, CONDITION_RANGE, VALUE_NULL,
            "argument 2: expected index that is a multiple of %zu, got %zu", size, *at);
    return false;
}

static bool check_signed(VM *vm, int argument, Value v, int bits, int64_t *out) {
    int64_t most = INT64_MAX >> (64 - bits);
    if (rt_int_value(v, out) && *out >= -most - 1 && *out <= most)
        return true;
    if (!value_is_exact_integer(v)) {
        rt_fail_type(vm, argument, "integer", v);
    } else {
        char expected[40];
        snprintf(expected, sizeof expected, "signed integer of %d bits", bits);
        rt_fail_range(vm, argument, expected, v);
    }
    return false;
}

static bool check_unsigned(VM *vm, int argument, Value v, int bits, uint64_t *out) {
    if (rt_uint_value(v, out) && *out <= UINT64_MAX >> (64 - bits))
        return true;
    if (!value_is_exact_integer(v)) {
        rt_fail_type(vm, argument, "integer", v);
    } else {
        char expected[40];
        snprintf(expected, sizeof expected, "unsigned integer of %d bits", bits);
        rt_fail_range(vm, argument, expected, v);
    }
    return false;
}

static uint64_t load(Value v, size_t at, size_t size, bool little) {
    const uint8_t *byte = value_bytevector(v)->byte + at;
    uint64_t n = 0;
    for (size_t i = 0; i < size; i++)
        n = n << 8 | byte[little ? size - 1 - i : i];
    return n;
}

static void store(Value v, size_t at, size_t size, bool little, uint64_t n) {
    uint8_t *byte = value_bytevector(v)->byte + at;
    for (size_t i = 0; i < size; i++) {
        byte[little ? i : size - 1 - i] = (uint8_t)n;
        n >>= 8;
    }
}

// A bit pattern as a number and back. kind: u, s or f.
static Value to_number(VM *vm, char kind, int bits, uint64_t n) {
    if (kind == 'u')
        return rt_uint(vm, n);
    if (kind == 's')
        return rt_int(vm, (int64_t)(n << (64 - bits)) >> (64 - bits));
    if (bits == 32) {
        uint32_t half = (uint32_t)n;
        float f;
        memcpy(&f, &half, sizeof f);
        return value_from_foreign_double((double)f);
    }
    double d;
    memcpy(&d, &n, sizeof d);
    return value_from_foreign_double(d);
}

static bool from_number(VM *vm, Value v, char kind, int bits, uint64_t *n) {
    if (kind == 'u')
        return check_unsigned(vm, 3, v, bits, n);
    if (kind == 's') {
        int64_t s;
        if (!check_signed(vm, 3, v, bits, &s))
            return false;
        *n = (uint64_t)s;
        return true;
    }
    if (!value_is_real(v)) {
        rt_fail_type(vm, 3, "real", v);
        return false;
    }
    double d = rt_num_to_double(v);
    if (bits == 32) {
        float f = (float)d;
        uint32_t half;
        memcpy(&half, &f, sizeof half);
        *n = half;
    } else {
        memcpy(n, &d, sizeof d);
    }
    return true;
}

static Value get_number(VM *vm, Value v, Value k, Value endianness, char kind, int bits) {
    size_t at, size = (size_t)bits / 8;
    bool little;
    if (!check_place(vm, v, k, size, &at) || !check_endianness(vm, 3, endianness, &little))
        return VALUE_FAILURE;
    return to_number(vm, kind, bits, load(v, at, size, little));
}

static Value set_number(VM *vm, Value v, Value k, Value item, Value endianness, char kind,
                        int bits) {
    size_t at, size = (size_t)bits / 8;
    bool little;
    uint64_t n;
    if (!check_place(vm, v, k, size, &at) || !from_number(vm, item, kind, bits, &n) ||
        !check_endianness(vm, 4, endianness, &little))
        return VALUE_FAILURE;
    store(v, at, size, little, n);
    return VALUE_UNSPECIFIED;
}

static Value get_native(VM *vm, Value v, Value k, char kind, int bits) {
    size_t at, size = (size_t)bits / 8;
    if (!check_aligned_place(vm, v, k, size, &at))
        return VALUE_FAILURE;
    return to_number(vm, kind, bits, load(v, at, size, machine_is_little()));
}

static Value set_native(VM *vm, Value v, Value k, Value item, char kind, int bits) {
    size_t at, size = (size_t)bits / 8;
    uint64_t n;
    if (!check_aligned_place(vm, v, k, size, &at) || !from_number(vm, item, kind, bits, &n))
        return VALUE_FAILURE;
    store(v, at, size, machine_is_little(), n);
    return VALUE_UNSPECIFIED;
}

Value rt_prim_bytevector_s8_ref(VM *vm, Value v, Value k) { return get_native(vm, v, k, 's', 8); }
Value rt_prim_bytevector_s8_set(VM *vm, Value v, Value k, Value item) {
    return set_native(vm, v, k, item, 's', 8);
}

// Infix of the names, kind, bits.
#define BYTEVECTOR_NUMBERS(X)                                                                      \
    X(u16, 'u', 16)                                                                                \
    X(s16, 's', 16)                                                                                \
    X(u32, 'u', 32)                                                                                \
    X(s32, 's', 32)                                                                                \
    X(u64, 'u', 64)                                                                                \
    X(s64, 's', 64)                                                                                \
    X(ieee_single, 'f', 32)                                                                        \
    X(ieee_double, 'f', 64)
#define X(name, kind, bits)                                                                        \
    Value rt_prim_bytevector_##name##_ref(VM *vm, Value v, Value k, Value endianness) {            \
        return get_number(vm, v, k, endianness, kind, bits);                                       \
    }                                                                                              \
    Value rt_prim_bytevector_##name##_set(VM *vm, Value v, Value k, Value item,                    \
                                          Value endianness) {                                      \
        return set_number(vm, v, k, item, endianness, kind, bits);                                 \
    }                                                                                              \
    Value rt_prim_bytevector_##name##_native_ref(VM *vm, Value v, Value k) {                       \
        return get_native(vm, v, k, kind, bits);                                                   \
    }                                                                                              \
    Value rt_prim_bytevector_##name##_native_set(VM *vm, Value v, Value k, Value item) {           \
        return set_native(vm, v, k, item, kind, bits);                                             \
    }
BYTEVECTOR_NUMBERS(X)
#undef X
