#include "extract/html_int.h"

#include "base/utf8.h"

#include <string.h>

/* <meta name> of the site guideline, and the name the fact goes by. */
static const char *const metas[][2] = {
    { "ArticleTitle", "标题" },
    { "PubDate", "发布日期" },
    { "ContentSource", "来源" },
    { "SiteName", "网站" },
};

/* Labels of the 信息公开 table. 文　号 is written with any white space inside. */
static const char *const labels[][2] = {
    { "文号", "发文字号" },     { "发文字号", "发文字号" }, { "发布文号", "发文字号" },
    { "发布机构", "发布机构" }, { "发布机关", "印发机关" }, { "发文机关", "印发机关" },
    { "印发机关", "印发机关" }, { "发文单位", "印发机关" }, { "制定机关", "印发机关" },
    { "成文日期", "成文日期" }, { "发布日期", "发布日期" }, { "印发日期", "成文日期" },
    { "生效日期", "施行日期" }, { "施行日期", "施行日期" }, { "实施日期", "施行日期" },
    { "失效日期", "失效日期" }, { "废止日期", "失效日期" }, { "有效性", "效力" },
    { "文件状态", "效力" },     { "时效性", "效力" },       { "文件名称", "标题" },
    { "名称", "标题" },
};

static struct str without_spaces(struct arena *a, struct str s)
{
    struct buf b = BUF_INIT(200);
    size_t at = 0;

    while (at < s.n) {
        size_t from = at;
        uint32_t cp = utf8_next(s, &at);

        if (cp > ' ' && cp != 0x3000 && cp != 0xa0)
            buf_add(&b, str_sub(s, from, at - from));
    }
    return arena_buf(a, &b);
}

static const char *label_of(struct str s)
{
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
        if (str_eqz(s, labels[i][0]))
            return labels[i][1];
    return NULL;
}

static const xmlNode *next_element(const xmlNode *n)
{
    do
        n = n->next;
    while (n && n->type != XML_ELEMENT_NODE);
    return n;
}

static bool cut_colon(struct str *s)
{
    static const char *const colons[] = { "：", ":" };

    for (int i = 0; i < 2; i++)
        if (str_ends(*s, str_z(colons[i]))) {
            s->n -= strlen(colons[i]);
            return true;
        }
    return false;
}

/* "文　号：穗府办规〔2024〕13号" in one element. */
static bool inline_fact(struct str s, struct blocks *out)
{
    struct str value = s, name = without_spaces(out->a, str_cut(&value, STR("：")));
    const char *known = name.n ? label_of(name) : NULL;

    if (!known || !str_trim(value).n)
        return false;
    blocks_fact(out, str_z(known), value);
    return true;
}

/* "文号：" in one element, the value in the next one or in the rest of the parent. */
static void label_fact(const xmlNode *n, struct blocks *out)
{
    struct str s = html_text(out->a, n), name, value = STR("");
    const char *known;
    const xmlNode *next = next_element(n);

    if (s.n == 0 || s.n > 300 || inline_fact(s, out))
        return;
    name = without_spaces(out->a, s);
    if (!cut_colon(&name) && !html_is(n, "td") && !html_is(n, "th"))
        return;
    known = label_of(name);
    if (!known)
        return;
    if (next)
        value = html_text(out->a, next);
    else if (n->parent && n->parent->type == XML_ELEMENT_NODE)
        value = str_from(html_text(out->a, n->parent), s.n);
    value = str_trim(value);
    if (value.n <= 300 && !str_has(value, STR("：")))
        blocks_fact(out, str_z(known), value);
}

static void element_fact(const xmlNode *n, struct blocks *out)
{
    static const char *const leaves[] = { "td", "th", "span", "b", "strong", "label", "dt",
                                          "em", "i",  "div",  "p", "li",     NULL };

    if (html_is(n, "meta")) {
        for (size_t i = 0; i < sizeof(metas) / sizeof(metas[0]); i++)
            if (str_case_eq(html_attr(n, "name"), str_z(metas[i][0])))
                blocks_fact(out, str_z(metas[i][1]), html_attr(n, "content"));
    } else if (html_is(n, "title")) {
        blocks_fact(out, STR("网页标题"), html_text(out->a, n));
    } else if (html_is(n, "h1")) {
        blocks_fact(out, STR("大标题"), html_text(out->a, n));
    } else if (html_is_any(n, leaves) && html_weight(n)->text < 300) {
        label_fact(n, out);
    }
}

static void walk(const xmlNode *n, struct blocks *out, int depth)
{
    if (depth > HTML_DEPTH_MAX)
        return;
    for (; n; n = n->next) {
        if (n->type != XML_ELEMENT_NODE)
            continue;
        element_fact(n, out);
        walk(n->children, out, depth + 1);
    }
}

static struct str fact(const struct blocks *b, const char *name)
{
    for (size_t i = 0; i < b->fact_n; i++)
        if (str_eqz(b->facts[i].name, name))
            return b->facts[i].value;
    return STR("");
}

void html_facts(const xmlNode *root, struct blocks *out)
{
    walk(root, out, 0);
    out->title = fact(out, "标题");
    if (!out->title.n)
        out->title = fact(out, "大标题");
    if (!out->title.n)
        out->title = fact(out, "网页标题");
}
