// The reader's lexer: characters to tokens.
//
// Duty: all of R7RS 7.1.1 and the tokens of SX. A token is a datum without structure (number,
// symbol, string …) or what gives structure: brackets, dots, prefixes, labels. Comments and
// directives are consumed here, but for `#;`.
#ifndef KILN_RUNTIME_LEXER_INT_H
#define KILN_RUNTIME_LEXER_INT_H

#include "runtime/reader.h"

// Line and column of a character, from 1.
typedef struct Place {
    uint32_t line, column;
} Place;

typedef enum TokenKind {
    TOKEN_END,
    TOKEN_DATUM,       // value
    TOKEN_OPEN,        // (
    TOKEN_CLOSE,       // )
    TOKEN_OPEN_VECTOR, // #(
    TOKEN_OPEN_BYTES,  // #u8(
    TOKEN_OPEN_DICT,   // {
    TOKEN_CLOSE_DICT,  // }
    TOKEN_DOT,
    TOKEN_QUOTE,     // ' ` , ,@: value is the symbol
    TOKEN_COMMENT,   // #;
    TOKEN_LABEL,     // #n=: value is n
    TOKEN_REFERENCE, // #n#
} TokenKind;

typedef struct Token {
    TokenKind kind;
    Place place; // of its first character
    Value value;
} Token;

// False with the condition set.
[[nodiscard]] bool rt_lexer_next(VM *vm, Reader *reader, Token *token);

// Make a read-error at a place of the reader's text. Always false.
[[gnu::format(printf, 4, 5)]] bool rt_lexer_fail(VM *vm, Reader *reader, Place place,
                                                 const char *format, ...);

// Names of characters, for the printer too. NULL: it has none.
const char *rt_char_name(uint32_t character);

// Can this text, which is UTF-8, stand as a symbol without bars, whatever the mode?
bool rt_lexer_plain_symbol(VM *vm, const char *text, size_t size);
// Can it stand inside of a token?
bool rt_lexer_plain_rest(const char *text, size_t size);

#endif
