#include "engines_scene.h"
#include "fake_engine.h"

#include <pthread.h>
#include <sched.h>

/* ---- reading the file again ---- */

static void a_file_read_again_drops_nobody(void)
{
    struct engines *g = city_of("engines:\n  - name: 甲\n    url: http://10.0.0.1/v1\n"
                                "    model: m\n    slots: 1\n");
    struct caller a = { .told = 0 }, b = { .told = 0 }, c = { .told = 0 };
    struct tb_err e = TB_ERR_INIT;
    const struct egress *old;

    CHECK_INT(take(g, &a, "m", PRIORITY_STAFF), ENGINES_PLACED);
    CHECK_INT(take(g, &b, "m", PRIORITY_STAFF), ENGINES_WAITING);
    old = a.t.place.egress;
    put_file("engines:\n  - name: 乙\n    url: http://10.0.0.9/v1\n    models: [m, n]\n"
             "    slots: 1\n");
    CHECK_INT(engines_reload(g, &e), TB_OK);
    CHECK_INT(b.told, 1); /* the new engine has room */
    CHECK_STR(str_z(b.t.place.name), "乙");
    CHECK_STR(str_z(a.t.place.name), "甲");
    CHECK(a.t.place.egress == old && b.t.place.egress != old);
    put_file("engines:\n  - name: 乙\n    url: http://10.0.0.9/v1\n    models: [n]\n"
             "    slots: 1\n");
    CHECK_INT(take(g, &c, "m", PRIORITY_STAFF), ENGINES_WAITING);
    CHECK_INT(engines_reload(g, &e), TB_OK);
    CHECK_INT(c.told, 1); /* its model is gone */
    CHECK_INT(c.code, TB_BUSY);
    give(g, &a, TB_OK);
    give(g, &b, TB_OK);
    CHECK_STR(str_z(goes_to(g, "n")), "乙");
    city_end(g);
}

static void what_is_known_of_an_engine_outlives_the_file(void)
{
    struct engines *g = city_of(TWO);
    struct tb_err e = TB_ERR_INIT;
    struct caller c = { .told = 0 };
    struct engine_state *states = NULL;
    struct arena a = ARENA_INIT;

    for (int i = 0; i < 3; i++) {
        c.t.want.tried = 2; /* 甲 only */
        CHECK_INT(take(g, &c, "m", PRIORITY_STAFF), ENGINES_PLACED);
        CHECK_STR(str_z(c.t.place.name), "甲");
        give(g, &c, TB_UPSTREAM);
    }
    put_file("engines:\n"
             "  - name: 新\n    url: http://10.0.0.7/v1\n    model: x\n"
             "  - name: 甲\n    url: http://10.0.0.1/v1\n    model: m\n    slots: 9\n");
    CHECK_INT(engines_reload(g, &e), TB_OK);
    CHECK_STR(str_z(goes_to(g, "x")), "新");
    CHECK_INT(engines_states(g, &a, &states), 2);
    CHECK_STR(states[0].name, "新");
    CHECK_INT(states[0].state, ENGINE_READY);
    CHECK_INT(states[1].state, ENGINE_FAILED);
    CHECK_INT(take(g, &c, "m", PRIORITY_STAFF), ENGINES_PLACED); /* the one that may try */
    CHECK_INT(c.t.place.engine, 0);
    give(g, &c, TB_OK);
    CHECK_STR(str_z(goes_to(g, "m")), "甲");
    arena_release(&a);
    city_end(g);
}

