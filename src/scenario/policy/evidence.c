#include "scenario/policy/evidence.h"

#include "base/utf8.h"
#include "review/facts.h"
#include "review/range.h"
#include "review/segment.h"

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

static size_t segment_score(const struct segment_list *c, size_t i, struct str question,
                            const struct fact_list *asked)
{
    size_t score = nearness(c->v[i].text, question) * 2;

    for (size_t k = 0; k < asked->n; k++)
        score += range_holds(c->v[i].text, &c->v[i].facts, &asked->v[k]) ? 6 : 0;
    return score;
}

static struct str taken_text(struct arena *a, const struct segment_list *c, const bool *take)
{
    struct buf b = BUF_INIT(64 * 1024);

    for (size_t i = 0; i < c->n; i++) {
        bool more = false;

        if (!take[i])
            continue;
        for (size_t k = i + 1; k < c->n && !more; k++)
            more = take[k] && c->v[k].item;
        buf_add(&b, c->v[i].text);
        if (!str_ends(c->v[i].text, STR("：")))
            buf_add(&b, more ? STR("；") : STR("。"));
    }
    return arena_buf(a, &b);
}

/* The segments worth their place, in order, within budget characters; the first one always when it
 * leads in. */
static struct str condensed(struct arena *a, struct str text, struct str question, size_t budget)
{
    struct fact_list asked = facts_of(a, question);
    struct segment_list c = segments_of(a, text);
    bool *take = ARENA_ARRAY(a, bool, c.n + 1);
    size_t used = 0;

    if (c.n == 0 || utf8_count(text) <= budget)
        return text;
    if (c.n > 1 && c.v[1].item) {
        take[0] = true;
        used = utf8_count(c.v[0].text);
    }
    for (size_t best = 0; best < c.n;) {
        size_t most = 0;

        best = c.n;
        for (size_t i = 0; i < c.n; i++) {
            size_t score = take[i] ? 0 : segment_score(&c, i, question, &asked) + 1;

            if (score > most && used + utf8_count(c.v[i].text) <= budget) {
                most = score;
                best = i;
            }
        }
        take[best] = true;
        used += best < c.n ? utf8_count(c.v[best].text) : 0;
    }
    return taken_text(a, &c, take);
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

static bool holds_own_number(const struct segment_list *c, const struct fact_list *asked)
{
    for (size_t i = 0; i < c->n; i++)
        if (range_holds_any(c->v[i].text, &c->v[i].facts, asked))
            return true;
    return false;
}

/* Why a document was made and who explains it: seldom what anybody asks. */
static bool is_frame(struct str text)
{
    static const char *const words[] = { "制定本办法", "制定本规定", "制定本细则", "制定本方案",
                                         "制定本规程", "制定本条例", "负责解释",   "负责具体解释" };

    return has_any(text, words, sizeof(words) / sizeof(words[0]));
}

/* Worth of an answer of the right kind, on the scale of the search's scores (about 100 for a good
 * hit). */
static const double RIGHT_KIND = 9, OWN_NUMBER = 12, FRAME = -15;

static double kind_bonus(struct arena *a, struct str text, struct str question, unsigned want,
                         const struct fact_list *asked)
{
    struct segment_list c = segments_of(a, text);
    double bonus = 0;
    bool right = false;

    for (size_t i = 0; i < c.n; i++)
        right |= (want & offered(&c.v[i].facts)) || offers_asked_unit(&c.v[i].facts, question);
    bonus += right ? RIGHT_KIND : 0;
    bonus += holds_own_number(&c, asked) ? OWN_NUMBER : 0;
    return bonus + (is_frame(text) ? FRAME : 0);
}

void evidence_order(struct arena *a, struct passage_list *l, struct str question, size_t keep)
{
    struct fact_list asked = facts_of(a, question);
    unsigned want = wanted(question);

    for (size_t i = 0; i < l->n; i++)
        l->items[i].score += kind_bonus(a, l->items[i].text, question, want, &asked);
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

/* ---- a table row in words ---- */

static size_t cells_of(struct str row, struct str *cells, size_t room)
{
    size_t n = 0;

    while (row.n && n < room)
        cells[n++] = str_trim(str_cut(&row, STR("|")));
    return n;
}

/* The row's column names are the last part of its heading: 辅助器具 | 最高补贴额 | 使用年限. */
static struct str row_in_words(struct arena *a, const struct passage *p)
{
    enum { COLUMNS = 16 };
    struct str rest = p->heading, last = rest, names[COLUMNS], cells[COLUMNS];
    struct buf b = BUF_INIT(64 * 1024);
    size_t n, m;

    while (rest.p && rest.n)
        last = str_cut(&rest, STR(" / "));
    n = cells_of(last, names, COLUMNS);
    m = cells_of(p->text, cells, COLUMNS);
    if (n < 2 || n != m)
        return p->text;
    for (size_t i = 0; i < n; i++) {
        if (cells[i].n == 0)
            continue;
        if (b.n)
            buf_add(&b, STR("，"));
        buf_addf(&b, "%.*s：%.*s", STR_FMT(names[i]), STR_FMT(cells[i]));
    }
    return arena_buf(a, &b);
}

struct passage_list evidence_spoken(struct arena *a, const struct passage_list *l)
{
    struct passage_list out = { ARENA_ARRAY(a, struct passage, l->n + 1), l->n };

    for (size_t i = 0; i < l->n; i++) {
        out.items[i] = l->items[i];
        if (str_has(l->items[i].text, STR(" | ")))
            out.items[i].text = row_in_words(a, &l->items[i]);
    }
    return out;
}

/* ---- a quote ---- */

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

static size_t best_segment(struct arena *a, const struct segment_list *c, struct str question)
{
    struct fact_list asked = facts_of(a, question);
    unsigned want = wanted(question);
    size_t best = 0, most = 0;

    for (size_t i = 0; i < c->n; i++) {
        size_t s = segment_score(c, i, question, &asked) + 1;

        if (want & offered(&c->v[i].facts) || offers_asked_unit(&c->v[i].facts, question))
            s += 3;
        if (s > most) {
            most = s;
            best = i;
        }
    }
    return best;
}

struct str evidence_quote(struct arena *a, const struct passage *p, struct str question)
{
    struct segment_list c = segments_of(a, p->text);
    const struct segment *g = c.v;
    size_t best, lead;

    if (c.n == 0)
        return STR("");
    best = best_segment(a, &c, question);
    if (!g[best].item && best + 1 < c.n && g[best + 1].item && str_ends(g[best].text, STR("：")))
        return lead_and_items(a, g, c.n, best);
    if (!g[best].item || best == 0)
        return without_number(g[best].text);
    for (lead = best; lead > 0 && g[lead].item; lead--)
        ;
    return arena_printf(a, "%.*s%.*s", STR_FMT(without_number(g[lead].text)),
                        STR_FMT(g[best].text));
}
