/* Where words begin, by ICU's dictionary (Unicode Annex 29 with its CJK dictionary). Used on
 * questions, not on whole corpora: it cuts about 2 MB of text a second. */
#ifndef TEXT_SEGMENT_H
#define TEXT_SEGMENT_H
#include "text/normal.h"

/* starts[i] becomes 1 where a word (or anything else) begins, else 0; u.n bytes. Without ICU's
 * data every character begins a word. Thread-safe. */
void segment_starts(struct units u, uint8_t *starts);

/* How alike two texts are, 0..1: the share of common character pairs (Dice), 1 for the same
 * comparable text. */
double segment_alike(struct units a, struct units b);

#endif
