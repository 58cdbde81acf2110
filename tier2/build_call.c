// Calls: what is called, as far as it is known; inlining. See build_int.h.
//
// What is called is known for certain (a constant, a closure made here, a variable that is relied
// on), or supposed because the site has called nothing else, and guarded. A function that is small,
// or called often, or given a closure that is known, is built in place of the call. For the last
// reason `map` and its like vanish together with what they are given: within them the call of
// their argument is a call of a known closure.
#include "tier2/build_int.h"
#include "vm/tier.h"

typedef struct Call {
    CallForm form;
    Node *callee;
    Code *first;  // its first clause; NULL: unknown, or no closure
    Code *clause; // that takes the arguments; NULL: unknown, or none
    Node **args;  // [form.count]
} Call;

// ---- what is called

static Code *code_of_constant(Value v) {
    if (!value_is_closure(v))
        return NULL;
    Code *code = value_closure(v)->code;
    return code && code->tag == CODE_TAG ? code : NULL;
}

// The clause that takes so many arguments, binding them if need be; NULL: none.
static Code *clause_for(Code *first, uint32_t argc) {
    for (Code *code = first; code; code = code->next) {
        if (argc < code->required)
            continue;
        switch ((BindKind)code->binding) {
        case BIND_EXACT:
            if (argc == code->required)
                return code;
            break;
        case BIND_OPTIONAL:
            if (argc <= code->required + code->optional)
                return code;
            break;
        case BIND_REST:
        case BIND_KEYWORD:
            return code;
        }
    }
    return NULL;
}

static Node *callee_of(Builder *b, const Call *call) {
    Function *f = b->function;
    const CallSite *site = call->form.site;
    switch (f->in.op) {
    case OP_CALL_GLOBAL:
    case OP_TAIL_CALL_GLOBAL:
        return t2_global(b, site->cell);
    case OP_CALL_FIXED:
    case OP_TAIL_CALL_FIXED:
        return t2_value(b, site->callee);
    case OP_CALL_SELF:
    case OP_TAIL_CALL_SELF:
        return t2_resolve(f->closure);
    default:
        return t2_register(b, call->form.window + 3);
    }
}

static bool is_certain(Op op) {
    return op == OP_CALL_KNOWN || op == OP_CALL_FIXED || op == OP_CALL_SELF ||
           op == OP_TAIL_CALL_KNOWN || op == OP_TAIL_CALL_FIXED || op == OP_TAIL_CALL_SELF;
}

// Has the site called one procedure but for a few times?
static bool has_one_callee(const CallSite *site) {
    return site->code && !site->primitive && site->misses <= 1 + site->hits / 16;
}
static bool has_one_primitive(const CallSite *site) {
    return site->primitive && !site->hits && !site->misses;
}

// It is that constant.
static Node *guard_is(Builder *b, Node *callee, Value value) {
    Node *guard = t2_node_new(b->graph, N_GUARD_IS, 1, &callee);
    Node *constant = t2_value(b, value);
    guard->value = value;
    guard->type = constant->type;
    t2_append(b->block, t2_exits(b, guard, EXIT_CALLEE));
    t2_refine(b, callee, constant);
    return constant;
}

static Node *guard_code(Builder *b, Node *callee, Code *first) {
    Node *guard = t2_node_new(b->graph, N_GUARD_CODE, 1, &callee);
    guard->code = first;
    guard->type = t2_type_of_node(guard);
    t2_hold(b->graph, value_from_pointer(first));
    t2_append(b->block, t2_exits(b, guard, EXIT_CALLEE));
    t2_refine(b, callee, guard);
    return guard;
}

static void find_callee(Builder *b, Call *call) {
    CallSite *site = call->form.site;
    call->callee = callee_of(b, call);
    if (is_certain(b->function->in.op)) {
        call->clause = site->code;
        call->first = site->code->first;
        return;
    }
    if (call->callee->op == N_CONSTANT)
        call->first = code_of_constant(call->callee->value);
    else if (call->callee->type.code)
        call->first = call->callee->type.code;
    else if (has_one_primitive(site) && call->callee->type.set & CLASS(PRIMITIVE) &&
             !t2_is_generic(b, EXIT_CALLEE))
        call->callee = guard_is(b, call->callee, rt_primitive_object(b->vm, site->primitive));
    else if (has_one_callee(site) && call->callee->type.set & CLASS(CLOSURE) &&
             !t2_is_generic(b, EXIT_CALLEE)) {
        call->callee = guard_code(b, call->callee, site->code);
        call->first = site->code;
    }
    if (call->first)
        call->clause = clause_for(call->first, call->form.count);
}

