// Definitions: what define, defn, define-values, define-record-type, define-syntax and defmacro
// bind, the same at top level and in bodies.
#include "runtime/record.h"
#include "runtime/string.h"
#include "runtime/vector.h"
#include "vm/cache.h"
#include "vm/expand_int.h"
#include "vm/pending_int.h"

// ---- variables

static Value second(const Form *form) { return value_cdr(form->datum); }

static bool not_a_variable(Expander *x, const Form *form, Value pair, Value what) {
    vm_bad_part(x, form, pair, rt_list(x->vm, 1, what), "not a variable:");
    return false;
}

static bool one_name(Expander *x, Definition *d, Value pair, Value name) {
    if (!value_is_identifier(name))
        return not_a_variable(x, &d->form, pair, name);
    d->names = NEW_ARRAY(x, Value, 1);
    d->names[0] = name;
    d->count = 1;
    d->name_pair = pair;
    return true;
}

// (defn name ["documentation"] parameters body ...)
static bool parse_defn(Expander *x, Definition *d, ptrdiff_t length) {
    if (length < 4)
        return vm_bad_syntax(x, &d->form) != NULL;
    Value after = value_cdr(second(&d->form));
    if (value_is_string(value_car(after)) && length > 4) {
        d->documentation = value_car(after);
        after = value_cdr(after);
    }
    d->parameters = after;
    d->body = value_cdr(after);
    return one_name(x, d, second(&d->form), value_car(second(&d->form)));
}

static bool parse_define(Expander *x, Definition *d) {
    const Form *form = &d->form;
    ptrdiff_t length = rt_list_length(form->datum);
    if (strcmp(form->core->name, "defn") == 0)
        return parse_defn(x, d, length);
    if (length < 3)
        return vm_bad_syntax(x, form) != NULL;
    Value target = value_car(second(form)), rest = value_cdr(second(form));
    if (!value_is_pair(target)) {
        if (!value_is_identifier(target))
            return not_a_variable(x, form, second(form), target);
        if (length != 3)
            return vm_bad_syntax(x, form) != NULL;
        d->expression = rest;
        return one_name(x, d, second(form), target);
    }
    if (strcmp(form->core->name, "define") != 0)
        return not_a_variable(x, form, second(form), target);
    // The parameter list is the target's cdr, which no pair holds in its car.
    d->parameters = rt_cons(x->vm, value_cdr(target), VALUE_NULL);
    d->body = rest;
    return one_name(x, d, target, value_car(target));
}

static bool parse_define_values(Expander *x, Definition *d) {
    const Form *form = &d->form;
    if (rt_list_length(form->datum) != 3)
        return vm_bad_syntax(x, form) != NULL;
    d->name_pair = d->parameters = second(form);
    d->expression = value_cdr(second(form));
    Value formals = value_car(second(form));
    if (rt_list_length(formals) == LIST_CIRCULAR)
        return vm_bad_syntax(x, form) != NULL;
    uint32_t count = 0;
    for (Value v = formals; v != VALUE_NULL; v = value_is_pair(v) ? value_cdr(v) : VALUE_NULL)
        count++;
    d->names = NEW_ARRAY(x, Value, count);
    for (Value v = formals, at = second(form); v != VALUE_NULL;) {
        Value name = value_is_pair(v) ? value_car(v) : v;
        if (!value_is_identifier(name))
            return not_a_variable(x, form, value_is_pair(v) ? v : at, name);
        for (uint32_t i = 0; i < d->count; i++) {
            if (d->names[i] != name)
                continue;
            vm_bad_part(x, form, value_is_pair(v) ? v : at, rt_list(x->vm, 1, name),
                        "duplicate variable");
            return false;
        }
        d->names[d->count++] = name;
        at = v;
        v = value_is_pair(v) ? value_cdr(v) : VALUE_NULL;
    }
    return true;
}

