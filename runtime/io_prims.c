// Primitives on ports (primitives/io.def): R7RS 6.13 as far as no procedure of the program is
// called.
//
// Every one of them checks its port's direction, kind and that it is open, and settles an output
// port at its end, so that a terminal shows complete lines at once.
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/port.h"
#include "runtime/primitive.h"
#include "runtime/printer.h"
#include "runtime/range.h"
#include "runtime/reader.h"
#include "runtime/string.h"
#include "runtime/vector.h"

// ---- arguments

// What a message calls a port with these flags.
static const char *kind_name(unsigned flags) {
    bool textual = flags & PORT_TEXTUAL;
    if (flags & PORT_INPUT)
        return textual ? "textual input port" : "binary input port";
    return textual ? "textual output port" : "binary output port";
}

// Is v an open port of direction and kind `flags`? argument 0: it is the current port.
static bool check_port(VM *vm, Value v, unsigned flags, int argument) {
    enum { KIND = PORT_INPUT | PORT_OUTPUT | PORT_TEXTUAL };
    if (__builtin_expect(
            value_is_port(v) && (port_flags(v) & (KIND | PORT_OPEN)) == (flags | PORT_OPEN), 1))
        return true;
    bool closed = value_is_port(v) && (port_flags(v) & KIND) == flags;
    if (argument == 0)
        rt_fail(vm, closed ? CONDITION_IO : CONDITION_TYPE, rt_cons(vm, v, VALUE_NULL),
                closed ? "the current port is closed:" : "expected a %s as current port, got",
                kind_name(flags));
    else if (closed)
        rt_fail(vm, CONDITION_IO, rt_cons(vm, v, VALUE_NULL),
                "argument %d: the port is closed:", argument);
    else
        rt_fail_type(vm, argument, kind_name(flags), v);
    return false;
}

// The optional port argument argv[at]; the current port when it is not given.
static bool port_argument(VM *vm, int argc, const Value *argv, int at, unsigned flags,
                          Value *port) {
    bool given = argc > at && argv[at] != VALUE_DEFAULT;
    if (given)
        *port = argv[at];
    else
        *port = flags & PORT_INPUT ? rt_port_current_input(vm) : rt_port_current_output(vm);
    return check_port(vm, *port, flags, given ? at + 1 : 0);
}

enum {
    TEXT_IN = PORT_INPUT | PORT_TEXTUAL,
    TEXT_OUT = PORT_OUTPUT | PORT_TEXTUAL,
    BYTES_IN = PORT_INPUT,
    BYTES_OUT = PORT_OUTPUT,
};

static Value done(VM *vm, Value port, bool good) {
    return good && rt_port_settle(vm, port) ? VALUE_UNSPECIFIED : VALUE_FAILURE;
}

// ---- what a port is

static bool has_flags(Value v, unsigned flags) {
    return value_is_port(v) && (port_flags(v) & flags) == flags;
}

Value rt_prim_is_port(VM *vm, Value v) { return value_from_bool(value_is_port(v)); }
Value rt_prim_is_input_port(VM *vm, Value v) { return value_from_bool(has_flags(v, PORT_INPUT)); }
Value rt_prim_is_output_port(VM *vm, Value v) { return value_from_bool(has_flags(v, PORT_OUTPUT)); }
Value rt_prim_is_textual_port(VM *vm, Value v) {
    return value_from_bool(has_flags(v, PORT_TEXTUAL));
}
Value rt_prim_is_binary_port(VM *vm, Value v) {
    return value_from_bool(value_is_port(v) && !has_flags(v, PORT_TEXTUAL));
}

static Value is_open(VM *vm, Value v, unsigned direction, const char *expected) {
    if (!has_flags(v, direction))
        return rt_fail_type(vm, 1, expected, v);
    return value_from_bool(port_is_open(v));
}
Value rt_prim_is_input_port_open(VM *vm, Value v) {
    return is_open(vm, v, PORT_INPUT, "input port");
}
Value rt_prim_is_output_port_open(VM *vm, Value v) {
    return is_open(vm, v, PORT_OUTPUT, "output port");
}

