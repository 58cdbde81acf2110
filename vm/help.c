// The texts of `kiln help`.
#include "runtime/primitive.h"
#include "runtime/settings.h"
#include "vm/cli.h"
#include "vm/command.h"
#include "vm/guest.h"
#include "vm/tier.h"
#include <stdio.h>
#include <string.h>

const char *const vm_help_topics[] = {"run",   "repl",       "dump",   "env", "errors",
                                      "tools", "primitives", "topics", NULL};

static void overview(void) {
    puts("Kiln runs SX, a superset of R7RS-small Scheme, and languages built on it.\n"
         "\n"
         "  kiln run FILE [ARG…]     run a program (.scm, .sld: R7RS to the letter; others: SX, or "
         "what kiln help run tells)\n"
         "  kiln FILE [ARG…]         the same; so #!/usr/bin/env kiln works as a first line\n"
         "  kiln run -               run the program on standard input\n"
         "  kiln -e EXPR [ARG…]      evaluate the expressions in EXPR\n"
         "  kiln repl                read, evaluate, print; also: kiln alone, on a terminal\n"
         "  kiln dump --ir FILE      show the core IR of a program; --bytecode, --t2: what it is "
         "compiled to");
    for (int i = 0; vm_command_at(i); i++)
        printf("  kiln %-20s%s\n", vm_command_at(i)->name, vm_command_at(i)->doc);
    puts("  kiln help [TOPIC]        this, or one of: run repl dump env errors tools primitives, "
         "a command or a primitive\n"
         "  kiln version             the version\n"
         "\n"
         "Option, before or after the command:");
    fputs("  --mode MODE              evaluator:", stdout);
    for (int i = 0; vm_tier_at(i); i++)
        printf(" %s", vm_tier_at(i)->name);
    printf(" (default: %s)\n", vm_tier_find(NULL)->name);
    puts("\n"
         "Exit status: 0; 1 when the program fails; 2 for wrong usage; the program's own after "
         "(exit N); 130 when\n"
         "Ctrl-C ended it.");
}

static void run(void) {
    puts("kiln run FILE [ARG…]\n"
         "\n"
         "Reads all of FILE, then evaluates its forms in order. A .scm or .sld file is R7RS-small "
         "to the letter:\n"
         "one that begins with import or define-library has only what it imports; one without has "
         "all of\n"
         "R7RS-small. Any other file is SX and has everything. (command-line) is FILE and the "
         "arguments.\n"
         "Libraries are looked for beside FILE and in the folders of KILN_PATH: (a b c) is "
         "a/b/c.sld or a/b/c.sx.\n"
         "With - the program is read from standard input, as SX.\n"
         "\n"
         "Other languages:");
    for (int i = 0; vm_guest_file_at(i); i++)
        printf("  %-5s %s\n", vm_guest_file_at(i)->extension, vm_guest_file_at(i)->doc);
    puts("\n"
         "Ctrl-C raises an interrupt condition at the next call or turn of a loop: what "
         "unwind-protect and dynamic-wind\n"
         "promise is kept, then the program dies of the signal (status 130). A second Ctrl-C that "
         "comes before the first\n"
         "is noticed ends it at once.");
}

static void repl(void) {
    puts("kiln repl\n"
         "\n"
         "Reads SX, evaluates it and prints the values. Input may go over several lines. Tab "
         "completes names, the\n"
         "arrow keys move through the history (kept in ~/.kiln_history). An error is reported and "
         "the session goes on.\n"
         "Ctrl-C stops an evaluation, Ctrl-D or (exit) ends the session.");
}

