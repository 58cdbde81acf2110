// The heap: libgc with kinds of our own and free lists in the VM.
//
// Duty: allocation, the collector's set-up, limits. Objects never move, so an address can serve as
// a hash. Nothing has a finalizer but ports and foreign handles.
// Two kinds: scanned (every word may be a pointer; descriptor by length) and atomic (none is).
// Fresh scanned memory is zero; fresh atomic memory is not.
//
// Environment: KILN_GC_STRESS=n collects at every nth allocation; KILN_HEAP_LIMIT=bytes[k|m|g].
#ifndef KILN_RUNTIME_HEAP_H
#define KILN_RUNTIME_HEAP_H

#include "runtime/state.h"

// Slow paths: refill the free list of a size class, or allocate a large object. `bytes` includes
// the header. Never NULL: when memory is exhausted beyond the reserve the process ends with a
// message.
void *rt_heap_scanned_slow(VM *vm, size_t bytes);
void *rt_heap_atomic_slow(VM *vm, size_t bytes);

static inline void *rt_heap_scanned(VM *vm, size_t bytes) {
    size_t cls = (bytes + 15) / 16;
    if (cls < HEAP_SIZE_CLASSES) {
        void **cell = vm->free_scanned[cls];
        if (__builtin_expect(cell != NULL, 1)) {
            vm->free_scanned[cls] = *cell;
            *cell = NULL;
            return cell;
        }
    }
    return rt_heap_scanned_slow(vm, bytes);
}
static inline void *rt_heap_atomic(VM *vm, size_t bytes) {
    size_t cls = (bytes + 15) / 16;
    if (cls < HEAP_SIZE_CLASSES) {
        void **cell = vm->free_atomic[cls];
        if (__builtin_expect(cell != NULL, 1)) {
            vm->free_atomic[cls] = *cell;
            return cell;
        }
    }
    return rt_heap_atomic_slow(vm, bytes);
}

// A pair.
static inline Value rt_cons(VM *vm, Value car, Value cdr) {
    Pair *p = rt_heap_scanned(vm, sizeof(Pair));
    p->car = car;
    p->cdr = cdr;
    return value_from_pointer(p);
}
// An object of `bytes` bytes of fields (without header), fields zero. The pointer is the Value.
static inline void *rt_object_new(VM *vm, unsigned type, unsigned flags, uint32_t aux,
                                  size_t bytes) {
    uint64_t *base = rt_heap_scanned(vm, bytes + 8);
    *base = header_make(type, flags, aux);
    return base + 1;
}
// The same in memory that is not scanned; fields are not zero.
static inline void *rt_object_new_atomic(VM *vm, unsigned type, unsigned flags, uint32_t aux,
                                         size_t bytes) {
    uint64_t *base = rt_heap_atomic(vm, bytes + 8);
    *base = header_make(type, flags, aux);
    return base + 1;
}
// Plain C memory without a header, held by any scanned word that points at its start. Zeroed.
static inline void *rt_raw_new(VM *vm, size_t bytes) { return rt_heap_scanned(vm, bytes); }
// The same, not scanned, not zeroed: characters, bytes, limbs.
static inline void *rt_raw_new_atomic(VM *vm, size_t bytes) { return rt_heap_atomic(vm, bytes); }

// Ask before any allocation whose size a program chose (make-vector, string-append, expt …): true
// when `count` items of `size` bytes fit below the heap limit, side by side. Otherwise false, with
// the condition set: the caller returns VALUE_FAILURE.
[[nodiscard]] bool rt_heap_reserve(VM *vm, size_t count, size_t size);
// The same for several objects of `part` bytes each.
[[nodiscard]] bool rt_heap_reserve_parts(VM *vm, size_t parts, size_t part);

// Where the process's address space is limited, so many bytes of it are for others than the heap,
// whose limit sinks. False: what is left would be too little; nothing has changed.
[[nodiscard]] bool rt_heap_set_aside(VM *vm, size_t bytes);

// Run a full collection now.
void rt_heap_collect(void);
// From the next collection on collect only when so many bytes were allocated since the last one,
// however few are live (or when memory is short); 0: as often as the size of the heap asks, as at
// the start.
void rt_heap_set_interval(size_t bytes);
// Bytes in use and bytes taken from the system.
size_t rt_heap_used(void);
size_t rt_heap_size(void);
// Bytes ever allocated, and collections so far.
uint64_t rt_heap_allocated(void);
uint64_t rt_heap_collections(void);
// Nanoseconds that the program stood still for them; sweeping, which allocation does, not counted.
uint64_t rt_heap_collection_ns(void);
// Keep an object alive that only C memory outside the heap refers to. Static variables that hold
// Values must be registered once.
void rt_heap_add_roots(void *start, size_t bytes);
// Have scan() called at each marking: for memory whose part in use changes, such as stacks. It must
// not allocate and calls rt_heap_scan for what may hold pointers. One at a time.
void rt_heap_set_scanner(void (*scan)(void));
void rt_heap_scan(void *start, void *end);
// Call release(pointer) when the object dies (ports and foreign handles alone).
void rt_heap_set_finalizer(void *object, void (*release)(void *object));
// Collect, then call visit for each memory that the collector scans: reachable objects (is_object:
// base is where the header is, or a pair, or raw memory), the VM and the stacks of evaluators, but
// not the C stack. visit must not allocate; it may change words.
void rt_heap_walk(VM *vm, void (*visit)(void *base, size_t bytes, bool is_object, void *context),
                  void *context);
// WeakBox of v.
Value rt_weak_box(VM *vm, Value v);
// Hook a structure whose dead entries are dropped at the end of each marking. sweep must not
// allocate; it asks rt_heap_is_live.
void rt_heap_add_weak(VM *vm, void *object, void (*sweep)(void *object));
bool rt_heap_is_live(Value v);

// Objects, or raw memory, that this list alone does not keep. It stands in a structure with a weak
// hook whose sweep calls rt_weak_list_sweep; what is live keeps its order.
typedef struct WeakList {
    uintptr_t *item; // [room] in atomic memory, seen by no marking
    size_t count, room;
} WeakList;
void rt_weak_list_add(VM *vm, WeakList *list, const void *item);
void rt_weak_list_sweep(WeakList *list);

#endif
