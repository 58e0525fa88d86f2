/* Originals: the bytes as they were uploaded, kept by digest (SM3) under files/ab/cdef…, never
 * changed, never removed while a version points at them. */
#ifndef STORE_ORIGINAL_H
#define STORE_ORIGINAL_H
#include "base/arena.h"
#include "base/err.h"

struct original {
    char digest[65]; /* hex */
    int64_t bytes;
};

/* Reads the regular file open at fd whole (its offset is moved). TB_TOO_LARGE beyond max,
 * TB_INVALID when it is empty or no regular file. */
enum tb_code original_measure(int fd, int64_t max, struct original *out, struct tb_err *e) MUST_USE;
/* Copies the file open at fd to its place, whole or not at all; no work when it is there. The bytes
 * are measured again: a file that changed meanwhile is TB_CONFLICT. */
enum tb_code original_keep(const char *data_dir, int fd, const struct original *o,
                           struct tb_err *e) MUST_USE;
/* data_dir/files/ab/cdef…; "" when digest is not 64 lower-case hex digits. */
const char *original_path(struct arena *a, const char *data_dir, struct str digest);

#endif
