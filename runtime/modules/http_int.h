// What http.c, http_text.c and http_digest.c share.
#ifndef KILN_RUNTIME_MODULES_HTTP_INT_H
#define KILN_RUNTIME_MODULES_HTTP_INT_H

#include "runtime/primitive.h"

// Decode percent escapes in place, `plus` also + as a space; a NUL follows. Bytes left; when an
// escape is malformed it stands for itself and the answer is -bytes - 1.
long rt_http_unescape(char *text, size_t length, bool plus);

// Name and value as headers may have them: a token; no control characters but tabs.
bool rt_http_is_token(const char *text, size_t length);
bool rt_http_is_field_value(const char *text, size_t length);

// Put a header into a dictionary from names in lower case to values; those of the same name are
// joined.
[[nodiscard]] bool rt_http_add_header(VM *vm, Value dict, const char *name, size_t name_length,
                                      const char *value, size_t value_length);

PrimitiveFn1 rt_http_parse_form, rt_http_date, rt_http_parse_date, rt_http_iso_date;
PrimitiveFn1 rt_http_parse_iso_date, rt_http_random_token;
PrimitiveFn2 rt_http_parse_multipart, rt_http_decode, rt_http_encode, rt_http_gzip, rt_http_gunzip;
PrimitiveFn2 rt_http_token_equal;

// http_digest.c
PrimitiveFn1 rt_http_sha_256, rt_http_body_tag;
PrimitiveFn2 rt_http_hmac_sha_256;

#endif
