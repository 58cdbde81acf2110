// (kiln socket): stream sockets in the file system, and waiting for several ports.
//
// A listener is a foreign object; a connection is two ports, whose descriptors are two of one
// socket. Waits look at interrupts as all waits do, and end early for signals that the program
// catches (signal.h).
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/interrupt.h"
#include "runtime/list.h"
#include "runtime/module.h"
#include "runtime/numbers.h"
#include "runtime/port.h"
#include "runtime/range.h"
#include "runtime/signal.h"
#include "runtime/string.h"
#include "runtime/system.h"
#include "runtime/vector.h"
#include "runtime/wait.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { AGAIN = 10 }; // milliseconds between two tries to connect to a listener that is busy

typedef struct Listener { // malloc'ed
    int fd;
    int folder; // of the socket's file
    char *name; // in that folder
    dev_t device;
    ino_t inode; // of the file, as it was made
} Listener;

// ---- deadlines

bool rt_deadline(VM *vm, int argument, Value seconds, uint64_t *end) {
    *end = UINT64_MAX;
    if (seconds == VALUE_NIL)
        return true;
    if (!value_is_real(seconds)) {
        rt_fail_type(vm, argument, "real or nil", seconds);
        return false;
    }
    double length = rt_num_to_double(seconds);
    if (!(length >= 0 && length <= 1e8)) {
        rt_fail_range(vm, argument, "number of seconds from 0 to 10^8", seconds);
        return false;
    }
    *end = rt_monotonic_ns() + (uint64_t)(length * 1e9);
    return true;
}

int rt_deadline_poll(uint64_t end, int longest) {
    uint64_t now = rt_monotonic_ns();
    if (now >= end)
        return 0;
    uint64_t left = (end - now + 999999) / 1000000;
    return left < (uint64_t)longest ? (int)left : longest;
}

// ---- addresses

// The folder of a path and the name in it. Names are short enough for an address as they follow
// the folder's descriptor: /proc/self/fd/N/NAME. -1 with the condition.
static int open_folder(VM *vm, const char *what, Value path, char **name) {
    size_t length;
    char *text = rt_string_to_utf8(vm, path, &length);
    if (!text)
        return -1;
    char *slash = strrchr(text, '/');
    *name = slash ? slash + 1 : text;
    struct sockaddr_un address;
    if (memchr(text, 0, length) || !**name) {
        rt_fail_errno(vm, what, path, EINVAL);
        return -1;
    }
    if (strlen(*name) + sizeof "/proc/self/fd/0123456789/" > sizeof address.sun_path) {
        rt_fail_errno(vm, what, path, ENAMETOOLONG);
        return -1;
    }
    if (slash)
        *slash = 0;
    const char *folder = !slash ? "." : slash == text ? "/" : text;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        rt_fail_errno(vm, what, path, errno);
    return fd;
}

static struct sockaddr_un address_in(int folder, const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", folder, name);
    return address;
}

static int new_socket(void) { return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); }

// ---- listening

static void listener_release(void *pointer) {
    Listener *l = pointer;
    // Another process may have put its own in place of ours, which it found abandoned.
    struct stat about;
    if (fstatat(l->folder, l->name, &about, AT_SYMLINK_NOFOLLOW) == 0 &&
        about.st_dev == l->device && about.st_ino == l->inode)
        unlinkat(l->folder, l->name, 0);
    close(l->fd);
    close(l->folder);
    free(l->name);
    free(l);
}

