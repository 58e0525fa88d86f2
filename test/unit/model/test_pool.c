#include "model/pool.h"

#include "base/fs.h"

#include "fake_engine.h"
#include "tb_test.h"

/* What the person got. */
struct heard {
    struct buf text, reasoning;
    enum tb_code stop_with; /* what the sink answers from the second delta on */
    int deltas;
    enum tb_code code;
    struct tb_err e;
    struct model_result r;
    struct talk t;
};

static enum tb_code hear_text(void *self, struct str delta, struct tb_err *e)
{
    struct heard *h = self;

    buf_add(&h->text, delta);
    fake_heard = true;
    if (h->stop_with && ++h->deltas > 1)
        return tb_fail(e, h->stop_with, "停", "the sink says stop");
    return TB_OK;
}
static void hear_reasoning(void *self, struct str delta)
{
    struct heard *h = self;

    buf_add(&h->reasoning, delta);
}
static bool person_gone(struct sink *self)
{
    (void)self;
    return fake_left;
}

static void heard_init(struct heard *h)
{
    *h = (struct heard){ .text = BUF_INIT(1 << 20), .reasoning = BUF_INIT(1 << 20) };
    h->t.world = &fake_world;
}
static void heard_release(struct heard *h)
{
    buf_release(&h->text);
    buf_release(&h->reasoning);
    arena_release(&h->t.mem);
}

static void ask_pool(struct pool *p, struct heard *h)
{
    static struct sink person = { NULL, person_gone, NULL };
    static const struct str stops[] = { { "\n问：", 7 } };
    struct model_message m[] = { { "system", STR("按条款回答。") },
                                 { "user", STR("高龄\"津贴\"多少钱？") } };
    struct model_ask ask = { .task = "answer",
                             .messages = m,
                             .n = 2,
                             .max_tokens = 99,
                             .temperature = 0.2,
                             .stop = stops,
                             .stop_n = 1,
                             .grammar = STR("root ::= [^根]+") };
    struct model_sink sink = { h, hear_text, hear_reasoning };

    h->t.sink = &person;
    h->code = pool_ask(p, &h->t, &ask, &sink, &h->r, &h->e);
    CHECK((h->code == TB_OK) == (h->e.code == TB_OK));
    CHECK(h->code == TB_OK || h->e.say[0]);
}

/* One engine by its script, one question. */
static void ask_script(const struct fake_step *script, struct heard *h)
{
    const struct fake_step *const scripts[] = { script };
    struct fake f;
    struct pool_options o = { .cache_dir = "/nonexistent",
                              .engine_url = f.url,
                              .world = &fake_world };
    struct pool *p = NULL;

    heard_init(h);
    fake_start(&f, scripts, 1);
    CHECK_INT(pool_start(&o, &p, &h->e), TB_OK);
    ask_pool(p, h);
    pool_stop(p);
    fake_stop(&f);
}

static void check_script(const struct fake_step *script, enum tb_code code, const char *text)
{
    struct heard h;

    ask_script(script, &h);
    CHECK_INT(h.code, code);
    CHECK_STR(buf_str(&h.text), text);
    if (h.code != code)
        printf("# %s\n", h.e.log);
    heard_release(&h);
}

static void an_answer_comes_whole_with_its_figures(void)
{
    static const struct fake_step script[] = {
        { FAKE_SEND, FAKE_OK ": ping\n\n", 0 },
        { FAKE_SEND,
          "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":null}}],"
          "\"model\":\"R1\"}\n\n",
          0 },
        { FAKE_SEND, FAKE_DELTA("每月") FAKE_DELTA("一百元。"), 0 },
        { FAKE_SEND, FAKE_FINISH("stop"), 0 },
        { FAKE_SEND,
          "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":50,\"completion_tokens\":"
          "7,\"prompt_tokens_details\":{\"cached_tokens\":40}}}\n\n" FAKE_DONE,
          0 },
        { FAKE_END, NULL, 0 },
    };
    struct heard h;

    ask_script(script, &h);
    CHECK_INT(h.code, TB_OK);
    CHECK_STR(buf_str(&h.text), "每月一百元。");
    CHECK_STR(h.r.model, "R1");
    CHECK(h.r.engine.n > 0 && h.r.first_us > 0 && h.r.total_us >= h.r.first_us);
    CHECK_INT(h.r.prompt_tokens, 50);
    CHECK_INT(h.r.cached_tokens, 40);
    CHECK_INT(h.r.answer_tokens, 7);
    CHECK(!h.r.truncated);
    heard_release(&h);
}

