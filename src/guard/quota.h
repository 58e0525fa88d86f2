/* Applications' keys and what they may use, in memory: found by digest, limits reserved before a
 * call and settled after it, so that calls side by side never pass a limit. Thread-safe; no call
 * here waits for the store. */
#ifndef GUARD_QUOTA_H
#define GUARD_QUOTA_H
#include "base/world.h"
#include "domain/call.h"

struct db;
struct quota;

struct quota_key { /* as read from the store; never changed, freed with the quota */
    int64_t id;
    struct str name, department; /* department id */
    enum priority priority;
    enum keeping keeping;
    enum injected injected;
};
enum tb_code quota_open(struct db *d, const struct world *w, struct quota **out,
                        struct tb_err *e) MUST_USE;
void quota_close(struct quota *q);
/* Reads keys again (after a change, and from time to time: another process may have changed them),
 * and at start the day's use so far. Keys that are gone or revoked say so in quota_revoked. */
enum tb_code quota_reload(struct quota *q, struct db *d, struct tb_err *e) MUST_USE;

/* What a connection said last, so that it is hashed once for many requests; zeroed at first, wiped
 * by quota_forget. Never an answer: the key is looked up again each time. */
struct quota_said {
    size_t n;
    char secret[128];
    unsigned char digest[32];
};
void quota_forget(struct quota_said *said);
/* secret: what stands after "Bearer ". TB_UNAUTHORISED unknown, expired, revoked; TB_FORBIDDEN the
 * address is not one of the key's. The key lives until quota_close. */
enum tb_code quota_find(struct quota *q, struct str secret, struct str address,
                        struct quota_said *said, const struct quota_key **out,
                        struct tb_err *e) MUST_USE;
/* scope: "chat", "completion", "embedding", "rerank", "speech", "model". TB_FORBIDDEN. */
enum tb_code quota_allows(const struct quota_key *k, struct str scope, struct str model,
                          struct tb_err *e) MUST_USE;
bool quota_revoked(const struct quota_key *k); /* also: expired. Cheap; asked every 250 ms */

struct quota_left { /* for x-ratelimit-*; -1: no limit */
    int64_t requests_limit, requests, requests_reset_ms;
    int64_t tokens_limit, tokens, tokens_reset_ms; /* the tighter of minute and day */
    int64_t retry_after_s;                         /* with TB_LIMITED */
};
struct quota_hold { /* what one call has reserved */
    const struct quota_key *key;
    int64_t tokens, minute, day; /* and for which second and day */
};
/* tokens: the most the call can use. TB_LIMITED names the limit that is full and when to come back;
 * TB_TOO_LARGE: this call alone is more than the key may use in a minute or a day, so coming back
 * does not help. Nothing is then held. Minutes are any 60 seconds on end, by a clock that nobody
 * sets; days are the city's (UTC+8). */
enum tb_code quota_reserve(struct quota *q, const struct quota_key *k, int64_t tokens,
                           struct quota_hold *hold, struct quota_left *left,
                           struct tb_err *e) MUST_USE;
/* Exactly once for each hold: used <= hold->tokens is given back, more is booked. */
void quota_settle(struct quota *q, struct quota_hold *hold, int64_t used);
#endif
