/* Some engines cut their answer between tokens and so inside a character: the JSON of one event
 * then holds broken UTF-8, which the next event completes. Such bytes are carried through the JSON
 * reader as U+10FF80..U+10FFFF (private use, never said by a model) and put together again after
 * it, so that only whole characters come out. */
#ifndef MODEL_MEND_H
#define MODEL_MEND_H
#include "base/arena.h"
#include "base/err.h"

struct mend {
    char held[4]; /* the beginning of a character */
    size_t n;
};

/* s itself when it is whole UTF-8, else a copy in a with every stray byte carried as above. */
struct str mend_carry(struct arena *a, struct str s);
/* held + s with carried bytes back as bytes, up to the last whole character; the rest is held. The
 * result lives in a or is s. TB_UPSTREAM when the bytes can never become UTF-8. */
enum tb_code mend_join(struct mend *m, struct arena *a, struct str s, struct str *out,
                       struct tb_err *e) MUST_USE;

#endif
