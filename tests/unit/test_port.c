// runtime/port.c, port_input.c, io_prims.c, file_prims.c: text and bytes through every kind of
// port, buffer boundaries, positions, closed and wrong ports, failures of the system.
#include "runtime/interrupt.h"
#include "unit.h"

#include "runtime/port_int.h"
#include "runtime/primitive.h"
#include "runtime/record.h"
#include "runtime/vector.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static Value string(const char *text) { return rt_string_from_c(vm, text); }
static const char *text_of(Value v) {
    assert_true(value_is_string(v));
    return rt_string_to_utf8(vm, v, NULL);
}

// Call a primitive by name.
static Value call(const char *name, int argc, const Value *argv) {
    const Primitive *p = rt_primitive_find(name);
    assert_non_null(p);
    return rt_primitive_call(vm, p, argc, argv);
}
#define CALL(name, ...)                                                                            \
    call(name, sizeof((Value[]){__VA_ARGS__}) / sizeof(Value), (Value[]){__VA_ARGS__})
#define FAILS(expected, ...)                                                                       \
    do {                                                                                           \
        assert_true(CALL(__VA_ARGS__) == VALUE_FAILURE);                                           \
        assert_string_equal(failure_text(), expected);                                             \
    } while (0)
#define FIX(n) value_from_fixnum(n)
#define CHAR(c) value_from_char(c)

// A file with these bytes; its path as a string.
static Value file_with(const void *bytes, size_t size) {
    static int counter;
    char path[64];
    snprintf(path, sizeof path, "/tmp/kiln-test-port-%d-%d", (int)getpid(), counter++);
    FILE *file = fopen(path, "w");
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
    return string(path);
}
static Value open_text(const void *bytes, size_t size) {
    Value path = file_with(bytes, size), port = CALL("open-input-file", path);
    assert_true(value_is_port(port));
    unlink(text_of(path));
    return port;
}

// ---- characters

static void test_characters(void **state) {
    (void)state;
    static const char text[] = "aλ\n∀😀";
    Value ports[] = {CALL("open-input-string", string(text)), open_text(text, sizeof text - 1)};
    for (int i = 0; i < 2; i++) {
        Value p = ports[i];
        assert_true(CALL("peek-char", p) == CHAR('a'));
        assert_true(CALL("read-char", p) == CHAR('a'));
        assert_true(CALL("read-char", p) == CHAR(0x3BB));
        assert_int_equal(value_port(p)->column, 3);
        assert_true(CALL("char-ready?", p) == VALUE_TRUE);
        assert_true(CALL("read-char", p) == CHAR('\n'));
        assert_int_equal(value_port(p)->line, 2);
        assert_int_equal(value_port(p)->column, 1);
        assert_true(CALL("read-char", p) == CHAR(0x2200));
        assert_true(CALL("peek-char", p) == CHAR(0x1F600));
        assert_true(CALL("read-char", p) == CHAR(0x1F600));
        assert_true(CALL("char-ready?", p) == VALUE_TRUE);
        assert_true(CALL("peek-char", p) == VALUE_EOF);
        assert_true(CALL("read-char", p) == VALUE_EOF);
        assert_true(CALL("read-char", p) == VALUE_EOF);
        assert_true(CALL("close-port", p) == VALUE_UNSPECIFIED);
    }
}

static void test_byte_order_mark(void **state) {
    (void)state;
    Value p = open_text("\xEF\xBB\xBF\xEF\xBB\xBFx", 7);
    assert_true(CALL("read-char", p) == CHAR(0xFEFF)); // only the first one is a mark
    assert_true(CALL("read-char", p) == CHAR('x'));
    p = open_text("\xEF\xBB\xBF", 3);
    assert_true(CALL("read-char", p) == VALUE_EOF);
    p = open_text("\xEF\xBB", 2);
    assert_true(CALL("read-char", p) == VALUE_FAILURE);
    assert_non_null(strstr(failure_text(), "invalid UTF-8: byte 0xEF at offset 0 of"));
    Value s = rt_string_from_utf8(vm, "\xEF\xBB\xBFy", 4);
    assert_true(CALL("read-char", CALL("open-input-string", s)) == CHAR(0xFEFF));
}

