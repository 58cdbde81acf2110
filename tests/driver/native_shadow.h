// Native functions for any code, without a compiler: for the tests of the machinery that tier 1 has
// for native code (tier1/native.h).
//
// A shadow is one C function that does what compiled code does, from the same bytecode: it keeps
// the registers of its frame on the C stack, calls other native functions, inlines some calls, and
// leaves by exits and records wherever it does not know an instruction, or when chance says so. It
// is as careful as compiled code has to be, and not more: an exit has no effect behind it, every
// call may answer VALUE_UNWIND, tail calls are tail calls. Descriptors are made when they are
// needed, each in another representation.
//
// So every program of the tests becomes one with native, inlined and interpreted frames in any
// mixture, which must answer what it answered before.
#ifndef KILN_TESTS_NATIVE_SHADOW_H
#define KILN_TESTS_NATIVE_SHADOW_H

#include "runtime/primitive.h"
#include "tier1/machine_int.h"
#include "tier1/tier1.h"
#include "vm/tier.h"
#include <stdio.h>
#include <stdlib.h>

enum { SHADOW_REGISTERS = 40, SHADOW_INLINED = 3 };

typedef struct ShadowFrame {
    Code *code;
    Value closure;
    uint32_t pc;    // of the instruction that runs
    uint32_t after; // caller of an inlined frame: where it goes on
    uint32_t dst, window;
    Value r[SHADOW_REGISTERS];
} ShadowFrame;

typedef struct Shadow {
    VM *vm;
    uint32_t depth; // frames beyond the first
    ShadowFrame frame[SHADOW_INLINED];
    // How it ends: a value; or else a tail call.
    Native *next;
    Value closure;
    Code *code;
    Value first[NATIVE_ARGUMENTS];
} Shadow;

// Settings and what has happened.
static struct {
    uint64_t seed;
    unsigned exit_chance;    // one in so many instructions leaves; 0: none
    unsigned inline_chance;  // one in so many calls is inlined; 0: none
    unsigned apply_chance;   // one in so many calls goes through t1_native_apply; 0: none
    unsigned install_chance; // one in so many procedures becomes native; 0: none
    unsigned again; // calls and turns until a procedure that is not native is asked about again
    uint64_t installed, calls, exits, records, entries_of_loops, overflows;
    char *lowest;         // address that a frame on the C stack has had
    uint32_t loop_target; // of the entry that the hook has just answered
} shadow;

static uint32_t shadow_random(uint32_t below) {
    shadow.seed = shadow.seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(shadow.seed >> 33) % below;
}
static bool shadow_chance(unsigned one_in) { return one_in && shadow_random(one_in) == 0; }

static Native shadow_function, shadow_loop;

static bool shadow_fits(const Code *code) {
    return code->registers + 2 < SHADOW_REGISTERS && !code->control &&
           code->required + code->optional + code->keyword + code->rest <= NATIVE_ARGUMENTS_MAX;
}

// vm_hot_hook.hot: procedures become native at random, or later.
static void *shadow_hot(VM *m, void *hot, uint32_t at) {
    Code *code = hot;
    if (at == UINT32_MAX) {
        code->entries = -(1 + shadow_random(shadow.again));
        if (code->native == t1_native_interpret && shadow_fits(code) &&
            shadow_chance(shadow.install_chance)) {
            shadow.installed++;
            t1_native_install(m, code, shadow_function, NULL);
        }
        return NULL;
    }
    const OpInfo *info = &t1_op_info[word_op(t1_code_word(code, at))];
    uint32_t word = t1_code_word(code, at), extension = at + 1;
    int32_t distance = word_j24(word);
    for (int i = 0; i < OP_EXTENSIONS; i++, extension++) {
        if (info->extension[i] == FIELD_JMP)
            distance = (int32_t)code->words[extension];
        if (info->extension[i] == FIELD_CTR)
            code->words[extension] = -(1 + shadow_random(shadow.again));
    }
    if (!shadow_fits(code) || !shadow_chance(shadow.install_chance))
        return NULL;
    shadow.entries_of_loops++;
    shadow.loop_target = at + info->words + (uint32_t)distance;
    return (void *)shadow_loop;
}

// ---- descriptors

