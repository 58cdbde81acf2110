// The engine: session, target machine, passes, objects, removal. See engine.h.
//
// What was measured for the choices made here: facts.md of the design, sections on LLVM. In short:
//   - an object of our own making is added to the session, so that LLJIT's target machine, which
//     threads would share, is never used;
//   - the code model is Small with position-independent code (JITLink makes stubs to what is far);
//   - a context lives for one module: constants are unique in it and are never given back;
//   - names of helpers are absolute symbols in the session, defined when first used.
#include "runtime/settings.h"
#include "tier2/engine_int.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <llvm-c/Analysis.h>
#include <llvm-c/LLJIT.h>
#include <llvm-c/LLJITUtils.h>
#include <llvm-c/Object.h>
#include <llvm-c/Orc.h>
#include <llvm-c/Support.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { CHUNK_BYTES = 4096, PAGE = 4096 };

// In front of the loops' passes memory is in SSA form and instructions are simple; behind them
// what they left over is cleared away.
static const char passes_plain[] =
    "function(sroa,early-cse<memssa>,correlated-propagation,simplifycfg,"
    "instcombine<no-verify-fixpoint>,gvn,simplifycfg)";
static const char passes_loops[] =
    "function(sroa,early-cse<memssa>,correlated-propagation,simplifycfg,"
    "instcombine<no-verify-fixpoint>,loop-mssa(loop-rotate,licm),gvn,"
    "instcombine<no-verify-fixpoint>,simplifycfg)";

struct T2Chunk {
    T2Chunk *next;
    size_t used, size;
    alignas(16) char bytes[];
};

static struct {
    bool ready;
    LLVMOrcLLJITRef jit;
    LLVMOrcExecutionSessionRef session;
    LLVMOrcJITDylibRef library;
    LLVMTargetMachineRef machine, quick; // thorough, quick
    char *triple, *layout;
    pthread_mutex_t making; // one compilation at a time: machine, defined
    char **defined;         // names known to the session, sorted
    size_t defined_count, defined_room;
    FILE *perf_map;
    _Atomic uint64_t serial;
} engine = {.making = PTHREAD_MUTEX_INITIALIZER};

// ---- artifacts

[[noreturn]] static void out_of_memory(void) {
    fputs("kiln: out of memory in the compiler\n", stderr);
    abort();
}

T2Artifact *t2_artifact_new(const char *name, const char *place, void *owner) {
    T2Artifact *a = calloc(1, sizeof *a);
    size_t room = 2 * (strlen(name) + strlen(place)) + 64;
    char *text = a ? malloc(room) : NULL;
    if (!text) {
        free(a);
        return NULL;
    }
    a->symbol = text;
    a->owner = owner;
    int length = snprintf(text, room, "%s %s #%llu", name, place,
                          (unsigned long long)atomic_fetch_add(&engine.serial, 1));
    snprintf(text + length + 1, room - (size_t)length - 1, "%s %s [t2]", name, place);
    a->label = text + length + 1;
    return a;
}

void *t2_artifact_allocate(T2Artifact *a, size_t bytes) {
    bytes = (bytes + 15) & ~(size_t)15;
    T2Chunk *chunk = a->memory;
    if (!chunk || chunk->size - chunk->used < bytes) {
        size_t size = bytes > CHUNK_BYTES - sizeof *chunk ? bytes : CHUNK_BYTES - sizeof *chunk;
        chunk = calloc(1, sizeof *chunk + size);
        if (!chunk)
            out_of_memory();
        chunk->size = size;
        chunk->next = a->memory;
        a->memory = chunk;
        a->bytes += (uint32_t)(sizeof *chunk + size);
    }
    void *result = chunk->bytes + chunk->used;
    chunk->used += bytes;
    return result;
}

// Processor time of this thread.
static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void report(LLVMErrorRef error, const char *what) {
    char *text = LLVMGetErrorMessage(error);
    if (rt_setting_has(SETTING_TRACE, "jit"))
        fprintf(stderr, "jit: %s: %s\n", what, text);
    LLVMDisposeErrorMessage(text);
}

