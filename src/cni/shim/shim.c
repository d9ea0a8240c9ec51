/*
 * What a container runtime executes for a plugin that "cofferdam install cni" has
 * installed. It hands the call to the daemon, "cofferdam cni serve", or becomes the command that answers
 * it, where there is no daemon. What the two say to each other is written in ../frame.ts.
 *
 * It goes by nothing but what lies in the folder ".cofferdam" beside it, which must belong to its own
 * user and be closed to all others. Of the environment it hands on the variables of CNI and PATH.
 * It needs Linux and a C library, and no other.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* As in ../../limits.ts; one byte more shows that there is too much. */
#define MAX_STDIN (16 * 1024 * 1024)
#define MAX_CONFIGURATION (64 * 1024 * 1024)
/* Far above what a daemon takes that is there; one that hangs must not hold up containers. */
#define GREETING_MS 5000
#define MAX_ARGUMENTS 64

/* As in ../../contract/cni-fault.ts. */
enum { TRY_AGAIN_LATER = 11, NOT_AVAILABLE = 50 };

/* What a daemon greets with. */
#define PROTOCOL "CNI1"

/* By this an executable is known to be ours, and what it speaks. */
__attribute__((used)) static const char MARK[] = "cofferdam-cni-shim " PROTOCOL;

static const char *const VARIABLES[] = {
  "CNI_COMMAND", "CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_ARGS", "CNI_PATH",
  "CNI_NETNS_OVERRIDE",
};
#define VARIABLE_COUNT (sizeof VARIABLES / sizeof *VARIABLES)

static int write_all(int fd, const char *bytes, size_t length)
{
  while (length > 0) {
    ssize_t written = write(fd, bytes, length);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return -1;
    bytes += written;
    length -= (size_t)written;
  }
  return 0;
}

/* A text as JSON. What is not ASCII stays as it is. */
static void print_json(const char *text)
{
  putchar('"');
  for (; *text != '\0'; text++) {
    unsigned char c = (unsigned char)*text;
    if (c == '"' || c == '\\') printf("\\%c", c);
    else if (c < 0x20 || c == 0x7f) printf("\\u%04x", c);
    else putchar(c);
  }
  putchar('"');
}

/* Ends with an error of CNI; runtimes show "msg; details". */
static void fail(int code, const char *msg, const char *what, const char *details)
{
  char text[PATH_MAX + 256];
  snprintf(text, sizeof text, "%s%s", msg, what);
  printf("{\n    \"code\": %d,\n    \"msg\": ", code);
  print_json(text);
  printf(",\n    \"details\": ");
  print_json(details);
  printf("\n}");
  fflush(stdout);
  exit(1);
}

static void *allocate(void *old, size_t size)
{
  void *memory = realloc(old, size);
  if (memory == NULL) fail(TRY_AGAIN_LATER, "there is no memory", "", strerror(errno));
  return memory;
}

static const char *variable(const char *name)
{
  const char *value = getenv(name);
  return value == NULL ? "" : value;
}

/* Reads to the end, or `most` bytes. Returns NULL where that fails. */
static char *read_all(int fd, size_t most, size_t *length)
{
  size_t size = 64 * 1024;
  char *bytes = allocate(NULL, size);
  *length = 0;
  while (*length < most) {
    if (*length == size) bytes = allocate(bytes, size *= 2);
    size_t room = size - *length;
    ssize_t got = read(fd, bytes + *length, room < most - *length ? room : most - *length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      free(bytes);
      return NULL;
    }
    if (got == 0) break;
    *length += (size_t)got;
  }
  return bytes;
}

/* Whether nobody but this user, and root, can read or write it. */
static int is_private(const struct stat *found)
{
  return found->st_uid == geteuid() && (found->st_mode & 077) == 0;
}

