#include "cli/eval_refusal.h"

#include "base/date.h"
#include "base/fs.h"
#include "base/json.h"
#include "cli/eval_copy.h"
#include "cli/rooms.h"
#include "guard/risk.h"
#include "scenario/policy/answer.h"

#include <stdio.h>

enum { FILE_BYTES = 256 << 20, SAID_MAX = 64 * 1024, SAID_TOKENS = 160, ENGINE_WAIT_S = 180 };

/* How a request ended. Everything before ENDED_QUOTED gave nothing of what was asked for. */
enum ended {
    ENDED_WORD,    /* refused for a word */
    ENDED_MODEL,   /* refused by the model of harmful requests */
    ENDED_LURE,    /* refused as an injection */
    ENDED_LIMITS,  /* too long, not readable */
    ENDED_PERSON,  /* nothing found or nobody in charge: a person gets it */
    ENDED_SAYS_NO, /* the language model itself said no */
    ENDED_QUOTED,  /* clauses in force in their own words, or an approved answer: no harm in it */
    ENDED_SAID,    /* the language model answered */
    ENDED_COUNT
};
static const char *const ended_names[ENDED_COUNT] = { "guard_word", "guard_model", "injection",
                                                      "limits",     "to_person",   "model_refusal",
                                                      "quoted",     "answered" };

struct eval {
    struct cli *c;
    struct rooms_opened o;
    const struct risk_rules *rules;
    bool direct, guard, list;
    int64_t ends[2][ENDED_COUNT], failed; /* [harmful] */
};

static enum ended by_guard(struct eval *v, struct arena *a, struct str text, bool *found)
{
    struct inject_verdict lure;
    struct risk_finding f;

    *found = true;
    if (risk_asked(v->rules, text, &f))
        return f.by == RISK_BY_WORD ? ENDED_WORD : ENDED_MODEL;
    inject_judge(risk_inject(v->rules), a, text, &lure);
    *found = lure.attack;
    return lure.attack ? ENDED_LURE : ENDED_SAID;
}

static enum tb_code take(void *self, struct str delta, struct tb_err *e)
{
    (void)e;
    buf_add(self, delta);
    return TB_OK;
}

static void drop(void *self, struct str delta)
{
    (void)self;
    (void)delta;
}

/* As an application asks: the person's words and nothing else. */
static enum tb_code directly(struct eval *v, struct talk *t, struct str text, enum ended *out,
                             struct tb_err *e)
{
    struct buf said = BUF_INIT(SAID_MAX);
    struct model_message message = { "user", text };
    struct model_ask ask = { .task = "eval",
                             .messages = &message,
                             .n = 1,
                             .priority = PRIORITY_BATCH,
                             .max_tokens = SAID_TOKENS };
    struct model_sink sink = { &said, take, drop };
    struct model_result result;
    struct risk_finding f;
    bool found;

    *out = by_guard(v, &t->mem, text, &found);
    if (found || v->guard)
        return TB_OK;
    if (!pool_ask(t->at->pool, t, &ask, &sink, &result, e)) {
        if (risk_said(v->rules, buf_str(&said), &f))
            *out = ENDED_WORD;
        else if (risk_is_refusal(buf_str(&said)))
            *out = ENDED_SAYS_NO;
    }
    buf_release(&said);
    return e->code;
}

static enum ended ended_of(const struct answer *a)
{
    if (str_eqz(a->x.outcome, "refused"))
        return str_eqz(a->risk.kind, "injection")   ? ENDED_LURE
               : str_eqz(str_z(a->risk.by), "word") ? ENDED_WORD
                                                    : ENDED_MODEL;
    if (str_eqz(a->x.outcome, "not_found") || str_eqz(a->x.outcome, "referred"))
        return ENDED_PERSON;
    for (size_t i = 0; i < a->sentence_n; i++)
        if (a->sentences[i].shown && !a->sentences[i].quoted && !a->standard)
            return ENDED_SAID;
    return ENDED_QUOTED;
}

static enum tb_code on_the_page(struct talk *t, struct str text, enum ended *out, struct tb_err *e)
{
    struct answer_ask ask = { .question = text, .no_handoff = true };
    struct answer *a = ARENA_NEW(&t->mem, struct answer);

    t->actor.role = ROLE_CITIZEN;
    if (answer_question(t, &ask, a, e)) {
        if (e->code != TB_TOO_LARGE && e->code != TB_INVALID && e->code != TB_FORBIDDEN)
            return e->code;
        *out = ENDED_LIMITS;
        tb_err_clear(e);
        return TB_OK;
    }
    *out = ended_of(a);
    return str_eqz(a->x.outcome, "failed")
               ? tb_fail(e, TB_UPSTREAM, "语言模型没有回答", "outcome=failed")
               : TB_OK;
}

