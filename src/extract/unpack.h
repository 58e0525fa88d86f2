/* Archives (.zip, .tar, .tar.gz, .tar.xz) to a stream of members, inside the sandboxed child. Each
 * member is a line of JSON, {"name","bytes"} or {"name","skip":"why"}, followed by that many bytes;
 * {"end":true} closes a whole stream, {"error":{…}} a broken one. A name is data, never a path. */
#ifndef EXTRACT_UNPACK_H
#define EXTRACT_UNPACK_H
#include "base/arena.h"
#include "base/err.h"

enum {
    UNPACK_ARCHIVE_MAX = 256 * 1024 * 1024, /* packed */
    UNPACK_MEMBER_MAX = 64 * 1024 * 1024,
    UNPACK_TOTAL_MAX = 1024 * 1024 * 1024, /* unpacked */
    UNPACK_MEMBERS_MAX = 20000
};

/* Where the archive comes from and the stream goes to; both return false when they fail. */
struct unpack_io {
    void *self;
    /* Fills up to n bytes; *got 0 at the end. */
    bool (*read)(void *self, char *to, size_t n, size_t *got);
    bool (*write)(void *self, struct str bytes);
};

/* Writes everything, the error too; TB_OK when the stream was closed whole. */
enum tb_code unpack_run(struct arena *a, const struct unpack_io *io, struct tb_err *e) MUST_USE;

#endif
