#include "model/answer_cache.h"
#include "model/keyed.h"

#include "base/alloc.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { DROPS = 256, BATCH = 256, SLOT_BYTES = 2048, SLOTS_MIN = 64, SLOTS_MAX = 1 << 18 };

/* An entry hangs in each table by a link of its own, and is taken out without a search. */
struct link {
    struct link *next, **at;
    struct entry *entry;
    uint64_t key;
};

struct entry {
    struct answer answer; /* first: what the caller holds */
    atomic_int held;
    uint8_t exact[16], rest[16], knowledge[8];
    uint64_t epoch; /* of the cache when it was asked */
    size_t size;
    struct entry *newer, *older;
    struct link by_exact, by_rest;
    int8_t *vector; /* NULL: found by its exact key only */
    double length;
    size_t document_n;
    struct link documents[];
};

struct answer_cache {
    struct answer_limits limits;
    uint8_t secret[16];
    pthread_mutex_t lock; /* of everything below */
    struct link **exact, **rest, **documents;
    size_t slots;
    struct entry *newest, *oldest, *walk; /* walk: where answer_cache_knowledge goes on */
    uint8_t knowledge[8];
    bool versioned; /* knowledge says which version counts; else any does */
    atomic_uint_least64_t epoch;
    uint64_t cleared;      /* epoch of the last clearing */
    uint64_t drops[DROPS]; /* documents dropped, by epoch */
    struct answer_stats stats;
};

static uint64_t head(const uint8_t *digest)
{
    uint64_t x;

    memcpy(&x, digest, sizeof(x));
    return x;
}

static struct link **slot(const struct answer_cache *c, struct link **table, uint64_t key)
{
    return &table[key & (c->slots - 1)];
}

static void hang(const struct answer_cache *c, struct link **table, struct link *l,
                 struct entry *entry, uint64_t key)
{
    struct link **at = slot(c, table, key);

    *l = (struct link){ *at, at, entry, key };
    if (*at)
        (*at)->at = &l->next;
    *at = l;
}

static void unhang(struct link *l)
{
    if (!l->at)
        return;
    *l->at = l->next;
    if (l->next)
        l->next->at = l->at;
    l->at = NULL;
}

static size_t slots_for(size_t bytes)
{
    size_t n = SLOTS_MIN;

    while (n < SLOTS_MAX && n < bytes / SLOT_BYTES)
        n *= 2;
    return n;
}

struct answer_cache *answer_cache_open(const struct answer_limits *limits, const struct world *w)
{
    struct answer_cache *c = tb_zalloc(sizeof(*c));

    c->limits = *limits;
    world_random(w, c->secret, sizeof(c->secret));
    pthread_mutex_init(&c->lock, NULL);
    c->slots = slots_for(limits->bytes);
    c->exact = tb_zalloc(c->slots * sizeof(*c->exact));
    c->rest = tb_zalloc(c->slots * sizeof(*c->rest));
    c->documents = tb_zalloc(c->slots * sizeof(*c->documents));
    return c;
}

void answer_cache_close(struct answer_cache *c)
{
    if (!c)
        return;
    answer_cache_clear(c);
    pthread_mutex_destroy(&c->lock);
    tb_free(c->exact);
    tb_free(c->rest);
    tb_free(c->documents);
    tb_free(c);
}

static void digest8(const struct answer_cache *c, struct str s, uint8_t out[8])
{
    uint8_t whole[16];
    struct keyed k;

    keyed_init(&k, c->secret);
    keyed_add(&k, s);
    keyed_end(&k, whole);
    memcpy(out, whole, 8);
    out[0] |= s.n > 0; /* zero means none */
    if (s.n == 0)
        memset(out, 0, 8);
}

static bool may_be_kept(const struct answer_cache *c, const struct answer_ask *ask)
{
    return c->limits.bytes > 0 && !ask->personal && (ask->open || ask->department.n > 0) &&
           (ask->temperature == 0 || (ask->temperature > 0 && ask->warm));
}

