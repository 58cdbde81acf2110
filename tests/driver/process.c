#include "tests/driver/process.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void driver_die(const char *format, ...) {
    va_list arguments;
    fprintf(stderr, "%s: ", program_invocation_short_name);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(2);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int anonymous_file(void) {
    int file = memfd_create("output", MFD_CLOEXEC);
    if (file < 0) {
        driver_die("cannot make a file for output: %s", strerror(errno));
    }
    return file;
}

static int input_file(const ProcessRequest *request) {
    if (request->input == nullptr) {
        return open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    int file = anonymous_file();
    size_t done = 0;
    while (done < request->input_length) {
        ssize_t n = write(file, request->input + done, request->input_length - done);
        if (n < 0) {
            driver_die("cannot write input: %s", strerror(errno));
        }
        done += (size_t)n;
    }
    lseek(file, 0, SEEK_SET);
    return file;
}

// In the child: becomes the program or says on its stderr why not.
[[noreturn]] static void become(const ProcessRequest *request, int in, int out, int err) {
    struct rlimit output_limit = {1u << 30, 1u << 30};
    setpgid(0, 0);
    // Whoever has started the tests in the background ignores SIGINT; no test shall depend on that.
    static const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM, SIGXFSZ};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        signal(signals[i], SIG_DFL);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    setrlimit(RLIMIT_FSIZE, &output_limit);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    for (const char *const *s = request->settings; s != nullptr && *s != nullptr; s++) {
        if (strchr(*s, '=') != nullptr) {
            putenv((char *)*s);
        } else {
            unsetenv(*s);
        }
    }
    if (request->directory == nullptr || chdir(request->directory) == 0) {
        execv(request->arguments[0], request->arguments);
    }
    dprintf(STDERR_FILENO, "cannot run %s: %s\n", request->arguments[0], strerror(errno));
    _exit(127);
}

void process_start(Process *process, const ProcessRequest *request) {
    int in = input_file(request);
    *process = (Process){.out = anonymous_file(), .err = anonymous_file()};
    process->deadline = now() + request->seconds;
    fflush(nullptr);
    process->pid = fork();
    if (process->pid < 0) {
        driver_die("cannot start a process: %s", strerror(errno));
    }
    if (process->pid == 0) {
        become(request, in, process->out, process->err);
    }
    setpgid(process->pid, process->pid); // the child does it too; whoever comes first
    close(in);
    process->handle = (int)syscall(SYS_pidfd_open, process->pid, 0);
    if (process->handle < 0) {
        driver_die("cannot watch a process: %s", strerror(errno));
    }
    fcntl(process->handle, F_SETFD, FD_CLOEXEC);
}

// Collects an ended process and what is left of its group.
static void finish(Process *process) {
    int status = 0;
    waitpid(process->pid, &status, 0);
    kill(-process->pid, SIGKILL);
    close(process->handle);
    process->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int process_wait_any(Process *const processes[], int count) {
    struct pollfd *handles = calloc((size_t)count, sizeof *handles);
    for (;;) {
        double first = processes[0]->deadline;
        for (int i = 0; i < count; i++) {
            handles[i] = (struct pollfd){.fd = processes[i]->handle, .events = POLLIN};
            first = processes[i]->deadline < first ? processes[i]->deadline : first;
        }
        double left = first - now();
        poll(handles, (nfds_t)count, left < 0 ? 0 : (int)(left * 1000) + 1);
        double time = now();
        for (int i = 0; i < count; i++) {
            bool ended = handles[i].revents != 0;
            if (!ended && time < processes[i]->deadline) {
                continue;
            }
            if (!ended) {
                processes[i]->timed_out = true;
                kill(-processes[i]->pid, SIGKILL);
            }
            finish(processes[i]);
            free(handles);
            return i;
        }
    }
}

char *process_take_output(int file, size_t *length) {
    off_t size = lseek(file, 0, SEEK_END);
    char *text = malloc((size_t)size + 1);
    size_t done = 0;
    while (done < (size_t)size) {
        ssize_t n = pread(file, text + done, (size_t)size - done, (off_t)done);
        if (n <= 0) {
            break;
        }
        done += (size_t)n;
    }
    text[done] = 0;
    *length = done;
    close(file);
    return text;
}

char *process_read_file(const char *path, size_t *length) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    return file < 0 ? nullptr : process_take_output(file, length);
}

char *temporary_make(void) {
    const char *parent = getenv("TMPDIR");
    char *path = nullptr;
    if (asprintf(&path, "%s/kiln-test-XXXXXX", parent != nullptr ? parent : "/tmp") < 0 ||
        mkdtemp(path) == nullptr) {
        driver_die("cannot make a temporary directory: %s", strerror(errno));
    }
    return path;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *where) {
    remove(path);
    return 0;
}

void temporary_remove(char *path) {
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(path);
}
