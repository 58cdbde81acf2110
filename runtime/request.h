// Requests of a session, cut out of a stream of bytes.
//
// Duty: telling where a datum in parentheses ends, before anything of it is read, so that what
// comes behind a request (above all its cancellation) is seen while the request is being carried
// out. It knows strings, characters, comments and symbols between bars, and so where a parenthesis
// is one; whether the datum is right is the reader's to say. No VM, no collector.
//
//   between ──(──> inside: depth, token | string | "…" | ;… | #|…|# ──) of depth 1──> a request
//      └─ anything else: malformed, to the end of its line
//
// Resynchronisation: what begins no request is passed over to the end of its line; a request that
// is longer than the limit, to its own end; byte 24 (CAN) gives up the request under way.
#ifndef KILN_RUNTIME_REQUEST_H
#define KILN_RUNTIME_REQUEST_H

#include <stddef.h>
#include <stdint.h>

typedef enum RequestKind {
    REQUEST_NONE,      // nothing is complete yet
    REQUEST_WHOLE,     // text: a datum in parentheses
    REQUEST_MALFORMED, // problem: why; line and column: where
} RequestKind;

typedef struct Request {
    RequestKind kind;
    char *text; // WHOLE: malloc'ed, not terminated; the receiver's
    size_t size;
    const char *problem;   // MALFORMED: static text
    uint32_t line, column; // of its first character, or of the problem; from 1
    int64_t number;        // of (word number …; -1: it has none
    int cancels;           // it is (cancel number)
} Request;

typedef enum RequestState {
    SCAN_BETWEEN,
    SCAN_BETWEEN_COMMENT,
    SCAN_SKIP, // to the end of the line
    SCAN_DATUM,
    SCAN_TOKEN,
    SCAN_HASH,  // a token began with #
    SCAN_LABEL, // with # and digits: = or # ends it
    SCAN_COMMA, // , or ,@
    SCAN_CHARACTER,
    SCAN_STRING,
    SCAN_STRING_ESCAPE,
    SCAN_BAR,
    SCAN_BAR_ESCAPE,
    SCAN_COMMENT,
    SCAN_BLOCK, // #| … |#
} RequestState;

typedef struct RequestScanner {
    size_t limit; // bytes of a request
    RequestState state;
    size_t depth;       // open brackets
    size_t block_depth; // open #|
    char before;        // BLOCK: the byte before, if it can begin |# or #|
    uint8_t last[2];    // the bytes before, the nearest first
    char *text;         // of the request under way: malloc'ed
    size_t size, room;
    int too_long;                      // only its beginning is kept
    uint32_t line, column;             // of the next character
    uint32_t first_line, first_column; // of the request under way
} RequestScanner;

void rt_request_init(RequestScanner *s, size_t limit);
void rt_request_free(RequestScanner *s);
// Look at bytes until a request is complete or something is malformed (*found), or all are looked
// at. How many were.
size_t rt_request_scan(RequestScanner *s, const char *bytes, size_t size, Request *found);
// The stream has ended: was something under way?
void rt_request_end(RequestScanner *s, Request *found);

#endif
