// runtime/value.h: the encoding of values, at every boundary.
#include "unit.h"

#include <float.h>
#include <math.h>

static uint64_t bits_of(double d) {
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    return bits;
}

static void test_fixnum_boundaries(void **state) {
    (void)state;
    assert_true(FIXNUM_MAX == (INT64_C(1) << 49) - 1);
    assert_true(FIXNUM_MIN == -(INT64_C(1) << 49));
    static const int64_t samples[] = {
        0, 1, -1, 12345, -12345, (INT64_C(1) << 49) - 1, -(INT64_C(1) << 49)};
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        Value v = value_from_fixnum(samples[i]);
        assert_true(fixnum_fits(samples[i]));
        assert_true(value_is_fixnum(v));
        assert_true(value_fixnum(v) == samples[i]);
        assert_false(value_is_flonum(v) || value_is_char(v) || value_is_pair(v) ||
                     value_is_object(v) || value_is_special(v));
    }
    assert_false(fixnum_fits(INT64_C(1) << 49));
    assert_false(fixnum_fits(-(INT64_C(1) << 49) - 1));
    // The whole range lies in the top four tags and orders as the numbers do.
    assert_true(value_from_fixnum(FIXNUM_MIN) == FIXNUM_FIRST);
    assert_true(value_from_fixnum(FIXNUM_MAX) == UINT64_MAX);
    assert_true(value_from_fixnum(-1) < value_from_fixnum(0));
}

static void test_fixnum_overflow_is_the_type_check(void **state) {
    (void)state;
    Value max = value_from_fixnum(FIXNUM_MAX), min = value_from_fixnum(FIXNUM_MIN);
    Value one = value_from_fixnum(1), minus_one = value_from_fixnum(-1);
    assert_false(value_is_fixnum(fixnum_add_raw(max, one)));
    assert_false(value_is_fixnum(fixnum_add_raw(max, max)));
    assert_false(value_is_fixnum(fixnum_add_raw(min, minus_one)));
    assert_false(value_is_fixnum(fixnum_add_raw(min, min)));
    assert_false(value_is_fixnum(fixnum_sub_raw(min, one)));
    assert_false(value_is_fixnum(fixnum_sub_raw(min, max)));
    assert_false(value_is_fixnum(fixnum_sub_raw(max, minus_one)));
    assert_false(value_is_fixnum(fixnum_sub_raw(max, min)));
    assert_true(fixnum_add_raw(max, min) == minus_one);
    assert_true(fixnum_sub_raw(min, minus_one) == value_from_fixnum(FIXNUM_MIN + 1));
    assert_true(value_both_fixnum(max, min));
    assert_false(value_both_fixnum(max, value_from_double(1.0)));
    assert_false(value_both_fixnum(value_from_char('a'), max));
    assert_false(value_both_fixnum(VALUE_NULL, max));
}

static void test_index(void **state) {
    (void)state;
    assert_true(value_is_index_below(value_from_fixnum(0), 1));
    assert_true(value_is_index_below(value_from_fixnum(9), 10));
    assert_false(value_is_index_below(value_from_fixnum(10), 10));
    assert_false(value_is_index_below(value_from_fixnum(-1), (size_t)1 << 48));
    assert_false(value_is_index_below(value_from_fixnum(0), 0));
    assert_false(value_is_index_below(value_from_double(0.0), 10));
    assert_false(value_is_index_below(VALUE_NULL, (size_t)1 << 48));
    assert_false(value_is_index_below(value_from_char(1), (size_t)1 << 48));
}

static void test_flonum_boundaries(void **state) {
    (void)state;
    const double samples[] = {0.0,           -0.0,
                              1.0,           -1.0,
                              DBL_MAX,       -DBL_MAX,
                              DBL_MIN,       DBL_TRUE_MIN,
                              -DBL_TRUE_MIN, INFINITY,
                              -INFINITY,     0.1,
                              5e-324,        1.7976931348623157e308};
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        Value v = value_from_double(samples[i]);
        assert_true(value_is_flonum(v));
        assert_false(value_is_fixnum(v) || value_is_char(v) || value_is_pair(v) ||
                     value_is_object(v) || value_is_special(v) || value_is_pointer(v));
        assert_true(bits_of(value_double(v)) == bits_of(samples[i])); // so -0.0 stays -0.0
    }
    // The encoding fills 0x0001… to 0xFFF9… and nothing beyond.
    assert_true(value_from_double(0.0) == FLONUM_OFFSET);
    assert_true(value_from_double(-INFINITY) >> 48 == 0xFFF1);
}

