// Watched cells: code that depends on a cell's value (Guard, code.h).
//
// Cell.watchers is a list of the codes with a guard on the cell. It must keep none of them alive: a
// session may compile any number of forms that add numbers, and all of them watch `+`. So the list
// is atomic memory, which the collector does not look at, and drops its dead codes at the end of
// each marking (rt_heap_add_weak).
//
// A cell's guards are few in number per code and codes seldom change hands: invalidation walks all
// of them once, after which the list is empty, for code compiled later sees the cell assigned and
// does not guard on it.
#include "runtime/heap.h"
#include "tier1/code.h"

typedef struct WatchList {
    uintptr_t *code; // [room] in atomic memory: Code *, seen by no marking
    size_t count, room;
} WatchList;

// Raw memory is aligned as pairs are, so a Code's address will do for rt_heap_is_live.
static void sweep(void *object) {
    WatchList *list = object;
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (rt_heap_is_live(list->code[i]))
            list->code[kept++] = list->code[i];
    list->count = kept;
}

static WatchList *list_of(VM *vm, Cell *cell) {
    if (cell->watchers)
        return cell->watchers;
    WatchList *list = rt_raw_new(vm, sizeof *list);
    rt_heap_add_weak(vm, list, sweep);
    return cell->watchers = list;
}

static void add(VM *vm, Cell *cell, Code *code) {
    WatchList *list = list_of(vm, cell);
    // Guards of one code on one cell come together often; once is enough.
    if (list->count > 0 && list->code[list->count - 1] == (uintptr_t)code)
        return;
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 8;
        uintptr_t *grown = rt_raw_new_atomic(vm, room * sizeof *grown);
        // The allocation may have swept the list.
        if (list->count)
            memcpy(grown, list->code, list->count * sizeof *grown);
        list->code = grown;
        list->room = room;
    }
    list->code[list->count++] = (uintptr_t)code;
}

void t1_watch(VM *vm, Code *code) {
    for (uint32_t i = 0; i < code->guard_count; i++)
        add(vm, code->guards[i].cell, code);
}

void t1_watch_invalidate(VM *vm, Cell *cell) {
    (void)vm;
    WatchList *list = cell->watchers;
    if (!list)
        return;
    for (size_t i = 0; i < list->count; i++) {
        Code *code = (Code *)list->code[i];
        for (uint32_t g = 0; g < code->guard_count; g++) {
            const Guard *guard = &code->guards[g];
            if (guard->cell == cell)
                code->words[guard->pc] = op_j24(OP_JMP, (int32_t)(guard->stub - guard->pc - 1));
        }
    }
    list->count = 0;
}
