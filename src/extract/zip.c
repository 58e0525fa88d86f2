#include "extract/zip.h"

#include "base/utf8.h"

#include <zip.h>

struct zipped {
    struct arena *a;
    zip_t *zip;
    struct str *names;
    uint64_t *sizes;
    size_t n;
};

static void close_zip(void *what)
{
    zip_discard(what);
}

static enum tb_code broken(struct tb_err *e, const char *what, int code)
{
    return tb_fail(e, TB_INVALID, "压缩文件已损坏，读不出来", "%s zip=%d", what, code);
}

bool zipped_name_bad(struct str name)
{
    if (str_starts(name, STR("/")) || str_has(name, STR("\\")) || (name.n > 1 && name.p[1] == ':'))
        return true;
    for (struct str rest = name; rest.p;)
        if (str_eqz(str_cut(&rest, STR("/")), ".."))
            return true;
    return false;
}

static struct str name_text(struct arena *a, struct str raw)
{
    struct tb_err e = TB_ERR_INIT;
    struct str s;

    if (str_ends(raw, STR("/")))
        return STR("");
    if (utf8_valid(raw))
        return arena_str(a, raw);
    return utf8_from_any(a, raw, &s, &e) ? STR("?") : arena_str(a, s);
}

static enum tb_code check_member(struct zipped *z, size_t i, const zip_stat_t *st, uint64_t *total,
                                 struct tb_err *e)
{
    struct str raw = str_z(st->name);

    z->names[i] = name_text(z->a, raw);
    z->sizes[i] = st->size;
    *total += st->size;
    if (zipped_name_bad(raw))
        return tb_fail(e, TB_INVALID,
                       "压缩文件里有指向外部的文件名，疑似恶意文件，已拒绝；没有写入任何内容",
                       "path traversal in member %zu", i);
    if (*total > ZIP_TOTAL_MAX)
        return tb_fail(e, TB_TOO_LARGE, "压缩文件解开后太大（上限 512 MB），疑似压缩炸弹，已拒绝",
                       "declared=%llu", (unsigned long long)*total);
    if (st->size > 1024 * 1024 && st->size / ZIP_RATIO_MAX > st->comp_size)
        return tb_fail(e, TB_TOO_LARGE, "压缩比异常，疑似压缩炸弹，已拒绝", "size=%llu packed=%llu",
                       (unsigned long long)st->size, (unsigned long long)st->comp_size);
    return TB_OK;
}

static enum tb_code check_all(struct zipped *z, struct tb_err *e)
{
    uint64_t total = 0;

    for (size_t i = 0; i < z->n; i++) {
        zip_stat_t st;

        if (zip_stat_index(z->zip, i, ZIP_FL_ENC_RAW, &st) != 0 ||
            (st.valid & (ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_NAME)) !=
                (ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_NAME))
            return broken(e, "stat", (int)i);
        if (check_member(z, i, &st, &total, e))
            return e->code;
    }
    return TB_OK;
}

enum tb_code zipped_open(struct arena *a, struct str bytes, struct zipped **out, struct tb_err *e)
{
    struct zipped *z = ARENA_NEW(a, struct zipped);
    zip_error_t ze;
    zip_source_t *src;
    zip_int64_t n;

    zip_error_init(&ze);
    src = zip_source_buffer_create(bytes.p, bytes.n, 0, &ze);
    z->zip = src ? zip_open_from_source(src, ZIP_RDONLY, &ze) : NULL;
    if (!z->zip) {
        if (src)
            zip_source_free(src);
        return broken(e, "open", zip_error_code_zip(&ze));
    }
    arena_defer(a, close_zip, z->zip);
    n = zip_get_num_entries(z->zip, 0);
    if (n < 0 || n > ZIP_MEMBERS_MAX)
        return tb_fail(e, TB_TOO_LARGE, "压缩文件里的文件太多（上限 1 万个），已拒绝",
                       "members=%lld", (long long)n);
    z->a = a;
    z->n = (size_t)n;
    z->names = ARENA_ARRAY(a, struct str, z->n);
    z->sizes = ARENA_ARRAY(a, uint64_t, z->n);
    *out = z;
    return check_all(z, e);
}

size_t zipped_count(const struct zipped *z)
{
    return z->n;
}

struct str zipped_name(const struct zipped *z, size_t i)
{
    return z->names[i];
}

bool zipped_find(const struct zipped *z, const char *name, size_t *i)
{
    for (*i = 0; *i < z->n; ++*i)
        if (str_eqz(z->names[*i], name))
            return true;
    return false;
}

static enum tb_code inflate_all(zip_file_t *f, char *to, size_t max, size_t *n, struct tb_err *e)
{
    for (*n = 0;;) {
        zip_int64_t k = zip_fread(f, to + *n, max + 1 - *n);

        if (k < 0)
            return broken(e, "read", zip_error_code_zip(zip_file_get_error(f)));
        if (k == 0)
            return TB_OK;
        *n += (size_t)k;
        if (*n > max)
            return tb_fail(e, TB_TOO_LARGE, "解开后的大小与声明的不符，疑似压缩炸弹，已拒绝",
                           "more than %zu", max);
    }
}

uint64_t zipped_size(const struct zipped *z, size_t i)
{
    return z->sizes[i];
}

enum tb_code zipped_read(struct zipped *z, size_t i, size_t max, struct str *out, struct tb_err *e)
{
    return zipped_read_to(z, i, z->a, max, out, e);
}

enum tb_code zipped_read_to(struct zipped *z, size_t i, struct arena *a, size_t max,
                            struct str *out, struct tb_err *e)
{
    zip_stat_t st;
    zip_file_t *f;
    char *to;
    size_t n;
    enum tb_code c;

    if (z->sizes[i] > max)
        return tb_fail(e, TB_TOO_LARGE, "压缩文件里的单个文件太大（上限 64 MB）",
                       "size=%llu max=%zu", (unsigned long long)z->sizes[i], max);
    if (zip_stat_index(z->zip, i, 0, &st) == 0 && st.encryption_method != ZIP_EM_NONE)
        return tb_fail(e, TB_UNSUPPORTED, "文件有密码，请去掉密码后再上传", "encrypted");
    f = zip_fopen_index(z->zip, i, 0);
    if (!f)
        return broken(e, "member", zip_error_code_zip(zip_get_error(z->zip)));
    to = arena_alloc(a, (size_t)z->sizes[i] + 2);
    c = inflate_all(f, to, (size_t)z->sizes[i], &n, e);
    zip_fclose(f);
    if (c)
        return c;
    to[n] = 0;
    *out = str_of(to, n);
    return TB_OK;
}
