// The SSA form of a function that is being compiled.
//
// Duty: nodes, blocks, frame states, types; building and walking them. A graph is made by the
// builder (build.c) out of bytecode and what tier 1 has seen, rewritten by passes (passes.h), and
// lowered to LLVM (lower.c).
//
//   Graph ── blocks in an order where each comes after its dominators, but for back edges
//   Block ── phis, then nodes in the order of execution, the last one ends it
//   Node  ── an operation, its inputs, one result; `state` where it may exit
//
// Memory: one arena a graph, freed at once. Nodes hold Values only as constants, and each of them
// is registered with the graph (t2_hold), in memory that the collector sees.
//
// Threads: the builder runs on the program's thread, passes and lowering on the compiler's, which
// the collector does not know. So when the graph is built it is closed: it takes on no other Values
// (a constant of a pass is one that the builder has seen, or no pointer), and what may change in
// the heap has been noted: types of constants, which exits have been taken too often
// (Block.generic). All that is read there afterwards never changes while the object lives: records'
// types with their ancestors and fields, the shape of a Code, the rows of primitives.
//
// Frame states. A guard's state is that of the beginning of the instruction it stands for: pc of
// the instruction, dst -1. Leaving there repeats the whole instruction in tier 1, so no effect of
// that instruction may come before the guard. A call's state is that after the call: pc of the next
// instruction, dst the register that takes the result. `caller` is the state of the function that
// it was inlined into, always of the second form. States are shared; passes rewrite them in place,
// which changes how a value is named, never which value it is.
//
// Invariants (t2_verify): every input's definition dominates its use; a phi has one input for each
// predecessor, in their order; representations of inputs are what ir.def says; a node that may exit
// has a state; critical edges into loop headers do not exist; each loop header has one edge from
// outside and its `entry_state`.
#ifndef KILN_TIER2_IR_H
#define KILN_TIER2_IR_H

#include "tier1/native.h"

// ---- representations and types

typedef enum Rep { // how a node's result is held
    REP_NONE,      // no result
    REP_TAGGED,    // a Value
    REP_INT,       // int64_t; of Scheme's fixnums always within their range
    REP_DOUBLE,    // double
    REP_BOOL,      // i1
} Rep;

// What a value may be: a set of classes. Together they cover every Value.
#define TYPE_CLASSES(X)                                                                            \
    X(FIXNUM)                                                                                      \
    X(FLONUM)                                                                                      \
    X(CHAR)                                                                                        \
    X(FALSE)                                                                                       \
    X(TRUE)                                                                                        \
    X(NIL)                                                                                         \
    X(NULL)                                                                                        \
    X(DEFAULT)                                                                                     \
    X(UNBOUND)                                                                                     \
    X(SPECIAL)                                                                                     \
    X(PAIR)                                                                                        \
    X(STRING)                                                                                      \
    X(SYMBOL)                                                                                      \
    X(BIGNUM)                                                                                      \
    X(RATNUM)                                                                                      \
    X(COMPNUM)                                                                                     \
    X(VECTOR)                                                                                      \
    X(BYTEVECTOR)                                                                                  \
    X(ARRAY)                                                                                       \
    X(BOX)                                                                                         \
    X(VALUES)                                                                                      \
    X(CLOSURE)                                                                                     \
    X(PRIMITIVE)                                                                                   \
    X(RECORD)                                                                                      \
    X(TABLE)                                                                                       \
    X(DICT)                                                                                        \
    X(OBJECT)
enum {
#define X(id) CLASS_INDEX_##id,
    TYPE_CLASSES(X)
#undef X
        CLASS_COUNT
};
typedef uint32_t ClassSet;
#define CLASS(id) ((ClassSet)1 << CLASS_INDEX_##id)
#define CLASS_ALL (((ClassSet)1 << CLASS_COUNT) - 1)
#define CLASS_BOOLEAN (CLASS(FALSE) | CLASS(TRUE))
#define CLASS_FALSY (CLASS(FALSE) | CLASS(NIL))
#define CLASS_NUMBER                                                                               \
    (CLASS(FIXNUM) | CLASS(FLONUM) | CLASS(BIGNUM) | CLASS(RATNUM) | CLASS(COMPNUM))

// Integers that are well below the limits of fixnums: the sum or difference of two of them, and of
// some constants, is a fixnum (passes/small.c).
#define T2_SMALL_MAX ((INT64_C(1) << 48) - (INT64_C(1) << 20))
#define T2_SMALL_MIN (-T2_SMALL_MAX)

