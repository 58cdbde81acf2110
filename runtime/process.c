// (kiln process): programs that are started, their pipes, their end.
//
// posix_spawn, never a shell: arguments are given as they are. A child gets its three standard
// descriptors and no other, signals as a fresh process has them, and a pidfd here, on which its end
// can be waited for.
//
// No zombies: who waits reaps; a process that the program dropped is reaped when it is collected,
// or, if it still runs then, by a later start or wait.
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/interrupt.h"
#include "runtime/list.h"
#include "runtime/module.h"
#include "runtime/numbers.h"
#include "runtime/port.h"
#include "runtime/string.h"
#include "runtime/symbol.h"
#include "runtime/system.h"
#include "runtime/vector.h"
#include "runtime/wait.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { PIECE = 64 << 10 }; // bytes

typedef struct Process { // malloc'ed
    pid_t pid;
    int pidfd;  // -1: the system has none
    bool group; // it leads a process group
    bool ended;
    int status;           // when it has ended: what it exited with, or a signal's number negated
    struct Process *next; // in the list of orphans
} Process;

static Process *orphans; // dropped by the program, still running

// ---- ends

static void take_status(Process *p, int status) {
    p->ended = true;
    p->status = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    if (p->pidfd >= 0)
        close(p->pidfd);
    p->pidfd = -1;
}

// Has it ended? Reaps it.
static bool has_ended(Process *p) {
    if (p->ended)
        return true;
    int status;
    pid_t pid;
    while ((pid = waitpid(p->pid, &status, WNOHANG)) < 0 && errno == EINTR)
        ;
    if (pid == p->pid)
        take_status(p, status);
    else if (pid < 0) // somebody else has reaped it: how it ended is not known
        take_status(p, 255 << 8);
    return p->ended;
}

static void reap_orphans(void) {
    for (Process **place = &orphans; *place;) {
        Process *p = *place;
        if (!has_ended(p)) {
            place = &p->next;
            continue;
        }
        *place = p->next;
        free(p);
    }
}

static void process_release(void *pointer) {
    Process *p = pointer;
    if (has_ended(p)) {
        free(p);
        return;
    }
    p->next = orphans;
    orphans = p;
}

static Process *check_process(VM *vm, Value v) {
    return rt_foreign_check(vm, 1, "process", v, process_release);
}

static void send_signal(const Process *p, int number) {
    if (!p->ended)
        (void)kill(p->group ? -p->pid : p->pid, number);
}

// Kill and reap.
static void end_now(Process *p) {
    send_signal(p, SIGKILL);
    int status;
    while (!p->ended) {
        pid_t pid = waitpid(p->pid, &status, 0);
        if (pid == p->pid)
            take_status(p, status);
        else if (errno != EINTR)
            take_status(p, 255 << 8);
    }
}

// ---- starting

typedef struct Start {
    char **arguments;   // NULL behind the last
    char **environment; // likewise
    char *directory;    // NULL: as here
    int fd[3];          // the child's descriptors, owned; -1: as here, -2: as standard output
    bool group;
} Start;

// A NULL-terminated array of a list of strings, in memory of the collector; NULL with the
// condition.
static char **strings_of(VM *vm, const char *what, Value list) {
    ptrdiff_t length = rt_list_length(list);
    if (length < 0) {
        rt_fail(vm, CONDITION_TYPE, rt_cons(vm, list, VALUE_NULL),
                "%s: expected list of strings, got", what);
        return NULL;
    }
    if (!rt_heap_reserve(vm, (size_t)length + 1, sizeof(char *)))
        return NULL;
    char **strings = rt_raw_new(vm, ((size_t)length + 1) * sizeof *strings);
    for (ptrdiff_t i = 0; i < length; i++, list = value_cdr(list)) {
        Value v = value_car(list);
        size_t size;
        if (!value_is_string(v)) {
            rt_fail(vm, CONDITION_TYPE, rt_cons(vm, v, VALUE_NULL), "%s: expected string, got",
                    what);
            return NULL;
        }
        if (!(strings[i] = rt_string_to_utf8(vm, v, &size)))
            return NULL;
        if (memchr(strings[i], 0, size)) {
            rt_fail(vm, CONDITION_RANGE, rt_cons(vm, v, VALUE_NULL), "%s: a NUL character in",
                    what);
            return NULL;
        }
    }
    return strings;
}

// Arguments, environment and directory, the elements that both primitives begin with.
static bool read_start(VM *vm, const Value *item, Start *s) {
    *s = (Start){.environment = environ, .fd = {-1, -1, -1}};
    s->arguments = strings_of(vm, "arguments", item[0]);
    if (!s->arguments)
        return false;
    if (!s->arguments[0] || !*s->arguments[0]) {
        rt_fail(vm, CONDITION_RANGE, VALUE_NULL, "arguments: the program's name is missing");
        return false;
    }
    if (item[1] != VALUE_NIL && !(s->environment = strings_of(vm, "environment", item[1])))
        return false;
    if (item[2] == VALUE_NIL)
        return true;
    char **directory = strings_of(vm, "directory", rt_cons(vm, item[2], VALUE_NULL));
    if (directory)
        s->directory = directory[0];
    return directory;
}

