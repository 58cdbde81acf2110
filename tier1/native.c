// Native frames: activations of the interpreter between them, exits, unwinding. See native.h for
// the protocol, machine_int.h for contexts and what is pending.
//
//   C stack          VM stack
//   evaluate         ┌ floor
//     interpreter    │ a b            NATIVE in b's place of the VM stack: f runs
//       f            │ (NATIVE)
//         g          │
//           interpret│ ┌ c d          an activation: c's frame has no caller, it returns to g
//             h      │ │ (NATIVE)     h overflows, or raises, or …
//                    └ └
//
// Unwinding from h: interpret's interpreter leaves [frames: d c], g and f leave their records,
// evaluate's interpreter [frames: b a]. Innermost first, so the base loop, which makes heap frames
// of them, walks forward. A record is a move: the native frame is gone.
//
// The unwind buffer lies outside of the heap, because it grows while nothing may be allocated:
//
//   │ exit_values │ records … unwind_top │ owners of their descriptors │ … │ guard page │
#include "tier1/native.h"
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/interrupt.h"
#include "runtime/settings.h"
#include "tier1/machine_int.h"
#include <stdio.h>
#include <sys/mman.h>

const char *const t1_exit_reason_names[EXIT_REASON_COUNT] = {
#define X(id, name) [EXIT_##id] = name,
    EXIT_REASONS(X)
#undef X
};
const ExitDescriptor t1_frames_record;

void (*t1_native_idle)(VM *vm);
void (*t1_native_invalidated)(VM *vm, void *data);
void (*t1_native_exited)(VM *vm, const ExitDescriptor *exit);
void (*t1_native_unwound)(VM *vm, void *data, bool kept);

#define NATIVE(name) __attribute__((preserve_none)) Value name(NATIVE_PARAMETERS)

// ---- memory

enum {
    BUFFER_SHARE = 2,        // bytes of records for one of the C stack, see native.h
    BUFFER_SPARE = 1 << 20,  // for those in the room below native_end
    GUARD_BYTES = 64 << 10,  // more than one record
    STACK_LEAST = 256 << 10, // of native frames: NATIVE_ROOM and something to run in
    STACK_FOREIGN = 1 << 20, // on a C stack whose size is not known
    STACK_BELOW = 64 << 10,  // of the VM's C stack, before its own limit
};

// One region a process, like the VM stack.
static struct {
    Value *start;
    size_t stack_bytes; // of native frames that it is for
} buffer;

static void buffer_make(size_t stack_bytes) {
    if (buffer.start)
        return;
    size_t size = BUFFER_SHARE * stack_bytes + BUFFER_SPARE + NATIVE_EXIT_VALUES * sizeof(Value);
    char *memory = mmap(NULL, size + GUARD_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory + size, GUARD_BYTES, PROT_NONE) != 0) {
        fputs("kiln: out of memory: no room for the unwind buffer\n", stderr);
        exit(1);
    }
    buffer.start = (Value *)memory;
    buffer.stack_bytes = stack_bytes;
}

void t1_native_prepare(T1 *t, size_t stack_bytes) {
    VM *vm = t->vm;
    // What is spilled needs more room on the heap than on the stack.
    size_t size = rt_setting_number(SETTING_NATIVE_STACK, stack_bytes / 2);
    buffer_make((size < STACK_LEAST ? STACK_LEAST : size) & ~(size_t)0xFFFF);
    vm->exit_values = buffer.start;
    t->unwind = buffer.start + NATIVE_EXIT_VALUES;
    vm->unwind_top = t->unwind_first = t->unwind_held = t->unwind;
}

void t1_native_set_end(T1 *t) {
    VM *vm = t->vm;
    char *here = __builtin_frame_address(0);
    size_t room = buffer.stack_bytes;
    if (!vm->stack_limit) {
        if (room > STACK_FOREIGN)
            room = STACK_FOREIGN;
    } else if (here - vm->stack_limit < (ptrdiff_t)(room + STACK_BELOW))
        room = here - vm->stack_limit > STACK_BELOW ? (size_t)(here - vm->stack_limit) - STACK_BELOW
                                                    : 0;
    vm->native_end = here - room;
    rt_interrupt_clear(vm, 0); // native_limit is what it must be now
}