/* Everything that must be the same, but the words of the question. */
static void add_rest(struct keyed *k, const struct answer_ask *ask)
{
    char how[] = { ask->open ? 1 : 0 };

    keyed_add_framed(k, ask->model);
    keyed_add_framed(k, ask->sampling);
    keyed_add_framed(k, ask->tools);
    keyed_add_framed(k, ask->before);
    keyed_add_framed(k, str_of(how, sizeof(how)));
    keyed_add_framed(k, ask->open ? STR("") : ask->department);
    keyed_add_framed(k, ask->knowledge);
    keyed_add_framed(k, str_of((const char *)&ask->classification, sizeof(ask->classification)));
    keyed_add_framed(k, str_of((const char *)&ask->temperature, sizeof(ask->temperature)));
}

static bool vector_of(const struct answer_cache *c, const struct answer_ask *ask, int8_t *out)
{
    if (c->limits.threshold <= 0 || !ask->facts.p || ask->question.n == 0)
        return false;
    if (ask->vector) {
        memcpy(out, ask->vector, ANSWER_DIM);
        return true;
    }
    return c->limits.embed && c->limits.embed(c->limits.self, ask->question, out);
}

void answer_cache_key(struct answer_cache *c, const struct answer_ask *ask, struct answer_key *out)
{
    struct keyed k, exact;

    out->usable = may_be_kept(c, ask);
    out->alike = false;
    if (!out->usable)
        return;
    out->epoch = atomic_load(&c->epoch);
    keyed_init(&k, c->secret);
    add_rest(&k, ask);
    exact = k;
    keyed_add_framed(&exact, ask->question);
    keyed_end(&exact, out->exact);
    keyed_add_framed(&k, ask->facts);
    keyed_end(&k, out->rest);
    digest8(c, ask->knowledge, out->knowledge);
    out->alike = vector_of(c, ask, out->vector);
}

void answer_drop(struct answer *a)
{
    struct entry *x = (struct entry *)a;

    if (x && atomic_fetch_sub(&x->held, 1) == 1)
        tb_free(x);
}

/* Out of every table; the memory goes with the last who holds it. */
static void take_out(struct answer_cache *c, struct entry *x)
{
    unhang(&x->by_exact);
    unhang(&x->by_rest);
    for (size_t i = 0; i < x->document_n; i++)
        unhang(&x->documents[i]);
    *(x->newer ? &x->newer->older : &c->newest) = x->older;
    *(x->older ? &x->older->newer : &c->oldest) = x->newer;
    if (c->walk == x)
        c->walk = x->newer;
    c->stats.entries--;
    c->stats.bytes -= x->size;
    answer_drop(&x->answer);
}

static void put_newest(struct answer_cache *c, struct entry *x)
{
    x->newer = NULL;
    x->older = c->newest;
    *(c->newest ? &c->newest->newer : &c->oldest) = x;
    c->newest = x;
}

static void used(struct answer_cache *c, struct entry *x)
{
    if (c->newest == x)
        return;
    x->newer->older = x->older;
    *(x->older ? &x->older->newer : &c->oldest) = x->newer;
    if (c->walk == x)
        c->walk = x->newer;
    put_newest(c, x);
}

/* A clock that went back makes nothing live longer. */
static bool is_stale(const struct answer_cache *c, const struct entry *x, int64_t now_ms)
{
    return now_ms < x->answer.kept_ms || now_ms - x->answer.kept_ms > c->limits.ttl_ms ||
           x->epoch < c->cleared;
}

static struct entry *find_exact(struct answer_cache *c, const uint8_t exact[16])
{
    uint64_t key = head(exact);

    for (struct link *l = *slot(c, c->exact, key); l; l = l->next)
        if (l->key == key && memcmp(l->entry->exact, exact, 16) == 0)
            return l->entry;
    return NULL;
}

static int32_t product(const int8_t *a, const int8_t *b)
{
    int32_t sum = 0;

    for (int i = 0; i < ANSWER_DIM; i++)
        sum += a[i] * b[i];
    return sum;
}

