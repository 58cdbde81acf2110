// Strings: making, changing, comparing, searching, building.
#include "runtime/string.h"
#include "runtime/fail.h"
#include "runtime/hash_int.h"
#include "runtime/heap.h"
#include <stdarg.h>
#include <stdio.h>

static inline size_t width_of(bool wide) { return wide ? 4 : 1; }

static void copy_bytes(void *to, const void *from, size_t bytes) {
    if (bytes > 0)
        memmove(to, from, bytes);
}

static void widen_codes(uint32_t *to, const uint8_t *from, size_t n) {
    for (size_t i = 0; i < n; i++)
        to[i] = from[i];
}

static void narrow_codes(uint8_t *to, const uint32_t *from, size_t n) {
    for (size_t i = 0; i < n; i++)
        to[i] = (uint8_t)from[i];
}

static bool codes_are_narrow(const uint32_t *codes, size_t n) {
    uint32_t all = 0;
    for (size_t i = 0; i < n; i++)
        all |= codes[i];
    return all < 256;
}

// Length of the longest prefix of plain ASCII.
static size_t ascii_prefix(const uint8_t *bytes, size_t n) {
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        uint64_t word;
        memcpy(&word, bytes + i, 8);
        if (word & UINT64_C(0x8080808080808080))
            break;
    }
    while (i < n && bytes[i] < 0x80)
        i++;
    return i;
}

// Memory for characters, or NULL with the condition set. 0 characters need none: NULL too.
static bool new_data(VM *vm, size_t length, bool wide, void **data) {
    *data = NULL;
    if (length == 0)
        return true;
    if (length > STRING_SURE_LENGTH) {
        if (length > STRING_MAX_LENGTH) {
            rt_fail_memory(vm, SIZE_MAX);
            return false;
        }
        if (!rt_heap_reserve(vm, length, width_of(wide)))
            return false;
    }
    *data = rt_raw_new_atomic(vm, length * width_of(wide));
    return true;
}

static Value new_header(VM *vm, void *data, size_t length, bool wide) {
    String *s = rt_object_new(vm, TYPE_STRING, wide ? STRING_WIDE : 0, 0, sizeof *s);
    s->length = length;
    FRESH(s->data) = data;
    return value_from_pointer(s);
}

// ---- UTF-8

Utf8Step rt_utf8_decode(const char *bytes, size_t available) {
    const uint8_t *text = (const uint8_t *)bytes;
    uint8_t first = text[0];
    if (first < 0x80)
        return (Utf8Step){first, 1, UTF8_OK};
    // The range of the second byte leaves out overlong forms, surrogates and what is above
    // U+10FFFF.
    uint8_t low = 0x80, high = 0xBF;
    uint32_t length, code;
    if (first >= 0xC2 && first <= 0xDF) {
        length = 2;
        code = first & 0x1F;
    } else if ((first & 0xF0) == 0xE0) {
        length = 3;
        code = first & 0x0F;
        if (first == 0xE0)
            low = 0xA0;
        if (first == 0xED)
            high = 0x9F;
    } else if (first >= 0xF0 && first <= 0xF4) {
        length = 4;
        code = first & 0x07;
        if (first == 0xF0)
            low = 0x90;
        if (first == 0xF4)
            high = 0x8F;
    } else {
        return (Utf8Step){0xFFFD, 1, UTF8_INVALID};
    }
    for (uint32_t i = 1; i < length; i++) {
        if (i >= available)
            return (Utf8Step){0xFFFD, i, UTF8_TRUNCATED};
        if (text[i] < low || text[i] > high)
            return (Utf8Step){0xFFFD, i, UTF8_INVALID};
        low = 0x80;
        high = 0xBF;
        code = code << 6 | (text[i] & 0x3F);
    }
    return (Utf8Step){code, length, UTF8_OK};
}

size_t rt_utf8_encode(uint32_t code, char out[static 4]) {
    size_t width = rt_utf8_width(code);
    static const uint8_t lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = width - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code & 0x3F));
        code >>= 6;
    }
    out[0] = (char)(lead[width] | code);
    return width;
}

typedef struct Utf8Scan {
    size_t characters;
    uint32_t all; // every character or-ed
    size_t bad;   // offset of the first byte that is wrong; SIZE_MAX: none
} Utf8Scan;

