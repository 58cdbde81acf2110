// Interrupts and limits. See interrupt.h.
#include "runtime/interrupt.h"
#include "runtime/channel.h"
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/init_int.h"
#include "runtime/numbers.h"
#include "runtime/string.h"
#include "runtime/vector.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

enum {               // elements of a limit
    LIMIT_AMOUNT,    // as the program gave it
    LIMIT_STEPS,     // #t: counts steps; #f: microseconds
    LIMIT_LENGTH,    // steps or microseconds, a fixnum
    LIMIT_LEFT,      // of them; a time limit's while it is not in force
    LIMIT_END,       // of a time limit in force: the clock's microseconds
    LIMIT_CONDITION, // what was raised last, or #f
    LIMIT_ELEMENTS
};
enum { // what handlers have for leaving when the limit is smaller
    LEAST_TIME = 100 * 1000,
    LEAST_STEPS = 10 * 1000,
};
enum { MICROSECONDS = 1000000, AGAIN_NANOSECONDS = 20 * 1000 * 1000 };

static int64_t clock_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * MICROSECONDS + t.tv_nsec / 1000;
}

static const Value *limit_of(Value limit) { return value_vector(limit)->item; }
static bool is_limit(Value v) { return value_is_vector(v) && vector_length(v) == LIMIT_ELEMENTS; }

static bool is_over(const Value *limit, int64_t now) {
    return limit[LIMIT_STEPS] == VALUE_TRUE ? value_fixnum(limit[LIMIT_LEFT]) <= 0
                                            : value_fixnum(limit[LIMIT_END]) <= now;
}

// The outermost limit that is over, or VALUE_NONE.
static Value limit_over(VM *vm) {
    Value over = VALUE_NONE;
    int64_t now = clock_now();
    for (Value l = vm->limits; value_is_pair(l); l = value_cdr(l))
        if (is_over(limit_of(value_car(l)), now))
            over = value_car(l);
    return over;
}

// ---- bits

void (*rt_tier_event)(VM *vm);

void rt_interrupt_clear(VM *vm, unsigned bits) {
    if (atomic_fetch_and(&vm->interrupts, ~bits) & ~bits)
        return;
    atomic_store(&vm->native_limit, vm->native_end);
    // One that was set in between has had its limit overwritten.
    if (atomic_load(&vm->interrupts))
        atomic_store(&vm->native_limit, (char *)UINTPTR_MAX);
}

void rt_interrupt_tier(VM *vm) {
    if (!(atomic_load(&vm->interrupts) & INTERRUPT_TIER))
        return;
    rt_interrupt_clear(vm, INTERRUPT_TIER);
    if (rt_tier_event)
        rt_tier_event(vm);
}

// ---- the timer

struct LimitTimer { // malloc'ed
    timer_t id;
};

static int timer_signal(void) { return SIGRTMIN + 7; }

static void on_timer(int signal_number, siginfo_t *info, void *context) {
    (void)signal_number;
    (void)context;
    if (info->si_code != SI_TIMER)
        return;
    VM *vm = info->si_value.sival_ptr;
    rt_interrupt_set(vm, INTERRUPT_LIMIT);
}

static bool timer_make(VM *vm) {
    struct sigaction action = {.sa_sigaction = on_timer, .sa_flags = SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID,
                             .sigev_signo = timer_signal(),
                             .sigev_value.sival_ptr = vm};
    event.sigev_notify_thread_id = gettid();
    struct LimitTimer *timer = malloc(sizeof *timer);
    if (!timer || sigaction(timer_signal(), &action, NULL) != 0 ||
        timer_create(CLOCK_MONOTONIC, &event, &timer->id) != 0) {
        free(timer);
        rt_fail(vm, CONDITION_ERROR, VALUE_NULL, "no timer for the limit: %s", strerror(errno));
        return false;
    }
    vm->limit_timer = timer;
    return true;
}

// Let the modes and the timer be what vm->limits asks for.
static void apply_limits(VM *vm) {
    int64_t end = INT64_MAX;
    bool steps = false;
    for (Value l = vm->limits; value_is_pair(l); l = value_cdr(l)) {
        const Value *limit = limit_of(value_car(l));
        if (limit[LIMIT_STEPS] == VALUE_TRUE)
            steps = true;
        else if (value_fixnum(limit[LIMIT_END]) < end)
            end = value_fixnum(limit[LIMIT_END]);
    }
    if (steps)
        rt_interrupt_set(vm, INTERRUPT_STEPS);
    else
        rt_interrupt_clear(vm, INTERRUPT_STEPS);
    if (!vm->limit_timer)
        return;
    struct itimerspec at = {0}; // all 0: no signal
    if (end != INT64_MAX) {
        at.it_value.tv_sec = end / MICROSECONDS;
        at.it_value.tv_nsec = end % MICROSECONDS * 1000;
        at.it_interval.tv_nsec = AGAIN_NANOSECONDS;
    }
    timer_settime(vm->limit_timer->id, TIMER_ABSTIME, &at, NULL);
}

