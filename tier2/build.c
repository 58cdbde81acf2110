// The builder: functions, their blocks and what flows between them. See build_int.h.
#include "tier2/build_int.h"

// ---- operations

Node *t2_emit(Builder *b, NodeOp op, uint32_t count, Node *const *inputs) {
    Node *node = t2_node_new(b->graph, op, count, inputs);
    t2_append(b->block, node);
    return node;
}

Node *t2_exits(Builder *b, Node *node, ExitReason reason) {
    node->state = t2_state_here(b);
    node->reason = (uint8_t)reason;
    return node;
}

Block *t2_new_block(Builder *b) { return t2_block_new(b->graph); }

// ---- registers

Node *t2_register(Builder *b, uint32_t r) {
    Function *f = b->function;
    Node *value = t2_resolve(f->registers[r]);
    // Only what is never looked at has no value: a free value that is filled in later.
    return value ? value : t2_constant(b->graph, VALUE_UNSPECIFIED);
}

void t2_set_register(Builder *b, uint32_t r, Node *value) {
    b->function->registers[r] = t2_tagged(b, value);
    set_add(b->function->assigned, r);
}

void t2_refine(Builder *b, Node *value, Node *known) {
    Function *f = b->function;
    for (uint32_t r = 0; r < f->code->registers; r++)
        if (f->registers[r] == value)
            f->registers[r] = known;
}

// ---- states

static FrameState *state_of(Builder *b, uint32_t pc, int32_t dst, Node *const *registers,
                            const uint64_t *live) {
    Function *f = b->function;
    uint32_t count = f->code->registers;
    while (count &&
           !(registers[count - 1] && set_has(live, count - 1) && (int32_t)(count - 1) != dst))
        count--;
    FrameState *state = t2_state_new(b->graph, count);
    b->work += count;
    state->code = f->code;
    state->pc = pc;
    state->dst = dst;
    state->closure = f->closure;
    state->caller = f->caller;
    for (uint32_t r = 0; r < count; r++)
        if (set_has(live, r) && (int32_t)r != dst)
            state->registers[r] = t2_resolve(registers[r]);
    return state;
}

const FrameState *t2_state_here(Builder *b) {
    Function *f = b->function;
    if (!f->here) {
        uint64_t live[REGISTERS_MAX / 64 + 1];
        memcpy(live, f->after, f->shape->set_words * sizeof *live);
        t2_live_before(f->shape, &f->shape->blocks[f->block], &f->in, live);
        f->here = state_of(b, f->in.pc, -1, f->registers, live);
    }
    return f->here;
}

const FrameState *t2_state_after(Builder *b, int32_t dst) {
    Function *f = b->function;
    return state_of(b, f->in.next, dst, f->registers, f->after);
}

bool t2_is_generic(const Builder *b, ExitReason reason) {
    return t2_site_is_generic(b->function->code, b->function->in.pc, reason);
}

// Exits there that have been taken too often, as Block.generic.
static uint32_t generic_at(const Code *code, uint32_t pc) {
    static_assert(EXIT_REASON_COUNT <= 32);
    uint32_t set = 0;
    for (int reason = 0; reason < EXIT_REASON_COUNT; reason++)
        set |= (uint32_t)t2_site_is_generic(code, pc, (ExitReason)reason) << reason;
    return set;
}

// ---- ends of blocks

void t2_leave(Builder *b, ExitReason reason) {
    t2_exits(b, emit0(b, N_EXIT), reason);
    b->block->cold = true;
    b->block = NULL;
}

static Node **copy_registers(Builder *b) {
    Function *f = b->function;
    Node **copy = f->spare;
    if (copy)
        f->spare = (Node **)copy[0];
    else
        copy = t2_allocate(b->graph, (f->code->registers + 1) * sizeof *copy);
    memcpy(copy, f->registers, f->code->registers * sizeof *copy);
    b->work += f->code->registers;
    return copy;
}

// Values that differ in guards alone.
static Node *without_guards(Node *value) {
    value = t2_resolve(value);
    while (value && (t2_node_info[value->op].flags & NODE_GUARD) && value->input_count > 0 &&
           value->rep == REP_TAGGED)
        value = t2_resolve(value->inputs[0]);
    return value;
}

