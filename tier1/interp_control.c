// Calls of what is no closure: capturing a continuation, entering one, a primitive; and returning
// to a heap frame.
//
// A generator does nothing else all day, and a primitive is a frequent argument of map. What is
// here does the common case of what apply.c and continue.c do in general, without a context;
// whatever is not as expected is left, before anything has been changed, to t1_slow_call and
// t1_slow_return.
#include "tier1/interp_int.h"

// A heap frame becomes the only frame on the stack and gets the value that it waits for.
#define REINSTATE(frame)                                                                           \
    do {                                                                                           \
        const HeapFrame *from = frame;                                                             \
        frame_link(base, NULL, NULL, 0);                                                           \
        base[FRAME_CLOSURE] = from->closure;                                                       \
        copy_registers(base, from->registers, heap_frame_count(from));                             \
        base[link_dst(from->link)] = value;                                                        \
        constants = link_constants(from->link);                                                    \
        pc = heap_frame_pc(from);                                                                  \
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
    const T1 *t = t1_of(vm);
    if (t1_is_nested(t))
        return value;
    Evaluation *e = t->evaluation;
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
    if (t1_is_nested(t1_of(vm)) || object_flags(k) != 0 || k->evaluation != e || !f ||
        FIELD_B != 1 || t1_polled(vm) ||
        (vm->dynamic != k->dynamic && t1_winders(vm->dynamic) != t1_winders(k->dynamic)))
        GO(t1_slow_call);
    value = base[FIELD_A + FRAME_HEADER];
    vm->dynamic = k->dynamic;
    e->below = f->next;
    base = e->floor + FRAME_HEADER;
    REINSTATE(f);
}

static inline HeapFrame *new_frame(VM *vm, const Value *base, uint64_t count, const uint32_t *pc,
                                   Value link) {
    HeapFrame *f = rt_raw_new_tracked(vm, sizeof *f + count * sizeof(Value));
    FRESH(f->place) = frame_place(pc, count);
    FRESH(f->link) = link;
    FRESH(f->closure) = frame_closure(base);
    copy_registers(&FRESH(f->registers[0]), base, count);
    return f;
}

// The calls that come here are alike.
static_assert(WORDS_CALL == WORDS_CALL_GLOBAL && WORDS_CALL == WORDS_CALL_FIXED &&
              WORDS_CALL == WORDS_TAIL_CALL && WORDS_CALL == WORDS_TAIL_CALL_GLOBAL &&
              WORDS_CALL == WORDS_TAIL_CALL_FIXED && WORDS_CALL == WORDS_CALL_CC);

// What is behind the continuation among the arguments of CALL_CC and TAIL_CALL_CC: in the window,
// or where the procedure wants it already.
#define LIFTED (FIELD_B == 1 ? base + 1 : base + FIELD_A + FRAME_HEADER + 1)

// The closure `value` of `code` becomes the only frame on the stack, with the continuation and what
// is behind it in the window as its arguments.
#define CAPTURE(tail)                                                                              \
    do {                                                                                           \
        vm->frame_base = base;                                                                     \
        table = &t1_table;                                                                         \
        Evaluation *e = t1_of(vm)->evaluation;                                                     \
        Continuation *k = rt_object_new(vm, TYPE_CONTINUATION, 0, 0, offsetof(Continuation, end)); \
        FRESH(k->dynamic) = vm->dynamic;                                                           \
        FRESH(k->evaluation) = e;                                                                  \
        FrameList list = {0};                                                                      \
        if (!(tail)) {                                                                             \
            HeapFrame *f =                                                                         \
                new_frame(vm, base, FIELD_A, pc + WORDS_CALL, link_make(constants, FIELD_C));      \
            t1_add_frame(&list, f);                                                                \
        }                                                                                          \
        for (const Value *frame = base; frame_pc(frame);) {                                        \
            const Value *caller = frame_caller(frame);                                             \
            HeapFrame *f = new_frame(vm, caller, (uint64_t)(frame - caller) - FRAME_HEADER,        \
                                     frame_pc(frame), frame[FRAME_LINK]);                          \
            t1_add_frame(&list, f);                                                                \
            frame = caller;                                                                        \
        }                                                                                          \
        if (list.last) {                                                                           \
            HEAP_STORE_POINTER(list.last->next, e->below);                                         \
            e->below = list.first;                                                                 \
        }                                                                                          \
        HEAP_STORE_POINTER(k->frames, e->below);                                                   \
        const Value *argv = LIFTED;                                                                \
        base = e->floor + FRAME_HEADER;                                                            \
        frame_link(base, NULL, NULL, 0);                                                           \
        base[FRAME_CLOSURE] = value;                                                               \
        base[0] = value_from_pointer(k);                                                           \
        copy_registers(base + 1, argv, code->lifted);                                              \
        pc = code->words;                                                                          \
        constants = code->constants;                                                               \
        value = VALUE_NONE;                                                                        \
        DISPATCH();                                                                                \
    } while (0)

