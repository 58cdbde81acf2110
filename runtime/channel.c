// Channels of sessions. See channel.h.
#include "runtime/channel.h"
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/interrupt.h"
#include "runtime/list.h"
#include "runtime/module.h"
#include "runtime/numbers.h"
#include "runtime/port.h"
#include "runtime/request.h"
#include "runtime/signal.h"
#include "runtime/string.h"
#include "runtime/symbol.h"
#include "runtime/system.h"
#include "runtime/vector.h"
#include "runtime/wait.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

enum {
    TICK = 20 * 1000 * 1000, // nanoseconds
    READ_SIZE = 64 << 10,    // bytes read at a time
    PIECE_SIZE = 8 << 10,    // bytes of the program's output in one reply
    OUTGOING_MOST = 1 << 20, // bytes that wait to be sent without anybody waiting for it
    QUEUE_MOST = 10000,      // requests that wait; more stay in the system's buffers
    QUEUE_REQUESTS = 4,      // and bytes, in requests of the longest kind
    LIMIT_LEAST = 1024,      // bytes of a request
    LIMIT_MOST = 1 << 30,
    FORCED = 2, // cancellations
};

typedef struct Bytes { // malloc'ed
    char *at;
    size_t size, room;
} Bytes;

typedef struct Queued { // malloc'ed
    Request request;
    bool cancelled;
    struct Queued *next;
} Queued;

typedef enum Stream { STREAM_OUTPUT, STREAM_ERROR } Stream;

typedef struct Channel { // malloc'ed
    struct Channels *all;
    struct Channel *next;
    int in, out;                   // descriptors of its own; -1: a port in memory, or closed
    int standard_in, standard_out; // to be put back: 0, 1; -1: they are not the standard ones
    bool in_watched, out_watched;  // they are in the epoll set
    bool in_file;                  // epoll cannot watch it: it always has something
    bool at_end;                   // of the input
    bool end_told;
    bool gone;    // nobody takes the output any more
    bool signals; // a caught signal ends what runs
    RequestScanner scanner;
    Queued *first, **last;
    size_t queued, queued_bytes;
    Bytes piece; // what the program has written: not yet a reply
    Stream piece_stream;
    Bytes outgoing;
    uint64_t stall;    // nanoseconds that the peer may take nothing; UINT64_MAX: for ever
    uint64_t progress; // when it took something last
} Channel;

typedef struct Channels { // vm->channels: scanned memory
    Channel *first;
    Channel *running;
    int64_t number; // of the running request, or of the last one; -1: it has none
    int cancels;
    bool forced;   // its forced end was raised: it is not raised again
    Value dynamic; // in force where it began
    Modes modes;
    int epoll;
    _Atomic bool written; // the running program has written something
    _Atomic int files;    // open channels whose input epoll cannot watch
    timer_t timer;
} Channels;

// ---- bytes

// False when memory is short.
static bool bytes_room(Bytes *b, size_t more) {
    if (b->room - b->size >= more)
        return true;
    size_t room = 2 * b->room + more;
    char *at = realloc(b->at, room);
    if (!at)
        return false;
    b->at = at;
    b->room = room;
    return true;
}

static bool bytes_add(Bytes *b, const char *bytes, size_t size) {
    if (!bytes_room(b, size))
        return false;
    if (size)
        memcpy(b->at + b->size, bytes, size);
    b->size += size;
    return true;
}

static void bytes_drop(Bytes *b, size_t size) {
    b->size -= size;
    if (b->size)
        memmove(b->at, b->at + size, b->size);
}

static void bytes_free(Bytes *b) {
    free(b->at);
    *b = (Bytes){0};
}

// ---- the queue

static bool is_full(const Channel *c) {
    return c->queued >= QUEUE_MOST || c->queued_bytes > QUEUE_REQUESTS * c->scanner.limit;
}

static void enqueue(Channel *c, const Request *request) {
    Queued *q = calloc(1, sizeof *q);
    if (!q) { // as if it had not come
        free(request->text);
        return;
    }
    q->request = *request;
    *c->last = q;
    c->last = &q->next;
    c->queued++;
    c->queued_bytes += request->size;
}

static Queued *dequeue(Channel *c) {
    Queued *q = c->first;
    c->first = q->next;
    if (!c->first)
        c->last = &c->first;
    c->queued--;
    c->queued_bytes -= q->request.size;
    return q;
}

