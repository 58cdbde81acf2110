// Which memory was written to since the last collection: cards, pages of loose memory, the check.
//
// libgc keeps a dirty bit for each page of 4 KB in a table of 2^18 bits, by the page's number; two
// pages that share a bit are dirty together. A card is one of these bits as a byte of ours, which
// the write barrier (heap.h) sets with one store; at the beginning of a young collection those that
// are set are handed over. Loose memory has no barrier: its pages are known here, and are handed
// over each time.
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/heap_int.h"
#include "runtime/settings.h"
#include <gc/gc.h>
#include <gc/gc_mark.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    PAGE = 1 << HEAP_CARD_BITS,
    FIRST_ROOM = 1024,
    RAW_WORDS = 4, // of raw memory that are checked (rt_raw_new_tracked)
};

uint8_t rt_heap_cards[HEAP_CARDS];

// Pages of one of libgc's kinds, with repetitions; of a large object the first.
typedef struct Pages {
    int kind;
    uintptr_t *page;
    size_t count, room;
    size_t fresh; // from here on: noted since the last collection
} Pages;

static struct {
    bool young; // there are young collections
    bool check;
    bool full; // the collection under way
    Pages loose;
    Pages tracked; // empty unless `check`
} cards;

static uint8_t *card_of(uintptr_t address) {
    return &rt_heap_cards[(address >> HEAP_CARD_BITS) & (HEAP_CARDS - 1)];
}

static void on_full(void) { cards.full = true; }

void rt_cards_init(int tracked_kind, int loose_kind) {
    cards.tracked.kind = tracked_kind;
    cards.loose.kind = loose_kind;
    if (rt_setting_has(SETTING_GC, "full"))
        return;
#ifdef KILN_DEBUG
    cards.check = true;
#else
    cards.check = rt_setting_has(SETTING_GC, "check");
#endif
    GC_set_start_callback(on_full);
    GC_set_manual_vdb_allowed(1);
    GC_set_time_limit(GC_TIME_UNLIMITED); // a collection that has begun is finished
    GC_enable_incremental();
    cards.young = GC_is_incremental_mode();
}

bool rt_cards_in_use(void) { return cards.young; }
bool rt_cards_full(void) { return !cards.young || cards.full; }

// ---- pages

static void drop_freed(Pages *p) {
    size_t kept = 0;
    for (size_t i = 0; i < p->count; i++) {
        void *base = GC_base((void *)p->page[i]);
        if (base && GC_get_kind_and_size(base, NULL) == p->kind)
            p->page[kept++] = p->page[i];
    }
    p->count = kept;
}

static int by_address(const void *a, const void *b) {
    uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;
    return (x > y) - (x < y);
}

static void make_room(Pages *p) {
    drop_freed(p);
    p->fresh = 0;
    if (p->count) {
        qsort(p->page, p->count, sizeof *p->page, by_address);
        size_t kept = 1;
        for (size_t i = 1; i < p->count; i++)
            if (p->page[i] != p->page[kept - 1])
                p->page[kept++] = p->page[i];
        p->count = kept;
    }
    if (p->count < p->room / 2)
        return;
    p->room = p->room ? 2 * p->room : FIRST_ROOM;
    p->page = realloc(p->page, p->room * sizeof *p->page);
    if (!p->page)
        rt_heap_out_of_memory();
}

static void note(Pages *p, const void *memory) {
    uintptr_t page = (uintptr_t)memory & ~(uintptr_t)(PAGE - 1);
    if (p->count > p->fresh && p->page[p->count - 1] == page)
        return;
    if (p->count == p->room)
        make_room(p);
    p->page[p->count++] = page;
}

void rt_cards_note_loose(const void *memory) {
    if (cards.young)
        note(&cards.loose, memory);
}

void rt_cards_note_tracked(const void *memory) {
    if (cards.check)
        note(&cards.tracked, memory);
}

