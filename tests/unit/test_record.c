// runtime/record.c: record types, records, boxes, promises, parameters, booleans, keywords.
#include "calls.h"

#define POINT "(define point (%make-record-type '<point> #f '(x y) '(#t #f)))"
#define POINT3 POINT "(define point3 (%make-record-type 'point3 point '(z) #t))"

static void test_records(void **state) {
    (void)state;
    CHECK(POINT
          "(define p (%record point 1 2)) (list (%record-ref p point 0) (%record-ref p point 1))",
          "(1 2)");
    CHECK(POINT "(define p (%record point 1 2)) (%record-set! p point 0 9) (%record-ref p point 0)",
          "9");
    CHECK(POINT "(%record-set! (%record point 1 2) point 1 9)",
          "record-set!: field of point is immutable: y");
    CHECK(POINT "(%record-ref 5 point 0)", "record-ref: argument 1: expected point, got 5");
    CHECK(POINT "(%record-ref (%record point 1 2) point 2)",
          "record-ref: argument 3: index 2 is out of range 0 to 1");
    CHECK("(%record-ref 5 'point 0)", "record-ref: argument 2: expected record type, got point");
    CHECK(POINT "(%record point 1)", "record: point has 2 fields, got 1 value");
    CHECK(POINT "(define p (%record point 1 2)) (list (%record? p point) (%record? 5 point) "
                "(record? p) (record? 5)"
                " (record-type? point) (eq? (record-type-of p) point))",
          "(#t #f #t #f #t #t)");
    CHECK(POINT
          "(list (record-type-name point) (record-type-parent point) (record-type-fields point)"
          " (%record-type-mutables point) (%record-type-index point 'y) (%record-type-index point "
          "'q))",
          "(<point> #f (x y) (#t #f) 1 #f)");
    CHECK("(%make-record-type \"p\" #f '() #t)",
          "make-record-type: argument 1: expected symbol, got \"p\"");
    CHECK("(%make-record-type 'p 5 '() #t)",
          "make-record-type: argument 2: expected record type, got 5");
    CHECK("(%make-record-type 'p #f '(a 5) #t)",
          "make-record-type: argument 3: expected list of symbols, got (a 5)");
    CHECK("(%make-record-type 'p #f '(a b) '(#t))",
          "make-record-type: argument 4: expected #t or a list of booleans, one a field, got (#t)");
    CHECK("(record-type-of 5)", "record-type-of: argument 1: expected record, got 5");
}

static void test_inheritance(void **state) {
    (void)state;
    CHECK(POINT3 "(define p (%record point3 1 2 3)) (list (%record? p point) (%record? p point3) "
                 "(%record? (%record point 1 2) point3)"
                 " (%record-ref p point 1) (%record-ref p point3 2) (record-type-fields point3))",
          "(#t #t #f 2 3 (x y z))");
    // Records of the parent lack the field; how they print is the printer's affair.
    assert_true(calls_value(POINT3 "(%record-ref (%record point 1 2) point3 2)") == VALUE_FAILURE);
    assert_memory_equal(failure_text(), "record-ref: argument 1: expected point3, got ", 45);
    // Siblings and unrelated types; a long chain.
    Value root = rt_record_type_new_c(vm, "root", VALUE_FALSE, 1, (const char *const[]){"a"});
    Value chain = root, sibling = rt_record_type_new_c(vm, "sibling", root, 0, NULL);
    for (int i = 0; i < 50; i++) {
        Value next = rt_record_type_new_c(vm, "link", chain, 1, (const char *const[]){"f"});
        assert_true(rt_record_type_is(next, chain) && rt_record_type_is(next, root));
        assert_false(rt_record_type_is(chain, next));
        assert_false(rt_record_type_is(next, sibling));
        chain = next;
    }
    assert_int_equal(rt_record_type_field_count(chain), 51);
    assert_int_equal(rt_record_type_field_index(chain, rt_intern(vm, "a")), 0);
    assert_int_equal(rt_record_type_field_index(chain, rt_intern(vm, "f")), 50);
    assert_int_equal(rt_record_type_field_index(chain, rt_intern(vm, "g")), -1);
    Value r = rt_record_new(vm, chain, NULL);
    assert_true(rt_record_is(r, root) && !rt_record_is(r, sibling) &&
                !rt_record_is(VALUE_NULL, root));
    assert_true(value_record(r)->field[50] == VALUE_FALSE);
    assert_string_equal(
        rt_record_type_label(vm, rt_record_type_new_c(vm, "<x>", VALUE_FALSE, 0, NULL)), "x");
    assert_string_equal(
        rt_record_type_label(vm, rt_record_type_new_c(vm, "<>", VALUE_FALSE, 0, NULL)), "<>");
    for (int i = 0; i < RECORD_MAX_DEPTH && chain != VALUE_FAILURE; i++)
        chain = rt_record_type_new_c(vm, "deep", chain, 0, NULL);
    assert_true(chain == VALUE_FAILURE);
    assert_string_equal(failure_text(), "a record type has at most 1000 ancestors");
}

