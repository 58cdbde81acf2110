// Instructions as operations, but for numbers, calls and primitives. See build_int.h.
#include "runtime/record.h"
#include "tier2/build_int.h"

// ---- values

Node *t2_value(Builder *b, Value v) { return t2_constant(b->graph, v); }
Node *t2_int(Builder *b, int64_t n) { return t2_constant_int(b->graph, n); }

Node *t2_tagged(Builder *b, Node *x) {
    switch ((Rep)x->rep) {
    case REP_INT:
        return x->op == N_INTEGER ? t2_value(b, value_from_fixnum(x->index))
                                  : emit1(b, N_BOX_INT, x);
    case REP_DOUBLE:
        return emit1(b, N_BOX_DOUBLE, x);
    case REP_BOOL:
        return x->op == N_BOOLEAN ? t2_value(b, value_from_bool(x->index))
                                  : emit1(b, N_BOX_BOOL, x);
    case REP_TAGGED:
    case REP_NONE:
        break;
    }
    return x;
}

Node *t2_unbox_int(Builder *b, Node *x) {
    if (x->rep == REP_INT)
        return x;
    if (x->op == N_BOX_INT)
        return t2_resolve(x->inputs[0]);
    if (x->op == N_CONSTANT && value_is_fixnum(x->value))
        return t2_int(b, value_fixnum(x->value));
    return emit1(b, N_UNBOX_INT, x);
}

Node *t2_unbox_double(Builder *b, Node *x) {
    if (x->rep == REP_DOUBLE)
        return x;
    if (x->op == N_BOX_DOUBLE)
        return t2_resolve(x->inputs[0]);
    if (x->op == N_CONSTANT && value_is_flonum(x->value))
        return t2_constant_double(b->graph, value_double(x->value));
    return emit1(b, N_UNBOX_DOUBLE, x);
}

Node *t2_unbox_char(Builder *b, Node *x) {
    if (x->op == N_BOX_CHAR)
        return t2_resolve(x->inputs[0]);
    if (x->op == N_CONSTANT && value_is_char(x->value))
        return t2_int(b, value_char(x->value));
    return emit1(b, N_UNBOX_CHAR, x);
}

Node *t2_guard_class(Builder *b, Node *x, ClassSet set, ExitReason reason) {
    if (t2_is_a(x, set))
        return x;
    Node *guard = t2_node_new(b->graph, N_GUARD_CLASS, 1, &x);
    guard->index = set;
    guard->type = t2_type_of_node(guard);
    t2_append(b->block, t2_exits(b, guard, reason));
    t2_refine(b, x, guard);
    return guard;
}

static bool is_known_record(const Node *x, Value type) {
    return t2_is_a(x, CLASS(RECORD)) && x->type.record != VALUE_NONE &&
           rt_record_type_is(x->type.record, type);
}

static Node *guard_record(Builder *b, Node *x, Value type, ExitReason reason) {
    if (is_known_record(x, type))
        return x;
    Node *guard = t2_node_new(b->graph, N_GUARD_RECORD, 1, &x);
    guard->value = type;
    guard->type = t2_type_of_node(guard);
    t2_hold(b->graph, type);
    t2_append(b->block, t2_exits(b, guard, reason));
    t2_refine(b, x, guard);
    return guard;
}

Node *t2_guard(Builder *b, Node *condition, bool holds, ExitReason reason) {
    if (condition->op == N_BOOLEAN && (condition->index != 0) == holds)
        return NULL;
    return t2_exits(b, emit1(b, holds ? N_GUARD_TRUE : N_GUARD_FALSE, condition), reason);
}

Node *t2_fixnum(Builder *b, Node *x, ExitReason reason) {
    return x->rep == REP_INT ? x : t2_unbox_int(b, t2_guard_class(b, x, CLASS(FIXNUM), reason));
}
Node *t2_flonum(Builder *b, Node *x, ExitReason reason) {
    return x->rep == REP_DOUBLE ? x
                                : t2_unbox_double(b, t2_guard_class(b, x, CLASS(FLONUM), reason));
}
Node *t2_character(Builder *b, Node *x, ExitReason reason) {
    return t2_unbox_char(b, t2_guard_class(b, x, CLASS(CHAR), reason));
}

