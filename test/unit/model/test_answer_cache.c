#include "model/answer_cache.h"
#include "model/keyed.h"

#include "tb_test.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>

enum { HOUR = 3600 * 1000 };

static struct answer_cache *cache;
static struct answer_limits limits;
static struct world world;
static atomic_int embedded;

static bool embed(void *self, struct str question, int8_t out[ANSWER_DIM])
{
    (void)self;
    embedded++;
    memset(out, 0, ANSWER_DIM);
    for (size_t i = 0; i < question.n; i++)
        out[(unsigned char)question.p[i] * 2 % ANSWER_DIM]++;
    return question.n > 0;
}

static void open_with(size_t bytes, double threshold)
{
    limits = (struct answer_limits){ bytes, HOUR, threshold, embed, NULL };
    world = world_fixed(1000);
    answer_cache_close(cache);
    cache = answer_cache_open(&limits, &world);
}

static void begin(void)
{
    cache = NULL;
    embedded = 0;
    open_with(1 << 20, 0);
}

static void finish(void)
{
    answer_cache_close(cache);
}

static struct answer_ask ask_of(const char *question)
{
    return (struct answer_ask){ .model = STR("qwen"),
                                .sampling = STR("{\"max_tokens\":100}"),
                                .tools = STR("[]"),
                                .before = STR("[{\"role\":\"user\"}]"),
                                .question = str_z(question),
                                .department = STR("民政局"),
                                .knowledge = STR("v1"),
                                .classification = 1,
                                .facts = STR("") };
}

static bool put(const struct answer_ask *ask, const char *body)
{
    struct answer_key key;

    answer_cache_key(cache, ask, &key);
    return answer_cache_put(cache, &key, 1000, &(struct answer_value){ .body = str_z(body) });
}

static bool put_citing(const struct answer_ask *ask, const char *body, const char *document)
{
    struct answer_key key;
    struct str id = str_z(document);

    answer_cache_key(cache, ask, &key);
    return answer_cache_put(cache, &key, 1000,
                            &(struct answer_value){ str_z(body), 10, 20, &id, 1 });
}

static bool finds_at(const struct answer_ask *ask, int64_t now_ms, const char *body)
{
    struct answer_key key;
    struct answer *a;
    double cosine = -1;
    bool found;

    answer_cache_key(cache, ask, &key);
    a = answer_cache_find(cache, &key, now_ms, &cosine);
    found = a != NULL;
    if (a)
        CHECK_STR(a->body, body);
    CHECK(found ? cosine > 0 : cosine <= 0);
    answer_drop(a);
    return found;
}

static bool finds(const struct answer_ask *ask, const char *body)
{
    return finds_at(ask, 1000, body);
}

static size_t entries(void)
{
    struct answer_stats s;

    answer_cache_stats(cache, &s);
    CHECK(s.bytes <= limits.bytes && (s.entries > 0) == (s.bytes > 0));
    return s.entries;
}

static void the_same_request_finds_its_answer(void)
{
    struct answer_ask ask = ask_of("低保怎么申请");
    struct answer_stats s;

    CHECK(!finds(&ask, ""));
    CHECK(put(&ask, "去街道"));
    CHECK(finds(&ask, "去街道"));
    CHECK(put(&ask, "去社区"));
    CHECK(finds(&ask, "去社区"));
    CHECK_INT(entries(), 1);
    answer_cache_stats(cache, &s);
    CHECK_INT(s.exact, 2);
    CHECK_INT(s.missed, 1);
    CHECK_INT(s.kept, 2);
}

static void whatever_differs_is_another_request(void)
{
    struct answer_ask ask = ask_of("低保怎么申请"), other[9];

    CHECK(put(&ask, "去街道"));
    for (size_t i = 0; i < 9; i++)
        other[i] = ask;
    other[0].model = STR("qwen2");
    other[1].sampling = STR("{\"max_tokens\":200}");
    other[2].tools = STR("[1]");
    other[3].before = STR("[]");
    other[4].question = STR("低保怎么申请？");
    other[5].knowledge = STR("v2");
    other[6].classification = 2;
    other[7].tools = STR("[][{\"role\":\"user\"}]"); /* fields do not run into each other */
    other[7].before = STR("");
    other[8].open = true;
    for (size_t i = 0; i < 9; i++)
        CHECK(!finds(&other[i], ""));
}

