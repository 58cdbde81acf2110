// What the passes share: effects, roots, walks. See passes.h.
#include "runtime/primitive.h"
#include "tier2/passes.h"

static MemorySet written_by(const Primitive *p) {
    return p->effects & FX_WRITE ? T2_MEMORY_ALL & ~(1u << MEMORY_FREE) : 0;
}

MemorySet t2_writes(const Node *n) {
    const NodeInfo *info = &t2_node_info[n->op];
    if (n->op == N_PRIMITIVE)
        return written_by(n->primitive);
    // What is free in a closure is written only by who makes it; calls do not reach it before.
    if (info->flags & NODE_CALLS)
        return T2_MEMORY_ALL & ~(1u << MEMORY_FREE);
    return info->flags & NODE_WRITES ? 1u << info->memory : 0;
}

bool t2_field_is_fixed(Value type, int64_t field) {
    if (type == VALUE_NONE)
        return false;
    // What is known may be a parent, which has fewer fields.
    Value mutables = value_record_type(type)->mutables;
    return field < (int64_t)vector_length(mutables) &&
           value_vector(mutables)->item[field] == VALUE_FALSE;
}

bool t2_reads_fixed(const Node *n) {
    return n->op == N_STRING_LENGTH ||
           (n->op == N_FIELD && t2_field_is_fixed(n->inputs[0]->type.record, n->index));
}

MemorySet t2_reads(const Node *n) {
    if (t2_reads_fixed(n))
        return 0;
    const NodeInfo *info = &t2_node_info[n->op];
    if (n->op == N_PRIMITIVE)
        return n->primitive->effects & FX_READ ? T2_MEMORY_ALL : 0;
    if (info->flags & NODE_CALLS)
        return T2_MEMORY_ALL;
    return info->flags & NODE_READS ? 1u << info->memory : 0;
}

Node *t2_root(Node *n) {
    for (;;) {
        switch ((NodeOp)n->op) {
        case N_GUARD_CLASS:
        case N_GUARD_SMALL:
        case N_GUARD_IS:
        case N_GUARD_RECORD:
        case N_GUARD_CODE:
        case N_GUARD_INDEX:
            n = t2_resolve(n->inputs[0]);
            break;
        default:
            return n;
        }
    }
}

// The class that an operation takes for granted of its first input; 0: it takes any.
static ClassSet wanted(const Node *n) {
    switch ((NodeOp)n->op) {
    case N_UNBOX_INT:
        return CLASS(FIXNUM);
    case N_UNBOX_DOUBLE:
        return CLASS(FLONUM);
    case N_UNBOX_CHAR:
        return CLASS(CHAR);
    case N_CAR:
    case N_CDR:
    case N_SET_CAR:
    case N_SET_CDR:
        return CLASS(PAIR);
    case N_VECTOR_LENGTH:
    case N_VECTOR_MUTABLE:
    case N_VECTOR_REF:
    case N_VECTOR_SET:
        return CLASS(VECTOR);
    case N_BYTEVECTOR_LENGTH:
    case N_BYTE_REF:
    case N_BYTE_SET:
        return CLASS(BYTEVECTOR);
    case N_STRING_LENGTH:
    case N_STRING_REF:
    case N_STRING_SET:
        return CLASS(STRING);
    case N_BOX_REF:
    case N_BOX_SET:
        return CLASS(BOX);
    case N_FIELD:
    case N_SET_FIELD:
    case N_RECORD_TYPE:
        return CLASS(RECORD);
    case N_FREE:
    case N_SET_FREE:
        return CLASS(CLOSURE);
    case N_VALUES_COUNT:
    case N_VALUES_REF:
        return CLASS(VALUES);
    default:
        return 0;
    }
}

// Is the result in the range of fixnums by the types of the inputs alone?
static bool fits(const Node *n) {
    Type a = n->inputs[0]->type, b = n->inputs[1]->type;
    if (a.set != CLASS(FIXNUM) || b.set != CLASS(FIXNUM))
        return false;
    int64_t low, high;
    switch ((NodeOp)n->op) {
    case N_ADD_INT:
        low = a.low + b.low;
        high = a.high + b.high;
        break;
    case N_SUB_INT:
        low = a.low - b.high;
        high = a.high - b.low;
        break;
    case N_MUL_INT: {
        int64_t limit = INT64_C(1) << 24;
        return a.low >= -limit && a.high <= limit && b.low >= -limit && b.high <= limit;
    }
    default:
        return false;
    }
    return low >= FIXNUM_MIN && high <= FIXNUM_MAX;
}

