// Inside of lowering: what lower*.c share.
//
//   lower.c         the function: entry, blocks, phis, ends of blocks; constants, representations
//   lower_leave.c   exits and unwinding: descriptors, the two common blocks
//   lower_number.c  integers, doubles, generic arithmetic
//   lower_test.c    classes, records, closures; guards on them
//   lower_memory.c  loads, stores, allocation
//   lower_call.c    calls of SX procedures and of C functions
//
// Values of the graph are LLVM values of these types: TAGGED and INT i64, DOUBLE double, BOOL i1.
// Pointers are made of words where they are used, so nothing but aliasing metadata tells LLVM what
// may be the same memory: each load and store of an object's field has the class of what it
// accesses (Tag). What differs in class never overlaps in one object; memory that is used again for
// another object was not reachable in between, since the word that an access needs keeps it.
#ifndef KILN_TIER2_LOWER_INT_H
#define KILN_TIER2_LOWER_INT_H

#include "tier2/engine_int.h"

// Classes of memory; tags of fields of records follow: TAG_FIELD + index.
typedef enum Tag {
    TAG_NONE, // may be anything
    TAG_VM,
    TAG_HEADER,
    TAG_CAR,
    TAG_CDR,
    TAG_ITEM,
    TAG_BOX,
    TAG_FREE,
    TAG_CODE,   // Closure.code, Code.native: changed by nothing that runs between two calls
    TAG_GLOBAL, // Cell
    TAG_BYTE,
    TAG_STRING,     // String
    TAG_CHARACTERS, // String.data
    TAG_RECORD,     // Record.type, RecordType
    TAG_CARD,       // the collector's, of what was written to
    TAG_FIELD,
    TAG_COUNT = TAG_FIELD + 16 // fields from number 15 on share the last
} Tag;

typedef struct Description Description; // lower_leave.c

// One of the two blocks by which a function leaves: an edge for each place.
typedef struct Edge {
    LLVMBasicBlockRef from; // of quick code: a block of its own
    Description *description;
} Edge;
enum { SLOT_INT, SLOT_DOUBLE, SLOT_BOOL, SLOT_KINDS };
typedef struct Leave {
    LLVMBasicBlockRef block; // NULL: not used so far
    Edge *edges;
    uint32_t count, room;
    uint32_t width[SLOT_KINDS]; // most values of each kind that an edge brings
} Leave;

typedef struct Lower {
    T2Artifact *artifact;
    const Graph *graph;
    LLVMContextRef context;
    LLVMModuleRef module;
    LLVMBuilderRef builder;
    LLVMValueRef function;
    LLVMTypeRef i1, i8, i32, i64, f64, pointer, nothing, native_type;
    LLVMValueRef vm, closure, code, arguments[NATIVE_ARGUMENTS];
    LLVMValueRef argv; // array for primitives that take one; NULL: none so far
    LLVMBasicBlockRef prologue;
    LLVMValueRef prologue_end; // its first instruction that is no alloca
    uint32_t argv_room;
    LLVMValueRef *values;     // by Node.id
    LLVMBasicBlockRef *first; // by Block.id: where it begins, and where it ends
    LLVMBasicBlockRef *last;
    unsigned md_tbaa, md_scope, md_noalias, md_weights;
    LLVMMetadataRef tbaa_root;
    LLVMValueRef tags[TAG_COUNT], scope, likely, unlikely;
    Leave leaves[2]; // LEAVE_*
    Description *descriptions;
    uint32_t description_count;
    Bailout failure;
} Lower;

enum { LEAVE_EXIT, LEAVE_UNWIND };

// ---- lower.c

static inline LLVMValueRef t2_emit_word(const Lower *l, uint64_t n) {
    return LLVMConstInt(l->i64, n, false);
}
LLVMTypeRef t2_emit_type(const Lower *l, Rep rep);
LLVMValueRef t2_emit_value(Lower *l, const Node *n);
static inline LLVMValueRef t2_emit_input(Lower *l, const Node *n, uint32_t i) {
    return t2_emit_value(l, n->inputs[i]);
}
LLVMBasicBlockRef t2_emit_block_here(Lower *l,
                                     const char *name); // a new block after the current one
void t2_emit_go(Lower *l, LLVMBasicBlockRef block);     // emit there from now on
// Branch; `likely` 1: to `yes`, -1: to `no`, 0: not known.
void t2_emit_branch(Lower *l, LLVMValueRef test, LLVMBasicBlockRef yes, LLVMBasicBlockRef no,
                    int likely);
