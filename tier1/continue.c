// Continuations: frames on the heap, and the operations on them.
//
//   VM stack of an evaluation                     heap
//   floor │ frame │ frame │ … │ innermost          frame ─> frame ─> frame ─> …  Evaluation.below
//           pc NULL: returns to ───────────────────^
//
// A capture moves all frames of the stack to the heap, where they are immutable. So a later capture
// finds the older frames there already, and several continuations share them. Returning from the
// lowest frame of the stack copies one heap frame to the stack and goes on in it; the heap frame
// stays as it is, so a continuation can be entered any number of times. (Hieb, Dybvig, Bruggeman,
// "Representing Control in the Presence of First-Class Continuations", PLDI 1990, with frames split
// off one by one; Clinger, Hartheimer, Ost, "Implementation Strategies for First-Class
// Continuations", 1999: incremental stack/heap.)
//
// An escape (%call-with-escape) moves nothing: it is a marker, a control frame, that is looked for
// from the innermost frame outwards when the escape is called. It is valid where the marker is part
// of the continuation, be it on the stack or, because somebody did capture, on the heap.
//
// The same happens when the stack is full. So recursion is bounded by the heap alone.
#include "runtime/list.h"
#include "runtime/symbol.h"
#include "tier1/machine_int.h"
#include "vm/expand.h"
#include "vm/language.h"
#include "vm/passes.h"
#include "vm/trace.h"

// ---- frames

static HeapFrame *heap_frame(T1 *t, const uint32_t *pc, Value link, const Value *base,
                             uint32_t count) {
    HeapFrame *f = rt_raw_new_tracked(t->vm, sizeof *f + count * sizeof(Value));
    FRESH(f->place) = frame_place(pc, count);
    FRESH(f->link) = link;
    FRESH(f->closure) = frame_closure(base);
    memcpy(&FRESH(f->registers[0]), base, count * sizeof(Value));
    return f;
}

static void at_bottom_of(T1 *t, Value *base) {
    Code *code = t1_closure_code(t->control[CONTROL_FRAME_BOTTOM]);
    frame_link(base, NULL, NULL, 0);
    base[FRAME_CLOSURE] = t->control[CONTROL_FRAME_BOTTOM];
    t->vm->frame_base = base;
    t->at.base = base;
    t->at.constants = code->constants;
    t->at.next = code->words;
    t->at.dst = 0;
    t->at.window = 0;
    t->at.tail = true;
}

void t1_at_bottom(T1 *t) { at_bottom_of(t, t->evaluation->floor + FRAME_HEADER); }

HeapFrame *t1_context_frame(T1 *t) {
    const Context *at = &t->at;
    return heap_frame(t, at->next, link_make(at->constants, at->dst), at->base, at->window);
}

static inline void copy_callers(T1 *t, const Value *base, FrameList *list) {
    for (; frame_pc(base); base = frame_caller(base)) {
        const Value *caller = frame_caller(base);
        // What stands below a native function's call of a control operation: the frame of that
        // function comes next, and the call is not in tail position in that.
        if (!frame_pc(caller) && caller != t->evaluation->floor + FRAME_HEADER &&
            t1_is_bottom(caller)) {
            rt_heap_store(&list->last->registers[CONTROL_FRAME_TAIL], value_from_fixnum(0));
            return;
        }
        t1_add_frame(list, heap_frame(t, frame_pc(base), base[FRAME_LINK], caller,
                                      (uint32_t)(base - caller) - FRAME_HEADER));
    }
}

void t1_copy_callers(T1 *t, const Value *base, FrameList *list) { copy_callers(t, base, list); }

void t1_put_below(T1 *t, const FrameList *list) {
    if (list->first) {
        HEAP_STORE_POINTER(list->last->next, t->evaluation->below);
        t->evaluation->below = list->first;
    }
    t1_at_bottom(t);
}

HeapFrame *t1_move_frames(T1 *t) {
    FrameList list = {0};
    if (!t->at.tail)
        t1_add_frame(&list, t1_context_frame(t));
    copy_callers(t, t->at.base, &list);
    t1_put_below(t, &list);
    return t->evaluation->below;
}