static Location shadow_location(Shadow *s, ExitDescriptor *exit, Value *values, Value v) {
    uint32_t index = exit->value_count;
    if (v == VALUE_UNSPECIFIED && shadow_chance(2))
        return (Location){.kind = LOCATION_DEAD};
    exit->value_count++;
    values[index] = v;
    if (shadow_chance(2))
        return (Location){.kind = LOCATION_VALUE, .index = index & 0xFFFFFF};
    if (value_is_fixnum(v)) {
        values[index] = (Value)value_fixnum(v);
        return (Location){.kind = LOCATION_INTEGER, .index = index & 0xFFFFFF};
    }
    if (value_is_flonum(v)) {
        double d = value_double(v);
        memcpy(&values[index], &d, sizeof d);
        return (Location){.kind = LOCATION_DOUBLE, .index = index & 0xFFFFFF};
    }
    if (v == VALUE_TRUE || v == VALUE_FALSE) {
        values[index] = v == VALUE_TRUE;
        return (Location){.kind = LOCATION_BOOLEAN, .index = index & 0xFFFFFF};
    }
    return (Location){.kind = LOCATION_VALUE, .index = index & 0xFFFFFF};
}

// An exit's descriptor has done its duty before there is another exit. Those of records live until
// everything has been unwound (t1_native_idle).
typedef struct ShadowExit {
    ExitDescriptor exit;
    ExitFrame frame[SHADOW_INLINED];
    Location location[SHADOW_INLINED][SHADOW_REGISTERS];
    struct ShadowExit *next;
} ShadowExit;
static ShadowExit shadow_last, *shadow_records;

// The frames as they are; the innermost goes on at pc, with a result in dst unless that is -1.
static ExitDescriptor *shadow_describe(Shadow *s, ShadowExit *made, uint32_t pc, int32_t dst,
                                       uint32_t window, ExitReason reason, Value *values) {
    memset(made, 0, sizeof *made);
    ExitDescriptor *exit = &made->exit;
    exit->frames = made->frame;
    exit->frame_count = s->depth + 1;
    exit->reason = (uint8_t)reason;
    exit->guard_pc = s->frame[s->depth].pc;
    for (uint32_t i = 0; i <= s->depth; i++) {
        const ShadowFrame *f = &s->frame[s->depth - i];
        ExitFrame *e = &made->frame[i];
        e->code = f->code;
        e->pc = i == 0 ? pc : f->after;
        e->dst = i == 0 ? dst : (int32_t)f->dst;
        e->count = i == 0 ? window : f->window;
        e->registers = made->location[i];
        e->closure = shadow_location(s, exit, values, f->closure);
        for (uint32_t r = 0; r < e->count; r++)
            made->location[i][r] = (int32_t)r == e->dst ? (Location){.kind = LOCATION_DEAD}
                                                        : shadow_location(s, exit, values, f->r[r]);
    }
    return exit;
}

static void shadow_idle(VM *m) {
    (void)m;
    while (shadow_records) {
        ShadowExit *next = shadow_records->next;
        free(shadow_records);
        shadow_records = next;
    }
}

// ---- leaving

static Value shadow_exit_with(Shadow *s, uint32_t pc, int32_t dst, uint32_t window,
                              ExitReason reason, Value result) {
    shadow.exits++;
    ExitDescriptor *exit =
        shadow_describe(s, &shadow_last, pc, dst, window, reason, s->vm->exit_values);
    if (dst >= 0)
        s->vm->exit_values[exit->value_count] = result;
    s->next = t1_native_exit;
    s->closure = (Value)(uintptr_t)exit;
    return VALUE_NONE;
}
// A guard of the instruction that runs has failed.
static Value shadow_exit(Shadow *s, ExitReason reason) {
    const ShadowFrame *f = &s->frame[s->depth];
    return shadow_exit_with(s, f->pc, -1, f->code->registers, reason, VALUE_NONE);
}
// A call has answered VALUE_UNWIND.
static Value shadow_unwind(Shadow *s, uint32_t pc, int32_t dst, uint32_t window) {
    VM *m = s->vm;
    if (m->unwind_keep) {
        shadow.records++;
        Value *record = m->unwind_top;
        ShadowExit *made = malloc(sizeof *made);
        ExitDescriptor *exit = shadow_describe(s, made, pc, dst, window, EXIT_GENERIC, record + 1);
        made->next = shadow_records;
        shadow_records = made;
        record[0] = (Value)(uintptr_t)exit;
        m->unwind_top = record + 1 + exit->value_count;
    }
    return VALUE_UNWIND;
}

