// Dump of core IR as an s-expression.
//
//   x.3                   local variable, name and number       name              global variable
//   (f a b)               call                                  (jump f.2 a b)    call of a
//   contified procedure [car a]               call of a certain primitive           [guard car a]
//   … that a cell held at compile time (set! x.3 v)          assignment, also of globals (init! x.3
//   v)     first value of a letrec variable (let ((x.3 v)) body)  (fix ((f.1 (lambda …))) body)
//   (labels …)        a fix whose procedures are contified (lambda name (a.1 &optional b.2 &key (:c
//   c.3) &rest d.4) body)    (case-lambda name ((a.1) body) …)
//
// First a tree of texts with their widths is made, then it is printed: what fits on the line stays
// on it. Both walks are linear in the size of the node.
#include "runtime/heap.h"
#include "runtime/printer.h"
#include "runtime/string.h"
#include "vm/core.h"

enum { LINE_WIDTH = 100, CONSTANT_WIDTH = 60 };

typedef struct Doc {
    Value text;         // string; VALUE_NONE: a list of children
    const char *open;   // "(" or "["
    struct Doc **child; // count of them
    uint32_t count, room;
    uint32_t head; // children that stay on the first line when the list is broken
    size_t width;  // columns when it is all on one line
    bool broken;   // never on one line
} Doc;

typedef struct Dump {
    VM *vm;
    unsigned flags; // DUMP_*
} Dump;

static Doc *doc_text(Dump *d, Value string) {
    Doc *doc = rt_raw_new(d->vm, sizeof *doc);
    doc->text = string;
    doc->width = string_length(string);
    return doc;
}
static Doc *doc_c(Dump *d, const char *text) { return doc_text(d, rt_string_from_c(d->vm, text)); }

static Doc *doc_list(Dump *d, const char *open, uint32_t head) {
    Doc *doc = rt_raw_new(d->vm, sizeof *doc);
    doc->open = open;
    doc->head = head;
    doc->width = 2;
    return doc;
}

static void doc_add(Dump *d, Doc *list, Doc *child) {
    if (list->count == list->room) {
        list->room = list->room ? 2 * list->room : 4;
        Doc **grown = rt_raw_new(d->vm, (size_t)list->room * sizeof *grown);
        if (list->count)
            memcpy(grown, list->child, (size_t)list->count * sizeof *grown);
        list->child = grown;
    }
    list->width += child->width + (list->count > 0);
    list->broken |= child->broken;
    list->child[list->count++] = child;
}

static Value symbol_text(Dump *d, Value name) {
    if (value_is_symbol(name))
        return value_symbol(name)->name;
    return rt_write_limited(d->vm, name, CONSTANT_WIDTH);
}

static Doc *doc_var(Dump *d, const Var *var) {
    StringBuilder b;
    rt_builder_init(&b, d->vm);
    rt_builder_string(&b, symbol_text(d, var->name));
    rt_builder_format(&b, ".%u", var->id);
    return doc_text(d, rt_builder_finish(&b));
}

static Doc *doc_constant(Dump *d, Value v) {
    switch (v) {
    case VALUE_DEFAULT:
        return doc_c(d, "#!default");
    case VALUE_UNBOUND:
        return doc_c(d, "#!unbound");
    case VALUE_UNSPECIFIED:
        return doc_c(d, "#!unspecified");
    case VALUE_NONE:
        return doc_c(d, "#!none");
    }
    Value text = rt_write_limited(d->vm, v, CONSTANT_WIDTH);
    if (!value_is_symbol(v) && !value_is_pair(v) && v != VALUE_NULL)
        return doc_text(d, text);
    return doc_text(d, rt_string_append2(d->vm, rt_string_from_c(d->vm, "'"), text));
}

static Doc *doc_name(Dump *d, Value cell) {
    return doc_text(d, symbol_text(d, value_cell(cell)->name));
}

static Doc *doc_node(Dump *d, const Node *node);