static const struct {
    const char *yaml;
    int line;
    const char *say;
} wrong[] = {
    { "engines:\n  - name: 甲\n    ulr: http://10.0.0.1/v1\n", 3, "ulr" },
    { "engines:\n  - name: 甲\n    model: m\n", 2, "url" },
    { "engines:\n  - name: 甲\n    url: http://10.0.0.1/v1\n    slots: 0\n", 4, "slots" },
    { "engines:\n  - name: 甲\n    url: http://10.0.0.1/v1\n    slots: many\n", 4, "slots" },
    { "engines:\n  - name: 甲\n    url: http://10.0.0.1/v1\n    kind: gpt\n", 4, "kind" },
    { "engines:\n  - name: 甲\n    url: http://10.0.0.1/v1\n    role: cook\n", 4, "role" },
    { "engines:\n  - name: 甲\n    url: http://10.0.0.1/v1\n    hours: 8-20h\n", 4, "hours" },
    { "engines:\n  - name: 甲\n    url: http://10.0.0.1/v1\n    hours: \"25:00-26:00\"\n", 4,
      "hours" },
    { "engines:\n  - name: 甲\n    url: http://10.0.0.1/v1\n    drain: soon\n", 4, "drain" },
    { "engines:\n  - name: 甲\n    url: http://10.0.0.1/v1\n    canary: 100\n", 4, "canary" },
    { "engines:\n  - name: 甲\n    url: http://10.0.0.1/v1\n    price:\n      answer: -1\n", 5,
      "answer" },
    { "engines:\n  - name: 甲\n    url: http://10.0.0.1/v1\n    model: m\n"
      "  - name: 甲\n    url: http://10.0.0.2/v1\n",
      5, "两个" },
    { "engines:\n  - name: 甲\n    url: http://10.0.0.1/v1\n    personal: hide\n", 4, "personal" },
    { "engines:\n  - name: 甲\n    url: http://127.0.0.1:1/v1\n    personal: allow\n", 4, "理由" },
    { "engines:\n  - name: 甲\n    url: http://10.0.0.1/v1\n    personal: allow\n"
      "    personal_reason: 只在本机运行\n",
      4, "本机" },
    { "embedded: {personal: allow}\n", 1, "理由" },
    { "embedded: {slots: 4}\n", 1, "slots" },
    { "engines: 甲\n", 1, "列表" },
    { "engines:\n  - 甲\n", 2, "字段" },
    { "engine: []\n", 1, "engine" },
    { "aliases:\n  a: nothing\n", 2, "nothing" },
    { "routes:\n  - name: r\n    rules:\n      - to: nobody\n", 4, "nobody" },
    { "routes:\n  - name: r\n    rules:\n      - when: {tsk: a}\n        to: x\n", 4, "tsk" },
    { "classes:\n  hotline: {share: 90}\n  batch: {share: 50}\n", 2, "share" },
    { "classes:\n  hotlin: {share: 10}\n", 2, "hotlin" },
    { "classes:\n  hotline: {share: 50, ceiling: 20}\n", 2, "ceiling" },
    { "profiles:\n  - temperature: 0.6\n", 2, "match" },
    { "profiles:\n  - match: r1\n    temperature: 9\n", 3, "temperature" },
    { "engines:\n  - name: 甲\n   url: x\n", 3, "" },
    { "engines:\n  - name: 甲\n    url: http://user:pw@10.0.0.1/v1\n", 3, "密码" },
    { "engines:\n  - name: 甲\n    url: ftp://10.0.0.1/v1\n", 3, "地址" },
    { "engines:\n  - name: 甲\n    url: http://169.254.169.254/v1\n", 3, "地址" },
};

static void a_mistake_in_the_file_is_named_and_the_old_one_stays(void)
{
    struct engines *g = city_of(TWO);

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct tb_err e = TB_ERR_INIT;
        char line[40];

        put_file(wrong[i].yaml);
        snprintf(line, sizeof(line), "第 %d 行", wrong[i].line);
        CHECK_INT(engines_reload(g, &e), TB_INVALID);
        if (!strstr(e.say, line) || !strstr(e.say, wrong[i].say))
            printf("# %zu: %s\n", i, e.say);
        CHECK(strstr(e.say, line) && strstr(e.say, path) && strstr(e.say, wrong[i].say));
        CHECK_STR(str_z(goes_to(g, "m")), "甲");
    }
    city_end(g);
}

/* The examples that stand in models.yaml as comments: each block from its key to the first line
 * that is not part of it, and the engines of one line each. */
