// Commands written in SX: `kiln NAME ARG…` calls a procedure of a library.
//
// Duty: the table of such commands. The VM's own are the rows of vm/commands.def, those of guests
// are rows of guests/commands.def and come with the other tables of guests (vm/guest.h). What the
// command line does in C (run, repl, …) is in vm/cli.c and takes precedence.
//
// The procedure is called with the list of arguments, strings, by run-command of (kiln command),
// which makes usage errors messages and the result an exit status.
#ifndef KILN_VM_COMMAND_H
#define KILN_VM_COMMAND_H

#include "vm/kiln.h"

typedef struct Command {
    const char *name;          // "serve"
    const char *library;       // "(kiln content serve)"
    const char *procedure;     // of the library, "serve-command"
    const char *doc;           // one line for `kiln help`
    const unsigned char *text; // for `kiln help NAME` and `kiln NAME --help`; ends with a newline
} Command;

// NULL when there is none of that name.
const Command *vm_command_find(const char *name);
// The i-th command, those of the VM first; NULL past the last.
const Command *vm_command_at(int i);
// Call it with a NULL-terminated array of arguments. *status is its exit status when KILN_OK.
KilnStatus vm_command_run(Kiln *k, const Command *command, const char *const *arguments,
                          int *status);

// For the tables: COMMAND(name, library, procedure, doc) text COMMAND_END.
#define COMMAND(name, library, procedure, doc)                                                     \
    {                                                                                              \
        name, library, procedure, doc, (const unsigned char[]) {
#define COMMAND_END                                                                                \
    , 0                                                                                            \
    }                                                                                              \
    }                                                                                              \
    ,

#endif
