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