// An edge back to a header: its phis get another input.
static void close_loop(Builder *b, Place *place, Block *from, int which, Node *const *registers) {
    Function *f = b->function;
    if (from->last->op != N_JUMP) {
        Block *middle = t2_block_new(b->graph);
        t2_add_edge(b->graph, from, which, middle);
        t2_append(middle, t2_node_new(b->graph, N_JUMP, 0, NULL));
        from = middle;
        which = 0;
    }
    t2_add_edge(b->graph, from, which, place->block);
    for (uint32_t r = 0; r < f->code->registers; r++) {
        if (!place->phis[r])
            continue;
        Node *value = t2_resolve(registers[r]);
        t2_add_input(b->graph, place->phis[r],
                     value ? value : t2_constant(b->graph, VALUE_UNSPECIFIED));
    }
}

// The last node of the block being filled goes to CodeBlock `to` as its successor `which`.
static void go(Builder *b, int which, uint32_t to) {
    Place *place = &b->function->places[to];
    if (place->block) {
        close_loop(b, place, b->block, which, b->function->registers);
        return;
    }
    Edge *edge = t2_allocate(b->graph, sizeof *edge);
    *edge = (Edge){.from = b->block, .which = which, .registers = copy_registers(b)};
    *place->edges_end = edge;
    place->edges_end = &edge->next;
    place->edge_count++;
}

void t2_jump(Builder *b, uint32_t to) {
    emit0(b, N_JUMP);
    go(b, 0, to);
    b->block = NULL;
}

static bool is_cold(Builder *b, const CodeBlock *block) {
    return block->ran == RAN_NEVER &&
           !t2_site_is_generic(b->function->code, block->start, EXIT_BRANCH);
}

// Weight of the first of two ways in 1/1024; 0: unknown.
static int64_t branch_weight(Builder *b, const CodeBlock *yes, const CodeBlock *no) {
    const Function *f = b->function;
    bool yes_cold = yes->raises || is_cold(b, yes), no_cold = no->raises || is_cold(b, no);
    if (yes_cold != no_cold)
        return yes_cold ? 1 : 1023;
    // Both ways together are taken as often as the block.
    uint64_t all = f->shape->blocks[f->block].heat, first = yes->heat;
    if (yes->heat && no->heat)
        all = yes->heat + no->heat;
    else if (no->heat && all)
        first = all > no->heat ? all - no->heat : 0;
    if (!all || (!yes->heat && !no->heat))
        return 0;
    int64_t weight = (int64_t)((1024 * (__int128)first) / all);
    return weight < 1 ? 1 : weight > 1023 ? 1023 : weight;
}

void t2_branch(Builder *b, Node *condition, uint32_t yes, uint32_t no) {
    Function *f = b->function;
    if (condition->op == N_BOOLEAN || yes == no) {
        t2_jump(b, condition->op == N_BOOLEAN && !condition->index ? no : yes);
        return;
    }
    Node *branch = emit1(b, N_BRANCH, condition);
    branch->index = branch_weight(b, &f->shape->blocks[yes], &f->shape->blocks[no]);
    go(b, 0, yes);
    go(b, 1, no);
    b->block = NULL;
}

void t2_return(Builder *b, Node *value) {
    Function *f = b->function->returns_to;
    value = t2_tagged(b, value);
    if (!f->caller) {
        emit1(b, N_RETURN, value);
    } else {
        emit0(b, N_JUMP);
        Result *result = t2_allocate(b->graph, sizeof *result);
        *result = (Result){.next = f->results, .from = b->block, .value = value};
        f->results = result;
    }
    b->block = NULL;
}

// ---- joins

Node *t2_join(Builder *b, Block *block, uint32_t count, Node **values) {
    bool same = true, same_value = true;
    for (uint32_t i = 0; i < count; i++) {
        if (!values[i])
            return NULL;
        same &= values[i] == values[0];
        same_value &= without_guards(values[i]) == without_guards(values[0]);
    }
    if (same)
        return values[0];
    if (same_value)
        return without_guards(values[0]);
    Node *phi = t2_node_new(b->graph, N_PHI, count, values);
    phi->rep = REP_TAGGED;
    t2_append(block, phi);
    return phi;
}

