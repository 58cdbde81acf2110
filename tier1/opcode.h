// Opcodes, generated from opcodes.def.
//
// Duty: the enum, one row of facts an opcode, encoding and decoding of instruction words.
#ifndef KILN_TIER1_OPCODE_H
#define KILN_TIER1_OPCODE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef enum Op {
#define OP(ID, ...) OP_##ID,
#include "tier1/opcodes.def"
#undef OP
    OP_COUNT
} Op;
static_assert(OP_COUNT <= 256, "an opcode is a byte");

typedef enum Field { // what stands in a field: opcodes.def
    FIELD_NO,
    // a byte
    FIELD_DST,
    FIELD_SRC,
    FIELD_MUT,
    FIELD_REG,
    FIELD_WIN,
    FIELD_CNT,
    FIELD_IMM,
    FIELD_FLD,
    // B and C together
    FIELD_I16,
    FIELD_U16,
    FIELD_K16,
    FIELD_R16,
    // A, B and C together
    FIELD_J24,
    // an extension word
    FIELD_JMP,
    FIELD_KON,
    FIELD_CEL,
    FIELD_SIT,
    FIELD_COD,
    FIELD_TYP,
    FIELD_PRM,
    FIELD_WAC,
    FIELD_D16,
    FIELD_NUM,
    FIELD_CTR,
    FIELD_CAP,
} Field;

enum { // OpInfo.flags
    OPF_FAIL = 1,
    OPF_ALLOC = 2,
    OPF_CALL = 4,
    OPF_JUMP = 8,
    OPF_END = 16,
    OPF_WHEN_TRUE = 32,
    OPF_WHEN_FALSE = 64,
};
enum { OP_EXTENSIONS = 3 };

typedef struct OpInfo {
    const char *name;
    uint8_t base;                     // Op before quickening
    uint8_t field[3];                 // Field of A, B, C
    uint8_t extension[OP_EXTENSIONS]; // Field of X1…
    uint8_t words;                    // with extensions; captures of CLOSURE come on top
    uint8_t flags;                    // OPF_*
    const char *doc;
} OpInfo;
extern const OpInfo t1_op_info[OP_COUNT];

// The page OPCODES.md: the instruction set as a table in Markdown.
void t1_print_opcodes(FILE *out);

// ---- words

static inline uint32_t op_abc(Op op, uint32_t a, uint32_t b, uint32_t c) {
    return (uint32_t)op | a << 8 | b << 16 | c << 24;
}
static inline uint32_t op_abx(Op op, uint32_t a, uint32_t bx) {
    return (uint32_t)op | a << 8 | bx << 16;
}
static inline uint32_t op_j24(Op op, int32_t distance) {
    return (uint32_t)op | (uint32_t)distance << 8;
}
// Words from a shortcut of a loop (LOOP_LT …) to its counter: that of the LOOP after an ADDI, or
// that of the LOOP_MOVE.
enum { SHORTCUT_WORDS = 3, SHORTCUT_COUNTER = 5 };
static inline bool op_is_shortcut(Op op) { return op >= OP_LOOP_LT && op <= OP_LOOP_LEF; }
enum { J24_MAX = (1 << 23) - 1 };

static inline Op word_op(uint32_t w) { return (Op)(w & 0xFF); }
static inline uint32_t word_a(uint32_t w) { return w >> 8 & 0xFF; }
static inline uint32_t word_b(uint32_t w) { return w >> 16 & 0xFF; }
static inline uint32_t word_c(uint32_t w) { return w >> 24; }
static inline uint32_t word_bx(uint32_t w) { return w >> 16; }
static inline int32_t word_sbx(uint32_t w) { return (int32_t)w >> 16; }
static inline int32_t word_sc(uint32_t w) { return (int32_t)w >> 24; }
static inline int32_t word_j24(uint32_t w) { return (int32_t)w >> 8; }

// Extension words: PRM, WAC.
static inline uint32_t prm_make(uint32_t row, uint32_t third, uint32_t fourth) {
    return row | third << 16 | fourth << 24;
}
static inline uint32_t prm_row(uint32_t x) { return x & 0xFFFF; }
static inline uint32_t prm_third(uint32_t x) { return x >> 16 & 0xFF; }
static inline uint32_t prm_fourth(uint32_t x) { return x >> 24; }
static inline uint32_t wac_make(uint32_t window, uint32_t count) { return window | count << 16; }
static inline uint32_t wac_window(uint32_t x) { return x & 0xFFFF; }
static inline uint32_t wac_count(uint32_t x) { return x >> 16; }

// One capture, 16 bits: a register of the frame, or CAPTURE_FREE | a free value of the running
// closure. Two a word, the first in the low half.
enum { CAPTURE_FREE = 0x8000 };
static inline uint32_t capture_at(const uint32_t *words, uint32_t i) {
    return words[i / 2] >> (i % 2 * 16) & 0xFFFF;
}

// Words of the instruction that begins there.
static inline uint32_t op_length(const uint32_t *pc) {
    Op op = word_op(*pc);
    return t1_op_info[op].words + (op == OP_CLOSURE ? (pc[2] + 1) / 2 : 0);
}

// Address of the field X1, X2, X3 (n = 0, 1, 2) of the instruction at pc.
static inline const uint32_t *op_extension(const uint32_t *pc, int n) {
    const OpInfo *info = &t1_op_info[word_op(*pc)];
    const uint32_t *x = pc + 1;
    for (int i = 0; i < n; i++)
        x += info->extension[i] != FIELD_NO;
    return x;
}

#endif
