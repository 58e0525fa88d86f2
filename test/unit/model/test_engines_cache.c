/* A day of questions replayed against engines that, like vLLM and SGLang, keep what they have read:
 * how much of the prompts they find there, when calls go where their beginning was read and when
 * not. */
#include "engines_scene.h"
#include "model/affinity.h"

enum {
    ENGINES = 4,
    APPS = 24,   /* each has a system prompt of its own */
    TOPICS = 40, /* each app's passages, the same for all who ask about one thing */
    CALLS = 6000,
    ACTIVE = 24, /* calls at once */
    CACHE_TOKENS = 60000,
    PARTS = APPS * (TOPICS + 1)
};

struct cache {           /* of one engine: the parts it holds, least lately used first out */
    int64_t used[PARTS]; /* 0: not there */
    int64_t tokens;
};
struct day {
    struct cache caches[ENGINES];
    int64_t size[PARTS], clock, prompt, cached;
    uint64_t dice;
};

static uint32_t roll(struct day *d, uint32_t n)
{
    d->dice = d->dice * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(d->dice >> 33) % n;
}

static void make_room(struct day *d, struct cache *c)
{
    while (c->tokens > CACHE_TOKENS) {
        int oldest = -1;

        for (int i = 0; i < PARTS; i++)
            if (c->used[i] && (oldest < 0 || c->used[i] < c->used[oldest]))
                oldest = i;
        c->tokens -= d->size[oldest];
        c->used[oldest] = 0;
    }
}

/* A part counts only when all before it is there. */
static bool read_part(struct day *d, struct cache *c, int part, bool before)
{
    bool there = before && c->used[part];

    d->prompt += d->size[part];
    d->cached += there ? d->size[part] : 0;
    if (!c->used[part])
        c->tokens += d->size[part];
    c->used[part] = ++d->clock;
    return there;
}

static struct str filler(char *text, size_t n, int seed)
{
    for (size_t i = 0; i < n; i++)
        text[i] = (char)('a' + (i * 7 + (size_t)seed * 31 + i / 50 * (size_t)seed) % 26);
    return str_of(text, n);
}

/* Some apps and topics are asked for far more often than others. */
static int popular(struct day *d, int n)
{
    return (int)(roll(d, (uint32_t)n) * roll(d, (uint32_t)n) / (uint32_t)n);
}

static double replay(bool prefixes)
{
    static struct day d;
    static struct caller active[ACTIVE];
    static char text[16384];
    struct engines *g = city_of("engines:\n"
                                "  - {name: a, url: 'http://10.0.0.1/v1', model: m, slots: 12}\n"
                                "  - {name: b, url: 'http://10.0.0.2/v1', model: m, slots: 12}\n"
                                "  - {name: c, url: 'http://10.0.0.3/v1', model: m, slots: 12}\n"
                                "  - {name: d, url: 'http://10.0.0.4/v1', model: m, slots: 12}\n");

    memset(&d, 0, sizeof(d));
    memset(active, 0, sizeof(active));
    d.dice = 42;
    for (int i = 0; i < PARTS; i++) /* tokens: a system prompt, or passages */
        d.size[i] = 400 + roll(&d, i % (TOPICS + 1) ? 1200 : 1600);
    for (int i = 0; i < CALLS; i++) {
        struct caller *c = &active[i % ACTIVE];
        int app = popular(&d, APPS), system = app * (TOPICS + 1);
        int topic = system + 1 + popular(&d, TOPICS);
        struct prefix p = PREFIX_INIT;
        struct cache *k;

        if (i >= ACTIVE)
            give(g, c, TB_OK);
        prefix_add(&p, filler(text, (size_t)d.size[system] * 3, system));
        prefix_add(&p, filler(text, (size_t)d.size[topic] * 3, topic));
        c->t.want.prefix_n = prefixes ? p.n : 0;
        memcpy(c->t.want.prefix, p.digests, sizeof(p.digests));
        CHECK_INT(take(g, c, "m", PRIORITY_WINDOW), ENGINES_PLACED);
        k = &d.caches[c->t.place.engine];
        read_part(&d, k, topic, read_part(&d, k, system, true));
        make_room(&d, k);
        later(200);
    }
    for (int i = 0; i < ACTIVE; i++)
        give(g, &active[i], TB_OK);
    city_end(g);
    return (double)d.cached / (double)d.prompt;
}

static void calls_that_begin_alike_find_what_was_read(void)
{
    double with = replay(true), without = replay(false);

    printf("# prompt tokens from cache: %.0f %% with affinity, %.0f %% without\n", 100 * with,
           100 * without);
    CHECK(with > 0.56); /* DeepSeek's own published share */
    CHECK(with > 1.15 * without);
}

static const struct tb_test tests[] = {
    TEST(calls_that_begin_alike_find_what_was_read),
};
TEST_MAIN(tests)
