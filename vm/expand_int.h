// The expander's inside: what the files that hold core forms share.
//
// Duty: the Expander (state of one expansion), forms, errors, the driver's functions.
//
// Conventions: a function that answers Node * answers NULL after a failure, with vm->condition set;
// bool functions answer false. The datum of a form is any object a program can make (eval): its
// spine is checked before it is walked.
#ifndef KILN_VM_EXPAND_INT_H
#define KILN_VM_EXPAND_INT_H

#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/list.h"
#include "vm/expand.h"
#include "vm/language.h"
#include "vm/library.h"

typedef struct Expander {
    VM *vm;
    Language *language;
    SourceMap *map;           // positions of the text being expanded; NULL: none
    Environment *environment; // top level it is expanded for: definitions go there
    Position position;        // of the innermost form whose position is known
    // A library's body: what has been expanded but not run. A procedural macro makes it run.
    struct PendingForms *pending;
    struct Cache *cache; // a form of the program being run: cache.h. NULL: any other
} Expander;

typedef enum FormKind {
    FORM_EXPRESSION,
    FORM_BEGIN,
    FORM_INCLUDE,
    FORM_COND_EXPAND,
    FORM_DEFINE, // from here on: only at top level and in bodies
    FORM_DEFINE_VALUES,
    FORM_DEFINE_RECORD,
    FORM_DEFINE_SYNTAX,
    FORM_IMPORT, // from here on: only at top level
    FORM_DEFINE_LIBRARY,
    FORM_AUXILIARY, // means something inside other forms alone
} FormKind;

typedef struct Form {
    const CoreForm *core; // what its head means; NULL: a call or no list at all
    Value datum;          // after expansion of macros at its head
    Position position;
} Form;

typedef Node *FormHandler(Expander *x, const Form *form, Scope *scope);

struct CoreForm { // a row of core_forms.def
    const char *name;
    FormKind kind;
    FormHandler *handler; // as an expression; NULL: it is none
    const char *library;  // where it is documented
    const char *usage;
};
extern const CoreForm vm_core_forms[];
extern const int vm_core_form_count;

// Handlers that other files recognise a core form by.
FormHandler vm_form_quote, vm_form_begin, vm_form_lambda, vm_form_named_lambda, vm_form_case_lambda,
    vm_form_if, vm_form_set, vm_form_let, vm_form_let_star, vm_form_letrec, vm_form_let_values,
    vm_form_let_star_values, vm_form_do, vm_form_cond, vm_form_case, vm_form_and, vm_form_or,
    vm_form_when, vm_form_unless, vm_form_guard, vm_form_delay, vm_form_delay_force,
    vm_form_let_syntax, vm_form_letrec_syntax, vm_form_with_fallback, vm_form_syntax_error,
    vm_form_quasiquote, vm_form_include, vm_form_cond_expand, vm_form_fn, vm_form_thread_first,
    vm_form_thread_last, vm_form_auxiliary;

// ---- errors

// WHO: bad syntax: expected USAGE, at the form.
Node *vm_bad_syntax(Expander *x, const Form *form);
// WHO: bad syntax: MESSAGE IRRITANT …, at the car of `pair` (any other value: at the form).
[[gnu::format(printf, 5, 6)]] Node *vm_bad_part(Expander *x, const Form *form, Value pair,
                                                Value irritants, const char *format, ...);
// WHO: MESSAGE IRRITANT …
[[gnu::format(printf, 5, 6)]] Node *vm_form_error(Expander *x, const Form *form, Position position,
                                                  Value irritants, const char *format, ...);
// Head of a form as a symbol, #f when it has none.
Value vm_form_name(const Form *form);
// Where the car of a pair stands, the innermost position known otherwise.
Position vm_position_car(const Expander *x, Value pair);
Position vm_position_pair(const Expander *x, Value pair);
// An identifier or a library's name as a user wrote it, for messages; collector's memory.
const char *vm_name_text(VM *vm, Value name);
// "file:line:column" for messages that name two places; collector's memory.
const char *vm_position_text(VM *vm, Position position);

// ---- the driver (expand.c)

Node *vm_expand_datum(Expander *x, Value datum, Position position, Scope *scope);
Node *vm_expand_car(Expander *x, Value pair, Scope *scope);
// Expressions of a proper list as a sequence, at least one.
Node *vm_expand_sequence(Expander *x, const Form *form, Value list, Scope *scope);
// Expand macros at the head of a form until it is something else.
[[nodiscard]] bool vm_classify(Expander *x, Value datum, Position position, Scope *scope,
                               Form *out);