void t1_native_scan(const T1 *t) {
    Value *end = t->vm->unwind_top > t->unwind_held ? t->vm->unwind_top : t->unwind_held;
    rt_heap_scan(t->unwind_first, end);
    rt_heap_scan(t->vm->exit_values, t->vm->exit_values + t->exit_values);
}

// ---- unwinding: its beginning

static Value *copy_arguments(VM *vm, uint32_t count, const Value *argv) {
    Value *copy = rt_raw_new(vm, ((size_t)count + 1) * sizeof *copy);
    if (count)
        memcpy(copy, argv, count * sizeof *copy);
    return copy;
}

// From here on nothing runs, and nothing is allocated, until everything is unwound.
static Value begin(T1 *t, Pending pending, bool keep) {
    t->pending = pending;
    t->vm->unwind_keep = keep;
    t->vm->unwind_top = t->unwind;
    return VALUE_UNWIND;
}

void t1_unwind(T1 *t, Pending pending, bool keep) {
    VM *vm = t->vm;
    const Context *at = &t->at;
    pending.site_code = at->site_code;
    pending.site_next = at->site_next;
    pending.tail = at->tail && !t1_is_bottom(at->base);
    if (keep && (!at->tail || (pending.tail && pending.kind == PENDING_RAISE)))
        pending.frame = t1_context_frame(t);
    t->result = begin(t, pending, keep);
    t->done = true;
    if (keep) {
        vm->unwind_top[0] = (Value)(uintptr_t)&t1_frames_record;
        vm->unwind_top[1] = (Value)(uintptr_t)t->at.base;
        vm->unwind_top[2] = 0;
        vm->unwind_top += FRAMES_RECORD;
    }
}

void t1_unwind_call(T1 *t, Value procedure, uint32_t argc, const Value *argv) {
    Pending pending = {.kind = PENDING_CALL,
                       .value = procedure,
                       .arguments = copy_arguments(t->vm, argc, argv),
                       .count = argc};
    t1_unwind(t, pending, true);
}

void t1_unwind_to(T1 *t, Value *marker, Value procedure, Value value) {
    Pending pending = {.kind = PENDING_LEAVE, .marker = marker, .value = procedure, .r0 = value};
    t1_unwind(t, pending, false);
}

// ---- arguments

static uint32_t parameter_count(const Code *code) {
    return code->required + code->optional + code->keyword + code->rest;
}

static void gather(const VM *vm, uint32_t count, const Value *first, Value *to) {
    for (uint32_t i = 0; i < count; i++)
        to[i] = i < NATIVE_ARGUMENTS ? first[i] : vm->native_arguments[i];
}

// A native caller's call that is made when everything has been unwound.
static Value unwind_entry(T1 *t, Value closure, Code *code, const Value *first) {
    uint32_t count = parameter_count(code);
    Value argument[NATIVE_ARGUMENTS_MAX];
    gather(t->vm, count, first, argument);
    // Where arguments are parameters the call is made like any other, interrupts and all.
    Pending pending = {.kind = code->exact == count ? PENDING_CALL : PENDING_ENTER,
                       .value = closure,
                       .code = code,
                       .arguments = copy_arguments(t->vm, count, argument),
                       .count = count};
    return begin(t, pending, true);
}

// ---- activations

// Base of the first frame.
static Value *activation_begin(T1 *t, Activation *a) {
    VM *vm = t->vm;
    Value *base = t1_stack_top(vm) + FRAME_HEADER;
    *a = (Activation){.outer = t->activation, .base = base, .frame_base = vm->frame_base};
    t->activation = a;
    frame_link(base, NULL, NULL, 0);
    return base;
}

static Value go(T1 *t, T1Handler *handler) {
    const Context *at = &t->at;
    return handler(t->vm, at->base, at->next, at->constants, &t1_table, VALUE_NONE);
}

// Go on in the context.
static Value run(T1 *t) { return go(t, t1_resume); }

static void leave_pending(T1 *t) {
    Pending p = t->pending;
    t->pending = (Pending){.kind = PENDING_NONE};
    t->done = false;
    t->result = VALUE_NONE;
    t1_leave_to(t, p.marker);
    if (p.value == VALUE_NONE)
        t1_answer(t, p.r0);
    else
        t1_apply(t, p.value, 0, NULL);
}