// Each character of the text lies across the buffer's end for some length of the prefix.
static void test_buffer_boundaries(void **state) {
    (void)state;
    enum { BUFFER = 65536 };
    static const char tail[] = "aλ∀😀\nz";
    char *bytes = malloc(BUFFER + sizeof tail);
    for (size_t prefix = BUFFER - sizeof tail; prefix <= BUFFER; prefix++) {
        memset(bytes, 'x', prefix);
        memcpy(bytes + prefix, tail, sizeof tail);
        size_t size = prefix + sizeof tail - 1;
        Value p = open_text(bytes, size);
        Value line = CALL("read-line", p);
        assert_int_equal(string_length(line), prefix + 4);
        assert_int_equal(string_char(line, prefix + 3), 0x1F600);
        assert_string_equal(text_of(CALL("read-line", p)), "z");
        assert_true(CALL("read-line", p) == VALUE_EOF);
        p = open_text(bytes, size);
        for (size_t i = 0; i < prefix; i++)
            assert_true(rt_port_read_char(vm, p) == 'x');
        assert_string_equal(text_of(CALL("read-string", FIX(100), p)), tail);
        assert_true(CALL("read-string", FIX(1), p) == VALUE_EOF);
        CALL("close-port", p);
    }
    free(bytes);
}

static void test_invalid_utf8(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t at;
        const char *byte;
    } cases[] = {
        {"ab\xFF", 2, "0xFF"},           {"\xC0\x80", 0, "0xC0"}, {"a\xED\xA0\x80", 1, "0xED"},
        {"\xF4\x90\x80\x80", 0, "0xF4"}, {"\xE2\x82", 0, "0xE2"}, {"é\x80", 2, "0x80"},
        {"\xF0\x9F\x98", 0, "0xF0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char expected[100];
        snprintf(expected, sizeof expected, "invalid UTF-8: byte %s at offset %zu of",
                 cases[i].byte, cases[i].at);
        for (int how = 0; how < 3; how++) {
            Value p = open_text(cases[i].bytes, strlen(cases[i].bytes)), v;
            if (how == 0)
                while ((v = CALL("read-char", p)) != VALUE_FAILURE)
                    assert_true(value_is_char(v));
            else
                v = how == 1 ? CALL("read-line", p) : CALL("read-string", FIX(10), p);
            assert_true(v == VALUE_FAILURE);
            assert_true(rt_is_condition(vm, vm->condition, CONDITION_ENCODING));
            assert_non_null(strstr(failure_text(), expected));
        }
    }
    // Reading goes on behind the invalid bytes.
    Value p = open_text("a\xFFz", 3);
    assert_true(CALL("read-char", p) == CHAR('a'));
    assert_true(CALL("read-char", p) == VALUE_FAILURE);
    assert_true(CALL("read-char", p) == CHAR('z'));
}

static void test_lines(void **state) {
    (void)state;
    static const char text[] = "one\r\ntwo\rthree\n\n\r\nlast";
    static const char *const lines[] = {"one", "two", "three", "", "", "last"};
    Value ports[] = {CALL("open-input-string", string(text)), open_text(text, sizeof text - 1)};
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 6; j++)
            assert_string_equal(text_of(CALL("read-line", ports[i])), lines[j]);
        assert_int_equal(value_port(ports[i])->line, 6);
        assert_true(CALL("read-line", ports[i]) == VALUE_EOF);
    }
    // CR at the end of what a pipe has delivered so far: the line comes at once, and an LF that
    // follows belongs to it.
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    Value p = rt_port_from_fd(vm, ends[0], PORT_INPUT | PORT_TEXTUAL, string("pipe"));
    assert_true(CALL("char-ready?", p) == VALUE_FALSE);
    assert_int_equal(write(ends[1], "abc\r", 4), 4);
    assert_string_equal(text_of(CALL("read-line", p)), "abc");
    assert_int_equal(write(ends[1], "\n", 1), 1);
    assert_true(CALL("char-ready?", p) == VALUE_FALSE);
    assert_int_equal(write(ends[1], "de\xCE", 3), 3);
    assert_true(CALL("read-char", p) == CHAR('d'));
    assert_true(CALL("read-char", p) == CHAR('e'));
    assert_true(CALL("char-ready?", p) == VALUE_FALSE); // half a character
    assert_int_equal(write(ends[1], "\xBB", 1), 1);
    assert_true(CALL("char-ready?", p) == VALUE_TRUE);
    close(ends[1]);
    assert_string_equal(text_of(CALL("read-line", p)), "λ");
    assert_true(CALL("read-line", p) == VALUE_EOF);
}

