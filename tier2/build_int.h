// Inside of the builder: bytecode and feedback to SSA form.
//
// Duty: what the files build*.c share.
//
//   build.c         graphs, functions and their blocks: edges, joins, states, results
//   build_code.c    what a clause's bytecode looks like: blocks, loops, liveness, what has run
//   build_op.c      instructions, but for the following
//   build_number.c  arithmetic and comparisons by what the sites have seen
//   build_call.c    calls, what is called, inlining
//   build_prim.c    primitives as operations
//
// A function is interpreted abstractly, block after block in reverse postorder: `registers` holds
// for each register of its frame the node that it would have as its value, NULL when it is dead.
// So moves cost nothing, and a register that lives through a loop without being assigned there is
// the same node inside as outside: what is known of it (the closure that `map` was given) is known
// in the loop.
//
// Inlining happens on the way: a call of a small known function builds its bytecode then and there,
// with a Function of its own whose `caller` state says how the frame around it goes on.
//
// A guard's result takes the place of what was guarded in all registers. At joins, values that
// differ in guards alone are one value.
#ifndef KILN_TIER2_BUILD_INT_H
#define KILN_TIER2_BUILD_INT_H

#include "runtime/assert.h"
#include "tier2/build.h"
#include "tier2/tier2.h"

enum {
    REGISTERS_MAX = 4096, // of the function itself
    INLINE_REGISTERS = 256,
    WORDS_MAX = 8000,    // of the function itself, as far as they can be reached
    INLINE_ALWAYS = 60,  // words of a callee that is inlined wherever it is called
    INLINE_RARE = 12,    // where it is called once in 32 entries or less
    INLINE_HOT = 300,    // where it is called often, or with a closure that is known
    INLINE_TOTAL = 1200, // words of all inlined functions together: more costs what it gains
    INLINE_DEPTH = 8,
    WORK_MAX = 400000, // registers looked at, instructions counting INSTRUCTION_WORK: about 1 ms
    INSTRUCTION_WORK = 40,
    NO_REGISTER = UINT32_MAX,
    NO_BLOCK = UINT32_MAX,
};

// ---- build_code.c: one clause's bytecode, as far as it can be reached

typedef struct Instruction {
    const Code *code;
    uint32_t pc, next; // its first word, the one after it
    uint32_t word;     // the first one, as it was before anything was written over it
    Op op;
    const OpInfo *info;
    const uint32_t *x; // extension words
} Instruction;

typedef enum Ran { RAN_UNKNOWN, RAN_NEVER, RAN_YES } Ran;

typedef struct CodeBlock { // numbered in reverse postorder
    uint32_t start, end;   // words
    // What comes next: for tests [0] the jump, [1] on. NO_BLOCK: nothing.
    uint32_t successor[2];
    Ran ran;
    bool raises;        // it ends in a primitive that does nothing but raise
    uint64_t heat;      // how often, as far as known; 0: unknown
    bool header;        // a jump backwards comes here
    uint64_t *live;     // registers, at its beginning
    uint64_t *assigned; // of a header: registers assigned in its loop
} CodeBlock;

typedef struct Shape {
    struct Shape *next;
    Code *code;
    uint32_t root;      // word where it begins: 0, or a loop's header
    uint32_t set_words; // of a set of registers
    uint32_t block_count;
    CodeBlock *blocks;
    uint32_t words, instructions; // that can be reached, without stubs that have never been needed
    bool fixnums, flonums;        // sites have seen them
    bool irreducible;
    bool captures; // calls a primitive that captures the continuation
} Shape;

typedef struct Builder Builder;
typedef struct Function Function;

