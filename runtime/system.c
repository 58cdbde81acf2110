// Primitives on the process, time and memory (primitives/system.def).
#include "runtime/system.h"
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/interrupt.h"
#include "runtime/list.h"
#include "runtime/numbers.h"
#include "runtime/port.h"
#include "runtime/primitive.h"
#include "runtime/string.h"
#include "runtime/symbol.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

#ifndef KILN_VERSION
#define KILN_VERSION "0"
#endif

const char *const rt_features[] = {
    "r7rs",          "exact-closed", "exact-complex",      "ieee-float", "full-unicode",
    "ratios",        "posix",
#ifdef __linux__
    "linux",
#endif
#ifdef __x86_64__
    "x86-64",
#endif
#ifdef __aarch64__
    "aarch64",
#endif
    "little-endian", "kiln",         "kiln-" KILN_VERSION, NULL,
};
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a feature says so");

// ---- the process

// A string of the process; what is no UTF-8 in it becomes U+FFFD.
static Value system_string(VM *vm, const char *text) {
    return rt_string_from_utf8(vm, text, strlen(text));
}

void rt_system_set_command_line(VM *vm, int argc, const char *const *argv) {
    ListBuilder list;
    rt_list_builder_init(&list, vm);
    for (int i = 0; i < argc; i++)
        rt_list_builder_add(&list, system_string(vm, argv[i]));
    vm->command_line = list.first;
}

Value rt_prim_command_line(VM *vm) { return vm->command_line; }

Value rt_prim_get_environment_variable(VM *vm, Value name) {
    if (!value_is_string(name))
        return rt_fail_type(vm, 1, "string", name);
    size_t length;
    const char *text = rt_string_to_utf8(vm, name, &length);
    if (!text)
        return VALUE_FAILURE;
    const char *content = memchr(text, 0, length) || strchr(text, '=') ? NULL : getenv(text);
    return content ? system_string(vm, content) : VALUE_FALSE;
}

Value rt_prim_get_environment_variables(VM *vm) {
    ListBuilder list;
    rt_list_builder_init(&list, vm);
    for (char **entry = environ; entry && *entry; entry++) {
        const char *equals = strchr(*entry, '=');
        if (!equals)
            continue;
        Value name = rt_string_from_utf8(vm, *entry, (size_t)(equals - *entry));
        Value content = system_string(vm, equals + 1);
        if (name == VALUE_FAILURE || content == VALUE_FAILURE)
            return VALUE_FAILURE;
        rt_list_builder_add(&list, rt_cons(vm, name, content));
    }
    return list.first;
}

int rt_exit_status(Value v) {
    int64_t n;
    if (v == VALUE_TRUE || v == VALUE_NIL || v == VALUE_UNSPECIFIED)
        return 0;
    if (!value_is_exact_integer(v)) // #f, and what says nothing about success
        return 1;
    // The system keeps 8 bits; a failure must not become a success.
    return rt_int_value(v, &n) && n >= 0 && n <= 255 ? (int)n : 255;
}

Value rt_prim_emergency_exit(VM *vm, int argc, const Value *argv) {
    int status = argc > 0 ? rt_exit_status(argv[0]) : 0;
    int lost = rt_ports_flush_all(vm);
    _exit(status ? status : lost);
}

Value rt_prim_current_process_id(VM *vm) { return value_from_fixnum(getpid()); }

Value rt_prim_features(VM *vm) {
    ListBuilder list;
    rt_list_builder_init(&list, vm);
    for (const char *const *name = rt_features; *name; name++)
        rt_list_builder_add(&list, rt_intern(vm, *name));
    return list.first;
}

Value rt_prim_implementation_version(VM *vm) { return rt_string_from_c(vm, KILN_VERSION); }

// ---- time

enum { NANOSECONDS = 1000000000 };

uint64_t rt_monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NANOSECONDS + (uint64_t)now.tv_nsec;
}

Value rt_prim_current_second(VM *vm) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return value_from_double((double)now.tv_sec + 1e-9 * (double)now.tv_nsec);
}

// Jiffies count from the first question, so that they stay fixnums for six days.
Value rt_prim_current_jiffy(VM *vm) {
    static _Atomic uint64_t first;
    uint64_t now = rt_monotonic_ns(), none = 0;
    if (atomic_compare_exchange_strong(&first, &none, now))
        return value_from_fixnum(0);
    return rt_int(vm, (int64_t)(now - none));
}

Value rt_prim_jiffies_per_second(VM *vm) { return value_from_fixnum(NANOSECONDS); }

Value rt_prim_cpu_second(VM *vm) {
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return value_from_double((double)used.tv_sec + 1e-9 * (double)used.tv_nsec);
}

Value rt_prim_sleep(VM *vm, Value seconds) {
    if (!value_is_real(seconds))
        return rt_fail_type(vm, 1, "real", seconds);
    double length = rt_num_to_double(seconds);
    if (!(length >= 0 && length < 1e9))
        return rt_fail_range(vm, 1, "number of seconds from 0 to 10^9", seconds);
    // Who waits should see what was written so far. A failure is the next writer's to report.
    Value condition = vm->condition;
    if (!rt_port_flush(vm, vm->ports->standard_output))
        vm->condition = condition;
    double whole = __builtin_floor(length);
    struct timespec left = {.tv_sec = (time_t)whole,
                            .tv_nsec = (long)((length - whole) * NANOSECONDS)};
    while (nanosleep(&left, &left) < 0 && errno == EINTR)
        if (rt_interrupt_waits(vm))
            return rt_interrupt_fail(vm);
    return VALUE_UNSPECIFIED;
}

// ---- memory

Value rt_prim_gc(VM *vm) {
    rt_heap_collect();
    return VALUE_UNSPECIFIED;
}

// Short-lived objects cost less the more of them one collection finds dead. A server whose requests
// allocate megabytes and leave nothing wants few collections more than it wants little memory.
Value rt_prim_set_collection_interval(VM *vm, Value bytes) {
    enum { MOST = 1 << 30 };
    if (!value_is_fixnum(bytes))
        return rt_fail_type(vm, 1, "index", bytes);
    if (value_fixnum(bytes) < 0 || value_fixnum(bytes) > MOST)
        return rt_fail_range(vm, 1, "number from 0 to 2^30", bytes);
    rt_heap_set_interval((size_t)value_fixnum(bytes));
    return VALUE_UNSPECIFIED;
}

static size_t resident_bytes(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    if (fscanf(file, "%*s %ld", &pages) != 1)
        pages = 0;
    fclose(file);
    return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

// List of (keyword . number).
Value rt_prim_memory_statistics(VM *vm) {
    struct rusage usage = {0};
    getrusage(RUSAGE_SELF, &usage);
    const struct {
        const char *name;
        uint64_t figure;
    } rows[] = {
        {"heap-used", rt_heap_used()},          {"heap-size", rt_heap_size()},
        {"heap-limit", vm->heap_limit},         {"allocated", rt_heap_allocated()},
        {"collections", rt_heap_collections()}, {"collection-ns", rt_heap_collection_ns()},
        {"resident", resident_bytes()},         {"resident-peak", (uint64_t)usage.ru_maxrss * 1024},
    };
    ListBuilder list;
    rt_list_builder_init(&list, vm);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        Value figure = rt_uint(vm, rows[i].figure);
        if (figure == VALUE_FAILURE)
            return figure;
        rt_list_builder_add(&list, rt_cons(vm, rt_keyword(vm, rows[i].name), figure));
    }
    return list.first;
}
