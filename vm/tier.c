// The tiers there are: the CEK, and what the composition root registered before the first VM.
#include "vm/tier.h"
#include "runtime/settings.h"
#include "vm/core.h"

enum { TIERS_MAX = 8 };

static const Tier *tiers[TIERS_MAX] = {&vm_tier_cek};
static int tier_count = 1;

HotHook vm_hot_hook;
const JitControl *vm_jit_control;

void vm_tier_register(const Tier *tier) {
    if (tier_count < TIERS_MAX)
        tiers[tier_count++] = tier;
}

const Tier *vm_tier_find(const char *name) {
    static const char *const choices[] = {"cek", "tier1", "tier2"};
    int choice = name ? -1 : rt_setting_choice(SETTING_JIT);
    if (choice >= 0)
        name = choices[choice];
    // A mode that is asked for by KILN_JIT and is not linked is the best there is.
    if (!name || (choice >= 0 && strcmp(name, tiers[tier_count - 1]->name) > 0))
        return tiers[tier_count - 1];
    for (int i = 0; i < tier_count; i++)
        if (strcmp(tiers[i]->name, name) == 0)
            return tiers[i];
    return NULL;
}

const Tier *vm_tier_at(int i) { return i < tier_count ? tiers[i] : NULL; }

Value vm_closure_name(VM *vm, Value closure) {
    const Lambda *lambda = vm->tier ? vm->tier->closure_lambda(closure) : NULL;
    return lambda && value_is_symbol(lambda->name) ? lambda->name : VALUE_FALSE;
}
