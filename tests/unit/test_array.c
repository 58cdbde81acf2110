// runtime/array.c: typed arrays.
#include "calls.h"
#include <stdio.h>

static void test_making(void **state) {
    (void)state;
    CHECK("(define a (make-array 'f64 '(2 3) 1)) (list (array-rank a) (array-shape a) (array-size "
          "a) (array-type a) (array->list a))",
          "(2 (2 3) 6 f64 ((1.0 1.0 1.0) (1.0 1.0 1.0)))");
    CHECK("(array->list (make-array :u8 3))", "(0 0 0)");
    CHECK("(array->list (make-array 'any '(2)))", "(#f #f)");
    CHECK("(array->list (make-array 'bool '(2) #t))", "(#t #t)");
    CHECK("(array->list (array 'f64 '(2 2) 1 2 3 4))", "((1.0 2.0) (3.0 4.0))");
    CHECK("(array 'f64 '(2 2) 1 2 3)", "array: the shape wants 4 elements, got 3");
    CHECK("(array 'u8 '(2) 1 256)",
          "array: argument 4: expected unsigned integer of 8 bits, got 256");
    CHECK("(make-array 'f16 '(2))", "make-array: argument 1: expected element type (u8 s8 u16 s16 "
                                    "u32 s32 u64 s64 f32 f64 bool any), got f16");
    CHECK("(make-array 'u8 '(1 1 1 1 1 1 1 1 1))",
          "make-array: argument 2: expected list of at most 8 sizes, got (1 1 1 1 1 1 1 1 1)");
    CHECK("(make-array 'u8 '(2 . 3))",
          "make-array: argument 2: expected list of sizes, got (2 . 3)");
    CHECK("(make-array 'u8 '(2 -1))", "make-array: argument 2: expected index, got -1");
    CHECK("(make-array 'u8 '(2) 1.5)", "make-array: argument 3: expected integer, got 1.5");
    CHECK("(list (array? (make-array 'u8 '())) (array? '#(1)))", "(#t #f)");
    // Sizes whose product overflows, and those that only do so without the zero.
    Value v = calls_value("(make-array 'u8 '(281474976710655 281474976710655))");
    assert_true(v == VALUE_FAILURE && rt_is_condition(vm, vm->condition, CONDITION_MEMORY));
    CHECK("(array-size (make-array 'u8 '(281474976710655 281474976710655 0)))", "0");
    v = calls_value("(array->list (make-array 'u8 '(281474976710655 281474976710655 0)))");
    assert_true(v == VALUE_FAILURE && rt_is_condition(vm, vm->condition, CONDITION_MEMORY));
}

static void test_access(void **state) {
    (void)state;
    CHECK("(define a (array 's16 '(2 3) 1 2 3 4 5 6)) (list (array-ref a 0 0) (array-ref a 1 2) "
          "(array-row-major-ref a 4))",
          "(1 6 5)");
    CHECK("(define a (make-array 'f32 '(2 2))) (array-set! a 1 0 1.5) (array->list a)",
          "((0.0 0.0) (1.5 0.0))");
    CHECK("(define a (make-array 'any '())) (array-set! a 'x) (array-ref a)", "x");
    CHECK("(array-ref (make-array 'u8 '(2 3)) 0 3)",
          "array-ref: argument 3: index 3 is out of range 0 to 2 of axis 1");
    CHECK("(array-ref (make-array 'u8 '(2 3)) -1 0)",
          "array-ref: argument 2: index -1 is out of range 0 to 1 of axis 0");
    CHECK("(array-ref (make-array 'u8 '(2 0)) 0 0)",
          "array-ref: argument 3: index 0 is out of range: it is empty");
    CHECK("(array-ref (make-array 'u8 '(2 3)) 0 1.0)",
          "array-ref: argument 3: expected index, got 1.0");
    CHECK("(array-ref (make-array 'u8 '(2 3)) 0)",
          "array-ref: array of rank 2 takes 2 indices, got 1");
    CHECK("(array-ref (make-array 'u8 '(2)) 0 0)",
          "array-ref: array of rank 1 takes 1 index, got 2");
    CHECK("(array-ref '#(1) 0)", "array-ref: argument 1: expected array, got #(1)");
    CHECK("(array-set! (make-array 'u8 '(2)) 2 0)",
          "array-set!: argument 2: index 2 is out of range 0 to 1 of axis 0");
    CHECK("(array-set! (make-array 'bool '(2)) 1 0)",
          "array-set!: argument 3: expected boolean, got 0");
    CHECK("(array-set! (make-array 'f64 '(2)) 1 'a)",
          "array-set!: argument 3: expected real, got a");
    CHECK("(array-ref (make-array 'u8 '(1 1 1 1 1 1 1 2) 3) 0 0 0 0 0 0 0 1)", "3");
}