static void free_queued(Queued *q) {
    free(q->request.text);
    free(q);
}

// ---- cancelling

static void cancel_running(VM *vm, Channels *all, int more) {
    all->cancels += more;
    rt_interrupt_set(vm, INTERRUPT_CANCEL);
}

// What is not there any more needs no cancelling.
static void cancel(VM *vm, Channel *c, int64_t number) {
    Channels *all = c->all;
    if (all->running == c && all->number == number) {
        cancel_running(vm, all, 1);
        return;
    }
    for (Queued *q = c->first; q; q = q->next)
        if (q->request.kind == REQUEST_WHOLE && q->request.number == number && !q->cancelled) {
            q->cancelled = true;
            return;
        }
}

// Nobody is there any more.
static void lose(VM *vm, Channel *c) {
    if (c->gone)
        return;
    c->gone = c->at_end = true;
    c->outgoing.size = c->piece.size = 0;
    if (c->all->running == c && !c->all->forced)
        cancel_running(vm, c->all, FORCED);
}

// ---- watching

static void watch(const Channels *all, int fd, bool on, bool *watched, uint32_t events) {
    if (!all || fd < 0 || *watched == on)
        return;
    struct epoll_event event = {.events = events};
    if (epoll_ctl(all->epoll, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, fd, &event) == 0)
        *watched = on;
}

static void update_watch(Channel *c) {
    if (!c->in_file)
        watch(c->all, c->in, !c->at_end && !is_full(c), &c->in_watched, EPOLLIN);
    else if (c->at_end) {
        atomic_fetch_sub(&c->all->files, 1);
        c->in_file = false;
    }
    watch(c->all, c->out, !c->gone, &c->out_watched, 0); // hang-ups alone
}

// ---- input

static void scan(VM *vm, Channel *c, const char *bytes, size_t size) {
    Request request;
    for (size_t at = 0; at < size;) {
        at += rt_request_scan(&c->scanner, bytes + at, size - at, &request);
        if (request.cancels) {
            cancel(vm, c, request.number);
            free(request.text);
        } else if (request.kind != REQUEST_NONE)
            enqueue(c, &request);
    }
}

static void end_input(Channel *c) {
    Request request;
    c->at_end = true;
    rt_request_end(&c->scanner, &request);
    if (request.kind != REQUEST_NONE)
        enqueue(c, &request);
}

// Take what is there, without waiting.
static void take_input(VM *vm, Channel *c) {
    char bytes[READ_SIZE];
    for (int turns = 0; turns < 16 && !c->at_end && !is_full(c); turns++) {
        struct pollfd event = {.fd = c->in, .events = POLLIN};
        if (poll(&event, 1, 0) <= 0 || !event.revents)
            break;
        ssize_t n = read(c->in, bytes, sizeof bytes);
        if (n > 0)
            scan(vm, c, bytes, (size_t)n);
        else if (n == 0 || (errno != EINTR && errno != EAGAIN))
            end_input(c);
        else
            break;
    }
}

// Has the reader of its output gone?
static void look_at_output(VM *vm, Channel *c) {
    struct pollfd event = {.fd = c->out};
    if (c->out >= 0 && poll(&event, 1, 0) > 0 && event.revents & (POLLERR | POLLHUP | POLLNVAL))
        lose(vm, c);
}

static void look(VM *vm, Channel *c) {
    if (c->in >= 0)
        take_input(vm, c);
    if (!c->gone)
        look_at_output(vm, c);
    update_watch(c);
}

// ---- output

// Send as much as is taken without waiting.
static void push(VM *vm, Channel *c) {
    size_t sent = 0;
    while (c->out >= 0 && sent < c->outgoing.size) {
        struct pollfd event = {.fd = c->out, .events = POLLOUT};
        if (poll(&event, 1, 0) <= 0 || !event.revents)
            break;
        // What a pipe takes without waiting, once it takes something.
        size_t left = c->outgoing.size - sent;
        ssize_t n = send(c->out, c->outgoing.at + sent, left, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == ENOTSOCK)
            n = write(c->out, c->outgoing.at + sent, left < 4096 ? left : 4096);
        if (n >= 0) {
            sent += (size_t)n;
            continue;
        }
        if (errno == EINTR || errno == EAGAIN)
            break;
        lose(vm, c);
        return;
    }
    if (!sent)
        return;
    bytes_drop(&c->outgoing, sent);
    c->progress = rt_monotonic_ns();
}

