// Signals that a program catches: they are remembered until it asks.
//
// Duty: (kiln process)'s catch-signals! and its kin. The handler sets a bit and nothing else. What
// waits for events of the world (http-next!, process-wait) gives up early while a caught signal has
// not been asked for, so that a loop around it sees it. One program a process may do so: the bits
// are the process's.
#ifndef KILN_RUNTIME_SIGNAL_H
#define KILN_RUNTIME_SIGNAL_H

#include "runtime/state.h"

// Has a signal been caught that the program has not asked for?
bool rt_signals_pending(void);
// What was before the program caught signals is in force again.
void rt_signals_destroy(VM *vm);

#endif
