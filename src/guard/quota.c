#include "guard/quota.h"

#include "base/alloc.h"
#include "base/date.h"
#include "crypto/hex.h"
#include "guard/quota_int.h"
#include "store/use.h"

#include <assert.h>
#include <string.h>

struct quota {
    const struct world *world;
    pthread_rwlock_t lock; /* over the table: find reads, a reload that learned a secret writes */
    struct secret **slots; /* open addressing, a power of two, at most half full */
    size_t cap, n;
    pthread_mutex_t reload; /* one at a time; over the lists */
    struct secret *secrets;
    struct entry *entries;
    struct meter *meters;
};

/* -- the table -- */

static struct secret **slot_of(struct secret **slots, size_t cap, const unsigned char *digest)
{
    uint64_t h;
    size_t i;

    memcpy(&h, digest, sizeof(h)); /* a digest is as good as a hash gets */
    i = (size_t)h & (cap - 1);
    while (slots[i] && memcmp(slots[i]->digest, digest, SM3_BYTES) != 0)
        i = (i + 1) & (cap - 1);
    return &slots[i];
}

/* Under the lock for writing. */
static void table_add(struct quota *q, struct secret *s)
{
    if (q->n * 2 >= q->cap) {
        size_t cap = q->cap ? q->cap * 2 : 64;
        struct secret **more = tb_zalloc(cap * sizeof(*more));

        for (size_t i = 0; i < q->cap; i++)
            if (q->slots[i])
                *slot_of(more, cap, q->slots[i]->digest) = q->slots[i];
        tb_free(q->slots);
        q->slots = more;
        q->cap = cap;
    }
    *slot_of(q->slots, q->cap, s->digest) = s;
    q->n++;
}

static struct secret *secret_of(struct quota *q, const unsigned char *digest)
{
    struct secret *s = q->cap ? *slot_of(q->slots, q->cap, digest) : NULL;

    return s;
}

static struct meter *meter_of(struct quota *q, int64_t key_id)
{
    struct meter *m = q->meters;

    while (m && m->key_id != key_id)
        m = m->next;
    if (m)
        return m;
    m = tb_zalloc(sizeof(*m));
    m->key_id = key_id;
    pthread_mutex_init(&m->lock, NULL);
    m->next = q->meters;
    q->meters = m;
    return m;
}

/* -- reading the store -- */

static void words_copy(struct arena *a, const struct key_words *from, struct key_words *to)
{
    to->v = ARENA_ARRAY(a, struct str, from->n + 1);
    to->n = from->n;
    for (size_t i = 0; i < from->n; i++)
        to->v[i] = arena_str(a, from->v[i]);
}

static void form_words(struct buf *b, const struct key_words *w)
{
    for (size_t i = 0; i < w->n; i++)
        buf_addf(b, "%zu:%.*s,", w->v[i].n, STR_FMT(w->v[i]));
    buf_addc(b, ';');
}

static struct str form_of(struct arena *a, const struct key *k)
{
    struct buf b = BUF_INIT(1 << 20);

    buf_addf(&b, "%lld;%.*s;%.*s;%d;%d;%d;%lld;%lld;%lld;%lld;", (long long)k->id, STR_FMT(k->name),
             STR_FMT(k->department), (int)k->priority, (int)k->keeping, (int)k->injected,
             (long long)k->limits.requests_minute, (long long)k->limits.tokens_minute,
             (long long)k->limits.tokens_day, (long long)k->limits.concurrent);
    form_words(&b, &k->scopes);
    form_words(&b, &k->models);
    form_words(&b, &k->addresses);
    return arena_buf(a, &b);
}

static void ranges_take(struct entry *e, const struct key_words *addresses)
{
    e->ranges = ARENA_ARRAY(&e->mem, struct cidr, addresses->n + 1);
    for (size_t i = 0; i < addresses->n; i++) {
        /* One that cannot be read lets nobody in: fewer, never more. */
        if (!cidr_parse(addresses->v[i], &e->ranges[i]))
            e->ranges[i] = (struct cidr){ .net = { 0xff }, .bits = 128 };
        e->range_n++;
    }
}

static struct entry *entry_new(struct quota *q, const struct key *k, struct secret *s,
                               struct str form)
{
    struct entry *e = tb_zalloc(sizeof(*e));