static bool must_return(const VM *vm) {
    enum { ENDING = INTERRUPT_USER | INTERRUPT_TIMER | INTERRUPT_HOST | INTERRUPT_LIMIT };
    return atomic_load(&vm->interrupts) & (ENDING | INTERRUPT_CANCEL);
}

// Send until no more than `most` bytes wait. Gives up when an interrupt waits: they are sent later.
static void send_down_to(VM *vm, Channel *c, size_t most) {
    c->progress = rt_monotonic_ns();
    push(vm, c);
    while (!c->gone && c->out >= 0 && c->outgoing.size > most && !must_return(vm)) {
        // What it sends meanwhile is taken, or both would wait for each other.
        struct pollfd events[2] = {{.fd = c->out, .events = POLLOUT},
                                   {.fd = c->at_end || is_full(c) ? -1 : c->in, .events = POLLIN}};
        (void)poll(events, 2, LONGEST_POLL);
        look(vm, c);
        push(vm, c);
        bool stalled = rt_monotonic_ns() - c->progress > c->stall;
        if (stalled || (c->signals && rt_signals_pending()))
            lose(vm, c);
    }
}

static bool add_string(Bytes *b, const char *text, size_t size) {
    if (!bytes_room(b, 6 * size + 2))
        return false;
    b->at[b->size++] = '"';
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\') {
            b->at[b->size++] = '\\';
            b->at[b->size++] = (char)c;
        } else if (c == '\n') {
            memcpy(b->at + b->size, "\\n", 2);
            b->size += 2;
        } else if (c < ' ' || c == 127) {
            char escape[8];
            int n = snprintf(escape, sizeof escape, "\\x%x;", c);
            memcpy(b->at + b->size, escape, (size_t)n);
            b->size += (size_t)n;
        } else {
            b->at[b->size++] = (char)c;
        }
    }
    b->at[b->size++] = '"';
    return true;
}

// Bytes that `text` begins with, all characters complete.
static size_t whole_characters(const char *text, size_t size) {
    size_t end = size;
    for (int back = 0; end > 0 && back < 4; back++) {
        unsigned char c = (unsigned char)text[--end];
        if ((c & 0xC0) == 0x80)
            continue;
        size_t length = c < 0xC0 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
        return end + length <= size ? size : end;
    }
    return size;
}

// What the program has written becomes a reply.
static void send_piece(Channel *c) {
    size_t size = whole_characters(c->piece.at, c->piece.size);
    if (size == 0)
        return;
    if (!c->gone) {
        char head[32];
        int n = c->all->number >= 0
                    ? snprintf(head, sizeof head, "(out %lld ", (long long)c->all->number)
                    : snprintf(head, sizeof head, "(out nil ");
        const char *tail = c->piece_stream == STREAM_ERROR ? " :error)\n" : ")\n";
        size_t before = c->outgoing.size;
        if (!bytes_add(&c->outgoing, head, (size_t)n) ||
            !add_string(&c->outgoing, c->piece.at, size) ||
            !bytes_add(&c->outgoing, tail, strlen(tail)))
            c->outgoing.size = before; // memory is short: the output is lost, the channel is not
    }
    bytes_drop(&c->piece, size);
}

static int sink(VM *vm, Channel *c, Stream stream, const uint8_t *bytes, size_t size) {
    if (c->gone)
        return EPIPE;
    if (stream != c->piece_stream) {
        send_piece(c);
        c->piece_stream = stream;
    }
    while (size) {
        size_t part = size < PIECE_SIZE ? size : PIECE_SIZE;
        if (!bytes_add(&c->piece, (const char *)bytes, part))
            return ENOMEM;
        bytes += part;
        size -= part;
        if (c->piece.size >= PIECE_SIZE) {
            send_piece(c);
            send_down_to(vm, c, OUTGOING_MOST);
        }
    }
    atomic_store(&c->all->written, true);
    return 0;
}

static void release(void *pointer);