// ---- bytes

static void test_bytes(void **state) {
    (void)state;
    static const uint8_t bytes[] = {0, 255, 10, 206};
    Value v = rt_bytevector_from_bytes(vm, bytes, 4), p = CALL("open-input-bytevector", v);
    assert_true(CALL("peek-u8", p) == FIX(0));
    assert_true(CALL("read-u8", p) == FIX(0));
    assert_true(CALL("u8-ready?", p) == VALUE_TRUE);
    Value rest = CALL("read-bytevector", FIX(INT64_C(1) << 40), p);
    assert_int_equal(bytevector_length(rest), 3);
    assert_memory_equal(value_bytevector(rest)->byte, bytes + 1, 3);
    assert_true(CALL("read-u8", p) == VALUE_EOF);
    assert_true(CALL("read-bytevector", FIX(1), p) == VALUE_EOF);
    assert_int_equal(bytevector_length(CALL("read-bytevector", FIX(0), p)), 0);
    Value into = rt_bytevector_new(vm, 6);
    memset(value_bytevector(into)->byte, 9, 6);
    p = CALL("open-input-bytevector", v);
    assert_true(CALL("read-bytevector!", into, p, FIX(1), FIX(3)) == FIX(2));
    assert_true(CALL("read-bytevector!", into, p, FIX(4)) == FIX(2));
    static const uint8_t expected[] = {9, 0, 255, 9, 10, 206};
    assert_memory_equal(value_bytevector(into)->byte, expected, 6);
    assert_true(CALL("read-bytevector!", into, p) == VALUE_EOF);
    FAILS("read-bytevector!: argument 3: index 7 is out of range 0 to 6", "read-bytevector!", into,
          p, FIX(7));
}

// ---- output

static void test_string_output(void **state) {
    (void)state;
    Value p = CALL("open-output-string");
    assert_string_equal(text_of(CALL("get-output-string", p)), "");
    CALL("write-char", CHAR(0x3BB), p);
    CALL("write-string", string("abcdef"), p, FIX(2), FIX(4));
    CALL("newline", p);
    CALL("fresh-line", p);
    CALL("write", string("x\n"), p);
    CALL("display", string("y"), p);
    CALL("fresh-line", p);
    assert_string_equal(text_of(CALL("get-output-string", p)), "λcd\n\"x\\n\"y\n");
    CALL("close-port", p);
    assert_string_equal(text_of(CALL("get-output-string", p)), "λcd\n\"x\\n\"y\n");
    Value b = CALL("open-output-bytevector");
    for (int i = 0; i < 1000; i++)
        CALL("write-u8", FIX(i % 256), b);
    CALL("write-bytevector", CALL("get-output-bytevector", b), b, FIX(998));
    Value v = CALL("get-output-bytevector", b);
    assert_int_equal(bytevector_length(v), 1002);
    assert_int_equal(value_bytevector(v)->byte[1001], 999 % 256);
}

static void test_file_round_trip(void **state) {
    (void)state;
    Value path = file_with("old", 3), p = CALL("open-output-file", path);
    enum { COUNT = 50000 };
    for (int i = 0; i < COUNT; i++) {
        CALL("write-string", string("λine∀😀"), p);
        CALL("write-char", CHAR('\n'), p);
    }
    assert_true(CALL("close-port", p) == VALUE_UNSPECIFIED);
    p = CALL("open-output-file/append", path);
    CALL("display", FIX(-17), p);
    CALL("close-port", p);
    p = CALL("open-input-file", path);
    for (int i = 0; i < COUNT; i++)
        assert_string_equal(text_of(CALL("read-line", p)), "λine∀😀");
    assert_string_equal(text_of(CALL("read-line", p)), "-17");
    assert_true(CALL("read-line", p) == VALUE_EOF);
    assert_true(CALL("file-size", path) == FIX(COUNT * 13 + 3));
    CALL("close-port", p);
    assert_true(CALL("delete-file", path) == VALUE_UNSPECIFIED);
    assert_true(CALL("file-exists?", path) == VALUE_FALSE);
}

