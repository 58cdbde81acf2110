// Ports: life, the standard and the current ports, output. Input is in port_input.c.
#include "runtime/port.h"
#include "runtime/channel.h"
#include "runtime/heap.h"
#include "runtime/init_int.h"
#include "runtime/interrupt.h"
#include "runtime/list.h"
#include "runtime/port_int.h"
#include "runtime/record.h"
#include "runtime/string.h"
#include "runtime/vector.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

// ---- the list of open files

static uintptr_t hide(const void *p) { return p ? ~(uintptr_t)p : 0; }
static Port *reveal(uintptr_t hidden) { return hidden ? (Port *)~hidden : NULL; }

static void list_add(PortState *state, Port *p) {
    Port *first = reveal(state->first);
    p->state = hide(state);
    p->previous = 0;
    p->next = state->first;
    if (first)
        first->previous = hide(p);
    state->first = hide(p);
}

static void list_remove(Port *p) {
    if (!p->state)
        return;
    PortState *state = (PortState *)~p->state;
    Port *previous = reveal(p->previous), *next = reveal(p->next);
    if (previous)
        previous->next = p->next;
    else
        state->first = p->next;
    if (next)
        next->previous = p->previous;
    p->state = p->previous = p->next = 0;
}

// ---- failures

Value rt_port_fail(VM *vm, const char *what, Value name, int error) {
    if (error == EINTR)
        return rt_interrupt_fail(vm);
    return rt_fail(vm, error == EPIPE ? CONDITION_PIPE : CONDITION_IO,
                   rt_cons(vm, name, VALUE_NULL), "cannot %s: %s:", what, strerror(error));
}

int rt_port_retry(VM *vm, int fd, short events, int error) {
    if (error == EINTR)
        return vm && rt_interrupt_waits(vm) ? EINTR : 0;
    if (error != EAGAIN && error != EWOULDBLOCK)
        return error;
    // Somebody who shares the descriptor made it non-blocking.
    struct pollfd wait = {.fd = fd, .events = events};
    if (poll(&wait, 1, -1) < 0)
        return errno == EINTR ? rt_port_retry(vm, fd, events, EINTR) : errno;
    return 0;
}

// ---- output to the descriptor

// Write out the buffer. 0 or an errno; what could not be written stays.
static int drain(VM *vm, Port *p) {
    if (p->sink) {
        size_t start = p->start, end = p->end;
        p->start = p->end = 0;
        return start < end ? p->sink(vm, p->sink_owner, p->buffer + start, end - start) : 0;
    }
    while (p->start < p->end) {
        ssize_t n = write(p->fd, p->buffer + p->start, p->end - p->start);
        if (n >= 0) {
            p->start += (size_t)n;
            continue;
        }
        int error = rt_port_retry(vm, p->fd, POLLOUT, errno);
        if (error)
            return error;
    }
    p->start = p->end = 0;
    return 0;
}

static bool flush(VM *vm, Port *p) {
    int error = drain(vm, p);
    if (error)
        rt_port_fail(vm, "write", p->name, error);
    return !error;
}

static bool is_file_output(Value port) {
    return (port_flags(port) & (PORT_OUTPUT | PORT_OPEN)) == (PORT_OUTPUT | PORT_OPEN) &&
           value_port(port)->fd >= 0;
}

bool rt_port_flush(VM *vm, Value port) {
    return !is_file_output(port) || flush(vm, value_port(port));
}

bool rt_port_settle(VM *vm, Value port) {
    unsigned flags = port_flags(port);
    if (!(flags & (PORT_LINE_BUFFERED | PORT_UNBUFFERED)) || !is_file_output(port))
        return true;
    Port *p = value_port(port);
    if (p->start == p->end)
        return true;
    if (flags & PORT_LINE_BUFFERED && !memrchr(p->buffer + p->start, '\n', p->end - p->start))
        return true;
    return flush(vm, p);
}

// ---- life

static Port *port_new(VM *vm, unsigned flags, Value name, int fd) {
    Port *p = rt_object_new(vm, TYPE_PORT, flags | PORT_OPEN, 0, sizeof *p);
    p->name = name;
    p->line = p->column = 1;
    p->fd = fd;
    return p;
}

// Mark as closed and let go of the descriptor. 0 or the errno of close.
static int release(Port *p, bool keep_buffer) {
    object_set_flags(p, object_flags(p) & ~(unsigned)PORT_OPEN);
    list_remove(p);
    int error = 0;
    // On Linux the descriptor is gone even after EINTR.
    if (p->fd >= 0 && !p->standard && close(p->fd) < 0 && errno != EINTR)
        error = errno;
    if (!keep_buffer) {
        p->buffer = NULL;
        p->start = p->end = p->capacity = 0;
    }
    return error;
}

