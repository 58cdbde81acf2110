// Lowering: tests of classes, records, closures; guards on them.
//
// A test is made for what the value may be at all: of a list's rest, known to be a pair or (), one
// comparison tells which. Where only objects (what has a header) are left on one side, the test of
// the pointer comes first and the header is read only then.
#include "runtime/equal.h"
#include "tier2/helpers.h"
#include "tier2/lower_int.h"

#define CLASS_IMMEDIATE (CLASS(FIXNUM) | CLASS(FLONUM) | CLASS(CHAR) | CLASS_SPECIALS)
#define CLASS_SPECIALS                                                                             \
    (CLASS(FALSE) | CLASS(TRUE) | CLASS(NIL) | CLASS(NULL) | CLASS(DEFAULT) | CLASS(UNBOUND) |     \
     CLASS(SPECIAL))
#define CLASS_OBJECTS (CLASS_ALL & ~(CLASS_IMMEDIATE | CLASS(PAIR)))
// What has its upper 16 bits zero.
#define CLASS_LOW (CLASS_SPECIALS | CLASS(PAIR) | CLASS_OBJECTS)

enum { TAG_PAIR = 0, TAG_OBJECT = 8, TAG_SPECIAL = 2 }; // lowest four bits, value.h

static unsigned count_bits(ClassSet set) { return (unsigned)__builtin_popcount(set); }

static LLVMValueRef constant(Lower *l, bool b) { return LLVMConstInt(l->i1, b, false); }

// A class of one value; VALUE_NONE: of more.
static Value only_value(ClassSet set) {
    switch (set) {
    case CLASS(FALSE):
        return VALUE_FALSE;
    case CLASS(TRUE):
        return VALUE_TRUE;
    case CLASS(NIL):
        return VALUE_NIL;
    case CLASS(NULL):
        return VALUE_NULL;
    case CLASS(DEFAULT):
        return VALUE_DEFAULT;
    case CLASS(UNBOUND):
        return VALUE_UNBOUND;
    default:
        return VALUE_NONE;
    }
}

// Is the pointer's tag the given one? Upper bits are looked at unless they are known to be zero.
static LLVMValueRef has_tag(Lower *l, LLVMValueRef v, ClassSet known, unsigned tag) {
    uint64_t mask = (known & ~CLASS_LOW ? VALUE_TOP16 : 0) | 15;
    return t2_emit_compare_word(l, LLVMIntEQ,
                                LLVMBuildAnd(l->builder, v, t2_emit_word(l, mask), ""), tag);
}

static LLVMValueRef in_range(Lower *l, LLVMValueRef v, uint64_t first, uint64_t past) {
    LLVMValueRef up = LLVMBuildSub(l->builder, v, t2_emit_word(l, first), "");
    return t2_emit_compare_word(l, LLVMIntULT, up, past - first);
}

// Fixnums, flonums, characters, of which some are in the set.
static LLVMValueRef test_high(Lower *l, LLVMValueRef v, ClassSet known, ClassSet set) {
    ClassSet high = known & ~CLASS_LOW;
    if (set == high)
        return t2_emit_compare_word(l, LLVMIntUGE, v, FLONUM_OFFSET);
    if (set == CLASS(FIXNUM))
        return t2_emit_compare_word(l, LLVMIntUGE, v, FIXNUM_FIRST);
    if (set == (CLASS(FIXNUM) | CLASS(CHAR)))
        return t2_emit_compare_word(l, LLVMIntUGE, v, CHAR_TAG);
    if (set == CLASS(FLONUM))
        return in_range(l, v, FLONUM_OFFSET, CHAR_TAG);
    if (set == (CLASS(FLONUM) | CLASS(CHAR)))
        return in_range(l, v, FLONUM_OFFSET, HEADER_TAG);
    if (set == CLASS(CHAR))
        return in_range(l, v, CHAR_TAG, HEADER_TAG);
    // fixnums and flonums, but no characters
    return LLVMBuildOr(l->builder, test_high(l, v, known, CLASS(FIXNUM)),
                       test_high(l, v, known, CLASS(FLONUM)), "");
}

