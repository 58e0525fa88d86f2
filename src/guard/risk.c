#include "guard/risk.h"
#include "guard/risk_model.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/metrics.h"

#include "store/word_list.h"

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum {
    FILE_WORDS,
    FILE_ANSWERS,
    FILE_EXAMPLES,
    FILE_INJECTION,
    FILE_INJECTED,
    FILE_MEANING,
    FILES
};
static const char *const file_names[FILES] = {
    "rules/forbidden.yaml", "rules/risk_answers.yaml",       "rules/risk_examples.yaml",
    "rules/injection.yaml", "rules/injection_examples.yaml", "rules/injection_meaning.yaml"
};
enum { EXAMPLES_MAX = 8 << 20, WORDS_MAX = 8 << 20 };

struct risk_rules {
    atomic_int users;
    struct forbid *words, *sounds; /* sounds: NULL when no list wants it */
    struct risk_answers answers;
    struct inject *inject;
    struct risk_model *model;
    struct str titles[RISK_KINDS_ALL]; /* in answers.mem */
};

struct risk {
    struct arena mem;
    const char *paths[FILES], *learnt; /* learnt: NULL, nothing is kept */
    pthread_mutex_t lock;
    struct risk_rules *now;        /* under lock */
    int64_t lists;                 /* under lock: word_list_changes */
    struct fs_stamp stamps[FILES]; /* under lock: of the newest files looked at, good or not */
    struct risk_state state;       /* under lock */
};

/* ---- one reading ---- */

static void rules_free(struct risk_rules *x)
{
    forbid_free(x->words);
    forbid_free(x->sounds);
    risk_model_free(x->model);
    risk_answers_release(&x->answers);
    inject_free(x->inject);
    tb_free(x);
}

static enum tb_code read_model(struct risk_rules *x, const char *path, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct str text;
    enum tb_code c = fs_read(&a, path, EXAMPLES_MAX, &text, e);

    if (!c)
        c = risk_model_make(text, path, &x->model, e);
    arena_release(&a);
    return c;
}

struct lists {
    struct forbid_list *v;
    size_t n;
};

static unsigned way_of(struct str way)
{
    return str_eqz(way, "in")    ? FORBID_IN
           : str_eqz(way, "out") ? FORBID_OUT
                                 : FORBID_IN | FORBID_OUT;
}

static enum tb_code read_lists(struct arena *a, struct db *d, struct lists *out, struct tb_err *e)
{
    struct word_list *all = NULL;
    size_t n = 0;

    *out = (struct lists){ .n = 0 };
    if (!d)
        return TB_OK;
    if (word_list_newest(d, a, &all, &n, e))
        return e->code;
    out->v = ARENA_ARRAY(a, struct forbid_list, n + 1);
    for (size_t i = 0; i < n; i++) {
        struct forbid_list *l = &out->v[out->n++];

        *l = (struct forbid_list){ .way = way_of(all[i].way),
                                   .words = all[i].words,
                                   .sound = all[i].sound };
        if (!risk_kind_parse(all[i].kind, &l->risk))
            return tb_fail(e, TB_CORRUPT, "词表的风险种类不对，请重新导入", "list=%.*s kind=%.*s",
                           STR_FMT(all[i].name), STR_FMT(all[i].kind));
    }
    return TB_OK;
}

static bool any_by_sound(const struct lists *l)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->v[i].sound && l->v[i].words.n)
            return true;
    return false;
}

static enum tb_code read_words(struct risk_rules *x, const char *path, struct db *d,
                               struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct str table;
    struct lists l;
    enum tb_code c = fs_read(&a, path, WORDS_MAX, &table, e);

    if (!c)
        c = read_lists(&a, d, &l, e);
    if (!c)
        c = forbid_make(table, path, l.v, l.n, false, &x->words, e);
    if (!c && any_by_sound(&l))
        c = forbid_make(STR(""), path, l.v, l.n, true, &x->sounds, e);
    arena_release(&a);
    return c;
}

