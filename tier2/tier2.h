// Tier 2's parts and how they meet.
//
//   in the executable (no LLVM)                         in kiln-tier2.so
//   ┌────────────────────────────────────┐              ┌─────────────────────────────────────┐
//   │ policy.c   when, what, how often   │  T2Compiler  │ compile.c  build, hand over, install│
//   │ report.c   statistics, explain     │─────────────>│ build*.c   bytecode -> Graph        │
//   │ load.c     opens the shared object │ t2_policy_*  │ passes*    Graph -> Graph           │
//   │            at the first hot        │<─────────────│ engine.c   Graph -> code            │
//   │            function                │              │ cache.c    the code there is        │
//   └────────────────────────────────────┘              └─────────────────────────────────────┘
//
// Duty: the records both sides share (a function, a version of its code), the compiler's interface
// (T2Compiler) and what it tells the policy in return.
//
// A version is a function's code from one entry: its beginning or the header of one loop. Its
// record is there from the first request on and outlives the code that is made for it again and
// again.
//
//   COLD ──hot──> WAITING ──> INSTALLED ──exits, facts, eviction, rest──> COLD (counts on)
//                    └──────> FAILED (reason)
//
// Code is made quickly first, with hardly any of LLVM's work, at a fifth of the cost; what goes on
// being hot is made thoroughly while the quick code runs, and takes its place.
//
// Owner: policy.c. Everything here belongs to the program's thread; the compiler's thread sees none
// of it.
#ifndef KILN_TIER2_TIER2_H
#define KILN_TIER2_TIER2_H

#include "tier1/native.h"

typedef enum Bailout { // why code is not compiled
    BAILOUT_NONE,
#define BAILOUT(id, text, retry) BAILOUT_##id,
#include "tier2/bailouts.def"
#undef BAILOUT
    BAILOUT_COUNT
} Bailout;

typedef enum T2State {
    T2_COLD,      // tier 1 counts
    T2_WAITING,   // being compiled
    T2_INSTALLED, // runs
    T2_FAILED,    // see reason; tried no more
} T2State;

typedef struct T2Version T2Version;
typedef struct T2Function T2Function;

// Collector's memory, on the list of its function; policy.c keeps those that are WAITING alive.
struct T2Version {
    T2Function *function;
    T2Version *next;
    uint32_t osr_pc; // UINT32_MAX: from the beginning; else word index of the LOOP
    uint8_t state;   // T2State
    uint8_t reason;  // Bailout of the last attempt that failed
    uint8_t round;   // how often its code was dropped because of exits
    bool quick;      // INSTALLED: its code was made quickly, and counts until it is made thoroughly
    bool thorough;   // code was made thoroughly once: so it will be again
    bool wanted;     // on the policy's list of those that are to be made thoroughly
    void *upgrade;   // INSTALLED, quick: the engine's data of what is to replace it; NULL: nothing
    T2Version *next_wanted;
    Native *native; // INSTALLED: the entry
    void *data;     // INSTALLED: the engine's (T2Native), what must live as long as the code runs
    T2Version *next_waiting;

    uint32_t compilations;
    uint8_t attempts;     // that failed for a reason that may pass
    uint8_t evictions;    // of its code
    uint8_t rests;        // from being unwound too often
    uint32_t entered;     // of loops: how often tier 1 came in
    uint64_t calls;       // of loops: of the function, when it was compiled in place of the loop
    uint32_t bytes;       // of machine code, as of the last compilation
    uint32_t bytecodes;   // instructions read, of inlined functions as well
    uint32_t inlined;     // calls
    uint64_t exits;       // of the code that is installed
    uint64_t exits_all;   // of all code it ever had
    uint64_t nanoseconds; // of all compilations together, on either thread
    uint64_t since;       // clock when `exits` was 0
    uint64_t unwound;     // frames of the code that is installed: by captures and raises, weighed
    uint64_t unwound_since;
};

// How the engine's data of some code begins. ExitDescriptor.function points at it.
typedef struct T2NativeHead {
    T2Version *version;
} T2NativeHead;

// All that is known of one clause of a procedure (Code). Collector's memory, held by Code.record.
struct T2Function {
    Code *code;
    T2Version *versions;
    bool excluded; // itself, by jit-exclude! with a procedure
};

typedef enum T2Text { T2_TEXT_IR, T2_TEXT_LLVM, T2_TEXT_ASM } T2Text;

#define T2_LAYOUT                                                                                  \
    ((uint64_t)sizeof(T2Compiler) << 48 ^ (uint64_t)sizeof(VM) << 32 ^                             \
     (uint64_t)offsetof(VM, exit_countdown) << 16 ^ sizeof(T2Version) << 8 ^ sizeof(Code))