// ---- wrong ports

static void test_wrong_ports(void **state) {
    (void)state;
    Value in = CALL("open-input-string", string("x")), out = CALL("open-output-string");
    Value bytes = CALL("open-output-bytevector");
    FAILS("read-char: argument 1: expected textual input port, got 5", "read-char", FIX(5));
    FAILS("read-char: argument 1: expected textual input port, got "
          "#<textual-output-port string>",
          "read-char", out);
    FAILS("write: argument 2: expected textual output port, got #<textual-input-port string>",
          "write", FIX(1), in);
    FAILS("write-char: argument 2: expected textual output port, got "
          "#<binary-output-port bytevector>",
          "write-char", CHAR('a'), bytes);
    FAILS("write-u8: argument 2: expected binary output port, got #<textual-output-port string>",
          "write-u8", FIX(1), out);
    FAILS("write-u8: argument 1: expected byte, got 256", "write-u8", FIX(256), bytes);
    FAILS("close-input-port: argument 1: expected input port, got #<textual-output-port string>",
          "close-input-port", out);
    FAILS("get-output-string: argument 1: expected string output port, got "
          "#<binary-output-port bytevector>",
          "get-output-string", bytes);
    CALL("close-port", in);
    CALL("close-port", in);
    assert_true(CALL("input-port-open?", in) == VALUE_FALSE);
    FAILS("read-char: argument 1: the port is closed: #<closed-textual-input-port string>",
          "read-char", in);
    FAILS("read: argument 1: the port is closed: #<closed-textual-input-port string>", "read", in);
    CALL("close-output-port", out);
    FAILS("display: argument 2: the port is closed: #<closed-textual-output-port string>",
          "display", FIX(1), out);
    FAILS("flush-output-port: argument 1: expected output port, got a", "flush-output-port",
          CALL("string->symbol", string("a")));
    // The current port is whatever parameterize says.
    Value box = rt_box(vm, bytes), binding = rt_cons(vm, vm->ports->output, box);
    Value old = vm->dynamic;
    vm->dynamic = rt_vector_new(vm, 3, VALUE_NULL);
    rt_heap_store(&value_vector(vm->dynamic)->item[1], rt_cons(vm, binding, VALUE_NULL));
    FAILS("display: expected a textual output port as current port, got "
          "#<binary-output-port bytevector>",
          "display", FIX(1));
    rt_heap_store(&value_box(box)->value, CALL("open-output-string"));
    assert_true(CALL("display", FIX(12)) == VALUE_UNSPECIFIED);
    vm->dynamic = old;
    assert_string_equal(text_of(CALL("get-output-string", value_box(box)->value)), "12");
}

// ---- failures of the system

static void test_open_failures(void **state) {
    (void)state;
    FAILS("open-input-file: cannot open: No such file or directory: \"/no/such/file\"",
          "open-input-file", string("/no/such/file"));
    assert_true(rt_is_condition(vm, vm->condition, CONDITION_FILE));
    FAILS("open-input-file: cannot open: Is a directory: \"/tmp\"", "open-input-file",
          string("/tmp"));
    FAILS("open-output-file: cannot open for output: Is a directory: \"/tmp\"", "open-output-file",
          string("/tmp"));
    FAILS("delete-file: cannot delete: No such file or directory: \"/no/such\"", "delete-file",
          string("/no/such"));
    Value nul = rt_string_from_utf8(vm, "a\0b", 3);
    FAILS("open-input-file: cannot open: Invalid argument: \"a\\x0;b\"", "open-input-file", nul);
    FAILS("open-input-file: argument 1: expected string, got 5", "open-input-file", FIX(5));
}

