// The CEK evaluator: the oracle that every other tier must agree with.
//
// Duty: run lowered core IR, slowly and plainly. There are no fast paths here; each case is meant
// to be checked against the text of R7RS. After Felleisen and Friedman's CEK machine (1986):
// Control, Environment, Kontinuation.
//
//   m->node    expression to evaluate, or NULL: m->value is being returned to the innermost frame
//   m->rib     environment: ribs, one an activation, Let or Fix, linked outwards (cek_address.c). A
//   rib is filled before
//              anybody can see it, and never changes: assigned variables are boxes.
//   m->frames  continuation: a linked list of frames on the heap, innermost first. A frame never
//   changes
//              either: what it has evaluated so far is an immutable list.
//
// So capturing a continuation is keeping a pointer, and entering it again, any number of times,
// sees nothing of earlier runs but what was assigned or stored. Nothing recurses on the C stack:
// recursion is bounded by memory.
//
// Backtraces: a call that is not in tail position leaves a RETURN frame when it enters a closure;
// the frame names the call. The activation it stands in is found by climbing its rib.
//
// Failure: a primitive's condition gets position and backtrace, and vm->raise_hook is called with
// it in place of the primitive, in its continuation and dynamic environment. What the hook answers
// is the primitive's value.
//
// Escapes: (%call-with-escape f) leaves a marker among the frames, and f gets a continuation that
// is entered by finding the marker again. It is valid where the marker is part of the continuation.
//
// Dynamic environment: a full continuation and an escape bring back the one they were made under;
// where that has other winders than the current one, the SX procedure in vm->rewind_hook is called
// in place, and makes the call again when it has run the thunks of dynamic-wind. Returns,
// prompts and slices leave vm->dynamic alone: the library code that sets it also puts it back.
//
// Barriers: each call from C is an Evaluation of its own, with its own frames. A continuation of an
// evaluation that waits for its host cannot be entered from within another; one of an evaluation
// that has ended can, and then ends the evaluation that entered it (a continuation kept from an
// earlier form of the REPL).
#include "runtime/assert.h"
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/interrupt.h"
#include "runtime/list.h"
#include "runtime/symbol.h"
#include "vm/call_failures.h"
#include "vm/cek_int.h"
#include "vm/expand.h"
#include "vm/language.h"
#include "vm/passes.h"
#include "vm/tier.h"
#include "vm/trace.h"
#include "vm/uses.h"
#include <stdio.h>

enum { BACKTRACE_LIMIT = 400 }; // frames; a raise in deep recursion must not cost the whole depth

// ---- data

typedef struct Rib {
    struct Rib *outer;
    const Lambda *lambda; // whose activation it is; NULL: of a Let, Fix or contified lambda
    Value slot[];
} Rib;

typedef enum FrameKind {
    FRAME_ARGUMENT, // node CALL or PRIM: argument `index` is being evaluated, `done` are those
                    // before
    FRAME_OPERATOR, // node CALL: the operator is being evaluated, `done` are all arguments
    FRAME_IF,       // the test is being evaluated
    FRAME_SEQ,      // item `index` is being evaluated
    FRAME_LET,      // init `index` is being evaluated, `done` are those before
    FRAME_STORE,    // node SET_GLOBAL or DEFINE: the value is being evaluated
    FRAME_RETURN,   // a closure called by `node` is running
    FRAME_PROMPT,   // `done` is the tag
    FRAME_ESCAPE,   // marker of the escape `done`; `index`: the call was in tail position
    FRAME_CONSUMER, // call-with-values: `done` is the consumer, the producer is running
    FRAME_RESUME,   // `done` is (procedure argument …): the call that an interrupt came before
    FRAME_TRACE,    // `done` is the trace, `index` the depth of the call that was shown
} FrameKind;

typedef struct Frame {
    struct Frame *next;
    uint32_t kind, index;
    Node *node;
    Rib *rib;
    Value done; // a list, the last first, unless the kind says otherwise
} Frame;

typedef struct Evaluation {
    struct Evaluation *outer; // the evaluation that waits for this one
    bool ended;
} Evaluation;

typedef struct Continuation { // TYPE_CONTINUATION
    Frame *const frames;
    Frame *const end;    // slice: the prompt's frame, where it stops; it does not belong to it
    const Value dynamic; // full, escape: the dynamic environment to bring back
    Evaluation *const evaluation; // full, escape: whose frames
} Continuation;
enum {                       // header flags
    CONTINUATION_SLICE = 1,  // composable, from CAPTURE_PROMPT and LEAVE_CAPTURE
    CONTINUATION_ESCAPE = 2, // from ESCAPE; has no frames
};

typedef struct Machine {
    VM *vm;
    Node *node;
    Rib *rib;
    Frame *frames;
    Value value;
    Node *site; // the call or variable reference under way, for positions
    Rib *site_rib;
    Evaluation *evaluation;
    bool halted;  // by a failure that nobody handles, %abort or %exit: the value is VALUE_FAILURE
    bool raising; // the raise hook is being entered: a failure now would be raised for ever
} Machine;