Node *vm_definition_value(Expander *x, const Definition *d, Scope *scope) {
    Value name = vm_identifier_symbol(d->names[0]);
    Node *node;
    if (d->parameters == VALUE_NONE) {
        node = vm_expand_car(x, d->expression, scope);
        if (node && node->kind == NODE_LAMBDA && node->lambda->name == VALUE_FALSE)
            for (Lambda *l = node->lambda; l; l = l->next)
                l->name = name;
    } else {
        bool wide = strcmp(d->form.core->name, "defn") == 0;
        Lambda *lambda =
            vm_expand_procedure(x, &d->form, d->parameters, d->body, scope, name, wide);
        if (!lambda)
            return NULL;
        lambda->documentation = d->documentation;
        node = vm_node_lambda(x->vm, lambda);
    }
    return node;
}

// ---- record types

typedef enum RecordNameKind {
    RECORD_NAME_TYPE,
    RECORD_NAME_CONSTRUCTOR,
    RECORD_NAME_PREDICATE,
    RECORD_NAME_ACCESSOR,
    RECORD_NAME_MODIFIER,
} RecordNameKind;

typedef struct RecordName {
    RecordNameKind kind;
    uint32_t field; // index of an accessor's or modifier's field, the inherited ones counted
    Position position;
} RecordName;

typedef struct RecordShape {
    Value name;            // symbol
    Value parent;          // pair whose car is the parent's expression, VALUE_NONE: none
    uint32_t inherited;    // number of the parent's fields
    uint32_t own;          // number of its own
    Value fields;          // vector of all fields' identifiers
    bool *is_mutable;      // parallel to its own fields
    RecordName *names;     // parallel to Definition.names
    uint32_t *initialised; // fields the constructor's arguments go to
    uint32_t initialised_count;
    Value type;    // at top level without a parent: the type itself, else VALUE_NONE
    Var *type_var; // at top level with a parent: holds the type, else NULL
} RecordShape;

static int field_index(const RecordShape *r, Value name, uint32_t first) {
    const Vector *fields = value_vector(r->fields);
    for (uint32_t i = r->inherited + r->own; i-- > first;)
        if (fields->item[i] == name ||
            (i < r->inherited && fields->item[i] == vm_identifier_symbol(name)))
            return (int)i;
    return -1;
}

static void add_record_name(Definition *d, Value name, RecordNameKind kind, uint32_t field,
                            Position position) {
    d->record->names[d->count] = (RecordName){.kind = kind, .field = field, .position = position};
    d->names[d->count++] = name;
}

static bool bad_field(Expander *x, const Form *form, Value pair, const char *what) {
    vm_bad_part(x, form, pair, rt_list(x->vm, 1, value_car(pair)), "%s", what);
    return false;
}

// The type's name, or (name parent).
static bool parse_record_name(Expander *x, Definition *d, Scope *scope) {
    const Form *form = &d->form;
    RecordShape *r = d->record;
    Value spec = value_car(second(form)), inherited = VALUE_NONE;
    r->parent = VALUE_NONE;
    d->name_pair = second(form);
    if (value_is_pair(spec)) {
        if (rt_list_length(spec) != 2)
            return bad_field(x, form, second(form), "not a record type's name:");
        d->name_pair = spec;
        if (value_car(value_cdr(spec)) != VALUE_FALSE)
            r->parent = value_cdr(spec);
        spec = value_car(spec);
    }
    if (!value_is_identifier(spec))
        return not_a_variable(x, form, d->name_pair, spec);
    r->name = vm_identifier_symbol(spec);
    add_record_name(d, spec, RECORD_NAME_TYPE, 0, vm_position_car(x, d->name_pair));
    if (r->parent == VALUE_NONE)
        return true;
    Value parent = value_car(r->parent);
    if (value_is_identifier(parent)) {
        Denotation denotation;
        if (!vm_resolve(x->vm, scope, parent, &denotation))
            return false;
        Binding *b = denotation.binding;
        if (b && b->kind <= BINDING_GLOBAL)
            inherited = b->record_fields;
        // A type that C code or a procedure made is known by its value.
        if (inherited == VALUE_NONE && b && b->kind == BINDING_GLOBAL &&
            value_is_record_type(value_cell(b->cell)->value))
            inherited = value_record_type(value_cell(b->cell)->value)->fields;
    }
    if (inherited == VALUE_NONE)
        return bad_field(x, form, r->parent, "the fields of the parent type are not known:");
    r->inherited = (uint32_t)vector_length(inherited);
    r->fields = inherited;
    return true;
}

