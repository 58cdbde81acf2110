// runtime/printer.c: external representations, labels, escapes, limits, and write followed by read
// over generated data.
#include "runtime/array.h"
#include "runtime/dict.h"
#include "runtime/equal.h"
#include "runtime/list.h"
#include "runtime/numbers.h"
#include "runtime/printer.h"
#include "runtime/reader.h"
#include "runtime/record.h"
#include "runtime/symbol.h"
#include "runtime/vector.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#define FIX(n) value_from_fixnum(n)

static Value read_text(const char *text) {
    Reader reader;
    rt_reader_init(vm, &reader, rt_port_from_utf8(vm, text, strlen(text)), READ_SX);
    Value v = rt_read(vm, &reader);
    if (v == VALUE_FAILURE)
        fail_msg("%s: %s", text, failure_text());
    return v;
}
static const char *print_as(Value v, WriteMode mode) {
    Value text = rt_write_to_string(vm, v, mode);
    assert_true(value_is_string(text));
    return rt_string_to_utf8(vm, text, NULL);
}
#define writes(v, expected) assert_string_equal(print_as(v, WRITE_WRITE), expected)
#define displays(v, expected) assert_string_equal(print_as(v, WRITE_DISPLAY), expected)
static Value symbol(const char *name) { return rt_intern(vm, name); }

static void test_special(void **state) {
    (void)state;
    writes(VALUE_TRUE, "#t");
    writes(VALUE_FALSE, "#f");
    writes(VALUE_NIL, "nil");
    writes(VALUE_NULL, "()");
    writes(VALUE_UNSPECIFIED, "#<unspecified>");
    writes(VALUE_EOF, "#<eof>");
    writes(FIX(0), "0");
    writes(FIX(FIXNUM_MIN), "-562949953421312");
    writes(FIX(FIXNUM_MAX), "562949953421311");
    writes(value_from_double(-0.0), "-0.0");
}

static void test_symbols(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"abc", "abc"},
        {"FOO", "FOO"},
        {"", "||"},
        {"a b", "|a b|"},
        {"1", "|1|"},
        {"+1", "|+1|"},
        {"+", "+"},
        {"-", "-"},
        {"...", "..."},
        {".", "|.|"},
        {"..", ".."},
        {"1+", "1+"},
        {"+i", "|+i|"},
        {"+inf.0", "|+inf.0|"},
        {"-x", "-x"},
        {"1/2", "|1/2|"},
        {"1e5", "|1e5|"},
        {"#a", "|#a|"},
        {"a#", "a#"},
        {":a", "|:a|"},
        {":", ":"},
        {"a:", "a:"},
        {"a(b", "|a(b|"},
        {"a\"b", "|a\"b|"},
        {"a|b", "|a\\|b|"},
        {"a\\b", "|a\\\\b|"},
        {"a'b", "|a'b|"},
        {"a;b", "|a;b|"},
        {"a{", "|a{|"},
        {"λ", "|λ|"},
        {"a\xC2\xA0", "|a\xC2\xA0|"},
        {"a\nb", "|a\\nb|"},
        {"\x01", "|\\x1;|"},
        {"@x", "@x"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Value s = symbol(cases[i][0]);
        writes(s, cases[i][1]);
        displays(s, cases[i][0]);
        assert_true(read_text(cases[i][1]) == s);
    }
    static const char *const keywords[][2] = {
        {"a", ":a"}, {"a b", ":|a b|"}, {"1", ":1"}, {":b", "::b"}, {"#x", ":#x"}};
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++) {
        Value k = rt_keyword(vm, keywords[i][0]);
        writes(k, keywords[i][1]);
        assert_true(read_text(keywords[i][1]) == k);
    }
}

