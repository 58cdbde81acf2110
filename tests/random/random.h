// randomtest, in three processes: the parent (randomtest.c) makes programs and compares what the
// two children answer; each child (evaluate.c) is a machine that evaluates one program after the
// other, each in an environment of its own. Only the children know the virtual machine.
//
// A message either way is its length in bytes, a uint32_t, then so many bytes: to the child a
// program, from the child a transcript: for each form, its position, what it wrote, and its values
// or the report of its error.
#ifndef KILN_TESTS_RANDOM_RANDOM_H
#define KILN_TESTS_RANDOM_RANDOM_H

#include <stdbool.h>

// Answers programs from stdin until it ends.
int random_evaluate(const char *mode, bool brief);

// A smaller program of which `differs` still holds; the caller frees it.
char *random_reduce(const char *program, bool (*differs)(void *context, const char *program),
                    void *context);

#endif
