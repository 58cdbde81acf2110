// Code: what tier 1 runs. One for each clause of a procedure.
//
// Duty: the structure the compiler fills in and the interpreter, the continuations and tier 2 read;
// sites (positions and failing primitives); call sites (feedback); watches (code that depends on a
// cell). Encoding is in opcode.h.
//
// The running function has three pointers:
//
//   pc         into Code.words
//   base       its registers on the VM stack (frame.h): R[i] is base[i]
//   constants  Code.constants; constants[-1] is the Code itself (t1_code_of)
//
// Registers: parameters first, in the order of Lambda.params; then variables and temporaries, as a
// stack. Nothing else is known of them: at a call with window w the registers from w on are dead
// but for the window itself. R[0..255] are operands. Functions that need more use R[252..255] as
// scratch, and GETHI, SETHI and the wide calls. A slow path that calls SX code has no window of its
// own: it uses the registers from Code.registers on. When nobody wants its value, Code.registers is
// a destination that is always free.
//
// Jumps are relative to the next instruction, that is, after all extension words.
//
// Memory: Code, its constants and call sites are scanned memory without headers, held by closures
// and by other Codes. Words are atomic memory and are changed in place: quickening, counters of
// loops, JMP over guarded sites.
#ifndef KILN_TIER1_CODE_H
#define KILN_TIER1_CODE_H

#include "runtime/assert.h"
#include "runtime/source.h"
#include "runtime/state.h"
#include "tier1/opcode.h"

typedef struct Code Code;
typedef struct Lambda Lambda; // vm/core.h, which has a Node of its own
struct Uses;

// Where an instruction comes from. Every call, every instruction with OPF_FAIL and every primitive
// has one. Sorted by pc.
typedef struct Site {
    Position position;
    uint32_t pc;        // word index of the instruction
    uint16_t primitive; // row of primitives.def; SITE_NO_PRIMITIVE
    uint8_t form; // SITE_*: how the instruction's operands stand for the primitive's arguments
    uint8_t skip; // words after the instruction that belong to it: see SITE_NTH, SITE_VALUE
} Site;
enum { SITE_NO_PRIMITIVE = 0xFFFF };

// The primitive's arguments, out of the instruction's operands x, y, z: its SRC and MUT registers
// and its immediate (IMM, I16, FLD, K16), in the order of the fields A, B, C. See t1_site_call.
typedef enum SiteForm {
    SITE_PLAIN,   // x y z, in that order
    SITE_SWAPPED, // y x: (> a b) runs as b < a, (+ 1 a) as a + 1
    SITE_FIRST,   // x alone: (zero? a) runs as a = 0
    SITE_FIELD,   // FIELD, SETFIELD: record, type, index and the value to store
} SiteForm;
// Added to the form of a fused test whose value is wanted: the constants for both outcomes follow.
// When the raise hook answers, the answer goes to the register in field A of the instruction after
// the test, and `skip` words after the test are skipped.
enum { SITE_VALUE = 128 };
// SITE_NTH + k: a step of (+ a b c …). x is the result so far, y argument number k, from 0. When
// the raise hook answers, the answer goes to R[A] and the remaining steps, `skip` words, are
// skipped.
enum { SITE_NTH = 16 };

// A call and what it has seen.
typedef struct CallSite {
    Cell *cell;    // CALL_GLOBAL: the variable called, else NULL
    Code *code;    // first clause of the procedure last called, NULL: none of ours yet. CALL_KNOWN,
                   // CALL_FIXED, CALL_SELF: the clause that is certainly called
    Value callee;  // CALL_FIXED: the closure. CALL_GLOBAL: the closure last called, if it takes the
                   // arguments as they are, else VALUE_NONE
    uint32_t hits; // calls of `code`
    uint32_t misses;            // calls of others, each of which replaces `code`
    const Primitive *primitive; // the primitive last called, NULL: none yet. Its calls count
                                // neither as hits nor as misses
    Position operator_position; // where an unbound `cell` fails
    // Where the callee begins and its constants, so that a call need not go through the closure for
    // them; NULL: not seen yet, or the callee does not take the arguments as they are.
    const uint32_t *words;
    Value *constants;
} CallSite;

// The fast path of a guarded primitive in some code, to be disabled when a cell is written.
typedef struct Guard {
    uint32_t pc;       // of the first instruction of the fast path
    uint32_t stub;     // of the generic call
    uint32_t original; // the first word, before it became a JMP
    Cell *cell;
} Guard;

typedef enum BindKind { // how arguments become parameters
    BIND_EXACT,         // required parameters alone: argc == required
    BIND_OPTIONAL,      // … and optional ones: missing ones are VALUE_DEFAULT
    BIND_REST,          // … and a rest list
    BIND_KEYWORD,       // … keywords (or other_keys): see vm/cek.c, bind
} BindKind;

// What a procedure does that calls of it may do in place. Only records: what define-record-type
// defines.
typedef enum InPlace {
    IN_PLACE_NONE,
    IN_PLACE_FIELD,    // (p r): a field
    IN_PLACE_SETFIELD, // (p r v): assigns a field
    IN_PLACE_TEST,     // (p x): is it such a record?
    IN_PLACE_MAKE,     // (p v …): a record with these fields
} InPlace;

enum { LIFTED_MAX = 7 }; // free values passed as arguments, at most

