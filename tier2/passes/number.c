// number: values that are there already.
//
// What: equal operations on equal inputs are done once, where one dominates the other (Click,
// "Global code motion, global value numbering", 1995, without its partitions; the scoped table is
// that of Briggs, Cooper and Simpson, "Value numbering", 1997). That goes for guards too: where one
// has passed, the same one passes. Loads are operations on their object and the state of memory,
// which has a number for each class of memory; stores and allocations enter what they wrote as
// loads that have been done.
//
// How: a number changes by each store to its class, by calls (all but that of closures' free
// values), where blocks with different numbers meet, and at the header of a loop that writes the
// class somewhere. A load looks for itself under the current number; when that was made by a store
// that cannot have hit it, under the one before.
//
// What is never written once it is made (t2_reads_fixed) is under number 0 for ever.
//
// Values are compared by their roots (t2_root): a guard passes on the word that it tested.
#include "runtime/primitive.h"
#include "runtime/record.h"
#include "tier2/passes.h"

// ---- memory

enum { // classes of numbers: MEMORY_CAR … MEMORY_CHAR, fields by their index
    FIELD_CLASSES = 8,
    CLASS_OF_FIELDS = MEMORY_ANY,
    NUMBERS = CLASS_OF_FIELDS + FIELD_CLASSES,
};

typedef uint32_t Version; // index of Number.versions

typedef struct VersionInfo {
    Node *store; // that made it; NULL: more than one thing may have happened
    Version previous;
} VersionInfo;

typedef struct Versions {
    Version of[NUMBERS];
} Versions;

// ---- the table

typedef struct Entry {
    struct Entry *next;
    uint64_t hash;
    NodeOp op;
    uint32_t count;
    Node *inputs[3];
    int64_t index;
    uint64_t value;
    Version version; // of loads
    Node *result;
} Entry;

enum { STORES_PASSED = 8 };

typedef struct Scope {
    Block *block;
    uint32_t entered;
} Scope;

typedef struct Number {
    Graph *graph;
    Entry **buckets;
    uint64_t bucket_mask;
    Entry **entered; // all entries in scope
    uint32_t entered_count, entered_room;
    Scope *scopes;
    uint32_t scope_count;
    VersionInfo *versions;
    uint32_t version_count, version_room;
    Versions *at_end;      // of blocks
    uint32_t *loop_writes; // of headers: bits of NUMBERS
    Versions now;
} Number;

static Version new_version(Number *w, Node *store, Version previous) {
    if (w->version_count == w->version_room) {
        uint32_t room = w->version_room ? 2 * w->version_room : 256;
        VersionInfo *fresh = t2_allocate(w->graph, room * sizeof *fresh);
        if (w->version_count)
            memcpy(fresh, w->versions, w->version_count * sizeof *fresh);
        w->versions = fresh;
        w->version_room = room;
    }
    w->versions[w->version_count] = (VersionInfo){.store = store, .previous = previous};
    return w->version_count++;
}

static unsigned number_of(Memory memory, int64_t index) {
    return memory == MEMORY_FIELD ? CLASS_OF_FIELDS + (unsigned)(index & (FIELD_CLASSES - 1))
                                  : (unsigned)memory;
}

// Bits of the numbers that a node changes.
static uint32_t changes(const Node *n) {
    MemorySet set = t2_writes(n);
    if (set == 1u << MEMORY_FIELD)
        return 1u << number_of(MEMORY_FIELD, n->index);
    if (set & 1u << MEMORY_FIELD)
        set |= ((1u << FIELD_CLASSES) - 1) << CLASS_OF_FIELDS;
    return set;
}

static bool is_new(const Node *n) {
    return n->op >= N_NEW_PAIR && t2_has_flag(n, NODE_ALLOCATES) && n->op != N_ARITHMETIC;
}

// Was the value there before the object was allocated?
static bool is_older(const Node *value, const Node *object) {
    switch ((NodeOp)value->op) {
    case N_PARAMETER:
    case N_REGISTER:
    case N_RUNNING:
    case N_CONSTANT:
        return true;
    default:
        return value->block != object->block && t2_dominates(value->block, object->block);
    }
}

static bool differ(Node *a, Node *b) {
    if (a == b)
        return false;
    if (is_new(a) && is_new(b))
        return true;
    if ((is_new(a) && is_older(b, a)) || (is_new(b) && is_older(a, b)))
        return true;
    if (a->op == N_CONSTANT && b->op == N_CONSTANT)
        return a->value != b->value;
    if (!(a->type.set & b->type.set))
        return true;
    Value x = a->type.record, y = b->type.record;
    return x != VALUE_NONE && y != VALUE_NONE && !rt_record_type_is(x, y) &&
           !rt_record_type_is(y, x);
}

