// Tier 2 as a tier, its control and insight into it (vm/tier.h): tier 1, with a hook for what is
// hot.
//
// All of it answers when another tier runs, too: there is nothing to tell then, and names that are
// excluded are excluded once tier 2 runs.
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/list.h"
#include "runtime/string.h"
#include "runtime/symbol.h"
#include "runtime/vector.h"
#include "tier1/tier1.h"
#include "tier2/policy.h"
#include "tier2/policy_tier.h"
#include <stdio.h>
#include <string.h>

static Tier tier; // tier 1 but for a few
static bool process_leaves;

// ---- statistics

static Value milliseconds(VM *vm, uint64_t nanoseconds) {
    (void)vm;
    return value_from_double((double)(nanoseconds / 1000) / 1000);
}

typedef struct Sums {
    int64_t functions, installed, waiting;
} Sums;

static void sum(T2Function *function, void *context) {
    Sums *sums = context;
    sums->functions++;
    for (const T2Version *v = function->versions; v; v = v->next) {
        if (v->state == T2_INSTALLED)
            sums->installed++;
        else if (v->state == T2_WAITING)
            sums->waiting++;
    }
}

static Value stats(VM *vm) {
    ListBuilder list;
    rt_list_builder_init(&list, vm);
    Sums sums = {0};
    t2_policy_each(sum, &sums);
    const T2Compiler *compiler = t2_policy_compiler();
    uint64_t exits = 0;
    for (int i = 0; i < EXIT_REASON_COUNT; i++)
        exits += t2_counts.exits[i];
    const struct {
        const char *name;
        uint64_t value;
    } numbers[] = {
        {"functions", (uint64_t)sums.functions},
        {"installed", (uint64_t)sums.installed},
        {"waiting", (uint64_t)sums.waiting},
        {"compilations", t2_counts.compilations},
        {"compiled-again", t2_counts.again},
        {"optimized", t2_counts.optimized},
        {"failed", t2_counts.failed},
        {"dropped", t2_counts.dropped},
        {"invalidated", t2_counts.invalidated},
        {"evicted", t2_counts.evicted},
        {"exits", exits},
        {"exits-on-purpose", t2_counts.on_purpose},
        {"bytes", compiler ? compiler->bytes(vm) : 0},
        {"budget", t2_policy_active() ? t2_settings.budget : 0},
    };
    rt_list_builder_add(&list, rt_intern(vm, "active"));
    rt_list_builder_add(&list, value_from_bool(t2_policy_active() && !t2_load_failure()));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        rt_list_builder_add(&list, rt_intern(vm, numbers[i].name));
        rt_list_builder_add(&list, value_from_fixnum((int64_t)numbers[i].value));
    }
    rt_list_builder_add(&list, rt_intern(vm, "compile-ms"));
    rt_list_builder_add(&list, milliseconds(vm, t2_counts.nanoseconds));
    rt_list_builder_add(&list, rt_intern(vm, "held-ms"));
    rt_list_builder_add(&list, milliseconds(vm, t2_counts.held));
    rt_list_builder_add(&list, rt_intern(vm, "held-longest-ms"));
    rt_list_builder_add(&list, milliseconds(vm, t2_counts.held_longest));
    for (int i = 0; i < EXIT_REASON_COUNT; i++) {
        char name[64];
        snprintf(name, sizeof name, "exits-%s", t1_exit_reason_names[i]);
        rt_list_builder_add(&list, rt_intern(vm, name));
        rt_list_builder_add(&list, value_from_fixnum((int64_t)t2_counts.exits[i]));
    }
    return list.first;
}

// ---- report

static const char *const state_names[] = {
    [T2_COLD] = "cold",
    [T2_WAITING] = "waiting",
    [T2_INSTALLED] = "compiled",
    [T2_FAILED] = "failed",
};

// Where the loop of a version begins.
static void loop_position(VM *vm, const T2Version *v, char text[static T2_NAME_SIZE]) {
    const Code *code = v->function->code;
    const Site *site = NULL;
    // The first instruction with a position that its header leads to.
    uint32_t pc = t1_loop_target(code, v->osr_pc);
    for (uint32_t i = 0; i < code->site_count && !site; i++)
        if (code->sites[i].pc >= pc && code->sites[i].position)
            site = &code->sites[i];
    t2_position(vm, site ? site->position : t1_code_position(code), text);
}

typedef struct Rows {
    VM *vm;
    ListBuilder list;
} Rows;

