// The builder: bytecode and what tier 1 has seen of it become a graph.
//
// Duty: one function. It runs on the program's thread, reads the code and its feedback, and changes
// neither.
#ifndef KILN_TIER2_BUILD_H
#define KILN_TIER2_BUILD_H

#include "tier2/ir.h"

// The graph of a clause whose parameters are bound already, from its beginning (osr_pc UINT32_MAX)
// or from the header of the loop whose LOOP or LOOP_MOVE stands at word osr_pc. Closed; to be
// settled (t2_settle) before it is looked at, on any thread. Never NULL: when it cannot be built,
// Graph.failure tells why and the rest is not to be looked at. Freed by t2_graph_free either way.
//
// The program waits for it, so its work is bounded: it grows with the words that are read times the
// registers that live at once, and what would take more than about a millisecond is too large.
Graph *t2_build(VM *vm, Code *code, uint32_t osr_pc);

#endif
