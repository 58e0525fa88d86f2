/* Engines kept from new calls by somebody's hand, by name, beside those that models.yaml drains. */
#include "model/engines_int.h"

#include <stdio.h>
#include <string.h>

static int place_of(const struct engines *g, struct str name)
{
    for (size_t i = 0; i < g->drained_n; i++)
        if (str_eqz(name, g->drained[i]))
            return (int)i;
    return -1;
}

bool engine_drains(const struct engines *g, int i)
{
    return g->now->conf[i]->drain || place_of(g, g->now->conf[i]->name) >= 0;
}

static bool is_known(const struct engines *g, struct str name)
{
    for (size_t k = 0; k < g->now->n; k++)
        if (str_eq(g->now->conf[g->now->order[k]]->name, name))
            return true;
    return false;
}

/* TB_TOO_LARGE: as many are drained already as there may be engines. */
static enum tb_code note(struct engines *g, struct str name, bool on, struct tb_err *e)
{
    int at = place_of(g, name);

    if (on == (at >= 0))
        return TB_OK;
    if (on && (g->drained_n == ENGINES_MAX || name.n >= sizeof(g->drained[0])))
        return tb_fail(e, TB_TOO_LARGE, "手动停止接收的引擎太多，请先恢复不再用的",
                       "drained=%zu name=%zu", g->drained_n, name.n);
    if (on)
        snprintf(g->drained[g->drained_n++], sizeof(g->drained[0]), "%.*s", STR_FMT(name));
    else
        memmove(g->drained[at], g->drained[--g->drained_n], sizeof(g->drained[0]));
    return TB_OK;
}

enum tb_code engines_drain(struct engines *g, struct str name, bool on, struct tb_err *e)
{
    struct told all = { NULL, NULL };
    int64_t now = world_mono_us(g->world);
    enum tb_code c;

    pthread_mutex_lock(&g->lock);
    if (!is_known(g, name))
        c = tb_fail(e, TB_NOT_FOUND, "没有这个引擎，请刷新页面再试", "engine unknown");
    else
        c = note(g, name, on, e);
    engines_look(g, now);
    engines_deal(g, &all, now);
    pthread_mutex_unlock(&g->lock);
    tickets_tell(&all);
    return c;
}

struct str engines_drained(struct engines *g, struct arena *a, struct str name, bool on)
{
    struct buf b = BUF_INIT(ENGINES_MAX * sizeof(g->drained[0]));

    pthread_mutex_lock(&g->lock);
    for (size_t i = 0; i < g->drained_n; i++)
        if (!str_eqz(name, g->drained[i]))
            buf_addf(&b, "%s\n", g->drained[i]);
    pthread_mutex_unlock(&g->lock);
    if (on && name.n < sizeof(g->drained[0]))
        buf_addf(&b, "%.*s\n", STR_FMT(name));
    return arena_buf(a, &b);
}

void engines_drain_again(struct engines *g, struct str names)
{
    struct tb_err e = TB_ERR_INIT;

    pthread_mutex_lock(&g->lock);
    while (names.n) {
        struct str name = str_cut(&names, STR("\n"));

        if (name.n && note(g, name, true, &e))
            break;
    }
    engines_look(g, world_mono_us(g->world));
    pthread_mutex_unlock(&g->lock);
}
