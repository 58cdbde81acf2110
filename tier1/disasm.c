// The disassembler.
//
//   code fib: 1 parameter, 13 registers
//       0  jnlti              r0 2 ->3
//       2  ret                r0
//       3  subi               r6 r0 1
//       4  call-global        w2 1 r1 fib
//   …
//     guard at 3: stub 18, watches -
//
// A line is the word index, the opcode, its operands in the order of opcodes.def: registers r, free
// values f, windows w, constants as they are written, jumps ->word. A star before the index says
// that a JMP to the stub stands there by now.
#include "runtime/printer.h"
#include "runtime/send.h"
#include "runtime/string.h"
#include "tier1/frame.h"
#include "tier1/native.h"
#include "vm/core.h"
#include "vm/tier.h"

enum { CONSTANT_WIDTH = 40, NAME_COLUMNS = 18 };

typedef struct Disasm {
    VM *vm;
    const Code *code;
    StringBuilder text;
    unsigned flags;
} Disasm;

static void put_name(Disasm *d, Value name) {
    if (value_is_symbol(name))
        rt_builder_string(&d->text, value_symbol(name)->name);
    else
        rt_builder_string(&d->text, rt_write_limited(d->vm, name, CONSTANT_WIDTH));
}

static void put_code_name(Disasm *d, const Code *code) {
    Value name = t1_code_name(d->vm, code);
    if (value_is_symbol(name)) {
        put_name(d, name);
        return;
    }
    Position p = code->lambda->position;
    if (p)
        rt_builder_format(&d->text, "lambda@%u:%u", position_line(p), position_column(p));
    else
        rt_builder_c(&d->text, "lambda");
}

static const Code *closure_code(Value v) {
    const Code *code = value_is_closure(v) ? t1_closure_code(v) : NULL;
    return code && code->tag == CODE_TAG ? code : NULL;
}

static void put_value(Disasm *d, Value v) {
    const Code *code = closure_code(v);
    if (code) {
        rt_builder_char(&d->text, '<');
        put_code_name(d, code);
        rt_builder_char(&d->text, '>');
        return;
    }
    if (value_is_symbol(v) || value_is_pair(v) || v == VALUE_NULL)
        rt_builder_char(&d->text, '\'');
    if (value_is_record_type(v)) {
        put_name(d, value_record_type(v)->name);
        return;
    }
    switch (v) {
    case VALUE_DEFAULT:
        rt_builder_c(&d->text, "#!default");
        break;
    case VALUE_UNBOUND:
        rt_builder_c(&d->text, "#!unbound");
        break;
    case VALUE_UNSPECIFIED:
        rt_builder_c(&d->text, "#!unspecified");
        break;
    default:
        rt_builder_string(&d->text, rt_write_limited(d->vm, v, CONSTANT_WIDTH));
    }
}

static void put_field(Disasm *d, uint32_t word, int i) {
    Op op = word_op(word);
    uint32_t byte = word >> (8 * (i + 1)) & 0xFF, x = word_bx(word);
    StringBuilder *b = &d->text;
    switch ((Field)t1_op_info[op].field[i]) {
    case FIELD_DST:
    case FIELD_SRC:
    case FIELD_MUT:
    case FIELD_REG:
        rt_builder_format(b, " r%u", byte);
        break;
    case FIELD_WIN:
        rt_builder_format(b, " w%u", byte);
        break;
    case FIELD_CNT:
    case FIELD_FLD:
        rt_builder_format(b, " %u", byte);
        break;
    case FIELD_IMM:
        rt_builder_format(b, " %d", (int)(int8_t)byte);
        break;
    case FIELD_I16:
        rt_builder_format(b, " %d", word_sbx(word));
        break;
    case FIELD_R16:
        rt_builder_format(b, " r%u", x);
        break;
    case FIELD_K16:
        rt_builder_char(b, ' ');
        put_value(d, d->code->constants[x]);
        break;
    case FIELD_U16:
        rt_builder_char(b, ' ');
        if (op == OP_SPECIAL || op == OP_JSPECIAL || op == OP_JNSPECIAL)
            put_value(d, x);
        else
            rt_builder_format(b, "f%u", x);
        break;
    default:
        break; // nothing, or a jump
    }
}