static Utf8Scan scan_utf8(const uint8_t *bytes, size_t n) {
    Utf8Scan scan = {.bad = SIZE_MAX};
    size_t i = 0;
    while (i < n) {
        size_t plain = ascii_prefix(bytes + i, n - i);
        scan.characters += plain;
        i += plain;
        if (i == n)
            break;
        Utf8Step step = rt_utf8_decode((const char *)bytes + i, n - i);
        if (step.status != UTF8_OK && scan.bad == SIZE_MAX)
            scan.bad = i;
        scan.all |= step.code;
        scan.characters++;
        i += step.length;
    }
    return scan;
}

// Decode into `out`, which is wide or not; what is wrong becomes U+FFFD.
static void decode_utf8(const uint8_t *bytes, size_t n, void *out, bool wide) {
    size_t at = 0, i = 0;
    while (i < n) {
        Utf8Step step = rt_utf8_decode((const char *)bytes + i, n - i);
        if (wide)
            ((uint32_t *)out)[at++] = step.code;
        else
            ((uint8_t *)out)[at++] = (uint8_t)step.code;
        i += step.length;
    }
}

static Value from_utf8(VM *vm, const uint8_t *bytes, size_t n, bool checked) {
    Utf8Scan scan = scan_utf8(bytes, n);
    if (checked && scan.bad != SIZE_MAX)
        return rt_fail(vm, CONDITION_ENCODING, VALUE_NULL,
                       "invalid UTF-8: byte 0x%02X at index %zu", bytes[scan.bad], scan.bad);
    bool wide = scan.all > 0xFF;
    void *data;
    if (!new_data(vm, scan.characters, wide, &data))
        return VALUE_FAILURE;
    if (scan.all < 0x80)
        copy_bytes(data, bytes, n);
    else
        decode_utf8(bytes, n, data, wide);
    return new_header(vm, data, scan.characters, wide);
}

Value rt_string_from_utf8(VM *vm, const char *bytes, size_t length) {
    return from_utf8(vm, (const uint8_t *)bytes, length, false);
}

Value rt_string_from_utf8_checked(VM *vm, const char *bytes, size_t length) {
    return from_utf8(vm, (const uint8_t *)bytes, length, true);
}

size_t rt_string_utf8_size(Value string, size_t start, size_t end) {
    const String *s = value_string(string);
    size_t size = end - start;
    if (string_is_wide(string)) {
        const uint32_t *codes = s->data;
        for (size_t i = start; i < end; i++)
            size += (codes[i] >= 0x80) + (codes[i] >= 0x800) + (codes[i] >= 0x10000);
    } else {
        const uint8_t *bytes = s->data;
        for (size_t i = start; i < end; i++)
            size += bytes[i] >> 7;
    }
    return size;
}

char *rt_string_encode(Value string, size_t start, size_t end, char *out) {
    const String *s = value_string(string);
    char *to = out;
    char unit[4]; // the last character may have less than four bytes of room
    if (string_is_wide(string)) {
        const uint32_t *codes = s->data;
        for (size_t i = start; i < end; i++) {
            size_t width = rt_utf8_encode(codes[i], unit);
            memcpy(to, unit, width);
            to += width;
        }
        return to;
    }
    const uint8_t *bytes = s->data;
    while (start < end) {
        size_t plain = ascii_prefix(bytes + start, end - start);
        copy_bytes(to, bytes + start, plain);
        to += plain;
        start += plain;
        if (start < end) {
            rt_utf8_encode(bytes[start++], unit);
            *to++ = unit[0];
            *to++ = unit[1];
        }
    }
    return to;
}

char *rt_string_to_utf8(VM *vm, Value string, size_t *length) {
    size_t characters = string_length(string);
    size_t size = rt_string_utf8_size(string, 0, characters);
    if (size > STRING_SURE_LENGTH && !rt_heap_reserve(vm, size + 1, 1))
        return NULL;
    char *bytes = rt_raw_new_atomic(vm, size + 1);
    *rt_string_encode(string, 0, characters, bytes) = '\0';
    if (length != NULL)
        *length = size;
    return bytes;
}

// ---- making strings

Value rt_string_new(VM *vm, size_t length, bool wide) {
    void *data;
    if (!new_data(vm, length, wide, &data))
        return VALUE_FAILURE;
    return new_header(vm, data, length, wide);
}

