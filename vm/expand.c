// The expander's driver: finding out what a form is, expressions, top-level forms, errors. See
// expand_int.h.
#include "vm/expand.h"
#include "runtime/dict.h"
#include "runtime/interrupt.h"
#include "runtime/port.h"
#include "runtime/printer.h"
#include "runtime/string.h"
#include "runtime/symbol.h"
#include "runtime/vector.h"
#include "vm/cache.h"
#include "vm/expand_int.h"
#include "vm/passes.h"
#include "vm/pending_int.h"
#include "vm/tier.h"
#include <stdarg.h>
#include <stdio.h>

// ---- positions and errors

Position vm_position_pair(const Expander *x, Value pair) {
    Position p = value_is_pair(pair) ? rt_source_map_pair(x->map, pair) : 0;
    return p ? p : x->position;
}

Position vm_position_car(const Expander *x, Value pair) {
    Position p = 0;
    if (value_is_pair(pair)) {
        if (value_is_pair(value_car(pair)))
            p = rt_source_map_pair(x->map, value_car(pair));
        if (!p)
            p = rt_source_map_car(x->map, pair);
    }
    return p ? p : x->position;
}

const char *vm_name_text(VM *vm, Value name) {
    char *text = rt_string_to_utf8(vm, rt_write_limited(vm, vm_strip(vm, name), 200), NULL);
    return text ? text : "?";
}

const char *vm_position_text(VM *vm, Position position) {
    if (!position)
        return "an unknown place";
    const char *name = rt_source_name(vm, position_source(position));
    size_t size = strlen(name) + 32;
    char *text = rt_raw_new_atomic(vm, size);
    snprintf(text, size, "%s:%u:%u", name, position_line(position), position_column(position));
    return text;
}

Value vm_form_name(const Form *form) {
    Value datum = form->datum;
    if (value_is_pair(datum) && value_is_identifier(value_car(datum)))
        return vm_identifier_symbol(value_car(datum));
    return VALUE_FALSE;
}

// Irritants may hold aliases; a user has written symbols.
static void fail_at(Expander *x, Position position, Value who, Value irritants, const char *format,
                    va_list arguments) {
    char text[512];
    vsnprintf(text, sizeof text, format, arguments);
    rt_fail_at(x->vm, CONDITION_SYNTAX, position, who, vm_strip(x->vm, irritants), "%s", text);
}

Node *vm_form_error(Expander *x, const Form *form, Position position, Value irritants,
                    const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fail_at(x, position ? position : x->position, vm_form_name(form), irritants, format, arguments);
    va_end(arguments);
    return NULL;
}

Node *vm_bad_part(Expander *x, const Form *form, Value pair, Value irritants, const char *format,
                  ...) {
    char text[480];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    Position position = value_is_pair(pair) ? vm_position_car(x, pair) : 0;
    return vm_form_error(x, form, position ? position : form->position, irritants, "bad syntax: %s",
                         text);
}

Node *vm_bad_syntax(Expander *x, const Form *form) {
    return vm_form_error(x, form, form->position, VALUE_NULL, "bad syntax: expected %s",
                         form->core ? form->core->usage : "a list");
}

bool vm_poll(Expander *x) {
    VM *vm = x->vm;
    if (__builtin_expect(atomic_load_explicit(&vm->interrupts, memory_order_relaxed) == 0, 1))
        return true;
    unsigned bits = atomic_load(&vm->interrupts);
    if ((bits & INTERRUPT_EVENTS) == 0)
        return true;
    if (bits & (INTERRUPT_TIMER | INTERRUPT_HOST)) {
        // The bits stay set: an evaluator around this expansion is to stop as well, whatever
        // handlers do.
        rt_fail_at(vm, CONDITION_INTERRUPT, x->position, VALUE_FALSE, VALUE_NULL, "%s",
                   bits & INTERRUPT_HOST ? "stopped by the host" : "time limit exceeded");
        return false;
    }
    if (rt_interrupt_take(vm) == INTERRUPTED_NOT)
        return true;
    rt_condition_set_field(vm->condition, CONDITION_FIELD_POSITION,
                           rt_position_value(vm, x->position));
    rt_condition_set_field(vm->condition, CONDITION_FIELD_WHO, VALUE_FALSE);
    return false;
}