static void test_no_space(void **state) {
    (void)state;
    Value p = CALL("open-output-file", string("/dev/full"));
    assert_true(CALL("write-string", string("lost"), p) == VALUE_UNSPECIFIED); // buffered
    FAILS("flush-output-port: cannot write: No space left on device: \"/dev/full\"",
          "flush-output-port", p);
    assert_true(rt_is_condition(vm, vm->condition, CONDITION_IO));
    FAILS("close-port: cannot write: No space left on device: \"/dev/full\"", "close-port", p);
    assert_true(CALL("output-port-open?", p) == VALUE_FALSE);
    // A write larger than the buffer meets the failure itself.
    p = CALL("open-output-file", string("/dev/full"));
    FAILS("write-string: cannot write: No space left on device: \"/dev/full\"", "write-string",
          CALL("make-string", FIX(100000), CHAR('x')), p);
    // At the end of the program it is reported once more.
    assert_int_equal(rt_ports_flush_all(vm), 1);
    FAILS("close-port: cannot write: No space left on device: \"/dev/full\"", "close-port", p);
    assert_int_equal(rt_ports_flush_all(vm), 0);
}

static void test_closed_pipe(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    Value p = rt_port_from_fd(vm, ends[1], PORT_OUTPUT | PORT_TEXTUAL, string("pipe"));
    close(ends[0]);
    CALL("write-string", string("x"), p);
    FAILS("flush-output-port: cannot write: Broken pipe: \"pipe\"", "flush-output-port", p);
    assert_int_equal(rt_ports_flush_all(vm), 1);
}

// A full pipe whose descriptor does not block: the port waits for the reader.
static void test_non_blocking(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    pid_t child = fork();
    if (child == 0) {
        char byte;
        size_t count = 0;
        close(ends[1]);
        usleep(20000);
        while (read(ends[0], &byte, 1) == 1)
            count++;
        _exit(count == 200000 ? 0 : 1);
    }
    close(ends[0]);
    Value p = rt_port_from_fd(vm, ends[1], PORT_OUTPUT | PORT_TEXTUAL, string("pipe"));
    assert_true(CALL("write-string", CALL("make-string", FIX(200000), CHAR('x')), p) ==
                VALUE_UNSPECIFIED);
    assert_true(CALL("close-port", p) == VALUE_UNSPECIFIED);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void test_interrupt(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    // What a handler of SIGINT does: set the bit; the system call then answers EINTR.
    assert_int_equal(rt_port_retry(vm, ends[0], POLLIN, EINTR), 0);
    rt_interrupt_set(vm, INTERRUPT_USER);
    assert_int_equal(rt_port_retry(vm, ends[0], POLLIN, EINTR), EINTR);
    rt_port_fail(vm, "read", string("pipe"), EINTR);
    assert_true(rt_is_condition(vm, vm->condition, CONDITION_INTERRUPT));
    assert_int_equal(atomic_load(&vm->interrupts), 0);
    close(ends[0]);
    close(ends[1]);
}

// ---- leaked ports

// Ports that were dropped are written out and closed, at the latest when descriptors run short.
[[gnu::noinline]] static void leak(Value path) {
    Value p = CALL("open-output-file", path);
    assert_true(value_is_port(p));
    CALL("write-string", string("kept"), p);
}

static void test_leaked_ports(void **state) {
    (void)state;
    struct rlimit old, low;
    getrlimit(RLIMIT_NOFILE, &old);
    low = old;
    low.rlim_cur = 64;
    setrlimit(RLIMIT_NOFILE, &low);
    Value path = file_with("", 0);
    for (int i = 0; i < 500; i++)
        leak(path);
    setrlimit(RLIMIT_NOFILE, &old);
    assert_int_equal(rt_ports_flush_all(vm), 0);
    Value p = CALL("open-input-file", path);
    assert_string_equal(text_of(CALL("read-line", p)), "kept");
    CALL("close-port", p);
    CALL("delete-file", path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_characters),
        UNIT_TEST(test_byte_order_mark),
        UNIT_TEST(test_buffer_boundaries),
        UNIT_TEST(test_invalid_utf8),
        UNIT_TEST(test_lines),
        UNIT_TEST(test_bytes),
        UNIT_TEST(test_string_output),
        UNIT_TEST(test_file_round_trip),
        UNIT_TEST(test_wrong_ports),
        UNIT_TEST(test_open_failures),
        UNIT_TEST(test_no_space),
        UNIT_TEST(test_closed_pipe),
        UNIT_TEST(test_non_blocking),
        UNIT_TEST(test_interrupt),
        UNIT_TEST(test_leaked_ports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
