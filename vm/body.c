// Bodies: definitions and expressions become one Fix with the semantics of letrec*.
//
// A body is read twice. Scanning expands macros at the heads of its forms until all definitions are
// known and bound; only then are the values and expressions expanded, in a scope that has all
// names. Each form's head is expanded once: what scanning found out is kept.
#include "vm/expand_int.h"

typedef struct BodyItem {
    Form form;
    Definition definition;
    Binding **bound; // NULL: an expression
} BodyItem;

typedef struct Body {
    Expander *x;
    const Form *form; // whose body it is
    Scope *scope;
    BodyItem *item;
    uint32_t count, capacity;
    uint32_t definitions; // items up to and with the last definition
    uint32_t variables;   // that all definitions bind
} Body;

static BodyItem *add_item(Body *b, const Form *form) {
    if (b->count == b->capacity) {
        uint32_t capacity = b->capacity ? 2 * b->capacity : 4;
        BodyItem *item = NEW_ARRAY(b->x, BodyItem, capacity);
        if (b->count)
            memcpy(item, b->item, b->count * sizeof *item);
        b->item = item;
        b->capacity = capacity;
    }
    BodyItem *item = &b->item[b->count++];
    *item = (BodyItem){.form = *form};
    return item;
}

static bool add_definition(Body *b, const Form *form) {
    Expander *x = b->x;
    BodyItem *item = add_item(b, form);
    Definition *d = &item->definition;
    if (!vm_parse_definition(x, form, b->scope, d))
        return false;
    item->bound = NEW_ARRAY(x, Binding *, d->count);
    for (uint32_t i = 0; i < d->count; i++) {
        Position position = i == 0 ? vm_position_car(x, d->name_pair) : form->position;
        Binding *binding = vm_scope_bind_var(x->vm, b->scope, d->names[i], position);
        if (!binding) {
            vm_form_error(x, form, position, rt_list(x->vm, 1, d->names[i]),
                          "bad syntax: duplicate definition of");
            return false;
        }
        binding->ready = false;
        item->bound[i] = binding;
    }
    if (d->record)
        vm_definition_record_note(x, d, item->bound[0]);
    b->variables += d->count;
    b->definitions = b->count;
    return true;
}

typedef struct Splice {
    struct Splice *outer;
    Value rest;
    Position position;
} Splice;

static bool scan(Body *b, Value list) {
    Expander *x = b->x;
    Splice *splice = rt_raw_new(x->vm, sizeof *splice);
    *splice = (Splice){.rest = list, .position = x->position};
    for (;;) {
        while (splice && splice->rest == VALUE_NULL)
            splice = splice->outer;
        if (!splice)
            return true;
        Value pair = splice->rest;
        splice->rest = value_cdr(pair);
        x->position = splice->position;
        Form form;
        if (!vm_classify(x, value_car(pair), vm_position_car(x, pair), b->scope, &form))
            return false;
        switch (form.core ? form.core->kind : FORM_EXPRESSION) {
        case FORM_BEGIN:
        case FORM_INCLUDE:
        case FORM_COND_EXPAND: {
            Value forms = vm_spliced_forms(x, &form, b->scope);
            if (forms == VALUE_FAILURE)
                return false;
            Splice *inner = rt_raw_new(x->vm, sizeof *inner);
            *inner = (Splice){.outer = splice, .rest = forms, .position = form.position};
            splice = inner;
            break;
        }
        case FORM_DEFINE:
        case FORM_DEFINE_VALUES:
        case FORM_DEFINE_RECORD:
            if (!add_definition(b, &form))
                return false;
            break;
        case FORM_DEFINE_SYNTAX:
            if (!vm_define_syntax(x, &form, b->scope))
                return false;
            break;
        default:
            add_item(b, &form);
        }
    }
}

static Node *store_local(Expander *x, void *context, uint32_t i, Node *value) {
    return vm_node_set_local(x->vm, ((Binding **)context)[i]->var, value, true, x->position);
}

