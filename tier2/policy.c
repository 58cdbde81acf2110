// When code is compiled, and when it is given up. See tier2.h for the states of a version.
//
// Thresholds. Tier 1 counts calls of a function and turns of each of its loops, each counter from
// below 0 up to 0, where it calls hot(). What that does sets the counter anew: far away while code
// is being compiled, to 1 before a loop that has code, so that the next turn enters it.
//
// Where more becomes hot than can be compiled in time, what is hot anew first is compiled first:
// while QUEUE versions wait, other functions count to their threshold once more. So what is hottest
// does not wait behind what is not called any more.
//
// Exits. A guard that fails repeats its instruction in tier 1, which quickens it to what it sees.
// When one guard has failed t2_settings.exits times, the code is dropped; the function goes on in
// tier 1 for a while (the longer, the oftener this has happened) and is compiled again with what
// has been seen since. Sites that have failed a number of times are compiled without speculation
// (t2_site_is_generic). So exits are bounded: per version and round so many a site, and ROUNDS_MAX
// rounds. What still fails then is tolerated as long as it is rare by the clock; else the version
// stays in tier 1 (BAILOUT_EXITS).
//
// Unwinding. A capture or a raise below a native frame moves it to the heap, and the rest of it
// runs in tier 1. Where that happens again and again within a short time, entering native code anew
// does not pay: the version rests, for longer each time (BAILOUT_UNWOUND). So it does where escapes
// discard its frames again and again. Its code stays in the cache and is woken.
//
// Failures of primitives (EXIT_FAILED, EXIT_RAISE) are not held against code as other exits are:
// tier 1 has to raise, and would raise again. But they count as frames that were unwound.
#include "tier2/policy.h"
#include "runtime/heap.h"
#include "runtime/interrupt.h"
#include "runtime/settings.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    ENTRIES = 1000, // calls until a function is hot
    LOOPS = 10000,  // turns until a loop is
    EXITS = 32,     // of one site until code is made again
    ROUNDS_MAX = 5,
    ATTEMPTS_MAX = 4,
    EVICTIONS_MAX = 16, // after which waiting gets no longer
    ENTERED_OFTEN = 16, // times tier 1 enters a loop's code: then the function is hot too
    EXIT_COST = 20000,  // nanoseconds: exits that are rarer cost too little to matter
    RESTS_MAX = 6,
    REST_DOUBLINGS = 3,         // of the threshold, each time more
    UNWOUND = 100,              // frames of a version until it is asked how often that is
    UNWIND_COST = 8000,         // nanoseconds between them: it pays to run native code for so long
    KEPT = 8,                   // a frame that goes on in tier 1 counts as many that are discarded
    BUDGET = 64 << 20,          // bytes
    OPTIMIZE = 100000,          // calls and turns of quick code until it is made thoroughly
    COMPILER_SPACE = 320 << 20, // bytes of address space: its code, LLVM, what they allocate
    NEVER = 1u << 31,           // a counter that is not waited for
    QUEUE = 8,                  // versions that wait to be compiled until others have to stay away
};

const char *const t2_bailout_text[BAILOUT_COUNT] = {
    [BAILOUT_NONE] = "",
#define BAILOUT(id, text, retry) [BAILOUT_##id] = text,
#include "tier2/bailouts.def"
#undef BAILOUT
};
static const bool may_pass[BAILOUT_COUNT] = {
#define BAILOUT(id, text, retry) [BAILOUT_##id] = retry,
#include "tier2/bailouts.def"
#undef BAILOUT
};

T2Settings t2_settings;
T2Counts t2_counts;

static struct {
    VM *vm; // NULL: none runs with this tier
    const T2Compiler *compiler;
    WeakList *functions; // T2Function *; in scanned memory, for its weak hook
    T2Version *waiting;
    uint32_t waiting_count;
    T2Version *wanted; // whose quick code is hot
    const char *deny, *only;
    bool trace, trace_exits;
    bool purpose_counts; // exits on purpose count like others
    uint64_t every;      // guards between two exits on purpose
    uint64_t random;     // state; 0: not by chance
} policy;

