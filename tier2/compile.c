// The compiler's interface (tier2.h, T2Compiler): requests, the thread that compiles, installing.
//
//   program's thread                        compiler's thread
//   compile: graph ──jobs──>                passes, lowering, LLVM, object, linking
//   poll: facts hold? install <──done──     INTERRUPT_TIER
//
// The compiler's thread is not known to the collector, which neither stops it nor looks at its
// stack: it reads nothing of the heap but what never changes in objects that the graph holds
// (ir.h), and all signals are blocked there, so that they go to the program. First come, first
// served, but for loops: tier 1 goes round and round in one while its code is waited for.
#include "runtime/heap.h"
#include "runtime/interrupt.h"
#include "runtime/string.h"
#include "tier2/build.h"
#include "tier2/cache.h"
#include "tier2/passes.h"
#include "tier2/policy.h"
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct Job { // malloc'ed
    struct Job *next;
    Graph *graph;
    bool optimized;   // its passes have run
    bool upgrade;     // quick code of the version is installed
    T2Native *native; // kept alive by the cache
    T2Artifact *artifact;
    uint64_t nanoseconds;
    Bailout outcome;
} Job;

typedef struct Queue {
    Job *first, *last;
} Queue;

static struct {
    VM *vm; // NULL: none runs
    pthread_t thread;
    bool running; // the thread
    // Below: of both threads, under the lock.
    pthread_mutex_t lock;
    pthread_cond_t work, idle;
    // Loops come first; upgrades, whose functions have code, last.
    Queue loops, jobs, upgrades, done;
    bool busy, stop;
} compiler = {.lock = PTHREAD_MUTEX_INITIALIZER,
              .work = PTHREAD_COND_INITIALIZER,
              .idle = PTHREAD_COND_INITIALIZER};

// Processor time of this thread.
static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// ---- queues

static void put(Queue *queue, Job *job) {
    job->next = NULL;
    *(queue->last ? &queue->last->next : &queue->first) = job;
    queue->last = job;
}

static Job *take(Queue *queue) {
    Job *job = queue->first;
    if (job && !(queue->first = job->next))
        queue->last = NULL;
    return job;
}

static Queue *next_queue(void) {
    return compiler.loops.first  ? &compiler.loops
           : compiler.jobs.first ? &compiler.jobs
                                 : &compiler.upgrades;
}

static bool waits(void) { return next_queue()->first != NULL; }

// ---- compiling

static void make(Job *job) {
    uint64_t start = now();
    if (!job->optimized)
        t2_run_passes(job->graph);
    job->outcome = (Bailout)job->graph->failure;
    if (job->outcome == BAILOUT_NONE)
        job->outcome = t2_artifact_make(job->artifact, job->graph);
    job->nanoseconds += now() - start;
}

static void *work(void *unused) {
    pthread_mutex_lock(&compiler.lock);
    while (!compiler.stop) {
        Job *job = take(next_queue());
        if (!job) {
            pthread_cond_wait(&compiler.work, &compiler.lock);
            continue;
        }
        compiler.busy = true;
        pthread_mutex_unlock(&compiler.lock);
        make(job);
        pthread_mutex_lock(&compiler.lock);
        compiler.busy = false;
        put(&compiler.done, job);
        if (compiler.vm)
            rt_interrupt_set(compiler.vm, INTERRUPT_TIER);
        if (!waits())
            pthread_cond_broadcast(&compiler.idle);
    }
    pthread_mutex_unlock(&compiler.lock);
    return NULL;
}

