#include "extract/parts.h"

#include "base/date.h"
#include "base/utf8.h"
#include "extract/marks.h"
#include "text/numeral.h"

#include <string.h>

enum { HEADING_CHARS = 40, SIGN_CHARS = 40, FRONT_BYTES = 3600, LEAD_CHARS = 24, LEVELS = 6 };

struct making {
    const struct blocks *b;
    struct parts *out;
    bool articles;       /* any so far */
    int article;         /* number of the last one; 0: none yet */
    int counted[LEVELS]; /* last number at each level of items */
    int row, table;      /* data rows so far in the table at hand */
    struct str title;    /* of the file itself, white space gone */
    struct str inner;    /* the X of "关于印发《X》的通知", white space gone */
};

const char *part_kind_name(enum part_kind k)
{
    static const char *const names[] = { "",        "title",   "front",     "heading",
                                         "chapter", "article", "paragraph", "item",
                                         "header",  "row",     "annex",     "sign" };

    return names[k];
}

static bool ends_sentence(struct str s)
{
    static const char *const marks[] = { "。", "；", "：", "，", "、", ";", ":", NULL };

    for (int i = 0; marks[i]; i++)
        if (str_ends(s, str_z(marks[i])))
            return true;
    return false;
}

static bool is_short(struct str s, size_t chars)
{
    return utf8_count(s) <= chars && !ends_sentence(s) && !str_has(s, STR("。"));
}

/* "第五条规定的…" speaks of an article, "第五条 …" is one. */
static bool refers_onward(struct str after)
{
    static const char *const words[] = { "规定", "所规定", "所称", "的",   "至", "第", "和第",
                                         "、第", "或第",   "及第", "与第", "款", "项", "，",
                                         "）",   "中规定", "中的", "》",   NULL };

    for (int i = 0; words[i]; i++)
        if (str_starts(after, str_z(words[i])))
            return true;
    return false;
}

static bool is_article(const struct making *m, const struct mark *k, struct str s)
{
    bool follows = (k->number > m->article && k->number <= m->article + 2) || k->number == 1 ||
                   (k->number == m->article && str_has(k->label, STR("之")));

    if (refers_onward(str_from(s, k->taken)))
        return false;
    return follows || (k->parted && k->number > m->article);
}

/* Numbers of items begin at one and go up by one (a lost one is forgiven). "1.3人户" is an item
 * only when the line below says "2.". */
static bool is_item(const struct making *m, size_t i, const struct mark *k)
{
    int last = m->counted[k->level];
    struct mark next = { .kind = MARK_NONE };

    if (i + 1 < m->b->n)
        next = mark_read(m->b->items[i + 1].text);
    if (k->decimal && k->number != last + 1)
        return false;
    if (k->decimal && last == 0)
        return next.kind == MARK_ITEM && next.level == k->level && next.number == 2;
    return k->number == 1 || k->level <= 2 ||
           (k->number > last && k->number <= last + 2 && last > 0);
}

static void renumber(struct making *m, int from)
{
    for (int i = from; i < LEVELS; i++)
        m->counted[i] = 0;
}

static struct str squeezed(struct arena *a, struct str s)
{
    struct buf b = BUF_INIT(4096);
    size_t at = 0;

    while (at < s.n) {
        size_t from = at;
        uint32_t cp = utf8_next(s, &at);

        if (cp != ' ' && cp != 0x3000)
            buf_add(&b, str_sub(s, from, at - from));
    }
    return arena_buf(a, &b);
}

/* The next block that is no annex line: does the annex's own text follow, or was it a mere list? */
static bool annex_opens(const struct making *m, size_t i)
{
    const struct block *next = i + 1 < m->b->n ? &m->b->items[i + 1] : NULL;
    struct mark k;

    if (!next)
        return false;
    if (next->kind != BLOCK_PARAGRAPH)
        return true;
    k = mark_read(next->text);
    return k.kind == MARK_ARTICLE || k.kind == MARK_CHAPTER;
}

static bool is_annex(const struct making *m, size_t i, const struct mark *k)
{
    struct str s = m->b->items[i].text, rest = str_trim(str_from(s, k->taken));

    if (rest.n == 0 || str_eqz(rest, "：") || str_eqz(rest, ":"))
        return i + 1 < m->b->n;
    if (m->b->items[i].kind == BLOCK_HEADING)
        return k->parted;
    return k->parted && is_short(s, HEADING_CHARS) && annex_opens(m, i);
}

