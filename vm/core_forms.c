// Core forms that are expressions: one handler each. The table is core_forms.def.
//
// Handlers check the form's shape, expand the parts from left to right and build core. The order in
// which parts are expanded is the order in which they run: Binding.ready depends on it.
#include "runtime/string.h"
#include "runtime/symbol.h"
#include "runtime/vector.h"
#include "vm/cache.h"
#include "vm/expand_int.h"

#define FORM_TEXT(library) #library
#define FORM(library, name, kind, handler, usage)                                                  \
    {name, FORM_##kind, handler, FORM_TEXT(library), usage},
const CoreForm vm_core_forms[] = {
#include "vm/core_forms.def"
};
#undef FORM
const int vm_core_form_count = sizeof vm_core_forms / sizeof vm_core_forms[0];

// ---- parts of a form

static inline Value second(const Form *form) { return value_cdr(form->datum); } // pair
static inline Value third(const Form *form) { return value_cdr(value_cdr(form->datum)); }

// Number of elements of a form with its head, or a negative number.
static ptrdiff_t form_length(const Form *form) {
    ptrdiff_t n = rt_list_length(form->datum);
    return n > INT32_MAX ? -1 : n;
}

static Node *missing(Expander *x) { return vm_node_const(x->vm, vm_missing_value(x), x->position); }

// ---- constants, variables, conditions

Node *vm_form_quote(Expander *x, const Form *form, Scope *scope) {
    if (form_length(form) != 2)
        return vm_bad_syntax(x, form);
    return vm_node_const(x->vm, vm_strip(x->vm, value_car(second(form))), form->position);
}

Node *vm_form_if(Expander *x, const Form *form, Scope *scope) {
    ptrdiff_t n = form_length(form);
    if (n != 3 && n != 4)
        return vm_bad_syntax(x, form);
    Node *test = vm_expand_car(x, second(form), scope);
    if (!test)
        return NULL;
    Node *then = vm_expand_car(x, third(form), scope);
    if (!then)
        return NULL;
    Node *otherwise = n == 4 ? vm_expand_car(x, value_cdr(third(form)), scope) : missing(x);
    if (!otherwise)
        return NULL;
    return vm_node_if(x->vm, test, then, otherwise, form->position);
}

// The binding a set! of a global variable writes to; NULL: it is not allowed, condition set.
static Binding *assigned_global(Expander *x, const Form *form, Denotation d) {
    Binding *b = d.binding;
    if (!b) {
        b = vm_variable_reference(x->vm, d);
    } else if (b->home != d.environment) {
        if (d.environment->kind != ENVIRONMENT_INTERACTIVE) {
            vm_bad_part(x, form, second(form), VALUE_NULL,
                        "%s is imported: imported variables are constants",
                        vm_name_text(x->vm, d.key));
            return NULL;
        }
        vm_cache_meaning(x);
        b = vm_environment_copy_import(x->vm, d.environment, d.key, b);
    }
    if (object_flags(value_object(b->cell)) & CELL_SEALED) {
        // Only a built-in library's macro can lead here: see can_seal in library.c.
        vm_bad_part(x, form, second(form), VALUE_NULL, "%s is a constant of %s",
                    vm_name_text(x->vm, d.key), vm_name_text(x->vm, value_cell(b->cell)->home));
        return NULL;
    }
    b->assigned = true;
    b->record_fields = VALUE_NONE;
    b->original = NULL;
    return b;
}

Node *vm_form_set(Expander *x, const Form *form, Scope *scope) {
    if (form_length(form) != 3)
        return vm_bad_syntax(x, form);
    Value name = value_car(second(form));
    if (!value_is_identifier(name))
        return vm_bad_part(x, form, second(form), rt_list(x->vm, 1, name), "not a variable:");
    Denotation d;
    if (!vm_resolve(x->vm, scope, name, &d))
        return NULL;
    Binding *b = d.binding;
    if (b && (b->kind == BINDING_FORM || b->kind == BINDING_MACRO))
        return vm_bad_part(x, form, second(form), rt_list(x->vm, 1, name),
                           "a keyword is no variable:");
    if (b && b->kind == BINDING_LOCAL) {
        Node *value = vm_expand_car(x, third(form), scope);
        if (!value)
            return NULL;
        b->assigned_local = true;
        return vm_node_set_local(x->vm, b->var, value, false, form->position);
    }
    if (!(b = assigned_global(x, form, d)))
        return NULL;
    Node *value = vm_expand_car(x, third(form), scope);
    if (!value)
        return NULL;
    return vm_node_set_global(x->vm, b->cell, value, form->position);
}

Node *vm_form_begin(Expander *x, const Form *form, Scope *scope) {
    return vm_expand_sequence(x, form, second(form), scope);
}

// include and cond-expand as expressions.
static Node *expand_spliced(Expander *x, const Form *form, Scope *scope) {
    Value forms = vm_spliced_forms(x, form, scope);
    if (forms == VALUE_FAILURE)
        return NULL;
    return forms == VALUE_NULL ? missing(x) : vm_expand_sequence(x, form, forms, scope);
}
Node *vm_form_include(Expander *x, const Form *form, Scope *scope) {
    return expand_spliced(x, form, scope);
}
Node *vm_form_cond_expand(Expander *x, const Form *form, Scope *scope) {
    return expand_spliced(x, form, scope);
}

static Node *when_or_unless(Expander *x, const Form *form, Scope *scope, bool when) {
    if (form_length(form) < 3)
        return vm_bad_syntax(x, form);
    Node *test = vm_expand_car(x, second(form), scope);
    if (!test)
        return NULL;
    Node *body = vm_expand_sequence(x, form, third(form), scope);
    if (!body)
        return NULL;
    return when ? vm_node_if(x->vm, test, body, missing(x), form->position)
                : vm_node_if(x->vm, test, missing(x), body, form->position);
}
Node *vm_form_when(Expander *x, const Form *form, Scope *scope) {
    return when_or_unless(x, form, scope, true);
}
Node *vm_form_unless(Expander *x, const Form *form, Scope *scope) {
    return when_or_unless(x, form, scope, false);
}

// The expressions of a list; NULL: failed.
static Node **expand_all(Expander *x, Value list, ptrdiff_t count, Scope *scope) {
    Node **items = NEW_ARRAY(x, Node *, count);
    for (ptrdiff_t i = 0; i < count; i++, list = value_cdr(list))
        if (!(items[i] = vm_expand_car(x, list, scope)))
            return NULL;
    return items;
}

// A temporary variable for the value of `init`; *use reads it.
static Var *temporary(Expander *x, Node **use, Position position) {
    Var *var = vm_var_new(x->vm, x->language->symbol.underscore);
    *use = vm_node_local(x->vm, var, position);
    return var;
}

Node *vm_form_and(Expander *x, const Form *form, Scope *scope) {
    ptrdiff_t count = form_length(form) - 1;
    if (count < 0)
        return vm_bad_syntax(x, form);
    if (count == 0)
        return vm_node_const(x->vm, VALUE_TRUE, form->position);
    Node **items = expand_all(x, second(form), count, scope);
    if (!items)
        return NULL;
    Node *result = items[count - 1];
    for (ptrdiff_t i = count - 1; i-- > 0;) {
        // The deciding value is delivered. R7RS has one falsy value, SX two.
        if (!x->environment->sx) {
            result = vm_node_if(x->vm, items[i], result,
                                vm_node_const(x->vm, VALUE_FALSE, items[i]->position),
                                items[i]->position);
            continue;
        }
        Node *use;
        Var *var = temporary(x, &use, items[i]->position);
        Node *again = vm_node_local(x->vm, var, items[i]->position);
        result = vm_node_let(x->vm, 1, &var, &items[i],
                             vm_node_if(x->vm, use, result, again, items[i]->position),
                             items[i]->position);
    }
    return result;
}

Node *vm_form_or(Expander *x, const Form *form, Scope *scope) {
    ptrdiff_t count = form_length(form) - 1;
    if (count < 0)
        return vm_bad_syntax(x, form);
    if (count == 0)
        return vm_node_const(x->vm, VALUE_FALSE, form->position);
    Node **items = expand_all(x, second(form), count, scope);
    if (!items)
        return NULL;
    Node *result = items[count - 1];
    for (ptrdiff_t i = count - 1; i-- > 0;) {
        Node *use;
        Var *var = temporary(x, &use, items[i]->position);
        Node *again = vm_node_local(x->vm, var, items[i]->position);
        result = vm_node_let(x->vm, 1, &var, &items[i],
                             vm_node_if(x->vm, use, again, result, items[i]->position),
                             items[i]->position);
    }
    return result;
}

static bool is_else(Expander *x, Scope *scope, Value datum) {
    return vm_is_keyword(x, scope, datum, "else") || datum == x->language->symbol.else_keyword;
}

// One clause of cond, ready to be put in front of what follows it.
typedef struct Clause {
    Node *test; // NULL: else
    Var *var;   // not NULL: holds the value of test
    Node *body; // NULL: the value of test is the result
    Position position;
} Clause;

// `=> receiver` at `pair`: the call of the receiver with the value of var.
static Node *expand_receiver(Expander *x, const Form *form, Value pair, Var *var, Scope *scope) {
    if (rt_list_length(pair) != 2)
        return vm_bad_part(x, form, pair, VALUE_NULL, "expected one expression after =>");
    Node *receiver = vm_expand_car(x, value_cdr(pair), scope);
    if (!receiver)
        return NULL;
    Node *argument = vm_node_local(x->vm, var, receiver->position);
    return vm_node_call(x->vm, receiver, 1, &argument, receiver->position);
}

// Clauses of cond and guard: a list of `count`. `otherwise` is the value when no clause applies.
static Node *expand_clauses(Expander *x, const Form *form, Value rest, ptrdiff_t count,
                            Node *otherwise, Scope *scope) {
    VM *vm = x->vm;
    Clause *clauses = NEW_ARRAY(x, Clause, count);
    Node *result = otherwise;
    for (ptrdiff_t i = 0; i < count; i++, rest = value_cdr(rest)) {
        Value clause = value_car(rest);
        Clause *c = &clauses[i];
        if (rt_list_length(clause) < 1)
            return vm_bad_part(x, form, rest, VALUE_NULL,
                               "expected a clause (test expression ...)");
        c->position = vm_position_car(x, rest);
        Value body = value_cdr(clause);
        if (is_else(x, scope, value_car(clause))) {
            if (i != count - 1)
                return vm_bad_part(x, form, rest, VALUE_NULL, "else is not the last clause");
            if (body == VALUE_NULL)
                return vm_bad_part(x, form, rest, VALUE_NULL, "no expression after else");
            if (!(result = vm_expand_sequence(x, form, body, scope)))
                return NULL;
            count = i;
            break;
        }
        if (!(c->test = vm_expand_car(x, clause, scope)))
            return NULL;
        if (body == VALUE_NULL) {
            c->var = vm_var_new(vm, x->language->symbol.underscore);
        } else if (vm_is_keyword(x, scope, value_car(body), "=>")) {
            c->var = vm_var_new(vm, x->language->symbol.underscore);
            if (!(c->body = expand_receiver(x, form, body, c->var, scope)))
                return NULL;
        } else if (!(c->body = vm_expand_sequence(x, form, body, scope))) {
            return NULL;
        }
    }
    for (ptrdiff_t i = count; i-- > 0;) {
        Clause *c = &clauses[i];
        if (!c->var) {
            result = vm_node_if(vm, c->test, c->body, result, c->position);
            continue;
        }
        Node *body = c->body ? c->body : vm_node_local(vm, c->var, c->position);
        Node *choice =
            vm_node_if(vm, vm_node_local(vm, c->var, c->position), body, result, c->position);
        result = vm_node_let(vm, 1, &c->var, &c->test, choice, c->position);
    }
    return result;
}

Node *vm_form_cond(Expander *x, const Form *form, Scope *scope) {
    ptrdiff_t count = form_length(form) - 1;
    if (count < 0 || (count == 0 && !x->environment->sx))
        return vm_bad_syntax(x, form);
    return expand_clauses(x, form, second(form), count, missing(x), scope);
}

// eqv? and eq? are the same on these.
static bool is_identified_by_word(Value v) {
    return !value_is_pointer(v) ? !value_is_flonum(v) : value_is_symbol(v) || value_is_keyword(v);
}

enum { CASE_CHAIN = 4 }; // up to so many data a clause tests one by one

static Node *case_test(Expander *x, Var *key, Value data, ptrdiff_t count, Position position) {
    Language *l = x->language;
    if (count > CASE_CHAIN) {
        Node *args[] = {vm_node_local(x->vm, key, position),
                        vm_node_const(x->vm, vm_strip(x->vm, data), position)};
        return vm_node_prim_row(x->vm, l->prim.memv, 2, args, position);
    }
    Node *tests[CASE_CHAIN];
    for (ptrdiff_t i = 0; i < count; i++, data = value_cdr(data)) {
        Value datum = vm_strip(x->vm, value_car(data));
        Node *args[] = {vm_node_local(x->vm, key, position), vm_node_const(x->vm, datum, position)};
        tests[i] =
            vm_node_prim_row(x->vm, is_identified_by_word(datum) ? l->prim.is_eq : l->prim.is_eqv,
                             2, args, position);
    }
    if (count == 0)
        return vm_node_const(x->vm, VALUE_FALSE, position);
    Node *result = tests[count - 1];
    for (ptrdiff_t i = count - 1; i-- > 0;)
        result = vm_node_if(x->vm, tests[i], vm_node_const(x->vm, VALUE_TRUE, position), result,
                            position);
    return result;
}

Node *vm_form_case(Expander *x, const Form *form, Scope *scope) {
    VM *vm = x->vm;
    ptrdiff_t count = form_length(form) - 2;
    if (count < 0 || (count == 0 && !x->environment->sx))
        return vm_bad_syntax(x, form);
    Node *key = vm_expand_car(x, second(form), scope);
    if (!key)
        return NULL;
    Var *var = vm_var_new(vm, x->language->symbol.underscore);
    Clause *clauses = NEW_ARRAY(x, Clause, count);
    Node *result = missing(x);
    Value rest = third(form);
    for (ptrdiff_t i = 0; i < count; i++, rest = value_cdr(rest)) {
        Value clause = value_car(rest);
        Clause *c = &clauses[i];
        c->position = vm_position_car(x, rest);
        if (rt_list_length(clause) < 2)
            return vm_bad_part(x, form, rest, VALUE_NULL,
                               "expected a clause ((datum ...) expression ...)");
        Value body = value_cdr(clause), data = value_car(clause);
        if (vm_is_keyword(x, scope, value_car(body), "=>"))
            c->body = expand_receiver(x, form, body, var, scope);
        else
            c->body = vm_expand_sequence(x, form, body, scope);
        if (!c->body)
            return NULL;
        if (is_else(x, scope, data)) {
            if (i != count - 1)
                return vm_bad_part(x, form, rest, VALUE_NULL, "else is not the last clause");
            result = c->body;
            count = i;
            break;
        }
        ptrdiff_t data_count = rt_list_length(data);
        if (data_count < 0)
            return vm_bad_part(x, form, clause, VALUE_NULL, "expected a list of data");
        c->test = case_test(x, var, data, data_count, c->position);
    }
    for (ptrdiff_t i = count; i-- > 0;)
        result = vm_node_if(vm, clauses[i].test, clauses[i].body, result, clauses[i].position);
    return vm_node_let(vm, 1, &var, &key, result, form->position);
}

// ---- procedures

Node *vm_form_lambda(Expander *x, const Form *form, Scope *scope) {
    if (form_length(form) < 3)
        return vm_bad_syntax(x, form);
    Lambda *lambda =
        vm_expand_procedure(x, form, second(form), third(form), scope, VALUE_FALSE, false);
    return lambda ? vm_node_lambda(x->vm, lambda) : NULL;
}

Node *vm_form_named_lambda(Expander *x, const Form *form, Scope *scope) {
    if (form_length(form) < 3)
        return vm_bad_syntax(x, form);
    Value header = value_car(second(form));
    if (!value_is_pair(header) || !value_is_identifier(value_car(header)))
        return vm_bad_part(x, form, second(form), VALUE_NULL, "expected (name parameter ...)");
    // The parameter list is the header's cdr: it has no pair of its own that holds it.
    Value holder = rt_cons(x->vm, value_cdr(header), VALUE_NULL);
    Lambda *lambda = vm_expand_procedure(x, form, holder, third(form), scope,
                                         vm_identifier_symbol(value_car(header)), false);
    return lambda ? vm_node_lambda(x->vm, lambda) : NULL;
}

// (fn [name] parameters body ...): the name is bound inside.
Node *vm_form_fn(Expander *x, const Form *form, Scope *scope) {
    if (form_length(form) < 3)
        return vm_bad_syntax(x, form);
    Value first = value_car(second(form)), after = third(form);
    bool named = value_is_identifier(first) && value_cdr(after) != VALUE_NULL &&
                 (value_is_pair(value_car(after)) || value_car(after) == VALUE_NULL);
    if (!named) {
        Lambda *lambda =
            vm_expand_procedure(x, form, second(form), after, scope, VALUE_FALSE, true);
        return lambda ? vm_node_lambda(x->vm, lambda) : NULL;
    }
    Scope *inner = vm_scope_new(x->vm, scope);
    Binding *self = vm_scope_bind_var(x->vm, inner, first, vm_position_car(x, second(form)));
    Lambda *lambda = vm_expand_procedure(x, form, after, value_cdr(after), inner,
                                         vm_identifier_symbol(first), true);
    if (!lambda)
        return NULL;
    Node *init = vm_node_lambda(x->vm, lambda);
    return vm_node_fix(x->vm, 1, &self->var, &init, vm_node_local(x->vm, self->var, form->position),
                       form->position);
}

// (case-lambda): a procedure that takes no number of arguments.
static Node *no_clause(Expander *x, const Form *form) {
    Node *message = vm_node_const(x->vm, rt_string_from_c(x->vm, "case-lambda: there is no clause"),
                                  form->position);
    Node *body = vm_prim_call(x, x->language->prim.error, 1, &message);
    Var *rest = vm_var_new(x->vm, x->language->symbol.underscore);
    Lambda *lambda = vm_lambda_new(x->vm, VALUE_FALSE, form->position, 1, &rest, body);
    lambda->required = 0;
    lambda->rest = true;
    return vm_node_lambda(x->vm, lambda);
}

Node *vm_form_case_lambda(Expander *x, const Form *form, Scope *scope) {
    ptrdiff_t count = form_length(form) - 1;
    if (count < 0)
        return vm_bad_syntax(x, form);
    if (count == 0)
        return no_clause(x, form);
    Lambda *first = NULL, *last = NULL;
    for (Value rest = second(form); rest != VALUE_NULL; rest = value_cdr(rest)) {
        Value clause = value_car(rest);
        if (rt_list_length(clause) < 2)
            return vm_bad_part(x, form, rest, VALUE_NULL,
                               "expected a clause (parameters expression ...)");
        Lambda *lambda = vm_expand_procedure(x, form, clause, value_cdr(clause), scope, VALUE_FALSE,
                                             x->environment->sx);
        if (!lambda)
            return NULL;
        if (last)
            last->next = lambda;
        else
            first = lambda;
        last = lambda;
    }
    return vm_node_lambda(x->vm, first);
}

// ---- binding forms

// The list of bindings at the car of `holder`: how many, or -1 with the condition set. Each is
// (variable expression), a proper list of two.
static ptrdiff_t check_bindings(Expander *x, const Form *form, Value holder) {
    ptrdiff_t count = rt_list_length(value_car(holder));
    if (count < 0 || count > INT32_MAX) {
        vm_bad_part(x, form, holder, VALUE_NULL, "expected a list of bindings");
        return -1;
    }
    for (Value rest = value_car(holder); rest != VALUE_NULL; rest = value_cdr(rest)) {
        if (rt_list_length(value_car(rest)) != 2) {
            vm_bad_part(x, form, rest, rt_list(x->vm, 1, value_car(rest)),
                        "expected a binding (variable expression), got");
            return -1;
        }
    }
    return count;
}

// Bind a variable or, in SX, a pattern, whose value is about to be in the Var that is answered.
static Var *bind_target(Expander *x, const Form *form, Value pair, Scope *scope, Steps *steps) {
    Value target = value_car(pair);
    Position position = vm_position_car(x, pair);
    if (x->environment->sx && vm_is_pattern(target)) {
        Var *var = vm_var_new(x->vm, x->language->symbol.underscore);
        return vm_bind_pattern(x, form, target, position, var, scope, steps) ? var : NULL;
    }
    if (!value_is_identifier(target)) {
        vm_bad_part(x, form, pair, rt_list(x->vm, 1, target), "not a variable:");
        return NULL;
    }
    if (x->environment->sx && vm_is_keyword(x, scope, target, "_"))
        return vm_var_new(x->vm, x->language->symbol.underscore);
    Binding *b = vm_scope_bind_var(x->vm, scope, target, position);
    if (b)
        return b->var;
    vm_bad_part(x, form, pair, rt_list(x->vm, 1, target), "duplicate variable");
    return NULL;
}

static Node *named_let(Expander *x, const Form *form, Scope *scope) {
    VM *vm = x->vm;
    Value name_pair = second(form), holder = third(form);
    if (form_length(form) < 4)
        return vm_bad_syntax(x, form);
    ptrdiff_t count = check_bindings(x, form, holder);
    if (count < 0)
        return NULL;
    Node **inits = NEW_ARRAY(x, Node *, count);
    Value bindings = value_car(holder);
    for (ptrdiff_t i = 0; i < count; i++, bindings = value_cdr(bindings))
        if (!(inits[i] = vm_expand_car(x, value_cdr(value_car(bindings)), scope)))
            return NULL;
    Scope *outer = vm_scope_new(vm, scope);
    Value name = value_car(name_pair);
    Binding *loop = vm_scope_bind_var(vm, outer, name, vm_position_car(x, name_pair));
    Scope *inner = vm_scope_new(vm, outer);
    Var **vars = NEW_ARRAY(x, Var *, count);
    Steps steps = {.vm = vm};
    bindings = value_car(holder);
    for (ptrdiff_t i = 0; i < count; i++, bindings = value_cdr(bindings))
        if (!(vars[i] = bind_target(x, form, value_car(bindings), inner, &steps)))
            return NULL;
    Node *body = vm_expand_body(x, form, value_cdr(holder), inner);
    if (!body)
        return NULL;
    Lambda *lambda = vm_lambda_new(vm, vm_identifier_symbol(name), form->position, (uint32_t)count,
                                   vars, vm_steps_wrap(&steps, body, form->position));
    Node *init = vm_node_lambda(vm, lambda);
    Node *call = vm_node_call(vm, vm_node_local(vm, loop->var, form->position), (uint32_t)count,
                              inits, form->position);
    return vm_node_fix(vm, 1, &loop->var, &init, call, form->position);
}

Node *vm_form_let(Expander *x, const Form *form, Scope *scope) {
    if (form_length(form) < 3)
        return vm_bad_syntax(x, form);
    if (value_is_identifier(value_car(second(form))))
        return named_let(x, form, scope);
    ptrdiff_t count = check_bindings(x, form, second(form));
    if (count < 0)
        return NULL;
    Node **inits = NEW_ARRAY(x, Node *, count);
    Value bindings = value_car(second(form));
    for (ptrdiff_t i = 0; i < count; i++, bindings = value_cdr(bindings))
        if (!(inits[i] = vm_expand_car(x, value_cdr(value_car(bindings)), scope)))
            return NULL;
    Scope *inner = vm_scope_new(x->vm, scope);
    Var **vars = NEW_ARRAY(x, Var *, count);
    Steps steps = {.vm = x->vm};
    bindings = value_car(second(form));
    for (ptrdiff_t i = 0; i < count; i++, bindings = value_cdr(bindings))
        if (!(vars[i] = bind_target(x, form, value_car(bindings), inner, &steps)))
            return NULL;
    Node *body = vm_expand_body(x, form, third(form), inner);
    if (!body)
        return NULL;
    body = vm_steps_wrap(&steps, body, form->position);
    return vm_node_let(x->vm, (uint32_t)count, vars, inits, body, form->position);
}

Node *vm_form_let_star(Expander *x, const Form *form, Scope *scope) {
    if (form_length(form) < 3)
        return vm_bad_syntax(x, form);
    if (check_bindings(x, form, second(form)) < 0)
        return NULL;
    Steps steps = {.vm = x->vm};
    for (Value rest = value_car(second(form)); rest != VALUE_NULL; rest = value_cdr(rest)) {
        Node *init = vm_expand_car(x, value_cdr(value_car(rest)), scope);
        if (!init)
            return NULL;
        scope = vm_scope_new(x->vm, scope);
        // The value comes before what a pattern makes of it.
        Steps parts = {.vm = x->vm};
        Var *var = bind_target(x, form, value_car(rest), scope, &parts);
        if (!var)
            return NULL;
        vm_steps_add(&steps, var, init);
        for (uint32_t i = 0; i < parts.count; i++)
            vm_steps_add(&steps, parts.var[i], parts.init[i]);
    }
    Node *body = vm_expand_body(x, form, third(form), scope);
    return body ? vm_steps_wrap(&steps, body, form->position) : NULL;
}

// letrec and letrec* alike: evaluating the inits in order is one of the orders letrec allows.
Node *vm_form_letrec(Expander *x, const Form *form, Scope *scope) {
    if (form_length(form) < 3)
        return vm_bad_syntax(x, form);
    ptrdiff_t count = check_bindings(x, form, second(form));
    if (count < 0)
        return NULL;
    Scope *inner = vm_scope_new(x->vm, scope);
    Binding **bound = NEW_ARRAY(x, Binding *, count);
    Var **vars = NEW_ARRAY(x, Var *, count);
    Node **inits = NEW_ARRAY(x, Node *, count);
    Value rest = value_car(second(form));
    for (ptrdiff_t i = 0; i < count; i++, rest = value_cdr(rest)) {
        Value pair = value_car(rest), name = value_car(pair);
        if (!value_is_identifier(name))
            return vm_bad_part(x, form, pair, rt_list(x->vm, 1, name), "not a variable:");
        bound[i] = vm_scope_bind_var(x->vm, inner, name, vm_position_car(x, pair));
        if (!bound[i])
            return vm_bad_part(x, form, pair, rt_list(x->vm, 1, name), "duplicate variable");
        bound[i]->ready = false;
        vars[i] = bound[i]->var;
    }
    rest = value_car(second(form));
    for (ptrdiff_t i = 0; i < count; i++, rest = value_cdr(rest)) {
        if (!(inits[i] = vm_expand_car(x, value_cdr(value_car(rest)), inner)))
            return NULL;
        if (inits[i]->kind == NODE_LAMBDA && inits[i]->lambda->name == VALUE_FALSE)
            inits[i]->lambda->name = vars[i]->name;
        bound[i]->ready = true;
    }
    Node *body = vm_expand_body(x, form, third(form), inner);
    if (!body)
        return NULL;
    for (ptrdiff_t i = 0; i < count; i++)
        if (inits[i]->kind == NODE_LAMBDA && !bound[i]->assigned_local)
            vars[i]->checked = false;
    return vm_node_fix(x->vm, (uint32_t)count, vars, inits, body, form->position);
}

// (call-with-values (lambda () producer) (lambda parameters body))
static Node *receive(Expander *x, Node *producer, Lambda *receiver, Position position) {
    Lambda *thunk = vm_lambda_new(x->vm, VALUE_FALSE, producer->position, 0, NULL, producer);
    Node *args[] = {vm_node_lambda(x->vm, thunk), vm_node_lambda(x->vm, receiver)};
    return vm_node_prim_row(x->vm, x->language->prim.call_with_values, 2, args, position);
}

// Parameters of let-values: bound in `scope`, so that several binding lists share it.
static bool bind_formals(Expander *x, const Form *form, Value pair, Scope *scope, Lambda *lambda) {
    Value formals = value_car(pair);
    uint32_t count = 0, capacity = 4;
    Var **params = NEW_ARRAY(x, Var *, capacity);
    Value at = pair;
    for (;; at = formals, formals = value_cdr(formals)) {
        bool rest = value_is_identifier(formals);
        if (!rest && !value_is_pair(formals))
            break;
        Value name = rest ? formals : value_car(formals);
        Value where = rest ? at : formals;
        if (!value_is_identifier(name)) {
            vm_bad_part(x, form, where, rt_list(x->vm, 1, name), "not a variable:");
            return false;
        }
        Binding *b = vm_scope_bind_var(x->vm, scope, name, vm_position_car(x, where));
        if (!b) { // also what ends a circular list
            vm_bad_part(x, form, where, rt_list(x->vm, 1, name), "duplicate variable");
            return false;
        }
        if (count == capacity) {
            Var **larger = NEW_ARRAY(x, Var *, 2 * (size_t)capacity);
            memcpy(larger, params, capacity * sizeof(Var *));
            params = larger;
            capacity *= 2;
        }
        params[count++] = b->var;
        if (rest) {
            lambda->rest = true;
            break;
        }
    }
    if (!lambda->rest && formals != VALUE_NULL) {
        vm_bad_part(x, form, at, rt_list(x->vm, 1, formals), "not a variable:");
        return false;
    }
    lambda->params = params;
    lambda->required = count - (lambda->rest ? 1 : 0);
    return true;
}

static Node *let_values(Expander *x, const Form *form, Scope *scope, bool sequential) {
    if (form_length(form) < 3)
        return vm_bad_syntax(x, form);
    ptrdiff_t count = check_bindings(x, form, second(form));
    if (count < 0)
        return NULL;
    Node **producers = NEW_ARRAY(x, Node *, count);
    Lambda **receivers = NEW_ARRAY(x, Lambda *, count);
    Value rest = value_car(second(form));
    // In let-values the producers of later bindings run inside the receivers of earlier ones: they
    // were expanded in the outer scope, so they do not see those variables.
    Scope *inner = vm_scope_new(x->vm, scope);
    for (ptrdiff_t i = 0; i < count; i++, rest = value_cdr(rest)) {
        Value binding = value_car(rest);
        producers[i] = vm_expand_car(x, value_cdr(binding), scope);
        if (!producers[i])
            return NULL;
        receivers[i] = vm_lambda_new(x->vm, VALUE_FALSE, vm_position_car(x, rest), 0, NULL, NULL);
        if (sequential)
            scope = inner = vm_scope_new(x->vm, scope);
        if (!bind_formals(x, form, binding, inner, receivers[i]))
            return NULL;
    }
    Node *body = vm_expand_body(x, form, third(form), inner);
    if (!body)
        return NULL;
    for (ptrdiff_t i = count; i-- > 0;) {
        receivers[i]->body = body;
        body = receive(x, producers[i], receivers[i], receivers[i]->position);
    }
    return body;
}
Node *vm_form_let_values(Expander *x, const Form *form, Scope *scope) {
    return let_values(x, form, scope, false);
}
Node *vm_form_let_star_values(Expander *x, const Form *form, Scope *scope) {
    return let_values(x, form, scope, true);
}

Node *vm_definition_values(Expander *x, const Definition *d, Scope *scope, StoreFn *store,
                           void *context) {
    VM *vm = x->vm;
    Node *producer = vm_expand_car(x, d->expression, scope);
    if (!producer)
        return NULL;
    Scope *unused = vm_scope_new(vm, scope);
    Lambda *receiver = vm_lambda_new(vm, VALUE_FALSE, d->form.position, 0, NULL, NULL);
    if (!bind_formals(x, &d->form, d->parameters, unused, receiver))
        return NULL;
    Node **stores = NEW_ARRAY(x, Node *, d->count + 1);
    for (uint32_t i = 0; i < d->count; i++)
        stores[i] = store(x, context, i, vm_node_local(vm, receiver->params[i], d->form.position));
    stores[d->count] = vm_node_const(vm, VALUE_UNSPECIFIED, d->form.position);
    receiver->body = vm_node_seq(vm, d->count + 1, stores, d->form.position);
    return receive(x, producer, receiver, d->form.position);
}

// (do ((var init step) ...) (test result ...) command ...): a loop like a named let's.
Node *vm_form_do(Expander *x, const Form *form, Scope *scope) {
    VM *vm = x->vm;
    if (form_length(form) < 3)
        return vm_bad_syntax(x, form);
    ptrdiff_t count = rt_list_length(value_car(second(form)));
    if (count < 0 || count > INT32_MAX)
        return vm_bad_part(x, form, second(form), VALUE_NULL, "expected a list of variables");
    Value exit_clause = value_car(third(form));
    if (rt_list_length(exit_clause) < 1)
        return vm_bad_part(x, form, third(form), VALUE_NULL, "expected (test expression ...)");
    Node **inits = NEW_ARRAY(x, Node *, count), **steps = NEW_ARRAY(x, Node *, count);
    Value rest = value_car(second(form));
    for (ptrdiff_t i = 0; i < count; i++, rest = value_cdr(rest)) {
        ptrdiff_t n = rt_list_length(value_car(rest));
        if (n != 2 && n != 3)
            return vm_bad_part(x, form, rest, rt_list(vm, 1, value_car(rest)),
                               "expected (variable init [step]), got");
        if (!(inits[i] = vm_expand_car(x, value_cdr(value_car(rest)), scope)))
            return NULL;
    }
    Scope *inner = vm_scope_new(vm, scope);
    Var **vars = NEW_ARRAY(x, Var *, count);
    rest = value_car(second(form));
    for (ptrdiff_t i = 0; i < count; i++, rest = value_cdr(rest)) {
        Value pair = value_car(rest);
        if (!value_is_identifier(value_car(pair)))
            return vm_bad_part(x, form, pair, rt_list(vm, 1, value_car(pair)), "not a variable:");
        Binding *b = vm_scope_bind_var(vm, inner, value_car(pair), vm_position_car(x, pair));
        if (!b)
            return vm_bad_part(x, form, pair, rt_list(vm, 1, value_car(pair)),
                               "duplicate variable");
        vars[i] = b->var;
    }
    Node *test = vm_expand_car(x, exit_clause, inner);
    if (!test)
        return NULL;
    Node *result = value_cdr(exit_clause) == VALUE_NULL
                       ? missing(x)
                       : vm_expand_sequence(x, form, value_cdr(exit_clause), inner);
    if (!result)
        return NULL;
    Value commands = value_cdr(third(form));
    ptrdiff_t command_count = rt_list_length(commands);
    Node **items = NEW_ARRAY(x, Node *, command_count + 1);
    for (ptrdiff_t i = 0; i < command_count; i++, commands = value_cdr(commands))
        if (!(items[i] = vm_expand_car(x, commands, inner)))
            return NULL;
    rest = value_car(second(form));
    for (ptrdiff_t i = 0; i < count; i++, rest = value_cdr(rest)) {
        Value step = value_cdr(value_cdr(value_car(rest)));
        steps[i] = step == VALUE_NULL ? vm_node_local(vm, vars[i], form->position)
                                      : vm_expand_car(x, step, inner);
        if (!steps[i])
            return NULL;
    }
    Var *loop = vm_var_new(vm, vm_form_name(form));
    items[command_count] = vm_node_call(vm, vm_node_local(vm, loop, form->position),
                                        (uint32_t)count, steps, form->position);
    Node *body = vm_node_seq(vm, (uint32_t)command_count + 1, items, form->position);
    body = vm_node_if(vm, test, result, body, form->position);
    Node *init = vm_node_lambda(
        vm, vm_lambda_new(vm, vm_form_name(form), form->position, (uint32_t)count, vars, body));
    Node *call = vm_node_call(vm, vm_node_local(vm, loop, form->position), (uint32_t)count, inits,
                              form->position);
    return vm_node_fix(vm, 1, &loop, &init, call, form->position);
}

// ---- exceptions

static Node *thunk_of(Expander *x, Node *body) {
    return vm_node_lambda(x->vm, vm_lambda_new(x->vm, VALUE_FALSE, body->position, 0, NULL, body));
}

static bool ends_in_else(Expander *x, Value clauses, ptrdiff_t count, Scope *scope) {
    for (; count > 1; count--)
        clauses = value_cdr(clauses);
    return count == 1 && value_is_pair(value_car(clauses)) &&
           is_else(x, scope, value_car(value_car(clauses)));
}

// (%guard (lambda () body) (lambda (variable reraise) (cond clause ... (else (reraise))))), or when
// there is an else, which spares the way back,
// (%guard-all (lambda () body) (lambda (variable) (cond clause ...))).
// Both are in (kiln control).
Node *vm_form_guard(Expander *x, const Form *form, Scope *scope) {
    VM *vm = x->vm;
    if (form_length(form) < 3)
        return vm_bad_syntax(x, form);
    Value head = second(form), specification = value_car(head);
    ptrdiff_t count = rt_list_length(specification) - 1;
    if (count < 0 || !value_is_identifier(value_car(specification)))
        return vm_bad_part(x, form, head, VALUE_NULL, "expected (variable clause ...)");
    Node *body = vm_expand_body(x, form, third(form), vm_scope_new(vm, scope));
    if (!body)
        return NULL;

    Scope *inner = vm_scope_new(vm, scope);
    Var *reraise = vm_var_new(vm, rt_intern(vm, "reraise"));
    Binding *variable =
        vm_scope_bind_var(vm, inner, value_car(specification), vm_position_car(x, specification));
    Var *params[] = {variable->var, reraise};
    Node *again =
        vm_node_call(vm, vm_node_local(vm, reraise, form->position), 0, NULL, form->position);
    Node *choice = expand_clauses(x, form, value_cdr(specification), count, again, inner);
    bool all = ends_in_else(x, value_cdr(specification), count, inner);
    if (!choice)
        return NULL;

    Value control = rt_list(vm, 2, rt_intern(vm, "kiln"), rt_intern(vm, "control"));
    Node *guard = vm_library_variable(vm, control, all ? "%guard-all" : "%guard", form->position);
    if (!guard)
        return NULL;
    Lambda *handler = vm_lambda_new(vm, VALUE_FALSE, form->position, all ? 1 : 2, params, choice);
    Node *args[] = {thunk_of(x, body), vm_node_lambda(vm, handler)};
    return vm_node_call(vm, guard, 2, args, form->position);
}

// ---- delayed evaluation

static Node *make_promise(Expander *x, bool done, Node *content) {
    Node *args[] = {vm_node_const(x->vm, value_from_bool(done), content->position), content};
    return vm_prim_call(x, x->language->prim.make_promise, 2, args);
}

Node *vm_form_delay(Expander *x, const Form *form, Scope *scope) {
    if (form_length(form) != 2)
        return vm_bad_syntax(x, form);
    Node *body = vm_expand_car(x, second(form), scope);
    return body ? make_promise(x, false, thunk_of(x, make_promise(x, true, body))) : NULL;
}

Node *vm_form_delay_force(Expander *x, const Form *form, Scope *scope) {
    if (form_length(form) != 2)
        return vm_bad_syntax(x, form);
    Node *body = vm_expand_car(x, second(form), scope);
    return body ? make_promise(x, false, thunk_of(x, body)) : NULL;
}

// ---- syntax

static Node *let_syntax(Expander *x, const Form *form, Scope *scope, bool recursive) {
    if (form_length(form) < 3)
        return vm_bad_syntax(x, form);
    if (check_bindings(x, form, second(form)) < 0)
        return NULL;
    Scope *inner = vm_scope_new(x->vm, scope);
    for (Value rest = value_car(second(form)); rest != VALUE_NULL; rest = value_cdr(rest)) {
        Value pair = value_car(rest), name = value_car(pair);
        if (!value_is_identifier(name))
            return vm_bad_part(x, form, pair, rt_list(x->vm, 1, name), "not a keyword:");
        Binding meaning = {0};
        if (!vm_transformer(x, form, value_cdr(pair), name, recursive ? inner : scope, &meaning))
            return NULL;
        Binding *b = vm_scope_bind(x->vm, inner, name, vm_position_car(x, pair));
        if (!b)
            return vm_bad_part(x, form, pair, rt_list(x->vm, 1, name), "duplicate keyword");
        meaning.position = b->position;
        *b = meaning;
    }
    return vm_expand_body(x, form, third(form), inner);
}
Node *vm_form_let_syntax(Expander *x, const Form *form, Scope *scope) {
    return let_syntax(x, form, scope, false);
}
Node *vm_form_letrec_syntax(Expander *x, const Form *form, Scope *scope) {
    return let_syntax(x, form, scope, true);
}

// Names that nothing binds are those of a library.
Node *vm_form_with_fallback(Expander *x, const Form *form, Scope *scope) {
    if (form_length(form) < 3)
        return vm_bad_syntax(x, form);
    Value name = vm_strip(x->vm, value_car(second(form)));
    Scope *inner = vm_scope_new(x->vm, scope);
    inner->fallback = vm_library_open(x->vm, name, vm_position_car(x, second(form)));
    return inner->fallback ? vm_expand_sequence(x, form, third(form), inner) : NULL;
}

Node *vm_form_syntax_error(Expander *x, const Form *form, Scope *scope) {
    if (form_length(form) < 2 || !value_is_string(value_car(second(form))))
        return vm_bad_syntax(x, form);
    char *text = rt_string_to_utf8(x->vm, value_car(second(form)), NULL);
    if (!text)
        return NULL;
    // It is the macro's error, not that of syntax-error: no WHO.
    rt_fail_at(x->vm, CONDITION_SYNTAX, form->position, VALUE_FALSE, vm_strip(x->vm, third(form)),
               "%s", text);
    return NULL;
}

Node *vm_form_auxiliary(Expander *x, const Form *form, Scope *scope) {
    return vm_form_error(x, form, form->position, VALUE_NULL, "bad syntax: use %s",
                         form->core->usage);
}

// ---- threading: (-> x (f a) g) is (g (f x a)), (->> x (f a) g) is (g (f a x))

static Node *thread(Expander *x, const Form *form, Scope *scope, bool first) {
    VM *vm = x->vm;
    if (form_length(form) < 2)
        return vm_bad_syntax(x, form);
    Value value = value_car(second(form));
    Position value_position = vm_position_car(x, second(form));
    for (Value rest = third(form); rest != VALUE_NULL; rest = value_cdr(rest)) {
        Value step = value_car(rest), call;
        Position position = vm_position_car(x, rest);
        if (!value_is_pair(step)) {
            call = rt_list(vm, 2, step, value);
        } else if (rt_list_length(step) < 0) {
            return vm_bad_part(x, form, rest, VALUE_NULL, "expected a list");
        } else if (first) {
            call = rt_cons(vm, value_car(step), rt_cons(vm, value, value_cdr(step)));
        } else {
            call = rt_cons(vm, value_car(step),
                           rt_list_append(vm, value_cdr(step), rt_cons(vm, value, VALUE_NULL)));
        }
        if (x->map) {
            Position head = value_is_pair(step) ? vm_position_car(x, step) : position;
            rt_source_map_add(vm, x->map, call, position, head);
            if (first || !value_is_pair(step))
                rt_source_map_add(vm, x->map, value_cdr(call), value_position, value_position);
        }
        value = call;
        value_position = position;
    }
    return vm_expand_datum(x, value, value_position, scope);
}
Node *vm_form_thread_first(Expander *x, const Form *form, Scope *scope) {
    return thread(x, form, scope, true);
}
Node *vm_form_thread_last(Expander *x, const Form *form, Scope *scope) {
    return thread(x, form, scope, false);
}