// The instruction at a word. Where NATIVE stands it is what it stands for, a shortcut is the
// instruction behind it, a guarded site whose guard has failed is the jump to its stub.
Instruction t2_instruction(const Code *code, uint32_t pc);
// Shapes are made once. NULL: it has more registers than the graph can have.
Shape *t2_shape(Builder *b, Code *code, uint32_t root);
static inline bool set_has(const uint64_t *set, uint32_t r) { return set[r / 64] >> (r % 64) & 1; }
static inline void set_add(uint64_t *set, uint32_t r) { set[r / 64] |= UINT64_C(1) << (r % 64); }
static inline void set_drop(uint64_t *set, uint32_t r) {
    set[r / 64] &= ~(UINT64_C(1) << (r % 64));
}
// What is live after a block.
void t2_live_after(const Shape *shape, const CodeBlock *block, uint64_t *live);
// `live` is what is live after the instruction of the block; it becomes what is live before.
void t2_live_before(const Shape *shape, const CodeBlock *block, const Instruction *in,
                    uint64_t *live);
// Has the instruction run, as far as it can be told?
Ran t2_has_run(const Instruction *in);
// Of a call.
typedef struct CallForm {
    uint32_t window, count, dst; // dst: NO_REGISTER in tail position
    bool tail;
    CallSite *site;
} CallForm;
CallForm t2_call_form(const Instruction *in);
// How often a function was entered, as far as known.
uint64_t t2_entries(const Code *code);

// ---- build.c

typedef struct Edge { // to a block that is not begun yet
    struct Edge *next;
    Block *from;
    int which;
    Node **registers; // at its end
} Edge;

typedef struct Place { // of a CodeBlock in the graph
    Edge *edges, **edges_end;
    uint32_t edge_count;
    Block *block; // once it is begun
    Node **phis;  // of a header, by register
} Place;

typedef struct Result { // of an inlined function
    struct Result *next;
    Block *from;
    Node *value;
} Result;

// One activation of a function in the graph: the graph's own, or an inlined one.
struct Function {
    Function *outer; // inlined into
    Code *code;
    Shape *shape;
    Node *closure;
    const FrameState *caller; // where its results go; NULL: it returns from the graph
    Function *returns_to;     // whose `results` take its results: itself or, after a tail call,
                              // one around it
    Result *results;
    uint32_t depth;
    Place *places;          // [shape->block_count]
    Node **registers;       // [code->registers]
    Node **spare;           // such arrays that edges have done with, linked by their first item
    uint32_t block;         // number of the CodeBlock
    uint64_t *after;        // registers that are live after the instruction
    uint64_t *assigned;     // by the instruction
    Instruction in;         // that is being built
    const FrameState *here; // state at its beginning, NULL: not made yet
};

struct Builder {
    VM *vm;
    Graph *graph;
    Function *function;
    Block *block; // that is being filled; NULL: control does not come here
    Shape *shapes;
    uint32_t inlined_words;
    uint64_t work; // done so far: beyond WORK_MAX the graph is given up
};
static inline bool t2_works_too_long(const Builder *b) { return b->work > WORK_MAX; }

// An operation in the block that is being filled.
Node *t2_emit(Builder *b, NodeOp op, uint32_t count, Node *const *inputs);
static inline Node *emit0(Builder *b, NodeOp op) { return t2_emit(b, op, 0, NULL); }
static inline Node *emit1(Builder *b, NodeOp op, Node *x) { return t2_emit(b, op, 1, &x); }
static inline Node *emit2(Builder *b, NodeOp op, Node *x, Node *y) {
    return t2_emit(b, op, 2, (Node *[]){x, y});
}
static inline Node *emit3(Builder *b, NodeOp op, Node *x, Node *y, Node *z) {
    return t2_emit(b, op, 3, (Node *[]){x, y, z});
}
// Give an operation that may exit the state of the instruction.
Node *t2_exits(Builder *b, Node *node, ExitReason reason);
// The state of the instruction; the state after a call whose result goes to dst.
const FrameState *t2_state_here(Builder *b);
const FrameState *t2_state_after(Builder *b, int32_t dst);

Node *t2_register(Builder *b, uint32_t r);
void t2_set_register(Builder *b, uint32_t r, Node *value); // any representation but none
// What was guarded is known better from here on.
void t2_refine(Builder *b, Node *value, Node *known);

