// Ports: input. Filling the buffer, decoding, positions.
//
// A file's text is decoded where it lies in the buffer. Runs of ASCII, which is what most text is,
// are found with memchr or eight bytes at a time and never decoded one by one.
#include "runtime/heap.h"
#include "runtime/port_int.h"
#include "runtime/string.h"
#include <errno.h>
#include <poll.h>
#include <unistd.h>

// ---- filling

static ssize_t read_some(VM *vm, Port *p, uint8_t *into, size_t size) {
    // Whoever is asked something should see the question. A failure is the next writer's to report.
    if (p->standard) {
        Value condition = vm->condition;
        if (!rt_port_flush(vm, vm->ports->standard_output))
            vm->condition = condition;
    }
    for (;;) {
        ssize_t n = read(p->fd, into, size);
        if (n >= 0)
            return n;
        int error = rt_port_retry(vm, p->fd, POLLIN, errno);
        if (error) {
            rt_port_fail(vm, "read", p->name, error);
            return -1;
        }
    }
}

// Drop a byte order mark at the beginning of the file. False when too few bytes are there to tell.
static bool skip_mark(Port *p) {
    static const uint8_t mark[] = {0xEF, 0xBB, 0xBF};
    size_t unread = p->end - p->start;
    size_t compared = unread < sizeof mark ? unread : sizeof mark;
    bool same = memcmp(p->buffer + p->start, mark, compared) == 0;
    if (same && compared < sizeof mark)
        return false;
    if (same)
        p->start += sizeof mark;
    p->mark_possible = false;
    return true;
}

// One read of the descriptor. 1: there are more bytes, 0: end of file, -1: failure, 2: what came is
// not yet anything (the LF of a CR LF, the beginning of a byte order mark).
static int fill_once(VM *vm, Port *p, size_t known) {
    if (p->fd < 0 || p->at_eof)
        return 0;
    if (p->start == p->end) {
        p->offset += p->start;
        p->start = p->end = 0;
    }
    if (!rt_port_room(vm, p, p->capacity ? 1 : PORT_BUFFER_SIZE))
        return -1;
    ssize_t n = read_some(vm, p, p->buffer + p->end, p->capacity - p->end);
    if (n < 0)
        return -1;
    if (n == 0) {
        p->at_eof = true;
        p->mark_possible = false;
        return p->end - p->start > known; // half a byte order mark
    }
    p->end += (size_t)n;
    if (p->mark_possible && !skip_mark(p))
        return 2;
    unsigned flags = object_flags(p);
    if (flags & PORT_AFTER_RETURN) {
        object_set_flags(p, flags & ~(unsigned)PORT_AFTER_RETURN);
        if (p->buffer[p->start] == '\n')
            p->start++;
    }
    return p->start < p->end ? 1 : 2;
}

int rt_port_fill(VM *vm, Port *p) {
    size_t known = p->end - p->start;
    int more;
    do
        more = fill_once(vm, p, known);
    while (more == 2);
    return more;
}

// ---- characters

// The end of file reaches the program: the next read asks the system again (a terminal may go on).
static int32_t deliver_eof(Port *p) {
    p->at_eof = false;
    return PORT_EOF;
}

// Bytes of valid UTF-8 that `bytes` begins with, all characters complete; what stopped it in
// *status. Counts the characters, at most `limit`.
static size_t valid_prefix(const uint8_t *bytes, size_t size, size_t limit, size_t *characters,
                           Utf8Step *stop) {
    size_t at = 0, count = 0;
    stop->status = UTF8_OK;
    while (at < size && count < limit) {
        uint64_t word;
        if (size - at >= sizeof word && limit - count >= sizeof word) {
            memcpy(&word, bytes + at, sizeof word);
            if (!(word & UINT64_C(0x8080808080808080))) {
                at += sizeof word;
                count += sizeof word;
                continue;
            }
        }
        if (bytes[at] < 0x80) {
            at++;
            count++;
            continue;
        }
        Utf8Step step = rt_utf8_decode((const char *)bytes + at, size - at);
        if (step.status != UTF8_OK) {
            *stop = step;
            break;
        }
        at += step.length;
        count++;
    }
    *characters = count;
    return at;
}

