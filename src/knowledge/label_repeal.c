#include "knowledge/label_int.h"

#include "base/utf8.h"

enum { REPEALS_MAX = 500 };

/* One of the words, outside every 《》: "根据《关于废止…的决定》修订" repeals nothing. */
static bool says(struct str s, const char *const *words)
{
    while (s.p) {
        struct str outside = str_cut(&s, STR("《"));

        for (int i = 0; words[i]; i++)
            if (str_has(outside, str_z(words[i])))
                return true;
        if (s.p)
            str_cut(&s, STR("》"));
    }
    return false;
}

static const char *const outright[] = { "同时废止", "予以废止", "即行废止", "自行废止",
                                        "废止",     "同时失效", "即行失效", NULL };
static const char *const stopped[] = { "不再执行", "停止执行", "停止实施", NULL };

static void add(struct reading_label *r, struct str title, struct str number)
{
    struct label *l = r->out;
    struct repeal *more;

    for (size_t i = 0; i < l->repeal_n; i++)
        if (str_eq(l->repeals[i].title, title) && str_eq(l->repeals[i].document_number, number))
            return;
    if (l->repeal_n == REPEALS_MAX)
        return;
    more = ARENA_ARRAY(r->a, struct repeal, l->repeal_n + 1);
    for (size_t i = 0; i < l->repeal_n; i++)
        more[i] = l->repeals[i];
    more[l->repeal_n] = (struct repeal){ title, number };
    l->repeals = more;
    l->repeal_n++;
}

/* The number in the brackets right after a title: （明民规〔2019〕2号）. */
static struct str number_after(struct arena *a, struct str s)
{
    bool wide = str_starts(s, STR("（"));
    size_t open = wide ? 3 : 1, end;
    struct str inner;

    if (!wide && !str_starts(s, STR("(")))
        return STR("");
    end = str_find(s, wide ? STR("）") : STR(")"));
    if (end == SIZE_MAX || end > 150)
        return STR("");
    inner = label_number_tidy(a, str_sub(s, open, end - open));
    end = str_find(inner, STR("号"));
    return end != SIZE_MAX && str_has(inner, STR("〔")) ? str_sub(inner, 0, end + 3)
           : str_ends(inner, STR("号"))                 ? inner
                                                        : STR("");
}

/* Named as the ground for something, not as what goes. */
static bool is_ground(struct str before)
{
    static const char *const grounds[] = { "根据", "依据", "按照", "依照", "遵照", NULL };

    for (int i = 0; grounds[i]; i++)
        if (str_ends(str_trim(before), str_z(grounds[i])))
            return true;
    return false;
}

/* "《…》第三条同时废止" takes out a part of it, not the whole. */
static bool is_partial(struct str after)
{
    size_t end = str_find(after, STR("废止"));
    struct str between = end == SIZE_MAX ? STR("") : str_sub(after, 0, end);

    if (str_has(between, STR("《")))
        return false;
    return str_has(between, STR("条")) && str_has(between, STR("第"));
}

static void titles_read(struct reading_label *r, struct str s, bool sure)
{
    size_t open, from = 0;

    while ((open = str_find_from(s, STR("《"), from)) != SIZE_MAX) {
        size_t close = open, depth = 0;
        struct str title, after;

        do { /* 《关于印发〈…〉的通知》 nests with 《》 too in careless texts */
            struct str at = str_from(s, close);

            depth += str_starts(at, STR("《"));
            depth -= str_starts(at, STR("》"));
            close += 3;
        } while (close < s.n && depth > 0 && close - open < 600);
        if (depth > 0)
            return;
        title = str_sub(s, open + 3, close - open - 6);
        after = str_from(s, close);
        from = close;
        if (is_ground(str_sub(s, 0, open)))
            continue;
        if (is_partial(after)) {
            label_say(r, LABEL_REPEALS, true, "《%.*s》只废止了一部分，请人工处理", STR_FMT(title));
            continue;
        }
        add(r, label_squeeze(r->a, title), number_after(r->a, str_trim(after)));
        if (!sure)
            label_say(r, LABEL_REPEALS, true, "《%.*s》被写明停止执行，请确认是否整件废止",
                      STR_FMT(title));
    }
}

static void sentence_read(struct reading_label *r, struct str s, struct str clause)
{
    size_t before = r->out->repeal_n;
    bool sure = says(s, outright);

    if (!sure && !says(s, stopped))
        return;
    titles_read(r, s, sure);
    if (r->out->repeal_n > before) {
        r->out->clue[LABEL_REPEALS] = clause.n ? clause : STR("正文");
        r->out->sure[LABEL_REPEALS] = sure ? 0.95 : 0.6;
    }
}

/* A decision to repeal names what goes in a list, one title a line. */
static bool is_repeal_list(const struct label *l)
{
    return str_has(l->title, STR("关于废止")) || str_has(l->title, STR("宣布失效"));
}

void label_repeals_read(struct reading_label *r)
{
    bool list = is_repeal_list(r->out);

    for (size_t i = 0; i < r->p->part_n; i++) {
        enum clean_kind k = r->p->parts[i].kind;
        struct str text = clean_part_text(r->p, i);

        if (k == CLEAN_TITLE || (k == CLEAN_ROW && !list))
            continue;
        if (list && k != CLEAN_FRONT)
            titles_read(r, text, true);
        while (!list && text.p) {
            struct str s = str_cut(&text, STR("。"));

            if (s.n < 4000)
                sentence_read(r, s, label_clause_at(r->p, i));
        }
    }
    if (list)
        label_say(r, LABEL_REPEALS, true, "这是废止文件的决定，列出了 %zu 件，请逐件核对",
                  r->out->repeal_n);
}
