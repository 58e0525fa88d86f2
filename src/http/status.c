#include "http/status.h"

#include "base/json.h"

static const int statuses[TB_CODE_COUNT] = {
    [TB_OK] = 200,        [TB_INVALID] = 400,   [TB_UNAUTHORISED] = 401, [TB_FORBIDDEN] = 403,
    [TB_NOT_FOUND] = 404, [TB_CONFLICT] = 409,  [TB_TOO_LARGE] = 413,    [TB_UNSUPPORTED] = 415,
    [TB_LIMITED] = 429,   [TB_CANCELLED] = 499, [TB_TIMEOUT] = 504,      [TB_UPSTREAM] = 502,
    [TB_BUSY] = 503,      [TB_STORE] = 503,     [TB_CORRUPT] = 500,      [TB_INTERNAL] = 500,
};

static const struct {
    int status;
    const char *text;
    enum tb_code code;
    const char *say;
} refusals[] = {
    { 200, "OK", TB_OK, "" },
    { 201, "Created", TB_OK, "" },
    { 202, "Accepted", TB_OK, "" },
    { 204, "No Content", TB_OK, "" },
    { 302, "Found", TB_OK, "" },
    { 303, "See Other", TB_OK, "" },
    { 304, "Not Modified", TB_OK, "" },
    { 400, "Bad Request", TB_INVALID, "请求的格式不正确" },
    { 401, "Unauthorized", TB_UNAUTHORISED, "请先登录" },
    { 403, "Forbidden", TB_FORBIDDEN, "您没有做这件事的权限" },
    { 404, "Not Found", TB_NOT_FOUND, "没有找到您要的内容" },
    { 405, "Method Not Allowed", TB_INVALID, "这个地址不支持这种操作" },
    { 408, "Request Timeout", TB_TIMEOUT, "等待请求太久，请检查网络后重试" },
    { 409, "Conflict", TB_CONFLICT, "内容已被别人改动，请刷新后再试" },
    { 413, "Content Too Large", TB_TOO_LARGE, "发送的内容超过了上限" },
    { 414, "URI Too Long", TB_TOO_LARGE, "网址太长" },
    { 415, "Unsupported Media Type", TB_UNSUPPORTED, "不支持这种内容类型" },
    { 417, "Expectation Failed", TB_INVALID, "请求的格式不正确" },
    { 421, "Misdirected Request", TB_INVALID, "不能用这个域名访问，请使用本单位公布的网址" },
    { 429, "Too Many Requests", TB_LIMITED, "操作太频繁，请稍后再试" },
    { 431, "Request Header Fields Too Large", TB_TOO_LARGE, "请求头太大" },
    { 499, "Client Closed Request", TB_CANCELLED, "已取消" },
    { 500, "Internal Server Error", TB_INTERNAL, "系统出错了，请稍后再试" },
    { 501, "Not Implemented", TB_UNSUPPORTED, "不支持这种请求" },
    { 502, "Bad Gateway", TB_UPSTREAM, "智能助手暂时无法回答，请稍后再试" },
    { 503, "Service Unavailable", TB_BUSY, "现在使用的人太多，请稍后再试" },
    { 504, "Gateway Timeout", TB_TIMEOUT, "等待太久，请稍后再试" },
    { 505, "HTTP Version Not Supported", TB_UNSUPPORTED, "不支持这种协议版本" },
};

int status_of(enum tb_code code)
{
    return code >= 0 && code < TB_CODE_COUNT ? statuses[code] : 500;
}

const char *status_text(int status)
{
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
        if (refusals[i].status == status)
            return refusals[i].text;
    return "Unknown";
}

enum tb_code status_fail(struct tb_err *e, int status)
{
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
        if (refusals[i].status == status && refusals[i].code)
            return tb_fail(e, refusals[i].code, refusals[i].say, "status=%d", status);
    return tb_fail(e, TB_INTERNAL, "系统出错了，请稍后再试", "status=%d", status);
}

void status_body(struct buf *out, const struct tb_err *e, const char *request_id,
                 int64_t retry_after_s)
{
    struct json j = JSON_INIT(out);

    json_obj(&j);
    json_kobj(&j, "error");
    json_kstr(&j, "code", str_z(tb_code_name(e->code)));
    json_kstr(&j, "message", str_z(e->say));
    json_kstr(&j, "request_id", str_z(request_id));
    if (retry_after_s > 0)
        json_kint(&j, "retry_after", retry_after_s);
    json_end(&j);
    json_end(&j);
}
