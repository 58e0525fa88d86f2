#include "guard/speech.h"
#include "guard/forbid.h"
#include "guard/mask_int.h"
#include "guard/speech_view.h"

#include "base/json.h"
#include "base/utf8.h"

#include <assert.h>
#include <string.h>

enum { AFTER_ALNUM = 1, IN_QUOTES = 2 }; /* speech_lane.at */
/* Held back at most: what may be a forbidden word, behind it what may be a number, a blank after
 * it, and an escape of JSON in JSON cut in two (two units of seven bytes, less one). */
enum { NUMBER_SPAN = 112, GAP_SPAN = 7, ESCAPE_SPAN = 13 };
static_assert((int)FORBID_SPAN + (int)NUMBER_SPAN + (int)GAP_SPAN + (int)ESCAPE_SPAN <=
                  (int)GUARD_HOLD_MAX,
              "the promise of the header");

enum tb_code speech_in(struct speech *s, struct str in, struct str *out, struct str *kind,
                       struct tb_err *e)
{
    struct forbid_hit hit;
    struct speech_view v;
    enum tb_code c;

    speech_view_open(in, &v);
    if (forbid_find(s->forbid, FORBID_IN, v.text, &hit)) {
        *kind = hit.kind;
        c = tb_fail(e, TB_FORBIDDEN,
                    "这段内容里有不能处理的词，请删去后再试；若是误拦，请告诉管理员",
                    "guard=forbidden way=in kind=%.*s", STR_FMT(hit.kind));
    } else {
        c = mask_view(s->mem, &s->mask, &v, in, out, e);
    }
    speech_view_release(&v);
    return c;
}

/* The next thing in the text that is not said as it stands. */
struct cut {
    enum { CUT_NONE, CUT_OPEN, CUT_TOKEN, CUT_NUMBER } what;
    size_t from, to;
    struct str say;
};

/* One call of speech_out. */
struct outlet {
    struct speech *s;
    struct speech_view v;
    struct str raw;
    struct buf *out;
    bool end, in_json, quoted, after_alnum;
    size_t said; /* of raw */
};

static size_t width(const struct outlet *o, size_t from, size_t to)
{
    return speech_view_raw(&o->v, to) - speech_view_raw(&o->v, from);
}

/* Is a token at `at`, or the beginning of one that the text does not hold whole? */
static void token_at(const struct outlet *o, size_t at, struct cut *c)
{
    const struct mask *m = &o->s->mask;
    struct str rest = str_from(o->v.text, at);
    const struct mask_item *it = mask_token_at(m, rest);

    if (it)
        *c = (struct cut){ CUT_TOKEN, at, at + it->token.n, it->value };
    for (size_t i = 0; i < m->n && !it && !o->end && rest.n < MASK_TOKEN_MAX; i++) {
        struct str token = m->items[i].token;

        if (rest.n < token.n && memcmp(rest.p, token.p, rest.n) == 0) {
            *c = (struct cut){ .what = CUT_OPEN, .from = at };
            return;
        }
    }
}

/* What stands for a number that the engine made up; "": the number may be said. */
static struct str made_up(const struct outlet *o, const char *kind, struct str value)
{
    static const char *const kinds[][2] = { { MASK_ID, "〔身份证号已隐去〕" },
                                            { MASK_MOBILE, "〔手机号已隐去〕" },
                                            { MASK_BANK_CARD, "〔银行卡号已隐去〕" },
                                            { MASK_PASSPORT, "〔护照号已隐去〕" } };

    if (mask_value(&o->s->mask, value))
        return STR("");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i][0], kind) == 0)
            return str_z(kinds[i][1]);
    return STR("");
}

/* Can more digits make a number of it that is not said? */
static bool may_become(const struct mask_run *r)
{
    size_t digits = 0, head = r->n < 2 ? r->n : 2;
    char first = r->digits[0];

    while (digits < r->n && r->digits[digits] >= '0' && r->digits[digits] <= '9')
        digits++;
    if (first == 'E' || first == 'G')
        return r->n <= 9 && strspn(r->digits + head, "0123456789") == r->n - head;
    if (first == '0')
        return false;
    return (digits == r->n && r->n < MASK_RUN) ||
           (digits == 17 && r->n == 18 && r->digits[17] == 'X');
}

static void number_at(const struct outlet *o, size_t at, struct cut *c)
{
    struct mask_run r;
    const char *kind;
    struct str say;

    mask_run_read(o->v.text, at, MASK_RUN, &r);
    if (r.n == 0)
        return;
    if (r.open && !o->end) {
        if (may_become(&r) && width(o, at, r.ends[r.n - 1]) <= NUMBER_SPAN)
            *c = (struct cut){ .what = CUT_OPEN, .from = at };
        return;
    }
    kind = mask_run_kind(&r);
    if (!kind || width(o, at, r.ends[r.n - 1]) > NUMBER_SPAN)
        return;
    say = made_up(o, kind, str_sub(o->v.text, at, r.ends[r.n - 1] - at));
    if (say.n)
        *c = (struct cut){ CUT_NUMBER, at, r.ends[r.n - 1], say };
}

