// (kiln http): the texts of HTTP. Escapes, forms, multipart bodies, dates, compression.
#include "runtime/dict.h"
#include "runtime/fail.h"
#include "runtime/list.h"
#include "runtime/modules/http_int.h"
#include "runtime/numbers.h"
#include "runtime/string.h"
#include "runtime/vector.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <zlib.h>

// ---- escapes

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

long rt_http_unescape(char *text, size_t length, bool plus) {
    size_t to = 0;
    bool malformed = false;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c == '%') {
            int high = i + 2 < length ? hex_digit(text[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
            // A lone percent stands for itself where malformed text is put up with.
            if (low < 0)
                malformed = true;
            else {
                c = (char)(16 * high + low);
                i += 2;
            }
        } else if (c == '+' && plus)
            c = ' ';
        text[to++] = c;
    }
    text[to] = 0;
    return malformed ? -(long)to - 1 : (long)to;
}

// The length whether or not it was malformed.
static size_t unescape_anyway(char *text, size_t length, bool plus) {
    long n = rt_http_unescape(text, length, plus);
    return (size_t)(n < 0 ? -n - 1 : n);
}

Value rt_http_decode(VM *vm, Value text, Value plus) {
    if (!value_is_string(text))
        return rt_fail_type(vm, 1, "string", text);
    size_t length;
    char *bytes = rt_string_to_utf8(vm, text, &length);
    if (!bytes)
        return VALUE_FAILURE;
    length = unescape_anyway(bytes, length, plus != VALUE_FALSE);
    return rt_string_from_utf8(vm, bytes, length);
}

Value rt_http_encode(VM *vm, Value text, Value also) {
    if (!value_is_string(text))
        return rt_fail_type(vm, 1, "string", text);
    if (!value_is_string(also) || !rt_string_is_ascii(also))
        return rt_fail_type(vm, 2, "string of ASCII characters", also);
    size_t length;
    const unsigned char *bytes = (unsigned char *)rt_string_to_utf8(vm, text, &length);
    const char *kept = bytes ? rt_string_to_utf8(vm, also, NULL) : NULL;
    if (!kept)
        return VALUE_FAILURE;
    StringBuilder b;
    rt_builder_init(&b, vm);
    for (size_t i = 0; i < length; i++) {
        unsigned char c = bytes[i], letter = c | 0x20;
        bool plain = (letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                     c == '.' || c == '_' || c == '~' || (c && c < 128 && strchr(kept, c));
        if (plain)
            rt_builder_char(&b, c);
        else
            rt_builder_format(&b, "%%%02X", c);
    }
    return rt_builder_finish(&b);
}

// A private copy of the bytes of a string or bytevector, NUL behind it; NULL with the condition.
static char *bytes_of(VM *vm, int argument, Value v, size_t *length) {
    if (value_is_string(v))
        return rt_string_to_utf8(vm, v, length);
    if (!value_is_bytevector(v)) {
        rt_fail_type(vm, argument, "string or bytevector", v);
        return NULL;
    }
    *length = bytevector_length(v);
    if (!rt_heap_reserve(vm, *length + 1, 1))
        return NULL;
    char *copy = rt_raw_new_atomic(vm, *length + 1);
    memcpy(copy, value_bytevector(v)->byte, *length);
    copy[*length] = 0;
    return copy;
}

Value rt_http_parse_form(VM *vm, Value text) {
    size_t length;
    char *p = bytes_of(vm, 1, text, &length);
    if (!p)
        return VALUE_FAILURE;
    ListBuilder pairs;
    rt_list_builder_init(&pairs, vm);
    for (char *end = p + length; p < end;) {
        char *stop = memchr(p, '&', (size_t)(end - p));
        if (!stop)
            stop = end;
        char *equals = memchr(p, '=', (size_t)(stop - p));
        char *name_end = equals ? equals : stop, *value_start = equals ? equals + 1 : stop;
        char *next = stop + 1;
        if (stop > p) {
            // Decoding writes a NUL behind the text: the value's, then the name's, over what was
            // read.
            size_t value_length = (size_t)(stop - value_start);
            size_t name_length = (size_t)(name_end - p);
            if (value_length)
                value_length = unescape_anyway(value_start, value_length, true);
            Value v = rt_string_from_utf8(vm, value_start, value_length);
            name_length = unescape_anyway(p, name_length, true);
            Value name = rt_string_from_utf8(vm, p, name_length);
            if (v == VALUE_FAILURE || name == VALUE_FAILURE)
                return VALUE_FAILURE;
            rt_list_builder_add(&pairs, rt_cons(vm, name, v));
        }
        p = next;
    }
    return pairs.first;
}

// ---- headers

bool rt_http_is_token(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i], letter = c | 0x20;
        if (!((letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') ||
              (c && strchr("!#$%&'*+-.^_`|~", c))))
            return false;
    }
    return length > 0;
}

