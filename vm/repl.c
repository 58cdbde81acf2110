// The REPL: line editing and history by libedit when standard input is a terminal, plain lines
// otherwise.
//
// Input is gathered line by line until it holds whole data (kiln_eval answers KILN_INCOMPLETE until
// then). Each input is a source of its own, repl[1], repl[2], …, so that errors show the line.
#include "runtime/interrupt.h"
#include "runtime/port.h"
#include "runtime/printer.h"
#include "runtime/string.h"
#include "runtime/symbol.h"
#include "vm/cli.h"
#include "vm/expand.h"
#include "vm/kiln_int.h"
#include <errno.h>
#include <histedit.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HISTORY_LINES = 2000 };

typedef struct Session {
    Kiln *k;
    EditLine *editor; // NULL: not a terminal
    History *history;
    char *history_path;
    bool continued; // the prompt shows that the datum goes on
    bool dropped;   // Ctrl-C ended the line being typed
    int inputs;
} Session;

// The line editor's callbacks have no argument of ours.
static Session *session;

// ---- completion

typedef struct Matches {
    char *prefix, *common; // malloc'ed; common: longest common prefix of the matches
    size_t count;
    char **names;
} Matches;

static bool delimiter(char c) { return strchr("()[]{}\"'`, \t\n;", c) != NULL; }

