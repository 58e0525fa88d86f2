#include "extract/tar.h"

#include "base/alloc.h"

#include <stdio.h>
#include <string.h>

enum { BLOCK = 512, CHUNK = 64 * 1024, NAME_BYTES = 4096, MEMBERS_MAX = 200000 };

struct tar {
    const struct tar_io *io;
    char head[BLOCK];
    char name[NAME_BYTES + 1]; /* from a long-name or pax header; "" if none */
    char body[NAME_BYTES * 2 + 1];
    char chunk[CHUNK];
};

static enum tb_code cut_short(struct tb_err *e)
{
    return tb_fail(e, TB_INVALID, "压缩包不完整或已损坏，请重新打包后再试", "tar cut short");
}

/* Octal, or base 256 when the first bit is set (sizes above 8 GiB: refused by the caller). */
static bool number_read(const char *p, size_t n, uint64_t *out)
{
    size_t i = 0;

    *out = 0;
    if ((unsigned char)p[0] & 0x80) {
        *out = UINT64_MAX;
        return true;
    }
    while (i < n && p[i] == ' ')
        i++;
    for (; i < n && p[i] >= '0' && p[i] <= '7'; i++)
        *out = *out << 3 | (uint64_t)(p[i] - '0');
    return i == n || p[i] == 0 || p[i] == ' ';
}

static bool checksum_right(const char *head)
{
    uint64_t want, sum = 0;

    for (size_t i = 0; i < BLOCK; i++)
        sum += i >= 148 && i < 156 ? ' ' : (unsigned char)head[i];
    return number_read(head + 148, 8, &want) && want == sum;
}

static bool is_empty(const char *head)
{
    for (size_t i = 0; i < BLOCK; i++)
        if (head[i])
            return false;
    return true;
}

static enum tb_code skip(struct tar *t, uint64_t n, struct tb_err *e)
{
    while (n > 0) {
        size_t k = n < CHUNK ? (size_t)n : CHUNK;

        if (!t->io->read(t->io->self, t->chunk, k))
            return cut_short(e);
        n -= k;
    }
    return TB_OK;
}

static uint64_t padding(uint64_t size)
{
    return (BLOCK - size % BLOCK) % BLOCK;
}

/* "27 path=…\n": the value, "" if no such line. */
static struct str pax_path(struct str body)
{
    while (body.p) {
        struct str line = str_cut(&body, STR("\n"));
        size_t at = str_find(line, STR(" path="));

        if (at != SIZE_MAX)
            return str_from(line, at + 6);
    }
    return STR("");
}

/* The body of a GNU 'L' or pax 'x' header names the next member. */
static enum tb_code name_read(struct tar *t, uint64_t size, bool pax, struct tb_err *e)
{
    struct str body;

    if (size > sizeof(t->body) - 1)
        return skip(t, size + padding(size), e);
    if (!t->io->read(t->io->self, t->body, (size_t)size))
        return cut_short(e);
    t->body[size] = 0;
    body = pax ? pax_path(str_of(t->body, (size_t)size)) : str_z(t->body);
    snprintf(t->name, sizeof(t->name), "%.*s", STR_FMT(body));
    return skip(t, padding(size), e);
}

static enum tb_code body_read(struct tar *t, uint64_t size, struct tb_err *e)
{
    uint64_t left = size;

    while (left > 0) {
        size_t k = left < CHUNK ? (size_t)left : CHUNK;

        if (!t->io->read(t->io->self, t->chunk, k))
            return cut_short(e);
        if (t->io->bytes(t->io->self, str_of(t->chunk, k), e))
            return e->code;
        left -= k;
    }
    return skip(t, padding(size), e);
}

static void header_name(struct tar *t)
{
    char prefix[156], name[101];

    if (t->name[0])
        return; /* a long name came before */
    snprintf(name, sizeof(name), "%.100s", t->head);
    snprintf(prefix, sizeof(prefix), "%.155s",
             memcmp(t->head + 257, "ustar", 5) ? "" : t->head + 345);
    snprintf(t->name, sizeof(t->name), "%s%s%s", prefix, prefix[0] ? "/" : "", name);
}

static enum tb_code member_read(struct tar *t, uint64_t size, struct tb_err *e)
{
    char type = t->head[156];
    bool want = false;

    if (type == 'L' || type == 'x')
        return name_read(t, size, type == 'x', e);
    header_name(t);
    if ((type == '0' || type == 0 || type == '7') &&
        t->io->file(t->io->self, str_z(t->name), size, &want, e))
        return e->code;
    t->name[0] = 0;
    return want ? body_read(t, size, e) : skip(t, size + padding(size), e);
}

static enum tb_code read_members(struct tar *t, struct tb_err *e)
{
    for (int n = 0; n < MEMBERS_MAX; n++) {
        uint64_t size;

        if (!t->io->read(t->io->self, t->head, BLOCK))
            return cut_short(e);
        if (is_empty(t->head))
            return TB_OK;
        if (!checksum_right(t->head) || !number_read(t->head + 124, 12, &size) ||
            size > (uint64_t)1 << 40)
            return cut_short(e);
        if (member_read(t, size, e))
            return e->code;
    }
    return tb_fail(e, TB_TOO_LARGE, "压缩包里的文件太多", "tar members");
}

enum tb_code tar_read(const struct tar_io *io, struct tb_err *e)
{
    struct tar *t = tb_zalloc(sizeof(*t));
    enum tb_code c;

    t->io = io;
    c = read_members(t, e);
    tb_free(t);
    return c;
}
