/* Limits against floods, by the cost of the work and not only by requests: every person (device or
 * member of staff), department, address and the whole have a store of units that refills. Who has
 * used theirs up waits; where an address or the whole is exhausted, a citizen's page is asked for a
 * small proof of work, which it does by itself (no picture, no question, nothing to click), and
 * goes on with a store of its own. Thread-safe; memory is bounded, the fullest store is forgotten
 * first. */
#ifndef GUARD_FLOOD_H
#define GUARD_FLOOD_H
#include "base/err.h"
#include "base/world.h"

struct flood_rate {
    double burst, per_second; /* units */
};
struct flood_limits {
    struct flood_rate person, department, address, all;
};
extern const struct flood_limits flood_usual;
/* "120:1,1200:20,6000:100": person, address, all as burst:per second; the rest as usual. "off":
 * nobody waits. */
enum tb_code flood_parse(const char *text, struct flood_limits *out, struct tb_err *e) MUST_USE;

struct flood;
struct flood *flood_new(const struct flood_limits *l, const struct world *w);
void flood_free(struct flood *f); /* NULL: nothing */

struct flood_who {
    struct str person;     /* a device's digest or a login; "" for who has none yet */
    struct str department; /* "" for a citizen */
    struct str address;    /* as text; loopback pays nothing: nobody is behind it but ourselves */
    struct str proof;      /* header x-proof: "<challenge>:<number>"; "" for none */
};
enum flood_word {
    FLOOD_GO,
    FLOOD_WAIT, /* wait_s says how long */
    FLOOD_PROVE /* challenge says what for */
};
enum { FLOOD_CHALLENGE = 64, FLOOD_BITS = 14, FLOOD_PROOF_S = 600, FLOOD_PROOF_UNITS = 300 };
struct flood_said {
    int wait_s;
    char challenge[FLOOD_CHALLENGE]; /* "<seconds>-<hex>.<hex>": the proof is a number n so that SM3
                                        of
                                        "<challenge>:<n>" begins with FLOOD_BITS zero bits */
};
/* Takes cost units from everybody concerned, or from nobody and says why. */
enum flood_word flood_spend(struct flood *f, const struct flood_who *who, double cost,
                            struct flood_said *said);

struct flood_state {
    double all_left; /* of the whole's store, 0 … 1 */
    int64_t went, waited, challenged, proved, wrong;
    bool attacked; /* the whole was exhausted within the last minute */
};
void flood_state(struct flood *f, struct flood_state *out);

/* In force from the next request; stores keep what is in them, at most the new burst. */
void flood_limits_get(struct flood *f, struct flood_limits *out);
void flood_limits_set(struct flood *f, const struct flood_limits *l);

/* Whose store was empty when somebody was refused. */
enum flood_why { FLOOD_PERSON, FLOOD_DEPARTMENT, FLOOD_ADDRESS, FLOOD_ALL };
enum { FLOOD_RECENT = 64, FLOOD_MINUTES = 60, FLOOD_NAME = 64 };
struct flood_limited {
    enum flood_why why;
    char name[FLOOD_NAME]; /* a login, the beginning of a device's digest, an address; "" all */
    int64_t since, last, until; /* ms, wall clock */
    int64_t times;              /* refused since then */
};
struct flood_minute {
    int64_t at; /* its begin, ms */
    int64_t went, waited, challenged, proved;
};
/* Who is refused at this time, newest first; returns how many. */
size_t flood_limited(struct flood *f, struct flood_limited out[FLOOD_RECENT]);
void flood_minutes(struct flood *f, struct flood_minute out[FLOOD_MINUTES]); /* oldest first */

#endif
