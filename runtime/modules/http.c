// (kiln http): a server over libmicrohttpd.
//
// No thread of its own and no callback into the program: the library runs within %http-next!, on
// the program's thread, and parses what has arrived. A request that is complete is suspended and
// queued; %http-next! answers it as data. %http-respond! gives its answer to the library, which
// sends it in the following %http-next!, before that hands out the next request.
//
//   Link     a connection, as long as the library has it; in the server's list
//   Request  referred to by the library until the exchange is over, and by the queue or the
//   program's
//            handle until it is answered or dropped. Who goes last frees it.
//
// Callbacks of the library never touch the collector's heap: what they keep is malloc'ed.
//
// Slow clients: the library's own time-out ends connections without any traffic. On top of that a
// request that has not arrived whole within receive_limit ends its connection, however busily it
// drips.
#include "runtime/dict.h"
#include "runtime/fail.h"
#include "runtime/interrupt.h"
#include "runtime/list.h"
#include "runtime/module.h"
#include "runtime/modules/http_int.h"
#include "runtime/numbers.h"
#include "runtime/port.h"
#include "runtime/signal.h"
#include "runtime/string.h"
#include "runtime/symbol.h"
#include "runtime/system.h"
#include "runtime/table.h"
#include "runtime/vector.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <microhttpd.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    LONGEST_POLL = 200,       // milliseconds between two looks at interrupts and slow clients
    FIRST_BODY = 4096,        // bytes a body's buffer begins with
    PASSED_OVER = 1 << 20,    // bytes of a body beyond the limit that are read all the same
    MOST_SECONDS = 100000000, // of any time-out
    MOST_HEADERS = 1000,      // of an answer
};
static const uint64_t second = 1000000000; // nanoseconds

typedef struct Server Server;
typedef struct Request Request;

typedef enum LinkState {
    LINK_IDLE,      // between requests, or not a byte has come
    LINK_RECEIVING, // the request line is known
    LINK_WAITING,   // the request is the program's
    LINK_SENDING,
} LinkState;

typedef struct Link {
    Server *server;
    struct MHD_Connection *connection;
    int fd;
    LinkState state;
    uint64_t since;   // beginning of the state, nanoseconds
    char *target;     // of the request that is being received
    Request *request; // whose headers have come, or NULL
    struct Link *previous, *next;
} Link;

struct Request {
    Link *link;   // NULL: the exchange is over
    char *target; // as it came
    char method[32], version[16];
    uint8_t *body;
    size_t size, room;     // of the body; size counts what is passed over too
    bool library, program; // who refers to it
    bool complete;         // it has been queued
    bool too_large;        // the body is passed over
    bool answered;
    int status;    // of the program's answer; 0: none yet
    int64_t sent;  // bytes of its body
    Request *next; // in the queue
};

struct Server {
    struct MHD_Daemon *daemon;
    Link *links;
    Request *first, **last; // the queue
    size_t unanswered;      // in the queue or handed out
    uint64_t requests, refused;
    size_t body_limit;
    uint64_t idle_limit, receive_limit; // nanoseconds
    uint64_t swept;                     // when slow clients were last looked for
    bool stopping, ending;              // by http-stop!, by http-close!
    int port;
    char host[INET6_ADDRSTRLEN];
};

// ---- requests

static void request_free(Request *r) {
    if (r->library || r->program)
        return;
    free(r->target);
    free(r->body);
    free(r);
}

static void forget_body(Request *r) {
    free(r->body);
    r->body = NULL;
    r->size = r->room = 0;
}

static bool append_body(Request *r, const char *bytes, size_t size) {
    if (size > r->room - r->size) {
        size_t room = r->room ? r->room : FIRST_BODY;
        while (room - r->size < size)
            room *= 2;
        uint8_t *body = realloc(r->body, room);
        if (!body)
            return false;
        r->body = body;
        r->room = room;
    }
    memcpy(r->body + r->size, bytes, size);
    r->size += size;
    return true;
}

// An answer of a line of text, after which the connection ends.
static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status,
                              const char *text) {
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, "Content-Type", "text/plain");
    MHD_add_response_header(response, "Connection", "close");
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

// Is it "/…" (or "*") with right escapes of UTF-8 without NUL?
static bool target_is_good(const char *target) {
    size_t length = strcspn(target, "?");
    if (target[0] != '/')
        return strcmp(target, "*") == 0;
    char *path = strndup(target, length);
    long decoded = path ? rt_http_unescape(path, length, false) : -1;
    bool good = decoded >= 0 && !memchr(path, 0, (size_t)decoded);
    for (long i = 0; good && i < decoded;) {
        Utf8Step step = rt_utf8_decode(path + i, (size_t)(decoded - i));
        good = step.status == UTF8_OK;
        i += step.length;
    }
    free(path);
    return good;
}

