/* 水印: who took a text out, said twice. Visible: a line that a screenshot keeps. Invisible: the
 * same in characters without width, after each sentence, so that any sentence copied on carries it.
 * One copy is U+2060, then per byte eight of U+200B (0) and U+200C (1), then U+2060: a length, the
 * bytes, CRC-16/CCITT. Who deletes such characters on purpose gets rid of it; it is for the
 * careless. */
#ifndef REVIEW_WATERMARK_H
#define REVIEW_WATERMARK_H
#include "base/arena.h"

enum { WATERMARK_MAX = 120 }; /* bytes of what it says */

/* "" when says is longer than WATERMARK_MAX. */
struct str watermark_make(struct arena *a, struct str says);
bool watermark_sign(uint32_t c); /* one of its characters */
/* The first whole one; its copies that say the same are counted. *broken: signs of one, but no
 * whole one. Looks at every byte once. */
int watermark_read(struct arena *a, struct str text, struct str *says, bool *broken);

#endif
