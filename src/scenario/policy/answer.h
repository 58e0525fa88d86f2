/* A question in plain words, an answer from the clause in force: design.md §4, steps 3 to 9, as a
 * table of steps. The same for the page (t->sink set: events as docs/api.md), the command line and
 * evaluation. */
#ifndef SCENARIO_POLICY_ANSWER_H
#define SCENARIO_POLICY_ANSWER_H
#include "domain/employee.h"
#include "guard/mask.h"
#include "guard/risk_answers.h"
#include "knowledge/search.h"
#include "model/pool.h"
#include "review/support.h"
#include "store/exchange.h"

enum {
    ANSWER_CANDIDATES = 12,
    ANSWER_CLAUSES = 6,
    ANSWER_SENTENCES = 12,
    QUESTION_MAX = 1000 /* characters */
};

struct answer_ask {
    struct str question;
    struct str conversation; /* code; "" starts one */
    struct str employee; /* key: a member of staff tries this one; "" who is in charge answers */
    bool no_model;       /* evidence and standard answers only (tests, eval retrieval) */
    bool no_handoff;     /* not found makes no hand-off by itself */
    /* For measuring: as a citizen, but of internal documents too, and nothing waits to be signed.
     */
    bool inside;
};

struct answer_sentence {
    struct str text; /* masked form */
    struct support support;
    bool shown;
    bool quoted; /* the clause's own words, put by the server when the model gave nothing that holds
                  */
};

/* What the guard found: a kind of GB/T 45654-2025, or "injection"; kind "": nothing. */
struct answer_risk {
    struct str kind, title; /* "A.1 h", the standard's words */
    const char *act, *by;   /* risk_act_name; "word" or "model" */
    struct str trace;       /* of an injection, for the trail */
    struct str care;        /* not refused: said above the answer */
    bool to_person;         /* a hand-off is made */
    struct risk_number numbers[RISK_NUMBERS];
    size_t number_n;
};

/* What happened, for who called; everything lives in t->mem. */
struct answer {
    struct exchange x;
    struct mask mask;
    struct passage_list evidence;
    double confidence;
    struct answer_sentence sentences[ANSWER_SENTENCES];
    size_t sentence_n, shown_n;
    struct answer_risk risk;
    size_t sifted;                   /* clauses left out for the words in them */
    bool leaked;                     /* the model began to recite its prompt */
    struct str message;              /* for the person; "" when the answer speaks for itself */
    const struct employee *employee; /* who is in charge of it; NULL: nobody is put in charge */
    enum duty duty;                  /* DUTY_READY: it may answer */
    struct str handoff_receipt, handoff_code;
    struct model_result model;
    int64_t begun_us, masked_us, searched_us, first_clause_us, first_word_us, done_us;
    bool standard, engine_failed;
    enum personal personal;        /* what was done with personal data, where there are any */
    struct str personal_kinds;     /* which there are: 姓名、手机号; "" none */
    bool hold;                     /* not shown before it is signed (sign.c) */
    int64_t hold_risk, hold_until; /* 0 to 100; ms */
    struct str hold_why, draft;    /* draft: its receipt */
    bool again; /* the model's words are those of an earlier answer to the same question */
};

/* The person's talk: t->actor, t->as_of. Errors only when nothing could be kept or found at all; an
 * engine that fails is an outcome (clauses and a clear sentence), not an error. */
enum tb_code answer_question(struct talk *t, const struct answer_ask *ask, struct answer *out,
                             struct tb_err *e) MUST_USE;

#endif
