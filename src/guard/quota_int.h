/* What the files of the quota share; never included outside the guard. */
#ifndef GUARD_QUOTA_INT_H
#define GUARD_QUOTA_INT_H
#include "base/cidr.h"
#include "crypto/sm3.h"
#include "guard/quota.h"
#include "store/key.h"

#include <pthread.h>
#include <stdatomic.h>

enum { WINDOW_S = 60, WINDOW_SLOTS = 64, DAYS_KEPT = 8 };

/* What was used in the last 60 seconds, by second: the second that is running and the 60 before it,
 * so that no 60 seconds on end ever hold more than the limit. */
struct window {
    int64_t at, total;
    int64_t slot[WINDOW_SLOTS]; /* second s lies in s mod 64 */
};
void window_move(struct window *w, int64_t second);
void window_take(struct window *w, int64_t n);                 /* in the running second */
void window_back(struct window *w, int64_t second, int64_t n); /* if that second still counts */
/* Milliseconds until n more fit under limit (n <= limit); 0: now. */
int64_t window_room_ms(const struct window *w, int64_t n, int64_t limit, int64_t mono_us);
int64_t window_reset_ms(const struct window *w, int64_t mono_us); /* until all of it is over */

/* One key's counters, whatever becomes of its settings. A day that a jumping clock leaves and comes
 * back to is found again. */
struct meter {
    int64_t key_id;
    pthread_mutex_t lock; /* over what follows */
    struct window requests, tokens;
    struct {
        int64_t day, tokens;
    } days[DAYS_KEPT];
    int64_t running;
    struct meter *next;
};
int64_t *meter_day(struct meter *m, int64_t day);

struct secret { /* one digest; never forgotten, so that a stream that runs on it notices its end */
    unsigned char digest[SM3_BYTES];
    _Atomic int64_t ends;  /* wall ms from which it is no longer good; 0: revoked */
    _Atomic bool replaced; /* by a rotation: what is said once it has ended */
    struct entry *_Atomic now;
    bool seen; /* during a reload */
    struct secret *next;
};
struct entry {            /* a key's settings as they were read; a change makes a new one */
    struct quota_key key; /* first: callers hold it */
    const struct world *world;
    struct secret *secret;
    struct meter *meter;
    struct key_limits limits;
    struct key_words scopes, models;
    struct cidr *ranges;
    size_t range_n;
    struct str form; /* all of the above as text, to see whether anything changed */
    struct arena mem;
    struct entry *next;
};

#endif
