// Sources: names and texts; position maps: open addressing keyed by the pair's address.
#include "runtime/source.h"
#include "runtime/heap.h"
#include "runtime/init_int.h"
#include "runtime/string.h"
#include <stdio.h>
#include <stdlib.h>

typedef struct Source {
    char *name; // atomic memory
    Value text; // string or #f
} Source;

struct SourceTable {
    Source *item; // number n is item[n - 1]
    uint32_t count, room;
};

void rt_sources_init(VM *vm) {
    vm->sources = rt_raw_new(vm, sizeof *vm->sources);
    vm->sources->room = 64;
    vm->sources->item = rt_raw_new(vm, 64 * sizeof(Source));
}

uint32_t rt_source_add(VM *vm, const char *name, Value text) {
    struct SourceTable *t = vm->sources;
    if (t->count == t->room) {
        Source *item = rt_raw_new(vm, 2 * t->room * sizeof *item);
        memcpy(item, t->item, t->count * sizeof *item);
        t->item = item;
        t->room *= 2;
    }
    char *copy = rt_raw_new_atomic(vm, strlen(name) + 1);
    strcpy(copy, name);
    t->item[t->count] = (Source){.name = copy, .text = text};
    return ++t->count;
}

const char *rt_source_name(VM *vm, uint32_t source) {
    return source && source <= vm->sources->count ? vm->sources->item[source - 1].name : "?";
}

static Value line_of_string(VM *vm, Value text, uint32_t line) {
    size_t n = value_string(text)->length, start = 0;
    for (uint32_t at = 1; at < line; at++) {
        while (start < n && string_char(text, start) != '\n')
            start++;
        if (start == n)
            return VALUE_FALSE;
        start++;
    }
    size_t end = start;
    while (end < n && string_char(text, end) != '\n')
        end++;
    if (end > start && string_char(text, end - 1) == '\r')
        end--;
    return rt_substring(vm, text, start, end);
}

static Value line_of_file(VM *vm, const char *path, uint32_t line) {
    FILE *f = fopen(path, "r");
    if (!f)
        return VALUE_FALSE;
    char *text = NULL;
    size_t room = 0;
    ssize_t n = -1;
    for (uint32_t at = 0; at < line; at++)
        if ((n = getline(&text, &room, f)) < 0)
            break;
    fclose(f);
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
        n--;
    Value result = n < 0 ? VALUE_FALSE : rt_string_from_utf8(vm, text, (size_t)n);
    free(text);
    return result;
}

Value rt_source_line(VM *vm, uint32_t source, uint32_t line) {
    if (!source || source > vm->sources->count || !line)
        return VALUE_FALSE;
    const Source *s = &vm->sources->item[source - 1];
    return s->text == VALUE_FALSE ? line_of_file(vm, s->name, line)
                                  : line_of_string(vm, s->text, line);
}

Value rt_position_value(VM *vm, Position p) {
    if (!p)
        return VALUE_FALSE;
    return rt_cons(vm, value_from_fixnum(position_source(p)),
                   value_from_fixnum((int64_t)(p & 0xFFFFFFFFFF)));
}

Position rt_position_from_value(Value v) {
    if (!value_is_pair(v) || !value_is_fixnum(value_car(v)) || !value_is_fixnum(value_cdr(v)))
        return 0;
    return (Position)value_fixnum(value_car(v)) << 40 | (Position)value_fixnum(value_cdr(v));
}

typedef struct MapEntry {
    Value pair; // VALUE_NONE: free
    Position self, car;
} MapEntry;

struct SourceMap {
    MapEntry *entry; // room is a power of two, at most half of it used
    size_t room, used;
};

// A form of more pairs than this is data: that the later ones have the position of the form costs
// nobody anything, and the map would take more memory than the data.
enum { MAP_MOST = 1 << 20 };

SourceMap *rt_source_map_new(VM *vm) {
    SourceMap *map = rt_raw_new(vm, sizeof *map);
    map->room = 64;
    map->entry = rt_raw_new(vm, map->room * sizeof(MapEntry));
    return map;
}

static MapEntry *map_slot(const SourceMap *map, Value pair) {
    size_t i = (pair >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 20;
    for (;; i++) {
        MapEntry *e = &map->entry[i & (map->room - 1)];
        if (e->pair == pair || e->pair == VALUE_NONE)
            return e;
    }
}

void rt_source_map_add(VM *vm, SourceMap *map, Value pair, Position self, Position car) {
    if (map->used == MAP_MOST)
        return;
    if (2 * (map->used + 1) > map->room) {
        MapEntry *old = map->entry;
        size_t room = map->room;
        map->entry = rt_raw_new(vm, 2 * room * sizeof *old);
        map->room = 2 * room;
        for (size_t i = 0; i < room; i++)
            if (old[i].pair != VALUE_NONE)
                *map_slot(map, old[i].pair) = old[i];
    }
    MapEntry *e = map_slot(map, pair);
    if (e->pair == VALUE_NONE)
        map->used++;
    *e = (MapEntry){.pair = pair, .self = self, .car = car};
}

Position rt_source_map_pair(const SourceMap *map, Value pair) {
    return map ? map_slot(map, pair)->self : 0;
}

Position rt_source_map_car(const SourceMap *map, Value pair) {
    return map ? map_slot(map, pair)->car : 0;
}
