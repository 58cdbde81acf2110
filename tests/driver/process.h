// Running a program under test: its own process group, captured outputs, a deadline, a fresh
// temporary directory. Used by langtest and clitest.
//
// Outputs go to anonymous files, not pipes, so a caller that looks only after the end never blocks
// the child. A child whose outputs pass 1 GiB is killed by the kernel (SIGXFSZ).
#ifndef KILN_TESTS_DRIVER_PROCESS_H
#define KILN_TESTS_DRIVER_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct Process {
    pid_t pid;       // also the id of its process group
    int handle;      // pidfd; readable once the process has ended
    int out, err;    // files that hold its stdout and stderr
    double deadline; // CLOCK_MONOTONIC, seconds
    bool timed_out;  // killed because the deadline passed
    int status;      // after the end: exit status, or 128 + signal
} Process;

typedef struct ProcessRequest {
    char *const *arguments;      // program and arguments, NULL at the end; the program by path
    const char *const *settings; // "NAME=VALUE" to set or "NAME" to unset; NULL at the end
    const char *directory;       // where it runs; NULL: where the caller is
    const char *input;           // its stdin; NULL: empty
    size_t input_length;         // bytes
    int seconds;                 // until it is killed
} ProcessRequest;

// Starts a process. Failure to start one ends the caller with a message.
void process_start(Process *process, const ProcessRequest *request);

// Waits until one of `count` processes has ended, or kills one whose deadline has passed; returns
// its index, with timed_out and status set.
int process_wait_any(Process *const processes[], int count);

// Whole contents of out or err, with a 0 byte after it; the caller frees it. Closes the file.
char *process_take_output(int file, size_t *length);

// Whole contents of a file, with a 0 byte after it; NULL when it cannot be read. Caller frees.
char *process_read_file(const char *path, size_t *length);

// Makes an empty directory and returns its path, which the caller gives to temporary_remove.
char *temporary_make(void);
void temporary_remove(char *path);

// Writes "PROGRAM: MESSAGE" to stderr and exits with 2.
[[noreturn, gnu::format(printf, 1, 2)]] void driver_die(const char *format, ...);

#endif
