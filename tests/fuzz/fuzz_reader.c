// Reader and printer on arbitrary bytes: nothing may crash; what was read is printed in every way;
// what `write` prints of data that have an external representation reads back as an equal datum.
#include "runtime/equal.h"
#include "runtime/heap.h"
#include "runtime/printer.h"
#include "runtime/reader.h"
#include "runtime/string.h"
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void bug(VM *vm, const char *what, Value text) {
    fprintf(stderr, "fuzz_reader: %s: %s\n", what, rt_string_to_utf8(vm, text, NULL));
    abort();
}

static void check_datum(VM *vm, Value datum, ReadMode mode) {
    static const WriteMode modes[] = {WRITE_WRITE, WRITE_SHARED, WRITE_DISPLAY};
    rt_write_limited(vm, datum, 40);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        Value text = rt_write_to_string(vm, datum, modes[i]);
        if (text == VALUE_FAILURE)
            continue; // memory is short
        if (modes[i] == WRITE_DISPLAY)
            continue;
        Reader reader;
        rt_reader_init(vm, &reader, rt_port_from_string(vm, text), mode);
        Value again = rt_read(vm, &reader);
        bool same;
        if (again == VALUE_FAILURE)
            bug(vm, "printed text does not read", text);
        if (rt_equal(vm, datum, again, &same) && !same)
            bug(vm, "not equal when read back", text);
        if (rt_read(vm, &reader) != VALUE_EOF)
            bug(vm, "printed text is more than one datum", text);
    }
}

typedef struct Input {
    const uint8_t *data;
    size_t size;
} Input;

static void read_all(VM *vm, void *arg) {
    const Input *input = arg;
    for (int mode = READ_SCHEME; mode <= READ_SX; mode++) {
        Value port = rt_port_from_utf8(vm, (const char *)input->data, input->size);
        Reader reader;
        rt_reader_init(vm, &reader, port, (ReadMode)mode);
        if (input->size % 2) {
            reader.source = 1;
            reader.map = rt_source_map_new(vm);
            reader.literals = true;
        }
        for (size_t count = 0;; count++) {
            // Each datum and each error consumes something.
            if (count > input->size + 1)
                bug(vm, "no progress", rt_string_from_c(vm, "reader"));
            Value datum = rt_read(vm, &reader);
            if (datum == VALUE_EOF)
                break;
            if (datum == VALUE_FAILURE)
                rt_condition_text(vm, vm->condition);
            // Folded symbols do not read back by themselves, so data after #!fold-case are only
            // printed.
            else if (!(port_flags(port) & PORT_FOLD_CASE))
                check_datum(vm, datum, (ReadMode)mode);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static VM *vm;
    if (!vm && !(vm = rt_vm_create()))
        abort();
    rt_stack_run(vm, read_all, &(Input){data, size});
    return 0;
}
