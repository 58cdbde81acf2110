// The compiler's driver: procedures one after the other, closures, where variables are.
//
// Work is a list: a procedure's Code is made when its lambda is met and filled in when all around
// it is done. So nothing recurses along nested lambdas, and what is known of a variable
// (Place.known, fixed) is complete when its users are compiled.
//
// Closures: a variable that is certainly bound to a closure without free values is FIXED: that
// closure is made at compile time and is a constant wherever the variable is used. A lambda's own
// name is the running closure (SELF). Neither is captured, so most local procedures have no free
// values and are constants themselves. After Keep, Hearn, Dybvig, "Optimizing Closures in O(0)
// Time" (Scheme Workshop 2012).
#include "runtime/settings.h"
#include "tier1/compile_int.h"
#include "tier1/native.h"
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

enum { LARGE_FREE_COUNT = CAPTURE_FREE - 1 };

void t1_too_large(Compiler *c, const char *what) {
    if (c->failed)
        return;
    c->failed = true;
    rt_fail_at(c->vm, CONDITION_MEMORY, c->procedure->position, VALUE_FALSE, VALUE_NULL,
               "procedure is too large to compile: %s", what);
}

Place *t1_place(Compiler *c, Var *var) {
    Place *p = var->mark;
    if (p)
        return p;
    p = rt_raw_new(c->vm, sizeof *p);
    p->var = var;
    p->next = c->places;
    c->places = p;
    var->mark = p;
    return p;
}

bool t1_is_captured(const Lambda *first, const Var *var) {
    const Place *p = var->mark;
    ASSERT(p != NULL, "a free variable without place");
    return p->kind != PLACE_FIXED && p->known != first;
}

uint32_t t1_capture_count(const Lambda *first) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < first->free_count; i++)
        n += t1_is_captured(first, first->free[i]);
    return n;
}

Lambda *t1_exact_clause(Lambda *first, uint32_t argc) {
    for (Lambda *l = first; l; l = l->next) {
        int max = lambda_max_args(l);
        if (argc < l->required || (max >= 0 && argc > (uint32_t)max))
            continue;
        return l->required == argc && !l->optional && !l->keyword && !l->rest && !l->other_keys
                   ? l
                   : NULL;
    }
    return NULL;
}

static BindKind bind_kind(const Lambda *l) {
    if (l->keyword || l->other_keys)
        return BIND_KEYWORD;
    return l->rest ? BIND_REST : l->optional ? BIND_OPTIONAL : BIND_EXACT;
}

Code *t1_code_for(Compiler *c, Lambda *first) {
    if (first->code)
        return first->code;
    Code *head = NULL, **link = &head;
    uint32_t captures = t1_capture_count(first);
    if (captures > LARGE_FREE_COUNT)
        t1_too_large(c, "more than 32767 free variables");
    for (Lambda *l = first; l; l = l->next) {
        Code *code = rt_raw_new(c->vm, sizeof *code);
        code->tag = CODE_TAG;
        code->lambda = l;
        code->required = l->required;
        code->optional = l->optional;
        code->keyword = l->keyword;
        code->rest = l->rest;
        code->other_keys = l->other_keys;
        code->binding = bind_kind(l);
        code->top = l->outer == NULL;
        code->free_count = (uint16_t)captures;
        l->code = *link = code;
        link = &code->next;
        code->first = head;
    }
    if (c->work_count == c->work_room) {
        c->work_room = c->work_room ? 2 * c->work_room : 16;
        Lambda **grown = rt_raw_new(c->vm, c->work_room * sizeof *grown);
        if (c->work_count)
            memcpy(grown, c->work, c->work_count * sizeof *grown);
        c->work = grown;
    }
    c->work[c->work_count++] = first;
    return head;
}

Value t1_fixed_closure(Compiler *c, Lambda *first) {
    Code *code = t1_code_for(c, first);
    Closure *closure = rt_object_new(c->vm, TYPE_CLOSURE, 0, 0, sizeof *closure);
    FRESH(closure->code) = code;
    return value_from_pointer(closure);
}

// ---- one clause

static void place_free_values(Compiler *c, Lambda *first) {
    uint32_t index = 0;
    for (uint32_t i = 0; i < first->free_count; i++) {
        Place *p = place_of(first->free[i]);
        if (p->kind == PLACE_FIXED)
            continue;
        if (p->known == first)
            p->kind = PLACE_SELF;
        else if (first->code && ((Code *)first->code)->lifted) {
            p->kind = PLACE_REGISTER;
            p->index = first->required + index++;
        } else {
            p->kind = PLACE_FREE;
            p->index = index++;
        }
    }
}

