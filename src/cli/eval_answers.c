#include "cli/eval_answers.h"

#include "base/date.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/yaml.h"
#include "cli/eval_copy.h"
#include "cli/rooms.h"
#include "knowledge/clause.h"
#include "scenario/policy/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum kind { KIND_ANSWER, KIND_DATED, KIND_NONE, KIND_COUNT };
static const char *const kind_names[] = { "answer", "dated", "none" };

struct eval {
    struct cli *c;
    struct rooms_opened o;
    const char *only;
    int32_t day; /* for questions without as_of */
    bool no_model, quiet;
    int asked[KIND_COUNT], right[KIND_COUNT], said[KIND_COUNT];
    int found; /* answerable ones whose clause is among the evidence, shown or not */
    int bad_numbers, sentences, withheld, quoted, failed;
    double *clause_ms, *word_ms, *whole_ms;
    size_t clause_n, word_n, whole_n;
};

/* ---- what is right ---- */

static bool is_gold(const struct yaml *gold, const struct passage *p)
{
    for (size_t i = 0; i < yaml_len(gold); i++)
        if (str_eq(yaml_str(gold->items[i], "document"), p->document_number) &&
            clause_within(p->clause, yaml_str(gold->items[i], "clause")))
            return true;
    return false;
}

static bool cites_gold(const struct answer *a, const struct yaml *gold)
{
    for (size_t i = 0; i < a->sentence_n; i++)
        for (int k = 0; k < 2; k++) {
            int at = a->sentences[i].support.citations[k];

            if (a->sentences[i].shown && at >= 0 && is_gold(gold, &a->evidence.items[at]))
                return true;
        }
    return false;
}

static bool found_gold(const struct answer *a, const struct yaml *gold)
{
    for (size_t i = 0; i < a->evidence.n; i++)
        if (is_gold(gold, &a->evidence.items[i]))
            return true;
    return false;
}

static bool says_all(const struct answer *a, const struct yaml *must)
{
    for (size_t i = 0; i < yaml_len(must); i++) {
        bool said = false;

        for (size_t k = 0; k < a->sentence_n; k++)
            said |= a->sentences[k].shown && str_has(a->sentences[k].text, must->items[i]->text);
        if (!said)
            return false;
    }
    return true;
}

/* Independent of the review room on purpose: every run of digits that was shown must stand, digit
 * for digit and not as part of a longer number, in a clause the sentence cites. */
static bool digits_stand(struct str run, struct str text)
{
    size_t at = 0;

    while ((at = str_find_from(text, run, at)) != SIZE_MAX) {
        bool before = at > 0 && text.p[at - 1] >= '0' && text.p[at - 1] <= '9';
        bool after = at + run.n < text.n && text.p[at + run.n] >= '0' && text.p[at + run.n] <= '9';

        if (!before && !after)
            return true;
        at++;
    }
    return false;
}

static bool in_cited(const struct answer *a, const struct answer_sentence *s, struct str run)
{
    for (int k = 0; k < 2; k++) {
        const struct passage *p;

        if (s->support.citations[k] < 0)
            continue;
        p = &a->evidence.items[s->support.citations[k]];
        if (digits_stand(run, p->text) || digits_stand(run, p->document_number) ||
            digits_stand(run, p->title))
            return true;
    }
    return false;
}

static int unsupported_numbers(const struct answer *a)
{
    int n = 0;

    if (a->standard)
        return 0; /* approved by a person, not written by a model */
    for (size_t i = 0; i < a->sentence_n; i++) {
        struct str s = a->sentences[i].text;

        for (size_t at = 0; a->sentences[i].shown && at < s.n;) {
            size_t end = at;

            while (end < s.n && s.p[end] >= '0' && s.p[end] <= '9')
                end++;
            if (end > at)
                n += !in_cited(a, &a->sentences[i], str_sub(s, at, end - at));
            at = end > at ? end : at + 1;
        }
    }
    return n;
}

/* ---- running ---- */