Node *t2_index(Builder *b, Node *x, Node *limit) {
    Node *i = t2_fixnum(b, x, EXIT_TYPE);
    if (i->type.low >= 0 && limit->op == N_INTEGER && i->type.high < limit->index)
        return i;
    return t2_exits(b, emit2(b, N_GUARD_INDEX, i, limit), EXIT_BOUNDS);
}

Node *t2_truth(Builder *b, Node *x) {
    if (x->rep == REP_BOOL)
        return x;
    if (x->op == N_BOX_BOOL)
        return t2_resolve(x->inputs[0]);
    if (t2_is_a(x, CLASS_FALSY))
        return t2_constant_bool(b->graph, false);
    if (!(x->type.set & CLASS_FALSY))
        return t2_constant_bool(b->graph, true);
    return emit1(b, N_TRUTHY, x);
}

Node *t2_is_class(Builder *b, Node *x, ClassSet set) {
    if (t2_is_a(x, set))
        return t2_constant_bool(b->graph, true);
    if (!(x->type.set & set))
        return t2_constant_bool(b->graph, false);
    Node *is = emit1(b, N_IS_CLASS, x);
    is->index = set;
    return is;
}

static Node *is_record(Builder *b, Node *x, Value type) {
    if (!(x->type.set & CLASS(RECORD)))
        return t2_constant_bool(b->graph, false);
    if (is_known_record(x, type))
        return t2_constant_bool(b->graph, true);
    Node *is = emit1(b, N_IS_RECORD, x);
    is->value = type;
    t2_hold(b->graph, type);
    return is;
}

// ---- operands of the instruction

static Node *ra(Builder *b) { return t2_register(b, word_a(b->function->in.word)); }
static Node *rb(Builder *b) { return t2_register(b, word_b(b->function->in.word)); }
static Node *rc(Builder *b) { return t2_register(b, word_c(b->function->in.word)); }
static uint32_t bx(const Builder *b) { return word_bx(b->function->in.word); }
static Value constant(const Builder *b, uint32_t k) { return b->function->code->constants[k]; }
static void set_a(Builder *b, Node *value) {
    t2_set_register(b, word_a(b->function->in.word), value);
}

// ---- variables

// Free values of a closure made here, as far as they were filled in later. In Node.scratch.
static Node *free_of_new(const Node *closure, uint32_t index) {
    Node *const *late = closure->scratch;
    return t2_resolve(late && late[index] ? late[index] : closure->inputs[index]);
}

static Node *free_value(Builder *b, uint32_t index) {
    Node *closure = t2_resolve(b->function->closure);
    while (closure->op == N_GUARD_CODE)
        closure = t2_resolve(closure->inputs[0]);
    if (closure->op == N_NEW_CLOSURE)
        return free_of_new(closure, index);
    // They are written while closures are made, which is over when one is a constant.
    if (closure->op == N_CONSTANT)
        return t2_value(b, value_closure(closure->value)->free[index]);
    Node *value = emit1(b, N_FREE, t2_resolve(b->function->closure));
    value->index = index;
    return value;
}

static void build_closure(Builder *b) {
    Function *f = b->function;
    const Instruction *in = &f->in;
    Code *code = t1_constant_code(f->code->constants, in->x[0]);
    uint32_t count = in->x[1];
    Node **free_values = t2_allocate(b->graph, (count + 1) * sizeof *free_values);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t from = capture_at(in->x + 2, i);
        free_values[i] = from & CAPTURE_FREE ? free_value(b, from & ~(uint32_t)CAPTURE_FREE)
                                             : t2_register(b, from);
    }
    Node *closure = t2_emit(b, N_NEW_CLOSURE, count, free_values);
    closure->code = code;
    closure->type = t2_type_of_node(closure);
    t2_hold(b->graph, value_from_pointer(code));
    set_a(b, closure);
}