static void add_position(Dump *d, Doc *list, Position p) {
    if (!(d->flags & DUMP_POSITIONS) || p == 0)
        return;
    StringBuilder b;
    rt_builder_init(&b, d->vm);
    rt_builder_format(&b, "@%u:%u", position_line(p), position_column(p));
    doc_add(d, list, doc_text(d, rt_builder_finish(&b)));
    list->head++;
}

static void add_nodes(Dump *d, Doc *list, uint32_t count, Node **nodes) {
    for (uint32_t i = 0; i < count; i++)
        doc_add(d, list, doc_node(d, nodes[i]));
}

static Doc *doc_params(Dump *d, const Lambda *l) {
    Doc *list = doc_list(d, "(", 1);
    uint32_t i = 0, end = l->required;
    while (i < end)
        doc_add(d, list, doc_var(d, l->params[i++]));
    end += l->optional;
    if (i < end)
        doc_add(d, list, doc_c(d, "&optional"));
    while (i < end)
        doc_add(d, list, doc_var(d, l->params[i++]));
    end += l->keyword;
    if (i < end)
        doc_add(d, list, doc_c(d, "&key"));
    for (uint32_t k = 0; i < end; k++, i++) {
        Doc *pair = doc_list(d, "(", 2);
        doc_add(d, pair, doc_constant(d, l->keys[k]));
        doc_add(d, pair, doc_var(d, l->params[i]));
        doc_add(d, list, pair);
    }
    if (l->other_keys)
        doc_add(d, list, doc_c(d, "&allow-other-keys"));
    if (l->rest) {
        doc_add(d, list, doc_c(d, "&rest"));
        doc_add(d, list, doc_var(d, l->params[i]));
    }
    return list;
}

static void add_analysis(Dump *d, Doc *list, const Lambda *l) {
    if (!(d->flags & DUMP_ANALYSIS))
        return;
    Doc *free = doc_list(d, "(", 1);
    doc_add(d, free, doc_c(d, "free"));
    for (uint32_t i = 0; i < l->free_count; i++)
        doc_add(d, free, doc_var(d, l->free[i]));
    doc_add(d, list, free);
    list->head++;
    if (l->captures) {
        doc_add(d, list, doc_c(d, "captures"));
        list->head++;
    }
}

static Doc *doc_lambda(Dump *d, const Node *node) {
    const Lambda *l = node->lambda;
    bool many = l->next != NULL;
    Doc *list = doc_list(d, "(", many ? 1 : 2);
    doc_add(d, list, doc_c(d, many ? "case-lambda" : "lambda"));
    if (value_is_symbol(l->name)) {
        doc_add(d, list, doc_text(d, symbol_text(d, l->name)));
        list->head++;
    }
    add_position(d, list, node->position);
    for (; l != NULL; l = l->next) {
        Doc *clause = many ? doc_list(d, "(", 1) : list;
        doc_add(d, clause, doc_params(d, l));
        add_analysis(d, clause, l);
        doc_add(d, clause, doc_node(d, l->body));
        if (many)
            doc_add(d, list, clause);
    }
    return list;
}

static Doc *doc_binding(Dump *d, const Node *node) {
    Doc *list = doc_list(d, "(", 2), *bindings = doc_list(d, "(", 1);
    bool labels = node->kind == NODE_FIX && node->let.vars[0]->contified;
    doc_add(d, list, doc_c(d, node->kind == NODE_LET ? "let" : labels ? "labels" : "fix"));
    for (uint32_t i = 0; i < node->let.count; i++) {
        Doc *one = doc_list(d, "(", 1);
        doc_add(d, one, doc_var(d, node->let.vars[i]));
        doc_add(d, one, doc_node(d, node->let.inits[i]));
        one->head = 2;
        doc_add(d, bindings, one);
    }
    bindings->broken |= node->let.count > 1;
    doc_add(d, list, bindings);
    list->broken |= bindings->broken;
    doc_add(d, list, doc_node(d, node->let.body));
    return list;
}