static void apply(Machine *m, Value procedure, int argc, const Value *argv, bool tail);

// ---- frames, ribs, lists of values

static void push(Machine *m, FrameKind kind, Node *node, Rib *rib, uint32_t index, Value done) {
    Frame *frame = rt_raw_new(m->vm, sizeof *frame);
    frame->next = m->frames;
    frame->kind = kind;
    frame->index = index;
    frame->node = node;
    frame->rib = rib;
    frame->done = done;
    m->frames = frame;
}

static void evaluate(Machine *m, Node *node, Rib *rib) {
    m->node = node;
    m->rib = rib;
}

static void answer(Machine *m, Value value) {
    m->node = NULL;
    m->value = value;
}

static void at_site(Machine *m, Node *node, Rib *rib) {
    m->site = node;
    m->site_rib = rib;
}

static Rib *rib_new(Machine *m, Rib *outer, const Lambda *lambda, uint32_t count) {
    Rib *rib = rt_raw_new(m->vm, sizeof *rib + (size_t)count * sizeof(Value));
    rib->outer = outer;
    rib->lambda = lambda;
    return rib;
}

// Elements of a list into an array, in reverse order: what frames keep is reversed.
static Value *unreverse(Machine *m, Value list, uint32_t count) {
    Value *array = rt_raw_new(m->vm, ((size_t)count + 1) * sizeof *array);
    for (uint32_t i = count; i-- > 0; list = value_cdr(list))
        array[i] = value_car(list);
    return array;
}

// The values that were delivered as one object.
static int delivered(const Value *value, const Value **argv) {
    if (!value_is_values(*value)) {
        *argv = value;
        return 1;
    }
    *argv = value_values(*value)->item;
    return (int)object_aux(value_object(*value));
}

// n values as one object: the value itself when n is 1.
static Value deliver(Machine *m, int argc, const Value *argv) {
    if (argc == 1)
        return argv[0];
    Values *v = rt_object_new(m->vm, TYPE_VALUES, 0, (uint32_t)argc, (size_t)argc * sizeof(Value));
    for (int i = 0; i < argc; i++)
        FRESH(v->item[i]) = argv[i];
    return value_from_pointer(v);
}

// Of one that is constant the ribs are those of its first evaluation: it reads nothing in them but
// other constant closures.
static Value closure_new(Machine *m, Lambda *lambda, Rib *rib) {
    if (lambda->code && lambda->code != CEK_CONSTANT)
        return value_from_pointer(lambda->code);
    Closure *closure = rt_object_new(m->vm, TYPE_CLOSURE, 0, 1, sizeof *closure);
    FRESH(closure->code) = lambda;
    FRESH(closure->free[0]) = value_from_pointer(rib);
    if (lambda->code == CEK_CONSTANT)
        lambda->code = closure;
    return value_from_pointer(closure);
}
static Lambda *closure_lambda(Value closure) { return value_closure(closure)->code; }
static Rib *closure_rib(Value closure) { return value_object(value_closure(closure)->free[0]); }

// ---- names and backtraces

// What a backtrace calls an activation: the procedure's name, #f when it has none.
static Value activation_name(Machine *m, const Rib *rib) {
    while (rib && !rib->lambda)
        rib = rib->outer;
    if (!rib)
        return VALUE_FALSE;
    if (!rib->lambda->outer)
        return rt_intern(m->vm, "top level");
    return rib->lambda->name;
}

static Value backtrace_entry(Machine *m, const Node *node, const Rib *rib) {
    return rt_cons(m->vm, activation_name(m, rib), rt_position_value(m->vm, node->position));
}

// The calls under way, innermost first: (name . position) each.
static Value backtrace(Machine *m) {
    ListBuilder list;
    rt_list_builder_init(&list, m->vm);
    // A call from C has neither position nor activation.
    if (m->site_rib)
        rt_list_builder_add(&list, backtrace_entry(m, m->site, m->site_rib));
    int shown = 1;
    for (const Frame *f = m->frames; f && shown < BACKTRACE_LIMIT; f = f->next)
        if (f->kind == FRAME_RETURN && f->rib) {
            rt_list_builder_add(&list, backtrace_entry(m, f->node, f->rib));
            shown++;
        }
    return list.first;
}

// ---- failure

static void halt(Machine *m) {
    m->halted = true;
    m->frames = NULL;
    answer(m, VALUE_FAILURE);
}

// vm->condition is pending at m->site: raise it there.
static void raise_pending(Machine *m) {
    VM *vm = m->vm;
    Value condition = vm->condition;
    if (rt_is_condition(vm, condition, CONDITION_CONDITION)) {
        if (rt_condition_field(condition, CONDITION_FIELD_WHO) == VALUE_DEFAULT)
            rt_condition_set_field(condition, CONDITION_FIELD_WHO, VALUE_FALSE);
        if (rt_condition_field(condition, CONDITION_FIELD_POSITION) == VALUE_FALSE && m->site)
            rt_condition_set_field(condition, CONDITION_FIELD_POSITION,
                                   rt_position_value(vm, m->site->position));
        if (rt_condition_field(condition, CONDITION_FIELD_BACKTRACE) == VALUE_FALSE)
            rt_condition_set_field(condition, CONDITION_FIELD_BACKTRACE, backtrace(m));
    }
    if (!value_is_procedure(vm->raise_hook) || m->raising) {
        if (!rt_is_condition(vm, condition, CONDITION_CONDITION))
            vm->uncaught_backtrace = backtrace(m);
        halt(m);
        return;
    }
    vm->condition = VALUE_NONE;
    m->raising = true;
    apply(m, vm->raise_hook, 1, &condition, false);
    m->raising = false;
}

