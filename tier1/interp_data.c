// Handlers of pairs, vectors, strings, bytevectors, records, and of any primitive.
//
// What an instruction cannot do by itself goes to t1_slow_site: it runs the primitive with the
// primitive's own arguments, so that messages come from one place.
#include "tier1/interp_int.h"

OPCODE(NOT) {
    RA = value_from_bool(value_is_falsy(RB));
    NEXT(NOT);
}

// ---- pairs

SLOW_HANDLER(slow_cons) {
    vm->frame_base = base;
    RA = rt_cons(vm, RB, RC);
    NEXT_AFTER_CALL(CONS);
}
OPCODE(CONS) {
    Pair *pair = t1_pop(vm, sizeof(Pair));
    if (UNLIKELY(!pair))
        GO(slow_cons);
    FRESH(pair->car) = RB;
    FRESH(pair->cdr) = RC;
    RA = value_from_pointer(pair);
    NEXT(CONS);
}
OPCODE(CAR) {
    Value v = RB;
    if (UNLIKELY(!value_is_pair(v)))
        GO(t1_slow_site);
    RA = value_car(v);
    NEXT(CAR);
}
OPCODE(CDR) {
    Value v = RB;
    if (UNLIKELY(!value_is_pair(v)))
        GO(t1_slow_site);
    RA = value_cdr(v);
    NEXT(CDR);
}
OPCODE(CADR) {
    Value v = RB;
    if (UNLIKELY(!value_is_pair(v) || !value_is_pair(value_cdr(v))))
        GO(t1_slow_site);
    RA = value_car(value_cdr(v));
    NEXT(CADR);
}
OPCODE(CDDR) {
    Value v = RB;
    if (UNLIKELY(!value_is_pair(v) || !value_is_pair(value_cdr(v))))
        GO(t1_slow_site);
    RA = value_cdr(value_cdr(v));
    NEXT(CDDR);
}
OPCODE(SETCAR) {
    Value v = RA;
    if (UNLIKELY(!value_is_pair(v)))
        GO(t1_slow_site);
    rt_heap_store(&value_pair(v)->car, RB);
    NEXT(SETCAR);
}
OPCODE(SETCDR) {
    Value v = RA;
    if (UNLIKELY(!value_is_pair(v)))
        GO(t1_slow_site);
    rt_heap_store(&value_pair(v)->cdr, RB);
    NEXT(SETCDR);
}

// ---- vectors

// The header's field of 32 bits by a load of its own: shorter than to shift it out of the whole
// word.
static inline uint32_t length_of(Value v) {
    uint32_t n;
    memcpy(&n, (const char *)value_object(v) - 6, sizeof n);
    return n;
}

OPCODE(VREF) {
    Value v = RB, i = RC;
    if (UNLIKELY(!value_is_vector(v) || !value_is_index_below(i, length_of(v))))
        GO(t1_slow_site);
    RA = value_vector(v)->item[value_fixnum(i)];
    NEXT(VREF);
}
OPCODE(VREFI) {
    Value v = RB;
    if (UNLIKELY(!value_is_vector(v) || FIELD_C >= length_of(v)))
        GO(t1_slow_site);
    RA = value_vector(v)->item[FIELD_C];
    NEXT(VREFI);
}
static inline bool is_mutable_vector(Value v) {
    static_assert(VECTOR_LITERAL == 1);
    // Type and flags in one comparison.
    return value_is_object(v) && (*object_header(value_object(v)) & 0x1FF) == TYPE_VECTOR;
}
OPCODE(VSET) {
    Value v = RA, i = RB;
    if (UNLIKELY(!is_mutable_vector(v) || !value_is_index_below(i, length_of(v))))
        GO(t1_slow_site);
    rt_heap_store(&value_vector(v)->item[value_fixnum(i)], RC);
    NEXT(VSET);
}
OPCODE(VSETI) {
    Value v = RA;
    if (UNLIKELY(!is_mutable_vector(v) || FIELD_B >= length_of(v)))
        GO(t1_slow_site);
    rt_heap_store(&value_vector(v)->item[FIELD_B], RC);
    NEXT(VSETI);
}
OPCODE(VLEN) {
    Value v = RB;
    if (UNLIKELY(!value_is_vector(v)))
        GO(t1_slow_site);
    RA = value_from_fixnum((int64_t)length_of(v));
    NEXT(VLEN);
}

// ---- strings, bytevectors, characters

