#include "extract/text.h"

#include "base/utf8.h"

/* ---- hard-wrapped lines ---- */

struct wrap {
    size_t width; /* columns of a full line; 0: not wrapped */
};

static size_t columns(struct str s)
{
    size_t at = 0, n = 0;

    while (at < s.n)
        n += utf8_next(s, &at) > 0x2e80 ? 2 : 1;
    return n;
}

static struct str next_line(struct str *rest)
{
    struct str line = str_cut(rest, STR("\n"));

    if (str_ends(line, STR("\r")))
        line.n--;
    return line;
}

/* Wrapped text shows a wall: many lines end within two columns of the longest one. */
static struct wrap wrap_of(struct str text)
{
    size_t counts[129] = { 0 }, lines = 0, widest = 0, full;

    for (struct str rest = text; rest.p;) {
        size_t n = columns(next_line(&rest));

        if (n == 0)
            continue;
        if (n > 128)
            return (struct wrap){ 0 };
        counts[n]++;
        lines++;
        widest = n > widest ? n : widest;
    }
    if (lines < 10 || widest < 40)
        return (struct wrap){ 0 };
    full = counts[widest] + counts[widest - 1] + counts[widest - 2];
    return (struct wrap){ full * 3 >= lines ? widest : 0 };
}

static bool wrapped_on(const struct wrap *w, struct str line)
{
    return w->width && columns(line) + 2 >= w->width && !str_ends(str_trim(line), STR("。"));
}

static bool is_indented(struct str line)
{
    return str_starts(line, STR("  ")) || str_starts(line, STR("\t")) ||
           str_starts(line, STR("　"));
}

static bool is_page_mark(struct str line)
{
    struct str s = str_trim(line);

    if (s.n < 3 || s.p[0] != '=' || s.p[s.n - 1] != '=')
        return false;
    while (s.n && s.p[0] == '=')
        s = str_from(s, 1);
    while (s.n && s.p[s.n - 1] == '=')
        s.n--;
    s = str_trim(s);
    return s.n == 0 || str_case_eq(str_sub(s, 0, 4), STR("page"));
}

void text_read_plain(struct str text, struct blocks *out)
{
    struct wrap w = wrap_of(text);
    struct buf joined = BUF_INIT(BLOCKS_TEXT_MAX);
    bool open = false;

    while (text.p) {
        struct str line = next_line(&text);

        if (open && str_trim(line).n && !is_indented(line)) {
            buf_add(&joined, line);
        } else {
            blocks_paragraph(out, buf_str(&joined));
            buf_reset(&joined);
            if (!is_page_mark(line))
                buf_add(&joined, line);
        }
        open = wrapped_on(&w, line);
    }
    blocks_paragraph(out, buf_str(&joined));
    buf_release(&joined);
}

/* ---- Markdown ---- */

struct inline_state {
    struct buf out;
    size_t link_bytes; /* of the text inside links and of addresses */
};

/* Bytes of an emphasis or code mark at i: **, ~~, ` and a single * that stands at a word. */
static size_t mark_at(struct str s, size_t i)
{
    char before = i ? s.p[i - 1] : ' ', after = i + 1 < s.n ? s.p[i + 1] : ' ';

    if (s.p[i] == '`')
        return 1;
    if ((s.p[i] == '*' || s.p[i] == '~') && after == s.p[i])
        return 2;
    return s.p[i] == '*' && (before == ' ') != (after == ' ') ? 1 : 0;
}

/* [text](address) at s: the lengths of both; false if it is no link. */
static bool link_at(struct str s, struct str *text, size_t *whole)
{
    size_t depth = 0, i = 0, end;

    for (; i < s.n; i++) {
        if (s.p[i] == '\\' && i + 1 < s.n)
            i++;
        else if (s.p[i] == '[')
            depth++;
        else if (s.p[i] == ']' && --depth == 0)
            break;
        if (i > 2000)
            return false;
    }
    if (i + 1 >= s.n || s.p[i + 1] != '(')
        return false;
    end = str_find_from(s, STR(")"), i + 2);
    if (end == SIZE_MAX || end - i > 4000)
        return false;
    *text = str_sub(s, 1, i - 1);
    *whole = end + 1;
    return true;
}

