#include "tests/driver/langtest.h"

#include "tests/driver/forms.h"
#include "tests/driver/process.h"
#include "vm/kiln.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct Outcome { // of one form; the texts are owned by it
    bool failed;         // raised, or did not return
    bool exited;         // failed because the program called exit: nothing can follow
    char *text;          // failed: the condition's message; else the values, written
    char *output;        // what it wrote
} Outcome;

// ---- The machine under test -------------------------------------------------------------------

// One VM for the whole file, driven through the embedding interface alone.
typedef struct Machine {
    Kiln *kiln;
    KilnRef *flush;   // procedure that writes out what the current output port holds back
    const char *path; // of the test file, for positions and for include
} Machine;

static bool begins_with(const Form *form, const char *text) {
    return strncmp(form->text, text, strlen(text)) == 0;
}

// The environment is the one that the program `kiln` would run the file in.
static Machine machine_open(const char *path, const Forms *forms, const char *mode) {
    size_t length = strlen(path);
    bool scheme = length > 4 && strcmp(path + length - 4, ".scm") == 0;
    bool program = scheme && forms->count > 0 &&
                   (begins_with(&forms->items[0], "(import") ||
                    begins_with(&forms->items[0], "(define-library"));
    const char *arguments[] = {path, nullptr};
    KilnOptions options = {
        .mode = mode, .scheme = scheme, .program = program, .arguments = arguments};
    Machine machine = {.kiln = kiln_create(&options), .path = path};
    if (machine.kiln == nullptr) {
        driver_die("cannot start a machine in mode %s", mode);
    }
    // The name is not one that a test could define or miss.
    const char *import = "(import (rename (only (scheme base) flush-output-port)"
                         " (flush-output-port %langtest-flush)))"
                         " %langtest-flush";
    if (kiln_eval(machine.kiln, import, "langtest", &machine.flush) != KILN_OK) {
        driver_die("%s", kiln_error_report(machine.kiln));
    }
    return machine;
}

// The text to evaluate for a form, and where it begins: what is in force from the directives before
// it is said again, in place of white space. The caller frees it.
static char *machine_text(const Form *form, size_t *length, int *line, int *column) {
    const char *directive = form->folds_case ? "#!fold-case" : "";
    bool above = form->folds_case && form->line > 1; // on the line before, else on the same one
    int spaces = above ? form->column - 1 : form->folds_case ? 1 : 0;
    char *text = nullptr;
    int size = asprintf(&text, "%s%s%*s%.*s", directive, above ? "\n" : "", spaces, "",
                        (int)form->length, form->text);
    if (size < 0) {
        driver_die("out of memory");
    }
    *length = (size_t)size;
    *line = above ? form->line - 1 : form->line;
    *column = above ? 1 : form->column - (int)strlen(directive) - spaces;
    return text;
}

// What a form's values are in an annotation. `written` is what `write` prints of the result:
// several values are one object, #<values 1 2>. The caller frees it.
static char *values_text(const char *written) {
    static const char prefix[] = "#<values";
    if (written == nullptr) {
        return strdup("(a value that cannot be written)");
    }
    if (strncmp(written, prefix, strlen(prefix)) != 0) {
        return strdup(written);
    }
    const char *first = written + strlen(prefix);
    first += *first == ' ';
    return strndup(first, strlen(first) - 1);
}

static Outcome machine_evaluate(Machine *machine, const Form *form) {
    Kiln *kiln = machine->kiln;
    KilnRef *result = nullptr;
    size_t length;
    int line, column;
    char *text = machine_text(form, &length, &line, &column);
    Outcome outcome = {};
    switch (kiln_eval_at(kiln, text, length, machine->path, line, column, &result)) {
    case KILN_OK:
        bool shown = form->expectation == EXPECT_VALUE || form->expectation == EXPECT_ERROR;
        outcome.text = shown ? values_text(kiln_written(kiln, result, false)) : strdup("");
        break;
    case KILN_ERROR:
        outcome.failed = true;
        outcome.text = strdup(kiln_error_text(kiln));
        break;
    case KILN_EXIT:
        outcome.failed = outcome.exited = true;
        if (asprintf(&outcome.text, "exit %d", kiln_exit_status(kiln)) < 0) {
            driver_die("out of memory");
        }
        break;
    case KILN_INCOMPLETE:
        outcome.failed = true;
        outcome.text = strdup("the form ends within a datum");
        break;
    }
    kiln_release(kiln, result);
    free(text);
    if (!outcome.exited && kiln_call(kiln, machine->flush, 0, nullptr, nullptr) != KILN_OK) {
        driver_die("cannot flush: %s", kiln_error_text(kiln));
    }
    return outcome;
}

