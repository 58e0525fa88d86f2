/* The parent's side of tongban-extract: one child per file, started without a shell, with a clean
 * environment and three descriptors, killed when it takes too long or says too much. Thread-safe.
 */
#ifndef EXTRACT_CHILD_H
#define EXTRACT_CHILD_H
#include "base/arena.h"
#include "base/err.h"

enum { CHILD_WALL_MS = 60 * 1000, CHILD_OUT_MAX = 64 * 1024 * 1024 };

/* Reads the file open at fd (from its beginning) and gives its JSON form (README.md), which nobody
 * has checked yet. Errors: what the child said about the file; TB_TIMEOUT; TB_INVALID when the file
 * made it crash or break the walls; TB_INTERNAL when it cannot be started. */
enum tb_code extract_child(struct arena *a, int fd, struct str *json, struct tb_err *e) MUST_USE;

/* The same with a wall clock of the caller's. */
enum tb_code extract_child_within(struct arena *a, int fd, int64_t wall_ms, struct str *json,
                                  struct tb_err *e) MUST_USE;

struct unpacked {
    struct str name;  /* as in the archive, UTF-8; never a path */
    const char *skip; /* why it is passed over; NULL: bytes are in `path` */
    const char *path; /* temporary, removed after the call */
    int64_t bytes;
};
/* Unpacks the archive open at fd, calling each() once per member in order. A broken archive fails
 * after the members before the break. tmp_dir: where members lie for the length of a call. */
enum tb_code unpack_child(int fd, const char *tmp_dir,
                          enum tb_code (*each)(void *self, const struct unpacked *m,
                                               struct tb_err *e),
                          void *self, struct tb_err *e) MUST_USE;

#endif