const HeapFrame *t1_reinstate(T1 *t) {
    const HeapFrame *f = t->evaluation->below;
    t->evaluation->below = f->next;
    Value *base = t->evaluation->floor + FRAME_HEADER;
    frame_link(base, NULL, NULL, 0);
    base[FRAME_CLOSURE] = f->closure;
    memcpy(base, f->registers, heap_frame_count(f) * sizeof(Value));
    t->at.base = base;
    t->at.constants = link_constants(f->link);
    t->at.next = heap_frame_pc(f);
    t->at.dst = link_dst(f->link);
    t->at.window = heap_frame_count(f);
    t->at.tail = false;
    return f;
}

void t1_settle(T1 *t) {
    t->unsettled = false;
    (void)t1_reinstate(t);
}

void t1_return(T1 *t, Value value) {
    Value *base = t->at.base;
    if (frame_pc(base)) {
        Value link = base[FRAME_LINK];
        t->at.next = frame_pc(base);
        t->at.base = frame_caller(base);
        t->at.base[link_dst(link)] = value;
        t->at.constants = link_constants(link);
    } else if (t1_is_nested(t)) {
        t->done = true;
        t->result = value;
    } else if (t->evaluation->below) {
        const HeapFrame *f = t1_reinstate(t);
        t->at.base[link_dst(f->link)] = value;
    } else {
        t->done = true;
        t->result = value;
    }
}

// ---- control frames

void t1_push_control(T1 *t, ControlKind kind, Value r0, Value r3) {
    VM *vm = t->vm;
    Context *at = &t->at;
    Value closure = t->control[kind];
    bool tail = at->tail;
    Value *frame = at->base + at->window + FRAME_HEADER;
    // Where the stack is full, the context's frame becomes the innermost on the heap, also in tail
    // position. An activation without frames has nothing to be moved. On top of native frames the
    // next call moves them: until then there is room in the margin.
    if (!t1_is_nested(t) && t1_stack_short(t, frame) && !t1_is_bottom(at->base)) {
        at->tail = false;
        (void)t1_move_frames(t);
        frame = at->base;
    }
    if (frame == at->base)
        frame_link(frame, NULL, NULL, 0);
    else
        frame_link(frame, at->next, at->base, link_make(at->constants, at->dst));
    frame[FRAME_CLOSURE] = closure;
    frame[0] = r0;
    frame[CONTROL_FRAME_TAIL] = value_from_fixnum(tail);
    frame[CONTROL_FRAME_RESULT] = VALUE_FALSE;
    frame[3] = r3;
    Code *code = t1_closure_code(closure);
    vm->frame_base = frame;
    at->base = frame;
    at->constants = code->constants;
    at->next = code->words;
    at->dst = CONTROL_FRAME_RESULT;
    at->window = CONTROL_FRAME_REGISTERS;
    at->tail = false;
}

// The context of the call that the control frame at t->at.base stands for.
static void leave_control(T1 *t) {
    Context *at = &t->at;
    Value *frame = at->base;
    bool tail = frame[CONTROL_FRAME_TAIL] != value_from_fixnum(0);
    if (frame_pc(frame)) {
        Value link = frame[FRAME_LINK];
        at->next = frame_pc(frame);
        at->base = frame_caller(frame);
        at->constants = link_constants(link);
        at->dst = link_dst(link);
        at->window = (uint32_t)(frame - at->base) - FRAME_HEADER;
    } else if (t1_is_nested(t)) { // the outermost frame of an exit
        at_bottom_of(t, frame);
        tail = true;
    } else if (t->evaluation->below) {
        (void)t1_reinstate(t);
    } else { // the entry of a prompt's thunk, in a slice that was put at the bottom of an
             // evaluation
        t1_at_bottom(t);
        tail = true;
    }
    at->tail = tail;
    at->site_code = t1_code_of(at->constants);
    at->site_next = at->next;
    if (at->site_code->control)
        at->site_code = NULL;
    t->vm->frame_base = at->base;
}

// The values that were delivered as one object.
static uint32_t delivered(const Value *value, const Value **argv) {
    if (!value_is_values(*value)) {
        *argv = value;
        return 1;
    }
    *argv = value_values(*value)->item;
    return object_aux(value_object(*value));
}