static void bytes_may_be_split_anywhere(void)
{
    static const struct fake_step script[] = {
        { FAKE_BYTES,
          FAKE_OK "data:{\"choices\":[{\"delta\":{\"content\":\"每月\\u4e00百\"}}]}\r\n"
                  "\r\n" FAKE_DELTA("元𠀀。") FAKE_FINISH("stop") FAKE_DONE,
          0 },
        { FAKE_END, NULL, 0 },
    };

    check_script(script, TB_OK, "每月一百元𠀀。");
}

static void a_character_split_over_two_events_is_put_together(void)
{
    static const struct fake_step script[] = {
        { FAKE_SEND,
          FAKE_OK FAKE_DELTA("每\xe6\x9c") FAKE_DELTA("\x88一\xf0\xa0") FAKE_DELTA("\x80")
              FAKE_DELTA("\x80。") FAKE_FINISH("stop"),
          0 },
        { FAKE_END, NULL, 0 },
    };
    static const struct fake_step half[] = {
        { FAKE_SEND, FAKE_OK FAKE_DELTA("每\xe6\x9c") FAKE_FINISH("stop") FAKE_DONE, 0 },
        { FAKE_END, NULL, 0 },
    };
    static const struct fake_step junk[] = {
        { FAKE_SEND, FAKE_OK FAKE_DELTA("每\xff\xfe月") FAKE_FINISH("stop") FAKE_DONE, 0 },
        { FAKE_END, NULL, 0 },
    };

    check_script(script, TB_OK, "每月一𠀀。");
    check_script(half, TB_UPSTREAM, "每");
    check_script(junk, TB_UPSTREAM, "");
}

static void an_answer_without_an_end_is_never_called_whole(void)
{
    static const struct fake_step closed[] = {
        { FAKE_SEND, FAKE_OK FAKE_DELTA("每月[DONE]一百"), 0 }, { FAKE_END, NULL, 0 }
    };
    static const struct fake_step reset[] = { { FAKE_SEND, FAKE_OK FAKE_DELTA("每月"), 0 },
                                              { FAKE_RESET, NULL, 0 },
                                              { FAKE_END, NULL, 0 } };
    static const struct fake_step empty[] = { { FAKE_SEND, FAKE_OK, 0 }, { FAKE_END, NULL, 0 } };
    static const struct fake_step hollow[] = { { FAKE_SEND, FAKE_OK FAKE_DONE, 0 },
                                               { FAKE_END, NULL, 0 } };
    static const struct fake_step invented[] = {
        { FAKE_SEND, FAKE_OK FAKE_DELTA("每月") FAKE_FINISH("tired") FAKE_DONE, 0 },
        { FAKE_END, NULL, 0 }
    };
    static const struct fake_step cut[] = {
        { FAKE_SEND, FAKE_OK FAKE_DELTA("每月") "data: {\"choices\":[{\"finish_reason\":\"st", 0 },
        { FAKE_END, NULL, 0 }
    };

    check_script(closed, TB_UPSTREAM, "每月[DONE]一百");
    check_script(reset, TB_UPSTREAM, "每月");
    check_script(empty, TB_UPSTREAM, "");
    check_script(hollow, TB_UPSTREAM, "");
    check_script(invented, TB_UPSTREAM, "每月");
    check_script(cut, TB_UPSTREAM, "每月");
}

