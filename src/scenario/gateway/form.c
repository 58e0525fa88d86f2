/* A multipart body (speech to text): which model it asks for; it goes on as it came, but for that
 * model's name. */
#include "http/multipart.h"
#include "scenario/gateway/inside.h"

struct form {
    struct call *c;
    struct arena *mem;
    struct buf value; /* of the field at hand */
    struct str model, stream;
    struct str field;
    struct str file_name; /* when it must not go on: somebody's number or name stands in it */
    bool file, has_file;
    int64_t file_bytes;
};

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

/* The model reads the words beside the recording too. The form goes on as it came, so what would
 * have to be changed in it is refused. */
static enum tb_code judge(struct form *f, struct str text, struct tb_err *e)
{
    struct str out = text, kind = STR_NONE;
    struct call *c = f->c;

    if (speech_in(&c->speech, text, &out, &kind, e)) {
        c->blocked_kind = kind;
        c->blocked = e->code == TB_FORBIDDEN;
        return e->code;
    }
    if (out.p != text.p || out.n != text.n)
        return tb_fail(e, TB_INVALID, "录音之外的文字里有个人信息，请去掉后再试", "field=%.*s",
                       STR_FMT(f->field));
    return TB_OK;
}

/* What a recording is called: 张伟13812345678.wav. */
static enum tb_code judge_name(struct form *f, struct str name, struct tb_err *e)
{
    struct str out = name, kind = STR_NONE;
    struct call *c = f->c;

    if (speech_in(&c->speech, name, &out, &kind, e)) {
        c->blocked_kind = kind;
        c->blocked = e->code == TB_FORBIDDEN;
    }
    if (out.p != name.p || out.n != name.n)
        f->file_name = arena_str(f->mem, name);
    return e->code;
}

static enum tb_code begin(void *self, struct str field, struct str file_name, struct str media_type,
                          struct tb_err *e)
{
    struct form *f = self;

    (void)media_type;
    f->field = arena_str(f->mem, field);
    f->file = file_name.p != NULL;
    f->has_file |= f->file;
    buf_reset(&f->value);
    return f->file ? judge_name(f, file_name, e) : TB_OK;
}

static enum tb_code end(void *self, struct tb_err *e)
{
    struct form *f = self;

    if (f->file)
        return TB_OK;
    if (f->value.over)
        return tb_fail(e, TB_TOO_LARGE, "表单里的文字过长", "field=%.*s", STR_FMT(f->field));
    if (str_eqz(f->field, "model") && f->model.p)
        return tb_fail(e, TB_INVALID, "model 只能写一次", "model twice");
    if (judge(f, buf_str(&f->value), e))
        return e->code;
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

/* The body with another name for the recording, of which an engine needs the ending at most. */
static enum tb_code rename_file(struct form *f, struct str body, struct buf *out, struct tb_err *e)
{
    struct str quoted = arena_printf(f->mem, "filename=\"%.*s\"", STR_FMT(f->file_name));
    size_t at = f->file_name.n ? str_find(body, quoted) : SIZE_MAX, dot = f->file_name.n;

    if (!f->file_name.n) {
        buf_add(out, body);
        return TB_OK;
    }
    if (at == SIZE_MAX)
        return tb_fail(e, TB_INVALID, "录音的文件名里有个人信息，请改名后再试",
                       "personal filename");
    while (dot > 0 && f->file_name.p[dot - 1] != '.' && f->file_name.n - dot < 5)
        dot--;
    buf_add(out, str_sub(body, 0, at));
    buf_addz(out, "filename=\"audio.");
    buf_add(out,
            dot > 0 && f->file_name.p[dot - 1] == '.' ? str_from(f->file_name, dot) : STR("wav"));
    buf_add(out, STR("\""));
    buf_add(out, str_from(body, at + quoted.n));
    return TB_OK;
}

enum tb_code form_read(struct call *c, struct str body, struct str media_type, struct tb_err *e)
{
    struct form f = { .c = c, .mem = &c->mem, .value = BUF_INIT(64 * 1024) };
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
    c->ask.model = c->ask.written = f.model;
    c->ask.media_type = arena_str(&c->mem, media_type);
    c->ask.choices = 1;
    return rename_file(&f, body, &c->body, e);
}

/* Where in the body the model's name stands; STR_NONE when it is not found where it should be. */
static struct str name_in(struct str body, struct str model)
{
    size_t at = str_find(body, STR("name=\"model\""));
    size_t value = at == SIZE_MAX ? SIZE_MAX : str_find_from(body, STR("\r\n\r\n"), at);
    struct str there = value == SIZE_MAX ? STR_NONE : str_sub(body, value + 4, model.n);

    return str_eq(there, model) ? there : STR_NONE;
}

void form_write(struct call *c)
{
    struct str body = buf_str(&c->body), to = str_z(c->ticket.place.model);
    struct str there = name_in(body, c->ask.written);
    struct buf b = BUF_INIT((size_t)c->kind->route->body_max + sizeof(c->ticket.place.model));

    if (!there.p || str_eq(c->ask.written, to) || !to.n)
        return;
    buf_add(&b, str_sub(body, 0, (size_t)(there.p - body.p)));
    buf_add(&b, to);
    buf_add(&b, str_from(body, (size_t)(there.p - body.p) + there.n));
    buf_release(&c->body);
    c->body = b;
    c->ask.written = arena_str(&c->mem, to);
}