// ---- constants

// Containers are followed with an explicit stack: constants may be as deep as memory allows.
typedef struct Worklist {
    VM *vm;
    Value *item;
    size_t count, capacity;
} Worklist;

static void worklist_push(Worklist *w, Value v) {
    if (w->count == w->capacity) {
        size_t capacity = w->capacity ? 2 * w->capacity : 64;
        Value *item = rt_raw_new(w->vm, capacity * sizeof *item);
        if (w->count)
            memcpy(item, w->item, w->count * sizeof *item);
        w->item = item;
        w->capacity = capacity;
    }
    w->item[w->count++] = v;
}

static bool is_container(Value v) {
    return value_is_pair(v) || value_is_vector(v) || value_is_dict(v);
}

// Apply fn to each direct part of a container.
static void each_part(VM *vm, Value v, void (*fn)(void *context, Value part), void *context) {
    if (value_is_pair(v)) {
        fn(context, value_car(v));
        fn(context, value_cdr(v));
    } else if (value_is_vector(v)) {
        for (size_t i = 0, n = vector_length(v); i < n; i++)
            fn(context, value_vector(v)->item[i]);
    } else {
        TableCursor cursor;
        bool found;
        rt_table_cursor_init(&cursor, v);
        while (rt_table_next(vm, &cursor, &found) && found) {
            fn(context, cursor.key);
            fn(context, cursor.value);
        }
    }
}

// Does the datum hold no alias? Gives up (false) after a bounded number of steps, so that it ends
// on cycles.
enum { CLEAN_STEPS = 100000 };
static bool is_clean(VM *vm, Value datum) {
    Worklist todo = {.vm = vm};
    for (int steps = 0; steps < CLEAN_STEPS; steps++) {
        while (value_is_pair(datum)) {
            Value car = value_car(datum);
            if (value_is_alias(car))
                return false;
            if (is_container(car))
                worklist_push(&todo, car);
            datum = value_cdr(datum);
            if (++steps > CLEAN_STEPS)
                return false;
        }
        if (value_is_alias(datum) || value_is_dict(datum))
            return false;
        if (value_is_vector(datum)) {
            for (size_t i = 0, n = vector_length(datum); i < n; i++) {
                Value item = value_vector(datum)->item[i];
                if (value_is_alias(item))
                    return false;
                if (is_container(item))
                    worklist_push(&todo, item);
            }
            steps += (int)(vector_length(datum) / 8 % CLEAN_STEPS);
        }
        if (todo.count == 0)
            return true;
        datum = todo.item[--todo.count];
    }
    return false;
}

// Copies of what (transitively) holds an alias; everything else is shared with the original.
typedef struct Strip {
    VM *vm;
    IdentifierTable seen; // container -> its copy as a pointer; NULL: none
    bool *dirty;          // parallel to seen's entries
    bool any;             // scratch of part_is_dirty
    Worklist todo;
} Strip;

static void strip_discover(void *context, Value part) {
    Strip *s = context;
    if (!is_container(part))
        return;
    uint32_t before = s->seen.count;
    vm_table_add(s->vm, &s->seen, part);
    if (s->seen.count != before)
        worklist_push(&s->todo, part);
}

static void part_is_dirty(void *context, Value part) {
    Strip *s = context;
    if (s->any)
        return;
    if (value_is_alias(part)) {
        s->any = true;
    } else if (is_container(part)) {
        const IdentifierEntry *entry = vm_table_find(&s->seen, part);
        s->any = s->dirty[entry - s->seen.entry];
    }
}