static void test_strings_and_characters(void **state) {
    (void)state;
    Value s = rt_string_from_utf8(vm, "\a\b\t\n\r\"\\|\0\x1b\x7Fλ😀\xC2\x85\xE2\x80\xA8", 22);
    writes(s, "\"\\a\\b\\t\\n\\r\\\"\\\\|\\x0;\\x1b;\\x7f;λ😀\\x85;\\x2028;\"");
    writes(rt_string_from_c(vm, "plain ü"), "\"plain ü\"");
    displays(rt_string_from_c(vm, "a\"\n"), "a\"\n");
    static const struct {
        uint32_t c;
        const char *text;
    } cases[] = {{'a', "#\\a"},
                 {' ', "#\\space"},
                 {'\n', "#\\newline"},
                 {0, "#\\null"},
                 {127, "#\\delete"},
                 {'(', "#\\("},
                 {1, "#\\x1"},
                 {0x3BB, "#\\λ"},
                 {0xA0, "#\\xa0"},
                 {0x301, "#\\x301"},
                 {0x10FFFF, "#\\\xF4\x8F\xBF\xBF"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        writes(value_from_char(cases[i].c), cases[i].text);
        assert_true(read_text(cases[i].text) == value_from_char(cases[i].c));
    }
    displays(read_text("(\"a\" #\\b |c d|)"), "(a b c d)");
}

static void test_compound(void **state) {
    (void)state;
    static const char *const same[] = {
        "(a . b)",
        "(a b c)",
        "#(1 (2) #())",
        "#u8(0 255)",
        "#u8()",
        "'a",
        "''a",
        "`(a ,b ,@c)",
        "(quote)",
        "(quote a b)",
        "(quote . a)",
        "(a quote b)",
        ", @x",
        ",@x",
        "{:a 1 \"b\" (2)}",
        "{}",
        "{1 {2 3}}",
        "(1 . #(2))",
        "(nil #t #\\a \"s\" 1/2 1.5)",
    };
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        writes(read_text(same[i]), same[i]);
    writes(read_text("(a . 'b)"), "(a quote b)");
}

static void test_labels(void **state) {
    (void)state;
    static const char *const cases[][3] = {
        // text, write, write-shared
        {"#0=(a . #0#)", "#0=(a . #0#)", "#0=(a . #0#)"},
        {"(#0=(x) #0#)", "((x) (x))", "(#0=(x) #0#)"},
        {"#0=#(#0# #1=(b) #1#)", "#0=#(#0# (b) (b))", "#0=#(#0# #1=(b) #1#)"},
        {"(a . #0=(b . #0#))", "(a . #0=(b . #0#))", "(a . #0=(b . #0#))"},
        {"#0={:a #0#}", "#0={:a #0#}", "#0={:a #0#}"},
        {"#0='#0#", "#0='#0#", "#0='#0#"},
        {"(#0=(#0#) #1=(#1#) #0#)", "(#0=(#0#) #1=(#1#) #0#)", "(#0=(#0#) #1=(#1#) #0#)"},
        {"(#0=\"s\" #0#)", "(\"s\" \"s\")", "(\"s\" \"s\")"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Value v = read_text(cases[i][0]);
        writes(v, cases[i][1]);
        assert_string_equal(print_as(v, WRITE_SHARED), cases[i][2]);
    }
    displays(read_text("#0=(\"a\" . #0#)"), "#0=(a . #0#)");
    assert_string_equal(print_as(read_text("(#0=(x) #0#)"), WRITE_SIMPLE), "((x) (x))");
}

// 'x hides the pair after quote: with a label on that pair the form is written out.
static void test_label_in_abbreviation(void **state) {
    (void)state;
    writes(read_text("(quote . #0=(#0#))"), "(quote . #0=(#0#))");
}

static void test_objects(void **state) {
    (void)state;
    static const char *const fields[] = {"x", "y"};
    Value type = rt_record_type_new_c(vm, "point", VALUE_FALSE, 2, fields);
    Value point = rt_record_new(vm, type, (Value[]){FIX(1), rt_string_from_c(vm, "s")});
    writes(point, "#<point x: 1 y: \"s\">");
    displays(point, "#<point x: 1 y: s>");
    rt_heap_store(&value_record(point)->field[1], point);
    writes(point, "#0=#<point x: 1 y: #0#>");
    writes(type, "#<record-type point>");
    writes(rt_primitive_object(vm, rt_primitive_find("car")), "#<procedure car>");
    writes(rt_box(vm, read_text("(1)")), "#<box (1)>");
    writes(rt_table_new(vm, TABLE_EQUAL, TABLE_STRONG), "#<hash-table 0>");
    writes(vm->ports->standard_error, "#<textual-output-port standard error>");
    rt_fail_type(vm, 1, "pair", FIX(5));
    rt_fail_name(vm, rt_primitive_find("car"));
    writes(vm->condition, "#<type-error car: argument 1: expected pair, got 5>");
    Value array = rt_array_new(vm, ELEMENT_F64, 2, (size_t[]){1, 2});
    assert_true(rt_array_put(vm, array, 0, value_from_double(1.5), 1));
    writes(array, "#<array f64 (1 2) 1.5 0.0>");
    array = rt_array_new(vm, ELEMENT_U8, 1, (size_t[]){1000});
    assert_non_null(strstr(print_as(array, WRITE_WRITE), "#<array u8 (1000) 0 0"));
    assert_non_null(strstr(print_as(array, WRITE_WRITE), " …>"));
    Value boxed = rt_array_new(vm, ELEMENT_ANY, 1, (size_t[]){1});
    assert_true(rt_array_put(vm, boxed, 0, boxed, 1));
    writes(boxed, "#0=#<array any (1) #0#>");
}

// ---- limits

static const char *limited(Value v, size_t size) {
    return rt_string_to_utf8(vm, rt_write_limited(vm, v, size), NULL);
}

static void test_limited(void **state) {
    (void)state;
    assert_string_equal(limited(read_text("(1 2 3)"), 7), "(1 2 3)");
    assert_string_equal(limited(read_text("(1 2 3)"), 6), "(1 2 3…");
    assert_string_equal(limited(read_text("\"λλλλλλ\""), 4), "\"λλλ…");
    assert_string_equal(limited(read_text("#0=(a . #0#)"), 40), "#0=(a . #0#)");
    assert_string_equal(limited(VALUE_NULL, 0), "…");
    // Large objects cost no more than their beginning: these would take very long otherwise.
    Value list = VALUE_NULL;
    for (int i = 0; i < 20000; i++)
        list = rt_cons(vm, list, list);
    assert_int_equal(string_length(rt_write_limited(vm, list, 50)), 51);
    rt_heap_store(&value_pair(list)->car, list);
    assert_int_equal(string_length(rt_write_limited(vm, list, 50)), 51);
    Value long_string = rt_string_new(vm, 10000000, false);
    assert_true(rt_string_fill(vm, long_string, 0, 10000000, 'x'));
    assert_int_equal(string_length(rt_write_limited(vm, long_string, 50)), 51);
    Value deep = VALUE_NULL;
    for (int i = 0; i < 1000000; i++)
        deep = rt_list(vm, 2, symbol("quote"), deep);
    assert_string_equal(limited(deep, 5), "'''''…");
}

static void test_depth(void **state) {
    (void)state;
    Value v = VALUE_NULL;
    for (int i = 0; i < 1000000; i++)
        v = rt_cons(vm, v, VALUE_NULL);
    Value text = rt_write_to_string(vm, v, WRITE_WRITE);
    assert_int_equal(string_length(text), 2000002);
    for (int i = 0; i < 1000000; i++)
        v = rt_vector_new(vm, 1, v);
    text = rt_write_to_string(vm, v, WRITE_SHARED);
    assert_int_equal(string_length(text), 5000002);
}

// ---- write, then read, over generated data

static uint64_t seed;
static uint64_t random_below(uint64_t n) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (seed >> 33) % n;
}

static Value random_text(void) {
    StringBuilder b;
    rt_builder_init(&b, vm);
    for (uint64_t n = random_below(6); n > 0; n--) {
        static const uint32_t limits[] = {128, 256, 0x800, 0x110000};
        uint32_t c = (uint32_t)random_below(limits[random_below(4)]);
        rt_builder_char(&b, char_code_valid(c) ? c : '|');
    }
    return rt_builder_finish(&b);
}

static Value generate(int depth) {
    switch (random_below(depth > 0 ? 14 : 9)) {
    case 0:
        return FIX((int64_t)random_below(2000) - 1000);
    case 1:
        return value_from_double((double)(int64_t)random_below(1000000) / 128 - 1000);
    case 2:
        return rt_intern_string(vm, random_text());
    case 3:
        return rt_keyword_string(vm, random_text());
    case 4:
        return random_text();
    case 5: {
        uint32_t c = (uint32_t)random_below(0x110000);
        return value_from_char(char_code_valid(c) ? c : 'x');
    }
    case 6:
        return value_from_bool(random_below(2));
    case 7:
        return rt_ratio(vm, FIX((int64_t)random_below(100)), FIX(7));
    case 8:
        return VALUE_NULL;
    case 9:
    case 10: {
        Value list = random_below(4) ? VALUE_NULL : generate(0);
        for (uint64_t n = random_below(5); n > 0; n--)
            list = rt_cons(vm, generate(depth - 1), list);
        return list;
    }
    case 11: {
        Value v = rt_vector_new(vm, random_below(4), VALUE_NULL);
        for (size_t i = 0; i < vector_length(v); i++)
            rt_heap_store(&value_vector(v)->item[i], generate(depth - 1));
        return v;
    }
    case 12: {
        Value d = rt_dict_new(vm);
        for (uint64_t n = random_below(4); n > 0; n--)
            assert_true(rt_dict_put(vm, d, generate(0), generate(depth - 1)));
        return d;
    }
    default: {
        static const char *const forms[] = {"quote", "quasiquote", "unquote", "unquote-splicing"};
        return rt_list(vm, 2, symbol(forms[random_below(4)]), generate(depth - 1));
    }
    }
}

static void test_round_trip(void **state) {
    (void)state;
    for (seed = 1; seed < 4000; seed++) {
        uint64_t first = seed;
        Value v = generate(5);
        seed = first;
        const char *text = print_as(v, seed % 2 ? WRITE_WRITE : WRITE_SHARED);
        Value back = read_text(text);
        bool same;
        assert_true(rt_equal(vm, v, back, &same));
        if (!same)
            fail_msg("seed %d: %s", (int)first, text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_special),    UNIT_TEST(test_symbols), UNIT_TEST(test_strings_and_characters),
        UNIT_TEST(test_compound),   UNIT_TEST(test_labels),  UNIT_TEST(test_label_in_abbreviation),
        UNIT_TEST(test_objects),    UNIT_TEST(test_limited), UNIT_TEST(test_depth),
        UNIT_TEST(test_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