// (call/cc (lambda (k) …)) as instructions.
[[gnu::cold, gnu::noinline]] static HANDLER(slow_call_cc) {
    bool tail = t1_op_info[op_at(constants, pc)].flags & OPF_END;
    Value *argv = base + FIELD_A + FRAME_HEADER;
    T1 *t = t1_context(vm, base, constants, pc + WORDS_CALL_CC, tail ? 0 : FIELD_C, FIELD_A, tail);
    uint32_t lifted = t1_closure_code(constants[pc[1]])->lifted;
    argv[0] = constants[pc[1]];
    copy_registers(argv + 1, LIFTED, lifted);
    t1_apply(t, rt_primitive_object(vm, rt_primitive_find("%capture")), lifted + 1, argv);
    GO(t1_resume);
}
// With callers on the stack, or when a free list has run out.
[[gnu::noinline]] static HANDLER(long_call_cc) {
    const Code *code = t1_closure_code(value);
    CAPTURE(false);
}
[[gnu::noinline]] static HANDLER(long_tail_call_cc) {
    const Code *code = t1_closure_code(value);
    CAPTURE(true);
}

// Mostly the frame is the only one on the stack: all others were captured before.
enum { CONTINUATION_BYTES = sizeof(uint64_t) + offsetof(Continuation, end) };
#define CALL_CC(tail, otherwise)                                                                   \
    do {                                                                                           \
        value = constants[pc[1]];                                                                  \
        Code *code = t1_closure_code(value);                                                       \
        if (t1_polled(vm) || t1_is_nested(t1_of(vm)) || COUNT_HOT(code->entries))                  \
            GO(slow_call_cc);                                                                      \
        size_t bytes = sizeof(HeapFrame) + FIELD_A * sizeof(Value);                                \
        if (UNLIKELY(frame_pc(base) || !vm->free_tracked[(CONTINUATION_BYTES + 15) / 16] ||        \
                     (!(tail) && (FIELD_A == 0 || bytes > (HEAP_SIZE_CLASSES - 1) * 16 ||          \
                                  !vm->free_tracked[(bytes + 15) / 16]))))                         \
            GO(otherwise);                                                                         \
        Evaluation *e = t1_of(vm)->evaluation;                                                     \
        if (!(tail)) {                                                                             \
            HeapFrame *f = t1_pop(vm, bytes);                                                      \
            FRESH(f->next) = e->below;                                                             \
            FRESH(f->place) = frame_place(pc + WORDS_CALL_CC, FIELD_A);                            \
            FRESH(f->link) = link_make(constants, FIELD_C);                                        \
            FRESH(f->closure) = frame_closure(base);                                               \
            copy_registers(&FRESH(f->registers[0]), base, FIELD_A);                                \
            e->below = f;                                                                          \
        }                                                                                          \
        uint64_t *header = t1_pop(vm, CONTINUATION_BYTES);                                         \
        *header = header_make(TYPE_CONTINUATION, 0, 0);                                            \
        Continuation *k = (Continuation *)(header + 1);                                            \
        FRESH(k->frames) = e->below;                                                               \
        FRESH(k->dynamic) = vm->dynamic;                                                           \
        FRESH(k->evaluation) = e;                                                                  \
        base[FRAME_CLOSURE] = value;                                                               \
        base[0] = value_from_pointer(k);                                                           \
        copy_registers(base + 1, base + FIELD_A + FRAME_HEADER + 1, FIELD_B - 1u);                 \
        pc = code->words;                                                                          \
        constants = code->constants;                                                               \
        DISPATCH();                                                                                \
    } while (0)
