// What the parts of the policy share: policy.c (when), policy_names.c (what), report.c (insight).
// tier2.h has what the compiler knows of it.
#ifndef KILN_TIER2_POLICY_H
#define KILN_TIER2_POLICY_H

#include "tier2/tier2.h"
#include "vm/tier.h"

// Counts since the VM began or jit-reset!.
typedef struct T2Counts {
    uint64_t compilations; // begun
    uint64_t again;        // of them: after code was dropped because of its exits
    uint64_t optimized;    // of them: of what has quick code
    uint64_t installed, failed, dropped, invalidated, evicted;
    uint64_t exits[EXIT_REASON_COUNT];
    uint64_t on_purpose; // exits that a test setting made
    uint64_t failures[BAILOUT_COUNT];
    uint64_t nanoseconds;        // of compilations, on either thread
    uint64_t held, held_longest; // of the program's thread alone: together, at once
} T2Counts;
extern T2Counts t2_counts;

extern const char *const t2_bailout_text[BAILOUT_COUNT];

// ---- policy.c

void t2_policy_start(VM *vm);
void t2_policy_stop(VM *vm);
bool t2_policy_active(void);
// The compiler if it was opened already; NULL: not yet.
const T2Compiler *t2_policy_compiler(void);
// Open it. False: there is none.
bool t2_policy_open(VM *vm);
T2Function *t2_policy_function(VM *vm, Code *code);
T2Version *t2_policy_version(VM *vm, T2Function *function, uint32_t at);
// Calls fn for each function that has a record.
void t2_policy_each(void (*fn)(T2Function *function, void *context), void *context);
// Take the code of all versions out of use for which `which` holds; running activations leave it.
void t2_policy_drop_all(VM *vm, bool (*which)(const T2Version *version, void *context),
                        void *context);
// What failed may be tried again.
void t2_policy_retry(T2Version *version);
void t2_policy_reset(VM *vm);
uint32_t t2_counter_left(const Code *code, uint32_t at); // until it is hot

// ---- policy_names.c: names of functions, lists of them

enum { T2_NAME_SIZE = 256 };
// "fib", or its position if it has no name.
void t2_name(VM *vm, const Code *code, char text[static T2_NAME_SIZE]);
// "prog.sx:3:5"; "?" when unknown.
void t2_position(VM *vm, Position position, char text[static T2_NAME_SIZE]);
// Does a name or position fit one of a comma-separated list of names and beginnings*?
bool t2_names_match(VM *vm, const Code *code, const char *list);
// The list that jit-exclude! makes.
bool t2_excluded(VM *vm, const Code *code);
void t2_exclude_name(const char *name, bool exclude);
const char *t2_exclusion(size_t i); // NULL past the last
void t2_exclusions_clear(void);

#endif
