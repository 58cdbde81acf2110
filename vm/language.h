// What the language part of a VM keeps: environments, bindings, macros, libraries.
//
// Duty: the structures behind vm->language and the types TYPE_ENVIRONMENT, TYPE_MACRO and
// TYPE_ALIAS; looking names up. Expansion itself is in expand_int.h, libraries in library.h.
//
//   Environment ──scope──> Scope {outer NULL, table: identifier -> Binding}
//                            ^ outer
//   body of a lambda ─────> Scope {table} <── Alias.scope, Macro.scope
//
// Invariants:
//   - A Binding is the identity of a meaning: two identifiers mean the same exactly when they lead
//   to the same
//     Binding (or, where an interactive environment copied an import, to copies of the same). So
//     imports share the exporter's Binding, whatever they call it.
//   - An entry of an environment's table is imported exactly when its Binding's home is another
//   environment.
//   - A key is a symbol or an alias. An alias that is a key somewhere carries ALIAS_BOUND; others
//   are not searched for.
#ifndef KILN_VM_LANGUAGE_H
#define KILN_VM_LANGUAGE_H

#include "runtime/source.h"
#include "runtime/state.h"
#include "vm/core.h"

typedef struct Scope Scope;
typedef struct Environment Environment;
typedef struct Library Library;
typedef struct CoreForm CoreForm;
typedef struct SyntaxRules SyntaxRules;

// ---- identifiers

// An identifier that a macro expansion inserted.
typedef struct Alias { // TYPE_ALIAS
    Value base;        // the identifier it stands for: a symbol or an alias
    Scope *scope;      // where the macro was defined: what base means when nothing binds the alias
} Alias;
enum { ALIAS_BOUND = 1 }; // header flag: it is a key of some scope

static inline bool value_is_alias(Value v) { return value_has_type(v, TYPE_ALIAS); }
static inline Alias *value_alias(Value v) { return (Alias *)value_object(v); }
static inline bool value_is_identifier(Value v) { return value_is_symbol(v) || value_is_alias(v); }
Value vm_alias_new(VM *vm, Value base, Scope *scope);
// The symbol an identifier was written as.
Value vm_identifier_symbol(Value identifier);

// ---- bindings

typedef enum BindingKind {
    BINDING_LAZY,   // own name of a library whose body has not been instantiated
    BINDING_LOCAL,  // variable of a lambda, let or body
    BINDING_GLOBAL, // variable with a cell
    BINDING_FORM,   // core form or auxiliary keyword
    BINDING_MACRO,
} BindingKind;

typedef struct Binding {
    BindingKind kind;
    bool defined;             // GLOBAL: its definition has been met; false: only referred to so far
    bool assigned;            // GLOBAL: some code of its environment assigns it or defines it again
    bool ready;               // LOCAL: has its value whenever the code now being expanded runs
    bool assigned_local;      // LOCAL: set! was met
    Position position;        // of the definition, 0: unknown
    Environment *home;        // where it is defined; NULL: a local one
    struct Binding *original; // not NULL: a copy that an interactive environment made of an import
    union {
        Var *var;
        Value cell;
        const CoreForm *form;
        Value macro;
    };
    Value record_fields; // variable of a record type: vector of all its fields' names; VALUE_NONE:
                         // not known
} Binding;

// Identifiers to anything, in order of insertion. Zeroed memory is an empty table.
typedef struct IdentifierEntry {
    Value key;
    void *item;
    Position position; // where it was bound or imported
} IdentifierEntry;
typedef struct IdentifierTable {
    IdentifierEntry *entry; // [capacity]
    uint32_t *index;        // entry number + 1, 0: free; NULL while small
    uint32_t count, capacity, mask;
} IdentifierTable;

// The pointer is valid until the next insertion. NULL: not there.
IdentifierEntry *vm_table_find(const IdentifierTable *table, Value key);
// Insert, or find the entry that exists.
IdentifierEntry *vm_table_add(VM *vm, IdentifierTable *table, Value key);
void vm_table_reserve(VM *vm, IdentifierTable *table, uint32_t count);

// A built-in library that another one imports as it is. Copies of its names would be marked at each
// collection, some hundreds in each of some twenty libraries: most of what a fresh VM holds.
typedef struct WholeImport {
    const Library *library;
    Position position; // of the import
    struct WholeImport *next;
} WholeImport;

struct Scope {
    Scope *outer; // NULL: the scope of an environment
    Environment *environment;
    Library *fallback;     // its exports bind what nothing else does; NULL: none
    IdentifierTable table; // of Binding *
    WholeImport *whole;    // their exports belong to the table; NULL: none
};

Scope *vm_scope_new(VM *vm, Scope *outer);
// What is bound in that very scope, NULL: nothing; *position (may be NULL): where it was bound or
// imported.
Binding *vm_scope_find(const Scope *scope, Value identifier, Position *position);
// Bind in that very scope. NULL when the identifier is bound in it already (nothing changes).
Binding *vm_scope_bind(VM *vm, Scope *scope, Value identifier, Position position);
Binding *vm_scope_bind_var(VM *vm, Scope *scope, Value identifier, Position position);