// The same for a condition that waits for a name.
static void raise_pending_as(Machine *m, Value who) {
    rt_condition_set_field(m->vm->condition, CONDITION_FIELD_WHO, who);
    raise_pending(m);
}

static void raise_unbound(Machine *m, Value cell, const char *prefix) {
    vm_fail_unbound(m->vm, cell, prefix);
    raise_pending(m);
}

// What the next call has to look at.
static unsigned polled(const Machine *m) {
    return m->raising ? 0 : atomic_load_explicit(&m->vm->interrupts, memory_order_relaxed);
}

// True when the call of `procedure` must wait: an interrupt has been raised, or has ended the
// evaluation. The call is made when the handler returns.
static bool interrupted(Machine *m, Value procedure, int argc, const Value *argv, bool tail) {
    VM *vm = m->vm;
    if (polled(m) == 0)
        return false;
    switch (rt_interrupt_take(vm)) {
    case INTERRUPTED_NOT:
        return false;
    case INTERRUPTED_HALT:
        rt_condition_set_field(vm->condition, CONDITION_FIELD_WHO, VALUE_FALSE);
        rt_condition_set_field(vm->condition, CONDITION_FIELD_BACKTRACE, backtrace(m));
        halt(m);
        return true;
    case INTERRUPTED_RAISE:
        break;
    }
    Value call = VALUE_NULL;
    for (int i = argc; i-- > 0;)
        call = rt_cons(vm, argv[i], call);
    push(m, FRAME_RESUME, m->site, m->site_rib, tail, rt_cons(vm, procedure, call));
    raise_pending(m);
    return true;
}

// ---- tracing

static bool is_mark(const Machine *m, const Frame *f) {
    return f && f->kind == FRAME_TRACE && f->done == m->vm->trace;
}

// The closure's frame, if it needs one, has been pushed.
static void trace_call(Machine *m, Value closure, const Lambda *l, int argc, const Value *argv) {
    VM *vm = m->vm;
    if (!vm_trace_wants(vm, closure, l))
        return;
    if (!is_mark(m, m->frames))
        push(m, FRAME_TRACE, NULL, NULL, (uint32_t)vm_trace_depth(vm), vm->trace);
    vm_trace_call(vm, m->frames->index, l, (uint32_t)argc, argv);
}

static void trace_jump(Machine *m) {
    const Frame *f = m->frames;
    while (f && !is_mark(m, f))
        f = f->next;
    vm_trace_jump(m->vm, f ? (int64_t)f->index : -1);
}

// ---- binding of arguments

static void raise_arity(Machine *m, const Lambda *lambda, int argc) {
    vm_fail_arity(m->vm, lambda, vm_lambda_who(m->vm, lambda), argc);
    raise_pending(m);
}

// Index of a keyword among the keyword parameters, or their number.
static uint32_t key_index(const Lambda *l, Value key) {
    uint32_t i = 0;
    while (i < l->keyword && l->keys[i] != key)
        i++;
    return i;
}

// Keyword arguments and the rest from argument i on. Keyword arguments come in pairs; of two with
// the same keyword the first counts. With a rest parameter they end at the first argument that is
// no known keyword. False: a failure was raised.
static bool bind_keywords(Machine *m, const Lambda *l, int argc, const Value *argv, int i,
                          Rib *rib) {
    VM *vm = m->vm;
    Value *slot = rib->slot + l->required + l->optional;
    int positional = i;
    for (; i < argc && value_is_keyword(argv[i]); i += 2) {
        uint32_t key = key_index(l, argv[i]);
        if (key == l->keyword && !l->other_keys) {
            if (l->rest)
                break;
            rt_fail(vm, CONDITION_ARITY, rt_cons(vm, argv[i], VALUE_NULL), "unknown keyword");
            raise_pending_as(m, vm_lambda_who(vm, l));
            return false;
        }
        if (i + 1 == argc) {
            rt_fail(vm, CONDITION_ARITY, rt_cons(vm, argv[i], VALUE_NULL), "no value for keyword");
            raise_pending_as(m, vm_lambda_who(vm, l));
            return false;
        }
        if (key < l->keyword && slot[key] == VALUE_DEFAULT)
            slot[key] = argv[i + 1];
    }
    if (i < argc && !l->rest) {
        rt_fail_arity(vm, vm_lambda_who(vm, l), (int)l->required, (int)(l->required + l->optional),
                      positional + (argc - i));
        raise_pending(m);
        return false;
    }
    if (l->rest)
        slot[l->keyword] = rt_list_from_array(vm, argv + i, (size_t)(argc - i));
    return true;
}

