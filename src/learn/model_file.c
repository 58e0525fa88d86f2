/* The file: read by mmap, believed only when its digest and every place in it are right. */
#include "learn/model_int.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "crypto/sm3.h"

#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char form_name[16] = "tongban-learn";

static enum tb_code broken(struct tb_err *e, const char *why)
{
    return tb_fail(e, TB_CORRUPT, "分拣模型文件已损坏或版本不符，将改用上一个完好的模型",
                   "learn model: %s", why);
}

static bool fine(float x) /* sums of such stay finite */
{
    return x > -1e6F && x < 1e6F;
}

static bool head_right(const struct learn_head *h, size_t bytes)
{
    uint64_t body = (uint64_t)h->slots * sizeof(struct learn_slot) +
                    (uint64_t)h->rows * sizeof(float) * (1 + (uint64_t)h->labels);

    return memcmp(h->name, form_name, sizeof(form_name)) == 0 && h->form == LEARN_FORM &&
           h->labels >= 1 && h->labels <= LEARN_LABELS && h->rows >= 1 && h->slots > h->rows &&
           (h->slots & (h->slots - 1)) == 0 && h->run >= 1 && h->run <= FEATURE_RUN_MAX &&
           h->label_bytes >= h->labels && h->label_bytes % 8 == 0 && fine(h->title) &&
           fine(h->sharpness) && isfinite(h->certain) && h->bytes == bytes &&
           bytes == sizeof(*h) + h->label_bytes + body + SM3_BYTES;
}

/* Every label ends, every row exists, a free slot ends every search, no weight is out of range. */
static bool body_right(const struct learn_model *m)
{
    const struct learn_head *h = m->head;
    size_t full = 0, ends = 0;

    for (size_t i = 0; i < h->slots; i++) {
        full += m->slots[i].hash != 0;
        if (m->slots[i].row >= h->rows)
            return false;
    }
    for (size_t i = 0; i < h->label_bytes; i++)
        ends += m->names[i] == 0;
    for (size_t i = 0; i < h->rows; i++)
        if (!fine(m->idf[i]))
            return false;
    for (size_t i = 0; i < (size_t)h->rows * h->labels; i++)
        if (!fine(m->weights[i]))
            return false;
    return full < h->slots && ends >= h->labels && m->names[h->label_bytes - 1] == 0;
}

static void lay_out(struct learn_model *m, const char *p)
{
    const struct learn_head *h = (const void *)p;

    m->head = h;
    p += sizeof(*h);
    m->slots = (const void *)p;
    p += h->slots * sizeof(*m->slots);
    m->idf = (const void *)p;
    p += h->rows * sizeof(float);
    m->weights = (const void *)p;
    p += (size_t)h->rows * h->labels * sizeof(float);
    m->names = p;
}

static void name_labels(struct learn_model *m)
{
    const char *at = m->names;

    m->labels = tb_zalloc(m->head->labels * sizeof(*m->labels));
    for (size_t i = 0; i < m->head->labels; i++) {
        m->labels[i] = str_z(at);
        at += m->labels[i].n + 1;
    }
}

static enum tb_code take(struct learn_model *m, struct str bytes, struct tb_err *e)
{
    unsigned char digest[SM3_BYTES];

    if (bytes.n < sizeof(struct learn_head) + SM3_BYTES ||
        !head_right((const void *)bytes.p, bytes.n))
        return broken(e, "head");
    sm3(str_sub(bytes, 0, bytes.n - SM3_BYTES), digest);
    if (memcmp(digest, bytes.p + bytes.n - SM3_BYTES, SM3_BYTES) != 0)
        return broken(e, "digest");
    lay_out(m, bytes.p);
    if (!body_right(m))
        return broken(e, "body");
    name_labels(m);
    return TB_OK;
}

enum tb_code learn_read(struct str bytes, struct learn_model **out, struct tb_err *e)
{
    struct learn_model *m = tb_zalloc(sizeof(*m));

    m->own = tb_alloc(bytes.n + 1); /* aligned, as what is read may not be */
    if (bytes.n)
        memcpy(m->own, bytes.p, bytes.n);
    if (take(m, str_of(m->own, bytes.n), e)) {
        learn_free(m);
        return e->code;
    }
    *out = m;
    return TB_OK;
}

enum tb_code learn_open(const char *path, struct learn_model **out, struct tb_err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct learn_model *m;
    struct stat st;
    void *map;

    if (fd < 0)
        return tb_fail(e, TB_NOT_FOUND, "没有找到分拣模型文件", "learn model %s", path);
    if (fstat(fd, &st) || st.st_size <= 0 || st.st_size > LEARN_MODEL_BYTES) {
        close(fd);
        return broken(e, "size");
    }
    map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        return tb_fail(e, TB_STORE, "不能读取分拣模型文件", "mmap %s", path);
    m = tb_zalloc(sizeof(*m));
    m->map = map;
    if (take(m, str_of(map, (size_t)st.st_size), e)) {
        munmap(map, (size_t)st.st_size);
        m->map = NULL;
        m->head = NULL;
        learn_free(m);
        return e->code;
    }
    *out = m;
    return TB_OK;
}

enum tb_code learn_save(const struct learn_model *m, const char *path, struct tb_err *e)
{
    return fs_write(path, str_of((const char *)m->head, (size_t)m->head->bytes), 0600, e);
}

void learn_free(struct learn_model *m)
{
    if (!m)
        return;
    if (m->map)
        munmap(m->map, (size_t)m->head->bytes);
    tb_free(m->own);
    tb_free(m->labels);
    tb_free(m);
}