static void close_all(const int fd[3]) {
    for (int i = 0; i < 3; i++)
        if (fd[i] >= 0)
            close(fd[i]);
}

static Value fail_start(VM *vm, const Start *s, int error) {
    const char *place = "";
    if (error == ENOENT && s->directory && access(s->directory, X_OK) != 0)
        place = "its folder: ";
    return rt_fail(
        vm, CONDITION_PROCESS,
        rt_cons(vm, rt_string_from_c(vm, *place ? s->directory : s->arguments[0]), VALUE_NULL),
        "cannot start: %s%s:", place, strerror(error));
}

// The child's descriptors are closed here in any case. 0 or an errno.
static int spawn(Start *s, Process *p) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);
    if (error)
        return error;
    if ((error = posix_spawnattr_init(&attributes))) {
        posix_spawn_file_actions_destroy(&actions);
        return error;
    }
    for (int i = 0; i < 3 && !error; i++)
        if (s->fd[i] != -1)
            error = posix_spawn_file_actions_adddup2(&actions, s->fd[i] == -2 ? 1 : s->fd[i], i);
    if (!error)
        error = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    if (!error && s->directory)
        error = posix_spawn_file_actions_addchdir_np(&actions, s->directory);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, (short)(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                  (s->group ? POSIX_SPAWN_SETPGROUP : 0)));
    if (!error)
        error = posix_spawnp(&p->pid, s->arguments[0], &actions, &attributes, s->arguments,
                             s->environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (error)
        return error;
    p->group = s->group;
    p->pidfd = (int)syscall(SYS_pidfd_open, p->pid, 0); // close-on-exec
    return 0;
}

// Start it; NULL with the condition. The child's descriptors are closed.
static Process *start(VM *vm, Start *s) {
    reap_orphans();
    Process *p = calloc(1, sizeof *p);
    int error = p ? spawn(s, p) : ENOMEM;
    close_all(s->fd);
    if (!error)
        return p;
    free(p);
    fail_start(vm, s, error);
    return NULL;
}

// A pipe whose end for the child is end 0 (it reads) or 1 (it writes). 0 or an errno.
static int make_pipe(int child_end, int *child, int *ours) {
    int fd[2];
    if (pipe2(fd, O_CLOEXEC) != 0)
        return errno;
    *child = fd[child_end];
    *ours = fd[!child_end];
    return 0;
}

// ---- processes that go on

// What the child's descriptor i is to be: the symbol inherit, null, pipe or (of stderr) stdout, or
// a port of a file. False with the condition.
static bool stream(VM *vm, int i, Value v, Start *s, int ours[3]) {
    static const char *const names[3] = {"stdin", "stdout", "stderr"};
    int error = 0;
    if (v == rt_intern(vm, "inherit")) {
        // What the program has written comes before what the child writes.
        Value port = i == 1 ? vm->ports->standard_output : vm->ports->standard_error;
        return i == 0 || rt_port_flush(vm, port);
    }
    if (v == rt_intern(vm, "null"))
        error = (s->fd[i] = open("/dev/null", O_RDWR | O_CLOEXEC)) < 0 ? errno : 0;
    else if (v == rt_intern(vm, "pipe"))
        error = make_pipe(i != 0, &s->fd[i], &ours[i]);
    else if (i == 2 && v == rt_intern(vm, "stdout"))
        s->fd[i] = -2;
    else if (value_is_port(v) && port_is_open(v) && value_port(v)->fd >= 0 &&
             port_flags(v) & (i == 0 ? PORT_INPUT : PORT_OUTPUT)) {
        if (i != 0 && !rt_port_flush(vm, v))
            return false;
        error = (s->fd[i] = fcntl(value_port(v)->fd, F_DUPFD_CLOEXEC, 3)) < 0 ? errno : 0;
    } else {
        rt_fail(vm, CONDITION_TYPE, rt_cons(vm, v, VALUE_NULL), "%s: expected %s, got", names[i],
                i == 0   ? "inherit, null, pipe or an open input port of a file"
                : i == 1 ? "inherit, null, pipe or an open output port of a file"
                         : "inherit, null, pipe, stdout or an open output port of a file");
        return false;
    }
    if (error)
        rt_fail(vm, CONDITION_PROCESS, VALUE_NULL, "cannot make the process's %s: %s", names[i],
                strerror(error));
    return !error;
}

