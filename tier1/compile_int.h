// Inside of the compiler: from lowered core to Code.
//
// Duty: what the files compile*.c share. One walk over each procedure's body emits its words; there
// is no IR in between.
//
//   compile.c          the procedures of a form, one after the other; where variables are
//   compile_emit.c     words, labels, constants, sites, registers
//   compile_expr.c     nodes: destination-driven code generation
//   compile_call.c     calls, jumps of loops, closures
//   compile_prim.c     primitives as instructions, tests, calls in place, guards and their stubs
//   compile_prims.def  which primitives have instructions of their own
//
// Destinations (Dybvig, Hieb, Butler, "Destination-Driven Code Generation", 1990): whoever asks for
// a node's code says where the value is to go (nowhere, a register, the caller, one of two labels)
// and where control goes then. So an `if` in a test becomes jumps, not a value; nested ifs jump to
// their outermost end.
//
// Registers: variables and temporaries are a stack, `top` is the next free one. Variables never
// change but for the parameters of loops, and these change only at jumps, when nothing else is
// being evaluated. So a variable is used as an operand where it is, without a copy. This rests on
// one rule that all of the generator keeps:
//   a destination register is written by the last instruction of each path, after all reads.
// So a destination may be a register that a subexpression uses as a temporary or variable.
//
// Virtual registers 0..251 are operands of instructions; v >= 252 stands for register v + 4 and is
// loaded to and stored from one of R[252..255].
#ifndef KILN_TIER1_COMPILE_INT_H
#define KILN_TIER1_COMPILE_INT_H

#include "runtime/fail.h"
#include "runtime/heap.h"
#include "tier1/code.h"
#include "tier1/frame.h"
#include "vm/core.h"
#include "vm/tier.h"

#ifndef KILN_LOW_REGISTERS
#define KILN_LOW_REGISTERS 252 // fewer: tests of what few programs need
#endif

enum {
    LOW_REGISTERS = KILN_LOW_REGISTERS, // virtual registers that are operands
    HIGH_OFFSET = 256 - LOW_REGISTERS,  // real registers above 255 less virtual ones
    SCRATCH = 252,                      // R[252..255]
    REGISTERS_MAX = 32767,
    WINDOW_MAX = REGISTERS_MAX / 2, // no call window reaches above: see gen_call_by_list
    NO_LABEL = 0,
};

typedef uint32_t LabelId; // index in Compiler.labels; 0: none

enum { KEPT_CONSTANTS = 8, KEPT_VARIABLES = 16 };

// ---- variables

typedef enum PlaceKind {
    PLACE_REGISTER,
    PLACE_FREE,
    PLACE_SELF,
    PLACE_FIXED,
    PLACE_LABEL
} PlaceKind;

// The test that a loop begins with: a comparison of numbers whose operands stand in registers, or
// of which the second is a global variable that is loaded just before. A jump back to the loop then
// may take a shortcut (opcodes.def). In Place.test, of the loop's variable.
typedef struct LoopTest {
    Op op;
    uint32_t a, bx;
    uint32_t pc;
    LabelId label;  // where it jumps to
    uint32_t limit; // constant of the cell that is loaded into operand bx; SHORTCUT_NO_CELL: none
    Cell *cell[2];  // guards
} LoopTest;
enum { SHORTCUT_NO_CELL = UINT32_MAX };

// Where a variable is in the procedure being compiled (kind, index), and what is known of it
// everywhere. In Var.mark.
typedef struct Place {
    PlaceKind kind;
    uint32_t index; // virtual register; free value; LABEL: virtual register of the first parameter
    Value fixed;    // FIXED: the closure it always is
    Lambda *known;  // first clause of the lambda it is bound to, or NULL
    LabelId label;  // LABEL
    LoopTest *test; // LABEL: NULL: it does not begin with one, or is not compiled yet
    uint32_t free_index; // of a FREE one that is kept in a register for now
    Var *var;
    struct Place *next; // of all that were made
} Place;

// ---- one procedure clause

typedef enum DestKind { DEST_EFFECT, DEST_REGISTER, DEST_RETURN, DEST_TEST } DestKind;
typedef enum Fall { FALL_NONE, FALL_TRUE, FALL_FALSE } Fall;

typedef struct Dest {
    DestKind kind;
    uint32_t reg;    // REGISTER
    LabelId next;    // EFFECT, REGISTER: where to go then; NO_LABEL: on
    LabelId yes, no; // TEST
    Fall fall;       // TEST: which of the two is bound next
} Dest;

typedef struct Label {
    uint32_t position; // LABEL_OPEN until it is bound
    uint32_t fixups;   // last of the chain, index + 1
} Label;
enum { LABEL_OPEN = UINT32_MAX };

