#include "knowledge/search_int.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/log.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum tb_code snapshot_write(const char *path, const struct index *x, struct tb_err *e)
{
    return fs_write(path, str_of((const char *)x->head, (size_t)x->head->total), 0600, e);
}

static struct str map_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct str out = STR_NONE;
    struct stat st;

    if (fd < 0)
        return out;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
        void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);

        if (p != MAP_FAILED)
            out = str_of(p, (size_t)st.st_size);
    }
    close(fd);
    return out;
}

struct search_part *snapshot_open(const char *path)
{
    struct tb_err e = TB_ERR_INIT;
    struct str bytes = map_file(path);
    struct search_part *p;

    if (!bytes.p)
        return NULL;
    p = tb_zalloc(sizeof *p);
    p->bytes = bytes;
    p->mapped = true;
    atomic_store(&p->holders, 1);
    if (index_view(bytes, &p->x, &e)) {
        log_line(LOG_WARN, "search_snapshot", "unusable, rebuilt: %s", e.log);
        part_drop(p);
        return NULL;
    }
    return p;
}

void part_drop(struct search_part *p)
{
    if (!p || atomic_fetch_sub(&p->holders, 1) > 1)
        return;
    if (p->mapped)
        munmap((void *)(uintptr_t)p->bytes.p, p->bytes.n);
    else
        tb_free((void *)(uintptr_t)p->bytes.p);
    tb_free(p);
}
