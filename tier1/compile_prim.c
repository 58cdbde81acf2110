// Primitives: instructions of their own, calls of their C functions, tests, guards.
//
// A guarded primitive (Node.prim.cell) is compiled as if the cell held it for ever, and its place
// noted as a Guard. At the end of the code stands its stub: an ordinary call of what the cell
// holds, with the same arguments, which are still in their registers. When the cell is written, the
// first word of the fast path becomes a jump to the stub (watch.c). Arguments have been evaluated
// by then, as the order of evaluation asks.
//
// A test whose value is wanted (not only its truth) is a test and two constants. Should the
// primitive fail, what the raise hook answers is the value: Site.form has SITE_VALUE then, see
// code.h.
#include "runtime/numbers.h"
#include "runtime/record.h"
#include "tier1/compile_int.h"
#include <stdlib.h>

typedef enum How {
    HOW_NONE,
    HOW_UNARY,
    HOW_BINARY,
    HOW_STORE,
    HOW_SUM,
    HOW_INTEGER,
    HOW_ORDER,
    HOW_ORDER_BACK,
    HOW_SIGN,
    HOW_TEST1,
    HOW_TEST2,
    HOW_TEST_SAME,
    HOW_CHARACTERS,
    HOW_CHARACTERS_BACK,
    HOW_TYPE,
    HOW_SPECIAL,
    HOW_UNBOX,
    HOW_UNBOX_CHECKED,
    HOW_SETBOX,
    HOW_VECTOR_REF,
    HOW_NOT,
    HOW_SAME,
    HOW_MEMBER,
    HOW_RECORD_REF,
    HOW_RECORD_SET,
    HOW_RECORD_IS,
    HOW_RECORD_MAKE,
} How;

typedef struct Fast {
    const char *name;
    How how;
    uint32_t op, op2;
} Fast;

static const Fast fast_table[] = {
#define FAST(name, how, op, op2) {name, HOW_##how, (uint32_t)(op), (uint32_t)(op2)},
#include "tier1/compile_prims.def"
#undef FAST
};
enum { FAST_COUNT = sizeof fast_table / sizeof *fast_table };
static_assert(FAST_COUNT < UINT8_MAX, "an index and 0 for none fit a byte");

static int compare_names(const void *a, const void *b) {
    return strcmp((*(const Fast *const *)a)->name, (*(const Fast *const *)b)->name);
}

// Index + 1 of the row in fast_table, by row of primitives.def. Filled in at the first use; the
// same every time.
static const Fast *fast_of(const Primitive *p) {
    enum { ROWS = 4096 };
    static uint8_t by_row[ROWS];
    static bool ready;
    if (!ready) {
        const Fast *sorted[FAST_COUNT];
        for (size_t i = 0; i < FAST_COUNT; i++)
            sorted[i] = &fast_table[i];
        qsort(sorted, FAST_COUNT, sizeof *sorted, compare_names);
        for (int row = 0; row < rt_primitive_count && row < ROWS; row++) {
            const Fast key = {.name = rt_primitives[row].name}, *wanted = &key;
            const Fast **found =
                bsearch(&wanted, sorted, FAST_COUNT, sizeof *sorted, compare_names);
            if (found)
                by_row[row] = (uint8_t)(*found - fast_table + 1);
        }
        ready = true;
    }
    int row = primitive_index(p);
    return row < ROWS && by_row[row] ? &fast_table[by_row[row] - 1] : NULL;
}

bool t1_has_instruction(const Primitive *p) { return fast_of(p) != NULL; }

// The other sense of a test and the variants of a family lie at fixed distances in opcodes.def.
#define TESTS_ARE_PAIRS(J, JN, distance) static_assert((int)OP_##JN - (int)OP_##J == (distance))
TESTS_ARE_PAIRS(JNUM, JNNUM, 4);
TESTS_ARE_PAIRS(JLT, JNLT, 4);
TESTS_ARE_PAIRS(JLE, JNLE, 4);
TESTS_ARE_PAIRS(JNUMI, JNNUMI, 4);
TESTS_ARE_PAIRS(JLTI, JNLTI, 4);
TESTS_ARE_PAIRS(JGTI, JNGTI, 4);
TESTS_ARE_PAIRS(JEVEN, JNEVEN, 1);
TESTS_ARE_PAIRS(JEQ, JNEQ, 1);
static Op other_sense(uint32_t op) {
    return (Op)(op + (op >= OP_JNUM && op <= OP_JNGEI_ANY ? 4 : 1));
}

// ---- one primitive being compiled

typedef struct Prim {
    Compiler *c;
    Node *node;
    Dest dest;
    Node **args;
    uint32_t count;
    Cell *cell;                     // guard; NULL: none
    Value callee;                   // of a call in place: the closure of a sealed variable
    Operand operand[STUB_OPERANDS]; // evaluated so far
    uint32_t pc;                    // of the instruction that does it
    unsigned form;                  // SITE_VALUE or 0, added to the forms of its sites
    uint32_t skip;                  // with SITE_VALUE
    Node *negation;                 // (not node)
    LabelId label;                  // of the stub, when instructions jump there themselves
    Dest generic; // where the stub delivers; for TESTs it may be another than dest
    bool has_generic;
} Prim;

static Prim prim_of(Compiler *c, Node *node, Dest dest) {
    Prim p = {
        .c = c, .node = node, .dest = dest, .args = node->prim.args, .count = node->prim.count};
    if (node->prim.cell != VALUE_NONE)
        p.cell = value_cell(node->prim.cell);
    return p;
}
static Node *argument(const Prim *p, uint32_t i) { return p->args[i]; }
static bool is_guarded(const Prim *p) { return p->cell != NULL; }

static bool constant_argument(const Prim *p, uint32_t i, Value *v) {
    Node *arg = argument(p, i);
    if (arg->kind == NODE_CONST)
        *v = arg->constant;
    else if (arg->kind == NODE_GLOBAL && t1_global_constant(arg) != VALUE_NONE)
        *v = t1_global_constant(arg);
    else
        return false;
    return true;
}
static bool small_argument(const Prim *p, uint32_t i, int64_t low, int64_t high, int64_t *n) {
    Value v;
    if (!constant_argument(p, i, &v) || !value_is_fixnum(v))
        return false;
    *n = value_fixnum(v);
    return *n >= low && *n <= high;
}

