/* A temporary folder for one test program, removed with all that is in it when the program ends. */
#ifndef TB_TEMP_H
#define TB_TEMP_H
#include "base/arena.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char tb_temp_root[64];

static inline int tb_temp_drop(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static inline void tb_temp_clean(void)
{
    nftw(tb_temp_root, tb_temp_drop, 16, FTW_DEPTH | FTW_PHYS);
}

/* A new empty folder, mode 0700. */
static inline char *tb_temp_dir(struct arena *a)
{
    static int number;
    char *dir;

    if (!tb_temp_root[0]) {
        const char *tmp = getenv("TMPDIR");

        snprintf(tb_temp_root, sizeof(tb_temp_root), "%.40s/tongban-XXXXXX", tmp ? tmp : "/tmp");
        if (!mkdtemp(tb_temp_root) || atexit(tb_temp_clean))
            abort();
    }
    dir = arena_z(a, arena_printf(a, "%s/%d", tb_temp_root, number++));
    if (mkdir(dir, 0700))
        abort();
    return dir;
}

#endif