static void departments_that_may_not_see_each_other_share_nothing(void)
{
    struct answer_ask here = ask_of("低保怎么申请"), there = here, nobody = here;

    there.department = STR("公安局");
    nobody.department = STR("");
    CHECK(put(&here, "去街道"));
    CHECK(!finds(&there, ""));
    CHECK(!put(&nobody, "去街道"));
    CHECK(!finds(&nobody, ""));
    here.open = there.open = true;
    CHECK(!finds(&here, ""));
    CHECK(put(&here, "公开的"));
    CHECK(finds(&there, "公开的"));
}

static void nothing_personal_is_kept_or_given(void)
{
    struct answer_ask ask = ask_of("我叫〔姓名1〕，低保怎么申请");

    CHECK(put(&ask, "去街道"));
    ask.personal = true;
    CHECK(!finds(&ask, ""));
    CHECK(!put(&ask, "去社区"));
    CHECK_INT(entries(), 1);
    open_with(1 << 20, 0.5);
    ask.vector = (int8_t[ANSWER_DIM]){ 1 };
    CHECK(!put(&ask, "去街道"));
    CHECK_INT(embedded, 0);
}

static void a_warm_answer_is_kept_only_where_the_route_says_so(void)
{
    struct answer_ask ask = ask_of("写一首诗");

    ask.temperature = 0.7;
    CHECK(!put(&ask, "诗"));
    ask.warm = true;
    CHECK(put(&ask, "诗"));
    CHECK(finds(&ask, "诗"));
    ask.warm = false;
    CHECK(!finds(&ask, ""));
    ask.temperature = (double)NAN;
    ask.warm = true;
    CHECK(!put(&ask, "诗"));
}

static void an_old_answer_is_not_given(void)
{
    struct answer_ask ask = ask_of("低保怎么申请");

    CHECK(put(&ask, "去街道"));
    CHECK(finds_at(&ask, 1000 + HOUR, "去街道"));
    CHECK(!finds_at(&ask, 1001 + HOUR, ""));
    CHECK_INT(entries(), 0);
    CHECK(put(&ask, "去街道"));
    CHECK(!finds_at(&ask, 999, "")); /* the clock went back */
}

static void what_is_used_least_goes_first_and_the_bound_holds(void)
{
    static char body[1000];
    struct answer_ask ask = ask_of("第一");
    char q[32];

    open_with(64 << 10, 0);
    memset(body, 'x', sizeof(body) - 1);
    CHECK(put(&ask, body));
    for (int i = 0; i < 500; i++) {
        struct answer_ask next = ask_of(q);

        snprintf(q, sizeof(q), "问题%d", i);
        next.question = str_z(q);
        CHECK(put(&next, body));
        CHECK(finds(&ask, body));
        CHECK(finds(&next, body));
    }
    CHECK(entries() > 20 && entries() < 64);
    ask.question = STR("问题3");
    CHECK(!finds(&ask, ""));
    CHECK(!answer_cache_find(cache, &(struct answer_key){ .usable = false }, 1000, NULL));
}

static void one_answer_never_fills_the_cache(void)
{
    static char body[20000];
    struct answer_ask ask = ask_of("问");

    open_with(64 << 10, 0);
    memset(body, 'x', sizeof(body) - 1);
    CHECK(!put(&ask, body));
    open_with(0, 0);
    CHECK(!put(&ask, "短"));
    CHECK(!finds(&ask, ""));
}

static void an_answer_goes_with_the_document_it_cites(void)
{
    struct answer_ask a = ask_of("一"), b = ask_of("二"), c = ask_of("三");
    struct answer_key early;
    struct str id = STR("d1");

    answer_cache_key(cache, &a, &early);
    CHECK(put_citing(&a, "甲", "d1"));
    CHECK(put_citing(&b, "乙", "d2"));
    CHECK(put_citing(&c, "丙", "d1"));
    answer_cache_drop_document(cache, STR("d1"));
    CHECK(!finds(&a, ""));
    CHECK(finds(&b, "乙"));
    CHECK(!finds(&c, ""));
    CHECK_INT(entries(), 1);
    /* asked before the document changed, answered after */
    CHECK(
        !answer_cache_put(cache, &early, 1000, &(struct answer_value){ STR("旧"), 1, 1, &id, 1 }));
    id = STR("d2");
    CHECK(answer_cache_put(cache, &early, 1000, &(struct answer_value){ STR("甲"), 1, 1, &id, 1 }));
    for (int i = 0; i < 300; i++)
        answer_cache_drop_document(cache, STR("d9"));
    CHECK(
        !answer_cache_put(cache, &early, 1000, &(struct answer_value){ STR("甲"), 1, 1, &id, 1 }));
    CHECK(put_citing(&a, "甲", "d1"));
}