static Value stripped(const Strip *s, Value part) {
    if (value_is_alias(part))
        return vm_identifier_symbol(part);
    if (!is_container(part))
        return part;
    const IdentifierEntry *entry = vm_table_find(&s->seen, part);
    return entry->item ? value_from_pointer(entry->item) : part;
}

Value vm_strip(VM *vm, Value datum) {
    if (value_is_alias(datum))
        return vm_identifier_symbol(datum);
    const Language *l = vm->language;
    bool no_alias = l->forms_under_way && l->aliases == l->aliases_before;
    if (no_alias || !is_container(datum) || is_clean(vm, datum))
        return datum;
    Strip s = {.vm = vm, .todo = {.vm = vm}};
    strip_discover(&s, datum);
    while (s.todo.count)
        each_part(vm, s.todo.item[--s.todo.count], strip_discover, &s);
    uint32_t count = s.seen.count;
    s.dirty = rt_raw_new_atomic(vm, count);
    memset(s.dirty, 0, count);
    // What was discovered later is mostly inside of what was discovered earlier: few rounds are
    // needed.
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t i = count; i-- > 0;) {
            if (s.dirty[i])
                continue;
            s.any = false;
            each_part(vm, s.seen.entry[i].key, part_is_dirty, &s);
            if (s.any)
                s.dirty[i] = changed = true;
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!s.dirty[i])
            continue;
        Value v = s.seen.entry[i].key, copy;
        if (value_is_pair(v)) {
            copy = rt_cons(vm, VALUE_NULL, VALUE_NULL);
        } else if (value_is_vector(v)) {
            size_t n = vector_length(v);
            Vector *vector = rt_object_new(vm, TYPE_VECTOR, object_flags(value_object(v)),
                                           (uint32_t)n, (n ? n : 1) * sizeof(Value));
            copy = value_from_pointer(vector);
        } else {
            copy = rt_dict_new(vm);
        }
        s.seen.entry[i].item = value_object(copy);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!s.dirty[i])
            continue;
        Value v = s.seen.entry[i].key, copy = value_from_pointer(s.seen.entry[i].item);
        if (value_is_pair(v)) {
            rt_heap_store(&value_pair(copy)->car, stripped(&s, value_car(v)));
            rt_heap_store(&value_pair(copy)->cdr, stripped(&s, value_cdr(v)));
        } else if (value_is_vector(v)) {
            for (size_t k = 0, n = vector_length(v); k < n; k++)
                rt_heap_store(&value_vector(copy)->item[k], stripped(&s, value_vector(v)->item[k]));
        } else {
            TableCursor cursor;
            bool found;
            rt_table_cursor_init(&cursor, v);
            while (rt_table_next(vm, &cursor, &found) && found)
                if (!rt_dict_put(vm, copy, stripped(&s, cursor.key), stripped(&s, cursor.value)))
                    break;
        }
    }
    return stripped(&s, datum);
}

// ---- what a form is

bool vm_is_keyword(Expander *x, Scope *scope, Value datum, const char *name) {
    if (!value_is_identifier(datum))
        return false;
    Denotation d = vm_lookup(scope, datum);
    const Binding *b = d.binding;
    while (b && b->original)
        b = b->original;
    if (b && b->kind == BINDING_FORM)
        return strcmp(b->form->name, name) == 0;
    // A program that imports no binding of `else` or `...` still means the keyword.
    if (b && !(b->kind == BINDING_GLOBAL && !b->defined))
        return false;
    return rt_string_is(value_symbol(vm_identifier_symbol(datum))->name, name);
}

enum {
    MACRO_CHAIN_MAX = 1000000
}; // uses of macros at one place, each the expansion of the one before

