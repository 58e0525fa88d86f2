#include "model/engines_int.h"

#include "base/alloc.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

/* --engine URL[#MODEL]; the key from TONGBAN_ENGINE_KEY. */
static struct catalogue_engine *engine_of_url(struct arena *a, const char *text)
{
    struct str rest = str_z(text), url = str_cut(&rest, STR("#"));
    struct catalogue_engine *c = ARENA_NEW(a, struct catalogue_engine);

    while (str_ends(url, STR("/")))
        url.n--;
    *c = (struct catalogue_engine){ .name = STR("命令行指定的引擎"),
                                    .url = arena_str(a, url),
                                    .key = arena_str(a, str_z(getenv("TONGBAN_ENGINE_KEY"))),
                                    .models = ARENA_NEW(a, struct catalogue_name),
                                    .model_n = 1,
                                    .thinks_first = -1,
                                    .trusted = url_is_near(url),
                                    .first_word_ms = 60000,
                                    .total_ms = 600000 };
    if (!str_ends(url, STR("/v1")))
        c->url = arena_printf(a, "%.*s/v1", STR_FMT(url));
    c->models[0].name = c->models[0].as = rest.n ? arena_str(a, rest) : STR("default");
    return c;
}

static struct catalogue_engine *engine_of_child(const struct engines *g,
                                                const struct catalogue *all, struct arena *a)
{
    struct catalogue_engine *c = ARENA_NEW(a, struct catalogue_engine);

    *c = (struct catalogue_engine){ .name = STR(EMBEDDED_NAME),
                                    .url = STR("http://127.0.0.1"),
                                    .kind = ENGINE_LLAMA,
                                    .models = ARENA_NEW(a, struct catalogue_name),
                                    .model_n = 1,
                                    .llama = true,
                                    .thinks_first = -1,
                                    .trusted = true,
                                    .personal = all->personal,
                                    .personal_reason = all->personal_reason,
                                    .slots = g->child_slots,
                                    .context = g->child_context,
                                    .first_word_ms = 60000,
                                    .total_ms = 600000 };
    return c;
}

static enum tb_code add(struct generation *n, const struct catalogue_engine *c, struct tb_err *e)
{
    struct tb_err why = TB_ERR_INIT;
    char say[sizeof(e->say)];

    if (n->n == ENGINES_MAX)
        return tb_fail(e, TB_INVALID, "配置的推理引擎太多", "engines>%d", ENGINES_MAX);
    if (egress_allow(n->egress, arena_z(&n->mem, c->url), &why)) {
        snprintf(say, sizeof(say), "推理引擎 %.*s：%.250s", STR_FMT(str_sub(c->name, 0, 100)),
                 why.say);
        return tb_fail_say(e, why.code, str_z(say), str_z(why.log));
    }
    n->conf[n->n++] = c; /* by place in the file; by index once it is in force */
    return TB_OK;
}

enum tb_code generation_read(struct engines *g, struct generation **out, struct tb_err *e)
{
    struct generation *n = tb_zalloc(sizeof(*n));
    enum tb_code c = TB_OK;

    n->egress = egress_new();
    catalogue_empty(&n->all);
    if (g->models_yaml)
        c = catalogue_load(&n->mem, g->models_yaml, &n->all, e);
    if (!c && g->engine_url)
        c = add(n, engine_of_url(&n->mem, g->engine_url), e);
    for (size_t i = 0; !c && i < n->all.engine_n; i++)
        c = add(n, &n->all.engines[i], e);
    if (!c && g->child) {
        egress_allow_child(n->egress);
        c = add(n, engine_of_child(g, &n->all, &n->mem), e);
    }
    if (c)
        generation_free(n);
    else
        *out = n;
    return c;
}

void generation_free(struct generation *n)
{
    egress_free(n->egress);
    arena_release(&n->mem);
    tb_free(n);
}

/* ---- entering ---- */

static bool is_same(const struct engine *live, const struct catalogue_engine *c)
{
    return str_eqz(c->name, live->name) && str_eqz(c->url, live->url);
}

/* The index an engine had before; else one that is free and on which nothing runs any more. */
static int index_for(const struct engines *g, const struct catalogue_engine *c, uint64_t taken)
{
    for (int i = 0; i < ENGINES_MAX; i++)
        if (!(taken >> i & 1) && is_same(&g->of[i], c))
            return i;
    for (int i = 0; i < ENGINES_MAX; i++)
        if (!(taken >> i & 1) && !g->of[i].name[0] && !line_running(g->line, i))
            return i;
    return -1;
}