static void build_capture(Builder *b) {
    Node *closure = ra(b), *value = rb(b);
    uint32_t index = b->function->in.x[0];
    if (closure->op == N_NEW_CLOSURE) {
        if (!closure->scratch)
            closure->scratch =
                t2_allocate(b->graph, closure->input_count * sizeof *closure->inputs);
        ((Node **)closure->scratch)[index] = value;
    }
    emit2(b, N_SET_FREE, closure, value)->index = index;
}

static bool may_rely_on(const Cell *cell) {
    unsigned flags = object_flags(cell);
    return cell->value != VALUE_UNBOUND && (flags & CELL_SEALED || !(flags & CELL_ASSIGNED));
}

Node *t2_global(Builder *b, Cell *cell) {
    if (may_rely_on(cell)) {
        if (!(object_flags(cell) & CELL_SEALED))
            t2_rely_on(b->graph, cell);
        return t2_value(b, cell->value);
    }
    Node *value = emit0(b, N_GLOBAL);
    value->value = value_from_pointer(cell);
    t2_hold(b->graph, value->value);
    // A variable that has a value will always have one.
    ClassSet bound = CLASS_ALL & ~CLASS(UNBOUND);
    if (cell->value == VALUE_UNBOUND)
        return t2_guard_class(b, value, bound, EXIT_UNBOUND);
    value->type = t2_type_of_set(bound);
    return value;
}

static void build_set_global(Builder *b) {
    Cell *cell = value_cell(constant(b, b->function->in.x[0]));
    if (cell->value == VALUE_UNBOUND) { // its first definition, or an error
        t2_leave(b, EXIT_UNBOUND);
        return;
    }
    Node *set = emit1(b, N_SET_GLOBAL, ra(b));
    set->value = value_from_pointer(cell);
    t2_hold(b->graph, set->value);
    set->state = t2_state_after(b, -1);
}

// ---- tests

// What an instruction that jumps leads to: as it is when its test holds, and when it does not.
static void ways(const Builder *b, uint32_t *yes, uint32_t *no) {
    const Function *f = b->function;
    const CodeBlock *block = &f->shape->blocks[f->block];
    bool when_true = f->in.info->flags & OPF_WHEN_TRUE;
    *yes = block->successor[when_true ? 0 : 1];
    *no = block->successor[when_true ? 1 : 0];
}

void t2_test(Builder *b, Node *condition) {
    uint32_t yes, no;
    ways(b, &yes, &no);
    t2_branch(b, condition, yes, no);
}

static bool never_comes(Builder *b, uint32_t block) {
    Function *f = b->function;
    return f->shape->blocks[block].ran == RAN_NEVER && !t2_is_generic(b, EXIT_BRANCH) &&
           !t2_site_is_generic(f->code, f->shape->blocks[block].start, EXIT_BRANCH);
}

// A test of a value's class. Where it has had one outcome only it is a guard, so that the class is
// known from there on.
static void test_class(Builder *b, Node *x, ClassSet set) {
    uint32_t yes, no;
    ways(b, &yes, &no);
    Node *is = t2_is_class(b, x, set);
    if (is->op != N_BOOLEAN && yes != no) {
        if (never_comes(b, no) || never_comes(b, yes)) {
            bool holds = never_comes(b, no);
            t2_remove(is);
            t2_guard_class(b, x, holds ? set : CLASS_ALL & ~set, EXIT_BRANCH);
            t2_jump(b, holds ? yes : no);
            return;
        }
    }
    t2_branch(b, is, yes, no);
}

static ClassSet class_of_special(Value v) {
    ClassSet set = t2_class_of(v);
    return set & (CLASS(FALSE) | CLASS(TRUE) | CLASS(NIL) | CLASS(NULL) | CLASS(DEFAULT) |
                  CLASS(UNBOUND));
}

static void test_same(Builder *b, Node *x, Node *y) {
    if (x->op == N_CONSTANT && y->op == N_CONSTANT)
        t2_test(b, t2_constant_bool(b->graph, x->value == y->value));
    else if (y->op == N_CONSTANT && class_of_special(y->value))
        test_class(b, x, class_of_special(y->value));
    else if (x->op == N_CONSTANT && class_of_special(x->value))
        test_class(b, y, class_of_special(x->value));
    else if (!(x->type.set & y->type.set))
        t2_test(b, t2_constant_bool(b->graph, false));
    else
        t2_test(b, emit2(b, N_IS_SAME, x, y));
}