static int compare_names(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void collect_matches(VM *vm, void *arg) {
    Matches *m = arg;
    size_t n = strlen(m->prefix), room = 0;
    Value top = vm_kiln_top(session->k);
    if (top == VALUE_FAILURE)
        return;
    for (Value l = vm_environment_names(vm, top); value_is_pair(l); l = value_cdr(l)) {
        const char *name = rt_string_to_utf8(vm, value_symbol(value_car(l))->name, NULL);
        if (!name || strncmp(name, m->prefix, n) != 0 || name[0] == '%')
            continue;
        if (m->count == room) {
            room = room ? 2 * room : 32;
            char **names = realloc(m->names, room * sizeof *names);
            if (!names)
                return;
            m->names = names;
        }
        char *copy = strdup(name);
        if (!copy)
            return;
        m->names[m->count++] = copy;
        if (!m->common)
            m->common = strdup(name);
        else {
            size_t i = 0;
            while (m->common[i] && m->common[i] == name[i])
                i++;
            m->common[i] = 0;
        }
    }
    if (m->count)
        qsort(m->names, m->count, sizeof *m->names, compare_names);
}

static unsigned char complete(EditLine *editor, int key) {
    (void)key;
    const LineInfo *line = el_line(editor);
    const char *start = line->cursor;
    while (start > line->buffer && !delimiter(start[-1]))
        start--;
    Matches m = {.prefix = strndup(start, (size_t)(line->cursor - start))};
    unsigned char result = CC_ERROR;
    if (m.prefix && *m.prefix)
        rt_stack_run(vm_of_kiln(session->k), collect_matches, &m);
    if (m.count) {
        size_t typed = strlen(m.prefix);
        result = CC_REFRESH;
        if (m.common && strlen(m.common) > typed) {
            el_insertstr(editor, m.common + typed);
        } else if (m.count > 1) {
            putchar('\n');
            for (size_t i = 0; i < m.count; i++)
                printf("%s%s", m.names[i], i + 1 < m.count ? "  " : "\n");
            fflush(stdout);
            result = CC_REDISPLAY;
        }
        if (m.count == 1)
            el_insertstr(editor, " ");
    }
    for (size_t i = 0; i < m.count; i++)
        free(m.names[i]);
    free(m.names);
    free(m.common);
    free(m.prefix);
    return result;
}

// ---- lines

// Ctrl-C while a line is typed: a key there. The editor, and the session, would end at the signal.
static unsigned char drop(EditLine *editor, int key) {
    (void)editor;
    (void)key;
    session->dropped = true;
    return CC_EOF;
}

static char *prompt(EditLine *editor) {
    (void)editor;
    static char first[] = "kiln> ", more[] = "    | ";
    return session->continued ? more : first;
}

static void open_editor(Session *s) {
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return;
    // The editor takes the locale's characters, Kiln's text is UTF-8: in any other locale, also in
    // that of a program that asked for none, it would drop whatever is not ASCII.
    if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8");
    s->editor = el_init("kiln", stdin, stdout, stderr);
    s->history = history_init();
    if (!s->editor || !s->history)
        return;
    HistEvent event;
    history(s->history, &event, H_SETSIZE, HISTORY_LINES);
    history(s->history, &event, H_SETUNIQUE, 1);
    el_set(s->editor, EL_HIST, history, s->history);
    el_set(s->editor, EL_PROMPT, prompt);
    el_set(s->editor, EL_EDITOR, "emacs");
    el_set(s->editor, EL_SIGNAL, 1);
    el_set(s->editor, EL_ADDFN, "kiln-complete", "complete a name", complete);
    el_set(s->editor, EL_BIND, "^I", "kiln-complete", NULL);
    el_set(s->editor, EL_SETTY, "-d", "intr=", NULL);
    el_set(s->editor, EL_ADDFN, "kiln-drop", "drop the input", drop);
    el_set(s->editor, EL_BIND, "^C", "kiln-drop", NULL);
    el_source(s->editor, NULL);
    const char *home = getenv("HOME");
    if (home && asprintf(&s->history_path, "%s/.kiln_history", home) > 0)
        history(s->history, &event, H_LOAD, s->history_path);
    else
        s->history_path = NULL;
}

static void close_editor(Session *s) {
    HistEvent event;
    if (s->history_path) {
        mode_t mask = umask(077); // what was typed is the user's alone
        history(s->history, &event, H_SAVE, s->history_path);
        umask(mask);
        free(s->history_path);
    }
    if (s->history)
        history_end(s->history);
    if (s->editor)
        el_end(s->editor);
}

// The next line with its newline, malloc'ed; NULL at the end of the input. Empty with s->dropped:
// Ctrl-C.
static char *next_line(Session *s) {
    s->dropped = false;
    if (s->editor) {
        VM *vm = vm_of_kiln(s->k);
        int n = 0;
        rt_interrupt_clear(vm, ~(unsigned)INTERRUPT_TIER);
        const char *line = el_gets(s->editor, &n);
        if (line && n > 0)
            return strdup(line);
        if (atomic_load(&vm->interrupts) & INTERRUPT_USER)
            s->dropped = true; // another process sent it
        if (!s->dropped)
            return NULL;
        rt_interrupt_clear(vm, ~(unsigned)INTERRUPT_TIER);
        el_reset(s->editor);
        putchar('\n');
        return strdup("");
    }
    char *line = NULL;
    size_t room = 0;
    for (;;) {
        if (getline(&line, &room, stdin) >= 0)
            return line;
        if (errno != EINTR || feof(stdin))
            break;
        // Ctrl-C while nothing is being evaluated: there is nothing to stop.
        clearerr(stdin);
        rt_interrupt_clear(vm_of_kiln(s->k), ~(unsigned)INTERRUPT_TIER);
    }
    free(line);
    return NULL;
}

static void remember(Session *s, const char *text) {
    HistEvent event;
    if (s->history && strspn(text, " \t\n") < strlen(text))
        history(s->history, &event, H_ENTER, text);
}

// ---- the loop

// Several values are shown a line each; what says nothing is not shown.
static bool show(VM *vm, Value value) {
    if (value_has_type(value, TYPE_VALUES)) {
        for (uint32_t i = 0; i < object_aux(value_object(value)); i++)
            if (!show(vm, value_values(value)->item[i]))
                return false;
        return true;
    }
    if (value == VALUE_UNSPECIFIED || value == VALUE_DEFAULT)
        return true;
    Value out = vm->ports->standard_output;
    return rt_write(vm, value, out, WRITE_WRITE) && rt_port_write_c(vm, out, "\n");
}

typedef struct Show {
    Value value;
    bool ok;
} Show;

static void show_inside(VM *vm, void *arg) {
    Show *s = arg;
    s->ok = show(vm, s->value);
}

// Evaluate one input. False: the session ends with *status.
static bool evaluate(Session *s, const char *text, bool complete_text, bool *incomplete,
                     int *status) {
    char name[32];
    snprintf(name, sizeof name, "repl[%d]", s->inputs + 1);
    KilnRef *value = NULL;
    VM *vm = vm_of_kiln(s->k);
    rt_interrupt_clear(vm, ~(unsigned)INTERRUPT_TIER);
    KilnStatus result = kiln_eval(s->k, text, name, &value);
    *incomplete = result == KILN_INCOMPLETE && !complete_text;
    if (*incomplete)
        return true;
    s->inputs++;
    if (result == KILN_OK) {
        Show show_value = {.value = vm_ref_value(value)};
        rt_stack_run(vm, show_inside, &show_value);
        if (!show_value.ok)
            vm_print_failure(s->k);
    } else if (result == KILN_EXIT) {
        *status = kiln_exit_status(s->k);
        return false;
    } else
        vm_print_failure(s->k);
    kiln_release(s->k, value);
    if (!rt_port_flush(vm, vm->ports->standard_output)) {
        *status = 1;
        return false;
    }
    return true;
}

int vm_repl(Kiln *k) {
    Session s = {.k = k};
    session = &s;
    int status = 0;
    open_editor(&s);
    if (s.editor)
        printf("Kiln %s. (exit) or Ctrl-D ends, Tab completes.\n", kiln_version());
    char *input = strdup("");
    while (input) {
        s.continued = *input != 0;
        char *line = next_line(&s);
        bool at_end = line == NULL, incomplete;
        if (s.dropped)
            input[0] = 0;
        if (at_end && !*input)
            break;
        char *joined = NULL;
        if (asprintf(&joined, "%s%s", input, line ? line : "") < 0)
            break;
        free(input);
        free(line);
        input = joined;
        bool blank = strspn(input, " \t\r\n") == strlen(input);
        if (!blank && !evaluate(&s, input, at_end, &incomplete, &status))
            break;
        if (blank || !incomplete) {
            remember(&s, input);
            input[0] = 0;
        }
        if (at_end)
            break;
    }
    free(input);
    if (s.editor && status == 0)
        putchar('\n');
    close_editor(&s);
    return status;
}
