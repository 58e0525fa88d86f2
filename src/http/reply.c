#include "http/reply.h"

#include "http/head.h"
#include "http/inside.h"
#include "http/status.h"

#include <assert.h>
#include <string.h>
#include <time.h>

/* Scripts, styles and pictures come from this server only, none stands in a page. */
#define PAGE_POLICY                                                                                \
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "              \
    "font-src 'self'; connect-src 'self'; media-src 'self'; object-src 'none'; "                   \
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
#define DATA_POLICY "default-src 'none'; frame-ancestors 'none'; sandbox"

static const char same_for_all[] =
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Permissions-Policy: camera=(), microphone=(), geolocation=(), payment=(), usb=()\r\n";

void reply_header(struct reply *r, const char *name, struct str value)
{
    assert(head_is_token(str_z(name)));
    assert(r->header_count < sizeof(r->headers) / sizeof(r->headers[0]));
    for (size_t i = 0; i < value.n; i++)
        assert((unsigned char)value.p[i] >= ' ' && value.p[i] != 0x7f);
    r->headers[r->header_count++] =
        (struct reply_header){ name, r->mem ? arena_str(r->mem, value) : value };
}

void reply_cookie(struct reply *r, const char *name, struct str value, int64_t max_age_s,
                  bool http_only)
{
    assert(head_is_token(str_z(name)) && (value.n == 0 || head_is_token(value)));
    reply_header(r, "Set-Cookie",
                 arena_printf(r->mem, "%s=%.*s; Path=/; Max-Age=%lld; SameSite=Strict%s", name,
                              STR_FMT(value), (long long)max_age_s, http_only ? "; HttpOnly" : ""));
}

void reply_items(struct reply *r)
{
    json_obj(&r->json);
    json_karr(&r->json, "items");
}

void reply_total(struct reply *r, int64_t total)
{
    json_end(&r->json);
    json_kint(&r->json, "total", total);
    json_end(&r->json);
}

void reply_file(struct reply *r, const char *path, const char *media_type, struct str download_name)
{
    struct buf b = BUF_INIT(4096);
    struct str dot = STR("");

    for (size_t i = download_name.n; i > 0 && download_name.n - i < 8; i--)
        if (download_name.p[i - 1] == '.')
            dot = str_from(download_name, i - 1);
    buf_addz(&b, "attachment; filename=\"download");
    for (size_t i = 1; i < dot.n; i++) {
        char c = (char)(dot.p[i] | 32);

        if ((c >= 'a' && c <= 'z') || (dot.p[i] >= '0' && dot.p[i] <= '9')) {
            if (i == 1)
                buf_addc(&b, '.');
            buf_addc(&b, dot.p[i]);
        }
    }
    buf_addz(&b, "\"; filename*=UTF-8''");
    buf_add_percent(&b, str_sub(download_name, 0, 600));
    reply_header(r, "Content-Disposition", arena_buf(r->mem, &b));
    r->file = arena_z(r->mem, str_z(path));
    r->content_type = media_type;
}

static bool has(const struct reply *r, const char *name)
{
    for (size_t i = 0; i < r->header_count; i++)
        if (str_case_eq(str_z(r->headers[i].name), str_z(name)))
            return true;
    return false;
}

int64_t reply_retry_after(const struct reply *r)
{
    int64_t s;

    for (size_t i = 0; i < r->header_count; i++)
        if (str_case_eq(str_z(r->headers[i].name), STR("retry-after")) &&
            str_i64(r->headers[i].value, &s))
            return s;
    return 0;
}

static void add_date(struct buf *out)
{
    time_t now = (time_t)(world_now_ms(world_real()) / 1000);
    char text[40];
    struct tm tm;

    gmtime_r(&now, &tm);
    strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm);
    buf_addf(out, "Date: %s\r\n", text);
}

static void add_own(struct buf *out, const struct reply *r, bool https)
{
    for (size_t i = 0; i < r->header_count; i++) {
        const struct reply_header *h = &r->headers[i];
        bool cookie = str_case_eq(str_z(h->name), STR("set-cookie"));

        buf_addz(out, h->name);
        buf_addz(out, ": ");
        buf_add(out, h->value);
        buf_addz(out, cookie && https ? "; Secure\r\n" : "\r\n");
    }
}

void reply_head(struct buf *out, const struct reply *r, const struct reply_frame *f)
{
    const char *type = r->content_type ? r->content_type : "application/json; charset=utf-8";
    bool page = strncmp(type, "text/html", 9) == 0 && !r->file;

    buf_addf(out, "HTTP/1.1 %d %s\r\n", f->status, status_text(f->status));
    add_date(out);
    if (f->body_n > 0 || f->body_n < 0)
        buf_addf(out, "Content-Type: %s\r\n", type);
    if (f->body_n >= 0 && f->status != 204 && f->status != 304)
        buf_addf(out, "Content-Length: %lld\r\n", (long long)f->body_n);
    else if (f->body_n < 0 && f->minor == 1)
        buf_addz(out, "Transfer-Encoding: chunked\r\n");
    if (!f->keep_alive || (f->body_n < 0 && f->minor == 0))
        buf_addz(out, "Connection: close\r\n");
    else if (f->minor == 0)
        buf_addz(out, "Connection: keep-alive\r\n");
    buf_addf(out, "X-Request-Id: %s\r\n", f->request_id);
    if (!has(r, "cache-control"))
        buf_addz(out, "Cache-Control: no-store\r\n");
    if (!has(r, "content-security-policy"))
        buf_addf(out, "Content-Security-Policy: %s\r\n", page ? PAGE_POLICY : DATA_POLICY);
    buf_addz(out, same_for_all);
    add_own(out, r, f->https);
    buf_addz(out, "\r\n");
}
