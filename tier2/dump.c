// Graphs as text: one line a node.
//
//   block 3, loop depth 1, heat 999, from 1 5
//     v12:int = add-checked v7, v9   fixnum 0..101   exit overflow fib:12 {0 v7, 2 v9}
//
// Of a state: code and word, its live registers, then the same of the functions around it. A state
// of the second form has an arrow and the register that takes the result: fib:14->2 {…}.
#include "runtime/printer.h"
#include "runtime/string.h"
#include "tier2/ir.h"
#include <inttypes.h>

enum { CONSTANT_WIDTH = 40 };

typedef struct Dump {
    const Graph *graph;
    StringBuilder text;
} Dump;

static const char *const class_names[] = {
#define X(id) [CLASS_INDEX_##id] = #id,
    TYPE_CLASSES(X)
#undef X
};

static const Node *resolved(const Node *node) {
    while (node && node->forward)
        node = node->forward;
    return node;
}

static void put_code(Dump *d, const Code *code) {
    Value name = t1_code_name(d->graph->vm, code);
    Position p = t1_code_position(code);
    if (code->control)
        rt_builder_c(&d->text, "control");
    else if (value_is_symbol(name))
        rt_builder_string(&d->text, value_symbol(name)->name);
    else if (p)
        rt_builder_format(&d->text, "lambda@%u:%u", position_line(p), position_column(p));
    else
        rt_builder_c(&d->text, "lambda");
}

static const Code *code_of(Value v) {
    if (!value_is_closure(v))
        return NULL;
    const Code *code = value_closure(v)->code;
    return code && code->tag == CODE_TAG ? code : NULL;
}

static void put_value(Dump *d, Value v) {
    const Code *code = code_of(v);
    if (v == VALUE_NONE) {
        rt_builder_c(&d->text, "nothing");
    } else if (code) {
        rt_builder_char(&d->text, '<');
        put_code(d, code);
        rt_builder_char(&d->text, '>');
    } else if (value_is_cell(v)) {
        put_value(d, value_cell(v)->name);
    } else {
        rt_builder_string(&d->text, rt_write_limited(d->graph->vm, v, CONSTANT_WIDTH));
    }
}

static void put_class_set(Dump *d, ClassSet set) {
    if (set == CLASS_ALL) {
        rt_builder_c(&d->text, "any");
        return;
    }
    // What is left out is shorter to say of most sets that are large.
    bool without = __builtin_popcount(set) > CLASS_COUNT / 2;
    const char *between = without ? "any but " : "";
    if (without)
        set = CLASS_ALL & ~set;
    for (int i = 0; i < CLASS_COUNT; i++) {
        if (!(set >> i & 1))
            continue;
        rt_builder_c(&d->text, between);
        for (const char *c = class_names[i]; *c; c++)
            rt_builder_char(&d->text, (uint32_t)*c | 0x20);
        between = "|";
    }
    if (!set)
        rt_builder_c(&d->text, "none");
}

static void put_type(Dump *d, const Node *n) {
    const Type *type = &n->type;
    if (n->op == N_CONSTANT || n->op == N_INTEGER || n->op == N_DOUBLE || n->op == N_BOOLEAN)
        return;
    rt_builder_c(&d->text, "   ");
    put_class_set(d, type->set);
    if (type->set == CLASS(FIXNUM) && !(type->low == FIXNUM_MIN && type->high == FIXNUM_MAX))
        rt_builder_format(&d->text, " %" PRId64 "..%" PRId64, type->low, type->high);
    if (type->record) {
        rt_builder_char(&d->text, ' ');
        put_value(d, value_record_type(type->record)->name);
    }
    if (type->code) {
        rt_builder_char(&d->text, ' ');
        put_code(d, type->code);
    }
    if (type->constant) {
        rt_builder_c(&d->text, " = ");
        put_value(d, type->constant);
    }
}

static void put_node(Dump *d, const Node *node) {
    node = resolved(node);
    if (!node)
        rt_builder_c(&d->text, "?");
    else if (node->op == N_CONSTANT)
        put_value(d, node->value);
    else if (node->op == N_INTEGER)
        rt_builder_format(&d->text, "#%" PRId64, node->index);
    else if (node->op == N_DOUBLE)
        rt_builder_format(&d->text, "#%g", node->number);
    else if (node->op == N_BOOLEAN)
        rt_builder_c(&d->text, node->index ? "#true" : "#false");
    else
        rt_builder_format(&d->text, "v%u", node->id);
}

static void put_state(Dump *d, const FrameState *state) {
    for (const FrameState *s = state; s; s = s->caller) {
        rt_builder_c(&d->text, s == state ? " " : " < ");
        put_code(d, s->code);
        rt_builder_format(&d->text, ":%u", s->pc);
        if (s->dst >= 0)
            rt_builder_format(&d->text, "->%d", s->dst);
        rt_builder_c(&d->text, " {");
        const char *between = "";
        for (uint32_t i = 0; i < s->count; i++) {
            if (!s->registers[i])
                continue;
            rt_builder_format(&d->text, "%s%u ", between, i);
            put_node(d, s->registers[i]);
            between = ", ";
        }
        rt_builder_char(&d->text, '}');
    }
}

