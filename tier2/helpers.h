// C functions that compiled code calls.
#ifndef KILN_TIER2_HELPERS_H
#define KILN_TIER2_HELPERS_H

#include "tier1/native.h"

// Interrupts wait: installs what has been compiled, if that is it. False: there is more, the loop
// is left for tier 1.
bool t2_help_poll(VM *vm);

#endif