Value rt_prim_eof_object(VM *vm) { return VALUE_EOF; }
Value rt_prim_is_eof_object(VM *vm, Value v) { return value_from_bool(v == VALUE_EOF); }

// The value of a port parameter: converters of current-input-port and current-output-port.
static Value as_port(VM *vm, Value v, unsigned direction, const char *expected) {
    return has_flags(v, direction) ? v : rt_fail_type(vm, 1, expected, v);
}
Value rt_prim_as_input_port(VM *vm, Value v) { return as_port(vm, v, PORT_INPUT, "input port"); }
Value rt_prim_as_output_port(VM *vm, Value v) { return as_port(vm, v, PORT_OUTPUT, "output port"); }

Value rt_prim_port_parameter(VM *vm, Value which) {
    const PortState *s = vm->ports;
    size_t i;
    if (!rt_index(vm, 1, which, 3, &i))
        return VALUE_FAILURE;
    return i == 0 ? s->input : i == 1 ? s->output : s->error;
}

Value rt_prim_port_name(VM *vm, Value v) {
    if (!value_is_port(v))
        return rt_fail_type(vm, 1, "port", v);
    return rt_string_copy(vm, value_port(v)->name);
}

Value rt_prim_port_position(VM *vm, Value v) {
    if (!has_flags(v, TEXT_IN))
        return rt_fail_type(vm, 1, kind_name(TEXT_IN), v);
    const Port *p = value_port(v);
    return rt_cons(vm, value_from_fixnum(p->line), value_from_fixnum(p->column));
}

// ---- closing

static Value close_checked(VM *vm, Value v, unsigned direction, const char *expected) {
    if (!has_flags(v, direction))
        return rt_fail_type(vm, 1, expected, v);
    return rt_port_close(vm, v) ? VALUE_UNSPECIFIED : VALUE_FAILURE;
}
Value rt_prim_close_port(VM *vm, Value v) { return close_checked(vm, v, 0, "port"); }
Value rt_prim_close_input_port(VM *vm, Value v) {
    return close_checked(vm, v, PORT_INPUT, "input port");
}
Value rt_prim_close_output_port(VM *vm, Value v) {
    return close_checked(vm, v, PORT_OUTPUT, "output port");
}

// ---- opening

static Value open_file(VM *vm, Value path, unsigned flags, bool append) {
    if (!value_is_string(path))
        return rt_fail_type(vm, 1, "string", path);
    return rt_port_open_file(vm, path, flags, append);
}
Value rt_prim_open_input_file(VM *vm, Value path) { return open_file(vm, path, TEXT_IN, false); }
Value rt_prim_open_output_file(VM *vm, Value path) { return open_file(vm, path, TEXT_OUT, false); }
Value rt_prim_open_output_file_append(VM *vm, Value path) {
    return open_file(vm, path, TEXT_OUT, true);
}
Value rt_prim_open_binary_input_file(VM *vm, Value path) {
    return open_file(vm, path, BYTES_IN, false);
}
Value rt_prim_open_binary_output_file(VM *vm, Value path) {
    return open_file(vm, path, BYTES_OUT, false);
}
Value rt_prim_open_binary_output_file_append(VM *vm, Value path) {
    return open_file(vm, path, BYTES_OUT, true);
}

Value rt_prim_open_input_string(VM *vm, Value string) {
    if (!value_is_string(string))
        return rt_fail_type(vm, 1, "string", string);
    return rt_port_from_string(vm, string);
}
Value rt_prim_open_output_string(VM *vm) { return rt_port_new_output_string(vm); }
Value rt_prim_open_input_bytevector(VM *vm, Value v) {
    if (!value_is_bytevector(v))
        return rt_fail_type(vm, 1, "bytevector", v);
    return rt_port_from_bytes(vm, value_bytevector(v)->byte, bytevector_length(v));
}
Value rt_prim_open_output_bytevector(VM *vm) { return rt_port_new_output_bytevector(vm); }

