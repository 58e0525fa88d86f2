/* multipart/form-data: whole and in small pieces must give the same, and never more than came in.
 */
#include "http/multipart.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum tb_code on_begin(void *self, struct str field, struct str file, struct str type,
                             struct tb_err *e)
{
    (void)e;
    buf_addf(self, "[%zu %zu %zu|", field.n, file.n, type.n);
    return TB_OK;
}

static enum tb_code on_data(void *self, struct str bytes, struct tb_err *e)
{
    (void)e;
    buf_add(self, bytes);
    return TB_OK;
}

static enum tb_code on_end(void *self, struct tb_err *e)
{
    (void)e;
    buf_addc(self, ']');
    return TB_OK;
}

static enum tb_code take(struct buf *out, struct str in, size_t step)
{
    struct multipart m;
    struct tb_err e = TB_ERR_INIT;
    struct multipart_sink sink = { out, on_begin, on_data, on_end };
    enum tb_code c = multipart_open(&m, STR("multipart/form-data; boundary=b"), sink, &e);

    for (size_t at = 0; at < in.n && !c; at += step)
        c = multipart_feed(&m, str_sub(in, at, step), &e);
    if (!c)
        c = multipart_finish(&m, &e);
    multipart_close(&m);
    return c;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf whole = BUF_INIT(32 << 20), cut = BUF_INIT(32 << 20);
    struct str in = str_of((const char *)data, size);
    enum tb_code a = take(&whole, in, size ? size : 1), b = take(&cut, in, 3);

    if (a != b || (!a && !str_eq(buf_str(&whole), buf_str(&cut))))
        abort();
    buf_release(&whole);
    buf_release(&cut);
    return 0;
}