// ---- calls

// The clause that takes so many arguments as they are, or NULL.
static Code *shadow_clause(Value callee, uint32_t argc) {
    if (!value_is_closure(callee))
        return NULL;
    Code *code = t1_closure_code(callee);
    for (; code; code = code->next)
        if (argc >= code->required &&
            (code->rest || code->keyword || argc <= code->required + code->optional))
            return code->exact == argc ? code : NULL;
    return NULL;
}

static void shadow_pass(Shadow *s, Value callee, uint32_t argc, const Value *argv, bool applied) {
    Code *clause = shadow_clause(callee, argc);
    for (uint32_t i = NATIVE_ARGUMENTS; i < argc; i++)
        s->vm->native_arguments[i] = argv[i];
    for (uint32_t i = 0; i < NATIVE_ARGUMENTS; i++)
        s->first[i] = i < argc ? argv[i] : VALUE_UNSPECIFIED;
    s->closure = callee;
    if (!clause || applied) {
        s->next = t1_native_apply;
        s->code = (Code *)(uintptr_t)argc;
    } else {
        s->next = (Native *)clause->native;
        s->code = clause;
    }
}

// Is the call inlined? Then the callee's frame is the innermost.
static bool shadow_inline(Shadow *s, Value callee, uint32_t argc, const Value *argv) {
    Code *code = shadow_clause(callee, argc);
    if (!code || s->depth + 1 == SHADOW_INLINED || !shadow_fits(code) ||
        !shadow_chance(shadow.inline_chance))
        return false;
    ShadowFrame *f = &s->frame[++s->depth];
    Value copy[SHADOW_REGISTERS];
    memcpy(copy, argv, argc * sizeof *copy);
    *f = (ShadowFrame){.code = code, .closure = callee};
    for (uint32_t i = 0; i < SHADOW_REGISTERS; i++)
        f->r[i] = i < argc ? copy[i] : VALUE_UNSPECIFIED;
    return true;
}

// VALUE_NONE: it has become a tail call, or is inlined (s->next NULL), or (f->pc has moved) done.
static Value shadow_call(Shadow *s, Op op, const uint32_t *words) {
    VM *m = s->vm;
    ShadowFrame *f = &s->frame[s->depth];
    bool wide = op == OP_CALL_WIDE || op == OP_TAIL_CALL_WIDE;
    bool tail = t1_op_info[op].flags & OPF_END;
    uint32_t window = wide ? wac_window(words[1]) : word_a(words[0]);
    uint32_t argc = wide ? wac_count(words[1]) : word_b(words[0]);
    uint32_t dst = wide ? words[2] : word_c(words[0]);
    uint32_t after = f->pc + t1_op_info[op].words;
    const CallSite *site = t1_constant_site(f->code->constants, f->code->words[after - 1]);
    Value callee = f->r[window + FRAME_CALLEE];
    if (op == OP_CALL_GLOBAL || op == OP_TAIL_CALL_GLOBAL)
        callee = site->cell->value;
    else if (op == OP_CALL_SELF || op == OP_TAIL_CALL_SELF)
        callee = f->closure;
    else if (op == OP_CALL_FIXED || op == OP_TAIL_CALL_FIXED)
        callee = site->callee;
    if (callee == VALUE_UNBOUND || argc > NATIVE_ARGUMENTS_MAX)
        return shadow_exit(s, EXIT_UNBOUND);
    const Value *argv = &f->r[window + FRAME_HEADER];
    bool applied = shadow_chance(shadow.apply_chance);
    shadow.calls++;
    if (tail && s->depth == 0) {
        shadow_pass(s, callee, argc, argv, applied);
        m->native_site = f->code;
        m->native_site_pc = after | NATIVE_TAIL;
        return VALUE_NONE;
    }
    if (tail) { // of an inlined frame: an ordinary call of its caller, whose frame it leaves out
        if (!shadow_clause(callee, argc))
            return shadow_exit(s, EXIT_CALLEE);
        shadow_pass(s, callee, argc, argv, applied);
        f = &s->frame[--s->depth];
        after = f->after;
        dst = f->dst;
        window = f->window;
    } else {
        f->after = after;
        f->dst = dst;
        f->window = window;
        if (shadow_inline(s, callee, argc, argv))
            return VALUE_NONE;
        shadow_pass(s, callee, argc, argv, applied);
    }
    m->native_site = f->code;
    m->native_site_pc = after;
    Native *next = s->next;
    s->next = NULL;
    Value result = next(m, s->closure, s->code, s->first[0], s->first[1], s->first[2], s->first[3],
                        s->first[4], s->first[5]);
    if (result == VALUE_UNWIND)
        return shadow_unwind(s, after, (int32_t)dst, window);
    if (shadow_chance(shadow.exit_chance) && dst < SHADOW_REGISTERS) {
        f->pc = after - 1;
        // The exit after a call, whose result is at hand.
        while (f->pc > 0 && !t1_code_site(f->code, f->pc))
            f->pc--;
        return shadow_exit_with(s, after, (int32_t)dst, window, EXIT_INVALID, result);
    }
    if (dst < SHADOW_REGISTERS)
        f->r[dst] = result;
    f->pc = after;
    return VALUE_NONE;
}

