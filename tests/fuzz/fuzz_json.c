// JSON on arbitrary bytes: nothing may crash; what was read is written, in every way, and reads
// back as an equal value.
#include "runtime/equal.h"
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/primitive.h"
#include "runtime/string.h"
#include "runtime/symbol.h"
#include "runtime/vector.h"
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct Input {
    const uint8_t *data;
    size_t size;
} Input;

static Value call(VM *vm, const char *name, Value a, Value b) {
    return rt_primitive_call(vm, rt_primitive_find(name), 2, (Value[]){a, b});
}

static Value options(VM *vm, Value a, Value b, Value c, Value d) {
    return rt_vector_from_array(vm, (Value[]){a, b, c, d}, 4);
}

static void bug(VM *vm, const char *what, Value text) {
    fprintf(stderr, "fuzz_json: %s: %s\n", what, rt_string_to_utf8(vm, text, NULL));
    abort();
}

static void read_and_write(VM *vm, void *arg) {
    const Input *input = arg;
    Value text = rt_bytevector_from_bytes(vm, input->data, input->size);
    Value strict =
        options(vm, value_from_fixnum(1000), rt_intern(vm, "error"), VALUE_FALSE, VALUE_FALSE);
    Value lenient =
        options(vm, value_from_fixnum(100000), rt_intern(vm, "last"), VALUE_FALSE, VALUE_TRUE);
    Value v = call(vm, "%json-parse", text, lenient);
    if (v == VALUE_FAILURE)
        rt_condition_text(vm, vm->condition);
    v = call(vm, "%json-parse", text, strict);
    if (v == VALUE_FAILURE) {
        rt_condition_text(vm, vm->condition);
        return;
    }
    for (int way = 0; way < 16; way++) {
        Value how = options(vm, value_from_fixnum(way & 1 ? 2 : 0), value_from_bool(way & 2),
                            value_from_bool(way & 4), value_from_bool(way & 8));
        Value written = call(vm, "%json->string", v, how);
        if (written == VALUE_FAILURE)
            continue; // memory is short
        Value again = call(vm, "%json-parse", written, strict);
        bool same;
        if (again == VALUE_FAILURE)
            bug(vm, "what was written does not read", written);
        if (rt_equal(vm, v, again, &same) && !same)
            bug(vm, "not equal when read back", written);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static VM *vm;
    if (!vm && !(vm = rt_vm_create()))
        abort();
    rt_stack_run(vm, read_and_write, &(Input){data, size});
    return 0;
}
