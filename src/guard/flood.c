#include "guard/flood.h"

#include "base/alloc.h"
#include "base/metrics.h"
#include "crypto/sm3.h"
#include "guard/flood_seen.h"

#include <arpa/inet.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum {
    WAYS = 4,
    SETS = 2048,
    KINDS = 4,
    SECRET = 32,
    MAC = 8,
    ATTACK_MS = 60000,
    WAIT_MAX_S = 3600
};

/* An empty slot has key 0. */
struct store {
    uint64_t key;
    double left;
    int64_t at; /* ms, monotonic */
};
struct flood {
    struct flood_limits limits;
    const struct world *world;
    unsigned char secret[SECRET];
    pthread_mutex_t lock;
    struct store sets[KINDS][SETS][WAYS]; /* under lock, as is the rest */
    struct store all;
    struct flood_state state;
    int64_t exhausted_ms;
    struct flood_seen seen;
};

const struct flood_limits flood_usual = {
    .person = { 120, 1 }, /* a dozen questions at once, then one in ten seconds */
    .department = { 6000, 100 },
    .address = { 1200, 20 }, /* a hall or an office behind one address */
    .all = { 6000, 100 },
};

static bool read_rate(struct str s, struct flood_rate *out)
{
    struct str burst = str_cut(&s, STR(":"));

    return s.p && str_real(burst, &out->burst) && str_real(s, &out->per_second) &&
           out->burst >= 1 && out->per_second > 0;
}

enum tb_code flood_parse(const char *text, struct flood_limits *out, struct tb_err *e)
{
    struct flood_rate *rates[] = { &out->person, &out->address, &out->all };
    struct str rest = str_z(text);

    *out = flood_usual;
    if (strcmp(text, "off") == 0) {
        out->person = out->department = out->address = out->all = (struct flood_rate){ 1e15, 1e12 };
        return TB_OK;
    }
    for (size_t i = 0; i < 3; i++)
        if (!read_rate(str_cut(&rest, STR(",")), rates[i]))
            return tb_fail(
                e, TB_INVALID,
                "--limits 应写成 120:1,1200:20,6000:100（每人、每个地址、全部：存量:每秒）"
                "或 off",
                "limits=%s", text);
    return TB_OK;
}

struct flood *flood_new(const struct flood_limits *l, const struct world *w)
{
    struct flood *f = tb_zalloc(sizeof(*f));

    f->limits = *l;
    f->world = w;
    f->exhausted_ms = -ATTACK_MS;
    world_random(w, f->secret, sizeof(f->secret));
    f->all = (struct store){ 1, l->all.burst, world_mono_us(w) / 1000 };
    pthread_mutex_init(&f->lock, NULL);
    return f;
}

void flood_free(struct flood *f)
{
    if (!f)
        return;
    pthread_mutex_destroy(&f->lock);
    tb_free(f);
}

/* ---- stores ---- */

/* With a secret, so that nobody can choose addresses that push each other out. */
static uint64_t key_of(const struct flood *f, char kind, struct str name)
{
    unsigned char out[SM3_BYTES];
    char text[160];
    uint64_t key;
    int n =
        snprintf(text, sizeof(text), "%c%.*s", kind, (int)(name.n < 150 ? name.n : 150), name.p);

    sm3_hmac(str_of((const char *)f->secret, SECRET), str_of(text, (size_t)n), out);
    memcpy(&key, out, sizeof(key));
    return key ? key : 1;
}

static void refill(struct store *s, const struct flood_rate *r, int64_t now)
{
    s->left = fmin(r->burst, s->left + (double)(now - s->at) / 1000 * r->per_second);
    s->at = now;
}

/* Its store, refilled; a new one is full. Stores of one request never push each other out: each
 * kind has sets of its own. */
static struct store *store_of(struct flood *f, char kind, struct str name,
                              const struct flood_rate *r, int64_t now)
{
    uint64_t key = key_of(f, kind, name);
    size_t of_kind = kind == 'p' ? 0 : kind == 'd' ? 1 : kind == 'a' ? 2 : 3;
    struct store *set = f->sets[of_kind][key % SETS], *fullest = set;

    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].key == key) {
            refill(&set[i], r, now);
            return &set[i];
        }
        if (!set[i].key || (fullest->key && set[i].left > fullest->left))
            fullest = &set[i];
    }
    *fullest = (struct store){ key, r->burst, now };
    return fullest;
}

/* ---- proofs ---- */

/* Neighbours share an address: of IPv6 its first 64 bits. */
static struct str network_of(struct str address, char out[64])
{
    struct in6_addr v6;
    char text[64];