static void add_example(struct buf *out, struct str file, const char *key)
{
    struct str rest = str_from(file, str_find(file, str_z(key)));
    struct str line = str_cut(&rest, STR("\n"));

    CHECK(line.p && str_starts(line, STR("# ")));
    do {
        buf_add(out, str_from(line, str_starts(line, STR("# ")) ? 2 : 0));
        buf_addc(out, '\n');
        line = str_cut(&rest, STR("\n"));
    } while (str_starts(line, STR("#   ")));
}

static void what_the_shipped_file_shows_as_examples_is_right(void)
{
    static const char *const keys[] = { "# engines:\n", "# aliases:\n", "# routes:\n",
                                        "# classes:\n" };
    struct arena a = ARENA_INIT;
    struct buf out = BUF_INIT(65536);
    struct str file = STR_NONE;
    struct tb_err e = TB_ERR_INIT;
    struct engine_state *states = NULL;
    struct engines *g;

    CHECK_INT(fs_read(&a, "models.yaml", 1 << 20, &file, &e), TB_OK);
    for (size_t i = 0; i < 4; i++) {
        add_example(&out, file, keys[i]);
        if (i == 0)
            add_example(&out, file, "#   - {name: R1 满血");
    }
    g = city_of(arena_z(&a, buf_str(&out)));
    CHECK_INT(engines_states(g, &a, &states), 8);
    CHECK_STR(str_z(goes_to(g, "deepseek-v3")), "nowhere"); /* the example drains */
    CHECK_STR(str_z(goes_to(g, "gpt-4o-mini")), "区县备用");
    CHECK_STR(str_z(goes_to(g, "")), "区县备用");
    CHECK_STR(str_z(goes_to(g, "Qwen3-32B")), "千问");
    city_end(g);
    buf_release(&out);
    arena_release(&a);
}

/* ---- what the page and callers see ---- */

static void the_models_are_listed_with_aliases_and_routes(void)
{
    struct engines *g = city_of("engines:\n"
                                "  - name: 甲\n    url: http://10.0.0.1/v1\n    model: m\n"
                                "    context: 8192\n"
                                "  - name: 乙\n    url: http://10.0.0.2/v1\n    model: m\n"
                                "    context: 32768\n"
                                "  - name: 向量\n    url: http://10.0.0.3/v1\n    model: bge\n"
                                "    role: embedding\n"
                                "aliases:\n  gpt-4o: m\n");
    struct engines_model *models = NULL;
    struct arena a = ARENA_INIT;
    size_t n = engines_models(g, &a, &models);

    CHECK_INT(n, 3);
    CHECK_STR(models[0].id, "m");
    CHECK_STR(models[0].owner, "甲");
    CHECK_INT(models[0].context, 32768);
    CHECK(models[0].ready);
    CHECK_STR(models[1].id, "bge");
    CHECK_INT(models[1].role, ENGINE_EMBEDDING);
    CHECK_STR(models[2].id, "gpt-4o");
    CHECK_STR(str_z(goes_to(g, "bge")), "nowhere");
    arena_release(&a);
    city_end(g);
}

