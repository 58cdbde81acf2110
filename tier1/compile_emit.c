// Words, labels, constants, sites, registers of the procedure being compiled.
#include "tier1/compile_int.h"

// Double a buffer. Scanned or atomic memory of the collector, so that a failure leaves nothing
// behind.
static void *grow(Compiler *c, void *old, size_t *room, size_t item, bool scanned) {
    size_t count = *room ? 2 * *room : 64;
    void *fresh =
        scanned ? rt_raw_new(c->vm, count * item) : rt_raw_new_atomic(c->vm, count * item);
    if (*room)
        memcpy(fresh, old, *room * item);
    *room = count;
    return fresh;
}
#define ROOM(count, room, buffer, scanned)                                                         \
    if (c->count == c->room)                                                                       \
    c->buffer = grow(c, c->buffer, &c->room, sizeof *c->buffer, scanned)

void t1_begin_function(Compiler *c) {
    c->top = c->high = 0;
    c->word_count = c->site_count = c->constant_count = 0;
    c->fixup_count = c->stub_count = c->guard_count = 0;
    c->last_bound = c->last_jmp = SIZE_MAX;
    c->label_count = 0;
    c->in_loop = c->in_call_by_list = false;
    c->head = NULL;
    c->kept_count = 0;
    (void)t1_label(c);     // NO_LABEL
    if (++c->stamp == 0) { // the stamps of the last round could be taken for fresh ones
        if (c->constant_stamp)
            memset(c->constant_stamp, 0, (c->constant_mask + 1) * sizeof *c->constant_stamp);
        c->stamp = 1;
    }
}

// ---- constants

uint32_t t1_constant_new(Compiler *c, Value v) {
    ROOM(constant_count, constant_room, constants, true);
    c->constants[c->constant_count] = v;
    return (uint32_t)c->constant_count++;
}