struct Code {
    uint64_t tag; // CODE_TAG: tells it from what other tiers let Closure.code point at
    uint32_t *words;
    Value *constants;   // [constant_count]; [-1] is this Code
    uint32_t required;  // parameters
    uint32_t exact;     // number of arguments that need no binding; UINT32_MAX: there is none
    uint32_t registers; // size of the frame, without header; the stack check at entry is for this
    uint8_t binding;    // BindKind
    bool top;           // a top-level form: backtraces call it "top level"
    uint8_t control; // not 0: of a frame of the interpreter's own (ControlKind), which backtraces
                     // pass over
    uint16_t free_count; // free values of its closures
    // Calls: the counter, what it was when it was set last, and calls before that. See
    // t1_code_entries.
    uint32_t entries, entries_start;
    uint64_t entries_before;
    uint32_t optional, keyword;
    bool rest, other_keys;
    uint8_t lifted; // the last so many of `required` are not the lambda's: its free values
    bool call_cc;   // its body is (%capture parameter): who calls it captures instead
    Code *next;     // next clause, NULL: none
    Code *first;    // first clause
    Lambda *lambda; // name, position, keys, documentation. Its body is gone after compilation.
    // Native code (native.h): what runs the clause, never NULL (a Native; t1_native_interpret:
    // there is none of its own); what keeps it alive; how often exits were taken,
    // [word_count][reason], NULL: never; the opcode of words[0] while NATIVE stands there;
    // parameters beyond those in registers.
    void *native, *native_data;
    uint8_t *exits;
    uint8_t entry_op, native_stacked;
    void *record;     // what a better tier knows of it, collector's memory; NULL: nothing yet
    uint8_t in_place; // InPlace, and what it is about:
    uint8_t field;
    Value record_type;

    uint32_t word_count, constant_count, site_count, guard_count;
    Site *sites;   // [site_count], atomic memory
    Guard *guards; // [guard_count], sorted by pc; two that have the same pc have the same stub
};

#define CODE_TAG (HEADER_TAG | 0xC0DE)

// Where the counters of entries and loops begin, so that they are 0 when their limit (vm/tier.h) is
// reached.
static inline uint32_t t1_counter_start(uint32_t limit) { return -limit; }

// Calls so far that were counted: those of native code, and of native callers, are not.
static inline uint64_t t1_code_entries(const Code *code) {
    return code->entries_before + (uint32_t)(code->entries - code->entries_start);
}
// Set the counter.
static inline void t1_count_entries_from(Code *code, uint32_t start) {
    code->entries_before = t1_code_entries(code);
    code->entries = code->entries_start = start;
}

static inline Code *t1_code_of(const Value *constants) { return (Code *)(uintptr_t)constants[-1]; }
static inline Code *t1_closure_code(Value closure) { return value_closure(closure)->code; }
static inline CallSite *t1_constant_site(const Value *constants, uint32_t i) {
    return (CallSite *)(uintptr_t)constants[i];
}
static inline Code *t1_constant_code(const Value *constants, uint32_t i) {
    return (Code *)(uintptr_t)constants[i];
}
// First word of the instruction at pc (word index): what it was before NATIVE or a JMP replaced it.
uint32_t t1_code_word(const Code *code, uint32_t pc);
// Number of words of the instruction at pc (word index), also when a JMP has replaced a guarded
// one.
uint32_t t1_code_length_at(const Code *code, uint32_t pc);
// The clause that runs in a frame: that of the closure's clauses whose words hold pc.
Code *t1_clause_of(Value closure, const uint32_t *pc);

// Where the jump backwards at pc (word index) goes.
uint32_t t1_loop_target(const Code *code, uint32_t pc);
// The code that the instruction at pc makes a closure of, or whose closure is its constant; NULL:
// none.
Code *t1_code_mentioned(const Code *code, uint32_t pc);

// The site of the instruction at pc (word index); NULL when it has none.
const Site *t1_code_site(const Code *code, uint32_t pc);
// The site of the call that comes just before the return address pc.
const Site *t1_code_site_before(const Code *code, uint32_t pc);
// Name for backtraces: symbol or #f. The interpreter's own frames have none.
Value t1_code_name(VM *vm, const Code *code);
// Where its lambda expression stands; 0: unknown.
Position t1_code_position(const Code *code);

// The primitive of the instruction at pc failed: VALUE_FAILURE comes back, vm->condition is as if
// the primitive had been called with its own arguments in their order. Without a failure: the
// primitive's value.
Value t1_site_call(VM *vm, const Code *code, const uint32_t *pc, const Value *base);

// ---- compile.c

// Compile a lowered top-level lambda and all procedures in it. The Code (Lambda.code of each clause
// is set), or NULL with vm->condition set: too deeply nested, or too large. Linear in the number of
// nodes.
[[nodiscard]] Code *t1_compile(VM *vm, Lambda *top);

// ---- verify.c: nothing unless KILN_DEBUG

void t1_verify(VM *vm, const Code *code);

// ---- disasm.c

enum {
    DISASM_NESTED = 1,    // also the procedures written within it
    DISASM_POSITIONS = 2, // line and column of instructions that have a site
    DISASM_FEEDBACK = 4,  // what call sites, loops and entries have counted
};
// Text of a procedure's code, all clauses: a string.
Value t1_disassemble(VM *vm, const Code *code, unsigned flags);

// ---- uses.c

// What a closure's code refers to (vm/uses.h).
void t1_uses(struct Uses *uses, Value closure);

// ---- compile_prim.c

// Has the primitive instructions of its own?
bool t1_has_instruction(const Primitive *p);

// ---- watch.c

// Register all guards of a code with their cells.
void t1_watch(VM *vm, Code *code);
// The value of a cell has changed for good: all guarded sites that depend on it become jumps to
// their stubs, and native code that relies on it is removed. For cells with watchers; cheap when
// called again.
void t1_watch_invalidate(VM *vm, Cell *cell);
// Native code relies on the cell's value: t1_native_invalidated(vm, data) when that has changed.
// `data` as given to t1_native_install; the watch ends with its life.
void t1_watch_native(VM *vm, Cell *cell, void *data);

#endif
