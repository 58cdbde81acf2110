// Modules: parts of the runtime that are shared objects of their own.
//
// Duty: bindings of libraries that few programs use (HTTP, SQLite, Markdown) cost a program that
// does not use them nothing. kiln-NAME.so lies beside the executable or in ../lib/kiln and is
// opened at the first call of one of its primitives; what it needs of the runtime it finds in the
// executable.
//
// The rows of primitives/modules.def expand three times:
//   - as ordinary rows of the table of primitives, whose C functions are the stubs of module.c;
//   - as those stubs: find the module, open it, call its function;
//   - within the module, as the table of its functions (RT_MODULE).
// A row MODULE2(sqlite, "%sqlite-script", script, …) has the stub rt_prim_sqlite_script and the
// function rt_sqlite_script, which is written in runtime/modules/ under the same contract as any
// primitive's.
//
// A module and an executable of different builds are told apart by the signature: the names of all
// rows.
#ifndef KILN_RUNTIME_MODULE_H
#define KILN_RUNTIME_MODULE_H

#include "runtime/object.h"
#include "runtime/state.h"

typedef union ModuleFunction {
    PrimitiveFn0 *f0;
    PrimitiveFn1 *f1;
    PrimitiveFn2 *f2;
    PrimitiveFn3 *f3;
    PrimitiveFn4 *f4;
    PrimitiveFnV *fv;
} ModuleFunction;

typedef struct Module {
    size_t vm_size; // sizeof(VM)
    const char *signature;
    const ModuleFunction *functions; // in the order of the rows
} Module;

#define RT_MODULE_VERSION KILN_VERSION " "

// A C pointer of a library as an object. It is told from others by its release function, which runs
// when the object dies, unless rt_foreign_forget came first.
Value rt_foreign_new(VM *vm, const char *kind, void *pointer, void (*release)(void *pointer));
// The pointer of such an object; NULL with a type-error (or, after rt_foreign_forget, an error
// "… is closed") when v is none.
void *rt_foreign_check(VM *vm, int argument, const char *kind, Value v,
                       void (*release)(void *pointer));
static inline bool rt_foreign_is(Value v, void (*release)(void *pointer)) {
    return value_is_foreign(v) && value_foreign(v)->release == release;
}
// The pointer is gone: release will not be called.
void rt_foreign_forget(Value v);

#endif
