#include "knowledge/clean_int.h"

#include "base/utf8.h"

#include <string.h>

enum {
    LEAD_CHARS = 60,      /* of a lead-in or section head that goes into the heading */
    HEAD_ONLY_CHARS = 40, /* a head this short says nothing alone */
    CHUNK_CHARS = 480,    /* a single paragraph is cut at sentence ends beyond this */
    LEVELS = 6
};

struct cut {
    struct arena *a;
    struct policy_text *p;
    size_t cap;
    struct str annex, chapter[4], heading; /* where we are */
    struct str clause;                     /* of the article or item last passed, for table rows */
    struct str lead;                       /* the paragraph before a table */
    struct str columns;                    /* header names of the table at hand */
    int paragraph;                         /* numbered from 1, outside articles and sections */
    int sub;                               /* 款 of the article at hand, so far */
    bool in_article;
};

static struct str text_of(const struct cut *c, size_t from, size_t to)
{
    const struct clean_part *p = c->p->parts;

    return str_sub(c->p->plain, p[from].begin, p[to - 1].end - p[from].begin);
}

static size_t chars(const struct cut *c, size_t from, size_t to)
{
    return utf8_count(text_of(c, from, to));
}

/* ---- headings ---- */

static void path_add(struct buf *b, struct str s)
{
    if (!s.n)
        return;
    if (b->n)
        buf_addz(b, " / ");
    buf_add(b, s);
}

static struct str heading(const struct cut *c, struct str more, struct str still)
{
    struct buf b = BUF_INIT(2000);

    path_add(&b, c->annex);
    for (int i = 0; i < 4; i++)
        path_add(&b, c->chapter[i]);
    path_add(&b, c->heading);
    path_add(&b, more);
    path_add(&b, still);
    return arena_buf(c->a, &b);
}

/* A head or lead-in as part of a path: without its closing mark, not longer than it must be. */
static struct str lead_of(struct str s)
{
    if (str_ends(s, STR("：")) || str_ends(s, STR("。")))
        s.n -= 3;
    if (utf8_count(s) <= LEAD_CHARS)
        return s;
    return utf8_head(s, LEAD_CHARS);
}

/* ---- passages ---- */

static void add(struct cut *c, const char *kind, struct str clause, struct str head, size_t begin,
                size_t end)
{
    struct policy_text *p = c->p;

    if (begin >= end)
        return;
    p->passages = arena_grow(c->a, p->passages, p->passage_n, &c->cap, sizeof(*p->passages));
    p->passages[p->passage_n++] = (struct clean_passage){ kind, clause, head, begin, end };
}

/* One over-long paragraph: at sentence ends, every piece under the same clause. */
static void add_chunks(struct cut *c, const char *kind, struct str clause, struct str head,
                       size_t begin, size_t end)
{
    struct str s = str_sub(c->p->plain, begin, end - begin);
    size_t from = 0, good = 0, n = 0;

    for (size_t at = 0; at < s.n; n++) {
        size_t next = at;
        uint32_t cp = utf8_next(s, &next);

        if (n >= CHUNK_CHARS && good > from) {
            add(c, kind, clause, head, begin + from, begin + good);
            n = utf8_count(str_sub(s, good, at - good));
            from = good;
        }
        if (cp == 0x3002 || cp == 0xff1b || cp == ';' || cp == '\n') /* 。 ； */
            good = next;
        at = next;
    }
    while (begin + from < end && c->p->plain.p[begin + from] == '\n')
        from++;
    add(c, kind, clause, head, begin + from, end);
}

static void add_parts(struct cut *c, const char *kind, struct str clause, struct str head,
                      size_t from, size_t to)
{
    const struct clean_part *p = c->p->parts;

    if (from >= to)
        return;
    if (chars(c, from, to) > CHUNK_CHARS)
        add_chunks(c, kind, clause, head, p[from].begin, p[to - 1].end);
    else
        add(c, kind, clause, head, p[from].begin, p[to - 1].end);
}

/* ---- items ---- */

/* The item at i and what belongs to it: up to the next item of its level or above. */
static size_t item_end(const struct cut *c, size_t i, size_t to, bool paragraphs_too)
{
    const struct clean_part *p = c->p->parts;
    size_t k = i + 1;

    while (k < to && (p[k].kind == CLEAN_ITEM ? p[k].level > p[i].level : paragraphs_too))
        k++;
    return k;
}

static bool has_items(const struct cut *c, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (c->p->parts[i].kind == CLEAN_ITEM)
            return true;
    return false;
}

static struct str joined(const struct cut *c, struct str a, struct str b)
{
    return arena_printf(c->a, "%.*s%.*s", STR_FMT(a), STR_FMT(b));
}

struct stretch { /* parts [from, to) under one clause */
    size_t from, to, limit;
    struct str clause, lead;
    const char *kind;
    bool paragraphs_too; /* a paragraph below an item belongs to that item (not so in articles) */
    int depth;
};

static void emit(struct cut *c, const struct stretch *s);