void t2_artifact_free(T2Artifact *a) {
    if (!a)
        return;
    if (a->tracker) {
        LLVMErrorRef error = LLVMOrcResourceTrackerRemove(a->tracker);
        if (error)
            report(error, "removing code");
        LLVMOrcReleaseResourceTracker(a->tracker);
        LLVMOrcSymbolStringPoolClearDeadEntries(
            LLVMOrcExecutionSessionGetSymbolStringPool(engine.session));
    }
    while (a->memory) {
        T2Chunk *next = a->memory->next;
        free(a->memory);
        a->memory = next;
    }
    free(a->symbol);
    free(a);
}

// ---- the session

// Errors come back from the calls that meet them; the session's own printing would come on top.
static void ignore_error(void *context, LLVMErrorRef error) {
    (void)context;
    report(error, "session");
}

static char *take_text(LLVMErrorRef error) {
    char *text = LLVMGetErrorMessage(error), *copy = strdup(text);
    LLVMDisposeErrorMessage(text);
    return copy;
}

static bool machine_make(char **why) {
    LLVMTargetRef target;
    char *message = NULL;
    engine.triple = LLVMGetDefaultTargetTriple();
    if (LLVMGetTargetFromTriple(engine.triple, &target, &message)) {
        *why = strdup(message);
        LLVMDisposeMessage(message);
        return false;
    }
    char *cpu = LLVMGetHostCPUName(), *features = LLVMGetHostCPUFeatures();
    engine.machine =
        LLVMCreateTargetMachine(target, engine.triple, cpu, features, LLVMCodeGenLevelDefault,
                                LLVMRelocPIC, LLVMCodeModelSmall);
    engine.quick = LLVMCreateTargetMachine(target, engine.triple, cpu, features,
                                           LLVMCodeGenLevelNone, LLVMRelocPIC, LLVMCodeModelSmall);
    LLVMDisposeMessage(cpu);
    LLVMDisposeMessage(features);
    if (!engine.machine || !engine.quick) {
        *why = strdup("LLVM does not know this machine");
        return false;
    }
    LLVMTargetDataRef data = LLVMCreateTargetDataLayout(engine.machine);
    engine.layout = LLVMCopyStringRepOfTargetData(data);
    LLVMDisposeTargetData(data);
    return true;
}

// GDB learns of each object by a function of LLVM's, which the session looks for among the symbols
// that all libraries share.
static void tell_debugger(void) {
    Dl_info llvm;
    if (dladdr((const void *)LLVMOrcLLJITEnableDebugSupport, &llvm))
        dlopen(llvm.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_GLOBAL);
    LLVMErrorRef error = LLVMOrcLLJITEnableDebugSupport(engine.jit);
    if (error)
        report(error, "telling the debugger");
}

bool t2_engine_start(char **why) {
    if (engine.ready)
        return true;
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    // Blocks that end alike are few but for the exits, which are one already.
    static const char *const options[] = {"kiln", "-enable-tail-merge=0"};
    LLVMParseCommandLineOptions(2, options, NULL);
    LLVMOrcLLJITBuilderRef builder = LLVMOrcCreateLLJITBuilder();
    LLVMErrorRef error = LLVMOrcCreateLLJIT(&engine.jit, builder);
    if (error) {
        *why = take_text(error);
        return false;
    }
    engine.session = LLVMOrcLLJITGetExecutionSession(engine.jit);
    engine.library = LLVMOrcLLJITGetMainJITDylib(engine.jit);
    LLVMOrcExecutionSessionSetErrorReporter(engine.session, ignore_error, NULL);
    if (rt_setting_has(SETTING_PERF, "gdb"))
        tell_debugger();
    if (!machine_make(why))
        return false;
    if (rt_setting_has(SETTING_PERF, "map")) {
        char path[64];
        snprintf(path, sizeof path, "/tmp/perf-%ld.map", (long)getpid());
        // A name that anyone can foresee: no link is followed.
        int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
        engine.perf_map = file >= 0 ? fdopen(file, "w") : NULL;
    }
    engine.ready = true;
    return true;
}

