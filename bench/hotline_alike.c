/* Duplicates of one new message among many: how long a search takes, what the index holds, and how
 * often it finds what belongs together. Messages are made of the sample city's templates, each with
 * a house and a number of its own, so that a million of them are no copies of each other.
 *     build/bench/hotline_alike [--count 1000000] [--queries 2000] */
#include "base/alloc.h"
#include "base/date.h"
#include "base/fs.h"
#include "base/share.h"
#include "base/utf8.h"
#include "scenario/hotline/alike.h"
#include "scenario/hotline/sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 100000, HITS = 50 };

struct made {
    struct arena mem;
    struct sample_message *m;
    struct str *place;
    size_t n;
};

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* A place nobody else has: two characters for the house, so that 3 million differ. */
static struct str house(struct arena *a, uint64_t h)
{
    static const char *const tail[] = { "苑", "园", "府", "里", "湾", "庭", "居", "阁" };
    struct buf b = BUF_INIT(64);
    char c[4];

    for (int i = 0; i < 3; i++, h = mix(h))
        buf_add(&b, str_of(c, utf8_put(c, 0x4e00 + (uint32_t)(h % 3000))));
    buf_addz(&b, tail[h % 8]);
    return arena_buf(a, &b);
}

static struct str with(struct arena *a, struct str text, struct str place, struct str instead)
{
    struct buf b = BUF_INIT(64 * 1024);
    size_t at;

    while ((at = str_find(text, place)) != SIZE_MAX) {
        buf_add(&b, str_sub(text, 0, at));
        buf_add(&b, instead);
        text = str_from(text, at + place.n);
    }
    buf_add(&b, text);
    return arena_buf(a, &b);
}

