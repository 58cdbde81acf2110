// Calls in general, failures, interrupts, backtraces. See machine_int.h for the context that all of
// this works on.
//
// What is observable here is what vm/cek.c does, function by function; the oracle is to be read
// beside it.
#include "runtime/interrupt.h"
#include "runtime/list.h"
#include "runtime/symbol.h"
#include "tier1/machine_int.h"
#include "vm/call_failures.h"
#include "vm/tier.h"

enum { BACKTRACE_LIMIT = 400 }; // frames; a raise in deep recursion must not cost the whole depth

Value *t1_list_array(VM *vm, Value list, uint32_t *count) {
    uint32_t n = (uint32_t)rt_list_length(list);
    Value *array = rt_raw_new(vm, ((size_t)n + 1) * sizeof *array);
    for (uint32_t i = 0; i < n; i++, list = value_cdr(list))
        array[i] = value_car(list);
    *count = n;
    return array;
}

// ---- backtraces

typedef struct Trace {
    VM *vm;
    ListBuilder list;
    int shown;
    bool hidden; // the frame before is a prompt's, or what is left of it: the prompt's call has, or
                 // had, an entry above it
    Value position; // of the next entry, if it is not that of its call; VALUE_NONE: it is
} Trace;

static void add_entry(Trace *trace, const Code *code, const uint32_t *next) {
    const Site *site = t1_code_site_before(code, (uint32_t)(next - code->words));
    Value position = trace->position;
    if (position == VALUE_NONE)
        position = rt_position_value(trace->vm, site ? site->position : 0);
    trace->position = VALUE_NONE;
    rt_list_builder_add(&trace->list, rt_cons(trace->vm, t1_code_name(trace->vm, code), position));
    trace->shown++;
}

static const Code *control_code(Value closure) {
    const Code *code = t1_closure_code(closure);
    return t1_code_control(code) ? code : NULL;
}

// A frame that the frame before returns to, at `next`.
static void add_frame(Trace *trace, const Code *code, const uint32_t *next,
                      const Value *registers) {
    bool hidden = trace->hidden;
    ControlKind kind = t1_code_control(code);
    trace->hidden = kind == CONTROL_FRAME_PROMPT || kind == CONTROL_FRAME_HIDE;
    if (kind == CONTROL_FRAME_ENTRY) {
        const Code *caller = (const Code *)(uintptr_t)registers[0];
        add_entry(trace, caller, caller->words + value_fixnum(registers[3]));
    } else if (kind == CONTROL_FRAME_OPERATOR)
        trace->position = registers[0];
    else if (kind == CONTROL_FRAME_NONE && !hidden)
        add_entry(trace, code, next);
}

// The same for those that the stack had no room for, and the frame that makes the call, if it has
// not been given up.
static const HeapFrame *after_own(const HeapFrame *f) {
    for (; f && control_code(f->closure); f = f->next)
        if (t1_is_bottom_closure(f->closure))
            return f->next;
    return f ? f->next : NULL;
}

Value t1_backtrace(T1 *t) {
    const Context *at = &t->at;
    Trace trace = {.vm = t->vm, .position = VALUE_NONE};
    rt_list_builder_init(&trace.list, t->vm);
    if (at->site_code)
        add_entry(&trace, at->site_code, at->site_next);
    else
        trace.shown = 1;
    const Value *base = at->base;
    // Control frames in front have been made for this very call, which has an entry already.
    while (frame_pc(base) && control_code(frame_closure(base)))
        base = frame_caller(base);
    const HeapFrame *below = t->evaluation->below;
    if (!frame_pc(base) && control_code(frame_closure(base)) && !t1_is_bottom(base))
        below = after_own(below);
    for (; frame_pc(base) && trace.shown < BACKTRACE_LIMIT; base = frame_caller(base)) {
        const Value *caller = frame_caller(base);
        add_frame(&trace, t1_code_of(link_constants(base[FRAME_LINK])), frame_pc(base), caller);
    }
    for (const HeapFrame *f = below; f && trace.shown < BACKTRACE_LIMIT; f = f->next)
        add_frame(&trace, t1_code_of(link_constants(f->link)), heap_frame_pc(f), f->registers);
    return trace.list.first;
}

// ---- failures

void t1_halt(T1 *t) {
    if (t1_is_nested(t)) {
        t1_unwind(t, (Pending){.kind = PENDING_HALT}, false);
        return;
    }
    t->done = true;
    t->result = VALUE_FAILURE;
    t->evaluation->below = NULL;
}