static void inline_add(struct inline_state *st, struct str s, int depth);

static size_t link_add(struct inline_state *st, struct str s, bool image, int depth)
{
    struct str text;
    size_t whole, before = st->out.n;

    if (depth > 4 || !link_at(s, &text, &whole))
        return 0;
    if (!image)
        inline_add(st, text, depth + 1);
    st->link_bytes += st->out.n - before;
    return whole;
}

/* <b>, </td>, <https://…>: a tag says nothing; "<5" and "<某某>" are text. */
static size_t tag_at(struct str s)
{
    size_t end = str_find(str_sub(s, 0, 400), STR(">"));
    char c = s.n > 1 ? s.p[1] : 0;

    if (end == SIZE_MAX ||
        !(c == '/' || c == '!' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
        return 0;
    return end + 1;
}

static void inline_add(struct inline_state *st, struct str s, int depth)
{
    for (size_t i = 0; i < s.n;) {
        struct str rest = str_from(s, i);
        size_t k = 0;

        if (s.p[i] == '\\' && i + 1 < s.n && s.p[i + 1] > ' ' && s.p[i + 1] < 'A') {
            buf_addc(&st->out, s.p[i + 1]);
            k = 2;
        } else if (s.p[i] == '!' && str_starts(rest, STR("![")))
            k = link_add(st, str_from(rest, 1), true, depth) + 1;
        else if (s.p[i] == '[')
            k = link_add(st, rest, false, depth);
        else if (s.p[i] == '<')
            k = tag_at(rest);
        else
            k = mark_at(s, i);
        if (k == 0) {
            buf_addc(&st->out, s.p[i]);
            k = 1;
        }
        i += k;
    }
}

/* The line without its inline marks; "" for navigation: nothing outside links. */
static struct str inline_text(struct arena *a, struct str line)
{
    struct inline_state st = { BUF_INIT(BLOCKS_TEXT_MAX), 0 };
    struct str s;
    bool linked;

    inline_add(&st, line, 0);
    linked = st.link_bytes > 0 && str_trim(buf_str(&st.out)).n <= st.link_bytes + 4;
    s = linked ? STR("") : arena_str(a, buf_str(&st.out));
    buf_release(&st.out);
    return s;
}

static struct str without_bullet(struct str s)
{
    s = str_trim(s);
    while (str_starts(s, STR(">")) || str_starts(s, STR("__ ")))
        s = str_trim(str_from(s, s.p[0] == '_' ? 3 : 1));
    if (s.n > 2 && (s.p[0] == '-' || s.p[0] == '*' || s.p[0] == '+') &&
        (s.p[1] == ' ' || s.p[1] == '\t'))
        s = str_trim(str_from(s, 2));
    return s;
}

static bool is_rule(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != s.p[0] && s.p[i] != ' ')
            return false;
    return s.n >= 3 && (s.p[0] == '-' || s.p[0] == '*' || s.p[0] == '_' || s.p[0] == '=');
}

static bool is_column_rule(struct str s)
{
    bool dash = false;

    for (size_t i = 0; i < s.n; i++) {
        dash |= s.p[i] == '-';
        if (s.p[i] != '-' && s.p[i] != '|' && s.p[i] != ':' && s.p[i] != ' ')
            return false;
    }
    return dash && str_has(s, STR("|"));
}

static size_t cells_of(struct arena *a, struct str line, struct str *cells)
{
    size_t n = 0, begin;

    line = str_trim(line);
    if (str_starts(line, STR("|")))
        line = str_from(line, 1);
    if (str_ends(line, STR("|")) && !str_ends(line, STR("\\|")))
        line.n--;
    begin = 0;
    for (size_t i = 0; i <= line.n && n < BLOCKS_CELLS_MAX; i++) {
        if (i < line.n && (line.p[i] != '|' || (i && line.p[i - 1] == '\\')))
            continue;
        cells[n++] = inline_text(a, str_sub(line, begin, i - begin));
        begin = i + 1;
    }
    return n;
}

struct markdown {
    struct blocks *out;
    int table;       /* number of the table being read; 0: none */
    bool fenced;     /* inside ``` */
    struct str held; /* a possible header row, until the next line decides */
};

static void row_add(struct markdown *m, struct str line, bool header)
{
    struct str cells[BLOCKS_CELLS_MAX];
    size_t n = cells_of(m->out->a, line, cells);

    blocks_row(m->out, m->table, header, cells, n);
}

static void held_flush(struct markdown *m)
{
    if (m->held.n)
        blocks_paragraph(m->out, inline_text(m->out->a, without_bullet(m->held)));
    m->held = STR("");
}

/* Lines of a pipe table; false when line is none. */
static bool table_line(struct markdown *m, struct str line)
{
    if (is_column_rule(line) && m->held.n) {
        m->table = ++m->out->tables;
        row_add(m, m->held, true);
        m->held = STR("");
        return true;
    }
    if (m->table && str_has(line, STR("|"))) {
        row_add(m, line, false);
        return true;
    }
    m->table = 0;
    held_flush(m);
    if (!str_has(line, STR("|")))
        return false;
    m->held = line;
    return true;
}

static void markdown_line(struct markdown *m, struct str line)
{
    struct str s = str_trim(line);
    size_t level = 0;

    if (str_starts(s, STR("```")) || str_starts(s, STR("~~~"))) {
        m->fenced = !m->fenced;
        return;
    }
    if (m->fenced || !table_line(m, s)) {
        while (!m->fenced && level < s.n && s.p[level] == '#')
            level++;
        if (level >= 1 && level <= 6 && level < s.n && s.p[level] == ' ')
            blocks_heading(m->out, (int)level, inline_text(m->out->a, str_from(s, level)));
        else if (!is_rule(s))
            blocks_paragraph(m->out, inline_text(m->out->a, without_bullet(s)));
    }
}

/* "---\nkey: value\n---" at the top, or the "Title: …" head of a page saved as Markdown. */
static struct str front_matter(struct str text, struct blocks *out)
{
    struct str rest = text, line = next_line(&rest);
    size_t body;

    if (str_starts(line, STR("Title: ")) &&
        (body = str_find(text, STR("\nMarkdown Content:"))) < 4000) {
        out->title = blocks_tidy(out->a, str_from(line, 7));
        return str_from(text, body + 18);
    }
    if (!str_eqz(str_trim(line), "---"))
        return text;
    for (int i = 0; i < 64 && rest.p; i++) {
        struct str value = next_line(&rest), name;

        if (str_eqz(str_trim(value), "---"))
            return rest.p ? rest : STR("");
        name = str_cut(&value, STR(":"));
        if (str_eqz(str_trim(name), "title"))
            out->title = blocks_tidy(out->a, value);
        blocks_fact(out, name, value);
    }
    return text;
}

static bool ends_page(struct str s)
{
    return str_eqz(s, "相关附件") || str_eqz(s, "相关新闻") || str_starts(s, STR("扫一扫在手机"));
}

/* A page saved as Markdown brings its navigation along: what counts lies between the headline and
 * the first line of the page's foot. */
static void trim_page(struct blocks *b)
{
    size_t begin = 0, end = b->n;

    for (size_t i = 0; i < b->n && !begin; i++)
        if (b->items[i].text.n > 12 && str_starts(b->title, b->items[i].text))
            begin = i;
    for (size_t i = b->n; i-- > begin + 1;)
        if (ends_page(b->items[i].text))
            end = i;
    for (size_t i = begin; i < end; i++)
        b->items[i - begin] = b->items[i];
    b->n = end - begin;
}

void text_read_markdown(struct str text, struct blocks *out)
{
    struct markdown m = { .out = out };
    struct str body = front_matter(text, out);
    bool page = str_starts(text, STR("Title: ")) && body.p != text.p;

    while (body.p)
        markdown_line(&m, next_line(&body));
    held_flush(&m);
    if (page)
        trim_page(out);
}
