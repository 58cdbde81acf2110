#include "runtime/fail.h"
#include "runtime/port.h"
#include "runtime/source.h"
#include "tests/driver/forms.h"
#include "tests/driver/process.h"
#include "tests/random/random.h"
#include "vm/kiln_int.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char program_name[] = "program.sx";

// False: there is nothing more to read.
static bool read_all(int from, void *to, size_t size) {
    char *at = to;
    for (ssize_t n; size > 0; at += n, size -= (size_t)n) {
        n = read(from, at, size);
        if (n <= 0) {
            return false;
        }
    }
    return true;
}

static void write_all(int to, const void *from, size_t size) {
    const char *at = from;
    for (ssize_t n; size > 0; at += n, size -= (size_t)n) {
        n = write(to, at, size);
        if (n < 0) {
            driver_die("cannot answer");
        }
    }
}

// What was written to stdout since the last call, to `to`.
static void take_output(FILE *to) {
    char bytes[4096];
    off_t at = 0;
    for (ssize_t n; (n = pread(STDOUT_FILENO, bytes, sizeof bytes, at)) > 0; at += n) {
        fwrite(bytes, 1, (size_t)n, to);
    }
    if (ftruncate(STDOUT_FILENO, 0) != 0) {
        driver_die("cannot empty the output");
    }
    lseek(STDOUT_FILENO, 0, SEEK_SET);
}

// Brief: the message, and the place unless it is that of a caller, which calls in tail position and
// inlining hide.
static void put_error(FILE *to, Kiln *kiln, bool brief) {
    if (!brief) {
        fputs(kiln_error_report(kiln), to);
        return;
    }
    VM *vm = vm_of_kiln(kiln);
    Value condition = vm_ref_value(kiln_error_value(kiln));
    Position place = 0;
    if (rt_is_condition(vm, condition, CONDITION_CONDITION)) {
        place = rt_position_from_value(rt_condition_field(condition, CONDITION_FIELD_POSITION));
    }
    if (place != 0 && strcmp(rt_source_name(vm, position_source(place)), program_name) == 0) {
        fprintf(to, "%u:%u: ", position_line(place), position_column(place));
    }
    fprintf(to, "%s\n", kiln_error_text(kiln));
}

static void evaluate(Kiln *kiln, const Form *form, bool brief, FILE *to) {
    KilnRef *result = nullptr;
    KilnStatus status = kiln_eval_at(kiln, form->text, form->length, program_name, form->line,
                                     form->column, &result);
    const char *written = status == KILN_OK ? kiln_written(kiln, result, false) : nullptr;
    if (rt_ports_flush_all(vm_of_kiln(kiln)) != 0) {
        driver_die("cannot flush");
    }
    fprintf(to, "%d:\n", form->line);
    take_output(to);
    switch (status) {
    case KILN_OK:
        fprintf(to, "=> %s\n", written ? written : "(a value that cannot be written)");
        break;
    case KILN_EXIT:
        fprintf(to, "exit %d\n", kiln_exit_status(kiln));
        break;
    case KILN_ERROR:
        put_error(to, kiln, brief);
        break;
    case KILN_INCOMPLETE:
        fprintf(to, "incomplete\n");
        break;
    }
    kiln_release(kiln, result);
}

int random_evaluate(const char *mode, bool brief) {
    int answer = dup(STDOUT_FILENO), output = memfd_create("output", MFD_CLOEXEC);
    KilnOptions options = {.mode = mode};
    Kiln *kiln = kiln_create(&options);
    if (kiln == nullptr) {
        driver_die("cannot start a machine in mode %s", mode);
    }
    if (output < 0 || dup2(output, STDOUT_FILENO) < 0) {
        driver_die("cannot capture output");
    }
    close(output);
    for (uint32_t size; read_all(STDIN_FILENO, &size, sizeof size);) {
        char *program = calloc((size_t)size + 1, 1), *transcript;
        size_t length;
        if (!read_all(STDIN_FILENO, program, size)) {
            return 1;
        }
        FILE *to = open_memstream(&transcript, &length);
        vm_kiln_renew_top(kiln);
        Forms forms = forms_split(program);
        for (size_t i = 0; i < forms.count; i++) {
            evaluate(kiln, &forms.items[i], brief, to);
            free(forms.items[i].expected);
        }
        free(forms.items);
        fclose(to);
        size = (uint32_t)length;
        write_all(answer, &size, sizeof size);
        write_all(answer, transcript, length);
        free(transcript);
        free(program);
    }
    return kiln_destroy(kiln);
}
