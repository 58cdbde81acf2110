// Inside of the engine: what lowering gives it and gets of it.
#ifndef KILN_TIER2_ENGINE_INT_H
#define KILN_TIER2_ENGINE_INT_H

#include "tier2/engine.h"
#include <llvm-c/Core.h>

// A function or datum outside of the module, which the session knows by this name from now on. The
// same name means the same address for as long as the process lives.
void t2_engine_define(const char *name, const void *address);

// Put the function of a graph into an empty module; fills in the artifact's descriptors. NONE, or
// why it cannot be done.
Bailout t2_lower(T2Artifact *a, const Graph *graph, LLVMModuleRef module);

#endif
