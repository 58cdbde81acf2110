// Tier 1: compiles core to bytecode and interprets it.
//
// Duty: the tier's entry into vm/tier.h. The folder's other headers are for the tier above, which
// shares code and frames.
#ifndef KILN_TIER1_TIER1_H
#define KILN_TIER1_TIER1_H

#include "vm/tier.h"

extern const Tier t1_tier;

#endif
