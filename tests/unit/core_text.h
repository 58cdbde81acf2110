// Core IR from text, for the tests of vm/: so they need neither the expander nor its libraries.
//
//   x 1 "s" #t 'datum                    local or global variable, constants
//   (if a b c) (begin a b) (set! x v) (define x v)
//   (lambda (a &optional b &key c &rest d) body …)    (named f (a) body …)
//   (case-lambda ((a) body …) …)
//   (let ((x v) …) body …) (fix ((x v) …) body …)
//   (prim car x)                         a certain primitive
//   (f a …)                              a call. A global variable that is named like a primitive
//   holds it and is sealed;
//                                        with a leading ? it holds it and is not sealed (?car).
#ifndef KILN_TESTS_CORE_TEXT_H
#define KILN_TESTS_CORE_TEXT_H

#include "runtime/list.h"
#include "runtime/port.h"
#include "runtime/printer.h"
#include "runtime/reader.h"
#include "runtime/symbol.h"
#include "vm/core.h"

#include "unit.h"

typedef struct Names { // variables in scope
    Value symbol;
    Var *var;
    struct Names *outer;
} Names;

static Node *core_node(Value datum, Names *names);

static bool core_is(Value v, const char *name) { return v == rt_intern(vm, name); }

// The cell of a global variable, as the last text left it.
static Value core_cell(const char *name) {
    Value symbol = rt_intern(vm, name);
    if (vm->roots[15] == VALUE_NONE)
        vm->roots[15] = VALUE_NULL;
    for (Value c = vm->roots[15]; value_is_pair(c); c = value_cdr(c))
        if (value_car(value_car(c)) == symbol)
            return value_cdr(value_car(c));
    Cell *cell = rt_object_new(vm, TYPE_CELL, 0, 0, sizeof *cell);
    cell->name = symbol;
    cell->home = VALUE_FALSE;
    cell->value = VALUE_UNBOUND;
    const Primitive *prim = rt_primitive_find(name[0] == '?' ? name + 1 : name);
    if (prim) {
        cell->value = rt_primitive_object(vm, prim);
        if (name[0] != '?')
            object_set_flags(cell, CELL_SEALED);
    }
    Value result = value_from_pointer(cell);
    vm->roots[15] = rt_cons(vm, rt_cons(vm, symbol, result), vm->roots[15]);
    return result;
}

static Names *core_bind(Names *outer, Value symbol, Var *var) {
    Names *names = rt_raw_new(vm, sizeof *names);
    *names = (Names){.symbol = symbol, .var = var, .outer = outer};
    return names;
}

static Node *core_body(Value list, Names *names) {
    Node *items[32];
    uint32_t count = 0;
    for (; value_is_pair(list); list = value_cdr(list)) {
        assert_true(count < 32);
        items[count++] = core_node(value_car(list), names);
    }
    return vm_node_seq(vm, count, items, 0);
}

static Lambda *core_lambda(Value name, Value params, Value body, Names *names) {
    Var *vars[16];
    Value keys[16];
    Lambda *l = vm_lambda_new(vm, name, 0, 0, NULL, NULL);
    uint32_t count = 0, *kind = &l->required, rest = 0;
    for (; value_is_pair(params); params = value_cdr(params)) {
        Value p = value_car(params);
        if (core_is(p, "&optional"))
            kind = &l->optional;
        else if (core_is(p, "&key"))
            kind = &l->keyword;
        else if (core_is(p, "&rest"))
            kind = &rest;
        else if (core_is(p, "&allow-other-keys"))
            l->other_keys = true;
        else {
            if (kind == &l->keyword)
                keys[l->keyword] = rt_keyword_string(vm, value_symbol(p)->name);
            (*kind)++;
            vars[count++] = vm_var_new(vm, p);
            names = core_bind(names, p, vars[count - 1]);
        }
    }
    l->rest = rest;
    l->params = rt_raw_new(vm, (count + 1) * sizeof *l->params);
    memcpy(l->params, vars, count * sizeof *vars);
    l->keys = rt_raw_new(vm, (l->keyword + 1) * sizeof *l->keys);
    memcpy(l->keys, keys, l->keyword * sizeof *keys);
    l->body = core_body(body, names);
    return l;
}

