// Deadlines of primitives that wait.
#ifndef KILN_RUNTIME_WAIT_H
#define KILN_RUNTIME_WAIT_H

#include "runtime/state.h"

enum { LONGEST_POLL = 200 }; // milliseconds between looks at interrupts

// The time (rt_monotonic_ns) `seconds` from now; nil: none, UINT64_MAX. False with the condition.
bool rt_deadline(VM *vm, int argument, Value seconds, uint64_t *end);
// Milliseconds to poll for: until the deadline, but not long.
int rt_deadline_poll(uint64_t end, int longest);
// What to poll for a listener of (kiln socket); -1: v is none that is open.
int rt_listener_descriptor(Value v);

#endif