// ---- the library's callbacks

static Link *link_of(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static void set_state(Link *link, LinkState state) {
    link->state = state;
    link->since = rt_monotonic_ns();
}

static void on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode code) {
    Server *server = context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        Link *link = calloc(1, sizeof *link);
        *socket_context = link;
        if (!link)
            return;
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        link->server = server;
        link->connection = connection;
        link->fd = info ? info->connect_fd : -1;
        link->next = server->links;
        if (link->next)
            link->next->previous = link;
        server->links = link;
        set_state(link, LINK_IDLE);
        return;
    }
    Link *link = *socket_context;
    if (!link)
        return;
    if (link->next)
        link->next->previous = link->previous;
    if (link->previous)
        link->previous->next = link->next;
    else
        server->links = link->next;
    free(link->target);
    free(link);
    *socket_context = NULL;
}

// The request line has come. The library would take a query apart into its memory, of which it may
// not have enough, and then end the connection without an answer: it gets a query of one part to
// see. The text is its buffer, which it writes to as well: it has put a NUL for the space between
// target and version. Where no version follows, the target had a NUL of its own.
static void *on_target(void *context, const char *uri, struct MHD_Connection *connection) {
    static const char version[] = "HTTP/";
    Link *link = link_of(connection);
    if (link) {
        bool whole = strncmp(uri + strlen(uri) + 1, version, sizeof version - 1) == 0;
        free(link->target);
        link->target = strdup(whole ? uri : "malformed");
        set_state(link, LINK_RECEIVING);
    }
    for (char *p = strchr((char *)uri, '&'); p; p = strchr(p, '&'))
        *p = '/';
    return NULL;
}

// Escapes are ours to decode.
static size_t leave_escapes(void *context, struct MHD_Connection *connection, char *text) {
    return strlen(text);
}

// How a body is framed, and for whom the request is. What a proxy before us might understand
// otherwise is refused (RFC 9112, sections 3.2 and 6.3).
typedef struct Framing {
    int hosts, lengths, encodings;
    bool chunked;
} Framing;

static enum MHD_Result count_header(void *context, enum MHD_ValueKind kind, const char *name,
                                    const char *value) {
    Framing *f = context;
    if (strcasecmp(name, "Host") == 0)
        f->hosts++;
    else if (strcasecmp(name, "Content-Length") == 0)
        f->lengths++;
    else if (strcasecmp(name, "Transfer-Encoding") == 0) {
        f->encodings++;
        f->chunked = value && strcasecmp(value, "chunked") == 0;
    }
    return MHD_YES;
}

static enum MHD_Result begin_request(Server *server, struct MHD_Connection *connection,
                                     const char *method, const char *version, void **slot) {
    Link *link = link_of(connection);
    Request *r = link && link->target ? calloc(1, sizeof *r) : NULL;
    if (!r)
        return MHD_NO;
    r->link = link;
    link->request = r;
    r->target = link->target;
    link->target = NULL;
    r->library = true;
    *slot = r;
    snprintf(r->method, sizeof r->method, "%s", method);
    snprintf(r->version, sizeof r->version, "%s", version);
    const char *problem = NULL;
    unsigned status = MHD_HTTP_BAD_REQUEST;
    const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");
    Framing framing = {0};
    MHD_get_connection_values(connection, MHD_HEADER_KIND, count_header, &framing);
    if (!target_is_good(r->target))
        problem = "The address is malformed.\n";
    else if (!rt_http_is_token(method, strlen(method)) || strlen(method) >= sizeof r->method)
        problem = "The method is malformed.\n";
    else if (framing.hosts == 0 && strcmp(version, "HTTP/1.1") == 0)
        problem = "The host is missing.\n";
    else if (framing.hosts > 1 || framing.lengths > 1 || framing.encodings > 1 ||
             (framing.lengths && framing.encodings))
        problem = "The headers contradict each other.\n";
    else if (framing.encodings && !framing.chunked) {
        status = MHD_HTTP_NOT_IMPLEMENTED;
        problem = "The transfer encoding is not known.\n";
    } else if (length && strtoull(length, NULL, 10) > server->body_limit) {
        status = MHD_HTTP_CONTENT_TOO_LARGE;
        problem = "The body is too large.\n";
    }
    if (!problem)
        return MHD_YES;
    server->refused++;
    r->answered = true;
    return refuse(connection, status, problem);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **slot) {
    Server *server = context;
    if (!*slot)
        return begin_request(server, connection, method, version, slot);
    Request *r = *slot;
    if (*upload_size) {
        size_t size = *upload_size;
        *upload_size = 0;
        if (r->answered)
            return MHD_YES;
        if (!r->too_large && size <= server->body_limit - r->size)
            return append_body(r, upload, size) ? MHD_YES : MHD_NO;
        // The library takes an answer before or after a body, not within: somewhat more than the
        // limit is passed over for the client to see the answer.
        r->too_large = true;
        size_t passed = r->size + size;
        forget_body(r);
        r->size = passed;
        return passed < server->body_limit + PASSED_OVER ? MHD_YES : MHD_NO;
    }
    if (r->answered)
        return MHD_YES;
    if (r->too_large) {
        r->answered = true;
        server->refused++;
        return refuse(connection, MHD_HTTP_CONTENT_TOO_LARGE, "The body is too large.\n");
    }
    if (r->complete)
        return MHD_YES;
    if (server->ending) { // it came with the last look at the connections
        r->answered = true;
        return refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "The server has ended.\n");
    }
    // Nothing of it is sent or read until it has its answer.
    r->complete = true;
    r->program = true;
    r->next = NULL;
    *server->last = r;
    server->last = &r->next;
    server->unanswered++;
    server->requests++;
    set_state(r->link, LINK_WAITING);
    MHD_suspend_connection(connection);
    return MHD_YES;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **slot,
                         enum MHD_RequestTerminationCode code) {
    Request *r = *slot;
    *slot = NULL;
    if (!r)
        return;
    set_state(r->link, LINK_IDLE);
    r->link->request = NULL;
    if (r->complete && !r->answered)
        r->link->server->unanswered--;
    r->link = NULL;
    r->library = false;
    forget_body(r);
    request_free(r);
}

