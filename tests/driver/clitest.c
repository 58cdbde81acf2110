// clitest: runs command-line tests. Usage: clitest [--deadline SECONDS] --path DIRECTORY FILE...
//
// A file is a sequence of blocks. Its commands run one after another by /bin/sh in one fresh
// directory, with DIRECTORY first in PATH and ROOT set to the root of the source tree. By its first
// characters a line is
//     # text      comment
//     file NAME   makes NAME from the `| ` lines that follow
//     $ command   begins a block
//     < line      of its stdin
//     > line      of its expected stdout
//     ! line      of its expected stderr
//     exit N      its expected exit status, 0 when not said; 128 + signal when killed by one
// `...` alone on an expected line stands for any lines, also none; within a line for any text.
// Each block counts once.
#include "tests/driver/process.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct Lines {
    char **items;
    int count;
} Lines;

typedef struct Block {
    const char *file; // path of the test file
    int line;         // of the command
    char *command;    // nullptr: no block yet
    Lines in, out, err;
    int status; // expected
} Block;

typedef struct Run {
    char *path, *root, *home;     // settings for the commands
    const char *directory;        // where the commands of this file run
    int seconds;                  // deadline of a command
    int passed, failed;           // of all files
    int file_passed, file_failed; // of this one
} Run;

// ---- Lines ------------------------------------------------------------------------------------

static void lines_add(Lines *lines, const char *line) {
    lines->items = realloc(lines->items, ((size_t)lines->count + 1) * sizeof *lines->items);
    lines->items[lines->count++] = strdup(line);
}

static void lines_clear(Lines *lines) {
    for (int i = 0; i < lines->count; i++) {
        free(lines->items[i]);
    }
    free(lines->items);
    *lines = (Lines){};
}

static Lines lines_split(const char *text) {
    Lines lines = {};
    while (*text != 0) {
        const char *end = strchrnul(text, '\n');
        char *line = strndup(text, (size_t)(end - text));
        lines_add(&lines, line);
        free(line);
        text = *end == 0 ? end : end + 1;
    }
    return lines;
}

static char *lines_join(const Lines *lines, size_t *length) {
    char *text = nullptr;
    FILE *to = open_memstream(&text, length);
    for (int i = 0; i < lines->count; i++) {
        fprintf(to, "%s\n", lines->items[i]);
    }
    fclose(to);
    return text;
}

static void lines_print(FILE *to, const Lines *lines) {
    for (int i = 0; i < lines->count; i++) {
        fprintf(to, "    %s\n", lines->items[i]);
    }
}

// ---- Comparing --------------------------------------------------------------------------------

// Whether `line` is `pattern`, in which "..." stands for any text.
static bool line_matches(const char *pattern, const char *line) {
    const char *wild = strstr(pattern, "...");
    if (wild == nullptr) {
        return strcmp(pattern, line) == 0;
    }
    size_t fixed = (size_t)(wild - pattern);
    if (strncmp(pattern, line, fixed) != 0) {
        return false;
    }
    for (line += fixed;; line++) {
        if (line_matches(wild + 3, line)) {
            return true;
        }
        if (*line == 0) {
            return false;
        }
    }
}

// Whether lines i.. of what was written are lines p.. of what was expected.
static bool lines_match(const Lines *expected, int p, const Lines *got, int i) {
    for (; p < expected->count; p++, i++) {
        if (strcmp(expected->items[p], "...") == 0) {
            for (; i <= got->count; i++) {
                if (lines_match(expected, p + 1, got, i)) {
                    return true;
                }
            }
            return false;
        }
        if (i == got->count || !line_matches(expected->items[p], got->items[i])) {
            return false;
        }
    }
    return i == got->count;
}

// ---- Running ----------------------------------------------------------------------------------

// Compares what a command wrote; a difference is told on `to`.
static bool check_stream(FILE *to, const char *name, const Lines *expected, const char *text) {
    Lines got = lines_split(text);
    bool same = lines_match(expected, 0, &got, 0);
    if (!same) {
        fprintf(to, "  expected on %s:\n", name);
        lines_print(to, expected);
        fprintf(to, "  got:\n");
        lines_print(to, &got);
    }
    lines_clear(&got);
    return same;
}

// Runs the block that was read, if any, and empties it.
static void finish_block(Run *run, Block *block) {
    if (block->command == nullptr) {
        return;
    }
    char *arguments[] = {"/bin/sh", "-c", block->command, nullptr};
    const char *settings[] = {run->path,   run->root,    run->home,    "LC_ALL=C.UTF-8",
                              "TERM=dumb", "NO_COLOR=1", "COLUMNS=80", nullptr};
    size_t length = 0;
    char *input = block->in.count > 0 ? lines_join(&block->in, &length) : nullptr;
    ProcessRequest request = {arguments, settings, run->directory, input, length, run->seconds};
    Process process;
    process_start(&process, &request);
    process_wait_any((Process *[]){&process}, 1);

    char *out = process_take_output(process.out, &length);
    char *err = process_take_output(process.err, &length);
    char *details = nullptr;
    FILE *to = open_memstream(&details, &length);
    bool ok = check_stream(to, "stdout", &block->out, out);
    ok = check_stream(to, "stderr", &block->err, err) && ok;
    if (process.timed_out) {
        fprintf(to, "  expected an end, got none within %d s\n", run->seconds);
        ok = false;
    } else if (process.status != block->status) {
        fprintf(to, "  expected exit %d, got exit %d\n", block->status, process.status);
        ok = false;
    }
    fclose(to);
    if (ok) {
        run->file_passed++;
    } else {
        run->file_failed++;
        printf("%s:%d: $ %s\n%s", block->file, block->line, block->command, details);
    }
    free(details);
    free(out);
    free(err);
    free(input);
    free(block->command);
    block->command = nullptr;
    block->status = 0;
    lines_clear(&block->in);
    lines_clear(&block->out);
    lines_clear(&block->err);
}

