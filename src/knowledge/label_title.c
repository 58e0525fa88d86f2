#include "knowledge/label_int.h"

#include "base/utf8.h"

enum { TITLE_CHARS = 120 };

/* How the titles of normative documents end (《党政机关公文处理工作条例》 and practice). */
static const char *const endings[] = { "办法", "细则", "规定", "条例", "通知", "意见", "方案",
                                       "决定", "公告", "通告", "规则", "规程", "措施", "批复",
                                       "决议", "命令", "函",   "纪要", "制度", NULL };

static struct str without_tail(struct str t)
{
    static const char *const tails[] = { "（试行）", "(试行)",         "（暂行）",
                                         "(暂行)",   "（修订）",       "（修订版）",
                                         "（修正）", "（征求意见稿）", NULL };

    for (int i = 0; tails[i]; i++)
        if (str_ends(t, str_z(tails[i])))
            return str_sub(t, 0, t.n - str_z(tails[i]).n);
    return t;
}

static bool ends_normative(struct str t)
{
    t = without_tail(t);
    for (int i = 0; endings[i]; i++)
        if (str_ends(t, str_z(endings[i])))
            return true;
    return false;
}

/* "X关于印发Y的通知" gives Y; "" if it is no such title. */
static struct str carried(struct str t)
{
    static const char *const verbs[] = { "关于印发",     "关于发布",
                                         "关于公布",     "关于重新印发",
                                         "关于重新发布", "关于修订印发",
                                         "关于公布实施", NULL };
    struct str y;
    size_t end = t.n;

    if (str_ends(t, STR("的通知")) || str_ends(t, STR("的公告")) || str_ends(t, STR("的通告")) ||
        str_ends(t, STR("的决定")))
        end -= 9;
    else
        return STR("");
    for (int i = 0; verbs[i]; i++) {
        size_t at = str_find(t, str_z(verbs[i]));

        if (at == SIZE_MAX)
            continue;
        at += str_z(verbs[i]).n;
        if (at >= end)
            continue;
        y = str_trim(str_sub(t, at, end - at));
        if (str_starts(y, STR("《")) && str_ends(y, STR("》")))
            y = str_sub(y, 3, y.n - 6);
        return y.n >= 12 ? y : STR("");
    }
    return STR("");
}

static struct str without_wrap(struct str t)
{
    t = str_trim(t);
    if (str_starts(t, STR("（转载）")))
        t = str_trim(str_from(t, 12));
    if (str_starts(t, STR("《")) && str_ends(t, STR("》")) && !str_has(str_from(t, 3), STR("《")))
        t = str_sub(t, 3, t.n - 6);
    return t;
}

struct str label_title_key(struct arena *a, struct str title)
{
    struct str t = label_squeeze(a, without_wrap(title)), y = carried(t);

    return without_tail(y.n ? y : t);
}

/* The site's name after a dash: "… - 广州市人民政府门户网站". */
static struct str without_site(struct str t)
{
    size_t dash = str_find(t, STR(" - "));

    return dash != SIZE_MAX && dash > 12 ? str_trim(str_sub(t, 0, dash)) : t;
}

static struct str first_title(const struct reading_label *r)
{
    for (size_t i = 0; i < r->p->part_n && i < 12; i++)
        if (r->p->parts[i].kind == CLEAN_TITLE)
            return clean_part_text(r->p, i);
    return STR("");
}

static bool may_be_title_line(const struct reading_label *r, size_t i)
{
    enum clean_kind k = r->p->parts[i].kind;
    struct str s = clean_part_text(r->p, i);

    return (k == CLEAN_FRONT || k == CLEAN_PARAGRAPH || k == CLEAN_HEADING || k == CLEAN_TITLE) &&
           utf8_count(s) <= TITLE_CHARS && !str_has(s, STR("。")) && !str_has(s, STR("：")) &&
           !str_ends(s, STR("号")) && !str_ends(s, STR("文件"));
}

/* In a file without headings: the first lines that together end as a title does. */
static struct str lines_title(const struct reading_label *r)
{
    for (size_t i = 0; i < r->p->part_n && i < 8; i++) {
        struct buf b = BUF_INIT(1000);

        for (size_t k = i; k < i + 3 && k < r->p->part_n && may_be_title_line(r, k); k++) {
            buf_add(&b, clean_part_text(r->p, k));
            if (b.n >= 12 && ends_normative(buf_str(&b)))
                return arena_buf(r->a, &b);
        }
        buf_release(&b);
    }
    return STR("");
}

static struct str name_title(struct arena *a, struct str file_name)
{
    size_t dot = file_name.n;

    for (size_t i = file_name.n; i > 0; i--) {
        if (file_name.p[i - 1] == '/')
            return name_title(a, str_from(file_name, i));
        if (file_name.p[i - 1] == '.' && dot == file_name.n)
            dot = i - 1;
    }
    return arena_str(a, str_sub(file_name, 0, dot));
}

static bool has_articles(const struct policy_text *p)
{
    size_t n = 0;

    for (size_t i = 0; i < p->part_n; i++)
        n += p->parts[i].kind == CLEAN_ARTICLE;
    return n >= 2;
}

/* Is what the notice carries really in this file, under its own title? */
static bool is_attached(const struct reading_label *r, struct str y)
{
    struct str want = label_squeeze(r->a, y);

    for (size_t i = 1; i < r->p->part_n; i++) {
        struct str s = clean_part_text(r->p, i);

        if (s.n >= want.n && s.n < want.n + 60 && str_ends(label_squeeze(r->a, s), want))
            return true;
    }
    return false;
}

void label_title_read(struct reading_label *r, struct str file_name)
{
    struct str y;

    if (str_eqz(r->p->kind, "html"))
        label_take(r, LABEL_TITLE, without_site(r->p->title), 0.95, "网页信息");
    label_take(r, LABEL_TITLE, first_title(r), 0.9, "文件头");
    label_take(r, LABEL_TITLE, without_site(r->p->title), 0.85, "网页信息");
    label_take(r, LABEL_TITLE, lines_title(r), 0.8, "首行");
    label_take(r, LABEL_TITLE, name_title(r->a, file_name), 0.3, "文件名");
    r->out->title = without_wrap(r->out->title);
    r->articles = has_articles(r->p);
    r->normative = r->articles || ends_normative(r->out->title);
    y = carried(r->out->title);
    if (y.n && (r->articles || is_attached(r, y))) {
        label_say(r, LABEL_TITLE, false, "随《%.*s》印发", STR_FMT(r->out->title));
        r->out->title = y;
    }
    if (utf8_count(r->out->title) > TITLE_CHARS)
        r->out->title = utf8_head(r->out->title, TITLE_CHARS);
    if (r->out->sure[LABEL_TITLE] < 0.5)
        label_say(r, LABEL_TITLE, true, "没有读出标题，暂用文件名，请改正");
}