static void put_site(Disasm *d, uint32_t k) {
    const CallSite *site = t1_constant_site(d->code->constants, k);
    if (site->cell) {
        rt_builder_char(&d->text, ' ');
        put_name(d, site->cell->name);
    } else if (site->code) {
        rt_builder_c(&d->text, " <");
        put_code_name(d, site->code);
        rt_builder_char(&d->text, '>');
    }
}

static void put_extension(Disasm *d, Op op, Field field, uint32_t at, uint32_t after) {
    const Code *code = d->code;
    StringBuilder *b = &d->text;
    uint32_t x = code->words[at];
    switch (field) {
    case FIELD_JMP:
        rt_builder_format(b, " ->%d", (int)((int64_t)after + (int32_t)x));
        break;
    case FIELD_KON:
    case FIELD_TYP:
        rt_builder_char(b, ' ');
        if (op == OP_SEND)
            put_value(d, value_send_site(code->constants[x])->selector);
        else
            put_value(d, code->constants[x]);
        break;
    case FIELD_CEL:
        rt_builder_char(b, ' ');
        put_name(d, value_cell(code->constants[x])->name);
        break;
    case FIELD_SIT:
        put_site(d, x);
        break;
    case FIELD_COD:
        rt_builder_c(b, " <");
        put_code_name(d, t1_constant_code(code->constants, x));
        rt_builder_char(b, '>');
        break;
    case FIELD_PRM:
        if (op == OP_PRIM3 || op == OP_PRIM4)
            rt_builder_format(b, " r%u", prm_third(x));
        if (op == OP_PRIM4)
            rt_builder_format(b, " r%u", prm_fourth(x));
        rt_builder_format(b, " %s", rt_primitives[prm_row(x)].name);
        break;
    case FIELD_WAC:
        rt_builder_format(b, op == OP_PRIMV ? " r%u %u" : " w%u %u", wac_window(x), wac_count(x));
        break;
    case FIELD_D16:
        rt_builder_format(b, " r%u", x);
        break;
    case FIELD_NUM:
        rt_builder_format(b, " %u", x);
        break;
    case FIELD_CAP:
        for (uint32_t i = 0; i < x; i++) {
            uint32_t from = capture_at(code->words + at + 1, i);
            rt_builder_format(b, from & CAPTURE_FREE ? " f%u" : " r%u",
                              from & ~(uint32_t)CAPTURE_FREE);
        }
        break;
    default:
        break; // counters
    }
}

// What a call site and a loop have counted.
static void put_feedback(Disasm *d, uint32_t pc) {
    const Code *code = d->code;
    const OpInfo *info = &t1_op_info[word_op(t1_code_word(code, pc))];
    uint32_t at = pc + 1;
    for (int i = 0; i < OP_EXTENSIONS; i++, at++) {
        if (info->extension[i] == FIELD_CTR) {
            // Once it was hot the counter tells no more.
            uint32_t turns = code->words[at] - t1_counter_start(vm_hot_hook.loops);
            bool more = vm_hot_hook.loops && turns > vm_hot_hook.loops;
            rt_builder_format(&d->text, "  ; %s%u turns", more ? "at least " : "",
                              more ? vm_hot_hook.loops : turns);
        }
        if (info->extension[i] != FIELD_SIT)
            continue;
        const CallSite *site = t1_constant_site(code->constants, code->words[at]);
        rt_builder_format(&d->text, "  ; %u calls", site->hits);
        if (site->code) {
            rt_builder_c(&d->text, " of ");
            put_code_name(d, site->code);
        }
        if (site->misses)
            rt_builder_format(&d->text, ", %u of others", site->misses);
        if (site->primitive)
            rt_builder_format(&d->text, ", the primitive %s", site->primitive->name);
    }
}

