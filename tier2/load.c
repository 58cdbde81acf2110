// Opening the compiler: kiln-tier2.so, beside the executable or in ../lib/kiln.
//
// It brings LLVM along, which costs 20 ms and 60 MB: programs in which nothing gets hot never pay.
// It is opened by a thread of its own, so that the program goes on meanwhile.
#include "tier2/tier2.h"
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char name[] = "kiln-tier2.so";
static const char *const folders[] = {"", "../", "../lib/kiln/"}; // from the executable's own

static struct {
    bool begun, threaded;
    pthread_t thread;
    // Written by whoever opens, before `opened` is set.
    _Atomic bool opened;
    const T2Compiler *compiler; // NULL: there is none
    char failure[512];
} state;

static void *fail(const char *text) {
    snprintf(state.failure, sizeof state.failure, "%s", text);
    return NULL;
}

static void *open_object(void) {
    char path[4096];
    ssize_t length =
        readlink("/proc/self/exe", path, sizeof path - sizeof "../lib/kiln/" - sizeof name);
    char *end = length > 0 ? memrchr(path, '/', (size_t)length) : NULL;
    if (!end)
        return fail("the executable's folder is not known");
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        sprintf(end + 1, "%s%s", folders[i], name);
        if (access(path, R_OK) != 0)
            continue;
        void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        return object ? object : fail(dlerror());
    }
    return fail("kiln-tier2.so is neither beside the executable nor in ../lib/kiln");
}

static const T2Compiler *find(void) {
    void *object = open_object();
    if (!object)
        return NULL;
    const T2Compiler *compiler = dlsym(object, "t2_compiler");
    if (!compiler || compiler->layout != T2_LAYOUT)
        return fail("kiln-tier2.so belongs to another version of Kiln");
    char *why = NULL;
    if (compiler->open(&why))
        return compiler;
    fail(why ? why : "LLVM cannot work here");
    free(why);
    return NULL;
}

static void *open_compiler(void *unused) {
    (void)unused;
    state.compiler = find();
    atomic_store(&state.opened, true);
    return NULL;
}

// What LLVM does at the end of the process must not meet what it does at the beginning.
void t2_load_wait(void) {
    if (state.threaded)
        pthread_join(state.thread, NULL);
    state.threaded = false;
}

bool t2_load_begin(void) {
    if (state.begun)
        return atomic_load(&state.opened);
    state.begun = true;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); // signals are for the program
    state.threaded = pthread_create(&state.thread, NULL, open_compiler, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (state.threaded)
        atexit(t2_load_wait);
    else
        open_compiler(NULL);
    return atomic_load(&state.opened);
}

const T2Compiler *t2_load(VM *vm) {
    t2_load_begin();
    t2_load_wait();
    if (state.compiler)
        state.compiler->start(vm);
    return state.compiler;
}

void t2_load_refuse(const char *why) {
    if (state.begun)
        return;
    state.begun = true;
    fail(why);
    atomic_store(&state.opened, true);
}

const char *t2_load_failure(void) {
    return atomic_load(&state.opened) && *state.failure ? state.failure : NULL;
}

void t2_load_quit(void) {
    t2_load_wait();
    if (state.compiler)
        state.compiler->quit();
}

void t2_process_ends(int status) {
    bool busy =
        state.begun && (!atomic_load(&state.opened) || (state.compiler && state.compiler->busy()));
    if (!busy)
        return;
    fflush(NULL);
    _exit(status);
}