bool rt_http_is_field_value(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < ' ' && c != '\t') || c == 127)
            return false;
    }
    return true;
}

bool rt_http_add_header(VM *vm, Value dict, const char *name, size_t name_length, const char *value,
                        size_t value_length) {
    char lower[256];
    while (value_length && (*value == ' ' || *value == '\t')) {
        value++;
        value_length--;
    }
    while (value_length && (value[value_length - 1] == ' ' || value[value_length - 1] == '\t'))
        value_length--;
    if (name_length > sizeof lower)
        name_length = sizeof lower;
    for (size_t i = 0; i < name_length; i++)
        lower[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] | 0x20) : name[i];
    // Header values are bytes without a declared encoding: UTF-8 when they are.
    Value key = rt_string_from_utf8(vm, lower, name_length);
    Value text = rt_string_from_utf8(vm, value, value_length);
    if (key == VALUE_FAILURE || text == VALUE_FAILURE)
        return false;
    Value before = rt_dict_get(vm, dict, key, VALUE_NONE);
    if (before == VALUE_FAILURE)
        return false;
    if (before != VALUE_NONE) {
        bool cookie = name_length == 6 && memcmp(lower, "cookie", 6) == 0;
        before = rt_string_append2(vm, before, rt_string_from_c(vm, cookie ? "; " : ", "));
        text = before == VALUE_FAILURE ? before : rt_string_append2(vm, before, text);
        if (text == VALUE_FAILURE)
            return false;
    }
    return rt_dict_put(vm, dict, key, text);
}

// ---- multipart (RFC 7578, RFC 2046 section 5.1)
//
//   --BOUNDARY CRLF headers CRLF CRLF content CRLF--BOUNDARY CRLF … CRLF--BOUNDARY--

enum { MOST_PARTS = 1000 };

static Value fail_multipart(VM *vm, const char *problem) {
    return rt_fail(vm, CONDITION_HTTP, VALUE_NULL, "malformed multipart body: %s", problem);
}

// Headers of a part from p to end.
static Value part_headers(VM *vm, const char *p, const char *end) {
    Value headers = rt_dict_new(vm);
    while (p < end) {
        const char *line_end = memmem(p, (size_t)(end - p), "\r\n", 2);
        if (!line_end)
            line_end = end;
        const char *colon = memchr(p, ':', (size_t)(line_end - p));
        if (!colon || !rt_http_is_token(p, (size_t)(colon - p)))
            return fail_multipart(vm, "a header of a part");
        if (!rt_http_add_header(vm, headers, p, (size_t)(colon - p), colon + 1,
                                (size_t)(line_end - colon - 1)))
            return VALUE_FAILURE;
        p = line_end + 2;
    }
    return headers;
}