static int sink_output(VM *vm, Value owner, const uint8_t *bytes, size_t size) {
    Channel *c = value_foreign(owner)->pointer;
    return c ? sink(vm, c, STREAM_OUTPUT, bytes, size) : EPIPE;
}
static int sink_error(VM *vm, Value owner, const uint8_t *bytes, size_t size) {
    Channel *c = value_foreign(owner)->pointer;
    return c ? sink(vm, c, STREAM_ERROR, bytes, size) : EPIPE;
}

// ---- interrupts

void rt_channels_poll(VM *vm) {
    Channels *all = vm->channels;
    rt_interrupt_clear(vm, INTERRUPT_CHANNEL);
    if (!all)
        return;
    for (Channel *c = all->first; c; c = c->next)
        look(vm, c);
    Channel *c = all->running;
    if (!c)
        return;
    if (atomic_exchange(&all->written, false)) {
        send_piece(c);
        send_down_to(vm, c, OUTGOING_MOST);
    }
    if (c->signals && rt_signals_pending() && !all->forced)
        cancel_running(vm, all, FORCED);
}

// Is what runs a part of the request? Where its bindings of parameters are not in force it has been
// left already; evaluations nested in it have them.
static bool is_within(const VM *vm, const Channels *all) {
    Value own = value_vector(all->dynamic)->item[1];
    for (Value l = value_vector(vm->dynamic)->item[1];; l = value_cdr(l)) {
        if (l == own)
            return true;
        if (!value_is_pair(l))
            return false;
    }
}

bool rt_channels_cancel(VM *vm) {
    Channels *all = vm->channels;
    rt_interrupt_clear(vm, INTERRUPT_CANCEL);
    if (!all || !all->running || all->forced || !is_within(vm, all))
        return false;
    if (all->cancels >= FORCED) {
        all->forced = true;
        vm->dynamic = all->dynamic;
    }
    rt_fail(vm, CONDITION_INTERRUPT, VALUE_NULL, "cancelled");
    return true;
}

void rt_channels_flush(VM *vm) {
    for (Channel *c = vm->channels ? vm->channels->first : NULL; c; c = c->next) {
        send_piece(c);
        send_down_to(vm, c, 0);
    }
}

static int tick_signal(void) { return SIGRTMIN + 8; }

static void on_tick(int signal_number, siginfo_t *info, void *context) {
    (void)signal_number;
    (void)context;
    if (info->si_code != SI_TIMER)
        return;
    VM *vm = info->si_value.sival_ptr;
    Channels *all = vm->channels;
    int error = errno;
    struct pollfd event = {.fd = all->epoll, .events = POLLIN};
    if (atomic_load(&all->written) || atomic_load(&all->files) || rt_signals_pending() ||
        poll(&event, 1, 0) > 0)
        rt_interrupt_set(vm, INTERRUPT_CHANNEL);
    errno = error;
}

static void set_timer(Channels *all, bool on) {
    struct itimerspec at = {0};
    if (on)
        at.it_value.tv_nsec = at.it_interval.tv_nsec = TICK;
    timer_settime(all->timer, 0, &at, NULL);
}

// ---- life

