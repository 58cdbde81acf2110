// Code objects: sites, names, primitives of failing instructions. See code.h.
#include "tier1/code.h"
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/symbol.h"
#include "vm/core.h"

// ---- instructions

// The guard whose fast path begins at pc and has become a JMP, or NULL.
static const Guard *guard_at(const Code *code, uint32_t pc) {
    uint32_t low = 0, high = code->guard_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (code->guards[middle].pc < pc)
            low = middle + 1;
        else
            high = middle;
    }
    return low < code->guard_count && code->guards[low].pc == pc ? &code->guards[low] : NULL;
}

uint32_t t1_code_word(const Code *code, uint32_t pc) {
    uint32_t word = code->words[pc];
    if (word_op(word) == OP_NATIVE)
        word = (word & ~(uint32_t)0xFF) | code->entry_op;
    const Guard *guard = word_op(word) == OP_JMP && code->guard_count ? guard_at(code, pc) : NULL;
    return guard ? guard->original : word;
}

uint32_t t1_code_length_at(const Code *code, uint32_t pc) {
    Op op = word_op(t1_code_word(code, pc));
    return t1_op_info[op].words + (op == OP_CLOSURE ? (code->words[pc + 2] + 1) / 2 : 0);
}

uint32_t t1_loop_target(const Code *code, uint32_t pc) {
    uint32_t word = t1_code_word(code, pc), next = pc + t1_code_length_at(code, pc);
    const OpInfo *info = &t1_op_info[word_op(word)];
    if (info->field[0] == FIELD_J24)
        return next + (uint32_t)word_j24(word);
    for (int i = 0; i < OP_EXTENSIONS; i++)
        if (info->extension[i] == FIELD_JMP)
            return next + *op_extension(code->words + pc, i);
    return next;
}

Code *t1_code_mentioned(const Code *code, uint32_t pc) {
    uint32_t word = t1_code_word(code, pc);
    Value v = VALUE_NONE;
    switch (word_op(word)) {
    case OP_CLOSURE:
        return t1_constant_code(code->constants, code->words[pc + 1]);
    case OP_CONST:
    case OP_RETK:
        v = code->constants[word_bx(word)];
        break;
    case OP_CALL_CC:
    case OP_TAIL_CALL_CC:
        v = code->constants[code->words[pc + 1]];
        break;
    case OP_CALL_FIXED:
    case OP_TAIL_CALL_FIXED:
        v = t1_constant_site(code->constants, code->words[pc + 1])->callee;
        break;
    default:
        break;
    }
    Code *found = value_is_closure(v) ? t1_closure_code(v) : NULL;
    return found && found->lambda && found->lambda->outer ? found : NULL;
}

Code *t1_clause_of(Value closure, const uint32_t *pc) {
    Code *code = t1_closure_code(closure);
    while (code->next && !(pc >= code->words && pc <= code->words + code->word_count))
        code = code->next;
    return code;
}

// ---- sites

// Number of sites with a pc below the given one.
static uint32_t sites_before(const Code *code, uint32_t pc) {
    uint32_t low = 0, high = code->site_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (code->sites[middle].pc < pc)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const Site *t1_code_site(const Code *code, uint32_t pc) {
    uint32_t i = sites_before(code, pc);
    return i < code->site_count && code->sites[i].pc == pc ? &code->sites[i] : NULL;
}

const Site *t1_code_site_before(const Code *code, uint32_t pc) {
    uint32_t i = sites_before(code, pc);
    return i > 0 ? &code->sites[i - 1] : NULL;
}

Value t1_code_name(VM *vm, const Code *code) {
    if (code->top)
        return rt_intern(vm, "top level");
    return code->lambda ? code->lambda->name : VALUE_FALSE;
}

Position t1_code_position(const Code *code) { return code->lambda ? code->lambda->position : 0; }

// ---- calling the primitive of a site

// Registers that are read, immediates and constants, in the order of the fields.
static int operands(const Code *code, const uint32_t *pc, uint32_t word, const Value *base,
                    Value *value) {
    const OpInfo *info = &t1_op_info[word_op(word)];
    const uint32_t byte[] = {word_a(word), word_b(word), word_c(word)};
    int count = 0;
    for (int i = 0; i < 3; i++) {
        switch (info->field[i]) {
        case FIELD_SRC:
        case FIELD_MUT:
            value[count++] = base[byte[i]];
            break;
        case FIELD_IMM:
            value[count++] = value_from_fixnum((int8_t)byte[i]);
            break;
        case FIELD_FLD:
            value[count++] = value_from_fixnum((int64_t)byte[i]);
            break;
        case FIELD_I16:
            value[count++] = value_from_fixnum(word_sbx(word));
            break;
        case FIELD_K16:
            value[count++] = code->constants[word_bx(word)];
            break;
        default:
            break;
        }
    }
    if (info->extension[0] == FIELD_KON)
        value[count++] = code->constants[pc[1]];
    return count;
}

Value t1_site_call(VM *vm, const Code *code, const uint32_t *pc, const Value *base) {
    enum { STEPS = 16, MOST = 5 };
    uint32_t at = (uint32_t)(pc - code->words), word = t1_code_word(code, at);
    const Site *site = t1_code_site(code, at);
    ASSERT(site && site->primitive != SITE_NO_PRIMITIVE, "no primitive at word %u", at);
    const Primitive *p = &rt_primitives[site->primitive];
    Value value[MOST], argument[STEPS];
    int count = operands(code, pc, word, base, value);
    unsigned form = site->form & ~(unsigned)SITE_VALUE;
    if (form >= SITE_NTH) {
        // All arguments before this one were numbers, so any number stands for them.
        unsigned nth = form - SITE_NTH;
        ASSERT(nth >= 1 && nth < STEPS, "step %u of a sum", nth);
        argument[0] = value[0];
        for (unsigned i = 1; i < nth; i++)
            argument[i] = value_from_fixnum(1);
        argument[nth] = value[1];
        count = (int)nth + 1;
    } else
        switch ((SiteForm)form) {
        case SITE_PLAIN:
            memcpy(argument, value, sizeof value);
            break;
        case SITE_SWAPPED:
            argument[0] = value[1];
            argument[1] = value[0];
            break;
        case SITE_FIRST:
            argument[0] = value[0];
            count = 1;
            break;
        case SITE_FIELD: { // x field, or x y field
            bool writes = count == 3;
            argument[0] = value[0];
            argument[1] = code->constants[pc[1]];
            argument[2] = value[writes ? 2 : 1];
            if (writes)
                argument[3] = value[1];
            count = writes ? 4 : 3;
            break;
        }
        }
    return rt_primitive_call(vm, p, count, argument);
}