Value rt_string_from_c(VM *vm, const char *utf8) {
    return rt_string_from_utf8(vm, utf8, strlen(utf8));
}

Value rt_string_from_latin1(VM *vm, const char *bytes, size_t length) {
    void *data;
    if (!new_data(vm, length, false, &data))
        return VALUE_FAILURE;
    copy_bytes(data, bytes, length);
    return new_header(vm, data, length, false);
}

Value rt_string_from_codes(VM *vm, const uint32_t *codes, size_t length) {
    bool wide = !codes_are_narrow(codes, length);
    void *data;
    if (!new_data(vm, length, wide, &data))
        return VALUE_FAILURE;
    if (wide)
        copy_bytes(data, codes, length * 4);
    else
        narrow_codes(data, codes, length);
    return new_header(vm, data, length, wide);
}

Value rt_string_make_literal(Value string) {
    void *s = value_object(string);
    object_set_flags(s, object_flags(s) | STRING_LITERAL);
    return string;
}

// ---- changing

// Replace narrow data by wide data.
static bool widen(VM *vm, Value string) {
    String *s = value_string(string);
    void *data;
    if (!new_data(vm, s->length, true, &data))
        return false;
    widen_codes(data, s->data, s->length);
    HEAP_STORE_POINTER(s->data, data);
    object_set_flags(s, object_flags(s) | STRING_WIDE);
    return true;
}

bool string_put(VM *vm, Value string, size_t i, uint32_t code) {
    if (code > 0xFF && !string_is_wide(string) && !widen(vm, string))
        return false;
    String *s = value_string(string);
    if (string_is_wide(string))
        ((uint32_t *)s->data)[i] = code;
    else
        ((uint8_t *)s->data)[i] = (uint8_t)code;
    s->hash = 0;
    return true;
}

bool rt_string_copy_into(VM *vm, Value to, size_t at, Value from, size_t start, size_t end) {
    size_t n = end - start;
    if (n == 0)
        return true;
    String *target = value_string(to);
    const String *source = value_string(from);
    bool from_wide = string_is_wide(from);
    if (from_wide && !string_is_wide(to) &&
        !codes_are_narrow((const uint32_t *)source->data + start, n) && !widen(vm, to))
        return false;
    target->hash = 0;
    bool to_wide = string_is_wide(to);
    if (to_wide == from_wide) {
        size_t width = width_of(to_wide);
        memmove((char *)target->data + at * width, (const char *)source->data + start * width,
                n * width);
    } else if (to_wide) {
        widen_codes((uint32_t *)target->data + at, (const uint8_t *)source->data + start, n);
    } else {
        narrow_codes((uint8_t *)target->data + at, (const uint32_t *)source->data + start, n);
    }
    return true;
}

bool rt_string_fill(VM *vm, Value string, size_t start, size_t end, uint32_t code) {
    if (start == end)
        return true;
    if (code > 0xFF && !string_is_wide(string) && !widen(vm, string))
        return false;
    String *s = value_string(string);
    s->hash = 0;
    if (string_is_wide(string))
        for (size_t i = start; i < end; i++)
            ((uint32_t *)s->data)[i] = code;
    else
        memset((uint8_t *)s->data + start, (int)code, end - start);
    return true;
}

Value rt_string_append2(VM *vm, Value a, Value b) {
    size_t first = string_length(a), second = string_length(b);
    Value result = rt_string_new(vm, first + second, string_is_wide(a) || string_is_wide(b));
    if (result == VALUE_FAILURE)
        return result;
    // Neither copy widens: the result is as wide as the wider of the two.
    (void)rt_string_copy_into(vm, result, 0, a, 0, first);
    (void)rt_string_copy_into(vm, result, first, b, 0, second);
    return result;
}

Value rt_substring(VM *vm, Value string, size_t start, size_t end) {
    const String *s = value_string(string);
    if (start == end)
        return new_header(vm, NULL, 0, false);
    if (string_is_wide(string))
        return rt_string_from_codes(vm, (const uint32_t *)s->data + start, end - start);
    return rt_string_from_latin1(vm, (const char *)s->data + start, end - start);
}

Value rt_string_copy(VM *vm, Value string) {
    return rt_substring(vm, string, 0, string_length(string));
}

// ---- comparing, searching, hashing