// ---- the check
//
// Before a young collection: what an old object refers to is old, or its page has a card. That it
// is exact takes a precaution. A word on the C stack that is no pointer any more may make an object
// old that had died; what that refers to has perhaps been freed, and is now part of something new.
// So the dead are wiped out when they are found.

// After a young collection they are where memory was given out since the one before.
static void wipe_dead(const Pages *p) {
    for (size_t i = cards.full ? 0 : p->fresh; i < p->count; i++) {
        char *block = GC_base((void *)p->page[i]);
        size_t size;
        if (!block || GC_get_kind_and_size(block, &size) != p->kind || size > PAGE / 2)
            continue;
        for (char *cell = block; cell + size <= block + PAGE; cell += size)
            if (!GC_is_marked(cell))
                memset(cell, 0, size);
    }
}

static const char *const type_names[TYPE_COUNT] = {
#define X(id, name) [TYPE_##id] = name,
    OBJECT_TYPES(X)
#undef X
};

static const char *type_name(const void *base, size_t bytes) {
    uint64_t header = *(const uint64_t *)base;
    if (header >> 48 != HEADER_TAG >> 48)
        return bytes == sizeof(Pair) ? "pair" : "object without a header";
    unsigned type = header & 0xFF;
    return type < TYPE_COUNT && type_names[type] ? type_names[type] : "object";
}

static void check_object(void *base, size_t bytes, void *unused) {
    (void)unused;
    int kind = GC_get_kind_and_size(base, NULL);
    if (kind != cards.tracked.kind && kind != cards.loose.kind)
        return;
    for (uintptr_t page = (uintptr_t)base; page < (uintptr_t)base + bytes; page += PAGE)
        if (*card_of(page))
            return;
    // A large object does not begin where its memory does; in front of it are zeros.
    static const char zero[64];
    for (; bytes > PAGE / 2 && !memcmp(base, zero, sizeof zero); bytes -= sizeof zero)
        base = (char *)base + sizeof zero;
    bool raw = *(uint64_t *)base >> 48 != HEADER_TAG >> 48 && bytes > sizeof(Pair);
    size_t words = raw && kind == cards.tracked.kind ? RAW_WORDS : bytes / sizeof(Value);
    const Value *word = base;
    for (size_t i = 0; i < words; i++) {
        if (!value_is_pointer(word[i]))
            continue;
        void *target = GC_base(value_object(word[i]));
        if (!target || GC_is_marked(target))
            continue;
        if ((Value)target != (word[i] & ~(Value)15) && GC_size(target) <= PAGE / 2)
            continue;
        fprintf(stderr,
                "kiln: collector: word %zu of %s %p, which is old, refers to %p (%s), which is "
                "not, and no card tells: a store without its barrier\n",
                i, type_name(base, bytes), base, target, type_name(target, GC_size(target)));
        abort();
    }
}

// ---- collections

void rt_cards_hand_over(VM *vm) {
    if (cards.young && !cards.full) {
        for (size_t i = 0; i < cards.loose.count; i++)
            *card_of(cards.loose.page[i]) = 1;
        *card_of((uintptr_t)vm) = 1;
        if (cards.check)
            GC_enumerate_reachable_objects_inner(check_object, NULL);
        for (size_t i = 0; i < HEAP_CARDS; i += sizeof(uint64_t)) {
            uint64_t some;
            memcpy(&some, rt_heap_cards + i, sizeof some);
            // An address of that card, not a null pointer.
            for (size_t k = i; some; k++, some >>= 8)
                if (some & 0xFF)
                    GC_end_stubborn_change((void *)((HEAP_CARDS + k) << HEAP_CARD_BITS));
        }
    }
    memset(rt_heap_cards, 0, sizeof rt_heap_cards);
}

static void pages_collected(Pages *p) {
    if (cards.check)
        wipe_dead(p);
    if (cards.full)
        drop_freed(p);
    p->fresh = p->count;
}

void rt_cards_collected(void) {
    pages_collected(&cards.loose);
    pages_collected(&cards.tracked);
    cards.full = false;
}
