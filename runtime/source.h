// Sources and positions.
//
// Duty: every text that is read has a number, a name and (for the line under an error) its text.
// A Position names a place in one; it fits a word and 0 means "unknown".
#ifndef KILN_RUNTIME_SOURCE_H
#define KILN_RUNTIME_SOURCE_H

#include "runtime/value.h"

typedef struct VM VM;
typedef uint64_t Position; // source << 40 | line << 16 | column; lines and columns count from 1

static inline Position position_make(uint32_t source, uint32_t line, uint32_t column) {
    if (line > 0xFFFFFF)
        line = 0xFFFFFF;
    if (column > 0xFFFF)
        column = 0xFFFF;
    return (uint64_t)source << 40 | (uint64_t)line << 16 | column;
}
static inline uint32_t position_source(Position p) { return (uint32_t)(p >> 40); }
static inline uint32_t position_line(Position p) { return (uint32_t)(p >> 16) & 0xFFFFFF; }
static inline uint32_t position_column(Position p) { return (uint32_t)p & 0xFFFF; }

// Register a source; its number (from 1). `name` is what errors show (a path, "-e", "repl:3");
// `text` a string Value or VALUE_FALSE (then the file of that name is read again when a line of it
// is needed).
uint32_t rt_source_add(VM *vm, const char *name, Value text);
// Name of a source ("?" when unknown); valid as long as the VM.
const char *rt_source_name(VM *vm, uint32_t source);
// Line `line` of a source as a string Value, without its newline; #f when it cannot be had.
Value rt_source_line(VM *vm, uint32_t source, uint32_t line);
// As a Value for conditions and back: #f or a pair of fixnums (source . line << 16 | column).
Value rt_position_value(VM *vm, Position p);
Position rt_position_from_value(Value v);

// Positions of the data of one read: for each pair its own position and that of its car. Pairs
// never move, so the address is the key. The map keeps its pairs alive. It holds a million pairs at
// most: those read later have no position of their own.
typedef struct SourceMap SourceMap;
SourceMap *rt_source_map_new(VM *vm);
void rt_source_map_add(VM *vm, SourceMap *map, Value pair, Position self, Position car);
// 0 when unknown. map may be NULL.
Position rt_source_map_pair(const SourceMap *map, Value pair);
Position rt_source_map_car(const SourceMap *map, Value pair);

#endif
