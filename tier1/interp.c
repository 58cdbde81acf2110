// The interpreter: dispatch, moves, variables, jumps, calls, returns.
//
// A handler is a function that ends in a tail call of the next one (clang's musttail), so each has
// its registers allocated by itself and its own indirect branch. In the preserve_none convention
// vm, base, pc and constants live in registers that functions of C preserve. A handler that calls C
// needs a frame of the machine; so the fast paths call nothing, and what is rare is a tail call of
// another handler. A test has two dispatches, one for each outcome: kept apart by SEPARATE, or the
// compiler would join them to one that is hard to predict.
#include "runtime/numbers.h"
#include "runtime/send.h"
#include "tier1/interp_int.h"
#include "tier1/machine_int.h"
#include "vm/call_failures.h"

const T1Table t1_table = {{
#define OP(ID, ...) [OP_##ID] = t1_op_##ID,
#include "tier1/opcodes.def"
#undef OP
}};

// ---- slow paths

HANDLER(t1_resume) {
    T1 *t = t1_of(vm);
    if (UNLIKELY(t->done))
        return t->result;
    base = t->at.base;
    pc = t->at.next;
    constants = t->at.constants;
    table = &t1_table;
    value = VALUE_NONE;
    DISPATCH();
}

static uint32_t word_index(const Code *code, const uint32_t *pc) {
    return (uint32_t)(pc - code->words);
}

// A fused test without value: what the hook answers decides where to go on.
static void raise_in_test(T1 *t, const uint32_t *next, const uint32_t *target, bool when_true) {
    const Code *code = t1_code_of(t->at.constants);
    Value jump = value_from_fixnum(word_index(code, target)),
          on = value_from_fixnum(word_index(code, next));
    t1_raise_in(t, 0, CONTROL_FRAME_BRANCH, when_true ? jump : on, when_true ? on : jump);
}

HANDLER(t1_slow_site) {
    const Code *code = t1_code_of(constants);
    const OpInfo *info = &t1_op_info[op_at(constants, pc)];
    const Site *site = t1_code_site(code, word_index(code, pc));
    const uint32_t *next = pc + info->words;
    T1 *t = t1_context(vm, base, constants, next, code->registers, code->registers, false);
    bool is_test = info->flags & (OPF_WHEN_TRUE | OPF_WHEN_FALSE);
    Value answer = t1_site_call(vm, code, pc, base);
    if (is_test && !(answer == VALUE_FAILURE && site->form & SITE_VALUE)) {
        const uint32_t *target = next + (int32_t)pc[1];
        bool when_true = info->flags & OPF_WHEN_TRUE;
        if (answer == VALUE_FAILURE)
            raise_in_test(t, next, target, when_true);
        else if (value_is_truthy(answer) == when_true)
            t->at.next = target;
        GO(t1_resume);
    }
    if (is_test)
        t->at.dst = word_a(*next);
    else if (info->field[0] == FIELD_DST)
        t->at.dst = FIELD_A;
    t->at.next += site->skip;
    if (answer == VALUE_FAILURE)
        t1_raise(t, 0);
    else
        t1_answer(t, answer);
    GO(t1_resume);
}

// ---- moves and constants

OPCODE(MOVE) {
    RA = RB;
    NEXT(MOVE);
}
OPCODE(CONST) {
    RA = constants[field_bx(pc)];
    NEXT(CONST);
}
OPCODE(CONSTX) {
    RA = constants[pc[1]];
    NEXT(CONSTX);
}
OPCODE(INT) {
    RA = value_from_fixnum(field_sbx(pc));
    NEXT(INT);
}
OPCODE(SPECIAL) {
    RA = field_bx(pc);
    NEXT(SPECIAL);
}
OPCODE(GETHI) {
    RA = base[field_bx(pc)];
    NEXT(GETHI);
}
OPCODE(SETHI) {
    base[field_bx(pc)] = RA;
    NEXT(SETHI);
}

// ---- variables

static inline Closure *running(const Value *base) { return value_closure(frame_closure(base)); }