// ---- instructions

// True: the primitive of a fused test holds; anything else than fixnums is left to tier 1.
static bool shadow_compare(Op base, int64_t a, int64_t b, bool *known) {
    *known = true;
    switch (base) {
    case OP_JNUM:
    case OP_JNNUM:
    case OP_JNUMI:
    case OP_JNNUMI:
        return a == b;
    case OP_JLT:
    case OP_JNLT:
    case OP_JLTI:
    case OP_JNLTI:
        return a < b;
    case OP_JLE:
    case OP_JNLE:
    case OP_JLEI:
    case OP_JNLEI:
        return a <= b;
    case OP_JGTI:
    case OP_JNGTI:
        return a > b;
    case OP_JGEI:
    case OP_JNGEI:
        return a >= b;
    default:
        *known = false;
        return false;
    }
}

// A test that never fails.
static bool shadow_test(Op base, Value a, Value b, const ShadowFrame *f, uint32_t word,
                        bool *known) {
    *known = true;
    switch (base) {
    case OP_JTRUE:
    case OP_JNTRUE:
        return value_is_truthy(a);
    case OP_JSPECIAL:
    case OP_JNSPECIAL:
        return a == word_bx(word);
    case OP_JIS:
    case OP_JNIS:
        return a == f->code->constants[word_bx(word)];
    case OP_JEQ:
    case OP_JNEQ:
        return a == b;
    case OP_JPAIR:
    case OP_JNPAIR:
        return value_is_pair(a);
    default:
        *known = false;
        return false;
    }
}

static Value shadow_primitive(Shadow *s, Op op, const uint32_t *words) {
    VM *m = s->vm;
    ShadowFrame *f = &s->frame[s->depth];
    const Primitive *p = &rt_primitives[prm_row(words[1])];
    Value b = f->r[word_b(words[0])], c = f->r[word_c(words[0])], v;
    switch (op) {
    case OP_PRIM0:
        v = p->fn.f0(m);
        break;
    case OP_PRIM1:
        v = p->fn.f1(m, b);
        break;
    case OP_PRIM2:
        v = p->fn.f2(m, b, c);
        break;
    case OP_PRIM2B:
        v = p->binary(m, b, c);
        break;
    case OP_PRIM3:
        v = p->fn.f3(m, b, c, f->r[prm_third(words[1])]);
        break;
    case OP_PRIM4:
        v = p->fn.f4(m, b, c, f->r[prm_third(words[1])], f->r[prm_fourth(words[1])]);
        break;
    default:
        v = p->fn.fv(m, (int)wac_count(words[2]), f->r + wac_window(words[2]));
        break;
    }
    if (v == VALUE_FAILURE)
        return shadow_exit(s, EXIT_RAISE);
    uint32_t next = f->pc + t1_op_info[op].words;
    if (t1_native_result(m, v) == VALUE_UNWIND)
        return shadow_unwind(s, next, (int32_t)word_a(words[0]), f->code->registers);
    f->r[word_a(words[0])] = v;
    f->pc = next;
    return VALUE_NONE;
}