// A rib with the parameters of the clause bound, or NULL after a failure. argc has been found
// right.
static Rib *bind(Machine *m, const Lambda *l, int argc, const Value *argv, Rib *outer) {
    Rib *rib = rib_new(m, outer, l->contified ? NULL : l, lambda_param_count(l));
    int i = 0, required = (int)l->required, positional = required + (int)l->optional;
    for (; i < required; i++)
        rib->slot[i] = argv[i];
    // An argument that is a known keyword ends the optional ones.
    for (; i < positional && i < argc; i++) {
        if (l->keyword > 0 && value_is_keyword(argv[i]) && key_index(l, argv[i]) < l->keyword)
            break;
        rib->slot[i] = argv[i];
    }
    for (int j = i; j < positional + (int)l->keyword; j++)
        rib->slot[j] = VALUE_DEFAULT;
    if (l->keyword > 0 || l->other_keys)
        return bind_keywords(m, l, argc, argv, i, rib) ? rib : NULL;
    if (l->rest)
        rib->slot[positional] = rt_list_from_array(m->vm, argv + i, (size_t)(argc - i));
    return rib;
}

// ---- continuations

static Value continuation_new(Machine *m, unsigned flags, Frame *frames, Frame *end) {
    Continuation *k = rt_object_new(m->vm, TYPE_CONTINUATION, flags, 0, sizeof *k);
    FRESH(k->frames) = frames;
    FRESH(k->end) = end;
    FRESH(k->dynamic) = m->vm->dynamic;
    FRESH(k->evaluation) = m->evaluation;
    return value_from_pointer(k);
}

// The frames of a slice on top of the current continuation.
static void push_slice(Machine *m, const Continuation *k) {
    Frame *below = m->frames, **link = &m->frames;
    for (const Frame *f = k->frames; f != k->end; f = f->next) {
        Frame *copy = rt_raw_new(m->vm, sizeof *copy);
        *copy = *f;
        *link = copy;
        link = &copy->next;
    }
    *link = below;
}

// The frame of an escape, or NULL: it is not part of the continuation.
static const Frame *find_marker(const Machine *m, Value escape) {
    const Frame *f = m->frames;
    while (f && !(f->kind == FRAME_ESCAPE && f->done == escape))
        f = f->next;
    return f;
}

// Before (procedure argument …) takes up the continuation k. True: extents of dynamic-wind have to
// be left or entered first; the hook makes the call again.
static bool take_winders(Machine *m, const Continuation *k, Value procedure, int argc,
                         const Value *argv, bool tail) {
    VM *vm = m->vm;
    const Dynamic *here = (const Dynamic *)value_vector(vm->dynamic)->item,
                  *there = (const Dynamic *)value_vector(k->dynamic)->item;
    if (here->winders == there->winders || !value_is_procedure(vm->rewind_hook))
        return false;
    Value arguments[] = {procedure, there->winders, rt_list_from_array(vm, argv, (size_t)argc)};
    apply(m, vm->rewind_hook, 3, arguments, tail);
    return true;
}

static void apply_continuation(Machine *m, Value continuation, int argc, const Value *argv,
                               bool tail) {
    const Continuation *k = value_object(continuation);
    Value value = deliver(m, argc, argv);
    if (object_flags(k) & CONTINUATION_SLICE) {
        if (!tail)
            push(m, FRAME_RETURN, m->site, m->site_rib, 0, VALUE_NULL);
        push_slice(m, k);
        answer(m, value);
        if (polled(m) & INTERRUPT_TRACE)
            trace_jump(m);
        return;
    }
    if (k->evaluation != m->evaluation && !k->evaluation->ended) {
        rt_fail_at(m->vm, CONDITION_CONTROL, 0, VALUE_FALSE, VALUE_NULL,
                   "continuation belongs to an evaluation that is suspended by its host");
        raise_pending(m);
        return;
    }
    const Frame *marker = NULL;
    if (object_flags(k) & CONTINUATION_ESCAPE) {
        marker = find_marker(m, continuation);
        if (!marker) {
            rt_fail_at(m->vm, CONDITION_CONTROL, 0, VALUE_FALSE, VALUE_NULL,
                       "escape continuation called after its extent has ended");
            raise_pending(m);
            return;
        }
    }
    if (take_winders(m, k, continuation, argc, argv, tail))
        return;
    m->frames = marker ? marker->next : k->frames;
    m->vm->dynamic = k->dynamic;
    answer(m, value);
    if (polled(m) & INTERRUPT_TRACE)
        trace_jump(m);
}

// ---- control operations: primitives that need the machine