static void dump(void) {
    puts("kiln dump --ir|--bytecode FILE\n"
         "kiln dump --t2|--llvm|--asm FUNCTION FILE\n"
         "\n"
         "--ir: prints the core IR of each top-level form after the passes, without running the "
         "program. Local variables\n"
         "are shown as name.number. With KILN_TRACE=ir, kiln run also shows what each pass leaves "
         "behind.\n"
         "--bytecode: prints the bytecode of each top-level form and of the procedures in it: word "
         "index, instruction,\n"
         "operands (r register, f free value, w call window, -> jump). bytecode-inspect explains "
         "the instructions.\n"
         "--t2: runs the program, then prints what machine code is made from: blocks, operations, "
         "types, the states in\n"
         "which guards leave for the bytecode. FUNCTION is a name, a position FILE:LINE:COLUMN, or "
         "the beginning of one\n"
         "followed by *. --llvm: LLVM's form of it; --asm: the machine code. With KILN_TRACE=t2, "
         "kiln run also shows\n"
         "what each pass leaves behind.");
}

static void env(void) {
    puts("Environment variables:\n");
    for (int i = 0; i < SETTING_COUNT; i++)
        printf("  %s=%s\n      %s\n", rt_settings[i].name, rt_settings[i].form, rt_settings[i].doc);
}

static void errors(void) {
    puts("An unhandled error ends the program with status 1 and is shown on standard error:\n"
         "\n"
         "  prog.sx:3:7: error: car: argument 1: expected pair, got 5\n"
         "       3 |   (car x)\n"
         "         |   ^\n"
         "    in first-of at prog.sx:3:3\n"
         "\n"
         "The place is where the error was raised, then the calls under way follow, innermost "
         "first. A call in tail\n"
         "position leaves no trace: its caller has ended. guard, handler-case and try catch "
         "conditions by type.");
}

static void tools(void) {
    puts("Tools to look into a running program, of SX; vm/prelude/sx.md has the details.\n"
         "\n"
         "  (vm-trace thunk)         call it, show calls and results on the error port; "
         ":procedures (list f …) or 'all,\n"
         "                           :limit lines, :port\n"
         "  (bytecode-inspect f)     print a procedure's bytecode and what it has counted (not in "
         "--mode cek)\n"
         "  (prim-check f)           primitives it uses, by how a mode carries them out: :mode "
         "'cek, :follow true for\n"
         "                           those of what it calls too; a string names a program's file\n"
         "  (deps-check f)           variables, libraries and watched names it depends on; :follow "
         "true, files likewise\n"
         "  (explain f)              print whether a procedure was compiled to machine code, why "
         "not, what it had not\n"
         "                           expected; (jit-report) all that became hot, (jit-stats) "
         "counts\n"
         "  (jit-exclude! 'f \"g*\")   never compile these; (jit-include! …) (jit-exclusions) "
         "(jit-reset!) (jit-wait)\n"
         "  (doc f) (apropos \"text\") (time expr) (macroexpand 'form)\n"
         "  (call-with-time-limit seconds thunk)   raise limit-exceeded when it takes longer;\n"
         "  (call-with-step-limit steps thunk)     … more calls and turns of loops");
}

static void primitive(const Primitive *p) {
    printf("(%s%s%s) -> %s", p->name, *p->arguments ? " " : "", p->arguments, p->result);
    printf("    [%s]\n    %s\n", p->library, p->doc);
}

static void primitives(void) {
    for (int i = 0; i < rt_primitive_count; i++)
        if (strcmp(rt_primitives[i].library, "internal") != 0)
            primitive(&rt_primitives[i]);
}

static void topics(void) {
    for (int i = 0; vm_help_topics[i]; i++)
        puts(vm_help_topics[i]);
    for (int i = 0; vm_command_at(i); i++)
        puts(vm_command_at(i)->name);
}

bool vm_help(const char *topic) {
    static void (*const fn[])(void) = {run, repl, dump, env, errors, tools, primitives, topics};
    _Static_assert(sizeof fn / sizeof *fn == sizeof vm_help_topics / sizeof *vm_help_topics - 1,
                   "a text for each topic");
    if (!topic) {
        overview();
        return true;
    }
    for (int i = 0; vm_help_topics[i]; i++)
        if (strcmp(topic, vm_help_topics[i]) == 0) {
            fn[i]();
            return true;
        }
    const Command *command = vm_command_find(topic);
    if (command) {
        fputs((const char *)command->text, stdout);
        return true;
    }
    const Primitive *p = rt_primitive_find(topic);
    if (p)
        primitive(p);
    return p != NULL;
}