static uint64_t clock_now(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
static uint64_t now(void) { return clock_now(CLOCK_MONOTONIC); }
static uint64_t processor_time(void) { return clock_now(CLOCK_THREAD_CPUTIME_ID); }

// ---- settings

static uint64_t guards_until_exit(void) {
    if (!policy.random)
        return policy.every;
    // splitmix64 (Steele, Lea, Flood 2014); even chances up to twice the mean.
    uint64_t z = policy.random += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return 1 + (z ^ z >> 31) % (2 * policy.every - 1);
}

static uint32_t threshold(uint64_t n) { return n < NEVER ? (uint32_t)n : 0; }

static void read_settings(VM *vm) {
    uint64_t pair[2] = {ENTRIES, LOOPS};
    if (rt_setting_pair(SETTING_JIT_THRESHOLD, pair) == 1)
        pair[1] = pair[0];
    uint64_t exits = rt_setting_number(SETTING_EXIT_LIMIT, EXITS);
    t2_settings = (T2Settings){
        .entries = threshold(pair[0]),
        .loops = threshold(pair[1]),
        .exits = exits < 1     ? 1
                 : exits > 255 ? 255
                               : (uint32_t)exits,
        .optimize = rt_setting_number(SETTING_JIT_OPTIMIZE, OPTIMIZE),
        .stop_after = rt_setting_number(SETTING_JIT_STOP_AFTER, UINT64_MAX),
        .budget = rt_setting_number(SETTING_JIT_BUDGET, BUDGET),
        .wait = rt_setting_choice(SETTING_JIT_SYNC) == 1,
    };
    policy.deny = rt_setting(SETTING_JIT_DENY);
    policy.only = rt_setting(SETTING_JIT_ONLY);
    policy.trace = rt_setting_has(SETTING_TRACE, "jit");
    policy.trace_exits = rt_setting_has(SETTING_TRACE, "exit");
    policy.purpose_counts = rt_setting(SETTING_EXIT_LIMIT) != NULL;
    policy.every = policy.random = 0;
    uint64_t chaos[2] = {0, 1};
    if (rt_setting_pair(SETTING_EXIT_CHAOS, chaos) && chaos[0]) {
        policy.every = chaos[0];
        policy.random = chaos[1] + 1;
    } else
        policy.every = rt_setting_number(SETTING_EXIT_AT, 0);
    t2_settings.chaos = policy.every != 0;
    if (t2_settings.chaos)
        vm->exit_countdown = guards_until_exit();
}

// ---- records

static void sweep(void *object) { rt_weak_list_sweep(object); }

T2Function *t2_policy_function(VM *vm, Code *code) {
    T2Function *function = code->record;
    if (!function) {
        function = rt_raw_new(vm, sizeof *function);
        function->code = code;
        code->record = function;
        rt_weak_list_add(vm, policy.functions, function);
    }
    return function;
}

T2Version *t2_policy_version(VM *vm, T2Function *function, uint32_t at) {
    for (T2Version *v = function->versions; v; v = v->next)
        if (v->osr_pc == at)
            return v;
    T2Version *v = rt_raw_new(vm, sizeof *v);
    v->function = function;
    v->osr_pc = at;
    v->next = function->versions;
    function->versions = v;
    return v;
}

void t2_policy_each(void (*fn)(T2Function *function, void *context), void *context) {
    WeakList *list = policy.functions;
    for (size_t i = 0; list && i < list->count; i++)
        fn((T2Function *)list->item[i], context);
}

static void forget_waiting(T2Version *version) {
    for (T2Version **at = &policy.waiting; *at; at = &(*at)->next_waiting)
        if (*at == version) {
            *at = version->next_waiting;
            version->next_waiting = NULL;
            policy.waiting_count--;
            return;
        }
}

bool t2_policy_active(void) { return policy.vm != NULL; }
const T2Compiler *t2_policy_compiler(void) { return policy.compiler; }

// ---- counters

static uint32_t *counter(const Code *code, uint32_t at) {
    if (at == UINT32_MAX)
        return (uint32_t *)&code->entries;
    const uint32_t *pc = code->words + at;
    const OpInfo *info = &t1_op_info[word_op(*pc)];
    for (int i = 0; i < OP_EXTENSIONS; i++)
        if (info->extension[i] == FIELD_CTR)
            return (uint32_t *)op_extension(pc, i);
    return NULL;
}

static void count_again(Code *code, uint32_t at, uint32_t limit) {
    uint32_t start = t1_counter_start(limit ? limit : NEVER), *count;
    if (at == UINT32_MAX)
        t1_count_entries_from(code, start);
    else if ((count = counter(code, at)))
        *count = start;
}

uint32_t t2_counter_left(const Code *code, uint32_t at) {
    const uint32_t *count = counter(code, at);
    return count ? -*count : 0;
}

// How long it runs in tier 1 before it is tried again.
static void wait_longer(const T2Version *v, unsigned doublings) {
    uint64_t limit = v->osr_pc == UINT32_MAX ? t2_settings.entries : t2_settings.loops;
    limit <<= doublings;
    count_again(v->function->code, v->osr_pc, limit < NEVER ? (uint32_t)limit : 0);
}

// ---- traces

static void trace(const T2Version *v, const char *what, const char *detail) {
    if (!policy.trace)
        return;
    char name[T2_NAME_SIZE];
    const Code *code = v->function->code;
    t2_name(policy.vm, code, name);
    fprintf(stderr, "jit: %s %s", name, what);
    if (v->osr_pc != UINT32_MAX)
        fprintf(stderr, " loop %u", v->osr_pc);
    fprintf(stderr, " round %u%s%s\n", v->round, *detail ? ": " : "", detail);
}

static void trace_exit(const ExitDescriptor *exit, bool on_purpose) {
    if (!policy.trace_exits)
        return;
    char name[T2_NAME_SIZE];
    const ExitFrame *frame = &exit->frames[0];
    t2_name(policy.vm, frame->code, name);
    fprintf(stderr, "exit: %s at %u of %s%s\n", t1_exit_reason_names[exit->reason], exit->guard_pc,
            name, on_purpose ? " (on purpose)" : "");
}

// ---- what is allowed

Bailout t2_policy_forbids(VM *vm, Code *code) {
    const T2Function *function = code->record;
    if (code->control)
        return BAILOUT_INTERNAL;
    if ((function && function->excluded) || t2_excluded(vm, code))
        return BAILOUT_EXCLUDED;
    if (policy.deny && t2_names_match(vm, code, policy.deny))
        return BAILOUT_DENIED;
    if (policy.only && !t2_names_match(vm, code, policy.only))
        return BAILOUT_NOT_ONLY;
    return BAILOUT_NONE;
}

bool t2_site_is_generic(const Code *code, uint32_t pc, ExitReason reason) {
    if (t2_settings.chaos && !policy.purpose_counts)
        return false;
    unsigned enough = t2_settings.exits / 4;
    return t1_exit_count(code, pc, reason) >= (enough ? enough : 1);
}

// ---- requests

static void failed(T2Version *v, Bailout reason) {
    v->reason = (uint8_t)reason;
    t2_counts.failed++;
    t2_counts.failures[reason]++;
    if (may_pass[reason] && v->attempts < ATTEMPTS_MAX) {
        v->state = T2_COLD;
        wait_longer(v, ++v->attempts);
    } else {
        v->state = T2_FAILED;
        count_again(v->function->code, v->osr_pc, 0);
    }
    trace(v, "not compiled", t2_bailout_text[reason]);
}

bool t2_policy_open(VM *vm) {
    if (!policy.compiler && policy.vm)
        policy.compiler = t2_load(vm);
    return policy.compiler != NULL;
}

// What has been worth thorough work is so when its code is made again, and by other entries.
static bool is_quick_first(const T2Function *function) {
    if (t2_settings.optimize == 0)
        return false;
    for (const T2Version *v = function->versions; v; v = v->next)
        if (v->thorough)
            return false;
    return true;
}

static void wait_in_line(T2Version *v) {
    t2_counts.compilations++;
    v->compilations++;
    v->next_waiting = policy.waiting;
    policy.waiting = v;
    policy.waiting_count++;
}

static void hand_over(VM *vm, T2Version *v, bool quick) {
    uint64_t start = processor_time();
    // A time limit of the program is not for waiting: there the code is made in the background.
    bool wait = t2_settings.wait && !value_is_pair(vm->limits);
    Bailout reason = policy.compiler->compile(vm, v, quick, wait);
    uint64_t took = processor_time() - start;
    t2_policy_held(took);
    if (reason != BAILOUT_NONE)
        t2_policy_failed(vm, v, reason, took);
}

bool t2_policy_is_hot(VM *vm, T2Version *v, const void *data) {
    if (v->data != data)
        return false;
    if (v->quick && !v->upgrade && !v->wanted) {
        v->wanted = true;
        v->next_wanted = policy.wanted;
        policy.wanted = v;
        rt_interrupt_set(vm, INTERRUPT_TIER);
    }
    return true;
}

// One at a time: for each, the program waits for a graph to be built.
void t2_policy_upgrade(VM *vm) {
    T2Version *v = policy.wanted;
    if (!v)
        return;
    policy.wanted = v->next_wanted;
    v->next_wanted = NULL;
    v->wanted = false;
    if (policy.wanted)
        rt_interrupt_set(vm, INTERRUPT_TIER);
    if (v->state != T2_INSTALLED || !v->quick || v->upgrade ||
        t2_counts.compilations >= t2_settings.stop_after)
        return;
    if (policy.waiting_count >= QUEUE && !t2_settings.wait) {
        policy.compiler->count(vm, v, t2_settings.optimize);
        return;
    }
    wait_in_line(v);
    t2_counts.optimized++;
    trace(v, "optimizing", "");
    hand_over(vm, v, false);
}

static void request(VM *vm, T2Version *v) {
    Bailout reason = t2_policy_forbids(vm, v->function->code);
    if (reason == BAILOUT_NONE && policy.compiler && policy.compiler->wake(vm, v))
        return;
    if (reason == BAILOUT_NONE && t2_counts.compilations >= t2_settings.stop_after)
        reason = BAILOUT_STOPPED;
    if (reason == BAILOUT_NONE && !t2_policy_open(vm))
        reason = BAILOUT_UNAVAILABLE;
    if (reason != BAILOUT_NONE) {
        failed(v, reason);
        return;
    }
    uint32_t room = v->osr_pc == UINT32_MAX ? QUEUE : 2 * QUEUE; // loops come first (compile.c)
    if (policy.waiting_count >= room && !t2_settings.wait) {
        wait_longer(v, 0);
        return;
    }
    wait_in_line(v);
    if (v->round)
        t2_counts.again++;
    v->state = T2_WAITING;
    count_again(v->function->code, v->osr_pc, 0);
    trace(v, "compiling", "");
    hand_over(vm, v, is_quick_first(v->function));
}

// A loop whose code tier 1 enters again and again: its function had better be compiled from its
// beginning.
static void entered(VM *vm, T2Version *v) {
    if (++v->entered != ENTERED_OFTEN || t2_settings.entries == 0 || v->function->code->top)
        return;
    T2Version *whole = t2_policy_version(vm, v->function, UINT32_MAX);
    if (whole->state == T2_COLD && whole->compilations == 0)
        count_again(v->function->code, UINT32_MAX, 1);
}

static void *hot(VM *vm, void *code, uint32_t at);

// A loop that turns hot because its function is called often, each time for some turns: the
// function is compiled in place of the loop, which would be compiled with all that comes after it
// and entered for the activation that runs. A function of ten loops was compiled eleven times.
// True when there is nothing else to do about the loop for now.
static bool is_hot_by_calls(VM *vm, T2Version *v) {
    Code *code = v->function->code;
    uint64_t calls = t1_code_entries(code);
    if (!t2_settings.entries || code->top || 8 * (calls - v->calls) < t2_settings.entries)
        return false; // most turns are of few calls
    T2Version *whole = t2_policy_version(vm, v->function, UINT32_MAX);
    if (whole->state != T2_COLD && whole->state != T2_WAITING)
        return false;
    v->calls = calls;
    wait_longer(v, 0);
    if (whole->state == T2_COLD)
        hot(vm, code, UINT32_MAX);
    return true;
}

static void *hot(VM *vm, void *code, uint32_t at) {
    // Top-level forms run once; their loops may be long.
    if (!policy.vm || (at == UINT32_MAX && ((const Code *)code)->top))
        return NULL;
    T2Version *v = t2_policy_version(vm, t2_policy_function(vm, code), at);
    // Far away, unless what follows knows better.
    count_again(code, at, 0);
    if (v->state == T2_COLD && at != UINT32_MAX && is_hot_by_calls(vm, v))
        return NULL;
    if (v->state == T2_COLD) {
        if (t2_settings.wait || t2_load_begin())
            request(vm, v);
        else
            wait_longer(v, 0);
    }
    if (v->state != T2_INSTALLED || at == UINT32_MAX)
        return NULL;
    count_again(code, at, 1);
    entered(vm, v);
    return v->native;
}

// ---- what the compiler tells

void t2_policy_installed(VM *vm, T2Version *v, Native *native, void *data, bool quick,
                         uint32_t bytes, uint64_t nanoseconds) {
    forget_waiting(v);
    v->upgrade = NULL;
    v->quick = quick;
    v->thorough |= !quick;
    v->native = native;
    v->data = data;
    v->bytes = bytes;
    v->exits = v->unwound = 0;
    v->since = v->unwound_since = now();
    v->nanoseconds += nanoseconds;
    t2_counts.nanoseconds += nanoseconds;
    t2_counts.installed++;
    v->state = T2_INSTALLED;
    v->reason = BAILOUT_NONE;
    if (v->osr_pc == UINT32_MAX)
        t1_native_install(vm, v->function->code, native, data);
    else
        count_again(v->function->code, v->osr_pc, 1);
    trace(v, "installed", "");
}

void t2_policy_failed(VM *vm, T2Version *v, Bailout reason, uint64_t nanoseconds) {
    forget_waiting(v);
    v->nanoseconds += nanoseconds;
    t2_counts.nanoseconds += nanoseconds;
    if (v->state != T2_INSTALLED) {
        failed(v, reason);
        return;
    }
    // The quick code stays.
    v->upgrade = NULL;
    t2_counts.failed++;
    t2_counts.failures[reason]++;
    trace(v, "not optimized", t2_bailout_text[reason]);
}

void t2_policy_held(uint64_t nanoseconds) {
    t2_counts.held += nanoseconds;
    if (nanoseconds > t2_counts.held_longest)
        t2_counts.held_longest = nanoseconds;
}

// The code is not entered any more.
static void remove_code(VM *vm, T2Version *v) {
    if (v->osr_pc == UINT32_MAX)
        t1_native_remove(vm, v->function->code);
    if (v->upgrade)
        forget_waiting(v);
    v->upgrade = NULL;
    v->state = T2_COLD;
    v->native = NULL;
    v->data = NULL;
    v->bytes = 0;
}

void t2_policy_invalidated(VM *vm, T2Version *v) {
    if (v->state != T2_INSTALLED)
        return;
    t2_counts.invalidated++;
    trace(v, "invalidated", "");
    remove_code(vm, v);
    wait_longer(v, 0);
}

void t2_policy_evicted(VM *vm, T2Version *v) {
    if (v->state != T2_INSTALLED)
        return;
    t2_counts.evicted++;
    trace(v, "evicted", "");
    remove_code(vm, v);
    // Where the budget is too small for the program, nobody gains from code that comes and goes.
    if (v->evictions < EVICTIONS_MAX)
        v->evictions++;
    wait_longer(v, v->evictions);
}

static void drop(VM *vm, T2Version *v) {
    t2_counts.dropped++;
    policy.compiler->drop(vm, v);
    remove_code(vm, v);
}

// ---- exits

static bool is_often(T2Version *v) {
    uint64_t time = now(), spent = time - v->since;
    bool often = v->exits * EXIT_COST > spent;
    v->exits = 0;
    v->since = time;
    return often;
}

static void give_up(VM *vm, T2Version *v) {
    drop(vm, v);
    v->reason = BAILOUT_EXITS;
    v->state = T2_FAILED;
    t2_counts.failed++;
    t2_counts.failures[BAILOUT_EXITS]++;
    count_again(v->function->code, v->osr_pc, 0);
    trace(v, "given up", t2_bailout_text[BAILOUT_EXITS]);
}

// A frame of it went on in tier 1, or is about to. What does so because of its callers, as a
// library's procedures do, may do better with others: it rests, the longer the oftener it had to.
static void unwound(VM *vm, void *data, bool kept) {
    T2Version *v = ((const T2NativeHead *)data)->version;
    if (v->state != T2_INSTALLED || v->data != data)
        return;
    v->unwound += kept ? KEPT : 1;
    if (v->unwound < UNWOUND * KEPT)
        return;
    uint64_t time = now();
    bool often = time - v->unwound_since < UNWOUND * (uint64_t)UNWIND_COST;
    v->unwound = 0;
    v->unwound_since = time;
    if (!often)
        return;
    policy.compiler->rest(vm, v);
    remove_code(vm, v);
    v->reason = BAILOUT_UNWOUND;
    t2_counts.failures[BAILOUT_UNWOUND]++;
    if (v->rests < RESTS_MAX)
        v->rests++;
    wait_longer(v, REST_DOUBLINGS * v->rests);
    trace(v, "rests", t2_bailout_text[BAILOUT_UNWOUND]);
}

static void exited(VM *vm, const ExitDescriptor *exit) {
    T2Version *v = ((const T2NativeHead *)exit->function)->version;
    t2_counts.exits[exit->reason]++;
    bool on_purpose = t2_settings.chaos && vm->exit_countdown == 0;
    if (on_purpose) {
        vm->exit_countdown = guards_until_exit();
        t2_counts.on_purpose++;
    }
    trace_exit(exit, on_purpose);
    v->exits_all++;
    // Activations of code that has been dropped go on leaving: that was counted already.
    if (v->state != T2_INSTALLED || v->data != exit->function)
        return;
    v->exits++;
    if ((on_purpose && !policy.purpose_counts) || exit->reason == EXIT_POLL ||
        exit->reason == EXIT_INVALID)
        return;
    if (exit->reason == EXIT_FAILED || exit->reason == EXIT_RAISE) {
        unwound(vm, exit->function, true);
        return;
    }
    if (exit->taken < t2_settings.exits && v->exits < 8 * (uint64_t)t2_settings.exits)
        return;
    // Making it again helps where more can be known.
    if (exit->reason != EXIT_GENERIC && v->round < ROUNDS_MAX) {
        drop(vm, v);
        v->round++;
        wait_longer(v, v->round);
        trace(v, "dropped", t1_exit_reason_names[exit->reason]);
    } else if (v->exits >= t2_settings.exits && is_often(v))
        give_up(vm, v);
}

// ---- dropping on demand

typedef struct Dropping {
    VM *vm;
    bool (*which)(const T2Version *version, void *context);
    void *context;
} Dropping;

static void drop_versions(T2Function *function, void *context) {
    Dropping *d = context;
    for (T2Version *v = function->versions; v; v = v->next)
        if (v->state == T2_INSTALLED && d->which(v, d->context)) {
            drop(d->vm, v);
            wait_longer(v, 0);
        }
}

void t2_policy_drop_all(VM *vm, bool (*which)(const T2Version *version, void *context),
                        void *context) {
    if (!policy.vm || !policy.compiler)
        return;
    policy.compiler->drain(vm);
    Dropping d = {.vm = vm, .which = which, .context = context};
    t2_policy_each(drop_versions, &d);
    t1_native_unwind_all(vm);
}

static bool every(const T2Version *version, void *context) { return true; }

void t2_policy_retry(T2Version *v) {
    v->state = T2_COLD;
    v->reason = BAILOUT_NONE;
    wait_longer(v, 0);
}

// Functions keep their record, for code may still be running whose exits tell its version.
static void forget(T2Function *function, void *context) {
    for (T2Version *v = function->versions; v; v = v->next) {
        v->state = T2_COLD;
        v->thorough = false;
        v->reason = v->round = v->attempts = v->evictions = v->rests = 0;
        v->compilations = v->entered = 0;
        v->exits = v->exits_all = v->nanoseconds = 0;
        wait_longer(v, 0);
    }
}

void t2_policy_reset(VM *vm) {
    t2_policy_drop_all(vm, every, NULL);
    t2_policy_each(forget, NULL);
    t2_counts = (T2Counts){0};
}

// ---- a VM's life

void t2_policy_start(VM *vm) {
    static bool rooted;
    if (!rooted)
        rt_heap_add_roots(&policy, sizeof policy);
    rooted = true;
    policy.vm = vm;
    policy.compiler = NULL;
    policy.waiting = NULL;
    policy.waiting_count = 0;
    policy.wanted = NULL;
    policy.functions = rt_raw_new(vm, sizeof *policy.functions);
    rt_heap_add_weak(vm, policy.functions, sweep);
    read_settings(vm);
    if (!rt_heap_set_aside(vm, COMPILER_SPACE))
        t2_load_refuse("the address space is limited (ulimit -v) to less than the compiler needs");
    t2_counts = (T2Counts){0};
    vm_hot_hook = (HotHook){.entries = t2_settings.entries, .loops = t2_settings.loops, .hot = hot};
    t1_native_exited = exited;
    t1_native_unwound = unwound;
}

void t2_policy_stop(VM *vm) {
    if (policy.compiler)
        policy.compiler->stop(vm);
    vm_hot_hook = (HotHook){0};
    t1_native_exited = NULL;
    t1_native_unwound = NULL;
    policy.vm = NULL;
    policy.compiler = NULL;
    policy.functions = NULL;
    policy.waiting = NULL;
    policy.waiting_count = 0;
    policy.wanted = NULL;
    t2_exclusions_clear();
}
