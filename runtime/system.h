// The process: command line, environment, time, features, memory figures.
//
// Duty: R7RS's (scheme process-context) and (scheme time) as far as C does them, and what tools
// written in SX ask of the system.
#ifndef KILN_RUNTIME_SYSTEM_H
#define KILN_RUNTIME_SYSTEM_H

#include "runtime/state.h"

// Set what (command-line) answers: copies of the strings.
void rt_system_set_command_line(VM *vm, int argc, const char *const *argv);

// The feature identifiers of cond-expand and (features): NULL-terminated.
extern const char *const rt_features[];

// Nanoseconds of a clock that never goes back, since some fixed moment.
uint64_t rt_monotonic_ns(void);

// Process exit status that (exit v) or (emergency-exit v) means: #t and nil 0, integers as they are
// (255 when they do not fit), anything else 1.
int rt_exit_status(Value v);

#endif
