// The forms and annotations of a language test file, found without the reader that is under test.
//
// A file is a sequence of top-level forms. A comment at the end of the line on which a form ends
// says what is expected of it (of the last one, if several end there):
//     ;; expect: TEXT           its values as `write` prints them, separated by one space
//     ;; expect output: TEXT    what it writes; newline as \n, backslash as \\ .
//     ;; expect error: TEXT     it raises, and the condition's message contains TEXT
#ifndef KILN_TESTS_DRIVER_FORMS_H
#define KILN_TESTS_DRIVER_FORMS_H

#include <stdbool.h>
#include <stddef.h>

typedef enum Expectation {
    EXPECT_NOTHING, // must not fail
    EXPECT_VALUE,
    EXPECT_OUTPUT,
    EXPECT_ERROR,
    EXPECT_SYNTAX, // not a form: `expected` says what is wrong with the test file here
} Expectation;

typedef struct Form {
    const char *text;        // into the file's text
    size_t length;           // bytes
    int line, column;        // where it begins, from 1; columns in bytes
    int last_line;           // where it ends
    bool folds_case;         // #!fold-case is in force
    Expectation expectation; // of the annotation
    char *expected;          // TEXT with escapes replaced; "" without annotation
} Form;

typedef struct Forms {
    Form *items;
    size_t count;
} Forms;

// Splits a file's text, which must end with a 0 byte and outlive the result. A misplaced or
// misspelt annotation and an unclosed form become EXPECT_SYNTAX items.
Forms forms_split(const char *text);

#endif
