#include "store/audit_file.h"

#include "base/fs.h"
#include "base/json.h"

void audit_file_json(struct json *j, const struct audit_checkpoint *c)
{
    json_obj(j);
    json_kint(j, "last", c->last);
    json_kstr(j, "hash", c->hash);
    json_kint(j, "at", c->at);
    json_kstr(j, "signature", c->signature);
    json_end(j);
}

enum tb_code audit_file_write(const char *path, const struct audit_checkpoint *c, struct tb_err *e)
{
    struct buf b = BUF_INIT(4096);
    struct json j = JSON_INIT(&b);
    enum tb_code code;

    audit_file_json(&j, c);
    buf_addc(&b, '\n');
    code = fs_write(path, buf_str(&b), 0644, e);
    buf_release(&b);
    return code;
}

enum tb_code audit_file_read(struct arena *a, const char *path, struct audit_checkpoint *out,
                             struct tb_err *e)
{
    const struct json_value *v;
    struct str text;

    *out = (struct audit_checkpoint){ 0 };
    if (fs_read(a, path, 64 * 1024, &text, e))
        return e->code;
    if (json_read(a, text, &v, e))
        return tb_fail(e, TB_INVALID, "检查点文件不是本系统导出的格式", "path=%s", path);
    *out = (struct audit_checkpoint){ json_get_int(v, "last", 0), json_get_int(v, "at", 0),
                                      json_get_str(v, "hash"), json_get_str(v, "signature") };
    if (out->last < 1 || out->hash.n != 64)
        return tb_fail(e, TB_INVALID, "检查点文件不是本系统导出的格式", "path=%s", path);
    return TB_OK;
}
