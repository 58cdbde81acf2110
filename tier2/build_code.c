// Bytecode as the builder sees it: blocks, loops, liveness, and what of it has run.
//
// Only what can be reached from the root is looked at. Stubs of guarded primitives are reached when
// their guard has failed (the site is a jump then), or from instructions that jump there themselves
// (FIELD_ELSE). TAIL_CALL_SELF is a jump to the beginning that assigns all parameters.
#include "tier2/build_int.h"
#include "vm/tier.h"

// ---- instructions

// What stands behind a shortcut (opcodes.def) does the same. Of a step there the shortcut has taken
// all turns, so it has not become the variant for what it would have seen.
static Instruction behind_shortcut(const Code *code, uint32_t pc, Op shortcut) {
    Instruction in = t2_instruction(code, pc + SHORTCUT_WORDS);
    bool turned = code->words[pc + SHORTCUT_COUNTER] != t1_counter_start(vm_hot_hook.loops);
    if (turned && in.info->base == in.op && in.op >= OP_ADD && in.op < OP_QUO) {
        bool doubles = shortcut == OP_LOOP_LTF || shortcut == OP_LOOP_LEF;
        in.op += doubles ? OP_ADD_FLO - OP_ADD : OP_ADD_FIX - OP_ADD;
        in.info = &t1_op_info[in.op];
    }
    return in;
}

Instruction t2_instruction(const Code *code, uint32_t pc) {
    Instruction in = {.code = code, .pc = pc, .word = code->words[pc]};
    if (op_is_shortcut(word_op(in.word)))
        return behind_shortcut(code, pc, word_op(in.word));
    if (word_op(in.word) == OP_NATIVE)
        in.word = (in.word & ~(uint32_t)0xFF) | code->entry_op;
    in.op = word_op(in.word);
    in.info = &t1_op_info[in.op];
    in.x = code->words + pc + 1;
    in.next = pc + in.info->words + (in.op == OP_CLOSURE ? (in.x[1] + 1) / 2 : 0);
    return in;
}

static bool is_call(const Instruction *in) {
    for (int i = 0; i < OP_EXTENSIONS; i++)
        if (in->info->extension[i] == FIELD_SIT)
            return true;
    return false;
}

CallForm t2_call_form(const Instruction *in) {
    bool wide = in->op == OP_CALL_WIDE || in->op == OP_TAIL_CALL_WIDE;
    CallForm form = {.tail = in->info->flags & OPF_END, .dst = NO_REGISTER};
    form.window = wide ? wac_window(in->x[0]) : word_a(in->word);
    form.count = wide ? wac_count(in->x[0]) : word_b(in->word);
    if (!form.tail)
        form.dst = wide ? in->x[1] : word_c(in->word);
    form.site = t1_constant_site(in->code->constants, in->code->words[in->next - 1]);
    return form;
}

// Word that a jump goes to; UINT32_MAX: it does not jump.
static uint32_t jump_target(const Instruction *in) {
    if (in->info->field[0] == FIELD_J24)
        return in->next + (uint32_t)word_j24(in->word);
    if (in->op == OP_TAIL_CALL_SELF)
        return 0;
    uint32_t at = 0;
    for (int i = 0; i < OP_EXTENSIONS && in->info->extension[i] != FIELD_NO; i++, at++)
        if (in->info->extension[i] == FIELD_JMP)
            return in->next + in->x[at];
    return UINT32_MAX;
}

static bool goes_on(const Instruction *in) { return !(in->info->flags & OPF_END); }

// ---- liveness

// The register that it assigns; NO_REGISTER: none, or (TAIL_CALL_SELF) more.
static uint32_t assigned(const Instruction *in) {
    if (in->op == OP_SETHI)
        return word_bx(in->word);
    if (in->op == OP_CALL_WIDE)
        return in->x[1];
    const uint8_t *field = in->info->field;
    if (field[0] == FIELD_DST)
        return word_a(in->word);
    if (field[1] == FIELD_DST)
        return word_b(in->word);
    if (field[2] == FIELD_DST)
        return word_c(in->word);
    return NO_REGISTER;
}

static void add_range(uint64_t *set, uint32_t from, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        set_add(set, from + i);
}

