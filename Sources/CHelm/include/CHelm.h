/*
 * Helm's Go SDK as a library (libhelm_c), loaded when it is first needed.
 *
 * The library brings Go's runtime and 45 MB into the process, so nothing links against it. What is declared here is our
 * own face of its C ABI, version 0.2: one call per operation, and one kind of result that owns what the library
 * allocated for it. Every call blocks, and may be made from any thread.
 */
#ifndef CHELM_H
#define CHELM_H

#include <stddef.h>
#include <stdint.h>

/* The loaded library. It stays for the life of the process: Go's runtime cannot be unloaded. */
typedef struct chelm_library chelm_library;

/* An object on the library's side: a chart, a registry client or a configuration. 0 is none. */
typedef uint64_t chelm_handle;

/* The library's error codes that we tell apart. They are frozen in its ABI. */
enum {
  CHELM_OK = 0,
  CHELM_INVALID_ARGUMENT = -2,
  CHELM_CANCELLED = -6,
  CHELM_NOT_FOUND = -7,
  CHELM_CHART_LOAD = -20,
  CHELM_CHART_INVALID = -21,
  CHELM_VALUES = -22,
  CHELM_RENDER = -23,
  CHELM_REGISTRY = -40,
  CHELM_REPOSITORY = -41,
  CHELM_KUBERNETES = -60,
  CHELM_STORAGE = -61,
  CHELM_RELEASE = -62,
};

/* What a call gave: text is its answer where code is CHELM_OK, and the error's message otherwise. Either may be NULL. */
typedef struct chelm_result {
  int32_t code;
  char *text;
  chelm_handle handle;
} chelm_result;

/*
 * Loads the library at path. Returns NULL and writes the reason to message, which has room for capacity bytes, when the
 * file cannot be loaded or lacks a symbol.
 */
chelm_library *chelm_open(const char *path, char *message, size_t capacity);

/* Frees a result's text. */
void chelm_result_free(const chelm_library *library, chelm_result result);

/* The versions of libhelm_c and of the Helm in it. */
chelm_result chelm_wrapper_version(const chelm_library *library);
chelm_result chelm_helm_version(const chelm_library *library);

/* Charts: a .tgz in memory becomes a handle, which chelm_release frees. */
chelm_result chelm_chart_load(const chelm_library *library, const uint8_t *archive, uint64_t length);
chelm_result chelm_chart_metadata(const chelm_library *library, chelm_handle chart);
chelm_result chelm_chart_crds(const chelm_library *library, chelm_handle chart);

/* Renders; with a configuration other than 0 the template function lookup sees that cluster's objects. */
chelm_result chelm_render(const chelm_library *library, chelm_handle configuration, chelm_handle chart,
                          const char *values, const char *options);

/* The SHA-256 of a chart's archive, as `sha256:` and hexadecimal digits. */
chelm_result chelm_chart_digest(const chelm_library *library, const char *path);

/*
 * Chart servers. Options are JSON. A registry client is a handle; pulling takes one for oci:// references, and 0 else.
 * What is pulled lands in the folder that the options name.
 */
chelm_result chelm_registry_client(const chelm_library *library, const char *options);
chelm_result chelm_registry_login(const chelm_library *library, chelm_handle client, const char *host,
                                  const char *username, const char *password, const char *options);
chelm_result chelm_registry_tags(const chelm_library *library, chelm_handle client, const char *reference);
chelm_result chelm_pull(const chelm_library *library, chelm_handle client, const char *reference, const char *options);

/* A chart repository's index.yaml as JSON, each chart's versions from the newest to the oldest. */
chelm_result chelm_repository_index(const chelm_library *library, const char *url, const char *options);

/* A connection to one cluster and one namespace's releases. */
chelm_result chelm_configuration(const chelm_library *library, const char *options);

/* Frees a chart, a registry client or a configuration. */
void chelm_release(const chelm_library *library, chelm_handle handle);

/* Operations on releases. Options are JSON. */
chelm_result chelm_install(const chelm_library *library, chelm_handle configuration, chelm_handle chart,
                           const char *name, const char *values, const char *options);
chelm_result chelm_upgrade(const chelm_library *library, chelm_handle configuration, chelm_handle chart,
                           const char *name, const char *values, const char *options);
chelm_result chelm_uninstall(const chelm_library *library, chelm_handle configuration, const char *name,
                             const char *options);
chelm_result chelm_rollback(const chelm_library *library, chelm_handle configuration, const char *name,
                            const char *options);
chelm_result chelm_list(const chelm_library *library, chelm_handle configuration, const char *options);
chelm_result chelm_history(const chelm_library *library, chelm_handle configuration, const char *name,
                           const char *options);
chelm_result chelm_get(const chelm_library *library, chelm_handle configuration, const char *name,
                       const char *options);
chelm_result chelm_get_metadata(const chelm_library *library, chelm_handle configuration, const char *name,
                                const char *options);

/* Objects that are alive on the library's side. */
int64_t chelm_open_handles(const chelm_library *library);

#endif