static void add_rows(T2Function *function, void *context) {
    Rows *rows = context;
    VM *vm = rows->vm;
    char text[T2_NAME_SIZE];
    for (const T2Version *v = function->versions; v; v = v->next) {
        Value row[11];
        t2_name(vm, function->code, text);
        row[0] = rt_string_from_c(vm, text);
        t2_position(vm, t1_code_position(function->code), text);
        row[1] = rt_string_from_c(vm, text);
        row[2] = VALUE_FALSE;
        if (v->osr_pc != UINT32_MAX) {
            loop_position(vm, v, text);
            row[2] = rt_string_from_c(vm, text);
        }
        row[3] = rt_intern(vm, state_names[v->state]);
        row[4] = v->reason ? rt_string_from_c(vm, t2_bailout_text[v->reason]) : VALUE_FALSE;
        row[5] = value_from_fixnum(v->compilations);
        row[6] = value_from_fixnum(v->bytes);
        row[7] = value_from_fixnum(v->bytecodes);
        row[8] = value_from_fixnum(v->inlined);
        row[9] = value_from_fixnum((int64_t)v->exits_all);
        row[10] = milliseconds(vm, v->nanoseconds);
        rt_list_builder_add(&rows->list, rt_vector_from_array(vm, row, 11));
    }
}

static Value report(VM *vm) {
    Rows rows = {.vm = vm};
    rt_list_builder_init(&rows.list, vm);
    t2_policy_each(add_rows, &rows);
    return rows.list.first;
}

// ---- explain

typedef struct Lines {
    VM *vm;
    ListBuilder list;
    StringBuilder text;
} Lines;

static void end_line(Lines *l) { rt_list_builder_add(&l->list, rt_builder_finish(&l->text)); }

static void explain_version(Lines *l, const T2Version *v) {
    char place[T2_NAME_SIZE];
    rt_builder_c(&l->text, "  ");
    if (v->osr_pc == UINT32_MAX)
        rt_builder_c(&l->text, "from its beginning: ");
    else {
        loop_position(l->vm, v, place);
        rt_builder_format(&l->text, "loop at %s: ", place);
    }
    switch ((T2State)v->state) {
    case T2_COLD:
        if (v->reason)
            rt_builder_format(&l->text, "not compiled yet: %s; again after %u more",
                              t2_bailout_text[v->reason],
                              t2_counter_left(v->function->code, v->osr_pc));
        else
            rt_builder_format(&l->text, "cold: hot after %u more",
                              t2_counter_left(v->function->code, v->osr_pc));
        rt_builder_c(&l->text, v->osr_pc == UINT32_MAX ? " calls" : " turns");
        break;
    case T2_WAITING:
        rt_builder_c(&l->text, "being compiled");
        break;
    case T2_INSTALLED:
        rt_builder_format(&l->text,
                          "compiled: %u bytes of machine code%s out of %u bytecodes, %u "
                          "calls inlined",
                          v->bytes, v->quick ? ", made quickly," : "", v->bytecodes, v->inlined);
        break;
    case T2_FAILED:
        rt_builder_format(&l->text, "not compiled: %s", t2_bailout_text[v->reason]);
        break;
    }
    if (v->compilations)
        rt_builder_format(&l->text, "; %u compilations, %.1f ms", v->compilations,
                          (double)v->nanoseconds / 1e6);
    if (v->exits_all)
        rt_builder_format(&l->text, "; %lu exits", (unsigned long)v->exits_all);
    end_line(l);
}

// Sites whose guards have failed.
static void explain_exits(Lines *l, const Code *code) {
    char place[T2_NAME_SIZE];
    for (uint32_t pc = 0; pc < code->word_count; pc += t1_code_length_at(code, pc))
        for (int reason = 0; reason < EXIT_REASON_COUNT; reason++) {
            unsigned count = t1_exit_count(code, pc, (ExitReason)reason);
            if (count == 0)
                continue;
            const Site *site = t1_code_site(code, pc);
            t2_position(l->vm, site ? site->position : 0, place);
            rt_builder_format(&l->text, "  exits: %s, %s%u times, at %s (%s)%s",
                              t1_exit_reason_names[reason], count == 255 ? "at least " : "", count,
                              place, t1_op_info[word_op(t1_code_word(code, pc))].name,
                              t2_site_is_generic(code, pc, (ExitReason)reason)
                                  ? ": no longer taken for granted"
                                  : "");
            end_line(l);
        }
}