static const struct {
    ClassSet class;
    uint8_t type;
} object_types[] = {
#define ROW(id) {CLASS(id), TYPE_##id}
    ROW(STRING),  ROW(SYMBOL),     ROW(BIGNUM), ROW(RATNUM), ROW(COMPNUM),
    ROW(VECTOR),  ROW(BYTEVECTOR), ROW(ARRAY),  ROW(BOX),    ROW(VALUES),
    ROW(CLOSURE), ROW(PRIMITIVE),  ROW(RECORD), ROW(TABLE),  ROW(DICT),
#undef ROW
};

// Object types in a set, a bit each.
static uint64_t types_of(ClassSet set) {
    static_assert(TYPE_COUNT <= 64);
    uint64_t named = 0, types = 0;
    for (size_t i = 0; i < sizeof object_types / sizeof *object_types; i++) {
        named |= UINT64_C(1) << object_types[i].type;
        if (set & object_types[i].class)
            types |= UINT64_C(1) << object_types[i].type;
    }
    if (set & CLASS(OBJECT))
        types |= ((UINT64_C(1) << TYPE_COUNT) - 2) & ~named;
    return types;
}

// Certainly an object, of the types known.
static LLVMValueRef test_type(Lower *l, LLVMValueRef v, ClassSet known, ClassSet set) {
    uint64_t yes = types_of(set), no = types_of(known & CLASS_OBJECTS) & ~yes;
    if (!no)
        return constant(l, true);
    bool inverted = __builtin_popcountll(no) == 1;
    uint64_t wanted = inverted ? no : yes;
    LLVMValueRef type = t2_emit_header_type(l, v), test;
    unsigned first = (unsigned)__builtin_ctzll(wanted);
    unsigned last = 63 - (unsigned)__builtin_clzll(wanted);
    if (first == last)
        test = LLVMBuildICmp(l->builder, LLVMIntEQ, type, LLVMConstInt(l->i8, first, false), "");
    else if (wanted == (UINT64_C(2) << last) - (UINT64_C(1) << first))
        test = LLVMBuildICmp(l->builder, LLVMIntULE,
                             LLVMBuildSub(l->builder, type, LLVMConstInt(l->i8, first, false), ""),
                             LLVMConstInt(l->i8, last - first, false), "");
    else {
        LLVMValueRef bits = LLVMBuildLShr(l->builder, t2_emit_word(l, wanted),
                                          LLVMBuildZExt(l->builder, type, l->i64, ""), "");
        test = LLVMBuildTrunc(l->builder, bits, l->i1, "");
    }
    return inverted ? LLVMBuildNot(l->builder, test, "") : test;
}

// What the test of objects adds to that of the others: v is in `set` if it is one of the objects of
// the set, or if `other` holds (NULL: it does not).
static LLVMValueRef test_objects(Lower *l, LLVMValueRef v, ClassSet known, ClassSet set,
                                 LLVMValueRef other) {
    if (!(known & ~CLASS_OBJECTS))
        return test_type(l, v, known, set);
    LLVMValueRef object = has_tag(l, v, known, TAG_OBJECT);
    if ((set & CLASS_OBJECTS) == (known & CLASS_OBJECTS))
        return other ? LLVMBuildOr(l->builder, object, other, "") : object;
    LLVMBasicBlockRef from = LLVMGetInsertBlock(l->builder);
    LLVMBasicBlockRef yes = t2_emit_block_here(l, "object"), end = NULL;
    end = LLVMInsertBasicBlockInContext(l->context, yes, "");
    LLVMMoveBasicBlockAfter(end, yes);
    t2_emit_branch(l, object, yes, end, 0);
    t2_emit_go(l, yes);
    LLVMValueRef test = test_type(l, v, known, set);
    LLVMBuildBr(l->builder, end);
    t2_emit_go(l, end);
    return t2_emit_phi2(l, l->i1, test, yes, other ? other : constant(l, false), from);
}