static void test_type(Builder *b, Node *x, unsigned type) {
    ClassSet set = t2_class_of_type(type);
    if (set) {
        test_class(b, x, set);
        return;
    }
    static const struct {
        unsigned type;
        const char *predicate;
    } predicates[] = {
        {TYPE_KEYWORD, "keyword?"}, {TYPE_PROMISE, "promise?"}, {TYPE_RECORD_TYPE, "record-type?"}};
    if (!(x->type.set & CLASS(OBJECT))) {
        t2_test(b, t2_constant_bool(b->graph, false));
        return;
    }
    for (size_t i = 0; i < sizeof predicates / sizeof *predicates; i++) {
        const Primitive *p = t2_primitive_named(predicates[i].predicate);
        if (predicates[i].type == type && p) {
            t2_test(b, t2_truth(b, t2_primitive_call(b, p, false, 1, &x)));
            return;
        }
    }
    t2_leave(b, EXIT_GENERIC);
}

static void test_characters(Builder *b, Node *x, Node *y) {
    x = t2_character(b, x, EXIT_TYPE);
    y = t2_character(b, y, EXIT_TYPE);
    NodeOp op = N_EQ_INT;
    if (b->function->in.op == OP_JCHAR_LT || b->function->in.op == OP_JNCHAR_LT)
        op = N_LT_INT;
    else if (b->function->in.op == OP_JCHAR_LE || b->function->in.op == OP_JNCHAR_LE)
        op = N_LE_INT;
    t2_test(b, emit2(b, op, x, y));
}

static void test_truth(Builder *b, Node *x) {
    Node *truth = t2_truth(b, x);
    uint32_t yes, no;
    ways(b, &yes, &no);
    if (truth->op == N_TRUTHY && yes != no && never_comes(b, no)) {
        t2_guard_class(b, x, CLASS_ALL & ~CLASS_FALSY, EXIT_BRANCH);
        t2_jump(b, yes);
        return;
    }
    t2_branch(b, truth, yes, no);
}

static void test_parity(Builder *b, Node *x, bool odd) {
    x = t2_fixnum(b, x, EXIT_TYPE);
    t2_test(b, emit2(b, N_EQ_INT, emit2(b, N_AND_INT, x, t2_int(b, 1)), t2_int(b, odd)));
}

// What arithmetic at the beginning of a block has seen of two registers' values: where they have
// been found to be numbers.
static Kind kind_in(const Builder *b, uint32_t block, uint32_t x, uint32_t y) {
    enum { NEAR = 6 };
    const Function *f = b->function;
    const CodeBlock *ahead = &f->shape->blocks[block];
    uint32_t pc = ahead->start;
    for (int i = 0; i < NEAR && pc < ahead->end; i++) {
        Instruction in = t2_instruction(f->code, pc);
        pc = in.next;
        if (in.op == in.info->base)
            continue;
        const uint32_t byte[] = {word_a(in.word), word_b(in.word), word_c(in.word)};
        for (int k = 0; k < 3; k++)
            if (in.info->field[k] == FIELD_SRC && (byte[k] == x || byte[k] == y))
                return t2_kind_seen(&in);
    }
    return KIND_ANY;
}

static Node *both(Builder *b, Node *x, Node *y) {
    if (x->op == N_BOOLEAN)
        return x->index ? y : x;
    if (y->op == N_BOOLEAN)
        return y->index ? x : y;
    return emit3(b, N_SELECT, x, y, t2_constant_bool(b->graph, false));
}

