#include "knowledge/query.h"

#include "text/segment.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

static const float ACROSS = 0.7F; /* a pair that lies across two words */
static const float ASKING = 0.2F; /* a pair of words that ask, not tell */

/* Words that any question may have, whatever it is about. */
static const char asking_words[] =
    "怎么办 怎么样 怎样 怎么 为什么 什么 如何 是否 请问 能否 能不能 可不可以 可以 哪些 哪里 哪个 "
    "多少 多久 几天 是不是 有没有 要不要 需要 应该 我想 想问 咨询 一下 我们 你们 他们 自己 这个 "
    "那个 这样 时候 情况 有关 关于 问题 您好 你好 谢谢 现在 已经 还是 就是 没有 我的 吗 呢 吧 啊 "
    "的 了 我 你 他 她 呀 嘛 么";

static float idf(uint64_t df, uint64_t docs)
{
    double n = (double)docs, d = (double)df;

    return d > n ? 0 : (float)log(1.0 + (n - d + 0.5) / (d + 0.5));
}

/* The asking words as units, made once. */
enum { ASKING_MAX = 128 };
static struct units asking[ASKING_MAX];
static size_t asking_n;
static pthread_once_t asking_once = PTHREAD_ONCE_INIT;

static void make_asking(void)
{
    static struct arena keep = ARENA_INIT; /* for as long as the program runs */
    struct str rest = str_z(asking_words);

    while (rest.p && asking_n < ASKING_MAX)
        asking[asking_n++] = normal_units(&keep, str_cut(&rest, STR(" ")));
}

void query_asking(struct units u, uint8_t *asks)
{
    pthread_once(&asking_once, make_asking);
    for (size_t k = 0; k < asking_n; k++)
        for (size_t i = 0; i + asking[k].n <= u.n; i++)
            if (memcmp(u.c + i, asking[k].c, asking[k].n * sizeof *u.c) == 0)
                memset(asks + i, 1, asking[k].n);
}

static uint64_t total_docs(const struct index *const *parts, size_t n)
{
    uint64_t docs = 0;

    for (size_t i = 0; i < n; i++)
        docs += parts[i]->head->docs;
    return docs;
}

static void add_want(struct query *q, uint32_t key, float weight)
{
    for (size_t i = 0; i < q->n; i++) {
        if (q->want[i].key == key) {
            q->want[i].weight = weight > q->want[i].weight ? weight : q->want[i].weight;
            return;
        }
    }
    q->want[q->n++] = (struct index_want){ key, weight };
}

static void add_single(struct query *q, uint16_t c, float weight)
{
    for (size_t i = 0; i < q->singles; i++)
        if (q->single[i].c == c)
            return;
    q->single[q->singles++] = (struct query_single){ c, weight };
}

struct marks {
    uint8_t *starts, *asks; /* by character */
};

/* How much the pair that begins at i counts. */
static float pair_factor(const struct marks *m, size_t i)
{
    if (m->asks[i] && m->asks[i + 1])
        return ASKING;
    return (m->starts[i + 1] ? ACROSS : 1.0F) * (m->asks[i] || m->asks[i + 1] ? 0.6F : 1.0F);
}

static void add_terms(struct arena *a, struct query *q, const struct marks *m)
{
    uint32_t *keys = arena_alloc(a, (q->u.n + 1) * sizeof *keys);

    for (size_t i = 0; i + 1 < q->u.n; i++)
        if (unit_is_han(q->u.c[i]) && unit_is_han(q->u.c[i + 1]))
            add_want(q, index_pair(q->u.c[i], q->u.c[i + 1]), pair_factor(m, i));
    for (size_t k = index_keys(q->u, keys); k-- > 0;)
        if (keys[k] >= 0xF0000000U || keys[k] >> 16 == 0)
            add_want(q, keys[k], 1.0F);
    for (size_t i = 0; i < q->u.n; i++)
        if (unit_is_han(q->u.c[i]))
            add_single(q, q->u.c[i], m->asks[i] ? ASKING : 1.0F);
}

static void weigh(struct query *q, const struct index *const *parts, size_t nparts)
{
    uint64_t docs = total_docs(parts, nparts);

    for (size_t i = 0; i < q->n; i++) {
        uint64_t df = 0;

        for (size_t p = 0; p < nparts; p++)
            df += index_df(parts[p], q->want[i].key);
        q->want[i].weight *= idf(df, docs);
        q->mass += q->want[i].weight;
    }
    for (size_t i = 0; i < q->singles; i++) {
        uint64_t df = 0;

        for (size_t p = 0; p < nparts; p++)
            df += index_single_df(parts[p], q->single[i].c);
        q->single[i].weight *= idf(df, docs);
    }
}

void query_make(struct arena *a, struct str question, const struct index *const *parts,
                size_t nparts, struct query *out)
{
    struct units u = normal_units(a, question);
    struct marks m;

    u.n = u.n > QUERY_UNITS_MAX ? QUERY_UNITS_MAX : u.n;
    *out = (struct query){ .u = u };
    m.starts = arena_zalloc(a, u.n + 1);
    m.asks = arena_zalloc(a, u.n + 1);
    out->want = arena_alloc(a, (2 * u.n + 1 + QUERY_SOUND_WANTS) * sizeof *out->want);
    out->single = arena_alloc(a, (u.n + 1 + QUERY_SOUND_WANTS) * sizeof *out->single);
    segment_starts(u, m.starts);
    query_asking(u, m.asks);
    add_terms(a, out, &m);
    weigh(out, parts, nparts);
    out->typed = out->n;
    out->starts = m.starts;
    out->asks = m.asks;
}
