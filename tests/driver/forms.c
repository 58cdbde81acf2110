#include "tests/driver/forms.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct Scanner {
    const char *text;       // whole file
    const char *at;         // next character
    const char *line_start; // of the line that `at` is on
    int line;               // from 1
    int depth;              // of nesting in forms and skipped datums; 0: top level
    bool folds_case;        // #!fold-case is in force
    Forms forms;
} Scanner;

// ---- Collecting -------------------------------------------------------------------------------

static Form *add_form(Scanner *s) {
    s->forms.items = realloc(s->forms.items, (s->forms.count + 1) * sizeof(Form));
    Form *form = &s->forms.items[s->forms.count++];
    *form = (Form){
        .text = s->at,
        .line = s->line,
        .column = (int)(s->at - s->line_start) + 1,
        .last_line = s->line,
        .folds_case = s->folds_case,
        .expected = strdup(""),
    };
    return form;
}

static void add_problem(Scanner *s, const char *what) {
    Form *form = add_form(s);
    form->expectation = EXPECT_SYNTAX;
    free(form->expected);
    form->expected = strdup(what);
}

// ---- Annotations ------------------------------------------------------------------------------

static const struct {
    const char *prefix;
    Expectation expectation;
} annotations[] = {
    {";; expect:", EXPECT_VALUE},
    {";; expect output:", EXPECT_OUTPUT},
    {";; expect error:", EXPECT_ERROR},
};

// Text after the colon: without the space that follows it, escapes of outputs replaced, white
// space at the end dropped except in outputs, where it counts.
static char *annotation_text(const char *start, const char *end, Expectation expectation) {
    if (start < end && *start == ' ') {
        start++;
    }
    if (end > start && end[-1] == '\r') {
        end--;
    }
    while (expectation != EXPECT_OUTPUT && end > start && isspace((unsigned char)end[-1])) {
        end--;
    }
    char *text = malloc((size_t)(end - start) + 1);
    char *to = text;
    while (start < end) {
        char c = *start++;
        if (expectation == EXPECT_OUTPUT && c == '\\' && start < end) {
            c = *start++;
            c = c == 'n' ? '\n' : c;
        }
        *to++ = c;
    }
    *to = 0;
    return text;
}

// Whether a comment looks like an annotation, well spelt or not: semicolons, "expect", a colon.
static bool is_like_annotation(const char *comment, const char *end) {
    while (comment < end && (*comment == ';' || *comment == ' ')) {
        comment++;
    }
    if (end - comment < 6 || strncmp(comment, "expect", 6) != 0) {
        return false;
    }
    comment += 6;
    while (comment < end && (isalpha((unsigned char)*comment) || *comment == ' ')) {
        comment++;
    }
    return comment < end && *comment == ':';
}

static void read_comment(Scanner *s) {
    const char *start = s->at;
    const char *end = strchrnul(start, '\n');
    if (!is_like_annotation(start, end)) {
        s->at = end;
        return;
    }
    Form *form = s->forms.count > 0 ? &s->forms.items[s->forms.count - 1] : nullptr;
    if (s->depth > 0 || form == nullptr || form->last_line != s->line) {
        add_problem(s, "an annotation that no form ends before");
        s->at = end;
        return;
    }
    for (size_t i = 0; i < sizeof annotations / sizeof annotations[0]; i++) {
        size_t length = strlen(annotations[i].prefix);
        if (strncmp(start, annotations[i].prefix, length) == 0) {
            form->expectation = annotations[i].expectation;
            free(form->expected);
            form->expected = annotation_text(start + length, end, form->expectation);
            s->at = end;
            return;
        }
    }
    add_problem(s, "an annotation that is none of expect, expect output, expect error");
    s->at = end;
}

// ---- Scanning ---------------------------------------------------------------------------------

static void advance(Scanner *s) {
    if (*s->at++ == '\n') {
        s->line++;
        s->line_start = s->at;
    }
}

static bool is_delimiter(char c) {
    return c == 0 || isspace((unsigned char)c) || strchr("()[]{}\";", c) != nullptr;
}

