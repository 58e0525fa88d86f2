#include "scenario/policy/evidence.h"

#include "base/utf8.h"
#include "review/facts.h"
#include "review/support.h"

/* How many of the question's character pairs stand in s. */
static size_t nearness(struct str s, struct str question)
{
    size_t at = 0, n = 0;

    while (at < question.n) {
        size_t from = at, next;

        utf8_next(question, &at);
        if (at >= question.n)
            break;
        next = at;
        utf8_next(question, &next);
        n += str_has(s, str_sub(question, from, next - from));
    }
    return n;
}

/* 82 岁 falls into 80周岁至89周岁, 100周岁以上; 3000 into 2000元以上5000元以下. */
static bool range_holds(struct arena *a, struct str segment, double v)
{
    struct fact_list l = facts_of(a, segment);

    for (size_t i = 0; i < l.n; i++) {
        const struct fact *f = &l.v[i];
        struct str after = str_from(segment, (size_t)(f->text.p - segment.p) + f->text.n);

        if (f->kind != FACT_NUMBER)
            continue;
        if (i + 1 < l.n && l.v[i + 1].kind == FACT_NUMBER && f->value <= v &&
            v <= l.v[i + 1].value &&
            (str_starts(after, STR("至")) || str_starts(after, STR("—")) ||
             str_starts(after, STR("到")) || str_starts(after, STR("以上")) ||
             str_starts(after, STR("-"))))
            return true;
        if ((i + 1 >= l.n || l.v[i + 1].value < f->value) && f->value <= v &&
            str_starts(after, STR("以上")))
            return true;
    }
    return false;
}

static size_t segment_score(struct arena *a, const struct segment *g, struct str question,
                            const struct fact_list *asked)
{
    size_t score = nearness(g->text, question) * 2;

    for (size_t i = 0; i < asked->n; i++)
        if (asked->v[i].kind == FACT_NUMBER && asked->v[i].value > 1 &&
            range_holds(a, g->text, asked->v[i].value))
            score += 6;
    return score;
}

/* The segments worth their place, in order, within budget characters; the first one always when it
 * leads in. */
static struct str condensed(struct arena *a, struct str text, struct str question, size_t budget)
{
    struct fact_list asked = facts_of(a, question);
    struct segment *g;
    size_t n = segments_of(a, text, &g), used = 0;
    bool *take = ARENA_ARRAY(a, bool, n + 1);
    struct buf b = BUF_INIT(64 * 1024);

    if (n == 0 || utf8_count(text) <= budget)
        return text;
    if (n > 1 && g[1].item) {
        take[0] = true;
        used = utf8_count(g[0].text);
    }
    for (;;) {
        size_t best = n, most = 0;

        for (size_t i = 0; i < n; i++) {
            size_t s = take[i] ? 0 : segment_score(a, &g[i], question, &asked) + 1;

            if (s > most && used + utf8_count(g[i].text) <= budget) {
                most = s;
                best = i;
            }
        }
        if (best == n)
            break;
        take[best] = true;
        used += utf8_count(g[best].text);
    }
    for (size_t i = 0; i < n; i++) {
        if (!take[i])
            continue;
        buf_add(&b, g[i].text);
        buf_add(&b, i + 1 < n && g[i + 1].item ? STR("；") : STR("。"));
    }
    return arena_buf(a, &b);
}

/* One line per passage: line breaks inside a clause would look like the end of it. */
static void add_line(struct buf *b, size_t i, const struct passage *p, struct str text)
{
    buf_addf(b, "[%zu]《%.*s》：", i + 1, STR_FMT(p->title));
    for (size_t k = 0; k < text.n; k++)
        if (text.p[k] != '\n')
            buf_addc(b, text.p[k]);
    buf_addc(b, '\n');
}

/* ---- what kind of answer is wanted ---- */

enum { WANT_MONEY = 1, WANT_TIME = 2 };

static bool has_any(struct str s, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_has(s, str_z(words[i])))
            return true;
    return false;
}

static unsigned wanted(struct str q)
{
    static const char *const money[] = { "多少钱", "几多",   "好多",   "多少", "几钱", "几钿",
                                         "给钱",   "补多少", "百分之", "几成", "额度", "收不收",
                                         "费用",   "要钱",   "贴多少", "掏" };
    static const char *const time[] = { "多久",     "几天",   "多长时间", "几时",  "啥时候",
                                        "什么时候", "几个月", "几年",     "期限",  "多少天",
                                        "多少个月", "好久",   "等几",     "多少年" };

    return (has_any(q, money, sizeof(money) / sizeof(money[0])) ? WANT_MONEY : 0U) |
           (has_any(q, time, sizeof(time) / sizeof(time[0])) ? WANT_TIME : 0U);
}

