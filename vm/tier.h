// Tiers: how vm/ runs code without naming who runs it.
//
// Duty: the hook structure each tier fills in. The CEK is the tier that is always there. The
// executable's composition root registers the others and picks one by --mode.
#ifndef KILN_VM_TIER_H
#define KILN_VM_TIER_H

#include "runtime/state.h"

typedef struct Lambda Lambda; // core.h
struct Uses;                  // uses.h

typedef struct Tier {
    const char *name; // "cek", "tier1", "tier2"
    // Run a top-level lambda without parameters. Result, or VALUE_FAILURE with vm->condition set:
    // an unhandled condition, or, when vm->exit_status is not VALUE_NONE, a call of exit.
    Value (*run)(VM *vm, Lambda *top);
    // Apply a procedure from C: a nested evaluation, a barrier to continuations. Same results. Both
    // of them begin with rt_dynamic_isolate and put vm->dynamic back.
    Value (*apply)(VM *vm, Value procedure, int argc, const Value *argv);
    // Where a closure was defined and its name, for tools: the Lambda of a closure this tier made.
    Lambda *(*closure_lambda)(Value closure);
    // Text of what the tier makes of a top-level lambda, which it consumes: a string, or
    // VALUE_FAILURE. NULL: it runs core as it is.
    Value (*dump)(VM *vm, Lambda *top);
    // Text of the code of a closure that this tier made, as it is by now: a string. NULL: see dump.
    Value (*listing)(VM *vm, Value closure);
    // What its code, and that of the procedures written within it, refers to.
    void (*uses)(struct Uses *uses, Value closure);
    // How the tier carries out a primitive: "instruction", "call", "control"; NULL: it does not
    // have it. NULL itself: it calls the C functions of all rows, and has all control operations.
    const char *(*carries_out)(const Primitive *p);
    // How its code is kept in files; NULL: it is not.
    const struct TierImage *image;
    // A VM begins and ends to run with this tier. NULL: nothing to do.
    void (*start)(VM *vm);
    void (*stop)(VM *vm);
} Tier;

extern const Tier vm_tier_cek;

// What a tier tells a better one: code that is entered, or goes round a loop, for the given time.
// Set by the better tier when it is registered; without one nothing is hot.
typedef struct HotHook {
    uint32_t entries, loops; // how often; 0: never
    // code: of the tier that counts (tier1: Code); at: word index of the loop's jump, UINT32_MAX
    // for an entry. It runs on the program's stack between two instructions and must not run SX
    // code. It sets the counter anew. Answers, for a loop, code that is to be entered now (tier1: a
    // Native); NULL: none.
    void *(*hot)(VM *vm, void *code, uint32_t at);
} HotHook;
extern HotHook vm_hot_hook;

// Control of a tier that compiles what is hot, and insight into it: behind the primitives of jit.c,
// the library (kiln sx jit) and kiln dump. Registered with the tier; it answers whichever tier
// runs.
typedef enum JitText { JIT_TEXT_IR, JIT_TEXT_LLVM, JIT_TEXT_ASM } JitText;
typedef struct JitControl {
    // Names and numbers in turn: a list of symbols and values.
    Value (*stats)(VM *vm);
    // What is known of each function that has become hot, as long as it lives: a list of vectors
    // #(name position entry state reason compilations bytes bytecodes inlined exits milliseconds).
    Value (*report)(VM *vm);
    // What became of a closure and why: a list of strings, a line each.
    Value (*explain)(VM *vm, Value closure);
    // Never compile (false: compile again) a closure, or whatever has a name or position, a string,
    // which may end in *. Code that is compiled is dropped.
    void (*exclude)(VM *vm, Value what, bool exclude);
    Value (*exclusions)(VM *vm); // list of strings
    void (*reset)(VM *vm);       // drop all code, forget all counts
    void (*wait)(VM *vm);        // until nothing is being compiled any more
    // For kiln dump: remember all code that is run from now on; then the text of what is made of
    // the function of that name or position, a string, or VALUE_FAILURE.
    void (*remember)(VM *vm);
    Value (*text)(VM *vm, const char *function, JitText what);
} JitControl;
extern const JitControl *vm_jit_control; // NULL: no such tier is linked

// Name of a closure, a symbol or #f: the printer's hook.
Value vm_closure_name(VM *vm, Value closure);

// Add a tier; each one registered is better than those before. At start-up only.
void vm_tier_register(const Tier *tier);
// The tier of that name (NULL: that which KILN_JIT names, or else the best); NULL when there is
// none.
const Tier *vm_tier_find(const char *name);
// Tier number i, from the oracle up; NULL past the last.
const Tier *vm_tier_at(int i);

#endif
