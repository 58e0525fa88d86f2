#include "review/label.h"

#include "base/json.h"
#include "base/utf8.h"
#include "crypto/sm3.h"
#include "review/pdf.h"
#include "review/watermark.h"

const struct str label_begin = { "【以下内容由人工智能生成】",
                                 sizeof("【以下内容由人工智能生成】") - 1 };
const struct str label_end = { "【人工智能生成内容结束】", sizeof("【人工智能生成内容结束】") - 1 };

static const struct {
    const char *name;
    size_t at;
} fields[] = {
    { "Label", offsetof(struct aigc, label) },
    { "ContentProducer", offsetof(struct aigc, producer) },
    { "ProduceID", offsetof(struct aigc, produce_id) },
    { "ReservedCode1", offsetof(struct aigc, reserved1) },
    { "ContentPropagator", offsetof(struct aigc, propagator) },
    { "PropagateID", offsetof(struct aigc, propagate_id) },
    { "ReservedCode2", offsetof(struct aigc, reserved2) },
};

static struct str *field(struct aigc *x, size_t i)
{
    return (struct str *)(void *)((char *)x + fields[i].at);
}

struct str label_json(struct arena *a, const struct aigc *x)
{
    struct buf b = BUF_INIT(64 * 1024);
    struct json j = JSON_INIT(&b);
    struct aigc copy = *x;

    json_obj(&j);
    json_kobj(&j, "AIGC");
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        json_kstr(&j, fields[i].name, *field(&copy, i));
    json_end(&j);
    json_end(&j);
    return arena_buf(a, &b);
}

/* ---- text as it is compared ---- */

static const struct {
    const char *name, *is;
} entities[] = {
    { "&quot;", "\"" }, { "&lt;", "<" }, { "&gt;", ">" }, { "&#39;", "'" }, { "&amp;", "&" },
};

static size_t entity(struct str s, size_t at, struct buf *out)
{
    for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
        struct str e = str_z(entities[i].name);

        if (str_starts(str_from(s, at), e)) {
            buf_addz(out, entities[i].is);
            return e.n;
        }
    }
    buf_add(out, str_sub(s, at, 1));
    return 1;
}

static struct str decoded(struct arena *a, struct str s)
{
    struct buf b = BUF_INIT(s.n + 1);

    for (size_t at = 0; at < s.n;)
        if (s.p[at] == '&') {
            at += entity(s, at, &b);
        } else {
            buf_add(&b, str_sub(s, at, 1));
            at++;
        }
    return arena_buf(a, &b);
}

static struct str without_tags(struct arena *a, struct str s)
{
    struct buf b = BUF_INIT(s.n + 1);
    bool in = false;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '<' && i + 1 < s.n && (s.p[i + 1] == '/' || (s.p[i + 1] | 32) >= 'a'))
            in = true;
        if (!in)
            buf_add(&b, str_sub(s, i, 1));
        if (s.p[i] == '>')
            in = false;
    }
    return arena_buf(a, &b);
}

/* No white space, no watermark, no quotes of CSV, no \n of JSON. */
static struct str bare(struct arena *a, struct str s)
{
    struct buf b = BUF_INIT(s.n + 1);

    for (size_t at = 0; at < s.n;) {
        size_t from = at;
        uint32_t c = utf8_next(s, &at);

        if (c <= ' ' || c == 0x3000 || c == 0xA0 || c == '"' || watermark_sign(c))
            continue;
        if (c == '\\' && at < s.n && (s.p[at] == 'n' || s.p[at] == '"')) {
            at += s.p[at] == 'n';
            continue;
        }
        buf_add(&b, str_sub(s, from, at - from));
    }
    return arena_buf(a, &b);
}

struct str label_digest(struct arena *a, struct str text)
{
    char hex[SM3_HEX];

    sm3_hex(bare(a, text), hex);
    return arena_printf(a, "SM3:%s", hex);
}

static struct str signed_text(struct arena *a, const struct aigc *x, struct str digest)
{
    return arena_printf(a, "tongban/label/1\n%.*s\n%.*s\n%.*s\n%.*s\n%.*s\n%.*s", STR_FMT(x->label),
                        STR_FMT(x->producer), STR_FMT(x->produce_id), STR_FMT(x->propagator),
                        STR_FMT(x->propagate_id), STR_FMT(digest));
}

struct str label_sign(struct arena *a, const struct sm2 *key, const struct aigc *x, struct str text)
{
    struct str digest = str_from(label_digest(a, text), 4);
    struct str signature = sm2_sign(key, a, signed_text(a, x, digest));