// ---- inlining

static uint32_t occurrences(const Function *f, const Code *code) {
    uint32_t count = 0;
    for (; f; f = f->outer)
        count += f->code == code;
    return count;
}

static bool has_known_closure(const Call *call) {
    for (uint32_t i = 0; i < call->form.count; i++)
        if (call->args[i]->type.code)
            return true;
    return false;
}

// The shape of the clause when its call is to be built in place; NULL: it is not. `closure`: with
// it more becomes known, so it may be longer.
static Shape *inlined_shape(Builder *b, const Call *call, bool closure) {
    Function *f = b->function;
    Code *code = call->clause;
    const CallSite *site = call->form.site;
    uint32_t recursion = occurrences(f, code);
    if (f->depth >= INLINE_DEPTH || recursion > 1 || code->binding == BIND_KEYWORD ||
        code->control || code->registers > INLINE_REGISTERS || code->word_count > WORDS_MAX)
        return NULL;
    uint64_t calls = (uint64_t)site->hits + site->misses, entries = t2_entries(f->code);
    Shape *shape = t2_shape(b, code, 0);
    if (!shape || shape->irreducible || shape->captures || shape->blocks[0].ran == RAN_NEVER)
        return NULL;
    if (b->inlined_words + shape->words > INLINE_TOTAL)
        return NULL;
    if (shape->words > INLINE_HOT || (recursion && shape->words > INLINE_ALWAYS))
        return NULL;
    // Calls of primitives, call-with-values for one, are not counted.
    if (shape->words > INLINE_RARE && 32 * calls < entries && !site->primitive)
        return NULL;
    bool hot = calls >= 64 && 2 * calls >= entries;
    if (shape->words > INLINE_ALWAYS && !hot && !closure)
        return NULL;
    return t2_policy_forbids(b->vm, code) == BAILOUT_NONE ? shape : NULL;
}

// Arguments become parameters.
static void bind(Builder *b, const Call *call, Function *callee) {
    const Code *code = call->clause;
    uint32_t count = call->form.count, fixed = code->required + code->optional, i = 0;
    for (; i < count && i < fixed; i++)
        callee->registers[i] = call->args[i];
    for (; i < fixed; i++)
        callee->registers[i] = t2_value(b, VALUE_DEFAULT);
    if (!code->rest)
        return;
    Node *rest = t2_value(b, VALUE_NULL);
    for (uint32_t k = count; k > fixed; k--)
        rest = emit2(b, N_NEW_PAIR, call->args[k - 1], rest);
    callee->registers[fixed] = rest;
}

static Node *build_inlined(Builder *b, const Call *call, Shape *shape) {
    Function *f = b->function, *callee = t2_function_new(b, call->clause, shape);
    callee->outer = f;
    callee->depth = f->depth + 1;
    callee->closure = call->callee;
    if (call->form.tail) {
        callee->caller = f->caller;
        callee->returns_to = f->returns_to;
    } else {
        callee->caller = t2_state_after(b, (int32_t)call->form.dst);
    }
    bind(b, call, callee);
    b->graph->inlined++;
    b->inlined_words += shape->words;
    return t2_build_function(b, callee);
}

// ---- calls

static Node *emit_call(Builder *b, const Call *call, NodeOp op) {
    uint32_t count = call->form.count;
    Node **inputs = t2_allocate(b->graph, (count + 1) * sizeof *inputs);
    inputs[0] = call->callee;
    for (uint32_t i = 0; i < count; i++)
        inputs[i + 1] = call->args[i];
    Node *node = t2_emit(b, op, count + 1, inputs);
    node->site = call->form.site;
    return node;
}