void t1_resume_control(T1 *t) {
    const Value *frame = t->at.base;
    Value r0 = frame[0], r3 = frame[3], result = frame[CONTROL_FRAME_RESULT];
    ControlKind kind = t1_code_control(t1_closure_code(frame_closure(frame)));
    leave_control(t);
    switch (kind) {
    case CONTROL_FRAME_RETURN:
    case CONTROL_FRAME_ESCAPE:
    case CONTROL_FRAME_PROMPT:
    case CONTROL_FRAME_HIDE:
    case CONTROL_FRAME_ENTRY:
        t1_answer(t, result);
        return;
    case CONTROL_FRAME_VALUES: {
        const Value *argv;
        uint32_t argc = delivered(&result, &argv);
        t1_apply(t, r0, argc, argv);
        return;
    }
    case CONTROL_FRAME_RESUME:
    case CONTROL_FRAME_OPERATOR: {
        uint32_t argc;
        Value *argv = t1_list_array(t->vm, r3, &argc);
        t1_apply(t, kind == CONTROL_FRAME_RESUME ? r0 : result, argc, argv);
        return;
    }
    case CONTROL_FRAME_TRACE:
        vm_trace_return(t->vm, r0, value_fixnum(r3), result);
        t1_answer(t, result);
        return;
    case CONTROL_FRAME_BRANCH:
        t->at.next =
            t1_code_of(t->at.constants)->words + value_fixnum(value_is_truthy(result) ? r0 : r3);
        return;
    case CONTROL_FRAME_NONE:
    case CONTROL_FRAME_BOTTOM:
    case CONTROL_FRAME_NATIVE:
    case CONTROL_FRAME_KINDS:
        break;
    }
    ASSERT(false, "no control frame: %d", (int)kind);
}

// ---- tracing

static bool is_mark(const T1 *t, Value closure, const Value *registers) {
    return closure == t->control[CONTROL_FRAME_TRACE] && registers[0] == t->vm->trace;
}

// A tail context becomes that of the call it will return to, if there is one.
static void leave_activation(T1 *t) {
    Context *at = &t->at;
    Value *base = at->base;
    if (frame_pc(base)) {
        Value link = base[FRAME_LINK];
        at->next = frame_pc(base);
        at->base = frame_caller(base);
        at->constants = link_constants(link);
        at->dst = link_dst(link);
        at->window = (uint32_t)(base - at->base) - FRAME_HEADER;
        at->tail = false;
    } else if (t->evaluation->below)
        (void)t1_reinstate(t);
    t->vm->frame_base = at->base;
}

const Value *t1_trace_call(T1 *t, Value closure, const Lambda *lambda, uint32_t argc,
                           const Value *argv) {
    VM *vm = t->vm;
    if (!vm_trace_wants(vm, closure, lambda))
        return argv;
    // Frames move, or come to lie where the arguments are.
    Value *copy = rt_raw_new(vm, ((size_t)argc + 1) * sizeof *copy);
    if (argc)
        memcpy(copy, argv, argc * sizeof *copy);
    uint32_t shown = argc - t1_closure_code(closure)->lifted;
    Context *at = &t->at;
    bool tail = at->tail;
    if (tail)
        leave_activation(t);
    if (tail && !at->tail && is_mark(t, frame_closure(at->base), at->base)) {
        vm_trace_call(vm, value_fixnum(at->base[3]), lambda, shown, copy);
        return copy;
    }
    int64_t depth = vm_trace_depth(vm);
    t1_push_control(t, CONTROL_FRAME_TRACE, vm->trace, value_from_fixnum(depth));
    vm_trace_call(vm, depth, lambda, shown, copy);
    return copy;
}

static void trace_jump(T1 *t) {
    if (!(atomic_load(&t->vm->interrupts) & INTERRUPT_TRACE))
        return;
    const Value *base = t->at.base;
    for (; !is_mark(t, frame_closure(base), base); base = frame_caller(base))
        if (!frame_pc(base)) {
            base = NULL;
            break;
        }
    const HeapFrame *f = t->evaluation->below;
    while (!base && f && !is_mark(t, f->closure, f->registers))
        f = f->next;
    if (!base && f)
        base = f->registers;
    vm_trace_jump(t->vm, base ? value_fixnum(base[3]) : -1);
}

// ---- continuations

