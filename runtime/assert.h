// ASSERT: a bug in Kiln itself, as opposed to an error of the program (fail.h) or a failed
// compilation.
//
// Duty: one macro. Active in builds with KILN_DEBUG; elsewhere the condition is not evaluated, but
// still compiled, so that it cannot rot.
#ifndef KILN_RUNTIME_ASSERT_H
#define KILN_RUNTIME_ASSERT_H

#include <stdio.h>
#include <stdlib.h>

// Print FILE:LINE: and the message, then abort.
[[noreturn, gnu::format(printf, 3, 4), gnu::cold]] static inline void
rt_assert_failed(const char *file, int line, const char *format, ...) {
    fflush(stdout);
    fprintf(stderr, "%s:%d: internal error: ", file, line);
    __builtin_va_list arguments;
    __builtin_va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    __builtin_va_end(arguments);
    fputc('\n', stderr);
    abort();
}

// ASSERT(condition, format, …): the printf-like message names what was found, not what was hoped
// for.
#ifdef KILN_DEBUG
#define ASSERT(condition, ...)                                                                     \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0))                                                     \
            rt_assert_failed(__FILE__, __LINE__, __VA_ARGS__);                                     \
    } while (0)
#else
#define ASSERT(condition, ...)                                                                     \
    do {                                                                                           \
        if (false && !(condition))                                                                 \
            rt_assert_failed(__FILE__, __LINE__, __VA_ARGS__);                                     \
    } while (0)
#endif

#endif