// A port that the program dropped without closing it. Nobody is there to be told of a failure, so
// rt_ports_flush_all tells at the end.
static void finalize(void *object) {
    Port *p = object;
    if (!(object_flags(p) & PORT_OPEN))
        return;
    PortState *state = p->state ? (PortState *)~p->state : NULL;
    int error = object_flags(p) & PORT_OUTPUT ? drain(NULL, p) : 0;
    int close_error = release(p, false);
    if (!error)
        error = close_error;
    if (!error || !state || state->lost_error)
        return;
    state->lost_error = error;
    const String *name = value_string(p->name);
    char *path = malloc(UTF8_LONGEST * name->length + 1);
    if (path)
        *rt_string_encode(p->name, 0, name->length, path) = 0;
    state->lost_path = path;
}

Value rt_port_from_fd(VM *vm, int fd, unsigned flags, Value name) {
    Port *p = port_new(vm, flags, name, fd);
    p->mark_possible = (flags & PORT_INPUT) && (flags & PORT_TEXTUAL);
    list_add(vm->ports, p);
    rt_heap_set_finalizer(p, finalize);
    return value_from_pointer(p);
}

Value rt_port_to_sink(VM *vm, PortSink *sink, Value owner, const char *name) {
    Port *p = port_new(vm, PORT_OUTPUT | PORT_TEXTUAL | PORT_UNBUFFERED, rt_string_from_c(vm, name),
                       STDERR_FILENO);
    p->sink = sink;
    p->sink_owner = owner;
    p->standard = true; // not its own to close
    return value_from_pointer(p);
}

bool rt_port_close(VM *vm, Value port) {
    if (!port_is_open(port))
        return true;
    Port *p = value_port(port);
    bool file_output = is_file_output(port);
    const char *what = "write";
    int error = file_output ? drain(vm, p) : 0;
    if (p->fd >= 0 && !p->standard)
        rt_heap_set_finalizer(p, NULL);
    // What an output port collected in memory can be asked for after it was closed.
    int close_error = release(p, p->fd < 0 && (object_flags(p) & PORT_OUTPUT));
    if (!error && close_error) {
        error = close_error;
        what = "close";
    }
    if (error)
        rt_port_fail(vm, what, p->name, error);
    return !error;
}

Value rt_port_open_file(VM *vm, Value path, unsigned flags, bool append) {
    size_t length;
    const char *name = rt_string_to_utf8(vm, path, &length);
    if (!name)
        return VALUE_FAILURE;
    const char *what = flags & PORT_INPUT ? "cannot open" : "cannot open for output";
    if (memchr(name, 0, length))
        return rt_fail_errno(vm, what, path, EINVAL);
    int mode = flags & PORT_INPUT ? O_RDONLY : O_WRONLY | O_CREAT | (append ? O_APPEND : O_TRUNC);
    int fd;
    bool collected = false;
    while ((fd = open(name, mode | O_CLOEXEC | O_NOCTTY, 0666)) < 0) {
        if (errno == EINTR && rt_port_retry(vm, -1, 0, EINTR) == 0)
            continue;
        if (errno != EMFILE || collected)
            return rt_fail_errno(vm, what, path, errno);
        rt_heap_collect(); // closes ports that were dropped
        collected = true;
    }
    struct stat about;
    if (fstat(fd, &about) == 0 && S_ISDIR(about.st_mode)) {
        close(fd);
        return rt_fail_errno(vm, what, path, EISDIR);
    }
    // The program may change its string afterwards.
    Value copy = rt_string_copy(vm, path);
    if (copy == VALUE_FAILURE) {
        close(fd);
        return VALUE_FAILURE;
    }
    return rt_port_from_fd(vm, fd, flags, copy);
}

static Value memory_input(VM *vm, unsigned flags, const char *name, const void *bytes,
                          size_t size) {
    if (!rt_heap_reserve(vm, size, 1))
        return VALUE_FAILURE;
    Port *p = port_new(vm, flags | PORT_INPUT, rt_string_from_c(vm, name), -1);
    p->buffer = rt_raw_new_atomic(vm, size + 1);
    if (size)
        memcpy(p->buffer, bytes, size);
    p->end = p->capacity = size;
    return value_from_pointer(p);
}

Value rt_port_from_utf8(VM *vm, const char *text, size_t size) {
    size_t mark = size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    return memory_input(vm, PORT_TEXTUAL, "string", text + mark, size - mark);
}

