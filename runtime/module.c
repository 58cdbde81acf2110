// Modules: opening them, the stubs of their primitives. See module.h.
#include "runtime/module.h"
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/symbol.h"
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// ---- numbers of the rows

#define MODULE0(module, name, fn, ...) SLOT_##module##_##fn,
#define MODULE1 MODULE0
#define MODULE2 MODULE0
#define MODULE3 MODULE0
#define MODULE4 MODULE0
#define MODULEV MODULE0
enum {
#include "runtime/primitives/http.def"
};
enum {
#include "runtime/primitives/sqlite.def"
};
enum {
#include "runtime/primitives/markdown.def"
};
#undef MODULE0

#define MODULE0(module, name, fn, ...) name " "
static const char signature_http[] = RT_MODULE_VERSION
#include "runtime/primitives/http.def"
    ;
static const char signature_sqlite[] = RT_MODULE_VERSION
#include "runtime/primitives/sqlite.def"
    ;
static const char signature_markdown[] = RT_MODULE_VERSION
#include "runtime/primitives/markdown.def"
    ;
#undef MODULE0
#undef MODULE1
#undef MODULE2
#undef MODULE3
#undef MODULE4
#undef MODULEV

// ---- opening

typedef struct Slot {
    const char *name;      // of the library in messages and files
    const char *signature; // that the module must have
    const Module *module;  // NULL: not opened yet
} Slot;

static Slot module_http = {"http", signature_http, NULL};
static Slot module_sqlite = {"sqlite", signature_sqlite, NULL};
static Slot module_markdown = {"markdown", signature_markdown, NULL};

static const char *const folders[] = {"", "../", "../lib/kiln/"}; // from the executable's own

// The object, or NULL with the reason.
static void *open_object(const char *file, char *reason, size_t room) {
    char path[4096];
    size_t longest = sizeof path - sizeof "../lib/kiln/" - strlen(file);
    ssize_t length = readlink("/proc/self/exe", path, longest);
    char *end = length > 0 && (size_t)length < longest ? memrchr(path, '/', (size_t)length) : NULL;
    if (!end) {
        snprintf(reason, room, "the executable's folder is not known");
        return NULL;
    }
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        sprintf(end + 1, "%s%s", folders[i], file);
        if (access(path, R_OK) != 0)
            continue;
        void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (!object)
            snprintf(reason, room, "%s", dlerror());
        return object;
    }
    snprintf(reason, room, "%s is neither beside the executable nor in ../lib/kiln", file);
    return NULL;
}

// Modules stay open: primitives may be called at any time.
static bool open_module(VM *vm, Slot *slot) {
    char file[64], reason[512];
    snprintf(file, sizeof file, "kiln-%s.so", slot->name);
    void *object = open_object(file, reason, sizeof reason);
    if (object) {
        const Module *module = dlsym(object, "rt_module");
        if (module && module->vm_size == sizeof(VM) &&
            strcmp(module->signature, slot->signature) == 0) {
            slot->module = module;
            return true;
        }
        dlclose(object);
        snprintf(reason, sizeof reason, "%s belongs to another version of Kiln", file);
    }
    rt_fail(vm, CONDITION_LIBRARY, VALUE_NULL, "cannot open library (kiln %s): %s", slot->name,
            reason);
    return false;
}

static inline const ModuleFunction *function_of(VM *vm, Slot *slot, int row) {
    if (__builtin_expect(!slot->module, 0) && !open_module(vm, slot))
        return NULL;
    return &slot->module->functions[row];
}

// ---- stubs

#define STUB(module, fn, member, parameters, arguments)                                            \
    PRIMITIVE_OF_##member rt_prim_##module##_##fn;                                                 \
    Value rt_prim_##module##_##fn parameters {                                                     \
        const ModuleFunction *f = function_of(vm, &module_##module, SLOT_##module##_##fn);         \
        return f ? f->member arguments : VALUE_FAILURE;                                            \
    }
#define PRIMITIVE_OF_f0 PrimitiveFn0
#define PRIMITIVE_OF_f1 PrimitiveFn1
#define PRIMITIVE_OF_f2 PrimitiveFn2
#define PRIMITIVE_OF_f3 PrimitiveFn3
#define PRIMITIVE_OF_f4 PrimitiveFn4
#define PRIMITIVE_OF_fv PrimitiveFnV
#define MODULE0(module, name, fn, ...) STUB(module, fn, f0, (VM * vm), (vm))
#define MODULE1(module, name, fn, ...) STUB(module, fn, f1, (VM * vm, Value a), (vm, a))
#define MODULE2(module, name, fn, ...) STUB(module, fn, f2, (VM * vm, Value a, Value b), (vm, a, b))
#define MODULE3(module, name, fn, ...)                                                             \
    STUB(module, fn, f3, (VM * vm, Value a, Value b, Value c), (vm, a, b, c))
#define MODULE4(module, name, fn, ...)                                                             \
    STUB(module, fn, f4, (VM * vm, Value a, Value b, Value c, Value d), (vm, a, b, c, d))
#define MODULEV(module, name, fn, ...)                                                             \
    STUB(module, fn, fv, (VM * vm, int argc, const Value *argv), (vm, argc, argv))
#include "runtime/primitives/modules.def"

// ---- foreign objects

static void finalize(void *object) {
    Foreign *f = object;
    if (f->pointer)
        f->release(f->pointer);
    f->pointer = NULL;
}

Value rt_foreign_new(VM *vm, const char *kind, void *pointer, void (*release)(void *pointer)) {
    // Its pointer is the library's: nothing in it is for the collector.
    Foreign *f = rt_object_new(vm, TYPE_FOREIGN, 0, 0, sizeof *f);
    f->kind = rt_intern(vm, kind);
    f->pointer = pointer;
    f->release = release;
    rt_heap_set_finalizer(f, finalize);
    return value_from_pointer(f);
}

void *rt_foreign_check(VM *vm, int argument, const char *kind, Value v,
                       void (*release)(void *pointer)) {
    if (!rt_foreign_is(v, release)) {
        rt_fail_type(vm, argument, kind, v);
        return NULL;
    }
    void *pointer = value_foreign(v)->pointer;
    if (!pointer)
        rt_fail(vm, CONDITION_ERROR, VALUE_NULL, "argument %d: the %s is closed", argument, kind);
    return pointer;
}

void rt_foreign_forget(Value v) {
    Foreign *f = value_foreign(v);
    f->pointer = NULL;
    rt_heap_set_finalizer(f, NULL);
}
