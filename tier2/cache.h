// The machine code there is: its life, its budget.
//
// Duty: T2Native, the record that tier 1 and the collector know some code by; freeing code that
// nothing runs in; keeping all of it below the budget.
//
//   WAITING ──made──> ACTIVE ──oldest at three quarters, rest─> DORMANT ─full─> GONE
//      │ failed          │  <──────── hot again ───────────────┘                 ^
//      └─────────────────┴── exits, changed facts, exclusion ────────────────────┘
//
// Least used code is found without counting its uses, as a clock algorithm does: when the cache
// fills, what was installed longest ago becomes dormant. It is not entered any more, tier 1 counts
// again, and what is hot again is installed as it is. Code that stays dormant goes.
//
// GONE code is freed when its T2Native is dead: while an activation runs, its C frame holds the
// address (lower.c). As long as the program allocates little the collector has no reason to run; it
// is told to when enough code is gone.
//
// Owner: the program's thread.
#ifndef KILN_TIER2_CACHE_H
#define KILN_TIER2_CACHE_H

#include "tier2/engine.h"

typedef enum T2Life { T2_LIFE_WAITING, T2_LIFE_ACTIVE, T2_LIFE_DORMANT, T2_LIFE_GONE } T2Life;

// Collector's memory, without header. Native data for tier 1, owner of exit descriptors.
typedef struct T2Native {
    T2NativeHead head;                // first: see tier2.h
    struct T2Native *next, *previous; // in the list that keeps it alive; not when GONE
    uint8_t life;                     // T2Life
    bool quick;                       // as its artifact
    T2Artifact *artifact;             // malloc'ed; NULL: freed
    Value *held;                      // what the code and its exits refer to
    Cell **facts;                     // cells whose values it relies on
    uint32_t fact_count;
} T2Native;

void t2_cache_start(VM *vm);
// All code goes, none of it runs.
void t2_cache_stop(void);
// A record for code of a graph that is to be made: WAITING.
T2Native *t2_cache_new(VM *vm, T2Version *version, const Graph *graph);
// Its code is made and entered: ACTIVE, the youngest.
void t2_cache_install(T2Native *native);
// It is not entered for a while: DORMANT.
void t2_cache_rest(T2Native *native);
// It is not entered any more: GONE.
void t2_cache_drop(T2Native *native);
// Dormant code of a version, whose facts hold; NULL: none.
T2Native *t2_cache_wake(const T2Version *version);
// Do the facts hold that it was made on?
bool t2_cache_facts_hold(const T2Native *native);
// Free what is dead; make room.
void t2_cache_tend(VM *vm);
// Bytes of machine code and descriptors that are not freed yet.
size_t t2_cache_bytes(void);

#endif
