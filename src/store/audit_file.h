/* A checkpoint as a file of one JSON object {"last","hash","at","signature"}: kept beside the
 * database by the server, and by auditors wherever they like. */
#ifndef STORE_AUDIT_FILE_H
#define STORE_AUDIT_FILE_H
#include "store/audit.h"

enum tb_code audit_file_write(const char *path, const struct audit_checkpoint *c,
                              struct tb_err *e) MUST_USE;
/* TB_NOT_FOUND when there is none, TB_INVALID when it is something else. */
enum tb_code audit_file_read(struct arena *a, const char *path, struct audit_checkpoint *out,
                             struct tb_err *e) MUST_USE;
/* The same object into a JSON writer. */
void audit_file_json(struct json *j, const struct audit_checkpoint *c);

#endif