OPCODE(FREE) {
    RA = running(base)->free[field_bx(pc)];
    NEXT(FREE);
}
OPCODE(SELF) {
    RA = frame_closure(base);
    NEXT(SELF);
}
OPCODE(UNBOX) {
    RA = value_box(RB)->value;
    NEXT(UNBOX);
}
SLOW_HANDLER(slow_unbox) {
    Value name = constants[pc[1]];
    T1 *t = t1_context(vm, base, constants, pc + WORDS_UNBOX_CHECKED, FIELD_A,
                       t1_code_of(constants)->registers, false);
    rt_fail_at(vm, CONDITION_UNBOUND, 0, VALUE_FALSE, rt_cons(vm, name, VALUE_NULL),
               "variable used before its initialisation:");
    t1_raise(t, 0);
    GO(t1_resume);
}
OPCODE(UNBOX_CHECKED) {
    Value v = value_box(RB)->value;
    if (UNLIKELY(v == VALUE_UNBOUND))
        GO(slow_unbox);
    RA = v;
    NEXT(UNBOX_CHECKED);
}
OPCODE(SETBOX) {
    rt_heap_store(&value_box(RA)->value, RB);
    NEXT(SETBOX);
}
OPCODE(UNBOX_FREE) {
    RA = value_box(running(base)->free[field_bx(pc)])->value;
    NEXT(UNBOX_FREE);
}
OPCODE(SETBOX_FREE) {
    rt_heap_store(&value_box(running(base)->free[field_bx(pc)])->value, RA);
    NEXT(SETBOX_FREE);
}

SLOW_HANDLER(slow_global) {
    T1 *t = t1_context(vm, base, constants, pc + WORDS_GLOBAL, FIELD_A,
                       t1_code_of(constants)->registers, false);
    vm_fail_unbound(vm, constants[pc[1]], "");
    t1_raise(t, 0);
    GO(t1_resume);
}
OPCODE(GLOBAL) {
    Value v = value_cell(constants[pc[1]])->value;
    if (UNLIKELY(v == VALUE_UNBOUND))
        GO(slow_global);
    set_op(constants, pc, OP_GLOBAL_READY);
    RA = v;
    NEXT(GLOBAL);
}
OPCODE(GLOBAL_READY) {
    RA = value_cell(constants[pc[1]])->value;
    NEXT(GLOBAL_READY);
}

SLOW_HANDLER(slow_setglobal) {
    T1 *t = t1_context(vm, base, constants, pc + WORDS_SETGLOBAL, t1_code_of(constants)->registers,
                       t1_code_of(constants)->registers, false);
    vm_fail_unbound(vm, constants[pc[1]], "set!: ");
    t1_raise(t, 0);
    GO(t1_resume);
}
SLOW_HANDLER(slow_invalidate) { // after SETGLOBAL or DEFINE
    vm->frame_base = base;
    t1_watch_invalidate(vm, value_cell(constants[pc[1]]));
    static_assert(WORDS_SETGLOBAL == WORDS_DEFINE);
    NEXT_AFTER_CALL(DEFINE);
}
OPCODE(SETGLOBAL) {
    Cell *cell = value_cell(constants[pc[1]]);
    if (UNLIKELY(cell->value == VALUE_UNBOUND))
        GO(slow_setglobal);
    object_set_flags(cell, object_flags(cell) | CELL_ASSIGNED);
    cell->value = RA;
    if (UNLIKELY(cell->watchers != NULL))
        GO(slow_invalidate);
    NEXT(SETGLOBAL);
}
OPCODE(DEFINE) {
    Cell *cell = value_cell(constants[pc[1]]);
    if (cell->value != VALUE_UNBOUND)
        object_set_flags(cell, object_flags(cell) | CELL_ASSIGNED);
    cell->value = RA;
    if (UNLIKELY(cell->watchers != NULL))
        GO(slow_invalidate);
    NEXT(DEFINE);
}

// ---- boxes and closures

SLOW_HANDLER(slow_box) {
    vm->frame_base = base;
    Box *box = rt_object_new(vm, TYPE_BOX, 0, 0, sizeof *box);
    FRESH(box->value) = RB;
    RA = value_from_pointer(box);
    NEXT_AFTER_CALL(BOX);
}
OPCODE(BOX) {
    uint64_t *cell = t1_pop(vm, sizeof(Box) + 8);
    if (UNLIKELY(!cell))
        GO(slow_box);
    cell[0] = header_make(TYPE_BOX, 0, 0);
    cell[1] = RB;
    RA = value_from_pointer(cell + 1);
    NEXT(BOX);
}

