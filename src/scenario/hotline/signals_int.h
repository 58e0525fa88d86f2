/* Inside the signals: the tables as they are read, and the numbers of the lists of phrases. */
#ifndef SCENARIO_HOTLINE_SIGNALS_INT_H
#define SCENARIO_HOTLINE_SIGNALS_INT_H
#include "scenario/hotline/signals.h"

enum {
    SIGNAL_PLEASED = TRIAGE_KINDS, /* and the next two: unhappy, angry */
    SIGNAL_REPEAT = SIGNAL_PLEASED + 3,
    SIGNAL_SECRET,
    SIGNAL_ACCUSED,
    SIGNAL_SPLIT,
    SIGNAL_URGENCY = 100,
    SIGNAL_URGENCIES = 200, /* rows at most */
    SIGNAL_DEPARTMENT = SIGNAL_URGENCY + SIGNAL_URGENCIES,
    SIGNAL_DEADLINES = 50,
    SIGNAL_NEAR = 16 /* characters */
};
struct signal_urgency {
    struct str name;
    enum triage_urgency level;
    bool person;
};
struct signal_deadline {
    struct str name;
    int days, urgency, kind; /* urgency and kind: -1 whichever */
};
struct signals {
    struct phrase_set *phrases;
    struct signal_urgency *urgency;
    size_t urgency_n;
    struct signal_deadline *deadlines;
    size_t deadline_n;
    const struct str *departments; /* ids, as the duty list has them */
    struct signal_costs costs;
};

#endif