static void note_times(struct eval *v, const struct answer *a)
{
    if (a->first_clause_us)
        v->clause_ms[v->clause_n++] = (double)(a->first_clause_us - a->begun_us) / 1e3;
    if (a->first_word_us)
        v->word_ms[v->word_n++] = (double)(a->first_word_us - a->begun_us) / 1e3;
    v->whole_ms[v->whole_n++] = (double)(a->done_us - a->begun_us) / 1e3;
}

static void note(struct eval *v, enum kind kind, const struct yaml *q, const struct answer *a)
{
    const struct yaml *gold = yaml_get(q, "gold");
    bool refused = str_eqz(a->x.outcome, "not_found");
    bool right = kind == KIND_NONE ? refused : cites_gold(a, gold);
    bool said = kind == KIND_NONE ? refused : right && says_all(a, yaml_get(q, "must_say"));

    v->asked[kind]++;
    v->right[kind] += right;
    v->said[kind] += said;
    v->found += kind != KIND_NONE && found_gold(a, gold);
    v->failed += str_eqz(a->x.outcome, "failed");
    v->bad_numbers += unsupported_numbers(a);
    v->withheld += (int)a->x.withheld;
    for (size_t i = 0; i < a->sentence_n; i++) {
        v->sentences += a->sentences[i].shown;
        v->quoted += a->sentences[i].shown && a->sentences[i].quoted;
    }
    note_times(v, a);
    if (v->quiet)
        return;
    fprintf(stderr, "%s %-5.*s %-10.*s conf=%.2f %s%s %.*s\n", right ? "✓" : "✗",
            STR_FMT(yaml_str(q, "id")), STR_FMT(a->x.outcome), a->confidence,
            kind == KIND_NONE     ? ""
            : found_gold(a, gold) ? "found "
                                  : "MISSED ",
            said ? "" : "unsaid", STR_FMT(yaml_str(q, "ask")));
    for (size_t i = 0; i < a->evidence.n && !right && i < 3; i++)
        fprintf(stderr, "      [%zu] %.2f %.*s %.*s\n", i + 1, a->evidence.items[i].score,
                STR_FMT(a->evidence.items[i].title), STR_FMT(a->evidence.items[i].clause));
    for (size_t i = 0; i < a->sentence_n; i++)
        fprintf(stderr, "      %s %.*s (%s%s%.*s)\n", a->sentences[i].shown ? "→" : "×",
                STR_FMT(a->sentences[i].text), support_name(a->sentences[i].support.state),
                a->sentences[i].quoted ? ", quoted" : "", STR_FMT(a->sentences[i].support.missing));
}

static enum tb_code ask_one(struct eval *v, const struct yaml *q, struct tb_err *e)
{
    struct str kind_name = yaml_str(q, "kind"), day = yaml_str(q, "as_of");
    struct answer_ask ask = {
        .question = yaml_str(q, "ask"), .no_handoff = true, .inside = true, .no_model = v->no_model
    };
    struct answer *a;
    struct talk t;
    unsigned kind = 0;

    while (kind < KIND_COUNT && !str_eqz(kind_name, kind_names[kind]))
        kind++;
    if (kind == KIND_COUNT)
        return yaml_fail(q, "kind 应为 answer、dated 或 none", e);
    rooms_talk(&v->o, &t, "eval");
    t.actor.role = ROLE_CITIZEN;
    t.as_of = v->day;
    a = ARENA_NEW(&t.mem, struct answer);
    if (day.n && !day_parse(day, &t.as_of))
        yaml_fail(q, "as_of 不是日期", e);
    else if (!answer_question(&t, &ask, a, e))
        note(v, (enum kind)kind, q, a);
    arena_release(&t.mem);
    return e->code;
}

static enum tb_code ask_all(struct eval *v, const struct yaml *list, struct tb_err *e)
{
    if (yaml_len(list) == 0 || list->kind != YAML_LIST)
        return tb_fail(e, TB_INVALID, "问题文件里没有问题", "questions empty");
    v->clause_ms = ARENA_ARRAY(&v->c->mem, double, list->n);
    v->word_ms = ARENA_ARRAY(&v->c->mem, double, list->n);
    v->whole_ms = ARENA_ARRAY(&v->c->mem, double, list->n);
    for (size_t i = 0; i < list->n; i++) {
        if (v->only && !str_eqz(yaml_str(list->items[i], "id"), v->only))
            continue;
        if (!v->quiet)
            fprintf(stderr, "[%zu/%zu] ", i + 1, list->n);
        if (ask_one(v, list->items[i], e))
            return e->code;
    }
    return TB_OK;
}

