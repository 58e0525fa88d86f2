#include "knowledge/label_int.h"

#include "base/utf8.h"

#include <string.h>

static void figure_add(struct buf *b, uint32_t cp)
{
    if (cp >= 0xff10 && cp <= 0xff19)
        buf_addc(b, (char)('0' + (cp - 0xff10)));
    else
        utf8_add(b, cp);
}

struct str label_number_tidy(struct arena *a, struct str s)
{
    struct buf b = BUF_INIT(600);
    size_t at = 0;

    while (at < s.n) {
        uint32_t cp = utf8_next(s, &at);

        if (cp <= ' ' || cp == 0x3000 || cp == 0xa0)
            continue;
        if (cp == '[' || cp == 0x3010 || cp == 0xff3b || cp == 0x2772)
            cp = 0x3014; /* 〔 */
        else if (cp == ']' || cp == 0x3011 || cp == 0xff3d || cp == 0x2773)
            cp = 0x3015;
        figure_add(&b, cp);
    }
    return arena_buf(a, &b);
}

static size_t digits_at(struct str s, size_t at)
{
    size_t n = 0;

    while (at + n < s.n && s.p[at + n] >= '0' && s.p[at + n] <= '9')
        n++;
    return n;
}

/* X〔2024〕13号 whole, X being the office's short name (穗府办规, 京人社…发). */
static bool is_number(struct str s)
{
    size_t open = str_find(s, STR("〔")), n;
    struct str rest;

    if (open == SIZE_MAX || open < 3 || open > 45 || digits_at(s, open + 3) != 4 ||
        !str_starts(str_from(s, open + 7), STR("〕")))
        return false;
    rest = str_from(s, open + 10);
    if (str_starts(rest, STR("第")))
        rest = str_from(rest, 3);
    n = digits_at(rest, 0);
    return n >= 1 && n <= 5 && str_eqz(str_from(rest, n), "号") &&
           !str_has(str_sub(s, 0, open), STR("，")) && !str_has(str_sub(s, 0, open), STR("（"));
}

/* "（… 2021年7月27日中华人民共和国国务院令第746号公布 …）" below the title of a regulation. */
static struct str decree_in_note(struct arena *a, struct str s)
{
    static const char *const stops[] = { "日", "，", " ", "（", "(", "据", "》", NULL };
    struct str head;
    size_t at = str_find(s, STR("令第")), end, begin = 0;

    if (s.n > 900 || at == SIZE_MAX || !str_has(s, STR("公布")))
        return STR("");
    end = str_find_from(s, STR("号"), at);
    if (end == SIZE_MAX || end - at > 40)
        return STR("");
    head = str_sub(s, 0, at);
    for (int i = 0; stops[i]; i++)
        for (size_t from = 0, k; (k = str_find_from(head, str_z(stops[i]), from)) != SIZE_MAX;) {
            from = k + str_z(stops[i]).n;
            begin = from > begin ? from : begin;
        }
    return label_number_tidy(a, str_sub(s, begin, end + 3 - begin));
}

/* 广州市人民政府令 + 第179号, in one line or in two. */
static struct str decree(const struct reading_label *r)
{
    for (size_t i = 0; i + 1 < r->p->part_n && i < 8; i++) {
        struct str s = label_squeeze(r->a, clean_part_text(r->p, i));
        struct str next = label_squeeze(r->a, clean_part_text(r->p, i + 1));

        if (str_ends(s, STR("令")) && s.n <= 90 && str_starts(next, STR("第")) &&
            str_ends(next, STR("号")) && next.n <= 30)
            return arena_printf(r->a, "%.*s%.*s", STR_FMT(s), STR_FMT(next));
        if (str_has(s, STR("令第")) && str_ends(s, STR("号")) && s.n <= 90)
            return s;
        s = decree_in_note(r->a, clean_part_text(r->p, i));
        if (s.n)
            return s;
    }
    return STR("");
}

struct str label_decree_body(const struct reading_label *r)
{
    size_t at = str_find(r->out->document_number, STR("令第"));
    struct str body = str_sub(r->out->document_number, 0, at);

    if (at == SIZE_MAX)
        return STR("");
    return str_eqz(body, "中华人民共和国国务院") ? STR("国务院") : body;
}

/* A line that is nothing but a number; "明政发〔2024〕3号 签发人：…" counts too. */
static struct str number_line(const struct reading_label *r, size_t i)
{
    struct str s = clean_part_text(r->p, i);
    size_t signer = str_find(s, STR("签发人"));

    if (signer != SIZE_MAX)
        s = str_sub(s, 0, signer);
    if (s.n > 120)
        return STR("");
    s = label_number_tidy(r->a, s);
    while (str_starts(s, STR("（")) && str_ends(s, STR("）")))
        s = str_sub(s, 3, s.n - 6);
    return is_number(s) ? s : STR("");
}

static void lines_read(struct reading_label *r)
{
    for (size_t i = 0; i < r->p->part_n && i < 20; i++) {
        enum clean_kind k = r->p->parts[i].kind;

        if (k == CLEAN_ARTICLE || k == CLEAN_CHAPTER || k == CLEAN_ROW)
            break;
        label_take(r, LABEL_NUMBER, number_line(r, i), 0.95, "文件头");
    }
}

void label_number_read(struct reading_label *r)
{
    static const char *const header[] = { "发文字号", "文号", "发布文号", NULL };
    struct str fact = label_number_tidy(r->a, clean_fact(r->p, "发文字号"));
    struct str head = label_number_tidy(r->a, label_header(r, header));

    label_take(r, LABEL_NUMBER, head, is_number(head) ? 1 : 0.7, "文件头");
    lines_read(r);
    label_take(r, LABEL_NUMBER, fact, is_number(fact) ? 0.9 : 0.6, "网页信息");
    label_take(r, LABEL_NUMBER, decree(r), 0.85, "文件头");
    if (fact.n && is_number(fact) && !str_eq(fact, r->out->document_number))
        label_say(r, LABEL_NUMBER, true, "网页信息写的文号是%.*s，正文是%.*s，请核对",
                  STR_FMT(fact), STR_FMT(r->out->document_number));
    if (!r->out->document_number.n && r->normative && !label_is_statute(r) &&
        !str_ends(r->out->title, STR("公告")) && !str_ends(r->out->title, STR("通告")))
        label_say(r, LABEL_NUMBER, true, "没有读出发文字号，请补上；确实没有可以留空");
    else if (r->out->document_number.n && r->out->sure[LABEL_NUMBER] < 0.8)
        label_say(r, LABEL_NUMBER, true, "发文字号“%.*s”的写法不常见，请核对",
                  STR_FMT(r->out->document_number));
}
