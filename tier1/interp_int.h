// What the files of handlers share beyond machine_int.h.
#ifndef KILN_TIER1_INTERP_INT_H
#define KILN_TIER1_INTERP_INT_H

#include "runtime/equal.h"
#include "runtime/list.h"
#include "runtime/record.h"
#include "tier1/machine_int.h"
#include "vm/tier.h"

// Counters of the profile; a build with KILN_NO_PROFILE measures what they cost. Those that
// vm/tier.h sets limits for begin as far below 0 (t1_counter_start) and are hot at 0: COUNT_HOT is
// an increment and a jump.
#ifdef KILN_NO_PROFILE
#define COUNT(counter) ((void)0)
#define COUNT_HOT(counter) (false)
#else
#define COUNT(counter) ((void)(counter)++)
#define COUNT_HOT(counter) UNLIKELY(++(counter) == 0)
#endif

// A plain load, which can be part of the comparison: each handler makes it anew, so what another
// thread or a signal handler writes is seen soon.
static inline bool t1_polled(const VM *vm) {
    return UNLIKELY(*(const unsigned *)&vm->interrupts != 0);
}

// A cell of a free list for `bytes` bytes, header included; NULL: the list is empty. Its first word
// is to be overwritten.
static inline void *t1_pop(VM *vm, size_t bytes) {
    void **cell = vm->free_tracked[(bytes + 15) / 16];
    if (LIKELY(cell != NULL))
        vm->free_tracked[(bytes + 15) / 16] = *cell;
    return cell;
}

// ---- interp.c, interp_control.c

T1Handler t1_slow_call; // the call at pc, whatever is called
// The same of CALL, CALL_GLOBAL, CALL_FIXED, when it is not the closure that the site has seen, or
// call/cc; and in tail position. The operator's value is in `value`.
T1Handler t1_call_other, t1_tail_call_other;
T1Handler t1_slow_return;  // of `value`, from the base of an activation
T1Handler t1_return_below; // the same; there may be frames on the heap

// Return from the frame.
#define RETURN(value_)                                                                             \
    do {                                                                                           \
        value = value_;                                                                            \
        const uint32_t *next = frame_pc(base);                                                     \
        if (UNLIKELY(!next))                                                                       \
            GO(t1_return_below);                                                                   \
        Value link = base[FRAME_LINK];                                                             \
        base = frame_caller(base);                                                                 \
        constants = link_constants(link);                                                          \
        base[link_dst(link)] = value;                                                              \
        pc = next;                                                                                 \
        DISPATCH();                                                                                \
    } while (0)

// Keeps the dispatch before and the one after it two.
#define SEPARATE(text) __asm__ volatile("# " text)

#define BRANCH(ID, condition)                                                                      \
    do {                                                                                           \
        if (condition) {                                                                           \
            pc += WORDS_##ID + (int32_t)pc[1];                                                     \
            SEPARATE("jump");                                                                      \
            DISPATCH();                                                                            \
        }                                                                                          \
        pc += WORDS_##ID;                                                                          \
        SEPARATE("on");                                                                            \
        DISPATCH();                                                                                \
    } while (0)

static inline bool t1_record_is(Value v, Value type) {
    return value_is_record(v) &&
           (value_record(v)->type == type || rt_record_type_is(value_record(v)->type, type));
}

#endif
