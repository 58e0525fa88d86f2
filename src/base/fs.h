/* Files. Paths are C strings; errors say the path in the log line. */
#ifndef BASE_FS_H
#define BASE_FS_H
#include "base/arena.h"
#include "base/err.h"

/* Reads a whole regular file of at most max bytes into the arena (NUL after it). */
enum tb_code fs_read(struct arena *a, const char *path, size_t max, struct str *out,
                     struct tb_err *e) MUST_USE;
/* Writes path whole or not at all: temporary file in the same folder, fsync, rename, fsync of the
 * folder. */
enum tb_code fs_write(const char *path, struct str bytes, unsigned mode, struct tb_err *e) MUST_USE;
enum tb_code fs_mkdirs(const char *path, unsigned mode,
                       struct tb_err *e) MUST_USE; /* like mkdir -p */
bool fs_exists(const char *path);
int64_t fs_size(const char *path); /* -1 when absent */
char *fs_join(struct arena *a, const char *dir, const char *name);
/* Names in a folder, sorted bytewise, without . and .. */
enum tb_code fs_list(struct arena *a, const char *dir, char ***names, size_t *n,
                     struct tb_err *e) MUST_USE;
/* When and how long a file was: another look at it is worth while when one differs. */
struct fs_stamp {
    int64_t size, at_ns, inode; /* size -1: there is none */
};
struct fs_stamp fs_stamp_of(const char *path); /* NULL: there is none */
bool fs_stamp_same(const struct fs_stamp *a, const struct fs_stamp *b);
bool fs_is_dir(const char *path);
/* $TONGBAN_CACHE, else $XDG_CACHE_HOME/tongban, else ~/.cache/tongban. */
char *fs_cache_dir(struct arena *a);

#endif