// What the interpreter has answered goes to a native caller.
static Value activation_end(T1 *t, Activation *a, Value value) {
    while (value == VALUE_UNWIND && t->pending.kind == PENDING_LEAVE &&
           t->pending.marker >= a->base) {
        t->activation = a;
        leave_pending(t);
        value = run(t);
    }
    t->activation = a->outer;
    t->done = false;
    t->result = VALUE_NONE;
    // The frames of this activation are needed until they have been made heap frames.
    if (value == VALUE_UNWIND && !t->request.entry)
        return value;
    t->vm->frame_base = a->frame_base;
    return value == VALUE_UNWIND ? value : t1_native_result(t->vm, value);
}

// The same where native code has left, so not in native code that begins there.
static Value run_on(T1 *t) { return go(t, t1_table.op[op_at(t->at.constants, t->at.next)]); }

// Returns `value`, or makes the tail call that an activation has left to its C function. The C
// frame is gone by then: calls in tail position between the tiers take no stack.
#define ANSWER(value_)                                                                             \
    do {                                                                                           \
        Value answer = value_;                                                                     \
        Request *r = &t1_of(vm)->request;                                                          \
        if (LIKELY(answer != VALUE_UNWIND) || !r->entry)                                           \
            return answer;                                                                         \
        Native *entry = r->entry;                                                                  \
        r->entry = NULL;                                                                           \
        [[clang::musttail]] return entry(vm, r->closure, r->code, r->first[0], r->first[1],        \
                                         r->first[2], r->first[3], r->first[4], r->first[5]);      \
    } while (0)

Value t1_native_result(VM *vm, Value value) {
    T1 *t = t1_of(vm);
    // Whoever wants to see every call must see inlined ones.
    bool watched = atomic_load_explicit(&vm->interrupts, memory_order_relaxed) &
                   (INTERRUPT_STEPS | INTERRUPT_TRACE);
    if (LIKELY(!t->evaluation->stale && !watched) || value == VALUE_UNWIND)
        return value;
    return begin(t, (Pending){.kind = PENDING_VALUE, .value = value}, true);
}

// ---- calls out of native code

// A closure of the code to be shown in backtraces, not to be run.
static Value shown_closure(VM *vm, const Code *code) {
    Closure *closure = rt_object_new(vm, TYPE_CLOSURE, 0, 0, sizeof *closure);
    FRESH(closure->code) = code->first;
    return value_from_pointer(closure);
}

// What native code calls is called in a context at the bottom of an activation. In tail position
// the native caller's frame is gone; one without registers takes its place, so that the call fails,
// and control operations find, what they would find in tier 1.
static Value apply(VM *vm, Value procedure, uint32_t argc, const Value *argv) {
    T1 *t = t1_of(vm);
    const Code *site = vm->native_site;
    const uint32_t *next = site ? site->words + (uint32_t)vm->native_site_pc : NULL;
    bool tail = site && vm->native_site_pc & NATIVE_TAIL;
    vm->native_site = NULL;
    if (site && site->native_data && t1_native_unwound &&
        value_has_type(procedure, TYPE_CONTINUATION))
        t1_native_unwound(vm, site->native_data, true);
    Value bottom = tail ? shown_closure(vm, site) : t->control[CONTROL_FRAME_BOTTOM];
    Activation a;
    Value *base = activation_begin(t, &a);
    if (UNLIKELY(t1_stack_short(t, base))) {
        t->activation = a.outer;
        Pending pending = {.kind = PENDING_CALL,
                           .value = procedure,
                           .tail = tail,
                           .site_code = site,
                           .site_next = next,
                           .arguments = copy_arguments(vm, argc, argv),
                           .count = argc};
        return begin(t, pending, true);
    }
    const Code *code = tail ? site : t1_closure_code(bottom);
    base[FRAME_CLOSURE] = bottom;
    vm->frame_base = base;
    t->at = (Context){.base = base,
                      .constants = code->constants,
                      .next = tail ? next : code->words,
                      .dst = code->registers,
                      .tail = true,
                      .site_code = site,
                      .site_next = next};
    t1_apply(t, procedure, argc, argv);
    return activation_end(t, &a, run(t));
}

[[gnu::noinline]] static Value apply_gathered(VM *vm, Value procedure, uint32_t argc,
                                              const Value *first) {
    ASSERT(argc <= NATIVE_ARGUMENTS_MAX, "%u arguments", argc);
    Value argument[NATIVE_ARGUMENTS_MAX];
    gather(vm, argc, first, argument);
    return apply(vm, procedure, argc, argument);
}

