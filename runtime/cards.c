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

enum { PAGE = 1 << HEAP_CARD_BITS, FIRST_ROOM = 1024 };

uint8_t rt_heap_cards[HEAP_CARDS];

static struct {
    bool young; // there are young collections
    bool check;
    bool full; // the collection under way
    int tracked_kind, loose_kind;
    uintptr_t *page; // of loose memory, with repetitions; of a large object the first
    size_t page_count, page_room;
} cards;

static uint8_t *card_of(uintptr_t address) {
    return &rt_heap_cards[(address >> HEAP_CARD_BITS) & (HEAP_CARDS - 1)];
}

static void on_full(void) { cards.full = true; }

void rt_cards_init(int tracked_kind, int loose_kind) {
    cards.tracked_kind = tracked_kind;
    cards.loose_kind = loose_kind;
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

// ---- loose memory

static bool is_loose(uintptr_t page) {
    void *base = GC_base((void *)page);
    return base && GC_get_kind_and_size(base, NULL) == cards.loose_kind;
}

static void drop_freed_pages(void) {
    size_t kept = 0;
    for (size_t i = 0; i < cards.page_count; i++)
        if (is_loose(cards.page[i]))
            cards.page[kept++] = cards.page[i];
    cards.page_count = kept;
}

static int by_address(const void *a, const void *b) {
    uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;
    return (x > y) - (x < y);
}

static void make_room(void) {
    drop_freed_pages();
    if (cards.page_count) {
        qsort(cards.page, cards.page_count, sizeof *cards.page, by_address);
        size_t kept = 1;
        for (size_t i = 1; i < cards.page_count; i++)
            if (cards.page[i] != cards.page[kept - 1])
                cards.page[kept++] = cards.page[i];
        cards.page_count = kept;
    }
    if (cards.page_count < cards.page_room / 2)
        return;
    cards.page_room = cards.page_room ? 2 * cards.page_room : FIRST_ROOM;
    cards.page = realloc(cards.page, cards.page_room * sizeof *cards.page);
    if (!cards.page)
        rt_heap_out_of_memory();
}

void rt_cards_note_loose(const void *memory) {
    uintptr_t page = (uintptr_t)memory & ~(uintptr_t)(PAGE - 1);
    if (!cards.young || (cards.page_count && cards.page[cards.page_count - 1] == page))
        return;
    if (cards.page_count == cards.page_room)
        make_room();
    cards.page[cards.page_count++] = page;
}

// ---- the check

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
    if (kind != cards.tracked_kind && kind != cards.loose_kind)
        return;
    for (uintptr_t page = (uintptr_t)base; page < (uintptr_t)base + bytes; page += PAGE)
        if (*card_of(page))
            return;
    const Value *word = base;
    for (size_t i = 0; i < bytes / sizeof *word; i++) {
        if (!value_is_pointer(word[i]))
            continue;
        void *target = GC_base(value_object(word[i]));
        if (!target || (Value)target != (word[i] & ~(Value)15) || GC_is_marked(target))
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
        for (size_t i = 0; i < cards.page_count; i++)
            *card_of(cards.page[i]) = 1;
        *card_of((uintptr_t)vm) = 1;
        if (cards.check)
            GC_enumerate_reachable_objects_inner(check_object, NULL);
        for (size_t i = 0; i < HEAP_CARDS; i += sizeof(uint64_t)) {
            uint64_t some;
            memcpy(&some, rt_heap_cards + i, sizeof some);
            for (size_t k = i; some; k++, some >>= 8)
                if (some & 0xFF)
                    GC_end_stubborn_change((void *)(k << HEAP_CARD_BITS));
        }
    }
    memset(rt_heap_cards, 0, sizeof rt_heap_cards);
}

void rt_cards_collected(void) {
    if (cards.full)
        drop_freed_pages();
    cards.full = false;
}