// Fill in what the condition that is pending does not say.
static void complete_condition(T1 *t, Position position) {
    VM *vm = t->vm;
    if (t->unsettled)
        t1_settle(t);
    Value condition = vm->condition;
    if (!rt_is_condition(vm, condition, CONDITION_CONDITION))
        return;
    if (rt_condition_field(condition, CONDITION_FIELD_WHO) == VALUE_DEFAULT)
        rt_condition_set_field(condition, CONDITION_FIELD_WHO, VALUE_FALSE);
    if (rt_condition_field(condition, CONDITION_FIELD_POSITION) == VALUE_FALSE) {
        if (position == 0 && t->at.site_code) {
            const Code *code = t->at.site_code;
            const Site *site = t1_code_site_before(code, (uint32_t)(t->at.site_next - code->words));
            if (site)
                position = site->position;
        }
        rt_condition_set_field(condition, CONDITION_FIELD_POSITION,
                               rt_position_value(vm, position));
    }
    if (rt_condition_field(condition, CONDITION_FIELD_BACKTRACE) == VALUE_FALSE) {
        Value trace = t1_backtrace(t);
        if (position && t->at.site_code && value_is_pair(trace))
            rt_heap_store(&value_pair(value_car(trace))->cdr, rt_position_value(vm, position));
        rt_condition_set_field(condition, CONDITION_FIELD_BACKTRACE, trace);
    }
}

// Call the raise hook in the context.
static void call_hook(T1 *t) {
    VM *vm = t->vm;
    Value condition = vm->condition, hook = vm->raise_hook;
    if (!value_is_procedure(hook) || t->raising) {
        if (!rt_is_condition(vm, condition, CONDITION_CONDITION))
            vm->uncaught_backtrace = t1_backtrace(t);
        t1_halt(t);
        return;
    }
    vm->condition = VALUE_NONE;
    // What the hook answers is what the failed call answers, also in tail position; the failing
    // activation is kept for backtraces in the meantime.
    if (t->at.tail)
        t1_push_control(t, CONTROL_FRAME_RETURN, VALUE_FALSE, VALUE_FALSE);
    t->raising = true;
    t1_apply(t, hook, 1, &condition);
    t->raising = false;
}

void t1_raise_in(T1 *t, Position position, ControlKind control, Value r0, Value r3) {
    if (t1_is_nested(t)) {
        Pending pending = {
            .kind = PENDING_RAISE, .position = position, .control = control, .r0 = r0, .r3 = r3};
        t1_unwind(t, pending, true);
        return;
    }
    complete_condition(t, position);
    if (control != CONTROL_FRAME_NONE)
        t1_push_control(t, control, r0, r3);
    call_hook(t);
}

void t1_raise(T1 *t, Position position) {
    t1_raise_in(t, position, CONTROL_FRAME_NONE, VALUE_FALSE, VALUE_FALSE);
}

void t1_raise_as(T1 *t, const char *who) {
    rt_condition_set_field(t->vm->condition, CONDITION_FIELD_WHO, rt_intern(t->vm, who));
    t1_raise(t, 0);
}

// ---- interrupts

// What a poll has to look at.
static unsigned polled(const T1 *t) {
    unsigned bits = atomic_load_explicit(&t->vm->interrupts, memory_order_relaxed);
    return LIKELY(bits == 0) || t->raising ? 0 : bits;
}

void t1_stop(T1 *t) {
    if (t1_is_nested(t)) {
        t1_unwind(t, (Pending){.kind = PENDING_STOP}, true);
        return;
    }
    rt_condition_set_field(t->vm->condition, CONDITION_FIELD_WHO, VALUE_FALSE);
    rt_condition_set_field(t->vm->condition, CONDITION_FIELD_BACKTRACE, t1_backtrace(t));
    t1_halt(t);
}

// Counts a step. INTERRUPTED_RAISE: the condition is to be raised; INTERRUPTED_HALT: the evaluation
// was ended.
static Interrupted take_interrupt(T1 *t) {
    VM *vm = t->vm;
    if (polled(t) & INTERRUPT_STEPS)
        rt_limit_step(vm);
    Interrupted taken = rt_interrupt_take(vm);
    if (taken == INTERRUPTED_HALT)
        t1_stop(t);
    return taken;
}

