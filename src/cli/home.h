/* The data directory as its owner holds it: one program at a time, on a disk of its own. */
#ifndef CLI_HOME_H
#define CLI_HOME_H
#include "base/arena.h"
#include "base/err.h"

enum home_disk {
    DISK_LOCAL,
    DISK_DOUBTFUL, /* passed through by another program (FUSE, 9p): locks and syncs may not hold */
    DISK_REMOTE
};
/* What dir lies on; *name is the file system's where it is not local. */
enum home_disk home_disk(const char *dir, const char **name);

/* Makes dir with what stands in it (files/, tmp/, backup/), empties tmp/, takes the lock that lives
 * as long as *lock_fd. TB_CONFLICT when another tongban serves from it; TB_UNSUPPORTED on a network
 * file system, whose locks and syncs cannot be trusted. */
enum tb_code home_take(struct arena *a, const char *dir, int *lock_fd, struct tb_err *e) MUST_USE;

#endif