static void an_end_that_was_said_counts_even_if_the_connection_then_breaks(void)
{
    static const struct fake_step script[] = {
        { FAKE_SEND, FAKE_OK FAKE_DELTA("一百元。") FAKE_FINISH("length"), 0 },
        { FAKE_RESET, NULL, 0 },
        { FAKE_END, NULL, 0 },
    };
    static const struct fake_step unended[] = {
        { FAKE_SEND, FAKE_OK FAKE_DELTA("一百元。") "data: [DONE]", 0 }, { FAKE_END, NULL, 0 }
    };
    struct heard h;

    ask_script(script, &h);
    CHECK_INT(h.code, TB_OK);
    CHECK(h.r.truncated);
    heard_release(&h);
    check_script(unended, TB_OK, "一百元。");
}

static void garbage_and_floods_are_an_engine_error(void)
{
    static char comment[1 << 16];
    static const struct fake_step garbage[] = {
        { FAKE_SEND, FAKE_OK FAKE_DELTA("一") "data: <html>oops</html>\n\n" FAKE_FINISH("stop"),
          0 },
        { FAKE_END, NULL, 0 }
    };
    static const struct fake_step no_http[] = { { FAKE_SEND, "\x16\x03\x01 garbage", 0 },
                                                { FAKE_END, NULL, 0 } };
    static const struct fake_step flood[] = { { FAKE_SEND, FAKE_OK "data: {\"a\":\"", 0 },
                                              { FAKE_FLOOD, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 0 },
                                              { FAKE_END, NULL, 0 } };
    const struct fake_step endless[] = { { FAKE_SEND, FAKE_OK, 0 },
                                         { FAKE_FLOOD, comment, 0 },
                                         { FAKE_END, NULL, 0 } };
    static const struct fake_step told[] = {
        { FAKE_SEND, FAKE_OK FAKE_DELTA("一") "data: {\"error\":{\"message\":\"CUDA\"}}\n\n", 0 },
        { FAKE_END, NULL, 0 }
    };

    memset(comment, ':', sizeof(comment) - 1);
    comment[sizeof(comment) - 2] = '\n';
    check_script(garbage, TB_UPSTREAM, "一");
    check_script(no_http, TB_UPSTREAM, "");
    check_script(flood, TB_UPSTREAM, "");
    check_script(endless, TB_UPSTREAM, "");
    check_script(told, TB_UPSTREAM, "一");
}

static void a_refusal_of_the_engine_is_told_apart_from_a_full_one(void)
{
    static const struct fake_step full[] = {
        { FAKE_SEND, "HTTP/1.1 429 Too Many\r\nContent-Length: 2\r\n\r\n{}", 0 },
        { FAKE_END, NULL, 0 }
    };
    static const struct fake_step loading[] = {
        { FAKE_SEND, "HTTP/1.1 503 No\r\nConnection: close\r\n\r\n", 0 }, { FAKE_END, NULL, 0 }
    };
    static const struct fake_step broken[] = { { FAKE_SEND,
                                                 "HTTP/1.1 500 Oh\r\nConnection: close\r\n\r\n"
                                                 "{\"error\":{\"message\":\"no memory\"}}",
                                                 0 },
                                               { FAKE_END, NULL, 0 } };
    struct heard h;

    check_script(full, TB_BUSY, "");
    check_script(loading, TB_BUSY, "");
    ask_script(broken, &h);
    CHECK_INT(h.code, TB_UPSTREAM);
    CHECK(strstr(h.e.log, "no memory") != NULL);
    CHECK(strstr(h.e.say, "memory") == NULL);
    heard_release(&h);
}