static void engine_begin(struct engines *g, int i, const struct catalogue_engine *c, int64_t now)
{
    struct engine *live = &g->of[i];
    struct affinity *kept = live->affinity;

    if (is_same(live, c))
        return;
    if (kept)
        affinity_forget(kept);
    *live = (struct engine){ .affinity = kept ? kept : affinity_new(),
                             .used_us = now,
                             .looked_us = now,
                             .since_ms = world_now_ms(g->world) };
    snprintf(live->name, sizeof(live->name), "%.*s", STR_FMT(c->name));
    snprintf(live->url, sizeof(live->url), "%.*s", STR_FMT(c->url));
}

/* Gives each engine its index. Those that stay keep theirs, and what is known of them. */
static void settle(struct engines *g, struct generation *n, int64_t now)
{
    const struct catalogue_engine *conf[ENGINES_MAX];
    uint64_t taken = 0;
    size_t count = n->n;

    memcpy(conf, n->conf, sizeof(conf));
    memset(n->conf, 0, sizeof(n->conf));
    for (int i = 0; i < ENGINES_MAX; i++) { /* names that are gone make their index free */
        bool stays = false;

        for (size_t k = 0; k < count; k++)
            stays |= is_same(&g->of[i], conf[k]);
        if (!stays)
            g->of[i].name[0] = 0;
    }
    n->n = 0;
    g->child_index = -1;
    g->crowded = false;
    for (size_t k = 0; k < count; k++) {
        int i = index_for(g, conf[k], taken);

        if (i < 0) { /* what ran on engines that are gone still holds theirs: read again soon */
            g->crowded = true;
            continue;
        }
        engine_begin(g, i, conf[k], now);
        taken |= 1ull << i;
        n->conf[i] = conf[k];
        n->order[n->n++] = (uint64_t)i;
        if (g->child && k == count - 1)
            g->child_index = i;
    }
}

/* Those who wait want what the new file says. */
static void look_anew(struct engines *g, struct told *all)
{
    struct arena a = ARENA_INIT;
    struct line_item **items = NULL, *it = NULL;
    size_t n = 0, cap = 0;

    while ((it = line_each(g->line, it))) {
        items = arena_grow(&a, items, n, &cap, sizeof(struct line_item *));
        items[n++] = it;
    }
    for (size_t i = 0; i < n; i++) {
        struct engines_ticket *t = ticket_of(items[i]);
        struct tb_err e = TB_ERR_INIT;
        struct wish wish;

        if (engines_wish(g, &t->want, &wish, &e)) {
            line_leave(g->line, items[i]);
            told_add(all, t, TB_BUSY);
        } else {
            engines_canaries(g, &wish);
            line_change(g->line, items[i], wish.all);
        }
    }
    arena_release(&a);
}

static void sweep(struct engines *g)
{
    for (struct generation **at = &g->now->next; *at;) {
        struct generation *old = *at;

        if (old->refs) {
            at = &old->next;
            continue;
        }
        *at = old->next;
        generation_free(old);
    }
}

void generation_enter(struct engines *g, struct generation *n, struct told *all, int64_t now)
{
    n->number = g->now ? g->now->number + 1 : 1;
    settle(g, n, now);
    n->next = g->now;
    g->now = n;
    line_classes(g->line, n->all.classes);
    for (int i = 0; i < ENGINES_MAX; i++)
        engine_look(g, i, now);
    engines_look(g, now);
    look_anew(g, all);
    engines_deal(g, all, now);
    sweep(g);
}

void generation_drop(struct engines *g, uint64_t number)
{
    struct generation *n = g->now;

    while (n->number != number)
        n = n->next;
    n->refs--;
    sweep(g);
}

/* ---- reading again ---- */

/* The page names the file; where it lies on the machine is for the log. */
static const char *without_folder(const struct engines *g, const char *say)
{
    const char *file = g->models_yaml ? strrchr(g->models_yaml, '/') : NULL;
    size_t folder = file ? (size_t)(file + 1 - g->models_yaml) : 0;

    return folder && strncmp(say, g->models_yaml, folder) == 0 ? say + folder : say;
}

enum tb_code engines_reload(struct engines *g, struct tb_err *e)
{
    struct told all = { NULL, NULL };
    struct fs_stamp stamp =
        fs_stamp_of(g->models_yaml); /* before reading: what comes later is news */
    struct generation *n = NULL;
    enum tb_code c = generation_read(g, &n, e);

    pthread_mutex_lock(&g->lock);
    g->stamp = stamp;
    snprintf(g->mistake, sizeof(g->mistake), "%s", c ? without_folder(g, e->say) : "");
    if (!c)
        generation_enter(g, n, &all, world_mono_us(g->world));
    log_line(c ? LOG_WARN : LOG_INFO, "engines_reload", "generation=%llu engines=%zu code=%s %s",
             (unsigned long long)g->now->number, g->now->n, tb_code_name(c), c ? e->log : "");
    pthread_mutex_unlock(&g->lock);
    tickets_tell(&all);
    return c;
}
