#include "extract/unpack.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/utf8.h"
#include "extract/kind.h"
#include "extract/tar.h"
#include "extract/zip.h"

#include <lzma.h>
#include <string.h>
#include <zlib.h>

enum { IN_BYTES = 64 * 1024, LZMA_MEMORY = 192 * 1024 * 1024 };

struct unpack {
    struct arena *a;
    const struct unpack_io *io;
    struct tb_err why; /* why a read failed, when it is not the end */
    enum kind kind;
    unsigned char in[IN_BYTES]; /* packed bytes not yet used */
    size_t in_at, in_n;
    uint64_t packed, unpacked;
    size_t members;
    z_stream gz;
    lzma_stream xz;
};

/* ---- packed bytes in ---- */

static bool refill(struct unpack *u)
{
    u->in_at = 0;
    if (!u->io->read(u->io->self, (char *)u->in, IN_BYTES, &u->in_n)) {
        tb_fail(&u->why, TB_STORE, "读文件失败，请检查磁盘后再试", "read");
        return false;
    }
    u->packed += u->in_n;
    if (u->packed > UNPACK_ARCHIVE_MAX) {
        tb_fail(&u->why, TB_TOO_LARGE, "压缩包太大（上限 256 MB），请拆成几个再导入", "packed");
        return false;
    }
    return true;
}

static bool gz_read(struct unpack *u, char *to, size_t n, size_t *got)
{
    u->gz.next_out = (unsigned char *)to;
    u->gz.avail_out = (unsigned)n;
    while (u->gz.avail_out) {
        int rc;

        if (u->in_at == u->in_n && !refill(u))
            return false;
        u->gz.next_in = u->in + u->in_at;
        u->gz.avail_in = (unsigned)(u->in_n - u->in_at);
        rc = inflate(&u->gz, Z_NO_FLUSH);
        u->in_at = u->in_n - u->gz.avail_in;
        if (rc == Z_STREAM_END || (rc == Z_BUF_ERROR && u->in_n == 0))
            break;
        if (rc != Z_OK && rc != Z_BUF_ERROR)
            return false;
    }
    *got = n - u->gz.avail_out;
    return true;
}

static bool xz_read(struct unpack *u, char *to, size_t n, size_t *got)
{
    u->xz.next_out = (uint8_t *)to;
    u->xz.avail_out = n;
    while (u->xz.avail_out) {
        lzma_ret rc;

        if (u->in_at == u->in_n && !refill(u))
            return false;
        u->xz.next_in = u->in + u->in_at;
        u->xz.avail_in = u->in_n - u->in_at;
        rc = lzma_code(&u->xz, u->in_n ? LZMA_RUN : LZMA_FINISH);
        u->in_at = u->in_n - u->xz.avail_in;
        if (rc == LZMA_STREAM_END)
            break;
        if (rc != LZMA_OK)
            return false;
    }
    *got = n - u->xz.avail_out;
    return true;
}

static bool plain_read(struct unpack *u, char *to, size_t n, size_t *got)
{
    if (u->in_at == u->in_n && !refill(u))
        return false;
    *got = u->in_n - u->in_at < n ? u->in_n - u->in_at : n;
    memcpy(to, u->in + u->in_at, *got);
    u->in_at += *got;
    return true;
}

/* Exactly n unpacked bytes, for the tar reader. */
static bool exact_read(void *self, char *to, size_t n)
{
    struct unpack *u = self;

    u->unpacked += n;
    if (u->unpacked > UNPACK_TOTAL_MAX) {
        tb_fail(&u->why, TB_TOO_LARGE, "压缩包解开后太大（上限 1 GB），疑似压缩炸弹，已停止",
                "unpacked");
        return false;
    }
    while (n > 0) {
        size_t got = 0;
        bool ok = u->kind == KIND_GZIP ? gz_read(u, to, n, &got)
                  : u->kind == KIND_XZ ? xz_read(u, to, n, &got)
                                       : plain_read(u, to, n, &got);

        if (!ok || got == 0)
            return false;
        to += got;
        n -= got;
    }
    return true;
}

/* ---- members out ---- */

static enum tb_code send(struct unpack *u, struct str s, struct tb_err *e)
{
    if (u->io->write(u->io->self, s))
        return TB_OK;
    return tb_fail(e, TB_CANCELLED, "导入已停止", "unpack write");
}

static struct str base_name(struct str name)
{
    for (size_t i = name.n; i > 0; i--)
        if (name.p[i - 1] == '/')
            return str_from(name, i);
    return name;
}

/* Why a member is not wanted; NULL when it is. */
static const char *unwanted(struct str name, uint64_t size)
{
    if (zipped_name_bad(name))
        return "压缩包里的文件名指向包外，已拒绝";
    if (str_starts(base_name(name), STR(".")) || str_starts(name, STR("__MACOSX/")) ||
        str_eqz(base_name(name), "Thumbs.db"))
        return "系统文件，不导入";
    if (size > UNPACK_MEMBER_MAX)
        return "文件太大（上限 64 MB）";
    return size == 0 ? "文件是空的" : NULL;
}

static struct str name_text(struct unpack *u, struct str raw)
{
    struct tb_err e = TB_ERR_INIT;
    struct str s;

    if (utf8_valid(raw))
        return raw;
    return utf8_from_any(u->a, raw, &s, &e) ? STR("?") : s;
}