static bool parse_record_fields(Expander *x, Definition *d, Value specs) {
    const Form *form = &d->form;
    RecordShape *r = d->record;
    Value inherited = r->fields;
    r->fields = rt_vector_new(x->vm, (size_t)r->inherited + r->own, VALUE_FALSE);
    if (r->fields == VALUE_FAILURE)
        return false;
    for (uint32_t i = 0; i < r->inherited; i++)
        FRESH(value_vector(r->fields)->item[i]) = value_vector(inherited)->item[i];
    r->is_mutable = rt_raw_new_atomic(x->vm, r->own + 1);
    uint32_t index = 0;
    IdentifierTable seen = {0};
    for (; specs != VALUE_NULL; specs = value_cdr(specs), index++) {
        Value spec = value_car(specs);
        ptrdiff_t length = value_is_identifier(spec) ? 0 : rt_list_length(spec);
        if (length < 0 || length > 3 || (length == 0 && !value_is_identifier(spec)))
            return bad_field(x, form, specs, "expected (field [accessor [modifier]]), got");
        Value name = length ? value_car(spec) : spec;
        for (Value rest = length ? spec : VALUE_NULL; rest != VALUE_NULL; rest = value_cdr(rest))
            if (!value_is_identifier(value_car(rest)))
                return not_a_variable(x, form, rest, value_car(rest));
        if (vm_table_find(&seen, name))
            return bad_field(x, form, specs, "duplicate field");
        vm_table_add(x->vm, &seen, name);
        rt_heap_store(&value_vector(r->fields)->item[r->inherited + index], name);
        r->is_mutable[index] = length != 2;
        if (length > 1)
            add_record_name(d, value_car(value_cdr(spec)), RECORD_NAME_ACCESSOR,
                            r->inherited + index, vm_position_car(x, value_cdr(spec)));
        if (length > 2)
            add_record_name(d, value_car(value_cdr(value_cdr(spec))), RECORD_NAME_MODIFIER,
                            r->inherited + index, vm_position_car(x, value_cdr(value_cdr(spec))));
    }
    return true;
}

// (constructor field ...), constructor (of all fields) or #f. The fields are known.
static bool parse_constructor(Expander *x, Definition *d, Value pair) {
    const Form *form = &d->form;
    RecordShape *r = d->record;
    Value spec = value_car(pair);
    if (spec == VALUE_FALSE)
        return true;
    uint32_t total = r->inherited + r->own;
    if (value_is_identifier(spec)) {
        r->initialised = NEW_ARRAY(x, uint32_t, total);
        for (uint32_t i = 0; i < total; i++)
            r->initialised[i] = i;
        r->initialised_count = total;
        add_record_name(d, spec, RECORD_NAME_CONSTRUCTOR, 0, vm_position_car(x, pair));
        return true;
    }
    ptrdiff_t length = rt_list_length(spec);
    if (length < 1)
        return bad_field(x, form, pair, "expected (constructor field ...), got");
    if (!value_is_identifier(value_car(spec)))
        return not_a_variable(x, form, spec, value_car(spec));
    bool *given = rt_raw_new_atomic(x->vm, (size_t)total + 1);
    memset(given, 0, (size_t)total + 1);
    r->initialised = NEW_ARRAY(x, uint32_t, length);
    for (Value rest = value_cdr(spec); rest != VALUE_NULL; rest = value_cdr(rest)) {
        int index = field_index(r, value_car(rest), 0);
        if (index < 0)
            return bad_field(x, form, rest, "no such field:");
        if (given[index])
            return bad_field(x, form, rest, "duplicate field");
        given[index] = true;
        r->initialised[r->initialised_count++] = (uint32_t)index;
    }
    add_record_name(d, value_car(spec), RECORD_NAME_CONSTRUCTOR, 0, vm_position_car(x, spec));
    return true;
}

