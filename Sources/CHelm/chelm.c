#include "CHelm.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

/* The shapes of the library's functions, where several share one. */
typedef char *(*version_function)(void);
typedef int32_t (*chart_text_function)(chelm_handle chart, char **out, char **error);
typedef int32_t (*configuration_text_function)(chelm_handle configuration, const char *name, const char *options,
                                               char **out, char **error);
typedef int32_t (*deploy_function)(chelm_handle configuration, chelm_handle context, chelm_handle chart,
                                   const char *chart_reference, const char *name, const char *values,
                                   const char *options, char **out, char **error);

struct chelm_library {
  version_function wrapper_version;
  version_function helm_version;
  void (*free_string)(char *text);
  int32_t (*handle_free)(chelm_handle handle, char **error);
  int64_t (*open_handles)(void);
  int32_t (*chart_load_archive)(const uint8_t *data, uint64_t length, chelm_handle *out, char **error);
  chart_text_function chart_metadata;
  chart_text_function chart_crds;
  int32_t (*render)(chelm_handle chart, const char *values, const char *options, char **out, char **error);
  int32_t (*render_with_config)(chelm_handle configuration, chelm_handle chart, const char *values,
                                const char *options, char **out, char **error);
  int32_t (*chart_digest)(const char *path, char **out, char **error);
  int32_t (*registry_client_new)(const char *options, chelm_handle *out, char **error);
  int32_t (*registry_login)(chelm_handle client, const char *host, const char *username, const char *password,
                            const char *options, char **error);
  int32_t (*registry_tags)(chelm_handle client, const char *reference, char **out, char **error);
  int32_t (*pull)(chelm_handle client, const char *reference, const char *options, char **out, char **error);
  int32_t (*repo_index_download)(const char *url, const char *options, char **out, char **error);
  int32_t (*config_new)(const char *options, chelm_handle *out, char **error);
  int32_t (*config_free)(chelm_handle configuration, char **error);
  deploy_function install;
  deploy_function upgrade;
  configuration_text_function uninstall;
  int32_t (*rollback)(chelm_handle configuration, const char *name, const char *options, char **error);
  int32_t (*list)(chelm_handle configuration, const char *options, char **out, char **error);
  configuration_text_function history;
  configuration_text_function get;
  configuration_text_function get_metadata;
};

chelm_library *chelm_open(const char *path, char *message, size_t capacity) {
  void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (object == NULL) {
    const char *reason = dlerror();
    snprintf(message, capacity, "%s", reason != NULL ? reason : "the file cannot be loaded");
    return NULL;
  }
  chelm_library *library = calloc(1, sizeof *library);
  if (library == NULL) {
    snprintf(message, capacity, "out of memory");
    return NULL;
  }
  const struct {
    const char *name;
    void *slot;
  } symbols[] = {
      {"helm_c_version", &library->wrapper_version},
      {"helm_sdk_version", &library->helm_version},
      {"helm_free_string", &library->free_string},
      {"helm_handle_free", &library->handle_free},
      {"helm_open_handles_count", &library->open_handles},
      {"helm_chart_load_archive", &library->chart_load_archive},
      {"helm_chart_metadata", &library->chart_metadata},
      {"helm_chart_crds", &library->chart_crds},
      {"helm_render", &library->render},
      {"helm_render_with_config", &library->render_with_config},
      {"helm_chart_digest", &library->chart_digest},
      {"helm_registry_client_new", &library->registry_client_new},
      {"helm_registry_login", &library->registry_login},
      {"helm_registry_tags", &library->registry_tags},
      {"helm_pull", &library->pull},
      {"helm_repo_index_download", &library->repo_index_download},
      {"helm_config_new", &library->config_new},
      {"helm_config_free", &library->config_free},
      {"helm_install", &library->install},
      {"helm_upgrade", &library->upgrade},
      {"helm_uninstall", &library->uninstall},
      {"helm_rollback", &library->rollback},
      {"helm_list", &library->list},
      {"helm_history", &library->history},
      {"helm_get", &library->get},
      {"helm_get_metadata", &library->get_metadata},
  };
  for (size_t index = 0; index < sizeof symbols / sizeof symbols[0]; index++) {
    void *address = dlsym(object, symbols[index].name);
    if (address == NULL) {
      snprintf(message, capacity, "it has no function %s", symbols[index].name);
      free(library);
      return NULL;
    }
    *(void **)symbols[index].slot = address;
  }
  return library;
}

/* One text per result: the answer or the error. The library leaves the out parameter alone where it fails. */
static chelm_result text_result(const chelm_library *library, int32_t code, char *out, char *error) {
  if (code == CHELM_OK) {
    library->free_string(error);
    return (chelm_result){code, out, 0};
  }
  library->free_string(out);
  return (chelm_result){code, error, 0};
}

void chelm_result_free(const chelm_library *library, chelm_result result) { library->free_string(result.text); }

chelm_result chelm_wrapper_version(const chelm_library *library) {
  return (chelm_result){CHELM_OK, library->wrapper_version(), 0};
}

chelm_result chelm_helm_version(const chelm_library *library) {
  return (chelm_result){CHELM_OK, library->helm_version(), 0};
}

chelm_result chelm_chart_load(const chelm_library *library, const uint8_t *archive, uint64_t length) {
  chelm_handle chart = 0;
  char *error = NULL;
  int32_t code = library->chart_load_archive(archive, length, &chart, &error);
  return (chelm_result){code, error, code == CHELM_OK ? chart : 0};
}

