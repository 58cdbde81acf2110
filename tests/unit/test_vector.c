// runtime/vector.c, bytevector.c, range.c: vectors and bytevectors.
#include "calls.h"

static void test_vectors(void **state) {
    (void)state;
    CHECK("(vector 1 2 3)", "#(1 2 3)");
    CHECK("(make-vector 2 'x)", "#(x x)");
    CHECK("(make-vector 0)", "#()");
    CHECK("(make-vector -1)", "make-vector: argument 1: expected index, got -1");
    CHECK("(make-vector 'a)", "make-vector: argument 1: expected index, got a");
    CHECK("(vector-length (vector 1 2))", "2");
    CHECK("(vector-length '(1))", "vector-length: argument 1: expected vector, got (1)");
    CHECK("(vector-ref (vector 1 2) 1)", "2");
    CHECK("(vector-ref (vector 1 2) 2)", "vector-ref: argument 2: index 2 is out of range 0 to 1");
    CHECK("(vector-ref (vector) 0)",
          "vector-ref: argument 2: index 0 is out of range: it is empty");
    CHECK("(vector-ref (vector 1 2) -1)",
          "vector-ref: argument 2: index -1 is out of range 0 to 1");
    CHECK("(vector-ref (vector 1 2) 1.0)", "vector-ref: argument 2: expected index, got 1.0");
    CHECK("(vector-ref (vector 1 2) 100000000000000000000)",
          "vector-ref: argument 2: index 100000000000000000000 is out of range 0 to 1");
    CHECK("(define v (vector 1 2)) (vector-set! v 0 'a) v", "#(a 2)");
    CHECK("(vector-set! (vector 1 2) 2 'a)",
          "vector-set!: argument 2: index 2 is out of range 0 to 1");
    Value v = calls_value("(make-vector 281474976710655)");
    assert_true(v == VALUE_FAILURE && rt_is_condition(vm, vm->condition, CONDITION_MEMORY));
}

static void test_literals(void **state) {
    (void)state;
    Value v = rt_vector_new(vm, 2, VALUE_NULL);
    object_set_flags(value_object(v), VECTOR_LITERAL);
    Value argv[] = {v, value_from_fixnum(0), VALUE_TRUE};
    assert_true(rt_primitive_call(vm, rt_primitive_find("vector-set!"), 3, argv) == VALUE_FAILURE);
    assert_string_equal(failure_text(),
                        "vector-set!: argument 1: expected mutable vector, got #(() ())");
    assert_true(rt_primitive_call(vm, rt_primitive_find("vector-fill!"), 2, argv) == VALUE_FAILURE);
    Value copy = rt_primitive_call(vm, rt_primitive_find("vector-copy"), 1, argv);
    argv[0] = copy;
    assert_true(rt_primitive_call(vm, rt_primitive_find("vector-set!"), 3, argv) != VALUE_FAILURE);
}

static void test_vector_ranges(void **state) {
    (void)state;
    CHECK("(vector->list (vector 1 2 3))", "(1 2 3)");
    CHECK("(vector->list (vector 1 2 3) 1)", "(2 3)");
    CHECK("(vector->list (vector 1 2 3) 1 2)", "(2)");
    CHECK("(vector->list (vector 1 2 3) 3)", "()");
    CHECK("(vector->list (vector 1 2 3) 4)",
          "vector->list: argument 2: index 4 is out of range 0 to 3");
    CHECK("(vector->list (vector 1 2 3) 2 1)",
          "vector->list: argument 2: index 2 is out of range 0 to 1");
    CHECK("(vector->list (vector 1 2 3) 1 4)",
          "vector->list: argument 3: index 4 is out of range 0 to 3");
    CHECK("(vector->list (vector 1 2 3) 'a)", "vector->list: argument 2: expected index, got a");
    CHECK("(list->vector '(1 2))", "#(1 2)");
    CHECK("(list->vector '(1 . 2))", "list->vector: argument 1: expected list, got (1 . 2)");
    CHECK("(define v (vector 1 2 3 4)) (vector-fill! v 'x 1 3) v", "#(1 x x 4)");
    CHECK("(vector-copy (vector 1 2 3) 1)", "#(2 3)");
    CHECK("(vector-append (vector 1) (vector) (vector 2 3))", "#(1 2 3)");
    CHECK("(vector-append)", "#()");
    CHECK("(vector-append (vector 1) '(2))", "vector-append: argument 2: expected vector, got (2)");
    CHECK("(subvector (vector 1 2 3) 0 2)", "#(1 2)");
}