// The instruction CLOSURE but for its destination: code and free values of the fresh closure.
static inline void fill_closure(Closure *closure, const Value *base, const uint32_t *pc,
                                const Value *constants) {
    uint32_t count = pc[2];
    const uint32_t *captures = pc + WORDS_CLOSURE;
    *object_header(closure) = header_make(TYPE_CLOSURE, 0, count);
    FRESH(closure->code) = t1_constant_code(constants, pc[1]);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t from = capture_at(captures, i);
        FRESH(closure->free[i]) =
            from & CAPTURE_FREE ? running(base)->free[from & ~(uint32_t)CAPTURE_FREE] : base[from];
    }
}
SLOW_HANDLER(slow_closure) {
    vm->frame_base = base;
    Closure *closure =
        rt_object_new(vm, TYPE_CLOSURE, 0, 0, sizeof(void *) + pc[2] * sizeof(Value));
    fill_closure(closure, base, pc, constants);
    RA = value_from_pointer(closure);
    pc += (pc[2] + 1) / 2;
    NEXT_AFTER_CALL(CLOSURE);
}
OPCODE(CLOSURE) {
    size_t bytes = 8 + sizeof(void *) + pc[2] * sizeof(Value);
    if (UNLIKELY(bytes >= HEAP_SIZE_CLASSES * 16 - 15))
        GO(slow_closure);
    uint64_t *cell = t1_pop(vm, bytes);
    if (UNLIKELY(!cell))
        GO(slow_closure);
    Closure *closure = (Closure *)(cell + 1);
    fill_closure(closure, base, pc, constants);
    RA = value_from_pointer(closure);
    pc += (pc[2] + 1) / 2;
    NEXT(CLOSURE);
}
OPCODE(CAPTURE) {
    rt_heap_store(&value_closure(RA)->free[pc[1]], RB);
    NEXT(CAPTURE);
}

// ---- jumps

OPCODE(JMP) {
    pc += WORDS_JMP + word_j24(*pc);
    DISPATCH();
}

// A tail call of native code from the base of an activation gives the activation up, and returns to
// the native frames below. Those that must go are noticed by activations alone
// (t1_native_unwind_all).
static bool must_stay(const T1 *t, const Value *base) {
    return !frame_pc(base) && t1_is_nested(t) && t->evaluation->stale;
}

// An interrupt, or a loop that has become hot: then perhaps there is native code for the rest of
// it.
static Native *loop_slowly(T1 *t, const uint32_t *pc, const uint32_t *target, uint32_t count) {
    Native *entry = NULL;
    if (count == 0 && vm_hot_hook.hot)
        entry = vm_hot_hook.hot(t->vm, (void *)t->at.site_code, word_index(t->at.site_code, pc));
    if (entry && !t1_native_short(t->vm) && !must_stay(t, t->at.base))
        return entry;
    t1_interrupt_at(t, target);
    return NULL;
}

static Value enter_native(VM *vm, Value *base, Code *code, Native *entry, Value first);

// A frame that goes on in native code, in the middle of a loop.
#define ENTER_LOOP(entry)                                                                          \
    do {                                                                                           \
        value = enter_native(vm, base, t1_code_of(constants), entry, (Value)(uintptr_t)base);      \
        GO(native_returned);                                                                       \
    } while (0)
static T1Handler native_returned;

SLOW_HANDLER(slow_loop) {
    const uint32_t *next = pc + WORDS_LOOP;
    uint32_t registers = t1_code_of(constants)->registers;
    T1 *t = t1_context(vm, base, constants, next, registers, registers, false);
    Native *entry = loop_slowly(t, pc, next + word_j24(*pc), pc[1]);
    if (entry)
        ENTER_LOOP(entry);
    GO(t1_resume);
}
OPCODE(LOOP) {
    bool hot = COUNT_HOT(((uint32_t *)pc)[1]);
    if (hot || t1_polled(vm))
        GO(slow_loop);
    pc += WORDS_LOOP + word_j24(*pc);
    DISPATCH();
}
SLOW_HANDLER(slow_loop_move) {
    const uint32_t *next = pc + WORDS_LOOP_MOVE;
    uint32_t registers = t1_code_of(constants)->registers;
    T1 *t = t1_context(vm, base, constants, next, registers, registers, false);
    Native *entry = loop_slowly(t, pc, next + (int32_t)pc[1], pc[2]);
    if (entry)
        ENTER_LOOP(entry);
    GO(t1_resume);
}
OPCODE(LOOP_MOVE) {
    RA = RB;
    bool hot = COUNT_HOT(((uint32_t *)pc)[2]);
    if (hot || t1_polled(vm))
        GO(slow_loop_move);
    pc += WORDS_LOOP_MOVE + (int32_t)pc[1];
    DISPATCH();
}