OPCODE(CALL_CC) { CALL_CC(false, long_call_cc); }
OPCODE(TAIL_CALL_CC) { CALL_CC(true, long_tail_call_cc); }
static_assert((CONTINUATION_BYTES + 15) / 16 < (sizeof(HeapFrame) + sizeof(Value) + 15) / 16,
              "popped one after the other from two lists, when the frame has registers");

// (call/cc f), f a closure of one parameter, as a call of what is not known to be call/cc.
#define CALL_OF_CAPTURE(tail)                                                                      \
    do {                                                                                           \
        value = base[FIELD_A + FRAME_HEADER];                                                      \
        Code *code = value_is_closure(value) ? t1_closure_code(value) : NULL;                      \
        if (!code || FIELD_B != 1 || code->exact != 1 || t1_polled(vm) || t1_is_nested(t1_of(vm))) \
            GO(t1_slow_call);                                                                      \
        if (COUNT_HOT(code->entries))                                                              \
            GO(t1_slow_call);                                                                      \
        CAPTURE(tail);                                                                             \
    } while (0)
static HANDLER(capture) { CALL_OF_CAPTURE(false); }
static HANDLER(capture_in_tail) { CALL_OF_CAPTURE(true); }

// A primitive that is a value: the order that is passed to a sort, the procedure that is passed to
// map.
[[gnu::noinline]] static HANDLER(call_primitive) {
    const Primitive *p = value_primitive(value)->row;
    uint32_t argc = FIELD_B;
    if (UNLIKELY(p->control != CONTROL_NONE || argc < (uint32_t)p->min ||
                 (p->max >= 0 && argc > (uint32_t)p->max) || t1_polled(vm)))
        GO(t1_slow_call);
    t1_constant_site(constants, pc[1])->primitive = p;
    bool tail = t1_op_info[op_at(constants, pc)].flags & OPF_END;
    vm->frame_base = base;
    const Value *argv = base + FIELD_A + FRAME_HEADER;
    Value result = p->binary && argc == 2 ? p->binary(vm, argv[0], argv[1])
                                          : rt_primitive_call(vm, p, (int)argc, argv);
    table = &t1_table;
    if (UNLIKELY(result == VALUE_FAILURE)) {
        T1 *t = t1_context(vm, base, constants, pc + WORDS_CALL, tail ? 0 : FIELD_C, FIELD_A, tail);
        rt_fail_name(vm, p);
        t1_raise(t, 0);
        GO(t1_resume);
    }
    if (tail)
        RETURN(result);
    RC = result;
    value = VALUE_NONE;
    NEXT(CALL);
}

// The operator's value is in `value`.
#define CALL_OTHER(capture_)                                                                       \
    do {                                                                                           \
        if (value_is_primitive(value)) {                                                           \
            if (value_primitive(value)->row->control == CONTROL_CAPTURE)                           \
                GO(capture_);                                                                      \
            GO(call_primitive);                                                                    \
        }                                                                                          \
        if (value_has_type(value, TYPE_CONTINUATION))                                              \
            GO(enter);                                                                             \
        if (value_is_closure(value) && t1_closure_code(value)->call_cc)                            \
            GO(capture_);                                                                          \
        GO(t1_slow_call);                                                                          \
    } while (0)

HANDLER(t1_call_other) { CALL_OTHER(capture); }
HANDLER(t1_tail_call_other) { CALL_OTHER(capture_in_tail); }