// What a memory port collected; it may be closed.
static Value collected(VM *vm, Value v, unsigned flags, const char *expected) {
    enum { KIND = PORT_OUTPUT | PORT_TEXTUAL };
    if (!value_is_port(v) || (port_flags(v) & KIND) != flags || value_port(v)->fd >= 0)
        return rt_fail_type(vm, 1, expected, v);
    return rt_port_collected(vm, v);
}
Value rt_prim_get_output_string(VM *vm, Value v) {
    return collected(vm, v, TEXT_OUT, "string output port");
}
Value rt_prim_get_output_bytevector(VM *vm, Value v) {
    return collected(vm, v, BYTES_OUT, "bytevector output port");
}

// ---- textual input

static Value char_result(int32_t c) {
    if (__builtin_expect(c >= 0, 1))
        return value_from_char((uint32_t)c);
    return c == PORT_EOF ? VALUE_EOF : VALUE_FAILURE;
}

Value rt_prim_read_char(VM *vm, int argc, const Value *argv) {
    Value port;
    if (!port_argument(vm, argc, argv, 0, TEXT_IN, &port))
        return VALUE_FAILURE;
    return char_result(rt_port_read_char(vm, port));
}

Value rt_prim_peek_char(VM *vm, int argc, const Value *argv) {
    Value port;
    if (!port_argument(vm, argc, argv, 0, TEXT_IN, &port))
        return VALUE_FAILURE;
    return char_result(rt_port_peek_char(vm, port));
}

Value rt_prim_read_line(VM *vm, int argc, const Value *argv) {
    Value port;
    if (!port_argument(vm, argc, argv, 0, TEXT_IN, &port))
        return VALUE_FAILURE;
    return rt_port_read_line(vm, port);
}

Value rt_prim_read_string(VM *vm, int argc, const Value *argv) {
    Value port;
    size_t count;
    if (!rt_count(vm, 1, argv[0], &count))
        return VALUE_FAILURE;
    if (!port_argument(vm, argc, argv, 1, TEXT_IN, &port))
        return VALUE_FAILURE;
    return rt_port_read_string(vm, port, count);
}

static Value ready_result(PortReady ready) {
    return ready == PORT_READY_FAILED ? VALUE_FAILURE : value_from_bool(ready == PORT_READY_YES);
}

Value rt_prim_is_char_ready(VM *vm, int argc, const Value *argv) {
    Value port;
    if (!port_argument(vm, argc, argv, 0, TEXT_IN, &port))
        return VALUE_FAILURE;
    return ready_result(rt_port_ready(vm, port, true));
}

static Value read_datum(VM *vm, int argc, const Value *argv, ReadMode mode) {
    Value port;
    if (!port_argument(vm, argc, argv, 0, TEXT_IN, &port))
        return VALUE_FAILURE;
    Reader reader;
    rt_reader_init(vm, &reader, port, mode);
    return rt_read(vm, &reader);
}
Value rt_prim_read(VM *vm, int argc, const Value *argv) {
    return read_datum(vm, argc, argv, READ_SCHEME);
}
Value rt_prim_read_sx(VM *vm, int argc, const Value *argv) {
    return read_datum(vm, argc, argv, READ_SX);
}

// ---- binary input

Value rt_prim_read_u8(VM *vm, int argc, const Value *argv) {
    Value port;
    if (!port_argument(vm, argc, argv, 0, BYTES_IN, &port))
        return VALUE_FAILURE;
    int32_t byte = rt_port_read_byte(vm, port);
    if (byte >= 0)
        return value_from_fixnum(byte);
    return byte == PORT_EOF ? VALUE_EOF : VALUE_FAILURE;
}

Value rt_prim_peek_u8(VM *vm, int argc, const Value *argv) {
    Value port;
    if (!port_argument(vm, argc, argv, 0, BYTES_IN, &port))
        return VALUE_FAILURE;
    int32_t byte = rt_port_peek_byte(vm, port);
    if (byte >= 0)
        return value_from_fixnum(byte);
    return byte == PORT_EOF ? VALUE_EOF : VALUE_FAILURE;
}