bool rt_string_is_ascii(Value string) {
    const String *s = value_string(string);
    if (!string_is_wide(string))
        return ascii_prefix(s->data, s->length) == s->length;
    for (size_t i = 0; i < s->length; i++)
        if (((const uint32_t *)s->data)[i] >= 0x80)
            return false;
    return true;
}

bool rt_string_is(Value string, const char *ascii) {
    size_t length = string_length(string);
    for (size_t i = 0; i < length; i++)
        if (ascii[i] == '\0' || string_char(string, i) != (uint8_t)ascii[i])
            return false;
    return ascii[length] == '\0';
}

bool rt_string_equal(Value a, Value b) {
    if (a == b)
        return true;
    const String *s = value_string(a), *t = value_string(b);
    if (s->length != t->length)
        return false;
    if (s->length == 0)
        return true;
    if (s->hash != 0 && t->hash != 0 && s->hash != t->hash)
        return false;
    bool wide = string_is_wide(a);
    if (wide == string_is_wide(b)) {
        // Most that differ do so at once: no call for them.
        if (*(const uint8_t *)s->data != *(const uint8_t *)t->data)
            return false;
        if (s->length == 1 && !wide)
            return true;
        return memcmp(s->data, t->data, s->length * width_of(wide)) == 0;
    }
    const uint32_t *codes = wide ? s->data : t->data;
    const uint8_t *bytes = wide ? t->data : s->data;
    for (size_t i = 0; i < s->length; i++)
        if (codes[i] != bytes[i])
            return false;
    return true;
}

int rt_string_compare(Value a, Value b) {
    const String *s = value_string(a), *t = value_string(b);
    size_t common = s->length < t->length ? s->length : t->length;
    if (!string_is_wide(a) && !string_is_wide(b)) {
        int order = common == 0 ? 0 : memcmp(s->data, t->data, common);
        if (order != 0)
            return order;
    } else {
        for (size_t i = 0; i < common; i++) {
            uint32_t c = string_char(a, i), d = string_char(b, i);
            if (c != d)
                return c < d ? -1 : 1;
        }
    }
    return (s->length > t->length) - (s->length < t->length);
}

// Rabin and Karp: compares the rolling hash of each window, and the text only where it agrees. For
// the cases in which not both are narrow.
static ptrdiff_t search_codes(Value string, size_t from, Value needle) {
    const uint64_t base = UINT64_C(0x9E3779B97F4A7C15);
    size_t length = string_length(string), n = string_length(needle);
    uint64_t wanted = 0, window = 0, top = 1; // top: base to the power n - 1
    for (size_t i = 0; i < n; i++) {
        wanted = wanted * base + string_char(needle, i);
        window = window * base + string_char(string, from + i);
        if (i > 0)
            top *= base;
    }
    for (size_t at = from;; at++) {
        if (window == wanted) {
            size_t i = 0;
            while (i < n && string_char(string, at + i) == string_char(needle, i))
                i++;
            if (i == n)
                return (ptrdiff_t)at;
        }
        if (at + n >= length)
            return -1;
        window = (window - string_char(string, at) * top) * base + string_char(string, at + n);
    }
}

ptrdiff_t rt_string_search(Value string, size_t from, Value needle) {
    const String *s = value_string(string), *t = value_string(needle);
    if (t->length == 0)
        return (ptrdiff_t)from;
    if (t->length > s->length - from)
        return -1;
    if (string_is_wide(string) || string_is_wide(needle))
        return search_codes(string, from, needle);
    const char *data = s->data;
    const char *found = memmem(data + from, s->length - from, t->data, t->length);
    return found == NULL ? -1 : found - data;
}

uint64_t rt_string_hash(Value string) {
    String *s = value_string(string);
    if (s->hash != 0)
        return s->hash;
    uint64_t h;
    if (!string_is_wide(string))
        h = hash_text(s->data, s->length, false);
    else if (codes_are_narrow(s->data, s->length))
        h = hash_text(s->data, s->length, true);
    else
        h = hash_text(s->data, s->length * 4, false);
    s->hash = h != 0 ? h : 1;
    return s->hash;
}

// ---- builders

enum { BUILDER_FIRST = 64 };

void rt_builder_init(StringBuilder *b, VM *vm) { *b = (StringBuilder){.vm = vm}; }