static unsigned offered(const struct fact_list *l)
{
    static const char *const money[] = { "元", "万元", "亿元", "%", "％", "倍" };
    static const char *const time[] = {
        "日", "天", "个月", "年", "小时", "个工作日", "工作日", "月"
    };
    unsigned out = 0;

    for (size_t i = 0; i < l->n; i++) {
        if (l->v[i].kind != FACT_NUMBER)
            continue;
        for (size_t k = 0; k < sizeof(money) / sizeof(money[0]); k++)
            out |= str_eqz(l->v[i].unit, money[k]) ? WANT_MONEY : 0U;
        for (size_t k = 0; k < sizeof(time) / sizeof(time[0]); k++)
            out |= str_eqz(l->v[i].unit, time[k]) ? WANT_TIME : 0U;
    }
    return out;
}

/* 几分, 几份, 几年: the very unit that is asked for. */
static bool offers_asked_unit(const struct fact_list *l, struct str question)
{
    size_t at = str_find(question, STR("几"));
    struct str unit = at == SIZE_MAX ? STR("") : utf8_head(str_from(question, at + 3), 1);

    for (size_t i = 0; i < l->n && unit.n; i++)
        if (l->v[i].kind == FACT_NUMBER && str_starts(l->v[i].unit, unit))
            return true;
    return false;
}

static bool holds_own_number(struct arena *a, struct str text, const struct fact_list *asked)
{
    struct segment *g;
    size_t n = segments_of(a, text, &g);

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < asked->n; k++)
            if (asked->v[k].kind == FACT_NUMBER && asked->v[k].value > 1 &&
                range_holds(a, g[i].text, asked->v[k].value))
                return true;
    return false;
}

/* Worth of an answer of the right kind, on the scale of the search's scores (about 100 for a good
 * hit). */
static const double RIGHT_KIND = 9, OWN_NUMBER = 12;

void evidence_order(struct arena *a, struct passage_list *l, struct str question, size_t keep)
{
    struct fact_list asked = facts_of(a, question);
    unsigned want = wanted(question);

    for (size_t i = 0; i < l->n; i++) {
        struct passage *p = &l->items[i];
        struct fact_list facts = facts_of(a, p->text);

        if (want & offered(&facts) || offers_asked_unit(&facts, question))
            p->score += RIGHT_KIND;
        if (holds_own_number(a, p->text, &asked))
            p->score += OWN_NUMBER;
    }
    for (size_t i = 1; i < l->n; i++) /* few and nearly in order */
        for (size_t k = i; k > 0 && l->items[k].score > l->items[k - 1].score; k--) {
            struct passage swap = l->items[k];

            l->items[k] = l->items[k - 1];
            l->items[k - 1] = swap;
        }
    l->n = l->n < keep ? l->n : keep;
}

struct str evidence_prompt(struct arena *a, const struct passage_list *l, struct str question,
                           size_t budget)
{
    struct buf b = BUF_INIT(256 * 1024);
    size_t left = budget;

    for (size_t i = 0; i < l->n && left >= 40; i++) {
        size_t share = i == 0 && l->n > 1 ? left * 2 / 3 : left;
        struct str text = condensed(a, l->items[i].text, question, share);
        size_t used = utf8_count(text);

        if (used > left)
            break;
        add_line(&b, i, &l->items[i], text);
        left -= used;
    }
    return str_trim(arena_buf(a, &b));
}

/* The text after "第五条 ": its number stands beside it as the citation. */
static struct str without_number(struct str text)
{
    size_t at = str_starts(text, STR("第")) ? str_find(text, STR("条")) : SIZE_MAX;

    if (at == SIZE_MAX || at > 24)
        return text;
    return str_trim(str_from(text, at + 3));
}

/* A lead-in alone says nothing: its items follow, as many as stay readable; `from` is the lead's
 * index. */
static struct str lead_and_items(struct arena *a, const struct segment *g, size_t n, size_t from)
{
    struct buf b = BUF_INIT(8192);

    buf_add(&b, without_number(g[from].text));
    for (size_t i = from + 1;
         i < n && g[i].item && utf8_count(buf_str(&b)) + utf8_count(g[i].text) < 160; i++) {
        buf_add(&b, g[i].text);
        buf_add(&b, i + 1 < n && g[i + 1].item ? STR("；") : STR("。"));
    }
    return arena_buf(a, &b);
}

static size_t best_segment(struct arena *a, const struct segment *g, size_t n, struct str question)
{
    struct fact_list asked = facts_of(a, question);
    size_t best = 0, most = 0;

    for (size_t i = 0; i < n; i++) {
        size_t s = segment_score(a, &g[i], question, &asked) + 1;

        if (s > most) {
            most = s;
            best = i;
        }
    }
    return best;
}

struct str evidence_quote(struct arena *a, const struct passage *p, struct str question)
{
    struct segment *g;
    size_t n = segments_of(a, p->text, &g), best, lead;

    if (n == 0)
        return STR("");
    best = best_segment(a, g, n, question);
    if (!g[best].item && best + 1 < n && g[best + 1].item && str_ends(g[best].text, STR("：")))
        return lead_and_items(a, g, n, best);
    if (!g[best].item || best == 0)
        return without_number(g[best].text);
    for (lead = best; lead > 0 && g[lead].item; lead--)
        ;
    return arena_printf(a, "%.*s%.*s", STR_FMT(without_number(g[lead].text)),
                        STR_FMT(g[best].text));
}
