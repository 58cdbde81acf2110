// The verifier of bytecode: what the interpreter takes for granted.
//
//   - instructions follow one another without gaps; jumps, guards and sites point at their first
//   words
//   - registers lie in the frame, windows with their arguments too; free values and constants exist
//   and have their type
//   - control never runs over the end
//   - sites are sorted; every call and every instruction that fails has one
//
// It runs after each compilation in builds with KILN_DEBUG. A violation is a bug of the compiler:
// message and abort.
#include "runtime/send.h"
#include "tier1/frame.h"

#ifdef KILN_DEBUG

#include "runtime/heap.h"

typedef struct Verify {
    const Code *code;
    uint32_t pc;
    uint8_t *starts; // [word_count] an instruction begins there
} Verify;

#define CHECK(condition, format, ...)                                                              \
    ASSERT(condition, "bytecode, word %u (%s): " format, v->pc,                                    \
           t1_op_info[word_op(t1_code_word(v->code, v->pc))].name __VA_OPT__(, ) __VA_ARGS__)

static void check_register(const Verify *v, uint32_t r) {
    CHECK(r < v->code->registers, "register %u of %u", r, v->code->registers);
}

static Value check_constant(const Verify *v, uint32_t k) {
    CHECK(k < v->code->constant_count, "constant %u of %u", k, v->code->constant_count);
    return v->code->constants[k];
}

static void check_target(const Verify *v, uint32_t after, int32_t distance) {
    int64_t to = (int64_t)after + distance;
    CHECK(to >= 0 && to < v->code->word_count && v->starts[to], "jump to word %ld", (long)to);
}

static void check_window(const Verify *v, uint32_t window, uint32_t argc) {
    CHECK(window + FRAME_HEADER + argc <= v->code->registers,
          "window %u with %u arguments in %u registers", window, argc, v->code->registers);
}

static void check_site_constant(const Verify *v, Op op, uint32_t k) {
    check_constant(v, k);
    const CallSite *site = t1_constant_site(v->code->constants, k);
    CHECK(site != NULL, "no call site");
    bool global = op == OP_CALL_GLOBAL || op == OP_TAIL_CALL_GLOBAL;
    bool fixed = op == OP_CALL_FIXED || op == OP_TAIL_CALL_FIXED;
    bool known = fixed || op == OP_CALL_KNOWN || op == OP_CALL_SELF || op == OP_TAIL_CALL_KNOWN ||
                 op == OP_TAIL_CALL_SELF;
    CHECK((site->cell != NULL) == global, "cell of a call site");
    CHECK(!known || site->code != NULL, "a certain callee without code");
    CHECK(!fixed || value_is_closure(site->callee), "callee of a call site");
}

static void check_field(const Verify *v, int i, uint32_t word) {
    Op op = word_op(word);
    uint32_t byte = word >> (8 * (i + 1)) & 0xFF, x = word_bx(word);
    switch ((Field)t1_op_info[op].field[i]) {
    case FIELD_NO: {
        uint8_t before = i > 0 ? t1_op_info[op].field[i - 1] : FIELD_NO;
        uint8_t first = t1_op_info[op].field[0];
        bool wide = before == FIELD_I16 || before == FIELD_U16 || before == FIELD_K16 ||
                    before == FIELD_R16;
        CHECK(wide || first == FIELD_J24 || byte == 0, "field %d is %u", i, byte);
        break;
    }
    case FIELD_DST:
    case FIELD_SRC:
    case FIELD_MUT:
        check_register(v, byte);
        break;
    case FIELD_R16:
        check_register(v, x);
        break;
    case FIELD_WIN:
        check_window(v, byte, word_b(word));
        break;
    case FIELD_K16:
        check_constant(v, x);
        break;
    case FIELD_U16:
        if (op == OP_SPECIAL || op == OP_JSPECIAL || op == OP_JNSPECIAL)
            CHECK(value_is_special(x), "%u is no special constant", x);
        else
            CHECK(x < v->code->free_count, "free value %u of %u", x, v->code->free_count);
        break;
    case FIELD_FLD:
        if (op == OP_JTYPE || op == OP_JNTYPE)
            CHECK(byte > TYPE_NONE && byte < TYPE_COUNT, "type %u", byte);
        break;
    case FIELD_J24:
        check_target(v, v->pc + t1_op_info[op].words, word_j24(word));
        break;
    default:
        break; // numbers
    }
}

