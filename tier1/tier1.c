// The tier: the VM stack, evaluations, what the collector has to see.
#include "tier1/tier1.h"
#include "runtime/interrupt.h"
#include "runtime/settings.h"
#include "tier1/image.h"
#include "tier1/machine_int.h"
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>

enum {
    STACK_BYTES = 256 << 20,
    STACK_BYTES_LIMITED = 16 << 20, // where the address space is limited
    STACK_BYTES_LEAST = 4 << 20,
    // Words of the largest frame and control frames above it.
    STACK_ACTIVATION = 1 << 16,
    // Above the limit: frames that begin below it, so that a call looks at nothing but its base,
    // and the lowest ones of a few nested evaluations.
    STACK_MARGIN = (3 << 16) * sizeof(Value),
};
static_assert(STACK_MARGIN < STACK_BYTES_LEAST / 2);

// One region a process; VMs follow one another. While no evaluation runs, `vm` is NULL and nothing
// is scanned.
static struct {
    Value *start, *end;
    VM *vm;
} stack;

// Most that the registers of the frame at vm->frame_base can be.
Value *t1_stack_top(const VM *vm) {
    Value *base = vm->frame_base;
    if (!base)
        return stack.start;
    uint32_t registers = 0;
    for (const Code *code = t1_closure_code(frame_closure(base)); code; code = code->next)
        if (code->registers > registers)
            registers = code->registers;
    return base + registers;
}

static void scan_stack(void) {
    if (!stack.vm)
        return;
    rt_heap_scan(stack.start, t1_stack_top(stack.vm));
    t1_native_scan(t1_of(stack.vm));
}

// A full stack is moved to the heap in one go, into the reserve above the heap's limit (heap.c), so
// it must not be larger.
static size_t stack_size(const VM *vm) {
    struct rlimit limit;
    if (rt_setting(SETTING_FRAME_STACK))
        return rt_setting_number(SETTING_FRAME_STACK, STACK_BYTES) + STACK_MARGIN;
    bool limited = getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
    size_t size = limited ? STACK_BYTES_LIMITED : STACK_BYTES;
    size_t reserve = vm->heap_limit / 4 + (64 << 20);
    while (size > reserve / 4 && size > STACK_BYTES_LEAST)
        size /= 2;
    return size;
}

static void stack_make(size_t size) {
    if (stack.start)
        return;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        fputs("kiln: out of memory: no room for the VM stack\n", stderr);
        exit(1);
    }
    stack.start = memory;
    stack.end = stack.start + size / sizeof(Value);
}

// Closures of control frames: one instruction, no constants.
static Value control_closure(VM *vm, ControlKind kind) {
    Code *code = rt_raw_new(vm, sizeof *code);
    Value *constants = rt_raw_new(vm, sizeof *constants);
    constants[0] = value_from_pointer(code);
    code->tag = CODE_TAG;
    code->words = rt_raw_new_atomic(vm, sizeof *code->words);
    code->words[0] = op_abc(OP_INTERNAL, 0, 0, 0);
    code->word_count = 1;
    code->constants = constants + 1;
    code->exact = UINT32_MAX;
    bool empty = kind == CONTROL_FRAME_BOTTOM || kind == CONTROL_FRAME_NATIVE;
    code->registers = empty ? 0 : CONTROL_FRAME_REGISTERS;
    code->native = t1_native_interpret;
    code->control = (uint8_t)kind;
    code->first = code;
    Closure *closure = rt_object_new(vm, TYPE_CLOSURE, 0, 0, sizeof *closure);
    FRESH(closure->code) = code;
    return value_from_pointer(closure);
}

static T1 *state(VM *vm) {
    if (vm->tier_state)
        return vm->tier_state;
    T1 *t = rt_raw_new(vm, sizeof *t);
    t->vm = vm;
    vm->tier_state = t;
    for (int kind = CONTROL_FRAME_NONE + 1; kind < CONTROL_FRAME_KINDS; kind++)
        t->control[kind] = control_closure(vm, (ControlKind)kind);
    size_t size = stack_size(vm);
    stack_make(size);
    if (size > (size_t)(stack.end - stack.start) * sizeof(Value))
        size = (size_t)(stack.end - stack.start) * sizeof(Value);
    t->frame_end = stack.start + (size - STACK_MARGIN) / sizeof(Value);
    t->capture_at = rt_setting_number(SETTING_CAPTURE_AT, 0);
    vm->frame_limit = t->capture_at ? stack.start : t->frame_end;
    vm->frame_base = NULL;
    t1_native_prepare(t, size);
    rt_heap_set_scanner(scan_stack);
    return t;
}

