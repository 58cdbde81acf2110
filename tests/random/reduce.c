// Reduction of a program that shows a difference: parts are left out, or replaced by a part of
// theirs or by a constant, as long as it still shows one. Works on data as read by a reader of its
// own, which knows no more than where they end.
#include "tests/random/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Datum {
    char *prefix; // quotes, or # of a vector
    char *atom;   // NULL: a list
    char open, close;
    struct Datum **item;
    int count;
} Datum;

// ---- Reading and writing ----------------------------------------------------------------------

static void skip_space(const char **at) {
    for (;;) {
        *at += strspn(*at, " \n\t");
        if (**at != ';')
            return;
        *at += strcspn(*at, "\n");
    }
}

static Datum *datum_read(const char **at);

static void read_items(Datum *list, const char **at, char close) {
    for (skip_space(at); **at && **at != close; skip_space(at)) {
        list->item = realloc(list->item, (size_t)(list->count + 1) * sizeof *list->item);
        list->item[list->count++] = datum_read(at);
    }
    if (**at)
        ++*at;
}

static size_t atom_length(const char *at) {
    if (*at == '"') {
        size_t n = 1;
        while (at[n] && at[n] != '"')
            n += at[n] == '\\' && at[n + 1] ? 2 : 1;
        return n + (at[n] == '"');
    }
    if (at[0] == '#' && at[1] == '\\' && at[2])
        return 3 + strcspn(at + 3, " \n\t()[]{}\";'");
    size_t n = strcspn(at, " \n\t()[]{}\";");
    return n ? n : 1;
}

static Datum *datum_read(const char **at) {
    Datum *datum = calloc(1, sizeof *datum);
    size_t prefix = strspn(*at, "'`,@");
    if ((*at)[prefix] == '#' && (*at)[prefix + 1] == '(')
        prefix++;
    datum->prefix = strndup(*at, prefix);
    *at += prefix;
    if (**at == '(' || **at == '{') {
        datum->open = **at;
        datum->close = **at == '(' ? ')' : '}';
        ++*at;
        read_items(datum, at, datum->close);
    } else {
        size_t length = atom_length(*at);
        datum->atom = strndup(*at, length);
        *at += length;
    }
    return datum;
}

static void datum_write(const Datum *datum, FILE *to) {
    fputs(datum->prefix, to);
    if (datum->atom) {
        fputs(datum->atom, to);
        return;
    }
    fputc(datum->open, to);
    for (int i = 0; i < datum->count; i++) {
        if (i)
            fputc(' ', to);
        datum_write(datum->item[i], to);
    }
    fputc(datum->close, to);
}

static char *program_text(const Datum *program) {
    char *text;
    size_t length;
    FILE *to = open_memstream(&text, &length);
    for (int i = 0; i < program->count; i++) {
        datum_write(program->item[i], to);
        fputc('\n', to);
    }
    fclose(to);
    return text;
}

// ---- Reducing ---------------------------------------------------------------------------------

enum { ATTEMPTS_MAX = 4000 };

typedef struct Reduction {
    Datum *program; // a list of its forms
    bool (*differs)(void *context, const char *program);
    void *context;
    int attempts;
    bool progress;
} Reduction;

static bool holds(Reduction *r) {
    if (r->attempts++ >= ATTEMPTS_MAX)
        return false;
    char *text = program_text(r->program);
    bool result = r->differs(r->context, text);
    free(text);
    r->progress = r->progress || result;
    return result;
}

// Leaves out runs of a list's items, long ones first. (Zeller, Hildebrandt: "Simplifying and
// Isolating Failure-Inducing Input", 2002; what is left out is tried, not what is kept.)
static void leave_out(Reduction *r, Datum *list) {
    for (int run = list->count; run > 0; run /= 2)
        for (int i = list->count - run; i >= 0; i -= run) {
            size_t bytes = (size_t)list->count * sizeof *list->item;
            Datum **saved = malloc(bytes ? bytes : 1);
            memcpy(saved, list->item, bytes);
            int count = list->count;
            memmove(list->item + i, list->item + i + run,
                    (size_t)(count - i - run) * sizeof *list->item);
            list->count = count - run;
            if (!holds(r)) {
                memcpy(list->item, saved, bytes);
                list->count = count;
            }
            free(saved);
        }
}

// Puts something smaller in the place of an item.
static void replace(Reduction *r, Datum **place) {
    Datum *old = *place;
    static Datum zero = {.prefix = "", .atom = "0"};
    if (old->atom)
        return;
    *place = &zero;
    if (holds(r))
        return;
    for (int i = old->count - 1; i >= 0; i--) {
        *place = old->item[i];
        if (holds(r))
            return replace(r, place);
    }
    *place = old;
}

static void reduce(Reduction *r, Datum *list) {
    if (list->atom || r->attempts >= ATTEMPTS_MAX)
        return;
    leave_out(r, list);
    for (int i = list->count - 1; i >= 0; i--) {
        replace(r, &list->item[i]);
        reduce(r, list->item[i]);
    }
}

char *random_reduce(const char *program, bool (*differs)(void *context, const char *program),
                    void *context) {
    Datum all = {.prefix = ""};
    read_items(&all, &program, 0);
    Reduction r = {.program = &all, .differs = differs, .context = context};
    do {
        r.progress = false;
        reduce(&r, &all);
    } while (r.progress && r.attempts < ATTEMPTS_MAX);
    return program_text(&all); // the data are left to the end of the process
}