static void a_new_version_of_the_knowledge_drops_what_rests_on_the_old(void)
{
    struct answer_ask ask = ask_of("一"), free = ask_of("二"), next = ask_of("一");
    struct answer_key early;

    free.knowledge = STR("");
    next.knowledge = STR("v2");
    answer_cache_key(cache, &ask, &early);
    for (int i = 0; i < 1000; i++) {
        char q[32];
        struct answer_ask more = ask;

        snprintf(q, sizeof(q), "问%d", i);
        more.question = str_z(q);
        CHECK(put(&more, "旧"));
    }
    CHECK(put(&free, "常"));
    answer_cache_knowledge(cache, STR("v2"));
    CHECK_INT(entries(), 1);
    CHECK(finds(&free, "常"));
    CHECK(!answer_cache_put(cache, &early, 1000, &(struct answer_value){ .body = STR("旧") }));
    CHECK(put(&next, "新"));
    CHECK(finds(&next, "新"));
    answer_cache_key(cache, &next, &early);
    answer_cache_clear(cache);
    CHECK_INT(entries(), 0);
    CHECK(!answer_cache_put(cache, &early, 1000, &(struct answer_value){ .body = STR("旧") }));
}

static void other_words_hit_only_above_the_threshold(void)
{
    struct answer_ask ask = ask_of("how to apply for the allowance"), near = ask, far = ask;

    near.question = STR("how do i apply for the allowance");
    far.question = STR("zzz");
    CHECK(put(&ask, "go"));
    CHECK(!finds(&near, "")); /* off */
    CHECK_INT(embedded, 0);
    open_with(1 << 20, 0.9);
    CHECK(put(&ask, "go"));
    CHECK(finds(&near, "go"));
    CHECK(!finds(&far, ""));
    open_with(1 << 20, 0.9999);
    CHECK(put(&ask, "go"));
    CHECK(!finds(&near, ""));
    CHECK(finds(&ask, "go"));
}

static void other_words_with_other_facts_are_another_question(void)
{
    struct answer_ask ask = ask_of("allowance at the age of 80"), same = ask, other[6];

    open_with(1 << 20, 0.5);
    ask.facts = same.facts = STR("80 years");
    same.question = STR("the allowance at age 80");
    CHECK(put(&ask, "100"));
    CHECK(finds(&same, "100"));
    for (size_t i = 0; i < 6; i++)
        other[i] = same;
    other[0].facts = STR("90 years");
    other[1].facts = STR_NONE;
    other[2].department = STR("公安局");
    other[3].knowledge = STR("v2");
    other[4].before = STR("[]");
    other[5].classification = 3;
    for (size_t i = 0; i < 6; i++)
        CHECK(!finds(&other[i], ""));
}

static void a_vector_that_is_brought_is_used(void)
{
    struct answer_ask ask = ask_of("一"), near = ask_of("二"), zero = ask_of("三");
    int8_t x[ANSWER_DIM] = { 100, 20 }, y[ANSWER_DIM] = { 100, 25 }, z[ANSWER_DIM] = { 0 };

    open_with(1 << 20, 0.95);
    ask.vector = x;
    near.vector = y;
    zero.vector = z;
    CHECK(put(&ask, "甲"));
    CHECK(finds(&near, "甲"));
    CHECK(!finds(&zero, ""));
    CHECK(put(&zero, "零"));
    CHECK(finds(&near, "甲"));
    CHECK_INT(embedded, 0);
}

