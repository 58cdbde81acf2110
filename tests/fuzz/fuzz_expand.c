// Fuzzer of the expander: reads data and expands them in an interactive environment of SX, without
// running them. Whatever the data are, expansion answers core IR that passes the verifier, or a
// condition that can be shown.
//
// A define-syntax or an import has its effect at expansion, so that later data of an input meet it.
// Bodies of built-in libraries may run. Procedural macros run nothing that an input can choose but
// what their definitions hold; the heap limit ends what grows.
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/port.h"
#include "runtime/reader.h"
#include "runtime/string.h"
#include "vm/expand.h"
#include "vm/language.h"
#include "vm/library.h"
#include "vm/tier.h"
#include <stdlib.h>

enum {
    HEAP_LIMIT = 512 << 20,
    INPUT_MAX = 4096,
    FORMS_MAX = 50,
    INPUTS_PER_VM = 500,
    STACK_SIZE = 4 << 20,
    INPUT_SOURCE = 1, // any number does
};

typedef struct Input {
    const uint8_t *bytes;
    size_t size;
} Input;

// Making a VM takes most of the time: it serves many inputs, each with an environment of its own.
// Libraries that an input defined are forgotten.
static VM *shared;
static int inputs_left;

static void forget_libraries(VM *vm) {
    IdentifierTable *table = &vm->language->libraries;
    for (uint32_t i = 0; i < table->count; i++) {
        const Library *library = table->entry[i].item;
        if (library && !library->text && library != vm->language->core_library &&
            library != vm->language->primitives)
            table->entry[i].item = NULL;
    }
}

static void set_up(VM *vm, void *argument) {
    vm->tier = (Tier *)(uintptr_t)&vm_tier_cek;
    if (!vm_language_init(vm))
        abort();
}

static void expand_input(VM *vm, void *argument) {
    const Input *input = argument;
    // Endless nesting is to fail soon.
    vm->stack_limit = (char *)__builtin_frame_address(0) - STACK_SIZE;
    Value environment = vm_environment_new_interactive(vm, false);
    if (environment == VALUE_FAILURE)
        abort();
    value_environment(environment)->sx = true;
    Value port = rt_port_from_utf8(vm, (const char *)input->bytes, input->size);
    if (port == VALUE_FAILURE)
        return;
    Reader reader;
    rt_reader_init(vm, &reader, port, READ_SX);
    reader.source = INPUT_SOURCE;
    reader.map = rt_source_map_new(vm);
    for (int i = 0; i < FORMS_MAX; i++) {
        Value form = rt_read(vm, &reader);
        if (form == VALUE_EOF || form == VALUE_FAILURE)
            return;
        Node *node = vm_expand(vm, form, environment, reader.map);
        if (node)
            vm_node_verify(vm, node, CORE_EXPANDED);
        else if (!value_is_string(rt_condition_text(vm, vm->condition)))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    if (size > INPUT_MAX)
        return 0;
    if (inputs_left-- == 0) {
        if (shared)
            rt_vm_destroy(shared);
        shared = rt_vm_create();
        if (!shared)
            abort();
        shared->heap_limit = HEAP_LIMIT;
        rt_stack_run(shared, set_up, NULL);
        inputs_left = INPUTS_PER_VM;
    }
    Input input = {.bytes = bytes, .size = size};
    rt_stack_run(shared, expand_input, &input);
    forget_libraries(shared);
    return 0;
}