static enum tb_code rules_read(const char *const paths[FILES], const char *learnt, struct db *d,
                               struct risk_rules **out, struct tb_err *e)
{
    struct risk_rules *x = tb_zalloc(sizeof(*x));
    struct inject_files injection = { paths[FILE_INJECTION], paths[FILE_INJECTED],
                                      paths[FILE_MEANING], learnt };

    atomic_init(&x->users, 1);
    if (read_words(x, paths[FILE_WORDS], d, e) ||
        risk_answers_load(&x->answers, paths[FILE_ANSWERS], e) ||
        read_model(x, paths[FILE_EXAMPLES], e) || inject_load(&injection, &x->inject, e)) {
        rules_free(x);
        return e->code;
    }
    for (int i = 0; i < RISK_KINDS_ALL; i++)
        x->titles[i] = arena_printf(&x->answers.mem, "%s）%s", risk_kind_ref(i), risk_kind_name(i));
    *out = x;
    return TB_OK;
}

void risk_drop(const struct risk_rules *x)
{
    struct risk_rules *own = (struct risk_rules *)(uintptr_t)x;

    if (own && atomic_fetch_sub(&own->users, 1) == 1)
        rules_free(own);
}

const struct risk_rules *risk_take(struct risk *r)
{
    struct risk_rules *x;

    if (!r)
        return NULL;
    pthread_mutex_lock(&r->lock);
    x = r->now;
    atomic_fetch_add(&x->users, 1);
    pthread_mutex_unlock(&r->lock);
    return x;
}

/* ---- the live tables ---- */

static bool changed(const struct risk *r, struct fs_stamp now[FILES])
{
    bool any = false;

    for (int i = 0; i < FILES; i++) {
        now[i] = fs_stamp_of(r->paths[i]);
        any |= !fs_stamp_same(&now[i], &r->stamps[i]);
    }
    return any;
}

static void keep_last(struct risk *r, const struct tb_err *e)
{
    if (!r->now)
        return; /* who opens says it */
    pthread_mutex_lock(&r->lock);
    snprintf(r->state.fault, sizeof(r->state.fault), "%s", e->say);
    pthread_mutex_unlock(&r->lock);
    metric_set("tongban_guard_tables_well", "", 0);
    log_line(LOG_ERROR, "guard", "the last good tables stay in use: %s %s", e->say, e->log);
}

static void put(struct risk *r, struct risk_rules *x)
{
    struct risk_rules *before;

    pthread_mutex_lock(&r->lock);
    before = r->now;
    r->now = x;
    r->state.reading++;
    r->state.phrases = forbid_phrases(x->words);
    r->state.fault[0] = 0;
    pthread_mutex_unlock(&r->lock);
    risk_drop(before);
    malloc_trim(0); /* reading and learning took far more than what stays */
    metric_set("tongban_guard_tables_well", "", 1);
    if (r->state.reading > 1)
        log_line(LOG_INFO, "guard", "tables read, phrases=%zu", forbid_phrases(x->words));
}

enum tb_code risk_refresh(struct risk *r, struct db *d, struct tb_err *e)
{
    struct fs_stamp now[FILES];
    struct risk_rules *x = NULL;
    int64_t lists = 0;
    bool due;

    if (d && word_list_changes(d, &lists, e))
        return e->code;
    pthread_mutex_lock(&r->lock);
    due = changed(r, now) || lists != r->lists;
    memcpy(r->stamps, now, sizeof(now));
    r->lists = lists;
    pthread_mutex_unlock(&r->lock);
    if (!due)
        return TB_OK;
    if (rules_read(r->paths, r->learnt, d, &x, e)) {
        keep_last(r, e);
        return e->code;
    }
    put(r, x);
    return TB_OK;
}

