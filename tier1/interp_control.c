// Continuations on the fast path: capturing one, entering one, returning to a heap frame.
//
// A generator does nothing else all day. What is here does the common case of what continue.c does
// in general, without a context: the handlers call no C, and whatever is not as expected is left,
// before anything has been changed, to t1_slow_call and t1_slow_return.
#include "tier1/interp_int.h"

// A heap frame becomes the only frame on the stack and gets the value that it waits for.
#define REINSTATE(frame)                                                                           \
    do {                                                                                           \
        const HeapFrame *from = frame;                                                             \
        frame_link(base, NULL, NULL, 0);                                                           \
        base[FRAME_CLOSURE] = from->closure;                                                       \
        copy_registers(base, from->registers, from->count);                                        \
        base[link_dst(from->link)] = value;                                                        \
        constants = link_constants(from->link);                                                    \
        pc = from->pc;                                                                             \
        DISPATCH();                                                                                \
    } while (0)

// Frames are short; a call of memcpy would need a frame of the machine in each handler.
static inline void copy_registers(Value *to, const Value *from, uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
        to[i] = from[i];
        SEPARATE("no memcpy");
    }
}

HANDLER(t1_return_below) {
    Evaluation *e = t1_of(vm)->evaluation;
    const HeapFrame *f = e->below;
    if (UNLIKELY(!f))
        GO(t1_slow_return);
    e->below = f->next;
    REINSTATE(f);
}

// The whole of a full continuation of this evaluation, under the same winders.
static HANDLER(enter) {
    const Continuation *k = value_object(value);
    Evaluation *e = t1_of(vm)->evaluation;
    const HeapFrame *f = k->frames;
    if (object_flags(k) != 0 || k->evaluation != e || !f || FIELD_B != 1 || t1_polled(vm) ||
        t1_winders(vm->dynamic) != t1_winders(k->dynamic))
        GO(t1_slow_call);
    value = base[FIELD_A + FRAME_HEADER];
    vm->dynamic = k->dynamic;
    e->below = f->next;
    base = e->floor + FRAME_HEADER;
    REINSTATE(f);
}

// Cells for a continuation and a heap frame, or NULL. What is popped and not used is garbage.
static inline Continuation *new_continuation(VM *vm, Evaluation *e) {
    uint64_t *cell = t1_pop(vm, offsetof(Continuation, end) + sizeof(uint64_t));
    if (UNLIKELY(!cell))
        return NULL;
    cell[0] = header_make(TYPE_CONTINUATION, 0, 0);
    Continuation *k = (Continuation *)(cell + 1);
    k->dynamic = vm->dynamic;
    k->evaluation = e;
    return k;
}
static inline HeapFrame *new_frame(VM *vm, const Value *base, uint64_t count) {
    size_t bytes = sizeof(HeapFrame) + count * sizeof(Value);
    if (UNLIKELY(bytes > HEAP_SIZE_CLASSES * 16 - 16))
        return NULL;
    HeapFrame *f = t1_pop(vm, bytes);
    if (UNLIKELY(!f))
        return NULL;
    f->next = NULL;
    f->closure = frame_closure(base);
    f->count = count;
    copy_registers(f->registers, base, count);
    return f;
}

// (call/cc f) and (%capture f x …), f a closure of so many parameters: it becomes the only frame on
// the stack.
#define CAPTURE(tail)                                                                              \
    do {                                                                                           \
        value = base[FIELD_A + FRAME_HEADER];                                                      \
        Code *code = value_is_closure(value) ? t1_closure_code(value) : NULL;                      \
        if (!code || code->exact != FIELD_B || t1_polled(vm))                                      \
            GO(t1_slow_call);                                                                      \
        Evaluation *e = t1_of(vm)->evaluation;                                                     \
        Continuation *k = new_continuation(vm, e);                                                 \
        if (UNLIKELY(!k))                                                                          \
            GO(t1_slow_call);                                                                      \
        HeapFrame *first = NULL, **link = &first;                                                  \
        if (!(tail)) {                                                                             \
            HeapFrame *f = new_frame(vm, base, FIELD_A);                                           \
            if (UNLIKELY(!f))                                                                      \
                GO(t1_slow_call);                                                                  \
            f->pc = pc + WORDS_CALL;                                                               \
            f->link = link_make(constants, FIELD_C);                                               \
            *link = f;                                                                             \
            link = &f->next;                                                                       \
        }                                                                                          \
        for (const Value *frame = base; frame_pc(frame);) {                                        \
            const Value *caller = frame_caller(frame);                                             \
            HeapFrame *f = new_frame(vm, caller, (uint64_t)(frame - caller) - FRAME_HEADER);       \
            if (UNLIKELY(!f))                                                                      \
                GO(t1_slow_call);                                                                  \
            f->pc = frame_pc(frame);                                                               \
            f->link = frame[FRAME_LINK];                                                           \
            *link = f;                                                                             \
            link = &f->next;                                                                       \
            frame = caller;                                                                        \
        }                                                                                          \
        if (COUNT_HOT(code->entries))                                                              \
            GO(t1_slow_call);                                                                      \
        *link = e->below;                                                                          \
        e->below = first;                                                                          \
        k->frames = first;                                                                         \
        const Value *argv = base + FIELD_A + FRAME_HEADER;                                         \
        base = e->floor + FRAME_HEADER;                                                            \
        frame_link(base, NULL, NULL, 0);                                                           \
        base[FRAME_CLOSURE] = value;                                                               \
        base[0] = value_from_pointer(k);                                                           \
        for (uint32_t i = 1, n = FIELD_B; i < n; i++)                                              \
            base[i] = argv[i];                                                                     \
        pc = code->words;                                                                          \
        constants = code->constants;                                                               \
        value = VALUE_NONE;                                                                        \
        DISPATCH();                                                                                \
    } while (0)

static_assert(WORDS_CALL == WORDS_CALL_GLOBAL && WORDS_CALL == WORDS_CALL_FIXED);
static HANDLER(capture) { CAPTURE(false); }
static HANDLER(capture_in_tail) { CAPTURE(true); }

HANDLER(t1_call_other) {
    CallSite *site = t1_constant_site(constants, pc[1]);
    bool tail = false;
    switch (word_op(*pc)) {
    case OP_TAIL_CALL_GLOBAL:
        tail = true;
        [[fallthrough]];
    case OP_CALL_GLOBAL:
        value = site->cell->value;
        break;
    case OP_TAIL_CALL_FIXED:
        tail = true;
        [[fallthrough]];
    case OP_CALL_FIXED:
        value = site->callee;
        break;
    case OP_TAIL_CALL:
        tail = true;
        [[fallthrough]];
    default:
        value = base[FIELD_A + FRAME_CALLEE];
    }
    if (value_has_type(value, TYPE_CONTINUATION))
        GO(enter);
    if (value_is_closure(value) ? t1_closure_code(value)->call_cc
                                : value_has_type(value, TYPE_PRIMITIVE) &&
                                      value_primitive(value)->row->control == CONTROL_CAPTURE) {
        if (tail)
            GO(capture_in_tail);
        GO(capture);
    }
    GO(t1_slow_call);
}
