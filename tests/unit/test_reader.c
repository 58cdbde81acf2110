// runtime/reader.c, lexer.c: data, positions, errors and their places, incomplete input, depth,
// speed by size.
#include "unit.h"

#include "runtime/printer.h"
#include "runtime/reader.h"
#include "runtime/source.h"
#include <stdio.h>
#include <stdlib.h>

static const char *text_of(Value string) { return rt_string_to_utf8(vm, string, NULL); }

static Value port_of(const char *text, size_t size) {
    Value port = rt_port_from_utf8(vm, text, size);
    assert_true(value_is_port(port));
    return port;
}

// What `write` prints of the first datum, or the condition's text.
static const char *read_as(ReadMode mode, const char *text) {
    Reader reader;
    rt_reader_init(vm, &reader, port_of(text, strlen(text)), mode);
    Value v = rt_read(vm, &reader);
    if (v == VALUE_FAILURE)
        return failure_text();
    return text_of(rt_write_to_string(vm, v, WRITE_WRITE));
}
#define reads(mode, text, expected) assert_string_equal(read_as(mode, text), expected)
#define scheme(text, expected) reads(READ_SCHEME, text, expected)
#define sx(text, expected) reads(READ_SX, text, expected)
#define both(text, expected) (scheme(text, expected), sx(text, expected))

static void test_atoms(void **state) {
    (void)state;
    both("#t", "#t");
    both("#TRUE", "#t");
    both("#false", "#f");
    both("-17", "-17");
    both("123456789012345678901234567890", "123456789012345678901234567890");
    both("#xFF", "255");
    both("#e1.5", "3/2");
    both("+i", "+i");
    both("-inf.0", "-inf.0");
    both("99999999999999", "99999999999999"); // around the fast path's end
    both("999999999999999", "999999999999999");
    both("562949953421312", "562949953421312"); // first that is no fixnum
    both("-", "-");
    both("+", "+");
    both("...", "...");
    both("1+", "1+");
    both("->x", "->x");
    both("-.", "-.");
    both(".foo", ".foo");
    both("a.b", "a.b");
    both("λ", "|λ|");
    both("|a b|", "|a b|");
    both("||", "||");
    both("|a\\x41;\\n|", "|aA\\n|");
    both("|1|", "|1|");
    both("FooBar", "FooBar");
    both("#!fold-case FooÄ", "|fooä|");
    both("#!fold-case #\\SPACE", "#\\space");
    both("#!fold-case #!no-fold-case Foo", "Foo");
    scheme(":a", "|:a|");
    sx(":a", ":a");
    sx(":|a b|", ":|a b|");
    sx(":", ":");
    sx("nil", "nil");
}

static void test_characters(void **state) {
    (void)state;
    both("#\\a", "#\\a");
    both("#\\x", "#\\x");
    both("#\\x41", "#\\A");
    both("#\\(", "#\\(");
    both("(#\\))", "(#\\))");
    both("#\\ ", "#\\space");
    both("#\\null", "#\\null");
    both("#\\x0", "#\\null");
    both("#\\delete", "#\\delete");
    both("#\\λ", "#\\λ");
    both("#\\x1F600", "#\\😀");
    both("#\\x301", "#\\x301");
    both("#\\\n", "#\\newline");
}

static void test_strings(void **state) {
    (void)state;
    both("\"\"", "\"\"");
    both("\"a\\a\\b\\t\\n\\r\\\"\\\\\\|\"", "\"a\\a\\b\\t\\n\\r\\\"\\\\|\"");
    both("\"\\x3bb;\\X41;\"", "\"λA\"");
    both("\"a\\  \n   b\"", "\"ab\"");
    both("\"a\\\r\n\tb\"", "\"ab\"");
    both("\"a\r\nb\rc\nd\"", "\"a\\nb\\nc\\nd\"");
    both("\"ü😀\"", "\"ü😀\"");
    Reader reader;
    rt_reader_init(vm, &reader, port_of("\"a\" #(1)", 8), READ_SX);
    reader.literals = true;
    Value string = rt_read(vm, &reader), vector = rt_read(vm, &reader);
    assert_true(object_flags(value_object(string)) & STRING_LITERAL);
    assert_true(object_flags(value_object(vector)) & VECTOR_LITERAL);
    rt_reader_init(vm, &reader, port_of("\"a\"", 3), READ_SX);
    assert_false(object_flags(value_object(rt_read(vm, &reader))) & STRING_LITERAL);
}