static struct str text_of(const struct json_value *row)
{
    static const char *const keys[] = { "text", "query", "prompt", "question" };
    struct str s = STR("");

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && !s.n; i++)
        s = json_get_str(row, keys[i]);
    return s;
}

static enum tb_code ask_one(struct eval *v, struct str line, int at, struct tb_err *e)
{
    const struct json_value *row;
    enum ended how = ENDED_SAID;
    bool harmful;
    struct talk t;

    rooms_talk(&v->o, &t, "eval");
    if (json_read(&t.mem, line, &row, e) || !text_of(row).n) {
        struct str say = arena_printf(&v->c->mem, "第 %d 行没有 text", at);

        arena_release(&t.mem);
        return tb_fail_say(e, TB_INVALID, say, say);
    }
    harmful = json_get_bool(row, "harmful", true);
    if (v->direct || v->guard ? directly(v, &t, text_of(row), &how, e)
                              : on_the_page(&t, text_of(row), &how, e)) {
        v->failed++; /* counted by itself: neither refused nor answered */
        fprintf(stderr, "第 %d 行：%s %s\n", at, e->say, e->log);
        tb_err_clear(e);
    } else {
        v->ends[harmful][how]++;
        if (v->list)
            printf("%s\t%s\t%.*s\n", harmful ? "有害" : "正当", ended_names[how],
                   STR_FMT(text_of(row)));
    }
    arena_release(&t.mem);
    return TB_OK;
}

static enum tb_code ask_all(struct eval *v, struct str text, int64_t limit, struct tb_err *e)
{
    int at = 0;

    while (text.p && (limit == 0 || at < limit)) {
        struct str line = str_trim(str_cut(&text, STR("\n")));

        at++;
        if (line.n && ask_one(v, line, at, e))
            return e->code;
    }
    return TB_OK;
}

static int64_t sum(const int64_t *ends, enum ended to)
{
    int64_t n = 0;

    for (int i = 0; i < (int)to; i++)
        n += ends[i];
    return n;
}

static void ends_json(struct json *j, const char *name, const int64_t *ends)
{
    json_kobj(j, name);
    json_kint(j, "asked", sum(ends, ENDED_COUNT));
    json_kint(j, "refused", sum(ends, ENDED_QUOTED));
    for (int i = 0; i < ENDED_COUNT; i++)
        json_kint(j, ended_names[i], ends[i]);
    json_end(j);
}

static void report(const struct eval *v)
{
    struct buf b = BUF_INIT(4096);
    struct json j = JSON_INIT(&b);
    int64_t harmful = sum(v->ends[1], ENDED_COUNT);

    json_obj(&j);
    json_kstr(&j, "way", v->guard ? STR("guard") : v->direct ? STR("direct") : STR("page"));
    ends_json(&j, "harmful", v->ends[1]);
    ends_json(&j, "harmless", v->ends[0]);
    json_kint(&j, "failed", v->failed);
    if (harmful)
        json_kreal(&j, "refused_share", (double)sum(v->ends[1], ENDED_QUOTED) / (double)harmful);
    json_end(&j);
    printf("%s\n", b.p);
    buf_release(&b);
}

static enum tb_code with_rooms(struct eval *v, struct str text, int64_t limit, struct tb_err *e)
{
    struct eval_copy copy = { .path = NULL };

    v->rules = risk_take(v->o.at.risk);
    if (v->guard || !rooms_wait_engine(&v->o, ENGINE_WAIT_S, e))
        if (!eval_copy_open(v->c, &v->o, &copy, e) && !ask_all(v, text, limit, e))
            report(v);
    risk_drop(v->rules);
    rooms_shut(&v->o);
    eval_copy_drop(v->c, &copy);
    return e->code;
}

enum tb_code eval_refusal(struct cli *c, struct tb_err *e)
{
    struct eval v = { .c = c,
                      .direct = cli_flag(c, "--direct"),
                      .guard = cli_flag(c, "--guard"),
                      .list = cli_flag(c, "--list") };
    const char *file = cli_option(c, "--file"), *engine = cli_option(c, "--engine");
    const char *most = cli_option(c, "--limit");
    unsigned what = v.guard    ? ROOMS_GUARD
                    : v.direct ? ROOMS_GUARD | ROOMS_POOL
                               : ROOMS_SEARCH | ROOMS_POOL;
    int64_t limit = 0;
    struct str text;

    if (cli_no_more_options(c, e))
        return e->code;
    if (!file)
        return tb_fail(e, TB_INVALID, "请用 --file 指明文件，每行一个 JSON 对象", "no --file");
    if (most && (!str_i64(str_z(most), &limit) || limit < 1))
        return tb_fail(e, TB_INVALID, "--limit 应为正整数", "limit=%s", most);
    if (fs_read(&c->mem, file, FILE_BYTES, &text, e) || rooms_open(c, what, engine, &v.o, e))
        return e->code;
    return with_rooms(&v, text, limit, e);
}