void rt_interrupts_destroy(VM *vm) {
    if (!vm->limit_timer)
        return;
    timer_delete(vm->limit_timer->id);
    free(vm->limit_timer);
    vm->limit_timer = NULL;
}

PrimitiveFn1 rt_prim_set_trace;

// ---- polls

void rt_limit_step(VM *vm) {
    for (Value l = vm->limits; value_is_pair(l); l = value_cdr(l)) {
        const Value *limit = limit_of(value_car(l));
        int64_t left = value_fixnum(limit[LIMIT_LEFT]);
        if (limit[LIMIT_STEPS] != VALUE_TRUE)
            continue;
        if (left > 0)
            rt_heap_store(&limit[LIMIT_LEFT], value_from_fixnum(--left));
        if (left == 0)
            rt_interrupt_set(vm, INTERRUPT_LIMIT);
    }
}

// limit-exceeded is pending, for the outermost limit that is over. False: none is.
static bool take_limit(VM *vm) {
    rt_interrupt_clear(vm, INTERRUPT_LIMIT);
    Value over = limit_over(vm);
    if (over == VALUE_NONE)
        return false;
    const Value *limit = limit_of(over);
    bool steps = limit[LIMIT_STEPS] == VALUE_TRUE;
    int64_t again = value_fixnum(limit[LIMIT_LENGTH]), least = steps ? LEAST_STEPS : LEAST_TIME;
    if (again < least)
        again = least;
    if (steps)
        rt_heap_store(&limit[LIMIT_LEFT], value_from_fixnum(again));
    else
        rt_heap_store(&limit[LIMIT_END], value_from_fixnum(clock_now() + again));
    apply_limits(vm);
    rt_fail(vm, CONDITION_LIMIT, rt_cons(vm, limit[LIMIT_AMOUNT], VALUE_NULL),
            "%s limit exceeded:", steps ? "step" : "time");
    rt_heap_store(&limit[LIMIT_CONDITION], vm->condition);
    return true;
}

Interrupted rt_interrupt_take(VM *vm) {
    rt_interrupt_tier(vm);
    unsigned bits = atomic_load(&vm->interrupts);
    if (bits & (INTERRUPT_TIMER | INTERRUPT_HOST)) {
        // Who set the limit decides; the program has no say.
        rt_interrupt_clear(vm, INTERRUPT_EVENTS & ~INTERRUPT_TIER);
        rt_fail(vm, CONDITION_INTERRUPT, VALUE_NULL, "%s",
                bits & INTERRUPT_HOST ? "stopped by the host" : "time limit exceeded");
        return INTERRUPTED_HALT;
    }
    if (bits & INTERRUPT_MEMORY) {
        rt_interrupt_clear(vm, INTERRUPT_MEMORY);
        rt_fail_memory(vm, 0);
        return INTERRUPTED_RAISE;
    }
    if (bits & INTERRUPT_USER) {
        rt_interrupt_clear(vm, INTERRUPT_USER);
        rt_fail(vm, CONDITION_INTERRUPT, VALUE_NULL, "interrupted");
        return INTERRUPTED_RAISE;
    }
    if (bits & INTERRUPT_CHANNEL) {
        rt_channels_poll(vm);
        bits = atomic_load(&vm->interrupts);
    }
    if (bits & INTERRUPT_CANCEL && rt_channels_cancel(vm))
        return INTERRUPTED_RAISE;
    return bits & INTERRUPT_LIMIT && take_limit(vm) ? INTERRUPTED_RAISE : INTERRUPTED_NOT;
}

bool rt_interrupt_waits(VM *vm) {
    unsigned bits = atomic_load(&vm->interrupts);
    if (bits & INTERRUPT_CHANNEL) {
        rt_channels_poll(vm);
        bits = atomic_load(&vm->interrupts);
    }
    if (bits & (INTERRUPT_USER | INTERRUPT_TIMER | INTERRUPT_HOST | INTERRUPT_CANCEL))
        return true;
    if (!(bits & INTERRUPT_LIMIT))
        return false;
    if (limit_over(vm) != VALUE_NONE)
        return true;
    rt_interrupt_clear(vm, INTERRUPT_LIMIT);
    return false;
}

