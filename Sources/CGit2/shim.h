#include <git2.h>
#include <git2/sys/stream.h>

/* git_libgit2_opts takes variable arguments, which Swift cannot pass. */
static inline int flotilla_git_set_search_path(int level, const char *path) {
  return git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, path);
}
static inline int flotilla_git_set_flag(int option, int value) {
  return git_libgit2_opts(option, value);
}
static inline int flotilla_git_set_size(int option, size_t value) {
  return git_libgit2_opts(option, value);
}
