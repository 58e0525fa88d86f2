#include "cli/caretaker.h"

#include "base/alloc.h"
#include "base/date.h"
#include "base/log.h"
#include "base/world.h"
#include "knowledge/search.h"
#include "scenario/console/embedding.h"
#include "scenario/employee/watch.h"
#include "scenario/review/review.h"
#include "store/db.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

enum { EVERY_S = 5 };

struct caretaker {
    const struct services *at;
    bool embed;
    struct employee_watch employees; /* of the thread */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping; /* under lock */
};

/* What waits for a signature and is late moves on. */
static void review_look(const struct caretaker *c, struct db *d)
{
    struct talk t = {
        .world = world_real(), .at = c->at, .db = d, .as_of = day_today(world_real())
    };
    struct tb_err e = TB_ERR_INIT;

    t.actor.role = ROLE_SYSTEM;
    if (review_tick(&t, &e))
        log_line(LOG_WARN, "review", "%s", e.log);
    arena_release(&t.mem);
}

static void look(struct caretaker *c, struct db **d)
{
    struct tb_err e = TB_ERR_INIT;

    if (!*d && db_open(c->at->db_url, d, &e))
        *d = NULL;
    if (*d && (search_look(c->at->search, *d, &e) ||
               (c->embed && embedding_due(c->at, *d, world_now_ms(world_real()), &e)) ||
               employee_watch_look(&c->employees, c->at, *d, world_real(), &e)))
        log_line(LOG_WARN, "caretaker", "%s", e.log);
    if (*d)
        review_look(c, *d);
}

static bool rest(struct caretaker *c)
{
    struct timespec until;
    bool stop;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += EVERY_S;
    pthread_mutex_lock(&c->lock);
    while (!c->stopping && pthread_cond_timedwait(&c->wake, &c->lock, &until) != ETIMEDOUT)
        ;
    stop = c->stopping;
    pthread_mutex_unlock(&c->lock);
    return !stop;
}

static void *main_loop(void *arg)
{
    struct caretaker *c = arg;
    struct db *d = NULL;

    do
        look(c, &d);
    while (rest(c));
    if (d)
        db_close(d);
    return NULL;
}

struct caretaker *caretaker_start(const struct services *at, bool embed)
{
    struct caretaker *c = tb_zalloc(sizeof(*c));
    pthread_condattr_t attr;

    c->at = at;
    c->embed = embed;
    pthread_mutex_init(&c->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&c->wake, &attr);
    pthread_condattr_destroy(&attr);
    if (pthread_create(&c->thread, NULL, main_loop, c) == 0)
        return c;
    log_line(LOG_ERROR, "caretaker", "thread=refused");
    tb_free(c);
    return NULL;
}

void caretaker_stop(struct caretaker *c)
{
    if (!c)
        return;
    pthread_mutex_lock(&c->lock);
    c->stopping = true;
    pthread_cond_signal(&c->wake);
    pthread_mutex_unlock(&c->lock);
    pthread_join(c->thread, NULL);
    pthread_cond_destroy(&c->wake);
    pthread_mutex_destroy(&c->lock);
    tb_free(c);
}