bool vm_classify(Expander *x, Value datum, Position position, Scope *scope, Form *out) {
    VM *vm = x->vm;
    if (position)
        x->position = position;
    for (uint32_t chain = 0;; chain++) {
        Position own = value_is_pair(datum) ? rt_source_map_pair(x->map, datum) : 0;
        if (own)
            x->position = own;
        *out = (Form){.datum = datum, .position = x->position};
        if (!value_is_pair(datum) || !value_is_identifier(value_car(datum)))
            return true;
        Denotation d;
        if (!vm_resolve(vm, scope, value_car(datum), &d))
            return false;
        if (!d.binding)
            return true;
        if (d.binding->kind == BINDING_FORM) {
            out->core = d.binding->form;
            return true;
        }
        if (d.binding->kind != BINDING_MACRO)
            return true;
        if (chain == MACRO_CHAIN_MAX) {
            vm_form_error(x, out, 0, VALUE_NULL, "macro expansion does not end");
            return false;
        }
        if (!vm_poll(x))
            return false;
        if (!vm_expand_macro(x, value_macro(d.binding->macro), datum, scope, &datum))
            return false;
    }
}

bool vm_expand_macro(Expander *x, Macro *macro, Value datum, Scope *scope, Value *out) {
    VM *vm = x->vm;
    x->language->expansions++;
    if (macro->rules) {
        *out = vm_syntax_rules_expand(x, macro, datum, scope);
        return *out != VALUE_FAILURE;
    }
    ptrdiff_t count = rt_list_length(value_cdr(datum));
    if (count < 0 || count > INT32_MAX) {
        Form form = {.datum = datum, .position = x->position};
        vm_form_error(x, &form, 0, VALUE_NULL, "bad syntax: expected a list");
        return false;
    }
    vm_cache_procedural(x);
    if (!vm_pending_run(x))
        return false;
    Value *arguments = NEW_ARRAY(x, Value, count);
    Value rest = value_cdr(datum);
    for (ptrdiff_t i = 0; i < count; i++, rest = value_cdr(rest))
        arguments[i] = value_car(rest);
    *out = vm->tier->apply(vm, macro->procedure, (int)count, arguments);
    if (*out != VALUE_FAILURE)
        return true;
    if (vm->exit_status == VALUE_NONE && rt_is_condition(vm, vm->condition, CONDITION_CONDITION) &&
        rt_condition_field(vm->condition, CONDITION_FIELD_POSITION) == VALUE_FALSE)
        rt_condition_set_field(vm->condition, CONDITION_FIELD_POSITION,
                               rt_position_value(vm, x->position));
    return false;
}

// ---- expressions

Value vm_missing_value(const Expander *x) {
    return x->environment->sx ? VALUE_NIL : VALUE_UNSPECIFIED;
}

Node *vm_prim_call(Expander *x, const Primitive *prim, uint32_t count, Node **args) {
    return vm_node_prim_row(x->vm, prim, count, args, x->position);
}

static Node *expand_identifier(Expander *x, Value identifier, Scope *scope) {
    Denotation d;
    if (!vm_resolve(x->vm, scope, identifier, &d))
        return NULL;
    Binding *b = d.binding;
    if (b && b->kind == BINDING_LOCAL) {
        if (!b->ready)
            b->var->checked = true;
        return vm_node_local(x->vm, b->var, x->position);
    }
    if (b && (b->kind == BINDING_FORM || b->kind == BINDING_MACRO)) {
        rt_fail_at(x->vm, CONDITION_SYNTAX, x->position, vm_identifier_symbol(identifier),
                   VALUE_NULL, "bad syntax: a keyword is not an expression");
        return NULL;
    }
    if (b && b->home == x->language->core)
        return vm_node_const(x->vm, value_cell(b->cell)->value, x->position);
    return vm_node_global(x->vm, vm_variable_reference(x->vm, d)->cell, x->position);
}