static void test_compound(void **state) {
    (void)state;
    both("(a b . c)", "(a b . c)");
    both("(a . (b . (c)))", "(a b c)");
    both("()", "()");
    both("#()", "#()");
    both("#(1 #(2) (3))", "#(1 #(2) (3))");
    both("#u8(0 255 #x10)", "#u8(0 255 16)");
    both("#U8()", "#u8()");
    both("'a", "'a");
    both("(quote a)", "'a");
    both("`(a ,b ,@c)", "`(a ,b ,@c)");
    both("''a", "''a");
    both("(a'b)", "(a 'b)");
    sx("{:a 1 \"b\" {c 2}}", "{:a 1 \"b\" {c 2}}");
    sx("{}", "{}");
    both("(1;x\n2)", "(1 2)");
    both("(1 #| a #| b |# c |# 2)", "(1 2)");
    both("(1 #;(a b) 2 #; #;3 4 5)", "(1 2 5)");
    both("'#;a b", "'b");
    both("(1 . #;2 3)", "(1 . 3)");
    both("#!/usr/bin/env kiln\nx", "x");
    both("\xEF\xBB\xBFx", "x");
    both("\xC2\xA0x\xE2\x80\xA8", "x"); // white space beyond ASCII
}

static void test_labels(void **state) {
    (void)state;
    both("#0=(a . #0#)", "#0=(a . #0#)");
    both("#3=(#3# #3#)", "#0=(#0# #0#)");
    both("(#0=(1) #0#)", "((1) (1))");
    both("#0=#(1 #0#)", "#0=#(1 #0#)");
    both("#0='#0#", "#0='#0#");
    both("#0=(#1=(#0# #1#))", "#0=(#1=(#0# #1#))");
    both("#0=(#1=#0# #1#)", "#0=(#0# #0#)");
    sx("#0={:self #0#}", "#0={:self #0#}");
    both("#0=#0#", "the label #0= stands for itself (line 1, column 1) in \"string\"");
    both("#0#",
         "#0# refers to a label that was not defined before (line 1, column 1) in \"string\"");
    both("(#0=a #0=b)", "the label #0= was defined before (line 1, column 7) in \"string\"");
    // A label ends with its datum.
    Reader reader;
    rt_reader_init(vm, &reader, port_of("#0=a #0#", 8), READ_SCHEME);
    assert_true(value_is_symbol(rt_read(vm, &reader)));
    assert_true(rt_read(vm, &reader) == VALUE_FAILURE);
}

// ---- errors

// Error of a source text: "LINE:COLUMN message", with "…" before it when more input could complete
// it.
static const char *source_error(const char *text, size_t size) {
    Reader reader;
    rt_reader_init(vm, &reader, port_of(text, size), READ_SX);
    reader.source = rt_source_add(vm, "test", VALUE_FALSE);
    Value v;
    do
        v = rt_read(vm, &reader);
    while (v != VALUE_FAILURE && v != VALUE_EOF);
    if (v == VALUE_EOF)
        return "no error";
    assert_true(rt_is_condition(vm, vm->condition, CONDITION_READ));
    Position position =
        rt_position_from_value(rt_condition_field(vm->condition, CONDITION_FIELD_POSITION));
    assert_int_equal(position_source(position), reader.source);
    static char result[512];
    snprintf(result, sizeof result, "%s%u:%u %s", reader.incomplete ? "…" : "",
             position_line(position), position_column(position), failure_text());
    return result;
}
#define fails(text, expected) assert_string_equal(source_error(text, sizeof text - 1), expected)

