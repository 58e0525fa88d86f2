/* Where this installation keeps what is read at run time: sql/, prompts/, rules/, web/dist/. */
#ifndef BASE_SHARE_H
#define BASE_SHARE_H
#include "base/arena.h"

/* $TONGBAN_SHARE; else the nearest folder above the program's own that holds sql/ (a checkout);
 * else ../share/tongban beside it. Never NULL; whether it holds anything is for the reader to find.
 */
char *share_dir(struct arena *a);

#endif