// x + c as x and c.
static Node *split_offset(Node *n, int64_t *offset) {
    *offset = 0;
    n = t2_root(n);
    if ((n->op == N_ADD_INT || n->op == N_ADD_CHECKED) && n->inputs[1]->op == N_INTEGER) {
        *offset = n->inputs[1]->index;
        return t2_root(n->inputs[0]);
    }
    if ((n->op == N_SUB_INT || n->op == N_SUB_CHECKED) && n->inputs[1]->op == N_INTEGER) {
        *offset = -n->inputs[1]->index;
        return t2_root(n->inputs[0]);
    }
    if (n->op == N_INTEGER) {
        *offset = n->index;
        return NULL;
    }
    return n;
}

// Can the store not have written what the load reads? They are of the same class of memory.
static bool misses(const Node *store, const Entry *load) {
    if (store->op == N_SET_GLOBAL || load->op == N_GLOBAL)
        return store->op == N_SET_GLOBAL && load->op == N_GLOBAL && store->value != load->value;
    if (differ(t2_root(store->inputs[0]), load->inputs[0]))
        return true;
    if (store->op == N_SET_FIELD || store->op == N_SET_FREE)
        return store->index != load->index;
    if (store->op == N_VECTOR_SET || store->op == N_BYTE_SET) {
        int64_t a, b;
        Node *x = split_offset(store->inputs[1], &a), *y = split_offset(load->inputs[1], &b);
        return x == y && a != b;
    }
    return false;
}

// ---- entries

static uint64_t mix(uint64_t hash, uint64_t x) {
    hash = (hash ^ x) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 29;
}

static void hash_entry(Entry *e) {
    uint64_t hash = mix(e->op, e->count);
    for (uint32_t i = 0; i < e->count; i++)
        hash = mix(hash, e->inputs[i]->id);
    e->hash = mix(mix(mix(hash, (uint64_t)e->index), e->value), e->version);
}

static Entry *find(const Number *w, const Entry *key) {
    for (Entry *e = w->buckets[key->hash & w->bucket_mask]; e; e = e->next)
        if (e->hash == key->hash && e->op == key->op && e->count == key->count &&
            e->index == key->index && e->value == key->value && e->version == key->version &&
            !memcmp(e->inputs, key->inputs, e->count * sizeof *e->inputs))
            return e;
    return NULL;
}

static void enter(Number *w, const Entry *key, Node *result) {
    Entry *e = t2_allocate(w->graph, sizeof *e);
    *e = *key;
    e->result = result;
    Entry **bucket = &w->buckets[e->hash & w->bucket_mask];
    e->next = *bucket;
    *bucket = e;
    if (w->entered_count == w->entered_room) {
        uint32_t room = w->entered_room ? 2 * w->entered_room : 256;
        Entry **fresh = t2_allocate(w->graph, room * sizeof *fresh);
        if (w->entered_count)
            memcpy(fresh, w->entered, w->entered_count * sizeof *fresh);
        w->entered = fresh;
        w->entered_room = room;
    }
    w->entered[w->entered_count++] = e;
}

static void enter_block(Number *w, Block *block) {
    while (w->scope_count && w->scopes[w->scope_count - 1].block != block->dominator) {
        uint32_t entered = w->scopes[--w->scope_count].entered;
        while (w->entered_count > entered) {
            Entry *e = w->entered[--w->entered_count];
            w->buckets[e->hash & w->bucket_mask] = e->next;
        }
    }
    w->scopes[w->scope_count++] = (Scope){.block = block, .entered = w->entered_count};
}

// With and without check, the same sum.
static NodeOp same_op(NodeOp op) {
    switch (op) {
    case N_ADD_INT:
        return N_ADD_CHECKED;
    case N_SUB_INT:
        return N_SUB_CHECKED;
    case N_MUL_INT:
        return N_MUL_CHECKED;
    default:
        return op;
    }
}

static bool is_commutative(NodeOp op) {
    switch (op) {
    case N_ADD_CHECKED:
    case N_MUL_CHECKED:
    case N_AND_INT:
    case N_OR_INT:
    case N_XOR_INT:
    case N_EQ_INT:
    case N_EQ_DOUBLE:
    case N_ADD_DOUBLE:
    case N_MUL_DOUBLE:
    case N_IS_SAME:
    case N_IS_EQV:
        return true;
    default:
        return false;
    }
}