static void add_uses(const Instruction *in, uint64_t *set) {
    const uint32_t byte[] = {word_a(in->word), word_b(in->word), word_c(in->word)};
    if (is_call(in)) {
        CallForm form = t2_call_form(in);
        bool callee = in->op == OP_CALL || in->op == OP_CALL_KNOWN || in->op == OP_CALL_WIDE ||
                      in->op == OP_TAIL_CALL || in->op == OP_TAIL_CALL_KNOWN ||
                      in->op == OP_TAIL_CALL_WIDE;
        add_range(set, form.window + 4, form.count);
        if (callee)
            set_add(set, form.window + 3);
        return;
    }
    switch (in->op) {
    case OP_GETHI:
        set_add(set, word_bx(in->word));
        return;
    case OP_RECORD:
        add_range(set, word_c(in->word), word_b(in->word));
        return;
    case OP_PRIMV:
        add_range(set, wac_window(in->x[1]), wac_count(in->x[1]));
        return;
    case OP_CLOSURE:
        for (uint32_t i = 0; i < in->x[1]; i++) {
            uint32_t from = capture_at(in->x + 2, i);
            if (!(from & CAPTURE_FREE))
                set_add(set, from);
        }
        return;
    case OP_PRIM3:
    case OP_PRIM4:
        set_add(set, prm_third(in->x[0]));
        if (in->op == OP_PRIM4)
            set_add(set, prm_fourth(in->x[0]));
        break;
    default:
        break;
    }
    for (int i = 0; i < 3; i++)
        if (in->info->field[i] == FIELD_SRC || in->info->field[i] == FIELD_MUT)
            set_add(set, byte[i]);
}

void t2_live_after(const Shape *shape, const CodeBlock *block, uint64_t *live) {
    memset(live, 0, shape->set_words * sizeof *live);
    for (int k = 0; k < 2; k++) {
        if (block->successor[k] == NO_BLOCK)
            continue;
        for (uint32_t w = 0; w < shape->set_words; w++)
            live[w] |= shape->blocks[block->successor[k]].live[w];
    }
}

void t2_live_before(const Shape *shape, const CodeBlock *block, const Instruction *in,
                    uint64_t *live) {
    if (in->op == OP_TAIL_CALL_SELF)
        memset(live, 0, shape->set_words * sizeof *live);
    uint32_t to = assigned(in);
    if (to != NO_REGISTER)
        set_drop(live, to);
    // It assigns only when it does not jump.
    if (in->op == OP_FIELD_ELSE && set_has(shape->blocks[block->successor[0]].live, to))
        set_add(live, to);
    add_uses(in, live);
}

// ---- what has run

// Does it belong to a family that is quickened? *base: it is the one that has not run.
static bool has_variants(const Instruction *in, bool *base) {
    *base = in->info->base == in->op;
    return !*base || (in->op + 1 < OP_COUNT && t1_op_info[in->op + 1].base == in->op);
}

static Ran call_has_run(const Instruction *in) {
    const CallSite *site = t2_call_form(in).site;
    if (site->hits || site->misses || site->words || site->primitive)
        return RAN_YES;
    switch (in->op) {
    case OP_CALL_KNOWN:
    case OP_CALL_FIXED:
    case OP_CALL_SELF:
    case OP_SEND:
    case OP_TAIL_CALL_KNOWN:
    case OP_TAIL_CALL_FIXED:
    case OP_TAIL_CALL_SELF:
        return RAN_NEVER;
    case OP_CALL_GLOBAL:
    case OP_TAIL_CALL_GLOBAL: // what is no closure leaves no trace
        return value_is_closure(site->cell->value) || site->cell->value == VALUE_UNBOUND
                   ? RAN_NEVER
                   : RAN_UNKNOWN;
    default:
        return RAN_UNKNOWN;
    }
}

Ran t2_has_run(const Instruction *in) {
    bool base;
    if (is_call(in))
        return call_has_run(in);
    if (has_variants(in, &base))
        return base ? RAN_NEVER : RAN_YES;
    return RAN_UNKNOWN;
}

uint64_t t2_entries(const Code *code) { return t1_code_entries(code); }

