// runtime/equal.c: eq?, eqv?, equal? and the hashes that go with them.
#include "calls.h"

static bool equal(Value a, Value b) {
    bool result;
    assert_true(rt_equal(vm, a, b, &result));
    if (result)
        assert_true(rt_equal_hash(a) == rt_equal_hash(b));
    return result;
}

static void test_eqv(void **state) {
    (void)state;
    CHECK("(list (eqv? 'a 'a) (eqv? 1 1) (eqv? 1 1.0) (eqv? 0.0 -0.0) (eqv? +nan.0 +nan.0) (eqv? "
          "'() '()))",
          "(#t #t #f #f #t #t)");
    CHECK("(list (eqv? 100000000000000000000 100000000000000000000) (eqv? 1/2 1/2) (eqv? 1+2i "
          "1+2i) (eqv? 1/2 0.5))",
          "(#t #t #t #f)");
    CHECK("(list (eqv? \"a\" \"a\") (eqv? (list 1) (list 1)) (eq? (list) (list)) (eq? 'a :a))",
          "(#f #f #t #f)");
}

static void test_equal(void **state) {
    (void)state;
    CHECK("(list (equal? '(1 (2 #(3 \"x\"))) '(1 (2 #(3 \"x\")))) (equal? '(1 2) '(1 3)) (equal? "
          "'(1 2) '(1 2 3)))",
          "(#t #f #f)");
    CHECK("(list (equal? #u8(1 2) #u8(1 2)) (equal? #u8(1 2) #u8(1 3)) (equal? \"a\\x3bb;\" "
          "\"a\\x3bb;\"))",
          "(#t #f #t)");
    CHECK("(list (equal? 2 2.0) (equal? 1/3 1/3) (equal? #(1 2) '(1 2)) (equal? #() #()))",
          "(#f #t #f #t)");
    CHECK("(list (equal? {:a 1 \"b\" (2)} {\"b\" (2) :a 1}) (equal? {:a 1} {:a 2}) (equal? {:a 1} "
          "{:b 1}) (equal? {} {}))",
          "(#t #f #f #t)");
    CHECK("(equal? (vector 1 2 '(3)) (vector 1 2 '(4)))", "#f");
    CHECK("(list (equal? (box 1) (box 1)) (equal? (%make-table 'eq #f) (%make-table 'eq #f)))",
          "(#f #f)");
    CHECK("(list (equal? (array 'f64 '(2) 0.0 1) (array 'f64 '(2) 0.0 1)) (equal? (array 'f64 '(2) "
          "0.0 1) (array 'f64 '(2) -0.0 1))"
          " (equal? (array 'f64 '(2) 1 1) (array 'f32 '(2) 1 1)) (equal? (array 'u8 '(1 2) 1 2) "
          "(array 'u8 '(2 1) 1 2))"
          " (equal? (array 'any '(2) '(1) 2) (array 'any '(2) '(1) 2)))",
          "(#t #f #f #f #t)");
}

static void test_circular(void **state) {
    (void)state;
    CHECK("(equal? '#0=(1 2 . #0#) '#1=(1 2 . #1#))", "#t");
    CHECK("(equal? '#0=(1 2 . #0#) '#1=(1 2 1 2 . #1#))", "#t");
    CHECK("(equal? '#0=(1 2 . #0#) '#1=(1 2 1 3 . #1#))", "#f");
    CHECK("(equal? '#0=(#0# . #0#) '#1=(#1# . #1#))", "#t");
    CHECK("(equal? '#0=#(1 #0# 2) '#1=#(1 #1# 2))", "#t");
    CHECK("(equal? '#0=#(1 #0# 2) '#1=#(1 #1# 3))", "#f");
    CHECK("(define a {:x 1}) (define b {:x 1}) (dict-set! a :self a) (dict-set! b :self b) (equal? "
          "a b)",
          "#t");
    CHECK("(define a {:x 1}) (define b {:x 2}) (dict-set! a :self a) (dict-set! b :self b) (equal? "
          "a b)",
          "#f");
    // Hashes of circular data end; equal data have equal ones although their cycles differ in
    // length.
    assert_true(rt_equal_hash(calls_value("'#0=(1 2 . #0#)")) ==
                rt_equal_hash(calls_value("'#1=(1 2 1 2 . #1#)")));
    (void)rt_equal_hash(calls_value("'#0=#(#0# #0# #0# #0#)"));
    (void)rt_equal_hash(calls_value(
        "(define d {:a 1}) (dict-set! d :d d) (dict-set! d :e d) (dict-set! d :f d) d"));
}

