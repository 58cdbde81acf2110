// The command line.
#include "vm/cli.h"
#include "runtime/interrupt.h"
#include "runtime/port.h"
#include "runtime/reader.h"
#include "runtime/settings.h"
#include "runtime/string.h"
#include "runtime/system.h"
#include "vm/command.h"
#include "vm/expand.h"
#include "vm/guest.h"
#include "vm/kiln_int.h"
#include "vm/passes.h"
#include "vm/report.h"
#include "vm/tier.h"
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STATUS_ERROR = 1, STATUS_USAGE = 2 };

typedef struct Options {
    const char *mode;
} Options;

[[gnu::format(printf, 1, 2)]] static int usage_error(const char *format, ...) {
    va_list list;
    va_start(list, format);
    fputs("kiln: ", stderr);
    vfprintf(stderr, format, list);
    va_end(list);
    fputs("\nTry 'kiln help'.\n", stderr);
    return STATUS_USAGE;
}

void vm_print_failure(Kiln *k) {
    VM *vm = vm_of_kiln(k);
    bool colour = isatty(STDERR_FILENO) && !rt_setting(SETTING_NO_COLOR);
    KilnRef *error = kiln_error_value(k);
    if (!error)
        return;
    Value condition = vm_ref_value(error);
    kiln_release(k, error);
    // The reader of a pipe went away: it wants to hear no more.
    if (rt_is_condition(vm, condition, CONDITION_PIPE))
        return;
    // What the program wrote before comes first; that it cannot be written is told when the VM
    // closes.
    if (!rt_port_flush(vm, vm->ports->standard_output))
        vm->condition = condition;
    Value text = vm_report(vm, condition, colour);
    size_t n = 0;
    const char *bytes = text == VALUE_FAILURE ? NULL : rt_string_to_utf8(vm, text, &n);
    if (bytes)
        fwrite(bytes, 1, n, stderr);
}

static VM *interrupted_vm;

static void on_interrupt(int signal_number) {
    (void)signal_number;
    // A second Ctrl-C before the first was noticed ends the process the usual way.
    if (rt_interrupt_set(interrupted_vm, INTERRUPT_USER) & INTERRUPT_USER) {
        signal(SIGINT, SIG_DFL);
        raise(SIGINT);
    }
}

static void catch_interrupts(Kiln *k) {
    // A shell that runs us in the background, out of Ctrl-C's reach, has it ignored.
    struct sigaction before;
    if (sigaction(SIGINT, NULL, &before) == 0 && before.sa_handler == SIG_IGN)
        return;
    interrupted_vm = vm_of_kiln(k);
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = 0};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
}

static bool was_interrupted(Kiln *k) {
    KilnRef *error = kiln_error_value(k);
    if (!error)
        return false;
    bool is = rt_is_condition(vm_of_kiln(k), vm_ref_value(error), CONDITION_INTERRUPT);
    kiln_release(k, error);
    return is;
}

// Close the VM; the process's exit status. A program that Ctrl-C ended dies of the signal, so that
// a shell script which runs it ends as well (status 130).
static int finish(Kiln *k, KilnStatus status) {
    int result = 0;
    bool interrupted = false;
    if (status == KILN_EXIT)
        result = kiln_exit_status(k);
    else if (status != KILN_OK) {
        interrupted = was_interrupted(k);
        vm_print_failure(k);
        result = STATUS_ERROR;
    }
    int lost = kiln_destroy(k);
    if (interrupted) {
        signal(SIGINT, SIG_DFL);
        raise(SIGINT);
    }
    return result ? result : lost;
}

static Kiln *start(const Options *o, const char *const *arguments, int *status) {
    KilnOptions options = {.mode = o->mode, .arguments = arguments};
    if (!vm_tier_find(o->mode)) {
        char modes[128] = "";
        for (int i = 0; vm_tier_at(i); i++)
            snprintf(modes + strlen(modes), sizeof modes - strlen(modes), "%s%s", i ? ", " : "",
                     vm_tier_at(i)->name);
        *status = usage_error("--mode %s: expected one of: %s", o->mode, modes);
        return NULL;
    }
    Kiln *k = kiln_create(&options);
    if (!k) {
        fputs("kiln: cannot start\n", stderr);
        *status = STATUS_ERROR;
        return NULL;
    }
    catch_interrupts(k);
    return k;
}