// ---- answers

// Hand a response to the library and let go on with the connection. The request was unanswered.
static bool answer(Request *r, unsigned status, struct MHD_Response *response) {
    r->answered = true;
    Link *link = r->link;
    if (!link) // the client is gone, or the server
        return true;
    link->server->unanswered--;
    if (link->server->stopping)
        MHD_add_response_header(response, "Connection", "close");
    bool good = MHD_queue_response(link->connection, status, response) == MHD_YES;
    set_state(link, LINK_SENDING);
    if (!good) // let it end
        shutdown(link->fd, SHUT_RDWR);
    MHD_resume_connection(link->connection);
    return good;
}

static void answer_shortly(Request *r, unsigned status, const char *text) {
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_PERSISTENT);
    if (response) {
        MHD_add_response_header(response, "Content-Type", "text/plain");
        (void)answer(r, status, response);
        MHD_destroy_response(response);
    }
}

// The program's handle is gone.
static void handle_release(void *pointer) {
    Request *r = pointer;
    if (!r->answered)
        answer_shortly(r, MHD_HTTP_INTERNAL_SERVER_ERROR, "The request was dropped.\n");
    r->program = false;
    request_free(r);
}

static Request *dequeue(Server *server) {
    Request *r = server->first;
    if (r) {
        server->first = r->next;
        if (!server->first)
            server->last = &server->first;
    }
    return r;
}

// ---- life of a server

static void server_release(void *pointer) {
    static const char ended[] = "The server has ended.\n";
    Server *server = pointer;
    server->stopping = server->ending = true;
    Request *r;
    while ((r = dequeue(server))) {
        answer_shortly(r, MHD_HTTP_SERVICE_UNAVAILABLE, ended);
        r->program = false;
        request_free(r);
    }
    // Those that the program holds: the library wants none suspended when it ends.
    for (Link *link = server->links; link; link = link->next)
        if (link->request && link->request->complete && !link->request->answered)
            answer_shortly(link->request, MHD_HTTP_SERVICE_UNAVAILABLE, ended);
    MHD_run(server->daemon); // sends what can be sent at once
    MHD_stop_daemon(server->daemon);
    free(server);
}

static Server *check_server(VM *vm, Value v) {
    return rt_foreign_check(vm, 1, "server", v, server_release);
}

