/* Text as it will be read at the other end: where it holds escapes of JSON, also of JSON inside
 * JSON, they become their characters, and each byte knows where it came from. So 〔手机号1〕 is
 * found in
 * "\u3014手机号1\u3015" too. */
#ifndef GUARD_SPEECH_VIEW_H
#define GUARD_SPEECH_VIEW_H
#include "base/buf.h"

struct speech_view {
    struct str text;
    const uint32_t *raw; /* text.n + 1 places, the last is where an escape that is
                          * cut in two begins; NULL: the text is what came */
    void *memory;
};

/* v lives as long as raw does, or until released. Text without a backslash costs one look. */
void speech_view_open(struct str raw, struct speech_view *v);
void speech_view_release(struct speech_view *v);
static inline size_t speech_view_raw(const struct speech_view *v, size_t at)
{
    return v->raw ? v->raw[at] : at;
}
/* Is the place after this JSON text inside a string, if the one before it was? */
bool speech_view_quoted(struct str raw, bool before);

#endif