static Value shadow_closure(Shadow *s, const uint32_t *words) {
    ShadowFrame *f = &s->frame[s->depth];
    uint32_t count = words[2];
    Closure *closure = rt_object_new(s->vm, TYPE_CLOSURE, 0, count, 8 + count * sizeof(Value));
    FRESH(closure->code) = t1_constant_code(f->code->constants, words[1]);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t from = capture_at(words + WORDS_CLOSURE, i);
        FRESH(closure->free[i]) =
            from & CAPTURE_FREE ? value_closure(f->closure)->free[from & ~(uint32_t)CAPTURE_FREE]
                                : f->r[from];
    }
    f->pc += WORDS_CLOSURE + (count + 1) / 2;
    return value_from_pointer(closure);
}

// One instruction of the innermost frame. Not VALUE_NONE: the function answers that; s->next: or
// it makes that tail call.
static Value shadow_step(Shadow *s) {
    VM *m = s->vm;
    ShadowFrame *f = &s->frame[s->depth];
    const uint32_t *words = f->code->words + f->pc;
    uint32_t word = *words;
    if (word_op(word) == OP_NATIVE)
        word = (word & ~(uint32_t)0xFF) | f->code->entry_op;
    uint32_t copy[4] = {word};
    for (uint32_t i = 1; i < 4 && f->pc + i < f->code->word_count; i++)
        copy[i] = words[i];
    Op op = word_op(word), base = (Op)t1_op_info[op].base;
    if (shadow_chance(shadow.exit_chance))
        return shadow_exit(s, EXIT_TYPE);
    Value *r = f->r, a = r[word_a(word) % SHADOW_REGISTERS], b = r[word_b(word) % SHADOW_REGISTERS],
          c = r[word_c(word) % SHADOW_REGISTERS];
    Value *to = &r[word_a(word) % SHADOW_REGISTERS];
    const Value *constants = f->code->constants;
    uint32_t next = f->pc + t1_op_info[op].words;
    if (t1_op_info[op].flags & (OPF_WHEN_TRUE | OPF_WHEN_FALSE)) {
        bool known, holds = shadow_test(base, a, b, f, word, &known);
        bool immediate = t1_op_info[op].field[1] == FIELD_I16;
        if (!known && value_is_fixnum(a) && (immediate || value_is_fixnum(b)))
            holds = shadow_compare(base, value_fixnum(a),
                                   immediate ? word_sbx(word) : value_fixnum(b), &known);
        if (!known)
            return shadow_exit(s, EXIT_GENERIC);
        bool jump = holds == !!(t1_op_info[op].flags & OPF_WHEN_TRUE);
        f->pc = next + (jump ? copy[1] : 0);
        return VALUE_NONE;
    }
    switch (base) {
    case OP_MOVE:
        *to = b;
        break;
    case OP_CONST:
        *to = constants[word_bx(word)];
        break;
    case OP_INT:
        *to = value_from_fixnum(word_sbx(word));
        break;
    case OP_SPECIAL:
        *to = word_bx(word);
        break;
    case OP_FREE:
        *to = value_closure(f->closure)->free[word_bx(word)];
        break;
    case OP_SELF:
        *to = f->closure;
        break;
    case OP_BOX: {
        Box *box = rt_object_new(m, TYPE_BOX, 0, 0, sizeof *box);
        FRESH(box->value) = b;
        *to = value_from_pointer(box);
        break;
    }
    case OP_UNBOX:
        *to = value_box(b)->value;
        break;
    case OP_SETBOX:
        rt_heap_store(&value_box(a)->value, b);
        break;
    case OP_UNBOX_FREE:
        *to = value_box(value_closure(f->closure)->free[word_bx(word)])->value;
        break;
    case OP_SETBOX_FREE:
        rt_heap_store(&value_box(value_closure(f->closure)->free[word_bx(word)])->value, a);
        break;
    case OP_GLOBAL:
        if (value_cell(constants[copy[1]])->value == VALUE_UNBOUND)
            return shadow_exit(s, EXIT_UNBOUND);
        *to = value_cell(constants[copy[1]])->value;
        break;
    case OP_SETGLOBAL:
        if (value_cell(constants[copy[1]])->value == VALUE_UNBOUND)
            return shadow_exit(s, EXIT_UNBOUND);
        if (t1_native_set_global(m, value_cell(constants[copy[1]]), a) == VALUE_UNWIND)
            return shadow_unwind(s, next, -1, f->code->registers);
        break;
    case OP_CLOSURE: {
        Value closure = shadow_closure(s, words);
        *to = closure;
        return VALUE_NONE;
    }
    case OP_CAPTURE:
        rt_heap_store(&value_closure(a)->free[copy[1]], b);
        break;
    case OP_JMP:
        next += (uint32_t)word_j24(word);
        break;
    case OP_LOOP:
    case OP_LOOP_MOVE:
        if (atomic_load(&m->interrupts))
            return shadow_exit(s, EXIT_POLL);
        if (base == OP_LOOP_MOVE)
            *to = b;
        next += base == OP_LOOP ? (uint32_t)word_j24(word) : copy[1];
        break;
    case OP_RET:
    case OP_RETK: {
        Value v = base == OP_RET ? a : constants[word_bx(word)];
        if (s->depth == 0)
            return v;
        f = &s->frame[--s->depth];
        if (f->dst < SHADOW_REGISTERS)
            f->r[f->dst] = v;
        f->pc = f->after;
        return VALUE_NONE;
    }
    case OP_NOT:
        *to = value_from_bool(value_is_falsy(b));
        break;
    case OP_CONS: {
        Value pair = rt_cons(m, b, c);
        *to = pair;
        break;
    }
    case OP_CAR:
    case OP_CDR:
        if (!value_is_pair(b))
            return shadow_exit(s, EXIT_FAILED);
        *to = base == OP_CAR ? value_car(b) : value_cdr(b);
        break;
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
    case OP_ADDI:
    case OP_SUBI: {
        bool immediate = base == OP_ADDI || base == OP_SUBI;
        int64_t n;
        if (!immediate && value_is_flonum(b) && value_is_flonum(c)) {
            double x = value_double(b), y = value_double(c);
            *to = value_from_double(base == OP_ADD ? x + y : base == OP_SUB ? x - y : x * y);
            break;
        }
        if (!value_is_fixnum(b) || (!immediate && !value_is_fixnum(c)))
            return shadow_exit(s, EXIT_TYPE);
        int64_t x = value_fixnum(b), y = immediate ? word_sc(word) : value_fixnum(c);
        bool over = base == OP_MUL                      ? __builtin_mul_overflow(x, y, &n)
                    : base == OP_ADD || base == OP_ADDI ? __builtin_add_overflow(x, y, &n)
                                                        : __builtin_sub_overflow(x, y, &n);
        if (over || !fixnum_fits(n))
            return shadow_exit(s, EXIT_OVERFLOW);
        *to = value_from_fixnum(n);
        break;
    }
    case OP_PRIM0:
    case OP_PRIM1:
    case OP_PRIM2:
    case OP_PRIM2B:
    case OP_PRIM3:
    case OP_PRIM4:
    case OP_PRIMV:
        return shadow_primitive(s, op, copy);
    case OP_CALL:
    case OP_CALL_GLOBAL:
    case OP_CALL_KNOWN:
    case OP_CALL_FIXED:
    case OP_CALL_SELF:
    case OP_CALL_WIDE:
    case OP_TAIL_CALL:
    case OP_TAIL_CALL_GLOBAL:
    case OP_TAIL_CALL_KNOWN:
    case OP_TAIL_CALL_FIXED:
    case OP_TAIL_CALL_SELF:
    case OP_TAIL_CALL_WIDE:
        return shadow_call(s, op, copy);
    default:
        return shadow_exit(s, EXIT_GENERIC);
    }
    f->pc = next;
    return VALUE_NONE;
}