static void check_captures(const Verify *v, const uint32_t *words, uint32_t count, const Code *of) {
    CHECK(count > 0 && count == of->free_count, "%u captures of %u", count, of->free_count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = capture_at(words, i);
        if (at & CAPTURE_FREE)
            CHECK((at & ~(uint32_t)CAPTURE_FREE) < v->code->free_count, "captures free value %u",
                  at & 0x7FFF);
        else
            check_register(v, at);
    }
}

static void check_extension(const Verify *v, Op op, Field field, uint32_t at, uint32_t after) {
    const Code *code = v->code;
    uint32_t x = code->words[at];
    switch (field) {
    case FIELD_JMP:
        check_target(v, after, (int32_t)x);
        break;
    case FIELD_KON: {
        Value constant = check_constant(v, x);
        CHECK(op != OP_SEND || value_is_send_site(constant), "constant %u is no send site", x);
        break;
    }
    case FIELD_CEL:
        CHECK(value_is_cell(check_constant(v, x)), "constant %u is no cell", x);
        break;
    case FIELD_TYP:
        CHECK(value_is_record_type(check_constant(v, x)), "constant %u is no record type", x);
        break;
    case FIELD_SIT:
        check_site_constant(v, op, x);
        break;
    case FIELD_COD:
        check_constant(v, x);
        CHECK(t1_constant_code(code->constants, x)->tag == CODE_TAG, "constant %u is no code", x);
        break;
    case FIELD_PRM: {
        CHECK(prm_row(x) < (uint32_t)rt_primitive_count, "primitive %u", prm_row(x));
        const Primitive *p = &rt_primitives[prm_row(x)];
        bool right = op == OP_PRIMV    ? p->fixed < 0
                     : op == OP_PRIM2B ? p->binary != NULL
                                       : p->fixed == (int)(op - OP_PRIM0 - (op > OP_PRIM2B));
        CHECK(right && p->control == CONTROL_NONE, "primitive %s", p->name);
        if (op == OP_PRIM3 || op == OP_PRIM4)
            check_register(v, prm_third(x));
        if (op == OP_PRIM4)
            check_register(v, prm_fourth(x));
        break;
    }
    case FIELD_WAC:
        if (op == OP_PRIMV)
            CHECK(wac_window(x) + wac_count(x) <= code->registers,
                  "arguments outside of the frame");
        else
            check_window(v, wac_window(x), wac_count(x));
        break;
    case FIELD_D16:
        check_register(v, x);
        break;
    case FIELD_CAP:
        check_captures(v, code->words + at + 1, x,
                       t1_constant_code(code->constants, code->words[at - 1]));
        break;
    default:
        break;
    }
}

