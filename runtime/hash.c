// Seed and the hash of bytes. See hash_int.h for the loop.
#include "runtime/hash.h"
#include "runtime/hash_int.h"
#include "runtime/settings.h"
#include <sys/random.h>
#include <time.h>

_Atomic uint64_t rt_hash_seed_word;

uint64_t rt_hash_seed(void) {
    uint64_t s = atomic_load_explicit(&rt_hash_seed_word, memory_order_relaxed);
    if (__builtin_expect(s != 0, 1))
        return s;
    if (rt_setting(SETTING_HASH_SEED) != NULL) {
        s = hash_word(rt_setting_number(SETTING_HASH_SEED, 0));
    } else if (getrandom(&s, sizeof s, GRND_NONBLOCK) != (ssize_t)sizeof s) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        s = hash_combine((uint64_t)now.tv_nsec ^ (uint64_t)(uintptr_t)&now, (uint64_t)now.tv_sec);
    }
    s |= 1;
    // Whoever comes first chooses for all threads.
    uint64_t unset = 0;
    return atomic_compare_exchange_strong(&rt_hash_seed_word, &unset, s) ? s : unset;
}

uint64_t rt_hash_bytes(const void *bytes, size_t length) { return hash_text(bytes, length, false); }