typedef struct Type {
    ClassSet set;      // empty: no value at all, the code is unreachable
    int64_t low, high; // when set is FIXNUM alone (and of REP_INT): its range
    Value record;      // when set is RECORD alone: of this type or of one that inherits from it;
                       // VALUE_NONE: unknown
    bool exact;        // when there is a record: of this type itself
    Value constant;    // the value itself; VALUE_NONE: unknown
    Code *code;        // when set is CLOSURE alone: its first clause; NULL: unknown
} Type;

// ---- operations

typedef enum Memory { // what an operation reads or writes
    MEMORY_NONE,
    MEMORY_CAR,
    MEMORY_CDR,
    MEMORY_ITEM, // of vectors
    MEMORY_BOX,
    MEMORY_FIELD,  // of records; Node.index tells which
    MEMORY_FREE,   // of closures: written only while they are made
    MEMORY_GLOBAL, // cells
    MEMORY_BYTE,   // of bytevectors
    MEMORY_CHAR,   // strings: content, width, length
    MEMORY_ANY,    // all of them
} Memory;

enum {              // NodeInfo.flags
    NODE_PURE = 1,  // equal inputs, equal result, no exit: may be shared, moved, dropped
    NODE_GUARD = 2, // leaves by its state when its condition does not hold; else nothing happens
    NODE_READS = 4, // NodeInfo.memory
    NODE_WRITES = 8,
    NODE_ALLOCATES = 16, // a fresh object: dropped when unused
    NODE_CALLS = 32,     // runs other code, which may do anything; has a state of the second form
    NODE_ENDS = 64,      // the last of its block
    NODE_MAY_EXIT = 128, // needs a state of the first form
};

typedef enum NodeOp {
#define N(ID, ...) N_##ID,
#include "tier2/ir.def"
#undef N
    N_COUNT
} NodeOp;

typedef struct NodeInfo {
    const char *name;
    uint8_t rep;        // Rep of the result; REP_NONE: none
    int8_t input_count; // -1: any number
    uint8_t inputs[4];  // Rep of each; REP_NONE: any. Beyond: that of the last
    uint16_t flags;
    uint8_t memory;
    const char *doc;
} NodeInfo;
extern const NodeInfo t2_node_info[N_COUNT];

typedef struct Node Node;
typedef struct Block Block;
typedef struct Graph Graph;

typedef struct FrameState {
    Code *code;
    uint32_t pc;
    int32_t dst;                     // -1: the instruction at pc runs
    Node *closure;                   // that runs
    const struct FrameState *caller; // NULL: outermost
    uint32_t count;
    uint32_t mark;     // scratch of one pass: states are shared, each is rewritten once
    Node *registers[]; // NULL: dead. Unboxed nodes stand for the values that they are of
} FrameState;

struct Node {
    uint16_t op;    // NodeOp
    uint8_t rep;    // Rep; that of the op, or of a phi what was decided
    uint8_t reason; // ExitReason, of guards
    uint32_t id;
    Type type;
    Block *block;
    Node *previous, *next; // in the block
    const FrameState *state;
    uint32_t input_count, input_room;
    Node **inputs;
    // What else the operation says (ir.def):
    int64_t index; // number, offset, class set
    union {
        Value value; // constant, record type, cell
        double number;
        Code *code;
        const Primitive *primitive;
        void *pointer;
    };
    CallSite *site;      // calls: what they have seen
    Node *forward;       // replaced by; t2_resolve
    uint32_t mark, uses; // scratch of one pass
    void *scratch;
};

struct Block {
    uint32_t id;
    Graph *graph;
    Node *first, *last; // phis come first
    uint32_t predecessor_count, predecessor_room;
    Block **predecessors;
    Block *successors[2]; // of the last node: BRANCH true, false; JUMP
    Block *dominator;     // set by t2_order
    uint32_t depth;       // of loops
    Block *loop;          // header of the innermost loop it is in, itself if it is one
    Block *parent_loop;   // of a header: header of the loop around, NULL: none
    bool is_header;
    bool cold;
    uint64_t heat; // how often tier 1 was here, as far as known; 0: never or unknown
    const FrameState *entry_state; // header: state (first form) at the end of the edge from outside
    uint32_t generic; // header: 1 << ExitReason: for which that state was left too often
    uint32_t mark;
    void *scratch;
};

// What the graph takes for granted without testing it: code is removed when it changes.
typedef struct Fact {
    Cell *cell; // whose value is what it was
} Fact;