// Parameters stand in the first registers, whatever their number, because arguments do. Of those
// that stand in the scratch registers copies are made.
static void place_parameters(Compiler *c, Lambda *l) {
    uint32_t count = lambda_param_count(l), scratch = 0;
    if (c->code->lifted) {
        t1_place(c, l->params[0])->kind = PLACE_REGISTER;
        t1_place(c, l->params[0])->index = 0;
        c->top = c->high = c->code->required;
        return;
    }
    uint32_t low = count < LOW_REGISTERS ? count : LOW_REGISTERS;
    if (count > LOW_REGISTERS)
        scratch = count - LOW_REGISTERS < HIGH_OFFSET ? count - LOW_REGISTERS : HIGH_OFFSET;
    c->top = count - scratch;
    if (real_register(c->top) > REGISTERS_MAX) {
        t1_too_large(c, "too many parameters");
        return;
    }
    c->high = count;
    for (uint32_t i = 0; i < count; i++) {
        Place *p = t1_place(c, l->params[i]);
        p->kind = PLACE_REGISTER;
        if (i < low)
            p->index = i;
        else if (i >= low + scratch)
            p->index = i - HIGH_OFFSET;
    }
    for (uint32_t i = 0; i < scratch; i++) {
        uint32_t copy = t1_registers(c, 1);
        place_of(l->params[low + i])->index = copy;
        t1_word(c, op_abx(OP_SETHI, LOW_REGISTERS + i, real_register(copy)));
    }
}

static void *keep(Compiler *c, const void *items, size_t bytes) {
    void *copy = rt_raw_new_atomic(c->vm, bytes ? bytes : 1);
    if (bytes)
        memcpy(copy, items, bytes);
    return copy;
}

static void finish_code(Compiler *c, Code *code) {
    code->words = keep(c, c->words, c->word_count * sizeof *c->words);
    code->word_count = (uint32_t)c->word_count;
    code->sites = keep(c, c->sites, c->site_count * sizeof *c->sites);
    code->site_count = (uint32_t)c->site_count;
    Value *constants = rt_raw_new(c->vm, (c->constant_count + 1) * sizeof *constants);
    constants[0] = value_from_pointer(code);
    if (c->constant_count)
        memcpy(constants + 1, c->constants, c->constant_count * sizeof *constants);
    code->constants = constants + 1;
    code->constant_count = (uint32_t)c->constant_count;
    code->registers = c->high;
    t1_count_entries_from(code, t1_counter_start(vm_hot_hook.entries));
    code->native = t1_native_interpret;
    code->exact = code->binding == BIND_EXACT ? code->required : UINT32_MAX;
    if (c->guard_count) {
        code->guards = rt_raw_new(c->vm, c->guard_count * sizeof *code->guards);
        memcpy(code->guards, c->guards, c->guard_count * sizeof *code->guards);
        code->guard_count = (uint32_t)c->guard_count;
    }
}

static void compile_clause(Compiler *c, Lambda *l) {
    Code *code = l->code;
    c->procedure = l;
    c->code = code;
    t1_note_in_place(code, l);
    t1_begin_function(c);
    c->scan_budget = 2 * (int64_t)l->cost + 64;
    place_free_values(c, l->first);
    place_parameters(c, l);
    t1_gen(c, l->body, (Dest){.kind = DEST_RETURN});
    t1_emit_stubs(c);
    if (c->word_count > INT32_MAX / 2)
        t1_too_large(c, "too many words of code");
    if (c->failed)
        return;
    finish_code(c, code);
    t1_verify(c->vm, code);
}

// Lambda.code must not point at code that was never finished.
static void abandon(Compiler *c) {
    for (size_t i = 0; i < c->work_count; i++)
        for (Lambda *l = c->work[i]; l; l = l->next)
            l->code = NULL;
}

// ---- KILN_TRACE=compile: what a form was and how long it took

static uint64_t processor_time(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void trace(const Compiler *c, uint64_t nanoseconds) {
    uint64_t nodes = 0, words = 0, procedures = 0;
    for (size_t i = 0; i < c->work_count; i++)
        for (const Lambda *l = c->work[i]; l; l = l->next) {
            // The cost of a procedure includes those that are written in it: the top one has all.
            nodes += l->outer ? 0 : l->cost;
            words += ((const Code *)l->code)->word_count;
            procedures++;
        }
    fprintf(stderr,
            "compile: %" PRIu64 " nodes, %" PRIu64 " procedures, %" PRIu64 " words: %.1f us\n",
            nodes, procedures, words, (double)nanoseconds / 1000);
}

Code *t1_compile(VM *vm, Lambda *top) {
    if (top->code)
        return top->code;
    static int tracing = -1;
    if (tracing < 0)
        tracing = rt_setting_has(SETTING_TRACE, "compile");
    uint64_t start = tracing ? processor_time() : 0;
    Compiler c = {.vm = vm};
    Code *code = t1_code_for(&c, top);
    // Not popped before the end: a failure must find all that were begun.
    for (size_t i = 0; i < c.work_count && !c.failed; i++)
        for (Lambda *l = c.work[i]; l && !c.failed; l = l->next)
            compile_clause(&c, l);
    for (Place *p = c.places; p; p = p->next)
        p->var->mark = NULL;
    if (c.failed) {
        abandon(&c);
        return NULL;
    }
    if (tracing)
        trace(&c, processor_time() - start);
    for (size_t i = 0; i < c.work_count; i++)
        for (Lambda *l = c.work[i]; l; l = l->next) {
            t1_watch(vm, l->code);
            // Name, position and parameters are of use later; the nodes are not, nor what leads to
            // them.
            l->body = NULL;
            l->free = NULL;
            l->free_count = 0;
        }
    return code;
}
