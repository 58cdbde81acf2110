// Parameter lists and patterns.
//
// A clause of a procedure has parameters in the order required, optional, keyword, rest (core.h).
// What a pattern or a default makes of a parameter is bound inside of the lambda, one variable
// after the other:
//
//   (fn ((a b) &optional (c a)) body)
//   (lambda (p q) (let* ((l (%pattern-list p 2 #f)) (a (car l)) (t (cdr l)) (b (car t))
//                        (c (if (eq? q <not given>) a q)))
//                   body))
#include "runtime/dict.h"
#include "runtime/symbol.h"
#include "runtime/vector.h"
#include "vm/expand_int.h"

// ---- steps

void vm_steps_add(Steps *s, Var *var, Node *init) {
    if (s->count == s->capacity) {
        uint32_t capacity = s->capacity ? 2 * s->capacity : 4;
        Var **vars = rt_raw_new(s->vm, capacity * sizeof(Var *));
        Node **inits = rt_raw_new(s->vm, capacity * sizeof(Node *));
        if (s->count) {
            memcpy(vars, s->var, s->count * sizeof(Var *));
            memcpy(inits, s->init, s->count * sizeof(Node *));
        }
        s->var = vars;
        s->init = inits;
        s->capacity = capacity;
    }
    s->var[s->count] = var;
    s->init[s->count++] = init;
}

Node *vm_steps_wrap(Steps *s, Node *body, Position position) {
    for (uint32_t i = s->count; i-- > 0;)
        body = vm_node_let(s->vm, 1, &s->var[i], &s->init[i], body, position);
    return body;
}

// ---- patterns

typedef struct PatternContext {
    Expander *x;
    const Form *form;
    Scope *scope;
    Steps *steps;
} PatternContext;

bool vm_is_pattern(Value datum) {
    return value_is_pair(datum) || value_is_vector(datum) || value_is_dict(datum);
}

static Node *read_var(PatternContext *c, Var *var) {
    return vm_node_local(c->x->vm, var, c->x->position);
}

static Var *add_step(PatternContext *c, Node *init) {
    Var *var = vm_var_new(c->x->vm, c->x->language->symbol.underscore);
    vm_steps_add(c->steps, var, init);
    return var;
}

static Node *prim1(PatternContext *c, const Primitive *prim, Node *a) {
    return vm_prim_call(c->x, prim, 1, &a);
}
static Node *prim2(PatternContext *c, const Primitive *prim, Node *a, Node *b) {
    Node *args[] = {a, b};
    return vm_prim_call(c->x, prim, 2, args);
}
static Node *constant(PatternContext *c, Value v) {
    return vm_node_const(c->x->vm, v, c->x->position);
}

static bool bind_part(PatternContext *c, Value pattern, Position position, Node *value);

static bool pattern_error(PatternContext *c, Position position, Value pattern, const char *what) {
    vm_form_error(c->x, c->form, position, rt_list(c->x->vm, 1, pattern), "bad syntax: %s", what);
    return false;
}

static bool bind_list(PatternContext *c, Value pattern, Position position, Var *source) {
    Expander *x = c->x;
    const Language *l = x->language;
    if (rt_list_length(pattern) == LIST_CIRCULAR)
        return pattern_error(c, position, VALUE_NULL, "circular pattern");
    int64_t count = 0;
    Value tail = pattern;
    for (; value_is_pair(tail); tail = value_cdr(tail))
        count++;
    Node *args[] = {read_var(c, source), constant(c, value_from_fixnum(count)),
                    constant(c, value_from_bool(tail != VALUE_NULL))};
    Var *at = add_step(c, vm_prim_call(x, l->prim.pattern_list, 3, args));
    for (; value_is_pair(pattern); pattern = value_cdr(pattern)) {
        if (!bind_part(c, value_car(pattern), vm_position_car(x, pattern),
                       prim1(c, l->prim.car, read_var(c, at))))
            return false;
        if (value_cdr(pattern) != VALUE_NULL)
            at = add_step(c, prim1(c, l->prim.cdr, read_var(c, at)));
    }
    return tail == VALUE_NULL || bind_part(c, tail, position, read_var(c, at));
}