static size_t slot_of(const Compiler *c, Value v) {
    size_t at = (size_t)((v * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & c->constant_mask;
    while (c->constant_stamp[at] == c->stamp && c->constants[c->constant_index[at]] != v)
        at = (at + 1) & c->constant_mask;
    return at;
}

static void grow_index(Compiler *c) {
    size_t size = c->constant_index ? 2 * (c->constant_mask + 1) : 128;
    uint32_t *old_index = c->constant_index, *old_stamp = c->constant_stamp;
    size_t old_size = c->constant_index ? c->constant_mask + 1 : 0;
    c->constant_index = rt_raw_new_atomic(c->vm, size * sizeof *c->constant_index);
    c->constant_stamp = rt_raw_new_atomic(c->vm, size * sizeof *c->constant_stamp);
    memset(c->constant_stamp, 0, size * sizeof *c->constant_stamp);
    c->constant_mask = size - 1;
    for (size_t i = 0; i < old_size; i++) {
        if (old_stamp[i] != c->stamp)
            continue;
        size_t at = slot_of(c, c->constants[old_index[i]]);
        c->constant_stamp[at] = c->stamp;
        c->constant_index[at] = old_index[i];
    }
}

uint32_t t1_constant(Compiler *c, Value v) {
    if (!c->constant_index || 2 * c->constant_count > c->constant_mask)
        grow_index(c);
    size_t at = slot_of(c, v);
    if (c->constant_stamp[at] == c->stamp)
        return c->constant_index[at];
    c->constant_stamp[at] = c->stamp;
    return c->constant_index[at] = t1_constant_new(c, v);
}

// ---- words and sites

void t1_word(Compiler *c, uint32_t word) {
    ROOM(word_count, word_room, words, false);
    c->words[c->word_count++] = word;
}

void t1_site(Compiler *c, Position position, int primitive, uint32_t form, uint32_t skip) {
    ROOM(site_count, site_room, sites, false);
    c->sites[c->site_count++] =
        (Site){.position = position,
               .pc = (uint32_t)c->word_count,
               .primitive = (uint16_t)(primitive < 0 ? SITE_NO_PRIMITIVE : primitive),
               .form = (uint8_t)form,
               .skip = (uint8_t)skip};
}

// ---- labels

LabelId t1_label(Compiler *c) {
    ROOM(label_count, label_room, labels, false);
    c->labels[c->label_count] = (Label){.position = LABEL_OPEN};
    return (LabelId)c->label_count++;
}

static void patch(Compiler *c, const Fixup *f, uint32_t position) {
    int64_t distance = (int64_t)position - f->after;
    if (!f->j24)
        c->words[f->word] = (uint32_t)(int32_t)distance;
    else if (distance > J24_MAX || distance < -J24_MAX)
        t1_too_large(c, "more than 8 million words of code");
    else
        c->words[f->word] = op_j24(word_op(c->words[f->word]), (int32_t)distance);
}

static void add_fixup(Compiler *c, LabelId label, Fixup f) {
    Label *l = &c->labels[label];
    if (l->position != LABEL_OPEN) {
        patch(c, &f, l->position);
        return;
    }
    ROOM(fixup_count, fixup_room, fixups, false);
    f.next = l->fixups;
    c->fixups[c->fixup_count++] = f;
    l->fixups = (uint32_t)c->fixup_count;
}

void t1_distance(Compiler *c, LabelId label, uint32_t rest) {
    uint32_t at = (uint32_t)c->word_count;
    t1_word(c, 0);
    add_fixup(c, label, (Fixup){.word = at, .after = at + 1 + rest});
}

void t1_jump(Compiler *c, LabelId label) {
    uint32_t at = (uint32_t)c->word_count;
    c->last_jmp = at;
    t1_word(c, op_j24(OP_JMP, 0));
    add_fixup(c, label, (Fixup){.word = at, .after = at + 1, .j24 = true});
}

void t1_loop(Compiler *c, LabelId label) {
    uint32_t at = (uint32_t)c->word_count;
    t1_word(c, op_j24(OP_LOOP, 0));
    add_fixup(c, label, (Fixup){.word = at, .after = at + 2, .j24 = true});
    t1_word(c, t1_counter_start(vm_hot_hook.loops));
}

void t1_bind(Compiler *c, LabelId label) {
    Label *l = &c->labels[label];
    // A JMP to the next instruction is dropped, unless another label stands behind it.
    if (l->fixups && c->word_count > 0 && c->last_jmp == c->word_count - 1 &&
        c->last_bound != c->word_count && c->fixups[l->fixups - 1].word == c->last_jmp) {
        l->fixups = c->fixups[l->fixups - 1].next;
        c->word_count--;
        c->last_jmp = SIZE_MAX;
    }
    l->position = (uint32_t)c->word_count;
    c->last_bound = c->word_count;
    for (uint32_t i = l->fixups; i; i = c->fixups[i - 1].next)
        patch(c, &c->fixups[i - 1], l->position);
}

// ---- registers

uint32_t t1_registers(Compiler *c, uint32_t count) {
    uint32_t v = c->top;
    // Consecutive ones do not straddle the scratch registers.
    if (v < LOW_REGISTERS && count > 1 && v + count > LOW_REGISTERS)
        v = LOW_REGISTERS;
    c->top = v + count;
    uint32_t high = count ? real_register(c->top - 1) + 1 : 0;
    if (high > c->high)
        c->high = high;
    if (high > REGISTERS_MAX) {
        t1_too_large(c, "more than 32767 registers");
        c->top = v;
    }
    return v;
}

uint32_t t1_use(Compiler *c, uint32_t v, uint32_t slot) {
    if (v < LOW_REGISTERS)
        return v;
    t1_word(c, op_abx(OP_GETHI, SCRATCH + slot, real_register(v)));
    return SCRATCH + slot;
}

void t1_store_high(Compiler *c, uint32_t v) {
    if (v >= LOW_REGISTERS)
        t1_word(c, op_abx(OP_SETHI, SCRATCH, real_register(v)));
}

void t1_move(Compiler *c, uint32_t to, uint32_t from) {
    if (to == from)
        return;
    if (to < LOW_REGISTERS && from < LOW_REGISTERS)
        t1_word(c, op_abc(OP_MOVE, to, from, 0));
    else if (to < LOW_REGISTERS)
        t1_word(c, op_abx(OP_GETHI, to, real_register(from)));
    else
        t1_word(c, op_abx(OP_SETHI, t1_use(c, from, 0), real_register(to)));
}

void t1_load_constant(Compiler *c, uint32_t to, Value v) {
    uint32_t a = def_register(to);
    if (value_is_fixnum(v) && value_fixnum(v) >= INT16_MIN && value_fixnum(v) <= INT16_MAX) {
        t1_word(c, op_abx(OP_INT, a, (uint16_t)(int16_t)value_fixnum(v)));
    } else if (value_is_special(v)) {
        t1_word(c, op_abx(OP_SPECIAL, a, (uint32_t)v));
    } else {
        uint32_t k = t1_constant(c, v);
        if (k <= UINT16_MAX)
            t1_word(c, op_abx(OP_CONST, a, k));
        else {
            t1_word(c, op_abc(OP_CONSTX, a, 0, 0));
            t1_word(c, k);
        }
    }
    t1_store_high(c, to);
}
