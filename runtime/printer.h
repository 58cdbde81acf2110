// The printer: data to text.
//
// Duty: display, write, write-shared and write-simple of R7RS for every type of object, and short
// forms for messages.
//
// Invariants: what `write` prints of symbols, keywords, numbers, strings, characters, booleans,
// pairs, vectors, bytevectors and dictionaries of such reads back (in SX mode) as an equal datum.
// Depth is bounded by memory alone (own stack); cycles are found in linear time.
#ifndef KILN_RUNTIME_PRINTER_H
#define KILN_RUNTIME_PRINTER_H

#include "runtime/port.h"

typedef enum WriteMode {
    WRITE_DISPLAY, // strings and characters as they are; labels for cycles
    WRITE_WRITE,   // as the reader reads it; labels for cycles alone
    WRITE_SHARED,  // labels for everything that occurs more than once
    WRITE_SIMPLE,  // no labels: does not end on cycles (but fails when memory is short)
} WriteMode;

// Write an object to an open textual output port. The caller settles the port. False: the port
// failed or memory is short.
[[nodiscard]] bool rt_write(VM *vm, Value object, Value port, WriteMode mode);

// The same as a string, or VALUE_FAILURE.
Value rt_write_to_string(VM *vm, Value object, WriteMode mode);

// As `write`; *readable: there is nothing in it that has no syntax, like a procedure. VALUE_FALSE
// when the text would have more than `most` bytes: that of a small object with much that is shared
// can be of any length.
Value rt_write_readable(VM *vm, Value object, size_t most, bool *readable);

// As `write`, cut after max_chars characters with "…"; never fails and never takes long, whatever
// the object. For messages.
Value rt_write_limited(VM *vm, Value object, size_t max_chars);

#endif
