// runtime/send.c, runtime/become.c: behaviours, send sites, lookup; replacing references.
#include "calls.h"
#include "runtime/send.h"

// A behaviour `b` below `a`; both are records of the type `class`: parent, methods. Methods:
// procedure, ready.
#define CLASSES                                                                                    \
    "(define class (%make-record-type 'class #f '(parent methods) #t))"                            \
    "(define method (%make-record-type 'method #f '(procedure ready) #t))"                         \
    "(define a (%record class nil (%make-table 'eq #f)))"                                          \
    "(define b (%record class a (%make-table 'eq #f)))"                                            \
    "(define ignored (%table-set! (%record-ref a class 1) 'size (%record method car #t)))"         \
    "(define ignored (%table-set! (%record-ref a class 1) 'late (%record method cdr #f)))"         \
    "(define thing (%make-record-type 'thing #f '(x) #t))"                                         \
    "(define ignored (%set-behavior! thing b))"                                                    \
    "(define t (%record thing 1))"                                                                 \
    "(define site (%make-send-site 'size list))"

static Value primitive(const char *name) {
    return rt_primitive_object(vm, rt_primitive_find(name));
}

// The texts name procedures and nil, which `calls` cannot: they are found as variables.
static void check(const char *text, const char *expected) {
    Value names = rt_dict_new(vm), result = VALUE_UNSPECIFIED;
    static const char *const procedures[] = {"car", "cdr", "list", "vector"};
    for (int i = 0; i < 4; i++)
        assert_true(rt_dict_put(vm, names, rt_intern(vm, procedures[i]), primitive(procedures[i])));
    assert_true(rt_dict_put(vm, names, rt_intern(vm, "nil"), VALUE_NIL));
    Reader reader;
    rt_reader_init(vm, &reader, rt_port_from_utf8(vm, text, strlen(text)), READ_SX);
    for (Value forms = rt_read_all(vm, &reader); value_is_pair(forms); forms = value_cdr(forms)) {
        result = calls_evaluate(value_car(forms), names);
        if (result == VALUE_FAILURE)
            break;
    }
    assert_string_equal(
        result == VALUE_FAILURE
            ? failure_text()
            : rt_string_to_utf8(vm, rt_write_to_string(vm, result, WRITE_WRITE), NULL),
        expected);
}

static void test_lookup(void **state) {
    (void)state;
    check(CLASSES "(eq? (%send-lookup site t) car)", "#t");
    check(CLASSES "(eq? (%behavior-of t) b)", "#t");
    // What has no method: the site's own procedure, which is remembered like any other.
    check(CLASSES "(eq? (%send-lookup site 5) list)", "#t");
    check(CLASSES "(%send-lookup site 5) (length (%send-site-state site))", "3");
    // All values of a kind.
    check(CLASSES "(%set-behavior! 5 b) (list (eq? (%send-lookup site 7) car) (eq? (%send-lookup "
                  "site 1.5) car))",
          "(#t #f)");
    check(CLASSES "(%set-behavior! #t b) (list (eq? (%send-lookup site #t) car) (eq? (%send-lookup "
                  "site #f) car))",
          "(#t #f)");
    check(CLASSES "(list (record? (%lookup-method b 'size)) (%lookup-method b 'other))", "(#t #f)");
    check(CLASSES "(eq? (%super-lookup site b) car)", "#t");
    check(CLASSES "(eq? (%super-lookup site a) list)", "#t");
}

static void test_caches(void **state) {
    (void)state;
    check(CLASSES "(%send-lookup site t) (%send-lookup site t) (%send-lookup site t)"
                  "(cadr (%send-site-state site))",
          "1");
    // A stub is not remembered.
    check(CLASSES "(define late (%make-send-site 'late list))"
                  "(%send-lookup late t) (%send-lookup late t) (%send-site-state late)",
          "(late 2)");
    // A change is seen after %methods-changed!.
    check(CLASSES "(%send-lookup site t)"
                  "(%table-set! (%record-ref b class 1) 'size (%record method vector #t))"
                  "(%methods-changed! 'size) (eq? (%send-lookup site t) vector)",
          "#t");
    check(CLASSES "(%send-lookup site t) (%table-delete! (%record-ref a class 1) 'size)"
                  "(%methods-changed! 'size) (eq? (%send-lookup site t) list)",
          "#t");
    // More kinds of receivers than a site has entries: all are right.
    check(
        CLASSES
        "(%set-behavior! 5 b) (%set-behavior! 1.5 b) (%set-behavior! \"\" b) (%set-behavior! #t b)"
        "(%set-behavior! nil b)"
        "(%send-lookup site 5) (%send-lookup site 1.5) (%send-lookup site \"x\")"
        "(%send-lookup site #t) (%send-lookup site nil) (%send-lookup site nil)"
        "(list (eq? (%send-lookup site nil) car) (eq? (%send-lookup site t) car)"
        " (length (%send-site-state site)))",
        "(#t #t 6)");
}

