/* One reading of a chain of the trail, row by row, wherever the rows come from: the database or an
 * export. Pure. Says the first thing that does not hold; see audit.h for the row form. */
#ifndef STORE_AUDIT_CHAIN_H
#define STORE_AUDIT_CHAIN_H
#include "crypto/sm3.h"
#include "store/audit.h"

struct audit_chain {
    struct sm2_keys keys;                  /* n 0: signatures are not looked at */
    const struct audit_checkpoint *points; /* sorted by audit_chain_points */
    size_t n, at;
    int64_t last; /* the row read last, or the one before the first */
    int64_t when; /* its time */
    char prev[SM3_HEX];
    struct audit_verdict *out;
};

/* out is made new: ok until something is found. after: rows up to it are not here, hash is the
 * last one's; 0 and "" for a chain from its first row; -1 where the row before the first one is not
 * known, so that its prev is believed. */
void audit_chain_begin(struct audit_chain *k, struct audit_verdict *out, int64_t after,
                       struct str hash);
/* p is sorted in place and lent. */
void audit_chain_points(struct audit_chain *k, struct audit_checkpoint *p, size_t n);
void audit_chain_row(struct audit_chain *k, const struct audit_row *r);
/* What the first finding says of a row: "第 7 行" and why. Later ones are not kept. */
void audit_chain_bad(struct audit_chain *k, int64_t row, const char *why);

#endif