// ---- evaluations

// Call a procedure in an evaluation of its own, a barrier to continuations.
static Value evaluate(VM *vm, Value procedure, int argc, const Value *argv) {
    T1 *t = state(vm);
    // What a call from C interrupts, and what is put back when it ends.
    Context at = t->at;
    Value *frame_base = vm->frame_base, dynamic = vm->dynamic;
    Modes modes = rt_modes(vm);
    bool raising = t->raising, unsettled = t->unsettled;
    Activation *activation = t->activation;
    VM *outer_vm = stack.vm;
    Evaluation *e = rt_raw_new(vm, sizeof *e);
    e->outer = t->evaluation;
    e->floor = t1_stack_top(vm);
    // The room of one activation is what lets every other one go on.
    if (e->floor + STACK_ACTIVATION >= stack.end)
        return rt_fail_depth(vm);
    rt_dynamic_isolate(vm);
    Value *base = e->floor + FRAME_HEADER;
    const Code *bottom = t1_closure_code(t->control[CONTROL_FRAME_BOTTOM]);
    frame_link(base, NULL, NULL, 0);
    base[FRAME_CLOSURE] = t->control[CONTROL_FRAME_BOTTOM];
    t->evaluation = e;
    t->at = (Context){
        .base = base, .constants = bottom->constants, .next = bottom->words, .tail = true};
    t->raising = t->unsettled = t->done = false;
    t->activation = NULL;
    vm->frame_base = base;
    if (!e->outer)
        t1_native_set_end(t);
    stack.vm = vm;

    t1_apply(t, procedure, (uint32_t)argc, argv);
    Value result = t1_resume(vm, NULL, NULL, NULL, NULL, VALUE_NONE);
    while (result == VALUE_UNWIND)
        result = t1_rewind(t);

    t->result = VALUE_NONE;
    t->done = false;
    e->ended = true;
    e->below = NULL;
    t->evaluation = e->outer;
    t->at = at;
    t->raising = raising;
    t->unsettled = unsettled;
    t->activation = activation;
    if (!e->outer && t1_native_idle)
        t1_native_idle(vm);
    vm->frame_base = frame_base;
    stack.vm = outer_vm;
    // Escapes that end an evaluation pass by the code that would put it back.
    vm->dynamic = dynamic;
    rt_modes_restore(vm, modes);
    return result;
}

static Value run(VM *vm, Lambda *top) {
    if (rt_stack_low(vm))
        return rt_fail_depth(vm);
    Code *code = t1_compile(vm, top);
    if (!code)
        return VALUE_FAILURE;
    Closure *closure = rt_object_new(vm, TYPE_CLOSURE, 0, 0, sizeof *closure);
    FRESH(closure->code) = code;
    return evaluate(vm, value_from_pointer(closure), 0, NULL);
}

static Value apply(VM *vm, Value procedure, int argc, const Value *argv) {
    if (rt_stack_low(vm))
        return rt_fail_depth(vm);
    return evaluate(vm, procedure, argc, argv);
}

static Lambda *closure_lambda(Value closure) { return t1_closure_code(closure)->lambda; }

static Value dump(VM *vm, Lambda *top) {
    Code *code = t1_compile(vm, top);
    return code ? t1_disassemble(vm, code, DISASM_NESTED) : VALUE_FAILURE;
}

static Value listing(VM *vm, Value closure) {
    return t1_disassemble(vm, t1_closure_code(closure),
                          DISASM_NESTED | DISASM_POSITIONS | DISASM_FEEDBACK);
}

static const char *carries_out(const Primitive *p) {
    return p->control != CONTROL_NONE ? "control" : t1_has_instruction(p) ? "instruction" : "call";
}

const Tier t1_tier = {.name = "tier1",
                      .run = run,
                      .apply = apply,
                      .closure_lambda = closure_lambda,
                      .dump = dump,
                      .listing = listing,
                      .uses = t1_uses,
                      .carries_out = carries_out,
                      .image = &t1_image};