NATIVE(t1_native_apply) {
    const Value first[NATIVE_ARGUMENTS] = {a0, a1, a2, a3, a4, a5};
    ANSWER(apply_gathered(vm, closure, (uint32_t)(uintptr_t)code, first));
}

[[gnu::noinline]] static Value interpret(VM *vm, Value closure, Code *code, const Value *first) {
    T1 *t = t1_of(vm);
    // A call that an interrupt comes before.
    uint32_t count = parameter_count(code);
    if (UNLIKELY(atomic_load_explicit(&vm->interrupts, memory_order_relaxed)) &&
        code->exact == count)
        return apply_gathered(vm, closure, count, first);
    Activation a;
    Value *base = activation_begin(t, &a);
    if (UNLIKELY(t1_stack_short(t, base))) {
        t->activation = a.outer;
        return unwind_entry(t, closure, code, first);
    }
    gather(vm, count, first, base);
    base[FRAME_CLOSURE] = closure;
    vm->frame_base = base;
    t1_count_entry(vm, code);
    Value *constants = code->constants;
    const uint32_t *pc = code->words;
    return activation_end(
        t, &a, t1_table.op[word_op(*pc)](vm, base, pc, constants, &t1_table, VALUE_NONE));
}

NATIVE(t1_native_interpret) {
    const Value first[NATIVE_ARGUMENTS] = {a0, a1, a2, a3, a4, a5};
    ANSWER(interpret(vm, closure, code, first));
}

[[gnu::noinline]] static Value overflow(VM *vm, Value closure, Code *code, const Value *first) {
    T1 *t = t1_of(vm);
    rt_interrupt_tier(vm);
    bool is_short = (uintptr_t)__builtin_frame_address(0) <
                    (uintptr_t)atomic_load_explicit(&vm->native_limit, memory_order_relaxed);
    if (is_short || t->evaluation->stale)
        return unwind_entry(t, closure, code, first);
    t->request = (Request){.entry = code->native, .closure = closure, .code = code};
    memcpy(t->request.first, first, sizeof t->request.first);
    return VALUE_UNWIND;
}

NATIVE(t1_native_overflow) {
    const Value first[NATIVE_ARGUMENTS] = {a0, a1, a2, a3, a4, a5};
    ANSWER(overflow(vm, closure, code, first));
}

Value t1_native_set_global(VM *vm, Cell *cell, Value value) {
    object_set_flags(cell, object_flags(cell) | CELL_ASSIGNED);
    cell->value = value;
    if (LIKELY(cell->watchers == NULL))
        return VALUE_UNSPECIFIED;
    t1_watch_invalidate(vm, cell);
    T1 *t = t1_of(vm);
    if (!t->evaluation->stale)
        return VALUE_UNSPECIFIED;
    return begin(t, (Pending){.kind = PENDING_RESUME}, true);
}

// ---- frames out of descriptors

typedef struct Rebuild {
    VM *vm;
    const ExitDescriptor *exit;
    const Value *values;
    Value *sunk; // [exit->sunk_count], what the collector sees
} Rebuild;

static Value located(const Rebuild *r, Location at) {
    switch ((LocationKind)at.kind) {
    case LOCATION_DEAD:
        return VALUE_UNSPECIFIED;
    case LOCATION_CONSTANT:
        return r->exit->constants[at.index];
    case LOCATION_VALUE:
        return r->values[at.index];
    case LOCATION_INTEGER:
        return value_from_fixnum((int64_t)r->values[at.index]);
    case LOCATION_DOUBLE: {
        double d;
        memcpy(&d, &r->values[at.index], sizeof d);
        return value_from_double(d);
    }
    case LOCATION_BOOLEAN:
        return value_from_bool(r->values[at.index] != 0);
    case LOCATION_SUNK:
        return r->sunk[at.index];
    }
    ASSERT(false, "location of kind %u", at.kind);
    return VALUE_UNSPECIFIED;
}

// Words before the fields of a sunk object.
static uint32_t sunk_head(const SunkObject *o) {
    return o->type == TYPE_CLOSURE || o->type == TYPE_RECORD;
}