static void a_redirect_is_not_followed(void)
{
    static const struct fake_step good[] = {
        { FAKE_SEND, FAKE_OK FAKE_DELTA("走错了") FAKE_FINISH("stop"), 0 }, { FAKE_END, NULL, 0 }
    };
    static const struct fake_step *const scripts[] = { good };
    struct fake other;
    char head[256];
    struct fake_step moved[] = { { FAKE_SEND, head, 0 }, { FAKE_END, NULL, 0 } };

    fake_start(&other, scripts, 1);
    snprintf(head, sizeof(head),
             "HTTP/1.1 307 Moved\r\nLocation: %s/chat/completions\r\nContent-Length: 0\r\n\r\n",
             other.url);
    check_script(moved, TB_UPSTREAM, "");
    CHECK_INT(other.asked, 0);
    fake_stop(&other);
}

static void silence_ends_in_a_timeout_before_and_after_the_first_word(void)
{
    static const struct fake_step mute[] = { { FAKE_LATER, NULL, 16000 },
                                             { FAKE_WAIT, NULL, 0 },
                                             { FAKE_END, NULL, 0 } };
    static const struct fake_step stalls[] = { { FAKE_SEND, FAKE_OK FAKE_DELTA("每月"), 0 },
                                               { FAKE_HEARD, NULL, 0 },
                                               { FAKE_LATER, NULL, 16000 },
                                               { FAKE_WAIT, NULL, 0 },
                                               { FAKE_END, NULL, 0 } };
    static const struct fake_step slow[] = { { FAKE_SEND, FAKE_OK FAKE_DELTA("一"), 0 },
                                             { FAKE_HEARD, NULL, 0 },
                                             { FAKE_LATER, NULL, 61000 },
                                             { FAKE_WAIT, NULL, 0 },
                                             { FAKE_END, NULL, 0 } };

    check_script(mute, TB_TIMEOUT, "");
    check_script(stalls, TB_TIMEOUT, "每月");
    check_script(slow, TB_TIMEOUT, "一");
}

static void when_the_person_leaves_the_engine_is_let_go_within_100_ms(void)
{
    static const struct fake_step script[] = { { FAKE_SEND, FAKE_OK FAKE_DELTA("每月"), 0 },
                                               { FAKE_LEAVE, NULL, 0 },
                                               { FAKE_WAIT, NULL, 0 },
                                               { FAKE_END, NULL, 0 } };
    static const struct fake_step *const scripts[] = { script };
    int64_t best_us = INT64_MAX;

    for (int i = 0; i < 5; i++) { /* the best of five: the machine may be busy */
        struct fake f;
        struct heard h;
        struct pool_options o = { .cache_dir = "/nonexistent",
                                  .engine_url = f.url,
                                  .world = &fake_world };
        struct pool *p = NULL;

        heard_init(&h);
        fake_start(&f, scripts, 1);
        CHECK_INT(pool_start(&o, &p, &h.e), TB_OK);
        ask_pool(p, &h);
        CHECK_INT(h.code, TB_CANCELLED);
        while (!f.closed)
            poll(NULL, 0, 1);
        if (f.closed_us - fake_left_us < best_us)
            best_us = f.closed_us - fake_left_us;
        pool_stop(p);
        fake_stop(&f);
        heard_release(&h);
    }
    CHECK(best_us < 100000);
}

static void a_sink_that_says_stop_is_obeyed(void)
{
    static const struct fake_step script[] = {
        { FAKE_SEND, FAKE_OK FAKE_DELTA("一") FAKE_DELTA("二") FAKE_DELTA("三"), 0 },
        { FAKE_WAIT, NULL, 0 },
        { FAKE_END, NULL, 0 }
    };
    static const struct fake_step *const scripts[] = { script };
    struct fake f;
    struct heard h;
    struct pool_options o = { .cache_dir = "/nonexistent",
                              .engine_url = f.url,
                              .world = &fake_world };
    struct pool *p = NULL;

    heard_init(&h);
    h.stop_with = TB_CANCELLED;
    fake_start(&f, scripts, 1);
    CHECK_INT(pool_start(&o, &p, &h.e), TB_OK);
    ask_pool(p, &h);
    CHECK_INT(h.code, TB_CANCELLED);
    CHECK_STR(buf_str(&h.text), "一二");
    pool_stop(p);
    fake_stop(&f);
    heard_release(&h);
}