static void build_call(Builder *b, const Call *call) {
    Function *f = b->function;
    bool exact = call->clause && call->clause->exact == call->form.count;
    // Of an inlined function a tail call is an ordinary one, which returns where the function does.
    bool leaves = call->form.tail && !f->caller;
    Node *node = emit_call(b, call,
                           exact    ? leaves ? N_TAIL_CALL_CODE : N_CALL_CODE
                           : leaves ? N_TAIL_CALL
                                    : N_CALL);
    if (exact) {
        node->code = call->clause;
        t2_hold(b->graph, value_from_pointer(call->clause));
    } else { // where an error is
        node->code = f->code;
        node->index = (int64_t)(f->in.next | (call->form.tail ? NATIVE_TAIL : 0));
    }
    if (leaves) {
        b->block = NULL;
        return;
    }
    node->state = call->form.tail ? f->caller : t2_state_after(b, (int32_t)call->form.dst);
    if (call->form.tail)
        t2_return(b, node);
    else
        t2_set_register(b, call->form.dst, node);
}

static void deliver(Builder *b, const Call *call, Node *value) {
    if (!b->block || !value)
        return;
    if (call->form.tail)
        t2_return(b, value);
    else
        t2_set_register(b, call->form.dst, value);
}

// A call of a primitive that is a constant; false: it has to be a call.
static bool build_primitive_call(Builder *b, const Call *call) {
    if (call->callee->op != N_CONSTANT || !value_is_primitive(call->callee->value))
        return false;
    const Primitive *p = value_primitive(call->callee->value)->row;
    int count = (int)call->form.count;
    if (p->control != CONTROL_NONE || count < p->min || (p->max >= 0 && count > p->max))
        return false;
    // Tier 1 would run it again when it fails, so it must not have changed anything.
    bool binary = p->fixed < 0 && p->binary && count == 2;
    Node *value = p->effects & (FX_WRITE | FX_RUNS)
                      ? t2_intrinsic(b, p, call->form.count, call->args)
                      : t2_primitive(b, p, binary, call->form.count, call->args);
    deliver(b, call, value);
    return value || !b->block;
}

// ---- call-with-values

// The state in which the frame of call-with-values goes on (tier1/native.h): with dst 2 the
// producer's values are what it waits for; with dst -1 they are in register 2.
static FrameState *values_state(Builder *b, const FrameState *caller, bool tail, Node *consumer,
                                Node *values) {
    enum { CONSUMER, TAIL, VALUES, REST, REGISTERS };
    Value closure = t1_native_values_frame(b->vm);
    FrameState *state = t2_state_new(b->graph, REGISTERS);
    state->code = value_closure(closure)->code;
    state->pc = 0;
    state->dst = values ? -1 : VALUES;
    state->closure = t2_value(b, closure);
    state->caller = caller;
    state->registers[CONSUMER] = consumer;
    state->registers[TAIL] = t2_value(b, value_from_fixnum(tail));
    state->registers[VALUES] = values;
    state->registers[REST] = t2_value(b, VALUE_FALSE);
    return state;
}

// The function's own frame below that: in tail position it is given up, but only for the consumer.
static FrameState *given_up_later(Builder *b) {
    const Function *f = b->function;
    FrameState *state = t2_state_new(b->graph, 0);
    state->code = f->code;
    state->pc = f->in.next;
    state->closure = f->closure;
    state->caller = f->caller;
    return state;
}

static Node *values_guard(Builder *b, Node *node, const FrameState *state) {
    node->state = state;
    node->reason = EXIT_TYPE;
    t2_append(b->block, node);
    return node;
}

// What the producer answered, as `count` arguments.
static void take_values(Builder *b, Node *values, uint32_t count, Node **args,
                        const FrameState *state) {
    if (values->op == N_NEW_VALUES && values->input_count == count) {
        for (uint32_t i = 0; i < count; i++)
            args[i] = t2_resolve(values->inputs[i]);
        return;
    }
    ClassSet set = count == 1 ? CLASS_ALL & ~CLASS(VALUES) : CLASS(VALUES);
    if (!t2_is_a(values, set)) {
        Node *guard = t2_node_new(b->graph, N_GUARD_CLASS, 1, &values);
        guard->index = set;
        guard->type = t2_type_of_node(guard);
        values = values_guard(b, guard, state);
    }
    if (count == 1) {
        args[0] = values;
        return;
    }
    Node *right = emit2(b, N_EQ_INT, emit1(b, N_VALUES_COUNT, values), t2_int(b, count));
    values_guard(b, t2_node_new(b->graph, N_GUARD_TRUE, 1, &right), state);
    for (uint32_t i = 0; i < count; i++) {
        args[i] = emit1(b, N_VALUES_REF, values);
        args[i]->index = i;
    }
}

