// The machine code there is. See cache.h.
#include "tier2/cache.h"
#include "runtime/heap.h"
#include "tier2/policy.h"
#include <stdio.h>
#include <stdlib.h>

enum {
    GONE_SHARE = 4,       // of the budget: code that is gone until the collector is told to run
    GONE_LEAST = 4 << 20, // but at least so many bytes
    DORMANT_SHARE = 4,    // of the budget: what is kept free of active code
};

// Both ends of a list, oldest first.
typedef struct List {
    T2Native *first, *last;
} List;

// Every artifact, whatever has become of its T2Native. Not seen by the collector.
typedef struct Entry {
    T2Native *native;
    T2Artifact *artifact;
    uint32_t bytes;
    bool dead; // which only GONE ones can be: the others are on lists
} Entry;

static struct {
    List lives[T2_LIFE_GONE]; // a root: WAITING, ACTIVE, DORMANT
    struct CacheHook {
        char unused;
    } *hook;        // what the collector's hook hangs on; a root
    Entry *entries; // malloc'ed
    size_t count, room, dead;
    size_t bytes[T2_LIFE_GONE + 1];
} cache;

// ---- lists

static void unlink_native(T2Native *native) {
    if (native->life == T2_LIFE_GONE)
        return;
    List *list = &cache.lives[native->life];
    *(native->previous ? &native->previous->next : &list->first) = native->next;
    *(native->next ? &native->next->previous : &list->last) = native->previous;
    native->next = native->previous = NULL;
}

static Entry *entry_of(const T2Native *native) {
    for (size_t i = cache.count; i-- > 0;)
        if (cache.entries[i].native == native && !cache.entries[i].dead)
            return &cache.entries[i];
    ASSERT(false, "code that the cache does not know");
    return NULL;
}

static void set_life(T2Native *native, T2Life life) {
    Entry *entry = entry_of(native);
    unlink_native(native);
    cache.bytes[native->life] -= entry->bytes;
    entry->bytes = native->artifact ? native->artifact->bytes : 0;
    cache.bytes[life] += entry->bytes;
    native->life = (uint8_t)life;
    if (life == T2_LIFE_GONE)
        return;
    List *list = &cache.lives[life];
    native->previous = list->last;
    *(list->last ? &list->last->next : &list->first) = native;
    list->last = native;
}

// ---- life

// At the end of each marking.
static void sweep(void *object) {
    for (size_t i = 0; i < cache.count; i++)
        if (!cache.entries[i].dead && !rt_heap_is_live((Value)(uintptr_t)cache.entries[i].native)) {
            cache.entries[i].dead = true;
            cache.dead++;
        }
}

void t2_cache_start(VM *vm) {
    static bool rooted;
    if (!rooted)
        rt_heap_add_roots(&cache, sizeof cache);
    rooted = true;
    cache.hook = rt_raw_new(vm, sizeof *cache.hook);
    rt_heap_add_weak(vm, cache.hook, sweep);
}

static void free_entry(size_t i) {
    Entry *entry = &cache.entries[i];
    cache.bytes[T2_LIFE_GONE] -= entry->bytes;
    cache.dead -= entry->dead;
    t2_artifact_free(entry->artifact);
    *entry = cache.entries[--cache.count];
}

void t2_cache_stop(void) {
    for (int life = 0; life < T2_LIFE_GONE; life++) {
        cache.bytes[T2_LIFE_GONE] += cache.bytes[life];
        cache.bytes[life] = 0;
        cache.lives[life] = (List){0};
    }
    while (cache.count)
        free_entry(cache.count - 1);
    free(cache.entries);
    cache.entries = NULL;
    cache.room = 0;
    cache.hook = NULL;
}

T2Native *t2_cache_new(VM *vm, T2Version *version, const Graph *graph) {
    T2Native *native = rt_raw_new(vm, sizeof *native);
    native->head.version = version;
    native->held = graph->held;
    native->facts = rt_raw_new(vm, (graph->fact_count + 1) * sizeof *native->facts);
    for (uint32_t i = 0; i < graph->fact_count; i++)
        native->facts[i] = graph->facts[i].cell;
    native->fact_count = graph->fact_count;
    if (cache.count == cache.room) {
        cache.room = cache.room ? 2 * cache.room : 64;
        cache.entries = realloc(cache.entries, cache.room * sizeof *cache.entries);
        if (!cache.entries) {
            fputs("kiln: out of memory in the compiler\n", stderr);
            abort();
        }
    }
    char name[T2_NAME_SIZE], place[T2_NAME_SIZE];
    t2_name(vm, graph->code, name);
    t2_position(vm, t1_code_position(graph->code), place);
    native->artifact = t2_artifact_new(name, place, native);
    native->life = T2_LIFE_GONE; // in no list so far
    cache.entries[cache.count++] = (Entry){.native = native, .artifact = native->artifact};
    set_life(native, T2_LIFE_WAITING);
    return native;
}

void t2_cache_install(T2Native *native) { set_life(native, T2_LIFE_ACTIVE); }

void t2_cache_rest(T2Native *native) { set_life(native, T2_LIFE_DORMANT); }

void t2_cache_drop(T2Native *native) {
    if (native->life != T2_LIFE_GONE)
        set_life(native, T2_LIFE_GONE);
}

bool t2_cache_facts_hold(const T2Native *native) {
    for (uint32_t i = 0; i < native->fact_count; i++)
        if (object_flags(native->facts[i]) & CELL_ASSIGNED)
            return false;
    return true;
}

T2Native *t2_cache_wake(const T2Version *version) {
    T2Native *native = cache.lives[T2_LIFE_DORMANT].first;
    while (native && native->head.version != version)
        native = native->next;
    if (native && !t2_cache_facts_hold(native)) {
        t2_cache_drop(native);
        return NULL;
    }
    return native;
}

// ---- budget

static void make_room(VM *vm) {
    size_t budget = t2_settings.budget;
    while (cache.lives[T2_LIFE_ACTIVE].first &&
           cache.bytes[T2_LIFE_ACTIVE] > budget - budget / DORMANT_SHARE) {
        T2Native *oldest = cache.lives[T2_LIFE_ACTIVE].first;
        t2_policy_evicted(vm, oldest->head.version);
        set_life(oldest, T2_LIFE_DORMANT);
    }
    while (cache.lives[T2_LIFE_DORMANT].first &&
           cache.bytes[T2_LIFE_ACTIVE] + cache.bytes[T2_LIFE_DORMANT] > budget)
        set_life(cache.lives[T2_LIFE_DORMANT].first, T2_LIFE_GONE);
}

void t2_cache_tend(VM *vm) {
    make_room(vm);
    size_t share = t2_settings.budget / GONE_SHARE;
    if (cache.bytes[T2_LIFE_GONE] > (share > GONE_LEAST ? share : GONE_LEAST))
        rt_heap_collect();
    // Called often, mostly for nothing.
    for (size_t i = cache.dead ? cache.count : 0; i-- > 0;)
        if (cache.entries[i].dead)
            free_entry(i);
}

size_t t2_cache_bytes(void) {
    size_t sum = 0;
    for (int life = 0; life <= T2_LIFE_GONE; life++)
        sum += cache.bytes[life];
    return sum;
}