// ---- the functions

static void shadow_begin(Shadow *s, VM *m, Value closure, Code *code, uint32_t pc) {
    s->vm = m;
    s->depth = 0;
    s->next = NULL;
    s->frame[0].code = code;
    s->frame[0].closure = closure;
    s->frame[0].pc = pc;
    if (!shadow.lowest || (char *)s < shadow.lowest)
        shadow.lowest = (char *)s;
}

[[gnu::noinline]] static Value shadow_run(Shadow *s) {
    Value value;
    do
        value = shadow_step(s);
    while (value == VALUE_NONE && !s->next);
    return value;
}

#define SHADOW_END()                                                                               \
    do {                                                                                           \
        Value value = shadow_run(&s);                                                              \
        if (!s.next)                                                                               \
            return value;                                                                          \
        [[clang::musttail]] return s.next(vm, s.closure, s.code, s.first[0], s.first[1],           \
                                          s.first[2], s.first[3], s.first[4], s.first[5]);         \
    } while (0)

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wshadow"
__attribute__((preserve_none)) static Value shadow_function(NATIVE_PARAMETERS) {
    if ((char *)__builtin_frame_address(0) < atomic_load(&vm->native_limit)) {
        shadow.overflows++;
        [[clang::musttail]] return t1_native_overflow(vm, closure, code, a0, a1, a2, a3, a4, a5);
    }
    Shadow s;
    shadow_begin(&s, vm, closure, code, 0);
    const Value first[NATIVE_ARGUMENTS] = {a0, a1, a2, a3, a4, a5};
    uint32_t count = code->required + code->optional + code->keyword + code->rest;
    for (uint32_t i = 0; i < SHADOW_REGISTERS; i++)
        s.frame[0].r[i] = i >= count             ? VALUE_UNSPECIFIED
                          : i < NATIVE_ARGUMENTS ? first[i]
                                                 : vm->native_arguments[i];
    SHADOW_END();
}