static bool parse_record(Expander *x, Definition *d, Scope *scope) {
    const Form *form = &d->form;
    ptrdiff_t length = rt_list_length(form->datum);
    if (length < 4)
        return vm_bad_syntax(x, form) != NULL;
    if (length - 4 > RECORD_MAX_FIELDS) {
        vm_form_error(x, form, form->position, VALUE_NULL, "bad syntax: too many fields");
        return false;
    }
    d->record = rt_raw_new(x->vm, sizeof *d->record);
    RecordShape *r = d->record;
    r->own = (uint32_t)length - 4;
    d->names = NEW_ARRAY(x, Value, 3 + 2 * (size_t)r->own);
    r->names = NEW_ARRAY(x, RecordName, 3 + 2 * (size_t)r->own);
    if (!parse_record_name(x, d, scope))
        return false;
    Value constructor = value_cdr(second(form)), predicate = value_cdr(constructor);
    if (!parse_record_fields(x, d, value_cdr(predicate)))
        return false;
    if (!parse_constructor(x, d, constructor))
        return false;
    if (value_car(predicate) == VALUE_FALSE)
        return true;
    if (!value_is_identifier(value_car(predicate)))
        return not_a_variable(x, form, predicate, value_car(predicate));
    add_record_name(d, value_car(predicate), RECORD_NAME_PREDICATE, 0,
                    vm_position_car(x, predicate));
    return true;
}

void vm_definition_record_note(Expander *x, const Definition *d, Binding *type) {
    vm_cache_doubt(x);
    const RecordShape *r = d->record;
    Value names =
        rt_vector_from_array(x->vm, value_vector(r->fields)->item, vector_length(r->fields));
    if (names == VALUE_FAILURE)
        return;
    for (size_t i = 0; i < vector_length(names); i++)
        rt_heap_store(&value_vector(names)->item[i],
                      vm_identifier_symbol(value_vector(names)->item[i]));
    type->record_fields = names;
}

static Node *record_type_value(Expander *x, const Definition *d, Scope *scope) {
    const RecordShape *r = d->record;
    VM *vm = x->vm;
    Value fields = VALUE_NULL, mutables = VALUE_NULL;
    for (uint32_t i = r->own; i-- > 0;) {
        Value field = value_vector(r->fields)->item[r->inherited + i];
        fields = rt_cons(vm, vm_identifier_symbol(field), fields);
        mutables = rt_cons(vm, value_from_bool(r->is_mutable[i]), mutables);
    }
    Node *parent = r->parent == VALUE_NONE ? vm_node_const(vm, VALUE_FALSE, x->position)
                                           : vm_expand_car(x, r->parent, scope);
    if (!parent)
        return NULL;
    Node *args[] = {vm_node_const(vm, r->name, x->position), parent,
                    vm_node_const(vm, fields, x->position),
                    vm_node_const(vm, mutables, x->position)};
    return vm_prim_call(x, x->language->prim.record_type, 4, args);
}

bool vm_definition_record_type(Expander *x, const Definition *d, Scope *scope, Node **type) {
    RecordShape *r = d->record;
    if (r->parent != VALUE_NONE) {
        r->type_var = vm_var_new(x->vm, r->name);
        return (*type = record_type_value(x, d, scope)) != NULL;
    }
    Value *fields = NEW_ARRAY(x, Value, r->own);
    for (uint32_t i = 0; i < r->own; i++)
        fields[i] = vm_identifier_symbol(value_vector(r->fields)->item[i]);
    r->type = rt_record_type_new(x->vm, r->name, VALUE_FALSE, (int)r->own, fields, r->is_mutable);
    return r->type != VALUE_FAILURE;
}

Var *vm_definition_record_var(const Definition *d) { return d->record->type_var; }

static Node *type_reference(Expander *x, const Definition *d, Position position, Scope *scope) {
    const RecordShape *r = d->record;
    if (r->type != VALUE_NONE)
        return vm_node_const(x->vm, r->type, position);
    if (r->type_var)
        return vm_node_local(x->vm, r->type_var, position);
    return vm_expand_datum(x, d->names[0], position, scope);
}