// All edges to a place meet in `block`, which is empty; answers the registers there.
static Node **meet(Builder *b, const Place *place, const uint64_t *live, Block *block) {
    Function *f = b->function;
    for (Edge *e = place->edges; e; e = e->next)
        t2_add_edge(b->graph, e->from, e->which, block);
    Node **registers = place->edges->registers; // of one edge, which is not asked again
    if (place->edge_count == 1)
        return registers;
    Node **values = t2_allocate(b->graph, place->edge_count * sizeof *values);
    b->work += (uint64_t)place->edge_count * f->code->registers;
    for (uint32_t r = 0; r < f->code->registers; r++) {
        if (!set_has(live, r))
            continue;
        uint32_t i = 0;
        for (Edge *e = place->edges; e; e = e->next)
            values[i++] = t2_resolve(e->registers[r]);
        registers[r] = t2_join(b, block, place->edge_count, values);
    }
    return registers;
}

// A header: one edge from outside, phis for what is assigned in the loop, the poll.
static void begin_loop(Builder *b, Place *place, const CodeBlock *shape) {
    Function *f = b->function;
    Edge *edge = place->edges;
    Block *outside = edge->from;
    Node **registers = edge->registers;
    if (edge->next || outside->last->op != N_JUMP) {
        outside = t2_block_new(b->graph);
        registers = meet(b, place, shape->live, outside);
        t2_append(outside, t2_node_new(b->graph, N_JUMP, 0, NULL));
    }
    place->block = t2_block_new(b->graph);
    t2_add_edge(b->graph, outside, 0, place->block);
    place->block->entry_state = state_of(b, shape->start, -1, registers, shape->live);
    place->block->generic = generic_at(f->code, shape->start);
    place->phis = t2_allocate(b->graph, f->code->registers * sizeof *place->phis);
    for (uint32_t r = 0; r < f->code->registers; r++) {
        f->registers[r] = NULL;
        if (!set_has(shape->live, r))
            continue;
        Node *value = t2_resolve(registers[r]);
        if (set_has(shape->assigned, r)) {
            if (!value)
                value = t2_constant(b->graph, VALUE_UNSPECIFIED);
            Node *phi = t2_node_new(b->graph, N_PHI, 1, &value);
            phi->rep = REP_TAGGED;
            phi->type = t2_type_of_set(CLASS_ALL); // until all inputs are known
            t2_append(place->block, phi);
            value = place->phis[r] = phi;
        }
        f->registers[r] = value;
    }
    b->block = place->block;
    Node *poll = emit0(b, N_POLL);
    poll->state = state_of(b, shape->start, -1, f->registers, shape->live);
    poll->reason = EXIT_POLL;
}

// Begin block number f->block; false: control never comes there.
static bool begin_block(Builder *b) {
    Function *f = b->function;
    Place *place = &f->places[f->block];
    const CodeBlock *shape = &f->shape->blocks[f->block];
    if (!place->edge_count)
        return false;
    if (shape->header) {
        begin_loop(b, place, shape);
    } else {
        place->block = t2_block_new(b->graph);
        Node **registers = meet(b, place, shape->live, place->block);
        for (uint32_t r = 0; r < f->code->registers; r++)
            f->registers[r] = set_has(shape->live, r) ? registers[r] : NULL;
        b->block = place->block;
    }
    b->block->heat = shape->heat;
    return true;
}

// Phis of loops that turned out to have one value.
static void drop_idle_phis(Function *f) {
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t i = 0; i < f->shape->block_count; i++) {
            Place *place = &f->places[i];
            for (uint32_t r = 0; place->phis && r < f->code->registers; r++) {
                Node *phi = place->phis[r], *only = NULL;
                if (!phi)
                    continue;
                bool idle = true;
                for (uint32_t k = 0; k < phi->input_count && idle; k++) {
                    Node *value = without_guards(phi->inputs[k]);
                    if (value == phi)
                        continue;
                    idle = !only || only == value;
                    only = value;
                }
                if (!idle || !only)
                    continue;
                t2_replace(phi, only);
                t2_remove(phi);
                place->phis[r] = NULL;
                changed = true;
            }
        }
    }
}