// Are two operands numbers, or fixnums? Where they always were, what they were is guarded.
static void test_numbers(Builder *b, bool fixnums) {
    uint32_t yes, no, rx = word_a(b->function->in.word), ry = word_b(b->function->in.word);
    ways(b, &yes, &no);
    Node *x = ra(b), *y = rb(b);
    ClassSet set = fixnums ? CLASS(FIXNUM) : CLASS_NUMBER;
    if (yes != no && never_comes(b, no) && !t2_is_generic(b, EXIT_TYPE)) {
        Kind kind = fixnums ? KIND_FIX : kind_in(b, yes, rx, ry);
        ClassSet seen = kind == KIND_FIX   ? CLASS(FIXNUM)
                        : kind == KIND_FLO ? CLASS(FLONUM)
                                           : CLASS_NUMBER;
        // An operand that is known to be of another kind of number stays what it is.
        x = t2_guard_class(b, x, x->type.set & seen ? seen : set, EXIT_TYPE);
        y = t2_register(b, ry);
        y = t2_guard_class(b, y, y->type.set & seen ? seen : set, EXIT_TYPE);
        t2_jump(b, yes);
        return;
    }
    Node *is = both(b, t2_is_class(b, x, set), t2_is_class(b, y, set));
    t2_branch(b, is, yes, no);
}

// Is it a procedure? Continuations and parameters are of the class of all other objects.
static void test_procedure(Builder *b, Node *x) {
    ClassSet set = CLASS(CLOSURE) | CLASS(PRIMITIVE);
    if (!(x->type.set & CLASS(OBJECT))) {
        test_class(b, x, set);
        return;
    }
    uint32_t yes, no;
    ways(b, &yes, &no);
    if (yes != no && never_comes(b, no) && !t2_is_generic(b, EXIT_TYPE)) {
        t2_guard_class(b, x, CLASS(CLOSURE), EXIT_TYPE);
        t2_jump(b, yes);
        return;
    }
    t2_branch(b, t2_truth(b, t2_primitive_call(b, t2_primitive_named("procedure?"), false, 1, &x)),
              yes, no);
}

static bool build_test(Builder *b) {
    const Instruction *in = &b->function->in;
    switch (in->op) {
    case OP_JTRUE:
    case OP_JNTRUE:
        test_truth(b, ra(b));
        return true;
    case OP_JSPECIAL:
    case OP_JNSPECIAL:
        test_same(b, ra(b), t2_value(b, bx(b)));
        return true;
    case OP_JIS:
    case OP_JNIS:
        test_same(b, ra(b), t2_value(b, constant(b, bx(b))));
        return true;
    case OP_JEQ:
    case OP_JNEQ:
        test_same(b, ra(b), rb(b));
        return true;
    case OP_JEQV:
    case OP_JNEQV:
        t2_test(b, t2_eqv(b, ra(b), rb(b)));
        return true;
    case OP_JPAIR:
    case OP_JNPAIR:
        test_class(b, ra(b), CLASS(PAIR));
        return true;
    case OP_JCHAR:
    case OP_JNCHAR:
        test_class(b, ra(b), CLASS(CHAR));
        return true;
    case OP_JTYPE:
    case OP_JNTYPE:
        test_type(b, ra(b), word_b(in->word));
        return true;
    case OP_JRECORD:
    case OP_JNRECORD: {
        uint32_t yes, no;
        Value type = constant(b, in->x[1]);
        Node *x = ra(b), *is = is_record(b, x, type);
        ways(b, &yes, &no);
        if (is->op == N_IS_RECORD && yes != no && never_comes(b, no)) {
            guard_record(b, x, type, EXIT_BRANCH);
            t2_jump(b, yes);
        } else {
            t2_branch(b, is, yes, no);
        }
        return true;
    }
    case OP_JNUMBERS:
    case OP_JNNUMBERS:
    case OP_JFIXNUMS:
    case OP_JNFIXNUMS:
        test_numbers(b, in->op == OP_JFIXNUMS || in->op == OP_JNFIXNUMS);
        return true;
    case OP_JPROCEDURE:
    case OP_JNPROCEDURE:
        test_procedure(b, ra(b));
        return true;
    case OP_JEVEN:
    case OP_JNEVEN:
        test_parity(b, ra(b), false);
        return true;
    case OP_JODD:
    case OP_JNODD:
        test_parity(b, ra(b), true);
        return true;
    case OP_JCHAR_EQ:
    case OP_JNCHAR_EQ:
    case OP_JCHAR_LT:
    case OP_JNCHAR_LT:
    case OP_JCHAR_LE:
    case OP_JNCHAR_LE:
        test_characters(b, ra(b), rb(b));
        return true;
    case OP_JCHAR_IS:
    case OP_JNCHAR_IS:
        test_characters(b, ra(b), t2_value(b, constant(b, bx(b))));
        return true;
    default:
        return false;
    }
}