static Value changed = VALUE_NONE;
static void note_change(VM *v, Value selector) {
    (void)v;
    changed = selector;
}

static void test_hook(void **state) {
    (void)state;
    rt_sends_changed_hook = note_change;
    check("(%methods-changed! 'size)", "#<unspecified>");
    assert_true(changed == rt_intern(vm, "size"));
    check("(%methods-changed! #f)", "#<unspecified>");
    assert_true(changed == VALUE_FALSE);
    changed = VALUE_NONE;
    check(CLASSES "1", "1");
    assert_true(changed == VALUE_FALSE);
    rt_sends_changed_hook = NULL;
    changed = VALUE_NONE;
    check("(%methods-changed! 5)", "methods-changed!: argument 1: expected symbol or #f, got 5");
}

static void test_instances(void **state) {
    (void)state;
    check(CLASSES "(%record-ref (%new-instance thing) thing 0)", "nil");
    check(CLASSES "(define other (%make-record-type 'other #f '(y) #t)) (%change-type! t other)"
                  "(%record-ref t other 0)",
          "1");
    check(CLASSES "(%change-type! t class)",
          "change-type!: a record of 1 fields cannot become one of 2: #<record-type class>");
    check(CLASSES "(length (%instances-of thing))", "1");
    check(CLASSES "(%instances-of (%make-record-type 'none #f '() #t))", "()");
}

static void test_replacing(void **state) {
    (void)state;
    check("(define a (box 1)) (define b (box 2)) (define l (list a b a))"
          "(%replace-references! (vector a) (vector b) #t)"
          "(list (unbox (car l)) (unbox (cadr l)) (unbox (caddr l)) (unbox a))",
          "(2 1 2 2)");
    check("(define a (box 1)) (define b (box 2)) (define l (vector a b))"
          "(%replace-references! (vector a) (vector b) #f)"
          "(list (unbox (vector-ref l 0)) (eq? (vector-ref l 0) (vector-ref l 1)))",
          "(2 #t)");
    // Keys of tables that hash addresses are found again.
    check("(define a (box 1)) (define b (box 2)) (define t (%make-table 'eq #f))"
          "(%table-set! t a 'a) (%table-set! t 1 'one) (%table-set! t 2 'two) (%table-set! t 3 "
          "'three)"
          "(%table-set! t 4 'four) (%table-set! t 5 'five) (%table-set! t 6 'six) (%table-set! t 7 "
          "'x)"
          "(%table-set! t 8 'x) (%table-set! t 9 'x) (%table-set! t b 'b)"
          "(%replace-references! (vector a) (vector b) #t)"
          "(list (%table-ref t a #f) (%table-ref t b #f) (%table-ref t 5 #f) (hash-table-size t))",
          "(a b five 11)");
    check("(%replace-references! (vector 1) (vector 2) #t)",
          "replace-references!: argument 1: expected vector of objects with an identity, got 1");
    check("(%replace-references! (vector (box 1)) (vector) #f)",
          "replace-references!: argument 2: expected vector of the same length, got #()");
}

static void test_values(void **state) {
    (void)state;
    check("(list (%same-value 1 1.0) (%same-value \"a\" \"a\") (%same-value 'a 'a) (%same-value 'a "
          "\"a\")"
          " (%same-value #\\a #\\b) (%same-value nil nil) (%same-value '(1) '(1)) (%same-value 1 "
          "'a))",
          "(#t #t #t nil #f #t nil #f)");
    check("(list (%fixnums? 1 2) (%fixnums? 1 0) (%fixnums? 1.5 2) (%numbers? 1 1/2) (%numbers? 1 "
          "'a))",
          "(#t #t #f #t #f)");
}

static void test_arguments(void **state) {
    (void)state;
    check("(%send-lookup 1 2)", "send-lookup: argument 1: expected send site, got 1");
    check(CLASSES "(%super-lookup site 5)", "super-lookup: argument 2: expected behaviour, got 5");
    check("(%make-send-site 1 car)", "make-send-site: argument 1: expected symbol, got 1");
    check("(%make-send-site 'a 1)", "make-send-site: argument 2: expected procedure, got 1");
    check("(%set-behavior! 1 2)", "set-behavior!: argument 2: expected behaviour, got 2");
    check("(%new-instance 1)", "new-instance: argument 1: expected record type, got 1");
    check("(%send-site-state 1)", "send-site-state: argument 1: expected send site, got 1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_lookup),    UNIT_TEST(test_caches),    UNIT_TEST(test_hook),
        UNIT_TEST(test_instances), UNIT_TEST(test_replacing), UNIT_TEST(test_values),
        UNIT_TEST(test_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