// ---- functions

// Registers that are live after each instruction of a block, the first one's first.
static uint64_t *live_after(Builder *b, const CodeBlock *block, const Shape *shape) {
    const Code *code = shape->code;
    uint32_t words = shape->set_words, count = 0, length = block->end - block->start;
    uint32_t *starts = t2_allocate(b->graph, length * sizeof *starts);
    for (uint32_t pc = block->start; pc < block->end; pc = t2_instruction(code, pc).next)
        starts[count++] = pc;
    uint64_t *sets = t2_allocate(b->graph, (size_t)count * words * sizeof *sets);
    t2_live_after(shape, block, &sets[(size_t)(count - 1) * words]);
    for (uint32_t i = count - 1; i > 0; i--) {
        Instruction in = t2_instruction(code, starts[i]);
        memcpy(&sets[(size_t)(i - 1) * words], &sets[(size_t)i * words], words * sizeof *sets);
        t2_live_before(shape, block, &in, &sets[(size_t)(i - 1) * words]);
    }
    return sets;
}

// Registers that are not live any more have no value: of those that were live before the
// instruction and those that it assigned.
static void forget_dead(Function *f, const uint64_t *before) {
    for (uint32_t w = 0; w < f->shape->set_words; w++) {
        for (uint64_t dead = (before[w] | f->assigned[w]) & ~f->after[w]; dead; dead &= dead - 1)
            f->registers[64 * w + (uint32_t)__builtin_ctzll(dead)] = NULL;
        f->assigned[w] = 0;
    }
}

static void recycle_edges(Function *f, Place *place) {
    for (Edge *e = place->edges; e; e = e->next) {
        e->registers[0] = (Node *)f->spare;
        f->spare = e->registers;
    }
    place->edges = NULL;
}

static void build_block(Builder *b) {
    Function *f = b->function;
    const Shape *shape = f->shape;
    const CodeBlock *block = &shape->blocks[f->block];
    const uint64_t *before = block->live;
    f->after = live_after(b, block, shape);
    memset(f->assigned, 0, shape->set_words * sizeof *f->assigned);
    for (uint32_t pc = block->start; pc < block->end; pc = f->in.next) {
        f->in = t2_instruction(f->code, pc);
        f->here = NULL;
        b->graph->bytecodes++;
        b->work += INSTRUCTION_WORK;
        if (t2_works_too_long(b)) {
            b->block = NULL;
            return;
        }
        if (pc == block->start && is_cold(b, block)) {
            t2_leave(b, EXIT_BRANCH);
            return;
        }
        t2_instruction_build(b);
        if (!b->block)
            return;
        forget_dead(f, before);
        before = f->after;
        f->after += shape->set_words;
    }
    t2_jump(b, block->successor[0]);
}

// What its guarded primitives take for granted: those whose guard has failed are jumps by now.
static void rely_on_guards(Builder *b, const Code *code) {
    const Cell *last = NULL; // guards on one cell come together often
    for (uint32_t i = 0; i < code->guard_count; i++) {
        const Guard *guard = &code->guards[i];
        if (guard->cell != last && !(object_flags(guard->cell) & CELL_ASSIGNED))
            t2_rely_on(b->graph, guard->cell);
        last = guard->cell;
    }
}

// Have integers been met in it that were larger than passes/small.c takes them to be?
static bool has_large(const Code *code) {
    for (uint32_t pc = 0; code->exits && pc < code->word_count; pc++)
        if (t2_site_is_generic(code, pc, EXIT_RANGE))
            return true;
    return false;
}