static bool bind_vector(PatternContext *c, Value pattern, Position position, Var *source) {
    const Language *l = c->x->language;
    size_t count = vector_length(pattern);
    Var *vector = add_step(c, prim2(c, l->prim.pattern_vector, read_var(c, source),
                                    constant(c, value_from_fixnum((int64_t)count))));
    for (size_t i = 0; i < count; i++)
        if (!bind_part(c, value_vector(pattern)->item[i], position,
                       prim2(c, l->prim.vector_ref, read_var(c, vector),
                             constant(c, value_from_fixnum((int64_t)i)))))
            return false;
    return true;
}

static Node *dict_part(PatternContext *c, Var *source, Value key) {
    return prim2(c, c->x->language->prim.pattern_dict, read_var(c, source), constant(c, key));
}

// {:keys (a b)} binds a to the value of :a; {pattern key} binds a pattern to the value of a
// constant key.
static bool bind_dict(PatternContext *c, Value pattern, Position position, Var *source) {
    VM *vm = c->x->vm;
    TableCursor cursor;
    rt_table_cursor_init(&cursor, pattern);
    for (;;) {
        bool found;
        if (!rt_table_next(vm, &cursor, &found))
            return false;
        if (!found)
            return true;
        if (cursor.key == c->x->language->symbol.keys) {
            if (rt_list_length(cursor.value) < 0)
                return pattern_error(c, position, cursor.value,
                                     "expected a list of variables after :keys, got");
            for (Value rest = cursor.value; rest != VALUE_NULL; rest = value_cdr(rest)) {
                Value name = value_car(rest);
                if (!value_is_identifier(name))
                    return pattern_error(c, position, name, "not a variable:");
                Value key = rt_keyword_string(vm, value_symbol(vm_identifier_symbol(name))->name);
                if (!bind_part(c, name, vm_position_car(c->x, rest), dict_part(c, source, key)))
                    return false;
            }
        } else if (value_is_identifier(cursor.value) || value_is_pair(cursor.value)) {
            return pattern_error(c, position, cursor.value, "expected a constant key, got");
        } else if (!bind_part(c, cursor.key, position, dict_part(c, source, cursor.value))) {
            return false;
        }
    }
}

// Bind one part of a pattern, whose value a node delivers.
static bool bind_part(PatternContext *c, Value pattern, Position position, Node *value) {
    Expander *x = c->x;
    if (rt_stack_low(x->vm)) {
        rt_fail_depth(x->vm);
        return false;
    }
    if (vm_is_pattern(pattern))
        return vm_bind_pattern(x, c->form, pattern, position, add_step(c, value), c->scope,
                               c->steps);
    if (!value_is_identifier(pattern))
        return pattern_error(c, position, pattern, "not a variable or pattern:");
    if (vm_is_keyword(x, c->scope, pattern, "_"))
        return true;
    Binding *b = vm_scope_bind_var(x->vm, c->scope, pattern, position);
    if (!b)
        return pattern_error(c, position, pattern, "duplicate variable");
    vm_steps_add(c->steps, b->var, value);
    return true;
}

bool vm_bind_pattern(Expander *x, const Form *form, Value pattern, Position position, Var *source,
                     Scope *scope, Steps *steps) {
    PatternContext c = {.x = x, .form = form, .scope = scope, .steps = steps};
    Position saved = x->position;
    if (position)
        x->position = position;
    bool ok = value_is_pair(pattern)     ? bind_list(&c, pattern, x->position, source)
              : value_is_vector(pattern) ? bind_vector(&c, pattern, x->position, source)
                                         : bind_dict(&c, pattern, x->position, source);
    x->position = saved;
    return ok;
}

// ---- parameter lists

typedef enum Section {
    SECTION_REQUIRED,
    SECTION_OPTIONAL,
    SECTION_KEY,
    SECTION_REST,
    SECTION_END
} Section;

