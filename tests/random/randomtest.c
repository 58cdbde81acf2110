// randomtest: compares an evaluator with the oracle, the CEK with all passes and no stress, on
// random programs. Usage: randomtest --mode MODE [--brief yes] [--seed S] [--count N] [--seconds S]
// [--save DIRECTORY] [FILE...]
//        randomtest --print SEED
// The environment is that of the evaluator; the oracle has none of Kiln's settings. With files,
// those are compared.
#include "tests/random/random.h"
#include "runtime/settings.h"
#include "tests/driver/native_shadow.h"
#include "tests/driver/process.h"
#include "tests/random/generate.h"
#include "tier1/tier1.h"
#include "tier2/policy_tier.h"
#include "vm/tier.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    DEADLINE = 60,        // seconds a program may take, on a busy machine
    DEADLINE_REDUCED = 3, // when it is being reduced
    PROGRAMS_MAX = 1000,  // that a child evaluates before another takes over
    REPORTS_MAX = 20,     // differences that are reduced and shown
};

typedef struct Evaluator {
    const char *mode;
    bool oracle, brief;
    pid_t pid; // 0: none runs
    int to, from;
    int programs; // evaluated so far
} Evaluator;

// ---- The children -----------------------------------------------------------------------------

static void start(Evaluator *e) {
    int to[2], from[2];
    if (pipe(to) != 0 || pipe(from) != 0) {
        driver_die("cannot make a pipe: %s", strerror(errno));
    }
    fflush(nullptr);
    e->pid = fork();
    if (e->pid < 0) {
        driver_die("cannot start a process: %s", strerror(errno));
    }
    if (e->pid == 0) {
        dup2(to[0], STDIN_FILENO);
        dup2(from[1], STDOUT_FILENO);
        for (int file = 3; file < 64; file++) {
            close(file);
        }
        for (int i = 0; e->oracle && i < SETTING_COUNT; i++) {
            unsetenv(rt_settings[i].name);
        }
        setenv("KILN_HASH_SEED", "1", 1);
        setenv("KILN_HEAP_LIMIT", "400m", 0);
        char *arguments[] = {"/proc/self/exe", "--child", (char *)e->mode,
                             e->brief ? "brief" : "whole", nullptr};
        execv(arguments[0], arguments);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    e->to = to[1];
    e->from = from[0];
    e->programs = 0;
}

// Ends the child; what became of it, as a transcript.
static char *stop(Evaluator *e, const char *why) {
    int status = 0;
    char *text;
    if (why) {
        kill(e->pid, SIGKILL);
    }
    close(e->to);
    waitpid(e->pid, &status, 0);
    close(e->from);
    e->pid = 0;
    if (why) {
        return strdup(why);
    }
    int size = WIFSIGNALED(status) ? asprintf(&text, "ended by signal %d (%s)\n", WTERMSIG(status),
                                              strsignal(WTERMSIG(status)))
                                   : asprintf(&text, "ended with status %d\n", WEXITSTATUS(status));
    return size < 0 ? nullptr : text;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

// False: nothing more comes, or not before the deadline.
static bool receive(const Evaluator *e, void *to, size_t size, double deadline, bool *late) {
    char *at = to;
    while (size > 0) {
        struct pollfd wait = {e->from, POLLIN, 0};
        double left = deadline - now();
        if (left <= 0 || poll(&wait, 1, (int)(left * 1000) + 1) == 0) {
            *late = true;
            return false;
        }
        ssize_t n = read(e->from, at, size);
        if (n <= 0) {
            return false;
        }
        at += n;
        size -= (size_t)n;
    }
    return true;
}

static const char timed_out[] = "no end within the deadline\n";

static void ask(Evaluator *e, const char *program) {
    if (e->pid != 0 && e->programs++ >= PROGRAMS_MAX) {
        free(stop(e, nullptr));
    }
    if (e->pid == 0) {
        start(e);
    }
    uint32_t size = (uint32_t)strlen(program);
    if (write(e->to, &size, sizeof size) != sizeof size ||
        write(e->to, program, size) != (ssize_t)size) {
        return; // it has ended: the answer will tell
    }
}

static char *answer(Evaluator *e, int seconds) {
    double deadline = now() + seconds;
    uint32_t size;
    bool late = false;
    char *text = nullptr;
    if (receive(e, &size, sizeof size, deadline, &late)) {
        text = calloc((size_t)size + 1, 1);
        if (receive(e, text, size, deadline, &late)) {
            return text;
        }
    }
    free(text);
    return stop(e, late ? timed_out : nullptr);
}

// ---- Comparing --------------------------------------------------------------------------------

typedef struct Comparison {
    Evaluator oracle, tested;
    const char *save; // directory for programs that show a difference
    int64_t same, different, endless;
    int reports;
} Comparison;

typedef struct Answers {
    char *expected, *got;
} Answers;

static Answers evaluate(Comparison *c, const char *program, int seconds) {
    ask(&c->oracle, program);
    ask(&c->tested, program);
    Answers answers;
    answers.expected = answer(&c->oracle, seconds);
    answers.got = answer(&c->tested, seconds);
    return answers;
}

static void answers_free(Answers a) {
    free(a.expected);
    free(a.got);
}

// Programs that have lost what ended them show nothing.
static bool still_differs(void *context, const char *program) {
    Comparison *c = context;
    Answers a = evaluate(c, program, DEADLINE_REDUCED);
    bool ends = strcmp(a.expected, timed_out) != 0 && strcmp(a.got, timed_out) != 0;
    bool result = ends && strcmp(a.expected, a.got) != 0;
    answers_free(a);
    return result;
}

static void write_file(const char *directory, const char *name, const char *text) {
    char *path;
    if (asprintf(&path, "%s/%s", directory, name) < 0) {
        driver_die("out of memory");
    }
    FILE *file = fopen(path, "w");
    if (file == nullptr || fputs(text, file) < 0 || fclose(file) != 0) {
        driver_die("cannot write %s", path);
    }
    free(path);
}

// From the first line that is not the same, at most so many lines.
static void print_from(const char *title, const char *text, size_t skip) {
    enum { LINES = 12 };
    printf("%s\n", title);
    const char *at = text + skip;
    for (int i = 0; i < LINES && *at; i++) {
        size_t length = strcspn(at, "\n");
        printf("    %.*s\n", (int)length, at);
        at += length + (at[length] == '\n');
    }
}

static void report(Comparison *c, const char *name, const char *program, Answers first) {
    // A program that does not end in one of them would only lose what ends it in the other.
    bool ends = strcmp(first.expected, timed_out) != 0 && strcmp(first.got, timed_out) != 0;
    char *reduced = ends ? random_reduce(program, still_differs, c) : strdup(program);
    Answers a = evaluate(c, reduced, DEADLINE);
    size_t skip = 0, line = 0;
    for (; a.expected[skip] && a.expected[skip] == a.got[skip]; skip++) {
        if (a.expected[skip] == '\n') {
            line = skip + 1;
        }
    }
    printf("---- %s differs. Reduced:\n%s", name, reduced);
    print_from("expected:", a.expected, line);
    print_from("got:", a.got, line);
    fflush(stdout);
    if (c->save != nullptr) {
        char file[64];
        snprintf(file, sizeof file, "%s.sx", name);
        write_file(c->save, file, program);
        snprintf(file, sizeof file, "%s-reduced.sx", name);
        write_file(c->save, file, reduced);
    }
    answers_free(a);
    free(reduced);
}

static void compare(Comparison *c, const char *name, const char *program) {
    Answers a = evaluate(c, program, DEADLINE);
    if (strcmp(a.expected, a.got) != 0) {
        c->different++;
        if (c->reports++ < REPORTS_MAX) {
            report(c, name, program, a);
        }
    } else if (strcmp(a.expected, timed_out) == 0) {
        c->endless++;
        printf("---- %s does not end\n", name);
    } else {
        c->same++;
    }
    answers_free(a);
}

int main(int count, char **arguments) {
    vm_tier_register(&t1_tier);
    t2_tier_register(false);
    signal(SIGPIPE, SIG_IGN);
    if (count == 4 && strcmp(arguments[1], "--child") == 0) {
        return random_evaluate(shadow_mode(arguments[2]), strcmp(arguments[3], "brief") == 0);
    }
    const char *mode = nullptr, *save = nullptr;
    uint64_t seed = 1, programs = 300;
    double seconds = 0;
    bool brief = false;
    int i = 1;
    for (; i < count && strncmp(arguments[i], "--", 2) == 0; i += 2) {
        if (i + 1 == count) {
            driver_die("%s needs a value", arguments[i]);
        }
        const char *name = arguments[i], *value = arguments[i + 1];
        if (strcmp(name, "--mode") == 0) {
            mode = value;
        } else if (strcmp(name, "--brief") == 0) {
            brief = strcmp(value, "yes") == 0;
        } else if (strcmp(name, "--seed") == 0) {
            seed = strtoull(value, nullptr, 10);
        } else if (strcmp(name, "--count") == 0) {
            programs = strtoull(value, nullptr, 10);
        } else if (strcmp(name, "--seconds") == 0) {
            seconds = strtod(value, nullptr);
        } else if (strcmp(name, "--save") == 0) {
            save = value;
        } else if (strcmp(name, "--print") == 0) {
            fputs(random_program(strtoull(value, nullptr, 10)), stdout);
            return 0;
        } else {
            driver_die("no option %s", name);
        }
    }
    if (mode == nullptr) {
        driver_die(
            "usage: randomtest --mode MODE [--brief yes] [--seed S] [--count N] [--seconds S]"
            " [--save DIRECTORY] [FILE...]");
    }
    Comparison c = {.oracle = {.mode = "cek", .oracle = true, .brief = brief},
                    .tested = {.mode = mode, .brief = brief},
                    .save = save};
    double end = now() + seconds;
    if (i < count) {
        for (; i < count; i++) {
            size_t length;
            char *text = process_read_file(arguments[i], &length);
            if (text == nullptr) {
                driver_die("cannot read %s", arguments[i]);
            }
            const char *slash = strrchr(arguments[i], '/');
            compare(&c, slash ? slash + 1 : arguments[i], text);
            free(text);
        }
    } else {
        for (uint64_t n = 0; seconds > 0 ? now() < end : n < programs; n++) {
            char name[32], *text = random_program(seed + n);
            snprintf(name, sizeof name, "program-%" PRIu64, seed + n);
            compare(&c, name, text);
            free(text);
        }
    }
    for (int k = 0; k < 2; k++) {
        Evaluator *e = k == 0 ? &c.oracle : &c.tested;
        if (e->pid != 0) {
            free(stop(e, nullptr));
        }
    }
    printf("%" PRId64 " passed, %" PRId64 " failed\n", c.same, c.different + c.endless);
    return c.different + c.endless > 0;
}
