// Run-time options of the sanitizers, linked into every program of the asan and fuzz presets.
// Leaks are not looked for: the collector owns almost everything and frees nothing at exit.

const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

const char *__asan_default_options(void) {
    return "detect_leaks=0:detect_stack_use_after_return=0:allocator_may_return_null=1";
}

const char *__ubsan_default_options(void) { return "print_stacktrace=1:halt_on_error=1"; }