// A listening socket; -1 with the condition. port: the number to ask for and the one that it got.
static int open_socket(VM *vm, Value host, int *port, bool share, int backlog, char *shown) {
    const char *name = rt_string_to_utf8(vm, host, NULL);
    if (!name)
        return -1;
    char service[16];
    snprintf(service, sizeof service, "%d", *port);
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int code = getaddrinfo(*name ? name : NULL, service, &hints, &found);
    if (code != 0) {
        rt_fail(vm, CONDITION_HTTP, rt_cons(vm, host, VALUE_NULL), "no address of host: %s:",
                code == EAI_SYSTEM ? strerror(errno) : gai_strerror(code));
        return -1;
    }
    int fd = -1, error = 0, yes = 1;
    for (struct addrinfo *a = found; a && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
            (!share || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes) == 0) &&
            bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, backlog) == 0)
            break;
        error = errno;
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    if (fd < 0) {
        rt_fail(vm, CONDITION_HTTP, rt_list(vm, 2, host, value_from_fixnum(*port)),
                "cannot listen: %s:", strerror(error));
        return -1;
    }
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    char number[16] = "0";
    if (getsockname(fd, (struct sockaddr *)&address, &length) == 0)
        (void)getnameinfo((struct sockaddr *)&address, length, shown, INET6_ADDRSTRLEN, number,
                          sizeof number, NI_NUMERICHOST | NI_NUMERICSERV);
    *port = atoi(number);
    return fd;
}

enum { // elements of the argument of %http-open
    OPTION_HOST,
    OPTION_PORT,
    OPTION_SHARE,
    OPTION_BACKLOG,
    OPTION_HEADER,
    OPTION_BODY,
    OPTION_CONNECTIONS,
    OPTION_ADDRESS,
    OPTION_IDLE,
    OPTION_RECEIVE,
    OPTIONS
};

static bool check_option(VM *vm, const Value *option, int which, int64_t least, int64_t most) {
    static const char *const names[OPTIONS] = {
        "host",         "port",           "share-port",  "backlog",
        "header-limit", "body-limit",     "connections", "connections-per-address",
        "idle-timeout", "receive-timeout"};
    Value v = option[which];
    if (value_is_fixnum(v) && value_fixnum(v) >= least && value_fixnum(v) <= most)
        return true;
    rt_fail(vm, value_is_exact_integer(v) ? CONDITION_RANGE : CONDITION_TYPE,
            rt_cons(vm, v, VALUE_NULL), "option %s: expected integer from %lld to %lld, got",
            names[which], (long long)least, (long long)most);
    return false;
}

static Value rt_http_open(VM *vm, Value options) {
    if (!value_is_vector(options) || vector_length(options) != OPTIONS)
        return rt_fail_type(vm, 1, "vector of options", options);
    const Value *option = value_vector(options)->item;
    if (!value_is_string(option[OPTION_HOST]))
        return rt_fail(vm, CONDITION_TYPE, rt_cons(vm, option[OPTION_HOST], VALUE_NULL),
                       "option host: expected string, got");
    if (!check_option(vm, option, OPTION_PORT, 0, 65535) ||
        !check_option(vm, option, OPTION_BACKLOG, 1, 65535) ||
        !check_option(vm, option, OPTION_HEADER, 1024, 1 << 24) ||
        !check_option(vm, option, OPTION_BODY, 0, INT64_C(1) << 40) ||
        !check_option(vm, option, OPTION_CONNECTIONS, 1, 1000000) ||
        !check_option(vm, option, OPTION_ADDRESS, 0, 1000000) ||
        !check_option(vm, option, OPTION_IDLE, 1, MOST_SECONDS) ||
        !check_option(vm, option, OPTION_RECEIVE, 1, MOST_SECONDS))
        return VALUE_FAILURE;
    Server *server = calloc(1, sizeof *server);
    if (!server)
        return rt_fail_memory(vm, sizeof *server);
    server->last = &server->first;
    server->port = (int)value_fixnum(option[OPTION_PORT]);
    server->body_limit = (size_t)value_fixnum(option[OPTION_BODY]);
    server->idle_limit = (uint64_t)value_fixnum(option[OPTION_IDLE]) * second;
    server->receive_limit = (uint64_t)value_fixnum(option[OPTION_RECEIVE]) * second;
    int fd =
        open_socket(vm, option[OPTION_HOST], &server->port, option[OPTION_SHARE] != VALUE_FALSE,
                    (int)value_fixnum(option[OPTION_BACKLOG]), server->host);
    if (fd < 0) {
        free(server);
        return VALUE_FAILURE;
    }
    // The library would also refuse what names no host, and would send the headers of that twice:
    // begin_request does it. The header limit is a connection's memory: what has been read and not
    // yet been handed on, and the headers of the answer.
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, server,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)value_fixnum(option[OPTION_HEADER]), MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)value_fixnum(option[OPTION_CONNECTIONS]), MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        (unsigned)value_fixnum(option[OPTION_ADDRESS]), MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)value_fixnum(option[OPTION_IDLE]), MHD_OPTION_NOTIFY_CONNECTION, on_connection,
        server, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_URI_LOG_CALLBACK,
        on_target, server, MHD_OPTION_UNESCAPE_CALLBACK, leave_escapes, server, MHD_OPTION_END);
    if (!server->daemon) {
        close(fd);
        free(server);
        return rt_fail(vm, CONDITION_HTTP, VALUE_NULL, "cannot start the server: %s",
                       strerror(errno));
    }
    return rt_foreign_new(vm, "server", server, server_release);
}