// Does the cell still hold the primitive? The form may have been expanded some time ago.
static bool guard_holds(const Node *node) {
    if (node->prim.cell == VALUE_NONE)
        return true;
    const Cell *cell = value_cell(node->prim.cell);
    return !(object_flags(cell) & CELL_ASSIGNED) && value_is_primitive(cell->value) &&
           value_primitive(cell->value)->row == node->prim.prim;
}

// Evaluate argument i; the order of evaluation is that of these calls.
static uint32_t in_register(Prim *p, uint32_t i) {
    uint32_t reg = t1_operand(p->c, argument(p, i));
    p->operand[i] = (Operand){.reg = reg};
    return reg;
}
// It is part of the instruction.
static void as_constant(Prim *p, uint32_t i) {
    Value v = VALUE_NONE;
    bool is = constant_argument(p, i, &v);
    ASSERT(is, "no constant");
    p->operand[i] = (Operand){.constant = v};
}

// The next word is the instruction.
static void begin_form(Prim *p, unsigned form, uint32_t skip) {
    p->pc = (uint32_t)p->c->word_count;
    int row = p->node->kind == NODE_PRIM ? primitive_index(p->node->prim.prim) : -1;
    t1_site(p->c, p->node->position, row, form, skip);
}
static void begin(Prim *p, unsigned form) { begin_form(p, form | p->form, p->skip); }

static Stub *new_stub(Compiler *c) {
    if (c->stub_count == c->stub_room) {
        c->stub_room = c->stub_room ? 2 * c->stub_room : 16;
        Stub *grown = rt_raw_new(c->vm, c->stub_room * sizeof *grown);
        if (c->stub_count)
            memcpy(grown, c->stubs, c->stub_count * sizeof *grown);
        c->stubs = grown;
    }
    return &c->stubs[c->stub_count++];
}

static void add_stub(Prim *p, Dest dest, bool placed, uint32_t window) {
    if (!p->cell && !p->callee)
        return;
    Compiler *c = p->c;
    Stub *s = new_stub(c);
    *s = (Stub){.node = p->node,
                .cell = p->cell,
                .callee = p->callee,
                .label = p->label,
                .dest = dest,
                .pc = p->pc,
                .back = (uint32_t)c->word_count,
                .window = window,
                .placed = placed,
                .negation = p->negation};
    if (!placed)
        memcpy(s->operand, p->operand, sizeof s->operand);
    // Its words come later, but its registers must be known to be free above those in use now.
    uint32_t top = c->top;
    c->top = window;
    (void)t1_registers(c, FRAME_HEADER + p->count);
    if (p->negation)
        (void)t1_window(c, 1);
    c->top = top;
}

// The instruction has been emitted and left its value in `to`.
static void finish_value_placed(Prim *p, uint32_t to, bool placed, uint32_t window) {
    Dest dest = p->dest;
    t1_store_high(p->c, to);
    if (dest.kind == DEST_TEST)
        dest = dest_register(to);
    dest.next = NO_LABEL;
    add_stub(p, dest, placed, window);
    t1_deliver(p->c, p->dest, to);
}
static void finish_value(Prim *p, uint32_t to) { finish_value_placed(p, to, false, p->c->top); }

static void finish_statement(Prim *p) {
    add_stub(p, dest_effect(), false, p->c->top);
    t1_deliver_constant(p->c, p->dest, VALUE_UNSPECIFIED);
}

static void emit_abc(Prim *p, uint32_t op, unsigned form, uint32_t to, uint32_t x, uint32_t y,
                     bool y_is_register) {
    uint32_t b = t1_use(p->c, x, 0), field = y_is_register ? t1_use(p->c, y, 1) : y & 0xFF;
    begin(p, form);
    t1_word(p->c, op_abc((Op)op, def_register(to), b, field));
    finish_value(p, to);
}

// ---- values

static void unary(Prim *p, uint32_t op) {
    uint32_t x = in_register(p, 0);
    emit_abc(p, op, SITE_PLAIN, t1_target(p->c, p->dest), x, 0, false);
}

static void binary(Prim *p, uint32_t op) {
    uint32_t x = in_register(p, 0), y = in_register(p, 1);
    emit_abc(p, op, SITE_PLAIN, t1_target(p->c, p->dest), x, y, true);
}

// (+ a b c …): a chain of steps that all leave their result in one register, so that a failure can
// leave there what the hook answers and skip the rest.
static bool chain(Prim *p, const Fast *f) {
    Compiler *c = p->c;
    if (p->count > STUB_OPERANDS || c->top + p->count + 2 > LOW_REGISTERS)
        return false;
    if (p->dest.kind == DEST_REGISTER && p->dest.reg >= LOW_REGISTERS)
        return false;
    int64_t n[STUB_OPERANDS];
    int64_t least = f->op == OP_MUL ? 1 : INT8_MIN;
    for (uint32_t i = 0; i < p->count; i++) {
        if (i > 0 && small_argument(p, i, least, INT8_MAX, &n[i]))
            as_constant(p, i);
        else
            in_register(p, i);
    }
    uint32_t target = t1_target(c, p->dest), to = target;
    for (uint32_t i = 2; i < p->count; i++)
        if (p->operand[i].constant == VALUE_NONE && p->operand[i].reg == to)
            to = t1_registers(c, 1);
    uint32_t pc = (uint32_t)c->word_count;
    for (uint32_t i = 1; i < p->count; i++) {
        uint32_t x = i == 1 ? p->operand[0].reg : to;
        bool immediate = p->operand[i].constant != VALUE_NONE;
        begin_form(p, SITE_NTH + i, p->count - 1 - i);
        t1_word(c, op_abc((Op)(immediate ? f->op2 : f->op), to, x,
                          immediate ? (uint32_t)(uint8_t)(int8_t)n[i] : p->operand[i].reg));
    }
    p->pc = pc;
    if (to == target) {
        finish_value(p, to);
        return true;
    }
    t1_move(c, target, to);
    finish_value(p, target);
    return true;
}