Node *t2_eqv(Builder *b, Node *x, Node *y) {
    ClassSet numbers = CLASS_NUMBER & ~CLASS(FIXNUM);
    if (!(x->type.set & y->type.set))
        return t2_constant_bool(b->graph, false);
    bool words = !(x->type.set & y->type.set & numbers);
    return emit2(b, words ? N_IS_SAME : N_IS_EQV, x, y);
}

// ---- records

static void build_field(Builder *b, Node *record, uint32_t index) {
    Node *field = emit1(b, N_FIELD, record);
    field->index = index;
    set_a(b, field);
}

static void build_set_field(Builder *b, Node *record, Node *value, uint32_t index) {
    emit2(b, N_SET_FIELD, record, value)->index = index;
}

// FIELD_ELSE and SETFIELD_ELSE: the access, or a jump to where the procedure is called.
static void build_field_else(Builder *b, bool writes) {
    Function *f = b->function;
    const CodeBlock *block = &f->shape->blocks[f->block];
    uint32_t index = word_c(f->in.word), otherwise = block->successor[0], on = block->successor[1];
    Value type = constant(b, f->in.x[0]);
    Node *record = writes ? ra(b) : rb(b), *value = writes ? rb(b) : NULL;
    Node *is = is_record(b, record, type);
    if (is->op == N_BOOLEAN && !is->index) {
        t2_jump(b, otherwise);
        return;
    }
    if (is->op == N_IS_RECORD &&
        (f->shape->blocks[otherwise].ran == RAN_YES || t2_is_generic(b, EXIT_TYPE))) {
        // The access is at the end of one way.
        Node *branch = emit1(b, N_BRANCH, is);
        branch->index = 1000;
        Block *from = b->block, *yes = t2_new_block(b), *no = t2_new_block(b);
        t2_add_edge(b->graph, from, 0, yes);
        t2_add_edge(b->graph, from, 1, no);
        b->block = no;
        t2_jump(b, otherwise);
        b->block = yes;
    } else if (is->op == N_IS_RECORD) {
        t2_remove(is);
        record = guard_record(b, record, type, EXIT_TYPE);
    }
    if (writes)
        build_set_field(b, record, value, index);
    else
        build_field(b, record, index);
    t2_jump(b, on);
}

static void build_record(Builder *b) {
    const Instruction *in = &b->function->in;
    uint32_t count = word_b(in->word), first = word_c(in->word);
    Node *fields[UINT8_MAX];
    for (uint32_t i = 0; i < count; i++)
        fields[i] = t2_register(b, first + i);
    Node *record = t2_emit(b, N_NEW_RECORD, count, fields);
    record->value = constant(b, in->x[0]);
    record->type = t2_type_of_node(record);
    (void)t2_constant(b->graph, record->value); // which a pass may ask for
    set_a(b, record);
}

// ---- pairs, vectors, strings …: as the primitives of those names

static void value_of(Builder *b, const char *name, uint32_t count, Node **args) {
    Node *value = t2_primitive(b, t2_primitive_named(name), false, count, args);
    if (value)
        set_a(b, value);
}
static void value1(Builder *b, const char *name) { value_of(b, name, 1, (Node *[]){rb(b)}); }
static void value2(Builder *b, const char *name, Node *y) {
    value_of(b, name, 2, (Node *[]){rb(b), y});
}
static void statement2(Builder *b, const char *name, Node *y) {
    (void)t2_primitive(b, t2_primitive_named(name), false, 2, (Node *[]){ra(b), y});
}
static void statement3(Builder *b, const char *name, Node *y, Node *z) {
    (void)t2_primitive(b, t2_primitive_named(name), false, 3, (Node *[]){ra(b), y, z});
}
static Node *fixnum_value(Builder *b, int64_t n) { return t2_value(b, value_from_fixnum(n)); }

