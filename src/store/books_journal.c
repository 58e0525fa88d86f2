/* A record in the file: magic, length, number, sum of the bytes, sum of these four; the bytes. Each
 * stands for itself, so that one that was torn costs no other. The sums of "TBC1", which an earlier
 * version wrote, are CRC-32s. */
#include "base/alloc.h"
#include "base/fs.h"
#include "base/log.h"
#include "store/books_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static const char magic[4] = { 'T', 'B', 'C', '2' };
enum { MAGIC_SAME = 3 };

struct head {
    char magic[4];
    uint32_t n;
    uint64_t seq;
    uint32_t sum, head_sum;
};

static uint32_t sum_of(char version, const void *p, size_t n)
{
    return version == '1' ? (uint32_t)crc32_z(0, p, n) : (uint32_t)str_sum(str_of(p, n));
}

static bool one_open(struct journal *j, int i, struct tb_err *e)
{
    struct stat st;

    j->fd[i] = open(j->path[i], O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (j->fd[i] < 0 || fstat(j->fd[i], &st) != 0) {
        (void)tb_fail(e, TB_STORE, "调用流水文件打不开，请检查数据目录的权限和磁盘",
                      "path=%s errno=%d", j->path[i], errno);
        return false;
    }
    j->bytes[i] = st.st_size;
    return true;
}

enum tb_code journal_open(const char *path, struct journal *j, struct tb_err *e)
{
    size_t n = strlen(path);

    *j = (struct journal){ .fd = { -1, -1 }, .held = BUF_INIT(JOURNAL_HELD_MAX) };
    j->path[0] = tb_dup(path, n + 1);
    j->path[1] = tb_alloc(n + 3);
    memcpy(j->path[1], path, n);
    memcpy(j->path[1] + n, ".2", 3);
    if (one_open(j, 0, e) && one_open(j, 1, e))
        return TB_OK;
    journal_close(j);
    return e->code;
}

void journal_close(struct journal *j)
{
    if (j->fd[j->active] >= 0)
        (void)journal_flush(j);
    buf_release(&j->held);
    for (int i = 0; i < 2; i++) {
        if (j->fd[i] >= 0)
            close(j->fd[i]);
        j->fd[i] = -1;
        tb_free(j->path[i]);
        j->path[i] = NULL;
    }
}

/* -- reading -- */

struct found {
    struct books_node **v;
    size_t n, cap;
};

static bool head_at(struct str text, size_t at, struct head *h)
{
    char version;

    if (text.n - at < sizeof(*h))
        return false;
    memcpy(h, text.p + at, sizeof(*h));
    version = h->magic[MAGIC_SAME];
    return memcmp(h->magic, magic, MAGIC_SAME) == 0 && (version == '1' || version == '2') &&
           h->head_sum == sum_of(version, h, offsetof(struct head, head_sum)) &&
           h->n <= text.n - at - sizeof(*h) &&
           h->sum == sum_of(version, text.p + at + sizeof(*h), h->n);
}

static void keep(struct found *f, struct books_node *x)
{
    if (f->n == f->cap) {
        f->cap = f->cap ? f->cap * 2 : 256;
        f->v = tb_realloc(f->v, f->cap * sizeof(struct books_node *));
    }
    f->v[f->n++] = x;
}

/* Returns the bytes that were no record. */
static size_t read_text(struct str text, uint64_t after, struct found *f, uint64_t *last)
{
    size_t at = 0, lost = 0;
    struct head h;

    while (at < text.n) {
        size_t next;

        if (head_at(text, at, &h)) {
            struct books_node *x =
                h.seq > after ? books_node_read(h.seq, str_sub(text, at + sizeof(h), h.n)) : NULL;

            if (x)
                keep(f, x);
            if (h.seq > *last)
                *last = h.seq;
            at += sizeof(h) + h.n;
            continue;
        }
        next = str_find_from(text, str_of(magic, MAGIC_SAME), at + 1);
        next = next == SIZE_MAX ? text.n : next;
        lost += next - at;
        at = next;
    }
    return lost;
}

static int by_seq(const void *a, const void *b)
{
    uint64_t x = (*(struct books_node *const *)a)->seq, y = (*(struct books_node *const *)b)->seq;

    return (x > y) - (x < y);
}

/* In order; a number that stands twice (a file put back from a copy) counts once. */
static struct books_node *chain(struct found *f)
{
    struct books_node *first = NULL, **end = &first;
    uint64_t seen = 0;

    if (f->n)
        qsort(f->v, f->n, sizeof(struct books_node *), by_seq);
    for (size_t i = 0; i < f->n; i++) {
        if (f->v[i]->seq == seen) {
            books_node_free(f->v[i]);
            continue;
        }
        seen = f->v[i]->seq;
        *end = f->v[i];
        end = &f->v[i]->next;
    }
    *end = NULL;
    tb_free(f->v);
    return first;
}

enum tb_code journal_read(struct journal *j, uint64_t after, struct books_node **first,
                          uint64_t *last, struct tb_err *e)
{
    struct found f = { 0 };
    enum tb_code c = TB_OK;

    *first = NULL;
    *last = 0;
    for (int i = 0; i < 2 && !c; i++) {
        struct arena a = ARENA_INIT;
        struct str text;
        size_t lost;

        c = fs_read(&a, j->path[i], (size_t)4 << 30, &text, e);
        if (!c) {
            lost = read_text(text, after, &f, &j->last[i]);
            if (lost)
                log_line(LOG_WARN, "books_journal", "file=%d torn_bytes=%zu", i, lost);
            if (j->last[i] > *last)
                *last = j->last[i];
        }
        arena_release(&a);
    }
    j->active = j->last[1] > j->last[0];
    *first = chain(&f);
    return c;
}

/* -- writing -- */

static bool write_whole(int fd, struct str s)
{
    ssize_t n;

    do
        n = write(fd, s.p, s.n);
    while (n < 0 && errno == EINTR);
    return n >= 0 && (size_t)n == s.n;
}

static void failed(struct journal *j, int i)
{
    int why = errno;

    if (j->failures++ == 0)
        log_line(LOG_ERROR, "books_journal", "write failed errno=%d path=%s", why, j->path[i]);
    if (ftruncate(j->fd[i], j->bytes[i]) != 0) /* no half record before the next */
        log_line(LOG_ERROR, "books_journal", "half a record stays errno=%d", errno);
}

void journal_add(struct journal *j, const struct books_node *x)
{
    struct head h = { .n = (uint32_t)x->n, .seq = x->seq, .sum = sum_of('2', x->bytes, x->n) };

    memcpy(h.magic, magic, sizeof(magic));
    h.head_sum = sum_of('2', &h, offsetof(struct head, head_sum));
    buf_add(&j->held, str_of((const char *)&h, sizeof(h)));
    buf_add(&j->held, str_of(x->bytes, x->n));
    j->held_last = x->seq;
    if (j->held.n >= JOURNAL_HELD)
        journal_flush(j);
}

bool journal_flush(struct journal *j)
{
    int i = j->active;
    bool ok;

    if (!j->held.n)
        return true;
    if (j->bytes[i] >= JOURNAL_TURN && j->bytes[!i] == 0)
        i = j->active = !i;
    ok = write_whole(j->fd[i], buf_str(&j->held));
    if (ok) {
        j->failures = 0;
        j->bytes[i] += (int64_t)j->held.n;
        j->last[i] = j->held_last;
    } else {
        failed(j, i);
    }
    buf_reset(&j->held);
    return ok;
}

int journal_settled(struct journal *j, uint64_t seq)
{
    int i = j->active;

    if (j->bytes[!i] > 0)
        return j->last[!i] <= seq ? !i : -1;
    if (j->bytes[i] == 0 || j->last[i] > seq)
        return -1;
    j->active = !i;
    return i;
}

void journal_empty(struct journal *j, int file)
{
    if (ftruncate(j->fd[file], 0) != 0)
        log_line(LOG_WARN, "books_journal", "not emptied errno=%d", errno);
}

void journal_emptied(struct journal *j, int file)
{
    j->bytes[file] = 0;
}
