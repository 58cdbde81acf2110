// bytecode-inspect: what tier 1 made of a program, after running it.
//
//   bytecode-inspect FILE [NAME…]   run FILE, then print the code of its procedures (of those
//                                   names): instructions as they are by now, positions, what call
//                                   sites and loops have seen
//   bytecode-inspect --count FILE   run it, then print which instructions its code consists of
//   bytecode-inspect --opcodes      the page OPCODES.md
//
// The program's own output goes to standard output first. Exit status: 0; 1 when it fails; 2 for
// wrong usage.
#include "runtime/heap.h"
#include "runtime/string.h"
#include "tier1/code.h"
#include "tier1/tier1.h"
#include "vm/cli.h"
#include "vm/kiln_int.h"
#include "vm/passes.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- the tier that remembers what it ran

static struct {
    Code **code; // top-level forms, in registered memory
    size_t count;
} seen;
enum { FORMS_MAX = 1 << 16 };

static Value run(VM *vm, Lambda *top) {
    Code *code = t1_compile(vm, top);
    if (!code)
        return VALUE_FAILURE;
    if (seen.count < FORMS_MAX)
        seen.code[seen.count++] = code;
    return t1_tier.run(vm, top);
}

static Tier inspected; // t1_tier but for run

// ---- walking all code of the program

typedef struct Inspect {
    VM *vm;
    char **names;
    int name_count;
    const char *path;
    uint64_t count[OP_COUNT];
    uint64_t words, codes;
} Inspect;

static bool of_program(const Inspect *in, const Code *code) {
    uint32_t source = position_source(code->lambda->position);
    return source && strcmp(rt_source_name(in->vm, source), in->path) == 0;
}

// The procedures whose code an instruction names.
static const Code *mentioned(const Code *code, uint32_t pc) {
    uint32_t word = t1_code_word(code, pc);
    Value v = VALUE_NONE;
    switch (word_op(word)) {
    case OP_CLOSURE:
        return t1_constant_code(code->constants, code->words[pc + 1]);
    case OP_CONST:
    case OP_RETK:
        v = code->constants[word_bx(word)];
        break;
    case OP_CALL_FIXED:
    case OP_TAIL_CALL_FIXED:
        v = t1_constant_site(code->constants, code->words[pc + 1])->callee;
        break;
    default:
        break;
    }
    return value_is_closure(v) ? t1_closure_code(v) : NULL;
}

typedef struct Codes { // all found so far, in scanned memory
    const Code **item;
    size_t count, room;
} Codes;

static void add_code(VM *vm, Codes *codes, const Code *code) {
    for (size_t i = 0; i < codes->count; i++)
        if (codes->item[i] == code)
            return;
    if (codes->count == codes->room) {
        codes->room = codes->room ? 2 * codes->room : 64;
        const Code **grown = rt_raw_new(vm, codes->room * sizeof *grown);
        if (codes->count)
            memcpy(grown, codes->item, codes->count * sizeof *grown);
        codes->item = grown;
    }
    codes->item[codes->count++] = code;
}

static Codes all_codes(Inspect *in) {
    Codes codes = {0};
    for (size_t i = 0; i < seen.count; i++)
        add_code(in->vm, &codes, seen.code[i]);
    for (size_t i = 0; i < codes.count; i++)
        for (const Code *code = codes.item[i]; code; code = code->next)
            for (uint32_t pc = 0; pc < code->word_count; pc += t1_code_length_at(code, pc)) {
                const Code *inner = mentioned(code, pc);
                if (inner && inner->lambda->outer)
                    add_code(in->vm, &codes, inner->first);
            }
    return codes;
}

static bool wanted(const Inspect *in, const Code *code) {
    if (in->name_count == 0)
        return true;
    if (!value_is_symbol(code->lambda->name))
        return false;
    const char *name = rt_string_to_utf8(in->vm, value_symbol(code->lambda->name)->name, NULL);
    for (int i = 0; i < in->name_count; i++)
        if (strcmp(name, in->names[i]) == 0)
            return true;
    return false;
}