// The name a type has in messages: without the angle brackets of <point>.
static Value type_label(Expander *x, const RecordShape *r) {
    Value name = value_symbol(r->name)->name;
    size_t n = string_length(name);
    if (n < 3 || string_char(name, 0) != '<' || string_char(name, n - 1) != '>')
        return name;
    Value label = rt_substring(x->vm, name, 1, n - 1);
    return label == VALUE_FAILURE ? name : label;
}

static Node *record_constructor(Expander *x, const Definition *d, Node *type, Position position) {
    const RecordShape *r = d->record;
    VM *vm = x->vm;
    uint32_t total = r->inherited + r->own, count = r->initialised_count;
    Var **params = NEW_ARRAY(x, Var *, count);
    Node **args = NEW_ARRAY(x, Node *, (size_t)total + 1);
    args[0] = type;
    for (uint32_t i = 0; i < total; i++)
        args[i + 1] = vm_node_const(vm, VALUE_FALSE, position);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t field = r->initialised[i];
        params[i] = vm_var_new(vm, vm_identifier_symbol(value_vector(r->fields)->item[field]));
        args[field + 1] = vm_node_local(vm, params[i], position);
    }
    Node *body = vm_prim_call(x, x->language->prim.record, total + 1, args);
    return vm_node_lambda(vm, vm_lambda_new(vm, VALUE_FALSE, position, count, params, body));
}

// (lambda (r) (if (%record? r type) (%record-ref r type i) (%wrong-type 'accessor 1 "point" r))):
// the test is there so that the error names the accessor.
static Node *record_access(Expander *x, const Definition *d, uint32_t i, Node *type, Scope *scope) {
    const RecordShape *r = d->record;
    const RecordName *n = &r->names[i];
    const Language *l = x->language;
    VM *vm = x->vm;
    Position position = n->position;
    Var *params[2] = {vm_var_new(vm, r->name), NULL};
    Node *test[] = {vm_node_local(vm, params[0], position), type};
    Node *is_record = vm_prim_call(x, l->prim.is_record, 2, test);
    uint32_t count = 1;
    if (n->kind != RECORD_NAME_PREDICATE) {
        bool modifies = n->kind == RECORD_NAME_MODIFIER;
        Node *again = type_reference(x, d, position, scope);
        if (!again)
            return NULL;
        Node *args[] = {vm_node_local(vm, params[0], position), again,
                        vm_node_const(vm, value_from_fixnum(n->field), position), NULL};
        if (modifies) {
            count = 2;
            params[1] =
                vm_var_new(vm, vm_identifier_symbol(value_vector(r->fields)->item[n->field]));
            args[3] = vm_node_local(vm, params[1], position);
        }
        Node *wrong[] = {vm_node_const(vm, vm_identifier_symbol(d->names[i]), position),
                         vm_node_const(vm, value_from_fixnum(1), position),
                         vm_node_const(vm, type_label(x, r), position),
                         vm_node_local(vm, params[0], position)};
        is_record = vm_node_if(vm, is_record,
                               modifies ? vm_prim_call(x, l->prim.record_set, 4, args)
                                        : vm_prim_call(x, l->prim.record_ref, 3, args),
                               vm_prim_call(x, l->prim.wrong_type, 4, wrong), position);
    }
    return vm_node_lambda(vm, vm_lambda_new(vm, VALUE_FALSE, position, count, params, is_record));
}

Node *vm_definition_record_value(Expander *x, const Definition *d, uint32_t i, Scope *scope) {
    const RecordName *n = &d->record->names[i];
    bool top = d->record->type != VALUE_NONE || d->record->type_var;
    if (n->kind == RECORD_NAME_TYPE && !top)
        return record_type_value(x, d, scope);
    Node *type = type_reference(x, d, n->position, scope);
    if (!type || n->kind == RECORD_NAME_TYPE)
        return type;
    Node *value = n->kind == RECORD_NAME_CONSTRUCTOR ? record_constructor(x, d, type, n->position)
                                                     : record_access(x, d, i, type, scope);
    if (value)
        value->lambda->name = vm_identifier_symbol(d->names[i]);
    return value;
}