static void test_element_types(void **state) {
    (void)state;
    static const struct {
        const char *type, *least, *below, *most, *above;
    } ranges[] = {
        {"u8", "0", "-1", "255", "256"},
        {"s8", "-128", "-129", "127", "128"},
        {"u16", "0", "-1", "65535", "65536"},
        {"s16", "-32768", "-32769", "32767", "32768"},
        {"u32", "0", "-1", "4294967295", "4294967296"},
        {"s32", "-2147483648", "-2147483649", "2147483647", "2147483648"},
        {"u64", "0", "-1", "18446744073709551615", "18446744073709551616"},
        {"s64", "-9223372036854775808", "-9223372036854775809", "9223372036854775807",
         "9223372036854775808"},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        char text[200], expected[200];
        snprintf(text, sizeof text, "(array->list (array '%s '(2) %s %s))", ranges[i].type,
                 ranges[i].least, ranges[i].most);
        snprintf(expected, sizeof expected, "(%s %s)", ranges[i].least, ranges[i].most);
        CHECK(text, expected);
        for (int high = 0; high < 2; high++) {
            const char *wrong = high ? ranges[i].above : ranges[i].below;
            snprintf(text, sizeof text, "(array-fill! (make-array '%s '(1)) %s)", ranges[i].type,
                     wrong);
            snprintf(expected, sizeof expected,
                     "array-fill!: argument 2: expected %s integer of %s bits, got %s",
                     ranges[i].type[0] == 'u' ? "unsigned" : "signed", ranges[i].type + 1, wrong);
            CHECK(text, expected);
        }
    }
    CHECK("(array->list (array 'f64 '(4) 1/4 -0.0 +nan.0 1e400))", "(0.25 -0.0 +nan.0 +inf.0)");
    CHECK("(array->list (array 'f32 '(2) 0.1 1e300))", "(0.10000000149011612 +inf.0)");
    CHECK("(array-fill! (make-array 'f64 '(1)) 1+2i)",
          "array-fill!: argument 2: expected real, got 1+2i");
}

static void test_sharing(void **state) {
    (void)state;
    CHECK("(define a (array 'u8 '(2 3) 1 2 3 4 5 6)) (define b (array-reshape a '(3 2))) "
          "(array-set! b 2 1 9)"
          "(list (array->list a) (array->list b))",
          "(((1 2 3) (4 5 9)) ((1 2) (3 4) (5 9)))");
    CHECK("(array-reshape (make-array 'u8 '(2 3)) '(4))",
          "array-reshape: argument 2: the array has 6 elements, the shape another number");
    CHECK("(array-rank (array-reshape (make-array 'u8 '(1)) '()))", "0");
    CHECK("(define a (array 'u8 '(2) 1 2)) (define b (array-copy a)) (array-set! b 0 9) (list "
          "(array->list a) (array->list b))",
          "((1 2) (9 2))");
    CHECK("(define a (make-array 'any '(2 2))) (array-fill! a 'x) (array->list a)",
          "((x x) (x x))");
}

static void test_lists(void **state) {
    (void)state;
    CHECK("(array-shape (list->array 'f64 '((1 2 3) (4 5 6))))", "(2 3)");
    CHECK("(array-shape (list->array 'u8 '()))", "(0)");
    CHECK("(array-shape (list->array 'u8 '(() ())))", "(2 0)");
    CHECK("(array->list (list->array 'any '((1 2) (3))))", "((1 2) (3))");
    CHECK("(array-shape (list->array 'any '((1 2) (3 4)) 2))", "(2 2)");
    CHECK("(array-shape (list->array 'u8 '() 3))", "(0 0 0)");
    CHECK("(array->list (list->array 'u8 7 0))", "7");
    CHECK("(list->array 'u8 '((1 2) (3)))",
          "list->array: argument 2: expected nested lists of equal lengths, got ((1 2) (3))");
    CHECK("(list->array 'u8 '((1 2) 3))",
          "list->array: argument 2: expected nested lists of equal lengths, got ((1 2) 3)");
    CHECK("(list->array 'u8 '(1 2) 2)",
          "list->array: argument 2: expected nested list of that rank, got (1 2)");
    CHECK("(list->array 'u8 5)",
          "list->array: argument 2: expected nested list of that rank, got 5");
    CHECK("(list->array 'u8 '(1 -2))",
          "list->array: argument 2: expected unsigned integer of 8 bits, got -2");
    CHECK("(array->list (make-array 'u8 '(2 0)))", "(() ())");
}

static void test_collection(void **state) {
    (void)state;
    // Elements "any" keep their objects alive; numbers that look like pointers keep nothing.
    size_t dim = 1000;
    Value a = rt_array_new(vm, ELEMENT_ANY, 1, &dim);
    for (size_t i = 0; i < dim; i++)
        assert_true(rt_array_put(vm, a, i, rt_list(vm, 1, value_from_fixnum((int64_t)i)), 1));
    Value shared = rt_primitive_call(
        vm, rt_primitive_find("array-reshape"), 2,
        (Value[]){a, rt_list(vm, 2, value_from_fixnum(10), value_from_fixnum(100))});
    a = VALUE_FALSE;
    rt_heap_collect();
    for (int i = 0; i < 100000; i++)
        (void)rt_cons(vm, VALUE_NULL, VALUE_NULL);
    for (size_t i = 0; i < dim; i++)
        assert_int_equal(value_fixnum(value_car(rt_array_get(vm, shared, i))), (int64_t)i);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_making),  UNIT_TEST(test_access), UNIT_TEST(test_element_types),
        UNIT_TEST(test_sharing), UNIT_TEST(test_lists),  UNIT_TEST(test_collection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