static void an_answer_in_hand_outlives_the_cache(void)
{
    struct answer_ask ask = ask_of("一");
    struct answer_key key;
    struct answer *a;

    CHECK(put(&ask, "甲"));
    answer_cache_key(cache, &ask, &key);
    a = answer_cache_find(cache, &key, 1000, NULL);
    answer_cache_clear(cache);
    answer_cache_close(cache);
    cache = NULL;
    CHECK(a != NULL);
    if (a)
        CHECK_STR(a->body, "甲");
    answer_drop(a);
    answer_drop(NULL);
}

static void *hammer(void *self)
{
    uint32_t seed = *(const uint32_t *)self;

    for (int i = 0; i < 4000; i++) {
        char q[32], d[32];
        struct answer_ask ask = ask_of(q);
        struct answer_key key;
        struct answer *a;
        struct str id = str_z(d);

        seed = seed * 1664525 + 1013904223;
        snprintf(q, sizeof(q), "%u", seed >> 8 & 127);
        snprintf(d, sizeof(d), "%u", seed >> 8 & 7);
        ask.question = ask.facts = str_z(q);
        ask.knowledge = i % 2 ? STR("v1") : STR("");
        id = str_z(d);
        answer_cache_key(cache, &ask, &key);
        a = answer_cache_find(cache, &key, 1000, NULL);
        if (a)
            CHECK_STR(a->body, q);
        answer_drop(a);
        if (!a)
            (void)answer_cache_put(cache, &key, 1000,
                                   &(struct answer_value){ str_z(q), 1, 1, &id, 1 });
        if (seed % 97 == 0)
            answer_cache_drop_document(cache, id);
        if (seed % 499 == 0)
            answer_cache_knowledge(cache, STR("v1"));
        if (seed % 997 == 0)
            answer_cache_clear(cache);
    }
    return NULL;
}

static void threads_share_it(void)
{
    pthread_t t[4];
    uint32_t seeds[4] = { 1, 22, 333, 4444 };

    open_with(16 << 10, 0.9);
    for (int i = 0; i < 4; i++)
        CHECK_INT(pthread_create(&t[i], NULL, hammer, &seeds[i]), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    CHECK(entries() < 128);
}

/* The vectors published with SipHash, 128 bits of output: key and text 00 01 02 … */
static void the_digest_is_siphash(void)
{
    uint8_t secret[16], text[15], out[16];
    struct keyed k;

    for (uint8_t i = 0; i < 16; i++)
        secret[i] = i;
    for (uint8_t i = 0; i < 15; i++)
        text[i] = i;
    keyed_init(&k, secret);
    keyed_end(&k, out);
    CHECK(memcmp(out, "\xa3\x81\x7f\x04\xba\x25\xa8\xe6\x6d\xf6\x72\x14\xc7\x55\x02\x93", 16) == 0);
    keyed_init(&k, secret);
    keyed_add(&k, str_of((const char *)text, 3));
    keyed_add(&k, str_of((const char *)text + 3, 12));
    keyed_end(&k, out);
    CHECK(memcmp(out, "\x54\x93\xe9\x99\x33\xb0\xa8\x11\x7e\x08\xec\x0f\x97\xcf\xc3\xd9", 16) == 0);
}

static const struct tb_test tests[] = {
    TEST(the_same_request_finds_its_answer),
    TEST(whatever_differs_is_another_request),
    TEST(departments_that_may_not_see_each_other_share_nothing),
    TEST(nothing_personal_is_kept_or_given),
    TEST(a_warm_answer_is_kept_only_where_the_route_says_so),
    TEST(an_old_answer_is_not_given),
    TEST(what_is_used_least_goes_first_and_the_bound_holds),
    TEST(one_answer_never_fills_the_cache),
    TEST(an_answer_goes_with_the_document_it_cites),
    TEST(a_new_version_of_the_knowledge_drops_what_rests_on_the_old),
    TEST(other_words_hit_only_above_the_threshold),
    TEST(other_words_with_other_facts_are_another_question),
    TEST(a_vector_that_is_brought_is_used),
    TEST(an_answer_in_hand_outlives_the_cache),
    TEST(threads_share_it),
    TEST(the_digest_is_siphash),
};
int main(void)
{
    return tb_test_around(tests, sizeof(tests) / sizeof(tests[0]), begin, finish);
}
