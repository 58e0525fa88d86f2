/* Many short phrases found in one reading of a message, in its comparable form. A phrase belongs to
 * a list; a `not` phrase takes back what its list found within it (跳楼 in 跳楼机). */
#ifndef SCENARIO_HOTLINE_PHRASE_SET_H
#define SCENARIO_HOTLINE_PHRASE_SET_H
#include "base/arena.h"
#include "text/normal.h"

enum { PHRASE_CHARS = 24, PHRASE_HITS = 512 }; /* of a phrase; in a message, the first */

struct phrase_set; /* immutable after phrase_set_ready, shared by threads */
struct phrase_hit {
    uint32_t list;
    size_t at, n; /* characters of the message */
};
struct phrase_set *phrase_set_new(struct arena *a);
/* words by 、; false: one is longer than PHRASE_CHARS or empty. */
bool phrase_set_add(struct phrase_set *p, uint32_t list, struct str words, bool not );
void phrase_set_ready(struct phrase_set *p);
size_t phrase_set_find(const struct phrase_set *p, struct arena *a, struct units text,
                       struct phrase_hit out[PHRASE_HITS]);

#endif