static struct entry *find_alike(struct answer_cache *c, const struct answer_key *key,
                                int64_t now_ms, double *cosine)
{
    uint64_t rest = head(key->rest);
    double length = sqrt(product(key->vector, key->vector)), best = c->limits.threshold;
    struct entry *found = NULL;
    int left = ANSWER_SCAN;

    for (struct link *l = *slot(c, c->rest, rest); l && left; l = l->next) {
        struct entry *x = l->entry;
        double like;

        left--;
        if (l->key != rest || memcmp(x->rest, key->rest, 16) != 0 || is_stale(c, x, now_ms))
            continue;
        like = product(key->vector, x->vector) / (length * x->length);
        if (like >= best) { /* never so for a vector of zeros */
            best = like;
            found = x;
        }
    }
    *cosine = found ? best : 0;
    return found;
}

struct answer *answer_cache_find(struct answer_cache *c, const struct answer_key *key,
                                 int64_t now_ms, double *cosine)
{
    struct entry *x;
    double like = 1;

    if (!key->usable)
        return NULL;
    pthread_mutex_lock(&c->lock);
    x = find_exact(c, key->exact);
    if (x && is_stale(c, x, now_ms)) {
        c->stats.dropped++;
        take_out(c, x);
        x = NULL;
    }
    c->stats.exact += x != NULL;
    if (!x && key->alike) {
        x = find_alike(c, key, now_ms, &like);
        c->stats.alike += x != NULL;
    }
    if (x) {
        used(c, x);
        atomic_fetch_add(&x->held, 1);
    }
    c->stats.missed += x == NULL;
    pthread_mutex_unlock(&c->lock);
    if (cosine)
        *cosine = x ? like : 0;
    return x ? &x->answer : NULL;
}

static struct entry *entry_new(const struct answer_key *key, int64_t now_ms,
                               const struct answer_value *v)
{
    size_t links = sizeof(struct entry) + v->document_n * sizeof(struct link);
    size_t vector = key->alike ? ANSWER_DIM : 0, size = links + vector + v->body.n + 1;
    struct entry *x = tb_zalloc(size);
    char *p = (char *)x + links;

    atomic_init(&x->held, 1);
    memcpy(x->exact, key->exact, sizeof(x->exact));
    memcpy(x->rest, key->rest, sizeof(x->rest));
    memcpy(x->knowledge, key->knowledge, sizeof(x->knowledge));
    if (vector) {
        x->vector = (int8_t *)p;
        memcpy(x->vector, key->vector, vector);
        x->length = sqrt(product(x->vector, x->vector));
    }
    if (v->body.n)
        memcpy(p + vector, v->body.p, v->body.n);
    x->answer = (struct answer){ str_of(p + vector, v->body.n), v->prompt_tokens,
                                 v->completion_tokens, now_ms };
    x->document_n = v->document_n;
    x->epoch = key->epoch;
    x->size = size;
    return x;
}

static uint64_t document_key(const struct answer_cache *c, struct str id)
{
    uint8_t d[8];

    digest8(c, id, d);
    return head(d);
}

/* Was a document that it cites dropped, or all, since the key was made? */
static bool is_late(const struct answer_cache *c, const struct answer_key *key,
                    const uint64_t *documents, size_t n)
{
    uint64_t now = atomic_load(&c->epoch);
    bool other = c->versioned && head(key->knowledge) &&
                 memcmp(c->knowledge, key->knowledge, sizeof(c->knowledge)) != 0;

    if (other || key->epoch < c->cleared || (n && now - key->epoch > DROPS))
        return true;
    for (uint64_t e = key->epoch + 1; n && e <= now; e++)
        for (size_t i = 0; i < n; i++)
            if (c->drops[e % DROPS] == documents[i])
                return true;
    return false;
}

