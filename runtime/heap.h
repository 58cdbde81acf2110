// The heap: libgc with kinds of our own and free lists in the VM.
//
// Duty: allocation, the collector's set-up, limits. Objects never move, so an address can serve as
// a hash. Nothing has a finalizer but ports and foreign handles.
// Three kinds:
//
//   tracked  each word may be a pointer; zero when fresh. Pairs, vectors, strings, boxes, records,
//            closures, continuations and their frames: what programs make millions of. Each store
//            into one goes through the barrier below.
//   loose    each word may be a pointer; zero when fresh. All else: tables, code, ports, symbols,
//            rt_raw_new. Written freely.
//   atomic   no word is a pointer; not zero when fresh.
//
// Invariant (cards.c): between collections, what an object refers to that was there at the last one
// was there, too, or the object is loose, or the card of its page is set. A young collection begins
// at the roots, loose memory and pages with cards, and takes what was there at the last one for
// live.
//
// Environment: KILN_GC=young|full|check; KILN_GC_STRESS=n collects at every nth allocation, young;
// KILN_HEAP_LIMIT=bytes[k|m|g].
#ifndef KILN_RUNTIME_HEAP_H
#define KILN_RUNTIME_HEAP_H

#include "runtime/state.h"

// Slow paths: refill the free list of a size class, or allocate a large object. `bytes` includes
// the header. Never NULL: when memory is exhausted beyond the reserve the process ends with a
// message.
void *rt_heap_tracked_slow(VM *vm, size_t bytes);
void *rt_heap_loose_slow(VM *vm, size_t bytes);
void *rt_heap_atomic_slow(VM *vm, size_t bytes);

// A zeroed cell from one of the VM's lists; NULL: it has none of that size.
static inline void *rt_heap_pop_zeroed(void **list, size_t bytes) {
    size_t cls = (bytes + 15) / 16;
    void **cell = cls < HEAP_SIZE_CLASSES ? list[cls] : NULL;
    if (__builtin_expect(cell != NULL, 1)) {
        list[cls] = *cell;
        *cell = NULL;
    }
    return cell;
}
static inline void *rt_heap_tracked(VM *vm, size_t bytes) {
    void *cell = rt_heap_pop_zeroed(vm->free_tracked, bytes);
    return cell ? cell : rt_heap_tracked_slow(vm, bytes);
}
static inline void *rt_heap_loose(VM *vm, size_t bytes) {
    void *cell = rt_heap_pop_zeroed(vm->free_loose, bytes);
    return cell ? cell : rt_heap_loose_slow(vm, bytes);
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

// ---- the write barrier
//
// The fields of objects in tracked memory are const: a store that forgets the barrier does not
// compile. There are two ways to store:
//
//   rt_heap_store(&pair->cdr, v);   into any object. HEAP_STORE_POINTER: what is no Value.
//   FRESH(pair->cdr) = v;           into an object that was made since the last allocation, so that
//                                   no collection has seen it; also what cannot be a pointer, and
//                                   exchanges within one object.
//
// A card is a byte for a page of memory, pages that are 1 GB apart share one. An object of one page
// or less lies in one page; of a larger one the card of any of its pages will do.
enum { HEAP_CARD_BITS = 12, HEAP_CARDS = 1 << 18 };
extern uint8_t rt_heap_cards[HEAP_CARDS];

static inline void rt_heap_touch(const void *place) {
    rt_heap_cards[((uintptr_t)place >> HEAP_CARD_BITS) & (HEAP_CARDS - 1)] = 1;
}
#define FRESH(place) (*(typeof_unqual(place) *)&(place))
static inline void rt_heap_store(const Value *place, Value v) {
    *(Value *)place = v;
    if (value_is_pointer(v))
        rt_heap_touch(place);
}
#define HEAP_STORE_POINTER(place, p) (FRESH(place) = (p), rt_heap_touch(&(place)))

// A pair.
static inline Value rt_cons(VM *vm, Value car, Value cdr) {
    Pair *p = rt_heap_tracked(vm, sizeof(Pair));
    FRESH(p->car) = car;
    FRESH(p->cdr) = cdr;
    return value_from_pointer(p);
}
// The types of tracked objects.
#define HEAP_TRACKED                                                                               \
    (1u << TYPE_STRING | 1u << TYPE_RATNUM | 1u << TYPE_COMPNUM | 1u << TYPE_VECTOR |              \
     1u << TYPE_BOX | 1u << TYPE_VALUES | 1u << TYPE_CLOSURE | 1u << TYPE_CONTINUATION |           \
     1u << TYPE_PROMISE | 1u << TYPE_RECORD)

// An object of `bytes` bytes of fields (without header), fields zero. The pointer is the Value.
static inline void *rt_object_new(VM *vm, unsigned type, unsigned flags, uint32_t aux,
                                  size_t bytes) {
    uint64_t *base =
        HEAP_TRACKED >> type & 1 ? rt_heap_tracked(vm, bytes + 8) : rt_heap_loose(vm, bytes + 8);
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
// Plain C memory without a header, held by any scanned word that points at its start. Zeroed;
// loose.
static inline void *rt_raw_new(VM *vm, size_t bytes) { return rt_heap_loose(vm, bytes); }
// The same, tracked: its fields should be const. The check of the barriers looks at the first four
// words alone: the others may name what has died, as the dead registers of a frame do.
static inline void *rt_raw_new_tracked(VM *vm, size_t bytes) { return rt_heap_tracked(vm, bytes); }
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
// Run a young one, where there are such: every now and then libgc makes it a full one.
void rt_heap_collect_young(void);
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