static bool is_date_line(struct str s)
{
    int32_t day;

    return s.n <= 60 && date_read(s, &day) == s.n;
}

/* Ends as the name of an office does. */
static bool is_office(struct str s)
{
    static const char *const ends[] = { "府", "局", "委",   "会", "厅", "办", "室", "部",
                                        "院", "处", "中心", "联", "司", "所", "站", "校",
                                        "团", "社", "行",   "署", "组", NULL };

    for (int i = 0; ends[i]; i++)
        if (str_ends(s, str_z(ends[i])))
            return true;
    return false;
}

/* Body names above a date line, at most four. */
static void sign_back(struct making *m)
{
    struct parts *o = m->out;

    for (size_t n = 0; n < 4 && o->n > n + 1; n++) {
        struct part *k = &o->items[o->n - 2 - n];
        struct str s = str_sub(o->plain, k->begin, k->end - k->begin);

        if ((k->kind != PART_PARAGRAPH && k->kind != PART_FRONT) || !is_short(s, SIGN_CHARS) ||
            str_has(s, STR("，")) || str_has(s, STR("：")) || k->begin == 0 ||
            mark_read(s).kind != MARK_NONE || !is_office(s))
            return;
        k->kind = PART_SIGN;
    }
}

/* (一) is cited as （一）. */
static struct str label_of(struct arena *a, struct str s)
{
    if (!str_starts(s, STR("(")) && !str_ends(s, STR(")")))
        return s;
    s = str_starts(s, STR("(")) ? str_from(s, 1) : str_from(s, 3);
    s = str_ends(s, STR(")")) ? str_sub(s, 0, s.n - 1) : str_sub(s, 0, s.n - 3);
    return arena_printf(a, "（%.*s）", STR_FMT(s));
}

static struct part mark_part(struct making *m, size_t i, const struct mark *k)
{
    struct str s = m->b->items[i].text;
    struct part p = { .kind = PART_PARAGRAPH,
                      .level = k->level,
                      .label = label_of(m->b->a, k->label) };

    if (k->kind == MARK_CHAPTER && (is_short(s, HEADING_CHARS) || m->b->items[i].level) &&
        !refers_onward(str_from(s, k->taken))) {
        p.kind = PART_CHAPTER;
        renumber(m, 0);
    } else if (k->kind == MARK_ARTICLE && is_article(m, k, s)) {
        p.kind = PART_ARTICLE;
        m->article = k->number;
        m->articles = true;
        renumber(m, 0);
    } else if (k->kind == MARK_ITEM && is_item(m, i, k)) {
        p.kind = PART_ITEM;
        m->counted[k->level] = k->number;
        renumber(m, k->level + 1);
    } else if (k->kind == MARK_ANNEX && is_annex(m, i, k)) {
        p.kind = PART_ANNEX;
        m->article = 0;
        renumber(m, 0);
    }
    return p;
}

static bool is_title(const struct making *m, size_t i)
{
    const struct block *k = &m->b->items[i];
    struct str s;

    if (k->text.n > 600)
        return false;
    s = squeezed(m->b->a, k->text);
    return (m->inner.n && i > 0 && str_eq(s, m->inner)) ||
           (m->title.n && i < 8 && str_eq(s, m->title));
}

static struct part block_part(struct making *m, size_t i)
{
    const struct block *k = &m->b->items[i];
    struct mark mark = mark_read(k->text);
    struct part p = mark_part(m, i, &mark);

    if (p.kind != PART_PARAGRAPH)
        return p;
    p = (struct part){ .kind = PART_PARAGRAPH };
    if (is_title(m, i)) {
        p.kind = PART_TITLE;
        m->article = 0;
        renumber(m, 0);
    } else if (is_date_line(k->text) && i > 0) {
        p.kind = PART_SIGN;
    } else if (k->kind == BLOCK_HEADING) {
        p.kind = i == 0 || (k->level == 1 && i < 3) ? PART_TITLE : PART_HEADING;
        p.level = k->level;
    }
    return p;
}

static struct part row_part(struct making *m, const struct block *k)
{
    struct part p = { .kind = k->header ? PART_HEADER : PART_ROW, .table = k->table };

    if (m->table != k->table) {
        m->table = k->table;
        m->row = 0;
    }
    if (!k->header)
        p.row = ++m->row;
    return p;
}

static void text_add(struct buf *plain, const struct block *k)
{
    if (k->kind != BLOCK_ROW) {
        buf_add(plain, k->text);
        return;
    }
    for (size_t c = 0; c < k->cell_n; c++) {
        if (c)
            buf_addz(plain, " | ");
        buf_add(plain, k->cells[c]);
    }
}

