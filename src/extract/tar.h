/* POSIX ustar with GNU long names and pax paths, read as it streams by. Links, devices and folders
 * are passed over. */
#ifndef EXTRACT_TAR_H
#define EXTRACT_TAR_H
#include "base/arena.h"
#include "base/err.h"

struct tar_io {
    void *self;
    /* Exactly n bytes, or false: the archive is cut short. */
    bool (*read)(void *self, char *to, size_t n);
    /* A file begins; *want says whether its bytes are wanted, they follow through `bytes`. */
    enum tb_code (*file)(void *self, struct str name, uint64_t size, bool *want, struct tb_err *e);
    enum tb_code (*bytes)(void *self, struct str part, struct tb_err *e);
};

enum tb_code tar_read(const struct tar_io *io, struct tb_err *e) MUST_USE;

#endif
