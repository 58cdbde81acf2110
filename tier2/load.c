// Opening the compiler: kiln-tier2.so, beside the executable or in ../lib/kiln.
//
// It brings LLVM along, which costs 10 ms and 60 MB: programs in which nothing gets hot never pay.
#include "tier2/tier2.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char name[] = "kiln-tier2.so";
static const char *const folders[] = {"", "../", "../lib/kiln/"}; // from the executable's own

static struct {
    bool tried;
    const T2Compiler *compiler;
    char failure[512];
} state;

static const T2Compiler *fail(const char *text) {
    snprintf(state.failure, sizeof state.failure, "%s", text);
    return NULL;
}

static void *open_object(void) {
    char path[4096];
    ssize_t length =
        readlink("/proc/self/exe", path, sizeof path - sizeof "../lib/kiln/" - sizeof name);
    char *end = length > 0 ? memrchr(path, '/', (size_t)length) : NULL;
    if (!end)
        return (void *)fail("the executable's folder is not known");
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        sprintf(end + 1, "%s%s", folders[i], name);
        if (access(path, R_OK) != 0)
            continue;
        void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        return object ? object : (void *)fail(dlerror());
    }
    return (void *)fail("kiln-tier2.so is neither beside the executable nor in ../lib/kiln");
}

static const T2Compiler *find(void) {
    void *object = open_object();
    if (!object)
        return NULL;
    const T2Compiler *compiler = dlsym(object, "t2_compiler");
    if (!compiler || compiler->size != sizeof *compiler)
        return fail("kiln-tier2.so belongs to another version of Kiln");
    return compiler;
}

const T2Compiler *t2_load(VM *vm) {
    if (!state.tried) {
        state.tried = true;
        state.compiler = find();
    }
    char *why = NULL;
    if (state.compiler && !state.compiler->start(vm, &why)) {
        state.compiler = fail(why ? why : "LLVM cannot work here");
        free(why);
    }
    return state.compiler;
}

const char *t2_load_failure(void) { return *state.failure ? state.failure : NULL; }