typedef struct Parameters {
    Expander *x;
    const Form *form;
    Scope *outer; // of the procedure
    Scope *scope; // of what has been bound so far; each default has the scope before its parameter
    Steps steps;
    Var **vars; // by section
    uint32_t count, capacity;
    Value *keys;
    Var *rest;
    uint32_t required, optional, keyword;
    bool other_keys;
} Parameters;

static bool parameter_error(Parameters *p, Value pair, Value what, const char *message) {
    vm_bad_part(p->x, p->form, pair, rt_list(p->x->vm, 1, what), "%s", message);
    return false;
}

static void push_var(Parameters *p, Var *var) {
    if (p->count == p->capacity) {
        uint32_t capacity = p->capacity ? 2 * p->capacity : 4;
        Var **vars = NEW_ARRAY(p->x, Var *, capacity);
        Value *keys = NEW_ARRAY(p->x, Value, capacity);
        if (p->count) {
            memcpy(vars, p->vars, p->count * sizeof(Var *));
            memcpy(keys, p->keys, p->count * sizeof(Value));
        }
        p->vars = vars;
        p->keys = keys;
        p->capacity = capacity;
    }
    p->vars[p->count++] = var;
}

// The parameter of an identifier in the present scope; NULL: a duplicate.
static Var *bind_name(Parameters *p, Value pair, Value name) {
    for (Scope *s = p->scope; s != p->outer; s = s->outer)
        if (vm_table_find(&s->table, name)) {
            parameter_error(p, pair, name, "duplicate parameter");
            return NULL;
        }
    return vm_scope_bind_var(p->x->vm, p->scope, name, vm_position_car(p->x, pair))->var;
}

static bool add_required(Parameters *p, Value pair, Value item, bool wide) {
    Expander *x = p->x;
    p->required++;
    if (wide && (vm_is_pattern(item) || vm_is_keyword(x, p->scope, item, "_"))) {
        Var *var = vm_var_new(x->vm, x->language->symbol.underscore);
        push_var(p, var);
        return !vm_is_pattern(item) || vm_bind_pattern(x, p->form, item, vm_position_car(x, pair),
                                                       var, p->scope, &p->steps);
    }
    if (!value_is_identifier(item))
        return parameter_error(p, pair, item, "not a parameter:");
    Var *var = bind_name(p, pair, item);
    if (!var)
        return false;
    push_var(p, var);
    return true;
}

// name or (name default), optional or by keyword.
static bool add_defaulted(Parameters *p, Value pair, Value item, Section section) {
    Expander *x = p->x;
    VM *vm = x->vm;
    Value name = item, holder = pair;
    Node *otherwise = vm_node_const(vm, VALUE_NIL, x->position);
    if (value_is_pair(item)) {
        if (rt_list_length(item) != 2)
            return parameter_error(p, pair, item, "expected (parameter default), got");
        name = value_car(item);
        holder = item;
        if (!(otherwise = vm_expand_car(x, value_cdr(item), p->scope)))
            return false;
    }
    if (!value_is_identifier(name))
        return parameter_error(p, holder, name, "not a parameter:");
    Var *given = vm_var_new(vm, vm_identifier_symbol(name));
    push_var(p, given);
    if (section == SECTION_OPTIONAL) {
        p->optional++;
    } else {
        p->keys[p->keyword++] =
            rt_keyword_string(vm, value_symbol(vm_identifier_symbol(name))->name);
    }
    Node *parts[] = {vm_node_local(vm, given, x->position),
                     vm_node_const(vm, VALUE_DEFAULT, x->position)};
    Node *value = vm_node_if(vm, vm_prim_call(x, x->language->prim.is_eq, 2, parts), otherwise,
                             vm_node_local(vm, given, x->position), x->position);
    // A scope of its own: an inner lambda of a default must not see it.
    p->scope = vm_scope_new(vm, p->scope);
    Var *var = bind_name(p, holder, name);
    if (!var)
        return false;
    vm_steps_add(&p->steps, var, value);
    return true;
}