static void test_overlap(void **state) {
    (void)state;
    CHECK("(define v (vector 1 2 3 4 5)) (vector-copy! v 1 v 0 4) v", "#(1 1 2 3 4)");
    CHECK("(define v (vector 1 2 3 4 5)) (vector-copy! v 0 v 1) v", "#(2 3 4 5 5)");
    CHECK("(define v (vector 1 2 3)) (vector-copy! v 3 (vector)) v", "#(1 2 3)");
    CHECK("(vector-copy! (vector 1 2 3) 1 (vector 1 2 3))",
          "vector-copy!: argument 2: 3 elements do not fit at index 1 of length 3");
    CHECK("(vector-copy! (vector 1 2 3) 4 (vector))",
          "vector-copy!: argument 2: index 4 is out of range 0 to 3");
    CHECK("(vector-copy! (vector 1 2 3) 0 (vector 1) 0 2)",
          "vector-copy!: argument 5: index 2 is out of range 0 to 1");
    CHECK("(define v (vector 1 2 3 4)) (vector-reverse-copy! v 1 v 0 3) v", "#(1 3 2 1)");
}

static void test_srfi_133(void **state) {
    (void)state;
    CHECK("(define v (vector 1 2 3)) (vector-swap! v 0 2) v", "#(3 2 1)");
    CHECK("(vector-swap! (vector 1) 0 1)",
          "vector-swap!: argument 3: index 1 is out of range 0 to 0");
    CHECK("(define v (vector 1 2 3 4)) (vector-reverse! v 1) v", "#(1 4 3 2)");
    CHECK("(define v (vector)) (vector-reverse! v) v", "#()");
    CHECK("(vector-reverse-copy (vector 1 2 3) 1)", "#(3 2)");
    CHECK("(reverse-vector->list (vector 1 2 3))", "(3 2 1)");
    CHECK("(reverse-list->vector '(1 2 3))", "#(3 2 1)");
    CHECK("(vector-concatenate '(#(1) #(2 3)))", "#(1 2 3)");
    CHECK("(vector-concatenate '(#(1) 2))",
          "vector-concatenate: argument 1: expected list of vectors, got (#(1) 2)");
    CHECK("(list (vector-empty? (vector)) (vector-empty? (vector 1)))", "(#t #f)");
}

static void test_bytevectors(void **state) {
    (void)state;
    CHECK("(bytevector 1 2 255)", "#u8(1 2 255)");
    CHECK("(bytevector 1 256)", "bytevector: argument 2: expected byte, got 256");
    CHECK("(bytevector -1)", "bytevector: argument 1: expected byte, got -1");
    CHECK("(make-bytevector 2 7)", "#u8(7 7)");
    CHECK("(make-bytevector 2)", "#u8(0 0)");
    CHECK("(make-bytevector 2 1.0)", "make-bytevector: argument 2: expected byte, got 1.0");
    CHECK("(bytevector-u8-ref (bytevector 1 2) 1)", "2");
    CHECK("(bytevector-u8-ref (bytevector 1 2) 2)",
          "bytevector-u8-ref: argument 2: index 2 is out of range 0 to 1");
    CHECK("(define b (bytevector 1 2)) (bytevector-u8-set! b 0 9) b", "#u8(9 2)");
    CHECK("(bytevector-u8-set! (bytevector 1) 0 256)",
          "bytevector-u8-set!: argument 3: expected byte, got 256");
    CHECK("(bytevector-copy (bytevector 1 2 3) 1 2)", "#u8(2)");
    CHECK("(define b (bytevector 1 2 3 4 5)) (bytevector-copy! b 1 b 0 4) b", "#u8(1 1 2 3 4)");
    CHECK("(define b (bytevector 1 2 3)) (bytevector-fill! b 8 1) b", "#u8(1 8 8)");
    CHECK("(bytevector-append (bytevector 1) (bytevector) (bytevector 2))", "#u8(1 2)");
    CHECK("(bytevector-length 5)", "bytevector-length: argument 1: expected bytevector, got 5");
    CHECK("(bytevector->u8-list (bytevector 1 2 3) 1)", "(2 3)");
    CHECK("(u8-list->bytevector '(1 2))", "#u8(1 2)");
    CHECK("(u8-list->bytevector '(1 300))",
          "u8-list->bytevector: argument 1: expected list of bytes, got (1 300)");
    CHECK("(list (bytevector=? (bytevector 1) (bytevector 1)) (bytevector=? (bytevector 1) "
          "(bytevector 2)))",
          "(#t #f)");
}