// ---- what is printed

static void print_codes(Inspect *in, const Codes *codes) {
    for (size_t i = 0; i < codes->count; i++) {
        const Code *code = codes->item[i];
        if (!of_program(in, code) || !wanted(in, code))
            continue;
        Value text = t1_disassemble(in->vm, code, DISASM_POSITIONS | DISASM_FEEDBACK);
        printf("\n%s", rt_string_to_utf8(in->vm, text, NULL));
    }
}

static int compare_counts(const void *a, const void *b, void *context) {
    const uint64_t *count = ((Inspect *)context)->count;
    uint64_t x = count[*(const int *)a], y = count[*(const int *)b];
    return x < y ? 1 : x > y ? -1 : *(const int *)a - *(const int *)b;
}

static void print_counts(Inspect *in, const Codes *codes) {
    for (size_t i = 0; i < codes->count; i++) {
        if (!of_program(in, codes->item[i]))
            continue;
        for (const Code *code = codes->item[i]; code; code = code->next) {
            in->codes++;
            in->words += code->word_count;
            for (uint32_t pc = 0; pc < code->word_count; pc += t1_code_length_at(code, pc))
                in->count[word_op(t1_code_word(code, pc))]++;
        }
    }
    int order[OP_COUNT];
    for (int i = 0; i < OP_COUNT; i++)
        order[i] = i;
    qsort_r(order, OP_COUNT, sizeof *order, compare_counts, in);
    printf("\n%lu procedures and forms, %lu words\n", (unsigned long)in->codes,
           (unsigned long)in->words);
    for (int i = 0; i < OP_COUNT && in->count[order[i]]; i++)
        printf("%8lu  %s\n", (unsigned long)in->count[order[i]], t1_op_info[order[i]].name);
}

// ---- the command

typedef struct Command {
    Inspect inspect;
    bool count;
} Command;

static void inspect_inside(VM *vm, void *arg) {
    Command *command = arg;
    Codes codes = all_codes(&command->inspect);
    if (command->count)
        print_counts(&command->inspect, &codes);
    else
        print_codes(&command->inspect, &codes);
}

int main(int argc, char **argv) {
    Command command = {0};
    int first = 1;
    if (argc > first && strcmp(argv[first], "--opcodes") == 0) {
        t1_print_opcodes(stdout);
        return 0;
    }
    if (argc > first && strcmp(argv[first], "--count") == 0) {
        command.count = true;
        first++;
    }
    if (argc <= first || argv[first][0] == '-' || (command.count && argc > first + 1)) {
        fputs("usage: bytecode-inspect FILE [NAME…]\n"
              "       bytecode-inspect --count FILE\n"
              "       bytecode-inspect --opcodes\n",
              stderr);
        return 2;
    }
    inspected = t1_tier;
    inspected.name = "inspect";
    inspected.run = run;
    vm_tier_register(&t1_tier);
    vm_tier_register(&inspected);
    const char *const arguments[] = {argv[first], NULL};
    Kiln *k = kiln_create(&(KilnOptions){.mode = "inspect", .arguments = arguments});
    if (!k)
        return 1;
    VM *vm = vm_of_kiln(k);
    seen.code = rt_raw_new(vm, FORMS_MAX * sizeof *seen.code);
    rt_heap_add_roots(&seen, sizeof seen);
    KilnStatus status = kiln_run_file(k, argv[first]);
    if (status != KILN_OK && status != KILN_EXIT)
        vm_print_failure(k);
    command.inspect = (Inspect){
        .vm = vm, .path = argv[first], .names = argv + first + 1, .name_count = argc - first - 1};
    rt_stack_run(vm, inspect_inside, &command);
    fflush(stdout);
    int result = status == KILN_OK ? 0 : status == KILN_EXIT ? kiln_exit_status(k) : 1;
    int lost = kiln_destroy(k);
    return result ? result : lost;
}
