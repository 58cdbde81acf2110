// The expander: data to core IR, with hygiene; libraries.
//
// Duty: environments, macros, core forms, define-library and import. Hygiene by aliases: an
// identifier that a macro inserts is a fresh TYPE_ALIAS object that remembers the identifier it
// stands for and the environment of the macro's definition; it binds like any other identifier, and
// where nothing binds it, it means what it meant there.
#ifndef KILN_VM_EXPAND_H
#define KILN_VM_EXPAND_H

#include "vm/core.h"

// Environments of top-level code. TYPE_ENVIRONMENT objects.
//   interactive  the REPL, -e, scripts without imports: an imported name may be defined or assigned
//   anew; the new
//                meaning holds at once for all code of this environment, and for no library's
//   program      a program that begins with import; imported names are constants
//   library      the inside of a define-library
Value vm_environment_new_interactive(
    VM *vm, bool sx);                     // sx: everything of (kiln sx) and R7RS; else all of R7RS
Value vm_environment_new_program(VM *vm); // nothing but import and define-library bound

// Evaluate one top-level form in an environment: import, define-library, definitions, begin (form
// by form) and expressions. map gives positions (may be NULL). Value, or VALUE_FAILURE with
// vm->condition set.
Value vm_eval_form(VM *vm, Value form, Value environment, SourceMap *map);
// The same when it is known where the form stands: a symbol or another atom is in no map.
Value vm_eval_form_at(VM *vm, Value form, Value environment, SourceMap *map, Position position);
// The same for a form of the program that is run with a cache (cache.h).
struct Cache;
Value vm_eval_form_cached(VM *vm, Value form, Value environment, SourceMap *map, Position position,
                          struct Cache *cache);

// Expand a form that is an expression or definition, without running it: core, or NULL with
// vm->condition set.
Node *vm_expand(VM *vm, Value form, Value environment, SourceMap *map);

// A form with what is known of its positions, as one object: vm_expand and eval take it for the
// form.
Value vm_located_form(VM *vm, Value form, SourceMap *map);

// The library of that name (a list), loaded if need be: an environment object, or VALUE_FAILURE
// with the condition set. Looked for among those defined, the built-in ones, then as files
// NAME/PART.sld and .sx in the library path: the folder of the running program, then KILN_PATH
// (colon-separated).
Value vm_library(VM *vm, Value name);

// The folder of the running program, where libraries are looked for first; NULL: the present one.
void vm_library_set_folder(VM *vm, const char *folder);
// The same, to the folder of the program in the file `path`.
void vm_library_set_program(VM *vm, const char *path);

// The cell of a variable in an environment; VALUE_NONE when it has none. The value may be
// VALUE_UNBOUND.
Value vm_environment_cell(VM *vm, Value environment, Value symbol);
// Names of all variables and keywords visible in it: a list of symbols, unordered.
Value vm_environment_names(VM *vm, Value environment);

// Core forms are one table (core_forms.def); built-in libraries one table (libraries.def).
bool vm_language_init(VM *vm);

#endif