chelm_result chelm_chart_metadata(const chelm_library *library, chelm_handle chart) {
  char *out = NULL, *error = NULL;
  int32_t code = library->chart_metadata(chart, &out, &error);
  return text_result(library, code, out, error);
}

chelm_result chelm_chart_crds(const chelm_library *library, chelm_handle chart) {
  char *out = NULL, *error = NULL;
  int32_t code = library->chart_crds(chart, &out, &error);
  return text_result(library, code, out, error);
}

chelm_result chelm_render(const chelm_library *library, chelm_handle configuration, chelm_handle chart,
                          const char *values, const char *options) {
  char *out = NULL, *error = NULL;
  int32_t code = configuration == 0
                     ? library->render(chart, values, options, &out, &error)
                     : library->render_with_config(configuration, chart, values, options, &out, &error);
  return text_result(library, code, out, error);
}

chelm_result chelm_chart_digest(const chelm_library *library, const char *path) {
  char *out = NULL, *error = NULL;
  int32_t code = library->chart_digest(path, &out, &error);
  return text_result(library, code, out, error);
}

chelm_result chelm_registry_client(const chelm_library *library, const char *options) {
  chelm_handle client = 0;
  char *error = NULL;
  int32_t code = library->registry_client_new(options, &client, &error);
  return (chelm_result){code, error, code == CHELM_OK ? client : 0};
}

chelm_result chelm_registry_login(const chelm_library *library, chelm_handle client, const char *host,
                                  const char *username, const char *password, const char *options) {
  char *error = NULL;
  int32_t code = library->registry_login(client, host, username, password, options, &error);
  return text_result(library, code, NULL, error);
}

chelm_result chelm_registry_tags(const chelm_library *library, chelm_handle client, const char *reference) {
  char *out = NULL, *error = NULL;
  int32_t code = library->registry_tags(client, reference, &out, &error);
  return text_result(library, code, out, error);
}

chelm_result chelm_pull(const chelm_library *library, chelm_handle client, const char *reference,
                        const char *options) {
  char *out = NULL, *error = NULL;
  int32_t code = library->pull(client, reference, options, &out, &error);
  return text_result(library, code, out, error);
}

chelm_result chelm_repository_index(const chelm_library *library, const char *url, const char *options) {
  char *out = NULL, *error = NULL;
  int32_t code = library->repo_index_download(url, options, &out, &error);
  return text_result(library, code, out, error);
}

chelm_result chelm_configuration(const chelm_library *library, const char *options) {
  chelm_handle configuration = 0;
  char *error = NULL;
  int32_t code = library->config_new(options, &configuration, &error);
  return (chelm_result){code, error, code == CHELM_OK ? configuration : 0};
}

void chelm_release(const chelm_library *library, chelm_handle handle) {
  /* config_free also removes a configuration's temporary kubeconfig; it refuses a chart and leaves it alive. */
  if (library->config_free(handle, NULL) != CHELM_OK) library->handle_free(handle, NULL);
}

static chelm_result deploy(const chelm_library *library, deploy_function function, chelm_handle configuration,
                           chelm_handle chart, const char *name, const char *values, const char *options) {
  char *out = NULL, *error = NULL;
  /* No context: a cancelled operation would go on applying in the background after its call has returned. */
  int32_t code = function(configuration, 0, chart, NULL, name, values, options, &out, &error);
  return text_result(library, code, out, error);
}

chelm_result chelm_install(const chelm_library *library, chelm_handle configuration, chelm_handle chart,
                           const char *name, const char *values, const char *options) {
  return deploy(library, library->install, configuration, chart, name, values, options);
}

chelm_result chelm_upgrade(const chelm_library *library, chelm_handle configuration, chelm_handle chart,
                           const char *name, const char *values, const char *options) {
  return deploy(library, library->upgrade, configuration, chart, name, values, options);
}

static chelm_result ask(const chelm_library *library, configuration_text_function function,
                        chelm_handle configuration, const char *name, const char *options) {
  char *out = NULL, *error = NULL;
  int32_t code = function(configuration, name, options, &out, &error);
  return text_result(library, code, out, error);
}

chelm_result chelm_uninstall(const chelm_library *library, chelm_handle configuration, const char *name,
                             const char *options) {
  return ask(library, library->uninstall, configuration, name, options);
}

chelm_result chelm_rollback(const chelm_library *library, chelm_handle configuration, const char *name,
                            const char *options) {
  char *error = NULL;
  int32_t code = library->rollback(configuration, name, options, &error);
  return text_result(library, code, NULL, error);
}

chelm_result chelm_list(const chelm_library *library, chelm_handle configuration, const char *options) {
  char *out = NULL, *error = NULL;
  int32_t code = library->list(configuration, options, &out, &error);
  return text_result(library, code, out, error);
}

chelm_result chelm_history(const chelm_library *library, chelm_handle configuration, const char *name,
                           const char *options) {
  return ask(library, library->history, configuration, name, options);
}

chelm_result chelm_get(const chelm_library *library, chelm_handle configuration, const char *name,
                       const char *options) {
  return ask(library, library->get, configuration, name, options);
}

chelm_result chelm_get_metadata(const chelm_library *library, chelm_handle configuration, const char *name,
                                const char *options) {
  return ask(library, library->get_metadata, configuration, name, options);
}

int64_t chelm_open_handles(const chelm_library *library) { return library->open_handles(); }
