// The heap: libgc set up for headerless pairs and displaced objects.
//
// Three kinds of our own. Their free lists live in the VM and are refilled a batch at a time. At
// the start of each marking the lists are dropped: a list in atomic memory would be reachable
// through its head alone, and the sweep would hand its cells out twice; dropped cells are found
// again by the sweep.
#include "runtime/heap.h"
#include "runtime/fail.h"
#include "runtime/heap_int.h"
#include "runtime/interrupt.h"
#include "runtime/settings.h"
#include "runtime/system.h"
#include <gc/gc.h>
#include <gc/gc_inline.h>
#include <gc/gc_mark.h>
#include <gc/javaxfc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    STRESS_LIVE = 16 << 20, // bytes in use up to which KILN_GC_STRESS is taken literally
    BLOCK = 4096,           // libgc's blocks
    LARGE = BLOCK / 2,      // what is larger begins at a block
    LINE = 64,              // of the caches
    LINES = BLOCK / LINE,
    FIRST_HEAP = 8 << 20,
    LEAST_INTERVAL = 6 << 20,
};

// Exported by libgc for those who take cells from its lists, but in none of its headers: counts
// what was taken; clears, now and then, the stack beyond its top, and answers its argument.
void GC_incr_bytes_allocd(size_t bytes);
void *GC_clear_stack(void *result);

typedef struct WeakHook {
    uintptr_t object; // disguised with ~, so that the list itself keeps nothing alive
    void (*sweep)(void *object);
} WeakHook;

// A kind of libgc's, and its lists of free cells, by multiples of 16 bytes.
typedef struct Kind {
    int number;
    void **free;
} Kind;

static struct {
    bool ready;
    Kind tracked, loose, atomic;
    uint64_t stress, stress_left; // KILN_GC_STRESS; 0: off
    VM *vm;                       // whose free lists are in use; NULL between VMs
    size_t line;                  // where the next large object begins, allocate_large
    size_t hard_limit;            // bytes libgc may take in all
    GC_word checked_at; // number of the collection after which the limit was last looked at
    size_t check_again; // and when to look again before the next: bytes allocated in all
    WeakHook *weak;
    size_t weak_count, weak_room;
    uint64_t began, spent; // the collection under way; all of them: nanoseconds
    bool trace;
    bool probing; // exhaustion is an answer, see has_block
} heap;

// The links of scanned cells go too: a word that happens to point at one of them would keep all
// that follow, and until the next full collection.
static void drop_list(void **cell) {
    while (cell) {
        void **next = *cell;
        *cell = NULL;
        cell = next;
    }
}

static void drop_free_lists(VM *vm) {
    for (size_t i = 0; i < HEAP_SIZE_CLASSES; i++) {
        drop_list(vm->free_tracked[i]);
        drop_list(vm->free_loose[i]);
    }
    memset(vm->free_tracked, 0, sizeof vm->free_tracked);
    memset(vm->free_loose, 0, sizeof vm->free_loose);
    memset(vm->free_atomic, 0, sizeof vm->free_atomic);
}

// Runs with the allocation lock held: must not allocate.
static void sweep_weak(void) {
    size_t kept = 0;
    for (size_t i = 0; i < heap.weak_count; i++) {
        WeakHook hook = heap.weak[i];
        void *object = (void *)~hook.object;
        if (!rt_heap_is_live(value_from_pointer(object)))
            continue;
        hook.sweep(object);
        heap.weak[kept++] = hook;
    }
    heap.weak_count = kept;
}

static void begin(void) {
    if (heap.began == 0)
        heap.began = rt_monotonic_ns();
}

static void end(void) {
    uint64_t took = rt_monotonic_ns() - heap.began;
    heap.began = 0;
    heap.spent += took;
    if (heap.trace)
        fprintf(stderr, "gc %lu: %s, heap %zu KB, %.1f ms\n", (unsigned long)GC_get_gc_no(),
                rt_cards_full() ? "full" : "young", GC_get_heap_size() >> 10, (double)took / 1e6);
    rt_cards_collected();
}

// libgc looks at the stack down to where it saves the registers, in a structure of 1 KB that it
// does not fill in: what earlier calls have left there would be taken for roots.
[[gnu::noinline]] static void clear_below(void) {
    volatile uint64_t below[512];
    for (size_t i = 0; i < sizeof below / sizeof *below; i++)
        below[i] = 0;
}