static Node *core_binding(Value form, Names *outer, bool fix) {
    Var *vars[16];
    Node *inits[16];
    uint32_t count = 0;
    Names *names = outer;
    Value bindings = value_car(value_cdr(form));
    for (Value b = bindings; value_is_pair(b); b = value_cdr(b)) {
        vars[count] = vm_var_new(vm, value_car(value_car(b)));
        names = core_bind(names, vars[count]->name, vars[count]);
        count++;
    }
    count = 0;
    for (Value b = bindings; value_is_pair(b); b = value_cdr(b))
        inits[count++] = core_node(value_car(value_cdr(value_car(b))), fix ? names : outer);
    Node *body = core_body(value_cdr(value_cdr(form)), names);
    return fix ? vm_node_fix(vm, count, vars, inits, body, 0)
               : vm_node_let(vm, count, vars, inits, body, 0);
}

static uint32_t core_nodes(Value list, Names *names, Node **nodes) {
    uint32_t count = 0;
    for (; value_is_pair(list); list = value_cdr(list))
        nodes[count++] = core_node(value_car(list), names);
    return count;
}

static Node *core_node(Value d, Names *names) {
    if (value_is_symbol(d)) {
        for (Names *n = names; n; n = n->outer)
            if (n->symbol == d)
                return vm_node_local(vm, n->var, 0);
        return vm_node_global(vm, core_cell(rt_string_to_utf8(vm, value_symbol(d)->name, NULL)), 0);
    }
    if (!value_is_pair(d))
        return vm_node_const(vm, d, 0);
    Value head = value_car(d), rest = value_cdr(d);
    Node *nodes[32];
    if (core_is(head, "quote"))
        return vm_node_const(vm, value_car(rest), 0);
    if (core_is(head, "begin"))
        return core_body(rest, names);
    if (core_is(head, "let"))
        return core_binding(d, names, false);
    if (core_is(head, "fix"))
        return core_binding(d, names, true);
    if (core_is(head, "if")) {
        core_nodes(rest, names, nodes);
        return vm_node_if(vm, nodes[0], nodes[1], nodes[2], 0);
    }
    if (core_is(head, "lambda"))
        return vm_node_lambda(vm,
                              core_lambda(VALUE_FALSE, value_car(rest), value_cdr(rest), names));
    if (core_is(head, "named"))
        return vm_node_lambda(vm, core_lambda(value_car(rest), value_car(value_cdr(rest)),
                                              value_cdr(value_cdr(rest)), names));
    if (core_is(head, "case-lambda")) {
        Lambda *first = NULL, **link = &first;
        for (; value_is_pair(rest); rest = value_cdr(rest), link = &(*link)->next)
            *link = core_lambda(VALUE_FALSE, value_car(value_car(rest)), value_cdr(value_car(rest)),
                                names);
        return vm_node_lambda(vm, first);
    }
    if (core_is(head, "prim")) {
        uint32_t count = core_nodes(value_cdr(rest), names, nodes);
        const char *name = rt_string_to_utf8(vm, value_symbol(value_car(rest))->name, NULL);
        return vm_node_prim(vm, name, count, nodes, 0);
    }
    if (core_is(head, "set!") || core_is(head, "define")) {
        core_nodes(rest, names, nodes);
        if (nodes[0]->kind == NODE_LOCAL)
            return vm_node_set_local(vm, nodes[0]->local.var, nodes[1], false, 0);
        return core_is(head, "define") ? vm_node_define(vm, nodes[0]->global.cell, nodes[1], 0)
                                       : vm_node_set_global(vm, nodes[0]->global.cell, nodes[1], 0);
    }
    Node *fn = core_node(head, names);
    uint32_t count = core_nodes(rest, names, nodes);
    return vm_node_call(vm, fn, count, nodes, 0);
}

// Core of a text: of its forms in sequence.
static Node *core_read(const char *text) {
    Value port = rt_port_from_utf8(vm, text, strlen(text));
    Reader reader;
    rt_reader_init(vm, &reader, port, READ_SX);
    Value forms = rt_read_all(vm, &reader);
    assert_true(forms != VALUE_FAILURE);
    Node *node = core_body(forms, NULL);
    assert_true(vm_node_count(vm, node));
    return node;
}

[[maybe_unused]] static const char *text_of(Value string) {
    assert_true(value_is_string(string));
    return rt_string_to_utf8(vm, string, NULL);
}

[[maybe_unused]] static const char *dump_of(const Node *node) {
    return text_of(vm_node_dump(vm, node));
}

#endif