__attribute__((preserve_none)) static Value shadow_loop(NATIVE_PARAMETERS) {
    const Value *base = (const Value *)(uintptr_t)a0;
    Shadow s;
    shadow_begin(&s, vm, closure, code, shadow.loop_target);
    for (uint32_t i = 0; i < SHADOW_REGISTERS; i++)
        s.frame[0].r[i] = i < code->registers ? base[i] : VALUE_UNSPECIFIED;
    SHADOW_END();
}
#pragma clang diagnostic pop

// ---- mixtures

typedef struct ShadowMix {
    const char *name;
    unsigned install_chance, exit_chance, inline_chance, apply_chance, again;
} ShadowMix;
static const ShadowMix shadow_mixes[] = {
    {"shadow-all", 1, 0, 0, 0, 1},    {"shadow-inlined", 1, 0, 1, 0, 1},
    {"shadow-exits", 1, 5, 0, 0, 3},  {"shadow-some", 3, 0, 3, 3, 4},
    {"shadow-storm", 1, 1, 2, 2, 2},  {"shadow-mixed", 2, 20, 2, 4, 6},
    {"shadow-late", 2, 50, 2, 4, 40},
};
enum { SHADOW_MIXES = sizeof shadow_mixes / sizeof *shadow_mixes };

[[maybe_unused]] static void shadow_use(const ShadowMix *mix, uint64_t seed) {
    memset(&shadow, 0, sizeof shadow);
    shadow.seed = seed;
    shadow.install_chance = mix->install_chance;
    shadow.exit_chance = mix->exit_chance;
    shadow.inline_chance = mix->inline_chance;
    shadow.apply_chance = mix->apply_chance;
    shadow.again = mix->again;
    vm_hot_hook = (HotHook){.entries = 1, .loops = 1, .hot = shadow_hot};
    t1_native_idle = shadow_idle;
}

[[maybe_unused]] static void shadow_report(void) {
    fprintf(stderr,
            "shadows: %lu procedures, %lu loops; %lu calls, %lu exits, %lu records, "
            "%lu overflows\n",
            shadow.installed, shadow.entries_of_loops, shadow.calls, shadow.exits, shadow.records,
            shadow.overflows);
}

// Tier 1 with shadows is a mode for each mixture in a driver that calls this. Environment: what
// chance does, SHADOW_SEED; whether to tell what it has done, SHADOW_REPORT.
static const ShadowMix *shadow_mix;
[[maybe_unused]] static void shadow_start(VM *m) {
    (void)m;
    const char *seed = getenv("SHADOW_SEED");
    shadow_use(shadow_mix, seed ? strtoull(seed, NULL, 10) : 1);
    if (getenv("SHADOW_REPORT"))
        atexit(shadow_report);
}
[[maybe_unused]] static const char *shadow_mode(const char *mode) {
    for (int i = 0; mode && i < SHADOW_MIXES; i++) {
        if (strcmp(mode, shadow_mixes[i].name) != 0)
            continue;
        shadow_mix = &shadow_mixes[i];
        static Tier shadowed;
        bool registered = shadowed.name != NULL;
        shadowed = t1_tier;
        shadowed.name = shadow_mixes[i].name;
        shadowed.start = shadow_start;
        if (!registered)
            vm_tier_register(&shadowed);
    }
    return mode;
}

#endif