static void machine_close(Machine *machine) {
    kiln_release(machine->kiln, machine->flush);
    if (kiln_destroy(machine->kiln) != 0) {
        driver_die("the machine lost output");
    }
}

// ---- Output -----------------------------------------------------------------------------------

// Sends the program's stdout to an anonymous file; returns the stream to the parent.
static FILE *capture_output(void) {
    FILE *report = fdopen(dup(STDOUT_FILENO), "w");
    int file = memfd_create("output", MFD_CLOEXEC);
    if (report == nullptr || file < 0 || dup2(file, STDOUT_FILENO) < 0) {
        driver_die("cannot capture output");
    }
    close(file);
    setvbuf(report, nullptr, _IOLBF, 0);
    return report;
}

// What was written to stdout since the last call; the caller frees it.
static char *take_output(void) {
    fflush(stdout);
    off_t size = lseek(STDOUT_FILENO, 0, SEEK_END);
    char *text = calloc((size_t)size + 1, 1);
    if (pread(STDOUT_FILENO, text, (size_t)size, 0) != size || ftruncate(STDOUT_FILENO, 0) != 0) {
        driver_die("cannot read captured output");
    }
    lseek(STDOUT_FILENO, 0, SEEK_SET);
    return text;
}

// ---- Comparing --------------------------------------------------------------------------------

static void print_escaped(FILE *to, const char *text, bool backslashes) {
    for (; *text != 0; text++) {
        if (*text == '\n') {
            fputs("\\n", to);
        } else if (*text == '\\' && backslashes) {
            fputs("\\\\", to);
        } else {
            fputc(*text, to);
        }
    }
}

// Tells the parent whether what was expected of the form came.
static void report(FILE *to, const char *path, const Form *form, const Outcome *got) {
    static const char *const what[] = {
        [EXPECT_NOTHING] = "no error", [EXPECT_VALUE] = "",        [EXPECT_OUTPUT] = "output ",
        [EXPECT_ERROR] = "error ",     [EXPECT_SYNTAX] = "a test",
    };
    bool ok = false;
    switch (form->expectation) {
    case EXPECT_NOTHING:
        if (!got->failed) {
            return; // counts only when it fails
        }
        break;
    case EXPECT_VALUE:
        ok = !got->failed && strcmp(got->text, form->expected) == 0;
        break;
    case EXPECT_OUTPUT:
        ok = !got->failed && strcmp(got->output, form->expected) == 0;
        break;
    case EXPECT_ERROR:
        ok = got->failed && strstr(got->text, form->expected) != nullptr;
        break;
    case EXPECT_SYNTAX:
        break;
    }
    if (ok) {
        fputs("pass\n", to);
        return;
    }
    bool output = form->expectation == EXPECT_OUTPUT;
    fprintf(to, "fail %s:%d: expected %s", path, form->last_line, what[form->expectation]);
    if (form->expectation != EXPECT_SYNTAX) {
        print_escaped(to, form->expected, output);
    }
    fputs(", got ", to);
    if (form->expectation == EXPECT_SYNTAX) {
        fputs(form->expected, to);
    } else if (got->failed) {
        fputs("error ", to);
        print_escaped(to, got->text, false);
    } else if (output) {
        fputs("output ", to);
        print_escaped(to, got->output, true);
    } else {
        print_escaped(to, got->text, false);
    }
    fputc('\n', to);
}

int langtest_child(const char *path, const char *mode) {
    FILE *to = capture_output();
    size_t length;
    char *text = process_read_file(path, &length);
    if (text == nullptr) {
        driver_die("cannot read %s", path);
    }
    Forms forms = forms_split(text);
    Machine machine = machine_open(path, &forms, mode);
    for (size_t i = 0; i < forms.count; i++) {
        Form *form = &forms.items[i];
        Outcome got = {};
        fprintf(to, "at %d\n", form->line);
        if (form->expectation != EXPECT_SYNTAX) {
            got = machine_evaluate(&machine, form);
            got.output = take_output();
        }
        report(to, path, form, &got);
        if (got.exited) {
            return 1;
        }
        free(got.text);
        free(got.output);
        free(form->expected);
    }
    free(forms.items);
    machine_close(&machine);
    free(text);
    fputs("done\n", to);
    fclose(to);
    return 0;
}
