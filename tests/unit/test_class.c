// runtime/class.c, markup.c: kinds of values, escaping for HTML.
#include "runtime/numbers.h"

#include "calls.h"

static Value class_of(Value v) {
    return rt_primitive_call(vm, rt_primitive_find("%class-of"), 1, &v);
}

static void test_type_of(void **state) {
    (void)state;
    CHECK("(type-of 5)", "integer");
    CHECK("(type-of 100000000000000000000000)", "integer");
    CHECK("(type-of 1/2)", "rational");
    CHECK("(type-of 1.0)", "real");
    CHECK("(type-of +inf.0)", "real");
    CHECK("(type-of +2i)", "complex");
    CHECK("(type-of \"s\")", "string");
    CHECK("(type-of 'a)", "symbol");
    CHECK("(type-of #\\a)", "char");
    CHECK("(type-of #f)", "boolean");
    CHECK("(type-of '())", "null");
    CHECK("(type-of '(1))", "pair");
    CHECK("(type-of (vector))", "vector");
    CHECK("(type-of (bytevector))", "bytevector");
    CHECK("(type-of (dict))", "dict");
    CHECK("(type-of (%make-table 'eq #f))", "hash-table");
    CHECK("(type-of (box 1))", "box");
    CHECK("(type-of (%make-parameter 1 #f))", "procedure");
    CHECK("(type-of (eof-object))", "eof-object");
    CHECK("(type-of (%unspecified))", "unspecified");
    CHECK("(type-of (%record (%make-record-type '<point> #f '() #t)))", "point");
    CHECK("(type-of (%condition-type 'error))", "record-type");
}

// Values that a numeric or structural type tells apart have different classes, others the same one.
static void test_class_of(void **state) {
    (void)state;
    Value big = rt_number_parse(vm, "100000000000000000000", 21, 10);
    assert_true(class_of(value_from_fixnum(1)) == class_of(value_from_fixnum(-2)));
    assert_true(class_of(value_from_fixnum(1)) == class_of(big));
    const Value different[] = {
        value_from_fixnum(1),
        rt_number_parse(vm, "1/2", 3, 10),
        value_from_double(1),
        value_from_double(1.5),
        value_from_double(1.0 / 0.0),
        rt_number_parse(vm, "+i", 2, 10),
        rt_cons(vm, VALUE_NULL, VALUE_NULL),
        VALUE_NULL,
        VALUE_NIL,
        VALUE_TRUE,
        value_from_char('a'),
        VALUE_EOF,
        rt_intern(vm, "a"),
        rt_keyword(vm, "a"),
        rt_string_from_c(vm, "a"),
        rt_vector_new(vm, 0, VALUE_FALSE),
    };
    enum { COUNT = sizeof different / sizeof *different };
    for (int i = 0; i < COUNT; i++)
        for (int j = 0; j < COUNT; j++)
            assert_int_equal(class_of(different[i]) == class_of(different[j]), i == j);
    assert_true(class_of(VALUE_TRUE) == class_of(VALUE_FALSE));
    Value type = rt_record_type_new_c(vm, "point", VALUE_FALSE, 0, NULL);
    assert_true(class_of(rt_record_new(vm, type, NULL)) == type);
}

static void test_html_escape(void **state) {
    (void)state;
    CHECK("(%html-escape \"\")", "\"\"");
    CHECK("(%html-escape \"a < b & c > 'd' \\\"e\\\"\")",
          "\"a &lt; b &amp; c &gt; &#39;d&#39; &quot;e&quot;\"");
    CHECK("(%html-escape \"<<\")", "\"&lt;&lt;\"");
    CHECK("(%html-escape \"λ<☃\")", "\"λ&lt;☃\"");
    CHECK("(%html-escape 5)", "html-escape: argument 1: expected string, got 5");
    Value plain = rt_string_from_c(vm, "nothing to do; λ");
    assert_true(rt_primitive_call(vm, rt_primitive_find("%html-escape"), 1, &plain) == plain);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_type_of),
        UNIT_TEST(test_class_of),
        UNIT_TEST(test_html_escape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