static void put_instruction(Disasm *d, uint32_t pc) {
    const Code *code = d->code;
    uint32_t word = t1_code_word(code, pc);
    Op op = word_op(word);
    const OpInfo *info = &t1_op_info[op];
    uint32_t after = pc + t1_code_length_at(code, pc), at = pc + 1;
    uint32_t there = code->words[pc];
    bool native = word_op(there) == OP_NATIVE;
    bool written = word_op(native ? code->entry_op : there) == OP_JMP && op != OP_JMP;
    rt_builder_format(&d->text, "%c%4u  %-*s", written ? '*' : ' ', pc, NAME_COLUMNS, info->name);
    for (int i = 0; i < 3; i++)
        put_field(d, word, i);
    if (info->field[0] == FIELD_J24)
        rt_builder_format(&d->text, " ->%d", (int)((int64_t)after + word_j24(word)));
    for (int i = 0; i < OP_EXTENSIONS; i++)
        if (info->extension[i] != FIELD_NO)
            put_extension(d, op, (Field)info->extension[i], at++, after);
    const Site *site = d->flags & DISASM_POSITIONS ? t1_code_site(code, pc) : NULL;
    if (site && site->position)
        rt_builder_format(&d->text, "  ; %u:%u", position_line(site->position),
                          position_column(site->position));
    if (d->flags & DISASM_FEEDBACK)
        put_feedback(d, pc);
    rt_builder_char(&d->text, '\n');
}

static void put_head(Disasm *d) {
    const Code *code = d->code;
    StringBuilder *b = &d->text;
    rt_builder_c(b, "code ");
    put_code_name(d, code);
    rt_builder_format(b, ": %u parameter%s", code->required, code->required == 1 ? "" : "s");
    if (code->optional)
        rt_builder_format(b, ", %u optional", code->optional);
    for (uint32_t i = 0; i < code->keyword; i++) {
        rt_builder_c(b, i ? " " : ", keys ");
        put_value(d, code->lambda->keys[i]);
    }
    if (code->rest)
        rt_builder_c(b, ", rest");
    if (code->free_count)
        rt_builder_format(b, ", %u free", code->free_count);
    rt_builder_format(b, ", %u registers", code->registers);
    if (d->flags & DISASM_FEEDBACK)
        rt_builder_format(b, ", %lu calls%s", (unsigned long)t1_code_entries(code),
                          code->native == t1_native_interpret ? "" : ", native");
    rt_builder_char(b, '\n');
}

static void put_code(Disasm *d, const Code *first);

// The procedure written within `code` that the instruction makes, holds or calls for certain, or
// NULL.
static const Code *inner_code(const Code *code, uint32_t pc) {
    uint32_t word = t1_code_word(code, pc);
    Op op = word_op(word);
    const Code *inner = NULL;
    if (op == OP_CLOSURE)
        inner = t1_constant_code(code->constants, code->words[pc + 1]);
    else if (op == OP_CONST || op == OP_RETK)
        inner = closure_code(code->constants[word_bx(word)]);
    else if (t1_op_info[op].extension[0] == FIELD_KON)
        inner = closure_code(code->constants[code->words[pc + 1]]);
    else if (t1_op_info[op].extension[0] == FIELD_SIT) {
        const CallSite *site = t1_constant_site(code->constants, code->words[pc + 1]);
        if (site->callee)
            inner = closure_code(site->callee);
    }
    return inner && inner->lambda->outer == code->lambda ? inner : NULL;
}

// Procedures that the code makes or holds, and that stand in its text.
static void put_nested(Disasm *d, const Code *code) {
    if (rt_stack_low(d->vm))
        return;
    uint32_t pc = 0;
    for (; pc < code->word_count; pc += t1_code_length_at(code, pc)) {
        const Code *inner = inner_code(code, pc);
        bool met = false; // only where it is met first
        for (uint32_t before = 0; inner && before < pc && !met;
             before += t1_code_length_at(code, before))
            met = inner_code(code, before) == inner;
        if (inner && !met)
            put_code(d, inner);
    }
}

static void put_code(Disasm *d, const Code *first) {
    for (const Code *code = first; code; code = code->next) {
        d->code = code;
        put_head(d);
        for (uint32_t pc = 0; pc < code->word_count; pc += t1_code_length_at(code, pc))
            put_instruction(d, pc);
        for (uint32_t i = 0; i < code->guard_count; i++) {
            rt_builder_format(&d->text, "  guard at %u: stub %u, watches ", code->guards[i].pc,
                              code->guards[i].stub);
            put_name(d, code->guards[i].cell->name);
            rt_builder_char(&d->text, '\n');
        }
    }
    if (d->flags & DISASM_NESTED)
        for (const Code *code = first; code; code = code->next)
            put_nested(d, code);
}

Value t1_disassemble(VM *vm, const Code *code, unsigned flags) {
    Disasm d = {.vm = vm, .flags = flags};
    rt_builder_init(&d.text, vm);
    put_code(&d, code);
    return rt_builder_finish(&d.text);
}
