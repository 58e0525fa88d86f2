/* ZIP files in memory, read with the limits that stop a bomb before it goes off: number of members,
 * declared sizes, ratio, and again while inflating, for declared sizes may lie. Names never become
 * paths; one that leads out of the archive condemns the file. */
#ifndef EXTRACT_ZIP_H
#define EXTRACT_ZIP_H
#include "base/arena.h"
#include "base/err.h"

enum {
    ZIP_MEMBERS_MAX = 10000,
    ZIP_MEMBER_MAX = 64 * 1024 * 1024,
    ZIP_TOTAL_MAX = 512 * 1024 * 1024,
    ZIP_RATIO_MAX = 200 /* of members above 1 MiB */
};

struct zipped;
/* bytes must outlive it; closed by the arena. */
enum tb_code zipped_open(struct arena *a, struct str bytes, struct zipped **out,
                         struct tb_err *e) MUST_USE;
size_t zipped_count(const struct zipped *z);
/* Name as UTF-8 (old Chinese archives: GB18030); "" for a folder. */
struct str zipped_name(const struct zipped *z, size_t i);
uint64_t zipped_size(const struct zipped *z, size_t i); /* as declared */
enum tb_code zipped_read(struct zipped *z, size_t i, size_t max, struct str *out,
                         struct tb_err *e) MUST_USE;
/* As zipped_read, the bytes living in another arena. */
enum tb_code zipped_read_to(struct zipped *z, size_t i, struct arena *a, size_t max,
                            struct str *out, struct tb_err *e) MUST_USE;
bool zipped_find(const struct zipped *z, const char *name, size_t *i);
/* A name that would lead out of a folder it is unpacked into: absolute, .., drive, back slash. */
bool zipped_name_bad(struct str name);

#endif