static bool thread_start(void) {
    if (compiler.running)
        return true;
    enum { STACK_BYTES = 8 << 20 }; // LLVM recurses
    pthread_attr_t attributes;
    sigset_t all, before;
    sigfillset(&all);
    compiler.stop = false;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    compiler.running = pthread_create(&compiler.thread, &attributes, work, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return compiler.running;
}

// What it is doing is finished first; what waits stays in the queue.
static void thread_stop(void) {
    if (!compiler.running)
        return;
    pthread_mutex_lock(&compiler.lock);
    compiler.stop = true;
    pthread_cond_signal(&compiler.work);
    pthread_mutex_unlock(&compiler.lock);
    pthread_join(compiler.thread, NULL);
    compiler.running = false;
}

// ---- results, on the program's thread

static void job_free(Job *job) {
    t2_graph_free(job->graph);
    free(job);
}

// Thorough work costs as much as the code is long.
static uint64_t hot_after(const T2Native *native, uint64_t count) {
    enum { BYTES = 1024 };
    return count * (1 + native->artifact->code_bytes / BYTES);
}

static void enter(VM *vm, T2Native *native, uint64_t nanoseconds) {
    for (uint32_t i = 0; i < native->fact_count; i++)
        if (!(object_flags(native->facts[i]) & CELL_SEALED))
            t1_watch_native(vm, native->facts[i], native);
    native->artifact->left = hot_after(native, t2_settings.optimize);
    t2_cache_install(native);
    t2_policy_installed(vm, native->head.version, native->artifact->entry, native, native->quick,
                        native->artifact->bytes, nanoseconds);
}

static void finish(VM *vm, Job *job) {
    T2Native *native = job->native;
    T2Version *version = native->head.version;
    Bailout outcome = job->outcome;
    if (outcome == BAILOUT_NONE && native->artifact->bytes > t2_settings.budget)
        outcome = BAILOUT_MEMORY;
    if (outcome == BAILOUT_NONE && !t2_cache_facts_hold(native))
        outcome = BAILOUT_FACTS_CHANGED;
    uint64_t nanoseconds = job->nanoseconds;
    bool late = job->upgrade && version->upgrade != native;
    job_free(job);
    if (late) { // what it was to replace has gone
        t2_cache_drop(native);
        return;
    }
    if (outcome == BAILOUT_NONE) {
        T2Native *quick = version->upgrade ? version->data : NULL;
        if (quick) {
            quick->artifact->left = 1; // loops leave it
            t2_cache_drop(quick);
        }
        enter(vm, native, nanoseconds);
        return;
    }
    t2_cache_drop(native);
    t2_policy_failed(vm, version, outcome, nanoseconds);
}

static void poll(VM *vm) {
    uint64_t start = now();
    for (;;) {
        pthread_mutex_lock(&compiler.lock);
        Job *job = take(&compiler.done);
        pthread_mutex_unlock(&compiler.lock);
        if (!job)
            break;
        finish(vm, job);
    }
    t2_cache_tend(vm);
    t2_policy_held(now() - start);
    t2_policy_upgrade(vm);
}

static void drain(VM *vm) {
    pthread_mutex_lock(&compiler.lock);
    while (compiler.running && (waits() || compiler.busy))
        pthread_cond_wait(&compiler.idle, &compiler.lock);
    pthread_mutex_unlock(&compiler.lock);
    poll(vm);
}

// ---- requests

// The graph of a version, closed, and ready to be lowered when `optimize` says so; NULL: *failure.
static Graph *make_graph(VM *vm, T2Version *version, bool optimize, Bailout *failure) {
    Graph *graph = t2_build(vm, version->function->code, version->osr_pc);
    if (!graph->failure && optimize)
        t2_run_passes(graph);
    if (graph->failure) {
        *failure = graph->failure;
        t2_graph_free(graph);
        return NULL;
    }
    return graph;
}

static bool wake(VM *vm, T2Version *version) {
    T2Native *dormant = t2_cache_wake(version);
    if (dormant)
        enter(vm, dormant, 0);
    return dormant != NULL;
}

// What LLVM does not put into registers takes its place in the C frame: those of larger functions
// would be too large.
enum { QUICK_NODES = 12000 };

static Bailout compile(VM *vm, T2Version *version, bool quick, bool wait) {
    t2_cache_tend(vm);
    uint64_t start = now();
    Bailout failure = BAILOUT_NONE;
    bool optimize = t2_passes_are_traced();
    Graph *graph = make_graph(vm, version, optimize, &failure);
    if (!graph)
        return failure;
    version->bytecodes = graph->bytecodes;
    version->inlined = graph->inlined;
    Job *job = calloc(1, sizeof *job);
    if (!job) {
        t2_graph_free(graph);
        return BAILOUT_MEMORY;
    }
    job->graph = graph;
    job->optimized = optimize;
    job->native = t2_cache_new(vm, version, graph);
    job->artifact = job->native->artifact;
    job->artifact->quick = job->native->quick = quick && graph->node_count <= QUICK_NODES;
    job->upgrade = version->state == T2_INSTALLED;
    if (job->upgrade)
        version->upgrade = job->native;
    job->nanoseconds = now() - start;
    if (wait || !thread_start()) {
        make(job);
        finish(vm, job);
        t2_cache_tend(vm);
        return BAILOUT_NONE;
    }
    pthread_mutex_lock(&compiler.lock);
    put(job->upgrade                    ? &compiler.upgrades
        : version->osr_pc == UINT32_MAX ? &compiler.jobs
                                        : &compiler.loops,
        job);
    pthread_cond_signal(&compiler.work);
    pthread_mutex_unlock(&compiler.lock);
    return BAILOUT_NONE;
}

static void count(VM *vm, T2Version *version, uint64_t left) {
    T2Native *native = version->data;
    native->artifact->left = hot_after(native, left);
}

static void drop(VM *vm, T2Version *version) {
    if (version->data)
        t2_cache_drop(version->data);
}

static void rest(VM *vm, T2Version *version) {
    if (version->data)
        t2_cache_rest(version->data);
}

// A fact that some code relies on has changed. Activations may be running even where other code has
// taken its place.
static void invalidated(VM *vm, void *data) {
    T2Native *native = data;
    T2Version *version = native->head.version;
    if (version->data == native)
        t2_policy_invalidated(vm, version);
    t2_cache_drop(native);
    t1_native_unwind_all(vm);
}

static size_t bytes(VM *vm) { return t2_cache_bytes(); }

static Value text(VM *vm, T2Version *version, T2Text kind, Bailout *reason) {
    Graph *graph = make_graph(vm, version, true, reason);
    if (!graph)
        return VALUE_FAILURE;
    Value result = VALUE_FAILURE;
    if (kind == T2_TEXT_IR)
        result = t2_dump(graph);
    else {
        T2Native *native = t2_cache_new(vm, version, graph);
        char *listing = t2_engine_text(native->artifact, graph, kind, reason);
        if (listing)
            result = rt_string_from_c(vm, listing);
        free(listing);
        t2_cache_drop(native);
    }
    t2_graph_free(graph);
    return result;
}

// ---- a VM's life

static void idle(VM *vm) { t2_cache_tend(vm); }

static bool open_engine(char **why) {
    if (!t2_engine_start(why))
        return false;
    atexit(thread_stop); // before what LLVM does at the end
    return true;
}

static void forget_jobs(Queue *queue) {
    for (Job *job; (job = take(queue));)
        job_free(job);
}

static void start(VM *vm) {
    if (compiler.vm == vm)
        return;
    // What was begun for another VM comes to an end first.
    thread_stop();
    forget_jobs(&compiler.done);
    t2_cache_stop();
    compiler.vm = vm;
    t2_cache_start(vm);
    t1_native_invalidated = invalidated;
    t1_native_idle = idle;
    rt_tier_event = poll;
}

// Does not wait for the job under way: its graph, and what it holds, stay until the next VM starts,
// and so does all code.
static void stop(VM *vm) {
    pthread_mutex_lock(&compiler.lock);
    forget_jobs(&compiler.loops);
    forget_jobs(&compiler.jobs);
    forget_jobs(&compiler.upgrades);
    compiler.vm = NULL;
    pthread_mutex_unlock(&compiler.lock);
    t1_native_invalidated = NULL;
    t1_native_idle = NULL;
    rt_tier_event = NULL;
}

static bool busy(void) {
    pthread_mutex_lock(&compiler.lock);
    bool is_busy = compiler.busy;
    pthread_mutex_unlock(&compiler.lock);
    return is_busy;
}

const T2Compiler t2_compiler = {.layout = T2_LAYOUT,
                                .open = open_engine,
                                .start = start,
                                .stop = stop,
                                .quit = thread_stop,
                                .busy = busy,
                                .wake = wake,
                                .compile = compile,
                                .count = count,
                                .poll = poll,
                                .drain = drain,
                                .drop = drop,
                                .rest = rest,
                                .bytes = bytes,
                                .text = text};