    e->key = (struct quota_key){ .id = k->id,
                                 .name = arena_str(&e->mem, k->name),
                                 .department = arena_str(&e->mem, k->department),
                                 .priority = k->priority,
                                 .keeping = k->keeping,
                                 .injected = k->injected };
    e->world = q->world;
    e->secret = s;
    e->meter = meter_of(q, k->id);
    e->limits = k->limits;
    words_copy(&e->mem, &k->scopes, &e->scopes);
    words_copy(&e->mem, &k->models, &e->models);
    ranges_take(e, &k->addresses);
    e->form = arena_str(&e->mem, form);
    e->next = q->entries;
    q->entries = e;
    return e;
}

static void secret_take(struct quota *q, const struct key *k, struct str hash, bool replaced,
                        struct str form)
{
    int64_t ends = k->expires_at ? k->expires_at : INT64_MAX;
    unsigned char digest[SM3_BYTES];
    struct entry *old;
    struct secret *s;
    bool fresh;

    if (!hex_read(hash, digest, sizeof(digest)))
        return;
    if (replaced && k->previous_until < ends)
        ends = k->previous_until;
    s = secret_of(q, digest);
    fresh = !s;
    if (fresh) {
        s = tb_zalloc(sizeof(*s));
        memcpy(s->digest, digest, sizeof(digest));
        s->next = q->secrets;
        q->secrets = s;
    }
    s->seen = true;
    atomic_store(&s->replaced, replaced);
    old = atomic_load(&s->now);
    if (!old || !str_eq(old->form, form))
        atomic_store(&s->now, entry_new(q, k, s, form));
    atomic_store(&s->ends, k->revoked_at ? 0 : ends);
    if (!fresh)
        return;
    pthread_rwlock_wrlock(&q->lock);
    table_add(q, s);
    pthread_rwlock_unlock(&q->lock);
}

static void keys_take(struct quota *q, struct arena *a, const struct key *keys, size_t n)
{
    for (struct secret *s = q->secrets; s; s = s->next)
        s->seen = false;
    for (size_t i = 0; i < n; i++) {
        struct str form = form_of(a, &keys[i]);

        secret_take(q, &keys[i], keys[i].hash, false, form);
        if (keys[i].previous_hash.n)
            secret_take(q, &keys[i], keys[i].previous_hash, true, form);
    }
    for (struct secret *s = q->secrets; s; s = s->next)
        if (!s->seen)
            atomic_store(&s->ends, 0);
}

enum tb_code quota_reload(struct quota *q, struct db *d, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct key *keys;
    enum tb_code c;
    size_t n;

    pthread_mutex_lock(&q->reload);
    c = key_list(d, &a, STR(""), &keys, &n, e);
    if (!c)
        keys_take(q, &a, keys, n);
    pthread_mutex_unlock(&q->reload);
    arena_release(&a);
    return c;
}

/* Yesterday's too: the clock may be set back. */
static enum tb_code days_take(struct quota *q, struct db *d, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct use_day *days;
    size_t n;
    enum tb_code c = use_days(d, &a, day_today(q->world) - 1, &days, &n, e);

    for (size_t i = 0; !c && i < n; i++)
        *meter_day(meter_of(q, days[i].key_id), days[i].day) = days[i].tokens;
    arena_release(&a);
    return c;
}

enum tb_code quota_open(struct db *d, const struct world *w, struct quota **out, struct tb_err *e)
{
    struct quota *q = tb_zalloc(sizeof(*q));

    *out = NULL;
    q->world = w;
    pthread_rwlock_init(&q->lock, NULL);
    pthread_mutex_init(&q->reload, NULL);
    if (days_take(q, d, e) || quota_reload(q, d, e)) {
        quota_close(q);
        return e->code;
    }
    *out = q;
    return TB_OK;
}

static void meters_free(struct meter *m)
{
    while (m) {
        struct meter *next = m->next;

        pthread_mutex_destroy(&m->lock);
        tb_free(m);
        m = next;
    }
}

