#include "store/audit_chain.h"

#include "store/audit_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows of one moment come in any order by a little; a clock put back is more. */
static const int64_t back_ms = 60 * 1000;

void audit_chain_begin(struct audit_chain *k, struct audit_verdict *out, int64_t after,
                       struct str hash)
{
    *out = (struct audit_verdict){ .ok = true };
    *k = (struct audit_chain){ .last = after, .out = out };
    if (after == 0)
        memcpy(k->prev, audit_first_prev, SM3_HEX);
    else if (after > 0 && hash.n == SM3_HEX - 1)
        memcpy(k->prev, hash.p, hash.n);
}

void audit_chain_bad(struct audit_chain *k, int64_t row, const char *why)
{
    struct audit_verdict *v = k->out;

    if (!v->ok)
        return;
    v->ok = false;
    v->first_bad = row;
    snprintf(v->why, sizeof(v->why), "第 %lld 行%s", (long long)row, why);
}

static int by_last(const void *x, const void *y)
{
    int64_t a = ((const struct audit_checkpoint *)x)->last,
            b = ((const struct audit_checkpoint *)y)->last;

    return (a > b) - (a < b);
}

void audit_chain_points(struct audit_chain *k, struct audit_checkpoint *p, size_t n)
{
    if (n)
        qsort(p, n, sizeof(*p), by_last);
    k->points = p;
    k->n = n;
    while (k->at < n && p[k->at].last <= k->last)
        k->at++; /* of rows that are not here */
}

/* A signature is looked at only while all before it holds: it takes a thousand times as long. */
static void points_match(struct audit_chain *k, const struct audit_row *r)
{
    for (; k->at < k->n && k->points[k->at].last <= r->id; k->at++) {
        const struct audit_checkpoint *c = &k->points[k->at];

        if (c->last != r->id || !str_eq(c->hash, r->hash))
            audit_chain_bad(k, r->id, "与签名检查点不符：这一行或更早的记录被整段改写过");
        else if (k->out->ok && k->keys.n && !audit_checkpoint_holds(&k->keys, c))
            audit_chain_bad(k, r->id, "的检查点签名不成立：检查点是伪造的，或者换过密钥");
        else if (k->keys.n && k->out->ok)
            k->out->signed_to = r->id;
    }
}

void audit_chain_row(struct audit_chain *k, const struct audit_row *r)
{
    struct audit_verdict *v = k->out;
    char hash[SM3_HEX];

    v->rows++;
    if (k->last >= 0 && r->id != k->last + 1)
        audit_chain_bad(k, k->last + 1, "缺失：记录被删除，或者次序被改动");
    audit_hash(r, hash);
    if (!str_eqz(r->hash, hash))
        audit_chain_bad(k, r->id, "的内容被改动过");
    if (k->prev[0] && !str_eqz(r->prev, k->prev))
        audit_chain_bad(k, r->id, "与前一行接不上：前面的记录被改动、删除或调换");
    points_match(k, r);
    if (k->when - r->what.at > back_ms && !v->clock_back)
        v->clock_back = r->id;
    if (r->what.at > k->when)
        k->when = r->what.at;
    k->last = r->id;
    memcpy(k->prev, hash, sizeof(hash));
}
