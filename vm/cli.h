// The command line: kiln run, -e, repl, dump, help, version, and commands written in SX
// (command.h).
//
// Duty: argument parsing, exit statuses (0; 1 for an error in the program; 2 for wrong usage; the
// program's own with exit), messages. The texts are in help.c.
#ifndef KILN_VM_CLI_H
#define KILN_VM_CLI_H

#include "vm/kiln.h"

// The program; argv as main receives it. Exit status. Tiers are registered before.
int vm_main(int argc, char **argv);

// help.c: print the text of a topic (NULL: the overview); false when there is none.
bool vm_help(const char *topic);
// Names of the topics, NULL-terminated.
extern const char *const vm_help_topics[];

// repl.c: read, evaluate, print until the end of the input or (exit). Exit status.
int vm_repl(Kiln *k);

// Print the report of the last failure on standard error.
void vm_print_failure(Kiln *k);

#endif