// Move on over `size` bytes that hold `characters` characters.
static void advance(Port *p, size_t size, size_t characters) {
    const uint8_t *at = p->buffer + p->start, *end = at + size, *newline;
    const uint8_t *last = NULL;
    for (const uint8_t *from = at; (newline = memchr(from, '\n', (size_t)(end - from)));
         from = newline + 1) {
        p->line++;
        last = newline;
    }
    p->start += size;
    if (!last) {
        p->column += (uint32_t)characters;
        return;
    }
    p->column = 1;
    for (const uint8_t *c = last + 1; c < end; c++)
        if ((*c & 0xC0) != 0x80)
            p->column++;
}

// The bytes at start, `length` of them, are no UTF-8: consume them and fail.
static int32_t fail_encoding(VM *vm, Port *p, size_t length) {
    uint64_t offset = p->offset + p->start;
    unsigned byte = p->buffer[p->start];
    p->start += length;
    p->column++;
    rt_fail(vm, CONDITION_ENCODING, rt_cons(vm, p->name, VALUE_NULL),
            "invalid UTF-8: byte 0x%02X at offset %llu of", byte, (unsigned long long)offset);
    return PORT_FAILED;
}

// The character at start and its length.
static int32_t decode(VM *vm, Port *p, uint32_t *length) {
    for (;;) {
        if (p->start < p->end) {
            uint8_t first = p->buffer[p->start];
            if (first < 0x80) {
                *length = 1;
                return first;
            }
            Utf8Step step = rt_utf8_decode((const char *)p->buffer + p->start, p->end - p->start);
            *length = step.length;
            if (step.status == UTF8_OK)
                return (int32_t)step.code;
            if (step.status == UTF8_INVALID)
                return fail_encoding(vm, p, step.length);
        }
        int more = rt_port_fill(vm, p);
        if (more < 0)
            return PORT_FAILED;
        if (more == 0)
            return p->start == p->end ? PORT_EOF : fail_encoding(vm, p, p->end - p->start);
    }
}

int32_t rt_port_peek_char(VM *vm, Value port) {
    uint32_t length;
    return decode(vm, value_port(port), &length);
}

int32_t rt_port_read_char(VM *vm, Value port) {
    Port *p = value_port(port);
    uint32_t length;
    int32_t c = decode(vm, p, &length);
    if (c < 0)
        return c == PORT_EOF ? deliver_eof(p) : c;
    p->start += length;
    if (c == '\n') {
        p->line++;
        p->column = 1;
    } else {
        p->column++;
    }
    return c;
}

// ---- lines and strings

// The next `size` bytes as a string; `ending` bytes of line end follow them. Consumes both, or what
// is up to and including the bytes that are no UTF-8.
static Value take_line(VM *vm, Port *p, size_t size, size_t ending) {
    const uint8_t *at = p->buffer + p->start;
    size_t characters;
    Utf8Step stop;
    size_t valid = valid_prefix(at, size, SIZE_MAX, &characters, &stop);
    if (valid < size) {
        advance(p, valid, characters);
        fail_encoding(vm, p, stop.length);
        return VALUE_FAILURE;
    }
    // As many characters as bytes: ASCII.
    Value line = characters == size ? rt_string_from_latin1(vm, (const char *)at, size)
                                    : rt_string_from_utf8(vm, (const char *)at, size);
    if (line == VALUE_FAILURE)
        return VALUE_FAILURE;
    p->start += size + ending;
    if (ending) {
        p->line++;
        p->column = 1;
    } else {
        p->column += (uint32_t)characters;
    }
    return line;
}

Value rt_port_read_line(VM *vm, Value port) {
    Port *p = value_port(port);
    size_t searched = 0; // of the unread bytes: they hold no line end
    for (;;) {
        size_t unread = p->end - p->start;
        const uint8_t *at = unread ? p->buffer + p->start : NULL;
        const uint8_t *newline = NULL, *carriage = NULL;
        if (unread > searched) {
            newline = memchr(at + searched, '\n', unread - searched);
            size_t before = newline ? (size_t)(newline - at) : unread;
            if (before > searched)
                carriage = memchr(at + searched, '\r', before - searched);
        }
        if (carriage) {
            size_t size = (size_t)(carriage - at);
            if (size + 1 < unread)
                return take_line(vm, p, size, at[size + 1] == '\n' ? 2 : 1);
            // Whether an LF follows is known when more is read; waiting for it could take forever.
            Value line = take_line(vm, p, size, 1);
            if (line != VALUE_FAILURE)
                object_set_flags(p, object_flags(p) | PORT_AFTER_RETURN);
            return line;
        }
        if (newline)
            return take_line(vm, p, (size_t)(newline - at), 1);
        searched = unread;
        int more = rt_port_fill(vm, p);
        if (more < 0)
            return VALUE_FAILURE;
        if (more == 0) {
            if (unread)
                return take_line(vm, p, unread, 0);
            deliver_eof(p);
            return VALUE_EOF;
        }
    }
}