static Node *expand_dict(Expander *x, Value datum, Scope *scope) {
    uint32_t count = (uint32_t)rt_dict_count(datum), i = 0;
    Node **items = NEW_ARRAY(x, Node *, 2 * (size_t)count);
    TableCursor cursor;
    bool found;
    rt_table_cursor_init(&cursor, datum);
    for (;;) {
        if (!rt_table_next(x->vm, &cursor, &found))
            return NULL;
        if (!found || i == count)
            break;
        items[2 * i] = vm_expand_datum(x, cursor.key, 0, scope);
        if (!items[2 * i])
            return NULL;
        items[2 * i + 1] = vm_expand_datum(x, cursor.value, 0, scope);
        if (!items[2 * i + 1])
            return NULL;
        i++;
    }
    return vm_prim_call(x, x->language->prim.dict, 2 * i, items);
}

static Node *expand_atom(Expander *x, Value datum, Scope *scope) {
    if (value_is_identifier(datum))
        return expand_identifier(x, datum, scope);
    if (datum == VALUE_NULL) {
        rt_fail_at(x->vm, CONDITION_SYNTAX, x->position, VALUE_FALSE, VALUE_NULL,
                   "bad syntax: () is not an expression");
        return NULL;
    }
    if (value_is_dict(datum))
        return expand_dict(x, datum, scope);
    if (value_is_vector(datum))
        datum = vm_strip(x->vm, datum);
    return vm_node_const(x->vm, datum, x->position);
}

static Node *expand_call(Expander *x, const Form *form, Scope *scope) {
    ptrdiff_t count = rt_list_length(form->datum);
    if (count < 0 || count > INT32_MAX) {
        rt_fail_at(x->vm, CONDITION_SYNTAX, form->position, VALUE_FALSE, VALUE_NULL,
                   count == LIST_CIRCULAR ? "bad syntax: the form is circular"
                                          : "bad syntax: a call has a dotted end");
        return NULL;
    }
    if (count - 1 > WRITTEN_ARGUMENTS_MAX) {
        rt_fail_at(x->vm, CONDITION_SYNTAX, form->position, VALUE_FALSE, VALUE_NULL,
                   "bad syntax: a call with %td arguments; at most %d can be written, apply takes "
                   "any number",
                   count - 1, WRITTEN_ARGUMENTS_MAX);
        return NULL;
    }
    Node *fn = vm_expand_car(x, form->datum, scope);
    if (!fn)
        return NULL;
    uint32_t argc = (uint32_t)count - 1;
    Node **args = NEW_ARRAY(x, Node *, argc);
    Value rest = value_cdr(form->datum);
    for (uint32_t i = 0; i < argc; i++, rest = value_cdr(rest))
        if (!(args[i] = vm_expand_car(x, rest, scope)))
            return NULL;
    return vm_node_call(x->vm, fn, argc, args, form->position);
}

Node *vm_expand_classified(Expander *x, const Form *form, Scope *scope) {
    Position saved = x->position;
    x->position = form->position;
    Node *node;
    if (form->core && form->core->handler)
        node = form->core->handler(x, form, scope);
    else if (form->core)
        node = vm_form_error(
            x, form, form->position, VALUE_NULL,
            form->core->kind >= FORM_IMPORT
                ? "only allowed at top level"
                : "bad syntax: a definition is only allowed at top level or in a body");
    else if (value_is_pair(form->datum))
        node = expand_call(x, form, scope);
    else
        node = expand_atom(x, form->datum, scope);
    x->position = saved;
    return node;
}

Node *vm_expand_datum(Expander *x, Value datum, Position position, Scope *scope) {
    if (rt_stack_low(x->vm)) {
        rt_fail_depth(x->vm);
        return NULL;
    }
    Position saved = x->position;
    Form form;
    Node *node = NULL;
    if (vm_classify(x, datum, position, scope, &form))
        node = vm_expand_classified(x, &form, scope);
    x->position = saved;
    return node;
}

Node *vm_expand_car(Expander *x, Value pair, Scope *scope) {
    return vm_expand_datum(x, value_car(pair), vm_position_car(x, pair), scope);
}

