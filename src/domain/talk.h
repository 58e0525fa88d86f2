/* One request in hand: its memory, who asks, the clock, the store, when it must end, and where what
 * is said goes. Made by the server for every request (and by the command line), used by one thread.
 */
#ifndef DOMAIN_TALK_H
#define DOMAIN_TALK_H
#include "base/arena.h"
#include "base/err.h"
#include "base/world.h"
#include "domain/actor.h"
#include "domain/services.h"

struct db; /* store/db.h */

/* Where events of a streamed reply go. say returns TB_CANCELLED once the person has left; it never
 * blocks for long. json is one whole JSON value. Thread-safe only if the maker says so. */
struct sink {
    enum tb_code (*say)(struct sink *self, const char *event, struct str json, struct tb_err *e);
    bool (*gone)(struct sink *self); /* the person has left */
    void *self;
};

struct talk {
    struct arena mem;
    struct actor actor;
    const struct world *world;
    const struct services *at; /* the program's long-lived parts; NULL for a bare talk */
    struct db *db;             /* this thread's handle */
    struct sink *sink;         /* NULL when the reply is not streamed */
    int64_t deadline_us;       /* world_mono_us; 0: none */
    char request_id[40];       /* echoed as x-request-id, in every log line and trail row */
    int32_t as_of; /* the day whose law is asked for; today unless the person says otherwise */
    /* What the request is about, for its trail row: a receipt, a login, a document's number. Never
     * what somebody wrote. "" leaves it to the path. */
    struct str about;
    bool witnessed; /* audit_witness wrote this request's trail row in its own transaction */
};

static inline bool talk_gone(const struct talk *t)
{
    return t->sink && t->sink->gone(t->sink);
}

#endif