static Value rt_http_close(VM *vm, Value v) {
    if (rt_foreign_is(v, server_release) && !value_foreign(v)->pointer)
        return VALUE_UNSPECIFIED;
    Server *server = check_server(vm, v);
    if (!server)
        return VALUE_FAILURE;
    rt_foreign_forget(v);
    server_release(server);
    return VALUE_UNSPECIFIED;
}

static Value rt_http_is_server(VM *vm, Value v) {
    return value_from_bool(rt_foreign_is(v, server_release));
}

static size_t connection_count(const Server *server) {
    size_t count = 0;
    for (const Link *link = server->links; link; link = link->next)
        count++;
    return count;
}

static Value rt_http_figure(VM *vm, Value v, Value what) {
    if (!value_is_symbol(what))
        return rt_fail_type(vm, 2, "symbol", what);
    if (what == rt_intern(vm, "open")) {
        if (!rt_foreign_is(v, server_release))
            return rt_fail_type(vm, 1, "server", v);
        return value_from_bool(value_foreign(v)->pointer);
    }
    const Server *server = check_server(vm, v);
    if (!server)
        return VALUE_FAILURE;
    if (what == rt_intern(vm, "port"))
        return value_from_fixnum(server->port);
    if (what == rt_intern(vm, "host"))
        return rt_string_from_c(vm, server->host);
    if (what == rt_intern(vm, "stopping"))
        return value_from_bool(server->stopping);
    if (what == rt_intern(vm, "connections"))
        return rt_uint(vm, connection_count(server));
    if (what == rt_intern(vm, "unanswered"))
        return rt_uint(vm, server->unanswered);
    if (what == rt_intern(vm, "requests"))
        return rt_uint(vm, server->requests);
    if (what == rt_intern(vm, "refused"))
        return rt_uint(vm, server->refused);
    if (what == rt_intern(vm, "waiting")) {
        int64_t waiting = 0;
        for (const Request *r = server->first; r; r = r->next)
            waiting++;
        return value_from_fixnum(waiting);
    }
    return rt_fail_range(vm, 2,
                         "open, port, host, connections, waiting, unanswered, requests, refused or "
                         "stopping",
                         what);
}

// A socket with nothing to read: no request is on its way.
static bool is_quiet(const Link *link) {
    int bytes = 0;
    return ioctl(link->fd, FIONREAD, &bytes) != 0 || bytes == 0;
}

// The client has sent its last byte, and all have been read. The library does not notice when the
// end came together with the bytes before it.
static bool has_ended(const Link *link) {
    char c;
    return recv(link->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

// End connections that have had their time; when the server stops, idle ones too.
static void sweep(Server *server) {
    uint64_t now = rt_monotonic_ns();
    if (now - server->swept < second / 5)
        return;
    server->swept = now;
    for (Link *link = server->links; link; link = link->next) {
        uint64_t age = now - link->since, limit = UINT64_MAX;
        if (link->state == LINK_RECEIVING)
            limit = server->receive_limit;
        else if (link->state == LINK_IDLE)
            // Where within it the first byte came is not known.
            limit = server->idle_limit + server->receive_limit;
        bool expecting = limit != UINT64_MAX && age > second / 5;
        if (age > limit || (expecting && has_ended(link)) ||
            (server->stopping && link->state == LINK_IDLE && is_quiet(link)))
            shutdown(link->fd, SHUT_RDWR);
    }
}

static Value rt_http_stop(VM *vm, Value v) {
    Server *server = check_server(vm, v);
    if (!server)
        return VALUE_FAILURE;
    if (server->stopping)
        return VALUE_UNSPECIFIED;
    server->stopping = true;
    server->swept = 0;
    // What waits to be accepted is accepted: those clients have been promised an answer.
    MHD_run(server->daemon);
    int fd = MHD_quiesce_daemon(server->daemon);
    if (fd >= 0)
        close(fd);
    return VALUE_UNSPECIFIED;
}

// ---- requests as data

typedef struct Headers {
    VM *vm;
    Value dict;
    bool failed;
} Headers;

static enum MHD_Result add_header(void *context, enum MHD_ValueKind kind, const char *name,
                                  size_t name_length, const char *value, size_t value_length) {
    Headers *h = context;
    if (!rt_http_add_header(h->vm, h->dict, name, name_length, value ? value : "", value_length))
        h->failed = true;
    return h->failed ? MHD_NO : MHD_YES;
}

static Value peer_address(VM *vm, struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    char text[INET6_ADDRSTRLEN] = "";
    if (info && info->client_addr) {
        const struct sockaddr *a = info->client_addr;
        if (a->sa_family == AF_INET)
            inet_ntop(AF_INET, &((const struct sockaddr_in *)a)->sin_addr, text, sizeof text);
        else if (a->sa_family == AF_INET6)
            inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)a)->sin6_addr, text, sizeof text);
    }
    return rt_string_from_c(vm, text);
}