// The bindings of the Fix under construction.
typedef struct Group {
    Var **vars;
    Node **inits;
    Binding **bound; // NULL: a place for an effect
    uint32_t count;
} Group;

static void group_add(Group *g, Var *var, Node *init, Binding *bound) {
    g->vars[g->count] = var;
    g->inits[g->count] = init;
    g->bound[g->count++] = bound;
}

static bool expand_item(Body *b, BodyItem *item, Group *g) {
    Expander *x = b->x;
    VM *vm = x->vm;
    Definition *d = &item->definition;
    x->position = item->form.position;
    if (!item->bound) {
        Node *effect = vm_expand_classified(x, &item->form, b->scope);
        if (!effect)
            return false;
        group_add(g, vm_var_new(vm, x->language->symbol.underscore), effect, NULL);
        return true;
    }
    if (item->form.core->kind == FORM_DEFINE_VALUES) {
        for (uint32_t i = 0; i < d->count; i++)
            group_add(g, item->bound[i]->var, vm_node_const(vm, VALUE_UNBOUND, x->position),
                      item->bound[i]);
        Node *effect = vm_definition_values(x, d, b->scope, store_local, item->bound);
        if (!effect)
            return false;
        group_add(g, vm_var_new(vm, x->language->symbol.underscore), effect, NULL);
        for (uint32_t i = 0; i < d->count; i++)
            item->bound[i]->ready = true;
        return true;
    }
    for (uint32_t i = 0; i < d->count; i++) {
        Node *value = d->record ? vm_definition_record_value(x, d, i, b->scope)
                                : vm_definition_value(x, d, b->scope);
        if (!value)
            return false;
        group_add(g, item->bound[i]->var, value, item->bound[i]);
        item->bound[i]->ready = true;
    }
    return true;
}

static Node *finish(Body *b) {
    Expander *x = b->x;
    VM *vm = x->vm;
    // An effect before a definition takes a place, define-values one more than it has names.
    size_t places = (size_t)b->variables + b->definitions;
    Group g = {.vars = NEW_ARRAY(x, Var *, places),
               .inits = NEW_ARRAY(x, Node *, places),
               .bound = NEW_ARRAY(x, Binding *, places)};
    for (uint32_t i = 0; i < b->definitions; i++)
        if (!expand_item(b, &b->item[i], &g))
            return NULL;
    uint32_t count = b->count - b->definitions;
    Node **items = NEW_ARRAY(x, Node *, count);
    for (uint32_t i = 0; i < count; i++) {
        items[i] = vm_expand_classified(x, &b->item[b->definitions + i].form, b->scope);
        if (!items[i])
            return NULL;
    }
    Node *body = vm_node_seq(vm, count, items, items[0]->position);
    // The lowering of Fix binds lambdas before anything else runs.
    for (uint32_t i = 0; i < g.count; i++)
        if (g.bound[i] && g.inits[i]->kind == NODE_LAMBDA && !g.bound[i]->assigned_local)
            g.vars[i]->checked = false;
    return vm_node_fix(vm, g.count, g.vars, g.inits, body, b->form->position);
}

Node *vm_expand_body(Expander *x, const Form *form, Value body, Scope *scope) {
    ptrdiff_t length = rt_list_length(body);
    if (length == 0)
        return vm_form_error(x, form, form->position, VALUE_NULL, "bad syntax: no body");
    if (length < 0)
        return vm_bad_syntax(x, form);
    Position saved = x->position;
    Body b = {.x = x, .form = form, .scope = vm_scope_new(x->vm, scope)};
    Node *node = NULL;
    if (scan(&b, body)) {
        if (b.count == b.definitions)
            node = vm_form_error(x, form, form->position, VALUE_NULL,
                                 b.count ? "bad syntax: no expression after the definitions"
                                         : "bad syntax: no expression in the body");
        else
            node = finish(&b);
    }
    x->position = saved;
    return node;
}