// A program must be a regular file, a pipe or a device that can be read.
static bool program_readable(const char *path) {
    struct stat s;
    if (stat(path, &s) != 0 || (!S_ISDIR(s.st_mode) && access(path, R_OK) != 0)) {
        fprintf(stderr, "kiln: cannot open %s: %s\n", path, strerror(errno));
        return false;
    }
    if (S_ISDIR(s.st_mode)) {
        fprintf(stderr, "kiln: cannot run %s: it is a directory, a program was expected\n", path);
        return false;
    }
    return true;
}

// ---- run

typedef struct Standard {
    Value result;
} Standard;

// The program on standard input: all of it is read before it starts, so that it may itself read
// nothing else. Its text is kept: messages show lines of it.
static void run_standard_inside(VM *vm, void *arg) {
    Standard *s = arg;
    Value text = rt_port_read_string(vm, vm->ports->standard_input, SIZE_MAX);
    if (text == VALUE_EOF)
        text = rt_string_new(vm, 0, false);
    s->result = VALUE_FAILURE;
    if (text != VALUE_FAILURE)
        s->result = vm_run_port(vm, rt_port_from_string(vm, text), "standard input", text, false);
}

static int run_program(const Options *o, int argc, char **argv) {
    const char *path = argv[0];
    bool standard = strcmp(path, "-") == 0;
    (void)argc;
    if (!standard && !program_readable(path))
        return STATUS_ERROR;
    int status;
    Kiln *k = start(o, (const char *const *)argv, &status);
    if (!k)
        return status;
    if (!standard)
        return finish(k, vm_kiln_run_cached(k, path));
    VM *vm = vm_of_kiln(k);
    Standard s = {0};
    rt_stack_run(vm, run_standard_inside, &s);
    return finish(k, vm_kiln_status(k, s.result));
}

// ---- -e

static int evaluate(const Options *o, int argc, char **argv) {
    if (argc == 0)
        return usage_error("-e: expected an expression");
    int status;
    // (command-line) is the program's name and what follows the expression.
    const char *text = argv[0];
    const char **arguments = calloc((size_t)argc + 1, sizeof *arguments);
    if (!arguments)
        return STATUS_ERROR;
    arguments[0] = "-e";
    for (int i = 1; i < argc; i++)
        arguments[i] = argv[i];
    Kiln *k = start(o, arguments, &status);
    free(arguments);
    if (!k)
        return status;
    KilnRef *value = NULL;
    KilnStatus s = kiln_eval(k, text, "-e", &value);
    return finish(k, s);
}

// ---- dump

typedef struct Dump {
    const char *path;
    bool bytecode;
    Value result;
} Dump;

// Core IR of each top-level form after the passes, or its bytecode. Definitions of macros and
// imports take effect, so that what follows expands; nothing else runs.
static void dump_inside(VM *vm, void *arg) {
    Dump *d = arg;
    d->result = VALUE_FAILURE;
    Value port =
        rt_port_open_file(vm, rt_string_from_c(vm, d->path), PORT_INPUT | PORT_TEXTUAL, false);
    if (port == VALUE_FAILURE)
        return;
    vm_library_set_program(vm, d->path);
    bool scheme = vm_is_scheme_file(d->path);
    Reader reader;
    rt_reader_init(vm, &reader, port, scheme ? READ_SCHEME : READ_SX);
    reader.source = rt_source_add(vm, d->path, VALUE_FALSE);
    reader.literals = true;
    Value environment = VALUE_NONE;
    for (;;) {
        reader.map = rt_source_map_new(vm);
        Value datum = rt_read(vm, &reader);
        if (datum == VALUE_FAILURE)
            return;
        if (datum == VALUE_EOF)
            break;
        if (environment == VALUE_NONE)
            environment = vm_file_environment(vm, scheme, datum);
        if (environment == VALUE_FAILURE)
            return;
        Node *node = vm_expand(vm, datum, environment, reader.map);
        if (!node)
            return;
        Lambda *top = vm_passes_run(vm, node);
        if (!top)
            return;
        Value text = d->bytecode ? vm->tier->dump(vm, top) : vm_node_dump(vm, top->body);
        if (text == VALUE_FAILURE)
            return;
        if (!rt_port_write_string(vm, vm->ports->standard_output, text, 0, string_length(text)))
            return;
        if (!rt_port_write_c(vm, vm->ports->standard_output, "\n"))
            return;
    }
    d->result = VALUE_UNSPECIFIED;
}