static Value continuation_new(T1 *t, unsigned flags, HeapFrame *frames, HeapFrame *end) {
    bool slice = flags & CONTINUATION_SLICE;
    size_t size = slice ? sizeof(Continuation) : offsetof(Continuation, end);
    Continuation *k = rt_object_new(t->vm, TYPE_CONTINUATION, flags, 0, size);
    FRESH(k->frames) = frames;
    if (slice)
        FRESH(k->end) = end;
    FRESH(k->dynamic) = t->vm->dynamic;
    FRESH(k->evaluation) = t->evaluation;
    return value_from_pointer(k);
}

// n values as one object: the value itself when n is 1.
static Value deliver(T1 *t, uint32_t argc, const Value *argv) {
    if (argc == 1)
        return argv[0];
    Values *v = rt_object_new(t->vm, TYPE_VALUES, 0, argc, (size_t)argc * sizeof(Value));
    for (uint32_t i = 0; i < argc; i++)
        FRESH(v->item[i]) = argv[i];
    return value_from_pointer(v);
}

// The frames of a slice on top of what is below.
static void push_slice(T1 *t, const Continuation *k) {
    FrameList list = {0};
    for (const HeapFrame *f = k->frames; f != k->end; f = f->next) {
        size_t bytes = sizeof *f + heap_frame_count(f) * sizeof(Value);
        HeapFrame *copy = rt_raw_new_tracked(t->vm, bytes);
        memcpy(copy, f, bytes);
        FRESH(copy->next) = NULL;
        t1_add_frame(&list, copy);
    }
    if (list.first) {
        HEAP_STORE_POINTER(list.last->next, t->evaluation->below);
        t->evaluation->below = list.first;
    }
}

// ---- escapes

// The frame of an escape: on the stack, on the heap, or neither: it is not part of the
// continuation.
typedef struct Marker {
    Value *base;
    bool is_outer; // native frames lie between base and the activation that runs
    HeapFrame *below;
} Marker;

static Marker find_marker(const T1 *t, Value escape) {
    Value kind = t->control[CONTROL_FRAME_ESCAPE];
    Value *base = t->at.base;
    for (const Activation *a = t->activation;; a = a->outer) {
        for (;; base = frame_caller(base)) {
            if (frame_closure(base) == kind && base[0] == escape)
                return (Marker){.base = base, .is_outer = a != t->activation};
            if (!frame_pc(base))
                break;
        }
        if (!a)
            break;
        base = a->frame_base;
    }
    HeapFrame *f = t->evaluation->below;
    while (f && !(f->closure == kind && f->registers[0] == escape))
        f = f->next;
    return (Marker){.below = f};
}

// On the heap, and native frames lie above: they have to go there first.
static bool is_below_native(const T1 *t, Marker marker) { return !marker.base && t1_is_nested(t); }

static bool is_found(Marker marker) { return marker.base || marker.below; }

// The context of the call that the marker stands for.
static void leave_to(T1 *t, Marker marker) {
    if (marker.base) {
        t->at.base = marker.base;
    } else {
        t1_at_bottom(t);
        t->evaluation->below = marker.below;
        (void)t1_reinstate(t);
    }
    leave_control(t);
}

void t1_leave_to(T1 *t, Value *marker) { leave_to(t, (Marker){.base = marker}); }

// Does a frame exist for the marker alone, because it was pushed in tail position?
static bool is_kept(const Marker *marker) {
    const Value *registers = marker->base ? marker->base : marker->below->registers;
    return registers[CONTROL_FRAME_TAIL] != value_from_fixnum(0);
}
static bool slice_wants_heap(const Marker *marker) {
    return !marker->base || (is_kept(marker) && !frame_pc(marker->base));
}

// What leave_to leaves, as a list of its own if it is on the stack, else up to *end: the frames
// down to the marker, and the one that was kept for it alone.
// What is left may have to be on the heap for that: then it is moved there, and the marker with it.
static HeapFrame *slice_to(T1 *t, Marker *marker, HeapFrame **end) {
    const Context *at = &t->at;
    if (slice_wants_heap(marker)) {
        HeapFrame *first = marker->base ? NULL : marker->below;
        Value escape = (marker->base ? marker->base : first->registers)[0];
        first = t1_move_frames(t);
        *marker = find_marker(t, escape);
        *end = is_kept(marker) ? marker->below->next->next : marker->below->next;
        return first;
    }
    *end = NULL;
    FrameList list = {0};
    if (!at->tail)
        t1_add_frame(&list, t1_context_frame(t));
    const Value *last = is_kept(marker) ? frame_caller(marker->base) : marker->base;
    for (const Value *base = at->base; base != last;) {
        const Value *caller = frame_caller(base);
        t1_add_frame(&list, heap_frame(t, frame_pc(base), base[FRAME_LINK], caller,
                                       (uint32_t)(base - caller) - FRAME_HEADER));
        base = caller;
    }
    return list.first;
}

