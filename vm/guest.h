// Guest languages: what they add to a program that links them.
//
// Duty: the registry of guests. A guest is SX code with texts of its own, embedded in the program:
// libraries, which are built-in libraries like those of vm/libraries.def, and texts that its front
// end reads. For files of its extension `kiln run` calls a procedure of one of its libraries, and
// so does a command of its own (vm/command.h). vm/ names no guest; the composition root registers
// what guests/guests.c lists.
#ifndef KILN_VM_GUEST_H
#define KILN_VM_GUEST_H

#include "runtime/source.h"
#include "runtime/state.h"
#include "vm/command.h"

typedef struct GuestText {
    const char *name; // of a library: "(kiln smalltalk)"; of a text: what the guest asks for
    const char *path; // what positions in it are shown as
    const unsigned char *text; // NUL-terminated UTF-8
} GuestText;

typedef struct GuestFile {
    const char *extension; // with its dot
    const char *library;
    const char *procedure; // called with the path of the file, a string
    const char *doc;       // one line for `kiln help run`
    // Called by `kiln test` with the path and a procedure (run-test name thunk describe); NULL:
    // files of that kind hold no tests.
    const char *test_library, *test_procedure;
} GuestFile;

typedef struct Guests { // arrays end with a row of NULL
    const GuestText *libraries;
    const GuestText *texts;
    const GuestFile *files;
    const Command *commands;
} Guests;

// At start-up only; the structure stays the caller's.
void vm_guests_register(const Guests *guests);
// A library of a guest; NULL when there is none of that name.
const GuestText *vm_guest_library(const char *name);
// Who runs a file of that path; NULL: nobody, it is SX or Scheme.
const GuestFile *vm_guest_of_file(const char *path);
// The i-th kind of file that some guest runs; NULL past the last.
const GuestFile *vm_guest_file_at(int i);
// Run it. Value, or VALUE_FAILURE with the condition set.
Value vm_guest_run(VM *vm, const GuestFile *guest, const char *path);
// The i-th command of guests; NULL past the last.
const Command *vm_guest_command_at(int i);

// "(kiln smalltalk)" as a list of symbols.
Value vm_guest_library_name(VM *vm, const char *text);
// Positions as the object that %set-position! and %located-form take.
Value vm_positions_object(VM *vm, SourceMap *map);

// Evaluate a form in a program of its own that imports the libraries, a NULL-terminated array of
// names as users write them. Value, or VALUE_FAILURE with the condition set.
Value vm_eval_importing(VM *vm, const char *const *libraries, Value form);

#endif