// What machine code is made from, or becomes: the program runs first, so that its functions know
// their types.
typedef struct NativeDump {
    const char *function;
    JitText what;
    Value result;
} NativeDump;

static void dump_native_inside(VM *vm, void *arg) {
    NativeDump *d = arg;
    d->result = vm_jit_control->text(vm, d->function, d->what);
    if (d->result != VALUE_FAILURE && !rt_port_write_string(vm, vm->ports->standard_output,
                                                            d->result, 0, string_length(d->result)))
        d->result = VALUE_FAILURE;
}

static int dump_native(const Options *o, const char *function, const char *path, JitText what) {
    const Tier *tier = vm_tier_find(o->mode ? o->mode : "tier2");
    if (!tier || strcmp(tier->name, "tier2") != 0)
        return usage_error("dump: --mode %s makes no machine code", o->mode ? o->mode : "tier2");
    if (!program_readable(path))
        return STATUS_ERROR;
    int status;
    const char *const arguments[] = {path, NULL};
    Kiln *k = start(&(Options){.mode = tier->name}, arguments, &status);
    if (!k)
        return status;
    vm_jit_control->remember(vm_of_kiln(k));
    KilnStatus ran = kiln_run_file(k, path);
    if (ran == KILN_ERROR)
        vm_print_failure(k);
    NativeDump d = {.function = function, .what = what};
    rt_stack_run(vm_of_kiln(k), dump_native_inside, &d);
    return finish(k, vm_kiln_status(k, d.result));
}

static int dump(const Options *o, int argc, char **argv) {
    static const struct {
        const char *option;
        bool native;
        JitText text;
    } kinds[] = {
        {"--ir", false, 0},
        {"--bytecode", false, 0},
        {"--t2", true, JIT_TEXT_IR},
        {"--llvm", true, JIT_TEXT_LLVM},
        {"--asm", true, JIT_TEXT_ASM},
    };
    enum { KINDS = sizeof kinds / sizeof *kinds };
    const char *word[2];
    int words = 0, what = KINDS;
    for (int i = 0; i < argc; i++) {
        int kind = 0;
        while (kind < KINDS && strcmp(argv[i], kinds[kind].option) != 0)
            kind++;
        if (kind < KINDS) {
            // --t2 --asm is --asm.
            bool general = what < KINDS && kinds[what].native && strcmp(argv[i], "--t2") == 0;
            if (!general)
                what = kind;
        } else if (argv[i][0] == '-' && argv[i][1])
            return usage_error("dump: unknown option %s", argv[i]);
        else if (words == 2)
            return usage_error("dump: unexpected argument %s", argv[i]);
        else
            word[words++] = argv[i];
    }
    if (what == KINDS)
        return usage_error("dump: expected --ir, --bytecode, --t2, --llvm or --asm");
    if (kinds[what].native) {
        if (words < 2)
            return usage_error("dump: expected a FUNCTION and a FILE");
        return dump_native(o, word[0], word[1], kinds[what].text);
    }
    if (words == 0)
        return usage_error("dump: expected a FILE");
    if (words == 2)
        return usage_error("dump: expected one FILE, got also %s", word[1]);
    const char *path = word[0];
    if (vm_guest_of_file(path))
        return usage_error("dump: %s is not SX; dump shows forms of SX and Scheme alone", path);
    bool bytecode = strcmp(kinds[what].option, "--bytecode") == 0;
    const Tier *tier = vm_tier_find(o->mode);
    if (bytecode && tier && !tier->dump)
        return usage_error("dump: --mode %s has no bytecode", tier->name);
    if (!program_readable(path))
        return STATUS_ERROR;
    int status;
    Kiln *k = start(o, NULL, &status);
    if (!k)
        return status;
    Dump d = {.path = path, .bytecode = bytecode};
    rt_stack_run(vm_of_kiln(k), dump_inside, &d);
    return finish(k, vm_kiln_status(k, d.result));
}

// ---- the command

