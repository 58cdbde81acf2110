// escape: objects that nobody sees are not made.
//
// What: a pair, box, closure, record, vector or multiple values that is only read, written and
// tested by this graph lives on as its fields. Where an exit would have to show it, the state names
// a SUNK node, which says what the fields are just then, and the exit makes it (Stadler,
// Würthinger, Mössenböck, "Partial escape analysis and scalar replacement for Java", 2014, without
// its partial part; the idea of sinking into exits is LuaJIT's).
//
// Three kinds:
//
//   still      never written after it was made: loads are its fields, one SUNK stands in its place
//   joined     a phi of still ones of one shape, such as a pair that a loop carries round: a phi
//              for each field
//   changing   written: its fields are variables, put into SSA form by a walk over the blocks that
//              the allocation dominates. A state that names it, or a SUNK that holds it, is copied
//              for each content.
//
// An object in a field of another is seen by nobody once that one is a SUNK, so nests are taken
// apart from outside, one layer a round. Objects that hold themselves stay.
//
// Invariant: in one state, all names of an object are one SUNK node, so exits keep identity. This
// is why an object that a phi passes on and that states behind the phi still name stays.
#include "runtime/object.h"
#include "tier2/passes.h"

enum { ROUNDS = 4, OBJECTS_MAX = 512, FIELDS_MAX = 64, CHANGING_WORDS_MAX = 1 << 18, COPIES = 16 };

typedef struct Object { // Node.scratch of candidates, and of SUNK nodes that hold changing ones
    Node *node;
    const Node *shape; // an allocation: operation, number of fields and what they are of
    bool escapes, written, joined;
    Node **fields; // of a phi: phis
    uint32_t slot; // changing: of its first field
    Node *sunk;    // changing, holders: as of `epoch`
    uint32_t epoch;
} Object;

enum { IS_CANDIDATE = 1, HOLDS_CHANGING = 2 }; // Node.mark

typedef struct Copy { // of a state
    const FrameState *state;
    FrameState *copy;
    uint32_t epoch;
} Copy;

typedef struct Escape {
    Graph *graph;
    Object **objects;
    uint32_t count;
    // The walk for changing objects:
    uint32_t slots, epoch, next_copy;
    Node **now;     // [slots]
    Node ***at_end; // of blocks, [slots] each
    Copy copies[COPIES];
} Escape;

static Object *object_of(Node *n) { return n && n->mark & IS_CANDIDATE ? n->scratch : NULL; }

static bool is_allocation(const Node *n) {
    switch ((NodeOp)n->op) {
    case N_NEW_PAIR:
    case N_NEW_BOX:
    case N_NEW_CLOSURE:
    case N_NEW_RECORD:
    case N_NEW_VALUES:
    case N_NEW_VECTOR:
        return n->input_count <= FIELDS_MAX;
    default:
        return false;
    }
}

static bool same_shape(const Node *a, const Node *b) {
    return a->op == b->op && a->input_count == b->input_count && a->value == b->value;
}

static Object *add_object(Escape *e, Node *n, const Node *shape) {
    Object *o = t2_allocate(e->graph, sizeof *o);
    o->node = n;
    o->shape = shape;
    n->scratch = o;
    n->mark = IS_CANDIDATE;
    e->objects[e->count++] = o;
    return o;
}

// ---- uses

// Which field a load or a store of the object is of; -1: none that is known.
static int64_t field_of(const Node *n, const Node *shape) {
    int64_t field = -1;
    switch ((NodeOp)n->op) {
    case N_CAR:
    case N_SET_CAR:
        field = shape->op == N_NEW_PAIR ? 0 : -1;
        break;
    case N_CDR:
    case N_SET_CDR:
        field = shape->op == N_NEW_PAIR ? 1 : -1;
        break;
    case N_BOX_REF:
    case N_BOX_SET:
        field = shape->op == N_NEW_BOX ? 0 : -1;
        break;
    case N_FIELD:
    case N_SET_FIELD:
        field = shape->op == N_NEW_RECORD ? n->index : -1;
        break;
    case N_FREE:
    case N_SET_FREE:
        field = shape->op == N_NEW_CLOSURE ? n->index : -1;
        break;
    case N_VALUES_REF:
        field = shape->op == N_NEW_VALUES ? n->index : -1;
        break;
    case N_VECTOR_REF:
    case N_VECTOR_SET:
        if (shape->op == N_NEW_VECTOR && n->inputs[1]->op == N_INTEGER)
            field = n->inputs[1]->index;
        break;
    default:
        break;
    }
    return field < (int64_t)shape->input_count ? field : -1;
}