Value rt_prim_process_start(VM *vm, Value options) {
    enum { GROUP = 6, BINARY, ITEMS };
    if (!value_is_vector(options) || vector_length(options) != ITEMS)
        return rt_fail_type(vm, 1, "vector of options", options);
    const Value *item = value_vector(options)->item;
    Start s;
    if (!read_start(vm, item, &s))
        return VALUE_FAILURE;
    s.group = item[GROUP] != VALUE_FALSE;
    int ours[3] = {-1, -1, -1};
    for (int i = 0; i < 3; i++)
        if (!stream(vm, i, item[3 + i], &s, ours)) {
            close_all(s.fd);
            close_all(ours);
            return VALUE_FAILURE;
        }
    Process *p = start(vm, &s);
    if (!p) {
        close_all(ours);
        return VALUE_FAILURE;
    }
    Value result[4] = {rt_foreign_new(vm, "process", p, process_release), VALUE_FALSE, VALUE_FALSE,
                       VALUE_FALSE};
    static const char *const names[3] = {"pipe to process", "pipe from process",
                                         "pipe of errors from process"};
    unsigned text = item[BINARY] != VALUE_FALSE ? 0 : PORT_TEXTUAL;
    for (int i = 0; i < 3; i++)
        if (ours[i] >= 0)
            result[1 + i] = rt_port_from_fd(vm, ours[i], text | (i == 0 ? PORT_OUTPUT : PORT_INPUT),
                                            rt_string_from_c(vm, names[i]));
    return rt_vector_from_array(vm, result, 4);
}

Value rt_prim_is_process(VM *vm, Value v) {
    return value_from_bool(rt_foreign_is(v, process_release));
}

Value rt_prim_process_id(VM *vm, Value v) {
    const Process *p = check_process(vm, v);
    return p ? value_from_fixnum(p->pid) : VALUE_FAILURE;
}

Value rt_prim_process_wait(VM *vm, Value v, Value seconds) {
    Process *p = check_process(vm, v);
    uint64_t end;
    if (!p || !rt_deadline(vm, 2, seconds, &end))
        return VALUE_FAILURE;
    reap_orphans();
    while (!has_ended(p)) {
        if (rt_monotonic_ns() >= end)
            return VALUE_NIL;
        if (rt_interrupt_waits(vm))
            return rt_interrupt_fail(vm);
        struct pollfd event = {.fd = p->pidfd, .events = POLLIN};
        (void)poll(&event, 1, rt_deadline_poll(end, p->pidfd < 0 ? 10 : LONGEST_POLL));
    }
    return value_from_fixnum(p->status);
}

Value rt_prim_process_kill(VM *vm, Value v, Value number) {
    const Process *p = check_process(vm, v);
    if (!p)
        return VALUE_FAILURE;
    if (!value_is_fixnum(number) || value_fixnum(number) < 1 || value_fixnum(number) >= NSIG)
        return rt_fail_range(vm, 2, "number of a signal", number);
    // Not reaped yet: the number is still its own.
    if (p->ended)
        return VALUE_FALSE;
    send_signal(p, (int)value_fixnum(number));
    return VALUE_TRUE;
}

Value rt_prim_process_executable(VM *vm) {
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path);
    if (length < 0 || length == sizeof path)
        return rt_fail(vm, CONDITION_PROCESS, VALUE_NULL, "the executable's path is not known");
    return rt_string_from_utf8(vm, path, (size_t)length);
}

// ---- processes that are run to their end

typedef struct Collected { // malloc'ed bytes
    char *bytes;
    size_t size, room;
} Collected;

typedef enum Exchange { EXCHANGE_DONE, EXCHANGE_TIME, EXCHANGE_LIMIT, EXCHANGE_INTERRUPT } Exchange;

// Read what is there. False: the limit is passed. *fd becomes -1 at the end.
static bool collect(Collected *c, int *fd, size_t limit) {
    if (c->room - c->size < PIECE) {
        size_t room = 2 * c->room + PIECE;
        char *bytes = realloc(c->bytes, room);
        if (!bytes)
            return false;
        c->bytes = bytes;
        c->room = room;
    }
    ssize_t n = read(*fd, c->bytes + c->size, c->room - c->size);
    if (n > 0)
        c->size += (size_t)n;
    else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
        close(*fd);
        *fd = -1;
    }
    return c->size <= limit;
}

