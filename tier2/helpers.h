// C functions that compiled code calls.
#ifndef KILN_TIER2_HELPERS_H
#define KILN_TIER2_HELPERS_H

#include "tier2/tier2.h"

// Interrupts wait: installs what has been compiled, if that is it. False: there is more, the loop
// is left for tier 1.
bool t2_help_poll(VM *vm);

// Quick code with these data has counted to its end. False: it has been replaced.
bool t2_help_hot(VM *vm, const T2NativeHead *data);

// Tests (KILN_CAPTURE_AT): at every nth entry of a native function, all native frames are to be
// unwound. True: this one goes by t1_native_overflow.
bool t2_help_capture(VM *vm);

// t1_native_apply, but that calls of most primitives need no activation of tier 1.
Native t2_help_apply;

#endif