Value rt_port_from_bytes(VM *vm, const uint8_t *bytes, size_t size) {
    return memory_input(vm, 0, "bytevector", bytes, size);
}

Value rt_port_from_string(VM *vm, Value string) {
    size_t length = string_length(string), size = rt_string_utf8_size(string, 0, length);
    if (!rt_heap_reserve(vm, size, 1))
        return VALUE_FAILURE;
    Port *p = port_new(vm, PORT_INPUT | PORT_TEXTUAL, rt_string_from_c(vm, "string"), -1);
    p->buffer = rt_raw_new_atomic(vm, size + 1);
    rt_string_encode(string, 0, length, (char *)p->buffer);
    p->end = p->capacity = size;
    return value_from_pointer(p);
}

Value rt_port_new_output_string(VM *vm) {
    Port *p = port_new(vm, PORT_OUTPUT | PORT_TEXTUAL, rt_string_from_c(vm, "string"), -1);
    return value_from_pointer(p);
}

Value rt_port_new_output_bytevector(VM *vm) {
    Port *p = port_new(vm, PORT_OUTPUT, rt_string_from_c(vm, "bytevector"), -1);
    return value_from_pointer(p);
}

Value rt_port_collected(VM *vm, Value port) {
    const Port *p = value_port(port);
    const char *bytes = p->buffer ? (const char *)p->buffer : "";
    return port_flags(port) & PORT_TEXTUAL ? rt_string_from_utf8(vm, bytes, p->end)
                                           : rt_bytevector_from_bytes(vm, bytes, p->end);
}

// ---- output to the buffer

bool rt_port_room(VM *vm, Port *p, size_t more) {
    if (p->capacity - p->end >= more)
        return true;
    size_t unread = p->end - p->start;
    if (p->start > 0 && p->start >= unread && p->capacity - unread >= more) {
        memmove(p->buffer, p->buffer + p->start, unread);
    } else {
        size_t least = p->fd >= 0 ? PORT_BUFFER_SIZE : PORT_MEMORY_SIZE, needed;
        if (__builtin_add_overflow(unread, more, &needed) || needed > SIZE_MAX / 4) {
            rt_fail_memory(vm, SIZE_MAX);
            return false;
        }
        size_t capacity = 2 * p->capacity > needed ? 2 * p->capacity : needed;
        if (capacity < least)
            capacity = least;
        if (!rt_heap_reserve(vm, capacity, 1))
            return false;
        uint8_t *buffer = rt_raw_new_atomic(vm, capacity);
        if (unread)
            memcpy(buffer, p->buffer + p->start, unread);
        p->buffer = buffer;
        p->capacity = capacity;
    }
    p->offset += p->start;
    p->start = 0;
    p->end = unread;
    return true;
}

// Append bytes that do not fit as they are.
static bool write_slowly(VM *vm, Port *p, const char *bytes, size_t size) {
    if (p->fd < 0) {
        if (!rt_port_room(vm, p, size))
            return false;
        memcpy(p->buffer + p->end, bytes, size);
        p->end += size;
        return true;
    }
    if (!p->buffer && !rt_port_room(vm, p, PORT_BUFFER_SIZE))
        return false;
    for (;;) {
        size_t room = p->capacity - p->end, part = size < room ? size : room;
        memcpy(p->buffer + p->end, bytes, part);
        p->end += part;
        bytes += part;
        size -= part;
        if (size == 0)
            return true;
        if (!flush(vm, p))
            return false;
    }
}

bool rt_port_write_utf8(VM *vm, Value port, const char *bytes, size_t size) {
    Port *p = value_port(port);
    if (size == 0)
        return true;
    p->column = bytes[size - 1] == '\n' ? 1 : 2;
    if (__builtin_expect(p->capacity - p->end < size, 0))
        return write_slowly(vm, p, bytes, size);
    memcpy(p->buffer + p->end, bytes, size);
    p->end += size;
    return true;
}

bool rt_port_write_c(VM *vm, Value port, const char *text) {
    return rt_port_write_utf8(vm, port, text, strlen(text));
}

bool rt_port_write_char(VM *vm, Value port, uint32_t character) {
    Port *p = value_port(port);
    if (__builtin_expect(character < 0x80 && p->end < p->capacity, 1)) {
        p->buffer[p->end++] = (uint8_t)character;
        p->column = character == '\n' ? 1 : 2;
        return true;
    }
    char bytes[UTF8_LONGEST];
    return rt_port_write_utf8(vm, port, bytes, rt_utf8_encode(character, bytes));
}

