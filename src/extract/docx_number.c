#include "extract/docx_int.h"

#include "base/utf8.h"

#include <string.h>

/* ---- figures ---- */

static void chinese_figures(struct buf *b, int n, const char *const *digits,
                            const char *const *units)
{
    static const int places[] = { 1000, 100, 10, 1 };
    bool said = false, zero = false;

    if (n <= 0 || n > 9999) {
        buf_add_i64(b, n);
        return;
    }
    for (int i = 0; i < 4; i++) {
        int d = n / places[i] % 10;

        if (d == 0) {
            zero = said;
            continue;
        }
        if (zero)
            buf_addz(b, digits[0]);
        /* 十一, not 一十一; but 壹拾壹 in the banker's form */
        if (!(places[i] == 10 && d == 1 && !said && strcmp(digits[1], "一") == 0))
            buf_addz(b, digits[d]);
        buf_addz(b, units[i]);
        said = true;
        zero = false;
    }
}

static void roman(struct buf *b, int n, bool upper)
{
    static const struct {
        int value;
        const char *low, *up;
    } parts[] = { { 1000, "m", "M" }, { 900, "cm", "CM" }, { 500, "d", "D" }, { 400, "cd", "CD" },
                  { 100, "c", "C" },  { 90, "xc", "XC" },  { 50, "l", "L" },  { 40, "xl", "XL" },
                  { 10, "x", "X" },   { 9, "ix", "IX" },   { 5, "v", "V" },   { 4, "iv", "IV" },
                  { 1, "i", "I" } };

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && n < 5000; i++)
        for (; n >= parts[i].value; n -= parts[i].value)
            buf_addz(b, upper ? parts[i].up : parts[i].low);
}

static void full_width(struct buf *b, int n)
{
    char z[16];
    struct buf d = BUF_INIT(16);

    buf_add_i64(&d, n);
    for (size_t i = 0; i < d.n; i++)
        buf_add(b, str_of(z, utf8_put(z, 0xff10u + (uint32_t)(d.p[i] - '0'))));
    buf_release(&d);
}

/* A number in the form that w:numFmt names (ECMA-376 Part 1, 17.18.59). */
static void figures(struct buf *b, int n, struct str format)
{
    static const char *const han[] = { "零", "一", "二", "三", "四", "五", "六", "七", "八", "九" };
    static const char *const han_units[] = { "千", "百", "十", "" };
    static const char *const bank[] = {
        "零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"
    };
    static const char *const bank_units[] = { "仟", "佰", "拾", "" };

    if (str_starts(format, STR("chineseCounting")) ||
        str_starts(format, STR("taiwaneseCounting")) || str_eqz(format, "japaneseCounting") ||
        str_starts(format, STR("ideographDigital")) || str_eqz(format, "ideographTraditional"))
        chinese_figures(b, n, han, han_units);
    else if (str_starts(format, STR("chineseLegal")) || str_starts(format, STR("ideographLegal")))
        chinese_figures(b, n, bank, bank_units);
    else if (str_starts(format, STR("decimalEnclosedCircle")) && n >= 1 && n <= 20)
        utf8_add(b, 0x2460u + (uint32_t)n - 1);
    else if (str_starts(format, STR("decimalFullWidth")))
        full_width(b, n);
    else if (str_eqz(format, "lowerLetter") || str_eqz(format, "upperLetter"))
        buf_addc(b, (char)((str_eqz(format, "upperLetter") ? 'A' : 'a') + (n - 1) % 26));
    else if (str_eqz(format, "lowerRoman") || str_eqz(format, "upperRoman"))
        roman(b, n, str_eqz(format, "upperRoman"));
    else
        buf_add_i64(b, n);
}

/* ---- counting ---- */

static struct docx_num *num_of(struct docx_styles *s, int id)
{
    for (size_t i = 0; i < s->num_n; i++)
        if (s->nums[i].id == id)
            return &s->nums[i];
    return NULL;
}

static void count_on(struct docx_num *num, struct docx_abstract *abs, int level)
{
    if (num->restart[level] >= 0 && !num->restarted[level]) {
        abs->count[level] = num->restart[level] - 1;
        num->restarted[level] = true;
    }
    if (abs->count[level] == 0)
        abs->count[level] = abs->level[level].start - 1;
    abs->count[level]++;
    for (int k = level + 1; k < DOCX_LEVELS; k++)
        abs->count[k] = 0;
}

struct str docx_number(struct docx_styles *s, int num_id, int level)
{
    struct docx_num *num = num_of(s, num_id);
    struct docx_abstract *abs;
    struct buf b = BUF_INIT(256);
    struct str text;

    if (!num || num->abstract < 0 || level < 0 || level >= DOCX_LEVELS)
        return STR("");
    abs = &s->abstracts[num->abstract];
    count_on(num, abs, level);
    text = abs->level[level].text;
    if (str_eqz(abs->level[level].format, "bullet") || str_eqz(abs->level[level].format, "none"))
        return STR("");
    for (size_t i = 0; i < text.n; i++) {
        int k = text.p[i] == '%' && i + 1 < text.n ? text.p[i + 1] - '1' : -1;

        if (k < 0 || k >= DOCX_LEVELS) {
            buf_addc(&b, text.p[i]);
            continue;
        }
        figures(&b, abs->count[k] > 0 ? abs->count[k] : abs->level[k].start, abs->level[k].format);
        i++;
    }
    return arena_buf(s->a, &b);
}

/* ---- reading the parts ---- */

static struct docx_abstract *abstract_new(struct docx_styles *s, int id)
{
    struct docx_abstract *k;