static void the_page_sees_what_runs_what_waits_and_what_was_read(void)
{
    struct engines *g =
        city_of("engines:\n  - name: 一\n    url: http://10.0.0.1/v1\n"
                "    model: m\n    slots: 1\n    kind: mindie\n    chip: 昇腾 910B\n");
    struct engines_result r = { .code = TB_OK,
                                .first_us = 300000,
                                .total_us = 1300000,
                                .usage = { .prompt = 1000, .cached = 600, .answer = 50 } };
    struct caller a = { .told = 0 }, b = { .told = 0 };
    struct buf out = BUF_INIT(65536);
    struct json j = JSON_INIT(&out);
    const struct json_value *v = NULL, *e0;
    struct arena mem = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;

    take(g, &a, "m", PRIORITY_STAFF);
    engines_give(g, &a.t, &r);
    take(g, &a, "m", PRIORITY_STAFF);
    take(g, &b, "m", PRIORITY_WINDOW);
    json_obj(&j);
    engines_json(g, &j);
    json_end(&j);
    CHECK_INT(json_read(&mem, buf_str(&out), &v, &e), TB_OK);
    e0 = json_at(json_get(v, "engines"), 0);
    CHECK_STR(json_get_str(e0, "name"), "一");
    CHECK_STR(json_get_str(e0, "kind"), "mindie");
    CHECK_STR(json_get_str(e0, "chip"), "昇腾 910B");
    CHECK_STR(json_get_str(e0, "state"), "ready");
    CHECK_STR(json_get_str(e0, "breaker"), "closed");
    CHECK_INT(json_get_int(e0, "running", -1), 1);
    CHECK_INT(json_get_int(e0, "waiting", -1), 1);
    CHECK_INT(json_get_int(e0, "served", -1), 1);
    CHECK_INT(json_get_int(e0, "first_ms", -1), 300);
    CHECK(json_get_num(e0, "cached_share", 0) > 0.59 && json_get_num(e0, "cached_share", 0) < 0.61);
    CHECK_STR(json_get_str(e0, "role"), "chat");
    CHECK_INT(json_get_int(json_at(json_get(v, "classes"), PRIORITY_WINDOW), "waiting", -1), 1);
    CHECK_INT(json_get_int(json_at(json_get(v, "classes"), PRIORITY_WINDOW), "running", -1), 0);
    CHECK_INT(json_get_int(json_at(json_get(v, "classes"), PRIORITY_STAFF), "running", -1), 1);
    CHECK_STR(json_get_str(v, "mistake"), "");
    arena_release(&mem);
    buf_release(&out);
    give(g, &a, TB_OK);
    give(g, &b, TB_OK);
    city_end(g);
}

/* ---- the pool's own threads ---- */

static bool comes_true(bool (*is)(void *), void *what)
{
    for (int i = 0; i < 5000; i++) { /* five seconds at most: the machine may be busy */
        if (is(what))
            return true;
        poll(NULL, 0, 1);
    }
    return false;
}

static bool serves_n(void *g)
{
    return !strcmp(goes_to(g, "n"), "乙");
}

static void the_file_is_watched(void)
{
    struct engines_options o = { .models_yaml = path, .watch = true, .world = &city };
    struct engines *g = NULL;
    struct tb_err e = TB_ERR_INIT;

    put_file(TWO);
    CHECK_INT(engines_open(&o, &g, &e), TB_OK);
    CHECK_STR(str_z(goes_to(g, "n")), "nowhere");
    poll(NULL, 0, 20); /* a time stamp of its own */
    put_file("engines:\n  - name: 乙\n    url: http://10.0.0.9/v1\n    model: n\n");
    CHECK(comes_true(serves_n, g));
    city_end(g);
}

static bool was_asked(void *f)
{
    return ((struct fake *)f)->asked > 0;
}
static bool may_try(void *g)
{
    return engines_ready(g);
}

static void an_engine_that_failed_is_looked_at_and_comes_back(void)
{
    static const struct fake_step alive[] = {
        { FAKE_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}", 0 },
        { FAKE_END, NULL, 0 }
    };
    static const struct fake_step *const scripts[] = { alive };
    struct engines_options o = { .models_yaml = path, .world = &city, .probe_ms = 20 };
    struct engines *g = NULL;
    struct tb_err e = TB_ERR_INIT;
    struct caller c = { .told = 0 };
    struct fake f;
    char yaml[256];

    fake_start(&f, scripts, 1);
    snprintf(yaml, sizeof(yaml), "engines:\n  - name: 甲\n    url: %s\n    model: m\n", f.url);
    put_file(yaml);
    CHECK_INT(engines_open(&o, &g, &e), TB_OK);
    for (int i = 0; i < 3; i++) {
        take(g, &c, "m", PRIORITY_STAFF);
        give(g, &c, TB_UPSTREAM);
    }
    CHECK(!engines_ready(g));
    later(100);
    CHECK(comes_true(was_asked, &f));
    CHECK(!strncmp(f.request, "GET /v1/models HTTP/1.1\r\n", 25));
    CHECK(comes_true(may_try, g));
    city_end(g);
    fake_stop(&f);
}