/* ---- the last line ---- */

static int by_size(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;

    return (a > b) - (a < b);
}

static void percentiles(struct json *j, const char *name, double *v, size_t n)
{
    json_kobj(j, name);
    if (n) {
        qsort(v, n, sizeof(*v), by_size);
        json_kreal(j, "p50", v[n / 2]);
        json_kreal(j, "p95", v[n * 95 / 100]);
        json_kreal(j, "max", v[n - 1]);
    }
    json_end(j);
}

static void report(struct eval *v)
{
    struct buf b = BUF_INIT(16 * 1024);
    struct json j = JSON_INIT(&b);

    json_obj(&j);
    json_kint(&j, "answerable", v->asked[KIND_ANSWER] + v->asked[KIND_DATED]);
    json_kint(&j, "cited_right", v->right[KIND_ANSWER] + v->right[KIND_DATED]);
    json_kint(&j, "said_right", v->said[KIND_ANSWER] + v->said[KIND_DATED]);
    json_kint(&j, "clause_found", v->found);
    json_kint(&j, "unanswerable", v->asked[KIND_NONE]);
    json_kint(&j, "refused_right", v->right[KIND_NONE]);
    json_kint(&j, "dated", v->asked[KIND_DATED]);
    json_kint(&j, "dated_right", v->right[KIND_DATED]);
    json_kint(&j, "dated_said_right", v->said[KIND_DATED]);
    json_kint(&j, "unsupported_numbers", v->bad_numbers);
    json_kint(&j, "sentences", v->sentences);
    json_kint(&j, "quoted", v->quoted);
    json_kint(&j, "withheld", v->withheld);
    json_kint(&j, "failed", v->failed);
    percentiles(&j, "first_clause_ms", v->clause_ms, v->clause_n);
    percentiles(&j, "first_word_ms", v->word_ms, v->word_n);
    percentiles(&j, "whole_ms", v->whole_ms, v->whole_n);
    json_end(&j);
    printf("%s\n", b.p);
    buf_release(&b);
}

/* What the live server does in the background is done first, so that both are measured alike. */
static enum tb_code embed_all(struct eval *v, struct tb_err *e)
{
    struct search_state s;
    int64_t left = 1;

    search_state(v->o.at.search, &s);
    while (s.model_available && left > 0)
        if (search_embed_some(v->o.at.search, v->o.db, 64, &left, e))
            return e->code;
    return search_refresh(v->o.at.search, v->o.db, e);
}

enum tb_code eval_answers(struct cli *c, struct tb_err *e)
{
    struct eval v = { .c = c,
                      .only = cli_option(c, "--only"),
                      .quiet = cli_flag(c, "--quiet"),
                      .no_model = cli_flag(c, "--no-engine"),
                      .day = day_today(world_real()) };
    const char *file = cli_option(c, "--questions"), *engine = cli_option(c, "--engine");
    const char *day = cli_option(c, "--as-of");
    struct eval_copy copy = { .path = NULL };
    struct yaml *list;

    if (cli_no_more_options(c, e))
        return e->code;
    if (!file)
        return tb_fail(e, TB_INVALID, "请用 --questions 指明问题文件", "no --questions");
    if (day && !day_parse(str_z(day), &v.day))
        return tb_fail(e, TB_INVALID, "日期写法应为 2026-11-21 这样", "as_of=%s", day);
    if (yaml_load(&c->mem, file, &list, e) ||
        rooms_open(c, ROOMS_SEARCH | (v.no_model ? 0 : ROOMS_POOL), engine, &v.o, e))
        return e->code;
    if (!v.no_model)
        (void)!rooms_wait_engine(&v.o, 180, e);
    if (!e->code && !eval_copy_open(c, &v.o, &copy, e) && !embed_all(&v, e) &&
        !ask_all(&v, list, e))
        report(&v);
    rooms_shut(&v.o);
    eval_copy_drop(c, &copy);
    return e->code;
}