static bool starts_with(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool skip_datum(Scanner *s);

static void skip_block_comment(Scanner *s) {
    int depth = 0;
    do {
        if (starts_with(s->at, "#|")) {
            depth++;
            s->at += 2;
        } else if (starts_with(s->at, "|#")) {
            depth--;
            s->at += 2;
        } else {
            advance(s);
        }
    } while (depth > 0 && *s->at != 0);
}

// #!fold-case or #!no-fold-case, which hold from here on.
static bool skip_directive(Scanner *s) {
    bool fold = starts_with(s->at, "#!fold-case");
    if (!fold && !starts_with(s->at, "#!no-fold-case")) {
        return false;
    }
    s->folds_case = fold;
    s->at += strlen(fold ? "#!fold-case" : "#!no-fold-case");
    return true;
}

// White space, comments and directives.
static void skip_atmosphere(Scanner *s) {
    for (;;) {
        if (isspace((unsigned char)*s->at)) {
            advance(s);
        } else if (*s->at == ';') {
            read_comment(s);
        } else if (starts_with(s->at, "#|")) {
            skip_block_comment(s);
        } else if (starts_with(s->at, "#;")) {
            s->at += 2;
            s->depth++;
            skip_datum(s);
            s->depth--;
        } else if (!skip_directive(s)) {
            return;
        }
    }
}

// Up to and including the closing quote, which is `quote`. False at the end of the file.
static bool skip_quoted(Scanner *s, char quote) {
    advance(s);
    while (*s->at != 0 && *s->at != quote) {
        if (*s->at == '\\') {
            advance(s);
        }
        if (*s->at != 0) {
            advance(s);
        }
    }
    if (*s->at == 0) {
        return false;
    }
    advance(s);
    return true;
}

static bool skip_list(Scanner *s) {
    advance(s);
    s->depth++;
    bool closed = false;
    for (;;) {
        skip_atmosphere(s);
        if (*s->at == 0) {
            break;
        }
        if (strchr(")]}", *s->at) != nullptr) {
            advance(s);
            closed = true;
            break;
        }
        if (!skip_datum(s)) {
            break;
        }
    }
    s->depth--;
    return closed;
}

// A symbol, number or #-syntax. `#u8(` and its like, and `#0=`, go on with what follows.
static bool skip_atom(Scanner *s) {
    bool hash = *s->at == '#';
    if (starts_with(s->at, "#\\")) {
        s->at += 2;
        if (*s->at != 0) {
            advance(s); // also a delimiter: #\( and #\;
        }
        hash = false;
    }
    while (!is_delimiter(*s->at)) {
        if (*s->at == '|') {
            if (!skip_quoted(s, '|')) {
                return false;
            }
        } else if (hash && *s->at == '=') {
            advance(s);
            return skip_datum(s);
        } else {
            advance(s);
        }
    }
    return hash && *s->at != 0 && strchr("([{", *s->at) != nullptr ? skip_list(s) : true;
}

// One datum after atmosphere; false when the file ends inside it.
static bool skip_datum(Scanner *s) {
    skip_atmosphere(s);
    switch (*s->at) {
    case 0:
        return false;
    case '(':
    case '[':
    case '{':
        return skip_list(s);
    case '"':
        return skip_quoted(s, '"');
    case '\'':
    case '`':
    case ',':
        s->at += starts_with(s->at, ",@") ? 2 : 1;
        s->depth++;
        bool whole = skip_datum(s);
        s->depth--;
        return whole;
    default:
        return skip_atom(s);
    }
}

Forms forms_split(const char *text) {
    Scanner s = {.text = text, .at = text, .line_start = text, .line = 1};
    if (starts_with(text, "#!/")) {
        s.at = strchrnul(text, '\n');
    }
    for (;;) {
        skip_atmosphere(&s);
        if (*s.at == 0) {
            return s.forms;
        }
        if (strchr(")]}", *s.at) != nullptr) {
            add_problem(&s, "a closing parenthesis too many");
            advance(&s);
            continue;
        }
        size_t index = s.forms.count;
        add_form(&s);
        bool whole = skip_datum(&s);
        Form *form = &s.forms.items[index];
        form->length = (size_t)(s.at - form->text);
        // A problem found inside the form stays after it; annotations go by the last item.
        form->last_line = s.line;
        if (!whole) {
            form->expectation = EXPECT_SYNTAX;
            free(form->expected);
            form->expected = strdup("a form that is not closed");
            return s.forms;
        }
    }
}