static void test_errors(void **state) {
    (void)state;
    fails("(a\n  (b c)", "…1:1 read: the list opened here is never closed");
    fails("(a\n  (b c", "…2:3 read: the list opened here is never closed");
    fails("\n #(a", "…2:2 read: the vector opened here is never closed");
    fails("#u8(1", "…1:1 read: the bytevector opened here is never closed");
    fails("{:a 1", "…1:1 read: the dictionary opened here is never closed");
    fails("(a \"b\nc", "…1:4 read: the string opened here is never closed");
    fails("a |b", "…1:3 read: the symbol opened here is never closed");
    fails("a #| b #| |#", "…1:3 read: the comment opened here is never closed");
    fails("(a '", "…1:4 read: expected a datum after ' before the end of input");
    fails("#;", "…1:1 read: expected a datum after #; before the end of input");
    fails("a\n )", "2:2 read: unexpected ): no bracket is open");
    fails("}", "1:1 read: unexpected }: no bracket is open");
    fails("(a\n}", "2:1 read: expected ) to close the list opened at line 1, column 1, got }");
    fails("{:a (1}", "1:7 read: expected ) to close the list opened at line 1, column 5, got }");
    fails("{:a 1)",
          "1:6 read: expected } to close the dictionary opened at line 1, column 1, got )");
    fails("(a ')", "1:5 read: expected a datum after ', got )");
    fails("(a . )", "1:6 read: expected a datum after the dot, got )");
    fails("( . a)", "1:3 read: expected a datum before the dot");
    fails("(a . b c)", "1:8 read: expected ) after the datum that follows the dot");
    fails("(a . b . c)", "1:8 read: expected ), got a second dot");
    fails("#(a . b)", "1:5 read: unexpected dot: it has a meaning in lists alone");
    fails(" .", "1:2 read: unexpected dot: it has a meaning in lists alone");
    fails("[a]", "1:1 read: unexpected [: square brackets are reserved; use ( and )");
    fails("{:a}", "1:1 read: the dictionary opened here has a key without a value");
    fails("{:a 1 :a 2}", "1:1 read: the dictionary opened here has the key :a twice");
    fails("\"a\\qb\"", "1:3 read: unknown escape \\q in a string");
    fails("\"\\λ\"", "1:2 read: unknown escape \\λ in a string");
    fails("|\\ |", "1:2 read: unknown escape: \\ before character 32 in a symbol");
    fails("\"\\xZ;\"", "1:2 read: expected hexadecimal digits and ; after \\x");
    fails("\"\\x110000;\"", "1:2 read: \\x110000; is not a character");
    fails("\"\\xd800;\"", "1:2 read: \\xd800; is not a character");
    fails("#\\spce", "1:1 read: unknown character name #\\spce; did you mean #\\space?");
    fails("#\\nul", "1:1 read: unknown character name #\\nul; did you mean #\\null?");
    fails("#\\question", "1:1 read: unknown character name #\\question");
    fails("#\\xD800", "1:1 read: #\\xD800 is not a character");
    fails("#foo", "1:1 read: unknown syntax #foo");
    fails("#<procedure car>", "1:1 read: #<… stands for an object that cannot be read");
    fails("#x12G", "1:1 read: expected a number, got #x12G");
    fails("#!foo", "1:1 read: unknown directive #!foo: expected #!fold-case or #!no-fold-case");
    fails("#u8(1 256)", "1:7 read: expected a byte (an exact integer from 0 to 255) in a "
                        "bytevector, got 256");
    fails("a\0b", "1:2 read: unexpected NUL character");
    fails("\"a\0b\"", "1:3 read: unexpected NUL character");
    fails("a \x01", "1:3 read: unexpected control character U+0001");
    fails("λ \xFFz", "1:3 read: invalid UTF-8: byte 0xFF at offset 3");
    fails("\"λ\xC3\"", "1:3 read: invalid UTF-8: byte 0xC3 at offset 3");
    fails("ab\xE2\x82", "1:3 read: invalid UTF-8: byte 0xE2 at offset 2");
    assert_string_equal(read_as(READ_SCHEME, "{a 1}"),
                        "unexpected {: dictionaries belong to SX, not to Scheme (line 1, column 1) "
                        "in \"string\"");
}

// Whatever is wrong, reading on gets to the end.
static void test_progress(void **state) {
    (void)state;
    static const char text[] = "#foo ) } [ #\\qqq \x01 #u8(a) \"\\q\" #0# . \xFF {:a} ,) a";
    Reader reader;
    rt_reader_init(vm, &reader, port_of(text, sizeof text - 1), READ_SX);
    Value v = VALUE_NULL, last = VALUE_NULL;
    int steps = 0;
    for (; v != VALUE_EOF && steps < 100; steps++) {
        v = rt_read(vm, &reader);
        if (v != VALUE_EOF)
            last = v;
    }
    assert_in_range(steps, 10, 40);
    assert_string_equal(text_of(rt_write_to_string(vm, last, WRITE_WRITE)), "a");
}