static bool sum(Prim *p, const Fast *f) {
    Compiler *c = p->c;
    int64_t n, least = f->op == OP_MUL ? 1 : INT8_MIN; // exact 0 times a flonum is exact
    if (p->count == 1 && f->op == OP_SUB) {
        unary(p, OP_NEG);
        return true;
    }
    if (p->count < 2)
        return false;
    if (p->count > 2)
        return chain(p, f);
    if (small_argument(p, 1, least, INT8_MAX, &n)) {
        uint32_t x = in_register(p, 0);
        as_constant(p, 1);
        emit_abc(p, f->op2, SITE_PLAIN, t1_target(c, p->dest), x, (uint32_t)n, false);
    } else if (f->op != OP_SUB && small_argument(p, 0, least, INT8_MAX, &n)) {
        as_constant(p, 0);
        uint32_t x = in_register(p, 1);
        emit_abc(p, f->op2, SITE_SWAPPED, t1_target(c, p->dest), x, (uint32_t)n, false);
    } else {
        binary(p, f->op);
    }
    return true;
}

bool t1_is_step(const Node *node, Step *step) {
    if (node->kind != NODE_PRIM || node->prim.count != 2 || !guard_holds(node))
        return false;
    const Fast *f = fast_of(node->prim.prim);
    if (!f || (f->op != OP_ADD && f->op != OP_SUB))
        return false;
    Prim p = prim_of(NULL, (Node *)node, dest_effect());
    *step = (Step){.cell = p.cell, .subtracts = f->op == OP_SUB};
    for (uint32_t x = 0; x <= !step->subtracts; x++) {
        int64_t n = 0;
        if (argument(&p, x)->kind != NODE_LOCAL || !constant_argument(&p, 1 - x, &step->constant) ||
            !(value_is_flonum(step->constant) ||
              small_argument(&p, 1 - x, INT8_MIN, INT8_MAX, &n)) ||
            step->constant == value_from_fixnum(0)) // changes -0.0; a shortcut would not
            continue;
        step->var = argument(&p, x)->local.var;
        step->addend = (int32_t)(step->subtracts ? -n : n);
        return true;
    }
    return false;
}

static void integer(Prim *p, const Fast *f) {
    int64_t n;
    if (small_argument(p, 1, INT8_MIN, INT8_MAX, &n) && n != 0 && n != -1) {
        uint32_t x = in_register(p, 0);
        as_constant(p, 1);
        emit_abc(p, f->op2, SITE_PLAIN, t1_target(p->c, p->dest), x, (uint32_t)n, false);
    } else {
        binary(p, f->op);
    }
}

static void vector_ref(Prim *p, const Fast *f) {
    int64_t n;
    if (small_argument(p, 1, 0, UINT8_MAX, &n)) {
        uint32_t x = in_register(p, 0);
        as_constant(p, 1);
        emit_abc(p, f->op2, SITE_PLAIN, t1_target(p->c, p->dest), x, (uint32_t)n, false);
    } else {
        binary(p, f->op);
    }
}

// ---- statements

static void store(Prim *p, const Fast *f) {
    Compiler *c = p->c;
    int64_t n;
    uint32_t x = in_register(p, 0), y = 0, z = 0;
    bool immediate = f->op2 && small_argument(p, 1, 0, UINT8_MAX, &n);
    if (immediate)
        as_constant(p, 1);
    else
        y = in_register(p, 1);
    if (p->count == 3)
        z = in_register(p, 2);
    x = t1_use(c, x, 0);
    y = immediate ? (uint32_t)n : t1_use(c, y, 1);
    if (p->count == 3)
        z = t1_use(c, z, 2);
    begin(p, SITE_PLAIN);
    t1_word(c, op_abc((Op)(immediate ? f->op2 : f->op), x, y, z));
    finish_statement(p);
}

// Boxes of assigned variables: nothing can go wrong but a read before the initialisation. They are
// never guarded.
static const Place *free_box(const Prim *p) {
    const Node *box = argument(p, 0);
    if (box->kind != NODE_LOCAL || place_of(box->local.var)->kind != PLACE_FREE)
        return NULL;
    return place_of(box->local.var);
}

static void unbox(Prim *p, const Fast *f) {
    Compiler *c = p->c;
    const Place *box = free_box(p);
    if (!box) {
        unary(p, f->op);
        return;
    }
    uint32_t to = t1_target(c, p->dest);
    begin(p, SITE_PLAIN);
    t1_word(c, op_abx((Op)f->op2, def_register(to), box->index));
    finish_value(p, to);
}

static bool unbox_checked(Prim *p, const Fast *f) {
    Compiler *c = p->c;
    Value name;
    if (!constant_argument(p, 1, &name))
        return false;
    uint32_t x = in_register(p, 0), to = t1_target(c, p->dest), b = t1_use(c, x, 0),
             k = t1_constant(c, name);
    begin(p, SITE_PLAIN);
    t1_word(c, op_abc((Op)f->op, def_register(to), b, 0));
    t1_word(c, k);
    finish_value(p, to);
    return true;
}

static void setbox(Prim *p, const Fast *f) {
    Compiler *c = p->c;
    const Place *box = free_box(p);
    uint32_t x = box ? 0 : in_register(p, 0), y = in_register(p, 1);
    if (!box)
        x = t1_use(c, x, 0);
    y = t1_use(c, y, 1);
    begin(p, SITE_PLAIN);
    t1_word(c, box ? op_abx((Op)f->op2, y, box->index) : op_abc((Op)f->op, x, y, 0));
    finish_statement(p);
}

// ---- tests

static void finish_test(Prim *p, Test test) {
    t1_emit_test(p->c, p->dest, test);
    LoopTest *loop = p->c->head ? p->c->head->test : NULL;
    if (loop && loop->pc == p->pc) {
        loop->cell[0] = p->cell;
        loop->cell[1] = p->negation ? value_cell(p->negation->prim.cell) : NULL;
    }
    Dest generic = p->has_generic ? p->generic : p->dest;
    generic.fall = FALL_NONE;
    add_stub(p, generic, false, p->c->top);
}

// x and y are virtual registers; has_y: B is a register, else bx is what stands in B and C.
static void test_registers(Prim *p, uint32_t op, unsigned form, uint32_t x, uint32_t y) {
    uint32_t a = t1_use(p->c, x, 0), b = t1_use(p->c, y, 1);
    begin(p, form);
    finish_test(p, (Test){.yes = (Op)op, .no = other_sense(op), .a = a, .bx = b});
}
static void test_field(Prim *p, uint32_t op, unsigned form, uint32_t x, uint32_t bx) {
    uint32_t a = t1_use(p->c, x, 0);
    begin(p, form);
    finish_test(p, (Test){.yes = (Op)op, .no = other_sense(op), .a = a, .bx = bx & 0xFFFF});
}