static void reasoning_is_kept_apart_from_the_answer(void)
{
    static const struct fake_step field[] = {
        { FAKE_SEND,
          FAKE_OK
          "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"先想\"}}]}\n\n" FAKE_DELTA("答")
              FAKE_FINISH("stop"),
          0 },
        { FAKE_END, NULL, 0 }
    };
    static const struct fake_step tags[] = {
        { FAKE_SEND,
          FAKE_OK FAKE_DELTA("<th") FAKE_DELTA("ink>先") FAKE_DELTA("想</")
              FAKE_DELTA("think>\\n\\n") FAKE_DELTA("\\n答") FAKE_DELTA("<") FAKE_FINISH("stop"),
          0 },
        { FAKE_END, NULL, 0 }
    };
    struct heard h;

    ask_script(field, &h);
    CHECK_STR(buf_str(&h.text), "答");
    CHECK_STR(buf_str(&h.reasoning), "先想");
    heard_release(&h);
    ask_script(tags, &h);
    CHECK_INT(h.code, TB_OK);
    CHECK_STR(buf_str(&h.text), "答<");
    CHECK_STR(buf_str(&h.reasoning), "先想");
    heard_release(&h);
}

static void the_engine_is_asked_what_the_caller_said(void)
{
    static const struct fake_step script[] = {
        { FAKE_SEND, FAKE_OK FAKE_DELTA("答") FAKE_FINISH("stop"), 0 }, { FAKE_END, NULL, 0 }
    };
    static const struct fake_step *const scripts[] = { script };
    struct fake f;
    struct heard h;
    char url[128];
    struct pool_options o = { .cache_dir = "/nonexistent",
                              .engine_url = url,
                              .world = &fake_world };
    struct pool *p = NULL;

    heard_init(&h);
    fake_start(&f, scripts, 1);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/#deepseek-r1", f.port);
    setenv("TONGBAN_ENGINE_KEY", "sk-秘密", 1);
    CHECK_INT(pool_start(&o, &p, &h.e), TB_OK);
    unsetenv("TONGBAN_ENGINE_KEY");
    ask_pool(p, &h);
    CHECK(!strncmp(f.request, "POST /v1/chat/completions HTTP/1.1\r\n", 36));
    CHECK(strstr(f.request, "Authorization: Bearer sk-秘密\r\n"));
    CHECK(strstr(f.request, "\"model\":\"deepseek-r1\""));
    CHECK(strstr(f.request, "{\"role\":\"user\",\"content\":\"高龄\\\"津贴\\\"多少钱？\"}"));
    CHECK(strstr(f.request, "\"stream\":true"));
    CHECK(strstr(f.request, "\"max_tokens\":99"));
    CHECK(strstr(f.request, "\"stop\":[\"\\n问"));
    CHECK(!strstr(f.request, "cache_prompt"));
    pool_stop(p);
    fake_stop(&f);
    heard_release(&h);
}

/* ---- two engines ---- */

struct two {
    struct fake first, second;
    struct pool *p;
    char yaml[64];
};

