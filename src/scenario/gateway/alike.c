/* The same question in other words: its vector is made on a thread of its own, since that takes
 * milliseconds and a loop waits for nothing. Off unless the operator says how alike is enough. */
#include "base/alloc.h"
#include "knowledge/search.h"
#include "review/facts.h"
#include "scenario/gateway/inside.h"

struct alike {
    struct search *search;
    pthread_t thread;
    pthread_mutex_t lock; /* over what follows */
    pthread_cond_t work;
    struct call *first, **last;
    bool stopping;
};

/* What must be equal besides: a question about 80 is none about 90, one that denies is none that
 * affirms. */
struct str alike_facts(struct arena *a, struct str question)
{
    static const struct str denials[] = { { "不", 3 }, { "没", 3 }, { "未", 3 },
                                          { "无", 3 }, { "非", 3 }, { "免", 3 } };
    struct fact_list l = facts_of(a, question);
    struct buf b = BUF_INIT(64 * 1024);

    for (size_t i = 0; i < l.n; i++)
        buf_addf(&b, "%d %.6f %.*s %.*s\n", (int)l.v[i].kind, l.v[i].value, STR_FMT(l.v[i].unit),
                 l.v[i].kind == FACT_NUMBER ? 0 : (int)l.v[i].text.n, l.v[i].text.p);
    for (size_t i = 0; i < sizeof(denials) / sizeof(denials[0]); i++)
        for (size_t at = 0; (at = str_find_from(question, denials[i], at)) != SIZE_MAX; at += 3)
            buf_add(&b, denials[i]);
    return arena_buf(a, &b);
}

static struct call *take(struct alike *x)
{
    struct call *c;

    pthread_mutex_lock(&x->lock);
    while (!x->first && !x->stopping)
        pthread_cond_wait(&x->work, &x->lock);
    c = x->first;
    if (c)
        x->first = c->next_placed;
    if (!x->first)
        x->last = &x->first;
    pthread_mutex_unlock(&x->lock);
    return c;
}

static void *run(void *self)
{
    struct alike *x = self;
    struct call *c;

    while ((c = take(x))) {
        c->vector_made = search_vector(x->search, c->cache_ask->question, c->vector);
        loop_post(c, TB_OK);
    }
    return NULL;
}

struct alike *alike_start(struct search *search)
{
    struct alike *x = tb_zalloc(sizeof(*x));

    x->search = search;
    x->last = &x->first;
    pthread_mutex_init(&x->lock, NULL);
    pthread_cond_init(&x->work, NULL);
    if (pthread_create(&x->thread, NULL, run, x) == 0)
        return x;
    pthread_cond_destroy(&x->work);
    pthread_mutex_destroy(&x->lock);
    tb_free(x);
    return NULL;
}

void alike_stop(struct alike *x)
{
    if (!x)
        return;
    pthread_mutex_lock(&x->lock);
    x->stopping = true;
    pthread_cond_signal(&x->work);
    pthread_mutex_unlock(&x->lock);
    pthread_join(x->thread, NULL);
    pthread_cond_destroy(&x->work);
    pthread_mutex_destroy(&x->lock);
    tb_free(x);
}

void alike_ask(struct alike *x, struct call *c)
{
    pthread_mutex_lock(&x->lock);
    c->next_placed = NULL;
    *x->last = c;
    x->last = &c->next_placed;
    pthread_cond_signal(&x->work);
    pthread_mutex_unlock(&x->lock);
}