static void order(Prim *p, const Fast *f) {
    // 5 < x is x > 5.
    static const struct {
        uint32_t op, mirrored;
    } mirror[] = {{OP_JNUMI, OP_JNUMI},
                  {OP_JLTI, OP_JGTI},
                  {OP_JLEI, OP_JGEI},
                  {OP_JGTI, OP_JLTI},
                  {OP_JGEI, OP_JLEI}};
    int64_t n;
    if (small_argument(p, 1, INT16_MIN, INT16_MAX, &n)) {
        uint32_t x = in_register(p, 0);
        as_constant(p, 1);
        test_field(p, f->op2, SITE_PLAIN, x, (uint32_t)n);
    } else if (small_argument(p, 0, INT16_MIN, INT16_MAX, &n)) {
        as_constant(p, 0);
        uint32_t x = in_register(p, 1), op = f->op2;
        for (size_t i = 0; i < sizeof mirror / sizeof *mirror; i++)
            if (mirror[i].op == f->op2)
                op = mirror[i].mirrored;
        test_field(p, op, SITE_SWAPPED, x, (uint32_t)n);
    } else {
        uint32_t x = in_register(p, 0), y = in_register(p, 1);
        if (f->how == HOW_ORDER_BACK)
            test_registers(p, f->op, SITE_SWAPPED, y, x);
        else
            test_registers(p, f->op, SITE_PLAIN, x, y);
    }
}

static void characters(Prim *p, const Fast *f) {
    Value v;
    bool back = f->how == HOW_CHARACTERS_BACK;
    for (uint32_t i = 0; i < 2 && f->op2; i++) {
        if (!constant_argument(p, i, &v) || !value_is_char(v))
            continue;
        uint32_t k = t1_constant(p->c, v);
        if (k > UINT16_MAX)
            continue;
        as_constant(p, i);
        uint32_t x = in_register(p, 1 - i);
        test_field(p, f->op2, i == 0 ? SITE_SWAPPED : SITE_PLAIN, x, k);
        return;
    }
    uint32_t x = in_register(p, 0), y = in_register(p, 1);
    if (back)
        test_registers(p, f->op, SITE_SWAPPED, y, x);
    else
        test_registers(p, f->op, SITE_PLAIN, x, y);
}

// Compares as a word under eqv? and equal? too.
static bool is_word(Value v) {
    return value_is_fixnum(v) || value_is_char(v) || value_is_special(v) || value_is_symbol(v) ||
           value_is_keyword(v);
}

// Emit "x is the constant v" as a test with that destination; a field must be found for v.
static bool constant_test(Compiler *c, Value v, uint32_t *op, uint32_t *bx) {
    if (value_is_special(v)) {
        *op = OP_JSPECIAL;
        *bx = (uint32_t)v;
        return true;
    }
    *op = OP_JIS;
    *bx = t1_constant(c, v);
    return *bx <= UINT16_MAX;
}

static bool same(Prim *p, const Fast *f) {
    Value v;
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t op, bx;
        if (!constant_argument(p, i, &v) || !(f->op == OP_JEQ || is_word(v)))
            continue;
        if (!constant_test(p->c, v, &op, &bx))
            continue;
        as_constant(p, i);
        test_field(p, op, SITE_PLAIN, in_register(p, 1 - i), bx);
        return true;
    }
    if (!f->op)
        return false;
    uint32_t x = in_register(p, 0), y = in_register(p, 1);
    test_registers(p, f->op, SITE_PLAIN, x, y);
    return true;
}

// (memv x '(a b …)) where only its truth is wanted.
static bool member(Prim *p) {
    enum { LONGEST = 8 };
    Compiler *c = p->c;
    Value list, v;
    uint32_t op, bx, n = 0;
    if (p->dest.kind != DEST_TEST || is_guarded(p) || !constant_argument(p, 1, &list))
        return false;
    for (v = list; value_is_pair(v); v = value_cdr(v))
        if (++n > LONGEST || !is_word(value_car(v)) || !constant_test(c, value_car(v), &op, &bx))
            return false;
    if (v != VALUE_NULL || n == 0)
        return false;
    uint32_t x = in_register(p, 0);
    for (v = list; value_is_pair(v); v = value_cdr(v)) {
        bool last = value_cdr(v) == VALUE_NULL;
        (void)constant_test(c, value_car(v), &op, &bx);
        uint32_t a = t1_use(c, x, 0);
        begin(p, SITE_PLAIN);
        t1_emit_test(c, last ? p->dest : dest_test(p->dest.yes, NO_LABEL, FALL_FALSE),
                     (Test){.yes = (Op)op, .no = other_sense(op), .a = a, .bx = bx});
    }
    return true;
}

static bool gen_test(Prim *p, const Fast *f);

// (if (not (< a b)) …), both guarded: one test. Should either cell change, the stub calls both.
static bool negated_test(Prim *p) {
    Node *node = argument(p, 0);
    if (node->kind != NODE_PRIM || node->prim.cell == VALUE_NONE || !guard_holds(node))
        return false;
    const Fast *f = fast_of(node->prim.prim);
    if (!f || f->how == HOW_NOT)
        return false;
    Prim inner = prim_of(p->c, node, p->dest);
    inner.negation = p->node;
    inner.has_generic = true;
    inner.generic = p->dest;
    inner.dest.yes = p->dest.no;
    inner.dest.no = p->dest.yes;
    inner.dest.fall = p->dest.fall == FALL_TRUE    ? FALL_FALSE
                      : p->dest.fall == FALL_FALSE ? FALL_TRUE
                                                   : FALL_NONE;
    return gen_test(&inner, f);
}