// Is what has that name a socket that nobody listens to? 0, or why it must be left alone.
static int abandoned(int folder, const char *name) {
    struct stat about;
    if (fstatat(folder, name, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? 0 : errno;
    if (!S_ISSOCK(about.st_mode))
        return EEXIST;
    int fd = new_socket();
    if (fd < 0)
        return errno;
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    struct sockaddr_un address = address_in(folder, name);
    int error = connect(fd, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
    close(fd);
    // Answered, or its queue is full: it lives.
    return error == ECONNREFUSED ? 0 : error == 0 || error == EAGAIN ? EADDRINUSE : error;
}

// Make the file. Two processes that begin at the same time both look at what is there: one after
// the other, by a lock of the folder. 0 or an errno.
static int bind_file(int fd, int folder, const char *name, mode_t mode) {
    // The file gets the mode that the socket has, so that it never has another.
    if (fchmod(fd, mode) != 0)
        return errno;
    while (flock(folder, LOCK_EX) != 0)
        if (errno != EINTR)
            return errno;
    struct sockaddr_un address = address_in(folder, name);
    int error = bind(fd, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
    if (error == EADDRINUSE && (error = abandoned(folder, name)) == 0) {
        error = unlinkat(folder, name, 0) == 0 || errno == ENOENT ? 0 : errno;
        if (!error && bind(fd, (struct sockaddr *)&address, sizeof address) != 0)
            error = errno;
    }
    (void)flock(folder, LOCK_UN);
    return error;
}

Value rt_prim_socket_listen(VM *vm, Value path, Value mode, Value backlog) {
    static const char what[] = "cannot listen at";
    size_t bits, most;
    char *name;
    if (!value_is_string(path))
        return rt_fail_type(vm, 1, "string", path);
    if (!rt_index(vm, 2, mode, 01000, &bits) || !rt_index(vm, 3, backlog, 65536, &most))
        return VALUE_FAILURE;
    int folder = open_folder(vm, what, path, &name);
    if (folder < 0)
        return VALUE_FAILURE;
    int fd = new_socket();
    int error = fd < 0 ? errno : bind_file(fd, folder, name, (mode_t)bits);
    struct stat about;
    // The process's mask may have taken something from the mode: until now it was harder to reach.
    if (!error && (fchmodat(folder, name, (mode_t)bits, 0) != 0 || listen(fd, (int)most) != 0 ||
                   fstatat(folder, name, &about, AT_SYMLINK_NOFOLLOW) != 0)) {
        error = errno;
        unlinkat(folder, name, 0);
    }
    Listener *l = error ? NULL : calloc(1, sizeof *l);
    if (l && !(l->name = strdup(name))) {
        free(l);
        l = NULL;
    }
    if (!l) {
        close(folder);
        if (fd >= 0)
            close(fd);
        return rt_fail_errno(vm, what, path, error ? error : ENOMEM);
    }
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    l->fd = fd;
    l->folder = folder;
    l->device = about.st_dev;
    l->inode = about.st_ino;
    return rt_foreign_new(vm, "listener", l, listener_release);
}

Value rt_prim_is_socket_listener(VM *vm, Value v) {
    return value_from_bool(rt_foreign_is(v, listener_release));
}

static Listener *check_listener(VM *vm, int argument, Value v) {
    return rt_foreign_check(vm, argument, "listener", v, listener_release);
}

int rt_listener_descriptor(Value v) {
    const Listener *l = rt_foreign_is(v, listener_release) ? value_foreign(v)->pointer : NULL;
    return l ? l->fd : -1;
}

Value rt_prim_socket_close_listener(VM *vm, Value v) {
    if (!rt_foreign_is(v, listener_release))
        return rt_fail_type(vm, 1, "listener", v);
    Listener *l = value_foreign(v)->pointer;
    if (l) {
        rt_foreign_forget(v);
        listener_release(l);
    }
    return VALUE_UNSPECIFIED;
}

// ---- connections

static Value fail_socket(VM *vm, const char *what, int error) {
    return rt_fail(vm, CONDITION_IO, VALUE_NULL, "cannot %s: %s", what, strerror(error));
}

// #(input output) over a socket, which becomes the input port's.
static Value connection(VM *vm, int fd) {
    int other = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (other < 0) {
        int error = errno;
        close(fd);
        return fail_socket(vm, "make a connection", error);
    }
    Value name = rt_string_from_c(vm, "connection");
    Value ports[2] = {rt_port_from_fd(vm, fd, PORT_INPUT, name),
                      rt_port_from_fd(vm, other, PORT_OUTPUT, name)};
    return rt_vector_from_array(vm, ports, 2);
}

Value rt_prim_socket_accept(VM *vm, Value listener, Value seconds) {
    const Listener *l = check_listener(vm, 1, listener);
    uint64_t end;
    if (!l || !rt_deadline(vm, 2, seconds, &end))
        return VALUE_FAILURE;
    for (;;) {
        int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0)
            return connection(vm, fd);
        // A client that has gone meanwhile is none.
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
            return fail_socket(vm, "accept a connection", errno);
        if (rt_interrupt_waits(vm))
            return rt_interrupt_fail(vm);
        if (rt_signals_pending() || rt_monotonic_ns() >= end)
            return VALUE_NIL;
        struct pollfd event = {.fd = l->fd, .events = POLLIN};
        (void)poll(&event, 1, rt_deadline_poll(end, LONGEST_POLL));
    }
}

Value rt_prim_socket_connect(VM *vm, Value path, Value seconds) {
    static const char what[] = "cannot connect to";
    uint64_t end;
    char *name;
    if (!value_is_string(path))
        return rt_fail_type(vm, 1, "string", path);
    if (!rt_deadline(vm, 2, seconds, &end))
        return VALUE_FAILURE;
    int folder = open_folder(vm, what, path, &name);
    if (folder < 0)
        return VALUE_FAILURE;
    struct sockaddr_un address = address_in(folder, name);
    int fd = new_socket(), error = fd < 0 ? errno : 0;
    bool interrupted = false;
    if (!error)
        (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    while (!error && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        error = errno;
        if (error != EAGAIN && error != EINTR)
            break;
        // Its queue is full, and nothing tells when it is not.
        error = rt_monotonic_ns() >= end ? ETIMEDOUT : 0;
        interrupted = rt_interrupt_waits(vm);
        if (interrupted)
            break;
        (void)poll(NULL, 0, rt_deadline_poll(end, AGAIN));
    }
    close(folder);
    if (!error && !interrupted) {
        (void)fcntl(fd, F_SETFL, 0);
        return connection(vm, fd);
    }
    if (fd >= 0)
        close(fd);
    return interrupted ? rt_interrupt_fail(vm) : rt_fail_errno(vm, what, path, error);
}

// The open port of a descriptor, of that direction; NULL with the condition.
static Port *check_port(VM *vm, Value v, unsigned direction) {
    if (!value_is_port(v) || !(port_flags(v) & direction))
        rt_fail_type(vm, 1, direction == PORT_INPUT ? "input port" : "output port", v);
    else if (!port_is_open(v))
        rt_fail(vm, CONDITION_IO, rt_cons(vm, v, VALUE_NULL), "argument 1: the port is closed:");
    else if (value_port(v)->fd < 0)
        rt_fail_type(vm, 1, "port of a file or connection", v);
    else
        return value_port(v);
    return NULL;
}

Value rt_prim_socket_shutdown(VM *vm, Value v) {
    const Port *p = check_port(vm, v, PORT_OUTPUT);
    if (!p || !rt_port_flush(vm, v))
        return VALUE_FAILURE;
    if (shutdown(p->fd, SHUT_WR) != 0 && errno != ENOTCONN)
        return fail_socket(vm, "end the output of a connection", errno);
    return VALUE_UNSPECIFIED;
}

Value rt_prim_socket_peer(VM *vm, Value v) {
    const Port *p = check_port(vm, v, PORT_INPUT);
    if (!p)
        return VALUE_FAILURE;
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(p->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return fail_socket(vm, "tell the peer of a connection", errno);
    Value parts[3] = {value_from_fixnum(peer.pid), value_from_fixnum(peer.uid),
                      value_from_fixnum(peer.gid)};
    return rt_vector_from_array(vm, parts, 3);
}

Value rt_prim_port_textual(VM *vm, Value v, Value lines) {
    if (!value_is_port(v) || port_flags(v) & PORT_TEXTUAL || value_port(v)->fd < 0 ||
        value_port(v)->buffer)
        return rt_fail_type(vm, 1, "unused binary port", v);
    unsigned flags = port_flags(v) | PORT_TEXTUAL;
    if (flags & PORT_OUTPUT && lines != VALUE_FALSE)
        flags |= PORT_LINE_BUFFERED;
    object_set_flags(value_port(v), flags);
    return v;
}

// ---- several ports

// The descriptor to poll for an element of the lists of ports-wait; -1: it is ready as it is, -2:
// with the condition.
static int descriptor(VM *vm, Value v, bool input) {
    if (input && rt_foreign_is(v, listener_release)) {
        const Listener *l = check_listener(vm, 1, v);
        return l ? l->fd : -2;
    }
    unsigned direction = input ? PORT_INPUT : PORT_OUTPUT;
    if (!value_is_port(v) || !(port_flags(v) & direction) || !port_is_open(v)) {
        rt_fail_type(vm, input ? 1 : 2,
                     input ? "list of open input ports and listeners" : "list of open output ports",
                     v);
        return -2;
    }
    const Port *p = value_port(v);
    return p->fd < 0 || (input && (p->start < p->end || p->at_eof)) ? -1 : p->fd;
}

static Value ready_ones(VM *vm, const Value *item, const struct pollfd *event, size_t count) {
    ListBuilder list;
    rt_list_builder_init(&list, vm);
    for (size_t i = 0; i < count; i++)
        if (event[i].fd < 0 || event[i].revents)
            rt_list_builder_add(&list, item[i]);
    return list.first;
}

Value rt_prim_ports_wait(VM *vm, Value inputs, Value outputs, Value seconds) {
    uint64_t end;
    ptrdiff_t reading = rt_list_length(inputs), writing = rt_list_length(outputs);
    if (reading < 0)
        return rt_fail_type(vm, 1, "list", inputs);
    if (writing < 0)
        return rt_fail_type(vm, 2, "list", outputs);
    if (!rt_deadline(vm, 3, seconds, &end))
        return VALUE_FAILURE;
    size_t count = (size_t)(reading + writing);
    if (!rt_heap_reserve(vm, count + 1, sizeof(Value) + sizeof(struct pollfd)))
        return VALUE_FAILURE;
    Value *item = rt_raw_new(vm, (count + 1) * sizeof *item);
    struct pollfd *event = rt_raw_new_atomic(vm, (count + 1) * sizeof *event);
    bool ready = false;
    for (size_t i = 0; i < count; i++) {
        bool input = i < (size_t)reading;
        Value *list = input ? &inputs : &outputs;
        item[i] = value_car(*list);
        *list = value_cdr(*list);
        int fd = descriptor(vm, item[i], input);
        if (fd == -2)
            return VALUE_FAILURE;
        event[i] = (struct pollfd){.fd = fd, .events = input ? POLLIN : POLLOUT};
        ready = ready || fd < 0;
    }
    for (;;) {
        int n = poll(event, (nfds_t)count, ready ? 0 : rt_deadline_poll(end, LONGEST_POLL));
        if (n > 0 || ready)
            return ready_ones(vm, item, event, count);
        if (n < 0 && errno != EINTR)
            return fail_socket(vm, "wait for ports", errno);
        if (rt_interrupt_waits(vm))
            return rt_interrupt_fail(vm);
        if (rt_signals_pending() || rt_monotonic_ns() >= end)
            return VALUE_NULL;
    }
}

Value rt_prim_read_available(VM *vm, Value v) {
    Port *p = check_port(vm, v, PORT_INPUT);
    if (!p)
        return VALUE_FAILURE;
    if (port_flags(v) & PORT_TEXTUAL)
        return rt_fail_type(vm, 1, "binary input port", v);
    if (rt_port_ready(vm, v, false) == PORT_READY_FAILED)
        return VALUE_FAILURE;
    if (p->start == p->end) {
        bool at_end = p->at_eof;
        p->at_eof = false; // delivered
        return at_end ? VALUE_EOF : rt_bytevector_new(vm, 0);
    }
    Value bytes = rt_bytevector_from_bytes(vm, p->buffer + p->start, p->end - p->start);
    if (bytes != VALUE_FAILURE)
        p->start = p->end;
    return bytes;
}
