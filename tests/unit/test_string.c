// runtime/string.c, unicode.c, text_prims.c, text_library.c: characters, symbols, strings.
#include "calls.h"

#include "runtime/hash.h"

static const char *text_of(Value string) {
    assert_true(string != VALUE_FAILURE);
    return rt_string_to_utf8(vm, string, NULL);
}

static void test_utf8(void **state) {
    (void)state;
    static const uint32_t codes[] = {0,      'a',    0x7F,   0x80,    0x7FF,   0x800,
                                     0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        char bytes[4];
        size_t n = rt_utf8_encode(codes[i], bytes);
        assert_int_equal(n, rt_utf8_width(codes[i]));
        Utf8Step step = rt_utf8_decode(bytes, n);
        assert_true(step.status == UTF8_OK && step.code == codes[i] && step.length == n);
        if (n > 1) {
            step = rt_utf8_decode(bytes, n - 1);
            assert_true(step.status == UTF8_TRUNCATED && step.length == n - 1 &&
                        step.code == 0xFFFD);
        }
    }
    // Overlong forms, surrogates, beyond the last character, stray continuations: all invalid at
    // once.
    static const char *const bad[] = {
        "\x80",         "\xC0\x80",         "\xC1\xBF",         "\xE0\x80\x80",
        "\xED\xA0\x80", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80",
        "\xFF"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        Utf8Step step = rt_utf8_decode(bad[i], strlen(bad[i]));
        assert_true(step.status == UTF8_INVALID && step.length == 1 && step.code == 0xFFFD);
    }
    // The maximal subpart of an ill-formed sequence is one replacement (Unicode 15, table 3-8).
    Value s = rt_string_from_c(vm, "a\xF1\x80\x80\xE1\x80\xC2"
                                   "b\x80"
                                   "c\x80\xBF"
                                   "d");
    static const uint32_t expected[] = {'a',    0xFFFD, 0xFFFD, 0xFFFD, 'b',
                                        0xFFFD, 'c',    0xFFFD, 0xFFFD, 'd'};
    assert_int_equal(string_length(s), sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < string_length(s); i++)
        assert_int_equal(string_char(s, i), expected[i]);
    assert_true(rt_string_from_utf8_checked(vm, "ab\xFFz", 4) == VALUE_FAILURE);
    assert_true(rt_is_condition(vm, vm->condition, CONDITION_ENCODING));
    assert_string_equal(failure_text(), "invalid UTF-8: byte 0xFF at index 2");
}

static void test_widths(void **state) {
    (void)state;
    Value s = rt_string_from_c(vm, "na\xC3\xAFve");
    assert_false(string_is_wide(s));
    assert_int_equal(string_length(s), 5);
    assert_int_equal(string_char(s, 2), 0xEF);
    uint64_t hash = rt_string_hash(s);
    assert_true(string_put(vm, s, 4, 0x1F600));
    assert_true(string_is_wide(s));
    assert_string_equal(text_of(s), "na\xC3\xAFv\xF0\x9F\x98\x80");
    assert_true(rt_string_hash(s) != hash);
    // Back to narrow characters: still wide, but equal to and hashed like the narrow string.
    assert_true(string_put(vm, s, 4, 'e'));
    assert_true(string_is_wide(s));
    assert_true(rt_string_equal(s, rt_string_from_c(vm, "na\xC3\xAFve")));
    assert_true(rt_string_hash(s) == hash);
    assert_int_equal(rt_string_compare(s, rt_string_from_c(vm, "na\xC3\xAFve")), 0);
    assert_false(string_is_wide(rt_substring(vm, s, 0, 5)));
    assert_true(rt_string_new(vm, 0, true) != VALUE_FAILURE);
    assert_null(value_string(rt_string_new(vm, 0, true))->data);
    for (size_t n = 0; n < 100; n++) {
        // Hashes agree for every length, narrow and wide.
        Value narrow = rt_string_new(vm, n, false), wide = rt_string_new(vm, n, true);
        for (size_t i = 0; i < n; i++) {
            string_put(vm, narrow, i, (uint32_t)(i * 37 & 0xFF));
            string_put(vm, wide, i, (uint32_t)(i * 37 & 0xFF));
        }
        assert_true(rt_string_hash(narrow) == rt_string_hash(wide));
        assert_true(rt_string_equal(narrow, wide));
        assert_true(rt_string_hash(narrow) == rt_hash_bytes(value_string(narrow)->data, n) ||
                    n == 0);
    }
}