static enum tb_code send_head(struct unpack *u, struct str name, uint64_t size, const char *why,
                              struct tb_err *e)
{
    struct buf b = BUF_INIT(64 * 1024);
    struct json j = JSON_INIT(&b);
    enum tb_code c;

    json_obj(&j);
    json_kstr(&j, "name", name_text(u, name));
    if (why)
        json_kstr(&j, "skip", str_z(why));
    else
        json_kint(&j, "bytes", (int64_t)size);
    json_end(&j);
    buf_addc(&b, '\n');
    c = send(u, buf_str(&b), e);
    buf_release(&b);
    return c;
}

static enum tb_code file_begin(void *self, struct str name, uint64_t size, bool *want,
                               struct tb_err *e)
{
    struct unpack *u = self;
    const char *why = unwanted(name, size);

    if (++u->members > UNPACK_MEMBERS_MAX)
        return tb_fail(e, TB_TOO_LARGE, "压缩包里的文件太多（上限 2 万个）", "members=%zu",
                       u->members);
    *want = !why;
    return send_head(u, name, size, why, e);
}

static enum tb_code file_bytes(void *self, struct str part, struct tb_err *e)
{
    return send(self, part, e);
}

static enum tb_code tar_send(struct unpack *u, struct tb_err *e)
{
    const struct tar_io io = { u, exact_read, file_begin, file_bytes };

    if (!tar_read(&io, e))
        return TB_OK;
    if (u->why.code) /* it was not the archive that ended early */
        *e = u->why;
    return e->code;
}

/* ---- the kinds ---- */

static enum tb_code gz_send(struct unpack *u, struct tb_err *e)
{
    enum tb_code c;

    if (inflateInit2(&u->gz, 15 + 16) != Z_OK)
        return tb_fail(e, TB_INTERNAL, "压缩包读不出来", "inflateInit2");
    c = tar_send(u, e);
    inflateEnd(&u->gz);
    return c;
}

static enum tb_code xz_send(struct unpack *u, struct tb_err *e)
{
    enum tb_code c;

    u->xz = (lzma_stream)LZMA_STREAM_INIT;
    if (lzma_stream_decoder(&u->xz, LZMA_MEMORY, 0) != LZMA_OK)
        return tb_fail(e, TB_INTERNAL, "压缩包读不出来", "lzma_stream_decoder");
    c = tar_send(u, e);
    lzma_end(&u->xz);
    return c;
}

static enum tb_code all_packed(struct unpack *u, struct buf *b, struct tb_err *e)
{
    while (u->in_n) {
        buf_add(b, str_of((char *)u->in, u->in_n));
        if (!refill(u)) {
            *e = u->why;
            return e->code;
        }
    }
    return TB_OK;
}

static enum tb_code zip_members(struct unpack *u, struct zipped *z, struct tb_err *e)
{
    for (size_t i = 0; i < zipped_count(z); i++) {
        struct arena a = ARENA_INIT;
        struct str name = zipped_name(z, i), bytes;
        bool want = false;
        enum tb_code c;

        if (!name.n)
            continue;
        c = file_begin(u, name, zipped_size(z, i), &want, e);
        if (!c && want)
            c = zipped_read_to(z, i, &a, UNPACK_MEMBER_MAX, &bytes, e);
        if (!c && want && bytes.n != zipped_size(z, i))
            c = tb_fail(e, TB_INVALID, "压缩包已损坏，读不出来", "member shorter than declared");
        if (!c && want)
            c = send(u, bytes, e);
        arena_release(&a);
        if (c)
            return c;
    }
    return TB_OK;
}

static enum tb_code zip_send(struct unpack *u, struct tb_err *e)
{
    struct buf b = BUF_INIT(UNPACK_ARCHIVE_MAX);
    struct arena a = ARENA_INIT;
    struct zipped *z;
    enum tb_code c = all_packed(u, &b, e);

    if (!c)
        c = zipped_open(&a, buf_str(&b), &z, e);
    if (!c)
        c = zip_members(u, z, e);
    arena_release(&a); /* before the bytes it reads from */
    buf_release(&b);
    return c;
}

static enum tb_code archive_send(struct unpack *u, struct tb_err *e)
{
    if (!refill(u)) {
        *e = u->why;
        return e->code;
    }
    if (kind_sniff(str_of((char *)u->in, u->in_n), &u->kind, e))
        return e->code;
    if (u->kind == KIND_ZIP)
        return zip_send(u, e);
    if (u->kind == KIND_GZIP)
        return gz_send(u, e);
    if (u->kind == KIND_XZ)
        return xz_send(u, e);
    if (u->kind == KIND_TAR)
        return tar_send(u, e);
    return tb_fail(e, TB_UNSUPPORTED, "这不是能识别的压缩包（支持 zip、tar、tar.gz、tar.xz）",
                   "kind=%s", kind_name(u->kind));
}

enum tb_code unpack_run(struct arena *a, const struct unpack_io *io, struct tb_err *e)
{
    struct unpack *u = tb_zalloc(sizeof(*u));
    enum tb_code c;

    u->a = a;
    u->io = io;
    c = archive_send(u, e);
    if (!c)
        c = send(u, STR("{\"end\":true}\n"), e);
    tb_free(u);
    return c;
}