Node *vm_expand_classified(Expander *x, const Form *form, Scope *scope);
// Does an identifier denote the core form of that name? An identifier that nothing binds counts by
// its name.
bool vm_is_keyword(Expander *x, Scope *scope, Value datum, const char *name);
// Forms of a top-level or body form that splices: begin, include, cond-expand. VALUE_FAILURE.
Value vm_spliced_forms(Expander *x, const Form *form, Scope *scope);
// The value an expression without one delivers.
Value vm_missing_value(const Expander *x);
// What a constant's text means: aliases become their symbols. Shares what it can; keeps cycles.
Value vm_strip(VM *vm, Value datum);
// Run core code now.
Value vm_run_node(VM *vm, Node *node);
[[nodiscard]] bool vm_poll(Expander *x);

// ---- bodies and definitions (body.c, definition.c)

// Body of a lambda or let: definitions and expressions. `scope` is the scope of the parameters.
Node *vm_expand_body(Expander *x, const Form *form, Value body, Scope *scope);

typedef struct Definition {
    Form form;
    Value *names; // identifiers, in order
    uint32_t count;
    Value name_pair;     // pair whose car holds the (first) name, for positions
    Value expression;    // pair whose car is the value's expression; '(): see procedure
    Value parameters;    // pair whose car is the parameter list of a procedure definition
    Value body;          // its body
    Value documentation; // string or VALUE_NONE
    struct RecordShape *record;
} Definition;
// Read a define, define-values or define-record-type form.
[[nodiscard]] bool vm_parse_definition(Expander *x, const Form *form, Scope *scope,
                                       Definition *out);
// Value of a definition of one name (define, defn).
Node *vm_definition_value(Expander *x, const Definition *d, Scope *scope);
// define-values: the call that gives each variable its value; set(i, node) makes the node that
// stores it.
typedef Node *StoreFn(Expander *x, void *context, uint32_t i, Node *value);
Node *vm_definition_values(Expander *x, const Definition *d, Scope *scope, StoreFn *store,
                           void *context);
// define-record-type at top level: its procedures keep their type when the type's name gets another
// value. So the type is made now, if it has no parent; else *type makes it, and the definitions are
// put inside of a Let of the variable that vm_definition_record_var answers.
[[nodiscard]] bool vm_definition_record_type(Expander *x, const Definition *d, Scope *scope,
                                             Node **type);
Var *vm_definition_record_var(const Definition *d);
// define-record-type: value of the i-th name.
Node *vm_definition_record_value(Expander *x, const Definition *d, uint32_t i, Scope *scope);
void vm_definition_record_note(Expander *x, const Definition *d, Binding *type);
// A define-syntax or defmacro form: bind its name in a scope (an environment's or a body's).
[[nodiscard]] bool vm_define_syntax(Expander *x, const Form *form, Scope *scope);
// The macro or keyword that a transformer expression gives, copied into *out.
[[nodiscard]] bool vm_transformer(Expander *x, const Form *form, Value pair, Value name,
                                  Scope *scope, Binding *out);
// Define a global variable in x->environment.
Binding *vm_define_global(Expander *x, const Form *form, Value identifier, Position position);
// A top-level form, not run: core. Splices are flattened.
Node *vm_expand_toplevel(Expander *x, Value datum, Position position);

// ---- parameters and patterns (parameters.c)

typedef struct Steps { // bindings one inside of the other
    VM *vm;
    Var **var;
    Node **init;
    uint32_t count, capacity;
} Steps;
void vm_steps_add(Steps *steps, Var *var, Node *init);
// Wrap a body into them.
Node *vm_steps_wrap(Steps *steps, Node *body, Position position);

// One clause of a procedure. wide: the parameter lists of SX.
Lambda *vm_expand_procedure(Expander *x, const Form *form, Value parameters_pair, Value body,
                            Scope *scope, Value name, bool wide);
// Bind the identifiers of a pattern in `scope`, whose value `source` holds.
[[nodiscard]] bool vm_bind_pattern(Expander *x, const Form *form, Value pattern, Position position,
                                   Var *source, Scope *scope, Steps *steps);
bool vm_is_pattern(Value datum);
Node *vm_prim_call(Expander *x, const Primitive *prim, uint32_t count, Node **args);

// ---- macros

[[nodiscard]] bool vm_expand_macro(Expander *x, Macro *macro, Value datum, Scope *scope,
                                   Value *out);
// syntax_rules.c: compile (syntax-rules …); NULL with the condition set.
SyntaxRules *vm_syntax_rules_new(Expander *x, const Form *form, Scope *scope);
Value vm_syntax_rules_expand(Expander *x, const Macro *macro, Value datum, Scope *scope);

// ---- conditional inclusion (include.c)

// Does a feature requirement hold? -1: failure.
int vm_feature_holds(Expander *x, const Form *form, Value pair);
// Forms of the first clause of a cond-expand that holds: a list; VALUE_FAILURE.
Value vm_cond_expand_forms(Expander *x, const Form *form);
Value vm_include_forms(Expander *x, const Form *form);

// Arrays of pointers for `count` things; never NULL.
#define NEW_ARRAY(x, Type, n) ((Type *)rt_raw_new((x)->vm, ((n) ? (size_t)(n) : 1) * sizeof(Type)))

#endif