// Special constants: one comparison each, or all together.
static LLVMValueRef test_specials(Lower *l, LLVMValueRef v, ClassSet known, ClassSet set) {
    ClassSet all = known & CLASS_SPECIALS;
    if (set == all && (set & CLASS(SPECIAL) || count_bits(set) > 2))
        return has_tag(l, v, known, TAG_SPECIAL);
    if (set == CLASS_FALSY)
        return t2_emit_compare_word(
            l, LLVMIntEQ, LLVMBuildAnd(l->builder, v, t2_emit_word(l, ~UINT64_C(0x10)), ""),
            VALUE_FALSE);
    if (set & CLASS(SPECIAL)) { // all but those that are named
        LLVMValueRef test = has_tag(l, v, known, TAG_SPECIAL);
        for (ClassSet rest = all & ~set; rest; rest &= rest - 1)
            test = LLVMBuildAnd(
                l->builder, test,
                t2_emit_compare_word(l, LLVMIntNE, v, only_value(rest & ~(rest - 1))), "");
        return test;
    }
    LLVMValueRef test = NULL;
    for (ClassSet rest = set; rest; rest &= rest - 1) {
        LLVMValueRef one = t2_emit_compare_word(l, LLVMIntEQ, v, only_value(rest & ~(rest - 1)));
        test = test ? LLVMBuildOr(l->builder, test, one, "") : one;
    }
    return test;
}

// As above: how much a set costs, to take the cheaper of the set and its complement.
static unsigned cost(ClassSet known, ClassSet set) {
    unsigned high = set & ~CLASS_LOW && (set & ~CLASS_LOW) != (known & ~CLASS_LOW) ? 2 : 0;
    if (set & ~CLASS_LOW && !high)
        high = 1;
    unsigned specials = count_bits(set & CLASS_SPECIALS);
    if ((set & CLASS_SPECIALS) == (known & CLASS_SPECIALS) && specials > 2)
        specials = 2;
    unsigned objects = set & CLASS_OBJECTS ? 2 : 0;
    if (objects && (set & CLASS_OBJECTS) != (known & CLASS_OBJECTS))
        objects = 6;
    return high + specials + objects + (set & CLASS(PAIR) ? 2 : 0);
}

static LLVMValueRef test_set(Lower *l, LLVMValueRef v, ClassSet known, ClassSet set) {
    LLVMValueRef test = NULL;
    LLVMBuilderRef b = l->builder;
    // Pairs and objects together are what is a pointer at all.
    if ((set & CLASS_OBJECTS) == (known & CLASS_OBJECTS) && set & CLASS(PAIR) &&
        set & CLASS_OBJECTS) {
        uint64_t mask = (known & ~CLASS_LOW ? VALUE_TOP16 : 0) | 7;
        test = t2_emit_compare_word(l, LLVMIntEQ, LLVMBuildAnd(b, v, t2_emit_word(l, mask), ""), 0);
        set &= ~(CLASS_OBJECTS | CLASS(PAIR));
    }
    LLVMValueRef part;
    if (set & ~CLASS_LOW) {
        part = test_high(l, v, known, set & ~CLASS_LOW);
        test = test ? LLVMBuildOr(b, test, part, "") : part;
    }
    if (set & CLASS_SPECIALS) {
        part = test_specials(l, v, known, set & CLASS_SPECIALS);
        test = test ? LLVMBuildOr(b, test, part, "") : part;
    }
    if (set & CLASS(PAIR)) {
        part = has_tag(l, v, known, TAG_PAIR);
        test = test ? LLVMBuildOr(b, test, part, "") : part;
    }
    if (set & CLASS_OBJECTS)
        test = test_objects(l, v, known, set, test);
    return test;
}

