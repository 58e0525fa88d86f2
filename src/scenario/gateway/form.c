/* A multipart body (speech to text): which model it asks for; it goes on as it came, but for that
 * model's name. */
#include "http/multipart.h"
#include "scenario/gateway/inside.h"

struct form {
    struct arena *mem;
    struct buf value; /* of the field at hand */
    struct str model, stream;
    struct str field;
    bool file, has_file;
    int64_t file_bytes;
};

static enum tb_code begin(void *self, struct str field, struct str file_name, struct str media_type,
                          struct tb_err *e)
{
    struct form *f = self;

    (void)media_type;
    (void)e;
    f->field = arena_str(f->mem, field);
    f->file = file_name.p != NULL;
    f->has_file |= f->file;
    buf_reset(&f->value);
    return TB_OK;
}

static enum tb_code data(void *self, struct str bytes, struct tb_err *e)
{
    struct form *f = self;

    (void)e;
    if (f->file)
        f->file_bytes += (int64_t)bytes.n;
    else
        buf_add(&f->value, bytes);
    return TB_OK;
}

static enum tb_code end(void *self, struct tb_err *e)
{
    struct form *f = self;

    if (f->file)
        return TB_OK;
    if (f->value.over)
        return tb_fail(e, TB_TOO_LARGE, "表单里的文字过长", "field=%.*s", STR_FMT(f->field));
    if (str_eqz(f->field, "model"))
        f->model = arena_str(f->mem, buf_str(&f->value));
    else if (str_eqz(f->field, "stream"))
        f->stream = arena_str(f->mem, buf_str(&f->value));
    return TB_OK;
}

static enum tb_code check(const struct form *f, struct tb_err *e)
{
    if (!f->has_file || !f->file_bytes)
        return tb_fail(e, TB_INVALID, "请附上录音文件（字段 file）", "no file");
    if (!f->model.n || f->model.n > 200)
        return tb_fail(e, TB_INVALID, "请写明 model，可用的模型见 GET /v1/models", "model");
    if (str_eqz(f->stream, "true") || str_eqz(f->stream, "1"))
        return tb_fail(e, TB_INVALID, "语音转写不支持流式返回，请去掉 stream", "stream");
    return TB_OK;
}

enum tb_code form_read(struct call *c, struct str body, struct str media_type, struct tb_err *e)
{
    struct form f = { .mem = &c->mem, .value = BUF_INIT(64 * 1024) };
    struct multipart m;
    enum tb_code code =
        multipart_open(&m, media_type, (struct multipart_sink){ &f, begin, data, end }, e);

    if (code)
        return code;
    code = multipart_feed(&m, body, e);
    if (!code)
        code = multipart_finish(&m, e);
    multipart_close(&m);
    buf_release(&f.value);
    if (code || check(&f, e))
        return e->code;
    c->ask.model = f.model;
    c->ask.media_type = arena_str(&c->mem, media_type);
    c->ask.choices = 1;
    buf_add(&c->body, body);
    return TB_OK;
}
