#include "model/post.h"

#include <curl/curl.h>

static size_t drop(char *bytes, size_t size, size_t n, void *self)
{
    (void)bytes;
    (void)self;
    return size * n;
}

static struct curl_slist *headers_of(const struct post *p)
{
    struct curl_slist *l = curl_slist_append(NULL, "Content-Type: application/json");

    for (size_t i = 0; i < POST_HEADERS && p->headers[i]; i++)
        l = curl_slist_append(l, p->headers[i]);
    return l;
}

static enum tb_code perform(CURL *c, const struct post *p, struct tb_err *e)
{
    struct curl_slist *headers = headers_of(p);
    long status = 0;
    CURLcode r;

    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, p->body.p);
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)p->body.n);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)p->limit_ms);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, drop);
    r = curl_easy_perform(c);
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    if (r != CURLE_OK)
        return tb_fail(e, TB_UPSTREAM, "通知没有送到，稍后再试", "curl=%s", curl_easy_strerror(r));
    if (status < 200 || status > 299)
        return tb_fail(e, TB_UPSTREAM, "对方没有收下通知，稍后再试", "http=%ld", status);
    return TB_OK;
}

enum tb_code post_send(const struct post *p, struct tb_err *e)
{
    CURL *c = curl_easy_init();
    enum tb_code code;

    if (!c)
        return tb_fail(e, TB_INTERNAL, "通知没有送到，稍后再试", "curl_easy_init");
    code = egress_arm(p->egress, c, p->url, e);
    if (!code)
        code = perform(c, p, e);
    curl_easy_cleanup(c);
    return code;
}