static Value sunk_new(VM *vm, const SunkObject *o) {
    if (o->type == TYPE_NONE)
        return rt_cons(vm, VALUE_UNSPECIFIED, VALUE_UNSPECIFIED);
    bool counted = o->type == TYPE_CLOSURE || o->type == TYPE_RECORD || o->type == TYPE_VECTOR ||
                   o->type == TYPE_VALUES;
    size_t words = sunk_head(o) + (size_t)o->count;
    return value_from_pointer(
        rt_object_new(vm, o->type, 0, counted ? o->count : 0, words * sizeof(Value)));
}

static void sunk_fill(const Rebuild *r, const SunkObject *o, Value object) {
    const Value *field = value_object(object);
    if (sunk_head(o))
        rt_heap_store(field++, located(r, o->extra));
    for (uint32_t i = 0; i < o->count; i++)
        rt_heap_store(&field[i], located(r, o->fields[i]));
}

// All are there before any is filled: they may refer to each other.
static void sunk_make(Rebuild *r) {
    const ExitDescriptor *exit = r->exit;
    if (exit->sunk_count == 0)
        return;
    r->sunk = rt_raw_new(r->vm, exit->sunk_count * sizeof *r->sunk);
    for (uint32_t i = 0; i < exit->sunk_count; i++)
        r->sunk[i] = sunk_new(r->vm, &exit->sunk[i]);
    for (uint32_t i = 0; i < exit->sunk_count; i++)
        sunk_fill(r, &exit->sunk[i], r->sunk[i]);
}

static Value *frame_fill(const Rebuild *r, const ExitFrame *f, Value *registers) {
    for (uint32_t i = 0; i < f->count; i++)
        registers[i] = located(r, f->registers[i]);
    return registers;
}

// Where the frame goes on and what it takes there. Without a result: a destination that is free.
static Value frame_link_of(const ExitFrame *f) {
    return link_make(f->code->constants, f->dst >= 0 ? (uint32_t)f->dst : f->code->registers);
}

// ---- exits

static void count_exit(VM *vm, ExitDescriptor *exit) {
    exit->taken++;
    Code *code = exit->frames[0].code;
    size_t size = (size_t)code->word_count * EXIT_REASON_COUNT;
    if (!code->exits) {
        code->exits = rt_raw_new_atomic(vm, size);
        memset(code->exits, 0, size);
    }
    ASSERT(exit->guard_pc < code->word_count && exit->reason < EXIT_REASON_COUNT,
           "exit at word %u, reason %u", exit->guard_pc, exit->reason);
    uint8_t *count = &code->exits[(size_t)exit->guard_pc * EXIT_REASON_COUNT + exit->reason];
    if (*count < UINT8_MAX)
        ++*count;
    if (t1_native_exited)
        t1_native_exited(vm, exit);
}

Value t1_native_values_frame(VM *vm) { return t1_of(vm)->control[CONTROL_FRAME_VALUES]; }

unsigned t1_exit_count(const Code *code, uint32_t pc, ExitReason reason) {
    return code->exits && pc < code->word_count
               ? code->exits[(size_t)pc * EXIT_REASON_COUNT + reason]
               : 0;
}

// The exit as a record of the unwind buffer: for when there is no room for its frames.
static Value unwind_exit(T1 *t, const ExitDescriptor *exit) {
    VM *vm = t->vm;
    Pending pending = {.kind = exit->reason == EXIT_RAISE ? PENDING_FAILED : PENDING_RESUME};
    if (exit->frames[0].dst >= 0)
        pending = (Pending){.kind = PENDING_VALUE, .value = vm->exit_values[exit->value_count]};
    t->exit_values = 0;
    begin(t, pending, true);
    Value *record = vm->unwind_top;
    record[0] = (Value)(uintptr_t)exit;
    memcpy(record + 1, vm->exit_values, exit->value_count * sizeof *record);
    vm->unwind_top = record + 1 + exit->value_count;
    return VALUE_UNWIND;
}

