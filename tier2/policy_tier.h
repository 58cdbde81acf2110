// Tier 2 as the composition root sees it.
#ifndef KILN_TIER2_POLICY_TIER_H
#define KILN_TIER2_POLICY_TIER_H

#include <stdbool.h>

// Register tier 2 as the best tier, and its control (vm/tier.h). After tier 1. `leaves`: the
// process calls t2_process_ends (tier2.h) when it exits; else the end of a VM waits for what is
// being compiled.
void t2_tier_register(bool leaves);

#endif