static bool is_load(const Node *n) {
    return n->op == N_VALUES_REF ||
           (t2_has_flag(n, NODE_READS) && !t2_has_flag(n, NODE_WRITES | NODE_CALLS));
}
static bool is_store(const Node *n) {
    return t2_has_flag(n, NODE_WRITES) && !t2_has_flag(n, NODE_CALLS | NODE_MAY_EXIT);
}

static void use(Node *user, uint32_t i, Object *o) {
    if (user->op == N_SUNK)
        return;
    if (user->op == N_PHI) {
        if (object_of(user))
            o->joined = true;
        else
            o->escapes = true;
        return;
    }
    bool of_it = i == 0 && field_of(user, o->shape) >= 0;
    if (of_it && is_load(user))
        return;
    if (of_it && is_store(user))
        o->written = true;
    else
        o->escapes = true;
}

// ---- candidates

static void find_allocations(Escape *e) {
    Graph *graph = e->graph;
    for (uint32_t b = 0; b < graph->block_count; b++)
        for (Node *n = graph->order[b]->first; n; n = n->next) {
            n->mark = 0;
            if (is_allocation(n) && e->count < OBJECTS_MAX / 2)
                add_object(e, n, n);
        }
}

// Phis that might be joined objects: all that have a candidate among their inputs.
static void find_phis(Escape *e) {
    Graph *graph = e->graph;
    if (!e->count)
        return;
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t b = 0; b < graph->block_count; b++)
            for (Node *n = graph->order[b]->first; n && n->op == N_PHI; n = n->next) {
                if (n->rep != REP_TAGGED || object_of(n) || e->count >= OBJECTS_MAX)
                    continue;
                for (uint32_t i = 0; i < n->input_count; i++) {
                    const Object *o = object_of(n->inputs[i]);
                    if (o) {
                        add_object(e, n, o->shape);
                        changed = true;
                        break;
                    }
                }
            }
    }
}

// A name in a state behind a phi that passes the object on: that phi's SUNK would be another one.
static void check_name(Escape *e, Node *name, const Block *block) {
    Object *o = object_of(name);
    if (!o || !o->joined || o->escapes)
        return;
    for (uint32_t k = 0; k < e->count; k++) {
        const Node *phi = e->objects[k]->node;
        if (phi->op != N_PHI || !t2_dominates(phi->block, block))
            continue;
        for (uint32_t i = 0; i < phi->input_count; i++)
            o->escapes |= phi->inputs[i] == o->node;
    }
}

static void check_states(Escape *e) {
    Graph *graph = e->graph;
    bool any = false;
    for (uint32_t k = 0; k < e->count; k++)
        any |= e->objects[k]->joined && !e->objects[k]->escapes;
    if (!any)
        return;
    for (uint32_t b = 0; b < graph->block_count; b++)
        for (Node *n = graph->order[b]->first; n; n = n->next)
            for (const FrameState *s = n->state; s; s = s->caller) {
                check_name(e, s->closure, n->block);
                for (uint32_t i = 0; i < s->count; i++)
                    check_name(e, s->registers[i], n->block);
            }
}

static void spread(Escape *e) {
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t k = 0; k < e->count; k++) {
            Object *o = e->objects[k];
            if (o->written && (o->joined || o->node->op == N_PHI) && !o->escapes)
                o->escapes = changed = true;
            if (o->node->op != N_PHI)
                continue;
            bool escapes = o->escapes;
            for (uint32_t i = 0; i < o->node->input_count; i++) {
                const Object *input = object_of(o->node->inputs[i]);
                escapes |= !input || input->escapes || !same_shape(input->shape, o->shape);
            }
            if (!escapes)
                continue;
            changed |= !o->escapes;
            o->escapes = true;
            for (uint32_t i = 0; i < o->node->input_count; i++) {
                Object *input = object_of(o->node->inputs[i]);
                if (input && !input->escapes)
                    input->escapes = changed = true;
            }
        }
    }
}

