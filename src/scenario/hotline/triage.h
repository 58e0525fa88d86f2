/* What a citizen's message is and whose it is, in microseconds and without a language model: class
 * on three levels, kind, department and helpers, urgency, mood, repeat, what may not be disclosed,
 * deadline. Trained linear models (learn/) choose the class and the department; tables an officer
 * edits (rules/hotline_*.yaml, rules/duties.yaml, rules/urgency.yaml) hold the rest. Each answer
 * says how sure it is and by which words; what stays below its threshold goes to a person.
 *
 * A department that the duty list does not name cannot come out: the model chooses among its rows.
 *
 *     struct triage_verdict v;
 *     triage_judge(t, STR("路灯坏了"), text, &a, &v);
 *     if (v.person) ...the seat decides; v.person_why says why, in Chinese...
 */
#ifndef SCENARIO_HOTLINE_TRIAGE_H
#define SCENARIO_HOTLINE_TRIAGE_H
#include "base/arena.h"
#include "base/err.h"

enum {
    TRIAGE_LEVELS = 3, /* of the taxonomy */
    TRIAGE_WORDS = 6,  /* shown as what decided */
    TRIAGE_HELPERS = 3,
    TRIAGE_PARTS = 4,      /* matters in one message that a split offers at most */
    TRIAGE_CHARS = 20000,  /* of a text that are read; the rest is not looked at */
    TRIAGE_CANDIDATES = 3, /* departments shown, best first */
};

enum triage_kind {                  /* 工单类型 */
                   TRIAGE_ASK,      /* 咨询 */
                   TRIAGE_HELP,     /* 求助 */
                   TRIAGE_COMPLAIN, /* 投诉 */
                   TRIAGE_REPORT,   /* 举报 */
                   TRIAGE_SUGGEST,  /* 建议 */
                   TRIAGE_KINDS
};
enum triage_urgency { TRIAGE_CALM, TRIAGE_SOON, TRIAGE_URGENT, TRIAGE_AT_ONCE, TRIAGE_URGENCIES };
enum triage_mood { TRIAGE_PLEASED, TRIAGE_NEUTRAL, TRIAGE_UNHAPPY, TRIAGE_ANGRY, TRIAGE_MOODS };
const char *triage_kind_title(enum triage_kind k);       /* "咨询" */
const char *triage_urgency_title(enum triage_urgency u); /* "一般" "较急" "紧急" "特急" */
const char *triage_mood_title(enum triage_mood m);       /* "满意" "平和" "不满" "激烈" */

struct triage_choice {
    struct str value; /* class or department id; "" when nothing can be said */
    double sure;      /* 0..1, calibrated */
    bool certain;     /* sure reaches the threshold of this choice */
    struct str words[TRIAGE_WORDS];
    size_t word_n;
};
struct triage_part { /* one matter of several: bytes of title + "\n" + text */
    struct str text;
    struct str class1, department;
};
struct triage_verdict {
    struct triage_choice level[TRIAGE_LEVELS];
    enum triage_kind kind;
    struct triage_choice kind_by; /* value: its title */
    struct triage_choice department;
    struct str department_name, duty, duty_at; /* the clause, and "duties.yaml:12" */
    struct triage_choice candidates[TRIAGE_CANDIDATES];
    size_t candidate_n;
    struct str helpers[TRIAGE_HELPERS]; /* department ids */
    size_t helper_n;
    enum triage_urgency urgency;
    struct triage_choice urgency_by; /* value: the row's name, "危及生命"; "" for the ordinary */
    enum triage_mood mood;
    struct triage_choice mood_by;
    struct triage_choice repeat; /* value "1": asked before, by what the text says */
    struct triage_choice secret; /* value "1": an informant; neither name nor wording go out */
    struct str accused;          /* department id complained about, never sent the message; or "" */
    struct str deadline;         /* row of the deadline table: "即办", "三天" … */
    int deadline_days;           /* working days; 0: the same day */
    struct triage_part parts[TRIAGE_PARTS]; /* part_n 0: one matter */
    size_t part_n;
    bool person;           /* a seat must look before it goes on */
    bool person_at_once;   /* life is at stake: to a person now, before anything else */
    struct str person_why; /* Chinese, a reason a line */
    int64_t model;         /* version that judged */
};