// Before (procedure argument …) takes up the continuation k. True: extents of dynamic-wind have to
// be left or entered first; the hook makes the call again.
static bool take_winders(T1 *t, const Continuation *k, Value procedure, uint32_t argc,
                         const Value *argv) {
    VM *vm = t->vm;
    if (t1_winders(vm->dynamic) == t1_winders(k->dynamic) || !value_is_procedure(vm->rewind_hook))
        return false;
    Value arguments[] = {procedure, t1_winders(k->dynamic), rt_list_from_array(vm, argv, argc)};
    t1_apply(t, vm->rewind_hook, 3, arguments);
    return true;
}

static void control_escape(T1 *t, Value procedure) {
    Value k = continuation_new(t, CONTINUATION_ESCAPE, NULL, NULL);
    t1_push_control(t, CONTROL_FRAME_ESCAPE, k, VALUE_FALSE);
    t1_apply(t, procedure, 1, &k);
}

// (%leave k thunk) and (%leave-with-slice k f)
static void control_leave(T1 *t, const Primitive *p, const Value *argv) {
    VM *vm = t->vm;
    if (!value_has_type(argv[0], TYPE_CONTINUATION) ||
        !(object_flags(value_object(argv[0])) & CONTINUATION_ESCAPE)) {
        rt_fail_type(vm, 1, "escape continuation", argv[0]);
        t1_raise_as(t, p->name);
        return;
    }
    Value escape = argv[0], procedure = argv[1], slice = VALUE_NONE;
    const Continuation *k = value_object(escape);
    Marker marker = find_marker(t, escape);
    if (!is_found(marker)) {
        t1_answer(t, VALUE_FALSE);
        return;
    }
    if (take_winders(t, k, rt_primitive_object(vm, p), 2, argv))
        return;
    bool sliced = p->control == CONTROL_LEAVE_CAPTURE;
    if (is_below_native(t, marker) ||
        (sliced && (marker.is_outer || (t1_is_nested(t) && slice_wants_heap(&marker))))) {
        t1_unwind_call(t, rt_primitive_object(vm, p), 2, argv);
        return;
    }
    vm->dynamic = k->dynamic;
    if (marker.is_outer) {
        t1_unwind_to(t, marker.base, procedure, VALUE_NONE);
        return;
    }
    if (sliced) {
        HeapFrame *end, *frames = slice_to(t, &marker, &end);
        slice = continuation_new(t, CONTINUATION_SLICE, frames, end);
    }
    leave_to(t, marker);
    t1_apply(t, procedure, slice == VALUE_NONE ? 0 : 1, &slice);
}

// ---- entering continuations

void t1_apply_continuation(T1 *t, Value continuation, uint32_t argc, const Value *argv) {
    VM *vm = t->vm;
    const Continuation *k = value_object(continuation);
    if (object_flags(k) & CONTINUATION_SLICE) {
        if (t1_is_nested(t)) {
            t1_unwind_call(t, continuation, argc, argv);
            return;
        }
        Value value = deliver(t, argc, argv);
        (void)t1_move_frames(t);
        push_slice(t, k);
        trace_jump(t);
        t1_return(t, value);
        return;
    }
    if (k->evaluation != t->evaluation && !k->evaluation->ended) {
        rt_fail_at(vm, CONDITION_CONTROL, 0, VALUE_FALSE, VALUE_NULL,
                   "continuation belongs to an evaluation that is suspended by its host");
        t1_raise(t, 0);
        return;
    }
    Value value = deliver(t, argc, argv);
    Marker marker = {0};
    bool escape = object_flags(k) & CONTINUATION_ESCAPE;
    if (escape) {
        marker = find_marker(t, continuation);
        if (!is_found(marker)) {
            rt_fail_at(vm, CONDITION_CONTROL, 0, VALUE_FALSE, VALUE_NULL,
                       "escape continuation called after its extent has ended");
            t1_raise(t, 0);
            return;
        }
    }
    if (take_winders(t, k, continuation, argc, argv))
        return;
    if (escape && is_below_native(t, marker)) {
        t1_unwind_call(t, continuation, argc, argv);
        return;
    }
    if (escape) {
        vm->dynamic = k->dynamic;
        if (marker.is_outer) {
            t1_unwind_to(t, marker.base, VALUE_NONE, value);
            return;
        }
        leave_to(t, marker);
        trace_jump(t);
        t1_answer(t, value);
        return;
    }
    if (t1_is_nested(t)) {
        t1_unwind(t, (Pending){.kind = PENDING_INVOKE, .value = continuation, .r0 = value}, false);
        return;
    }
    vm->dynamic = k->dynamic;
    t1_at_bottom(t);
    t->evaluation->below = k->frames;
    trace_jump(t);
    t1_return(t, value);
}

