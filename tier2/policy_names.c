// Names of functions and lists of them: KILN_JIT_DENY, KILN_JIT_ONLY, jit-exclude!.
//
// A function fits a pattern by its name or by the position of its definition, which is all that an
// anonymous lambda has. A position fits with or without the folders of its file:
// lib/prog.sx:3:5, prog.sx:3:5, prog.sx:*.
#include "runtime/string.h"
#include "runtime/symbol.h"
#include "tier2/policy.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void t2_position(VM *vm, Position position, char text[static T2_NAME_SIZE]) {
    if (!position)
        snprintf(text, T2_NAME_SIZE, "?");
    else
        snprintf(text, T2_NAME_SIZE, "%s:%u:%u", rt_source_name(vm, position_source(position)),
                 position_line(position), position_column(position));
}

static bool own_name(VM *vm, const Code *code, char text[static T2_NAME_SIZE]) {
    Value name = t1_code_name(vm, code);
    const char *bytes =
        value_is_symbol(name) ? rt_string_to_utf8(vm, value_symbol(name)->name, NULL) : NULL;
    if (bytes)
        snprintf(text, T2_NAME_SIZE, "%s", bytes);
    return bytes != NULL;
}

void t2_name(VM *vm, const Code *code, char text[static T2_NAME_SIZE]) {
    if (!own_name(vm, code, text))
        t2_position(vm, t1_code_position(code), text);
}

// ---- patterns

static bool fits(const char *text, const char *pattern, size_t length) {
    if (length > 0 && pattern[length - 1] == '*')
        return strncmp(text, pattern, length - 1) == 0;
    return strlen(text) == length && memcmp(text, pattern, length) == 0;
}

typedef struct Names { // of a function
    char name[T2_NAME_SIZE], position[T2_NAME_SIZE];
    const char *file; // position without folders
} Names;

static void names_of(VM *vm, const Code *code, Names *names) {
    if (!own_name(vm, code, names->name))
        names->name[0] = 0;
    t2_position(vm, t1_code_position(code), names->position);
    const char *slash = strrchr(names->position, '/');
    names->file = slash ? slash + 1 : names->position;
}

static bool names_fit(const Names *names, const char *pattern, size_t length) {
    return (names->name[0] && fits(names->name, pattern, length)) ||
           fits(names->position, pattern, length) || fits(names->file, pattern, length);
}

bool t2_names_match(VM *vm, const Code *code, const char *list) {
    Names names;
    names_of(vm, code, &names);
    while (*list) {
        size_t length = strcspn(list, ",");
        if (length && names_fit(&names, list, length))
            return true;
        list += length + (list[length] == ',');
    }
    return false;
}

// ---- jit-exclude!

static struct {
    char **name; // malloc'ed
    size_t count;
} excluded;

bool t2_excluded(VM *vm, const Code *code) {
    if (excluded.count == 0)
        return false;
    Names names;
    names_of(vm, code, &names);
    for (size_t i = 0; i < excluded.count; i++)
        if (names_fit(&names, excluded.name[i], strlen(excluded.name[i])))
            return true;
    return false;
}

void t2_exclude_name(const char *name, bool exclude) {
    for (size_t i = 0; i < excluded.count; i++)
        if (strcmp(excluded.name[i], name) == 0) {
            if (!exclude) {
                free(excluded.name[i]);
                excluded.name[i] = excluded.name[--excluded.count];
            }
            return;
        }
    if (!exclude)
        return;
    char **grown = realloc(excluded.name, (excluded.count + 1) * sizeof *grown);
    char *copy = grown ? strdup(name) : NULL;
    if (grown)
        excluded.name = grown;
    if (!copy) {
        fputs("kiln: out of memory\n", stderr);
        exit(1);
    }
    excluded.name[excluded.count++] = copy;
}

const char *t2_exclusion(size_t i) { return i < excluded.count ? excluded.name[i] : NULL; }

void t2_exclusions_clear(void) {
    for (size_t i = 0; i < excluded.count; i++)
        free(excluded.name[i]);
    free(excluded.name);
    excluded.name = NULL;
    excluded.count = 0;
}