// What the shared object offers: the one symbol that load.c looks up, t2_compiler.
typedef struct T2Compiler {
    uint64_t layout; // T2_LAYOUT: what was made with other structures is not used
    // Once, by any thread: make LLVM ready. False: it cannot work (the reason, malloc'ed, in *why).
    bool (*open)(char **why);
    // Before the first request of a VM; again for the same VM: nothing.
    void (*start)(VM *vm);
    // The VM ends: drop all code.
    void (*stop)(VM *vm);
    // Wait for what is being compiled and end the thread: LLVM must not run while the process
    // exits.
    void (*quit)(void);
    // Is code being compiled? (What was begun for a VM that has ended is still finished.)
    bool (*busy)(void);
    // Code of the version that rests or was evicted, and is still there, is installed as it is.
    bool (*wake)(VM *vm, T2Version *version);
    // Build the graph of a version, hand it over to be optimized and compiled. NONE: the outcome
    // comes through t2_policy_installed or t2_policy_failed, before this returns when `wait` is
    // true, else out of `poll`. Of a version that is installed, its quick code goes on running
    // until then.
    Bailout (*compile)(VM *vm, T2Version *version, bool quick, bool wait);
    // Quick code is to call t2_policy_is_hot after so many calls and turns more.
    void (*count)(VM *vm, T2Version *version, uint64_t left);
    // Install what has been compiled since. Called when INTERRUPT_TIER is taken.
    void (*poll)(VM *vm);
    // Wait until nothing is being compiled, and install it.
    void (*drain)(VM *vm);
    // The code of an installed version is not to be entered again; the policy has removed it from
    // where it was entered. Its memory is freed when nothing runs in it.
    void (*drop)(VM *vm, T2Version *version);
    // The same, but the code may be asked for again (`wake`) while its memory is not needed.
    void (*rest)(VM *vm, T2Version *version);
    // Bytes of machine code and descriptors there are; the least used versions are dropped
    // (t2_policy_evicted) while they are more than `budget`.
    size_t (*bytes)(VM *vm);
    // Text of what would be made of a version now: a string; or VALUE_FAILURE and *reason.
    Value (*text)(VM *vm, T2Version *version, T2Text kind, Bailout *reason);
} T2Compiler;

// ---- load.c

// Begin to open the compiler, in the background. True: that is done, t2_load answers at once.
bool t2_load_begin(void);
// The compiler, started for the VM; NULL: there is none, t2_load_failure tells why.
const T2Compiler *t2_load(VM *vm);
const char *t2_load_failure(void); // NULL: none so far
// It is not to be opened, unless it has been.
void t2_load_refuse(const char *why);
// The process, which is Kiln's own, is about to exit. While something is being compiled, which
// cannot be stopped, it does so here instead of waiting: output is flushed, handlers of atexit are
// not run.
void t2_process_ends(int status);
// Wait until it is open or known to be missing.
void t2_load_wait(void);
// After the end of a VM: nothing of LLVM's runs any more, so the process may exit. Not needed where
// t2_process_ends comes.
void t2_load_quit(void);

// ---- what the compiler tells the policy (policy.c), on the program's thread

// Code is ready and its facts still hold: makes it enterable. `data` lives in the collector's heap.
void t2_policy_installed(VM *vm, T2Version *version, Native *native, void *data, bool quick,
                         uint32_t bytes, uint64_t nanoseconds);
void t2_policy_failed(VM *vm, T2Version *version, Bailout reason, uint64_t nanoseconds);
// A fact it relied on has changed, or it was the least used one beyond the budget. Takes it away
// from where it is entered; the compiler drops it by itself.
void t2_policy_invalidated(VM *vm, T2Version *version);
void t2_policy_evicted(VM *vm, T2Version *version);
// Quick code has counted to its end. False: other code has taken its place, which loops had better
// go to. Does nothing that may collect.
bool t2_policy_is_hot(VM *vm, T2Version *version, const void *data);
// Asks for thorough code of one of those that have; after `poll`.
void t2_policy_upgrade(VM *vm);
// What the compiler has taken of the program's thread at once, but for requests: nanoseconds.
void t2_policy_held(uint64_t nanoseconds);

// ---- what the compiler asks the policy

// Settings (KILN_JIT_*, KILN_EXIT_*), read once a VM.
typedef struct T2Settings {
    uint32_t entries, loops; // thresholds; 0: never
    uint32_t exits;          // of one site until its code is made again
    uint64_t optimize;       // calls and turns of quick code until it is made thoroughly; 0: none
                             // is quick
    uint64_t stop_after;     // compilations
    uint64_t budget;         // bytes
    bool wait;               // KILN_JIT_SYNC
    // Tests: guards that fail on purpose. Code has to count then: each guard, before its own test,
    // decrements vm->exit_countdown and fails when that makes it 0.
    bool chaos;
} T2Settings;
extern T2Settings t2_settings;

// Ought the builder to leave a site without speculation of that kind, because it has failed too
// often? To be asked in place of t1_exit_count.
bool t2_site_is_generic(const Code *code, uint32_t pc, ExitReason reason);
// May a function be compiled or inlined? NONE: yes.
Bailout t2_policy_forbids(VM *vm, Code *code);

#endif