static void negation(Prim *p) {
    Compiler *c = p->c;
    Dest dest = p->dest;
    if (dest.kind != DEST_TEST) {
        unary(p, OP_NOT);
        return;
    }
    if (is_guarded(p)) {
        if (negated_test(p))
            return;
        uint32_t a = t1_use(c, in_register(p, 0), 0);
        begin(p, SITE_PLAIN);
        finish_test(p, (Test){.yes = OP_JNTRUE, .no = OP_JTRUE, .a = a});
        return;
    }
    LabelId yes = dest.yes;
    dest.yes = dest.no;
    dest.no = yes;
    dest.fall = dest.fall == FALL_TRUE    ? FALL_FALSE
                : dest.fall == FALL_FALSE ? FALL_TRUE
                                          : FALL_NONE;
    t1_gen(c, argument(p, 0), dest);
}

// ---- records

static bool record_type_argument(const Prim *p, uint32_t i, Value *type) {
    return constant_argument(p, i, type) && value_is_record_type(*type);
}

// Is it an access to a certain field of a certain type that an instruction can do?
static bool field_of(const Prim *p, bool writes, Value *type, uint32_t *field) {
    int64_t n;
    if (!record_type_argument(p, 1, type) || !small_argument(p, 2, 0, UINT8_MAX, &n))
        return false;
    if ((size_t)n >= rt_record_type_field_count(*type))
        return false;
    if (writes && value_vector(value_record_type(*type)->mutables)->item[n] == VALUE_FALSE)
        return false;
    *field = (uint32_t)n;
    return true;
}

static bool record_ref(Prim *p) {
    Compiler *c = p->c;
    Value type;
    uint32_t field;
    if (is_guarded(p) || !field_of(p, false, &type, &field))
        return false;
    uint32_t x = in_register(p, 0), to = t1_target(c, p->dest), b = t1_use(c, x, 0),
             k = t1_constant(c, type);
    begin(p, SITE_FIELD);
    t1_word(c, op_abc(OP_FIELD, def_register(to), b, field));
    t1_word(c, k);
    finish_value(p, to);
    return true;
}

static bool record_set(Prim *p) {
    Compiler *c = p->c;
    Value type;
    uint32_t field;
    if (is_guarded(p) || p->dest.kind != DEST_EFFECT || !field_of(p, true, &type, &field))
        return false;
    uint32_t x = in_register(p, 0), y = in_register(p, 3), k = t1_constant(c, type);
    uint32_t a = t1_use(c, x, 0), b = t1_use(c, y, 1);
    begin(p, SITE_FIELD);
    t1_word(c, op_abc(OP_SETFIELD, a, b, field));
    t1_word(c, k);
    finish_statement(p);
    return true;
}

static bool record_is(Prim *p) {
    Value type;
    if (is_guarded(p) || !record_type_argument(p, 1, &type))
        return false;
    uint32_t x = in_register(p, 0), k = t1_constant(p->c, type), a = t1_use(p->c, x, 0);
    begin(p, SITE_PLAIN);
    finish_test(p, (Test){.yes = OP_JRECORD, .no = OP_JNRECORD, .a = a, .has_x2 = true, .x2 = k});
    return true;
}

// Arguments from `from` on in consecutive registers: where they are, when they are variables that
// stand like that.
static uint32_t consecutive(Prim *p, uint32_t from) {
    Compiler *c = p->c;
    uint32_t n = p->count - from, in_place = 0, first = 0;
    for (; in_place < n; in_place++) {
        const Node *arg = argument(p, from + in_place);
        const Place *place = arg->kind == NODE_LOCAL ? place_of(arg->local.var) : NULL;
        if (!place || place->kind != PLACE_REGISTER || place->index + n > LOW_REGISTERS)
            break;
        if (in_place == 0)
            first = place->index;
        if (place->index != first + in_place)
            break;
    }
    if (n > 0 && in_place == n)
        return first;
    first = t1_registers(c, n);
    for (uint32_t i = 0; i < n; i++) {
        c->top = first + i;
        t1_gen_into(c, argument(p, from + i), first + i);
    }
    c->top = first + n;
    return first;
}

static bool record_make(Prim *p) {
    Compiler *c = p->c;
    Value type;
    if (is_guarded(p) || !record_type_argument(p, 0, &type))
        return false;
    uint32_t n = p->count - 1;
    if (n != rt_record_type_field_count(type) || n > UINT8_MAX || c->top + n + 1 > LOW_REGISTERS)
        return false;
    uint32_t first = consecutive(p, 1), to = t1_target(c, p->dest), k = t1_constant(c, type);
    begin(p, SITE_PLAIN);
    t1_word(c, op_abc(OP_RECORD, def_register(to), n, n ? first : 0));
    t1_word(c, k);
    finish_value(p, to);
    return true;
}

static bool is_prim(const Node *node, const char *name) {
    return node->kind == NODE_PRIM && node->prim.cell == VALUE_NONE &&
           strcmp(node->prim.prim->name, name) == 0;
}

// (if (%record? r type) (%record-ref r type i) otherwise), the body of every accessor; the same
// with %record-set!.
bool t1_gen_record_if(Compiler *c, Node *node, Dest dest) {
    Node *test = node->branch.test, *then = node->branch.then;
    if (!is_prim(test, "%record?"))
        return false;
    bool writes = is_prim(then, "%record-set!");
    if (!writes && !is_prim(then, "%record-ref"))
        return false;
    Prim is = prim_of(c, test, dest), access = prim_of(c, then, dest);
    const Node *record = argument(&is, 0), *again = argument(&access, 0);
    if (record->kind != NODE_LOCAL || again->kind != NODE_LOCAL ||
        record->local.var != again->local.var)
        return false;
    Value type, same_type;
    uint32_t field, saved = c->top;
    if (!record_type_argument(&is, 1, &type) || !field_of(&access, writes, &same_type, &field) ||
        type != same_type)
        return false;
    // The value to store is computed before the test instead of after it.
    if (writes && argument(&access, 3)->kind != NODE_LOCAL &&
        argument(&access, 3)->kind != NODE_CONST)
        return false;
    uint32_t x = in_register(&access, 0), k = t1_constant(c, type);
    LabelId no = t1_label(c), end = dest.next;
    Dest first = dest;
    if (dest.kind == DEST_TEST)
        first.fall = FALL_NONE;
    else if (dest.kind != DEST_RETURN && end == NO_LABEL)
        first.next = end = t1_label(c);
    uint32_t value = writes ? in_register(&access, 3) : 0;
    uint32_t to = writes ? 0 : t1_target(c, dest);
    x = t1_use(c, x, 0);
    if (writes)
        value = t1_use(c, value, 1);
    begin(&access, SITE_FIELD);
    t1_word(c, writes ? op_abc(OP_SETFIELD_ELSE, x, value, field)
                      : op_abc(OP_FIELD_ELSE, def_register(to), x, field));
    t1_word(c, k);
    t1_distance(c, no, 0);
    if (writes) {
        t1_deliver_constant(c, first, VALUE_UNSPECIFIED);
    } else {
        t1_store_high(c, to);
        t1_deliver(c, first, to);
    }
    t1_bind(c, no);
    c->top = saved;
    t1_gen(c, node->branch.otherwise, dest);
    if (dest.kind != DEST_RETURN && dest.kind != DEST_TEST && dest.next == NO_LABEL)
        t1_bind(c, end);
    return true;
}