// ---- blocks

typedef struct Scan {
    Builder *b;
    Code *code;
    Shape *shape;
    uint8_t *marks; // [word_count]
    uint32_t *work; // words to look at
    uint32_t work_count;
    uint32_t *number; // of the block that begins at a word
} Scan;
enum { MARK_SEEN = 1, MARK_LEADER = 2 };

static void add_leader(Scan *s, uint32_t pc) {
    if (!(s->marks[pc] & MARK_LEADER)) {
        s->marks[pc] |= MARK_LEADER;
        s->work[s->work_count++] = pc;
    }
}

static bool captures_continuation(Value v) {
    if (value_is_closure(v) && t1_closure_code(v)->call_cc)
        return true;
    if (!value_is_primitive(v))
        return false;
    ControlOp op = value_primitive(v)->row->control;
    return op == CONTROL_CAPTURE || op == CONTROL_CAPTURE_PROMPT;
}

static void note_instruction(Scan *s, const Instruction *in) {
    s->shape->words += in->next - in->pc;
    s->shape->instructions++;
    if (in->info->base != in->op && in->op != OP_GLOBAL_READY) {
        Kind seen = t2_kind_seen(in);
        s->shape->fixnums |= seen == KIND_FIX;
        s->shape->flonums |= seen == KIND_FLO;
    }
    if (is_call(in)) {
        const CallSite *site = t2_call_form(in).site;
        if (site->cell)
            s->shape->captures |= captures_continuation(site->cell->value);
    } else if (in->op == OP_CALL_CC || in->op == OP_TAIL_CALL_CC) {
        s->shape->captures = true;
    } else if (in->op == OP_CONST) {
        s->shape->captures |= captures_continuation(in->code->constants[word_bx(in->word)]);
    }
}

static void find_instructions(Scan *s) {
    add_leader(s, s->shape->root);
    while (s->work_count) {
        uint32_t pc = s->work[--s->work_count];
        while (!(s->marks[pc] & MARK_SEEN)) {
            s->marks[pc] |= MARK_SEEN;
            Instruction in = t2_instruction(s->code, pc);
            note_instruction(s, &in);
            uint32_t target = jump_target(&in);
            if (target != UINT32_MAX)
                add_leader(s, target);
            if (!goes_on(&in))
                break;
            pc = in.next;
            if (target != UINT32_MAX)
                add_leader(s, pc);
        }
    }
}

// A block's last instruction.
static Instruction last_instruction(const Scan *s, uint32_t start, uint32_t *end) {
    Instruction in = t2_instruction(s->code, start);
    while (goes_on(&in) && jump_target(&in) == UINT32_MAX && !(s->marks[in.next] & MARK_LEADER))
        in = t2_instruction(s->code, in.next);
    *end = in.next;
    return in;
}

typedef struct Walk {
    uint32_t start, end, next[2];
    int at; // successor to look at next; -1: done
} Walk;

static Walk walk_from(const Scan *s, uint32_t start) {
    Walk w = {.start = start, .next = {UINT32_MAX, UINT32_MAX}, .at = 1};
    Instruction last = last_instruction(s, start, &w.end);
    w.next[0] = jump_target(&last);
    if (goes_on(&last))
        w.next[w.next[0] == UINT32_MAX ? 0 : 1] = last.next;
    return w;
}