static void emit_item(struct cut *c, const struct stretch *s, size_t from, size_t to)
{
    const struct clean_part *root = &c->p->parts[s->from];
    struct stretch item = { from,    to,     CLEAN_PASSAGE_CHARS, STR(""),
                            STR(""), "item", s->paragraphs_too,   s->depth + 1 };
    struct str head = lead_of(str_sub(c->p->plain, root->begin, root->end - root->begin));

    item.clause = joined(c, s->clause, c->p->parts[from].label);
    item.lead =
        s->lead.n ? arena_printf(c->a, "%.*s / %.*s", STR_FMT(s->lead), STR_FMT(head)) : head;
    emit(c, &item);
}

/* The head alone is no passage when it only announces what comes below. */
static bool only_announces(const struct cut *c, size_t from, size_t to)
{
    struct str s = text_of(c, from, to);

    return to == from + 1 && utf8_count(s) <= HEAD_ONLY_CHARS && !str_has(s, STR("。"));
}

/* As one passage when short enough; else the text before the items, then each item. */
static void emit(struct cut *c, const struct stretch *s)
{
    size_t gathered = s->from;
    struct str head = heading(c, s->lead, STR(""));

    if (s->depth > LEVELS || chars(c, s->from, s->to) <= s->limit) {
        add_parts(c, s->kind, s->clause, head, s->from, s->to);
        return;
    }
    for (size_t i = s->from + 1; i < s->to;) {
        size_t end = i + 1;

        if (c->p->parts[i].kind == CLEAN_ITEM) {
            end = item_end(c, i, s->to, s->paragraphs_too);
            if (gathered != s->from || !only_announces(c, s->from, i))
                add_parts(c, s->kind, s->clause, head, gathered, i);
            emit_item(c, s, i, end);
            gathered = end;
        } else if (i > gathered && chars(c, gathered, i + 1) > CLEAN_PASSAGE_CHARS) {
            add_parts(c, s->kind, s->clause, head, gathered, i);
            gathered = i;
        }
        i = end;
    }
    add_parts(c, s->kind, s->clause, head, gathered, s->to);
}

/* ---- articles ---- */

static const char *const figures[] = { "零", "一", "二", "三", "四", "五", "六", "七", "八", "九" };

/* 第三款; numbers to 99 are enough. */
static struct str sub_name(const struct cut *c, struct str article, int n)
{
    const char *ten = n >= 20 ? figures[n / 10 % 10] : "";

    return arena_printf(c->a, "%.*s第%s%s%s款", STR_FMT(article), ten, n >= 10 ? "十" : "",
                        n % 10 || n < 10 ? figures[n % 10] : "");
}

static size_t sub_end(const struct cut *c, size_t i, size_t to)
{
    size_t k = i + 1;

    while (k < to && c->p->parts[k].kind == CLEAN_ITEM)
        k++;
    return k;
}

/* An article from its first paragraph, or what goes on after a table inside it. */
static void article(struct cut *c, size_t from, size_t to, bool first)
{
    size_t n = 0;
    bool whole = chars(c, from, to) <= CLEAN_PASSAGE_CHARS;

    for (size_t i = from; i < to; i = sub_end(c, i, to))
        n++;
    if (first && (whole || n == 1)) {
        struct stretch s = {
            from, to, CLEAN_PASSAGE_CHARS, c->clause, STR(""), "article", false, 0
        };

        emit(c, &s);
        c->sub = (int)n;
        return;
    }
    for (size_t i = from; i < to;) {
        size_t end = sub_end(c, i, to);
        struct stretch s = { i, end, CLEAN_PASSAGE_CHARS, STR(""), STR(""), "paragraph", false, 0 };

        s.clause = sub_name(c, c->clause, ++c->sub);
        emit(c, &s);
        i = end;
    }
}

/* ---- sections and loose text ---- */

static void section(struct cut *c, size_t from, size_t to)
{
    struct stretch s = { from,
                         to,
                         CLEAN_PASSAGE_CHARS,
                         joined(c, c->clause, c->p->parts[from].label),
                         STR(""),
                         "item",
                         true,
                         0 };

    if (has_items(c, from + 1, to))
        s.limit = CLEAN_SECTION_CHARS;
    emit(c, &s);
}

/* The clause a table stands in: the labels of the items still open at `to`. */
static struct str open_clause(struct cut *c, size_t from, size_t to)
{
    struct str open[10] = { 0 }, s = STR("");
    const struct clean_part *p = c->p->parts;

    for (size_t i = from; i < to; i++) {
        if (p[i].kind != CLEAN_ITEM)
            continue;
        open[p[i].level] = p[i].label;
        for (int k = p[i].level + 1; k < 10; k++)
            open[k] = STR("");
    }
    for (int k = 0; k < 10; k++)
        s = open[k].n ? joined(c, s, open[k]) : s;
    return s;
}

