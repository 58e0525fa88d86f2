/* Time and randomness, handed in so that tests never wait. Thread-safe. */
#ifndef BASE_WORLD_H
#define BASE_WORLD_H
#include "base/str.h"

struct world {
    int64_t (*now_ms)(const struct world *);  /* wall clock, ms since 1970 UTC */
    int64_t (*mono_us)(const struct world *); /* monotonic, µs */
    void (*random)(const struct world *, void *out, size_t n);
    int64_t fixed_ms; /* for world_fixed: what now_ms says; the test may move it */
};

const struct world *world_real(void);
/* A clock that stands still at ms and random bytes from a counter; for tests. */
struct world world_fixed(int64_t ms);

static inline int64_t world_now_ms(const struct world *w)
{
    return w->now_ms(w);
}
static inline int64_t world_mono_us(const struct world *w)
{
    return w->mono_us(w);
}
static inline void world_random(const struct world *w, void *out, size_t n)
{
    w->random(w, out, n);
}

#endif