// Blocks in reverse postorder; jumps backwards by the way.
static void order_blocks(Scan *s, uint32_t leaders) {
    enum { NEW = UINT32_MAX, OPEN = UINT32_MAX - 1, CLOSED = UINT32_MAX - 2 };
    Graph *g = s->b->graph;
    Walk *stack = t2_allocate(g, (leaders + 1) * sizeof *stack);
    Walk *done = t2_allocate(g, (leaders + 1) * sizeof *done);
    uint8_t *header = t2_allocate(g, s->code->word_count);
    uint32_t depth = 0, count = 0;
    memset(s->number, 0xFF, s->code->word_count * sizeof *s->number);
    stack[depth++] = walk_from(s, s->shape->root);
    s->number[s->shape->root] = OPEN;
    while (depth) {
        Walk *top = &stack[depth - 1];
        if (top->at < 0) {
            s->number[top->start] = CLOSED;
            done[count++] = *top;
            depth--;
            continue;
        }
        uint32_t to = top->next[top->at--];
        if (to == UINT32_MAX)
            continue;
        if (s->number[to] == OPEN)
            header[to] = 1;
        if (s->number[to] == NEW) {
            s->number[to] = OPEN;
            stack[depth++] = walk_from(s, to);
        }
    }
    s->shape->block_count = count;
    s->shape->blocks = t2_allocate(g, count * sizeof *s->shape->blocks);
    for (uint32_t i = 0; i < count; i++)
        s->number[done[count - 1 - i].start] = i;
    for (uint32_t i = 0; i < count; i++) {
        const Walk *w = &done[count - 1 - i];
        CodeBlock *block = &s->shape->blocks[i];
        block->start = w->start;
        block->end = w->end;
        block->header = header[w->start];
        for (int k = 0; k < 2; k++)
            block->successor[k] = w->next[k] == UINT32_MAX ? NO_BLOCK : s->number[w->next[k]];
    }
}

static void find_liveness(Scan *s) {
    Shape *shape = s->shape;
    Graph *g = s->b->graph;
    size_t bytes = shape->set_words * sizeof(uint64_t);
    uint64_t *live = t2_allocate(g, bytes);
    uint32_t longest = 0;
    for (uint32_t i = 0; i < shape->block_count; i++) {
        CodeBlock *block = &shape->blocks[i];
        block->live = t2_allocate(g, bytes);
        if (block->end - block->start > longest)
            longest = block->end - block->start;
    }
    uint32_t *starts = t2_allocate(g, (longest + 1) * sizeof *starts);
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t i = shape->block_count; i-- > 0;) {
            CodeBlock *block = &shape->blocks[i];
            uint32_t count = 0;
            for (uint32_t pc = block->start; pc < block->end; pc = t2_instruction(s->code, pc).next)
                starts[count++] = pc;
            t2_live_after(shape, block, live);
            while (count) {
                Instruction in = t2_instruction(s->code, starts[--count]);
                t2_live_before(shape, block, &in, live);
            }
            if (memcmp(live, block->live, bytes) != 0) {
                memcpy(block->live, live, bytes);
                changed = true;
            }
        }
    }
}

// ---- loops

// Dominators by number (Cooper, Harvey, Kennedy); predecessors are found by going over all edges.
static void find_dominators(const Shape *shape, uint32_t *dominator) {
    for (uint32_t i = 0; i < shape->block_count; i++)
        dominator[i] = NO_BLOCK;
    dominator[0] = 0;
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t from = 0; from < shape->block_count; from++)
            for (int k = 0; k < 2; k++) {
                uint32_t to = shape->blocks[from].successor[k];
                if (to == NO_BLOCK || to == 0)
                    continue;
                uint32_t a = from, d = dominator[to];
                if (d == NO_BLOCK) {
                    dominator[to] = from;
                    changed = true;
                    continue;
                }
                while (a != d) {
                    while (a > d)
                        a = dominator[a];
                    while (d > a)
                        d = dominator[d];
                }
                changed |= dominator[to] != a;
                dominator[to] = a;
            }
    }
}

static bool dominates(const uint32_t *dominator, uint32_t a, uint32_t b) {
    while (b > a)
        b = dominator[b];
    return a == b;
}

static void note_assigned(const Scan *s, const CodeBlock *block, uint64_t *set) {
    for (uint32_t pc = block->start; pc < block->end;) {
        Instruction in = t2_instruction(s->code, pc);
        uint32_t to = assigned(&in);
        if (to != NO_REGISTER)
            set_add(set, to);
        if (in.op == OP_TAIL_CALL_SELF)
            add_range(set, 0, t2_call_form(&in).count);
        pc = in.next;
    }
}