struct triage; /* thread-safe: any number of judges beside one learner */

/* rules: the folder of the tables; dir: where models and corrections are kept (made when absent).
 * A model file that does not verify is passed over for the newest that does, with a log line;
 * without any, one is made from the rules' own examples. TB_INVALID names file and line of a table
 * that makes no sense. */
enum tb_code triage_load(const char *rules, const char *dir, struct triage **out,
                         struct tb_err *e) MUST_USE;
void triage_free(struct triage *t); /* NULL: nothing */
/* Never fails; the strings of *v live in a or as long as t. An empty text gives a verdict for a
 * person. Not masked: hand in what was asked, the caller keeps what may be kept. */
void triage_judge(const struct triage *t, struct str title, struct str text, struct arena *a,
                  struct triage_verdict *v);

/* What a clerk said is right; "" leaves a field as it was judged. */
struct triage_truth {
    struct str class1, class3, department; /* class3: the topic's name within class1 */
    struct str by;                         /* who, for the record */
    int64_t at;                            /* ms, from the caller's clock */
};
/* Keeps the correction (with the text as handed in: masked) and learns from it at once. What is
 * served changes only when the learnt one is no worse on the messages kept aside and better on
 * those and the corrections together; every fifth correction is itself kept aside. TB_INVALID: a
 * class or department that the tables do not name. *version: of the model that serves afterwards.
 */
enum tb_code triage_learn(struct triage *t, struct str title, struct str text,
                          const struct triage_truth *truth, int64_t *version,
                          struct tb_err *e) MUST_USE;
/* The same in two halves, for who has no time: the note now, the learning of all new notes later,
 * on a thread in the background. */
enum tb_code triage_note(struct triage *t, struct str title, struct str text,
                         const struct triage_truth *truth, struct tb_err *e) MUST_USE;
enum tb_code triage_catch_up(struct triage *t, struct tb_err *e) MUST_USE;
/* Back to the model before; TB_NOT_FOUND when there is none. */
enum tb_code triage_undo(struct triage *t, int64_t *version, struct tb_err *e) MUST_USE;

/* ---- training from the beginning: at set-up, by `tongban hotline train`, at night ---- */

struct triage_message {
    struct str title, text;
    struct str class1, class3, department; /* "" where it is not known */
    uint32_t group; /* messages made from one pattern are held out together; 0: stands alone */
    bool aside;     /* kept aside: never learnt, every new model is tried on it */
};
struct triage_part_report {
    size_t messages, labels, aside;
    double accuracy, loss;      /* on those kept aside */
    double before, before_loss; /* of the model that served */
    double threshold;           /* of `sure`, by the costs of rules/hotline_signals.yaml */
    double automatic, right;    /* share of held-out messages above it, and how many were right */
    double expected;            /* mean `sure` of held-out messages: far less in use is drift */
};
enum { TRIAGE_CLASS, TRIAGE_DEPARTMENT, TRIAGE_MODELS };
struct triage_report {
    struct triage_part_report part[TRIAGE_MODELS];
    int64_t version; /* that serves now */
    bool taken;      /* the new one serves: it was better */
};
/* v and the corrections kept so far; with v NULL the messages of the last training kept aside are
 * used, and the tables' words alone are learnt. Seconds for thousands of messages. */
enum tb_code triage_train(struct triage *t, const struct triage_message *v, size_t n,
                          struct triage_report *out, struct tb_err *e) MUST_USE;

/* How it does in use, for metrics and the page. */
struct triage_state {
    int64_t version, judged, corrected;
    double sure, expected; /* mean of the last thousand verdicts; of the held-out at training */
    bool drifting;         /* sure fell more than a tenth below what was expected */
};
void triage_state(const struct triage *t, struct triage_state *out);

/* The rows a page shows: departments of the duty list, in the file's order. */
struct triage_department {
    struct str id, name;
};
size_t triage_departments(const struct triage *t, const struct triage_department **out);

#endif