static void loose(struct cut *c, size_t from, size_t to)
{
    size_t gathered = from;
    int first = c->paragraph + 1;

    for (size_t i = from; i <= to; i++) {
        if (i < to && (i == gathered || chars(c, gathered, i + 1) <= CLEAN_PASSAGE_CHARS)) {
            c->paragraph++;
            continue;
        }
        add_parts(c, "paragraph", arena_printf(c->a, "%.*s第%d段", STR_FMT(c->annex), first),
                  heading(c, STR(""), STR("")), gathered, i);
        gathered = i;
        first = c->paragraph + 1;
        if (i < to)
            c->paragraph++;
    }
}

/* ---- tables ---- */

static void columns_note(struct cut *c, size_t i)
{
    c->columns = str_sub(clean_part_text(c->p, i), 0, 600);
    c->columns = str_sub(c->columns, 0, utf8_floor(c->columns, c->columns.n));
}

static void row(struct cut *c, size_t i)
{
    const struct clean_part *k = &c->p->parts[i];
    struct str clause = arena_printf(c->a, "%.*s表%d第%d行", STR_FMT(c->clause), k->table, k->row);

    add_chunks(c, "table_row", clause, heading(c, c->lead, c->columns), k->begin, k->end);
}

/* ---- the walk ---- */

static void forget(struct cut *c, int from_chapter)
{
    for (int i = from_chapter; i < 4; i++)
        c->chapter[i] = STR("");
    c->heading = c->clause = c->lead = STR("");
    c->in_article = false;
    c->sub = 0;
}

static bool runs_on(const struct clean_part *k)
{
    return k->kind == CLEAN_PARAGRAPH || k->kind == CLEAN_ITEM;
}

/* A level-1 item opens a new section; so does any item when none is open above it. */
static size_t section_end(const struct cut *c, size_t i)
{
    const struct clean_part *p = c->p->parts;
    size_t k = i + 1;

    while (k < c->p->part_n && runs_on(&p[k]) &&
           (p[k].kind != CLEAN_ITEM || p[k].level > p[i].level))
        k++;
    return k;
}

static size_t run_end(const struct cut *c, size_t i, bool items)
{
    size_t k = i + 1;

    while (k < c->p->part_n && runs_on(&c->p->parts[k]) &&
           (items || c->p->parts[k].kind != CLEAN_ITEM))
        k++;
    return k;
}

static size_t front(struct cut *c, size_t i)
{
    size_t k = i;

    while (k < c->p->part_n &&
           (c->p->parts[k].kind == CLEAN_TITLE || c->p->parts[k].kind == CLEAN_FRONT ||
            c->p->parts[k].kind == CLEAN_SIGN))
        k++;
    add_parts(c, "front", STR(""), STR(""), i, k);
    return k;
}

static size_t structure(struct cut *c, size_t i)
{
    const struct clean_part *k = &c->p->parts[i];
    struct str s = clean_part_text(c->p, i);

    if (k->kind == CLEAN_CHAPTER) {
        forget(c, k->level);
        c->chapter[k->level < 4 ? k->level : 3] = lead_of(s);
    } else if (k->kind == CLEAN_HEADING) {
        c->heading = lead_of(s);
        c->lead = STR("");
        if (!c->in_article)
            c->clause = c->annex;
    } else if (k->kind == CLEAN_ANNEX) {
        forget(c, 0);
        c->annex = k->label;
        c->clause = k->label;
        c->paragraph = 0;
    } else if (k->kind == CLEAN_TITLE) {
        forget(c, 0);
    }
    return i + 1;
}

static size_t text(struct cut *c, size_t i)
{
    const struct clean_part *p = c->p->parts;
    size_t end;

    if (p[i].kind == CLEAN_ARTICLE) {
        end = run_end(c, i, true);
        c->in_article = true;
        c->sub = 0;
        c->clause = joined(c, c->annex, p[i].label);
        article(c, i, end, true);
    } else if (c->in_article) {
        end = run_end(c, i, true);
        article(c, i, end, false);
    } else if (p[i].kind == CLEAN_ITEM) {
        end = section_end(c, i);
        c->clause = c->annex;
        section(c, i, end);
        c->clause = joined(c, c->annex, open_clause(c, i, end));
    } else {
        end = run_end(c, i, false);
        loose(c, i, end);
    }
    c->lead = lead_of(clean_part_text(c->p, end - 1));
    return end;
}

void clean_cut(struct arena *a, struct policy_text *p)
{
    struct cut c = { .a = a, .p = p };
    size_t i = 0;

    while (i < p->part_n) {
        enum clean_kind k = p->parts[i].kind;

        if (k == CLEAN_HEADER) {
            columns_note(&c, i++);
        } else if (k == CLEAN_ROW) {
            row(&c, i++);
        } else if (k == CLEAN_FRONT || (k == CLEAN_TITLE && i == 0)) {
            i = front(&c, i);
        } else if (k == CLEAN_SIGN) {
            i++;
        } else if (k == CLEAN_ARTICLE || runs_on(&p->parts[i])) {
            i = text(&c, i);
        } else {
            i = structure(&c, i);
        }
    }
}
