#include "base/world.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static int64_t real_now_ms(const struct world *w)
{
    struct timespec t;

    (void)w;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t real_mono_us(const struct world *w)
{
    struct timespec t;

    (void)w;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void real_random(const struct world *w, void *out, size_t n)
{
    char *p = out;

    (void)w;
    while (n > 0) {
        ssize_t k = getrandom(p, n, 0);

        if (k < 0) {
            perror("tongban: getrandom");
            abort(); /* without randomness no token may be made */
        }
        p += k;
        n -= (size_t)k;
    }
}

const struct world *world_real(void)
{
    static const struct world real = { real_now_ms, real_mono_us, real_random, 0 };

    return &real;
}

static int64_t fixed_now_ms(const struct world *w)
{
    return w->fixed_ms;
}

static int64_t fixed_mono_us(const struct world *w)
{
    return w->fixed_ms * 1000;
}

static void fixed_random(const struct world *w, void *out, size_t n)
{
    static _Atomic uint64_t counter = 1;
    unsigned char *p = out;

    (void)w;
    for (size_t i = 0; i < n; i++) {
        uint64_t c = atomic_fetch_add(&counter, 1) * 0x9e3779b97f4a7c15u;

        p[i] = (unsigned char)(c >> 56);
    }
}

struct world world_fixed(int64_t ms)
{
    return (struct world){ fixed_now_ms, fixed_mono_us, fixed_random, ms };
}
