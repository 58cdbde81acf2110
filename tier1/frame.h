// Frames on the VM stack.
//
// Duty: their layout. A frame is a row of words on the VM stack; base points at its first register.
//
//            … caller's registers up to its window w
//   base[-4] return pc      into the caller's words; NULL: base of an activation (interp.c returns to C or to a heap frame)
//   base[-3] caller's base
//   base[-2] dst            register of the caller that takes the result, a small integer
//   base[-1] closure        the closure that runs; its code is base[-1]->code or a clause after it
//   base[0…] registers      Code.registers of them
//
// A call window at register w of the caller is this very layout: w … w+2 header, w+3 callee, w+4 … arguments. So the
// callee's base is base + w + FRAME_HEADER, and arguments are where the parameters will be. Nothing is copied.
// The registers of the caller from w on are dead during the call, so w tells how much of a frame is live: it
// is the difference of the bases less FRAME_HEADER.
#ifndef KILN_TIER1_FRAME_H
#define KILN_TIER1_FRAME_H

#include "tier1/code.h"

enum {
    FRAME_HEADER = 4,
    FRAME_PC = -4,
    FRAME_BASE = -3,
    FRAME_DST = -2,
    FRAME_CLOSURE = -1,
    FRAME_CALLEE = 3, // of a window
};

static inline const uint32_t *frame_pc(const Value *base) { return (const uint32_t *)(uintptr_t)base[FRAME_PC]; }
static inline Value *frame_caller(const Value *base) { return (Value *)(uintptr_t)base[FRAME_BASE]; }
static inline uint32_t frame_dst(const Value *base) { return (uint32_t)base[FRAME_DST]; }
static inline Value frame_closure(const Value *base) { return base[FRAME_CLOSURE]; }
static inline void frame_link(Value *callee, const uint32_t *pc, Value *caller, uint32_t dst) {
    callee[FRAME_PC] = (Value)(uintptr_t)pc;
    callee[FRAME_BASE] = (Value)(uintptr_t)caller;
    callee[FRAME_DST] = dst;
}

#endif
