// Passes over the graph of a function, one a file in passes/.
//
// Duty: the order of the passes (passes.c), and what they share: walks over dominators, effects of
// operations, roots of values.
//
// All passes are linear in the size of the graph, or nearly so; they run on the compiler's thread:
// what they may read of the heap is said in ir.h.
// Each leaves a graph that t2_verify accepts, with t2_order's results up to date and no node
// forwarded. None changes what a program does, nor what a frame state says; a guard may be moved to
// an earlier state only where leaving there is as right (hoist.c).
#ifndef KILN_TIER2_PASSES_H
#define KILN_TIER2_PASSES_H

#include "tier2/ir.h"

// All passes in order. KILN_TRACE=t2 dumps the graph after each on standard error: names are read
// for that, on the program's thread.
void t2_run_passes(Graph *graph);
bool t2_passes_are_traced(void);

void t2_pass_again(Graph *graph);     // tail calls of the function itself are jumps
void t2_pass_infer(Graph *graph);     // types; guards, tests and branches that are decided
void t2_pass_speculate(Graph *graph); // types of loop variables are guarded on entry
void t2_pass_unbox(Graph *graph);     // representations of phis and selects; BOX_ in states
void t2_pass_number(Graph *graph);    // equal values, loads of what is known, repeated guards
void t2_pass_hoist(Graph *graph);     // out of loops: what does not change there
void t2_pass_bounds(Graph *graph);    // bounds checks of induction variables
void t2_pass_small(Graph *graph);     // integers are small, checks follow from it
void t2_pass_escape(Graph *graph);    // allocations that only exits see
void t2_pass_blocks(Graph *graph);    // branches on phis, chains of blocks
void t2_pass_dead(Graph *graph);      // what nobody uses; phis of one value

// ---- fold.c

// Another node that is the same as n by its inputs and their types, put before n when it is new;
// or NULL. Might also change n in place.
Node *t2_fold(Graph *graph, Node *n);
// The type of a result by the types of the inputs: t2_type_of_node, and tests are decided.
Type t2_result_type(const Node *n);

// ---- what passes share (walk.c)

typedef uint32_t MemorySet; // bits 1 << Memory

// Classes of one word each.
#define T2_SINGLE_WORDS                                                                            \
    (CLASS(FALSE) | CLASS(TRUE) | CLASS(NIL) | CLASS(NULL) | CLASS(DEFAULT) | CLASS(UNBOUND))

#define T2_MEMORY_ALL ((MemorySet)((1u << MEMORY_ANY) - 2))

// What running a node may write or read. Exits do not count.
MemorySet t2_writes(const Node *n);
MemorySet t2_reads(const Node *n);
// Does it read what never changes once it is made: a length, a field that is not mutable?
bool t2_reads_fixed(const Node *n);
bool t2_field_is_fixed(Value type, int64_t field);
// The value that guards pass on: the same word, less known.
Node *t2_root(Node *n);
static inline bool t2_has_flag(const Node *n, unsigned flags) {
    return t2_node_info[n->op].flags & flags;
}
// Does the type of each input, wherever it is used, allow the operation? What does not depend on
// tests or guards before it may be moved above them.
bool t2_runs_anywhere(const Node *n);
// The length, an argument, of the vector or bytevector that a primitive makes; NULL: it is none
// that makes such of a length.
Node *t2_made_length(const Node *n);
// May a node without uses be dropped?
bool t2_is_droppable(const Node *n);

// Blocks in preorder of the dominator tree, siblings in reverse postorder: each comes after its
// dominator and after its predecessors but for back edges. [block_count]
Block **t2_dominator_preorder(Graph *graph);

// The block in front of a loop: where what is hoisted goes, before its last node.
Block *t2_loop_entry(const Block *header);
// Which predecessor of the header it is.
uint32_t t2_loop_entry_index(const Block *header);
bool t2_in_loop(const Block *block, const Block *header);
// Has the loop's entry state been left by such exits so often that no more are put there?
static inline bool t2_leaves_often(const Block *header, ExitReason reason) {
    return header->generic >> reason & 1;
}

// Call visit for each frame state of the graph, callers included, once each.
void t2_each_state(Graph *graph, void (*visit)(FrameState *state, void *context), void *context);

// A node before `place`.
Node *t2_new_before(Graph *graph, Node *place, NodeOp op, uint32_t count, Node *const *inputs);

#endif
