// Tier 2 as the composition root sees it.
#ifndef KILN_TIER2_POLICY_TIER_H
#define KILN_TIER2_POLICY_TIER_H

// Register tier 2 as the best tier, and its control (vm/tier.h). After tier 1.
void t2_register(void);

#endif
