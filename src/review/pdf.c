#include "review/pdf.h"

#include "crypto/sm3.h"

#include <string.h>

static const struct str begin = { "%tongban-label\n", sizeof("%tongban-label\n") - 1 };
enum { DICT_MAX = 4096 };

/* -- XMP -- */

static void escaped(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        const char *as = s.p[i] == '&'   ? "&amp;"
                         : s.p[i] == '<' ? "&lt;"
                         : s.p[i] == '>' ? "&gt;"
                         : s.p[i] == '"' ? "&quot;"
                                         : NULL;

        if (as)
            buf_addz(b, as);
        else
            buf_add(b, str_sub(s, i, 1));
    }
}

static struct str unescaped(struct arena *a, struct str s)
{
    static const char *const names[] = { "&amp;", "&lt;", "&gt;", "&quot;" };
    struct buf b = BUF_INIT(s.n + 1);

    for (size_t i = 0; i < s.n;) {
        size_t k = 0;

        while (k < 4 && !str_starts(str_from(s, i), str_z(names[k])))
            k++;
        buf_add(&b, k < 4 ? str_of(&"&<>\""[k], 1) : str_sub(s, i, 1));
        i += k < 4 ? strlen(names[k]) : 1;
    }
    return arena_buf(a, &b);
}

static const struct {
    const char *name;
    size_t at;
} tags[] = {
    { "tongban:AIGC", offsetof(struct pdf_says, aigc) },
    { "dc:description", offsetof(struct pdf_says, explicit_) },
    { "dc:rights", offsetof(struct pdf_says, visible) },
    { "tongban:mark", offsetof(struct pdf_says, mark) },
};

static struct str *field(struct pdf_says *x, size_t i)
{
    return (struct str *)(void *)((char *)x + tags[i].at);
}

static struct str xmp(struct arena *a, const struct pdf_says *says)
{
    struct buf b = BUF_INIT(1 << 20);
    struct pdf_says x = *says;

    buf_addz(&b, "<?xpacket begin=\"\xef\xbb\xbf\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
                 "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF "
                 "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">"
                 "<rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" "
                 "xmlns:tongban=\"urn:tongban:label\">\n");
    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        buf_addf(&b, "<%s>", tags[i].name);
        escaped(&b, *field(&x, i));
        buf_addf(&b, "</%s>\n", tags[i].name);
    }
    buf_addz(&b, "</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>");
    return arena_buf(a, &b);
}

static void xmp_read(struct arena *a, struct str text, struct pdf_says *out)
{
    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        struct str from = arena_printf(a, "<%s>", tags[i].name);
        struct str to = arena_printf(a, "</%s>", tags[i].name);
        size_t at = str_find(text, from), end = at == SIZE_MAX ? at : str_find_from(text, to, at);

        *field(out, i) =
            end == SIZE_MAX ? STR("") : unescaped(a, str_sub(text, at + from.n, end - at - from.n));
    }
}

/* -- the update -- */

struct trailer { /* of the file as it was drawn */
    int64_t size, root, info, xref;
    struct str catalog; /* inside its << >> */
};

/* The number after the last `key`. */
static bool number_after(struct str s, const char *key, int64_t *out)
{
    struct str k = str_z(key), digits;
    size_t at = SIZE_MAX, n = 0;

    for (size_t i = str_find(s, k); i != SIZE_MAX; i = str_find_from(s, k, i + 1))
        at = i;
    if (at == SIZE_MAX)
        return false;
    digits = str_trim(str_sub(s, at + k.n, 24));
    while (n < digits.n && digits.p[n] >= '0' && digits.p[n] <= '9')
        n++;
    return n > 0 && str_i64(str_sub(digits, 0, n), out);
}

static bool trailer_read(struct arena *a, struct str file, struct trailer *t)
{
    struct str tail = file.n > DICT_MAX ? str_from(file, file.n - DICT_MAX) : file, head, rest;
    size_t at;

    if (!str_starts(file, STR("%PDF-")) || !number_after(tail, "/Size", &t->size) ||
        !number_after(tail, "/Root", &t->root) || !number_after(tail, "/Info", &t->info) ||
        !number_after(tail, "startxref", &t->xref) || t->size < 1 || t->root < 1)
        return false;
    head = arena_printf(a, "\n%lld 0 obj\n<<", (long long)t->root);
    at = str_find(file, head);
    if (at == SIZE_MAX)
        return false;
    rest = str_sub(file, at + head.n, DICT_MAX);
    at = str_find(rest, STR("\nendobj"));
    t->catalog = at == SIZE_MAX ? STR("") : str_trim(str_sub(rest, 0, at));
    if (!str_ends(t->catalog, STR(">>")))
        return false;
    t->catalog = str_trim(str_sub(t->catalog, 0, t->catalog.n - 2));
    return true;
}

struct str pdf_label(struct arena *a, struct str drawn, const struct pdf_says *says)
{
    struct buf b = BUF_INIT(drawn.n + (2 << 20));
    struct str packet = xmp(a, says);
    size_t metadata, catalog, xref;
    struct trailer t;

    if (!trailer_read(a, drawn, &t))
        return STR("");
    buf_add(&b, drawn);
    buf_add(&b, begin);
    metadata = b.n;
    buf_addf(&b, "%lld 0 obj\n<< /Type /Metadata /Subtype /XML /Length %zu >>\nstream\n",
             (long long)t.size, packet.n);
    buf_add(&b, packet);
    buf_addz(&b, "\nendstream\nendobj\n");
    catalog = b.n;
    buf_addf(&b, "%lld 0 obj\n<< ", (long long)t.root);
    buf_add(&b, t.catalog);
    buf_addf(&b, "\n/Metadata %lld 0 R >>\nendobj\n", (long long)t.size);
    xref = b.n;
    buf_addf(&b, "xref\n%lld 1\n%010zu 00000 n \n%lld 1\n%010zu 00000 n \n", (long long)t.root,
             catalog, (long long)t.size, metadata);
    buf_addf(&b, "trailer\n<< /Size %lld /Root %lld 0 R /Info %lld 0 R /Prev %lld >>\n",
             (long long)t.size + 1, (long long)t.root, (long long)t.info, (long long)t.xref);
    buf_addf(&b, "startxref\n%zu\n%%%%EOF\n", xref);
    return arena_buf(a, &b);
}

struct str pdf_text(struct arena *a, struct str drawn, struct str visible)
{
    char hex[SM3_HEX];

    sm3_hex(drawn, hex);
    return arena_printf(a, "%s %.*s", hex, STR_FMT(visible));
}

bool pdf_split(struct arena *a, struct str file, struct str *drawn, struct pdf_says *says,
               bool *whole)
{
    size_t at = SIZE_MAX;

    *says = (struct pdf_says){ STR(""), STR(""), STR(""), STR("") };
    *whole = false;
    if (!str_starts(file, STR("%PDF-")))
        return false;
    for (size_t i = str_find(file, begin); i != SIZE_MAX; i = str_find_from(file, begin, i + 1))
        at = i;
    if (at == SIZE_MAX)
        return false;
    *drawn = str_sub(file, 0, at);
    xmp_read(a, str_from(file, at), says);
    *whole = str_eq(file, pdf_label(a, *drawn, says));
    return true;
}
