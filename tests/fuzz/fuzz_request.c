// Requests cut out of arbitrary bytes: however the bytes are divided, the requests are the same;
// and what is cut out is, for the reader, not less and not more than one datum.
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/port.h"
#include "runtime/reader.h"
#include "runtime/request.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 4096, LIMIT = 1024 };

typedef struct Found {
    size_t count;
    Request request[MOST];
} Found;

typedef struct Input {
    const char *bytes;
    size_t size;
} Input;

static void note(Found *f, const Request *r) {
    if (r->kind == REQUEST_NONE)
        return;
    if (f->count < MOST)
        f->request[f->count++] = *r;
    else
        free(r->text);
}

static void scan(Found *f, const char *bytes, size_t size, size_t part) {
    RequestScanner s;
    Request r;
    rt_request_init(&s, LIMIT);
    f->count = 0;
    for (size_t at = 0; at < size;) {
        size_t end = size - at < part ? size : at + part;
        while (at < end) {
            at += rt_request_scan(&s, bytes + at, end - at, &r);
            note(f, &r);
        }
    }
    rt_request_end(&s, &r);
    note(f, &r);
    rt_request_free(&s);
}

static void release(Found *f) {
    for (size_t i = 0; i < f->count; i++)
        free(f->request[i].text);
}

static void bug(const char *what, const Request *r) {
    fprintf(stderr, "fuzz_request: %s: %.*s\n", what, (int)r->size, r->text ? r->text : "");
    abort();
}

static void compare(const Found *a, const Found *b) {
    if (a->count != b->count)
        bug("another number of requests in parts", &a->request[0]);
    for (size_t i = 0; i < a->count; i++) {
        const Request *x = &a->request[i], *y = &b->request[i];
        if (x->kind != y->kind || x->size != y->size || x->line != y->line ||
            x->column != y->column || x->number != y->number || x->cancels != y->cancels ||
            x->problem != y->problem || (x->size && memcmp(x->text, y->text, x->size) != 0))
            bug("another request in parts", x);
    }
}

static void check_datum(VM *vm, const Request *r) {
    if (r->kind != REQUEST_WHOLE)
        return;
    if (r->size > LIMIT || r->text[0] != '(' || !strchr(")]}", r->text[r->size - 1]))
        bug("no datum in parentheses", r);
    Reader reader;
    Value port = rt_port_from_utf8(vm, r->text, r->size);
    rt_reader_init(vm, &reader, port, READ_SX);
    reader.source = rt_source_add(vm, "fuzz", VALUE_FALSE);
    Value datum = rt_read(vm, &reader);
    if (datum == VALUE_FAILURE) {
        if (reader.incomplete)
            bug("cut too early", r);
        return;
    }
    if (datum == VALUE_EOF || rt_read(vm, &reader) != VALUE_EOF)
        bug("cut too late", r);
}

static void check(VM *vm, void *arg) {
    static Found whole, parts;
    const Input *input = arg;
    scan(&whole, input->bytes, input->size, input->size);
    for (size_t part = 1; part <= 8; part += 1 + part / 2) {
        scan(&parts, input->bytes, input->size, part);
        compare(&whole, &parts);
        release(&parts);
    }
    for (size_t i = 0; i < whole.count; i++)
        check_datum(vm, &whole.request[i]);
    release(&whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static VM *vm;
    if (!vm && !(vm = rt_vm_create()))
        abort();
    rt_stack_run(vm, check, &(Input){(const char *)data, size});
    return 0;
}
