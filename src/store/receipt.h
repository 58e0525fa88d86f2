/* Receipt numbers that a person can read out: a letter, the day, a running number of that day
 * without reuse: Q20261121-00042. Call inside the transaction that keeps what the receipt is for.
 */
#ifndef STORE_RECEIPT_H
#define STORE_RECEIPT_H
#include "base/world.h"
#include "store/db.h"

enum tb_code receipt_new(struct db *d, struct arena *a, const struct world *w, char letter,
                         struct str *out, struct tb_err *e) MUST_USE;
bool receipt_shaped(struct str s, char letter);

#endif
