/* Rows of the trail as a file that proves itself, offline and without this program's database.
 *
 * JSON lines: the rows in order (audit_json), each checkpoint that signs one of them and the newest
 * as {"checkpoint":…} (audit_file.h), and last {"proof":{"format":1,"first","last","rows","whole",
 * "at","digest","keys","signature"}}. digest is the SM3 of all bytes before that line; keys are the
 * trail's public keys in PEM, newest first; signature is SM2 by the first of them over
 * "tongban-export-1\n<first>\n<last>\n<rows>\n<whole 0|1>\n<at>\n<digest>\n<SM3 of all keys>\n".
 * whole: row numbers are without a gap, so that rows must chain too. */
#ifndef STORE_AUDIT_EXPORT_H
#define STORE_AUDIT_EXPORT_H
#include "crypto/sm3.h"
#include "store/audit.h"

struct audit_export_options {
    const struct audit_filter *filter; /* after and max are not looked at */
    int64_t most;                      /* rows; more are TB_TOO_LARGE. 0: any number */
    const struct keyring *keys;
    const struct world *world;
    enum tb_code (*put)(void *self, struct str text, struct tb_err *e);
    void *self;
};
struct audit_exported {
    int64_t first, last, rows;
    bool whole;
    char digest[SM3_HEX];
};
enum tb_code audit_export(struct db *d, const struct audit_export_options *o,
                          struct audit_exported *out, struct tb_err *e) MUST_USE;

struct audit_export_verdict {
    struct audit_verdict chain; /* ok speaks for the whole file */
    struct audit_exported what;
    int64_t at;         /* ms: when it was exported */
    char mark[SM3_HEX]; /* SM3 of the public key that signed, in PEM: to be compared by people */
    bool key_given;
};
/* A file that does not hold is a verdict, not an error. keys n 0: those in the file are believed,
 * and mark is to be compared with what was kept. */
enum tb_code audit_export_check(const char *path, const struct sm2_keys *keys,
                                struct audit_export_verdict *out, struct tb_err *e) MUST_USE;
/* SM3 of the key's PEM. */
void audit_key_mark(const struct sm2 *key, char out[SM3_HEX]);

#endif