// What the operation says beyond its inputs.
static void put_extra(Dump *d, const Node *n) {
    StringBuilder *b = &d->text;
    switch ((NodeOp)n->op) {
    case N_CONSTANT:
    case N_GUARD_IS:
    case N_GLOBAL:
    case N_SET_GLOBAL:
        rt_builder_char(b, ' ');
        put_value(d, n->value);
        break;
    case N_GUARD_RECORD:
    case N_IS_RECORD:
    case N_NEW_RECORD:
        rt_builder_c(b, n->op != N_NEW_RECORD && n->index ? " exactly " : " ");
        put_value(d, value_record_type(n->value)->name);
        break;
    case N_INTEGER:
    case N_PARAMETER:
    case N_REGISTER:
    case N_FIELD:
    case N_SET_FIELD:
    case N_FREE:
    case N_SET_FREE:
    case N_VALUES_REF:
    case N_SUNK:
        rt_builder_format(b, " %" PRId64, n->index);
        break;
    case N_DOUBLE:
        rt_builder_format(b, " %g", n->number);
        break;
    case N_BOOLEAN:
        rt_builder_c(b, n->index ? " true" : " false");
        break;
    case N_ADD_CHECKED:
    case N_SUB_CHECKED:
        rt_builder_c(b, n->index ? " small" : "");
        break;
    case N_GUARD_CLASS:
    case N_IS_CLASS:
        rt_builder_char(b, ' ');
        put_class_set(d, (ClassSet)n->index);
        break;
    case N_GUARD_CODE:
    case N_IS_CODE:
    case N_NEW_CLOSURE:
    case N_CALL_CODE:
    case N_TAIL_CALL_CODE:
        rt_builder_char(b, ' ');
        put_code(d, n->code);
        break;
    case N_PRIMITIVE:
    case N_ARITHMETIC:
    case N_COMPARE:
        rt_builder_format(b, " %s", n->primitive->name);
        break;
    case N_BRANCH:
        rt_builder_format(b, " weight %" PRId64, n->index);
        break;
    default:
        break;
    }
}

static void put_line(Dump *d, const Node *n) {
    static const char *const reps[] = {[REP_NONE] = "",
                                       [REP_TAGGED] = "",
                                       [REP_INT] = ":int",
                                       [REP_DOUBLE] = ":double",
                                       [REP_BOOL] = ":bool"};
    StringBuilder *b = &d->text;
    rt_builder_c(b, "    ");
    bool ends = t2_node_info[n->op].flags & NODE_ENDS;
    if (n->rep != REP_NONE && !ends)
        rt_builder_format(b, "v%u%s = ", n->id, reps[n->rep]);
    rt_builder_c(b, t2_node_info[n->op].name);
    put_extra(d, n);
    for (uint32_t i = 0; i < n->input_count; i++) {
        rt_builder_c(b, i ? ", " : " ");
        put_node(d, n->inputs[i]);
    }
    for (int i = 0; ends && i < 2 && n->block->successors[i]; i++)
        rt_builder_format(b, "%s block %u", i ? " else" : " to", n->block->successors[i]->id);
    if (n->rep != REP_NONE && !ends)
        put_type(d, n);
    if (n->forward) {
        rt_builder_c(b, "   replaced by ");
        put_node(d, n->forward);
    }
    if (n->state) {
        bool exits = t2_node_info[n->op].flags & (NODE_GUARD | NODE_MAY_EXIT);
        rt_builder_c(b, "   ");
        if (exits)
            rt_builder_format(b, "exit %s", t1_exit_reason_names[n->reason]);
        else
            rt_builder_c(b, "state");
        put_state(d, n->state);
    }
    rt_builder_char(b, '\n');
}

static void put_block(Dump *d, const Block *block) {
    StringBuilder *b = &d->text;
    rt_builder_format(b, "block %u", block->id);
    if (block->depth)
        rt_builder_format(b, ", loop depth %u", block->depth);
    if (block->is_header)
        rt_builder_c(b, ", header");
    if (block->cold)
        rt_builder_c(b, ", cold");
    if (block->heat)
        rt_builder_format(b, ", heat %" PRIu64, block->heat);
    for (uint32_t i = 0; i < block->predecessor_count; i++)
        rt_builder_format(b, "%s %u", i ? "" : ", from", block->predecessors[i]->id);
    if (block->entry_state) {
        rt_builder_c(b, ", entered with");
        put_state(d, block->entry_state);
    }
    rt_builder_char(b, '\n');
    for (const Node *n = block->first; n; n = n->next)
        put_line(d, n);
}

Value t2_dump(const Graph *graph) {
    Dump dump = {.graph = graph}, *d = &dump;
    rt_builder_init(&d->text, graph->vm);
    rt_builder_c(&d->text, "graph ");
    put_code(d, graph->code);
    if (graph->osr_pc != UINT32_MAX)
        rt_builder_format(&d->text, " entered at the loop of word %u", graph->osr_pc);
    rt_builder_format(&d->text, ": %u blocks, %u bytecodes, %u calls inlined\n", graph->block_count,
                      graph->bytecodes, graph->inlined);
    for (uint32_t i = 0; i < graph->fact_count; i++) {
        rt_builder_c(&d->text, i ? ", " : "relies on ");
        put_value(d, graph->facts[i].cell->name);
    }
    if (graph->fact_count)
        rt_builder_char(&d->text, '\n');
    for (uint32_t i = 0; i < graph->block_count; i++)
        put_block(d, graph->blocks[i]);
    return rt_builder_finish(&d->text);
}
