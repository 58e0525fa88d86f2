#include "scenario/hotline/report.h"

#include "base/date.h"

#include <string.h>

enum { GROWING_DAYS = 3 };
static const int64_t day_ms = 24 * 3600 * 1000LL;

struct writer {
    struct arena *mem;
    struct report *r;
    struct report_sentence *now;
    struct buf b;
};

static void begin(struct writer *w, const char *part)
{
    struct report *r = w->r;

    r->sentence =
        arena_grow(w->mem, r->sentence, r->sentence_n, &r->sentence_cap, sizeof(*r->sentence));
    w->now = &r->sentence[r->sentence_n++];
    *w->now = (struct report_sentence){ .part = part };
    w->b = (struct buf)BUF_INIT(8192);
}

static void end(struct writer *w)
{
    w->now->text = arena_buf(w->mem, &w->b);
}

static void use(struct writer *w, const char *key)
{
    for (size_t i = 0; i < w->now->used_n; i++)
        if (strcmp(w->now->used[i], key) == 0)
            return;
    if (w->now->used_n < REPORT_USED)
        w->now->used[w->now->used_n++] = key;
}

static double value(const struct writer *w, const char *key)
{
    const struct report_figure *f = report_figure_of(w->r, key);

    return f ? f->value : 0;
}

/* {key} is a figure of the span, {key-} of the one before; what stands between is said as it is. */
static void say(struct writer *w, const char *text)
{
    struct str rest = str_z(text);

    while (rest.n) {
        size_t open = str_find(rest, STR("{")), close = str_find(rest, STR("}"));
        const struct report_figure *f = NULL;
        struct str key;
        bool before;

        if (open == SIZE_MAX || close == SIZE_MAX) {
            buf_add(&w->b, rest);
            return;
        }
        buf_add(&w->b, str_sub(rest, 0, open));
        key = str_sub(rest, open + 1, close - open - 1);
        before = str_ends(key, STR("-"));
        for (size_t i = 0; i < w->r->figure_n && !f; i++)
            if (str_eqz(str_sub(key, 0, key.n - before), w->r->figure[i].key))
                f = &w->r->figure[i];
        if (f) {
            buf_add(&w->b, report_number(w->mem, f, before));
            use(w, f->key);
        }
        rest = str_from(rest, close + 1);
    }
}

static const char *span_word(const struct report *r)
{
    return r->span.kind == REPORT_DAY    ? "前一天"
           : r->span.kind == REPORT_WEEK ? "上一周"
                                         : "前30天";
}

static void summary(struct writer *w)
{
    char a[16], b[16];

    begin(w, "summary");
    if (w->r->span.kind == REPORT_DAY)
        buf_addf(&w->b, "%s，", day_text(w->r->span.last, b).p);
    else
        buf_addf(&w->b, "%s 至 %s，", day_text(w->r->span.first, a).p,
                 day_text(w->r->span.last, b).p);
    say(w, "热线受理诉求 {received} 件，反映人数 {people} 人；");
    buf_addz(&w->b, span_word(w->r));
    say(w, "受理 {received-} 件。");
    end(w);
    begin(w, "summary");
    say(w, "其中咨询 {inquiry} 件、求助 {help} 件、投诉 {complaint} 件、举报 {tip} 件、建议 "
           "{suggestion} 件；紧急和特急 {urgent} 件。");
    end(w);
}

static void handling(struct writer *w)
{
    begin(w, "handling");
    say(w, "答复 {answered} 件，办结 {closed} 件，退单 {returned} 次，并单 {merged} 件。");
    end(w);
    if (value(w, "answered") > 0) {
        begin(w, "handling");
        say(w, "按时答复 {on_time} 件，按时率 {on_time_rate}%，平均答复用时 {hours} 小时。");
        end(w);
    }
    if (value(w, "rated") > 0) {
        begin(w, "handling");
        say(w, "已回访评价 {rated} 件，满意率 {satisfied_rate}%。");
        end(w);
    }
    begin(w, "handling");
    say(w, "期末未答复 {waiting} 件，其中超期 {late} 件。");
    end(w);
}

static const struct report_table *table_of(const struct report *r, const char *key)
{
    for (size_t i = 0; i < r->table_n; i++)
        if (strcmp(r->table[i].key, key) == 0)
            return &r->table[i];
    return NULL;
}

/* The row that grew or fell most, if by so much that chance does not explain it: three times the
 * root of what was there. */