// (apply f a … list)
static void control_apply(Machine *m, int argc, const Value *argv, bool tail) {
    int fixed = argc < 2 ? 0 : argc - 2;
    Value list = argc < 2 ? VALUE_NULL : argv[argc - 1];
    ptrdiff_t length = rt_list_length(list);
    if (length < 0) {
        rt_fail_type(m->vm, argc, "list", list);
        raise_pending_as(m, rt_intern(m->vm, "apply"));
        return;
    }
    if (length > INT32_MAX - fixed || !rt_heap_reserve(m->vm, (size_t)length, sizeof(Value))) {
        if (length > INT32_MAX - fixed)
            rt_fail_memory(m->vm, SIZE_MAX);
        raise_pending_as(m, rt_intern(m->vm, "apply"));
        return;
    }
    Value *args = rt_raw_new(m->vm, ((size_t)fixed + (size_t)length + 1) * sizeof *args);
    for (int i = 0; i < fixed; i++)
        args[i] = argv[i + 1];
    for (ptrdiff_t i = 0; i < length; i++, list = value_cdr(list))
        args[fixed + i] = value_car(list);
    apply(m, argv[0], fixed + (int)length, args, tail);
}

// (%capture-prompt tag f)
static void control_capture_prompt(Machine *m, Value tag, Value procedure) {
    Frame *prompt = m->frames;
    while (prompt && !(prompt->kind == FRAME_PROMPT && prompt->done == tag))
        prompt = prompt->next;
    if (!prompt) {
        rt_fail(m->vm, CONDITION_CONTROL, rt_cons(m->vm, tag, VALUE_NULL),
                "there is no prompt with tag");
        raise_pending_as(m, rt_intern(m->vm, "capture-prompt"));
        return;
    }
    Value slice = continuation_new(m, CONTINUATION_SLICE, m->frames, prompt);
    m->frames = prompt->next;
    // The activation of the call is gone from the continuation, so the procedure is called by the
    // prompt's caller.
    apply(m, procedure, 1, &slice, true);
}

// (%leave k thunk) and (%leave-with-slice k f)
static void control_leave(Machine *m, const Primitive *p, const Value *argv, bool tail) {
    VM *vm = m->vm;
    if (!value_has_type(argv[0], TYPE_CONTINUATION) ||
        !(object_flags(value_object(argv[0])) & CONTINUATION_ESCAPE)) {
        rt_fail_type(vm, 1, "escape continuation", argv[0]);
        raise_pending_as(m, rt_intern(vm, p->name));
        return;
    }
    const Continuation *k = value_object(argv[0]);
    Frame *marker = (Frame *)find_marker(m, argv[0]);
    if (!marker) {
        answer(m, VALUE_FALSE);
        return;
    }
    if (take_winders(m, k, rt_primitive_object(vm, p), 2, argv, tail))
        return;
    Value slice = p->control == CONTROL_LEAVE
                      ? VALUE_NONE
                      : continuation_new(m, CONTINUATION_SLICE, m->frames, marker->next);
    m->frames = marker->next;
    vm->dynamic = k->dynamic;
    at_site(m, marker->node, marker->rib);
    apply(m, argv[1], slice == VALUE_NONE ? 0 : 1, &slice, marker->index);
}

PrimitiveFn0 vm_prim_interaction_environment; // language.c

// (eval expr env): the code runs in place, so that a continuation captured inside is the whole one.
// Imports and library definitions happen while expanding.
static void control_eval(Machine *m, int argc, const Value *argv, bool tail) {
    VM *vm = m->vm;
    Value environment = argc > 1 ? argv[1] : vm_prim_interaction_environment(vm);
    if (!value_is_environment(environment)) {
        if (environment == VALUE_FAILURE) {
            raise_pending(m);
            return;
        }
        rt_fail_type(vm, 2, "environment", environment);
        raise_pending_as(m, rt_intern(vm, "eval"));
        return;
    }
    Node *node = vm_expand(vm, argv[0], environment, NULL);
    Lambda *top = node ? vm_passes_run(vm, node) : NULL;
    if (!top || !vm_cek_address(vm, top)) {
        raise_pending(m);
        return;
    }
    if (!tail)
        push(m, FRAME_RETURN, m->site, m->site_rib, 0, VALUE_NULL);
    evaluate(m, top->body, rib_new(m, NULL, top, 0));
}

static bool is_procedure(Machine *m, Value v, const char *who) {
    if (value_is_procedure(v))
        return true;
    rt_fail_type(m->vm, 1, "procedure", v);
    raise_pending_as(m, rt_intern(m->vm, who));
    return false;
}

