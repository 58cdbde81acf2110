// Graphs: arena, nodes, blocks, edges, order. See ir.h.
#include "runtime/assert.h"
#include "runtime/heap.h"
#include "tier2/ir.h"
#include <stdlib.h>

const NodeInfo t2_node_info[N_COUNT] = {
#define N(ID, text, RESULT, COUNT, INPUTS, bits, MEMORY_ID, documentation)                         \
    [N_##ID] = {.name = text,                                                                      \
                .rep = RESULT,                                                                     \
                .input_count = COUNT,                                                              \
                .inputs = INPUTS,                                                                  \
                .flags = bits,                                                                     \
                .memory = MEMORY_##MEMORY_ID,                                                      \
                .doc = documentation},
#include "tier2/ir.def"
#undef N
};

// ---- arena

typedef struct Chunk {
    struct Chunk *next;
    size_t used, size;
    alignas(16) char bytes[];
} Chunk;

// What the collector sees of a graph: the graphs that there are, and what they hold.
typedef struct Holder { // collector's memory
    struct Holder *next, *previous;
    Value *held;
} Holder;

// One table for constants (key: representation and bits) and for what is held (key: the Value).
typedef struct Entry {
    uint64_t key;
    Node *node;       // of a constant, else NULL
    const Type *type; // of a tagged constant, as it was found
    uint8_t kind;     // 0: free
} Entry;
enum { ENTRY_HELD = 1, ENTRY_CONSTANT }; // ENTRY_CONSTANT + Rep

struct Arena {
    Chunk *chunks;
    Holder *holder;
    Entry *entries;
    uint32_t entry_count, entry_mask; // mask 0: no table yet
};

enum { CHUNK_BYTES = 64 * 1024 };

static Holder *holders; // of all graphs, a root

static Chunk *chunk_new(size_t size) {
    Chunk *chunk = malloc(sizeof(Chunk) + size);
    if (!chunk) {
        fprintf(stderr, "kiln: out of memory in the compiler\n");
        abort();
    }
    *chunk = (Chunk){.size = size};
    return chunk;
}

static void *allocate(struct Arena *arena, size_t bytes) {
    bytes = (bytes + 15) & ~(size_t)15;
    Chunk *chunk = arena->chunks;
    if (chunk->used + bytes > chunk->size) {
        chunk = chunk_new(bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES);
        chunk->next = arena->chunks;
        arena->chunks = chunk;
    }
    void *memory = chunk->bytes + chunk->used;
    chunk->used += bytes;
    memset(memory, 0, bytes);
    return memory;
}

void *t2_allocate(Graph *graph, size_t bytes) { return allocate(graph->arena, bytes); }

// A larger copy of an array of `count` items.
static void *grow(Graph *graph, const void *old, uint32_t count, uint32_t *room, size_t item) {
    *room = *room ? 2 * *room : 4;
    void *fresh = t2_allocate(graph, *room * item);
    if (count)
        memcpy(fresh, old, count * item);
    return fresh;
}

// ---- graphs

Graph *t2_graph_new(VM *vm, Code *code, uint32_t osr_pc) {
    static bool rooted;
    if (!rooted) {
        rt_heap_add_roots(&holders, sizeof holders);
        rooted = true;
    }
    struct Arena *arena = calloc(1, sizeof *arena);
    if (!arena) {
        fprintf(stderr, "kiln: out of memory in the compiler\n");
        abort();
    }
    arena->chunks = chunk_new(CHUNK_BYTES);
    arena->holder = rt_raw_new(vm, sizeof(Holder));
    arena->holder->next = holders;
    if (holders)
        holders->previous = arena->holder;
    holders = arena->holder;
    Graph *graph = allocate(arena, sizeof *graph);
    *graph = (Graph){.vm = vm, .code = code, .osr_pc = osr_pc, .arena = arena};
    t2_hold(graph, value_from_pointer(code));
    graph->entry = t2_block_new(graph);
    return graph;
}