LLVMValueRef t2_emit_phi2(Lower *l, LLVMTypeRef type, LLVMValueRef a, LLVMBasicBlockRef from_a,
                          LLVMValueRef b, LLVMBasicBlockRef from_b);
LLVMValueRef t2_emit_compare(Lower *l, LLVMIntPredicate predicate, LLVMValueRef a, LLVMValueRef b);
LLVMValueRef t2_emit_compare_word(Lower *l, LLVMIntPredicate predicate, LLVMValueRef a, uint64_t b);
// A C function by its name.
LLVMValueRef t2_emit_extern(Lower *l, const char *name, const void *address, LLVMTypeRef type);
#define T2_EXTERN(l, symbol, type) t2_emit_extern(l, #symbol, (const void *)(symbol), type)
// Calls of C: result words; arguments as they are.
LLVMValueRef t2_emit_call_c(Lower *l, const char *name, const void *address, LLVMTypeRef result,
                            LLVMValueRef *arguments, uint32_t count);
// What a call does to memory: it returns, and writes nothing, or does not look at it either.
void t2_emit_call_only_reads(Lower *l, LLVMValueRef call);
void t2_emit_call_reads_nothing(Lower *l, LLVMValueRef call);

// ---- lower_memory.c

// Address of the word or byte at `offset` from what a word points at.
LLVMValueRef t2_emit_at(Lower *l, LLVMValueRef word, int64_t offset);
LLVMValueRef t2_emit_vm_field(Lower *l, size_t offset);
LLVMValueRef t2_emit_load(Lower *l, LLVMTypeRef type, LLVMValueRef address, Tag tag);
LLVMValueRef t2_emit_store(Lower *l, LLVMValueRef value, LLVMValueRef address, Tag tag);
LLVMValueRef t2_emit_header(Lower *l, LLVMValueRef object);      // the word
LLVMValueRef t2_emit_header_type(Lower *l, LLVMValueRef object); // i8
LLVMValueRef t2_emit_header_aux(Lower *l, LLVMValueRef object);  // as i64
bool t2_lower_memory(Lower *l, const Node *n); // the node's value is set; false: not one of these

// ---- lower_number.c

LLVMValueRef t2_emit_box_int(Lower *l, LLVMValueRef n);
LLVMValueRef t2_emit_unbox_int(Lower *l, LLVMValueRef v);
LLVMValueRef t2_emit_box_double(Lower *l, LLVMValueRef d);
LLVMValueRef t2_emit_unbox_double(Lower *l, LLVMValueRef v);
LLVMValueRef t2_emit_box_bool(Lower *l, LLVMValueRef b);
bool t2_lower_number(Lower *l, const Node *n);

// ---- lower_test.c

// What a value may be. (Where nothing is known to be possible the code is not reached.)
static inline ClassSet t2_emit_known(const Node *n) {
    return n->type.set ? n->type.set : CLASS_ALL;
}
// Is a value that is certainly in `known` in `set`?
LLVMValueRef t2_emit_test_class(Lower *l, LLVMValueRef v, ClassSet known, ClassSet set);
bool t2_lower_test(Lower *l, const Node *n);

// ---- lower_call.c

bool t2_lower_call(Lower *l, const Node *n);
// The C function of the node's primitive, with its inputs; leaves when it fails. binary: the form
// for two arguments if there is one.
LLVMValueRef t2_emit_call_primitive(Lower *l, const Node *n, bool binary);
// Will anything but the function's own instructions run?
bool t2_calls_anything(const Graph *graph);

// ---- lower_leave.c

// Go on only when the test holds, else exit with the node's state.
void t2_emit_guard(Lower *l, const Node *n, LLVMValueRef holds);
// The same for a failure that has happened: of no use for tests to make it happen.
void t2_emit_guard_failure(Lower *l, const Node *n, LLVMValueRef holds, ExitReason reason);
void t2_emit_exit(Lower *l, const Node *n); // unconditionally, ends the block
// After a call: leave if it answered VALUE_UNWIND.
void t2_emit_unwind_check(Lower *l, const Node *n, LLVMValueRef result);
// Quick code: one call or turn more. Loops, which have a node, leave when they have better code.
void t2_emit_count(Lower *l, const Node *n);
// Make the common blocks and the descriptors.
void t2_emit_leaves_finish(Lower *l);

#endif