static void control(Machine *m, const Primitive *p, int argc, const Value *argv, bool tail) {
    VM *vm = m->vm;
    switch (p->control) {
    case CONTROL_APPLY:
        control_apply(m, argc, argv, tail);
        return;
    case CONTROL_CALL_VALUES:
        push(m, FRAME_CONSUMER, m->site, m->site_rib, tail, argv[1]);
        apply(m, argv[0], 0, NULL, false);
        return;
    case CONTROL_CAPTURE: {
        if (!is_procedure(m, argv[0], "call/cc"))
            return;
        Value *arguments = rt_raw_new(vm, (size_t)argc * sizeof *arguments);
        memcpy(arguments, argv, (size_t)argc * sizeof *arguments);
        arguments[0] = continuation_new(m, 0, m->frames, NULL);
        apply(m, argv[0], argc, arguments, tail);
        return;
    }
    case CONTROL_ESCAPE: {
        if (!is_procedure(m, argv[0], "call/ec"))
            return;
        Value k = continuation_new(m, CONTINUATION_ESCAPE, NULL, NULL);
        push(m, FRAME_ESCAPE, m->site, m->site_rib, tail, k);
        apply(m, argv[0], 1, &k, false);
        return;
    }
    case CONTROL_LEAVE:
    case CONTROL_LEAVE_CAPTURE:
        control_leave(m, p, argv, tail);
        return;
    case CONTROL_PROMPT:
        push(m, FRAME_PROMPT, m->site, m->site_rib, 0, argv[0]);
        apply(m, argv[1], 0, NULL, false);
        return;
    case CONTROL_CAPTURE_PROMPT:
        control_capture_prompt(m, argv[0], argv[1]);
        return;
    case CONTROL_EVAL:
        control_eval(m, argc, argv, tail);
        return;
    case CONTROL_ABORT:
        vm->condition = argv[0];
        halt(m);
        return;
    case CONTROL_EXIT:
        vm->exit_status = argv[0];
        vm->condition = VALUE_UNSPECIFIED;
        halt(m);
        return;
    case CONTROL_BACKTRACE:
        answer(m, backtrace(m));
        return;
    case CONTROL_NONE:
        break;
    }
    ASSERT(false, "primitive %s: no such control operation: %d", p->name, (int)p->control);
}

// ---- application

static void apply_primitive(Machine *m, const Primitive *p, int argc, const Value *argv,
                            bool tail) {
    if (argc < p->min || (p->max >= 0 && argc > p->max)) {
        rt_fail_arity(m->vm, rt_intern(m->vm, p->name), p->min, p->max, argc);
        raise_pending(m);
        return;
    }
    if (p->control != CONTROL_NONE) {
        control(m, p, argc, argv, tail);
        return;
    }
    Value value = rt_primitive_call(m->vm, p, argc, argv);
    if (value == VALUE_FAILURE)
        raise_pending(m);
    else
        answer(m, value);
}

static void apply_closure(Machine *m, Value closure, int argc, const Value *argv, bool tail) {
    const Lambda *first = closure_lambda(closure), *l = first;
    for (; l != NULL; l = l->next) {
        int max = lambda_max_args(l);
        if (argc >= (int)l->required && (max < 0 || argc <= max))
            break;
    }
    if (!l) {
        raise_arity(m, first, argc);
        return;
    }
    Rib *rib = bind(m, l, argc, argv, closure_rib(closure));
    if (!rib)
        return;
    if (!tail)
        push(m, FRAME_RETURN, m->site, m->site_rib, 0, VALUE_NULL);
    if (polled(m) & INTERRUPT_TRACE)
        trace_call(m, closure, l, argc, argv);
    evaluate(m, l->body, rib);
}

static void apply_parameter(Machine *m, Value parameter, int argc) {
    VM *vm = m->vm;
    if (argc != 0) {
        rt_fail_arity(vm, rt_intern(vm, "parameter"), 0, 0, argc);
        raise_pending(m);
        return;
    }
    const Dynamic *dynamic = (const Dynamic *)value_vector(vm->dynamic)->item;
    for (Value p = dynamic->parameters; value_is_pair(p); p = value_cdr(p)) {
        Value binding = value_car(p);
        if (value_is_pair(binding) && value_car(binding) == parameter &&
            value_is_box(value_cdr(binding))) {
            answer(m, value_box(value_cdr(binding))->value);
            return;
        }
    }
    answer(m, value_parameter(parameter)->value);
}

// Call a procedure at m->site. tail: its continuation is m->frames as it is.
static void apply(Machine *m, Value procedure, int argc, const Value *argv, bool tail) {
    if (polled(m) & INTERRUPT_STEPS)
        rt_limit_step(m->vm);
    if (interrupted(m, procedure, argc, argv, tail))
        return;
    switch (value_is_object(procedure) ? object_type(value_object(procedure)) : TYPE_NONE) {
    case TYPE_CLOSURE:
        apply_closure(m, procedure, argc, argv, tail);
        return;
    case TYPE_PRIMITIVE:
        apply_primitive(m, value_primitive(procedure)->row, argc, argv, tail);
        return;
    case TYPE_CONTINUATION:
        apply_continuation(m, procedure, argc, argv, tail);
        return;
    case TYPE_PARAMETER:
        apply_parameter(m, procedure, argc);
        return;
    default:
        rt_fail(m->vm, CONDITION_TYPE, rt_cons(m->vm, procedure, VALUE_NULL),
                "expected procedure, got");
        raise_pending_as(m, rt_intern(m->vm, "call"));
    }
}

static bool is_tail(const Node *node) { return node->flags & (NODE_TAIL | NODE_JUMP); }

// Operator and arguments of a call have been evaluated; `done` holds the arguments, the last first.
static void call(Machine *m, Node *node, Rib *rib, Value procedure, Value done) {
    at_site(m, node, rib);
    uint32_t count = node->call.count;
    apply(m, procedure, (int)count, unreverse(m, done, count), is_tail(node));
}