static void test_numbers_in_bytes(void **state) {
    (void)state;
    CHECK("(bytevector-u16-ref (bytevector 1 2) 0 'little)", "513");
    CHECK("(bytevector-u16-ref (bytevector 1 2) 0 'big)", "258");
    CHECK("(bytevector-s16-ref (bytevector 255 254) 0 'big)", "-2");
    CHECK("(bytevector-u32-ref (bytevector 255 255 255 255) 0 'big)", "4294967295");
    CHECK("(bytevector-s32-ref (bytevector 255 255 255 255) 0 'big)", "-1");
    CHECK("(bytevector-u64-ref (make-bytevector 8 255) 0 'little)", "18446744073709551615");
    CHECK("(bytevector-s64-ref (make-bytevector 8 255) 0 'little)", "-1");
    CHECK("(bytevector-s8-ref (bytevector 200) 0)", "-56");
    CHECK("(define b (make-bytevector 3 0)) (bytevector-u16-set! b 1 258 'little) b", "#u8(0 2 1)");
    CHECK("(define b (make-bytevector 8 0)) (bytevector-s64-set! b 0 -2 'big) b",
          "#u8(255 255 255 255 255 255 255 254)");
    CHECK("(define b (make-bytevector 8 0)) (bytevector-u64-set! b 0 18446744073709551615 'big) "
          "(bytevector-u64-native-ref b 0)",
          "18446744073709551615");
    CHECK("(bytevector-u64-set! (make-bytevector 8) 0 18446744073709551616 'big)",
          "bytevector-u64-set!: argument 3: expected unsigned integer of 64 bits, got "
          "18446744073709551616");
    CHECK("(bytevector-u64-set! (make-bytevector 8) 0 -1 'big)",
          "bytevector-u64-set!: argument 3: expected unsigned integer of 64 bits, got -1");
    CHECK("(bytevector-s16-set! (make-bytevector 8) 0 32768 'big)",
          "bytevector-s16-set!: argument 3: expected signed integer of 16 bits, got 32768");
    CHECK("(bytevector-s16-set! (make-bytevector 8) 0 1.5 'big)",
          "bytevector-s16-set!: argument 3: expected integer, got 1.5");
    CHECK("(define b (make-bytevector 8)) (bytevector-ieee-double-set! b 0 1/4 'big) b",
          "#u8(63 208 0 0 0 0 0 0)");
    CHECK("(define b (make-bytevector 8)) (bytevector-ieee-single-set! b 1 1.5 'little) "
          "(bytevector-ieee-single-ref b 1 'little)",
          "1.5");
    CHECK("(bytevector-ieee-double-ref (make-bytevector 8 255) 0 'big)", "+nan.0");
    CHECK("(bytevector-u16-ref (bytevector 1 2 3) 2 'little)",
          "bytevector-u16-ref: argument 2: index 2 is out of range 0 to 1");
    CHECK("(bytevector-u32-ref (bytevector 1) 0 'little)",
          "bytevector-u32-ref: argument 1: expected bytevector of at least 4 bytes, got one of 1");
    CHECK("(bytevector-u16-ref (bytevector 1 2) 0 'middle)",
          "bytevector-u16-ref: argument 3: expected endianness: little or big, got middle");
    CHECK("(bytevector-u16-native-ref (bytevector 1 2 3) 1)",
          "bytevector-u16-native-ref: argument 2: expected index that is a multiple of 2, got 1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_vectors),          UNIT_TEST(test_literals), UNIT_TEST(test_vector_ranges),
        UNIT_TEST(test_overlap),          UNIT_TEST(test_srfi_133), UNIT_TEST(test_bytevectors),
        UNIT_TEST(test_numbers_in_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
