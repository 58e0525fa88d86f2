#include "model/mail.h"

#include <curl/curl.h>
#include <string.h>
#include <time.h>

enum { LINE = 76, WORD = 39, ADDRESS_MAX = 120 }; /* WORD bytes, with "Subject: ", fill a line */

bool mail_address_ok(struct str s)
{
    size_t ats = 0;

    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if (c <= ' ' || c >= 0x7f || strchr("<>,;:\"\\()[]", c))
            return false;
        ats += c == '@';
    }
    return ats == 1 && s.n >= 3 && s.n <= ADDRESS_MAX && s.p[0] != '@' && s.p[s.n - 1] != '@';
}

/* RFC 4648, 4. */
static void base64(struct buf *b, struct str s)
{
    static const char sign[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < s.n; i += 3) {
        uint32_t v = (uint32_t)(unsigned char)s.p[i] << 16;

        v |= i + 1 < s.n ? (uint32_t)(unsigned char)s.p[i + 1] << 8 : 0;
        v |= i + 2 < s.n ? (uint32_t)(unsigned char)s.p[i + 2] : 0;
        buf_addc(b, sign[v >> 18 & 63]);
        buf_addc(b, sign[v >> 12 & 63]);
        buf_addc(b, i + 1 < s.n ? sign[v >> 6 & 63] : '=');
        buf_addc(b, i + 2 < s.n ? sign[v & 63] : '=');
    }
}

/* Encoded words of at most 75 characters, cut between characters (RFC 2047, 2 and 5). */
static void subject(struct buf *b, struct str s)
{
    buf_addz(b, "Subject:");
    while (s.n) {
        size_t n = s.n < WORD ? s.n : WORD;

        while (n < s.n && n > 0 && ((unsigned char)s.p[n] & 0xC0) == 0x80)
            n--;
        buf_addz(b, " =?UTF-8?B?");
        base64(b, str_sub(s, 0, n));
        buf_addz(b, "?=\r\n");
        s = str_from(s, n);
    }
}

static void date(struct buf *b, const struct world *w)
{
    static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    time_t at = (time_t)(world_now_ms(w) / 1000) + 8 * 3600; /* the city's zone */
    struct tm t;

    gmtime_r(&at, &t);
    buf_addf(b, "Date: %s, %02d %s %04d %02d:%02d:%02d +0800\r\n", days[t.tm_wday], t.tm_mday,
             months[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

struct str mail_message(struct arena *a, const struct mail *m, const struct world *w)
{
    struct buf b = BUF_INIT(1 << 20), body = BUF_INIT(1 << 20);
    uint64_t id[2];

    world_random(w, id, sizeof(id));
    date(&b, w);
    buf_addf(&b, "From: <%s>\r\nTo: <%s>\r\n", m->from, m->to);
    buf_addf(&b, "Message-ID: <%016llx%016llx@%s>\r\n", (unsigned long long)id[0],
             (unsigned long long)id[1], strchr(m->from, '@') + 1);
    subject(&b, m->subject);
    buf_addz(&b, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
                 "Content-Type: text/plain; charset=UTF-8\r\n"
                 "Content-Transfer-Encoding: base64\r\n\r\n");
    base64(&body, m->text);
    for (struct str rest = buf_str(&body); rest.n; rest = str_from(rest, LINE)) {
        buf_add(&b, str_sub(rest, 0, LINE));
        buf_addz(&b, "\r\n");
        if (rest.n <= LINE)
            break;
    }
    buf_release(&body);
    return arena_buf(a, &b);
}

static size_t give(char *to, size_t size, size_t n, void *self)
{
    struct str *rest = self;
    size_t k = rest->n < size * n ? rest->n : size * n;

    memcpy(to, rest->p, k);
    *rest = str_from(*rest, k);
    return k;
}

static enum tb_code perform(CURL *c, struct arena *a, const struct mail *m, struct str *message,
                            struct tb_err *e)
{
    struct curl_slist *to = curl_slist_append(NULL, arena_printf(a, "<%s>", m->to).p);
    CURLcode r;

    curl_easy_setopt(c, CURLOPT_MAIL_FROM, arena_printf(a, "<%s>", m->from).p);
    curl_easy_setopt(c, CURLOPT_MAIL_RCPT, to);
    curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(c, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(c, CURLOPT_READDATA, message);
    curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE, (curl_off_t)message->n);
    curl_easy_setopt(c, CURLOPT_USE_SSL, (long)(m->plain ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)m->limit_ms);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    if (m->ca)
        curl_easy_setopt(c, CURLOPT_CAINFO, m->ca);
    if (m->user) {
        curl_easy_setopt(c, CURLOPT_USERNAME, m->user);
        curl_easy_setopt(c, CURLOPT_PASSWORD, m->password ? m->password : "");
    }
    r = curl_easy_perform(c);
    curl_slist_free_all(to);
    return r == CURLE_OK ? TB_OK
                         : tb_fail(e, TB_UPSTREAM, "邮件没有送到，稍后再试", "smtp curl=%s",
                                   curl_easy_strerror(r));
}

enum tb_code mail_send(struct arena *a, const struct mail *m, const struct world *w,
                       struct tb_err *e)
{
    struct str message = mail_message(a, m, w);
    CURL *c = curl_easy_init();
    enum tb_code code;

    if (!c)
        return tb_fail(e, TB_INTERNAL, "邮件没有送到，稍后再试", "curl_easy_init");
    code = egress_arm(m->egress, c, m->url, e);
    if (!code)
        code = perform(c, a, m, &message, e);
    curl_easy_cleanup(c);
    return code;
}