static void two_start(struct two *w, const struct fake_step *first, const struct fake_step *second)
{
    static const struct fake_step *scripts[2];
    struct pool_options o = { .cache_dir = "/nonexistent",
                              .world = &fake_world,
                              .models_yaml = w->yaml };
    struct buf b = BUF_INIT(4096);
    struct tb_err e = TB_ERR_INIT;

    scripts[0] = first;
    scripts[1] = second;
    fake_start(&w->first, &scripts[0], 1);
    fake_start(&w->second, &scripts[1], 1);
    snprintf(w->yaml, sizeof(w->yaml), "/tmp/tb_two_%d.yaml", (int)getpid());
    buf_addf(&b,
             "engines:\n  - name: 甲\n    url: %s/\n    model: a\n"
             "  - name: 向量\n    role: embedding\n    url: http://10.0.0.1/v1\n"
             "  - name: 乙\n    url: %s\n    model: b\n    llama: true\n",
             w->first.url, w->second.url);
    CHECK_INT(fs_write(w->yaml, buf_str(&b), 0600, &e), TB_OK);
    CHECK_INT(pool_start(&o, &w->p, &e), TB_OK);
    buf_release(&b);
}

static void two_stop(struct two *w)
{
    pool_stop(w->p);
    fake_stop(&w->first);
    fake_stop(&w->second);
    unlink(w->yaml);
}

static const struct fake_step answers[] = {
    { FAKE_SEND, FAKE_OK FAKE_DELTA("一百元。") FAKE_FINISH("stop"), 0 }, { FAKE_END, NULL, 0 }
};

static void before_the_first_word_another_engine_is_asked(void)
{
    static const struct fake_step broken[] = {
        { FAKE_SEND, FAKE_OK "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n", 0 },
        { FAKE_RESET, NULL, 0 },
        { FAKE_END, NULL, 0 }
    };
    struct engine_state *states = NULL;
    struct two w;
    struct heard h;

    heard_init(&h);
    two_start(&w, broken, answers);
    ask_pool(w.p, &h);
    CHECK_INT(h.code, TB_OK);
    CHECK_STR(buf_str(&h.text), "一百元。");
    CHECK_STR(h.r.engine, "乙");
    CHECK(strstr(w.second.request, "cache_prompt"));
    CHECK_INT(pool_states(w.p, &h.t.mem, &states), 2);
    CHECK_INT(states[0].state, ENGINE_FAILED);
    CHECK(states[0].message.n > 0);
    CHECK_INT(states[1].state, ENGINE_READY);
    ask_pool(w.p, &h); /* the broken one rests */
    CHECK_INT(w.first.asked, 1);
    CHECK_INT(w.second.asked, 2);
    fake_ahead_us += 6000000;
    ask_pool(w.p, &h); /* and is tried again */
    CHECK_INT(w.first.asked, 2);
    two_stop(&w);
    heard_release(&h);
}

/* A grammar holds an answer in its form; it would also forbid the reasoning before it. */
static void a_grammar_goes_only_where_it_is_understood(void)
{
    static const char *const kinds[] = { "", "    llama: true\n",
                                         "    llama: true\n    thinks_first: true\n" };
    static const struct fake_step *const script = answers;

    for (size_t i = 0; i < 3; i++) {
        char yaml[64];
        struct pool_options o = { .cache_dir = "/nonexistent",
                                  .world = &fake_world,
                                  .models_yaml = yaml };
        struct buf b = BUF_INIT(4096);
        struct pool *p = NULL;
        struct fake f;
        struct heard h;

        heard_init(&h);
        fake_start(&f, &script, 1);
        snprintf(yaml, sizeof(yaml), "/tmp/tb_grammar_%d.yaml", (int)getpid());
        buf_addf(&b, "engines:\n  - name: 甲\n    url: %s\n    model: a\n%s", f.url, kinds[i]);
        CHECK_INT(fs_write(yaml, buf_str(&b), 0600, &h.e), TB_OK);
        CHECK_INT(pool_start(&o, &p, &h.e), TB_OK);
        ask_pool(p, &h);
        CHECK_INT(strstr(f.request, "\"grammar\":\"root ::= [^根]+\"") != NULL, i == 1);
        pool_stop(p);
        fake_stop(&f);
        unlink(yaml);
        buf_release(&b);
        heard_release(&h);
    }
}

