#include "scenario/review/review.h"

enum { SMALL = 4 * 1024, TEXT = 128 * 1024 };

const struct route review_routes[] = {
    { GET, "/api/drafts", PERM_KNOWLEDGE_READ, "review.list", 0, ROUTE_PLAIN, false, review_list,
      "drafts that wait for a signature, and what became of them" },
    { GET, "/api/drafts/{receipt}", PERM_KNOWLEDGE_READ, "review.open", 0, ROUTE_PLAIN, false,
      review_show, "a draft with its evidence, edits and similar signed ones" },
    { POST, "/api/drafts/{receipt}/take", PERM_SIGN, "review.take", SMALL, ROUTE_PLAIN, false,
      review_take, "say that it is open here" },
    { PUT, "/api/drafts/{receipt}", PERM_SIGN, "review.edit", TEXT, ROUTE_PLAIN, false, review_edit,
      "correct its wording; the change is kept" },
    { POST, "/api/drafts/{receipt}/sign", PERM_SIGN, "review.sign", SMALL, ROUTE_PLAIN, false,
      review_sign, "sign it: it becomes public" },
    { POST, "/api/drafts/sign", PERM_SIGN, "review.sign_all", TEXT, ROUTE_PLAIN, false,
      review_sign_all, "sign identical ones together, after opening one" },
    { POST, "/api/drafts/{receipt}/return", PERM_SIGN, "review.return", SMALL, ROUTE_PLAIN, false,
      review_return, "return it with a reason" },
    { POST, "/api/drafts/{receipt}/hand", PERM_SIGN, "review.hand", SMALL, ROUTE_PLAIN, false,
      review_hand, "hand it to a colleague who may sign" },
    { POST, "/api/drafts/{receipt}/withdraw", PERM_KNOWLEDGE_READ, "review.withdraw", SMALL,
      ROUTE_PLAIN, false, review_withdraw, "take back a draft of one's own" },
    { GET, "/api/spot-checks", PERM_SIGN, "review.samples", 0, ROUTE_PLAIN, false, review_samples,
      "answers drawn to be looked at afterwards" },
    { POST, "/api/spot-checks/{id}", PERM_SIGN, "review.sampled", SMALL, ROUTE_PLAIN, false,
      review_sampled, "right or wrong, and why" },
    { .path = NULL },
};