Node *vm_expand_sequence(Expander *x, const Form *form, Value list, Scope *scope) {
    ptrdiff_t count = rt_list_length(list);
    if (count <= 0 || count > INT32_MAX)
        return vm_bad_syntax(x, form);
    if (count == 1)
        return vm_expand_car(x, list, scope);
    Node **items = NEW_ARRAY(x, Node *, count);
    for (ptrdiff_t i = 0; i < count; i++, list = value_cdr(list))
        if (!(items[i] = vm_expand_car(x, list, scope)))
            return NULL;
    return vm_node_seq(x->vm, (uint32_t)count, items, form->position);
}

// ---- top level

Value vm_run_node(VM *vm, Node *node) {
    Lambda *top = vm_passes_run(vm, node);
    if (!top)
        return VALUE_FAILURE;
    return vm->tier->run(vm, top);
}

void vm_pending_add(Expander *x, Node *node) {
    PendingForms *p = x->pending;
    if (p->count == p->capacity) {
        uint32_t capacity = p->capacity ? 2 * p->capacity : 16;
        Node **item = rt_raw_new(x->vm, capacity * sizeof *item);
        if (p->count)
            memcpy(item, p->item, p->count * sizeof *item);
        p->item = item;
        p->capacity = capacity;
    }
    p->item[p->count++] = node;
}

void vm_pending_defined(Expander *x, Binding *binding) {
    PendingForms *p = x->pending;
    if (!p)
        return;
    if (p->defined_count == p->defined_capacity) {
        uint32_t capacity = p->defined_capacity ? 2 * p->defined_capacity : 16;
        Binding **defined = rt_raw_new(x->vm, capacity * sizeof(Binding *));
        if (p->defined_count)
            memcpy(defined, p->defined, p->defined_count * sizeof(Binding *));
        p->defined = defined;
        p->defined_capacity = capacity;
    }
    p->defined[p->defined_count++] = binding;
}

bool vm_pending_run(Expander *x) {
    PendingForms *p = x->pending;
    if (!p || !p->runnable)
        return true;
    while (p->next < p->count) {
        Node *node = p->item[p->next];
        p->item[p->next++] = NULL;
        if (vm_run_node(x->vm, node) == VALUE_FAILURE)
            return false;
        if (p->seal)
            p->seal(x);
    }
    return true;
}

// A form that a macro made of several definitions may refer to names that it defines further on.
// Those that are aliases must be known first: else the reference would be to the plain symbol.
static void declare_aliases(Expander *x, Value forms) {
    if (x->environment->fixed)
        return;
    Scope *scope = x->environment->scope;
    for (; value_is_pair(forms); forms = value_cdr(forms)) {
        Value datum = value_car(forms);
        if (!value_is_pair(datum) || !value_is_identifier(value_car(datum)))
            continue;
        if (!value_is_pair(value_cdr(datum)))
            continue;
        Denotation d = vm_lookup(scope, value_car(datum));
        if (!d.binding || d.binding->kind != BINDING_FORM || d.binding->form->kind != FORM_DEFINE)
            continue;
        Value name = value_car(value_cdr(datum));
        if (value_is_pair(name))
            name = value_car(name);
        if (!value_is_alias(name) || vm_table_find(&scope->table, name))
            continue;
        vm_variable_reference(x->vm, (Denotation){.environment = x->environment, .key = name});
    }
}

Value vm_spliced_forms(Expander *x, const Form *form, Scope *scope) {
    Value forms;
    if (form->core->kind == FORM_INCLUDE) {
        forms = vm_include_forms(x, form);
    } else if (form->core->kind == FORM_COND_EXPAND) {
        forms = vm_cond_expand_forms(x, form);
    } else {
        forms = value_cdr(form->datum);
        if (rt_list_length(forms) < 0) {
            vm_bad_syntax(x, form);
            return VALUE_FAILURE;
        }
    }
    return forms;
}

static Node *store_global(Expander *x, void *context, uint32_t i, Node *value) {
    return vm_node_define(x->vm, ((Binding **)context)[i]->cell, value, x->position);
}