void t2_graph_free(Graph *graph) {
    struct Arena *arena = graph->arena;
    Holder *holder = arena->holder;
    if (holder->previous)
        holder->previous->next = holder->next;
    else
        holders = holder->next;
    if (holder->next)
        holder->next->previous = holder->previous;
    *holder = (Holder){0};
    Chunk *chunk = arena->chunks;
    while (chunk) { // the graph lies in the last one
        Chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    free(arena->entries);
    free(arena);
}

// The place of a key: its entry, or the free one where it belongs.
static Entry *find_entry(struct Arena *arena, uint8_t kind, uint64_t key) {
    uint64_t hash = (key ^ kind) * UINT64_C(0x9E3779B97F4A7C15);
    uint32_t at = (uint32_t)(hash >> 32) & arena->entry_mask;
    while (arena->entries[at].kind &&
           !(arena->entries[at].kind == kind && arena->entries[at].key == key))
        at = (at + 1) & arena->entry_mask;
    return &arena->entries[at];
}

// The entry of a key; `kind` 0 in it: it is new, and the caller fills it in.
static Entry *entry_for(struct Arena *arena, uint8_t kind, uint64_t key) {
    if (!arena->entry_mask || 2 * arena->entry_count > arena->entry_mask) {
        Entry *old = arena->entries;
        uint32_t size = old ? arena->entry_mask + 1 : 0, fresh = old ? 2 * size : 256;
        arena->entries = calloc(fresh, sizeof *old);
        if (!arena->entries) {
            fprintf(stderr, "kiln: out of memory in the compiler\n");
            abort();
        }
        arena->entry_mask = fresh - 1;
        for (uint32_t i = 0; i < size; i++)
            if (old[i].kind)
                *find_entry(arena, old[i].kind, old[i].key) = old[i];
        free(old);
    }
    return find_entry(arena, kind, key);
}

void t2_hold(Graph *graph, Value value) {
    if (!value_is_pointer(value) || value == VALUE_NONE)
        return;
    struct Arena *arena = graph->arena;
    Entry *entry = entry_for(arena, ENTRY_HELD, value);
    if (entry->kind)
        return;
    ASSERT(!graph->closed, "a graph that is closed takes on no values");
    *entry = (Entry){.key = value, .kind = ENTRY_HELD};
    arena->entry_count++;
    if (graph->held_count == graph->held_room) {
        uint32_t room = graph->held_room ? 2 * graph->held_room : 16;
        Value *held = rt_raw_new(graph->vm, room * sizeof *held);
        if (graph->held_count)
            memcpy(held, graph->held, graph->held_count * sizeof *held);
        arena->holder->held = graph->held = held;
        graph->held_room = room;
    }
    graph->held[graph->held_count++] = value;
}

void t2_rely_on(Graph *graph, Cell *cell) {
    for (uint32_t i = 0; i < graph->fact_count; i++)
        if (graph->facts[i].cell == cell)
            return;
    t2_hold(graph, value_from_pointer(cell));
    if (graph->fact_count == graph->fact_room)
        graph->facts =
            grow(graph, graph->facts, graph->fact_count, &graph->fact_room, sizeof *graph->facts);
    graph->facts[graph->fact_count++] = (Fact){.cell = cell};
}

// ---- nodes

Node *t2_node_new(Graph *graph, NodeOp op, uint32_t input_count, Node *const *inputs) {
    Node *node = t2_allocate(graph, sizeof *node);
    node->op = (uint16_t)op;
    node->rep = t2_node_info[op].rep;
    node->id = graph->node_count++;
    node->input_count = node->input_room = input_count;
    if (input_count) {
        node->inputs = t2_allocate(graph, input_count * sizeof *node->inputs);
        for (uint32_t i = 0; i < input_count; i++)
            node->inputs[i] = inputs ? t2_resolve(inputs[i]) : NULL;
    }
    if (op == N_SELECT && inputs)
        node->rep = node->inputs[1]->rep;
    node->type = inputs || !input_count ? t2_type_of_node(node) : t2_type_of_set(CLASS_ALL);
    return node;
}

// Of a constant that has had no node yet.
static const Type *type_found(Graph *graph, Value value) {
    ASSERT(!graph->closed || !value_is_pointer(value) || value == VALUE_NONE,
           "a constant that the builder has not seen");
    Type *type = t2_allocate(graph, sizeof *type);
    *type = t2_type_of_value(value);
    return type;
}

static Node *constant_of(Graph *graph, Rep rep, uint64_t bits) {
    struct Arena *arena = graph->arena;
    uint8_t kind = (uint8_t)(ENTRY_CONSTANT + rep);
    Entry *entry = entry_for(arena, kind, bits);
    if (entry->kind && entry->node->block && !entry->node->forward)
        return entry->node;
    static const NodeOp ops[] = {[REP_TAGGED] = N_CONSTANT,
                                 [REP_INT] = N_INTEGER,
                                 [REP_DOUBLE] = N_DOUBLE,
                                 [REP_BOOL] = N_BOOLEAN};
    Node *node = t2_node_new(graph, ops[rep], 0, NULL);
    const Type *type = entry->kind ? entry->type : NULL;
    if (rep == REP_TAGGED) {
        node->value = bits;
        type = type ? type : type_found(graph, bits);
    } else if (rep == REP_DOUBLE)
        memcpy(&node->number, &bits, sizeof bits);
    else
        node->index = (int64_t)bits;
    node->type = type ? *type : t2_type_of_node(node);
    if (!entry->kind)
        arena->entry_count++;
    *entry = (Entry){.key = bits, .node = node, .type = type, .kind = kind};
    if (graph->entry->first)
        t2_insert_before(graph->entry->first, node);
    else
        t2_append(graph->entry, node);
    return node;
}

Node *t2_constant(Graph *graph, Value value) {
    t2_hold(graph, value);
    return constant_of(graph, REP_TAGGED, value);
}
Node *t2_constant_int(Graph *graph, int64_t n) { return constant_of(graph, REP_INT, (uint64_t)n); }
Node *t2_constant_double(Graph *graph, double d) {
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    return constant_of(graph, REP_DOUBLE, bits);
}
Node *t2_constant_bool(Graph *graph, bool b) { return constant_of(graph, REP_BOOL, b); }

void t2_append(Block *block, Node *node) {
    ASSERT(!node->block, "node %u is in a block already", node->id);
    node->block = block;
    node->previous = block->last;
    node->next = NULL;
    if (block->last)
        block->last->next = node;
    else
        block->first = node;
    block->last = node;
}

void t2_insert_before(Node *place, Node *node) {
    ASSERT(!node->block, "node %u is in a block already", node->id);
    Block *block = place->block;
    node->block = block;
    node->previous = place->previous;
    node->next = place;
    if (place->previous)
        place->previous->next = node;
    else
        block->first = node;
    place->previous = node;
}

void t2_insert_after(Node *place, Node *node) {
    if (place->next)
        t2_insert_before(place->next, node);
    else
        t2_append(place->block, node);
}

void t2_remove(Node *node) {
    Block *block = node->block;
    ASSERT(block, "node %u is in no block", node->id);
    if (node->previous)
        node->previous->next = node->next;
    else
        block->first = node->next;
    if (node->next)
        node->next->previous = node->previous;
    else
        block->last = node->previous;
    node->block = NULL;
    node->previous = node->next = NULL;
}

void t2_replace(Node *node, Node *by) {
    by = t2_resolve(by);
    ASSERT(node != by, "node %u replaced by itself", node->id);
    node->forward = by;
}

Node *t2_resolve(Node *node) {
    if (!node || !node->forward)
        return node;
    Node *end = node->forward;
    while (end->forward)
        end = end->forward;
    while (node->forward != end) { // shorten the way for the next one
        Node *next = node->forward;
        node->forward = end;
        node = next;
    }
    return end;
}

static void resolve_state(const FrameState *state, uint32_t mark) {
    // A state is immutable in that it always means the same.
    for (FrameState *s = (FrameState *)state; s && s->mark != mark; s = (FrameState *)s->caller) {
        s->mark = mark;
        s->closure = t2_resolve(s->closure);
        for (uint32_t i = 0; i < s->count; i++)
            s->registers[i] = t2_resolve(s->registers[i]);
    }
}

void t2_resolve_all(Graph *graph) {
    uint32_t mark = ++graph->state_mark;
    for (uint32_t b = 0; b < graph->block_count; b++) {
        Block *block = graph->blocks[b];
        resolve_state(block->entry_state, mark);
        for (Node *n = block->first; n; n = n->next) {
            for (uint32_t i = 0; i < n->input_count; i++)
                n->inputs[i] = t2_resolve(n->inputs[i]);
            resolve_state(n->state, mark);
        }
    }
}

void t2_add_input(Graph *graph, Node *node, Node *input) {
    if (node->input_count == node->input_room)
        node->inputs =
            grow(graph, node->inputs, node->input_count, &node->input_room, sizeof(Node *));
    node->inputs[node->input_count++] = t2_resolve(input);
}

void t2_settle(Graph *graph) {
    t2_resolve_all(graph);
    t2_order(graph);
}

// ---- states

FrameState *t2_state_new(Graph *graph, uint32_t count) {
    FrameState *state = t2_allocate(graph, sizeof *state + count * sizeof *state->registers);
    state->count = count;
    return state;
}

// ---- blocks

Block *t2_block_new(Graph *graph) {
    Block *block = t2_allocate(graph, sizeof *block);
    block->graph = graph;
    block->id = graph->block_count;
    if (graph->block_count == graph->block_room)
        graph->blocks = grow(graph, graph->blocks, graph->block_count, &graph->block_room,
                             sizeof *graph->blocks);
    graph->blocks[graph->block_count++] = block;
    return block;
}

void t2_add_edge(Graph *graph, Block *from, int which, Block *to) {
    ASSERT(!from->successors[which], "block %u has this successor already", from->id);
    from->successors[which] = to;
    if (to->predecessor_count == to->predecessor_room)
        to->predecessors = grow(graph, to->predecessors, to->predecessor_count,
                                &to->predecessor_room, sizeof *to->predecessors);
    to->predecessors[to->predecessor_count++] = from;
}

// Which of `to`'s predecessors the edge is. When both edges of a branch go to one block, the first
// comes first.
static uint32_t predecessor_index(const Block *from, int which, const Block *to) {
    bool second = which == 1 && from->successors[0] == to;
    for (uint32_t i = 0; i < to->predecessor_count; i++) {
        if (to->predecessors[i] != from)
            continue;
        if (!second)
            return i;
        second = false;
    }
    ASSERT(false, "block %u is no predecessor of block %u", from->id, to->id);
    return 0;
}

static void drop_predecessor(Block *block, uint32_t index) {
    uint32_t last = --block->predecessor_count;
    for (uint32_t i = index; i < last; i++)
        block->predecessors[i] = block->predecessors[i + 1];
    for (Node *n = block->first; n && n->op == N_PHI; n = n->next) {
        n->input_count--;
        for (uint32_t i = index; i < last; i++)
            n->inputs[i] = n->inputs[i + 1];
    }
}

void t2_remove_edge(Block *from, int which) {
    Block *to = from->successors[which];
    drop_predecessor(to, predecessor_index(from, which, to));
    from->successors[which] = NULL;
    if (which == 0) {
        from->successors[0] = from->successors[1];
        from->successors[1] = NULL;
    }
}

Block *t2_split_edge(Graph *graph, Block *from, int which) {
    Block *to = from->successors[which], *middle = t2_block_new(graph);
    uint32_t index = predecessor_index(from, which, to);
    middle->cold = to->cold || from->cold;
    middle->heat = to->heat < from->heat ? to->heat : from->heat;
    from->successors[which] = NULL;
    t2_add_edge(graph, from, which, middle);
    to->predecessors[index] = middle;
    middle->successors[0] = to;
    t2_append(middle, t2_node_new(graph, N_JUMP, 0, NULL));
    return middle;
}

// ---- order, dominators, loops

typedef struct Visit {
    Block *block;
    int next; // successor to look at
} Visit;

// Blocks that are reached, in reverse postorder, into graph->order; ids become positions there.
static uint32_t put_in_order(Graph *graph) {
    uint32_t all = graph->block_count, depth = 0, placed = all;
    Visit *stack = t2_allocate(graph, (all + 1) * sizeof *stack);
    Block **order = t2_allocate(graph, (all + 1) * sizeof(Block *));
    for (uint32_t i = 0; i < all; i++)
        graph->blocks[i]->id = UINT32_MAX;
    stack[depth++] = (Visit){.block = graph->entry, .next = 1};
    graph->entry->id = 0;
    while (depth) {
        Visit *top = &stack[depth - 1];
        if (top->next < 0) {
            order[--placed] = top->block;
            depth--;
            continue;
        }
        Block *to = top->block->successors[top->next--];
        if (to && to->id == UINT32_MAX) {
            to->id = 0;
            stack[depth++] = (Visit){.block = to, .next = 1};
        }
    }
    graph->order = order + placed;
    return all - placed;
}

static void drop_unreached(Graph *graph, uint32_t reached) {
    for (uint32_t i = 0; i < reached; i++) {
        Block *block = graph->order[i];
        for (uint32_t p = block->predecessor_count; p-- > 0;)
            if (block->predecessors[p]->id == UINT32_MAX)
                drop_predecessor(block, p);
    }
    for (uint32_t i = 0; i < reached; i++) {
        graph->order[i]->id = i;
        graph->blocks[i] = graph->order[i];
    }
    graph->block_count = reached;
}

static Block *common_dominator(Block *a, Block *b) {
    while (a != b) {
        while (a->id > b->id)
            a = a->dominator;
        while (b->id > a->id)
            b = b->dominator;
    }
    return a;
}

// Cooper, Harvey, Kennedy, "A Simple, Fast Dominance Algorithm", 2001.
static void find_dominators(Graph *graph) {
    for (uint32_t i = 0; i < graph->block_count; i++)
        graph->order[i]->dominator = NULL;
    graph->entry->dominator = graph->entry;
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t i = 1; i < graph->block_count; i++) {
            Block *block = graph->order[i], *dominator = NULL;
            for (uint32_t p = 0; p < block->predecessor_count; p++) {
                Block *from = block->predecessors[p];
                if (from->dominator)
                    dominator = dominator ? common_dominator(dominator, from) : from;
            }
            changed |= block->dominator != dominator;
            block->dominator = dominator;
        }
    }
    graph->entry->dominator = NULL;
}

