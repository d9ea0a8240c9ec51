/* Every Kubernetes object says who answers for it: it has the label `owner`. */
#include "json.h"

enum { REQUEST, OPERATION, OBJECT, METADATA, LABELS, OWNER };

const struct step STEPS[] = {
  {REQUEST, "operation", OPERATION}, {REQUEST, "object", OBJECT}, {OBJECT, "metadata", METADATA},
  {METADATA, "labels", LABELS},      {LABELS, "owner", OWNER},    {0, 0, 0},
};

static bool is_delete, is_gone, is_owned;

static bool is_alphanumeric(int byte) {
  int lower = byte | 0x20;
  return is_digit(byte) || (lower >= 'a' && lower <= 'z');
}

/*
 * Whether the text of a value is a label's, and not empty: at most 63 letters, digits, `-`, `_` and
 * `.`, the first and last of them a letter or digit. None of these is ever escaped in canonical JSON.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
 */
static bool is_label(uint64_t start, uint64_t end) {
  if (byte_at(start) != '"' || end - start < 3 || end - start > 63 + 2) return false;
  if (!is_alphanumeric(byte_at(start + 1)) || !is_alphanumeric(byte_at(end - 2))) return false;
  for (uint64_t i = start + 1; i < end - 1; i++) {
    int byte = byte_at(i);
    if (!is_alphanumeric(byte) && byte != '-' && byte != '_' && byte != '.') return false;
  }
  return true;
}

static void on_value(int place, uint64_t start, uint64_t end) {
  uint64_t resume = at;
  at = start;
  if (place == OPERATION) is_delete = take_text("\"DELETE\"");
  if (place == OBJECT) is_gone = take_text("null");
  if (place == OWNER) is_owned = is_label(start, end);
  at = resume;
}

static bool has(int place) { return found & 1u << place; }

#define DENIED(path, message)                                                     \
  "{\"allowed\":false,\"reasons\":[{\"message\":\"" message "\",\"path\":\"" path \
  "\",\"rule\":\"owner-label\",\"severity\":\"error\"}]}"

#define MISSING "The label \\\"owner\\\" is missing: it names who answers for the object."

static const char *judge(void) {
  /* What is deleted has no object any more, or one that nobody could change now. */
  if (is_owned || is_delete) return "{\"allowed\":true,\"reasons\":[]}";
  if (has(OWNER)) {
    return DENIED("/metadata/labels/owner",
                  "The label \\\"owner\\\" names nobody: wanted 1 to 63 letters, digits, \\\"-\\\", "
                  "\\\"_\\\" and \\\".\\\", the first and last a letter or digit.");
  }
  if (is_gone) return DENIED("", "The request has no object to judge.");
  if (has(LABELS)) return DENIED("/metadata/labels", MISSING);
  if (has(METADATA)) return DENIED("/metadata", MISSING);
  return DENIED("", MISSING);
}

int32_t EXPORT(admission_check)(void) {
  is_delete = is_gone = is_owned = false;
  if (!read_input(REQUEST) || !has(OBJECT)) {
    error_set(to_host("Cannot read the request: it is no JSON object with a member \"object\"").address);
    return 1;
  }
  struct block verdict = to_host(judge());
  output_set(verdict.address, verdict.length);
  return 0;
}