// (%capture f x …): (f k x …)
static void control_capture(T1 *t, uint32_t argc, const Value *argv) {
    bool whole = !t->at.tail;
    Value procedure = argv[0], arguments[1 + LIFTED_MAX];
    for (uint32_t i = 1; i < argc; i++)
        arguments[i] = argv[i];
    arguments[0] = continuation_new(t, 0, t1_move_frames(t), NULL);
    t->unsettled = whole;
    t1_apply(t, procedure, argc, arguments);
    t->unsettled = false;
}

static void control_prompt(T1 *t, Value tag, Value thunk) {
    const Code *code = t->at.site_code;
    Value next = value_from_fixnum(code ? t->at.site_next - code->words : 0);
    t1_push_control(t, CONTROL_FRAME_PROMPT, tag, VALUE_FALSE);
    // The call of the thunk belongs to the slice: a backtrace shows it wherever the slice is put.
    if (code)
        t1_push_control(t, CONTROL_FRAME_ENTRY, (Value)(uintptr_t)code, next);
    t1_apply(t, thunk, 0, NULL);
}

static bool is_prompt(const HeapFrame *f, Value tag) {
    return t1_code_control(t1_closure_code(f->closure)) == CONTROL_FRAME_PROMPT &&
           f->registers[0] == tag;
}

static void control_capture_prompt(T1 *t, Value tag, Value procedure) {
    VM *vm = t->vm;
    bool whole = !t->at.tail;
    HeapFrame *frames = t1_move_frames(t), *prompt = frames;
    while (prompt && !is_prompt(prompt, tag))
        prompt = prompt->next;
    if (!prompt) {
        rt_fail(vm, CONDITION_CONTROL, rt_cons(vm, tag, VALUE_NULL), "there is no prompt with tag");
        t->unsettled = whole;
        t1_raise_as(t, "capture-prompt");
        t->unsettled = false;
        return;
    }
    Value slice = continuation_new(t, CONTINUATION_SLICE, frames, prompt);
    // Whoever called the prompt now calls the procedure. In tail position its frame is not needed
    // any more; else it is still hidden from backtraces, for the entry of that call went with the
    // slice.
    if (prompt->registers[CONTROL_FRAME_TAIL] != value_from_fixnum(0))
        t->evaluation->below = prompt->next->next;
    else {
        Value closure = t->control[CONTROL_FRAME_HIDE];
        const Code *code = t1_closure_code(closure);
        HeapFrame *hide =
            rt_raw_new_tracked(vm, sizeof *hide + CONTROL_FRAME_REGISTERS * sizeof(Value));
        memcpy(hide, prompt, sizeof *hide + CONTROL_FRAME_REGISTERS * sizeof(Value));
        FRESH(hide->registers[0]) = VALUE_FALSE;
        FRESH(hide->closure) = closure;
        FRESH(hide->place) = frame_place(code->words, CONTROL_FRAME_REGISTERS);
        FRESH(hide->link) = link_make(code->constants, CONTROL_FRAME_RESULT);
        t->evaluation->below = hide;
    }
    t1_apply(t, procedure, 1, &slice);
}

// ---- control operations: primitives that need the machine