LLVMValueRef t2_emit_test_class(Lower *l, LLVMValueRef v, ClassSet known, ClassSet set) {
    set &= known;
    ClassSet rest = known & ~set;
    if (!set)
        return constant(l, false);
    if (!rest)
        return constant(l, true);
    if (cost(known, rest) < cost(known, set))
        return LLVMBuildNot(l->builder, test_set(l, v, known, rest), "");
    return test_set(l, v, known, set);
}

// ---- guards and tests of objects: in steps, each of which leaves, or answers false

typedef struct Steps {
    const Node *guard; // NULL: a test
    LLVMBasicBlockRef no, from[8];
    unsigned count;
} Steps;

static void step(Lower *l, Steps *s, LLVMValueRef holds) {
    if (LLVMIsConstant(holds) && LLVMIsAConstantInt(holds) && LLVMConstIntGetZExtValue(holds))
        return;
    if (s->guard) {
        t2_emit_guard(l, s->guard, holds);
        return;
    }
    if (!s->no)
        s->no = t2_emit_block_here(l, "no");
    LLVMBasicBlockRef on = t2_emit_block_here(l, "");
    s->from[s->count++] = LLVMGetInsertBlock(l->builder);
    t2_emit_branch(l, holds, on, s->no, 0);
    t2_emit_go(l, on);
}

// Of tests: the answer, where all steps held `last` decides. Of guards: nothing.
static LLVMValueRef steps_end(Lower *l, Steps *s, LLVMValueRef last) {
    if (s->guard) {
        t2_emit_guard(l, s->guard, last);
        return NULL;
    }
    if (!s->no)
        return last;
    LLVMBasicBlockRef here = LLVMGetInsertBlock(l->builder);
    LLVMBuildBr(l->builder, s->no);
    t2_emit_go(l, s->no);
    LLVMValueRef phi = LLVMBuildPhi(l->builder, l->i1, "");
    for (unsigned i = 0; i < s->count; i++) {
        LLVMValueRef no = constant(l, false);
        LLVMAddIncoming(phi, &no, &s->from[i], 1);
    }
    LLVMAddIncoming(phi, &last, &here, 1);
    return phi;
}

// Steps until the value is certainly an object of the class; none when that is known.
static void steps_class(Lower *l, Steps *s, LLVMValueRef v, ClassSet known, ClassSet class) {
    if (known & ~CLASS_OBJECTS)
        step(l, s, t2_emit_test_class(l, v, known, known & CLASS_OBJECTS ? CLASS_OBJECTS : 0));
    if (known & CLASS_OBJECTS & ~class)
        step(l, s, test_type(l, v, known & CLASS_OBJECTS, class));
}

static void guard_class(Lower *l, const Node *n) {
    LLVMValueRef v = t2_emit_input(l, n, 0);
    ClassSet known = t2_emit_known(n->inputs[0]), set = (ClassSet)n->index & known;
    if (set && !(set & ~CLASS_OBJECTS) && known & CLASS_OBJECTS & ~set) {
        Steps s = {.guard = n};
        steps_class(l, &s, v, known, set);
    } else
        t2_emit_guard(l, n, t2_emit_test_class(l, v, known, set));
}