// NULL with the condition.
static Channels *channels_of(VM *vm) {
    if (vm->channels)
        return vm->channels;
    Channels *all = rt_raw_new(vm, sizeof *all);
    *all = (Channels){.number = -1, .dynamic = VALUE_FALSE, .modes = rt_modes(vm)};
    all->epoll = epoll_create1(EPOLL_CLOEXEC);
    struct sigaction action = {.sa_sigaction = on_tick, .sa_flags = SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    struct sigevent event = {
        .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = tick_signal(), .sigev_value.sival_ptr = vm};
    event.sigev_notify_thread_id = gettid();
    if (all->epoll < 0 || sigaction(tick_signal(), &action, NULL) != 0 ||
        timer_create(CLOCK_MONOTONIC, &event, &all->timer) != 0) {
        rt_fail(vm, CONDITION_IO, VALUE_NULL, "cannot watch a channel: %s", strerror(errno));
        if (all->epoll >= 0)
            close(all->epoll);
        return NULL;
    }
    vm->channels = all;
    return all;
}

// The standard descriptors are the peer's no more: whoever reads finds nothing, whoever writes
// writes to standard error.
static void occupy_standard(Channel *c, bool input, bool output) {
    int null = input ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;
    if (null >= 0) {
        c->standard_in = STDIN_FILENO;
        dup2(null, STDIN_FILENO);
        close(null);
    }
    if (output) {
        c->standard_out = STDOUT_FILENO;
        dup2(STDERR_FILENO, STDOUT_FILENO);
    }
}

static void let_go(Channel *c) {
    watch(c->all, c->in, false, &c->in_watched, 0);
    watch(c->all, c->out, false, &c->out_watched, 0);
    if (c->standard_in >= 0)
        dup2(c->in, c->standard_in);
    if (c->standard_out >= 0)
        dup2(c->out, c->standard_out);
    if (c->in >= 0)
        close(c->in);
    if (c->out >= 0)
        close(c->out);
    c->in = c->out = c->standard_in = c->standard_out = -1;
    if (c->in_file && c->all)
        atomic_fetch_sub(&c->all->files, 1);
    c->in_file = false;
    c->at_end = c->gone = true;
}

static void release(void *pointer) {
    Channel *c = pointer;
    Channels *all = c->all;
    let_go(c);
    for (Channel **place = all ? &all->first : NULL; place && *place; place = &(*place)->next)
        if (*place == c) {
            *place = c->next;
            break;
        }
    if (all && all->running == c) {
        all->running = NULL;
        set_timer(all, false);
    }
    while (c->first)
        free_queued(dequeue(c));
    rt_request_free(&c->scanner);
    bytes_free(&c->piece);
    bytes_free(&c->outgoing);
    free(c);
}

void rt_channels_destroy(VM *vm) {
    Channels *all = vm->channels;
    if (!all)
        return;
    timer_delete(all->timer);
    for (Channel *c = all->first; c; c = c->next) {
        let_go(c);
        c->all = NULL; // its object may outlive the VM
    }
    close(all->epoll);
    vm->channels = NULL;
}

static Channel *check_channel(VM *vm, Value v) {
    return rt_foreign_check(vm, 1, "channel", v, release);
}

// ---- primitives

static bool check_open_port(VM *vm, int argument, Value v, unsigned direction) {
    if (value_is_port(v) && port_is_open(v) && port_flags(v) & direction)
        return true;
    rt_fail_type(vm, argument, direction == PORT_INPUT ? "open input port" : "open output port", v);
    return false;
}

// A descriptor of our own for that of a port; -1: it has none. -2 with the condition.
static int own_descriptor(VM *vm, const Port *p) {
    if (p->fd < 0 || p->sink)
        return -1;
    int fd = fcntl(p->fd, F_DUPFD_CLOEXEC, 3);
    if (fd >= 0)
        return fd;
    rt_fail(vm, CONDITION_IO, rt_cons(vm, p->name, VALUE_NULL),
            "cannot make a channel: %s:", strerror(errno));
    return -2;
}

Value rt_prim_channel_open(VM *vm, Value input, Value output, Value options) {
    enum { LIMIT, STALL, SIGNALS, ITEMS };
    if (!check_open_port(vm, 1, input, PORT_INPUT) || !check_open_port(vm, 2, output, PORT_OUTPUT))
        return VALUE_FAILURE;
    if (!value_is_vector(options) || vector_length(options) != ITEMS)
        return rt_fail_type(vm, 3, "vector of options", options);
    const Value *item = value_vector(options)->item;
    if (!value_is_fixnum(item[LIMIT]) || value_fixnum(item[LIMIT]) < LIMIT_LEAST ||
        value_fixnum(item[LIMIT]) > LIMIT_MOST)
        return rt_fail(vm, CONDITION_RANGE, rt_cons(vm, item[LIMIT], VALUE_NULL),
                       "request-limit: expected bytes from 1024 to 2^30, got");
    uint64_t now = rt_monotonic_ns(), stall;
    if (!rt_deadline(vm, 3, item[STALL], &stall) || !rt_port_flush(vm, output))
        return VALUE_FAILURE;
    Channels *all = channels_of(vm);
    Channel *c = all ? calloc(1, sizeof *c) : NULL;
    if (!c)
        return all ? rt_fail_memory(vm, sizeof *c) : VALUE_FAILURE;
    Port *from = value_port(input);
    const Port *to = value_port(output);
    *c = (Channel){.all = all,
                   .in = own_descriptor(vm, from),
                   .standard_in = -1,
                   .standard_out = -1,
                   .signals = item[SIGNALS] != VALUE_FALSE,
                   .stall = stall == UINT64_MAX ? stall : stall - now};
    c->out = c->in == -2 ? -2 : own_descriptor(vm, to);
    if (c->out == -2) {
        if (c->in >= 0)
            close(c->in);
        free(c);
        return VALUE_FAILURE;
    }
    c->last = &c->first;
    rt_request_init(&c->scanner, (size_t)value_fixnum(item[LIMIT]));
    c->next = all->first;
    all->first = c;
    occupy_standard(c, from->standard && from->fd == STDIN_FILENO,
                    to->standard && to->fd == STDOUT_FILENO);
    update_watch(c);
    c->in_file = c->in >= 0 && !c->in_watched;
    if (c->in_file)
        atomic_fetch_add(&all->files, 1);
    Value self = rt_foreign_new(vm, "channel", c, release);
    // What the port has read already comes first.
    if (from->start < from->end)
        scan(vm, c, (const char *)from->buffer + from->start, from->end - from->start);
    from->start = from->end;
    if (c->in < 0)
        end_input(c);
    return self;
}

Value rt_prim_channel_ports(VM *vm, Value v) {
    if (!check_channel(vm, v))
        return VALUE_FAILURE;
    return rt_cons(vm, rt_port_to_sink(vm, sink_output, v, "output of the session"),
                   rt_port_to_sink(vm, sink_error, v, "errors of the session"));
}

// What a channel has for the program; VALUE_NONE: nothing yet.
static Value next_of(VM *vm, Value self, Channel *c) {
    Value item[6] = {self, VALUE_FALSE, VALUE_NIL, VALUE_NIL, VALUE_FALSE, VALUE_FALSE};
    // Who does not take its replies gets no more.
    if (c->outgoing.size > OUTGOING_MOST && c->out >= 0)
        return VALUE_NONE;
    if (c->gone || !c->first) {
        if (!c->at_end || c->end_told || (c->outgoing.size && c->out >= 0))
            return VALUE_NONE;
        c->end_told = true;
        item[1] = rt_intern(vm, "end");
        return rt_vector_from_array(vm, item, 6);
    }
    Queued *q = dequeue(c);
    update_watch(c);
    const Request *r = &q->request;
    bool whole = r->kind == REQUEST_WHOLE;
    item[1] = rt_intern(vm, !whole ? "malformed" : q->cancelled ? "cancelled" : "request");
    if (r->number >= 0)
        item[2] = value_from_fixnum(r->number);
    item[3] =
        whole ? rt_bytevector_from_bytes(vm, r->text, r->size) : rt_string_from_c(vm, r->problem);
    item[4] = value_from_fixnum(r->line);
    item[5] = value_from_fixnum(r->column);
    free_queued(q);
    return item[3] == VALUE_FAILURE ? VALUE_FAILURE : rt_vector_from_array(vm, item, 6);
}

static bool has_stalled(const Channel *c) {
    return c->outgoing.size && c->out >= 0 && rt_monotonic_ns() - c->progress > c->stall;
}

// Wait for something on any of the channels. True: it is the listener.
static bool wait_for(VM *vm, Value channels, size_t count, int listener, int milliseconds) {
    struct pollfd *events = calloc(2 * count + 1, sizeof *events);
    if (!events)
        return false;
    size_t n = 0;
    for (; value_is_pair(channels); channels = value_cdr(channels)) {
        Channel *c = value_foreign(value_car(channels))->pointer;
        bool wants = c->in >= 0 && !c->at_end && !is_full(c);
        events[n++] = (struct pollfd){.fd = wants ? c->in : -1, .events = POLLIN};
        events[n++] =
            (struct pollfd){.fd = c->gone ? -1 : c->out, .events = c->outgoing.size ? POLLOUT : 0};
    }
    events[n] = (struct pollfd){.fd = listener, .events = POLLIN};
    int ready = poll(events, n + 1, milliseconds);
    bool connects = ready > 0 && events[n].revents;
    free(events);
    return connects;
}

Value rt_prim_channel_next(VM *vm, Value channels, Value listener, Value seconds) {
    uint64_t end;
    ptrdiff_t count = rt_list_length(channels);
    if (count < 0)
        return rt_fail_type(vm, 1, "list of channels", channels);
    for (Value l = channels; value_is_pair(l); l = value_cdr(l))
        if (!check_channel(vm, value_car(l)))
            return VALUE_FAILURE;
    int fd = rt_listener_descriptor(listener);
    if (fd < 0 && listener != VALUE_FALSE)
        return rt_fail_type(vm, 2, "open listener or #f", listener);
    if (!rt_deadline(vm, 3, seconds, &end))
        return VALUE_FAILURE;
    bool connects = false;
    for (;;) {
        for (Value l = channels; value_is_pair(l); l = value_cdr(l)) {
            Channel *c = value_foreign(value_car(l))->pointer;
            look(vm, c);
            push(vm, c);
            if (has_stalled(c))
                lose(vm, c);
            Value next = next_of(vm, value_car(l), c);
            if (next != VALUE_NONE)
                return next;
        }
        if (connects)
            return listener;
        if (rt_interrupt_waits(vm))
            return rt_interrupt_fail(vm);
        if (rt_signals_pending() || rt_monotonic_ns() >= end)
            return VALUE_NIL;
        connects = wait_for(vm, channels, (size_t)count, fd, rt_deadline_poll(end, LONGEST_POLL));
    }
}

Value rt_prim_channel_begin(VM *vm, Value v, Value number) {
    Channel *c = check_channel(vm, v);
    if (!c)
        return VALUE_FAILURE;
    if (number != VALUE_NIL && !(value_is_fixnum(number) && value_fixnum(number) >= 0))
        return rt_fail_type(vm, 2, "number of a request or nil", number);
    Channels *all = c->all;
    if (all->running)
        return rt_fail(vm, CONDITION_CONTROL, VALUE_NULL, "a request of a session is under way");
    all->running = c;
    all->number = number == VALUE_NIL ? -1 : value_fixnum(number);
    all->cancels = 0;
    all->forced = false;
    all->dynamic = vm->dynamic;
    all->modes = rt_modes(vm);
    set_timer(all, true);
    return VALUE_UNSPECIFIED;
}

Value rt_prim_channel_end(VM *vm, Value v) {
    Channel *c = check_channel(vm, v);
    if (!c)
        return VALUE_FAILURE;
    Channels *all = c->all;
    if (all->running != c)
        return VALUE_UNSPECIFIED;
    set_timer(all, false);
    all->running = NULL;
    all->dynamic = VALUE_FALSE;
    rt_interrupt_clear(vm, INTERRUPT_CANCEL);
    rt_modes_restore(vm, all->modes);
    return VALUE_UNSPECIFIED;
}

Value rt_prim_channel_send(VM *vm, Value v, Value line) {
    Channel *c = check_channel(vm, v);
    if (!c)
        return VALUE_FAILURE;
    if (!value_is_string(line))
        return rt_fail_type(vm, 2, "string", line);
    size_t size;
    const char *text = rt_string_to_utf8(vm, line, &size);
    if (!text)
        return VALUE_FAILURE;
    if (c->gone)
        return VALUE_UNSPECIFIED;
    send_piece(c);
    size_t before = c->outgoing.size;
    if (!bytes_add(&c->outgoing, text, size) || !bytes_add(&c->outgoing, "\n", 1)) {
        c->outgoing.size = before;
        return rt_fail_memory(vm, size);
    }
    send_down_to(vm, c, OUTGOING_MOST);
    return VALUE_UNSPECIFIED;
}

Value rt_prim_channel_take(VM *vm, Value v) {
    Channel *c = check_channel(vm, v);
    if (!c)
        return VALUE_FAILURE;
    size_t size = c->out < 0 ? c->outgoing.size : 0;
    Value text = rt_string_from_utf8(vm, size ? c->outgoing.at : "", size);
    if (text != VALUE_FAILURE)
        c->outgoing.size -= size;
    return text;
}

Value rt_prim_channel_is_open(VM *vm, Value v) {
    const Channel *c = check_channel(vm, v);
    return c ? value_from_bool(!c->gone) : VALUE_FAILURE;
}

Value rt_prim_channel_close(VM *vm, Value v) {
    if (!rt_foreign_is(v, release))
        return rt_fail_type(vm, 1, "channel", v);
    Channel *c = value_foreign(v)->pointer;
    if (!c)
        return VALUE_UNSPECIFIED;
    send_piece(c);
    send_down_to(vm, c, 0);
    rt_foreign_forget(v);
    release(c);
    return VALUE_UNSPECIFIED;
}
