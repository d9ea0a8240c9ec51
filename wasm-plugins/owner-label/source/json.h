/*
 * Reads JSON (RFC 8259) strictly, once from front to back, straight from the host: nothing is copied,
 * so the size of a document needs no memory of ours. What is not JSON is refused as a whole.
 */
#pragma once
#include <stdbool.h>
#include "extism.h"

/* One level below a place that matters: the member `key` of `parent` is `child`. */
struct step {
  int parent;
  const char *key;
  int child;
};

/* Given by the plugin: where it looks, ended by a step without a key. */
extern const struct step STEPS[];
/* Given by the plugin: a value stands at `place`, its text from `start` to before `end`. */
static void on_value(int place, uint64_t start, uint64_t end);

enum { ELSEWHERE = -1, MAX_DEPTH = 512 };

static uint64_t at, input_end;
static uint64_t window, window_at;
/* A bit for each place, to find a key that stands twice: two readers may take different ones. */
static uint32_t found;

/* The byte at `offset`, or -1 at the end. Asks the host for eight at a time. */
static int byte_at(uint64_t offset) {
  if (offset >= input_end) return -1;
  uint64_t start = offset & ~(uint64_t)7;
  if (start + 8 > input_end) return (int)input_load_u8(offset);
  if (start != window_at) {
    window = input_load_u64(start);
    window_at = start;
  }
  return (int)(window >> (8 * (offset - start)) & 0xff);
}

static bool take(int byte) {
  if (byte_at(at) != byte) return false;
  at++;
  return true;
}

static bool take_text(const char *text) {
  while (*text != '\0') {
    if (!take(*text++)) return false;
  }
  return true;
}

static void skip_blanks(void) {
  while (take(' ') || take('\n') || take('\r') || take('\t')) {}
}

static bool is_digit(int byte) { return byte >= '0' && byte <= '9'; }

static bool take_digits(void) {
  uint64_t start = at;
  while (is_digit(byte_at(at))) at++;
  return at > start;
}

static bool take_number(void) {
  take('-');
  if (!take('0') && !take_digits()) return false;
  if (take('.') && !take_digits()) return false;
  if (!take('e') && !take('E')) return true;
  if (!take('-')) take('+');
  return take_digits();
}

/* The value of a hexadecimal digit, or -1. */
static int hex(int byte) {
  if (is_digit(byte)) return byte - '0';
  int lower = byte | 0x20;
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/*
 * One UTF-16 unit of an escape, or one byte of anything else, within a string; -1 where it is broken.
 * Bytes beyond ASCII are told apart from escapes by nobody here: no key of ours has them.
 */
static int take_unit(void) {
  int byte = byte_at(at++);
  if (byte != '\\') return byte < 0x20 ? -1 : byte;
  byte = byte_at(at++);
  switch (byte) {
    case '"': case '\\': case '/': return byte;
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'u': break;
    default: return -1;
  }
  int unit = 0;
  for (int i = 0; i < 4; i++) {
    int digit = hex(byte_at(at++));
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

/* Reads a string; `equals` says whether it is `wanted`, which may be missing. */
static bool take_string(const char *wanted, bool *equals) {
  if (!take('"')) return false;
  *equals = wanted != 0;
  while (!take('"')) {
    int unit = take_unit();
    if (unit < 0) return false;
    if (!*equals) continue;
    *equals = *wanted != '\0' && unit == *wanted;
    if (*equals) wanted++;
  }
  *equals = *equals && *wanted == '\0';
  return true;
}

/* Reads a member's key; gives the place that its value has. */
static bool take_key(int parent, int *child) {
  uint64_t start = at;
  bool equals;
  *child = ELSEWHERE;
  if (!take_string(0, &equals)) return false;
  uint64_t end = at;
  for (const struct step *step = STEPS; parent != ELSEWHERE && step->key != 0; step++) {
    if (step->parent != parent) continue;
    at = start;
    take_string(step->key, &equals);
    if (equals) *child = step->child;
  }
  at = end;
  return true;
}

static bool take_value(int place, int depth);

static bool take_members(int place, int depth) {
  skip_blanks();
  if (take('}')) return true;
  do {
    int child;
    skip_blanks();
    if (!take_key(place, &child)) return false;
    skip_blanks();
    if (!take(':') || !take_value(child, depth)) return false;
  } while (take(','));
  return take('}');
}

static bool take_items(int depth) {
  skip_blanks();
  if (take(']')) return true;
  do {
    if (!take_value(ELSEWHERE, depth)) return false;
  } while (take(','));
  return take(']');
}

static bool take_plain(void) {
  bool ignored;
  switch (byte_at(at)) {
    case '"': return take_string(0, &ignored);
    case 't': return take_text("true");
    case 'f': return take_text("false");
    case 'n': return take_text("null");
    default: return take_number();
  }
}

/* Reads a value and the blanks around it. */
static bool take_value(int place, int depth) {
  if (depth > MAX_DEPTH) return false;
  if (place != ELSEWHERE) {
    if (found & 1u << place) return false;
    found |= 1u << place;
  }
  skip_blanks();
  uint64_t start = at;
  bool taken = take('{') ? take_members(place, depth + 1)
             : take('[') ? take_items(depth + 1)
                         : take_plain();
  if (!taken) return false;
  if (place != ELSEWHERE) on_value(place, start, at);
  skip_blanks();
  return true;
}

/* Reads the whole input as one value at the place `root`. */
static bool read_input(int root) {
  at = 0;
  input_end = input_length();
  window_at = ~(uint64_t)0;
  found = 0;
  return take_value(root, 0) && at == input_end;
}