// The type, or one that has it in its display. Most records are of the very type: that comes first.
static LLVMValueRef test_record(Lower *l, const Node *n, Steps *s) {
    LLVMValueRef v = t2_emit_input(l, n, 0);
    steps_class(l, s, v, t2_emit_known(n->inputs[0]), CLASS(RECORD));
    LLVMValueRef type =
        t2_emit_load(l, l->i64, t2_emit_at(l, v, offsetof(Record, type)), TAG_RECORD);
    LLVMValueRef same = t2_emit_compare_word(l, LLVMIntEQ, type, n->value);
    if (n->index)
        return steps_end(l, s, same);
    LLVMBasicBlockRef from = LLVMGetInsertBlock(l->builder);
    LLVMBasicBlockRef other = t2_emit_block_here(l, "inherits"), end;
    end = LLVMInsertBasicBlockInContext(l->context, other, "");
    LLVMMoveBasicBlockAfter(end, other);
    t2_emit_branch(l, same, end, other, 1);
    t2_emit_go(l, other);
    uint64_t depth = value_record_type(n->value)->depth;
    LLVMValueRef deep = t2_emit_compare_word(
        l, LLVMIntUGT,
        t2_emit_load(l, l->i64, t2_emit_at(l, type, offsetof(RecordType, depth)), TAG_RECORD),
        depth);
    LLVMBasicBlockRef look = t2_emit_block_here(l, "");
    t2_emit_branch(l, deep, look, end, 0);
    t2_emit_go(l, look);
    LLVMValueRef display =
        t2_emit_load(l, l->i64, t2_emit_at(l, type, offsetof(RecordType, display)), TAG_RECORD);
    LLVMValueRef ancestor = t2_emit_load(
        l, l->i64, t2_emit_at(l, display, (int64_t)(depth * sizeof(Value))), TAG_RECORD);
    LLVMValueRef inherits = t2_emit_compare_word(l, LLVMIntEQ, ancestor, n->value);
    LLVMBuildBr(l->builder, end);
    t2_emit_go(l, end);
    LLVMValueRef answers[] = {constant(l, true), constant(l, false), inherits};
    LLVMBasicBlockRef froms[] = {from, other, look};
    LLVMValueRef phi = LLVMBuildPhi(l->builder, l->i1, "");
    LLVMAddIncoming(phi, answers, froms, 3);
    return steps_end(l, s, phi);
}

static LLVMValueRef test_code(Lower *l, const Node *n, Steps *s) {
    LLVMValueRef v = t2_emit_input(l, n, 0);
    steps_class(l, s, v, t2_emit_known(n->inputs[0]), CLASS(CLOSURE));
    LLVMValueRef code =
        t2_emit_load(l, l->i64, t2_emit_at(l, v, offsetof(Closure, code)), TAG_CODE);
    return steps_end(l, s, t2_emit_compare_word(l, LLVMIntEQ, code, (uint64_t)(uintptr_t)n->code));
}

// eqv? of what may be a number that is no fixnum.
static LLVMValueRef test_eqv(Lower *l, const Node *n) {
    LLVMValueRef a = t2_emit_input(l, n, 0), b = t2_emit_input(l, n, 1);
    LLVMValueRef same = t2_emit_compare(l, LLVMIntEQ, a, b);
    ClassSet numbers = CLASS_NUMBER & ~CLASS(FIXNUM);
    if (!(t2_emit_known(n->inputs[0]) & numbers) || !(t2_emit_known(n->inputs[1]) & numbers))
        return same;
    // Both are pointers to objects, or both flonums: only then can they be the same number.
    LLVMBasicBlockRef from = LLVMGetInsertBlock(l->builder);
    LLVMBasicBlockRef look = t2_emit_block_here(l, "eqv"), end;
    end = LLVMInsertBasicBlockInContext(l->context, look, "");
    LLVMMoveBasicBlockAfter(end, look);
    t2_emit_branch(l, same, end, look, 0);
    t2_emit_go(l, look);
    LLVMValueRef number = t2_emit_test_class(l, a, t2_emit_known(n->inputs[0]), numbers);
    LLVMBasicBlockRef checked = LLVMGetInsertBlock(l->builder);
    LLVMBasicBlockRef slow = t2_emit_block_here(l, "slow");
    t2_emit_branch(l, number, slow, end, -1);
    t2_emit_go(l, slow);
    LLVMValueRef arguments[] = {a, b};
    LLVMValueRef call =
        t2_emit_call_c(l, "rt_eqv_slow", (const void *)rt_eqv_slow, l->i1, arguments, 2);
    t2_emit_call_only_reads(l, call);
    LLVMBuildBr(l->builder, end);
    t2_emit_go(l, end);
    LLVMValueRef answers[] = {constant(l, true), constant(l, false), call};
    LLVMBasicBlockRef froms[] = {from, checked, slow};
    LLVMValueRef phi = LLVMBuildPhi(l->builder, l->i1, "");
    LLVMAddIncoming(phi, answers, froms, 3);
    return phi;
}

