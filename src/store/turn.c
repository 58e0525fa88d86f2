#include "store/turn.h"

#include "base/alloc.h"

#include <errno.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>

struct waiter { /* on the stack of who waits */
    pthread_cond_t come;
    bool mine;
    struct waiter *next;
};
struct turn {
    dev_t dev;
    ino_t ino;
    int users;
    pthread_mutex_t lock; /* over the four below */
    bool taken, blocked;
    struct waiter *first, *last;
    struct turn *next;
};

static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER; /* over the list and users */
static struct turn *all;

struct turn *turn_open(const char *path)
{
    struct stat st;
    struct turn *t = NULL;

    if (stat(path, &st) != 0)
        return NULL;
    pthread_mutex_lock(&all_lock);
    for (t = all; t && (t->dev != st.st_dev || t->ino != st.st_ino); t = t->next)
        ;
    if (!t) {
        t = tb_zalloc(sizeof(*t));
        t->dev = st.st_dev;
        t->ino = st.st_ino;
        pthread_mutex_init(&t->lock, NULL);
        t->next = all;
        all = t;
    }
    t->users++;
    pthread_mutex_unlock(&all_lock);
    return t;
}

void turn_close(struct turn *t)
{
    struct turn **at = &all;

    if (!t)
        return;
    pthread_mutex_lock(&all_lock);
    if (--t->users == 0) {
        while (*at != t)
            at = &(*at)->next;
        *at = t->next;
        pthread_mutex_destroy(&t->lock);
        tb_free(t);
    }
    pthread_mutex_unlock(&all_lock);
}

static void leave_queue(struct turn *t, struct waiter *w)
{
    struct waiter *before = NULL;

    for (struct waiter *x = t->first; x != w; x = x->next)
        before = x;
    if (before)
        before->next = w->next;
    else
        t->first = w->next;
    if (t->last == w)
        t->last = before;
}

static bool wait_in_queue(struct turn *t, int64_t most_ms)
{
    struct waiter w = { .mine = false };
    pthread_condattr_t attr;
    struct timespec until;
    int rc = 0;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += most_ms / 1000;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&w.come, &attr);
    pthread_condattr_destroy(&attr);
    if (t->last)
        t->last->next = &w;
    else
        t->first = &w;
    t->last = &w;
    while (!w.mine && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&w.come, &t->lock, &until);
    if (!w.mine)
        leave_queue(t, &w);
    pthread_cond_destroy(&w.come);
    return w.mine;
}

bool turn_take(struct turn *t, int64_t most_ms)
{
    bool ok = true;

    if (!t)
        return true;
    pthread_mutex_lock(&t->lock);
    if (t->taken)
        ok = wait_in_queue(t, most_ms);
    else
        t->taken = true;
    pthread_mutex_unlock(&t->lock);
    return ok;
}

void turn_give(struct turn *t)
{
    struct waiter *w;

    if (!t)
        return;
    pthread_mutex_lock(&t->lock);
    w = t->first;
    if (w) { /* handed on without being free in between */
        t->first = w->next;
        if (!t->first)
            t->last = NULL;
        w->mine = true;
        pthread_cond_signal(&w->come);
    } else {
        t->taken = false;
    }
    pthread_mutex_unlock(&t->lock);
}

void turn_mark(struct turn *t, bool blocked)
{
    if (!t)
        return;
    pthread_mutex_lock(&t->lock);
    t->blocked = blocked;
    pthread_mutex_unlock(&t->lock);
}

bool turn_blocked(struct turn *t)
{
    bool blocked = false;

    if (!t)
        return false;
    pthread_mutex_lock(&t->lock);
    blocked = t->blocked;
    pthread_mutex_unlock(&t->lock);
    return blocked;
}
