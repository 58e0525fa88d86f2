#include "model/pool_int.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "model/catalogue.h"

#include <stdio.h>

enum { CHILD_SLOTS = 2 };

/* ---- the child ---- */

static void child_model(struct supervisor_options *s, const char *cache, struct str name,
                        struct str file, int64_t size)
{
    struct supervisor_model *m = &s->models[s->n];

    if (s->n == SUPERVISOR_MODELS)
        return;
    snprintf(m->path, sizeof(m->path), "%s/models/%.*s", cache, STR_FMT(file));
    snprintf(m->name, sizeof(m->name), "%.*s", STR_FMT(name));
    m->size = size;
    s->n++;
}

static void child_models(struct pool *p, struct supervisor_options *s, const char *cache,
                         const struct catalogue *all)
{
    struct tb_err e = TB_ERR_INIT;
    const char *folder = fs_join(&p->mem, cache, "models");
    char **names = NULL;
    size_t n = 0;

    for (size_t i = 0; i < all->model_n; i++)
        child_model(s, cache, all->models[i].name, all->models[i].file, all->models[i].size);
    if (all->model_n || !fs_is_dir(folder) || fs_list(&p->mem, folder, &names, &n, &e))
        return;
    for (size_t i = 0; i < n; i++) /* no catalogue: what lies there */
        if (str_ends(str_z(names[i]), STR(".gguf")))
            child_model(s, cache, str_z(names[i]), str_z(names[i]), 0);
}

static enum tb_code child_add(struct pool *p, const struct pool_options *o, struct tb_err *e)
{
    struct supervisor_options s = { .slots = CHILD_SLOTS, .warm = o->warm, .world = o->world };
    const char *engine = fs_join(&p->mem, o->cache_dir, "engine");
    struct catalogue all;

    catalogue_empty(&all);
    if (o->models_yaml && catalogue_load(&p->mem, o->models_yaml, &all, e))
        return e->code;
    s.program = fs_join(&p->mem, engine, "llama-server");
    s.log_path = fs_join(&p->mem, o->log_dir ? o->log_dir : engine, "llama-server.log");
    child_models(p, &s, o->cache_dir, &all);
    p->child = supervisor_start(&s);
    return TB_OK;
}

enum tb_code pool_start(const struct pool_options *o, struct pool **out, struct tb_err *e)
{
    struct pool *p = tb_zalloc(sizeof(*p));
    struct engines_options g = { .models_yaml = o->models_yaml,
                                 .watch = true,
                                 .engine_url = o->engine_url,
                                 .child_slots = CHILD_SLOTS,
                                 .child_context = SUPERVISOR_CONTEXT,
                                 .probe_ms = o->probe_ms,
                                 .world = o->world };

    p->world = o->world;
    pthread_mutex_init(&p->lock, NULL);
    if (o->embedded && child_add(p, o, e))
        goto out;
    g.child = p->child;
    if (!engines_open(&g, &p->engines, e)) {
        *out = p;
        return TB_OK;
    }
out:
    pool_stop(p);
    return e->code;
}

void pool_stop(struct pool *p)
{
    if (!p)
        return;
    p->stop = true;
    engines_free(p->engines);
    supervisor_stop(p->child);
    for (size_t i = 0; i < p->idle_n; i++)
        client_free(p->idle[i]);
    pthread_mutex_destroy(&p->lock);
    arena_release(&p->mem);
    tb_free(p);
}

struct engines *pool_engines(struct pool *p)
{
    return p->engines;
}

bool pool_ready(struct pool *p)
{
    return engines_ready(p->engines);
}

size_t pool_states(struct pool *p, struct arena *a, struct engine_state **out)
{
    size_t n = engines_states(p->engines, a, out), chat = 0;

    for (size_t i = 0; i < n; i++)
        if ((*out)[i].role == ENGINE_CHAT)
            (*out)[chat++] = (*out)[i];
    return chat;
}
