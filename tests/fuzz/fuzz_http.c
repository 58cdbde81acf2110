// The texts of HTTP that clients choose: escapes, forms, multipart bodies, dates, compressed data.
// The first byte says which. Nothing may crash; what is escaped or compressed again comes back.
#include "runtime/equal.h"
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/modules/http_int.h"
#include "runtime/string.h"
#include "runtime/vector.h"
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct Input {
    const uint8_t *data;
    size_t size;
} Input;

static void expect_equal(VM *vm, const char *what, Value a, Value b) {
    bool same;
    if (a == VALUE_FAILURE || b == VALUE_FAILURE || (rt_equal(vm, a, b, &same) && !same)) {
        fprintf(stderr, "fuzz_http: %s does not come back\n", what);
        abort();
    }
}

static void run(VM *vm, void *arg) {
    const Input *input = arg;
    if (input->size == 0)
        return;
    const uint8_t *data = input->data + 1;
    size_t size = input->size - 1;
    Value bytes = rt_bytevector_from_bytes(vm, data, size);
    Value text = rt_string_from_utf8(vm, (const char *)data, size);
    switch (input->data[0] % 5) {
    case 0: {
        (void)rt_http_decode(vm, text, VALUE_TRUE);
        Value encoded = rt_http_encode(vm, text, rt_string_from_c(vm, "/"));
        expect_equal(vm, "escaped text", text, rt_http_decode(vm, encoded, VALUE_FALSE));
        break;
    }
    case 1:
        if (rt_http_parse_form(vm, bytes) == VALUE_FAILURE ||
            rt_http_parse_form(vm, text) == VALUE_FAILURE)
            abort();
        break;
    case 2: {
        // The boundary is what comes before the first line end.
        size_t length = 0;
        while (length < size && data[length] != '\r')
            length++;
        Value boundary = rt_string_from_utf8(vm, (const char *)data, length < 70 ? length : 70);
        Value body = rt_bytevector_from_bytes(vm, data + length, size - length);
        if (rt_http_parse_multipart(vm, body, boundary) == VALUE_FAILURE)
            rt_condition_text(vm, vm->condition);
        break;
    }
    case 3: {
        Value seconds = rt_http_parse_date(vm, text);
        if (seconds != VALUE_NIL)
            expect_equal(vm, "a date", seconds, rt_http_parse_date(vm, rt_http_date(vm, seconds)));
        (void)rt_http_parse_iso_date(vm, text);
        break;
    }
    default:
        (void)rt_http_gunzip(vm, bytes, value_from_fixnum(1 << 20));
        expect_equal(vm, "compressed data", bytes,
                     rt_http_gunzip(vm, rt_http_gzip(vm, bytes, value_from_fixnum(1)),
                                    value_from_fixnum((int64_t)size)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static VM *vm;
    if (!vm && !(vm = rt_vm_create()))
        abort();
    rt_stack_run(vm, run, &(Input){data, size});
    return 0;
}