// All arguments where a stub wants them: in a call window.
static uint32_t in_window(Prim *p) {
    Compiler *c = p->c;
    uint32_t window = t1_window(c, p->count), first = window + FRAME_HEADER;
    for (uint32_t i = 0; i < p->count; i++) {
        c->top = first + i;
        t1_gen_into(c, argument(p, i), first + i);
    }
    c->top = first + p->count;
    return window;
}

// ---- by their C functions

static void variadic(Prim *p) {
    Compiler *c = p->c;
    uint32_t first, window = 0;
    if (is_guarded(p)) {
        window = in_window(p);
        first = window + FRAME_HEADER;
    } else {
        first = consecutive(p, 0);
    }
    uint32_t to = t1_target(c, p->dest);
    begin(p, SITE_PLAIN);
    t1_word(c, op_abc(OP_PRIMV, def_register(to), 0, 0));
    t1_word(c, prm_make((uint32_t)primitive_index(p->node->prim.prim), 0, 0));
    t1_word(c, wac_make(p->count ? real_register(first) : 0, p->count));
    finish_value_placed(p, to, true, window);
}

static void generic(Prim *p) {
    static const Op ops[] = {OP_PRIM0, OP_PRIM1, OP_PRIM2, OP_PRIM3, OP_PRIM4};
    Compiler *c = p->c;
    const Primitive *row = p->node->prim.prim;
    bool two = row->fixed < 0 && row->binary && p->count == 2;
    if (row->fixed < 0 && !two) {
        variadic(p);
        return;
    }
    uint32_t reg[4] = {0};
    for (uint32_t i = 0; i < p->count; i++)
        reg[i] = in_register(p, i);
    uint32_t to = t1_target(c, p->dest);
    for (uint32_t i = 0; i < p->count; i++)
        reg[i] = t1_use(c, reg[i], i);
    begin(p, SITE_PLAIN);
    t1_word(c, op_abc(two ? OP_PRIM2B : ops[row->fixed], def_register(to), reg[0], reg[1]));
    t1_word(c, prm_make((uint32_t)primitive_index(row), reg[2], reg[3]));
    finish_value(p, to);
}

// ---- the choice

static bool gen_test(Prim *p, const Fast *f) {
    int64_t zero = 0;
    switch (f->how) {
    case HOW_ORDER:
    case HOW_ORDER_BACK:
        if (p->count != 2)
            return false;
        order(p, f);
        return true;
    case HOW_CHARACTERS:
    case HOW_CHARACTERS_BACK:
        if (p->count != 2)
            return false;
        characters(p, f);
        return true;
    case HOW_SIGN:
        test_field(p, f->op2, SITE_FIRST, in_register(p, 0), (uint32_t)zero);
        return true;
    case HOW_TEST1:
        test_field(p, f->op, SITE_PLAIN, in_register(p, 0), 0);
        return true;
    case HOW_TEST2: {
        uint32_t x = in_register(p, 0), y = in_register(p, 1);
        test_registers(p, f->op, SITE_PLAIN, x, y);
        return true;
    }
    case HOW_TEST_SAME: {
        uint32_t x = t1_use(p->c, in_register(p, 0), 0);
        begin(p, SITE_FIRST);
        finish_test(p, (Test){.yes = (Op)f->op, .no = other_sense(f->op), .a = x, .bx = x});
        return true;
    }
    case HOW_TYPE:
        test_field(p, OP_JTYPE, SITE_PLAIN, in_register(p, 0), f->op);
        return true;
    case HOW_SPECIAL:
        test_field(p, OP_JSPECIAL, SITE_PLAIN, in_register(p, 0), f->op);
        return true;
    case HOW_SAME:
        return same(p, f);
    case HOW_RECORD_IS:
        return record_is(p);
    default:
        return false;
    }
}

// A test whose value is wanted: a test, two constants. The instruction after the test names the
// register of the value.
static bool gen_test_value(Prim *p, const Fast *f) {
    Compiler *c = p->c;
    Dest dest = p->dest;
    bool fails = p->node->prim.prim->effects & FX_FAIL;
    uint32_t saved = c->top, to = t1_target(c, dest);
    if (to >= LOW_REGISTERS || c->constant_count + 4 > UINT16_MAX)
        return false;
    LabelId yes = t1_label(c), no = t1_label(c), end = dest.next;
    if (dest.kind == DEST_REGISTER && end == NO_LABEL)
        end = t1_label(c);
    p->dest = dest_test(yes, no, FALL_TRUE);
    p->generic = dest;
    p->generic.next = end;
    p->has_generic = true;
    // Words of what follows: see below.
    p->form = fails ? SITE_VALUE : 0;
    p->skip = fails ? (dest.kind == DEST_RETURN ? 2 : 3) : 0;
    // The operands may use the register of the value: it is written last.
    if (dest.kind == DEST_RETURN)
        c->top = saved;
    if (!gen_test(p, f)) {
        p->dest = dest;
        p->form = p->skip = 0;
        p->has_generic = false;
        return false;
    }
    t1_bind(c, yes);
    if (dest.kind == DEST_RETURN) {
        t1_word(c, op_abx(OP_RETK, to, t1_constant(c, VALUE_TRUE)));
        t1_bind(c, no);
        t1_word(c, op_abx(OP_RETK, to, t1_constant(c, VALUE_FALSE)));
        if (fails)
            t1_word(c, op_abc(OP_RET, to, 0, 0));
        return true;
    }
    t1_word(c, op_abx(OP_SPECIAL, to, VALUE_TRUE));
    LabelId here = t1_label(c);
    t1_jump(c, here);
    t1_bind(c, no);
    t1_word(c, op_abx(OP_SPECIAL, to, VALUE_FALSE));
    t1_bind(c, here);
    if (dest.next != NO_LABEL)
        t1_jump(c, end);
    else
        t1_bind(c, end);
    return true;
}