static Node *expand_definition(Expander *x, const Form *form) {
    Scope *scope = x->environment->scope;
    Definition d;
    if (!vm_parse_definition(x, form, scope, &d))
        return NULL;
    Binding **bindings = NEW_ARRAY(x, Binding *, d.count);
    for (uint32_t i = 0; i < d.count; i++) {
        Position position = i == 0 ? vm_position_car(x, d.name_pair) : form->position;
        if (!(bindings[i] = vm_define_global(x, form, d.names[i], position)))
            return NULL;
    }
    if (form->core->kind == FORM_DEFINE) {
        Node *value = vm_definition_value(x, &d, scope);
        return value ? store_global(x, bindings, 0, value) : NULL;
    }
    if (form->core->kind == FORM_DEFINE_VALUES)
        return vm_definition_values(x, &d, scope, store_global, bindings);
    Node **items = NEW_ARRAY(x, Node *, d.count);
    vm_definition_record_note(x, &d, bindings[0]);
    Node *type = NULL;
    if (!vm_definition_record_type(x, &d, scope, &type))
        return NULL;
    for (uint32_t i = 0; i < d.count; i++) {
        Node *value = vm_definition_record_value(x, &d, i, scope);
        if (!value)
            return NULL;
        items[i] = store_global(x, bindings, i, value);
    }
    Node *all = vm_node_seq(x->vm, d.count, items, form->position);
    Var *var = vm_definition_record_var(&d);
    return var ? vm_node_let(x->vm, 1, &var, &type, all, form->position) : all;
}

// Expand one form that does not splice; NULL with *ok when there is nothing to run.
static Node *expand_single(Expander *x, const Form *form, bool *ok) {
    VM *vm = x->vm;
    Node *node = NULL;
    *ok = true;
    switch (form->core ? form->core->kind : FORM_EXPRESSION) {
    case FORM_DEFINE:
    case FORM_DEFINE_VALUES:
    case FORM_DEFINE_RECORD:
        node = expand_definition(x, form);
        *ok = node != NULL;
        return node;
    case FORM_DEFINE_SYNTAX:
        vm_cache_doubt(x);
        vm_cache_meaning(x);
        *ok = vm_define_syntax(x, form, x->environment->scope);
        return NULL;
    case FORM_IMPORT:
        vm_cache_doubt(x);
        vm_cache_meaning(x);
        if (x->environment->fixed || x->environment->kind == ENVIRONMENT_LIBRARY) {
            vm_form_error(x, form, form->position, VALUE_NULL, "not allowed here");
            *ok = false;
            return NULL;
        }
        *ok = vm_import(vm, x->environment, form->datum, x->map, form->position);
        return NULL;
    case FORM_DEFINE_LIBRARY:
        vm_cache_doubt(x);
        vm_cache_meaning(x);
        *ok = vm_define_library(vm, form->datum, x->map, form->position);
        return NULL;
    default:
        node = vm_expand_classified(x, form, x->environment->scope);
        *ok = node != NULL;
        return node;
    }
}

// What is left of a splice under way, and the position of what made it.
typedef struct Splice {
    struct Splice *outer;
    Value rest;
    Position position;
} Splice;