Value rt_prim_is_u8_ready(VM *vm, int argc, const Value *argv) {
    Value port;
    if (!port_argument(vm, argc, argv, 0, BYTES_IN, &port))
        return VALUE_FAILURE;
    return ready_result(rt_port_ready(vm, port, false));
}

Value rt_prim_read_bytevector(VM *vm, int argc, const Value *argv) {
    Value port;
    size_t count;
    if (!rt_count(vm, 1, argv[0], &count))
        return VALUE_FAILURE;
    if (!port_argument(vm, argc, argv, 1, BYTES_IN, &port))
        return VALUE_FAILURE;
    if (count == 0)
        return rt_bytevector_new(vm, 0);
    // The count may be far beyond what is there: memory grows with what arrives.
    size_t capacity = count < 65536 ? count : 65536, total = 0, got;
    uint8_t *bytes = rt_raw_new_atomic(vm, capacity);
    for (;;) {
        if (!rt_port_read_bytes(vm, port, bytes + total, capacity - total, &got))
            return VALUE_FAILURE;
        total += got;
        if (total < capacity || total == count)
            break;
        size_t larger = capacity > count / 2 ? count : 2 * capacity;
        if (!rt_heap_reserve(vm, larger, 1))
            return VALUE_FAILURE;
        uint8_t *moved = rt_raw_new_atomic(vm, larger);
        memcpy(moved, bytes, total);
        bytes = moved;
        capacity = larger;
    }
    return total ? rt_bytevector_from_bytes(vm, bytes, total) : VALUE_EOF;
}

Value rt_prim_read_bytevector_into(VM *vm, int argc, const Value *argv) {
    Value port;
    if (!value_is_bytevector(argv[0]))
        return rt_fail_type(vm, 1, "bytevector", argv[0]);
    if (!port_argument(vm, argc, argv, 1, BYTES_IN, &port))
        return VALUE_FAILURE;
    size_t start, end, got;
    if (!rt_range(vm, argc, argv, 2, bytevector_length(argv[0]), &start, &end))
        return VALUE_FAILURE;
    if (start == end)
        return value_from_fixnum(0);
    uint8_t *bytes = value_bytevector(argv[0])->byte;
    if (!rt_port_read_bytes(vm, port, bytes + start, end - start, &got))
        return VALUE_FAILURE;
    return got ? value_from_fixnum((int64_t)got) : VALUE_EOF;
}

// ---- output

static Value write_datum(VM *vm, int argc, const Value *argv, WriteMode mode) {
    Value port;
    if (!port_argument(vm, argc, argv, 1, TEXT_OUT, &port))
        return VALUE_FAILURE;
    return done(vm, port, rt_write(vm, argv[0], port, mode));
}
Value rt_prim_write(VM *vm, int argc, const Value *argv) {
    return write_datum(vm, argc, argv, WRITE_WRITE);
}
Value rt_prim_write_shared(VM *vm, int argc, const Value *argv) {
    return write_datum(vm, argc, argv, WRITE_SHARED);
}
Value rt_prim_write_simple(VM *vm, int argc, const Value *argv) {
    return write_datum(vm, argc, argv, WRITE_SIMPLE);
}
Value rt_prim_display(VM *vm, int argc, const Value *argv) {
    return write_datum(vm, argc, argv, WRITE_DISPLAY);
}

Value rt_prim_display_to_string(VM *vm, Value v) {
    return rt_write_to_string(vm, v, WRITE_DISPLAY);
}
Value rt_prim_write_to_string(VM *vm, Value v) { return rt_write_to_string(vm, v, WRITE_WRITE); }
Value rt_prim_write_readable(VM *vm, Value v, Value limit) {
    bool readable;
    size_t most;
    if (!rt_count(vm, 2, limit, &most))
        return VALUE_FAILURE;
    Value text = rt_write_readable(vm, v, most, &readable);
    return value_is_string(text) ? rt_cons(vm, text, value_from_bool(readable)) : text;
}
Value rt_prim_write_limited(VM *vm, Value v, Value limit) {
    size_t characters;
    if (!rt_index(vm, 2, limit, 1 << 20, &characters))
        return VALUE_FAILURE;
    return rt_write_limited(vm, v, characters);
}