// ---- calls

// Note in the site what is called, so that the next call of the same is not as slow.
static void see_callee(CallSite *site, Op op, Value callee, uint32_t argc) {
    const Code *entered = site->code; // CALL_KNOWN and the like: for certain
    if (op == OP_CALL || op == OP_CALL_GLOBAL || op == OP_TAIL_CALL || op == OP_TAIL_CALL_GLOBAL ||
        op == OP_SEND) {
        Code *code = value_is_closure(callee) ? t1_closure_code(callee) : NULL;
        if (code != site->code) {
            site->code = code;
            COUNT(site->misses);
        }
        entered = code && code->exact == argc ? code : NULL;
        if (site->cell || op == OP_SEND)
            site->callee = entered ? callee : VALUE_NONE;
    }
    if (entered && entered->call_cc) { // t1_call_other captures
        entered = NULL;
        if (site->cell || op == OP_SEND)
            site->callee = VALUE_NONE;
    }
    site->words = entered ? entered->words : NULL;
    site->constants = entered ? entered->constants : NULL;
}

// Any call, whatever is called.
[[gnu::cold, gnu::noinline]] HANDLER(t1_slow_call) {
    Op op = op_at(constants, pc);
    bool wide = op == OP_CALL_WIDE || op == OP_TAIL_CALL_WIDE;
    uint32_t window = wide ? wac_window(pc[1]) : FIELD_A, argc = wide ? wac_count(pc[1]) : FIELD_B;
    bool tail = t1_op_info[op].flags & OPF_END;
    uint32_t dst = tail ? 0 : wide ? pc[2] : FIELD_C;
    const uint32_t *next = pc + t1_op_info[op].words;
    CallSite *site = t1_constant_site(constants, next[-1]);
    const Value *argv = base + window + FRAME_HEADER;
    T1 *t = t1_context(vm, base, constants, next, dst, window, tail);
    Value callee;
    switch (op) {
    case OP_CALL_GLOBAL:
    case OP_TAIL_CALL_GLOBAL:
        callee = site->cell->value;
        break;
    case OP_CALL_SELF:
    case OP_TAIL_CALL_SELF:
        callee = frame_closure(base);
        break;
    case OP_CALL_FIXED:
    case OP_TAIL_CALL_FIXED:
        callee = site->callee;
        break;
    case OP_SEND:
        callee = rt_send_lookup(vm, value_send_site(constants[pc[1]]), argv[0]);
        if (!value_is_closure(callee)) // closures are counted below
            COUNT(site->misses);
        break;
    default:
        callee = base[window + FRAME_CALLEE];
    }
    if (UNLIKELY(callee == VALUE_UNBOUND)) {
        // What the hook answers is what the variable's value would have been.
        Value arguments = rt_list_from_array(vm, argv, argc);
        vm_fail_unbound(vm, value_from_pointer(site->cell), "");
        t1_raise_in(t, site->operator_position, CONTROL_FRAME_OPERATOR,
                    rt_position_value(vm, site->operator_position), arguments);
        GO(t1_resume);
    }
    see_callee(site, op, callee, argc);
    t1_apply(t, callee, argc, argv);
    GO(t1_resume);
}

// Enter the site's callee at `target`, whose parameters and closure are in place. Words and
// constants come from the site: by way of closure and code they would be four loads later, and each
// call waits for those of the call before it.
#define ENTER()                                                                                    \
    do {                                                                                           \
        base = target;                                                                             \
        pc = site->words;                                                                          \
        constants = site->constants;                                                               \
        DISPATCH();                                                                                \
    } while (0)

// Is it a closure of the code that the site has seen, or takes for certain?
static inline bool is_seen(const CallSite *site, Value callee) {
    return value_is_closure(callee) && t1_closure_code(callee) == site->code && site->words;
}
static inline bool must_wait(const VM *vm, const Value *target) {
    return UNLIKELY(target >= vm->frame_limit || t1_polled(vm));
}