// Top-level forms in order. With x->pending their code is collected, else each runs before the next
// is expanded; *result is the last one's value.
static bool process_toplevel(Expander *x, Value datum, Position position, Value *result) {
    Splice *splice = NULL;
    Position start = x->position;
    *result = VALUE_UNSPECIFIED;
    for (;;) {
        Form form;
        x->position = splice ? splice->position : start;
        if (!vm_classify(x, datum, position, x->environment->scope, &form))
            return false;
        FormKind kind = form.core ? form.core->kind : FORM_EXPRESSION;
        if (kind == FORM_BEGIN || kind == FORM_INCLUDE || kind == FORM_COND_EXPAND) {
            Value forms = vm_spliced_forms(x, &form, x->environment->scope);
            if (forms == VALUE_FAILURE)
                return false;
            declare_aliases(x, forms);
            Splice *inner = rt_raw_new(x->vm, sizeof *inner);
            *inner = (Splice){.outer = splice, .rest = forms, .position = form.position};
            splice = inner;
        } else {
            bool ok;
            Node *node = expand_single(x, &form, &ok);
            if (!ok)
                return false;
            *result = VALUE_UNSPECIFIED;
            if (node && x->pending) {
                vm_pending_add(x, node);
            } else if (node) {
                *result =
                    x->cache ? vm_cache_step(x->cache, node, !splice) : vm_run_node(x->vm, node);
                if (*result == VALUE_FAILURE)
                    return false;
            }
        }
        while (splice && splice->rest == VALUE_NULL)
            splice = splice->outer;
        if (!splice)
            return true;
        datum = value_car(splice->rest);
        x->position = splice->position;
        position = vm_position_car(x, splice->rest);
        splice->rest = value_cdr(splice->rest);
    }
}

bool vm_process_forms(Expander *x, Value forms) {
    declare_aliases(x, forms);
    for (; value_is_pair(forms); forms = value_cdr(forms)) {
        Value ignored;
        if (!process_toplevel(x, value_car(forms), vm_position_car(x, forms), &ignored))
            return false;
    }
    return true;
}

static Expander expander_new(VM *vm, Value environment, SourceMap *map) {
    return (Expander){.vm = vm,
                      .language = vm->language,
                      .map = map,
                      .environment = value_environment(environment)};
}

Value vm_eval_form_at(VM *vm, Value form, Value environment, SourceMap *map, Position position) {
    return vm_eval_form_cached(vm, form, environment, map, position, NULL);
}

Value vm_eval_form_cached(VM *vm, Value form, Value environment, SourceMap *map, Position position,
                          struct Cache *cache) {
    if (rt_stack_low(vm))
        return rt_fail_depth(vm);
    Language *language = vm->language;
    if (language->forms_under_way++ == 0)
        language->aliases_before = language->aliases;
    Expander x = expander_new(vm, environment, map);
    x.cache = cache;
    Value result;
    bool ok = process_toplevel(&x, form, position, &result);
    language->forms_under_way--;
    return ok ? result : VALUE_FAILURE;
}

Value vm_eval_form(VM *vm, Value form, Value environment, SourceMap *map) {
    return vm_eval_form_at(vm, form, environment, map, 0);
}

typedef struct LocatedForm {
    Value form;
    SourceMap *map;
} LocatedForm;

Value vm_located_form(VM *vm, Value form, SourceMap *map) {
    LocatedForm *located = rt_raw_new(vm, sizeof *located);
    *located = (LocatedForm){.form = form, .map = map};
    Foreign *foreign = rt_object_new(vm, TYPE_FOREIGN, 0, 0, sizeof *foreign);
    foreign->kind = rt_intern(vm, "located-form");
    foreign->pointer = located;
    foreign->release = NULL;
    return value_from_pointer(foreign);
}

Node *vm_expand(VM *vm, Value form, Value environment, SourceMap *map) {
    if (rt_stack_low(vm)) {
        rt_fail_depth(vm);
        return NULL;
    }
    if (value_is_foreign(form) && value_foreign(form)->kind == rt_intern(vm, "located-form")) {
        const LocatedForm *located = value_foreign(form)->pointer;
        form = located->form;
        map = located->map;
    }
    PendingForms pending = {.runnable = false};
    Expander x = expander_new(vm, environment, map);
    x.pending = &pending;
    Value ignored;
    if (!process_toplevel(&x, form, 0, &ignored))
        return NULL;
    if (pending.count == 0)
        return vm_node_const(vm, VALUE_UNSPECIFIED, x.position);
    return vm_node_seq(vm, pending.count, pending.item, pending.item[0]->position);
}