static bool build_data(Builder *b) {
    const Instruction *in = &b->function->in;
    switch (in->op) {
    case OP_CONS:
        set_a(b, emit2(b, N_NEW_PAIR, rb(b), rc(b)));
        return true;
    case OP_CAR:
        value1(b, "car");
        return true;
    case OP_CDR:
        value1(b, "cdr");
        return true;
    case OP_CADR:
        value1(b, "cadr");
        return true;
    case OP_CDDR:
        value1(b, "cddr");
        return true;
    case OP_SETCAR:
        statement2(b, "set-car!", rb(b));
        return true;
    case OP_SETCDR:
        statement2(b, "set-cdr!", rb(b));
        return true;
    case OP_VREF:
        value2(b, "vector-ref", rc(b));
        return true;
    case OP_VREFI:
        value2(b, "vector-ref", fixnum_value(b, word_c(in->word)));
        return true;
    case OP_VSET:
        statement3(b, "vector-set!", rb(b), rc(b));
        return true;
    case OP_VSETI:
        statement3(b, "vector-set!", fixnum_value(b, word_b(in->word)), rc(b));
        return true;
    case OP_VLEN:
        value1(b, "vector-length");
        return true;
    case OP_SREF:
        value2(b, "string-ref", rc(b));
        return true;
    case OP_SSET:
        statement3(b, "string-set!", rb(b), rc(b));
        return true;
    case OP_SLEN:
        value1(b, "string-length");
        return true;
    case OP_BREF:
        value2(b, "bytevector-u8-ref", rc(b));
        return true;
    case OP_BSET:
        statement3(b, "bytevector-u8-set!", rb(b), rc(b));
        return true;
    case OP_BLEN:
        value1(b, "bytevector-length");
        return true;
    case OP_CHAR_INT:
        value1(b, "char->integer");
        return true;
    case OP_INT_CHAR:
        value1(b, "integer->char");
        return true;
    case OP_NOT:
        set_a(b, emit1(b, N_NOT, t2_truth(b, rb(b))));
        return true;
    case OP_FIELD:
        build_field(b, guard_record(b, rb(b), constant(b, in->x[0]), EXIT_TYPE), word_c(in->word));
        return true;
    case OP_SETFIELD: {
        Node *value = rb(b);
        build_set_field(b, guard_record(b, ra(b), constant(b, in->x[0]), EXIT_TYPE), value,
                        word_c(in->word));
        return true;
    }
    case OP_FIELD_ELSE:
        build_field_else(b, false);
        return true;
    case OP_SETFIELD_ELSE:
        build_field_else(b, true);
        return true;
    case OP_RECORD:
        build_record(b);
        return true;
    default:
        return false;
    }
}

// A primitive that may run other code: a call like any other, after which this function may have to
// be left.
static Node *call_primitive(Builder *b, const Primitive *p, uint32_t count, Node **args) {
    const Instruction *in = &b->function->in;
    Node **inputs = t2_allocate(b->graph, (count + 1) * sizeof *inputs);
    inputs[0] = t2_value(b, rt_primitive_object(b->vm, p));
    for (uint32_t i = 0; i < count; i++)
        inputs[i + 1] = args[i];
    Node *node = t2_emit(b, N_CALL, count + 1, inputs);
    node->code = b->function->code;
    node->index = (int64_t)in->next;
    node->state = t2_state_after(b, (int32_t)word_a(in->word));
    return node;
}

static void build_primitive(Builder *b) {
    const Instruction *in = &b->function->in;
    const Primitive *p = &rt_primitives[prm_row(in->x[0])];
    uint32_t count = p->fixed >= 0 ? (uint32_t)p->fixed : 2;
    Node *few[4], **args = few;
    if (in->op == OP_PRIMV) {
        count = wac_count(in->x[1]);
        args = t2_allocate(b->graph, (count + 1) * sizeof *args);
        for (uint32_t i = 0; i < count; i++)
            args[i] = t2_register(b, wac_window(in->x[1]) + i);
    } else {
        const uint32_t registers[] = {word_b(in->word), word_c(in->word), prm_third(in->x[0]),
                                      prm_fourth(in->x[0])};
        for (uint32_t i = 0; i < count; i++)
            args[i] = t2_register(b, registers[i]);
    }
    Node *value = p->effects & FX_RUNS ? call_primitive(b, p, count, args)
                                       : t2_primitive(b, p, in->op == OP_PRIM2B, count, args);
    if (value)
        set_a(b, value);
}

