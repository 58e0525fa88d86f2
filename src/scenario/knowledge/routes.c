#include "scenario/knowledge/knowledge.h"

enum { SMALL = 256 * 1024, UPLOAD = 512 * 1024 * 1024 };

const struct route knowledge_routes[] = {
    { GET, "/api/search", PERM_PUBLIC, WHEN_REFUSED("knowledge.search"), 0, ROUTE_PLAIN, true,
      clauses_search, "clauses nearest to a question" },
    { GET, "/api/documents", PERM_PUBLIC, WHEN_REFUSED("knowledge.list"), 0, ROUTE_PLAIN, false,
      documents_list, "published policies" },
    { GET, "/api/documents/{id}", PERM_PUBLIC, WHEN_REFUSED("knowledge.read"), 0, ROUTE_PLAIN,
      false, documents_show, "one policy: text, clauses, versions" },
    { GET, "/api/originals/{digest}", PERM_PUBLIC, "knowledge.original", 0, ROUTE_PLAIN, false,
      documents_original, "the file as it was uploaded" },

    { GET, "/api/knowledge/documents", PERM_KNOWLEDGE_READ, "knowledge.manage", 0, ROUTE_PLAIN,
      false, documents_manage, "policies with what waits for confirmation" },
    { POST, "/api/knowledge/documents", PERM_KNOWLEDGE_WRITE, "knowledge.upload", UPLOAD,
      ROUTE_UPLOAD, true, documents_upload, "upload files; a job reads them" },
    { POST, "/api/knowledge/documents/{id}/classification", PERM_KNOWLEDGE_WRITE,
      "knowledge.classify", SMALL, ROUTE_PLAIN, false, documents_classify,
      "internal or sensitive" },
    { GET, "/api/knowledge/versions/{id}", PERM_KNOWLEDGE_READ, "knowledge.version", 0, ROUTE_PLAIN,
      false, versions_show, "what was read out of a file" },
    { POST, "/api/knowledge/versions/{id}/confirm", PERM_KNOWLEDGE_WRITE, "knowledge.confirm",
      SMALL, ROUTE_PLAIN, false, versions_confirm, "confirm or correct it" },
    { POST, "/api/knowledge/versions/{id}/withdraw", PERM_KNOWLEDGE_WRITE, "knowledge.withdraw",
      SMALL, ROUTE_PLAIN, false, versions_withdraw, "take a version out" },
    { .path = NULL },
};