struct Graph {
    VM *vm;
    Code *code;      // that is compiled
    uint32_t osr_pc; // UINT32_MAX: from its beginning; else word index of the LOOP whose target
                     // is entered
    Block *entry;
    Block **order; // reverse postorder, by t2_order
    uint32_t block_count, block_room;
    Block **blocks; // all
    uint32_t node_count;
    struct Arena *arena;
    Value *held; // collector's memory: everything nodes refer to
    uint32_t held_count, held_room;
    Fact *facts;
    uint32_t fact_count, fact_room;
    uint32_t bytecodes;  // instructions read, for budgets and statistics
    uint32_t inlined;    // calls
    uint32_t failure;    // Bailout (bailouts.def); 0: none
    uint32_t generic;    // as Block.generic, of the function's beginning
    bool closed;         // built: t2_hold takes nothing new
    bool wide;           // integers that are not small have been met (EXIT_RANGE)
    uint32_t state_mark; // last FrameState.mark that was given
};

// ---- making graphs

// An empty graph: an entry block. Its arena is freed by t2_graph_free; `held` by the collector,
// which sees it until then. Both are called on the program's thread.
Graph *t2_graph_new(VM *vm, Code *code, uint32_t osr_pc);
void t2_graph_free(Graph *graph);
void *t2_allocate(Graph *graph, size_t bytes); // zeroed, aligned to 16
// Keep a Value or a pointer into the collector's heap alive with the code.
void t2_hold(Graph *graph, Value value);
// Rely on a cell's value. The same cell is kept once.
void t2_rely_on(Graph *graph, Cell *cell);

Block *t2_block_new(Graph *graph);
// A node that is in no block yet; type and rep are the operation's own. inputs NULL: they are
// filled in by the caller.
Node *t2_node_new(Graph *graph, NodeOp op, uint32_t input_count, Node *const *inputs);
Node *t2_constant(Graph *graph, Value value); // in the entry block; equal ones are one node
Node *t2_constant_int(Graph *graph, int64_t n);
Node *t2_constant_double(Graph *graph, double d);
Node *t2_constant_bool(Graph *graph, bool b);
void t2_append(Block *block, Node *node); // before nothing: at the end
void t2_insert_before(Node *place, Node *node);
void t2_insert_after(Node *place, Node *node);
void t2_remove(Node *node);            // out of its block
void t2_replace(Node *node, Node *by); // all uses, by `forward`; inputs are resolved lazily
                                       // (t2_resolve) or by t2_resolve_all
Node *t2_resolve(Node *node);
void t2_resolve_all(Graph *graph); // inputs and states name no replaced node afterwards
void t2_add_input(Graph *graph, Node *node, Node *input);
// A state all of whose registers are dead, for the caller to fill in.
FrameState *t2_state_new(Graph *graph, uint32_t count);
void t2_add_edge(Graph *graph, Block *from, int which, Block *to); // phis are the caller's
// Drops the phis' inputs too. A successor that is left becomes number 0: turn BRANCH into JUMP.
void t2_remove_edge(Block *from, int which);
// A new block, which jumps, in the middle of an edge.
Block *t2_split_edge(Graph *graph, Block *from, int which);
// Order, dominators, loops anew; blocks that are not reached are dropped. Blocks are numbered by
// their position in `order` then.
void t2_order(Graph *graph);
// What the builder leaves to the passes' thread: t2_resolve_all, t2_order. Once.
void t2_settle(Graph *graph);
bool t2_dominates(const Block *a, const Block *b);

// ---- types
Type t2_type_of_value(Value value);
Type t2_type_of_set(ClassSet set);
Type t2_type_of_range(int64_t low, int64_t high); // of integers
Type t2_type_join(Type a, Type b);                // one or the other
Type t2_type_meet(Type a, Type b);                // both; what is known of either
bool t2_type_same(Type a, Type b);
// Of a node's result, from its operation, what else it says and its inputs' types. A phi's: the
// join of those of its inputs. Those that name a Value (CONSTANT, GUARD_IS) keep the type that was
// found when they were made.
Type t2_type_of_node(const Node *node);
ClassSet t2_class_of(Value value);
ClassSet t2_class_of_type(unsigned type); // ObjectType; 0: it has no class of its own
// A sum or difference that leaves when it is not small.
static inline bool t2_is_checked_small(const Node *n) {
    return (n->op == N_ADD_CHECKED || n->op == N_SUB_CHECKED) && n->index;
}
static inline bool t2_is_a(const Node *n, ClassSet set) { return (n->type.set & ~set) == 0; }

// ---- tools
void t2_verify(const Graph *graph, const char *after); // nothing unless KILN_DEBUG
Value t2_dump(const Graph *graph);                     // text: a string

#endif
