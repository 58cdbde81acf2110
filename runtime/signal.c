// Signals that a program catches. See signal.h.
#include "runtime/signal.h"
#include "runtime/fail.h"
#include "runtime/list.h"
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>

enum { HIGHEST = 31 }; // those with names

static _Atomic uint32_t pending; // bit n: signal n has come
static uint32_t caught;          // bit n: signal n is ours
static struct sigaction before[HIGHEST + 1];

static void on_signal(int number) { atomic_fetch_or(&pending, UINT32_C(1) << number); }

bool rt_signals_pending(void) { return atomic_load_explicit(&pending, memory_order_relaxed) != 0; }

// 0 or an errno.
static int set_caught(int number, bool on) {
    uint32_t bit = UINT32_C(1) << number;
    if (!(caught & bit) == !on)
        return 0;
    // Without SA_RESTART: what waits in the system is woken.
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    if (sigaction(number, on ? &action : &before[number], on ? &before[number] : NULL) != 0)
        return errno;
    caught ^= bit;
    atomic_fetch_and(&pending, ~bit);
    return 0;
}

void rt_signals_destroy(VM *vm) {
    (void)vm;
    for (int n = 1; n <= HIGHEST; n++)
        (void)set_caught(n, false);
}

Value rt_prim_signal_catch(VM *vm, Value number, Value on) {
    if (!value_is_fixnum(number) || value_fixnum(number) < 1 || value_fixnum(number) > HIGHEST)
        return rt_fail_range(vm, 1, "number of a signal", number);
    int error = set_caught((int)value_fixnum(number), on != VALUE_FALSE);
    return error ? rt_fail(vm, CONDITION_PROCESS, rt_cons(vm, number, VALUE_NULL),
                           "cannot catch signal: %s:", strerror(error))
                 : VALUE_UNSPECIFIED;
}

Value rt_prim_signals_take(VM *vm) {
    uint32_t bits = atomic_exchange(&pending, 0);
    ListBuilder list;
    rt_list_builder_init(&list, vm);
    for (int n = 1; n <= HIGHEST; n++)
        if (bits >> n & 1)
            rt_list_builder_add(&list, value_from_fixnum(n));
    return list.first;
}