enum tb_code risk_open(const char *share_dir, const char *data_dir, struct db *d, struct risk **out,
                       struct tb_err *e)
{
    struct risk *r = tb_zalloc(sizeof(*r));

    *out = NULL;
    pthread_mutex_init(&r->lock, NULL);
    for (int i = 0; i < FILES; i++)
        r->paths[i] = fs_join(&r->mem, share_dir, file_names[i]);
    if (data_dir)
        r->learnt = fs_join(&r->mem, data_dir, "guard.learnt");
    if (risk_refresh(r, d, e)) {
        risk_close(r);
        return e->code;
    }
    *out = r;
    return TB_OK;
}

void risk_close(struct risk *r)
{
    if (!r)
        return;
    risk_drop(r->now);
    pthread_mutex_destroy(&r->lock);
    arena_release(&r->mem);
    tb_free(r);
}

void risk_state(struct risk *r, struct risk_state *out)
{
    pthread_mutex_lock(&r->lock);
    *out = r->state;
    pthread_mutex_unlock(&r->lock);
}

/* ---- judging ---- */

const struct inject *risk_inject(const struct risk_rules *x)
{
    return x ? x->inject : NULL;
}

const struct forbid *risk_words(const struct risk_rules *x)
{
    return x ? x->words : NULL;
}

static bool hit_of(const struct risk_rules *x, enum forbid_way way, struct str text,
                   struct forbid_hit *hit)
{
    return forbid_find(x->words, way, text, hit) ||
           (x->sounds && forbid_find(x->sounds, way, text, hit));
}

static bool by_word(const struct risk_rules *x, enum forbid_way way, struct str text,
                    struct risk_finding *out)
{
    struct forbid_hit hit;

    if (!x || !hit_of(x, way, text, &hit))
        return false;
    *out = (struct risk_finding){ .kind = hit.risk,
                                  .title = x->titles[hit.risk],
                                  .by = RISK_BY_WORD,
                                  .from = hit.from,
                                  .to = hit.to,
                                  .answer = &x->answers.rows[hit.risk] };
    return true;
}

bool risk_asked_in_other_words(const struct risk_rules *x, struct str text,
                               struct risk_finding *out)
{
    int kind = 0;
    double score = x ? risk_model_score(x->model, text, &kind) : 0;

    if (!x || score < risk_model_least(x->model))
        return false;
    *out = (struct risk_finding){ .kind = kind,
                                  .title = x->titles[kind],
                                  .by = RISK_BY_MODEL,
                                  .score = score,
                                  .answer = &x->answers.rows[kind] };
    return true;
}

bool risk_asked(const struct risk_rules *x, struct str text, struct risk_finding *out)
{
    return by_word(x, FORBID_IN, text, out) || risk_asked_in_other_words(x, text, out);
}

bool risk_said(const struct risk_rules *x, struct str text, struct risk_finding *out)
{
    return by_word(x, FORBID_OUT, text, out);
}

bool risk_in_need(const struct risk_rules *x, struct str text, struct risk_finding *out)
{
    return by_word(x, FORBID_CARE, text, out);
}

bool risk_is_refusal(struct str text)
{
    static const char *const begins[] = { "抱歉",     "很抱歉",   "对不起",       "非常抱歉",
                                          "作为一个", "作为AI",   "作为人工智能", "我不能",
                                          "我无法",   "不好意思", "I'm sorry",    "I am sorry",
                                          "Sorry",    "I cannot", "I can't",      "As an AI" };
    static const char *const no[] = { "不能",   "无法",   "不会",   "不提供", "不允许",
                                      "不支持", "拒绝",   "不可以", "不适合", "违法",
                                      "can't",  "cannot", "unable" };
    struct str head = str_sub(str_trim(text), 0, 240);
    bool sorry = false;

    for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]) && !sorry; i++)
        sorry = str_starts(head, str_z(begins[i]));
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]) && sorry; i++)
        if (str_has(head, str_z(no[i])))
            return true;
    return false;
}
