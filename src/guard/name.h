/* Names of persons in Chinese text. */
#ifndef GUARD_NAME_H
#define GUARD_NAME_H
#include "base/str.h"

/* A name after words at `at` that announce one (我叫…, 姓名：…): its bytes, from *from on; 0: none.
 */
size_t name_at_cue(struct str s, size_t at, size_t *from);

#endif
