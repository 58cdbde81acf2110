// The REPL on a terminal: Ctrl-C during an evaluation, text beyond ASCII,
// completion.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "vm/cli.h"
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEADLINE_MS = 25000 }; // ends what hangs

// A session on a terminal of its own, and what it has written since the last expect.
static struct {
    pid_t child;
    int terminal;
    size_t length;
    char text[1 << 16];
} session;

static int set_up(void **state) {
    (void)state;
    session.length = 0;
    session.child = forkpty(&session.terminal, NULL, NULL, NULL);
    if (session.child < 0)
        return -1;
    if (session.child == 0) {
        unsetenv("HOME"); // no history
        setenv("LC_ALL", "C", 1);
        setenv("TERM", "dumb", 1);
        char *argv[] = {"kiln", "repl", NULL};
        _exit(vm_main(2, argv));
    }
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    close(session.terminal);
    kill(session.child, SIGKILL);
    waitpid(session.child, NULL, 0);
    return 0;
}

static void type(const char *text) {
    assert_int_equal(write(session.terminal, text, strlen(text)), (ssize_t)strlen(text));
}

// Wait until the session has written text; what came up to it is forgotten.
static void expect(const char *text) {
    for (;;) {
        session.text[session.length] = 0;
        char *found = strstr(session.text, text);
        if (found) {
            found += strlen(text);
            session.length -= (size_t)(found - session.text);
            memmove(session.text, found, session.length);
            return;
        }
        struct pollfd input = {.fd = session.terminal, .events = POLLIN};
        ssize_t n = -1;
        if (poll(&input, 1, DEADLINE_MS) > 0 && session.length + 1 < sizeof session.text)
            n = read(session.terminal, session.text + session.length,
                     sizeof session.text - 1 - session.length);
        if (n <= 0)
            fail_msg("expected %s, got %s", text, session.text);
        session.length += (size_t)n;
    }
}

static void expect_exit(int status) {
    int result = 0;
    char rest[256];
    struct pollfd input = {.fd = session.terminal, .events = POLLIN};
    while (poll(&input, 1, DEADLINE_MS) > 0 && read(session.terminal, rest, sizeof rest) > 0) {
    }
    pid_t ended = 0;
    for (int i = 0; i < DEADLINE_MS / 10 && ended == 0; i++) {
        ended = waitpid(session.child, &result, WNOHANG);
        if (ended == 0)
            usleep(10000);
    }
    assert_int_equal(ended, session.child);
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), status);
}

static void ctrl_c_ends_an_evaluation(void **state) {
    (void)state;
    expect("kiln> ");
    type("(begin (display (* 111 7)) (flush-output-port) (let loop () (loop)))\r");
    expect("777"); // not in what is typed, which comes back as well
    type("\x03");
    expect("interrupted");
    expect("kiln> ");
    type("(* 6 7)\r");
    expect("42\r\n");
    // No Ctrl-D: until the editor has taken the terminal, the terminal itself would swallow it.
    type("(exit 3)\r");
    expect_exit(3);
}

static void takes_text_beyond_ascii(void **state) {
    (void)state;
    expect("kiln> ");
    type("(list (string-length \"λ😀\") 'é)\r");
    expect("(2 |é|)\r\n");
}

static void completes_names(void **state) {
    (void)state;
    expect("kiln> ");
    type("(call-with-val\t");
    expect("call-with-values ");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ctrl_c_ends_an_evaluation, set_up, tear_down),
        cmocka_unit_test_setup_teardown(takes_text_beyond_ascii, set_up, tear_down),
        cmocka_unit_test_setup_teardown(completes_names, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
