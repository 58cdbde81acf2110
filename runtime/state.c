// Life and death of a VM, and its C stack.
#include "runtime/state.h"
#include "runtime/channel.h"
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/heap_int.h"
#include "runtime/init_int.h"
#include "runtime/interrupt.h"
#include "runtime/signal.h"
#include <gc/gc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <ucontext.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/common_interface_defs.h>
#define WITH_ASAN 1
#endif
#endif

enum {
    STACK_MARGIN = 256 << 10, // what C code below a passed rt_stack_low test may still use
    STACK_GUARD = 64 << 10,   // unmapped below the stack
    STACK_SMALL = 64 << 20,   // where the address space is limited
    STACK_LARGE = 512 << 20,  // elsewhere; only touched pages cost anything
};

struct StackState { // malloc'ed: the collector must not scan the stack as an object
    char *base;     // lowest usable address
    size_t size;
    bool running;
    ucontext_t host, inside;
    void (*fn)(VM *vm, void *arg);
    void *arg;
};

VM *rt_vm_create(void) {
    VM *vm = rt_heap_new_vm();
    if (!vm)
        return NULL;
    memset(vm, 0, sizeof *vm);
    rt_heap_attach(vm);
    vm->exit_status = VALUE_NONE;
    vm->condition = VALUE_NONE;
    vm->limits = VALUE_NULL;
    vm->trace = VALUE_NONE;
    vm->command_line = VALUE_NULL;
    vm->primitive_objects = rt_raw_new(vm, sizeof(Value) * (size_t)rt_primitive_count);
    rt_symbols_init(vm);
    rt_sources_init(vm);
    rt_sends_init(vm);
    rt_conditions_init(vm);
    rt_dynamic_init(vm);
    rt_ports_init(vm);
    return vm;
}

void rt_vm_destroy(VM *vm) {
    rt_ports_close_all(vm);
    rt_channels_destroy(vm);
    rt_interrupts_destroy(vm);
    rt_signals_destroy(vm);
    if (vm->stack) {
        munmap(vm->stack->base - STACK_GUARD, vm->stack->size + STACK_GUARD);
        free(vm->stack);
    }
    rt_heap_detach();
    memset(vm, 0, sizeof *vm);
    rt_heap_free_vm(vm);
}

static void stack_make(VM *vm) {
    struct rlimit limit;
    bool limited = getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
    struct StackState *s = calloc(1, sizeof *s);
    size_t size = limited ? STACK_SMALL : STACK_LARGE;
    char *memory = MAP_FAILED;
    if (s)
        memory = mmap(NULL, size + STACK_GUARD, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (!s || memory == MAP_FAILED || mprotect(memory, STACK_GUARD, PROT_NONE) != 0) {
        fputs("kiln: out of memory: no room for the stack\n", stderr);
        exit(1);
    }
    s->base = memory + STACK_GUARD;
    s->size = size;
    vm->stack = s;
}

static void stack_entry(unsigned low, unsigned high) {
    VM *vm = (VM *)((uintptr_t)high << 32 | low);
    struct StackState *s = vm->stack;
#ifdef WITH_ASAN
    const void *host_bottom;
    size_t host_size;
    __sanitizer_finish_switch_fiber(NULL, &host_bottom, &host_size);
#endif
    s->fn(vm, s->arg);
#ifdef WITH_ASAN
    __sanitizer_start_switch_fiber(NULL, host_bottom, host_size);
#endif
}

void rt_stack_run(VM *vm, void (*fn)(VM *vm, void *arg), void *arg) {
    if (!vm->stack)
        stack_make(vm);
    struct StackState *s = vm->stack;
    if (s->running) {
        fn(vm, arg);
        return;
    }
    s->running = true;
    s->fn = fn;
    s->arg = arg;
    vm->stack_limit = s->base + STACK_MARGIN;
    // The host's stack is not scanned meanwhile: hosts hold values through references (kiln.h).
    struct GC_stack_base host_base, own_base = {.mem_base = s->base + s->size};
    void *thread = GC_get_my_stackbottom(&host_base);
    GC_set_stackbottom(thread, &own_base);
    getcontext(&s->inside);
    s->inside.uc_stack.ss_sp = s->base;
    s->inside.uc_stack.ss_size = s->size;
    s->inside.uc_link = &s->host;
    makecontext(&s->inside, (void (*)(void))stack_entry, 2, (unsigned)(uintptr_t)vm,
                (unsigned)((uintptr_t)vm >> 32));
#ifdef WITH_ASAN
    void *fake;
    __sanitizer_start_switch_fiber(&fake, s->base, s->size);
#endif
    swapcontext(&s->host, &s->inside);
#ifdef WITH_ASAN
    __sanitizer_finish_switch_fiber(fake, NULL, NULL);
#endif
    GC_set_stackbottom(thread, &host_base);
    s->running = false;
    vm->stack_limit = NULL;
}
