#include "engines_scene.h"

/* ---- names ---- */

static void a_model_is_found_by_its_name_its_alias_and_a_route(void)
{
    struct engines *g = city_of("engines:\n"
                                "  - name: 小机\n    url: http://10.0.0.1:8000/v1\n"
                                "    model: qwen-7b\n    aliases: [gpt-4o-mini]\n"
                                "  - name: 大机\n    url: http://10.0.0.2:8000/v1\n"
                                "    models: [r1, {v3: deepseek-chat}]\n    context: 64000\n"
                                "    price: {prompt: 0.004, cached: 0.0005, answer: 0.016}\n"
                                "    first_word: 90\n    total: 900\n"
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
    CHECK_INT(c.t.place.prompt_price, 4000); /* millionths of a yuan for 1,000 tokens */
    CHECK_INT(c.t.place.cached_price, 500);
    CHECK_INT(c.t.place.answer_price, 16000);
    CHECK_INT(c.t.place.first_word_ms, 90000);
    CHECK_INT(c.t.place.total_ms, 900000);
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

/* ---- which engine ---- */

static void the_least_busy_engine_is_taken(void)
{
    struct engines *g = city_of(TWO);
    struct caller c[8] = { { .told = 0 } };
    int first = 0;

    for (size_t i = 0; i < 8; i++) {
        CHECK_INT(take(g, &c[i], "m", PRIORITY_HOTLINE), ENGINES_PLACED);
        first += c[i].t.place.engine == c[0].t.place.engine;
        if (i % 2)
            CHECK_INT(first, (int)(i + 1) / 2);
    }
    for (size_t i = 0; i < 8; i++)
        give(g, &c[i], TB_OK);
    city_end(g);
}

static void want_prefix(struct caller *c, uint64_t from, size_t n)
{
    c->t.want.prefix_n = n;
    for (size_t i = 0; i < n; i++)
        c->t.want.prefix[i] = from + i;
}

static void a_prompt_goes_where_its_beginning_was_read_unless_that_is_much_busier(void)
{
    struct engines *g = city_of(TWO);
    struct caller a = { .told = 0 }, b = { .told = 0 }, c[4] = { { .told = 0 } };

    want_prefix(&a, 100, 4);
    want_prefix(&b, 900, 4);
    CHECK_INT(take(g, &a, "m", PRIORITY_HOTLINE), ENGINES_PLACED);
    CHECK_INT(take(g, &b, "m", PRIORITY_HOTLINE), ENGINES_PLACED);
    CHECK(a.t.place.engine != b.t.place.engine);
    for (size_t i = 0; i < 4; i++) {
        want_prefix(&c[i], 900, 3);
        CHECK_INT(take(g, &c[i], "m", PRIORITY_HOTLINE), ENGINES_PLACED);
    }
    CHECK_INT(c[0].t.place.engine, b.t.place.engine);
    CHECK_INT(c[1].t.place.engine, b.t.place.engine);
    CHECK_INT(c[2].t.place.engine, a.t.place.engine); /* three of four taken against one of four */
    give(g, &a, TB_OK);
    give(g, &b, TB_OK);
    for (size_t i = 0; i < 4; i++)
        give(g, &c[i], TB_OK);
    city_end(g);
}

static void an_engine_that_was_tried_is_not_taken_again(void)
{
    struct engines *g = city_of(TWO);
    struct caller c = { .told = 0 };
    int first;

    CHECK_INT(take(g, &c, "m", PRIORITY_STAFF), ENGINES_PLACED);
    first = c.t.place.engine;
    give(g, &c, TB_UPSTREAM);
    c.t.want.tried = 1ull << first;
    CHECK_INT(take(g, &c, "m", PRIORITY_STAFF), ENGINES_PLACED);
    CHECK(c.t.place.engine != first);
    give(g, &c, TB_UPSTREAM);
    c.t.want.tried = 3;
    CHECK_INT(take(g, &c, "m", PRIORITY_STAFF), ENGINES_REFUSED);
    CHECK_INT(c.e.code, TB_BUSY);
    city_end(g);
}

static void too_long_a_prompt_goes_only_where_it_has_room(void)
{
    struct engines *g = city_of("engines:\n"
                                "  - name: 小\n    url: http://10.0.0.1/v1\n    model: m\n"
                                "    context: 4096\n"
                                "  - name: 大\n    url: http://10.0.0.2/v1\n    model: m\n"
                                "    context: 32768\n");
    struct caller c = { .told = 0 };

    CHECK_STR(str_z(goes_to(g, "m")), "小");
    c.t.want.prompt_tokens = 4000;
    c.t.want.answer_max = 200;
    CHECK_INT(take(g, &c, "m", PRIORITY_STAFF), ENGINES_PLACED);
    CHECK_STR(str_z(c.t.place.name), "大");
    CHECK_INT(c.t.place.context, 32768);
    give(g, &c, TB_OK);
    c.t.want.prompt_tokens = 40000;
    CHECK_INT(take(g, &c, "m", PRIORITY_STAFF), ENGINES_REFUSED);
    CHECK_INT(c.e.code, TB_TOO_LARGE);
    CHECK(strstr(c.e.say, "32768"));
    city_end(g);
}

static void personal_data_go_only_to_trusted_engines(void)
{
    struct engines *g = city_of("engines:\n"
                                "  - name: 外\n    url: https://api.example.com/v1\n    model: m\n"
                                "  - name: 内\n    url: http://10.0.0.2/v1\n    model: m\n"
                                "    trusted: true\n"
                                "  - name: 只外\n    url: https://api.example.com/v1\n"
                                "    model: far\n");
    struct caller c = { .told = 0 };

    c.t.want.sensitive = true;
    for (int i = 0; i < 3; i++) {
        CHECK_INT(take(g, &c, "m", PRIORITY_STAFF), ENGINES_PLACED);
        CHECK_STR(str_z(c.t.place.name), "内");
        give(g, &c, TB_OK);
    }
    CHECK_INT(take(g, &c, "far", PRIORITY_STAFF), ENGINES_REFUSED);
    CHECK_INT(c.e.code, TB_FORBIDDEN);
    city_end(g);
}

static void a_canary_gets_its_share_to_the_call(void)
{
    struct engines *g = city_of("engines:\n"
                                "  - name: 旧\n    url: http://10.0.0.1/v1\n    model: m\n"
                                "  - name: 新\n    url: http://10.0.0.2/v1\n    model: m\n"
                                "    canary: 7\n");
    int canary = 0;

    for (int i = 0; i < 1000; i++)
        canary += !strcmp(goes_to(g, "m"), "新");
    CHECK_INT(canary, 70);
    city_end(g);
}

static void an_engine_that_drains_or_is_closed_gets_nothing(void)
{
    struct engines *g;
    struct caller c = { .told = 0 };

    city.fixed_ms = 1795300200000; /* 2026-11-22 06:30 in the city */
    g = city_of("engines:\n"
                "  - name: 停\n    url: http://10.0.0.1/v1\n    model: m\n    drain: true\n"
                "  - name: 夜\n    url: http://10.0.0.2/v1\n    model: m\n"
                "    hours: \"22:00-07:00\"\n"
                "  - name: 昼\n    url: http://10.0.0.3/v1\n    model: m\n"
                "    hours: [\"07:00-12:00\", \"13:00-22:00\"]\n");
    CHECK_STR(str_z(goes_to(g, "m")), "夜");
    city.fixed_ms += 3600000;
    CHECK_STR(str_z(goes_to(g, "m")), "昼");
    city.fixed_ms += 5 * 3600000; /* 12:30: until 13:00 nobody is open */
    CHECK_INT(take(g, &c, "m", PRIORITY_HOTLINE), ENGINES_REFUSED);
    CHECK_INT(c.e.code, TB_BUSY);
    CHECK(c.t.retry_after_s >= 1700 && c.t.retry_after_s <= 1800);
    CHECK_INT(take(g, &c, "m", PRIORITY_BATCH), ENGINES_REFUSED);
    city.fixed_ms += 1000000; /* 12:46: batch can wait so long */
    CHECK_INT(take(g, &c, "m", PRIORITY_BATCH), ENGINES_WAITING);
    city.fixed_ms += 1000000;
    engines_tick(g);
    CHECK_INT(c.told, 1);
    CHECK_STR(str_z(c.t.place.name), "昼");
    give(g, &c, TB_OK);
    city.fixed_ms = 0;
    city_end(g);
}

/* ---- rest ---- */

static void a_broken_engine_rests_and_one_call_at_a_time_still_tries_when_all_do(void)
{
    struct engines *g = city_of("engines:\n  - name: 甲\n    url: http://10.0.0.1/v1\n"
                                "    model: m\n");
    struct caller a = { .told = 0 }, b = { .told = 0 };

    for (int i = 0; i < 3; i++) {
        CHECK_INT(take(g, &a, "m", PRIORITY_STAFF), ENGINES_PLACED);
        give(g, &a, TB_UPSTREAM);
    }
    CHECK(!engines_ready(g));
    CHECK_INT(take(g, &a, "m", PRIORITY_STAFF), ENGINES_PLACED); /* the one */
    CHECK_INT(take(g, &b, "m", PRIORITY_HOTLINE), ENGINES_WAITING);
    give(g, &a, TB_OK);
    CHECK_INT(b.told, 1);
    CHECK(engines_ready(g));
    give(g, &b, TB_OK);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(take(g, &a, "m", PRIORITY_STAFF), ENGINES_PLACED);
        give(g, &a, TB_UPSTREAM);
    }
    later(6000); /* its rest is over: one tries, the next waits for how that ends */
    CHECK_INT(take(g, &a, "m", PRIORITY_STAFF), ENGINES_PLACED);
    CHECK_INT(take(g, &b, "m", PRIORITY_HOTLINE), ENGINES_WAITING);
    give(g, &a, TB_OK);
    CHECK_INT(b.told, 1);
    give(g, &b, TB_OK);
    city_end(g);
}

static void a_full_engine_is_left_alone_for_as_long_as_it_says(void)
{
    struct engines *g = city_of(TWO);
    struct engines_result full = { .code = TB_BUSY, .retry_after_ms = 20000 };
    struct caller a = { .told = 0 }, b = { .told = 0 };
    int first;

    CHECK_INT(take(g, &a, "m", PRIORITY_STAFF), ENGINES_PLACED);
    first = a.t.place.engine;
    engines_give(g, &a.t, &full);
    for (int i = 0; i < 5; i++) {
        CHECK_INT(take(g, &a, "m", PRIORITY_STAFF), ENGINES_PLACED);
        CHECK(a.t.place.engine != first);
        give(g, &a, TB_OK);
    }
    CHECK_INT(take(g, &a, "m", PRIORITY_STAFF), ENGINES_PLACED);
    engines_give(g, &a.t, &full);
    CHECK_INT(take(g, &a, "m", PRIORITY_HOTLINE), ENGINES_WAITING); /* both open in time */
    a.t.want.deadline_us = clock_us + 5000000;
    b.t.want.deadline_us = clock_us + 5000000;
    CHECK_INT(take(g, &b, "m", PRIORITY_HOTLINE), ENGINES_REFUSED);
    CHECK(b.t.retry_after_s >= 16 && b.t.retry_after_s <= 18); /* four in time, behind one */
    later(20000);
    engines_tick(g);
    CHECK_INT(a.told, 1);
    CHECK_INT(a.code, TB_OK);
    give(g, &a, TB_OK);
    city_end(g);
}

static void who_waits_past_his_deadline_is_told(void)
{
    struct engines *g = city_of("engines:\n  - name: 一\n    url: http://10.0.0.1/v1\n"
                                "    model: m\n    slots: 1\n");
    struct caller a = { .told = 0 }, b = { .told = 0 }, c = { .told = 0 };

    CHECK_INT(take(g, &a, "m", PRIORITY_STAFF), ENGINES_PLACED);
    b.t.want.deadline_us = clock_us + 25000000;
    CHECK_INT(take(g, &b, "m", PRIORITY_STAFF), ENGINES_WAITING);
    CHECK_INT(take(g, &c, "m", PRIORITY_STAFF), ENGINES_WAITING);
    later(25000);
    engines_tick(g);
    CHECK_INT(b.told, 1);
    CHECK_INT(b.code, TB_TIMEOUT);
    CHECK_INT(c.told, 0);
    engines_stop(g);
    CHECK_INT(c.told, 1);
    CHECK_INT(c.code, TB_BUSY);
    CHECK_INT(take(g, &c, "m", PRIORITY_STAFF), ENGINES_REFUSED);
    give(g, &a, TB_OK);
    city_end(g);
}

/* A refused caller who comes back when it was told to gets in, if nobody else came. */
static void the_time_to_come_back_is_true(void)
{
    enum { MANY = 60 };
    struct engines *g = city_of("engines:\n  - name: 一\n    url: http://10.0.0.1/v1\n"
                                "    model: m\n    slots: 2\n");
    static struct caller c[MANY], running[2];
    struct caller *at[2] = { &running[0], &running[1] };
    size_t n = 0, next = 0;
    struct caller late = { .told = 0 };
    int64_t until;

    memset(c, 0, sizeof(c));
    memset(running, 0, sizeof(running));
    for (int i = 0; i < 20; i++) { /* a service lasts two seconds */
        take(g, at[0], "m", PRIORITY_HOTLINE);
        later(2000);
        give(g, at[0], TB_OK);
    }
    take(g, at[0], "m", PRIORITY_HOTLINE);
    take(g, at[1], "m", PRIORITY_HOTLINE);
    while (n < MANY && take(g, &c[n], "m", PRIORITY_HOTLINE) == ENGINES_WAITING)
        n++;
    CHECK(n > 15 && n < MANY);
    CHECK(strstr(c[n].e.say, "后再试"));
    CHECK_INT(c[n].t.position, (int)n + 1);
    until = clock_us + c[n].t.retry_after_s * 1000000;
    while (clock_us < until) { /* each second one of the two ends, and the next in line begins */
        later(1000);
        give(g, at[next % 2], TB_OK);
        at[next % 2] = &c[next];
        CHECK_INT(c[next].told, 1);
        next++;
    }
    CHECK_INT(take(g, &late, "m", PRIORITY_HOTLINE), ENGINES_WAITING);
    for (size_t i = 0; i < n && !late.told; i++) {
        later(1000);
        give(g, at[next % 2], TB_OK);
        if (!late.told)
            at[next % 2] = &c[next];
        next++;
    }
    CHECK_INT(late.code, TB_OK);
    CHECK(late.t.wait_us <= 30000000);
    engines_stop(g);
    give(g, &late, TB_OK);
    give(g, at[next % 2], TB_OK);
    city_end(g);
}

static const struct tb_test tests[] = {
    TEST(a_model_is_found_by_its_name_its_alias_and_a_route),
    TEST(a_place_is_waited_for_and_given_on),
    TEST(the_least_busy_engine_is_taken),
    TEST(a_prompt_goes_where_its_beginning_was_read_unless_that_is_much_busier),
    TEST(an_engine_that_was_tried_is_not_taken_again),
    TEST(too_long_a_prompt_goes_only_where_it_has_room),
    TEST(personal_data_go_only_to_trusted_engines),
    TEST(a_canary_gets_its_share_to_the_call),
    TEST(an_engine_that_drains_or_is_closed_gets_nothing),
    TEST(a_broken_engine_rests_and_one_call_at_a_time_still_tries_when_all_do),
    TEST(a_full_engine_is_left_alone_for_as_long_as_it_says),
    TEST(who_waits_past_his_deadline_is_told),
    TEST(the_time_to_come_back_is_true),
};
TEST_MAIN(tests)