static void analyse(Escape *e) {
    Graph *graph = e->graph;
    find_allocations(e);
    find_phis(e);
    for (uint32_t b = 0; e->count && b < graph->block_count; b++)
        for (Node *n = graph->order[b]->first; n; n = n->next)
            for (uint32_t i = 0; i < n->input_count; i++) {
                Object *o = object_of(n->inputs[i]);
                if (o)
                    use(n, i, o);
            }
    check_states(e);
    spread(e);
    uint32_t kept = 0;
    for (uint32_t k = 0; k < e->count; k++) {
        Object *o = e->objects[k];
        if (o->escapes)
            o->node->mark = 0;
        else
            e->objects[kept++] = o;
    }
    e->count = kept;
}

// ---- SUNK nodes

static Node *sunk_new(Escape *e, const Node *shape, Node *const *fields) {
    static const uint8_t types[] = {
        [N_NEW_PAIR - N_NEW_PAIR] = TYPE_NONE,       [N_NEW_BOX - N_NEW_PAIR] = TYPE_BOX,
        [N_NEW_CLOSURE - N_NEW_PAIR] = TYPE_CLOSURE, [N_NEW_RECORD - N_NEW_PAIR] = TYPE_RECORD,
        [N_NEW_VALUES - N_NEW_PAIR] = TYPE_VALUES,   [N_NEW_VECTOR - N_NEW_PAIR] = TYPE_VECTOR};
    Node *n = t2_node_new(e->graph, N_SUNK, shape->input_count, fields);
    n->index = types[shape->op - N_NEW_PAIR];
    n->value = shape->value;
    n->type = shape->type;
    return n;
}

static Node *after_phis(Block *block) {
    Node *n = block->first;
    while (n->op == N_PHI)
        n = n->next;
    return n;
}

// ---- still and joined ones

static Node *still_field(const Object *o, int64_t field) {
    return o->node->op == N_PHI ? o->fields[field] : o->node->inputs[field];
}

static void put_field_phis(Escape *e, Object *o) {
    o->fields = t2_allocate(e->graph, o->shape->input_count * sizeof *o->fields);
    for (uint32_t f = 0; f < o->shape->input_count; f++) {
        Node *phi = t2_node_new(e->graph, N_PHI, o->node->input_count, NULL);
        phi->rep = REP_TAGGED;
        t2_insert_after(o->node, phi);
        o->fields[f] = phi;
    }
}

static void fill_field_phis(const Object *o) {
    for (uint32_t f = 0; f < o->shape->input_count; f++)
        for (uint32_t i = 0; i < o->node->input_count; i++)
            o->fields[f]->inputs[i] = still_field(object_of(o->node->inputs[i]), f);
}

static void replace_still(Escape *e) {
    Graph *graph = e->graph;
    for (uint32_t k = 0; k < e->count; k++)
        if (e->objects[k]->node->op == N_PHI)
            put_field_phis(e, e->objects[k]);
    for (uint32_t k = 0; k < e->count; k++)
        if (e->objects[k]->node->op == N_PHI)
            fill_field_phis(e->objects[k]);
    for (uint32_t b = 0; b < graph->block_count; b++)
        for (Node *n = graph->order[b]->first, *next; n; n = next) {
            next = n->next;
            const Object *o = n->input_count ? object_of(n->inputs[0]) : NULL;
            if (!o || o->written || n->op == N_PHI || n->op == N_SUNK || is_allocation(n))
                continue;
            t2_replace(n, still_field(o, field_of(n, o->shape)));
            t2_remove(n);
        }
    for (uint32_t k = 0; k < e->count; k++) {
        Object *o = e->objects[k];
        if (o->written)
            continue;
        bool phi = o->node->op == N_PHI;
        Node *sunk = sunk_new(e, o->shape, phi ? o->fields : o->node->inputs);
        t2_insert_before(phi ? after_phis(o->node->block) : o->node, sunk);
        t2_replace(o->node, sunk);
        t2_remove(o->node);
        o->node->mark = 0;
    }
    t2_resolve_all(graph);
}

// ---- changing ones

