// The disk cache of compiled programs: what `kiln run FILE` keeps from one run to the next.
//
// Duty: which forms of a program need not be expanded and compiled again, and running them.
//
// A program's entry has a row for each top-level form: where it is in the text, and either the
// steps it was compiled to (image.h) or nothing. In a later run, of the same text, a form with
// steps is run from them; any other is read, expanded and run as ever. So macros, imports, record
// types and libraries are always there, made the usual way, and everything that is not certain is
// simply left to the expander:
//
//   - definitions of macros and record types, imports, define-library, include; forms whose
//     expansion called a procedural macro or asked whether a library exists; forms with constants
//     that have no text (dictionaries, procedures): no steps are kept.
//   - The steps of a form say which variables they use and what the compiler knew of each: unbound,
//     this primitive, an accessor of field 2, a constant. Where one of them is different now, the
//     form is expanded.
//   - The text of libraries and included files, and the answers to (library NAME) in cond-expand,
//     are noted when they are met; a form's steps are for what had been noted before it. When one
//     of them is different now, all that follows is expanded, and kept anew.
//   - Once the program itself (eval, load) has defined a name in its environment, nothing more is
//     taken from the entry or put into it: names may mean anything now.
//
// An entry belongs to a path, build and mode. It is written when the last form is about to run, or
// at the end. A damaged one is as good as none.
#ifndef KILN_VM_CACHE_H
#define KILN_VM_CACHE_H

#include "runtime/source.h"
#include "vm/core.h"

typedef struct Cache Cache;
typedef struct Expander Expander;

// The cache for running that file; NULL: it is to be run without.
Cache *vm_cache_open(VM *vm, const char *path, bool scheme);
// Run the program, as vm_run_port does.
Value vm_cache_run(Cache *cache);

// ---- for the expander. Expander.cache is set for forms of the program itself.

// The form being expanded cannot be kept.
void vm_cache_doubt(Expander *x);
// Its expansion runs a procedure.
void vm_cache_procedural(Expander *x);
// A name is about to be given a new kind of meaning in x->environment.
void vm_cache_meaning(Expander *x);
// A global variable of the program is defined.
void vm_cache_define(Expander *x, Value identifier, Position position);
// A text outside of the program's file is about to be read, or has been: both are to be said.
void vm_cache_file(VM *vm, const char *path);
// It was asked whether a library exists.
void vm_cache_library(VM *vm, Value name, bool exists);
// Run code that a form was expanded to. `whole`: it is all of the form's.
Value vm_cache_step(Cache *cache, Node *node, bool whole);

#endif