// The request as the vector that %http-next! answers.
static Value request_value(VM *vm, Request *r) {
    struct MHD_Connection *connection = r->link->connection;
    // From here on the collector answers for it.
    Value handle = rt_foreign_new(vm, "request", r, handle_release);
    Headers headers = {.vm = vm, .dict = rt_dict_new(vm)};
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, add_header, &headers);
    if (headers.failed)
        return VALUE_FAILURE;
    size_t path_length = strcspn(r->target, "?");
    const char *query = r->target[path_length] ? r->target + path_length + 1 : NULL;
    char *path = strndup(r->target, path_length);
    if (!path)
        return rt_fail_memory(vm, path_length);
    long decoded = rt_http_unescape(path, path_length, false);
    Value body = r->size ? rt_bytevector_from_bytes(vm, r->body, r->size) : VALUE_NIL;
    forget_body(r);
    Value item[] = {
        handle,
        rt_string_from_c(vm, r->method),
        rt_string_from_c(vm, r->target),
        rt_string_from_utf8(vm, path, decoded < 0 ? 0 : (size_t)decoded),
        query ? rt_string_from_c(vm, query) : VALUE_NIL,
        rt_string_from_c(vm, r->version),
        peer_address(vm, connection),
        headers.dict,
        body,
    };
    free(path);
    for (size_t i = 0; i < sizeof item / sizeof *item; i++)
        if (item[i] == VALUE_FAILURE)
            return VALUE_FAILURE;
    return rt_vector_from_array(vm, item, sizeof item / sizeof *item);
}

// ---- waiting

// Let the library do what can be done at once.
static bool run(VM *vm, Server *server) {
    if (MHD_run(server->daemon) == MHD_YES)
        return true;
    rt_fail(vm, CONDITION_HTTP, VALUE_NULL, "the server cannot go on: %s", strerror(errno));
    return false;
}

// Nothing is left that could bring a request.
static bool has_stopped(const Server *server) {
    if (!server->stopping)
        return false;
    for (const Link *link = server->links; link; link = link->next)
        if (link->state != LINK_WAITING)
            return false;
    return true;
}

// Wait for something to happen, at most so many nanoseconds. False when the program is interrupted.
static bool wait_for_events(Server *server, VM *vm, uint64_t most) {
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    MHD_UNSIGNED_LONG_LONG library;
    int timeout = LONGEST_POLL;
    if (most / 1000000 < (uint64_t)timeout)
        timeout = (int)((most + 999999) / 1000000);
    if (MHD_get_timeout(server->daemon, &library) == MHD_YES &&
        library < (MHD_UNSIGNED_LONG_LONG)timeout)
        timeout = (int)library;
    struct pollfd events = {.fd = info ? info->epoll_fd : -1, .events = POLLIN};
    // A signal just before poll is seen when it ends.
    if (rt_interrupt_waits(vm))
        return false;
    (void)poll(&events, 1, timeout);
    return !rt_interrupt_waits(vm);
}

static Value rt_http_next(VM *vm, Value v, Value seconds) {
    Server *server = check_server(vm, v);
    if (!server)
        return VALUE_FAILURE;
    uint64_t end = UINT64_MAX;
    if (seconds != VALUE_NIL) {
        if (!value_is_real(seconds))
            return rt_fail_type(vm, 2, "real or nil", seconds);
        double length = rt_num_to_double(seconds);
        if (!(length >= 0 && length <= MOST_SECONDS))
            return rt_fail_range(vm, 2, "number of seconds from 0 to 10^8", seconds);
        end = rt_monotonic_ns() + (uint64_t)(length * (double)second);
    }
    bool flushed = false;
    for (;;) {
        // Answers go out before the next request is handed out.
        if (!run(vm, server))
            return VALUE_FAILURE;
        sweep(server);
        Request *r = dequeue(server);
        if (r)
            return request_value(vm, r);
        if (has_stopped(server))
            return VALUE_EOF;
        uint64_t now = rt_monotonic_ns();
        if (now >= end || rt_signals_pending())
            return VALUE_FALSE;
        // Who waits should see what was written so far. A failure is the next writer's to report.
        if (!flushed) {
            flushed = true;
            Value condition = vm->condition;
            if (!rt_port_flush(vm, vm->ports->standard_output))
                vm->condition = condition;
        }
        if (!wait_for_events(server, vm, end - now))
            return rt_interrupt_fail(vm);
    }
}

