#include "knowledge/label_int.h"

#include "base/utf8.h"
#include "text/numeral.h"

/* "广州市民政局 广州市财政局" names two. */
static struct str bodies_tidy(struct arena *a, struct str s)
{
    struct buf b = BUF_INIT(2000);
    bool gap = false;
    size_t at = 0;

    s = str_trim(s);
    while (at < s.n) {
        size_t from = at;
        uint32_t cp = utf8_next(s, &at);

        if (cp == ' ' || cp == 0x3000 || cp == 0xa0 || cp == ',' || cp == 0xff0c) {
            gap = true;
            continue;
        }
        if (gap && b.n)
            buf_addz(&b, "、");
        gap = false;
        buf_add(&b, str_sub(s, from, at - from));
    }
    return arena_buf(a, &b);
}

/* 落款 lines above a date. */
static struct str signed_bodies(const struct reading_label *r)
{
    struct buf b = BUF_INIT(2000);

    for (size_t i = 0; i < r->p->part_n; i++) {
        struct str s = clean_part_text(r->p, i);

        if (r->p->parts[i].kind != CLEAN_SIGN || str_has(s, STR("年")))
            continue;
        if (b.n)
            buf_addc(&b, ' ');
        buf_add(&b, s);
        if (i + 1 < r->p->part_n && r->p->parts[i + 1].kind == CLEAN_SIGN &&
            str_has(clean_part_text(r->p, i + 1), STR("年")))
            break; /* the first signature block is the notice's own */
    }
    return arena_buf(r->a, &b);
}

/* 题注 of a statute: "2016年9月29日浙江省第十二届人民代表大会常务委员会第三十三次会议通过". What
 * stands between the date and 人民代表大会: a place, a term, 全国. */
static struct str congress(struct arena *a, struct str before, struct str after)
{
    size_t term = str_find(before, STR("第")), end = str_find(before, STR("届"));
    struct str place = str_trim(before), whole = STR("");

    if (term != SIZE_MAX && end != SIZE_MAX && term < end) {
        place = str_trim(str_sub(before, 0, term));
        whole = str_from(before, end + 3);
    }
    if (place.n > 60 || str_has(place, STR("，")) || str_has(place, STR("。")))
        return STR("");
    return arena_printf(a, "%.*s%.*s人民代表大会%s", STR_FMT(place), STR_FMT(whole),
                        str_starts(after, STR("常务委员会")) ? "常务委员会" : "");
}

static struct str adopted_by(const struct reading_label *r)
{
    for (size_t i = 0; i < r->p->part_n && i < 8; i++) {
        struct str s = clean_part_text(r->p, i), before;
        size_t at = str_find(s, STR("人民代表大会")), begin, end = 0;
        int32_t day;

        if (s.n > 3000 || at == SIZE_MAX || !str_has(str_from(s, at), STR("会议通过")))
            continue;
        before = str_sub(s, 0, at);
        for (size_t from = 0; date_find(before, from, &begin, &end, &day);)
            from = end;
        return congress(r->a, str_from(before, end), str_from(s, at + 18));
    }
    return STR("");
}

bool label_is_statute(const struct reading_label *r)
{
    return adopted_by(r).n > 0;
}

void label_body_read(struct reading_label *r)
{
    static const char *const header[] = { "印发机关", "发文机关", "发布机关", "制定机关",
                                          "印发单位", "发文单位", NULL };
    struct str title = r->p->title.n ? r->p->title : r->out->title;
    size_t about = str_find(title, STR("关于"));
    struct str named = about == SIZE_MAX ? STR("") : str_sub(title, 0, about);

    if (str_starts(named, STR("（转载）")))
        named = str_from(named, 12);
    label_take(r, LABEL_BODY, bodies_tidy(r->a, label_header(r, header)), 1, "文件头");
    label_take(r, LABEL_BODY, bodies_tidy(r->a, clean_fact(r->p, "印发机关")), 0.9, "网页信息");
    label_take(r, LABEL_BODY, label_decree_body(r), 0.9, "发文字号");
    label_take(r, LABEL_BODY, adopted_by(r), 0.9, "题注");
    if (named.n >= 9)
        label_take(r, LABEL_BODY, bodies_tidy(r->a, named), 0.9, "标题");
    label_take(r, LABEL_BODY, bodies_tidy(r->a, signed_bodies(r)), 0.85, "落款");
    label_take(r, LABEL_BODY, bodies_tidy(r->a, clean_fact(r->p, "发布机构")), 0.5, "网页信息");
    label_take(r, LABEL_BODY, bodies_tidy(r->a, clean_fact(r->p, "来源")), 0.4, "网页来源");
    if (!r->out->issuing_body.n && r->normative)
        label_say(r, LABEL_BODY, true, "没有读出印发机关，请补上");
    else if (r->out->sure[LABEL_BODY] < 0.8 && r->normative)
        label_say(r, LABEL_BODY, true, "印发机关取自%.*s，可能是转载单位，请核对",
                  STR_FMT(r->out->clue[LABEL_BODY]));
}