Value rt_prim_newline(VM *vm, int argc, const Value *argv) {
    Value port;
    if (!port_argument(vm, argc, argv, 0, TEXT_OUT, &port))
        return VALUE_FAILURE;
    return done(vm, port, rt_port_write_char(vm, port, '\n'));
}

Value rt_prim_fresh_line(VM *vm, int argc, const Value *argv) {
    Value port;
    if (!port_argument(vm, argc, argv, 0, TEXT_OUT, &port))
        return VALUE_FAILURE;
    bool needed = value_port(port)->column != 1;
    return done(vm, port, !needed || rt_port_write_char(vm, port, '\n'));
}

Value rt_prim_write_char(VM *vm, int argc, const Value *argv) {
    Value port;
    if (!value_is_char(argv[0]))
        return rt_fail_type(vm, 1, "char", argv[0]);
    if (!port_argument(vm, argc, argv, 1, TEXT_OUT, &port))
        return VALUE_FAILURE;
    return done(vm, port, rt_port_write_char(vm, port, value_char(argv[0])));
}

Value rt_prim_write_string(VM *vm, int argc, const Value *argv) {
    Value port;
    size_t start, end;
    if (!value_is_string(argv[0]))
        return rt_fail_type(vm, 1, "string", argv[0]);
    if (!port_argument(vm, argc, argv, 1, TEXT_OUT, &port))
        return VALUE_FAILURE;
    if (!rt_range(vm, argc, argv, 2, string_length(argv[0]), &start, &end))
        return VALUE_FAILURE;
    return done(vm, port, rt_port_write_string(vm, port, argv[0], start, end));
}

Value rt_prim_write_u8(VM *vm, int argc, const Value *argv) {
    Value port;
    if (!value_is_index_below(argv[0], 256))
        return value_is_fixnum(argv[0]) ? rt_fail_range(vm, 1, "byte", argv[0])
                                        : rt_fail_type(vm, 1, "byte", argv[0]);
    if (!port_argument(vm, argc, argv, 1, BYTES_OUT, &port))
        return VALUE_FAILURE;
    char byte = (char)value_fixnum(argv[0]);
    return done(vm, port, rt_port_write_utf8(vm, port, &byte, 1));
}

Value rt_prim_write_bytevector(VM *vm, int argc, const Value *argv) {
    Value port;
    size_t start, end;
    if (!value_is_bytevector(argv[0]))
        return rt_fail_type(vm, 1, "bytevector", argv[0]);
    if (!port_argument(vm, argc, argv, 1, BYTES_OUT, &port))
        return VALUE_FAILURE;
    if (!rt_range(vm, argc, argv, 2, bytevector_length(argv[0]), &start, &end))
        return VALUE_FAILURE;
    const char *bytes = (const char *)value_bytevector(argv[0])->byte + start;
    return done(vm, port, rt_port_write_utf8(vm, port, bytes, end - start));
}

Value rt_prim_flush_output_port(VM *vm, int argc, const Value *argv) {
    bool given = argc > 0 && argv[0] != VALUE_DEFAULT;
    Value port = given ? argv[0] : rt_port_current_output(vm);
    if (!has_flags(port, PORT_OUTPUT)) {
        if (given)
            return rt_fail_type(vm, 1, "output port", port);
        return rt_fail(vm, CONDITION_TYPE, rt_cons(vm, port, VALUE_NULL),
                       "expected an output port as current port, got");
    }
    if (!check_port(vm, port, port_flags(port) & (PORT_OUTPUT | PORT_TEXTUAL), given))
        return VALUE_FAILURE;
    return rt_port_flush(vm, port) ? VALUE_UNSPECIFIED : VALUE_FAILURE;
}