static void find_loops(Scan *s) {
    Shape *shape = s->shape;
    Graph *g = s->b->graph;
    uint32_t n = shape->block_count;
    uint32_t *dominator = t2_allocate(g, (n + 1) * sizeof *dominator);
    uint32_t *first = t2_allocate(g, (n + 2) * sizeof *first); // predecessors: from first[i] on
    uint32_t *from = t2_allocate(g, (2 * n + 1) * sizeof *from);
    uint32_t *seen = t2_allocate(g, (n + 1) * sizeof *seen);
    uint32_t *work = t2_allocate(g, (n + 1) * sizeof *work);
    find_dominators(shape, dominator);
    for (uint32_t i = 0; i < n; i++)
        for (int k = 0; k < 2; k++)
            if (shape->blocks[i].successor[k] != NO_BLOCK)
                first[shape->blocks[i].successor[k] + 1]++;
    for (uint32_t i = 0; i < n; i++)
        first[i + 1] += first[i];
    memcpy(seen, first, n * sizeof *seen);
    for (uint32_t i = 0; i < n; i++)
        for (int k = 0; k < 2; k++)
            if (shape->blocks[i].successor[k] != NO_BLOCK)
                from[seen[shape->blocks[i].successor[k]]++] = i;
    memset(seen, 0xFF, n * sizeof *seen);
    for (uint32_t h = 0; h < n; h++) {
        CodeBlock *header = &shape->blocks[h];
        if (!header->header)
            continue;
        header->assigned = t2_allocate(g, shape->set_words * sizeof(uint64_t));
        uint32_t waiting = 0;
        seen[h] = h;
        note_assigned(s, header, header->assigned);
        for (uint32_t p = first[h]; p < first[h + 1]; p++) {
            if (from[p] < h)
                continue; // forwards
            shape->irreducible |= !dominates(dominator, h, from[p]);
            if (seen[from[p]] != h) {
                seen[from[p]] = h;
                work[waiting++] = from[p];
            }
        }
        while (waiting && !shape->irreducible) {
            uint32_t i = work[--waiting];
            note_assigned(s, &shape->blocks[i], header->assigned);
            for (uint32_t p = first[i]; p < first[i + 1]; p++)
                if (seen[from[p]] != h) {
                    seen[from[p]] = h;
                    work[waiting++] = from[p];
                }
        }
    }
}

// ---- what has run, by blocks

static void find_heat(Scan *s, CodeBlock *block) {
    for (uint32_t pc = block->start; pc < block->end;) {
        Instruction in = t2_instruction(s->code, pc);
        Ran ran = t2_has_run(&in);
        if (ran != RAN_UNKNOWN && block->ran == RAN_UNKNOWN)
            block->ran = ran;
        if (in.op >= OP_PRIM0 && in.op <= OP_PRIMV)
            block->raises |= t2_never_answers(&rt_primitives[prm_row(in.x[0])]);
        if (is_call(&in)) { // it may not have come back
            const CallSite *site = t2_call_form(&in).site;
            block->heat = (uint64_t)site->hits + site->misses;
            return;
        }
        pc = in.next;
    }
}

Shape *t2_shape(Builder *b, Code *code, uint32_t root) {
    for (Shape *shape = b->shapes; shape; shape = shape->next)
        if (shape->code == code && shape->root == root)
            return shape;
    if (code->registers > REGISTERS_MAX)
        return NULL;
    Shape *shape = t2_allocate(b->graph, sizeof *shape);
    *shape = (Shape){.next = b->shapes, .code = code, .root = root};
    shape->set_words = (code->registers + 64) / 64;
    b->shapes = shape;
    Scan scan = {.b = b, .code = code, .shape = shape};
    scan.marks = t2_allocate(b->graph, code->word_count + 1);
    scan.work = t2_allocate(b->graph, (code->word_count + 1) * sizeof *scan.work);
    scan.number = t2_allocate(b->graph, (code->word_count + 1) * sizeof *scan.number);
    find_instructions(&scan);
    uint32_t leaders = 0;
    for (uint32_t i = 0; i < code->word_count; i++)
        leaders += scan.marks[i] >> 1 & 1;
    order_blocks(&scan, leaders);
    find_liveness(&scan);
    find_loops(&scan);
    for (uint32_t i = 0; i < shape->block_count; i++)
        find_heat(&scan, &shape->blocks[i]);
    if (root == 0 && !shape->blocks[0].header)
        shape->blocks[0].heat = t2_entries(code);
    return shape;
}