// The fields of SUNK nodes that hold changing objects, in whatever depth, are not those of now.
static void mark_holders(Escape *e) {
    Graph *graph = e->graph;
    for (uint32_t b = 0; b < graph->block_count; b++)
        for (Node *n = graph->order[b]->first; n; n = n->next)
            if (n->op == N_SUNK)
                for (uint32_t i = 0; i < n->input_count; i++)
                    if (object_of(n->inputs[i]) || n->inputs[i]->mark & HOLDS_CHANGING) {
                        n->mark = HOLDS_CHANGING;
                        n->scratch = t2_allocate(graph, sizeof(Object));
                        break;
                    }
}

// The SUNK node of a changing object, or of one that holds such, as things are now. One a time: two
// would be two objects.
static Node *as_sunk(Escape *e, Node *n, Node *place) {
    if (!(n->mark & (IS_CANDIDATE | HOLDS_CHANGING)))
        return n;
    Object *o = n->scratch;
    if (o->sunk && o->epoch == e->epoch)
        return o->sunk;
    if (n->mark & IS_CANDIDATE) {
        o->sunk = sunk_new(e, o->shape, e->now + o->slot);
    } else {
        // Nests are as deep as this pass has rounds.
        Node *fields[FIELDS_MAX];
        for (uint32_t i = 0; i < n->input_count; i++)
            fields[i] = as_sunk(e, t2_resolve(n->inputs[i]), place);
        o->sunk = t2_node_new(e->graph, N_SUNK, n->input_count, fields);
        o->sunk->index = n->index;
        o->sunk->value = n->value;
        o->sunk->type = n->type;
    }
    o->epoch = e->epoch;
    t2_insert_before(place, o->sunk);
    return o->sunk;
}

static bool is_changing(Node *n) {
    n = t2_resolve(n);
    return n && n->mark & (IS_CANDIDATE | HOLDS_CHANGING);
}

static bool names_changing(const FrameState *s) {
    for (; s; s = s->caller) {
        if (is_changing(s->closure))
            return true;
        for (uint32_t i = 0; i < s->count; i++)
            if (is_changing(s->registers[i]))
                return true;
    }
    return false;
}

// The state with what changing objects are at `place`.
static const FrameState *state_now(Escape *e, const FrameState *state, Node *place) {
    if (!names_changing(state))
        return state;
    for (int i = 0; i < COPIES; i++)
        if (e->copies[i].state == state && e->copies[i].epoch == e->epoch)
            return e->copies[i].copy;
    FrameState *first = NULL;
    const FrameState **link = NULL;
    for (const FrameState *s = state; s; s = s->caller) {
        FrameState *copy = t2_state_new(e->graph, s->count);
        memcpy(copy, s, sizeof *s + s->count * sizeof *s->registers);
        copy->closure = as_sunk(e, t2_resolve(s->closure), place);
        for (uint32_t i = 0; i < s->count; i++)
            if (s->registers[i])
                copy->registers[i] = as_sunk(e, t2_resolve(s->registers[i]), place);
        if (link)
            *link = copy;
        else
            first = copy;
        link = &copy->caller;
    }
    e->copies[e->next_copy++ % COPIES] = (Copy){.state = state, .copy = first, .epoch = e->epoch};
    return first;
}

static bool is_written_in(const Object *o, const Block *header, Graph *graph) {
    for (uint32_t b = header->id; b < graph->block_count; b++) {
        if (!t2_in_loop(graph->order[b], header))
            continue;
        for (Node *n = graph->order[b]->first; n; n = n->next)
            if (is_store(n) && n->inputs[0] == o->node)
                return true;
    }
    return false;
}

static Node *new_phi(Escape *e, Block *block) {
    Node *phi = t2_node_new(e->graph, N_PHI, block->predecessor_count, NULL);
    phi->rep = REP_TAGGED;
    if (block->first)
        t2_insert_before(block->first, phi);
    else
        t2_append(block, phi);
    return phi;
}

// The fields of an object at the beginning of a block that its allocation dominates.
static void begin_fields(Escape *e, const Object *o, Block *block) {
    bool loop = block->is_header && is_written_in(o, block, e->graph);
    const Block *first = block->is_header ? t2_loop_entry(block) : block->predecessors[0];
    for (uint32_t f = o->slot; f < o->slot + o->shape->input_count; f++) {
        e->now[f] = e->at_end[first->id][f];
        bool same = !loop;
        for (uint32_t p = 0; same && !block->is_header && p < block->predecessor_count; p++)
            same = e->at_end[block->predecessors[p]->id][f] == e->now[f];
        if (!same)
            e->now[f] = new_phi(e, block); // filled in at the end
    }
}