static Doc *doc_node(Dump *d, const Node *node) {
    if (rt_stack_low(d->vm))
        return doc_c(d, "…");
    Doc *list;
    switch (node->kind) {
    case NODE_CONST:
        return doc_constant(d, node->constant);
    case NODE_LOCAL:
        return doc_var(d, node->local.var);
    case NODE_GLOBAL:
        return doc_name(d, node->global.cell);
    case NODE_SET_LOCAL:
        list = doc_list(d, "(", 2);
        doc_add(d, list, doc_c(d, node->flags & NODE_INIT ? "init!" : "set!"));
        doc_add(d, list, doc_var(d, node->local.var));
        doc_add(d, list, doc_node(d, node->local.value));
        return list;
    case NODE_SET_GLOBAL:
    case NODE_DEFINE:
        list = doc_list(d, "(", 2);
        doc_add(d, list, doc_c(d, node->kind == NODE_DEFINE ? "define" : "set!"));
        doc_add(d, list, doc_name(d, node->global.cell));
        doc_add(d, list, doc_node(d, node->global.value));
        return list;
    case NODE_IF:
        list = doc_list(d, "(", 2);
        doc_add(d, list, doc_c(d, "if"));
        doc_add(d, list, doc_node(d, node->branch.test));
        doc_add(d, list, doc_node(d, node->branch.then));
        doc_add(d, list, doc_node(d, node->branch.otherwise));
        return list;
    case NODE_LAMBDA:
        return doc_lambda(d, node);
    case NODE_CALL:
        list = doc_list(d, "(", 1);
        if (node->flags & NODE_JUMP) {
            doc_add(d, list, doc_c(d, "jump"));
            list->head++;
        }
        doc_add(d, list, doc_node(d, node->call.fn));
        add_position(d, list, node->position);
        add_nodes(d, list, node->call.count, node->call.args);
        return list;
    case NODE_SEQ:
        list = doc_list(d, "(", 1);
        doc_add(d, list, doc_c(d, "seq"));
        add_nodes(d, list, node->seq.count, node->seq.items);
        return list;
    case NODE_LET:
    case NODE_FIX:
        return doc_binding(d, node);
    case NODE_PRIM:
        list = doc_list(d, "[", 1);
        if (node->prim.cell != VALUE_NONE) {
            doc_add(d, list, doc_c(d, "guard"));
            list->head++;
        }
        doc_add(d, list, doc_c(d, node->prim.prim->name));
        add_position(d, list, node->position);
        add_nodes(d, list, node->prim.count, node->prim.args);
        return list;
    case NODE_KIND_COUNT:
        break;
    }
    return doc_c(d, "#!bad-node");
}

// `after`: columns that must follow the document on its last line (closing brackets).
static void print(VM *vm, StringBuilder *b, const Doc *doc, size_t column, size_t after) {
    if (doc->text != VALUE_NONE) {
        rt_builder_string(b, doc->text);
        return;
    }
    if (rt_stack_low(vm)) {
        rt_builder_c(b, "…");
        return;
    }
    bool flat = !doc->broken && column + doc->width + after <= LINE_WIDTH;
    rt_builder_c(b, doc->open);
    size_t at = column + 1;
    for (uint32_t i = 0; i < doc->count; i++) {
        if (i > 0 && (flat || i < doc->head)) {
            rt_builder_char(b, ' ');
            at++;
        } else if (i > 0) {
            // The bindings of a let stand below one another; everything else is indented by two.
            at = column + (doc->child[0]->text == VALUE_NONE ? 1 : 2);
            rt_builder_char(b, '\n');
            for (size_t n = 0; n < at; n++)
                rt_builder_char(b, ' ');
        }
        print(vm, b, doc->child[i], at, i + 1 == doc->count ? after + 1 : 0);
        at += doc->child[i]->width;
    }
    rt_builder_c(b, doc->open[0] == '(' ? ")" : "]");
}

Value vm_node_dump_with(VM *vm, const Node *node, unsigned flags) {
    Dump d = {.vm = vm, .flags = flags};
    StringBuilder b;
    rt_builder_init(&b, vm);
    print(vm, &b, doc_node(&d, node), 0, 0);
    return rt_builder_finish(&b);
}

Value vm_node_dump(VM *vm, const Node *node) { return vm_node_dump_with(vm, node, 0); }
