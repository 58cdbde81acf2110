// Sends: a call of the method that the receiver's kind has. See build_int.h, runtime/send.h.
//
// What a site has met decides. Each kind of receiver is tested with one comparison and has its
// method called, or built in place, as a procedure that is known; that it is the method is a fact
// (t1_send_fact), not a test. Another kind of receiver leaves for tier 1, which notes it in the
// site; where that has happened too often, or too many kinds come, the VM looks the method up.
#include "runtime/record.h"
#include "runtime/send.h"
#include "tier2/build_int.h"

typedef struct Way { // for receivers of a key
    Value key, procedure;
} Way;

// ---- keys and what is known of values

// The classes of values of a key; 0: no class is theirs alone.
static ClassSet class_of_key(Value key) {
    static const ClassSet kinds[KIND_OBJECT] = {
        [KIND_FIXNUM] = CLASS(FIXNUM),
        [KIND_FLONUM] = CLASS(FLONUM),
        [KIND_PAIR] = CLASS(PAIR),
        [KIND_NULL] = CLASS(NULL),
        [KIND_NIL] = CLASS(NIL),
        [KIND_TRUE] = CLASS(TRUE),
        [KIND_FALSE] = CLASS(FALSE),
        [KIND_CHAR] = CLASS(CHAR),
        [KIND_SPECIAL] = CLASS(DEFAULT) | CLASS(UNBOUND) | CLASS(SPECIAL),
    };
    if (!value_is_fixnum(key))
        return CLASS(RECORD);
    int64_t kind = value_fixnum(key);
    return kind < KIND_OBJECT ? kinds[kind] : t2_class_of_type((unsigned)(kind - KIND_OBJECT));
}

// The key of a value, as far as its type tells; VALUE_NONE: it does not.
static Value known_key(const Node *x) {
    if (x->type.constant != VALUE_NONE)
        return rt_send_key(x->type.constant);
    if (x->type.set == CLASS(RECORD))
        return x->type.exact ? x->type.record : VALUE_NONE;
    for (int kind = 0; kind < KIND_COUNT; kind++) {
        Value key = value_from_fixnum(kind);
        if (class_of_key(key) && !(x->type.set & ~class_of_key(key)))
            return key;
    }
    return VALUE_NONE;
}

// May a value have the key?
static bool may_have(const Node *x, Value key) {
    if (!(x->type.set & class_of_key(key)))
        return false;
    return value_is_fixnum(key) || x->type.set != CLASS(RECORD) || x->type.record == VALUE_NONE ||
           rt_record_type_is(key, x->type.record);
}

static Node *is_of(Builder *b, Node *x, Value key) {
    if (value_is_fixnum(key))
        return t2_is_class(b, x, class_of_key(key));
    Node *is = emit1(b, N_IS_RECORD, x);
    is->index = 1;
    is->value = key;
    t2_hold(b->graph, key);
    return is;
}

static Node *guard_key(Builder *b, Node *x, Value key) {
    if (value_is_fixnum(key))
        return t2_guard_class(b, x, class_of_key(key), EXIT_CALLEE);
    Node *guard = t2_node_new(b->graph, N_GUARD_RECORD, 1, &x);
    guard->index = 1;
    guard->value = key;
    guard->type = t2_type_of_node(guard);
    t2_hold(b->graph, key);
    t2_append(b->block, t2_exits(b, guard, EXIT_CALLEE));
    t2_refine(b, x, guard);
    return guard;
}

// ---- methods

// What the site calls for receivers of a key, from now on a fact. False: that may change without
// notice.
static bool find_way(Builder *b, const SendSite *site, Value key, Way *way) {
    Cell *fact = t1_send_fact(b->vm, key, site->selector);
    if (fact->value == VALUE_NONE)
        return false;
    t2_rely_on(b->graph, fact);
    *way = (Way){.key = key, .procedure = fact->value == VALUE_FALSE ? site->miss : fact->value};
    return true;
}

// The kinds of receivers that the site has met, in that order, also before methods changed last.
// *rest: may there be others?
static uint32_t find_ways(Builder *b, const SendSite *site, const Node *receiver, Way *ways,
                          bool *rest) {
    Value key = known_key(receiver);
    *rest = key == VALUE_NONE;
    if (key != VALUE_NONE && find_way(b, site, key, &ways[0]))
        return 1;
    ClassSet left = receiver->type.set;
    uint32_t count = 0;
    for (int i = 0; *rest && i < SEND_SITE_ENTRIES; i++) {
        key = site->entry[i].key;
        // A behaviour is the key of sends to super.
        if (key == VALUE_NONE || value_is_record(key) || !class_of_key(key) ||
            !may_have(receiver, key) || !find_way(b, site, key, &ways[count]))
            continue;
        count++;
        if (value_is_fixnum(key))
            left &= ~class_of_key(key);
    }
    *rest = left != 0;
    return count;
}