// Of a young collection libgc tells no beginning and no end, only its parts.
static void on_event(GC_EventType event) {
    switch (event) {
    case GC_EVENT_START:
        begin();
        break;
    case GC_EVENT_MARK_START:
        begin();
        if (heap.vm)
            drop_free_lists(heap.vm);
        rt_cards_hand_over(heap.vm);
        clear_below();
        break;
    case GC_EVENT_MARK_END:
        sweep_weak();
        break;
    case GC_EVENT_RECLAIM_END:
        end();
        break;
    default:
        break;
    }
}

// How much of the heap shall be free after a collection: a small heap may as well double, which
// saves a third to a half of the collections; what large ones take is worth more than their time.
enum { SMALL_HEAP = 64 << 20, LARGE_HEAP = 256 << 20 }; // bytes
static void on_resize(GC_word size) {
    GC_set_free_space_divisor(size < SMALL_HEAP ? 1 : size < LARGE_HEAP ? 2 : 3);
}

[[noreturn]] void rt_heap_out_of_memory(void) {
    static const char message[] = "kiln: out of memory\n";
    if (write(STDERR_FILENO, message, sizeof message - 1)) {
    }
    _exit(1);
}

static void *on_exhausted(size_t bytes) {
    (void)bytes;
    if (heap.probing)
        return NULL;
    rt_heap_out_of_memory();
}

static void quiet_warnings(char *message, GC_word argument) {
    if (heap.trace)
        fprintf(stderr, message, argument);
}