static void build_known_call(Builder *b, Call *call);

// (call-with-values producer consumer), both known: the producer is built in place, then the
// consumer is called. False: it has to be a call.
static bool build_call_with_values(Builder *b, const Call *call) {
    Function *f = b->function;
    if (call->callee->op != N_CONSTANT || !value_is_primitive(call->callee->value) ||
        value_primitive(call->callee->value)->row->control != CONTROL_CALL_VALUES ||
        call->form.count != 2)
        return false;
    Value frame = t1_native_values_frame(b->vm);
    if (t2_site_is_generic(value_closure(frame)->code, 0, EXIT_TYPE))
        return false;
    Node *consumer = call->args[1];
    Call produce = {.form = call->form, .callee = call->args[0]};
    Call consume = {.form = call->form, .callee = consumer, .first = consumer->type.code};
    produce.form.count = 0;
    produce.first = produce.callee->type.code;
    produce.clause = clause_for(produce.first, 0);
    if (!consume.first || consume.first->next || consume.first->binding != BIND_EXACT ||
        !produce.clause)
        return false;
    consume.clause = consume.first;
    consume.form.count = consume.clause->exact;
    Shape *shape = inlined_shape(b, &produce, true);
    if (!shape)
        return false;
    const FrameState *caller =
        call->form.tail ? given_up_later(b) : t2_state_after(b, (int32_t)call->form.dst);
    Function *producer = t2_function_new(b, produce.clause, shape);
    producer->outer = f;
    producer->depth = f->depth + 1;
    producer->closure = produce.callee;
    producer->caller = values_state(b, caller, call->form.tail, consumer, NULL);
    bind(b, &produce, producer);
    b->graph->inlined++;
    b->inlined_words += shape->words;
    Node *values = t2_build_function(b, producer);
    if (!b->block)
        return true;
    consume.args = t2_allocate(b->graph, (consume.form.count + 1) * sizeof *consume.args);
    take_values(b, values, consume.form.count, consume.args,
                values_state(b, caller, call->form.tail, consumer, values));
    build_known_call(b, &consume);
    return true;
}

// ---- instructions

// The function's own loop.
static void build_self_tail_call(Builder *b, const Call *call) {
    Function *f = b->function;
    for (uint32_t i = 0; i < call->form.count; i++)
        f->registers[i] = call->args[i];
    t2_jump(b, f->shape->blocks[f->block].successor[0]);
}

void t2_call_instruction(Builder *b) {
    Function *f = b->function;
    Call call = {.form = t2_call_form(&f->in)};
    if (call.form.count > NATIVE_ARGUMENTS_MAX) {
        t2_leave(b, EXIT_GENERIC);
        return;
    }
    if (t2_has_run(&f->in) == RAN_NEVER && !t2_is_generic(b, EXIT_BRANCH)) {
        t2_leave(b, EXIT_BRANCH);
        return;
    }
    call.args = t2_allocate(b->graph, (call.form.count + 1) * sizeof *call.args);
    for (uint32_t i = 0; i < call.form.count; i++)
        call.args[i] = t2_register(b, call.form.window + 4 + i);
    if (f->in.op == OP_TAIL_CALL_SELF) {
        build_self_tail_call(b, &call);
        return;
    }
    find_callee(b, &call);
    if (!build_primitive_call(b, &call) && !build_call_with_values(b, &call))
        build_known_call(b, &call);
}

void t2_call_closure(Builder *b, const CallForm *form, Node *callee, Node **args) {
    Call call = {.form = *form, .callee = callee, .args = args};
    call.first = callee->op == N_CONSTANT ? code_of_constant(callee->value) : callee->type.code;
    if (call.first)
        call.clause = clause_for(call.first, form->count);
    if (!build_primitive_call(b, &call) && !build_call_with_values(b, &call))
        build_known_call(b, &call);
}

// A call of what is known by now: in place, or as it is.
static void build_known_call(Builder *b, Call *call) {
    Shape *shape = call->clause ? inlined_shape(b, call, has_known_closure(call)) : NULL;
    if (!shape) {
        build_call(b, call);
        return;
    }
    Node *result = build_inlined(b, call, shape);
    if (!call->form.tail && result)
        t2_set_register(b, call->form.dst, result);
}