// ---- files

typedef struct File { // malloc'ed
    int fd;
    struct stat about;
} File;

static void file_release(void *pointer) {
    File *f = pointer;
    close(f->fd);
    free(f);
}

// Neither .. nor symbolic links lead out of the folder.
static Value rt_http_file(VM *vm, Value folder, Value path) {
    if (!value_is_string(folder))
        return rt_fail_type(vm, 1, "string", folder);
    if (!value_is_string(path))
        return rt_fail_type(vm, 2, "string", path);
    size_t length;
    const char *root = rt_string_to_utf8(vm, folder, NULL);
    const char *name = root ? rt_string_to_utf8(vm, path, &length) : NULL;
    if (!name)
        return VALUE_FAILURE;
    if (memchr(name, 0, length))
        return VALUE_FALSE;
    name += strspn(name, "/");
    int at = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (at < 0)
        return rt_fail_errno(vm, "cannot open folder", folder, errno);
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    int fd = *name ? (int)syscall(SYS_openat2, at, name, &how, sizeof how) : -1;
    int error = *name ? errno : EISDIR;
    close(at);
    if (fd < 0) {
        if (error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOSYS)
            return rt_fail_errno(vm, "cannot open", path, error);
        return VALUE_FALSE;
    }
    File *f = malloc(sizeof *f);
    if (!f || fstat(fd, &f->about) != 0 || !S_ISREG(f->about.st_mode)) {
        free(f);
        close(fd);
        return VALUE_FALSE;
    }
    f->fd = fd;
    return rt_foreign_new(vm, "file", f, file_release);
}

static Value rt_http_file_facts(VM *vm, Value v) {
    const File *f = rt_foreign_check(vm, 1, "file", v, file_release);
    if (!f)
        return VALUE_FAILURE;
    return rt_vector_from_array(vm,
                                (Value[]){rt_int(vm, f->about.st_size),
                                          rt_int(vm, f->about.st_mtim.tv_sec),
                                          value_from_fixnum(f->about.st_mtim.tv_nsec)},
                                3);
}

// ---- responses

// The library's, of a part of a file: it gets a descriptor of its own.
static struct MHD_Response *file_response(VM *vm, Value body, int64_t *sent) {
    const Value *item = value_vector(body)->item;
    const File *f = rt_foreign_check(vm, 4, "file", item[0], file_release);
    if (!f)
        return NULL;
    int64_t offset, length;
    if (!rt_int_value(item[1], &offset) || !rt_int_value(item[2], &length) || offset < 0 ||
        length < 0 || offset > f->about.st_size || length > f->about.st_size - offset) {
        rt_fail_range(vm, 4, "part of the file", body);
        return NULL;
    }
    *sent = length;
    int fd = fcntl(f->fd, F_DUPFD_CLOEXEC, 3);
    if (fd < 0) {
        rt_fail(vm, CONDITION_HTTP, VALUE_NULL, "cannot send the file: %s", strerror(errno));
        return NULL;
    }
    struct MHD_Response *response =
        MHD_create_response_from_fd_at_offset64((uint64_t)length, fd, (uint64_t)offset);
    if (!response) {
        close(fd);
        rt_fail_memory(vm, 4096);
    }
    return response;
}

static struct MHD_Response *body_response(VM *vm, Value body, int64_t *sent) {
    size_t size = 0;
    const void *bytes = NULL;
    if (value_is_vector(body) && vector_length(body) == 3)
        return file_response(vm, body, sent);
    if (value_is_string(body))
        size = rt_string_utf8_size(body, 0, string_length(body));
    else if (value_is_bytevector(body)) {
        size = bytevector_length(body);
        bytes = value_bytevector(body)->byte;
    } else if (body != VALUE_NIL) {
        rt_fail_type(vm, 4, "string, bytevector, nil or #(file offset length)", body);
        return NULL;
    }
    *sent = (int64_t)size;
    // The library sends it later: the copy is its own.
    char *copy = malloc(size ? size : 1);
    struct MHD_Response *response =
        copy ? MHD_create_response_from_buffer(size, copy, MHD_RESPMEM_MUST_FREE) : NULL;
    if (!response) {
        free(copy);
        rt_fail_memory(vm, size);
        return NULL;
    }
    if (bytes)
        memcpy(copy, bytes, size);
    else if (size)
        rt_string_encode(body, 0, string_length(body), copy);
    return response;
}