// The arguments of a Prim have been evaluated. Its guard stands for the operator, which comes last.
static void call_prim(Machine *m, Node *node, Rib *rib, Value done) {
    at_site(m, node, rib);
    const Primitive *p = node->prim.prim;
    int argc = (int)node->prim.count;
    const Value *argv = unreverse(m, done, node->prim.count);
    if (node->prim.cell != VALUE_NONE) {
        Value held = value_cell(node->prim.cell)->value;
        if (held == VALUE_UNBOUND) {
            raise_unbound(m, node->prim.cell, "");
            return;
        }
        if (!value_is_primitive(held) || value_primitive(held)->row != p) {
            apply(m, held, argc, argv, is_tail(node));
            return;
        }
    }
    if (interrupted(m, rt_primitive_object(m->vm, p), argc, argv, is_tail(node)))
        return;
    apply_primitive(m, p, argc, argv, is_tail(node));
}

// ---- evaluation: what an expression begins with

static Value local_value(const Rib *rib, const Node *node) {
    for (uint32_t i = 0; i < node->local.depth; i++)
        rib = rib->outer;
    return rib->slot[node->local.var->slot];
}

static void evaluate_operator(Machine *m, Node *node, Rib *rib, Value done) {
    push(m, FRAME_OPERATOR, node, rib, 0, done);
    evaluate(m, node->call.fn, rib);
}

// The steps are calls of their own, so that what they leave in C frames does not keep whole
// continuations alive.
[[gnu::noinline]] static void step_evaluate(Machine *m) {
    Node *node = m->node;
    Rib *rib = m->rib;
    switch (node->kind) {
    case NODE_CONST:
        answer(m, node->constant);
        return;
    case NODE_LOCAL:
        answer(m, local_value(rib, node));
        return;
    case NODE_GLOBAL: {
        Value value = value_cell(node->global.cell)->value;
        if (value != VALUE_UNBOUND) {
            answer(m, value);
            return;
        }
        at_site(m, node, rib);
        raise_unbound(m, node->global.cell, "");
        return;
    }
    case NODE_SET_GLOBAL:
    case NODE_DEFINE:
        push(m, FRAME_STORE, node, rib, 0, VALUE_NULL);
        evaluate(m, node->global.value, rib);
        return;
    case NODE_IF:
        push(m, FRAME_IF, node, rib, 0, VALUE_NULL);
        evaluate(m, node->branch.test, rib);
        return;
    case NODE_LAMBDA:
        answer(m, closure_new(m, node->lambda, rib));
        return;
    case NODE_CALL:
        if (node->call.count == 0) {
            evaluate_operator(m, node, rib, VALUE_NULL);
            return;
        }
        push(m, FRAME_ARGUMENT, node, rib, 0, VALUE_NULL);
        evaluate(m, node->call.args[0], rib);
        return;
    case NODE_PRIM:
        if (node->prim.count == 0) {
            call_prim(m, node, rib, VALUE_NULL);
            return;
        }
        push(m, FRAME_ARGUMENT, node, rib, 0, VALUE_NULL);
        evaluate(m, node->prim.args[0], rib);
        return;
    case NODE_SEQ:
        if (node->seq.count > 1)
            push(m, FRAME_SEQ, node, rib, 0, VALUE_NULL);
        evaluate(m, node->seq.items[0], rib);
        return;
    case NODE_LET:
        push(m, FRAME_LET, node, rib, 0, VALUE_NULL);
        evaluate(m, node->let.inits[0], rib);
        return;
    case NODE_FIX: {
        Rib *inner = rib_new(m, rib, NULL, node->let.count);
        for (uint32_t i = 0; i < node->let.count; i++)
            inner->slot[i] = closure_new(m, node->let.inits[i]->lambda, inner);
        evaluate(m, node->let.body, inner);
        return;
    }
    case NODE_SET_LOCAL:
    case NODE_KIND_COUNT:
        break;
    }
    ASSERT(false, "the CEK met a node of kind %d", (int)node->kind);
}

// ---- return: what an expression goes on with

static void return_argument(Machine *m, const Frame *f) {
    Node *node = f->node;
    bool prim = node->kind == NODE_PRIM;
    uint32_t count = prim ? node->prim.count : node->call.count, next = f->index + 1;
    Value done = rt_cons(m->vm, m->value, f->done);
    if (next < count) {
        push(m, FRAME_ARGUMENT, node, f->rib, next, done);
        evaluate(m, prim ? node->prim.args[next] : node->call.args[next], f->rib);
    } else if (prim) {
        call_prim(m, node, f->rib, done);
    } else {
        evaluate_operator(m, node, f->rib, done);
    }
}

static void return_let(Machine *m, const Frame *f) {
    Node *node = f->node;
    uint32_t next = f->index + 1;
    Value done = rt_cons(m->vm, m->value, f->done);
    if (next < node->let.count) {
        push(m, FRAME_LET, node, f->rib, next, done);
        evaluate(m, node->let.inits[next], f->rib);
        return;
    }
    Rib *rib = rib_new(m, f->rib, NULL, next);
    for (uint32_t i = next; i-- > 0; done = value_cdr(done))
        rib->slot[i] = value_car(done);
    evaluate(m, node->let.body, rib);
}