/* The folder and the name of this executable, whatever it was called by. */
static void find_self(char *folder, char **name)
{
  static const char DELETED[] = " (deleted)";
  ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - 1);
  if (length < 0) fail(NOT_AVAILABLE, "cannot read /proc/self/exe", "", strerror(errno));
  folder[length] = '\0';
  /* So the kernel marks a file that was replaced since it was started. */
  size_t mark = sizeof DELETED - 1;
  if ((size_t)length > mark && strcmp(folder + length - mark, DELETED) == 0) {
    folder[(size_t)length - mark] = '\0';
  }
  *name = strrchr(folder, '/');
  if (*name == NULL) fail(NOT_AVAILABLE, "cannot use the path of this program, ", folder, "");
  *(*name)++ = '\0';
}

static int open_folder(const char *folder, char *path)
{
  struct stat found;
  if (snprintf(path, PATH_MAX, "%s/.cofferdam", folder) >= PATH_MAX) {
    fail(NOT_AVAILABLE, "the path is too long: ", folder, "config.invalid");
  }
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &found) < 0) {
    fail(NOT_AVAILABLE, "cannot open the folder ", path, strerror(errno));
  }
  if (!is_private(&found)) {
    fail(NOT_AVAILABLE, "the folder must belong to this user and be closed to others: ", path,
      "trust.writable");
  }
  return fd;
}

/* The number of the mount in which the root directory lies; 0 where it cannot be told. */
static uint64_t root_mount(void)
{
  char path[64], line[256];
  unsigned long long number = 0;
  int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) return 0;
  snprintf(path, sizeof path, "/proc/self/fdinfo/%d", root);
  FILE *info = fopen(path, "re");
  while (info != NULL && fgets(line, sizeof line, info) != NULL) {
    if (sscanf(line, "mnt_id: %llu", &number) == 1) break;
  }
  if (info != NULL) fclose(info);
  close(root);
  return number;
}

/* A number for what decides where a path leads, as ../daemon-socket.ts makes it. */
static unsigned long long hash_place(void)
{
  static const char *const NAMESPACES[] = {
    "/proc/self/ns/net", "/proc/self/ns/mnt", "/proc/self/ns/pid", "/proc/self/ns/user",
  };
  enum { KINDS = sizeof NAMESPACES / sizeof *NAMESPACES };
  uint64_t numbers[KINDS + 3] = { 0 };
  uint64_t hash = 0xcbf29ce484222325;
  struct stat found;
  for (size_t i = 0; i < KINDS; i++) if (stat(NAMESPACES[i], &found) == 0) numbers[i] = found.st_ino;
  if (stat("/", &found) == 0) {
    numbers[KINDS] = found.st_dev;
    numbers[KINDS + 1] = found.st_ino;
  }
  numbers[KINDS + 2] = root_mount();
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    for (int shift = 0; shift < 64; shift += 8) {
      hash = (hash ^ (numbers[i] >> shift & 0xff)) * 0x100000001b3;
    }
  }
  return hash;
}

/* Connects to the daemon of this place. Returns -1 where there is none to be trusted. */
static int open_daemon(int folder)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  struct ucred peer;
  socklen_t size = sizeof peer;
  char greeting[sizeof PROTOCOL - 1];
  /* By way of the open folder: it is the one that was looked at, and its path may have any length. */
  snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/daemon-%016llx", folder,
    hash_place());
  /* Else it waits, without an end, for a place in the queue of one that hangs. */
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) goto nobody;
  if (fcntl(fd, F_SETFL, 0) < 0) goto nobody;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) goto nobody;
  if (peer.uid != geteuid() && peer.uid != 0) goto nobody;
  for (size_t length = 0; length < sizeof greeting;) {
    struct pollfd wait = { .fd = fd, .events = POLLIN };
    int ready = poll(&wait, 1, GREETING_MS);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) goto nobody;
    ssize_t got = recv(fd, greeting + length, sizeof greeting - length, 0);
    if (got <= 0) goto nobody;
    length += (size_t)got;
  }
  if (memcmp(greeting, PROTOCOL, sizeof greeting) == 0) return fd;
nobody:
  close(fd);
  return -1;
}

static int is_container_id(const char *text)
{
  static const char SET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
  return *text != '\0' && strchr("_.-", *text) == NULL && text[strspn(text, SET)] == '\0';
}