// False when the node is none that could be there already.
static bool key_of(const Number *w, const Node *n, Entry *key) {
    if (n->input_count > 3)
        return false;
    const NodeInfo *info = &t2_node_info[n->op];
    bool load = info->flags & NODE_READS && !(info->flags & NODE_CALLS);
    switch ((NodeOp)n->op) {
    case N_POLL:
    case N_SUNK:
        return false;
    case N_PRIMITIVE: {
        unsigned effects = n->primitive->effects;
        if (effects & (FX_READ | FX_WRITE | FX_CAPTURE) ||
            (effects & FX_ALLOC && !t2_is_a(n, CLASS_NUMBER)))
            return false;
        break;
    }
    case N_ARITHMETIC:
    case N_COMPARE:
    case N_ADD_CHECKED:
    case N_SUB_CHECKED:
    case N_MUL_CHECKED:
    case N_DOUBLE_TO_INT:
        break;
    default:
        if (!load && !(info->flags & (NODE_PURE | NODE_GUARD)))
            return false;
    }
    *key = (Entry){.op = same_op((NodeOp)n->op),
                   .count = n->input_count,
                   .index = n->index,
                   .value = n->value};
    for (uint32_t i = 0; i < n->input_count; i++)
        key->inputs[i] = t2_root(n->inputs[i]);
    if (is_commutative(key->op) && key->inputs[0]->id > key->inputs[1]->id) {
        Node *first = key->inputs[0];
        key->inputs[0] = key->inputs[1];
        key->inputs[1] = first;
    }
    if (load && !t2_reads_fixed(n))
        key->version = w->now.of[number_of((Memory)info->memory, n->index)];
    hash_entry(key);
    return true;
}

// ---- what stores and allocations leave behind

static void known_load(Number *w, NodeOp op, Node *object, Node *at, int64_t index, Node *value) {
    Memory memory = (Memory)t2_node_info[op].memory;
    bool fixed = op == N_FIELD && t2_field_is_fixed(object->type.record, index);
    Entry key = {.op = op,
                 .count = at ? 2 : 1,
                 .inputs = {t2_root(object), at ? t2_root(at) : NULL},
                 .index = index,
                 .version = fixed ? 0 : w->now.of[number_of(memory, index)]};
    hash_entry(&key);
    enter(w, &key, value);
}

static void after_store(Number *w, Node *n) {
    Node *object = n->input_count ? n->inputs[0] : NULL;
    switch ((NodeOp)n->op) {
    case N_SET_CAR:
        known_load(w, N_CAR, object, NULL, 0, n->inputs[1]);
        break;
    case N_SET_CDR:
        known_load(w, N_CDR, object, NULL, 0, n->inputs[1]);
        break;
    case N_BOX_SET:
        known_load(w, N_BOX_REF, object, NULL, 0, n->inputs[1]);
        break;
    case N_SET_FIELD:
        known_load(w, N_FIELD, object, NULL, n->index, n->inputs[1]);
        break;
    case N_SET_FREE:
        known_load(w, N_FREE, object, NULL, n->index, n->inputs[1]);
        break;
    case N_VECTOR_SET:
        known_load(w, N_VECTOR_REF, object, n->inputs[1], 0, n->inputs[2]);
        break;
    case N_BYTE_SET:
        known_load(w, N_BYTE_REF, object, n->inputs[1], 0, n->inputs[2]);
        break;
    default:
        break;
    }
}

static void after_allocation(Number *w, Node *n) {
    switch ((NodeOp)n->op) {
    case N_NEW_PAIR:
        known_load(w, N_CAR, n, NULL, 0, n->inputs[0]);
        known_load(w, N_CDR, n, NULL, 0, n->inputs[1]);
        break;
    case N_NEW_BOX:
        known_load(w, N_BOX_REF, n, NULL, 0, n->inputs[0]);
        break;
    case N_NEW_CLOSURE:
    case N_NEW_RECORD:
    case N_NEW_VALUES:
        for (uint32_t i = 0; i < n->input_count; i++)
            known_load(w,
                       n->op == N_NEW_CLOSURE  ? N_FREE
                       : n->op == N_NEW_RECORD ? N_FIELD
                                               : N_VALUES_REF,
                       n, NULL, i, n->inputs[i]);
        break;
    case N_NEW_VECTOR:
        for (uint32_t i = 0; i < n->input_count; i++)
            known_load(w, N_VECTOR_REF, n, t2_constant_int(w->graph, i), 0, n->inputs[i]);
        break;
    default:
        break;
    }
}

