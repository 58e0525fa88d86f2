#include "knowledge/label_int.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { HEADER_PARTS = 14, NOTES_MAX = 60 };

static const struct {
    const char *name, *title;
} names[LABEL_WHAT_COUNT] = {
    [LABEL_TITLE] = { "title", "标题" },
    [LABEL_NUMBER] = { "document_number", "发文字号" },
    [LABEL_BODY] = { "issuing_body", "印发机关" },
    [LABEL_ISSUED] = { "issued_on", "成文日期" },
    [LABEL_EFFECTIVE] = { "effective_from", "施行日期" },
    [LABEL_EXPIRES] = { "expires_on", "失效日期" },
    [LABEL_REPEALS] = { "repeals", "废止的文件" },
    [LABEL_PASSAGES] = { "passages", "条款" },
};

const char *label_name(enum label_what w)
{
    return names[w].name;
}

const char *label_title(enum label_what w)
{
    return names[w].title;
}

bool label_doubtful(const struct label *l)
{
    for (size_t i = 0; i < l->note_n; i++)
        if (l->notes[i].doubt)
            return true;
    return false;
}

void label_note_add(struct arena *a, struct label *l, enum label_what what, bool doubt,
                    struct str text)
{
    struct label_note *notes;

    if (l->note_n >= NOTES_MAX)
        return; /* nobody reads more */
    notes = ARENA_ARRAY(a, struct label_note, l->note_n + 1);
    if (l->note_n)
        memcpy(notes, l->notes, sizeof(*notes) * l->note_n);
    notes[l->note_n] = (struct label_note){ what, doubt, text };
    l->notes = notes;
    l->note_n++;
}

void label_say(struct reading_label *r, enum label_what w, bool doubt, const char *fmt, ...)
{
    char line[600];
    va_list ap;
    struct str s;

    va_start(ap, fmt);
    vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    s = str_z(line);
    s.n = utf8_floor(s, s.n);
    while (s.n && !utf8_valid(s))
        s.n--;
    label_note_add(r->a, r->out, w, doubt, arena_str(r->a, s));
}

static struct str *text_slot(struct label *l, enum label_what w)
{
    return w == LABEL_TITLE    ? &l->title
           : w == LABEL_NUMBER ? &l->document_number
                               : &l->issuing_body;
}

void label_take(struct reading_label *r, enum label_what w, struct str value, double sure,
                const char *clue)
{
    if (!value.n || r->out->sure[w] >= sure)
        return;
    *text_slot(r->out, w) = value;
    r->out->sure[w] = sure;
    r->out->clue[w] = str_z(clue);
}

void label_take_day(struct reading_label *r, enum label_what w, int32_t day, double sure,
                    struct str clue)
{
    int32_t *slot = w == LABEL_ISSUED      ? &r->out->issued_on
                    : w == LABEL_EFFECTIVE ? &r->out->effective_from
                                           : &r->out->expires_on;

    if (day == DAY_NONE || r->out->sure[w] >= sure)
        return;
    *slot = day;
    r->out->sure[w] = sure;
    r->out->clue[w] = clue;
}

struct str label_squeeze(struct arena *a, struct str s)
{
    struct buf b = BUF_INIT(64 * 1024);
    size_t at = 0;

    while (at < s.n) {
        size_t from = at;
        uint32_t cp = utf8_next(s, &at);

        if (cp > ' ' && cp != 0x3000 && cp != 0xa0)
            buf_add(&b, str_sub(s, from, at - from));
    }
    return arena_buf(a, &b);
}

struct str label_header(const struct reading_label *r, const char *const *wanted)
{
    for (size_t i = 0; i < r->p->part_n && i < HEADER_PARTS; i++) {
        struct str value = clean_part_text(r->p, i), name;

        if (r->p->parts[i].kind == CLEAN_ARTICLE || !str_has(str_sub(value, 0, 60), STR("：")))
            continue;
        name = label_squeeze(r->a, str_cut(&value, STR("：")));
        for (int k = 0; wanted[k]; k++)
            if (str_eqz(name, wanted[k]))
                return str_trim(value);
    }
    return STR("");
}

struct str label_clause_at(const struct policy_text *p, size_t i)
{
    for (size_t k = i + 1; k-- > 0;) {
        if (p->parts[k].kind == CLEAN_ARTICLE)
            return p->parts[k].label;
        if (p->parts[k].kind == CLEAN_ITEM && p->parts[k].level == 1)
            return p->parts[k].label;
        if (p->parts[k].kind == CLEAN_TITLE || p->parts[k].kind == CLEAN_ANNEX)
            break;
    }
    return STR("");
}

void label_read(struct arena *a, const struct policy_text *p, struct str file_name,
                struct label *out)
{
    struct reading_label r = { .a = a,
                               .p = p,
                               .out = out,
                               .file_name = file_name,
                               .published = DAY_NONE,
                               .printed = DAY_NONE };

    *out =
        (struct label){ .issued_on = DAY_NONE, .effective_from = DAY_NONE, .expires_on = DAY_NONE };
    for (int i = 0; i < LABEL_WHAT_COUNT; i++)
        out->clue[i] = STR("");
    out->title = out->document_number = out->issuing_body = STR("");
    label_title_read(&r, file_name);
    label_number_read(&r);
    label_body_read(&r);
    label_dates_read(&r);
    label_repeals_read(&r);
}