static void test_small_objects(void **state) {
    (void)state;
    CHECK("(define b (box 1)) (set-box! b 2) (list (box? b) (box? 5) (unbox b))", "(#t #f 2)");
    CHECK("(unbox 5)", "unbox: argument 1: expected box, got 5");
    CHECK("(set-box! 5 1)", "set-box!: argument 1: expected box, got 5");
    CHECK("(list (boolean? #t) (boolean? '()) (not #f) (not 0) (not '()))", "(#t #f #t #f #f)");
    CHECK("(list (boolean=? #t #t) (boolean=? #t #f) (boolean=? #f #f #f) (boolean=? #f #f #t))",
          "(#t #f #t #f)");
    CHECK("(boolean=? #t 5)", "boolean=?: argument 2: expected boolean, got 5");
    CHECK("(list (keyword? :a) (keyword? 'a) (keyword->string :abc) (eq? :q (string->keyword "
          "\"q\")))",
          "(#t #f \"abc\" #t)");
    CHECK("(keyword->string 'a)", "keyword->string: argument 1: expected keyword, got a");
    assert_true(calls_value("(nil? '())") == VALUE_FALSE);
    Value nil = VALUE_NIL;
    assert_true(rt_primitive_call(vm, rt_primitive_find("nil?"), 1, &nil) == VALUE_TRUE);
    assert_true(rt_primitive_call(vm, rt_primitive_find("not"), 1, &nil) == VALUE_TRUE);
    assert_true(rt_primitive_call(vm, rt_primitive_find("boolean?"), 1, &nil) == VALUE_FALSE);
}

static void test_promises(void **state) {
    (void)state;
    CHECK("(define p (%make-promise #t 5)) (list (promise? p) (promise? 5) (%promise-done? p) "
          "(%promise-value p))",
          "(#t #f #t 5)");
    CHECK("(define p (%make-promise #f 'thunk)) (%promise-set! p #t 7) (list (%promise-done? p) "
          "(%promise-value p))",
          "(#t 7)");
    CHECK("(define p (%make-promise #f 'a)) (define q (%make-promise #f 'b)) (%promise-chain! p q)"
          "(define before (%promise-value p)) (%promise-set! q #t 1) (list before (%promise-done? "
          "p) (%promise-value p))",
          "(b #t 1)");
    CHECK("(%promise-chain! (%make-promise #f 1) 5)",
          "promise-chain!: argument 2: expected promise, got 5");
    CHECK("(%promise-value 5)", "promise-value: argument 1: expected promise, got 5");
}

static void test_parameters(void **state) {
    (void)state;
    CHECK("(define p (%make-parameter 1 #f)) (list (parameter? p) (parameter? 5) (procedure? p) "
          "(%parameter-value p) (%parameter-converter p))",
          "(#t #f #t 1 #f)");
    CHECK("(define p (%make-parameter 1 #f)) (%parameter-set! p 2) (%parameter-value p)", "2");
    CHECK("(%make-parameter 1 5)", "make-parameter: argument 2: expected procedure or #f, got 5");
    CHECK("(%parameter-value 5)", "parameter-value: argument 1: expected parameter, got 5");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_records),  UNIT_TEST(test_inheritance), UNIT_TEST(test_small_objects),
        UNIT_TEST(test_promises), UNIT_TEST(test_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
