// Ports: where programs and the runtime read and write.
//
// Duty: one object type for textual and binary, input and output, backed by a string, a bytevector
// or a file descriptor; buffering, UTF-8 in both directions, positions, the standard ports and the
// current ones, closing and flushing at exit. The primitives over it are in io_prims.c.
//
//   input:   buffer  [ read already | start … unread … end | free … capacity ]
//   output:  buffer  [ start = 0 … not yet written out … end | free … capacity ]
//
// Invariants: the buffer holds bytes; textual ports hold UTF-8, whatever backs them. A textual
// input port that is backed by a string holds all of its text from the beginning; one that is
// backed by a file skips a byte order mark at the file's start. No error is lost: a failed write
// leaves its bytes in the buffer and the next flush, close or the end of the program reports again.
//
// Functions that can fail answer false, VALUE_FAILURE or PORT_FAILED, with vm->condition set: an
// io-error that names the path, an encoding-error that names the byte offset, or an interrupt.
#ifndef KILN_RUNTIME_PORT_H
#define KILN_RUNTIME_PORT_H

#include "runtime/fail.h"
#include "runtime/object.h"
#include "runtime/state.h"

enum { // header flags of a port
    PORT_INPUT = 1,
    PORT_OUTPUT = 2,
    PORT_TEXTUAL = 4, // else binary
    PORT_OPEN = 8,
    PORT_FOLD_CASE = 16,     // the reader met #!fold-case on it
    PORT_LINE_BUFFERED = 32, // a complete line goes out when the operation that wrote it ends
    PORT_UNBUFFERED = 64,    // whatever an operation wrote goes out when it ends
    PORT_AFTER_RETURN =
        128, // the buffer's last byte, CR, ended a line: an LF that follows belongs to it
};

// Takes bytes of an output port, all of them: 0 or an errno.
typedef int PortSink(VM *vm, Value owner, const uint8_t *bytes, size_t size);

typedef struct Port {
    Value name;      // string: the path, or what stands for it in messages
    uint8_t *buffer; // atomic memory
    size_t start;    // first unread byte
    size_t end;      // after the last byte
    size_t capacity; // bytes
    uint64_t offset; // input: offset of buffer[0] in the stream
    uint32_t line;   // input: of the character at start, from 1
    uint32_t column; // input: likewise, in characters; output: 1 at the start of a line, else 2
    int fd;          // file descriptor; -1: a string or a bytevector
    PortSink *sink;  // who takes what is written, in place of the descriptor; NULL: nobody
    Value sink_owner;
    bool standard;            // one of the process's own descriptors: never closed at the end
    bool mark_possible;       // nothing was read yet: a byte order mark is to be skipped
    bool at_eof;              // a read met the end of file that has not been delivered yet
    uintptr_t state;          // hidden PortState while listed there, else 0
    uintptr_t previous, next; // hidden neighbours in the list of open files
} Port;

// vm->ports. The list of open files must not keep them alive (a leaked port is closed by its
// finalizer, which takes it off the list), so its links are hidden from the collector: complements
// of addresses.
typedef struct PortState {
    Value input, output, error;                            // parameters: current-input-port …
    Value standard_input, standard_output, standard_error; // their ports
    uintptr_t first; // hidden head of the list of open file ports
    int lost_error;  // errno of a failure nobody could be told of (finalizer)
    char *lost_path; // and the path, malloc'ed
    Value *symbols;  // the reader's cache of recent symbols, scanned memory; NULL: none yet
    // Hooks for the printer, set by vm/: name of a closure (symbol or #f) and of a macro or other
    // object of vm/ (a string, symbol or #f). NULL: none.
    Value (*closure_name)(VM *vm, Value closure);
    Value (*object_name)(VM *vm, Value object);
    // Symbol that an alias (TYPE_ALIAS) stands for.
    Value (*alias_symbol)(VM *vm, Value alias);
} PortState;

static inline bool value_is_port(Value v) { return value_has_type(v, TYPE_PORT); }
static inline Port *value_port(Value v) { return (Port *)value_object(v); }
static inline unsigned port_flags(Value port) { return object_flags(value_object(port)); }
static inline bool port_is_open(Value port) { return port_flags(port) & PORT_OPEN; }

// ---- life

// Make vm->ports: the standard ports and the parameters. Called by rt_vm_create after the symbols
// and the table of primitive objects. Ignores SIGPIPE and SIGXFSZ when nobody handles them: a
// closed pipe and a file that may not grow are error conditions, not the end of the process.
void rt_ports_init(VM *vm);
// At exit: write out everything buffered in every open port. 0: nothing was lost. 1: something was;
// the reason is printed to standard error, unless it is that the reader of a pipe went away. The
// host exits with this status where it would exit with 0.
int rt_ports_flush_all(VM *vm);
// Close every file port (rt_vm_destroy, after rt_ports_flush_all).
void rt_ports_close_all(VM *vm);