static bool is_structure(const struct part *p)
{
    return p->kind == PART_CHAPTER || p->kind == PART_ARTICLE || p->kind == PART_ANNEX ||
           (p->kind == PART_ITEM && p->level == 1);
}

/* "发文字号：…" and its like: a short name, a colon, a value. */
static bool is_fact_line(struct str s)
{
    size_t colon = str_find(s, STR("："));

    return colon != SIZE_MAX && colon >= 6 && colon <= 15 && s.n < 200 &&
           (str_has(str_sub(s, 0, colon), STR("日期")) ||
            str_has(str_sub(s, 0, colon), STR("机关")) ||
            str_has(str_sub(s, 0, colon), STR("文号")) ||
            str_has(str_sub(s, 0, colon), STR("字号")));
}

static bool is_number_line(struct str s)
{
    return s.n < 100 && str_ends(s, STR("号")) && (str_has(s, STR("〔")) || str_has(s, STR("[")));
}

/* Paragraphs before the first clause are front matter when they are few; without any clause only
 * the lines that state facts are. */
static void front_mark(struct parts *o)
{
    size_t first = 0;

    while (first < o->n && !is_structure(&o->items[first]))
        first++;
    for (size_t i = 0; i < first; i++) {
        struct part *k = &o->items[i];
        struct str s = str_sub(o->plain, k->begin, k->end - k->begin);
        bool few = first < o->n && o->items[first].begin <= FRONT_BYTES;

        if (k->kind == PART_PARAGRAPH && (few || is_fact_line(s) || is_number_line(s)))
            k->kind = PART_FRONT;
    }
}

/* In a text without articles, a short line above a long one heads it. */
static void leads_mark(struct parts *o)
{
    bool long_below = false;

    for (size_t i = o->n; i-- > 0;) {
        struct part *k = &o->items[i];
        struct str s = str_sub(o->plain, k->begin, k->end - k->begin);

        if (k->kind == PART_PARAGRAPH && long_below && is_short(s, LEAD_CHARS) &&
            !str_has(s, STR("：")) && !str_has(s, STR("，"))) {
            k->kind = PART_HEADING;
            k->level = LEVELS;
            continue;
        }
        long_below = k->kind == PART_ITEM || k->kind == PART_HEADER ||
                     (k->kind == PART_PARAGRAPH && utf8_count(s) > LEAD_CHARS * 2);
    }
}

static struct str inner_title(struct arena *a, const struct blocks *b)
{
    static const char *const verbs[] = { "印发", "发布", "公布", NULL };
    struct str t = b->title.n ? b->title : b->n ? b->items[0].text : STR("");
    size_t end = SIZE_MAX;

    t = squeezed(a, t);
    for (size_t from = 0, k; (k = str_find_from(t, STR("的通知"), from)) != SIZE_MAX; from = k + 9)
        end = k;
    if (end == SIZE_MAX)
        return STR("");
    for (int i = 0; verbs[i]; i++) {
        size_t at = str_find(t, str_z(verbs[i]));
        struct str s;

        if (at == SIZE_MAX || at + 6 >= end)
            continue;
        s = str_sub(t, at + 6, end - at - 6);
        if (str_starts(s, STR("《")) && str_ends(s, STR("》")))
            s = str_sub(s, 3, s.n - 6);
        return s;
    }
    return STR("");
}

void parts_make(struct arena *a, const struct blocks *b, struct parts *out)
{
    struct making m = {
        .b = b, .out = out, .inner = inner_title(a, b), .title = squeezed(a, b->title)
    };
    struct buf plain = BUF_INIT(SIZE_MAX);

    *out = (struct parts){ .items = ARENA_ARRAY(a, struct part, b->n + 1) };
    for (size_t i = 0; i < b->n; i++) {
        const struct block *k = &b->items[i];
        struct part p = k->kind == BLOCK_ROW ? row_part(&m, k) : block_part(&m, i);

        p.begin = plain.n;
        text_add(&plain, k);
        p.end = plain.n;
        buf_addc(&plain, '\n');
        out->items[out->n++] = p;
        out->plain = buf_str(&plain);
        if (p.kind == PART_SIGN)
            sign_back(&m);
    }
    out->plain = arena_buf(a, &plain);
    front_mark(out);
    if (!m.articles)
        leads_mark(out);
}
