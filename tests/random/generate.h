// Random programs. Duty: a well-formed SX program for each seed, always the same one, that ends.
// README.md tells how it is made and why it ends.
#ifndef KILN_TESTS_RANDOM_GENERATE_H
#define KILN_TESTS_RANDOM_GENERATE_H

#include <stddef.h>
#include <stdint.h>

// The program of that seed, with a 0 byte after it; the caller frees it.
char *random_program(uint64_t seed);

#endif