bool vm_parse_definition(Expander *x, const Form *form, Scope *scope, Definition *out) {
    *out = (Definition){.form = *form};
    x->position = form->position;
    switch (form->core->kind) {
    case FORM_DEFINE:
        return parse_define(x, out);
    case FORM_DEFINE_VALUES:
        return parse_define_values(x, out);
    default:
        return parse_record(x, out, scope);
    }
}

// ---- global variables

static bool imported_already(Expander *x, const Form *form, Value identifier, Position position,
                             Position imported) {
    vm_form_error(x, form, position, VALUE_NULL, "%s is imported at %s and cannot be defined",
                  vm_name_text(x->vm, identifier), vm_position_text(x->vm, imported));
    return false;
}

// The binding that a definition of `identifier` in the environment fills in: its own one, new or
// not yet defined. NULL: not allowed, condition set.
static Binding *claim(Expander *x, const Form *form, Value identifier, Position position) {
    VM *vm = x->vm;
    Environment *environment = x->environment;
    if (environment->fixed) {
        vm_form_error(x, form, position, VALUE_NULL, "nothing can be defined in this environment");
        return NULL;
    }
    Scope *scope = environment->scope;
    Position bound = 0;
    Binding *b = vm_scope_find(scope, identifier, &bound);
    if (!b || b->home != environment || b->kind != BINDING_GLOBAL || !b->defined)
        vm_cache_meaning(x);
    bool library = environment->kind == ENVIRONMENT_LIBRARY;
    if (b && b->home != environment) {
        if (library)
            return imported_already(x, form, identifier, position, bound), NULL;
        if (environment->kind == ENVIRONMENT_INTERACTIVE && b->kind <= BINDING_GLOBAL) {
            if (b->kind == BINDING_LAZY && !vm_library_force(vm, b))
                return NULL;
            if (b->kind == BINDING_GLOBAL) {
                b = vm_environment_copy_import(vm, environment, identifier, b);
                b->position = position;
                b->original = NULL;
                return b;
            }
        }
        vm_table_find(&scope->table, identifier)->item = NULL;
        b = NULL;
    }
    if (b && library && b->defined) {
        vm_form_error(x, form, position, VALUE_NULL, "%s is already defined at %s",
                      vm_name_text(vm, identifier), vm_position_text(vm, b->position));
        return NULL;
    }
    if (!b) {
        b = vm_scope_bind(vm, scope, identifier, position);
        b->home = environment;
    }
    b->position = position;
    b->original = NULL;
    b->record_fields = VALUE_NONE;
    return b;
}

Binding *vm_define_global(Expander *x, const Form *form, Value identifier, Position position) {
    Binding *b = claim(x, form, identifier, position);
    if (!b)
        return NULL;
    if (b->kind != BINDING_GLOBAL) {
        b->kind = BINDING_GLOBAL;
        b->cell = vm_cell_new(x->vm, vm_identifier_symbol(identifier), x->environment);
    } else if (b->defined) {
        b->assigned = true;
    }
    b->defined = true;
    vm_cache_define(x, identifier, position);
    vm_pending_defined(x, b);
    return b;
}

// ---- keywords

bool vm_transformer(Expander *x, const Form *form, Value pair, Value name, Scope *scope,
                    Binding *out) {
    VM *vm = x->vm;
    Form spec;
    Position saved = x->position;
    if (!vm_classify(x, value_car(pair), vm_position_car(x, pair), scope, &spec))
        return false;
    if (value_is_identifier(spec.datum)) { // another name for a keyword
        Denotation d;
        if (!vm_resolve(vm, scope, spec.datum, &d))
            return false;
        if (d.binding && (d.binding->kind == BINDING_FORM || d.binding->kind == BINDING_MACRO)) {
            *out = *d.binding;
            out->original = d.binding;
            out->defined = true;
            x->position = saved;
            return true;
        }
    }
    if (!spec.core || strcmp(spec.core->name, "syntax-rules") != 0) {
        x->position = saved;
        vm_bad_part(x, form, pair, VALUE_NULL, "expected (syntax-rules ...)");
        return false;
    }
    Macro *macro = rt_object_new(vm, TYPE_MACRO, 0, 0, sizeof *macro);
    macro->name = vm_identifier_symbol(name);
    macro->scope = scope;
    macro->rules = vm_syntax_rules_new(x, &spec, scope);
    if (!macro->rules)
        return false;
    *out = (Binding){.kind = BINDING_MACRO, .defined = true, .macro = value_from_pointer(macro)};
    x->position = saved;
    return true;
}