// A call with its result in R[C]; expected: nothing has to be done but to enter; otherwise: who
// makes it if not.
#define CALL_SITE(ID, expected, closure, otherwise)                                                \
    do {                                                                                           \
        Value *target = base + FIELD_A + FRAME_HEADER;                                             \
        if (UNLIKELY(!(expected))) {                                                               \
            value = closure;                                                                       \
            GO(otherwise);                                                                         \
        }                                                                                          \
        if (must_wait(vm, target) || COUNT_HOT(site->code->entries))                               \
            GO(t1_slow_call);                                                                      \
        COUNT(site->hits);                                                                         \
        frame_link(target, pc + WORDS_##ID, base, link_make(constants, FIELD_C));                  \
        target[FRAME_CLOSURE] = closure;                                                           \
        ENTER();                                                                                   \
    } while (0)

OPCODE(CALL) {
    CallSite *site = t1_constant_site(constants, pc[1]);
    Value callee = base[FIELD_A + FRAME_CALLEE];
    CALL_SITE(CALL, is_seen(site, callee), callee, t1_call_other);
}
OPCODE(CALL_GLOBAL) {
    CallSite *site = t1_constant_site(constants, pc[1]);
    Value callee = site->cell->value;
    CALL_SITE(CALL_GLOBAL, callee == site->callee, callee, t1_call_other);
}
OPCODE(CALL_KNOWN) {
    CallSite *site = t1_constant_site(constants, pc[1]);
    CALL_SITE(CALL_KNOWN, site->words, base[FIELD_A + FRAME_CALLEE], t1_slow_call);
}
OPCODE(CALL_FIXED) {
    CallSite *site = t1_constant_site(constants, pc[1]);
    CALL_SITE(CALL_FIXED, site->words, site->callee, t1_call_other);
}
OPCODE(CALL_SELF) {
    CallSite *site = t1_constant_site(constants, pc[1]);
    Value *target = base + FIELD_A + FRAME_HEADER;
    if (UNLIKELY(!site->words) || must_wait(vm, target) || COUNT_HOT(site->code->entries))
        GO(t1_slow_call);
    COUNT(site->hits);
    frame_link(target, pc + WORDS_CALL_SELF, base, link_make(constants, FIELD_C));
    target[FRAME_CLOSURE] = frame_closure(base);
    base = target;
    pc = site->words;
    DISPATCH();
}
OPCODE(CALL_WIDE) { GO(t1_slow_call); }

// A method (in `value`) that is not the one that the call site saw last.
static HANDLER(send_other) {
    Code *code = value_is_closure(value) ? t1_closure_code(value) : NULL;
    Value *target = base + FIELD_A + FRAME_HEADER;
    CallSite *site = t1_constant_site(constants, pc[2]);
    if (UNLIKELY(!code || code->exact != FIELD_B || code->call_cc || !site->code) ||
        must_wait(vm, target) || COUNT_HOT(code->entries))
        GO(t1_slow_call);
    COUNT(site->hits);
    frame_link(target, pc + WORDS_SEND, base, link_make(constants, FIELD_C));
    target[FRAME_CLOSURE] = value;
    base = target;
    pc = code->words;
    constants = code->constants;
    DISPATCH();
}
// To a flonum, a boolean, nil …: finding their key takes a call of C.
[[gnu::noinline]] static HANDLER(send_to_rare) {
    const SendSite *send = value_send_site(constants[pc[1]]);
    value = rt_send_cached(vm, send, rt_send_key(base[FIELD_A + FRAME_HEADER]));
    table = &t1_table;
    if (value == VALUE_NONE)
        GO(t1_slow_call);
    GO(send_other);
}
OPCODE(SEND) {
    CallSite *site = t1_constant_site(constants, pc[2]);
    const SendSite *send = value_send_site(constants[pc[1]]);
    Value receiver = base[FIELD_A + FRAME_HEADER];
    if (!value_is_object(receiver) && !value_is_fixnum(receiver))
        GO(send_to_rare);
    Value method = rt_send_cached(vm, send, rt_send_key(receiver));
    if (UNLIKELY(method != site->callee || !site->words)) {
        if (method == VALUE_NONE)
            GO(t1_slow_call);
        value = method;
        GO(send_other);
    }
    CALL_SITE(SEND, true, method, t1_slow_call);
}

// The same in tail position: the arguments become the parameters of the frame that there is.
#define TAIL_CALL_SITE(expected, closure, otherwise)                                               \
    do {                                                                                           \
        Value *target = base;                                                                      \
        if (UNLIKELY(!(expected))) {                                                               \
            value = closure;                                                                       \
            GO(otherwise);                                                                         \
        }                                                                                          \
        if (t1_polled(vm) || COUNT_HOT(site->code->entries))                                       \
            GO(t1_slow_call);                                                                      \
        COUNT(site->hits);                                                                         \
        target[FRAME_CLOSURE] = closure;                                                           \
        const Value *from = base + FIELD_A + FRAME_HEADER;                                         \
        for (uint32_t i = 0, n = FIELD_B; i < n; i++) {                                            \
            base[i] = from[i];                                                                     \
            SEPARATE("one by one: two that were just written cannot be loaded as one");            \
        }                                                                                          \
        ENTER();                                                                                   \
    } while (0)

OPCODE(TAIL_CALL) {
    CallSite *site = t1_constant_site(constants, pc[1]);
    Value callee = base[FIELD_A + FRAME_CALLEE];
    TAIL_CALL_SITE(is_seen(site, callee), callee, t1_tail_call_other);
}
OPCODE(TAIL_CALL_GLOBAL) {
    CallSite *site = t1_constant_site(constants, pc[1]);
    Value callee = site->cell->value;
    TAIL_CALL_SITE(callee == site->callee, callee, t1_tail_call_other);
}
OPCODE(TAIL_CALL_KNOWN) {
    CallSite *site = t1_constant_site(constants, pc[1]);
    Value callee = base[FIELD_A + FRAME_CALLEE];
    TAIL_CALL_SITE(site->words, callee, t1_slow_call);
}
OPCODE(TAIL_CALL_FIXED) {
    CallSite *site = t1_constant_site(constants, pc[1]);
    TAIL_CALL_SITE(site->words, site->callee, t1_tail_call_other);
}
OPCODE(TAIL_CALL_SELF) {
    CallSite *site = t1_constant_site(constants, pc[1]);
    TAIL_CALL_SITE(site->words, frame_closure(base), t1_slow_call);
}
OPCODE(TAIL_CALL_WIDE) { GO(t1_slow_call); }

// ---- returns

[[gnu::cold, gnu::noinline]] HANDLER(t1_slow_return) { // from the base of an activation
    T1 *t = t1_context(vm, base, constants, pc, 0, 0, true);
    t1_return(t, value);
    GO(t1_resume);
}

OPCODE(RET) { RETURN(RA); }
OPCODE(RETK) { RETURN(constants[field_bx(pc)]); }

OPCODE(INTERNAL) {
    T1 *t = t1_of(vm);
    t->at.base = base;
    vm->frame_base = base;
    t1_resume_control(t);
    GO(t1_resume);
}

// ---- native code

// The frame at base goes on in a native function, whose first argument is `first` or else its first
// register. What it returns; VALUE_UNWIND with t->request: the activation is to make the call.
[[gnu::noinline]] static Value enter_native(VM *vm, Value *base, Code *code, Native *entry,
                                            Value first) {
    T1 *t = t1_of(vm);
    Value closure = frame_closure(base);
    for (uint32_t i = 0; i < code->native_stacked; i++)
        vm->native_arguments[NATIVE_ARGUMENTS + i] = base[NATIVE_ARGUMENTS + i];
    if (!frame_pc(base) && t1_is_nested(t)) {
        t->request = (Request){.entry = entry, .closure = closure, .code = code};
        memcpy(t->request.first, base, sizeof t->request.first);
        t->request.first[0] = first;
        return VALUE_UNWIND;
    }
    vm->frame_base = base;
    base[FRAME_CLOSURE] = t->control[CONTROL_FRAME_NATIVE];
    return entry(vm, closure, code, first, base[1], base[2], base[3], base[4], base[5]);
}

// The frame at base returns what its native code has returned.
static HANDLER(native_returned) {
    if (UNLIKELY(value == VALUE_UNWIND)) {
        Code *code = t1_code_of(constants);
        if (t1_of(vm)->request.entry)
            return value;
        if (!vm->unwind_keep) {
            if (t1_native_unwound && code->native_data)
                t1_native_unwound(vm, code->native_data, false);
        } else {
            Value *record = vm->unwind_top;
            record[0] = (Value)(uintptr_t)&t1_frames_record;
            record[1] = (Value)(uintptr_t)base;
            record[2] = (Value)(uintptr_t)code;
            vm->unwind_top = record + FRAMES_RECORD;
        }
        return value;
    }
    table = &t1_table;
    RETURN(value);
}

OPCODE(NATIVE) {
    Code *code = t1_code_of(constants);
    // While interrupts wait, and where the C stack is short, the code is interpreted.
    if (UNLIKELY(t1_native_short(vm)) || (!frame_pc(base) && must_stay(t1_of(vm), base)))
        [[clang::musttail]]
        return table->op[code->entry_op](T1_ARGUMENTS);
    value = enter_native(vm, base, code, code->native, base[0]);
    GO(native_returned);
}

// ---- tests that never fail

OPCODE(JTRUE) { BRANCH(JTRUE, value_is_truthy(RA)); }
OPCODE(JNTRUE) { BRANCH(JNTRUE, !value_is_truthy(RA)); }
OPCODE(JSPECIAL) { BRANCH(JSPECIAL, RA == field_bx(pc)); }
OPCODE(JNSPECIAL) { BRANCH(JNSPECIAL, RA != field_bx(pc)); }
OPCODE(JIS) { BRANCH(JIS, RA == constants[field_bx(pc)]); }
OPCODE(JNIS) { BRANCH(JNIS, RA != constants[field_bx(pc)]); }
OPCODE(JEQ) { BRANCH(JEQ, RA == RB); }
OPCODE(JNEQ) { BRANCH(JNEQ, RA != RB); }
OPCODE(JPAIR) { BRANCH(JPAIR, value_is_pair(RA)); }
OPCODE(JNPAIR) { BRANCH(JNPAIR, !value_is_pair(RA)); }
OPCODE(JCHAR) { BRANCH(JCHAR, value_is_char(RA)); }
OPCODE(JNCHAR) { BRANCH(JNCHAR, !value_is_char(RA)); }
OPCODE(JTYPE) { BRANCH(JTYPE, value_has_type(RA, FIELD_B)); }
OPCODE(JNTYPE) { BRANCH(JNTYPE, !value_has_type(RA, FIELD_B)); }
static inline bool are_numbers(Value x, Value y) {
    return (value_is_fixnum(x) || value_is_number(x)) && (value_is_fixnum(y) || value_is_number(y));
}
static inline bool are_fixnums(Value x, Value y) {
    return value_is_fixnum(x) && value_is_fixnum(y);
}
OPCODE(JNUMBERS) { BRANCH(JNUMBERS, are_numbers(RA, RB)); }
OPCODE(JNNUMBERS) { BRANCH(JNNUMBERS, !are_numbers(RA, RB)); }
OPCODE(JFIXNUMS) { BRANCH(JFIXNUMS, are_fixnums(RA, RB)); }
OPCODE(JNFIXNUMS) { BRANCH(JNFIXNUMS, !are_fixnums(RA, RB)); }
OPCODE(JPROCEDURE) { BRANCH(JPROCEDURE, value_is_procedure(RA)); }
OPCODE(JNPROCEDURE) { BRANCH(JNPROCEDURE, !value_is_procedure(RA)); }
OPCODE(JRECORD) { BRANCH(JRECORD, t1_record_is(RA, constants[pc[2]])); }
OPCODE(JNRECORD) { BRANCH(JNRECORD, !t1_record_is(RA, constants[pc[2]])); }

// Words that differ may be numbers that are eqv?.
static inline bool may_be_eqv(Value a, Value b) {
    return a != b && ((value_is_object(a) && value_is_object(b)) ||
                      (value_is_flonum(a) && value_is_flonum(b)));
}
SLOW_HANDLER(slow_eqv) {
    static_assert(WORDS_JEQV == WORDS_JNEQV);
    bool jump = rt_eqv_slow(RA, RB) == (op_at(constants, pc) == OP_JEQV);
    pc += WORDS_JEQV + (jump ? (int32_t)pc[1] : 0);
    table = &t1_table;
    value = VALUE_NONE;
    DISPATCH();
}
OPCODE(JEQV) {
    if (UNLIKELY(may_be_eqv(RA, RB)))
        GO(slow_eqv);
    BRANCH(JEQV, RA == RB);
}
OPCODE(JNEQV) {
    if (UNLIKELY(may_be_eqv(RA, RB)))
        GO(slow_eqv);
    BRANCH(JNEQV, RA != RB);
}