// Has a site failed so often that nothing is to be supposed?
bool t2_is_generic(const Builder *b, ExitReason reason);
// Leave for tier 1 at the instruction.
void t2_leave(Builder *b, ExitReason reason);
void t2_jump(Builder *b, uint32_t to); // to CodeBlock `to`
void t2_branch(Builder *b, Node *condition, uint32_t yes, uint32_t no);
// The function's result.
void t2_return(Builder *b, Node *value);
// Fill another block: after an operation of the builder's own that has two ways.
Block *t2_new_block(Builder *b);

// Build an activation, whose closure, caller, outer and registers are set. Afterwards the block
// being filled is that where its results meet, NULL: it never returns; answers the result.
Node *t2_build_function(Builder *b, Function *f);
Function *t2_function_new(Builder *b, Code *code, Shape *shape);

// ---- values (build_op.c). x is of any representation that can be a value.

Node *t2_guard_class(Builder *b, Node *x, ClassSet set, ExitReason reason);
Node *t2_guard(Builder *b, Node *condition, bool holds, ExitReason reason);
Node *t2_tagged(Builder *b, Node *x);
Node *t2_unbox_int(Builder *b, Node *x);    // known to be a fixnum
Node *t2_unbox_double(Builder *b, Node *x); // known to be a flonum
Node *t2_unbox_char(Builder *b, Node *x);
Node *t2_fixnum(Builder *b, Node *x, ExitReason reason); // guarded, as an integer
Node *t2_flonum(Builder *b, Node *x, ExitReason reason);
Node *t2_character(Builder *b, Node *x, ExitReason reason);
Node *t2_truth(Builder *b, Node *x);
Node *t2_index(Builder *b, Node *x, Node *limit); // guarded, as an integer
Node *t2_int(Builder *b, int64_t n);
Node *t2_is_class(Builder *b, Node *x, ClassSet set);
Node *t2_value(Builder *b, Value v);
Node *t2_eqv(Builder *b, Node *x, Node *y);
Node *t2_global(Builder *b, Cell *cell);
void t2_instruction_build(Builder *b);
void t2_test(Builder *b, Node *condition); // the end of a fused test

// ---- build_number.c

typedef enum Kind { KIND_FIX, KIND_FLO, KIND_ANY, KIND_NEVER } Kind;
typedef enum Arith {
    ARITH_ADD,
    ARITH_SUB,
    ARITH_MUL,
    ARITH_DIV,
    ARITH_QUO,
    ARITH_REM,
    ARITH_MOD
} Arith;
typedef enum Relation { RELATION_EQ, RELATION_LT, RELATION_LE } Relation;
// NULL: it has left.
Node *t2_arithmetic(Builder *b, Arith op, Kind kind, Node *x, Node *y);
Node *t2_compare(Builder *b, Relation op, Kind kind, Node *x, Node *y);
Node *t2_negate(Builder *b, Node *x);
// What an instruction with variants has seen.
Kind t2_kind_seen(const Instruction *in);
// What to suppose of numbers that no site has looked at: by their types, else by what instructions
// near by have seen of registers that hold them, else by what the function's sites have seen.
Kind t2_kind_near(const Builder *b, const Node *x);
bool t2_number_instruction(Builder *b); // false: it is none

// ---- build_call.c

void t2_call_instruction(Builder *b);

// ---- build_prim.c

// A call of a primitive that is no control operation. NULL: it has left.
Node *t2_primitive(Builder *b, const Primitive *p, bool binary, uint32_t count, Node **args);
// The same when the builder knows it as operations; NULL: it does not.
Node *t2_intrinsic(Builder *b, const Primitive *p, uint32_t count, Node **args);
// The same as a call of its C function.
Node *t2_primitive_call(Builder *b, const Primitive *p, bool binary, uint32_t count, Node **args);
// Does it nothing but raise?
bool t2_never_answers(const Primitive *p);
const Primitive *t2_primitive_named(const char *name);

#endif
