// Commands written in SX.
#include "vm/command.h"
#include "runtime/list.h"
#include "runtime/string.h"
#include "runtime/symbol.h"
#include "vm/guest.h"
#include "vm/kiln_int.h"
#include <string.h>

static const Command own[] = {
#include "vm/commands.def"
    {NULL, NULL, NULL, NULL, NULL},
};
enum { OWN = sizeof own / sizeof *own - 1 };

const Command *vm_command_at(int i) { return i < OWN ? &own[i] : vm_guest_command_at(i - OWN); }

const Command *vm_command_find(const char *name) {
    for (int i = 0;; i++) {
        const Command *c = vm_command_at(i);
        if (!c || strcmp(c->name, name) == 0)
            return c;
    }
}

typedef struct Call {
    const Command *command;
    const char *const *arguments;
    Value result;
} Call;

// (run-command NAME PROCEDURE (list ARGUMENT …)), as a program of its own.
static void run_inside(VM *vm, void *arg) {
    Call *c = arg;
    c->result = VALUE_FAILURE;
    Value list = VALUE_NULL;
    int count = 0;
    while (c->arguments[count])
        count++;
    while (count) {
        Value argument = rt_string_from_c(vm, c->arguments[--count]);
        if (argument == VALUE_FAILURE)
            return;
        list = rt_cons(vm, argument, list);
    }
    Value quoted = rt_list(vm, 2, rt_intern(vm, "quote"), list);
    Value form =
        rt_list(vm, 4, rt_intern(vm, "run-command"), rt_string_from_c(vm, c->command->name),
                rt_intern(vm, c->command->procedure), quoted);
    const char *const libraries[] = {"(kiln core)", "(kiln command)", c->command->library, NULL};
    c->result = vm_eval_importing(vm, libraries, form);
}

KilnStatus vm_command_run(Kiln *k, const Command *command, const char *const *arguments,
                          int *status) {
    Call c = {.command = command, .arguments = arguments};
    rt_stack_run(vm_of_kiln(k), run_inside, &c);
    KilnStatus s = vm_kiln_status(k, c.result);
    if (s == KILN_OK)
        *status = (int)value_fixnum(c.result); // run-command sees to it
    return s;
}
