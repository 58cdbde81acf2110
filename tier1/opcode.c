// Facts about opcodes, expanded from opcodes.def.
#include "tier1/opcode.h"
#include <stddef.h>

#define FIELD_WORDS(X1, X2, X3)                                                                    \
    (1 + (FIELD_##X1 != FIELD_NO) + (FIELD_##X2 != FIELD_NO) + (FIELD_##X3 != FIELD_NO))

const OpInfo t1_op_info[OP_COUNT] = {
#define OP(ID, text, BASE, A, B, C, X1, X2, X3, bits, documentation)                               \
    [OP_##ID] = {.name = text,                                                                     \
                 .base = OP_##BASE,                                                                \
                 .field = {FIELD_##A, FIELD_##B, FIELD_##C},                                       \
                 .extension = {FIELD_##X1, FIELD_##X2, FIELD_##X3},                                \
                 .words = FIELD_WORDS(X1, X2, X3),                                                 \
                 .flags = bits,                                                                    \
                 .doc = documentation},
#include "tier1/opcodes.def"
#undef OP
};

void t1_print_opcodes(FILE *out) {
    static const char *const field[] = {
        [FIELD_DST] = "r",           [FIELD_SRC] = "r",         [FIELD_MUT] = "r",
        [FIELD_REG] = "r",           [FIELD_WIN] = "window",    [FIELD_CNT] = "n",
        [FIELD_IMM] = "n",           [FIELD_FLD] = "n",         [FIELD_I16] = "n",
        [FIELD_U16] = "n",           [FIELD_K16] = "constant",  [FIELD_R16] = "r",
        [FIELD_J24] = "label",       [FIELD_JMP] = "label",     [FIELD_KON] = "constant",
        [FIELD_CEL] = "cell",        [FIELD_SIT] = "call site", [FIELD_COD] = "code",
        [FIELD_TYP] = "record type", [FIELD_PRM] = "primitive", [FIELD_WAC] = "registers",
        [FIELD_D16] = "r",           [FIELD_NUM] = "n",         [FIELD_CTR] = "counter",
        [FIELD_CAP] = "captures…",
    };
    static const struct {
        unsigned flag;
        char letter;
    } flags[] = {
        {OPF_FAIL, 'F'}, {OPF_ALLOC, 'A'}, {OPF_CALL, 'C'}, {OPF_JUMP, 'J'}, {OPF_END, 'E'}};
    fputs("# Instructions of tier 1\n\n"
          "Written by `./dev bytecode-inspect --opcodes` out of [opcodes.def](opcodes.def), which "
          "says how fields are encoded.\n"
          "Flags: F may fail, A allocates, C runs other code, J may jump, E never goes on to the "
          "next instruction.\n"
          "A name with `.fix`, `.flo`, `.any` or `.ready` is a variant that its base instruction "
          "becomes when it runs.\n\n"
          "| instruction | A, B, C | extension words | flags | what it does |\n"
          "|---|---|---|---|---|\n",
          out);
    for (int op = 0; op < OP_COUNT; op++) {
        const OpInfo *info = &t1_op_info[op];
        fprintf(out, "| `%s` | ", info->name);
        for (int i = 0; i < 3; i++)
            if (info->field[i] != FIELD_NO)
                fprintf(out, "%s%s", i ? ", " : "", field[info->field[i]]);
        fprintf(out, " | ");
        for (int i = 0; i < OP_EXTENSIONS; i++)
            if (info->extension[i] != FIELD_NO)
                fprintf(out, "%s%s", i ? ", " : "", field[info->extension[i]]);
        fprintf(out, " | ");
        for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
            if (info->flags & flags[i].flag)
                fputc(flags[i].letter, out);
        fprintf(out, " | %s |\n", info->doc);
    }
}