static bool put_header(VM *vm, struct MHD_Response *response, Value name, Value value) {
    if (value_is_keyword(name))
        name = value_keyword(name)->name;
    size_t name_length, value_length;
    if (!value_is_string(name) || !value_is_string(value)) {
        rt_fail(vm, CONDITION_TYPE, rt_list(vm, 2, name, value),
                "argument 3: name and value of a header are strings, got");
        return false;
    }
    const char *n = rt_string_to_utf8(vm, name, &name_length);
    const char *v = n ? rt_string_to_utf8(vm, value, &value_length) : NULL;
    if (!v)
        return false;
    // A line end in a value would begin another header.
    if (!rt_http_is_token(n, name_length) || !rt_http_is_field_value(v, value_length)) {
        rt_fail(vm, CONDITION_RANGE, rt_list(vm, 2, name, value),
                "argument 3: not a name or a value of a header:");
        return false;
    }
    static const char *const own[] = {"Content-Length", "Transfer-Encoding", "Connection", "Date"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcasecmp(n, own[i]) == 0) {
            // A program may ask for the end of the connection.
            if (i == 2 && strcasecmp(v, "close") == 0)
                break;
            rt_fail(vm, CONDITION_RANGE, rt_list(vm, 2, name, value),
                    "argument 3: this header is the server's own:");
            return false;
        }
    if (value_length == 0) // the library takes none that is empty; it says nothing
        return true;
    if (MHD_add_response_header(response, n, v) != MHD_YES) {
        rt_fail(vm, CONDITION_HTTP, rt_list(vm, 2, name, value), "cannot add header:");
        return false;
    }
    return true;
}

// headers: a dictionary, or a list of (name . value).
static bool put_headers(VM *vm, struct MHD_Response *response, Value headers) {
    if (value_is_dict(headers)) {
        headers = rt_table_to_alist(vm, headers);
        if (headers == VALUE_FAILURE)
            return false;
    }
    ptrdiff_t length = headers == VALUE_NIL ? 0 : rt_list_length(headers);
    if (length < 0 || length > MOST_HEADERS) {
        rt_fail_type(vm, 3, "dictionary or list of (name . value)", headers);
        return false;
    }
    for (; value_is_pair(headers); headers = value_cdr(headers)) {
        Value entry = value_car(headers);
        if (!value_is_pair(entry)) {
            rt_fail_type(vm, 3, "dictionary or list of (name . value)", entry);
            return false;
        }
        if (!put_header(vm, response, value_car(entry), value_cdr(entry)))
            return false;
    }
    return true;
}

static Value rt_http_respond(VM *vm, Value handle, Value status, Value headers, Value body) {
    Request *r = rt_foreign_check(vm, 1, "request", handle, handle_release);
    if (!r)
        return VALUE_FAILURE;
    if (r->answered)
        return rt_fail(vm, CONDITION_HTTP, VALUE_NULL, "the request has its answer already");
    if (!value_is_fixnum(status) || value_fixnum(status) < 200 || value_fixnum(status) > 599)
        return rt_fail_range(vm, 2, "status from 200 to 599", status);
    int64_t sent = 0;
    struct MHD_Response *response = body_response(vm, body, &sent);
    if (!response)
        return VALUE_FAILURE;
    Value result = VALUE_UNSPECIFIED;
    r->status = (int)value_fixnum(status);
    r->sent = strcmp(r->method, "HEAD") == 0 ? 0 : sent;
    if (!put_headers(vm, response, headers))
        result = VALUE_FAILURE;
    else if (!answer(r, (unsigned)value_fixnum(status), response))
        result = rt_fail(vm, CONDITION_HTTP, VALUE_NULL, "the answer cannot be sent");
    MHD_destroy_response(response);
    return result;
}

static Value rt_http_is_answered(VM *vm, Value handle) {
    const Request *r = rt_foreign_check(vm, 1, "request", handle, handle_release);
    return r ? value_from_bool(r->answered || !r->link) : VALUE_FAILURE;
}

static Value rt_http_answer(VM *vm, Value handle) {
    const Request *r = rt_foreign_check(vm, 1, "request", handle, handle_release);
    if (!r)
        return VALUE_FAILURE;
    if (!r->answered || !r->status)
        return VALUE_NIL;
    return rt_vector_from_array(vm, (Value[]){value_from_fixnum(r->status), rt_int(vm, r->sent)},
                                2);
}

#define MODULE_ROWS "runtime/primitives/http.def"
#include "runtime/modules/module_table.h"