static void check_instruction(const Verify *v) {
    const Code *code = v->code;
    uint32_t word = t1_code_word(code, v->pc);
    Op op = word_op(word);
    const OpInfo *info = &t1_op_info[op];
    uint32_t after = v->pc + t1_code_length_at(code, v->pc), at = v->pc + 1;
    for (int i = 0; i < 3; i++)
        check_field(v, i, word);
    for (int i = 0; i < OP_EXTENSIONS; i++)
        if (info->extension[i] != FIELD_NO)
            check_extension(v, op, (Field)info->extension[i], at++, after);
    CHECK((info->flags & OPF_END) || after < code->word_count, "control runs over the end");
    bool polls =
        op == OP_LOOP || op == OP_LOOP_MOVE; // an interrupt there has no position of its own
    CHECK(polls || !(info->flags & (OPF_FAIL | OPF_CALL)) || t1_code_site(code, v->pc), "no site");
    if (op_is_shortcut(op)) {
        uint32_t next = after;
        Op behind = word_op(t1_code_word(code, next));
        if (behind != OP_LOOP_MOVE) {
            Op base = t1_op_info[behind].base;
            CHECK(base == OP_ADDI || base == OP_SUBI || base == OP_ADD || base == OP_SUB,
                  "no step behind a shortcut");
            next += t1_op_info[behind].words;
            behind = word_op(t1_code_word(code, next));
            CHECK(behind == OP_LOOP, "no loop behind a shortcut");
        }
        uint32_t end = next + t1_op_info[behind].words;
        CHECK(end <= code->word_count && end - 1 == v->pc + SHORTCUT_COUNTER, "no counter");
        CHECK((int32_t)code->words[v->pc + 1] < 0, "a shortcut does not lead back");
    }
    if (op == OP_CALL_CC || op == OP_TAIL_CALL_CC) {
        Value callee = code->constants[code->words[v->pc + 1]];
        CHECK(value_is_closure(callee), "callee of call/cc");
        const Code *of = t1_closure_code(callee);
        CHECK(of->lifted + 1u == word_b(word) || word_b(word) == 1, "%u values for %u",
              word_b(word), of->lifted + 1u);
        CHECK(word_a(word) + FRAME_HEADER + 1u + of->lifted <= code->registers,
              "no room for %u values", of->lifted);
    }
    if (op == OP_CLOSURE)
        CHECK(code->words[v->pc + 2] <= UINT16_MAX, "captures");
    if (op == OP_RECORD)
        CHECK(word_c(word) + word_b(word) <= code->registers &&
                  word_b(word) ==
                      vector_length(
                          value_record_type(code->constants[code->words[v->pc + 1]])->fields),
              "fields of a record");
    if (op == OP_QUOI || op == OP_REMI || op == OP_MODI)
        CHECK(word_sc(word) != 0 && word_sc(word) != -1, "divisor");
}

void t1_verify(VM *vm, const Code *code) {
    Verify verify = {.code = code}, *v = &verify;
    ASSERT(code->tag == CODE_TAG && code->word_count > 0, "empty bytecode");
    ASSERT(t1_code_of(code->constants) == code, "constants do not know their code");
    v->starts = rt_raw_new_atomic(vm, code->word_count);
    memset(v->starts, 0, code->word_count);
    for (; v->pc < code->word_count; v->pc += t1_code_length_at(code, v->pc)) {
        ASSERT(word_op(code->words[v->pc]) < OP_COUNT, "word %u: no such opcode", v->pc);
        v->starts[v->pc] = 1;
    }
    v->pc = 0;
    CHECK(code->required + code->optional + code->keyword + code->rest <= code->registers,
          "parameters");
    uint32_t end = 0;
    for (; v->pc < code->word_count; v->pc = end) {
        check_instruction(v);
        end = v->pc + t1_code_length_at(code, v->pc);
    }
    ASSERT(end == code->word_count, "the last instruction is cut off");
    for (uint32_t i = 0; i < code->site_count; i++) {
        const Site *site = &code->sites[i];
        v->pc = site->pc < code->word_count ? site->pc : 0;
        CHECK(site->pc < code->word_count && v->starts[site->pc], "site at word %u", site->pc);
        CHECK(i == 0 || site[-1].pc < site->pc, "sites are not sorted");
        CHECK(site->primitive == SITE_NO_PRIMITIVE || site->primitive < rt_primitive_count,
              "primitive of a site");
        if (site->skip) {
            uint32_t to = site->pc + t1_code_length_at(code, site->pc) + site->skip;
            CHECK(to < code->word_count && v->starts[to], "skips to word %u", to);
        }
    }
    for (uint32_t i = 0; i < code->guard_count; i++) {
        const Guard *guard = &code->guards[i];
        v->pc = guard->pc < code->word_count ? guard->pc : 0;
        CHECK(guard->pc < code->word_count && v->starts[guard->pc], "guard at word %u", guard->pc);
        CHECK(guard->stub < code->word_count && v->starts[guard->stub], "stub at word %u",
              guard->stub);
        CHECK(i == 0 || guard[-1].pc < guard->pc ||
                  (guard[-1].pc == guard->pc && guard[-1].stub == guard->stub),
              "guards are not sorted");
        CHECK(guard->cell != NULL, "a guard without cell");
    }
}

#else

void t1_verify(VM *vm, const Code *code) {
    (void)vm;
    (void)code;
}

#endif