    s->abstracts = arena_grow(s->a, s->abstracts, s->abstract_n, &s->abstract_cap, sizeof(*k));
    k = &s->abstracts[s->abstract_n++];
    *k = (struct docx_abstract){ .id = id };
    for (int i = 0; i < DOCX_LEVELS; i++)
        k->level[i] = (struct docx_level){ STR("decimal"), STR(""), 1 };
    return k;
}

static struct docx_num *num_new(struct docx_styles *s, int id)
{
    struct docx_num *k;

    s->nums = arena_grow(s->a, s->nums, s->num_n, &s->num_cap, sizeof(*k));
    k = &s->nums[s->num_n++];
    *k = (struct docx_num){ .id = id, .abstract = -1 };
    for (int i = 0; i < DOCX_LEVELS; i++)
        k->restart[i] = -1;
    return k;
}

static int abstract_of(const struct docx_styles *s, int id)
{
    for (size_t i = 0; i < s->abstract_n; i++)
        if (s->abstracts[i].id == id)
            return (int)i;
    return -1;
}

static void level_node(struct docx_styles *s, xmlTextReader *r, struct docx_level *level)
{
    if (docx_is_open(r, "start"))
        level->start = docx_attr_int(r, "val", 1);
    else if (docx_is_open(r, "numFmt"))
        level->format = docx_attr(s->a, r, "val");
    else if (docx_is_open(r, "lvlText"))
        level->text = docx_attr(s->a, r, "val");
}

static enum tb_code numbering_read(struct docx_styles *s, struct str xml, struct tb_err *e)
{
    xmlTextReader *r;
    bool more, in_abstract = false;
    int level = 0;

    if (docx_open(s->a, xml, &r, e))
        return e->code;
    while (!docx_next(r, &more, e) && more) {
        if (docx_is_open(r, "abstractNum")) {
            abstract_new(s, docx_attr_int(r, "abstractNumId", -1));
            in_abstract = true;
        } else if (docx_is_open(r, "num")) {
            num_new(s, docx_attr_int(r, "numId", -1));
            in_abstract = false;
        } else if (docx_is_open(r, "lvl") || docx_is_open(r, "lvlOverride")) {
            level = docx_attr_int(r, "ilvl", 0);
            level = level < 0 || level >= DOCX_LEVELS ? 0 : level;
        } else if (docx_is_open(r, "abstractNumId") && s->num_n) {
            s->nums[s->num_n - 1].abstract = abstract_of(s, docx_attr_int(r, "val", -1));
        } else if (docx_is_open(r, "startOverride") && s->num_n) {
            s->nums[s->num_n - 1].restart[level] = docx_attr_int(r, "val", 1);
        } else if (in_abstract && s->abstract_n) {
            level_node(s, r, &s->abstracts[s->abstract_n - 1].level[level]);
        }
    }
    return e->code;
}

static void style_node(struct docx_styles *s, xmlTextReader *r, struct docx_style *k)
{
    if (docx_is_open(r, "basedOn"))
        k->based_on = docx_attr(s->a, r, "val");
    else if (docx_is_open(r, "outlineLvl"))
        k->outline = docx_attr_int(r, "val", -1);
    else if (docx_is_open(r, "numId"))
        k->num_id = docx_attr_int(r, "val", -1);
    else if (docx_is_open(r, "ilvl"))
        k->level = docx_attr_int(r, "val", -1);
    else if (docx_is_open(r, "name") && str_case_eq(docx_attr(s->a, r, "val"), STR("title")))
        k->outline = 0;
}

static enum tb_code stylesheet_read(struct docx_styles *s, struct str xml, struct tb_err *e)
{
    xmlTextReader *r;
    bool more;

    if (docx_open(s->a, xml, &r, e))
        return e->code;
    while (!docx_next(r, &more, e) && more) {
        if (docx_is_open(r, "style") && s->style_n < 5000) {
            s->styles = arena_grow(s->a, s->styles, s->style_n, &s->style_cap, sizeof(*s->styles));
            s->styles[s->style_n++] =
                (struct docx_style){ docx_attr(s->a, r, "styleId"), STR(""), -1, -1, -1 };
        } else if (s->style_n) {
            style_node(s, r, &s->styles[s->style_n - 1]);
        }
    }
    return e->code;
}

const struct docx_style *docx_style(const struct docx_styles *s, struct str id)
{
    for (size_t i = 0; i < s->style_n; i++)
        if (str_eq(s->styles[i].id, id))
            return &s->styles[i];
    return NULL;
}

/* What a style does not say, the one it is based on says; chains may be circular. */
static void inherit(struct docx_styles *s)
{
    for (size_t i = 0; i < s->style_n; i++) {
        struct docx_style *k = &s->styles[i];
        const struct docx_style *up = docx_style(s, k->based_on);

        for (int hops = 0; up && hops < 10; hops++, up = docx_style(s, up->based_on)) {
            k->outline = k->outline < 0 ? up->outline : k->outline;
            k->level = k->level < 0 ? up->level : k->level;
            k->num_id = k->num_id < 0 ? up->num_id : k->num_id;
        }
    }
}

enum tb_code docx_styles_read(struct arena *a, struct str styles_xml, struct str numbering_xml,
                              struct docx_styles *out, struct tb_err *e)
{
    *out = (struct docx_styles){ .a = a };
    if (numbering_xml.n && numbering_read(out, numbering_xml, e))
        return e->code;
    if (styles_xml.n && stylesheet_read(out, styles_xml, e))
        return e->code;
    inherit(out);
    return TB_OK;
}