    return arena_printf(a, "SM2:%.*s:%.*s", STR_FMT(digest), STR_FMT(signature));
}

/* ---- reading it back ---- */

/* The object after "AIGC":, by its braces; strings may hold braces. */
static struct str object(struct str s, size_t from)
{
    int depth = 0;
    bool quoted = false;

    for (size_t i = from; i < s.n && i < from + 8192; i++) {
        if (s.p[i] == '\\' && quoted)
            i++;
        else if (s.p[i] == '"')
            quoted = !quoted;
        else if (!quoted && s.p[i] == '{')
            depth++;
        else if (!quoted && s.p[i] == '}' && --depth == 0)
            return str_sub(s, from, i + 1 - from);
    }
    return STR("");
}

static bool read_object(struct arena *a, struct str text, struct aigc *out)
{
    const struct json_value *v;
    struct tb_err e = TB_ERR_INIT;

    if (text.n == 0 || json_read(a, text, &v, &e) || json_get_str(v, "Label").n == 0)
        return false;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        *field(out, i) = json_get_str(v, fields[i].name);
    return true;
}

static bool find_plain(struct arena *a, struct str s, struct aigc *out)
{
    static const struct str key = { "\"AIGC\"", 6 };

    for (size_t at = str_find(s, key); at != SIZE_MAX; at = str_find_from(s, key, at + key.n)) {
        size_t brace = str_find_from(s, STR("{"), at);

        if (brace != SIZE_MAX && brace < at + 16 && read_object(a, object(s, brace), out))
            return true;
    }
    return false;
}

bool label_find(struct arena *a, struct str text, struct aigc *out)
{
    *out = (struct aigc){ .label = STR("") };
    return find_plain(a, text, out) || find_plain(a, decoded(a, text), out);
}

static struct str between(struct str s)
{
    size_t from = str_find(s, label_begin), to;

    if (from == SIZE_MAX)
        return STR("");
    from += label_begin.n;
    to = str_find_from(s, label_end, from);
    return to == SIZE_MAX ? STR("") : str_sub(s, from, to - from);
}

/* Whose it is, and the digest that was signed or only written down; "" none. */
static enum label_origin origin_of(struct arena *a, const struct aigc *x,
                                   const struct sm2_keys *keys, struct str *digest)
{
    struct str rest = x->reserved1;

    *digest = STR("");
    if (str_starts(rest, STR("SM3:")))
        *digest = str_from(rest, 4);
    if (!str_starts(rest, STR("SM2:")))
        return LABEL_UNSIGNED;
    rest = str_from(rest, 4);
    *digest = str_cut(&rest, STR(":"));
    if (!keys || !keys->n)
        return LABEL_UNCHECKED;
    return sm2_verify_any(keys, signed_text(a, x, *digest), rest) ? LABEL_OURS : LABEL_FOREIGN;
}

/* A PDF of ours: its pages were drawn from what was signed, byte for byte. */
static bool look_at_pdf(struct arena *a, struct str file, const struct sm2_keys *keys,
                        struct label_report *out)
{
    struct str drawn, digest;
    struct pdf_says says;
    bool whole;

    if (!pdf_split(a, file, &drawn, &says, &whole))
        return false;
    out->explicit_mark = says.explicit_.n > 0;
    out->implicit = label_find(a, says.aigc, &out->aigc);
    if (out->implicit) {
        out->origin = origin_of(a, &out->aigc, keys, &digest);
        out->digest_known = digest.n > 0;
        out->digest_right =
            whole && str_eq(str_from(label_digest(a, pdf_text(a, drawn, says.visible)), 4), digest);
    }
    out->watermark_copies = watermark_read(a, says.mark, &out->watermark, &out->broken_watermark);
    return true;
}

void label_look(struct arena *a, struct str text, const struct sm2_keys *keys,
                struct label_report *out)
{
    struct str plain, inside, digest = STR("");

    *out = (struct label_report){ .watermark = STR("") };
    if (look_at_pdf(a, text, keys, out))
        return;
    plain = decoded(a, without_tags(a, text));
    inside = between(plain);
    out->explicit_mark = str_has(plain, label_begin) || str_has(plain, STR("AI 生成"));
    out->implicit = label_find(a, text, &out->aigc);
    if (out->implicit)
        out->origin = origin_of(a, &out->aigc, keys, &digest);
    out->digest_known = digest.n > 0;
    out->digest_right =
        digest.n && inside.n && str_eq(str_from(label_digest(a, inside), 4), digest);
    out->watermark_copies = watermark_read(a, plain, &out->watermark, &out->broken_watermark);
}