Value rt_port_read_string(VM *vm, Value port, size_t count) {
    Port *p = value_port(port);
    if (count == 0)
        return rt_string_new(vm, 0, false);
    StringBuilder builder;
    rt_builder_init(&builder, vm);
    size_t left = count;
    while (left > 0) {
        size_t characters = 0;
        Utf8Step stop = {.status = UTF8_TRUNCATED};
        if (p->start < p->end) {
            size_t valid =
                valid_prefix(p->buffer + p->start, p->end - p->start, left, &characters, &stop);
            rt_builder_bytes(&builder, (const char *)p->buffer + p->start, valid);
            if (builder.failed)
                return rt_builder_finish(&builder);
            advance(p, valid, characters);
            left -= characters;
            if (left == 0)
                break;
            if (stop.status == UTF8_INVALID) {
                fail_encoding(vm, p, stop.length);
                return VALUE_FAILURE;
            }
        }
        int more = rt_port_fill(vm, p);
        if (more < 0)
            return VALUE_FAILURE;
        if (more == 0) {
            if (p->start < p->end) {
                fail_encoding(vm, p, p->end - p->start);
                return VALUE_FAILURE;
            }
            if (left < count)
                break;
            deliver_eof(p);
            return VALUE_EOF;
        }
    }
    return rt_builder_finish(&builder);
}

// ---- bytes

int32_t rt_port_peek_byte(VM *vm, Value port) {
    Port *p = value_port(port);
    if (p->start == p->end) {
        int more = rt_port_fill(vm, p);
        if (more <= 0)
            return more == 0 ? PORT_EOF : PORT_FAILED;
    }
    return p->buffer[p->start];
}

int32_t rt_port_read_byte(VM *vm, Value port) {
    int32_t byte = rt_port_peek_byte(vm, port);
    Port *p = value_port(port);
    if (byte == PORT_EOF)
        return deliver_eof(p);
    if (byte >= 0)
        p->start++;
    return byte;
}

bool rt_port_read_bytes(VM *vm, Value port, uint8_t *bytes, size_t count, size_t *got) {
    Port *p = value_port(port);
    *got = 0;
    while (*got < count) {
        if (p->start == p->end) {
            int more = rt_port_fill(vm, p);
            if (more < 0)
                return false;
            if (more == 0) {
                if (*got == 0)
                    deliver_eof(p);
                break;
            }
        }
        size_t unread = p->end - p->start, wanted = count - *got;
        size_t part = unread < wanted ? unread : wanted;
        memcpy(bytes + *got, p->buffer + p->start, part);
        p->start += part;
        *got += part;
    }
    return true;
}

// ---- readiness

PortReady rt_port_ready(VM *vm, Value port, bool character) {
    Port *p = value_port(port);
    for (;;) {
        if (p->start < p->end) {
            if (!character)
                return PORT_READY_YES;
            Utf8Step step = rt_utf8_decode((const char *)p->buffer + p->start, p->end - p->start);
            if (step.status != UTF8_TRUNCATED)
                return PORT_READY_YES;
        }
        if (p->fd < 0 || p->at_eof)
            return PORT_READY_YES;
        struct pollfd wait = {.fd = p->fd, .events = POLLIN};
        int n = poll(&wait, 1, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            rt_port_fail(vm, "poll", p->name, errno);
            return PORT_READY_FAILED;
        }
        if (n == 0)
            return PORT_READY_NO;
        // Something is there, if only the end of file or part of a character.
        int more = fill_once(vm, p, p->end - p->start);
        if (more < 0)
            return PORT_READY_FAILED;
        if (more == 0)
            return PORT_READY_YES;
    }
}