typedef struct Fixup {
    uint32_t
        word; // that holds the distance: a J24 in an instruction's first word, else an extension
    uint32_t after; // what it is relative to
    uint32_t next;  // of the same label, index + 1
    bool j24;
} Fixup;

// An argument of a primitive: in a virtual register, or a constant.
typedef struct Operand {
    uint32_t reg;
    Value constant; // VALUE_NONE: in a register
} Operand;

enum { STUB_OPERANDS = 8 };

// The generic call that a guarded primitive, or a call done in place, turns into.
typedef struct Stub {
    Node *node; // PRIM or CALL
    Cell *cell; // that is guarded, whose value is called; NULL: no guard, `callee` is called
    Value callee;
    LabelId label; // of its first word
    Dest dest;
    uint32_t pc;     // of the fast path
    uint32_t back;   // where the fast path ends (EFFECT, REGISTER)
    uint32_t window; // virtual register, above everything live
    bool placed;     // the arguments are in the window already
    Node *negation;  // (not node): a guarded call of `not` around it, whose value goes to dest;
                     // NULL: none
    Operand operand[STUB_OPERANDS];
    bool skipped; // a shortcut of a loop: no call, what follows it does the same
} Stub;

typedef struct Compiler {
    VM *vm;
    bool failed;       // vm->condition is set
    Lambda *procedure; // clause being compiled
    Code *code;
    Place *places; // all that were made
    Lambda **work; // first clauses still to compile
    size_t work_count, work_room;

    // The procedure being compiled; buffers are kept from one to the next.
    uint32_t top, high; // next free virtual register; registers used so far (real ones)
    uint32_t *words;
    size_t word_count, word_room;
    size_t last_bound; // position of the label bound last
    size_t last_jmp;   // position of the last JMP, SIZE_MAX: none
    Site *sites;
    size_t site_count, site_room;
    Value *constants;
    size_t constant_count, constant_room;
    uint32_t *constant_index; // hash table of index + 1, stamped
    uint32_t *constant_stamp;
    size_t constant_mask;
    uint32_t stamp;
    Label *labels;
    size_t label_count, label_room;
    Fixup *fixups;
    size_t fixup_count, fixup_room;
    Stub *stubs;
    size_t stub_count, stub_room;
    Guard *guards;
    size_t guard_count, guard_room;
    Place *head; // of the loop whose first instruction comes next, at word head_pc
    uint32_t head_pc;
    // Flonums that stand in registers during the outermost loop around.
    bool in_loop;
    uint32_t by_list;     // first of the registers of gen_call_by_list
    bool in_call_by_list; // they are in use
    int64_t scan_budget;  // nodes of the procedure that may still be looked at for it
    uint32_t kept_count;
    struct {
        Value constant;
        uint32_t reg;
    } kept[KEPT_CONSTANTS];
} Compiler;

// ---- compile.c

void t1_too_large(Compiler *c, const char *what);
// The place of a variable; made when it has none.
Place *t1_place(Compiler *c, Var *var);
static inline Place *place_of(const Var *var) { return var->mark; }
// The Code of a lambda's first clause, to be compiled later if need be.
Code *t1_code_for(Compiler *c, Lambda *first);
// Must a closure of `first` hold this free variable of it?
bool t1_is_captured(const Lambda *first, const Var *var);
// Number of free values that its closures hold.
uint32_t t1_capture_count(const Lambda *first);
// A closure without free values.
Value t1_fixed_closure(Compiler *c, Lambda *first);
// The clause that takes exactly that many arguments without more ado, or NULL.
Lambda *t1_exact_clause(Lambda *first, uint32_t argc);

// ---- compile_emit.c

void t1_begin_function(Compiler *c);
uint32_t t1_constant(Compiler *c, Value v);     // index
uint32_t t1_constant_new(Compiler *c, Value v); // the same, never shared
LabelId t1_label(Compiler *c);
void t1_bind(Compiler *c, LabelId label);
static inline bool label_is_bound(const Compiler *c, LabelId l) {
    return c->labels[l].position != LABEL_OPEN;
}
void t1_word(Compiler *c, uint32_t word);
// The word just emitted, or the last but `back`, is a distance to a label; the instruction ends
// `rest` words after it.
void t1_distance(Compiler *c, LabelId label, uint32_t rest);
void t1_jump(Compiler *c, LabelId label); // JMP
void t1_loop(Compiler *c, LabelId label); // LOOP, the label is bound
void t1_site(Compiler *c, Position position, int primitive, uint32_t form, uint32_t skip);

// Registers
uint32_t
t1_registers(Compiler *c,
             uint32_t count); // the first of `count` that are consecutive, also as real ones
