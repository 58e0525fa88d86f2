/* One small request to a configured address and its whole reply, on the caller's thread: for what
 * is not an engine (a single sign-on). By the rule of everything that leaves (egress.h). */
#ifndef MODEL_FETCH_H
#define MODEL_FETCH_H
#include "base/arena.h"
#include "model/egress.h"

enum { FETCH_MS = 8000, FETCH_MOST = 256 * 1024 };

struct fetch {
    const struct egress *egress;
    const char *url, *ca; /* ca: file of certificates that are trusted instead of the system's */
    struct str form;      /* application/x-www-form-urlencoded: a POST; p NULL: a GET */
};
/* TB_UPSTREAM when it cannot be reached or answers anything but 200. */
enum tb_code fetch_text(struct arena *a, const struct fetch *f, struct str *out,
                        struct tb_err *e) MUST_USE;

#endif
