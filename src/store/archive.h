/* A tar file (POSIX.1-2017 ustar; sizes beyond 8 GiB in the GNU base-256 form), so that any tar can
 * look into a backup. Only plain files; every entry's SM3 is taken on its way. */
#ifndef STORE_ARCHIVE_H
#define STORE_ARCHIVE_H
#include "base/arena.h"
#include "base/err.h"
#include "crypto/sm3.h"

struct archive { /* one being written or read; opened by one of the two below */
    int fd;
    const char *path;
};
struct archive_entry {
    char name[101];
    int64_t bytes;
    char digest[SM3_HEX]; /* after the bytes have passed */
};

/* path is made anew, mode 0600; TB_CONFLICT when it exists. */
enum tb_code archive_create(const char *path, struct archive *out, struct tb_err *e) MUST_USE;
enum tb_code archive_add_file(struct archive *x, const char *name, const char *from,
                              struct archive_entry *out, struct tb_err *e) MUST_USE;
enum tb_code archive_add_text(struct archive *x, const char *name, struct str text,
                              struct archive_entry *out, struct tb_err *e) MUST_USE;
/* The two empty blocks, fsync, close. */
enum tb_code archive_finish(struct archive *x, struct tb_err *e) MUST_USE;

enum tb_code archive_open(const char *path, struct archive *out, struct tb_err *e) MUST_USE;
/* *more false at the end. TB_CORRUPT on anything but a whole archive of plain files. The bytes must
 * be taken by one of the two below before the next call. */
enum tb_code archive_next(struct archive *x, struct archive_entry *out, bool *more,
                          struct tb_err *e) MUST_USE;
/* Into a new file, mode 0600. */
enum tb_code archive_take_file(struct archive *x, struct archive_entry *it, const char *to,
                               struct tb_err *e) MUST_USE;
enum tb_code archive_take_text(struct archive *x, struct archive_entry *it, struct arena *a,
                               size_t max, struct str *out, struct tb_err *e) MUST_USE;
void archive_close(struct archive *x); /* without finishing */

#endif