Value rt_http_parse_multipart(VM *vm, Value body, Value boundary) {
    if (!value_is_bytevector(body))
        return rt_fail_type(vm, 1, "bytevector", body);
    size_t boundary_length;
    if (!value_is_string(boundary))
        return rt_fail_type(vm, 2, "string", boundary);
    const char *text = rt_string_to_utf8(vm, boundary, &boundary_length);
    if (!text)
        return VALUE_FAILURE;
    if (boundary_length == 0 || boundary_length > 70)
        return rt_fail_range(vm, 2, "boundary of 1 to 70 characters", boundary);
    char mark[4 + 70] = "\r\n--"; // between parts; without CRLF at the beginning
    memcpy(mark + 4, text, boundary_length);
    size_t mark_length = 4 + boundary_length;

    const char *p = (const char *)value_bytevector(body)->byte, *end = p + bytevector_length(body);
    if ((size_t)(end - p) >= mark_length - 2 && memcmp(p, mark + 2, mark_length - 2) == 0)
        p += mark_length - 2;
    else {
        // A preamble is passed over.
        p = memmem(p, (size_t)(end - p), mark, mark_length);
        if (!p)
            return fail_multipart(vm, "the boundary does not occur");
        p += mark_length;
    }
    ListBuilder parts;
    rt_list_builder_init(&parts, vm);
    for (int count = 0;; count++) {
        if (end - p >= 2 && memcmp(p, "--", 2) == 0)
            return parts.first;
        if (count == MOST_PARTS)
            return fail_multipart(vm, "more than 1000 parts");
        while (p < end && (*p == ' ' || *p == '\t'))
            p++;
        if (end - p < 2 || memcmp(p, "\r\n", 2) != 0)
            return fail_multipart(vm, "no line end behind a boundary");
        // The headers end with an empty line; they may be none.
        const char *blank = memmem(p, (size_t)(end - p), "\r\n\r\n", 4);
        const char *stop =
            blank ? memmem(blank + 2, (size_t)(end - blank - 2), mark, mark_length) : NULL;
        if (!stop)
            return fail_multipart(vm, blank ? "it ends within a part" : "a part without content");
        const char *content = blank + 4;
        if (content > stop) // the empty line is the one before the boundary
            content = stop;
        Value headers = blank == p ? rt_dict_new(vm) : part_headers(vm, p + 2, blank);
        if (headers == VALUE_FAILURE)
            return headers;
        Value bytes = rt_bytevector_from_bytes(vm, content, (size_t)(stop - content));
        Value part =
            bytes == VALUE_FAILURE ? bytes : rt_vector_from_array(vm, (Value[]){headers, bytes}, 2);
        if (part == VALUE_FAILURE)
            return part;
        rt_list_builder_add(&parts, part);
        p = stop + mark_length;
    }
}

// ---- dates (RFC 9110, section 5.6.7: the preferred format alone)

static const char days[] = "SunMonTueWedThuFriSat";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

static bool split_seconds(VM *vm, Value seconds, struct tm *tm) {
    if (!value_is_real(seconds)) {
        rt_fail_type(vm, 1, "real", seconds);
        return false;
    }
    double d = __builtin_floor(rt_num_to_double(seconds));
    if (!(d >= 0 && d < 253402300800.0)) { // the year 10000
        rt_fail_range(vm, 1, "number of seconds from 1970 to 9999", seconds);
        return false;
    }
    time_t t = (time_t)d;
    gmtime_r(&t, tm);
    return true;
}

// Are the parts those of a time, tm_year that of our era? Makes them what timegm wants.
static bool check_parts(struct tm *tm) {
    if (tm->tm_mon < 0 || tm->tm_mon > 11 || tm->tm_mday < 1 || tm->tm_mday > 31 ||
        tm->tm_year < 1970 || tm->tm_year > 9999 || tm->tm_hour < 0 || tm->tm_hour > 23 ||
        tm->tm_min < 0 || tm->tm_min > 59 || tm->tm_sec < 0 || tm->tm_sec > 60)
        return false;
    tm->tm_year -= 1900;
    return true;
}

Value rt_http_date(VM *vm, Value seconds) {
    struct tm tm;
    if (!split_seconds(vm, seconds, &tm))
        return VALUE_FAILURE;
    char text[64];
    snprintf(text, sizeof text, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", days + 3 * tm.tm_wday,
             tm.tm_mday, months + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
             tm.tm_sec);
    return rt_string_from_c(vm, text);
}