static const struct report_row *most_changed(const struct report_table *t, int sign)
{
    const struct report_row *best = NULL;
    int64_t most = 0;

    for (size_t i = 0; t && i < t->n; i++) {
        int64_t d = (t->row[i].count - t->row[i].before) * sign,
                base = t->row[i].count + t->row[i].before;

        if (d > most && d * d > 9 * base && d >= 5) {
            most = d;
            best = &t->row[i];
        }
    }
    return best;
}

static void change_of(struct writer *w, const char *key, const char *what, int sign)
{
    const struct report_row *x = most_changed(table_of(w->r, key), sign);

    if (!x)
        return;
    begin(w, "change");
    buf_addf(&w->b, "%s“%.*s”%s：%lld 件，%s %lld 件。", what, STR_FMT(x->name),
             sign > 0 ? "明显增多" : "明显减少", (long long)x->count, span_word(w->r),
             (long long)x->before);
    use(w, arena_printf(w->mem, "%s:%.*s", key, STR_FMT(x->id)).p);
    end(w);
}

static void changes(struct writer *w)
{
    static const struct {
        const char *key, *what;
    } row[] = { { "class", "诉求分类" },
                { "department", "承办单位" },
                { "district", "区县" },
                { "street", "街道乡镇" } };
    size_t was = w->r->sentence_n;

    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
        change_of(w, row[i].key, row[i].what, 1);
    change_of(w, "class", "诉求分类", -1);
    if (w->r->sentence_n != was)
        return;
    begin(w, "change");
    buf_addf(&w->b, "各类诉求与%s相比没有明显变化。", span_word(w->r));
    end(w);
}

static void issues(struct writer *w)
{
    for (size_t i = 0; i < w->r->issue_n && i < 5; i++) {
        const struct hot_issue *x = &w->r->issue[i];

        begin(w, "hot");
        buf_addf(&w->b, "热点 %zu：%.*s。%.*s", i + 1, STR_FMT(x->name), STR_FMT(x->why));
        use(w, arena_printf(w->mem, "issue:%zu", i + 1).p);
        end(w);
    }
    if (w->r->issue_n)
        return;
    begin(w, "hot");
    buf_addz(&w->b, "没有形成热点：没有三人以上反映的同一件事。");
    end(w);
}

static size_t members_within(const struct hot_issue *x, int64_t from, int64_t to)
{
    size_t n = 0;

    for (size_t i = 0; i < x->n; i++)
        n += x->member[i]->at >= from && x->member[i]->at < to;
    return n;
}

/* Each rests on a figure or an issue that it names. */
static void advice(struct writer *w)
{
    size_t was = w->r->sentence_n;

    for (size_t i = 0; i < w->r->issue_n && i < 3; i++) {
        const struct hot_issue *x = &w->r->issue[i];
        size_t now, past;

        now = members_within(x, w->r->span.to - GROWING_DAYS * day_ms, w->r->span.to);
        past = members_within(x, w->r->span.to - 2 * GROWING_DAYS * day_ms,
                              w->r->span.to - GROWING_DAYS * day_ms);
        if (now < 5 || now <= past)
            continue;
        begin(w, "advice");
        buf_addf(&w->b,
                 "“%.*s”还在增多（近 %d 天 %zu 件，再往前 %d 天 %zu "
                 "件），建议承办单位现场核查并统一答复。",
                 STR_FMT(x->name), GROWING_DAYS, now, GROWING_DAYS, past);
        use(w, arena_printf(w->mem, "issue:%zu", i + 1).p);
        end(w);
    }
    if (value(w, "late") > 0) {
        begin(w, "advice");
        say(w, "超期未答复 {late} 件，建议逐件督办。");
        end(w);
    }
    if (value(w, "answered") > 9 && value(w, "on_time_rate") < 90) {
        begin(w, "advice");
        say(w, "按时率 {on_time_rate}%，低于 90%，建议核对各单位的签收和办理时间。");
        end(w);
    }
    if (value(w, "rated") > 9 && value(w, "satisfied_rate") < 85) {
        begin(w, "advice");
        say(w, "满意率 {satisfied_rate}%，低于 85%，建议抽查不满意件的答复内容。");
        end(w);
    }
    if (w->r->sentence_n != was)
        return;
    begin(w, "advice");
    buf_addz(&w->b, "各项指标平稳，暂无需要专门处置的事项。");
    end(w);
}

void report_write(struct arena *a, struct report *r)
{
    struct writer w = { .mem = a, .r = r };

    summary(&w);
    changes(&w);
    handling(&w);
    issues(&w);
    advice(&w);
}