// True: the call waits until the handler has returned, or the evaluation was ended.
static bool interrupt_call(T1 *t, Value procedure, uint32_t argc, const Value *argv) {
    Interrupted taken = take_interrupt(t);
    if (taken != INTERRUPTED_RAISE)
        return taken == INTERRUPTED_HALT;
    t1_raise_in(t, 0, CONTROL_FRAME_RESUME, procedure, rt_list_from_array(t->vm, argv, argc));
    return true;
}

void t1_interrupt_at(T1 *t, const uint32_t *target) {
    Interrupted taken = polled(t) ? take_interrupt(t) : INTERRUPTED_NOT;
    if (taken == INTERRUPTED_NOT)
        t->at.next = target;
    if (taken != INTERRUPTED_RAISE)
        return;
    Value index = value_from_fixnum(target - t->at.site_code->words);
    t1_raise_in(t, 0, CONTROL_FRAME_BRANCH, index, index);
}

// ---- binding of arguments

// Index of a keyword among the keyword parameters, or their number.
static uint32_t key_index(const Lambda *l, Value key) {
    uint32_t i = 0;
    while (i < l->keyword && l->keys[i] != key)
        i++;
    return i;
}

// Keyword arguments and the rest from argument i on; `slot`: the first keyword parameter. False:
// the condition is pending.
static bool bind_keywords(VM *vm, const Lambda *l, uint32_t argc, const Value *argv, uint32_t i,
                          Value *slot) {
    uint32_t positional = i;
    for (; i < argc && value_is_keyword(argv[i]); i += 2) {
        uint32_t key = key_index(l, argv[i]);
        const char *wrong = NULL;
        if (key == l->keyword && !l->other_keys) {
            if (l->rest)
                break;
            wrong = "unknown keyword";
        } else if (i + 1 == argc)
            wrong = "no value for keyword";
        if (wrong) {
            rt_fail(vm, CONDITION_ARITY, rt_cons(vm, argv[i], VALUE_NULL), "%s", wrong);
            rt_condition_set_field(vm->condition, CONDITION_FIELD_WHO, vm_lambda_who(vm, l));
            return false;
        }
        if (key < l->keyword && slot[key] == VALUE_DEFAULT)
            slot[key] = argv[i + 1];
    }
    if (i < argc && !l->rest) {
        rt_fail_arity(vm, vm_lambda_who(vm, l), (int)l->required, (int)(l->required + l->optional),
                      (int)(positional + (argc - i)));
        return false;
    }
    if (l->rest)
        slot[l->keyword] = rt_list_from_array(vm, argv + i, argc - i);
    return true;
}

// The parameters of a clause that takes so many arguments. False: the condition is pending.
static bool bind(VM *vm, const Code *code, uint32_t argc, const Value *argv, Value *slot) {
    uint32_t i = 0, positional = code->required + code->optional;
    for (; i < code->required; i++)
        slot[i] = argv[i];
    // An argument that is a known keyword ends the optional ones.
    for (; i < positional && i < argc; i++) {
        if (code->keyword > 0 && value_is_keyword(argv[i]) &&
            key_index(code->lambda, argv[i]) < code->keyword)
            break;
        slot[i] = argv[i];
    }
    for (uint32_t j = i; j < positional + code->keyword; j++)
        slot[j] = VALUE_DEFAULT;
    if (code->keyword > 0 || code->other_keys)
        return bind_keywords(vm, code->lambda, argc, argv, i, slot + positional);
    if (code->rest)
        slot[positional] = rt_list_from_array(vm, argv + i, argc - i);
    return true;
}

static const Code *clause_for(const Code *code, uint32_t argc) {
    for (; code; code = code->next)
        if (argc >= code->required &&
            (code->rest || code->keyword || argc <= code->required + code->optional))
            return code;
    return NULL;
}

// ---- application

// Where the parameters of a procedure that is called go: its base. The context's frames may move to
// the heap. NULL: they are to be unwound first.
static Value *frame_for_call(T1 *t) {
    Context *at = &t->at;
    if (at->tail)
        return at->base;
    Value *target = at->base + at->window + FRAME_HEADER;
    if (UNLIKELY(t1_stack_short(t, target))) {
        if (t1_is_nested(t))
            return NULL;
        (void)t1_move_frames(t);
        return at->base;
    }
    frame_link(target, at->next, at->base, link_make(at->constants, at->dst));
    return target;
}

// A handler that has made the counter 0 leaves the rest of the call to us.
void t1_count_entry(VM *vm, Code *code) {
#ifndef KILN_NO_PROFILE
    bool hot = (vm_hot_hook.entries && code->entries == 0) || ++code->entries == 0;
    if (!hot)
        return;
    t1_count_entries_from(code, 1);
    if (vm_hot_hook.hot)
        vm_hot_hook.hot(vm, code, UINT32_MAX);
#endif
}