static inline uint32_t real_register(uint32_t v) { return v < LOW_REGISTERS ? v : v + HIGH_OFFSET; }
// A register's number as an operand, loaded into scratch register `slot` if it is high.
uint32_t t1_use(Compiler *c, uint32_t v, uint32_t slot);
// A register's number as the destination of the next instruction; store it afterwards if it is
// high.
static inline uint32_t def_register(uint32_t v) { return v < LOW_REGISTERS ? v : SCRATCH; }
void t1_store_high(Compiler *c, uint32_t v);
void t1_move(Compiler *c, uint32_t to, uint32_t from);
void t1_load_constant(Compiler *c, uint32_t to, Value v);

// ---- compile_expr.c

void t1_gen(Compiler *c, Node *node, Dest dest);
// Evaluate into a register that is read soon: a variable's own, or a temporary.
uint32_t t1_operand(Compiler *c, Node *node);
// The register that a constant is kept in during a loop, or NULL.
const uint32_t *t1_kept(const Compiler *c, Value constant);
void t1_gen_into(Compiler *c, Node *node, uint32_t reg);
// Where a value that is computed by one instruction goes: the destination's register or a
// temporary.
uint32_t t1_target(Compiler *c, Dest dest);
// The value is in a register: bring it to where it is wanted.
void t1_deliver(Compiler *c, Dest dest, uint32_t reg);
void t1_deliver_constant(Compiler *c, Dest dest, Value v);
void t1_go_on(Compiler *c, Dest dest);
// Emit a test whose two senses are two opcodes; a, b, c are fields, x2 a second extension word
// (with has_x2).
typedef struct Test {
    Op yes, no;
    uint32_t a, bx;
    bool has_x2;
    uint32_t x2;
} Test;
void t1_emit_test(Compiler *c, Dest dest, Test test);
// A DEST_TEST with a register's truth.
void t1_test_register(Compiler *c, Dest dest, uint32_t reg);
static inline Dest dest_register(uint32_t reg) { return (Dest){.kind = DEST_REGISTER, .reg = reg}; }
static inline Dest dest_effect(void) { return (Dest){.kind = DEST_EFFECT}; }
static inline Dest dest_test(LabelId yes, LabelId no, Fall fall) {
    return (Dest){.kind = DEST_TEST, .yes = yes, .no = no, .fall = fall};
}
// The register or free value of a variable as a value in a register.
uint32_t t1_variable(Compiler *c, Var *var);
// What is surely in a global variable, or VALUE_NONE.
Value t1_global_constant(const Node *node);

// ---- compile_call.c

void t1_gen_call(Compiler *c, Node *node, Dest dest);
// A call of what a guarded primitive's cell holds, or of a control primitive.
void t1_gen_prim_call(Compiler *c, Node *node, Dest dest);
void t1_gen_lambda(Compiler *c, Lambda *first, Dest dest);
void t1_gen_let(Compiler *c, Node *node, Dest dest);
void t1_gen_fix(Compiler *c, Node *node, Dest dest);
// A window for `count` arguments at the top; top is then its first argument.
uint32_t t1_window(Compiler *c, uint32_t count);
// Is there room for one?
bool t1_window_fits(const Compiler *c, uint32_t count);
typedef enum CallKind {
    CALL_ANY,
    CALL_OF_GLOBAL,
    CALL_OF_KNOWN,
    CALL_OF_FIXED,
    CALL_OF_SELF
} CallKind;
// The call itself; the window is filled. `site` as CallSite; the position has been given to the
// call by this function.
void t1_emit_call(Compiler *c, CallKind kind, uint32_t window, uint32_t argc, CallSite *site,
                  Position position, Dest dest);
CallSite *t1_call_site(Compiler *c, Cell *cell, Code *code, Position operator_position);

// ---- compile_prim.c

void t1_gen_prim(Compiler *c, Node *node, Dest dest);
// A call of a record's accessor, predicate or constructor, done in place; false: it is none.
bool t1_gen_call_in_place(Compiler *c, Node *node, Dest dest);
// Find out whether a procedure, about to be compiled, is such a one: Code.in_place.
void t1_note_in_place(Code *code, const Lambda *l);
// An `if` that a fused instruction does; false: none.
bool t1_gen_record_if(Compiler *c, Node *node, Dest dest);
void t1_emit_stubs(Compiler *c);
// (+ x n) or (- x n): one instruction of one word, when x is in a register and a flonum n too.
typedef struct Step {
    Var *var;
    Value constant; // n, fixnum or flonum
    bool subtracts;
    int32_t addend; // fixnum: n or -n
    Cell *cell;     // guard, or NULL
} Step;
bool t1_is_step(const Node *node, Step *step);
// The shortcut that begins at word pc is not to be taken when one of the cells is written.
void t1_guard_shortcut(Compiler *c, uint32_t pc, Cell *const *cells, uint32_t count);

#endif
