#include "review/sentence.h"

#include "base/utf8.h"

void sentence_begin(struct sentence_cutter *c)
{
    c->pending = (struct buf)BUF_INIT(64 * 1024);
}

void sentence_feed(struct sentence_cutter *c, struct str delta)
{
    buf_add(&c->pending, delta);
}

void sentence_end(struct sentence_cutter *c)
{
    buf_release(&c->pending);
}

static bool ends(uint32_t c)
{
    return c == 0x3002 || c == 0xff01 || c == 0xff1f || c == '!' || c == '?' || c == 0xff1b ||
           c == '\n';
}

/* "1. ", "（2）", "- ", "**", "# ", "①" at the start say nothing. */
static size_t mark_at(struct str s)
{
    size_t at = 0;

    if (str_starts(s, STR("- ")) || str_starts(s, STR("* ")) || str_starts(s, STR("**")))
        return 2;
    if (s.n && s.p[0] == '#')
        return 1;
    if (s.n >= 3 && (unsigned char)s.p[0] == 0xe2 && (unsigned char)s.p[1] == 0x91)
        return 3; /* ①…⑳ */
    while (at < s.n && s.p[at] >= '0' && s.p[at] <= '9')
        at++;
    if (at == 0 || at > 2)
        return 0;
    if (str_starts(str_from(s, at), STR(". ")))
        return at + 2;
    if (str_starts(str_from(s, at), STR("、")) || str_starts(str_from(s, at), STR("．")))
        return at + 3;
    return 0;
}

/* "回答：", "依据：", "[1]《办法》：第五条 " before what is said: the model copying the form of its
 * evidence. */
static size_t preface_at(struct str s)
{
    static const char *const words[] = { "回答：", "答：",   "依据：", "结果：",
                                         "结论：", "答案：", "因此，", "所以，" };
    size_t end;

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (str_starts(s, str_z(words[i])))
            return str_z(words[i]).n;
    if (!str_starts(s, STR("《")))
        return 0;
    end = str_find(s, STR("》："));
    return end != SIZE_MAX && end < 150 ? end + STR("》：").n : 0;
}

/* Bytes of a citation mark of the model's own, or of Markdown, in the middle of text. */
static size_t noise_at(struct str s)
{
    size_t at = 1;

    if (str_starts(s, STR("**")))
        return 2;
    if (s.n >= 3 && (unsigned char)s.p[0] == 0xe2 && (unsigned char)s.p[1] == 0x91)
        return 3;
    if (s.n < 3 || s.p[0] != '[')
        return 0;
    while (at < s.n && s.p[at] >= '0' && s.p[at] <= '9')
        at++;
    return at > 1 && at < s.n && s.p[at] == ']' ? at + 1 : 0;
}

static struct str cleaned(struct arena *a, struct str s)
{
    struct buf b = BUF_INIT(SENTENCE_MAX * 2);
    size_t n, at = 0;

    s = str_trim(s);
    while ((n = mark_at(s)) > 0 || (n = noise_at(s)) > 0 || (n = preface_at(s)) > 0)
        s = str_trim(str_from(s, n));
    while (at < s.n) {
        size_t next = at;

        n = noise_at(str_from(s, at));
        if (n) {
            at += n;
            continue;
        }
        utf8_next(s, &next);
        buf_add(&b, str_sub(s, at, next - at));
        at = next;
    }
    return str_trim(arena_buf(a, &b));
}

/* Where a sentence that will not end is cut: after its last comma, else at the limit. */
static size_t forced_cut(struct str s)
{
    size_t limit = utf8_floor(s, SENTENCE_MAX), comma = 0, at = 0;

    while (at < limit) {
        uint32_t c = utf8_next(s, &at);

        if (c == 0xff0c || c == ',')
            comma = at;
    }
    return comma ? comma : limit;
}

bool sentence_next(struct sentence_cutter *c, struct arena *a, struct str *out)
{
    struct str all = buf_str(&c->pending);
    size_t at = 0, cut = 0;

    while (at < all.n && !cut)
        if (ends(utf8_next(all, &at)))
            cut = at;
    if (!cut && all.n > SENTENCE_MAX)
        cut = forced_cut(all);
    if (!cut)
        return false;
    *out = cleaned(a, str_sub(all, 0, cut));
    buf_drop_front(&c->pending, cut);
    return out->n > 0 || sentence_next(c, a, out);
}

struct str sentence_rest(struct sentence_cutter *c, struct arena *a)
{
    struct str s = cleaned(a, buf_str(&c->pending));

    buf_reset(&c->pending);
    return s;
}
