// What heap.c, cards.c and state.c need of one another, and nobody else.
#ifndef KILN_RUNTIME_HEAP_INT_H
#define KILN_RUNTIME_HEAP_INT_H

#include "runtime/state.h"

// Memory for a VM, scanned and never collected; sets the heap up at the first call. NULL: no
// memory.
VM *rt_heap_new_vm(void);
void rt_heap_free_vm(VM *vm);
// Which VM's free lists the collector drops; sets its heap limit.
void rt_heap_attach(VM *vm);
void rt_heap_detach(void);

[[noreturn]] void rt_heap_out_of_memory(void);

// ---- cards.c: young collections

// Have young collections, unless KILN_GC says otherwise. The numbers of libgc's kinds.
void rt_cards_init(int tracked_kind, int loose_kind);
bool rt_cards_in_use(void);
// Is the collection under way, until rt_cards_collected, a full one?
bool rt_cards_full(void);
// Memory of that kind has been made: cells of its page, or one large object.
void rt_cards_note_loose(const void *memory);
void rt_cards_note_tracked(const void *memory);
// At the beginning of marking, with libgc's lock held: what was written to is told to it; vm: its
// memory too, NULL: there is none.
void rt_cards_hand_over(VM *vm);
// A collection has ended.
void rt_cards_collected(void);

#endif