void t2_engine_define(const char *name, const void *address) {
    size_t low = 0, high = engine.defined_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(engine.defined[middle], name);
        if (order == 0)
            return;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (engine.defined_count == engine.defined_room) {
        engine.defined_room = engine.defined_room ? 2 * engine.defined_room : 256;
        engine.defined =
            realloc((void *)engine.defined, engine.defined_room * sizeof *engine.defined);
        if (!engine.defined)
            out_of_memory();
    }
    memmove((void *)(engine.defined + low + 1), (void *)(engine.defined + low),
            (engine.defined_count - low) * sizeof *engine.defined);
    engine.defined[low] = strdup(name);
    engine.defined_count++;
    LLVMOrcCSymbolMapPair pair = {
        .Name = LLVMOrcLLJITMangleAndIntern(engine.jit, name),
        .Sym = {.Address = (LLVMOrcExecutorAddress)(uintptr_t)address,
                .Flags = {.GenericFlags = LLVMJITSymbolGenericFlagsExported}}};
    LLVMOrcMaterializationUnitRef unit = LLVMOrcAbsoluteSymbols(&pair, 1);
    LLVMErrorRef error = LLVMOrcJITDylibDefine(engine.library, unit);
    if (error) {
        report(error, name);
        LLVMOrcDisposeMaterializationUnit(unit);
    }
}

// ---- making code

// The module of a graph after LLVM's passes; NULL: *failure.
static LLVMModuleRef make_module(T2Artifact *a, const Graph *graph, LLVMContextRef context,
                                 Bailout *failure) {
    LLVMModuleRef module = LLVMModuleCreateWithNameInContext(a->label, context);
    // First: alignments of loads and stores depend on it.
    LLVMSetTarget(module, engine.triple);
    LLVMSetDataLayout(module, engine.layout);
    *failure = t2_lower(a, graph, module);
    if (*failure) {
        LLVMDisposeModule(module);
        return NULL;
    }
#ifdef KILN_DEBUG
    char *message = NULL;
    if (LLVMVerifyModule(module, LLVMReturnStatusAction, &message)) {
        char *text = LLVMPrintModuleToString(module);
        fputs(text, stderr);
        LLVMDisposeMessage(text);
        ASSERT(false, "LLVM's verifier: %s", message);
    }
    LLVMDisposeMessage(message);
#endif
    if (a->quick)
        return module;
    bool loops = false;
    for (uint32_t i = 0; i < graph->block_count && !loops; i++)
        loops = graph->blocks[i]->is_header;
    LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
    LLVMErrorRef error =
        LLVMRunPasses(module, loops ? passes_loops : passes_plain, engine.machine, options);
    LLVMDisposePassBuilderOptions(options);
    if (error) {
        report(error, "passes");
        LLVMDisposeModule(module);
        *failure = BAILOUT_LLVM;
        return NULL;
    }
    return module;
}

// Bytes of machine code of the artifact's function; and all of the object's sections that are
// loaded, in whole pages.
static void measure(T2Artifact *a, LLVMMemoryBufferRef buffer) {
    char *message = NULL;
    LLVMBinaryRef binary = LLVMCreateBinary(buffer, NULL, &message);
    if (!binary) {
        LLVMDisposeMessage(message);
        return;
    }
    LLVMSymbolIteratorRef symbol = LLVMObjectFileCopySymbolIterator(binary);
    for (; !LLVMObjectFileIsSymbolIteratorAtEnd(binary, symbol); LLVMMoveToNextSymbol(symbol))
        if (strcmp(LLVMGetSymbolName(symbol), a->symbol) == 0)
            a->code_bytes = (uint32_t)LLVMGetSymbolSize(symbol);
    LLVMDisposeSymbolIterator(symbol);
    // Constants and the addresses of helpers take a page of their own.
    a->bytes += (a->code_bytes + PAGE - 1) / PAGE * PAGE + PAGE;
    LLVMDisposeBinary(binary);
}