// What has been compiled meanwhile is installed here and now; anything else is tier 1's.
static LLVMValueRef poll(Lower *l) {
    LLVMValueRef bits =
        LLVMBuildLoad2(l->builder, l->i32, t2_emit_vm_field(l, offsetof(VM, interrupts)), "");
    LLVMSetVolatile(bits, true);
    LLVMValueRef none =
        LLVMBuildICmp(l->builder, LLVMIntEQ, bits, LLVMConstInt(l->i32, 0, false), "");
    LLVMBasicBlockRef from = LLVMGetInsertBlock(l->builder);
    LLVMBasicBlockRef some = t2_emit_block_here(l, "interrupt");
    LLVMBasicBlockRef end = LLVMInsertBasicBlockInContext(l->context, some, "");
    LLVMMoveBasicBlockAfter(end, some);
    t2_emit_branch(l, none, end, some, 1);
    t2_emit_go(l, some);
    LLVMValueRef settled =
        t2_emit_call_c(l, "t2_help_poll", (const void *)t2_help_poll, l->i1, &l->vm, 1);
    LLVMBuildBr(l->builder, end);
    t2_emit_go(l, end);
    return t2_emit_phi2(l, l->i1, constant(l, true), from, settled, some);
}

bool t2_lower_test(Lower *l, const Node *n) {
    LLVMValueRef v = NULL;
    Steps guard = {.guard = n}, test = {0};
    switch ((NodeOp)n->op) {
    case N_IS_CLASS:
        v = t2_emit_test_class(l, t2_emit_input(l, n, 0), t2_emit_known(n->inputs[0]),
                               (ClassSet)n->index);
        break;
    case N_IS_RECORD:
        v = test_record(l, n, &test);
        break;
    case N_IS_CODE:
        v = test_code(l, n, &test);
        break;
    case N_IS_SAME:
        v = t2_emit_compare(l, LLVMIntEQ, t2_emit_input(l, n, 0), t2_emit_input(l, n, 1));
        break;
    case N_IS_EQV:
        v = test_eqv(l, n);
        break;
    case N_GUARD_CLASS:
        guard_class(l, n);
        v = t2_emit_input(l, n, 0);
        break;
    case N_GUARD_SMALL:
        t2_emit_guard(l, n,
                      in_range(l, t2_emit_input(l, n, 0), value_from_fixnum(T2_SMALL_MIN),
                               value_from_fixnum(T2_SMALL_MAX) + 1));
        v = t2_emit_input(l, n, 0);
        break;
    case N_GUARD_RECORD:
        test_record(l, n, &guard);
        v = t2_emit_input(l, n, 0);
        break;
    case N_GUARD_CODE:
        test_code(l, n, &guard);
        v = t2_emit_input(l, n, 0);
        break;
    case N_GUARD_IS:
        t2_emit_guard(l, n, t2_emit_compare_word(l, LLVMIntEQ, t2_emit_input(l, n, 0), n->value));
        v = t2_emit_input(l, n, 0);
        break;
    case N_GUARD_INDEX:
        t2_emit_guard(
            l, n, t2_emit_compare(l, LLVMIntULT, t2_emit_input(l, n, 0), t2_emit_input(l, n, 1)));
        v = t2_emit_input(l, n, 0);
        break;
    case N_GUARD_TRUE:
        t2_emit_guard(l, n, t2_emit_input(l, n, 0));
        return true;
    case N_GUARD_FALSE:
        t2_emit_guard(l, n, LLVMBuildNot(l->builder, t2_emit_input(l, n, 0), ""));
        return true;
    case N_POLL:
        if (l->artifact->quick)
            t2_emit_count(l, n);
        t2_emit_guard(l, n, poll(l));
        return true;
    default:
        return false;
    }
    l->values[n->id] = v;
    return true;
}