static void explain_clause(Lines *l, const Code *code) {
    char name[T2_NAME_SIZE], place[T2_NAME_SIZE];
    t2_name(l->vm, code, name);
    t2_position(l->vm, t1_code_position(code), place);
    rt_builder_format(&l->text, "%s, defined at %s", name, place);
    if (code->first != code || code->next)
        rt_builder_format(&l->text, ", for %s%u arguments", code->rest ? "at least " : "",
                          code->required);
    end_line(l);
    Bailout forbidden = t2_policy_forbids(l->vm, (Code *)code);
    const T2Function *function = code->record;
    bool whole = false;
    for (const T2Version *v = function ? function->versions : NULL; v; v = v->next) {
        explain_version(l, v);
        whole |= v->osr_pc == UINT32_MAX;
    }
    if (forbidden != BAILOUT_NONE) {
        rt_builder_format(&l->text, "  not compiled: %s", t2_bailout_text[forbidden]);
        end_line(l);
    } else if (!whole && t2_settings.entries) {
        rt_builder_format(&l->text, "  cold: hot after %u more calls",
                          t2_counter_left(code, UINT32_MAX));
        end_line(l);
    }
    explain_exits(l, code);
}

static Value explain(VM *vm, Value closure) {
    Lines lines = {.vm = vm};
    rt_list_builder_init(&lines.list, vm);
    rt_builder_init(&lines.text, vm);
    if (!t2_policy_active()) {
        rt_builder_format(&lines.text, "mode %s makes no machine code", vm->tier->name);
        end_line(&lines);
        return lines.list.first;
    }
    if (t2_load_failure()) {
        rt_builder_format(&lines.text, "no compiler: %s", t2_load_failure());
        end_line(&lines);
    }
    for (const Code *code = t1_closure_code(closure)->first; code; code = code->next)
        explain_clause(&lines, code);
    return lines.list.first;
}

// ---- exclusion

// Code that has functions inlined may have those.
static bool may_contain(const T2Version *v, void *context) {
    return v->inlined > 0 || t2_policy_forbids(context, v->function->code) == BAILOUT_EXCLUDED;
}

// What failed because it was excluded may be tried again.
static void include(T2Function *function, void *context) {
    for (T2Version *v = function->versions; v; v = v->next)
        if (v->state == T2_FAILED && v->reason == BAILOUT_EXCLUDED &&
            t2_policy_forbids(context, function->code) == BAILOUT_NONE)
            t2_policy_retry(v);
}

static void exclude(VM *vm, Value what, bool yes) {
    if (value_is_string(what)) {
        const char *name = rt_string_to_utf8(vm, what, NULL);
        if (name)
            t2_exclude_name(name, yes);
    } else if (t2_policy_active())
        for (Code *code = t1_closure_code(what)->first; code; code = code->next)
            t2_policy_function(vm, code)->excluded = yes;
    if (yes)
        t2_policy_drop_all(vm, may_contain, vm);
    else
        t2_policy_each(include, vm);
}

static Value exclusions(VM *vm) {
    ListBuilder list;
    rt_list_builder_init(&list, vm);
    const char *name;
    for (size_t i = 0; (name = t2_exclusion(i)); i++)
        rt_list_builder_add(&list, rt_string_from_c(vm, name));
    return list.first;
}

static void wait(VM *vm) {
    t2_load_wait();
    const T2Compiler *compiler = t2_policy_compiler();
    if (compiler)
        compiler->drain(vm);
}

// ---- finding functions by name: the code of forms that were run, and what is written within them

typedef struct Codes { // scanned memory
    Code **item;
    size_t count, room;
} Codes;

static struct {
    bool on;
    Codes *forms;
} remembered;

static void codes_add(VM *vm, Codes *codes, Code *code) {
    for (size_t i = 0; i < codes->count; i++)
        if (codes->item[i] == code)
            return;
    if (codes->count == codes->room) {
        codes->room = codes->room ? 2 * codes->room : 64;
        Code **grown = rt_raw_new(vm, codes->room * sizeof *grown);
        if (codes->count)
            memcpy(grown, codes->item, codes->count * sizeof *grown);
        codes->item = grown;
    }
    codes->item[codes->count++] = code;
}

static void remember(VM *vm) {
    static bool rooted;
    if (!rooted)
        rt_heap_add_roots(&remembered, sizeof remembered);
    rooted = remembered.on = true;
    remembered.forms = rt_raw_new(vm, sizeof *remembered.forms);
}