static int repl(const Options *o, int argc, char **argv) {
    if (argc)
        return usage_error("repl: unexpected argument %s", argv[0]);
    int status;
    static const char *const arguments[] = {"repl", NULL};
    Kiln *k = start(o, arguments, &status);
    if (!k)
        return status;
    status = vm_repl(k);
    int lost = kiln_destroy(k);
    return status ? status : lost;
}

static int help(const Options *o, int argc, char **argv) {
    (void)o;
    if (argc > 1)
        return usage_error("help: expected one TOPIC, got also %s", argv[1]);
    if (vm_help(argc ? argv[0] : NULL))
        return fflush(stdout) == 0 ? 0 : STATUS_ERROR;
    return usage_error("help: no topic '%s'; 'kiln help topics' lists them", argv[0]);
}

static int version(const Options *o, int argc, char **argv) {
    (void)o;
    if (argc)
        return usage_error("version: unexpected argument %s", argv[0]);
    printf("kiln %s\n", kiln_version());
    return fflush(stdout) == 0 ? 0 : STATUS_ERROR;
}

static int run(const Options *o, int argc, char **argv) {
    if (argc == 0)
        return usage_error("run: expected a FILE (or - for standard input)");
    return run_program(o, argc, argv);
}

// A command written in SX. Its help needs no VM.
static int command_in_sx(const Options *o, const Command *command, int argc, char **argv) {
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return help(o, 1, (char *[]){(char *)command->name, NULL});
    int status;
    const char **arguments = calloc((size_t)argc + 2, sizeof *arguments);
    if (!arguments)
        return STATUS_ERROR;
    arguments[0] = command->name;
    for (int i = 0; i < argc; i++)
        arguments[i + 1] = argv[i];
    Kiln *k = start(o, arguments, &status);
    if (k) {
        KilnStatus s = vm_command_run(k, command, arguments + 1, &status);
        int ended = finish(k, s);
        status = s == KILN_OK && status ? status : ended;
    }
    free(arguments);
    return status;
}

// A command written in C.
static const struct BuiltinCommand {
    const char *name;
    int (*fn)(const Options *o, int argc, char **argv);
} commands[] = {
    {"run", run},   {"-e", evaluate},     {"repl", repl},
    {"dump", dump}, {"help", help},       {"--help", help},
    {"-h", help},   {"version", version}, {"--version", version},
};

int vm_main(int argc, char **argv) {
    Options o = {0};
    int i = 1;
    for (; i < argc; i++) {
        if (strcmp(argv[i], "--mode") == 0) {
            if (++i == argc)
                return usage_error("--mode: expected a mode");
            o.mode = argv[i];
        } else if (strncmp(argv[i], "--mode=", 7) == 0)
            o.mode = argv[i] + 7;
        else
            break;
    }
    if (i == argc) {
        static char dash[] = "-";
        char *standard[] = {dash, NULL};
        return isatty(STDIN_FILENO) ? repl(&o, 0, NULL) : run_program(&o, 1, standard);
    }
    const struct BuiltinCommand *builtin = NULL;
    for (size_t c = 0; c < sizeof commands / sizeof *commands && !builtin; c++)
        if (strcmp(argv[i], commands[c].name) == 0)
            builtin = &commands[c];
    const Command *command = builtin ? NULL : vm_command_find(argv[i]);
    if (builtin || command) {
        // The mode may also follow the command: kiln run --mode cek FILE.
        int first = i + 1;
        while (first < argc && strncmp(argv[first], "--mode", 6) == 0) {
            if (argv[first][6] == '=')
                o.mode = argv[first] + 7;
            else if (argv[first][6] == 0) {
                if (++first == argc)
                    return usage_error("--mode: expected a mode");
                o.mode = argv[first];
            } else
                break;
            first++;
        }
        return builtin ? builtin->fn(&o, argc - first, argv + first)
                       : command_in_sx(&o, command, argc - first, argv + first);
    }
    if (argv[i][0] == '-' && argv[i][1])
        return usage_error("unknown option %s", argv[i]);
    // kiln FILE ARG…, as a #! line calls it. A word that names no file was meant as a command.
    if (access(argv[i], F_OK) != 0 && !strpbrk(argv[i], "./"))
        return usage_error("unknown command or missing file '%s'", argv[i]);
    return run_program(&o, argc - i, argv + i);
}