/* Of those in ASCII; who has others is answered all the same. */
static int is_ifname(const char *text)
{
  size_t length = strlen(text);
  if (length == 0 || length > 15 || strcmp(text, ".") == 0 || strcmp(text, "..") == 0) return 0;
  for (; *text != '\0'; text++) if (*text <= ' ' || *text > '~' || *text == '/' || *text == ':') return 0;
  return 1;
}

static int is_command(const char *name)
{
  return strcmp(variable("CNI_COMMAND"), name) == 0;
}

/*
 * Whether the variables that the command of CNI needs are there, and fit. A runtime that got them wrong
 * may leave standard input open, so that is told before it is read, as in ../environment.ts.
 */
static int is_in_order(void)
{
  int joins = is_command("ADD") || is_command("CHECK");
  int is_of_one = joins || is_command("DEL");
  if (is_of_one && !is_container_id(variable("CNI_CONTAINERID"))) return 0;
  if (is_of_one && !is_ifname(variable("CNI_IFNAME"))) return 0;
  if (joins && *variable("CNI_NETNS") == '\0') return 0;
  if ((is_of_one || is_command("GC") || is_command("STATUS")) && *variable("CNI_PATH") == '\0') return 0;
  return !is_command("");
}

static void put_u32(char *to, size_t number)
{
  for (int i = 0; i < 4; i++) to[i] = (char)(number >> (8 * i) & 0xff);
}

static size_t get_u32(const char *from)
{
  size_t number = 0;
  for (int i = 0; i < 4; i++) number |= (size_t)(unsigned char)from[i] << (8 * i);
  return number;
}

static char *add_text(char *to, const char *text)
{
  size_t length = strlen(text);
  memcpy(to, text, length);
  return to + length;
}

/* The head of a request and its environment. */
static char *encode_head(const char *name, size_t stdin_length, size_t *length)
{
  size_t most = 8 + strlen(name) + 1;
  for (size_t i = 0; i < VARIABLE_COUNT; i++) {
    most += strlen(VARIABLES[i]) + 1 + strlen(variable(VARIABLES[i])) + 1;
  }
  char *head = allocate(NULL, most);
  char *end = add_text(head + 8, name);
  *end++ = '\0';
  for (size_t i = 0; i < VARIABLE_COUNT; i++) {
    end = add_text(end, VARIABLES[i]);
    *end++ = '=';
    end = add_text(end, variable(VARIABLES[i]));
    *end++ = '\0';
  }
  *length = (size_t)(end - head);
  put_u32(head, *length - 8);
  put_u32(head + 4, stdin_length);
  return head;
}

static int send_all(int fd, const char *bytes, size_t length)
{
  while (length > 0) {
    ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return -1;
    bytes += sent;
    length -= (size_t)sent;
  }
  return 0;
}

/* Has the daemon answer. Returns where nothing was asked, since standard input cannot be read. */
static void ask_daemon(int fd, const char *name)
{
  static const char LOST[] = "the daemon went away before it had answered";
  size_t stdin_length = 0, head_length, length;
  char *input = NULL;
  if (!is_command("VERSION")) {
    input = read_all(STDIN_FILENO, MAX_STDIN + 1, &stdin_length);
    if (input == NULL) return;
  }
  char *head = encode_head(name, stdin_length, &head_length);
  if (send_all(fd, head, head_length) < 0 || send_all(fd, input, stdin_length) < 0) {
    fail(TRY_AGAIN_LATER, LOST, "", "cni.daemon-lost");
  }
  char *reply = read_all(fd, SIZE_MAX, &length);
  if (reply == NULL || length < 9) fail(TRY_AGAIN_LATER, LOST, "", "cni.daemon-lost");
  size_t errors = get_u32(reply + 1), output = get_u32(reply + 5);
  if (length - 9 != errors + output) fail(TRY_AGAIN_LATER, LOST, "", "cni.daemon-lost");
  /* What was done is done: nothing about the plugin's log lines may keep the runtime from hearing it. */
  signal(SIGPIPE, SIG_IGN);
  int is_told = write_all(STDOUT_FILENO, reply + 9 + errors, output) == 0;
  write_all(STDERR_FILENO, reply + 9, errors);
  exit(!is_told || reply[0] != 0);
}