// ---- environments

typedef enum EnvironmentKind {
    ENVIRONMENT_INTERACTIVE,
    ENVIRONMENT_PROGRAM,
    ENVIRONMENT_LIBRARY,
} EnvironmentKind;

struct Environment { // TYPE_ENVIRONMENT
    Scope *scope;
    Library *library; // LIBRARY: which one, else NULL
    EnvironmentKind kind;
    bool sx; // has imported the additions of SX: its forms have their wider syntax, missing values
             // are nil
    bool fixed; // eval's (environment …): nothing can be defined in it
};

static inline bool value_is_environment(Value v) { return value_has_type(v, TYPE_ENVIRONMENT); }
static inline Environment *value_environment(Value v) { return (Environment *)value_object(v); }
Environment *vm_environment_new(VM *vm, EnvironmentKind kind);

// What an identifier means, seen from a scope.
typedef struct Denotation {
    Binding *binding;         // NULL: nothing binds it
    Environment *environment; // the environment whose table was met last, or that does not bind it;
                              // NULL: local
    Value key;                // the key there
} Denotation;
// Never instantiates a library, so the binding may be LAZY.
Denotation vm_lookup(Scope *scope, Value identifier);
// The same with LAZY bindings resolved. False: the library failed, condition set.
[[nodiscard]] bool vm_resolve(VM *vm, Scope *scope, Value identifier, Denotation *out);
// free-identifier=?
bool vm_same_meaning(Scope *scope_a, Value a, Scope *scope_b, Value b);

// The binding of a variable about to be referred to (denotation of kind GLOBAL or unbound): makes
// the place-holder or the copy that its environment needs. Answers a binding of kind GLOBAL.
Binding *vm_variable_reference(VM *vm, Denotation d);
// A cell for a global variable.
Value vm_cell_new(VM *vm, Value name, const Environment *home);

// ---- macros

typedef struct Macro {  // TYPE_MACRO
    SyntaxRules *rules; // NULL: procedural
    Value procedure;    // transformer of a procedural one
    Scope *scope;       // of its definition
    Value name;         // symbol
} Macro;
static inline bool value_is_macro(Value v) { return value_has_type(v, TYPE_MACRO); }
static inline Macro *value_macro(Value v) { return (Macro *)value_object(v); }

// ---- the whole

// Primitives that expansions call: field and row name.
#define LANGUAGE_PRIMITIVES(X)                                                                     \
    X(cons, "cons")                                                                                \
    X(append, "append")                                                                            \
    X(list, "list")                                                                                \
    X(list_to_vector, "list->vector")                                                              \
    X(is_eq, "eq?")                                                                                \
    X(is_eqv, "eqv?")                                                                              \
    X(memv, "memv")                                                                                \
    X(car, "car")                                                                                  \
    X(cdr, "cdr")                                                                                  \
    X(vector_ref, "vector-ref")                                                                    \
    X(call_with_values, "call-with-values")                                                        \
    X(make_promise, "%make-promise")                                                               \
    X(dict, "dict")                                                                                \
    X(record_type, "%make-record-type")                                                            \
    X(record, "%record")                                                                           \
    X(is_record, "%record?")                                                                       \
    X(record_ref, "%record-ref")                                                                   \
    X(record_set, "%record-set!")                                                                  \
    X(wrong_type, "%wrong-type")                                                                   \
    X(error, "error")                                                                              \
    X(pattern_list, "%pattern-list")                                                               \
    X(pattern_vector, "%pattern-vector")                                                           \
    X(pattern_dict, "%pattern-dict")

typedef struct Language {
    Environment *core;         // all core forms; constants nil, true, false
    Library *core_library;     // (kiln core)
    Library *primitives;       // (kiln primitives)
    IdentifierTable libraries; // symbol of the written name -> Library *
    Value loading;             // list of names of libraries being loaded, innermost first
    Value interaction;         // environment of (interaction-environment); VALUE_NONE: none yet
    Value folder;        // string: folder of the running program, searched for libraries; #f: none
    uint64_t expansions; // macro uses expanded, for tools
    uint64_t aliases;    // made so far
    uint64_t aliases_before; // and when the outermost form under way began: none since, none in it
    uint32_t forms_under_way;
    struct Cache *cache; // of the program being run: cache.h. NULL: none
    uint64_t meanings;   // how often the program has given names other meanings than its text tells
    struct {
#define X(field, name) const Primitive *field;
        LANGUAGE_PRIMITIVES(X)
#undef X
    } prim;
    struct { // symbols that are looked for by name
        Value underscore, optional, key, rest, other_keys, keys, else_keyword;
    } symbol;
} Language;

#endif