    snprintf(text, sizeof(text), "%.*s", (int)(address.n < 60 ? address.n : 60), address.p);
    if (inet_pton(AF_INET6, text, &v6) != 1)
        return address;
    memset(v6.s6_addr + 8, 0, 8);
    inet_ntop(AF_INET6, &v6, out, 64);
    return str_z(out);
}

/* name: until when, and a number of its own, so that no two pages share what they earn. */
static void challenge_of(const struct flood *f, struct str network, struct str name,
                         char out[FLOOD_CHALLENGE])
{
    unsigned char mac[SM3_BYTES];
    char text[128];
    int n = snprintf(text, sizeof(text), "%.*s/%.*s", STR_FMT(str_sub(name, 0, 40)),
                     STR_FMT(str_sub(network, 0, 64)));

    sm3_hmac(str_of((const char *)f->secret, SECRET), str_of(text, (size_t)n), mac);
    n = snprintf(out, FLOOD_CHALLENGE, "%.*s.", STR_FMT(str_sub(name, 0, 40)));
    for (int i = 0; i < MAC; i++)
        n += snprintf(out + n, (size_t)(FLOOD_CHALLENGE - n), "%02x", mac[i]);
}

static void new_challenge(const struct flood *f, struct str network, char out[FLOOD_CHALLENGE])
{
    uint32_t own;
    char name[40];
    int n;

    world_random(f->world, &own, sizeof(own));
    n = snprintf(name, sizeof(name), "%lld-%08x",
                 (long long)(world_now_ms(f->world) / 1000 + FLOOD_PROOF_S), own);
    challenge_of(f, network, str_of(name, (size_t)n), out);
}

static bool enough_zeros(struct str text)
{
    unsigned char d[SM3_BYTES];
    int bits = 0;

    sm3(text, d);
    while (bits < FLOOD_BITS && !(d[bits / 8] >> (7 - bits % 8) & 1))
        bits++;
    return bits == FLOOD_BITS;
}

/* Ours, of this network, not too old, and worked for. *out: the challenge. */
static bool proof_holds(const struct flood *f, struct str proof, struct str network, int64_t now_s,
                        struct str *out)
{
    struct str rest = proof, challenge = str_cut(&rest, STR(":")), after = challenge;
    struct str name = str_cut(&after, STR(".")), own = name;
    char ours[FLOOD_CHALLENGE];
    int64_t until = 0;

    if (!rest.p || rest.n > 20 || !str_i64(str_cut(&own, STR("-")), &until) || until < now_s ||
        until > now_s + FLOOD_PROOF_S)
        return false;
    challenge_of(f, network, name, ours);
    *out = challenge;
    return str_eqz(challenge, ours) && enough_zeros(proof);
}

/* ---- spending ---- */

static const struct flood_rate proof_rate = { FLOOD_PROOF_UNITS, 0 };

struct purse { /* from which stores this request is paid */
    struct store *v[4];
    size_t n;
};

static void count(const char *what)
{
    char label[40];

    snprintf(label, sizeof(label), "what=\"%s\"", what);
    metric_add("tongban_flood_total", label, 1);
}

static int seconds_until(const struct store *s, const struct flood_rate *r, double cost)
{
    double wait = ceil((cost - s->left) / r->per_second);

    return wait < 1 ? 1 : wait > WAIT_MAX_S ? WAIT_MAX_S : (int)wait;
}

/* A device is known by a digest: its beginning tells two apart and names nobody. */
static void refused(struct flood *f, enum flood_why why, struct str name, int wait_s)
{
    bool device = why == FLOOD_PERSON && name.n >= 40;

    flood_seen_refused(&f->seen, why, device ? str_sub(name, 0, 8) : name, world_now_ms(f->world),
                       wait_s);
}

static bool own_stores(struct flood *f, const struct flood_who *who, double cost, int64_t now,
                       struct purse *p, struct flood_said *said)
{
    struct store *s;

    if (who->person.n) {
        s = store_of(f, 'p', who->person, &f->limits.person, now);
        p->v[p->n++] = s;
        if (s->left < cost) {
            said->wait_s = seconds_until(s, &f->limits.person, cost);
            refused(f, FLOOD_PERSON, who->person, said->wait_s);
            return false;
        }
    }
    if (!who->department.n)
        return true;
    s = store_of(f, 'd', who->department, &f->limits.department, now);
    p->v[p->n++] = s;
    if (s->left >= cost)
        return true;
    said->wait_s = seconds_until(s, &f->limits.department, cost);
    refused(f, FLOOD_DEPARTMENT, who->department, said->wait_s);
    return false;
}

