// Frames on the VM stack and on the heap.
//
// Duty: their layout, and who is who in a row of them. A frame is a row of words on the VM stack;
// base points at its first register.
//
//            … caller's registers up to its window w
//   base[-4] return pc      into the caller's words; NULL: base of an activation, below is what
//                           Evaluation.below says
//   base[-3] caller's base
//   base[-2] link           where the caller goes on: its constants << 16 | register that takes the
//                           result
//   base[-1] closure        that runs; which of its clauses, only the constants tell
//   base[0…] registers      Code.registers of them
//
// A call window at register w of the caller is this very layout: w … w+2 header, w+3 callee, w+4 …
// arguments. So the callee's base is base + w + FRAME_HEADER, and arguments are where the
// parameters will be. Nothing is copied. The registers of the caller from w on are dead during the
// call, so w tells how much of a frame is live: it is the difference of the bases less
// FRAME_HEADER. In tail position nobody writes w … w+2 (nor w+3, unless the callee is taken from
// there): these may be registers in use.
//
// Captured and spilt frames become heap frames: immutable once they are linked, shared by all
// continuations that go through them, copied back one at a time when they are returned to. What the
// header of a callee on the stack says of its caller (pc, link), the caller's heap frame says
// itself.
#ifndef KILN_TIER1_FRAME_H
#define KILN_TIER1_FRAME_H

#include "tier1/code.h"

enum {
    FRAME_HEADER = 4,
    FRAME_PC = -4,
    FRAME_BASE = -3,
    FRAME_LINK = -2,
    FRAME_CLOSURE = -1,
    FRAME_CALLEE = 3, // of a window
};

static inline const uint32_t *frame_pc(const Value *base) {
    return (const uint32_t *)(uintptr_t)base[FRAME_PC];
}
static inline Value *frame_caller(const Value *base) {
    return (Value *)(uintptr_t)base[FRAME_BASE];
}
static inline Value frame_closure(const Value *base) { return base[FRAME_CLOSURE]; }

// Pointers have 48 bits, registers 16.
static inline Value link_make(const Value *constants, uint32_t dst) {
    return (Value)(uintptr_t)constants << 16 | dst;
}
static inline Value *link_constants(Value link) { return (Value *)(uintptr_t)(link >> 16); }
static inline uint32_t link_dst(Value link) { return (uint32_t)(link & 0xFFFF); }

static inline void frame_link(Value *callee, const uint32_t *pc, Value *caller, Value link) {
    callee[FRAME_PC] = (Value)(uintptr_t)pc;
    callee[FRAME_BASE] = (Value)(uintptr_t)caller;
    callee[FRAME_LINK] = link;
}

typedef struct HeapFrame {        // scanned memory without header
    struct HeapFrame *const next; // caller, NULL: the evaluation's host
    const uint64_t place;         // frame_place
    const Value link;             // its own constants and the register that takes the result
    const Value closure;          // keeps its words and constants alive
    const Value registers[];
} HeapFrame;

// Where it goes on, and how many registers are live, in one word: a capture at each call takes as
// long as the collector takes for its bytes.
static inline uint64_t frame_place(const uint32_t *pc, uint64_t count) {
    return (uint64_t)(uintptr_t)pc << 16 | count;
}
static inline const uint32_t *heap_frame_pc(const HeapFrame *f) {
    return (const uint32_t *)(uintptr_t)(f->place >> 16);
}
static inline uint32_t heap_frame_count(const HeapFrame *f) { return f->place & 0xFFFF; }

#endif