// What the machine, the process's address-space limit and its control group leave us, when so many
// bytes of address space are for others.
static size_t memory_available(size_t aside) {
    uint64_t bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    struct rlimit limit;
    static const int resources[] = {RLIMIT_AS, RLIMIT_DATA};
    for (int i = 0; i < 2; i++)
        if (getrlimit(resources[i], &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
            // Half of it, the program's limit, leaves room for the reserve, the stack, libraries,
            // fragmentation and the collector's own tables.
            uint64_t usable = limit.rlim_cur > aside ? limit.rlim_cur - aside : 0;
            if (usable < bytes)
                bytes = usable;
        }
    FILE *f = fopen("/sys/fs/cgroup/memory.max", "r");
    unsigned long long max;
    if (f) {
        if (fscanf(f, "%llu", &max) == 1 && max < bytes)
            bytes = max;
        fclose(f);
    }
    return bytes;
}

static Kind new_kind(bool scanned) {
    void **list = GC_new_free_list();
    return (Kind){(int)GC_new_kind(list, GC_DS_LENGTH, scanned, scanned), list};
}

static void heap_init(void) {
    GC_set_all_interior_pointers(0); // before GC_INIT: otherwise 16-byte objects take 32
    GC_set_no_dls(1);                // no static data holds Values
    GC_set_handle_fork(1);
    GC_set_warn_proc(quiet_warnings);
    GC_set_oom_fn(on_exhausted);
    GC_set_max_retries(2); // collect before giving up at the hard limit
    GC_INIT();
    for (size_t offset = 0; offset < BLOCK; offset += LINE) { // allocate_large
        GC_register_displacement(offset);
        GC_register_displacement(offset + 8);
    }
    GC_set_on_collection_event(on_event);
    GC_set_finalize_on_demand(1);
    heap.tracked = new_kind(true);
    heap.loose = new_kind(true);
    heap.atomic = new_kind(false);
    rt_cards_init(heap.tracked.number, heap.loose.number);
    heap.stress = rt_setting_number(SETTING_GC_STRESS, 0);
    heap.stress_left = heap.stress;
    heap.trace = rt_setting_has(SETTING_TRACE, "gc");
    GC_set_on_heap_resize(on_resize);
    GC_expand_hp(FIRST_HEAP);
    rt_heap_set_interval(0);
    heap.ready = true;
}

static void set_limits(VM *vm, size_t aside) {
    vm->heap_limit = rt_setting_number(SETTING_HEAP_LIMIT, memory_available(aside) / 2);
    // Between the two lies the reserve in which the condition is raised and handled.
    heap.hard_limit = vm->heap_limit + vm->heap_limit / 4 + (64 << 20);
    GC_set_max_heap_size(heap.hard_limit);
}

void rt_heap_attach(VM *vm) {
    heap.vm = vm;
    drop_free_lists(vm);
    vm->cards = rt_heap_cards;
    set_limits(vm, 0);
}

bool rt_heap_set_aside(VM *vm, size_t bytes) {
    enum { LEAST = 450 << 20 }; // with which programs can still run
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return true;
    if (limit.rlim_cur < LEAST + bytes)
        return false;
    set_limits(vm, bytes);
    return true;
}

void rt_heap_detach(void) { heap.vm = NULL; }

VM *rt_heap_new_vm(void) {
    if (!heap.ready)
        heap_init();
    return GC_malloc_uncollectable(sizeof(VM));
}

void rt_heap_free_vm(VM *vm) { GC_free(vm); }

static void add_size(void *object, size_t bytes, void *sum) {
    (void)object;
    *(size_t *)sum += bytes;
}

static void *sum_reachable(void *sum) {
    GC_enumerate_reachable_objects_inner(add_size, sum);
    return NULL;
}

// Would `more` bytes on top of what is live stay below the limit? libgc's own figures count whole
// blocks, which a few live cells each can keep: only when they say no does a collection decide, by
// the bytes it marked.
static bool fits(VM *vm, size_t more) {
    if (GC_get_heap_size() - GC_get_free_bytes() + more <= vm->heap_limit)
        return true;
    GC_gcollect();
    if (GC_get_heap_size() - GC_get_free_bytes() + more <= vm->heap_limit)
        return true;
    size_t live = 0;
    GC_call_with_alloc_lock(sum_reachable, &live);
    return live + more <= vm->heap_limit;
}

// Live memory passed the limit: ask the evaluators to raise a condition. At most once after each
// collection, so that a handler which frees memory is not interrupted again by the same excess.
// Where it fitted, it is looked at again when a part of the reserve has been allocated: the next
// collection may be further away than the hard limit.
static void check_limit(VM *vm) {
    if (GC_get_heap_size() - GC_get_free_bytes() <= vm->heap_limit)
        return;
    if (GC_get_gc_no() == heap.checked_at && GC_get_total_bytes() < heap.check_again)
        return;
    bool fitted = fits(vm, 0);
    if (!fitted)
        rt_interrupt_set(vm, INTERRUPT_MEMORY);
    heap.checked_at = GC_get_gc_no();
    heap.check_again =
        fitted ? GC_get_total_bytes() + (heap.hard_limit - vm->heap_limit) / 4 : SIZE_MAX;
    if (GC_should_invoke_finalizers())
        GC_invoke_finalizers();
}

// Bytes that sweeping has found since the last collection. The figures are not put on the stack:
// the collector would look at what was there before.
static size_t bytes_swept(void) {
    static struct GC_prof_stats_s figures;
    GC_get_prof_stats(&figures, sizeof figures);
    return figures.bytes_reclaimed_since_gc;
}

// A batch of cells: those that libgc has at hand, which are those of one block, for it sweeps or
// cuts up a block when it has none. (GC_generic_malloc_many would do the same, but hands out single
// cells where there are young collections.) libgc counts the first alone; the others are what
// sweeping the block found, or all of them where nothing was swept. The count is what collections
// are timed by, no more.
static void *take_batch(size_t cls, const Kind *kind, void **list) {
    size_t swept = bytes_swept();
    void *first = GC_generic_malloc(cls * 16, kind->number);
    if (!first)
        rt_heap_out_of_memory();
    list[cls] = kind->free[cls];
    kind->free[cls] = NULL;
    size_t bytes = bytes_swept() - swept;
    if (bytes == 0 || bytes > BLOCK)
        bytes = BLOCK - BLOCK % (cls * 16);
    if (list[cls])
        GC_incr_bytes_allocd(bytes - cls * 16);
    // What was on the stack where it is deeper now and then would be taken for roots.
    return GC_clear_stack(first);
}

void rt_heap_collect_young(void) {
    if (rt_cards_in_use())
        GC_start_incremental_collection();
    else
        GC_gcollect();
}

static void collect_for_stress(void) {
    rt_heap_collect_young();
    // Less often while much is live, or deep recursion would take the square of its depth.
    size_t share = rt_heap_used() / STRESS_LIVE + 1;
    heap.stress_left = heap.stress * share * share;
}

// libgc begins what is larger than half a block at a block. The same fields of many such objects
// would share one line of the caches and evict each other: the columns of a matrix of 300 rows, the
// two halves of a Fourier transform (1.5 and 1.7 times as slow). So objects begin at different
// lines of their first block, where the last block has room for that. What is in front of them
// stays zero.
static void *allocate_large(size_t bytes, const Kind *kind) {
    size_t offset = 0;
    if (bytes > LARGE) {
        size_t room = -bytes % BLOCK;
        offset = heap.line++ % LINES * LINE;
        if (offset > room)
            offset = room / LINE ? offset % (room / LINE * LINE) : 0;
    }
    char *base = GC_generic_malloc(bytes + offset, kind->number);
    return base ? base + offset : NULL;
}

static void *allocate(VM *vm, size_t bytes, const Kind *kind, void **list) {
    if (GC_should_invoke_finalizers())
        GC_invoke_finalizers();
    check_limit(vm);
    size_t cls = (bytes + 15) / 16;
    if (heap.stress) {
        if (--heap.stress_left == 0)
            collect_for_stress();
    } else if (cls < HEAP_SIZE_CLASSES)
        return take_batch(cls, kind, list);
    void *result = allocate_large(cls < HEAP_SIZE_CLASSES ? cls * 16 : bytes, kind);
    if (!result)
        rt_heap_out_of_memory();
    return result;
}

void *rt_heap_tracked_slow(VM *vm, size_t bytes) {
    void *result = allocate(vm, bytes, &heap.tracked, vm->free_tracked);
    rt_cards_note_tracked(result); // and with it the batch, which is of the same block
    return result;
}

void *rt_heap_loose_slow(VM *vm, size_t bytes) {
    void *result = allocate(vm, bytes, &heap.loose, vm->free_loose);
    rt_cards_note_loose(result);
    return result;
}

void *rt_heap_atomic_slow(VM *vm, size_t bytes) {
    return allocate(vm, bytes, &heap.atomic, vm->free_atomic);
}

// Is there room for one object of that size? What is live may fit well below the limit while what
// is free lies in pieces, and the heap can grow no more: then libgc is asked, by an allocation that
// is given back. A little more is asked for than the object takes, so that what else is allocated
// before it does no harm.
static bool has_block(size_t bytes) {
    size_t size = GC_get_heap_size() + GC_get_unmapped_bytes();
    bytes += bytes / 64 + (64 << 10);
    if (size < heap.hard_limit && bytes < heap.hard_limit - size)
        return true;
    heap.probing = true;
    void *block = GC_generic_malloc(bytes, heap.atomic.number);
    heap.probing = false;
    if (!block)
        return false;
    GC_free(block);
    return true;
}

bool rt_heap_reserve_parts(VM *vm, size_t parts, size_t part) {
    size_t bytes;
    bool overflow = __builtin_mul_overflow(parts, part, &bytes);
    if (!overflow && bytes <= vm->heap_limit &&
        (bytes < (1 << 20) || (fits(vm, bytes) && has_block(part))))
        return true;
    rt_fail_memory(vm, overflow ? SIZE_MAX : bytes);
    return false;
}

bool rt_heap_reserve(VM *vm, size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        rt_fail_memory(vm, SIZE_MAX);
        return false;
    }
    return rt_heap_reserve_parts(vm, 1, bytes);
}