static void walk_block(Escape *e, Block *block) {
    for (uint32_t k = 0; k < e->count; k++) {
        const Object *o = e->objects[k];
        if (block != o->node->block && t2_dominates(o->node->block, block))
            begin_fields(e, o, block);
    }
    e->at_end[block->id] = t2_allocate(e->graph, 2 * e->slots * sizeof(Node *));
    Node **at_start = e->at_end[block->id] + e->slots;
    memcpy(at_start, e->now, e->slots * sizeof(Node *));
    e->epoch++;
    for (Node *n = block->first, *next; n; n = next) {
        next = n->next;
        if (n->state)
            n->state = state_now(e, n->state, n);
        for (uint32_t i = 0; i < n->input_count; i++)
            n->inputs[i] = t2_resolve(n->inputs[i]);
        if (object_of(n)) {
            const Object *o = object_of(n);
            memcpy(e->now + o->slot, n->inputs, n->input_count * sizeof *n->inputs);
            e->epoch++;
            continue;
        }
        const Object *o = n->input_count ? object_of(n->inputs[0]) : NULL;
        if (!o || n->op == N_SUNK || n->op == N_PHI)
            continue;
        Node **field = &e->now[o->slot + field_of(n, o->shape)];
        if (is_load(n)) {
            t2_replace(n, *field);
        } else {
            *field = n->inputs[n->input_count - 1];
            e->epoch++;
        }
        t2_remove(n);
    }
    memcpy(e->at_end[block->id], e->now, e->slots * sizeof(Node *));
    for (int which = 0; which < 2; which++) {
        Block *to = block->successors[which];
        if (to && to->is_header && t2_loop_entry(to) == block)
            to->entry_state = state_now(e, to->entry_state, block->last);
    }
}

// The phis that begin_fields put.
static void fill_phis(Escape *e) {
    Graph *graph = e->graph;
    for (uint32_t b = 0; b < graph->block_count; b++) {
        Block *block = graph->order[b];
        Node **at_start = e->at_end[b] + e->slots;
        for (uint32_t f = 0; f < e->slots; f++) {
            Node *phi = at_start[f];
            if (!phi || phi->op != N_PHI || phi->block != block || phi->inputs[0])
                continue;
            for (uint32_t i = 0; i < phi->input_count; i++)
                phi->inputs[i] = e->at_end[block->predecessors[i]->id][f];
        }
    }
}

static void replace_changing(Escape *e) {
    Graph *graph = e->graph;
    uint32_t kept = 0;
    for (uint32_t k = 0; k < e->count; k++) {
        Object *o = e->objects[k];
        uint32_t fields = o->shape->input_count;
        if (!o->written)
            continue;
        if ((e->slots + fields) * (uint64_t)graph->block_count > CHANGING_WORDS_MAX) {
            o->node->mark = 0;
            continue;
        }
        o->slot = e->slots;
        e->slots += fields;
        e->objects[kept++] = o;
    }
    e->count = kept;
    if (!kept)
        return;
    mark_holders(e);
    e->now = t2_allocate(graph, e->slots * sizeof(Node *));
    e->at_end = t2_allocate(graph, graph->block_count * sizeof(Node **));
    for (uint32_t b = 0; b < graph->block_count; b++)
        walk_block(e, graph->order[b]);
    fill_phis(e);
    for (uint32_t k = 0; k < e->count; k++) {
        t2_remove(e->objects[k]->node);
        e->objects[k]->node->mark = 0;
    }
    // SUNK nodes of old, whose copies have taken their places.
    for (uint32_t b = graph->block_count; b-- > 0;)
        for (Node *n = graph->order[b]->last, *previous; n; n = previous) {
            previous = n->previous;
            if (n->op == N_SUNK && n->mark & HOLDS_CHANGING)
                t2_remove(n);
        }
    t2_resolve_all(graph);
}

void t2_pass_escape(Graph *graph) {
    for (int round = 0; round < ROUNDS; round++) {
        Escape e = {.graph = graph, .objects = t2_allocate(graph, OBJECTS_MAX * sizeof(Object *))};
        analyse(&e);
        if (!e.count)
            return;
        replace_still(&e);
        replace_changing(&e);
    }
}