static void test_nan_payloads(void **state) {
    (void)state;
    static const uint64_t patterns[] = {
        UINT64_C(0x7FF8000000000000), UINT64_C(0xFFF8000000000000), UINT64_C(0x7FF0000000000001),
        UINT64_C(0x7FFFFFFFFFFFFFFF), UINT64_C(0xFFFFFFFFFFFFFFFF), UINT64_C(0xFFFC000000000123),
    };
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        double d;
        memcpy(&d, &patterns[i], sizeof d);
        Value v = value_from_foreign_double(d);
        assert_true(value_is_flonum(v));
        assert_true(isnan(value_double(v)));
    }
    // What arithmetic makes is canonical already, of either sign.
    volatile double infinity = INFINITY;
    double quiet = infinity - infinity;
    assert_true(value_is_flonum(value_from_double(quiet)));
    assert_true(value_is_flonum(value_from_double(-quiet)));
}

static void test_characters(void **state) {
    (void)state;
    static const uint32_t samples[] = {0,      'a',    0xFF,    0x100,   0xD7FF,
                                       0xE000, 0xFFFF, 0x10000, 0x10FFFF};
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        Value v = value_from_char(samples[i]);
        assert_true(value_is_char(v) && value_char(v) == samples[i] && char_code_valid(samples[i]));
        assert_false(value_is_fixnum(v) || value_is_flonum(v) || value_is_pointer(v));
    }
    assert_false(char_code_valid(-1) || char_code_valid(0xD800) || char_code_valid(0xDFFF) ||
                 char_code_valid(0x110000));
}

static void test_truth(void **state) {
    (void)state;
    assert_true(value_is_falsy(VALUE_FALSE) && value_is_falsy(VALUE_NIL));
    const Value truths[] = {VALUE_NULL,         VALUE_TRUE,           VALUE_UNSPECIFIED,
                            VALUE_EOF,          value_from_fixnum(0), value_from_double(0.0),
                            value_from_char(0), VALUE_DEFAULT};
    for (size_t i = 0; i < sizeof truths / sizeof *truths; i++)
        assert_true(value_is_truthy(truths[i]));
}

static void test_constants_are_distinct(void **state) {
    (void)state;
    const Value all[] = {VALUE_FALSE,       VALUE_NIL,   VALUE_NULL,    VALUE_TRUE,
                         VALUE_UNSPECIFIED, VALUE_EOF,   VALUE_DEFAULT, VALUE_UNBOUND,
                         VALUE_FAILURE,     VALUE_UNWIND};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        assert_true(value_is_special(all[i]));
        assert_false(value_is_pair(all[i]) || value_is_object(all[i]) || value_is_pointer(all[i]));
        for (size_t j = 0; j < i; j++)
            assert_true(all[i] != all[j]);
    }
}

static void test_pointers(void **state) {
    (void)state;
    Value pair = rt_cons(vm, value_from_fixnum(1), VALUE_NULL);
    assert_true(value_is_pair(pair) && value_is_pointer(pair) && !value_is_object(pair));
    assert_true((pair & 15) == 0);
    Box *box = rt_object_new(vm, TYPE_BOX, 0, 0, sizeof *box);
    Value v = value_from_pointer(box);
    assert_true(value_is_object(v) && value_is_pointer(v) && !value_is_pair(v) && (v & 15) == 8);
    assert_true(value_is_box(v) && !value_is_vector(v));
}

static void test_headers(void **state) {
    (void)state;
    Vector *p = rt_object_new(vm, TYPE_VECTOR, 3, 0xFFFFFFFF, 0);
    assert_int_equal(object_type(p), TYPE_VECTOR);
    assert_int_equal(object_flags(p), 3);
    assert_int_equal(object_aux(p), 0xFFFFFFFF);
    object_set_flags(p, 0xFF);
    object_set_aux(p, 7);
    assert_int_equal(object_type(p), TYPE_VECTOR);
    assert_int_equal(object_flags(p), 0xFF);
    assert_int_equal(object_aux(p), 7);
    // A header is never taken for a value.
    Value h = *object_header(p);
    assert_false(value_is_fixnum(h) || value_is_flonum(h) || value_is_char(h) ||
                 value_is_pointer(h));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_fixnum_boundaries),
        UNIT_TEST(test_fixnum_overflow_is_the_type_check),
        UNIT_TEST(test_index),
        UNIT_TEST(test_flonum_boundaries),
        UNIT_TEST(test_nan_payloads),
        UNIT_TEST(test_characters),
        UNIT_TEST(test_truth),
        UNIT_TEST(test_constants_are_distinct),
        UNIT_TEST(test_pointers),
        UNIT_TEST(test_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