static bool link_object(T2Artifact *a, LLVMMemoryBufferRef object) {
    a->tracker = LLVMOrcJITDylibCreateResourceTracker(engine.library);
    LLVMErrorRef error = LLVMOrcLLJITAddObjectFileWithRT(engine.jit, a->tracker, object);
    LLVMOrcExecutorAddress address = 0;
    if (!error)
        error = LLVMOrcLLJITLookup(engine.jit, &address, a->symbol);
    if (error) {
        report(error, "linking");
        return false;
    }
    a->entry = (Native *)(uintptr_t)address;
    if (engine.perf_map) {
        fprintf(engine.perf_map, "%llx %x %s\n", (unsigned long long)address, a->code_bytes,
                a->label);
        fflush(engine.perf_map);
    }
    return true;
}

// KILN_TRACE=jit: where the time went.
static void trace(const T2Artifact *a, const uint64_t *at) {
    if (!rt_setting_has(SETTING_TRACE, "jit"))
        return;
    double ms[3];
    for (int i = 0; i < 3; i++)
        ms[i] = (double)(at[i + 1] - at[i]) / 1e6;
    fprintf(stderr,
            "jit: %s: %s, %u bytes, %u exits; passes %.2f ms, machine code %.2f ms, "
            "linking %.2f ms\n",
            a->symbol, a->quick ? "quick" : "thorough", a->code_bytes, a->descriptor_count, ms[0],
            ms[1], ms[2]);
}

Bailout t2_artifact_make(T2Artifact *a, const Graph *graph) {
    Bailout failure = BAILOUT_NONE;
    pthread_mutex_lock(&engine.making);
    uint64_t at[4] = {now()};
    LLVMContextRef context = LLVMContextCreate();
    LLVMModuleRef module = make_module(a, graph, context, &failure);
    at[1] = now();
    if (module) {
        LLVMMemoryBufferRef object = NULL;
        char *message = NULL;
        bool failed = LLVMTargetMachineEmitToMemoryBuffer(
            a->quick ? engine.quick : engine.machine, module, LLVMObjectFile, &message, &object);
        at[2] = now();
        if (failed) {
            LLVMDisposeMessage(message);
            failure = BAILOUT_LLVM;
        } else {
            measure(a, object);
            if (!link_object(a, object))
                failure = BAILOUT_LLVM;
            at[3] = now();
            trace(a, at);
        }
        LLVMDisposeModule(module);
    }
    LLVMContextDispose(context);
    pthread_mutex_unlock(&engine.making);
    return failure;
}

char *t2_engine_text(T2Artifact *a, const Graph *graph, T2Text kind, Bailout *failure) {
    char *result = NULL;
    pthread_mutex_lock(&engine.making);
    LLVMContextRef context = LLVMContextCreate();
    LLVMModuleRef module = make_module(a, graph, context, failure);
    if (module && kind == T2_TEXT_ASM) {
        LLVMMemoryBufferRef text = NULL;
        char *message = NULL;
        if (LLVMTargetMachineEmitToMemoryBuffer(engine.machine, module, LLVMAssemblyFile, &message,
                                                &text)) {
            LLVMDisposeMessage(message);
            *failure = BAILOUT_LLVM;
        } else {
            result = strndup(LLVMGetBufferStart(text), LLVMGetBufferSize(text));
            LLVMDisposeMemoryBuffer(text);
        }
    } else if (module) {
        char *text = LLVMPrintModuleToString(module);
        result = strdup(text);
        LLVMDisposeMessage(text);
    }
    if (module)
        LLVMDisposeModule(module);
    LLVMContextDispose(context);
    pthread_mutex_unlock(&engine.making);
    return result;
}
