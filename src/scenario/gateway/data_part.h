/* Data inside what an application says to its model itself: between <context> and </context> and
 * tags of such names, between ``` and ```, between 【资料】 and 【资料结束】. */
#ifndef SCENARIO_GATEWAY_DATA_PART_H
#define SCENARIO_GATEWAY_DATA_PART_H
#include "base/str.h"

/* The next part from *at on, as bytes of text; *at moves behind it. A part without its end goes to
 * the end of the text. false: no more. Linear in the text. */
bool data_part_next(struct str text, size_t *at, size_t *from, size_t *to);

#endif