static void change(Number *w, Node *n) {
    uint32_t changed = changes(n);
    if (!changed)
        return;
    bool store = !(changed & (changed - 1)); // one class: it wrote one thing
    for (unsigned i = 0; i < NUMBERS; i++)
        if (changed >> i & 1)
            w->now.of[i] = new_version(w, store ? n : NULL, w->now.of[i]);
    after_store(w, n);
}

// ---- nodes and blocks

static Node *look_up(Number *w, Entry *key, bool load) {
    Entry *e = find(w, key);
    for (int passed = 0; load && !e && passed < STORES_PASSED; passed++) {
        const VersionInfo *v = &w->versions[key->version];
        if (!v->store || !misses(v->store, key))
            break;
        key->version = v->previous;
        hash_entry(key);
        e = find(w, key);
    }
    return e ? e->result : NULL;
}

static void visit(Number *w, Node *n);

// A length that a vector is made of is a fixnum, or making it fails: guarded before, those loops
// know it that go as far.
static void guard_length(Number *w, Node *n) {
    Node *length = t2_made_length(n);
    if (!length || !(length->type.set & CLASS(FIXNUM)) || length->type.set == CLASS(FIXNUM))
        return;
    Node *guard = t2_new_before(w->graph, n, N_GUARD_CLASS, 1, &length);
    guard->index = CLASS(FIXNUM);
    guard->type = t2_result_type(guard);
    guard->state = n->state;
    guard->reason = EXIT_TYPE;
    visit(w, guard);
    n->inputs[0] = t2_resolve(guard);
}

static void visit(Number *w, Node *n) {
    for (uint32_t i = 0; i < n->input_count; i++)
        n->inputs[i] = t2_resolve(n->inputs[i]);
    guard_length(w, n);
    Entry key;
    if (key_of(w, n, &key)) {
        bool load = t2_has_flag(n, NODE_READS);
        Node *there = look_up(w, &key, load);
        if (there && there->rep == n->rep) {
            if (n->rep != REP_NONE)
                t2_replace(n, there);
            t2_remove(n);
            return;
        }
        // A load stays under the oldest number that it could have been done under; both are right.
        enter(w, &key, n);
    }
    change(w, n);
    if (is_new(n))
        after_allocation(w, n);
}

static void begin_block(Number *w, Block *block) {
    if (block->predecessor_count == 0) {
        for (unsigned i = 0; i < NUMBERS; i++)
            w->now.of[i] = new_version(w, NULL, 0);
        return;
    }
    const Block *first = block->is_header ? t2_loop_entry(block) : block->predecessors[0];
    w->now = w->at_end[first->id];
    for (unsigned i = 0; i < NUMBERS; i++) {
        bool same = !block->is_header || !(w->loop_writes[block->id] >> i & 1);
        for (uint32_t p = 0; !block->is_header && same && p < block->predecessor_count; p++)
            same = w->at_end[block->predecessors[p]->id].of[i] == w->now.of[i];
        if (!same)
            w->now.of[i] = new_version(w, NULL, 0);
    }
}

static void find_loop_writes(Number *w) {
    for (uint32_t b = 0; b < w->graph->block_count; b++) {
        Block *block = w->graph->order[b];
        if (!block->loop)
            continue;
        uint32_t written = 0;
        for (Node *n = block->first; n; n = n->next)
            written |= changes(n);
        for (Block *loop = block->loop; loop && written; loop = loop->parent_loop)
            w->loop_writes[loop->id] |= written;
    }
}

void t2_pass_number(Graph *graph) {
    uint32_t count = graph->block_count;
    uint64_t buckets = 64;
    while (buckets < graph->node_count)
        buckets *= 2;
    Number w = {
        .graph = graph,
        .buckets = t2_allocate(graph, buckets * sizeof(Entry *)),
        .bucket_mask = buckets - 1,
        .scopes = t2_allocate(graph, (count + 1) * sizeof(Scope)),
        .at_end = t2_allocate(graph, count * sizeof(Versions)),
        .loop_writes = t2_allocate(graph, count * sizeof(uint32_t)),
    };
    find_loop_writes(&w);
    Block **preorder = t2_dominator_preorder(graph);
    for (uint32_t b = 0; b < count; b++) {
        Block *block = preorder[b];
        enter_block(&w, block);
        begin_block(&w, block);
        for (Node *n = block->first, *next; n; n = next) {
            next = n->next;
            visit(&w, n);
        }
        w.at_end[block->id] = w.now;
    }
    t2_resolve_all(graph);
}