static Value run(VM *vm, Lambda *top) {
    if (remembered.on) {
        Code *code = t1_compile(vm, top);
        if (!code)
            return VALUE_FAILURE;
        codes_add(vm, remembered.forms, code);
    }
    return t1_tier.run(vm, top);
}

typedef struct Gathering {
    VM *vm;
    Codes *codes;
} Gathering;
static void gather(T2Function *function, void *context) {
    Gathering *g = context;
    codes_add(g->vm, g->codes, function->code->first);
}

// The clauses whose name or position it is: in the program's forms, or else (code that the program
// has made itself: methods of a guest) hot.
static Codes find(VM *vm, const char *name) {
    Codes all = {0}, found = {0};
    t2_policy_each(gather, &(Gathering){vm, &all});
    for (size_t i = 0; remembered.on && i < remembered.forms->count; i++)
        codes_add(vm, &all, remembered.forms->item[i]);
    for (size_t i = 0; i < all.count; i++)
        for (Code *code = all.item[i]; code; code = code->next) {
            if (t2_names_match(vm, code, name))
                codes_add(vm, &found, code);
            for (uint32_t pc = 0; pc < code->word_count; pc += t1_code_length_at(code, pc)) {
                Code *inner = t1_code_mentioned(code, pc);
                if (inner)
                    codes_add(vm, &all, inner->first);
            }
        }
    return found;
}

// False: it cannot be compiled, *text says why.
static void add_text(VM *vm, StringBuilder *b, T2Version *v, T2Text kind) {
    char name[T2_NAME_SIZE], place[T2_NAME_SIZE];
    t2_name(vm, v->function->code, name);
    rt_builder_format(b, "; %s", name);
    if (v->osr_pc != UINT32_MAX) {
        loop_position(vm, v, place);
        rt_builder_format(b, ", loop at %s", place);
    }
    rt_builder_c(b, "\n");
    Bailout reason = t2_policy_forbids(vm, v->function->code);
    Value text = VALUE_FAILURE;
    if (reason == BAILOUT_NONE)
        text = t2_policy_compiler()->text(vm, v, kind, &reason);
    if (text == VALUE_FAILURE)
        rt_builder_format(b, "; not compiled: %s\n", t2_bailout_text[reason]);
    else
        rt_builder_string(b, text);
}

static Value text(VM *vm, const char *function, JitText what) {
    static const T2Text kinds[] = {
        [JIT_TEXT_IR] = T2_TEXT_IR, [JIT_TEXT_LLVM] = T2_TEXT_LLVM, [JIT_TEXT_ASM] = T2_TEXT_ASM};
    if (!t2_policy_open(vm))
        return rt_fail(vm, CONDITION_ERROR, VALUE_NULL, "no compiler to machine code: %s",
                       t2_load_failure());
    t2_policy_compiler()->drain(vm);
    Codes codes = find(vm, function);
    if (codes.count == 0)
        return rt_fail(vm, CONDITION_ERROR, VALUE_NULL, "the program has no function %s", function);
    StringBuilder b;
    rt_builder_init(&b, vm);
    for (size_t i = 0; i < codes.count; i++) {
        T2Function *f = t2_policy_function(vm, codes.item[i]);
        if (!f->code->top)
            add_text(vm, &b, t2_policy_version(vm, f, UINT32_MAX), kinds[what]);
        for (T2Version *v = f->versions; v; v = v->next)
            if (v->osr_pc != UINT32_MAX)
                add_text(vm, &b, v, kinds[what]);
        if (f->code->top && !f->versions)
            rt_builder_c(&b, "; a top-level form none of whose loops became hot\n");
    }
    return rt_builder_finish(&b);
}

static const JitControl control = {
    .stats = stats,
    .report = report,
    .explain = explain,
    .exclude = exclude,
    .exclusions = exclusions,
    .reset = t2_policy_reset,
    .wait = wait,
    .remember = remember,
    .text = text,
};

// ---- the tier

static void stop(VM *vm) {
    remembered.on = false;
    remembered.forms = NULL;
    t2_policy_stop(vm);
    if (!process_leaves)
        t2_load_quit();
}

void t2_tier_register(bool leaves) {
    process_leaves = leaves;
    tier = t1_tier;
    tier.name = "tier2";
    tier.run = run;
    tier.start = t2_policy_start;
    tier.stop = stop;
    vm_tier_register(&tier);
    vm_jit_control = &control;
}
