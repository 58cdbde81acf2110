// UTF-8: one character at a time.
//
// Duty: decoding and encoding of single characters, strict as The Unicode Standard, table 3-7, has
// it: no overlong forms, no surrogates, nothing above U+10FFFF. Bulk conversion is string.h's.
#ifndef KILN_RUNTIME_UTF8_H
#define KILN_RUNTIME_UTF8_H

#include <stddef.h>
#include <stdint.h>

enum {
    UTF8_MAX = 4,        // bytes of the longest character
    UTF8_INVALID = -1,   // no character begins like this
    UTF8_INCOMPLETE = 0, // a valid beginning, but `size` bytes are too few
};

// Decode the character at `text`, of which `size` bytes (at least 1) are there. Answers its length
// and stores it in *character; UTF8_INVALID or UTF8_INCOMPLETE leave *character alone.
static inline int rt_utf8_decode(const uint8_t *text, size_t size, uint32_t *character) {
    uint8_t first = text[0];
    if (first < 0x80) {
        *character = first;
        return 1;
    }
    // The second byte's range excludes overlong forms, surrogates and what is above U+10FFFF.
    uint8_t low = 0x80, high = 0xBF;
    int length;
    uint32_t c;
    if (first >= 0xC2 && first <= 0xDF) {
        length = 2;
        c = first & 0x1F;
    } else if (first >= 0xE0 && first <= 0xEF) {
        length = 3;
        c = first & 0x0F;
        if (first == 0xE0)
            low = 0xA0;
        if (first == 0xED)
            high = 0x9F;
    } else if (first >= 0xF0 && first <= 0xF4) {
        length = 4;
        c = first & 0x07;
        if (first == 0xF0)
            low = 0x90;
        if (first == 0xF4)
            high = 0x8F;
    } else {
        return UTF8_INVALID;
    }
    for (int i = 1; i < length; i++) {
        if ((size_t)i >= size)
            return UTF8_INCOMPLETE;
        uint8_t byte = text[i];
        if (byte < low || byte > high)
            return UTF8_INVALID;
        low = 0x80;
        high = 0xBF;
        c = c << 6 | (byte & 0x3F);
    }
    *character = c;
    return length;
}

// Encode a character (a Unicode scalar value) into at most UTF8_MAX bytes; answers how many.
static inline int rt_utf8_encode(uint32_t character, uint8_t *out) {
    if (character < 0x80) {
        out[0] = (uint8_t)character;
        return 1;
    }
    if (character < 0x800) {
        out[0] = (uint8_t)(0xC0 | character >> 6);
        out[1] = (uint8_t)(0x80 | (character & 0x3F));
        return 2;
    }
    if (character < 0x10000) {
        out[0] = (uint8_t)(0xE0 | character >> 12);
        out[1] = (uint8_t)(0x80 | (character >> 6 & 0x3F));
        out[2] = (uint8_t)(0x80 | (character & 0x3F));
        return 3;
    }
    out[0] = (uint8_t)(0xF0 | character >> 18);
    out[1] = (uint8_t)(0x80 | (character >> 12 & 0x3F));
    out[2] = (uint8_t)(0x80 | (character >> 6 & 0x3F));
    out[3] = (uint8_t)(0x80 | (character & 0x3F));
    return 4;
}

#endif