// The exit's frames on the VM stack, the outermost at `base`; the context is that of the innermost.
static void place_frames(T1 *t, Rebuild *r, Value *base) {
    const ExitDescriptor *exit = r->exit;
    uint32_t i = exit->frame_count;
    const ExitFrame *f;
    for (;; base += f->count + FRAME_HEADER) {
        f = &exit->frames[--i];
        base[FRAME_CLOSURE] = located(r, f->closure);
        frame_fill(r, f, base);
        if (i == 0)
            break;
        frame_link(base + f->count + FRAME_HEADER, f->code->words + f->pc, base, frame_link_of(f));
    }
    if (f->dst >= 0)
        base[f->dst] = r->values[exit->value_count];
    t->at = (Context){.base = base,
                      .constants = f->code->constants,
                      .next = f->code->words + f->pc,
                      .dst = f->code->registers,
                      .window = f->count,
                      .site_code = f->code,
                      .site_next = f->code->words + f->pc};
    t->vm->frame_base = base;
}

[[gnu::noinline]] static Value take_exit(VM *vm, ExitDescriptor *exit) {
    T1 *t = t1_of(vm);
    ASSERT(exit->value_count <= EXIT_VALUES_MAX, "%u values", exit->value_count);
    // Nothing else keeps the descriptor by now: its native frame is gone.
    void *volatile held = exit->function;
    (void)held;
    t->exit_values = exit->value_count + (exit->frames[0].dst >= 0);
    count_exit(vm, exit);
    Activation a;
    Value *base = activation_begin(t, &a), *innermost = base;
    for (uint32_t i = 1; i < exit->frame_count; i++)
        innermost += exit->frames[i].count + FRAME_HEADER;
    if (UNLIKELY(t1_stack_short(t, innermost) ||
                 (uintptr_t)__builtin_frame_address(0) < (uintptr_t)vm->native_end)) {
        t->activation = a.outer;
        return unwind_exit(t, exit);
    }
    Rebuild r = {.vm = vm, .exit = exit, .values = vm->exit_values};
    sunk_make(&r);
    place_frames(t, &r, base);
    t->exit_values = 0;
    return activation_end(t, &a, exit->reason == EXIT_RAISE ? go(t, t1_failed_prim) : run_on(t));
}

NATIVE(t1_native_exit) { ANSWER(take_exit(vm, (ExitDescriptor *)(uintptr_t)closure)); }

// ---- unwinding: its end

// Heap frames of one record, innermost first.
static void copy_record(VM *vm, const ExitDescriptor *exit, const Value *values, FrameList *list) {
    Rebuild r = {.vm = vm, .exit = exit, .values = values};
    sunk_make(&r);
    for (uint32_t i = 0; i < exit->frame_count; i++) {
        const ExitFrame *f = &exit->frames[i];
        HeapFrame *frame = rt_raw_new_tracked(vm, sizeof *frame + f->count * sizeof(Value));
        FRESH(frame->place) = frame_place(f->code->words + f->pc, f->count);
        FRESH(frame->link) = frame_link_of(f);
        FRESH(frame->closure) = located(&r, f->closure);
        frame_fill(&r, f, &FRESH(frame->registers[0]));
        t1_add_frame(list, frame);
    }
}

static const ExitDescriptor *record_exit(const Value *record) {
    return (const ExitDescriptor *)(uintptr_t)record[0];
}
static Value *record_next(Value *record) {
    const ExitDescriptor *exit = record_exit(record);
    return record + (exit == &t1_frames_record ? FRAMES_RECORD : 1 + exit->value_count);
}

// Has the program asked for the frames? Else they were in the way: no room, a broken fact.
static bool is_wanted(const Pending *p) {
    return p->kind == PENDING_RAISE || (p->kind == PENDING_CALL && !value_is_closure(p->value));
}

// All that was unwound, as heap frames on top of those of the evaluation.
static void copy_records(T1 *t) {
    VM *vm = t->vm;
    // The native frames that kept the descriptors are gone, and what follows allocates.
    Value *end = vm->unwind_top, *held = end, last = 0;
    for (Value *record = t->unwind; record < end; record = record_next(record)) {
        Value owner = (Value)(uintptr_t)record_exit(record)->function;
        if (owner != last)
            *held++ = last = owner;
    }
    t->unwind_held = held;
    FrameList list = {0};
    if (t->pending.frame)
        t1_add_frame(&list, t->pending.frame);
    bool wanted = t1_native_unwound && is_wanted(&t->pending);
    for (Value *record = t->unwind; record < end; record = record_next(record)) {
        const ExitDescriptor *exit = record_exit(record);
        t->unwind_first = record;
        void *owner = exit->function;
        if (exit == &t1_frames_record) {
            t1_copy_callers(t, (const Value *)(uintptr_t)record[1], &list);
            // It may have left in a tail call, without a record of its own.
            const Code *entered = (const Code *)(uintptr_t)record[2];
            owner = entered ? entered->native_data : NULL;
        } else
            copy_record(vm, exit, record + 1, &list);
        if (wanted && owner)
            t1_native_unwound(vm, owner, true);
    }
    t1_put_below(t, &list);
    t->unwind_first = t->unwind_held = t->unwind;
}