void rt_heap_collect(void) {
    GC_gcollect();
    if (GC_should_invoke_finalizers())
        GC_invoke_finalizers();
}

// The least is what a heap that has just begun gives out before its first collection: where there
// are young collections, libgc would begin one before any large object as soon as about twice as
// much was allocated as is live.
void rt_heap_set_interval(size_t bytes) {
    GC_set_min_bytes_allocd(bytes > LEAST_INTERVAL ? bytes : LEAST_INTERVAL);
}

size_t rt_heap_used(void) { return GC_get_heap_size() - GC_get_free_bytes(); }
size_t rt_heap_size(void) { return GC_get_heap_size(); }
uint64_t rt_heap_allocated(void) { return GC_get_total_bytes(); }
uint64_t rt_heap_collections(void) { return GC_get_gc_no(); }
uint64_t rt_heap_collection_ns(void) { return heap.spent; }

void rt_heap_add_roots(void *start, size_t bytes) { GC_add_roots(start, (char *)start + bytes); }

static void (*scanner)(void);
static GC_push_other_roots_proc push_libgc_roots; // what libgc itself had there: thread-local data

// Ours come first: libgc marks from the C stack at once, which may fill its mark stack to the brim,
// and GC_push_all ends the process when it finds no room for one more entry.
static void push_roots(void) {
    scanner();
    if (push_libgc_roots)
        push_libgc_roots();
}

