// langtest, in two processes: the parent (langtest.c) starts one child a file, so that a crash or a
// hang is a failure of that file only; the child (langtest_child.c) is the only part that knows the
// virtual machine.
//
// The child tells the parent on its original stdout, a line each:
//     at LINE       the form that begins there is about to run
//     pass          one annotation holds
//     fail TEXT     FILE:LINE: and what was expected and what came
//     done          the file has ended
#ifndef KILN_TESTS_DRIVER_LANGTEST_H
#define KILN_TESTS_DRIVER_LANGTEST_H

// Runs the forms of the file at `path` in the evaluator `mode`; returns the exit status.
int langtest_child(const char *path, const char *mode);

#endif