// (apply f a … list)
static void control_apply(T1 *t, uint32_t argc, const Value *argv) {
    VM *vm = t->vm;
    uint32_t fixed = argc < 2 ? 0 : argc - 2;
    Value list = argc < 2 ? VALUE_NULL : argv[argc - 1];
    ptrdiff_t length = rt_list_length(list);
    if (length < 0) {
        rt_fail_type(vm, (int)argc, "list", list);
        t1_raise_as(t, "apply");
        return;
    }
    if (length > INT32_MAX - (ptrdiff_t)fixed ||
        !rt_heap_reserve(vm, (size_t)length, sizeof(Value))) {
        if (length > INT32_MAX - (ptrdiff_t)fixed)
            rt_fail_memory(vm, SIZE_MAX);
        t1_raise_as(t, "apply");
        return;
    }
    enum { FEW = 16 };
    Value few[FEW], *args = few;
    size_t count = fixed + (size_t)length;
    if (count > FEW)
        args = rt_raw_new(vm, count * sizeof *args);
    for (uint32_t i = 0; i < fixed; i++)
        args[i] = argv[i + 1];
    for (size_t i = fixed; i < count; i++, list = value_cdr(list))
        args[i] = value_car(list);
    t1_apply(t, argv[0], (uint32_t)count, args);
}

PrimitiveFn0 vm_prim_interaction_environment; // vm/language.c

// (eval expr env): the code runs in place, so that a continuation captured inside is the whole one.
// Imports and library definitions happen while expanding.
static void control_eval(T1 *t, uint32_t argc, const Value *argv) {
    VM *vm = t->vm;
    Value environment = argc > 1 ? argv[1] : vm_prim_interaction_environment(vm);
    if (!value_is_environment(environment)) {
        if (environment != VALUE_FAILURE)
            rt_fail_type(vm, 2, "environment", environment);
        t1_raise_as(t, "eval");
        return;
    }
    Node *node = vm_expand(vm, argv[0], environment, NULL);
    Lambda *top = node ? vm_passes_run(vm, node) : NULL;
    Code *code = top ? t1_compile(vm, top) : NULL;
    if (!code) {
        t1_raise(t, 0);
        return;
    }
    Closure *closure = rt_object_new(vm, TYPE_CLOSURE, 0, 0, sizeof *closure);
    FRESH(closure->code) = code;
    t1_apply(t, value_from_pointer(closure), 0, NULL);
}

static bool is_procedure(T1 *t, Value v, const char *who) {
    if (value_is_procedure(v))
        return true;
    rt_fail_type(t->vm, 1, "procedure", v);
    t1_raise_as(t, who);
    return false;
}

void t1_control(T1 *t, const Primitive *p, uint32_t argc, const Value *argv) {
    VM *vm = t->vm;
    bool wants_frames = p->control == CONTROL_CAPTURE || p->control == CONTROL_CAPTURE_PROMPT ||
                        p->control == CONTROL_BACKTRACE;
    if (wants_frames && t1_is_nested(t)) {
        t1_unwind_call(t, rt_primitive_object(vm, p), argc, argv);
        return;
    }
    switch (p->control) {
    case CONTROL_APPLY:
        control_apply(t, argc, argv);
        return;
    case CONTROL_CALL_VALUES: {
        Value producer = argv[0];
        t1_push_control(t, CONTROL_FRAME_VALUES, argv[1], VALUE_FALSE);
        t1_apply(t, producer, 0, NULL);
        return;
    }
    case CONTROL_CAPTURE:
        if (is_procedure(t, argv[0], "call/cc"))
            control_capture(t, argc, argv);
        return;
    case CONTROL_ESCAPE:
        if (is_procedure(t, argv[0], "call/ec"))
            control_escape(t, argv[0]);
        return;
    case CONTROL_LEAVE:
    case CONTROL_LEAVE_CAPTURE:
        control_leave(t, p, argv);
        return;
    case CONTROL_PROMPT:
        control_prompt(t, argv[0], argv[1]);
        return;
    case CONTROL_CAPTURE_PROMPT:
        control_capture_prompt(t, argv[0], argv[1]);
        return;
    case CONTROL_EVAL:
        control_eval(t, argc, argv);
        return;
    case CONTROL_ABORT:
        vm->condition = argv[0];
        t1_halt(t);
        return;
    case CONTROL_EXIT:
        vm->exit_status = argv[0];
        vm->condition = VALUE_UNSPECIFIED;
        t1_halt(t);
        return;
    case CONTROL_BACKTRACE:
        t1_answer(t, t1_backtrace(t));
        return;
    case CONTROL_NONE:
        break;
    }
    ASSERT(false, "primitive %s: no such control operation: %d", p->name, (int)p->control);
}
