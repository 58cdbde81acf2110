// What a procedure's bytecode refers to: for vm/uses.h.
#include "vm/uses.h"
#include "runtime/heap.h"
#include "tier1/code.h"

typedef struct Codes { // met so far, in scanned memory
    VM *vm;
    Uses *uses;
    const Lambda *root;
    const Code **item;
    size_t count, room;
} Codes;

// Is it written within the procedure that was asked for?
static bool is_inner(const Codes *codes, const Code *code) {
    const Lambda *l = code->lambda;
    while (l && l->first != codes->root)
        l = l->outer;
    return l != NULL;
}

static void meet(Codes *codes, const Code *code) {
    for (size_t i = 0; i < codes->count; i++)
        if (codes->item[i] == code)
            return;
    if (codes->count == codes->room) {
        codes->room = codes->room ? 2 * codes->room : 8;
        const Code **grown = rt_raw_new(codes->vm, codes->room * sizeof *grown);
        if (codes->count)
            memcpy(grown, codes->item, codes->count * sizeof *grown);
        codes->item = grown;
    }
    codes->item[codes->count++] = code;
}

static void meet_value(Codes *codes, Value v) {
    if (value_is_closure(v) && is_inner(codes, t1_closure_code(v)))
        meet(codes, t1_closure_code(v)->first);
    else
        vm_use_constant(codes->uses, v);
}

static void meet_extension(Codes *codes, const Code *code, Field field, Op op, uint32_t x) {
    switch (field) {
    case FIELD_CEL: {
        bool writes = op == OP_SETGLOBAL || op == OP_DEFINE;
        vm_use(codes->uses, writes ? USE_ASSIGNED : USE_GLOBAL, code->constants[x]);
        break;
    }
    case FIELD_SIT: {
        const CallSite *site = t1_constant_site(code->constants, x);
        if (site->cell)
            vm_use(codes->uses, USE_GLOBAL, value_from_pointer(site->cell));
        else if (site->callee && op != OP_SEND) // a method that was called last
            meet_value(codes, site->callee);
        break;
    }
    case FIELD_COD: {
        const Code *inner = t1_constant_code(code->constants, x);
        if (is_inner(codes, inner))
            meet(codes, inner->first);
        break;
    }
    case FIELD_KON:
        meet_value(codes, code->constants[x]);
        break;
    default:
        break;
    }
}

static void read_code(Codes *codes, const Code *code) {
    for (uint32_t i = 0; i < code->site_count; i++)
        if (code->sites[i].primitive != SITE_NO_PRIMITIVE)
            vm_use(codes->uses, USE_PRIMITIVE,
                   rt_primitive_object(codes->vm, &rt_primitives[code->sites[i].primitive]));
    for (uint32_t i = 0; i < code->guard_count; i++)
        vm_use(codes->uses, USE_WATCHED, value_from_pointer(code->guards[i].cell));
    for (uint32_t pc = 0; pc < code->word_count; pc += t1_code_length_at(code, pc)) {
        uint32_t word = t1_code_word(code, pc), at = pc + 1;
        const OpInfo *info = &t1_op_info[word_op(word)];
        for (int i = 0; i < 3; i++)
            if (info->field[i] == FIELD_K16)
                meet_value(codes, code->constants[word_bx(word)]);
        for (int i = 0; i < OP_EXTENSIONS; i++) {
            Field field = (Field)info->extension[i];
            if (field != FIELD_NO)
                meet_extension(codes, code, field, word_op(word), code->words[at++]);
        }
    }
}

void t1_uses(Uses *uses, Value closure) {
    const Code *code = t1_closure_code(closure);
    Codes codes = {.vm = vm_uses_vm(uses), .uses = uses, .root = code->lambda->first};
    meet(&codes, code->first);
    for (size_t i = 0; i < codes.count; i++)
        for (const Code *clause = codes.item[i]; clause; clause = clause->next)
            read_code(&codes, clause);
}