// A tree of depth n whose two halves are the same object: 2^n paths.
static Value dag(int n) {
    Value v = VALUE_NULL;
    for (int i = 0; i < n; i++)
        v = rt_cons(vm, v, v);
    return v;
}

static void test_sizes(void **state) {
    (void)state;
    // Exponentially many paths take no exponential time.
    assert_true(equal(dag(200), dag(200)));
    assert_false(equal(dag(200), dag(201)));
    // Deep in car, deep in cdr, deep in vectors: no C recursion.
    Value car_a = VALUE_NULL, car_b = VALUE_NULL, cdr_a = VALUE_NULL, cdr_b = VALUE_NULL;
    Value vector_a = VALUE_NULL, vector_b = VALUE_NULL;
    for (int i = 0; i < 1000000; i++) {
        car_a = rt_cons(vm, car_a, VALUE_NULL);
        car_b = rt_cons(vm, car_b, VALUE_NULL);
        cdr_a = rt_cons(vm, value_from_fixnum(i), cdr_a);
        cdr_b = rt_cons(vm, value_from_fixnum(i), cdr_b);
        if (i < 100000) {
            vector_a = rt_vector_new(vm, 1, vector_a);
            vector_b = rt_vector_new(vm, 1, vector_b);
        }
    }
    assert_true(equal(car_a, car_b));
    assert_true(equal(cdr_a, cdr_b));
    assert_true(equal(vector_a, vector_b));
    assert_false(equal(car_a, value_car(car_b)));
    // Keys that are dictionaries that are keys …: too deep is a failure, not a crash.
    Value key_a = VALUE_NULL, key_b = VALUE_NULL;
    for (int i = 0; i < 100; i++) {
        Value a = rt_dict_new(vm), b = rt_dict_new(vm);
        assert_true(rt_dict_put(vm, a, key_a, VALUE_TRUE) && rt_dict_put(vm, b, key_b, VALUE_TRUE));
        key_a = a;
        key_b = b;
    }
    assert_true(equal(key_a, key_b));
}

static void test_hashes(void **state) {
    (void)state;
    // Equal by the predicate: the same hash; and enough spread among small keys.
    CHECK("(list (= (eqv-hash 1/2) (eqv-hash 1/2)) (= (eqv-hash 100000000000000000000) (eqv-hash "
          "100000000000000000000))"
          " (= (eqv-hash +nan.0) (eqv-hash (- +nan.0))) (= (hash '(1 #(2) \"x\")) (hash (list 1 "
          "(vector 2) \"x\"))))",
          "(#t #t #t #t)");
    CHECK("(= (hash {:a 1 :b 2}) (hash {:b 2 :a 1}))", "#t");
    CHECK("(= (hash (array 'f64 '(2) 1 +nan.0)) (hash (array 'f64 '(2) 1 (- +nan.0))))", "#t");
    CHECK("(= (string-ci-hash \"Stra\\xdf;e\") (string-ci-hash \"STRASSE\"))", "#t");
    CHECK("(hash 1 0)", "hash: argument 2: expected positive integer, got 0");
    CHECK("(< (hash \"abc\" 10) 10)", "#t");
    CHECK("(string-hash 5)", "string-hash: argument 1: expected string, got 5");
    size_t low[64] = {0};
    for (int i = 0; i < 6400; i++)
        low[rt_eq_hash(value_from_double(i)) & 63]++;
    for (int i = 0; i < 64; i++)
        assert_true(low[i] > 50 && low[i] < 170);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_eqv),   UNIT_TEST(test_equal),  UNIT_TEST(test_circular),
        UNIT_TEST(test_sizes), UNIT_TEST(test_hashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
