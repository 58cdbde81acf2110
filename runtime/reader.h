// The reader: text to data, with positions.
//
// Duty: the lexical syntax and data of R7RS 7.1 and, in SX mode, keywords and dictionaries;
// positions of every pair; errors that name the place and what was expected.
//
// Invariants: an own stack on the heap stands for nesting, so depth is bounded by memory alone.
// Time is linear in the text. `nil`, `true` and `false` are symbols here: the expander gives them
// their meaning.
#ifndef KILN_RUNTIME_READER_H
#define KILN_RUNTIME_READER_H

#include "runtime/port.h"
#include "runtime/source.h"

typedef enum ReadMode {
    READ_SCHEME, // R7RS to the letter
    READ_SX,     // and :keyword, {key value …}
} ReadMode;

// A reader in progress on a port; lives on the C stack or in scanned memory. Set the fields of the
// first group after rt_reader_init when the default will not do.
typedef struct Reader {
    uint32_t source; // number of the source (source.h); 0: run-time data, and errors name the port
                     // and the place in their message
    SourceMap *map;  // positions of the pairs read; NULL: none
    bool literals;   // strings and vectors are constants, as those in program text are

    // Results beside the datum.
    bool incomplete;   // the failure is that the input ended inside of a datum: more text may
                       // complete it
    Position position; // where the datum that was read begins; 0 without a source

    // Private.
    ReadMode mode;
    Value port;
    struct ReadFrame *frames; // what is open, innermost last; scanned memory
    size_t depth, capacity;
    Value *items; // elements of open vectors, bytevectors and dictionaries; scanned memory
    size_t item_count, item_capacity;
    Value labels;         // table from label numbers to boxes of their data; VALUE_NONE: none yet
    Value fixups;         // list of (object . place), where a box stands for datum not yet read
    uint32_t open_labels; // labels whose datum is being read
    uint32_t ticks;       // data read since the memory limit was last looked at
} Reader;

// Prepare to read data from an open textual input port.
void rt_reader_init(VM *vm, Reader *reader, Value port, ReadMode mode);

// The next datum; VALUE_EOF at the end of the input; VALUE_FAILURE with a read-error (or an
// encoding-error or io-error of the port). After a read-error the rest of the port's text is in no
// defined place of the datum.
Value rt_read(VM *vm, Reader *reader);

// Read all data of a text (for the host, tests): list of them, or VALUE_FAILURE.
Value rt_read_all(VM *vm, Reader *reader);

#endif