static void keep(struct answer_cache *c, struct entry *x, const uint64_t *documents)
{
    struct entry *before = find_exact(c, x->exact);

    if (before)
        take_out(c, before);
    while (c->oldest && c->stats.bytes + x->size > c->limits.bytes) {
        c->stats.pushed_out++;
        take_out(c, c->oldest);
    }
    hang(c, c->exact, &x->by_exact, x, head(x->exact));
    if (x->vector)
        hang(c, c->rest, &x->by_rest, x, head(x->rest));
    for (size_t i = 0; i < x->document_n; i++)
        hang(c, c->documents, &x->documents[i], x, documents[i]);
    put_newest(c, x);
    c->stats.kept++;
    c->stats.entries++;
    c->stats.bytes += x->size;
}

bool answer_cache_put(struct answer_cache *c, const struct answer_key *key, int64_t now_ms,
                      const struct answer_value *value)
{
    uint64_t documents[ANSWER_DOCUMENTS];
    struct entry *x;
    bool kept;

    if (!key->usable || value->document_n > ANSWER_DOCUMENTS || value->body.n > c->limits.bytes / 8)
        return false;
    x = entry_new(key, now_ms, value);
    for (size_t i = 0; i < value->document_n; i++)
        documents[i] = document_key(c, value->documents[i]);
    pthread_mutex_lock(&c->lock);
    kept = x->size <= c->limits.bytes && !is_late(c, key, documents, value->document_n);
    if (kept)
        keep(c, x, documents);
    pthread_mutex_unlock(&c->lock);
    if (!kept)
        answer_drop(&x->answer);
    return kept;
}

void answer_cache_drop_document(struct answer_cache *c, struct str id)
{
    uint64_t key = document_key(c, id);
    struct link *l;

    pthread_mutex_lock(&c->lock);
    c->drops[(atomic_fetch_add(&c->epoch, 1) + 1) % DROPS] = key;
    l = *slot(c, c->documents, key);
    while (l) {
        if (l->key != key) {
            l = l->next;
            continue;
        }
        c->stats.dropped++;
        take_out(c, l->entry);
        l = *slot(c, c->documents, key);
    }
    pthread_mutex_unlock(&c->lock);
}

static bool is_outlived(const struct answer_cache *c, const struct entry *x)
{
    return x->epoch < c->cleared ||
           (head(x->knowledge) && memcmp(x->knowledge, c->knowledge, sizeof(c->knowledge)) != 0 &&
            c->versioned);
}

/* Some entries at a time, so that a loop that wants an answer waits microseconds. Entries that come
 * or are used meanwhile go to the newest end, where the walk arrives. */
static bool drop_some(struct answer_cache *c)
{
    bool more;

    pthread_mutex_lock(&c->lock);
    for (int i = 0; i < BATCH && c->walk; i++) {
        struct entry *x = c->walk;

        c->walk = x->newer;
        if (is_outlived(c, x)) {
            c->stats.dropped++;
            take_out(c, x);
        }
    }
    more = c->walk != NULL;
    pthread_mutex_unlock(&c->lock);
    return more;
}

void answer_cache_knowledge(struct answer_cache *c, struct str version)
{
    uint8_t now[sizeof(c->knowledge)];
    bool same;

    digest8(c, version, now);
    pthread_mutex_lock(&c->lock);
    same = c->versioned && memcmp(now, c->knowledge, sizeof(now)) == 0;
    if (!same) {
        memcpy(c->knowledge, now, sizeof(now));
        c->versioned = true;
        c->walk = c->oldest;
    }
    pthread_mutex_unlock(&c->lock);
    if (same)
        return;
    while (drop_some(c))
        ;
}

void answer_cache_clear(struct answer_cache *c)
{
    pthread_mutex_lock(&c->lock);
    c->cleared = atomic_fetch_add(&c->epoch, 1) + 1;
    c->drops[c->cleared % DROPS] = 0;
    c->walk = c->oldest;
    pthread_mutex_unlock(&c->lock);
    while (drop_some(c))
        ;
}

void answer_cache_stats(struct answer_cache *c, struct answer_stats *out)
{
    pthread_mutex_lock(&c->lock);
    *out = c->stats;
    pthread_mutex_unlock(&c->lock);
}