// ---- positions

static void assert_position(Position p, unsigned line, unsigned column) {
    assert_int_equal(position_line(p), line);
    assert_int_equal(position_column(p), column);
}

static void test_positions(void **state) {
    (void)state;
    static const char text[] = "(aλ\t(b \"x\ny\") 'c\n  . d)";
    Reader reader;
    rt_reader_init(vm, &reader, port_of(text, sizeof text - 1), READ_SX);
    reader.source = rt_source_add(vm, "test", VALUE_FALSE);
    reader.map = rt_source_map_new(vm);
    Value list = rt_read(vm, &reader);
    assert_true(value_is_pair(list));
    assert_position(reader.position, 1, 1);
    assert_position(rt_source_map_pair(reader.map, list), 1, 1);
    assert_position(rt_source_map_car(reader.map, list), 1, 2);
    Value second = value_cdr(list), inner = value_car(second), third = value_cdr(second);
    assert_position(rt_source_map_car(reader.map, second), 1, 5);
    assert_position(rt_source_map_pair(reader.map, inner), 1, 5);
    assert_position(rt_source_map_car(reader.map, value_cdr(inner)), 1, 8);
    assert_position(rt_source_map_car(reader.map, third), 2, 5);
    assert_position(rt_source_map_pair(reader.map, value_car(third)), 2, 5);
    assert_position(rt_source_map_car(reader.map, value_cdr(value_car(third))), 2, 6);
}

// ---- size

static char *repeat(const char *part, size_t count, const char *end, size_t *size) {
    size_t length = strlen(part), last = strlen(end);
    char *text = malloc(length * count + last + 1);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * length, part, length);
    memcpy(text + length * count, end, last + 1);
    *size = length * count + last;
    return text;
}

static void test_depth(void **state) {
    (void)state;
    size_t size;
    char *text = repeat("(", 1000000, "", &size);
    text = realloc(text, 2 * size + 1);
    memset(text + size, ')', size);
    Reader reader;
    rt_reader_init(vm, &reader, port_of(text, 2 * size), READ_SX);
    Value v = rt_read(vm, &reader);
    size_t depth = 0;
    for (; value_is_pair(v); v = value_car(v))
        depth++;
    assert_int_equal(depth, 999999);
    assert_true(v == VALUE_NULL);
    free(text);
    text = repeat("'#(", 300000, "", &size);
    rt_reader_init(vm, &reader, port_of(text, size), READ_SX);
    assert_true(rt_read(vm, &reader) == VALUE_FAILURE);
    assert_true(reader.incomplete);
    free(text);
}

// Tokens that straddle the buffer's end, wherever it falls.
static void test_buffer_boundaries(void **state) {
    (void)state;
    char path[] = "/tmp/kiln-test-reader-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    enum { COUNT = 30000 };
    for (int i = 0; i < COUNT; i++)
        fprintf(file, "(sym%d \"λ%d\\n\" #\\x3bb %d.5)\r\n", i % 7, i, i);
    fclose(file);
    Value port =
        rt_port_open_file(vm, rt_string_from_c(vm, path), PORT_INPUT | PORT_TEXTUAL, false);
    Reader reader;
    rt_reader_init(vm, &reader, port, READ_SCHEME);
    char expected[80];
    for (int i = 0; i < COUNT; i++) {
        Value v = rt_read(vm, &reader);
        assert_true(value_is_pair(v));
        snprintf(expected, sizeof expected, "(sym%d \"λ%d\\n\" #\\λ %d.5)", i % 7, i, i);
        assert_string_equal(text_of(rt_write_to_string(vm, v, WRITE_WRITE)), expected);
    }
    assert_true(rt_read(vm, &reader) == VALUE_EOF);
    assert_true(rt_port_close(vm, port));
    remove(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_atoms),    UNIT_TEST(test_characters),
        UNIT_TEST(test_strings),  UNIT_TEST(test_compound),
        UNIT_TEST(test_labels),   UNIT_TEST(test_errors),
        UNIT_TEST(test_progress), UNIT_TEST(test_positions),
        UNIT_TEST(test_depth),    UNIT_TEST(test_buffer_boundaries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