// The innermost heap frame is the context's again.
static void settle(T1 *t) {
    (void)t1_reinstate(t);
    t->vm->frame_base = t->at.base;
    t->at.site_code = t1_code_of(t->at.constants);
    t->at.site_next = t->at.next;
    if (t->at.site_code->control)
        t->at.site_code = NULL;
}

static void enter_clause(T1 *t, const Pending *p) {
    Context *at = &t->at;
    Code *code = p->code;
    memcpy(at->base, p->arguments, p->count * sizeof(Value));
    at->base[FRAME_CLOSURE] = p->value;
    t->vm->frame_base = at->base;
    *at = (Context){.base = at->base,
                    .constants = code->constants,
                    .next = code->words,
                    .dst = code->registers,
                    .window = p->count,
                    .site_code = code,
                    .site_next = code->words};
    t1_interrupt_at(t, code->words);
}

Value t1_rewind(T1 *t) {
    VM *vm = t->vm;
    ASSERT(!t->activation && t->pending.kind != PENDING_NONE, "nothing is unwound");
    bool leaves = t->pending.kind == PENDING_LEAVE;
    if (vm->unwind_keep)
        copy_records(t);
    else if (!leaves)
        t->evaluation->below = NULL;
    vm->unwind_top = t->unwind;
    t->evaluation->stale = t->done = false;
    t->result = VALUE_NONE;
    if (leaves) {
        leave_pending(t);
        return run(t);
    }
    Pending p = t->pending;
    t->pending = (Pending){.kind = PENDING_NONE};
    t1_at_bottom(t);
    if (p.kind != PENDING_ENTER && t->evaluation->below && (p.frame || !p.tail)) {
        settle(t);
        t->at.tail = p.tail;
    }
    if (p.site_code) {
        t->at.site_code = p.site_code;
        t->at.site_next = p.site_next;
    }
    if (!t->evaluation->outer && t1_native_idle)
        t1_native_idle(vm);
    switch (p.kind) {
    case PENDING_RESUME:
        return run_on(t);
    case PENDING_FAILED:
        return go(t, t1_failed_prim);
    case PENDING_VALUE:
        t1_answer(t, p.value);
        break;
    case PENDING_CALL:
        t1_apply(t, p.value, p.count, p.arguments);
        break;
    case PENDING_ENTER:
        enter_clause(t, &p);
        break;
    case PENDING_INVOKE:
        t1_apply_continuation(t, p.value, 1, &p.r0);
        break;
    case PENDING_RAISE:
        t1_raise_in(t, p.position, (ControlKind)p.control, p.r0, p.r3);
        break;
    case PENDING_STOP:
        t1_stop(t);
        break;
    case PENDING_HALT:
        t1_halt(t);
        break;
    case PENDING_LEAVE:
    case PENDING_NONE:
        break;
    }
    return run(t);
}

// ---- installing

void t1_native_install(VM *vm, Code *code, Native *function, void *data) {
    (void)vm;
    uint32_t count = parameter_count(code);
    ASSERT(count <= NATIVE_ARGUMENTS_MAX && !code->control, "%u parameters", count);
    code->native_stacked = count > NATIVE_ARGUMENTS ? (uint8_t)(count - NATIVE_ARGUMENTS) : 0;
    code->native_data = data;
    code->native = function;
    uint8_t *op = (uint8_t *)code->words;
    if (*op == OP_NATIVE)
        return;
    code->entry_op = *op;
    *op = OP_NATIVE;
}

void t1_native_remove(VM *vm, Code *code) {
    (void)vm;
    code->native = t1_native_interpret;
    code->native_data = NULL;
    uint8_t *op = (uint8_t *)code->words;
    if (*op == OP_NATIVE)
        *op = code->entry_op;
}

void t1_native_unwind_all(VM *vm) {
    T1 *t = t1_of(vm);
    for (Evaluation *e = t ? t->evaluation : NULL; e; e = e->outer)
        e->stale = true;
}
