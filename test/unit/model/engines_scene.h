/* A city with a clock of its own, the engines of a models.yaml that a test writes, and callers. */
#ifndef ENGINES_SCENE_H
#define ENGINES_SCENE_H
#include "base/fs.h"
#include "model/engines.h"

#include "tb_test.h"

#include <unistd.h>

static int64_t clock_us = 1000000000; /* moved by the tests */
static inline int64_t city_mono_us(const struct world *w)
{
    (void)w;
    return __atomic_load_n(&clock_us, __ATOMIC_SEQ_CST);
}
static inline int64_t city_now_ms(const struct world *w)
{
    return w->fixed_ms;
}
static inline void city_random(const struct world *w, void *out, size_t n)
{
    (void)w;
    memset(out, 7, n);
}
static struct world city = { city_now_ms, city_mono_us, city_random, 0 };

static inline void later(int64_t ms)
{
    __atomic_add_fetch(&clock_us, ms * 1000, __ATOMIC_SEQ_CST);
}

static char path[64];

static inline enum tb_code put_file(const char *yaml)
{
    struct tb_err e = TB_ERR_INIT;

    snprintf(path, sizeof(path), "/tmp/tb_engines_%d.yaml", (int)getpid());
    return fs_write(path, str_z(yaml), 0600, &e);
}

static inline struct engines *city_of(const char *yaml)
{
    struct engines_options o = { .models_yaml = path, .still = true, .world = &city };
    struct engines *g = NULL;
    struct tb_err e = TB_ERR_INIT;

    CHECK_INT(put_file(yaml), TB_OK);
    CHECK_INT(engines_open(&o, &g, &e), TB_OK);
    if (!g)
        printf("# %s\n", e.say);
    return g;
}

static inline void city_end(struct engines *g)
{
    engines_free(g);
    unlink(path);
}

/* ---- callers ---- */

struct caller {
    struct engines_ticket t;
    int told;
    enum tb_code code;
    struct tb_err e;
};

static inline void hear(struct engines_ticket *t, enum tb_code code)
{
    struct caller *c = t->self;

    c->code = code;
    __atomic_add_fetch(&c->told, 1, __ATOMIC_SEQ_CST);
}

static inline enum engines_answer take(struct engines *g, struct caller *c, const char *model,
                                       enum priority p)
{
    c->t.want.model = str_z(model);
    c->t.want.priority = p;
    c->t.ready = hear;
    c->t.self = c;
    c->told = 0;
    tb_err_clear(&c->e);
    return engines_take(g, &c->t, &c->e);
}

static inline void give(struct engines *g, struct caller *c, enum tb_code code)
{
    struct engines_result r = { .code = code, .first_us = 100000, .total_us = 1000000 };

    engines_give(g, &c->t, &r);
}

/* Takes, gives back at once, and says where it would have gone. */
static inline const char *goes_to(struct engines *g, const char *model)
{
    static char name[128];
    struct caller c = { .told = 0 };

    if (take(g, &c, model, PRIORITY_STAFF) != ENGINES_PLACED)
        return "nowhere";
    snprintf(name, sizeof(name), "%s", c.t.place.name);
    give(g, &c, TB_OK);
    return name;
}

#define TWO                                                                                        \
    "engines:\n"                                                                                   \
    "  - name: 甲\n    url: http://10.0.0.1/v1\n    model: m\n    slots: 4\n"                     \
    "  - name: 乙\n    url: http://10.0.0.2/v1\n    model: m\n    slots: 4\n"

#endif
