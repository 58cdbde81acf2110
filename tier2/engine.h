// The engine: LLVM's session, from a graph to machine code in memory and back.
//
// Duty: the only file, with lower*.c, that knows LLVM. One ORC session a process, which lives until
// the process ends. Code is made by whichever thread asks, one at a time; freeing it may happen on
// another thread meanwhile.
//
//   Graph ──lower──> module ──passes──> ──target machine──> object ──JITLink──> code + descriptors
//
// Quick code has no passes, and comes from a target machine that selects instructions and allocates
// registers block by block.
//
// An artifact is one function's machine code with everything of it that is no collector's memory:
// exit descriptors, the tracker that frees it. The Values that it refers to are kept alive by
// whoever owns the artifact (native_data.h).
#ifndef KILN_TIER2_ENGINE_H
#define KILN_TIER2_ENGINE_H

#include "tier2/ir.h"
#include "tier2/tier2.h"

// Memory that is freed at once: chunks linked together.
typedef struct T2Chunk T2Chunk;

typedef struct T2Artifact {
    char *symbol;      // the function's name in its object, unique: "name file:line #n"
    const char *label; // for perf, points into symbol's block: "name file:line [t2]"
    void *owner;       // ExitDescriptor.function of its exits
    T2Chunk *memory;   // descriptors and their parts
    ExitDescriptor *descriptors;
    uint32_t descriptor_count;
    void *tracker; // LLVMOrcResourceTrackerRef
    Native *entry;
    bool quick;          // hardly optimized by LLVM; counts:
    uint64_t left;       // calls and turns until t2_policy_is_hot is called
    uint32_t code_bytes; // of machine code
    uint32_t bytes;      // taken from the system: code in whole pages, descriptors
} T2Artifact;

// Open the session. False: it cannot work; *why is a malloc'ed text. Once done it stays.
bool t2_engine_start(char **why);

// A new artifact without code for a function called `name` that stands at `place`. Program's
// thread.
T2Artifact *t2_artifact_new(const char *name, const char *place, void *owner);
// Machine code of a graph. NONE, or why not; the artifact is to be freed either way. Reads of the
// collector's heap only what never changes. Any thread.
Bailout t2_artifact_make(T2Artifact *a, const Graph *graph);
// Free code and descriptors. Nothing may run in it any more.
void t2_artifact_free(T2Artifact *a);
// Zeroed memory that lives as long as the artifact, aligned to 16.
void *t2_artifact_allocate(T2Artifact *a, size_t bytes);

// LLVM's form after its passes, or assembler text: malloc'ed. NULL: *failure says why.
char *t2_engine_text(T2Artifact *a, const Graph *graph, T2Text kind, Bailout *failure);

#endif
