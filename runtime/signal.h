// Signals that a program catches: they are remembered until it asks.
//
// Duty: (kiln process)'s catch-signals! and its kin. The handler sets a bit and nothing else.
// http-next! gives up early while a caught signal has not been asked for, so that a loop around it
// sees it; other waits go on. The bits are the process's: one program at a time.
#ifndef KILN_RUNTIME_SIGNAL_H
#define KILN_RUNTIME_SIGNAL_H

#include "runtime/state.h"

// Has a signal been caught that the program has not asked for?
bool rt_signals_pending(void);
// What was before the program caught signals is in force again.
void rt_signals_destroy(VM *vm);

#endif
