/* Masking, 可用不可见: personal data in what a person writes becomes a token such as 〔手机号1〕
 * before a model, a log or the store sees it, and is put back only for that person. The same value
 * gets the same token within one mask. Kinds and their checks: ID number (GB 11643-1999: date and
 * check digit), mobile and landline phones, bank card (GB/T 15694 Luhn), unified credit code (GB
 * 32100-2015 check character), e-mail, plate, passport, and a name that the person gives as theirs
 * or a relative's (我叫…, 姓名：…). Full-width digits and single blanks or dashes inside a number
 * do not hide it. */
#ifndef GUARD_MASK_H
#define GUARD_MASK_H
#include "base/arena.h"
#include "base/err.h"

enum { MASK_MAX = 64 };

struct mask_item {
    const char *kind; /* 身份证号, 手机号, 电话, 银行卡号, 信用代码, 邮箱, 车牌, 护照号, 姓名 */
    struct str token, value;
};

struct mask {
    struct mask_item items[MASK_MAX];
    size_t n;
};

/* out: in with every personal value replaced; lives in a. TB_TOO_LARGE past MASK_MAX values. */
enum tb_code mask_text(struct arena *a, struct mask *m, struct str in, struct str *out,
                       struct tb_err *e) MUST_USE;
/* As mask_text, but *out is `in` itself where nothing is personal. */
enum tb_code mask_more(struct arena *a, struct mask *m, struct str in, struct str *out,
                       struct tb_err *e) MUST_USE;
/* Tokens back to values; unknown tokens stay. */
struct str mask_restore(struct arena *a, const struct mask *m, struct str text);
/* JSON for sealing beside the exchange, and back. */
struct str mask_to_json(struct arena *a, const struct mask *m);
enum tb_code mask_from_json(struct arena *a, struct str json, struct mask *m,
                            struct tb_err *e) MUST_USE;

#endif