// ---- Reading ----------------------------------------------------------------------------------

// The rest of a line that begins with `mark` alone or `mark` and a space; else nullptr.
static const char *after_mark(const char *line, char mark) {
    if (line[0] != mark || (line[1] != ' ' && line[1] != 0)) {
        return nullptr;
    }
    return line[1] == 0 ? line + 1 : line + 2;
}

static FILE *create_file(const Run *run, const char *name) {
    char *path = nullptr;
    if (asprintf(&path, "%s/%s", run->directory, name) < 0) {
        driver_die("out of memory");
    }
    FILE *file = fopen(path, "w");
    if (file == nullptr) {
        driver_die("cannot create %s", path);
    }
    free(path);
    return file;
}

static void run_file(Run *run, const char *path) {
    size_t length;
    char *text = process_read_file(path, &length);
    if (text == nullptr) {
        driver_die("cannot read %s", path);
    }
    char *directory = temporary_make();
    run->directory = directory;
    if (asprintf(&run->home, "HOME=%s", directory) < 0) {
        driver_die("out of memory");
    }
    run->file_passed = run->file_failed = 0;

    Lines lines = lines_split(text);
    Block block = {.file = path};
    FILE *made = nullptr; // by a `file` line
    for (int i = 0; i < lines.count; i++) {
        const char *line = lines.items[i];
        const char *rest;
        if (made != nullptr && (rest = after_mark(line, '|')) != nullptr) {
            fprintf(made, "%s\n", rest);
            continue;
        }
        if (made != nullptr) {
            fclose(made);
            made = nullptr;
        }
        if (line[0] == 0 || line[0] == '#') {
            continue;
        }
        if ((rest = after_mark(line, '$')) != nullptr) {
            finish_block(run, &block);
            block.command = strdup(rest);
            block.line = i + 1;
        } else if (strncmp(line, "file ", 5) == 0) {
            finish_block(run, &block);
            made = create_file(run, line + 5);
        } else if (block.command != nullptr && (rest = after_mark(line, '<')) != nullptr) {
            lines_add(&block.in, rest);
        } else if (block.command != nullptr && (rest = after_mark(line, '>')) != nullptr) {
            lines_add(&block.out, rest);
        } else if (block.command != nullptr && (rest = after_mark(line, '!')) != nullptr) {
            lines_add(&block.err, rest);
        } else if (block.command != nullptr && strncmp(line, "exit ", 5) == 0 &&
                   isdigit((unsigned char)line[5])) {
            block.status = atoi(line + 5);
        } else {
            printf("%s:%d: expected a line of a command-line test, got: %s\n", path, i + 1, line);
            run->file_failed++;
        }
    }
    if (made != nullptr) {
        fclose(made);
    }
    finish_block(run, &block);
    printf("%s: %d passed, %d failed\n", path, run->file_passed, run->file_failed);
    fflush(stdout);
    run->passed += run->file_passed;
    run->failed += run->file_failed;
    lines_clear(&lines);
    free(text);
    free(run->home);
    temporary_remove(directory);
}

int main(int count, char **arguments) {
    Run run = {.seconds = 300};
    int i = 1;
    for (; i < count && strncmp(arguments[i], "--", 2) == 0; i += 2) {
        if (i + 1 == count) {
            driver_die("%s needs a value", arguments[i]);
        }
        const char *value = arguments[i + 1];
        if (strcmp(arguments[i], "--deadline") == 0) {
            run.seconds = atoi(value);
        } else if (strcmp(arguments[i], "--path") == 0) {
            char *directory = realpath(value, nullptr);
            if (directory == nullptr ||
                asprintf(&run.path, "PATH=%s:%s", directory, getenv("PATH")) < 0) {
                driver_die("no directory %s", value);
            }
            free(directory);
        } else {
            driver_die("no option %s", arguments[i]);
        }
    }
    if (run.path == nullptr || i == count) {
        driver_die("usage: clitest [--deadline SECONDS] --path DIRECTORY FILE...");
    }
    char *here = getcwd(nullptr, 0);
    if (asprintf(&run.root, "ROOT=%s", here) < 0) {
        driver_die("out of memory");
    }
    for (; i < count; i++) {
        run_file(&run, arguments[i]);
    }
    free(here);
    free(run.path);
    free(run.root);
    printf("%d passed, %d failed\n", run.passed, run.failed);
    return run.failed > 0;
}
