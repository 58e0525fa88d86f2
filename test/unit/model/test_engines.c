#include "model/engines.h"

#include "base/fs.h"
#include "model/supervisor.h"

#include "tb_test.h"

#include <pthread.h>
#include <unistd.h>

/* ---- a city with a clock of its own ---- */

static int64_t clock_us = 1000000000; /* moved by the tests */
static int64_t city_mono_us(const struct world *w)
{
    (void)w;
    return __atomic_load_n(&clock_us, __ATOMIC_SEQ_CST);
}
static int64_t city_now_ms(const struct world *w)
{
    return w->fixed_ms;
}
static void city_random(const struct world *w, void *out, size_t n)
{
    (void)w;
    memset(out, 7, n);
}
static struct world city = { city_now_ms, city_mono_us, city_random, 0 };

static void later(int64_t ms)
{
    __atomic_add_fetch(&clock_us, ms * 1000, __ATOMIC_SEQ_CST);
}

static char path[64];

static enum tb_code put_file(const char *yaml)
{
    struct tb_err e = TB_ERR_INIT;

    snprintf(path, sizeof(path), "/tmp/tb_engines_%d.yaml", (int)getpid());
    return fs_write(path, str_z(yaml), 0600, &e);
}

static struct engines *city_of(const char *yaml)
{
    struct engines_options o = { .models_yaml = path, .world = &city };
    struct engines *g = NULL;
    struct tb_err e = TB_ERR_INIT;

    CHECK_INT(put_file(yaml), TB_OK);
    CHECK_INT(engines_open(&o, &g, &e), TB_OK);
    if (!g)
        printf("# %s\n", e.say);
    return g;
}

static void city_end(struct engines *g)
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

static void hear(struct engines_ticket *t, enum tb_code code)
{
    struct caller *c = t->self;

    c->code = code;
    __atomic_add_fetch(&c->told, 1, __ATOMIC_SEQ_CST);
}

static enum engines_answer take(struct engines *g, struct caller *c, const char *model,
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

static void give(struct engines *g, struct caller *c, enum tb_code code)
{
    struct engines_result r = { .code = code, .first_us = 100000, .total_us = 1000000 };

    engines_give(g, &c->t, &r);
}

/* Takes, gives back at once, and says where it would have gone. */
static const char *goes_to(struct engines *g, const char *model)
{
    static char name[128];
    struct caller c = { .told = 0 };

    if (take(g, &c, model, PRIORITY_STAFF) != ENGINES_PLACED)
        return "nowhere";
    snprintf(name, sizeof(name), "%s", c.t.place.name);
    give(g, &c, TB_OK);
    return name;
}

/* ---- names ---- */

static void a_model_is_found_by_its_name_its_alias_and_a_route(void)
{
    struct engines *g = city_of("engines:\n"
                                "  - name: 小机\n    url: http://10.0.0.1:8000/v1\n"
                                "    model: qwen-7b\n    aliases: [gpt-4o-mini]\n"
                                "  - name: 大机\n    url: http://10.0.0.2:8000/v1\n"
                                "    models: [r1, {v3: deepseek-chat}]\n    context: 64000\n"
                                "aliases:\n  通用: 省心\n"
                                "routes:\n  - name: 省心\n    rules:\n"
                                "      - when: {task: 公文}\n        to: r1\n"
                                "      - to: [qwen-7b, 大机]\n");
    struct caller c = { .told = 0 };

    CHECK_STR(str_z(goes_to(g, "qwen-7b")), "小机");
    CHECK_STR(str_z(goes_to(g, "gpt-4o-mini")), "小机");
    CHECK_STR(str_z(goes_to(g, "r1")), "大机");
    CHECK_STR(str_z(goes_to(g, "省心")), "小机");
    CHECK_STR(str_z(goes_to(g, "通用")), "小机");
    CHECK_STR(str_z(goes_to(g, "")), "小机");
    c.t.want.task = STR("公文");
    CHECK_INT(take(g, &c, "通用", PRIORITY_STAFF), ENGINES_PLACED);
    CHECK_STR(str_z(c.t.place.name), "大机");
    CHECK_STR(str_z(c.t.place.model), "r1");
    give(g, &c, TB_OK);
    CHECK_INT(take(g, &c, "v3", PRIORITY_STAFF), ENGINES_PLACED);
    CHECK_STR(str_z(c.t.place.model), "deepseek-chat");
    CHECK_STR(str_z(c.t.place.url), "http://10.0.0.2:8000/v1");
    give(g, &c, TB_OK);
    CHECK_INT(take(g, &c, "gpt-5", PRIORITY_STAFF), ENGINES_REFUSED);
    CHECK_INT(c.e.code, TB_NOT_FOUND);
    CHECK(strstr(c.e.say, "qwen-7b") && strstr(c.e.say, "省心"));
    city_end(g);
}

static void a_place_is_waited_for_and_given_on(void)
{
    struct engines *g = city_of("engines:\n  - name: 一\n    url: http://10.0.0.1/v1\n"
                                "    model: m\n    slots: 1\n");
    struct caller a = { .told = 0 }, b = { .told = 0 }, c = { .told = 0 };

    CHECK_INT(take(g, &a, "m", PRIORITY_STAFF), ENGINES_PLACED);
    CHECK_INT(take(g, &b, "m", PRIORITY_STAFF), ENGINES_WAITING);
    CHECK_INT(take(g, &c, "m", PRIORITY_HOTLINE), ENGINES_WAITING);
    CHECK_INT(b.t.position, 1);
    later(2000);
    give(g, &a, TB_OK);
    CHECK_INT(c.told, 1);
    CHECK_INT(c.code, TB_OK);
    CHECK_INT(c.t.wait_us, 2000000);
    CHECK_INT(b.told, 0);
    CHECK(!engines_leave(g, &c.t));
    CHECK(engines_leave(g, &b.t));
    give(g, &c, TB_OK);
    CHECK_INT(b.told, 0);
    CHECK_INT(take(g, &b, "m", PRIORITY_STAFF), ENGINES_PLACED);
    give(g, &b, TB_OK);
    city_end(g);
}

static const struct tb_test tests[] = {
    TEST(a_model_is_found_by_its_name_its_alias_and_a_route),
    TEST(a_place_is_waited_for_and_given_on),
};
TEST_MAIN(tests)