Function *t2_function_new(Builder *b, Code *code, Shape *shape) {
    t2_hold(b->graph, value_from_pointer(code));
    rely_on_guards(b, code);
    b->graph->wide |= has_large(code);
    Function *f = t2_allocate(b->graph, sizeof *f);
    *f = (Function){.code = code, .shape = shape, .returns_to = f};
    f->registers = t2_allocate(b->graph, (code->registers + 1) * sizeof *f->registers);
    f->assigned = t2_allocate(b->graph, shape->set_words * sizeof *f->assigned);
    f->places = t2_allocate(b->graph, shape->block_count * sizeof *f->places);
    for (uint32_t i = 0; i < shape->block_count; i++)
        f->places[i].edges_end = &f->places[i].edges;
    return f;
}

// The block where the results of an inlined function meet.
static Node *meet_results(Builder *b, Function *f) {
    uint32_t count = 0;
    for (Result *r = f->results; r; r = r->next)
        count++;
    b->block = NULL;
    if (!count)
        return NULL;
    b->block = t2_block_new(b->graph);
    Node **values = t2_allocate(b->graph, count * sizeof *values);
    count = 0;
    for (Result *r = f->results; r; r = r->next) {
        t2_add_edge(b->graph, r->from, 0, b->block);
        values[count++] = t2_resolve(r->value);
    }
    return t2_join(b, b->block, count, values);
}

Node *t2_build_function(Builder *b, Function *f) {
    b->function = f;
    t2_jump(b, 0);
    for (f->block = 0; f->block < f->shape->block_count && !t2_works_too_long(b); f->block++)
        if (begin_block(b)) {
            recycle_edges(f, &f->places[f->block]);
            build_block(b);
        }
    if (!t2_works_too_long(b))
        drop_idle_phis(f);
    b->function = f->outer;
    if (f->returns_to == f)
        return meet_results(b, f);
    b->block = NULL;
    return NULL;
}

// ---- graphs

static uint32_t parameter_count(const Code *code) {
    return code->required + code->optional + code->keyword + code->rest;
}

static Bailout build(Builder *b, Code *code, uint32_t osr_pc) {
    Graph *graph = b->graph;
    bool whole = osr_pc == UINT32_MAX;
    if (code->control)
        return BAILOUT_INTERNAL;
    if (code->word_count > 4 * WORDS_MAX)
        return BAILOUT_TOO_LARGE;
    if (whole && parameter_count(code) > NATIVE_ARGUMENTS_MAX)
        return BAILOUT_TOO_MANY_REGISTERS;
    uint32_t root = whole ? 0 : t1_loop_target(code, osr_pc);
    Shape *shape = t2_shape(b, code, root);
    if (!shape)
        return BAILOUT_TOO_MANY_REGISTERS;
    if (shape->words > WORDS_MAX)
        return BAILOUT_TOO_LARGE;
    if (shape->irreducible)
        return BAILOUT_IRREDUCIBLE;
    if (shape->captures)
        return BAILOUT_CAPTURES;
    const CodeBlock *first = &shape->blocks[0];
    if (is_cold(&(Builder){.function = &(Function){.code = code}}, first))
        return BAILOUT_NOT_RUN;
    t2_rely_on(graph, t1_objects_fact(b->vm));
    Function *f = t2_function_new(b, code, shape);
    b->block = graph->entry;
    graph->generic = generic_at(code, 0);
    f->closure = emit0(b, N_RUNNING);
    f->closure->type.code = code->first;
    uint32_t count = whole ? parameter_count(code) : code->registers;
    for (uint32_t r = 0; r < count; r++) {
        if (!set_has(first->live, r))
            continue;
        f->registers[r] = emit0(b, whole ? N_PARAMETER : N_REGISTER);
        f->registers[r]->index = r;
    }
    (void)t2_build_function(b, f);
    return t2_works_too_long(b) ? BAILOUT_TOO_LARGE : BAILOUT_NONE;
}

Graph *t2_build(VM *vm, Code *code, uint32_t osr_pc) {
    Builder builder = {.vm = vm, .graph = t2_graph_new(vm, code, osr_pc)};
    builder.graph->failure = build(&builder, code, osr_pc);
    builder.graph->closed = true;
    return builder.graph;
}