static void return_store(Machine *m, const Frame *f) {
    Value cell_value = f->node->global.cell;
    Cell *cell = value_cell(cell_value);
    if (cell->value == VALUE_UNBOUND) {
        if (f->node->kind == NODE_SET_GLOBAL) {
            at_site(m, f->node, f->rib);
            raise_unbound(m, cell_value, "set!: ");
            return;
        }
    } else {
        object_set_flags(cell, object_flags(cell) | CELL_ASSIGNED);
    }
    cell->value = m->value;
    answer(m, VALUE_UNSPECIFIED);
}

[[gnu::noinline]] static void step_return(Machine *m) {
    const Frame *f = m->frames;
    m->frames = f->next;
    switch ((FrameKind)f->kind) {
    case FRAME_ARGUMENT:
        return_argument(m, f);
        return;
    case FRAME_OPERATOR:
        call(m, f->node, f->rib, m->value, f->done);
        return;
    case FRAME_IF:
        evaluate(m, value_is_truthy(m->value) ? f->node->branch.then : f->node->branch.otherwise,
                 f->rib);
        return;
    case FRAME_SEQ: {
        uint32_t next = f->index + 1;
        // The last item is in tail position.
        if (next + 1 < f->node->seq.count)
            push(m, FRAME_SEQ, f->node, f->rib, next, VALUE_NULL);
        evaluate(m, f->node->seq.items[next], f->rib);
        return;
    }
    case FRAME_LET:
        return_let(m, f);
        return;
    case FRAME_STORE:
        return_store(m, f);
        return;
    case FRAME_RETURN:
    case FRAME_PROMPT:
    case FRAME_ESCAPE:
        return; // the value goes on
    case FRAME_TRACE:
        vm_trace_return(m->vm, f->done, f->index, m->value);
        return;
    case FRAME_CONSUMER: {
        const Value *argv;
        Value value = m->value;
        int argc = delivered(&value, &argv);
        at_site(m, f->node, f->rib);
        apply(m, f->done, argc, argv, f->index);
        return;
    }
    case FRAME_RESUME: {
        uint32_t argc = (uint32_t)rt_list_length(value_cdr(f->done));
        Value *argv = rt_raw_new(m->vm, ((size_t)argc + 1) * sizeof *argv);
        Value list = value_cdr(f->done);
        for (uint32_t i = 0; i < argc; i++, list = value_cdr(list))
            argv[i] = value_car(list);
        at_site(m, f->node, f->rib);
        apply(m, value_car(f->done), (int)argc, argv, f->index);
        return;
    }
    }
}

// ---- the evaluations themselves

// What is put back when an evaluation ends: escapes that end it pass by the code that would do so.
typedef struct Outer {
    Value dynamic;
    Modes modes;
} Outer;

static Outer begin(Machine *m, VM *vm) {
    Outer outer = {.dynamic = vm->dynamic, .modes = rt_modes(vm)};
    rt_dynamic_isolate(vm);
    *m = (Machine){.vm = vm};
    m->evaluation = rt_raw_new(vm, sizeof *m->evaluation);
    m->evaluation->outer = vm->tier_state;
    vm->tier_state = m->evaluation;
    return outer;
}

// Steps until the value has nowhere to go.
static Value finish(Machine *m, Outer outer) {
    while (m->node || m->frames) {
        if (m->node)
            step_evaluate(m);
        else
            step_return(m);
    }
    m->evaluation->ended = true;
    m->vm->tier_state = m->evaluation->outer;
    m->vm->dynamic = outer.dynamic;
    rt_modes_restore(m->vm, outer.modes);
    return m->value;
}

static Value cek_run(VM *vm, Lambda *top) {
    if (rt_stack_low(vm))
        return rt_fail_depth(vm);
    if (!vm_cek_address(vm, top))
        return VALUE_FAILURE;
    Machine m;
    Outer outer = begin(&m, vm);
    evaluate(&m, top->body, rib_new(&m, NULL, top, 0));
    return finish(&m, outer);
}

static Value cek_apply(VM *vm, Value procedure, int argc, const Value *argv) {
    if (rt_stack_low(vm))
        return rt_fail_depth(vm);
    Machine m;
    Outer outer = begin(&m, vm);
    // A node for errors of the call itself: it has no position.
    at_site(&m, vm_node_const(vm, VALUE_UNSPECIFIED, 0), NULL);
    apply(&m, procedure, argc, argv, true);
    return finish(&m, outer);
}

static Lambda *cek_closure_lambda(Value closure) { return closure_lambda(closure); }

static void cek_uses(Uses *uses, Value closure) {
    for (Lambda *l = closure_lambda(closure); l; l = l->next)
        (void)vm_uses_core(uses, l->body);
}

const Tier vm_tier_cek = {.name = "cek",
                          .run = cek_run,
                          .apply = cek_apply,
                          .closure_lambda = cek_closure_lambda,
                          .uses = cek_uses};