static bool gen_fast(Prim *p, const Fast *f) {
    switch (f->how) {
    case HOW_NONE:
        return false;
    case HOW_UNARY:
        unary(p, f->op);
        return true;
    case HOW_BINARY:
        if (p->count != 2)
            return false;
        binary(p, f->op);
        return true;
    case HOW_SUM:
        return sum(p, f);
    case HOW_INTEGER:
        integer(p, f);
        return true;
    case HOW_VECTOR_REF:
        vector_ref(p, f);
        return true;
    case HOW_STORE:
        if (p->dest.kind != DEST_EFFECT)
            return false; // the value is the hook's after a failure
        store(p, f);
        return true;
    case HOW_UNBOX:
        unbox(p, f);
        return true;
    case HOW_UNBOX_CHECKED:
        return unbox_checked(p, f);
    case HOW_SETBOX:
        setbox(p, f);
        return true;
    case HOW_NOT:
        negation(p);
        return true;
    case HOW_MEMBER:
        return member(p);
    case HOW_RECORD_REF:
        return record_ref(p);
    case HOW_RECORD_SET:
        return record_set(p);
    case HOW_RECORD_MAKE:
        return record_make(p);
    default:
        break;
    }
    switch (p->dest.kind) {
    case DEST_TEST:
        return gen_test(p, f);
    case DEST_EFFECT:
        return false;
    case DEST_REGISTER:
    case DEST_RETURN:
        return gen_test_value(p, f);
    }
    return false;
}

void t1_gen_prim(Compiler *c, Node *node, Dest dest) {
    const Primitive *row = node->prim.prim;
    // Those with a fixed number of arguments take a register each.
    bool too_many = row->fixed < 0 && !t1_window_fits(c, node->prim.count);
    if (row->control != CONTROL_NONE || !guard_holds(node) || too_many) {
        t1_gen_prim_call(c, node, dest);
        return;
    }
    uint32_t saved = c->top;
    Prim p = prim_of(c, node, dest);
    const Fast *f = fast_of(row);
    if (!f || !gen_fast(&p, f)) {
        c->top = saved;
        generic(&p);
    }
    c->top = saved;
}

// ---- calls in place

// The procedures that define-record-type makes (see vm/definition.c), and call/cc.
void t1_note_in_place(Code *code, const Lambda *l) {
    uint32_t params = lambda_param_count(l);
    if (l->next || l != l->first || params != l->required)
        return;
    const Node *body = l->body, *test = body, *then = NULL;
    if (body->kind == NODE_PRIM && body->prim.prim->control == CONTROL_CAPTURE && params == 1 &&
        body->prim.args[0]->kind == NODE_LOCAL && body->prim.args[0]->local.var == l->params[0]) {
        code->call_cc = true;
        return;
    }
    if (body->kind == NODE_IF) {
        test = body->branch.test;
        then = body->branch.then;
    }
    if (is_prim(test, "%record")) {
        Prim make = prim_of(NULL, (Node *)test, dest_effect());
        Value type;
        if (then || !record_type_argument(&make, 0, &type) || params + 1 != make.count)
            return;
        if (params != rt_record_type_field_count(type) || params > UINT8_MAX)
            return;
        for (uint32_t i = 0; i < params; i++)
            if (argument(&make, i + 1)->kind != NODE_LOCAL ||
                argument(&make, i + 1)->local.var != l->params[i])
                return;
        code->in_place = IN_PLACE_MAKE;
        code->record_type = type;
        return;
    }
    if (!is_prim(test, "%record?"))
        return;
    Prim is = prim_of(NULL, (Node *)test, dest_effect());
    Value type, again;
    if (!record_type_argument(&is, 1, &type) || params == 0)
        return;
    if (argument(&is, 0)->kind != NODE_LOCAL || argument(&is, 0)->local.var != l->params[0])
        return;
    if (!then) {
        if (params != 1)
            return;
        code->in_place = IN_PLACE_TEST;
        code->record_type = type;
        return;
    }
    bool writes = is_prim(then, "%record-set!");
    if ((!writes && !is_prim(then, "%record-ref")) || params != (writes ? 2 : 1))
        return;
    Prim access = prim_of(NULL, (Node *)then, dest_effect());
    uint32_t field;
    if (!field_of(&access, writes, &again, &field) || again != type)
        return;
    if (argument(&access, 0)->kind != NODE_LOCAL || argument(&access, 0)->local.var != l->params[0])
        return;
    if (writes && (argument(&access, 3)->kind != NODE_LOCAL ||
                   argument(&access, 3)->local.var != l->params[1]))
        return;
    code->in_place = writes ? IN_PLACE_SETFIELD : IN_PLACE_FIELD;
    code->field = (uint8_t)field;
    code->record_type = type;
}

static void field_in_place(Prim *p, const Code *code) {
    Compiler *c = p->c;
    uint32_t x = in_register(p, 0), to = t1_target(c, p->dest),
             k = t1_constant(c, code->record_type);
    x = t1_use(c, x, 0);
    begin(p, SITE_PLAIN);
    t1_word(c, op_abc(OP_FIELD_ELSE, def_register(to), x, code->field));
    t1_word(c, k);
    t1_distance(c, p->label, 0);
    finish_value(p, to);
}

static void setfield_in_place(Prim *p, const Code *code) {
    Compiler *c = p->c;
    Dest dest = p->dest;
    uint32_t x = in_register(p, 0), y = in_register(p, 1), k = t1_constant(c, code->record_type);
    x = t1_use(c, x, 0);
    y = t1_use(c, y, 1);
    begin(p, SITE_PLAIN);
    t1_word(c, op_abc(OP_SETFIELD_ELSE, x, y, code->field));
    t1_word(c, k);
    t1_distance(c, p->label, 0);
    if (dest.kind == DEST_REGISTER)
        t1_load_constant(c, dest.reg, VALUE_UNSPECIFIED);
    dest.next = NO_LABEL;
    add_stub(p, dest, false, c->top);
    if (dest.kind == DEST_RETURN)
        t1_deliver_constant(c, dest, VALUE_UNSPECIFIED);
    else
        t1_go_on(c, p->dest);
}