static void make(struct made *x, uint64_t seed, size_t n)
{
    struct sample_wish wish = { .today = 20779, .seed = seed, .count = n };
    struct places *p;
    struct tb_err e = TB_ERR_INIT;

    if (sample_make(&x->mem, fs_join(&x->mem, share_dir(&x->mem), "demo"), &wish, &p, &x->m, &x->n,
                    &e)) {
        fprintf(stderr, "%s\n", e.say);
        exit(1);
    }
    x->place = ARENA_ARRAY(&x->mem, struct str, x->n);
    for (size_t i = 0; i < x->n; i++) {
        struct str was = x->m[i].place->name,
                   h = house(&x->mem, mix(seed * 1000003 + str_hash(was)));

        x->place[i] = h;
        x->m[i].title = with(&x->mem, x->m[i].title, was, h);
        x->m[i].text = with(&x->mem, x->m[i].text, was, h);
    }
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

struct score {
    size_t queries, gold, found, kept, said, right, any, first;
};

static struct alike_text text_of(const struct made *g, size_t i)
{
    return (struct alike_text){ g->m[i].title, g->m[i].text, g->place[i] };
}

static bool one_matter(const struct made *g, size_t i, size_t k)
{
    return g->m[i].place == g->m[k].place && str_eq(g->m[i].matter, g->m[k].matter);
}

/* Of each query: do the hits hold the others of its case, and is what is said to be one matter so?
 */
static void judge(const struct alike *x, const struct made *g, int64_t base, size_t q,
                  const struct alike_hit *h, size_t n, struct score *s)
{
    size_t gold = 0, got = 0;

    for (size_t i = 0; i < g->n; i++)
        gold += i != q && one_matter(g, i, q);
    s->queries++;
    s->gold += gold < HITS ? gold : HITS;
    for (size_t i = 0; i < n; i++) {
        size_t o = (size_t)(h[i].id - base - 1);
        struct alike_text a = text_of(g, q), b;
        struct alike_verdict v;
        bool same;

        if (h[i].id <= base)
            continue; /* another city: no house of it is one of ours */
        b = text_of(g, o);
        same = one_matter(g, o, q);
        if (!same && g->m[o].case_no == g->m[q].case_no)
            continue; /* another side of one event: neither right nor wrong */
        alike_compare(x, &a, &b, &v);
        got += same;
        s->said += v.is >= ALIKE_MATTER;
        s->right += v.is >= ALIKE_MATTER && same;
        s->kept += same && v.is >= ALIKE_MATTER;
        if (i == 0 && gold) {
            s->any++;
            s->first += same;
        }
    }
    s->found += got;
}

struct bench {
    struct alike *x;
    struct made gold;
    struct score s;
    size_t count, queries;
    int64_t id, base, *took;
    double add_us, save_s, load_s;
    size_t loaded;
};

static double seconds(int64_t from)
{
    return (double)(world_mono_us(world_real()) - from) / 1e6;
}

/* The many: other cities' messages, then the one whose matters are known. */
static void fill(struct bench *b)
{
    double spent = 0;

    for (uint64_t seed = 100; (size_t)b->id + 3000 < b->count; seed++) {
        struct made m = { 0 };
        size_t left = b->count - (size_t)b->id - 3000;
        int64_t from;

        make(&m, seed, left < BATCH ? left : BATCH);
        from = world_mono_us(world_real());
        for (size_t i = 0; i < m.n; i++) {
            struct alike_text t = text_of(&m, i);

            alike_add(b->x, ++b->id, &t);
        }
        spent += seconds(from);
        arena_release(&m.mem);
    }
    b->base = b->id;
    b->add_us = spent * 1e6 / (double)(b->base ? b->base : 1);
    make(&b->gold, 1, 3000);
    for (size_t i = 0; i < b->gold.n; i++) {
        struct alike_text t = text_of(&b->gold, i);

        alike_add(b->x, ++b->id, &t);
    }
}

static void ask(struct bench *b)
{
    b->queries = b->queries < b->gold.n ? b->queries : b->gold.n;
    b->took = tb_zalloc(b->queries * sizeof(*b->took));
    for (size_t q = 0; q < b->queries; q++) {
        struct alike_hit h[HITS];
        size_t n, at = q * b->gold.n / b->queries;
        struct alike_text t = text_of(&b->gold, at);
        int64_t from = world_mono_us(world_real());

        n = alike_find(b->x, &t, b->base + 1 + (int64_t)at, h, HITS);
        b->took[q] = world_mono_us(world_real()) - from;
        judge(b->x, &b->gold, b->base, at, h, n, &b->s);
    }
    qsort(b->took, b->queries, sizeof(*b->took), by_value);
}

static void keep(struct bench *b)
{
    struct alike *y = NULL;
    struct tb_err e = TB_ERR_INIT;
    char path[] = "/tmp/hotline_alike.XXXXXX";
    int fd = mkstemp(path);
    int64_t from = world_mono_us(world_real());

    if (fd >= 0 && !alike_save(b->x, path, &e)) {
        b->save_s = seconds(from);
        from = world_mono_us(world_real());
        if (!alike_load(path, &y, &e))
            b->loaded = alike_count(y);
        b->load_s = seconds(from);
    }
    alike_free(y);
    remove(path);
}

static double share(size_t part, size_t all)
{
    return all ? (double)part / (double)all : 0;
}

static void report(const struct bench *b)
{
    double bytes = (double)alike_bytes(b->x);

    printf("{\"messages\":%zu,\"add_us\":%.1f,\"mib\":%.0f,\"bytes_each\":%.0f,"
           "\"find_ms_p50\":%.3f,\"find_ms_p99\":%.3f,\"find_ms_max\":%.3f,",
           alike_count(b->x), b->add_us, bytes / (1 << 20),
           (bytes - ALIKE_BYTES_FIXED) / (double)alike_count(b->x),
           (double)b->took[b->queries / 2] / 1000, (double)b->took[b->queries * 99 / 100] / 1000,
           (double)b->took[b->queries - 1] / 1000);
    printf("\"recall_at_50\":%.4f,\"recall\":%.4f,\"precision\":%.4f,\"first_right\":%.4f,"
           "\"save_s\":%.2f,\"load_s\":%.2f,\"loaded\":%zu}\n",
           share(b->s.found, b->s.gold), share(b->s.kept, b->s.gold), share(b->s.right, b->s.said),
           share(b->s.first, b->s.any), b->save_s, b->load_s, b->loaded);
}

int main(int argc, char **argv)
{
    struct bench b = { .x = alike_new(), .count = 1000000, .queries = 2000 };

    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--count") == 0)
            b.count = (size_t)atoll(argv[i + 1]);
        if (strcmp(argv[i], "--queries") == 0)
            b.queries = (size_t)atoll(argv[i + 1]);
    }
    fill(&b);
    ask(&b);
    keep(&b);
    report(&b);
    tb_free(b.took);
    alike_free(b.x);
    arena_release(&b.gold.mem);
    return 0;
}
