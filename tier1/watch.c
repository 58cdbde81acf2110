// Watched cells: code that depends on a cell's value (Guard, code.h).
//
// Cell.watchers is a list of the codes with a guard on the cell. It must keep none of them alive: a
// session may compile any number of forms that add numbers, and all of them watch `+`. So the list
// is atomic memory, which the collector does not look at, and drops its dead codes at the end of
// each marking (rt_heap_add_weak).
//
// Native code relies on cells as well, whether its bytecode has guards or not: a second list of the
// same kind holds what was given to t1_watch_native.
//
// A cell's guards are few in number per code and codes seldom change hands: invalidation walks all
// of them once, after which the list is empty, for code compiled later sees the cell assigned and
// does not guard on it.
#include "runtime/heap.h"
#include "tier1/native.h"

typedef struct Watchers { // Cell.watchers
    WeakList codes;       // Code *
    WeakList natives;     // what was given to t1_watch_native
} Watchers;

static void sweep(void *object) {
    Watchers *watchers = object;
    rt_weak_list_sweep(&watchers->codes);
    rt_weak_list_sweep(&watchers->natives);
}

static Watchers *watchers_of(VM *vm, Cell *cell) {
    if (cell->watchers)
        return cell->watchers;
    Watchers *watchers = rt_raw_new(vm, sizeof *watchers);
    rt_heap_add_weak(vm, watchers, sweep);
    return cell->watchers = watchers;
}

static void add(VM *vm, WeakList *list, const void *item) {
    // Guards of one code on one cell come together often; once is enough.
    if (list->count == 0 || list->item[list->count - 1] != (uintptr_t)item)
        rt_weak_list_add(vm, list, item);
}

void t1_watch(VM *vm, Code *code) {
    for (uint32_t i = 0; i < code->guard_count; i++)
        add(vm, &watchers_of(vm, code->guards[i].cell)->codes, code);
}

void t1_watch_native(VM *vm, Cell *cell, void *data) {
    add(vm, &watchers_of(vm, cell)->natives, data);
}

// All guards of a code on a cell become jumps. Native code of it was made while they held.
static void invalidate_code(VM *vm, Code *code, const Cell *cell) {
    for (uint32_t g = 0; g < code->guard_count; g++) {
        const Guard *guard = &code->guards[g];
        if (guard->cell != cell)
            continue;
        if (code->native != t1_native_interpret) {
            t1_native_remove(vm, code);
            t1_native_unwind_all(vm);
        }
        code->words[guard->pc] = op_j24(OP_JMP, (int32_t)(guard->stub - guard->pc - 1));
    }
}

void t1_watch_invalidate(VM *vm, Cell *cell) {
    Watchers *watchers = cell->watchers;
    if (!watchers)
        return;
    // What is called may allocate: the lists are empty by then, and this holds what they held.
    void **held =
        rt_raw_new(vm, (watchers->codes.count + watchers->natives.count + 1) * sizeof *held);
    size_t codes = watchers->codes.count, natives = watchers->natives.count;
    if (codes)
        memcpy(held, watchers->codes.item, codes * sizeof *held);
    if (natives)
        memcpy(held + codes, watchers->natives.item, natives * sizeof *held);
    watchers->codes.count = watchers->natives.count = 0;
    for (size_t i = 0; i < codes; i++)
        invalidate_code(vm, held[i], cell);
    for (size_t i = 0; i < natives && t1_native_invalidated; i++)
        t1_native_invalidated(vm, held[codes + i]);
}