// Replace the data by memory for `capacity` characters of that width.
static bool builder_resize(StringBuilder *b, size_t capacity, bool wide) {
    void *data;
    if (b->failed)
        return false;
    if (!new_data(b->vm, capacity, wide, &data)) {
        b->failed = true;
        return false;
    }
    if (b->wide == wide)
        copy_bytes(data, b->data, b->length * width_of(wide));
    else
        widen_codes(data, b->data, b->length);
    b->data = data;
    b->capacity = capacity;
    b->wide = wide;
    return true;
}

// Make room for n more characters, wide when asked.
static inline bool builder_room(StringBuilder *b, size_t n, bool wide) {
    if (__builtin_expect(n <= b->capacity - b->length && (b->wide || !wide), 1))
        return !b->failed;
    size_t capacity = b->capacity;
    if (n > capacity - b->length) {
        capacity = capacity < BUILDER_FIRST ? BUILDER_FIRST : capacity * 2;
        if (capacity - b->length < n)
            capacity = b->length + n;
    }
    return builder_resize(b, capacity, b->wide || wide);
}

void rt_builder_char(StringBuilder *b, uint32_t code) {
    if (!builder_room(b, 1, code > 0xFF))
        return;
    if (b->wide)
        ((uint32_t *)b->data)[b->length++] = code;
    else
        ((uint8_t *)b->data)[b->length++] = (uint8_t)code;
}

void rt_builder_bytes(StringBuilder *b, const char *utf8, size_t length) {
    const uint8_t *bytes = (const uint8_t *)utf8;
    size_t i = 0;
    while (i < length) {
        size_t plain = ascii_prefix(bytes + i, length - i);
        if (plain > 0) {
            if (!builder_room(b, plain, false))
                return;
            if (b->wide)
                widen_codes((uint32_t *)b->data + b->length, bytes + i, plain);
            else
                memcpy((uint8_t *)b->data + b->length, bytes + i, plain);
            b->length += plain;
            i += plain;
        } else {
            Utf8Step step = rt_utf8_decode(utf8 + i, length - i);
            i += step.length;
            rt_builder_char(b, step.code);
        }
    }
}

void rt_builder_c(StringBuilder *b, const char *utf8) { rt_builder_bytes(b, utf8, strlen(utf8)); }

void rt_builder_range(StringBuilder *b, Value string, size_t start, size_t end) {
    size_t n = end - start;
    if (n == 0)
        return;
    const void *data = value_string(string)->data;
    if (!string_is_wide(string)) {
        if (!builder_room(b, n, false))
            return;
        if (b->wide)
            widen_codes((uint32_t *)b->data + b->length, (const uint8_t *)data + start, n);
        else
            memcpy((uint8_t *)b->data + b->length, (const uint8_t *)data + start, n);
    } else {
        const uint32_t *codes = (const uint32_t *)data + start;
        if (!builder_room(b, n, !b->wide && !codes_are_narrow(codes, n)))
            return;
        if (b->wide)
            memcpy((uint32_t *)b->data + b->length, codes, n * 4);
        else
            narrow_codes((uint8_t *)b->data + b->length, codes, n);
    }
    b->length += n;
}

void rt_builder_string(StringBuilder *b, Value string) {
    rt_builder_range(b, string, 0, string_length(string));
}

void rt_builder_format(StringBuilder *b, const char *format, ...) {
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (n < 0)
        return;
    if ((size_t)n < sizeof text) {
        rt_builder_bytes(b, text, (size_t)n);
        return;
    }
    char *longer = rt_raw_new_atomic(b->vm, (size_t)n + 1);
    va_start(arguments, format);
    vsnprintf(longer, (size_t)n + 1, format, arguments);
    va_end(arguments);
    rt_builder_bytes(b, longer, (size_t)n);
}

void rt_builder_truncate(StringBuilder *b, size_t length) {
    if (length < b->length)
        b->length = length;
}

Value rt_builder_finish(StringBuilder *b) {
    Value result;
    if (b->failed) {
        result = VALUE_FAILURE;
    } else if (b->length > 256 && b->length >= b->capacity - b->capacity / 4) {
        // Little would be saved by a copy.
        result = new_header(b->vm, b->data, b->length, b->wide);
    } else if (b->wide) {
        result = rt_string_from_codes(b->vm, b->data, b->length);
    } else {
        result = rt_string_from_latin1(b->vm, b->data, b->length);
    }
    rt_builder_init(b, b->vm);
    return result;
}