void rt_heap_set_scanner(void (*scan)(void)) {
    if (!scanner) {
        push_libgc_roots = GC_get_push_other_roots();
        scanner = scan;
        GC_set_push_other_roots(push_roots);
    }
    scanner = scan;
}

// What rt_heap_walk is about; visit NULL: nothing is walked.
typedef struct Walk {
    void (*visit)(void *base, size_t bytes, bool is_object, void *context);
    void *context;
} Walk;
static Walk walk;

void rt_heap_scan(void *start, void *end) {
    if (walk.visit)
        walk.visit(start, (size_t)((char *)end - (char *)start), false, walk.context);
    else
        GC_push_all(start, end);
}

static void walk_object(void *object, size_t bytes, void *unused) {
    (void)unused;
    int kind = GC_get_kind_and_size(object, NULL);
    if (kind != heap.tracked.number && kind != heap.loose.number)
        return;
    // The object itself: no header is zero, and of memory without one nothing is missed.
    static const char zero[LINE];
    for (; bytes > LARGE && !memcmp(object, zero, LINE); bytes -= LINE)
        object = (char *)object + LINE;
    walk.visit(object, bytes, true, walk.context);
}

static void *walk_all(void *vm) {
    GC_enumerate_reachable_objects_inner(walk_object, NULL);
    walk.visit(vm, sizeof(VM), false, walk.context);
    if (scanner)
        scanner();
    return NULL;
}

void rt_heap_walk(VM *vm, void (*visit)(void *base, size_t bytes, bool is_object, void *context),
                  void *context) {
    GC_gcollect(); // the marks tell what is reachable
    walk = (Walk){visit, context};
    GC_call_with_alloc_lock(walk_all, vm);
    walk.visit = NULL;
}

static void run_finalizer(void *base, void *release) {
    ((void (*)(void *))release)((char *)base + 8);
}

void rt_heap_set_finalizer(void *object, void (*release)(void *object)) {
    GC_register_finalizer_no_order(GC_base(object), release ? run_finalizer : NULL, (void *)release,
                                   NULL, NULL);
}

static void sweep_weak_box(void *object) {
    WeakBox *box = object;
    if (value_is_pointer(box->value) && !rt_heap_is_live(box->value))
        box->value = VALUE_FALSE;
}

Value rt_weak_box(VM *vm, Value v) {
    WeakBox *box = rt_object_new_atomic(vm, TYPE_WEAK_BOX, 0, 0, sizeof *box);
    box->value = v;
    rt_heap_add_weak(vm, box, sweep_weak_box);
    return value_from_pointer(box);
}

void rt_heap_add_weak(VM *vm, void *object, void (*sweep)(void *object)) {
    (void)vm;
    if (heap.weak_count == heap.weak_room) {
        heap.weak_room = heap.weak_room ? 2 * heap.weak_room : 64;
        heap.weak = realloc(heap.weak, heap.weak_room * sizeof *heap.weak);
        if (!heap.weak)
            rt_heap_out_of_memory();
    }
    heap.weak[heap.weak_count++] = (WeakHook){~(uintptr_t)object, sweep};
}

bool rt_heap_is_live(Value v) {
    if (!value_is_pointer(v))
        return true;
    void *base = value_is_pair(v) ? value_object(v) : (char *)value_object(v) - 8;
    if (GC_is_marked(base))
        return true;
    void *block = GC_base(base); // of a large object
    return block != base && GC_is_marked(block);
}

void rt_weak_list_add(VM *vm, WeakList *list, const void *item) {
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 8;
        uintptr_t *grown = rt_raw_new_atomic(vm, room * sizeof *grown);
        // The allocation may have swept the list.
        if (list->count)
            memcpy(grown, list->item, list->count * sizeof *grown);
        list->item = grown;
        list->room = room;
    }
    list->item[list->count++] = (uintptr_t)item;
}

// Raw memory is aligned as pairs are, so its address will do for rt_heap_is_live.
void rt_weak_list_sweep(WeakList *list) {
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (rt_heap_is_live(list->item[i]))
            list->item[kept++] = list->item[i];
    list->count = kept;
}
