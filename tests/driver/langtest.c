// langtest: runs language tests (tests/README.md tells their format).
// Usage: langtest --mode MODE [--jobs N] [--deadline SECONDS] FILE...
#include "tests/driver/langtest.h"

#include "tests/driver/forms.h"
#include "tests/driver/native_shadow.h"
#include "tests/driver/process.h"
#include "tier1/tier1.h"
#include "tier2/policy_tier.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_JOBS = 64 };

typedef struct Job { // one file
    const char *path;
    Process process;
    char *temporary; // KILN_TEST_TMP of the child
    char *setting;   // "KILN_TEST_TMP=…"
    char *report;    // after the end: what to print, with the summary
    int passed, failed;
} Job;

// How many annotations a file has, or 0 when it cannot be read.
static int count_annotations(const char *path) {
    size_t length;
    char *text = process_read_file(path, &length);
    if (text == nullptr) {
        return 0;
    }
    Forms forms = forms_split(text);
    int count = 0;
    for (size_t i = 0; i < forms.count; i++) {
        count += forms.items[i].expectation != EXPECT_NOTHING;
        free(forms.items[i].expected);
    }
    free(forms.items);
    free(text);
    return count;
}

static void start_job(Job *job, const char *mode, int seconds) {
    job->temporary = temporary_make();
    if (asprintf(&job->setting, "KILN_TEST_TMP=%s", job->temporary) < 0) {
        driver_die("out of memory");
    }
    char *arguments[] = {"/proc/self/exe", "--child", (char *)mode, (char *)job->path, nullptr};
    const char *settings[] = {job->setting, "LC_ALL=C.UTF-8", nullptr};
    ProcessRequest request = {arguments, settings, nullptr, nullptr, 0, seconds};
    process_start(&job->process, &request);
}

// Turns what an ended child told into counts and the report.
static void finish_job(Job *job, int seconds) {
    size_t length;
    char *told = process_take_output(job->process.out, &length);
    char *errors = process_take_output(job->process.err, &length);
    FILE *to = open_memstream(&job->report, &length);
    int line = 1;
    bool done = false;

    char *rest = told;
    for (char *item; (item = strsep(&rest, "\n")) != nullptr;) {
        if (strncmp(item, "at ", 3) == 0) {
            line = atoi(item + 3);
        } else if (strcmp(item, "pass") == 0) {
            job->passed++;
        } else if (strncmp(item, "fail ", 5) == 0) {
            job->failed++;
            fprintf(to, "%s\n", item + 5);
        } else if (strcmp(item, "done") == 0) {
            done = true;
        }
    }
    if (!done || job->process.timed_out || job->process.status != 0) {
        fprintf(to, "%s:%d: expected the file to run to its end, got ", job->path, line);
        if (job->process.timed_out) {
            fprintf(to, "none within %d s\n", seconds);
        } else if (job->process.status > 128) {
            fprintf(to, "signal %d (%s)\n", job->process.status - 128,
                    strsignal(job->process.status - 128));
        } else {
            fprintf(to, "exit %d\n", job->process.status);
        }
        // What was not reached did not hold; the end itself counts when nothing was left.
        int left = count_annotations(job->path) - job->passed - job->failed;
        job->failed += left > 0 ? left : 1;
    }
    if (job->failed > 0 && errors[0] != 0) {
        fprintf(to, "%s", errors);
    }
    fprintf(to, "%s: %d passed, %d failed\n", job->path, job->passed, job->failed);
    fclose(to);
    free(told);
    free(errors);
    free(job->setting);
    temporary_remove(job->temporary);
}

// Runs all files, at most `limit` at a time; prints their reports in the order given.
static int run_jobs(Job *jobs, int count, const char *mode, int limit, int seconds) {
    int running[MAX_JOBS]; // indices of jobs
    int running_count = 0, started = 0, printed = 0, passed = 0, failed = 0;
    while (printed < count) {
        while (started < count && running_count < limit) {
            start_job(&jobs[started], mode, seconds);
            running[running_count++] = started++;
        }
        Process *processes[MAX_JOBS];
        for (int i = 0; i < running_count; i++) {
            processes[i] = &jobs[running[i]].process;
        }
        int ended = process_wait_any(processes, running_count);
        finish_job(&jobs[running[ended]], seconds);
        running[ended] = running[--running_count];
        for (; printed < count && jobs[printed].report != nullptr; printed++) {
            fputs(jobs[printed].report, stdout);
            fflush(stdout);
            passed += jobs[printed].passed;
            failed += jobs[printed].failed;
            free(jobs[printed].report);
        }
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0;
}

int main(int count, char **arguments) {
    vm_tier_register(&t1_tier);
    t2_tier_register(false);
    if (count == 4 && strcmp(arguments[1], "--child") == 0) {
        return langtest_child(arguments[3], shadow_mode(arguments[2]));
    }
    const char *mode = nullptr;
    int limit = 1, seconds = 300, i = 1;
    for (; i < count && strncmp(arguments[i], "--", 2) == 0; i += 2) {
        if (i + 1 == count) {
            driver_die("%s needs a value", arguments[i]);
        }
        const char *value = arguments[i + 1];
        if (strcmp(arguments[i], "--mode") == 0) {
            mode = value;
        } else if (strcmp(arguments[i], "--jobs") == 0) {
            limit = atoi(value);
        } else if (strcmp(arguments[i], "--deadline") == 0) {
            seconds = atoi(value);
        } else {
            driver_die("no option %s", arguments[i]);
        }
    }
    if (mode == nullptr || i == count || limit < 1 || seconds < 1) {
        driver_die("usage: langtest --mode MODE [--jobs N] [--deadline SECONDS] FILE...");
    }
    Job *jobs = calloc((size_t)(count - i), sizeof *jobs);
    for (int k = i; k < count; k++) {
        jobs[k - i].path = arguments[k];
    }
    int status = run_jobs(jobs, count - i, mode, limit < MAX_JOBS ? limit : MAX_JOBS, seconds);
    free(jobs);
    return status;
}