// ---- variables, control

static void build_variable(Builder *b) {
    Function *f = b->function;
    const Instruction *in = &f->in;
    switch (in->op) {
    case OP_FREE:
        set_a(b, free_value(b, bx(b)));
        return;
    case OP_SELF:
        set_a(b, f->closure);
        return;
    case OP_BOX:
        set_a(b, emit1(b, N_NEW_BOX, rb(b)));
        return;
    case OP_UNBOX:
        set_a(b, emit1(b, N_BOX_REF, rb(b)));
        return;
    case OP_UNBOX_CHECKED:
        set_a(b, t2_guard_class(b, emit1(b, N_BOX_REF, rb(b)), CLASS_ALL & ~CLASS(UNBOUND),
                                EXIT_UNBOUND));
        return;
    case OP_SETBOX:
        emit2(b, N_BOX_SET, ra(b), rb(b));
        return;
    case OP_UNBOX_FREE:
        set_a(b, emit1(b, N_BOX_REF, free_value(b, bx(b))));
        return;
    case OP_SETBOX_FREE:
        emit2(b, N_BOX_SET, free_value(b, bx(b)), ra(b));
        return;
    case OP_GLOBAL:
    case OP_GLOBAL_READY:
        set_a(b, t2_global(b, value_cell(constant(b, in->x[0]))));
        return;
    case OP_SETGLOBAL:
    case OP_DEFINE:
        build_set_global(b);
        return;
    case OP_CLOSURE:
        build_closure(b);
        return;
    case OP_CAPTURE:
        build_capture(b);
        return;
    default:
        t2_leave(b, EXIT_GENERIC);
        return;
    }
}

void t2_instruction_build(Builder *b) {
    Function *f = b->function;
    const Instruction *in = &f->in;
    const CodeBlock *block = &f->shape->blocks[f->block];
    switch (in->op) {
    case OP_MOVE:
        set_a(b, rb(b));
        return;
    case OP_CONST:
        set_a(b, t2_value(b, constant(b, bx(b))));
        return;
    case OP_CONSTX:
        set_a(b, t2_value(b, constant(b, in->x[0])));
        return;
    case OP_INT:
        set_a(b, t2_value(b, value_from_fixnum(word_sbx(in->word))));
        return;
    case OP_SPECIAL:
        set_a(b, t2_value(b, bx(b)));
        return;
    case OP_GETHI:
        set_a(b, t2_register(b, bx(b)));
        return;
    case OP_SETHI:
        t2_set_register(b, bx(b), ra(b));
        return;
    case OP_LOOP_MOVE:
        set_a(b, rb(b));
        t2_jump(b, block->successor[0]);
        return;
    case OP_JMP:
    case OP_LOOP:
        t2_jump(b, block->successor[0]);
        return;
    case OP_RET:
        t2_return(b, ra(b));
        return;
    case OP_RETK:
        t2_return(b, t2_value(b, constant(b, bx(b))));
        return;
    case OP_CALL:
    case OP_CALL_GLOBAL:
    case OP_CALL_KNOWN:
    case OP_CALL_FIXED:
    case OP_CALL_SELF:
    case OP_CALL_WIDE:
    case OP_TAIL_CALL:
    case OP_TAIL_CALL_GLOBAL:
    case OP_TAIL_CALL_KNOWN:
    case OP_TAIL_CALL_FIXED:
    case OP_TAIL_CALL_SELF:
    case OP_TAIL_CALL_WIDE:
        t2_call_instruction(b);
        return;
    case OP_SEND:
        t2_send_instruction(b);
        return;
    case OP_PRIM0:
    case OP_PRIM1:
    case OP_PRIM2:
    case OP_PRIM2B:
    case OP_PRIM3:
    case OP_PRIM4:
    case OP_PRIMV:
        build_primitive(b);
        return;
    default:
        break;
    }
    if (!t2_number_instruction(b) && !build_test(b) && !build_data(b))
        build_variable(b);
}