static void after_the_first_word_no_other_engine_is_asked(void)
{
    static const struct fake_step broken[] = { { FAKE_SEND, FAKE_OK FAKE_DELTA("每月"), 0 },
                                               { FAKE_RESET, NULL, 0 },
                                               { FAKE_END, NULL, 0 } };
    struct two w;
    struct heard h;

    heard_init(&h);
    two_start(&w, broken, answers);
    ask_pool(w.p, &h);
    CHECK_INT(h.code, TB_UPSTREAM);
    CHECK_STR(buf_str(&h.text), "每月");
    CHECK_INT(w.second.asked, 0);
    two_stop(&w);
    heard_release(&h);
}

static void without_an_engine_the_person_is_told_so(void)
{
    struct pool_options none = { .cache_dir = "/nonexistent", .world = &fake_world };
    struct pool_options child = {
        .cache_dir = "/nonexistent", .world = &fake_world, .embedded = true, .log_dir = "/tmp"
    };
    struct pool_options wrong = { .cache_dir = "/nonexistent",
                                  .world = &fake_world,
                                  .engine_url = "ftp://10.0.0.1/" };
    struct engine_state *states = NULL;
    struct pool *p = NULL;
    struct heard h;

    heard_init(&h);
    CHECK_INT(pool_start(&none, &p, &h.e), TB_OK);
    CHECK(!pool_ready(p));
    ask_pool(p, &h);
    CHECK_INT(h.code, TB_BUSY);
    pool_stop(p);
    CHECK_INT(pool_start(&child, &p, &h.e), TB_OK);
    CHECK(!pool_ready(p));
    CHECK_INT(pool_states(p, &h.t.mem, &states), 1);
    CHECK_INT(states[0].state, ENGINE_ABSENT);
    tb_err_clear(&h.e);
    ask_pool(p, &h);
    CHECK_INT(h.code, TB_BUSY);
    pool_stop(p);
    CHECK_INT(pool_start(&wrong, &p, &h.e), TB_INVALID);
    heard_release(&h);
}

static void a_refused_connection_is_an_engine_error_with_a_sentence(void)
{
    struct pool_options o = { .cache_dir = "/nonexistent",
                              .engine_url = "http://127.0.0.1:1/v1",
                              .world = &fake_world };
    struct pool *p = NULL;
    struct heard h;

    heard_init(&h);
    fake_left = false;
    CHECK_INT(pool_start(&o, &p, &h.e), TB_OK);
    ask_pool(p, &h);
    CHECK_INT(h.code, TB_UPSTREAM);
    pool_stop(p);
    heard_release(&h);
}

static const struct tb_test tests[] = {
    TEST(an_answer_comes_whole_with_its_figures),
    TEST(bytes_may_be_split_anywhere),
    TEST(a_character_split_over_two_events_is_put_together),
    TEST(an_answer_without_an_end_is_never_called_whole),
    TEST(an_end_that_was_said_counts_even_if_the_connection_then_breaks),
    TEST(garbage_and_floods_are_an_engine_error),
    TEST(a_refusal_of_the_engine_is_told_apart_from_a_full_one),
    TEST(a_redirect_is_not_followed),
    TEST(silence_ends_in_a_timeout_before_and_after_the_first_word),
    TEST(when_the_person_leaves_the_engine_is_let_go_within_100_ms),
    TEST(a_sink_that_says_stop_is_obeyed),
    TEST(reasoning_is_kept_apart_from_the_answer),
    TEST(the_engine_is_asked_what_the_caller_said),
    TEST(before_the_first_word_another_engine_is_asked),
    TEST(a_grammar_goes_only_where_it_is_understood),
    TEST(after_the_first_word_no_other_engine_is_asked),
    TEST(without_an_engine_the_person_is_told_so),
    TEST(a_refused_connection_is_an_engine_error_with_a_sentence),
};
TEST_MAIN(tests)