Value rt_interrupt_fail(VM *vm) {
    if (!(atomic_load(&vm->interrupts) & (INTERRUPT_TIMER | INTERRUPT_HOST)) &&
        rt_interrupt_take(vm) != INTERRUPTED_NOT)
        return VALUE_FAILURE;
    return rt_fail(vm, CONDITION_INTERRUPT, VALUE_NULL, "interrupted");
}

void rt_modes_restore(VM *vm, Modes modes) {
    if (vm->limits != modes.limits) {
        vm->limits = modes.limits;
        apply_limits(vm);
    }
    if (vm->trace != modes.trace)
        (void)rt_prim_set_trace(vm, modes.trace);
}

// ---- primitives

Value rt_prim_make_limit(VM *vm, Value steps, Value amount) {
    int64_t length;
    if (steps != VALUE_FALSE) {
        if (!value_is_fixnum(amount) || value_fixnum(amount) < 0)
            return value_is_exact_integer(amount)
                       ? rt_fail_range(vm, 1, "number of steps from 0 to 2^49 - 1", amount)
                       : rt_fail_type(vm, 1, "exact integer", amount);
        length = value_fixnum(amount);
    } else {
        if (!value_is_real(amount))
            return rt_fail_type(vm, 1, "real", amount);
        double seconds = rt_num_to_double(amount);
        if (!(seconds >= 0 && seconds < 1e8))
            return rt_fail_range(vm, 1, "number of seconds from 0 to 10^8", amount);
        length = (int64_t)(seconds * MICROSECONDS);
    }
    Value limit = rt_vector_new(vm, LIMIT_ELEMENTS, VALUE_FALSE);
    if (limit == VALUE_FAILURE)
        return VALUE_FAILURE;
    Value *item = &FRESH(value_vector(limit)->item[0]);
    item[LIMIT_AMOUNT] = amount;
    item[LIMIT_STEPS] = value_from_bool(steps != VALUE_FALSE);
    item[LIMIT_LENGTH] = item[LIMIT_LEFT] = value_from_fixnum(length);
    item[LIMIT_END] = value_from_fixnum(0);
    return limit;
}

static bool is_in_force(const VM *vm, Value limit) {
    for (Value l = vm->limits; value_is_pair(l); l = value_cdr(l))
        if (value_car(l) == limit)
            return true;
    return false;
}

// Entering and leaving may come twice: a limit can be exceeded between the extent's beginning and
// its own.
Value rt_prim_enter_limit(VM *vm, Value limit) {
    if (!is_limit(limit))
        return rt_fail_type(vm, 1, "limit", limit);
    if (is_in_force(vm, limit))
        return VALUE_UNSPECIFIED;
    const Value *item = limit_of(limit);
    if (item[LIMIT_STEPS] == VALUE_FALSE && !vm->limit_timer && !timer_make(vm))
        return VALUE_FAILURE;
    rt_heap_store(&item[LIMIT_END],
                  value_from_fixnum(clock_now() + value_fixnum(item[LIMIT_LEFT])));
    vm->limits = rt_cons(vm, limit, vm->limits);
    apply_limits(vm);
    // A limit of nothing is over at once.
    if (value_fixnum(item[LIMIT_LEFT]) <= 0)
        rt_interrupt_set(vm, INTERRUPT_LIMIT);
    return VALUE_UNSPECIFIED;
}

Value rt_prim_leave_limit(VM *vm, Value limit) {
    if (!is_limit(limit))
        return rt_fail_type(vm, 1, "limit", limit);
    if (!is_in_force(vm, limit))
        return VALUE_UNSPECIFIED;
    // Those that were entered after it are left with it.
    while (value_car(vm->limits) != limit)
        vm->limits = value_cdr(vm->limits);
    vm->limits = value_cdr(vm->limits);
    const Value *item = limit_of(limit);
    if (item[LIMIT_STEPS] == VALUE_FALSE) {
        int64_t left = value_fixnum(item[LIMIT_END]) - clock_now();
        rt_heap_store(&item[LIMIT_LEFT], value_from_fixnum(left > 0 ? left : 0));
    }
    apply_limits(vm);
    return VALUE_UNSPECIFIED;
}

Value rt_prim_limit_condition(VM *vm, Value limit) {
    return is_limit(limit) ? limit_of(limit)[LIMIT_CONDITION] : rt_fail_type(vm, 1, "limit", limit);
}

Value rt_prim_set_trace(VM *vm, Value trace) {
    Value before = vm->trace;
    vm->trace = trace;
    if (value_is_vector(trace))
        rt_interrupt_set(vm, INTERRUPT_TRACE);
    else
        rt_interrupt_clear(vm, INTERRUPT_TRACE);
    return before;
}