enum { BIND_BUFFER = 24 };

static void apply_closure(T1 *t, Value closure, uint32_t argc, const Value *argv) {
    VM *vm = t->vm;
    Code *first = t1_closure_code(closure);
    const Code *code = clause_for(first, argc);
    if (!code) {
        vm_fail_arity(vm, first->lambda, vm_lambda_who(vm, first->lambda), (int)argc);
        t1_raise(t, 0);
        return;
    }
    if (polled(t) & INTERRUPT_TRACE)
        argv = t1_trace_call(t, closure, code->lambda, argc, argv);
    uint32_t count = code->required + code->optional + code->keyword + code->rest;
    Value buffer[BIND_BUFFER], *bound = buffer;
    bool fits = t->at.tail || t->at.base + t->at.window + FRAME_HEADER < vm->frame_limit;
    if (code->binding == BIND_EXACT && fits)
        bound = (Value *)argv;
    else {
        if (count > BIND_BUFFER)
            bound = rt_raw_new(vm, count * sizeof *bound);
        if (!bind(vm, code, argc, argv, bound)) {
            t1_raise(t, 0);
            return;
        }
    }
    Value *target = frame_for_call(t);
    if (!target) {
        t1_unwind_call(t, closure, argc, argv);
        return;
    }
    if (count)
        memmove(target, bound, count * sizeof *bound);
    target[FRAME_CLOSURE] = closure;
    t1_count_entry(vm, (Code *)code);
    t->at.base = target;
    t->at.next = code->words;
    t->at.constants = code->constants;
}

static void apply_primitive(T1 *t, const Primitive *p, uint32_t argc, const Value *argv) {
    VM *vm = t->vm;
    if (argc < (uint32_t)p->min || (p->max >= 0 && argc > (uint32_t)p->max)) {
        rt_fail_arity(vm, rt_intern(vm, p->name), p->min, p->max, (int)argc);
        t1_raise(t, 0);
        return;
    }
    if (p->control != CONTROL_NONE) {
        t1_control(t, p, argc, argv);
        return;
    }
    Value value = rt_primitive_call(vm, p, (int)argc, argv);
    if (value == VALUE_FAILURE)
        t1_raise(t, 0);
    else
        t1_answer(t, value);
}

static void apply_parameter(T1 *t, Value parameter, uint32_t argc) {
    VM *vm = t->vm;
    if (argc != 0) {
        rt_fail_arity(vm, rt_intern(vm, "parameter"), 0, 0, (int)argc);
        t1_raise(t, 0);
        return;
    }
    const Dynamic *dynamic = (const Dynamic *)value_vector(vm->dynamic)->item;
    for (Value p = dynamic->parameters; value_is_pair(p); p = value_cdr(p)) {
        Value binding = value_car(p);
        if (value_is_pair(binding) && value_car(binding) == parameter &&
            value_is_box(value_cdr(binding))) {
            t1_answer(t, value_box(value_cdr(binding))->value);
            return;
        }
    }
    t1_answer(t, value_parameter(parameter)->value);
}

void t1_apply(T1 *t, Value procedure, uint32_t argc, const Value *argv) {
    // A trace looks at the frames below.
    if (polled(t) & INTERRUPT_TRACE && t1_is_nested(t)) {
        t1_unwind_call(t, procedure, argc, argv);
        return;
    }
    if (polled(t) && interrupt_call(t, procedure, argc, argv))
        return;
    switch (value_is_object(procedure) ? object_type(value_object(procedure)) : TYPE_NONE) {
    case TYPE_CLOSURE:
        apply_closure(t, procedure, argc, argv);
        return;
    case TYPE_PRIMITIVE:
        apply_primitive(t, value_primitive(procedure)->row, argc, argv);
        return;
    case TYPE_CONTINUATION:
        t1_apply_continuation(t, procedure, argc, argv);
        return;
    case TYPE_PARAMETER:
        apply_parameter(t, procedure, argc);
        return;
    default:
        rt_fail(t->vm, CONDITION_TYPE, rt_cons(t->vm, procedure, VALUE_NULL),
                "expected procedure, got");
        t1_raise_as(t, "call");
    }
}

void t1_answer(T1 *t, Value value) {
    if (t->at.tail)
        t1_return(t, value);
    else
        t->at.base[t->at.dst] = value;
}