void quota_close(struct quota *q)
{
    if (!q)
        return;
    for (struct entry *x = q->entries, *next; x; x = next) {
        next = x->next;
        arena_release(&x->mem);
        tb_free(x);
    }
    for (struct secret *x = q->secrets, *next; x; x = next) {
        next = x->next;
        tb_free(x);
    }
    meters_free(q->meters);
    tb_free(q->slots);
    pthread_rwlock_destroy(&q->lock);
    pthread_mutex_destroy(&q->reload);
    tb_free(q);
}

/* -- asking -- */

static enum tb_code ended(const struct secret *s, int64_t ends, struct tb_err *e)
{
    if (atomic_load(&s->replaced))
        return tb_fail(e, TB_UNAUTHORISED, "这个密钥已更换，请改用新的密钥", "key rotated");
    if (ends == 0)
        return tb_fail(e, TB_UNAUTHORISED, "这个密钥已停用，请联系安全保密员", "key revoked");
    return tb_fail(e, TB_UNAUTHORISED, "这个密钥已到期，请联系安全保密员", "key expired");
}

static bool comes_from(const struct entry *k, struct str address)
{
    for (size_t i = 0; i < k->range_n; i++)
        if (cidr_has(&k->ranges[i], address))
            return true;
    return k->range_n == 0;
}

void quota_forget(struct quota_said *said)
{
    explicit_bzero(said, sizeof(*said));
}

static void digest_of(struct str secret, struct quota_said *said, unsigned char out[SM3_BYTES])
{
    if (said->n == secret.n && memcmp(said->secret, secret.p, secret.n) == 0) {
        memcpy(out, said->digest, SM3_BYTES);
        return;
    }
    sm3(secret, out);
    if (secret.n > sizeof(said->secret))
        return;
    said->n = secret.n;
    memcpy(said->secret, secret.p, secret.n);
    memcpy(said->digest, out, SM3_BYTES);
}

enum tb_code quota_find(struct quota *q, struct str secret, struct str address,
                        struct quota_said *said, const struct quota_key **out, struct tb_err *e)
{
    unsigned char digest[SM3_BYTES];
    struct secret *s;
    struct entry *k;
    int64_t ends;

    *out = NULL;
    if (secret.n == 0 || secret.n > 512)
        return tb_fail(e, TB_UNAUTHORISED, "请带上密钥：请求头 Authorization: Bearer sk-tb-…",
                       "key absent");
    digest_of(secret, said, digest);
    pthread_rwlock_rdlock(&q->lock);
    s = secret_of(q, digest);
    pthread_rwlock_unlock(&q->lock);
    if (!s)
        return tb_fail(e, TB_UNAUTHORISED, "密钥不对，请核对后再试", "key unknown");
    ends = atomic_load(&s->ends);
    if (world_now_ms(q->world) >= ends)
        return ended(s, ends, e);
    k = atomic_load(&s->now);
    if (!comes_from(k, address))
        return tb_fail(e, TB_FORBIDDEN, "这个密钥不能从这个网络地址使用，请联系安全保密员",
                       "key=%lld address=%.*s", (long long)k->key.id, STR_FMT(address));
    *out = &k->key;
    return TB_OK;
}

static bool named(const struct key_words *w, struct str name, bool rest)
{
    for (size_t i = 0; i < w->n; i++) {
        struct str v = w->v[i];

        if (str_eq(v, name))
            return true;
        if (rest && str_ends(v, STR("*")) && str_starts(name, str_sub(v, 0, v.n - 1)))
            return true;
    }
    return w->n == 0;
}

enum tb_code quota_allows(const struct quota_key *key, struct str scope, struct str model,
                          struct tb_err *e)
{
    const struct entry *k = (const struct entry *)key;

    if (!named(&k->scopes, scope, false))
        return tb_fail(e, TB_FORBIDDEN, "这个密钥没有这项用途的权限，请联系安全保密员",
                       "key=%lld scope=%.*s", (long long)key->id, STR_FMT(scope));
    if (!named(&k->models, model, true))
        return tb_fail(e, TB_FORBIDDEN, "这个密钥不能用这个模型，请换一个或联系安全保密员",
                       "key=%lld model not allowed", (long long)key->id);
    return TB_OK;
}

bool quota_revoked(const struct quota_key *key)
{
    const struct entry *k = (const struct entry *)key;

    return world_now_ms(k->world) >= atomic_load(&k->secret->ends);
}