bool rt_port_write_string(VM *vm, Value port, Value string, size_t start, size_t end) {
    enum { PIECE = 2048 }; // characters encoded at a time
    char bytes[PIECE * UTF8_LONGEST];
    while (start < end) {
        size_t stop = end - start > PIECE ? start + PIECE : end;
        size_t size = (size_t)(rt_string_encode(string, start, stop, bytes) - bytes);
        if (!rt_port_write_utf8(vm, port, bytes, size))
            return false;
        start = stop;
    }
    return true;
}

// ---- the standard ports

// A descriptor that was closed when the process began would be given to the next file opened, and
// what is written to standard output would land there. Occupy it with something that fails as a
// closed one does.
static void occupy(int fd) {
    if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
        return;
    int null = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    if (null >= 0 && null != fd) {
        dup2(null, fd);
        close(null);
    }
}

static Value standard_port(VM *vm, int fd, unsigned flags, const char *name) {
    Port *p = port_new(vm, flags | PORT_TEXTUAL, rt_string_from_c(vm, name), fd);
    p->standard = true;
    p->mark_possible = flags & PORT_INPUT;
    list_add(vm->ports, p);
    return value_from_pointer(p);
}

static Value port_parameter(VM *vm, Value port, const char *converter) {
    return rt_parameter_new(vm, port, rt_primitive_object(vm, rt_primitive_find(converter)));
}

void rt_ports_init(VM *vm) {
    static const int harmless[] = {SIGPIPE, SIGXFSZ};
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++) {
        struct sigaction action;
        if (sigaction(harmless[i], NULL, &action) == 0 && action.sa_handler == SIG_DFL)
            signal(harmless[i], SIG_IGN);
    }
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        occupy(fd);
    PortState *s = rt_raw_new(vm, sizeof *s);
    vm->ports = s;
    unsigned lines = isatty(STDOUT_FILENO) ? PORT_LINE_BUFFERED : 0;
    s->standard_input = standard_port(vm, STDIN_FILENO, PORT_INPUT, "standard input");
    s->standard_output = standard_port(vm, STDOUT_FILENO, PORT_OUTPUT | lines, "standard output");
    s->standard_error =
        standard_port(vm, STDERR_FILENO, PORT_OUTPUT | PORT_UNBUFFERED, "standard error");
    s->input = port_parameter(vm, s->standard_input, "%input-port");
    s->output = port_parameter(vm, s->standard_output, "%output-port");
    s->error = port_parameter(vm, s->standard_error, "%output-port");
}

static void report_lost(const char *path, int error) {
    // A reader of a pipe that went away has seen all it wanted.
    if (error != EPIPE)
        fprintf(stderr, "kiln: cannot write %s: %s\n", path, strerror(error));
}

int rt_ports_flush_all(VM *vm) {
    PortState *s = vm->ports;
    int status = 0;
    for (Port *p = reveal(s->first); p; p = reveal(p->next)) {
        if (!(object_flags(p) & PORT_OUTPUT))
            continue;
        int error = drain(vm, p);
        if (!error)
            continue;
        status = 1;
        const char *path = rt_string_to_utf8(vm, p->name, NULL);
        report_lost(path ? path : "a file", error);
    }
    rt_channels_flush(vm);
    if (s->lost_error) {
        status = 1;
        report_lost(s->lost_path ? s->lost_path : "a file", s->lost_error);
        free(s->lost_path);
        s->lost_path = NULL;
        s->lost_error = 0;
    }
    return status;
}

void rt_ports_close_all(VM *vm) {
    PortState *s = vm->ports;
    Port *p;
    while ((p = reveal(s->first))) {
        if (object_flags(p) & PORT_OUTPUT)
            drain(vm, p);
        if (!p->standard)
            rt_heap_set_finalizer(p, NULL);
        release(p, false);
    }
    free(s->lost_path);
    s->lost_path = NULL;
}

// ---- current ports

Value rt_parameter_value(VM *vm, Value parameter) {
    if (value_is_vector(vm->dynamic)) {
        Value bindings = value_vector(vm->dynamic)->item[1];
        for (; value_is_pair(bindings); bindings = value_cdr(bindings)) {
            Value binding = value_car(bindings);
            if (value_is_pair(binding) && value_car(binding) == parameter &&
                value_is_box(value_cdr(binding)))
                return value_box(value_cdr(binding))->value;
        }
    }
    return value_parameter(parameter)->value;
}

Value rt_port_current_input(VM *vm) { return rt_parameter_value(vm, vm->ports->input); }
Value rt_port_current_output(VM *vm) { return rt_parameter_value(vm, vm->ports->output); }
Value rt_port_current_error(VM *vm) { return rt_parameter_value(vm, vm->ports->error); }
