/* The parts of an upload on their way to temporary files. Runs on a worker; the loop only collects
 * pieces. */
#include "base/alloc.h"
#include "base/fs.h"
#include "http/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct upload_reader {
    struct multipart parser;
    struct exchange *x;
    size_t cap;
    int fd;
};

static enum tb_code disk(struct tb_err *e, const char *what, const char *path)
{
    const char *say = errno == ENOSPC || errno == EDQUOT || errno == EFBIG
                          ? "服务器磁盘空间不足，文件没有收下，请联系管理员"
                          : "服务器暂时不能保存文件，请稍后再试";

    return tb_fail(e, TB_STORE, say, "upload=%s errno=%d path=%s", what, errno, path);
}

static enum tb_code part_begin(void *self, struct str field, struct str file_name,
                               struct str media_type, struct tb_err *e)
{
    struct upload_reader *u = self;
    struct request *q = &u->x->request;
    struct arena *a = &u->x->talk.mem;
    const struct services *at = u->x->server->o.at;
    struct upload *f;

    q->files = arena_grow(a, q->files, q->file_count, &u->cap, sizeof(*q->files));
    f = &q->files[q->file_count];
    *f = (struct upload){ .field = arena_str(a, field),
                          .file_name = arena_str(a, file_name),
                          .media_type = arena_str(a, media_type) };
    f->path = arena_printf(a, "%s/tmp/upload-%s-%zu", at && at->data_dir ? at->data_dir : "/tmp",
                           u->x->talk.request_id, q->file_count)
                  .p;
    u->fd = open(f->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (u->fd < 0)
        return disk(e, "open", f->path);
    q->file_count++;
    return TB_OK;
}

static enum tb_code part_data(void *self, struct str bytes, struct tb_err *e)
{
    struct upload_reader *u = self;
    struct upload *f = &u->x->request.files[u->x->request.file_count - 1];

    while (bytes.n) {
        ssize_t n = write(u->fd, bytes.p, bytes.n);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return disk(e, "write", f->path);
        f->bytes += n;
        bytes = str_from(bytes, (size_t)n);
    }
    return TB_OK;
}

static enum tb_code part_end(void *self, struct tb_err *e)
{
    struct upload_reader *u = self;
    int rc = close(u->fd);

    u->fd = -1;
    return rc ? disk(e, "close", "") : TB_OK;
}

static void clean_up(void *what)
{
    struct upload_reader *u = what;
    struct request *q = &u->x->request;

    if (u->fd >= 0)
        close(u->fd);
    multipart_close(&u->parser);
    for (size_t i = 0; i < q->file_count; i++)
        unlink(q->files[i].path);
}

enum tb_code upload_open(struct exchange *x, struct tb_err *e)
{
    struct upload_reader *u = ARENA_NEW(&x->talk.mem, struct upload_reader);
    struct multipart_sink sink = { u, part_begin, part_data, part_end };

    u->x = x;
    u->fd = -1;
    if (multipart_open(&u->parser, request_header(&x->request, "content-type"), sink, e))
        return e->code;
    x->parts = u;
    arena_defer(&x->talk.mem, clean_up, u);
    return TB_OK;
}

enum tb_code upload_feed(struct exchange *x, struct str bytes, struct tb_err *e)
{
    return multipart_feed(&x->parts->parser, bytes, e);
}

enum tb_code upload_finish(struct exchange *x, struct tb_err *e)
{
    return multipart_finish(&x->parts->parser, e);
}
