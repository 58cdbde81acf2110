// The table of a module's functions, made of its rows. A module's source defines MODULE_ROWS, the
// file of its rows as an #include names it, and includes this at its end.
#include "runtime/module.h"

#define MODULE0(module, name, fn, ...) {.f0 = rt_##module##_##fn},
#define MODULE1(module, name, fn, ...) {.f1 = rt_##module##_##fn},
#define MODULE2(module, name, fn, ...) {.f2 = rt_##module##_##fn},
#define MODULE3(module, name, fn, ...) {.f3 = rt_##module##_##fn},
#define MODULE4(module, name, fn, ...) {.f4 = rt_##module##_##fn},
#define MODULEV(module, name, fn, ...) {.fv = rt_##module##_##fn},
static const ModuleFunction module_functions[] = {
#include MODULE_ROWS
};
#undef MODULE0
#undef MODULE1
#undef MODULE2
#undef MODULE3
#undef MODULE4
#undef MODULEV

#define MODULE0(module, name, fn, ...) name " "
#define MODULE1 MODULE0
#define MODULE2 MODULE0
#define MODULE3 MODULE0
#define MODULE4 MODULE0
#define MODULEV MODULE0
extern const Module rt_module;
const Module rt_module = {
    .vm_size = sizeof(VM),
    .signature = RT_MODULE_VERSION
#include MODULE_ROWS
    ,
    .functions = module_functions,
};