static bool add_rest(Parameters *p, Value pair, Value item, bool wide) {
    Expander *x = p->x;
    if (wide && vm_is_pattern(item)) {
        p->rest = vm_var_new(x->vm, x->language->symbol.rest);
        return vm_bind_pattern(x, p->form, item, vm_position_car(x, pair), p->rest, p->scope,
                               &p->steps);
    }
    if (!value_is_identifier(item))
        return parameter_error(p, pair, item, "not a parameter:");
    p->rest = bind_name(p, pair, item);
    return p->rest != NULL;
}

// What &optional, &key … switch to; SECTION_END: no marker.
static Section marker(const Parameters *p, Value item) {
    const Language *l = p->x->language;
    if (!value_is_identifier(item))
        return SECTION_END;
    Value symbol = vm_identifier_symbol(item);
    return symbol == l->symbol.optional ? SECTION_OPTIONAL
           : symbol == l->symbol.key    ? SECTION_KEY
           : symbol == l->symbol.rest   ? SECTION_REST
                                        : SECTION_END;
}

static bool parse_parameters(Parameters *p, Value holder, bool wide) {
    Value list = value_car(holder), at = holder;
    if (rt_list_length(list) == LIST_CIRCULAR)
        return parameter_error(p, holder, VALUE_NULL, "circular parameter list");
    Section section = SECTION_REQUIRED;
    for (; value_is_pair(list); at = list, list = value_cdr(list)) {
        Value item = value_car(list);
        Section next = wide ? marker(p, item) : SECTION_END;
        if (next != SECTION_END) {
            if (next <= section || (next == SECTION_REST && p->rest))
                return parameter_error(p, list, item, "out of place:");
            section = next;
            if (next == SECTION_REST && !value_is_pair(value_cdr(list)))
                return parameter_error(p, list, item, "no parameter after");
            continue;
        }
        if (wide && section == SECTION_KEY && value_is_identifier(item) &&
            vm_identifier_symbol(item) == p->x->language->symbol.other_keys) {
            p->other_keys = true;
            continue;
        }
        bool ok = false;
        switch (section) {
        case SECTION_REQUIRED:
            ok = add_required(p, list, item, wide);
            break;
        case SECTION_OPTIONAL:
        case SECTION_KEY:
            ok = add_defaulted(p, list, item, section);
            break;
        case SECTION_REST:
            if (p->rest)
                return parameter_error(p, list, item, "after the rest parameter:");
            ok = add_rest(p, list, item, wide);
            break;
        case SECTION_END:
            break;
        }
        if (!ok)
            return false;
    }
    if (p->count > WRITTEN_ARGUMENTS_MAX) {
        rt_fail_at(p->x->vm, CONDITION_SYNTAX, p->form->position, VALUE_FALSE, VALUE_NULL,
                   "bad syntax: %u parameters; at most %d can be written", p->count,
                   WRITTEN_ARGUMENTS_MAX);
        return false;
    }
    if (list == VALUE_NULL)
        return true;
    if (p->rest)
        return parameter_error(p, at, list, "after the rest parameter:");
    return add_rest(p, at, list, wide);
}

Lambda *vm_expand_procedure(Expander *x, const Form *form, Value holder, Value body, Scope *scope,
                            Value name, bool wide) {
    VM *vm = x->vm;
    Parameters p = {.x = x,
                    .form = form,
                    .outer = scope,
                    .scope = vm_scope_new(vm, scope),
                    .steps = {.vm = vm}};
    if (!parse_parameters(&p, holder, wide))
        return NULL;
    Node *node = vm_expand_body(x, form, body, p.scope);
    if (!node)
        return NULL;
    node = vm_steps_wrap(&p.steps, node, form->position);
    if (p.rest)
        push_var(&p, p.rest);
    Lambda *lambda = vm_lambda_new(vm, name, form->position, p.count, p.vars, node);
    lambda->required = p.required;
    lambda->optional = p.optional;
    lambda->keyword = p.keyword;
    lambda->keys = p.keyword ? p.keys : NULL;
    lambda->other_keys = p.other_keys;
    lambda->rest = p.rest != NULL;
    return lambda;
}
