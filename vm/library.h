// Libraries: define-library, import sets, built-in libraries, library files.
//
// Duty: finding a library by name, knowing what it exports, running its body once. A library goes
// through these states:
//
//   NEW ──open: imports, exports──> OPEN ──run the body──> READY
//
// Opening reads declarations alone. The body of a built-in library runs when the expander first
// meets one of its bindings (they are LAZY until then): most programs use few of them. Bodies of
// other libraries have effects that users expect at the import, so they run there.
#ifndef KILN_VM_LIBRARY_H
#define KILN_VM_LIBRARY_H

#include "vm/language.h"

typedef enum LibraryState {
    LIBRARY_NEW,
    LIBRARY_OPENING, // to find cycles
    LIBRARY_OPEN,
    LIBRARY_RUNNING,
    LIBRARY_READY,
    LIBRARY_FAILED, // built-in ones alone; others are forgotten and looked for again
} LibraryState;

struct Library {
    Value name; // list
    Value key;  // symbol: the name as written
    LibraryState state;
    const char *text; // source of a built-in one, else NULL
    // Until it is open:
    Value import_declarations; // list of (declaration . position value)
    Value export_specs;        // list of (internal name, external name, position value)
    SourceMap *map;            // positions in them and in the body
    Position position;         // of its define-library
    Environment *environment;
    IdentifierTable exports; // external name -> Binding *
    IdentifierTable
        template_symbols;    // names that its macros insert: what uses of the macros may assign
    Value body;              // list of (begin or include declaration . position value)
    struct ImportedLibrary { // in order
        Library *library;
        struct ImportedLibrary *next;
    } *imports;
    Value failure; // condition of a FAILED one
};

// The library of that name with its exports known; NULL with the condition set. `position`: who
// asks.
Library *vm_library_open(VM *vm, Value name, Position position);
// Run its body and those of what it imports, unless that has been done.
[[nodiscard]] bool vm_library_instantiate(VM *vm, Library *library);
// Make a LAZY binding known. While its library's body runs, an undefined name of it becomes a
// variable.
[[nodiscard]] bool vm_library_force(VM *vm, Binding *binding);
// Carry out (import set …) or (define-library …) in an environment.
[[nodiscard]] bool vm_import(VM *vm, Environment *into, Value form, SourceMap *map,
                             Position position);
[[nodiscard]] bool vm_define_library(VM *vm, Value form, SourceMap *map, Position position);
// Is there such a library? For cond-expand. False also on failure to look; never fails.
bool vm_library_exists(VM *vm, Value name);
// The library of that name if it has been met or is built in, not opened; NULL: no file is looked
// for.
Library *vm_library_known(VM *vm, Value name);
// (kiln core), (kiln primitives) and the table of built-in ones.
void vm_libraries_init(VM *vm);

// environment.c: see there.
Binding *vm_environment_copy_import(VM *vm, Environment *environment, Value key, Binding *imported);

// A variable that a built-in library exports, for expansions that call it: a Global node; NULL with
// the condition set.
Node *vm_library_variable(VM *vm, Value library, const char *name, Position position);

#endif