/* Nothing that is opened here may get the number of a standard stream that the runtime has closed. */
static void fill_standard_streams(void)
{
  int fd;
  do fd = open("/dev/null", O_RDWR);
  while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd >= 0) close(fd);
}

static char *skip_space(char *at)
{
  while (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t') at++;
  return at;
}

/* Takes the texts of `{"command":["…", …]`, which are plain, out of a configuration. */
static int parse_command(char *at, char **arguments, int most)
{
  static const char NAME[] = "\"command\"";
  int count = 0;
  at = skip_space(at);
  if (*at != '{') return -1;
  at = skip_space(at + 1);
  if (strncmp(at, NAME, sizeof NAME - 1) != 0) return -1;
  at = skip_space(at + sizeof NAME - 1);
  if (*at != ':') return -1;
  at = skip_space(at + 1);
  if (*at != '[') return -1;
  do {
    at = skip_space(at + 1);
    if (*at != '"' || count == most) return -1;
    arguments[count++] = ++at;
    while (*at != '"') {
      if (*at == '\0' || *at == '\\') return -1;
      at++;
    }
    *at = '\0';
    at = skip_space(at + 1);
  } while (*at == ',');
  return *at == ']' ? count : -1;
}

/* Reads the configuration's text. */
static char *read_configuration(int folder, const char *path)
{
  struct stat found;
  size_t length;
  int fd = openat(folder, strrchr(path, '/') + 1, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &found) < 0) {
    fail(NOT_AVAILABLE, "cannot open the configuration ", path, strerror(errno));
  }
  if (!S_ISREG(found.st_mode) || !is_private(&found)) {
    fail(NOT_AVAILABLE, "it must be a file of this user that is closed to others: ", path,
      "trust.writable");
  }
  char *text = read_all(fd, MAX_CONFIGURATION, &length);
  if (text == NULL) fail(NOT_AVAILABLE, "cannot read the configuration ", path, strerror(errno));
  text = allocate(text, length + 1);
  text[length] = '\0';
  return text;
}

/* Becomes the command that the configuration names. */
static void run_alone(int folder, const char *folder_path, const char *name)
{
  char path[PATH_MAX];
  char *arguments[MAX_ARGUMENTS + 3];
  char *environment[VARIABLE_COUNT + 2];
  size_t set = 0;
  if (snprintf(path, sizeof path, "%s/%s.json", folder_path, name) >= (int)sizeof path) {
    fail(NOT_AVAILABLE, "the path is too long: ", folder_path, "config.invalid");
  }
  int count = parse_command(read_configuration(folder, path), arguments, MAX_ARGUMENTS);
  if (count < 1) fail(NOT_AVAILABLE, "it does not begin with a command: ", path, "config.invalid");
  arguments[count++] = "--alone";
  arguments[count++] = path;
  arguments[count] = NULL;
  for (size_t i = 0; i <= VARIABLE_COUNT; i++) {
    const char *key = i == VARIABLE_COUNT ? "PATH" : VARIABLES[i];
    if (getenv(key) == NULL) continue;
    size_t length = strlen(key) + 1 + strlen(variable(key)) + 1;
    environment[set] = allocate(NULL, length);
    snprintf(environment[set++], length, "%s=%s", key, variable(key));
  }
  environment[set] = NULL;
  execve(arguments[0], arguments, environment);
  fail(NOT_AVAILABLE, "cannot start ", arguments[0], strerror(errno));
}

int main(void)
{
  char folder[PATH_MAX], path[PATH_MAX];
  char *name;
  fill_standard_streams();
  find_self(folder, &name);
  int opened = open_folder(folder, path);
  /* What is not in order needs no plugin, and so no daemon; the command finds the words. */
  int server = is_in_order() ? open_daemon(opened) : -1;
  if (server >= 0) ask_daemon(server, name);
  run_alone(opened, path, name);
}