Value rt_http_parse_date(VM *vm, Value text) {
    if (!value_is_string(text))
        return rt_fail_type(vm, 1, "string", text);
    const char *bytes = rt_string_to_utf8(vm, text, NULL);
    if (!bytes)
        return VALUE_FAILURE;
    char day[4], month[4];
    struct tm tm = {0};
    int used = 0;
    if (sscanf(bytes, "%3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT%n", day, &tm.tm_mday, month,
               &tm.tm_year, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &used) != 7 ||
        used == 0 || bytes[used] != 0 || strlen(month) != 3)
        return VALUE_NIL;
    const char *m = strstr(months, month);
    if (!m || (m - months) % 3 != 0)
        return VALUE_NIL;
    tm.tm_mon = (int)(m - months) / 3;
    return check_parts(&tm) ? rt_int(vm, timegm(&tm)) : VALUE_NIL;
}

Value rt_http_iso_date(VM *vm, Value seconds) {
    struct tm tm;
    if (!split_seconds(vm, seconds, &tm))
        return VALUE_FAILURE;
    char text[64];
    snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1,
             tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
    return rt_string_from_c(vm, text);
}

// RFC 3339: 2026-11-20T15:04:05Z, with a fraction, which is dropped, or an offset; the date alone
// is its midnight.
Value rt_http_parse_iso_date(VM *vm, Value text) {
    if (!value_is_string(text))
        return rt_fail_type(vm, 1, "string", text);
    const char *p = rt_string_to_utf8(vm, text, NULL);
    if (!p)
        return VALUE_FAILURE;
    struct tm tm = {0};
    int used = 0, hours = 0, minutes = 0;
    if (sscanf(p, "%4d-%2d-%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &used) != 3 || used != 10)
        return VALUE_NIL;
    p += used;
    int64_t offset = 0;
    if (*p) {
        used = 0;
        if ((*p != 'T' && *p != 't' && *p != ' ') ||
            sscanf(p + 1, "%2d:%2d:%2d%n", &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &used) != 3 ||
            used != 8)
            return VALUE_NIL;
        p += 1 + used;
        if (*p == '.') {
            size_t digits = strspn(p + 1, "0123456789");
            if (digits == 0)
                return VALUE_NIL;
            p += 1 + digits;
        }
        if (*p == 'Z' || *p == 'z')
            p++;
        else {
            used = 0;
            if ((*p != '+' && *p != '-') ||
                sscanf(p + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 || used != 5 ||
                hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
                return VALUE_NIL;
            offset = (*p == '-' ? -60 : 60) * (60 * hours + minutes);
            p += 1 + used;
        }
        if (*p)
            return VALUE_NIL;
    }
    tm.tm_mon--;
    return check_parts(&tm) ? rt_int(vm, timegm(&tm) - offset) : VALUE_NIL;
}

// ---- secrets

enum { MOST_TOKEN = 1024 };

Value rt_http_random_token(VM *vm, Value count) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    if (!value_is_fixnum(count) || value_fixnum(count) < 1 || value_fixnum(count) > MOST_TOKEN)
        return rt_fail_range(vm, 1, "number of bytes from 1 to 1024", count);
    size_t size = (size_t)value_fixnum(count), got = 0, length = 0;
    uint8_t bytes[MOST_TOKEN + 2] = {0};
    while (got < size) {
        ssize_t n = getrandom(bytes + got, size - got, 0);
        if (n > 0)
            got += (size_t)n;
        else if (n < 0 && errno != EINTR)
            return rt_fail(vm, CONDITION_HTTP, VALUE_NULL, "no random bytes: %s", strerror(errno));
    }
    char text[MOST_TOKEN / 3 * 4 + 8];
    for (size_t i = 0; i < size; i += 3) { // base64url without padding
        uint32_t three = (uint32_t)bytes[i] << 16 | (uint32_t)bytes[i + 1] << 8 | bytes[i + 2];
        for (int j = 0; j < 4 && (j < 2 || i + (size_t)j - 1 < size); j++)
            text[length++] = digits[three >> (18 - 6 * j) & 63];
    }
    return rt_string_from_latin1(vm, text, length);
}

Value rt_http_token_equal(VM *vm, Value a, Value b) {
    if (!value_is_string(a))
        return rt_fail_type(vm, 1, "string", a);
    if (!value_is_string(b))
        return rt_fail_type(vm, 2, "string", b);
    // As long as the first one, which the client has given.
    size_t length = string_length(a), other = string_length(b);
    volatile uint32_t difference = length != other;
    for (size_t i = 0; i < length; i++)
        difference |= string_char(a, i) ^ (other ? string_char(b, i % other) : 1);
    return value_from_bool(difference == 0);
}

// ---- compression

enum { GZIP_WINDOW = 15 + 16, GZIP_MEMORY = 8 }; // 16: with gzip's header and trailer

Value rt_http_gzip(VM *vm, Value data, Value level) {
    size_t length;
    const char *bytes;
    if (value_is_bytevector(data)) { // read in place: nothing below runs the program
        bytes = (const char *)value_bytevector(data)->byte;
        length = bytevector_length(data);
    } else if (!(bytes = bytes_of(vm, 1, data, &length)))
        return VALUE_FAILURE;
    if (!value_is_fixnum(level) || value_fixnum(level) < 1 || value_fixnum(level) > 9)
        return rt_fail_range(vm, 2, "level from 1 to 9", level);
    if (length > UINT32_MAX / 2)
        return rt_fail_range(vm, 1, "at most 2 GB", value_from_fixnum((int64_t)length));
    z_stream z = {0};
    if (deflateInit2(&z, (int)value_fixnum(level), Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return rt_fail_memory(vm, 1 << 18);
    size_t bound = deflateBound(&z, length);
    Bytef *out = malloc(bound);
    z.next_in = (Bytef *)bytes;
    z.avail_in = (uInt)length;
    z.next_out = out;
    z.avail_out = (uInt)bound;
    int code = out ? deflate(&z, Z_FINISH) : Z_MEM_ERROR;
    Value result = code == Z_STREAM_END ? rt_bytevector_from_bytes(vm, out, z.total_out)
                                        : rt_fail_memory(vm, bound);
    deflateEnd(&z);
    free(out);
    return result;
}

Value rt_http_gunzip(VM *vm, Value data, Value limit) {
    if (!value_is_bytevector(data))
        return rt_fail_type(vm, 1, "bytevector", data);
    if (!value_is_fixnum(limit) || value_fixnum(limit) < 0)
        return rt_fail_type(vm, 2, "index", limit);
    size_t most = (size_t)value_fixnum(limit), room = 0, used = 0;
    if (most > UINT32_MAX / 2)
        most = UINT32_MAX / 2;
    z_stream z = {0};
    if (inflateInit2(&z, GZIP_WINDOW) != Z_OK)
        return rt_fail_memory(vm, 1 << 16);
    z.next_in = value_bytevector(data)->byte;
    z.avail_in = (uInt)bytevector_length(data);
    uint8_t *out = NULL;
    int code = Z_OK;
    while (code == Z_OK) {
        if (used == room) {
            if (room > most)
                break;
            room = room ? 2 * room : 4 * (size_t)z.avail_in + 1024;
            if (room > most)
                room = most + 1; // one byte more shows that there are more
            uint8_t *more = realloc(out, room);
            if (!more) {
                code = Z_MEM_ERROR;
                break;
            }
            out = more;
        }
        z.next_out = out + used;
        z.avail_out = (uInt)(room - used);
        code = inflate(&z, Z_NO_FLUSH);
        used = room - z.avail_out;
        if (code == Z_BUF_ERROR && z.avail_out == 0)
            code = Z_OK;
    }
    Value result;
    if (code == Z_MEM_ERROR)
        result = rt_fail_memory(vm, room);
    else if (used > most)
        result = rt_fail(vm, CONDITION_HTTP, VALUE_NULL, "the data has more than %zu bytes", most);
    else if (code != Z_STREAM_END || z.avail_in != 0)
        result = rt_fail(vm, CONDITION_HTTP, VALUE_NULL, "the data is no complete gzip stream");
    else
        result = rt_bytevector_from_bytes(vm, out, used);
    inflateEnd(&z);
    free(out);
    return result;
}