// More kinds of receivers than entries, and often.
static bool is_megamorphic(const SendSite *site, const CallSite *call) {
    return site->entry[SEND_SITE_ENTRIES - 1].key != VALUE_NONE &&
           site->misses > 2 * SEND_SITE_ENTRIES + call->hits / 16;
}

// The VM looks it up.
static Node *look_up(Builder *b, const SendSite *site, Node *receiver) {
    Node *args[] = {t2_value(b, value_from_pointer(site)), receiver};
    return t2_primitive_call(b, t2_primitive_named("%send-lookup"), false, 2, args);
}

// ---- SEND

typedef struct Ends { // of the ways
    uint32_t count;
    Block *from[SEND_SITE_ENTRIES + 1];
    Node *value[SEND_SITE_ENTRIES + 1];
} Ends;

static void take_way(Builder *b, const CallForm *form, Node *callee, Node **args, Ends *ends) {
    t2_call_closure(b, form, callee, args);
    if (!b->block)
        return;
    ends->value[ends->count] = t2_register(b, form->dst);
    emit0(b, N_JUMP);
    ends->from[ends->count++] = b->block;
}

static void meet_ways(Builder *b, const CallForm *form, const Ends *ends) {
    b->block = NULL;
    if (!ends->count)
        return;
    Block *block = t2_new_block(b);
    Node *values[SEND_SITE_ENTRIES + 1];
    for (uint32_t i = 0; i < ends->count; i++) {
        t2_add_edge(b->graph, ends->from[i], 0, block);
        values[i] = t2_resolve(ends->value[i]);
    }
    b->block = block;
    t2_set_register(b, form->dst, t2_join(b, block, ends->count, values));
}

void t2_send_instruction(Builder *b) {
    Function *f = b->function;
    CallForm form = t2_call_form(&f->in);
    if (t2_has_run(&f->in) == RAN_NEVER && !t2_is_generic(b, EXIT_BRANCH)) {
        t2_leave(b, EXIT_BRANCH);
        return;
    }
    const SendSite *site = value_send_site(f->code->constants[f->in.x[0]]);
    Node **args = t2_allocate(b->graph, form.count * sizeof *args);
    for (uint32_t i = 0; i < form.count; i++)
        args[i] = t2_register(b, form.window + 4 + i);
    Node *receiver = args[0];
    Way ways[SEND_SITE_ENTRIES];
    bool rest;
    uint32_t count = find_ways(b, site, receiver, ways, &rest);
    bool looks_up = rest && (t2_is_generic(b, EXIT_CALLEE) || is_megamorphic(site, form.site));
    if (count == 0) {
        t2_call_closure(b, &form, look_up(b, site, receiver), args);
        return;
    }
    if (count == 1 && !looks_up) {
        args[0] = rest ? guard_key(b, receiver, ways[0].key) : receiver;
        t2_call_closure(b, &form, t2_value(b, ways[0].procedure), args);
        return;
    }
    // What is known better in one way is not known in another.
    size_t bytes = f->code->registers * sizeof *f->registers;
    Node **registers = t2_allocate(b->graph, bytes);
    memcpy(registers, f->registers, bytes);
    (void)t2_state_here(b);
    Ends ends = {0};
    for (uint32_t i = 0; i < count; i++) {
        bool last = i + 1 == count && !looks_up;
        Block *no = NULL;
        if (!last) {
            Node *is = is_of(b, receiver, ways[i].key);
            Block *from = b->block, *yes = t2_new_block(b);
            no = t2_new_block(b);
            emit1(b, N_BRANCH, is);
            t2_add_edge(b->graph, from, 0, yes);
            t2_add_edge(b->graph, from, 1, no);
            b->block = yes;
        }
        args[0] = last && !rest ? receiver : guard_key(b, receiver, ways[i].key);
        take_way(b, &form, t2_value(b, ways[i].procedure), args, &ends);
        memcpy(f->registers, registers, bytes);
        b->block = no;
    }
    args[0] = receiver;
    if (looks_up) {
        take_way(b, &form, look_up(b, site, receiver), args, &ends);
        memcpy(f->registers, registers, bytes);
    }
    meet_ways(b, &form, &ends);
}

// ---- lookups alone: sends in tail position, to super

Node *t2_lookup(Builder *b, bool super, Node **args) {
    if (args[0]->op != N_CONSTANT || !value_is_send_site(args[0]->value))
        return NULL;
    const SendSite *site = value_send_site(args[0]->value);
    Way way[SEND_SITE_ENTRIES];
    if (super) {
        // A behaviour is a record of two fields and more: the C function says so of anything else.
        if (args[1]->op != N_CONSTANT || !value_is_record(args[1]->value) ||
            rt_record_field_count(args[1]->value) <= BEHAVIOR_METHODS)
            return NULL;
        return find_way(b, site, args[1]->value, way) ? t2_value(b, way->procedure) : NULL;
    }
    bool rest;
    if (find_ways(b, site, args[1], way, &rest) != 1 || (rest && t2_is_generic(b, EXIT_CALLEE)))
        return NULL;
    if (rest)
        guard_key(b, args[1], way->key);
    return t2_value(b, way->procedure);
}