/* A citizen pays from the address and the whole, or from what a proof has earned. */
static bool shared_stores(struct flood *f, const struct flood_who *who, struct str network,
                          double cost, int64_t now, struct purse *p)
{
    struct store *address = store_of(f, 'a', network, &f->limits.address, now), *proof;
    struct str challenge;

    refill(&f->all, &f->limits.all, now);
    if (f->all.left < cost)
        f->exhausted_ms = now;
    if (address->left >= cost && f->all.left >= cost) {
        p->v[p->n++] = address;
        p->v[p->n++] = &f->all;
        return true;
    }
    if (f->all.left < cost)
        refused(f, FLOOD_ALL, STR(""), 0);
    if (address->left < cost)
        refused(f, FLOOD_ADDRESS, network, 0);
    if (!who->proof.n)
        return false;
    if (!proof_holds(f, who->proof, network, world_now_ms(f->world) / 1000, &challenge)) {
        f->state.wrong++;
        count("wrong_proof");
        return false;
    }
    proof = store_of(f, 's', challenge, &proof_rate, now);
    if (proof->left < cost)
        return false;
    f->state.proved++;
    count("proved");
    p->v[p->n++] = proof;
    return true;
}

static enum flood_word judge(struct flood *f, const struct flood_who *who, struct str network,
                             double cost, struct flood_said *said)
{
    int64_t now = world_mono_us(f->world) / 1000;
    struct purse p = { .n = 0 };

    if (!own_stores(f, who, cost, now, &p, said))
        return FLOOD_WAIT;
    if (!who->department.n && !shared_stores(f, who, network, cost, now, &p)) {
        new_challenge(f, network, said->challenge);
        return FLOOD_PROVE;
    }
    for (size_t i = 0; i < p.n; i++)
        p.v[i]->left -= cost;
    return FLOOD_GO;
}

static bool is_loopback(struct str address)
{
    return str_starts(address, STR("127.")) || str_eqz(address, "::1") ||
           str_starts(address, STR("::ffff:127.")) || str_eqz(address, "localhost");
}

enum flood_word flood_spend(struct flood *f, const struct flood_who *who, double cost,
                            struct flood_said *said)
{
    char text[64];
    struct str network = network_of(who->address, text);
    enum flood_word word;
    int64_t proved;

    *said = (struct flood_said){ .wait_s = 0 };
    if (!f || is_loopback(who->address))
        return FLOOD_GO;
    pthread_mutex_lock(&f->lock);
    proved = f->state.proved;
    word = judge(f, who, network, cost, said);
    flood_seen_count(&f->seen, word, f->state.proved > proved, world_now_ms(f->world));
    f->state.went += word == FLOOD_GO;
    f->state.waited += word == FLOOD_WAIT;
    f->state.challenged += word == FLOOD_PROVE;
    pthread_mutex_unlock(&f->lock);
    if (word != FLOOD_GO)
        count(word == FLOOD_WAIT ? "waited" : "challenged");
    return word;
}

void flood_state(struct flood *f, struct flood_state *out)
{
    int64_t now = world_mono_us(f->world) / 1000;

    pthread_mutex_lock(&f->lock);
    refill(&f->all, &f->limits.all, now);
    *out = f->state;
    out->all_left = f->all.left / f->limits.all.burst;
    out->attacked = now - f->exhausted_ms < ATTACK_MS;
    pthread_mutex_unlock(&f->lock);
}

void flood_limits_get(struct flood *f, struct flood_limits *out)
{
    pthread_mutex_lock(&f->lock);
    *out = f->limits;
    pthread_mutex_unlock(&f->lock);
}

void flood_limits_set(struct flood *f, const struct flood_limits *l)
{
    pthread_mutex_lock(&f->lock);
    f->limits = *l;
    pthread_mutex_unlock(&f->lock);
}

size_t flood_limited(struct flood *f, struct flood_limited out[FLOOD_RECENT])
{
    size_t n;

    pthread_mutex_lock(&f->lock);
    n = flood_seen_now(&f->seen, world_now_ms(f->world), out);
    pthread_mutex_unlock(&f->lock);
    return n;
}

void flood_minutes(struct flood *f, struct flood_minute out[FLOOD_MINUTES])
{
    pthread_mutex_lock(&f->lock);
    flood_seen_minutes(&f->seen, world_now_ms(f->world), out);
    pthread_mutex_unlock(&f->lock);
}