static bool alnum_before(const struct outlet *o, size_t at)
{
    struct str s = o->v.text;
    size_t from = at;
    uint32_t c;

    if (at == 0)
        return o->after_alnum;
    do
        from--;
    while (from > 0 && ((unsigned char)s.p[from] & 0xc0) == 0x80);
    c = utf8_next(s, &from);
    c = c >= 0xff01 && c <= 0xff5e ? c - 0xfee0 : c;
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Does something begin with this byte that is not said? Chinese text has few such bytes. */
static const bool hot[256] = {
    ['1'] = true, ['2'] = true, ['3'] = true, ['4'] = true,  ['5'] = true,
    ['6'] = true, ['7'] = true, ['8'] = true, ['9'] = true,  ['E'] = true,
    ['e'] = true, ['G'] = true, ['g'] = true, [0xe3] = true, [0xef] = true, /* 〔 and full width */
};

static bool begins_token(struct str s, size_t at)
{
    return str_starts(str_from(s, at), STR("〔"));
}

static bool begins_number(struct str s, size_t at)
{
    uint32_t c = utf8_next(s, &at);

    if (c >= 0xff01 && c <= 0xff5e)
        c -= 0xfee0;
    return c < 0x80 && hot[c];
}

static struct cut next_cut(const struct outlet *o, size_t at)
{
    struct str s = o->v.text;
    struct cut c = { .what = CUT_NONE, .from = s.n };

    for (; at < s.n; at++) {
        unsigned char b = (unsigned char)s.p[at];

        if (!hot[b])
            continue;
        if (b == 0xe3 && begins_token(s, at))
            token_at(o, at, &c);
        else if (b != 0xe3 && begins_number(s, at) && !alnum_before(o, at))
            number_at(o, at, &c);
        if (c.what != CUT_NONE)
            break;
    }
    return c;
}

/* Everything before byte `to` of what came is said. */
static void say_until(struct outlet *o, size_t to)
{
    struct str s = str_sub(o->raw, o->said, to - o->said);

    if (o->in_json)
        o->quoted = speech_view_quoted(s, o->quoted);
    buf_add(o->out, s);
    o->said = to;
}

static void say_escaped(struct buf *out, struct str value)
{
    struct buf b = BUF_INIT(value.n * 6 + 2);
    struct json j = JSON_INIT(&b);

    json_str(&j, value);
    buf_add(out, str_sub(buf_str(&b), 1, b.n - 2));
    buf_release(&b);
}

static void say_cut(struct outlet *o, const struct cut *c)
{
    bool bare = o->in_json && !o->quoted && c->what == CUT_NUMBER;

    if (bare)
        buf_addc(o->out, '"');
    if (o->in_json)
        say_escaped(o->out, c->say);
    else
        buf_add(o->out, c->say);
    if (bare)
        buf_addc(o->out, '"');
    o->said = speech_view_raw(&o->v, c->to);
}

/* Says what may be said; *hold: of the view, where what is kept back begins. true: forbidden. */
static bool say(struct outlet *o, struct forbid_scan *z, size_t *hold)
{
    struct cut c = { .what = CUT_NONE };

    for (size_t at = 0;; at = c.to) {
        bool last;

        c = next_cut(o, at);
        last = c.what == CUT_NONE || c.what == CUT_OPEN;
        if (forbid_feed(z, o->v.text, at, c.from) || ((!last || o->end) && forbid_end(z))) {
            say_until(o, speech_view_raw(&o->v, z->hit.from));
            return true;
        }
        *hold = forbid_hold(z, c.from);
        say_until(o, speech_view_raw(&o->v, *hold));
        if (last)
            return false;
        say_cut(o, &c);
    }
}

static enum tb_code refuse(const struct forbid_hit *hit, struct str *kind, struct tb_err *e)
{
    *kind = hit->kind;
    return tb_fail(e, TB_FORBIDDEN, "回答里出现了不能提供的内容，已停止，请换个问法",
                   "guard=forbidden way=out kind=%.*s", STR_FMT(hit->kind));
}

/* What is left of the delta, after what was held before it, is held. */
static void keep(struct speech_lane *l, const struct outlet *o)
{
    if (l->held.n) {
        buf_drop_front(&l->held, o->said);
        return;
    }
    l->held.max = GUARD_HOLD_MAX + 1;
    buf_add(&l->held, str_from(o->raw, o->said));
}

enum tb_code speech_out(struct speech *s, struct speech_lane *l, struct str delta, bool end,
                        bool in_json, struct buf *out, struct str *kind, struct tb_err *e)
{
    struct outlet o = { .s = s, .out = out, .end = end, .in_json = in_json, .raw = delta };
    struct forbid_scan z;
    size_t hold = 0;
    bool bad;

    if (l->held.n) {
        l->held.max = l->held.n + delta.n + 1;
        buf_add(&l->held, delta);
        o.raw = buf_str(&l->held);
    }
    o.quoted = l->at & IN_QUOTES;
    o.after_alnum = l->at & AFTER_ALNUM;
    speech_view_open(o.raw, &o.v);
    forbid_begin(&z, s->forbid, FORBID_OUT, o.v.raw);
    bad = say(&o, &z, &hold);
    if (end && !bad)
        say_until(&o, o.raw.n);
    o.after_alnum = alnum_before(&o, hold);
    l->at = (o.after_alnum ? AFTER_ALNUM : 0U) | (o.quoted ? IN_QUOTES : 0U);
    if (bad)
        buf_reset(&l->held);
    else
        keep(l, &o);
    speech_view_release(&o.v);
    return bad ? refuse(&z.hit, kind, e) : TB_OK;
}

void speech_lane_release(struct speech_lane *l)
{
    buf_release(&l->held);
    l->at = 0;
}
