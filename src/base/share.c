#include "base/share.h"

#include "base/fs.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *share_dir(struct arena *a)
{
    const char *own = getenv("TONGBAN_SHARE");
    char exe[PATH_MAX], dir[PATH_MAX];
    ssize_t n;
    char *slash;

    if (own && *own)
        return arena_z(a, str_z(own));
    n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
    if (n <= 0)
        return arena_z(a, STR("."));
    exe[n] = 0;
    memcpy(dir, exe, (size_t)n + 1);
    /* build/tongban, build/san/tongban, build/san/test/store_db: up to four folders down. */
    for (int up = 0; up < 5 && (slash = strrchr(dir, '/')) != NULL && slash != dir; up++) {
        *slash = 0;
        if (fs_exists(fs_join(a, dir, "sql/0001_start.sql")))
            return arena_z(a, str_z(dir));
    }
    slash = strrchr(exe, '/');
    return fs_join(a, arena_z(a, str_of(exe, (size_t)(slash - exe))), "../share/tongban");
}
