// quasiquote: constants stay constants and are shared with the template, the rest is built by cons,
// append, list->vector and dict.
#include "runtime/dict.h"
#include "runtime/vector.h"
#include "vm/expand_int.h"

typedef struct Part { // what a part of the template becomes
    Node *node;       // NULL: the constant
    Value constant;
    bool spliced; // node is a list whose elements go into the list around it
} Part;

typedef struct Quasi {
    Expander *x;
    const Form *form;
    Scope *scope;
} Quasi;

static bool build(Quasi *q, Value datum, Position position, unsigned depth, Part *out);

static Node *part_node(Quasi *q, const Part *part) {
    if (part->node)
        return part->node;
    return vm_node_const(q->x->vm, vm_strip(q->x->vm, part->constant), q->x->position);
}

static Node *call2(Quasi *q, const Primitive *prim, Node *a, Node *b) {
    Node *args[] = {a, b};
    return vm_prim_call(q->x, prim, 2, args);
}

static bool is_keyword(Quasi *q, Value datum, const char *name) {
    return value_is_pair(datum) && vm_is_keyword(q->x, q->scope, value_car(datum), name);
}

// How a form with one of the three keywords at its head changes the depth.
typedef enum Head { HEAD_NONE, HEAD_UNQUOTE, HEAD_SPLICE, HEAD_QUASI, HEAD_BAD } Head;
static Head head_of(Quasi *q, Value datum) {
    Head head = is_keyword(q, datum, "unquote")            ? HEAD_UNQUOTE
                : is_keyword(q, datum, "unquote-splicing") ? HEAD_SPLICE
                : is_keyword(q, datum, "quasiquote")       ? HEAD_QUASI
                                                           : HEAD_NONE;
    return head == HEAD_NONE || rt_list_length(datum) == 2 ? head : HEAD_BAD;
}

static bool build_list(Quasi *q, Value list, unsigned depth, bool plain, Part *out);

// (keyword datum), which is part of the template, its inside at another depth. The datum is an
// element of a list:
// ,,@x splices.
static bool build_nested(Quasi *q, Value datum, unsigned depth, Part *out) {
    Part rest;
    if (!build_list(q, value_cdr(datum), depth, true, &rest))
        return false;
    if (!rest.node && rest.constant == value_cdr(datum)) {
        *out = (Part){.constant = datum};
        return true;
    }
    Part head = {.constant = value_car(datum)};
    *out = (Part){
        .node = call2(q, q->x->language->prim.cons, part_node(q, &head), part_node(q, &rest))};
    return true;
}

// plain: the list holds the elements of a vector or the datum of a nested keyword: its head and
// tail mean nothing special.
static bool build_list(Quasi *q, Value list, unsigned depth, bool plain, Part *out) {
    Expander *x = q->x;
    const Language *l = x->language;
    if (rt_list_length(list) == LIST_CIRCULAR) {
        *out = (Part){.constant = list};
        return true;
    }
    uint32_t count = 0;
    Value tail = list;
    for (; value_is_pair(tail); tail = value_cdr(tail), count++) {
        if (plain || tail == list)
            continue;
        Head head = head_of(q, tail);
        if (head != HEAD_NONE && head != HEAD_BAD)
            break; // (a . ,b)
    }
    Part *parts = NEW_ARRAY(x, Part, count);
    Value *pairs = NEW_ARRAY(x, Value, count);
    Value at = list;
    for (uint32_t i = 0; i < count; i++, at = value_cdr(at)) {
        pairs[i] = at;
        Value item = value_car(at);
        if (depth == 0 && head_of(q, item) == HEAD_SPLICE) {
            parts[i].spliced = true;
            if (!(parts[i].node = vm_expand_car(x, value_cdr(item), q->scope)))
                return false;
        } else if (!build(q, item, vm_position_car(x, at), depth, &parts[i])) {
            return false;
        }
    }
    Part result = {.constant = tail};
    if (tail != VALUE_NULL && !build(q, tail, x->position, depth, &result))
        return false;
    for (uint32_t i = count; i-- > 0;) {
        const Part *p = &parts[i];
        if (p->spliced) {
            if (result.node || result.constant != VALUE_NULL)
                result.node = call2(q, l->prim.append, p->node, part_node(q, &result));
            else
                result.node = p->node;
        } else if (p->node || result.node) {
            result.node = call2(q, l->prim.cons, part_node(q, p), part_node(q, &result));
        } else {
            bool same =
                p->constant == value_car(pairs[i]) && result.constant == value_cdr(pairs[i]);
            result.constant = same ? pairs[i] : rt_cons(x->vm, p->constant, result.constant);
        }
    }
    *out = result;
    return true;
}