bool t2_runs_anywhere(const Node *n) {
    ClassSet set = wanted(n);
    if (set && !t2_is_a(n->inputs[0], set))
        return false;
    switch ((NodeOp)n->op) {
    case N_FIELD: { // the record may have another type, and fewer fields
        Value type = n->inputs[0]->type.record;
        return type != VALUE_NONE &&
               n->index < (int64_t)vector_length(value_record_type(type)->fields);
    }
    case N_FREE: // the same for closures
        return n->inputs[0]->type.code || n->inputs[0]->op == N_RUNNING;
    case N_VECTOR_REF:
    case N_BYTE_REF:
    case N_STRING_REF: // in range only where its guard says so
        return n->inputs[1]->op == N_GUARD_INDEX;
    case N_VALUES_REF:
        return false;
    case N_ADD_INT: // in range by what was tested, perhaps
    case N_SUB_INT:
    case N_MUL_INT:
    case N_SHL_INT:
        return fits(n);
    case N_QUO_INT:
    case N_REM_INT:
    case N_MOD_INT: {
        Type b = n->inputs[1]->type;
        return b.set == CLASS(FIXNUM) && (b.low > 0 || b.high < -1);
    }
    default:
        return true;
    }
}

Node *t2_made_length(const Node *n) {
    if (n->op != N_PRIMITIVE || n->input_count == 0)
        return NULL;
    const char *name = n->primitive->name;
    bool makes = strcmp(name, "make-vector") == 0 || strcmp(name, "make-bytevector") == 0;
    return makes ? n->inputs[0] : NULL;
}

bool t2_is_droppable(const Node *n) {
    unsigned flags = t2_node_info[n->op].flags;
    switch ((NodeOp)n->op) {
    case N_PRIMITIVE:
        return !(n->primitive->effects & (FX_WRITE | FX_FAIL | FX_CAPTURE));
    case N_PHI:
        return true;
    case N_PARAMETER:
    case N_RUNNING:
    case N_REGISTER:
        return false;
    default:
        // Checked arithmetic stays though nobody uses its result: that it is a fixnum may have
        // decided a comparison, as a guard does.
        return !(flags & (NODE_GUARD | NODE_MAY_EXIT | NODE_WRITES | NODE_CALLS | NODE_ENDS));
    }
}

Block **t2_dominator_preorder(Graph *graph) {
    uint32_t count = graph->block_count;
    Block **preorder = t2_allocate(graph, count * sizeof *preorder);
    Block **child = t2_allocate(graph, count * sizeof *child);     // first of each
    Block **sibling = t2_allocate(graph, count * sizeof *sibling); // next of each
    for (uint32_t i = count; i-- > 1;) {
        Block *block = graph->order[i];
        sibling[i] = child[block->dominator->id];
        child[block->dominator->id] = block;
    }
    Block *block = graph->entry;
    for (uint32_t i = 0; i < count; i++) {
        preorder[i] = block;
        Block *next = child[block->id];
        while (!next && block->dominator) {
            next = sibling[block->id];
            block = block->dominator;
        }
        block = next;
    }
    return preorder;
}

uint32_t t2_loop_entry_index(const Block *header) {
    for (uint32_t i = 0; i < header->predecessor_count; i++)
        if (!t2_dominates(header, header->predecessors[i]))
            return i;
    ASSERT(false, "loop %u is not entered", header->id);
    return 0;
}

Block *t2_loop_entry(const Block *header) {
    return header->predecessors[t2_loop_entry_index(header)];
}

bool t2_in_loop(const Block *block, const Block *header) {
    for (const Block *loop = block->loop; loop; loop = loop->parent_loop)
        if (loop == header)
            return true;
    return false;
}

typedef struct StateVisit {
    void (*visit)(FrameState *, void *);
    void *context;
    uint32_t mark;
} StateVisit;

static void visit_state(const StateVisit *v, const FrameState *state) {
    for (FrameState *s = (FrameState *)state; s && s->mark != v->mark;
         s = (FrameState *)s->caller) {
        s->mark = v->mark;
        v->visit(s, v->context);
    }
}

void t2_each_state(Graph *graph, void (*visit)(FrameState *state, void *context), void *context) {
    StateVisit v = {.visit = visit, .context = context, .mark = ++graph->state_mark};
    for (uint32_t i = 0; i < graph->block_count; i++) {
        Block *block = graph->blocks[i];
        visit_state(&v, block->entry_state);
        for (Node *n = block->first; n; n = n->next)
            visit_state(&v, n->state);
    }
}

Node *t2_new_before(Graph *graph, Node *place, NodeOp op, uint32_t count, Node *const *inputs) {
    Node *n = t2_node_new(graph, op, count, inputs);
    t2_insert_before(place, n);
    return n;
}
