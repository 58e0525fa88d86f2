/* Masking, 可用不可见: personal data in what a person writes becomes a token such as 〔手机号1〕
 * before a model, a log or the store sees it, and is put back only for that person. The same value
 * gets the same token within one mask. Kinds and their checks: ID number (GB 11643-1999: date and
 * check digit; Hong Kong, Macao and Taiwan cards), mobile and landline phones, bank card (GB/T
 * 15694 issuer and Luhn), unified credit code (GB 32100-2015 check character), e-mail, plate
 * (GA 36-2018), passport, travel permit; addresses of homes, dates of birth, court cases, numbers
 * of patients and households by the words before them; names (guard/name.h). Full width, Chinese
 * digits (一三八零零…), blanks, dashes and one end of line inside a number do not hide it. */
#ifndef GUARD_MASK_H
#define GUARD_MASK_H
#include "base/arena.h"
#include "base/err.h"

#define MASK_ID "身份证号"
#define MASK_MOBILE "手机号"
#define MASK_PHONE "电话"
#define MASK_BANK_CARD "银行卡号"
#define MASK_CREDIT "信用代码"
#define MASK_MAIL "邮箱"
#define MASK_PLATE "车牌"
#define MASK_PASSPORT "护照号"
#define MASK_PERMIT "通行证号"
#define MASK_ADDRESS "地址"
#define MASK_MEDICAL "病历号"
#define MASK_HOUSEHOLD "户号"
#define MASK_CASE "案号"
#define MASK_BIRTH "出生日期"
#define MASK_NAME "姓名"

enum { MASK_TOKEN_MAX = 40 }; /* bytes of a token */
enum { MASK_MAX = 100000 };   /* values of one mask: a guard against abuse, not a limit of use */

struct mask_item {
    const char *kind; /* one of the above */
    struct str token, value;
};

struct mask { /* zero-initialised; what it points to lives in the arena that it was filled with */
    struct mask_item *items;
    size_t n, cap;
    uint32_t *places; /* items by value, and by token: 2 tables of `slots` */
    size_t slots;
};

/* out: in with every personal value replaced; lives in a. TB_TOO_LARGE past MASK_MAX values. */
enum tb_code mask_text(struct arena *a, struct mask *m, struct str in, struct str *out,
                       struct tb_err *e) MUST_USE;
/* As mask_text, but *out is `in` itself where nothing is personal. */
enum tb_code mask_more(struct arena *a, struct mask *m, struct str in, struct str *out,
                       struct tb_err *e) MUST_USE;
/* Tokens back to values; unknown tokens stay. */
struct str mask_restore(struct arena *a, const struct mask *m, struct str text);
/* The item whose token text begins with; NULL: none. */
const struct mask_item *mask_token_at(const struct mask *m, struct str text);
/* The item with this value, of whatever kind; NULL: none. */
const struct mask_item *mask_value(const struct mask *m, struct str value);
/* JSON for sealing beside the exchange, and back. */
struct str mask_to_json(struct arena *a, const struct mask *m);
enum tb_code mask_from_json(struct arena *a, struct str json, struct mask *m,
                            struct tb_err *e) MUST_USE;

/* Where personal data stand in a text, for who measures it. */
struct mask_place {
    size_t from, to; /* bytes */
    const char *kind;
};
struct mask_places {
    struct mask_place *v; /* in order, they do not overlap; live in a */
    size_t n;
};
struct mask_places mask_find(struct arena *a, struct str in);

#endif