/* ---- many at once ---- */

struct crowd {
    struct engines *g;
    int placed, refused;
    bool over;
};

static void *one_of_the_crowd(void *arg)
{
    struct crowd *w = arg;

    for (int i = 0; i < 3000; i++) {
        struct caller c = { .told = 0 };
        enum engines_answer a = take(w->g, &c, i % 3 ? "m" : "n", (enum priority)(i % 4));

        if (a == ENGINES_WAITING && i % 5 == 0 && engines_leave(w->g, &c.t))
            continue;
        while (a == ENGINES_WAITING && !__atomic_load_n(&c.told, __ATOMIC_SEQ_CST))
            sched_yield();
        if (a == ENGINES_PLACED || (a == ENGINES_WAITING && c.code == TB_OK)) {
            __atomic_add_fetch(&w->placed, 1, __ATOMIC_SEQ_CST);
            give(w->g, &c, i % 50 ? TB_OK : TB_UPSTREAM);
        } else {
            __atomic_add_fetch(&w->refused, 1, __ATOMIC_SEQ_CST);
        }
        later(1);
    }
    return NULL;
}

static void *the_one_who_edits(void *arg)
{
    struct crowd *w = arg;

    for (int i = 0; !__atomic_load_n(&w->over, __ATOMIC_SEQ_CST); i++) {
        struct tb_err e = TB_ERR_INIT;

        put_file(i % 2 ? "engines:\n  - name: 甲\n    url: http://10.0.0.1/v1\n    models: [m, n]\n"
                         "    slots: 2\n"
                       : "engines:\n  - name: 甲\n    url: http://10.0.0.1/v1\n    model: m\n"
                         "    slots: 1\n  - name: 乙\n    url: http://10.0.0.2/v1\n"
                         "    model: n\n    slots: 3\n");
        CHECK_INT(engines_reload(w->g, &e), TB_OK);
        poll(NULL, 0, 1);
    }
    return NULL;
}

static void many_take_and_leave_while_the_file_is_read_again(void)
{
    struct engines_options o = { .models_yaml = path, .watch = true, .world = &city };
    struct crowd w = { .g = NULL };
    struct engine_state *states = NULL;
    struct arena a = ARENA_INIT;
    pthread_t crowd[4], editor;
    struct tb_err e = TB_ERR_INIT;
    size_t n;

    put_file(TWO);
    CHECK_INT(engines_open(&o, &w.g, &e), TB_OK);
    pthread_create(&editor, NULL, the_one_who_edits, &w);
    for (size_t i = 0; i < 4; i++)
        pthread_create(&crowd[i], NULL, one_of_the_crowd, &w);
    for (size_t i = 0; i < 4; i++)
        pthread_join(crowd[i], NULL);
    __atomic_store_n(&w.over, true, __ATOMIC_SEQ_CST);
    pthread_join(editor, NULL);
    n = engines_states(w.g, &a, &states);
    for (size_t i = 0; i < n; i++)
        CHECK_INT(states[i].running, 0);
    CHECK(w.placed > 1000);
    arena_release(&a);
    city_end(w.g);
}

static const struct tb_test tests[] = {
    TEST(a_file_read_again_drops_nobody),
    TEST(what_is_known_of_an_engine_outlives_the_file),
    TEST(a_mistake_in_the_file_is_named_and_the_old_one_stays),
    TEST(what_the_shipped_file_shows_as_examples_is_right),
    TEST(the_models_are_listed_with_aliases_and_routes),
    TEST(the_page_sees_what_runs_what_waits_and_what_was_read),
    TEST(the_file_is_watched),
    TEST(an_engine_that_failed_is_looked_at_and_comes_back),
    TEST(many_take_and_leave_while_the_file_is_read_again),
};
TEST_MAIN(tests)
