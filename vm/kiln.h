// Kiln's embedding interface: the one header a host program includes.
//
//     Kiln *k = kiln_create(NULL);
//     KilnRef *v = NULL;
//     if (kiln_eval(k, "(+ 1 2)", "host", &v) != KILN_OK) fputs(kiln_error_report(k), stderr);
//     int64_t n;
//     if (kiln_to_int(k, v, &n)) printf("%lld\n", (long long)n);
//     kiln_release(k, v);
//     kiln_destroy(k);
//
// Values are held by references (KilnRef): the collector does not look at the host's stack or
// memory. A function that delivers a reference makes a new one, which the host gives back with
// kiln_release; kiln_destroy releases the rest. References given as arguments stay the host's.
//
// One VM exists at a time in a process, VMs may follow one another, and all calls come from one
// thread. A host function may call back into the VM: continuations captured outside of that inner
// call cannot be re-entered from within it.
//
// Strings are UTF-8. Functions that answer a KilnStatus leave a condition when they fail:
// kiln_error_* tell what it says, until the next call that can fail.
#ifndef KILN_VM_KILN_H
#define KILN_VM_KILN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct Kiln Kiln;
typedef struct KilnRef KilnRef;

typedef enum KilnStatus {
    KILN_OK = 0,
    KILN_ERROR,      // a condition was raised and not handled
    KILN_EXIT,       // the program called exit: kiln_exit_status tells with what
    KILN_INCOMPLETE, // kiln_eval: the text ends within a datum; nothing of it was evaluated
} KilnStatus;

typedef struct KilnOptions {
    const char *mode; // name of the evaluator: "cek"; NULL: the best there is
    bool scheme;      // true: the text and the top level are R7RS-small alone; false: SX
    bool program; // true: nothing is bound at first but import and define-library, as in a program
    const char *const
        *arguments; // of the command line, NULL-terminated, the program's name first; NULL: none
} KilnOptions;

// A new VM; options may be NULL. NULL when one exists already, memory is short or the mode is
// unknown.
Kiln *kiln_create(const KilnOptions *options);
// Flush and close everything and free the VM. 0, or 1 when output could not be written.
int kiln_destroy(Kiln *k);

// Evaluate all forms of a NUL-terminated text; `name` is what errors call it. *result (if result is
// not NULL) becomes the value of the last form.
KilnStatus kiln_eval(Kiln *k, const char *text, const char *name, KilnRef **result);
// The same for `length` bytes, which begin at that line and column of `name` (from 1).
KilnStatus kiln_eval_at(Kiln *k, const char *text, size_t length, const char *name, int line,
                        int column, KilnRef **result);
// Run a file in an environment of its own, as `kiln run` does. Its form follows from its name: .scm
// and .sld R7RS, else SX.
KilnStatus kiln_run_file(Kiln *k, const char *path);

// Apply a procedure.
KilnStatus kiln_call(Kiln *k, KilnRef *procedure, int argc, KilnRef *const *argv, KilnRef **result);
// Value of a global variable of the top level; NULL when it has none.
KilnRef *kiln_global(Kiln *k, const char *name);
// Define a global variable.
KilnStatus kiln_define(Kiln *k, const char *name, KilnRef *value);

// A procedure in C. It answers a reference, which the VM releases, or NULL after kiln_fail.
typedef KilnRef *KilnFunction(Kiln *k, int argc, KilnRef *const *argv, void *data);
// Define a global procedure that takes `min` to `max` arguments (max -1: any number).
KilnStatus kiln_define_function(Kiln *k, const char *name, KilnFunction *fn, int min, int max,
                                void *data);
// In a host function: raise an error with that message; answers NULL.
KilnRef *kiln_fail(Kiln *k, const char *message);

// ---- conversion. The kiln_to functions answer false, and leave *out alone, when the value is of
// another type.

typedef enum KilnType {
    KILN_NIL, // nil, the unspecified value, end of file
    KILN_BOOLEAN,
    KILN_INTEGER, // exact, of any size
    KILN_NUMBER,  // any other number
    KILN_CHAR,
    KILN_STRING,
    KILN_SYMBOL,
    KILN_KEYWORD,
    KILN_NULL, // the empty list
    KILN_PAIR,
    KILN_VECTOR,
    KILN_BYTEVECTOR,
    KILN_DICT,
    KILN_PROCEDURE,
    KILN_OTHER,
} KilnType;
KilnType kiln_type(Kiln *k, const KilnRef *v);

KilnRef *kiln_nil(Kiln *k);
KilnRef *kiln_bool(Kiln *k, bool b);
KilnRef *kiln_int(Kiln *k, int64_t n);
KilnRef *kiln_double(Kiln *k, double d);
KilnRef *kiln_string(Kiln *k, const char *text, size_t length); // invalid UTF-8 becomes U+FFFD
KilnRef *kiln_symbol(Kiln *k, const char *name);
KilnRef *kiln_list(Kiln *k, int count, KilnRef *const *items);
KilnRef *kiln_vector(Kiln *k, int count, KilnRef *const *items);

bool kiln_truthy(Kiln *k, const KilnRef *v); // everything but #f and nil
bool kiln_to_int(Kiln *k, const KilnRef *v, int64_t *out);
bool kiln_to_double(Kiln *k, const KilnRef *v, double *out); // any real number
// Text of a string, symbol or keyword, NUL-terminated, the VM's, valid until v is released. *length
// may be NULL.
const char *kiln_to_text(Kiln *k, KilnRef *v, size_t *length);
// Elements of a list, vector, string or bytevector, or entries of a dictionary; -1 for other
// values.
ptrdiff_t kiln_length(Kiln *k, const KilnRef *v);
// Element i (from 0) of a list or vector; value of a key in a dictionary. NULL when there is none.
KilnRef *kiln_at(Kiln *k, const KilnRef *v, size_t i);
KilnRef *kiln_get(Kiln *k, const KilnRef *dict, const KilnRef *key);
// As `write` prints it (or `display`); the VM's, valid until v is released. NULL with a condition
// when memory is short.
const char *kiln_written(Kiln *k, KilnRef *v, bool display);
// Another reference to the same value; and giving one back (NULL is allowed).
KilnRef *kiln_retain(Kiln *k, const KilnRef *v);
void kiln_release(Kiln *k, KilnRef *v);

// ---- the last failure

const char *kiln_error_text(Kiln *k); // "car: argument 1: expected pair, got 5"
const char *kiln_error_report(
    Kiln *k); // with position, source line, caret and backtrace, as the command line shows it
KilnRef *kiln_error_value(Kiln *k); // the condition, or whatever object was raised
int kiln_exit_status(Kiln *k);      // after KILN_EXIT

// Ask a running evaluation to stop: it raises an interrupt condition at its next call. Safe in a
// signal handler.
void kiln_interrupt(Kiln *k);
// "0.1.0".
const char *kiln_version(void);

#ifdef __cplusplus
}
#endif
#endif