static bool build_vector(Quasi *q, Value vector, unsigned depth, Part *out) {
    Part list;
    if (!build_list(q, rt_vector_to_list(q->x->vm, vector, 0, vector_length(vector)), depth, true,
                    &list))
        return false;
    if (list.node)
        *out =
            (Part){.node = vm_prim_call(q->x, q->x->language->prim.list_to_vector, 1, &list.node)};
    else
        *out = (Part){.constant = vector};
    return true;
}

static bool build_dict(Quasi *q, Value dict, unsigned depth, Part *out) {
    Expander *x = q->x;
    uint32_t count = (uint32_t)rt_dict_count(dict), filled = 0;
    Part *parts = NEW_ARRAY(x, Part, 2 * (size_t)count);
    TableCursor cursor;
    bool found, constant = true;
    rt_table_cursor_init(&cursor, dict);
    for (;;) {
        if (!rt_table_next(x->vm, &cursor, &found))
            return false;
        if (!found || filled == 2 * count)
            break;
        if (!build(q, cursor.key, 0, depth, &parts[filled]) ||
            !build(q, cursor.value, 0, depth, &parts[filled + 1]))
            return false;
        constant &= !parts[filled].node && !parts[filled + 1].node;
        filled += 2;
    }
    *out = (Part){.constant = dict};
    if (constant)
        return true;
    Node **args = NEW_ARRAY(x, Node *, filled);
    for (uint32_t i = 0; i < filled; i++)
        args[i] = part_node(q, &parts[i]);
    out->node = vm_prim_call(x, x->language->prim.dict, filled, args);
    return true;
}

static bool build(Quasi *q, Value datum, Position position, unsigned depth, Part *out) {
    Expander *x = q->x;
    if (rt_stack_low(x->vm)) {
        rt_fail_depth(x->vm);
        return false;
    }
    *out = (Part){.constant = datum};
    if (value_is_vector(datum))
        return build_vector(q, datum, depth, out);
    if (value_is_dict(datum))
        return build_dict(q, datum, depth, out);
    if (!value_is_pair(datum))
        return true;
    Position saved = x->position;
    if (position)
        x->position = position;
    bool ok = true;
    switch (head_of(q, datum)) {
    case HEAD_UNQUOTE:
        if (depth) {
            ok = build_nested(q, datum, depth - 1, out);
        } else {
            out->node = vm_expand_car(x, value_cdr(datum), q->scope);
            ok = out->node != NULL;
        }
        break;
    case HEAD_SPLICE:
        if (depth) {
            ok = build_nested(q, datum, depth - 1, out);
        } else {
            vm_form_error(x, q->form, position, VALUE_NULL,
                          "bad syntax: unquote-splicing is not an element of a list");
            ok = false;
        }
        break;
    case HEAD_QUASI:
        ok = build_nested(q, datum, depth + 1, out);
        break;
    case HEAD_BAD:
        vm_form_error(x, q->form, position, rt_list(x->vm, 1, datum),
                      "bad syntax: expected one expression, got");
        ok = false;
        break;
    case HEAD_NONE:
        ok = build_list(q, datum, depth, false, out);
        break;
    }
    x->position = saved;
    return ok;
}

Node *vm_form_quasiquote(Expander *x, const Form *form, Scope *scope) {
    if (rt_list_length(form->datum) != 2)
        return vm_bad_syntax(x, form);
    Quasi q = {.x = x, .form = form, .scope = scope};
    Part part;
    Value rest = value_cdr(form->datum);
    if (!build(&q, value_car(rest), vm_position_car(x, rest), 0, &part))
        return NULL;
    return part_node(&q, &part);
}
