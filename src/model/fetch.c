#include "model/fetch.h"

#include <curl/curl.h>

static size_t taken(char *p, size_t size, size_t n, void *self)
{
    struct buf *b = self;

    buf_add(b, str_of(p, size * n));
    return b->over ? 0 : size * n;
}

static enum tb_code failed(const struct fetch *f, int rc, long status, struct tb_err *e)
{
    return tb_fail(e, TB_UPSTREAM, "统一认证服务连不上，请稍后再试，或者用密码登录",
                   "fetch url=%.200s rc=%d status=%ld", f->url, rc, status);
}

static enum tb_code ask(CURL *h, const struct fetch *f, struct buf *b, struct tb_err *e)
{
    long status = 0;
    CURLcode rc;

    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)FETCH_MS);
    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, taken);
    curl_easy_setopt(h, CURLOPT_WRITEDATA, b);
    if (f->ca)
        curl_easy_setopt(h, CURLOPT_CAINFO, f->ca);
    if (f->form.p) {
        curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)f->form.n);
        curl_easy_setopt(h, CURLOPT_POSTFIELDS, f->form.p);
    }
    rc = curl_easy_perform(h);
    curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
    return rc || status != 200 ? failed(f, (int)rc, status, e) : TB_OK;
}

enum tb_code fetch_text(struct arena *a, const struct fetch *f, struct str *out, struct tb_err *e)
{
    struct buf b = BUF_INIT(FETCH_MOST);
    CURL *h = curl_easy_init();
    enum tb_code c = h ? TB_OK : failed(f, 0, 0, e);

    if (!c)
        c = egress_arm(f->egress, h, f->url, e);
    if (!c)
        c = ask(h, f, &b, e);
    curl_easy_cleanup(h);
    *out = arena_buf(a, &b);
    return c;
}
