#include "base/every.h"

#include "base/alloc.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

struct every {
    int first_ms, ms;
    void (*work)(void *self);
    void *self;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping; /* under lock */
};

static bool rest(struct every *v, int ms)
{
    struct timespec until;
    bool stop;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&v->lock);
    while (!v->stopping && pthread_cond_timedwait(&v->wake, &v->lock, &until) != ETIMEDOUT)
        ;
    stop = v->stopping;
    pthread_mutex_unlock(&v->lock);
    return !stop;
}

static void *run(void *self)
{
    struct every *v = self;

    for (int ms = v->first_ms; ms == 0 || rest(v, ms); ms = v->ms)
        v->work(v->self);
    return NULL;
}

static void release(struct every *v)
{
    pthread_cond_destroy(&v->wake);
    pthread_mutex_destroy(&v->lock);
    tb_free(v);
}

enum tb_code every_start(int first_ms, int ms, void (*work)(void *self), void *self,
                         struct every **out, struct tb_err *e)
{
    struct every *v = tb_zalloc(sizeof(*v));
    pthread_condattr_t mono;

    *out = NULL;
    v->first_ms = first_ms;
    v->ms = ms;
    v->work = work;
    v->self = self;
    pthread_mutex_init(&v->lock, NULL);
    pthread_condattr_init(&mono);
    pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
    pthread_cond_init(&v->wake, &mono);
    pthread_condattr_destroy(&mono);
    if (pthread_create(&v->thread, NULL, run, v) != 0) {
        release(v);
        return tb_fail(e, TB_INTERNAL, "系统资源不足，无法启动", "pthread_create");
    }
    *out = v;
    return TB_OK;
}

void every_stop(struct every *v)
{
    if (!v)
        return;
    pthread_mutex_lock(&v->lock);
    v->stopping = true;
    pthread_cond_signal(&v->wake);
    pthread_mutex_unlock(&v->lock);
    pthread_join(v->thread, NULL);
    release(v);
}