static void test_builder(void **state) {
    (void)state;
    StringBuilder b;
    rt_builder_init(&b, vm);
    assert_string_equal(text_of(rt_builder_finish(&b)), "");
    for (int i = 0; i < 1000; i++)
        rt_builder_char(&b, 'a' + (uint32_t)i % 26);
    rt_builder_char(&b, 0x3BB);
    rt_builder_c(&b, "x\xCE\xBBy\xFF");
    rt_builder_string(&b, rt_string_from_c(vm, "narrow"));
    rt_builder_range(&b,
                     rt_string_from_c(vm, "\xE2\x82\xAC"
                                          "12"),
                     0, 2);
    rt_builder_format(&b, "%d-%s", 42, "é");
    Value s = rt_builder_finish(&b);
    assert_int_equal(string_length(s), 1000 + 1 + 4 + 6 + 2 + 4);
    assert_string_equal(text_of(rt_substring(vm, s, 1000, string_length(s))),
                        "λxλy\xEF\xBF\xBDnarrow€142-é");
    rt_builder_c(&b, "again");
    rt_builder_truncate(&b, 2);
    rt_builder_truncate(&b, 9);
    assert_string_equal(text_of(rt_builder_finish(&b)), "ag");
    char longer[1000];
    memset(longer, 'z', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    rt_builder_format(&b, "<%s>", longer);
    assert_int_equal(string_length(rt_builder_finish(&b)), 1001);
    // Latin-1 first, then wide.
    rt_builder_c(&b, "é");
    assert_false(b.wide);
    rt_builder_c(&b, "€");
    assert_true(b.wide);
    assert_string_equal(text_of(rt_builder_finish(&b)), "é€");
}

static void test_characters(void **state) {
    (void)state;
    CHECK("(char->integer #\\x3bb)", "955");
    CHECK("(integer->char 955)", "#\\λ");
    CHECK("(integer->char 55296)",
          "integer->char: argument 1: expected Unicode scalar value, got 55296");
    CHECK("(integer->char 1114112)",
          "integer->char: argument 1: expected Unicode scalar value, got 1114112");
    CHECK("(integer->char 1.0)", "integer->char: argument 1: expected integer, got 1.0");
    CHECK("(list (char=? #\\a #\\a) (char<? #\\a #\\b #\\c) (char<? #\\a #\\c #\\b) (char>=? #\\b "
          "#\\b #\\a))",
          "(#t #t #f #t)");
    CHECK("(char=? #\\a 5)", "char=?: argument 2: expected char, got 5");
    CHECK("(char<? #\\b #\\a 5)", "char<?: argument 3: expected char, got 5");
    CHECK("(list (char-ci=? #\\a #\\A) (char-ci=? #\\xe9 #\\xc9) (char-ci=? #\\x3c3 #\\x3c2))",
          "(#t #t #t)");
    CHECK("(list (char-upcase #\\a) (char-upcase #\\xdf) (char-downcase #\\xc9) (char-upcase "
          "#\\xff))",
          "(#\\A #\\ß #\\é #\\Ÿ)");
    CHECK("(list (char-foldcase #\\x3a3) (char-foldcase #\\x3c2) (char-foldcase #\\x130) "
          "(char-foldcase #\\x131))",
          "(#\\σ #\\σ #\\İ #\\ı)");
    CHECK("(char->integer (char-foldcase #\\xab70))", "5024");
    CHECK("(list (char-alphabetic? #\\a) (char-alphabetic? #\\1) (char-alphabetic? #\\x3bb) "
          "(char-alphabetic? #\\x2160))",
          "(#t #f #t #t)");
    CHECK("(list (char-numeric? #\\9) (char-numeric? #\\x0664) (char-numeric? #\\xbd) "
          "(char-numeric? #\\x2460))",
          "(#t #t #f #f)");
    CHECK("(list (digit-value #\\7) (digit-value #\\x0664) (digit-value #\\x0ae6) (digit-value "
          "#\\x0ea6) (digit-value #\\a))",
          "(7 4 0 #f #f)");
    CHECK("(list (char-whitespace? #\\space) (char-whitespace? #\\xa0) (char-whitespace? #\\x2003) "
          "(char-whitespace? #\\x200b) (char-whitespace? #\\xb))",
          "(#t #t #t #f #t)");
    CHECK("(list (char-upper-case? #\\A) (char-upper-case? #\\x2160) (char-lower-case? #\\xaa) "
          "(char-lower-case? #\\A))",
          "(#t #t #t #f)");
}

static void test_symbols(void **state) {
    (void)state;
    CHECK("(symbol->string 'abc)", "\"abc\"");
    CHECK("(string-set! (symbol->string 'abc) 0 #\\x)",
          "string-set!: argument 1: expected mutable string, got \"abc\"");
    CHECK("(eq? 'abc (string->symbol \"abc\"))", "#t");
    CHECK("(string->symbol \"a b\")", "|a b|");
    CHECK("(list (symbol=? 'a 'a 'a) (symbol=? 'a 'a 'b))", "(#t #f)");
    CHECK("(symbol=? 'a 'b \"c\")", "symbol=?: argument 3: expected symbol, got \"c\"");
    CHECK("(symbol-append 'foo 'bar)", "foobar");
    CHECK("(symbol<? 'a 'b)", "#t");
    CHECK("(eq? (gensym) (gensym))", "#f");
    CHECK("(symbol? (gensym \"x\"))", "#t");
    CHECK("(symbol->string 5)", "symbol->string: argument 1: expected symbol, got 5");
}

static void test_strings(void **state) {
    (void)state;
    CHECK("(string #\\a #\\x3bb)", "\"aλ\"");
    CHECK("(string #\\a 5)", "string: argument 2: expected char, got 5");
    CHECK("(make-string 3 #\\x20ac)", "\"€€€\"");
    CHECK("(string-length \"a\\x3bb;b\")", "3");
    CHECK("(string-ref \"a\\x3bb;b\" 1)", "#\\λ");
    CHECK("(string-ref \"abc\" 3)", "string-ref: argument 2: index 3 is out of range 0 to 2");
    CHECK("(string-ref \"\" 0)", "string-ref: argument 2: index 0 is out of range: it is empty");
    CHECK("(define s (string-copy \"abc\")) (string-set! s 1 #\\x1f600) s", "\"a😀c\"");
    CHECK("(string-set! (string #\\a) 0 5)", "string-set!: argument 3: expected char, got 5");
    CHECK("(substring \"hello\" 1 3)", "\"el\"");
    CHECK("(substring \"hello\" 3 2)", "substring: argument 2: index 3 is out of range 0 to 2");
    CHECK("(string-append \"a\" \"\\x3bb;\" \"\" \"b\")", "\"aλb\"");
    CHECK("(string-append)", "\"\"");
    CHECK("(string-append \"a\" 'b)", "string-append: argument 2: expected string, got b");
    CHECK("(string->list \"a\\x3bb;c\" 1)", "(#\\λ #\\c)");
    CHECK("(list->string '(#\\a #\\x3bb))", "\"aλ\"");
    CHECK("(list->string '(#\\a 5))",
          "list->string: argument 1: expected list of chars, got (#\\a 5)");
    CHECK("(string->vector \"abc\" 1 2)", "#(#\\b)");
    CHECK("(vector->string (vector #\\a #\\b) 1)", "\"b\"");
    CHECK("(vector->string (vector #\\a 1))",
          "vector->string: argument 1: expected vector of chars, got #(#\\a 1)");
    CHECK("(string->utf8 \"a\\x3bb;\")", "#u8(97 206 187)");
    CHECK("(utf8->string (bytevector 97 206 187) 1)", "\"λ\"");
    CHECK("(utf8->string (bytevector 97 206) 0)",
          "utf8->string: invalid UTF-8: byte 0xCE at index 1");
    CHECK("(define s (make-string 4 #\\-)) (string-fill! s #\\x3bb 1 3) s", "\"-λλ-\"");
    CHECK("(define s (string-copy \"abcde\")) (string-copy! s 1 s 0 4) s", "\"aabcd\"");
    CHECK("(define s (string-copy \"abcde\")) (string-copy! s 0 s 1) s", "\"bcdee\"");
    CHECK("(define s (string-copy \"abc\")) (string-copy! s 1 \"\\x3bb;\") s", "\"aλc\"");
    CHECK("(define s (make-string 2 #\\x3bb)) (string-copy! s 1 \"a\") s", "\"λa\"");
    CHECK("(string-copy! (make-string 2) 1 \"abc\")",
          "string-copy!: argument 2: 3 elements do not fit at index 1 of length 2");
    CHECK("(string-length 'a)", "string-length: argument 1: expected string, got a");
    Value v = calls_value("(make-string 281474976710655)");
    assert_true(v == VALUE_FAILURE && rt_is_condition(vm, vm->condition, CONDITION_MEMORY));
}

static void test_literals(void **state) {
    (void)state;
    Value s = rt_string_make_literal(rt_string_from_c(vm, "lit"));
    Value set[] = {s, value_from_fixnum(0), value_from_char('x')};
    Value fill[] = {s, value_from_char('x')};
    Value copy[] = {s, value_from_fixnum(0), rt_string_from_c(vm, "x")};
    assert_true(rt_primitive_call(vm, rt_primitive_find("string-set!"), 3, set) == VALUE_FAILURE);
    assert_string_equal(failure_text(),
                        "string-set!: argument 1: expected mutable string, got \"lit\"");
    assert_true(rt_primitive_call(vm, rt_primitive_find("string-fill!"), 2, fill) == VALUE_FAILURE);
    assert_string_equal(failure_text(),
                        "string-fill!: argument 1: expected mutable string, got \"lit\"");
    assert_true(rt_primitive_call(vm, rt_primitive_find("string-copy!"), 3, copy) == VALUE_FAILURE);
    assert_string_equal(failure_text(),
                        "string-copy!: argument 1: expected mutable string, got \"lit\"");
    assert_string_equal(text_of(s), "lit");
    Value fresh = rt_string_copy(vm, s);
    assert_int_equal(object_flags(value_object(fresh)), 0);
}

static void test_comparison(void **state) {
    (void)state;
    CHECK("(list (string=? \"a\" \"a\" \"a\") (string=? \"a\" \"b\") (string<? \"a\" \"ab\" \"b\") "
          "(string>? \"b\" \"a\"))",
          "(#t #f #t #t)");
    CHECK("(list (string<? \"\\xff;\" \"\\x100;\") (string<? \"z\" \"\\x3bb;\") (string<=? \"\" "
          "\"\") (string>=? \"a\" \"\"))",
          "(#t #t #t #t)");
    CHECK("(string=? \"a\" \"b\" 'c)", "string=?: argument 3: expected string, got c");
    CHECK("(list (string-ci=? \"Stra\\xdf;e\" \"STRASSE\") (string-ci=? \"\\x3a3;\\x3c2;\" "
          "\"\\x3c3;\\x3a3;\") (string-ci=? \"abc\" \"ABD\"))",
          "(#t #t #f)");
    CHECK("(list (string-ci<? \"abc\" \"ABD\") (string-ci<? \"ab\" \"ABC\") (string-ci>? \"B\" "
          "\"a\") (string-ci<=? \"a\" \"A\" \"b\"))",
          "(#t #t #t #t)");
    CHECK("(string-ci=? \"\\x130;\" \"i\")", "#f");
}

static void test_case(void **state) {
    (void)state;
    CHECK("(string-upcase \"hello W\\xf6;rld\")", "\"HELLO WÖRLD\"");
    CHECK("(string-upcase \"stra\\xdf;e\")", "\"STRASSE\"");
    CHECK("(string-upcase \"\\xff;\\xb5;\")", "\"ŸΜ\"");
    CHECK("(string-downcase \"\\x3a7;\\x391;\\x39f;\\x3a3;\")", "\"χαος\"");
    CHECK("(string-downcase \"\\x3a7;\\x391;\\x39f;\\x3a3;\\x3a3;\")", "\"χαοσς\"");
    CHECK("(string-downcase \"\\x3a3;\")", "\"σ\"");
    CHECK("(string-downcase \"\\xc9;COLE \\xd7;\")", "\"école ×\"");
    CHECK("(string-foldcase \"Stra\\xdf;e\\xb5;\")", "\"strasseμ\"");
    CHECK("(string-foldcase \"\\x3c2;\")", "\"σ\"");
    CHECK("(string-upcase \"\")", "\"\"");
    CHECK("(string-upcase \"\\xfb01;\")", "\"FI\"");
    CHECK("(string-upcase 5)", "string-upcase: argument 1: expected string, got 5");
}

static void test_library(void **state) {
    (void)state;
    CHECK("(list (string-index-of \"hello\" \"l\") (string-index-of \"hello\" \"l\" 3) "
          "(string-index-of \"hello\" \"z\") (string-index-of \"\" \"\"))",
          "(2 3 #f 0)");
    CHECK("(string-index-of \"abc\" \"a\" 4)",
          "string-index-of: argument 3: index 4 is out of range 0 to 3");
    CHECK("(list (string-index-of \"a\\x3bb;\\x3bb;b\" \"\\x3bb;b\") (string-index-of "
          "\"a\\x3bb;b\" \"b\") (string-index-of \"ab\" \"\\x3bb;\"))",
          "(2 2 #f)");
    CHECK("(list (string-last-index-of \"abab\" \"ab\") (string-last-index-of \"a\" \"ab\") "
          "(string-last-index-of \"ab\" \"\"))",
          "(2 #f 2)");
    CHECK("(list (string-contains? \"hello\" \"ell\") (string-starts-with? \"hello\" \"he\") "
          "(string-ends-with? \"hello\" \"lo\") (string-ends-with? \"lo\" \"hello\"))",
          "(#t #t #t #f)");
    CHECK("(string-split \"a,b,,c\" \",\")", "(\"a\" \"b\" \"\" \"c\")");
    CHECK("(string-split \"\" \",\")", "(\"\")");
    CHECK("(string-split \"a::b::\" \"::\")", "(\"a\" \"b\" \"\")");
    CHECK("(string-split \"abc\" \"\")", "(\"a\" \"b\" \"c\")");
    CHECK("(string-split \"  a \\x2003;b\\n\")", "(\"a\" \"b\")");
    CHECK("(string-split \"   \")", "()");
    CHECK("(string-join '(\"a\" \"\\x3bb;\" \"c\") \", \")", "\"a, λ, c\"");
    CHECK("(string-join '(\"a\" \"b\"))", "\"a b\"");
    CHECK("(string-join '() \",\")", "\"\"");
    CHECK("(string-join '(\"a\" b) \",\")",
          "string-join: argument 1: expected list of strings, got (\"a\" b)");
    CHECK("(string-replace-all \"a.b.c\" \".\" \"--\")", "\"a--b--c\"");
    CHECK("(string-replace-all \"aaa\" \"aa\" \"b\")", "\"ba\"");
    CHECK("(string-replace-all \"abc\" \"\" \"x\")",
          "string-replace-all: argument 2: expected string that is not empty, got \"\"");
    CHECK("(list (string-trim \" \\x2003;a b\\t\") (string-trim-left \"  a \") (string-trim-right "
          "\" a  \") (string-trim \"   \"))",
          "(\"a b\" \"a \" \" a\" \"\")");
    CHECK("(list (string-pad-left \"7\" 3) (string-pad-left \"1234\" 2) (string-pad-left \"7\" 3 "
          "#\\0) (string-pad-right \"7\" 3 #\\x3bb) (string-pad-right \"1234\" 2))",
          "(\"  7\" \"34\" \"007\" \"7λλ\" \"12\")");
    CHECK("(list (string-repeat \"ab\" 3) (string-repeat \"ab\" 0) (string-repeat \"\" 5) "
          "(string-repeat \"\\x3bb;\" 2))",
          "(\"ababab\" \"\" \"\" \"λλ\")");
    CHECK("(string-reverse \"a\\x3bb;c\")", "\"cλa\"");
    CHECK("(list (string-upper \"a\") (string-lower \"A\"))", "(\"A\" \"a\")");
    Value v = calls_value("(string-repeat \"ab\" 281474976710655)");
    assert_true(v == VALUE_FAILURE && rt_is_condition(vm, vm->condition, CONDITION_MEMORY));
}

static void test_search_against_naive(void **state) {
    (void)state;
    // All short needles in periodic texts over two letters, narrow and wide, found where a plain
    // search finds them.
    for (int wide = 0; wide < 2; wide++)
        for (unsigned pattern = 0; pattern < 64; pattern++)
            for (size_t n = 1; n <= 6; n++) {
                Value text = rt_string_new(vm, 40, wide), needle = rt_string_new(vm, n, wide);
                uint32_t a = wide ? 0x3B1 : 'a', b = wide ? 0x3B2 : 'b';
                for (size_t i = 0; i < 40; i++)
                    string_put(vm, text, i, i % 7 % 3 == 0 ? a : b);
                for (size_t i = 0; i < n; i++)
                    string_put(vm, needle, i, pattern >> i & 1 ? a : b);
                for (size_t from = 0; from <= 40; from += 3) {
                    ptrdiff_t expected = -1;
                    for (size_t at = from; expected < 0 && at + n <= 40; at++) {
                        size_t i = 0;
                        while (i < n && string_char(text, at + i) == string_char(needle, i))
                            i++;
                        if (i == n)
                            expected = (ptrdiff_t)at;
                    }
                    assert_int_equal(rt_string_search(text, from, needle), expected);
                }
            }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_utf8),
        UNIT_TEST(test_widths),
        UNIT_TEST(test_builder),
        UNIT_TEST(test_characters),
        UNIT_TEST(test_symbols),
        UNIT_TEST(test_strings),
        UNIT_TEST(test_literals),
        UNIT_TEST(test_comparison),
        UNIT_TEST(test_case),
        UNIT_TEST(test_library),
        UNIT_TEST(test_search_against_naive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