// Give the input, take the output, until both output pipes are closed and the process has ended.
// Our ends are non-blocking and are closed.
static Exchange exchange(VM *vm, Process *p, int fd[3], const char *input, size_t input_size,
                         Collected out[2], uint64_t end, size_t limit) {
    for (;;) {
        if (fd[0] >= 0 && input_size == 0) {
            close(fd[0]);
            fd[0] = -1;
        }
        bool open = fd[1] >= 0 || fd[2] >= 0;
        // A grandchild that keeps the pipes open is not waited for.
        if (has_ended(p) && !open)
            return EXCHANGE_DONE;
        if (rt_interrupt_waits(vm))
            return EXCHANGE_INTERRUPT;
        if (rt_monotonic_ns() >= end)
            return EXCHANGE_TIME;
        struct pollfd events[4] = {{.fd = fd[0], .events = POLLOUT},
                                   {.fd = fd[1], .events = POLLIN},
                                   {.fd = fd[2], .events = POLLIN},
                                   {.fd = p->pidfd, .events = POLLIN}};
        bool ended = p->ended;
        int longest = ended || (p->pidfd < 0 && !open) ? 10 : LONGEST_POLL;
        if (poll(events, 4, rt_deadline_poll(end, longest)) <= 0) {
            if (ended) // all that it wrote has been read
                return EXCHANGE_DONE;
            continue;
        }
        if (events[0].revents) {
            ssize_t n = write(fd[0], input, input_size);
            if (n > 0) {
                input += n;
                input_size -= (size_t)n;
            } else if (n < 0 && errno != EINTR && errno != EAGAIN)
                input_size = 0; // it does not want more
        }
        for (int i = 1; i < 3; i++)
            if (fd[i] >= 0 && events[i].revents && !collect(&out[i - 1], &fd[i], limit))
                return EXCHANGE_LIMIT;
    }
}

// Bytes of the input, a string or bytevector; NULL with the condition.
static const char *input_bytes(VM *vm, Value v, size_t *size) {
    if (value_is_string(v))
        return rt_string_to_utf8(vm, v, size);
    if (value_is_bytevector(v)) {
        *size = bytevector_length(v);
        return (const char *)value_bytevector(v)->byte;
    }
    rt_fail(vm, CONDITION_TYPE, rt_cons(vm, v, VALUE_NULL),
            "input: expected string, bytevector or nil, got");
    return NULL;
}

Value rt_prim_process_run(VM *vm, Value options) {
    enum { INPUT = 3, ERRORS, SECONDS, LIMIT, ITEMS };
    if (!value_is_vector(options) || vector_length(options) != ITEMS)
        return rt_fail_type(vm, 1, "vector of options", options);
    const Value *item = value_vector(options)->item;
    Start s;
    uint64_t end;
    if (!read_start(vm, item, &s) || !rt_deadline(vm, 1, item[SECONDS], &end))
        return VALUE_FAILURE;
    if (!value_is_fixnum(item[LIMIT]) || value_fixnum(item[LIMIT]) < 0)
        return rt_fail(vm, CONDITION_TYPE, rt_cons(vm, item[LIMIT], VALUE_NULL),
                       "output-limit: expected number of bytes, got");
    size_t input_size = 0;
    const char *input = NULL;
    if (item[INPUT] != VALUE_NIL && !(input = input_bytes(vm, item[INPUT], &input_size)))
        return VALUE_FAILURE;
    // A group of its own, so that a time-out ends its children too.
    s.group = true;
    int ours[3] = {-1, -1, -1};
    Value errors = item[ERRORS];
    bool ready = stream(vm, 0, rt_intern(vm, input ? "pipe" : "null"), &s, ours) &&
                 stream(vm, 1, rt_intern(vm, "pipe"), &s, ours) && stream(vm, 2, errors, &s, ours);
    if (!ready) {
        close_all(s.fd);
        close_all(ours);
        return VALUE_FAILURE;
    }
    for (int i = 0; i < 3; i++)
        if (ours[i] >= 0)
            (void)fcntl(ours[i], F_SETFL, O_NONBLOCK);
    Process *p = start(vm, &s);
    if (!p) {
        close_all(ours);
        return VALUE_FAILURE;
    }
    Collected out[2] = {0};
    Exchange how =
        exchange(vm, p, ours, input, input_size, out, end, (size_t)value_fixnum(item[LIMIT]));
    close_all(ours);
    if (how != EXCHANGE_DONE)
        end_now(p);
    int status = p->status;
    free(p);
    Value result = VALUE_FAILURE, name = item[0];
    if (how == EXCHANGE_DONE) {
        Value first = rt_bytevector_from_bytes(vm, out[0].bytes, out[0].size);
        Value rest = rt_bytevector_from_bytes(vm, out[1].bytes, out[1].size);
        if (first != VALUE_FAILURE && rest != VALUE_FAILURE)
            result = rt_vector_from_array(vm, (Value[]){value_from_fixnum(status), first, rest}, 3);
    } else if (how == EXCHANGE_INTERRUPT)
        (void)rt_interrupt_fail(vm);
    else
        (void)rt_fail(vm, CONDITION_PROCESS, rt_cons(vm, name, VALUE_NULL),
                      how == EXCHANGE_TIME ? "timed out and was ended:"
                                           : "wrote more than its output-limit and was ended:");
    free(out[0].bytes);
    free(out[1].bytes);
    return result;
}