// Inner loops first: a header's blocks that are in a loop already stand for that loop as a whole.
static void find_loops(Graph *graph) {
    uint32_t count = graph->block_count;
    Block **parent = t2_allocate(graph, count * sizeof *parent); // of headers
    Block **work = t2_allocate(graph, (count + 1) * sizeof *work);
    for (uint32_t i = 0; i < count; i++) {
        Block *block = graph->order[i];
        block->loop = NULL;
        block->is_header = false;
        block->depth = 0;
        block->mark = 0;
    }
    for (uint32_t i = count; i-- > 0;) {
        Block *header = graph->order[i];
        uint32_t waiting = 0;
        for (uint32_t p = 0; p < header->predecessor_count; p++) {
            Block *from = header->predecessors[p];
            if (!t2_dominates(header, from))
                continue;
            header->is_header = true;
            if (from != header && from->mark != i + 1) {
                from->mark = i + 1;
                work[waiting++] = from;
            }
        }
        if (!header->is_header)
            continue;
        header->loop = header;
        header->mark = i + 1;
        while (waiting) {
            Block *block = work[--waiting], *inner = block->loop;
            if (inner) {
                while (parent[inner->id])
                    inner = parent[inner->id];
                if (inner == header)
                    continue;
                parent[inner->id] = header;
                block = inner;
            } else {
                block->loop = header;
            }
            for (uint32_t p = 0; p < block->predecessor_count; p++) {
                Block *from = block->predecessors[p];
                if (from->mark == i + 1 || !t2_dominates(header, from))
                    continue;
                from->mark = i + 1;
                work[waiting++] = from;
            }
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        Block *block = graph->order[i];
        for (Block *loop = block->loop; loop; loop = parent[loop->id])
            block->depth++;
        block->mark = 0;
        block->parent_loop = block->is_header ? parent[i] : NULL;
        if (!block->is_header)
            block->entry_state = NULL;
    }
}

void t2_order(Graph *graph) {
    uint32_t reached = put_in_order(graph);
    drop_unreached(graph, reached);
    find_dominators(graph);
    find_loops(graph);
}

bool t2_dominates(const Block *a, const Block *b) {
    while (b && b->id > a->id)
        b = b->dominator;
    return a == b;
}