// Open a file. flags: PORT_INPUT or PORT_OUTPUT, with PORT_TEXTUAL or without. Output truncates or,
// when `append`, writes at the end. Port, or VALUE_FAILURE with a file-error.
Value rt_port_open_file(VM *vm, Value path, unsigned flags, bool append);
// A port over a descriptor, which it owns. name: string.
Value rt_port_from_fd(VM *vm, int fd, unsigned flags, Value name);
// Textual output, written out when an operation ends, that a sink takes. Whoever asks for its
// descriptor gets standard error's.
Value rt_port_to_sink(VM *vm, PortSink *sink, Value owner, const char *name);
// Input from a copy of a string, or of characters start (inclusive) to end (exclusive) of it.
Value rt_port_from_string(VM *vm, Value string);
// Input from UTF-8 text (of a program), which is copied. A byte order mark is skipped; invalid
// bytes are met when they are read.
Value rt_port_from_utf8(VM *vm, const char *text, size_t size);
// Binary input from a copy of bytes.
Value rt_port_from_bytes(VM *vm, const uint8_t *bytes, size_t size);
// Output collected in memory; textual or binary.
Value rt_port_new_output_string(VM *vm);
Value rt_port_new_output_bytevector(VM *vm);
// What such a port has collected so far: a fresh string or bytevector; VALUE_FAILURE when memory is
// short.
Value rt_port_collected(VM *vm, Value port);
// Flush and close. Closing a closed port does nothing. When the flush fails the port is closed all
// the same.
[[nodiscard]] bool rt_port_close(VM *vm, Value port);

// ---- current ports

// Value of the parameter in the current dynamic environment: a port, unless the program bound
// something else.
Value rt_port_current_input(VM *vm);
Value rt_port_current_output(VM *vm);
Value rt_port_current_error(VM *vm);
// Value of any parameter object in the current dynamic environment.
Value rt_parameter_value(VM *vm, Value parameter);

// ---- output

// Append to the buffer, which is written out when it is full. rt_port_write_utf8 takes valid UTF-8
// (for binary ports: any bytes). Whoever has completed an operation (a primitive, a message of the
// host) calls rt_port_settle.
[[nodiscard]] bool rt_port_write_utf8(VM *vm, Value port, const char *bytes, size_t size);
[[nodiscard]] bool rt_port_write_c(VM *vm, Value port, const char *text);
[[nodiscard]] bool rt_port_write_char(VM *vm, Value port, uint32_t character);
// Characters start (inclusive) to end (exclusive) of a string.
[[nodiscard]] bool rt_port_write_string(VM *vm, Value port, Value string, size_t start, size_t end);
// End of an operation: writes out what the port's buffering asks for.
[[nodiscard]] bool rt_port_settle(VM *vm, Value port);
// Write out everything buffered.
[[nodiscard]] bool rt_port_flush(VM *vm, Value port);

// ---- input

enum { PORT_EOF = -1, PORT_FAILED = -2 }; // instead of a character or byte

// Next character; the port moves on for read, not for peek. An invalid byte is an encoding-error
// and is consumed, so that a program that handles the error can go on behind it.
int32_t rt_port_read_char(VM *vm, Value port);
int32_t rt_port_peek_char(VM *vm, Value port);
int32_t rt_port_read_byte(VM *vm, Value port);
int32_t rt_port_peek_byte(VM *vm, Value port);
// A line without its end (LF, CR or CR LF): string, VALUE_EOF or VALUE_FAILURE.
Value rt_port_read_line(VM *vm, Value port);
// At most `count` characters: string, VALUE_EOF when there are none, or VALUE_FAILURE.
Value rt_port_read_string(VM *vm, Value port, size_t count);
// At most `count` bytes into `bytes`; *got is 0 only at the end of file.
[[nodiscard]] bool rt_port_read_bytes(VM *vm, Value port, uint8_t *bytes, size_t count,
                                      size_t *got);
// Would reading a character (a byte) return at once?
typedef enum PortReady { PORT_READY_FAILED = -1, PORT_READY_NO, PORT_READY_YES } PortReady;
PortReady rt_port_ready(VM *vm, Value port, bool character);

// Get more bytes behind those unread, which stay contiguous and may move. 1: there are more, 0: end
// of file, -1: failure. For the reader and for decoding; the port must be an open input port.
int rt_port_fill(VM *vm, Port *port);

#endif