OPCODE(SREF) {
    Value s = RB, i = RC;
    if (UNLIKELY(!value_is_string(s) || !value_is_index_below(i, value_string(s)->length)))
        GO(t1_slow_site);
    RA = value_from_char(string_char(s, (size_t)value_fixnum(i)));
    NEXT(SREF);
}
OPCODE(SSET) {
    Value s = RA, i = RB, c = RC;
    if (UNLIKELY(!value_is_string(s) ||
                 object_flags(value_object(s)) & (STRING_LITERAL | STRING_WIDE) ||
                 !value_is_index_below(i, value_string(s)->length) || !value_is_char(c) ||
                 value_char(c) > 255))
        GO(t1_slow_site);
    ((uint8_t *)value_string(s)->data)[value_fixnum(i)] = (uint8_t)value_char(c);
    value_string(s)->hash = 0;
    NEXT(SSET);
}
OPCODE(SLEN) {
    Value s = RB;
    if (UNLIKELY(!value_is_string(s)))
        GO(t1_slow_site);
    RA = value_from_fixnum((int64_t)value_string(s)->length);
    NEXT(SLEN);
}
OPCODE(BREF) {
    Value v = RB, i = RC;
    if (UNLIKELY(!value_is_bytevector(v) || !value_is_index_below(i, length_of(v))))
        GO(t1_slow_site);
    RA = value_from_fixnum(value_bytevector(v)->byte[value_fixnum(i)]);
    NEXT(BREF);
}
OPCODE(BSET) {
    // A literal bytevector, if there is such a thing, has a flag.
    Value v = RA, i = RB, b = RC;
    if (UNLIKELY(!value_is_bytevector(v) || object_flags(value_object(v)) ||
                 !value_is_index_below(i, length_of(v)) || !value_is_index_below(b, 256)))
        GO(t1_slow_site);
    value_bytevector(v)->byte[value_fixnum(i)] = (uint8_t)value_fixnum(b);
    NEXT(BSET);
}
OPCODE(BLEN) {
    Value v = RB;
    if (UNLIKELY(!value_is_bytevector(v)))
        GO(t1_slow_site);
    RA = value_from_fixnum((int64_t)length_of(v));
    NEXT(BLEN);
}
OPCODE(CHAR_INT) {
    Value c = RB;
    if (UNLIKELY(!value_is_char(c)))
        GO(t1_slow_site);
    RA = value_from_fixnum(value_char(c));
    NEXT(CHAR_INT);
}
OPCODE(INT_CHAR) {
    Value n = RB;
    if (UNLIKELY(!value_is_fixnum(n) || !char_code_valid(value_fixnum(n))))
        GO(t1_slow_site);
    RA = value_from_char((uint32_t)value_fixnum(n));
    NEXT(INT_CHAR);
}

// ---- records

OPCODE(FIELD) {
    Value v = RB;
    if (UNLIKELY(!t1_record_is(v, constants[pc[1]])))
        GO(t1_slow_site);
    RA = value_record(v)->field[FIELD_C];
    NEXT(FIELD);
}
OPCODE(SETFIELD) {
    Value v = RA;
    if (UNLIKELY(!t1_record_is(v, constants[pc[1]])))
        GO(t1_slow_site);
    rt_heap_store(&value_record(v)->field[FIELD_C], RB);
    NEXT(SETFIELD);
}
OPCODE(FIELD_ELSE) {
    Value v = RB;
    if (UNLIKELY(!t1_record_is(v, constants[pc[1]]))) {
        pc += WORDS_FIELD_ELSE + (int32_t)pc[2];
        SEPARATE("else");
        DISPATCH();
    }
    RA = value_record(v)->field[FIELD_C];
    NEXT(FIELD_ELSE);
}
OPCODE(SETFIELD_ELSE) {
    Value v = RA;
    if (UNLIKELY(!t1_record_is(v, constants[pc[1]]))) {
        pc += WORDS_SETFIELD_ELSE + (int32_t)pc[2];
        SEPARATE("else");
        DISPATCH();
    }
    rt_heap_store(&value_record(v)->field[FIELD_C], RB);
    NEXT(SETFIELD_ELSE);
}
SLOW_HANDLER(slow_record) {
    vm->frame_base = base;
    uint32_t count = FIELD_B;
    Record *record = rt_object_new(vm, TYPE_RECORD, 0, count, sizeof(Value) * (1 + (size_t)count));
    FRESH(record->type) = constants[pc[1]];
    memcpy(&FRESH(record->field[0]), &RC, count * sizeof(Value));
    RA = value_from_pointer(record);
    NEXT_AFTER_CALL(RECORD);
}
OPCODE(RECORD) {
    uint32_t count = FIELD_B;
    size_t bytes = 8 + sizeof(Value) * (1 + (size_t)count);
    if (UNLIKELY(bytes >= HEAP_SIZE_CLASSES * 16 - 15))
        GO(slow_record);
    uint64_t *cell = t1_pop(vm, bytes);
    if (UNLIKELY(!cell))
        GO(slow_record);
    cell[0] = header_make(TYPE_RECORD, 0, count);
    Record *record = (Record *)(cell + 1);
    FRESH(record->type) = constants[pc[1]];
    const Value *from = &RC;
    for (uint32_t i = 0; i < count; i++)
        FRESH(record->field[i]) = from[i];
    RA = value_from_pointer(record);
    NEXT(RECORD);
}

// ---- any primitive

HANDLER(t1_failed_prim) {
    const Code *code = t1_code_of(constants);
    const uint32_t *next = pc + t1_op_info[op_at(constants, pc)].words;
    T1 *t = t1_context(vm, base, constants, next, FIELD_A, code->registers, false);
    rt_fail_name(vm, &rt_primitives[prm_row(pc[1])]);
    t1_raise(t, 0);
    GO(t1_resume);
}

#define PRIM(ID, call)                                                                             \
    OPCODE(ID) {                                                                                   \
        uint32_t x = pc[1];                                                                        \
        const Primitive *p = &rt_primitives[prm_row(x)];                                           \
        vm->frame_base = base;                                                                     \
        Value result = call;                                                                       \
        if (UNLIKELY(result == VALUE_FAILURE))                                                     \
            GO(t1_failed_prim);                                                                    \
        RA = result;                                                                               \
        NEXT_AFTER_CALL(ID);                                                                       \
    }
PRIM(PRIM0, p->fn.f0(vm))
PRIM(PRIM1, p->fn.f1(vm, RB))
PRIM(PRIM2, p->fn.f2(vm, RB, RC))
PRIM(PRIM2B, p->binary(vm, RB, RC))
PRIM(PRIM3, p->fn.f3(vm, RB, RC, base[prm_third(x)]))
PRIM(PRIM4, p->fn.f4(vm, RB, RC, base[prm_third(x)], base[prm_fourth(x)]))
PRIM(PRIMV, p->fn.fv(vm, (int)wac_count(pc[2]), base + wac_window(pc[2])))
