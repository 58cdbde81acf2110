// The order of the passes.
//
//   again ─> number ─> infer ─> speculate ─> infer ─> unbox ─> number ─> escape ─> infer ─> hoist
//   ─> unbox ─> bounds ─> number ─> infer ─> small ─> unbox ─> dead ─> blocks
//
// number comes first, so that infer finds one node for one value: what a test says of it then holds
// for all its uses. speculate reads guards that infer could not prove, and gives it more to prove.
// unbox needs the types of phis; escape wants loads forwarded, so that what is left are the uses
// that matter. hoist and bounds come after what removes guards, since what does not exist need not
// be moved; what they leave is decided once more. small is after all that removes checks for
// nothing.
#include "tier2/passes.h"
#include "runtime/settings.h"
#include "runtime/string.h"
#include <stdio.h>

typedef struct Pass {
    const char *name;
    void (*run)(Graph *graph);
} Pass;

static const Pass passes[] = {
    {"again", t2_pass_again},         {"number", t2_pass_number}, {"infer", t2_pass_infer},
    {"speculate", t2_pass_speculate}, {"dead", t2_pass_dead},     {"infer", t2_pass_infer},
    {"unbox", t2_pass_unbox},         {"number", t2_pass_number}, {"escape", t2_pass_escape},
    {"infer", t2_pass_infer},         {"hoist", t2_pass_hoist},   {"unbox", t2_pass_unbox},
    {"bounds", t2_pass_bounds},       {"number", t2_pass_number}, {"infer", t2_pass_infer},
    {"small", t2_pass_small},         {"unbox", t2_pass_unbox},   {"dead", t2_pass_dead},
    {"blocks", t2_pass_blocks},
};

static void trace(const Graph *graph, const char *after) {
    Value text = t2_dump(graph);
    const char *utf8 = rt_string_to_utf8(graph->vm, text, NULL);
    fprintf(stderr, ";; %s\n%s\n", after, utf8 ? utf8 : "(too large to show)");
}

bool t2_passes_are_traced(void) { return rt_setting_has(SETTING_TRACE, "t2"); }

void t2_run_passes(Graph *graph) {
    const char *wanted = rt_setting(SETTING_JIT_PASSES);
    bool tracing = t2_passes_are_traced();
    t2_settle(graph);
    t2_verify(graph, "build");
    if (tracing)
        trace(graph, "build");
    for (size_t i = 0; i < sizeof passes / sizeof *passes; i++) {
        const Pass *pass = &passes[i];
        if (wanted && *wanted && !rt_setting_has(SETTING_JIT_PASSES, pass->name))
            continue;
        pass->run(graph);
        t2_verify(graph, pass->name);
        if (tracing)
            trace(graph, pass->name);
    }
}