// (defmacro name parameters body ...): its transformer is a procedure of the top level; local
// variables are not visible to it, local keywords neither.
static bool procedural_transformer(Expander *x, const Form *form, Value name, Binding *out) {
    VM *vm = x->vm;
    Value parameters = value_cdr(second(form));
    vm_cache_doubt(x);
    Lambda *lambda = vm_expand_procedure(x, form, parameters, value_cdr(parameters),
                                         x->environment->scope, vm_identifier_symbol(name), true);
    if (!lambda)
        return false;
    Macro *macro = rt_object_new(vm, TYPE_MACRO, 0, 0, sizeof *macro);
    macro->name = vm_identifier_symbol(name);
    macro->scope = x->environment->scope;
    if (!vm_pending_run(x))
        return false;
    macro->procedure = vm_run_node(vm, vm_node_lambda(vm, lambda));
    if (macro->procedure == VALUE_FAILURE)
        return false;
    *out = (Binding){.kind = BINDING_MACRO, .defined = true, .macro = value_from_pointer(macro)};
    return true;
}

bool vm_define_syntax(Expander *x, const Form *form, Scope *scope) {
    VM *vm = x->vm;
    bool procedural = strcmp(form->core->name, "defmacro") == 0;
    ptrdiff_t length = rt_list_length(form->datum);
    if (procedural ? length < 4 : length != 3)
        return vm_bad_syntax(x, form) != NULL;
    x->position = form->position;
    Value name = value_car(second(form));
    Position position = vm_position_car(x, second(form));
    if (!value_is_identifier(name)) {
        vm_bad_part(x, form, second(form), rt_list(vm, 1, name), "not a keyword:");
        return false;
    }
    // The keyword is bound before its transformer is read: a body's macro may refer to itself.
    Binding *b;
    Environment *home = NULL;
    Binding meaning = {0};
    if (scope->outer) {
        b = vm_scope_bind(vm, scope, name, position);
        if (!b) {
            vm_form_error(x, form, position, rt_list(vm, 1, name),
                          "bad syntax: duplicate definition of");
            return false;
        }
        // Until then it means nothing: a variable that is never ready.
        b->kind = BINDING_LOCAL;
        b->var = vm_var_new(vm, vm_identifier_symbol(name));
        if (!(procedural ? procedural_transformer(x, form, name, &meaning)
                         : vm_transformer(x, form, value_cdr(second(form)), name, scope, &meaning)))
            return false;
    } else {
        if (!(procedural ? procedural_transformer(x, form, name, &meaning)
                         : vm_transformer(x, form, value_cdr(second(form)), name, scope, &meaning)))
            return false;
        // Another name for itself changes nothing; in a library the name is imported then.
        IdentifierEntry *entry = vm_table_find(&scope->table, name);
        if (entry && entry->item == meaning.original && meaning.original &&
            x->environment->kind != ENVIRONMENT_LIBRARY)
            return true;
        if (!(b = claim(x, form, name, position)))
            return false;
        if (b->kind == BINDING_GLOBAL && x->environment->kind != ENVIRONMENT_LIBRARY) {
            // Code that refers to the variable keeps its cell.
            entry = vm_table_find(&scope->table, name);
            entry->item = NULL;
            b = vm_scope_bind(vm, scope, name, position);
        }
        home = x->environment;
    }
    meaning.position = position;
    meaning.home = home;
    *b = meaning;
    return true;
}