static void make_in_place(Prim *p, const Code *code) {
    Compiler *c = p->c;
    uint32_t window = in_window(p), to = t1_target(c, p->dest),
             k = t1_constant(c, code->record_type);
    begin(p, SITE_PLAIN);
    t1_word(c, op_abc(OP_RECORD, def_register(to), p->count, p->count ? window + FRAME_HEADER : 0));
    t1_word(c, k);
    finish_value_placed(p, to, true, window);
}

// A call of a global variable that holds such a procedure, and has never held another. When the
// argument is no such record, or when the variable is assigned, the stub makes the call. So errors
// and backtraces are those of the call.
bool t1_gen_call_in_place(Compiler *c, Node *node, Dest dest) {
    const Node *fn = node->call.fn;
    if (fn->kind != NODE_GLOBAL)
        return false;
    Cell *cell = value_cell(fn->global.cell);
    bool sealed = t1_global_constant(fn) != VALUE_NONE;
    if (!value_is_closure(cell->value) || (!sealed && object_flags(cell) & CELL_ASSIGNED))
        return false;
    const Code *code = t1_closure_code(cell->value);
    if (!code || code->tag != CODE_TAG || code->in_place == IN_PLACE_NONE || code->next)
        return false;
    Prim p = {
        .c = c, .node = node, .dest = dest, .args = node->call.args, .count = node->call.count};
    if (p.count != code->required)
        return false;
    if (sealed)
        p.callee = cell->value;
    else
        p.cell = cell;
    uint32_t saved = c->top;
    switch ((InPlace)code->in_place) {
    case IN_PLACE_NONE:
        return false;
    case IN_PLACE_FIELD:
        p.label = t1_label(c);
        field_in_place(&p, code);
        break;
    case IN_PLACE_SETFIELD:
        if (dest.kind == DEST_TEST)
            return false;
        p.label = t1_label(c);
        setfield_in_place(&p, code);
        break;
    case IN_PLACE_TEST: {
        if (dest.kind != DEST_TEST)
            return false;
        uint32_t x = in_register(&p, 0), k = t1_constant(c, code->record_type), a = t1_use(c, x, 0);
        if (sealed)
            p.callee = VALUE_NONE; // nothing can go wrong
        begin(&p, SITE_PLAIN);
        finish_test(&p,
                    (Test){.yes = OP_JRECORD, .no = OP_JNRECORD, .a = a, .has_x2 = true, .x2 = k});
        break;
    }
    case IN_PLACE_MAKE:
        if (c->top + FRAME_HEADER + p.count + 1 > LOW_REGISTERS)
            return false;
        if (sealed)
            p.callee = VALUE_NONE;
        make_in_place(&p, code);
        break;
    }
    c->top = saved;
    return true;
}

// ---- stubs

void t1_guard_shortcut(Compiler *c, uint32_t pc, Cell *const *cells, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (cells[i])
            *new_stub(c) =
                (Stub){.cell = cells[i], .pc = pc, .back = pc + SHORTCUT_WORDS, .skipped = true};
}

static void add_guard(Compiler *c, const Stub *s, Cell *cell) {
    if (c->guard_count == c->guard_room) {
        c->guard_room = c->guard_room ? 2 * c->guard_room : 16;
        Guard *grown = rt_raw_new(c->vm, c->guard_room * sizeof *grown);
        if (c->guard_count)
            memcpy(grown, c->guards, c->guard_count * sizeof *grown);
        c->guards = grown;
    }
    c->guards[c->guard_count++] = (Guard){.pc = s->pc,
                                          .stub = s->skipped ? s->back : (uint32_t)c->word_count,
                                          .original = c->words[s->pc],
                                          .cell = cell};
}

void t1_emit_stubs(Compiler *c) {
    for (size_t i = 0; i < c->stub_count && !c->failed; i++) {
        Stub *s = &c->stubs[i];
        if (s->skipped) {
            add_guard(c, s, s->cell);
            continue;
        }
        Node *node = s->node;
        bool prim = node->kind == NODE_PRIM;
        uint32_t argc = prim ? node->prim.count : node->call.count, window = s->window;
        if (s->label != NO_LABEL)
            t1_bind(c, s->label);
        if (s->cell)
            add_guard(c, s, s->cell);
        if (s->negation)
            add_guard(c, s, value_cell(s->negation->prim.cell));
        if (!s->placed) {
            c->top = window;
            window = t1_window(c, argc);
            for (uint32_t k = 0; k < argc; k++) {
                uint32_t to = window + FRAME_HEADER + k;
                if (s->operand[k].constant != VALUE_NONE)
                    t1_load_constant(c, to, s->operand[k].constant);
                else
                    t1_move(c, to, s->operand[k].reg);
            }
        }
        Dest dest = s->dest;
        if ((dest.kind == DEST_EFFECT || dest.kind == DEST_REGISTER) && dest.next == NO_LABEL) {
            dest.next = t1_label(c);
            c->labels[dest.next].position = s->back;
        }
        c->top = window;
        // A call fails where its operator stands when that is unbound, a primitive as a whole.
        CallSite *site =
            t1_call_site(c, s->cell, NULL, prim ? node->position : node->call.fn->position);
        if (!s->cell)
            t1_load_constant(c, window + FRAME_CALLEE, s->callee);
        if (!s->negation) {
            t1_emit_call(c, s->cell ? CALL_OF_GLOBAL : CALL_ANY, window, argc, site, node->position,
                         dest);
            continue;
        }
        // The outer window is lower or the same: what it held is in use no more.
        c->top = s->window;
        uint32_t outer = t1_window(c, 1);
        t1_emit_call(c, CALL_OF_GLOBAL, window, argc, site, node->position,
                     dest_register(outer + FRAME_HEADER));
        c->top = outer;
        site = t1_call_site(c, value_cell(s->negation->prim.cell), NULL, s->negation->position);
        t1_emit_call(c, CALL_OF_GLOBAL, outer, 1, site, s->negation->position, dest);
    }
}
