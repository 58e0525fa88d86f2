/* What the files of the label reader share. */
#ifndef KNOWLEDGE_LABEL_INT_H
#define KNOWLEDGE_LABEL_INT_H
#include "knowledge/clean.h"
#include "knowledge/label.h"

struct reading_label {
    struct arena *a;
    const struct policy_text *p;
    struct label *out;
    struct str file_name;
    bool normative; /* looks like a document that binds: it must have dates and a maker */
    bool articles;  /* and is written in articles */
    int32_t published, printed; /* the web page's date, the colophon's (…印发); DAY_NONE */
};

/* Takes a value unless a surer one is there. */
void label_take(struct reading_label *r, enum label_what w, struct str value, double sure,
                const char *clue);
void label_take_day(struct reading_label *r, enum label_what w, int32_t day, double sure,
                    struct str clue);
void label_say(struct reading_label *r, enum label_what w, bool doubt, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* "发文字号：…" among the first lines of the document; "" if not there. */
struct str label_header(const struct reading_label *r, const char *const *names);
struct str label_squeeze(struct arena *a, struct str s); /* without any white space */
/* The clause that part i belongs to: 第十三条, or "" outside articles. */
struct str label_clause_at(const struct policy_text *p, size_t i);

void label_title_read(struct reading_label *r, struct str file_name);
void label_number_read(struct reading_label *r);
void label_body_read(struct reading_label *r);
/* A statute, adopted by a congress: it needs no 文号. */
bool label_is_statute(const struct reading_label *r);
/* 广州市人民政府 out of 广州市人民政府令第179号; "" for other numbers. */
struct str label_decree_body(const struct reading_label *r);
void label_dates_read(struct reading_label *r);
void label_repeals_read(struct reading_label *r);

#endif
